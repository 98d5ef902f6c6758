"""How sure the metric of a group is, that of all other rows, and the difference of the two.

The difference gets its interval from the intervals of both, as Newcombe does it with two rates: each end reaches as far
as the two values may lie towards it (Zou and Donner 2008, doi:10.1002/sim.3095). So one rule serves every metric.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cases import Cases, ClassCases
from .intervals import LEVEL, REPLICATES, SEED, interval_of
from .metrics.counts import ratio
from .metrics.spec import MetricSpec
from .rate_interval import rate_cells, wilson, z_of
from .reduce.groups import group_cells
from .resampling import MAX_GROUPS, RowResampler, chunks
from .tally import ConfusionTally, Outcomes
from .tally.outcomes import FloatArray

# Numbers drawn for one column; with very many cells there are fewer replicates, and below the fewest none.
_MAX_DRAWN, _FEWEST = 40_000_000, 200
# More replicates than this share without a value: no interval.
_MAX_UNDEFINED = 0.05
_TOO_MANY = "the pairs of classes are too many to draw them again"
_SPREADLESS = 1e-12


@dataclass(frozen=True, eq=False)
class CellTable:
    """Where each case is counted, and how counts become the tally that a metric reads.

    Attributes
    ----------
    of_row : (n,) integer
        The cell of each case.
    size : int
        Number of cells.
    tally : callable
        From counts ``(..., size)`` to a tally with the same leading axes.
    wrong : (size,) bool
        Cells of cases that were predicted wrong.
    four : bool
        Whether the cells are the four outcomes.
    """

    of_row: NDArray[Any]
    size: int
    tally: Callable[[FloatArray], Any]
    wrong: NDArray[np.bool_]
    four: bool

    @classmethod
    def of_outcomes(cls, outcome: NDArray[Any]) -> CellTable:
        """Count by outcome: 0 tp, 1 fp, 2 fn, 3 tn."""
        return cls(outcome.astype(np.int8), 4, _outcomes, np.array([False, True, True, False]), True)

    @classmethod
    def of_pairs(cls, cases: ClassCases, tally: ConfusionTally) -> CellTable:
        """Count by true and predicted class, those pairs that occur."""
        pairs = tally.true * tally.n_classes + tally.predicted
        of_row = np.searchsorted(pairs, cases.truth.astype(np.int64) * tally.n_classes + cases.predicted)
        return cls(of_row, pairs.size, tally.with_counts, tally.true != tally.predicted, False)


@dataclass(frozen=True, eq=False)
class Ends:
    """A metric of G groups, of the rows outside each, and of the difference; each ``(G,)``, NaN where undefined.

    Attributes
    ----------
    value, low, high : float64
    rest : float64
    difference, difference_low, difference_high : float64
    n, n_rest : float64
        Independent units that the metric is counted on: effective rows, or groups of rows that belong together.
    rest_rows : float64
        Weight of the rows outside.
    reason : tuple of str
        Why there is no interval; empty where there is one.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    rest: FloatArray
    difference: FloatArray
    difference_low: FloatArray
    difference_high: FloatArray
    n: FloatArray
    n_rest: FloatArray
    rest_rows: FloatArray
    reason: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Side:
    """A metric of some rows: values and ends of the intervals, each ``(G,)``."""

    value: FloatArray
    low: FloatArray
    high: FloatArray
    n: FloatArray
    reason: tuple[str, ...]


