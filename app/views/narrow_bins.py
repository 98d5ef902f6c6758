"""Large data are counted in narrow bins of scores: say what that leaves open, and offer the full count."""

from __future__ import annotations

import streamlit as st

from app import numbers, state
from metrics_core.metrics.registry import REGISTRY
from metrics_core.results import ModelEvaluation

# What is told about the bins, by task: the metric that a reader knows best.
_TOLD = {"binary": "roc_auc", "multiclass": "roc_auc_ovr_macro"}


def narrow_bins(of_model: ModelEvaluation, key: str) -> None:
    """Draw one line when not every distinct score was counted, or when somebody asked for that; else nothing.

    Parameters
    ----------
    of_model : ModelEvaluation
    key : str
        Changes with the rows and the roles.
    """
    if state.view().exact:
        st.button("every score counted", key="gate.exact", icon=":material/close:", icon_position="right", type="tertiary",
                  help="Back to the quick count, which is in narrow bins where the data are large",
                  on_click=state.change, kwargs={"exact": False})  # fmt: skip
        return
    if of_model.exact:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f":material/bar_chart: {_certain(of_model, key)}", width="content")
        st.button("Count every score", key="gate.exact", type="tertiary", icon=":material/123:", on_click=state.change, kwargs={"exact": True},
                  help="Takes longer and more memory. Rates at a threshold are exact either way.")  # fmt: skip


def _certain(of_model: ModelEvaluation, key: str) -> str:
    """Say between which values the best known metric over all thresholds surely lies."""
    told = _TOLD.get(of_model.task, "")
    bounds = state.kept(f"bounds|{key}|{of_model.model}", lambda: of_model.bounds)
    if told not in bounds:
        return "Scores in narrow bins"
    low, high = bounds[told]
    label = numbers.plain(REGISTRY[of_model.task, told].label)
    return f"Scores in narrow bins: {label} between {_far_enough(low, high)} for certain"


def _far_enough(low: float, high: float) -> str:
    """Write two numbers with as many decimals as tell them apart, at least three and at most eight."""
    for decimals in range(3, 9):
        if f"{low:.{decimals}f}" != f"{high:.{decimals}f}":
            break
    return f"{low:.{decimals}f} and {high:.{decimals}f}"
