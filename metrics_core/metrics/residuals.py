"""Formulas on predicted numbers, shared by the families. Leading axes are free; 0/0 is NaN.

An error is prediction minus truth: above 0 the prediction was too high.
"""

from __future__ import annotations

import numpy as np

from ..tally.numbers import NumberTally, OrderTally
from ..tally.outcomes import FloatArray
from .counts import ratio

#: A true value so much nearer to 0 than they are on average: its percentage error alone would decide the mean.
NEAR_ZERO = 1e-5
#: Spread over mean square below which true values differ by rounding only.
_ROUNDING = 1e-30


def mean_of(t: NumberTally, name: str) -> FloatArray:
    """Mean of a number of the rows; NaN without rows, and where the rows do not have the number."""
    if name not in t.mean:
        return np.full(t.total.shape, np.nan)
    return np.where(t.total > 0, t.mean[name], np.nan)


def rmse(t: NumberTally) -> FloatArray:
    """Root of the mean squared error."""
    return np.asarray(np.sqrt(mean_of(t, "squared")))


def r2(t: NumberTally) -> FloatArray:
    """Share of the spread of the true values that the predictions explain; NaN when these are all the same."""
    return np.asarray(1 - ratio(t.total * mean_of(t, "squared"), _spread(t)))


def explained_variance(t: NumberTally) -> FloatArray:
    """The same when a constant may be added to every prediction."""
    return np.asarray(1 - ratio(np.where(t.total > 0, t.spread["error"], np.nan), _spread(t)))


def mape(t: NumberTally) -> FloatArray:
    """Mean size of the errors as fractions of the true values; NaN when one of these is 0 or next to it."""
    near = t.least <= NEAR_ZERO * mean_of(t, "size")
    return np.where(near, np.nan, mean_of(t, "percentage"))


def wape(t: NumberTally) -> FloatArray:
    """Sum of the sizes of the errors over that of the true values; NaN when these are all 0."""
    return ratio(mean_of(t, "absolute"), np.where(mean_of(t, "size") > 0, mean_of(t, "size"), np.nan))


def max_error(t: NumberTally) -> FloatArray:
    """Greatest size of an error."""
    return np.where(np.isfinite(t.greatest), t.greatest, np.nan)


def coverage(t: NumberTally, level: float) -> FloatArray:
    """Share of the true values inside the predicted interval of a level."""
    return mean_of(t, f"covered@{level:g}")


def width(t: NumberTally, level: float) -> FloatArray:
    """Mean width of the predicted interval of a level."""
    return mean_of(t, f"width@{level:g}")


def median_absolute_error(t: OrderTally) -> FloatArray:
    """Median size of the errors."""
    return t.absolute.quantile(0.5)


def d2_absolute_error(t: OrderTally) -> FloatArray:
    """Share of the mean absolute error of the median that the predictions take away."""
    base = t.truth.away_from(t.truth.quantile(0.5))
    return np.asarray(1 - ratio(t.absolute.away_from(np.zeros(t.absolute.total.shape)), np.where(base > 0, base, np.nan)))  # fmt: skip


def _spread(t: NumberTally) -> FloatArray:
    """Spread of the true values around their mean; NaN where they are all the same."""
    found, square = t.spread["truth"], t.total * t.mean["truth"] ** 2
    return np.where(found > _ROUNDING * square, found, np.nan)
