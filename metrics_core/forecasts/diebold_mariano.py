"""Whether one of two forecasts of the same values is better by more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
#: With fewer values the variance of the mean is hardly known.
FEW = 30
_LEVEL = 0.95
_PLAIN = "autocovariances below the horizon, equal weights"
_BARTLETT = "autocovariances below the horizon, Bartlett weights: with equal ones the variance is not above 0"
#: Differences that vary by less than this share of the losses vary by rounding.
_ROUNDING = 8 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class DieboldMariano:
    """Outcome of the test that two forecasts are equally good.

    Attributes
    ----------
    difference : float
        Mean of loss a minus loss b: below 0 forecast a is the better one. In the unit of the loss.
    statistic : float
        The mean over its standard error (Diebold and Mariano).
    corrected : float
        The same, made smaller for few values (Harvey, Leybourne and Newbold).
    p : float
        Two-sided, of ``corrected`` by Student's t with T - 1 degrees of freedom.
    T : int
        Number of values.
    method : str
        How the variance was estimated; empty where it was not.
    few : bool
        Whether T is below `FEW`, where the estimate of the variance is unstable.
    reason : str
        Why there is no statistic; empty where there is one.
    """

    difference: float
    statistic: float
    corrected: float
    p: float
    T: int
    method: str
    few: bool
    reason: str = ""


def diebold_mariano(loss_a: ArrayLike, loss_b: ArrayLike, horizon: int = 1) -> DieboldMariano:
    """Test whether two forecasts of one series, made for the same places, have the same expected loss.

    Parameters
    ----------
    loss_a, loss_b : array-like of shape (T,)
        Loss at each place, such as the squared error, in the order of time.
    horizon : int
        Steps ahead. Errors of forecasts h steps ahead overlap, so neighbours below that distance may be correlated.

    Returns
    -------
    DieboldMariano

    Raises
    ------
    ValueError
        If the losses are not two lists of one length, or the horizon is below 1.

    References
    ----------
    Diebold and Mariano (1995), doi:10.1080/07350015.1995.10524599; Harvey, Leybourne and Newbold (1997),
    doi:10.1016/S0169-2070(96)00719-4; for the weights that keep the variance positive Newey and West (1987),
    doi:10.2307/1913610

    Examples
    --------
    >>> found = diebold_mariano([4.0, 1.0, 9.0, 1.0], [1.0, 1.0, 4.0, 0.0])
    >>> found.difference, round(found.statistic, 4), round(found.corrected, 4), round(found.p, 4)
    (2.25, 2.3434, 2.0294, 0.1354)
    """
    a, b = np.asarray(loss_a, dtype=np.float64), np.asarray(loss_b, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"two losses of one length are needed, not of shapes {a.shape} and {b.shape}")
    if horizon < 1:
        raise ValueError(f"a forecast is at least 1 step ahead, not {horizon}")
    n = a.size
    with np.errstate(invalid="ignore", over="ignore"):  # an infinite loss is told below
        d = a - b
        mean = float(d.mean()) if n else nan
    if reason := _untestable(a, b, d, horizon):
        return DieboldMariano(mean, nan, nan, nan, n, "", n < FEW, reason)
    relative = d / np.abs(d).max()
    variance, method = _variance_of_mean(relative, horizon)
    statistic = float(relative.mean()) / sqrt(variance)
    corrected = statistic * sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    return DieboldMariano(mean, statistic, corrected, _two_sided(corrected, n - 1), n, method, n < FEW)


@dataclass(frozen=True)
class AcrossSeries:
    """Mean difference over series, every series counting once.

    Attributes
    ----------
    mean : float
        In the unit of the differences.
    low, high : float
        Interval of Student's t.
    p : float
        Two-sided, of the hypothesis that the mean is 0.
    n : int
        Series with a difference.
    reason : str
        Why there is no interval; empty where there is one.
    """

    mean: float
    low: float
    high: float
    p: float
    n: int
    reason: str = ""


def across_series(difference: ArrayLike, level: float = _LEVEL) -> AcrossSeries:
    """Test whether forecasts differ over many series, which may be correlated within but not with each other.

    Parameters
    ----------
    difference : array-like of shape (S,)
        Mean difference of the losses of each series; NaN for a series that has none.
    level : float
        Confidence of the interval, between 0 and 1.

    Returns
    -------
    AcrossSeries

    Examples
    --------
    >>> found = across_series([1.0, 2.0, 3.0])
    >>> found.mean, round(found.low, 4), round(found.high, 4), round(found.p, 4)
    (2.0, -0.4841, 4.4841, 0.0742)
    """
    from scipy.special import stdtrit

    given = np.asarray(difference, dtype=np.float64)
    d = given[~np.isnan(given)]
    n = d.size
    mean = float(d.mean()) if n else nan
    if n < 2:
        return AcrossSeries(mean, nan, nan, nan, n, f"{n} series: at least 2 are needed")
    error = float(d.std(ddof=1)) / sqrt(n)
    if not error > _ROUNDING * float(np.abs(d).max()):
        return AcrossSeries(mean, nan, nan, nan, n, "the difference is the same in every series")
    reach = float(stdtrit(n - 1, (1 + level) / 2)) * error
    return AcrossSeries(mean, mean - reach, mean + reach, _two_sided(mean / error, n - 1), n)


def _untestable(a: FloatArray, b: FloatArray, d: FloatArray, horizon: int) -> str:
    """Say why the differences do not allow a test; empty where they do."""
    if d.size < 2 or d.size <= horizon:
        return f"{d.size} values: more than {max(1, horizon)} are needed"
    if not np.isfinite(d).all():
        return f"{np.count_nonzero(~np.isfinite(d))} of {d.size} differences are undefined or infinite"
    if not d.any():
        return "the losses are equal everywhere"
    if np.ptp(d) <= _ROUNDING * float(np.maximum(np.abs(a), np.abs(b)).max()):
        return "the difference is the same everywhere, so its variance is 0"
    return ""


def _variance_of_mean(d: FloatArray, horizon: int) -> tuple[float, str]:
    """Estimate the variance of the mean from the autocovariances below the horizon, and say by which weights."""
    n, e = d.size, d - d.mean()
    covariance = np.array([float(e[k:] @ e[: n - k]) for k in range(horizon)]) / n
    plain = float(covariance[0] + 2 * covariance[1:].sum())
    # Sums that should cancel leave rounding of either sign.
    if plain > horizon * _ROUNDING * float(covariance[0]):
        return plain / n, _PLAIN
    weights = 1 - np.arange(1, horizon) / horizon
    return float(covariance[0] + 2 * (weights * covariance[1:]).sum()) / n, _BARTLETT


def _two_sided(t: float, freedom: int) -> float:
    """Two-sided p-value of Student's t."""
    from scipy.special import stdtr

    return float(2 * stdtr(freedom, -abs(t)))
