"""A table with a row for each predicted quantile, made into one with a row for each prediction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .checks import Finding, rows_of
from .errors import DataError, example_rows
from .labels import read_labels
from .role_names import QUANTILE_LEVEL_NAMES, decision_points, folded, joined, words
from .source import Source, open_source
from .tally.outcomes import FloatArray

#: A column of levels has so many different ones.
_FEWEST, _MOST = 3, 200
#: Central intervals that are offered where both of their ends are predicted.
_INTERVALS = (0.5, 0.8, 0.9, 0.95)
_CLOSE = 1e-9
#: A level as text, and what stands where a row is no quantile.
_LEVEL = re.compile(
    r"^\s*(q|quantile|quantil|p|pct|percentile)?[\s_=]*(\d*[.,]?\d+)\s*(%?)\s*$", re.IGNORECASE
)
_NO_LEVEL = frozenset(["", "na", "nan", "none", "null", "point", "mean"])
#: Words in the names of columns whose numbers may be percentages.
_OF_QUANTILES = frozenset(
    ["quantile", "quantiles", "percentile", "percentiles", "quantil", "perzentil", "pctl", "outputtypeid"]
)


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
        if joined(name) in QUANTILE_LEVEL_NAMES and source.kind(name) in ("number", "text"):
            read = _levels(source, name)
            levels = np.unique(read.share[~read.none])
            if not read.bad.any() and _FEWEST <= levels.size <= _MOST and (levels > 0).all() and (levels < 1).all():  # fmt: skip
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
    read = _levels(source, level)
    shares = read.share
    bad = np.flatnonzero(read.bad | (~read.none & ~((shares > 0) & (shares < 1))))
    if bad.size:
        cells = source.rows(bad[:3], [level]).column(0).to_pylist()
        raise DataError(f"Column {level!r} (levels of quantiles) is not between 0 and 1 in {rows_of(bad.size, shares.size)}: {example_rows(bad.tolist(), cells)}. Write the 5 % quantile as 0.05.")  # fmt: skip
    column = y_pred or _predicted(source, level)
    keys = [c for c in source.names if c not in (level, column)]
    used = np.flatnonzero(~read.none)
    if not used.size:
        raise DataError(f"Column {level!r} (levels of quantiles) names a level in none of {shares.size:,} rows. Name another one.")  # fmt: skip
    shares, code = shares[used], _groups(source, keys, used)
    known = np.unique(shares)
    which = np.searchsorted(known, shares)
    _check_once(code * known.size + which, level, known, used)
    middle = np.flatnonzero(np.abs(known - 0.5) < _CLOSE)
    if not middle.size:
        raise DataError(f"Column {level!r} holds {known.size} levels, and 0.5 is none of them: without a median there is no predicted number. Add it.")  # fmt: skip
    first = _first_rows(code)
    values = np.full((first.size, known.size), np.nan)
    values[code, which] = _numbers(source, column)[used]
    table = source.table(keys).take(pa.array(used[first]))
    names = [_free(f"{column}_q{share:g}", keys) for share in known]
    for name, cells in zip((column, *names), (values[:, middle[0]], *values.T), strict=True):
        table = table.append_column(name, pa.array(cells, from_pandas=True))
    extra = "" if used.size == source.n_rows else f" {rows_of(source.n_rows - used.size, source.n_rows)} name no level, such as forecasts of a point; they were left out."  # fmt: skip
    extra += " Levels above 1 were read as percentages." if read.percent else ""
    found = Finding("quantiles-widened", "note", f"Column {level!r} says which of {known.size} quantiles each row of {column!r} is. {source.n_rows:,} rows became {first.size:,}, one for each prediction, with the median as {column!r}; row numbers count these.{extra}", "Name its columns with --quantile if they stand side by side.")  # fmt: skip
    new = open_source(table, name=source.name)
    new = replace(new, key=f"{source.key}|{level}|{column}", findings=(*source.findings, *new.findings, found), paths=source.paths)  # fmt: skip
    quantile = {f"{share:g}": name for share, name in zip(known, names, strict=True)}
    reason = "named by you" if named else f"named {level!r}, {known.size} levels"
    return Widened(new, level, column, quantile, _central(known, names), reason)


@dataclass(frozen=True, eq=False)
class _Levels:
    """What the cells of a column say.

    Attributes
    ----------
    share : (n_rows,) float64
        NaN where no level is read.
    none, bad : (n_rows,) bool
        Cells that name no level on purpose, and those that nobody can read.
    percent : bool
        Whether the numbers were percentages without their sign.
    """

    share: FloatArray
    none: NDArray[np.bool_]
    bad: NDArray[np.bool_]
    percent: bool


def _levels(source: Source, name: str) -> _Levels:
    """Read levels: 0.1, q0.1, p10 or 10%; 10 where the name of the column speaks of quantiles or percentiles."""
    percent = False
    if source.kind(name) == "text":
        texts = ["" if t is None else str(t).strip() for t in source.column(name).to_pylist()]
        read = {t: _level_of(t) for t in set(texts)}
        found = [read[t] for t in texts]
        share = np.array([np.nan if f is None else f[0] for f in found], dtype=np.float64)
        signed = np.array([f is not None and f[1] for f in found], dtype=bool)
        none = np.array([folded(t) in _NO_LEVEL for t in texts], dtype=bool)
        bad = np.isnan(share) & ~none
    else:
        share = _numbers(source, name)
        none, signed = np.isnan(share), np.zeros(share.size, dtype=bool)
        bad = np.zeros(share.size, dtype=bool)
    plain = ~signed & ~none & ~bad
    if plain.any() and set(words(name)) & _OF_QUANTILES and (share[plain] >= 1).all() and (share[plain] < 100).all():  # fmt: skip
        share, percent = np.where(plain, share / 100, share), True
    return _Levels(share, none, bad, percent)


def _level_of(text: str) -> tuple[float, bool] | None:
    """Read one text as a level, and whether it was a percentage for certain; None when it says none."""
    found = _LEVEL.match(text)
    if found is None:
        return None
    value = float(found[2].replace(",", "."))
    percent = bool(found[3]) or (folded(found[1] or "").startswith("p") and value >= 1)
    return (round(value / 100, 9) if percent else value), percent


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


def _groups(source: Source, keys: Sequence[str], used: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the predictions in the order of their first row: rows that are the same but for the level and its value."""
    code = np.zeros(used.size, dtype=np.int64)
    for key in keys:
        own = read_labels(source.column(key)).code[used].astype(np.int64) + 1
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


def _check_once(cell: NDArray[np.int64], level: str, known: FloatArray, used: NDArray[np.int64]) -> None:
    """Refuse a quantile that a prediction has twice."""
    _, first, n = np.unique(cell, return_index=True, return_counts=True)
    if (n > 1).any():
        at = int(first[n > 1][0])
        share, row = known[int(cell[at]) % known.size], int(used[at])
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
