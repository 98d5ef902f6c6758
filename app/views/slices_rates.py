"""The error rates of the groups of a sensitive column: how far apart they are, and what cannot be equal at once."""

from __future__ import annotations

from math import isnan

import pandas as pd
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts import layout
from app.charts.group_rates import group_rates_figure
from app.palette import palette
from app.views.figure_card import head, table_of
from app.views.figure_files import figure_files
from app.views.gate import Shown, sentence
from app.views.group_words import difference
from app.views.slice_losses import ends, made, no_columns, q_text, rows_buttons
from metrics_core.cases import BinaryCases
from metrics_core.group_rates import OF_CLASSES, RATES, GroupRate, GroupRates, group_rates, implied_fpr
from metrics_core.grouping import columns_to_compare, grouping
from metrics_core.metrics import counts

_KEY = "slices.rates"
_OTHERS = "all other groups"
#: What may be asked to be equal: the rates it is about, and what goes wrong where it is not.
VIEWS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "opportunity": ("Equal opportunity", ("recall", "fpr", "prevalence"), "false negatives"),
    "parity": ("Predictive parity", ("precision", "npv", "prevalence"), "false positives"),
    "overall": ("Errors and flags", ("error_rate", "selection_rate", "prevalence"), "errors"),
}
#: Shares of positives that differ by less do not force other rates apart by much.
_APART = 0.02


def rates_part(shown: Shown) -> None:
    """Draw the part of the Slices page.

    Parameters
    ----------
    shown : Shown
    """
    every = list(dict.fromkeys([*shown.predictions.roles.slices, *columns_to_compare(shown.predictions)]))
    if not every:
        no_columns()
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        column = _column(shown, every)
        reference = _reference(shown, column)
        view = "overall" if shown.many else str(
            st.segmented_control("What should be equal", list(VIEWS), default="opportunity", key=f"{_KEY}.view", required=True,
                                 persist_state="session", format_func=lambda key: VIEWS[key][0])
        )  # fmt: skip
    try:
        found = made(shown, "rates", column, reference, make=lambda: _count(shown, column, reference))
    except mc.DataError as error:
        sentence(error)
        return
    with st.container(border=True, gap="small"):
        head(
            f"Rates by {numbers.plain(column)}",
            "Are the groups treated alike, and can chance explain what is not?",
        )
        if len(found.levels) < 2:
            st.caption("All rows shown are in one group of this column, so there is nothing to compare.")
            return
        rates = tuple(key for key in VIEWS[view][1] if not shown.many or key in OF_CLASSES)
        _said(found, rates)
        _draw(shown, found, rates, view)
        _impossible(shown, found)
    if shown.many:
        st.caption("Of many classes only the error rate is compared here. Look at one class against the rest for its recall and precision.")  # fmt: skip


def _count(shown: Shown, column: str, reference: str) -> GroupRates:
    """Count the rates."""
    with st.spinner("Counting the rates of every group …"):
        return group_rates(shown.of_model.cases, grouping(shown.predictions.source, column), threshold=shown.threshold, reference=reference)  # fmt: skip


def _column(shown: Shown, every: list[str]) -> str:
    """Let the user choose the column."""
    key = f"{_KEY}.column.{shown.predictions.name}"
    if state.chosen(key) not in every:
        state.preset(key, every[0])
    return str(st.selectbox("Column", every, key=key, persist_state="session", width=220, format_func=str))


def _reference(shown: Shown, column: str) -> str:
    """Let the user choose what a group is compared with."""
    labels = [level.label for level in grouping(shown.predictions.source, column).levels]
    key = f"{_KEY}.reference.{shown.predictions.name}.{column}"
    if state.chosen(key) not in ("", *labels):
        state.preset(key, "")
    return str(st.selectbox("Gaps to", ["", *labels], key=key, persist_state="session", width=200, format_func=lambda label: label or _OTHERS))  # fmt: skip


def _said(found: GroupRates, rates: tuple[str, ...]) -> None:
    """Say for each rate how far the groups are apart."""
    lines = []
    for key in rates:
        rate, far = RATES[key], found.widest(key)
        if far is None:
            lines.append(f"**{rate.label}**: fewer than two groups have 30 {rate.of} or more.")
            continue
        high, low = far
        clear = [one for one in found.of(key) if one.clear]
        verdict = f"{len(clear)} of {len(found.levels)} groups differ clearly from {numbers.plain(found.reference or _OTHERS)}" if clear else "no gap is clear"  # fmt: skip
        lines.append(
            f"**{rate.label}** from {numbers.share(low.value)} ({numbers.plain(low.level.label)}) to {numbers.share(high.value)} ({numbers.plain(high.level.label)}): {verdict}. {rate.about}"
        )
    st.markdown("\n".join(f"- {line}" for line in lines))
    st.caption(f"{numbers.count(found.n_tested)} gaps of all rates of this column were tested and corrected for together; a rate of fewer than 30 rows is not tested.")  # fmt: skip


