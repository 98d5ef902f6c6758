"""How far two rates of different rows are apart, and which of many such differences chance explains."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .metrics.counts import ratio
from .rate_interval import wilson
from .tally.outcomes import FloatArray

#: Expected rows of the emptiest cell of a table below which its p-value is counted instead of approximated.
FEW_EXPECTED = 10.0
#: Probabilities this close to that of the table seen count as equal to it.
_SAME = 1e-9


def newcombe(
    successes: ArrayLike, trials: ArrayLike, other_successes: ArrayLike, other_trials: ArrayLike, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Interval of a rate minus another rate of other rows, from Wilson's interval of each.

    Parameters
    ----------
    successes, trials, other_successes, other_trials : array-like of one shape
        Rows, or effective rows of weighted ones.
    level : float
        0.95 for 95 %.

    Returns
    -------
    low, high : float64, between -1 and 1
        NaN where either has no trials.

    References
    ----------
    Newcombe (1998), method 10, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I

    Examples
    --------
    >>> low, high = newcombe(56, 70, 48, 80)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0524, 0.3339)
    """
    p, q = ratio(successes, trials), ratio(other_successes, other_trials)
    (p_low, p_high), (q_low, q_high) = (
        wilson(successes, trials, level),
        wilson(other_successes, other_trials, level),
    )
    low = p - q - np.hypot(p - p_low, q_high - q)
    high = p - q + np.hypot(p_high - p, q - q_low)
    return np.maximum(low, -1.0), np.minimum(high, 1.0)


def same_rate_p(
    successes: ArrayLike, trials: ArrayLike, other_successes: ArrayLike, other_trials: ArrayLike
) -> FloatArray:
    """Two-sided p-value of the hypothesis that two rates of different rows are equal.

    The pooled z-test; where a cell of the two-by-two table expects fewer than 10 rows, Fisher's test with half the
    weight of the table seen (mid-p), on whole rows.

    Parameters
    ----------
    successes, trials, other_successes, other_trials : array-like of one shape
        Rows, or effective rows of weighted ones.

    Returns
    -------
    float64 between 0 and 1; NaN where either has no trials, 1 where all rows are alike

    References
    ----------
    Lancaster (1961), doi:10.1080/01621459.1961.10482105

    Examples
    --------
    >>> same_rate_p([56, 3], [70, 3], [48, 1], [80, 4]).round(4).tolist()
    [0.008, 0.0857]
    """
    from scipy.special import ndtr

    given = (successes, trials, other_successes, other_trials)
    k, n, j, m = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in given))
    known = (n > 0) & (m > 0)
    share = ratio(k + j, n + m)
    n_known, m_known = (
        np.where(known, trials, np.nan) for trials in (n, m)
    )  # 0 of no trials is no error of 0
    error = np.sqrt(share * (1 - share) * (1 / n_known + 1 / m_known))
    p = np.where(error > 0, 2 * ndtr(-np.abs(ratio(ratio(k, n) - ratio(j, m), error))), 1.0)
    least = np.minimum(n, m) * np.minimum(share, 1 - share)
    out = np.atleast_1d(np.where(known, p, np.nan))
    for at in zip(*np.nonzero(np.atleast_1d(known & (least < FEW_EXPECTED) & (error > 0))), strict=True):
        out[at] = _counted_p(*(int(np.rint(np.atleast_1d(x)[at])) for x in (k, n, j, m)))
    return out.reshape(p.shape)


def benjamini_hochberg(p: ArrayLike) -> FloatArray:
    """P-values adjusted so that flagging all below q expects a share of at most q of false alarms among them.

    Parameters
    ----------
    p : array-like of shape (m,)
        NaN takes no part: it is no test.

    Returns
    -------
    (m,) float64; NaN where ``p`` is

    References
    ----------
    Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, float("nan")]).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    given = np.asarray(p, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(given))
    order = tested[np.argsort(given[tested], kind="stable")]
    adjusted = given[order] * tested.size / np.arange(1, tested.size + 1)
    out = np.full(given.shape, np.nan)
    out[order] = np.minimum(np.minimum.accumulate(adjusted[::-1])[::-1], 1.0)
    return out


def _counted_p(k: int, n: int, j: int, m: int) -> float:
    """Add up the probabilities of the tables with the same margins that are as unlikely as the one seen."""
    from scipy.special import gammaln

    def log_choose(of: NDArray[Any] | int, take: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(
            gammaln(np.add(of, 1.0)) - gammaln(take + 1.0) - gammaln(np.subtract(of, take) + 1.0)
        )

    total = k + j
    x = np.arange(max(0, total - m), min(n, total) + 1)
    logs = log_choose(n, x) + log_choose(m, total - x)
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    seen = weight[min(max(k - int(x[0]), 0), x.size - 1)]
    rarer, equal = weight < seen * (1 - _SAME), np.abs(weight - seen) <= seen * _SAME
    return float(min(1.0, weight[rarer].sum() + weight[equal].sum() / 2))
