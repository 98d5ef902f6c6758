"""The part "where" of the Forecasts page: which series, and how many steps ahead."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts import layout
from app.charts.forecast_cells import FEW_MARK, cell_clicked, cells_figure, colours_of
from app.palette import palette
from app.views.figure_card import head
from app.views.figure_files import figure_files
from app.views.forecast_horizons import along_steps
from app.views.forecast_rows import (
    draw_series,
    filter_of_series,
    filter_of_steps,
    forecasts_of,
    ranking,
    show_rows,
    without_history,
)
from app.views.forecast_signs import which_way
from app.views.forecast_table import worst_series
from app.views.gate import Shown
from app.views.number_kept import of_view
from metrics_core.forecast_boards import FEW, MOST_SERIES, SeriesByStep, series_by_step, steps_ahead
from metrics_core.metrics.registry import REGISTRY

_KEY = "forecasts.cells"


@dataclass(frozen=True)
class Shows:
    """The metric that the boards show.

    Attributes
    ----------
    key : str
        Of ``forecast_boards.PARTS``.
    level : float, optional
        Of the interval whose coverage it is.
    """

    key: str
    level: float | None = None

    @property
    def label(self) -> str:
        """Its name."""
        if self.level is not None:
            return f"Coverage of {100 * self.level:g}%"
        return REGISTRY["forecasting", self.key].label

    @property
    def unit(self) -> str:
        """``share`` or ``number``."""
        return "share" if self.level is not None else REGISTRY["forecasting", self.key].unit

    @property
    def of_colours(self) -> str:
        """What the scale of the colours says."""
        ends = {"bias": ("too low", "too high"), "coverage": ("too few", "too many")}.get(self.key)
        name = self.label.lower()
        return f"Colour: {name}" if ends is None else f"◀ {ends[0]} · {name} · {ends[1]} ▶"

    @property
    def middle(self) -> float | None:
        """The value that is right; None where less is better."""
        return 0.0 if self.key == "bias" else self.level


def where_part(shown: Shown) -> None:
    """Draw the part.

    Parameters
    ----------
    shown : Shown
    """
    if said := without_history(shown):
        st.info(said, icon=":material/history:")
    shows = _metric(shown)
    with st.container(border=True, gap="small"):
        _cells(shown, shows)
    with st.container(border=True, gap="small"):
        along_steps(shown, shows.key, shows.level, label=shows.label, unit=shows.unit)
    with st.container(border=True, gap="small"):
        worst_series(shown)
    with st.container(border=True, gap="small"):
        which_way(shown)


def offered(shown: Shown) -> dict[str, Shows]:
    """Return the metrics that the boards can show, by the name of the choice."""
    cases = forecasts_of(shown)
    keys = ["scaled_error"] if bool((cases.scale > 0).any()) else []
    every = [*(Shows(key) for key in (*keys, "mae", "bias", "wape")), *(Shows("coverage", level) for level in cases.levels)]  # fmt: skip
    return {shows.label: shows for shows in every}


def _metric(shown: Shown) -> Shows:
    """Let the user choose the metric."""
    every = offered(shown)
    if state.chosen("forecasts.metric") not in every:
        state.preset("forecasts.metric", next(iter(every)))
    chosen = st.selectbox("Metric of the cells and of the curve", list(every), key="forecasts.metric", persist_state="session", width=260,
                          help="MAE and bias are in the unit of the target, so large series have large ones; the scaled error and WAPE compare series of any size")  # fmt: skip
    return every[str(chosen)]


def _cells(shown: Shown, shows: Shows) -> None:
    """Draw series against steps ahead."""
    cases, ranked = forecasts_of(shown), ranking(shown)
    head(
        "Which series, how far ahead?",
        "Click a cell to draw its series with history, forecasts and intervals.",
    )
    across = of_view(shown, "steps ahead", lambda: steps_ahead(cases))
    if across is None:
        st.info("Nobody says how many steps ahead these forecasts look. Name the column of steps, or that of the origins, on the Data page; "
                "the table of the series needs neither.", icon=":material/info:")  # fmt: skip
        return
    code = ranked.code[:MOST_SERIES]
    found = of_view(shown, f"cells {shows}", lambda: series_by_step(cases, across, code, shows.key, shows.level))  # fmt: skip
    names = [cases.timeline.names[i] for i in code]
    few = (found.rows > 0) & (found.rows < FEW)
    every_few = bool(few[found.rows > 0].all())
    colours = colours_of(found.value, shows.of_colours, few=few, middle=shows.middle, share=shows.unit == "share")  # fmt: skip
    figure = cells_figure(found.value, names, across.labels, palette(state.scheme()), colours=colours, titles=(across.title, "Series"),
                          hover=lambda i, j: _hover(found, names, i, j, shows), marks=None if every_few else np.where(few, FEW_MARK, ""))  # fmt: skip
    st.plotly_chart(figure, theme=None, key=f"{_KEY}.chart", on_select=lambda: _to_the_cell(names, found), selection_mode="points", config=dict(layout.CONFIG),
                    alt=f"{shows.label} of each series at each number of steps ahead. {_worst_in_words(found, names, shows)}")  # fmt: skip
    st.caption(" ".join(_notes(found, ranked.code.size, few, shows)))
    _way_on(shown, found, names)
    figure_files(shown, f"{_KEY}.chart", f"{shows.label} by series and steps ahead", lambda: cell_table(found, names), key=f"{_KEY}.csv")  # fmt: skip


def _to_the_cell(names: list[str], found: SeriesByStep) -> None:
    """Draw the series of the clicked cell; the cell stays chosen for the way to its rows."""
    cell = cell_clicked(state.chosen(f"{_KEY}.chart"), (len(names), len(found.across.labels)))
    if cell is not None:
        draw_series(names[cell[0]])


def _way_on(shown: Shown, found: SeriesByStep, names: list[str]) -> None:
    """Choose a cell without a mouse; draw its series, or show its rows."""
    options, steps = names, list(found.across.labels)
    keys = f"{_KEY}.series", f"{_KEY}.steps"
    for key, of in zip(keys, (options, steps), strict=True):
        if state.chosen(key) not in of:
            state.preset(key, None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.selectbox("Series", options, index=None, key=keys[0], placeholder="Series", label_visibility="collapsed", width=220, format_func=str)  # fmt: skip
        step = st.selectbox("Steps ahead", steps, index=None, key=keys[1], placeholder="Any steps ahead", label_visibility="collapsed", width=170)  # fmt: skip
        st.button("Draw the series", key=f"{_KEY}.draw", icon=":material/timeline:", disabled=name is None, on_click=draw_series, args=(name,))  # fmt: skip
        n, of_steps = 0, None
        if name is not None:
            i, j = names.index(name), None if step is None else steps.index(step)
            of_steps = None if j is None else filter_of_steps(shown, found.across, j)
            n = int(found.rows[i].sum() if of_steps is None or j is None else found.rows[i, j])
        if st.button(f"See these {numbers.rows(n)}" if n else "See these rows", key=f"{_KEY}.rows", icon=":material/arrow_forward:", icon_position="right", disabled=n == 0):  # fmt: skip
            show_rows(filter_of_series(shown, int(found.code[names.index(str(name))])), of_steps)
    if name is not None and step is not None and of_steps is None:
        st.caption("No column of the file holds the steps ahead as numbers, so a filter can hold the series only: its rows are shown for all steps.")  # fmt: skip


def _notes(found: SeriesByStep, n_series: int, few: np.ndarray, shows: Shows) -> list[str]:
    """Say what the colours leave out, and what the marks mean."""
    said = []
    if n_series > found.code.size:
        said.append(f"The {found.code.size} of {numbers.count(n_series)} series that carry most of the absolute error; the table has all.")  # fmt: skip
    if found.across.low.size < found.across.high[-1] - found.across.low[0] + 1 and bool((found.across.low != found.across.high).any()):  # fmt: skip
        said.append("Neighbouring steps share a column.")
    some = few[found.rows > 0]
    if some.all():
        said.append(f"Every cell has fewer than {FEW} rows: single cells say little.")
    elif some.any():
        said.append(f"{FEW_MARK} fewer than {FEW} rows.")
    if (found.rows == 0).any():
        said.append("Blank: no rows.")
    if bool((np.isnan(found.value) & (found.rows > 0)).any()):
        why = "the series has no scale" if shows.key == "scaled_error" else "every true value is 0"
        said.append(f"{'Also blank' if (found.rows == 0).any() else 'Blank'} where {why}.")
    return said


def _hover(found: SeriesByStep, names: list[str], i: int, j: int, shows: Shows) -> str:
    """Write what the mouse reads."""
    steps = found.across.labels[j]
    place = f"<b>{escape(names[i])}</b><br>{steps} {'step' if steps == '1' else 'steps'} ahead"
    if not found.rows[i, j]:
        return f"{place}<br>no rows"
    value = float(found.value[i, j])
    return f"{place}<br>{escape(shows.label)} {numbers.by_unit(value, shows.unit)}<br>{numbers.rows(int(found.rows[i, j]))}<br>Click to draw the series"  # fmt: skip


def _worst_in_words(found: SeriesByStep, names: list[str], shows: Shows) -> str:
    """Name the cell that is furthest off, for those who cannot see the figure."""
    away = found.value if shows.middle is None else np.abs(found.value - shows.middle)
    if np.isnan(away).all():
        return "No cell has a value."
    i, j = divmod(int(np.nanargmax(away)), away.shape[1])
    return f"Furthest off: {names[i]}, {found.across.labels[j]} ahead, with {numbers.by_unit(float(found.value[i, j]), shows.unit)}."  # fmt: skip


def cell_table(found: SeriesByStep, names: list[str]) -> pa.Table:
    """Return the cells with their rows: the download."""
    shape = found.value.shape
    i, j = (x.ravel() for x in np.indices(shape))
    return pa.table({
        "series": [names[k] for k in i], "steps_from": found.across.low[j], "steps_to": found.across.high[j],
        found.metric if found.level is None else f"{found.metric}@{found.level:g}": pa.array(found.value.ravel(), from_pandas=True), "rows": found.rows.ravel(),
    })  # fmt: skip
