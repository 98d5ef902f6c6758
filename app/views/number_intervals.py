"""Predicted intervals and quantiles: how often they hold, in which groups they do not, and what would mend them."""

from __future__ import annotations

import math

import pandas as pd
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts import predicted_numbers
from app.palette import palette
from app.views.figure_card import draw, head
from app.views.figure_files import figure_files
from app.views.gate import Shown
from app.views.group_table import group_card, legend, tables_of, without_small
from app.views.number_boards import of_view
from metrics_core.grouping import columns_to_compare
from metrics_core.groups_compared import corrected
from metrics_core.number_bands import Widening, reached, share_below, widening

_CARDS = 2
_LEAST = 0.02


def has_any(shown: Shown) -> bool:
    """Tell whether something was predicted around the number."""
    cases = shown.of_model.number_cases
    return bool(cases.levels or cases.shares)


def predicted_around(shown: Shown, key: str) -> None:
    """Draw the part of the page about predicted intervals and quantiles.

    Parameters
    ----------
    shown : Shown
    key : str
        Begins the keys of the widgets.
    """
    cases = shown.of_model.number_cases
    if cases.levels:
        with st.container(border=True, gap="small"):
            _promised(shown, key)
        _by_group(shown, key)
    if cases.shares:
        with st.container(border=True, gap="small"):
            _quantiles(shown, key)


def _promised(shown: Shown, key: str) -> None:
    """Show coverage and width now, and after a conformal correction."""
    cases = shown.of_model.number_cases
    head("Do the intervals hold", "Coverage should be the level; a correction moves both ends of every interval by the same amount.")  # fmt: skip
    found = of_view(shown, "widening", lambda: [widening(cases, i) for i in range(len(cases.levels))])
    st.dataframe(pd.DataFrame([_row(w) for w in found]), hide_index=True, key=f"{key}.coverage", placeholder=numbers.NOT_AVAILABLE,
                 alt="Coverage and width of the predicted intervals")  # fmt: skip
    for w in found:
        st.markdown(in_words(w))
    st.caption("The correction is split conformal: it promises its level for rows like these, if the model has not learnt from them. "
               "Coverage afterwards is measured on rows the correction was not made from.")  # fmt: skip


def _row(w: Widening) -> dict[str, str]:
    """Write one level."""
    return {
        "Level": numbers.share(w.level),
        "Coverage": numbers.share(w.coverage),
        "95 %": numbers.interval(w.low, w.high, "share"),
        "Mean width": numbers.number(w.width),
        "Move each end by": numbers.NOT_AVAILABLE
        if math.isinf(w.moved)
        else f"{w.moved:+.4g}".replace("-", "−"),
        "Width afterwards": numbers.NOT_AVAILABLE if math.isinf(w.moved) else numbers.number(w.width_after),
        "Coverage afterwards": numbers.share(w.after),
    }


def in_words(w: Widening) -> str:
    """Say of one level whether it holds and what would mend it (Markdown)."""
    level = f"The {100 * w.level:g}% intervals"
    if math.isinf(w.moved):
        return f"{level}: {numbers.rows(w.rows)} are too few for a correction."
    holds = w.low <= w.level <= w.high
    side = "more" if w.coverage > w.level else "less"
    said = f"{level} hold **{numbers.share(w.coverage)}**" + (", as far as these rows tell what they promise." if holds else f", {side} than they promise.")  # fmt: skip
    how = "outwards" if w.moved > 0 else "inwards"
    return said if holds else f"{said} Moving both ends {how} by {numbers.plain(numbers.number(abs(w.moved)))} would mend that."  # fmt: skip


def _by_group(shown: Shown, key: str) -> None:
    """Show the coverage of the groups of the columns in which it differs most."""
    columns = columns_to_compare(shown.predictions)
    if not columns:
        return
    levels = [f"coverage@{level:g}" for level in shown.of_model.number_cases.levels]
    metric = levels[-1]
    if len(levels) > 1:
        metric = str(st.selectbox("Level", levels, key=f"{key}.level", format_func=lambda k: f"{100 * float(k.partition('@')[2]):g}%", width=120, persist_state="session"))  # fmt: skip
    tables = list(corrected(without_small(t, _LEAST) for t in tables_of(shown, columns, metric)))
    tables.sort(key=lambda t: max((abs(g.z) for g in t.groups if g.z == g.z), default=0.0), reverse=True)
    st.subheader("Coverage by group", anchor=False)
    st.caption(f"The {min(_CARDS, len(tables))} columns of {len(tables)} in which it differs most.")
    legend(tables[0])
    for table in tables[:_CARDS]:
        group_card(shown, table, key=f"{key}.{table.column}")


def _quantiles(shown: Shown, key: str) -> None:
    """Draw where the truths lie among the predicted quantiles."""
    cases = shown.of_model.number_cases
    found = of_view(shown, "reached", lambda: reached(cases))
    head("Where the truths lie among the quantiles", "Flat at 1 is right; high at both ends: too narrow; high in the middle: too wide.")  # fmt: skip
    draw(predicted_numbers.gaps(found.low, found.high, found.rows, (found.band_low, found.band_high), palette(state.scheme())), f"{key}.pit", "Truths between the predicted quantiles against perfect ones")  # fmt: skip
    rows = [{"Quantile": numbers.share(share), "Truths at or below": numbers.share(below), "95 %": numbers.interval(low, high, "share")} for share, below, low, high in share_below(cases)]  # fmt: skip
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key=f"{key}.shares", alt="Share of truths below each quantile"
    )
    figure_files(shown, f"{key}.pit", "Quantiles", pa.table({"from": found.low, "to": found.high, "rows": found.rows, "expected": found.expected}), key=f"{key}.pit.csv")  # fmt: skip
