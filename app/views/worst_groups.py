"""Where it fails: the groups that are clearly worse than the rest, each with the way to its rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import streamlit as st

from app import numbers, state
from app.views.gate import Shown
from app.views.group_table import failures_label, tables_of, to_the_rows, work
from app.views.group_words import against_rest, difference, is_of_some_rows, phrase
from metrics_core.grouping import columns_to_compare
from metrics_core.groups_compared import ComparedGroup, GroupTable, corrected
from metrics_core.worst_groups import WorstGroup, WorstGroups, worst_groups

#: What can be looked for on the overview, and how it is called there.
KINDS = {"error_rate": "Errors", "fnr": "Missed", "fpr": "False alarms"}
# Cells to be read beyond which the overview asks first.
_ASK = 30_000_000
# Times the share of positives among all other rows.
_FAR = 1.5


def worst_card(shown: Shown, *, key: str, limit: int = 5) -> None:
    """Draw the card of the overview: the worst groups of all columns that are worth comparing.

    Parameters
    ----------
    shown : Shown
    key : str
        Begins the keys of the widgets.
    limit : int
        Groups at most.
    """
    columns = columns_to_compare(shown.predictions)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader("Where it fails", anchor=False, width="content")
            metric = "error_rate"
            if not shown.many and columns:
                metric = st.segmented_control("Kind of mistake", list(KINDS), default="error_rate", key=f"{key}.metric", required=True,
                                              persist_state="session", format_func=KINDS.__getitem__, label_visibility="collapsed")  # fmt: skip
        if not columns:
            st.caption("There is no column to group the rows by: none has few values or numbers besides labels and scores.")  # fmt: skip
            return
        if work(shown, columns) > _ASK and not st.button(f"Compare the groups of {len(columns)} columns", key=f"{key}.go", icon=":material/stacked_bar_chart:"):  # fmt: skip
            st.caption("That reads each of them once, which takes a while for so many rows.")
            return
        tables = corrected(tables_of(shown, columns, metric))
        worst_list(shown, tables, key=key, limit=limit)
        if st.button(
            "See every group", key=f"{key}.all", icon=":material/stacked_bar_chart:", type="tertiary"
        ):
            state.change(metric=metric, part="")
            st.switch_page("pages/slices.py", query_params=state.link())


def worst_list(shown: Shown, tables: Sequence[GroupTable], *, key: str, limit: int = 5) -> None:
    """List the worst groups, or say that there is none; and how many groups were looked at.

    Parameters
    ----------
    shown : Shown
    tables : sequence of GroupTable
        With q-values; all of one metric.
    key : str
        Begins the keys of the widgets.
    limit : int
        Groups at most.
    """
    found = worst_groups(shown.predictions.source, tables, shown.of_model.cases.rows, limit=limit)
    st.caption(_looked_at(found, tables))
    by_column = {table.column: table for table in tables}
    for one in found.groups:
        _one(shown, by_column[one.group.column], one, key)
    if any(_has_more_to_find(one.group) for one in found.groups) and tables[0].failures == "errors":
        st.caption("Where more rows are positive there is more to get wrong: compare the false negative and the false positive rate before you call the model worse there.")  # fmt: skip


def _has_more_to_find(group: ComparedGroup) -> bool:
    """Tell a group whose share of positives is so far from that of the rest that errors must differ too."""
    return group.prevalence > _FAR * group.rest_prevalence or group.prevalence < group.rest_prevalence / _FAR


def _looked_at(found: WorstGroups, tables: Sequence[GroupTable]) -> str:
    """Say how many groups were tested and what came of it."""
    columns = f"{found.n_columns} column{'s' if found.n_columns != 1 else ''}"
    if not found.n_tested:
        return f"No group of {columns} is large enough to be tested: at least 30 rows must count in it, and in the rest."
    label = tables[0].metric.label.lower()
    tested = f"Tested {numbers.count(found.n_tested)} group{'s' if found.n_tested != 1 else ''} in {columns}"
    if not found.n_clear:
        return f"{tested}: no group is clearly worse than the rest by {label}."
    listed = (
        ""
        if len(found.groups) == found.n_clear
        else f" The {len(found.groups)} clearest:"
        if len(found.groups) > 1
        else " The clearest:"
    )
    return f"{tested}: {found.n_clear} {'is' if found.n_clear == 1 else 'are'} clearly worse than the rest by {label}.{listed}"  # fmt: skip


def _one(shown: Shown, table: GroupTable, one: WorstGroup, key: str) -> None:
    """Draw one group with the button to its rows."""
    g, unit, label = one.group, table.metric.unit, table.metric.label.lower()
    facts = [
        f"{difference(g.difference, unit)}{' points' if unit == 'share' else ''}",
        f"{numbers.count(g.part)} of {numbers.count(g.of)} in {numbers.rows(g.rows)}"
        if is_of_some_rows(table.metric)
        else numbers.rows(g.rows),
        f"{numbers.share(g.share_of_failures)} of all {table.failures}",
    ]
    if not isnan(g.prevalence) and table.failures == "errors":
        facts.append(f"{numbers.share(g.prevalence)} positive, elsewhere {numbers.share(g.rest_prevalence)}")
    if one.also:
        facts.append(
            "mostly the same rows: " + ", ".join(f"{level.column} {level.label}" for level in one.also[:3])
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{numbers.plain(phrase(g))}** {label} {numbers.plain(against_rest(table, g))}  \n:small[:gray[{numbers.plain(' · '.join(facts))}]]", width="stretch")  # fmt: skip
        if st.button(failures_label(shown, table, g), key=f"{key}.{g.column}.{g.label}", icon=":material/arrow_forward:", icon_position="right",
                     disabled=g.failures == 0):  # fmt: skip
            to_the_rows(table, g)
