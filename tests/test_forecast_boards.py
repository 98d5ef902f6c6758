"""The boards of forecasts against sums by hand: series, steps ahead, signs and two models."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import metrics_core as mc
from metrics_core.differences import benjamini_hochberg
from metrics_core.forecast_boards import (
    MOST_COLUMNS,
    clock,
    counted_by,
    series_board,
    series_by_step,
    steps_ahead,
    varying,
)
from metrics_core.forecast_cases import ForecastCases
from metrics_core.forecast_horizons import by_step
from metrics_core.forecast_pairs import loss_test, metric_differences, same_forecasts
from metrics_core.forecast_signs import FEWEST_ORIGINS, sign_board
from metrics_core.forecasts.diebold_mariano import diebold_mariano
from metrics_core.reduce.series import series_tally

NAMED = {"task": "forecasting", "y_true": "y", "y_pred": ["f", "g"], "series": "shop", "time": "time", "origin": "origin",
         "horizon": "ahead", "season": 4, "interval": {"f": {"0.8": "low,high"}, "g": {"0.8": "low,high"}}, "weight": "w"}  # fmt: skip


@cache
def made(n_series: int = 6, n_origins: int = 8, ahead: int = 5, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Return forecasts of two models with weights and an interval, and the values before and beside them."""
    rng = np.random.default_rng(seed)
    known = pd.date_range("2025-03-01", periods=40 + 3 * n_origins + ahead, freq="h")
    history, rows = [], []
    for s in range(n_series):
        level = 30.0 * (s + 1)
        y = level + 5 * np.sin(np.arange(known.size) / 4 * 2 * np.pi) + rng.normal(0, 2, known.size)
        history.append(pd.DataFrame({"shop": f"s{s}", "time": known, "y": y}))
        for o in range(n_origins):
            at = 40 + 3 * o
            for h in range(1, ahead + 1):
                rows.append((f"s{s}", known[at], known[at + h], h, y[at + h], s, y[at]))
    table = pd.DataFrame(rows, columns=["shop", "origin", "time", "ahead", "y", "s", "last"])
    n = len(table)
    table["f"] = table["y"] + rng.normal(table["s"] - 2, 3, n)
    table["g"] = table["y"] + rng.normal(0.5, 3 + table["ahead"] / 4, n)
    table["low"], table["high"] = table["f"] - 3, table["f"] + 3
    table["w"] = rng.integers(0, 4, n).astype(float)
    return table, pd.concat(history, ignore_index=True)


@cache
def read(**changes: object) -> mc.Predictions:
    table, history = made()
    return mc.read(table, **{**NAMED, **changes}, train=history)


def judged(model: str = "f", **changes: object) -> ForecastCases:
    cases = read(**changes).cases[model]
    assert isinstance(cases, ForecastCases)
    return cases


def by_hand(cases: ForecastCases) -> pd.DataFrame:
    """Return the judged rows as a frame with what is summed up."""
    w = np.ones(len(cases)) if cases.weight is None else cases.weight
    frame = pd.DataFrame({"series": cases.series, "path": cases.path, "ahead": cases.horizon, "moment": cases.moment, "w": w,
                          "e": cases.residual, "y": cases.truth, "naive": cases.naive - cases.truth, "seasonal": cases.seasonal - cases.truth,
                          "scaled": np.abs(cases.residual) / cases.scale, "scale": cases.scale})  # fmt: skip
    if cases.lower is not None and cases.upper is not None:
        frame["held"] = (cases.truth >= cases.lower[:, 0]) & (cases.truth <= cases.upper[:, 0])
    return frame


def weighed(rows: pd.DataFrame, column: pd.Series) -> float:
    return float((rows["w"] * column).sum() / rows["w"].sum()) if rows["w"].sum() else float("nan")


OF_CELL = {
    "mae": lambda r: weighed(r, r["e"].abs()),
    "bias": lambda r: weighed(r, r["e"]),
    "wape": lambda r: (
        (r["w"] * r["e"].abs()).sum() / (r["w"] * r["y"].abs()).sum() if r["w"].sum() else np.nan
    ),
    "scaled_error": lambda r: weighed(r, r["scaled"]),
    "coverage": lambda r: weighed(r, r["held"].astype(float)),
}


