"""Is the mean of the truths what was predicted: a line, a curve that only rises, and the squared error in three parts."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray

from .calibration_chance import Chance
from .number_cases import NumberCases
from .number_units import blocks, counted, covariance, n_units, weights
from .tally.outcomes import FloatArray
from .values import Interval

#: Units below which no line is drawn through the rows.
FEWEST = 10
#: Draws of what chance alone gives, and cells along the prediction that they are made on.
_DRAWS, _CELLS = 400, 500
#: Share of the draws that lie inside the band.
BAND = 0.9
_METHOD = "sandwich"


@dataclass(frozen=True)
class MeanLine:
    """The line ``truth = intercept + slope * prediction`` that fits best.

    Attributes
    ----------
    slope : float
        1 where the mean of the truths moves with the prediction; below 1 predictions lie too far apart. NaN if undefined.
    intercept : float
        Mean of the truths where the prediction is 0, in the unit of the target.
    off : float
        Mean of the truths minus mean of the predictions, in the unit of the target.
    of_slope, of_intercept, of_off : Interval
        Student's interval on a variance that allows for errors that spread unevenly.
    p : float
        Of slope 1 and equal means together (F-test); NaN where there is no variance.
    n : float
        Independent units: effective rows, or groups of rows.
    reason : str
        Why there is no line; empty when there is one.
    """

    slope: float
    intercept: float
    off: float
    of_slope: Interval
    of_intercept: Interval
    of_off: Interval
    p: float
    n: float
    reason: str = ""


def mean_line(cases: NumberCases, *, level: float = 0.95) -> MeanLine:
    """Fit the truths by the predictions, least squares with the weights of the rows.

    Parameters
    ----------
    cases : NumberCases
        Rows that belong together vary together.
    level : float
        Of the intervals.

    Returns
    -------
    MeanLine

    References
    ----------
    Mincer and Zarnowitz (1969), The evaluation of economic forecasts; White (1980), doi:10.2307/1912934

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> frame = pd.DataFrame({"y": [2.5, 3.5, 6.5, 7.5] * 5, "f": [1.5, 1.5, 3.5, 3.5] * 5})
    >>> found = mean_line(mc.read(frame, task="regression", y_true="y", y_pred="f").judged())
    >>> round(found.slope, 6), abs(round(found.intercept, 6))
    (2.0, 0.0)
    """
    cases = counted(cases)
    n = n_units(cases)
    reason = f"fewer than {FEWEST} {'groups of rows' if cases.together is not None else 'rows'} count" if n < FEWEST else ""  # fmt: skip
    if not reason and np.ptp(cases.predicted) == 0:
        reason = "the prediction is the same in every row"
    if reason:
        nothing = Interval(None, None, level, _METHOD, reason)
        return MeanLine(nan, nan, nan, nothing, nothing, nothing, nan, n, reason)
    w = weights(cases)
    x_mean, y_mean, x, y, scale = _centred(cases, w)
    sxx = float((w * x * x).sum() / w.sum())
    slope = float((w * x * y).sum() / w.sum()) / sxx
    left = y - slope * x
    off = y_mean - x_mean
    # of the mean at the mean prediction, and of the slope; the first in the unit of the target
    influence = np.stack([left * scale, left * x / sxx], axis=1)
    grouped = cases.together is not None
    v = covariance(cases, influence) * (1.0 if grouped else (n - 1) / (n - 2))
    df = n - 1 if grouped else n - 2
    if not float(np.abs(left).max()) > 1e-12 * max(1.0, abs(slope)):
        why = "the truths lie on the line exactly"
        nothing = Interval(None, None, level, _METHOD, why)
        return MeanLine(slope, y_mean - slope * x_mean, off, nothing, nothing, nothing, nan, n)
    from scipy.special import fdtrc, stdtrit

    t = float(-stdtrit(df, (1 - level) / 2))
    at_zero = float(v[0, 0] - 2 * x_mean * v[0, 1] + x_mean**2 * v[1, 1])
    d = np.array([off, slope - 1])
    try:
        p = float(fdtrc(2, df, max(float(d @ np.linalg.solve(v, d)), 0.0) / 2))
    except np.linalg.LinAlgError:
        p = nan

    def around(value: float, variance: float) -> Interval:
        reach = t * sqrt(max(variance, 0.0))
        return Interval(value - reach, value + reach, level, _METHOD)

    intercept = y_mean - slope * x_mean
    return MeanLine(slope, intercept, off, around(slope, float(v[1, 1])), around(intercept, at_zero), around(off, _of_off(cases)), p, n)  # fmt: skip


def _centred(cases: NumberCases, w: FloatArray) -> tuple[float, float, FloatArray, FloatArray, float]:
    """Return the means of prediction and truth, both around their means on one scale, and that scale."""
    means, moved = [], []
    for values in (cases.predicted, cases.truth):
        away = values - values[0]
        shift = float((w * away).sum() / w.sum())
        means.append(float(values[0]) + shift)
        moved.append(away - shift)
    scale = float(max(np.abs(moved[0]).max(), np.abs(moved[1]).max()))
    return means[0], means[1], moved[0] / scale, moved[1] / scale, scale


def _of_off(cases: NumberCases) -> float:
    """Variance of the mean error."""
    w, e = weights(cases), cases.residual
    return float(covariance(cases, (e - (w * e).sum() / w.sum())[:, np.newaxis])[0, 0])


@dataclass(frozen=True, eq=False)
class MeanCurve:
    """The mean of the truths as a curve that only rises with the prediction; each array ``(K,)``, one entry a step.

    Attributes
    ----------
    low, high : float64
        Least and greatest prediction of the step.
    value : float64
        Mean of its truths.
    rows : int64
    band_at, band_low, band_high : (C,) float64
        Between these the curve lies in 90 % of the draws, at these predictions, when every prediction is right on average.
    mse, mcb, dsc, unc : float
        ``mse = mcb - dsc + unc``, in the squared unit of the target: what the curve would save (miscalibration), what
        the curve saves over always predicting the mean (discrimination), and the variance of the truths.
    chance : Chance
        What ``mcb`` is when every prediction is right on average.
    """

    low: FloatArray
    high: FloatArray
    value: FloatArray
    rows: NDArray[np.int64]
    band_at: FloatArray
    band_low: FloatArray
    band_high: FloatArray
    mse: float
    mcb: float
    dsc: float
    unc: float
    chance: Chance


def mean_curve(cases: NumberCases, *, draws: int = _DRAWS, seed: int = 0) -> MeanCurve:
    """Fit the mean of the truths by a curve that only rises, and split the squared error by it.

    By chance alone the curve always saves something. How much is found by turning the signs of the errors at random,
    those of rows that belong together all at once.

    Parameters
    ----------
    cases : NumberCases
        With a row that counts.
    draws : int
    seed : int
        The same seed gives the same answer.

    References
    ----------
    Dimitriadis, Gneiting and Jordan (2021), doi:10.1073/pnas.2016191118; Gneiting and Resin (2023),
    doi:10.1214/23-EJS2180
    """
    cases = counted(cases)
    if not len(cases):
        raise ValueError("there are no rows")
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # an infinite square leaves no parts, which the page says
        return _curve(cases, draws, seed)


def _curve(cases: NumberCases, draws: int, seed: int) -> MeanCurve:
    """Fit the curve to rows that count."""
    w = weights(cases)
    total = float(w.sum())
    shift = float(cases.predicted[0])  # an offset of the data costs no digits
    x, y = cases.predicted - shift, cases.truth - shift
    at, place = np.unique(x, return_inverse=True)
    weight: FloatArray = np.bincount(place, weights=w).astype(np.float64)
    means: FloatArray = np.bincount(place, weights=w * y) / weight
    fit = _rising(means, weight)
    starts = np.flatnonzero(np.diff(fit, prepend=-np.inf) > 0)
    ends = np.append(starts[1:], fit.size) - 1
    rows = np.add.reduceat(np.bincount(place), starts)
    centre = float((w * y).sum() / total)
    unc = float((w * (y - centre) ** 2).sum() / total)
    dsc = float((weight * (fit - centre) ** 2).sum() / total)
    mse = float((w * (y - x) ** 2).sum() / total)
    mcb = max(float((weight * ((means - at) ** 2 - (means - fit) ** 2)).sum() / total), 0.0)
    band, chance = _by_chance(cases, at, place, weight, mcb, draws, seed)
    return MeanCurve(
        at[starts] + shift, at[ends] + shift, fit[starts] + shift, rows.astype(np.int64),
        band[0] + shift, band[1] + shift, band[2] + shift, mse, mcb, dsc, unc, chance,
    )  # fmt: skip


def _rising(means: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the nearest numbers that never fall (pool adjacent violators)."""
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(means, weights=weight).x)


