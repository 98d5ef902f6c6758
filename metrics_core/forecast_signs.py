"""Which way forecasts are off: the mean error of each series in each column, and where chance does not explain its sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .cases import BoolArray, IntArray
from .differences import benjamini_hochberg
from .forecast_boards import Across, cells_of, divided
from .forecast_cases import ForecastCases
from .number_units import weights
from .tally.outcomes import FloatArray

#: With fewer origins the spread of a mean over them is hardly known.
FEWEST_ORIGINS = 4
#: A q-value up to this makes a sign clear.
CLEAR = 0.05
_LEVEL = 0.95
#: A standard error below this share of the mean is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class SignBoard:
    """The mean of prediction minus truth of each of some series in each column. Each array ``(S, H)``.

    Attributes
    ----------
    code : (S,) int64
        The series.
    across : Across
    mean : float64
        In the unit of the target: above 0 the forecasts are too high. NaN without rows.
    low, high : float64
        95 % interval, in which forecasts of one origin count as one; NaN with fewer than ``FEWEST_ORIGINS``.
    q : float64
        P-values of a mean of 0, adjusted for all cells that are tested; NaN where there is no test.
    lean : float64
        The mean over that of the sizes of the errors, between -1 and 1: at 1 every forecast is too high, at 0 they are as
        much too high as too low. NaN where no forecast is off.
    rows, origins : int64
    """

    code: IntArray
    across: Across
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    q: FloatArray
    lean: FloatArray
    rows: IntArray
    origins: IntArray

    @property
    def apart(self) -> BoolArray:
        """Cells whose own interval does not hold 0, ``(S, H)``: by chance alone about one in twenty."""
        return np.asarray((self.low > 0) | (self.high < 0))

    @property
    def clear(self) -> BoolArray:
        """Cells whose sign chance does not explain with all tested ones allowed for, ``(S, H)``."""
        return np.asarray(self.q <= CLEAR)

    @property
    def tested(self) -> int:
        """Cells with a test."""
        return int((~np.isnan(self.q)).sum())


def sign_board(cases: ForecastCases, across: Across, code: Sequence[int] | IntArray) -> SignBoard:
    """Compute the mean errors of some series in each column, with intervals over the origins.

    Errors of one origin go together and count as one; origins count as independent of each other, which forecasts that
    overlap are only roughly.

    Parameters
    ----------
    cases : ForecastCases
    across : Across
        Of the same cases.
    code : sequence of int
        The series.

    Returns
    -------
    SignBoard

    References
    ----------
    For the variance of a mean of clusters Liang and Zeger (1986), doi:10.1093/biomet/73.1.13, with the factor C / (C - 1)
    for C origins.
    """
    at, cell = cells_of(cases, across, code)
    own, cell = cases.at(at), cell[at]
    shape = len(code), len(across.labels)
    size, w = shape[0] * shape[1], weights(own)
    used = w > 0
    error = np.where(used, own.residual, 0.0)
    total = _summed(w, cell, size)
    mean = divided(_summed(w * error, cell, size), total)
    pair, of = np.unique(np.stack([cell[used], own.path[used]]), axis=1, return_inverse=True)
    of_pair = _summed((w * (error - mean[cell]))[used], of.reshape(-1), pair.shape[1])
    origins = np.bincount(pair[0], minlength=size)
    squares = _summed(of_pair**2, pair[0], size)
    tested = origins >= FEWEST_ORIGINS
    error_of_mean = np.full(size, np.nan)
    n = origins[tested]
    error_of_mean[tested] = np.sqrt(squares[tested] * n / (n - 1)) / total[tested]
    low, high, p = _judged(mean, error_of_mean, origins)
    return SignBoard(
        code=np.asarray(code, dtype=np.int64),
        across=across,
        mean=mean.reshape(shape),
        low=low.reshape(shape),
        high=high.reshape(shape),
        q=benjamini_hochberg(p).reshape(shape),
        lean=divided(mean, divided(_summed(w * np.abs(error), cell, size), total)).reshape(shape),
        rows=np.bincount(cell, minlength=size).reshape(shape),
        origins=origins.reshape(shape),
    )


def _judged(mean: FloatArray, error: FloatArray, origins: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:  # fmt: skip
    """Return the ends of the intervals by Student's t, and two-sided p-values; an error of rounding only tells nothing."""
    from scipy.special import stdtr, stdtrit

    known = error > _ROUNDING * np.abs(mean)
    out = [np.full(mean.size, np.nan) for _ in range(3)]
    freedom = origins[known] - 1.0
    reach = -stdtrit(freedom, (1 - _LEVEL) / 2) * error[known]
    out[0][known], out[1][known] = mean[known] - reach, mean[known] + reach
    out[2][known] = 2 * stdtr(freedom, -np.abs(mean[known]) / error[known])
    return out[0], out[1], out[2]


def _summed(number: FloatArray, cell: IntArray, size: int) -> FloatArray:
    """Sum numbers up by cell."""
    return np.bincount(cell, weights=number, minlength=size).astype(np.float64)
