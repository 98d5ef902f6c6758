"""Forecasts from a file to their numbers."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.errors import DataError


def hourly(
    n_series: int = 3, n_known: int = 96, n_ahead: int = 24, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make a history of hours and the forecasts after it."""
    rng = np.random.default_rng(seed)
    time = pd.date_range("2025-03-01", periods=n_known + n_ahead, freq="h")
    whole = pd.concat(
        pd.DataFrame({"shop": f"s{i}", "time": time, "sold": 50 + 20 * np.sin(np.arange(time.size) / 24 * 2 * np.pi) + rng.normal(0, 3, time.size) + 10 * i})
        for i in range(n_series)
    )  # fmt: skip
    ahead = whole[whole["time"] >= time[n_known]].copy()
    ahead["origin"], ahead["horizon"] = time[n_known - 1], ahead.groupby("shop").cumcount() + 1
    ahead["forecast"] = ahead["sold"] + rng.normal(1, 4, len(ahead))
    return whole[whole["time"] < time[n_known]].reset_index(drop=True), ahead.reset_index(drop=True)


NAMED = {"y_true": "sold", "y_pred": "forecast", "series": "shop", "time": "time", "origin": "origin", "horizon": "horizon", "season": 24}  # fmt: skip


def by_hand(known: pd.DataFrame, ahead: pd.DataFrame, season: int) -> dict[str, float]:
    """Compute the metrics of series with pandas."""
    parts = []
    for shop, rows in ahead.groupby("shop"):
        values = known.loc[known["shop"] == shop, "sold"].to_numpy()
        away = values[season:] - values[:-season]
        e = (rows["forecast"] - rows["sold"]).to_numpy()
        y, f = rows["sold"].abs().to_numpy(), rows["forecast"].abs().to_numpy()
        parts.append({
            "mase": np.abs(e).mean() / np.abs(away).mean(), "rmsse": (np.square(e).mean() / np.square(away).mean()) ** 0.5,
            "smape": (200 * np.abs(e) / (y + f)).mean(), "wape": np.abs(e).sum() / y.sum(),
        })  # fmt: skip
    return pd.DataFrame(parts).mean().to_dict()


@pytest.mark.parametrize("season", [1, 24])
def test_metrics_of_series_are_those_of_each_series_and_then_their_mean(season):
    known, ahead = hourly()
    found = mc.evaluate(mc.read(ahead, **{**NAMED, "season": season}, train=known)).metrics
    for key, value in by_hand(known, ahead, season).items():
        assert found[key] == pytest.approx(value, rel=1e-12), key


def test_without_a_history_apart_the_table_itself_is_it():
    known, ahead = hourly()
    whole = pd.concat([known, ahead])
    of_two = mc.evaluate(mc.read(ahead, **NAMED, train=known))
    of_one = mc.evaluate(mc.read(whole, **{k: v for k, v in NAMED.items() if k not in ("origin", "horizon")}))
    assert of_one.metrics["mase"] == pytest.approx(of_two.metrics["mase"], rel=1e-12)
    assert of_one.models[0].cases.dropped["history before the forecasts"] == len(known)
    assert not {f.id for f in of_one.findings} & {"prediction-missing", "W20"}


def test_values_after_the_origin_never_change_a_scale():
    known, ahead = hourly()
    later = ahead[["shop", "time", "sold"]].assign(sold=1e6)
    plain = mc.evaluate(mc.read(ahead, **NAMED, train=known)).metrics
    with_later = mc.evaluate(mc.read(ahead, **NAMED, train=pd.concat([known, later]))).metrics
    for key in ("mase", "rmsse", "owa", "skill_naive", "skill_seasonal"):
        assert with_later[key] == plain[key], key


def test_each_origin_has_the_scale_of_its_own_history():
    known, ahead = hourly(n_series=1)
    first = ahead.head(12).assign(origin=known["time"].iloc[-1])
    second = ahead.tail(12).assign(origin=ahead["time"].iloc[11])
    table = pd.concat([first, second])
    found = mc.read(
        table, **{**NAMED, "season": 1}, train=pd.concat([known, ahead[["shop", "time", "sold"]]])
    )
    whole = pd.concat([known, ahead])["sold"].to_numpy()
    scales = np.unique(found.judged().scale)
    expected = [np.abs(np.diff(whole[: known.shape[0] + more])).mean() for more in (0, 12)]
    assert scales.tolist() == pytest.approx(sorted(expected), rel=1e-12)


def test_series_without_a_scale_are_left_out_and_named():
    known, ahead = hourly()
    known.loc[known["shop"] == "s1", "sold"] = 7.0
    evaluation = mc.evaluate(mc.read(ahead, **NAMED, train=known))
    rest = by_hand(known[known["shop"] != "s1"], ahead[ahead["shop"] != "s1"], 24)
    assert evaluation.metrics["mase"] == pytest.approx(rest["mase"], rel=1e-12)
    assert evaluation.to_dict()["left_out"]["mase"] == ["s1"]
    assert any(f.id == "series-without-scale" and "'s1'" in f.text for f in evaluation.findings)


