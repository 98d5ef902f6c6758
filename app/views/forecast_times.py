"""Forecasts along time: by the moment they were made at, with the name and the place of each on an axis."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.charts.forecast_series import said_when, when
from app.views.forecast_rows import forecasts_of
from app.views.gate import Shown
from app.views.number_kept import of_view
from metrics_core.errors import DataError
from metrics_core.forecast_cells import Steps, steps_of
from metrics_core.forecast_origins import Periods, periods_of
from metrics_core.forecast_series import moment_of
from metrics_core.forecasts.moments import read_moments


@dataclass(frozen=True, eq=False)
class Cut:
    """The rows of the view along time.

    Attributes
    ----------
    periods : Periods
    names : tuple of str
        Of the periods.
    at : (P,)
        Where they lie on an axis.
    steps : Steps, optional
    """

    periods: Periods
    names: tuple[str, ...]
    at: NDArray[np.generic]
    steps: Steps | None

    @property
    def one(self) -> str:
        """Name one of them."""
        return "origin" if self.periods.kind == "origin" else "stretch of time"

    @property
    def many(self) -> str:
        """Name several."""
        return "origins" if self.periods.kind == "origin" else "stretches of time"

    @property
    def short(self) -> str:
        """Name what is cut, for headings."""
        return self.title.lower()

    @property
    def title(self) -> str:
        """Name the axis."""
        return "Origin" if self.periods.kind == "origin" else "Time"


def cut_of(shown: Shown) -> Cut:
    """Cut the rows of the view along time, once.

    Parameters
    ----------
    shown : Shown
    """
    return of_view(shown, "cut along time", lambda: _cut(shown))


def _cut(shown: Shown) -> Cut:
    """Cut the rows of the view along time."""
    cases = forecasts_of(shown)
    periods, timeline = periods_of(cases), cases.timeline
    if periods.kind == "origin":
        first, last = _ends(made_at(shown), periods)
        periods = replace(periods, first=first, last=last)
    ends = zip(periods.first.tolist(), periods.last.tolist(), strict=True)
    names = tuple(said_when(a, timeline) if a == b else f"{said_when(a, timeline)} to {said_when(b, timeline)}" for a, b in ends)  # fmt: skip
    return Cut(periods, names, when(periods.first, timeline), steps_of(cases))


def _ends(made: NDArray[np.int64], periods: Periods) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last moment of each period."""
    n = len(periods)
    first, last = np.full(n, np.iinfo(np.int64).max), np.full(n, np.iinfo(np.int64).min)
    np.minimum.at(first, periods.code, made)
    np.maximum.at(last, periods.code, made)
    return first, last


def made_at(shown: Shown) -> NDArray[np.int64]:
    """Return when each judged row was made, by its column of origins; else the last moment it may know, ``(n,)``."""
    cases, column = forecasts_of(shown), shown.predictions.roles.origin

    def made() -> NDArray[np.int64]:
        if column is not None:
            try:
                return read_moments(shown.predictions.source, column, "used as origin", {}).value[cases.rows]
            except DataError:
                pass  # day and month may be either, and the answer is not at hand: the grid has the moment to a step
        return moment_of(cases.timeline, cases.until)

    return of_view(shown, "made at", made)
