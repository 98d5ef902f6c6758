"""The overview: how good is the model, really."""

from __future__ import annotations

import streamlit as st

from app import numbers, state
from app.charts import layout
from app.charts.confusion import clicked, confusion
from app.charts.histogram import histogram_figure
from app.components.metric_cards import metric_cards
from app.palette import palette
from app.views import gate
from app.views.findings import findings
from app.views.headline import headline
from app.views.words import in_words
from metrics_core import curves

#: Below this width of a card the matrix goes under the words.
_NARROWEST = 400
_QUESTION = "How good is the model, really?"


def matrix(shown: gate.Shown) -> None:
    with st.container(border=True):
        st.subheader("Which mistakes", anchor=False)
        st.caption("Click a cell to see its rows.")
        figure = confusion(shown.of_model.outcomes, shown.predictions.labels, palette(state.scheme()),
                           height=layout.SHORT, margins=False,
                           unit="weight" if shown.predictions.roles.weight else "rows")  # fmt: skip
        event = st.plotly_chart(figure, theme=None, key="overview.matrix", on_select="rerun", selection_mode="points",
                                config=dict(layout.CONFIG), alt="Confusion matrix")  # fmt: skip
        rows = clicked(event)
        if rows is not None:
            state.change(rows=rows)
            st.switch_page("pages/examples.py", query_params=state.link())


def scores(shown: gate.Shown) -> None:
    with st.container(border=True):
        st.subheader("Where the scores lie", anchor=False)
        if shown.of_model.tally is None:
            st.caption("This model has no score column, only decisions.")
            return
        st.caption("Rows by score, each class on its own scale, coloured by outcome.")
        curve = curves.histogram(shown.of_model.tally, split_at=shown.threshold)
        figure = histogram_figure(
            curve, shown.threshold, shown.predictions.labels, palette(state.scheme()), height=layout.SHORT
        )
        st.plotly_chart(
            figure,
            theme=None,
            key="overview.scores",
            config=dict(layout.CONFIG),
            alt="Histogram of scores by outcome",
        )


def ways_on() -> None:
    with st.container(horizontal=True, gap="small"):
        for label, page, icon in (
            ("Move the threshold", "pages/threshold.py", ":material/tune:"),
            ("See every mistake", "pages/examples.py", ":material/list_alt:"),
            ("Look at the curves", "pages/curves.py", ":material/show_chart:"),
        ):
            if st.button(label, key=f"overview.{page}", icon=icon):
                if page == "pages/examples.py":
                    state.change(rows="errors")
                st.switch_page(page, query_params=state.link())


def page() -> None:
    shown = gate.require("Overview", _QUESTION)
    metric_cards(headline(shown), key=f"overview.cards.{shown.predictions.name}")
    cards = st.grid(2, min_column_width=_NARROWEST, gap=("small", "medium"))
    with cards.cell():
        with st.container(border=True):
            st.subheader("In words", anchor=False)
            st.markdown(in_words(shown))
        findings(shown.of_model.findings)
    with cards.cell():
        matrix(shown)
    scores(shown)
    ways_on()
    numbers_used = numbers.rows(len(shown.of_model.binary_cases))
    st.caption(
        f"Intervals hold the truth in 95 of 100 samples such as these {numbers_used}; hover over a card for its definition."
    )


page()
