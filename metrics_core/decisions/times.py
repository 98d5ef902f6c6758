"""Days and weeks of rows, from a column of times."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..checks import rows_of
from ..errors import DataError
from ..source import Source


def period_codes(source: Source, column: str | None, per: Literal["day", "week"]) -> NDArray[np.int64]:
    """Number the day or week of each row.

    Parameters
    ----------
    source : Source
    column : str, optional
        Dates or times, or text that holds them in the form 2026-01-31 or 2026-01-31T08:00, also with an offset such as
        Z or +01:00, which is not looked at.
    per : {"day", "week"}
        Days and weeks of the clock that the column is written in; weeks begin on Monday.

    Returns
    -------
    (n_rows,) int64
        Days (or weeks) since one long ago; -1 where there is no time.

    Raises
    ------
    DataError
        If there is no time column, or it holds no times.
    """
    if column is None:
        raise DataError(f"A capacity per {per} needs the time of each row. Name its column with --time.")
    cells = source.column(column)
    kind = source.kind(column)
    if kind == "text":
        cells = _parsed(cells, column)
    elif kind != "time":
        raise DataError(f"Column {column!r} (used as time) holds no dates or times. Name another one with --time.")  # fmt: skip
    if pa.types.is_timestamp(cells.type) and cells.type.tz is not None:
        cells = pc.local_timestamp(cells)
    days = pc.cast(pc.cast(cells, pa.date32()), pa.int32())
    known = np.asarray(pc.is_valid(days))
    number = np.asarray(pc.fill_null(days, 0)).astype(np.int64)
    if not known.any():
        raise DataError(f"Column {column!r} (used as time) is empty.")
    if per == "week":
        number = (number + 3) // 7  # 1970-01-01 was a Thursday
    return np.where(known, number - number[known].min(), -1)


#: A time of day with an offset from UTC behind it.
_WITH_OFFSET = r"([T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?:Z|[+-]\d{2}(?::?\d{2})?)$"


def _read(texts: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Read times as the clock showed them; raises ``ArrowInvalid`` for other text."""
    bare = pc.replace_substring_regex(pc.utf8_trim_whitespace(texts), _WITH_OFFSET, "\\1")
    return pc.cast(pc.if_else(pc.equal(bare, ""), pa.scalar(None, pa.string()), bare), pa.timestamp("us"))


def _parsed(cells: pa.ChunkedArray, column: str) -> pa.ChunkedArray:
    """Read dates and times from text."""
    try:
        return _read(pc.cast(cells, pa.string()))
    except pa.ArrowInvalid:
        texts = [
            (i, text) for i, text in enumerate(cells.to_pylist()) if text is not None and not _is_time(text)
        ]
        row, text = texts[0] if texts else (0, "")
        raise DataError(f"Column {column!r} (used as time) holds text that is no time in {rows_of(len(texts), len(cells))}: row {row + 1:,} = {text!r}. Write times as 2026-01-31 or 2026-01-31T08:00.") from None  # fmt: skip


def _is_time(text: str) -> bool:
    """Tell whether Arrow reads a text as a time."""
    try:
        _read(pa.array([text]))
    except pa.ArrowInvalid:
        return False
    return True
