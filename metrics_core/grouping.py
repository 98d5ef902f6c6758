"""Columns worth comparing group by group, and which group each row of the table is in."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .evidence import Evidence
from .guesses import Guess, guess_slices
from .labels import distinct_count
from .leaks import MAX_COLUMNS as LOOKED_AT
from .leaks import answers_of
from .predictions import Predictions
from .role_names import ROW_NUMBERS, joined, words
from .roles import CONTENTS
from .slices import Level, levels
from .source import Source

#: Groups of a column that are told apart: the most frequent values. All others are one group.
MOST_LEVELS = 50
#: Columns that are compared unless somebody names them.
MAX_COLUMNS = 20
# Columns of one table whose groups are remembered, at a byte a row.
_REMEMBERED = 32


@dataclass(frozen=True, eq=False)
class Grouping:
    """The groups of one column.

    Attributes
    ----------
    column : str
    levels : tuple of Level
        In their natural order, at most 50.
    code : (n_rows,) int8
        Index into ``levels`` for each row of the source; ``len(levels)`` for a value that is none of them.
    """

    column: str
    levels: tuple[Level, ...]
    code: NDArray[np.int8]

    @property
    def n_groups(self) -> int:
        """Groups, with the one of all other values, which may be empty."""
        return len(self.levels) + 1


_GROUPINGS: WeakKeyDictionary[Source, dict[str, Grouping]] = WeakKeyDictionary()
_COLUMNS: WeakKeyDictionary[Predictions, tuple[str, ...]] = WeakKeyDictionary()


def grouping(source: Source, column: str) -> Grouping:
    """Cut a column into groups, as ``levels`` does, and keep the 50 largest; done once for a table.

    Parameters
    ----------
    source : Source
    column : str

    Returns
    -------
    Grouping

    Raises
    ------
    DataError
        If there is no such column or its cells are nested or binary.

    Examples
    --------
    >>> from metrics_core.source import open_source
    >>> found = grouping(open_source(pa.table({"city": ["b", "a", None, "b"]})), "city")
    >>> [level.label for level in found.levels], found.code.tolist()
    (['a', 'b', '(missing)'], [1, 0, 2, 1])
    """
    known = _GROUPINGS.setdefault(source, {})
    found = known.get(column)
    if found is None:
        code, cut = levels(source, column)
        found = _largest(column, code, cut)
        while len(known) >= _REMEMBERED:
            known.pop(next(iter(known)), None)
        known[column] = found
    return found


def is_remembered(source: Source, column: str) -> bool:
    """Tell whether a column has been cut, so that asking for its groups costs nothing."""
    return column in _GROUPINGS.get(source, {})


def _largest(column: str, code: NDArray[np.int64], cut: list[Level]) -> Grouping:
    """Keep the groups with the most rows, in their order."""
    if len(cut) <= MOST_LEVELS:
        kept = list(range(len(cut)))
    else:
        sizes = np.bincount(code[code >= 0], minlength=len(cut))
        kept = sorted(np.argsort(-sizes, kind="stable")[:MOST_LEVELS].tolist())
    place = np.full(len(cut) + 1, len(kept), dtype=np.int8)  # the last place is that of code -1
    place[kept] = np.arange(len(kept))
    small = place[code]
    small.flags.writeable = False
    return Grouping(column, tuple(cut[i] for i in kept), small)


def columns_to_compare(predictions: Predictions) -> tuple[str, ...]:
    """Choose the columns whose groups are compared unless somebody names them, at most 20.

    First those with the role of a slice; then other columns of few values, and numbers, which are cut into ranges.
    Left out are columns with another role (but the amount), answers of models, texts, pictures and links, and whatever
    names rows: texts with nearly as many values as rows, and whole numbers of which no two are alike.

    Parameters
    ----------
    predictions : Predictions

    Returns
    -------
    tuple of str
    """
    found = _COLUMNS.get(predictions)
    if found is None:
        found = _COLUMNS[predictions] = _chosen(predictions)
    return found


def _chosen(predictions: Predictions) -> tuple[str, ...]:
    """Look at the columns."""
    roles, source = predictions.roles, predictions.source
    named = [c for c in roles.slices if source.kind(c) != "other"]
    taken = {roles.y_true, roles.model_column, roles.id, roles.weight, roles.group, roles.split, roles.fold}
    taken |= {
        roles.time,
        *answers_of(predictions),
        *named,
        *(c for role in CONTENTS for c in getattr(roles, role)),
    }
    free = [c.name for c in source.columns if c.name not in taken and c.kind in ("text", "boolean", "number")]
    free = free[:LOOKED_AT]
    seen = Evidence(source, [*named, *free])
    found = [c for c in named if not _has_a_name_for_each_row(source, seen, c)]
    if len(found) < MAX_COLUMNS and free:
        more = guess_slices(Guess(source, seen), free)
        found += [c for c in more if not _names_rows(source, seen, c)]
    return tuple(found[:MAX_COLUMNS])


def _has_a_name_for_each_row(source: Source, seen: Evidence, column: str) -> bool:
    """Tell a text that is nearly never the same."""
    cells = seen.sample(column)
    return source.kind(column) == "text" and distinct_count(cells) > len(cells) / 2


def _names_rows(source: Source, seen: Evidence, column: str) -> bool:
    """Tell a column that says which row it is, not what it is like."""
    if joined(column) in ROW_NUMBERS or "id" in words(column):
        return True
    if source.kind(column) != "number":
        return _has_a_name_for_each_row(source, seen, column)
    return pa.types.is_integer(seen.sample(column).type) and seen.each_row_differs(column)
