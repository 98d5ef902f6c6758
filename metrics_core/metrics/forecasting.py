"""Forecasting: a metric is one row here and, if its formula is new, one function in ``series``.

To the metrics of all predicted numbers come those that are computed for each series and then averaged.
"""

from __future__ import annotations

from functools import partial
from math import inf

from ..tally.series import SeriesTally
from . import series
from .numbers import metrics_of_numbers
from .spec import MetricSpec

_row = partial(
    MetricSpec, task="forecasting", of=SeriesTally, better="lower", low=0.0, high=inf, interval="bootstrap"
)
_NO_SCALE = "no series has a history before its forecasts that changes from one season to the next"


def _of_series(key: str, of: series.PerSeries, **others: object) -> MetricSpec:
    """Make the row of a metric that is a mean over series."""
    return _row(key=key, fn=partial(series.mean_over_series, of=of), per_series=of, **others)  # type: ignore[arg-type]


_OWN = (
    _of_series(
        "mase", series.mase_of, label="MASE", undefined_when=_NO_SCALE, primary=True,
        about="Mean absolute error of each series over the mean size of the seasonal differences in its history, then the mean over the series; below 1 the forecast beats the seasonal naive one of the history.",
        source="Hyndman and Koehler (2006)", synonyms=("mean absolute scaled error",),
    ),
    _of_series(
        "rmsse", series.rmsse_of, label="RMSSE", undefined_when=_NO_SCALE,
        about="Root of the mean squared error of each series over the mean square of the seasonal differences in its history, then the mean over the series.",
        source="Makridakis, Spiliotis and Assimakopoulos (2022)", synonyms=("root mean squared scaled error",),
    ),
    _of_series(
        "smape", series.smape_of, label="sMAPE (0 to 200)", high=200.0, undefined_when="there are no rows", primary=True,
        about="Mean of 200 · |error| / (|truth| + |forecast|) of each series, in percent as in the M4 competition, then the mean over the series; a row in which both are 0 counts 0.",
        source="Makridakis, Spiliotis and Assimakopoulos (2020)", synonyms=("symmetric mean absolute percentage error",),
    ),
    _of_series(
        "wape", series.wape_of, label="WAPE", unit="share", undefined_when="every true value is 0", primary=True,
        about="Sum of the sizes of the errors over the sum of the sizes of the true values of each series, then the mean over the series.",
        source="Kolassa and Schütz (2007)", synonyms=("weighted absolute percentage error", "weighted MAPE"),
    ),
    _row(
        key="owa", label="OWA", fn=series.owa, undefined_when="no series has a history for the benchmark Naive2",
        about="Mean of sMAPE over the sMAPE of the benchmark Naive2 and MASE over its MASE; below 1 the forecast beats it.",
        source="Makridakis, Spiliotis and Assimakopoulos (2020)", synonyms=("overall weighted average",),
    ),
    _of_series(
        "dtw", series.dtw_of, label="DTW distance", undefined_when="no series has forecasts that follow each other",
        about="Root of the summed squared differences between forecast and truth along the path that warps time best, of each series from each origin, then the mean over the series, in the unit of the target.",
        source="Sakoe and Chiba (1978)", synonyms=("dynamic time warping",),
    ),
    _row(
        key="scaled_error", label="Mean scaled error", fn=series.scaled_error, undefined_when=_NO_SCALE,
        about="MASE with every row counting the same instead of every series.",
        source="Hyndman and Koehler (2006)", synonyms=("pooled MASE",),
    ),
    _row(
        key="skill_naive", label="Skill against naive", fn=partial(series.skill, against="naive"), better="higher", low=-inf, high=1.0, unit="share",
        undefined_when="no forecast has a history, or the naive forecast is never off", primary=True,
        about="Share by which the absolute error is below that of repeating the last known value, on the same rows; 0 for no better, below 0 for worse.",
        source="Murphy (1988)", synonyms=("skill score",),
    ),
    _row(
        key="skill_seasonal", label="Skill against seasonal naive", fn=partial(series.skill, against="seasonal"), better="higher", low=-inf, high=1.0, unit="share",
        undefined_when="no forecast has a whole season of history, or the seasonal naive forecast is never off",
        about="Share by which the absolute error is below that of repeating the value one season before, on the same rows; the same as against naive when the season is 1.",
        source="Murphy (1988)", synonyms=("skill score",),
    ),
)  # fmt: skip
_KEYS = {spec.key for spec in _OWN}

METRICS = (*_OWN, *(spec for spec in metrics_of_numbers("forecasting") if spec.key not in _KEYS))
