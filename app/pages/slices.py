"""The slices: in which groups of rows it fails."""

from __future__ import annotations

import streamlit as st

from app import numbers, state
from app.views import gate
from app.views.parts import Parts, part_chooser
from app.views.saved_slices import saved_slices
from app.views.slices_by_column import by_column
from app.views.slices_find import find_slices
from app.views.slices_matter import matter_part
from app.views.slices_pair import pair_part
from app.views.slices_rates import rates_part
from app.views.slices_table import slices_table
from app.views.slices_tree import tree_part
from app.views.slices_words import text_columns, words_part


def table_part(shown: gate.Shown) -> None:
    found, _, _ = state.saved_slices.saved_slices()
    slices_table(shown, [(one.name, one.where) for one in found])


#: What the address bar calls each part, what the page calls it, and what draws it.
PARTS: Parts = {
    "columns": ("By column", by_column),
    "find": ("Find slices", find_slices),
    "table": ("All slices", table_part),
    "pair": ("Two columns", pair_part),
    "tree": ("Error tree", tree_part),
    "matter": ("What matters", matter_part),
    "words": ("Words", words_part),
    "rates": ("Rates by group", rates_part),
}


def parts_of(shown: gate.Shown) -> list[str]:
    """List the parts that have something to say: words need a column of texts, rates two classes."""
    absent = set() if text_columns(shown) else {"words"}
    if shown.predictions.roles.task != "binary":
        absent.add("rates")
    return [part for part in PARTS if part not in absent]


def why_absent(part: str) -> str:
    """Say why a part that a link asks for is not there; nothing for one that is no part at all."""
    if part == "words":
        return "The part Words compares the words of a text, and no column has that role: give it to one on the Data page."
    if part == "rates":
        return "Rates by group are those of two classes. Of many classes choose one against the rest; predicted numbers have no such rates."
    return ""


def page() -> None:
    shown = gate.require("Slices", "In which groups of rows does it fail?")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        parts = parts_of(shown)
        asked = state.view().part
        now = part_chooser("slices", PARTS, parts)
        saved_slices(shown)
    if asked not in parts and why_absent(asked):
        st.caption(f":material/info: {numbers.plain(why_absent(asked))}")
    PARTS[now][1](shown)


page()
