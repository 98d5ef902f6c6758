"""The filter as chips: what narrows the rows, each condition removable; how many rows pass; undo, and the text itself."""

from __future__ import annotations

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.views.filter_form import filter_form
from app.views.filter_terms import doubts, without
from metrics_core.filters import Filter, parse

_LONGEST = 48
_MOST_UNDONE = 50
_TEXT, _ERROR = "filter.text", "filter.text.error"
_NOW, _BEFORE = "filter.now", "filter.before"


def filter_bar(predictions: mc.Predictions) -> None:
    """Draw the filter of the view; stands in a horizontal container that wraps.

    The text of the filter, as ``--filter`` takes it, is the one thing that is kept: chips, form and text area all read
    and write it.
    """
    _remember()
    now, passing = _read(predictions)
    if now is not None:
        _terms(now)
    with st.popover(
        "Condition", icon=":material/add:", key="filter.add", help="Add a condition on any column"
    ):
        filter_form(predictions, now)
    with st.popover("As text", icon=":material/code:", key="filter.edit", help="The same filter as the command line takes it"):  # fmt: skip
        _text(predictions)
    if passing is not None:
        total = predictions.source.n_rows
        share = "" if now is None else f"{numbers.count(passing)} of "
        st.caption(f"{share}{numbers.rows(total)}{'' if now is None else ' pass'}", width="content")
    if state.chosen(_BEFORE):
        st.button("Undo", icon=":material/undo:", key="filter.undo", type="tertiary", on_click=_undo,
                  help="Take back the last change of the filter")  # fmt: skip
    if state.view().where:
        st.button("Clear", icon=":material/filter_alt_off:", key="filter.clear", type="tertiary", on_click=state.change,
                  kwargs={"where": ""}, help="Remove every condition")  # fmt: skip


def _terms(now: Filter) -> None:
    """Draw a chip for each condition; one that is there twice has two."""
    keys: set[str] = set()
    for i, term in enumerate(now.terms()):
        key = f"chip.{term.text}" if f"chip.{term.text}" not in keys else f"chip.{term.text}.{i}"
        keys.add(key)
        chip(term.text, key, "Remove this condition", {"where": without(now, i)})


def chip(text: str, key: str, help: str, fields: dict[str, object]) -> None:
    """Draw one chip; a click changes fields of the view.

    Parameters
    ----------
    text : str
        As the user's file or filter has it.
    key : str
    help : str
        What a click does.
    fields : dict
    """
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    whole = "" if short == text else f": {numbers.plain(text)}"
    st.button(numbers.plain(short), key=key, help=f"{help}{whole}", icon=":material/close:", icon_position="right",
              on_click=state.change, kwargs=fields)  # fmt: skip


def filter_doubts(predictions: mc.Predictions) -> None:
    """Say which values of the filter no row has: probably a slip of the pen."""
    now, passing = _read(predictions)
    if now is None or passing is None:
        return
    source = predictions.source
    said = state.kept(f"doubts|{source.key}|{now.text}", lambda: doubts(now, source, none_pass=not passing))
    for sentence in said:
        st.caption(f":material/help: {numbers.plain(sentence)}")


def _read(predictions: mc.Predictions) -> tuple[Filter | None, int | None]:
    """Return the filter and how many rows pass; None for what cannot be told: then the page says what is wrong."""
    try:
        now = state.filter_of_view()
    except mc.DataError:
        return None, None
    try:
        return now, _passing(predictions, now)
    except mc.DataError:
        return now, None


def _passing(predictions: mc.Predictions, now: Filter | None) -> int:
    """Count the rows of the file that pass; counted once."""
    if now is None:
        return predictions.source.n_rows
    return int(
        state.kept(f"passing|{predictions.source.key}|{now.text}", lambda: int(predictions.mask(now).sum()))
    )


def _remember() -> None:
    """Keep the filters before this one, whoever changed it; another data set starts afresh."""
    view = state.view()
    now = (view.data, view.where)
    last = state.chosen(_NOW)
    if last is None or last[0] != view.data:
        state.preset(_BEFORE, [])
    elif last != now:
        state.preset(_BEFORE, [*state.chosen(_BEFORE, []), last[1]][-_MOST_UNDONE:])
    state.preset(_NOW, now)


def _undo() -> None:
    """Go back to the filter before this one."""
    *before, last = state.chosen(_BEFORE)
    state.preset(_BEFORE, before)
    state.preset(_NOW, (state.view().data, last))
    state.change(where=last)


def _text(predictions: mc.Predictions) -> None:
    """Edit the filter as text; one that cannot be read, or that no row passes, changes nothing."""

    def typed() -> None:
        text = state.chosen(_TEXT, "").strip()
        try:
            condition = parse(text) if text else None
            if condition is not None:
                _must_pass(predictions, condition)
            state.change(where=condition.text if condition else "")
            state.drop(_ERROR)
        except mc.DataError as error:
            state.preset(_ERROR, (state.view().where, str(error)))

    where = state.view().where
    error = state.chosen(_ERROR)
    if error is None or error[0] != where:  # another change of the filter takes the mistake with it
        error = None
        state.drop(_ERROR)
        state.preset(_TEXT, where)
    st.text_area(
        "Filter",
        key=_TEXT,
        on_change=typed,
        placeholder="amount > 100 and country == 'DE'",
        height=110,
        width=460,
    )
    if error is not None:
        sentence, _, place = error[1].partition("\n")
        st.caption(f":material/error: {numbers.plain(sentence)}")
        if place:  # the text around the mistake, and a caret below it
            st.code(place, language=None)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption("Comparisons, in (…), is missing, contains, length(…), hour(…), weekday(…), word(…, 'x'), and / or / not, ( ).", width=360)  # fmt: skip
        st.button("Apply", key="filter.apply", type="primary", on_click=typed)


def _must_pass(predictions: mc.Predictions, condition: Filter) -> None:
    """Refuse a filter that no row passes, and say what was probably meant."""
    if not predictions.mask(condition).any():
        said = doubts(condition, predictions.source, none_pass=True)
        raise mc.DataError(" ".join(["No row passes this filter.", *said]))
