"""What a rule is worth on rows it was not chosen on: the splits of row-wise cross-validation, without the rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.model_selection import StratifiedKFold

from metrics_core.cases import BinaryCases
from metrics_core.decisions import honest as module
from metrics_core.decisions.at_prevalence import at_prevalence
from metrics_core.decisions.certificates import certify
from metrics_core.decisions.choice import choose
from metrics_core.decisions.constraints import Capacity, read_constraints
from metrics_core.decisions.costs import Costs
from metrics_core.decisions.honest import Honest, honest_of
from metrics_core.decisions.objectives import Objective
from metrics_core.decisions.prevalence import reweighted
from metrics_core.decisions.promised import Promised
from metrics_core.decisions.rule import Rule
from metrics_core.errors import DataError
from metrics_core.reduce import score_tally
from metrics_core.tally import ScoreTally
from tests.tables import Rows, random_rows, rows, some_rows

BEST_F1 = Rule(Objective.read(maximize="f1"))
BY_AMOUNT = Rule(Objective.read(minimize="cost", costs=Costs.read(fp="1", fn="amount")))
_APART = 1.2945  # AUC 0.82


def recall_under(*constraints: str) -> Rule:
    return Rule(Objective.read(maximize="recall"), read_constraints(constraints))


def hard_rows(seed: int, n: int, share: float = 0.15) -> Rows:
    """Rows of two normal distributions, AUC 0.82."""
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < share
    return Rows(positive, rng.normal(size=n) + _APART * positive)


def true_f1(cut: float, share: float = 0.15) -> float:
    """F1 of a cut on endless rows of that kind."""
    tp, fp = share * norm.sf(cut - _APART), (1 - share) * norm.sf(cut)
    return float(2 * tp / (tp + fp + share))


def tally_of(drawn: Rows) -> ScoreTally:
    return drawn.tally(margin=True)


def cases_of(drawn: Rows, *, together: NDArray[np.int64] | None = None, amount: NDArray[np.float64] | None = None) -> BinaryCases:  # fmt: skip
    return replace(drawn.cases(), together=together, amount=amount)


def counts(found: Honest) -> NDArray[np.float64]:
    assert found.outcomes is not None
    o = found.outcomes
    return np.array([o.tp, o.fp, o.fn, o.tn], dtype=np.float64)


HARD = hard_rows(7, 200)

# ------------------------------------------------------------------------------------------- row by row


def counted(drawn: Rows, train: Any, test: Any) -> NDArray[np.float64]:
    """Choose the lowest cut of the best F1 on some rows and count tp, fp, fn, tn on others."""
    chosen = drawn.at(train)
    cuts = np.unique(chosen.score)
    flagged = chosen.score >= cuts[:, np.newaxis]
    f1 = 2 * (flagged & chosen.positive).sum(1) / (flagged.sum(1) + chosen.positive.sum())
    cut = cuts[np.flatnonzero(f1 >= f1.max() - 1e-12)[0]]
    left = drawn.at(test)
    yes = left.score >= cut
    return np.array([(yes & left.positive).sum(), (yes & ~left.positive).sum(), (~yes & left.positive).sum(), (~yes & ~left.positive).sum()], dtype=np.float64)  # fmt: skip


@pytest.mark.parametrize("digits", [None, 1], ids=["distinct", "tied"])
def test_splitting_the_tally_gives_the_distribution_of_splitting_the_rows(digits: int | None) -> None:
    drawn = HARD if digits is None else replace(HARD, score=np.round(HARD.score, digits))
    theirs = []
    for seed in range(100):
        folds = StratifiedKFold(5, shuffle=True, random_state=seed).split(drawn.score, drawn.positive)
        tp, fp, fn, _ = sum(counted(drawn, train, test) for train, test in folds)
        theirs.append(2 * tp / (2 * tp + fp + fn))
    ours = [honest_of(tally_of(drawn), BEST_F1, seed=i, repeats=1).value for i in range(400)]
    error = np.hypot(np.std(theirs) / 100**0.5, np.std(ours) / 400**0.5)
    assert abs(np.mean(ours) - np.mean(theirs)) < 4 * error
    assert 0.75 < np.std(ours) / np.std(theirs) < 1.33


def all_splits(drawn: Rows) -> Iterator[NDArray[np.float64]]:
    """Pooled counts of every stratified split into two halves."""
    classes = [np.flatnonzero(drawn.positive), np.flatnonzero(~drawn.positive)]
    for ours in combinations(classes[0], classes[0].size // 2):
        for theirs in combinations(classes[1], classes[1].size // 2):
            half = np.isin(np.arange(len(drawn)), [*ours, *theirs])
            yield counted(drawn, half, ~half) + counted(drawn, ~half, half)


def test_the_pooled_counts_are_the_mean_over_all_splits() -> None:
    drawn = rows("--+-+-++-+", [0.1, 0.2, 0.2, 0.3, 0.4, 0.5, 0.5, 0.6, 0.7, 0.9])
    every = np.array(list(all_splits(drawn)))
    found = honest_of(drawn.tally(), BEST_F1, folds=2, repeats=4000)
    assert np.all(np.abs(counts(found) - every.mean(0)) < 4 * every.std(0) / 4000**0.5 + 1e-9)


@given(drawn=some_rows(min_size=4, weighted=False))
@settings(max_examples=20)
def test_every_row_is_counted_once_in_each_repeat(drawn: Rows) -> None:
    found = honest_of(drawn.tally(), BEST_F1, folds=2, repeats=3)
    if found.why:
        return
    tp, fp, fn, tn = counts(found)
    assert (tp + fn, fp + tn) == pytest.approx((drawn.positive.sum(), (~drawn.positive).sum()))
    assert found.by_repeat.size == 3


@pytest.mark.parametrize("size", [3, 30, 300], ids=["fewer rows than blocks", "some", "more"])
def test_every_part_holds_its_share_of_a_class_to_within_one_row(size: int) -> None:
    tally = ScoreTally(np.arange(5000) / 5000, np.zeros(5000, dtype=np.int64), np.ones(5000, dtype=np.int64))
    split = module._Split(tally, np.arange(5000), 5, 8, False)
    held_out = split._dealt(np.random.default_rng(0), size)
    in_block = np.bincount(np.arange(size) % split.blocks, minlength=split.blocks)
    held = (held_out @ in_block).reshape(8, 5)
    assert (held.sum(1) == size).all()
    assert (held.max(1) - held.min(1) <= 1).all()
    assert (held_out.reshape(8, 5, -1).sum(1) == 1).all()


def test_drawing_counts_is_shuffling_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    tally = tally_of(replace(HARD, score=np.round(HARD.score, 1)))
    shuffled = [honest_of(tally, BEST_F1, seed=i, repeats=2).value for i in range(200)]
    monkeypatch.setattr(module, "_SHUFFLED", 0)
    drawn = [honest_of(tally, BEST_F1, seed=i, repeats=2).value for i in range(200)]
    assert abs(np.mean(drawn) - np.mean(shuffled)) < 4 * np.std(shuffled) * (2 / 200) ** 0.5
    assert shuffled != drawn


@pytest.mark.parametrize("times", [1000, 100_000_000])
def test_many_rows_are_as_quick_as_few_and_leave_no_optimism(times: int) -> None:
    tally = tally_of(replace(HARD, score=np.round(HARD.score, 1)))
    found = honest_of(replace(tally, pos=tally.pos * times, neg=tally.neg * times), BEST_F1)
    assert abs(found.optimism) < 1e-4
    assert counts(found).sum() == pytest.approx(200 * times)


# ------------------------------------------------------------------------------------------- what it is for


@pytest.mark.parametrize(
    ("n", "samples", "known"), [(100, 120, 0.106), (300, 120, 0.054), (1000, 80, 0.026), (5000, 25, 0.007)]
)
def test_honest_is_nearer_to_the_truth_on_fresh_rows_than_apparent(n: int, samples: int, known: float) -> None:  # fmt: skip
    """The known optimism of the best F1 at 15 % positives and AUC 0.82 is simulated."""
    found = []
    for seed in range(samples):
        drawn = hard_rows(1000 * n + seed, n)
        estimate, choice = honest_of(tally_of(drawn), BEST_F1, seed=seed), choose(tally_of(drawn), BEST_F1)
        if not estimate.why:  # of 100 rows there are now and then fewer than five positives
            found.append((estimate.apparent, estimate.value, true_f1(choice.threshold)))
    apparent, honest, truth = np.array(found).T
    assert np.mean(apparent - honest) == pytest.approx(known, rel=0.3, abs=0.004)
    assert abs(np.mean(honest - truth)) < 0.3 * np.mean(apparent - truth)
    if n <= 1000:  # of more rows both are off by little but the sample's own luck
        assert np.abs(honest - truth).mean() < np.abs(apparent - truth).mean()


def test_optimism_is_apparent_minus_honest_or_the_other_way_round_where_less_is_better() -> None:
    for rule in (BEST_F1, Rule(Objective.read(minimize="cost", costs=Costs.read(fp="1", fn="5")))):
        found = honest_of(tally_of(HARD), rule)
        assert found.apparent == pytest.approx(choose(tally_of(HARD), rule).value)
        assert found.optimism == rule.objective.direction * (found.apparent - found.value) > 0


def test_a_precision_that_is_just_met_is_missed_on_other_rows() -> None:
    found = honest_of(tally_of(hard_rows(11, 600)), recall_under("precision>=0.6"))
    assert 0.3 < found.constraints["precision>=0.6"] < 0.6
    assert found.undefined == {}


def test_a_limit_on_the_number_of_flags_is_one_for_all_rows() -> None:
    for rule in (Rule(BEST_F1.objective, (Capacity.read("40"),)), recall_under("flagged<=40")):
        found = honest_of(tally_of(hard_rows(12, 1000)), rule)
        assert found.constraints["flagged<=40"] == pytest.approx(40, abs=2)


def test_the_repeats_differ_by_chance_and_the_seed_decides() -> None:
    first, again, other = (honest_of(tally_of(HARD), BEST_F1, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.by_repeat, again.by_repeat)
    assert (first.by_repeat != other.by_repeat).any()
    assert first.by_repeat.min() < first.value < first.by_repeat.max()


def test_trying_some_of_very_many_scores_changes_little_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    tally = tally_of(hard_rows(13, 5000))
    every = honest_of(tally, BEST_F1)
    monkeypatch.setattr(module, "_ALL", 1000)
    monkeypatch.setattr(module, "_SOME", 500)
    some = honest_of(tally, BEST_F1)
    assert some.value == pytest.approx(every.value, abs=0.003)
    assert some.apparent == every.apparent
    assert (every.note, some.note[:9], some.note[-19:]) == ("", "of 5,000 ", " were tried as cuts")


# ------------------------------------------------------------------------------------------- no feasible cut


def test_choices_without_a_feasible_cut_are_left_out_and_counted() -> None:
    tally = random_rows(34, 60).tally()
    rule = recall_under("precision>=0.9", "recall>=0.25")
    found = honest_of(tally, rule)
    assert 0 < found.infeasible < 1
    assert f"in {found.infeasible:.1%} of the choices no cut met the constraints; the rows they would have been counted on are left out" == found.note  # fmt: skip
    assert counts(found).sum() == pytest.approx(60)
    assert not np.isnan(found.value)


def test_where_no_cut_is_feasible_on_all_rows_nothing_is_estimated() -> None:
    found = honest_of(tally_of(HARD), recall_under("precision>=0.99", "recall>=0.99"))
    assert np.isnan([found.value, found.apparent, found.optimism, found.infeasible, *found.by_repeat]).all()
    assert (found.why, found.outcomes) == ("no cut meets the constraints on all rows", None)


def test_where_no_choice_on_fewer_rows_is_feasible_the_apparent_value_stands_alone() -> None:
    # 11 flagged rows of 101 are a share just above 10.89 %; of 80 or 81 rows no number of flags is one
    drawn = rows("+" * 11 + "-" * 90, [(101 - i) / 101 for i in range(101)])
    found = honest_of(drawn.tally(), recall_under("flagged_share>=0.1089", "flagged_share<=0.10892"))
    assert found.apparent == 1
    assert (found.infeasible, found.why) == (
        1,
        "no cut met the constraints in any choice on a part of the rows",
    )
    assert np.isnan([found.value, found.optimism]).all()


@pytest.mark.parametrize(("marks", "why"), [("+" * 4 + "-" * 20, "there are 4 positive rows"), ("+" * 20, "there are 0 negative rows")])  # fmt: skip
def test_fewer_rows_of_a_class_than_parts_cannot_be_split(marks: str, why: str) -> None:
    found = honest_of(rows(marks, [i / 40 for i in range(len(marks))]).tally(), BEST_F1)
    assert found.why == f"{why}, fewer than the 5 parts of a cross-validation"
    assert np.isnan(found.value)


# ------------------------------------------------------------------------------------------- weights


def test_equal_weights_of_a_class_change_nothing() -> None:
    plain = honest_of(tally_of(HARD), BEST_F1)
    even = honest_of(tally_of(replace(HARD, weight=np.full(200, 2.5))), BEST_F1)
    assert (even.value, even.method) == (pytest.approx(plain.value), "cross_validation")
    np.testing.assert_allclose(counts(even), 2.5 * counts(plain))


def test_frequencies_are_that_many_rows() -> None:
    times = np.random.default_rng(0).integers(1, 4, 200)
    weighted = score_tally(replace(HARD, weight=times.astype(np.float64)).cases(margin=True), exact=True)
    by_frequency = replace(weighted, squares=None)
    repeated = tally_of(HARD.at(np.repeat(np.arange(200), times)))
    assert honest_of(by_frequency, BEST_F1).value == honest_of(repeated, BEST_F1).value


def test_uneven_sampling_weights_take_the_rows() -> None:
    drawn = replace(HARD, weight=np.random.default_rng(0).choice([0.5, 1.0, 3.0], 200))
    without = honest_of(tally_of(drawn), BEST_F1)
    assert np.isnan(without.value)
    assert (
        without.why
        == "rows of different weight cannot be told apart in a tally; it takes the rows themselves"
    )
    found = honest_of(tally_of(drawn), BEST_F1, cases=drawn.cases(margin=True))
    assert (found.method, found.why) == ("row_cross_validation", "")
    assert found.apparent == pytest.approx(choose(tally_of(drawn), BEST_F1).value)
    assert 0 < found.optimism < 0.3
    assert counts(found).sum() == pytest.approx(drawn.weight.sum())


def test_rows_of_equal_weight_are_split_like_the_tally() -> None:
    """The rows are split when amounts are asked for; equal ones are a price for each row."""
    each = Rule(Objective.read(minimize="cost", costs=Costs.read(fp="1", fn="4")))
    cases = cases_of(HARD, amount=np.full(200, 4.0))
    by_row = [
        honest_of(score_tally(cases, exact=True), BY_AMOUNT, seed=i, repeats=2, cases=cases)
        for i in range(100)
    ]
    by_tally = [honest_of(tally_of(HARD), each, seed=i, repeats=2).value for i in range(100)]
    assert {found.method for found in by_row} == {"row_cross_validation"}
    values = [found.value for found in by_row]
    assert abs(np.mean(values) - np.mean(by_tally)) < 4 * np.std(by_tally) * (2 / 100) ** 0.5


@pytest.mark.parametrize("grouped", [False, True])
def test_a_rule_at_another_prevalence_is_a_tally_weighted_to_it(grouped: bool) -> None:
    cases = cases_of(HARD, together=np.arange(200) // 2) if grouped else None
    inside = honest_of(tally_of(HARD), at_prevalence(BEST_F1, 0.03), cases=cases)
    outside = honest_of(reweighted(tally_of(HARD), 0.03), BEST_F1, cases=cases)
    assert inside.apparent == pytest.approx(outside.apparent)
    assert inside.value == pytest.approx(outside.value, abs=0.01)
    assert outside.outcomes.positives / outside.outcomes.total == pytest.approx(0.03)


# ------------------------------------------------------------------------------------------- groups


def test_copies_of_a_row_in_a_group_are_held_out_together() -> None:
    together = np.repeat(np.arange(200), 6)
    six = HARD.at(together)
    once = [honest_of(tally_of(HARD), BEST_F1, seed=i).value for i in range(20)]
    grouped = [
        honest_of(tally_of(six), BEST_F1, seed=i, cases=cases_of(six, together=together)) for i in range(20)
    ]
    assert np.mean([g.value for g in grouped]) == pytest.approx(np.mean(once), abs=0.004)
    assert {g.method for g in grouped} == {"group_cross_validation"}
    assert honest_of(tally_of(six), BEST_F1).optimism < 0.5 * grouped[0].optimism


def test_fewer_groups_with_a_class_than_parts_cannot_be_split() -> None:
    together = np.where(HARD.positive, np.arange(200) % 3, np.arange(200))
    found = honest_of(tally_of(HARD), BEST_F1, cases=cases_of(HARD, together=together))
    assert found.why == "there are 3 groups with positive rows, fewer than the 5 parts of a cross-validation"


def test_cases_that_are_not_the_rows_of_the_tally_are_refused() -> None:
    with pytest.raises(ValueError, match="these are not the rows of the tally"):
        honest_of(tally_of(HARD), BEST_F1, cases=cases_of(hard_rows(8, 200), together=np.arange(200)))


# ------------------------------------------------------------------------------------------- amounts


def test_amounts_are_held_out_with_their_rows() -> None:
    drawn = hard_rows(14, 400)
    amount = np.random.default_rng(0).lognormal(1, 1, 400)
    cases = cases_of(drawn, amount=amount)
    tally = score_tally(cases, exact=True)
    found = honest_of(tally, BY_AMOUNT, cases=cases)
    assert found.outcomes.amounts is not None
    assert float(found.outcomes.amounts.total) == pytest.approx(amount.sum())
    assert float(found.outcomes.amounts.positives) == pytest.approx(amount[drawn.positive].sum())
    assert found.value == pytest.approx(float(found.outcomes.fp + found.outcomes.amounts.fn))
    assert 0 < found.optimism < 0.5 * found.apparent


def test_a_tally_of_single_rows_needs_no_cases_for_amounts_and_one_of_ties_does() -> None:
    cases = cases_of(HARD, amount=np.random.default_rng(1).lognormal(1, 1, 200))
    tally = score_tally(cases, exact=True)
    alone, given = (
        [honest_of(tally, BY_AMOUNT, seed=i, cases=c).value for i in range(20)] for c in (None, cases)
    )
    assert np.mean(alone) == pytest.approx(np.mean(given), rel=0.02)
    tied = replace(cases, score=np.round(HARD.score, 1))
    assert honest_of(score_tally(tied, exact=True), BY_AMOUNT, cases=tied).why == ""
    without = honest_of(score_tally(tied, exact=True), BY_AMOUNT)
    assert without.why == "the costs depend on the amount of each row, and a tally holds only their sums; it takes the rows themselves"  # fmt: skip


# ------------------------------------------------------------------------------------------- settings, record


def test_constraints_on_the_cut_itself_have_no_pooled_number_and_say_why() -> None:
    drawn = random_rows(15, 2000, share=0.3)
    (certificate,) = certify(drawn.tally(), ["recall>=0.8"])
    capacity = Capacity.read("300", per="day").bound(drawn.score, np.arange(2000) // 500)
    rule = Rule(BEST_F1.objective, (Promised(certificate), capacity, *read_constraints(["net_benefit>=0"])))
    found = honest_of(drawn.tally(), rule)
    assert list(found.constraints) == ["promise recall>=0.8", "flagged<=300 per day", "net_benefit>=0"]
    assert np.isnan(list(found.constraints.values())).all()
    assert set(found.undefined.values()) == {"it belongs to a cut, and every part has a cut of its own"}
    assert found.note == "kept on all rows in every choice: promise recall>=0.8, flagged<=300 per day"
    assert not np.isnan(found.value)


@pytest.mark.parametrize(("folds", "repeats"), [(1, 20), (5, 0)])
def test_fewer_than_two_parts_or_no_repeat_are_refused(folds: int, repeats: int) -> None:
    with pytest.raises(DataError, match=f"^Cross-validation takes 2 or more parts and 1 or more repeats, not {folds} and {repeats}"):  # fmt: skip
        honest_of(tally_of(HARD), BEST_F1, folds=folds, repeats=repeats)


def test_a_tally_with_leading_axes_is_refused() -> None:
    with pytest.raises(ValueError, match="one tally at a time"):
        honest_of(ScoreTally(np.array([0.1, 0.2]), np.ones((3, 2)), np.ones((3, 2))), BEST_F1)


def test_without_rows_nothing_is_estimated() -> None:
    nothing = ScoreTally(np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    assert honest_of(nothing, BEST_F1).why == "there are 0 positive rows, fewer than the 5 parts of a cross-validation"  # fmt: skip


def test_empty_bins_are_no_cuts() -> None:
    exact = tally_of(replace(HARD, score=np.round(HARD.score, 1)))
    edges = np.union1d(exact.score, np.arange(-9, 9) + 0.05)
    at = np.searchsorted(edges, exact.score)
    pos, neg = np.zeros((2, edges.size), dtype=np.int64)
    pos[at], neg[at] = exact.pos, exact.neg
    binned = ScoreTally(edges, pos, neg, probability=False, top=edges)
    assert honest_of(binned, BEST_F1).value == honest_of(exact, BEST_F1).value


def test_the_record_is_strict_json_with_null_for_what_is_undefined() -> None:
    found = honest_of(tally_of(HARD), recall_under("precision>=0.3")).to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["outcomes"].keys() == {"tp", "fp", "fn", "tn"}
    assert (found["folds"], found["repeats"], found["method"]) == (5, 20, "cross_validation")
    none = honest_of(tally_of(HARD), recall_under("precision>=0.99", "recall>=0.99")).to_dict()
    json.dumps(none, allow_nan=False)
    assert (none["value"], none["optimism"], none["outcomes"]) == (None, None, None)
    assert none["reason"] == "no cut meets the constraints on all rows"
