"""The series as a table, those first that carry most of the error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.views import export
from app.views.figure_card import head
from app.views.forecast_rows import draw_series, filter_of_series, forecasts_of, ranking, show_rows
from app.views.gate import Shown
from metrics_core.forecast_boards import SeriesBoard
from metrics_core.metrics.registry import REGISTRY
from metrics_core.tally.outcomes import FloatArray

_KEY = "forecasts.worst"
#: Share of the error that the sentence counts series for.
_HALF = 0.5
_AT_ONCE, _SCROLLS = 10, 390
#: With more series, parts of the error need more decimals.
_COARSE = 500


def worst_series(shown: Shown) -> None:
    """Draw the card: who carries the error, the table, and the way to one series.

    Parameters
    ----------
    shown : Shown
    """
    board, names = ranking(shown), forecasts_of(shown).timeline.names
    head("Which series carry the error?", "All series, the largest part of the total absolute error first; a click on a row chooses the series.")  # fmt: skip
    st.markdown(in_words(board, names))

    def chosen() -> None:
        rows = (state.chosen(f"{_KEY}.table") or {}).get("selection", {}).get("rows", [])
        if rows and rows[0] < board.code.size:
            state.preset(f"{_KEY}.series", names[board.code[rows[0]]])

    frame = series_frame(board, names)
    if forecasts_of(shown).timeline.season == 1:  # both naive forecasts are the same
        frame = frame.drop(columns="Skill seasonal")
    st.dataframe(frame, hide_index=True, key=f"{_KEY}.table", on_select=chosen, selection_mode="single-row",
                 placeholder=numbers.NOT_AVAILABLE, height="content" if board.code.size <= _AT_ONCE else _SCROLLS,
                 column_config=_config(shown, board.code.size), alt="Series with their part of the absolute error and their metrics")  # fmt: skip
    _way_on(shown, board, names)
    if said := undefined_said(board, names):
        st.caption(said)
    st.download_button("Data as CSV", lambda: export.csv(series_table(board, names)), export.named(shown, "series by their part of the error", "csv"),
                       "text/csv", key=f"{_KEY}.csv", on_click="ignore", type="tertiary", icon=":material/download:")  # fmt: skip


def in_words(board: SeriesBoard, names: tuple[str, ...]) -> str:
    """Say how the error is spread over the series (Markdown)."""
    n = board.code.size
    if np.isnan(board.share[0]):
        return "No forecast is off, so no series carries an error."
    first = f"**{numbers.plain(names[board.code[0]])}** carries **{numbers.share(float(board.share[0]))}** of the absolute error"
    if n == 1:
        return f"There is one series, **{numbers.plain(names[board.code[0]])}**."
    half = int(np.searchsorted(board.cumulative, _HALF) + 1)
    return (
        f"{first}; if all {numbers.count(n)} series did the same it would be {numbers.share(1 / n)}. "
        f"{numbers.count(half)} series ({numbers.share(half / n)} of them) carry half of it."
    )


def series_frame(board: SeriesBoard, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the table as it is shown: shares in percent."""
    return pd.DataFrame({
        "Series": [names[i] for i in board.code], "Of error": 100 * board.share, "Sum": 100 * board.cumulative,
        "MASE": board.mase, "WAPE": 100 * board.wape, "Bias": board.bias, "Skill naive": 100 * board.skill_naive,
        "Skill seasonal": 100 * board.skill_seasonal, "Rows": board.rows,
    })  # fmt: skip


def series_table(board: SeriesBoard, names: tuple[str, ...]) -> pa.Table:
    """Return every number of the table: the download."""
    parts = {name: getattr(board, name) for name in SeriesBoard.__dataclass_fields__ if name != "code"}
    return pa.table({"series": [names[i] for i in board.code], **{k: pa.array(v, from_pandas=True) for k, v in parts.items()}})  # fmt: skip


def undefined_said(board: SeriesBoard, names: tuple[str, ...]) -> str:
    """Say which numbers are empty, and why (Markdown); empty where none is."""
    reasons = (
        ("MASE", board.mase, "no history before the forecasts that changes from one season to the next"),
        ("WAPE", board.wape, "every true value is 0"),
        ("skill against naive", board.skill_naive, "no value before the forecasts, or the naive forecast is never off"),
        ("skill against seasonal naive", board.skill_seasonal, "no whole season before the forecasts, or the seasonal naive forecast is never off"),
    )  # fmt: skip
    parts = [
        _without(what, values, why, board, names) for what, values, why in reasons if np.isnan(values).any()
    ]
    return f"Empty cells: {'; '.join(parts)}." if parts else ""


def _without(what: str, values: FloatArray, why: str, board: SeriesBoard, names: tuple[str, ...]) -> str:
    """Say how many series have no such number."""
    none = board.code[np.isnan(values)]
    who = "no series has one" if none.size == board.code.size else f"{numbers.count(none.size)} series without one, such as {numbers.plain(names[none[0]])}"  # fmt: skip
    return f"{what}: {who} ({why})"


def _config(shown: Shown, n_series: int) -> dict[str, Any]:
    """Say how each column of the table is drawn."""
    c = st.column_config
    weighted = " by weight" if forecasts_of(shown).weight is not None else ""
    fine = "%.1f%%" if n_series <= _COARSE else "%.3f%%"
    about = {key: REGISTRY["forecasting", key].about for key in ("skill_naive", "skill_seasonal")}
    return {
        "Series": c.TextColumn(width=150, pinned=True),
        "Of error": c.NumberColumn(format=fine, width=72, help=f"Part of the sum of the sizes of all errors{weighted}"),
        "Sum": c.NumberColumn(format=fine, width=64, help="Part that this series and those that carry more have together"),
        "MASE": c.NumberColumn(format="%.3f", width=64, help="Mean absolute error over the mean size of the seasonal differences in the history of the series"),
        "WAPE": c.NumberColumn(format="%.1f%%", width=68, help="Sum of the sizes of the errors over that of the true values"),
        "Bias": c.NumberColumn(format="%+.3g", width=72, help="Mean of prediction minus truth, in the unit of the target: above 0 the forecasts are too high"),
        "Skill naive": c.NumberColumn("vs naive", format="%+.0f%%", width=76, help=about["skill_naive"]),
        "Skill seasonal": c.NumberColumn("vs seasonal", format="%+.0f%%", width=88, help=about["skill_seasonal"]),
        "Rows": c.NumberColumn(format="localized", width=64, help="Judged forecasts, whatever they weigh"),
    }  # fmt: skip


def _way_on(shown: Shown, board: SeriesBoard, names: tuple[str, ...]) -> None:
    """Choose a series without a mouse, or see which one a click chose; then draw it or show its rows."""
    options = [names[i] for i in board.code]
    if state.chosen(f"{_KEY}.series") not in options:
        state.preset(f"{_KEY}.series", None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.selectbox("Series", options, index=None, key=f"{_KEY}.series", placeholder="Choose a series, or click a row",
                            label_visibility="collapsed", width=280, format_func=str)  # fmt: skip
        st.button("Draw the series", key=f"{_KEY}.draw", icon=":material/timeline:", disabled=name is None,
                  on_click=draw_series, args=(name,))  # fmt: skip
        if st.button("See its rows", key=f"{_KEY}.rows", icon=":material/arrow_forward:", icon_position="right", disabled=name is None):  # fmt: skip
            show_rows(filter_of_series(shown, names.index(str(name))))
