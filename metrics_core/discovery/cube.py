"""The same conjunctions for losses that are no yes or no, and for rows that weigh: sums instead of counted bits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..reading.watch import UNWATCHED, Watch
from ..tally.outcomes import FloatArray
from .lattice import Codes, Items, frequent

#: Rows that are added up at a time: their cells and moments stay in the processor's cache.
_CHUNK = 1 << 16


def sum_slices(
    codes: Codes, n_levels: Sequence[int], moments: Sequence[FloatArray], *, depth: int, need: float, watch: Watch = UNWATCHED
) -> tuple[Items, NDArray[np.int32], FloatArray]:  # fmt: skip
    """Add up some numbers over every conjunction of at most ``depth`` levels whose first sum is at least ``need``.

    Parameters
    ----------
    codes : sequence of (n,) integer arrays
        The level of each row in each column; what is no level is ``-1`` or not below ``n_levels``.
    n_levels : sequence of int
    moments : sequence of (n,) float64
        What is added up. The first is not negative: it decides which conjunctions have enough.
    depth : int
    need : float
    watch : Watch

    Returns
    -------
    items : Items
    slices : (M, depth) int32
        Ascending; -1 behind the last item of a shorter conjunction.
    sums : (M, len(moments)) float64

    Examples
    --------
    >>> codes = [np.array([0, 0, 1, 1], np.int8), np.array([0, 1, 0, 1], np.int8)]
    >>> items, slices, sums = sum_slices(codes, [2, 2], [np.ones(4), np.arange(4.0)], depth=1, need=2)
    >>> slices.tolist(), sums.tolist()
    ([[0], [1], [2], [3]], [[2.0, 1.0], [2.0, 5.0], [2.0, 2.0], [2.0, 4.0]])
    """
    items = frequent(codes, n_levels, need, moments[0])
    columns = sorted(set(items.column.tolist()))
    first = {j: int(np.searchsorted(items.column, j)) for j in columns}
    dense = {j: _dense(codes[j], n_levels[j], items, j) for j in columns}
    some: dict[tuple[int, ...], bool] = {}
    found: list[tuple[NDArray[np.int32], FloatArray]] = []
    asked = [c for size in range(1, depth + 1) for c in combinations(columns, size)]
    for at, chosen in enumerate(asked):
        watch.at(at / len(asked))
        if not all(some[part] for part in combinations(chosen, len(chosen) - 1) if part):
            some[chosen] = False
            continue
        sizes = [int(np.count_nonzero(items.column == j)) + 1 for j in chosen]
        cells = [dense[j] for j in chosen]
        enough = _frequent_cells(_added(cells, sizes, moments[0], watch), sizes, need)
        some[chosen] = bool(enough.size)
        if not enough.size:
            continue
        sums = np.column_stack([_added(cells, sizes, moment, watch)[enough] for moment in moments])
        slices = np.full((enough.size, depth), -1, dtype=np.int32)
        for place, (j, index) in enumerate(zip(chosen, np.unravel_index(enough, sizes), strict=True)):
            slices[:, place] = first[j] + index
        found.append((slices, sums))
    if not found:
        return items, np.zeros((0, depth), dtype=np.int32), np.zeros((0, len(moments)))
    return items, np.concatenate([s for s, _ in found]), np.concatenate([x for _, x in found])


def _dense(code: NDArray[Any], size: int, items: Items, column: int) -> NDArray[np.uint8]:
    """Number the frequent levels of a column from 0; the last number is for all others."""
    values = items.value[items.column == column]
    place = np.full(size + 1, values.size, dtype=np.uint8)
    place[values] = np.arange(values.size)
    return np.asarray(place[np.where((code < 0) | (code > size), size, code)])


def _added(cells: Sequence[NDArray[np.uint8]], sizes: Sequence[int], moment: FloatArray, watch: Watch) -> FloatArray:  # fmt: skip
    """Add up a moment by cell, some rows at a time."""
    total = np.zeros(int(np.prod(sizes)))
    for low in range(0, moment.size, _CHUNK):
        part = slice(low, low + _CHUNK)
        cell = cells[0][part].astype(np.intp)
        for code, size in zip(cells[1:], sizes[1:], strict=True):
            cell *= size
            cell += code[part]
        total += np.bincount(cell, weights=moment[part], minlength=total.size)
    return total


def _frequent_cells(support: FloatArray, sizes: Sequence[int], need: float) -> NDArray[np.int64]:
    """Find the cells of frequent levels with enough support."""
    grid = support.reshape(sizes)[tuple(slice(0, size - 1) for size in sizes)]
    inner = np.nonzero(grid >= need)
    return np.asarray(np.ravel_multi_index(inner, sizes), dtype=np.int64)
