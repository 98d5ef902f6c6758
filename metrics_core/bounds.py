"""What bins leave open: for each metric an interval that surely holds its value on the rows themselves.

Counts at the edges of bins are exact. How the rows of a bin are ordered and spread inside it is not known, so each
bound takes the best and the worst case of every bin. Nothing here is about chance; that is what ``intervals`` is for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .metrics import probabilities
from .tally import ScoreTally
from .tally.bins import ECE_BINS, ECE_CUTS
from .tally.outcomes import FloatArray

Bound = tuple[float, float]

#: The ends are moved outwards by this share, more than sums of some million rows are off by rounding.
_ROUNDING = 1e-12


def bounds_of(tally: ScoreTally, keys: Collection[str] | None = None) -> dict[str, Bound]:
    """Compute the certain interval of each metric over all thresholds.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes.
    keys : collection of str, optional
        Which metrics, such as ``roc_auc`` or ``precision@100``; by default all that take no number of rows.
        Metrics without a certain interval, such as the smooth calibration error, are left out of the answer, and so is
        what is undefined or known to be infinite.

    Returns
    -------
    dict of (low, high)
        In the unit of the metric. Empty when the tally has every distinct score.

    Raises
    ------
    ValueError
        If the tally has leading axes.

    Examples
    --------
    >>> from metrics_core.reduce.scores import tally_of
    >>> score, positive = np.array([0.21, 0.21001, 0.9]), np.array([True, False, True])
    >>> binned = tally_of(score, positive, exact=False)
    >>> [round(end, 6) for end in bounds_of(binned, ["roc_auc"])["roc_auc"]]
    [0.5, 1.0]
    """
    if tally.exact:
        return {}
    if tally.pos.ndim != 1:
        raise ValueError("bounds are computed of one tally at a time")
    inside = _Inside(tally)
    found = {}
    for key in _BOUNDS if keys is None else keys:
        name, _, k = key.partition("@")
        if name in _BOUNDS and not k:
            ends, value = _BOUNDS[name](inside), _VALUES[name](tally)
        elif name in _AT_K and k.isdigit() and int(k) > 0:
            ends, value = _AT_K[name](inside, int(k)), _VALUES_AT_K[name](tally, int(k))
        else:
            continue
        if ends is not None and np.isfinite([*ends, value]).all():
            found[key] = _outwards(ends, float(value), _RANGES.get(name, (0.0, 1.0)))
    return found


@dataclass(frozen=True, eq=False)
class _Inside:
    """A binned tally as floats, with what lies above each bin; bins of a single score leave nothing open."""

    tally: ScoreTally

    @cached_property
    def open(self) -> FloatArray:
        """1 for bins that hold more than one score, else 0."""
        return np.asarray(self.low < self.high, dtype=np.float64)

    @property
    def low(self) -> FloatArray:
        """Least score of each bin."""
        return self.tally.score

    @property
    def high(self) -> FloatArray:
        """Greatest score that each bin may hold."""
        assert self.tally.top is not None  # bounds are of bins
        return self.tally.top

    @cached_property
    def pos(self) -> FloatArray:
        """Positives in each bin."""
        return np.asarray(self.tally.pos, dtype=np.float64)

    @cached_property
    def neg(self) -> FloatArray:
        """Negatives in each bin."""
        return np.asarray(self.tally.neg, dtype=np.float64)

    @cached_property
    def tp(self) -> FloatArray:
        """Positives above each bin."""
        return np.maximum(self.tally.tp - self.pos, 0.0)

    @cached_property
    def fp(self) -> FloatArray:
        """Negatives above each bin."""
        return np.maximum(self.tally.fp - self.neg, 0.0)

    @cached_property
    def n_pos(self) -> float:
        """All positives."""
        return float(self.tally.n_pos)

    @cached_property
    def n_neg(self) -> float:
        """All negatives."""
        return float(self.tally.n_neg)


def _roc_auc(t: _Inside) -> Bound | None:
    """Either every positive of a bin is above its negatives or below them, instead of half and half."""
    pairs = t.n_pos * t.n_neg
    if not pairs > 0:
        return None
    value, half = float(probabilities.roc_auc(t.tally)), float((t.pos * t.neg * t.open).sum() / (2 * pairs))
    return value - half, value + half


def _gini(t: _Inside) -> Bound | None:
    """Twice the AUC minus one."""
    ends = _roc_auc(t)
    return None if ends is None else (2 * ends[0] - 1, 2 * ends[1] - 1)


def _average_precision(t: _Inside) -> Bound | None:
    """At best the positives of a bin tie above its negatives; at worst they follow them, none tied.

    Precision grows with the positives t already met, as g(t) = (a + t) / (a + t + c) after all c negatives. Rows that
    do not tie add a right Riemann sum of g, which is no less than its integral.
    """
    if not t.n_pos > 0:
        return None
    a, p, c = t.tp, t.pos, t.fp + t.neg
    tied = p * _share(a + p, a + p + c)
    worst = p - c * np.log1p(_share(p, a + c))
    best = p * _share(a + p, a + p + t.fp)
    return _of_bins(t, tied, worst, best, t.n_pos)


def _pr_auc(t: _Inside) -> Bound | None:
    """As for average precision; g is concave, so its trapezoids are the least when all positives tie."""
    if not t.n_pos > 0:
        return None
    a, p, c = t.tp, t.pos, t.fp + t.neg
    after = _share(a + p, a + p + c)
    tied = p * (after + _share(a, a + t.fp, empty=1.0)) / 2
    worst = p * (after + _share(a, a + c, empty=1.0)) / 2
    best = p * _share(a + p, a + p + t.fp)
    return _of_bins(t, tied, worst, best, t.n_pos)


def _ks(t: _Inside) -> Bound | None:
    """Edges are counted; inside a bin one class may come first."""
    if not t.n_pos * t.n_neg > 0:
        return None
    value = float(probabilities.ks(t.tally))
    some = t.open > 0
    tpr, fpr = t.tp / t.n_pos, t.fp / t.n_neg
    gaps = (tpr + t.pos / t.n_pos - fpr)[some], (fpr + t.neg / t.n_neg - tpr)[some]
    return value, max([value, *(float(gap.max(initial=0.0)) for gap in gaps)])


def _log_loss(t: _Inside) -> Bound | None:
    """Rows at either end of their bins."""
    with np.errstate(divide="ignore"):
        return _of_losses(t, -np.log(t.low), -np.log(t.high), -np.log1p(-t.low), -np.log1p(-t.high))


def _log_loss_clipped(t: _Inside) -> Bound | None:
    """Rows at either end of their bins, kept one epsilon away from 0 and 1."""
    eps = float(np.finfo(np.float64).eps)
    low, high = np.clip(t.low, eps, 1 - eps), np.clip(t.high, eps, 1 - eps)
    return _of_losses(t, -np.log(low), -np.log(high), -np.log1p(-low), -np.log1p(-high))


def _brier(t: _Inside) -> Bound | None:
    """Rows at either end of their bins."""
    return _of_losses(t, (1 - t.low) ** 2, (1 - t.high) ** 2, t.low**2, t.high**2)


def _brier_skill(t: _Inside) -> Bound | None:
    """One minus the Brier score over that of the prevalence, which is known."""
    ends, share = _brier(t), t.n_pos / (t.n_pos + t.n_neg) if t.n_pos + t.n_neg > 0 else 0.0
    base = share * (1 - share)
    return None if ends is None or not base > 0 else (1 - ends[1] / base, 1 - ends[0] / base)


def _ece(t: _Inside) -> Bound | None:
    """Add up the distances of the calibration bins."""
    found = _calibration_gaps(t)
    if found is None:
        return None
    rows, low, high = found
    return float(low.sum() / rows.sum()), float(high.sum() / rows.sum())


def _mce(t: _Inside) -> Bound | None:
    """Take the largest distance of a calibration bin."""
    found = _calibration_gaps(t)
    if found is None:
        return None
    rows, low, high = (x[found[0] > 0] for x in found)
    return float((low / rows).max()), float((high / rows).max())


def _calibration_gaps(t: _Inside) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """Give the rows of each calibration bin, and the least and greatest distance of expected from observed, in rows."""
    n = t.pos + t.neg
    if not t.tally.probability or not n.sum() > 0:
        return None
    starts = np.searchsorted(t.low, [0.0, *ECE_CUTS])
    if starts[-1] == t.low.size or not np.array_equal(t.low[starts[1:]], ECE_CUTS):
        return None  # a bin reaches over the end of a calibration bin
    of = np.repeat(np.arange(ECE_BINS), np.diff(starts, append=t.low.size))

    def summed(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(of, values, ECE_BINS), dtype=np.float64)

    observed = summed(t.pos)
    least, most = observed - summed(n * t.high), observed - summed(n * t.low)
    return summed(n), np.maximum(0, np.maximum(least, -most)), np.maximum(np.abs(least), np.abs(most))


def _found_at_k(t: _Inside, k: int) -> Bound:
    """Count the positives among the k highest: the bin of the k-th gives up its positives first, or last."""
    rows = t.pos + t.neg
    taken = np.clip(k - t.tp - t.fp, 0, rows)
    least, most = np.maximum(0, taken - t.neg), np.minimum(t.pos, taken)
    tied = t.pos * _share(taken, rows)
    some = t.open > 0
    return float(np.where(some, least, tied).sum()), float(np.where(some, most, tied).sum())


def _precision_at_k(t: _Inside, k: int) -> Bound | None:
    """Positives found over k."""
    low, high = _found_at_k(t, k)
    return (low / k, high / k) if t.n_pos + t.n_neg > 0 else None


def _recall_at_k(t: _Inside, k: int) -> Bound | None:
    """Positives found over all positives."""
    low, high = _found_at_k(t, k)
    return (low / t.n_pos, high / t.n_pos) if t.n_pos > 0 else None


def _share(part: FloatArray, whole: FloatArray, empty: float = 0.0) -> FloatArray:
    """Divide; ``empty`` where there is nothing to divide by."""
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, empty), where=whole > 0))


def _of_bins(t: _Inside, tied: FloatArray, worst: FloatArray, best: FloatArray, over: float) -> Bound:
    """Add up the worst and the best case of every bin; one with a single score is known."""
    some = t.open > 0
    return float(np.where(some, worst, tied).sum() / over), float(np.where(some, best, tied).sum() / over)


def _of_losses(t: _Inside, pos_low: FloatArray, pos_high: FloatArray, neg_low: FloatArray, neg_high: FloatArray) -> Bound | None:  # fmt: skip
    """Average losses that fall with the score of a positive and grow with that of a negative."""
    n = t.n_pos + t.n_neg
    if not t.tally.probability or not n > 0:
        return None
    p, q = t.pos > 0, t.neg > 0
    return (
        float(((t.pos[p] * pos_high[p]).sum() + (t.neg[q] * neg_low[q]).sum()) / n),
        float(((t.pos[p] * pos_low[p]).sum() + (t.neg[q] * neg_high[q]).sum()) / n),
    )


def _outwards(ends: Bound, value: float, within: Bound) -> Bound:
    """Allow for rounding, but keep to the range of the metric; the value itself is always inside."""
    low, high = (end + sign * _ROUNDING * max(1.0, abs(end)) for end, sign in zip(ends, (-1, 1), strict=True))
    return min(max(low, within[0]), value), max(min(high, within[1]), value)


_BOUNDS: dict[str, Callable[[_Inside], Bound | None]] = {
    "roc_auc": _roc_auc,
    "pr_auc": _pr_auc,
    "average_precision": _average_precision,
    "ks": _ks,
    "gini": _gini,
    "log_loss": _log_loss,
    "log_loss_clipped": _log_loss_clipped,
    "brier": _brier,
    "brier_skill": _brier_skill,
    "ece": _ece,
    "mce": _mce,
}
_AT_K: dict[str, Callable[[_Inside, int], Bound | None]] = {
    "precision": _precision_at_k,
    "recall": _recall_at_k,
}
_VALUES = {key: getattr(probabilities, key) for key in _BOUNDS}
_VALUES_AT_K = {"precision": probabilities.precision_at_k, "recall": probabilities.recall_at_k}
_RANGES = {
    "gini": (-1.0, 1.0),
    "log_loss": (0.0, np.inf),
    "log_loss_clipped": (0.0, np.inf),
    "brier_skill": (-np.inf, 1.0),
}
