"""Metrics of series when whatever belongs together is drawn again: the tallies of all replicates, without making them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from .cases import IntArray
from .forecast_cases import ForecastCases
from .metrics.spec import MetricSpec
from .reduce.series import tally_of_cells
from .renumbered import renumbered
from .resampling import MAX_GROUPS
from .tally.outcomes import FloatArray
from .tally.series import SeriesTally

#: Numbers that a chunk of replicates holds.
_CHUNK = 2_000_000


@dataclass(frozen=True, eq=False)
class _WholeSeries(SeriesTally):
    """Replicates in which every series is drawn as a whole: means are products of what was drawn and what was summed.

    Attributes
    ----------
    drawn : (B, U) float64
        How often each unit was drawn.
    unit : (S,) int64
        The unit of each series.
    """

    drawn: FloatArray
    unit: IntArray

    def mean(self, of_series: FloatArray) -> FloatArray:
        """Mean over the series that have a value, ``(B,)``."""
        known = ~np.isnan(of_series) & (self.weight > 0)
        return _divided(self._summed(np.where(known, of_series, 0.0)), self._summed(known.astype(np.float64)))

    def pooled(self, part: str, whole: str) -> FloatArray:
        """Divide the sum of all series by another, ``(B,)``."""
        return _divided(self._summed(self.sums[part]), self._summed(self.sums[whole]))

    def _summed(self, of_series: FloatArray) -> FloatArray:
        """Sum a number of the series over what was drawn."""
        of_unit = np.bincount(self.unit, weights=of_series, minlength=self.drawn.shape[1])
        return np.asarray(self.drawn @ of_unit)


@dataclass(frozen=True, eq=False)
class SeriesReplicates:
    """Replicates of the series of some forecasts.

    Attributes
    ----------
    cells : SeriesTally
        Sums of each pair of unit and series that occurs, ``(C,)``, by series.
    series, unit : (C,) int64
    n_units : int
    seed, replicates : int
    """

    cells: SeriesTally
    series: IntArray
    unit: IntArray
    n_units: int
    seed: int
    replicates: int

    @classmethod
    def of(cls, cases: ForecastCases, seed: int, replicates: int) -> SeriesReplicates:
        """Add up the rows of each unit and series; very many units are first thrown together at random.

        Parameters
        ----------
        cases : ForecastCases
            With rows that belong together.
        seed, replicates : int
        """
        assert cases.together is not None  # forecasts always belong together in some way
        _, unit = renumbered(cases.together)
        n_units = int(unit.max(initial=-1)) + 1
        if n_units > MAX_GROUPS:
            unit = np.random.default_rng(0).permutation(n_units)[unit] % MAX_GROUPS
            n_units = MAX_GROUPS
        pair, cell = renumbered(cases.series.astype(np.int64) * n_units + unit)
        cells = tally_of_cells(cases, cell, pair.size)
        return cls(cells, pair // n_units, pair % n_units, n_units, seed, replicates)

    def values(self, specs: Mapping[str, MetricSpec]) -> dict[str, FloatArray]:
        """Compute metrics of every replicate, ``(replicates,)`` each.

        Parameters
        ----------
        specs : mapping of str to MetricSpec
            By key.
        """
        parts: dict[str, list[FloatArray]] = {key: [] for key in specs}
        for tally in self._tallies():
            for key, spec in specs.items():
                with np.errstate(
                    over="ignore", invalid="ignore"
                ):  # numbers near 1e150 have no sum of squares
                    parts[key].append(np.asarray(spec.fn(tally), dtype=np.float64))
        return {key: np.concatenate(found) for key, found in parts.items()}

    def _tallies(self) -> Iterator[SeriesTally]:
        """Make the tallies of the replicates, a chunk at a time."""
        rng = np.random.default_rng(self.seed)
        chance = np.full(self.n_units, 1 / self.n_units)
        whole = np.unique(self.series).size == self.series.size
        width = self.n_units if whole else max(self.series.size, self.n_units)
        size = max(1, min(self.replicates, _CHUNK // width))
        starts = np.flatnonzero(np.diff(self.series, prepend=-1))
        rows = np.add.reduceat(self.cells.sums["rows"], starts)
        for start in range(0, self.replicates, size):
            n = min(size, self.replicates - start)
            drawn = rng.multinomial(self.n_units, chance, size=n).astype(np.float64)
            if whole:
                yield _WholeSeries(self.cells.weight, self.cells.sums, drawn, self.unit)
                continue
            of_cell = drawn[:, self.unit]
            sums = {name: np.add.reduceat(of_cell * x, starts, axis=1) for name, x in self.cells.sums.items()}
            yield SeriesTally(_divided(sums["rows"], rows), sums)


def _divided(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide; NaN where there is nothing to divide by."""
    return np.asarray(
        np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole > 0)
    )
