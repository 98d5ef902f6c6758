"""Chance of so many wrong rows in a slice when it is no different from the rest, for many slices at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..tally.outcomes import FloatArray

#: Standard deviation of the number of wrong rows up to which the probabilities are added up one by one.
ADDED_UP = 12.0
#: Terms that are this small beside the sum change nothing.
_NOTHING = 1e-17
#: Slices that are added up at a time.
_BLOCK = 4096
#: Nearer to the mean than this many standard deviations the saddlepoint formula divides by nearly 0.
_NEAR = 0.05


def hypergeometric_tail(wrong: ArrayLike, rows: ArrayLike, all_wrong: float, all_rows: float) -> FloatArray:
    """Probability of ``wrong`` or more wrong rows among ``rows`` drawn from all; Fisher's one-sided test against the rest.

    Where the number of wrong rows spreads by up to 12, the probabilities are added up. Beyond that, and where fewer are
    wrong than expected, Skovgaard's double saddlepoint formula with a continuity correction stands for the sum; it is
    off by less than a thousandth of the value.

    Parameters
    ----------
    wrong, rows : array-like of one shape
        Of each slice.
    all_wrong, all_rows : float
        Of all rows.

    Returns
    -------
    float64 between 0 and 1

    References
    ----------
    Skovgaard (1987), doi:10.2307/3214107

    Examples
    --------
    >>> hypergeometric_tail([8, 3], [10, 10], 20, 100).round(6).tolist()
    [2.4e-05, 0.31878]
    """
    k, m = np.broadcast_arrays(np.asarray(wrong, dtype=np.float64), np.asarray(rows, dtype=np.float64))
    n, all_k = float(all_rows), float(all_wrong)
    if n < 2 or not 0 < all_k < n:
        return np.ones(k.shape)
    share = all_k / n
    mean = m * share
    spread = np.sqrt(mean * (1 - share) * (n - m) / (n - 1))
    out = np.ones(k.shape)
    possible = k > np.maximum(0.0, m + all_k - n)  # so many there are in any case
    exact = possible & (k > mean) & (spread <= ADDED_UP)
    rough = possible & ~exact
    out[exact] = _added_up(k[exact], m[exact], all_k, n)
    out[rough] = saddlepoint_tail(k[rough] - 0.5, m[rough], all_k, n, lattice=True)
    return out


def _added_up(k: FloatArray, m: FloatArray, all_k: float, n: float) -> FloatArray:
    """Add up the probabilities from k on, which is above the mean, so that they fall."""
    from scipy.special import gammaln

    def log_choose(of: FloatArray | float, take: FloatArray | float) -> FloatArray:
        return np.asarray(
            gammaln(np.add(of, 1.0)) - gammaln(np.add(take, 1.0)) - gammaln(np.subtract(of, take) + 1.0)
        )

    first = np.exp(log_choose(all_k, k) + log_choose(n - all_k, m - k) - log_choose(n, m))
    out = np.empty_like(first)
    for low in range(0, k.size, _BLOCK):
        part = slice(low, low + _BLOCK)
        at, size = k[part].copy(), m[part]
        term = np.ones_like(at)
        total = np.ones_like(at)
        while True:
            term = term * (all_k - at) * (size - at) / ((at + 1) * (n - all_k - size + at + 1))
            if not (term > _NOTHING * total).any():
                break
            total += term
            at += 1
        out[part] = first[part] * total
    return np.minimum(out, 1.0)


def saddlepoint_tail(wrong: ArrayLike, rows: ArrayLike, all_wrong: float | FloatArray, all_rows: float | FloatArray, *, lattice: bool) -> FloatArray:  # fmt: skip
    """The same tail by Skovgaard's formula, for counts that need not be whole.

    Parameters
    ----------
    wrong, rows, all_wrong, all_rows : array-like that broadcast
        With whole counts take half a row off ``wrong``.
    lattice : bool
        Whether the counts are whole.
    """
    from scipy.special import ndtr

    a, m, all_a, n = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (wrong, rows, all_wrong, all_rows)))  # fmt: skip
    cells = [a, m - a, all_a - a, n - m - all_a + a]
    sides = [m, m, n - m, n - m]
    share = all_a / n
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        expected = [m * share, m * (1 - share), (n - m) * share, (n - m) * (1 - share)]
        deviance = sum(_xlogx(o, e) for o, e in zip(cells, expected, strict=True))
        r = np.sign(a - expected[0]) * np.sqrt(np.maximum(2 * deviance, 0.0))
        odds = np.log(cells[0]) - np.log(cells[1]) - np.log(cells[2]) + np.log(cells[3])
        spread = (
            (cells[0] * cells[1] / sides[0]) * (cells[2] * cells[3] / sides[2]) / (n * share * (1 - share))
        )
        u = (2 * np.sinh(odds / 2) if lattice else odds) * np.sqrt(spread)
        density = np.exp(-(r**2) / 2) / np.sqrt(2 * np.pi)
        tail = ndtr(-r) + density * (1 / u - 1 / r)
    rough = ndtr(-r)
    good = np.isfinite(tail) & (np.abs(r) > _NEAR)
    return np.asarray(np.clip(np.where(good, tail, rough), 0.0, 1.0))


def _xlogx(observed: NDArray[np.float64], expected: NDArray[np.float64]) -> FloatArray:
    """``o log(o / e)``; 0 where nothing is observed."""
    some = observed > 0
    log = np.log(np.where(some, observed, 1.0) / np.where(some, expected, 1.0))
    return np.asarray(np.where(some, observed * log, 0.0))
