"""Predicted intervals and quantiles: how often they hold, and how much wider they would have to be."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from .interval_tests import clopper_pearson
from .number_cases import NumberCases
from .number_units import covariance, n_units, weights
from .rate_interval import wilson
from .tally.outcomes import FloatArray

#: Parts that the rows are dealt into to see what a correction does to rows it was not made from.
FOLDS = 5
#: Chance of the sample, were the quantiles right, below which something is said of them.
_SURE = 0.05


@dataclass(frozen=True)
class Widening:
    """What split conformal prediction would do to the predicted intervals of one level.

    Attributes
    ----------
    level : float
    coverage, low, high : float
        Share of the truths inside now, with its 95 % interval (Clopper and Pearson on ``told_by`` rows).
    width : float
        Mean width now, in the unit of the target.
    moved : float
        By how much both ends have to move outwards; below 0 inwards. Infinite when the rows are too few for the level.
    after : float
        Coverage of the corrected intervals on rows that the correction was not made from (five parts, each corrected
        from the other four); NaN when they are too few.
    rows : int
    told_by : float
        Independent rows that would tell as much of the coverage.
    """

    level: float
    coverage: float
    low: float
    high: float
    width: float
    moved: float
    after: float
    rows: int
    told_by: float

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
    w, score = weights(cases), outside(cases, place)
    total = float(w.sum())
    inside = float((w * (score <= 0)).sum()) / total if total > 0 else float("nan")
    n = told_by(cases, score <= 0)
    ends = clopper_pearson(inside * n, n)
    return Widening(
        level, inside, float(ends[0]), float(ends[1]), float((w * (high - low)).sum()) / total,
        conformal(score, w, level), _after(score, w, level, folds(cases, seed)), len(cases), n,
    )  # fmt: skip


def told_by(cases: NumberCases, hit: NDArray[np.bool_]) -> float:
    """Return how many independent rows would tell as much of a share (Korn and Graubard 1998).

    Parameters
    ----------
    cases : NumberCases
    hit : (n,) bool
        The rows of the share.

    Returns
    -------
    float
        Effective rows; fewer where rows belong together and are alike. Their groups where all rows are hits, or none.
    """
    n, w = cases.effective_n, weights(cases)
    if cases.together is None or not n > 0:
        return n
    share = float(w @ hit / w.sum())
    if not 0 < share < 1:
        return min(n, n_units(cases))
    variance = float(covariance(cases, (hit.astype(np.float64) - share)[:, np.newaxis])[0, 0])
    return min(n, share * (1 - share) / variance) if variance > 0 else n


def outside(cases: NumberCases, place: int) -> FloatArray:
    """Return how far each truth lies outside of an interval, ``(n,)``; below 0 inside, by its distance to the nearer end."""
    if cases.lower is None or cases.upper is None:
        raise ValueError("there are no predicted intervals")
    return np.asarray(np.maximum(cases.lower[:, place] - cases.truth, cases.truth - cases.upper[:, place]))


def folds(cases: NumberCases, seed: int) -> NDArray[np.int64]:
    """Deal the rows into parts at random, ``(n,)``; rows that belong together into the same one."""
    code: NDArray[np.int64] = np.arange(len(cases), dtype=np.int64)
    if cases.together is not None:
        code = np.unique(cases.together, return_inverse=True)[1].astype(np.int64)
    n = int(code.max(initial=-1)) + 1
    return np.asarray(np.random.default_rng(seed).permutation(n)[code] % FOLDS, dtype=np.int64)


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


def _after(score: FloatArray, weight: FloatArray, level: float, part: NDArray[np.int64]) -> float:
    """Coverage of rows corrected from the rows of all other parts."""
    order = np.argsort(score, kind="stable")  # sorted once; each part is in order then
    score, weight, part = score[order], weight[order], part[order]
    held = 0.0
    for fold in range(FOLDS):
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
        Where the sums of perfect quantiles lie in 95 % of the samples: quantiles of the binomial distribution, each gap
        alone, on the effective number of rows, or of groups of rows that belong together.
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
    w = weights(cases)
    ordered = np.sort(cases.quantiles, axis=1)
    below = (cases.truth[:, np.newaxis] > ordered).sum(1)
    ties = (cases.truth[:, np.newaxis] == ordered).sum(1)
    place: NDArray[np.int64] = below + np.random.default_rng(seed).integers(0, ties + 1)
    edges = np.array([0.0, *cases.shares, 1.0])
    rows = np.bincount(place, weights=w, minlength=edges.size - 1).astype(np.float64)
    share, total = np.diff(edges), float(w.sum())
    low, high = _binomial(share, n_units(cases))
    return Reached(edges[:-1], edges[1:], rows, total * share, total * low, total * high)


def _binomial(share: FloatArray, n: float) -> tuple[FloatArray, FloatArray]:
    """Return shares between which 95 % of the samples of so many rows lie."""
    from scipy.stats import binom

    rows = max(round(n), 1)
    return tuple(np.asarray(binom.ppf(tail, rows, share) / rows) for tail in (0.025, 0.975))  # type: ignore[return-value]  # a pair


@dataclass(frozen=True)
class PitVerdict:
    """What the places of the truths among the quantiles say of these.

    Attributes
    ----------
    spread : {"", "narrow", "wide"}
        Whether the truths lie beyond the outermost quantiles too often (quantiles too close together, under-dispersed) or
        too rarely (over-dispersed); empty when chance explains it, or there is one quantile only.
    side : {"", "low", "high"}
        Whether the quantiles lie too low or too high on the whole; empty when chance explains it.
    beyond, beyond_expected : float
        Share of the truths beyond the outermost quantiles, and what it should be.
    mean : float
        Mean place of the truths, a fraction; 0.5 when right.
    p_spread, p_side : float
        Two-sided p-values of both.
    n : float
        Independent units that these rest on.
    """

    spread: str
    side: str
    beyond: float
    beyond_expected: float
    mean: float
    p_spread: float
    p_side: float
    n: float


def pit_verdict(cases: NumberCases, found: Reached) -> PitVerdict:
    """Say whether predicted quantiles are too close together, too far apart, too low or too high.

    Parameters
    ----------
    cases : NumberCases
        With predicted quantiles.
    found : Reached
        Of these cases.
    """
    from scipy.special import ndtr
    from scipy.stats import binomtest

    total, n = float(found.rows.sum()), n_units(cases)
    share, wide = found.rows / total, found.high - found.low
    middle = (found.low + found.high) / 2
    mean = float(share @ middle)
    error = float(np.sqrt(wide @ (middle - 0.5) ** 2 / n)) if n > 0 else 0.0
    p_side = float(2 * ndtr(-abs(mean - float(wide @ middle)) / error)) if error > 0 else float("nan")
    side = "" if not p_side < _SURE else "low" if mean > 0.5 else "high"
    if share.size < 3:
        return PitVerdict("", side, float("nan"), float("nan"), mean, float("nan"), p_side, n)
    beyond, expected = float(share[0] + share[-1]), float(wide[0] + wide[-1])
    rows = max(round(n), 1)
    p = float(binomtest(min(round(beyond * rows), rows), rows, expected).pvalue)
    spread = "" if not p < _SURE else "narrow" if beyond > expected else "wide"
    return PitVerdict(spread, side, beyond, expected, mean, p, p_side, n)


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
