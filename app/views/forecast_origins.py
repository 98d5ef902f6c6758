"""The part "origins" of the Forecasts page: errors over time, by horizon and origin, coverage along both, and memory."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import streamlit as st

from app import numbers, state
from app.charts.forecast_origins import FEW, grid_figure, period_figure
from app.charts.forecast_series import when
from app.palette import palette
from app.views.figure_card import head, table_of
from app.views.figure_files import figure_files
from app.views.forecast_coverage import coverage_card
from app.views.forecast_rows import draw_series, forecasts_of, show_rows
from app.views.forecast_times import Cut, cut_of
from app.views.gate import Shown
from app.views.number_kept import of_view, probability
from app.views.number_rows import chooser, draw_clickable
from metrics_core.errors import DataError
from metrics_core.filters import Filter, between, equals
from metrics_core.forecast_cells import Steps, origin_grid
from metrics_core.forecast_origins import (
    ByPeriod,
    Drift,
    Drifting,
    Number,
    Periods,
    bias_is_scaled,
    by_period,
    drift_of,
    drifting_series,
    number_of,
    residual_memories,
)
from metrics_core.forecasts.autocorrelation import LjungBox

_KEY = "forecasts.origins"
_NARROWEST, _SURE, _NAMED = 400, 0.01, 3


def origins_part(shown: Shown) -> None:
    """Draw the part.

    Parameters
    ----------
    shown : Shown
    """
    cut = cut_of(shown)
    number = _choose_number(shown)
    with st.container(border=True, gap="small"):
        _over_time(shown, cut, number)
    places = st.grid(2, min_column_width=_NARROWEST, gap=("small", "medium"))
    with places.cell(), st.container(border=True, gap="small"):
        _cells(shown, cut, number)
    with places.cell(), st.container(border=True, gap="small"):
        coverage_card(shown, cut)
    with st.container(border=True, gap="small"):
        _memory(shown)


def _choose_number(shown: Shown) -> Number:
    """Choose what the figures over time show."""
    cases = forecasts_of(shown)
    scaled = not bool(np.isnan(cases.scaled).all())
    options: list[Number] = ["scaled", "absolute", "bias"] if scaled else ["absolute", "bias"]
    key = f"{_KEY}.number"
    if state.chosen(key) not in options:
        state.preset(key, options[0])
    number = st.segmented_control("What is shown", options, key=key, required=True, persist_state="session", label_visibility="collapsed",
                                  format_func=lambda name: title_of(name, scaled=False))  # fmt: skip
    return number or options[0]


def title_of(number: Number, *, scaled: bool) -> str:
    """Name a number, a bias with what it is divided by."""
    if number == "bias":
        return "Bias, in scales" if scaled else "Bias"
    return {"scaled": "Mean scaled error", "absolute": "Mean absolute error"}[number]


# ------------------------------------------------------------------------------------------------ along time


def _over_time(shown: Shown, cut: Cut, number: Number) -> None:
    """Draw the error by origin with its limits."""
    cases, key = forecasts_of(shown), f"{_KEY}.time"
    head(f"Error by {cut.short}", "Outside the grey band is more than the series and the usual ups and downs explain; few series have wide limits.")  # fmt: skip
    found, drift = of_view(shown, f"by period {number}", lambda: _by_period(shown, cut, number))
    drifting = of_view(shown, "drifting series", lambda: drifting_series(cases, cut.periods))
    st.markdown(in_words(found, drift, cut))
    if len(cut.periods) == 1:
        return
    y = title_of(number, scaled=bias_is_scaled(cases))
    clicked = draw_clickable(period_figure(found, cut.at, cut.names, palette(state.scheme()), x=cut.title, y=y), key, f"{y} by {cut.short} with control limits")  # fmt: skip
    held = np.flatnonzero(found.rows > 0)
    asked = chooser(key, f"One {cut.one}", [f"{i + 1}. {cut.names[at]}, {numbers.rows(float(found.rows[at]))}" for i, at in enumerate(held)])  # fmt: skip
    match clicked:
        case ["period", int() as at]:
            _to_the_rows(shown, cut, at, at)
    if asked is not None:
        _to_the_rows(shown, cut, int(held[asked]), int(held[asked]))
    st.caption(" ".join(_notes(found, cut)))
    _drifting(shown, drifting, cut)
    table = {"first": cut.at, "last": when(cut.periods.last, cases.timeline), "value": found.value, "expected": found.expected,
             "limit_low": found.low, "limit_high": found.high, "rows": found.rows, "series": found.series}  # fmt: skip
    figure_files(shown, key, f"{y} by {cut.short}", table_of(table), key=f"{key}.csv")


def _by_period(shown: Shown, cut: Cut, number: Number) -> tuple[ByPeriod, Drift]:
    """Compute the means of all periods and the line through them."""
    cases = forecasts_of(shown)
    found = by_period(cases, number_of(cases, number), cut.periods, least=-math.inf if number == "bias" else 0.0)  # fmt: skip
    return found, drift_of(found)


def in_words(found: ByPeriod, drift: Drift, cut: Cut) -> str:
    """Say which periods lie outside, and whether there is a trend (Markdown)."""
    n = len(cut.periods)
    if n == 1:
        return f"There is one {cut.one}, so nothing to compare it with."
    if found.reason:
        return f"There are no limits: {numbers.plain(found.reason)}."
    beyond = np.flatnonzero(found.outside)
    order = beyond[np.argsort(-np.abs(found.off[beyond] / found.error[beyond]))]
    named = [f"**{numbers.plain(cut.names[i])}** ({_plain(float(found.value[i]))}, expected {_plain(float(found.expected[i]))})" for i in order[:_NAMED]]  # fmt: skip
    if not named:
        said = f"All {numbers.count(n)} {cut.many} lie within the limits."
    else:
        more = f" and {numbers.count(order.size - _NAMED)} more" if order.size > _NAMED else ""
        said = f"{numbers.count(order.size)} of {numbers.count(n)} {cut.many} {'lies' if order.size == 1 else 'lie'} outside the limits: {', '.join(named)}{more}."  # fmt: skip
    if math.isnan(drift.p):
        return said
    way = "rises" if drift.end > drift.start else "falls"
    line = f" By a straight line it {way} from {_plain(drift.start)} to {_plain(drift.end)} (p {probability(drift.p)})"
    return f"{said}{line}: {'more than chance' if drift.p <= _SURE else 'chance explains it'}."


def _notes(found: ByPeriod, cut: Cut) -> list[str]:
    """Say what the figure leaves out and how the limits are made."""
    said = []
    if cut.periods.kind == "time":
        said.append("No series has forecasts from two origins, so this is the time that was forecast.")
    if cut.periods.merged > 1:
        what = "origins" if cut.periods.kind == "origin" else "steps"
        said.append(f"Up to {numbers.count(cut.periods.merged)} {what} share a point.")
    if found.left_out:
        said.append(f"{numbers.rows(found.left_out)} of series without a scale are left out.")
    if not found.reason:
        said.append("Limits are three standard errors around what the same series have at the same horizons on the whole (Laney's chart).")  # fmt: skip
    return said


def _drifting(shown: Shown, found: Drifting, cut: Cut) -> None:
    """Name the series whose bias moves along time, and lead to them."""
    if not found.tested:
        return
    names = forecasts_of(shown).timeline.names
    if not found.code.size:
        st.caption(f"Of {numbers.count(found.tested)} series none has a bias that clearly moves from the first to the last {cut.one}.")  # fmt: skip
        return
    shift = [f"**{numbers.plain(names[i])}** from {_signed(a)} to {_signed(b)}" for i, a, b in zip(found.code[:_NAMED], found.start[:_NAMED].tolist(), found.end[:_NAMED].tolist(), strict=True)]  # fmt: skip
    more = f" and {numbers.count(found.code.size - _NAMED)} more" if found.code.size > _NAMED else ""
    have, their = ("series has", "its") if found.code.size == 1 else ("series have", "their")
    st.markdown(f"{numbers.count(found.code.size)} {have} a bias that moves from the first to the last {cut.one}, beyond chance and by over half of {their} mean absolute error: {', '.join(shift)}{more}.")  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        for i in found.code[:_NAMED].tolist():
            st.button(f"Draw {numbers.plain(names[i])}", key=f"{_KEY}.draw.{i}", icon=":material/timeline:", on_click=draw_series, args=(names[i],))  # fmt: skip


def _to_the_rows(shown: Shown, cut: Cut, first: int, last: int, line: int | None = None) -> None:
    """Show the rows of some periods, at one horizon or all, on the Examples page."""
    found = filter_of_periods(shown, cut.periods, first, last)
    ahead = None if line is None or cut.steps is None else filter_of_line(shown, cut.steps, line)
    if found is None or (line is not None and ahead is None):
        what = f"this {cut.one}" if found is None else "this horizon"
        st.warning(f"No filter holds exactly the rows of {what}: no column of the file says it.", icon=":material/filter_alt_off:")  # fmt: skip
        return
    show_rows(found, ahead)


def filter_of_periods(shown: Shown, periods: Periods, first: int, last: int) -> Filter | None:
    """Build the filter of neighbouring periods from the cells of their first and last moment; None where no column holds them."""
    roles, cases, source = shown.predictions.roles, forecasts_of(shown), shown.predictions.source
    column = roles.origin if periods.kind == "origin" else roles.time
    inside = (periods.code >= first) & (periods.code <= last)
    held = np.flatnonzero(inside)
    if column is None or not held.size:
        return None
    place = (cases.until if periods.kind == "origin" else cases.place)[held]
    cells = source.column(column)
    low, high = (cells[int(cases.rows[held[at]])].as_py() for at in (place.argmin(), place.argmax()))
    found = equals(column, low) if low == high else between(column, low, high, closed="both")
    return found if np.array_equal(shown.predictions.mask(found)[cases.rows], inside) else None


def filter_of_line(shown: Shown, steps: Steps, line: int) -> Filter | None:
    """Build the filter of some horizons; None where no column of the file holds exactly them."""
    column, cases = shown.predictions.roles.horizon, forecasts_of(shown)
    if column is None:
        return None
    low, high = int(steps.low[line]), int(steps.high[line])
    found = equals(column, low) if low == high else between(column, low, high, closed="both")
    try:
        mask = shown.predictions.mask(found)[cases.rows]
    except DataError:  # a column of texts such as h1
        return None
    return found if np.array_equal(mask, steps.code == line) else None


# ------------------------------------------------------------------------------------------------ horizon and origin


def _cells(shown: Shown, cut: Cut, number: Number) -> None:
    """Draw the table of horizons and origins."""
    cases, key = forecasts_of(shown), f"{_KEY}.cells"
    head(
        f"Horizon and {cut.short}",
        "Is it bad far ahead, at some time, or only where both meet?",
    )
    steps = cut.steps
    if steps is None:
        st.caption("Nothing says how many steps ahead the forecasts look: name the column of the horizon or of the origin on the Data page.")  # fmt: skip
        return
    if len(steps) == 1:
        st.caption(f"Every forecast looks {steps.names[0]} step{'' if steps.names[0] == '1' else 's'} ahead, so there is no horizon to compare.")  # fmt: skip
        return
    if len(cut.periods) == 1:
        st.caption(f"There is one {cut.one}, so nothing to compare it with.")
        return
    grid = of_view(shown, f"cells {number}", lambda: origin_grid(cases, number_of(cases, number), cut.periods, steps))  # fmt: skip
    wide = grid.value.shape[1]
    first = [int(np.flatnonzero(grid.column == j)[0]) for j in range(wide)]
    last = [int(np.flatnonzero(grid.column == j)[-1]) for j in range(wide)]
    names = [cut.names[a] if a == b else f"{cut.names[a]} to {cut.names[b]}" for a, b in zip(first, last, strict=True)]  # fmt: skip
    label = title_of(number, scaled=bias_is_scaled(cases))
    figure = grid_figure(grid, steps, names, palette(state.scheme()), x=cut.title, label=label, signed=number == "bias")  # fmt: skip
    clicked = draw_clickable(figure, key, f"{label} by horizon and {cut.short}")

    def show(line: int, column: int) -> None:
        _to_the_rows(shown, cut, first[column], last[column], line)

    match clicked:
        case ["cell", int() as line, int() as column]:
            show(line, column)
    for part, n in (("line", len(steps)), ("column", wide)):
        if state.chosen(f"{key}.{part}") not in range(n):  # another filter has fewer of them
            state.preset(f"{key}.{part}", None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        at_line = st.selectbox("Steps ahead", range(len(steps)), index=None, key=f"{key}.line", width=110, format_func=steps.names.__getitem__, placeholder="choose")  # fmt: skip
        at_column = st.selectbox(cut.title, range(wide), index=None, key=f"{key}.column", width=190, format_func=names.__getitem__, placeholder="choose")  # fmt: skip
        if st.button("Show its rows", key=f"{key}.show", icon=":material/arrow_forward:", icon_position="right", disabled=at_line is None or at_column is None):  # fmt: skip
            show(int(at_line or 0), int(at_column or 0))
    notes = ["Above 0 the forecasts were too high."] if number == "bias" else []
    if bool(((grid.rows > 0) & (grid.rows < FEW)).any()):
        notes.append(f"A dot marks fewer than {FEW} rows.")
    if notes:
        st.caption(" ".join(notes))
    i, j = np.nonzero(grid.rows > 0)
    table = {"steps_from": steps.low[i], "steps_to": steps.high[i], "from": cut.at[np.array(first)[j]], "value": grid.value[i, j], "rows": grid.rows[i, j]}  # fmt: skip
    figure_files(shown, key, f"{label} by horizon and {cut.short}", table_of(table), key=f"{key}.csv")


# ------------------------------------------------------------------------------------------------ memory


def _memory(shown: Shown) -> None:
    """Say in how many series errors go together in time."""
    cases = forecasts_of(shown)
    head("Do errors follow each other?", "Where one error tells the next, the last errors would improve the next forecast.")  # fmt: skip
    found = of_view(shown, "memories", lambda: residual_memories(cases))
    st.markdown(memories_in_words(found, cases.timeline.names))
    if found.tested and found.rejected:
        worst = int(np.nanargmax(found.statistic))
        st.button(f"Draw {numbers.plain(cases.timeline.names[worst] or 'the series')}", key=f"{_KEY}.memory.draw", icon=":material/timeline:",
                  on_click=draw_series, args=(cases.timeline.names[worst],))  # fmt: skip


def memories_in_words(found: LjungBox, names: Sequence[str]) -> str:
    """Say how many series there are whose errors go together (Markdown)."""
    if not found.tested:
        return f"No series can be tested: {numbers.plain(found.reason)}."
    lags = int(found.freedom.max())
    test = f"Ljung–Box over {lags} steps, adjusted after Benjamini and Hochberg for {numbers.count(found.tested)} series"
    if not found.rejected:
        return (
            f"In none of {numbers.count(found.tested)} series do errors go together beyond chance ({test})."
        )
    worst = int(np.nanargmax(found.statistic))
    clearest = f"; clearest in **{numbers.plain(names[worst])}**" if len(names) > 1 else ""
    return f"In **{numbers.count(found.rejected)} of {numbers.count(found.tested)} series** ({numbers.share(found.share)}) the errors go together in time beyond chance{clearest} ({test})."


def _plain(value: float) -> str:
    """Write a number for Markdown."""
    return numbers.plain(numbers.number(value))


def _signed(value: float) -> str:
    """Write a number with its sign for Markdown."""
    return ("−" if value < 0 else "\\+") + _plain(abs(value))
