"""The error tree: which conditions part the rows where the model fails from the others."""

from __future__ import annotations

from math import isnan
from typing import Literal

import pandas as pd
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts import layout
from app.charts.error_tree import clicked, error_tree_figure
from app.palette import palette
from app.views.figure_card import head, table_of
from app.views.figure_files import figure_files
from app.views.gate import Shown, sentence
from app.views.slice_losses import (
    columns_chooser,
    ends,
    loss_chooser,
    loss_of,
    made,
    no_columns,
    q_text,
    rows_buttons,
    with_bar,
)
from metrics_core.error_tree import APART, DEPTH, LEAST_SHARE, MAX_DEPTH, ErrorTree, TreeNode, error_tree
from metrics_core.grouping import columns_to_compare
from metrics_core.row_losses import LossKind

_KEY = "slices.tree"
_GROWING = "Growing the tree on half of the rows …"
_LEAST = (0.005, 0.01, 0.02, 0.05, 0.1)
#: How firm a first split is called, from which share of the samples on, and how that looks.
_BADGES: tuple[tuple[float, str, Literal["blue", "gray", "orange"], str], ...] = (
    (0.8, "Stable", "blue", ":material/verified:"),
    (0.5, "Fairly stable", "gray", ":material/balance:"),
    (0.0, "Unstable", "orange", ":material/shuffle:"),
)


def tree_part(shown: Shown) -> None:
    """Draw the part of the Slices page.

    Parameters
    ----------
    shown : Shown
    """
    if not columns_to_compare(shown.predictions):
        no_columns()
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = loss_chooser(shown)
        columns = columns_chooser(shown, f"{_KEY}.columns")
        depth = int(st.select_slider("Conditions at most", range(1, MAX_DEPTH + 1), DEPTH, key=f"{_KEY}.depth", persist_state="session", width=170))  # fmt: skip
        least = float(st.select_slider("Smallest leaf", _LEAST, LEAST_SHARE, key=f"{_KEY}.least", persist_state="session", width=170,
                                       format_func=lambda share: f"{100 * share:g}%"))  # fmt: skip
    try:
        tree = _tree(shown, kind, columns, depth, least)
    except mc.DataError as error:
        sentence(error)
        return
    with st.container(border=True, gap="small"):
        head("Error tree", "Which conditions part the rows where the model fails from the others?")
        _about(tree)
        if len(tree.nodes) > 1:
            _draw(shown, tree)


def _tree(shown: Shown, kind: LossKind, columns: list[str], depth: int, least: float) -> ErrorTree:
    """Grow the tree once for a view."""

    def grow() -> ErrorTree:
        loss, source = loss_of(shown, kind), shown.predictions.source
        return with_bar(_GROWING, lambda tell: error_tree(source, loss, columns, depth=depth, least_share=least, progress=tell))  # fmt: skip

    return made(shown, "tree", kind, tuple(columns), depth, least, make=grow)


def _about(tree: ErrorTree) -> None:
    """Say how the tree was made, how firm its first split is, and what was found."""
    honest = f"Grown on {numbers.rows(tree.rows_grown)}; every number is from the other {numbers.count(tree.rows_judged)}, which it has not seen (seed {tree.seed})."
    if len(tree.nodes) == 1:
        st.markdown(f"**No condition on {'this column' if len(tree.columns) == 1 else f'these {len(tree.columns)} columns'} parts the rows.** {_why_not(tree)}")  # fmt: skip
        st.caption(honest)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _badge(tree)
        st.caption(honest, width="content")
    worst = max((n for n in tree.leaves if n.clear and n.difference > 0), key=lambda n: n.z, default=None)
    if worst is None:
        st.markdown("No leaf is clearly worse than the rest.")
    else:
        st.markdown(
            f"Clearest leaf: **{numbers.plain(' and '.join(worst.path))}** holds {numbers.share(worst.share_of_total)} of all {tree.failures} "
            f"in {numbers.share(worst.share_of_rows)} of the rows: {tree.label.lower()} {numbers.by_unit(worst.value, tree.unit)} "
            f"({ends(worst.low, worst.high, tree.unit)}), elsewhere {numbers.by_unit(worst.rest, tree.unit)}."
        )


def _why_not(tree: ErrorTree) -> str:
    """Say why there is no split."""
    if tree.n_pruned:
        return f"What looked like a difference on one half of the rows was not there on the other ({tree.n_pruned} split{'s' if tree.n_pruned > 1 else ''} taken back, p > {APART:g})."
    if tree.rows_grown < 2 * tree.least:
        return f"There are too few rows: a leaf needs at least {tree.least} of those the tree grows on, and there are {numbers.count(tree.rows_grown)}."
    return f"No split leaves at least {numbers.count(tree.least)} rows on both sides and explains anything."


