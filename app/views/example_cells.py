"""Cells of a page of examples as the browser's table draws them: as data, whatever stands in them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from app import numbers
from app.views.example_columns import Content, ExampleColumn
from app.views.pictures import as_text, in_a_table
from metrics_core.contents import is_link

#: What stands in the place of a missing cell, in quiet ink.
MISSING = "missing"
#: What stands in the place of a picture that cannot be drawn, among others that can: the words, drawn by us.
NO_PICTURE = (
    "data:image/svg+xml;base64,"
    + base64.b64encode(
        b'<svg xmlns="http://www.w3.org/2000/svg" width="104" height="52"><text x="52" y="31" text-anchor="middle" '
        b'font-family="sans-serif" font-size="13" fill="#7C8794">not drawn</text></svg>'
    ).decode()
)
_LONGEST = 200
_LONGEST_TEXT = 2_000
#: Beyond these a number of JavaScript is no longer exact.
_EXACT = 2**53
_JUDGED = ("truth", "predicted")
_TINY, _LARGE = 1e-3, 1e3


def for_the_browser(
    cells: pa.Table,
    columns: tuple[ExampleColumn, ...],
    picture: Callable[[object], str | None] = in_a_table,
) -> tuple[pa.Table, tuple[Content, ...]]:
    """Turn a page's cells into what the browser can draw.

    Parameters
    ----------
    cells : pyarrow.Table
        The columns of ``example_table``.
    columns : tuple of ExampleColumn
    picture : callable, optional
        Turns a cell into a small picture, a data URI; None when it is none.

    Returns
    -------
    pyarrow.Table
        Missing cells and NaN are null; a picture that cannot be drawn says so; losses are text when one of them is infinite.
    tuple of str
        How each column is drawn: pictures and links only where every filled cell of the page is a link and where
        at least one is a picture; else as text, so that nothing is followed and nothing hidden.
    """
    drawn, contents = [], []
    for column, own in zip(columns, cells.columns, strict=True):
        cell, content = _drawn(own, column.content, picture)
        drawn.append(cell)
        contents.append(content)
    return pa.Table.from_arrays(drawn, names=[column.name for column in columns]), tuple(contents)


def has_tiny(cells: pa.ChunkedArray | pa.Array) -> bool:
    """Tell whether numbers, none of them large, need more digits than the four decimals a table shows.

    Examples
    --------
    >>> has_tiny(pa.array([0.5, 3e-7])), has_tiny(pa.array([0.5, None])), has_tiny(pa.array([5e6, 3e-7]))
    (True, False, False)
    """
    if not pa.types.is_floating(cells.type):
        return False
    sizes = [abs(cell) for cell in cells.to_pylist() if cell]
    return bool(sizes) and min(sizes) < _TINY and max(sizes) < _LARGE


def _drawn(
    cells: pa.ChunkedArray | pa.Array, content: Content, picture: Callable[[object], str | None]
) -> tuple[Any, Content]:
    """Turn one column, and say as what it is drawn."""
    if content == "tags":
        return cells, content
    if content == "outcome":
        return pa.array([[text] for text in cells.to_pylist()], type=pa.list_(pa.string())), content
    if content == "loss":
        return _loss(cells), content
    if content == "picture":
        seen = [(cell, None if _is_missing(cell) else picture(cell)) for cell in cells.to_pylist()]
        if not any(found for _, found in seen):
            return _text(cells), "text"
        drawn = [found or (None if _is_missing(cell) else NO_PICTURE) for cell, found in seen]
        return pa.array(drawn, type=pa.string()), content
    if content == "link":
        filled = [cell for cell in cells.to_pylist() if cell is not None]
        return _text(cells), content if filled and all(map(is_link, filled)) else "text"
    if content not in _JUDGED and _is_number(cells.type):
        return _number(cells), content
    return _text(cells, most=_LONGEST_TEXT if content == "text" else _LONGEST), content


def _loss(cells: Any) -> Any:
    """Leave losses as numbers, except where the page has an infinite one, which the browser cannot draw."""
    if not pc.any(pc.is_inf(cells)).as_py():
        return cells
    return pa.array([numbers.number(loss) for loss in cells.to_pylist()], pa.string())


def _number(cells: Any) -> Any:
    """Leave numbers and times as they are, but NaN missing, and integers that JavaScript would round as text."""
    if pa.types.is_floating(cells.type):
        return pc.if_else(pc.is_nan(cells), pa.scalar(None, cells.type), cells)
    if pa.types.is_integer(cells.type) and len(cells):
        ends = pc.min_max(cells).as_py()
        if max(abs(ends["min"] or 0), abs(ends["max"] or 0)) > _EXACT:
            return _text(cells)
    return cells


def _text(cells: Any, most: int = _LONGEST) -> pa.Array:
    """Write cells as text; lists, records, bytes, and true and false too."""
    return pa.array(
        [None if _is_missing(cell) else _written(cell)[:most] for cell in cells.to_pylist()], pa.string()
    )


def _written(cell: object) -> str:
    """Write one cell."""
    return str(cell).lower() if isinstance(cell, bool) else as_text(cell)


def _is_missing(cell: object) -> bool:
    """Tell null and NaN."""
    return cell is None or (isinstance(cell, float) and cell != cell)


def _is_number(kind: pa.DataType) -> bool:
    """Whether the browser's table draws the type itself; whatever else there is becomes text."""
    plain = pa.types.is_primitive(kind) and not pa.types.is_duration(kind)
    return plain and not pa.types.is_boolean(kind)  # a missing one would look like nothing at all
