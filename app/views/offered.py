"""Which pages a task has, and what a link to another one says."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from app import state
from metrics_core.roles import OF_NUMBERS

#: Pages of predicted classes, of predicted numbers, and of forecasts; all others are there for every task.
_OF_CLASSES = frozenset({"Threshold", "Confusion", "Curves", "Calibration"})
_OF_NUMBERS = frozenset({"Residuals"})
_OF_FORECASTS = frozenset({"Forecasts"})


def is_offered(title: str, task: str | None) -> bool:
    """Tell whether a page is there for a task; before data are open those of classes are.

    Examples
    --------
    >>> is_offered("Threshold", "regression"), is_offered("Residuals", "binary"), is_offered("Slices", None)
    (False, False, True)
    >>> is_offered("Forecasts", "forecasting"), is_offered("Forecasts", "regression")
    (True, False)
    """
    hidden = {"regression": _OF_CLASSES | _OF_FORECASTS, "forecasting": _OF_CLASSES}
    return title not in hidden.get(task or "", _OF_NUMBERS | _OF_FORECASTS)


def not_offered(title: str, task: str) -> NoReturn:
    """Stand in for a page that these data do not have: say why, and lead on.

    Parameters
    ----------
    title : str
    task : str
    """
    st.header(title, anchor=False)
    if title in _OF_FORECASTS:
        said, label, way = f"{title} is about series that are predicted ahead, and this table has none.", "Go to the overview", "overview"  # fmt: skip
    elif task in OF_NUMBERS:
        said, label, way = f"{title} is about predicted classes, and these predictions are numbers.", "Look at the residuals", "residuals"  # fmt: skip
    else:
        said, label, way = f"{title} is about predicted numbers, and these predictions are classes.", "Go to the overview", "overview"  # fmt: skip
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader(said, anchor=False, width="content", text_alignment="center")
        if st.button(label, type="primary", key="offered.on", icon=":material/arrow_forward:"):
            st.switch_page(f"pages/{way}.py", query_params=state.link())
        st.space("small")
    st.stop()
