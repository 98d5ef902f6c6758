"""How much each row moves the AUC of many classes: the way to its standard error.

An AUC is a mean over pairs of rows, so its standard error comes from each row's own mean over its pairs (DeLong,
DeLong and Clarke-Pearson 1988, doi:10.2307/2531595). A mean of several AUCs adds these up row by row, which keeps
the correlation between classes that share their rows.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .cases import ClassCases
from .tally.outcomes import FloatArray


def ovr_influence(cases: ClassCases) -> FloatArray:
    """Influence of each row on the mean AUC of each class against the rest.

    Returns
    -------
    (n,) float64
        Derivative of the metric by the row's weight; the sum over all rows, each times its weight, is 0.
    """
    weight, probabilities = _weights(cases), _probabilities(cases)
    support = np.bincount(cases.truth, weights=weight, minlength=len(cases.labels))
    total = float(weight.sum())
    used = [c for c in range(len(cases.labels)) if 0 < support[c] < total]
    moved = np.zeros(len(cases))
    for code in used:
        own = cases.truth == code
        moved += _pair(probabilities[:, code], own, ~own, weight) / len(used)
    return moved


def ovo_influence(cases: ClassCases) -> FloatArray:
    """Influence of each row on the mean AUC over ordered pairs of classes, ``(n,)`` as in ``ovr_influence``."""
    weight, probabilities = _weights(cases), _probabilities(cases)
    support = np.bincount(cases.truth, weights=weight, minlength=len(cases.labels))
    used = np.flatnonzero(support > 0)
    order = np.argsort(cases.truth, kind="stable")
    ends = np.searchsorted(cases.truth[order], np.arange(len(cases.labels) + 1))
    rows = [order[a:b] for a, b in pairwise(ends)]
    moved = np.zeros(len(cases))
    for a in used:
        for b in used:
            if a != b:
                both = np.concatenate([rows[a], rows[b]])
                own = np.arange(both.size) < rows[a].size
                share = _pair(probabilities[both, a], own, ~own, weight[both])
                moved[both] += share / (used.size * (used.size - 1))
    return moved


def _pair(score: FloatArray, positive: NDArray[np.bool_], negative: NDArray[np.bool_], weight: FloatArray) -> FloatArray:  # fmt: skip
    """Influence of each row on one AUC."""
    out = np.zeros(score.size)
    sides = (positive, negative)
    totals = [float(weight[side].sum()) for side in sides]
    below = _share_below(score[positive], score[negative], weight[negative])
    above = 1 - _share_below(score[negative], score[positive], weight[positive])
    auc = float((below * weight[positive]).sum() / totals[0])
    out[positive] = (below - auc) / totals[0]
    out[negative] = (above - auc) / totals[1]
    return out


def _share_below(values: FloatArray, others: FloatArray, weight: FloatArray) -> FloatArray:
    """Share of the weight of the others that lies below each value, ties counting half."""
    order = np.argsort(others)
    ordered = others[order]
    summed = np.concatenate([[0.0], np.cumsum(weight[order])])
    left, right = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    return np.asarray((summed[left] + summed[right]) / (2 * summed[-1]))


def _weights(cases: ClassCases) -> FloatArray:
    """Weights of the rows, 1 without any."""
    return np.ones(len(cases)) if cases.weight is None else cases.weight


def _probabilities(cases: ClassCases) -> FloatArray:
    """Probabilities of the classes, which must be there."""
    if cases.probabilities is None:
        raise ValueError("cases without probabilities have no AUC")
    return cases.probabilities
