"""Many groups of the same rows into one tally, without going back to the rows of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..cases import BinaryCases
from ..tally import ScoreTally
from ..tally.bins import COARSE, Bins
from ..tally.outcomes import FloatArray
from .scores import EXACT_SCORES

#: Rows handled at a time.
_CHUNK = 1 << 18


def sliced_tally(cases: BinaryCases, codes: Sequence[NDArray[np.int64]], sizes: Sequence[int], *, bins: Bins = COARSE) -> ScoreTally:  # fmt: skip
    """Count positives and negatives by score in every group of every column.

    Parameters
    ----------
    cases : BinaryCases
        With a score.
    codes : sequence of (n,) int64
        For each column the group of each case; negative for none.
    sizes : sequence of int
        Groups of each column.
    bins : Bins
        For probabilities with more distinct values than the exact path takes; their edges nest in the finer ones.

    Returns
    -------
    ScoreTally
        ``(V, D)``: V groups, column after column, over the same D scores or bins.

    Raises
    ------
    ValueError
        If the cases carry no score.
    """
    score = cases.score
    if score is None:
        raise ValueError("cases without a score have no score tally")
    edges, top, of_row = _entries(cases, score, bins)
    width = 2 * edges.size
    cell = of_row + cases.positive * edges.size
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


def _entries(cases: BinaryCases, score: FloatArray, bins: Bins) -> tuple[FloatArray, FloatArray | None, NDArray[np.int64]]:  # fmt: skip
    """Return the entries that all groups share, and the entry of each row."""
    inside = cases.probability and bool(score.min(initial=0.0) >= 0) and bool(score.max(initial=0.0) <= 1)
    few = score.size <= bins.size
    if not few:
        head = np.unique(score[:EXACT_SCORES])
        few = head.size <= bins.size and bool(np.isin(score, head).all())
    if few or not inside:
        values, place = np.unique(score, return_inverse=True)
        return values, None, place.astype(np.int64)
    return bins.edges, bins.tops, bins.index(score)


def _counted(cell: NDArray[np.int64], code: NDArray[np.int64], size: int, width: int, weight: FloatArray | None) -> NDArray[np.float64] | NDArray[np.int64]:  # fmt: skip
    """Count the cells of each group of one column, some rows at a time."""
    counts = np.zeros(size * width, dtype=np.int64 if weight is None else np.float64)
    for start in range(0, cell.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        at = code[part] * width
        at += cell[part]
        value = 1 if weight is None else weight[part]
        if (code[part] < 0).any():
            used = np.flatnonzero(code[part] >= 0)
            at, value = at[used], value if weight is None else weight[part][used]
        np.add.at(counts, at, value)
    return counts
