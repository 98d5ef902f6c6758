"""Each group of a column against all other rows: a metric, how far apart the two are, and how sure that is.

Everything is counted once for each column: the cells of a small table (the four outcomes, or pairs of classes) by group.
The other rows are the whole minus the group, so no row is counted on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from statistics import NormalDist
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from .cases import BinaryCases, Cases, ClassCases, IntArray
from .differences import benjamini_hochberg, same_rate_p
from .errors import DataError, did_you_mean
from .group_spread import CellTable, Ends, Together, ends_of
from .grouping import Grouping
from .metrics.counts import ratio
from .metrics.registry import REGISTRY, metrics_of
from .metrics.spec import MetricSpec
from .number_cases import NumberCases
from .numbers_compared import COMPARED, NumberComparison
from .rate_interval import rate_cells, z_of
from .reduce.classes import confusion_tally
from .reduce.groups import group_cells
from .slices import Level
from .tally import ConfusionTally, Outcomes
from .tally.outcomes import FloatArray

if TYPE_CHECKING:
    import pandas as pd

#: A metric of fewer effective rows than this is too unsure to be tested or ranked.
SMALL = 30
#: Q-value up to which a group is called clearly worse or better.
CLEAR = 0.05
OTHER = "(other)"

# What was drawn of rows that belong together: many numbers, the same for every metric.
_TOGETHER: WeakKeyDictionary[Cases, Together] = WeakKeyDictionary()
_FAILURES = {
    (False, True, True, False): "errors",
    (False, False, True, False): "false negatives",
    (False, True, False, False): "false positives",
    (True, False, True, False): "positives",
}


@dataclass(frozen=True, kw_only=True)
class ComparedGroup:
    """One group against all other rows. What is not defined is NaN, and ``reason`` says why.

    Attributes
    ----------
    column : str
    label : str
    level : Level, optional
        The way to its rows; None for all values that are no group of their own.
    rows : int
        Judged rows, whatever they weigh.
    share : float
        Of all rows, or of their weights.
    value, low, high : float
        The metric and its interval.
    part, of : float
        Rows that a rate counts, and among which; NaN for other metrics.
    rest : float
        The metric of all other rows.
    difference, difference_low, difference_high : float
        ``value - rest`` and its interval.
    z : float
        Difference in standard errors.
    p, q : float
        Chance of such a difference if there were none; the same corrected for all groups tested (see ``corrected``).
    failures, share_of_failures : float
        What the metric counts against the model (see ``GroupTable.failures``), and its share of that in all rows.
    prevalence, rest_prevalence : float
        Share of positives in the group and among all other rows; NaN with many classes. Error rate, precision and F1
        differ between groups for that reason alone.
    n : float
        Effective rows that the metric is counted on, or groups of rows that belong together.
    small : bool
        Whether these are fewer than 30.
    reason : str
        Why value or difference is missing.
    """

    column: str
    label: str
    level: Level | None
    rows: int
    share: float
    value: float
    low: float
    high: float
    part: float
    of: float
    rest: float
    difference: float
    difference_low: float
    difference_high: float
    z: float
    p: float
    failures: float
    share_of_failures: float
    prevalence: float
    rest_prevalence: float
    small: bool
    reason: str
    q: float = float("nan")
    n: float = float("nan")

    @property
    def clear(self) -> bool:
        """Whether chance does not explain the difference, all groups tested considered."""
        return self.q <= CLEAR


@dataclass(frozen=True, kw_only=True)
class GroupTable:
    """The groups of one column.

    Attributes
    ----------
    column : str
    metric : MetricSpec
    failures : str
        What the metric counts against the model: ``errors``, ``false negatives``, ``false positives``, or
        ``positives`` for the prevalence, which holds nothing against it. Of predicted numbers ``absolute error``,
        ``squared error`` or ``misses`` of a predicted interval.
    value : float
        The metric of all rows.
    rows : int
        All judged rows.
    groups : tuple of ComparedGroup
        Those with rows, in their natural order.
    """

    column: str
    metric: MetricSpec
    failures: str
    value: float
    rows: int
    groups: tuple[ComparedGroup, ...]

    def worse(self, group: ComparedGroup) -> bool:
        """Tell whether the metric of a group is worse than that of all other rows."""
        return group.difference > 0 if self.metric.better == "lower" else (
            self.metric.better == "higher" and group.difference < 0
        )  # fmt: skip

    def frame(self) -> pd.DataFrame:
        """Return one row a group, everything as numbers: shares and rates as fractions."""
        import pandas as pd

        names = [n for n in ComparedGroup.__dataclass_fields__ if n not in ("level",)]
        rows = [{"metric": self.metric.key} | {n: getattr(g, n) for n in names} for g in self.groups]
        return pd.DataFrame(rows, columns=["metric", *names])


def comparable_metrics(task: str) -> tuple[MetricSpec, ...]:
    """Return the metrics that groups can be compared by: of a decision those between two finite ends, of numbers means.

    Examples
    --------
    >>> [spec.key for spec in comparable_metrics("multiclass")][:3]
    ['accuracy', 'error_rate', 'balanced_accuracy']
    """
    if task in COMPARED:
        return tuple(REGISTRY[task, key] for key in COMPARED[task])
    decided = [spec for spec in metrics_of(task) if spec.of in (Outcomes, ConfusionTally) and not spec.needs]
    return tuple(
        spec
        for spec in decided
        if isfinite(spec.low) and isfinite(spec.high) and not spec.key.endswith("_micro")
    )


@dataclass(frozen=True, eq=False)
class Counted:
    """What was counted of the judged rows in the groups of one column; the same for every metric on the same cells.

    Attributes
    ----------
    rows : (G,) int64
        Judged rows of each group, the last of all other values.
    counts, squares : (G, C) float64
        Weights of the rows by cell, and squared weights; the same where every row counts once.
    code : (n,) integer
        The group of each case.
    """

    rows: IntArray
    counts: FloatArray
    squares: FloatArray
    code: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Comparison:
    """One metric of one model on some judged rows, ready to be broken down by one column after the other.

    Attributes
    ----------
    cases : Cases
        All of them are compared: those of the filter.
    metric : MetricSpec
    cells : CellTable
        Where each case is counted.

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> from metrics_core.grouping import grouping
    >>> frame = pd.DataFrame({"y": [1, 0] * 80, "said": [1] * 80 + [1, 0] * 40, "sex": ["f", "m"] * 80})
    >>> predictions = mc.read(frame, y_true="y", y_pred="said")
    >>> comparison = Comparison.of(predictions.judged(), "error_rate")
    >>> table = comparison.table(grouping(predictions.source, "sex"))
    >>> [(g.label, g.rows, g.value, g.rest) for g in table.groups]
    [('f', 80, 0.0, 0.5), ('m', 80, 0.5, 0.0)]
    """

    cases: Cases
    metric: MetricSpec
    cells: CellTable

    @classmethod
    def of(cls, cases: Cases, metric: str, threshold: float | None = None) -> Comparison | NumberComparison:
        """Prepare the comparison of a metric, one of ``comparable_metrics``.

        Parameters
        ----------
        cases : BinaryCases, ClassCases or NumberCases
            Those of predicted numbers have a comparison of their own, with the same ``table``.
        metric : str
            Its key.
        threshold : float, optional
            Decides binary cases; without one their own decision does.

        Raises
        ------
        DataError
            If groups cannot be compared by this metric.
        """
        if isinstance(cases, NumberCases):
            return NumberComparison.of(cases, metric)
        task = "binary" if isinstance(cases, BinaryCases) else "multiclass"
        keys = [spec.key for spec in comparable_metrics(task)]
        if metric not in keys:
            raise DataError(f"Groups cannot be compared by {metric!r}. {did_you_mean(metric, keys)}")
        if isinstance(cases, BinaryCases):
            return cls(cases, REGISTRY["binary", metric], CellTable.of_outcomes(cases.outcome(threshold)))
        assert isinstance(cases, ClassCases)  # there are these two tasks
        spec = REGISTRY["multiclass", metric]
        if (
            spec.interval == "wilson"
        ):  # right is a true positive, wrong a false one: the same rate on two cells
            return cls(
                cases, replace(spec, fn=REGISTRY["binary", metric].fn), CellTable.of_outcomes(cases.wrong)
            )
        return cls(cases, spec, CellTable.of_pairs(cases, confusion_tally(cases)))

    @cached_property
    def _together(self) -> Together | None:
        """Draw the rows that belong together once for all columns and all metrics of these rows."""
        if self.cases.together is None:
            return None
        if self.cases not in _TOGETHER:
            _TOGETHER[self.cases] = Together.of(self.cases.together)
        return _TOGETHER[self.cases]

    def count(self, grouping: Grouping) -> Counted:
        """Count the judged rows of each group by cell."""
        cases, cells = self.cases, self.cells
        code = grouping.code[cases.rows]

        def counted(weight: FloatArray | None) -> FloatArray:
            return group_cells(cells.of_row, code, grouping.n_groups, cells.size, weight).astype(np.float64)

        counts = counted(cases.weight)
        squares = counted(cases.weight**2) if cases.weight is not None and not cases.frequency else counts
        return Counted(np.bincount(code, minlength=grouping.n_groups), counts, squares, code)

    def table(self, grouping: Grouping, counted: Counted | None = None) -> GroupTable:
        """Compare each group of a column with all other rows.

        Parameters
        ----------
        grouping : Grouping
        counted : Counted, optional
            What another metric of the same cases and cells has counted already.
        """
        c = counted or self.count(grouping)
        used = np.flatnonzero(c.rows)
        ends = ends_of(self.metric, self.cells, c.counts, c.squares, used, self.cases, c.code, self._together)
        return self._written(grouping, c.rows, c.counts, used, ends)

    def _written(self, grouping: Grouping, rows: IntArray, counts: FloatArray, used: IntArray, ends: Ends) -> GroupTable:  # fmt: skip
        """Write a row for each group that has rows."""
        failing = self._failing()
        failures, weight = counts[:, failing].sum(1), counts.sum(1)
        part, of = self._fraction(counts)
        prevalence, elsewhere = self._prevalence(counts)
        z, p = self._p(ends)
        p = np.where(ends.n_rest < SMALL, np.nan, p)
        groups = []
        for i, g in enumerate(used.tolist()):
            level = grouping.levels[g] if g < len(grouping.levels) else None
            groups.append(ComparedGroup(
                column=grouping.column, label=level.label if level else OTHER, level=level, rows=int(rows[g]),
                share=float(ratio(weight[g], weight.sum())), part=float(part[g]), of=float(of[g]),
                value=float(ends.value[i]), low=float(ends.low[i]), high=float(ends.high[i]), rest=float(ends.rest[i]),
                difference=float(ends.difference[i]), difference_low=float(ends.difference_low[i]),
                difference_high=float(ends.difference_high[i]), z=float(z[i]), p=float(p[i]),
                failures=float(failures[g]), share_of_failures=float(ratio(failures[g], failures.sum())),
                prevalence=float(prevalence[g]), rest_prevalence=float(elsewhere[g]),
                small=bool(ends.n[i] < SMALL), reason=self._reason(ends, i), n=float(ends.n[i]),
            ))  # fmt: skip
        value = float(self.metric.fn(self.cells.tally(counts.sum(0))))
        return GroupTable(column=grouping.column, metric=self.metric, failures=self._named(), value=value,
                          rows=len(self.cases), groups=tuple(groups))  # fmt: skip

    def _p(self, ends: Ends) -> tuple[FloatArray, FloatArray]:
        """Compute z and p: of rates of independent rows by their counts, else from the interval of the difference."""
        if self.metric.interval == "wilson" and self.cases.together is None:
            k, j = np.minimum(ends.value * ends.n, ends.n), np.minimum(ends.rest * ends.n_rest, ends.n_rest)
            share = ratio(k + j, ends.n + ends.n_rest)
            error = np.sqrt(share * (1 - share) * (ratio(1, ends.n) + ratio(1, ends.n_rest)))
            z = np.where(
                error > 0, ratio(ends.difference, error), np.where(np.isnan(ends.difference), np.nan, 0.0)
            )
            return z, same_rate_p(k, ends.n, j, ends.n_rest)
        toward_zero = np.where(ends.difference > 0, ends.difference - ends.difference_low, ends.difference_high - ends.difference)  # fmt: skip
        z = np.where(ends.difference == 0, 0.0, ratio(ends.difference, toward_zero) * z_of(0.95))
        p = [2 * NormalDist().cdf(-abs(x)) if np.isfinite(x) else np.nan for x in z.tolist()]
        return np.where(np.isfinite(z), z, np.nan), np.array(p)

    def _reason(self, ends: Ends, i: int) -> str:
        """Say what is missing and why; nothing when nothing is."""
        if np.isnan(ends.value[i]):
            return self.metric.undefined_when
        if ends.rest_rows[i] == 0:
            return "there are no other rows"
        if np.isnan(ends.rest[i]):
            return f"among the other rows {self.metric.undefined_when}"
        return ends.reason[i] or (f"fewer than {SMALL} other rows count" if ends.n_rest[i] < SMALL else "")

    def _failing(self) -> FloatArray:
        """Tell which cells count against the model."""
        if not self.cells.four:
            return np.asarray(self.cells.wrong)
        if self.metric.interval != "wilson":
            return np.array([False, True, True, False])
        part, whole = rate_cells(self.metric.fn)
        return np.asarray(whole & ~part if self.metric.better == "higher" else part)

    def _named(self) -> str:
        """Name what counts against the model."""
        return _FAILURES[tuple(self._failing().tolist())] if self.cells.four and self.metric.task == "binary" else "errors"  # fmt: skip

    def _fraction(self, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what a rate counts and among which, for each group; NaN for other metrics."""
        if self.metric.interval != "wilson":
            nothing = np.full(len(counts), np.nan)
            return nothing, nothing
        part, whole = rate_cells(self.metric.fn)
        return counts[:, part].sum(1), counts[:, whole].sum(1)

    def _prevalence(self, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the share of positives in each group and outside of it; NaN with many classes."""
        if self.metric.task != "binary":
            nothing = np.full(len(counts), np.nan)
            return nothing, nothing
        positive, every = counts[:, [0, 2]].sum(1), counts.sum(1)
        return ratio(positive, every), ratio(positive.sum() - positive, every.sum() - every)


def corrected(tables: Iterable[GroupTable]) -> tuple[GroupTable, ...]:
    """Give each group its q-value among all groups of all these tables that can be tested.

    Benjamini and Hochberg's correction: of all groups with q up to 0.05 a share of at most 0.05 is expected to differ
    by chance alone. Small groups are not tested: hardly any of them could be told from chance, and each would make it
    harder for all others.
    """
    tables = tuple(tables)
    p = [g.p if _is_tested(g) else float("nan") for table in tables for g in table.groups]
    q = iter(benjamini_hochberg(p).tolist() if p else [])
    return tuple(replace(t, groups=tuple(replace(g, q=next(q)) for g in t.groups)) for t in tables)


def n_tested(tables: Sequence[GroupTable]) -> int:
    """Count the groups that were tested."""
    return sum(_is_tested(g) for table in tables for g in table.groups)


def _is_tested(group: ComparedGroup) -> bool:
    """Tell a group that is a question of its own: not small, and not what is left over of a column."""
    return not group.small and not np.isnan(group.p) and group.level is not None
