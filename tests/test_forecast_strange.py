"""Tables of forecasts as strangers bring them: packages, spreadsheets, clocks, histories that do not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import metrics_core as mc
from app.cli import main
from metrics_core.errors import DataError, NeedsChoice
from metrics_core.forecast_cases import ForecastCases
from metrics_core.results import left_out

DAYS = pd.date_range("2025-01-01", periods=40, freq="D")


def long(times: Any = DAYS, n_series: int = 3, known: int = 0, **names: str) -> pd.DataFrame:
    """Make a table as the Nixtla packages write it; the first ``known`` moments of a series have no forecast."""
    rng = np.random.default_rng(7)
    n = len(times)
    parts = [pd.DataFrame({"unique_id": f"s{i}", "ds": times, "y": rng.normal(20 + 5 * i, 2, n)}) for i in range(n_series)]  # fmt: skip
    parts = [p.assign(AutoARIMA=np.where(np.arange(n) < known, np.nan, p["y"] + rng.normal(0, 1, n))) for p in parts]  # fmt: skip
    return pd.concat(parts, ignore_index=True).rename(columns=names)


def nixtla() -> pd.DataFrame:
    """Make a cross-validation of two models from two cutoffs, one with an interval."""
    rng = np.random.default_rng(8)
    table = long()
    table = table[table["ds"] > DAYS[9]].reset_index(drop=True)
    table.insert(2, "cutoff", np.where(table["ds"] <= DAYS[19], DAYS[9], DAYS[19]))
    table["AutoARIMA-lo-80"], table["AutoARIMA-hi-80"] = table["AutoARIMA"] - 2, table["AutoARIMA"] + 2
    return table.assign(SeasonalNaive=table["y"] + rng.normal(0, 2, len(table)))


def split() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make a history of thirty days and the forecasts of ten."""
    table = long()
    late = table["ds"] >= DAYS[30]
    return table.loc[~late, ["unique_id", "ds", "y"]].reset_index(drop=True), table[late].reset_index(drop=True)  # fmt: skip


def said(predictions: mc.Predictions, id: str) -> str:
    return next((f.text for f in mc.evaluate(predictions).findings if f.id == id), "")


def mase_by_hand(known: pd.DataFrame, ahead: pd.DataFrame, season: int = 1) -> float:
    """Compute MASE of tables with the names of Nixtla with pandas."""
    parts = []
    for name, rows in ahead.groupby("unique_id"):
        own = known[known["unique_id"] == name].sort_values("ds")["y"]
        parts.append((rows["AutoARIMA"] - rows["y"]).abs().mean() / own.diff(season).abs().mean())
    return float(np.mean(parts))


# ------------------------------------------------------------------------------------------------ tables of packages


def test_models_side_by_side_in_a_table_of_nixtla_are_asked_about() -> None:
    with pytest.raises(NeedsChoice) as asked:
        mc.read(nixtla())
    assert asked.value.id == "y_pred"
    assert [o.value for o in asked.value.options] == ["AutoARIMA", "SeasonalNaive", "*"]


def test_all_models_of_a_table_of_nixtla_can_be_meant() -> None:
    found = mc.read(nixtla(), y_pred="*")
    assert found.roles.task == "forecasting"
    assert [m.y_pred for m in found.roles.models] == ["AutoARIMA", "SeasonalNaive"]
    assert [len(m.interval) for m in found.roles.models] == [1, 0]
    assert (found.roles.series, found.roles.time, found.roles.origin) == (("unique_id",), "ds", "cutoff")


def test_a_model_alone_in_a_table_of_nixtla_is_found() -> None:
    known, ahead = split()
    found = mc.read(ahead, train=known)
    assert found.roles.models[0].y_pred == "AutoARIMA"
    assert mc.evaluate(found).metrics["mase"] == pytest.approx(mase_by_hand(known, ahead), rel=1e-12)


def test_a_column_called_a_prediction_goes_before_others_in_a_table_of_nixtla() -> None:
    table = long(AutoARIMA="yhat").assign(price=1.0 + np.arange(120) % 7)
    assert [m.y_pred for m in mc.read(table).roles.models] == ["yhat"]


