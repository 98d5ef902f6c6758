"""Dynamic time warping: how far two courses are apart when one may run ahead of the other.

Every cell of the table of paths needs three cells before it, all of them on the two diagonals before. So a whole diagonal
is one step, and many pairs of courses go side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
#: The work grows with the square of the length; a course of more values than this is not compared.
LONGEST = 5000
#: Numbers in one diagonal of all pairs handled at once: a few such arrays stay in the processor's cache.
_CHUNK = 1 << 14


def dtw(truth: ArrayLike, predicted: ArrayLike) -> FloatArray:
    """Root of the sum of squared differences along the path that makes it least.

    A path goes from the first pair of values to the last one and moves on in either course or in both at once. There is
    no window: any value may be held against any other.

    Parameters
    ----------
    truth, predicted : array-like of shape (S, T), in the unit of the target

    Returns
    -------
    (S,) float64
        In the unit of the target, growing with the length of the path; never above the root of the sum of squared
        errors. NaN for a pair with a missing value, and for courses without values.

    Raises
    ------
    ValueError
        If the two are not tables of one shape.

    References
    ----------
    Sakoe and Chiba (1978), doi:10.1109/TASSP.1978.1163055; dtaidistance ``dtw.distance`` and tslearn ``dtw``

    Examples
    --------
    >>> dtw([[0.0, 0.0, 3.0, 0.0]], [[0.0, 3.0, 0.0, 0.0]]).tolist()
    [0.0]
    """
    y, f = np.asarray(truth, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if y.ndim != 2 or y.shape != f.shape:
        raise ValueError(f"two tables of one shape (S, T) are needed, not {y.shape} and {f.shape}")
    out = np.full(len(y), np.nan)
    if y.shape[1]:
        at_once = max(1, _CHUNK // y.shape[1])
        for start in range(0, len(y), at_once):
            some = slice(start, start + at_once)
            out[some] = _along_diagonals(np.ascontiguousarray(y[some].T), np.ascontiguousarray(f[some].T))
    return out


def trajectories(
    unit: NDArray[Any], place: NDArray[Any], truth: NDArray[Any], predicted: NDArray[Any]
) -> FloatArray:
    """Compare the true and the predicted course of each unit, such as one series from one origin.

    Parameters
    ----------
    unit : (n,) integer, from 0
    place : (n,) integer
        The order within a unit; a missing place leaves no hole.
    truth, predicted : (n,) float64, in the unit of the target

    Returns
    -------
    (U,) float64
        As `dtw` gives it; U is the highest unit plus 1. NaN for a unit without rows, with two rows of one place, with a
        missing value, or with more than `LONGEST` rows.

    Examples
    --------
    >>> unit, place = np.array([0, 0, 2]), np.array([7, 6, 1])
    >>> trajectories(unit, place, np.array([1.0, 2.0, 5.0]), np.array([1.0, 3.0, 4.0])).tolist()
    [1.0, nan, 1.0]
    """
    unit, place = np.asarray(unit), np.asarray(place)
    order = np.lexsort((place, unit))
    unit, place = unit[order], place[order]
    truth, predicted = np.asarray(truth, np.float64)[order], np.asarray(predicted, np.float64)[order]
    n = np.bincount(unit)
    first = np.cumsum(n) - n
    twice = np.zeros(n.size, dtype=bool)
    twice[unit[1:][(unit[1:] == unit[:-1]) & (place[1:] == place[:-1])]] = True
    out = np.full(n.size, np.nan)
    compared = (n > 0) & (n <= LONGEST) & ~twice
    for length in np.unique(n[compared]):
        same = np.flatnonzero(compared & (n == length))
        rows = first[same, None] + np.arange(length)
        out[same] = dtw(truth[rows], predicted[rows])
    return out


def _along_diagonals(y: FloatArray, f: FloatArray) -> FloatArray:
    """Fill the table of least sums diagonal by diagonal; y and f are ``(T, s)``."""
    n, s = y.shape
    # Entry i + 1 of a diagonal is the cell of the i-th true value. What is read beside the table has never been written.
    before, last, now = (np.full((n + 1, s), np.inf) for _ in range(3))
    cost = np.empty((n, s))
    backwards = f[::-1]
    with np.errstate(over="ignore", invalid="ignore"):  # infinite sums are sums, and NaN stays NaN
        for k in range(2 * n - 1):
            low, high = max(0, k - n + 1), min(k, n - 1) + 1
            d = cost[: high - low]
            np.subtract(y[low:high], backwards[n - 1 - k + low : n - 1 - k + high], out=d)
            np.multiply(d, d, out=d)
            cells = now[low + 1 : high + 1]
            if k == 0:
                cells[:] = d
            else:
                np.minimum(last[low:high], last[low + 1 : high + 1], out=cells)
                np.minimum(cells, before[low:high], out=cells)
                np.add(cells, d, out=cells)
            before, last, now = last, now, before
    return np.asarray(np.sqrt(last[n]))
