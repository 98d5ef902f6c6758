"""What the cards of the Curves page share: head, the table behind a figure, and the costs that are asked for."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts.curve_traces import clicked
from app.views.figure_files import figure_files
from app.views.gate import Shown
from metrics_core.iso_cost import IsoCost
from metrics_core.metrics.registry import REGISTRY


def said(name: str) -> str:
    """Write a column's name as words."""
    return name.replace("_", " ")


def head(title: str, question: str, area: str = "", shown: Shown | None = None) -> None:
    """Draw title, question, and the area under the curve with its interval.

    Parameters
    ----------
    title, question : str
    area : str
        Key of a metric; empty for none.
    shown : Shown, optional
    """
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", gap="small"
    ):
        with st.container(width="content", gap=None):
            st.subheader(title, anchor=False)
            st.caption(question)
        if area and shown is not None:
            spec, value = REGISTRY[shown.of_model.task, area], shown.of_model.metrics.number(area)
            span = state.intervals(shown.predictions, shown.model.name).get(area)
            text = f"{spec.label} **{numbers.number(value)}**"
            if span is not None and span.low is not None and span.high is not None:
                text += f"  \n:small[95% CI {numbers.interval(span.low, span.high, spec.unit)}]"
            st.markdown(text, width="content", help=spec.about, text_alignment="right")


def numbers_behind(
    shown: Shown, table: pa.Table, what: str, note: str, *, chart: str, hide_model: bool = False
) -> None:
    """Offer a figure and its numbers as files, and show the numbers.

    Parameters
    ----------
    shown : Shown
    table : pyarrow.Table
    what : str
        What the figure is.
    note : str
        What the table's numbers mean.
    chart : str
        Key of the chart.
    hide_model : bool
        Whether the column ``model`` says nothing.
    """
    figure_files(shown, chart, what, table, key="curves.csv")
    with st.expander("The numbers behind the figure", icon=":material/table_rows:"):
        config = {
            name: None if name == "model" and hide_model else st.column_config.Column(said(name).capitalize())
            for name in table.column_names
        }
        st.dataframe(
            table, hide_index=True, height=280, column_config=config, alt=f"Numbers behind the figure: {what}"
        )
        st.caption(note)


def set_threshold(key: str) -> Callable[[], None]:
    """Make the answer to a click on the curve of a chart: its threshold becomes the view's."""

    def answer() -> None:
        threshold = clicked(state.chosen(key))
        if threshold is not None:
            state.change(threshold=threshold)

    return answer


_COSTS = ("curves.cost_fp", "curves.cost_fn")
_EQUAL = (1.0, 1.0)


def wants_costs() -> bool:
    """Draw the switch of the lines of equal cost; it stands in the URL with the costs."""

    def answer() -> None:
        state.change(costs=state.chosen("curves.costs", _EQUAL) if state.chosen("curves.iso_cost") else None)

    state.preset("curves.iso_cost", state.view().costs is not None)
    return bool(st.toggle("Lines of equal cost", key="curves.iso_cost", on_change=answer))


def costs_of_page(prevalence: float) -> IsoCost:
    """Draw the two costs and return them with the prevalence.

    Parameters
    ----------
    prevalence : float
        Share of the positives.

    Raises
    ------
    DataError
        If both are 0.
    """

    def answer() -> None:
        costs = tuple(float(state.chosen(key)) for key in _COSTS)
        state.preset("curves.costs", costs)  # when the lines are hidden and shown again
        state.change(costs=costs)

    now = state.view().costs or _EQUAL
    for key, cost in zip(_COSTS, now, strict=True):
        state.preset(key, cost)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for key, label in zip(_COSTS, ("Cost of a false alarm", "Cost of a missed positive"), strict=True):
            st.number_input(label, min_value=0.0, key=key, on_change=answer, width=180)
    return IsoCost(*now, prevalence)
