"""The matrix of the current model minus that of another: the figure, the cells as a table, and the way to the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts import layout
from app.charts.class_order import OTHER_CODE, ClassMatrix
from app.charts.matrix_difference import SHARES, Share, clicked, difference_figure, interval
from app.palette import palette
from app.views.differing_rows import differing, to_rows_of
from app.views.figure_files import figure_files
from app.views.gate import Shown
from metrics_core.evaluation import ModelEvaluation
from metrics_core.matrix_difference import MatrixDifference, matrix_difference, placed

KEY = "confusion.difference"
_SHARE_NAMES = {"true": "% of actual", "predicted": "% of predicted", "all": "% of all", "counts": "Counts"}
# What the rates of two classes are called, positive first.
_RATES = {
    "true": (("Recall", "FNR"), ("FPR", "Specificity")),
    "predicted": (("Precision", "False omission rate"), ("False discovery rate", "NPV")),
}
# Cells of the table up to which it does not scroll, and how tall it is otherwise.
_AT_ONCE, _HEIGHT = 9, 440


@dataclass(frozen=True, eq=False)
class Compared:
    """Two models, and the cells that are shown of their matrices.

    Attributes
    ----------
    one, other : ModelEvaluation
        The current model, and the one that is subtracted.
    names : tuple of str
        Of rows and columns.
    found : MatrixDifference
    share : str
        What the cells hold.
    """

    one: ModelEvaluation
    other: ModelEvaluation
    names: tuple[str, ...]
    found: MatrixDifference
    share: Share


def choose_other(shown: Shown) -> ModelEvaluation | None:
    """Draw the choice of a second model, where there are several; return its part of the evaluation, or None."""
    others = [m.model for m in shown.evaluation.models if m.model != shown.model.name]
    if not others:
        return None

    def answer() -> None:
        state.change(against=state.chosen("confusion.against") or "")

    now = state.view().against
    state.preset("confusion.against", now if now in others else None)  # none is compared with itself
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"Compare **{numbers.plain(shown.model.name)}** with", width="content")
        chosen = st.selectbox("Compare with", others, index=None, key="confusion.against", placeholder="Another model",
                              on_change=answer, label_visibility="collapsed", width=260)  # fmt: skip
    return next((m for m in shown.evaluation.models if m.model == chosen), None)


def choose_share() -> Share:
    """Draw the choice of what cells hold."""
    return st.segmented_control("Percent of", SHARES, default="true", key=f"{KEY}.share", required=True, persist_state="session",
                                format_func=_SHARE_NAMES.__getitem__, label_visibility="collapsed")  # fmt: skip


def compared(
    shown: Shown, other: ModelEvaluation, share: Share, matrix: ClassMatrix | None = None
) -> Compared:
    """Subtract the matrices, once for each view.

    Parameters
    ----------
    shown : Shown
    other : ModelEvaluation
    share : {"true", "predicted", "all", "counts"}
    matrix : ClassMatrix, optional
        Of many classes those that are shown; without it there are two.
    """
    one = shown.of_model
    codes = None if matrix is None else matrix.codes[matrix.codes != OTHER_CODE]
    names = (f"positive: {shown.two_labels[1]}", f"negative: {shown.two_labels[0]}") if matrix is None else tuple(
        matrix.labels[code] for code in codes.tolist())  # type: ignore[union-attr]  # fmt: skip  # with a matrix there are codes
    whole = "true" if share == "counts" else share
    key = f"{KEY}|{state.identity(shown.predictions)}|{state.view().where}|{one.model}|{one.threshold}|{other.model}|{other.threshold}|{whole}|{names}"
    found = state.kept(
        key,
        lambda: matrix_difference(
            placed(one.cases, one.threshold), placed(other.cases, other.threshold), of=whole, codes=codes
        ),
    )
    return Compared(one, other, names, found, share)


def difference_card(shown: Shown, two: Compared) -> None:
    """Draw the figure with its words, files and the way to the rows of a cell."""
    k, widget = len(two.names), f"{KEY}.cells"
    unit = "weight" if shown.predictions.roles.weight else "rows"
    figure = difference_figure(two.found, two.names, (two.one.model, two.other.model), palette(state.scheme()),
                               share=two.share, unit=unit)  # fmt: skip

    def picked() -> None:
        _pick(two.names, clicked(state.chosen(widget), k))

    st.plotly_chart(figure, theme=None, key=widget, on_select=picked, selection_mode="points", config=dict(layout.CONFIG),
                    alt=f"Confusion matrix of {two.one.model} minus that of {two.other.model}: {_said(two)}")  # fmt: skip
    st.caption(_about(shown, two))
    _way_to_the_rows(shown, two)
    figure_files(shown, widget, f"Confusion of {two.one.model} minus {two.other.model}", pa.Table.from_pandas(cell_frame(shown, two), preserve_index=False),
                 key=f"{KEY}.csv")  # fmt: skip


def cell_frame(shown: Shown, two: Compared) -> pd.DataFrame:
    """Return every cell that either model fills as one row: counts, rates, difference with interval, and what moved.

    Columns of rates and of their differences are shares, not percent.
    """
    d, rows = two.found, []
    some = (d.counts > 0) | (d.other_counts > 0)
    for i, j in zip(*np.nonzero(some), strict=True):
        row: dict[str, Any] = {"actual": two.names[i], "predicted": two.names[j]}
        if len(two.names) == 2 and not shown.many and two.share in _RATES:
            row["rate"] = _RATES[two.share][i][j]
        row |= {"rows": float(d.counts[i, j]), "rows_other": float(d.other_counts[i, j]), "rows_difference": float(d.counts[i, j] - d.other_counts[i, j])}  # fmt: skip
        if two.share != "counts":
            row |= {"value": d.rates[i, j], "value_other": d.other_rates[i, j], "difference": d.difference[i, j],
                    "low": d.low[i, j], "high": d.high[i, j]}  # fmt: skip
        if d.both_judged:
            row |= {"only_this": int(d.only[i, j]), "only_other": int(d.other_only[i, j])}
        rows.append(row)
    frame = pd.DataFrame(rows)
    by = "rows_difference" if two.share == "counts" else "difference"
    if shown.many and len(frame):
        frame = frame.sort_values(by, key=lambda x: -x.abs(), kind="stable", ignore_index=True)
    return frame


def cell_table(shown: Shown, two: Compared) -> None:
    """Draw the cells as a table, of many classes the largest differences first; a click on a row picks its cell."""
    frame, widget = cell_frame(shown, two), f"{KEY}.table"
    cells = list(zip(frame["actual"], frame["predicted"], strict=True))

    def picked() -> None:
        rows = state.chosen(widget, {}).get("selection", {}).get("rows", [])
        if rows and rows[0] < len(cells):
            state.preset(f"{KEY}.actual", cells[rows[0]][0])
            state.preset(f"{KEY}.predicted", cells[rows[0]][1])

    column, (a, b) = st.column_config, (_label(two.one.model), _label(two.other.model))
    whole = "%,.1f" if shown.predictions.roles.weight else "%,d"
    config: dict[str, Any] = {
        "actual": column.TextColumn("Actual"), "predicted": column.TextColumn("Predicted"), "rate": column.TextColumn("Rate", width=84),
        "rows": column.NumberColumn(a, format=whole), "rows_other": column.NumberColumn(b, format=whole),
        "rows_difference": column.NumberColumn("Difference", format="%+,.1f" if shown.predictions.roles.weight else "%+,d"),
        "value": column.NumberColumn(a, format="%.1f%%", width=58), "value_other": column.NumberColumn(b, format="%.1f%%", width=58),
        "difference": column.NumberColumn("Difference", format="%+.1f pp", width=68), "interval": column.TextColumn("95 %", width=108),
        "moved": column.TextColumn("Moved", width=62, help=f"Rows that {a} alone puts here / rows that {b} alone puts here"),
    }  # fmt: skip
    if two.share == "counts":
        order, after = ["actual", "predicted", "rows", "rows_other", "rows_difference"], []
    else:
        frame["interval"] = [
            interval(low, high) for low, high in zip(frame["low"], frame["high"], strict=True)
        ]
        for name in ("value", "value_other", "difference"):
            frame[name] = 100 * frame[name]
        first = ["rate"] if "rate" in frame else ["actual", "predicted"]
        order = [*first, "difference", "interval"]
        after = ["value", "value_other"]
    if "only_this" in frame:
        frame["moved"] = [f"{x:,} / {y:,}" for x, y in zip(frame["only_this"], frame["only_other"], strict=True)]  # fmt: skip
    st.dataframe(
        frame, key=widget, hide_index=True, on_select=picked, selection_mode="single-row", column_config=config,
        column_order=[*order, *(["moved"] if "moved" in frame else []), *after],
        height="content" if len(frame) <= _AT_ONCE else _HEIGHT, placeholder=numbers.NOT_AVAILABLE,
        alt=f"The cells of {two.one.model} minus {two.other.model}",
    )  # fmt: skip
    moved = f" Moved: rows that {numbers.plain(a)} alone puts into the cell / rows that {numbers.plain(b)} alone does."
    st.caption("Click a row to pick its cell." + (moved if "moved" in frame else ""))


def _label(name: str) -> str:
    """Shorten a model's name for a column heading."""
    return name if len(name) <= 16 else name[:15] + "…"


