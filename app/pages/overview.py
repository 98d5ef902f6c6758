"""The overview: how good is the model, really."""

from __future__ import annotations

import streamlit as st

from app import numbers, state
from app.charts import class_matrix, layout
from app.charts.class_order import arranged
from app.charts.confusion import clicked, confusion
from app.charts.histogram import confidence_figure, histogram_figure
from app.components.metric_cards import metric_cards
from app.palette import palette
from app.views import gate
from app.views.class_pairs import every_pair, to_the_cell
from app.views.class_table import class_table
from app.views.class_words import class_words
from app.views.figure_files import figure_files
from app.views.figure_tables import confidence_table, matrix_table, score_table
from app.views.findings import findings
from app.views.headline import headline
from app.views.number_overview import number_overview
from app.views.words import in_words
from app.views.worst_groups import worst_card
from metrics_core import curves
from metrics_core.tally import ScoreTally

#: Below this width of a card the matrix goes under the words.
_NARROWEST = 400
_QUESTION = "How good is the model, really?"


def matrix(shown: gate.Shown) -> None:
    with st.container(border=True):
        st.subheader("Which mistakes", anchor=False)
        st.caption("Click a cell to see its rows.")
        figure = confusion(shown.of_model.outcomes, shown.two_labels, palette(state.scheme()),
                           height=layout.SHORT, margins=False,
                           unit="weight" if shown.predictions.roles.weight else "rows")  # fmt: skip
        event = st.plotly_chart(figure, theme=None, key="overview.matrix", on_select="rerun", selection_mode="points",
                                config=dict(layout.CONFIG), alt="Confusion matrix")  # fmt: skip
        figure_files(shown, "overview.matrix", "Confusion", matrix_table(shown), key="overview.matrix.csv")
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
        coloured = ", coloured by outcome" if shown.threshold is not None else ""
        st.caption(f"Rows by score, each class on its own scale{coloured}.")
        tally = state.tally(shown.predictions, shown.model.name, shown.threshold)
        curve = curves.histogram(tally, split_at=shown.threshold)
        figure = histogram_figure(
            curve, shown.threshold, shown.two_labels, palette(state.scheme()), height=layout.SHORT
        )
        st.plotly_chart(
            figure,
            theme=None,
            key="overview.scores",
            config=dict(layout.CONFIG),
            alt="Histogram of scores by outcome",
        )
        figure_files(
            shown, "overview.scores", "Score histogram", score_table(curve), key="overview.scores.csv"
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


def which_classes(shown: gate.Shown) -> None:
    with st.container(border=True):
        st.subheader("Which mistakes", anchor=False)
        matrix = arranged(shown.of_model.confusion, shown.predictions.labels)
        part = "" if matrix.complete else f"The {len(matrix.codes)} classes in the most mistakes, of {len(matrix.labels):,}. "  # fmt: skip
        st.caption(f"{part}Right and wrong each on a colour scale of its own. Click a cell to see its rows.")
        figure = class_matrix.class_matrix(matrix, palette(state.scheme()), height=layout.TALL,
                                           unit="weight" if shown.predictions.roles.weight else "rows")  # fmt: skip
        event = st.plotly_chart(figure, theme=None, key="overview.matrix", on_select="rerun", selection_mode="points",
                                config=dict(layout.CONFIG), alt="Confusion matrix of the classes")  # fmt: skip
        figure_files(shown, "overview.matrix", "Confusion", every_pair(shown), key="overview.matrix.csv")
        cell = class_matrix.clicked(event, shown.predictions.labels)
        if cell is not None:
            to_the_cell(cell)


def how_sure(shown: gate.Shown) -> None:
    confidence = shown.of_model.tallies[ScoreTally]
    assert isinstance(confidence, ScoreTally)  # by its place in the mapping
    with st.container(border=True):
        st.subheader("How sure it is", anchor=False)
        st.caption(
            "Rows by the probability of the predicted class, right and wrong answers each on its own scale."
        )
        bins = curves.histogram(confidence)
        figure = confidence_figure(bins, palette(state.scheme()), height=layout.SHORT)
        st.plotly_chart(figure, theme=None, key="overview.sure", config=dict(layout.CONFIG),
                        alt="Histogram of the probability of the predicted class, right and wrong answers apart")  # fmt: skip
        figure_files(
            shown, "overview.sure", "Score histogram", confidence_table(bins), key="overview.sure.csv"
        )


def noticed(shown: gate.Shown) -> None:
    findings(shown.of_model.findings)


def all_classes(shown: gate.Shown) -> None:
    cards = st.grid(2, min_column_width=_NARROWEST, gap=("small", "medium"))
    with cards.cell():
        with st.container(border=True):
            st.subheader("In words", anchor=False)
            st.markdown(class_words(shown))
        sure = ScoreTally in shown.of_model.tallies
        (how_sure if sure else noticed)(shown)
    with cards.cell():
        which_classes(shown)
        if sure:
            noticed(shown)
    with st.container(border=True):
        st.subheader("Each class against the rest", anchor=False)
        st.caption("Which classes does it know, and which not?")
        class_table(shown, key="overview.classes")


def two_classes(shown: gate.Shown) -> None:
    cards = st.grid(2, min_column_width=_NARROWEST, gap=("small", "medium"))
    with cards.cell():
        with st.container(border=True):
            st.subheader("In words", anchor=False)
            st.markdown(in_words(shown))
        findings(shown.of_model.findings)
    with cards.cell():
        matrix(shown)
    scores(shown)


def page() -> None:
    shown = gate.require("Overview", _QUESTION)
    if shown.predictions.roles.of_numbers:
        number_overview(shown)
        return
    metric_cards(headline(shown), key=f"overview.cards.{shown.predictions.name}.{shown.label}")
    if shown.many:
        all_classes(shown)
    else:
        two_classes(shown)
    worst_card(shown, key="overview.worst")
    ways_on()
    numbers_used = numbers.rows(len(shown.of_model.cases))
    st.caption(
        f"Intervals hold the truth in 95 of 100 samples such as these {numbers_used}; hover over a card for its definition."
    )


page()
