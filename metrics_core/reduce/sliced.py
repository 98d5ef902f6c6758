"""Many groups of the same rows into one tally, without going back to the rows of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cases import BinaryCases
from ..tally import ScoreTally
from ..tally.bins import COARSE
from ..tally.outcomes import FloatArray
from .scores import EXACT_SCORES

#: Rows handled at a time.
_CHUNK = 1 << 17
#: Bins that many groups share: every fourth coarse edge, and those that are exact everywhere (0, 1, calibration bins).
EDGES = np.union1d(COARSE.base[::4], [*COARSE.edges[:2], *COARSE.cuts, 1.0])
TOPS = np.append(np.nextafter(EDGES[1:], 0.0), 1.0)


def sliced_tally(cases: BinaryCases, codes: Sequence[NDArray[np.int64]], sizes: Sequence[int]) -> ScoreTally:
    """Count positives and negatives by score in every group of every column.

    Parameters
    ----------
    cases : BinaryCases
        With a score.
    codes : sequence of (n,) int64
        For each column the group of each case; negative for none.
    sizes : sequence of int
        Groups of each column.

    Returns
    -------
    ScoreTally
        ``(V, D)``: V groups, column after column, over the same D scores, or over about 1,200 bins for probabilities
        with more distinct values than that; their edges nest in those of finer tallies.

    Raises
    ------
    ValueError
        If the cases carry no score.
    """
    score = cases.score
    if score is None:
        raise ValueError("cases without a score have no score tally")
    edges, top, of_row = _entries(cases, score)
    width = 2 * edges.size
    cell = (of_row + cases.positive * edges.size).astype(np.int32)
    weights: list[FloatArray | None] = [cases.weight]
    if cases.weight is not None and not cases.frequency:
        weights.append(cases.weight**2)
    found = []
    for weight in weights:
        parts = [_counted(cell, code, size, width, weight) for code, size in zip(codes, sizes, strict=True)]
        counts = np.concatenate(parts).reshape(-1, 2, edges.size)
        found.append(ScoreTally(edges, counts[:, 1], counts[:, 0], cases.probability, cases.margin, top=top))
    whole = found[0]
    squares = found[1] if len(found) > 1 else None
    return ScoreTally(edges, whole.pos, whole.neg, cases.probability, cases.margin, squares, top)


def _entries(cases: BinaryCases, score: FloatArray) -> tuple[FloatArray, FloatArray | None, NDArray[np.int64]]:  # fmt: skip
    """Return the entries that all groups share, and the entry of each row."""
    inside = cases.probability and bool(score.min(initial=0.0) >= 0) and bool(score.max(initial=0.0) <= 1)
    few = score.size <= EDGES.size
    if not few:
        head = np.unique(score[:EXACT_SCORES])
        few = head.size <= EDGES.size and bool(np.isin(score, head).all())
    if few or not inside:
        values, place = np.unique(score, return_inverse=True)
        return values, None, place.astype(np.int64)
    return EDGES, TOPS, np.searchsorted(EDGES, score, side="right") - 1


def _counted(cell: NDArray[np.int32], code: NDArray[np.int64], size: int, width: int, weight: FloatArray | None) -> NDArray[np.float64] | NDArray[np.int64]:  # fmt: skip
    """Count the cells of each group of one column, some rows at a time."""
    small = np.int32 if size * width < 2**31 else np.int64  # half as much to move
    counts: NDArray[Any] = np.zeros(size * width, dtype=np.int64 if weight is None else np.float64)
    for start in range(0, cell.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        at: NDArray[Any] = code[part].astype(small)
        at *= width
        at += cell[part]
        value = None if weight is None else weight[part]
        if at.size and int(at.min()) < 0:
            used = np.flatnonzero(code[part] >= 0)
            at, value = at[used], None if value is None else value[used]
        counts += np.bincount(at, weights=value, minlength=counts.size)
    return counts