def test_series_stand_in_the_order_of_their_part_of_the_absolute_error():
    cases = judged()
    board, frame = series_board(cases), by_hand(cases)
    off = (frame["w"] * frame["e"].abs()).groupby(frame["series"]).sum().sort_values(ascending=False)
    assert board.code.tolist() == off.index.tolist()
    assert board.share == pytest.approx((off / off.sum()).to_numpy())
    assert board.cumulative[-1] == pytest.approx(1.0)
    for i, code in enumerate(board.code.tolist()):
        rows = frame[frame["series"] == code]
        assert board.rows[i] == len(rows)
        assert board.mase[i] == pytest.approx(OF_CELL["scaled_error"](rows))
        assert board.wape[i] == pytest.approx(OF_CELL["wape"](rows))
        assert board.bias[i] == pytest.approx(OF_CELL["bias"](rows))
        for found, which in ((board.skill_naive, "naive"), (board.skill_seasonal, "seasonal")):
            theirs = (rows["w"] * rows[which].abs()).sum()
            assert found[i] == pytest.approx(1 - (rows["w"] * rows["e"].abs()).sum() / theirs)


def test_the_sums_of_an_evaluation_give_the_same_board():
    cases = judged()
    own, given = series_board(cases), series_board(cases, series_tally(cases))
    for name in ("code", "share", "mase", "skill_seasonal"):
        np.testing.assert_array_equal(getattr(own, name), getattr(given, name))


def test_sums_without_paths_are_those_of_the_tally_with_them():
    cases = judged()
    quick, whole = counted_by(cases, cases.series.astype(np.int64), 6), series_tally(cases)
    for name, values in quick.sums.items():
        assert values == pytest.approx(whole.sums[name]), name


def test_a_series_whose_rows_weigh_nothing_is_not_ranked():
    cases = judged()
    light = replace(cases, weight=np.where(cases.series == 2, 0.0, 1.0))
    assert 2 not in series_board(light).code


def test_no_share_where_no_forecast_is_off():
    cases = judged()
    right = replace(cases, predicted=cases.truth)
    assert np.isnan(series_board(right).share).all()


@pytest.mark.parametrize("metric", OF_CELL)
def test_every_cell_is_the_metric_of_its_rows(metric):
    cases = judged()
    across, frame = steps_ahead(cases), by_hand(cases)
    assert across is not None
    found = series_by_step(cases, across, [3, 0], metric, 0.8)
    for i, code in enumerate((3, 0)):
        for j, ahead in enumerate(across.low.tolist()):
            rows = frame[(frame["series"] == code) & (frame["ahead"] == ahead)]
            assert found.rows[i, j] == len(rows)
            assert found.value[i, j] == pytest.approx(OF_CELL[metric](rows), nan_ok=True)


def test_a_cell_without_rows_has_no_value():
    cases = judged().at(judged().horizon != 2)
    every = steps_ahead(judged())
    assert every is not None
    found = series_by_step(cases, replace(every, code=every.code[judged().horizon != 2]), [0], "mae")
    assert found.rows[0, 1] == 0
    assert np.isnan(found.value[0, 1])


def test_an_interval_that_was_not_predicted_is_refused():
    cases = judged()
    across = steps_ahead(cases)
    assert across is not None
    with pytest.raises(ValueError, match=r"no interval of level 0\.5 was predicted"):
        series_by_step(cases, across, [0], "coverage", 0.5)
    with pytest.raises(ValueError, match="there is no 'median' of a cell"):
        series_by_step(cases, across, [0], "median")


def test_many_steps_share_columns_without_losing_a_row():
    cases = replace(judged(), horizon=np.arange(len(judged())) % 50 + 1)
    across = steps_ahead(cases)
    assert across is not None
    assert len(across.labels) <= MOST_COLUMNS
    assert across.labels[0] == "1–3"
    assert across.labels[-1] == "49–50"
    assert ((cases.horizon >= across.low[across.code]) & (cases.horizon <= across.high[across.code])).all()


def test_without_a_horizon_there_are_no_steps():
    assert steps_ahead(replace(judged(), horizon=None)) is None


def test_hours_are_those_of_the_moment():
    cases = judged()
    across = clock(cases)
    assert across is not None
    hours = pd.to_datetime(cases.moment).hour
    assert [across.labels[i] for i in across.code] == [f"{h:02}" for h in hours]


