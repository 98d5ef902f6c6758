"""The part "series" of the Forecasts page: one series drawn, its numbers, and whether its errors go together in time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app import numbers, state
from app.charts import layout
from app.charts.forecast_series import (
    MOST_KNOWN,
    MOST_POINTS,
    Beside,
    points_needed,
    said_when,
    series_figure,
    table_columns,
)
from app.charts.residual_memory import memory_figure
from app.palette import palette
from app.views.figure_card import draw, head, table_of
from app.views.figure_files import figure_files
from app.views.forecast_rows import (
    code_of,
    filter_of_series,
    forecasts_of,
    ranking,
    show_rows,
    without_history,
)
from app.views.forecast_times import made_at
from app.views.gate import Shown
from app.views.number_kept import of_view, probability, target_of
from metrics_core.filters import Filter, equals
from metrics_core.forecast_cases import ForecastCases
from metrics_core.forecast_cells import coverage_along
from metrics_core.forecast_series import (
    OneSeries,
    coverage_of_series,
    intervals_around,
    memory_of_series,
    one_series,
)
from metrics_core.reduce import tallies_of
from metrics_core.residual_memory import Memory
from metrics_core.thinning import extremes_by_column
from metrics_core.values import Metrics, compute, spec_of

_KEY = "forecasts.series"
_ALL = -1
#: Stands for all origins among their places.
_EVERY = -(2**62)
_NARROWEST = 400
_METRICS = ("mase", "smape", "wape", "mae", "bias", "skill_naive", "skill_seasonal")
#: Seasons of history that are offered; steps where there is no season.
_SEASONS, _STEPS = (2, 7, 28), (20, 100, 500)
_SURE, _SLIGHT = 0.05, 0.1


@dataclass(frozen=True, eq=False)
class Looked:
    """The series that is looked at.

    Attributes
    ----------
    place : int
        Among the series by their part of the error, from 0.
    code : int
    series : OneSeries
    metrics : Metrics
        Of its rows alone.
    chosen : bool
        Whether somebody asked for it, or there is no other.
    """

    place: int
    code: int
    series: OneSeries
    metrics: Metrics
    chosen: bool


def series_part(shown: Shown) -> None:
    """Draw the part.

    Parameters
    ----------
    shown : Shown
    """
    looked = _looked_at(shown)
    _choose(shown, looked)
    if not looked.chosen:
        gone = state.view().series
        st.caption(f"{numbers.plain(gone)} has no row here. " * bool(gone) + "This is the series that carries most of the error.")  # fmt: skip
    with st.container(border=True, gap="small"):
        _drawn(shown, looked)
    places = st.grid(2, min_column_width=_NARROWEST, gap=("small", "medium"))
    with places.cell(), st.container(border=True, gap="small"):
        _numbers(shown, looked)
    with places.cell(), st.container(border=True, gap="small"):
        _memory(shown, looked)


def _looked_at(shown: Shown) -> Looked:
    """Find the series of the view, else the one that carries most of the error."""
    cases, board = forecasts_of(shown), ranking(shown)
    code = code_of(shown, state.view().series) if state.view().series else None
    at = np.flatnonzero(board.code == code) if code is not None else np.zeros(0, dtype=np.int64)
    place = int(at[0]) if at.size else 0
    code = int(board.code[place])
    series = of_view(shown, f"series {code}", lambda: one_series(cases, code))
    found = of_view(shown, f"series {code} metrics", lambda: compute("forecasting", tallies_of(series.cases)))  # fmt: skip
    return Looked(place, code, series, found, bool(at.size) or board.code.size == 1)


def _choose(shown: Shown, looked: Looked) -> None:
    """Choose a series: search by name, or step through them by what they carry."""
    board, names = ranking(shown), forecasts_of(shown).timeline.names
    if board.code.size == 1:
        return
    key = f"{_KEY}.choice"
    options = list(range(board.code.size))
    state.preset(key, looked.place)

    def take(place: int) -> None:
        state.change(series=names[board.code[place]])

    def said(place: int) -> str:
        carried = board.share[place]
        return f"{place + 1}. {names[board.code[place]]}" + ("" if math.isnan(carried) else f" ({numbers.share(carried)})")  # fmt: skip

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(f"Series, of {numbers.count(len(options))}", options, key=key, width=270, format_func=said, on_change=lambda: take(state.chosen(key)),
                     help="The first carries most of the total absolute error; its part stands in brackets. Type to search.")  # fmt: skip
        for label, by, shortcut, icon in (("Previous", -1, "Left", "chevron_left"), ("Next", 1, "Right", "chevron_right")):  # fmt: skip
            to = looked.place + by
            st.button(label, key=f"{_KEY}.{label.lower()}", icon=f":material/{icon}:", shortcut=shortcut, disabled=not 0 <= to < len(options),
                      on_click=take, args=(to,), icon_position="left" if by < 0 else "right")  # fmt: skip


# ------------------------------------------------------------------------------------------------ the figure


def _drawn(shown: Shown, looked: Looked) -> None:
    """Draw the series with its forecasts."""
    series, key = looked.series, f"{_KEY}.chart"
    head(numbers.plain(series.name or "The series"), "What was known, what was forecast, and what came.")
    st.markdown(in_words(shown, looked))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        origin = _choose_origin(shown, looked)
        beside, around = _choose_beside(shown, looked)
        before = _choose_history(looked)
    rows = np.flatnonzero(series.origin == origin) if origin != _ALL else np.arange(len(series.cases))
    bands = intervals_around(series.cases) if around else ()
    said = []
    part = series.cases.at(rows)
    if bands and np.unique(part.place).size < rows.size:
        bands = ()
        said.append("Intervals of several forecasts for one moment would hide each other: choose one origin to see its own.")  # fmt: skip
    rows, left = _fitting(series, rows, len(bands), len(beside))
    if left:
        said.append(f"Only the last {numbers.count(np.unique(series.origin[rows]).size)} origins are drawn; {numbers.rows(left)} before them are not. Choose an origin to see it.")  # fmt: skip
    thin, thinned = _thinned(series)
    if thinned:
        said.append(f"Of {numbers.count(series.place.size)} known values the highest and lowest of each stretch are drawn.")  # fmt: skip
    known = int(series.cases.place[rows].min() - before) if before is not None else int(series.place[0])
    figure = series_figure(thin, rows, palette(state.scheme()), name=shown.model.name, target=target_of(shown), bands=bands, beside=beside, known_from=known, gaps=not thinned)  # fmt: skip
    what = f"{series.name}: actual {target_of(shown)} and the forecasts of {shown.model.name}"
    # The usual figure cannot be zoomed; here a double click shows the whole history, a second one comes back.
    st.plotly_chart(figure, theme=None, key=key, config={**layout.CONFIG, "doubleClick": "reset+autosize"}, alt=what)  # fmt: skip
    history = without_history(shown)
    st.caption(" ".join([*said, "Drag to zoom in; double-click for the whole history.", history]).strip())
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(
            "See its rows", key=f"{_KEY}.rows", icon=":material/arrow_forward:", icon_position="right"
        ):
            show_rows(filter_of_series(shown, looked.code), filter_of_origin(shown, series, origin) if origin != _ALL else None)  # fmt: skip
        figure_files(shown, key, f"Forecasts of {series.name}", lambda: table_of(table_columns(series, rows, beside, bands)), key=f"{key}.csv")  # fmt: skip


def in_words(shown: Shown, looked: Looked) -> str:
    """Say what a series carries and which way its forecasts are off (Markdown)."""
    board, metrics = ranking(shown), looked.metrics
    part, n = float(board.share[looked.place]), board.code.size
    bias, mae = metrics.number("bias"), metrics.number("mae")
    if math.isnan(part) or mae == 0:
        return "No forecast of this series is off."
    place = "the most" if looked.place == 0 else f"number {numbers.count(looked.place + 1)}"
    carried = f"It carries **{numbers.share(part)}** of the absolute error, {place} of {numbers.count(n)} series. " if n > 1 else ""  # fmt: skip
    side = "high" if bias > 0 else "low"
    return f"{carried}Its forecasts are off by **{_plain(mae)}** on average, and too {side} by {_plain(abs(bias))} on the whole."


def _choose_origin(shown: Shown, looked: Looked) -> int:
    """Choose which origin is drawn, all of them at first; return its number among those of the series."""
    series, key = looked.series, f"{_KEY}.origin"
    n = series.origins.size
    if n == 1:
        return _ALL
    timeline = series.cases.timeline
    first = np.searchsorted(series.origin, np.arange(n))
    made = made_at(shown)[np.searchsorted(forecasts_of(shown).rows, series.cases.rows[first])]
    moments = dict(zip(series.origins.tolist(), made.tolist(), strict=True))
    places = [
        _EVERY,
        *series.origins.tolist(),
    ]  # another series may have other origins: the choice is a place, not its number
    if state.chosen(key) not in places:
        state.preset(key, _EVERY)
    now = places.index(state.chosen(key)) - 1

    def take(to: int) -> None:
        state.preset(key, places[to + 1])

    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", width="content"):
        st.selectbox("Made at", places, key=key, width=190, persist_state="session",
                     format_func=lambda place: f"all {numbers.count(n)} origins" if place == _EVERY else said_when(moments[place], timeline))  # fmt: skip
        for label, to, shortcut, icon in (("Earlier", max(now - 1, _ALL), "E", "chevron_left"), ("Later", min(now + 1, n - 1), "L", "chevron_right")):  # fmt: skip
            st.button(label, key=f"{_KEY}.{label.lower()}", icon=f":material/{icon}:", shortcut=shortcut, disabled=to == now, on_click=take, args=(to,),
                      icon_position="left" if label == "Earlier" else "right", type="tertiary")  # fmt: skip
    return now


def _choose_beside(shown: Shown, looked: Looked) -> tuple[list[Beside], bool]:
    """Choose what is drawn besides the forecast: other models, the naive ones, and the intervals."""
    cases = looked.series.cases
    found = [line for m in shown.evaluation.models if m.model != shown.model.name
             if (line := _of_other(m.model, m.cases, cases)) is not None]  # fmt: skip
    found.append(Beside("naive", cases.naive, naive=True))
    if cases.timeline.season > 1:
        found.append(Beside("seasonal naive", cases.seasonal, naive=True))
    found = [line for line in found if not np.isnan(line.values).all()]
    options = {line.name: line for line in found}
    intervals = "intervals"
    names = ([intervals] if intervals_around(cases) else []) + list(options)
    if not names:
        return [], False
    key = f"{_KEY}.beside"
    if state.chosen(key) is None:
        state.preset(key, [intervals])
    state.preset(key, [name for name in state.chosen(key) if name in names])
    chosen = st.pills("Also draw", names, selection_mode="multi", key=key, persist_state="session", format_func=numbers.plain, width="content")  # fmt: skip
    return [line for name, line in options.items() if name in chosen], intervals in chosen


def _of_other(name: str, others: object, own: ForecastCases) -> Beside | None:
    """Line the forecasts of another model up by origin and moment, for it may have rows of its own; None where it has none."""
    if not isinstance(others, ForecastCases):
        return None
    part = others.at(others.series == own.series[0])
    known = dict(zip(zip(part.until.tolist(), part.place.tolist(), strict=True), part.predicted.tolist(), strict=True))  # fmt: skip
    values = [known.get(pair, math.nan) for pair in zip(own.until.tolist(), own.place.tolist(), strict=True)]
    return Beside(name, np.array(values)) if not np.isnan(values).all() else None


def _choose_history(looked: Looked) -> int | None:
    """Choose how far before the forecasts the figure begins; return the steps, None for everything that is known."""
    season, series = looked.series.cases.timeline.season, looked.series
    before = int(series.cases.place.min()) - int(series.place[0])
    every = [n * season for n in _SEASONS] if season > 1 else list(_STEPS)
    options = [steps for steps in every if steps < before]
    if not options:
        return None
    options.append(before)
    key = f"{_KEY}.history"
    if state.chosen(key) not in options:
        state.preset(key, options[0])

    def said(steps: int) -> str:
        if steps == before:
            return "all that is known"
        return f"{numbers.count(steps / season)} seasons" if season > 1 else f"{numbers.count(steps)} steps"

    chosen = st.segmented_control("History before the forecasts", options, key=key, required=True, format_func=said, width="content")  # fmt: skip
    return None if chosen == before else chosen


def _fitting(series: OneSeries, rows: NDArray[np.int64], bands: int, beside: int) -> tuple[NDArray[np.int64], int]:  # fmt: skip
    """Keep the latest origins that fit into a figure; return them and how many rows are left out."""
    room = (MOST_POINTS - MOST_KNOWN) // points_needed(1, bands, beside)
    if rows.size <= room:
        return rows, 0
    origin, first = series.origin[rows], rows.size - room
    whole = int(np.searchsorted(origin, origin[first], side="left" if origin[first - 1] < origin[first] else "right"))  # fmt: skip
    if whole == rows.size:  # the last origin alone is too long
        return rows[:room], first
    return rows[whole:], whole


def _thinned(series: OneSeries) -> tuple[OneSeries, bool]:
    """Thin known values that a screen cannot show."""
    if series.place.size <= MOST_KNOWN:
        return series, False
    at = extremes_by_column(series.place.astype(np.float64), series.value, MOST_KNOWN // 4)
    return OneSeries(series.name, series.cases, series.origins, series.origin, series.place[at], series.value[at]), True  # fmt: skip


def filter_of_origin(shown: Shown, series: OneSeries, origin: int) -> Filter | None:
    """Build the filter of one origin; None where no column of the file holds it, or its cells differ in form."""
    column = shown.predictions.roles.origin
    rows = series.cases.rows[series.origin == origin]
    if column is None or not rows.size:
        return None
    found = equals(column, shown.predictions.source.column(column)[int(rows[0])].as_py())
    return found if bool(shown.predictions.mask(found)[rows].all()) else None


# ------------------------------------------------------------------------------------------------ its numbers


def _numbers(shown: Shown, looked: Looked) -> None:
    """Show the numbers of the series beside those of all."""
    cases, whole = looked.series.cases, shown.of_model.metrics
    alone = ranking(shown).code.size == 1
    head("Its numbers", "What its forecasts are worth." if alone else "This series against the mean over all series.")  # fmt: skip
    lines = []
    for name in _METRICS:
        spec, _ = spec_of("forecasting", name)
        lines.append((spec.label, numbers.by_unit(looked.metrics.number(name), spec.unit), numbers.by_unit(whole.number(name), spec.unit)))  # fmt: skip
    scale = cases.scale[~np.isnan(cases.scale)]
    lines.append(("Scale", numbers.number(float(scale.mean())) if scale.size else numbers.NOT_AVAILABLE, ""))
    own, all_of = of_view(shown, f"series {looked.code} coverage", lambda: (coverage_of_series(cases), _coverage_of_all(shown)))  # fmt: skip
    for c in own:
        lines.append((f"Coverage of {100 * c.level:g}%", f"{numbers.share(c.share)} ({numbers.interval(c.low, c.high, 'share')})", numbers.share(all_of[c.level])))  # fmt: skip
    frame = pd.DataFrame(lines, columns=["", "This series", "All series"])
    frame = frame.drop(columns="All series") if alone else frame
    st.dataframe(frame, hide_index=True, key=f"{_KEY}.numbers", height="content", alt=f"Numbers of {looked.series.name} beside those of all series")  # fmt: skip
    why = {looked.metrics.undefined[name] for name in _METRICS if name in looked.metrics.undefined}
    notes = [f"Without a value: {'; '.join(sorted(why))}."] if why else []
    if scale.size:
        notes.append("The scale is what MASE divides by: the mean size of the seasonal differences in its history.")  # fmt: skip
    if own:
        notes.append("The interval of a coverage is Clopper and Pearson's, with rows of one origin taken as belonging together.")  # fmt: skip
    st.caption(numbers.plain(" ".join(notes)))


def _coverage_of_all(shown: Shown) -> dict[float, float]:
    """Return the coverage of each level over all series."""
    cases = forecasts_of(shown)
    found = coverage_along(cases, np.zeros(len(cases), dtype=np.int64), 1)
    return dict(zip(found.levels, found.share[:, 0].tolist(), strict=True))


def _memory(shown: Shown, looked: Looked) -> None:
    """Draw whether one error of the series tells the next."""
    key = f"{_KEY}.memory"
    head("Do its errors follow each other?", "The error of each moment against those some steps before; beyond the band it is more than chance.")  # fmt: skip
    found = of_view(shown, f"series {looked.code} memory", lambda: memory_of_series(looked.series.cases))
    if not found.lag.size:
        st.caption(numbers.plain(f"It cannot be said: {found.reason}."))
        return
    st.markdown(memory_in_words(found))
    draw(memory_figure(found, palette(state.scheme())), key, f"Correlation of the errors of {looked.series.name} with those some steps before")  # fmt: skip
    notes = ["Forecasts made together miss together when something unforeseen happens, so some memory over their horizon is no fault."]  # fmt: skip
    if looked.series.overlaps:
        notes.insert(0, "Of several forecasts for a moment the latest counts.")
    st.caption(" ".join(notes))
    table = {"steps_before": found.lag, "correlation": found.correlation, "reach_95": found.reach}
    figure_files(shown, key, f"Errors of {looked.series.name} against earlier ones", table_of(table), key=f"{key}.csv")  # fmt: skip


def memory_in_words(found: Memory) -> str:
    """Say first how strong, then how sure (Markdown)."""
    known = np.where(np.isnan(found.correlation), 0.0, found.correlation)
    at = int(np.abs(known).argmax())
    top = float(known[at])
    before = "one step" if found.lag[at] == 1 else f"{numbers.count(int(found.lag[at]))} steps"
    said = f"Errors correlate most with those {before} before: **{numbers.plain(f'{top:.2f}')}** over {numbers.count(found.moments)} moments."  # fmt: skip
    if math.isnan(found.p):
        return f"{said} There is no test: {found.reason}."
    verdict = "chance explains it" if found.p > _SURE else "more than chance, yet of little effect" if abs(top) < _SLIGHT else "more than chance"  # fmt: skip
    return f"{said} Ljung–Box over {found.lag.size} lags is {found.ljung_box:,.1f}, p {probability(found.p)}: {verdict}."


def _plain(value: float) -> str:
    """Write a number for Markdown."""
    return numbers.plain(numbers.number(value))
