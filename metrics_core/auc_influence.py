"""How sure the AUC of many classes is: the interval of each single AUC, and how much each row moves their mean.

An AUC is a mean over pairs of rows, so its standard error comes from each row's own mean over its pairs (DeLong,
DeLong and Clarke-Pearson 1988, doi:10.2307/2531595). A mean of several AUCs adds these up row by row, which keeps
the correlation between classes that share their rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from .auc_interval import LOGIT_ABOVE, MIN_OUT_OF_ORDER, hanley_mcneil
from .cases import ClassCases
from .tally.outcomes import FloatArray


@dataclass(frozen=True, eq=False)
class MeanAuc:
    """How sure a mean of AUCs is.

    Attributes
    ----------
    low, high : float
        Ends of its interval, of rows that are independent.
    unseen : tuple of float
        How far the AUCs without a row out of order may draw the mean down and up; nothing in the rows tells.
    error : float
        Standard error, of rows that are independent.
    influence : (n,) float64
        Derivative of the mean by the weight of each row, stretched by the small-sample factor of the row's side.
    """

    low: float
    high: float
    unseen: tuple[float, float]
    error: float
    influence: FloatArray


def mean_auc(cases: ClassCases, value: float, z: float, *, one_vs_one: bool) -> MeanAuc:
    """Combine the intervals of the single AUCs to that of their mean.

    Each AUC has its own interval: DeLong's, on the logit scale near 0 and 1, or Hanley and McNeil's where hardly a
    row is out of order. How far their ends are from the AUCs is added up like standard errors, with the correlations
    that the influence of the rows gives them. Of two classes with opposite probabilities that is the interval of the
    one AUC.

    Parameters
    ----------
    cases : ClassCases
        With probabilities, and two classes with rows or more.
    value : float
        The mean.
    z : float
        Quantile of the normal distribution, 1.96 for 95 %.
    one_vs_one : bool
        Whether each class is compared with each other one, not with the rest.

    Returns
    -------
    MeanAuc

    References
    ----------
    Zou and Donner (2008), doi:10.1002/sim.3095
    """
    weight, n = _weights(cases), len(cases)
    squares = weight if cases.frequency else weight**2
    moved, n_parts = np.zeros(n), 0
    sides, unseen = (np.zeros(n), np.zeros(n)), [0.0, 0.0]
    for part in _one_vs_one(cases) if one_vs_one else _one_vs_rest(cases):
        n_parts += 1
        units = [_units(cases, rows, squares) for rows in (part.pos, part.neg)]
        rows = np.concatenate([part.pos, part.neg])
        stretched = np.concatenate([x * _factor(n) for x, n in zip(part.influence, units, strict=True)])
        error = sqrt(float((squares[rows] * stretched**2).sum()))
        low, high = _ends(part.auc, error, units[0], units[1], z)
        moved[rows] += stretched
        for i, reach in enumerate((part.auc - low, high - part.auc)):
            if error > 0:
                sides[i][rows] += stretched * (reach / error)
            else:
                unseen[i] += reach**2
    down, up = (sqrt(float((squares * side**2).sum()) + alone) / n_parts for side, alone in zip(sides, unseen, strict=True))  # fmt: skip
    return MeanAuc(
        low=max(value - down, 0.0),
        high=min(value + up, 1.0),
        unseen=(sqrt(unseen[0]) / n_parts, sqrt(unseen[1]) / n_parts),
        error=sqrt(float((squares * moved**2).sum())) / n_parts,
        influence=moved / n_parts,
    )


@dataclass(frozen=True, eq=False)
class _Part:
    """One of the AUCs: positions of the rows of either side, and how much each row moves it."""

    auc: float
    pos: NDArray[np.int64]
    neg: NDArray[np.int64]
    influence: tuple[FloatArray, FloatArray]


def _one_vs_rest(cases: ClassCases) -> Iterator[_Part]:
    """Compare each class that has rows, and leaves some, with the rest."""
    weight, probabilities = _weights(cases), _probabilities(cases)
    support = np.bincount(cases.truth, weights=weight, minlength=len(cases.labels))
    for code in np.flatnonzero((support > 0) & (support < weight.sum())):
        own = cases.truth == code
        yield _compared(probabilities[:, code], np.flatnonzero(own), np.flatnonzero(~own), weight)


def _one_vs_one(cases: ClassCases) -> Iterator[_Part]:
    """Compare each class with each other one by its own probability."""
    weight, probabilities = _weights(cases), _probabilities(cases)
    support = np.bincount(cases.truth, weights=weight, minlength=len(cases.labels))
    order = np.argsort(cases.truth, kind="stable")
    ends = np.searchsorted(cases.truth[order], np.arange(len(cases.labels) + 1))
    rows = [order[a:b] for a, b in pairwise(ends)]
    used = np.flatnonzero(support > 0)
    for a in used:
        for b in used:
            if a != b:
                yield _compared(probabilities[:, a], rows[a], rows[b], weight)


def _compared(score: FloatArray, pos: NDArray[np.int64], neg: NDArray[np.int64], weight: FloatArray) -> _Part:
    """Compute one AUC and the influence of its rows."""
    below = _share_below(score[pos], score[neg], weight[neg])
    above = 1 - _share_below(score[neg], score[pos], weight[pos])
    totals = float(weight[pos].sum()), float(weight[neg].sum())
    auc = float((below * weight[pos]).sum()) / totals[0]
    return _Part(auc, pos, neg, ((below - auc) / totals[0], (above - auc) / totals[1]))


def _share_below(values: FloatArray, others: FloatArray, weight: FloatArray) -> FloatArray:
    """Share of the weight of the others that lies below each value, ties counting half."""
    order = np.argsort(others)
    ordered = others[order]
    summed = np.concatenate([[0.0], np.cumsum(weight[order])])
    left, right = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    return np.asarray((summed[left] + summed[right]) / (2 * summed[-1]))


def _units(cases: ClassCases, rows: NDArray[np.int64], squares: FloatArray) -> float:
    """Count the independent units of a side: effective rows, or groups of rows that belong together."""
    if cases.together is not None:
        return float(np.unique(cases.together[rows]).size)
    total = float(_weights(cases)[rows].sum())
    return total * (total / float(squares[rows].sum()))


def _factor(n: float) -> float:
    """Stretch the influence of n units so that their squares add up to an unbiased variance."""
    return sqrt(n / (n - 1)) if n > 1 else 1.0


def _ends(auc: float, error: float, n_pos: float, n_neg: float, z: float) -> tuple[float, float]:
    """Interval of one AUC, by the rules of ``auc_interval``."""
    if min(n_pos, n_neg) * min(auc, 1 - auc) < MIN_OUT_OF_ORDER:
        return hanley_mcneil(auc, n_pos, n_neg, z)
    if 1 - LOGIT_ABOVE <= auc <= LOGIT_ABOVE:
        return max(0.0, auc - z * error), min(1.0, auc + z * error)
    step = float(np.exp(z * error / (auc * (1 - auc))))
    return auc / (auc + (1 - auc) * step), auc / (auc + (1 - auc) / step)


def _weights(cases: ClassCases) -> FloatArray:
    """Weights of the rows, 1 without any."""
    return np.ones(len(cases)) if cases.weight is None else cases.weight


def _probabilities(cases: ClassCases) -> FloatArray:
    """Probabilities of the classes, which must be there."""
    if cases.probabilities is None:
        raise ValueError("cases without probabilities have no AUC")
    return cases.probabilities
