"""What the errors of predicted numbers look like, and what their intervals hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from metrics_core.number_bands import conformal, reached, share_below, widening
from metrics_core.residual_shape import (
    density,
    errors_along,
    groups_along,
    quantiles_of,
    spread_along,
    worst_share,
)
from tests.number_tables import numbers, random_numbers

RNG = np.random.default_rng(0)


def test_worst_hundredth_carries_its_share_of_the_squared_error() -> None:
    e = np.ones(200)
    e[[3, 9]] = 10.0
    assert worst_share(numbers(np.zeros(200), e)) == (pytest.approx(200 / 398), 2)


def test_groups_along_a_number_are_equally_heavy_and_keep_equal_values_together() -> None:
    x = np.array([1.0, 1, 1, 1, 1, 1, 2, 3, 4, 5])
    code, edges = groups_along(x, np.ones(10), 5)
    assert len({*code[:6].tolist()}) == 1
    assert edges[0] == 1
    assert edges[-1] == 5
    code, _ = groups_along(RNG.random(1000), np.ones(1000), 10)
    assert np.bincount(code).tolist() == [100] * 10


def test_mean_error_along_the_prediction_has_students_interval() -> None:
    cases = random_numbers(1, 300)
    found = errors_along(cases, cases.predicted, 3)
    code, _ = groups_along(cases.predicted, np.ones(300), 3)
    own = cases.residual[code == 1]
    low, high = stats.t.interval(0.95, own.size - 1, loc=own.mean(), scale=stats.sem(own))
    assert (found.bias_low[1], found.bias[1], found.bias_high[1]) == pytest.approx((low, own.mean(), high))
    assert found.rmse[1] == pytest.approx(np.sqrt((own**2).mean()))
    assert int(found.rows.sum()) == 300


def test_rows_without_the_number_are_left_out() -> None:
    x = random_numbers(1, 50).predicted.copy()
    x[:5] = np.nan
    assert int(errors_along(random_numbers(1, 50), x).rows.sum()) == 45


def test_breusch_pagan_is_n_times_r_squared_of_the_squared_errors() -> None:
    cases = random_numbers(2, 400)
    cases = replace(cases, predicted=cases.truth + RNG.normal(0, 1, 400) * np.abs(cases.truth))
    e = cases.residual - cases.residual.mean()
    r = stats.linregress(cases.predicted, e**2).rvalue
    found = spread_along(cases)
    assert found.lm == pytest.approx(400 * r**2)
    assert found.p == pytest.approx(stats.chi2.sf(found.lm, 1))


def test_even_spread_is_told_from_a_growing_one() -> None:
    y = RNG.uniform(10, 20, 3000)
    even, growing = (spread_along(numbers(y, y + RNG.normal(0, 1, 3000) * s)) for s in (1.0, y / 10))
    assert even.ratio == pytest.approx(1, abs=0.15)
    assert growing.ratio > 1.2
    assert growing.p < 1e-6


@pytest.mark.parametrize(
    "cases", [numbers([1.0, 2.0], [1.0, 1.0]), numbers(np.arange(50.0), np.full(50, 3.0))]
)
def test_spread_of_too_few_rows_or_one_prediction_is_undefined(cases: object) -> None:
    assert np.isnan(spread_along(cases).ratio)  # type: ignore[arg-type]  # both are cases


def test_normal_errors_lie_on_the_line_of_their_quantiles() -> None:
    e = RNG.normal(3, 2, 5000)
    found = quantiles_of(numbers(np.zeros(5000), e))
    inner = slice(20, -20)
    assert np.abs(found.normal[inner] - found.error[inner]).max() < 0.4
    assert found.error[0] == e.min()
    assert found.error[-1] == e.max()


def test_density_counts_every_row_once_and_says_what_lies_outside() -> None:
    x, y = RNG.normal(0, 1, 5000), RNG.normal(0, 1, 5000)
    x[0] = 1e6
    found = density(x, y, None)
    assert found.weight.sum() == 4999
    assert found.outside == pytest.approx(1 / 5000)
    assert found.x[-1] < 100


# ------------------------------------------------------------------------------------------------ intervals


def test_conformal_correction_holds_on_new_rows() -> None:
    cases = random_numbers(5, 4000, around=True)
    found = widening(cases, 1)
    assert found.level == 0.9
    assert abs(found.after - 0.9) < 0.02
    assert (found.moved > 0) == (found.coverage < 0.9)


def test_correction_of_right_intervals_moves_hardly() -> None:
    y = RNG.normal(0, 1, 4000)
    z = stats.norm.ppf(0.95)
    cases = numbers(y + 100, np.full(4000, 100.0), lower=np.full((4000, 1), 100 - z), upper=np.full((4000, 1), 100 + z), levels=(0.9,))  # fmt: skip
    found = widening(cases, 0)
    assert abs(found.moved) < 0.1
    assert found.low <= 0.9 <= found.high


def test_conformal_quantile_with_equal_weights_is_that_without() -> None:
    score = RNG.normal(0, 1, 200)
    assert conformal(score, np.full(200, 3.0), 0.9) == np.sort(score)[180]


def test_too_few_rows_for_a_level_cannot_be_corrected() -> None:
    assert widening(random_numbers(1, 5, around=True), 1).moved == np.inf


def test_truths_among_perfect_quantiles_are_flat() -> None:
    y = RNG.random(5000)
    shares = (0.1, 0.5, 0.8)
    cases = numbers(y, y, quantiles=np.tile(shares, (5000, 1)), shares=shares)
    found = reached(cases)
    assert found.rows.sum() == 5000
    assert ((found.band_low <= found.rows) & (found.rows <= found.band_high)).all()
    for share, below, low, high in share_below(cases):
        assert low - 0.02 <= share <= high + 0.02
        assert below == pytest.approx(share, abs=0.03)
