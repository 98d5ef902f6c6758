"""A column cut into named groups of rows, each with the filter that leads to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .cases import BinaryCases
from .columns import numbers
from .errors import DataError
from .filters import Filter, between, equals
from .labels import distinct_count
from .reduce.sliced import sliced_tally
from .source import Source
from .tally import ScoreTally

if TYPE_CHECKING:
    from .predictions import Predictions

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
        Ends of a range; None for a side that is open.
    closed : {"", "left", "both"}
        Which ends belong to the range; empty for what is no range.
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
            return {
                "column": self.column,
                "low": _plain(self.low),
                "high": _plain(self.high),
                "closed": self.closed,
            }
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
        If there is no such column or its cells are nested or binary.
    """
    cells, kind = source.column(column), source.kind(column)
    if pa.types.is_null(cells.type):
        return np.zeros(source.n_rows, dtype=np.int64), [_missing(column)]
    if kind == "other":
        raise DataError(
            f"Column {column!r} holds nested, binary or clock values; rows cannot be grouped by them."
        )
    if pa.types.is_floating(cells.type):  # NaN is a missing cell, and -0.0 equals 0.0
        cells = pc.add(
            pc.if_else(pc.is_nan(cells), pa.scalar(None, cells.type), cells), pa.scalar(0, cells.type)
        )
    if kind == "number":
        return number_levels(column, cells)
    return _values(column, cells, text=kind != "boolean")


def number_levels(
    column: str, cells: pa.ChunkedArray, *, of: str = "", name: str = "", bins: int = 0
) -> tuple[NDArray[np.int64], list[Level]]:
    """Cut numbers into groups: few different ones by value, others at their quantiles.

    Parameters
    ----------
    column : str
    cells : pyarrow.ChunkedArray
        Numbers without NaN.
    of : str
        Which function of the column gave them; empty for its own cells.
    name : str
        What the groups are of, where that is not the column itself.
    bins : int
        At how many quantiles to cut, however few values there are; 0 for the usual rule.

    Returns
    -------
    code : (n_rows,) int64
    groups : list of Level
    """
    if bins or distinct_count(cells) > MAX_DISTINCT_NUMBERS:
        return _ranges(column, cells, of, name, bins or QUANTILE_BINS)
    return _values(column, cells, text=False, of=of, name=name)


def tallies(
    predictions: Predictions,
    columns: Sequence[str],
    *,
    model: str | None = None,
    where: Filter | str | None = None,
) -> tuple[list[Level], ScoreTally]:
    """Count positives and negatives by score in every group of some columns, in one pass over the rows.

    Every metric of every group at every threshold follows from the result: leading axes are free.

    Parameters
    ----------
    predictions : Predictions
        Binary, with a score.
    columns : sequence of str
    model : str, optional
    where : Filter or str, optional

    Returns
    -------
    groups : list of Level
    tally : ScoreTally
        ``(len(groups), D)``, in the order of the groups.

    Raises
    ------
    DataError
        If there is no such column, no score, or more than two classes.

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> frame = pd.DataFrame({"y": [1, 0, 1, 0], "p": [0.9, 0.6, 0.4, 0.1], "sex": ["f", "f", "m", "m"]})
    >>> groups, tally = tallies(mc.read(frame, y_true="y", y_score="p"), ["sex"])
    >>> [group.label for group in groups], tally.outcomes(0.5).tp.tolist()
    (['f', 'm'], [1, 0])
    """
    cases = predictions.judged(model, where)
    if not isinstance(cases, BinaryCases):
        raise DataError("Scores of many classes are counted for one class against the rest: choose a class.")
    if cases.score is None:
        raise DataError("There is no score column. Name one with --y-score.")
    cut = [levels(predictions.source, column) for column in columns]
    tally = sliced_tally(cases, [code[cases.rows] for code, _ in cut], [len(found) for _, found in cut])
    return [level for _, found in cut for level in found], tally


