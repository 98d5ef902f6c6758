"""How often intervals of forecasts hold the value of endless series of the same kind."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.evaluation import ModelEvaluation
from metrics_core.intervals import intervals_of

KEYS = ("mae", "rmse", "bias", "mase", "rmsse", "smape", "wape", "skill_naive", "owa")
#: Days of history, days forecast, and how errors remember the day before.
KNOWN, AHEAD, MEMORY = 60, 12, 0.7


def errors(rng: np.random.Generator, n_series: int, n_steps: int) -> np.ndarray:
    """Draw errors of spread 1 that remember the step before, ``(n_series, n_steps)``."""
    e = rng.normal(0, 1, (n_series, n_steps))
    for t in range(1, n_steps):
        e[:, t] = MEMORY * e[:, t - 1] + (1 - MEMORY**2) ** 0.5 * e[:, t]
    return e


def frame_of(truth: np.ndarray, forecast: np.ndarray) -> pd.DataFrame:
    """Write series side by side as a table of days; the forecast is missing in the history."""
    n, length = truth.shape
    days = pd.date_range("2025-01-01", periods=length, freq="D")
    return pd.DataFrame({"s": np.repeat([f"s{i}" for i in range(n)], length), "t": np.tile(days, n), "y": truth.ravel(), "f": forecast.ravel()})  # fmt: skip


def panel(n_series: int, seed: int) -> pd.DataFrame:
    """Simulate series of different sizes whose errors go together; forecasts are too high by a third of their spread."""
    rng = np.random.default_rng(seed)
    level = rng.lognormal(3.5, 0.4, n_series)[:, None]
    scale = level * rng.uniform(0.05, 0.15, (n_series, 1))
    spread = scale * rng.lognormal(0, 0.3, (n_series, 1))
    length = KNOWN + AHEAD
    walk = 0.3 * np.cumsum(rng.normal(0, 1, (n_series, length)), axis=1)
    truth = level + scale * (walk + rng.normal(0, 1, (n_series, length)))
    forecast = np.full(truth.shape, np.nan)
    forecast[:, KNOWN:] = truth[:, KNOWN:] + spread * (0.3 + errors(rng, n_series, AHEAD))
    return frame_of(truth, forecast)


def judged(table: pd.DataFrame) -> ModelEvaluation:
    predictions = mc.read(table, task="forecasting", y_true="y", y_pred="f", series="s", time="t", season=1)
    return mc.evaluate(predictions).models[0]


def one_series(seed: int, n_steps: int) -> tuple[ModelEvaluation, dict[str, float]]:
    """Simulate a single series from one origin; with it the values that endless forecasts from there would have."""
    rng = np.random.default_rng(seed)
    y = 100 + rng.normal(0, 10, KNOWN + n_steps)
    forecast = np.full(y.size, np.nan)
    forecast[KNOWN:] = y[KNOWN:] + 5 * (0.3 + errors(rng, 1, n_steps)[0])
    later = np.random.default_rng(10**6)
    future, error = 100 + later.normal(0, 10, 200_000), 5 * (0.3 + later.normal(0, 1, 200_000))
    last, steps = y[KNOWN - 1], np.diff(y[:KNOWN])

    def symmetric(f: np.ndarray | float) -> float:
        return float((200 * np.abs(f - future) / (np.abs(f) + np.abs(future))).mean())

    mae, naive = float(np.abs(error).mean()), float(np.abs(last - future).mean())
    expected = {
        "mae": mae, "rmse": float((error**2).mean() ** 0.5), "bias": 1.5, "mase": mae / float(np.abs(steps).mean()),
        "rmsse": float((error**2).mean() ** 0.5 / (steps**2).mean() ** 0.5), "smape": symmetric(future + error), "wape": mae / float(future.mean()),
        "skill_naive": 1 - mae / naive, "owa": (symmetric(future + error) / symmetric(last) + mae / naive) / 2,
    }  # fmt: skip
    return judged(frame_of(y[None], forecast[None])), expected


def share_held(samples: Iterable[tuple[ModelEvaluation, dict[str, float]]], keys: Iterable[str] = KEYS) -> dict[str, float]:  # fmt: skip
    """Count how often intervals hold what they should, in per cent; one that is missing holds nothing."""
    held: dict[str, list[bool]] = {key: [] for key in keys}
    for seed, (model, expected) in enumerate(samples):
        found = intervals_of(model, keys=list(held), seed=seed)
        for key, holds in held.items():
            holds.append(found[key].low <= expected[key] <= found[key].high)
    return {key: 100 * float(np.mean(holds)) for key, holds in held.items()}


@pytest.fixture(scope="module")
def endless() -> dict[str, float]:
    """The values of very many series."""
    table = judged(panel(4_000, 10**6))
    return {key: float(table.metrics.values[key] or np.nan) for key in KEYS}


def test_intervals_over_thirty_series_hold_the_value_of_endless_ones(endless: dict[str, float]) -> None:
    held = share_held(((judged(panel(30, seed)), endless) for seed in range(60)), ("mae", "bias", "mase", "rmsse", "smape", "owa", "skill_naive"))  # fmt: skip
    assert all(86 <= share <= 100 for share in held.values()), held  # docs/intervals.md: 93 to 95 of 1,000


def test_intervals_of_few_series_are_too_narrow_and_a_finding_says_so() -> None:
    table = panel(8, 0)
    found = mc.read(table, task="forecasting", y_true="y", y_pred="f", series="s", time="t", season=1)
    assert "few-groups" in {f.id for f in mc.evaluate(found, intervals=True).findings}


def test_intervals_of_one_series_draw_stretches_and_hold_what_endless_forecasts_would_have() -> None:
    samples = [one_series(seed, 240) for seed in range(60)]
    assert samples[0][0].cases.together_by == "stretches of 7 moments"
    held = share_held(samples, ("mae", "bias", "mase", "smape", "skill_naive"))
    assert all(80 <= share <= 100 for share in held.values()), held  # docs/intervals.md: about 90 of 1,000
