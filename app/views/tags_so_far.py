"""What the tags say so far: which are most frequent, how far two reviewers agree, and tags as files."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from app import state
from app.palette import Palette
from app.state.annotations import Annotated
from app.views.gate import Shown
from app.views.looked_at import Examples
from app.views.reviewers import reviewers
from app.views.tag_files import tag_files
from app.views.tag_pareto import tag_pareto

Part = Literal["pareto", "reviewers", "files"]
_PARTS: dict[Part, str] = {
    "pareto": "Most frequent",
    "reviewers": "Two reviewers",
    "files": "Import and export",
}
_KEY = "tags.part"


def tags_so_far(shown: Shown, examples: Examples, annotated: Annotated, palette: Palette) -> None:
    """Draw one part of it, about the rows of the selection; only the import before there is a tag."""
    if annotated.trouble:
        return
    any_yet = bool(annotated.every.rows)
    with st.container(border=True, gap="small", key="tags"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(gap=None, width="content"):
                st.subheader("Tags so far", anchor=False)
                st.caption("Why do these rows fail, and do we agree on it?")
            if any_yet:
                state.preset(_KEY, state.chosen(_KEY) or "pareto")
                st.segmented_control(
                    "Part",
                    list(_PARTS),
                    key=_KEY,
                    required=True,
                    label_visibility="collapsed",
                    format_func=_PARTS.__getitem__,
                )
        part = state.chosen(_KEY) if any_yet else "files"
        if part == "pareto":
            tag_pareto(shown, shown.of_model.cases.rows[examples.chosen], annotated, palette)
        elif part == "reviewers":
            reviewers(shown, examples, annotated)
        else:
            tag_files(shown, annotated)
