"""Which pages a task has, and what a link to another one says."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from app import state

#: Pages of predicted classes, and pages of predicted numbers; all others are there for every task.
_OF_CLASSES = frozenset({"Threshold", "Confusion", "Curves", "Calibration"})
_OF_NUMBERS = frozenset({"Residuals"})


def is_offered(title: str, task: str | None) -> bool:
    """Tell whether a page is there for a task; before data are open those of classes are.

    Examples
    --------
    >>> is_offered("Threshold", "regression"), is_offered("Residuals", "binary"), is_offered("Slices", None)
    (False, False, True)
    """
    return title not in (_OF_CLASSES if task == "regression" else _OF_NUMBERS)


def not_offered(title: str, task: str) -> NoReturn:
    """Stand in for a page that these data do not have: say why, and lead on.

    Parameters
    ----------
    title : str
    task : str
    """
    st.header(title, anchor=False)
    if task == "regression":
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
