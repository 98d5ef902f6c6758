"""One figure of the Threshold page: title, question, the figure, what to know, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from app import state
from app.charts import layout
from app.charts.curve_traces import clicked
from app.views.figure_files import figure_files
from app.views.gate import Shown
from app.views.pictured import Pictured


def head(title: str, question: str) -> None:
    """Write what a figure is and what it answers."""
    with st.container(gap=None):
        st.subheader(title, anchor=False)
        st.caption(question)


def draw(figure: go.Figure, key: str, alt: str, on_click: Callable[[], None] | None = None) -> None:
    """Draw a figure; points answer clicks when somebody listens.

    Parameters
    ----------
    figure : plotly Figure
    key : str
    alt : str
        What it shows, in words.
    on_click : callable, optional
    """
    st.plotly_chart(figure, theme=None, key=key, on_select=on_click or "ignore", selection_mode="points", config=dict(layout.CONFIG), alt=alt)  # fmt: skip


def moves_threshold(p: Pictured, key: str) -> Callable[[], None] | None:
    """Make the answer to a click on a curve: its threshold becomes the view's; nothing where it is locked."""

    def answer() -> None:
        cut = clicked(state.chosen(key))
        if cut is not None:
            state.change(threshold=cut)

    return None if p.locked else answer


def about_clicks(p: Pictured, *, scaled: bool = False) -> str:
    """Say what a click does, and whose scale the axis has where it is that of the live view."""
    click = "The threshold is locked: a click does not move it." if p.locked else "Click the curve to put the threshold there."  # fmt: skip
    return (
        f"{click} The axis follows the scale of the live view, score or flagged share." if scaled else click
    )


def table_of(columns: Mapping[str, Any] | pd.DataFrame) -> pa.Table:
    """Make a table of numbers for the page and the download; NaN is empty, infinite stays."""
    named = {str(name): values for name, values in columns.items()}
    return pa.table({name: pa.array(np.asarray(values), from_pandas=True) for name, values in named.items()})


def numbers_behind(
    shown: Shown, table: Callable[[], pa.Table], what: str, note: str, *, key: str, chart: str = ""
) -> None:
    """Offer a figure and its numbers as files, and the numbers as a table; they are made when somebody asks.

    Parameters
    ----------
    shown : Shown
    table : callable
        Makes the table.
    what : str
        Names the downloads.
    note : str
        What to know about the columns.
    key : str
        Begins the keys of the widgets.
    chart : str
        Key of the chart; `key` when empty.
    """
    figure_files(shown, chart or key, what[:1].upper() + what[1:], table, key=f"{key}.csv")
    inside = st.expander("The numbers behind the figure", icon=":material/table_rows:", key=f"{key}.numbers", on_change="rerun")  # fmt: skip
    if not inside.open:
        return
    made = table()
    with inside:
        config = {name: st.column_config.Column(said(name)) for name in made.column_names}
        st.dataframe(made, hide_index=True, height=280, column_config=config, key=f"{key}.table", alt=f"Numbers behind the figure: {what}")  # fmt: skip
        st.caption(note)


def said(name: str) -> str:
    """Write a column's name as words."""
    words = name.replace("_", " ")
    return {"fpr": "False positive rate", "fnr": "False negative rate", "f1": "F1", "tpr": "Recall"}.get(name, words[:1].upper() + words[1:])  # fmt: skip
