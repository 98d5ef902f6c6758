"""Binary cases into tallies."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cases import BinaryCases
from ..tally import Outcomes, ScoreTally
from ..tally.bins import COARSE, FINE
from ..tally.outcomes import FloatArray
from .binned import CHUNK, BinCounter, BoolArray, Scores, bin_counts, bin_sums
from .distinct import distinct_counts, distinct_sums, has_more_distinct_than

__all__ = ["bin_counts", "bin_sums", "decided_outcomes", "score_tally", "tally_of", "with_cuts"]

#: Up to so many rows, or distinct scores, every distinct score is counted.
EXACT_ROWS, EXACT_SCORES = 200_000, 1 << 16
#: Rows sorted at a time when few distinct scores are many rows.
_SORTED = 1 << 20


def score_tally(cases: BinaryCases, *, exact: bool | None = None, cuts: Iterable[float] = ()) -> ScoreTally:
    """Count positives and negatives by score: at every distinct one, or in narrow bins.

    Parameters
    ----------
    cases : BinaryCases
        With a score.
    exact : bool, optional
        Whether every distinct score is counted. By default so, up to 200 000 rows, up to 65 536 distinct
        scores and for scores that are not all between 0 and 1; else in bins.
    cuts : iterable of float
        Thresholds that bins must not straddle, so that the rule ``score >= cut`` is counted exactly.

    Returns
    -------
    ScoreTally
        With amounts when every row has one.

    Raises
    ------
    ValueError
        If the cases carry no score, or bins are asked for and a score is outside 0 to 1.
    """
    if cases.score is None:
        raise ValueError("cases without a score have no score tally")
    return tally_of(
        cases.score,
        cases.positive,
        cases.weight,
        worth=cases.worth,
        frequency=cases.frequency,
        exact=exact,
        cuts=cuts,
        probability=cases.probability,
        margin=cases.margin,
    )


def tally_of(
    score: Scores,
    positive: BoolArray,
    weight: FloatArray | None = None,
    *,
    worth: FloatArray | None = None,
    frequency: bool = False,
    exact: bool | None = None,
    cuts: Iterable[float] = (),
    probability: bool = True,
    margin: bool = False,
    coarse: bool = False,
) -> ScoreTally:
    """Count arrays by score, see ``score_tally``.

    Parameters
    ----------
    score : (n,) float32 or float64
        Without NaN; float32 counts as the float64 number that it is.
    positive : (n,) bool
    weight : (n,) float64, optional
    worth : (n,) float64, optional
        Weight times amount of each row.
    frequency : bool
        Whether a weight says how often a row counts; squared weights are added up otherwise.
    exact, cuts
        See ``score_tally``.
    probability, margin : bool
        What the scores are.
    coarse : bool
        Whether bins, if there are any, are those of the coarse set.

    Returns
    -------
    ScoreTally

    Raises
    ------
    ValueError
        If bins are asked for and a score is outside 0 to 1.

    Examples
    --------
    >>> score, positive = np.array([0.2, 0.7, 0.7]), np.array([False, True, False])
    >>> tally_of(score, positive).score
    array([0.2, 0.7])
    >>> binned = tally_of(score, positive, exact=False, cuts=[0.7])
    >>> int(binned.outcomes(0.7).tp), int(binned.outcomes(0.7).fp)
    (1, 1)
    """
    if exact is None:
        exact = (
            score.size <= EXACT_ROWS
            or not probability
            or not (score.min() >= 0 and score.max() <= 1)
            or not has_more_distinct_than(score, EXACT_SCORES)
        )
    if not exact:
        chosen = (COARSE if coarse else FINE).with_cuts(cuts)
        counter = BinCounter(
            chosen, weighted=weight is not None, squares=not frequency, amounts=worth is not None
        )
        counter.add(score, positive, weight, worth=worth)
        return counted(counter, probability=probability, margin=margin)
    if weight is None and worth is None:
        at, pos, neg = _distinct(score, positive)
        return ScoreTally(at, pos, neg, probability, margin)
    squared = weight is not None and not frequency
    values: list[NDArray[Any]] = [np.ones(score.size, dtype=np.int64) if weight is None else weight]
    if weight is not None and squared:
        values.append(weight**2)
    if worth is not None:
        values.append(worth)
    at, sums = distinct_sums(score, positive, *values)
    whole, *more = (ScoreTally(at, pos, neg, probability, margin) for pos, neg in sums)
    return _joined(whole, more, squares=squared, amounts=worth is not None)


def _distinct(score: Scores, positive: BoolArray) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int64]]:
    """Count every distinct score; few of them a part at a time, so that no copy of all rows is sorted."""
    if score.size <= _SORTED or has_more_distinct_than(score, EXACT_SCORES):
        return distinct_counts(score, positive)
    parts = (slice(start, start + _SORTED) for start in range(0, score.size, _SORTED))
    tallies = (ScoreTally(*distinct_counts(score[part], positive[part])) for part in parts)
    whole = reduce(operator.add, tallies)
    return whole.score, whole.pos, whole.neg


def counted(counter: BinCounter, *, probability: bool = True, margin: bool = False) -> ScoreTally:
    """Make a tally of what was counted in bins.

    Parameters
    ----------
    counter : BinCounter
    probability, margin : bool
        What the scores are.

    Returns
    -------
    ScoreTally
    """
    edges, tops = counter.bins.edges, counter.bins.tops
    whole, *more = (
        ScoreTally(edges, pos, neg, probability, margin, top=tops) for neg, pos in counter.counts()
    )
    return _joined(whole, more, squares=counter.squares, amounts=counter.amounts)


def _joined(whole: ScoreTally, more: list[ScoreTally], *, squares: bool, amounts: bool) -> ScoreTally:
    """Hang the tallies of squared weights and of amounts, as far as there are any, on that of the rows."""
    if not more:
        return whole
    return replace(whole, squares=more[0] if squares else None, amounts=more[-1] if amounts else None)


def with_cuts(
    tally: ScoreTally,
    score: Scores,
    positive: BoolArray,
    weight: FloatArray | None = None,
    cuts: Iterable[float] = (),
    *,
    worth: FloatArray | None = None,
) -> ScoreTally:
    """Divide the bins of a tally at further cuts; only rows in a divided bin are looked at closely.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes, of these rows. One that is exact is returned as it is.
    score, positive, weight, worth
        The rows, see ``tally_of``. Without what they are worth the result has no amounts.
    cuts : iterable of float
        Thresholds to be counted exactly.

    Returns
    -------
    ScoreTally

    Raises
    ------
    ValueError
        If the tally has leading axes or the rows are not those of the tally.
    """
    if tally.top is None:
        return tally
    if tally.pos.ndim != 1:
        raise ValueError("only a tally without leading axes can be divided at further cuts")
    wanted = np.unique([float(c) for c in cuts])
    new = np.setdiff1d(wanted[(wanted > tally.score[0]) & (wanted <= tally.top[-1])], tally.score)
    if new.size == 0:
        return tally
    bins = np.unique(np.searchsorted(tally.score, new, side="right") - 1)
    starts = np.union1d(tally.score[bins], new)
    found = _rows_between(score, tally.score[bins], np.append(tally.score, np.inf)[bins + 1])
    piece = np.searchsorted(starts, score[found].astype(np.float64), side="right") - 1
    edges = np.union1d(tally.score, new)

    def divided(of: ScoreTally, w: FloatArray | None, *, checked: bool = False, **more: ScoreTally | None) -> ScoreTally:  # fmt: skip
        sides = []
        for counts, own in ((of.pos, positive[found]), (of.neg, ~positive[found])):
            pieces = np.bincount(piece[own], None if w is None else w[found][own], starts.size)
            if not checked and not np.isclose(pieces.sum(), counts[bins].sum()):
                raise ValueError("these are not the rows of the tally")
            longer = np.zeros(edges.size, dtype=counts.dtype)
            longer[np.searchsorted(edges, tally.score)] = counts
            longer[np.searchsorted(edges, starts)] = pieces
            sides.append(longer)
        top = np.append(np.nextafter(edges[1:], -np.inf), of.top[-1:] if of.top is not None else [])
        pos, neg = sides
        return ScoreTally(edges, pos, neg, of.probability, of.margin, top=top, **more)

    squares = amounts = None
    if tally.squares is not None and weight is not None:
        squares = divided(tally.squares, weight**2)
    if tally.amounts is not None and worth is not None:
        # amounts of either sign may cancel, so their sums cannot tell other rows; the counts do
        amounts = divided(tally.amounts, worth, checked=True)
    return divided(tally, weight, squares=squares, amounts=amounts)


def _rows_between(score: Scores, low: FloatArray, high: FloatArray) -> NDArray[np.int64]:
    """Find the rows with ``low <= score < high`` for any of the pairs."""
    lows, highs = _rounded_up(low, score.dtype), _rounded_up(high, score.dtype)
    found = []
    for start in range(0, score.size, CHUNK):
        part = score[start : start + CHUNK]
        inside = np.zeros(part.size, dtype=bool)
        for at_least, below in zip(lows, highs, strict=True):
            inside |= (part >= at_least) & (part < below)
        found.append(np.flatnonzero(inside) + start)
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _rounded_up(values: FloatArray, kind: np.dtype[Any]) -> NDArray[Any]:
    """Give the least number of a type that is not below: what is at least the one is at least the other."""
    narrow: NDArray[Any] = values.astype(kind)
    return np.where(narrow < values, np.nextafter(narrow, kind.type(np.inf)), narrow)


def decided_outcomes(cases: BinaryCases, threshold: float | None) -> Outcomes:
    """Count the four outcomes of a threshold, or of the file's own decision."""
    code = cases.outcome(threshold)
    counts = np.bincount(code, weights=cases.weight, minlength=4)
    squares = None
    if cases.weight is None:
        counts = counts.astype(np.int64)
    elif not cases.frequency:
        tp, fp, fn, tn = (np.asarray(c) for c in np.bincount(code, weights=cases.weight**2, minlength=4))
        squares = Outcomes(tp, fp, fn, tn)
    amounts = None
    if cases.worth is not None:
        tp, fp, fn, tn = (np.asarray(c) for c in np.bincount(code, weights=cases.worth, minlength=4))
        amounts = Outcomes(tp, fp, fn, tn)
    tp, fp, fn, tn = (np.asarray(c) for c in counts)
    cut = None if threshold is None else np.asarray(float(threshold))
    return Outcomes(tp, fp, fn, tn, cut, squares, amounts)
