"""A column of moments as whole numbers in order: dates, times, periods such as 2024Q3, or plain step numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..cases import BoolArray
from ..checks import answered, rows_of
from ..errors import DataError, Option, example_rows
from ..role_names import folded
from ..source import Source

#: The question whether 03/04/2024 is in March or in April, and the one what numbers such as 1767225600 count.
DATE_ORDER, TIME_NUMBERS = "date_order", "time_numbers"
_SECOND = 1_000_000_000
_DAY = 86_400 * _SECOND
_ISO = r"^\s*\d{4}-\d{2}-\d{2}"
_OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})\s*$"
_CLOCK = (
    r"(?:[ T,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?\s*$"
)
_LOCAL = re.compile(r"^\s*(\d{1,2})([./-])(\d{1,2})\2(\d{4})" + _CLOCK)
_SHORT_YEAR = re.compile(r"^\s*\d{1,2}([./-])\d{1,2}\1\d{2}(?:[ T,].*)?$")
_TIME_OF_DAY = re.compile(r"^\s*\d{1,2}:\d{2}(:\d{2})?\s*([AaPp]\.?[Mm]\.?)?\s*$")
#: A text and a number behind it, such as d_1913.
_COUNTED = re.compile(r"^\s*(\D+?)(\d{1,15})\s*$")
_WORD = r"(?P<name>[^\W\d_]{3,})\.?"
#: What periods and dates look like whose parts cannot be mixed up.
_NAMED_PARTS = tuple(re.compile(pattern) for pattern in (
    r"^\s*(?P<year>\d{4})[-/. ]?[Qq](?P<quarter>[1-4])\s*$",
    r"^\s*[Qq](?P<quarter>[1-4])[-/. ]?(?P<year>\d{4})\s*$",
    r"^\s*(?P<year>\d{4})(?:[-/.]|[- ]?[Mm])(?P<month>\d{1,2})\s*$",
    r"^\s*(?P<month>\d{1,2})[-/.](?P<year>\d{4})\s*$",
    r"^\s*(?P<year>\d{4})[/.](?P<month>\d{1,2})[/.](?P<day>\d{1,2})" + _CLOCK,
    r"^\s*" + _WORD + r"[-/ ]*(?P<year>\d{4})\s*$",
    r"^\s*(?P<year>\d{4})[-/ ]*" + _WORD + r"\s*$",
    r"^\s*(?P<day>\d{1,2})[-/. ]+" + _WORD + r"[-/, ]+(?P<year>\d{4})" + _CLOCK,
    r"^\s*" + _WORD + r"[ -](?P<day>\d{1,2}),?[ -](?P<year>\d{4})" + _CLOCK,
))  # fmt: skip
#: The months in English, German, French, Spanish, Italian, Portuguese and Dutch.
_MONTHS = tuple(
    row.split()
    for row in """
    january januar janvier enero gennaio janeiro januari
    february februar fevrier febrero febbraio fevereiro februari
    march marz mars marzo marzo marco maart mrt
    april april avril abril aprile abril april
    may mai mai mayo maggio maio mei
    june juni juin junio giugno junho juni
    july juli juillet julio luglio julho juli
    august august aout agosto agosto agosto augustus
    september september septembre septiembre settembre setembro september
    october oktober octobre octubre ottobre outubro oktober
    november november novembre noviembre novembre novembro november
    december dezember decembre diciembre dicembre dezembro december
