"""Two models of numbers on the same rows: how far their metrics lie apart, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan, sqrt

import numpy as np

from .number_cases import NumberCases
from .number_intervals import NumberDraw, influences
from .number_units import covariance, n_units, weights
from .reduce import tallies_of
from .values import Interval, spec_of, value_of

#: Metrics that are compared where both models have them; coverage and width of each level come after these.
COMPARED = ("mae", "rmse", "bias", "pinball", "interval_score")
#: Against its size, a standard error that is rounding only.
_DUST = 1e-12
_METHOD = "paired t"


@dataclass(frozen=True)
class PairedDifference:
    """One metric of two models.

    Attributes
    ----------
    key : str
        As ``mae`` or ``coverage@0.9``.
    a, b : float
    difference : float
        ``a - b``, in the unit of the metric; NaN where either is undefined.
    interval : Interval
        95 % unless asked otherwise, with the reason where there is none.
    p : float
        Two-sided, of no difference; NaN where there is no interval.
    n : float
        Independent units: effective rows, or groups of rows that belong together.
    """

    key: str
    a: float
    b: float
    difference: float
    interval: Interval
    p: float
    n: float


@dataclass(frozen=True)
class Nearer:
    """On which share of the rows, by weight, each model lies nearer to the truth.

    Attributes
    ----------
    a, same, b : float
        Fractions that add up to 1.
    n_rows : int
    """

    a: float
    same: float
    b: float
    n_rows: int


def on_the_same_rows(a: NumberCases, b: NumberCases) -> tuple[NumberCases, NumberCases]:
    """Keep the rows that both models judged, in the order of the file."""
    _, mine, theirs = np.intersect1d(a.rows, b.rows, assume_unique=True, return_indices=True)
    return a.at(mine), b.at(theirs)


def compared_keys(a: NumberCases, b: NumberCases) -> tuple[str, ...]:
    """List the metrics that both models have."""
    levels = [level for level in a.levels if level in b.levels]
    around = bool(levels) and a.levels == b.levels
    both = a.quantiles is not None and b.quantiles is not None and a.shares == b.shares
    none = a.quantiles is None and b.quantiles is None
    plain = tuple(
        key
        for key in COMPARED
        if not (key == "interval_score" and not around) and not (key == "pinball" and not (both or none))
    )
    return (*plain, *(f"{name}@{level:g}" for level in levels for name in ("coverage", "width")))


def paired_differences(
    a: NumberCases, b: NumberCases, keys: Sequence[str] | None = None, *, level: float = 0.95
) -> tuple[PairedDifference, ...]:
    """Compare the metrics of two models, each by the influence that every row has on its difference.

    For a mean, such as the MAE, this is the paired t-test; for a root, such as the RMSE, its delta method. Rows that belong
    together move together.

    Parameters
    ----------
    a, b : NumberCases
        The same rows in the same order, see ``on_the_same_rows``.
    keys : sequence of str, optional
        Metrics of a ``NumberTally``; by default ``compared_keys``.
    level : float
        Of the intervals.

    Returns
    -------
    tuple of PairedDifference

    Raises
    ------
    ValueError
        If the rows are not the same.

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> frame = pd.DataFrame({"y": [1.5, 2.5, 3.5, 4.5], "f": [1.5, 3.5, 3.5, 6.5], "g": [2.0, 3.0, 4.0, 5.0]})
    >>> cases = mc.read(frame, task="regression", y_true="y", y_pred=["f", "g"]).cases
    >>> found = paired_differences(cases["f"], cases["g"], ["mae"])[0]
    >>> found.a, found.b, found.difference, round(found.p, 3)
    (0.75, 0.5, 0.25, 0.638)
    """
    if not np.array_equal(a.rows, b.rows) or not np.array_equal(a.truth, b.truth):
        raise ValueError("two models are compared on the same rows")
    keys = compared_keys(a, b) if keys is None else tuple(keys)
    draws = [NumberDraw(c, tallies_of(c), level, 0, 0) for c in (a, b)]
    n = n_units(a)
    return tuple(_compared(key, draws[0], draws[1], n) for key in keys)


def _compared(key: str, a: NumberDraw, b: NumberDraw, n: float) -> PairedDifference:
    """Compare one metric."""
    spec, size = spec_of("regression", key)
    values, reasons = [], []
    for draw in (a, b):
        value, why = value_of(spec, draw.tallies, size)
        values.append(nan if value is None else value)
        reasons.append(why)
    nothing = Interval(None, None, a.level, _METHOD)
    difference = values[0] - values[1]

    def without(reason: str) -> PairedDifference:
        return PairedDifference(key, values[0], values[1], difference, Interval(None, None, nothing.level, _METHOD, reason), nan, n)  # fmt: skip

    if isnan(difference):
        return without(reasons[0] or reasons[1] or "it is infinite")
    if n < 2:
        return without(
            "all rows belong together" if a.cases.together is not None else "one row has no spread"
        )
    moved = influences(spec, size, a) - influences(spec, size, b)
    w = weights(a.cases)
    moved = np.where(w > 0, moved, 0.0)
    error = sqrt(max(float(covariance(a.cases, moved[:, np.newaxis])[0, 0]), 0.0))
    if isnan(error):
        return without("its spread is not finite")
    scale = max(abs(values[0]), abs(values[1]))
    if not error > max(_DUST, 1e-9) * scale:
        return without("both give the same in every row" if abs(difference) <= 1e-9 * scale else "every row differs by the same")  # fmt: skip
    from scipy.special import stdtr, stdtrit

    df = max(n - 1, 1.0)
    reach = float(-stdtrit(df, (1 - a.level) / 2)) * error
    p = float(2 * stdtr(df, -abs(difference) / error))
    return PairedDifference(key, values[0], values[1], difference, Interval(difference - reach, difference + reach, a.level, _METHOD), p, n)  # fmt: skip


def nearer(a: NumberCases, b: NumberCases) -> Nearer:
    """Count on how much of the weight each of two models lies nearer to the truth.

    Parameters
    ----------
    a, b : NumberCases
        The same rows in the same order.
    """
    w = weights(a)
    apart = np.abs(a.residual) - np.abs(b.residual)
    total = float(w.sum())
    if not total > 0:
        return Nearer(nan, nan, nan, len(a))
    shares = [float(w[side].sum()) / total for side in (apart < 0, apart == 0, apart > 0)]
    return Nearer(shares[0], shares[1], shares[2], len(a))
