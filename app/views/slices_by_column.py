"""The groups of each column: one table a column, and the worst groups of all of them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import numbers, state
from app.views import export, gate
from app.views.group_table import all_groups, group_card, legend, tables_of, without_small
from app.views.slice_losses import all_of, columns_offered, no_columns
from app.views.worst_groups import worst_list
from metrics_core.grouping import columns_to_compare
from metrics_core.groups_compared import GroupTable, comparable_metrics, corrected
from metrics_core.metrics.registry import REGISTRY

#: Cards of one page: four charts at most.
_CARDS = 4
_FIRST = ("error_rate", "fnr", "fpr", "precision", "recall", "f1", "accuracy")
_LEAST = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
_ORDERS = {"clear": "Clearest differences", "file": "As in the file"}


def _metric_chooser(task: str) -> str:
    keys = [spec.key for spec in comparable_metrics(task)]
    ordered = [*(k for k in _FIRST if k in keys), *(k for k in keys if k not in _FIRST)]

    def answer() -> None:
        chosen = str(state.chosen("slices.metric"))
        state.change(metric="" if chosen == ordered[0] else chosen)

    now = state.view().metric
    state.preset("slices.metric", now if now in ordered else ordered[0])
    return str(st.selectbox("Metric", ordered, key="slices.metric", width=210, on_change=answer,
                            format_func=lambda key: REGISTRY[task, key].label))  # fmt: skip


def _columns_chooser(shown: gate.Shown, possible: Sequence[str]) -> list[str]:
    every = columns_offered(shown)

    def answer() -> None:
        state.change(columns=tuple(state.chosen("slices.columns") or ()))

    state.preset("slices.columns", [name for name in state.view().columns if name in every])
    chosen = st.multiselect("Columns", every, key="slices.columns", placeholder=all_of(possible), on_change=answer,
                            format_func=str, width=330)  # fmt: skip
    return chosen or list(possible)


def _controls(shown: gate.Shown, possible: Sequence[str]) -> tuple[str, list[str], float, str]:
    n = len(shown.of_model.cases)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        metric = _metric_chooser(shown.predictions.roles.task)
        columns = _columns_chooser(shown, possible)
        state.preset("slices.least", min(_LEAST, key=lambda share: abs(share - state.view().least)))
        least = st.select_slider("Smallest group shown", _LEAST, key="slices.least", width=230,
                                 on_change=lambda: state.change(least=float(state.chosen("slices.least"))),
                                 format_func=lambda s: f"{100 * s:g}% ({numbers.count(round(s * n))})" if s else "any")  # fmt: skip
        state.preset("slices.order", state.view().arranged)
        order = st.segmented_control("Order of the columns", list(_ORDERS), key="slices.order", required=True,
                                     on_change=lambda: state.change(arranged=state.chosen("slices.order")), format_func=_ORDERS.__getitem__)  # fmt: skip
    return metric, columns, float(least), str(order)


def _telling(table: GroupTable) -> float:
    return max((abs(g.z) for g in table.groups if g.q == g.q and (table.worse(g) or table.metric.better == "neither")), default=-1.0)  # fmt: skip


def _download(shown: gate.Shown, tables: Sequence[GroupTable]) -> None:
    st.download_button("All groups as CSV", export.csv(all_groups(tables)), export.named(shown, f"groups by {tables[0].metric.key}", "csv"), "text/csv",
                       key="slices.csv", on_click="ignore", icon=":material/download:", type="tertiary",
                       help="Every group of these columns with all numbers, rates as fractions")  # fmt: skip


def _page_of(tables: Sequence[GroupTable]) -> Sequence[GroupTable]:
    pages = -(-len(tables) // _CARDS)
    if pages < 2:
        legend(tables[0])
        return tables
    now = min(max(int(state.chosen("slices.page") or 1), 1), pages)
    state.preset("slices.page", now)

    def name(page: int) -> str:
        first, last = (page - 1) * _CARDS + 1, min(page * _CARDS, len(tables))
        return f"{first}–{last}" if last > first else f"{first}"

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Columns", width="content")
        st.segmented_control("Columns shown", range(1, pages + 1), key="slices.page", required=True, format_func=name, label_visibility="collapsed")  # fmt: skip
        st.caption(f"of {len(tables)}", width="content")
    return tables[(now - 1) * _CARDS : now * _CARDS]


def _worst(shown: gate.Shown, tables: Sequence[GroupTable]) -> None:
    if tables[0].metric.better == "neither":
        return
    with st.container(border=True, gap="small"):
        st.subheader("The worst groups of all these columns", anchor=False)
        worst_list(shown, tables, key="slices.worst")


def by_column(shown: gate.Shown) -> None:
    """Draw the first part of the Slices page.

    Parameters
    ----------
    shown : Shown
    """
    possible = columns_to_compare(shown.predictions)
    if not possible:
        no_columns()
        return
    metric, columns, least, order = _controls(shown, possible)
    tables = list(corrected(without_small(t, least) for t in tables_of(shown, columns, metric)))
    _worst(shown, tables)
    if order == "clear":
        tables.sort(key=_telling, reverse=True)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        part = _page_of(tables)
        _download(shown, tables)
    if len(part) < len(tables):
        legend(tables[0])
    for table in part:
        group_card(shown, table, key=f"slices.{table.column}")