@pytest.mark.parametrize("value", [0.0, 1.0, 3.5])
def test_a_series_that_is_always_the_same_number_is_no_class(value: float) -> None:
    table = long(known=20).assign(y=value)
    found = mc.evaluate(mc.read(table))
    assert found.models[0].task == "forecasting"
    assert found.metrics["mase"] is None
    assert found.undefined["mase"]


def test_demand_of_few_whole_numbers_in_a_table_of_forecasts_is_a_number() -> None:
    table = long(unique_id="item_id", y="target", AutoARIMA="prediction")
    table["target"] = np.arange(len(table)) % 4
    assert mc.read(table).roles.task == "forecasting"


def test_a_table_of_prophet_without_series_is_one_series() -> None:
    table = long(n_series=1, AutoARIMA="yhat").drop(columns="unique_id")
    table["yhat_lower"], table["yhat_upper"] = table["yhat"] - 2, table["yhat"] + 2
    found = mc.read(table)
    assert (found.roles.task, found.roles.series, found.roles.time) == ("forecasting", (), "ds")
    assert found.judged().together_by.startswith("stretches")
    assert "('')" not in said(found, "series-without-scale")


def test_a_date_called_ds_that_repeats_makes_no_forecasts_of_a_regression() -> None:
    table = long(AutoARIMA="yhat").drop(columns="unique_id")
    assert mc.read(table).roles.task == "regression"


def test_quantiles_called_by_their_share_are_those_of_the_median_as_in_autogluon() -> None:
    table = long(unique_id="item_id", ds="timestamp", y="target", AutoARIMA="mean")
    for i in range(1, 10):
        table[f"0.{i}"] = table["mean"] + (i - 5) * 0.4
    found = mc.read(table)
    (model,) = found.roles.models
    assert (found.roles.task, model.y_pred) == ("forecasting", "0.5")
    assert [share for share, _ in model.quantile] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def test_days_of_the_m5_competition_count_steps() -> None:
    table = long([f"d_{k}" for k in range(1900, 1940)], unique_id="id", ds="d", y="sales", AutoARIMA="prediction", known=20)  # fmt: skip
    found = mc.read(table, y_true="sales", series="id", time="d")
    assert found.judged().timeline.kind == "number"
    plain = mc.read(long(range(1900, 1940), known=20), y_true="y", y_pred="AutoARIMA", task="forecasting")
    assert mc.evaluate(found).metrics["mase"] == mc.evaluate(plain).metrics["mase"]
    assert found.roles.id is None


def test_counts_of_a_named_series_are_numbers() -> None:
    table = long(unique_id="id", ds="day", y="sales", AutoARIMA="prediction").assign(sales=np.arange(120) % 5)
    assert mc.read(table, y_true="sales", series="id", time="day").roles.task == "forecasting"


def test_numbers_of_shops_and_names_of_goods_together_name_a_series() -> None:
    keys = pd.DataFrame([(d, shop, kind) for d in DAYS for shop in (1, 2, 3) for kind in ("a", "b")], columns=["date", "store_nbr", "family"])  # fmt: skip
    rng = np.random.default_rng(0)
    table = keys.assign(sales=rng.uniform(1, 9, len(keys)), pred_sales=rng.uniform(1, 9, len(keys)), promoted=rng.integers(0, 5, len(keys)))  # fmt: skip
    found = mc.read(table, y_true="sales", y_pred="pred_sales", task="forecasting")
    assert set(found.roles.series) == {"store_nbr", "family"}
    assert "forecast-twice" not in {f.id for f in mc.evaluate(found).findings}


def test_a_forecast_called_after_its_truth_is_found() -> None:
    table = long([f"Q{q}/{y}" for y in range(2015, 2025) for q in (1, 2, 3, 4)], unique_id="series", ds="quarter", y="gdp", AutoARIMA="gdp_forecast")  # fmt: skip
    found = mc.read(table)
    assert (found.roles.y_true, found.roles.models[0].y_pred, found.roles.time) == ("gdp", "gdp_forecast", "quarter")  # fmt: skip
    assert found.judged().timeline.season == 4


