"""One row in full: why it was judged so, how sure the model was, and what the row holds."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app import numbers, state
from app.charts import layout
from app.charts.number_line import number_line
from app.charts.top_classes import ClassBar, top_classes
from app.palette import Palette
from app.state.annotations import Annotated
from app.views.alike_rows import alike_rows, row_groups
from app.views.chips import mark
from app.views.example_columns import OUTCOME_OF_A_ROW
from app.views.figure_files import picture_files
from app.views.gate import Shown
from app.views.label_suspects import suspicion_line
from app.views.looked_at import Examples
from app.views.number_words import verdict_of_number, why_of_number
from app.views.row_contents import cells_of, every_cell, row_contents
from app.views.saved_slices import usable_slices
from app.views.tagging import row_tags
from metrics_core.cases import OUTCOMES, ClassCases
from metrics_core.number_cases import NumberCases

_TOP, _AT_LEAST = 10, 3
#: A bar of less cannot be seen.
_NOTHING = 0.005


def row_detail(shown: Shown, examples: Examples, palette: Palette, annotated: Annotated) -> None:
    """Draw the row that is looked at, with the way to the ones before and after it."""
    cases = shown.of_model.cases
    case = int(examples.chosen[examples.at])
    row = int(cases.rows[case])
    many, number = isinstance(cases, ClassCases), isinstance(cases, NumberCases)
    with st.container(border=True, gap="small", height="stretch"):
        _steps(examples)
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"
        ):
            st.subheader(f"Row {numbers.count(row + 1)}", anchor=False, width="content")
            st.markdown((_verdict_of_many if many else verdict_of_number if number else _verdict)(shown, case), width="content")  # fmt: skip
        st.markdown((why_of_many if many else why_of_number if number else why)(shown, case))
        doubt = suspicion_line(shown, case)
        if doubt:
            st.markdown(doubt)
        row_tags(shown, row, annotated)
        cells = cells_of(shown, row)
        row_contents(shown, cells, row)
        if not number:
            (_classes if many else _score)(shown, case, palette)
        every_cell(shown, cells, row)
        row_groups(shown, row, usable_slices(shown.predictions))
        if not number:
            alike_rows(shown, case, cells)


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
        f"examples.span|{state.identity(shown.predictions)}|{shown.model.name}|{state.view().where}|{state.annotations.marks()}",
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
    _as_picture(shown, "examples.line", f"Score of {_row_named(shown, case)}")


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
        _as_picture(shown, "examples.classes", f"Classes of {_row_named(shown, case)}")
        left = len(shown.predictions.labels) - len(bars)
        if left:
            rest = max(round(1.0 - sum(bar.probability for bar in bars), 9), 0.0)
            st.caption(
                f"The other {numbers.count(left)} {'class shares' if left == 1 else 'classes share'} {numbers.plain(numbers.number(rest))}."
            )


def _row_named(shown: Shown, case: int) -> str:
    """Name the row of a case, counted from 1, as the files of its figures do."""
    return f"row {int(shown.of_model.cases.rows[case]) + 1}"


def _as_picture(shown: Shown, chart: str, what: str) -> None:
    """Offer a figure of the row as a file; its numbers stand in the sentence above and in the table below."""
    picture_files(shown, chart, what, key=f"{chart}.picture")


def class_bars(cases: object, case: int) -> tuple[ClassBar, ...]:
    """Return the most probable classes of a row, ten at most, and the predicted and the true one in any case.

    Beyond the third those with a probability below 0.005 are left out.

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
    seen = [
        place for place in range(min(_TOP, len(order))) if place < _AT_LEAST or p[order[place]] >= _NOTHING
    ]
    places = sorted({*seen, order.index(truth), order.index(predicted)})
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


def _steps(examples: Examples) -> None:
    """Step to the rows before and after, by button or arrow key."""
    last = examples.chosen.size - 1
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"
    ):
        st.button("Previous", key="examples.previous", disabled=examples.at <= 0, type="tertiary", shortcut="Left",
                  on_click=examples.step, args=(-1,))  # fmt: skip
        st.caption(
            f"{numbers.count(examples.at + 1)} of {numbers.count(examples.chosen.size)}", width="content"
        )
        st.button("Next", key="examples.next", disabled=examples.at >= last, type="tertiary", shortcut="Right",
                  on_click=examples.step, args=(1,))  # fmt: skip
