"""The Murphy diagram: which of two models is better whatever loss is chosen, among those that ask for the mean.

Every loss under which the mean is the best prediction is a mixture of elementary ones, one for each number theta. A model
that is no worse under all elementary losses is no worse under any of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .number_cases import NumberCases
from .number_units import blocks, weights
from .tally.outcomes import FloatArray

#: Places at which the curves are drawn, and replicates behind their band.
THETAS, _REPLICATES = 200, 1000
#: Rows of both models that must have a theta between truth and prediction before the draws are believed there.
_FEWEST = 20
#: Against the largest elementary loss, a difference that is 0 but for rounding.
_DUST = 1e-10


@dataclass(frozen=True, eq=False)
class Murphy:
    """Mean elementary losses of two models on the same rows; each array ``(T,)``, in the unit of the target.

    Attributes
    ----------
    theta : float64
    a, b : float64
        Mean elementary loss of each model.
    difference, low, high : float64
        ``a - b`` with its pointwise 95 % band; below 0 the first model is better.
    never_worse : {"", "a", "b", "both"}
        The model that is no worse at any theta at all, not only at those drawn; both when they are equal everywhere.
    surely_a, surely_b : float
        Share of the thetas at which the model is better beyond chance, all thetas looked at together: were the models equal,
        in 95 % of the samples there would be none (the largest of the studentised differences is drawn).
    n_rows : int
    """

    theta: FloatArray
    a: FloatArray
    b: FloatArray
    difference: FloatArray
    low: FloatArray
    high: FloatArray
    never_worse: str
    surely_a: float
    surely_b: float
    n_rows: int


def elementary_score(truth: FloatArray, predicted: FloatArray, theta: float) -> FloatArray:
    """Return the elementary loss of each row: the distance of truth and theta when theta lies between it and the prediction.

    Half-open: ``min(truth, predicted) <= theta < max(truth, predicted)``.

    Parameters
    ----------
    truth, predicted : (n,) float64
    theta : float

    Returns
    -------
    (n,) float64

    References
    ----------
    Ehm, Gneiting, Jordan and Krüger (2016), doi:10.1111/rssb.12154

    Examples
    --------
    >>> elementary_score(np.array([1.0, 4.0, 2.0]), np.array([3.0, 1.0, 2.0]), 2.0).tolist()
    [1.0, 2.0, 0.0]
    """
    between = (np.minimum(truth, predicted) <= theta) & (theta < np.maximum(truth, predicted))
    return np.where(between, np.abs(truth - theta), 0.0)


def murphy(a: NumberCases, b: NumberCases, *, thetas: int = THETAS, replicates: int = _REPLICATES, seed: int = 0) -> Murphy:  # fmt: skip
    """Compare two models under every elementary loss.

    Parameters
    ----------
    a, b : NumberCases
        The same rows in the same order; rows that belong together are drawn together.
    thetas : int
        Places at which the curves are drawn, evenly from the lowest to the highest truth or prediction.
    replicates, seed : int
        Of the paired bootstrap.

    Raises
    ------
    ValueError
        If the rows are not the same, or there is none.
    """
    if not len(a) or not np.array_equal(a.rows, b.rows) or not np.array_equal(a.truth, b.truth):
        raise ValueError("two models are compared on the same rows, at least one")
    shift = float(a.truth[0])
    y, fa, fb = a.truth - shift, a.predicted - shift, b.predicted - shift
    ends = [y, fa, fb]
    theta = np.linspace(min(x.min() for x in ends), max(x.max() for x in ends), thetas)
    block, n_blocks = blocks(a)
    w = weights(a)
    sums = [_by_block(y, f, w, theta, block, n_blocks) for f in (fa, fb)]
    of_block = np.bincount(block, weights=w, minlength=n_blocks)
    total = float(of_block.sum())
    curves = [s.sum(0) / total for s in sums]
    rng = np.random.default_rng(seed)
    chosen = (
        rng.integers(0, n_blocks, size=(replicates, n_blocks))
        + np.arange(replicates)[:, np.newaxis] * n_blocks
    )
    times = np.bincount(chosen.ravel(), minlength=replicates * n_blocks).reshape(replicates, n_blocks).astype(np.float64)  # fmt: skip
    weight = times @ of_block
    some = weight > 0
    drawn = (times @ (sums[0] - sums[1]))[some] / weight[some, np.newaxis]
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    apart = curves[0] - curves[1]
    known = _rows_between(y, fa, theta) + _rows_between(y, fb, theta) >= _FEWEST
    better = _beyond_chance(apart, drawn, known)
    return Murphy(
        theta + shift, curves[0], curves[1], apart, low, high, _never_worse(y, fa, fb, w),
        float((better < 0).mean()), float((better > 0).mean()), len(a),
    )  # fmt: skip


def _by_block(
    y: FloatArray, f: FloatArray, w: FloatArray, theta: FloatArray, block: NDArray[np.int64], n_blocks: int
) -> FloatArray:
    """Sum the elementary losses of the rows of each block, ``(n_blocks, T)``."""
    sign = np.where(f <= y, 1.0, -1.0)  # the loss is sign * (truth - theta) between the two
    size = theta.size + 1
    first, last = _span(y, f, theta)

    def spread(value: FloatArray) -> FloatArray:
        found = np.bincount(block * size + first, weights=value, minlength=n_blocks * size)
        found -= np.bincount(block * size + last, weights=value, minlength=n_blocks * size)
        return np.asarray(np.cumsum(found.reshape(n_blocks, size), axis=1)[:, :-1])

    return spread(w * sign * y) - theta * spread(w * sign)


def _span(y: FloatArray, f: FloatArray, theta: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first theta between truth and prediction of each row, and the first one after it."""
    return np.searchsorted(theta, np.minimum(y, f)), np.searchsorted(theta, np.maximum(y, f))