@pytest.mark.parametrize("other", ["forecast_horizon", "forecast_hour", "forecast_id"])
def test_a_column_about_a_forecast_is_none(other: str) -> None:
    table = long(AutoARIMA="forecast", unique_id="series").assign(**{other: np.arange(120.0) % 12 + 1})
    assert [m.y_pred for m in mc.read(table, y_true="y").roles.models] == ["forecast"]


# ------------------------------------------------------------------------------------------------ no forecasts


def test_a_regression_with_a_time_stays_one() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"time": pd.date_range("2025-01-01", periods=200, freq="h"), "sensor": rng.integers(0, 5, 200), "price": rng.random(200)})  # fmt: skip
    assert mc.read(table.assign(pred_price=table["price"] + 0.1)).roles.task == "regression"


def test_classes_with_a_horizon_stay_classes() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"date": pd.date_range("2025-01-01", periods=200, freq="h"), "horizon": rng.integers(1, 9, 200)})  # fmt: skip
    two = table.assign(y_true=rng.integers(0, 2, 200), y_score=rng.random(200))
    three = table.assign(label=rng.choice(["up", "flat", "down"], 200), pred=rng.choice(["up", "flat", "down"], 200))  # fmt: skip
    assert (mc.read(two).roles.task, mc.read(three).roles.task) == ("binary", "multiclass")


# ------------------------------------------------------------------------------------------------ horizons


@pytest.mark.parametrize("write", ["h{}", "t+{}", "+{}", "{} day", "{} days", "{} Tage", "{}d", "day {}", "{} days ahead", "fh={}"])  # fmt: skip
def test_horizons_as_text_are_steps(write: str) -> None:
    known, ahead = split()
    steps = ahead.groupby("unique_id").cumcount() + 1
    plain = mc.read(ahead.assign(h=steps), y_pred="AutoARIMA", horizon="h", train=known)
    found = mc.read(ahead.assign(h=[write.format(k) for k in steps]), y_pred="AutoARIMA", horizon="h", train=known)  # fmt: skip
    assert isinstance(found.judged(), ForecastCases)
    assert found.judged().horizon.tolist() == steps.tolist()
    assert mc.evaluate(found).metrics == mc.evaluate(plain).metrics


def test_horizons_in_another_unit_become_steps() -> None:
    weeks = pd.date_range("2025-01-05", periods=6, freq="7D")
    table = long(weeks)
    for cells in ([f"{7 * (i % 6 + 1)} days" for i in range(18)], pd.to_timedelta([7 * (i % 6 + 1) for i in range(18)], unit="D")):  # fmt: skip
        found = mc.read(table.assign(horizon=cells), y_pred="AutoARIMA", horizon="horizon")
        assert found.judged().horizon.tolist() == [1, 2, 3, 4, 5, 6] * 3


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        ("{} hours", "is no whole number of steps of one day in 30 of 30 rows"),
        ("{} months", "counts months, but the moments follow each other by the day"),
        ("s{}", "holds text in 30 of 30 rows that says no number of steps: row 1 = 's1'"),
        ("-{}", "holds text in 30 of 30 rows"),
    ],
)
def test_horizons_that_count_no_steps_are_refused(write: str, reason: str) -> None:
    table = long(DAYS[:10])
    with pytest.raises(DataError, match=reason):
        mc.read(table.assign(horizon=[write.format(i % 10 + 1) for i in range(30)]), y_pred="AutoARIMA", horizon="horizon")  # fmt: skip


def test_horizons_in_two_units_are_refused() -> None:
    table = long(DAYS[:10]).assign(horizon=["1 day", "2 weeks"] * 15)
    with pytest.raises(DataError, match="counts in different units, such as '1 day' and '2 weeks'"):
        mc.read(table, y_pred="AutoARIMA", horizon="horizon")


def test_hours_ahead_of_days_are_noticed() -> None:
    table = long(DAYS[:10]).assign(horizon=[24 * (i % 10 + 1) for i in range(30)])
    found = mc.read(table, y_pred="AutoARIMA", horizon="horizon")
    assert "is a multiple of 24, and the moments are one day apart" in said(found, "horizon-unit")