def _values(
    column: str, cells: pa.ChunkedArray, *, text: bool, of: str = "", name: str = ""
) -> tuple[NDArray[np.int64], list[Level]]:
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
        Level(name or column, _shown(values[i]), equals(column, values[i], of=of), value=_plain(values[i]))
        for i in kept
    ]
    place = np.full(len(values) + 1, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    if counts[len(values)]:
        place[len(values)] = len(groups)
        groups.append(_missing(column, name))
    return place[index], groups


def _ranges(
    column: str, cells: pa.ChunkedArray, of: str, name: str, bins: int
) -> tuple[NDArray[np.int64], list[Level]]:
    """At most so many groups of about equal size. Equal values stay together: a frequent one is a group of its own."""
    missing = cells.is_null().to_numpy()
    whole = pa.types.is_integer(cells.type)  # stays so: a float64 cannot tell all large integers apart
    values = cells.fill_null(0).to_numpy() if whole else numbers(cells)
    starts, top = _starts(values[~missing], bins)
    code = np.searchsorted(starts[1:], values, side="right").astype(np.int64)
    groups = ranges(column, [edge.item() for edge in (*starts, top)], of=of, name=name)
    if missing.any():
        code[missing] = len(groups)
        groups.append(_missing(column, name))
    return code, groups


def ranges(column: str, edges: Sequence[Any], *, of: str = "", name: str = "") -> list[Level]:
    """Make a group of each range between two neighbouring edges, the last with both of its ends.

    Parameters
    ----------
    column : str
    edges : sequence of int or of float
        Ascending, all of one type. Ranges of whole numbers are called by the numbers in them: ``0–4`` for ``[0, 5)``.
    of : str
        Which function of the column lies in the ranges.
    name : str
        What the groups are of, where that is not the column itself.
    """
    whole = all(isinstance(edge, int) for edge in edges)
    groups = []
    for i, ((low, high), (first, last)) in enumerate(zip(pairwise(edges), pairwise(_edge_texts(edges)), strict=True)):  # fmt: skip
        closed: Literal["left", "both"] = "both" if i == len(edges) - 2 else "left"
        end = "]" if closed == "both" else ")"
        label = (
            whole_range(low, high if closed == "both" else high - 1) if whole else f"[{first}, {last}{end}"
        )
        where = between(column, low, high, closed, of=of)
        groups.append(Level(name or column, label, where, low=low, high=high, closed=closed))
    return groups


def whole_range(first: int, last: int) -> str:
    """Write the whole numbers from one to another.

    Examples
    --------
    >>> whole_range(0, 4), whole_range(7, 7), whole_range(-9, -5)
    ('0–4', '7', '-9 to -5')
    """
    if first == last:
        return str(first)
    return f"{first} to {last}" if first < 0 else f"{first}–{last}"


def _starts(known: NDArray[Any], bins: int) -> tuple[NDArray[Any], Any]:
    """Return where the ranges start, ascending, and the greatest value."""
    at = np.rint(np.arange(bins + 1) / bins * known.size).astype(np.int64) - 1
    cuts = np.partition(known, at.clip(0))[at.clip(0)]
    found, times = np.unique(cuts[:-1], return_counts=True)
    after = [known[known > value].min() for value in found[times > 1] if value < cuts[-1]]
    starts = np.unique(np.concatenate([found, np.asarray(after, dtype=known.dtype)]))
    return starts[starts < np.inf], cuts[-1]  # a filter cannot say "less than infinite"


def _edge_texts(edges: Sequence[Any]) -> list[str]:
    """Write the edges with as few digits as tell them apart."""
    if all(isinstance(edge, int) for edge in edges):
        return [str(edge) for edge in edges]
    for digits in range(6, 17):
        texts = [f"{edge:.{digits}g}" for edge in edges]
        if len(set(texts)) == len(set(edges)):
            return texts
    return [repr(edge) for edge in edges]


def _missing(column: str, name: str = "") -> Level:
    """Return the group of the cells without a value."""
    return Level(name or column, "(missing)", equals(column, None))


def _shown(value: Any) -> str:
    """Write a value for a page."""
    return "(empty)" if value == "" else str(value).lower() if isinstance(value, bool) else str(value)


def _plain(value: Any) -> Any:
    """Keep what JSON can carry, write the rest (infinities too) as text."""
    carried = value is None or isinstance(value, (str, bool, int)) or (isinstance(value, float) and isfinite(value))  # fmt: skip
    return value if carried else str(value)


if TYPE_CHECKING:
    from .discovery import discover as discover
else:

    def __getattr__(name: str) -> Any:
        """Offer ``slices.discover``, which stands on this module and so cannot be imported by it."""
        if name == "discover":
            from .discovery import discover

            return discover
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
