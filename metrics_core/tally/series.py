"""Numbers of the rows summed up by series: what metrics that are means over series are computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .outcomes import FloatArray


@dataclass(frozen=True, eq=False)
class SeriesTally:
    """Sums of each series over its rows. Leading axes are free.

    Attributes
    ----------
    weight : (..., S) float64
        How much each series counts in a mean over series: 1, or how often it was drawn; 0 for series without rows.
    sums : dict of (..., S) float64
        Of the rows as often as they were drawn. By name of the number: ``rows`` (their weight), ``absolute``, ``size`` (of the truth) and ``symmetric``;
        ``scaled`` and ``scaled_squared`` over the ``scaled_rows`` and ``scaled_squared_rows`` whose series has a scale;
        ``of_naive`` and ``naive`` (sizes of our errors and of those of the naive forecast on the rows that have one),
        ``of_seasonal`` and ``seasonal`` likewise; for the benchmark Naive2 on its ``naive2_rows`` ``symmetric_of_naive2``,
        ``symmetric_naive2``, ``scaled_of_naive2`` and ``scaled_naive2``; ``dtw`` over the ``paths`` that have one.
    """

    weight: FloatArray
    sums: Mapping[str, FloatArray]

    def over(self, part: str, whole: str) -> FloatArray:
        """Divide one sum of each series by another, ``(..., S)``; NaN where there is nothing to divide by."""
        a, b = self.sums[part], self.sums[whole]
        return np.asarray(np.divide(a, b, out=np.full(np.broadcast(a, b).shape, np.nan), where=b > 0))

    def mean(self, of_series: FloatArray) -> FloatArray:
        """Mean over the series that have a value, ``(...)``; NaN when none has."""
        known = ~np.isnan(of_series) & (self.weight > 0)
        total = np.where(known, self.weight, 0.0).sum(-1)
        with np.errstate(over="ignore", invalid="ignore"):
            summed = np.where(known, self.weight * of_series, 0.0).sum(-1)
        return np.asarray(np.divide(summed, total, out=np.full(np.shape(total), np.nan), where=total > 0))

    def pooled(self, part: str, whole: str) -> FloatArray:
        """Divide the sum of all series by another, ``(...)``; NaN where there is nothing to divide by."""
        a, b = self.sums[part].sum(-1), self.sums[whole].sum(-1)
        return np.asarray(np.divide(a, b, out=np.full(np.shape(a), np.nan), where=b > 0))

    def __add__(self, other: SeriesTally) -> SeriesTally:
        """Merge two tallies of disjoint rows of the same series."""
        sums = {name: np.asarray(self.sums[name] + other.sums[name]) for name in self.sums}
        return SeriesTally(np.maximum(self.weight, other.weight), sums)
