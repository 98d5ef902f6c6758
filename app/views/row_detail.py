"""One row in full: why it has its outcome, where its score lies, and every cell the file has."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import numbers, state
from app.charts import layout
from app.charts.number_line import number_line
from app.palette import Palette
from app.views.chips import mark
from app.views.example_columns import OUTCOME_OF_A_ROW
from app.views.examples_table import Examples, go_to
from app.views.gate import Shown
from metrics_core.cases import OUTCOMES


def row_detail(shown: Shown, examples: Examples, size: int, palette: Palette) -> None:
    """Draw the row that is looked at, with the way to the ones before and after it."""
    cases = shown.of_model.binary_cases
    case = int(examples.chosen[examples.at])
    row = int(cases.rows[case])
    code = int(cases.outcome(shown.threshold)[case])
    with st.container(border=True, gap="small", height="stretch"):
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"
        ):
            st.subheader(f"Row {numbers.count(row + 1)}", anchor=False, width="content")
            st.markdown(f"{mark(OUTCOMES[code])} {OUTCOME_OF_A_ROW[code]}", width="content")
        st.markdown(why(shown, case))
        if cases.score is not None:
            score = float(cases.score[case])
            span = (0.0, 1.0) if cases.probability else state.kept(
                f"examples.span|{state.identity(shown.predictions)}|{shown.model.name}|{state.view().where}",
                lambda: (float(cases.score.min()), float(cases.score.max())),  # type: ignore[union-attr]  # asked above
            )  # fmt: skip
            st.plotly_chart(
                number_line(score, shown.threshold, span, OUTCOMES[code], palette),
                theme=None,
                config=dict(layout.CONFIG),
                key="examples.line",
                alt=f"Score {numbers.threshold(score)} on its scale",
            )
        st.dataframe(
            cells(shown, row),
            hide_index=True,
            height="stretch",
            column_config={"Column": st.column_config.TextColumn(width=110), "Value": st.column_config.TextColumn(width=150)},
            key="examples.cells",
            alt=f"All cells of row {row + 1}",
        )  # fmt: skip
        _steps(examples, size)


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
    """Return every cell of a row of the file as text, roles first."""
    roles, model = shown.predictions.roles, shown.model
    first = (roles.y_true, model.y_score, model.y_pred, roles.id, roles.time, roles.amount, *roles.slices)
    names = list(dict.fromkeys([*(name for name in first if name), *shown.predictions.source.names]))
    found = shown.predictions.source.rows([row], names)
    values = [column[0].as_py() for column in found.columns]
    return pd.DataFrame({"Column": names, "Value": ["(missing)" if v is None else str(v) for v in values]})


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
