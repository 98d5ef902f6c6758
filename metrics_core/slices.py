"""A column cut into named groups of rows, each with the filter that leads to them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .columns import numbers
from .filters import Filter, between, equals
from .source import Source

#: A number column with more different values is cut at its quantiles.
MAX_DISTINCT_NUMBERS = 10
QUANTILE_BINS = 5
MAX_LEVELS = 200


@dataclass(frozen=True)
class Level:
    """One group of a column.

    Attributes
    ----------
    column : str
    label : str
        How pages call it.
    where : Filter
        The rows it holds.
    value : object
        The cell's value; None for missing cells and for ranges.
    low, high : float, optional
        Ends of a range.
    closed : {"", "left", "both"}
    """

    column: str
    label: str
    where: Filter
    value: Any = None
    low: float | None = None
    high: float | None = None
    closed: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the group as it stands in the JSON contract."""
        if self.closed:
            return {"column": self.column, "low": self.low, "high": self.high, "closed": self.closed}
        return {"column": self.column, "value": self.value}


def levels(source: Source, column: str) -> tuple[NDArray[np.int64], list[Level]]:
    """Cut a column into groups.

    Number columns with more than 10 different values are cut at their quintiles, all others by value (the 200
    most frequent). Missing cells are a group of their own.

    Returns
    -------
    code : (n_rows,) int64
        Index into the groups for each row of the source; -1 for values beyond the 200.
    groups : list of Level

    Raises
    ------
    DataError
        If there is no such column.
    """
    cells = source.column(column)
    if source.kind(column) == "number" and pc.count_distinct(cells).as_py() > MAX_DISTINCT_NUMBERS:
        return _ranges(column, numbers(cells))
    return _values(column, cells, text=source.kind(column) not in ("number", "boolean"))


def _values(column: str, cells: pa.ChunkedArray, *, text: bool) -> tuple[NDArray[np.int64], list[Level]]:
    """One group a value, in the order of the values."""
    encoded = pa.chunked_array([cells.combine_chunks()]).dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    values = encoded.dictionary.to_pylist()
    index = encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False).astype(np.int64)
    counts = np.bincount(index, minlength=len(values) + 1)
    frequent = np.argsort(-counts[: len(values)], kind="stable")[:MAX_LEVELS].tolist()
    kept = sorted(frequent, key=lambda i: str(values[i]) if text else values[i])
    groups = [
        Level(column, _shown(values[i]), equals(column, values[i]), value=_plain(values[i])) for i in kept
    ]
    place = np.full(len(values) + 1, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    if counts[len(values)]:
        place[len(values)] = len(groups)
        groups.append(Level(column, "(missing)", equals(column, None)))
    return place[index], groups


def _ranges(column: str, values: NDArray[np.float64]) -> tuple[NDArray[np.int64], list[Level]]:
    """Five groups of about equal size; equal values stay together."""
    known = values[~np.isnan(values)]
    edges = np.unique(
        np.quantile(known, np.arange(QUANTILE_BINS + 1) / QUANTILE_BINS, method="closest_observation")
    )
    inner = edges[1:-1]
    code = np.searchsorted(inner, values, side="right").astype(np.int64)
    groups = []
    for i, (low, high) in enumerate(pairwise(edges)):
        closed = "both" if i == len(edges) - 2 else "left"
        end = "]" if closed == "both" else ")"
        groups.append(Level(column, f"[{low:g}, {high:g}{end}", between(column, float(low), float(high), closed),  # type: ignore[arg-type]  # one of its words
                            low=float(low), high=float(high), closed=closed))  # fmt: skip
    if np.isnan(values).any():
        code[np.isnan(values)] = len(groups)
        groups.append(Level(column, "(missing)", equals(column, None)))
    return code, groups


def _shown(value: Any) -> str:
    """Write a value for a page."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(value: Any) -> Any:
    """Keep what JSON can carry, write the rest as text."""
    return value if isinstance(value, (str, int, float, bool)) else str(value)
