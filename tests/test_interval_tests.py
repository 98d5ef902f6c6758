"""Tests of predicted intervals, their correction by group, and what quantiles hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from metrics_core.conformal import widening_by_group
from metrics_core.interval_tests import christoffersen, clopper_pearson, kupiec
from metrics_core.number_bands import conformal, outside, pit_verdict, reached, widening
from tests.number_tables import numbers, random_numbers

RNG = np.random.default_rng(3)


def intervals(n: int, wide: float = 1.645, **more):
    y = RNG.normal(0, 1, n)
    ends = {"lower": np.full((n, 1), -wide), "upper": np.full((n, 1), wide), "levels": (0.9,)}
    return numbers(y, np.zeros(n), **ends, **more)


@pytest.mark.parametrize(("k", "n"), [(81, 263), (0, 10), (10, 10), (8, 10), (1, 1)])
def test_clopper_pearson_is_that_of_scipy(k: int, n: int) -> None:
    want = stats.binomtest(k, n).proportion_ci(method="exact")
    low, high = clopper_pearson(k, n)
    assert (float(low), float(high)) == pytest.approx((want.low, want.high))


def test_clopper_pearson_of_no_trials_is_undefined() -> None:
    assert np.isnan(clopper_pearson(0, 0)[0])


def test_kupiec_is_the_likelihood_ratio_against_the_level() -> None:
    found = kupiec(170, 200, 0.9)
    want = 2 * (stats.binom.logpmf(170, 200, 0.85) - stats.binom.logpmf(170, 200, 0.9))
    assert found.statistic == pytest.approx(want)
    assert found.p == pytest.approx(stats.chi2.sf(want, 1))


def test_kupiec_of_all_inside_is_finite_and_of_no_rows_undefined() -> None:
    assert kupiec(50, 50, 0.9).statistic == pytest.approx(-100 * np.log(0.9))
    assert kupiec(0, 0, 0.9).reason == "there are no rows"


def test_christoffersen_is_the_g_test_of_neighbours() -> None:
    missed = RNG.random(300) < 0.2
    pairs = np.array([[(missed[:-1] == b) & (missed[1:] == a) for a in (False, True)] for b in (False, True)]).sum(-1)  # fmt: skip
    want = stats.chi2_contingency(pairs, correction=False, lambda_="log-likelihood")
    found = christoffersen(missed)
    assert (found.statistic, found.p) == pytest.approx((want.statistic, want.pvalue))
    assert found.after_miss == pytest.approx(pairs[1, 1] / pairs[1].sum())


def test_rows_of_different_series_are_no_neighbours() -> None:
    one = np.array([True] + [False] * 9 + [True])
    series = np.repeat(np.arange(20), one.size)
    assert christoffersen(np.tile(one, 20)).after_miss == pytest.approx(19 / 39)
    assert christoffersen(np.tile(one, 20), series).after_miss == 0


def test_misses_without_a_neighbour_cannot_be_tested() -> None:
    assert christoffersen(np.zeros(50, dtype=bool)).reason == "no truth outside has a row after it"
    assert np.isnan(christoffersen(np.zeros(50, dtype=bool)).p)
    assert christoffersen(np.ones(50, dtype=bool)).reason == "no truth inside has a row after it"
    assert "fewer than 20" in christoffersen(np.zeros(5, dtype=bool)).reason


# ------------------------------------------------------------------------------------------------ corrections


def test_split_conformal_takes_the_score_of_its_rank() -> None:
    score = RNG.normal(0, 1, 99)
    assert conformal(score, np.ones(99), 0.9) == np.sort(score)[89]  # ceil(100 * 0.9)


def test_corrections_of_groups_hold_in_each_where_one_for_all_does_not() -> None:
    cases = intervals(4000)
    group = np.repeat([0, 1], 2000)
    cases = replace(cases, truth=np.where(group == 0, cases.truth, 3 * cases.truth))
    found = widening_by_group(cases, 0, group, 2)
    assert found.with_all[0] > 0.97
    assert found.with_all[1] < 0.87
    assert found.with_own == pytest.approx([0.9, 0.9], abs=0.03)
    assert found.moved[1] > found.moved_all > found.moved[0]
    assert found.coverage[0] == pytest.approx(0.9, abs=0.02)
    assert found.width.tolist() == pytest.approx([3.29, 3.29])
    assert found.width_after == pytest.approx(3.29 + 2 * found.moved)


def test_one_group_of_all_rows_is_the_correction_for_all() -> None:
    cases = random_numbers(4, 500, around=True, weighted=True)
    whole, found = widening(cases, 1), widening_by_group(cases, 1, np.zeros(500, dtype=int), 1)
    assert (found.coverage[0], found.width[0]) == pytest.approx((whole.coverage, whole.width))
    assert found.with_own[0] == pytest.approx(found.with_all[0]) == pytest.approx(whole.after)
    assert found.moved[0] == whole.moved == found.moved_all


def test_small_groups_have_no_correction_of_their_own() -> None:
    group = np.where(np.arange(300) < 8, 0, 1)
    found = widening_by_group(intervals(300), 0, group, 3)
    assert np.isnan(found.with_own[0])
    assert found.moved[0] == np.inf
    assert not np.isnan(found.with_own[1])
    assert found.rows.tolist() == [8, 292, 0]
    assert np.isnan(found.coverage[2])
    assert found.fewest == 12  # 9 rows outside of a fifth


def test_coverage_afterwards_is_measured_on_rows_kept_back() -> None:
    after = np.mean([widening(intervals(60), 0).after for _ in range(200)])
    assert after == pytest.approx(
        0.9 + 0.1 * 5 / 49, abs=0.03
    )  # a correction of 48 rows holds ceil(.9 * 49) / 49


def test_rows_that_belong_together_are_kept_back_together() -> None:
    group = np.repeat(np.arange(20), 50)
    y = np.repeat(RNG.normal(0, 3, 20), 50)
    alone = replace(intervals(1000, wide=0.1), truth=y)
    assert widening(alone, 0).after >= 0.9
    assert widening(replace(alone, together=group), 0).after != widening(alone, 0).after


def test_rows_that_are_copies_of_each_other_tell_no_more_than_one() -> None:
    cases = intervals(200, wide=1.3)
    five = {
        name: np.repeat(getattr(cases, name), 5, axis=0) for name in ("truth", "predicted", "lower", "upper")
    }
    copies = numbers(**five, levels=(0.9,), together=np.repeat(np.arange(200), 5))
    one, many = widening(cases, 0), widening(copies, 0)
    assert many.told_by == pytest.approx(200, rel=0.01)
    assert (many.low, many.high) == pytest.approx((one.low, one.high), abs=1e-3)


def test_coverage_of_a_widening_has_the_interval_of_clopper_and_pearson() -> None:
    cases = intervals(200, wide=1.3)
    found = widening(cases, 0)
    inside = int((outside(cases, 0) <= 0).sum())
    low, high = clopper_pearson(inside, 200)
    assert (found.low, found.high) == pytest.approx((float(low), float(high)))


# ------------------------------------------------------------------------------------------------ quantiles


def quantiles(spread: float, shift: float, n: int = 800):
    y = np.random.default_rng(11).normal(0, 1, n)
    shares = (0.1, 0.3, 0.5, 0.7, 0.9)
    return numbers(y, y, quantiles=np.tile(shift + spread * stats.norm.ppf(shares), (n, 1)), shares=shares)


@pytest.mark.parametrize(
    ("spread", "shift", "want"),
    [(1.0, 0.0, ("", "")), (0.6, 0.0, ("narrow", "")), (1.6, 0.0, ("wide", "")), (1.0, -0.4, ("narrow", "low")), (1.0, 0.25, ("", "high"))],
)  # fmt: skip
def test_quantiles_are_told_to_be_narrow_wide_low_or_high(spread, shift, want) -> None:
    cases = quantiles(spread, shift)
    found = pit_verdict(cases, reached(cases))
    assert (found.spread, found.side) == want
    assert found.beyond_expected == pytest.approx(0.2)


def test_right_quantiles_are_called_wrong_as_rarely_as_the_level_says() -> None:
    rng, wrong = np.random.default_rng(5), 0
    for _ in range(300):
        y = rng.random(150)
        cases = numbers(y, y, quantiles=np.tile((0.1, 0.5, 0.9), (150, 1)), shares=(0.1, 0.5, 0.9))
        wrong += pit_verdict(cases, reached(cases)).spread != ""
    assert wrong / 300 < 0.08


def test_one_quantile_says_nothing_of_the_spread() -> None:
    y = RNG.random(100)
    cases = numbers(y, y, quantiles=np.full((100, 1), 0.5), shares=(0.5,))
    found = pit_verdict(cases, reached(cases))
    assert found.spread == ""
    assert np.isnan(found.p_spread)


def test_the_band_of_a_gap_is_binomial() -> None:
    cases = quantiles(1.0, 0.0, 50)
    found = reached(cases)
    low, high = stats.binom.ppf([0.025, 0.975], 50, 0.1)
    assert (found.band_low[0], found.band_high[0]) == (low, high)


def test_fewer_groups_than_rows_widen_the_band() -> None:
    cases = quantiles(1.0, 0.0, 200)
    grouped = reached(replace(cases, together=np.repeat(np.arange(20), 10)))
    assert (grouped.band_high - grouped.band_low).sum() > (reached(cases).band_high - reached(cases).band_low).sum()  # fmt: skip
