"""Two models of numbers on the same rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from metrics_core.number_pairs import compared_keys, nearer, on_the_same_rows, paired_differences
from tests.number_tables import numbers, random_numbers

RNG = np.random.default_rng(2)
A = random_numbers(1, 150, around=True)
B = replace(A, predicted=A.predicted + RNG.normal(1, 5, 150), lower=A.lower - 1, upper=A.upper + 1)


def found(a=A, b=B, **more):
    return {d.key: d for d in paired_differences(a, b, **more)}


@pytest.mark.parametrize(
    ("key", "of_row"),
    [
        ("mae", lambda c: np.abs(c.residual)),
        ("bias", lambda c: c.residual),
        ("coverage@0.5", lambda c: (c.lower[:, 0] <= c.truth) & (c.truth <= c.upper[:, 0])),
    ],
)
def test_a_difference_of_means_is_the_paired_t_test(key: str, of_row) -> None:
    x, y = (of_row(c).astype(float) for c in (A, B))
    want = stats.ttest_rel(x, y)
    ends = want.confidence_interval()
    got = found()[key]
    assert got.difference == pytest.approx(x.mean() - y.mean())
    assert got.p == pytest.approx(want.pvalue, rel=1e-5)
    assert (got.interval.low, got.interval.high) == pytest.approx((ends.low, ends.high), rel=1e-5)


def test_a_difference_of_roots_is_the_delta_method() -> None:
    x, y = A.residual**2, B.residual**2
    rmse = np.sqrt(x.mean()), np.sqrt(y.mean())
    psi = (x - x.mean()) / (2 * rmse[0]) - (y - y.mean()) / (2 * rmse[1])
    reach = stats.t.ppf(0.975, 149) * np.sqrt((psi**2).sum() / 150 / 149)
    got = found()["rmse"]
    assert got.difference == pytest.approx(rmse[0] - rmse[1])
    assert got.interval.high == pytest.approx(rmse[0] - rmse[1] + reach, rel=1e-4)


def test_intervals_of_rmse_hold_the_difference_as_often_as_they_say() -> None:
    held = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        shared, y = rng.normal(0, 1, 80), np.zeros(80)
        a, b = (numbers(y, shared + rng.normal(0, 0.5, 80)) for _ in range(2))
        d = paired_differences(a, b, ["rmse"])[0]
        held += d.interval.low <= 0 <= d.interval.high
    assert 0.91 < held / 300 < 0.985


def test_rows_that_belong_together_vary_together() -> None:
    five = [numbers(np.tile(c.truth, 5), np.tile(c.predicted, 5), together=np.tile(np.arange(150), 5)) for c in (A, B)]  # fmt: skip
    grouped, once = found(*five)["mae"], found()["mae"]
    assert grouped.n == 150
    assert (grouped.interval.low, grouped.p) == pytest.approx((once.interval.low, once.p), rel=1e-4)


def test_a_frequency_weight_is_the_row_that_often() -> None:
    w = RNG.integers(1, 4, 150)
    often = np.repeat(np.arange(150), w)
    weighed = [replace(c, weight=w.astype(float), frequency=True) for c in (A, B)]
    repeated = [numbers(c.truth[often], c.predicted[often]) for c in (A, B)]
    one, many = found(*weighed)["rmse"], found(*repeated)["rmse"]
    assert (one.difference, one.interval.low, one.p) == pytest.approx((many.difference, many.interval.low, many.p), rel=1e-5)  # fmt: skip


def test_the_same_model_twice_differs_by_nothing_and_says_why_there_is_no_interval() -> None:
    got = found(A, A)["mae"]
    assert got.difference == 0
    assert got.interval.low is None
    assert got.interval.reason == "both give the same in every row"
    assert np.isnan(got.p)


def test_a_constant_shift_of_the_bias_is_said_to_be_one() -> None:
    got = found(A, replace(A, predicted=A.predicted + 2))["bias"]
    assert got.difference == pytest.approx(-2)
    assert got.interval.reason == "every row differs by the same"


def test_one_row_has_no_interval() -> None:
    one = A.at(np.array([0])), B.at(np.array([0]))
    assert found(*one)["mae"].interval.reason == "one row has no spread"


def test_only_what_both_models_predict_around_is_compared() -> None:
    assert "coverage@0.9" in compared_keys(A, B)
    bare = replace(A, lower=None, upper=None, levels=(), quantiles=None, shares=())
    assert compared_keys(A, bare) == ("mae", "rmse", "bias")
    assert compared_keys(bare, bare) == ("mae", "rmse", "bias", "pinball")


def test_models_are_compared_on_the_rows_of_both() -> None:
    a, b = on_the_same_rows(A.at(np.arange(100)), B.at(np.arange(50, 150)))
    assert a.rows.tolist() == b.rows.tolist() == list(range(50, 100))
    with pytest.raises(ValueError, match="same rows"):
        paired_differences(A, B.at(np.arange(10)))


def test_nearer_counts_ties_apart() -> None:
    y = np.zeros(4)
    got = nearer(numbers(y, [1.0, 2, 3, -1]), numbers(y, [2.0, 1, -3, 5]))
    assert (got.a, got.same, got.b) == (0.5, 0.25, 0.25)
