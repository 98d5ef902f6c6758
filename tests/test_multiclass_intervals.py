"""Intervals of many classes against slow and independent computations, and at the edges."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import metrics_core as mc
from metrics_core.auc_influence import mean_auc
from metrics_core.auc_interval import auc_interval, delong_variance
from metrics_core.intervals import intervals_of
from metrics_core.metrics.registry import metrics_of
from metrics_core.rate_interval import wilson
from metrics_core.reduce import tallies_of
from metrics_core.reduce.scores import tally_of
from metrics_core.tally import ConfusionTally, OneVsOne, OneVsRest
from metrics_core.values import Interval
from tests.class_tables import ClassRows, class_rows, judged, random_classes, some_classes, value

SPECS = metrics_of("multiclass")
Z = 1.959963984540054

# ------------------------------------------------------------------------------------------------ standard error of AUCs


def slow_value(drawn: ClassRows, weight: NDArray[np.float64], *, one_vs_one: bool) -> float:
    """Mean of the AUCs by counting pairs of rows."""
    k, found = drawn.n_classes, []
    for a in range(k):
        for b in range(k) if one_vs_one else [-1]:
            pos = (drawn.truth == a) & (weight > 0)
            neg = ((drawn.truth == b) if one_vs_one else (drawn.truth != a)) & (weight > 0)
            if a != b and pos.any() and neg.any():
                s, t = drawn.p[pos, a][:, np.newaxis], drawn.p[neg, a]
                pairs = np.outer(weight[pos], weight[neg])
                found.append(float((pairs * ((s > t) + (s == t) / 2)).sum() / pairs.sum()))
    return float(np.mean(found))


def auc_error(drawn: ClassRows, *, one_vs_one: bool, frequency: bool = False) -> Any:
    spec = next(s for s in SPECS if s.of is (OneVsOne if one_vs_one else OneVsRest))
    cases = drawn.cases(frequency=frequency)
    return mean_auc(cases, float(value(spec, tallies_of(cases))), Z, one_vs_one=one_vs_one)


every_auc = pytest.mark.parametrize("one_vs_one", [False, True], ids=["one against rest", "one against one"])


@every_auc
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_influence_of_a_row_is_what_a_little_more_of_it_changes(one_vs_one: bool, weighted: bool) -> None:
    drawn = random_classes(1, 30, 3, levels=12, weighted=weighted)
    weight = np.ones(30) if drawn.weight is None else drawn.weight
    changed = np.empty(30)
    for i in range(30):
        more, less = weight.copy(), weight.copy()
        more[i] += 1e-5
        less[i] -= 1e-5
        changed[i] = (
            slow_value(drawn, more, one_vs_one=one_vs_one) - slow_value(drawn, less, one_vs_one=one_vs_one)
        ) / 2e-5
    found = auc_error(drawn, one_vs_one=one_vs_one).influence
    # the small-sample factors of the sides stretch it by a few per cent
    assert np.corrcoef(found, changed)[0, 1] > 0.998
    assert 1 < np.linalg.norm(found) / np.linalg.norm(changed) < 1.1


@every_auc
def test_standard_error_of_the_mean_auc_is_that_of_the_jackknife(one_vs_one: bool) -> None:
    drawn = random_classes(2, 120, 4)
    without = []
    for i in range(120):
        weight = np.ones(120)
        weight[i] = 0
        without.append(slow_value(drawn, weight, one_vs_one=one_vs_one))
    jackknife = sqrt(119 / 120 * float(((np.array(without) - np.mean(without)) ** 2).sum()))
    assert auc_error(drawn, one_vs_one=one_vs_one).error == pytest.approx(jackknife, rel=0.02)


@every_auc
@pytest.mark.parametrize("frequency", [False, True], ids=["sampling", "frequency"])
@pytest.mark.parametrize("seed", range(4))
def test_two_classes_of_opposite_probabilities_get_the_interval_of_the_one_auc(
    one_vs_one: bool, frequency: bool, seed: int
) -> None:
    """By DeLong, by DeLong on the logit scale, and by Hanley and McNeil."""
    drawn = random_classes(seed, 200, 2, levels=40, weighted=seed % 2 == 1, sure=(0.5, 1.5, 2.5, 3.5)[seed])
    p = np.stack([1 - drawn.p[:, 1], drawn.p[:, 1]], 1)
    drawn = ClassRows(drawn.truth, p, None, drawn.weight)
    tally = tally_of(p[:, 1], drawn.truth == 1, drawn.weight, frequency=frequency)
    w = np.ones(200) if drawn.weight is None else drawn.weight
    n = [
        w[side].sum() if frequency else w[side].sum() ** 2 / (w[side] ** 2).sum()
        for side in (drawn.truth == 1, drawn.truth == 0)
    ]
    theirs = auc_interval(tally, n[0], n[1], Z)
    found = auc_error(drawn, one_vs_one=one_vs_one, frequency=frequency)
    assert found.error == pytest.approx(sqrt(float(delong_variance(tally))), rel=1e-9)
    # Hanley and McNeil's formula is another one when the sides change places; the mean of both is taken
    near = 3e-3 if theirs.method == "hanley_mcneil" else 1e-9
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=near)


def test_correlated_classes_do_not_make_the_mean_surer_than_a_single_auc() -> None:
    """Three classes whose AUCs rest on the same rows: the same class three times would be one number, not three."""
    drawn = random_classes(3, 300, 3)
    found = auc_error(drawn, one_vs_one=False)
    alone = [sqrt(float(delong_variance(tally_of(drawn.p[:, c], drawn.truth == c)))) for c in range(3)]
    independent = sqrt(sum(x * x for x in alone)) / 3
    assert independent < found.error < sum(alone) / 3


def test_class_without_a_row_out_of_order_still_widens_the_interval() -> None:
    drawn = random_classes(4, 200, 3)
    perfect = drawn.p.copy()
    perfect[:, 0] = drawn.truth == 0
    surer = ClassRows(drawn.truth, perfect)
    found = auc_error(surer, one_vs_one=False)
    assert found.unseen[0] > 0
    assert found.unseen[1] == 0
    assert (
        found.low
        < float(value(next(s for s in SPECS if s.of is OneVsRest), surer.tallies())) - Z * found.error
    )


# ------------------------------------------------------------------------------------------------ against other ways


def spans(drawn: ClassRows, **options: Any) -> dict[str, Interval]:
    asked = {k: options.pop(k) for k in ("keys", "level", "seed", "replicates") if k in options}
    return intervals_of(judged(drawn, **options), **asked)


def test_accuracy_has_wilsons_interval() -> None:
    drawn = random_classes(5, 200, 4)
    found = spans(drawn, keys=["accuracy", "error_rate", "top_3_accuracy"])
    hits = int((drawn.decided == drawn.truth).sum())
    assert (found["accuracy"].low, found["accuracy"].high) == pytest.approx(
        tuple(map(float, wilson(hits, 200)))
    )
    assert (found["error_rate"].low, found["error_rate"].high) == pytest.approx(
        tuple(map(float, wilson(200 - hits, 200)))
    )
    assert found["top_3_accuracy"].method == "wilson"


def test_accuracy_of_sampling_weights_counts_on_the_effective_rows() -> None:
    drawn = random_classes(6, 200, 4, weighted=True)
    assert drawn.weight is not None
    n = drawn.weight.sum() ** 2 / (drawn.weight**2).sum()
    share = float(np.average(drawn.decided == drawn.truth, weights=drawn.weight))
    found = spans(drawn, keys=["accuracy"])["accuracy"]
    assert (found.low, found.high) == pytest.approx(tuple(map(float, wilson(share * n, n))))


@pytest.mark.parametrize("key", ["brier", "log_loss_clipped"])
def test_interval_of_a_symmetric_loss_is_nearly_the_mean_and_two_standard_errors(key: str) -> None:
    drawn = random_classes(7, 4000, 4)
    loss = (
        ((drawn.p - np.eye(4)[drawn.truth]) ** 2).sum(1)
        if key == "brier"
        else -np.log(drawn.p[np.arange(4000), drawn.truth])
    )
    error = float(loss.std(ddof=1)) / sqrt(4000)
    found = spans(drawn, keys=[key])[key]
    assert (found.low, found.high) == pytest.approx(
        (loss.mean() - Z * error, loss.mean() + Z * error), abs=0.1 * error
    )
    assert found.method == "normal"


def test_interval_of_a_loss_that_few_rows_carry_reaches_farther_up_than_down() -> None:
    p = np.full((100, 2), [0.98, 0.02])
    drawn = ClassRows(np.array([0] * 97 + [1] * 3, dtype=np.int32), p)
    found = spans(drawn, keys=["log_loss_clipped"])["log_loss_clipped"]
    mean = 0.97 * -np.log(0.98) + 0.03 * -np.log(0.02)
    assert found.low is not None
    assert found.high is not None
    assert found.high - mean > 2 * (mean - found.low)


@pytest.mark.parametrize("key", ["balanced_accuracy", "f1_macro", "mcc"])
def test_draws_of_the_pairs_spread_as_a_bootstrap_of_the_rows_does(key: str) -> None:
    drawn, rng = random_classes(8, 500, 4), np.random.default_rng(1)
    spec = next(s for s in SPECS if s.key == key)
    slow = []
    for _ in range(500):
        again = drawn.at(rng.integers(0, 500, 500))
        slow.append(float(value(spec, tallies_of(again.cases(with_p=False)))))
    found = spans(drawn, keys=[key])[key]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(slow, [0.025, 0.975])), abs=0.012)


def test_frequency_weights_get_the_intervals_of_repeated_rows() -> None:
    drawn, times = random_classes(9, 80, 4), np.random.default_rng(2).integers(1, 4, 80)
    weighted = spans(drawn.weighted(times), frequency=True)
    repeated = spans(drawn.at(np.repeat(np.arange(80), times)))
    for key, span in weighted.items():
        near = 0.02 if key in ("ece", "classwise_ece") else 1e-9  # their rows are drawn in other blocks
        assert (span.low, span.high) == pytest.approx((repeated[key].low, repeated[key].high), abs=near), key


def test_scale_of_sampling_weights_does_not_matter() -> None:
    drawn = random_classes(10, 80, 4, weighted=True)
    assert drawn.weight is not None
    one, other = spans(drawn), spans(drawn.weighted(drawn.weight * 1e6))
    for key, span in one.items():
        assert (span.low, span.high) == pytest.approx((other[key].low, other[key].high), abs=1e-9), key


def test_sampling_weight_of_two_is_not_two_rows() -> None:
    drawn = random_classes(11, 80, 4)
    one, other = spans(drawn), spans(drawn.weighted(np.full(80, 2.0)))
    for key, span in one.items():
        assert (span.low, span.high) == pytest.approx((other[key].low, other[key].high), abs=1e-9), key


# ------------------------------------------------------------------------------------------------ at the edges


@given(
    drawn=some_classes(max_size=10), frequency=st.booleans(), grouped=st.booleans(), seed=st.integers(0, 9)
)
def test_every_interval_holds_its_value_inside_the_range_or_says_why_there_is_none(
    drawn: ClassRows, frequency: bool, grouped: bool, seed: int
) -> None:
    together = np.random.default_rng(seed).integers(0, 3, len(drawn)) if grouped else None
    sample = judged(drawn, together=together, frequency=frequency, k=[2])
    for key, span in intervals_of(sample, replicates=100).items():
        spec = next(s for s in SPECS if s.key == key.replace("@2", "@k"))
        if span.low is None or span.high is None:
            assert span.reason, key
            assert span.low is span.high is None
            continue
        found = sample.metrics.number(key)
        assert span.low < span.high, key
        assert spec.low <= span.low <= found + 1e-12, key
        assert found - 1e-12 <= span.high <= spec.high, key


def test_undefined_value_has_its_reason_instead_of_an_interval() -> None:
    for key, span in spans(class_rows("aaa", "aaa")).items():
        found = judged(class_rows("aaa", "aaa")).metrics
        if found.values[key] is None:
            assert (span.low, span.reason) == (None, found.undefined[key])


def test_infinite_log_loss_says_so() -> None:
    found = spans(class_rows("abcd", "abcc"))["log_loss"]
    assert (found.low, found.high, found.reason) == (None, None, "infinite")


def test_rows_of_one_group_have_no_interval() -> None:
    for key, span in spans(random_classes(1, 20), together=np.zeros(20, dtype=int)).items():
        assert (span.low, span.reason) == (None, "all rows belong together"), key


def test_rows_with_one_loss_have_no_interval_of_it() -> None:
    """Sums of 0.2 and of its square differ by rounding, which is no spread."""
    drawn = ClassRows((np.arange(30) % 5).astype(np.int32), np.full((30, 5), 0.2))
    for key in ("log_loss", "log_loss_clipped", "brier"):
        assert spans(drawn, keys=[key])[key].reason == "every row has the same loss"


@pytest.mark.parametrize("grouped", [False, True], ids=["rows", "groups"])
def test_model_without_a_mistake_is_not_certain(grouped: bool) -> None:
    truth = (np.arange(60) % 4).astype(np.int32)
    found = spans(ClassRows(truth, np.eye(4)[truth]), together=np.arange(60) // 2 if grouped else None)
    for key in (
        "accuracy",
        "balanced_accuracy",
        "f1_macro",
        "mcc",
        "cohen_kappa",
        "top_3_accuracy",
        "roc_auc_ovr_macro",
    ):
        low, high = found[key].low, found[key].high
        assert low is not None, key
        assert 0.8 < low < 0.99, key
        assert high == 1, key
    for key in ("error_rate", "ece", "classwise_ece"):
        assert found[key].low == 0, key
        assert 0.01 < (found[key].high or 0) < 0.2, key


def test_rare_class_with_every_prediction_right_is_not_certain_of_its_precision() -> None:
    """b is predicted four times, always rightly: as one of 600 others may be taken for it, so may 3.8, one half of all."""
    truth = "a" * 500 + "c" * 100 + "b" * 8
    found = spans(class_rows(truth, "a" * 480 + "c" * 100 + "a" * 20 + "b" * 4 + "a" * 4, classes="abc"), keys=["precision_macro"])  # fmt: skip
    precise = (480 / 504 + 80 / 100 + 1) / 3
    assert found["precision_macro"].high == pytest.approx(precise, abs=0.03)
    assert (found["precision_macro"].low or 0) < precise - 0.15


def test_class_that_was_never_found_may_still_be() -> None:
    """None of eight: Wilson's limit is 0.32, half of which is the share of b in the mean."""
    found = spans(class_rows("a" * 500 + "b" * 8, "a" * 508, classes="ab"), keys=["balanced_accuracy"])[
        "balanced_accuracy"
    ]
    assert found.high == pytest.approx(0.5 + float(wilson(0, 8)[1]) / 2, abs=1e-9)


