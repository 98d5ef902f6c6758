"""The error along the steps ahead, beside that of the naive forecasts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts.forecast_steps import steps_figure
from app.palette import palette
from app.views.figure_card import head
from app.views.figure_files import figure_files
from app.views.forecast_rows import filter_of_steps, forecasts_of, show_rows
from app.views.gate import Shown
from app.views.number_kept import of_view
from app.views.number_rows import chooser, draw_clickable
from metrics_core.forecast_boards import steps_ahead
from metrics_core.forecast_horizons import MOST_STEPS, ByStep, by_step
from metrics_core.resampling import MAX_GROUPS

_KEY = "forecasts.steps"


def along_steps(shown: Shown, metric: str, level: float | None, *, label: str, unit: str) -> None:
    """Draw the card: a metric along the steps ahead, in words and as a curve.

    Parameters
    ----------
    shown : Shown
    metric : str
        A key of ``forecast_boards.PARTS``.
    level : float, optional
        Of the interval whose coverage it is.
    label, unit : str
        Of the metric.
    """
    cases = forecasts_of(shown)
    head("Does it get worse further ahead?", "All series; the naive forecasts repeat what was known, on the same rows.")  # fmt: skip
    found = of_view(shown, f"along {metric} {level}", lambda: _found(shown, metric, level))
    if found is None:
        st.caption("Nobody says how many steps ahead these forecasts look.")
        return
    st.markdown(in_words(found, label, unit))
    season = cases.timeline.season
    figure = steps_figure(found, palette(state.scheme()), model=shown.model.name, title=label, unit=unit, season=season)  # fmt: skip
    clicked = draw_clickable(figure, f"{_KEY}.chart", f"{label} at each number of steps ahead with its interval, beside the naive forecasts")  # fmt: skip
    by_column = filter_of_steps(shown, found.across, 0) is not None
    asked = chooser(_KEY, "Steps ahead", list(found.across.labels)) if by_column else None
    match clicked:
        case ["step", int() as j] if by_column:
            asked = j
    if asked is not None:
        show_rows(filter_of_steps(shown, found.across, asked))
    if notes := _notes(found, season):
        st.caption(" ".join(notes))
    figure_files(shown, f"{_KEY}.chart", f"{label} by steps ahead", lambda: step_table(found), key=f"{_KEY}.csv")  # fmt: skip


def _found(shown: Shown, metric: str, level: float | None) -> ByStep | None:
    """Compute the curve; None when nobody says how far ahead."""
    cases = forecasts_of(shown)
    across = steps_ahead(cases, MOST_STEPS)
    return None if across is None else by_step(cases, across, metric, level)


def in_words(found: ByStep, label: str, unit: str) -> str:
    """Say how the metric changes from the nearest to the furthest step, and where a naive forecast is as good (Markdown)."""
    known = np.flatnonzero(~np.isnan(found.value))
    if not known.size:
        return f"{numbers.plain(label)} is undefined at every number of steps ahead."
    first, last = int(known[0]), int(known[-1])
    said = f"{numbers.plain(label)} **{numbers.plain(numbers.by_unit(float(found.value[first]), unit))}** at {found.across.labels[first]} step{'' if found.across.labels[first] == '1' else 's'} ahead"  # fmt: skip
    if last != first:
        said += f", **{numbers.plain(numbers.by_unit(float(found.value[last]), unit))}** at {found.across.labels[last]}"  # fmt: skip
    return f"{said}. {' '.join(_against(found))}".rstrip()


def _against(found: ByStep) -> list[str]:
    """Say at how many steps a naive forecast has no larger absolute error."""
    said = []
    both = np.fmin(found.skill_naive, found.skill_seasonal)
    known = ~np.isnan(both)
    if known.any():
        lost, n = int((both[known] <= 0).sum()), int(known.sum())
        where = "at no number of steps ahead" if not lost else "at every number of steps ahead" if lost == n else f"at **{lost}** of {n} numbers of steps"  # fmt: skip
        said.append(f"In absolute error a naive forecast is as good or better {where}.")
    return said


def _notes(found: ByStep, season: int) -> list[str]:
    """Say what is drawn again, and what is left out."""
    said = []
    if found.reason:
        said.append(f"No interval: {found.reason}.")
    else:
        what = {"series": "series", "origin": "origins"}.get(
            found.drawn, f"units ({numbers.plain(found.drawn)})"
        )
        blocks = f", in {MAX_GROUPS:,} blocks put together at random" if found.units > MAX_GROUPS else ""
        said.append(f"Band: 95% interval from 1,000 draws of {numbers.count(found.units)} {what}{blocks}.")
    if found.left_out:
        said.append(f"{numbers.rows(found.left_out)} that a naive forecast does not reach are left out here for all.")  # fmt: skip
    if season == 1 and not np.isnan(found.naive).all():
        said.append("With a season of 1 both naive forecasts are the same.")
    if found.metric == "coverage":
        said.append("Naive forecasts are points and cover nothing.")
    return said


def step_table(found: ByStep) -> pa.Table:
    """Return every number of the curve: the download."""
    values = {name: pa.array(getattr(found, name), from_pandas=True)
              for name in ("value", "low", "high", "naive", "seasonal", "skill_naive", "skill_seasonal")}  # fmt: skip
    return pa.table({"steps_from": found.across.low, "steps_to": found.across.high, **values, "rows": found.rows})  # fmt: skip