def _draw(shown: Shown, found: GroupRates, rates: tuple[str, ...], view: str) -> None:
    """Draw the figure, the table and the way to the rows of a group."""
    labels = {level.label: level for level in found.levels}
    if state.chosen(f"{_KEY}.group") not in labels:
        state.preset(f"{_KEY}.group", None)

    def chosen() -> None:
        event = state.chosen(f"{_KEY}.chart")
        points = event["selection"]["points"] if event else []
        place = points[0].get("customdata") if points else None
        place = place[0] if isinstance(place, list | tuple) and len(place) == 1 else place
        if isinstance(place, int) and 0 <= place < len(found.levels):
            state.preset(f"{_KEY}.group", found.levels[place].label)

    st.plotly_chart(group_rates_figure(found, rates, palette(state.scheme())), theme=None, key=f"{_KEY}.chart", on_select=chosen, selection_mode="points",
                    config=dict(layout.CONFIG), alt=f"{', '.join(RATES[key].label for key in rates)} of each group of {found.column} with intervals; the table below holds the numbers")  # fmt: skip
    st.dataframe(rate_frame(found, rates), hide_index=True, key=f"{_KEY}.table", height="content" if len(labels) <= 12 else 420,
                 alt=f"Rates of the groups of {found.column}")  # fmt: skip
    failures = VIEWS[view][2]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        label = st.selectbox("Group", list(labels), index=None, key=f"{_KEY}.group", placeholder="Choose a group, or click one", label_visibility="collapsed",
                             width=230, format_func=str)  # fmt: skip
        rows_buttons(labels[label].where if label else None, failures, key=_KEY)
    figure_files(
        shown, f"{_KEY}.chart", f"Rates by {found.column}", table_of(found.frame()), key=f"{_KEY}.csv"
    )


def rate_frame(found: GroupRates, rates: tuple[str, ...]) -> pd.DataFrame:
    """Return the rates as they are shown in a table.

    Parameters
    ----------
    found : GroupRates
    rates : tuple of str
        Keys of the rates to show.
    """
    by_rate = {key: found.of(key) for key in rates}
    return pd.DataFrame(
        [
            {"Group": level.label}
            | {name: text for key in rates for name, text in _cells(found, by_rate[key][i])}
            for i, level in enumerate(found.levels)
        ]
    )


def _cells(found: GroupRates, one: GroupRate) -> tuple[tuple[str, str], ...]:
    """Write one rate of one group: value with interval and denominator, and the gap."""
    label = RATES[one.rate].label
    if isnan(one.value):
        return (label, f"{numbers.NOT_AVAILABLE}: no {RATES[one.rate].of}"), (
            f"{label}: gap",
            numbers.NOT_AVAILABLE,
        )
    value = f"{numbers.share(one.value)} ({ends(one.low, one.high, 'share')}) of {numbers.count(one.rows)}"
    if one.level.label == found.reference:
        return (label, value), (f"{label}: gap", "compared with")
    if isnan(one.gap):
        return (label, value), (f"{label}: gap", numbers.NOT_AVAILABLE)
    return (label, value), (f"{label}: gap", f"{difference(one.gap, 'share')}, {q_text(one.q)}")


def _impossible(shown: Shown, found: GroupRates) -> None:
    """Say what equal precision and recall would force, where the groups' shares of positives differ."""
    far = found.widest("prevalence")
    if (
        far is None
        or not isinstance(shown.of_model.cases, BinaryCases)
        or far[0].value - far[1].value < _APART
    ):
        return
    outcomes = shown.of_model.outcomes
    precision, recall = float(counts.precision(outcomes)), float(counts.recall(outcomes))
    high, low = (implied_fpr(one.value, precision, recall) for one in far)
    if isnan(high) or isnan(low):
        return
    st.caption(
        f"Not everything can be equal: {numbers.share(far[0].value)} of {numbers.plain(far[0].level.label)} and {numbers.share(far[1].value)} of {numbers.plain(far[1].level.label)} are positive. "
        f"If both had the precision ({numbers.share(precision)}) and recall ({numbers.share(recall)}) of all rows, their false positive rates would have to be "
        f"{numbers.share(high)} and {numbers.share(low)}. The Threshold page shows what separate thresholds would cost."
        if high <= 1 else
        f"Not everything can be equal: {numbers.share(far[0].value)} of {numbers.plain(far[0].level.label)} and {numbers.share(far[1].value)} of {numbers.plain(far[1].level.label)} are positive. "
        f"No decision gives both the precision ({numbers.share(precision)}) and recall ({numbers.share(recall)}) of all rows."
    )  # fmt: skip
