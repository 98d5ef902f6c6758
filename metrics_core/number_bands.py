"""Predicted intervals and quantiles: how often they hold, and how much wider they would have to be."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from .number_cases import NumberCases
from .rate_interval import wilson
from .tally.outcomes import FloatArray

#: Parts that the rows are dealt into to see what a correction does to rows it was not made from.
_FOLDS = 5


@dataclass(frozen=True)
class Widening:
    """What split conformal prediction would do to the predicted intervals of one level.

    Attributes
    ----------
    level : float
    coverage, low, high : float
        Share of the truths inside now, with its 95 % interval (Wilson).
    width : float
        Mean width now, in the unit of the target.
    moved : float
        By how much both ends have to move outwards; below 0 inwards. Infinite when the rows are too few for the level.
    after : float
        Coverage of the corrected intervals on rows that the correction was not made from (five parts, each corrected
        from the other four); NaN when they are too few.
    rows : int
    """

    level: float
    coverage: float
    low: float
    high: float
    width: float
    moved: float
    after: float
    rows: int

    @property
    def width_after(self) -> float:
        """Mean width of the corrected intervals; one that would end before it starts has none."""
        return max(self.width + 2 * self.moved, 0.0)


def widening(cases: NumberCases, place: int, *, seed: int = 0) -> Widening:
    """Compute the correction of one predicted interval (Romano, Patterson and Candès 2019, arXiv:1905.03222).

    Parameters
    ----------
    cases : NumberCases
        With predicted intervals; rows should not be those the model learnt from.
    place : int
        Which of ``cases.levels``.
    seed : int
        Deals the rows into parts.
    """
    if cases.lower is None or cases.upper is None:
        raise ValueError("there are no predicted intervals")
    level = cases.levels[place]
    low, high = cases.lower[:, place], cases.upper[:, place]
    w = np.ones(len(cases)) if cases.weight is None else cases.weight
    outside = np.maximum(low - cases.truth, cases.truth - high)  # below 0 inside
    total = float(w.sum())
    inside = float((w * (outside <= 0)).sum()) / total if total > 0 else float("nan")
    n = cases.effective_n
    ends = wilson(inside * n, n)
    return Widening(
        level, inside, float(ends[0]), float(ends[1]), float((w * (high - low)).sum()) / total,
        conformal(outside, w, level), _after(outside, w, level, seed), len(cases),
    )  # fmt: skip


def conformal(score: FloatArray, weight: FloatArray, level: float) -> float:
    """Return the score that a level of all rows, and of one row to come, stays below; infinite when rows are too few.

    Examples
    --------
    >>> conformal(np.arange(1.0, 20.0), np.ones(19), 0.9)
    18.0
    >>> conformal(np.arange(1.0, 6.0), np.ones(5), 0.9)
    inf
    """
    order = np.argsort(score, kind="stable")
    order = order[weight[order] > 0]
    if not order.size:
        return float("inf")
    if np.ptp(weight[order]) == 0:
        at = ceil((order.size + 1) * level - 1e-9) - 1
        return float(score[order[at]]) if at < order.size else float("inf")
    summed = np.cumsum(weight[order])
    goal = level * (summed[-1] + weight[order].max())  # the row to come may weigh as much as the heaviest
    at = int(np.searchsorted(summed, goal - 1e-9 * summed[-1]))
    return float(score[order[at]]) if at < order.size else float("inf")


def _after(score: FloatArray, weight: FloatArray, level: float, seed: int) -> float:
    """Coverage of rows corrected from the rows of all other parts."""
    part = np.random.default_rng(seed).permutation(score.size) % _FOLDS
    held = 0.0
    for fold in range(_FOLDS):
        own = part == fold
        moved = conformal(score[~own], weight[~own], level)
        if not np.isfinite(moved):
            return float("nan")
        held += float(weight[own & (score <= moved)].sum())
    total = float(weight.sum())
    return held / total if total > 0 else float("nan")


@dataclass(frozen=True, eq=False)
class Reached:
    """In which gap between the predicted quantiles the truths lie: the PIT in bins; each array ``(Q + 1,)``.

    Attributes
    ----------
    low, high : float64
        Shares that bound the gap: 0, the quantiles' shares, 1.
    rows : float64
        Sum of the weights.
    expected : float64
        What perfect quantiles would give.
    band_low, band_high : float64
        Where the sums of perfect quantiles lie in 95 % of the samples, by the normal approximation.
    """

    low: FloatArray
    high: FloatArray
    rows: FloatArray
    expected: FloatArray
    band_low: FloatArray
    band_high: FloatArray


def reached(cases: NumberCases, *, seed: int = 0) -> Reached:
    """Count the truths between the predicted quantiles; one that equals a quantile falls on either side by chance.

    Parameters
    ----------
    cases : NumberCases
        With predicted quantiles.
    seed : int
        Of the chance.
    """
    if cases.quantiles is None:
        raise ValueError("there are no predicted quantiles")
    w = np.ones(len(cases)) if cases.weight is None else cases.weight
    ordered = np.sort(cases.quantiles, axis=1)
    below = (cases.truth[:, np.newaxis] > ordered).sum(1)
    ties = (cases.truth[:, np.newaxis] == ordered).sum(1)
    place: NDArray[np.int64] = below + np.random.default_rng(seed).integers(0, ties + 1)
    edges = np.array([0.0, *cases.shares, 1.0])
    rows = np.bincount(place, weights=w, minlength=edges.size - 1).astype(np.float64)
    share, total = np.diff(edges), float(w.sum())
    reach = 1.96 * total * np.sqrt(share * (1 - share) / max(cases.effective_n, 1.0))
    expected = total * share
    return Reached(edges[:-1], edges[1:], rows, expected, np.maximum(expected - reach, 0.0), expected + reach)


def share_below(cases: NumberCases) -> tuple[tuple[float, float, float, float], ...]:
    """Return for each predicted quantile its share, the share of truths at or below it, and the 95 % interval of that."""
    if cases.quantiles is None:
        raise ValueError("there are no predicted quantiles")
    w = np.ones(len(cases)) if cases.weight is None else cases.weight
    n, found = cases.effective_n, []
    for share, column in zip(cases.shares, cases.quantiles.T, strict=True):
        below = float((w * (cases.truth <= column)).sum() / w.sum())
        low, high = wilson(below * n, n)
        found.append((share, below, float(low), float(high)))
    return tuple(found)
