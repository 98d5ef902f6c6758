"""What was known of each series at an origin: scales of its errors, and the forecasts anybody could have made.

Every question names the last place that may be known. The answers come from sums along the series up to there, so what
happened later cannot change them by a single bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..renumbered import order_of
from .naive2 import seasonal_indices

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
#: Numbers handled at once when whole series are put side by side; they stay in the processor's cache.
_CHUNK = 1 << 16


@dataclass(frozen=True, eq=False)
class History:
    """Known values of many series, in order.

    Attributes
    ----------
    series : (h,) int32
        Ascending.
    place : (h,) int64
        Position on the grid of `grid.places`, ascending within a series and never twice.
    value : (h,) float64
        Finite, in the unit of the target.
    """

    series: NDArray[np.int32]
    place: IntArray
    value: FloatArray

    @classmethod
    def of(cls, series: NDArray[Any], place: NDArray[Any], value: NDArray[Any]) -> tuple[History, int]:
        """Sort values; of several at one place of a series keep the one given last.

        Parameters
        ----------
        series : (n,) integer
        place : (n,) integer
        value : (n,) float64
            NaN is a value that is not known and left out.

        Returns
        -------
        history : History
        conflicts : int
            Values left out because a later one at the same place is another number.

        Raises
        ------
        ValueError
            If a value is infinite, or the arrays are not of one length.
        """
        codes, at = np.asarray(series, dtype=np.int32), np.asarray(place, dtype=np.int64)
        y = np.asarray(value, dtype=np.float64)
        if not codes.shape == at.shape == y.shape or y.ndim != 1:
            raise ValueError("series, place and value must be of one length")
        if np.isinf(y).any():
            raise ValueError("a known value is infinite")
        known = ~np.isnan(y)
        codes, at, y = codes[known], at[known], y[known]
        order = order_of(codes, at)  # stable: what was given last stays last
        codes, at, y = codes[order], at[order], y[order]
        again = (codes[1:] == codes[:-1]) & (at[1:] == at[:-1])
        last = np.append(~again, True)[: y.size]
        kept = np.flatnonzero(last)
        of_kept = np.searchsorted(kept, np.arange(y.size))
        conflicts = int(np.count_nonzero(y != y[kept][of_kept]))
        return cls(codes[kept], at[kept], y[kept]), conflicts

    @cached_property
    def _places(self) -> IntArray:
        """Every place that occurs, in order."""
        return np.unique(self.place)

    @cached_property
    def _keys(self) -> IntArray:
        """Series and rank of the place as one ascending number."""
        return self._base(self.series) + np.searchsorted(self._places, self.place)

    def _base(self, series: NDArray[Any]) -> IntArray:
        """Return the smallest key of each series."""
        return series.astype(np.int64) * (self._places.size + 1)

    def _span(self, series: NDArray[Any], until: NDArray[Any]) -> tuple[IntArray, IntArray]:
        """Where the known values of each query begin and end."""
        base = self._base(np.asarray(series))
        end = base + np.searchsorted(self._places, np.asarray(until), side="right")
        return np.searchsorted(self._keys, base), np.searchsorted(self._keys, end)

    def _find(self, series: NDArray[Any], place: NDArray[Any]) -> IntArray:
        """Return where the value of each series and place stands; -1 where there is none."""
        if not self.value.size:
            return np.full(np.shape(place), -1, dtype=np.int64)
        rank = np.minimum(np.searchsorted(self._places, place), self._places.size - 1)
        key = self._base(np.asarray(series)) + rank
        at = np.minimum(np.searchsorted(self._keys, key), self._keys.size - 1)
        return np.where((self._places[rank] == place) & (self._keys[at] == key), at, -1)

    def length(self, series: NDArray[Any], until: NDArray[Any]) -> IntArray:
        """Count the values that are known.

        Parameters
        ----------
        series : (r,) integer
        until : (r,) integer
            The last place that may be known.

        Returns
        -------
        (r,) int64
        """
        start, end = self._span(series, until)
        return end - start

    def last(self, series: NDArray[Any], until: NDArray[Any]) -> FloatArray:
        """Return the last known value: the naive forecast of every later place.

        Parameters
        ----------
        series : (r,) integer
        until : (r,) integer

        Returns
        -------
        (r,) float64, in the unit of the target; NaN where nothing is known
        """
        start, end = self._span(series, until)
        return self._at(np.where(end > start, end - 1, -1))

    def seasonal(
        self, series: NDArray[Any], until: NDArray[Any], place: NDArray[Any], season: int
    ) -> FloatArray:
        """Return the value one season before a place, or as many seasons as it takes to be known.

        Parameters
        ----------
        series : (r,) integer
        until : (r,) integer
        place : (r,) integer
            The places that are forecast.
        season : int
            Places a season has; with 1 this is the value at ``until``.

        Returns
        -------
        (r,) float64, in the unit of the target; NaN where the series has no value at that place, even if it has one a
        season earlier
        """
        _check_season(season)
        until, place = np.asarray(until, dtype=np.int64), np.asarray(place, dtype=np.int64)
        # At least one season back: a place that is known already must not forecast itself.
        back = np.maximum(-((until - place) // season), 1)
        return self._at(self._find(series, place - season * back))

    def naive2(
        self, series: NDArray[Any], until: NDArray[Any], place: NDArray[Any], season: int
    ) -> tuple[FloatArray, NDArray[np.int32]]:
        """Forecast as Naive2 of the M4 competition: the last value, seasonally adjusted where a season shows.

        A season shows where three seasons are known without a gap and the autocorrelation at one season is beyond its
        90 % limit. Then a classical multiplicative decomposition gives an index for each position in the season; the
        forecast is the last value, divided by its own index and times the index of the target. Everywhere else it is
        the last value. The competition's program also took series for not seasonal whose season is longer than
        10 log10(n) values; here they are tested like all others.

        Parameters
        ----------
        series : (r,) integer
        until : (r,) integer
        place : (r,) integer
            The places that are forecast.
        season : int
            Places a season has.

        Returns
        -------
        forecast : (r,) float64
            In the unit of the target; NaN where nothing is known.
        not_positive : (k,) int32
            Series, ascending, that show a season but have a value of 0 or less, which no ratio can adjust.

        References
        ----------
        Makridakis, Spiliotis and Assimakopoulos (2020), doi:10.1016/j.ijforecast.2019.04.014
        """
        _check_season(season)
        series, place = np.asarray(series), np.asarray(place, dtype=np.int64)
        start, end = self._span(series, until)
        forecast = self._at(np.where(end > start, end - 1, -1))
        asked = np.flatnonzero(end - start >= 3 * season)
        if season == 1 or not asked.size:
            return forecast, np.zeros(0, dtype=np.int32)
        # The end of a part says which series it is of, so it names the pair of series and last place.
        stop, pair = np.unique(end[asked], return_inverse=True)
        begin = np.zeros_like(stop)
        begin[pair] = start[asked]
        whole = self.place[stop - 1] - self.place[begin] == stop - 1 - begin
        index = np.ones((stop.size, season))
        refused = np.zeros(stop.size, dtype=bool)
        for n in np.unique((stop - begin)[whole]):
            same = np.flatnonzero(whole & (stop - begin == n))
            for some in np.array_split(same, -(-same.size * int(n) // _CHUNK)):
                known = self.value[begin[some, None] + np.arange(n)]
                index[some], refused[some] = seasonal_indices(known, season)
        position = (place[asked] - self.place[start[asked]]) % season
        own = (end[asked] - start[asked] - 1) % season
        forecast[asked] *= index[pair, position] / index[pair, own]
        return forecast, np.unique(self.series[stop[refused] - 1])

    def scales(self, season: int) -> Scales:
        """Prepare the scales that errors are divided by: how far values lie from those a season before.

        Parameters
        ----------
        season : int
            Places between the two values of a pair.
        """
        _check_season(season)
        before = self._find(self.series, self.place - season)
        paired = before >= 0
        with np.errstate(
            over="ignore"
        ):  # two values near both ends of what a float holds: the scale is infinite
            step = np.where(paired, np.abs(self.value - self.value[before]), 0.0)
            absolute, squared = self._along(step), self._along(step * step)
        return Scales(self, absolute, squared, self._along(paired.astype(np.int64)))

    def _at(self, index: IntArray) -> FloatArray:
        """Read values by position; NaN at -1."""
        out = np.full(index.shape, np.nan)
        out[index >= 0] = self.value[index[index >= 0]]
        return out

    def _along(self, x: NDArray[Any]) -> NDArray[Any]:
        """Add up along each series, from nothing: a sum across series would lose small ones after large ones."""
        first = np.flatnonzero(np.append(True, self.series[1:] != self.series[:-1])[: x.size])
        n = np.diff(np.append(first, x.size))
        out = np.empty_like(x)
        for length in np.unique(n):
            rows = first[n == length, None] + np.arange(length)
            out[rows] = np.cumsum(x[rows], axis=1)
        return out


@dataclass(frozen=True, eq=False)
class Scales:
    """Sums of the steps between values one season apart; made by `History.scales`.

    Attributes
    ----------
    history : History
    absolute, squared : (h,) float64
        Sums along the series of absolute and of squared differences, up to and including each value.
    pairs : (h,) int64
        How many differences these are.
    """

    history: History
    absolute: FloatArray
    squared: FloatArray
    pairs: IntArray

    def at(self, series: NDArray[Any], until: NDArray[Any]) -> tuple[FloatArray, FloatArray, IntArray]:
        """Return the mean steps of what is known.

        Parameters
        ----------
        series : (r,) integer
        until : (r,) integer
            The last place that may be known; both values of a pair lie there or before.

        Returns
        -------
        absolute : (r,) float64
            Mean absolute difference of values exactly one season apart, in the unit of the target: what MASE divides
            by. NaN without a pair; 0 where every value repeats.
        squared : (r,) float64
            Mean squared difference, in the squared unit: what the squared RMSSE divides by.
        pairs : (r,) int64

        References
        ----------
        Hyndman and Koehler (2006), doi:10.1016/j.ijforecast.2006.03.001
        """
        start, end = self.history._span(series, until)
        at = np.flatnonzero(end > start)
        absolute, squared = np.full(end.shape, np.nan), np.full(end.shape, np.nan)
        pairs = np.zeros(end.shape, dtype=np.int64)
        pairs[at] = self.pairs[end[at] - 1]
        some = np.flatnonzero(pairs)
        absolute[some] = self.absolute[end[some] - 1] / pairs[some]
        squared[some] = self.squared[end[some] - 1] / pairs[some]
        return absolute, squared, pairs


def _check_season(season: int) -> None:
    """Refuse a season that is no length."""
    if season < 1:
        raise ValueError(f"a season of {season} places is none; it has at least 1")
