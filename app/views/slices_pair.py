"""Two columns against each other: in which combination of their groups it fails."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts import layout
from app.charts.column_pairs import clicked, pair_figure
from app.palette import palette
from app.views.figure_card import head, table_of
from app.views.figure_files import figure_files
from app.views.gate import Shown, sentence
from app.views.slice_losses import (
    columns_offered,
    ends,
    loss_chooser,
    loss_of,
    made,
    no_columns,
    q_text,
    rows_buttons,
)
from metrics_core.column_pairs import MOST, ColumnPair, column_pair
from metrics_core.group_means import SMALL
from metrics_core.grouping import grouping
from metrics_core.row_losses import LossKind

_KEY = "slices.pair"
_LISTED = 5


def pair_part(shown: Shown) -> None:
    """Draw the part of the Slices page.

    Parameters
    ----------
    shown : Shown
    """
    every = columns_offered(shown)
    if not every:
        no_columns()
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = loss_chooser(shown)
        first, second = _chooser("Down", "first", every, shown), _chooser("Across", "second", every, shown)
        st.button("Swap", key=f"{_KEY}.swap", icon=":material/swap_horiz:", type="tertiary", on_click=_swap, args=(shown,),
                  disabled=first is None and second is None)  # fmt: skip
    if first is None or second is None or first == second:
        _hint(shown, every, first or second)
        return
    try:
        pair = made(shown, "pair", kind, first, second, make=lambda: _count(shown, kind, first, second))
    except mc.DataError as error:
        sentence(error)
        return
    with st.container(border=True, gap="small"):
        head(
            f"{numbers.plain(first)} × {numbers.plain(second)}",
            "In which combination of the two does it fail?",
        )
        st.markdown(_summary(pair))
        _draw(shown, pair)


def _count(shown: Shown, kind: LossKind, first: str, second: str) -> ColumnPair:
    """Count the table."""
    source = shown.predictions.source
    with st.spinner("Counting the rows of every combination …"):
        return column_pair(grouping(source, first), grouping(source, second), loss_of(shown, kind))


def _key_of(which: str, shown: Shown) -> str:
    """Return the key of one of the two boxes."""
    return f"{_KEY}.{which}.{shown.predictions.name}"


def _chooser(label: str, which: str, every: list[str], shown: Shown) -> str | None:
    """Let the user choose one of the two columns."""
    key = _key_of(which, shown)
    if state.chosen(key) not in every:
        state.preset(key, None)
    return st.selectbox(label, every, index=None, key=key, persist_state="session", placeholder="Choose a column", width=220, format_func=str)  # fmt: skip


def _swap(shown: Shown) -> None:
    """Exchange the two columns."""
    one, two = _key_of("first", shown), _key_of("second", shown)
    held = state.chosen(one), state.chosen(two)
    state.preset(one, held[1])
    state.preset(two, held[0])


def _hint(shown: Shown, every: list[str], one: str | None) -> None:
    """Stand in for the table until two columns are chosen; offer the first two."""
    if len(every) < 2:
        st.caption(f"Besides {numbers.plain(every[0])} this file has no column to group the rows by, so there are no two to compare.")  # fmt: skip
        return

    def take(columns: list[str]) -> None:
        for which, column in zip(("first", "second"), columns, strict=True):
            state.preset(_key_of(which, shown), column)

    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader(
            "Choose two columns" if one is None else "Choose a second column", anchor=False, width="content"
        )
        st.caption("Every pair of their groups becomes a cell: its colour is how often the model fails there, its number how many rows it holds.", width="content")  # fmt: skip
        if one is None:
            st.button(f"Take {numbers.plain(every[0])} and {numbers.plain(every[1])}", key=f"{_KEY}.start", type="primary", icon=":material/grid_on:",
                      on_click=take, args=(every[:2],))  # fmt: skip
        st.space("small")


def _summary(pair: ColumnPair) -> str:
    """Say what the table shows."""
    worse = [at for at in _by_clarity(pair) if pair.difference[at] > 0]
    tested = f"Tested {numbers.count(pair.n_tested)} combination{'s' if pair.n_tested != 1 else ''} of at least {SMALL} rows"
    if not worse:
        return f"{tested}: none is clearly worse than all other rows."
    first, second = pair.names()
    i, j = worse[0]
    return (
        f"{tested}: {len(worse)} {'is' if len(worse) == 1 else 'are'} clearly worse than all other rows. Clearest: **{numbers.plain(first[i])}, {numbers.plain(second[j])}** "
        f"with {numbers.by_unit(float(pair.value[i, j]), pair.unit)} ({ends(float(pair.low[i, j]), float(pair.high[i, j]), pair.unit)}), "
        f"elsewhere {numbers.by_unit(float(pair.rest[i, j]), pair.unit)}, {numbers.share(float(pair.share_of_total[i, j]))} of all {pair.failures}."
    )


def _by_clarity(pair: ColumnPair) -> list[tuple[int, int]]:
    """List the cells that differ clearly, the least explained by chance first."""
    at = [
        (i, j) for i in range(pair.rows.shape[0]) for j in range(pair.rows.shape[1]) if pair.q[i, j] <= 0.05
    ]
    return sorted(at, key=lambda cell: (pair.q[cell], -abs(pair.difference[cell])))


def _draw(shown: Shown, pair: ColumnPair) -> None:
    """Draw the table, what its marks mean, and the way to the rows of a cell."""
    first, second = pair.names()
    named = [[name for name, level in zip(names, of, strict=True) if level is not None]
             for names, of in ((first, pair.rows_of), (second, pair.columns_of))]  # fmt: skip
    keys = f"{_KEY}.row", f"{_KEY}.column"
    for key, names in zip(keys, named, strict=True):
        if state.chosen(key) not in names:
            state.preset(key, None)

    def chosen() -> None:
        cell = clicked(state.chosen(f"{_KEY}.chart"), pair)
        if cell is not None and pair.where(*cell) is not None:
            state.preset(keys[0], first[cell[0]])
            state.preset(keys[1], second[cell[1]])

    st.plotly_chart(pair_figure(pair, palette(state.scheme())), theme=None, key=f"{_KEY}.chart", on_select=chosen, selection_mode="points",
                    config=dict(layout.CONFIG), alt=_in_words(pair))  # fmt: skip
    st.caption(" ".join(_notes(pair)))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        boxes = [st.selectbox(title, names, index=None, key=key, placeholder=f"{title}: choose, or click a cell", label_visibility="collapsed",
                              width=230, format_func=str)
                 for title, names, key in zip((pair.first, pair.second), named, keys, strict=True)]  # fmt: skip
        at = None if None in boxes else (first.index(boxes[0]), second.index(boxes[1]))
        held = at is not None and bool(pair.rows[at])
        rows_buttons(pair.where(*at) if at is not None and held else None, pair.failures, key=_KEY,
                     any_failures=not held or at is None or bool(pair.value[at] > 0))  # fmt: skip
    if at is not None:
        st.caption(_cell_line(pair, at))
    inside = st.expander("The cells that differ, as a table", icon=":material/table_rows:", key=f"{_KEY}.numbers", on_change="rerun")  # fmt: skip
    if inside.open:
        with inside:
            st.dataframe(cell_frame(pair), hide_index=True, key=f"{_KEY}.table", alt="Combinations that differ clearly from all other rows")  # fmt: skip
    figure_files(shown, f"{_KEY}.chart", f"{pair.label} by {pair.first} and {pair.second}", table_of(pair.frame()), key=f"{_KEY}.csv")  # fmt: skip


def _notes(pair: ColumnPair) -> list[str]:
    """Say what the marks mean and what is left out."""
    said = [
        f"Colour: {pair.label.lower()}; number: rows, in parentheses where fewer than {SMALL}; blank: no row has both."
    ]
    if None in (*pair.rows_of, *pair.columns_of):
        said.append(
            f"Of a column the {MOST} largest groups have a line of their own; (other) is all the rest."
        )
    return said


def _cell_line(pair: ColumnPair, at: tuple[int, int]) -> str:
    """Say what one cell holds."""
    if not pair.rows[at]:
        return "No row has both."
    return (
        f"{pair.label} {numbers.by_unit(float(pair.value[at]), pair.unit)} ({ends(float(pair.low[at]), float(pair.high[at]), pair.unit)}), "
        f"elsewhere {numbers.by_unit(float(pair.rest[at]), pair.unit)}, {q_text(float(pair.q[at]))}; {numbers.rows(int(pair.rows[at]))}, "
        f"{numbers.share(float(pair.share_of_total[at]))} of all {pair.failures}."
    )


def cell_frame(pair: ColumnPair) -> pd.DataFrame:
    """Return the cells that differ clearly, as they are shown in a table.

    Parameters
    ----------
    pair : ColumnPair
    """
    first, second = pair.names()
    columns = (
        pair.first,
        pair.second,
        "Rows",
        pair.label,
        "95 %",
        "Elsewhere",
        f"Of {pair.failures}",
        "Found",
    )
    cells = _by_clarity(pair)
    values, elsewhere = (numbers.column([float(of[i, j]) for i, j in cells], pair.unit) for of in (pair.value, pair.rest))  # fmt: skip
    parts = numbers.shares(float(pair.share_of_total[i, j]) for i, j in cells)
    rows = [
        (first[i], second[j], int(pair.rows[i, j]), value,
         ends(float(pair.low[i, j]), float(pair.high[i, j]), pair.unit), rest,
         part, f"{'worse' if pair.difference[i, j] > 0 else 'better'}, {q_text(float(pair.q[i, j]))}")
        for (i, j), value, rest, part in zip(cells, values, elsewhere, parts, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(columns))


def _in_words(pair: ColumnPair) -> str:
    """Describe the figure for those who cannot see it."""
    first, second = pair.names()
    worst = "; ".join(f"{first[i]}, {second[j]}: {numbers.by_unit(float(pair.value[i, j]), pair.unit)} of {numbers.rows(int(pair.rows[i, j]))}"
                      for i, j in _by_clarity(pair)[:_LISTED])  # fmt: skip
    return f"{pair.label} of every combination of {pair.first} and {pair.second}. {worst or 'No combination differs clearly.'}"
