"""Formulas on the score tally, shared by the families. Leading axes are free; undefined is NaN.

What depends on the size of a score takes the middle of a bin; what only orders scores takes the bins as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..tally import ScoreTally
from ..tally.bins import ECE_BINS
from ..tally.outcomes import FloatArray
from .counts import ratio

#: Grid and narrowest Gaussian of the smooth calibration error; steps of its search and when it is close enough.
_SMOOTH_CELLS, _NARROWEST, _SEARCHES, _CLOSE = 2000, 1e-3, 30, 1e-10
_ROWS_AT_A_TIME = 16


def roc_auc(t: ScoreTally) -> FloatArray:
    """Chance that a positive row scores higher than a negative one, ties counting half."""
    pairs = t.n_pos * np.asarray(t.n_neg, dtype=np.float64)
    if np.issubdtype(t.pos.dtype, np.integer) and np.all(
        pairs < 2.0**61
    ):  # twice as many fit an integer: exact
        return ratio(np.einsum("...i,...i", t.neg, 2 * t.tp - t.pos), 2 * pairs)
    return ratio((t.neg * (t.tp - t.pos / 2)).sum(-1), pairs)


def gini(t: ScoreTally) -> FloatArray:
    """Twice the ROC AUC minus one."""
    return 2 * roc_auc(t) - 1


def average_precision(t: ScoreTally) -> FloatArray:
    """Precision at every distinct score, weighted by the recall gained there."""
    return ratio((t.pos * _precision(t, 0.0)).sum(-1), t.n_pos)


def pr_auc(t: ScoreTally) -> FloatArray:
    """Trapezoidal area under the precision-recall points, starting at recall 0 with precision 1."""
    at = _precision(t, 1.0)
    before = (t.pos[..., :-1] * at[..., 1:]).sum(-1) + t.pos[..., -1:].sum(-1)
    return ratio(((t.pos * at).sum(-1) + before) / 2, t.n_pos)


def _precision(t: ScoreTally, nothing: float) -> FloatArray:
    """Precision at every score; ``nothing`` where no row is flagged."""
    flagged = t.tp + t.fp
    if (
        flagged.size and (flagged[..., -1] > 0).all()
    ):  # the fewest rows: a division without a mask is much faster
        return np.asarray(t.tp / flagged, dtype=np.float64)
    return np.asarray(np.divide(t.tp, flagged, out=np.full(flagged.shape, nothing), where=flagged > 0))


def ks(t: ScoreTally) -> FloatArray:
    """Largest distance between the score distributions of the two classes."""
    if t.score.size == 0:
        return np.full(np.shape(t.n_pos), np.nan)
    gap = ratio(t.tp, t.n_pos[..., np.newaxis]) - ratio(t.fp, t.n_neg[..., np.newaxis])
    return np.asarray(np.abs(gap).max(-1))


def log_loss(t: ScoreTally) -> FloatArray:
    """Mean negative log-likelihood; infinite when a row that was ruled out happened."""
    with np.errstate(divide="ignore", invalid="ignore"):  # scores that are no probabilities may be negative
        losses = _weighed(t.pos, -np.log(t.middle)) + _weighed(t.neg, -np.log1p(-t.middle))
    return _if_probability(t, ratio(losses, t.n_pos + t.n_neg))


def log_loss_clipped(t: ScoreTally) -> FloatArray:
    """Mean negative log-likelihood with scores kept one float64 epsilon away from 0 and 1."""
    eps = float(np.finfo(np.float64).eps)
    p = np.clip(t.middle, eps, 1 - eps)
    losses = -(t.pos * np.log(p) + t.neg * np.log1p(-p))
    return _if_probability(t, ratio(losses.sum(-1), t.n_pos + t.n_neg))


def brier(t: ScoreTally) -> FloatArray:
    """Mean squared distance between probability and outcome."""
    losses = t.pos * (1 - t.middle) ** 2 + t.neg * t.middle**2
    return _if_probability(t, ratio(losses.sum(-1), t.n_pos + t.n_neg))


def brier_skill(t: ScoreTally) -> FloatArray:
    """Share of the Brier score of the constant prevalence that the scores save."""
    share = ratio(t.n_pos, t.n_pos + t.n_neg)
    base = share * (1 - share)
    return 1 - ratio(brier(t), np.where(base > 0, base, np.nan))


def calibration_gaps(t: ScoreTally, bins: int = ECE_BINS) -> tuple[FloatArray, FloatArray]:
    """Bin the scores into ``bins`` equal-width intervals ``(a, b]``.

    Returns
    -------
    weight : (..., bins)
        Rows in each bin.
    gap : (..., bins)
        Observed positives minus expected positives in each bin, in rows.
    """
    starts = np.append(0, np.searchsorted(t.score, np.arange(1, bins) / bins, side="right"))
    n = (t.pos + t.neg).astype(np.float64)
    residual = t.pos - n * t.middle
    return _sum_between(n, starts), _sum_between(residual, starts)


def ece(t: ScoreTally) -> FloatArray:
    """Mean distance between score and observed rate over 15 equal-width bins, weighted by rows."""
    _, gap = calibration_gaps(t)
    return _if_probability(t, ratio(np.abs(gap).sum(-1), t.n_pos + t.n_neg))


def mce(t: ScoreTally) -> FloatArray:
    """Largest distance between score and observed rate over 15 equal-width bins."""
    n, gap = calibration_gaps(t)
    apart = np.where(n > 0, np.abs(ratio(gap, n)), -np.inf).max(-1)
    return _if_probability(t, np.where(np.isfinite(apart), apart, np.nan))


def smooth_ece(t: ScoreTally) -> FloatArray:
    """Smooth calibration error: the width s at which residuals smoothed by a Gaussian of width s add up to s."""
    lead = t.pos.shape[:-1]
    if not t.probability or t.score.size == 0:
        return np.full(lead, np.nan)
    mass = ratio(
        _on_cells(t.middle, t.pos - (t.pos + t.neg) * t.middle), (t.n_pos + t.n_neg)[..., np.newaxis]
    )
    rows = mass.reshape(-1, _SMOOTH_CELLS)
    found = np.empty(rows.shape[0])
    for start in range(0, found.size, _ROWS_AT_A_TIME):  # arrays that stay in the processor's cache
        part = slice(start, start + _ROWS_AT_A_TIME)
        found[part] = _where_width_equals_sum(rows[part])
    return found.reshape(lead)


def _where_width_equals_sum(mass: FloatArray) -> FloatArray:
    """Search the fixed point of each row between the narrowest width and its sum (Illinois' false position).

    A wider Gaussian never gives a larger sum, so the sum at the narrowest width is an upper bound.
    """
    from scipy.fft import dct, idct

    # cells mirrored at 0 and 1 are a sum of cosines, and a Gaussian is one factor for each of them
    cosines = dct(mass, axis=-1)
    exponent = -0.5 * (np.pi * np.arange(mass.shape[-1])) ** 2

    def excess(width: FloatArray, rows: NDArray[np.int64]) -> FloatArray:
        smoothed = idct(cosines[rows] * np.exp(exponent * width[:, np.newaxis] ** 2), axis=-1)
        return np.asarray(np.abs(smoothed).sum(-1) - width)

    low = np.full(mass.shape[0], _NARROWEST)
    above = excess(low, np.arange(low.size))
    found = low + above
    rows = np.flatnonzero(above > 0)
    low, above, high = low[rows], above[rows], found[rows]
    here = excess(high, rows)
    found[rows] = high + here
    below, side = here, np.zeros(rows.size)
    for _ in range(_SEARCHES):
        still = np.abs(here) > _CLOSE * high
        rows = rows[still]
        low, above, high, below, side = (x[still] for x in (low, above, high, below, side))
        if rows.size == 0:
            break
        width = low + (high - low) * above / (above - below)
        here = excess(width, rows)
        found[rows] = width + here
        wider = here > 0
        # an end that stayed twice counts half, else it might never move
        below = np.where(wider, np.where(side == 1, below / 2, below), here)
        above = np.where(wider, here, np.where(side == -1, above / 2, above))
        low, high, side = np.where(wider, width, low), np.where(wider, high, width), np.where(wider, 1, -1)
    return found


def _on_cells(score: FloatArray, values: FloatArray) -> FloatArray:
    """Lay values on a grid of cells over 0 to 1, each split linearly between the two nearest centres."""
    place = np.clip(score * _SMOOTH_CELLS - 0.5, 0, _SMOOTH_CELLS - 1)
    left = np.minimum(place.astype(np.int64), _SMOOTH_CELLS - 2)
    share = place - left
    starts = np.searchsorted(left, np.arange(_SMOOTH_CELLS))
    cells = _sum_between(values * (1 - share), starts)
    cells[..., 1:] += _sum_between(values * share, starts)[..., :-1]
    return cells


def precision_at_k(t: ScoreTally, k: int) -> FloatArray:
    """Positives among the k highest scores over k; a tie at the cut counts its expected share."""
    return np.where(t.n_pos + t.n_neg > 0, _found_at_k(t, k) / k, np.nan)


def recall_at_k(t: ScoreTally, k: int) -> FloatArray:
    """Share of the positives among the k highest scores; a tie at the cut counts its expected share."""
    return ratio(_found_at_k(t, k), t.n_pos)


def hinge_loss(t: ScoreTally) -> FloatArray:
    """Mean shortfall of the margin below 1 on the right side."""
    if not t.margin:
        return np.full(np.shape(t.n_pos), np.nan)
    losses = t.pos * np.maximum(0, 1 - t.middle) + t.neg * np.maximum(0, 1 + t.middle)
    return ratio(losses.sum(-1), t.n_pos + t.n_neg)


def _found_at_k(t: ScoreTally, k: int) -> FloatArray:
    """Positives among the k highest scores, expected over the order of ties."""
    rows = t.pos + t.neg
    above = t.tp + t.fp - rows
    share = np.clip(np.divide(k - above, rows, out=np.zeros(rows.shape), where=rows > 0), 0, 1)
    return np.asarray((t.pos * share).sum(-1), dtype=np.float64)


def _weighed(counts: NDArray[Any], loss: FloatArray) -> FloatArray:
    """Add losses up over rows; an infinite loss counts only where rows are."""
    endless = np.flatnonzero(np.isinf(loss))
    if endless.size == 0:
        return np.asarray((counts * loss).sum(-1), dtype=np.float64)
    happened = (counts[..., endless] > 0).any(-1)
    finite = np.where(np.isinf(loss), 0.0, loss)
    return np.where(happened, np.inf, (counts * finite).sum(-1))


def _if_probability(t: ScoreTally, value: FloatArray) -> FloatArray:
    """Keep the value when the scores are probabilities, else NaN."""
    return value if t.probability else np.full(np.shape(value), np.nan)


def _sum_between(values: FloatArray, starts: NDArray[np.int64]) -> FloatArray:
    """Sum the last axis from each start to the next; the first start is 0."""
    summed = np.zeros((*values.shape[:-1], starts.size))
    filled = np.flatnonzero(np.diff(starts, append=values.shape[-1]) > 0)
    if filled.size:  # segment by segment: differences of running sums lose the digits of light rows
        summed[..., filled] = np.add.reduceat(values, starts[filled], axis=-1)
    return summed