def test_daily_forecasts_have_weekdays_and_numbered_moments_nothing():
    days = pd.date_range("2026-11-02", periods=10)  # a Monday
    table = pd.DataFrame({"time": days, "y": np.arange(10.0), "f": 1.5, "ahead": 1})
    daily = mc.read(table, task="forecasting", y_true="y", y_pred="f", time="time", horizon="ahead").judged()
    across = clock(daily)
    assert across is not None
    assert [across.labels[i] for i in across.code] == [str(day.day_name())[:3] for day in days]
    counted = mc.read(table.assign(time=np.arange(10)), task="forecasting", y_true="y", y_pred="f", time="time", horizon="ahead").judged()  # fmt: skip
    assert clock(counted) is None


@pytest.mark.parametrize("metric", OF_CELL)
def test_along_the_steps_the_metric_is_that_of_all_rows_and_wape_the_mean_over_series(metric):
    cases = judged()
    across, frame = steps_ahead(cases), by_hand(cases)
    assert across is not None
    found = by_step(cases, across, metric, 0.8)
    for j, ahead in enumerate(across.low.tolist()):
        rows = frame[frame["ahead"] == ahead]
        expected = OF_CELL[metric](rows)
        if metric == "wape":
            expected = np.nanmean([OF_CELL["wape"](part) for _, part in rows.groupby("series")])
        assert found.value[j] == pytest.approx(expected)
        assert found.low[j] < found.value[j] < found.high[j]
        for which, skill, values in (("naive", found.skill_naive, found.naive), ("seasonal", found.skill_seasonal, found.seasonal)):  # fmt: skip
            theirs = (rows["w"] * rows[which].abs()).sum()
            assert skill[j] == pytest.approx(1 - (rows["w"] * rows["e"].abs()).sum() / theirs)
            if metric == "mae":
                assert values[j] == pytest.approx(theirs / rows["w"].sum())
    assert found.left_out == 0
    assert found.drawn == "series"


def test_the_metrics_along_one_step_are_those_of_the_registry():
    cases = judged()
    whole = mc.evaluate(read())
    one = replace(cases, horizon=np.ones(len(cases), dtype=np.int64))
    across = steps_ahead(one)
    assert across is not None
    for metric in ("mae", "bias", "wape", "scaled_error"):
        assert by_step(one, across, metric).value[0] == pytest.approx(whole.metrics[metric]), metric


def test_the_band_is_as_wide_as_the_spread_of_the_series():
    table, history = made(60, 2, 2, 5)
    cases = mc.read(table, **{k: v for k, v in NAMED.items() if k != "weight"}, train=history).cases["g"]
    assert isinstance(cases, ForecastCases)
    across = steps_ahead(cases)
    assert across is not None
    found = by_step(cases, across, "mae")
    rows = by_hand(cases)
    of_series = rows[rows["ahead"] == 1].groupby("series")["e"].apply(lambda e: e.abs().mean())
    assert found.high[0] - found.low[0] == pytest.approx(2 * 1.96 * of_series.std() / 60**0.5, rel=0.15)


def test_rows_that_a_naive_forecast_does_not_reach_count_for_nobody():
    cases = judged()
    gone = cases.series == 1
    partly = replace(cases, seasonal=np.where(gone, np.nan, cases.seasonal))
    across = steps_ahead(cases)
    assert across is not None
    found = by_step(partly, across, "mae")
    rows = by_hand(cases)[~gone]
    assert found.left_out == gone.sum()
    assert found.value[0] == pytest.approx(OF_CELL["mae"](rows[rows["ahead"] == 1]))
    nothing = replace(cases, naive=np.full(len(cases), np.nan), seasonal=np.full(len(cases), np.nan))
    alone = by_step(nothing, across, "mae")
    assert alone.left_out == 0
    assert np.isnan(alone.naive).all()
    assert np.isnan(alone.skill_seasonal).all()


def test_wape_has_no_interval_when_groups_cut_through_series():
    cases = judged()
    across = steps_ahead(cases)
    assert across is not None
    cut = replace(cases, together=cases.until, together_by="origin")
    found = by_step(cut, across, "wape")
    assert "cut through series" in found.reason
    assert np.isnan(found.low).all()
    assert not by_step(cut, across, "mae").reason


def test_one_series_that_a_filter_left_varies_by_its_origins():
    cases = judged().at(judged().series == 3)
    found = varying(cases)
    assert (found.together_by, np.unique(found.together).size) == ("origin", 8)
    assert varying(judged()).together_by == "series"
    across = steps_ahead(cases)
    assert across is not None
    band = by_step(cases, across, "wape")
    assert (band.drawn, band.units, band.reason) == ("origin", 8, "")
    assert (band.low < band.value).all()
    a, b, _ = same_forecasts(cases, judged("g").at(judged("g").series == 3))
    assert {d.key: d.n for d in metric_differences(a, b)}["mae"] == 8


