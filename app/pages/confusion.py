"""The confusion matrix: which kind of mistake, how many, and the way to the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts import class_matrix, class_order, layout
from app.charts.confusion import CELLS, SHARES, clicked, confusion
from app.palette import OUTCOME_NAMES, palette
from app.views import gate
from app.views.chips import mark
from app.views.class_pairs import cell_chooser, every_pair, pair_table, to_the_cell
from app.views.class_table import class_table
from app.views.figure_files import figure_files
from app.views.figure_tables import matrix_table
from app.views.matrix_difference import cell_table, choose_other, choose_share, compared, difference_card
from app.views.metric_table import metric_table
from app.views.rates import rate_frame
from app.views.selected_rows import counts
from metrics_core.evaluation import ModelEvaluation

_SHARE_NAMES = {"true": "% of actual", "predicted": "% of predicted", "all": "% of all", "counts": "Counts"}
_MATRIX = "confusion.matrix"
_OF_CLASSES = {"counts": "Counts", "true": "% of actual", "predicted": "% of predicted", "all": "% of all"}
# Up to so many classes the matrix stands beside the table of confusions, and how tall that is.
_FEW, _BESIDE = 12, 560
_ORDERS = {"file": "As in the file", "similar": "Confused side by side"}


def to_the_rows(rows: str) -> None:
    state.change(rows=rows)
    st.switch_page("pages/examples.py", query_params=state.link())


def matrix(shown: gate.Shown) -> None:
    o = shown.of_model.outcomes
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("The matrix", anchor=False, width="content")
        share = st.segmented_control("Percent of", SHARES, default="true", key="confusion.share", required=True, persist_state="session",
                                     format_func=_SHARE_NAMES.__getitem__, label_visibility="collapsed")  # fmt: skip
    weight = shown.predictions.roles.weight
    figure = confusion(
        o, shown.two_labels, palette(state.scheme()), share=share, unit="weight" if weight else "rows"
    )
    event = st.plotly_chart(
        figure,
        theme=None,
        key=_MATRIX,
        on_select="rerun",
        selection_mode="points",
        config=dict(layout.CONFIG),
        alt="Confusion matrix. " + ", ".join(f"{OUTCOME_NAMES[c]} {numbers.count(float(getattr(o, c)))}" for row in CELLS for c in row),
    )  # fmt: skip
    rows = clicked(event)
    if rows is not None:
        to_the_rows(rows)
    st.caption(
        "Colour is the outcome, its strength the share. Click a cell to see its rows."
        + (f" Cells hold sums of the weights in {numbers.plain(weight)}." if weight else "")
    )


def ways_to_the_rows(shown: gate.Shown) -> None:
    found = counts(shown.of_model.binary_cases, shown.threshold)
    with st.container(horizontal=True, gap="xsmall"):
        for code in ("fn", "fp", "tp", "tn"):
            n, name = found[code], OUTCOME_NAMES[code].lower()
            label = f"{mark(code)} Show {numbers.count(n)} {name if n != 1 else name.removesuffix('s')}"
            if st.button(label, key=f"confusion.rows.{code}", icon=":material/arrow_forward:", icon_position="right", disabled=n == 0):  # fmt: skip
                to_the_rows(code)


def two_lines(first: str, second: str) -> str:
    kept_together = second.replace("–", "\u2060–\u2060")
    return f'**{first}**  \n:small[:color[{numbers.plain(kept_together)}]{{foreground="{palette(state.scheme()).quiet}"}}]'


def rates(shown: gate.Shown) -> None:
    frame = rate_frame(
        shown.of_model.outcomes, shown.of_model.metrics, state.intervals(shown.predictions, shown.model.name)
    )
    st.subheader("What it implies", anchor=False)
    st.caption("Which rates follow from the four counts, and how sure are they?")
    table = pd.DataFrame(
        {
            "Rate": [
                two_lines(rate, about) for rate, about in zip(frame["Rate"], frame["Definition"], strict=True)
            ],
            "Value": [two_lines(v, i) for v, i in zip(frame["Value"], frame["95 % interval"], strict=True)],
            "Weight" if shown.predictions.roles.weight else "Rows": frame["Rows"].str.replace(" ", "\u00a0"),
        }
    )
    st.table(table, border="horizontal", hide_index=True, alt="Rates of the confusion matrix")
    st.caption("Under each value its 95 % interval.")


def arrange(shown: gate.Shown) -> class_order.ClassMatrix:
    """Draw how the classes stand: in which order, and of many which ones."""
    labels = shown.predictions.labels
    order = st.segmented_control("Order of the classes", class_order.ORDERS, default="file", key="confusion.classes.order", required=True,
                                 persist_state="session", format_func=_ORDERS.__getitem__, label_visibility="collapsed")  # fmt: skip
    chosen: list[str] = []
    if len(labels) > _FEW:
        if not set(state.chosen("confusion.classes.chosen") or ()).issubset(labels):
            state.drop("confusion.classes.chosen")  # other predictions have other classes
        chosen = st.multiselect("Classes", labels, key="confusion.classes.chosen", persist_state="session", select_all=False,
                                placeholder="Search classes; all others together become (other)", max_selections=class_order.MOST,
                                format_func=lambda label: label or "(empty)", label_visibility="collapsed", width="stretch")  # fmt: skip
    return class_order.arranged(shown.of_model.confusion, labels, order, chosen=chosen, other=True)


def class_cells(shown: gate.Shown) -> None:
    labels = shown.predictions.labels
    st.subheader("The matrix", anchor=False)
    st.caption("Which class is taken for which?")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        share = st.segmented_control("What cells hold", class_order.SHARES, default="counts", key="confusion.classes.share", required=True,
                                     persist_state="session", format_func=_OF_CLASSES.__getitem__, label_visibility="collapsed")  # fmt: skip
        matrix = arrange(shown)
        hidden = st.toggle("Mistakes only", key="confusion.classes.wrong", persist_state="session")
    weight = shown.predictions.roles.weight
    figure = class_matrix.class_matrix(matrix, palette(state.scheme()), share=share, diagonal=not hidden,
                                       unit="weight" if weight else "rows")  # fmt: skip
    zoomed = len(matrix.codes) > class_matrix.IN_FULL
    event = st.plotly_chart(figure, theme=None, key="confusion.classes", on_select="rerun", selection_mode="points",
                            config={**layout.CONFIG, **({"doubleClick": "reset"} if zoomed else {})},
                            alt=f"Confusion matrix of {matrix.named} classes; the table of confusions holds its numbers")  # fmt: skip
    left = len(labels) - matrix.named
    if left and not state.chosen("confusion.classes.chosen"):
        st.markdown(f"Shown are the **{matrix.named} classes in the most mistakes** of {len(labels):,}: "
                    f"{numbers.count(matrix.errors_shown)} of {numbers.count(matrix.errors)} mistakes lie between them.")  # fmt: skip
    elif left:
        st.markdown(f"{numbers.count(matrix.errors_shown)} of {numbers.count(matrix.errors)} mistakes lie between the "
                    f"**{matrix.named} chosen classes**; (other) holds {left:,} more.")  # fmt: skip
    about = ["Right and wrong each have a colour scale of their own."]
    if not zoomed:
        about.append("Small: the share of the actual class." if share == "counts" else "Small: the count.")
    else:
        about.append("Drag over a part to see it larger; a double click shows all again.")
    if weight:
        about.append(f"Cells hold sums of the weights in {numbers.plain(weight)}.")
    st.caption(" ".join([*about, "Click a cell to see its rows, or choose it:"]))
    cell = class_matrix.clicked(event, labels) or cell_chooser(shown, key="confusion.cell", width=155 if len(labels) <= _FEW else 280)  # fmt: skip
    figure_files(shown, "confusion.classes", f"Confusion {_OF_CLASSES[share].replace('%', 'share')}",
                 class_matrix_table(matrix, share, diagonal=not hidden), key="confusion.classes.csv", label="Shown as CSV",
                 about="What is shown: these classes in this order, and what their cells hold",
                 more=("Whole matrix as CSV", "whole confusion", every_pair(shown)))  # fmt: skip
    if cell is not None:
        to_the_cell(cell)


def class_matrix_table(
    matrix: class_order.ClassMatrix, share: class_order.Share, *, diagonal: bool
) -> pa.Table:
    values = matrix.counts if share == "counts" else matrix.values(share)
    left_out = np.zeros(values.shape, dtype=bool) if diagonal else np.eye(len(values), dtype=bool)
    left_out = left_out | np.isnan(values)
    columns = [pa.array(values[:, j], mask=left_out[:, j]) for j in range(len(values))]
    names = [f"predicted: {label}" for label in matrix.shown]
    return pa.Table.from_arrays(
        [pa.array([f"actual: {label}" for label in matrix.shown]), *columns], names=["", *names]
    )


def each_class(shown: gate.Shown) -> None:
    with st.container(border=True, gap="small"):
        st.subheader("Each class against the rest", anchor=False)
        st.caption("Which class is told apart worst?")
        class_table(shown, key="confusion.each")


def pairs(shown: gate.Shown) -> tuple[str, str] | None:
    with st.container(border=True, gap="small"):
        st.subheader("Most frequent confusions", anchor=False)
        st.caption("Which few confusions make up most mistakes?")
        return pair_table(shown, key="confusion.pairs", height=_BESIDE)


def every_metric(shown: gate.Shown) -> None:
    with st.container(border=True, gap="small"):
        st.subheader("Every metric of the classes", anchor=False)
        metric_table(shown)


def compared_with(shown: gate.Shown, other: ModelEvaluation) -> None:
    """Draw the current model's matrix minus the other's, and its cells as a table."""
    few = len(shown.predictions.labels) <= _FEW
    cards = st.grid(2 if few else 1, min_column_width=480, gap=("small", "medium"))
    with cards.cell(), st.container(border=True, gap="small"):
        st.subheader(f"{numbers.plain(shown.model.name)} minus {numbers.plain(other.model)}", anchor=False)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            share = choose_share()
            matrix = arrange(shown) if shown.many else None
        two = compared(shown, other, share, matrix)
        difference_card(shown, two)
    with cards.cell(), st.container(border=True, gap="small"):
        st.subheader("Cell by cell", anchor=False)
        st.caption("How far are the two apart in each cell, and how many rows moved?")
        cell_table(shown, two)


def all_classes(shown: gate.Shown) -> None:
    if len(shown.predictions.labels) <= _FEW:
        cards = st.grid(2, min_column_width=480, gap=("small", "medium"))
        with cards.cell(), st.container(border=True, gap="small"):
            class_cells(shown)
        with cards.cell():
            pair = pairs(shown)
    else:
        with st.container(border=True, gap="small"):
            class_cells(shown)
        pair = pairs(shown)
    each_class(shown)
    every_metric(shown)
    if pair is not None:
        to_the_cell(pair)


def page() -> None:
    shown = gate.require("Confusion", "Which kind of mistake is it?")
    other = choose_other(shown)
    if other is not None:
        compared_with(shown, other)
        return
    if shown.many:
        all_classes(shown)
        return
    cards = st.grid(2, min_column_width=480, gap=("small", "medium"))
    with cards.cell(), st.container(border=True, gap="small"):
        matrix(shown)
        ways_to_the_rows(shown)
        figure_files(shown, _MATRIX, "Confusion", matrix_table(shown), key="confusion.csv")
    with cards.cell(), st.container(border=True, gap="small"):
        rates(shown)


page()
