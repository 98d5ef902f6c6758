"""What tables of forecasts look like in the wild: clocks, gaps, copies, short histories."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.errors import DataError, NeedsChoice

ROLES = {"task": "forecasting", "y_true": "y", "y_pred": "f", "series": "s", "time": "t"}


def table(times, n_series: int = 2, known: int = 0) -> pd.DataFrame:
    """Make a table with these times in each series; the first ``known`` rows have no forecast."""
    rng = np.random.default_rng(1)
    parts = [pd.DataFrame({"s": f"s{i}", "t": times, "y": rng.normal(20, 3, len(times))}) for i in range(n_series)]  # fmt: skip
    parts = [p.assign(f=np.where(np.arange(len(p)) < known, np.nan, p["y"] + rng.normal(0, 2, len(p)))) for p in parts]  # fmt: skip
    return pd.concat(parts).reset_index(drop=True)


def ids(predictions: mc.Predictions) -> set[str]:
    return {f.id for f in mc.evaluate(predictions).findings}


def text_of(predictions: mc.Predictions, id: str) -> str:
    return next(f.text for f in mc.evaluate(predictions).findings if f.id == id)


# ------------------------------------------------------------------------------------------------ clocks


def test_a_zone_on_every_time_puts_them_in_order_as_instants():
    utc = pd.date_range("2025-06-01", periods=40, freq="h", tz="UTC")
    plain = mc.read(table(utc.tz_localize(None), known=30), **ROLES)
    aware = mc.read(table(utc.tz_convert("America/New_York"), known=30), **ROLES)
    assert mc.evaluate(aware).metrics["mase"] == pytest.approx(mc.evaluate(plain).metrics["mase"], rel=1e-12)


def test_days_with_a_zone_stay_days():
    days = pd.date_range("2025-06-01", periods=20, freq="D", tz="Europe/Paris")
    found = mc.read(table(days, known=12), **ROLES).judged()
    assert found.timeline.step.name == "day"
    assert np.diff(found.place[:8]).tolist() == [1] * 7


def test_times_with_and_without_a_zone_are_refused():
    times = [f"2025-06-01T{h:02}:00" + ("+02:00" if h % 2 else "") for h in range(20)]
    with pytest.raises(DataError, match=r"with a zone \('2025-06-01T01:00\+02:00'\) and without one \('2025-06-01T00:00'\)"):  # fmt: skip
        mc.read(table(times), **ROLES)


def test_the_end_of_summer_time_is_no_copy_where_times_carry_their_zone():
    instants = pd.date_range("2025-10-25 20:00", periods=30, freq="h", tz="UTC")
    aware = [t.isoformat() for t in instants.tz_convert("Europe/Berlin")]
    naive = instants.tz_convert("Europe/Berlin").tz_localize(None)
    assert "forecast-twice" not in ids(mc.read(table(aware), **ROLES))
    assert "2 of 60 rows" in text_of(mc.read(table(naive), **ROLES), "forecast-twice")


def test_a_day_that_may_be_a_month_is_asked_for():
    times = [f"{d:02}/01/2025" for d in range(1, 13)]
    with pytest.raises(NeedsChoice) as asked:
        mc.read(table(times), **ROLES)
    assert asked.value.id == "date_order"
    days = mc.read(table(times), **ROLES, choose={"date_order": "day_first"}).judged()
    months = mc.read(table(times), **ROLES, choose={"date_order": "month_first"}).judged()
    assert (days.timeline.step.name, months.timeline.step.name) == ("day", "month")


def test_a_day_beyond_twelve_says_which_stands_first():
    times = [f"{d}.01.2025" for d in range(8, 20)]
    assert mc.read(table(times), **ROLES).judged().timeline.step.name == "day"


def test_dates_written_both_ways_are_refused():
    times = [*(f"{d}/01/2025" for d in range(13, 20)), *(f"01/{d}/2025" for d in range(20, 27))]
    with pytest.raises(DataError, match="day first and others with the month first"):
        mc.read(table(times), **ROLES)


@pytest.mark.parametrize(
    ("times", "step", "season"),
    [
        ([f"2024-{m:02}" for m in range(1, 13)], "month", 12),
        ([f"{y}Q{q}" for y in (2021, 2022, 2023) for q in (1, 2, 3, 4)], "quarter", 4),
        (list(range(2010, 2022)), "step", 1),
        (pd.date_range("2025-01-01", periods=12, freq="15min"), "15 minutes", 96),
        (pd.date_range("2025-01-05", periods=12, freq="W"), "week", 1),
    ],
)
def test_steps_are_told_from_the_moments_and_give_the_usual_season(times, step, season):
    found = mc.read(table(times, known=4), **ROLES)
    timeline = found.judged().timeline
    assert (timeline.step.name, timeline.season) == (step, season)
    assert "season-guessed" in ids(found)


@pytest.mark.parametrize("bad", ["soon", "2025-02-30"])
def test_text_that_is_no_time_is_refused_with_its_row(bad):
    times = [f"2025-01-{d:02}" for d in range(1, 12)] + [bad]
    with pytest.raises(DataError, match=f"holds text that is no time in 2 of 24 rows: row 12 = '{bad}'"):
        mc.read(table(times), **ROLES)


def test_steps_that_are_not_whole_are_refused():
    with pytest.raises(DataError, match="not whole in 24 of 24 rows"):
        mc.read(table([d + 0.5 for d in range(12)]), **ROLES)


# ------------------------------------------------------------------------------------------------ gaps and copies


def test_gaps_are_counted_and_no_difference_is_taken_over_them():
    days = pd.date_range("2025-01-01", periods=20, freq="D")
    gappy = table(days, n_series=1, known=15).drop(index=[5, 6]).reset_index(drop=True)
    found = mc.read(gappy, **ROLES)
    assert "2 days are missing" in text_of(found, "time-gaps")
    y = gappy["y"].to_numpy()[:13]
    expected = np.mean([*np.abs(np.diff(y[:5])), *np.abs(np.diff(y[5:]))])
    assert found.judged().scale[0] == pytest.approx(expected, rel=1e-12)


def test_a_moment_forecast_twice_is_said_and_has_no_path():
    days = pd.date_range("2025-01-01", periods=12, freq="D")
    copied = pd.concat([table(days), table(days).iloc[[3]]])
    found = mc.read(copied, **ROLES)
    assert "1 of 25 rows" in text_of(found, "forecast-twice")
    assert mc.evaluate(found).to_dict()["left_out"]["dtw"] == ["s0"]


def test_a_moment_off_the_grid_is_said():
    times = list(pd.date_range("2025-01-01", periods=12, freq="h"))
    times[5] += pd.Timedelta(minutes=7)
    assert "2 of 24 rows" in text_of(mc.read(table(times), **ROLES), "time-off-grid")


def test_series_that_nobody_named_are_found_by_what_repeats():
    days = pd.date_range("2025-01-01", periods=12, freq="D")
    whole = table(days, n_series=4).assign(colour="red", horizon=list(range(1, 13)) * 4)
    whole["kind"] = np.where(whole["s"].isin(["s0", "s1"]), "a", "b")
    whole["place"] = np.where(whole["s"].isin(["s0", "s2"]), "x", "y")
    found = mc.read(whole.drop(columns="s"), y_true="y", y_pred="f")
    assert found.roles.task == "forecasting"
    assert found.roles.series == ("kind", "place")


# ------------------------------------------------------------------------------------------------ history


def test_a_history_shorter_than_a_season_leaves_no_scale_and_says_so():
    hours = pd.date_range("2025-01-01", periods=30, freq="h")
    found = mc.read(table(hours, known=20), **ROLES)
    evaluation = mc.evaluate(found)
    assert evaluation.metrics["mase"] is None
    assert "no series has a history" in evaluation.undefined["mase"]
    assert "2 of 2 have no more than 24 known values" in text_of(found, "series-without-scale")


def test_a_history_in_another_unit_is_noticed():
    days = pd.date_range("2025-01-01", periods=20, freq="D")
    ahead = table(days[12:])
    known = pd.concat([table(days[:12])[["s", "t", "y"]], ahead[["s", "t", "y"]].assign(y=ahead["y"] * 1000)])
    found = mc.read(ahead, **ROLES, train=known)
    assert "16 of 16 rows" in text_of(found, "history-disagrees")


def test_two_values_of_one_moment_in_the_history_are_noticed():
    days = pd.date_range("2025-01-01", periods=20, freq="D")
    known = table(days[:12])[["s", "t", "y"]]
    found = mc.read(table(days[12:]), **ROLES, train=pd.concat([known, known.head(3).assign(y=0.0)]))
    assert "in 3 cases" in text_of(found, "history-conflicts")


def test_forecasts_of_their_own_origin_know_only_the_steps_before_it():
    days = pd.date_range("2025-01-01", periods=12, freq="D")
    rows = table(days, n_series=1)
    known, ahead = rows[["s", "t", "y"]], rows.tail(1).assign(o=days[-1])
    found = mc.read(ahead, **ROLES, origin="o", train=known)
    assert "origin-not-before" in ids(found)
    assert found.judged().naive[0] == rows["y"].iloc[-2]


@pytest.mark.parametrize("bad", [-1.0, 1.5, None])
def test_horizons_that_are_none_leave_their_rows_out(bad):
    days = pd.date_range("2025-01-01", periods=12, freq="D")
    rows = table(days).assign(h=[*range(1, 13)] * 2)
    rows["h"] = rows["h"].astype(float)
    rows.loc[2, "h"] = bad
    assert mc.read(rows, **ROLES, horizon="h").judged().dropped["horizon missing"] == 1


def test_constant_truth_and_zeros_have_reasons_instead_of_numbers():
    days = pd.date_range("2025-01-01", periods=20, freq="D")
    zeros = table(days, known=12).assign(y=0.0)
    found = mc.evaluate(mc.read(zeros, **ROLES))
    for key in ("mase", "rmsse", "wape", "r2", "mape", "owa"):
        assert found.metrics[key] is None, key
        assert found.undefined[key], key
    assert found.metrics["smape"] == pytest.approx(200.0)


def test_far_numbers_of_little_spread_keep_their_digits():
    days = pd.date_range("2025-01-01", periods=40, freq="D")
    near = table(days, known=30)
    far = near.assign(y=1e9 + 1e-3 * near["y"], f=1e9 + 1e-3 * near["f"])
    one, two = (mc.evaluate(mc.read(t, **ROLES)).metrics for t in (near, far))
    assert two["mase"] == pytest.approx(one["mase"], rel=1e-3)
    assert two["r2"] == pytest.approx(one["r2"], rel=1e-3)


def test_an_origin_before_the_hour_of_the_day_does_not_know_that_day():
    noons = pd.date_range("2025-05-01 12:00", periods=20, freq="D")
    rows = table(noons, n_series=1)
    ahead = rows.tail(6).assign(o=pd.Timestamp("2025-05-15 06:00"))
    found = mc.read(ahead, **ROLES, origin="o", train=rows[["s", "t", "y"]]).judged()
    assert np.unique(found.naive).tolist() == [rows["y"].iloc[13]]


def test_an_origin_within_a_month_does_not_know_the_end_of_it():
    ends = pd.date_range("2024-01-31", periods=20, freq="ME")
    rows = table(ends, n_series=1)
    ahead = rows.tail(6).assign(o=pd.Timestamp("2025-03-15"))
    found = mc.read(ahead, **ROLES, origin="o", train=rows[["s", "t", "y"]], season="1").judged()
    assert np.unique(found.naive).tolist() == [rows["y"].iloc[13]]
    assert found.horizon.tolist() == [1, 2, 3, 4, 5, 6]


def test_two_origins_within_a_step_are_two():
    days = pd.date_range("2025-01-01", periods=12, freq="D")
    rows = table(days, n_series=1)
    morning, evening = (rows.tail(4).assign(o=days[7] + pd.Timedelta(hours=h)) for h in (6, 18))
    found = mc.read(pd.concat([morning, evening]), **ROLES, origin="o", train=rows[["s", "t", "y"]])
    assert np.unique(found.judged().path).size == 2
    assert "forecast-twice" not in ids(found)


def test_steps_are_counted_from_the_origin_also_where_values_are_missing():
    days = pd.date_range("2025-01-01", periods=30, freq="D")
    known = table(days[:10], n_series=1)[["s", "t", "y"]]
    ahead = table(days[20:26], n_series=1).assign(o=days[17])
    found = mc.read(ahead, **ROLES, origin="o", train=known).judged()
    assert found.horizon.tolist() == [3, 4, 5, 6, 7, 8]
    assert np.unique(found.naive).tolist() == [known["y"].iloc[-1]]
