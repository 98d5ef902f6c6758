"""How errors grow with the steps ahead: a metric at each of them with its interval, beside the naive forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .bootstrap import MAX_UNDEFINED
from .cases import IntArray
from .forecast_boards import Across, divided, sums_of, varying
from .forecast_cases import ForecastCases
from .number_units import blocks, n_units
from .tally.outcomes import FloatArray

#: Steps ahead that are drawn one by one.
MOST_STEPS = 200
_LEVEL, _REPLICATES = 0.95, 1000
#: Of the naive forecasts as the cases hold them.
NAIVE = ("naive", "seasonal")


@dataclass(frozen=True, eq=False)
class ByStep:
    """A metric at each number of steps ahead. Each array ``(H,)``, NaN where undefined.

    Attributes
    ----------
    metric : str
    level : float, optional
        Of ``coverage``.
    across : Across
    rows : int64
        Judged rows that count.
    value, low, high : float64
        The metric, and its 95 % interval from what belongs together drawn again.
    naive, seasonal : float64
        The same metric of the naive forecasts, on the same rows.
    skill_naive, skill_seasonal : float64
        Share by which the absolute error is below theirs.
    left_out : int
        Rows that a naive forecast does not reach, and which therefore count for nobody here.
    units : int
        How many independent units there are; more than ``resampling.MAX_GROUPS`` are drawn in random blocks.
    drawn : str
        What is drawn again: ``series``.
    reason : str
        Why there is no interval; empty where there is one.
    """

    metric: str
    level: float | None
    across: Across
    rows: IntArray
    value: FloatArray
    low: FloatArray
    high: FloatArray
    naive: FloatArray
    seasonal: FloatArray
    skill_naive: FloatArray
    skill_seasonal: FloatArray
    left_out: int
    units: int
    drawn: str
    reason: str = ""


def by_step(cases: ForecastCases, across: Across, metric: str, level: float | None = None, *, seed: int = 0) -> ByStep:  # fmt: skip
    """Compute a metric at each number of steps ahead, for the model and for the naive forecasts on the same rows.

    Rows that one of the naive forecasts does not reach are left out for all of them, unless it reaches none.

    Parameters
    ----------
    cases : ForecastCases
    across : Across
        Of the same cases.
    metric : str
        A key of ``PARTS``. WAPE is the mean over series, as the metric of that name is; the others are means over rows.
    level : float, optional
        Which predicted interval ``coverage`` is of.
    seed : int
        The same seed gives the same intervals.

    Returns
    -------
    ByStep

    Raises
    ------
    ValueError
        If there is no such metric or interval.
    """
    cases = varying(cases)
    known = {name: ~np.isnan(getattr(cases, name)) for name in NAIVE}
    reached = [name for name in NAIVE if known[name].any()]
    kept = np.ones(len(cases), dtype=bool)
    for name in reached:
        kept &= known[name]
    if not kept.any():  # each reaches rows that the other does not
        reached, kept = [], np.ones(len(cases), dtype=bool)
    own, column = (cases, across.code) if kept.all() else (cases.at(np.flatnonzero(kept)), across.code[kept])
    size = len(across.labels)
    table = _Table.of(own, column, size)
    ours = table.sums(own, own.predicted, metric, level)
    low, high, reason = _interval(ours, metric, seed)
    others: dict[str, FloatArray] = {}
    absolute = _summed(_absolute(own, own.predicted), column, size)
    for name in NAIVE:
        values = skill = np.full(size, np.nan)
        if name in reached:
            predicted = getattr(own, name)
            theirs = _summed(_absolute(own, predicted), column, size)
            skill = 1 - divided(absolute, theirs)
            if metric != "coverage":  # the naive forecasts are points
                values = _value(table.sums(own, predicted, metric, level), metric)
        others[name], others[f"skill_{name}"] = values, skill
    return ByStep(
        metric, level, across, np.bincount(column, minlength=size), _value(ours, metric), low, high, left_out=int((~kept).sum()),
        units=int(n_units(own)), drawn=cases.together_by, reason=reason, **others,
    )  # fmt: skip


class _Sums(NamedTuple):
    """What a metric divides, by pair of series and unit ``(C, H)``, and the series and the unit of each pair."""

    part: FloatArray
    whole: FloatArray
    series: IntArray
    unit: IntArray


@dataclass(frozen=True, eq=False)
class _Table:
    """Rows by pair of series and unit, and by column."""

    cell: IntArray
    series: IntArray
    unit: IntArray
    columns: int

    @classmethod
    def of(cls, cases: ForecastCases, column: IntArray, columns: int) -> _Table:
        """Number the pairs that occur."""
        code, n = blocks(cases)
        pair, at = np.unique(cases.series.astype(np.int64) * n + code, return_inverse=True)
        return cls(at.astype(np.int64) * columns + column, pair // n, pair % n, columns)

    def sums(self, cases: ForecastCases, predicted: FloatArray, metric: str, level: float | None) -> _Sums:
        """Sum up what a metric divides."""
        shape = self.series.size, self.columns
        part, whole = sums_of(cases, predicted, self.cell, shape[0] * shape[1], metric, level)
        return _Sums(part.reshape(shape), whole.reshape(shape), self.series, self.unit)


def _absolute(cases: ForecastCases, predicted: FloatArray) -> FloatArray:
    """Weigh the size of each error."""
    off = np.abs(predicted - cases.truth)
    return off if cases.weight is None else off * cases.weight


def _summed(number: FloatArray, column: IntArray, size: int) -> FloatArray:
    """Sum numbers up by column."""
    return np.bincount(column, weights=number, minlength=size).astype(np.float64)


def _of_series(sums: _Sums) -> tuple[FloatArray, FloatArray]:
    """Return what the mean over series divides: the number of each series, and whether it has one, both ``(S, H)``."""
    starts = np.flatnonzero(np.diff(sums.series, prepend=-1))
    part, whole = sums.part, sums.whole
    if starts.size < len(part):
        part, whole = np.add.reduceat(part, starts), np.add.reduceat(whole, starts)
    number = divided(part, whole)
    has = ~np.isnan(number)
    return np.where(has, number, 0.0), has.astype(np.float64)


def _value(sums: _Sums, metric: str) -> FloatArray:
    """Compute the metric of all rows, ``(H,)``."""
    part, whole = _of_series(sums) if metric == "wape" else (sums.part, sums.whole)
    return divided(part.sum(0), whole.sum(0))


def _interval(sums: _Sums, metric: str, seed: int) -> tuple[FloatArray, FloatArray, str]:
    """Draw the units again; say why there is no interval where there is none."""
    unit, n = np.unique(sums.unit, return_inverse=True)
    nothing = np.full(sums.part.shape[1], np.nan)
    if unit.size < 2:
        return nothing, nothing, "there is one unit to draw"
    part, whole = sums.part, sums.whole
    if metric == "wape" and np.unique(sums.series).size > 1:
        if np.unique(sums.series).size < sums.series.size:
            return nothing, nothing, "the groups that belong together cut through series, and WAPE is a mean over series"  # fmt: skip
        part, whole = _of_series(sums)
    added = [np.stack([np.bincount(n, weights=x, minlength=unit.size) for x in table.T], axis=1) for table in (part, whole)]  # fmt: skip
    drawn = np.random.default_rng(seed).multinomial(unit.size, np.full(unit.size, 1 / unit.size), size=_REPLICATES).astype(np.float64)  # fmt: skip
    found = divided(drawn @ added[0], drawn @ added[1])
    low, high = nothing.copy(), nothing.copy()
    # A column that many draws leave without rows has no honest interval.
    sound = np.isnan(found).mean(axis=0) <= MAX_UNDEFINED
    if not sound.any():
        return nothing, nothing, "at each number of steps ahead too few units have forecasts"
    ends = [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2]
    low[sound], high[sound] = np.nanquantile(found[:, sound], ends, axis=0)
    return low, high, ""
