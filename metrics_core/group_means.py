"""The mean loss of groups of rows, how sure it is, and how far it is from that of all other rows.

Rates of rows that say nothing about each other get Wilson's interval on their effective number and Newcombe's for
differences. Means of other losses get Student's t. Where rows belong together, the variance is that between the groups of
rows (linearised ratio of sums), turned into as many independent rows as would vary so much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cases import IntArray
from .differences import newcombe, same_rate_p
from .metrics.counts import ratio
from .rate_interval import wilson, z_of
from .row_losses import RowLoss
from .tally.outcomes import FloatArray

LEVEL = 0.95
#: A mean of fewer effective rows, or groups of rows that belong together, is too unsure to be tested.
SMALL = 30
# A variance this small is that of rounding.
_SPREADLESS = 1e-12


@dataclass(frozen=True, eq=False)
class GroupMeans:
    """Mean losses of G groups; every field is ``(G,)`` and NaN where it is not defined.

    Attributes
    ----------
    rows : int64
        Rows, whatever they weigh.
    weight, total : float64
        Sums of weights, and of weight times loss.
    n : float64
        Effective rows, or groups of rows that belong together.
    mean, low, high : float64
        Mean loss and its interval.
    rest : float64
        Mean loss of all other rows.
    difference, difference_low, difference_high : float64
        ``mean - rest`` and its interval.
    z : float64
        The difference in standard errors.
    p : float64
        Two-sided; NaN where the group or the rest is small, and where nothing varies.
    share_of_total : float64
        Part of the loss of all rows that lies in the group.
    """

    rows: IntArray
    weight: FloatArray
    total: FloatArray
    n: FloatArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    rest: FloatArray
    difference: FloatArray
    difference_low: FloatArray
    difference_high: FloatArray
    z: FloatArray
    p: FloatArray
    share_of_total: FloatArray

    @property
    def small(self) -> NDArray[np.bool_]:
        """Groups that are too small to be tested."""
        return np.asarray(self.n < SMALL)


def group_means(loss: RowLoss, code: NDArray[Any], n_groups: int) -> GroupMeans:
    """Compute the mean loss of each group of rows and compare it with all other rows.

    Parameters
    ----------
    loss : RowLoss
        Of n rows.
    code : (n,) integer
        The group of each row, 0 to ``n_groups - 1``; every row is in one.
    n_groups : int

    Returns
    -------
    GroupMeans

    Examples
    --------
    >>> found = group_means(RowLoss(loss=np.repeat([1.0, 0, 1, 0], [56, 14, 48, 32]), rows=np.arange(150)),
    ...                     np.repeat([0, 1], [70, 80]), 2)
    >>> found.mean.tolist(), round(float(found.difference_low[0]), 4)
    ([0.8, 0.6], 0.0524)
    """
    sums = _Sums.of(loss, code, n_groups)
    mean, rest = ratio(sums.total, sums.weight), ratio(sums.rest_total, sums.rest_weight)
    if loss.together is None:
        n, n_rest = (_effective(sums.weight, sums.squares, loss), _effective(sums.rest_weight, sums.rest_squares, loss))  # fmt: skip
        spread, spread_rest = sums.variance(mean), sums.rest_variance(rest)
        of = (
            _rates(mean, rest, n, n_rest)
            if loss.is_rate
            else _welch(mean, rest, n, n_rest, spread, spread_rest)
        )
    else:
        n, n_rest, of = _between_clusters(loss, code, n_groups, sums, mean, rest)
    low, high, difference_low, difference_high, z, p = of
    unsure = (n < SMALL) | (n_rest < SMALL)
    return GroupMeans(
        rows=np.bincount(code, minlength=n_groups), weight=sums.weight, total=sums.total, n=n, mean=mean, low=low, high=high,
        rest=rest, difference=mean - rest, difference_low=difference_low, difference_high=difference_high, z=z,
        p=np.where(unsure, np.nan, p), share_of_total=ratio(sums.total, sums.total.sum()),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums over the rows of each group: weights, squared weights, weighted loss and weighted squared loss, ``(G,)``."""

    weight: FloatArray
    squares: FloatArray
    total: FloatArray
    total_squares: FloatArray

    @classmethod
    def of(cls, loss: RowLoss, code: NDArray[Any], n_groups: int) -> _Sums:
        """Add up the groups."""

        def add(values: FloatArray | None) -> FloatArray:
            return np.bincount(code, values, minlength=n_groups).astype(np.float64)

        w, x = loss.weight, loss.loss
        weighted = x if w is None else w * x
        return cls(add(w), add(None if w is None else w * w), add(weighted), add(weighted * x))

    @property
    def rest_weight(self) -> FloatArray:
        return _without_each(self.weight)

    @property
    def rest_squares(self) -> FloatArray:
        return _without_each(self.squares)

    @property
    def rest_total(self) -> FloatArray:
        return np.where(self.rest_weight > 0, _without_each(self.total), 0.0)

    def variance(self, mean: FloatArray) -> FloatArray:
        """Weighted variance of the loss in each group."""
        return np.maximum(ratio(self.total_squares, self.weight) - mean * mean, 0.0)

    def rest_variance(self, mean: FloatArray) -> FloatArray:
        """Weighted variance of the loss outside of each group."""
        return np.maximum(ratio(_without_each(self.total_squares), self.rest_weight) - mean * mean, 0.0)


