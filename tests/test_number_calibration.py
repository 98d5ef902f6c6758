"""The line and the curve of the truths on the predictions, and the squared error in parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression

from metrics_core.number_calibration import mean_curve, mean_line
from tests.number_tables import numbers, random_numbers

RNG = np.random.default_rng(0)


def test_the_line_is_that_of_least_squares() -> None:
    cases = random_numbers(1, 200, weighted=True)
    fit = LinearRegression().fit(cases.predicted[:, None], cases.truth, sample_weight=cases.weight)
    found = mean_line(cases)
    assert (found.slope, found.intercept) == pytest.approx((fit.coef_[0], fit.intercept_))


def test_the_interval_is_the_sandwich_with_the_factor_of_two_parameters() -> None:
    cases = random_numbers(2, 150)
    x = np.stack([np.ones(150), cases.predicted], axis=1)
    fit = np.linalg.lstsq(x, cases.truth, rcond=None)[0]
    e = cases.truth - x @ fit
    bread = np.linalg.inv(x.T @ x)
    error = np.sqrt(np.diag(bread @ (x.T * e**2) @ x @ bread) * 150 / 148)
    t = stats.t.ppf(0.975, 148)
    found = mean_line(cases)
    for got, value, se in zip((found.of_intercept, found.of_slope), fit, error, strict=True):
        assert (got.low, got.high) == pytest.approx((value - t * se, value + t * se))


def test_the_mean_is_off_by_minus_the_bias_with_students_interval() -> None:
    cases = random_numbers(3, 80)
    e = -cases.residual
    found = mean_line(cases)
    assert found.off == pytest.approx(e.mean())
    reach = stats.t.ppf(0.975, 78) * stats.sem(e)
    assert found.of_off.high == pytest.approx(e.mean() + reach)


def test_a_frequency_weight_is_the_row_that_often() -> None:
    cases = random_numbers(4, 40)
    w = RNG.integers(1, 4, 40)
    often = np.repeat(np.arange(40), w)
    one = mean_line(replace(cases, weight=w.astype(float), frequency=True))
    many = mean_line(numbers(cases.truth[often], cases.predicted[often]))
    assert (one.slope, one.of_slope.low, one.p) == pytest.approx((many.slope, many.of_slope.low, many.p))


def test_rows_without_weight_count_for_nothing() -> None:
    cases = random_numbers(5, 60)
    w = np.ones(60)
    w[:20] = 0
    ours, theirs = mean_line(replace(cases, weight=w)), mean_line(cases.at(np.arange(20, 60)))
    assert (ours.slope, ours.of_slope.low) == pytest.approx((theirs.slope, theirs.of_slope.low))
    assert mean_curve(replace(cases, weight=w)).mcb == pytest.approx(mean_curve(cases.at(np.arange(20, 60))).mcb)  # fmt: skip


def test_rows_that_belong_together_widen_the_interval() -> None:
    cases = random_numbers(6, 100)
    again = numbers(np.tile(cases.truth, 5), np.tile(cases.predicted, 5))
    alone = mean_line(again)
    grouped = mean_line(replace(again, together=np.tile(np.arange(100), 5)))
    single = mean_line(cases)
    assert alone.of_slope.high is not None
    assert single.of_slope.high is not None
    assert grouped.n == 100
    assert grouped.of_slope.high == pytest.approx(single.of_slope.high, rel=0.002)
    assert grouped.of_slope.high > alone.of_slope.high


def test_the_test_of_a_right_mean_rejects_as_often_as_it_says() -> None:
    p = []
    for seed in range(400):
        f = np.random.default_rng(seed).uniform(0, 10, 60)
        y = f + np.random.default_rng(seed + 1000).normal(0, 0.5 + f / 10)
        p.append(mean_line(numbers(y, f)).p)
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.1


@pytest.mark.parametrize(
    ("cases", "reason"),
    [
        (numbers(np.arange(5.0), np.arange(5.0) * 2), "fewer than 10 rows count"),
        (numbers(np.arange(30.0), np.full(30, 4.0)), "the prediction is the same in every row"),
    ],
)
def test_without_a_line_there_is_a_reason(cases, reason: str) -> None:
    found = mean_line(cases)
    assert np.isnan(found.slope)
    assert found.reason == reason == found.of_slope.reason


def test_truths_on_a_line_have_a_slope_and_no_interval() -> None:
    x = np.arange(1.0, 40)
    found = mean_line(numbers(2 * x + 1, x))
    assert (found.slope, found.intercept) == pytest.approx((2, 1))
    assert found.of_slope.low is None
    assert "exactly" in found.of_slope.reason


def test_an_offset_of_the_data_costs_no_digits() -> None:
    cases = random_numbers(7, 100)
    small = replace(cases, truth=cases.truth * 1e-3, predicted=cases.predicted * 1e-3)
    far = replace(small, truth=small.truth + 1e6, predicted=small.predicted + 1e6)
    assert mean_line(far).slope == pytest.approx(mean_line(small).slope, rel=1e-6)
    assert mean_curve(far).mcb == pytest.approx(mean_curve(small).mcb, rel=1e-5)
    assert mean_curve(far).unc == pytest.approx(mean_curve(small).unc, rel=1e-6)


# ------------------------------------------------------------------------------------------------ the curve


@given(seed=st.integers(0, 10_000), n=st.integers(2, 60), weighted=st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_curve_is_isotonic_regression(seed: int, n: int, weighted: bool) -> None:
    cases = random_numbers(seed, n, weighted=weighted)
    cases = replace(cases, predicted=np.round(cases.predicted, -1))  # ties
    fit = IsotonicRegression().fit(cases.predicted, cases.truth, sample_weight=cases.weight)
    found = mean_curve(cases, draws=4)
    want = fit.predict(cases.predicted)
    step = np.searchsorted(found.low, cases.predicted, side="right") - 1
    np.testing.assert_allclose(found.value[step], want, rtol=1e-9, atol=1e-9)
    assert (cases.predicted <= found.high[step]).all()
    assert int(found.rows.sum()) == n
    w = np.ones(n) if cases.weight is None else cases.weight
    left = np.average((cases.truth - want) ** 2, weights=w)
    assert found.mse == pytest.approx(np.average(cases.residual**2, weights=w))
    assert found.mcb == pytest.approx(found.mse - left, abs=1e-9)
    assert found.dsc == pytest.approx(found.unc - left, abs=1e-9)


def test_a_constant_right_prediction_has_no_discrimination() -> None:
    y = RNG.normal(5, 1, 50)
    found = mean_curve(numbers(y, np.full(50, y.mean())))
    assert (found.mcb, found.dsc) == pytest.approx((0, 0), abs=1e-12)
    assert found.mse == pytest.approx(y.var())


def test_a_right_model_saves_by_the_curve_what_chance_alone_gives() -> None:
    share = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        f = rng.uniform(0, 10, 120)
        share.append(mean_curve(numbers(f + rng.normal(0, 2, 120), f), draws=100, seed=seed).chance.share)
    assert 0.35 < np.mean(share) < 0.65
    assert np.mean(np.array(share) < 0.05) < 0.15


def test_a_wrong_model_saves_more_than_chance_and_leaves_the_band() -> None:
    f = RNG.uniform(0, 10, 400)
    found = mean_curve(numbers(0.5 * f + RNG.normal(0, 1, 400), f))
    assert found.chance.share < 0.01
    assert found.mcb > found.chance.high
    fit = found.value[np.searchsorted(found.low, found.band_at, side="right") - 1]
    assert ((fit < found.band_low) | (fit > found.band_high)).mean() > 0.5


def test_many_rows_are_put_in_cells_without_moving_the_answer() -> None:
    f = RNG.uniform(0, 10, 6000)
    y = f + RNG.normal(0, 2, 6000)
    found = mean_curve(numbers(y, f), draws=100)
    assert found.band_at.size <= 500
    assert found.chance.value == found.mcb
    assert found.chance.share > 0.01


def test_rows_that_belong_together_leave_more_to_chance() -> None:
    f = RNG.uniform(0, 10, 1000)
    group = np.repeat(np.arange(50), 20)
    y = f + RNG.normal(0, 2, 50)[group]
    alone, grouped = mean_curve(numbers(y, f)), mean_curve(numbers(y, f, together=group))
    assert grouped.chance.high > 1.5 * alone.chance.high
    assert grouped.chance.share > alone.chance.share


def test_no_row_is_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        mean_curve(numbers([], []))


def test_the_largest_numbers_that_are_read_have_parts_that_add_up() -> None:
    cases = numbers(np.arange(30) * 1e149, np.arange(30) * 2e149)
    found = mean_curve(cases, draws=10)
    assert found.mse == pytest.approx(found.mcb - found.dsc + found.unc)
    assert mean_line(cases).slope == pytest.approx(0.5)
