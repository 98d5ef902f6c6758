"""The threshold: everything moves while it is dragged."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app import numbers, state
from app.components.threshold_view import ThresholdEvent, threshold_view
from app.views import gate
from app.views.class_picker import class_picker
from app.views.metric_table import metric_table
from app.views.threshold_columns import colours, threshold_columns
from metrics_core.metrics.registry import REGISTRY
from metrics_core.tally import Outcomes
from metrics_core.thresholds import ThresholdTable, default_threshold

_BEST = ("f1", "mcc", "youden_j", "balanced_accuracy")


def settled(event: ThresholdEvent, shown_value: float) -> None:
    if event.value == shown_value:  # only the scale was switched: a default stays a default
        state.change(scale=event.scale)
    else:
        state.change(threshold=event.value, scale=event.scale)


def live(shown: gate.Shown) -> ThresholdTable:
    tally = shown.of_model.tally
    assert tally is not None  # the page stops before when there is no score
    value = default_threshold(tally) if shown.threshold is None else shown.threshold
    table = state.table(shown.predictions, shown.model.name, value)
    negative, positive = shown.two_labels
    note = "Rows with score ≥ threshold count as predicted positive. Every threshold is counted on all rows shown."
    if shown.threshold is None:
        note = (
            f"The matrix of the other pages follows column '{shown.model.y_pred}' until you move the threshold. "
            + note
        )
    threshold_view(
        threshold_columns(table, tally),
        key=f"threshold.{shown.predictions.name}.{shown.model.name}.{shown.label}",
        version=state.table_version(shown.predictions, shown.model.name, value),
        value=value,
        on_commit=lambda event: settled(event, value),
        colours=colours(),
        pos_label=positive,
        neg_label=negative,
        scale=state.view().scale,
        note=note,
    )
    return table


def jumps(shown: gate.Shown, table: ThresholdTable) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Jump to the best**", width="content")
        for key in _BEST:
            values = table.metrics[key]
            if np.isnan(values).all():
                continue
            at = int(np.nanargmax(values))  # the lowest threshold wins a tie
            cut, spec = float(table.threshold[at]), REGISTRY["binary", key]
            st.button(
                f"{spec.label} · {numbers.threshold(cut)}",
                key=f"threshold.best.{key}",
                help=f"{spec.label} {numbers.by_unit(float(values[at]), spec.unit)} on these rows. {spec.about}",
                on_click=state.change,
                kwargs={"threshold": cut},
                disabled=cut == shown.threshold,
            )
        st.button("Default", key="threshold.default", icon=":material/restart_alt:", help="Back to the file's own decision, or the usual cut",
                  on_click=state.change, kwargs={"threshold": None}, disabled=state.view().threshold is None)  # fmt: skip
    st.caption("Best on these very rows: on new rows expect a little less. The lowest threshold wins a tie.")


def to_the_rows(shown: gate.Shown) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**See the rows**", width="content")
        for code, name in (("fn", "false negatives"), ("fp", "false positives"), ("tp", "true positives")):
            n = int(
                (
                    shown.of_model.binary_cases.outcome(shown.threshold)
                    == ("tp", "fp", "fn", "tn").index(code)
                ).sum()
            )
            if st.button(
                f"{numbers.count(n)} {name}",
                key=f"threshold.rows.{code}",
                icon=":material/list_alt:",
                disabled=n == 0,
            ):
                state.change(rows=code)
                st.switch_page("pages/examples.py", query_params=state.link())


def no_score(shown: gate.Shown) -> None:
    if shown.label:
        missing = f"There are no probabilities of class ‘{numbers.plain(shown.label)}’"
        about, label = "A threshold cuts a probability. Name the columns of the probabilities on the Data page.", "Choose probability columns"  # fmt: skip
    else:
        missing = "This model has no score"
        about, label = "A threshold cuts a score. Give a column the role of score on the Data page.", "Choose a score column"  # fmt: skip
    with st.container(border=True):
        st.subheader(missing, anchor=False)
        st.caption(about)
        if st.button(label, type="primary", key="threshold.roles"):
            st.switch_page("pages/data.py", query_params=state.link())


def all_classes(shown: gate.Shown) -> None:
    about = "Then rows whose probability of the class reaches the threshold count as that class, all others as the rest."
    if not shown.model.proba:
        about = "This model has no probabilities, only decisions: each class has one place to look at, and no threshold that moves."  # fmt: skip
    class_picker(shown, key="threshold", why="A threshold belongs to one class: choose one", about=about)


def page() -> None:
    shown = gate.require("Threshold", "What happens when the decision threshold moves?")
    if shown.many:
        all_classes(shown)
        return
    if shown.model.y_score is None:
        no_score(shown)
        return
    table = live(shown)
    jumps(shown, table)
    to_the_rows(shown)
    st.subheader("Every metric at this threshold", anchor=False)
    metric_table(shown, Outcomes)


page()