def test_naive_forecasts_have_no_skill_and_an_owa_of_one():
    known, ahead = hourly()
    last = known.groupby("shop")["sold"].last()
    table = ahead.assign(forecast=ahead["shop"].map(last))
    found = mc.evaluate(mc.read(table, **{**NAMED, "season": 1}, train=known)).metrics
    assert found["skill_naive"] == pytest.approx(0.0, abs=1e-12)
    assert found["owa"] == pytest.approx(1.0, rel=1e-12)


def test_intervals_draw_series_again():
    known, ahead = hourly(n_series=30)
    found = mc.evaluate(mc.read(ahead, **NAMED, train=known), intervals=True)
    for key in ("mase", "rmsse", "smape", "wape", "owa", "dtw", "skill_naive", "mae", "bias"):
        span = found.intervals[key]
        assert span.method == "group_bootstrap"
        assert span.low <= found.metrics[key] <= span.high, key
    of_series = ahead.assign(off=(ahead["forecast"] - ahead["sold"]).abs()).groupby("shop")["off"].mean()
    width = found.intervals["mae"].high - found.intervals["mae"].low
    assert width == pytest.approx(2 * 1.96 * of_series.std() / 30**0.5, rel=0.25)


def test_intervals_are_the_same_whether_series_are_drawn_whole_or_in_cells():
    known, ahead = hourly(n_series=8)
    whole = mc.read(ahead, **NAMED, train=known)
    grouped = mc.read(ahead.assign(region=ahead["shop"].map(lambda s: "ab"[int(s[1]) % 2] + s)), **NAMED, group="region", train=known)  # fmt: skip
    one, two = (mc.evaluate(p, intervals=True).intervals["mase"] for p in (whole, grouped))
    assert (one.low, one.high) == (two.low, two.high)


def test_one_series_draws_stretches_of_time():
    known, ahead = hourly(n_series=1)
    found = mc.read(ahead, **NAMED, train=known).judged()
    assert found.together_by == "stretches of 24 moments"


def test_a_row_whose_series_or_time_is_missing_is_left_out():
    known, ahead = hourly()
    table = ahead.copy()
    table.loc[0, "shop"], table.loc[1, "time"] = None, pd.NaT
    found = mc.read(table, **NAMED, train=known)
    assert found.judged().dropped["series missing"] == 1
    assert found.judged().dropped["time missing"] == 1
    assert {"series-missing", "time-missing"} <= {f.id for f in found.findings}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"season": 0}, "whole number of steps"),
        ({"horizon": "shop"}, "holds text in 72 of 72 rows"),
        ({"task": "regression"}, "belongs to forecasts"),
        ({"origin": "horizon", "horizon": None}, "Write both in one way"),
    ],
)
def test_what_makes_no_forecast_is_refused(change, said):
    _, ahead = hourly()
    with pytest.raises(DataError, match=said):
        mc.read(ahead, **{**NAMED, **change})


def test_forecasts_without_times_are_refused():
    _, ahead = hourly()
    with pytest.raises(DataError, match="name the column of times with --time"):
        mc.read(
            ahead.drop(columns=["time", "origin", "horizon"]), y_true="sold", y_pred="forecast", series="shop"
        )


def test_a_history_without_the_columns_of_the_series_is_refused():
    known, ahead = hourly()
    with pytest.raises(DataError, match="has no column 'shop', which names the series"):
        mc.read(ahead, **NAMED, train=known.drop(columns="shop"))
    with pytest.raises(DataError, match="--train-value"):
        mc.read(ahead, **NAMED, train=known.rename(columns={"sold": "units"}))


def test_json_of_real_forecasts_is_what_pandas_computes(shared_data, capsys):
    from app.cli import main

    points, observed = shared_data("covid_forecasts_point.csv"), shared_data("covid_observed.csv")
    assert main(["metrics", str(points), "--train", str(observed), "--train-value", "observed", "--season", "1", "--format", "json"]) == 0  # fmt: skip
    models = json.loads(capsys.readouterr().out)["models"]
    found = next(m for m in models if m["model"] == "EuroCOVIDhub-ensemble")["metrics"]
    table = pd.read_csv(points, parse_dates=["forecast_date", "target_end_date"])
    table = table[table["model"] == "EuroCOVIDhub-ensemble"]
    known = pd.read_csv(observed, parse_dates=["target_end_date"]).sort_values("target_end_date")
    scaled = []
    for row in table.itertuples():
        own = known[(known["location"] == row.location) & (known["target_type"] == row.target_type) & (known["target_end_date"] < row.forecast_date)]  # fmt: skip
        scaled.append(abs(row.y_pred - row.y_true) / own["observed"].diff().abs().mean())
    series = [table["location"], table["target_type"]]
    assert found["mase"] == pytest.approx(
        pd.Series(scaled, table.index).groupby(series).mean().mean(), rel=1e-9
    )
    symmetric = 200 * (table["y_pred"] - table["y_true"]).abs() / (table["y_pred"].abs() + table["y_true"].abs())  # fmt: skip
    assert found["smape"] == pytest.approx(symmetric.groupby(series).mean().mean(), rel=1e-9)
    assert all(m["task"] == "forecasting" and m["roles"]["series"] == ["location", "target_type"] for m in models)  # fmt: skip
