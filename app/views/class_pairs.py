"""The most frequent confusions: which class was taken for which, and how much of all mistakes that is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.views.gate import Shown
from metrics_core.metrics.counts import ratio

#: Pairs that are listed; the download has all.
MOST = 100
# Pairs up to which the table does not scroll.
_AT_ONCE = 13
_COLUMNS = ("True class", "Taken for", "Rows", "Share of mistakes", "Together")


def pair_frame(shown: Shown) -> pd.DataFrame:
    """Return every pair of classes that was confused, the most frequent first; equals in file order.

    Parameters
    ----------
    shown : Shown
        All classes together.

    Returns
    -------
    pandas.DataFrame
        Columns ``True class``, ``Taken for``, ``Rows`` (or the sum of their weights), ``Share of mistakes`` and
        ``Together``: the share of all mistakes down to this pair, 0 to 1.
    """
    tally, labels = shown.of_model.confusion, shown.predictions.labels
    wrong = np.flatnonzero((tally.true != tally.predicted) & (tally.counts > 0))
    order = wrong[np.argsort(-tally.counts[wrong], kind="stable")]
    rows = tally.counts[order]
    share = rows / rows.sum() if rows.size else np.zeros(0)
    columns = (
        [labels[code] for code in tally.true[order].tolist()],
        [labels[code] for code in tally.predicted[order].tolist()],
        rows,
        share,
        np.minimum(np.cumsum(share), 1.0),
    )
    return pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True)))


def every_pair(shown: Shown) -> pa.Table:
    """Return the whole matrix as a table: every pair of a true and a predicted class that occurs, right ones too.

    Parameters
    ----------
    shown : Shown
        All classes together.

    Returns
    -------
    pyarrow.Table
        Columns ``actual``, ``predicted``, ``rows`` (or the sum of their weights), and its share of the actual class,
        the predicted class and all, 0 to 1.
    """
    tally, labels = shown.of_model.confusion, shown.predictions.labels
    n = tally.counts
    return pa.table(
        {
            "actual": [labels[code] for code in tally.true.tolist()],
            "predicted": [labels[code] for code in tally.predicted.tolist()],
            "rows": n,
            "share_of_actual": ratio(n, tally.support[tally.true]),
            "share_of_predicted": ratio(n, tally.decided[tally.predicted]),
            "share_of_all": ratio(n, tally.total),
        }
    )


def pair_table(shown: Shown, *, key: str, height: int = 440) -> tuple[str, str] | None:
    """Draw the table and return the pair that was clicked: the true class and what it was taken for.

    Parameters
    ----------
    shown : Shown
        All classes together.
    key : str
        Of the widget.
    height : int
        In pixels, of a table that scrolls because it has many pairs.
    """
    frame = pair_frame(shown)
    if frame.empty:
        st.caption("No class was taken for another: every row here is predicted right.")
        return None
    listed = frame.head(MOST)
    weighted = shown.predictions.roles.weight is not None
    columns = st.column_config
    event = st.dataframe(
        listed.assign(**{name: 100 * listed[name] for name in _COLUMNS[3:]}),
        key=key,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height="content" if len(listed) <= _AT_ONCE else height,
        column_config={
            "True class": columns.TextColumn(),
            "Taken for": columns.TextColumn(),
            "Rows": columns.NumberColumn("Weight" if weighted else "Rows", format="%,.1f" if weighted else "%,d", width=60),
            "Share of mistakes": columns.NumberColumn("Share", format="%.1f%%", width=65, help="Share of all mistakes"),
            "Together": columns.ProgressColumn(format="%.1f%%", min_value=0, max_value=100, width=110,
                                               help="Share of all mistakes, this pair and all above it"),
        },
        alt="The most frequent confusions",
    )  # fmt: skip
    n = numbers.count(len(frame))
    st.caption(
        (f"The {MOST} most frequent of {n} confusions. " if len(frame) > MOST else "")
        + "Click a row to see its rows."
    )
    chosen = event["selection"]["rows"] if event else []
    if not chosen or chosen[0] >= len(listed):
        return None
    return str(listed["True class"].iloc[chosen[0]]), str(listed["Taken for"].iloc[chosen[0]])


def cell_chooser(shown: Shown, *, key: str, width: int = 155) -> tuple[str, str] | None:
    """Choose a cell by its two classes, without a mouse; return it when its rows are asked for.

    Parameters
    ----------
    shown : Shown
        All classes together.
    key : str
        Begins the keys of the widgets.
    width : int
        Of each chooser, in pixels.
    """
    labels, tally = list(shown.predictions.labels), shown.of_model.confusion
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        true = st.selectbox("True class", labels, index=None, key=f"{key}.true", placeholder="True class",
                            label_visibility="collapsed", persist_state="session", width=width)  # fmt: skip
        predicted = st.selectbox("Taken for", labels, index=None, key=f"{key}.predicted", placeholder="Predicted as",
                                 label_visibility="collapsed", persist_state="session", width=width)  # fmt: skip
        if true not in labels or predicted not in labels:
            st.button("Show rows", key=f"{key}.show", disabled=True, icon=":material/list_alt:")
            return None
        cell = (tally.true == labels.index(true)) & (tally.predicted == labels.index(predicted))
        any_row = bool(tally.counts[cell].any())
        label = "Show rows" if any_row else "No rows"
        pressed = st.button(label, key=f"{key}.show", disabled=not any_row, icon=":material/list_alt:")
    return (true, predicted) if pressed else None


def to_the_cell(cell: tuple[str, str]) -> None:
    """Go to the rows of one cell of the matrix."""
    state.change(true=cell[0], predicted=cell[1], rows="")
    st.switch_page("pages/examples.py", query_params=state.link())
