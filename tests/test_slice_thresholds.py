"""Groups at a common threshold and with thresholds of their own, checked against counting rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

import metrics_core as mc
from metrics_core.decisions.choice import candidates, choose
from metrics_core.decisions.constraints import Capacity, Constraint
from metrics_core.decisions.costs import Costs
from metrics_core.decisions.objectives import Objective
from metrics_core.decisions.rule import Rule
from metrics_core.decisions.separate import (
    equal_fpr,
    equal_opportunity,
    own_thresholds,
    separation_price,
)
from metrics_core.decisions.slices import (
    RATES,
    Sliced,
    base_rate_warning,
    implied_fpr,
    slice_gaps,
    slice_rates,
    sliced_at,
)
from metrics_core.differences import benjamini_hochberg, newcombe, same_rate_p
from metrics_core.errors import DataError
from metrics_core.rate_interval import wilson
from metrics_core.slices import tallies
from metrics_core.tally.outcomes import Outcomes, outcomes
from tests.tables import Rows, random_rows, rows

LABELS = ("a", "b", "c")
F1 = Rule(Objective.read(maximize="f1"))
COST = Rule(Objective.read(minimize="cost", costs=Costs.read(fp="1", fn="4")))


def parts(seed: int, sizes: tuple[int, ...] = (400, 300, 500), **how: Any) -> list[Rows]:
    """Groups whose shares of positives and scores differ."""
    drawn = [random_rows(seed + i, n, share=0.2 + 0.2 * i, levels=50, **how) for i, n in enumerate(sizes)]
    return [replace(part, score=part.score ** (1 + 0.4 * i)) for i, part in enumerate(drawn)]


def sliced(groups: list[Rows], threshold: float = 0.4) -> Sliced:
    return Sliced.of(LABELS[: len(groups)], [part.tally() for part in groups], threshold)


def counted(part: Rows, cut: float) -> NDArray[np.float64]:
    """TP, FP, FN, TN row by row."""
    w = np.ones(len(part)) if part.weight is None else part.weight
    flagged = part.score >= cut
    cells = (part.positive & flagged, ~part.positive & flagged, part.positive & ~flagged, ~part.positive & ~flagged)  # fmt: skip
    return np.array([w[cell].sum() for cell in cells])


# ------------------------------------------------------------------------------------------------ two rates


def test_newcombe_gives_the_interval_of_the_paper() -> None:
    low, high = newcombe(56, 70, 48, 80)
    assert (round(float(low), 4), round(float(high), 4)) == (0.0524, 0.3339)


def test_newcombe_keeps_to_the_range_of_a_difference() -> None:
    low, high = newcombe([10, 0], [10, 10], [0, 20], [20, 20])
    assert (float(high[0]), float(low[1])) == (1.0, -1.0)
    assert np.isnan(newcombe(0, 0, 3, 4)).all()


def test_swapping_the_rates_mirrors_their_difference() -> None:
    low, high = newcombe(15, 34, 3, 34)
    np.testing.assert_allclose(newcombe(3, 34, 15, 34), (-high, -low))


def test_newcombe_holds_the_true_difference_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    k, j = rng.binomial(60, 0.8, 4000), rng.binomial(300, 0.65, 4000)
    low, high = newcombe(k, 60, j, 300)
    assert 0.935 < ((low <= 0.15) & (high >= 0.15)).mean() < 0.965


def test_the_p_value_of_many_rows_is_that_of_chi_squared() -> None:
    table = np.array([[120, 380], [90, 510]])
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert same_rate_p(120, 500, 90, 600) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("k", "n", "j", "m"), [(0, 5, 40, 60), (5, 5, 40, 60), (3, 9, 1, 12), (2, 3, 900, 1000)]
)
def test_the_p_value_of_few_rows_is_mid_p_of_all_tables(k: int, n: int, j: int, m: int) -> None:
    law = stats.hypergeom(n + m, k + j, n)
    chance = law.pmf(np.arange(n + 1))
    seen = law.pmf(k)
    same = np.isclose(chance, seen, rtol=1e-9)
    expected = chance[(chance < seen) & ~same].sum() + chance[same].sum() / 2
    assert same_rate_p(k, n, j, m) == pytest.approx(expected)


def test_without_rows_there_is_no_p_value_and_without_difference_it_is_one() -> None:
    np.testing.assert_array_equal(same_rate_p([0, 5, 0], [0, 5, 5], [3, 9, 0], [4, 9, 9]), [np.nan, 1.0, 1.0])


@pytest.mark.parametrize(
    ("n", "m", "rate"), [(5, 1000, 0.9), (10, 1000, 0.95), (40, 40, 0.5), (300, 3000, 0.05)]
)
def test_equal_rates_are_rarely_called_different(n: int, m: int, rate: float) -> None:
    rng = np.random.default_rng(7)
    p = same_rate_p(rng.binomial(n, rate, 3000), n, rng.binomial(m, rate, 3000), m)
    assert (p <= 0.05).mean() < 0.07
    assert (p <= 0.005).mean() < 0.012


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_values_are_those_of_scipy(p: list[float]) -> None:
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p))


def test_what_was_not_tested_does_not_count_as_a_test() -> None:
    found = benjamini_hochberg([np.nan, 0.02, np.nan, 0.5])
    np.testing.assert_allclose(found, [np.nan, 0.04, np.nan, 0.5])


# ------------------------------------------------------------------------------------------------ rates and gaps


@pytest.mark.parametrize("weighted", [False, True])
def test_rates_are_what_counting_rows_gives(weighted: bool) -> None:
    groups = parts(1, weighted=weighted)
    rates = slice_rates(sliced(groups))
    for i, part in enumerate(groups):
        tp, fp, fn, tn = counted(part, 0.4)
        expected = {"recall": tp / (tp + fn), "fpr": fp / (fp + tn), "precision": tp / (tp + fp),
                    "flagged_share": (tp + fp) / (tp + fp + fn + tn), "prevalence": (tp + fn) / (tp + fp + fn + tn)}  # fmt: skip
        assert {key: float(rates.value(key)[i]) for key in RATES} == pytest.approx(expected)


def test_intervals_are_wilsons_on_the_rows_of_the_rate() -> None:
    groups = parts(2)
    rates = slice_rates(sliced(groups), level=0.9)
    tp, fp, fn, _ = np.array([counted(part, 0.4) for part in groups]).T
    np.testing.assert_allclose(rates.interval("recall"), wilson(tp, tp + fn, 0.9))
    np.testing.assert_allclose(rates.interval("precision"), wilson(tp, tp + fp, 0.9))
    assert rates.frame()["precision_low"].tolist() == rates.interval("precision")[0].tolist()


def test_unequal_weights_widen_the_intervals() -> None:
    """Weights 1 and 3 in equal parts count as 2^2 / 5 = 0.8 of the rows."""
    part = rows("+-" * 50, [0.9, 0.1] * 50, [1.0, 1.0, 3.0, 3.0] * 25)
    rates = slice_rates(sliced([part]))
    np.testing.assert_allclose(rates.interval("prevalence"), np.reshape(wilson(40, 80), (2, 1)))


def test_rates_of_an_evaluation_are_the_same() -> None:
    table = random_rows(3, 600).frame(kind=["x", "y", "y"] * 200)
    predictions = mc.read(table, y_true="y_true", y_score="y_score")
    groups, found = sliced_at(predictions, "kind", 0.45)
    evaluated = mc.evaluate(predictions, threshold=0.45, by=["kind"], intervals=True).models[0].groups
    rates = slice_rates(found)
    assert [level.label for level in groups] == [group.level.label for group in evaluated] == ["x", "y"]
    for key in ("recall", "fpr", "precision"):
        np.testing.assert_array_equal(rates.value(key), [group.metrics.number(key) for group in evaluated])
        np.testing.assert_allclose(rates.interval(key)[0], [group.intervals[key].low for group in evaluated])


def test_groups_hold_the_rows_of_their_filters_only() -> None:
    table = random_rows(4, 500).frame(kind=["x", None, "y", "y", "z"] * 100)
    predictions = mc.read(table, y_true="y_true", y_score="y_score")
    groups, found = sliced_at(predictions, "kind", 0.5, where="kind != 'z'")
    assert found.labels == ("x", "y", "(missing)")
    for level, tally in zip(groups, found.tallies, strict=True):
        mask = predictions.mask(level.where)
        assert int(tally.n_pos) == int(table["y_true"][mask].sum())


def test_a_threshold_inside_a_bin_is_counted_exactly() -> None:
    drawn = random_rows(5, 210_000)
    table = drawn.frame(kind=np.where(np.arange(len(drawn)) < 205_000, "x", "y"))
    _, found = sliced_at(mc.read(table, y_true="y_true", y_score="y_score"), "kind", 0.456789)
    assert not found.tallies[0].exact
    assert int(found.outcomes.tp[0]) == int((drawn.positive & (drawn.score >= 0.456789))[:205_000].sum())


def test_one_tally_of_all_groups_serves_too() -> None:
    table = random_rows(6, 300, levels=20).frame(kind=["x", "y", "y"] * 100)
    predictions = mc.read(table, y_true="y_true", y_score="y_score")
    groups, tally = tallies(predictions, ["kind"])
    whole = Sliced.of([level.label for level in groups], tally, 0.5)
    _, split = sliced_at(predictions, "kind", 0.5)
    np.testing.assert_array_equal(whole.outcomes.fp, split.outcomes.fp)
    np.testing.assert_array_equal(
        own_thresholds(whole, F1, min_support=1).threshold, own_thresholds(split, F1, min_support=1).threshold
    )


def test_groups_need_a_score_of_two_classes() -> None:
    table = random_rows(7, 40).frame(kind=["x", "y"] * 20, flag=[0, 1] * 20)
    with pytest.raises(DataError, match="There is no score column"):
        sliced_at(mc.read(table, y_true="y_true", y_pred="flag"), "kind", 0.5)


@pytest.mark.parametrize("key", RATES)
def test_a_gap_is_to_all_other_groups_together(key: str) -> None:
    groups = parts(8)
    gaps = slice_gaps(slice_rates(sliced(groups)), key)
    for i in range(3):
        others = sum(counted(part, 0.4) for j, part in enumerate(groups) if j != i)
        rest = float(RATES[key](outcomes(*others)))
        own = float(RATES[key](outcomes(*counted(groups[i], 0.4))))
        assert (gaps.value[i], gaps.rest[i], gaps.difference[i]) == pytest.approx((own, rest, own - rest))
    assert ((gaps.low <= gaps.difference) & (gaps.difference <= gaps.high)).all()
    np.testing.assert_allclose(gaps.q, stats.false_discovery_control(gaps.p))


def test_small_groups_are_shown_but_not_tested() -> None:
    gaps = slice_gaps(slice_rates(sliced(parts(9, (400, 300, 12)))), "flagged_share")
    assert gaps.tested == 2
    assert np.isnan([gaps.p[2], gaps.q[2]]).all()
    assert np.isfinite([gaps.low[2], gaps.high[2]]).all()


def test_a_single_group_has_no_rest() -> None:
    gaps = slice_gaps(slice_rates(sliced(parts(10, (400,)))), "recall")
    assert gaps.tested == 0
    assert np.isnan(gaps.difference[0])


# ------------------------------------------------------------------------------------------------ own thresholds


@pytest.mark.parametrize("rule", [F1, COST], ids=["f1", "cost"])
def test_a_group_gets_the_threshold_it_would_get_alone(rule: Rule) -> None:
    groups = parts(11)
    found = own_thresholds(sliced(groups), rule)
    for i, part in enumerate(groups):
        assert found.threshold[i] == choose(part.tally(), rule).threshold
        np.testing.assert_array_equal(
            [found.after.tp[i], found.after.fp[i], found.after.fn[i], found.after.tn[i]],
            counted(part, found.threshold[i]),
        )
    assert found.own.all()


@pytest.mark.parametrize("seed", range(5))
def test_separate_thresholds_never_cost_more(seed: int) -> None:
    groups = parts(20 + 3 * seed)
    whole = random_rows(0, 0)
    for part in groups:
        whole = Rows(np.append(whole.positive, part.positive), np.append(whole.score, part.score))
    best = choose(whole.tally(), COST).threshold
    assert best is not None
    cost = separation_price(own_thresholds(sliced(groups, best), COST), COST).changes["cost"]
    assert (cost.after <= cost.before).all()
    assert cost.all_after == cost.after.sum() <= cost.all_before == cost.before.sum()


def test_small_groups_keep_the_common_threshold_and_say_why() -> None:
    few_positives = rows("-" * 250 + "+" * 9, [0.2] * 250 + [0.9] * 9)
    groups = [parts(12)[0], parts(12)[1].at(slice(0, 60)), few_positives]
    found = own_thresholds(sliced(groups), F1)
    assert found.own.tolist() == [True, False, False]
    assert found.threshold[1:].tolist() == [0.4, 0.4]
    assert found.kept[1:] == ("60 rows are fewer than 200", "9 positive rows are fewer than 10")
    np.testing.assert_array_equal(found.after.fp[1:], found.before.fp[1:])


def test_weighted_rows_count_by_what_they_tell() -> None:
    """Of 400 rows one weighs as much as all the others together: they tell as much as four."""
    part = random_rows(13, 400)
    heavy = replace(part, weight=np.append(np.ones(399), 399.0))
    assert own_thresholds(sliced([heavy]), F1).kept == ("4 rows are fewer than 200",)


def test_a_group_without_a_feasible_threshold_keeps_the_common_one() -> None:
    useless = rows("+---" * 100, [0.5] * 400)
    rule = Rule(Objective.read(maximize="recall"), (Constraint.read("precision>=0.9"),))
    found = own_thresholds(sliced([parts(14)[0], useless]), rule)
    assert found.own.tolist() == [True, False]
    assert "'precision>=0.9' holds at no threshold" in found.kept[1]


@pytest.mark.parametrize(
    "limit", [Constraint.read("flagged<=20"), Capacity.read("20"), Capacity.read("5%", per="day")]
)
def test_a_limit_on_all_rows_cannot_be_kept_by_each_group(limit: Any) -> None:
    with pytest.raises(
        DataError, match=r"limits all rows together, so it cannot be kept by each group by itself\."
    ):
        own_thresholds(sliced(parts(15)), Rule(Objective.read(maximize="f1"), (limit,)))


def test_the_price_is_that_of_the_rows_all_together() -> None:
    groups = parts(16)
    rule = Rule(Objective.read(maximize="f1"), (Constraint.read("precision>=0.5"),))
    found = own_thresholds(sliced(groups), rule)
    price = separation_price(found, rule, costs=Costs.read(fp="1", fn="3"))
    for attribute, cuts in (("before", [0.4] * 3), ("after", found.threshold.tolist())):
        each = np.array([counted(part, cut) for part, cut in zip(groups, cuts, strict=True)])
        tp, fp, fn, tn = each.sum(0)
        expected = {"objective": 2 * tp / (2 * tp + fp + fn), "cost": fp + 3 * fn, "precision": tp / (tp + fp),
                    "recall": tp / (tp + fn), "fpr": fp / (fp + tn), "flagged_share": (tp + fp) / (tp + fp + fn + tn)}  # fmt: skip
        assert {
            key: getattr(change, f"all_{attribute}") for key, change in price.changes.items()
        } == pytest.approx(expected)
        np.testing.assert_allclose(
            getattr(price.changes["precision"], attribute), each[:, 0] / (each[:, 0] + each[:, 1])
        )
        held = price.held if attribute == "before" else price.holds
        assert held == {"precision>=0.5": tp / (tp + fp) >= 0.5}


def test_a_constraint_without_a_value_neither_holds_nor_fails() -> None:
    """Net benefit needs one threshold, and separate ones are several."""
    rule = Rule(Objective.read(maximize="f1"), (Constraint.read("net_benefit>=0"),))
    assert separation_price(own_thresholds(sliced(parts(17)), rule), rule).holds == {"net_benefit>=0": None}


# ------------------------------------------------------------------------------------------------ equal rates


@pytest.mark.parametrize("target", [None, 0.5, 0.93, 1.0])
def test_equal_opportunity_takes_the_highest_threshold_that_reaches_the_recall(target: float | None) -> None:
    groups = parts(18)
    found = equal_opportunity(sliced(groups), target=target)
    tp, _, fn, _ = sum(counted(part, 0.4) for part in groups)
    goal = tp / (tp + fn) if target is None else target
    assert found.target == pytest.approx(goal)
    for part, cut, after in zip(groups, found.threshold, RATES["recall"](found.after), strict=True):
        reached = [
            c for c in candidates(part.tally()) if counted(part, c)[0] >= goal * part.positive.sum() - 1e-9
        ]
        assert cut == max(reached)
        assert after >= goal - 1e-12


@pytest.mark.parametrize("target", [None, 0.0, 0.02, 0.3])
def test_equal_fpr_takes_the_lowest_threshold_within_the_rate(target: float | None) -> None:
    groups = parts(19)
    found = equal_fpr(sliced(groups), target=target)
    _, fp, _, tn = sum(counted(part, 0.4) for part in groups)
    goal = fp / (fp + tn) if target is None else target
    for part, cut, after in zip(groups, found.threshold, RATES["fpr"](found.after), strict=True):
        within = [
            c for c in candidates(part.tally()) if counted(part, c)[1] <= goal * (~part.positive).sum() + 1e-9
        ]
        assert cut == min(within)
        assert after <= goal + 1e-12


def test_equal_recalls_are_nearer_than_those_of_the_common_threshold() -> None:
    found = equal_opportunity(sliced(parts(21, (3000, 3000, 3000))))
    assert np.ptp(RATES["recall"](found.before)) > 0.1
    assert np.ptp(RATES["recall"](found.after)) < 0.05


def test_a_group_without_positives_keeps_the_common_threshold() -> None:
    found = equal_opportunity(sliced([parts(22)[0], rows("---", [0.1, 0.5, 0.9])]))
    assert found.kept[1] == "0 positive rows are fewer than 10"
    assert found.threshold[1] == 0.4


@pytest.mark.parametrize(
    ("make", "target", "says"),
    [
        (equal_opportunity, 0.0, "recall to bring all groups to is a fraction above 0 and at most 1, not 0"),
        (equal_opportunity, 1.2, "above 0 and at most 1, not 1.2"),
        (equal_fpr, 1.0, "false positive rate to bring all groups to is a fraction from 0 to below 1, not 1"),
    ],
)
def test_a_rate_outside_its_range_is_refused(make: Callable[..., Any], target: float, says: str) -> None:
    with pytest.raises(DataError, match=says):
        make(sliced(parts(23)), target=target)


def test_without_positives_there_is_no_recall_to_make_equal() -> None:
    with pytest.raises(DataError, match=r"No row is positive, so there is no recall to make equal\."):
        equal_opportunity(sliced([rows("--", [0.1, 0.9])]))


# ------------------------------------------------------------------------------------------------ what cannot be


def test_different_base_rates_are_warned_about_with_their_numbers() -> None:
    found = base_rate_warning(slice_rates(sliced(parts(24, (2000, 2000, 2000)))), "kind")
    assert found is not None
    share = [f"{100 * part.positive.mean():.1f} %" for part in parts(24, (2000, 2000, 2000))]
    assert f"differs between the groups of 'kind', from {share[0]} in 'a' to {share[2]} in 'c'" in found.text
    assert "Chouldechova 2017; Kleinberg, Mullainathan and Raghavan 2017" in found.text
    assert found.severity == "note"


def test_equal_base_rates_are_no_reason_to_warn() -> None:
    groups = [random_rows(30 + i, 1000) for i in range(3)]
    assert base_rate_warning(slice_rates(sliced(groups)), "kind") is None


@given(st.lists(st.integers(1, 500), min_size=4, max_size=4))
def test_the_false_positive_rate_follows_from_base_rate_precision_and_recall(cells: list[int]) -> None:
    o: Outcomes = outcomes(*cells)
    rates = {key: float(rate(o)) for key, rate in RATES.items()}
    assert implied_fpr(rates["prevalence"], rates["precision"], rates["recall"]) == pytest.approx(
        rates["fpr"]
    )


def test_labels_have_to_fit_the_groups() -> None:
    with pytest.raises(ValueError, match="2 labels do not fit 3 groups"):
        Sliced.of(["a", "b"], [part.tally() for part in parts(25)], 0.5)


def test_real_groups_with_different_base_rates(shared_data: Callable[[str], Path]) -> None:
    """Adult income by sex: the common threshold finds men more often, and equal recalls lower the precision for women."""
    path = shared_data("adult_income_binary.csv")
    _, found = sliced_at(mc.read(path), "sex", 0.5)
    table = pd.read_csv(path)
    flagged = table[table["y_score"] >= 0.5].groupby("sex")["y_true"]
    np.testing.assert_array_equal(found.outcomes.tp, flagged.sum())
    rates = slice_rates(found)
    gap = slice_gaps(rates, "recall")
    assert (gap.low[0], gap.high[0]) == pytest.approx((-0.1102, -0.0232), abs=5e-5)
    equal = equal_opportunity(found)
    recall = RATES["recall"](equal.after)
    assert abs(recall[0] - recall[1]) < 0.002
    price = separation_price(equal, F1)
    assert price.changes["precision"].after[0] < price.changes["precision"].before[0] - 0.05
    warning = base_rate_warning(rates, "sex")
    assert warning is not None
    assert "from 10.9 % in 'Female' to 30.0 % in 'Male'" in warning.text
