"""Forecasts into sums by series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..cases import BoolArray, IntArray
from ..forecast_cases import ForecastCases
from ..forecasts.dtw import trajectories
from ..renumbered import renumbered
from ..tally.outcomes import FloatArray
from ..tally.series import SeriesTally


def series_tally(cases: ForecastCases) -> SeriesTally:
    """Sum the numbers of the rows of each series up, ``(S,)``.

    Parameters
    ----------
    cases : ForecastCases
        S is the number of series in their timeline.
    """
    n_series = len(cases.timeline.names)
    return tally_of_cells(cases, cases.series.astype(np.int64), n_series)


def tally_of_cells(cases: ForecastCases, cell: IntArray, n_cells: int) -> SeriesTally:
    """Sum the numbers of the rows of each cell up, ``(n_cells,)``.

    Parameters
    ----------
    cases : ForecastCases
    cell : (n,) int64
        The cell of each row, such as its series, or one horizon of it.
    n_cells : int
    """
    w = np.ones(len(cases)) if cases.weight is None else cases.weight
    sums: dict[str, FloatArray] = {}
    for name, (number, known) in row_numbers(cases).items():
        counted = w if known is None else np.where(known, w, 0.0)
        weighed = counted if number is None else np.where(counted > 0, counted * np.where(counted > 0, number, 0.0), 0.0)  # fmt: skip
        sums[name] = np.bincount(cell, weights=weighed, minlength=n_cells).astype(np.float64)
    distance, of_path = path_distances(cases)
    at = cell[of_path]
    known = ~np.isnan(distance)
    sums["dtw"] = np.bincount(at[known], weights=distance[known], minlength=n_cells).astype(np.float64)
    sums["paths"] = np.bincount(at[known], minlength=n_cells).astype(np.float64)
    return SeriesTally((sums["rows"] > 0).astype(np.float64), sums)


def row_numbers(cases: ForecastCases) -> dict[str, tuple[FloatArray | None, BoolArray | None]]:
    """Return the numbers of each row that are summed up, and where they are known.

    Parameters
    ----------
    cases : ForecastCases

    Returns
    -------
    dict of ((n,) float64 or None, (n,) bool or None)
        By name as in ``SeriesTally``. No number means 1 for every row, no mask that it is always known.
    """
    y, f = cases.truth, cases.predicted
    off = np.abs(cases.residual)
    scaled, squared = cases.scaled, cases.scaled_squared
    has_scale, has_squared = ~np.isnan(scaled), ~np.isnan(squared)
    naive, seasonal = ~np.isnan(cases.naive), ~np.isnan(cases.seasonal)
    both = ~np.isnan(cases.naive2) & has_scale
    off_naive2 = np.abs(cases.naive2 - y)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled_naive2 = off_naive2 / cases.scale
    symmetric = symmetric_error(y, f)
    return {
        "rows": (None, None),
        "absolute": (off, None),
        "size": (np.abs(y), None),
        "symmetric": (symmetric, None),
        "scaled": (scaled, has_scale),
        "scaled_rows": (None, has_scale),
        "scaled_squared": (squared, has_squared),
        "scaled_squared_rows": (None, has_squared),
        "of_naive": (off, naive),
        "naive": (np.abs(cases.naive - y), naive),
        "of_seasonal": (off, seasonal),
        "seasonal": (np.abs(cases.seasonal - y), seasonal),
        "naive2_rows": (None, both),
        "symmetric_of_naive2": (symmetric, both),
        "symmetric_naive2": (symmetric_error(y, cases.naive2), both),
        "scaled_of_naive2": (scaled, both),
        "scaled_naive2": (scaled_naive2, both),
    }


def symmetric_error(truth: FloatArray, predicted: FloatArray) -> FloatArray:
    """Compute 200 · |error| / (|truth| + |prediction|) of each row; 0 where both are 0."""
    size = np.abs(truth) + np.abs(predicted)
    return np.asarray(
        200 * np.divide(np.abs(predicted - truth), size, out=np.zeros(truth.size), where=size != 0)
    )


def path_distances(cases: ForecastCases) -> tuple[FloatArray, NDArray[np.intp]]:
    """Measure forecasts made together against the truth along the path that warps time best.

    Returns
    -------
    distance : (U,) float64
        NaN where a moment is forecast twice, or the path is too long.
    row : (U,) int
        A row of each.
    """
    found, unit = renumbered(cases.path)
    row = np.empty(found.size, dtype=np.intp)
    row[unit] = np.arange(unit.size)
    return trajectories(unit, cases.place, cases.truth, cases.predicted), row
