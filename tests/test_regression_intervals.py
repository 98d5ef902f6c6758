"""Intervals of the metrics of predicted numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import stats

from metrics_core.intervals import intervals_of
from metrics_core.metrics.registry import metrics_of
from metrics_core.metrics.spec import Tallies
from metrics_core.number_cases import NumberCases
from metrics_core.number_intervals import NumberDraw, influences
from metrics_core.reduce import tallies_of
from metrics_core.values import Interval, Metrics, compute, spec_of
from tests.number_tables import numbers, random_numbers

CLOSED = ("mae", "mse", "bias", "smape", "pinball")


@dataclass(frozen=True, eq=False)
class Judged:
    """What ``intervals_of`` takes, without a table behind it."""

    task: str
    cases: NumberCases
    tallies: Tallies
    metrics: Metrics


def intervals(cases: NumberCases, level: float = 0.95) -> dict[str, Interval]:
    tallies = tallies_of(cases)
    return intervals_of(Judged("regression", cases, tallies, compute("regression", tallies)), level=level)


def ends(found: Interval) -> tuple[float, float]:
    assert found.low is not None, found.reason
    assert found.high is not None
    return found.low, found.high


def test_every_metric_with_a_value_has_an_interval_around_it_or_a_reason() -> None:
    cases = random_numbers(1, around=True)
    values = compute("regression", tallies_of(cases))
    for key, found in intervals(cases).items():
        if found.low is None:
            assert found.reason, key
        else:
            low, high = ends(found)
            assert low <= values.number(key) <= high, key
            assert found.method == spec_of("regression", key)[0].interval


def test_interval_of_a_symmetric_mean_is_that_of_student() -> None:
    """The errors mirrored have no skewness, so nothing is corrected."""
    e = np.random.default_rng(0).normal(0, 3, 40)
    e = np.concatenate([e, -e])
    low, high = ends(intervals(numbers(np.zeros(80) + 50, 50 + e))["bias"])
    wanted = stats.t.interval(0.95, 79, loc=0, scale=stats.sem(e))
    assert (low, high) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("key", CLOSED)
def test_influences_have_the_standard_error_that_the_tally_has(key: str, weighted: bool) -> None:
    cases = random_numbers(2, 200, weighted=weighted)
    draw = NumberDraw(cases, tallies_of(cases), 0.95, 0, 100)
    psi = influences(*spec_of("regression", key), draw)
    w = np.ones(200) if cases.weight is None else cases.weight
    n = cases.effective_n
    error = np.sqrt((w**2 * psi**2).sum() * n / (n - 1)) / w.sum()
    term = {"mae": "absolute", "mse": "squared", "bias": "error", "smape": "symmetric"}.get(key, key)
    assert error == pytest.approx(float(draw.numbers.error(term)), rel=1e-4)


@pytest.mark.parametrize("key", ["rmse", "r2", "wape", "explained_variance", "d2_absolute_error"])
def test_delta_method_agrees_with_rows_drawn_again(key: str) -> None:
    cases = random_numbers(3, 400)
    low, high = ends(intervals(cases)[key])
    rng = np.random.default_rng(0)
    drawn = [compute("regression", tallies_of(cases.at(rng.integers(0, 400, 400)))).number(key) for _ in range(400)]  # fmt: skip
    wanted = np.quantile(drawn, [0.025, 0.975])
    assert high - low == pytest.approx(wanted[1] - wanted[0], rel=0.15)


@pytest.mark.parametrize("key", ["mae", "rmse", "r2", "median_absolute_error", "d2_absolute_error"])
def test_intervals_hold_what_they_promise(key: str) -> None:
    """Heavy-tailed errors, 80 rows, 400 samples: between 90 and 99 % of the 95 % intervals hold the true value."""
    rng = np.random.default_rng(7)

    def drawn(n: int) -> NumberCases:
        y = rng.normal(0, 2, n)
        return numbers(y + 10, y + 10 + stats.t.rvs(6, size=n, random_state=rng))

    truth = compute("regression", tallies_of(drawn(400_000))).number(key)
    held = 0
    for _ in range(400):
        low, high = ends(intervals(drawn(80))[key])
        held += low <= truth <= high
    assert 0.90 <= held / 400 <= 0.99


def test_frequency_weights_equal_rows_written_out() -> None:
    cases = random_numbers(4, 60)
    times = np.random.default_rng(0).integers(1, 4, 60)
    weighted = replace(cases, weight=times.astype(float), frequency=True)
    written = cases.at(np.repeat(np.arange(60), times))
    for key in ("mae", "rmse", "r2", "median_absolute_error", "wape"):
        assert ends(intervals(weighted)[key]) == pytest.approx(ends(intervals(written)[key]), rel=1e-4)


def test_median_has_the_quantiles_at_wilsons_ends() -> None:
    cases = numbers(np.zeros(101) + 200, 200 + np.arange(101.0))
    low, high = ends(intervals(cases)["median_absolute_error"])
    assert 38 <= low <= 42
    assert 58 <= high <= 62


def test_groups_of_copies_count_once() -> None:
    cases = random_numbers(5, 40)
    copied = cases.at(np.repeat(np.arange(40), 25))
    together = replace(copied, together=np.repeat(np.arange(40), 25))
    for key in ("mae", "r2", "rmse", "median_absolute_error", "d2_absolute_error"):
        (low, high), (a, b) = ends(intervals(cases)[key]), ends(intervals(together)[key])
        assert b - a == pytest.approx(high - low, rel=0.35), key
        assert intervals(together)[key].method == "group_bootstrap"


@pytest.mark.parametrize(("cases", "reason"), [
    (numbers([1.0], [2.0]), "one row has no spread"),
    (numbers([1.0, 2.0, 4.0], [2.0, 3.0, 5.0]), "every row gives the same"),
    (numbers([1.0, 2.0, 4.0], [2.0, 3.0, 9.0], together=np.zeros(3, dtype=np.int64)), "all rows belong together"),
])  # fmt: skip
def test_without_spread_there_is_a_reason_instead(cases: NumberCases, reason: str) -> None:
    found = intervals(cases)["mae"]
    assert found.low is None
    assert found.reason == reason


def test_a_higher_level_is_wider() -> None:
    cases = random_numbers(6, around=True)
    narrow, wide = intervals(cases, 0.8), intervals(cases, 0.99)
    for spec in metrics_of("regression"):
        key = spec.key.replace("@level", "@0.9")
        if narrow[key].low is not None:
            (a, b), (c, d) = ends(narrow[key]), ends(wide[key])
            assert d - c > b - a, key