def test_loss_of_a_row_without_weight_may_be_infinite() -> None:
    drawn = random_classes(12, 60, 4)
    drawn.p[0] = np.eye(4)[(drawn.truth[0] + 1) % 4]
    weight = np.r_[0.0, np.ones(59)]
    for together in (None, np.arange(60) // 3):
        found = spans(drawn.weighted(weight), together=together, keys=["log_loss"])["log_loss"]
        assert found.low is not None
        assert found.high is not None
        assert np.isfinite([found.low, found.high]).all()


def test_the_same_seed_gives_the_same_intervals_whichever_metrics_are_asked_for() -> None:
    drawn = random_classes(13, 100, 4)
    every, again = spans(drawn), spans(drawn)
    assert every == again
    for key in ("mcc", "ece", "roc_auc_ovo_macro"):
        assert spans(drawn, keys=[key])[key] == every[key]
    assert spans(drawn, keys=["mcc"], seed=1) != {"mcc": every["mcc"]}


def test_higher_level_is_wider() -> None:
    drawn = random_classes(14, 200, 4)
    narrow, wide = spans(drawn, level=0.8), spans(drawn, level=0.99)
    for key, span in narrow.items():
        assert wide[key].low <= span.low <= span.high <= wide[key].high, key  # type: ignore[operator]  # all have ends


def test_with_groups_every_interval_says_that_groups_were_drawn() -> None:
    found = spans(random_classes(15, 100, 4), together=np.arange(100) // 4)
    assert {span.method for span in found.values()} == {"group_bootstrap"}


def test_groups_of_one_row_give_about_the_intervals_of_rows() -> None:
    drawn = random_classes(16, 300, 4)
    alone, together = spans(drawn), spans(drawn, together=np.arange(300))
    for key, span in alone.items():
        width = (span.high or 0) - (span.low or 0)
        assert (together[key].low, together[key].high) == pytest.approx(
            (span.low, span.high), abs=0.35 * width
        ), key


def test_ten_copies_of_every_row_say_no_more_than_the_rows() -> None:
    drawn = random_classes(21, 200, 4)
    once = spans(drawn, together=np.arange(200))
    copied = spans(drawn.at(np.repeat(np.arange(200), 10)), together=np.repeat(np.arange(200), 10))
    for key, span in once.items():
        width = (span.high or 0) - (span.low or 0)
        assert (copied[key].low, copied[key].high) == pytest.approx(
            (span.low, span.high), abs=0.25 * width
        ), key


def test_draws_of_very_many_pairs_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metrics_core.class_intervals._MAX_DRAWN", 25 * 300)
    drawn = random_classes(17, 400, 5)
    assert judged(drawn).tallies[ConfusionTally].counts.size == 25  # type: ignore[union-attr]  # a confusion has counts
    few = spans(drawn, keys=["mcc"], replicates=1000)["mcc"]
    assert few == spans(drawn, keys=["mcc"], replicates=300)["mcc"]


def test_calibration_of_too_many_rows_and_classes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metrics_core.class_intervals._MAX_CALIBRATED", 100)
    found = spans(random_classes(18, 50, 4), keys=["classwise_ece", "ece"])
    assert found["classwise_ece"].reason == "the rows and classes are too many for a bootstrap of all classes"
    assert found["ece"].low is not None


# ------------------------------------------------------------------------------------------------ of each class


def test_intervals_of_a_class_are_those_of_the_class_against_the_rest() -> None:
    predictions = mc.read(random_classes(19, 150, 4).frame(), y_true="y_true")
    classes = mc.evaluate(predictions, intervals=True, replicates=200).models[0].classes
    for found in classes:
        binary = mc.evaluate(predictions.against_rest(found.label), intervals=True, replicates=200).models[0]
        assert found.intervals is not None
        assert binary.intervals is not None
        assert found.intervals == {key: binary.intervals[key] for key in found.intervals}


def test_many_classes_get_only_the_intervals_that_need_no_draws() -> None:
    predictions = mc.read(random_classes(20, 200, 21).frame(), y_true="y_true")
    found = mc.evaluate(predictions, intervals=True, replicates=100).models[0].classes[0].intervals
    assert found is not None
    assert "recall" in found
    assert "roc_auc" in found
    assert "f1" not in found
