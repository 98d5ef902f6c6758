"""Data set, model and filter: what every page obeys."""

from __future__ import annotations

import streamlit as st

import metrics_core as mc
from app import numbers, state
from metrics_core.filters import Filter, all_of, parse
from metrics_core.slices import levels


def sidebar() -> None:
    """Draw the sidebar."""
    with st.sidebar:
        _data()
        whole, predictions = state.whole(), state.current()
        if isinstance(whole, mc.Predictions) and whole.roles.task != "binary":
            _class(whole)
        if isinstance(predictions, mc.Predictions):
            _model(predictions)
            _filter(predictions)


def _data() -> None:
    """Choose among the data sets this session may open."""
    names = list(state.datasets())
    now = state.view().data
    if now and now not in names:
        names.append(now)

    def chosen() -> None:
        state.change(data=state.chosen("sidebar.data") or "")

    state.preset("sidebar.data", now or None)
    titles = {d.name: d.title for d in state.datasets().values()}
    st.selectbox("Data set", names, key="sidebar.data", on_change=chosen, placeholder="Choose predictions",
                 format_func=lambda n: titles.get(n, n))  # fmt: skip


def _class(whole: mc.Predictions) -> None:
    """Choose all classes together, or one of them against the rest."""

    def chosen() -> None:
        state.change(label=state.chosen("sidebar.class") or "")

    now = state.view().label
    state.preset("sidebar.class", now if now in whole.labels else "")
    st.selectbox("Class", ["", *whole.labels], key="sidebar.class", on_change=chosen,
                 format_func=lambda label: label or "All classes",
                 help="All classes together, or one against the rest: then it has a threshold and curves of its own. Type to search.")  # fmt: skip


def _model(predictions: mc.Predictions) -> None:
    """Choose a model when there are several."""
    names = [m.name for m in predictions.roles.models]
    if len(names) < 2:
        return

    def chosen() -> None:
        state.change(model=state.chosen("sidebar.model"))

    now = state.view().model
    state.preset("sidebar.model", now if now in names else names[0])
    st.selectbox("Model", names, key="sidebar.model", on_change=chosen)


def _filter(predictions: mc.Predictions) -> None:
    """Show the filter as chips; add to it by choosing or by typing."""
    st.divider()
    try:
        now = state.filter_of_view()
    except mc.DataError:
        now = None  # the page says what is wrong with it and offers to remove it
    st.markdown("**Rows shown**")
    _chips(predictions, now)
    _choose(predictions)
    _type(predictions)


def _chips(predictions: mc.Predictions, now: Filter | None) -> None:
    """One removable chip for each condition."""
    if now is None:
        st.caption(f"All {numbers.rows(predictions.source.n_rows)}")
        return
    terms = now.terms()
    for i, term in enumerate(terms):
        rest = all_of(terms[:i] + terms[i + 1 :])
        st.button(numbers.plain(term.text), key=f"sidebar.chip.{term.text}", icon=":material/close:", icon_position="right",
                  help="Remove this condition", width="stretch", on_click=state.change,
                  kwargs={"where": rest.text if rest else ""})  # fmt: skip


def _choose(predictions: mc.Predictions) -> None:
    """Add a condition by column and value."""
    columns = predictions.roles.slices
    if not columns:
        return

    def added() -> None:
        level = state.chosen("sidebar.level")
        if level is not None:
            state.narrow(level.where)
        state.preset("sidebar.level", None)

    column = st.selectbox("Narrow by", columns, index=None, key="sidebar.column", placeholder="Column",
                          format_func=str, persist_state="session")  # fmt: skip
    if column in columns:
        _, found = levels(predictions.source, column)
        st.selectbox("Value", found, index=None, key="sidebar.level", on_change=added, placeholder="Value",
                     format_func=lambda level: level.label, label_visibility="collapsed")  # fmt: skip


def _type(predictions: mc.Predictions) -> None:
    """Edit the filter as text; a text that cannot be read changes nothing."""
    with st.expander("Filter as text"):

        def typed() -> None:
            text = state.chosen("sidebar.text", "").strip()
            try:
                condition = parse(text) if text else None
                if condition is not None:
                    predictions.mask(condition)
                state.change(where=condition.text if condition else "")
                state.drop("sidebar.text.error")
            except mc.DataError as error:
                state.preset("sidebar.text.error", str(error))

        if not state.chosen("sidebar.text.error"):
            state.preset("sidebar.text", state.view().where)
        st.text_area("Filter", key="sidebar.text", on_change=typed, placeholder="amount > 100 and country == 'DE'",
                     label_visibility="collapsed", height=90)  # fmt: skip
        error = state.chosen("sidebar.text.error")
        if error:
            st.code(error, language=None, wrap_lines=True)
        st.caption("Comparisons, in (…), is missing, contains, and / or / not.")
