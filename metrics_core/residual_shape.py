"""What the errors of predicted numbers look like: tails, quantiles against a normal distribution, spread along the prediction."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from .number_cases import NumberCases
from .tally.outcomes import FloatArray

#: The worst rows that are singled out, as a share of all.
WORST = 0.01
#: Points of a quantile plot, bins of a density, groups along an axis.
_POINTS, _CELLS, _GROUPS = 200, 60, 10
#: Below so many effective rows no test is made.
_FEWEST = 20


def _weights(cases: NumberCases) -> FloatArray:
    """Return the weight of each row."""
    return np.ones(len(cases)) if cases.weight is None else cases.weight


def worst_share(cases: NumberCases, share: float = WORST) -> tuple[float, int]:
    """Return the share of the squared error that the worst rows carry, and how many rows these are (at least 1).

    Examples
    --------
    >>> from metrics_core.intake import read
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"y": [0.5, 1.5, 2.5, 3.5], "f": [0.5, 1.5, 3.5, 0.5]})
    >>> worst_share(read(frame, task="regression", y_true="y", y_pred="f").judged())
    (0.9, 1)
    """
    n = max(1, round(share * len(cases)))
    w = _weights(cases)
    squared = np.where(w > 0, w * cases.residual**2, 0.0)
    worst = np.partition(squared, squared.size - n)[squared.size - n :].sum()
    total = squared.sum()
    return (float(worst / total) if total > 0 else float("nan")), n


@dataclass(frozen=True)
class Spread:
    """Whether the errors spread more where the prediction is higher.

    Attributes
    ----------
    ratio : float
        Standard deviation of the errors in the tenth of the highest predictions over that in the tenth of the lowest; the
        effect, to be read first. NaN when it is undefined.
    low, high : float
        The two standard deviations, in the unit of the target.
    lm, p : float
        Koenker's studentised Breusch-Pagan statistic of the squared errors on the prediction, and its p-value.
    n : float
        Effective rows.
    """

    ratio: float
    low: float
    high: float
    lm: float
    p: float
    n: float


def spread_along(cases: NumberCases) -> Spread:
    """Measure how the spread of the errors changes along the prediction (Koenker 1981, doi:10.1016/0304-4076(81)90062-2)."""
    w, n = _weights(cases), cases.effective_n
    nan = float("nan")
    if n < _FEWEST or np.ptp(cases.predicted) == 0:
        return Spread(nan, nan, nan, nan, nan, n)
    code, _ = groups_along(cases.predicted, w, _GROUPS)
    last = int(code.max())
    low, high = (_deviation(cases.residual[code == g], w[code == g]) for g in (0, last))
    total = w.sum()
    e = cases.residual - (w * cases.residual).sum() / total
    squares = e**2
    x = cases.predicted - (w * cases.predicted).sum() / total
    x = x / np.abs(x).max()
    top = float(squares.max())
    if not top > 0 or not isfinite(top):
        return Spread(nan, low, high, nan, nan, n)
    s = squares / top
    s = s - (w * s).sum() / total
    sxx, sss, sxs = (float((w * a * b).sum()) for a, b in ((x, x), (s, s), (x, s)))
    if not (sxx > 0 and sss > 0):
        return Spread(high / low if low > 0 else nan, low, high, nan, nan, n)
    lm = n * sxs**2 / (sxx * sss)
    from scipy.special import chdtrc

    return Spread(high / low if low > 0 else nan, low, high, lm, float(chdtrc(1.0, lm)), n)


def _deviation(x: FloatArray, w: FloatArray) -> float:
    """Weighted standard deviation around the mean."""
    total = w.sum()
    if not total > 0:
        return float("nan")
    mean = (w * x).sum() / total
    return sqrt(float((w * (x - mean) ** 2).sum() / total))


def groups_along(x: FloatArray, weight: FloatArray, n: int = _GROUPS) -> tuple[NDArray[np.int64], FloatArray]:
    """Cut rows into about equally heavy groups along a number; equal values stay together.

    Returns
    -------
    code : (n,) int64
    edges : (G + 1,) float64
    """
    order = np.argsort(x, kind="stable")
    summed = np.cumsum(weight[order])
    if not summed.size or not summed[-1] > 0:
        return np.zeros(x.size, dtype=np.int64), np.array([x.min(initial=0.0), x.max(initial=0.0)])
    at = np.searchsorted(summed, np.arange(1, n) / n * summed[-1], side="left")
    cuts = np.unique(x[order][np.minimum(at + 1, x.size - 1)])
    cuts = cuts[cuts > x.min()]
    code = np.searchsorted(cuts, x, side="right")
    return code.astype(np.int64), np.concatenate([[x.min()], cuts, [x.max()]])


@dataclass(frozen=True, eq=False)
class Along:
    """Errors in groups along a number; each array ``(G,)``, one entry a group.

    Attributes
    ----------
    low, high, middle : float64
        Ends of the group, and the mean of the number in it.
    rows : int64
    bias, bias_low, bias_high : float64
        Mean of prediction minus truth with its 95 % interval (Student's t); NaN with one row.
    absolute, rmse, deviation : float64
    """

    low: FloatArray
    high: FloatArray
    middle: FloatArray
    rows: NDArray[np.int64]
    bias: FloatArray
    bias_low: FloatArray
    bias_high: FloatArray
    absolute: FloatArray
    rmse: FloatArray
    deviation: FloatArray


def errors_along(cases: NumberCases, x: FloatArray, n: int = _GROUPS) -> Along:
    """Break the errors down along a number, such as the prediction; rows where it is NaN are left out.

    Parameters
    ----------
    cases : NumberCases
    x : (n,) float64
    n : int
        Groups at most.
    """
    from scipy.special import stdtrit

    from .reduce.numbers import grouped_tally

    known = np.isfinite(x)
    cases, x = cases.at(np.flatnonzero(known)), x[known]
    w = _weights(cases)
    code, edges = groups_along(x, w, n)
    g = int(code.max()) + 1 if code.size else 0
    t = grouped_tally(cases, code, g, ("error", "absolute", "squared"))
    error, size = t.error("error"), t.effective_n
    reach = -stdtrit(np.maximum(size - 1, 1.0), 0.025) * error
    total = np.where(t.total > 0, t.total, 1.0)
    rows = np.bincount(code, minlength=g)
    middle = np.bincount(code, weights=w * x, minlength=g) / total
    bias = np.where(t.total > 0, t.mean["error"], np.nan)
    return Along(
        edges[:-1][:g], edges[1:][:g], middle, rows, bias, bias - reach, bias + reach, t.mean["absolute"],
        np.sqrt(t.mean["squared"]), np.sqrt(t.spread["error"] / total),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Density:
    """How much weight lies in each cell of a plane.

    Attributes
    ----------
    x, y : (C + 1,) float64
        Edges of the cells.
    weight : (rows of cells, columns of cells) float64
        By y, then x.
    outside : float
        Share of the weight beyond the edges: far values that would leave all others in one cell.
    """

    x: FloatArray
    y: FloatArray
    weight: FloatArray
    outside: float


def density(x: FloatArray, y: FloatArray, weight: FloatArray | None, *, square: bool = False, cells: int = _CELLS) -> Density:  # fmt: skip
    """Count rows in cells of a plane, on axes that leave the farthest values out.

    Parameters
    ----------
    x, y : (n,) float64
    weight : (n,) float64, optional
    square : bool
        Whether both axes have the same edges.
    cells : int
        Along each axis.
    """
    ends = [_axis(v) for v in (x, y)]
    if square:
        ends = [(min(a for a, _ in ends), max(b for _, b in ends))] * 2
    edges = [np.linspace(low, high, cells + 1) for low, high in ends]
    found, _, _ = np.histogram2d(y, x, bins=(edges[1], edges[0]), weights=weight)
    total = float(x.size if weight is None else weight.sum())
    return Density(edges[0], edges[1], found, max(0.0, 1 - float(found.sum()) / total) if total > 0 else 0.0)


def _axis(values: FloatArray) -> tuple[float, float]:
    """Choose the ends of an axis: the extremes, or where these are far away a little beyond the bulk."""
    low, high = float(values.min()), float(values.max())
    a, b = np.quantile(values, [0.005, 0.995]).tolist()
    reach = 0.5 * (b - a)
    if reach > 0:
        low, high = max(low, a - reach), min(high, b + reach)
    if low == high:
        pad = abs(low) * 0.05 or 0.5
        return low - pad, high + pad
    return low, high


@dataclass(frozen=True, eq=False)
class Quantiles:
    """Errors in order beside those of a normal distribution of the same mean and spread; each ``(P,)``.

    Attributes
    ----------
    normal, error : float64
        In the unit of the target.
    """

    normal: FloatArray
    error: FloatArray


def quantiles_of(cases: NumberCases, points: int = _POINTS) -> Quantiles:
    """Compare the errors with a normal distribution; the outermost ones are all there."""
    from scipy.special import ndtri

    w = _weights(cases)
    order = np.argsort(cases.residual, kind="stable")
    order = order[w[order] > 0]
    e, w = cases.residual[order], w[order]
    if not e.size:
        return Quantiles(np.zeros(0), np.zeros(0))
    at = (np.cumsum(w) - w / 2) / w.sum()
    mean = float((w * e).sum() / w.sum())
    deviation = _deviation(e, w)
    ends = np.arange(min(10, e.size))
    chosen = np.unique(np.concatenate([ends, e.size - 1 - ends, np.linspace(0, e.size - 1, points).round().astype(np.int64)]))  # fmt: skip
    return Quantiles(mean + deviation * ndtri(at[chosen]), e[chosen])
