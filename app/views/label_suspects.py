"""Labels worth a second look: how many there may be, what the metrics would be then, and the rows in order of suspicion."""

from __future__ import annotations

from math import isnan

import numpy as np
import pandas as pd
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.views.gate import Shown, sentence
from app.views.slice_losses import made
from metrics_core.cases import BinaryCases, Cases, ClassCases, IntArray
from metrics_core.label_errors import CONFIRMED, Suspects, suspects_of
from metrics_core.metrics.registry import REGISTRY

_SCENARIOS = {
    "as labelled": "As labelled",
    "left out": "Suspects left out",
    "half relabelled": f"{100 * CONFIRMED:.0f}% relabelled",
    "relabelled": "All relabelled",
}
_PAIRS = 5


def can_suspect(cases: Cases) -> bool:
    """Tell whether there are probabilities to check labels against.

    Parameters
    ----------
    cases : Cases
    """
    if isinstance(cases, BinaryCases):
        return cases.score is not None and cases.probability
    return isinstance(cases, ClassCases) and cases.probabilities is not None


def suspects_shown(shown: Shown) -> Suspects:
    """Find the suspects of the view; done once.

    Parameters
    ----------
    shown : Shown

    Raises
    ------
    DataError
        If there are no probabilities, or every row has the same label.
    """
    return made(shown, "suspects", make=lambda: suspects_of(shown.of_model.cases, shown.predictions.labels, shown.threshold))  # fmt: skip


def suspect_cases(shown: Shown) -> IntArray:
    """Return the suspects as indices into the cases, the most suspicious first: an order for the examples.

    Parameters
    ----------
    shown : Shown
    """
    return np.searchsorted(shown.of_model.cases.rows, suspects_shown(shown).rows)


def suspects_summary(shown: Shown, *, key: str = "suspects") -> None:
    """Draw what to know before the rows are looked at: how many, which labels, and what they would change.

    Parameters
    ----------
    shown : Shown
    key : str
        Begins the keys of the widgets.
    """
    try:
        with st.spinner("Comparing every label with the probabilities …"):
            found = suspects_shown(shown)
    except mc.DataError as error:
        sentence(error)
        return
    with st.container(border=True, gap="small"):
        st.subheader("Check these labels", anchor=False)
        if not found.count:
            st.caption(f"Among {numbers.rows(found.n_rows)} no label looks doubtful: every row has about the usual probability of its label, or more.")  # fmt: skip
            return
        _said(found)
        for caution in found.cautions:
            st.warning(numbers.plain(caution), icon=":material/warning:")
        st.dataframe(scenario_frame(shown, found), hide_index=True, key=f"{key}.scenarios", height="content",
                     alt="Metrics as labelled, and if the suspects were left out or relabelled")  # fmt: skip
        st.caption(
            f"If the labels are wrong, the metrics change like this. Relabelled means: given the model's own most probable other class, which flatters the model. "
            f"{100 * CONFIRMED:.0f}% is the share of such suspects that people confirmed over ten public test sets; here the most suspicious ones are taken."
        )


def _said(found: Suspects) -> None:
    """Say how many rows there are, in which pairs of labels, and how to take it."""
    pairs = "; ".join(f"{numbers.plain(given)}, looks like {numbers.plain(other)}: {numbers.count(n)}" for given, other, n in found.pairs()[:_PAIRS])  # fmt: skip
    st.markdown(f"**{numbers.rows(found.count)}** of {numbers.count(found.n_rows)} ({numbers.share(found.share)}) may carry a wrong label. Labelled {pairs}.")  # fmt: skip
    st.caption("A suspect is a row to check, not a wrong label: the model gives its label far less probability than it usually does. "
               "That says something only if the model has not learnt from these rows.")  # fmt: skip


def scenario_frame(shown: Shown, found: Suspects) -> pd.DataFrame:
    """Return the metrics as labelled and if the suspects are wrong, as they are shown.

    Parameters
    ----------
    shown : Shown
    found : Suspects
    """
    task = "multiclass" if shown.many else "binary"
    rows = []
    for name, label in _SCENARIOS.items():
        values = found.if_wrong[name]  # type: ignore[index]  # the four there are
        rows.append({"If": label} | {REGISTRY[task, metric].label: _written(task, metric, value) for metric, value in values.items()})  # fmt: skip
    return pd.DataFrame(rows)


def _written(task: str, metric: str, value: float) -> str:
    """Write a metric in its unit."""
    return numbers.NOT_AVAILABLE if isnan(value) else numbers.by_unit(value, REGISTRY[task, metric].unit)


def suspicion_line(shown: Shown, case: int) -> str:
    """Say of one row how suspicious its label is; empty when it is no suspect (Markdown).

    Parameters
    ----------
    shown : Shown
    case : int
        Index into the cases.
    """
    if not can_suspect(shown.of_model.cases):
        return ""
    try:
        found = suspects_shown(shown)
    except mc.DataError:  # the rows of the view have one label: nothing to compare it with
        return ""
    at = np.flatnonzero(found.rows == shown.of_model.cases.rows[case])
    if not at.size:
        return ""
    i = int(at[0])
    given, other = (numbers.plain(found.labels[int(codes[i])]) for codes in (found.given, found.suggested))
    return (
        f":material/flag: Check this label: {numbers.count(i + 1)} of {numbers.count(found.count)} suspects. **{given}** has probability "
        f"{numbers.plain(numbers.number(float(found.self_confidence[i])))}; **{other}** has {numbers.plain(numbers.number(float(found.self_confidence[i] + found.margin[i])))}."
    )


def open_suspects(*, key: str = "suspects") -> None:
    """Draw the button that shows the suspects as examples: the rows whose label has the least probability.

    Parameters
    ----------
    key : str
        Begins the key of the button.
    """
    if st.button("Show them", key=f"{key}.open", icon=":material/arrow_forward:", icon_position="right"):
        state.change(rows="", true="", predicted="", order="loss")
        st.switch_page("pages/examples.py", query_params=state.link())
