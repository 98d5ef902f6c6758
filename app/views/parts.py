"""Pages in parts: one is shown, and the address says which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from app import state
from app.views.gate import Shown

#: By its name in the address: what a part is called, and what draws it.
Parts = Mapping[str, tuple[str, Callable[[Shown], None]]]


def part_chooser(page: str, parts: Parts, offered: Sequence[str]) -> str:
    """Let the user choose a part; the first one when the address asks for none that is offered.

    Parameters
    ----------
    page : str
        Begins the key of the widget.
    parts : mapping of str to (str, callable)
    offered : sequence of str
        The parts that have something to say.

    Returns
    -------
    str
        The part to draw.
    """
    key = f"{page}.part"
    now = state.view().part if state.view().part in offered else offered[0]
    state.preset(key, now)
    st.segmented_control("Part", list(offered), key=key, required=True, label_visibility="collapsed", width="content", wrap=True,
                         format_func=lambda part: parts[part][0], on_change=lambda: state.change(part=state.chosen(key)))  # fmt: skip
    return now
