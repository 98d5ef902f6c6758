"""One series of forecasts: what was known, what was predicted and what came, and whether its errors go together in time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, nan

import numpy as np

from .cases import IntArray
from .forecast_cases import ForecastCases, Timeline
from .forecasts.autocorrelation import autocorrelations, ljung_box
from .interval_tests import clopper_pearson
from .number_bands import told_by
from .number_units import weights
from .residual_memory import FEWEST, Memory
from .tally.outcomes import FloatArray

#: Lags looked at where a season has fewer steps than half of this.
FEWEST_LAGS = 10


@dataclass(frozen=True, eq=False)
class OneSeries:
    """One series as it is drawn.

    Attributes
    ----------
    name : str
    cases : ForecastCases
        Its rows by origin, those of an origin by moment.
    origins : (O,) int64
        The last places that its forecasts may know, ascending.
    origin : (n,) int64
        Index into ``origins`` for each row.
    place : (a,) int64
        Where a value is known, from the history or as the truth of a forecast, ascending and never twice.
    value : (a,) float64
        In the unit of the target; the truth of a forecast where both hold one.
    """

    name: str
    cases: ForecastCases
    origins: IntArray
    origin: IntArray
    place: IntArray
    value: FloatArray

    @property
    def overlaps(self) -> bool:
        """Whether two forecasts are for one moment."""
        return bool(np.unique(self.cases.place).size < len(self.cases))


def one_series(cases: ForecastCases, code: int) -> OneSeries:
    """Collect what is drawn of one series.

    Parameters
    ----------
    cases : ForecastCases
    code : int
        Index into the names of the timeline.

    Raises
    ------
    ValueError
        If no row is of this series.
    """
    at = np.flatnonzero(cases.series == code)
    if not at.size:
        raise ValueError(f"no row is of series {code}")
    part = cases.at(at[np.lexsort((cases.place[at], cases.until[at]))])
    history = cases.timeline.history
    start, end = np.searchsorted(history.series, [code, code + 1])
    place = np.concatenate([part.place, history.place[start:end]])
    value = np.concatenate([part.truth, history.value[start:end]])
    place, first = np.unique(place, return_index=True)
    origins, origin = np.unique(part.until, return_inverse=True)
    return OneSeries(cases.timeline.names[code], part, origins, origin.astype(np.int64), place, value[first])


def moment_of(timeline: Timeline, place: IntArray) -> IntArray:
    """Return when places of the grid are, as the moments of the timeline count; beyond these by whole steps.

    Parameters
    ----------
    timeline : Timeline
    place : (n,) int64

    Returns
    -------
    (n,) int64
        Nanoseconds since 1970, or step numbers. Without a step the nearest moment there is.
    """
    places, moments = timeline.places, timeline.moments
    before = np.maximum(np.searchsorted(places, place, side="right") - 1, 0)
    away, step = place - places[before], timeline.step
    found = moments[before]
    if step is None:
        return found
    if step.unit != "month":
        return np.asarray(found + away * step.size)
    day = found.view("datetime64[ns]")
    month = day.astype("datetime64[M]")
    within = day - month.astype("datetime64[ns]")
    later = (month + away * step.size).astype("datetime64[ns]") + within
    return np.where(away == 0, found, later.view(np.int64))


@dataclass(frozen=True)
class Coverage:
    """How many truths of one level of predicted intervals lie inside, with its 95 % interval.

    Attributes
    ----------
    level, share, low, high : float
        Fractions.
    told_by : float
        Independent rows that would tell as much.
    """

    level: float
    share: float
    low: float
    high: float
    told_by: float


def intervals_around(cases: ForecastCases) -> tuple[tuple[float, FloatArray, FloatArray], ...]:
    """Return the predicted intervals by level, also those between two quantiles that leave as much on either side.

    Parameters
    ----------
    cases : ForecastCases

    Returns
    -------
    tuple of (float, (n,) float64, (n,) float64)
        Level, lower and upper end, ascending by level. Where quantiles have the level of an interval, the interval.
    """
    found: dict[float, tuple[FloatArray, FloatArray]] = {}
    if cases.quantiles is not None:
        at = {round(share, 9): i for i, share in enumerate(cases.shares)}
        for share, i in at.items():
            j = at.get(round(1 - share, 9))
            if share < 0.5 and j is not None:
                found[round(1 - 2 * share, 9)] = cases.quantiles[:, i], cases.quantiles[:, j]
    if cases.lower is not None and cases.upper is not None:
        found |= {level: (cases.lower[:, i], cases.upper[:, i]) for i, level in enumerate(cases.levels)}
    return tuple((level, *found[level]) for level in sorted(found))


def coverage_of_series(cases: ForecastCases) -> tuple[Coverage, ...]:
    """Count the truths inside each predicted interval of one series; rows of one origin count as belonging together.

    Parameters
    ----------
    cases : ForecastCases
        Of one series. From a single origin stretches of a season, or of the cube root of the moments, belong together.
    """
    alone = _together_in_time(cases)
    w, said = weights(alone), []
    for level, low, high in intervals_around(alone):
        hit = (alone.truth >= low) & (alone.truth <= high)
        share = float(w @ hit / w.sum()) if w.sum() > 0 else nan
        n = told_by(alone, hit)
        ends = clopper_pearson(share * n, n)
        said.append(Coverage(level, share, float(ends[0]), float(ends[1]), n))
    return tuple(said)


def _together_in_time(cases: ForecastCases) -> ForecastCases:
    """Let rows of one series belong together by origin, or by stretch of time when there is a single origin."""
    if np.unique(cases.path).size > 1:
        return replace(cases, together=cases.path, together_by="origin")
    length = max(cases.timeline.season, ceil(np.unique(cases.place).size ** (1 / 3)))
    stretch = (cases.place - cases.place.min()) // length
    return replace(cases, together=stretch, together_by=f"stretches of {length} moments")


def latest(cases: ForecastCases) -> IntArray:
    """Return the positions of the latest forecast of each moment of each series, by series and moment.

    Parameters
    ----------
    cases : ForecastCases

    Returns
    -------
    (k,) int64
        Of rows that count; of several with one origin the last one in the table.
    """
    use = np.flatnonzero(weights(cases) > 0)
    order = use[np.lexsort((cases.until[use], cases.place[use], cases.series[use]))]
    series, place = cases.series[order], cases.place[order]
    last = np.append((series[1:] != series[:-1]) | (place[1:] != place[:-1]), True)[: order.size]
    return np.asarray(order[last], dtype=np.int64)


def lags_for(season: int, n: int) -> int:
    """Return how many lags are worth a look: two seasons, but no more than a quarter of the moments.

    Examples
    --------
    >>> lags_for(24, 336), lags_for(1, 200), lags_for(24, 40)
    (48, 10, 10)
    """
    return max(min(max(2 * season, FEWEST_LAGS), n // 4), 1)


def memory_of_series(cases: ForecastCases) -> Memory:
    """Measure how far the errors of one series follow those before them, step by step of the grid.

    Parameters
    ----------
    cases : ForecastCases
        Of one series; of several forecasts of a moment the latest counts.

    Returns
    -------
    Memory
        A gap is no neighbour; lags without a pair have no correlation (NaN).

    References
    ----------
    As for `metrics_core.forecasts.autocorrelation.ljung_box`; Durbin and Watson (1950), doi:10.1093/biomet/37.3-4.409
    """
    at = latest(cases)
    n, none = int(at.size), np.zeros(0)
    nothing = Memory(none.astype(np.int64), none, none, nan, nan, nan, n)
    if n < FEWEST:
        return replace(nothing, reason=f"fewer than {FEWEST} different times")
    e, place = cases.residual[at], cases.place[at]
    size = float(np.abs(e - e[0]).max())
    if not size > 0:
        return replace(nothing, reason="the error is the same at every time")
    lags = lags_for(cases.timeline.season, n)
    own = np.zeros(n, dtype=np.int64)
    found, test = autocorrelations(e, own, place, lags)[0], ljung_box(e, own, place, lags)
    lag = np.arange(1, lags + 1)
    pairs = np.array([np.isin(place + k, place).sum() for k in lag], dtype=np.float64)
    reach = 1.96 * np.sqrt(pairs) / np.sqrt(n * (n + 2.0))
    largest = float(np.abs(e).max())
    steps = (np.diff(place) == 1) & (largest > 0)
    watson = nan
    if steps.any():
        scaled = e / largest
        # Pairs of neighbours only: with gaps both sums take as many terms.
        watson = float((np.diff(scaled)[steps] ** 2).mean() / (scaled**2).mean())
    return Memory(lag, found, reach, watson, float(test.statistic[0]), float(test.p[0]), n, test.reason)
