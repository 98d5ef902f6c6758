"""Whether the errors of a series still go together in time, which a good forecast would have used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..differences import benjamini_hochberg

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
#: Series are called correlated in time when their adjusted p-value is at most this.
REJECT = 0.05


def autocorrelations(
    residual: NDArray[Any], series: NDArray[Any], place: NDArray[Any], lags: int
) -> FloatArray:
    """Correlate the errors of each series with those some places before.

    Only values that are exactly so many places apart make a pair; a gap is no neighbour. The sum over the pairs is divided
    by the sum of squares of all values, which is the usual definition and keeps the result between -1 and 1; few pairs,
    at large distances or around gaps, pull it towards 0.

    Parameters
    ----------
    residual : (n,) float64
        Prediction minus truth; not NaN.
    series : (n,) integer, from 0
    place : (n,) integer
        As `grid.places` gives it.
    lags : int
        The largest distance, in places.

    Returns
    -------
    (S, lags) float64 between -1 and 1
        At the distances 1 to ``lags``; S is the highest series plus 1. NaN where a series has no pair, or is constant.

    Raises
    ------
    ValueError
        If a series has two values at one place, or there is no distance to look at.

    Examples
    --------
    >>> e, place = np.array([1.0, -1.0, 1.0, -1.0]), np.array([0, 1, 2, 3])
    >>> autocorrelations(e, np.zeros(4, int), place, 2).tolist()
    [[-0.75, 0.5]]
    """
    found, _, _ = _correlated(residual, series, place, lags)
    return found


@dataclass(frozen=True, eq=False)
class LjungBox:
    """The test of each series that its values do not depend on earlier ones.

    Attributes
    ----------
    statistic : (S,) float64
    freedom : (S,) int64
        Distances with at least one pair.
    p : (S,) float64
        NaN where there is no test.
    adjusted : (S,) float64
        The same after Benjamini and Hochberg, over all series with a test.
    tested, rejected : int
        Series with a test; those of them whose ``adjusted`` is at most `REJECT`.
    share : float
        ``rejected`` over ``tested``; NaN without a test.
    reason : str
        Why no series has a test; empty where one has.
    """

    statistic: FloatArray
    freedom: IntArray
    p: FloatArray
    adjusted: FloatArray
    tested: int
    rejected: int
    share: float
    reason: str = ""


def ljung_box(residual: NDArray[Any], series: NDArray[Any], place: NDArray[Any], lags: int) -> LjungBox:
    """Test each series for correlation at the distances 1 to ``lags`` together.

    Each squared correlation is divided by its variance under independence, pairs / (n (n + 2)). Without a gap there are
    n - k pairs at distance k and the sum is that of Ljung and Box; with gaps it counts the pairs there are.

    Parameters
    ----------
    residual, series, place, lags
        As for `autocorrelations`.

    Returns
    -------
    LjungBox
        A series has a test when it has more than ``lags`` values, is not constant, and has a pair.

    References
    ----------
    Ljung and Box (1978), doi:10.1093/biomet/65.2.297; with gaps Stoffer and Toloi (1992),
    doi:10.1016/0167-7152(92)90112-I

    Examples
    --------
    >>> e, place = np.array([1.0, -1.0, 1.0, -1.0]), np.array([0, 1, 2, 3])
    >>> found = ljung_box(e, np.zeros(4, int), place, 1)
    >>> found.statistic.tolist(), found.p.round(4).tolist()
    ([4.5], [0.0339])
    """
    from scipy.special import chdtrc

    r, pairs, n = _correlated(residual, series, place, lags)
    paired = pairs > 0
    weight = np.divide((n * (n + 2.0))[:, None], pairs, out=np.zeros(pairs.shape), where=paired)
    statistic = np.where(paired, r * r * weight, 0.0).sum(axis=1)
    freedom = paired.sum(axis=1)
    testable = (n > lags) & (freedom > 0) & ~np.isnan(statistic)
    statistic[~testable] = np.nan
    p = np.full(n.size, np.nan)
    p[testable] = chdtrc(freedom[testable].astype(np.float64), statistic[testable])
    adjusted = benjamini_hochberg(p)
    tested, rejected = int(testable.sum()), int(np.count_nonzero(adjusted <= REJECT))
    if not tested:
        reason = f"no series has more than {lags} values that differ, some of them neighbours"
        return LjungBox(statistic, freedom, p, adjusted, 0, 0, float("nan"), reason)
    return LjungBox(statistic, freedom, p, adjusted, tested, rejected, rejected / tested)


def _correlated(
    residual: NDArray[Any], series: NDArray[Any], place: NDArray[Any], lags: int
) -> tuple[FloatArray, IntArray, IntArray]:
    """Return autocorrelations ``(S, lags)``, the pairs they come from, and the values of each series."""
    if lags < 1:
        raise ValueError(f"a distance of {lags} places is none; the largest is at least 1")
    series, place = np.asarray(series), np.asarray(place, dtype=np.int64)
    order = np.lexsort((place, series))
    series, place, e = series[order], place[order], np.asarray(residual, dtype=np.float64)[order]
    if ((series[1:] == series[:-1]) & (place[1:] == place[:-1])).any():
        raise ValueError("a series has two values at one place")
    n = np.bincount(series)
    e = _centred(e, series, n)
    total = np.bincount(series, weights=e * e, minlength=n.size)
    products = np.zeros((n.size, lags))
    pairs = np.zeros((n.size, lags), dtype=np.int64)
    # A value k places before stands at most k rows before, so stepping back row by row meets every pair.
    for back in range(1, lags + 1):
        apart = place[back:] - place[:-back]
        met = np.flatnonzero((series[back:] == series[:-back]) & (apart <= lags))
        if not met.size:
            break
        cell = series[met].astype(np.int64) * lags + apart[met] - 1
        found = np.bincount(cell, weights=e[met + back] * e[met], minlength=n.size * lags)
        products += found.reshape(n.size, lags)
        pairs += np.bincount(cell, minlength=n.size * lags).reshape(n.size, lags)
    known = (pairs > 0) & (total > 0)[:, None]
    r = np.divide(products, total[:, None], out=np.full(products.shape, np.nan), where=known)
    return r, pairs, n


def _centred(e: FloatArray, series: NDArray[Any], n: IntArray) -> FloatArray:
    """Take the mean of each series off, and bring its largest value to 1; all 0 for a constant series."""
    if not e.size:
        return e
    # The first value goes before the mean: on a high level the digits of the steps would be lost in the sum.
    e = e - e[np.append(0, np.cumsum(n)[:-1])[series].clip(max=e.size - 1)]
    largest = np.zeros(n.size)
    np.maximum.at(largest, series, np.abs(e))
    e = e / np.where(largest > 0, largest, 1.0)[series]
    mean = np.bincount(series, weights=e, minlength=n.size) / np.maximum(n, 1)
    return np.where(largest[series] > 0, e - mean[series], 0.0)
