"""Errors of forecasts over time: by the moment they were made at, with limits that know how many series each one has."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, isnan, nan
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from .cases import BoolArray, IntArray
from .differences import benjamini_hochberg
from .forecast_cases import ForecastCases
from .forecast_series import lags_for, latest, moment_of
from .forecasts.autocorrelation import LjungBox, ljung_box
from .number_units import weights
from .tally.outcomes import FloatArray

Number = Literal["scaled", "absolute", "bias"]
#: Points along time at most: neighbours are thrown together beyond.
MOST_PERIODS, MOST_TIMES = 120, 60
#: Periods below which there are no limits, and no word about a drift.
FEWEST_PERIODS = 8
#: The mean step between neighbours of independent normal numbers, in standard deviations: 2 / sqrt(pi).
_MEAN_STEP = 1.1283791670955126
#: Beyond so many standard deviations a period lies outside.
_LIMITS = 3.0
#: Spread against size, below which errors are the same.
_SAME = 1e-12


@dataclass(frozen=True, eq=False)
class Periods:
    """The rows by the moment their forecast was made at, or by the moment they are for.

    Attributes
    ----------
    kind : {"origin", "time"}
        "time" where no series has forecasts from two origins.
    code : (n,) int64
        The period of each row.
    first, last : (P,) int64
        Moments of its first and last origin, or time.
    merged : int
        Origins, or steps of time, that one period joins at most.
    """

    kind: Literal["origin", "time"]
    code: IntArray
    first: IntArray
    last: IntArray
    merged: int

    def __len__(self) -> int:
        return int(self.first.size)


def periods_of(cases: ForecastCases) -> Periods:
    """Cut forecasts along time.

    Parameters
    ----------
    cases : ForecastCases
        With at least one row.
    """
    _, of_path = np.unique(cases.path, return_index=True)
    kind: Literal["origin", "time"] = (
        "origin" if np.unique(cases.series[of_path]).size < of_path.size else "time"
    )
    place = cases.until if kind == "origin" else cases.place
    if kind == "origin":
        different, code = np.unique(place, return_inverse=True)
        merged = ceil(different.size / MOST_PERIODS)
        code = code // merged
    else:
        start, span = int(place.min()), int(np.ptp(place)) + 1
        merged, season = ceil(span / MOST_TIMES), cases.timeline.season
        if 2 * merged >= season > 1:  # whole seasons: parts of one differ by the time of day alone
            merged = season * ceil(merged / season)
        _, code = np.unique((place - start) // merged, return_inverse=True)
    code = code.astype(np.int64)
    n = int(code.max(initial=-1)) + 1
    first, last = np.full(n, np.iinfo(np.int64).max), np.full(n, np.iinfo(np.int64).min)
    np.minimum.at(first, code, place)
    np.maximum.at(last, code, place)
    timeline = cases.timeline
    return Periods(kind, code, moment_of(timeline, first), moment_of(timeline, last), merged)


def number_of(cases: ForecastCases, number: Number) -> FloatArray:
    """Return a number of each row, ``(n,)``.

    Parameters
    ----------
    cases : ForecastCases
    number : {"scaled", "absolute", "bias"}
        The size of the error over the scale of its series (NaN without one); the size itself; or the error with its sign,
        over the scale where every series that has rows has one, else in the unit of the target.
    """
    if number == "absolute":
        return np.abs(cases.residual)
    if number == "scaled":
        return cases.scaled
    return cases.residual / cases.scale if bias_is_scaled(cases) else cases.residual


def bias_is_scaled(cases: ForecastCases) -> bool:
    """Tell whether every row has a scale above 0, so that errors of different series can be added up with their sign."""
    return bool((cases.scale > 0).all())


@dataclass(frozen=True, eq=False)
class ByPeriod:
    """A mean by period, with the limits it should stay within; each array ``(P,)``.

    Attributes
    ----------
    value : float64
        NaN where no row has the number.
    rows : float64
        Sum of the weights of the rows with the number.
    series : int64
    expected : float64
        What the same series at the same horizons have over all periods.
    low, high : float64
        Control limits; NaN where there are none.
    off : float64
        ``value`` minus ``expected``.
    error : float64
        Standard error of ``off``; NaN where there are no limits.
    left_out : int
        Rows without the number.
    reason : str
        Why there are no limits.
    """

    value: FloatArray
    rows: FloatArray
    series: IntArray
    expected: FloatArray
    low: FloatArray
    high: FloatArray
    off: FloatArray
    error: FloatArray
    left_out: int
    reason: str = ""

    @property
    def outside(self) -> BoolArray:
        """Periods beyond a limit."""
        return np.asarray((self.value < self.low) | (self.value > self.high))


def by_period(cases: ForecastCases, number: FloatArray, periods: Periods, *, least: float = -inf) -> ByPeriod:
    """Compute the mean of a number in each period, and where chance and the usual ups and downs would leave it.

    A period is compared with what its own series at its own horizons have on the whole, so another mix of them is no
    alarm. How far its mean may lie from that follows from the spread of the series within the periods and from how many
    there are; what moves all series of a period together, such as the weather, is measured by the steps between
    neighbouring periods and widens all limits (Laney). A slow drift hardly changes such steps, so it shows.

    Parameters
    ----------
    cases : ForecastCases
    number : (n,) float64
        Of each row; NaN where it is not known.
    periods : Periods
        Of the same cases.
    least : float
        No limit is below it: 0 for the size of an error.

    Returns
    -------
    ByPeriod

    References
    ----------
    Laney (2002), doi:10.1081/QEN-120006708
    """
    w, n = weights(cases), len(periods)
    known = ~np.isnan(number) & (w > 0)
    x, weight, code = number[known], w[known], periods.code[known]
    series = cases.series[known].astype(np.int64)
    expected = _mean(x, weight, series)[series]
    if cases.horizon is not None:
        _, step = np.unique(cases.horizon[known], return_inverse=True)
        expected = expected + _mean(x - expected, weight, step)[step]
    rows = _sums(code, weight, n)
    value, off = _mean(x, weight, code, n), _mean(x - expected, weight, code, n)
    unit, of_unit = np.unique(code * len(cases.timeline.names) + series, return_inverse=True)
    period_of = unit // len(cases.timeline.names)
    many = np.bincount(period_of, minlength=n).astype(np.int64)
    left_out = int(np.count_nonzero((w > 0) & np.isnan(number)))
    none = np.full(n, np.nan)
    held = np.flatnonzero(rows > 0)
    nothing = ByPeriod(value, rows, many, value - off, none, none, off, none, left_out)
    what = "origins" if periods.kind == "origin" else "stretches of time"
    if held.size < FEWEST_PERIODS:
        return _without(nothing, f"fewer than {FEWEST_PERIODS} {what}")
    size = float(np.abs(x).max(initial=0.0))
    error, apart = _spread(_mean(x - expected, weight, of_unit), _sums(of_unit, weight), period_of, off, size)
    z = off[held] / error[held]
    stretch = float(np.abs(np.diff(z)).mean()) / _MEAN_STEP
    if apart:
        stretch = max(stretch, 1.0)  # less than the series alone would give is luck
    if not float((error[held] * stretch).max()) > _SAME * size:
        return _without(nothing, f"the errors are the same in all {what}")
    error = error * stretch
    middle = value - off
    low, high = np.maximum(middle - _LIMITS * error, least), middle + _LIMITS * error
    return ByPeriod(value, rows, many, middle, low, high, off, error, left_out)


def _without(found: ByPeriod, reason: str) -> ByPeriod:
    """Say why there are no limits."""
    return ByPeriod(**{**vars(found), "reason": reason})


def _spread(
    mean: FloatArray, weight: FloatArray, period: IntArray, off: FloatArray, size: float
) -> tuple[FloatArray, bool]:
    """Return the standard error of each period from how far its series lie apart, and whether they do.

    Where they do not, or there is one in each period, only how errors of periods compare: by their rows.
    """
    n = off.size
    total, squares = _sums(period, weight, n), _sums(period, weight**2, n)
    periods, units = int(np.count_nonzero(total)), mean.size
    variance = float((weight * (mean - off[period]) ** 2).sum() / weight.sum())
    if units > periods and variance > (_SAME * size) ** 2:
        effective = np.divide(total**2, squares, out=np.full(n, np.nan), where=squares > 0)
        return np.asarray(np.sqrt(variance * units / (units - periods) / effective)), True
    return np.asarray(1 / np.sqrt(np.where(total > 0, total, np.nan))), False


def _sums(code: IntArray, x: FloatArray, n: int = 0) -> FloatArray:
    """Add a number up by group."""
    return np.bincount(code, weights=x, minlength=n).astype(np.float64)


def _mean(x: FloatArray, weight: FloatArray, code: IntArray, n: int = 0) -> FloatArray:
    """Weighted mean of each group; NaN for an empty one."""
    total, summed = _sums(code, weight, n), _sums(code, weight * x, n)
    return np.asarray(np.divide(summed, total, out=np.full(total.size, np.nan), where=total > 0))


@dataclass(frozen=True)
class Drift:
    """A straight line through the periods.

    Attributes
    ----------
    start, end : float
        Mean of the number at the first and at the last period by the line, with the mix of series of all periods.
    p : float
        Two-sided p-value of the slope (t-test); NaN when it cannot be tested.
    periods : int
    """

    start: float
    end: float
    p: float
    periods: int


def drift_of(found: ByPeriod) -> Drift:
    """Fit a line through what the periods have beyond what was to be expected.

    Parameters
    ----------
    found : ByPeriod
    """
    use = np.flatnonzero((found.error > 0) & ~np.isnan(found.off))
    if use.size < FEWEST_PERIODS:
        return Drift(nan, nan, nan, int(use.size))
    t = use / max(found.off.size - 1, 1)
    weight = 1 / found.error[use] ** 2
    middle = float(weight @ t / weight.sum())
    away, y = t - middle, found.off[use]
    mean = float(weight @ y / weight.sum())
    spread = float(weight @ away**2)
    slope = float(weight @ (away * (y - mean))) / spread
    left = y - mean - slope * away
    rest = (
        float(weight @ left**2)
        / (use.size - 2)
        * float(_inflation(left @ left, left[1:] @ left[:-1], use.size))
    )
    centre = float(found.rows[use] @ found.expected[use] / found.rows[use].sum())
    start, end = centre + mean - slope * middle, centre + mean + slope * (1 - middle)
    if not rest > 0:
        return Drift(start, end, 0.0 if slope else 1.0, int(use.size))
    from scipy.special import stdtr

    p = 2 * float(stdtr(use.size - 2, -abs(slope) / np.sqrt(rest / spread)))
    return Drift(start, end, p, int(use.size))


@dataclass(frozen=True, eq=False)
class Drifting:
    """Series whose error with its sign moves along time, the clearest first; each array ``(k,)``.

    Attributes
    ----------
    code : int64
        Index into the names of the timeline.
    start, end : float64
        Mean of prediction minus truth at the first and the last period by a straight line, in the unit of the target.
    q : float64
        p-values of the slopes, adjusted after Benjamini and Hochberg over all series with a test.
    tested : int
    """

    code: IntArray
    start: FloatArray
    end: FloatArray
    q: FloatArray
    tested: int


def drifting_series(cases: ForecastCases, periods: Periods, *, sure: float = 0.01, least: float = 0.5) -> Drifting:  # fmt: skip
    """Find the series whose bias moves along time by more than chance and more than half of their mean absolute error.

    Parameters
    ----------
    cases : ForecastCases
    periods : Periods
        Of the same cases; a series has a test with 8 of them or more.
    sure : float
        The largest adjusted p-value.
    least : float
        The smallest change from the first to the last period, in parts of the mean absolute error of the series.
    """
    from scipy.special import stdtr

    w, n, n_series = weights(cases), len(periods), len(cases.timeline.names)
    series = cases.series.astype(np.int64)
    unit, of_unit = np.unique(np.where(w > 0, series * n + periods.code, -1), return_inverse=True)
    if unit.size and unit[0] < 0:  # rows that do not count
        unit, of_unit = unit[1:], of_unit - 1
    used = of_unit >= 0
    y = _mean(cases.residual[used], w[used], of_unit[used], unit.size)
    own, t = unit // n, (unit % n) / max(n - 1, 1)
    count, st, sy = (_sums(own, x, n_series) for x in (np.ones(unit.size), t, y))
    middle, mean = (np.divide(x, count, out=np.full(n_series, np.nan), where=count > 0) for x in (st, sy))
    away, off = t - middle[own], y - mean[own]
    spread = _sums(own, away**2, n_series)
    cross = _sums(own, away * off, n_series)
    slope = np.divide(cross, spread, out=np.full(n_series, np.nan), where=spread > 0)
    left = off - slope[own] * away
    squares = _sums(own, left**2, n_series)
    beside = own[1:] == own[:-1]
    neighbours = _sums(own[1:], np.where(beside, left[1:] * left[:-1], 0.0), n_series)
    rest = squares / np.maximum(count - 2, 1) * _inflation(squares, neighbours, count)
    tested = (count >= FEWEST_PERIODS) & (spread > 0) & (rest > 0)
    p = np.full(n_series, np.nan)
    p[tested] = 2 * stdtr(count[tested] - 2, -np.abs(slope[tested]) / np.sqrt(rest[tested] / spread[tested]))
    q = benjamini_hochberg(p)
    absolute = _mean(np.abs(cases.residual), w, series, n_series)
    found = np.flatnonzero((q <= sure) & (np.abs(slope) >= least * absolute))
    found = found[np.argsort(q[found], kind="stable")]
    start, end = mean - slope * middle, mean + slope * (1 - middle)
    return Drifting(found, start[found], end[found], q[found], int(tested.sum()))


def _inflation(squares: ArrayLike, neighbours: ArrayLike, n: ArrayLike) -> FloatArray:
    """Return by how much the variance of a slope grows where what is left of neighbouring periods goes together.

    Forecasts of neighbouring origins are often for the same moments, so it does: (1 + r) / (1 - r) for errors that depend
    on the one before, with the usual correction of r for the line that was fitted; never below 1.
    """
    total, k = np.asarray(squares, dtype=np.float64), np.asarray(n, dtype=np.float64)
    r = np.divide(neighbours, total, out=np.zeros(total.shape), where=total > 0)
    r = np.clip(r + (2 + 4 * r) / np.maximum(k, 1), 0.0, 0.9)
    return np.asarray((1 + r) / (1 - r))


def residual_memories(cases: ForecastCases) -> LjungBox:
    """Test every series for errors that go together in time, on the latest forecast of each of its moments.

    Parameters
    ----------
    cases : ForecastCases

    Returns
    -------
    LjungBox
        Over two seasons of lags, fewer for short series; by series.
    """
    at = latest(cases)
    n = np.bincount(cases.series[at]) if at.size else np.zeros(1, dtype=np.int64)
    usual = int(np.median(n[n > 0])) if (n > 0).any() else 0
    if not usual:
        none = np.zeros(0)
        return LjungBox(none, none.astype(np.int64), none, none, 0, 0, nan, "there are no rows")
    return ljung_box(cases.residual[at], cases.series[at], cases.place[at], lags_for(cases.timeline.season, usual))  # fmt: skip


def is_clear(drift: Drift, *, sure: float = 0.01, least: float = 0.2) -> bool:
    """Tell whether a number grows along time by more than chance and by a fifth or more."""
    return not isnan(drift.p) and drift.p <= sure and drift.end > (1 + least) * max(drift.start, 0.0)
