"""Choose one of many classes where a page can only speak of one."""

from __future__ import annotations

import streamlit as st

from app import numbers, state
from app.views.class_table import worst_first
from app.views.gate import Shown


def class_picker(shown: Shown, *, key: str, why: str, about: str = "") -> None:
    """Draw an empty state that asks for a class; the one with the lowest F1 is one click away.

    Parameters
    ----------
    shown : Shown
        All classes together.
    key : str
        Begins the keys of the widgets.
    why : str
        Why one class is needed: ``A threshold belongs to one class: choose one``.
    about : str
        A sentence more.
    """

    def chosen() -> None:
        if state.chosen(f"{key}.class"):
            state.change(label=state.chosen(f"{key}.class"))

    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader(why, anchor=False, width="content")
        if about:
            st.caption(about, width="content")
        with st.container(
            horizontal=True, horizontal_alignment="center", vertical_alignment="bottom", gap="small"
        ):
            worst = next((one for one in worst_first(shown) if one.metrics.values["f1"] is not None), None)
            if worst is not None:
                st.button(
                    f"Class **{numbers.plain(worst.label)}**: lowest F1, {numbers.number(worst.metrics.values['f1'])}",
                    key=f"{key}.worst", type="primary", icon=":material/trending_down:", on_click=state.change,
                    kwargs={"label": worst.label},
                )  # fmt: skip
            st.selectbox("Class", shown.predictions.labels, index=None, key=f"{key}.class", on_change=chosen, width=260,
                         placeholder="Another class", label_visibility="collapsed")  # fmt: skip
        st.space("small")
