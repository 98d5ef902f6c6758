"""Curves thinned to what a screen can show: fewer points, all of them points of the curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .tally.outcomes import FloatArray

#: No curve has more points than this.
MAX_POINTS = 5000


def even_in_arc_length(x: FloatArray, y: FloatArray, n: int) -> NDArray[np.int64]:
    """Pick points of a curve evenly along its length, both ends and the corners of long steps included: at most 2n + 2."""
    if x.size <= n:
        return np.arange(x.size)
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    wanted = np.linspace(0.0, length[-1], n)
    at = np.searchsorted(length, wanted)
    return np.unique(np.concatenate([[0], at - 1, at, [x.size - 1]]).clip(0, x.size - 1))


def extremes_by_column(x: FloatArray, y: FloatArray, columns: int) -> NDArray[np.int64]:
    """Keep the first, last, lowest and highest point of each pixel column of a curve with ascending x."""
    if x.size <= columns:
        return np.arange(x.size)
    column = np.minimum((x - x[0]) / max(x[-1] - x[0], 1e-300) * columns, columns - 1).astype(np.int64)
    start = np.flatnonzero(np.diff(column, prepend=-1))
    end = np.append(start[1:], x.size) - 1
    low, high = np.lexsort((y, column))[start], np.lexsort((-y, column))[start]
    return np.unique(np.concatenate([start, end, low, high]))