def _without_each(sums: FloatArray) -> FloatArray:
    """Total minus each part; what a difference of equal sums leaves is nothing."""
    rest = sums.sum() - sums
    return np.where(rest <= _SPREADLESS * abs(sums.sum()), 0.0, rest)


def _effective(weight: FloatArray, squares: FloatArray, loss: RowLoss) -> FloatArray:
    """Rows of equal weight that tell as much (Kish)."""
    if loss.weight is None or loss.frequency:
        return weight
    return np.nan_to_num(ratio(weight * weight, squares))


_Test = tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]


def _rates(mean: FloatArray, rest: FloatArray, n: FloatArray, n_rest: FloatArray) -> _Test:
    """Intervals of rates and of their differences, z and p."""
    k, j = np.minimum(np.nan_to_num(mean) * n, n), np.minimum(np.nan_to_num(rest) * n_rest, n_rest)
    low, high = wilson(k, n, LEVEL)
    share = ratio(k + j, n + n_rest)
    with np.errstate(invalid="ignore"):  # no rows, and every other row alike
        error = np.sqrt(share * (1 - share) * (ratio(1, n) + ratio(1, n_rest)))
    z = np.where(error > 0, ratio(mean - rest, error), np.where(np.isnan(mean - rest), np.nan, 0.0))
    p = np.full(z.shape, np.nan)
    both = (n > 0) & (n_rest > 0)
    p[both] = same_rate_p(k[both], n[both], j[both], n_rest[both])
    return (low, high, *newcombe(k, n, j, n_rest, LEVEL), z, p)


def _welch(
    mean: FloatArray, rest: FloatArray, n: FloatArray, n_rest: FloatArray, spread: FloatArray, spread_rest: FloatArray
) -> _Test:  # fmt: skip
    """Student's intervals of means, and Welch's test of the difference."""
    ours, others = _of_mean(spread, n), _of_mean(spread_rest, n_rest)
    half = _t(n - 1) * np.sqrt(ours)
    error = np.sqrt(ours + others)
    df = ratio((ours + others) ** 2, ratio(ours**2, n - 1) + ratio(others**2, n_rest - 1))
    return (mean - half, mean + half, *_by_error(mean - rest, error, df))


def _of_mean(variance: FloatArray, n: FloatArray) -> FloatArray:
    """Variance of a mean, with the factor n/(n-1); NaN with less than two rows."""
    return ratio(variance, np.where(n > 1, n - 1, np.nan))


