"""The rows most like one row: by its groups, its numbers and the model's score, each counting the same (Gower's distance)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .cases import BoolArray, IntArray
from .columns import numbers
from .errors import DataError
from .grouping import grouping
from .source import Source
from .tally.outcomes import FloatArray

#: Rows among which the most similar are looked for; of more that many are drawn at random.
MAX_ROWS = 1_000_000
_CHUNK = 1 << 17
# Ranks are kept as whole numbers up to this one; the one above is a missing cell.
_STEPS = 65_534
_MISSING = _STEPS + 1


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The rows most like one row, the nearest first.

    Attributes
    ----------
    at : (k,) int64
        Places among the rows that were given.
    distance : (k,) float64
        0 for a row that is the same in every column, 1 for one that differs in all as much as can be.
    differs : (k, C) float64
        Distance in each column, in the order of ``Alike.names``.
    """

    at: IntArray
    distance: FloatArray
    differs: FloatArray


@dataclass(frozen=True, eq=False)
class Alike:
    """Rows ready to be compared with one of them.

    Attributes
    ----------
    names : tuple of str
        What is compared: columns, and numbers that were given beside them.
    n_rows : int
        Rows that were given.
    pool : (m,) int64, optional
        Places of the rows that are looked at when they are not all.
    """

    names: tuple[str, ...]
    n_rows: int
    pool: IntArray | None
    _values: tuple[NDArray[np.uint16], ...]
    _numeric: tuple[bool, ...]

    @classmethod
    def of(
        cls, source: Source, rows: IntArray, columns: Sequence[str], more: Mapping[str, FloatArray] | None = None, *, seed: int = 0
    ) -> Alike:  # fmt: skip
        """Prepare rows: numbers as ranks, so that no unit counts more than another, everything else as groups.

        Parameters
        ----------
        source : Source
        rows : (n,) int64
            Positions in the source.
        columns : sequence of str
        more : mapping of str to (n,) float64, optional
            Numbers that are not in the file under their own name, such as the model's score.
        seed : int

        Raises
        ------
        DataError
            If there is nothing to compare, or a column cannot be cut into groups.
        """
        if not columns and not more:
            raise DataError("There is no column to compare rows by.")
        values, numeric = [], []
        for column in columns:
            if source.kind(column) == "number" and not pa.types.is_null(source.column(column).type):
                values.append(_ranks(numbers(source.column(column).take(pa.array(rows)))))
                numeric.append(True)
            else:
                values.append(grouping(source, column).code[rows].astype(np.uint16))
                numeric.append(False)
        for given in (more or {}).values():
            values.append(_ranks(given))
            numeric.append(True)
        pool = None
        if rows.size > MAX_ROWS:
            pool = np.sort(np.random.default_rng(seed).choice(rows.size, MAX_ROWS, replace=False))
        return cls((*columns, *(more or {})), rows.size, pool, tuple(values), tuple(numeric))

    def nearest(self, at: int, k: int = 5, *, among: BoolArray | None = None) -> Neighbours:
        """Find the rows most like one of them, itself left out; of equally distant ones the first.

        Parameters
        ----------
        at : int
            Place of the row.
        k : int
        among : (n,) bool, optional
            The rows that may be found.

        Returns
        -------
        Neighbours
            Fewer than k when there are fewer rows.

        Examples
        --------
        >>> from metrics_core.source import open_source
        >>> source = open_source(pa.table({"city": list("aabb"), "age": [20, 21, 22, 60]}))
        >>> found = Alike.of(source, np.arange(4), ["city", "age"]).nearest(0, 2)
        >>> found.at.tolist(), found.distance.round(3).tolist()
        ([1, 2], [0.167, 0.833])
        """
        pool = np.arange(self.n_rows) if self.pool is None else self.pool
        if among is not None:
            pool = pool[among[pool]]
        best_at, best = np.zeros(0, dtype=np.int64), np.zeros(0)
        for start in range(0, pool.size, _CHUNK):
            part = pool[start : start + _CHUNK]
            part = part[part != at]
            distance = np.zeros(part.size)
            for column in range(len(self.names)):
                distance += self._differs(column, at, part)
            best_at, best = np.concatenate([best_at, part]), np.concatenate([best, distance])
            order = np.lexsort((best_at, best))[:k] if best.size <= 4 * k else _smallest(best, best_at, k)
            best_at, best = best_at[order], best[order]
        differs = np.column_stack([self._differs(c, at, best_at) for c in range(len(self.names))])
        return Neighbours(best_at, best / len(self.names), differs)

    def _differs(self, column: int, at: int, others: IntArray) -> FloatArray:
        """Return the distance of rows from one in a column, 0 to 1; a missing cell is as far from any value as can be."""
        values = self._values[column][others]
        own = self._values[column][at]
        if not self._numeric[column]:
            return np.asarray(values != own, dtype=np.float64)
        far = (values == _MISSING) != (own == _MISSING)
        return np.where(far, 1.0, np.abs(values.astype(np.float64) - float(own)) / _STEPS)


def _ranks(values: FloatArray) -> NDArray[np.uint16]:
    """Return mean ranks, 0 for the smallest and 65 534 for the largest; 65 535 is missing."""
    out = np.full(values.size, _MISSING, dtype=np.uint16)
    known = ~np.isnan(values)
    _, place, times = np.unique(values[known], return_inverse=True, return_counts=True)
    middle = np.cumsum(times) - (times + 1) / 2
    top = max(int(known.sum()) - 1, 1)
    out[known] = np.rint(middle[place] / top * _STEPS).astype(np.uint16)
    return out


def _smallest(distance: FloatArray, at: IntArray, k: int) -> NDArray[Any]:
    """Return the places of the k smallest distances, in order; of equal ones the first rows."""
    bound = np.partition(distance, k - 1)[k - 1]
    found = np.flatnonzero(distance <= bound)
    return found[np.lexsort((at[found], distance[found]))[:k]]
