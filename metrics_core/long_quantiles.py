"""A table with a row for each predicted quantile, made into one with a row for each prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .checks import Finding, rows_of
from .errors import DataError, example_rows
from .labels import read_labels
from .role_names import QUANTILE_LEVEL_NAMES, decision_points, joined
from .source import Source, open_source
from .tally.outcomes import FloatArray

#: A column of levels has so many different ones.
_FEWEST, _MOST = 3, 200
#: Central intervals that are offered where both of their ends are predicted.
_INTERVALS = (0.5, 0.8, 0.9, 0.95)
_CLOSE = 1e-9


@dataclass(frozen=True, eq=False)
class Widened:
    """A table with a row for each prediction.

    Attributes
    ----------
    source : Source
        Without the column of levels; the predictions are the medians, and each level has a column of its own.
    level, y_pred : str
        The columns of levels and of predictions.
    quantile : dict of str to str
        Level to column.
    interval : dict of str to (str, str)
        Level of a central interval to the columns of its ends.
    reason : str
        Why the column was taken for levels.
    """

    source: Source
    level: str
    y_pred: str
    quantile: dict[str, str]
    interval: dict[str, tuple[str, str]]
    reason: str


def level_column(source: Source) -> str | None:
    """Find the column that says which quantile a row predicts; None when there is none.

    Parameters
    ----------
    source : Source
    """
    for name in source.names:
        if joined(name) in QUANTILE_LEVEL_NAMES and source.kind(name) == "number":
            levels = np.unique(_numbers(source, name))
            if _FEWEST <= levels.size <= _MOST and (levels > 0).all() and (levels < 1).all():
                return name
    return None


def widened(source: Source, level: str, y_pred: str | None, *, named: bool) -> Widened:
    """Put the quantiles of each prediction into one row.

    Parameters
    ----------
    source : Source
    level : str
        The column of levels, each between 0 and 1.
    y_pred : str, optional
        The column of predictions; by default the one that is called so.
    named : bool
        Whether somebody named the column of levels.

    Returns
    -------
    Widened
        Its rows stand in the order in which their first quantile does, and row numbers count these.

    Raises
    ------
    DataError
        If a level is none, no median is predicted, or a quantile of one prediction is there twice.
    """
    shares = _numbers(source, level)
    bad = np.flatnonzero(~((shares > 0) & (shares < 1)))
    if bad.size:
        raise DataError(f"Column {level!r} (levels of quantiles) is not between 0 and 1 in {rows_of(bad.size, shares.size)}: {example_rows(bad.tolist(), shares[bad[:3]].tolist())}. Write the 5 % quantile as 0.05.")  # fmt: skip
    column = y_pred or _predicted(source, level)
    keys = [c for c in source.names if c not in (level, column)]
    code = _groups(source, keys)
    known = np.unique(shares)
    which = np.searchsorted(known, shares)
    _check_once(code * known.size + which, level, known)
    middle = np.flatnonzero(np.abs(known - 0.5) < _CLOSE)
    if not middle.size:
        raise DataError(f"Column {level!r} holds {known.size} levels, and 0.5 is none of them: without a median there is no predicted number. Add it.")  # fmt: skip
    first = _first_rows(code)
    values = np.full((first.size, known.size), np.nan)
    values[code, which] = _numbers(source, column)
    table = source.table(keys).take(pa.array(first))
    names = [_free(f"{column}_q{share:g}", keys) for share in known]
    for name, cells in zip((column, *names), (values[:, middle[0]], *values.T), strict=True):
        table = table.append_column(name, pa.array(cells, from_pandas=True))
    found = Finding("quantiles-widened", "note", f"Column {level!r} says which of {known.size} quantiles each row of {column!r} is. {source.n_rows:,} rows became {first.size:,}, one for each prediction, with the median as {column!r}; row numbers count these.", "Name its columns with --quantile if they stand side by side.")  # fmt: skip
    new = open_source(table, name=source.name)
    new = replace(new, key=f"{source.key}|{level}|{column}", findings=(*source.findings, *new.findings, found), paths=source.paths)  # fmt: skip
    quantile = {f"{share:g}": name for share, name in zip(known, names, strict=True)}
    reason = "named by you" if named else f"named {level!r}, {known.size} levels"
    return Widened(new, level, column, quantile, _central(known, names), reason)


def _numbers(source: Source, name: str) -> FloatArray:
    """Read a column of numbers; NaN where it is empty."""
    if source.kind(name) != "number":
        raise DataError(f"Column {name!r} does not hold numbers, so it holds no quantiles. Name another one.")
    return np.asarray(pc.cast(source.column(name), pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def _predicted(source: Source, level: str) -> str:
    """Find the column of predictions by its name."""
    points = {c: decision_points(c) for c in source.names if c != level and source.kind(c) == "number"}
    best = [c for c, p in points.items() if p and p == max(points.values())]
    if len(best) != 1:
        raise DataError(f"Column {level!r} holds the levels of quantiles, but {'no column is' if not best else 'several columns are'} called like a prediction. Name it with --y-pred.")  # fmt: skip
    return best[0]


def _groups(source: Source, keys: Sequence[str]) -> NDArray[np.int64]:
    """Number the predictions in the order of their first row: rows that are the same but for the level and its value."""
    code = np.zeros(source.n_rows, dtype=np.int64)
    for key in keys:
        own = read_labels(source.column(key)).code.astype(np.int64) + 1
        if np.unique(own).size == own.size:  # the number of a row says nothing of a prediction
            continue
        _, code = np.unique(code * (int(own.max(initial=0)) + 1) + own, return_inverse=True)
    _, first, code = np.unique(code, return_index=True, return_inverse=True)
    place = np.empty(first.size, dtype=np.int64)
    place[np.argsort(first)] = np.arange(first.size)
    return np.asarray(place[code])


def _first_rows(code: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first row of each prediction."""
    return np.unique(code, return_index=True)[1]


def _check_once(cell: NDArray[np.int64], level: str, known: FloatArray) -> None:
    """Refuse a quantile that a prediction has twice."""
    _, first, n = np.unique(cell, return_index=True, return_counts=True)
    if (n > 1).any():
        row = int(first[n > 1][0])
        share = known[int(cell[row]) % known.size]
        raise DataError(f"{int((n - 1).sum()):,} rows repeat a quantile of the same prediction (row {row + 1:,} has another row of level {share:g} in {level!r}). Remove the copies, or add the column that tells these predictions apart.")  # fmt: skip


def _central(known: FloatArray, names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Find the central intervals whose two ends are predicted."""
    found = {}
    for size in _INTERVALS:
        ends = [np.flatnonzero(np.abs(known - share) < _CLOSE) for share in ((1 - size) / 2, (1 + size) / 2)]
        if all(e.size for e in ends):
            found[f"{size:g}"] = (names[int(ends[0][0])], names[int(ends[1][0])])
    return found


def _free(name: str, taken: Sequence[str]) -> str:
    """Return a name that no column has."""
    while name in taken:
        name += "_"
    return name
