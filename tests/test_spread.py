"""How far a chosen cut may move: like choosing again on rows drawn again, and it knows weights, groups and amounts."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from scipy.stats import ks_2samp, norm

import metrics_core as mc
from metrics_core.cases import BinaryCases
from metrics_core.decisions import spread as module
from metrics_core.decisions.at_prevalence import at_prevalence
from metrics_core.decisions.certificates import certify
from metrics_core.decisions.choice import choose
from metrics_core.decisions.constraints import Capacity, read_constraints
from metrics_core.decisions.costs import Costs
from metrics_core.decisions.objectives import Objective
from metrics_core.decisions.promised import Promised
from metrics_core.decisions.rule import Rule
from metrics_core.decisions.spread import Spread, spread_of
from metrics_core.errors import DataError
from metrics_core.reduce import score_tally
from metrics_core.tally import ScoreTally
from tests.tables import Rows, random_rows, some_rows

ROWS = random_rows(31, 400, share=0.3)
BEST_F1 = Rule(Objective.read(maximize="f1"))
BY_AMOUNT = Rule(Objective.read(minimize="cost", costs=Costs.read(fp="1", fn="amount")))


def recall_under(*constraints: str) -> Rule:
    return Rule(Objective.read(maximize="recall"), read_constraints(constraints))


def width(found: Spread) -> float:
    return found.high - found.low


def cases_of(drawn: Rows, *, together: NDArray[np.int64] | None = None, amount: NDArray[np.float64] | None = None) -> BinaryCases:  # fmt: skip
    return replace(drawn.cases(), together=together, amount=amount)


def hard_rows(seed: int, n: int, share: float = 0.15) -> Rows:
    """Rows of two normal distributions, AUC 0.82."""
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < share
    return Rows(positive, rng.normal(size=n) + 1.2945 * positive)


# ------------------------------------------------------------------------------------------------ what is drawn


def row_by_row(drawn: Rows, replicates: int) -> NDArray[np.float64]:
    """Best F1 cut of rows drawn with replacement, the lowest of equal ones, tried at every score that was drawn."""
    rng = np.random.default_rng(99)
    found = []
    for _ in range(replicates):
        again = drawn.at(rng.integers(0, len(drawn), len(drawn)))
        cuts = np.unique(again.score)
        flagged = again.score >= cuts[:, np.newaxis]
        f1 = 2 * (flagged & again.positive).sum(1) / (flagged.sum(1) + again.positive.sum())
        found.append(cuts[np.flatnonzero(f1 >= f1.max() - 1e-12)[0]])
    return np.array(found)


@pytest.mark.parametrize("levels", [None, 12], ids=["distinct", "tied"])
def test_the_cuts_are_those_of_rows_drawn_again_one_by_one(levels: int | None) -> None:
    drawn = random_rows(32, 60, levels=levels)
    ours = spread_of(drawn.tally(), BEST_F1, replicates=4000).draws
    assert ks_2samp(ours, row_by_row(drawn, 4000)).statistic < 0.04
    assert set(ours) <= set(drawn.score)


@given(drawn=some_rows(min_size=2))
@settings(max_examples=15)
def test_the_interval_holds_the_chosen_cut_and_every_draw_is_a_cut_of_the_rows(drawn: Rows) -> None:
    found, choice = spread_of(drawn.tally(), BEST_F1, replicates=100), choose(drawn.tally(), BEST_F1)
    if choice.threshold is None or np.isnan(found.low):
        return
    assert found.low <= choice.threshold <= found.high
    cuts = {*drawn.score.tolist(), float(np.nextafter(drawn.score.max(), np.inf))}
    assert set(found.draws[~np.isnan(found.draws)].tolist()) <= cuts


def test_the_flagged_share_is_that_of_each_drawn_cut_on_the_rows_at_hand() -> None:
    found = spread_of(ROWS.tally(), BEST_F1)
    np.testing.assert_allclose(found.flagged, [(ROWS.score >= cut).mean() for cut in found.draws])
    assert found.flagged_low < (ROWS.score >= choose(ROWS.tally(), BEST_F1).threshold).mean() < found.flagged_high  # fmt: skip


def test_the_seed_decides_the_draws() -> None:
    first, again, other = (spread_of(ROWS.tally(), BEST_F1, seed=seed).draws for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_higher_level_is_wider_and_more_rows_are_narrower() -> None:
    few, many = (hard_rows(1, n).tally(margin=True) for n in (500, 16_000))
    assert width(spread_of(few, BEST_F1, level=0.8)) < width(spread_of(few, BEST_F1, level=0.99))
    capped = Rule(Objective.read(maximize="recall"), (Capacity.read("20%"),))
    # a quantile settles with the root of the number of rows
    assert width(spread_of(many, capped)) / width(spread_of(few, capped)) == pytest.approx(32**-0.5, rel=0.4)


def test_the_interval_holds_the_best_cut_of_endless_rows_about_as_often_as_it_says() -> None:
    at = np.linspace(-3, 5, 8001)
    best = at[np.argmax(norm.sf(at - 1.2945) - norm.sf(at))]
    rule = Rule(Objective.read(maximize="youden_j"))
    found = [
        spread_of(hard_rows(i, 400).tally(margin=True), rule, seed=i, replicates=200) for i in range(100)
    ]
    assert np.mean([f.low <= best <= f.high for f in found]) > 0.88
    assert np.mean([width(f) for f in found]) < 1.3  # of scores that reach from -3 to 4


# ------------------------------------------------------------------------------------------------ many scores


@pytest.mark.parametrize(
    "rule",
    [BEST_F1, recall_under("precision>=0.6"), Rule(BEST_F1.objective, (Capacity.read("150"),))],
    ids=["f1", "precision", "capacity"],
)
def test_merged_scores_give_the_cuts_that_all_scores_give(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    tally = hard_rows(2, 8000).tally(margin=True)
    merged = spread_of(tally, rule)
    monkeypatch.setattr(module, "score_cells", lambda t, *_: np.arange(t.score.size))
    every = spread_of(tally, rule, replicates=500)
    assert ks_2samp(merged.flagged, every.flagged).statistic < 0.1
    assert (merged.flagged_low, merged.flagged_high) == pytest.approx(
        (every.flagged_low, every.flagged_high), abs=0.012
    )


def test_merging_scores_does_not_hide_the_few_cuts_that_may_be_chosen() -> None:
    tally = random_rows(33, 5000, share=0.3).tally()
    (certificate,) = certify(tally, ["precision>=0.75"])
    assert len(certificate.cuts) > 0
    found = spread_of(tally, Rule(Objective.read(maximize="recall"), (Promised(certificate),)))
    assert set(found.draws) <= set(certificate.cuts)
    assert found.infeasible == 0
    assert found.note == "kept on the rows at hand in every resample: promise precision>=0.75"


def test_bins_give_the_interval_of_their_scores() -> None:
    exact = hard_rows(3, 3000).tally(margin=True)
    start = np.arange(0, exact.score.size, 3)
    top = exact.score[np.append(start[1:], exact.score.size) - 1]
    pos, neg = (np.add.reduceat(side, start) for side in (exact.pos, exact.neg))
    empty = np.array([-9.0])  # below all scores, without rows
    binned = ScoreTally(
        *(np.concatenate(pair) for pair in ((empty, exact.score[start]), ([0], pos), ([0], neg))),
        probability=False,
        top=np.concatenate([empty, top]),
    )
    ours, theirs = spread_of(binned, BEST_F1), spread_of(exact, BEST_F1)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.1)
    assert ours.draws.min() > -3


# ------------------------------------------------------------------------------------------------ determined or not


def test_scores_that_say_nothing_do_not_determine_a_cut_and_the_reason_says_so() -> None:
    rng = np.random.default_rng(0)
    found = spread_of(Rows(rng.random(300) < 0.5, rng.random(300)).tally(), Rule(Objective.read(maximize="mcc")))  # fmt: skip
    assert not found.determined
    assert found.why.startswith(
        "the data do not determine the cut: resampled rows put it anywhere between 0."
    )
    assert found.why.endswith("of the rows")
    assert "% of the range of the scores, where it flags" in found.why


def test_classes_that_hardly_overlap_determine_a_cut() -> None:
    found = spread_of(hard_rows(4, 4000).tally(margin=True), BEST_F1)
    assert (found.determined, found.why, found.infeasible) == (True, "", 0.0)


@pytest.mark.parametrize("of", [norm.cdf, lambda x: 0.02 * norm.cdf(x)], ids=["probabilities", "rare"])
def test_the_range_of_the_scores_is_that_of_the_rows(of) -> None:
    drawn = hard_rows(8, 150)
    shrunk = replace(drawn, score=of(drawn.score))
    assert not spread_of(shrunk.tally(), recall_under("precision>=0.3")).determined


def test_a_few_outliers_do_not_stretch_the_range_of_the_scores() -> None:
    rng = np.random.default_rng(0)
    positive, score = rng.random(1000) < 0.5, rng.normal(size=1000)
    score[[0, 1, 2]] = -1e6, 1e6, 1e6
    found = spread_of(Rows(positive, score).tally(margin=True), Rule(Objective.read(maximize="mcc")))
    assert width(found) < 10
    assert not found.determined


def test_a_constraint_that_hangs_on_single_rows_leaves_some_resamples_without_a_cut() -> None:
    found = spread_of(random_rows(34, 60).tally(), recall_under("precision>=0.9", "recall>=0.3"))
    assert 0.05 < found.infeasible < 1
    assert found.infeasible == np.isnan(found.draws).mean() == np.isnan(found.flagged).mean()
    assert not found.determined
    assert found.why == f"the data do not determine the cut: in {found.infeasible:.0%} of the resamples no cut meets the constraints"  # fmt: skip


def test_where_no_resample_has_a_feasible_cut_there_is_no_interval() -> None:
    found = spread_of(random_rows(36, 400).tally(), recall_under("precision>=0.99", "recall>=0.99"))
    assert np.isnan([found.low, found.high, found.flagged_low, found.flagged_high, *found.draws]).all()
    assert (found.infeasible, found.determined) == (1.0, False)
    assert found.why == "in none of the resamples does a cut meet the constraints"


# ------------------------------------------------------------------------------------------------ weights


def test_equal_weights_change_nothing_and_uneven_ones_widen_the_interval() -> None:
    capped = Rule(Objective.read(maximize="recall"), (Capacity.read("20%"),))
    plain = spread_of(ROWS.tally(), capped)
    even = spread_of(replace(ROWS, weight=np.full(len(ROWS), 2.5)).tally(), capped)
    np.testing.assert_array_equal(even.draws, plain.draws)
    uneven = np.random.default_rng(0).choice([0.1, 1.0, 10.0], len(ROWS))
    assert width(spread_of(replace(ROWS, weight=uneven).tally(), capped)) > 1.3 * width(plain)


def test_at_another_prevalence_the_interval_holds_the_cut_chosen_there() -> None:
    tally = hard_rows(6, 2000, share=0.4).tally(margin=True)
    rare = spread_of(tally, at_prevalence(BEST_F1, 0.02))
    threshold = choose(tally, BEST_F1, prevalence=0.02).threshold
    assert rare.low <= threshold <= rare.high
    assert rare.low > spread_of(tally, BEST_F1).high


# ------------------------------------------------------------------------------------------------ groups


def test_rows_repeated_in_groups_are_as_sure_as_one_row_a_group() -> None:
    once = hard_rows(7, 500)
    together = np.repeat(np.arange(500), 8)
    eight = once.at(together)
    grouped = spread_of(eight.tally(margin=True), BEST_F1, cases=cases_of(eight, together=together))
    assert grouped.method == "group_bootstrap"
    assert width(grouped) == pytest.approx(width(spread_of(once.tally(margin=True), BEST_F1)), rel=0.2)
    assert width(spread_of(eight.tally(margin=True), BEST_F1)) < 0.8 * width(grouped)


def test_a_single_group_has_no_interval() -> None:
    found = spread_of(ROWS.tally(), BEST_F1, cases=cases_of(ROWS, together=np.zeros(len(ROWS), dtype=np.int64)))  # fmt: skip
    assert np.isnan([found.low, found.high, found.infeasible]).all()
    assert (found.determined, found.why) == (False, "all rows belong together, so none can be drawn without the others")  # fmt: skip


def test_cases_that_are_not_the_rows_of_the_tally_are_refused() -> None:
    other = cases_of(random_rows(35, 400), together=np.arange(400))
    with pytest.raises(ValueError, match="these are not the rows of the tally"):
        spread_of(ROWS.tally(), BEST_F1, cases=other)


# ------------------------------------------------------------------------------------------------ amounts


def test_equal_amounts_are_a_price_for_each_row() -> None:
    each = Rule(Objective.read(minimize="cost", costs=Costs.read(fp="1", fn="4")))
    cases = cases_of(ROWS, amount=np.full(len(ROWS), 4.0))
    by_amount, by_row = spread_of(score_tally(cases), BY_AMOUNT, cases=cases), spread_of(ROWS.tally(), each)
    assert ks_2samp(by_amount.draws, by_row.draws).statistic < 0.08


def test_a_few_large_amounts_make_the_cut_less_sure() -> None:
    drawn = hard_rows(8, 1000)
    amounts = np.where(np.random.default_rng(0).random(1000) < 0.02, 200.0, 0.2)
    costs = {}
    for name, amount in (("even", np.full(1000, amounts.mean())), ("uneven", amounts)):
        cases = cases_of(drawn, amount=amount)
        costs[name] = width(spread_of(score_tally(cases), BY_AMOUNT, cases=cases))
    assert costs["uneven"] > 1.3 * costs["even"]


def test_a_tally_of_single_rows_needs_no_cases_for_amounts_and_one_of_ties_does() -> None:
    amount = np.random.default_rng(1).lognormal(1, 1, len(ROWS))
    cases = cases_of(ROWS, amount=amount)
    alone, given = (spread_of(score_tally(cases), BY_AMOUNT, cases=c) for c in (None, cases))
    assert ks_2samp(alone.draws, given.draws).statistic < 0.08
    tied = replace(cases, score=np.round(ROWS.score, 1))
    assert spread_of(score_tally(tied), BY_AMOUNT, cases=tied).why == ""
    without = spread_of(score_tally(tied), BY_AMOUNT)
    assert np.isnan(without.low)
    assert without.why == "the costs depend on the amount of each row, and a tally holds only their sums; it takes the rows themselves"  # fmt: skip


def test_amounts_that_the_rule_does_not_use_change_nothing() -> None:
    with_amounts = score_tally(cases_of(ROWS, amount=np.arange(len(ROWS), dtype=np.float64)))
    np.testing.assert_array_equal(
        spread_of(with_amounts, BEST_F1).draws, spread_of(ROWS.tally(), BEST_F1).draws
    )


# ------------------------------------------------------------------------------------------------ settings, record


def test_a_capacity_per_day_is_named_as_kept_on_the_rows_at_hand() -> None:
    capacity = Capacity.read("3", per="day").bound(ROWS.score, np.arange(len(ROWS)) // 40)
    found = spread_of(ROWS.tally(), Rule(Objective.read(maximize="recall"), (capacity,)))
    assert found.note == "kept on the rows at hand in every resample: flagged<=3 per day"
    assert found.infeasible == 0


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_that_is_no_fraction_is_refused(level: float) -> None:
    with pytest.raises(DataError, match=rf"^The level of an interval is a fraction between 0 and 1, such as 0\.95, not {level}\.$"):  # fmt: skip
        spread_of(ROWS.tally(), BEST_F1, level=level)


def test_few_replicates_are_refused() -> None:
    with pytest.raises(DataError, match=r"^99 replicates are too few for an interval: take 100 or more\.$"):
        spread_of(ROWS.tally(), BEST_F1, replicates=99)


def test_a_tally_with_leading_axes_is_refused() -> None:
    tally = ScoreTally(np.array([0.1, 0.2]), np.ones((3, 2)), np.ones((3, 2)))
    with pytest.raises(ValueError, match="one tally at a time"):
        spread_of(tally, BEST_F1)


def test_without_rows_there_is_no_interval() -> None:
    nothing = ScoreTally(np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    assert spread_of(nothing, BEST_F1).why == "there are no rows"


def test_the_record_is_strict_json_with_null_for_what_is_undefined() -> None:
    found = spread_of(ROWS.tally(), BEST_F1).to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert list(found) == ["low", "high", "level", "method", "replicates", "infeasible", "determined", "flagged_share"]  # fmt: skip
    empty = ScoreTally(np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    none = spread_of(empty, BEST_F1, replicates=100).to_dict()
    json.dumps(none, allow_nan=False)
    assert (none["low"], none["infeasible"], none["reason"]) == (None, None, "there are no rows")


def test_the_f1_cut_of_a_real_file_is_determined(shared_data) -> None:
    predictions = mc.read(shared_data("adult_income_binary.csv"), y_score="y_score")
    tally = score_tally(predictions.judged("y_score"))
    found = spread_of(tally, BEST_F1)
    assert found.determined
    assert found.low < choose(tally, BEST_F1).threshold < found.high
    assert 0.02 < width(found) < 0.2
