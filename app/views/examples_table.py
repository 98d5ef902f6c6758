"""One page of examples as a table, with the controls that choose order, columns and page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from app import numbers, state
from app.charts import layout
from app.palette import Palette
from app.views.example_columns import OUTCOME_OF_A_ROW, ExampleColumn, example_columns, example_table
from app.views.gate import Shown
from app.views.pictures import as_text, in_a_table, picture_columns
from app.views.selected_rows import ORDERS, Order, Selection, orders, selected
from metrics_core.cases import OUTCOMES, BinaryCases, IntArray

SIZES = (25, 50, 100)
_FIRST_COLUMNS = 18  # shown before somebody chooses
_TABLE = "examples.table"
_PAGE = "examples.page"
_ROW_HEIGHT, _ROWS_IN_SIGHT = 35, 14
_PICTURE_HEIGHT, _PICTURES_IN_SIGHT = 56, 9


@dataclass(frozen=True, eq=False)
class Examples:
    """The selected rows and what of them is on the screen.

    Attributes
    ----------
    chosen : (m,) int64
        Indices into the cases of every selected row, in order.
    columns : tuple of ExampleColumn
        The columns shown, in order.
    order : str
    start, stop : int
        The page's part of ``chosen``.
    at : int
        The row looked at, within ``chosen``.
    """

    chosen: IntArray
    columns: tuple[ExampleColumn, ...]
    order: Order
    start: int
    stop: int
    at: int


def controls(shown: Shown) -> tuple[Order, bool, int, tuple[ExampleColumn, ...]]:
    """Choose order, direction, page size and columns; stands in a horizontal container."""
    possible = orders(shown.of_model.cases, shown.threshold)
    order = st.selectbox("Order by", possible, key="examples.order", width=190, persist_state="session",
                         format_func=lambda o: ORDERS[o][0])  # fmt: skip
    turned = st.segmented_control("Show first", (False, True), default=False, key="examples.turned", required=True, persist_state="session",
                                  format_func=lambda t: ORDERS[order][2 if t else 1])  # fmt: skip
    size = st.selectbox("Rows a page", SIZES, key="examples.size", width=90, persist_state="session")
    every = example_columns(shown.predictions, shown.model, picture_columns(shown.predictions.source))
    usual = [c.name for c in every if c.content != "proba"]
    with st.popover("Columns", icon=":material/view_column:"):
        names = st.multiselect(
            "Columns shown, in this order",
            [c.name for c in every],
            default=usual[:_FIRST_COLUMNS],
            key=".".join(["examples.columns", shown.predictions.name, shown.model.name, *_kind(shown)]),
            persist_state="session",
            format_func=str,
            width=420,
        )
    by_name = {c.name: c for c in every}
    return order, bool(turned), size, tuple(by_name[n] for n in names if n in by_name) or every[:1]


def look_at(shown: Shown, selection: Selection, order: Order, turned: bool, size: int, columns: tuple[ExampleColumn, ...]) -> Examples:  # fmt: skip
    """Find the selected rows in order, and the page and row that are looked at."""
    cases, threshold = shown.of_model.cases, shown.threshold
    key = f"examples|{state.identity(shown.predictions)}|{shown.model.name}|{state.view().where}|{threshold!r}|{selection!r}|{order}|{turned}"
    chosen = state.kept(key, lambda: selected(cases, threshold, selection, order, turned=turned))
    signature = f"{key}|{size}"
    if state.chosen("examples.signature") != signature:
        state.preset("examples.signature", signature)
        go_to(0, size)
    pages = max(-(-chosen.size // size), 1)
    page = min(max(int(state.chosen(_PAGE) or 1), 1), pages)
    state.preset(_PAGE, page)
    start = (page - 1) * size
    stop = min(start + size, chosen.size)
    return Examples(chosen, columns, order, start, stop, min(start + _row_in_page(), max(stop - 1, 0)))


def go_to(at: int, size: int) -> None:
    """Look at one of the selected rows; turns the page when it is on another one."""
    state.preset(_PAGE, at // size + 1)
    state.preset(_TABLE, {"selection": {"rows": [at % size], "columns": [], "cells": []}})


def table(shown: Shown, examples: Examples, palette: Palette) -> None:
    """Draw the page's rows; the selected one is looked at."""
    part = examples.chosen[examples.start : examples.stop]
    shown_rows = example_table(
        shown.predictions, shown.of_model.cases, shown.threshold, part, examples.columns
    )
    pictures = any(column.content == "picture" for column in examples.columns)
    height, in_sight = (_PICTURE_HEIGHT, _PICTURES_IN_SIGHT) if pictures else (_ROW_HEIGHT, _ROWS_IN_SIGHT)
    st.dataframe(
        for_the_browser(shown_rows, examples.columns),
        key=_TABLE,
        hide_index=True,
        height=height * min(part.size, in_sight) + _ROW_HEIGHT + 3,
        row_height=height,
        on_select="rerun",
        selection_mode="single-row-required",
        column_config=_config(examples.columns, shown, palette),
        placeholder="",
        alt="Rows of the selection",
    )