def _badge(tree: ErrorTree) -> None:
    """Say how often the first split is the same in samples drawn again."""
    if isnan(tree.stability):
        return
    drawn = sum(times for _, times in tree.first_splits)
    same = round(tree.stability * drawn)
    _, name, color, icon = next(look for look in _BADGES if tree.stability >= look[0])
    others = ", ".join(f"{numbers.plain(c)} {n}" for c, n in tree.first_splits)
    st.badge(f"{name}: first split the same in {same} of {drawn} samples", icon=icon, color=color,
             help=f"The growing half was drawn again {drawn} times. Column of the first split: {others}")  # fmt: skip


def _draw(shown: Shown, tree: ErrorTree) -> None:
    """Draw the figure, what a box means, and the way to the rows of a node."""
    names = {" and ".join(node.path): node for node in tree.nodes if node.path}
    if state.chosen(f"{_KEY}.node") not in names:
        state.preset(f"{_KEY}.node", None)
    now = names.get(state.chosen(f"{_KEY}.node") or "")

    def chosen() -> None:
        node = clicked(state.chosen(f"{_KEY}.chart"), tree)
        if node is not None and node.path:
            state.preset(f"{_KEY}.node", " and ".join(node.path))

    st.plotly_chart(error_tree_figure(tree, palette(state.scheme()), chosen=now.index if now else None), theme=None, key=f"{_KEY}.chart", on_select=chosen,
                    selection_mode="points", config=dict(layout.CONFIG), alt=_in_words(tree))  # fmt: skip
    st.caption(f"Colour: {tree.label.lower()}. Filling of the bar before a line: its share of all {tree.failures}. Dots: the {tree.label.lower()} with its 95% interval, large for leaves; dotted: all rows. "
               f"▲ clearly worse than all other rows, ▽ clearly better: q ≤ 0.05, corrected for {tree.n_tested} tests.")  # fmt: skip
    _node_bar(tree, names, now)
    inside = st.expander("Every node as a table", icon=":material/table_rows:", key=f"{_KEY}.numbers", on_change="rerun")  # fmt: skip
    if inside.open:
        with inside:
            st.dataframe(
                node_frame(tree),
                hide_index=True,
                key=f"{_KEY}.table",
                height="content",
                alt="Nodes of the error tree",
            )
    figure_files(shown, f"{_KEY}.chart", f"Error tree of the {tree.label.lower()}", table_of(tree.frame()), key=f"{_KEY}.csv")  # fmt: skip


def _node_bar(tree: ErrorTree, names: dict[str, TreeNode], now: TreeNode | None) -> None:
    """Choose a node without a mouse, see what it says, and go to its rows."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox("Node", list(names), index=None, key=f"{_KEY}.node", placeholder="Choose a node, or click one", label_visibility="collapsed",
                     width=420, format_func=str)  # fmt: skip
        rows_buttons(now.where if now else None, tree.failures, key=_KEY, any_failures=now is None or now.value > 0)  # fmt: skip
    if now is not None:
        st.caption(f"{tree.label} {numbers.by_unit(now.value, tree.unit)} ({ends(now.low, now.high, tree.unit)}), elsewhere {numbers.by_unit(now.rest, tree.unit)}, "
                   f"{q_text(now.q)}; {numbers.share(now.share_of_total)} of all {tree.failures}; {numbers.rows(now.rows)} of the judging half. "
                   "The filter leads to the rows of both halves.")  # fmt: skip


def node_frame(tree: ErrorTree) -> pd.DataFrame:
    """Return the nodes as they are shown in a table.

    Parameters
    ----------
    tree : ErrorTree
    """
    values, elsewhere = (numbers.column([getattr(n, of) for n in tree.nodes], tree.unit) for of in ("value", "rest"))  # fmt: skip
    parts = numbers.shares(n.share_of_total for n in tree.nodes)
    return pd.DataFrame(
        [
            {
                "Conditions": " and ".join(n.path) or "all rows", "Leaf": n.leaf, "Rows": n.rows, tree.label: value,
                "95 %": ends(n.low, n.high, tree.unit), "Elsewhere": rest, "Lift": numbers.number(n.lift),
                f"Of {tree.failures}": part, "Found": q_text(n.q),
            }
            for n, value, rest, part in zip(tree.nodes, values, elsewhere, parts, strict=True)
        ]
    )  # fmt: skip


def _in_words(tree: ErrorTree) -> str:
    """Describe the figure for those who cannot see it."""
    leaves = "; ".join(f"{' and '.join(n.path)}: {numbers.by_unit(n.value, tree.unit)}, {numbers.share(n.share_of_total)} of {tree.failures}" for n in tree.leaves)  # fmt: skip
    return f"Error tree with {len(tree.leaves)} leaves. {leaves}"
