"""How sure a rate is: Wilson's interval on the rows it is counted on."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .tally import Outcomes
from .tally.outcomes import FloatArray


def wilson(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Wilson's score interval of a rate, for any shape; NaN without trials.

    Examples
    --------
    >>> low, high = wilson(81, 263)
    >>> round(float(low), 4), round(float(high), 4)
    (0.2553, 0.3662)

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953; Brown, Cai and DasGupta (2001), doi:10.1214/ss/1009213286
    """
    z2 = z_of(level) ** 2
    n = np.where(np.asarray(trials, dtype=np.float64) > 0, trials, np.nan)
    p = np.asarray(successes / n, dtype=np.float64)
    centre, half = p + z2 / (2 * n), np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n)))
    low, high = (centre - half) / (1 + z2 / n), (centre + half) / (1 + z2 / n)
    return np.where(p == 0, 0.0, np.maximum(low, 0.0)), np.where(p == 1, 1.0, np.minimum(high, 1.0))


@cache
def rate_cells(fn: Callable[..., Any]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find which of tp, fp, fn, tn a rate counts, and among which: asked of four tables with a single row.

    Raises
    ------
    ValueError
        If the metric is not the share of some cells among others.

    Examples
    --------
    >>> from metrics_core.metrics.counts import precision
    >>> [cells.tolist() for cells in rate_cells(precision)]
    [[True, False, False, False], [True, True, False, False]]
    """
    of_one_row = np.asarray(fn(Outcomes(*np.eye(4))))
    part, whole = of_one_row == 1, ~np.isnan(of_one_row)
    if not np.isin(of_one_row[whole], (0.0, 1.0)).all() or not part.any():
        raise ValueError(f"{fn!r} is not a share of rows among rows, so it has no Wilson interval")
    return part, whole


def z_of(level: float) -> float:
    """Quantile of the normal distribution, 1.96 for 95 %."""
    if not 0 < level < 1:
        raise ValueError(f"the level of an interval lies between 0 and 1, not at {level:g}")
    return NormalDist().inv_cdf((1 + level) / 2)
