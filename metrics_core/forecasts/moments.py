"""A column of moments as whole numbers in order: dates, times, periods such as 2024Q3, or plain step numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..cases import BoolArray
from ..checks import answered, rows_of
from ..errors import DataError, Option, example_rows
from ..source import Source

#: The question whether 03/04/2024 is in March or in April.
DATE_ORDER = "date_order"
_DAY = 86_400_000_000_000
_ISO = r"^\s*\d{4}-\d{2}-\d{2}"
_OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})\s*$"
_MONTH = re.compile(r"^\s*(\d{4})[-/](\d{2})\s*$")
_QUARTER = re.compile(r"^\s*(\d{4})[-/ ]?[Qq]([1-4])\s*$")
_LOCAL = re.compile(r"^\s*(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*$")


@dataclass(frozen=True, eq=False)
class Moments:
    """A column of moments.

    Attributes
    ----------
    value : (n_rows,) int64
        Nanoseconds since 1970, or the step number; 0 where missing.
    missing : (n_rows,) bool
    kind : {"time", "number"}
    """

    value: NDArray[np.int64]
    missing: BoolArray
    kind: Literal["time", "number"]


def read_moments(source: Source, column: str, use: str, answers: Mapping[str, str]) -> Moments:
    """Read a column of moments.

    Parameters
    ----------
    source : Source
    column : str
        Dates or times; text such as 2026-01-31, 2026-01-31T08:00+01:00, 31.01.2026, 2026-01 or 2026Q1; or whole numbers
        that count steps.
    use : str
        What it is used as, for the messages: ``"used as time"``.
    answers : mapping of str to str
        ``date_order``: ``day_first`` or ``month_first``.

    Returns
    -------
    Moments
        Times with a zone are those of the clock in Greenwich, unless all of them are midnight where they were written:
        then they are dates.

    Raises
    ------
    DataError
        If it holds something else, or times with and without a zone.
    NeedsChoice
        If day and month may be either.
    """
    kind, cells = source.kind(column), source.column(column)
    if kind == "time":
        return _of_times(cells)
    if kind == "number":
        return _of_numbers(cells, column, use)
    if kind == "text":
        return _of_texts(cells, column, use, answers)
    raise DataError(f"Column {column!r} ({use}) holds no dates, times or step numbers. Name another one.")


def _of_times(cells: pa.ChunkedArray) -> Moments:
    """Read what Arrow knows as a date or a time."""
    missing = np.asarray(pc.is_null(cells).to_numpy())
    if pa.types.is_timestamp(cells.type) and cells.type.tz is not None:
        local = _nanoseconds(pc.local_timestamp(cells))
        if not (local[~missing] % _DAY).any():
            return Moments(local, missing, "time")
        cells = cells.cast(pa.timestamp(cells.type.unit, "UTC")).cast(pa.timestamp(cells.type.unit))
    return Moments(_nanoseconds(cells), missing, "time")


def _nanoseconds(cells: pa.ChunkedArray | pa.Array) -> NDArray[np.int64]:
    """Count nanoseconds since 1970; 0 where there is no time."""
    counted = pc.cast(pc.cast(cells, pa.timestamp("ns")), pa.int64())
    return np.asarray(pc.fill_null(counted, 0).to_numpy(), dtype=np.int64)


def _of_numbers(cells: pa.ChunkedArray, column: str, use: str) -> Moments:
    """Read step numbers, which are whole."""
    number = np.asarray(pc.cast(cells, pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    missing = np.isnan(number)
    bad = np.flatnonzero(~missing & ((number != np.round(number)) | (np.abs(number) > 2**53)))
    if bad.size:
        raise DataError(f"Column {column!r} ({use}) holds numbers that are not whole in {rows_of(bad.size, number.size)}: {example_rows(bad.tolist(), number[bad[:3]].tolist())}. A step number counts 1, 2, 3; write times as 2026-01-31T08:00.")  # fmt: skip
    return Moments(np.where(missing, 0, number).astype(np.int64), missing, "number")


def _of_texts(cells: pa.ChunkedArray, column: str, use: str, answers: Mapping[str, str]) -> Moments:
    """Read dates written as text: each different text once."""
    encoded = pa.chunked_array([cells.combine_chunks()]).dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    texts = [str(t) for t in encoded.dictionary.to_pylist()]
    code = np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
    empty = np.array([not t.strip() for t in texts] + [True])
    known = [t for t in texts if t.strip()]
    if not known:
        raise DataError(f"Column {column!r} ({use}) is empty. Name another one.")
    read = _reader(known, column, use, answers)
    values, bad = np.zeros(len(texts) + 1, dtype=np.int64), np.zeros(len(texts) + 1, dtype=bool)
    for i, text in enumerate(texts):
        if text.strip():
            moment = read(text)
            bad[i] = moment is None
            values[i] = 0 if moment is None else moment
    wrong = np.flatnonzero(bad[code])
    if wrong.size:
        shown = [texts[c] for c in code[wrong[:3]]]
        raise DataError(f"Column {column!r} ({use}) holds text that is no time in {rows_of(wrong.size, code.size)}: {example_rows(wrong.tolist(), shown)}. Write times as 2026-01-31 or 2026-01-31T08:00.")  # fmt: skip
    return Moments(values[code], np.asarray(empty[code]), "time")


def _reader(texts: list[str], column: str, use: str, answers: Mapping[str, str]):  # type: ignore[no-untyped-def]
    """Choose how the texts of a column are read, by what they look like."""
    iso = [t for t in texts if re.match(_ISO, t)]
    if iso:
        aware = [t for t in iso if re.search(r"\d[T ]\d{2}:.*" + _OFFSET, t)]
        if aware and len(aware) < len(iso):
            plain = next(t for t in iso if t not in set(aware))
            raise DataError(f"Column {column!r} ({use}) holds times with a zone ({aware[0]!r}) and without one ({plain!r}), which cannot be put in order. Write all of them with their zone, or none.")  # fmt: skip
        return _iso
    if any(_MONTH.match(t) for t in texts):
        return _month
    if any(_QUARTER.match(t) for t in texts):
        return _quarter
    parts = [m for t in texts if (m := _LOCAL.match(t))]
    if not parts:
        return _iso
    first, second = (max(int(m[i]) for m in parts) for i in (1, 3))
    if first > 12 and second > 12:
        raise DataError(f"Column {column!r} ({use}) holds dates with the day first and others with the month first, such as {next(m[0] for m in parts if int(m[1]) > 12)!r} and {next(m[0] for m in parts if int(m[3]) > 12)!r}. Write all of them as 2026-01-31.")  # fmt: skip
    if first <= 12 and second <= 12 and any(m[1] != m[3] for m in parts):
        shown = next(m[0] for m in parts if m[1] != m[3])
        day_first = answered(answers, DATE_ORDER, f"Column {column!r} ({use}) holds dates such as {shown!r}: no day is beyond 12, so day and month may be either.",
                             [Option("day_first", "the day stands first"), Option("month_first", "the month stands first")]) == "day_first"  # fmt: skip
    else:
        day_first = first > 12
    return lambda text: _local(text, day_first=day_first)


def _stamp(text: str) -> int | None:
    """Count nanoseconds of an ISO text; None when there is no such moment."""
    try:
        return int(np.datetime64(text, "ns").astype(np.int64))
    except ValueError:
        return None


def _iso(text: str) -> int | None:
    """Read 2026-01-31, 2026-01-31 08:00 or 2026-01-31T08:00:00+01:00; with an offset the clock in Greenwich."""
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return _stamp(moment.isoformat())


def _month(text: str) -> int | None:
    """Read 2026-01 as its first day."""
    found = _MONTH.match(text)
    return _stamp(f"{found[1]}-{found[2]}-01") if found else None


def _quarter(text: str) -> int | None:
    """Read 2026Q1 as its first day."""
    found = _QUARTER.match(text)
    return _stamp(f"{found[1]}-{3 * int(found[2]) - 2:02}-01") if found else None


def _local(text: str, *, day_first: bool) -> int | None:
    """Read 31.01.2026 or 01/31/2026, also with a time of day."""
    found = _LOCAL.match(text)
    if not found:
        return None
    day, month = (found[1], found[3]) if day_first else (found[3], found[1])
    clock = f"T{int(found[5]):02}:{found[6]}:{found[7] or '00'}" if found[5] else ""
    return _stamp(f"{found[4]}-{int(month):02}-{int(day):02}{clock}")
