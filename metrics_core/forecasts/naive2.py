"""Whether a series has a season, and what each position in the season is worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
#: 90 % of a normal distribution lie within so many standard deviations; the M4 competition wrote it with three places.
_LIMIT = 1.645


def seasonal_indices(y: FloatArray, season: int) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Give an index to each position in the season: by how much values there are above or below the trend.

    Parameters
    ----------
    y : (s, n) float64
        Whole series without a gap, side by side; at least three seasons.
    season : int
        At least 2.

    Returns
    -------
    index : (s, season) float64
        Of mean 1, beginning with the position of the first value; all 1 where no season shows.
    refused : (s,) bool
        Where a season shows but a value is 0 or less, so that no ratio can be taken.
    """
    shows, positive = seasonal(y, season), (y > 0).all(axis=1)
    index = np.ones((len(y), season))
    if (taken := np.flatnonzero(shows & positive)).size:
        found = _ratios_to_trend(y[taken], season)
        # A position whose values are almost nothing beside the trend has an index of 0 and cannot be divided by.
        usable = (np.isfinite(found) & (found > 0)).all(axis=1)
        index[taken[usable]] = found[usable]
    return index, shows & ~positive


def seasonal(y: FloatArray, season: int) -> NDArray[np.bool_]:
    """Tell which series have a season by the 90 % test of the autocorrelation at one season.

    The limit is Bartlett's: the standard error if there is correlation at the shorter distances only.

    Parameters
    ----------
    y : (s, n) float64
    season : int

    Returns
    -------
    (s,) bool; False for a constant series
    """
    n = y.shape[1]
    r = _autocorrelation(y, season)
    error = np.sqrt((1 + 2 * (r[:, 1:season] ** 2).sum(axis=1)) / n)
    return np.asarray(np.abs(r[:, season]) > _LIMIT * error)  # NaN, of a constant series, is beyond nothing


def _autocorrelation(y: FloatArray, lags: int) -> FloatArray:
    """Autocorrelations at the distances 0 to ``lags``, one series a row; NaN for a constant one."""
    n = y.shape[1]
    constant = (y == y[:, :1]).all(axis=1)
    # Halves, lest the range itself overflow; the first value goes before the mean, which keeps the digits of small
    # steps on a high level.
    e = y / 2 - y[:, :1] / 2
    e /= np.where(constant, 1.0, np.abs(e).max(axis=1))[:, None]
    e -= e.mean(axis=1, keepdims=True)
    # Padded, so that the circle of the transform does not close, to a length of small factors.
    unit = 1 << max(0, (n + lags).bit_length() - 4)
    size = -(-(n + lags) // unit) * unit
    spectrum = np.fft.rfft(e, size, axis=1)
    products = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, size, axis=1)[:, : lags + 1]
    total = np.where(constant, np.nan, (e * e).sum(axis=1))
    return np.asarray(products / total[:, None])


def _ratios_to_trend(y: FloatArray, season: int) -> FloatArray:
    """Average by position the ratio of a value to the centred moving average around it, then bring the mean to 1."""
    y = y / y.max(axis=1, keepdims=True)
    half, n = season // 2, y.shape[1]
    ends = 1 if season % 2 else 0.5  # an even season reaches half into the value at either end
    inner = n - 2 * half
    trend = ends * (y[:, :inner] + y[:, 2 * half :])
    for shift in range(1, 2 * half):
        trend += y[:, shift : shift + inner]
    ratio = y[:, half : half + inner] / trend  # the season cancels below
    index = np.empty((len(y), season))
    for k in range(season):
        index[:, (half + k) % season] = ratio[:, k::season].mean(axis=1)
    return np.asarray(index / index.mean(axis=1, keepdims=True))
