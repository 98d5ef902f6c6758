"""Sums of a number over rows: what a mean and its standard error need."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from .outcomes import FloatArray

#: Spread over mean square below which numbers differ by rounding only.
_ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class SumTally:
    """Weighted sums of named numbers of the rows, and of their squares.

    Attributes
    ----------
    total : (...) float64
        Sum of the weights: rows when each counts once.
    total_squares : (...) float64
        Sum of the squared weights (with frequency weights: of the weights).
    sums : mapping of str to (...) float64
        Sum of weight times number.
    sums_squared_weight, squares : mapping of str to (...) float64
        Sums of squared weight times number, and of squared weight times squared number.
    """

    total: FloatArray
    total_squares: FloatArray
    sums: dict[str, FloatArray]
    sums_squared_weight: dict[str, FloatArray]
    squares: dict[str, FloatArray]

    @classmethod
    def of(cls, numbers: dict[str, FloatArray], weight: FloatArray | None, *, frequency: bool) -> SumTally:
        """Add up numbers of the rows, each ``(n,)``."""
        n = len(next(iter(numbers.values())))
        w = np.ones(n) if weight is None else weight
        v = w if frequency else w * w

        def summed(by: FloatArray, power: int) -> dict[str, FloatArray]:
            with np.errstate(invalid="ignore"):  # a weight of 0 takes no part, whatever the number
                return {k: np.asarray(np.where(by > 0, by * x**power, 0.0).sum()) for k, x in numbers.items()}

        return cls(np.asarray(w.sum()), np.asarray(v.sum()), summed(w, 1), summed(v, 1), summed(v, 2))

    def mean(self, name: str) -> FloatArray:
        """Mean over the rows; NaN without rows."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.sums[name] / self.total)

    def standard_error(self, name: str) -> float:
        """Standard error of the mean of independent rows.

        Linearised for sampling weights (Särndal, Swensson and Wretman 1992, section 5.6), with the factor
        n / (n - 1) on the effective number of rows. NaN of one row or none, 0 of rows that are all alike.
        """
        m, total, squares = float(self.mean(name)), float(self.total), float(self.squares[name])
        n = total * (total / float(self.total_squares)) if total > 0 else 0.0
        if n <= 1:
            return float("nan")
        spread = squares - 2 * m * float(self.sums_squared_weight[name]) + m * m * float(self.total_squares)
        if spread <= _ROUNDING * squares:  # a difference of equal sums
            return 0.0
        return sqrt(spread * n / (n - 1)) / total

    def __add__(self, other: SumTally) -> SumTally:
        """Merge two tallies of disjoint rows."""

        def both(a: dict[str, FloatArray], b: dict[str, FloatArray]) -> dict[str, FloatArray]:
            return {name: np.asarray(a[name] + b[name]) for name in a}

        return SumTally(
            np.asarray(self.total + other.total),
            np.asarray(self.total_squares + other.total_squares),
            both(self.sums, other.sums),
            both(self.sums_squared_weight, other.sums_squared_weight),
            both(self.squares, other.squares),
        )


@dataclass(frozen=True, eq=False)
class RankTally:
    """At which place the true class stood among the classes ordered by probability.

    Attributes
    ----------
    counts : (..., K) int64 or float64
        Rows (or sums of weights) whose true class stood first, second, ...
    squares : RankTally, optional
        Sums of squared sampling weights; absent when every row counts once.
    """

    counts: NDArray[np.int64] | NDArray[np.float64]
    squares: RankTally | None = None

    def __add__(self, other: RankTally) -> RankTally:
        """Merge two tallies of disjoint rows."""
        squares = None
        if self.squares is not None or other.squares is not None:
            squares = (self.squares or self) + (other.squares or other)
        return RankTally(np.asarray(self.counts + other.counts), squares)
