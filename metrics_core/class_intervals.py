"""Intervals of the metrics of many classes, by the method that their table row names.

Where rows belong together, every one of them draws the groups of rows again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import isnan, log, sqrt
from statistics import NormalDist

import numpy as np

from .auc_influence import mean_auc
from .auc_interval import LOGIT_ABOVE
from .bootstrap import Asked, between
from .calibration_interval import calibration_ends
from .cases import BinaryCases, ClassCases
from .metrics.counts import ratio
from .metrics.registry import REGISTRY, metrics_of
from .metrics.spec import MetricSpec, Tallies
from .rate_interval import wilson, z_of
from .reduce.classes import losses, ranks
from .resampling import GroupResampler, Resampler, RowResampler, Sample, chunks
from .tally import ConfusionTally, OneVsOne, OneVsRest, Outcomes, RankTally, ScoreTally, SumTally
from .tally.outcomes import FloatArray
from .values import Interval, Metrics, key_of

#: Numbers drawn for the replicates of the decision; with very many pairs of classes there are fewer replicates.
_MAX_DRAWN = 200_000_000
_FEWEST = 200
#: Classes, the rarest first, that are given rows never seen; numbers that this may take.
_MAX_UNSEEN, _MAX_CHANGED = 200, 20_000_000
#: Rows times classes up to which the bootstrap of all classes' calibration is computed.
_MAX_CALIBRATED = 50_000_000


@dataclass(frozen=True, eq=False)
class Draw:
    """The rows, what was counted of them, and how to draw them again."""

    cases: ClassCases
    tallies: Tallies
    level: float
    seed: int
    replicates: int

    @cached_property
    def right(self) -> Sample:
        """The same rows as right or wrong decisions."""
        c = self.cases
        right = BinaryCases(
            rows=c.rows, weight=c.weight, dropped_rows=c.dropped_rows, dropped_code=c.dropped_code, reasons=c.reasons,
            frequency=c.frequency, together=c.together, positive=~c.wrong, score=None, predicted=np.ones(len(c), dtype=bool),
        )  # fmt: skip
        squares = self.confusion.squares
        outcomes = replace(
            _as_outcomes(self.confusion), squares=None if squares is None else _as_outcomes(squares)
        )
        return Sample(outcomes, None, right, self.level, self.seed, self.replicates)

    @cached_property
    def effective(self) -> float:
        """Independent units: rows of equal weight that tell as much as these, or groups of rows that belong together."""
        together = self.cases.together
        return self.cases.effective_n if together is None else float(np.unique(together).size)

    @cached_property
    def tail(self) -> float:
        """Share of the replicates beyond each end."""
        return self.right.tail()

    @cached_property
    def units(self) -> FloatArray:
        """Independent units of each class: effective rows, or groups of rows that belong together, ``(K,)``."""
        c, k = self.cases, len(self.cases.labels)
        if c.together is not None:
            pairs = np.unique(np.stack([c.truth.astype(np.int64), c.together]), axis=1)
            return np.bincount(pairs[0], minlength=k).astype(np.float64)
        n = np.asarray(self.confusion.support, dtype=np.float64)
        squares = n if self.confusion.squares is None else self.confusion.squares.support
        return n * np.divide(n, squares, out=np.zeros(k), where=squares > 0)

    @cached_property
    def tail_of_classes(self) -> float:
        """Share of the replicates beyond each end of a mean in which every class counts alike, also a rare one.

        Draws of n units vary by the factor (n - 1) / n too little; a rare class has few units and a large part in the
        variance.
        """
        n = self.units[self.units > 0]
        wider = sqrt(float((1 / np.maximum(n - 1, 0.5)).sum() / (1 / n).sum()))
        return NormalDist().cdf(-z_of(self.level) * wider)

    @cached_property
    def confusion(self) -> ConfusionTally:
        """Counts of true and predicted class."""
        found = self.tallies[ConfusionTally]
        assert isinstance(found, ConfusionTally)
        return found

    @cached_property
    def of_confusion(self) -> dict[str, FloatArray]:
        """Every metric of the decision when the pairs of true and predicted class are drawn again, each ``(B,)``."""
        tally, c = self.confusion, self.cases
        size = tally.counts.size
        resampler: Resampler
        if c.together is not None:
            cells = tally.true * tally.n_classes + tally.predicted
            of_row = np.searchsorted(cells, c.truth.astype(np.int64) * tally.n_classes + c.predicted)
            resampler = GroupResampler.of(c.together, of_row, c.weight, size)
        else:
            q = tally.squares or tally
            resampler = RowResampler(tally.counts.astype(np.float64), q.counts.astype(np.float64))
        replicates = min(self.replicates, max(_FEWEST, _MAX_DRAWN // max(1, size)))
        drawn: dict[str, FloatArray] = {s.key: np.empty(replicates) for s in metrics_of("multiclass") if s.of is ConfusionTally}  # fmt: skip
        for part, counts in chunks(resampler, self.seed, replicates):
            several = tally.with_counts(counts)  # remembers its margins from one metric to the next
            for key, values in drawn.items():
                values[part] = REGISTRY["multiclass", key].fn(several)
        return drawn

    @cached_property
    def unseen(self) -> ConfusionTally:
        """The same counts with what no class shows yet."""
        return _unseen(self.confusion, self.units, z_of(self.level))

    def group_means(self, numbers: FloatArray) -> FloatArray:
        """Weighted means of a number of the rows when the groups of rows are drawn again, ``(B,)``."""
        c = self.cases
        assert c.together is not None
        w = np.ones(len(c)) if c.weight is None else c.weight
        weighed = np.multiply(w, numbers, out=np.zeros(len(c)), where=w > 0)  # a loss may be infinite
        resampler = GroupResampler.of(
            np.tile(c.together, 2), np.repeat([0, 1], len(c)), np.concatenate([weighed, w]), 2
        )
        drawn = np.concatenate([part for _, part in chunks(resampler, self.seed, self.replicates)])
        return ratio(drawn[:, 0], drawn[:, 1])


def class_interval(spec: MetricSpec, k: int | None, metrics: Metrics, draw: Draw) -> Interval:
    """Compute the interval of one metric.

    Parameters
    ----------
    spec : MetricSpec
        Of the multiclass table.
    k : int, optional
        Size that the metric takes.
    metrics : Metrics
        The values.
    draw : Draw

    Returns
    -------
    Interval
    """
    key = key_of(spec, k)
    value = metrics.values[key]
    grouped = draw.cases.together is not None
    method = "group_bootstrap" if grouped else spec.interval
    if value is None:
        return Interval(None, None, draw.level, method, metrics.undefined.get(key, spec.undefined_when))
    if draw.cases.together is not None and np.unique(draw.cases.together).size < 2:
        return Interval(None, None, draw.level, method, "all rows belong together")
    asked = Asked(spec, k, value, method)
    if spec.of is ConfusionTally and (grouped or spec.interval != "wilson"):
        return _of_confusion(asked, draw)
    if spec.of in (ScoreTally, OneVsRest) and spec.inflated:
        return _of_calibration(asked, draw)
    if spec.of in (OneVsRest, OneVsOne):
        return _of_auc(asked, draw)
    return _of_mean(asked, draw)


def _of_confusion(a: Asked, draw: Draw) -> Interval:
    """Interval from draws of the pairs of true and predicted class."""
    alike = a.spec.mean_of and not a.spec.key.endswith("_weighted")
    tail = draw.tail_of_classes if alike else draw.tail
    return between(a, draw.of_confusion[a.spec.key], tail, draw.right, rare=a.of(draw.unseen))


def _unseen(tally: ConfusionTally, units: FloatArray, z: float) -> ConfusionTally:
    """Allow for what no class shows yet, one class and one kind of row at a time, ``(R, M)``.

    A class without a missed row, without a wrongly flagged one or without a right one gets as many as Wilson's limit
    for none of n allows. A pair that holds no row stays empty in every draw, so without this a precision of 4 in 4
    would be certain.
    """
    k, z2, right = tally.n_classes, z**2, tally.correct
    o, total = tally.one_vs_rest(), units.sum()
    largest, second = (np.argsort(-tally.support, kind="stable").tolist() * 2)[:2]
    moves: list[tuple[int, int, float]] = []  # from a pair to another, and how much
    few = np.argsort(units, kind="stable")
    for c in few[units[few] > 0][:_MAX_UNSEEN].tolist():
        other = second if c == largest else largest
        if right[c] == 0:
            of_class = np.where(tally.true == c, tally.counts, 0)
            at = int(of_class.argmax())
            limit = float(tally.support[c]) * z2 / (units[c] + z2)
            moves.append((c * k + int(tally.predicted[at]), c * k + c, min(limit, float(of_class[at]))))
            continue
        if o.fn[c] == 0 and other != c:
            moves.append((c * k + c, c * k + other, float(right[c]) * z2 / (units[c] + z2)))
        if o.fp[c] == 0 and other != c and right[other] > 0:
            rest = float(tally.total - tally.support[c]) * z2 / (total - units[c] + z2)
            moves.append((other * k + other, other * k + c, min(rest, float(right[other]))))
    cells = np.array(sorted({to for _, to, _ in moves}), dtype=np.int64)
    wide = tally + ConfusionTally(k, cells // k, cells % k, np.zeros(cells.size))
    place = {cell: i for i, cell in enumerate((wide.true * k + wide.predicted).tolist())}
    moves = moves[: max(1, _MAX_CHANGED // max(1, wide.counts.size))]
    counts = np.tile(wide.counts, (len(moves), 1))
    for row, (start, to, amount) in enumerate(moves):
        counts[row, place[start]] -= amount
        counts[row, place[to]] += amount
    return wide.with_counts(counts)


def _of_mean(a: Asked, draw: Draw) -> Interval:
    """Interval of a mean over rows: of hits by Wilson, of losses by their standard error and skewness."""
    c = draw.cases
    if c.together is not None:
        drawn = draw.group_means(_numbers(a, c))
        rare = _rate_of_groups(a.value, drawn, draw) if a.spec.of is RankTally else np.zeros(0)
        return between(a, drawn, draw.tail, draw.right, rare=rare)
    if a.method == "wilson":
        ends = wilson(a.value * draw.effective, draw.effective, draw.level)
        return Interval(float(ends[0]), float(ends[1]), draw.level, a.method)
    tally = draw.tallies[SumTally]
    assert isinstance(tally, SumTally)
    error = tally.standard_error(a.spec.key)
    if not error > 0:
        why = "one row has no spread" if isnan(error) else "every row has the same loss"
        return Interval(None, None, draw.level, a.method, why)
    skewness, z = _skewness(a, c), z_of(draw.level)
    low, high = (a.value - error * _unskewed(end, skewness) for end in (z, -z))
    return Interval(max(low, a.spec.low), min(high, a.spec.high), draw.level, a.method)


def _skewness(a: Asked, cases: ClassCases) -> float:
    """Skewness of a mean over independent rows: that of the rows over the root of their number."""
    w = np.ones(len(cases)) if cases.weight is None else cases.weight
    used = w > 0  # the loss of a row without weight may be infinite
    away, w = _numbers(a, cases)[used] - a.value, w[used]
    second, third = (w, w) if cases.frequency else (w**2, w**3)
    return float((third * away**3).sum() / (second * away**2).sum() ** 1.5)


def _unskewed(z: float, skewness: float) -> float:
    """Quantile of a mean over its standard error whose distribution is skewed (Hall 1992, doi:10.2307/2291289).

    A few rows carry most of a loss. Where none of them was drawn the standard error is too small as well, so a
    symmetric interval ends too low.
    """
    if abs(skewness) < 1e-6:
        return z
    return 3 / skewness * (float(np.cbrt(1 + skewness * (z - skewness / 6))) - 1)


def _rate_of_groups(value: float, drawn: FloatArray, draw: Draw) -> FloatArray:
    """Wilson's ends for as many independent rows as would vary like the groups: percentiles near 0 and 1 are too narrow.

    Where every row is alike, no less than one row a group.
    """
    variance = float(np.nanvar(drawn))
    n = value * (1 - value) / variance if variance > 0 else draw.effective
    return np.array(wilson(value * n, n, draw.level))


def _numbers(a: Asked, cases: ClassCases) -> FloatArray:
    """The number of each row whose mean the metric is."""
    if a.spec.of is RankTally:
        return np.asarray(ranks(cases) < (a.k or 3), dtype=np.float64)
    return losses(cases)[a.spec.key]


def _of_auc(a: Asked, draw: Draw) -> Interval:
    """Interval of a mean of AUCs from those of the single ones and the influence of each row."""
    c = draw.cases
    found = mean_auc(c, a.value, z_of(draw.level), one_vs_one=a.spec.of is OneVsOne)
    if c.together is None:
        return Interval(found.low, found.high, draw.level, a.method)
    w = np.ones(len(c)) if c.weight is None else c.weight
    resampler = GroupResampler.of(c.together, np.zeros(len(c), dtype=np.int64), w * found.influence, 1)
    moved = np.concatenate([part[:, 0] for _, part in chunks(resampler, draw.seed, draw.replicates)])
    unseen = np.array([a.value - found.unseen[0], a.value + found.unseen[1]])
    return between(a, _moved_auc(a.value, moved), draw.tail, draw.right, rare=unseen)


def _moved_auc(value: float, moved: FloatArray) -> FloatArray:
    """Move an AUC, near 1 on the log-odds scale, which cannot reach beyond."""
    if value <= LOGIT_ABOVE or value == 1:
        return np.clip(value + moved, 0.0, 1.0)
    odds = log(value / (1 - value)) + moved / (value * (1 - value))
    return np.asarray(1 / (1 + np.exp(-odds)))


def _of_calibration(a: Asked, draw: Draw) -> Interval:
    """Interval of a calibration error, of the decision or of all classes."""
    c, of_classes = draw.cases, a.spec.of is OneVsRest
    if of_classes and len(c) * len(c.labels) > _MAX_CALIBRATED:
        return Interval(None, None, draw.level, a.method, "the rows and classes are too many for a bootstrap of all classes")  # fmt: skip
    low, high = calibration_ends(
        c, a.value, of_classes=of_classes, level=draw.level, tail=draw.tail, seed=draw.seed, replicates=draw.replicates
    )  # fmt: skip
    return Interval(min(low, a.value), min(high, a.spec.high), draw.level, a.method)


def _as_outcomes(t: ConfusionTally) -> Outcomes:
    """Right decisions as true, wrong ones as false positives."""
    right = np.asarray(t.correct.sum(-1))
    zero = np.zeros_like(right)
    return Outcomes(right, np.asarray(t.total - right), zero, zero)
