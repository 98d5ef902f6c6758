"""Whether errors remember those before them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from metrics_core.residual_memory import memory
from tests.number_tables import numbers

RNG = np.random.default_rng(4)


def of_errors(e):
    return numbers(np.zeros(len(e)), e)


def drawn(share: float, n: int = 400):
    e = [0.0]
    for noise in np.random.default_rng(7).normal(0, 1, n - 1):
        e.append(share * e[-1] + noise)
    return np.array(e)


def test_correlations_and_tests_are_those_of_their_formulas() -> None:
    e = drawn(0.4, 100)
    found = memory(of_errors(e), np.arange(100), lags=5)
    x = e - e.mean()
    want = [(x[k:] * x[:-k]).sum() / (x**2).sum() for k in range(1, 6)]
    np.testing.assert_allclose(found.correlation, want)
    assert found.durbin_watson == pytest.approx((np.diff(e) ** 2).sum() / (e**2).sum())
    box = 100 * 102 * sum(r * r / (100 - k) for k, r in enumerate(want, 1))
    assert (found.ljung_box, found.p) == pytest.approx((box, stats.chi2.sf(box, 5)))


def test_errors_that_follow_each_other_are_told_from_those_that_do_not() -> None:
    follows, alone = (memory(of_errors(drawn(share)), np.arange(400)) for share in (0.6, 0.0))
    assert follows.correlation[0] == pytest.approx(0.6, abs=0.1)
    assert follows.durbin_watson < 1.1
    assert follows.p < 1e-6
    assert abs(alone.correlation[0]) < 2 * alone.reach[0]


def test_the_order_of_the_rows_in_the_file_does_not_matter() -> None:
    e = drawn(0.5, 100)
    mixed = RNG.permutation(100)
    a, b = memory(of_errors(e), np.arange(100)), memory(of_errors(e[mixed]), mixed * 7)
    np.testing.assert_allclose(a.correlation, b.correlation)


def test_rows_of_one_time_count_with_their_weighted_mean() -> None:
    e = drawn(0.5, 60)
    twice = numbers(np.zeros(120), np.stack([e + 3, e - 1], axis=1).ravel(), np.tile([1.0, 3.0], 60))
    found = memory(twice, np.repeat(np.arange(60), 2))
    assert found.moments == 60
    np.testing.assert_allclose(found.correlation, memory(of_errors(e), np.arange(60)).correlation)


def test_rows_without_a_time_or_weight_are_left_out() -> None:
    e = drawn(0.5, 80)
    known = np.arange(80) < 50
    assert memory(of_errors(e), np.arange(80), known).moments == 50
    assert memory(numbers(np.zeros(80), e, known.astype(float)), np.arange(80)).moments == 50


@pytest.mark.parametrize(
    ("e", "reason"), [(np.ones(10), "fewer than 20 different times"), (np.ones(50), "the error is the same at every time")]
)  # fmt: skip
def test_where_nothing_can_be_said_there_is_a_reason(e, reason: str) -> None:
    found = memory(of_errors(e), np.arange(e.size))
    assert found.reason == reason
    assert np.isnan(found.p)
