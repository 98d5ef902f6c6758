"""Where moments lie on a grid of equal steps, so that distances in time are whole numbers.

Months are no fixed time, so monthly, quarterly and yearly series count calendar months; every other step is a fixed
number of nanoseconds, or of units where time is a plain number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..renumbered import order_of

_SECOND = 1_000_000_000
_MINUTE, _HOUR, _DAY = 60 * _SECOND, 3_600 * _SECOND, 86_400 * _SECOND
#: A month is never shorter, so no shorter distance is a calendar step.
_SHORTEST_MONTH = 28 * _DAY
_UNITS = (
    (7 * _DAY, "week"), (_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"), (_SECOND, "second"),
    (1_000_000, "millisecond"), (1_000, "microsecond"), (1, "nanosecond"),
)  # fmt: skip
#: Days between the usual day of the month and a working day near it.
_NEAR = 3
_CALENDAR = ((12, "year"), (3, "quarter"), (1, "month"))


@dataclass(frozen=True)
class Step:
    """The usual distance of neighbouring moments.

    Attributes
    ----------
    unit : "nanosecond", "month" or "number"
        What ``size`` counts; "number" where time is a plain integer.
    size : int
        At least 1.
    name : str
        For readers: "hour", "15 minutes", "quarter"; "step" for plain integers.
    """

    unit: Literal["nanosecond", "month", "number"]
    size: int
    name: str


def find_step(moment: NDArray[Any], series: NDArray[Any], kind: Literal["time", "number"]) -> Step | None:
    """Find the most frequent distance of neighbouring different moments within a series.

    Where the distance is 28 days or more and calendar months repeat better than days do, the step is a number of months.
    Of distances that are equally frequent the shortest counts.

    Parameters
    ----------
    moment : (n,) int64
        Nanoseconds since 1970 on the local clock for "time", plain integers for "number".
    series : (n,) integer
    kind : "time" or "number"

    Returns
    -------
    Step, or None when no series has two different moments

    Examples
    --------
    >>> find_step(np.array([0, 900, 1800, 3600]) * 10**9, np.zeros(4, int), "time")
    Step(unit='nanosecond', size=900000000000, name='15 minutes')
    """
    moment, series = np.asarray(moment, dtype=np.int64), np.asarray(series)
    order = order_of(series, moment)
    moment, series = moment[order], series[order]
    follows = (series[1:] == series[:-1]) & (moment[1:] != moment[:-1])
    if not follows.any():
        return None
    before, after = moment[:-1][follows], moment[1:][follows]
    size, times = _most_frequent(after - before)
    if kind == "number":
        return Step("number", size, "step")
    if size >= _SHORTEST_MONTH:
        months, times_of_months = _most_frequent(_month(after) - _month(before))
        same_day = 2 * np.count_nonzero(_same_day(before, after)) > before.size
        if months and (times_of_months > times or (times_of_months == times and same_day)):
            return Step("month", months, _named(months, _CALENDAR))
    return Step("nanosecond", size, _named(size, _UNITS))


def places(
    moment: NDArray[Any], step: Step, like: NDArray[Any] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Number the moments along a grid, so that two that are one step apart differ by 1.

    The grid goes through as many moments as possible and every other one takes the nearest place, so midnights on two
    sides of a change to summer time, written in another time zone, still follow each other day by day. Calendar months
    take all moments within them. `place_before` is for the opposite question, what was there at some moment.

    Parameters
    ----------
    moment : (n,) int64
        As for `find_step`.
    step : Step
    like : (k,) int64, optional
        The moments that lay the grid; by default ``moment``. Where moments come in parts, the same for all of them.

    Returns
    -------
    place : (n,) int64
        Months are counted from the year 0, all else from 1970 or 0, in steps.
    off : (n,) bool
        Moments beside the grid. For months: in another month than every ``size``-th, or more than 3 days from the day of
        the month that more than half of the moments have, so that the last working day is as good as the last day.

    Examples
    --------
    >>> place, off = places(np.array([10, 15, 20, 31]), Step("number", 5, "step"))
    >>> place.tolist(), off.tolist()
    ([2, 3, 4, 6], [False, False, False, True])
    """
    moment = np.asarray(moment, dtype=np.int64)
    laid = moment if like is None or not len(like) else np.asarray(like, dtype=np.int64)
    if not moment.size:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    if step.unit == "month":
        phase, _ = _most_frequent(_month(laid) % step.size)
        month = _month(moment) - phase
        return month // step.size, (month % step.size != 0) | _far_from_usual_day(moment, laid)
    phase, _ = _most_frequent(laid % step.size)
    # Whole steps and remainders apart: half a step more could be beyond the largest integer.
    beyond = moment % step.size - phase
    half = step.size // 2
    place = moment // step.size + (beyond > half).astype(np.int64) - (beyond < half - step.size + 1)
    return place, beyond != 0


def place_before(moment: NDArray[Any], seen: NDArray[Any], place: NDArray[Any]) -> NDArray[np.int64]:
    """Return the last place that was reached at each moment, such as that of the values an origin may know.

    It is the place of the latest moment seen that is not after the one asked for. Rounding to a grid would not do: a
    grid of days at noon has not reached the day at 6 o'clock, nor a grid of months' ends the month at its middle.

    Parameters
    ----------
    moment : (n,) int64
        As for `find_step`.
    seen : (k,) int64
        Moments of all values, in any order; at least one.
    place : (k,) int64
        Their places.

    Returns
    -------
    (n,) int64
        One less than the lowest place where nothing had been seen yet.

    Examples
    --------
    >>> place_before(np.array([11, 12, 3]), seen=np.array([4, 12]), place=np.array([0, 1])).tolist()
    [0, 1, -1]
    """
    seen, place = np.asarray(seen, dtype=np.int64), np.asarray(place, dtype=np.int64)
    order = np.argsort(seen, kind="stable")
    # Moments of one place may lie on both sides of the grid line: never step back.
    reached = np.append(place.min() - 1, np.maximum.accumulate(place[order]))
    return reached[np.searchsorted(seen[order], np.asarray(moment, dtype=np.int64), side="right")]


