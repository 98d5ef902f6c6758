"""Predicted numbers and forecasts: every metric, against scikit-learn's calls and against utilsforecast."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial, update_wrapper

import numpy as np
import pandas as pd

import metrics_core as mc
from metrics_core.forecast_cases import ForecastCases
from metrics_core.number_cases import NumberCases
from metrics_core.reduce import tallies_of
from metrics_core.reduce.numbers import grouped_tally
from metrics_core.reduce.series import series_tally
from metrics_core.values import compute, tallied

from .timing import Result, at_least, at_most

_SEASON, _KNOWN, _AHEAD = 24, 192, 48


@cache
def rows(n: int) -> NumberCases:
    """Make judged rows of predicted numbers."""
    rng = np.random.default_rng(0)
    truth = rng.gamma(3.0, 20.0, n)
    nothing = np.zeros(0, dtype=np.int64)
    return NumberCases(
        rows=np.arange(n), weight=None, dropped_rows=nothing, dropped_code=nothing, reasons=(),
        truth=truth, predicted=truth + rng.normal(0, 8.0, n),
    )  # fmt: skip


def nine_calls(cases: NumberCases) -> None:
    """What a notebook calls for the same numbers."""
    import sklearn.metrics as sm

    y, f = cases.truth, cases.predicted
    for fn in (
        sm.mean_absolute_error, sm.mean_squared_error, sm.root_mean_squared_error, sm.r2_score, sm.median_absolute_error,
        sm.mean_absolute_percentage_error, sm.max_error, sm.explained_variance_score, sm.d2_absolute_error_score,
    ):  # fmt: skip
        fn(y, f)


def by_group(cases: NumberCases, code: np.ndarray, n_groups: int) -> None:
    """Call scikit-learn for each group."""
    import sklearn.metrics as sm

    order = np.argsort(code, kind="stable")
    ends = np.searchsorted(code[order], np.arange(n_groups + 1))
    for g in range(n_groups):
        part = order[ends[g] : ends[g + 1]]
        y, f = cases.truth[part], cases.predicted[part]
        sm.mean_absolute_error(y, f)
        sm.root_mean_squared_error(y, f)
        sm.r2_score(y, f)


@cache
def series(n_series: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make the history of hourly series, and two days of forecasts of each."""
    rng = np.random.default_rng(0)
    time = pd.date_range("2025-01-01", periods=_KNOWN + _AHEAD, freq="h")
    wave = 20 * np.sin(np.arange(time.size) * 2 * np.pi / _SEASON)
    level = rng.gamma(4.0, 20.0, n_series)[:, np.newaxis] + 30
    y = level + wave + rng.normal(0, 4.0, (n_series, time.size))
    names = np.array([f"series {i}" for i in range(n_series)])

    def part(cut: slice) -> pd.DataFrame:
        n = time[cut].size
        return pd.DataFrame({"unique_id": np.repeat(names, n), "ds": np.tile(time[cut], n_series), "y": y[:, cut].ravel()})  # fmt: skip

    known, ahead = part(slice(0, _KNOWN)), part(slice(_KNOWN, None))
    ahead["model"] = ahead["y"] + rng.normal(0, 5.0, len(ahead))
    return known, ahead


@cache
def forecasts(n_series: int) -> ForecastCases:
    """Judge them."""
    known, ahead = series(n_series)
    found = mc.read(ahead, y_true="y", y_pred="model", series="unique_id", time="ds", season=_SEASON, train=known).judged()  # fmt: skip
    assert isinstance(found, ForecastCases)
    return found


def five_of_theirs(n_series: int) -> None:
    """The same metrics of each series with utilsforecast, and their means; the scales from the history included."""
    from utilsforecast.evaluation import evaluate
    from utilsforecast.losses import mae, mase, rmse, rmsse, smape

    known, ahead = series(n_series)

    of_scale = [partial(loss, seasonality=_SEASON) for loss in (mase, rmsse)]
    for fn in of_scale:
        update_wrapper(fn, fn.func)
    evaluate(ahead, metrics=[mae, rmse, smape, *of_scale], train_df=known, agg_fn="mean")


def from_frames(n_series: int) -> None:
    """Read the frames, look into the history, and compute every metric."""
    known, ahead = series(n_series)
    mc.evaluate(mc.read(ahead, y_true="y", y_pred="model", series="unique_id", time="ds", season=_SEASON, train=known))  # fmt: skip


def results(*, quick: bool) -> Iterator[Result]:
    """Measure everything of this file."""
    n = 10**6 if quick else 10**7
    cases = rows(n)
    yield at_most(f"{len(compute('regression', tallies_of(rows(1000))).values)} metrics of predicted numbers, {n:,} rows", 2.0,
                  lambda: compute("regression", tallies_of(cases)), lambda: nine_calls(cases), "nine scikit-learn calls")  # fmt: skip
    part, n_groups = rows(10**6), 500
    code = np.random.default_rng(1).integers(0, n_groups, len(part))
    names = ("truth", "error", "absolute", "squared")
    yield at_least(f"MAE, RMSE and R² of {n_groups} groups, 1,000,000 rows", 1.0,
                   lambda: grouped_tally(part, code, n_groups, names), lambda: by_group(part, code, n_groups), "three scikit-learn calls for each group")  # fmt: skip
    n_series = 2000 if quick else 20_000
    ahead = forecasts(n_series)
    what = f"{n_series:,} series × {_AHEAD} hours"
    yield at_least(f"MASE, RMSSE, sMAPE, WAPE, OWA and DTW of {what}, once they are read", 1.0,
                   lambda: compute("forecasting", tallied(series_tally(ahead))), lambda: five_of_theirs(n_series), "utilsforecast: five metrics")  # fmt: skip
    yield at_most(f"every metric of {what} from frames, with {_KNOWN} hours of history each", 10.0,
                  lambda: from_frames(n_series), lambda: five_of_theirs(n_series), "utilsforecast: five metrics")  # fmt: skip
