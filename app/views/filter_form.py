"""A form for one more condition: column, test, values; it says how many rows would be left before it is added."""

from __future__ import annotations

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.views.filter_terms import CHOICES, Choice, added, condition, doubts, frequent
from metrics_core.filters import Filter
from metrics_core.source import Kind, Source

_COLUMN, _TEST, _JOIN, _ADDED = "filter.column", "filter.test", "filter.join", "filter.added"
_LONGEST = 60
_PLACEHOLDER: dict[Kind, str] = {"number": "30 or -1.5", "time": "2026-01-05 10:00", "text": "this text"}


@st.fragment  # choosing reruns the form alone, not the page behind it
def filter_form(predictions: mc.Predictions, now: Filter | None) -> None:
    """Draw the form; the condition is added to the filter of the view.

    Parameters
    ----------
    predictions : Predictions
    now : Filter, optional
        The filter in force.
    """
    if state.chosen(_ADDED):
        state.drop(_ADDED)
        st.rerun()  # the whole page: its rows have changed
    source = predictions.source
    column = st.selectbox("Column", source.names, index=None, key=_COLUMN, placeholder="Type to search", format_func=str, width=380)  # fmt: skip
    if column is None or column not in source.names:
        return
    kind = source.kind(column)
    choices = {choice.key: choice for choice in CHOICES[kind]}
    key = st.selectbox("Test", list(choices), key=f"{_TEST}.{kind}", format_func=lambda k: choices[k].label)
    values = _values(source, column, kind, choices[key])
    to = _join(now)
    if values is None:
        st.button("Add", key="filter.add_it", type="primary", disabled=True)
        return
    try:
        wanted = added(now, condition(column, kind, key, values), to)
        left = int(predictions.mask(wanted).sum())
    except mc.DataError as error:
        st.caption(f":material/error: {numbers.plain(error)}")
        st.button("Add", key="filter.add_it", type="primary", disabled=True)
        return
    if left:
        st.caption(f"Leaves {numbers.count(left)} of {numbers.rows(source.n_rows)}.")
    else:
        said = " ".join(["No row would be left.", *doubts(wanted, source, none_pass=True)])
        st.caption(f":material/error: {numbers.plain(said)}")
    if st.button(
        "Add", key="filter.add_it", type="primary", disabled=not left, on_click=_add, args=(wanted,)
    ):
        st.rerun()  # the whole page: its rows have changed


def _add(wanted: Filter) -> None:
    """Put the filter in force, and begin the next condition from nothing."""
    state.change(where=wanted.text)
    state.preset(_COLUMN, None)
    state.preset(_ADDED, True)


def _values(source: Source, column: str, kind: Kind, choice: Choice) -> list[str] | None:
    """Ask for the values of a test; None while they are not all there."""
    key = f"filter.value.{column}.{choice.key}"
    if choice.takes == "nothing":
        return []
    if choice.takes == "several":
        return _several(source, column, kind, key)
    hint = _PLACEHOLDER.get(kind, "")
    if choice.takes == "two":
        with st.container(horizontal=True, gap="small"):
            ends = [st.text_input(side, key=f"{key}.{side}", placeholder=hint) for side in ("From", "To")]
        return ends if all(ends) else None
    value = st.text_input("Value", key=key, placeholder=hint)
    return [value] if value else None


def _several(source: Source, column: str, kind: Kind, key: str) -> list[str] | None:
    """Ask for a list: chosen of the values of a text column, typed for numbers."""
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


def _join(now: Filter | None) -> int | None:
    """Ask whether the condition narrows further or is an alternative to one there is."""
    if now is None:
        return None
    terms = now.terms()
    names = {-1: "and everything before", **{i: f"or: {term.text}" for i, term in enumerate(terms)}}
    at = st.selectbox("Joined with", list(names), key=_JOIN, format_func=lambda i: names[i])
    return None if at is None or at < 0 else at
