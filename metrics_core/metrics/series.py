"""Formulas of forecasts: a number of each series, and its mean over the series."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..tally.outcomes import FloatArray
from ..tally.series import SeriesTally

#: A number of each series, ``(..., S)``; NaN where it is undefined.
PerSeries = Callable[[SeriesTally], FloatArray]


def mean_over_series(tally: SeriesTally, of: PerSeries) -> FloatArray:
    """Mean over the series for which the number is defined, ``(...)``."""
    return tally.mean(of(tally))


def mase_of(tally: SeriesTally) -> FloatArray:
    """Mean absolute error over the scale, of each series ``(..., S)`` (Hyndman and Koehler 2006)."""
    return tally.over("scaled", "scaled_rows")


def rmsse_of(tally: SeriesTally) -> FloatArray:
    """Root of the mean squared error over the squared scale, of each series ``(..., S)``."""
    return np.sqrt(tally.over("scaled_squared", "scaled_squared_rows"))


def smape_of(tally: SeriesTally) -> FloatArray:
    """Symmetric percentage error from 0 to 200, of each series ``(..., S)``."""
    return tally.over("symmetric", "rows")


def wape_of(tally: SeriesTally) -> FloatArray:
    """Sum of the sizes of the errors over the sum of the sizes of the truth, of each series ``(..., S)``."""
    return tally.over("absolute", "size")


def dtw_of(tally: SeriesTally) -> FloatArray:
    """Distance along the optimal warping path, mean over the paths of each series, ``(..., S)``."""
    return tally.over("dtw", "paths")


def owa(tally: SeriesTally) -> FloatArray:
    """Mean of sMAPE and MASE, each over that of Naive2, on the rows that have both (Makridakis et al. 2020), ``(...)``."""
    parts = [
        (tally.mean(tally.over(f"{of}_of_naive2", "naive2_rows")), tally.mean(tally.over(f"{of}_naive2", "naive2_rows")))
        for of in ("symmetric", "scaled")
    ]  # fmt: skip
    ratios = [
        np.divide(ours, theirs, out=np.full(np.shape(ours), np.nan), where=theirs > 0)
        for ours, theirs in parts
    ]
    return np.asarray((ratios[0] + ratios[1]) / 2)


def skill(tally: SeriesTally, against: str) -> FloatArray:
    """Share by which the absolute error is below that of a naive forecast on the same rows, ``(...)``."""
    return np.asarray(1 - tally.pooled(f"of_{against}", against))


def scaled_error(tally: SeriesTally) -> FloatArray:
    """Mean of the scaled errors over the rows, ``(...)``."""
    return tally.pooled("scaled", "scaled_rows")