def test_a_step_that_few_units_reach_has_no_interval():
    cases = judged()
    across = steps_ahead(cases)
    assert across is not None
    lonely = (cases.horizon != 5) | (cases.series == 0)
    found = by_step(cases.at(lonely), replace(across, code=across.code[lonely]), "mae")
    assert np.isnan(found.low).tolist() == [False, False, False, False, True]
    apart = replace(cases, together=across.code, together_by="'ahead'")
    assert "too few units" in by_step(apart, across, "mae").reason


def test_a_mean_error_has_the_interval_of_its_origins():
    cases = judged()
    across, frame = steps_ahead(cases), by_hand(cases)
    assert across is not None
    found = sign_board(replace(cases, weight=None), across, [5, 2])
    p = np.full(found.mean.shape, np.nan)
    for i, code in enumerate((5, 2)):
        for j, ahead in enumerate(across.low.tolist()):
            e = frame[(frame["series"] == code) & (frame["ahead"] == ahead)]["e"].to_numpy()
            test = stats.ttest_1samp(e, 0.0)
            span = test.confidence_interval(0.95)
            assert found.mean[i, j] == pytest.approx(e.mean())
            assert found.lean[i, j] == pytest.approx(e.mean() / np.abs(e).mean())
            assert (found.low[i, j], found.high[i, j]) == pytest.approx((span.low, span.high))
            p[i, j] = test.pvalue
    assert found.q == pytest.approx(benjamini_hochberg(p.ravel()).reshape(p.shape))
    assert (found.apart == ((found.low > 0) | (found.high < 0))).all()
    assert found.clear[0].sum() >= 2  # series 5 is forecast 3 too high
    assert (found.mean[found.clear] > 0).all()


def test_rows_of_one_origin_count_as_one():
    cases = judged()
    twice = cases.at(np.repeat(np.arange(len(cases)), 3))
    once, more = (sign_board(c, a, [4]) for c in (cases, twice) if (a := steps_ahead(c)) is not None)
    assert more.rows.sum() == 3 * once.rows.sum()
    assert more.low == pytest.approx(once.low)
    np.testing.assert_array_equal(more.origins, once.origins)


def test_too_few_origins_are_not_judged():
    cases = judged()
    first = cases.at(np.isin(cases.until, np.unique(cases.until)[: FEWEST_ORIGINS - 1]))
    across = steps_ahead(first)
    assert across is not None
    found = sign_board(replace(first, weight=None), across, [0, 1])
    assert found.tested == 0
    assert not found.clear.any()
    assert not np.isnan(found.mean).any()


def two(**changes: object) -> tuple[ForecastCases, ForecastCases]:
    a, b, _ = same_forecasts(judged("f", **changes), judged("g", **changes))
    return a, b


@pytest.mark.parametrize("kind", ["abs_error", "squared_error", "scaled_error"])
def test_losses_are_averaged_in_each_series_and_tested_over_them(kind):
    a, b = two()
    frame = by_hand(a).assign(d=a.loss(kind) - b.loss(kind))
    found = loss_test(a, b, kind)
    of_series = frame.groupby("series").apply(lambda r: weighed(r, r["d"]), include_groups=False)
    test = stats.ttest_1samp(of_series, 0.0)
    assert found.difference == pytest.approx(of_series.to_numpy())
    assert found.overall.mean == pytest.approx(of_series.mean())
    assert found.overall.p == pytest.approx(test.pvalue)
    assert found.won == (of_series < 0).mean()
    assert found.loss[0] - found.loss[1] == pytest.approx(of_series.mean())
    for j, ahead in enumerate(found.across.low.tolist()):
        part = frame[(frame["ahead"] == ahead)].groupby("series").apply(lambda r: weighed(r, r["d"]), include_groups=False).dropna()  # fmt: skip
        of_step = stats.ttest_1samp(part, 0.0)
        span = of_step.confidence_interval(0.95)
        assert (found.mean[j], found.low[j], found.high[j], found.p[j]) == pytest.approx((part.mean(), span.low, span.high, of_step.pvalue))  # fmt: skip
        assert found.n[j] == len(part)
    assert found.few


