"""Which of the selected rows are on the page and which one is looked at; the address holds the row, so a link opens it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from app import numbers, state
from app.views.disagreeing import falling_apart
from app.views.example_columns import ExampleColumn
from app.views.gate import Shown
from app.views.row_orders import DISAGREEMENT, RowOrder
from app.views.selected_rows import Selection, selected
from metrics_core.cases import IntArray

#: The keys of the table and of the number of its page.
TABLE, PAGE = "examples.table", "examples.page"
_SIGNATURE, _OPENED, _MARK = "examples.signature", "examples.opened", "examples.mark"
#: Whether rows get ticks, the key of the table that has them now, and how often they were taken away.
TICKING, TICKS, _ROUND = "examples.ticking", "examples.ticks", "examples.ticks_round"
#: The row of the page that is looked at; the table with ticks does not say.
_LOOKED = "examples.looked"


@dataclass(frozen=True, eq=False)
class Examples:
    """The selected rows and what of them is on the screen.

    Attributes
    ----------
    chosen : (m,) int64
        Indices into the cases of every selected row, in order.
    rows : (m,) int64
        Their rows in the file, counted from 1.
    columns : tuple of ExampleColumn
        The columns shown, in order.
    order : RowOrder
    turned : bool
        Whether the other end of the order stands first.
    size : int
        Rows a page.
    start, stop : int
        The page's part of ``chosen``.
    at : int
        The row looked at, within ``chosen``.
    absent : int, optional
        The row that a link asked for and that is not among these.
    ticked : tuple of int
        The rows of the page with a tick, within ``chosen``.
    """

    chosen: IntArray
    rows: IntArray
    columns: tuple[ExampleColumn, ...]
    order: RowOrder
    turned: bool
    size: int
    start: int
    stop: int
    at: int
    absent: int | None = None
    ticked: tuple[int, ...] = ()

    def look(self, at: int, column: str | None = None) -> None:
        """Look at one of the rows, and at a cell of it; turns the page when it is on another one. For callbacks."""
        state.preset(PAGE, at // self.size + 1)
        mark(at % self.size, column)
        _say(int(self.rows[at]))

    def step(self, by: int) -> None:
        """Look at a row before or after, from where the table stands when this is called. For callbacks."""
        now = (int(state.chosen(PAGE) or 1) - 1) * self.size + _row_in_page()
        self.look(min(max(now + by, 0), self.rows.size - 1))

    def turn(self, page: int) -> None:
        """Turn to a page and look at its first row. For callbacks."""
        pages = max(-(-self.rows.size // self.size), 1)
        self.look((min(max(page, 1), pages) - 1) * self.size)

    def untick(self) -> None:
        """Take every tick away. For callbacks."""
        state.preset(_ROUND, (state.chosen(_ROUND) or 0) + 1)

    def tick(self) -> None:
        """Look at the row that got a tick. For callbacks."""
        new = sorted(set(_ticks()) - {at - self.start for at in self.ticked})
        if len(new) == 1:
            self.look(self.start + new[0])


def look_at(shown: Shown, selection: Selection, order: RowOrder, turned: bool, size: int, columns: tuple[ExampleColumn, ...], marks: str = "", version: str = "") -> Examples:  # fmt: skip
    """Find the selected rows in order, and the page and row that are looked at.

    ``marks`` says how the rows of ``shown`` were chosen by what is written about them, and ``version`` what was written.

    A row that a link, a reload or the browser's Back button asks for is opened where it stands. A row that somebody
    looked at here is let go when the selection or its order changes: then the first one is looked at.
    """
    cases, threshold, source = shown.of_model.cases, shown.threshold, shown.predictions.source
    key = f"examples|{state.identity(shown.predictions)}|{shown.model.name}|{state.view().where}|{threshold!r}|{selection!r}|{order.key}|{turned}|{marks}"
    chosen = state.kept(
        f"{key}|{version if marks else ''}",
        lambda: selected(
            cases,
            threshold,
            selection,
            order.key,
            turned=turned,
            source=source,
            apart=falling_apart(shown) if order.key == DISAGREEMENT.key else (),
        ),
    )
    rows = cases.rows[chosen] + 1
    absent = _settle(key, size, rows, changes=bool(marks))
    pages = max(-(-rows.size // size), 1)
    page = min(max(int(state.chosen(PAGE) or 1), 1), pages)
    state.preset(PAGE, page)
    start = (page - 1) * size
    stop = min(start + size, rows.size)
    at = min(start + _row_in_page(), max(stop - 1, 0))
    state.preset(_LOOKED, at - start)
    # a page has ticks of its own, which are gone with it
    page_of_rows = f"{key}|{size}|{state.chosen(_ROUND)}|{rows[start:stop].tobytes().hex()}"
    state.preset(TICKS, f"{TICKS}.{crc32(page_of_rows.encode())}")
    ticked = tuple(start + row for row in _ticks() if start + row < stop) if state.chosen(TICKING) else ()
    return Examples(chosen, rows, columns, order, turned, size, start, stop, at, absent, ticked)


def ask_for(row: int) -> None:
    """Look for a row as a link would. For callbacks."""
    state.drop(_OPENED)
    state.change(row=row)


def why_absent(shown: Shown, row: int) -> tuple[str, bool]:
    """Say why a row that a link asked for is not among those shown, and whether it can be shown at all.

    Parameters
    ----------
    shown : Shown
    row : int
        Counted from 1.
    """
    n_rows, cases = shown.predictions.source.n_rows, shown.predictions.cases[shown.model.name]
    if row > n_rows:
        return f"There is no row {numbers.count(row)}: the file has {numbers.rows(n_rows)}.", False
    dropped = np.flatnonzero(cases.dropped_rows == row - 1)
    if dropped.size:
        reason = cases.reasons[int(cases.dropped_code[dropped[0]])]
        return f"Row {numbers.count(row)} cannot be judged ({numbers.plain(reason)}).", False
    if row - 1 not in cases.rows:
        return f"Row {numbers.count(row)} belongs to another model.", False
    return f"Row {numbers.count(row)} is not among these rows.", True


def _settle(signature: str, size: int, rows: IntArray, *, changes: bool) -> int | None:
    """Bring the row of the address and the row of the session together; return the one that is not there.

    Where what is written about rows chooses them (``changes``), the row that was looked at may go away by that: then the
    one in its place is looked at.
    """
    asked, before = state.view().row, state.chosen(_SIGNATURE)
    state.preset(_SIGNATURE, (signature, size))
    # the page was left, and its table forgot the row; while there are ticks it is another table
    left = state.chosen(TABLE) is None and not state.chosen(TICKING)
    if asked is not None and (left or asked != state.chosen(_OPENED)):
        place = np.flatnonzero(rows == asked)
        _show(int(place[0]) if place.size else 0, size)
        state.preset(_OPENED, asked)
        return None if place.size else asked
    if before is None or before[0] != signature:
        _show(0, size)
        _say(None)
    elif asked is None:
        if state.chosen(_OPENED) is not None:  # the Back button, to before a row was opened
            _show(0, size)
            state.preset(_OPENED, None)
    else:
        place = np.flatnonzero(rows == asked)
        now = (int(state.chosen(PAGE) or 1) - 1) * size + _row_in_page()
        if not place.size and changes and rows.size:
            _show(min(now, rows.size - 1), size)
            _say(int(rows[min(now, rows.size - 1)]))
        elif not place.size:
            return asked
        elif before[1] != size or (changes and int(place[0]) != now):
            _show(int(place[0]), size)
    return None


def _show(at: int, size: int) -> None:
    """Set page and table to a row."""
    state.preset(PAGE, at // size + 1)
    mark(at % size, None)


def mark(row: int, column: str | None) -> None:
    """Mark a row of the table, and the cell from which the arrow keys go on.

    The browser's table drops a value it was given before, and would leave the mark on a heading that was clicked:
    then the first value and one with a cell take turns.
    """
    heading = _marked().get("columns", [])
    if heading and column is None and state.chosen(_MARK) == (row, None):
        column = str(heading[0])
    state.preset(_MARK, (row, column))
    state.preset(_LOOKED, row)
    cells = [] if column is None else [(row, column)]
    state.preset(TABLE, {"selection": {"rows": [row], "columns": [], "cells": cells}})


def _say(row: int | None) -> None:
    """Write the row to the address."""
    state.preset(_OPENED, row)
    if state.view().row != row:
        state.change(row=row)


def picked() -> tuple[int, str | None]:
    """Return which row of the page was clicked, by its mark or by a cell, and the column of the cell. For callbacks."""
    marked = _marked()
    row, cells = _row_in_page(), marked.get("cells") or []
    if row != (state.chosen(_MARK) or (row, None))[0] or not cells:  # a cell may still be marked from before
        return row, None
    return int(cells[0][0]), str(cells[0][1])


def heading() -> str | None:
    """Return the column whose heading was clicked. For callbacks."""
    columns = _marked().get("columns") or []
    return str(columns[0]) if columns else None


def _ticks() -> list[int]:
    """Return the rows of the page with a tick."""
    marked = (state.chosen(str(state.chosen(TICKS))) or {}).get("selection", {})
    return sorted(int(row) for row in marked.get("rows", []))


def _row_in_page() -> int:
    """Return the selected row of the page; the first one when there is none."""
    if state.chosen(TICKING):
        return int(state.chosen(_LOOKED) or 0)
    rows = _marked().get("rows", [])
    return int(rows[0]) if rows else 0


def _marked() -> dict[str, Any]:
    """Return what is marked in the table."""
    marked: dict[str, Any] = (state.chosen(TABLE) or {}).get("selection", {})
    return marked