""".strip().splitlines()
)
#: What numbers may count since 1970, in nanoseconds; between 1990 and 2100 they can hardly be anything else.
_UNIX = {"unix_s": _SECOND, "unix_ms": 1_000_000, "unix_us": 1_000, "unix_ns": 1}
_UNIX_FROM, _UNIX_TO = 631_152_000, 4_102_444_800
#: Days since the last day of 1899 as spreadsheets count them, from 1980 to 2058.
_SHEET_FROM, _SHEET_TO, _SHEET_ZERO = 29_221, 58_000, np.datetime64("1899-12-30", "ns").astype(np.int64)
_MEANS = {
    "unix_s": "seconds since 1970", "unix_ms": "milliseconds since 1970", "unix_us": "microseconds since 1970",
    "unix_ns": "nanoseconds since 1970", "excel": "days as spreadsheets count them, since 1899-12-30",
    "yyyymmdd": "dates such as 20260131", "yyyymm": "months such as 202601", "yyyyww": "calendar weeks such as 202605",
    "steps": "they count steps: one more is one step later",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Moments:
    """A column of moments.

    Attributes
    ----------
    value : (n_rows,) int64
        Nanoseconds since 1970, or the step number; 0 where missing.
    missing : (n_rows,) bool
    kind : {"time", "number"}
    zoned : bool
        Whether the times carried a zone and are those of the clock in Greenwich.
    """

    value: NDArray[np.int64]
    missing: BoolArray
    kind: Literal["time", "number"]
    zoned: bool = False


def read_moments(source: Source, column: str, use: str, answers: Mapping[str, str]) -> Moments:
    """Read a column of moments.

    Parameters
    ----------
    source : Source
    column : str
        Dates or times; text such as 2026-01-31, 2026-01-31T08:00+01:00, 31.01.2026, 01/31/2026 8:00 AM, 31-Jan-2026,
        2026-01, 2026-W05, 2026Q1, or d_1913 with a number that counts steps; whole numbers that count steps, or moments
        as computers and spreadsheets do.
    use : str
        What it is used as, for the messages: ``"used as time"``.
    answers : mapping of str to str
        ``date_order``: ``day_first`` or ``month_first``; ``time_numbers``: what numbers count that may be moments.

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
        If day and month may be either, or numbers either steps or moments.
    """
    kind, cells = source.kind(column), source.column(column)
    if kind == "time":
        return _of_times(cells)
    if kind == "number":
        return _of_numbers(cells, column, use, answers)
    if kind == "text":
        return _of_texts(cells, column, use, answers)
    raise DataError(f"Column {column!r} ({use}) holds no dates, times or step numbers. Name another one.")


def _of_times(cells: pa.ChunkedArray) -> Moments:
    """Read what Arrow knows as a date or a time."""
    missing, zoned = np.asarray(pc.is_null(cells).to_numpy()), False
    if pa.types.is_timestamp(cells.type) and cells.type.tz is not None:
        local = _nanoseconds(pc.local_timestamp(cells))
        if not (local[~missing] % _DAY).any():
            return Moments(local, missing, "time")
        cells = cells.cast(pa.timestamp(cells.type.unit, "UTC")).cast(pa.timestamp(cells.type.unit))
        zoned = True
    return Moments(_nanoseconds(cells), missing, "time", zoned)


def _nanoseconds(cells: pa.ChunkedArray | pa.Array) -> NDArray[np.int64]:
    """Count nanoseconds since 1970; 0 where there is no time."""
    counted = pc.cast(pc.cast(cells, pa.timestamp("ns")), pa.int64())
    return np.asarray(pc.fill_null(counted, 0).to_numpy(), dtype=np.int64)


# ------------------------------------------------------------------------------------------------ numbers


def _of_numbers(cells: pa.ChunkedArray, column: str, use: str, answers: Mapping[str, str]) -> Moments:
    """Read step numbers, which are whole, or moments that are counted."""
    number = np.asarray(pc.cast(cells, pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    missing = np.isnan(number)
    known = number[~missing]
    whole = bool((known == np.round(known)).all())
    countable = whole and bool((np.abs(known) <= 2**53).all())
    may_be = _calendars(known) if np.isfinite(known).all() else []
    counts = "steps"
    if may_be:
        shown = f"{known[0]:.15g}"
        options = [Option(name, _MEANS[name]) for name in (*may_be, *(("steps",) if countable else ()))]
        counts = answered(answers, TIME_NUMBERS, f"Column {column!r} ({use}) holds numbers such as {shown}, which may be {_MEANS[may_be[0]]}{' or count steps' if countable else ''}. What are they?", options)  # fmt: skip
    if counts != "steps":
        exact = _whole_numbers(cells, missing) if whole else None
        return Moments(np.where(missing, 0, _counted(number, exact, counts)), missing, "time")
    bad = np.flatnonzero(~missing & ((number != np.round(number)) | (np.abs(number) > 2**53)))
    if bad.size:
        raise DataError(f"Column {column!r} ({use}) holds numbers that are not whole in {rows_of(bad.size, number.size)}: {example_rows(bad.tolist(), number[bad[:3]].tolist())}. A step number counts 1, 2, 3; write times as 2026-01-31T08:00.")  # fmt: skip
    return Moments(np.where(missing, 0, number).astype(np.int64), missing, "number")


def _whole_numbers(cells: pa.ChunkedArray, missing: BoolArray) -> NDArray[np.int64]:
    """Read whole numbers without the rounding of a double; 0 where there is none."""
    filled = pc.if_else(pa.chunked_array([pa.array(missing)]), pa.scalar(0, cells.type), cells)
    return np.asarray(pc.cast(filled, pa.int64(), safe=False).to_numpy(), dtype=np.int64)


def _calendars(number: NDArray[np.float64]) -> list[str]:
    """List as what moments numbers can be read; none when they are too small or too large for it."""
    if not number.size:
        return []
    low, high = float(number.min()), float(number.max())
    for name, size in _UNIX.items():
        if _UNIX_FROM * (_SECOND / size) <= low and high <= _UNIX_TO * (_SECOND / size):
            return [name]
    if low >= _SHEET_FROM and high <= _SHEET_TO:
        return ["excel"]
    if (number != np.round(number)).any():
        return []
    found = []
    if low >= 19_000_101 and high <= 21_001_231 and not np.isnat(_days(number)).any():
        found.append("yyyymmdd")
    if low >= 190_001 and high <= 210_053:
        last = number % 100
        found += ["yyyymm"] if ((last >= 1) & (last <= 12)).all() else []
        found += ["yyyyww"] if ((last >= 1) & (last <= 53)).all() else []
    return found


def _days(number: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Read numbers such as 20260131 as days; not a time where there is no such day."""
    whole = np.where(np.isnan(number), 19_000_101, number).astype(np.int64)
    year, month, day = whole // 10_000, whole // 100 % 100, whole % 100
    first = (np.clip(year, 1, 9999) - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1).astype("timedelta64[M]")  # fmt: skip
    found = first.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    good = (month >= 1) & (month <= 12) & (day >= 1) & (found.astype("datetime64[M]") == first)
    return np.asarray(np.where(good, found, np.datetime64("NaT", "D")))


