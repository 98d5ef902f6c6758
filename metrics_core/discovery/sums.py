"""What is known of each slice and of all rows: counts, sums of the loss, and how much it spreads."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cases import BoolArray, IntArray
from ..row_losses import RowLoss
from ..tally.outcomes import FloatArray


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over the rows of M slices, or of all rows; the loss is taken minus its mean over all rows.

    Attributes
    ----------
    rows : (M,)
        Rows, whatever they weigh.
    weight : (M,)
    loss : (M,)
        Weight times loss.
    squares : (M,)
        Weight times squared loss.
    weight2, loss2, squares2 : (M,)
        The same three with squared weights.
    """

    rows: FloatArray
    weight: FloatArray
    loss: FloatArray
    squares: FloatArray
    weight2: FloatArray
    loss2: FloatArray
    squares2: FloatArray

    def __sub__(self, other: Sums) -> Sums:
        """Take the rows of a slice away."""
        return Sums(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(Sums)))

    def at(self, chosen: Any) -> Sums:
        """Keep some slices."""
        return Sums(*(np.asarray(getattr(self, f.name)[chosen]) for f in fields(Sums)))

    @property
    def effective(self) -> FloatArray:
        """Kish's effective number of rows."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.weight2 > 0, self.weight * (self.weight / self.weight2), 0.0)


@dataclass(frozen=True, eq=False)
class Losses:
    """The losses to search, ready to be added up.

    Attributes
    ----------
    of : RowLoss
    mean : float
        Weighted mean over all rows; what ``centred`` is taken from.
    centred : (n,) float64
    wrong : (n,) bool
        Rows with a loss of 1; meaningless unless the loss is a rate.
    """

    of: RowLoss
    mean: float
    centred: FloatArray
    wrong: BoolArray

    @classmethod
    def of_rows(cls, loss: RowLoss) -> Losses:
        """Take the mean away."""
        mean = loss.mean
        return cls(loss, mean, loss.loss - mean, loss.loss > 0)

    @property
    def counted(self) -> bool:
        """Whether rows are wrong or not and count once each, so that they can be counted instead of added up."""
        return self.of.is_rate and self.of.weight is None

    def moments(self) -> list[FloatArray]:
        """What is added up over slices: weights are squared only where they are sampling weights."""
        n, weight = len(self.of), self.of.weight
        ones = np.ones(n)
        if weight is None:
            return [ones, self.centred, self.centred**2]
        loss = weight * self.centred
        of_weight = [weight, loss, loss * self.centred]
        if self.of.frequency:
            return [*of_weight, ones]
        return [ones, *of_weight, weight**2, weight * loss, loss**2]

    def read(self, sums: FloatArray) -> Sums:
        """Give the sums of ``moments`` their names, ``(M, len(moments))``."""
        columns = list(np.asarray(sums, dtype=np.float64).T)
        if self.of.weight is None:
            rows, loss, squares = columns
            return Sums(rows, rows, loss, squares, rows, loss, squares)
        if self.of.frequency:  # a row that stands for w rows is w rows, not one heavy row
            weight, loss, squares, rows = columns
            return Sums(rows, weight, loss, squares, weight, loss, squares)
        return Sums(*columns)

    def from_counts(self, rows: IntArray, wrong: IntArray) -> Sums:
        """Turn counts of rows and wrong rows into the same sums."""
        n, k = rows.astype(np.float64), wrong.astype(np.float64)
        loss = k - n * self.mean
        squares = k * (1 - self.mean) ** 2 + (n - k) * self.mean**2
        return Sums(n, n, loss, squares, n, loss, squares)

    def inside(self, chosen: NDArray[np.bool_]) -> Sums:
        """Add up the rows of one slice, ``(n,)``; the result has the shape ``(1,)``."""
        if self.counted:
            rows, wrong = (np.array([np.count_nonzero(x)]) for x in (chosen, chosen & self.wrong))
            return self.from_counts(rows, wrong)
        return self.read(np.array([[moment[chosen].sum() for moment in self.moments()]]))

    @cached_property
    def whole(self) -> Sums:
        """The sums over all rows, each of the shape ``()``."""
        return self.inside(np.ones(len(self.of), dtype=bool)).at(0)

    def value(self, sums: Sums) -> FloatArray:
        """Mean loss of the slices."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.mean + sums.loss / sums.weight

    def errors(self, sums: Sums) -> FloatArray:
        """Total loss of the slices: wrong rows, or the weight of them."""
        return sums.loss + self.mean * sums.weight
