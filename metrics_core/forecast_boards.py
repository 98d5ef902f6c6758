"""Where forecasts fail: the series that carry the error, and their errors at each number of steps ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .cases import BoolArray, IntArray
from .forecast_cases import ForecastCases
from .metrics.series import mase_of, wape_of
from .number_units import weights
from .reduce.series import row_numbers
from .tally.outcomes import FloatArray
from .tally.series import SeriesTally

#: Steps ahead beyond which neighbouring ones share a column, and series that are drawn.
MOST_COLUMNS, MOST_SERIES = 24, 30
#: A cell of fewer rows says little by itself.
FEW = 5
_HOUR, _DAY = 3_600_000_000_000, 86_400_000_000_000
#: The first of January 1970 was a Thursday.
_FIRST_DAY = 3
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: The two sums that a metric of a cell divides; ``covered`` stands for the level that was asked for.
PARTS = {
    "scaled_error": ("scaled", "scaled_rows"),
    "mae": ("absolute", "rows"),
    "bias": ("error", "rows"),
    "wape": ("absolute", "size"),
    "coverage": ("covered", "rows"),
}


@dataclass(frozen=True, eq=False)
class Across:
    """A way of cutting forecasts: by steps ahead, hour of the day or weekday.

    Attributes
    ----------
    title : str
        Of an axis.
    labels : tuple of H str
    low, high : (H,) int64
        The first and the last number that a column holds.
    code : (n,) int64
        The column of each judged row.
    """

    title: str
    labels: tuple[str, ...]
    low: IntArray
    high: IntArray
    code: IntArray


def steps_ahead(cases: ForecastCases, most: int = MOST_COLUMNS) -> Across | None:
    """Cut forecasts by how many steps ahead they look.

    Parameters
    ----------
    cases : ForecastCases
    most : int
        Columns; where there are more different numbers of steps, equally many neighbours share one.

    Returns
    -------
    Across, or None when nobody says how far ahead the forecasts look

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> frame = pd.DataFrame({"time": [4, 5, 6], "ahead": [1, 2, 3], "y": [1.0, 2.5, 3.5], "f": [1.5, 2.5, 3.0]})
    >>> cases = mc.read(frame, task="forecasting", y_true="y", y_pred="f", time="time", horizon="ahead").judged()
    >>> steps_ahead(cases, 2).labels
    ('1–2', '3')
    """
    if cases.horizon is None or not len(cases):
        return None
    different, code = np.unique(cases.horizon, return_inverse=True)
    wide = -(-different.size // most)
    low = different[::wide]
    high = different[np.minimum(np.arange(low.size) * wide + wide, different.size) - 1]
    labels = tuple(f"{a}" if a == b else f"{a}–{b}" for a, b in zip(low.tolist(), high.tolist(), strict=True))
    return Across("Steps ahead", labels, low, high, np.asarray(code, dtype=np.int64) // wide)


def clock(cases: ForecastCases) -> Across | None:
    """Cut forecasts by the hour of the day they are for, those of whole days by the weekday.

    Parameters
    ----------
    cases : ForecastCases

    Returns
    -------
    Across, or None where moments are numbers, or steps are longer than a day
    """
    step = cases.timeline.step
    if cases.timeline.kind != "time" or step is None or step.unit != "nanosecond" or step.size > _DAY or not len(cases):  # fmt: skip
        return None
    whole_days = step.size == _DAY
    number = (cases.moment // _DAY + _FIRST_DAY) % 7 if whole_days else cases.moment % _DAY // _HOUR
    different, code = np.unique(number, return_inverse=True)
    if different.size < 2:
        return None
    labels = tuple(_WEEKDAYS[i] if whole_days else f"{i:02}" for i in different.tolist())
    return Across("Weekday" if whole_days else "Hour of the day", labels, different, different, code.astype(np.int64))  # fmt: skip


def varying(cases: ForecastCases) -> ForecastCases:
    """Return the forecasts with what varies independently of each other: their origins, where one series of many is left.

    Parameters
    ----------
    cases : ForecastCases
        Of several series when they were read; a filter may have left one, which says nothing about other series.
    """
    if cases.together_by != "series" or not len(cases) or bool((cases.series != cases.series[0]).any()):
        return cases
    if bool((cases.path == cases.path[0]).all()):
        return cases
    return replace(cases, together=cases.path, together_by="origin")


@dataclass(frozen=True, eq=False)
class SeriesBoard:
    """The series by what they carry of the whole absolute error, the one that carries most first. Each ``(S,)``.

    Attributes
    ----------
    code : int64
        Index into the names of the timeline.
    rows : int64
        Judged rows.
    absolute : float64
        Weighted sum of the sizes of the errors, in the unit of the target.
    share, cumulative : float64
        Part of the sum over all series, and that of the series down to this one; NaN when no forecast is off.
    mase, wape, bias : float64
        NaN where undefined.
    skill_naive, skill_seasonal : float64
        Share by which the absolute error is below that of the naive forecast on the same rows; NaN where undefined.
    """

    code: IntArray
    rows: IntArray
    absolute: FloatArray
    share: FloatArray
    cumulative: FloatArray
    mase: FloatArray
    wape: FloatArray
    bias: FloatArray
    skill_naive: FloatArray
    skill_seasonal: FloatArray


def series_board(cases: ForecastCases, tally: SeriesTally | None = None) -> SeriesBoard:
    """Rank the series by what they carry of the whole absolute error.

    Parameters
    ----------
    cases : ForecastCases
    tally : SeriesTally, optional
        Sums of every series of the timeline, where they were counted before.

    Returns
    -------
    SeriesBoard
        Only series with a judged row that weighs something; of equal ones in the order of the timeline.
    """
    n, series = len(cases.timeline.names), cases.series.astype(np.int64)
    if tally is None:
        tally = counted_by(cases, series, n)
    sums = tally.sums
    off = np.bincount(series, weights=_weighed(cases.residual, weights(cases)), minlength=n).astype(
        np.float64
    )
    rows = np.bincount(series, minlength=n)
    held = np.flatnonzero(sums["rows"] > 0)
    code = held[np.argsort(-sums["absolute"][held], kind="stable")]
    absolute = sums["absolute"][code]
    total = absolute.sum()
    share = absolute / total if total > 0 else np.full(code.size, np.nan)
    return SeriesBoard(
        code, rows[code], absolute, share, np.cumsum(share), mase_of(tally)[code], wape_of(tally)[code],
        divided(off, sums["rows"])[code], *((1 - tally.over(f"of_{which}", which))[code] for which in ("naive", "seasonal")),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class SeriesByStep:
    """One metric of each of some series in each column.

    Attributes
    ----------
    metric : str
    level : float, optional
        Of ``coverage``.
    code : (S,) int64
        The series, in the order that was asked for.
    across : Across
    value : (S, H) float64
        NaN where undefined or without rows.
    rows : (S, H) int64
    """

    metric: str
    level: float | None
    code: IntArray
    across: Across
    value: FloatArray
    rows: IntArray


def series_by_step(
    cases: ForecastCases, across: Across, code: Sequence[int] | IntArray, metric: str, level: float | None = None
) -> SeriesByStep:  # fmt: skip
    """Compute a metric of each of some series in each column.

    Parameters
    ----------
    cases : ForecastCases
    across : Across
        Of the same cases.
    code : sequence of int
        The series.
    metric : str
        A key of ``PARTS``.
    level : float, optional
        Which predicted interval ``coverage`` is of.

    Raises
    ------
    ValueError
        If there is no such metric or interval.
    """
    at, cell = cells_of(cases, across, code)
    shape = len(code), len(across.labels)
    size = shape[0] * shape[1]
    own, column = cases.at(at), cell[at]
    part, whole = (s.reshape(shape) for s in sums_of(own, own.predicted, column, size, metric, level))
    return SeriesByStep(
        metric, level, np.asarray(code, dtype=np.int64), across, divided(part, whole),
        np.bincount(column, minlength=size).reshape(shape),
    )  # fmt: skip


def cells_of(cases: ForecastCases, across: Across, code: Sequence[int] | IntArray) -> tuple[NDArray[np.intp], IntArray]:  # fmt: skip
    """Return the judged rows of some series, and the cell of every row of these (-1 elsewhere), row by row of a table.

    Parameters
    ----------
    cases : ForecastCases
    across : Across
    code : sequence of int
    """
    place = np.full(len(cases.timeline.names), -1, dtype=np.int64)
    place[np.asarray(code, dtype=np.int64)] = np.arange(len(code))
    of_row = place[cases.series]
    return np.flatnonzero(of_row >= 0), np.where(of_row < 0, -1, of_row * len(across.labels) + across.code)


def sums_of(
    cases: ForecastCases, predicted: FloatArray, cell: IntArray, size: int, metric: str, level: float | None = None
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Sum up what a metric divides, in each cell: ``(size,)`` both.

    Parameters
    ----------
    cases : ForecastCases
    predicted : (n,) float64
        What was predicted: by the model, or by a naive forecast; not NaN.
    cell : (n,) int64
    size : int
    metric : str
    level : float, optional

    Raises
    ------
    ValueError
        If there is no such metric or interval.
    """
    if metric not in PARTS:
        raise ValueError(f"there is no {metric!r} of a cell, only {', '.join(PARTS)}")
    w, error = weights(cases), predicted - cases.truth
    known: BoolArray | None = None
    number, of = error, w
    if metric == "mae":
        number = np.abs(error)
    elif metric == "wape":
        number, of = np.abs(error), _weighed(np.abs(cases.truth), w)
    elif metric == "scaled_error":
        known = cases.scale > 0
        number = np.divide(np.abs(error), cases.scale, out=np.zeros(error.size), where=known)
        of = np.where(known, w, 0.0)
    elif metric == "coverage":
        number = held_by(cases, level).astype(np.float64)
    part = _weighed(number, w if known is None else of)
    return (np.bincount(cell, weights=part, minlength=size).astype(np.float64),
            np.bincount(cell, weights=of, minlength=size).astype(np.float64))  # fmt: skip


