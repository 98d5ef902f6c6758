"""The selection as chips: what narrows the rows, each removable."""

from __future__ import annotations

import streamlit as st

from app import numbers, state
from app.palette import OUTCOME_NAMES, palette
from app.views.gate import Shown
from metrics_core.filters import all_of

#: Each selection's name.
NAMES = {"": "All rows", "errors": "All errors", **OUTCOME_NAMES}


def mark(rows: str) -> str:
    """Return the square in an outcome's colour for a label; nothing for all rows and for all errors."""
    if rows not in OUTCOME_NAMES:
        return ""
    return f':color[■]{{foreground="{palette(state.scheme()).outcome(rows)}"}}'


def outcome_chips(counts: dict[str, int]) -> None:
    """Choose which outcome is shown; every choice says how many rows it has."""

    def chosen() -> None:
        state.change(rows=state.chosen("examples.rows") or "")

    state.preset("examples.rows", state.view().rows)
    st.segmented_control(
        "Outcome",
        list(NAMES),
        key="examples.rows",
        required=True,
        on_change=chosen,
        label_visibility="collapsed",
        format_func=lambda rows: f"{mark(rows)} {NAMES[rows]} **{numbers.count(counts[rows])}**".strip(),
    )


def selection_chips(shown: Shown) -> None:
    """Show the threshold and each condition of the filter; a click takes it off."""
    terms = shown.where.terms() if shown.where else ()
    own_threshold = state.view().threshold is not None
    if not terms and not own_threshold:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption("Narrowed by", width="content")
        if own_threshold and shown.threshold is not None:
            back = (
                "Back to the file's own decision" if shown.model.y_pred else "Back to the default threshold"
            )
            _chip(f"score ≥ {numbers.threshold(shown.threshold)}", "chip.threshold", back, {"threshold": None})  # fmt: skip
        for i, term in enumerate(terms):
            rest = all_of(terms[:i] + terms[i + 1 :])
            _chip(
                term.text, f"chip.{term.text}", "Remove this condition", {"where": rest.text if rest else ""}
            )


def _chip(text: str, key: str, help: str, fields: dict[str, object]) -> None:
    """Draw one chip."""
    st.button(numbers.plain(text), key=key, help=help, icon=":material/close:", icon_position="right",
              on_click=state.change, kwargs=fields)  # fmt: skip
