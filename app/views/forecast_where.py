"""The part "where" of the Forecasts page: which series, and how many steps ahead."""

from __future__ import annotations

import streamlit as st

from app.views.forecast_table import worst_series
from app.views.gate import Shown


def where_part(shown: Shown) -> None:
    """Draw the part.

    Parameters
    ----------
    shown : Shown
    """
    with st.container(border=True, gap="small"):
        worst_series(shown)
