"""From everything that was tested to what is worth reading: repeats dropped, slices of the same rows folded together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..cases import BoolArray, IntArray
from ..tally.outcomes import FloatArray

#: A slice whose rate is at most this much higher than with one condition less says nothing new.
SAME_RATE = 0.02
#: The same as a share of how far the slice is from all rows: rates of rare errors differ by less than 0.02.
SAME_DIVERGENCE = 0.25
#: The share for losses that are no rate.
SAME_LOSS = 0.10
#: A slice must be worse than the rest of the same with one condition less with at most this chance. Without it a lucky
#: part of a bad slice is often named in its place; ``docs/finding_slices.md`` has the runs it was chosen and checked on.
CHANCE_WITHIN = 0.01
#: Two slices are folded when they share more than this part of their rows (Jaccard), and not only because both are large.
SAME_ROWS = 0.5
#: Candidates whose rows are looked at.
MOST = 200
#: Weight of the size of the loss in SliceLine's score; the rest is for the number of rows.
SLICELINE_ALPHA = 0.95


def _sliceline(
    value: FloatArray, mean: float, rows: FloatArray, all_rows: float, z: FloatArray
) -> FloatArray:
    """Weigh the relative loss against the relative size, after Sagadeeva and Boehm (2021), doi:10.1145/3448016.3457323."""
    a = SLICELINE_ALPHA
    return np.asarray(a * (value / mean - 1) - (1 - a) * (all_rows / rows - 1))


def _lift(value: FloatArray, mean: float, rows: FloatArray, all_rows: float, z: FloatArray) -> FloatArray:
    """Divide by the mean of all rows."""
    return np.asarray(value / mean)


def _z(value: FloatArray, mean: float, rows: FloatArray, all_rows: float, z: FloatArray) -> FloatArray:
    """Take the difference in standard errors."""
    return z


#: What slices can be ordered by: value, mean of all rows, rows, all rows and z to a number.
SCORES: Mapping[str, Callable[[FloatArray, float, FloatArray, float, FloatArray], FloatArray]] = MappingProxyType(
    {"z": _z, "sliceline": _sliceline, "lift": _lift}
)  # fmt: skip


class Lookup:
    """Finds a conjunction among all that were counted.

    Parameters
    ----------
    slices : (M, depth) int32
        Ascending items, -1 behind the last one.
    n_items : int
    """

    def __init__(self, slices: NDArray[np.int32], n_items: int) -> None:
        self._base = n_items + 1
        keys = self._keys(slices)
        self._order = np.argsort(keys)
        self._sorted = keys[self._order]

    def _keys(self, slices: NDArray[np.int32]) -> NDArray[np.uint64]:
        """Write each conjunction as one number."""
        keys = np.zeros(len(slices), dtype=np.uint64)
        for place in range(slices.shape[1]):
            keys = keys * np.uint64(self._base) + (slices[:, place] + 1).astype(np.uint64)
        return keys

    def find(self, slices: NDArray[np.int32]) -> IntArray:
        """Return the place of each conjunction, which must have been counted."""
        at = np.searchsorted(self._sorted, self._keys(slices))
        return np.asarray(self._order[at])


def repeats(slices: NDArray[np.int32], chosen: IntArray, value: FloatArray, mean: float, lookup: Lookup, within: Callable[[IntArray, IntArray], FloatArray], *, is_rate: bool) -> BoolArray:  # fmt: skip
    """Tell which of some slices say nothing that the same with one condition less does not say.

    They are hardly worse than it, or what they are worse by may be chance.

    Parameters
    ----------
    slices : (M, depth) int32
    chosen : (C,) int64
    value : (M,) float64
        Mean loss of every slice.
    mean : float
        Of all rows.
    lookup : Lookup
    within : callable
        From places of slices and of wider ones to the chance of so much worse inside the wider one.
    is_rate : bool
    """
    of = slices[chosen]
    away = np.abs(value[chosen] - mean)
    tolerance = np.minimum(SAME_RATE, SAME_DIVERGENCE * away) if is_rate else SAME_LOSS * away
    out = np.zeros(chosen.size, dtype=bool)
    size = (of >= 0).sum(1)
    for place in range(slices.shape[1]):
        has = np.flatnonzero((size > 1) & (size > place) & ~out)
        if has.size:
            less = np.delete(of[has], place, axis=1)
            wider = lookup.find(np.column_stack([less, np.full(has.size, -1, dtype=np.int32)]))
            same = value[chosen[has]] - value[wider] <= tolerance[has]
            out[has] = same | ~(within(chosen[has], wider) <= CHANCE_WITHIN)
    return out


@dataclass(frozen=True, eq=False)
class Picked:
    """Slices that are listed, each with those folded into it.

    Attributes
    ----------
    kept : list of int
    also : list of list of int
        For each kept slice the places of others of mostly the same rows.
    rest : list of int
        Slices of rows of their own beyond the limit.
    covering : list of float
        Share of the errors in the first kept slice, in the first two together, and so on.
    """

    kept: list[int]
    also: list[list[int]]
    rest: list[int]
    covering: list[float]


def fold(candidates: Sequence[int], inside: Callable[[int], BoolArray], loss: FloatArray, *, limit: int, tick: Callable[[float], None]) -> Picked:  # fmt: skip
    """Walk over slices in order; keep one unless it holds mostly the rows of one that was kept.

    Parameters
    ----------
    candidates : sequence of int
        Best first; the first 200 are looked at.
    inside : callable
        From a candidate to its rows, ``(n,)``.
    loss : (n,) float64
        Weight times loss of each row.
    limit : int
        Slices to keep.
    tick : callable
        Told the share that is done.
    """
    kept: list[int] = []
    bits: list[NDArray[np.uint8]] = []
    sizes: list[int] = []
    also: list[list[int]] = []
    rest: list[int] = []
    covering: list[float] = []
    covered = np.zeros(loss.size, dtype=bool)
    total = float(loss.sum())
    for at, candidate in enumerate(candidates[:MOST]):
        tick(at / min(len(candidates), MOST))
        rows = inside(candidate)
        packed, size = np.packbits(rows), int(np.count_nonzero(rows))
        same = next(
            (i for i, other in enumerate(bits) if _same(packed, size, other, sizes[i], loss.size)), None
        )
        if same is not None:
            if same < len(kept):
                also[same].append(candidate)
            continue
        if len(kept) == limit:
            rest.append(candidate)
            continue
        kept.append(candidate)
        bits.append(packed)
        sizes.append(size)
        also.append([])
        if len(covering) < 10:
            covered |= rows
            covering.append(float(loss[covered].sum()) / total if total > 0 else float("nan"))
    return Picked(kept, also, rest, covering)


def _same(a: NDArray[np.uint8], n_a: int, b: NDArray[np.uint8], n_b: int, n: int) -> bool:
    """Tell whether two sets of rows are mostly the same, and more so than two sets of their sizes are by chance."""
    if min(n_a, n_b) <= SAME_ROWS * max(n_a, n_b):
        return False
    both = int(np.bitwise_count(a & b).sum(dtype=np.int64))
    if both <= SAME_ROWS * (n_a + n_b - both):
        return False
    spread = (n_a * (n - n_a)) ** 0.5 * (n_b * (n - n_b)) ** 0.5
    return bool(n * both - n_a * n_b > SAME_ROWS * spread)


def contributions(items: Sequence[int], divergence: Callable[[Sequence[tuple[int, ...]]], FloatArray]) -> tuple[float, ...]:  # fmt: skip
    """Divide the divergence of a slice among its conditions: exact Shapley values.

    Parameters
    ----------
    items : sequence of int
        At most six.
    divergence : callable
        From conjunctions, none of them empty, to how far each is from all rows.

    Returns
    -------
    tuple of float
        One for each item; their sum is the divergence of the slice.

    Examples
    --------
    >>> known = {(1,): 0.1, (2,): 0.2, (1, 2): 0.5}
    >>> shares = contributions([1, 2], lambda sets: np.array([known[s] for s in sets]))
    >>> [round(share, 3) for share in shares]
    [0.2, 0.3]
    """
    size = len(items)
    subsets = [s for r in range(1, size + 1) for s in combinations(items, r)]
    d = {(): 0.0} | dict(zip(subsets, divergence(subsets).tolist(), strict=True))
    out = []
    for item in items:
        others = [i for i in items if i != item]
        total = 0.0
        for r in range(size):
            share = factorial(r) * factorial(size - r - 1) / factorial(size)
            for part in combinations(others, r):
                total += share * (d[tuple(sorted((*part, item)))] - d[part])
        out.append(total)
    return tuple(out)
