"""Do errors remember: whether the error at one moment tells that of the moments after it."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray

from .number_cases import NumberCases
from .number_units import weights
from .tally.outcomes import FloatArray

#: Moments below which nothing is said, and lags at most.
FEWEST, MOST_LAGS = 20, 24


@dataclass(frozen=True, eq=False)
class Memory:
    """Correlation of the errors of moments with those of moments before them.

    Attributes
    ----------
    lag : (L,) int64
        In moments: 1 is the moment before.
    correlation : (L,) float64
        Between -1 and 1; NaN where every error is the same.
    reach : (L,) float64
        Correlations of errors without memory lie between plus and minus this in 95 % of the samples.
    durbin_watson : float
        Sum of the squared steps from moment to moment over the sum of the squared errors; near 2 without memory, below it
        when neighbours are alike.
    ljung_box, p : float
        Over all lags, and its p-value (chi-squared with one degree of freedom a lag).
    moments : int
        Different times; rows of the same time count with their mean error.
    reason : str
        Why nothing can be said.
    """

    lag: NDArray[np.int64]
    correlation: FloatArray
    reach: FloatArray
    durbin_watson: float
    ljung_box: float
    p: float
    moments: int
    reason: str = ""


def memory(cases: NumberCases, moment: NDArray[np.integer], known: NDArray[np.bool_] | None = None, *, lags: int = MOST_LAGS) -> Memory:  # fmt: skip
    """Measure how far errors follow those before them.

    Parameters
    ----------
    cases : NumberCases
    moment : (n,) integer
        When each row was; only the order counts, and which are equal.
    known : (n,) bool, optional
        Rows that have a time; all by default.
    lags : int
        At most; fewer for few moments.

    Returns
    -------
    Memory

    References
    ----------
    Ljung and Box (1978), doi:10.1093/biomet/65.2.297; Durbin and Watson (1950), doi:10.1093/biomet/37.3-4.409

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> frame = pd.DataFrame({"y": [0.5] * 40, "f": ([1.5] * 5 + [-0.5] * 5) * 4})
    >>> cases = mc.read(frame, task="regression", y_true="y", y_pred="f").judged()
    >>> found = memory(cases, np.arange(40))
    >>> round(float(found.correlation[0]), 3), round(found.durbin_watson, 3)
    (0.625, 0.7)
    """
    w = weights(cases)
    use = w > 0 if known is None else (w > 0) & known
    at, place = np.unique(moment[use], return_inverse=True)
    n = int(at.size)
    nothing: tuple[NDArray[np.int64], FloatArray] = np.zeros(0, dtype=np.int64), np.zeros(0)
    if n < FEWEST:
        return Memory(nothing[0], nothing[1], nothing[1], nan, nan, nan, n, f"fewer than {FEWEST} different times")  # fmt: skip
    w, e = w[use], cases.residual[use]
    series = np.bincount(place, weights=w * e) / np.bincount(place, weights=w)
    scale = float(np.abs(series).max())
    away = (series - series.mean()) / (scale or 1.0)
    total = float((away**2).sum())
    if not total > n * 1e-24:
        return Memory(nothing[0], nothing[1], nothing[1], nan, nan, nan, n, "the error is the same at every time")  # fmt: skip
    lag = np.arange(1, max(min(lags, n // 4), 1) + 1)
    found = np.array([float(away[k:] @ away[:-k]) / total for k in lag])
    left = n - lag
    from scipy.special import chdtrc

    box = float(n * (n + 2) * (found**2 / left).sum())
    raw = series / (scale or 1.0)
    watson = float((np.diff(raw) ** 2).sum() / (raw**2).sum())
    reach = 1.96 * np.sqrt(left) / sqrt(n * (n + 2))
    return Memory(lag, found, reach, watson, box, float(chdtrc(float(lag.size), box)), n)
