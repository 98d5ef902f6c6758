"""Columns one gets for nothing: how long a text is, at which hour a row was seen, whether a cell is missing.

Each is a ``Grouping`` like that of a column of the file, and each of its groups is a filter on the column it comes from. So
whatever compares groups takes them, and every group leads to its rows, here and in the next file with the same columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .errors import DataError, did_you_mean
from .filters import FUNCTIONS, Filter, all_of, between, equals, has, parse
from .filters.expressions import plain_columns
from .filters.functions import WEEKDAYS
from .filters.tree import write_name, write_subject
from .grouping import Grouping, grouping
from .labels import distinct_count
from .predictions import Predictions
from .slices import Level, number_levels, whole_range
from .source import Source

MISSING = "missing"
#: More edges than this would make more groups than are told apart.
MAX_EDGES = 40
#: Where the bands of a probability end.
BANDS = (0.1, 0.3, 0.5, 0.7, 0.9)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_REMEMBERED = 32


@dataclass(frozen=True)
class Derived:
    """A column that is derived of another one.

    Attributes
    ----------
    name : str
        As a filter writes it: ``length(note)``, ``note is missing``.
    column : str
        The column of the file.
    of : str
        The function of the filter language, or ``missing``.
    """

    name: str
    column: str
    of: str


_DERIVED: WeakKeyDictionary[Source, dict[str, Grouping]] = WeakKeyDictionary()
_DERIVABLE: WeakKeyDictionary[Source, dict[str, tuple[Derived, ...]]] = WeakKeyDictionary()


def derivable(source: Source, column: str) -> tuple[Derived, ...]:
    """List what can be derived of a column, by what its cells are; none of them is looked at but the first.

    Raises
    ------
    DataError
        If there is no such column.

    Examples
    --------
    >>> from metrics_core.source import open_source
    >>> [d.name for d in derivable(open_source(pa.table({"note": ["a", None]})), "note")][:2]
    ['length(note)', 'has_digit(note)']
    """
    known = _DERIVABLE.setdefault(source, {})
    if column not in known:
        kind = source.kind(column)
        reads: tuple[str, ...] = ("text",) if kind == "text" else ()
        if kind == "time":
            clock = pa.types.is_timestamp(source.rows([0], [column]).schema.field(0).type)
            reads = ("clock", "day") if clock else ("day",)
        functions = [f.name for f in FUNCTIONS.values() if f.reads in reads and not f.word]
        known[column] = (
            *(Derived(write_subject(column, of), column, of) for of in functions),
            Derived(f"{write_name(column)} is missing", column, MISSING),
        )
    return known[column]


def derived(source: Source, name: str | Derived) -> Grouping:
    """Cut the rows by a derived column; done once for a table.

    Parameters
    ----------
    source : Source
    name : str or Derived
        One of ``derivable``.

    Returns
    -------
    Grouping
        Texts by their length at its quantiles, times by hour, day of the week, month and year, the rest into yes and no.
        Missing cells are a group of their own.

    Raises
    ------
    DataError
        If nothing of this name can be derived.

    Examples
    --------
    >>> from datetime import datetime
    >>> from metrics_core.source import open_source
    >>> seen = [datetime(2026, 1, 5), datetime(2026, 1, 10), None]
    >>> found = derived(open_source(pa.table({"seen": seen})), "weekday(seen)")
    >>> [(level.label, level.where.text) for level in found.levels], found.code.tolist()
    ([('Mon', "weekday(seen) == 'Mon'"), ('Sat', "weekday(seen) == 'Sat'"), ('(missing)', 'seen is missing')], [0, 1, 2])
    """
    known = _DERIVED.setdefault(source, {})
    what = name if isinstance(name, Derived) else _named(source, name)
    if what.name not in known:
        made = _made(source, what)
        while len(known) >= _REMEMBERED:
            known.pop(next(iter(known)), None)
        known[what.name] = made
    return known[what.name]


def derived_columns(source: Source, column: str) -> tuple[Grouping, ...]:
    """Cut the rows by everything that can be derived of a column; what puts all rows into one group is left out."""
    every = (derived(source, what) for what in derivable(source, column))
    return tuple(g for g in every if len(g.levels) > 1)


def grouping_of(source: Source, name: str) -> Grouping:
    """Cut the rows by a column of the file or by a derived one.

    Raises
    ------
    DataError
        If there is neither, or the column's cells are nested or binary.
    """
    return grouping(source, name) if name in source.names else derived(source, name)


def binned(source: Source, column: str, edges: Sequence[float]) -> Grouping:
    """Cut a number column at edges somebody chose: below the first, between two, from the last on.

    Parameters
    ----------
    source : Source
    column : str
    edges : sequence of int or float
        Ascending. A range holds its lower edge and not its upper one.

    Returns
    -------
    Grouping

    Raises
    ------
    DataError
        If the column holds no numbers, or the edges are no edges.

    Examples
    --------
    >>> from metrics_core.source import open_source
    >>> found = binned(open_source(pa.table({"age": [17, 18, 40, 65, None]})), "age", [18, 65])
    >>> [level.label for level in found.levels], found.code.tolist()
    (['below 18', '18–64', '65 and above', '(missing)'], [0, 1, 1, 2, 3])
    """
    if source.kind(column) != "number":
        raise DataError(f"Column {column!r} does not hold numbers, so it has no ranges to cut at.")
    given = list(edges)
    if not given or len(given) > MAX_EDGES:
        raise DataError(f"Column {column!r} can be cut at 1 to {MAX_EDGES} edges, not at {len(given)}.")
    wrong = next((e for e in given if not isfinite(e)), None)
    if wrong is not None or any(not a < b for a, b in pairwise(given)):
        raise DataError(f"The edges of column {column!r} must be numbers that rise: {', '.join(f'{e:g}' for e in given)} do not.")  # fmt: skip
    table = source.table([column])
    whole = pa.types.is_integer(table.schema.field(0).type) and all(float(e).is_integer() for e in given)
    ends: list[Any] = [None, *(int(e) if float(e).is_integer() else float(e) for e in given), None]
    levels = [
        Level(column, _range_label(low, high, whole), between(column, low, high), low=low, high=high, closed="left")
        for low, high in pairwise(ends)
    ]  # fmt: skip
    levels.append(Level(column, "(missing)", equals(column, None)))
    return _by_masks(column, levels, (level.where.mask(table) for level in levels))


def quantiles(source: Source, column: str, bins: int) -> Grouping:
    """Cut a number column into so many groups of about equal size; equal values stay together.

    Raises
    ------
    DataError
        If the column holds no numbers, or the number of groups is not between 2 and 40.
    """
    if source.kind(column) != "number":
        raise DataError(f"Column {column!r} does not hold numbers, so it has no quantiles to cut at.")
    if not 2 <= bins <= MAX_EDGES:
        raise DataError(f"Numbers are cut into 2 to {MAX_EDGES} groups, not into {bins}.")
    cells = source.column(column)
    if pa.types.is_floating(cells.type):
        cells = pc.if_else(pc.is_nan(cells), pa.scalar(None, cells.type), cells)
    if not distinct_count(cells):
        return grouping(source, column)
    return _grouping(column, *number_levels(column, cells, bins=bins))


def of_model(predictions: Predictions, model: str | None = None) -> tuple[Grouping, ...]:
    """Cut the rows by what a model and the truth say: true class, predicted class where the file has one, bands of its score.

    Parameters
    ----------
    predictions : Predictions
    model : str, optional

    Returns
    -------
    tuple of Grouping
        A score that is a probability in its own column is cut at 0.1, 0.3, 0.5, 0.7 and 0.9, any other number at its
        quantiles. With a probability for each class there is no one column of confidence, so there are no bands.
    """
    source, of = predictions.source, predictions.model(model)
    found = [
        grouping(source, column) for column in (predictions.roles.y_true, of.y_pred) if column is not None
    ]
    if of.y_score is not None and source.kind(of.y_score) == "number":
        ends = pc.min_max(source.column(of.y_score)).as_py()
        probable = (
            of.score_kind == "probability"
            and ends["min"] is not None
            and ends["min"] >= 0
            and ends["max"] <= 1
        )
        found.append(binned(source, of.y_score, BANDS) if probable else grouping(source, of.y_score))
    return tuple(found)


def _named(source: Source, name: str) -> Derived:
    """Find a derived column by its name; only those columns are looked at whose name is part of it."""
    near = [c for c in source.names if write_name(c) in name]
    for column in near:
        for what in derivable(source, column):
            if what.name == name:
                return what
    offered = [what.name for column in near or source.names[:12] for what in derivable(source, column)]
    raise DataError(f"'{source.name}' has no column {name!r}, nor is it derived of one. {did_you_mean(name, [*source.names, *offered])}")  # fmt: skip


def _made(source: Source, what: Derived) -> Grouping:
    """Cut the rows."""
    table = plain_columns(source.table([what.column]))
    cells = table.column(0)
    if pa.types.is_null(cells.type):
        missing = Level(what.name, "(missing)", equals(what.column, None))
        return _grouping(what.name, np.zeros(len(cells), dtype=np.int64), [missing])
    if what.of == MISSING:
        return _answers(what, table, parse(what.name))
    if FUNCTIONS[what.of].gives == "answer":
        return _answers(what, table, has(what.of, what.column))
    if what.of in ("length", "year"):
        numbers = (pc.utf8_length if what.of == "length" else pc.year)(cells)
        return _grouping(what.name, *number_levels(what.column, numbers, of=what.of, name=what.name))
    return _on_the_clock(what, cells)


def _on_the_clock(what: Derived, cells: pa.ChunkedArray) -> Grouping:
    """Cut times by hour, day of the week or month: those that occur."""
    names: Sequence[str]
    values: Sequence[int | str]
    if what.of == "weekday":
        found, names, values = pc.day_of_week(cells, count_from_zero=False, week_start=1), WEEKDAYS, WEEKDAYS
    elif what.of == "month":
        found, names, values = pc.month(cells), _MONTHS, range(1, 13)
    else:
        found, names, values = pc.hour(cells), [f"{hour:02}:00" for hour in range(24)], range(24)
    first = 0 if what.of == "hour" else 1
    at = found.fill_null(first + len(names)).to_numpy().astype(np.int64) - first
    levels = [
        Level(what.name, name, equals(what.column, value, of=what.of), value=value)
        for name, value in zip(names, values, strict=True)
    ]
    levels.append(Level(what.name, "(missing)", equals(what.column, None)))
    there = np.flatnonzero(np.bincount(at, minlength=len(levels)))
    place = np.zeros(len(levels), dtype=np.int64)
    place[there] = np.arange(there.size)
    return _grouping(what.name, place[at], [levels[i] for i in there.tolist()])


def _answers(what: Derived, table: pa.Table, yes: Filter) -> Grouping:
    """Cut the rows into yes and no, and those without a cell unless that is the question."""
    column, inside = what.column, yes.mask(table)
    there = parse(f"{write_name(column)} is not missing")
    absent = equals(column, None)
    if what.of == MISSING:
        parts: list[tuple[str, bool | None, Filter, NDArray[np.bool_]]] = [
            ("missing", True, yes, inside),
            ("there", False, there, ~inside),
        ]
    else:
        no = all_of([parse(f"not {yes.text}"), there])
        assert no is not None  # it is made of two
        gone = absent.mask(table)
        parts = [
            ("yes", True, yes, inside),
            ("no", False, no, ~inside & ~gone),
            ("(missing)", None, absent, gone),
        ]
    masks = [mask for *_, mask in parts]
    return _by_masks(
        what.name, [Level(what.name, label, where, value=value) for label, value, where, _ in parts], masks
    )


def _by_masks(name: str, levels: Sequence[Level], masks: Iterable[NDArray[np.bool_]]) -> Grouping:
    """Put together the rows of each group; groups without a row are left out."""
    code = np.zeros(0, dtype=np.int64)
    kept: list[Level] = []
    for level, inside in zip(levels, masks, strict=True):
        code = code if code.size else np.full(inside.size, -1, dtype=np.int64)
        if inside.any():
            code[inside] = len(kept)
            kept.append(level)
    return _grouping(name, code, kept)


def _grouping(name: str, code: NDArray[np.int64], levels: list[Level]) -> Grouping:
    """Make the grouping: a byte a row."""
    small = np.where(code < 0, len(levels), code).astype(np.int8)
    small.flags.writeable = False
    return Grouping(name, tuple(levels), small)


def _range_label(low: Any, high: Any, whole: bool) -> str:
    """Write a range of numbers, open at one side or at none."""
    if low is None:
        return f"below {high}"
    if high is None:
        return f"{low} and above"
    return whole_range(low, high - 1) if whole else f"[{low}, {high})"
