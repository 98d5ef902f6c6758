"""Forecasts by origin and horizon, and how many truths predicted intervals hold along either."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from .cases import IntArray
from .forecast_cases import ForecastCases
from .forecast_origins import Periods
from .forecast_series import intervals_around
from .interval_tests import clopper_pearson
from .number_units import weights
from .tally.outcomes import FloatArray

#: Lines and columns of the table at most; neighbours are thrown together beyond.
MOST_HORIZONS, MOST_COLUMNS = 24, 60
#: Pairs of cell and unit that are counted in one array; more are looked up.
_DENSE = 8_000_000


@dataclass(frozen=True, eq=False)
class Steps:
    """The rows by horizon.

    Attributes
    ----------
    code : (n,) int64
    low, high : (H,) int64
        The first and the last horizon of each group, in steps.
    """

    code: IntArray
    low: IntArray
    high: IntArray

    def __len__(self) -> int:
        return int(self.low.size)

    @property
    def names(self) -> list[str]:
        """Write each group: ``3`` or ``3–4``."""
        return [f"{a}" if a == b else f"{a}–{b}" for a, b in zip(self.low.tolist(), self.high.tolist(), strict=True)]  # fmt: skip


def steps_of(cases: ForecastCases, most: int = MOST_HORIZONS) -> Steps | None:
    """Group the rows by how many steps ahead they look; None where nothing says.

    Parameters
    ----------
    cases : ForecastCases
    most : int
        Groups; with more different horizons neighbours share one.
    """
    if cases.horizon is None:
        return None
    different, code = np.unique(cases.horizon, return_inverse=True)
    each = max(ceil(different.size / most), 1)
    first = np.arange(0, different.size, each)
    last = np.minimum(first + each, different.size) - 1
    return Steps((code // each).astype(np.int64), different[first], different[last])


@dataclass(frozen=True, eq=False)
class OriginGrid:
    """A mean by horizon and period.

    Attributes
    ----------
    value, rows : (H, C) float64
        The mean, NaN in an empty cell, and the weight of its rows.
    column : (P,) int64
        The column of each period.
    """

    value: FloatArray
    rows: FloatArray
    column: IntArray


def origin_grid(cases: ForecastCases, number: FloatArray, periods: Periods, steps: Steps) -> OriginGrid:
    """Compute the mean of a number for every horizon and period; many periods share columns.

    Parameters
    ----------
    cases : ForecastCases
    number : (n,) float64
        NaN where it is not known.
    periods : Periods
    steps : Steps
    """
    column = np.arange(len(periods)) // max(ceil(len(periods) / MOST_COLUMNS), 1)
    wide = int(column.max(initial=-1)) + 1
    w = weights(cases)
    known = ~np.isnan(number) & (w > 0)
    cell = (steps.code * wide + column[periods.code])[known]
    rows = _sums(cell, w[known], len(steps) * wide)
    summed = _sums(cell, w[known] * number[known], len(steps) * wide)
    value = np.divide(summed, rows, out=np.full(rows.size, np.nan), where=rows > 0)
    shape = len(steps), wide
    return OriginGrid(value.reshape(shape), rows.reshape(shape), column.astype(np.int64))


@dataclass(frozen=True, eq=False)
class CoverageAlong:
    """Truths inside predicted intervals, for each level and group.

    Attributes
    ----------
    levels : tuple of L float
    share, low, high : (L, G) float64
        Coverage with its 95 % interval; NaN in an empty group.
    rows : (G,) float64
    """

    levels: tuple[float, ...]
    share: FloatArray
    low: FloatArray
    high: FloatArray
    rows: FloatArray


def coverage_along(cases: ForecastCases, code: IntArray, n: int) -> CoverageAlong:
    """Count the truths inside each predicted interval by group; rows that belong together are not independent.

    Parameters
    ----------
    cases : ForecastCases
        With predicted intervals, or quantiles that make some, and rows that belong together: by series, by a group that was
        named, or of a single series by origin.
    code : (n_rows,) int64
        The group of each row, from 0.
    n : int
        Groups.

    Returns
    -------
    CoverageAlong
        Intervals are Clopper and Pearson's on as many independent rows as would tell as much (Korn and Graubard 1998).
    """
    around = intervals_around(cases)
    w = weights(cases)
    rows = _sums(code, w, n)
    group, of_unit = _units(cases, code, n)
    held = np.bincount(group[_sums(of_unit, w, group.size) > 0], minlength=n)
    squares = _sums(code, w if cases.frequency else w * w, n)
    effective = np.divide(rows**2, squares, out=np.zeros(n), where=squares > 0)
    if cases.frequency:
        effective = rows
    share, low, high = (np.full((len(around), n), np.nan) for _ in range(3))
    for i, (_, lower, upper) in enumerate(around):
        hit = ((cases.truth >= lower) & (cases.truth <= upper)).astype(np.float64)
        share[i] = np.divide(_sums(code, w * hit, n), rows, out=np.full(n, np.nan), where=rows > 0)
        moved = _sums(of_unit, w * (hit - share[i][code]), group.size)
        variance = np.divide(_sums(group, moved**2, n), rows**2, out=np.zeros(n), where=rows > 0)
        told = _told_by(share[i], variance, held, effective)
        low[i], high[i] = clopper_pearson(share[i] * told, told)
    return CoverageAlong(tuple(level for level, _, _ in around), share, low, high, rows)


def _sums(code: IntArray, x: FloatArray, n: int) -> FloatArray:
    """Add a number up by group."""
    return np.bincount(code, weights=x, minlength=n).astype(np.float64)


def _units(cases: ForecastCases, code: IntArray, n: int) -> tuple[IntArray, IntArray]:
    """Number the pairs of a group and of rows that belong together.

    Returns
    -------
    group : (U,) int64
        Of each pair.
    of_unit : (n_rows,) int64
        The pair of each row.
    """
    assert cases.together is not None  # forecasts always belong together in some way
    own = cases.together.astype(np.int64)
    wide = int(own.max(initial=0)) + 1
    if wide > 2 * len(cases) or own.min(initial=0) < 0:
        own = np.unique(own, return_inverse=True)[1].astype(np.int64)
        wide = int(own.max(initial=0)) + 1
    if n * wide <= _DENSE:
        return np.repeat(np.arange(n), wide), code * wide + own
    unit, of_unit = np.unique(code * wide + own, return_inverse=True)
    return unit // wide, of_unit.astype(np.int64)


def _told_by(share: FloatArray, variance: FloatArray, units: IntArray, effective: FloatArray) -> FloatArray:
    """Return independent rows that tell as much of each share: at most the rows, the units where all agree."""
    mixed = (share > 0) & (share < 1) & (units > 1)
    grown = variance * units / np.maximum(units - 1, 1)
    told = np.divide(share * (1 - share), grown, out=np.full(share.size, np.inf), where=mixed & (grown > 0))
    return np.minimum(effective, np.where(mixed, told, units.astype(np.float64)))