def ends_of(
    spec: MetricSpec, cells: CellTable, counts: FloatArray, squares: FloatArray, used: NDArray[np.int64],
    cases: Cases, code: NDArray[Any], together: Together | None,
) -> Ends:  # fmt: skip
    """Compute values and intervals of the groups that have rows.

    Parameters
    ----------
    spec : MetricSpec
    cells : CellTable
    counts, squares : (all groups, C) float64
        Weights of the rows, and squared weights; the same where every row counts once.
    used : (G,) int64
        The groups that are asked for.
    cases : Cases
    code : (n,) integer
        The group of each case.
    together : Together, optional
        Where rows belong together.
    """
    inside, outside = counts[used], np.maximum(counts.sum(0) - counts[used], 0.0)
    sq_inside, sq_outside = squares[used], np.maximum(squares.sum(0) - squares[used], 0.0)
    dust = sq_outside <= _SPREADLESS * squares.sum(0)  # what a difference of equal sums leaves
    outside = np.where(dust, 0.0, outside)
    if together is None:
        correlation: FloatArray = np.zeros(used.size)
        ours = _independent(spec, cells, inside, sq_inside, cases)
        others = _independent(spec, cells, outside, sq_outside, cases)
    else:
        ours, others, correlation = _dependent(spec, cells, inside, outside, used, cases, code, together)
    difference = ours.value - others.value
    low, high = difference_ends(
        ours.value, (ours.low, ours.high), others.value, (others.low, others.high), correlation
    )
    reason = tuple(a or b for a, b in zip(ours.reason, others.reason, strict=True))
    return Ends(ours.value, ours.low, ours.high, others.value, difference, low, high, ours.n, others.n, outside.sum(1), reason)  # fmt: skip


