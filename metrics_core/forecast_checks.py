"""What is noticed about the history and the horizons of forecasts, as findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cases import BoolArray, IntArray
from .checks import Finding, rows_of
from .forecasts.grid import Step
from .forecasts.history import History
from .tally.outcomes import FloatArray

#: How many series a message names.
_NAMED = 3
#: Distance, against its size, below which two values are the same.
_SAME = 1e-6
_DAY = 86_400_000_000_000
#: Steps of another length than this many times the other's are other steps; months are of no fixed length.
_OTHER = 1.5
_MONTH = 30.4375 * _DAY
#: Numbers of a smaller unit in a step: 60 minutes, 24 hours, 7 days, 3 and 12 months.
_IN_A_STEP = {"hour": 60, "minute": 60, "day": 24, "week": 7, "quarter": 3, "year": 12}


def listed(names: Sequence[str], series: NDArray[Any]) -> str:
    """Name a few series in brackets; nothing when all rows are one series without a name.

    Examples
    --------
    >>> listed(["a", "b"], np.array([0, 1])), listed([""], np.array([0]))
    (" ('a', 'b')", '')
    """
    if list(names) == [""]:
        return ""
    shown = ", ".join(repr(names[i]) for i in series[:_NAMED].tolist())
    return f" ({shown}{', ...' if series.size > _NAMED else ''})"


def one_step(step: Step | None) -> str:
    """Say how long a step is.

    Examples
    --------
    >>> one_step(Step("month", 3, "quarter")), one_step(Step("nanosecond", 900 * 10**9, "15 minutes")), one_step(None)
    ('one quarter', '15 minutes', 'one step')
    """
    name = "step" if step is None else step.name
    return name if name[0].isdigit() else f"one {name}"


def other_step(ours: Step | None, theirs: Step | None, history: str) -> Finding | None:
    """Say when the history goes in other steps than the forecasts; None when it does not.

    Parameters
    ----------
    ours, theirs : Step, optional
        Of the forecasts and of the history.
    history : str
        Its name.

    Returns
    -------
    Finding, or None
        An error when the steps of the history are longer, a note when they are shorter.
    """
    if ours is None or theirs is None:
        return None
    a, b = (step.size * (_MONTH if step.unit == "month" else 1.0) for step in (ours, theirs))
    if b > _OTHER * a:
        return Finding("history-other-step", "error", f"The moments of the history '{history}' are {one_step(theirs)} apart, those of the forecasts {one_step(ours)}: no scale in steps of {one_step(ours)} can come from it.", f"Bring a history in steps of {one_step(ours)}.")  # fmt: skip
    if a > _OTHER * b:
        return Finding("history-other-step", "note", f"The moments of the history '{history}' are {one_step(theirs)} apart, those of the forecasts {one_step(ours)}. Steps and season count as in the history.", f"If the forecasts are sums or means over {one_step(ours)}, bring a history of these.")  # fmt: skip
    return None


def horizon_unit(horizon: IntArray, step: Step | None, column: str) -> Finding | None:
    """Say when horizons are all whole numbers of steps in a smaller unit, such as 24, 48 hours for days.

    Parameters
    ----------
    horizon : (n,) int64
    step : Step, optional
    column : str
    """
    if step is None or not horizon.size:
        return None
    common = int(np.gcd.reduce(horizon))
    if common < 2 or common != _IN_A_STEP.get(step.name):
        return None
    return Finding("horizon-unit", "warning", f"Every number in column {column!r} (used as horizon) is a multiple of {common}, and the moments are {one_step(step)} apart. It counts as that many steps, so a forecast is taken to know nothing of {common} steps before it.", f"If it counts a smaller unit, divide it by {common}.")  # fmt: skip


def horizon_differs(horizon: IntArray, counted: IntArray, rows: BoolArray, column: str, step: str) -> Finding | None:  # fmt: skip
    """Say when the horizon is not the number of steps from the origin to the moment.

    Parameters
    ----------
    horizon, counted : (n,) int64
        As the column says, and by the grid.
    rows : (n,) bool
        Rows in which both are known.
    column, step : str
    """
    away = (counted - horizon)[rows]
    if (
        not away.size or (np.abs(away) <= 1).all()
    ):  # some count the first step as 0, some origins lie within a step
        return None
    at = np.flatnonzero(rows)[np.abs(away) > 1]
    return Finding("horizon-disagrees", "warning", f"Column {column!r} (used as horizon) differs by more than one from the steps of {step} between origin and moment in {rows_of(at.size, int(rows.sum()))} (row {at[0] + 1:,}: {horizon[at[0]]:,} and {counted[at[0]]:,}). What was known is counted by the origin.", "Check in which unit the horizon counts.")  # fmt: skip


def without_scale(
    history: History, series: NDArray[np.int32], until: IntArray, scale: FloatArray, names: Sequence[str], season: int, train: str | None
) -> list[Finding]:  # fmt: skip
    """Say which series have no scale, and why.

    Parameters
    ----------
    history : History
    series : (q,) int32
    until : (q,) int64
        The last place that is known, of some forecasts of each series.
    scale : (q,) float64
        What MASE divides by there; NaN or 0 without one.
    names : sequence of str
        Of the series.
    season : int
    train : str, optional
        Name of the history when it is a table of its own.
    """
    judged = np.unique(series)
    none = np.setdiff1d(judged, series[scale > 0])
    if not none.size:
        return []
    known, differences = (np.zeros(len(names), dtype=np.int64) for _ in range(2))
    np.maximum.at(known, series, history.length(series, until))
    last = np.full(len(names), np.iinfo(np.int64).min)
    np.maximum.at(last, series, until)
    differences = _differences(history, last, season, len(names))
    held = np.bincount(history.series, minlength=len(names))
    absent = none[held[none] == 0]
    later = none[(held[none] > 0) & (known[none] == 0)] if train is not None else none[:0]
    rest = np.setdiff1d(none, np.concatenate([absent, later]))
    short = rest[known[rest] <= season]
    rest = np.setdiff1d(rest, short)
    apart, flat = rest[differences[rest] == 0], rest[differences[rest] > 0]
    many = f"{judged.size:,}"
    values = f"{season} known value{'s' if season != 1 else ''}"
    kinds = (
        (absent, f"have no value in the history '{train}'" if train else "have no known value"),
        (later, f"begin in the history '{train}' only after their forecasts"),
        (short, f"have no more than {values} before their forecasts"),
        (apart, f"have no two known values exactly {season} step{'s' if season != 1 else ''} apart before their forecasts"),
        (flat, "never change from one season to the next before their forecasts"),
    )  # fmt: skip
    what = [f"{of.size:,} of {many} {said}{listed(names, of)}" for of, said in kinds if of.size]
    every = "" if none.size < judged.size else " No series is left for these."
    strangers = np.setdiff1d(np.flatnonzero(held), judged)
    if train is not None and absent.size and strangers.size:
        every += f" The history holds {strangers.size:,} other series{listed(names, strangers)}."
    action = "Bring the values before the forecasts with --train, or name a shorter --season."
    if train is not None and absent.size:
        action = "Write the names of the series in one way, and bring the values before the forecasts with --train."
    return [Finding("series-without-scale", "note" if none.size == judged.size and train is None else "warning", f"Series without a scale: {'; '.join(what)}. MASE, RMSSE and OWA leave them out.{every}", action)]  # fmt: skip


def other_values(
    history: History, series: NDArray[np.int32], place: IntArray, truth: FloatArray, rows: IntArray, names: tuple[str, str]
) -> Finding | None:  # fmt: skip
    """Say when history and truth differ for the same moment.

    Parameters
    ----------
    history : History
    series : (n,) int32
    place : (n,) int64
    truth : (n,) float64
    rows : (n,) int64
        Of the table.
    names : (str, str)
        Of the history and of the column of true values.
    """
    value = history.last(series, place)
    there = history.length(series, place) > history.length(series, place - 1)
    other = np.flatnonzero(there & (np.abs(value - truth) > _SAME * np.maximum(np.abs(value), np.abs(truth))))
    if not other.size:
        return None
    at = other[0]
    return Finding("history-disagrees", "warning", f"The history {names[0]!r} and column {names[1]!r} differ in {rows_of(other.size, rows.size)} that both hold (row {rows[at] + 1:,}: {value[at]:.6g} and {truth[at]:.6g}).", "Check that both are in one unit and of one version of the data.")  # fmt: skip


def _differences(history: History, last: IntArray, season: int, n_series: int) -> IntArray:
    """Count the pairs of known values one season apart in each series, up to the last place that is known."""
    inside = history.place <= last[history.series]
    series, place = history.series[inside].astype(np.int64), history.place[inside]
    if not place.size:
        return np.zeros(n_series, dtype=np.int64)
    low, width = int(place.min()), int(place.max() - place.min()) + 1
    if width > (2**62) // max(n_series, 1) or season >= width:
        keep = np.zeros(series.size, dtype=bool)
        if season < width:
            pairs = set(zip(series.tolist(), place.tolist(), strict=True))
            keep = np.array([(s, p - season) in pairs for s, p in zip(series.tolist(), place.tolist(), strict=True)])  # fmt: skip
        return np.bincount(series[keep], minlength=n_series)
    key = series * width + (place - low)
    before = np.searchsorted(key, key - season)
    there = (key[np.minimum(before, key.size - 1)] == key - season) & (place - low >= season)
    return np.bincount(series[there], minlength=n_series)
