"""Flags by day or week: how many there are at a cut, and the lowest cut that a day can bear."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DataError
from ..tally.outcomes import FloatArray

_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Periods:
    """Scores of the rows by period, ascending in each.

    Attributes
    ----------
    score : (n,) float64
        Period after period.
    above : (n,) float64
        Rows (or sums of weights) of the same period from this one upwards.
    start : (P + 1,) int64
        Where each period begins, and the end of the last.
    """

    score: FloatArray
    above: FloatArray
    start: NDArray[np.int64]

    @classmethod
    def of(cls, score: FloatArray, period: NDArray[np.int64], weight: FloatArray | None = None) -> Periods:
        """Sort rows by period and score.

        Parameters
        ----------
        score : (n,) float64
        period : (n,) int64
            Number of the day or week of each row, from 0; rows of a negative number have no time and are left out.
        weight : (n,) float64, optional

        Raises
        ------
        DataError
            If no row has a time.
        """
        used = np.flatnonzero(period >= 0)
        if used.size == 0:
            raise DataError("No row has a time, so flags cannot be counted by day or week. Name the column with --time.")  # fmt: skip
        order = used[np.lexsort((score[used], period[used]))]
        first = np.flatnonzero(np.diff(period[order], prepend=-1))
        start = np.append(first, order.size)
        rows = np.ones(order.size) if weight is None else weight[order]
        ends = np.repeat(start[1:], np.diff(start)) - 1
        summed = np.cumsum(rows)
        return cls(score[order], summed[ends] - summed + rows, start)

    @property
    def n(self) -> int:
        """Number of periods that have rows."""
        return self.start.size - 1

    @property
    def rows(self) -> FloatArray:
        """Rows of each period (or sums of their weights), ``(P,)``."""
        return self.above[self.start[:-1]]

    def flags(self, cut: ArrayLike) -> FloatArray:
        """Count the rows at or above cuts in every period, ``(..., P)``."""
        at = np.asarray(cut, dtype=np.float64)
        found = np.zeros((*at.shape, self.n))
        for i in range(self.n):
            part = slice(self.start[i], self.start[i + 1])
            above = np.append(self.above[part], 0.0)
            found[..., i] = above[np.searchsorted(self.score[part], at, side="left")]
        return found

    def flags_within(self, cut: ArrayLike, within: float, *, share: bool = False) -> FloatArray:
        """Give the flags (or the share of the period's rows) that a part of the periods stays within, ``(...)``."""
        flags = self.flags(cut)
        flags = flags / self.rows if share else flags
        return np.asarray(np.sort(flags, axis=-1)[..., self._needed(within) - 1])

    def beyond(self, limit: float, within: float, *, share: bool = False) -> float:
        """Find the score that a cut must exceed so that a part of the periods has no more than so many flags.

        Minus infinite when any cut will do.
        """
        most = limit * self.rows if share else np.full(self.n, limit)
        too_many = self.above > np.repeat(most * (1 + _ROUNDING), np.diff(self.start))
        at = self.start[:-1] + np.add.reduceat(too_many, self.start[:-1], dtype=np.int64) - 1
        lowest = np.where(at < self.start[:-1], -np.inf, self.score[np.maximum(at, 0)])
        return float(np.sort(lowest)[self._needed(within) - 1])

    def _needed(self, within: float) -> int:
        """Count the periods that a share of them is, rounded up."""
        return max(1, ceil(within * self.n * (1 - _ROUNDING)))


@dataclass(frozen=True, eq=False)
class Alerts:
    """Flags per period at some cuts, in rows or sums of weights.

    Attributes
    ----------
    periods : int
        Days or weeks that have rows.
    mean, median, most : (...) float64
        Over the periods.
    within_95 : (...) float64
        What at least 95 % of the periods stay within.
    """

    periods: int
    mean: FloatArray
    median: FloatArray
    within_95: FloatArray
    most: FloatArray


def alerts_per_period(score: FloatArray, period: NDArray[np.int64], weight: FloatArray | None, cuts: ArrayLike) -> Alerts:  # fmt: skip
    """Count flags by day or week at some cuts.

    Parameters
    ----------
    score, period, weight
        See ``Periods.of``.
    cuts : array-like of shape (...)
        Of the rule ``score >= cut``.

    Returns
    -------
    Alerts

    Raises
    ------
    DataError
        If no row has a time.

    Examples
    --------
    >>> found = alerts_per_period(np.array([0.9, 0.8, 0.1, 0.7]), np.array([0, 0, 1, 1]), None, 0.5)
    >>> float(found.mean), float(found.most)
    (1.5, 2.0)
    """
    rows = Periods.of(score, period, weight)
    flags = rows.flags(cuts)
    return Alerts(
        rows.n, flags.mean(-1), np.median(flags, axis=-1), rows.flags_within(cuts, 0.95), flags.max(-1)
    )