def _pick(names: Sequence[str], cell: tuple[int, int] | None) -> None:
    """Put a cell into the two choosers; an empty click leaves them."""
    if cell is not None:
        state.preset(f"{KEY}.actual", names[cell[0]])
        state.preset(f"{KEY}.predicted", names[cell[1]])


def _way_to_the_rows(shown: Shown, two: Compared) -> None:
    """Choose a cell by a click or by two lists, and go to the rows that either model puts there."""
    names = list(two.names)
    for part in ("actual", "predicted"):
        if state.chosen(f"{KEY}.{part}") not in (None, *names):
            state.drop(f"{KEY}.{part}")  # other classes are shown now
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        chosen = [
            st.selectbox(part.capitalize(), names, index=None, key=f"{KEY}.{part}", placeholder=f"{part.capitalize()} class",
                         label_visibility="collapsed", persist_state="session", width=190)
            for part in ("actual", "predicted")
        ]  # fmt: skip
        picked = [name for name in chosen if name is not None]
        if len(picked) < len(chosen):
            st.caption("Choose a cell, or click it, to see its rows.", width="content")
            return
    i, j = (names.index(name) for name in picked)
    with st.container(horizontal=True, gap="xsmall"):
        for side, (m, counts) in enumerate(
            ((two.one, two.found.counts), (two.other, two.found.other_counts))
        ):
            n = float(counts[i, j])
            label = f"Show {numbers.count(n)} of **{numbers.plain(_label(m.model))}**"
            if st.button(label, key=f"{KEY}.rows.{side}", disabled=n == 0, icon=":material/arrow_forward:", icon_position="right"):  # fmt: skip
                to_rows_of(shown, m, i, j, two.found)
        sides = ((two.one, two.other, two.found.only), (two.other, two.one, two.found.other_only))
        for side, (m, without, only) in enumerate(sides):
            n = int(only[i, j])
            condition = differing(shown, m, without, i, j, two.found) if n else None
            why = None if condition or not n else f"The file has no column that says what {_label(without.model)} decides"  # fmt: skip
            label = f"Show {n:,} that only **{numbers.plain(_label(m.model))}** puts here"
            if st.button(label, key=f"{KEY}.only.{side}", disabled=condition is None, help=why, icon=":material/arrow_forward:", icon_position="right"):  # fmt: skip
                to_rows_of(shown, m, i, j, two.found, condition)


