"""The rows behind a selection: ordered, paged, each to be looked at, and to be taken along."""

from __future__ import annotations

import streamlit as st

from app import numbers, state
from app.palette import palette
from app.views import examples_table, export, gate
from app.views.chips import NAMES, outcome_chips, selection_chips
from app.views.example_columns import example_table
from app.views.examples_table import Examples
from app.views.row_detail import row_detail
from app.views.selected_rows import counts


def what(rows: str, n: int = 2) -> str:
    name = {"": "rows", "errors": "errors"}.get(rows) or NAMES[rows].lower()
    return name if n != 1 else name.removesuffix("s")


def nothing(shown: gate.Shown, rows: str, n_errors: int) -> None:
    others = rows != "errors" and n_errors > 0
    decided = "at this threshold" if shown.threshold is not None else "by this decision"
    left = "1 row is" if n_errors == 1 else f"{numbers.count(n_errors)} rows are"
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader(f"No {what(rows)} {decided} among these rows", anchor=False, width="content")
        st.caption(
            f"{left} predicted wrong." if n_errors else "Every row here is predicted right.", width="content"
        )
        st.button(
            "Show all errors" if others else "Show all rows",
            type="primary",
            icon=":material/list_alt:",
            key="examples.others",
            on_click=state.change,
            kwargs={"rows": "errors" if others else ""},
        )
        st.space("small")


def downloads(shown: gate.Shown, examples: Examples) -> None:
    predictions, cases, threshold = shown.predictions, shown.of_model.binary_cases, shown.threshold
    chosen, columns = examples.chosen, examples.columns
    rows = state.view().rows
    held = what(rows) if rows else "all rows"
    help = (
        f"The {numbers.rows(chosen.size)} of this selection, all pages, in this order, with the columns shown"
    )

    def whole() -> object:
        return example_table(predictions, cases, threshold, chosen, columns)

    st.download_button("CSV", lambda: export.csv(whole()), export.named(shown, held, "csv"), "text/csv", key="examples.csv",
                       help=help, on_click="ignore", icon=":material/download:")  # fmt: skip
    st.download_button("Parquet", lambda: export.parquet(whole()), export.named(shown, held, "parquet"),
                       "application/vnd.apache.parquet", key="examples.parquet", help=help, on_click="ignore",
                       icon=":material/download:")  # fmt: skip


def page() -> None:
    shown = gate.require("Examples", "Which rows are behind it?")
    rows, colours = state.view().rows, palette(state.scheme())
    found = counts(shown.of_model.binary_cases, shown.threshold)
    outcome_chips(found)
    selection_chips(shown)
    if found[rows] == 0:
        nothing(shown, rows, found["errors"])
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        order, turned, size, columns = examples_table.controls(shown)
        examples = examples_table.look_at(shown, rows, order, turned, size, columns)
        st.space("stretch")
        downloads(shown, examples)
    parts = st.grid(3, min_column_width=300, gap=("small", "medium"))
    with parts.cell(column_span=2):
        st.caption(examples_table.range_line(examples, what(rows, found[rows])))
        examples_table.table(shown, examples, colours)
        examples_table.pager(examples, size)
    with parts.cell():
        row_detail(shown, examples, size, colours)


page()
