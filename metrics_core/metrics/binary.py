"""Binary classification: a metric is one row here and, if its formula is new, one function.

Shared formulas live in ``counts`` and ``probabilities``; the order of the rows is the order on every page.
"""

from __future__ import annotations

from functools import partial
from math import inf

from ..tally import Outcomes, ScoreTally
from . import counts, probabilities
from .spec import MetricSpec

_at = partial(MetricSpec, task="binary", of=Outcomes)
_rate = partial(_at, low=0.0, high=1.0, unit="share", interval="wilson")
_over = partial(MetricSpec, task="binary", of=ScoreTally, interval="bootstrap")

_NO_ROW = "there are no rows"
_NO_POSITIVE = "no row is positive"
_NO_NEGATIVE = "no row is negative"
_NO_FLAG = "no row is predicted positive"
_ONE_CLASS = "only one class is present"

METRICS = (
    _rate(
        key="accuracy", label="Accuracy", fn=counts.accuracy, better="higher", undefined_when=_NO_ROW, primary=True,
        about="Share of the rows that were predicted right.",
        source="scikit-learn accuracy_score", synonyms=("hit rate", "correct"),
    ),
    _rate(
        key="error_rate", label="Error rate", fn=counts.error_rate, better="lower", undefined_when=_NO_ROW,
        about="Share of the rows that were predicted wrong.",
        source="scikit-learn zero_one_loss", synonyms=("misclassification rate",),
    ),
    _at(
        key="balanced_accuracy", label="Balanced accuracy", fn=counts.balanced_accuracy, better="higher",
        low=0.0, high=1.0, unit="share", interval="multinomial", undefined_when=_ONE_CLASS, primary=True,
        about="Mean of recall and specificity: accuracy as if both classes were equally frequent.",
        source="scikit-learn balanced_accuracy_score",
    ),
    _rate(
        key="precision", label="Precision", fn=counts.precision, better="higher", undefined_when=_NO_FLAG, primary=True,
        about="Share of the rows predicted positive that are positive.",
        source="scikit-learn precision_score", synonyms=("positive predictive value", "PPV"),
    ),
    _rate(
        key="recall", label="Recall", fn=counts.recall, better="higher", undefined_when=_NO_POSITIVE, primary=True,
        about="Share of the positive rows that were predicted positive.",
        source="scikit-learn recall_score", synonyms=("sensitivity", "true positive rate", "TPR", "hit rate"),
    ),
    _rate(
        key="specificity", label="Specificity", fn=counts.specificity, better="higher", undefined_when=_NO_NEGATIVE,
        about="Share of the negative rows that were predicted negative.",
        source="scikit-learn recall_score with pos_label of the other class", synonyms=("true negative rate", "TNR"),
    ),
    _rate(
        key="npv", label="Negative predictive value", fn=counts.npv, better="higher",
        undefined_when="no row is predicted negative",
        about="Share of the rows predicted negative that are negative.",
        source="scikit-learn precision_score with pos_label of the other class", synonyms=("NPV",),
    ),
    _rate(
        key="fpr", label="False positive rate", fn=counts.fpr, better="lower", undefined_when=_NO_NEGATIVE,
        about="Share of the negative rows that were predicted positive.",
        source="scikit-learn roc_curve", synonyms=("fall-out", "false alarm rate", "FPR"),
    ),
    _rate(
        key="fnr", label="False negative rate", fn=counts.fnr, better="lower", undefined_when=_NO_POSITIVE,
        about="Share of the positive rows that were missed.",
        source="one minus scikit-learn recall_score", synonyms=("miss rate", "FNR"),
    ),
    _at(
        key="f1", label="F1", fn=counts.f1, better="higher", low=0.0, high=1.0, interval="multinomial", primary=True,
        undefined_when="no row is positive or predicted positive",
        about="Harmonic mean of precision and recall, computed from the counts.",
        source="scikit-learn f1_score", synonyms=("F-score", "F-measure", "Dice"),
    ),
    _at(
        key="f2", label="F2", fn=counts.f2, better="higher", low=0.0, high=1.0, interval="multinomial",
        undefined_when="no row is positive or predicted positive",
        about="F-score that weighs recall twice as much as precision.",
        source="scikit-learn fbeta_score",
    ),
    _at(
        key="f0_5", label="F0.5", fn=counts.f0_5, better="higher", low=0.0, high=1.0, interval="multinomial",
        undefined_when="no row is positive or predicted positive",
        about="F-score that weighs precision twice as much as recall.",
        source="scikit-learn fbeta_score",
    ),
    _at(
        key="mcc", label="Matthews correlation", fn=counts.mcc, better="higher", low=-1.0, high=1.0, interval="multinomial",
        undefined_when="only one class is present or only one is predicted", primary=True,
        about="Correlation between truth and decision; 0 is no better than chance, whatever the imbalance.",
        source="Matthews (1975); scikit-learn matthews_corrcoef, which says 0 where this is undefined",
        synonyms=("MCC", "phi"),
    ),
    _at(
        key="cohen_kappa", label="Cohen's kappa", fn=counts.cohen_kappa, better="higher", low=-1.0, high=1.0,
        interval="multinomial", undefined_when="agreement by chance is complete: one class is all there is",
        about="Agreement between truth and decision beyond what chance would give.",
        source="Cohen (1960); scikit-learn cohen_kappa_score",
    ),
    _at(
        key="jaccard", label="Jaccard", fn=counts.jaccard, better="higher", low=0.0, high=1.0, interval="multinomial",
        undefined_when="no row is positive or predicted positive",
        about="Rows both positive and predicted positive among those that are either.",
        source="scikit-learn jaccard_score", synonyms=("IoU", "critical success index", "threat score"),
    ),
    _at(
        key="youden_j", label="Youden's J", fn=counts.youden_j, better="higher", low=-1.0, high=1.0, interval="multinomial",
        undefined_when=_ONE_CLASS,
        about="Recall minus false positive rate.",
        source="Youden (1950)", synonyms=("informedness",),
    ),
    _at(
        key="lr_positive", label="Positive likelihood ratio", fn=counts.lr_positive, better="higher", low=0.0, high=inf,
        interval="multinomial", undefined_when="one class is absent or nothing is flagged",
        about="How many times a positive prediction multiplies the odds of being positive.",
        source="scikit-learn class_likelihood_ratios", synonyms=("LR+", "DLR+"),
    ),
    _at(
        key="lr_negative", label="Negative likelihood ratio", fn=counts.lr_negative, better="lower", low=0.0, high=inf,
        interval="multinomial", undefined_when="one class is absent or everything is flagged",
        about="How many times a negative prediction multiplies the odds of being positive.",
        source="scikit-learn class_likelihood_ratios", synonyms=("LR-", "DLR-"),
    ),
    _rate(
        key="prevalence", label="Prevalence", fn=counts.prevalence, better="neither", undefined_when=_NO_ROW,
        about="Share of the rows that are positive.",
        source="definition", synonyms=("base rate", "positive rate", "prior"),
    ),
    _at(
        key="net_benefit", label="Net benefit", fn=counts.net_benefit, better="higher", low=-inf, high=1.0,
        interval="multinomial", needs="threshold", undefined_when="there are no rows or the threshold is not in [0, 1)",
        about="True positives per row minus false positives per row at the odds t/(1-t) of the threshold.",
        source="Vickers and Elkin (2006), doi:10.1177/0272989X06295361", synonyms=("decision curve",),
    ),
    _over(
        key="roc_auc", label="ROC AUC", fn=probabilities.roc_auc, better="higher", low=0.0, high=1.0, interval="delong",
        undefined_when=_ONE_CLASS, primary=True,
        about="Chance that a positive row scores higher than a negative one; ties count half.",
        source="scikit-learn roc_auc_score", synonyms=("AUC", "AUROC", "c-statistic", "concordance"),
    ),
    _over(
        key="pr_auc", label="PR AUC", fn=probabilities.pr_auc, better="higher", low=0.0, high=1.0, undefined_when=_NO_POSITIVE,
        about="Trapezoidal area under the precision-recall points; straight lines flatter it, so prefer average precision.",
        source="scikit-learn auc of precision_recall_curve", synonyms=("AUPRC",),
    ),
    _over(
        key="average_precision", label="Average precision", fn=probabilities.average_precision, better="higher",
        low=0.0, high=1.0, undefined_when=_NO_POSITIVE, primary=True,
        about="Precision averaged over the recall gained at each score; a random model gets the prevalence.",
        source="scikit-learn average_precision_score", synonyms=("AP",),
    ),
    _over(
        key="ks", label="Kolmogorov-Smirnov", fn=probabilities.ks, better="higher", low=0.0, high=1.0,
        inflated=True, undefined_when=_ONE_CLASS,
        about="Largest distance between the score distributions of positives and negatives.",
        source="scipy ks_2samp", synonyms=("KS",),
    ),
    _over(
        key="gini", label="Gini", fn=probabilities.gini, better="higher", low=-1.0, high=1.0, interval="delong",
        undefined_when=_ONE_CLASS,
        about="Twice the ROC AUC minus one.",
        source="2 * scikit-learn roc_auc_score - 1", synonyms=("Somers' D", "accuracy ratio"),
    ),
    _over(
        key="log_loss", label="Log loss", fn=probabilities.log_loss, better="lower", low=0.0, high=inf, needs="probability",
        undefined_when=_NO_ROW,
        about="Mean negative log-likelihood in nats; infinite when a row with score 0 is positive or with 1 negative.",
        source="Good (1952); scikit-learn log_loss without clipping", synonyms=("cross-entropy",),
    ),
    _over(
        key="log_loss_clipped", label="Log loss (clipped)", fn=probabilities.log_loss_clipped, better="lower",
        low=0.0, high=inf, needs="probability", undefined_when=_NO_ROW,
        about="Log loss with scores kept one float64 epsilon away from 0 and 1.",
        source="scikit-learn log_loss",
    ),
    _over(
        key="brier", label="Brier score", fn=probabilities.brier, better="lower", low=0.0, high=1.0, needs="probability",
        undefined_when=_NO_ROW,
        about="Mean squared distance between probability and outcome.",
        source="Brier (1950); scikit-learn brier_score_loss",
    ),
    _over(
        key="brier_skill", label="Brier skill", fn=probabilities.brier_skill, better="higher", low=-inf, high=1.0,
        needs="probability", undefined_when=_ONE_CLASS,
        about="Share of the Brier score of always saying the prevalence that the scores save.",
        source="scikit-learn d2_brier_score", synonyms=("BSS",),
    ),
    _over(
        key="ece", label="Expected calibration error", fn=probabilities.ece, better="lower", low=0.0, high=1.0,
        needs="probability", inflated=True, undefined_when=_NO_ROW,
        about="Distance between score and observed rate, averaged over 15 equal-width bins (a, b] by rows.",
        source="Naeini, Cooper and Hauskrecht (2015)", synonyms=("ECE",),
    ),
    _over(
        key="mce", label="Maximum calibration error", fn=probabilities.mce, better="lower", low=0.0, high=1.0,
        needs="probability", inflated=True, undefined_when=_NO_ROW,
        about="Largest distance between score and observed rate over 15 equal-width bins (a, b].",
        source="Naeini, Cooper and Hauskrecht (2015)", synonyms=("MCE",),
    ),
    _over(
        key="smooth_ece", label="Smooth calibration error", fn=probabilities.smooth_ece, better="lower", low=0.0, high=1.0,
        needs="probability", inflated=True, slow=True, undefined_when=_NO_ROW,
        about="Calibration error without bins: residuals smoothed by a Gaussian whose width equals the error.",
        source="Blasiok and Nakkiran (2024), arXiv:2309.12236", synonyms=("smECE",),
    ),
    _over(
        key="precision@k", label="Precision at k", fn=probabilities.precision_at_k, better="higher", low=0.0, high=1.0,
        unit="share", undefined_when=_NO_ROW,
        about="Positives among the k highest scores, over k; ties at the cut count their expected share.",
        source="McSherry and Najork (2008)", synonyms=("P@k",),
    ),
    _over(
        key="recall@k", label="Recall at k", fn=probabilities.recall_at_k, better="higher", low=0.0, high=1.0,
        unit="share", undefined_when=_NO_POSITIVE,
        about="Share of the positives among the k highest scores; ties at the cut count their expected share.",
        source="McSherry and Najork (2008)", synonyms=("R@k",),
    ),
    _over(
        key="hinge_loss", label="Hinge loss", fn=probabilities.hinge_loss, better="lower", low=0.0, high=inf, needs="margin",
        undefined_when=_NO_ROW,
        about="Mean of max(0, 1 - margin) with the margin signed by the true class.",
        source="scikit-learn hinge_loss",
    ),
)  # fmt: skip
