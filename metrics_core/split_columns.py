"""Columns cut finely enough to look for a split in them, and the filters of both sides of a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .cases import BoolArray, IntArray
from .columns import numbers
from .filters import Filter, parse
from .filters.tree import write_name
from .grouping import grouping
from .slices import Level
from .source import Source

#: Places at which a number column may be split.
MAX_EDGES = 63
_LISTED = 3
ByteArray = NDArray[np.uint8]
#: The rows of one side of a split, and the words for it.
Side = tuple[Filter, str]


@dataclass(frozen=True, eq=False)
class SplitColumn:
    """One column as small whole numbers.

    Attributes
    ----------
    column : str
    edges : (E,) array
        Of a number column the values it may be split at: code ``c`` holds what is at least ``edges[c - 1]`` and below
        ``edges[c]``. Code ``E + 1`` is a missing cell. Empty for other columns.
    levels : tuple of Level
        Of any other column its groups; the code after them is any other value.
    has_missing : bool
        Whether the number column has missing cells, anywhere.
    has_others : bool
        Whether there are values that are no group.
    """

    column: str
    edges: NDArray[Any]
    levels: tuple[Level, ...] = ()
    has_missing: bool = False
    has_others: bool = False

    @property
    def ordered(self) -> bool:
        """Whether the codes, but for the missing cells, are steps of a scale."""
        return self.edges.size > 0

    @property
    def n_codes(self) -> int:
        """How many codes there are."""
        return self.edges.size + 2 if self.ordered else len(self.levels) + 1

    @classmethod
    def of(cls, source: Source, column: str, rows: IntArray) -> SplitColumn:
        """Find where a column may be split, looking at some of its rows only.

        Parameters
        ----------
        source : Source
        column : str
        rows : (m,) int64
            The rows that may be looked at: those a tree grows on.

        Raises
        ------
        DataError
            If there is no such column or its cells cannot be grouped.
        """
        if source.kind(column) != "number":
            found = grouping(source, column)
            return cls(
                column, np.empty(0), found.levels, has_others=bool((found.code == len(found.levels)).any())
            )
        cells = source.column(column)
        known = _known(cells.take(pa.array(rows)))
        return cls(column, _edges(known[0][~known[1]]), has_missing=_some_missing(cells))

    def codes(self, source: Source, rows: IntArray) -> ByteArray:
        """Return the code of some rows, ``(m,)`` uint8."""
        if not self.ordered:
            if source.kind(self.column) == "number":  # always the same
                return np.zeros(rows.size, dtype=np.uint8)
            return grouping(source, self.column).code[rows].astype(np.uint8)
        values, missing = _known(source.column(self.column).take(pa.array(rows)))
        code = np.searchsorted(self.edges, values, side="right")
        return np.where(missing, self.edges.size + 1, code).astype(np.uint8)

    def sides(self, left: BoolArray) -> tuple[Side, Side]:
        """Return filter and wording of both sides of a split.

        Parameters
        ----------
        left : (n_codes,) bool
            The codes of the left side; on a scale those below one edge, with or without the missing cells.
        """
        return self._of_numbers(left) if self.ordered else self._of_levels(left)

    def _of_numbers(self, left: BoolArray) -> tuple[Side, Side]:
        """Split a scale: below an edge, and from it on."""
        edge = self.edges[int(np.count_nonzero(left[:-1])) - 1].item()
        name, shown = write_name(self.column), f"{edge:.6g}" if isinstance(edge, float) else str(edge)
        sides = []
        for sign, word, holds_missing in (("<", "<", bool(left[-1])), (">=", "≥", not left[-1])):
            missing = self.has_missing and holds_missing
            text = f"{name} {sign} {edge!r}{f' or {name} is missing' if missing else ''}"
            sides.append((parse(text), f"{self.column} {word} {shown}{' or missing' if missing else ''}"))
        return sides[0], sides[1]

    def _of_levels(self, left: BoolArray) -> tuple[Side, Side]:
        """Split groups: those of one side are named, the other side is everything else."""
        groups = left[: len(self.levels)]
        # values that are no group cannot be listed, so they are on the side that is named by what it is not
        turned = (
            bool(left[len(self.levels)]) if self.has_others else np.count_nonzero(groups) * 2 > groups.size
        )
        named = [level for level, inside in zip(self.levels, groups, strict=True) if inside != turned]
        rest = [level for level, inside in zip(self.levels, groups, strict=True) if inside == turned]
        one = parse(_either(self.column, named)), f"{self.column} is {_listed(named)}"
        if self.has_others or len(rest) > _LISTED:
            two = parse(_neither(self.column, named)), f"{self.column} is not {_listed(named)}"
        else:
            two = parse(_either(self.column, rest)), f"{self.column} is {_listed(rest)}"
        return (two, one) if turned else (one, two)


def _listed(levels: Sequence[Level]) -> str:
    """Name groups, not more than a few."""
    more = [f"{len(levels) - _LISTED} more"] if len(levels) > _LISTED else []
    return " or ".join([*(level.label for level in levels[:_LISTED]), *more])


def _known(cells: pa.ChunkedArray) -> tuple[NDArray[Any], BoolArray]:
    """Return numbers and which are missing; whole ones stay so: a float64 cannot tell all large ones apart."""
    if pa.types.is_integer(cells.type):
        return cells.fill_null(0).to_numpy(), cells.is_null().to_numpy()
    values = numbers(cells)
    return values, np.isnan(values)


def _some_missing(cells: pa.ChunkedArray) -> bool:
    """Tell whether a number column has empty cells or NaN."""
    floating = pa.types.is_floating(cells.type)
    return cells.null_count > 0 or (floating and bool(pc.any(pc.is_nan(cells)).as_py()))


def _edges(known: NDArray[Any]) -> NDArray[Any]:
    """Choose values to split at: every one but the smallest where they are few, else quantiles."""
    if known.size == 0:
        return known
    ordered = np.sort(known)
    at = np.linspace(0, known.size - 1, MAX_EDGES + 2).round().astype(np.int64)
    distinct = np.unique(ordered)
    found = distinct if distinct.size <= MAX_EDGES + 1 else np.unique(ordered[at])
    found = found[found > ordered[0]]
    return np.asarray(found[np.isfinite(found)] if found.dtype.kind == "f" else found)


def _either(column: str, levels: Sequence[Level]) -> str:
    """Write the filter of the rows in one of some groups."""
    name, (values, missing) = write_name(column), _values(column, levels)
    parts = (
        [f"{name} == {values[0]}" if len(values) == 1 else f"{name} in ({', '.join(values)})"]
        if values
        else []
    )
    return " or ".join([*parts, *([f"{name} is missing"] if missing else [])])


def _neither(column: str, levels: Sequence[Level]) -> str:
    """Write the filter of the rows in none of some groups."""
    name, (values, missing) = write_name(column), _values(column, levels)
    parts = (
        [f"{name} != {values[0]}" if len(values) == 1 else f"{name} not in ({', '.join(values)})"]
        if values
        else []
    )
    return " and ".join([*parts, *([f"{name} is not missing"] if missing else [])])


def _values(column: str, levels: Sequence[Level]) -> tuple[list[str], bool]:
    """Return how a filter writes the values of groups, and whether the missing cells are among them."""
    prefix = f"{write_name(column)} == "
    written = [level.where.text for level in levels]
    values = [text.removeprefix(prefix) for text in written if text.startswith(prefix)]
    return values, len(values) < len(written)
