"""The series of a table of forecasts and of its history, numbered together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .cases import IntArray
from .errors import DataError, did_you_mean
from .labels import read_labels
from .renumbered import renumbered
from .source import Source

#: How the names of several columns are put together to that of a series.
_JOINED = " · "


def numbered_series(
    sources: Sequence[Source], columns: Sequence[str]
) -> tuple[tuple[str, ...], list[IntArray]]:
    """Number the series of several tables.

    Parameters
    ----------
    sources : sequence of Source
        The table of forecasts, and the history when it is apart.
    columns : sequence of str
        Those that together name a series; without any all rows are one.

    Returns
    -------
    names : tuple of str
    codes : list of (n_rows,) int64
        For each table the series of every row; -1 where a name is missing.

    Raises
    ------
    DataError
        If a table lacks one of the columns.
    """
    codes = [np.zeros(source.n_rows, dtype=np.int64) for source in sources]
    ends = np.cumsum([source.n_rows for source in sources])[:-1]
    names: list[str] = [""]
    for column in columns:
        for source in sources:
            if column not in source.names:
                raise DataError(f"The history '{source.name}' has no column {column!r}, which names the series. {did_you_mean(column, source.names)} Call it in the history as in the table of forecasts.")  # fmt: skip
        read = [read_labels(source.column(column)) for source in sources]
        labels = tuple(dict.fromkeys(name for r in read for name in r.names))
        place = {name: i for i, name in enumerate(labels)}
        for i, r in enumerate(read):
            code = np.array([*(place[name] for name in r.names), -1], dtype=np.int64)[r.code]
            codes[i] = np.where((codes[i] < 0) | (code < 0), -1, codes[i] * len(labels) + code)
        found, numbered = renumbered(np.concatenate(codes))
        names = ["" if c < 0 else _joined(names[c // len(labels)], labels[c % len(labels)]) for c in found.tolist()]  # fmt: skip
        lost = int(found.size > 0 and found[0] < 0)
        names, codes = names[lost:], np.split(numbered - lost, ends)
    return tuple(names), codes


def _joined(*parts: str) -> str:
    """Put the parts of a name together."""
    return _JOINED.join(part for part in parts if part)
