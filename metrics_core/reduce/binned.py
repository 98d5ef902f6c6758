"""Rows counted in bins, a cache-sized chunk at a time: a few integer operations a row, no search."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..tally.bins import COARSE_BITS, COARSE_OCTAVES, Bins
from ..tally.outcomes import FloatArray
from ..tally.score import Counts

#: Rows handled at a time, so that temporaries stay in the processor's cache.
CHUNK = 1 << 15

#: So few scores are found by search, which needs no preparation.
_SEARCHED = 1 << 12
#: Below this score the coarse bins have no edge but the steps of their octaves.
_LOW_END = 1 / 16

BoolArray = NDArray[np.bool_]
#: Scores as they come: compared as the float64 numbers that they are.
Scores = NDArray[np.float32] | NDArray[np.float64]


class BinCounter:
    """Counts rows, or adds up weights, in bins; takes the rows in as many parts as they come.

    The bits of a float are a step in an octave. A score below 1/2 is told by its own bits, one above by those of
    its distance to 1, which is exact. The steps are finer than the bins and are merged at the end; rows in a step that
    an edge divides are compared one by one.

    Parameters
    ----------
    bins : Bins
    weighted : bool
        Whether rows have weights.
    squares : bool
        Whether to add up squared weights too.
    amounts : bool
        Whether to add up what the rows are worth too.
    """

    def __init__(
        self, bins: Bins, *, weighted: bool = False, squares: bool = False, amounts: bool = False
    ) -> None:
        self.bins, self.squares, self.amounts = bins, weighted and squares, amounts
        self._layout = _layout(bins)
        kinds: list[Any] = [np.float64 if weighted else np.int64]
        kinds += [np.float64] * (self.squares + amounts)
        self._steps = [np.zeros(2 * self._layout.width, dtype=kind) for kind in kinds]
        self._apart = [np.zeros(2 * bins.size, dtype=kind) for kind in kinds]

    def add(
        self,
        score: Scores,
        positive: BoolArray | None = None,
        weight: FloatArray | None = None,
        *,
        worth: FloatArray | None = None,
        checked: bool = False,
    ) -> None:
        """Count more rows.

        Parameters
        ----------
        score : (n,) float32 or float64, between 0 and 1
        positive : (n,) bool, optional
            Without it every row counts as negative.
        weight : (n,) float64, optional
        worth : (n,) float64, optional
            Weight times amount, when amounts are added up.
        checked : bool
            Whether the caller has seen that every score is between 0 and 1.

        Raises
        ------
        ValueError
            If a score is missing or outside 0 to 1.
        """
        at = self._layout
        work = _Work(score.dtype, self.bins, at.middle)
        for start in range(0, score.size, CHUNK):
            part = slice(start, start + CHUNK)
            a = score[part]
            near = work.nearest(a)
            if not checked and not near.min() >= 0:  # a NaN fails too
                raise ValueError("only scores between 0 and 1 can be counted in bins")
            step = work.steps(a, near, None if positive is None else positive[part], at.width)
            values: list[Any] = [1 if weight is None else weight[part]]
            if self.squares:
                values.append(values[0] ** 2)
            if worth is not None:
                values.append(worth[part])
            for sums, value in zip(self._steps, values, strict=True):
                np.add.at(sums, step, value)  # without a copy of the sums, unlike bincount
            rows = np.flatnonzero(np.take(at.flags, step, mode="clip"))  # in range; "clip" is the fast lookup
            if rows.size:
                found = at.bins[np.searchsorted(at.edges, a[rows].astype(np.float64), side="right") - 1]
                if positive is not None:
                    found += positive[part][rows] * self.bins.size
                for sums, value in zip(self._apart, values, strict=True):
                    np.add.at(sums, found, value if isinstance(value, int) else value[rows])

    def counts(self) -> list[Counts]:
        """Return rows or sums of weights, then sums of squared weights and of amounts if any, each ``(2, bins)``."""
        return [self._merged(f, a) for f, a in zip(self._steps, self._apart, strict=True)]

    def _merged(self, counted: NDArray[Any], apart: NDArray[Any]) -> Counts:
        """Add steps up to bins; the rows of divided steps were looked at one by one."""
        at, n = self._layout, self._layout.middle
        sides = counted.reshape(2, at.width)
        steps = np.concatenate([sides[0, n:], sides[0, :n], sides[1, n:], sides[1, :n]])  # ascending in score
        steps[at.divided] = 0
        counts = apart.copy()
        counts[at.filled] += np.add.reduceat(steps, at.first)
        return counts.reshape(2, -1)


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where the steps of a set of bins stand.

    Attributes
    ----------
    middle : int
        Steps above 1/2. They are numbered first, those below from here on.
    width : int
        Number of steps.
    flags : (2 * width,) bool
        Steps with an edge inside, of both classes, as they are numbered.
    divided : (d,) int64
        The same steps, ascending by class and score.
    first, filled : (f,) int64
        The step that each bin begins with, and that bin; of both classes, without bins inside a single step.
    bins, edges : (m,)
        The bins that hold a part of a divided step, and their least scores.
    """

    middle: int
    width: int
    flags: BoolArray
    divided: NDArray[np.int64]
    first: NDArray[np.int64]
    filled: NDArray[np.int64]
    bins: NDArray[np.int64]
    edges: FloatArray


