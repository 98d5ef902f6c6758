"""The test that two forecasts are equally good, for one series and over many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from metrics_core.forecasts.diebold_mariano import FEW, across_series, diebold_mariano

A = np.array([1.2, -0.5, 0.3, 2.1, -1, 0.7, -0.2, 1.5, -0.9, 0.4]) ** 2
B = np.array([0.9, -0.4, 0.6, 1.5, -1.2, 0.5, -0.1, 1.1, -0.7, 0.8]) ** 2


def plain(d: Any, horizon: int) -> tuple[float, float, float]:
    """Work the test out sum by sum."""
    n = len(d)
    mean = sum(d) / n
    g = [sum((d[t] - mean) * (d[t - k] - mean) for t in range(k, n)) / n for k in range(horizon)]
    variance = (g[0] + 2 * sum(g[1:])) / n
    statistic = mean / variance**0.5
    corrected = statistic * ((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n) ** 0.5
    return statistic, corrected, 2 * float(stats.t.sf(abs(corrected), n - 1))


@pytest.mark.parametrize(
    ("horizon", "statistic", "corrected", "p"), [(1, 1.38965, 1.31834, 0.21995), (2, 4.27177, 3.62472, 0.00553)]
)  # fmt: skip
def test_worked_example(horizon: int, statistic: float, corrected: float, p: float) -> None:
    found = diebold_mariano(A, B, horizon)
    assert (found.statistic, found.corrected, found.p) == pytest.approx((statistic, corrected, p), abs=6e-6)
    assert found.difference == pytest.approx((A - B).mean())
    assert (found.T, found.reason) == (10, "")
    assert found.few
    assert "equal weights" in found.method


@pytest.mark.parametrize("horizon", [1, 2, 5])
def test_statistic_is_that_of_the_plain_sums(horizon: int) -> None:
    rng = np.random.default_rng(horizon)
    a, b = rng.gamma(2, 1, (2, 80))
    d = np.convolve(a - b, np.ones(horizon), "valid") + 0.1
    found = diebold_mariano(d, np.zeros(d.size), horizon)
    assert (found.statistic, found.corrected, found.p) == pytest.approx(plain(d, horizon))
    assert not found.few


def test_one_step_ahead_is_nearly_a_paired_t_test() -> None:
    found, paired = diebold_mariano(A, B), stats.ttest_rel(A, B)
    assert found.corrected == pytest.approx(paired.statistic)
    assert found.p == pytest.approx(paired.pvalue)


def test_fewer_than_30_values_are_few() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((2, FEW))
    assert FEW == 30
    assert diebold_mariano(a[1:], b[1:]).few
    assert not diebold_mariano(a, b).few


def test_variance_that_is_not_positive_is_estimated_with_bartlett_weights() -> None:
    """Neighbours alternate: autocovariances 1 and -0.9 leave 1 - 1.8 with equal weights and 1 - 0.9 with Bartlett's."""
    d = np.tile([2.0, 0.0], 5)
    found = diebold_mariano(d, np.zeros(10), 2)
    assert "Bartlett" in found.method
    assert found.statistic == pytest.approx(1 / np.sqrt(0.1 / 10))
    assert found.corrected == pytest.approx(found.statistic * np.sqrt((11 - 4 + 2 / 10) / 10))


@pytest.mark.parametrize("level", [0.1, 0.2, 0.3, 0.7])
def test_sums_that_should_cancel_are_no_variance(level: float) -> None:
    """The autocovariances 2/3 and -1/3 leave 0, or rounding of either sign; Bartlett's weights leave 1/3."""
    found = diebold_mariano(np.array([1.0, -1.0, 0.0]) + level, np.zeros(3), 2)
    assert "Bartlett" in found.method
    assert found.statistic == pytest.approx(level / np.sqrt(1 / 9))


def test_swapped_forecasts_change_the_sign_only() -> None:
    one, other = diebold_mariano(A, B, 2), diebold_mariano(B, A, 2)
    assert (one.difference, one.corrected, one.p) == (-other.difference, -other.corrected, other.p)


@pytest.mark.parametrize("factor", [1e-200, 1e-3, 1e200])
def test_unit_of_the_loss_does_not_matter(factor: float) -> None:
    found, base = diebold_mariano(A * factor, B * factor, 2), diebold_mariano(A, B, 2)
    assert (found.statistic, found.p) == pytest.approx((base.statistic, base.p))


