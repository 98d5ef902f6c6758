"""The rows behind a selection: ordered, paged, each to be looked at, and to be taken along."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import numbers, state
from app.palette import palette
from app.state.annotations import Annotated
from app.views import examples_table, export, gate
from app.views.chips import NAMES, class_chips, outcome_chips, selection_of
from app.views.example_columns import example_table, tags_as_text
from app.views.label_suspects import can_suspect, open_suspects, suspects_summary
from app.views.looked_at import Examples, ask_for, look_at, why_absent
from app.views.row_detail import row_detail
from app.views.selected_rows import Selection, counts
from app.views.tagging import chosen_by_marks, marks_choice, no_marked_row, tag_bar, told
from app.views.tags_so_far import tags_so_far
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
    """Say why there is nothing to look at, and offer one way on."""
    many = shown.predictions.roles.task != "binary"
    decided = " at this threshold" if shown.threshold is not None else " by this decision"
    absent = [c for c in (selection.true, selection.predicted) if c and c not in shown.predictions.labels]
    others = selection.rows != "errors" and n_errors > 0
    sought = selection.rows in ("fp", "fn", "errors")
    where = " among the rows of the filter" if shown.where else ""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader(f"No {what(selection, many=many)}{'' if selection.true or selection.predicted or many else decided}{where}",
                     anchor=False, width="content", text_alignment="center")  # fmt: skip
        if absent:
            st.caption(f"There is no class {numbers.plain(absent[0])} here.", width="content")
        elif not selection.true and not selection.predicted:
            left = "1 row is" if n_errors == 1 else f"{numbers.count(n_errors)} rows are"
            st.caption(f"{left} predicted wrong." if n_errors else "Every row here is predicted right.", width="content")  # fmt: skip
        if sought and shown.where and not n_errors:
            st.button("Remove the filter", type="primary", icon=":material/filter_alt_off:", key="examples.others",
                      on_click=state.change, kwargs={"where": ""})  # fmt: skip
        else:
            st.button(
                f"Show all {'mistakes' if many else 'errors'}" if others else "Show all rows",
                type="primary",
                icon=":material/list_alt:",
                key="examples.others",
                on_click=state.change,
                kwargs={"rows": "errors" if others else "", "true": "", "predicted": ""},
            )
        st.space("small")


def row_of_a_link(shown: gate.Shown, examples: Examples) -> None:
    """Say where the row is that a link asked for, when it is not among these."""
    row = examples.absent
    if row is None:
        return
    said, can = why_absent(shown, row)

    def show() -> None:
        state.change(rows="", true="", predicted="", where="")
        state.annotations.choose_marks("")
        ask_for(row)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f":material/help: {said}", width="content")
        if can:
            st.button("Show it", key="examples.show_row", type="tertiary", on_click=show,
                      help="Removes the filter and shows all outcomes")  # fmt: skip


def downloads(shown: gate.Shown, selection: Selection, examples: Examples, annotated: Annotated) -> None:
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
        return example_table(predictions, cases, threshold, chosen, columns, annotated)

    st.download_button("CSV", lambda: export.csv(tags_as_text(whole(), columns)), export.named(shown, held, "csv"), "text/csv", key="examples.csv",
                       help=help, on_click="ignore", icon=":material/download:")  # fmt: skip
    st.download_button("Parquet", lambda: export.parquet(whole()), export.named(shown, held, "parquet"),
                       "application/vnd.apache.parquet", key="examples.parquet", help=help, on_click="ignore",
                       icon=":material/download:")  # fmt: skip


def labels_to_check(shown: gate.Shown) -> None:
    if not can_suspect(shown.of_model.cases):
        return
    inside = st.expander(
        "Labels to check", icon=":material/flag:", key="examples.suspects", on_change="rerun"
    )
    if inside.open:
        with inside:
            suspects_summary(shown)
            open_suspects()


def page() -> None:
    shown = gate.require("Examples", "Which rows are behind it?")
    colours, annotated = palette(state.scheme()), state.annotations.annotated(shown.predictions)
    told()
    selection, every = selection_of(shown), shown
    shown = chosen_by_marks(every, annotated)
    cases = shown.of_model.cases
    found = counts(cases, shown.threshold, selection)
    many = isinstance(cases, ClassCases)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if isinstance(cases, ClassCases):
            class_chips(cases.labels, selection, found)
        elif shown.predictions.roles.task == "binary":
            outcome_chips(selection, found)
        marks_choice(every, annotated)
    if found[selection.rows] == 0:
        if (
            state.annotations.marks()
            and counts(every.of_model.cases, shown.threshold, selection)[selection.rows]
        ):
            no_marked_row()
        else:
            nothing(shown, selection, counts(cases, shown.threshold)["errors"])
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        order, turned = examples_table.order_controls(shown)
        size = examples_table.page_size()
        columns = examples_table.column_controls(shown, order, annotated)
        examples = look_at(shown, selection, order, turned, size, columns, state.annotations.marks(), annotated.version)  # fmt: skip
        st.space("stretch")
        downloads(shown, selection, examples, annotated)
    said = examples_table.no_such_order(shown)
    if said:
        st.caption(f":material/help: {said}")
    row_of_a_link(shown, examples)
    tag_bar(shown, examples, annotated)
    parts = st.grid(3, min_column_width=300, gap=("small", "medium"))
    with parts.cell(column_span=2):
        st.caption(examples_table.range_line(examples, what(selection, found[selection.rows], many=many)))
        examples_table.table(shown, examples, colours, annotated)
        examples_table.pager(examples)
    with parts.cell():
        row_detail(shown, examples, colours, annotated)
    tags_so_far(shown, examples, annotated, colours)
    labels_to_check(every)


page()