@lru_cache(maxsize=16)
def _layout(bins: Bins) -> _Layout:
    """Lay the steps out, once for each set of bins."""
    edges, size = bins.edges, 1 << bins.bits
    octave = np.arange(size, 2 * size) / size
    low = np.concatenate([*(octave * 2.0**-k for k in range(bins.octaves + 1, 1, -1)), [0.5]])
    starts = np.concatenate([[0.0], low, (1 - low)[::-1]])
    of_edge = np.searchsorted(starts, edges, side="right") - 1
    divided = np.zeros(starts.size, dtype=bool)
    divided[of_edge[starts[of_edge] != edges]] = True
    of_step = np.searchsorted(edges, starts, side="right") - 1
    apart = np.unique(np.concatenate([of_step[divided], np.flatnonzero(divided[of_edge])]))
    first = np.flatnonzero(np.diff(of_step, prepend=-1))
    flags = np.roll(divided, low.size)

    def of_both(places: NDArray[np.int64], n: int) -> NDArray[np.int64]:
        return np.concatenate([places, places + n])

    return _Layout(
        middle=low.size,
        width=starts.size,
        flags=np.concatenate([flags, flags]),
        divided=of_both(np.flatnonzero(divided), starts.size),
        first=of_both(first, starts.size),
        filled=of_both(of_step[first], edges.size),
        bins=apart,
        edges=edges[apart],
    )


class _Work:
    """Turns scores of one type into steps, in buffers that are used again and again."""

    def __init__(self, kind: np.dtype[Any], bins: Bins, n: int) -> None:
        single = kind == np.float32
        self._int: type[Any] = np.int32 if single else np.int64
        self._float: type[Any] = np.float32 if single else np.float64
        mantissa, self._sign = (23, 31) if single else (52, 63)
        self._shift = mantissa - bins.bits
        lowest = np.array(2.0 ** -(bins.octaves + 1), dtype=self._float).view(self._int)
        self._before = self._int(int(lowest) - (1 << self._shift))
        self._first = self._int(self._before + 1)
        self._n = self._int(n)
        self._near, self._side = np.empty(CHUNK, self._float), np.empty(CHUNK, self._float)
        self._class, self._at = np.empty(CHUNK, self._int), np.empty(CHUNK, np.intp)

    def nearest(self, score: Scores) -> NDArray[Any]:
        """Measure the distance of each score to the nearer of 0 and 1, which is exact; negative outside."""
        near = self._near[: score.size]
        np.subtract(self._float(1), score, out=near)
        np.minimum(near, score, out=near)
        return near

    def steps(
        self, score: Scores, near: NDArray[Any], positive: BoolArray | None, width: int
    ) -> NDArray[np.intp]:
        """Number the step of each score: n and up below 1/2, under n above; positives a ``width`` higher.

        Above 1/2 the number is -ceil(distance), below floor(score): either way a step holds its least score.
        """
        m = score.size
        side, at = self._side[:m], self._at[:m]
        bits = near.view(self._int)
        np.maximum(bits, self._first, out=bits)  # whatever is nearer to an end, -0 too, is in the first step
        np.subtract(bits, self._before, out=bits)
        np.subtract(self._float(0.5), score, out=side)
        upper = side.view(self._int)
        np.right_shift(upper, self._sign, out=upper)  # -1 above 1/2, else 0
        np.bitwise_xor(bits, upper, out=bits)
        np.subtract(bits, upper, out=bits)
        np.right_shift(bits, self._shift, out=bits)
        np.add(bits, self._n, out=bits)
        if positive is not None:
            np.multiply(positive, self._int(width), out=self._class[:m])
            np.add(bits, self._class[:m], out=bits)
        np.copyto(at, bits)
        return at