def test_a_horizon_that_is_not_the_distance_from_the_origin_is_noticed() -> None:
    table = nixtla().assign(h=99)
    found = mc.read(table, y_pred="AutoARIMA", horizon="h")
    assert "in 90 of 90 rows (row 1: 99 and 1)" in said(found, "horizon-disagrees")
    steps = (table["ds"] - table["cutoff"]).dt.days
    assert not said(mc.read(table.assign(h=steps), y_pred="AutoARIMA", horizon="h"), "horizon-disagrees")
    assert not said(mc.read(table.assign(h=steps - 1), y_pred="AutoARIMA", horizon="h"), "horizon-disagrees")
    assert said(mc.read(table.assign(h=24 * steps), y_pred="AutoARIMA", horizon="h"), "horizon-disagrees")


# ------------------------------------------------------------------------------------------------ clocks


@pytest.mark.parametrize(
    ("option", "write"),
    [
        ("unix_s", lambda t: t.astype("datetime64[s]").astype("int64")),
        ("unix_ms", lambda t: t.astype("datetime64[ms]").astype("int64")),
        ("excel", lambda t: (t - pd.Timestamp("1899-12-30")).dt.days),
        ("yyyymmdd", lambda t: t.dt.strftime("%Y%m%d").astype(int)),
    ],
)
def test_months_counted_by_a_computer_are_months_once_somebody_says_so(option: str, write: Any) -> None:
    table = long(pd.date_range("2021-01-01", periods=40, freq="MS"), known=30)
    counted = table.assign(ds=write(table["ds"]))
    with pytest.raises(NeedsChoice, match="time_numbers"):
        mc.read(counted)
    found = mc.read(counted, choose={"time_numbers": option})
    assert found.judged().timeline.step.name == "month"
    assert mc.evaluate(found).metrics == mc.evaluate(mc.read(table)).metrics


@pytest.mark.parametrize(("unit", "step", "season"), [("M", "month", 12), ("Q", "quarter", 4), ("W-SUN", "week", 1), ("h", "hour", 24)])  # fmt: skip
def test_periods_of_pandas_are_moments(unit: str, step: str, season: int) -> None:
    found = mc.read(long(pd.period_range("2020-01-06", periods=30, freq=unit)), y_pred="AutoARIMA")
    timeline = found.judged().timeline
    assert (timeline.kind, timeline.step.name, timeline.season) == ("time", step, season)


def test_a_year_and_a_week_apart_are_no_moment() -> None:
    iso = pd.date_range("2025-10-06", periods=30, freq="7D").isocalendar()
    table = long(range(30)).assign(year=list(iso["year"]) * 3, week=list(iso["week"]) * 3).drop(columns="ds")
    with pytest.raises(DataError, match="'year' and 'week' are parts of a time: put them into one column"):
        mc.read(table, y_pred="AutoARIMA", task="forecasting")


@pytest.mark.parametrize("of_history", [True, False])
def test_times_with_a_zone_beside_times_without_one_are_refused(of_history: bool) -> None:
    hours = pd.date_range("2025-03-28", periods=40, freq="h", tz="Europe/Berlin")
    table = long(hours)
    late = table[table["ds"] >= hours[30]]
    plain = late.assign(ds=late["ds"].dt.tz_localize(None))
    ahead = plain if of_history else late.assign(cutoff=pd.Timestamp("2025-03-29 05:00"))
    with pytest.raises(DataError, match="Write both with their zone, or none"):
        mc.read(ahead, y_pred="AutoARIMA", train=table[table["ds"] < hours[30]] if of_history else None)


def test_moments_without_a_common_step_are_an_error() -> None:
    rng = np.random.default_rng(0)
    times = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.sort(rng.choice(10**6, 50, replace=False)), unit="s")  # fmt: skip
    found = mc.read(long(times), y_pred="AutoARIMA")
    assert next(f.severity for f in found.findings if f.id == "time-off-grid") == "error"


def test_a_missing_stretch_is_counted_in_steps() -> None:
    quarters = pd.date_range("2025-01-01", periods=80, freq="15min").delete(range(40, 44))
    found = mc.read(long(quarters), y_pred="AutoARIMA")
    assert said(found, "time-gaps").startswith("12 steps of 15 minutes are missing")
    assert said(found, "season-guessed").startswith("The steps are 15 minutes each")


