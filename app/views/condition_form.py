"""One condition put together by choosing: column, test, values; several of them as a group of which all, any or none hold."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.views.filter_terms import CHOICES, Choice, condition, frequent, grouped
from metrics_core.filters import Filter, none_of, parse
from metrics_core.source import Kind, Source

_LONGEST = 60
_PLACEHOLDER: dict[Kind, str] = {"number": "30 or -1.5", "time": "2026-01-05 10:00", "text": "this text"}
_MATCHES = {"all": "All of these", "any": "Any of these", "none": "None of these"}


@dataclass(frozen=True)
class Built:
    """What was put together so far.

    Attributes
    ----------
    condition : Filter, optional
        None while it is not complete.
    started : bool
        Whether anything was chosen.
    """

    condition: Filter | None
    started: bool


def condition_form(source: Source, prefix: str) -> Built:
    """Draw the choices.

    Parameters
    ----------
    source : Source
    prefix : str
        Begins the keys of the widgets.

    Returns
    -------
    Built
    """
    group = [parse(text) for text in state.chosen(f"{prefix}.group", [])]
    if group:
        _group(group, prefix)
    column = st.selectbox("Column", source.names, index=None, key=f"{prefix}.column", placeholder="Type to search",
                          format_func=str, width=380)  # fmt: skip
    if column is None or column not in source.names:
        return Built(_joined(group, prefix) if group else None, bool(group))
    single = _single(source, column, prefix)
    if single is None:
        return Built(None, True)
    st.button("And another condition in this group" if group else "Another condition beside it", icon=":material/playlist_add:", type="tertiary",
              key=f"{prefix}.more", on_click=_keep, args=(prefix, single.text),
              help="Put several conditions together of which all, any or none must hold")  # fmt: skip
    return Built(_joined([*group, single], prefix), True)


def begin_again(prefix: str) -> None:
    """Forget what was put together; call in a callback or before the form is drawn."""
    state.preset(f"{prefix}.column", None)
    state.preset(f"{prefix}.group", [])
    state.preset(f"{prefix}.not", False)


def _joined(conditions: list[Filter], prefix: str) -> Filter:
    """Join the conditions of the group as chosen."""
    return (
        grouped(conditions, state.chosen(f"{prefix}.match") or "all")
        if len(conditions) > 1 or state.chosen(f"{prefix}.group")
        else conditions[0]
    )


def _group(group: list[Filter], prefix: str) -> None:
    """Draw the conditions that are in the group, each removable, and how they are joined."""
    st.segmented_control("Rows that pass", list(_MATCHES), default="all", required=True, key=f"{prefix}.match", format_func=_MATCHES.__getitem__,
                         label_visibility="collapsed")  # fmt: skip
    with st.container(horizontal=True, gap="xsmall"):
        for i, one in enumerate(group):
            short = one.text if len(one.text) <= _LONGEST else one.text[: _LONGEST - 1] + "…"
            st.button(numbers.plain(short), key=f"{prefix}.group.{i}", icon=":material/close:", icon_position="right",
                      help="Take this condition out of the group", on_click=_take_out, args=(prefix, i))  # fmt: skip


def _keep(prefix: str, text: str) -> None:
    """Put the condition into the group and begin the next one."""
    state.preset(f"{prefix}.group", [*state.chosen(f"{prefix}.group", []), text])
    state.preset(f"{prefix}.column", None)
    state.preset(f"{prefix}.not", False)


def _take_out(prefix: str, place: int) -> None:
    """Take a condition out of the group."""
    group = state.chosen(f"{prefix}.group", [])
    state.preset(f"{prefix}.group", [*group[:place], *group[place + 1 :]])


def _single(source: Source, column: str, prefix: str) -> Filter | None:
    """Ask for a test and its values; None while they are not all there, or cannot be."""
    kind = source.kind(column)
    choices = {choice.key: choice for choice in CHOICES[kind]}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", width=380):
        key = st.selectbox(
            "Test", list(choices), key=f"{prefix}.test.{kind}", format_func=lambda k: choices[k].label
        )
        turned = st.checkbox("Not", key=f"{prefix}.not", help="The rows that do not pass the test")
    values = _values(source, column, kind, choices[key], prefix)
    if values is None:
        return None
    try:
        found = condition(column, kind, key, values)
        found.mask(source.rows([0], [column]))  # its type must fit
    except mc.DataError as error:
        st.caption(f":material/error: {numbers.plain(error)}")
        return None
    return none_of([found]) if turned else found


def _values(source: Source, column: str, kind: Kind, choice: Choice, prefix: str) -> list[str] | None:
    """Ask for the values of a test; None while they are not all there."""
    key = f"{prefix}.value.{column}.{choice.key}"
    if choice.takes == "nothing":
        return []
    if choice.takes == "several":
        return _several(source, column, kind, choice, key)
    hint = choice.hint or _PLACEHOLDER.get(kind, "")
    if choice.takes == "two":
        with st.container(horizontal=True, gap="small"):
            ends = [st.text_input(side, key=f"{key}.{side}", placeholder=hint) for side in ("From", "To")]
        return ends if all(ends) else None
    value = st.text_input("Value", key=key, placeholder=hint)
    return [value] if value else None


def _several(source: Source, column: str, kind: Kind, choice: Choice, key: str) -> list[str] | None:
    """Ask for a list: chosen of the values of a text column, typed for numbers."""
    if choice.offers:
        return list(st.multiselect("Values", choice.offers, key=key, placeholder="Choose", width=380)) or None
    if kind == "number":
        text = st.text_input("Values, with commas between", key=key, placeholder="1, 2, 3")
        return [part.strip() for part in text.split(",")] if text else None
    offered = state.kept(f"values|{source.key}|{column}", lambda: frequent(source, column))

    def label(value: str) -> str:
        shown = "(empty)" if value == "" else value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
        return f"{shown} · {numbers.count(offered[value])}" if value in offered else shown

    values = st.multiselect("Values", list(offered), key=key, accept_new_options=True, format_func=label,
                            placeholder="Choose or type", width=380)  # fmt: skip
    return list(values) or None
