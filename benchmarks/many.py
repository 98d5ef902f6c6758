"""Many slices and many classes, against loops over scikit-learn."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from functools import cache

import numpy as np

from metrics_core.metrics.counts import f1
from metrics_core.metrics.probabilities import ece, roc_auc
from metrics_core.metrics.registry import metrics_of
from metrics_core.reduce.classes import confusion_tally, one_vs_rest, rank_tally
from metrics_core.reduce.scores import tally_of
from metrics_core.reduce.sliced import sliced_tally
from metrics_core.tally import ConfusionTally, Outcomes

from .rows import cases, classes, scored
from .timing import Result, at_least

_COLUMNS, _VALUES = 50, 10


@cache
def _codes(n: int) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    return [rng.integers(0, _VALUES, n) for _ in range(_COLUMNS)]


def results(*, quick: bool) -> Iterator[Result]:
    """Measure everything of this file."""
    yield from _slices(10**5 if quick else 10**6)
    yield from _classes(quick=quick)
    if not quick:
        yield _memory(10**8)


def _slices(n: int) -> Iterator[Result]:
    """500 slices at every threshold."""
    import sklearn.metrics as sm
    from sklearn.calibration import calibration_curve

    score, positive = scored(n, "float64")
    measured = 1

    def ours() -> None:
        tally = sliced_tally(cases(n), _codes(n), [_VALUES] * _COLUMNS)
        roc_auc(tally)
        ece(tally)
        fn, tn = tally.n_pos[:, None] - tally.tp, tally.n_neg[:, None] - tally.fp
        f1(Outcomes(tally.tp, tally.fp, fn, tn))

    def theirs() -> None:
        for code in _codes(n)[:measured]:
            for value in range(_VALUES):
                at = np.flatnonzero(code == value)
                sm.roc_auc_score(positive[at], score[at])
                sm.f1_score(positive[at], score[at] >= 0.5)
                calibration_curve(positive[at], score[at], n_bins=15)

    yield at_least(f"500 slices of {n:,} rows: AUC, ECE, F1 at every threshold", 100, ours, theirs,
                   f"scikit-learn in a loop, F1 at one threshold ({measured} of {_COLUMNS} columns, scaled)",
                   scale=_COLUMNS / measured, times=3)  # fmt: skip


def _classes(*, quick: bool) -> Iterator[Result]:
    """A thousand classes."""
    import sklearn.metrics as sm

    n, k = 10**5 if quick else 10**6, 1000
    decided = classes(n, k, probabilities=False)

    def report() -> None:
        tally = confusion_tally(decided)
        for spec in metrics_of("multiclass"):
            if spec.of is ConfusionTally:
                spec.fn(tally)
        outcomes = tally.one_vs_rest()
        for spec in metrics_of("binary"):
            if spec.key in ("precision", "recall", "f1"):
                spec.fn(outcomes)

    def sklearn_report() -> None:
        sm.confusion_matrix(decided.truth, decided.predicted)
        sm.classification_report(decided.truth, decided.predicted, zero_division=np.nan)
        sm.cohen_kappa_score(decided.truth, decided.predicted)
        sm.matthews_corrcoef(decided.truth, decided.predicted)
        sm.balanced_accuracy_score(decided.truth, decided.predicted)

    yield at_least(f"{k:,} classes, {n:,} rows: confusion and report", 100, report, sklearn_report, "five scikit-learn calls")  # fmt: skip
    n, k = (10**4, 200) if quick else (10**5, 1000)
    scored_classes = classes(n, k, probabilities=True)
    p = scored_classes.probabilities
    assert p is not None  # they were asked for

    def auc() -> None:
        for one in one_vs_rest(scored_classes, exact=False).classes:
            roc_auc(one)

    yield at_least(f"{k:,} classes, {n:,} rows: one-vs-rest AUC in bins", 50, auc,
                   lambda: sm.roc_auc_score(scored_classes.truth, p, multi_class="ovr"), "scikit-learn roc_auc_score", times=2)  # fmt: skip
    labels = np.arange(k)
    yield at_least(f"{k:,} classes, {n:,} rows: top-k accuracy for every k", 150, lambda: rank_tally(scored_classes),
                   lambda: [sm.top_k_accuracy_score(scored_classes.truth, p, k=size, labels=labels) for size in (1, 3, 5)],
                   "scikit-learn top_k_accuracy_score for three k", times=2)  # fmt: skip


def _memory(n: int) -> Result:
    """Memory that counting takes beside the arrays."""
    score, positive = np.random.default_rng(1).random(n, dtype=np.float32), np.zeros(n, dtype=bool)
    positive[::7] = True
    tally_of(score[: 10**6], positive[: 10**6], exact=False)
    tracemalloc.start()
    tally_of(score, positive, exact=False)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return Result(f"extra memory, {n:,} rows in memory", 0.0, 0.0, "the arrays themselves", "< 64 MiB", peak < 64, f"{peak:.0f} MiB")  # fmt: skip
