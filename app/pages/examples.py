"""The rows behind a selection: ordered, paged, each to be looked at, and to be taken along."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import numbers, state
from app.palette import palette
from app.views import examples_table, export, gate
from app.views.chips import NAMES, class_chips, outcome_chips, selection_chips, selection_of
from app.views.example_columns import example_table
from app.views.examples_table import Examples
from app.views.row_detail import row_detail
from app.views.selected_rows import Selection, counts
from metrics_core.cases import ClassCases

_KINDS_OF_ROWS = {"": ("row", ""), "errors": ("error", ""), "right": ("row", "predicted right")}


def what(selection: Selection, n: int = 2, *, many: bool = False) -> str:
    one, after = _KINDS_OF_ROWS.get(selection.rows) or (NAMES[selection.rows].lower().removesuffix("s"), "")
    one = "mistake" if many and one == "error" else one
    words = [
        one if n == 1 else f"{one}s",
        after,
        f"of class {numbers.plain(selection.true)}" if selection.true else "",
        f"taken for {numbers.plain(selection.predicted)}" if selection.predicted else "",
    ]
    return " ".join(word for word in words if word)


def nothing(shown: gate.Shown, selection: Selection, n_errors: int) -> None:
    others = selection.rows != "errors" and n_errors > 0
    many = shown.predictions.roles.task != "binary"
    decided = " at this threshold" if shown.threshold is not None else " by this decision"
    left = "1 row is" if n_errors == 1 else f"{numbers.count(n_errors)} rows are"
    absent = [c for c in (selection.true, selection.predicted) if c and c not in shown.predictions.labels]
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader(f"No {what(selection, many=many)}{'' if selection.true or selection.predicted else decided} among these rows",
                     anchor=False, width="content")  # fmt: skip
        if absent:
            st.caption(f"There is no class {numbers.plain(absent[0])} here.", width="content")
        elif not selection.true and not selection.predicted:
            st.caption(
                f"{left} predicted wrong." if n_errors else "Every row here is predicted right.",
                width="content",
            )
        st.button(
            f"Show all {'mistakes' if many else 'errors'}" if others else "Show all rows",
            type="primary",
            icon=":material/list_alt:",
            key="examples.others",
            on_click=state.change,
            kwargs={"rows": "errors" if others else "", "true": "", "predicted": ""},
        )
        st.space("small")


def downloads(shown: gate.Shown, selection: Selection, examples: Examples) -> None:
    predictions, cases, threshold = shown.predictions, shown.of_model.cases, shown.threshold
    chosen, columns = examples.chosen, examples.columns
    held = (
        what(selection, many=isinstance(cases, ClassCases)).replace("\\", "")
        if selection != Selection()
        else "all rows"
    )
    help = (
        f"The {numbers.rows(chosen.size)} of this selection, all pages, in this order, with the columns shown"
    )

    def whole() -> Any:
        return example_table(predictions, cases, threshold, chosen, columns)

    st.download_button("CSV", lambda: export.csv(whole()), export.named(shown, held, "csv"), "text/csv", key="examples.csv",
                       help=help, on_click="ignore", icon=":material/download:")  # fmt: skip
    st.download_button("Parquet", lambda: export.parquet(whole()), export.named(shown, held, "parquet"),
                       "application/vnd.apache.parquet", key="examples.parquet", help=help, on_click="ignore",
                       icon=":material/download:")  # fmt: skip


def page() -> None:
    shown = gate.require("Examples", "Which rows are behind it?")
    cases, colours = shown.of_model.cases, palette(state.scheme())
    selection = selection_of(shown)
    found = counts(cases, shown.threshold, selection)
    if isinstance(cases, ClassCases):
        class_chips(cases.labels, selection, found)
    else:
        outcome_chips(selection, found)
    selection_chips(shown)
    if found[selection.rows] == 0:
        nothing(shown, selection, counts(cases, shown.threshold)["errors"])
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        order, turned, size, columns = examples_table.controls(shown)
        examples = examples_table.look_at(shown, selection, order, turned, size, columns)
        st.space("stretch")
        downloads(shown, selection, examples)
    parts = st.grid(3, min_column_width=300, gap=("small", "medium"))
    with parts.cell(column_span=2):
        st.caption(
            examples_table.range_line(
                examples, what(selection, found[selection.rows], many=isinstance(cases, ClassCases))
            )
        )
        examples_table.table(shown, examples, colours)
        examples_table.pager(examples, size)
    with parts.cell():
        row_detail(shown, examples, size, colours)


page()
