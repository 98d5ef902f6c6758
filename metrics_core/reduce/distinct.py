"""Rows counted at every distinct score: one sort of numbers that carry score and class together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..tally.outcomes import FloatArray
from .binned import BoolArray, Scores

#: Slots of the table that distinct scores are marked in, and rows looked at between two looks at it.
_SLOT_BITS, _ROWS = 18, 1 << 17
#: Odd and without a pattern: spreads the bits of a float over the slots.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def distinct_counts(score: Scores, positive: BoolArray) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Count positives and negatives at every distinct score.

    Returns
    -------
    score : (D,) float64, ascending
    pos, neg : (D,) int64
    """
    below = np.flatnonzero(score < 0)
    if below.size == 0:
        return _of_distances(score, positive)
    above = np.flatnonzero(score >= 0)
    far, far_pos, far_neg = (x[::-1] for x in _of_distances(-score[below], positive[below]))
    near, near_pos, near_neg = _of_distances(score[above], positive[above])
    return (
        np.concatenate([-far, near]),
        np.concatenate([far_pos, near_pos]),
        np.concatenate([far_neg, near_neg]),
    )


def _of_distances(score: Scores, positive: BoolArray) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Count scores of 0 and more. Their bits sort like the numbers, and the free bit of the sign takes the class."""
    if score.size == 0:
        return np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    plain = _narrowed(score) + np.float32(0)  # a copy in which -0 is 0
    key: NDArray[Any] = plain.view(np.uint32 if plain.dtype == np.float32 else np.uint64)
    np.left_shift(key, 1, out=key)
    np.bitwise_or(key, positive, out=key)
    key.sort()
    label = np.bitwise_and(key, 1).astype(np.int64)
    np.right_shift(key, 1, out=key)
    last = np.flatnonzero(np.append(key[1:] != key[:-1], True))
    if last.size == key.size:  # no ties: every row is an entry
        return key.view(plain.dtype).astype(np.float64), label, 1 - label
    np.cumsum(label, out=label)
    pos = np.diff(label[last], prepend=0)
    return key[last].view(plain.dtype).astype(np.float64), pos, np.diff(last, prepend=-1) - pos


def distinct_sums(score: Scores, positive: BoolArray, *values: NDArray[Any]) -> tuple[FloatArray, list[tuple[NDArray[Any], NDArray[Any]]]]:  # fmt: skip
    """Add numbers of positives and of negatives up at every distinct score, in the order of the rows.

    Returns
    -------
    score : (D,) float64, ascending
    sums : list of (pos, neg)
        For each of the values, ``(D,)`` of their type.
    """
    order = np.argsort(score, kind="stable")
    ordered = np.asarray(score[order], dtype=np.float64) + 0.0
    if ordered.size == 0:
        return ordered, [(np.zeros(0, v.dtype), np.zeros(0, v.dtype)) for v in values]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sides = (positive[order], ~positive[order])
    found = []
    for value in values:
        taken, none = value[order], value.dtype.type(0)
        pos, neg = (np.add.reduceat(np.where(side, taken, none), first) for side in sides)
        found.append((pos, neg))
    return ordered[first], found


def has_more_distinct_than(score: Scores, limit: int) -> bool:
    """Tell whether there are surely more distinct scores; looks at no more rows than it takes.

    Distinct scores may share a slot, never the same score two, so counted slots are a lower limit. Close to ``limit``
    a few more scores may go unnoticed.
    """
    seen = np.zeros(1 << _SLOT_BITS, dtype=bool)
    for start in range(0, score.size, _ROWS):
        bits = (score[start : start + _ROWS].astype(np.float64) + 0.0).view(np.uint64)
        bits *= _SPREAD
        bits >>= np.uint64(64 - _SLOT_BITS)
        seen[bits] = True
        if np.count_nonzero(seen) > limit:
            return True
    return False


def _narrowed(score: Scores) -> Scores:
    """Keep float32 numbers that were stored as float64 as float32: they sort twice as fast."""
    if score.dtype == np.float32:
        return score
    with np.errstate(over="ignore"):
        if (score[:_ROWS] != score[:_ROWS].astype(np.float32)).any():
            return score
        narrow = score.astype(np.float32)
    return narrow if np.array_equal(narrow, score) else score