def _by_chance(
    cases: NumberCases, at: FloatArray, place: NDArray[np.intp], weights_at: FloatArray, mcb: float, draws: int, seed: int
) -> tuple[tuple[FloatArray, FloatArray, FloatArray], Chance]:  # fmt: skip
    """Turn the signs of the errors at random: where the curve lies, and what it saves.

    ``at`` holds the different predictions, ``weights_at`` what their rows weigh, and ``place`` that of each row.
    """
    of_value = np.arange(at.size)
    if at.size > _CELLS:  # cells of about equal weight
        summed = np.cumsum(weights_at)
        of_value = np.unique((summed - weights_at / 2) * _CELLS // summed[-1], return_inverse=True)[1]
    cell, size = of_value[place], int(of_value.max()) + 1
    weight: FloatArray = np.bincount(of_value, weights=weights_at, minlength=size).astype(np.float64)
    middle: FloatArray = np.bincount(of_value, weights=weights_at * at, minlength=size) / weight
    total = float(weight.sum())
    block, n_blocks = blocks(cases)
    moved = np.bincount(
        block * size + cell, weights=-weights(cases) * cases.residual, minlength=n_blocks * size
    )
    off: FloatArray = moved.reshape(n_blocks, size) / weight

    def saved(away: FloatArray) -> tuple[FloatArray, float]:
        fit = _rising(middle + away, weight)
        return fit, max(float((weight * (away**2 - (middle + away - fit) ** 2)).sum() / total), 0.0)

    lost = mcb - saved(off.sum(0))[1]  # what cells take away, also from each draw
    sign = np.random.default_rng(seed).integers(0, 2, size=(draws, n_blocks)) * 2.0 - 1.0
    fits, values = np.empty((draws, size)), np.empty(draws)
    for i, away in enumerate(sign @ off):
        fits[i], values[i] = saved(away)
    values = np.maximum(values + lost, 0.0)
    low, high = np.quantile(fits, [(1 - BAND) / 2, (1 + BAND) / 2], axis=0)
    beyond = float((values >= mcb - 1e-12 * mcb).mean())
    chance = Chance(
        mcb, float(values.mean()), float(np.quantile(values, 0.95, method="higher")), beyond, draws
    )
    return (middle, low, high), chance
