"""The overview of predicted numbers: cards, words, findings, predicted against actual, and the worst groups."""

from __future__ import annotations

import streamlit as st

from app import numbers, state
from app.components.metric_cards import metric_cards
from app.views.findings import findings
from app.views.gate import Shown
from app.views.headline import headline
from app.views.naive_models import against_naive
from app.views.number_boards import against_constants, predicted_against_actual
from app.views.number_groups import worst_card
from app.views.number_words import in_words

_NARROWEST = 400


def number_overview(shown: Shown) -> None:
    """Draw the body of the Overview.

    Parameters
    ----------
    shown : Shown
    """
    ahead = shown.of_model.task == "forecasting"
    metric_cards(headline(shown), key=f"overview.cards.{shown.predictions.name}")
    cards = st.grid(2, min_column_width=_NARROWEST, gap=("small", "medium"))
    with cards.cell():
        with st.container(border=True):
            st.subheader("In words", anchor=False)
            st.markdown(in_words(shown))
        findings(shown.of_model.findings)
        if not ahead:
            with st.container(border=True, gap="small"):
                against_constants(shown, "overview.constants")
    with cards.cell(), st.container(border=True, gap="small"):
        predicted_against_actual(shown, "overview.plane")
    if ahead:
        with st.container(border=True, gap="small"):
            against_naive(shown, "overview.naive")
    worst_card(shown, key="overview.worst")
    with st.container(horizontal=True, gap="small"):
        for label, page, icon in (
            *((("Look at the series", "pages/forecasts.py", ":material/timeline:"),) if ahead else ()),
            ("Look at the residuals", "pages/residuals.py", ":material/scatter_plot:"),
            ("See the largest errors", "pages/examples.py", ":material/list_alt:"),
        ):
            if st.button(label, key=f"overview.{page}", icon=icon):
                st.switch_page(page, query_params=state.link())
    st.caption(
        f"Intervals hold the truth in 95 of 100 samples such as these {numbers.rows(len(shown.of_model.cases))}; hover over a card for its definition."
    )
