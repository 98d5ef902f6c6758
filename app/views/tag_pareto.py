"""Which tags are most frequent among the rows shown, by the groups of a column if somebody wants."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts import layout
from app.charts.pareto import ParetoBar, clicked, pareto
from app.palette import Palette
from app.state.annotations import Annotated
from app.views.figure_files import figure_files
from app.views.gate import Shown
from metrics_core.cases import IntArray
from metrics_core.grouping import Grouping, columns_to_compare, grouping

_COLUMN, _CHART = "pareto.column", "pareto.chart"
#: Tags that are drawn, and groups that are told apart; the rest is one group.
_MOST_BARS, _MOST_GROUPS = 15, 6


def tag_pareto(shown: Shown, rows: IntArray, annotated: Annotated, palette: Palette) -> None:
    """Draw the tags of some rows, given by position."""
    columns = columns_to_compare(shown.predictions)
    if state.chosen(_COLUMN) not in columns:
        state.preset(_COLUMN, None)
    column = st.selectbox(
        "By groups of", columns, index=None, key=_COLUMN, placeholder="no column", width=260, format_func=str
    )
    bars, groups = pareto_of(rows, annotated, grouping(shown.predictions.source, column) if column else None)
    if not bars:
        st.caption("None of the rows shown has a tag yet.")
        return

    def answer() -> None:
        bar = clicked(state.chosen(_CHART), bars)
        if bar is not None:
            state.annotations.choose_marks(f"tag:{bar.name}")

    drawn = bars[:_MOST_BARS]
    first = bars[0]
    st.plotly_chart(pareto(drawn, groups, palette), theme=None, config=dict(layout.CONFIG), key=_CHART, on_select=answer, selection_mode="points",
                    alt=f"Tags by rows: {', '.join(f'{bar.name} {bar.rows}' for bar in drawn)}")  # fmt: skip
    tagged = sum(bool(annotated.names(row)) for row in np.intersect1d(rows, annotated.positions).tolist())
    left = f" {numbers.count(len(bars) - len(drawn))} more are in the data." if len(bars) > len(drawn) else ""
    st.caption(
        f"{numbers.rows(tagged)} of the {numbers.count(rows.size)} shown {'has' if tagged == 1 else 'have'} a tag; {numbers.plain(first.name)} is on "
        f"{numbers.plain(numbers.share(first.rows / tagged))} of them. A row with several tags counts for each.{left} Click a bar, or choose under Written about, to see its rows."
    )
    table = {
        "tag": [bar.name for bar in bars],
        "rows": [bar.rows for bar in bars],
        "covered": [bar.covered for bar in bars],
    }
    if column:
        table |= {f"{column}: {name}": [bar.parts[g] for bar in bars] for g, name in enumerate(groups)}
    figure_files(shown, _CHART, "Tags", pa.table(table), key="pareto.csv")


def pareto_of(rows: IntArray, annotated: Annotated, by: Grouping | None) -> tuple[list[ParetoBar], list[str]]:
    """Count the tags of rows.

    Parameters
    ----------
    rows : (m,) int64
        Positions in the table.
    annotated : Annotated
    by : Grouping, optional
        Cuts each bar; the largest groups among the tagged rows are told apart.

    Returns
    -------
    list of ParetoBar
        The most frequent first, equals in the order of the taxonomy; tags without a row are left out.
    list of str
        What the parts of each bar are.
    """
    of_tag = {
        tag.name: np.intersect1d(rows, annotated.rows_of(tag.id)) for tag in annotated.every.tags.values()
    }
    order = sorted((name for name in of_tag if of_tag[name].size), key=lambda name: -of_tag[name].size)
    every = (
        np.unique(np.concatenate([of_tag[name] for name in order])) if order else np.zeros(0, dtype=np.int64)
    )
    part, groups = _parts(every, by)
    bars, covered = [], np.zeros(0, dtype=np.int64)
    for name in order:
        covered = np.union1d(covered, of_tag[name])
        parts = np.bincount(part[np.searchsorted(every, of_tag[name])], minlength=len(groups))
        bars.append(ParetoBar(name, int(of_tag[name].size), tuple(parts.tolist()), covered.size / every.size))
    return bars, groups


def _parts(rows: IntArray, by: Grouping | None) -> tuple[IntArray, list[str]]:
    """Return the group of each row, and what the groups are called."""
    if by is None:
        return np.zeros(rows.size, dtype=np.int64), [""]
    code = by.code[rows].astype(np.int64)
    sizes = np.bincount(code, minlength=by.n_groups)
    present = np.flatnonzero(sizes[:-1]).tolist()
    kept = sorted(sorted(present, key=lambda g: -int(sizes[g]))[:_MOST_GROUPS])
    place = np.full(by.n_groups, len(kept), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    names = [by.levels[g].label for g in kept]
    return place[code], names + (["all others"] if rows.size > sizes[kept].sum() else [])