def held_by(cases: ForecastCases, level: float | None) -> BoolArray:
    """Tell which truths lie within a predicted interval, its ends included, ``(n,)``.

    Raises
    ------
    ValueError
        If no interval of that level was predicted.
    """
    if cases.lower is None or cases.upper is None or level not in cases.levels:
        raise ValueError(f"no interval of level {level} was predicted")
    i = cases.levels.index(level)
    return np.asarray((cases.truth >= cases.lower[:, i]) & (cases.truth <= cases.upper[:, i]))


def counted_by(cases: ForecastCases, cell: IntArray, n_cells: int) -> SeriesTally:
    """Sum the numbers of the rows of each cell up as ``tally_of_cells`` does, without the slow distance along paths.

    Parameters
    ----------
    cases : ForecastCases
    cell : (n,) int64
    n_cells : int
    """
    w = weights(cases)
    sums: dict[str, FloatArray] = {}
    for name, (number, known) in row_numbers(cases).items():
        of = w if known is None else np.where(known, w, 0.0)
        part = of if number is None else _weighed(number, of)
        sums[name] = np.bincount(cell, weights=part, minlength=n_cells).astype(np.float64)
    return SeriesTally((sums["rows"] > 0).astype(np.float64), sums)


def divided(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide; NaN where there is nothing to divide by."""
    out = np.full(np.broadcast(part, whole).shape, np.nan)
    return np.asarray(np.divide(part, whole, out=out, where=whole > 0))


def _weighed(number: FloatArray, w: FloatArray) -> FloatArray:
    """Multiply numbers by their weights; what weighs nothing may be NaN or infinite."""
    return np.where(w > 0, w * np.where(w > 0, number, 0.0), 0.0)
