"""Navigation and nothing else."""

from pathlib import Path

import streamlit as st

from app import state
from app.views.sidebar import sidebar

st.set_page_config(page_title="Faultline", page_icon=str(Path(__file__).with_name("icon.png")), layout="wide")
page = st.navigation(
    [
        st.Page("pages/data.py", title="Data", icon=":material/table_view:", default=True),
        st.Page("pages/overview.py", title="Overview", icon=":material/space_dashboard:"),
        st.Page("pages/threshold.py", title="Threshold", icon=":material/tune:"),
        st.Page("pages/confusion.py", title="Confusion", icon=":material/grid_on:"),
        st.Page("pages/curves.py", title="Curves", icon=":material/show_chart:"),
        st.Page("pages/calibration.py", title="Calibration", icon=":material/balance:"),
        st.Page("pages/slices.py", title="Slices", icon=":material/stacked_bar_chart:"),
        st.Page("pages/examples.py", title="Examples", icon=":material/list_alt:"),
    ],
    position="top",
)
state.begin()
sidebar()
page.run()
