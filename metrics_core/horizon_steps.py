"""How many steps ahead a forecast looks, where a column says so in words: h1, t+3, 2 weeks, a duration."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .errors import DataError, example_rows
from .forecasts.grid import Step
from .role_names import folded
from .source import Source
from .tally.outcomes import FloatArray

_HOUR = 3_600_000_000_000
_DAY = 24 * _HOUR
#: Words before a number that say no more than that it is a horizon.
_PLAIN = frozenset(["h", "t", "fh", "k", "horizon", "step", "lead"])
#: A number with words before and behind it.
_WRITTEN = re.compile(r"^\s*([^\W\d_]*)[\s_+=:.-]*(\d{1,9})\s*([^\W\d_]*)\.?\s*(?:ahead|out)?\s*$")
#: Fixed times in nanoseconds, and calendar months.
_TIMES = {"second": 1_000_000_000, "minute": 60_000_000_000, "hour": _HOUR, "day": _DAY, "week": 7 * _DAY}
_CALENDAR = {"month": 1, "quarter": 3, "year": 12}
_NAMES = {
    name: unit
    for unit, names in {
        "second": "s sec secs second seconds sekunde sekunden seconde secondes segundo segundos secondo secondi",
        "minute": "min mins minute minutes minuten minuto minutos minuti",
        "hour": "h hr hrs hour hours stunde stunden std heure heures hora horas ora ore uur",
        "day": "d day days tag tage jour jours dia dias giorno giorni dag dagen",
        "week": "w wk wks week weeks woche wochen semaine semaines semana semanas settimana settimane weken",
        "month": "mo mon month months monat monate mois mes meses mese mesi maand maanden",
        "quarter": "q quarter quarters quartal quartale trimestre trimestres trimestri kwartaal",
        "year": "y yr yrs year years jahr jahre an ans ano anos anno anni jaar",
        "": "step steps period periods schritt schritte",
    }.items()
    for name in names.split()
}


@dataclass(frozen=True, eq=False)
class Written:
    """Horizons as a column says them.

    Attributes
    ----------
    number : (n_rows,) float64
        NaN where the cell is empty.
    unit : str
        ``second`` to ``year``, ``nanosecond`` of durations; empty when they count steps.
    """

    number: FloatArray
    unit: str


def read_written(source: Source, column: str) -> Written:
    """Read horizons that are text or durations.

    Parameters
    ----------
    source : Source
    column : str

    Raises
    ------
    DataError
        If a cell says no number, or cells name different units.
    """
    cells = source.column(column)
    if pa.types.is_duration(cells.type):
        number = pc.cast(pc.cast(cells, pa.duration("ns")), pa.int64())
        return Written(np.asarray(pc.cast(number, pa.float64()).to_numpy(), dtype=np.float64), "nanosecond")
    texts = ["" if t is None else str(t).strip() for t in cells.to_pylist()]
    read = {t: _read(t) for t in set(texts) if t}
    bad = [i for i, t in enumerate(texts) if t and read[t] is None]
    advice = "Write the number of steps ahead: 1, 2, 3."
    if bad:
        raise DataError(f"Column {column!r} (used as horizon) holds text in {len(bad):,} of {len(texts):,} rows that says no number of steps: {example_rows(bad[:3], [texts[i] for i in bad[:3]])}. {advice}")  # fmt: skip
    units = {found[1]: t for t, found in sorted(read.items()) if found is not None}
    if len(units) > 1:
        raise DataError(f"Column {column!r} (used as horizon) counts in different units, such as {' and '.join(repr(t) for t in list(units.values())[:2])}. {advice}")  # fmt: skip
    numbers = [np.nan if not t or (found := read[t]) is None else float(found[0]) for t in texts]
    return Written(np.array(numbers, dtype=np.float64), next(iter(units), ""))


def says_steps(text: str) -> bool:
    """Tell a text that says how many steps ahead something is.

    Examples
    --------
    >>> [says_steps(t) for t in ("h1", "t+3", "2 weeks", "short", "s2")]
    [True, True, True, False, False]
    """
    return _read(text.strip()) is not None


def _read(text: str) -> tuple[int, str] | None:
    """Read one text as number and unit; None when it says none."""
    found = _WRITTEN.match(text)
    if found is None or (not found[1] and text.startswith("-")):
        return None
    before, behind = folded(found[1]), folded(found[3])
    if before and before not in _PLAIN:  # "week 2" counts weeks, but s2 is the name of something
        if behind or len(before) == 1 or before not in _NAMES:
            return None
        return int(found[2]), _NAMES[before]
    unit = _NAMES.get(behind) if behind else ""
    return None if unit is None else (int(found[2]), unit)


def as_steps(written: Written, step: Step | None, column: str) -> FloatArray:
    """Turn written horizons into steps of the grid.

    Parameters
    ----------
    written : Written
    step : Step, optional
        None when no series has two moments: then units cannot be told from steps.
    column : str

    Returns
    -------
    (n_rows,) float64
        NaN where the cell is empty.

    Raises
    ------
    DataError
        If a horizon is no whole number of steps.
    """
    if not written.unit or step is None:
        return written.number
    unit = written.unit
    size = {**_TIMES, "nanosecond": 1, **_CALENDAR}[unit]
    plural = "times" if unit == "nanosecond" else f"{unit}s"
    if step.unit != ("month" if unit in _CALENDAR else "nanosecond"):
        raise DataError(f"Column {column!r} (used as horizon) counts {plural}, but the moments follow each other by the {step.name}. Write the number of steps ahead: 1, 2, 3.")  # fmt: skip
    steps = written.number * (size / step.size)
    bad = np.flatnonzero(np.abs(steps - np.round(steps)) > 1e-9)
    if bad.size:
        raise DataError(f"Column {column!r} (used as horizon) is no whole number of steps of one {step.name} in {bad.size:,} of {steps.size:,} rows (row {bad[0] + 1:,}). Write the number of steps ahead: 1, 2, 3.")  # fmt: skip
    return np.asarray(np.round(steps))
