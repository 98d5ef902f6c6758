"""A figure of the page as a picture file, made in the browser from what it shows: nothing is sent anywhere."""

from __future__ import annotations

import re
from importlib.resources import files

import streamlit as st


def _asset(name: str) -> str:
    return files("app.components").joinpath(name).read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "faultline.picture", html=_asset("picture.html"), css=_asset("picture.css"), js=_asset("picture.js")
)


def picture(chart: str, *, name: str, title: str, ground: str, ink: str, key: str) -> None:
    """Show the two buttons that save a figure as PNG, at twice the size of the screen, or as SVG.

    Parameters
    ----------
    chart : str
        Key of the ``st.plotly_chart``.
    name : str
        Of the file, without its ending.
    title : str
        Written above the figure in the file.
    ground, ink : str
        Colours of the file's ground and of its title.
    key : str
        Unique on the page.
    """
    data = {"chart": chart_class(chart), "name": name, "title": title, "ground": ground, "ink": ink}
    _mount(key=key, data=data, width="content", height="content")


def chart_class(key: str) -> str:
    """Return the class the page gives to the element of a key.

    Examples
    --------
    >>> chart_class("curves.classes.roc")
    'st-key-curves-classes-roc'
    """
    return "st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", key.strip())
