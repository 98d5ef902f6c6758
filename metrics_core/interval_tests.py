"""Do predicted intervals hold what they promise: tests of how often the truth lies outside, and of whether misses come together."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log, nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .tally.outcomes import FloatArray

#: Rows below which the second test is not made.
FEWEST = 20


def clopper_pearson(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Interval of a rate that holds at least its level whatever the rate is, for any shape; NaN without trials.

    Parameters
    ----------
    successes, trials : array-like
        Rows, or effective rows of weighted ones.
    level : float

    Returns
    -------
    low, high : float64, fractions

    References
    ----------
    Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404

    Examples
    --------
    >>> low, high = clopper_pearson([81, 0], [263, 10])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2527, 0.0], [0.3676, 0.3085])
    """
    from scipy.special import betaincinv

    k, n = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64))
    tail, known = (1 - level) / 2, n > 0
    k = np.minimum(k, n)
    with np.errstate(invalid="ignore"):
        low = np.where(k > 0, betaincinv(np.where(k > 0, k, 1.0), np.maximum(n - k + 1, 1e-300), tail), 0.0)
        high = np.where(k < n, betaincinv(k + 1, np.where(k < n, n - k, 1.0), 1 - tail), 1.0)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


@dataclass(frozen=True)
class LikelihoodRatio:
    """A likelihood-ratio test with one degree of freedom.

    Attributes
    ----------
    statistic, p : float
        NaN when the test cannot be made.
    reason : str
        Why it cannot be made.
    """

    statistic: float
    p: float
    reason: str = ""


def kupiec(inside: float, n: float, level: float) -> LikelihoodRatio:
    """Test whether the share of truths inside is the level (unconditional coverage).

    Parameters
    ----------
    inside, n : float
        Rows whose truth lies inside, and all; effective rows of weighted ones.
    level : float
        What the interval promises, a fraction.

    References
    ----------
    Kupiec (1995), doi:10.3905/jod.1995.407942

    Examples
    --------
    >>> found = kupiec(246, 255, 0.99)
    >>> round(found.statistic, 3), round(found.p, 4)
    (9.967, 0.0016)
    """
    if not n > 0:
        return LikelihoodRatio(nan, nan, "there are no rows")
    share = min(max(inside / n, 0.0), 1.0)
    statistic = 2 * (_likelihood(inside, n - inside, share) - _likelihood(inside, n - inside, level))
    return _of_chi_squared(statistic)


@dataclass(frozen=True)
class Together(LikelihoodRatio):
    """Whether misses come one after the other.

    Attributes
    ----------
    after_miss, after_hit : float
        Share of misses among the rows right after a miss, and after a hit; equal when misses do not come together.
    pairs : int
        Pairs of neighbouring rows.
    """

    after_miss: float = nan
    after_hit: float = nan
    pairs: int = 0


def christoffersen(missed: NDArray[np.bool_], series: NDArray[np.integer] | None = None) -> Together:
    """Test whether a miss says something about the next row (independence of the misses).

    Parameters
    ----------
    missed : (n,) bool
        Whether the truth lies outside, in the order of time within each series.
    series : (n,) integer, optional
        Rows of one series stand together; only rows of the same one are neighbours.

    Returns
    -------
    Together

    References
    ----------
    Christoffersen (1998), doi:10.2307/2527341

    Examples
    --------
    >>> found = christoffersen(np.array([0, 0, 0, 0, 1, 1, 1, 0, 0, 0] * 3, dtype=bool))
    >>> round(found.after_miss, 3), round(found.after_hit, 3), round(found.statistic, 3)
    (0.667, 0.15, 7.558)
    """
    if missed.size < FEWEST:
        return Together(nan, nan, f"fewer than {FEWEST} rows")
    before, now = missed[:-1], missed[1:]
    if series is not None:
        same = series[1:] == series[:-1]
        before, now = before[same], now[same]
    n = [[int((now[before == b] == a).sum()) for a in (False, True)] for b in (False, True)]
    pairs = int(before.size)
    if not sum(n[1]):
        return Together(nan, nan, "no truth outside has a row after it", nan, nan, pairs)
    if not sum(n[0]):
        return Together(nan, nan, "no truth inside has a row after it", nan, nan, pairs)
    shares = [row[1] / sum(row) for row in n]
    both = (n[0][1] + n[1][1]) / pairs
    statistic = 2 * (
        sum(_likelihood(row[1], row[0], share) for row, share in zip(n, shares, strict=True))
        - _likelihood(n[0][1] + n[1][1], n[0][0] + n[1][0], both)
    )
    found = _of_chi_squared(statistic)
    return Together(found.statistic, found.p, "", shares[1], shares[0], pairs)


def _likelihood(hits: float, others: float, share: float) -> float:
    """Log likelihood of so many hits with a share; 0 times the logarithm of 0 is 0."""
    found = 0.0
    for count, chance in ((hits, share), (others, 1 - share)):
        if count > 0:
            found += count * log(chance) if chance > 0 else -float("inf")
    return found


def _of_chi_squared(statistic: float) -> LikelihoodRatio:
    """Add the p-value of the chi-squared distribution with one degree of freedom."""
    from scipy.special import chdtrc

    if not isfinite(statistic):
        return LikelihoodRatio(nan, nan, "the level is 0 or 1")
    statistic = max(statistic, 0.0)  # rounding may take a zero below 0
    return LikelihoodRatio(statistic, float(chdtrc(1.0, statistic)))
