"""Small tables of forecasts from several origins, and their history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pandas as pd

import metrics_core as mc
from metrics_core.forecast_cases import ForecastCases

ROLES = {"y_true": "sold", "y_pred": "forecast", "series": ["shop"], "time": "time", "origin": "origin", "horizon": "horizon", "season": 4}  # fmt: skip
AROUND = {"0.8": "low,high"}
#: Adds an error to the forecasts of a table.
Off = Callable[[pd.DataFrame, np.random.Generator], Any]


def tables(
    n_series: int = 10, n_origins: int = 12, n_ahead: int = 3, n_known: int = 20, seed: int = 0, off: Off | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Make forecasts, each origin ``n_ahead`` steps after the one before, and the history of all moments."""
    rng = np.random.default_rng(seed)
    time = pd.date_range("2025-01-01", periods=n_known + n_origins * n_ahead, freq="D")
    season = np.array([0.0, 8.0, -3.0, 4.0])[np.arange(time.size) % 4]
    whole = pd.concat(
        [pd.DataFrame({"shop": f"s{i}", "time": time, "sold": 50 + i + season + rng.normal(0, 2, time.size)}) for i in range(n_series)],
        ignore_index=True,
    )  # fmt: skip
    step = whole.groupby("shop").cumcount() - n_known
    ahead = whole[step >= 0].copy()
    step = step[step >= 0]
    ahead["horizon"] = step % n_ahead + 1
    ahead["place"] = step // n_ahead
    ahead["origin"] = ahead["time"] - pd.to_timedelta(ahead["horizon"], unit="D")
    error = rng.normal(0, 1, len(ahead)) if off is None else off(ahead, rng)
    ahead["forecast"] = ahead["sold"] + error
    ahead["low"], ahead["high"] = ahead["forecast"] - 1.2816, ahead["forecast"] + 1.2816
    return ahead.reset_index(drop=True), whole


def read(ahead: pd.DataFrame, train: pd.DataFrame | None = None, **roles: Any) -> mc.Predictions:
    """Read such a table."""
    return mc.read(ahead, **({"task": "forecasting", **ROLES, "interval": AROUND} | roles), train=train)  # fmt: skip


def cases_of(ahead: pd.DataFrame, train: pd.DataFrame | None = None, **roles: Any) -> ForecastCases:
    """Judge the rows of such a table."""
    return cast("ForecastCases", read(ahead, train, **roles).judged())
