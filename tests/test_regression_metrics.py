"""What holds for every metric of predicted numbers: a new row is tested the moment it stands in its table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core.metrics.registry import metrics_of
from metrics_core.metrics.residuals import NEAR_ZERO
from metrics_core.metrics.spec import MetricSpec
from metrics_core.number_cases import NumberCases
from metrics_core.reduce import tallies_of
from metrics_core.reduce.numbers import grouped_tally, number_tally
from metrics_core.tally import NumberTally, OrderTally
from metrics_core.values import value_of
from tests.number_tables import metrics, numbers, random_numbers, values

SPECS = metrics_of("regression")
every_metric = pytest.mark.parametrize("spec", [pytest.param(s, id=s.key) for s in SPECS])
#: For each reason the registry gives, rows for which it holds.
UNDEFINED: dict[str, NumberCases] = {
    "there are no rows": numbers([], [], levels=(0.9,), lower=np.zeros((0, 1)), upper=np.zeros((0, 1)), deviation=np.zeros(0)),
    "the true values are all the same": numbers([3.0, 3.0], [2.0, 4.0]),
    "every true value is 0": numbers([0.0, 0.0], [1.0, 2.0]),
    "a true value is 0, or nearer to 0 than a hundred-thousandth of their mean size: read wape": numbers([0.0, 1.0], [1.0, 2.0]),
}  # fmt: skip


def value(spec: MetricSpec, cases: NumberCases) -> float:
    tally = tallies_of(cases)[spec.of]
    return float(spec.fn(tally, cases.levels[-1]) if spec.takes_level else spec.fn(tally))


def same(a: Any, b: Any, what: str = "") -> None:
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True, err_msg=what)


def all_same(a: dict[str, float], b: dict[str, float]) -> None:
    assert a.keys() == b.keys()
    for key in a:
        same(a[key], b[key], key)


_FINITE = st.floats(-1e6, 1e6, allow_subnormal=False)


@st.composite
def some_numbers(draw: st.DrawFn, *, min_size: int = 1) -> NumberCases:
    n = draw(st.integers(min_size, 15))
    some = st.lists(_FINITE, min_size=n, max_size=n)
    weight = draw(st.none() | st.lists(st.sampled_from([0.5, 1.0, 2.0, 7.0]), min_size=n, max_size=n))
    return numbers(draw(some), draw(some), weight)


@every_metric
def test_spec_tells_a_reader_what_the_metric_is(spec: MetricSpec) -> None:
    assert spec.label
    assert spec.about.endswith(".")
    assert spec.source
    assert spec.low < spec.high


@given(drawn=some_numbers())
def test_values_lie_in_the_declared_range(drawn: NumberCases) -> None:
    found = values(drawn)
    for spec in SPECS:
        if spec.key in found and not np.isnan(found[spec.key]):
            assert spec.low - 1e-9 <= found[spec.key] <= spec.high + 1e-9, spec.key


@given(drawn=some_numbers(), seed=st.integers(0, 99))
def test_row_order_does_not_matter(drawn: NumberCases, seed: int) -> None:
    found, shuffled = values(drawn), values(drawn.at(np.random.default_rng(seed).permutation(len(drawn))))
    for key in found:
        np.testing.assert_allclose(found[key], shuffled[key], rtol=1e-7, atol=1e-7, equal_nan=True, err_msg=key)  # fmt: skip


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_inputs_are_left_unchanged(weighted: bool) -> None:
    cases = random_numbers(1, weighted=weighted, around=True)
    for part in vars(cases).values():
        if isinstance(part, np.ndarray):
            part.setflags(write=False)
    values(cases)


@every_metric
def test_perfect_prediction_is_best(spec: MetricSpec) -> None:
    cases = random_numbers(2, around=True)
    found = value(spec, replace(cases, predicted=cases.truth, quantiles=np.repeat(cases.truth[:, None], 3, axis=1)))  # fmt: skip
    if spec.better == "neither" or spec.needs:
        return
    assert found == pytest.approx(spec.high if spec.better == "higher" else spec.low, abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("cut", [0, 1, 37, 120])
def test_merged_tallies_equal_the_tally_of_all_rows(weighted: bool, cut: int) -> None:
    cases = random_numbers(3, weighted=weighted, around=True)
    first, second = (tallies_of(cases.at(np.arange(120)[part])) for part in (slice(cut), slice(cut, None)))
    whole = tallies_of(cases)
    merged: dict[Any, Any] = {kind: first[kind] + second[kind] for kind in (NumberTally, OrderTally)}  # type: ignore[operator]  # both can be added
    for spec in SPECS:
        size = 0.9 if spec.takes_level else None
        assert value_of(spec, merged, size)[0] == pytest.approx(value_of(spec, whole, size)[0], rel=1e-9), spec.key  # fmt: skip


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_whole_without_a_part_equals_the_tally_of_the_rest(weighted: bool) -> None:
    cases = random_numbers(4, weighted=weighted, around=True)
    part, rest = cases.at(np.arange(30)), cases.at(np.arange(30, 120))
    found, wanted = number_tally(cases).without(number_tally(part)), number_tally(rest)
    for name in wanted.mean:
        same(found.mean[name], wanted.mean[name], name)
        np.testing.assert_allclose(found.spread[name], wanted.spread[name], rtol=1e-8, err_msg=name)
        same(found.error(name), wanted.error(name), name)


def test_leading_axes_equal_the_tallies_one_by_one() -> None:
    cases = random_numbers(5, weighted=True, around=True)
    code = np.arange(120) % 3
    several = grouped_tally(cases, code, 3)
    for spec in SPECS:
        if spec.of is NumberTally:
            found = spec.fn(several, 0.9) if spec.takes_level else spec.fn(several)
            same(found, [value(spec, cases.at(code == g)) for g in range(3)], spec.key)


def test_weight_two_equals_the_row_twice() -> None:
    cases = random_numbers(6, 40)
    twice = cases.at(np.repeat(np.arange(40), 2))
    all_same(values(replace(cases, weight=np.full(40, 2.0))), values(twice))


@given(factor=st.sampled_from([1e-9, 0.5, 1e9]))
def test_scale_of_the_weights_does_not_matter(factor: float) -> None:
    cases = random_numbers(7, weighted=True)
    assert cases.weight is not None
    all_same(values(replace(cases, weight=cases.weight * factor)), values(cases))


def test_row_of_weight_zero_counts_for_nothing() -> None:
    cases = random_numbers(8, 50, around=True)
    kept = np.arange(50) % 3 > 0
    all_same(values(replace(cases, weight=kept.astype(float))), values(cases.at(kept)))


@every_metric
def test_undefined_value_is_nan_with_its_reason(spec: MetricSpec) -> None:
    assert np.isnan(value(spec, UNDEFINED[spec.undefined_when]))


@every_metric
def test_value_is_defined_where_no_reason_holds(spec: MetricSpec) -> None:
    assert np.isfinite(value(spec, random_numbers(9, around=True)))


def test_what_was_not_predicted_has_no_score_and_says_so() -> None:
    found = metrics(random_numbers(10))
    assert found.values["interval_score"] is None
    assert found.undefined["interval_score"] == "no columns of predicted intervals are named"
    assert found.undefined["gaussian_nll"] == "no column of predicted standard deviations is named"
    assert not any(key.startswith("coverage") for key in found.values)


def test_each_level_of_an_interval_has_its_coverage_and_width() -> None:
    found = values(random_numbers(11, around=True))
    assert found["coverage@0.5"] < found["coverage@0.9"]
    assert found["width@0.9"] == pytest.approx(2 * found["width@0.5"])


@pytest.mark.parametrize(("nearest", "defined"), [(10 * NEAR_ZERO, True), (0.1 * NEAR_ZERO, False)])
def test_percentage_error_refuses_a_truth_next_to_zero(nearest: float, defined: bool) -> None:
    cases = numbers([nearest, 2.0, -1.0], [1.0, 1.0, 1.0])
    assert (metrics(cases).values["mape"] is not None) == defined
    assert metrics(cases).values["wape"] is not None


def test_infinite_is_said_to_be_infinite() -> None:
    found = metrics(numbers([0.0, 1.0], [1.5e200, 1.0]))
    assert found.values["mse"] is None
    assert found.undefined["mse"] == "infinite"