# ------------------------------------------------------------------------------------------------ histories


@pytest.mark.parametrize("column", ["unique_id", "ds"])
def test_a_history_that_calls_its_columns_otherwise_is_refused_with_what_to_do(column: str) -> None:
    known, ahead = split()
    with pytest.raises(DataError, match=f"has no column '{column}'.*Call it in the history as in the table"):
        mc.read(ahead, y_pred="AutoARIMA", train=known.rename(columns={column: "other"}))


def test_a_history_that_cannot_be_read_is_called_so() -> None:
    known, ahead = split()
    with pytest.raises(DataError, match="The history cannot be read: 'frame' has a header"):
        mc.read(ahead, y_pred="AutoARIMA", train=known.head(0))


@pytest.mark.parametrize(
    ("times", "step"),
    [
        (pd.date_range("2024-01-01", periods=12, freq="MS"), "one month"),
        (pd.date_range("2024-01-03", periods=50, freq="7D"), "one week"),
    ],
)
def test_a_history_in_longer_steps_gives_no_scale(times: pd.DatetimeIndex, step: str) -> None:
    _, ahead = split()
    found = mc.evaluate(mc.read(ahead, y_pred="AutoARIMA", train=long(times)[["unique_id", "ds", "y"]]))
    text = next(f.text for f in found.findings if f.id == "history-other-step")
    assert f"are {step} apart, those of the forecasts one day" in text
    assert found.metrics["mase"] is None
    assert found.metrics["dtw"] is not None
    assert "have no two known values exactly 1 step apart" in next(f.text for f in found.findings if f.id == "series-without-scale")  # fmt: skip


def test_a_history_in_shorter_steps_is_said() -> None:
    hours = pd.date_range("2024-12-01", periods=700, freq="h")
    found = mc.read(long(DAYS[:10]), y_pred="AutoARIMA", train=long(hours)[["unique_id", "ds", "y"]])
    assert "one hour apart, those of the forecasts one day" in said(found, "history-other-step")


def test_a_history_that_begins_after_the_forecasts_is_said() -> None:
    known, _ = split()
    found = mc.read(long()[long()["ds"] < DAYS[5]], y_pred="AutoARIMA", train=known[known["ds"] >= DAYS[10]])
    assert "3 of 3 begin in the history 'frame' only after their forecasts" in said(found, "series-without-scale")  # fmt: skip


def test_a_history_of_other_series_names_both() -> None:
    known, ahead = split()
    found = mc.read(ahead, y_pred="AutoARIMA", train=known.assign(unique_id=known["unique_id"].str.upper()))
    text = said(found, "series-without-scale")
    assert "3 of 3 have no value in the history 'frame' ('s0', 's1', 's2')" in text
    assert "The history holds 3 other series ('S0', 'S1', 'S2')" in text


def test_a_history_with_the_test_rows_in_it_is_cut_off_before_them() -> None:
    known, ahead = split()
    both = mc.read(ahead, y_pred="AutoARIMA", train=long()[["unique_id", "ds", "y"]])
    assert mc.evaluate(both).metrics == mc.evaluate(mc.read(ahead, y_pred="AutoARIMA", train=known)).metrics


def test_infinite_predictions_at_the_beginning_are_no_history() -> None:
    table = nixtla()
    table.loc[:2, "AutoARIMA"] = np.inf
    dropped = mc.read(table, y_pred="AutoARIMA", interval={}).judged().dropped
    assert dropped["prediction not a number"] == 3
    assert "history before the forecasts" not in dropped


def test_models_that_lack_rows_are_judged_on_their_own() -> None:
    table = nixtla()
    table.loc[table["unique_id"] == "s1", "SeasonalNaive"] = np.nan
    found = mc.evaluate(mc.read(table, y_pred="*"))
    assert [len(m.cases) for m in found.models] == [90, 60]
    rest = mc.evaluate(mc.read(table[table["unique_id"] != "s1"], y_pred="SeasonalNaive"))
    assert found.models[1].metrics.values["mase"] == pytest.approx(rest.metrics["mase"], rel=1e-12)


