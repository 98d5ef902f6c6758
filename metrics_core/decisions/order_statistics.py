"""Cuts at the k-th lowest row of a class: what the rank alone says about rows yet to come.

Recall and the false positive rate change one way along the cut, so each promise is a rank among the rows of one class:
for every distribution of scores, continuous or tied, and with no correction for having looked at all cuts.
"""

from __future__ import annotations

from bisect import bisect_right
from math import ceil, log, log1p
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..tally import ScoreTally
from ..tally.outcomes import FloatArray


def highest_rank(rows: int, allowed: float, risk: float) -> int:
    """Find the highest rank whose row may be the cut: so many of the lowest rows of a class are given up, less one.

    Parameters
    ----------
    rows : int
        Of the class.
    allowed : float
        Share of the class that may lie below the cut, a fraction.
    risk : float
        Chance that more do.

    Returns
    -------
    int
        From 1 for the lowest row; 0 when these rows are too few.

    References
    ----------
    For the false positive rate: Tong, Feng and Li (2018), doi:10.1126/sciadv.aao1659

    Examples
    --------
    >>> [highest_rank(rows, 0.1, 0.05) for rows in (28, 29, 59, 300)]
    [0, 1, 2, 22]
    """
    from scipy.special import bdtr

    return bisect_right(range(rows + 1), risk, key=lambda k: float(bdtr(k, rows, allowed)))


def rows_needed(allowed: float, risk: float) -> int:
    """Count the rows of a class without which nothing can be promised.

    Examples
    --------
    >>> rows_needed(0.1, 0.05), rows_needed(0.05, 0.05)
    (29, 59)
    """
    rows = ceil(log(risk) / log1p(-allowed))
    # the quotient of two logarithms may miss a whole number by a rounding error, to either side
    return next((n for n in (rows - 1, rows) if n > 0 and (1 - allowed) ** n <= risk), rows + 1)


def rate_low(hits: ArrayLike, rows: ArrayLike, risk: float) -> FloatArray:
    """Lower end of a rate after Clopper and Pearson, for any shape; the true rate is lower with a chance of ``risk``.

    References
    ----------
    Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404

    Examples
    --------
    >>> rate_low([29, 0], 29, 0.05).round(4)
    array([0.9019, 0.    ])
    """
    from scipy.special import betaincinv

    hit, n = np.broadcast_arrays(np.asarray(hits, dtype=np.float64), np.asarray(rows, dtype=np.float64))
    some = (
        hit > 0
    )  # the beta distribution of no hits is a point at 0, which its quantile function does not know
    return np.where(some, betaincinv(np.where(some, hit, 1.0), np.where(some, n - hit, 0.0) + 1.0, risk), 0.0)


def at_rank(at_or_above: NDArray[Any], rank: ArrayLike) -> NDArray[np.int64]:
    """Find the entry that holds the row of a rank, counted from the highest score.

    Parameters
    ----------
    at_or_above : (D,) array
        Rows with a score at or above each entry, as ``ScoreTally.tp`` has them.
    rank : array-like of int
        From 1 to the number of rows.

    Returns
    -------
    array of int64
        Positions, of the shape of ``rank``.
    """
    return np.asarray(at_or_above.size - 1 - np.searchsorted(at_or_above[::-1], rank, side="left"))


def recall_cut(tally: ScoreTally, rank: int) -> float:
    """Return the cut that keeps all but ``rank - 1`` positives: their score, or the edge of the bin below it."""
    return float(tally.score[at_rank(tally.tp, int(tally.n_pos) - rank + 1)])


def fpr_cut(tally: ScoreTally, rank: int) -> tuple[float, float]:
    """Return the least cut above the ``rank``-th highest negative, and the next score that a row has.

    Of bins that negative may be anywhere in its bin, so the cut is above all of it. Above every row both are the same.
    """
    at = int(at_rank(tally.fp, rank))
    least = float(np.nextafter((tally.score if tally.top is None else tally.top)[at], np.inf))
    flagged = tally.tp + tally.fp
    above = int(flagged[at + 1]) if at + 1 < flagged.size else 0
    return least, float(tally.score[at_rank(flagged, above)]) if above else least