def difference_ends(
    value: FloatArray, ends: tuple[FloatArray, FloatArray], other: FloatArray,
    other_ends: tuple[FloatArray, FloatArray], correlation: FloatArray | float = 0.0,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Interval of a difference from the values, the ends of their intervals and how much the two go together.

    Examples
    --------
    >>> low, high = difference_ends(np.array(0.7), (0.6, 0.8), np.array(0.5), (0.4, 0.6))
    >>> round(float(low), 4), round(float(high), 4)
    (0.0586, 0.3414)
    """
    d = np.asarray(value - other)

    def reach(a: FloatArray, b: FloatArray) -> FloatArray:
        return np.sqrt(np.maximum(a * a - 2 * correlation * a * b + b * b, 0.0))

    low = d - reach(value - ends[0], other_ends[1] - other)
    high = d + reach(ends[1] - value, other - other_ends[0])
    return np.asarray(low), np.asarray(high)


def _outcomes(counts: FloatArray, squares: FloatArray | None = None) -> Outcomes:
    """Read the last axis as tp, fp, fn, tn."""
    tp, fp, fn, tn = np.moveaxis(counts, -1, 0)
    return Outcomes(tp, fp, fn, tn, squares=None if squares is None else _outcomes(squares))


def _values(spec: MetricSpec, cells: CellTable, counts: FloatArray) -> FloatArray:
    """Compute the metric for every leading axis; infinite is undefined."""
    found = np.asarray(spec.fn(cells.tally(counts)), dtype=np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def _effective(weight: FloatArray, squares: FloatArray) -> FloatArray:
    """Rows of equal weight that tell as much (Kish)."""
    return weight * np.divide(weight, squares, out=np.zeros_like(weight), where=squares > 0)


def _counted_on(spec: MetricSpec, cells: CellTable) -> NDArray[np.bool_]:
    """Tell which cells the metric is counted on."""
    if cells.four and spec.interval == "wilson":
        return np.asarray(rate_cells(spec.fn)[1])
    return np.ones(cells.size, dtype=bool)


def _independent(
    spec: MetricSpec, cells: CellTable, counts: FloatArray, squares: FloatArray, cases: Cases
) -> _Side:
    """Intervals of rows that say nothing about each other."""
    value, on = _values(spec, cells, counts), _counted_on(spec, cells)
    n = _effective(counts[:, on].sum(1), squares[:, on].sum(1))
    whole_rows = cases.weight is None or cases.frequency
    if cells.four and spec.interval == "wilson" and (whole_rows or spec.task != "binary"):
        low, high = wilson(value * n, n, LEVEL)
        return _Side(value, low, high, n, ("",) * len(n))
    if cells.four:  # the same interval that an evaluation of these rows alone gives
        spans = [
            interval_of(spec, _outcomes(c, None if whole_rows else s), None)
            for c, s in zip(counts, squares, strict=True)
        ]
        ends = np.array([[np.nan if x is None else x for x in (s.low, s.high)] for s in spans]).reshape(-1, 2)
        return _Side(value, ends[:, 0], ends[:, 1], n, tuple(s.reason for s in spans))
    return _drawn_alone(spec, cells, counts, squares, value, n)


def _drawn_alone(
    spec: MetricSpec,
    cells: CellTable,
    counts: FloatArray,
    squares: FloatArray,
    value: FloatArray,
    n: FloatArray,
) -> _Side:
    """Percentiles of rows drawn again, one group after the other."""
    replicates = _replicates(counts.size)
    if not replicates:
        return _without(value, n, _TOO_MANY)
    ends, reason = np.full((len(n), 2), np.nan), [""] * len(n)
    for i, (weight, of_squares) in enumerate(zip(counts, squares, strict=True)):
        if np.isnan(value[i]):
            continue
        drawn = np.concatenate(
            [
                _values(spec, cells, part)
                for _, part in chunks(RowResampler(weight, of_squares), SEED, replicates)
            ]
        )
        *ends[i], reason[i] = _percentiles(spec, drawn, value[i], n[i])
    return _Side(value, ends[:, 0], ends[:, 1], n, tuple(reason))


def _replicates(size: int) -> int:
    """Return how many replicates of so many numbers are affordable; 0 for none."""
    found = min(REPLICATES, _MAX_DRAWN // max(1, size))
    return found if found >= _FEWEST else 0


def _without(value: FloatArray, n: FloatArray, reason: str) -> _Side:
    """Values without intervals."""
    nothing = np.full(len(n), np.nan)
    return _Side(value, nothing, nothing, n, (reason,) * len(n))


def _percentiles(spec: MetricSpec, drawn: FloatArray, value: float, n: float) -> tuple[float, float, str]:
    """Take the same share of the replicates off both ends; wider for few units, as a t-quantile is."""
    known = np.sort(drawn[~np.isnan(drawn)])
    if known.size < (1 - _MAX_UNDEFINED) * drawn.size or n < 2:
        return np.nan, np.nan, f"too many of the resamples have no value ({spec.undefined_when})"
    tail = NormalDist().cdf(-_stretched(n) * (n / (n - 1)) ** 0.5)
    beyond = min(max(int(tail * (known.size + 1)), 1), (known.size + 1) // 2)
    low, high = float(known[beyond - 1]), float(known[-beyond])
    if low == high:
        return np.nan, np.nan, "every resample gives the same value"
    return min(low, value), max(high, value), ""


def _stretched(n: float) -> float:
    """Quantile of Student's t that stands for the normal one with n units."""
    from scipy.special import stdtrit

    return float(-stdtrit(n - 1, (1 - LEVEL) / 2))


# ------------------------------------------------------------------------------------------- rows that belong together


@dataclass(frozen=True, eq=False)
class Together:
    """Groups of rows that belong together, and how often each of them is drawn in every replicate.

    Very many are first thrown together at random into blocks, which are as independent and vary as much.

    Attributes
    ----------
    unit, block : (n,) int64
        Of each case.
    times : (B, n_blocks) float64
    """

    unit: NDArray[np.int64]
    block: NDArray[np.int64]
    times: FloatArray

    @classmethod
    def of(cls, together: NDArray[np.int64]) -> Together:
        """Number the groups and draw them again; the same every time."""
        names, unit = np.unique(together, return_inverse=True)
        rng = np.random.default_rng(SEED)
        n = min(names.size, MAX_GROUPS)
        block = unit if names.size == n else rng.permutation(names.size)[unit] % n
        return cls(unit, block, rng.multinomial(n, np.full(n, 1 / n), size=REPLICATES).astype(np.float64))

    def counts(
        self, at: NDArray[np.int64], n_cells: int, weight: FloatArray | None, replicates: int
    ) -> FloatArray:
        """Count the cells ``at`` which the rows are, in every replicate, ``(replicates, n_cells)``."""
        n_blocks = self.times.shape[1]
        return np.asarray(self.times[:replicates] @ group_cells(at, self.block, n_blocks, n_cells, weight))


def _dependent(
    spec: MetricSpec, cells: CellTable, inside: FloatArray, outside: FloatArray, used: NDArray[np.int64],
    cases: Cases, code: NDArray[Any], together: Together,
) -> tuple[_Side, _Side, FloatArray]:  # fmt: skip
    """Intervals of both sides of every comparison from the same draws, and how much the two sides go together."""
    on = _counted_on(spec, cells)
    n, n_rest = _units(together.unit, code, used, on[cells.of_row])
    value, rest = _values(spec, cells, inside), _values(spec, cells, outside)
    size = used.size * cells.size
    replicates = _replicates(size)
    if not replicates or size * together.times.shape[1] > _MAX_DRAWN:
        return _without(value, n, _TOO_MANY), _without(rest, n_rest, _TOO_MANY), np.zeros(used.size)
    place = np.zeros(int(code.max()) + 1, dtype=np.int64)
    place[used] = np.arange(used.size)
    at = place[code] * cells.size + cells.of_row
    counts = together.counts(at, size, cases.weight, replicates).reshape(replicates, used.size, cells.size)
    drawn = _values(spec, cells, counts)
    drawn_rest = _values(spec, cells, np.maximum(counts.sum(1, keepdims=True) - counts, 0.0))
    ours = _side_together(spec, cells, value, drawn, n)
    others = _side_together(spec, cells, rest, drawn_rest, n_rest)
    return ours, others, _correlation(drawn, drawn_rest)


def _units(
    unit: NDArray[np.int64], code: NDArray[Any], used: NDArray[np.int64], counted: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """Count the groups of rows that belong together with counted rows inside and outside of each group."""
    size = int(code.max()) + 1
    pairs = _different(unit[counted] * size + code[counted])
    groups_of_unit = np.bincount(pairs // size)
    inside = np.bincount(pairs % size, minlength=size)[used]
    nowhere_else = np.bincount((pairs % size)[groups_of_unit[pairs // size] == 1], minlength=size)[used]
    return inside.astype(np.float64), (np.count_nonzero(groups_of_unit) - nowhere_else).astype(np.float64)


def _different(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the different whole numbers, ascending; counting them is faster than sorting where they lie close."""
    if int(numbers.max(initial=0)) <= _MAX_DRAWN:
        return np.flatnonzero(np.bincount(numbers))
    return np.unique(numbers)


def _side_together(
    spec: MetricSpec, cells: CellTable, value: FloatArray, drawn: FloatArray, n: FloatArray
) -> _Side:
    """Intervals from draws: of a rate Wilson's for as many independent rows as would vary so much, else percentiles."""
    rate = cells.four and spec.interval == "wilson"
    ends, reason = np.full((n.size, 2), np.nan), [""] * n.size
    for i in range(n.size):
        if np.isnan(value[i]):
            continue
        if n[i] < 2:
            reason[i] = "all rows belong together"
        elif rate:
            ends[i] = wilson(*_like_rows(value[i], drawn[:, i], n[i]), LEVEL)
        else:
            *ends[i], reason[i] = _percentiles(spec, drawn[:, i], value[i], n[i])
    return _Side(value, ends[:, 0], ends[:, 1], n, tuple(reason))


def _like_rows(value: float, drawn: FloatArray, n: float) -> tuple[float, float]:
    """Return successes and trials of independent rows whose rate would vary as that of these groups of rows.

    Where every row is alike, one row a group. Few groups vary too little by chance, hence the factors of n and of
    Student's t (Korn and Graubard 1998).
    """
    variance = float(np.nanvar(drawn)) * n / (n - 1)
    spread = value * (1 - value)
    rows = spread / variance if variance > _SPREADLESS and spread > 0 else n
    rows *= (z_of(LEVEL) / _stretched(n)) ** 2
    return value * rows, rows


def _correlation(a: FloatArray, b: FloatArray) -> FloatArray:
    """Correlation of two metrics over the replicates where both have a value; 0 where one does not vary."""
    known = ~(np.isnan(a) | np.isnan(b))
    n = np.maximum(known.sum(0), 1)
    x, y = (np.where(known, v, 0.0) for v in (a, b))
    x, y = (np.where(known, v - v.sum(0) / n, 0.0) for v in (x, y))
    spread = np.sqrt((x * x).sum(0) * (y * y).sum(0))
    return np.asarray(np.where(spread > _SPREADLESS, ratio((x * y).sum(0), spread), 0.0))
