"""Where predicted numbers fail: groups with larger errors, and groups that are predicted too high or too low."""

from __future__ import annotations

import streamlit as st

from app import numbers, state
from app.views.gate import Shown
from app.views.group_table import keep, tables_of
from app.views.group_words import phrase
from app.views.worst_groups import worst_list
from metrics_core.grouping import columns_to_compare
from metrics_core.groups_compared import ComparedGroup, corrected

_MOST = 8


def worst_card(shown: Shown, *, key: str) -> None:
    """Draw the groups whose errors are clearly larger than elsewhere.

    Parameters
    ----------
    shown : Shown
    key : str
        Begins the keys of the widgets.
    """
    columns = columns_to_compare(shown.predictions)
    with st.container(border=True, gap="small"):
        st.subheader("Where it fails", anchor=False)
        if not columns:
            st.caption("There is no column to group the rows by: none has few values or numbers besides truth and predictions.")  # fmt: skip
            return
        worst_list(shown, corrected(tables_of(shown, columns, "mae")), key=key)
        if st.button("See every group", key=f"{key}.all", icon=":material/stacked_bar_chart:", type="tertiary"):  # fmt: skip
            state.preset("slices.metric", "mae")
            st.switch_page("pages/slices.py", query_params=state.link())


def off_groups(shown: Shown) -> list[ComparedGroup]:
    """Return the groups whose mean error lies clearly off that of the rest, the clearest first."""
    columns = columns_to_compare(shown.predictions)
    if not columns:
        return []
    tables = corrected(tables_of(shown, columns, "bias"))
    found = [g for table in tables for g in table.groups if g.clear and g.level is not None]
    return sorted(found, key=lambda g: -abs(g.z))


def over_and_under(shown: Shown, *, key: str) -> None:
    """List the groups that are predicted too high, and those predicted too low.

    Parameters
    ----------
    shown : Shown
    key : str
        Begins the keys of the widgets.
    """
    found = off_groups(shown)
    with st.container(border=True, gap="small"):
        st.subheader("Predicted too high, predicted too low", anchor=False)
        if not found:
            st.caption("In no group does the mean error differ clearly from that of the rest, all groups of all columns considered.")  # fmt: skip
            return
        st.caption("Groups whose mean of prediction minus truth differs clearly from the rest, the clearest first; all groups tested are allowed for.")  # fmt: skip
        for g in found[:_MOST]:
            side = ":material/arrow_upward: too high" if g.value > 0 else ":material/arrow_downward: too low"
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{numbers.plain(phrase(g))}** {side} by **{numbers.plain(numbers.number(abs(g.value)))}** on average, elsewhere {numbers.plain(numbers.number(g.rest))}  \n:small[:gray[{numbers.plain(numbers.rows(g.rows))}]]", width="stretch")  # fmt: skip
                if st.button("Show its rows", key=f"{key}.{g.column}.{g.label}", icon=":material/arrow_forward:", icon_position="right"):  # fmt: skip
                    keep(g)
                    state.change(order="signed" if g.value > 0 else "-signed", rows="")
                    st.switch_page("pages/examples.py", query_params=state.link())
        if len(found) > _MOST:
            st.caption(
                f"{len(found) - _MOST} more differ clearly; the Slices page has all of them (metric Bias)."
            )
