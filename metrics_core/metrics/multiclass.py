"""Multiclass classification: a metric is one row here and, if its formula is new, one function.

Means over classes leave out classes where the metric is undefined, and say which; scikit-learn counts them as 0 unless
``zero_division`` is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf

import numpy as np

from ..tally import ConfusionTally, OneVsOne, OneVsRest, Outcomes, RankTally, ScoreTally, SumTally
from ..tally.outcomes import FloatArray
from . import counts, probabilities
from .counts import ratio
from .spec import MetricSpec

_OfClass = Callable[[Outcomes], FloatArray]


# ------------------------------------------------------------------------------------------------ a decision


def accuracy(t: ConfusionTally) -> FloatArray:
    """Share of the rows that were predicted right."""
    return ratio(t.correct.sum(-1), t.total)


def error_rate(t: ConfusionTally) -> FloatArray:
    """Share of the rows that were predicted wrong."""
    return ratio(t.total - t.correct.sum(-1), t.total)


def expected_cost(t: ConfusionTally) -> FloatArray:
    """Mean cost of a row when every mistake costs 1."""
    return error_rate(t)


def micro(t: ConfusionTally, of_class: _OfClass) -> FloatArray:
    """Compute a metric on the outcomes of all classes added up."""
    o = t.one_vs_rest()
    return of_class(Outcomes(o.tp.sum(-1), o.fp.sum(-1), o.fn.sum(-1), o.tn.sum(-1)))


def macro(t: ConfusionTally, of_class: _OfClass) -> FloatArray:
    """Mean of a metric over the classes that have it."""
    return _mean(of_class(t.one_vs_rest()))


def weighted(t: ConfusionTally, of_class: _OfClass) -> FloatArray:
    """Mean of a metric over the classes that have it, each class counting as much as its rows."""
    return _mean(of_class(t.one_vs_rest()), np.asarray(t.support, dtype=np.float64))


def balanced_accuracy(t: ConfusionTally) -> FloatArray:
    """Mean recall of the classes that have rows."""
    return macro(t, counts.recall)


def cohen_kappa(t: ConfusionTally) -> FloatArray:
    """Agreement beyond what the two margins give by chance."""
    o = _shares(t)
    return ratio(_beyond_chance(o), ((o.tp + o.fn) * (o.fn + o.tn)).sum(-1))


def mcc(t: ConfusionTally) -> FloatArray:
    """Correlation of the true and predicted class, all classes together (Gorodkin 2004)."""
    o = _shares(t)
    spread = ((o.tp + o.fn) * (o.fp + o.tn)).sum(-1), ((o.tp + o.fp) * (o.fn + o.tn)).sum(-1)
    # a spread of rounding size is none: one class only
    true, decided = (np.where(x > 1e-15, x, 0.0) for x in spread)
    return np.clip(ratio(_beyond_chance(o), np.sqrt(true * decided)), -1.0, 1.0)


def _shares(t: ConfusionTally) -> Outcomes:
    """Shares of the outcomes of each class against the rest, ``(..., K)``."""
    o, n = t.one_vs_rest(), np.asarray(t.total)[..., np.newaxis]
    tp, fp, fn, tn = (ratio(cell, n) for cell in (o.tp, o.fp, o.fn, o.tn))
    return Outcomes(tp, fp, fn, tn)


def _beyond_chance(o: Outcomes) -> FloatArray:
    """Accuracy minus what the two margins give by chance.

    Added up class by class, because a difference of two numbers near 1 loses the digits of rare classes.
    """
    return np.asarray((o.tp * o.tn - o.fp * o.fn).sum(-1))


# ------------------------------------------------------------------------------------------------ probabilities


def by_class(t: OneVsRest, of_class: Callable[[ScoreTally], FloatArray]) -> FloatArray:
    """Compute a metric of each class against the rest, ``(K,)``."""
    return np.array([float(of_class(one)) for one in t.classes])


def roc_auc_ovr_macro(t: OneVsRest) -> FloatArray:
    """Mean ROC AUC of each class against the rest."""
    return _mean(by_class(t, probabilities.roc_auc))


def classwise_ece(t: OneVsRest) -> FloatArray:
    """Mean expected calibration error of the probabilities of each class."""
    return np.asarray(by_class(t, probabilities.ece).mean())


def roc_auc_ovo_macro(t: OneVsOne) -> FloatArray:
    """Mean over pairs of classes of how well the probability of one tells the two apart."""
    return _mean(t.auc.reshape(-1))


def top_3_accuracy(t: RankTally) -> FloatArray:
    """Share of the rows whose true class is among the three most probable; NaN with three classes or fewer."""
    if t.counts.shape[-1] <= 3:
        return np.full(t.counts.shape[:-1], np.nan)
    return top_k_accuracy(t, 3)


def top_k_accuracy(t: RankTally, k: int) -> FloatArray:
    """Share of the rows whose true class is among the k most probable."""
    return ratio(t.counts[..., :k].sum(-1), t.counts.sum(-1))


def _of_sum(t: SumTally, name: str) -> FloatArray:
    """Mean of a summed number."""
    return t.mean(name)


def _mean(values: FloatArray, weight: FloatArray | None = None) -> FloatArray:
    """Mean over the last axis of what is defined; NaN when nothing is."""
    known = ~np.isnan(values)
    w = known.astype(np.float64) if weight is None else np.where(known, weight, 0.0)
    return ratio((np.where(known, values, 0.0) * w).sum(-1), w.sum(-1))


_row = partial(MetricSpec, task="multiclass")
_decided = partial(
    _row, of=ConfusionTally, low=0.0, high=1.0, unit="share", interval="multinomial", better="higher"
)
_NO_ROW = "there are no rows"
_NO_CLASS = "it is undefined for every class"
_LEFT_OUT = "Classes where it is undefined are left out and named."


def _averages(of: str, label: str, fn: _OfClass, why: str, sklearn: str) -> tuple[MetricSpec, ...]:
    """Write the rows of one metric averaged in three ways."""
    return (
        _decided(
            key=f"{of}_micro", label=f"{label} (micro)", fn=partial(micro, of_class=fn), undefined_when=_NO_ROW,
            about=f"{label} on the outcomes of all classes added up; with one label a row it equals accuracy.",
            source=f"scikit-learn {sklearn}, average='micro'",
        ),
        _decided(
            key=f"{of}_macro", label=f"{label} (macro)", fn=partial(macro, of_class=fn), undefined_when=_NO_CLASS,
            about=f"Mean {label if label.isupper() else of} of the classes, each counting alike. {_LEFT_OUT}",
            source=f"scikit-learn {sklearn}, average='macro', zero_division=nan", mean_of=of, primary=of == "f1",
            synonyms=(why,) if why else (),
        ),
        _decided(
            key=f"{of}_weighted", label=f"{label} (weighted)", fn=partial(weighted, of_class=fn), undefined_when=_NO_CLASS,
            about=f"Mean {label if label.isupper() else of} of the classes, each counting as much as its rows. {_LEFT_OUT}",
            source=f"scikit-learn {sklearn}, average='weighted', zero_division=nan", mean_of=of,
        ),
    )  # fmt: skip


METRICS = (
    _decided(
        key="accuracy", label="Accuracy", fn=accuracy, interval="wilson", undefined_when=_NO_ROW, primary=True,
        about="Share of the rows that were predicted right.",
        source="scikit-learn accuracy_score", synonyms=("hit rate", "correct", "top-1 accuracy"),
    ),
    _decided(
        key="error_rate", label="Error rate", fn=error_rate, interval="wilson", better="lower", undefined_when=_NO_ROW,
        about="Share of the rows that were predicted wrong.",
        source="scikit-learn zero_one_loss", synonyms=("misclassification rate",),
    ),
    _decided(
        key="balanced_accuracy", label="Balanced accuracy", fn=balanced_accuracy, undefined_when=_NO_ROW,
        primary=True, mean_of="recall",
        about="Mean recall of the classes: accuracy as if all classes were equally frequent.",
        source="scikit-learn balanced_accuracy_score", synonyms=("mean class accuracy",),
    ),
    _row(
        key="top_3_accuracy", label="Top-3 accuracy", fn=top_3_accuracy, of=RankTally, better="higher",
        low=0.0, high=1.0, unit="share", interval="wilson", needs="probability",
        undefined_when="there are no more than three classes",
        about="Share of the rows whose true class is among the three most probable; of equal probabilities the class later in the list counts first.",
        source="scikit-learn top_k_accuracy_score, k=3",
    ),
    _row(
        key="top_k_accuracy@k", label="Top-k accuracy", fn=top_k_accuracy, of=RankTally, better="higher",
        low=0.0, high=1.0, unit="share", interval="wilson", needs="probability", undefined_when=_NO_ROW,
        about="Share of the rows whose true class is among the k most probable.",
        source="scikit-learn top_k_accuracy_score",
    ),
    *_averages("precision", "Precision", counts.precision, "", "precision_score"),
    *_averages("recall", "Recall", counts.recall, "", "recall_score"),
    *_averages("f1", "F1", counts.f1, "F-score", "f1_score"),
    _row(
        key="cohen_kappa", label="Cohen's kappa", fn=cohen_kappa, of=ConfusionTally, better="higher", low=-1.0, high=1.0,
        interval="multinomial", undefined_when="only one class occurs",
        about="Agreement of truth and prediction beyond what chance gives with the same class shares.",
        source="Cohen (1960); scikit-learn cohen_kappa_score",
    ),
    _row(
        key="mcc", label="Matthews correlation", fn=mcc, of=ConfusionTally, better="higher", low=-1.0, high=1.0,
        interval="multinomial", undefined_when="one class only in the truth or in the predictions", primary=True,
        about="Correlation of the true and predicted class; 0 for a constant guess, 1 for no mistake.",
        source="Gorodkin (2004); scikit-learn matthews_corrcoef", synonyms=("MCC", "R_K"),
    ),
    _row(
        key="roc_auc_ovr_macro", label="ROC AUC (one-vs-rest)", fn=roc_auc_ovr_macro, of=OneVsRest, better="higher",
        low=0.0, high=1.0, interval="delong", needs="probability", undefined_when=_NO_CLASS, mean_of="roc_auc", primary=True,
        about=f"Mean over the classes of the chance that a row of the class gets a higher probability of it than another row. {_LEFT_OUT}",
        source="scikit-learn roc_auc_score, multi_class='ovr'", synonyms=("AUC", "OvR"),
    ),
    _row(
        key="roc_auc_ovo_macro", label="ROC AUC (one-vs-one)", fn=roc_auc_ovo_macro, of=OneVsOne, better="higher",
        low=0.0, high=1.0, interval="delong", needs="probability",
        undefined_when="there are fewer than two classes with rows, or more than 50 classes",
        about="Mean over pairs of classes of how well the probability of one tells its rows from those of the other; does not depend on the class shares.",
        source="Hand and Till (2001); scikit-learn roc_auc_score, multi_class='ovo'", synonyms=("AUC", "OvO", "M measure"),
    ),
    _row(
        key="log_loss", label="Log loss", fn=partial(_of_sum, name="log_loss"), of=SumTally, better="lower", low=0.0, high=inf,
        interval="normal", needs="probability", undefined_when=_NO_ROW, primary=True,
        about="Mean negative log of the probability of the true class, in nats; infinite when a row's true class has probability 0.",
        source="Good (1952); scikit-learn log_loss without clipping", synonyms=("cross-entropy",),
    ),
    _row(
        key="log_loss_clipped", label="Log loss (clipped)", fn=partial(_of_sum, name="log_loss_clipped"), of=SumTally,
        better="lower", low=0.0, high=inf, interval="normal", needs="probability", undefined_when=_NO_ROW,
        about="Log loss with probabilities kept one float64 epsilon away from 0 and 1.",
        source="scikit-learn log_loss",
    ),
    _row(
        key="brier", label="Brier score", fn=partial(_of_sum, name="brier"), of=SumTally, better="lower", low=0.0, high=2.0,
        interval="normal", needs="probability", undefined_when=_NO_ROW,
        about="Mean over the rows of the squared distances between probabilities and truth, added up over the classes: 0 to 2.",
        source="Brier (1950); scikit-learn brier_score_loss",
    ),
    _row(
        key="ece", label="Expected calibration error", fn=probabilities.ece, of=ScoreTally, better="lower", low=0.0, high=1.0,
        interval="bootstrap", needs="probability", inflated=True, undefined_when=_NO_ROW,
        about="Distance between the probability of the predicted class and how often it is right, averaged over 15 equal-width bins (a, b] by rows.",
        source="Guo, Pleiss, Sun and Weinberger (2017)", synonyms=("ECE", "top-label calibration", "confidence calibration"),
    ),
    _row(
        key="classwise_ece", label="Classwise calibration error", fn=classwise_ece, of=OneVsRest, better="lower", low=0.0, high=1.0,
        interval="bootstrap", needs="probability", inflated=True, undefined_when=_NO_ROW,
        about="Expected calibration error of the probabilities of each class, averaged over the classes.",
        source="Kull and others (2019), arXiv:1910.12656",
    ),
    _row(
        key="expected_cost", label="Expected cost", fn=expected_cost, of=ConfusionTally, better="lower", low=0.0, high=inf,
        interval="multinomial", undefined_when=_NO_ROW,
        about="Mean cost of a row; every mistake costs 1.",
        source="Maier-Hein, Reinke and others (2024), doi:10.1038/s41592-023-02151-z", synonyms=("EC",),
    ),
)  # fmt: skip
