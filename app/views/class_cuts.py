"""A threshold for each of many classes against the rest, and the way to look at that class there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.views import export
from app.views.gate import Shown
from metrics_core.decisions.class_costs import class_thresholds
from metrics_core.decisions.objectives import Objective
from metrics_core.decisions.rule import Rule
from metrics_core.metrics.registry import REGISTRY
from metrics_core.tally import OneVsRest

#: What a threshold may be best at; F1 first.
OBJECTIVES = ("f1", "mcc", "youden_j", "balanced_accuracy")
# Classes up to which the table does not scroll.
_AT_ONCE = 13


def cut_frame(shown: Shown, objective: str) -> pd.DataFrame:
    """Return the best threshold of each class, worst class first; those without one last.

    Parameters
    ----------
    shown : Shown
        All classes together, with probabilities.
    objective : str
        Key of the metric that is highest at the threshold.

    Returns
    -------
    pandas.DataFrame
        Columns ``label rows threshold value precision recall flagged reason``, as the core names them.
    """
    scores = shown.of_model.tallies[OneVsRest]
    assert isinstance(scores, OneVsRest)  # by its place in the mapping
    v = state.view()

    def made() -> pd.DataFrame:
        frame = class_thresholds(scores, shown.predictions.labels, Rule(Objective.read(maximize=objective))).frame()  # fmt: skip
        return frame.sort_values("value", kind="stable", na_position="last", ignore_index=True)

    return state.kept(f"cuts|{state.identity(shown.predictions)}|{shown.model.name}|{v.where}|{v.exact}|{objective}", made)  # fmt: skip


def class_cuts(shown: Shown) -> None:
    """Draw the table; a click on a row looks at that class against the rest, at its threshold.

    Parameters
    ----------
    shown : Shown
        All classes together; nothing is drawn without probabilities.
    """
    if OneVsRest not in shown.of_model.tallies:
        return
    with st.container(border=True, gap="small", key="cuts.card"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader("A threshold for each class against the rest", anchor=False, width="content")
            objective = st.segmented_control("Best", OBJECTIVES, default="f1", key="cuts.objective", required=True, persist_state="session",
                                             format_func=lambda key: REGISTRY["binary", key].label, label_visibility="collapsed")  # fmt: skip
        st.caption("For questions about one class at a time, such as whether to raise an alarm: a row may reach the thresholds of several classes, or of none.")  # fmt: skip
        frame = cut_frame(shown, objective)
        _table(shown, frame, objective)
        st.caption("Click a row to look at that class at its threshold. Each is the best on these very rows: on new rows expect a little less.")  # fmt: skip
        st.download_button("Thresholds as CSV", export.csv(pa.Table.from_pandas(frame, preserve_index=False)), export.named(shown, f"thresholds by {objective}", "csv"),
                           "text/csv", key="cuts.csv", on_click="ignore", type="tertiary", icon=":material/download:")  # fmt: skip


def _table(shown: Shown, frame: pd.DataFrame, objective: str) -> None:
    """Draw the table and answer its clicks."""
    spec = REGISTRY["binary", objective]

    def chosen() -> None:
        rows = (state.chosen("cuts.table") or {}).get("selection", {}).get("rows", [])
        if rows and rows[0] < len(frame):
            one = frame.iloc[rows[0]]
            cut = None if np.isnan(one["threshold"]) else float(one["threshold"])
            state.change(label=str(one["label"]), threshold=cut)

    columns, weighted = st.column_config, shown.predictions.roles.weight is not None
    n = "%,.1f" if weighted else "%,d"
    shares = ["precision", "recall", *(["value"] if spec.unit == "share" else [])]
    percent = columns.NumberColumn
    config = {
        "label": columns.TextColumn("Class", width=150),
        "rows": columns.NumberColumn("Weight" if weighted else "Rows", format=n, width=65),
        "threshold": columns.NumberColumn("Threshold", format="%.4g", width=85, help="Probability of the class from which a row counts as it"),
        "value": columns.NumberColumn(spec.label, format="%.1f%%" if spec.unit == "share" else "%.3f", width=90, help=spec.about),
        "precision": percent("Precision", format="%.1f%%", width=80),
        "recall": percent("Recall", format="%.1f%%", width=75),
        "flagged": columns.NumberColumn("Flagged", format=n, width=75, help="Rows that reach the threshold"),
        "reason": columns.TextColumn("Why there is none") if frame["reason"].any() else None,
    }  # fmt: skip
    st.dataframe(
        frame.assign(**{name: 100 * frame[name] for name in shares}), key="cuts.table", hide_index=True, on_select=chosen, selection_mode="single-row",
        placeholder=numbers.NOT_AVAILABLE, height="content" if len(frame) <= _AT_ONCE else 440, column_config=config,
        alt=f"The threshold of each class with the highest {spec.label}, lowest first",
    )  # fmt: skip
