"""Curves: how well the scores rank, whatever the threshold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts import layout, pr, roc
from app.charts.curve_traces import Drawn, clicked
from app.charts.histogram import histogram_figure
from app.palette import palette
from app.views import export, gate
from metrics_core import curves
from metrics_core.metrics.registry import REGISTRY
from metrics_core.tally import ScoreTally

_NARROWEST = 400  # pixels of a card before the two curves stand one above the other


def no_score() -> None:
    with st.container(border=True):
        st.subheader("This model has no score", anchor=False)
        st.caption(
            "A curve shows every threshold of a score. Give a column the role of score on the Data page."
        )
        if st.button(
            "Choose a score column", type="primary", key="curves.roles", icon=":material/table_view:"
        ):
            st.switch_page("pages/data.py", query_params=state.link())


def drawn(
    shown: gate.Shown, curve: Callable[..., Any], of_model: Callable[..., Drawn], key: str
) -> list[Drawn]:
    """Take the curves of all models that have one, the current one among them.

    Raises
    ------
    DataError
        If the current model has no curve.
    """
    found = []
    for order, m in enumerate(shown.evaluation.models):
        if m.tally is None:
            continue
        try:
            value = f"{short(key)} {numbers.number(m.metrics.number(key))}"
            found.append(of_model(m.model, order, curve(m.tally), m.outcomes, value))
        except mc.DataError:
            if m.model == shown.model.name:
                raise
    return found


def short(key: str) -> str:
    return {"roc_auc": "AUC", "average_precision": "AP"}[key]


def decided(shown: gate.Shown) -> str:
    return (
        f"score ≥ {numbers.threshold(shown.threshold)}"
        if shown.threshold is not None
        else f"decided by {shown.model.y_pred}"
    )


def head(title: str, question: str, key: str, shown: gate.Shown) -> None:
    """Title, question, and the area under the curve with its interval."""
    spec, value = REGISTRY["binary", key], shown.of_model.metrics.number(key)
    span = state.intervals(shown.predictions, shown.model.name).get(key)
    low, high = (None, None) if span is None else (span.low, span.high)
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", gap="small"
    ):
        with st.container(width="content", gap=None):
            st.subheader(title, anchor=False)
            st.caption(question)
        text = f"{spec.label} **{numbers.number(value)}**"
        if low is not None and high is not None:
            text += f"  \n:small[95% CI {numbers.interval(low, high, spec.unit)}]"
        st.markdown(text, width="content", help=spec.about, text_alignment="right")


def set_threshold(key: str) -> Callable[[], None]:
    """Make the answer to a click on a curve: its threshold becomes the view's."""

    def answer() -> None:
        threshold = clicked(state.chosen(key))
        if threshold is not None:
            state.change(threshold=threshold)

    return answer


def table_and_download(found: list[Drawn], names: tuple[str, str], what: str, shown: gate.Shown) -> None:
    with st.expander("The numbers behind the curve", icon=":material/table_rows:"):
        table = pa.concat_tables(
            pa.table({"model": [c.model] * c.x.size, "threshold": c.threshold, names[0]: c.x, names[1]: c.y})
            for c in found
        )
        shown_columns = {
            name: None
            if name == "model" and len(found) == 1
            else st.column_config.Column(name.replace("_", " ").capitalize())
            for name in table.column_names
        }
        st.dataframe(
            table,
            hide_index=True,
            height=280,
            column_config=shown_columns,
            alt=f"Points of the {what} curve",
        )
        points = numbers.count(table.num_rows)
        st.caption(
            f"{points} points, each counted exactly: a screen shows no more. Above every score the threshold is infinite."
        )
        st.download_button("Download CSV", export.csv(table), export.named(shown, what, "csv"), "text/csv", key=f"curves.{what}.csv",
                           on_click="ignore", icon=":material/download:", type="tertiary")  # fmt: skip


def chart(figure: Any, key: str, alt: str) -> None:
    st.plotly_chart(figure, theme=None, key=key, on_select=set_threshold(key), selection_mode="points",
                    config=dict(layout.CONFIG), alt=alt)  # fmt: skip


def roc_card(shown: gate.Shown) -> None:
    head("ROC", "How many false alarms does each caught positive cost?", "roc_auc", shown)
    try:
        found = drawn(shown, curves.roc, roc.of_model, "roc_auc")
    except mc.DataError as error:
        st.info(numbers.plain(error), icon=":material/info:")
        return
    figure = roc.roc_figure(found, shown.model.name, palette(state.scheme()), decided=decided(shown))
    chart(figure, "curves.roc", "ROC curve: recall by false positive rate")
    table_and_download(found, ("false_positive_rate", "recall"), "roc", shown)


def pr_card(shown: gate.Shown) -> None:
    head(
        "Precision-recall",
        "How clean do the flagged rows stay as more is caught?",
        "average_precision",
        shown,
    )
    try:
        found = drawn(shown, curves.pr, pr.of_model, "average_precision")
    except mc.DataError as error:
        st.info(numbers.plain(error), icon=":material/info:")
        return
    prevalence = shown.of_model.metrics.number("prevalence")
    figure = pr.pr_figure(
        found, shown.model.name, palette(state.scheme()), prevalence=prevalence, decided=decided(shown)
    )
    chart(figure, "curves.pr", "Precision-recall curve: precision by recall")
    table_and_download(found, ("recall", "precision"), "precision-recall", shown)


def histogram_card(shown: gate.Shown, tally: ScoreTally) -> None:
    with st.container(gap=None):
        st.subheader("Scores", anchor=False)
        st.caption("Where do the scores of both classes lie, and on which side of the threshold?")
    bins = curves.histogram(tally, split_at=shown.threshold)
    figure = histogram_figure(
        bins, shown.threshold, shown.predictions.labels, palette(state.scheme()), height=layout.TALL
    )
    st.plotly_chart(
        figure,
        theme=None,
        key="curves.histogram",
        config=dict(layout.CONFIG),
        alt="Histogram of the scores of both classes",
    )


def notes(shown: gate.Shown) -> str:
    without = [numbers.plain(m.model) for m in shown.evaluation.models if m.tally is None]
    missing = f" No score, so no curve: {', '.join(without)}." if without else ""
    return "Click a point of a curve to put the threshold there." + missing


def page() -> None:
    shown = gate.require("Curves", "How well do the scores rank, whatever the threshold?")
    tally = shown.of_model.tally
    if tally is None:
        no_score()
        return
    grid = st.grid(2, min_column_width=_NARROWEST)
    for card in (roc_card, pr_card):
        with grid.cell(), st.container(border=True):
            card(shown)
    st.caption(notes(shown))
    with st.container(border=True):
        histogram_card(shown, tally)


page()