def pager(examples: Examples, size: int) -> None:
    """Turn the pages: to both ends, one on and back, or to a number."""
    pages = -(-examples.chosen.size // size)
    if pages < 2:
        return
    page = examples.start // size + 1
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="center", gap="small"
    ):
        _turn("First", "first_page", 1, size, disabled=page == 1)
        _turn("Back", "chevron_left", page - 1, size, disabled=page == 1)
        st.caption("Page", width="content")
        st.number_input(
            "Page", 1, pages, key=_PAGE, width=100, label_visibility="collapsed", on_change=_first_row
        )
        st.caption(f"of {numbers.count(pages)}", width="content")
        _turn("Forward", "chevron_right", page + 1, size, disabled=page == pages)
        _turn("Last", "last_page", pages, size, disabled=page == pages)


def for_the_browser(shown_rows: pa.Table, columns: tuple[ExampleColumn, ...]) -> pa.Table:
    """Turn a page's cells into what the browser can draw."""
    for i, column in enumerate(columns):
        cells = shown_rows.column(i)
        if column.content == "outcome":
            drawn = pa.array([[text] for text in cells.to_pylist()], type=pa.list_(pa.string()))
        elif column.content == "loss":
            drawn = pc.if_else(pc.is_inf(cells), pa.scalar(None, pa.float64()), cells)
        elif column.content == "picture":
            drawn = pa.array([in_a_table(cell) for cell in cells.to_pylist()], type=pa.string())
        elif column.content not in ("truth", "predicted") and _is_number(cells.type):
            continue
        else:
            most = None if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type) else 200
            drawn = pa.array(
                [None if v is None else as_text(v, most) for v in cells.to_pylist()], type=pa.string()
            )
        shown_rows = shown_rows.set_column(i, column.name, drawn)
    return shown_rows


def _row_in_page() -> int:
    """Return the selected row of the page; the first one when there is none."""
    rows = (state.chosen(_TABLE) or {}).get("selection", {}).get("rows", [])
    return int(rows[0]) if rows else 0


def _turn(label: str, icon: str, page: int, size: int, *, disabled: bool) -> None:
    """Draw a button that turns to a page."""
    st.button(label, icon=f":material/{icon}:", icon_position="right" if label in ("Forward", "Last") else "left",
              key=f"examples.{label.lower()}", type="tertiary", disabled=disabled, on_click=go_to, args=((page - 1) * size, size))  # fmt: skip


def _first_row() -> None:
    """Look at the first row of the page."""
    state.preset(_TABLE, {"selection": {"rows": [0], "columns": [], "cells": []}})


def _kind(shown: Shown) -> tuple[str, ...]:
    """Tell apart the columns of all classes and of one against the rest; nothing for two classes."""
    if shown.predictions.roles.task != "binary":
        return ("classes",)
    return (state.view().label,) if state.view().label else ()


def _config(columns: tuple[ExampleColumn, ...], shown: Shown, palette: Palette) -> dict[str, Any]:
    """Say how each computed or judged column is drawn."""
    c = st.column_config
    judged = (
        _config_of_two(shown, palette)
        if isinstance(shown.of_model.cases, BinaryCases)
        else _config_of_many(palette)
    )
    by_content = judged | {
        "row": c.NumberColumn(format="localized", width=70, pinned=True, help="Row of the file, data rows counted from 1"),
        "picture": c.ImageColumn(width=90, help="Click to see it large; very large ones are drawn only beside the table"),
    }  # fmt: skip
    return {col.name: by_content[col.content] for col in columns if col.content in by_content}


def _config_of_two(shown: Shown, palette: Palette) -> dict[str, Any]:
    """Say how what is known of a row of two classes is drawn."""
    c = st.column_config
    cases = shown.of_model.binary_cases
    score = _bar(palette, "%.4f", "Score") if cases.probability else c.NumberColumn(format="%.4f", width=100)
    loss_help = (
        "Log loss in nats: minus the logarithm of the probability given to the truth; empty when it was 0."
        if cases.probability and cases.score is not None
        else "How far the score lies on the wrong side of the threshold; 1 for wrong without a score."
    )
    tags = [layout.blended(palette.outcome(code), palette.surface, 0.4) for code in OUTCOMES]
    return {
        "outcome": c.MultiselectColumn(
            options=list(OUTCOME_OF_A_ROW), color=tags, width=122, pinned=True
        ),
        "truth": c.TextColumn(width=80, help="True label"),
        "predicted": c.TextColumn(width=80, help="Label predicted at the threshold in force"),
        "score": score,
        "loss": c.NumberColumn(format="%.3f", width=70, help=loss_help),
    }  # fmt: skip


def _config_of_many(palette: Palette) -> dict[str, Any]:
    """Say how what is known of a row of many classes is drawn."""
    c = st.column_config
    return {
        "truth": c.TextColumn(width=110, help="True class"),
        "predicted": c.TextColumn(width=110, help="Predicted class"),
        "of_decision": _bar(palette, "%.3f", "Probability of the predicted class"),
        "of_truth": _bar(palette, "%.3f", "Probability of the true class"),
    }


def _bar(palette: Palette, format: str, help: str) -> Any:
    """Draw a probability as a bar with its number."""
    return st.column_config.ProgressColumn(
        format=format, min_value=0.0, max_value=1.0, width=110, color=palette.quiet, help=help
    )


def _is_number(kind: pa.DataType) -> bool:
    """Whether the browser's table draws the type itself; whatever else there is becomes text."""
    return pa.types.is_primitive(kind) and not pa.types.is_duration(kind)


def range_line(examples: Examples, what: str) -> str:
    """Say which of the selected rows the page shows: ``Showing 1–25 of 153 false negatives``."""
    return f"Showing **{numbers.count(examples.start + 1)}–{numbers.count(examples.stop)}** of **{numbers.count(examples.chosen.size)}** {what}"
