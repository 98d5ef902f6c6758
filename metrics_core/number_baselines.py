"""What predicted numbers have to beat: always the mean or the median of the true values; of forecasts the naive ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .forecast_cases import ForecastCases
from .number_cases import NumberCases
from .reduce import tallies_of
from .reduce.numbers import number_tally, order_tally
from .tally import NumberTally, OrderTally
from .tally.outcomes import FloatArray
from .values import Metrics, compute, tallied

#: Metrics that a constant prediction has; those of intervals and deviations need more than a number.
_OF_A_NUMBER = (
    "mae", "mse", "rmse", "r2", "mape", "wape", "smape", "median_absolute_error", "max_error", "bias",
    "explained_variance", "d2_absolute_error",
)  # fmt: skip
#: And those that a naive forecast has besides.
_OF_A_FORECAST = ("mase", "rmsse", "owa", "dtw", "scaled_error")
#: Against its size, a value that is 0 but for rounding.
_DUST = 1e-12


def baselines_of(cases: NumberCases) -> dict[str, Metrics]:
    """Evaluate predictions that know nothing of a single row.

    Parameters
    ----------
    cases : NumberCases

    Returns
    -------
    dict of Metrics
        ``mean`` and ``median`` of the true values of these rows: no constant has a smaller squared error than the first,
        or a smaller absolute error than the second. Of forecasts instead ``naive``, ``seasonal_naive`` and ``naive2``, on
        the rows whose history reaches far enough; absent where it never does.
    """
    if isinstance(cases, ForecastCases):
        naive = {"naive": cases.naive, "seasonal_naive": cases.seasonal, "naive2": cases.naive2}
        return {name: _naive(cases, f) for name, f in naive.items() if not np.isnan(f).all()}
    tallies = tallies_of(_alone(cases, cases.truth))
    numbers, order = tallies[NumberTally], tallies[OrderTally]
    assert isinstance(numbers, NumberTally)
    assert isinstance(order, OrderTally)
    centres = {"mean": float(numbers.mean["truth"]), "median": float(order.truth.quantile(0.5))}
    return {name: _constant(cases, centre) for name, centre in centres.items()}


def _alone(cases: NumberCases, predicted: FloatArray) -> NumberCases:
    """Take another prediction, and nothing around it."""
    return replace(
        cases,
        predicted=predicted,
        lower=None,
        upper=None,
        quantiles=None,
        deviation=None,
        levels=(),
        shares=(),
    )


def _naive(cases: ForecastCases, predicted: FloatArray) -> Metrics:
    """Evaluate a naive forecast where there is one."""
    known = ~np.isnan(predicted)
    found = compute("forecasting", tallies_of(_alone(cases.at(known), predicted[known])))
    keys = (*_OF_A_NUMBER, *_OF_A_FORECAST)
    return Metrics({k: found.values[k] for k in keys}, {k: why for k, why in found.undefined.items() if k in keys})  # fmt: skip


def _constant(cases: NumberCases, centre: float) -> Metrics:
    """Evaluate one constant."""
    same = _alone(cases, np.full(len(cases), centre))
    found = compute("regression", tallied(number_tally(same), order_tally(same)))
    dust = {"r2": 1.0, "explained_variance": 1.0, "d2_absolute_error": 1.0, "bias": found.number("mae")}
    nothing = {
        key for key, size in dust.items() if abs(found.number(key)) <= _DUST * size
    }  # what rounding leaves
    return Metrics(
        {key: 0.0 if key in nothing else found.values[key] for key in _OF_A_NUMBER},
        {key: why for key, why in found.undefined.items() if key in _OF_A_NUMBER},
    )
