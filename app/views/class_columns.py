"""Which column holds the probability of which class: found by a prefix, shown as a table, or chosen one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from metrics_core.source import Source

_HEIGHT, _ROWS_IN_SIGHT = 31, 6


def prefixes_of(source: Source, labels: Sequence[str]) -> list[str]:
    """List the prefixes under which every label has a column of numbers.

    Parameters
    ----------
    source : Source
    labels : sequence of str

    Returns
    -------
    list of str
    """
    found: dict[str, set[str]] = {}
    for name in number_columns(source):
        for label in labels:
            if name.endswith(label) and len(name) > len(label):
                found.setdefault(name[: -len(label)], set()).add(label)
    return sorted(prefix for prefix, has in found.items() if len(has) == len(labels))


def prefix_of(proba: Sequence[tuple[str, str]]) -> str:
    """Return what stands before the class in the names of all columns; empty when they share nothing.

    Examples
    --------
    >>> prefix_of([("cat", "p_cat"), ("dog", "p_dog")])
    'p_'
    >>> prefix_of([("cat", "p_cat"), ("dog", "dogness")])
    ''
    """
    found = {column.removesuffix(label) if column.endswith(label) else "" for label, column in proba}
    return found.pop() if len(found) == 1 else ""


def number_columns(source: Source) -> list[str]:
    """List the columns of numbers."""
    return [column.name for column in source.columns if column.kind == "number"]


def by_prefix(source: Source, labels: Sequence[str], prefixes: Sequence[str]) -> pd.DataFrame:
    """Return for each class the column each prefix leads to; empty where there is none."""
    names = set(source.names)
    columns = {f"{p}…": [p + label if p + label in names else None for label in labels] for p in prefixes}
    return pd.DataFrame({"Class": list(labels), **columns})


def shown_by_prefix(source: Source, labels: Sequence[str], prefixes: Sequence[str]) -> None:
    """Show which columns the prefixes lead to."""
    st.dataframe(by_prefix(source, labels, prefixes), hide_index=True, height=_height(labels), row_height=_HEIGHT, placeholder="no such column",
                 alt="Column of the probability of each class")  # fmt: skip


def chosen_one_by_one(
    source: Source, labels: Sequence[str], now: Mapping[str, str], key: str
) -> dict[str, str]:
    """Choose the column of each class in a table; classes without one are left out.

    Parameters
    ----------
    source : Source
    labels : sequence of str
    now : mapping of str to str
        Class to column, as the table starts.
    key : str
    """
    frame = pd.DataFrame({"Class": list(labels), "Column": [now.get(label) for label in labels]}, dtype=str)
    edited = st.data_editor(
        frame,
        key=key,
        hide_index=True,
        height=_height(labels),
        row_height=_HEIGHT,
        disabled=["Class"],
        placeholder="none",
        column_config={"Column": st.column_config.SelectboxColumn(options=number_columns(source))},
        alt="Choose the column of the probability of each class",
    )
    return {
        str(label): str(column)
        for label, column in zip(edited["Class"], edited["Column"], strict=True)
        if not pd.isna(column)
    }


def _height(labels: Sequence[str]) -> int:
    """A few classes at once; the others are scrolled to."""
    return _HEIGHT * (min(len(labels), _ROWS_IN_SIGHT) + 1) + 3
