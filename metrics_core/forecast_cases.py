"""Judged rows of forecasts: predicted numbers that belong to a series, a moment and a horizon."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from .cases import IntArray
from .forecasts.grid import Step
from .forecasts.history import History
from .number_cases import NumberCases
from .tally.outcomes import FloatArray

ForecastLoss = Literal["abs_error", "squared_error", "scaled_error"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Timeline:
    """What all forecasts of a table share: the names of the series, their grid of moments, and their history.

    Attributes
    ----------
    names : tuple of str
        Of the series, by code.
    step : Step, optional
        From one moment to the next; None when no series has two moments.
    season : int
        Steps after which a series is expected to repeat itself.
    kind : {"time", "number"}
        What a moment is: nanoseconds since 1970, or a step number.
    history : History
        Known values, each at its series and place; which of them a forecast may know depends on its origin.
    moments : (P,) int64
        The different moments of history and forecasts, ascending.
    places : (P,) int64
        Where each of them lies on the grid.
    """

    names: tuple[str, ...]
    step: Step | None
    season: int
    kind: Literal["time", "number"]
    history: History
    moments: IntArray
    places: IntArray


@dataclass(frozen=True, eq=False, kw_only=True)
class ForecastCases(NumberCases):
    """Rows whose truth and prediction are values of series at a moment.

    Attributes
    ----------
    timeline : Timeline
    series : (n,) int32
        Index into ``timeline.names``.
    moment : (n,) int64
        When the value holds: nanoseconds since 1970, or a step number.
    place : (n,) int64
        Its position on the common grid: one more is one step later.
    until : (n,) int64
        The last place whose value the forecast may know.
    horizon : (n,) int64, optional
        Steps ahead, as the table says or counted from the origin.
    path : (n,) int64
        Forecasts of one number were made together: for one series from one origin.
    scale, scale_squared : (n,) float64
        Mean size, and mean square, of the seasonal differences in the history; NaN where there is none.
    naive, seasonal, naive2 : (n,) float64
        What the naive forecasts say: the last known value, the one a season before, and the benchmark Naive2 of the M4
        competition. NaN where the history does not reach.
    """

    _A_ROW: ClassVar[tuple[str, ...]] = (*NumberCases._A_ROW, "series", "moment", "place", "until", "horizon", "path", "scale", "scale_squared", "naive", "seasonal", "naive2")  # fmt: skip

    timeline: Timeline
    series: NDArray[np.int32]
    moment: IntArray
    place: IntArray
    until: IntArray
    horizon: IntArray | None
    path: IntArray
    scale: FloatArray
    scale_squared: FloatArray
    naive: FloatArray
    seasonal: FloatArray
    naive2: FloatArray

    @cached_property
    def scaled(self) -> FloatArray:
        """Size of each error over the scale of its series, ``(n,)``; NaN without a scale above 0."""
        return _over(np.abs(self.residual), self.scale)

    @cached_property
    def scaled_squared(self) -> FloatArray:
        """Square of each error over the squared scale of its series, ``(n,)``; NaN without one above 0."""
        with np.errstate(over="ignore"):
            return _over(self.residual**2, self.scale_squared)

    def loss(self, kind: ForecastLoss = "abs_error") -> FloatArray:
        """Say how wrong each row is: the size of its error, its square, or its size over the scale of the series."""
        return self.scaled if kind == "scaled_error" else super().loss(kind)


def _over(part: FloatArray, scale: FloatArray) -> FloatArray:
    """Divide by a scale; NaN where it is 0 or missing."""
    known = scale > 0
    return np.asarray(np.divide(part, scale, out=np.full(part.size, np.nan), where=known))
