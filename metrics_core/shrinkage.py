"""Rates of the groups of one column pulled towards the rate of all of them: the fewer rows, the further.

The rates of small groups lie far out by chance alone, so they would lead every list. Here the rates of the groups are
taken as drawn from one beta distribution, fitted by moments; each group's rows then say how far its rate may stand
off. It is no test: it says where the rate of a group most probably lies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .metrics.counts import ratio
from .tally.outcomes import FloatArray

#: Rows of the pooled rate for groups that differ no more than chance explains.
_STRONGEST = 1e6


@dataclass(frozen=True, eq=False)
class Shrunk:
    """The rates of G groups of one column; each array ``(G,)``, NaN where a group has no rows.

    Attributes
    ----------
    pooled : float
        The rate of all groups together, to which they are pulled.
    strength : float
        As how many rows of that rate each group gets beside its own.
    value, low, high : float64
        Mean of the posterior distribution of the rate, and the ends of its middle 95 %.
    above : float64
        Chance that the rate lies above ``pooled``.
    """

    pooled: float
    strength: float
    value: FloatArray
    low: FloatArray
    high: FloatArray
    above: FloatArray


def shrunk_rates(part: ArrayLike, of: ArrayLike, *, level: float = 0.95) -> Shrunk:
    """Pull the rates of the groups of one column together.

    Parameters
    ----------
    part, of : array-like of shape (G,)
        Rows that a rate counts, and among which; effective rows where rows have weights. No row is in two groups.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    Shrunk

    Raises
    ------
    ValueError
        If a group counts more rows than it has.

    Examples
    --------
    >>> found = shrunk_rates([3, 30, 10, 60], [3, 200, 100, 300])
    >>> found.value.round(3).tolist()
    [0.278, 0.152, 0.112, 0.198]

    References
    ----------
    Efron and Morris (1975), doi:10.1080/01621459.1975.10479864; Kleinman (1973), doi:10.1080/01621459.1973.10481332,
    the moments
    """
    k, n = np.asarray(part, dtype=np.float64), np.asarray(of, dtype=np.float64)
    if (k > n * (1 + 1e-9)).any() or (k < 0).any():
        raise ValueError("a rate counts between none and all of its rows")
    pooled = float(ratio(k.sum(), n.sum()))
    strength = _strength(k, n, pooled)
    value = np.where(n > 0, ratio(k + strength * pooled, n + strength), np.nan)
    if not 0 < pooled < 1:  # all groups are alike: nothing to pull, and no beta distribution
        alike = np.where(n > 0, pooled, np.nan)
        return Shrunk(pooled, strength, value, alike, alike, np.where(n > 0, 0.0, np.nan))
    from scipy.special import betaincc, betaincinv

    a, b = k + strength * pooled, np.maximum(n - k, 0.0) + strength * (1 - pooled)
    tail = (1 - level) / 2
    low, high, above = (
        np.where(n > 0, np.asarray(x, dtype=np.float64), np.nan)
        for x in (betaincinv(a, b, tail), betaincinv(a, b, 1 - tail), betaincc(a, b, pooled))
    )
    return Shrunk(pooled, strength, value, low, high, above)


def _strength(k: FloatArray, n: FloatArray, pooled: float) -> float:
    """Fit the beta distribution: the spread of the rates beyond what so few rows explain says how much to pull."""
    known = n > 0
    if np.count_nonzero(known) < 2 or not 0 < pooled < 1:
        return _STRONGEST
    rate, share = k[known] / n[known], n[known] / n.sum()
    # the pooled rate is made of the groups themselves, hence 1 - share
    by_chance = float((share * (1 - share) * pooled * (1 - pooled) / n[known]).sum())
    beyond = (float((share * (rate - pooled) ** 2).sum()) - by_chance) / float((share * (1 - share)).sum())
    if not beyond > 0:
        return _STRONGEST
    return min(max(pooled * (1 - pooled) / beyond - 1, 1.0), _STRONGEST)
