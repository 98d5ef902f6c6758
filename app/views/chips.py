"""The selection as chips: what narrows the rows, each removable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import numbers, state
from app.palette import OUTCOME_NAMES, palette
from app.views.filter_bar import chip, filter_bar, filter_doubts
from app.views.selected_rows import CLASS_ROWS, Selection

if TYPE_CHECKING:  # the gate may draw these chips itself
    from app.views.gate import Shown

#: Each selection's name.
NAMES = {"": "All rows", "errors": "All errors", **OUTCOME_NAMES}
#: The same of many classes.
CLASS_NAMES = dict(zip(CLASS_ROWS, ("All rows", "Mistakes", "Right"), strict=True))


def mark(rows: str) -> str:
    """Return the square in an outcome's colour for a label; nothing for all rows and for all errors."""
    if rows not in OUTCOME_NAMES:
        return ""
    return f':color[■]{{foreground="{palette(state.scheme()).outcome(rows)}"}}'


def selection_of(shown: Shown) -> Selection:
    """Return which rows the view asks for; all of them when the task does not know these."""
    v = state.view()
    if shown.predictions.roles.of_numbers:
        return Selection()
    if shown.predictions.roles.task == "binary":
        return Selection(v.rows if v.rows in NAMES else "")
    return Selection(v.rows if v.rows in CLASS_NAMES else "", v.true, v.predicted)


def outcome_chips(selection: Selection, counts: dict[str, int]) -> None:
    """Choose which outcome is shown; every choice says how many rows it has."""
    _choice(NAMES, selection.rows, counts)


def class_chips(labels: tuple[str, ...], selection: Selection, counts: dict[str, int]) -> None:
    """Choose rows of many classes: all, wrong or right ones, of a true and of a predicted class."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _choice(CLASS_NAMES, selection.rows, counts)
        _class("True class", "true", labels, selection.true)
        _class("Predicted class", "predicted", labels, selection.predicted)


def _choice(names: dict[str, str], now: str, counts: dict[str, int]) -> None:
    """Draw the choice of rows."""

    def chosen() -> None:
        state.change(rows=state.chosen("examples.rows") or "")

    state.preset("examples.rows", now)
    st.segmented_control(
        "Outcome",
        list(names),
        key="examples.rows",
        required=True,
        on_change=chosen,
        label_visibility="collapsed",
        format_func=lambda rows: f"{mark(rows)} {names[rows]} **{numbers.count(counts[rows])}**".strip(),
    )


def _class(title: str, field: str, labels: tuple[str, ...], now: str) -> None:
    """Choose one class, or any."""
    key = f"examples.{field}"

    def chosen() -> None:
        state.change(**{field: state.chosen(key) or ""})

    state.preset(key, now if now in labels else None)
    st.selectbox(
        title, labels, index=None, key=key, on_change=chosen, placeholder="any", width=190, format_func=str
    )


def selection_chips(shown: Shown) -> None:
    """Show the classes, the threshold and each condition of the filter, a click takes it off; and change the filter."""
    two = shown.predictions.roles.task == "binary"
    locked = two and state.in_force(shown.predictions, shown.model.name) is not None
    own_threshold = state.view().threshold is not None and not locked
    classes = [] if two else [
        (field, label)
        for field, label in (("true", state.view().true), ("predicted", state.view().predicted))
        if label
    ]  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption("Narrowed by" if classes or own_threshold or shown.where else "Narrow by", width="content")
        if own_threshold and shown.threshold is not None:
            back = (
                "Back to the file's own decision" if shown.model.y_pred else "Back to the default threshold"
            )
            chip(f"score ≥ {numbers.threshold(shown.threshold)}", "chip.threshold", back, {"threshold": None})
        for field, label in classes:
            chip(f"{field}: {label}", f"chip.{field}", f"Any {field} class", {field: ""})
        filter_bar(shown.predictions)
    filter_doubts(shown.predictions)
