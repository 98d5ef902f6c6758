"""Cells that are pictures: in the cell itself, or as a file below the mounted folder. Nothing is ever fetched."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pyarrow as pa

from app import state
from app.datasets import data_folder
from metrics_core.contents import picture_of
from metrics_core.source import Source

#: Drawn in a table as they are up to this many characters; of larger ones a page would not reach the browser.
MOST_IN_A_TABLE = 200_000
#: Files of more bytes, and pictures of more pixels, are not opened.
MOST_BYTES, MOST_PIXELS = 25_000_000, 50_000_000
_THUMBNAIL = (240, 120)  # twice what the table shows, for screens of twice the density
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_ROWS_LOOKED_AT, _COLUMNS_LOOKED_AT = 200, 300


def is_picture(cell: object) -> bool:
    """Tell a picture that stands in its cell from every other cell; an address is none, wherever it leads.

    Examples
    --------
    >>> is_picture("data:image/png;base64,iVBORw0KGgo=")
    True
    >>> is_picture("https://example.org/a.png"), is_picture("data:image/svg+xml;base64,PHN2Zz4=")
    (False, False)
    """
    return picture_of(cell) is not None


def drawable(cell: object, home: Path | None = None) -> str | None:
    """Return a picture as a data URI: the one in the cell, or that of the file the cell names.

    Parameters
    ----------
    cell : object
        A base64 data URI, the bytes of a picture file, a record with ``bytes``, or a path.
    home : Path, optional
        The folder of the table: a path may start there or in the mounted folder.

    Returns
    -------
    str or None
        None for an address on the web, a path that leads out of the mounted folder, and whatever is no PNG, JPEG, GIF
        or WebP picture.
    """
    return picture_of(cell) or picture_of(_file(cell, home))


def in_a_table(cell: object, home: Path | None = None) -> str | None:
    """Return what a picture column of a table shows: the picture, a small copy of a large one, or nothing."""
    found = drawable(cell, home)
    if found is None or len(found) <= MOST_IN_A_TABLE:
        return found
    return _small(base64.b64decode(found.partition(",")[2]))


def as_text(cell: object, most: int | None = None) -> str:
    """Write a cell; a picture as a word, never as its thousands of characters."""
    if cell is None:
        return "(missing)"
    return "(picture)" if is_picture(cell) else str(cell)[:most]


def home_of(name: str) -> Path | None:
    """Return the folder of a data set, where its paths may start; None without one of its own."""

    def found() -> Path | None:
        dataset = state.datasets().get(name)
        if dataset is None or dataset.origin == "upload" or not dataset.paths:
            return None
        return dataset.paths[0].parent

    return state.kept(f"home|{name}", found)  # listing all data sets walks through the mounted folder


def picture_columns(source: Source) -> frozenset[str]:
    """Find the columns whose first filled cells are all pictures; looked at once."""
    return state.kept(f"pictures|{source.key}", lambda: _found(source))


def _found(source: Source) -> frozenset[str]:
    names = [c.name for c in source.columns[:_COLUMNS_LOOKED_AT] if c.kind == "text"]
    if not names:
        return frozenset()
    first = source.rows(range(min(_ROWS_LOOKED_AT, source.n_rows)), names)
    filled = {name: _filled(first.column(name)) for name in names}
    return frozenset(name for name, cells in filled.items() if cells and all(map(is_picture, cells)))


def _filled(cells: pa.ChunkedArray) -> list[object]:
    """Return the cells that are not empty."""
    return [cell for cell in cells.to_pylist() if cell]


def _file(cell: object, home: Path | None) -> bytes | None:
    """Read the file a cell names, if it lies below the mounted folder and is not too large."""
    root = data_folder()
    if root is None or not isinstance(cell, str) or not cell.strip() or "://" in cell or "\0" in cell:
        return None
    inside = root.resolve()
    for start in (home, root):
        if start is None:
            continue
        try:
            path = (start / cell.strip().replace("\\", "/")).resolve()
            if path.is_relative_to(inside) and path.is_file() and path.stat().st_size <= MOST_BYTES:
                return path.read_bytes()
        except (
            OSError,
            RuntimeError,
        ):  # a name too long, a file nobody may read, a loop of links: no picture
            continue
    return None


def _small(data: bytes) -> str | None:
    """Make a small copy of a picture; None when it is damaged or has too many pixels."""
    from PIL import Image, UnidentifiedImageError  # heavy, and seldom needed

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            picture.draft("RGB", _THUMBNAIL)  # a JPEG is decoded at a fraction of its size
            picture.thumbnail(_THUMBNAIL)
            out = io.BytesIO()
            picture.convert("RGBA").save(out, "PNG")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None  # what the library raises for damaged files
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