def _rows_between(y: FloatArray, f: FloatArray, theta: FloatArray) -> NDArray[np.int64]:
    """Count the rows with each theta between truth and prediction, ``(T,)``."""
    first, last = _span(y, f, theta)
    size = theta.size + 1
    return np.cumsum(np.bincount(first, minlength=size) - np.bincount(last, minlength=size))[:-1]


def _beyond_chance(apart: FloatArray, drawn: FloatArray, known: NDArray[np.bool_]) -> FloatArray:
    """Return the differences that chance does not explain, all thetas together, and 0 for the others.

    Where hardly any row lies on both sides of theta the draws do not tell how the difference varies: it is left alone.
    """
    error = drawn.std(axis=0)
    used = known & (error > 0)
    if not used.any():
        return np.zeros(apart.size)
    largest = (np.abs(drawn - apart)[:, used] / error[used]).max(axis=1)
    critical = float(np.quantile(largest, 0.95))
    return np.where(used & (np.abs(apart) > critical * error), apart, 0.0)


def _never_worse(y: FloatArray, fa: FloatArray, fb: FloatArray, w: FloatArray) -> str:
    """Find the model that is no worse at any theta: the difference is a line between two neighbouring numbers."""
    place, level, slope = [], [], []
    for f, side in ((fa, 1.0), (fb, -1.0)):
        sign = np.where(f <= y, side, -side) * w
        place += [np.minimum(y, f), np.maximum(y, f)]
        level += [sign * y, -sign * y]
        slope += [-sign, sign]
    at, back = np.unique(np.concatenate(place), return_inverse=True)
    c = np.cumsum(np.bincount(back, weights=np.concatenate(level)))[:-1]
    s = np.cumsum(np.bincount(back, weights=np.concatenate(slope)))[:-1]
    found = np.concatenate([c + s * at[:-1], c + s * at[1:]])
    size = float(w.sum()) * max(float(np.abs(y - fa).max()), float(np.abs(y - fb).max()), 0.0)
    size = max(size, float(np.abs(y).max()) * float(w.sum()) * 1e-3)
    above, below = bool((found > _DUST * size).any()), bool((found < -_DUST * size).any())
    return {(False, False): "both", (True, False): "b", (False, True): "a", (True, True): ""}[above, below]
