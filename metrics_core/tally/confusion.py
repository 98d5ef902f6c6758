"""How often each class was taken for which: all that metrics of a class decision need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .outcomes import Outcomes

Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ConfusionTally:
    """Counts of (true class, predicted class). Only pairs that occur are kept, so a thousand classes stay small.

    Attributes
    ----------
    n_classes : int
    true, predicted : (M,) int64
        The pairs, ascending by true and then by predicted class.
    counts : (..., M) int64 or float64
        Rows, or sums of weights.
    squares : ConfusionTally, optional
        Sums of squared sampling weights in the same pairs; absent when every row counts once.
    """

    n_classes: int
    true: Codes
    predicted: Codes
    counts: NDArray[Any]
    squares: ConfusionTally | None = None

    @property
    def total(self) -> NDArray[Any]:
        """All rows, ``(...)``."""
        return np.asarray(self.counts.sum(-1))

    @cached_property
    def support(self) -> NDArray[Any]:
        """Rows of each class, ``(..., K)``."""
        return self._by_class(self.true, self.counts)

    @cached_property
    def decided(self) -> NDArray[Any]:
        """Rows predicted as each class, ``(..., K)``."""
        if self.counts.ndim == 1:  # no need to sort the pairs
            summed = np.bincount(self.predicted, weights=self.counts, minlength=self.n_classes)
            return summed.astype(self.counts.dtype)
        order = np.argsort(self.predicted, kind="stable")
        return self._by_class(self.predicted[order], self.counts[..., order])

    @cached_property
    def correct(self) -> NDArray[Any]:
        """Rows of each class that were predicted right, ``(..., K)``."""
        right = self.true == self.predicted
        return self._by_class(self.true[right], self.counts[..., right])

    def one_vs_rest(self) -> Outcomes:
        """Count each class against all others, ``(..., K)``."""
        tp = self.correct
        fp, fn = self.decided - tp, self.support - tp
        tn = self.total[..., np.newaxis] - tp - fp - fn
        return Outcomes(tp, fp, fn, tn, squares=None if self.squares is None else self.squares.one_vs_rest())

    def matrix(self) -> NDArray[Any]:
        """Return the dense matrix ``(..., K, K)``: rows true, columns predicted."""
        k = self.n_classes
        dense = np.zeros((*self.counts.shape[:-1], k * k), dtype=self.counts.dtype)
        dense[..., self.true * k + self.predicted] = self.counts
        return dense.reshape(*self.counts.shape[:-1], k, k)

    def with_counts(self, counts: NDArray[Any]) -> ConfusionTally:
        """Return other counts for the same pairs, such as those of many replicates."""
        return ConfusionTally(self.n_classes, self.true, self.predicted, counts)

    def __add__(self, other: ConfusionTally) -> ConfusionTally:
        """Merge two tallies of disjoint rows."""
        k = self.n_classes
        cells = [t.true * k + t.predicted for t in (self, other)]
        every = np.union1d(*cells)
        dtype = np.result_type(self.counts, other.counts)
        counts = np.zeros((*np.broadcast_shapes(self.counts.shape[:-1], other.counts.shape[:-1]), every.size), dtype)  # fmt: skip
        for cell, tally in zip(cells, (self, other), strict=True):
            counts[..., np.searchsorted(every, cell)] += tally.counts
        squares = None
        if self.squares is not None or other.squares is not None:  # a row that counts once has the square 1
            squares = (self.squares or self) + (other.squares or other)
        return ConfusionTally(k, every // k, every % k, counts, squares)

    def _by_class(self, code: Codes, counts: NDArray[Any]) -> NDArray[Any]:
        """Add up counts whose classes ascend."""
        out = np.zeros((*counts.shape[:-1], self.n_classes), dtype=counts.dtype)
        if code.size:
            starts = np.flatnonzero(np.diff(code, prepend=-1))
            out[..., code[starts]] = np.add.reduceat(counts, starts, axis=-1)
        return out


def confusion(matrix: Any) -> ConfusionTally:
    """Build a tally from a dense matrix: rows true, columns predicted.

    Examples
    --------
    >>> confusion([[2, 0], [1, 3]]).support.tolist()
    [2, 4]
    """
    dense = np.asarray(matrix)
    true, predicted = np.nonzero(dense)
    return ConfusionTally(dense.shape[-1], true, predicted, dense[true, predicted])
