"""How sure a ROC AUC is, from the score tally in one pass: DeLong, and Hanley and McNeil where DeLong fails.

DeLong's variance comes from the rows that are out of order. With hardly any of them it is far too small, and at an
AUC of 1 it is 0. See ``docs/intervals.md`` for the simulations behind the switch.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from .metrics.counts import ratio
from .metrics.probabilities import roc_auc
from .tally import ScoreTally
from .tally.outcomes import FloatArray

#: Fewer rows of the smaller class than this expected out of order: DeLong's variance is not to be trusted.
MIN_OUT_OF_ORDER = 4.0
#: Beyond this AUC, or below its mirror image, the interval is symmetric on the logit scale.
LOGIT_ABOVE = 0.9


@dataclass(frozen=True)
class AucInterval:
    """Ends of an interval for the AUC and how they were computed."""

    low: float
    high: float
    method: str


def auc_interval(t: ScoreTally, n_pos: float, n_neg: float, z: float) -> AucInterval:
    """Compute the interval of the AUC of a tally without leading axes and with both classes.

    Parameters
    ----------
    t : ScoreTally
        Its ``squares`` count for the variance.
    n_pos, n_neg : float
        Effective number of rows of each class.
    z : float
        Quantile of the normal distribution, 1.96 for 95 %.

    Returns
    -------
    AucInterval
        With the method ``delong``, ``delong_logit`` or ``hanley_mcneil``.
    """
    auc = float(roc_auc(t))
    if min(n_pos, n_neg) * min(auc, 1 - auc) < MIN_OUT_OF_ORDER:
        return AucInterval(*hanley_mcneil(auc, n_pos, n_neg, z), "hanley_mcneil")
    sd = sqrt(float(delong_variance(t)))
    if 1 - LOGIT_ABOVE <= auc <= LOGIT_ABOVE:
        return AucInterval(max(0.0, auc - z * sd), min(1.0, auc + z * sd), "delong")
    step = np.exp(z * sd / (auc * (1 - auc)))
    return AucInterval(float(auc / (auc + (1 - auc) * step)), float(auc / (auc + (1 - auc) / step)), "delong_logit")  # fmt: skip


def delong_variance(t: ScoreTally) -> FloatArray:
    """Variance of the AUC over samples of rows, for every leading axis; NaN with less than two rows of a class.

    Each row's placement is the share of the other class it is in order with. Sampling weights enter as influences:
    the squared distance of a placement from the AUC counts with the squared weight of its row.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), doi:10.2307/2531595;
    Sun and Xu (2014), doi:10.1109/LSP.2014.2337313
    """
    squares = t if t.squares is None else t.squares
    auc, below = roc_auc(t)[..., np.newaxis], t.n_neg[..., np.newaxis] - t.fp
    of_pos = ratio(below + t.neg / 2, t.n_neg[..., np.newaxis])
    of_neg = ratio(t.tp - t.pos / 2, t.n_pos[..., np.newaxis])
    return _variance(of_pos - auc, squares.pos, t.n_pos) + _variance(of_neg - auc, squares.neg, t.n_neg)


def _variance(distance: FloatArray, squares: Any, weight: Any) -> FloatArray:
    """Variance of the weighted mean of a class, with the factor n/(n-1) of the effective number of its rows."""
    n = ratio(np.asarray(weight, dtype=np.float64) ** 2, squares.sum(-1))
    spread = ratio((squares * distance**2).sum(-1), np.asarray(weight, dtype=np.float64) ** 2)
    return spread * ratio(n, np.where(n > 1, n - 1, np.nan))


def hanley_mcneil(auc: float, n_pos: float, n_neg: float, z: float) -> tuple[float, float]:
    """Find the AUCs whose own standard error explains the distance to the observed one (a score interval).

    Examples
    --------
    >>> low, high = hanley_mcneil(1.0, 20, 20, 1.96)
    >>> round(low, 3), high
    (0.899, 1.0)

    References
    ----------
    Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747;
    inverted as in Newcombe (2006), doi:10.1002/sim.2324
    """
    return _farthest(auc, 0.0, n_pos, n_neg, z), _farthest(auc, 1.0, n_pos, n_neg, z)


def _farthest(auc: float, end: float, n_pos: float, n_neg: float, z: float) -> float:
    """Bisect between the observed AUC and an end of the range."""
    inside, outside = auc, end
    for _ in range(60):
        middle = (inside + outside) / 2
        if (auc - middle) ** 2 <= z * z * _variance_at(middle, n_pos, n_neg):
            inside = middle
        else:
            outside = middle
    return end if abs(inside - end) < 1e-12 else inside


def _variance_at(auc: float, n_pos: float, n_neg: float) -> float:
    """Variance of the AUC if both classes' scores were exponential (Hanley and McNeil's Q1 and Q2)."""
    two_pos, two_neg = auc / (2 - auc) - auc**2, 2 * auc**2 / (1 + auc) - auc**2
    return (auc * (1 - auc) + (n_pos - 1) * two_pos + (n_neg - 1) * two_neg) / (n_pos * n_neg)