# ------------------------------------------------------------------------------------------------ command line


def numbers_of(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    """Run the command and read its JSON."""
    assert main(["metrics", *map(str, words), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    return dict((found["models"][0] if "models" in found else found)["metrics"])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    known, ahead = split()
    ahead.to_csv(tmp_path / "ahead.csv", index=False)
    known.to_parquet(tmp_path / "known.parquet")
    (tmp_path / "parts").mkdir()
    for name, rows in known.groupby("unique_id"):
        rows.to_parquet(tmp_path / "parts" / f"{name}.parquet")
        rows.to_csv(tmp_path / f"of_{name}.csv", index=False)
    return tmp_path


@pytest.mark.parametrize("train", ["known.parquet", "parts", "of_*.csv"])
def test_a_history_may_be_a_file_a_folder_or_a_pattern(files: Path, train: str, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    found = numbers_of(capsys, files / "ahead.csv", "--train", files / train)
    assert found["mase"] == pytest.approx(mase_by_hand(*split()), rel=1e-9)


def test_a_history_that_is_not_there_is_refused_in_one_sentence(files: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert main(["metrics", str(files / "ahead.csv"), "--train", str(files / "knwon.parquet")]) == 2
    assert "The history cannot be read: There is no file" in capsys.readouterr().err


def test_decimal_commas_and_german_dates_change_no_number(files: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    _, ahead = split()
    ahead.assign(ds=ahead["ds"].dt.strftime("%d.%m.%Y")).to_csv(files / "de.csv", index=False, sep=";", decimal=",")  # fmt: skip
    found = numbers_of(capsys, files / "de.csv", "--train", files / "known.parquet")
    assert found["mase"] == pytest.approx(mase_by_hand(*split()), rel=1e-9)


def test_a_header_that_stands_there_twice_changes_no_number(files: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    lines = (files / "ahead.csv").read_text().splitlines()
    (files / "twice.csv").write_text("\n".join([*lines[:9], lines[0], *lines[9:]]))
    found = numbers_of(capsys, files / "twice.csv", "--train", files / "known.parquet")
    assert found["mase"] == pytest.approx(mase_by_hand(*split()), rel=1e-9)


def test_a_filter_keeps_the_numbers_of_the_series_that_are_left(files: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    found = numbers_of(capsys, files / "ahead.csv", "--train", files / "known.parquet", "--filter", "unique_id == 's1'")  # fmt: skip
    known, ahead = split()
    assert found["mase"] == pytest.approx(mase_by_hand(known, ahead[ahead["unique_id"] == "s1"]), rel=1e-9)


def test_a_filter_that_leaves_no_row_is_refused(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", str(files / "ahead.csv"), "--filter", "unique_id == 'nobody'"]) == 2
    assert "No row that can be judged passes the filter" in capsys.readouterr().err


def test_groups_are_the_numbers_of_their_series(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", str(files / "ahead.csv"), "--train", str(files / "known.parquet"), "--by", "unique_id", "--format", "json"]) == 0  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    known, ahead = split()
    assert [group["value"] for group in found["by"]] == ["s0", "s1", "s2"]
    for group in found["by"]:
        own = ahead[ahead["unique_id"] == group["value"]]
        assert group["metrics"]["mase"] == pytest.approx(mase_by_hand(known, own), rel=1e-9)


def test_the_question_what_numbers_count_is_answered_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    table = long(known=30)
    table.assign(ds=(table["ds"] - pd.Timestamp("1899-12-30")).dt.days).to_csv(tmp_path / "sheet.csv", index=False)  # fmt: skip
    assert main(["metrics", str(tmp_path / "sheet.csv")]) == 2
    assert "--choose time_numbers=excel" in capsys.readouterr().err
    found = numbers_of(capsys, tmp_path / "sheet.csv", "--choose", "time_numbers=excel")
    rest = table.dropna()
    assert found["mase"] == pytest.approx(mase_by_hand(table[table["AutoARIMA"].isna()], rest), rel=1e-9)


# ------------------------------------------------------------------------------------------------ anything at all


@pytest.mark.parametrize("wrong", [1.0, 1e149])
def test_one_mistake_among_right_forecasts_has_an_interval_from_zero_or_a_reason(wrong: float) -> None:
    table = pd.DataFrame({"t": range(11), "y": 0.0, "f": [0.0] * 10 + [wrong]})
    found = mc.evaluate(mc.read(table, task="forecasting", y_true="y", y_pred="f", time="t"), intervals=True)
    for key in ("mae", "rmse", "bias"):
        span = found.intervals[key]
        assert span.reason or abs(span.low) < 1e-7 * wrong < span.high, key
    assert not found.intervals["mae"].reason


NUMBERS = st.one_of(st.floats(-50, 50), st.just(0.0), st.sampled_from([np.nan, np.inf, -np.inf, 1e149, -1e148, 1e-140, 1e9]))  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Draw a small table of forecasts: gaps, copies, missing and unusable cells, any order."""
    n = draw(st.integers(1, 25))
    of = {name: draw(st.lists(cells, min_size=n, max_size=n)) for name, cells in {
        "s": st.sampled_from(["a", "b", "c", None]), "t": st.integers(0, 12), "o": st.integers(-3, 12),
        "y": NUMBERS, "f": NUMBERS, "g": NUMBERS,
    }.items()}  # fmt: skip
    table = pd.DataFrame(of)
    unit = draw(st.sampled_from([None, "D", "h", "MS"]))
    if unit is not None:
        calendar = pd.date_range("2024-11-28", periods=20, freq=unit)
        for column in ("t", "o"):
            table[column] = calendar[table[column].to_numpy() + 3]
    return table


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.sampled_from([None, 1, 2, 24]), st.booleans())
def test_any_small_table_gives_numbers_or_reasons(
    table: pd.DataFrame, season: int | None, made: bool
) -> None:
    try:
        found = mc.read(table, task="forecasting", y_true="y", y_pred=["f", "g"], series="s", time="t", origin="o" if made else None, season=season)  # fmt: skip
        evaluation = mc.evaluate(found)
    except DataError:
        return
    for model in evaluation.models:
        cases, values = model.cases, model.metrics.values
        assert isinstance(cases, ForecastCases)
        for key, value in values.items():
            assert value is None or np.isfinite(value), key
            assert value is not None or model.metrics.undefined[key], key
        assert len(cases) + sum(cases.dropped.values()) == len(table)
        present = set(np.unique(cases.series).tolist())
        names = {cases.timeline.names[i] for i in present}
        for key, listed in left_out(model).items():
            assert set(listed) <= names, key
            none = len(listed) == len(names) or "infinite" in model.metrics.undefined.get(key, "")
            assert (values[key] is None) == none, key


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_one_series_alone_has_the_numbers_it_has_among_others(table: pd.DataFrame) -> None:
    usable = table.assign(y=table["y"].clip(-1e6, 1e6).round(6), f=table["f"].clip(-1e6, 1e6).round(6)).dropna()  # fmt: skip
    usable = usable[np.isfinite(usable[["y", "f"]]).all(axis=1)]
    named: dict[str, Any] = {"task": "forecasting", "y_true": "y", "y_pred": "f", "series": "s", "time": "t", "season": 1}  # fmt: skip
    try:
        whole = mc.evaluate(mc.read(usable, **named), by=["s"])
    except DataError:
        return
    for name, rows in usable.groupby("s"):
        # the series alone may have another step, so it is cut out of the judged rows, not read again
        cases = whole.models[0].cases
        own = cases.at(np.array([cases.timeline.names[i] == name for i in cases.series]))
        off = (rows["f"] - rows["y"]).abs()
        (group,) = (g for g in whole.models[0].groups if g.level.label == name)
        assert len(own) == len(rows)
        assert group.metrics.values["mae"] == pytest.approx(off.mean(), rel=1e-9, abs=1e-12)
        assert (own.scale[0] > 0) == (group.metrics.values["mase"] is not None)
        if own.scale[0] > 0:
            assert group.metrics.values["mase"] == pytest.approx((off.to_numpy() / own.scale).mean(), rel=1e-9)  # fmt: skip
