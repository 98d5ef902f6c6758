"""The groups where a model fails most clearly, out of the tables of many columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from .cases import BoolArray, IntArray
from .grouping import grouping
from .groups_compared import ComparedGroup, GroupTable, n_tested
from .slices import Level
from .source import Source

#: Two groups tell the same story when being in one goes with being in the other: the correlation of the two over the
#: rows. The share of common rows would say so of any two large groups, such as men and people in work.
SAME_ROWS = 0.5
# Candidates whose rows are compared with each other.
_MOST = 60


@dataclass(frozen=True)
class WorstGroup:
    """A group that is clearly worse than the rest.

    Attributes
    ----------
    group : ComparedGroup
    also : tuple of Level
        Other clearly worse groups of mostly the same rows.
    """

    group: ComparedGroup
    also: tuple[Level, ...] = ()


@dataclass(frozen=True)
class WorstGroups:
    """What was found, and where it was looked for.

    Attributes
    ----------
    groups : tuple of WorstGroup
        The clearest first.
    n_clear : int
        Groups that are clearly worse, with those that are not listed or folded into another.
    n_tested, n_columns : int
    """

    groups: tuple[WorstGroup, ...]
    n_clear: int
    n_tested: int
    n_columns: int


def worst_groups(
    source: Source, tables: Sequence[GroupTable], rows: IntArray, *, limit: int = 5
) -> WorstGroups:
    """Choose the groups that are worse than the rest beyond what chance explains, the clearest first.

    They are ordered by the difference in standard errors, not by its size: the worst rate of many groups is usually that
    of a tiny one. Groups of mostly the same rows as a clearer one are named beside it.

    Parameters
    ----------
    source : Source
        The table, for the rows that groups share.
    tables : sequence of GroupTable
        As ``corrected`` returns them.
    rows : (n,) int64
        Positions of the judged rows.
    limit : int
        How many groups at most.

    Returns
    -------
    WorstGroups
    """
    clear = [
        g for table in tables for g in table.groups if g.clear and table.worse(g) and g.level is not None
    ]
    clear.sort(key=lambda g: -abs(g.z))
    kept: list[tuple[ComparedGroup, BoolArray]] = []
    also: list[list[Level]] = []
    for group in clear[:_MOST]:
        inside = _inside(source, group, rows)
        at = next((i for i, (_, other) in enumerate(kept) if _alike(inside, other) > SAME_ROWS), None)
        if at is not None and group.level is not None:
            also[at].append(group.level)
        elif len(kept) < limit:
            kept.append((group, inside))
            also.append([])
    found = tuple(WorstGroup(group, tuple(more)) for (group, _), more in zip(kept, also, strict=True))
    return WorstGroups(found, len(clear), n_tested(tables), sum(len(t.groups) > 1 for t in tables))


def _inside(source: Source, group: ComparedGroup, rows: IntArray) -> NDArray[np.bool_]:
    """Tell which of the judged rows are in a group."""
    cut = grouping(source, group.column)
    index = next(i for i, level in enumerate(cut.levels) if level is group.level or level == group.level)
    return np.asarray(cut.code[rows] == index)


def _alike(a: BoolArray, b: BoolArray) -> float:
    """Correlation of being in one group with being in the other; 0 when either holds all rows or none."""
    n, n_a, n_b = a.size, int(np.count_nonzero(a)), int(np.count_nonzero(b))
    both = int(np.count_nonzero(a & b))
    spread = sqrt(n_a * (n - n_a)) * sqrt(n_b * (n - n_b))
    return (n * both - n_a * n_b) / spread if spread else 0.0