def bin_sums(score: Scores, weight: FloatArray, bins: Bins) -> FloatArray:
    """Add weights up by bin, without labels.

    Parameters
    ----------
    score : (n,) float32 or float64, between 0 and 1
    weight : (n,) float64
    bins : Bins

    Returns
    -------
    (bins.size,) float64

    Raises
    ------
    ValueError
        If a score is missing or outside 0 to 1.
    """
    counter = BinCounter(bins, weighted=True)
    counter.add(score, weight=weight)
    return np.asarray(counter.counts()[0][0], dtype=np.float64)


def bin_counts(score: Scores, bins: Bins) -> NDArray[np.int64]:
    """Count rows by bin, without labels: one column of class probabilities, say.

    Parameters
    ----------
    score : (n,) float32 or float64, between 0 and 1
    bins : Bins

    Returns
    -------
    (bins.size,) int64

    Raises
    ------
    ValueError
        If a score is missing or outside 0 to 1.

    Examples
    --------
    >>> counts = bin_counts(np.array([0.0, 0.25, 0.25, 1.0]), Bins(coarse=True))
    >>> counts[[0, -1]], counts.sum()
    (array([1, 1]), np.int64(4))
    """
    few = score.size <= _SEARCHED
    if few or not bins.coarse or score.dtype != np.float64 or any(cut < _LOW_END for cut in bins.cuts):
        return _every_count(score, bins)
    below, high = _low_counts(score)
    counts = _every_count(high, bins)
    counts[: below.size] += below
    return counts


def _every_count(score: Scores, bins: Bins) -> NDArray[np.int64]:
    """Count scores by bin, few of them by search."""
    if score.size > _SEARCHED:
        counter = BinCounter(bins)
        counter.add(score)
        return np.asarray(counter.counts()[0][0])
    if score.size and not (score.min() >= 0 and score.max() <= 1):
        raise ValueError("only scores between 0 and 1 can be counted in bins")
    return np.bincount(bins.index(np.asarray(score, dtype=np.float64)), minlength=bins.size)


def _low_counts(score: Scores) -> tuple[NDArray[np.int64], FloatArray]:
    """Count scores below 1/16 by their leading bits; return all others.

    Of many classes nearly every probability is that low, and there an octave has the same bins on every step.
    """
    first = 1 - COARSE_OCTAVES - 2  # the lowest octave, 2**-20 upwards
    steps = (-first - 4) << COARSE_BITS
    shift = 52 - COARSE_BITS
    before = (int(np.float64(2.0**first).view(np.int64)) >> shift) - 1
    slots = np.zeros(steps + 2, dtype=np.int64)
    zeros = 0
    high: list[FloatArray] = [np.zeros(0)]
    at = np.empty(CHUNK, np.intp)
    for start in range(0, score.size, CHUNK):
        a = score[start : start + CHUNK]
        if not a.min() >= 0:
            raise ValueError("only scores between 0 and 1 can be counted in bins")
        slot = at[: a.size]
        np.right_shift(np.ascontiguousarray(a).view(np.int64), shift, out=slot)
        np.subtract(slot, before, out=slot)
        np.clip(slot, 0, steps + 1, out=slot)
        counted = np.bincount(slot, minlength=slots.size)
        slots += counted
        if counted[0]:
            zeros += a.size - int(np.count_nonzero(a))
        if counted[-1]:
            high.append(np.asarray(a[np.flatnonzero(a >= _LOW_END)], dtype=np.float64))
    return np.concatenate([[zeros, slots[0] - zeros], slots[1:-1]]), np.concatenate(high)