def _counted(number: NDArray[np.float64], exact: NDArray[np.int64] | None, counts: str) -> NDArray[np.int64]:
    """Turn counted moments into nanoseconds since 1970; any number where they are missing."""
    known = np.where(np.isnan(number), 0.0, number)
    if counts in _UNIX:
        if exact is not None:
            return np.asarray(exact * _UNIX[counts])
        return np.asarray(np.round(known * (_UNIX[counts] / 1000)).astype(np.int64) * 1000)
    if counts == "excel":
        # to the second: a spreadsheet's fraction of a day is no rounder than that
        return np.asarray(_SHEET_ZERO + np.round(known * 86_400).astype(np.int64) * _SECOND)
    if counts == "yyyymmdd":
        days = _days(number)
    elif counts == "yyyymm":
        days = _days(np.where(np.isnan(number), 190_001, number) * 100 + 1)
    else:
        days = _mondays(np.where(np.isnan(number), 190_001, number).astype(np.int64))
    return np.asarray(days.astype("datetime64[ns]").astype(np.int64))


def _mondays(week: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Return the first day of calendar weeks after ISO 8601: week 1 is the one with the fourth of January."""
    fourth = (week // 100 - 1970).astype("datetime64[Y]").astype("datetime64[D]") + np.timedelta64(3, "D")
    weekday = (fourth.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    return np.asarray(
        fourth - weekday.astype("timedelta64[D]") + (7 * (week % 100 - 1)).astype("timedelta64[D]")
    )


# ------------------------------------------------------------------------------------------------ texts


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
    prefixes = {m[1].strip() for t in known if (m := _COUNTED.match(t))}
    steps = len(prefixes) == 1 and all(_COUNTED.match(t) for t in known) and not _NAMED_PARTS[0].match(known[0]) and _month_named(prefixes) is None  # fmt: skip
    read, zoned = (_step_number, False) if steps else _reader(known, column, use, answers)
    values, bad = np.zeros(len(texts) + 1, dtype=np.int64), np.zeros(len(texts) + 1, dtype=bool)
    for i, text in enumerate(texts):
        if text.strip():
            moment = read(text)
            bad[i] = moment is None
            values[i] = 0 if moment is None else moment
    wrong = np.flatnonzero(bad[code])
    if wrong.size:
        shown = [texts[c] for c in code[wrong[:3]]]
        why = ""
        if all(_TIME_OF_DAY.match(t) for t in shown):
            why = " A time of day needs its date."
        elif all(_SHORT_YEAR.match(t) for t in shown):
            why = " A year has four digits."
        raise DataError(f"Column {column!r} ({use}) holds text that is no time in {rows_of(wrong.size, code.size)}: {example_rows(wrong.tolist(), shown)}.{why} Write times as 2026-01-31 or 2026-01-31T08:00.")  # fmt: skip
    return Moments(values[code], np.asarray(empty[code]), "number" if steps else "time", zoned)


def _reader(texts: list[str], column: str, use: str, answers: Mapping[str, str]) -> tuple[Callable[[str], int | None], bool]:  # fmt: skip
    """Choose how the texts of a column are read, by what they look like, and say whether they carry a zone."""
    iso = [t for t in texts if re.match(_ISO, t)]
    if iso:
        aware = [t for t in iso if re.search(r"\d[T ]\d{2}:.*" + _OFFSET, t)]
        if aware and len(aware) < len(iso):
            plain = next(t for t in iso if t not in set(aware))
            raise DataError(f"Column {column!r} ({use}) holds times with a zone ({aware[0]!r}) and without one ({plain!r}), which cannot be put in order. Write all of them with their zone, or none.")  # fmt: skip
        if aware and all(re.search(r"[T ]00:00(:00(\.0+)?)?" + _OFFSET, t) for t in aware):
            return (lambda text: _iso(text.strip()[:10])), False
        return _iso, bool(aware)
    parts = [m for t in texts if (m := _LOCAL.match(t))]
    if not parts:
        return _any, False
    first, second = (max(int(m[i]) for m in parts) for i in (1, 3))
    if first > 12 and second > 12:
        raise DataError(f"Column {column!r} ({use}) holds dates with the day first and others with the month first, such as {next(m[0] for m in parts if int(m[1]) > 12)!r} and {next(m[0] for m in parts if int(m[3]) > 12)!r}. Write all of them as 2026-01-31.")  # fmt: skip
    if first <= 12 and second <= 12 and any(m[1] != m[3] for m in parts):
        shown = next(m[0] for m in parts if m[1] != m[3])
        day_first = answered(answers, DATE_ORDER, f"Column {column!r} ({use}) holds dates such as {shown!r}: no day is beyond 12, so day and month may be either.",
                             [Option("day_first", "the day stands first"), Option("month_first", "the month stands first")]) == "day_first"  # fmt: skip
    else:
        day_first = first > 12
    return (lambda text: _local(text, day_first=day_first)), False


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


def _any(text: str) -> int | None:
    """Read a date or period whose parts cannot be mixed up, a calendar week such as 2026-W05, or what ISO 8601 knows."""
    found = next((m for pattern in _NAMED_PARTS if (m := pattern.match(text))), None)
    if found is None:
        return _iso(text)
    said = found.groupdict()
    if said.get("quarter"):
        month: int | None = 3 * int(said["quarter"]) - 2
    else:
        month = int(said["month"]) if said.get("month") else _month_named({said["name"]})
    return None if month is None else _stamp(f"{said['year']}-{month:02}-{int(said.get('day') or 1):02}{_clock(said)}")  # fmt: skip


def _month_named(names: set[str]) -> int | None:
    """Return the month that a word, or the start of one with three letters or more, stands for in only one way."""
    (name,) = names
    word = folded(name).strip(".- /_")
    fits = [i + 1 for i, row in enumerate(_MONTHS) if len(word) >= 3 and any(m.startswith(word) for m in row)]
    return fits[0] if len(fits) == 1 else None


def _step_number(text: str) -> int | None:
    """Read the number behind a text, such as 1913 of d_1913."""
    found = _COUNTED.match(text)
    return int(found[2]) if found else None


def _local(text: str, *, day_first: bool) -> int | None:
    """Read 31.01.2026 or 01/31/2026, also with a time of day."""
    found = _LOCAL.match(text)
    if not found:
        return None
    day, month = (found[1], found[3]) if day_first else (found[3], found[1])
    return _stamp(f"{found[4]}-{int(month):02}-{int(day):02}{_clock(found.groupdict())}")


def _clock(said: Mapping[str, str | None]) -> str:
    """Write the time of day of a date, if it has one, by 24 hours."""
    if not said.get("hour"):
        return ""
    hour = int(said["hour"] or 0)
    if said.get("half"):
        if not 1 <= hour <= 12:
            return "T99"  # there is no such hour, so no moment either
        hour = hour % 12 + (12 if (said["half"] or "")[0] in "Pp" else 0)
    return f"T{hour:02}:{said['minute']}:{said.get('second') or '00'}"
