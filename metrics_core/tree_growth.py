"""Finding the splits of an error tree on the rows it grows on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .cases import BoolArray, IntArray
from .metrics.counts import ratio
from .row_losses import RowLoss
from .split_columns import ByteArray, SplitColumn
from .tally.outcomes import FloatArray

#: Rows a tree grows on at most: more do not change its first splits.
MAX_GROWN = 200_000


@dataclass(frozen=True, eq=False)
class Split:
    """A split of one column: the codes that go left, and how much of the loss' spread it explains."""

    column: int
    left: BoolArray
    gain: float


def halves(loss: RowLoss, seed: int) -> tuple[IntArray, IntArray]:
    """Part the rows at random, those that belong together on one side.

    Returns
    -------
    to grow on, and all others : int64
        Indices into the rows, ascending; half of them to grow on, but at most 200,000.
    """
    rng = np.random.default_rng(seed)
    if loss.together is None:
        order = rng.permutation(len(loss))
        n = min(len(loss) // 2, MAX_GROWN)
        return np.sort(order[:n]), np.sort(order[n:])
    _, unit = np.unique(loss.together, return_inverse=True)
    order = rng.permutation(int(unit.max(initial=-1)) + 1)
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    sizes = np.bincount(unit, minlength=order.size)[order].cumsum()
    n = int(np.searchsorted(sizes, min(len(loss) // 2, MAX_GROWN), side="right"))
    grows = rank[unit] < n
    return np.flatnonzero(grows), np.flatnonzero(~grows)


class Grower:
    """Looks for splits on the growing half; nodes are numbered as in a heap, children of ``i`` are ``2i+1`` and ``2i+2``."""

    def __init__(
        self, cut: Sequence[SplitColumn], codes: Sequence[ByteArray], loss: RowLoss, least: int
    ) -> None:
        self.cut, self.codes, self.loss, self.least = cut, codes, loss, least

    def splits(self, depth: int) -> dict[int, Split]:
        """Find the split of every node, by its number in the heap."""
        found: dict[int, Split] = {}
        inside: dict[int, IntArray] = {0: np.arange(len(self.loss))}
        for node in range(2**depth - 1):
            rows = inside.pop(node, None)
            best = None if rows is None else self.best(rows, self.loss.weights)
            if rows is None or best is None:
                continue
            found[node] = best
            left = best.left[self.codes[best.column][rows]]
            inside[2 * node + 1], inside[2 * node + 2] = rows[left], rows[~left]
        return found

    def first_splits(self, replicates: int, seed: int) -> list[int]:
        """Return the column of the first split in samples of the rows, or of the groups of them, drawn again."""
        rng = np.random.default_rng([seed, 1])
        together = self.loss.together
        unit = np.arange(len(self.loss)) if together is None else np.unique(together, return_inverse=True)[1]
        n, everything = int(unit.max()) + 1, np.arange(len(self.loss))
        found = []
        for _ in range(replicates):
            times = np.bincount(rng.integers(0, n, n), minlength=n)[unit]
            best = self.best(everything, self.loss.weights * times, times)
            if best is not None:
                found.append(best.column)
        return found

    def best(self, rows: IntArray, weight: FloatArray, times: IntArray | None = None) -> Split | None:
        """Return the split of some rows that explains most; None when none leaves enough rows on both sides."""
        w = weight[rows]
        wl = w * self.loss.loss[rows]
        counted = w if self.loss.frequency else None if times is None else times[rows].astype(np.float64)
        best: Split | None = None
        for column, (cut, codes) in enumerate(zip(self.cut, self.codes, strict=True)):
            code = codes[rows]
            n, of_w, of_wl = (np.bincount(code, x, cut.n_codes).astype(np.float64) for x in (counted, w, wl))
            for split in _candidates(column, cut, n, of_w, of_wl, self.least):
                if best is None or split.gain > best.gain:
                    best = split
        return best if best is not None and best.gain > 0 else None


def _candidates(
    column: int, cut: SplitColumn, n: FloatArray, w: FloatArray, wl: FloatArray, least: int
) -> list[Split]:
    """Return the best split of one column: along its scale, missing cells on either side, or along the mean of its groups."""
    if not cut.ordered:
        with np.errstate(invalid="ignore", divide="ignore"):
            order = np.argsort(np.where(w > 0, wl / w, np.inf), kind="stable")
        return _along(column, order[: np.count_nonzero(w > 0)], n, w, wl, least)
    scale = np.arange(cut.n_codes - 1)
    if not n[-1]:
        return _along(column, scale, n, w, wl, least)
    missing = np.array([cut.n_codes - 1])
    tried = (np.concatenate([missing, scale]), np.concatenate([scale, missing]))
    # an edge has to lie between the sides: missing cells alone against all others is no step of the scale
    return [
        s
        for order in tried
        for s in _along(column, order, n, w, wl, least)
        if s.left[:-1].any() and not s.left[:-1].all()
    ]


def _along(
    column: int, order: IntArray, n: FloatArray, w: FloatArray, wl: FloatArray, least: int
) -> list[Split]:
    """Return the best split of codes in an order, as a list of at most one."""
    rows, weight, total = (x[order].cumsum() for x in (n, w, wl))
    left_w, left_t = weight[:-1], total[:-1]
    enough = (
        (rows[:-1] >= least) & (rows[-1] - rows[:-1] >= least) if order.size > 1 else np.zeros(0, dtype=bool)
    )
    if not enough.any():
        return []
    right_w, right_t = weight[-1] - left_w, total[-1] - left_t
    gain = ratio(left_t**2, left_w) + ratio(right_t**2, right_w) - total[-1] ** 2 / weight[-1]
    gain = np.where(enough & np.isfinite(gain), gain, -np.inf)
    at = int(np.argmax(gain))
    left = np.zeros(n.size, dtype=bool)
    left[order[: at + 1]] = True
    return [Split(column, left, float(gain[at]))]
