"""What many classes have to beat: an answer that knows nothing of the row."""

from __future__ import annotations

import numpy as np

from app.views.gate import Shown
from metrics_core.cases import ClassCases
from metrics_core.metrics.registry import REGISTRY
from metrics_core.reduce import tallies_of
from metrics_core.tally import ConfusionTally
from metrics_core.tally.confusion import confusion
from metrics_core.values import compute

# Correlations of a constant answer are undefined: they are compared with as many answers of each class, at random.
_AT_RANDOM = ("mcc", "cohen_kappa")
# A class name up to which a card has room.
_SHORT = 9
_RANKING = ("roc_auc_ovr_macro", "roc_auc_ovo_macro")


def class_baseline(shown: Shown, key: str) -> tuple[float, str]:
    """Return what ignorance gets in a metric and what to call it; NaN where there is nothing to say.

    Decisions are compared with always answering the largest class, probabilities with the shares of the classes.

    Parameters
    ----------
    shown : Shown
        All classes together.
    key : str
        Of a multiclass metric.
    """
    tally, spec = shown.of_model.confusion, REGISTRY["multiclass", key]
    if key in _AT_RANDOM:
        by_chance = np.outer(tally.support, tally.decided) / float(tally.total)
        # products of shares leave dust such as -2e-17 where chance is 0
        return round(float(spec.fn(confusion(by_chance))), 12) + 0.0, "chance"
    ignorant = _ignorant(tally, shown.predictions.labels)
    value = compute("multiclass", tallies_of(ignorant)).number(key)
    if key in _RANKING:
        return value, "chance"
    if spec.of is ConfusionTally:
        label = ignorant.labels[int(ignorant.predicted[0])]
        return value, f"always ‘{label}’" if len(label) <= _SHORT else "largest class"
    return value, "class shares"


def _ignorant(tally: ConfusionTally, labels: tuple[str, ...]) -> ClassCases:
    """Judge the rows of each class that occurs by the largest class and by the shares of the classes."""
    present = np.flatnonzero(tally.support > 0)
    support = np.asarray(tally.support[present], dtype=np.float64)
    k, none = present.size, np.zeros(0, dtype=np.int64)
    return ClassCases(
        rows=np.arange(k), weight=support, dropped_rows=none, dropped_code=none, reasons=(), frequency=True,
        labels=tuple(labels[code] for code in present.tolist()), truth=np.arange(k, dtype=np.int32),
        predicted=np.full(k, int(np.argmax(support)), dtype=np.int32),
        probabilities=np.asfortranarray(np.tile(support / support.sum(), (k, 1))),
    )  # fmt: skip
