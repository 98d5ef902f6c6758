"""All slices side by side: several metrics and models, each slice against the rest, the way to its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

import pyarrow as pa
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts import layout
from app.charts.slice_histogram import bins_of, clicked, place_of, slice_histogram
from app.palette import palette
from app.views import export, gate
from app.views.figure_files import figure_files
from app.views.group_table import ROWS_OF, failures_label
from app.views.slice_choice import Chosen, chosen_slices
from app.views.slice_rows import ORDERS, coloured, column_config, in_order, shown_frame, value_name
from metrics_core.grouping import Grouping
from metrics_core.groups_compared import comparable_metrics, corrected, n_tested
from metrics_core.metrics.registry import REGISTRY
from metrics_core.slice_table import SliceTable, slice_table

#: With more slices than this their values are drawn as a histogram too.
MANY = 30
_LEAST = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
_FIRST = ("error_rate", "fnr", "fpr", "precision", "recall", "f1", "accuracy")
_DEFAULT = {"binary": ["error_rate", "fnr", "fpr"], "multiclass": ["error_rate"]}
# Rows times counted columns beyond which progress is shown; tables that are kept.
_SLOW, _KEPT = 4_000_000, 12
_AT_ONCE, _SCROLLS = 14, 520


def slices_table(shown: gate.Shown, saved: Sequence[tuple[str, str]] = ()) -> None:
    """Draw the part of the Slices page.

    Parameters
    ----------
    shown : Shown
    saved : sequence of (name, filter)
        Slices to show beside those of the chosen columns.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        metrics, models = _metrics(shown), _models(shown)
        chosen = chosen_slices(shown, saved)
    for sentence in chosen.refused:
        st.caption(f":material/error: {numbers.plain(sentence)}")
    if not chosen.slices:
        _nothing()
        return
    try:
        table = _table(shown, chosen, metrics, models)
    except mc.DataError as error:
        gate.sentence(error)
        return
    pair, by, turned, least = _controls(shown, table)
    empty = sum(g.rows == 0 for g in table.tables[pair].groups)
    table, kept = _large_enough(table, least)
    if not kept:
        st.info(
            "Every slice is smaller than asked for. Lower the smallest slice shown."
            if least
            else "No row shown is in any of these slices.",
            icon=":material/filter_alt:",
        )
        return
    listed = _spread(shown, table, kept, pair)
    order = in_order(table, listed, pair, by, turned=turned)
    st.caption(_said(table, kept, order, empty))
    _draw(shown, table, order, pair)
    _way_to_the_rows(shown, table, order, pair)


# ------------------------------------------------------------------------------------------------ choices


def _metrics(shown: gate.Shown) -> list[str]:
    """Choose the metrics."""
    task = shown.predictions.roles.task
    keys = [spec.key for spec in comparable_metrics(task)]
    ordered = [*(k for k in _FIRST if k in keys), *(k for k in keys if k not in _FIRST)]
    first = [k for k in _DEFAULT.get(task, []) if k in keys] or ordered[:1]
    picked = st.multiselect("Metrics", ordered, default=first, key=f"slices.table.metrics.{task}", width=400, persist_state="session",
                            format_func=lambda key: REGISTRY[task, key].label)  # fmt: skip
    return picked or first


def _models(shown: gate.Shown) -> list[str]:
    """Choose the models; there is nothing to choose of one."""
    names = [m.model for m in shown.evaluation.models]
    if len(names) < 2:
        return names
    picked = st.multiselect("Models", names, default=[shown.model.name], key=f"slices.table.models.{shown.predictions.name}", width=230,
                            persist_state="session", format_func=str)  # fmt: skip
    return picked or [shown.model.name]


def _controls(shown: gate.Shown, table: SliceTable) -> tuple[tuple[str, str], str, bool, float]:
    """Choose which metric stands in detail, the order, and how small a slice may be."""
    pairs = list(table.tables)
    n = len(shown.of_model.cases)
    orders = {
        **ORDERS,
        **{f"value:{model}:{metric}": value_name(table, (model, metric)) for model, metric in pairs},
    }
    if state.chosen("slices.table.detail") not in pairs:
        state.preset("slices.table.detail", pairs[0])
    if state.chosen("slices.table.order") not in orders:
        state.preset("slices.table.order", "clear")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        pair = st.selectbox(
            "In detail",
            pairs,
            key="slices.table.detail",
            width=230,
            format_func=lambda p: value_name(table, p),
        )
        by = st.selectbox(
            "Sort by", list(orders), key="slices.table.order", width=230, format_func=orders.__getitem__
        )
        turned = st.toggle("From the other end", key="slices.table.turned")
        least = st.select_slider("Smallest slice shown", _LEAST, key="slices.table.least", persist_state="session", width=230,
                                 format_func=lambda s: f"{100 * s:g}% ({numbers.count(round(s * n))})" if s else "any")  # fmt: skip
    return pair, str(by), bool(turned), float(least)


