"""Draws the page again when light turns to dark: figures carry the colours of the scheme they were drawn in.

Streamlit paints its own widgets in the new scheme but does not run the page again.
"""

from __future__ import annotations

from importlib.resources import files

import streamlit as st


def _asset(name: str) -> str:
    return files("app.components").joinpath(name).read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "faultline.scheme_watch",
    html='<i aria-hidden="true"></i>',
    css=_asset("scheme_watch.css"),
    js=_asset("scheme_watch.js"),
)


def scheme_watch(drawn_in: str, *, key: str = "scheme") -> None:
    """Watch the colours of the page; nothing is shown.

    Parameters
    ----------
    drawn_in : {"light", "dark"}
        The scheme this run draws in.
    key : str
        Unique on the page.
    """
    # a callback for the trigger is what lets the browser ask for another run
    _mount(key=key, data={"scheme": drawn_in}, on_changed_change=lambda: None, height="content")
