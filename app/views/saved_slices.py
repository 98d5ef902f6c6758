"""Slices with a name: keep the filter of the view, put a kept one in force, rename and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.views.gate import Shown
from app.views.tagging import told
from metrics_core.filters import Filter, parse

if TYPE_CHECKING:
    from app.store import SavedSlice

_NAME, _WHICH, _RENAMED = "saved_slices.name", "saved_slices.which", "saved_slices.renamed"


def saved_slices(shown: Shown) -> None:
    """Offer the saved slices of the data set in a popover; stands in a horizontal container."""
    found, trouble, why_not = state.saved_slices.saved_slices()
    label = f"Saved slices **{numbers.count(len(found))}**" if found else "Saved slices"
    with st.popover(
        label, icon=":material/bookmarks:", key="saved_slices", help="Filters that were kept under a name"
    ):
        told()
        if trouble:
            st.warning(numbers.plain(trouble), icon=":material/database_off:")
            return
        if why_not:
            st.caption(f"Nothing can be saved: {numbers.plain(why_not.rstrip('.'))}.")
        _save(found, bool(why_not))
        if not found:
            st.caption(
                "No slice of this data set is saved yet. Anybody who opens it here finds those that are."
            )
            return
        _use(shown, found, bool(why_not))


def absent_columns(where: str, predictions: mc.Predictions) -> list[str]:
    """Return the columns of a saved filter that the table does not have.

    Raises
    ------
    DataError
        If the filter cannot be read any more.
    """
    return [name for name in parse(where).columns if name not in predictions.source.names]


def usable_slices(predictions: mc.Predictions) -> dict[str, Filter]:
    """Return the saved slices of the data set that this table has the columns for, by name."""
    found, _, _ = state.saved_slices.saved_slices()
    return {one.name: parse(one.where) for one in found if not _why_not_here(one, predictions)}


def _save(found: tuple[SavedSlice, ...], disabled: bool) -> None:
    """Keep the filter in force under a name."""
    where = state.view().where
    if not where:
        st.caption("No filter is in force, so there is nothing to save.")
        return

    def save() -> None:
        if state.saved_slices.save_slice(state.chosen(_NAME) or "", where):
            state.preset(_NAME, "")

    name = " ".join((state.chosen(_NAME) or "").split())
    there = next((one for one in found if one.name == name), None)
    st.caption(f"In force: {numbers.plain(where)}")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input("Name", key=_NAME, width=280, disabled=disabled, placeholder="what these rows are")
        st.button(
            "Save",
            key="saved_slices.save",
            type="primary",
            icon=":material/bookmark_add:",
            disabled=disabled,
            on_click=save,
        )
    if there is not None and there.where != where:
        st.caption(
            f":material/help: {numbers.plain(name)} is another filter now, {numbers.plain(there.where)}. Saving puts this one in its place."
        )


def _use(shown: Shown, found: tuple[SavedSlice, ...], disabled: bool) -> None:
    """Choose a saved slice, put it in force, give it another name or delete it."""
    by_name = {one.name: one for one in found}
    if state.chosen(_WHICH) not in by_name:
        now = next((one.name for one in found if one.where == state.view().where), found[0].name)
        state.preset(_WHICH, now)
    name = str(st.selectbox("Saved", list(by_name), key=_WHICH, width=440, format_func=str))
    one = by_name[name]
    by = f", saved by {numbers.plain(one.who)}" if one.who else ""
    st.caption(f"{numbers.plain(one.where)}{by}")
    why = _why_not_here(one, shown.predictions)
    if why:
        st.caption(f":material/help: {numbers.plain(why)}")

    def rename() -> None:
        to = (state.chosen(_RENAMED) or "").strip()
        if to and to != name and state.saved_slices.rename_slice(name, to):
            state.preset(_WHICH, " ".join(to.split()))

    def delete() -> None:
        state.saved_slices.delete_slice(name)

    state.preset(_RENAMED, name)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button("Show these rows", key="saved_slices.apply", type="primary", icon=":material/filter_alt:",
                  disabled=bool(why) or one.where == state.view().where, help=why or None, on_click=state.change, kwargs={"where": one.where})  # fmt: skip
        st.text_input("Rename", key=_RENAMED, width=170, disabled=disabled, on_change=rename)
        st.button("Delete", key="saved_slices.delete", type="tertiary", icon=":material/delete:", disabled=disabled,
                  on_click=delete)  # fmt: skip


def _why_not_here(one: SavedSlice, predictions: mc.Predictions) -> str:
    """Say why a saved slice cannot be used on this table; empty when it can."""
    return state.kept(
        f"usable|{predictions.source.key}|{one.where}", lambda: why_unusable(one.where, predictions)
    )


def why_unusable(where: str, predictions: mc.Predictions) -> str:
    """Say why a saved filter cannot be used on a table; empty when it can."""
    try:
        absent = absent_columns(where, predictions)
        if absent:
            return f"This file has no column {' and no '.join(map(repr, absent))}, which the slice needs."
        predictions.mask(where)
    except mc.DataError as error:
        return str(error)
    return ""
