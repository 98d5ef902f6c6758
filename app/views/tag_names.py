"""The taxonomy: what each tag is called and means, one merged into another, one taken away."""

from __future__ import annotations

import streamlit as st

from app import numbers, state
from app.state.annotations import Annotated

_WHICH, _NAME, _ABOUT, _INTO = "taxonomy.tag", "taxonomy.name", "taxonomy.about", "taxonomy.into"
_NEW = "taxonomy.new"


def tag_names(annotated: Annotated, *, disabled: str) -> None:
    """Offer the taxonomy in a popover; stands in a horizontal container.

    Parameters
    ----------
    annotated : Annotated
    disabled : str
        Why nothing can be written; empty when it can.
    """
    with st.popover(
        "Taxonomy", icon=":material/category:", key="taxonomy", help="Rename, merge, describe and delete tags"
    ):
        tags = {tag.id: tag for tag in annotated.every.tags.values()}
        if disabled:
            st.caption(disabled)
        _new(bool(disabled))
        if not tags:
            st.caption("There is no tag yet. Make one here, or type a new one into the box Tags.")
            return
        state.preset(_WHICH, state.chosen(_WHICH) if state.chosen(_WHICH) in tags else next(iter(tags)))
        id = st.selectbox("Tag", list(tags), key=_WHICH, width=440,
                          format_func=lambda one: f"{tags[one].name} ({numbers.rows(annotated.rows_of(one).size)})")  # fmt: skip
        tag = tags[id]
        _named(tag.id, tag.name, "rename_tag", _NAME, "Name", bool(disabled))
        _named(tag.id, tag.about, "describe_tag", _ABOUT, "What it means", bool(disabled))
        _merge(id, {other: one.name for other, one in tags.items() if other != id}, bool(disabled))
        st.button("Delete", key="taxonomy.delete", icon=":material/delete:", type="tertiary", disabled=bool(disabled),
                  help="Takes the tag off every row; Undo brings it back with its rows",
                  on_click=state.annotations.change_tag, args=("delete_tag", id))  # fmt: skip


def _new(disabled: bool) -> None:
    """Make a tag before any row has it."""

    def made() -> None:
        name = state.chosen(_NEW) or ""
        if name.strip():
            state.annotations.change_tag("new_tag", "", name)
            state.preset(_NEW, "")

    st.text_input(
        "New tag", key=_NEW, on_change=made, disabled=disabled, placeholder="name, then Enter", width=440
    )


def _named(id: str, now: str, kind: str, key: str, label: str, disabled: bool) -> None:
    """Change the name or the meaning of a tag."""

    def changed() -> None:
        if (state.chosen(key) or "") != now:
            state.annotations.change_tag(
                "rename_tag" if kind == "rename_tag" else "describe_tag", id, state.chosen(key) or ""
            )

    state.preset(key, now)
    st.text_input(label, key=key, on_change=changed, disabled=disabled, width=440)


def _merge(id: str, others: dict[str, str], disabled: bool) -> None:
    """Merge a tag into another one."""
    if not others:
        return

    def merged() -> None:
        into = state.chosen(_INTO)
        if into:
            state.annotations.change_tag("merge_tag", id, into)
            state.preset(_INTO, None)

    if state.chosen(_INTO) not in others:
        state.preset(_INTO, None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox("Merge into", list(others), index=None, key=_INTO, format_func=lambda one: others[one], width=320,
                     disabled=disabled, placeholder="another tag")  # fmt: skip
        st.button("Merge", key="taxonomy.merge", icon=":material/merge:", disabled=disabled, on_click=merged)
