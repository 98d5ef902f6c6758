"""Formulas on the score tally, shared by the families. Leading axes are free; undefined is NaN."""

from __future__ import annotations

import numpy as np

from ..tally import ScoreTally
from ..tally.outcomes import FloatArray
from .counts import ratio

#: Number of equal-width bins ``(a, b]`` of the expected calibration error.
ECE_BINS = 15
_SMOOTH_CELLS = 2000


def roc_auc(t: ScoreTally) -> FloatArray:
    """Chance that a positive row scores higher than a negative one, ties counting half."""
    tp, pos, neg = (np.asarray(x, dtype=np.float64) for x in (t.tp, t.pos, t.neg))
    return ratio((neg * (tp - pos / 2)).sum(-1), t.n_pos * np.asarray(t.n_neg, dtype=np.float64))


def gini(t: ScoreTally) -> FloatArray:
    """Twice the ROC AUC minus one."""
    return 2 * roc_auc(t) - 1


def average_precision(t: ScoreTally) -> FloatArray:
    """Precision at every distinct score, weighted by the recall gained there."""
    flagged = t.tp + t.fp
    at = np.divide(t.tp, flagged, out=np.zeros(flagged.shape), where=flagged > 0)
    return ratio((t.pos * at).sum(-1), t.n_pos)


def pr_auc(t: ScoreTally) -> FloatArray:
    """Trapezoidal area under the precision-recall points, starting at recall 0 with precision 1."""
    flagged = t.tp + t.fp
    at = np.divide(t.tp, flagged, out=np.ones(flagged.shape), where=flagged > 0)
    before = np.concatenate([at[..., 1:], np.ones((*at.shape[:-1], 1))], axis=-1)
    return ratio((t.pos * (at + before) / 2).sum(-1), t.n_pos)


def ks(t: ScoreTally) -> FloatArray:
    """Largest distance between the score distributions of the two classes."""
    if t.score.size == 0:
        return np.full(np.shape(t.n_pos), np.nan)
    gap = ratio(t.tp, t.n_pos[..., np.newaxis]) - ratio(t.fp, t.n_neg[..., np.newaxis])
    return np.asarray(np.abs(gap).max(-1))


def log_loss(t: ScoreTally) -> FloatArray:
    """Mean negative log-likelihood; infinite when a row that was ruled out happened."""
    with np.errstate(divide="ignore"):
        losses = _weighed(t.pos, -np.log(t.score)) + _weighed(t.neg, -np.log1p(-t.score))
    return _if_probability(t, ratio(losses.sum(-1), t.n_pos + t.n_neg))


def log_loss_clipped(t: ScoreTally) -> FloatArray:
    """Mean negative log-likelihood with scores kept one float64 epsilon away from 0 and 1."""
    eps = float(np.finfo(np.float64).eps)
    p = np.clip(t.score, eps, 1 - eps)
    losses = -(t.pos * np.log(p) + t.neg * np.log1p(-p))
    return _if_probability(t, ratio(losses.sum(-1), t.n_pos + t.n_neg))


def brier(t: ScoreTally) -> FloatArray:
    """Mean squared distance between probability and outcome."""
    losses = t.pos * (1 - t.score) ** 2 + t.neg * t.score**2
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
    inner = np.arange(1, bins) / bins
    bin_of = np.searchsorted(inner, t.score, side="left")
    starts = np.searchsorted(bin_of, np.arange(bins))
    n, residual = (t.pos + t.neg).astype(np.float64), t.pos - (t.pos + t.neg) * t.score
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
    pos, neg = t.pos.reshape(-1, t.score.size), t.neg.reshape(-1, t.score.size)
    return np.array([_smooth_ece_of(t.score, p, n) for p, n in zip(pos, neg, strict=True)]).reshape(lead)


def _smooth_ece_of(score: FloatArray, pos: FloatArray, neg: FloatArray) -> float:
    """Bisect for the fixed point on a grid of cells, residual mass split linearly between neighbours."""
    from scipy.ndimage import gaussian_filter1d

    total = float(pos.sum() + neg.sum())
    if total == 0:
        return float("nan")
    residual = (pos - (pos + neg) * score) / total
    place = np.clip(score * _SMOOTH_CELLS - 0.5, 0, _SMOOTH_CELLS - 1)
    left = np.minimum(place.astype(np.int64), _SMOOTH_CELLS - 2)
    share = place - left
    mass = np.bincount(left, residual * (1 - share), _SMOOTH_CELLS)
    mass += np.bincount(left + 1, residual * share, _SMOOTH_CELLS)
    low, high = 1e-3, 1.0
    for _ in range(14):
        middle = (low + high) / 2
        smoothed = gaussian_filter1d(mass, middle * _SMOOTH_CELLS, mode="reflect", truncate=5.0)
        low, high = (middle, high) if np.abs(smoothed).sum() > middle else (low, middle)
    return float(np.abs(gaussian_filter1d(mass, high * _SMOOTH_CELLS, mode="reflect", truncate=5.0)).sum())


def precision_at_k(t: ScoreTally, k: int) -> FloatArray:
    """Positives among the k highest scores over k; a tie at the cut counts its expected share."""
    return _found_at_k(t, k) / k


def recall_at_k(t: ScoreTally, k: int) -> FloatArray:
    """Share of the positives among the k highest scores; a tie at the cut counts its expected share."""
    return ratio(_found_at_k(t, k), t.n_pos)


def hinge_loss(t: ScoreTally) -> FloatArray:
    """Mean shortfall of the margin below 1 on the right side."""
    if not t.margin:
        return np.full(np.shape(t.n_pos), np.nan)
    losses = t.pos * np.maximum(0, 1 - t.score) + t.neg * np.maximum(0, 1 + t.score)
    return ratio(losses.sum(-1), t.n_pos + t.n_neg)


def _found_at_k(t: ScoreTally, k: int) -> FloatArray:
    """Positives among the k highest scores, expected over the order of ties."""
    rows = t.pos + t.neg
    above = t.tp + t.fp - rows
    share = np.clip(np.divide(k - above, rows, out=np.zeros(rows.shape), where=rows > 0), 0, 1)
    return np.asarray((t.pos * share).sum(-1), dtype=np.float64)


def _weighed(counts: FloatArray, loss: FloatArray) -> FloatArray:
    """Multiply where rows are, so that no row times an infinite loss is 0."""
    return np.multiply(counts, loss, out=np.zeros(np.shape(counts), dtype=np.float64), where=counts > 0)


def _if_probability(t: ScoreTally, value: FloatArray) -> FloatArray:
    """Keep the value when the scores are probabilities, else NaN."""
    return value if t.probability else np.full(np.shape(value), np.nan)


def _sum_between(values: FloatArray, starts: np.ndarray) -> FloatArray:
    """Sum the last axis from each start to the next."""
    summed = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
    return np.diff(summed[..., np.append(starts, values.shape[-1])], axis=-1)
