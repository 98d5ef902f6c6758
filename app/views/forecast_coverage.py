"""How many truths predicted intervals of forecasts hold: along the horizon, along time, or by level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app import numbers, state
from app.charts.forecast_coverage import along_figure, fan_figure, lines_drawn
from app.palette import palette
from app.views.figure_card import draw, head, table_of
from app.views.figure_files import figure_files
from app.views.forecast_rows import forecasts_of
from app.views.forecast_times import Cut
from app.views.gate import Shown
from app.views.number_kept import of_view
from metrics_core.forecast_cells import CoverageAlong, coverage_along
from metrics_core.forecast_series import intervals_around

_KEY = "forecasts.origins.coverage"
_NAMED = 3


def coverage_card(shown: Shown, cut: Cut) -> None:
    """Draw how many truths the intervals hold.

    Parameters
    ----------
    shown : Shown
    cut : Cut
    """
    cases, key = forecasts_of(shown), _KEY
    head("Do the intervals hold?", "Share of the truths inside, beside what each level promises (dashed).")
    around = intervals_around(cases)
    if not around:
        st.caption("No intervals were predicted. Name their columns on the Data page, if there are some.")
        return
    options = {"horizon": "By horizon"} if cut.steps is not None and len(cut.steps) > 1 else {}
    if len(cut.periods) > 1:
        options["time"] = f"By {cut.short}"
    options["level"] = "By level"
    if state.chosen(f"{key}.along") not in options:
        state.preset(f"{key}.along", next(iter(options)))
    chosen = st.segmented_control("Along", list(options), key=f"{key}.along", required=True, label_visibility="collapsed", format_func=options.__getitem__)  # fmt: skip
    along = chosen or "level"
    at, names, code = _groups(cut, along, len(cases))
    found = of_view(shown, f"coverage {along}", lambda: coverage_along(cases, code, len(names)))
    st.markdown(coverage_in_words(found, names, along, cut))
    colours = palette(state.scheme())
    figure = fan_figure(found, colours) if along == "level" else along_figure(found, at, names, colours, x="Steps ahead" if along == "horizon" else cut.title)  # fmt: skip
    what = f"Coverage of the intervals {options[along].lower()}"
    draw(figure, key, what)
    notes = [f"Rows belong together by {numbers.plain(cases.together_by)}."]
    drawn = lines_drawn(found.levels)
    if along != "level" and len(drawn) < len(found.levels):
        notes.append(f"{len(drawn)} of {len(found.levels)} levels are drawn.")
    if cases.quantiles is not None:
        notes.append("Pairs of quantiles that leave as much on either side are intervals too.")
    st.caption(" ".join(notes))
    table = {"group": np.tile(np.array(names, dtype=object), len(found.levels)), "level": np.repeat(found.levels, len(names)), "coverage": found.share.ravel(),
             "low": found.low.ravel(), "high": found.high.ravel(), "rows": np.tile(found.rows, len(found.levels))}  # fmt: skip
    figure_files(shown, key, what, table_of(table), key=f"{key}.csv")


def _groups(cut: Cut, along: str, n: int) -> tuple[NDArray[np.generic], Sequence[str], NDArray[np.int64]]:
    """Return where groups lie on the axis, their names, and the group of each row."""
    if along == "horizon" and cut.steps is not None:
        return (cut.steps.low + cut.steps.high) / 2, [f"{name} steps ahead" for name in cut.steps.names], cut.steps.code  # fmt: skip
    if along == "time":
        return cut.at, cut.names, cut.periods.code
    return np.zeros(1), ["all rows"], np.zeros(n, dtype=np.int64)


def coverage_in_words(found: CoverageAlong, names: Sequence[str], along: str, cut: Cut) -> str:
    """Say of the widest level how many groups do not hold, or of all levels whether they do (Markdown)."""
    if along == "level":
        off = [i for i, level in enumerate(found.levels) if not found.low[i, 0] <= level <= found.high[i, 0]]
        each = [f"{100 * found.levels[i]:g}% hold **{numbers.share(float(found.share[i, 0]))}**" for i in (off or [len(found.levels) - 1])[-_NAMED:]]  # fmt: skip
        return f"{len(off)} of {len(found.levels)} levels do not hold what they promise, beyond chance: {', '.join(each)}." if off else f"Every level holds what it promises, as far as these rows tell; {each[0]}."  # fmt: skip
    level = found.levels[-1]
    narrow, wide = found.high[-1] < level, found.low[-1] > level
    known = int(np.count_nonzero(~np.isnan(found.low[-1])))
    what = "horizons" if along == "horizon" else cut.many
    said = [f"too few in {int(part.sum())}" if way else f"too many in {int(part.sum())}" for way, part in ((True, narrow), (False, wide)) if part.any()]  # fmt: skip
    if not said:
        return f"The {100 * level:g}% intervals hold what they promise at all {numbers.count(known)} {what}, as far as these rows tell."
    worst = int(np.nanargmin(found.share[-1]) if narrow.any() else np.nanargmax(found.share[-1]))
    return f"The {100 * level:g}% intervals hold {' and '.join(said)} of {numbers.count(known)} {what}, beyond chance: {numbers.plain(names[worst])} has **{numbers.share(float(found.share[-1, worst]))}**."
