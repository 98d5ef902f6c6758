"""What every multiclass metric should be: from scikit-learn, or counted row by row from the definition."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import sklearn.metrics as sk
from numpy.typing import NDArray

Array = NDArray[Any]
Oracle = Callable[[Array, Array, Array, Array], float]
BINS = 15
ENDS = [i / BINS for i in range(1, BINS + 1)]
EPS = float(np.finfo(np.float64).eps)


def of_decisions(metric: Callable[..., Any], **options: Any) -> Oracle:
    """Make an oracle of a scikit-learn metric that takes predicted labels."""
    return lambda y, d, p, w: float(metric(y, d, sample_weight=w, **options))


def averaged(metric: Callable[..., Any], how: str) -> Oracle:
    return of_decisions(metric, average=how, zero_division=np.nan)


def of_probabilities(metric: Callable[..., Any], **options: Any) -> Oracle:
    """Make an oracle of a scikit-learn metric that takes the matrix of probabilities."""
    return lambda y, d, p, w: float(metric(y, p, sample_weight=w, labels=np.arange(p.shape[1]), **options))


def one_against_rest(metric: Callable[..., float]) -> Oracle:
    """Mean over the classes that have rows and leave rows to others."""

    def mean(y: Array, d: Array, p: Array, w: Array) -> float:
        used = [c for c in range(p.shape[1]) if 0 < (y == c).sum() < y.size]
        return float(np.mean([metric(y == c, p[:, c], sample_weight=w) for c in used]))

    return mean


def one_against_one(y: Array, d: Array, p: Array, w: Array) -> float:
    """Hand and Till's mean over ordered pairs; scikit-learn takes no weights there."""
    used = [c for c in range(p.shape[1]) if (y == c).any()]
    found = []
    for a, b in product(used, used):
        if a != b:
            both = (y == a) | (y == b)
            found.append(sk.roc_auc_score(y[both] == a, p[both, a], sample_weight=w[both]))
    return float(np.mean(found))


def log_loss(y: Array, d: Array, p: Array, w: Array) -> float:
    """Without clipping."""
    with np.errstate(divide="ignore"):
        return float(np.average(-np.log(p[np.arange(y.size), y]), weights=w))


def calibration_error(hit: Array, p: Array, w: Array) -> float:
    """Distance over 15 bins (a, b], the first of which holds 0 too, row by row."""
    gaps = [0.0] * BINS
    for h, score, weight in zip(hit.tolist(), p.tolist(), w.tolist(), strict=True):
        gaps[bisect_left(ENDS, score)] += weight * (h - score)
    return sum(map(abs, gaps)) / float(w.sum())


def ece(y: Array, d: Array, p: Array, w: Array) -> float:
    return calibration_error(y == d, p[np.arange(y.size), d], w)


def classwise_ece(y: Array, d: Array, p: Array, w: Array) -> float:
    return float(np.mean([calibration_error(y == c, p[:, c], w) for c in range(p.shape[1])]))


def brier(y: Array, d: Array, p: Array, w: Array) -> float:
    return float(np.average(((p - np.eye(p.shape[1])[y]) ** 2).sum(1), weights=w))


def top(k: int) -> Oracle:
    return of_probabilities(sk.top_k_accuracy_score, k=k)


ORACLES: dict[str, Oracle] = {
    "accuracy": of_decisions(sk.accuracy_score),
    "error_rate": of_decisions(sk.zero_one_loss),
    "balanced_accuracy": of_decisions(sk.balanced_accuracy_score),
    "top_3_accuracy": top(3),
    "top_k_accuracy@k": top(2),
    **{f"precision_{how}": averaged(sk.precision_score, how) for how in ("micro", "macro", "weighted")},
    **{f"recall_{how}": averaged(sk.recall_score, how) for how in ("micro", "macro", "weighted")},
    **{f"f1_{how}": averaged(sk.f1_score, how) for how in ("micro", "macro", "weighted")},
    "cohen_kappa": of_decisions(sk.cohen_kappa_score),
    "mcc": of_decisions(sk.matthews_corrcoef),
    "roc_auc_ovr_macro": one_against_rest(sk.roc_auc_score),
    "roc_auc_ovo_macro": one_against_one,
    "log_loss": log_loss,
    "log_loss_clipped": lambda y, d, p, w: log_loss(y, d, np.clip(p, EPS, 1 - EPS), w),
    "brier": brier,
    "ece": ece,
    "classwise_ece": classwise_ece,
    "expected_cost": of_decisions(sk.zero_one_loss),
}
