"""Predicted numbers into tallies."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from math import log, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..forecast_cases import ForecastCases
from ..number_cases import NumberCases
from ..tally.numbers import NumberTally, Ordered, OrderTally
from ..tally.outcomes import FloatArray


def terms(cases: NumberCases, names: Collection[str] | None = None) -> dict[str, FloatArray]:
    """Return the numbers of each row whose means and spreads the metrics read, each ``(n,)``.

    Parameters
    ----------
    cases : NumberCases
    names : collection of str, optional
        Only these; all of them by default.

    Returns
    -------
    dict of (n,) float64
        ``truth``, ``error``, ``absolute``, ``squared``, ``size`` (of the truth), ``percentage`` (a fraction; 0 where the
        truth is 0), ``symmetric`` (0 to 200) and ``pinball``; with predicted intervals ``interval_score`` and for each
        level ``covered@LEVEL`` and ``width@LEVEL``; with standard deviations ``gaussian_nll``; with quantiles ``crps``; of
        forecasts, when it is named, ``scaled``, which is NaN without a scale. What leaves the range of a double is infinite.
    """
    with np.errstate(over="ignore"):
        wanted = _makers(cases)
        if names is None:
            return {name: make() for name, make in wanted.items() if name != "scaled"}
        return {name: make() for name, make in wanted.items() if name in names}


def _makers(cases: NumberCases) -> dict[str, Callable[[], FloatArray]]:
    """Return how each number of the rows is made."""
    y, f, e = cases.truth, cases.predicted, cases.residual
    found: dict[str, Callable[[], FloatArray]] = {
        "truth": lambda: y,
        "error": lambda: e,
        "absolute": lambda: np.abs(e),
        "squared": lambda: e * e,
        "size": lambda: np.abs(y),
        "percentage": lambda: _over(np.abs(e), np.abs(y)),
        "symmetric": lambda: 200 * _over(np.abs(e), np.abs(y) + np.abs(f)),
        "pinball": partial(_pinball, cases),
    }
    for i, level in enumerate(cases.levels):
        found[f"covered@{level:g}"] = partial(_covered, cases, i)
        found[f"width@{level:g}"] = partial(_width, cases, i)
    if cases.levels:
        found["interval_score"] = partial(_interval_score, cases)
    if cases.quantiles is not None:
        found["crps"] = lambda: 2 * _pinball(cases)
    if isinstance(cases, ForecastCases):
        found["scaled"] = lambda: cases.scaled
    if cases.deviation is not None:
        deviation = cases.deviation
        found["gaussian_nll"] = lambda: np.log(deviation) + 0.5 * log(2 * pi) + 0.5 * (e / deviation) ** 2
    return found


def _over(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide; 0 where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros(part.size), where=whole > 0)


def _ends(cases: NumberCases, place: int) -> tuple[FloatArray, FloatArray]:
    """Return both ends of a predicted interval."""
    assert cases.lower is not None  # there is a level
    assert cases.upper is not None
    return cases.lower[:, place], cases.upper[:, place]


def _covered(cases: NumberCases, place: int) -> FloatArray:
    """Tell by 1 and 0 whether the truth lies inside an interval."""
    low, high = _ends(cases, place)
    return np.asarray((low <= cases.truth) & (cases.truth <= high), dtype=np.float64)


def _width(cases: NumberCases, place: int) -> FloatArray:
    """Width of an interval."""
    low, high = _ends(cases, place)
    return np.asarray(high - low)


def _interval_score(cases: NumberCases) -> FloatArray:
    """Mean score of the intervals of each row."""
    scores = np.zeros(len(cases))
    for i, level in enumerate(cases.levels):
        low, high = _ends(cases, i)
        missed = np.maximum(low - cases.truth, 0) + np.maximum(cases.truth - high, 0)
        scores += (high - low) + 2 / (1 - level) * missed
    return np.asarray(scores / len(cases.levels))


def _pinball(cases: NumberCases) -> FloatArray:
    """Mean pinball loss of the quantiles of each row; without any the prediction counts as the median."""
    if cases.quantiles is None:
        return np.abs(cases.residual) / 2
    above = cases.truth[:, np.newaxis] - cases.quantiles
    share = np.array(cases.shares)
    return np.asarray(np.maximum(share * above, (share - 1) * above).mean(1))


def number_tally(cases: NumberCases, names: Collection[str] | None = None) -> NumberTally:
    """Sum the numbers of the rows up around their means; only some numbers, when these are named."""
    return _weighed(cases, terms(cases, names), partial(_of_all, first=_first(cases)), lambda x, smallest: x.min() if smallest else x.max())  # fmt: skip


def grouped_tally(
    cases: NumberCases, code: NDArray[np.integer], n_groups: int, names: Collection[str] | None = None
) -> NumberTally:
    """Sum the numbers of the rows of each group up, ``(n_groups,)``.

    Parameters
    ----------
    cases : NumberCases
    code : (n,) integer
        The group of each case, 0 to ``n_groups - 1``.
    n_groups : int
    names : collection of str, optional
        Only these numbers; all of them by default.
    """
    at = code.astype(np.int64)
    counts = np.flatnonzero(_weight(cases) > 0)

    def extreme(x: FloatArray, smallest: bool) -> FloatArray:
        found = np.full(n_groups, np.inf if smallest else -np.inf)
        (np.minimum if smallest else np.maximum).at(found, at[counts], x)
        return found

    summed = partial(_of_groups, code=at, n_groups=n_groups, first=_first(cases))
    return _weighed(cases, terms(cases, names), summed, extreme)


_Summed = Callable[[dict[str, FloatArray], FloatArray | None, int], tuple[FloatArray, dict[str, FloatArray], dict[str, FloatArray]]]  # fmt: skip


def _weighed(
    cases: NumberCases, numbers: dict[str, FloatArray], summed: _Summed, extreme: Callable[[FloatArray, bool], Any]
) -> NumberTally:  # fmt: skip
    """Sum up with the weights, and with their squares where they are sampling weights."""
    w, n = cases.weight, len(cases)
    counted: Any = slice(None) if w is None else w > 0
    size, absolute = np.abs(cases.truth[counted]), np.abs(cases.residual[counted])
    least, greatest = (
        np.asarray(extreme(x, smallest) if x.size else np.full(np.shape(summed({}, w, n)[0]), np.inf if smallest else -np.inf))
        for x, smallest in ((size, True), (absolute, False))
    )  # fmt: skip
    squares = None
    if w is not None and not cases.frequency:
        squares = NumberTally(*summed(numbers, w * w, n), least, greatest, cases.levels)
    return NumberTally(*summed(numbers, w, n), least, greatest, cases.levels, squares)


def _weight(cases: NumberCases) -> FloatArray:
    """Return the weight of each row."""
    return np.ones(len(cases)) if cases.weight is None else cases.weight


def _first(cases: NumberCases) -> int:
    """Return the first row that counts."""
    return 0 if cases.weight is None or not len(cases) else int(np.argmax(cases.weight > 0))


def _pivot(x: FloatArray, first: int) -> float:
    """Return a number near all others, so that differences from it are exact where these lie far from 0."""
    return float(x[first]) if x.size and np.isfinite(x[first]) else 0.0


def _of_all(
    numbers: dict[str, FloatArray], w: FloatArray | None, n: int, *, first: int
) -> tuple[FloatArray, dict[str, FloatArray], dict[str, FloatArray]]:
    """Sum up all rows, pairwise: the error hardly grows with their number."""
    total = np.asarray(float(n) if w is None else w.sum())
    mean, spread = {}, {}
    with np.errstate(over="ignore", invalid="ignore"):  # an infinite mean is said to be infinite
        for name, x in numbers.items():
            pivot = _pivot(x, first)
            away = x - pivot
            weighed = away if w is None else np.where(w > 0, w * away, 0.0)
            centre = float(weighed.sum()) / float(total) if total > 0 else 0.0
            away -= centre
            away *= away
            mean[name] = np.asarray(pivot + centre if total > 0 else 0.0)
            spread[name] = np.asarray(away.sum() if w is None else np.where(w > 0, w * away, 0.0).sum())
    return total, mean, spread


def _of_groups(
    numbers: dict[str, FloatArray], w: FloatArray | None, n: int, *, code: NDArray[np.int64], n_groups: int, first: int
) -> tuple[FloatArray, dict[str, FloatArray], dict[str, FloatArray]]:  # fmt: skip
    """Sum up the rows of each group."""

    def summed(x: FloatArray) -> FloatArray:
        weighed = x if w is None else np.where(w > 0, w * x, 0.0)
        return np.asarray(np.bincount(code, weights=weighed, minlength=n_groups), dtype=np.float64)

    total = np.asarray(np.bincount(code, weights=w, minlength=n_groups), dtype=np.float64)
    mean, spread = {}, {}
    with np.errstate(over="ignore", invalid="ignore"):
        for name, x in numbers.items():
            pivot = _pivot(x, first)
            away = x - pivot
            centre = np.divide(summed(away), total, out=np.zeros(n_groups), where=total > 0)
            away -= centre[code]
            away *= away
            mean[name] = np.where(total > 0, pivot + centre, 0.0)
            spread[name] = summed(away)
    return total, mean, spread


def order_tally(cases: NumberCases) -> OrderTally:
    """Put the true values and the sizes of the errors in order."""
    return OrderTally(_ordered(cases.truth, cases.weight), _ordered(np.abs(cases.residual), cases.weight))


def _ordered(values: FloatArray, weight: FloatArray | None) -> Ordered:
    """Add up the weights of equal values."""
    if weight is None:
        found, counts = np.unique(values, return_counts=True)
        return Ordered(found, counts.astype(np.float64))
    found, place = np.unique(values, return_inverse=True)
    weights = np.bincount(place, weights=weight, minlength=found.size)
    return Ordered(found, weights.astype(np.float64))
