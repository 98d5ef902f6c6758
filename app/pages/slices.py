"""The slices: in which groups of rows it fails."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app import state
from app.views import gate
from app.views.slices_by_column import by_column

#: What the address bar calls each part, what the page calls it, and what draws it.
_PARTS: dict[str, tuple[str, Callable[[gate.Shown], None]]] = {
    "columns": ("By column", by_column),
}


def part_chooser() -> str:
    now = state.view().part if state.view().part in _PARTS else next(iter(_PARTS))
    if len(_PARTS) > 1:
        state.preset("slices.part", now)
        st.segmented_control("Part", list(_PARTS), key="slices.part", required=True, label_visibility="collapsed",
                             format_func=lambda part: _PARTS[part][0],
                             on_change=lambda: state.change(part=state.chosen("slices.part")))  # fmt: skip
    return now


def page() -> None:
    shown = gate.require("Slices", "In which groups of rows does it fail?")
    _PARTS[part_chooser()][1](shown)


page()
