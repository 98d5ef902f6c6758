"""Groups of rows against all others, by metrics of predicted numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from metrics_core import DataError, Predictions, read
from metrics_core.grouping import grouping
from metrics_core.groups_compared import ComparedGroup, Comparison, comparable_metrics, corrected
from metrics_core.number_cases import NumberCases
from metrics_core.worst_groups import worst_groups

RNG = np.random.default_rng(0)
N = 900
CITY = RNG.choice(["a", "b", "c"], N, p=[0.5, 0.4, 0.1])
Y = RNG.normal(100, 20, N)
F = Y + RNG.normal(0, 5, N) + np.where(CITY == "c", RNG.normal(6, 9, N), 0)
W = RNG.choice([0.5, 1.0, 3.0], N)
PREDICTIONS = read(pd.DataFrame({"y": Y, "f": F, "city": CITY, "lo": F - 8, "hi": F + 8, "w": W}),
                   y_true="y", y_pred="f", interval={"0.9": "lo,hi"}, task="regression")  # fmt: skip


def cases_of(predictions: Predictions = PREDICTIONS) -> NumberCases:
    cases = predictions.judged()
    assert isinstance(cases, NumberCases)
    return cases


def group(metric: str, label: str, cases: NumberCases | None = None) -> ComparedGroup:
    table = Comparison.of(cases or cases_of(), metric).table(grouping(PREDICTIONS.source, "city"))
    return next(g for g in table.groups if g.label == label)


@pytest.mark.parametrize(("metric", "each"), [("mae", np.abs(F - Y)), ("bias", F - Y), ("mse", (F - Y) ** 2)])
@pytest.mark.parametrize("label", ["a", "b", "c"])
def test_difference_is_tested_as_welch_does(metric: str, each: np.ndarray, label: str) -> None:
    found, own = group(metric, label), label == CITY
    test = stats.ttest_ind(each[own], each[~own], equal_var=False)
    low, high = test.confidence_interval()
    assert found.value == pytest.approx(each[own].mean())
    assert found.rest == pytest.approx(each[~own].mean())
    assert found.z == pytest.approx(test.statistic)
    assert found.p == pytest.approx(test.pvalue, rel=1e-9)
    assert (found.difference_low, found.difference_high) == pytest.approx((low, high))


def test_root_mean_squared_error_is_the_root_with_the_same_sign_of_difference() -> None:
    found, square = group("rmse", "c"), group("mse", "c")
    assert found.value == pytest.approx(square.value**0.5)
    assert found.rest == pytest.approx(square.rest**0.5)
    assert found.p < 0.001


def test_coverage_of_a_group_has_wilsons_interval() -> None:
    found, own = group("coverage@0.9", "c"), CITY == "c"
    inside = (np.abs(F - Y) <= 8)[own]
    assert found.value == inside.mean()
    assert (found.part, found.of) == (inside.sum(), own.sum())
    wanted = stats.binomtest(int(inside.sum()), int(own.sum())).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))


def test_share_of_the_error_is_that_of_the_group() -> None:
    found, e = group("mae", "c"), np.abs(F - Y)
    assert found.share_of_failures == pytest.approx(e[CITY == "c"].sum() / e.sum())
    squares = e**2
    assert group("rmse", "c").share_of_failures == pytest.approx(squares[CITY == "c"].sum() / squares.sum())


def test_frequency_weights_equal_rows_written_out() -> None:
    times = RNG.integers(1, 4, N)
    weighted = replace(cases_of(), weight=times.astype(float), frequency=True)
    written = cases_of().at(np.repeat(np.arange(N), times))
    a, b = group("mae", "b", weighted), group("mae", "b", written)
    assert (a.value, a.z, a.p, a.low) == pytest.approx((b.value, b.z, b.p, b.low), rel=1e-6)


def test_scale_of_sampling_weights_does_not_matter() -> None:
    a, b = (group("mae", "b", replace(cases_of(), weight=factor * W)) for factor in (1.0, 1e6))
    assert (a.value, a.z, a.p, a.n) == pytest.approx((b.value, b.z, b.p, b.n))


def test_copies_that_belong_together_tell_no_more_than_one() -> None:
    copied = cases_of().at(np.repeat(np.arange(N), 10))
    together = replace(copied, together=np.repeat(np.arange(N), 10))
    once, many = group("mae", "c"), group("mae", "c", together)
    assert many.z == pytest.approx(once.z, rel=0.02)
    assert many.n == once.n


def test_the_worst_group_is_found_and_the_others_are_not() -> None:
    tables = corrected([Comparison.of(cases_of(), "mae").table(grouping(PREDICTIONS.source, c)) for c in ("city",)])  # fmt: skip
    found = worst_groups(PREDICTIONS.source, tables, cases_of().rows)
    assert [one.group.label for one in found.groups] == ["c"]


def test_one_group_alone_has_no_rest() -> None:
    only = cases_of().at(CITY == "a")
    found = group("mae", "a", only)
    assert found.reason == "there are no other rows"
    assert np.isnan(found.difference)


def test_a_metric_that_cannot_be_compared_is_refused_with_the_near_ones() -> None:
    with pytest.raises(DataError, match=r"coverage@0\.9"):
        Comparison.of(cases_of(), "coverage@0.8")


def test_the_offered_metrics_can_all_be_compared() -> None:
    for spec in comparable_metrics("regression"):
        assert group(spec.key, "a").value == group(spec.key, "a").value


@pytest.mark.parametrize("metric", ["mae", "rmse", "bias", "mse", "interval_score", "coverage@0.8", "smape"])
@pytest.mark.parametrize("unit", [1e147, 1e60, 1e-60, 1e-148])
@pytest.mark.parametrize("together", [False, True])
def test_groups_of_huge_and_tiny_numbers_compare_as_they_do_in_another_unit(metric: str, unit: float, together: bool) -> None:  # fmt: skip
    y, f = Y[:180] + 1, F[:180] + 1
    tables = []
    for size in (1.0, unit):
        frame = pd.DataFrame({"y": y * size, "f": f * size, "lo": (f - 8) * size, "hi": (f + 8) * size, "city": CITY[:180], "k": np.arange(180) // 3})  # fmt: skip
        named = {"group": "k"} if together else {}
        found = read(frame, y_true="y", y_pred="f", interval={"0.8": "lo,hi"}, task="regression", **named)  # type: ignore[arg-type]
        tables.append(Comparison.of(found.judged(), metric).table(grouping(found.source, "city")))
    power = {"mse": (unit, unit), "coverage@0.8": (), "smape": ()}.get(metric, (unit,))
    for plain, far in zip(tables[0].groups, tables[1].groups, strict=True):
        assert (far.z, far.p) == pytest.approx((plain.z, plain.p), rel=1e-9, nan_ok=True)
        for name in ("value", "low", "high", "rest", "difference", "difference_low", "difference_high"):
            value = getattr(far, name)
            for step in power:
                value /= step
            assert value == pytest.approx(getattr(plain, name), rel=1e-9, nan_ok=True), name
        assert far.share_of_failures == pytest.approx(plain.share_of_failures, rel=1e-9)
