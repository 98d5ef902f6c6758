"""Mean losses of groups against direct computation, scipy, and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from metrics_core.differences import newcombe, same_rate_p
from metrics_core.group_means import group_means
from metrics_core.rate_interval import wilson
from metrics_core.row_losses import RowLoss


def loss_of(values, **more) -> RowLoss:
    values = np.asarray(values, dtype=np.float64)
    return RowLoss(loss=values, rows=np.arange(values.size), **more)


@pytest.fixture
def rates():
    rng = np.random.default_rng(0)
    code = rng.integers(0, 4, 2000)
    return (rng.random(2000) < 0.1 + 0.1 * code).astype(float), code


def test_a_rate_has_wilsons_interval_and_newcombes_difference(rates):
    wrong, code = rates
    found = group_means(loss_of(wrong), code, 4)
    for g in range(4):
        k, n = wrong[code == g].sum(), (code == g).sum()
        j, m = wrong[code != g].sum(), (code != g).sum()
        assert found.mean[g] == pytest.approx(k / n)
        assert (found.low[g], found.high[g]) == pytest.approx([float(x) for x in wilson(k, n)])
        ends = [float(x) for x in newcombe(k, n, j, m)]
        assert (found.difference_low[g], found.difference_high[g]) == pytest.approx(ends)
        assert found.p[g] == pytest.approx(float(same_rate_p(k, n, j, m)))
        assert found.share_of_total[g] == pytest.approx(k / wrong.sum())


def test_other_losses_are_compared_with_welchs_test():
    rng = np.random.default_rng(1)
    code = rng.integers(0, 3, 600)
    values = rng.gamma(2, 1 + code)
    found = group_means(loss_of(values, is_rate=False), code, 3)
    for g in range(3):
        expected = stats.ttest_ind(values[code == g], values[code != g], equal_var=False)
        assert found.z[g] == pytest.approx(expected.statistic)
        assert found.p[g] == pytest.approx(expected.pvalue)
        interval = expected.confidence_interval(0.95)
        assert (found.difference_low[g], found.difference_high[g]) == pytest.approx(tuple(interval))
        own = stats.t.interval(
            0.95, (code == g).sum() - 1, values[code == g].mean(), stats.sem(values[code == g])
        )
        assert (found.low[g], found.high[g]) == pytest.approx(own)


def test_a_frequency_weight_of_two_is_the_row_twice(rates):
    wrong, code = rates
    weight = np.where(np.arange(wrong.size) % 3 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(wrong.size), weight.astype(int))
    weighted = group_means(loss_of(wrong, weight=weight, frequency=True), code, 4)
    plain = group_means(loss_of(wrong[twice]), code[twice], 4)
    for name in (
        "mean",
        "low",
        "high",
        "rest",
        "difference_low",
        "difference_high",
        "p",
        "share_of_total",
        "n",
    ):
        assert getattr(weighted, name) == pytest.approx(getattr(plain, name))


def test_sampling_weights_count_as_many_rows_as_tell_as_much(rates):
    wrong, code = rates
    weight = np.random.default_rng(2).lognormal(0, 1, wrong.size)
    found = group_means(loss_of(wrong, weight=weight), code, 4)
    for g in range(4):
        w = weight[code == g]
        assert found.n[g] == pytest.approx(w.sum() ** 2 / (w**2).sum())
        assert found.mean[g] == pytest.approx((w * wrong[code == g]).sum() / w.sum())


def test_each_row_a_group_of_its_own_is_as_sure_as_independent_rows(rates):
    wrong, code = rates
    alone = group_means(loss_of(wrong, together=np.arange(wrong.size)), code, 4)
    plain = group_means(loss_of(wrong), code, 4)
    assert alone.mean == pytest.approx(plain.mean)
    assert alone.low == pytest.approx(plain.low, abs=0.003)
    assert alone.high == pytest.approx(plain.high, abs=0.003)
    assert alone.difference_low == pytest.approx(plain.difference_low, abs=0.004)


@pytest.mark.parametrize("is_rate", [True, False])
def test_rows_that_belong_together_give_the_variance_between_their_groups(is_rate):
    rng = np.random.default_rng(3)
    unit = rng.integers(0, 80, 900)
    code = rng.integers(0, 2, 900)
    values = (rng.random(900) < (0.1 + 0.3 * (unit % 3 == 0))).astype(float)
    found = group_means(loss_of(values, together=unit, is_rate=is_rate), code, 2)
    inside = code == 1
    m, r = values[inside].mean(), values[~inside].mean()
    moved = np.zeros(80)
    np.add.at(moved, unit[inside], (values[inside] - m) / inside.sum())
    np.add.at(moved, unit[~inside], -(values[~inside] - r) / (~inside).sum())
    error = np.sqrt((moved**2).sum() * 80 / 79)
    assert found.z[1] == pytest.approx((m - r) / error)
    held, elsewhere = np.unique(unit[inside]).size, np.unique(unit[~inside]).size
    assert found.p[1] == pytest.approx(2 * stats.t.sf(abs((m - r) / error), min(held, elsewhere) - 1))


def test_ignoring_that_rows_belong_together_would_find_differences_that_are_not_there():
    rng = np.random.default_rng(4)
    found = {"together": 0, "alone": 0}
    for _ in range(200):
        unit = np.repeat(np.arange(100), 10)
        code = (unit < 50).astype(int)
        rate = rng.beta(0.5, 2, 100)[unit]
        values = (rng.random(1000) < rate).astype(float)
        found["together"] += bool(group_means(loss_of(values, together=unit), code, 2).p[1] <= 0.05)
        found["alone"] += bool(group_means(loss_of(values), code, 2).p[1] <= 0.05)
    assert found["together"] <= 20
    assert found["alone"] >= 40


def test_small_groups_and_a_group_of_everything_are_not_tested():
    found = group_means(loss_of([1, 0] * 50), np.array([0] * 20 + [1] * 80), 3)
    assert np.isnan(found.p[:2]).all()
    whole = group_means(loss_of([1, 0] * 50), np.zeros(100, dtype=int), 1)
    assert np.isnan(whole.rest[0])
    assert np.isnan(whole.p[0])
    assert np.isnan(found.mean[2])
    assert found.rows.tolist() == [20, 80, 0]


def test_a_group_without_rows_beside_rows_that_are_all_wrong_is_undefined():
    found = group_means(loss_of(np.ones(80)), np.zeros(80, dtype=int), 2)
    assert found.mean[0] == 1
    assert np.isnan(found.mean[1])
    assert np.isnan(found.z[1])
