"""Data set, class and model: what every page obeys; the filter stands below each page's head."""

from __future__ import annotations

import streamlit as st

import metrics_core as mc
from app import state


def sidebar() -> None:
    """Draw the sidebar."""
    with st.sidebar:
        _data()
        whole, predictions = state.whole(), state.current()
        if isinstance(whole, mc.Predictions) and whole.roles.task == "multiclass":
            _class(whole)
        if isinstance(predictions, mc.Predictions):
            _model(predictions)


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