def _nothing() -> None:
    """Say that there is no slice yet."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.subheader("There is no slice to compare yet", anchor=False, width="content")
        st.caption("No column of this file has few values or numbers besides labels and scores. Choose a derived column above, or put together a slice of your own.", width="content")  # fmt: skip


# ------------------------------------------------------------------------------------------------ numbers


def _table(shown: gate.Shown, chosen: Chosen, metrics: Sequence[str], models: Sequence[str]) -> SliceTable:
    """Count the slices; done once for a view, with progress where it takes long."""
    predictions = shown.predictions
    store: dict[str, SliceTable] = state.kept(f"slice tables|{state.identity(predictions)}", dict)
    cuts = {m.model: m.threshold for m in shown.evaluation.models}
    asked = "|".join(",".join(level.where.text for level in s.levels) if isinstance(s, Grouping) else f"{s.name}={s.where.text}" for s in chosen.slices)  # fmt: skip
    key = repr((state.view().where, sorted(cuts.items()), metrics, models, asked))
    if key not in store:
        work = predictions.source.n_rows * len(chosen.slices) * len(models)
        bar = st.progress(0.0, "Counting the slices …") if work > _SLOW else None

        def reached(share: float) -> None:
            if bar is not None:
                bar.progress(share, "Counting the slices …")

        made = slice_table(
            predictions,
            chosen.slices,
            metrics=metrics,
            models=models,
            threshold=cuts,
            where=shown.where,
            progress=reached,
        )
        if bar is not None:
            bar.empty()
        while len(store) >= _KEPT:
            store.pop(next(iter(store)))
        store[key] = made
    return store[key]


def _large_enough(table: SliceTable, least: float) -> tuple[SliceTable, list[int]]:
    """Leave out small slices, which then are no tests either; return the table and the places of those that stay."""
    first = next(iter(table.tables.values()))
    kept = [i for i, g in enumerate(first.groups) if g.rows >= max(least * first.rows, 1)]
    if len(kept) == len(table.slices):
        return table, kept
    small = {pair: replace(t, groups=tuple(t.groups[i] for i in kept)) for pair, t in table.tables.items()}
    judged = dict(zip(small, corrected(small.values()), strict=True))
    left = replace(
        table, slices=tuple(table.slices[i] for i in kept), tables=judged, tested=n_tested(tuple(judged.values())),
        pulled={pair: tuple(of[i] for i in kept) for pair, of in table.pulled.items()},
    )  # fmt: skip
    return left, list(range(len(kept)))


def _said(table: SliceTable, kept: Sequence[int], order: Sequence[int], empty: int) -> str:
    """Say what the table holds, how many slices without a row it leaves out, and how to read it."""
    listed = f"{len(order)} of {len(kept)} slices" if len(order) < len(kept) else f"{len(kept)} slice{'s' if len(kept) != 1 else ''}"  # fmt: skip
    tests = f"{numbers.count(table.tested)} difference{'s' if table.tested != 1 else ''} tested"
    gone = (
        f" {numbers.count(empty)} without a row here {'are' if empty > 1 else 'is'} left out."
        if empty
        else ""
    )
    return f"{listed}, {tests}.{gone} Slices may overlap: each is compared with all rows outside of it. Click a row to choose it, a heading to sort."  # fmt: skip


# ------------------------------------------------------------------------------------------------ drawn


def _spread(shown: gate.Shown, table: SliceTable, kept: list[int], pair: tuple[str, str]) -> list[int]:
    """Draw how the values spread where there are many slices; a click on a bar lists those in it."""
    of = table.tables[pair]
    values = [of.groups[i].value for i in kept]
    if len(kept) <= MANY or all(v != v for v in values):
        return kept
    edges, key = bins_of(values), "slices.table.spread"
    asked = (pair, edges.tolist())  # other bars, another choice
    held = state.chosen(f"{key}.bar")
    bar = held[1] if held is not None and held[0] == asked else None

    def chosen() -> None:
        state.preset(f"{key}.bar", (asked, clicked(state.chosen(key))))

    with st.container(border=True, gap="small"):
        st.plotly_chart(slice_histogram(values, of.value, of.metric.label, of.metric.unit, palette(state.scheme()), chosen=bar), theme=None, key=key,
                        on_select=chosen, selection_mode="points", config=dict(layout.CONFIG),
                        alt=f"How {of.metric.label} spreads over {len(kept)} slices; the table below holds the numbers")  # fmt: skip
        known = [v for v in values if v == v]
        counts = [int((place_of(known, edges) == i).sum()) for i in range(edges.size - 1)]
        spread = pa.table({"low": edges[:-1], "high": edges[1:], "slices": counts})
        figure_files(shown, key, f"{of.metric.label} of slices", spread, key=f"{key}.csv")
    if bar is None:
        return kept
    span = numbers.interval(float(edges[bar]), float(edges[bar + 1]), of.metric.unit)
    st.button(f"{of.metric.label} {span}", key=f"{key}.clear", icon=":material/close:", icon_position="right", help="List all slices again",
              on_click=state.preset, args=(f"{key}.bar", None))  # fmt: skip
    there = [i for i in kept if of.groups[i].value == of.groups[i].value]
    return [i for i, at in zip(there, place_of(known, edges).tolist(), strict=True) if at == bar]


def _draw(shown: gate.Shown, table: SliceTable, order: Sequence[int], pair: tuple[str, str]) -> None:
    """Draw the table; a click on a row chooses the slice."""
    # a row is chosen by its place, so another order begins without one
    key = f"slices.table.rows.{crc32(repr([table.slices[i].where.text for i in order]).encode()):x}"

    def chosen() -> None:
        rows = (state.chosen(key) or {}).get("selection", {}).get("rows", [])
        if rows and rows[0] < len(order):
            state.preset("slices.table.slice", table.slices[order[rows[0]]].where.text)

    frame = shown_frame(table, order, pair)
    st.dataframe(coloured(frame, table, order, pair, palette(state.scheme())), key=key, hide_index=True, on_select=chosen,
                 selection_mode="single-row", placeholder=numbers.NOT_AVAILABLE, height="content" if len(frame) <= _AT_ONCE else _SCROLLS,
                 column_config=column_config(table, pair, weighted=shown.predictions.roles.weight is not None),
                 alt="Slices against all other rows")  # fmt: skip


def _way_to_the_rows(
    shown: gate.Shown, table: SliceTable, order: Sequence[int], pair: tuple[str, str]
) -> None:
    """Choose a slice without a mouse, or see which one a click chose; then go to its rows or keep only them."""
    names = {table.slices[i].where.text: table.slices[i].name for i in order}
    places = {table.slices[i].where.text: i for i in order}
    if state.chosen("slices.table.slice") not in names:
        state.preset("slices.table.slice", None)
    of = table.tables[pair]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.selectbox("Slice", list(names), index=None, key="slices.table.slice", placeholder="Choose a slice, or click one",
                            label_visibility="collapsed", width=330, format_func=names.__getitem__)  # fmt: skip
        group = of.groups[places[text]] if text is not None else None
        label = (
            failures_label(shown, of, group)
            if pair[0] == shown.model.name or group is None
            else f"Show its {of.failures}"
        )
        if st.button(label, key="slices.table.show", icon=":material/arrow_forward:", icon_position="right",
                     disabled=group is None or group.failures == 0) and text is not None:  # fmt: skip
            state.narrow(table.slices[places[text]].where)
            state.change(model=_model(shown, pair[0]), rows=ROWS_OF[of.failures], true="", predicted="")
            st.switch_page("pages/examples.py", query_params=state.link())
        if st.button("Use as filter", key="slices.table.keep", icon=":material/filter_alt:", type="tertiary", disabled=group is None or group.rows == 0,
                     help="Every page then shows these rows alone; the chip on top takes it back") and text is not None:  # fmt: skip
            state.narrow(table.slices[places[text]].where)
            st.rerun()
        st.download_button("Download CSV", export.csv(pa.Table.from_pandas(table.frame(), preserve_index=False)), export.named(shown, "slices", "csv"),
                           "text/csv", key="slices.table.csv", on_click="ignore", icon=":material/download:", type="tertiary",
                           help="Every slice, metric and model with all numbers, rates as fractions")  # fmt: skip
    if text is not None:
        st.code(text, language=None, wrap_lines=True)


def _model(shown: gate.Shown, name: str) -> str:
    """Return what the view calls a model: nothing for the one it shows already."""
    return state.view().model if name == shown.model.name else name
