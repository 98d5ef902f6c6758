"""Positives and negatives at every score, or in narrow bins of scores: all a binary metric ever needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .outcomes import FloatArray, Outcomes

Counts = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ScoreTally:
    """How many positive and negative rows carry each distinct score, or lie in each narrow bin of scores.

    Attributes
    ----------
    score : (D,) float64
        Distinct scores, ascending; of bins the least score that each may hold. ``score >= threshold`` is counted
        exactly at each of them.
    pos, neg : (..., D) int64 or float64
        Rows (or sums of weights) of either class with that score or in that bin.
    probability : bool
        Whether the scores are probabilities of the positive class; calibration metrics need that.
    margin : bool
        Whether the scores are signed distances from a boundary at 0.
    squares : ScoreTally, optional
        The same tally of squared sampling weights; absent when every row counts once. Intervals need it.
    top : (D,) float64, optional
        The greatest score that each bin may hold; absent when every entry is one score.
    amounts : ScoreTally, optional
        The same tally of weight times amount, in the unit of the amounts; absent when the rows have none.
    """

    score: FloatArray
    pos: NDArray[Any]
    neg: NDArray[Any]
    probability: bool = True
    margin: bool = False
    squares: ScoreTally | None = None
    top: FloatArray | None = None
    amounts: ScoreTally | None = None

    @property
    def exact(self) -> bool:
        """Whether every entry is one score."""
        return self.top is None

    @cached_property
    def middle(self) -> FloatArray:
        """Score that stands for the rows of each entry: the score itself, or the middle of the bin, ``(D,)``."""
        return self.score if self.top is None else (self.score + self.top) / 2

    @cached_property
    def tp(self) -> NDArray[Any]:
        """Positives with a score at or above each distinct score, ``(..., D)``."""
        return _from_the_top(self.pos)

    @cached_property
    def fp(self) -> NDArray[Any]:
        """Negatives with a score at or above each distinct score, ``(..., D)``."""
        return _from_the_top(self.neg)

    @cached_property
    def n_pos(self) -> NDArray[Any]:
        """All positives, ``(...)``."""
        return np.asarray(self.pos.sum(-1))

    @cached_property
    def n_neg(self) -> NDArray[Any]:
        """All negatives, ``(...)``."""
        return np.asarray(self.neg.sum(-1))

    def outcomes(self, threshold: ArrayLike) -> Outcomes:
        """Count the four outcomes of the rule ``score >= threshold``, exactly.

        Parameters
        ----------
        threshold : array-like of shape (T,) or a number
            Any cuts, not only scores that occur; of bins their least scores, and cuts outside all of them.

        Returns
        -------
        Outcomes
            With the leading axes of the tally followed by the shape of ``threshold``.

        Raises
        ------
        ValueError
            If a bin holds scores on both sides of a cut: how many is not known. Count the rows again with that cut
            (``reduce.with_cuts``).
        """
        cut = np.asarray(threshold, dtype=np.float64)
        at = np.searchsorted(self.score, cut, side="left")
        if self.top is not None:
            inside = cut[(at > 0) & (cut <= self.top[at - 1])]
            if inside.size:
                raise ValueError(f"no edge of a bin is at {float(inside.flat[0])!r}, so it cannot be counted exactly; count the rows with this cut")  # fmt: skip
        tp, fp = _take_or_zero(self.tp, at), _take_or_zero(self.fp, at)
        lead = (..., *(np.newaxis,) * cut.ndim)
        fn, tn = np.asarray(self.n_pos[lead] - tp), np.asarray(self.n_neg[lead] - fp)
        squares = None if self.squares is None else self.squares.outcomes(cut)
        amounts = None if self.amounts is None else self.amounts.outcomes(cut)
        return Outcomes(tp, fp, fn, tn, np.broadcast_to(cut, tp.shape), squares, amounts)

    def __add__(self, other: ScoreTally) -> ScoreTally:
        """Merge two tallies of disjoint rows.

        Bins are merged to the edges that both have: what a cut of one of them divided is whole again in the sum. The sum
        has amounts when both have them: those of half of the rows are the amounts of nothing.

        Raises
        ------
        ValueError
            If one has every distinct score and the other bins.
        """
        if self.exact != other.exact:
            raise ValueError("a tally of distinct scores and one of bins cannot be merged")
        squares = None
        if self.squares is not None or other.squares is not None:  # a row that counts once has the square 1
            squares = (self.squares or self) + (other.squares or other)
        amounts = None
        if self.amounts is not None and other.amounts is not None:
            amounts = self.amounts + other.amounts
        if self.exact:
            score = np.union1d(self.score, other.score)
            parts = [_spread(t.score, counts, score) for t in (self, other) for counts in (t.pos, t.neg)]
            top = None
        else:
            same = self.score is other.score or np.array_equal(self.score, other.score)
            score = self.score if same else np.intersect1d(self.score, other.score)
            if score.size == 0 or not score[0] == self.score[0] == other.score[0]:
                raise ValueError("these tallies have no bins in common")
            parts = [_gathered(t.score, counts, score) for t in (self, other) for counts in (t.pos, t.neg)]
            top = self.top if same else _tops(score, self, other)
        return ScoreTally(
            score,
            parts[0] + parts[2],
            parts[1] + parts[3],
            self.probability,
            self.margin,
            squares,
            top,
            amounts,
        )


def _from_the_top(counts: NDArray[Any]) -> NDArray[Any]:
    """Sum from the highest score downwards."""
    summed = np.cumsum(counts[..., ::-1], axis=-1)[..., ::-1]
    return np.ascontiguousarray(summed)  # a look-up would copy anything else, every time


def _take_or_zero(cumulated: NDArray[Any], at: NDArray[np.intp]) -> NDArray[Any]:
    """Look up counts at positions; one past the end is above every score, so nothing is flagged."""
    n = cumulated.shape[-1]
    if n == 0:
        return np.zeros((*cumulated.shape[:-1], *at.shape), dtype=cumulated.dtype)
    if np.ndim(at) == 0:  # one threshold, the way of a slider: indexing is many times quicker than take
        return np.asarray(cumulated[..., int(at)] if at < n else np.zeros_like(cumulated[..., 0]))
    found = np.asarray(np.take(cumulated, np.minimum(at, n - 1), axis=-1))
    return found if np.all(at < n) else np.where(at < n, found, np.zeros((), dtype=cumulated.dtype))


def _spread(score: FloatArray, counts: NDArray[Any], target: FloatArray) -> NDArray[Any]:
    """Lay counts out over a longer list of scores."""
    out = np.zeros((*counts.shape[:-1], target.size), dtype=counts.dtype)
    out[..., np.searchsorted(target, score)] = counts
    return out


def _gathered(score: FloatArray, counts: NDArray[Any], target: FloatArray) -> NDArray[Any]:
    """Add counts up over a shorter list of edges."""
    if target.size == score.size:
        return counts
    return np.asarray(np.add.reduceat(counts, np.searchsorted(score, target), axis=-1))


def _tops(score: FloatArray, *tallies: ScoreTally) -> FloatArray:
    """Find the greatest score that each merged bin may hold."""
    tops = []
    for t in tallies:
        assert t.top is not None  # only bins are merged
        tops.append(t.top[np.append(np.searchsorted(t.score, score[1:]) - 1, t.top.size - 1)])
    return np.asarray(np.maximum(*tops))
