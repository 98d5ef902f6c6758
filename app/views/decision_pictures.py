"""The pictures of a decision: one at a time, and only the one that is open is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.views.alternatives import alternatives_picture
from app.views.cost_pictures import cost_picture, net_benefit_picture
from app.views.curve_pictures import curves_picture
from app.views.gate import Shown
from app.views.objective_pictures import objective_picture, rates_picture
from app.views.pictured import Pictured
from app.views.reject_view import reject_picture
from app.views.slice_thresholds import slices_picture
from metrics_core.decisions.select import Selection

_KEY = "pictures.shown"
_PICTURES: dict[str, tuple[str, Callable[[Pictured], None]]] = {
    "objective": ("Objective", objective_picture),
    "rates": ("Rates", rates_picture),
    "cost": ("Cost", cost_picture),
    "benefit": ("Net benefit", net_benefit_picture),
    "curves": ("ROC and PR", curves_picture),
    "slices": ("Per slice", slices_picture),
    "reject": ("Review band", reject_picture),
    "alternatives": ("Alternatives", alternatives_picture),
}


def pictures(shown: Shown, selection: Selection | None) -> None:
    """Draw the choice of pictures and the one that is chosen.

    Parameters
    ----------
    shown : Shown
        The rows a threshold is chosen on; one model with a score, two classes.
    selection : Selection, optional
        What a plan led to; None before one was carried out. Only the picture of the objective needs it.
    """
    p = Pictured.of(shown, selection)
    possible = [key for key in _PICTURES if key != "objective" or p.selection is not None]
    st.subheader("The threshold in pictures", anchor=False)
    chosen = _choice(possible)
    if selection is not None and p.selection is None:
        st.caption("The last plan was carried out on other rows than those shown: find the threshold again to see what it aims for.")  # fmt: skip
    with st.container(border=True, gap="small", key="pictures.card"):
        try:
            _PICTURES[chosen][1](p)
        except mc.DataError as error:
            st.info(numbers.plain(error), icon=":material/info:")


def _choice(possible: Sequence[str]) -> str:
    """Draw the choice of the picture; until somebody chooses it is the first one there is."""

    def picked() -> None:
        state.preset(f"{_KEY}.picked", state.chosen(_KEY))

    wanted = state.chosen(f"{_KEY}.picked")
    state.preset(_KEY, wanted if wanted in possible else possible[0])
    found = st.segmented_control("Picture", possible, key=_KEY, required=True, on_change=picked, format_func=lambda name: _PICTURES[name][0],
                                 label_visibility="collapsed")  # fmt: skip
    return found or possible[0]


def made_by(predictions: mc.Predictions, model: str, answer: state.Answer | None) -> Selection | None:
    """Return an answer with what it was made from; None without one, and for a plan that these rows cannot carry out.

    Parameters
    ----------
    predictions : Predictions
        All rows.
    model : str
    answer : Answer, optional
    """
    if answer is None:
        return None
    try:
        with st.spinner("Trying every threshold …"):  # at once, unless a link brought the answer here
            return state.selection(predictions, model, answer.plan, answer.where, answer.exact)
    except mc.DataError:  # the page says so where the answer stands
        return None
