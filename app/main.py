"""Navigation and nothing else."""

from pathlib import Path

import streamlit as st

from app import state
from app.views.offered import is_offered
from app.views.sidebar import sidebar

# The sidebar is as wide as its three short choices need: on a narrow window the pages have better use for the room.
st.set_page_config(
    page_title="Faultline",
    page_icon=str(Path(__file__).with_name("icon.png")),
    layout="wide",
    initial_sidebar_state=220,
)
state.begin()
pages = (
    ("data", "Data", "table_view"),
    ("overview", "Overview", "space_dashboard"),
    ("threshold", "Threshold", "tune"),
    ("confusion", "Confusion", "grid_on"),
    ("curves", "Curves", "show_chart"),
    ("calibration", "Calibration", "balance"),
    ("residuals", "Residuals", "scatter_plot"),
    ("forecasts", "Forecasts", "timeline"),
    ("slices", "Slices", "stacked_bar_chart"),
    ("examples", "Examples", "list_alt"),
)
task = state.task()
page = st.navigation(
    [
        st.Page(f"pages/{name}.py", title=title, icon=f":material/{icon}:", default=name == "data",
                visibility="visible" if is_offered(title, task) else "hidden")
        for name, title, icon in pages
    ],
    position="top",
)  # fmt: skip
sidebar()
page.run()
