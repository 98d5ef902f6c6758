"""The groups of each column against all other rows: counted once, as a chart, a table, and the way to the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts import layout
from app.charts.group_bars import HIGHER, LOWER, VERDICTS, clicked, color_of, group_bars
from app.palette import palette
from app.views.figure_files import figure_files
from app.views.gate import Shown
from app.views.group_words import found, in_order, is_missing, is_of_some_rows, span_of_difference, summary
from metrics_core.grouping import grouping, is_remembered
from metrics_core.groups_compared import ComparedGroup, Comparison, GroupTable

#: Dots that a chart holds; the table has all groups.
MOST_DOTS = 20
#: What stands behind the failures of a metric, as the examples select it.
ROWS_OF: dict[str, state.Rows] = {
    "errors": "errors",
    "false negatives": "fn",
    "false positives": "fp",
    "positives": "",
    "absolute error": "",
    "squared error": "",
    "misses": "",
}
# Rows times columns to be cut beyond which progress is shown; and tables that are kept.
_SLOW, _KEPT = 2_000_000, 600
_AT_ONCE, _SCROLLS, _LONGEST_HEADING = 12, 420, 11
_OF = {
    "errors": "Of errors",
    "false negatives": "Of FN",
    "false positives": "Of FP",
    "positives": "Of positives",
    "absolute error": "Of error",
    "squared error": "Of error",
    "misses": "Of misses",
}
_APART = " \u2003 "


# ------------------------------------------------------------------------------------------------ numbers


def work(shown: Shown, columns: Sequence[str]) -> int:
    """Return the cells that have to be read before the columns can be compared."""
    source = shown.predictions.source
    return source.n_rows * sum(not is_remembered(source, column) for column in columns)


def tables_of(shown: Shown, columns: Sequence[str], metric: str) -> list[GroupTable]:
    """Compare the groups of columns; done once for a view, with progress where it takes long.

    Parameters
    ----------
    shown : Shown
    columns : sequence of str
    metric : str
        Key of one of ``comparable_metrics``.

    Returns
    -------
    list of GroupTable
        Not yet corrected for the number of tests.
    """
    store: dict[tuple[object, ...], GroupTable] = state.kept(
        f"groups|{state.identity(shown.predictions)}", dict
    )
    of_view = (shown.model.name, state.view().where, shown.threshold, metric)
    absent = [column for column in columns if (*of_view, column) not in store]
    if absent:
        if len(store) + len(absent) > _KEPT:
            store.clear()
            absent = list(columns)
        _count(shown, metric, absent, store, of_view)
    return [store[(*of_view, column)] for column in columns]


def _count(shown: Shown, metric: str, columns: Sequence[str], store: dict[tuple[object, ...], GroupTable], of_view: tuple[object, ...]) -> None:  # fmt: skip
    """Compare columns one after the other; any click ends it, what is done is kept."""
    slow = work(shown, columns) > _SLOW or (shown.of_model.cases.together is not None and len(shown.of_model.cases) * len(columns) > _SLOW)  # fmt: skip
    bar = st.progress(0.0) if slow else None
    comparison = Comparison.of(shown.of_model.cases, metric, shown.threshold)
    for i, column in enumerate(columns):
        if bar is not None:
            bar.progress(i / len(columns), f"Comparing the groups of {numbers.plain(column)}, column {i + 1} of {len(columns)} …")  # fmt: skip
        store[(*of_view, column)] = comparison.table(grouping(shown.predictions.source, column))
    if bar is not None:
        bar.empty()


def all_groups(tables: Sequence[GroupTable]) -> pa.Table:
    """Return every group of every table with all its numbers, rates as fractions: the download."""
    return pa.Table.from_pandas(pd.concat([t.frame() for t in tables], ignore_index=True), preserve_index=False)  # fmt: skip


def without_small(table: GroupTable, least: float) -> GroupTable:
    """Leave out groups with a smaller share of the rows."""
    return replace(table, groups=tuple(g for g in table.groups if g.rows >= least * table.rows))


# ------------------------------------------------------------------------------------------------ one column


def group_card(shown: Shown, table: GroupTable, *, key: str) -> None:
    """Draw the card of a column: what it shows, chart, table, and the way to the rows of a group.

    Parameters
    ----------
    shown : Shown
    table : GroupTable
        With q-values.
    key : str
        Begins the keys of the widgets.
    """
    with st.container(border=True, gap="small"):
        st.subheader(numbers.plain(table.column), anchor=False)
        if _nothing_to_compare(table):
            return
        st.caption(summary(table))
        order = in_order(table)
        drawn = order if len(order) <= MOST_DOTS else _clearest(table, order)
        # wide enough that on a narrow window the chart has a line of its own and fills it
        parts = st.grid(3, min_column_width=280, gap=("small", "small"))
        with parts.cell():
            _chart(table, drawn, key)
        with parts.cell(column_span=2):
            _table(shown, table, order, key)
            _way_to_the_rows(shown, table, order, key)
        _notes(table, order, drawn)
        figure_files(shown, f"{key}.chart", f"{table.metric.label} by {table.column}", all_groups([table]), key=f"{key}.csv")  # fmt: skip


def _clearest(table: GroupTable, order: Sequence[int]) -> list[int]:
    """Keep the groups that differ most clearly, in the order they have."""
    known = [i for i in order if not isnan(table.groups[i].z) and not table.groups[i].small]
    kept = set(sorted(known, key=lambda i: -abs(table.groups[i].z))[:MOST_DOTS])
    return [i for i in order if i in kept]


def _nothing_to_compare(table: GroupTable) -> bool:
    """Say so where a column has no two groups."""
    if len(table.groups) > 1:
        return False
    if not table.groups:
        st.caption("Every group of this column is hidden: it has fewer rows than asked for.")
    elif is_missing(table.groups[0]):
        st.caption("Every cell of this column is empty, so there is nothing to compare.")
    else:
        n = table.groups[0].rows
        rows = "The only row shown is" if n == 1 else f"All {numbers.rows(n)} shown are"
        st.caption(f"{rows} in one group, **{numbers.plain(table.groups[0].label)}**, so there is nothing to compare.")  # fmt: skip
    return True


def legend(table: GroupTable) -> None:
    """Say once for all charts of a metric what their marks mean."""
    colours = palette(state.scheme())
    judged = (
        (("●", HIGHER), ("●", LOWER))
        if table.metric.better == "neither"
        else (("●", VERDICTS[0]), ("◆", VERDICTS[1]))
    )
    marks = [(sign, color_of(table, name, colours), name) for sign, name in judged]
    marks += [("○", colours.quiet, "not clear, or too few rows"), ("❘", colours.quiet, "all other rows"), ("┊", colours.accent, "all rows")]  # fmt: skip
    drawn = [f':color[**{sign}**]{{foreground="{colour}"}} {text}' for sign, colour, text in marks]
    st.markdown(f":small[{_APART.join([*drawn, 'whiskers: 95% intervals'])}]")


def _chart(table: GroupTable, drawn: Sequence[int], key: str) -> None:
    """Draw the dots; a click chooses the group."""

    def chosen() -> None:
        group = clicked(state.chosen(f"{key}.chart"), table)
        if group is not None and group.level is not None:
            state.preset(f"{key}.group", group.label)

    st.plotly_chart(group_bars(table, drawn, palette(state.scheme()), legend=False), theme=None, key=f"{key}.chart", on_select=chosen,
                    selection_mode="points", config=dict(layout.CONFIG),
                    alt=f"{table.metric.label} of each group of {table.column} with its interval; the table beside it holds the numbers")  # fmt: skip


def group_frame(table: GroupTable, order: Sequence[int]) -> pd.DataFrame:
    """Return the table as it is shown: rates in percent, differences in percentage points."""
    spec = table.metric
    factor = 100.0 if spec.unit == "share" else 1.0
    rows = []
    for i in order:
        g = table.groups[i]
        first, last = ("Counted", "Rows") if is_of_some_rows(spec) else ("Rows", "Counted")
        of = {"Rows": g.rows, "Counted": f"{numbers.count(g.part)} of {numbers.count(g.of)}"}
        row: dict[str, Any] = {"Group": g.label, first: of[first], spec.label: factor * g.value}
        row["95 %"] = numbers.NOT_AVAILABLE if isnan(g.low) else numbers.interval(g.low, g.high, spec.unit)
        row["Difference"] = factor * g.difference
        row["95 % of it"] = span_of_difference(g, spec.unit)
        row[f"Share of {table.failures}"] = 100 * g.share_of_failures
        row["Found"] = found(table, g)
        if spec.task == "binary" and spec.key != "prevalence":
            row["Positive"] = 100 * g.prevalence
        if last == "Rows" or spec.interval == "wilson":
            row[last] = of[last]
        row["Share of rows"] = 100 * g.share
        rows.append(row)
    return pd.DataFrame(rows)


def _table(shown: Shown, table: GroupTable, order: Sequence[int], key: str) -> None:
    """Draw the numbers; a click on a row chooses the group."""
    frame = group_frame(table, order)

    def chosen() -> None:
        rows = (state.chosen(f"{key}.table") or {}).get("selection", {}).get("rows", [])
        if rows and rows[0] < len(order):
            group = table.groups[order[rows[0]]]
            state.preset(f"{key}.group", group.label if group.level else None)

    st.dataframe(
        frame,
        key=f"{key}.table",
        hide_index=True,
        on_select=chosen,
        selection_mode="single-row",
        placeholder=numbers.NOT_AVAILABLE,
        height="content" if len(frame) <= _AT_ONCE else _SCROLLS,
        column_config=_config(shown, table),
        alt=f"Groups of {table.column} against all other rows",
    )


def _config(shown: Shown, table: GroupTable) -> dict[str, Any]:
    """Say how each column of the table is drawn."""
    c, spec = st.column_config, table.metric
    share = spec.unit == "share"
    points = " in percentage points" if share else ""
    weighted = shown.predictions.roles.weight is not None
    heading = (
        spec.label
        if len(spec.label) <= _LONGEST_HEADING
        else "Rate"
        if spec.interval == "wilson"
        else "Value"
    )
    return {
        "Group": c.TextColumn(width=100, pinned=True),
        "Rows": c.NumberColumn(format="localized", width=56, help="Rows of the group, whatever they weigh" if weighted else "Rows of the group"),
        spec.label: c.NumberColumn(heading, format="%.1f%%" if share else "%.3f", width=66, help=f"{spec.label}. {spec.about}"),
        "95 %": c.TextColumn(width=86, help=f"95 % interval of {spec.label}"),
        "Difference": c.NumberColumn("vs rest", format="%+.1f" if share else "%+.3f", width=52, help=f"{spec.label} of the group minus that of all other rows{points}"),
        "95 % of it": c.TextColumn("95 %", width=90, help=f"95 % interval of the difference{points}"),
        f"Share of {table.failures}": c.NumberColumn(_OF[table.failures], format="%.1f%%", width=66, help=f"Part of all {table.failures} that lies in the group"),
        "Found": c.TextColumn(width=118, help="Of the groups with a q as low as this or lower, at most this share is expected to differ by chance alone; it allows for all groups tested on this page. Up to 0.05 a group is called worse or better. One on which fewer than 30 rows count is not tested"),
        "Positive": c.NumberColumn(format="%.1f%%", width=62, help="Share of the group that is positive. Error rate, accuracy, precision and F1 differ between groups for that reason alone"),
        "Share of rows": c.NumberColumn("Of rows", format="%.1f%%", width=62, help="Part of the weight of all rows" if weighted else "Part of all rows"),
        "Counted": c.TextColumn(width=92, help="The counts behind the rate" + (", as sums of weights" if weighted else "")),
    }  # fmt: skip


def _way_to_the_rows(shown: Shown, table: GroupTable, order: Sequence[int], key: str) -> None:
    """Choose a group without a mouse, or see which one a click chose; then go to its rows or keep only them."""
    by_label = {table.groups[i].label: table.groups[i] for i in order if table.groups[i].level}
    if state.chosen(f"{key}.group") not in by_label:
        state.preset(f"{key}.group", None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        label = st.selectbox("Group", list(by_label), index=None, key=f"{key}.group", placeholder="Choose a group, or click one",
                             label_visibility="collapsed", width=230, format_func=str)  # fmt: skip
        group = by_label.get(label) if label is not None else None
        if st.button(failures_label(shown, table, group), key=f"{key}.show", icon=":material/arrow_forward:", icon_position="right",
                     disabled=group is None or group.failures == 0):  # fmt: skip
            to_the_rows(table, group)
        if st.button("Keep only its rows", key=f"{key}.keep", icon=":material/filter_alt:", type="tertiary", disabled=group is None,
                     help="Every page then shows these rows alone; the chip in the sidebar takes it back"):  # fmt: skip
            keep(group)
            st.rerun()


def failures_label(shown: Shown, table: GroupTable, group: ComparedGroup | None) -> str:
    """Write the button that leads to what the metric counts against the model in a group."""
    what = table.failures if ROWS_OF[table.failures] else "rows"
    if group is None:
        return f"Show its {what}"
    if shown.of_model.cases.weight is not None:  # the sum of their weights is not how many there are
        return f"Show its {what}" if group.failures else f"No {what}"
    n = group.failures if ROWS_OF[table.failures] else group.rows
    return f"Show {numbers.count(n)} {what if n != 1 else what.removesuffix('s')}" if n else f"No {what}"


def keep(group: ComparedGroup | None) -> None:
    """Narrow every page to the rows of a group."""
    if group is not None and group.level is not None:
        state.narrow(group.level.where)


def to_the_rows(table: GroupTable, group: ComparedGroup | None) -> None:
    """Narrow every page to a group and look at what goes wrong there."""
    keep(group)
    state.change(rows=ROWS_OF[table.failures], true="", predicted="")
    st.switch_page("pages/examples.py", query_params=state.link())


def _notes(table: GroupTable, order: Sequence[int], drawn: Sequence[int]) -> None:
    """Say what chart and table leave out."""
    said = []
    if len(drawn) < len(order):
        said.append(f"The chart shows the {len(drawn)} of {len(order)} groups that differ most clearly; the table has all.")  # fmt: skip
    left = next((g for g in table.groups if g.level is None), None)
    if left is not None:
        said.append(f"Values other than the {len(table.groups) - 1} most frequent are together in (other), which is not tested.")  # fmt: skip
    if said:
        st.caption(" ".join(said))