def _about(shown: Shown, two: Compared) -> str:
    """Say what signs, colours and bold numbers mean, and which rows both judge."""
    a, b = numbers.plain(two.one.model), numbers.plain(two.other.model)
    parts = [f"Plus and blue: **{a}** puts more into the cell. Minus and orange: **{b}** does."]
    if two.share != "counts":
        parts.append(
            "Bold and strong: the 95% interval of that cell leaves 0 out (of many cells a few do so by chance). Pale: chance may explain it."
        )
    d = two.found
    if not d.both_judged:
        parts.append("No row of the file is judged by both, so no row moves and the interval takes them as independent.")  # fmt: skip
    elif not d.same_rows:
        parts.append(f"{numbers.rows(d.both_judged)} are judged by both; {a} judges {d.judged:,} and {b} {d.other_judged:,}.")  # fmt: skip
    elif two.share != "counts":
        parts.append("Both judge the same rows, and the interval allows for that.")
    cuts = [m.threshold for m in (two.one, two.other)]
    if cuts[0] != cuts[1] and None not in cuts:
        parts.append(f"Thresholds: {a} {numbers.threshold(cuts[0])}, {b} {numbers.threshold(cuts[1])}.")  # type: ignore[arg-type]  # neither is None
    return " ".join(parts)


def _said(two: Compared) -> str:
    """Say the largest difference, for those who do not see the figure."""
    d = two.found
    values = d.counts - d.other_counts if two.share == "counts" else d.difference
    if np.isnan(values).all():
        return "no cell has a rate in both"
    i, j = np.unravel_index(np.nanargmax(np.abs(values)), values.shape)
    size = (
        f"{values[i, j]:+,.0f}" if two.share == "counts" else f"{100 * values[i, j]:+.1f} percentage points"
    )
    return f"most in actual {two.names[i]}, predicted {two.names[j]}, {size}"