def place_passed(
    moment: NDArray[Any], seen: NDArray[Any], place: NDArray[Any], step: Step
) -> NDArray[np.int64]:
    """Return the last place of the grid that is not after each moment, whether a value is known there or not.

    Steps are counted from it: where values are missing, `place_before` stays behind.

    Parameters
    ----------
    moment : (n,) int64
        As for `find_step`.
    seen : (k,) int64
        Moments of values, most of them on the grid; at least one.
    place : (k,) int64
        Their places.
    step : Step

    Returns
    -------
    (n,) int64

    Examples
    --------
    >>> place_passed(np.array([10, 12, 31]), np.array([5, 15]), np.array([1, 3]), Step("number", 5, "step")).tolist()
    [2, 2, 6]
    """
    moment, seen = np.asarray(moment, dtype=np.int64), np.asarray(seen, dtype=np.int64)
    place = np.asarray(place, dtype=np.int64)
    if step.unit == "month":
        usual = int(np.median(_within_month(seen)))
        month = _month(moment) - (_within_month(moment) < usual)
        phase, _ = _most_frequent(_month(seen) % step.size)
        return np.asarray((month - phase) // step.size, dtype=np.int64)
    start, _ = _most_frequent(seen - place * step.size)  # the moment of place 0
    return np.asarray((moment - start) // step.size, dtype=np.int64)


def _within_month(moment: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count whole days since the month began, from its end where it ends sooner than others."""
    day = moment.astype("M8[ns]").astype("M8[D]")
    since = (day - day.astype("M8[M]").astype("M8[D]")).astype(np.int64)
    return np.asarray(np.minimum(since, 27))


def gaps(place: NDArray[Any], series: NDArray[Any]) -> int:
    """Count the places that are missing between the first and the last one of each series.

    Parameters
    ----------
    place : (n,) int64
    series : (n,) integer

    Examples
    --------
    >>> gaps(np.array([1, 2, 5, 7, 7]), np.array([0, 0, 0, 1, 1]))
    2
    """
    place, series = np.asarray(place, dtype=np.int64), np.asarray(series)
    order = order_of(series, place)
    place, series = place[order], series[order]
    follows = (series[1:] == series[:-1]) & (place[1:] != place[:-1])
    return int(np.sum(place[1:][follows] - place[:-1][follows] - 1))


def usual_season(step: Step) -> int:
    """Return how many steps a season has by the table of the M4 competition; 1 is none.

    Steps shorter than an hour, of a minute or more, repeat by the day where they divide one; the competition had none.

    References
    ----------
    Makridakis, Spiliotis and Assimakopoulos (2020), doi:10.1016/j.ijforecast.2019.04.014

    Examples
    --------
    >>> [usual_season(s) for s in (Step("month", 3, "quarter"), Step("nanosecond", 3600 * 10**9, "hour"))]
    [4, 24]
    """
    if step.unit == "month":
        return 12 // step.size if 12 % step.size == 0 else 1
    if step.unit == "nanosecond" and step.size >= _MINUTE and _DAY % step.size == 0:
        return _DAY // step.size
    return 1


def _most_frequent(x: NDArray[np.int64]) -> tuple[int, int]:
    """Return the value that is there most often, the smallest of several, and how often."""
    values, times = np.unique(x, return_counts=True)
    at = int(times.argmax())
    return int(values[at]), int(times[at])


def _named(size: int, units: tuple[tuple[int, str], ...]) -> str:
    """Write a step in the largest unit that it is a whole number of."""
    for unit, name in units:
        if size % unit == 0:
            # Half a year is "6 months": nobody says two quarters.
            if name == "quarter" and size != unit:
                continue
            return name if size == unit else f"{size // unit} {name}s"
    raise AssertionError("every size is a whole number of the last unit")


def _month(moment: NDArray[np.int64]) -> NDArray[np.int64]:
    """Months since the year 0, January being 0 of its year."""
    return moment.view("datetime64[ns]").astype("datetime64[M]").astype(np.int64) + 1970 * 12


def _days(moment: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Day of the month from 1, and how many days the month has."""
    day = moment.view("datetime64[ns]").astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    first, following = month.astype("datetime64[D]"), (month + np.timedelta64(1, "M")).astype("datetime64[D]")
    return (day - first).astype(np.int64) + 1, (following - first).astype(np.int64)


def _same_day(before: NDArray[np.int64], after: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell whether two moments are on the same day of the month, or both on its last."""
    (day, length), (other, other_length) = _days(before), _days(after)
    return np.asarray((day == other) | ((day == length) & (other == other_length)))


def _far_from_usual_day(moment: NDArray[np.int64], laid: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which moments are days away from the usual day of the month; none where no day is that of most moments."""
    (day, length), (laid_day, laid_length) = _days(moment), _days(laid)
    if 2 * np.count_nonzero(laid_day == laid_length) > laid.size:
        return np.asarray(length - day > _NEAR)
    common, times = _most_frequent(laid_day)
    if 2 * times > laid.size:
        return np.asarray(np.abs(day - np.minimum(common, length)) > _NEAR)
    return np.zeros(day.size, dtype=bool)
