"""What it costs to take one class for another, as a table to fill in: every cell of few classes, single pairs of many."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st
from numpy.typing import NDArray

import metrics_core as mc
from app import numbers, state
from app.views import export
from app.views.class_pairs import pair_frame
from app.views.gate import Shown
from metrics_core.decisions.class_costs import ClassCosts

#: Classes up to which every cell can be filled in.
FEW = 12
# Of more classes, the most frequent confusions that stand in the list of pairs at first.
_AT_FIRST = 5
_TRUE, _TAKEN, _COST = "True class", "Taken for", "Cost"
_KEY = "costs"
_ENDINGS = ("csv", "tsv", "txt")


@dataclass(eq=False)
class _Kept:
    """What a session knows of the costs of a data set.

    Attributes
    ----------
    labels : tuple of K str
        Of these classes; other ones start again.
    start : (K, K) float64
        What the table on the page started from.
    now : (K, K) float64
        What it holds now.
    pairs, pairs_now : pandas.DataFrame
        The list of pairs, of many classes.
    round : int
        How often the table was drawn anew.
    wrong : str
        Why the last file could not be read.
    """

    labels: tuple[str, ...]
    start: NDArray[np.float64]
    now: NDArray[np.float64]
    pairs: pd.DataFrame
    pairs_now: pd.DataFrame
    round: int = 0
    wrong: str = ""

    def restart(self, cost: NDArray[np.float64]) -> None:
        """Let the table start from other costs."""
        self.start = self.now = cost
        self.pairs = self.pairs_now = self.pairs.assign(**{_COST: _of_pairs(self.pairs, self.labels, cost)})
        self.round += 1
        self.wrong = ""


def class_cost_form(shown: Shown) -> ClassCosts:
    """Draw the table of costs and return what it says.

    Parameters
    ----------
    shown : Shown
        All classes together.

    Raises
    ------
    DataError
        If a cost is missing or infinite, a pair is listed twice, or no decision makes a difference.
    """
    kept = _kept(shown)
    few = len(kept.labels) <= FEW
    drawn = f"{_KEY}.{'table' if few else 'pairs'}.{shown.predictions.name}.{kept.round}"
    if state.chosen(drawn) is None:  # the page was left: the table starts from what it held then
        if few:
            kept.start = kept.now
        kept.pairs = kept.pairs_now  # what is taken off the list later costs what it did at the start
    if kept.wrong:
        st.error(numbers.plain(kept.wrong), icon=":material/error:")
    cost = _table(kept, drawn) if few else _pairs(kept, drawn)
    _ways(shown, kept, cost)
    return ClassCosts.read(cost, kept.labels)


def _kept(shown: Shown) -> _Kept:
    """Find what is known of these classes, or start with 0 for right and 1 for wrong."""
    key, labels = f"{_KEY}.{shown.predictions.name}", shown.predictions.labels
    known = state.chosen(key)
    if isinstance(known, _Kept) and known.labels == labels:
        return known
    equal = ClassCosts.equal(labels).cost
    pairs = pair_frame(shown).head(_AT_FIRST)[[_TRUE, _TAKEN]].assign(**{_COST: 1.0}).reset_index(drop=True)
    found = _Kept(labels, equal, equal, pairs, pairs)
    state.preset(key, found)
    return found


def _table(kept: _Kept, key: str) -> NDArray[np.float64]:
    """Draw every cell; return the costs, NaN where a cell is empty."""
    # labels may be any text: they are names of columns for the eye only
    names = [str(i) for i in range(len(kept.labels))]
    frame = pd.DataFrame(kept.start, columns=names)
    frame.insert(0, "true", list(kept.labels))
    columns = st.column_config
    config = {"true": columns.TextColumn("True class", disabled=True, pinned=True, width=130)} | {
        name: columns.NumberColumn(label or "(empty)", width=55, help=f"Cost of a row taken for {label}")
        for name, label in zip(names, kept.labels, strict=True)
    }
    st.caption("Rows are the true classes, columns what a row is taken for.")
    edited = st.data_editor(frame, key=key, hide_index=True, column_config=config, height="content",
                            alt="Costs: a row for each true class, a column for each class it may be taken for")  # fmt: skip
    kept.now = edited[names].to_numpy(dtype=np.float64, na_value=np.nan)
    return kept.now


def _pairs(kept: _Kept, key: str) -> NDArray[np.float64]:
    """Draw the list of pairs with a cost of their own; return all costs."""
    labels, columns = list(kept.labels), st.column_config
    rest = (
        "A right answer costs 0 and a mistake 1"
        if (kept.start == ClassCosts.equal(kept.labels).cost).all()
        else "As in the table that was read"
    )
    st.caption(
        f"{rest}, but for these pairs; at first they are the most frequent confusions. Add rows at the end."
    )
    edited = st.data_editor(
        kept.pairs, key=key, hide_index=True, num_rows="dynamic", height="content", alt="Pairs of classes with a cost of their own",
        column_config={_TRUE: columns.SelectboxColumn(options=labels), _TAKEN: columns.SelectboxColumn(options=labels),
                       _COST: columns.NumberColumn(width=90)},
    )  # fmt: skip
    kept.pairs_now = edited.reset_index(drop=True)
    whole = edited.dropna()
    if len(whole) < len(edited):
        left = len(edited) - len(whole)
        st.caption(f"{numbers.rows(left)} of the list {'lacks' if left == 1 else 'lack'} a class or a cost and so change nothing yet.")  # fmt: skip
    cost = kept.start.copy()
    twice = whole.duplicated([_TRUE, _TAKEN])
    if twice.any():
        true, taken = whole.loc[twice, [_TRUE, _TAKEN]].iloc[0]
        raise mc.DataError(f"True {true!r} taken for {taken!r} is in the list twice. Keep one of them.")
    cost[[labels.index(x) for x in whole[_TRUE]], [labels.index(x) for x in whole[_TAKEN]]] = whole[_COST]
    kept.now = cost
    return cost


def _of_pairs(pairs: pd.DataFrame, labels: Sequence[str], cost: NDArray[np.float64]) -> list[float]:
    """Look the pairs of the list up in a table; a row without a class has no cost."""
    code = {label: i for i, label in enumerate(labels)}
    found = zip(pairs[_TRUE].map(code), pairs[_TAKEN].map(code), strict=True)
    return [np.nan if np.isnan(i) or np.isnan(j) else float(cost[int(i), int(j)]) for i, j in found]


def _ways(shown: Shown, kept: _Kept, cost: NDArray[np.float64]) -> None:
    """Offer to read a table, to save this one, and to start again."""
    upload = f"{_KEY}.file.{shown.predictions.name}.{kept.round}"

    def read() -> None:
        file = state.chosen(upload)
        if file is None:
            return
        try:
            kept.restart(_read(file.name, file.getvalue(), kept.labels))
        except mc.DataError as error:
            kept.wrong = str(error)

    def again() -> None:
        kept.restart(ClassCosts.equal(kept.labels).cost)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.popover("Read a table", icon=":material/upload_file:", type="tertiary", key=f"{_KEY}.upload"):
            st.caption("A CSV file: the first line names the predicted classes, each further line a true class and its costs.")  # fmt: skip
            st.file_uploader("Table of costs", type=_ENDINGS, key=upload, on_change=read, label_visibility="collapsed")  # fmt: skip
        st.download_button("Costs as CSV", lambda: export.csv(cost_table(cost, kept.labels)), export.file_name(shown.predictions.name, "costs", ending="csv"),
                           "text/csv", key=f"{_KEY}.csv", on_click="ignore", type="tertiary", icon=":material/download:",
                           help="To change it elsewhere and read it again")  # fmt: skip
        st.button("0 right, 1 wrong", key=f"{_KEY}.again", icon=":material/restart_alt:", type="tertiary", on_click=again,
                  help="Start again: every mistake costs the same")  # fmt: skip


def cost_table(cost: NDArray[np.float64], labels: Sequence[str]) -> pa.Table:
    """Write costs as the table that can be read again: a line for each true class, an empty cell where none is."""
    names = ["true", *labels]
    columns = [pa.array(list(labels)), *(pa.array(cost[:, i], from_pandas=True) for i in range(len(labels)))]
    return pa.Table.from_arrays(columns, names=names)


def _read(name: str, content: bytes, labels: Sequence[str]) -> NDArray[np.float64]:
    """Read an uploaded table; it is on disk only while it is read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (PurePath(name).name or "costs.csv")
        path.write_bytes(content)
        return ClassCosts.read(path, tuple(labels)).cost