def test_high_level_of_both_losses_costs_few_digits() -> None:
    a, b = A * 1e-3 + 1e9, B * 1e-3 + 1e9
    assert diebold_mariano(a, b).statistic == pytest.approx(diebold_mariano(A, B).statistic, rel=1e-3)


@pytest.mark.parametrize(
    ("a", "b", "horizon", "reason"),
    [
        (A, A, 1, "the losses are equal everywhere"),
        (A + 1, A, 1, "the difference is the same everywhere"),
        (A[:1], B[:1], 1, "1 values: more than 1 are needed"),
        (A[:3], B[:3], 3, "3 values: more than 3 are needed"),
        (np.array([1.0, np.nan, 2]), np.ones(3), 1, "1 of 3 differences are undefined or infinite"),
        (np.array([1.0, np.inf, 2]), np.array([1.0, np.inf, 3]), 1, "1 of 3 differences are undefined or infinite"),
    ],
)  # fmt: skip
def test_no_test_has_a_reason_and_no_number(a: Any, b: Any, horizon: int, reason: str) -> None:
    found = diebold_mariano(a, b, horizon)
    assert found.reason.startswith(reason)
    assert np.isnan([found.statistic, found.corrected, found.p]).all()
    assert found.method == ""


def test_no_values_have_no_difference() -> None:
    found = diebold_mariano([], [])
    assert np.isnan(found.difference)
    assert (found.T, found.few) == (0, True)


def test_equal_losses_differ_by_0() -> None:
    assert diebold_mariano(A, A).difference == 0


def test_other_shapes_and_horizons_are_refused() -> None:
    with pytest.raises(ValueError, match="two losses of one length"):
        diebold_mariano(A, B[1:])
    with pytest.raises(ValueError, match="at least 1 step ahead, not 0"):
        diebold_mariano(A, B, 0)


@pytest.mark.parametrize("horizon", [1, 4])
def test_equally_good_forecasts_are_told_apart_as_often_as_the_level_says(horizon: int) -> None:
    rng = np.random.default_rng(7)
    d = np.array(
        [np.convolve(rng.normal(size=200 + horizon - 1), np.ones(horizon), "valid") for _ in range(1000)]
    )
    zero = np.zeros(200)
    rejected = np.mean([diebold_mariano(x, zero, horizon).p < 0.05 for x in d])
    assert 0.025 < rejected < 0.085


def test_series_are_tested_by_their_means() -> None:
    d = np.array([0.3, -0.1, 0.4, np.nan, 0.2, 0.6])
    found, known = across_series(d), d[~np.isnan(d)]
    low, high = stats.t.interval(0.95, 4, loc=known.mean(), scale=stats.sem(known))
    assert (found.mean, found.low, found.high) == pytest.approx((known.mean(), low, high))
    assert found.p == pytest.approx(stats.ttest_1samp(known, 0).pvalue)
    assert (found.n, found.reason) == (5, "")


def test_level_widens_the_interval_only() -> None:
    d = [0.3, -0.1, 0.4]
    wide, usual = across_series(d, level=0.99), across_series(d)
    assert wide.low < usual.low
    assert wide.p == usual.p


@pytest.mark.parametrize(
    ("d", "mean", "n", "reason"),
    [
        ([], np.nan, 0, "0 series: at least 2 are needed"),
        ([0.5, np.nan], 0.5, 1, "1 series: at least 2 are needed"),
        ([0.1, 0.1, 0.1], 0.1, 3, "the difference is the same in every series"),
        ([0.0, 0.0], 0.0, 2, "the difference is the same in every series"),
    ],
)
def test_series_that_allow_no_interval(d: list[float], mean: float, n: int, reason: str) -> None:
    found = across_series(d)
    assert found.mean == pytest.approx(mean, nan_ok=True)
    assert (found.n, found.reason) == (n, reason)
    assert np.isnan([found.low, found.high, found.p]).all()


@given(st.lists(st.floats(-10, 10), min_size=3, max_size=30), st.integers(1, 4))
def test_p_is_a_probability_or_has_a_reason(d: list[float], horizon: int) -> None:
    found = diebold_mariano(d, np.zeros(len(d)), horizon)
    assert (0 <= found.p <= 1) if not found.reason else np.isnan(found.p)
