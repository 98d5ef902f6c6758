"""Formulas on the four outcomes, shared by the families. Leading axes are free; 0/0 is NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tally import Outcomes
from ..tally.outcomes import FloatArray


def ratio(part: Any, whole: Any) -> FloatArray:
    """Divide; 0/0 is NaN and x/0 is infinite.

    Examples
    --------
    >>> ratio([1, 0], [2, 0]).tolist()
    [0.5, nan]
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(np.true_divide(part, whole), dtype=np.float64)


def accuracy(o: Outcomes) -> FloatArray:
    """Share of the rows that were predicted right."""
    return ratio(o.tp + o.tn, o.total)


def error_rate(o: Outcomes) -> FloatArray:
    """Share of the rows that were predicted wrong."""
    return ratio(o.fp + o.fn, o.total)


def precision(o: Outcomes) -> FloatArray:
    """Share of the flagged rows that are positive."""
    return ratio(o.tp, o.flagged)


def recall(o: Outcomes) -> FloatArray:
    """Share of the positive rows that were flagged."""
    return ratio(o.tp, o.positives)


def specificity(o: Outcomes) -> FloatArray:
    """Share of the negative rows that were not flagged."""
    return ratio(o.tn, o.negatives)


def npv(o: Outcomes) -> FloatArray:
    """Share of the rows not flagged that are negative."""
    return ratio(o.tn, o.tn + o.fn)


def fpr(o: Outcomes) -> FloatArray:
    """Share of the negative rows that were flagged."""
    return ratio(o.fp, o.negatives)


def fnr(o: Outcomes) -> FloatArray:
    """Share of the positive rows that were missed."""
    return ratio(o.fn, o.positives)


def prevalence(o: Outcomes) -> FloatArray:
    """Share of the rows that are positive."""
    return ratio(o.positives, o.total)


def f_beta(o: Outcomes, beta: float) -> FloatArray:
    """Weighted harmonic mean of precision and recall, from counts."""
    b = beta * beta
    return ratio((1 + b) * o.tp, (1 + b) * o.tp + b * o.fn + o.fp)


def f1(o: Outcomes) -> FloatArray:
    """F-score with precision and recall weighted alike."""
    return f_beta(o, 1.0)


def f2(o: Outcomes) -> FloatArray:
    """F-score with recall twice as important as precision."""
    return f_beta(o, 2.0)


def f0_5(o: Outcomes) -> FloatArray:
    """F-score with precision twice as important as recall."""
    return f_beta(o, 0.5)


def balanced_accuracy(o: Outcomes) -> FloatArray:
    """Mean of recall and specificity."""
    return (recall(o) + specificity(o)) / 2


def youden_j(o: Outcomes) -> FloatArray:
    """Recall minus false positive rate."""
    return recall(o) - fpr(o)


def jaccard(o: Outcomes) -> FloatArray:
    """Flagged positives among all rows that are positive or flagged."""
    return ratio(o.tp, o.tp + o.fp + o.fn)


def mcc(o: Outcomes) -> FloatArray:
    """Correlation between truth and decision."""
    # shares, not counts: four counts of 1e5 multiplied overflow an int64, and tiny weights vanish
    tp, fp, fn, tn = (ratio(x, o.total) for x in (o.tp, o.fp, o.fn, o.tn))
    # a root for each pair of equal factors: a perfect decision is exactly 1
    spread = np.sqrt((tp + fp) * (tp + fn)) * np.sqrt((tn + fp) * (tn + fn))
    return ratio(tp * tn - fp * fn, spread)


def cohen_kappa(o: Outcomes) -> FloatArray:
    """Agreement beyond what the two margins give by chance."""
    # (observed - expected) / (1 - expected), multiplied out: a difference of two numbers near 1 loses digits
    tp, fp, fn, tn = (ratio(x, o.total) for x in (o.tp, o.fp, o.fn, o.tn))
    return ratio(2 * (tp * tn - fp * fn), (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn))


def lr_positive(o: Outcomes) -> FloatArray:
    """Recall over false positive rate: how much a flag raises the odds."""
    return ratio(recall(o), fpr(o))


def lr_negative(o: Outcomes) -> FloatArray:
    """Miss rate over specificity: how much no flag lowers the odds."""
    return ratio(fnr(o), specificity(o))


def net_benefit(o: Outcomes) -> FloatArray:
    """True positives minus false positives weighed at the odds of the threshold, for each row."""
    if o.threshold is None:
        return np.full(np.shape(o.tp), np.nan)
    t = np.where((o.threshold >= 0) & (o.threshold < 1), o.threshold, np.nan)
    return np.asarray(ratio(o.tp, o.total) - ratio(o.fp, o.total) * t / (1 - t))