def test_one_series_is_tested_over_its_origins_which_overlap_by_their_distance():
    a, b = (c.at(c.series == 3) for c in two(weight=None))
    found = loss_test(a, b)
    assert len(found.tests) == 5
    d = np.abs(a.residual) - np.abs(b.residual)
    for j, ahead in enumerate((1, 2, 3, 4, 5)):
        at = np.flatnonzero(a.horizon == ahead)
        at = at[np.argsort(a.moment[at])]
        # Origins are 3 hours apart: forecasts 4 and 5 hours ahead overlap with those of the next origin.
        by_test = diebold_mariano(np.abs(a.residual[at]), np.abs(b.residual[at]), 2 if ahead > 3 else 1)
        assert found.p[j] == by_test.p
        assert found.mean[j] == pytest.approx(d[at].mean())
        assert (found.low[j] > 0) == (by_test.p < 0.05 and by_test.difference > 0)
    assert found.overall.reason == "1 series: at least 2 are needed"
    assert found.few


def test_series_of_one_group_vary_together():
    a, b = two(weight=None)
    region = a.series % 2
    grouped = [replace(c, together=region.astype(np.int64), together_by="'region'") for c in (a, b)]
    plain, found = loss_test(a, b), loss_test(*grouped)
    d, of = plain.difference, plain.series % 2
    sums = np.array([(d - d.mean())[of == g].sum() for g in (0, 1)])
    error = np.sqrt((sums**2).sum() * 2) / d.size
    assert found.overall.mean == pytest.approx(plain.overall.mean)
    assert found.overall.high - found.overall.mean == pytest.approx(stats.t.ppf(0.975, 1) * error)


def test_metrics_of_two_models_are_theirs_and_differ_over_the_series():
    a, b = two()
    whole = {m.model: m.metrics.values for m in mc.evaluate(read()).models}
    found = {d.key: d for d in metric_differences(a, b)}
    assert list(found)[:4] == ["mase", "rmsse", "smape", "wape"]
    for key in ("mase", "rmsse", "smape", "wape", "mae", "rmse", "bias", "coverage@0.8"):
        assert found[key].a == pytest.approx(whole["f"][key])
        assert found[key].b == pytest.approx(whole["g"][key])
        if key != "coverage@0.8":  # the models have the same intervals
            assert found[key].interval.low < found[key].difference < found[key].interval.high
    frame = by_hand(a).assign(d=np.abs(a.residual) / a.scale - np.abs(b.residual) / b.scale)
    of_series = frame.groupby("series").apply(lambda r: weighed(r, r["d"]), include_groups=False)
    assert found["mase"].p == pytest.approx(stats.ttest_1samp(of_series, 0.0).pvalue)


def test_forecasts_without_a_scale_are_left_out_of_the_scaled_loss():
    a, b = two(weight=None)
    a, b = (replace(c, scale=np.where(c.series == 0, np.nan, c.scale)) for c in (a, b))
    found = loss_test(a, b, "scaled_error")
    assert found.left_out == int((a.series == 0).sum())
    assert 0 not in found.series


def test_models_in_rows_of_their_own_meet_by_series_moment_and_origin():
    table, history = made()
    stacked = pd.concat([
        table.assign(model=m, forecast=table[m]).drop(columns=["f", "g"]).sample(frac=1.0, random_state=i) for i, m in enumerate("fg")
    ])  # fmt: skip
    roles = {k: v for k, v in NAMED.items() if k not in ("interval", "y_pred")}
    both = mc.read(stacked, **roles, y_pred="forecast", model_column="model", train=history).cases
    a, b, other = same_forecasts(both["f"], both["g"])
    assert (len(a), other) == (len(table), 0)
    wide, found = loss_test(*two()), loss_test(a, b)
    assert found.overall.mean == pytest.approx(wide.overall.mean)
    assert found.p == pytest.approx(wide.p)
    wrong = stacked.copy()
    wrong.iloc[0, wrong.columns.get_loc("y")] += 1.0
    both = mc.read(wrong, **roles, y_pred="forecast", model_column="model", train=history).cases
    assert same_forecasts(both["f"], both["g"])[2] == 1


def test_different_forecasts_are_not_compared():
    a, b = two()
    with pytest.raises(ValueError, match="the same forecasts"):
        loss_test(a, b.at(np.arange(len(b))[::-1]))
