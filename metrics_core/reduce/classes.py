"""Cases of many classes into tallies."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..cases import ClassCases
from ..tally import ConfusionTally, OneVsOne, OneVsRest, RankTally, ScoreTally, SumTally
from ..tally.bins import COARSE
from ..tally.outcomes import FloatArray
from .binned import bin_counts, bin_sums
from .scores import tally_of

#: Pairs of classes in a matrix that is counted densely before empty pairs are dropped.
_DENSE = 2048**2
#: Probabilities, rows times classes, up to which every distinct one is counted unless somebody asks.
EXACT_SCORES = 5_000_000
#: Classes up to which each is compared with each other one.
MAX_PAIRED = 50


def confusion_tally(cases: ClassCases) -> ConfusionTally:
    """Count pairs of true and predicted class."""
    k = len(cases.labels)
    cell = cases.truth.astype(np.int64) * k + cases.predicted
    used, place = (None, cell) if k * k <= _DENSE else np.unique(cell, return_inverse=True)
    size = k * k if used is None else used.size
    counts = np.bincount(place, weights=cases.weight, minlength=size)
    seen = np.bincount(place, minlength=size) > 0 if cases.weight is not None else counts > 0
    cells = np.flatnonzero(seen) if used is None else used[seen]
    squares = None
    if cases.weight is None:
        counts = counts.astype(np.int64)
    elif not cases.frequency:
        of_squares = np.bincount(place, weights=cases.weight**2, minlength=size)[seen]
        squares = ConfusionTally(k, cells // k, cells % k, of_squares)
    return ConfusionTally(k, cells // k, cells % k, counts[seen], squares)


def sum_tally(cases: ClassCases) -> SumTally:
    """Add up the losses of the probabilities: log loss with and without clipping, Brier score."""
    return SumTally.of(losses(cases), cases.weight, frequency=cases.frequency)


def losses(cases: ClassCases) -> dict[str, FloatArray]:
    """Compute each row's log loss, clipped log loss (nats) and Brier score (0 to 2)."""
    p, probabilities = cases.of_truth(), cases.probabilities
    assert probabilities is not None  # of_truth has refused
    eps = float(np.finfo(np.float64).eps)
    with np.errstate(divide="ignore"):
        log_loss = -np.log(p)
    squared = np.zeros(len(cases))
    for column in probabilities.T:
        squared += np.square(column)
    return {
        "log_loss": log_loss,
        "log_loss_clipped": -np.log(np.clip(p, eps, 1 - eps)),
        "brier": squared - 2 * p + 1,
    }


def ranks(cases: ClassCases) -> NDArray[np.int64]:
    """Place of the true class by probability, 0 for the highest; of equals the class later in the list comes first.

    That is the order scikit-learn's ``top_k_accuracy_score`` takes.
    """
    p, probabilities = cases.of_truth(), cases.probabilities
    assert probabilities is not None  # of_truth has refused
    order = np.argsort(cases.truth, kind="stable")
    p = p[order]
    before = np.searchsorted(cases.truth[order], np.arange(probabilities.shape[1]), side="left")
    above = np.zeros(len(cases), dtype=np.int64)
    for code, column in enumerate(probabilities.T):
        ordered = column[order]
        first = before[code]  # up to here the true class stands earlier in the list, so it loses a tie
        above[:first] += ordered[:first] >= p[:first]
        above[first:] += ordered[first:] > p[first:]
    out = np.empty_like(above)
    out[order] = above
    return out


def rank_tally(cases: ClassCases) -> RankTally:
    """Count the rows by the place of their true class."""
    place, k = ranks(cases), len(cases.labels)
    counts = np.bincount(place, weights=cases.weight, minlength=k)
    if cases.weight is None:
        return RankTally(counts.astype(np.int64))
    squares = None if cases.frequency else RankTally(np.bincount(place, weights=cases.weight**2, minlength=k))
    return RankTally(counts, squares)


def confidence_tally(cases: ClassCases, *, exact: bool | None = None) -> ScoreTally:
    """Count right and wrong rows by the probability of the predicted class."""
    return tally_of(cases.of_decision(), ~cases.wrong, cases.weight, frequency=cases.frequency, exact=exact)


def one_vs_rest(cases: ClassCases, *, exact: bool | None = None) -> OneVsRest:
    """Count each class against all others at every probability of it, or in bins when there are very many."""
    probabilities = cases.probabilities
    if probabilities is None:
        raise ValueError("cases without probabilities have no scores to count")
    if exact is None:
        exact = probabilities.size <= EXACT_SCORES
    rows = _rows_of_each(cases)
    if exact:
        found = []
        for code, column in enumerate(probabilities.T):
            positive = np.zeros(len(cases), dtype=bool)
            positive[rows[code]] = True
            found.append(tally_of(column, positive, cases.weight, frequency=cases.frequency, exact=True))
        return OneVsRest(tuple(found))
    return OneVsRest(
        tuple(_binned(cases, column, at) for column, at in zip(probabilities.T, rows, strict=True))
    )


def one_vs_one(cases: ClassCases) -> OneVsOne:
    """Compare each class with each other one by its own probability: one sort a class (Hand and Till 2001)."""
    if cases.probabilities is None:
        raise ValueError("cases without probabilities have no scores to compare")
    k = len(cases.labels)
    auc = np.full((k, k), np.nan)
    if k > MAX_PAIRED:
        return OneVsOne(auc)
    weight = np.ones(len(cases)) if cases.weight is None else cases.weight
    support = np.bincount(cases.truth, weights=weight, minlength=k)
    for code, column in enumerate(cases.probabilities.T):
        order = np.argsort(column)
        score, truth, w = column[order], cases.truth[order], weight[order]
        starts = np.flatnonzero(np.diff(score, prepend=np.nan) != 0)
        own = np.add.reduceat(np.where(truth == code, w, 0.0), starts)
        above = own[::-1].cumsum()[::-1] - own / 2  # rows of the class that score higher, ties counting half
        entry = np.zeros(score.size, dtype=np.int64)
        entry[starts[1:]] = 1
        wins = np.bincount(truth, weights=w * above[np.cumsum(entry)], minlength=k)
        with np.errstate(invalid="ignore", divide="ignore"):
            auc[code] = wins / (support * support[code])
    np.fill_diagonal(auc, np.nan)
    return OneVsOne(auc)


def _rows_of_each(cases: ClassCases) -> Sequence[NDArray[np.int64]]:
    """Positions of the rows of each class."""
    order = np.argsort(cases.truth, kind="stable")
    ends = np.searchsorted(cases.truth[order], np.arange(len(cases.labels) + 1))
    return [order[a:b] for a, b in pairwise(ends)]


def _binned(cases: ClassCases, column: FloatArray, own: NDArray[np.int64]) -> ScoreTally:
    """Count one class in coarse bins: all rows, then its own."""
    edges, tops = COARSE.edges, COARSE.tops
    if cases.weight is None:
        every, pos = bin_counts(column, COARSE), bin_counts(column[own], COARSE)
        return ScoreTally(edges, pos, every - pos, top=tops)

    def summed(weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        others = weight.copy()
        others[own] = 0.0  # a difference of two sums would lose the digits of light rows
        return bin_sums(column[own], weight[own], COARSE), bin_sums(column, others, COARSE)

    squares = None if cases.frequency else ScoreTally(edges, *summed(cases.weight**2), top=tops)
    return ScoreTally(edges, *summed(cases.weight), squares=squares, top=tops)
