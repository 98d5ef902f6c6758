"""A form for one more condition, or a group of them; it says how many rows would be left before it is added."""

from __future__ import annotations

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.views.condition_form import begin_again, condition_form
from app.views.filter_terms import added, alternative, doubts
from metrics_core.filters import Filter

_PREFIX, _JOIN, _ADDED = "filter", "filter.join", "filter.added"
_AND, _OR = -1, -2


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
    built = condition_form(source, _PREFIX)
    if not built.started:
        return
    to = _join(now)
    wanted, left = None, 0
    if built.condition is not None:
        try:
            wanted = _with(now, built.condition, to)
            left = int(predictions.mask(wanted).sum())
            _say(predictions, wanted, left)
        except mc.DataError as error:
            st.caption(f":material/error: {numbers.plain(error)}")
    if st.button(
        "Add", key="filter.add_it", type="primary", disabled=not left, on_click=_add, args=(wanted,)
    ):
        st.rerun()  # the whole page: its rows have changed


def _with(now: Filter | None, new: Filter, to: int) -> Filter:
    """Join the condition to the filter."""
    if now is not None and to == _OR:
        return alternative(now, new)
    return added(now, new, to if to >= 0 else None)


def _say(predictions: mc.Predictions, wanted: Filter, left: int) -> None:
    """Say how many rows would be left; where none, what was probably meant."""
    source = predictions.source
    if left:
        st.caption(f"Leaves {numbers.count(left)} of {numbers.rows(source.n_rows)}.")
    else:
        said = " ".join(["No row would be left.", *doubts(wanted, source, none_pass=True)])
        st.caption(f":material/error: {numbers.plain(said)}")


def _add(wanted: Filter) -> None:
    """Put the filter in force, and begin the next condition from nothing."""
    state.change(where=wanted.text)
    begin_again(_PREFIX)
    state.preset(_ADDED, True)


def _join(now: Filter | None) -> int:
    """Ask whether the condition narrows further or is an alternative to one there is, or to all of them."""
    if now is None:
        return _AND
    terms = now.terms()
    names = {_AND: "and everything before", **{i: f"or: {term.text}" for i, term in enumerate(terms)}}
    if len(terms) > 1:
        names[_OR] = "or everything before"
    at = st.selectbox("Joined with", list(names), key=_JOIN, format_func=lambda i: names[i])
    return _AND if at is None else at
