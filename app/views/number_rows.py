"""From a figure of predicted numbers to the rows behind a point, a cell, a bar or a group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from app import state
from app.charts import layout
from app.views.gate import Shown
from app.views.looked_at import ask_for
from metrics_core.columns import numbers as number_cells
from metrics_core.filters import Filter, all_of, between
from metrics_core.tally.outcomes import FloatArray

Mask = NDArray[np.bool_]


def draw_clickable(figure: go.Figure, key: str, alt: str) -> list[object] | None:
    """Draw a figure; return the ``customdata`` of the mark that was clicked, which begin with what it is.

    Parameters
    ----------
    figure : plotly Figure
    key : str
    alt : str
        What it shows, in words.
    """
    event = st.plotly_chart(figure, theme=None, key=key, on_select="rerun", selection_mode="points", config=dict(layout.CONFIG), alt=alt)  # fmt: skip
    return clicked(event)


def clicked(event: object) -> list[object] | None:
    """Return the ``customdata`` of the clicked mark; None when nothing was hit, or something that leads nowhere."""
    selection = event.get("selection", {}) if hasattr(event, "get") else {}
    points = selection.get("points", [])
    data = points[0].get("customdata") if points else None
    return list(data) if isinstance(data, list | tuple) and data and isinstance(data[0], str) else None


def chooser(key: str, label: str, options: Sequence[str], *, button: str = "Show its rows") -> int | None:
    """Draw the way to the rows for those who do not click into a figure; return the number of the option asked for.

    Parameters
    ----------
    key : str
        Begins the keys of the widgets.
    label : str
        What is chosen.
    options : sequence of str
        All different.
    button : str
    """
    if state.chosen(f"{key}.choice") not in options:
        state.preset(f"{key}.choice", None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = st.selectbox(label, list(options), index=None, key=f"{key}.choice", placeholder=f"{label}: choose one, or click it",
                              label_visibility="collapsed", width=330)  # fmt: skip
        asked = st.button(button, key=f"{key}.show", icon=":material/arrow_forward:", icon_position="right", disabled=chosen is None)  # fmt: skip
    return list(options).index(chosen) if asked and chosen is not None else None


def distinct(texts: Sequence[str]) -> list[str]:
    """Number texts where two are the same, as of ranges that differ only beyond the digits shown.

    Examples
    --------
    >>> distinct(["1 to 2", "2 to 3"]), distinct(["1 to 1", "1 to 1"])
    (['1 to 2', '2 to 3'], ['1. 1 to 1', '2. 1 to 1'])
    """
    return (
        list(texts) if len(set(texts)) == len(texts) else [f"{i}. {text}" for i, text in enumerate(texts, 1)]
    )


def to_the_row(shown: Shown, row: int, *, order: str = "") -> None:
    """Show one row on the Examples page, among the others in an order.

    Parameters
    ----------
    shown : Shown
    row : int
        Counted from 1.
    order : str
        As the address calls it; empty for the largest error first.
    """
    ask_for(row)
    _go(shown, order)


def to_the_rows(shown: Shown, ranges: Sequence[tuple[str, FloatArray, Mask]], *, order: str = "") -> None:
    """Show the rows on the Examples page whose numbers lie in a range of each of some columns.

    Parameters
    ----------
    shown : Shown
    ranges : sequence of (str, (n,) float64, (n,) bool)
        A column of the file, its number in each judged row (NaN where it has none), and which rows lie in the range.
    order : str
        As the address calls it; empty for the largest error first.
    """
    found = filter_of(shown, ranges)
    if found is None:
        st.warning("No filter holds exactly these rows: a column does not hold plain numbers in the file.", icon=":material/filter_alt_off:")  # fmt: skip
        return
    state.narrow(found)
    state.change(row=None)
    _go(shown, order)


def filter_of(shown: Shown, ranges: Sequence[tuple[str, FloatArray, Mask]]) -> Filter | None:
    """Build the filter of ranges of columns, with as few digits as hold exactly their rows; None where there is none."""
    source, rows = shown.predictions.source, shown.of_model.cases.rows
    if any(source.kind(column) != "number" for column, _, _ in ranges):
        return None
    parts, inside = [], np.ones(rows.size, dtype=bool)
    for column, values, held in ranges:
        cells = number_cells(source.column(column))[rows]
        if not np.array_equal(cells, values, equal_nan=True):
            return None
        inside &= held
        if held[~np.isnan(values)].all() and not np.isnan(values).any():
            continue
        low, high = ends_of(values, held)
        parts.append(between(column, low, high, closed="left"))
    found = all_of(parts) if parts else between(ranges[0][0], None, None)
    if found is None or not np.array_equal(shown.predictions.mask(found)[rows], inside):
        return None
    return found


def ends_of(values: FloatArray, held: Mask) -> tuple[float | None, float | None]:
    """Find two short numbers so that the rows from the first up to, and without, the second are those held.

    None for a side beyond which there is no row.

    Examples
    --------
    >>> ends_of(np.array([1.234, 2.345, 3.456, 9.0]), np.array([False, True, True, False]))
    (2.0, 6.0)
    """
    inside, others = values[held], values[~held & ~np.isnan(values)]
    below, above = others[others < inside.min()], others[others > inside.max()]
    low = _shortest(float(below.max()), float(inside.min())) if below.size else None
    high = _shortest(float(inside.max()), float(above.min())) if above.size else None
    return low, high


def _shortest(low: float, high: float) -> float:
    """Find a number above one and not above another with as few digits as do, the middle one of these."""
    for digits in range(1, 18):
        for target in (low + (high - low) / 2, high):
            found = float(f"{target:.{digits}g}")
            if low < found <= high:
                return found
    return high


def all_numbers_again(shown: Shown) -> None:
    """Say when the filter chooses rows by their truth or prediction, as after a look at a tenth, and offer the way back."""
    truth = shown.predictions.roles.y_true
    columns = {truth, *(m.y_pred for m in shown.predictions.roles.models)}
    terms = shown.where.terms() if shown.where else ()
    rest = [term for term in terms if not columns.issuperset(term.columns)]
    if len(rest) == len(terms):
        return
    left = all_of(rest)
    said = "The filter keeps only rows with some of the predictions."
    if any(truth in term.columns for term in terms if term not in rest):
        said = "The filter chooses rows by their true value: errors of such rows lie to one side with every model that is not perfect (regression to the mean)."  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f":material/filter_alt: {said}", width="content")
        st.button("All of them again", key="residuals.unfilter", type="tertiary", icon=":material/filter_alt_off:",
                  on_click=state.change, kwargs={"where": left.text if left else ""})  # fmt: skip


def _go(shown: Shown, order: str) -> None:
    """Leave for the Examples page."""
    several = len(shown.evaluation.models) > 1
    state.change(order=order, rows="", true="", predicted="", **({"model": shown.model.name} if several else {}))  # fmt: skip
    st.switch_page("pages/examples.py", query_params=state.link())
