"""What holds for every multiclass metric: a new row is tested the moment it stands in its table."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, isfinite, isinf
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core import REGISTRY
from metrics_core.metrics.registry import metrics_of
from metrics_core.metrics.spec import MetricSpec, Tallies
from metrics_core.reduce import decided_outcomes, tallies_of
from metrics_core.tally import ConfusionTally, OneVsOne, OneVsRest, RankTally, ScoreTally, SumTally
from metrics_core.tally.confusion import confusion
from metrics_core.values import compute, value_of
from tests.class_tables import ClassRows, class_rows, of_tally, random_classes, some_classes, value

SPECS = metrics_of("multiclass")


def each(specs: Iterable[MetricSpec]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("spec", [pytest.param(s, id=s.key) for s in specs])


every_metric = each(SPECS)
#: What is counted of a decision or of ranks may carry leading axes: slices, replicates.
every_metric_with_axes = each(s for s in SPECS if s.of in (ConfusionTally, RankTally))
#: Pairs of rows are compared, which is no sum over rows.
every_metric_of_sums = each(s for s in SPECS if s.of is not OneVsOne)

NOBODY = class_rows("", "")
ONE_CLASS = class_rows("aaa", "aaa")
THREE_CLASSES = class_rows("abcc", "abca", classes="abc")
TWO_OF_SIXTY = ClassRows(np.array([0, 1], dtype=np.int32), np.full((2, 60), 1 / 60))
#: For each reason the table gives, rows for which it holds.
UNDEFINED: dict[str, list[ClassRows]] = {
    "there are no rows": [NOBODY],
    "it is undefined for every class": [NOBODY],
    "there are no more than three classes": [THREE_CLASSES],
    "only one class occurs": [NOBODY, ONE_CLASS],
    "one class only in the truth or in the predictions": [
        NOBODY, ONE_CLASS, class_rows("aaa", "aba"), class_rows("aba", "aaa"),
    ],
    "there are fewer than two classes with rows, or more than 50 classes": [NOBODY, ONE_CLASS, TWO_OF_SIXTY],
}  # fmt: skip


def same(a: Any, b: Any, tolerance: float = 1e-9, what: str = "") -> None:
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True, err_msg=what)


def values(tallies: Tallies) -> dict[str, float]:
    """Every metric of some rows."""
    return {spec.key: float(value(spec, tallies)) for spec in SPECS}


def all_same(a: dict[str, float], b: dict[str, float]) -> None:
    assert a.keys() == b.keys()
    for key in a:
        same(a[key], b[key], what=key)


def test_every_metric_of_the_design_is_there() -> None:
    averages = [
        f"{of}_{how}" for of in ("precision", "recall", "f1") for how in ("micro", "macro", "weighted")
    ]
    wanted = {
        "accuracy", "error_rate", "balanced_accuracy", "top_3_accuracy", *averages, "cohen_kappa", "mcc",
        "roc_auc_ovr_macro", "roc_auc_ovo_macro", "log_loss", "log_loss_clipped", "brier", "ece", "classwise_ece",
        "expected_cost", "top_k_accuracy@k",
    }  # fmt: skip
    assert {spec.key for spec in SPECS} == wanted


@every_metric
def test_spec_tells_a_reader_what_the_metric_is(spec: MetricSpec) -> None:
    assert spec.label
    assert spec.about.endswith(".")
    assert spec.source
    assert spec.undefined_when
    assert spec.low < spec.high
    assert not spec.mean_of or ("binary", spec.mean_of) in REGISTRY


@given(drawn=some_classes())
def test_values_lie_in_the_declared_range(drawn: ClassRows) -> None:
    tallies = drawn.tallies()
    for spec in SPECS:
        found = float(value(spec, tallies))
        assert np.isnan(found) or spec.low - 1e-9 <= found <= spec.high + 1e-9, spec.key


@given(drawn=some_classes(), seed=st.integers(0, 99))
def test_row_order_does_not_matter(drawn: ClassRows, seed: int) -> None:
    shuffled = drawn.at(np.random.default_rng(seed).permutation(len(drawn)))
    all_same(values(drawn.tallies()), values(shuffled.tallies()))


@given(drawn=some_classes(), seed=st.integers(0, 99))
def test_order_of_the_classes_matters_only_to_ties_of_the_top_k(drawn: ClassRows, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(drawn.n_classes)
    place = np.argsort(order).astype(np.int32)
    turned = ClassRows(place[drawn.truth], drawn.p[:, order], place[drawn.decided], drawn.weight)
    a, b = values(drawn.tallies()), values(turned.tallies())
    all_same(*({k: v for k, v in x.items() if not k.startswith("top_")} for x in (a, b)))


@every_metric
def test_inputs_are_left_unchanged(spec: MetricSpec) -> None:
    tallies = random_classes(1, levels=20).tallies()
    before = _arrays(tallies[spec.of])
    kept = [part.copy() for part in before]
    for part in before:
        part.setflags(write=False)
    value(spec, tallies)
    for part, was in zip(before, kept, strict=True):
        np.testing.assert_array_equal(part, was)


@pytest.mark.parametrize("frequency", [False, True], ids=["sampling", "frequency"])
def test_counting_leaves_the_rows_unchanged(frequency: bool) -> None:
    cases = random_classes(1, weighted=True).cases(frequency=frequency)
    parts = [cases.truth, cases.predicted, cases.probabilities, cases.weight]
    kept = [np.copy(part) for part in parts if part is not None]
    for part in parts:
        assert part is not None
        part.setflags(write=False)
    for exact in (True, False):
        tallies_of(cases, exact=exact)
    for part, was in zip(parts, kept, strict=True):
        np.testing.assert_array_equal(part, was)


@every_metric
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_perfect_prediction_is_best(spec: MetricSpec, weighted: bool) -> None:
    drawn = random_classes(2, 60, weighted=weighted)
    best = float(value(spec, ClassRows(drawn.truth, np.eye(5)[drawn.truth], None, drawn.weight).tallies()))
    sign = 1 if spec.better == "higher" else -1
    for seed in range(5):
        other = ClassRows(drawn.truth, random_classes(seed, 60).p, None, drawn.weight)
        assert sign * best >= sign * float(value(spec, other.tallies()))
    end = spec.high if spec.better == "higher" else spec.low
    assert not isinf(end)
    assert best == pytest.approx(end, abs=1e-12)


@given(drawn=some_classes(min_size=2), seed=st.integers(0, 99), parts=st.integers(2, 4))
def test_merged_tallies_of_any_split_equal_the_tally_of_all_rows(
    drawn: ClassRows, seed: int, parts: int
) -> None:
    of_part = np.random.default_rng(seed).integers(0, parts, len(drawn))
    tallies = [drawn.at(of_part == i).tallies() for i in range(parts)]  # a part may be empty
    whole = drawn.tallies()
    for spec in SPECS:
        if spec.of is not OneVsOne:
            found: Any = tallies[0][spec.of]
            for other in tallies[1:]:
                found = found + other[spec.of]
            same(of_tally(spec, found), value(spec, whole), what=spec.key)


@pytest.mark.parametrize("frequency", [False, True], ids=["sampling", "frequency"])
def test_merged_tallies_keep_the_squared_weights(frequency: bool) -> None:
    drawn = random_classes(4, 80, levels=10, weighted=True)
    half = np.arange(80) % 2 == 0
    whole = drawn.tallies(frequency=frequency)
    parts = [drawn.at(side).tallies(frequency=frequency) for side in (half, ~half)]
    for kind in (ConfusionTally, RankTally, ScoreTally, SumTally, OneVsRest):
        joined: Any = parts[0][kind] + parts[1][kind]  # type: ignore[operator]  # all of these are sums
        for a, b in zip(_arrays(joined), _arrays(whole[kind]), strict=True):
            same(a, b, what=kind.__name__)


def test_merging_rows_without_and_with_weights_counts_the_square_of_a_plain_row_as_one() -> None:
    plain, heavy = class_rows("ab", "aa"), class_rows("ab", "ab").weighted([3.0, 2.0])
    both: Any = [a[ConfusionTally] + b[ConfusionTally] for a, b in ((plain.tallies(), heavy.tallies()), (heavy.tallies(), plain.tallies()))]  # type: ignore[operator]  # sums  # fmt: skip
    for merged in both:
        assert merged.matrix()[:2, :2].tolist() == [[4, 0], [1, 2]]
        assert merged.squares.matrix()[:2, :2].tolist() == [[10, 0], [1, 4]]


def test_merged_bins_of_each_class_equal_the_bins_of_all_rows() -> None:
    drawn = random_classes(5, 400, 3)
    whole = drawn.tallies(exact=False)[OneVsRest]
    parts: Any = [drawn.at(side).tallies(exact=False)[OneVsRest] for side in (slice(150), slice(150, None))]
    for a, b in zip(_arrays(parts[0] + parts[1]), _arrays(whole), strict=True):
        np.testing.assert_array_equal(a, b)


@given(drawn=some_classes(weighted=False))
def test_sampling_weight_of_two_gives_the_values_of_the_row_twice(drawn: ClassRows) -> None:
    twice = drawn.at(np.repeat(np.arange(len(drawn)), 2))
    all_same(values(drawn.weighted(np.full(len(drawn), 2.0)).tallies()), values(twice.tallies()))


@given(drawn=some_classes(weighted=False), seed=st.integers(0, 99))
def test_frequency_weights_count_exactly_as_repeated_rows(drawn: ClassRows, seed: int) -> None:
    times = np.random.default_rng(seed).integers(1, 4, len(drawn))
    weighted = drawn.weighted(times).tallies(frequency=True)
    repeated = drawn.at(np.repeat(np.arange(len(drawn)), times)).tallies()
    for kind in (ConfusionTally, RankTally, ScoreTally, OneVsRest):
        for a, b in zip(_arrays(weighted[kind]), _arrays(repeated[kind]), strict=True):
            np.testing.assert_array_equal(a, b)
    all_same(values(weighted), values(repeated))


@given(drawn=some_classes(weighted=True), factor=st.sampled_from([1e-9, 0.5, 1e9]))
def test_scale_of_the_weights_does_not_matter(drawn: ClassRows, factor: float) -> None:
    assert drawn.weight is not None
    all_same(values(drawn.weighted(drawn.weight * factor).tallies()), values(drawn.tallies()))


@every_metric
def test_row_of_weight_zero_counts_for_nothing(spec: MetricSpec) -> None:
    drawn = random_classes(3, 50, levels=10)
    kept = np.arange(50) % 3 > 0
    drawn.p[~kept] = np.eye(5)[
        (drawn.truth[~kept] + 1) % 5
    ]  # each of them alone would make the log loss infinite
    weighted = drawn.weighted(kept)
    same(value(spec, weighted.tallies()), value(spec, drawn.at(kept).tallies()))


@every_metric
def test_undefined_value_is_nan(spec: MetricSpec) -> None:
    for without in UNDEFINED[spec.undefined_when]:
        assert np.isnan(value(spec, without.tallies())), without


@pytest.mark.parametrize("rows", [NOBODY, ONE_CLASS, THREE_CLASSES, TWO_OF_SIXTY], ids=["no row", "one class", "three classes", "sixty classes"])  # fmt: skip
def test_undefined_value_is_none_with_the_reason_of_its_table_row(rows: ClassRows) -> None:
    tallies = rows.tallies()
    found = compute("multiclass", tallies, k=[2])
    without = {spec.key.replace("@k", "@2"): spec.undefined_when for spec in SPECS if np.isnan(value(spec, tallies))}  # fmt: skip
    assert without
    for key, reason in without.items():
        assert found.values[key] is None
        assert found.undefined[key] == reason
    assert found.undefined.keys() == {key for key, v in found.values.items() if v is None}


def test_rows_that_all_weigh_nothing_have_no_value() -> None:
    found = values(random_classes(1, 20).weighted(np.zeros(20)).tallies())
    assert all(np.isnan(v) for v in found.values()), found


@every_metric
def test_value_is_defined_where_no_reason_holds(spec: MetricSpec) -> None:
    assert isfinite(float(value(spec, random_classes(1, 40).tallies())))


def test_metrics_of_probabilities_say_that_there_are_none() -> None:
    tallies = tallies_of(random_classes(1).cases(with_p=False))
    for spec in SPECS:
        found, reason = value_of(spec, tallies, 2 if spec.takes_k else None)
        assert (found is None) == (spec.needs == "probability"), spec.key
        assert reason == ("there are no probabilities of the classes" if found is None else "")


@every_metric_with_axes
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_leading_axes_equal_the_tallies_one_by_one(spec: MetricSpec, weighted: bool) -> None:
    several = [random_classes(seed, 40 + seed, 4, weighted=weighted) for seed in range(5)]
    several.append(class_rows("aaa", "aaa").weighted(np.ones(3) if weighted else None))
    tallies = [drawn.tallies()[spec.of] for drawn in several]
    found = of_tally(spec, _stack(tallies))
    assert found.shape == (2, 3)
    same(found.ravel(), [float(of_tally(spec, t)) for t in tallies])


@every_metric_with_axes
def test_billions_of_rows_do_not_overflow(spec: MetricSpec) -> None:
    tally = random_classes(4, k=4).tallies()[spec.of]
    assert isinstance(tally, ConfusionTally | RankTally)
    many = tally.with_counts(tally.counts * 10**10) if isinstance(tally, ConfusionTally) else RankTally(tally.counts * 10**10)  # fmt: skip
    same(of_tally(spec, many), of_tally(spec, tally))


@pytest.mark.parametrize("key", ["mcc", "cohen_kappa"])
def test_one_row_of_another_class_among_a_billion_keeps_its_digits(key: str) -> None:
    n = 10**9
    found = float(REGISTRY["multiclass", key].fn(confusion([[n, 1, 0], [1, 1, 0], [0, 0, 0]])))
    # two classes: the binary formulas on exact integers
    tp, fp, fn, tn = 1, 1, 1, n
    exact = (tp * tn - fp * fn) / ((tp + fp) * (tn + fp))
    assert found == pytest.approx(exact, rel=1e-9)


def test_averages_leave_out_classes_without_the_metric() -> None:
    """c is never predicted, so it has no precision; d never occurs: precision of a is 1, of b 1/2."""
    tallies = class_rows("aabc", "aabb").tallies()
    found = values(tallies)
    assert found["precision_macro"] == (1 + 1 / 2) / 2
    assert found["precision_weighted"] == pytest.approx((2 * 1 + 1 * 1 / 2) / 3, abs=1e-15)
    assert found["recall_macro"] == found["balanced_accuracy"] == pytest.approx(2 / 3, abs=1e-15)
    assert found["f1_macro"] == pytest.approx((1 + 2 / 3 + 0) / 3, abs=1e-15)


@given(drawn=some_classes())
def test_micro_averages_are_the_accuracy(drawn: ClassRows) -> None:
    found = values(drawn.tallies())
    for key in ("precision_micro", "recall_micro", "f1_micro", "recall_weighted"):
        same(found[key], found["accuracy"], what=key)
    same(found["error_rate"], 1 - found["accuracy"])
    assert found["expected_cost"] == found["error_rate"]


@given(drawn=some_classes(max_classes=2))
def test_two_classes_are_judged_as_a_binary_model_is(drawn: ClassRows) -> None:
    binary = drawn.cases().against_rest(drawn.labels[-1])
    outcomes = decided_outcomes(binary, None)
    found = values(drawn.tallies())
    for key in ("accuracy", "balanced_accuracy", "mcc", "cohen_kappa"):
        ours, theirs = found[key], float(REGISTRY["binary", key].fn(outcomes))
        if key == "balanced_accuracy" and np.isnan(theirs):  # one class only: its recall is all there is
            continue
        same(ours, theirs, what=key)


def test_true_class_that_was_ruled_out_makes_log_loss_infinite() -> None:
    assert values(class_rows("ab", "aa").tallies())["log_loss"] == inf
    assert isfinite(values(class_rows("ab", "aa").tallies())["log_loss_clipped"])


def test_sure_and_right_rows_have_no_log_loss() -> None:
    assert values(class_rows("ab", "ab").tallies())["log_loss"] == 0.0


def test_sure_and_wrong_row_has_a_brier_score_of_two() -> None:
    assert values(class_rows("a", "b").tallies())["brier"] == 2.0


def test_of_equal_probabilities_the_class_later_in_the_list_counts_first() -> None:
    """All four tie: d stands first, then c, b, a."""
    fourths = [[0.25] * 4] * 4
    tally = class_rows("abcd", "aaaa", fourths).tallies()[RankTally]
    assert isinstance(tally, RankTally)
    assert tally.counts.tolist() == [1, 1, 1, 1]
    top = REGISTRY["multiclass", "top_k_accuracy@k"].fn
    ranks = [class_rows(c, "a", fourths[:1]).tallies()[RankTally] for c in "abcd"]
    assert [[float(top(r, k)) for k in (1, 2, 3, 4)] for r in ranks] == [
        [0, 0, 0, 1],
        [0, 0, 1, 1],
        [0, 1, 1, 1],
        [1, 1, 1, 1],
    ]


def test_more_than_all_classes_always_hold_the_true_one() -> None:
    tally = random_classes(1, 30).tallies()[RankTally]
    assert float(REGISTRY["multiclass", "top_k_accuracy@k"].fn(tally, 99)) == 1.0


def test_top_label_calibration_is_of_the_decision_not_of_the_largest_probability() -> None:
    """The decision b has 0.2 and is right: off by 0.8, not by the 0.7 of a."""
    drawn = class_rows("b", "b", [[0.7, 0.2, 0.1, 0.0]])
    assert values(drawn.tallies())["ece"] == pytest.approx(0.8, abs=1e-15)


def _arrays(tally: Any) -> list[Any]:
    """Every array inside a tally, in a fixed order."""
    found = []
    for name in sorted(vars(tally)):
        part = vars(tally)[name]
        if name not in type(tally).__dataclass_fields__:
            continue  # what was cached
        if isinstance(part, np.ndarray):
            found.append(part)
        elif isinstance(part, dict):
            found += [part[key] for key in sorted(part)]
        elif isinstance(part, tuple):
            found += [array for one in part for array in _arrays(one)]
        elif hasattr(part, "__dataclass_fields__"):
            found += _arrays(part)
    return found


def _stack(several: list[Any]) -> Any:
    """Lay tallies of one kind out over the leading axes (2, 3)."""
    if isinstance(several[0], RankTally):
        return RankTally(np.reshape([t.counts for t in several], (2, 3, -1)))
    nothing = sum(several[1:], several[0])
    nothing = nothing.with_counts(nothing.counts * 0)
    spread = [nothing + t for t in several]
    return nothing.with_counts(np.reshape([t.counts for t in spread], (2, 3, -1)))
