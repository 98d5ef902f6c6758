"""One row in full: why it was judged so, how sure the model was, its pictures, and every cell the file has."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import numbers, state
from app.charts import layout
from app.charts.number_line import number_line
from app.charts.top_classes import ClassBar, top_classes
from app.palette import Palette
from app.views.chips import mark
from app.views.example_columns import OUTCOME_OF_A_ROW
from app.views.examples_table import Examples, go_to
from app.views.gate import Shown
from app.views.pictures import as_text, is_picture, picture_columns
from metrics_core.cases import OUTCOMES, ClassCases

_TOP = 5
_PICTURE_WIDTH = 220


def row_detail(shown: Shown, examples: Examples, size: int, palette: Palette) -> None:
    """Draw the row that is looked at, with the way to the ones before and after it."""
    cases = shown.of_model.cases
    case = int(examples.chosen[examples.at])
    row = int(cases.rows[case])
    many = isinstance(cases, ClassCases)
    with st.container(border=True, gap="small", height="stretch"):
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"
        ):
            st.subheader(f"Row {numbers.count(row + 1)}", anchor=False, width="content")
            st.markdown(_verdict_of_many(shown, case) if many else _verdict(shown, case), width="content")
        st.markdown(why_of_many(shown, case) if many else why(shown, case))
        _pictures(shown, row)
        _classes(shown, case, palette) if many else _score(shown, case, palette)
        st.dataframe(
            cells(shown, row),
            hide_index=True,
            height="stretch",
            column_config={"Column": st.column_config.TextColumn(width=110), "Value": st.column_config.TextColumn(width=150)},
            key="examples.cells",
            alt=f"All cells of row {row + 1}",
        )  # fmt: skip
        _steps(examples, size)


def _verdict(shown: Shown, case: int) -> str:
    """Name the outcome of a row of two classes."""
    code = int(shown.of_model.binary_cases.outcome(shown.threshold)[case])
    return f"{mark(OUTCOMES[code])} {OUTCOME_OF_A_ROW[code]}"


def _score(shown: Shown, case: int, palette: Palette) -> None:
    """Draw where the score of a row of two classes lies."""
    cases = shown.of_model.binary_cases
    if cases.score is None:
        return
    scores = cases.score
    score = float(scores[case])
    span = (0.0, 1.0) if cases.probability else state.kept(
        f"examples.span|{state.identity(shown.predictions)}|{shown.model.name}|{state.view().where}",
        lambda: (float(scores.min()), float(scores.max())),
    )  # fmt: skip
    code = int(cases.outcome(shown.threshold)[case])
    st.plotly_chart(
        number_line(score, shown.threshold, span, OUTCOMES[code], palette),
        theme=None,
        config=dict(layout.CONFIG),
        key="examples.line",
        alt=f"Score {numbers.threshold(score)} on its scale",
    )


def _pictures(shown: Shown, row: int) -> None:
    """Draw the pictures of a row; they stand in its cells, so nothing is fetched."""
    names = [n for n in shown.predictions.source.names if n in picture_columns(shown.predictions.source)]
    if not names:
        return
    found = shown.predictions.source.rows([row], names)
    with st.container(horizontal=True, gap="small"):
        for name, cell in zip(names, (column[0].as_py() for column in found.columns), strict=True):
            if is_picture(cell):
                st.image(cell, width=_PICTURE_WIDTH, caption=numbers.plain(name), alt=f"{name} of row {row + 1}")  # fmt: skip


def _classes(shown: Shown, case: int, palette: Palette) -> None:
    """Draw the most probable classes of a row, and the true and the predicted one in any case."""
    bars = class_bars(shown.of_model.cases, case)
    if bars:
        marked = ", ".join(
            f"{b.label} {numbers.number(b.probability)}{f' ({b.mark})' if b.mark else ''}" for b in bars
        )
        st.plotly_chart(
            top_classes(bars, palette),
            theme=None,
            config=dict(layout.CONFIG),
            key="examples.classes",
            alt=f"Most probable classes: {marked}",
        )


def class_bars(cases: object, case: int) -> tuple[ClassBar, ...]:
    """Return the five most probable classes of a row, then the predicted and the true one if they are not among them.

    Parameters
    ----------
    cases : Cases
    case : int
        Index into the cases.

    Returns
    -------
    tuple of ClassBar
        Empty without probabilities; equals share a rank and stand in the order of the labels.
    """
    if not isinstance(cases, ClassCases) or cases.probabilities is None:
        return ()
    p = cases.probabilities[case]
    order = np.argsort(-p, kind="stable").tolist()
    truth, predicted = int(cases.truth[case]), int(cases.predicted[case])
    places = sorted({*range(min(_TOP, len(order))), order.index(truth), order.index(predicted)})
    return tuple(
        ClassBar(
            cases.labels[code], float(p[code]), int((p > p[code]).sum()) + 1, code == truth, code == predicted
        )
        for code in (order[place] for place in places)
    )


def _verdict_of_many(shown: Shown, case: int) -> str:
    """Say whether a row of many classes is right."""
    cases = shown.of_model.cases
    assert isinstance(cases, ClassCases)  # the caller asked
    return ":material/close: Mistake" if cases.wrong[case] else ":material/check: Right"


def why_of_many(shown: Shown, case: int) -> str:
    """Say in one sentence what was predicted of a row of many classes, and how that compares with its label.

    Parameters
    ----------
    shown : Shown
    case : int
        Index into the cases.
    """
    cases = shown.of_model.cases
    assert isinstance(cases, ClassCases)  # the caller asked
    truth = numbers.plain(cases.labels[cases.truth[case]])
    predicted = numbers.plain(cases.labels[cases.predicted[case]])
    wrong = bool(cases.wrong[case])
    label = f"the label says **{truth}**" if wrong else "and so does the label"
    if cases.probabilities is None:
        return (
            f"Column {numbers.plain(shown.model.y_pred)} says **{predicted}**{';' if wrong else ','} {label}."
        )
    p = cases.probabilities[case]
    of_decision, of_truth = float(p[cases.predicted[case]]), float(p[cases.truth[case]])
    by = (
        f"Column {numbers.plain(shown.model.y_pred)} says"
        if shown.model.y_pred
        else "The highest probability is that of"
    )
    said = f"{by} **{predicted}**, with probability {numbers.plain(numbers.number(of_decision))}"
    if not wrong:
        return f"{said}, {label}."
    rank = next(bar.rank for bar in class_bars(cases, case) if bar.true)
    return f"{said}; {label}, which has {numbers.plain(numbers.number(of_truth))}, rank {rank} of {numbers.count(p.size)}."


def why(shown: Shown, case: int) -> str:
    """Say in one sentence why a row has its outcome.

    Parameters
    ----------
    shown : Shown
    case : int
        Index into the cases.
    """
    cases, cut = shown.of_model.binary_cases, shown.threshold
    negative, positive = (numbers.plain(label) for label in shown.predictions.labels)
    truth = positive if cases.positive[case] else negative
    flagged = bool(cases.flagged(cut)[case])
    if cut is None or cases.score is None:
        said = positive if flagged else negative
        return f"Column {numbers.plain(shown.model.y_pred)} predicts **{said}**; the label says **{truth}**."
    score = numbers.plain(numbers.threshold(float(cases.score[case])))
    line = numbers.plain(numbers.threshold(cut))
    if flagged:
        return f"Score **{score}** reaches the threshold {line}, so it was flagged as **{positive}**; the label says **{truth}**."
    return (
        f"Score **{score}** is below the threshold {line}, so it was not flagged; the label says **{truth}**."
    )


def cells(shown: Shown, row: int) -> pd.DataFrame:
    """Return every cell of a row of the file as text: roles first, probabilities of many classes last."""
    roles, model, source = shown.predictions.roles, shown.model, shown.predictions.source
    first = (roles.y_true, model.y_score, model.y_pred, roles.id, roles.time, roles.amount, *roles.slices)
    last = {column for _, column in model.proba}
    others = sorted(source.names, key=last.__contains__)
    names = list(dict.fromkeys([*(name for name in first if name), *others]))
    found = source.rows([row], names)
    return pd.DataFrame({"Column": names, "Value": [as_text(column[0].as_py()) for column in found.columns]})


def _steps(examples: Examples, size: int) -> None:
    """Step to the rows before and after."""
    last = examples.chosen.size - 1
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"
    ):
        st.button("Previous", icon=":material/chevron_left:", key="examples.previous", disabled=examples.at <= 0, type="tertiary",
                  on_click=go_to, args=(examples.at - 1, size))  # fmt: skip
        st.caption(
            f"{numbers.count(examples.at + 1)} of {numbers.count(examples.chosen.size)}", width="content"
        )
        st.button("Next", icon=":material/chevron_right:", icon_position="right", key="examples.next", disabled=examples.at >= last,
                  type="tertiary", on_click=go_to, args=(examples.at + 1, size))  # fmt: skip
