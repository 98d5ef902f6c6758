"""Which way the forecasts of each series are off: a map of signs."""

from __future__ import annotations

from html import escape

import numpy as np
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts import layout
from app.charts.forecast_cells import CLEAR_MARK, Colours, cell_clicked, cells_figure
from app.palette import palette
from app.views.figure_card import head
from app.views.figure_files import figure_files
from app.views.forecast_rows import draw_series, forecasts_of, ranking
from app.views.gate import Shown
from app.views.number_kept import of_view
from metrics_core.forecast_boards import MOST_SERIES, Across, clock, steps_ahead
from metrics_core.forecast_signs import FEWEST_ORIGINS, SignBoard, sign_board

_KEY = "forecasts.signs"


def which_way(shown: Shown) -> None:
    """Draw the card: a cell for each series and each number of steps or hour, blue where it is predicted too high.

    Parameters
    ----------
    shown : Shown
    """
    head("Too high or too low?", "Mean error over mean size of the error: at +1 every forecast is too high, at −1 every one too low.")  # fmt: skip
    every = of_view(shown, "ways across", lambda: _ways(shown))
    if not every:
        st.info("Nobody says how many steps ahead these forecasts look, and their moments have no hour or weekday.", icon=":material/info:")  # fmt: skip
        return
    if state.chosen(f"{_KEY}.across") not in every:
        state.preset(f"{_KEY}.across", next(iter(every)))
    if len(every) > 1:
        st.segmented_control("Across", list(every), key=f"{_KEY}.across", required=True, persist_state="session", label_visibility="collapsed")  # fmt: skip
    across = every[str(state.chosen(f"{_KEY}.across"))]
    cases, ranked = forecasts_of(shown), ranking(shown)
    code = ranked.code[:MOST_SERIES]
    names = [cases.timeline.names[i] for i in code]
    found = of_view(shown, f"signs {across.title}", lambda: sign_board(cases, across, code))
    st.markdown(in_words(found, names))

    def chosen() -> None:
        cell = cell_clicked(state.chosen(f"{_KEY}.chart"), found.mean.shape)
        if cell is not None:
            draw_series(names[cell[0]])

    figure = cells_figure(
        found.lean, names, across.labels, palette(state.scheme()), colours=Colours("◀ too low · too high ▶", -1.0, 1.0, 0.0),
        titles=(across.title, "Series"), hover=lambda i, j: _hover(found, names, i, j), pale=~found.apart, marks=np.where(found.clear, CLEAR_MARK, ""),
    )  # fmt: skip
    st.plotly_chart(figure, theme=None, key=f"{_KEY}.chart", on_select=chosen, selection_mode="points", config=dict(layout.CONFIG),
                    alt=f"Which way the forecasts of each series are off, by {across.title.lower()}. {in_words(found, names).replace('*', '')}")  # fmt: skip
    st.caption(" ".join(_notes(found, ranked.code.size)))
    figure_files(shown, f"{_KEY}.chart", f"Sign of the error by series and {across.title.lower()}", lambda: sign_table(found, names), key=f"{_KEY}.csv")  # fmt: skip


def _ways(shown: Shown) -> dict[str, Across]:
    """Return the ways to cut the forecasts, by title."""
    cases = forecasts_of(shown)
    return {a.title: a for a in (steps_ahead(cases), clock(cases)) if a is not None}


def in_words(found: SignBoard, names: list[str]) -> str:
    """Say how many cells are clearly off, which way, and in which series most (Markdown)."""
    if not found.tested:
        most = int(found.origins.max(initial=0))
        return f"No cell can be judged by itself: that takes forecasts from {FEWEST_ORIGINS} origins, and no cell has more than {most}. The colours say which way these forecasts were off."  # fmt: skip
    high, low = (int((found.clear & (found.mean > 0)).sum()), int((found.clear & (found.mean < 0)).sum()))
    tested = f"Of {numbers.count(found.tested)} cells"
    if not high + low:
        return f"{tested} none is clearly off to one side, all cells tested allowed for."
    by_series = found.clear.sum(axis=1)
    i = int(np.argmax(by_series))
    return f"{tested} **{high}** are clearly too high and **{low}** clearly too low, all cells tested allowed for; most of them in **{numbers.plain(names[i])}** ({int(by_series[i])})."  # fmt: skip


def _notes(found: SignBoard, n_series: int) -> list[str]:
    """Say what colours and marks mean."""
    said = []
    if n_series > found.code.size:
        said.append(f"The {found.code.size} of {numbers.count(n_series)} series that carry most of the absolute error.")  # fmt: skip
    if found.tested:
        apart = int(found.apart.sum())
        said.append(f"Strong colour: the cell's own 95% interval over its origins leaves 0 out ({numbers.count(apart)} cells; about {numbers.count(round(0.05 * found.tested))} would by chance alone). {CLEAR_MARK} still clear with all cells allowed for.")  # fmt: skip
        said.append(
            "Origins count as independent of each other, which forecasts that overlap are only roughly."
        )
    return said


def _hover(found: SignBoard, names: list[str], i: int, j: int) -> str:
    """Write what the mouse reads."""
    place = f"<b>{escape(names[i])}</b><br>{found.across.title.lower()} {found.across.labels[j]}"
    if not found.rows[i, j]:
        return f"{place}<br>no rows"
    mean = float(found.mean[i, j])
    side = "too high" if mean > 0 else "too low"
    lines = [
        place,
        f"{side} by {numbers.number(abs(mean))} on average" if mean else "off by 0 on average",
        "" if np.isnan(found.low[i, j]) else f"95% interval {numbers.number(float(found.low[i, j]))} to {numbers.number(float(found.high[i, j]))}",
        "" if np.isnan(found.q[i, j]) else f"q {'< 0.001' if found.q[i, j] < 0.001 else f'= {found.q[i, j]:.2g}'}",
        f"{numbers.rows(int(found.rows[i, j]))} from {found.origins[i, j]} origin{'s' if found.origins[i, j] != 1 else ''}",
        "Click to draw the series",
    ]  # fmt: skip
    return "<br>".join(line for line in lines if line)


def sign_table(found: SignBoard, names: list[str]) -> pa.Table:
    """Return every number of the map: the download."""
    i, j = (x.ravel() for x in np.indices(found.mean.shape))
    values = {name: pa.array(getattr(found, name).ravel(), from_pandas=True) for name in ("mean", "low", "high", "q", "lean")}  # fmt: skip
    return pa.table({"series": [names[k] for k in i], found.across.title.lower().replace(" ", "_"): [found.across.labels[k] for k in j],
                     **values, "rows": found.rows.ravel(), "origins": found.origins.ravel()})  # fmt: skip
