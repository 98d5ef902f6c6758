"""One confusion matrix minus another: how far each cell of two models is apart, and how sure that is.

The models judge the same rows, or partly so: what a row adds to both matrices is allowed for, and so is that rows
belong together or carry weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .cases import BinaryCases, Cases, ClassCases
from .intervals import LEVEL
from .metrics.counts import ratio
from .rate_interval import wilson
from .tally.outcomes import FloatArray

Whole = Literal["true", "predicted", "all"]
#: What the rate of a cell is a share of.
WHOLES: tuple[Whole, ...] = get_args(Whole)


@dataclass(frozen=True, eq=False)
class Placed:
    """Where each judged row of a model stands in its confusion matrix.

    Attributes
    ----------
    rows : (n,) int64
        Positions in the source, ascending.
    true, predicted : (n,) int64
        Row and column of the matrix.
    n_classes : int
    weight : (n,) float64
        1 where every row counts once.
    unit : (n,) int64
        Rows of the same number belong together; else the rows' own positions.
    frequency : bool
        Whether a weight says how many rows a row stands for.
    """

    rows: NDArray[np.int64]
    true: NDArray[np.int64]
    predicted: NDArray[np.int64]
    n_classes: int
    weight: FloatArray
    unit: NDArray[np.int64]
    frequency: bool = False


@dataclass(frozen=True, eq=False)
class MatrixDifference:
    """One matrix minus another, cell by cell; all arrays are (k, k), rows true and columns predicted.

    Attributes
    ----------
    codes : (k,) int64
        The classes of rows and columns.
    counts, other_counts : rows or sums of weights
    rates, other_rates : share of the true class, the predicted class or all; NaN of 0/0
    difference : ``rates - other_rates``
    low, high : ends of the interval of ``difference``; NaN where a rate is, and where all rows belong together
    only, other_only : int64
        Rows that one model alone puts into the cell, among those that both judge; weights do not count.
    both_judged : int
        Rows that both models judge.
    judged, other_judged : int
        Rows that each judges.
    """

    codes: NDArray[np.int64]
    counts: FloatArray
    other_counts: FloatArray
    rates: FloatArray
    other_rates: FloatArray
    difference: FloatArray
    low: FloatArray
    high: FloatArray
    only: NDArray[np.int64]
    other_only: NDArray[np.int64]
    both_judged: int
    judged: int
    other_judged: int

    @property
    def same_rows(self) -> bool:
        """Whether both models judge the same rows."""
        return self.both_judged == self.judged == self.other_judged

    @property
    def certain(self) -> NDArray[np.bool_]:
        """Where the interval leaves 0 out."""
        return np.asarray((self.low > 0) | (self.high < 0))


def placed(cases: Cases, threshold: float | None = None) -> Placed:
    """Place the rows of a model in its matrix; of two classes the positive one comes first.

    Parameters
    ----------
    cases : Cases
    threshold : float, optional
        None follows the file's own decision.
    """
    if isinstance(cases, ClassCases):
        true, predicted = cases.truth.astype(np.int64), cases.predicted.astype(np.int64)
        k = len(cases.labels)
    else:
        assert isinstance(cases, BinaryCases)  # there are these two tasks
        true, predicted = (~cases.positive).astype(np.int64), (~cases.flagged(threshold)).astype(np.int64)
        k = 2
    weight = np.ones(len(cases)) if cases.weight is None else cases.weight
    unit = cases.rows if cases.together is None else cases.together
    alone = cases.together is None
    return Placed(cases.rows, true, predicted, k, weight, unit, cases.frequency and alone)


def matrix_difference(
    one: Placed, other: Placed, *, of: Whole = "true", codes: ArrayLike | None = None, level: float = LEVEL
) -> MatrixDifference:
    """Subtract the matrix of another model, cell by cell, with the interval of each difference of rates.

    The interval joins Wilson's intervals of the two rates, by the correlation that comes from the rows in both.
    Weights and rows that belong together count through the rows of equal weight that vary as much. Without a row in
    common it is Newcombe's interval for independent rates.

    Parameters
    ----------
    one, other : Placed
        Of the same classes.
    of : {"true", "predicted", "all"}
        What the rates are shares of.
    codes : array-like of int, optional
        Classes of rows and columns, in order; all by default. Rates are of all classes either way.
    level : float
        0.95 for 95 %.

    Returns
    -------
    MatrixDifference

    Raises
    ------
    ValueError
        If the two have different numbers of classes.

    References
    ----------
    Newcombe (1998), doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C; Zou and Donner (2008),
    doi:10.1002/sim.3095

    Examples
    --------
    >>> rows, ones = np.arange(10), np.ones(10)
    >>> truth = np.repeat([0, 1], 5)
    >>> a = Placed(rows, truth, truth, 2, ones, rows)
    >>> b = Placed(rows, truth, np.array([0, 0, 1, 1, 1, 1, 1, 1, 1, 1]), 2, ones, rows)
    >>> found = matrix_difference(a, b)
    >>> found.difference.round(2).tolist(), found.only.tolist()
    ([[0.6, -0.6], [0.0, 0.0]], [[3, 0], [0, 0]])
    """
    if one.n_classes != other.n_classes:
        raise ValueError(f"matrices of {one.n_classes} and {other.n_classes} classes have no difference")
    chosen = np.arange(one.n_classes) if codes is None else np.asarray(codes, dtype=np.int64)
    a, b = _Sums.of(one, chosen, of), _Sums.of(other, chosen, of)
    p, q = ratio(a.counts, a.whole), ratio(b.counts, b.whole)
    of_p, of_q = _products(a, a, p, p), _products(b, b, q, q)
    of_p, of_q = (np.maximum(x, 0.0) for x in (of_p, of_q))  # rounding leaves dust below 0
    together = ratio(_products(a, b, p, q), np.sqrt(of_p * of_q))
    correlation = np.clip(np.nan_to_num(together), -1.0, 1.0)
    (p_low, p_high), (q_low, q_high) = (
        wilson(rate * n, n, level) for rate, n in ((p, _rows(a, p, of_p)), (q, _rows(b, q, of_q)))
    )
    down = _joined(p - p_low, q_high - q, correlation)
    up = _joined(p_high - p, q - q_low, correlation)
    if any(rows.rows.size > 1 and np.all(rows.unit == rows.unit[0]) for rows in (one, other)):
        down = up = np.full(p.shape, np.nan)  # one unit does not vary
    only, other_only, both = _moved(one, other, chosen)
    return MatrixDifference(
        chosen, a.counts, b.counts, p, q, p - q, np.maximum(p - q - down, -1.0), np.minimum(p - q + up, 1.0),
        only, other_only, both, one.rows.size, other.rows.size,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Sums:
    """What each unit (a row, or rows that belong together) adds to the cells and to what they are shares of.

    Keys are ``unit * cells + cell``, ascending; ``whole_of`` says which whole each cell has.
    """

    cells: int
    wholes: int
    whole_of: NDArray[np.int64]
    counts: FloatArray
    whole: FloatArray
    cell_keys: NDArray[np.int64]
    cell_sums: FloatArray
    whole_keys: NDArray[np.int64]
    whole_sums: FloatArray

    @classmethod
    def of(cls, rows: Placed, codes: NDArray[np.int64], of: Whole) -> _Sums:
        k = codes.size
        place = np.full(rows.n_classes, -1)
        place[codes] = np.arange(k)
        i, j = place[rows.true], place[rows.predicted]
        inside = (i >= 0) & (j >= 0)
        cell = (i * k + j)[inside]
        # rows that stand for many rows are that many units: their products are sums of weights, not of squares
        spread = np.sqrt(rows.weight) if rows.frequency else rows.weight
        at = {"true": i, "predicted": j, "all": np.zeros_like(i)}[of]
        known, wholes = at >= 0, 1 if of == "all" else k
        whole_of = {"true": np.repeat(np.arange(k), k), "predicted": np.tile(np.arange(k), k), "all": np.zeros(k * k, int)}[of]  # fmt: skip
        total = np.bincount(at[known], rows.weight[known], wholes)
        return cls(
            k * k, wholes, whole_of,
            np.bincount(cell, rows.weight[inside], k * k).astype(np.float64).reshape(k, k), total[whole_of].reshape(k, k),
            *_added(rows.unit[inside] * (k * k) + cell, spread[inside]),
            *_added(rows.unit[known] * wholes + at[known], spread[known]),
        )  # fmt: skip

    def whole_at(self, unit: NDArray[np.int64], whole: NDArray[np.int64]) -> FloatArray:
        """Look up what units add to a whole; 0 where nothing."""
        return _looked_up(self.whole_keys, self.whole_sums, unit * self.wholes + whole)


def _products(a: _Sums, b: _Sums, p: FloatArray, q: FloatArray) -> FloatArray:
    """Covariance of two rates of a cell: the sum over units of what each moves them by."""

    def cross(x: _Sums, y: _Sums) -> FloatArray:
        cell = x.cell_keys % x.cells
        found = x.cell_sums * y.whole_at(x.cell_keys // x.cells, x.whole_of[cell])
        return np.bincount(cell, found, x.cells).astype(np.float64)

    cell = a.cell_keys % a.cells
    both = np.bincount(cell, a.cell_sums * _looked_up(b.cell_keys, b.cell_sums, a.cell_keys), a.cells)
    wholes = a.whole_sums * _looked_up(b.whole_keys, b.whole_sums, a.whole_keys)
    of_wholes = np.bincount(a.whole_keys % a.wholes, wholes, a.wholes)[a.whole_of]
    x, y = p.ravel(), q.ravel()
    found = both - y * cross(a, b) - x * cross(b, a) + x * y * of_wholes
    return ratio(found.reshape(p.shape), a.whole * b.whole)


def _rows(sums: _Sums, p: FloatArray, variance: FloatArray) -> FloatArray:
    """Count the independent rows of equal weight that make a rate vary as much; of a rate of 0 or 1 as many as there are units."""
    squares = np.bincount(sums.whole_keys % sums.wholes, sums.whole_sums**2, sums.wholes)[sums.whole_of]
    units = ratio(sums.whole**2, squares.reshape(p.shape))
    inner = p * (1 - p)
    varies = (inner > 0) & (variance > 1e-12 * inner)
    return np.where(varies, ratio(inner, variance), units)


def _joined(a: FloatArray, b: FloatArray, correlation: FloatArray) -> FloatArray:
    """Length of the two arms of a difference, less what moves both alike."""
    return np.sqrt(np.maximum(a * a - 2 * correlation * a * b + b * b, 0.0))


def _moved(
    one: Placed, other: Placed, codes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Count the rows that one of the two alone puts into each cell, among those that both judge."""
    k = codes.size
    _, a, b = np.intersect1d(one.rows, other.rows, assume_unique=True, return_indices=True)
    place = np.full(one.n_classes, -1)
    place[codes] = np.arange(k)
    true, first, second = place[one.true[a]], place[one.predicted[a]], place[other.predicted[b]]
    moved = (true >= 0) & (one.predicted[a] != other.predicted[b])

    def counted(predicted: NDArray[np.int64]) -> NDArray[np.int64]:
        inside = moved & (predicted >= 0)
        return np.bincount((true * k + predicted)[inside], minlength=k * k).reshape(k, k)

    return counted(first), counted(second), int(a.size)


def _added(keys: NDArray[np.int64], values: FloatArray) -> tuple[NDArray[np.int64], FloatArray]:
    """Add up the values of equal keys."""
    distinct, at = np.unique(keys, return_inverse=True)
    return distinct, np.bincount(at, values, distinct.size).astype(np.float64)


def _looked_up(keys: NDArray[np.int64], values: FloatArray, wanted: NDArray[np.int64]) -> FloatArray:
    """Return the values of some keys; 0 where a key is not there."""
    if keys.size == 0:
        return np.zeros(wanted.shape)
    at = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    found: NDArray[Any] = np.where(keys[at] == wanted, values[at], 0.0)
    return found
