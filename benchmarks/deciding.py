"""Choosing a threshold with everything around it, against the same from scikit-learn's curves on rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from metrics_core.decisions.certificates import certify
from metrics_core.decisions.choice import choose
from metrics_core.decisions.constraints import Constraint
from metrics_core.decisions.honest import honest_of
from metrics_core.decisions.objectives import Objective
from metrics_core.decisions.rule import Rule
from metrics_core.decisions.spread import spread_of
from metrics_core.reduce.scores import tally_of
from metrics_core.tally import ScoreTally

from .rows import scored
from .timing import Result, at_least, seconds

_RULE = Rule(Objective.read(maximize="f1"), (Constraint.read("recall>=0.5"), Constraint.read("fpr<=0.3")))
_PROMISES = ("recall>=0.5", "fpr<=0.4", "precision>=0.3")
_DRAWS, _SPLITS, _FEW = 1000, 100, 3


def results(*, quick: bool) -> Iterator[Result]:
    """Measure everything of this file."""
    n = 10**5 if quick else 10**6
    yield at_least(f"a threshold under two constraints, {n:,} rows, from the rows on", 5, lambda: choose(tally_of(*scored(n)), _RULE),
                   lambda: _by_curves(*scored(n, "float64")), "one pass of scikit-learn's ROC and precision-recall curves")  # fmt: skip
    yield _with_everything(n)
    yield _by_rows(quick=quick)


def decided(tally: ScoreTally) -> None:
    """Choose, draw the choice again, estimate it honestly and certify."""
    choose(tally, _RULE)
    spread_of(tally, _RULE, replicates=_DRAWS)
    honest_of(tally, _RULE)
    certify(tally, _PROMISES)


def _by_curves(score: np.ndarray, positive: np.ndarray) -> float:
    """Choose the same from scikit-learn's curves."""
    import sklearn.metrics as sm

    precision, recall, cuts = sm.precision_recall_curve(positive, score)
    fpr, _, at = sm.roc_curve(positive, score, drop_intermediate=False)
    negative_rate = np.interp(cuts, at[::-1], fpr[::-1])
    f1 = 2 * precision[:-1] * recall[:-1] / np.maximum(precision[:-1] + recall[:-1], 1e-300)
    f1[(recall[:-1] < 0.5) | (negative_rate > 0.3)] = -1
    return float(cuts[np.argmax(f1)])


def _with_everything(n: int) -> Result:
    """Choice, interval of the cut, honest value and promises, against the same choices on rows drawn and split again."""
    rng = np.random.default_rng(0)
    score, positive = scored(n, "float64")

    def again() -> None:
        at = rng.integers(0, n, n)
        _by_curves(score[at], positive[at])

    def split() -> None:
        at = rng.permutation(n)[: n * 4 // 5]
        _by_curves(score[at], positive[at])

    theirs = seconds(lambda: _by_curves(score, positive))
    theirs += sum(seconds(again) for _ in range(_FEW)) / _FEW * _DRAWS + sum(seconds(split) for _ in range(_FEW)) / _FEW * _SPLITS  # fmt: skip
    decided(tally_of(*scored(n)))
    ours = min(seconds(lambda: decided(tally_of(*scored(n)))) for _ in range(3))
    ratio = theirs / ours
    return Result(f"the same with its interval, honest value and three promises, {n:,} rows", ours, theirs, f"1,100 choices on rows drawn or split again ({2 * _FEW} measured, scaled)",
                  "≥ 50×", ratio >= 50, f"{ratio:,.0f}×")  # fmt: skip


def _by_rows(*, quick: bool) -> Result:
    """All of it after the rows were counted, which must not depend on their number."""
    small, large = (tally_of(*scored(n), exact=False) for n in (10**5, 10**6 if quick else 10**7))
    decided(small), decided(large)
    a, b = (min(seconds(lambda t=t: decided(t)) for _ in range(3)) for t in (small, large))
    return Result("all of it once the rows are counted", b, a, "the same with 100,000 rows", "≤ 1.5×", b <= 1.5 * a, f"{b / a:.2f}×")  # fmt: skip
