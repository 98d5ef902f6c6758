"""The confusion matrix: which kind of mistake, how many, and the way to the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts import layout
from app.charts.confusion import CELLS, SHARES, clicked, confusion
from app.palette import OUTCOME_NAMES, palette
from app.views import export, gate
from app.views.chips import mark
from app.views.rates import rate_frame
from app.views.selected_rows import counts

_SHARE_NAMES = {"true": "% of actual", "predicted": "% of predicted", "all": "% of all", "counts": "Counts"}
_MATRIX = "confusion.matrix"


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
        o, shown.predictions.labels, palette(state.scheme()), share=share, unit="weight" if weight else "rows"
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


def matrix_table(shown: gate.Shown) -> pa.Table:
    o = shown.of_model.outcomes
    negative, positive = shown.predictions.labels
    return pa.table(
        {
            "": [f"actual: {positive}", f"actual: {negative}", "total"],
            f"predicted: {positive}": np.asarray([o.tp, o.fp, o.flagged]),
            f"predicted: {negative}": np.asarray([o.fn, o.tn, o.total - o.flagged]),
            "total": np.asarray([o.positives, o.negatives, o.total]),
        }
    )


def download(shown: gate.Shown) -> None:
    st.download_button("Matrix as CSV", export.csv(matrix_table(shown)), export.named(shown, "confusion", "csv"), "text/csv",
                       key="confusion.csv", on_click="ignore", icon=":material/download:", type="tertiary")  # fmt: skip


def two_lines(first: str, second: str) -> str:
    kept_together = second.replace("–", "\u2060–\u2060")
    return f'**{first}**  \n:small[:color[{numbers.plain(kept_together)}]{{foreground="{palette(state.scheme()).quiet}"}}]'


def rates(shown: gate.Shown) -> None:
    frame = rate_frame(
        shown.of_model.outcomes, shown.of_model.metrics, state.intervals(shown.predictions, shown.model.name)
    )
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("What it implies", anchor=False, width="content")
        download(shown)
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


def page() -> None:
    shown = gate.require("Confusion", "Which kind of mistake is it?")
    cards = st.grid(2, min_column_width=480, gap=("small", "medium"))
    with cards.cell(), st.container(border=True, gap="small"):
        matrix(shown)
        ways_to_the_rows(shown)
    with cards.cell(), st.container(border=True, gap="small"):
        rates(shown)


page()