def _by_error(
    difference: FloatArray, error: FloatArray, df: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Interval, z and p of a difference with a standard error; NaN where nothing varies."""
    from scipy.special import stdtr

    error = np.where(error > _SPREADLESS, error, np.nan)
    half, z = _t(df) * error, ratio(difference, error)
    known = ~np.isnan(z) & (df > 0)
    p = np.full(z.shape, np.nan)
    p[known] = 2 * stdtr(df[known], -np.abs(z[known]))
    return difference - half, difference + half, z, p


def _t(df: FloatArray) -> FloatArray:
    """Quantile of Student's t; NaN without degrees of freedom."""
    from scipy.special import stdtrit

    out = np.full(np.shape(df), np.nan)
    known = np.asarray(df) > 0
    out[known] = stdtrit(np.asarray(df)[known], (1 + LEVEL) / 2)
    return out


def _between_clusters(
    loss: RowLoss, code: NDArray[Any], n_groups: int, sums: _Sums, mean: FloatArray, rest: FloatArray
) -> tuple[FloatArray, FloatArray, _Test]:
    """Count groups of rows that belong together, and take all variances between them."""
    assert loss.together is not None  # the caller asked
    _, unit = np.unique(loss.together, return_inverse=True)
    size = int(unit.max(initial=-1)) + 1
    pairs, pair = np.unique(unit.astype(np.int64) * n_groups + code, return_inverse=True)
    of_unit, group = pairs // n_groups, pairs % n_groups
    weight = np.bincount(pair, loss.weights)
    total = np.bincount(pair, loss.weights * loss.loss)
    all_weight, all_total = np.bincount(of_unit, weight, size), np.bincount(of_unit, total, size)

    def by_group(values: FloatArray | None) -> FloatArray:
        return np.bincount(group, values, minlength=n_groups).astype(np.float64)

    elsewhere = np.bincount(of_unit, minlength=size) > 1
    n = by_group(None)
    n_rest = size - by_group((~elsewhere[of_unit]).astype(np.float64))
    m, r = np.nan_to_num(mean), np.nan_to_num(rest)
    inside = ratio(total - m[group] * weight, sums.weight[group])
    rest_weight = np.where(sums.rest_weight > 0, sums.rest_weight, np.nan)
    outside = ((all_total[of_unit] - total) - r[group] * (all_weight[of_unit] - weight)) / rest_weight[group]
    whole = all_total[of_unit] - r[group] * all_weight[of_unit]  # of a unit as if none of it were inside
    # units without a row inside: all units, minus those counted above
    none = (
        (all_total**2).sum() - 2 * r * (all_total * all_weight).sum() + r * r * (all_weight**2).sum()
    ) - by_group(whole**2)
    alone = np.maximum(none, 0.0) / rest_weight**2
    ours = by_group(inside**2) * ratio(n, n - 1)
    others = (by_group(outside**2) + alone) * ratio(n_rest, n_rest - 1)
    both = (by_group((inside - outside) ** 2) + alone) * (size / (size - 1) if size > 1 else np.nan)
    ours, others, both = (np.where(np.isfinite(v), v, np.nan) for v in (ours, others, both))
    low, high = _ends_of_clusters(loss, mean, ours, n)
    df = np.minimum(np.minimum(n, n_rest), size) - 1
    return n, n_rest, (low, high, *_by_error(mean - rest, np.sqrt(both), df))


def _ends_of_clusters(
    loss: RowLoss, mean: FloatArray, variance: FloatArray, n: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Interval of a mean: of a rate Wilson's for as many independent rows as would vary so much, else Student's t."""
    t = _t(n - 1)
    if not loss.is_rate:
        half = t * np.sqrt(variance)
        return mean - half, mean + half
    spread = mean * (1 - mean)
    rows = (
        np.where((variance > _SPREADLESS) & (spread > 0), ratio(spread, variance), n) * (z_of(LEVEL) / t) ** 2
    )
    return wilson(np.nan_to_num(mean * rows), np.nan_to_num(rows), LEVEL)
