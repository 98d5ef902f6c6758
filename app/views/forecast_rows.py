"""From a board of forecasts to a series, and to the rows of a series or of some of its steps."""

from __future__ import annotations

from typing import cast

import numpy as np
import streamlit as st

from app import numbers, state
from app.views.gate import Shown
from metrics_core.filters import Filter, all_of, between, equals
from metrics_core.forecast_boards import Across, SeriesBoard, series_board
from metrics_core.forecast_cases import ForecastCases
from metrics_core.tally.series import SeriesTally

from .number_kept import of_view


def forecasts_of(shown: Shown) -> ForecastCases:
    """Return the judged rows of the model as forecasts."""
    return cast("ForecastCases", shown.of_model.cases)


def ranking(shown: Shown) -> SeriesBoard:
    """Return the series of the view, the one that carries most of the absolute error first."""
    tally = cast("SeriesTally | None", shown.of_model.tallies.get(SeriesTally))
    return of_view(shown, "series", lambda: series_board(forecasts_of(shown), tally))


def code_of(shown: Shown, name: str) -> int | None:
    """Return the number of a series in the timeline; None when none is called so."""
    names = forecasts_of(shown).timeline.names
    return names.index(name) if name in names else None


def draw_series(name: str) -> None:
    """Lead to the part of the page that draws one series; for callbacks."""
    state.change(series=name, part="series")


def filter_of_series(shown: Shown, code: int) -> Filter | None:
    """Build the filter that holds a series; None where no column tells series apart.

    Parameters
    ----------
    shown : Shown
    code : int
        A series with a judged row.
    """
    cases, source = forecasts_of(shown), shown.predictions.source
    row = int(cases.rows[int(np.argmax(cases.series == code))])
    return all_of([equals(column, source.column(column)[row].as_py()) for column in shown.predictions.roles.series])  # fmt: skip


def filter_of_steps(shown: Shown, across: Across, column: int) -> Filter | None:
    """Build the filter of a column of steps ahead; None where no column of the file holds them as numbers."""
    name = shown.predictions.roles.horizon
    if name is None or shown.predictions.source.kind(name) != "number":
        return None
    low, high = int(across.low[column]), int(across.high[column])
    return equals(name, low) if low == high else between(name, low, high, closed="both")


def show_rows(*filters: Filter | None) -> None:
    """Narrow every page to some rows and show them, the largest error first."""
    for found in filters:
        for term in found.terms() if found is not None else ():
            state.narrow(term)
    state.change(rows="", true="", predicted="", order="", row=None)
    st.switch_page("pages/examples.py", query_params=state.link())


def without_history(shown: Shown) -> str:
    """Say what to do where nothing is known of the time before the forecasts (Markdown); empty where something is."""
    cases = forecasts_of(shown)
    if bool((~np.isnan(cases.naive)).any()):
        return ""
    where = numbers.plain(shown.predictions.name)
    return (
        f"Nothing is known of the time before these forecasts, so there are no naive forecasts to beat and no scale to divide by. "
        f"Bring the earlier values: on the Data page as history of {where}, on the command line with :material/terminal: `--train FILE`."
    )
