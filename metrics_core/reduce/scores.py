"""Binary cases into tallies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..cases import Cases
from ..tally import Outcomes, ScoreTally
from ..tally.outcomes import FloatArray
from ..tally.score import Counts

#: Rows handled at a time, so that temporaries stay in the processor's cache.
CHUNK = 1 << 17


def score_tally(cases: Cases) -> ScoreTally:
    """Count positives and negatives at every distinct score.

    Raises
    ------
    ValueError
        If the cases carry no score.
    """
    if cases.score is None:
        raise ValueError("cases without a score have no score tally")
    sides = [cases.score[cases.positive], cases.score[~cases.positive]]
    score = np.union1d(*sides)  # sorting values is three times faster than sorting positions with them
    counts: list[Counts]
    squares = None
    if cases.weight is None:
        counts = [_counts_at(score, side) for side in sides]
    else:
        weights = [cases.weight[cases.positive], cases.weight[~cases.positive]]
        counts = [_sums_at(score, side, w) for side, w in zip(sides, weights, strict=True)]
        if not cases.frequency:
            of_pos, of_neg = (_sums_at(score, side, w**2) for side, w in zip(sides, weights, strict=True))
            squares = ScoreTally(score, of_pos, of_neg, cases.probability, cases.margin)
    pos, neg = counts
    return ScoreTally(score, pos, neg, probability=cases.probability, margin=cases.margin, squares=squares)


def decided_outcomes(cases: Cases, threshold: float | None) -> Outcomes:
    """Count the four outcomes of a threshold, or of the file's own decision."""
    code = cases.outcome(threshold)
    counts = np.bincount(code, weights=cases.weight, minlength=4)
    squares = None
    if cases.weight is None:
        counts = counts.astype(np.int64)
    elif not cases.frequency:
        tp, fp, fn, tn = (np.asarray(c) for c in np.bincount(code, weights=cases.weight**2, minlength=4))
        squares = Outcomes(tp, fp, fn, tn)
    tp, fp, fn, tn = (np.asarray(c) for c in counts)
    return Outcomes(tp, fp, fn, tn, None if threshold is None else np.asarray(float(threshold)), squares)


def _counts_at(score: FloatArray, values: FloatArray) -> NDArray[np.int64]:
    """Count how often each distinct score occurs among the values."""
    found, n = np.unique(values, return_counts=True)
    counts = np.zeros(score.size, dtype=np.int64)
    counts[np.searchsorted(score, found)] = n
    return counts


def _sums_at(score: FloatArray, values: FloatArray, weights: FloatArray) -> FloatArray:
    """Add the weights of the values at each distinct score, a cache-sized chunk at a time."""
    sums = np.zeros(score.size)
    for start in range(0, values.size, CHUNK):
        part = slice(start, start + CHUNK)
        np.add.at(sums, np.searchsorted(score, values[part]), weights[part])
    return sums
