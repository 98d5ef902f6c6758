"""Errors of forecasts along time: limits, drifts, the table of horizons, and coverage along both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.charts.forecast_coverage import along_figure, fan_figure
from app.charts.forecast_origins import grid_figure, period_figure
from app.palette import DARK, LIGHT
from metrics_core.forecast_cells import coverage_along, origin_grid, steps_of
from metrics_core.forecast_origins import (
    by_period,
    drift_of,
    drifting_series,
    is_clear,
    number_of,
    periods_of,
    residual_memories,
)
from metrics_core.interval_tests import clopper_pearson
from tests.forecasted import cases_of, tables

# ------------------------------------------------------------------------------------------------ periods


def test_periods_are_the_origins_in_order() -> None:
    ahead, whole = tables(n_series=3, n_origins=5)
    found = periods_of(cases_of(ahead, whole))
    assert found.kind == "origin"
    assert found.code.tolist() == ahead["place"].tolist()
    expected = np.sort(ahead["origin"].unique()).astype("datetime64[ns]").view(np.int64)
    assert found.first.tolist() == found.last.tolist() == expected.tolist()


def test_without_two_origins_of_a_series_periods_are_the_time_that_was_forecast() -> None:
    ahead, whole = tables(n_series=3, n_origins=1, n_ahead=9)
    found = periods_of(cases_of(ahead, whole))
    assert found.kind == "time"
    assert found.code.tolist() == (ahead["horizon"] - 1).tolist()


def test_much_time_is_cut_into_whole_seasons() -> None:
    ahead, whole = tables(n_series=1, n_origins=1, n_ahead=150)
    found = periods_of(cases_of(ahead, whole))
    assert found.merged == 4
    assert found.code.tolist() == (np.arange(150) // 4).tolist()


def test_many_origins_share_periods() -> None:
    ahead, whole = tables(n_series=1, n_origins=150, n_ahead=1)
    found = periods_of(cases_of(ahead, whole))
    assert (len(found), found.merged) == (75, 2)
    assert found.code.tolist() == (np.arange(150) // 2).tolist()


# ------------------------------------------------------------------------------------------------ limits


def by_hand(frame: pd.DataFrame) -> pd.DataFrame:
    """Compute means, expectations and limits with pandas, for periods with as many rows of each of their series."""
    frame = frame.assign(e=(frame["forecast"] - frame["sold"]).abs())
    rest = frame["e"] - frame.groupby("shop")["e"].transform("mean")
    rest = rest - rest.groupby(frame["horizon"]).transform("mean")
    frame = frame.assign(rest=rest)
    off = frame.groupby("place")["rest"].mean()
    unit = frame.groupby(["place", "shop"])["rest"].mean()
    n = unit.groupby("place").size()
    inside = ((unit - off.reindex(unit.index.get_level_values("place")).to_numpy()) ** 2).mean()
    error = np.sqrt(inside * len(unit) / (len(unit) - len(off)) / n)
    error *= max((off / error).diff().abs().mean() / 1.1283791670955126, 1.0)
    value = frame.groupby("place")["e"].mean()
    return pd.DataFrame({"value": value, "expected": value - off, "low": value - off - 3 * error, "high": value - off + 3 * error, "n": n})  # fmt: skip


@pytest.mark.parametrize("gone", [0, 6])
def test_limits_are_those_worked_out_with_pandas(gone: int) -> None:
    """With ``gone`` the first origins have four series only."""
    ahead, whole = tables(off=lambda t, rng: rng.normal(0, 1 + 0.3 * t["horizon"], len(t)))
    ahead = ahead[(ahead["place"] >= gone) | ahead["shop"].isin(["s0", "s1", "s2", "s3"])].reset_index(drop=True)  # fmt: skip
    cases = cases_of(ahead, whole)
    found, expected = by_period(cases, number_of(cases, "absolute"), periods_of(cases)), by_hand(ahead)
    for name in ("value", "expected", "low", "high"):
        assert getattr(found, name).tolist() == pytest.approx(expected[name].tolist()), name
    assert found.series.tolist() == expected["n"].tolist()


def test_few_series_have_wide_limits() -> None:
    ahead, whole = tables()
    ahead = ahead[(ahead["place"] >= 4) | (ahead["shop"] == "s0")].reset_index(drop=True)
    cases = cases_of(ahead, whole)
    found = by_period(cases, number_of(cases, "absolute"), periods_of(cases))
    wide = found.high - found.expected
    assert wide[:4].tolist() == pytest.approx([10**0.5 * wide[-1]] * 4)


def test_another_mix_of_series_is_no_alarm() -> None:
    """s0 is always off by far more; origins that hold nothing else are as they are expected."""
    ahead, whole = tables(off=lambda t, rng: rng.normal(0, np.where(t["shop"] == "s0", 30.0, 1.0)))
    ahead = ahead[(ahead["place"] < 9) | (ahead["shop"] == "s0")].reset_index(drop=True)
    cases = cases_of(ahead, whole)
    found = by_period(cases, number_of(cases, "absolute"), periods_of(cases))
    assert found.value[9:].mean() > 4 * found.value[:9].mean()
    assert not found.outside.any()


def test_a_bad_origin_lies_outside_and_no_other() -> None:
    ahead, whole = tables(n_origins=20, off=lambda t, rng: rng.normal(0, 1, len(t)) + 8 * (t["place"] == 13))
    cases = cases_of(ahead, whole)
    found = by_period(cases, number_of(cases, "bias"), periods_of(cases))
    assert np.flatnonzero(found.outside).tolist() == [13]


def test_what_moves_all_series_together_widens_the_limits() -> None:
    def off(t: pd.DataFrame, rng: np.random.Generator) -> object:
        return rng.normal(0, 1, len(t)) + rng.normal(0, 3, 20)[t["place"]]

    ahead, whole = tables(n_origins=20, off=off)
    cases = cases_of(ahead, whole)
    assert not by_period(cases, number_of(cases, "bias"), periods_of(cases)).outside.any()


def test_a_single_series_has_limits_from_its_own_steps() -> None:
    ahead, whole = tables(n_series=1, n_ahead=1, n_origins=15)
    cases = cases_of(ahead, whole)
    error = cases.residual
    found = by_period(cases, error, periods_of(cases))
    reach = 3 * np.abs(np.diff(error)).mean() / 1.1283791670955126
    assert found.high.tolist() == pytest.approx([error.mean() + reach] * 15)


def test_no_limit_of_a_size_is_below_nothing() -> None:
    ahead, whole = tables(n_series=1, n_ahead=1, n_origins=15)
    cases = cases_of(ahead, whole)
    size, periods = np.abs(cases.residual), periods_of(cases)
    assert by_period(cases, size, periods).low.min() < 0
    assert by_period(cases, size, periods, least=0.0).low.min() == 0


def test_weights_count_rows() -> None:
    ahead, whole = tables(n_series=4, n_origins=9)
    ahead = ahead.assign(w=np.where(ahead["shop"] == "s1", 2.0, np.where(ahead["shop"] == "s2", 0.0, 1.0)))
    cases = cases_of(ahead, whole, weight="w")
    found = by_period(cases, number_of(cases, "absolute"), periods_of(cases))
    size = (ahead["forecast"] - ahead["sold"]).abs()
    expected = (size * ahead["w"]).groupby(ahead["place"]).sum() / ahead["w"].groupby(ahead["place"]).sum()
    assert found.value.tolist() == pytest.approx(expected.tolist())
    assert found.series.tolist() == [3] * 9


def test_rows_without_the_number_are_left_out_and_counted() -> None:
    ahead, whole = tables(n_series=4, n_origins=9)
    whole.loc[whole["shop"] == "s3", "sold"] = 7.0
    cases = cases_of(ahead, whole)
    found = by_period(cases, number_of(cases, "scaled"), periods_of(cases))
    own = ahead["shop"] != "s3"
    scale = pd.Series(cases.scale)
    expected = ((ahead["forecast"] - ahead["sold"]).abs() / scale)[own].groupby(ahead["place"]).mean()
    assert found.value.tolist() == pytest.approx(expected.tolist())
    assert found.left_out == 27


@pytest.mark.parametrize(("tables_of", "why"), [({"n_origins": 5}, "fewer than 8 origins"), ({"off": lambda t, _: np.zeros(len(t))}, "the errors are the same in all origins")])  # fmt: skip
def test_without_limits_it_says_why(tables_of, why) -> None:
    cases = cases_of(*tables(**tables_of))
    found = by_period(cases, number_of(cases, "absolute"), periods_of(cases))
    assert found.reason == why
    assert np.isnan(found.low).all()
    assert not found.outside.any()


# ------------------------------------------------------------------------------------------------ drifts


def test_an_error_that_grows_is_a_clear_drift() -> None:
    ahead, whole = tables(n_origins=20, off=lambda t, rng: rng.normal(0, 1 + 0.1 * t["place"], len(t)))
    cases = cases_of(ahead, whole)
    drift = drift_of(by_period(cases, number_of(cases, "absolute"), periods_of(cases)))
    assert drift.start == pytest.approx(0.8, abs=0.25)
    assert drift.end == pytest.approx(2.3, abs=0.35)
    assert is_clear(drift)


@pytest.mark.parametrize("off", [lambda t, rng: rng.normal(0, 1, len(t)), lambda t, rng: rng.normal(0, 4 - 0.1 * t["place"], len(t))])  # fmt: skip
def test_an_error_that_stays_or_falls_is_none(off) -> None:
    cases = cases_of(*tables(n_origins=20, off=off))
    assert not is_clear(drift_of(by_period(cases, number_of(cases, "absolute"), periods_of(cases))))


def test_a_line_through_even_periods_is_that_of_least_squares() -> None:
    cases = cases_of(*tables(n_origins=12))
    found = by_period(cases, number_of(cases, "absolute"), periods_of(cases))
    slope, start = np.polyfit(np.arange(12) / 11, found.off, 1)
    drift = drift_of(found)
    centre = found.expected.mean()
    assert (drift.start, drift.end) == (pytest.approx(centre + start), pytest.approx(centre + start + slope))


def test_the_series_whose_bias_moves_is_found() -> None:
    ahead, whole = tables(n_origins=14, off=lambda t, rng: rng.normal(0, 1, len(t)) + 0.6 * t["place"] * (t["shop"] == "s3"))  # fmt: skip
    cases = cases_of(ahead, whole)
    found = drifting_series(cases, periods_of(cases))
    assert [cases.timeline.names[i] for i in found.code] == ["s3"]
    own = (ahead["forecast"] - ahead["sold"])[ahead["shop"] == "s3"].groupby(ahead["place"]).mean()
    slope, start = np.polyfit(np.arange(14) / 13, own, 1)
    assert (found.start[0], found.end[0]) == (pytest.approx(start), pytest.approx(start + slope))
    assert found.tested == 10


def test_periods_that_go_together_make_a_line_less_sure() -> None:
    slow = np.cumsum(np.random.default_rng(6).normal(0, 1, 14))
    cases = cases_of(*tables(n_origins=14, n_series=1, off=lambda t, _: slow[t["place"]]))
    periods = periods_of(cases)
    t = np.arange(14) / 13
    slope, start = np.polyfit(t, slow, 1)
    rest = slow - start - slope * t
    sure = abs(slope) / np.sqrt((rest @ rest) / 12 / ((t - 0.5) @ (t - 0.5)))
    assert sure > 3.06  # p below 0.01 if the rest were independent
    assert not drifting_series(cases, periods).code.size


def test_a_move_of_little_effect_is_none() -> None:
    ahead, whole = tables(n_origins=14, off=lambda t, rng: 20 + rng.normal(0, 0.1, len(t)) + 0.1 * t["place"])
    cases = cases_of(ahead, whole)
    assert not drifting_series(cases, periods_of(cases)).code.size
    assert drifting_series(cases, periods_of(cases), least=0.0).code.size == 10


def test_series_whose_errors_go_together_are_counted() -> None:
    wave = np.sin(np.arange(60))
    ahead, whole = tables(n_series=6, n_origins=20, off=lambda t, rng: rng.normal(0, 1, len(t)) + 9 * np.tile(wave, 6) * (t["shop"] == "s2"))  # fmt: skip
    found = residual_memories(cases_of(ahead, whole))
    assert (found.tested, found.rejected) == (6, 1)
    assert int(np.nanargmax(found.statistic)) == 2


# ------------------------------------------------------------------------------------------------ cells


def test_cells_hold_the_mean_of_each_horizon_and_origin() -> None:
    ahead, whole = tables(n_series=4, n_origins=6)
    ahead = ahead[(ahead["place"] != 2) | (ahead["horizon"] != 3)].reset_index(drop=True)
    cases = cases_of(ahead, whole)
    steps = steps_of(cases)
    assert steps is not None
    grid = origin_grid(cases, number_of(cases, "absolute"), periods_of(cases), steps)
    mean = (ahead["forecast"] - ahead["sold"]).abs().groupby([ahead["horizon"], ahead["place"]]).mean().unstack()  # fmt: skip
    np.testing.assert_allclose(grid.value, mean.to_numpy())
    assert np.isnan(grid.value[2, 2])
    assert grid.rows.sum() == len(ahead)
    assert steps.names == ["1", "2", "3"]


def test_many_horizons_share_lines() -> None:
    cases = cases_of(*tables(n_series=1, n_origins=2, n_ahead=30))
    steps = steps_of(cases)
    assert steps is not None
    assert steps.names[:2] == ["1–2", "3–4"]
    assert steps.code.tolist() == ((np.arange(60) % 30) // 2).tolist()


def test_a_bias_is_in_scales_where_every_row_has_one() -> None:
    ahead, whole = tables(n_series=2, n_origins=3)
    cases = cases_of(ahead, whole)
    assert number_of(cases, "bias").tolist() == pytest.approx((cases.residual / cases.scale).tolist())
    none = cases_of(ahead, whole.assign(sold=7.0))
    assert number_of(none, "bias").tolist() == none.residual.tolist()


# ------------------------------------------------------------------------------------------------ coverage


def test_coverage_by_horizon_counts_the_rows_of_a_series_as_belonging_together() -> None:
    ahead, whole = tables(n_series=12, n_origins=5, off=lambda t, rng: rng.normal(0, 1, len(t)) + 2 * t["shop"].isin(["s0", "s1", "s2"]))  # fmt: skip
    cases = cases_of(ahead, whole)
    found = coverage_along(cases, cases.horizon - 1, 3)
    hit = (ahead["sold"] >= ahead["low"]) & (ahead["sold"] <= ahead["high"])
    for i, rows in ahead.groupby("horizon"):
        own = hit[rows.index]
        share = own.mean()
        sums = (own - share).groupby(rows["shop"]).sum()
        variance = (sums**2).sum() * 12 / 11 / len(own) ** 2
        n = min(len(own), share * (1 - share) / variance)
        low, high = clopper_pearson(share * n, n)
        assert found.share[0, i - 1] == pytest.approx(share)
        assert found.low[0, i - 1] == pytest.approx(float(low))
        assert found.high[0, i - 1] == pytest.approx(float(high))
    assert found.rows.tolist() == [60.0] * 3


def test_where_every_truth_is_inside_the_series_are_the_rows_that_tell() -> None:
    cases = cases_of(*tables(n_series=5, n_origins=4, off=lambda t, _: np.full(len(t), 0.1)))
    found = coverage_along(cases, np.zeros(len(cases), dtype=np.int64), 1)
    low, _ = clopper_pearson(5, 5)
    assert found.share[0, 0] == 1
    assert found.low[0, 0] == pytest.approx(float(low))


def test_of_one_series_the_origins_are_the_rows_that_tell() -> None:
    cases = cases_of(*tables(n_series=1, n_origins=6, n_ahead=4, off=lambda t, _: np.where(t["place"] < 3, 0.1, 9)))  # fmt: skip
    found = coverage_along(cases, np.zeros(len(cases), dtype=np.int64), 1)
    low, _ = clopper_pearson(2.5, 5)
    assert found.low[0, 0] == pytest.approx(float(low))


def test_a_group_that_was_named_is_what_tells() -> None:
    """Shops of one town hit or miss alike: four of six towns hit."""
    ahead, whole = tables(n_series=12, n_origins=4, off=lambda t, _: np.where(t["shop"].str[1:].astype(int) % 6 < 4, 0.1, 9.0))  # fmt: skip
    ahead["town"] = (ahead["shop"].str[1:].astype(int) % 6).astype(str)
    cases = cases_of(ahead, whole, group="town")
    found = coverage_along(cases, np.zeros(len(cases), dtype=np.int64), 1)
    low, _ = clopper_pearson(4 / 6 * 5, 5)  # with the factor n / (n - 1) of six towns
    assert found.low[0, 0] == pytest.approx(float(low))


def test_very_many_groups_are_counted_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = cases_of(*tables(n_series=6))
    few = coverage_along(cases, cases.horizon - 1, 3)
    monkeypatch.setattr("metrics_core.forecast_cells._DENSE", 0)
    many = coverage_along(cases, cases.horizon - 1, 3)
    np.testing.assert_allclose(many.low, few.low)


def test_a_group_without_rows_has_no_coverage() -> None:
    cases = cases_of(*tables(n_series=2, n_origins=2))
    found = coverage_along(cases, np.zeros(len(cases), dtype=np.int64), 2)
    assert np.isnan([found.share[0, 1], found.low[0, 1], found.high[0, 1]]).all()


# ------------------------------------------------------------------------------------------------ figures


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_figure_marks_what_lies_outside(palette) -> None:
    ahead, whole = tables(n_origins=20, off=lambda t, rng: rng.normal(0, 1, len(t)) + 8 * (t["place"] == 13))
    cases = cases_of(ahead, whole)
    found = by_period(cases, number_of(cases, "bias"), periods_of(cases))
    figure = period_figure(found, np.arange(20), [f"origin {i}" for i in range(20)], palette, x="Origin", y="Bias")  # fmt: skip
    assert [trace.name for trace in figure.data] == ["within chance", "expected", "mean", "outside the limits"]  # fmt: skip
    assert list(figure.data[-1].customdata[0]) == ["period", 13]
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Origin", "Bias")


def test_the_table_is_blank_where_there_is_no_row_and_marks_few() -> None:
    ahead, whole = tables(n_series=6, n_origins=6)
    ahead = ahead[((ahead["place"] != 2) | (ahead["horizon"] != 3)) & ((ahead["place"] != 1) | (ahead["shop"] < "s3"))].reset_index(drop=True)  # fmt: skip
    cases = cases_of(ahead, whole)
    steps = steps_of(cases)
    assert steps is not None
    grid = origin_grid(cases, number_of(cases, "bias"), periods_of(cases), steps)
    figure = grid_figure(grid, steps, list("abcdef"), LIGHT, x="Origin", label="Bias", signed=True)
    cells, few, targets = figure.data
    assert np.isnan(cells.z[2][2])
    assert cells.zmin == -cells.zmax
    assert sorted(zip(few.x, few.y, strict=True)) == [(1, 0), (1, 1), (1, 2)]
    assert ["cell", 2, 2] not in [list(data) for data in targets.customdata]
    assert len(targets.customdata) == 17


def test_figures_of_coverage_have_what_is_promised_beside_what_is_held() -> None:
    cases = cases_of(*tables(n_series=5))
    along = coverage_along(cases, cases.horizon - 1, 3)
    figure = along_figure(along, np.array([1, 2, 3]), ["1", "2", "3"], LIGHT, x="Steps ahead")
    by_name = {trace.name: trace for trace in figure.data}
    assert list(by_name["80% promised"].y) == [0.8, 0.8]
    assert list(by_name["80% intervals"].y) == along.share[0].tolist()
    whole = coverage_along(cases, np.zeros(len(cases), dtype=np.int64), 1)
    fan = fan_figure(replace(whole), LIGHT)
    assert list(fan.data[0].x) == list(fan.data[0].y) == [0, 1]
    assert list(fan.data[1].x) == [0.8]
