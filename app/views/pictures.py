"""Cells that are pictures: base64 texts that carry the picture themselves, so that nothing is ever fetched."""

from __future__ import annotations

import re

from app import state
from metrics_core.source import Source

#: Drawn in a table up to this many characters; a page of larger ones would not reach the browser.
MOST_IN_A_TABLE = 200_000
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")
_ROWS_LOOKED_AT, _COLUMNS_LOOKED_AT = 200, 300


def is_picture(cell: object) -> bool:
    """Tell a picture from every other cell; an address is none, wherever it leads.

    Examples
    --------
    >>> is_picture("data:image/png;base64,iVBORw0KGgo=")
    True
    >>> is_picture("https://example.org/a.png"), is_picture("data:image/svg+xml;base64,PHN2Zz4=")
    (False, False)
    """
    return isinstance(cell, str) and _PICTURE.fullmatch(cell) is not None


def in_a_table(cell: object) -> str | None:
    """Return what a picture column of a table shows: the picture, or nothing."""
    return str(cell) if is_picture(cell) and len(str(cell)) <= MOST_IN_A_TABLE else None


def as_text(cell: object, most: int | None = None) -> str:
    """Write a cell; a picture as a word, never as its thousands of characters."""
    if cell is None:
        return "(missing)"
    return "(picture)" if is_picture(cell) else str(cell)[:most]


def picture_columns(source: Source) -> frozenset[str]:
    """Find the text columns whose first filled cells are all pictures; looked at once."""
    return state.kept(f"pictures|{source.key}", lambda: _found(source))


def _found(source: Source) -> frozenset[str]:
    names = [c.name for c in source.columns[:_COLUMNS_LOOKED_AT] if c.kind == "text"]
    if not names:
        return frozenset()
    first = source.rows(range(min(_ROWS_LOOKED_AT, source.n_rows)), names)
    filled = {name: [cell for cell in first.column(name).to_pylist() if cell] for name in names}
    return frozenset(name for name, cells in filled.items() if cells and all(map(is_picture, cells)))
