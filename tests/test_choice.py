"""The chosen cut is the one that trying every distinct score on the rows finds, in fractions without rounding."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core.decisions.choice import candidate_outcomes, candidates, choose
from metrics_core.decisions.constraints import Capacity, Constraint
from metrics_core.decisions.costs import Costs
from metrics_core.decisions.objectives import Objective
from metrics_core.decisions.rule import Rule, lowest_best
from metrics_core.reduce.scores import score_tally, tally_of
from metrics_core.tally import ScoreTally
from metrics_core.tally.outcomes import Outcomes
from tests.slow_choice import (
    SIGNS,
    slow_choice,
)
from tests.tables import Rows, random_rows, rows

# --------------------------------------------------------------------------------------------- any rows


@st.composite
def tied_rows(draw: st.DrawFn) -> tuple[Rows, list[float]]:
    """Rows with many ties, weights and amounts that a fraction holds exactly."""
    n = draw(st.integers(1, 20))

    def of(values: list[float]) -> list[float]:
        return draw(st.lists(st.sampled_from(values), min_size=n, max_size=n))

    positive = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    weight = np.array(of([0.5, 1.0, 1.75, 3.0])) if draw(st.booleans()) else None
    score = np.array(of([0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0]))
    return Rows(np.array(positive), score, weight), of([-2.0, -0.5, 0.0, 1.0, 3.25, 100.0])


PRICES = st.sampled_from(["-1", "0", "0.5", "1", "9", "amount", "0.25*amount", "2-amount"])
METRICS = st.sampled_from(["f1", "f3", "f0.25", "mcc", "recall", "precision", "accuracy", "youden_j", "lr_positive"])  # fmt: skip
LOSSES = st.sampled_from(["error_rate", "fpr"])
LIMITS = st.lists(
    st.builds(
        "{} {} {}".format,
        st.sampled_from(["precision", "recall", "specificity", "fpr", "flagged_share", "youden_j"]),
        st.sampled_from(list(SIGNS)),
        st.sampled_from(["0", "0.1", "0.25", "0.5", "0.7", "0.9", "1"]),
    )
    | st.builds(
        "flagged {} {}".format, st.sampled_from(["<=", ">"]), st.sampled_from(["0", "2", "3.5", "7"])
    ),
    max_size=3,
)


@st.composite
def objectives(draw: st.DrawFn) -> Objective:
    """A metric to maximize, a loss to minimize or a cost."""
    kind = draw(st.sampled_from(["gain", "loss", "cost"]))
    if kind == "gain":
        return Objective.read(maximize=draw(METRICS))
    if kind == "loss":
        return Objective.read(minimize=draw(LOSSES))
    prices = [draw(PRICES) for _ in range(4)]
    return Objective.read(
        minimize="cost", costs=Costs.read(*prices if any(p != "0" for p in prices) else "1")
    )


@given(tied_rows(), objectives(), LIMITS)
def test_the_choice_is_that_of_trying_every_score_on_the_rows(drawn: tuple[Rows, list[float]], objective: Objective, limits: list[str]) -> None:  # fmt: skip
    table, amounts = drawn
    tally = score_tally(replace(table.cases(), amount=np.array(amounts)))
    found = choose(tally, Rule(objective, tuple(map(Constraint.read, limits))))
    cut, value = slow_choice(table, amounts, objective, limits)
    assert found.threshold == cut
    assert found.feasible == (cut is not None)
    if value is not None and objective.key != "mcc":
        assert found.value == pytest.approx(float(value), rel=1e-12, abs=1e-12)


@given(tied_rows(), objectives(), LIMITS)
def test_an_infeasible_choice_names_constraints_whose_absence_helps(drawn: tuple[Rows, list[float]], objective: Objective, limits: list[str]) -> None:  # fmt: skip
    table, amounts = drawn
    limits = list(dict.fromkeys(limits))
    tally = score_tally(replace(table.cases(), amount=np.array(amounts)))
    found = choose(tally, Rule(objective, tuple(map(Constraint.read, limits))))
    alone = [x for x in limits if slow_choice(table, amounts, objective, [y for y in limits if y != x])[0] is not None]  # fmt: skip
    if found.feasible:
        assert found.blocking == ()
    elif alone:
        assert [c.text for c in found.blocking] == [Constraint.read(x).text for x in alone]


@given(tied_rows(), st.sampled_from(["f1", "recall", "mcc"]), LIMITS)
def test_leading_axes_are_decided_one_by_one(drawn: tuple[Rows, list[float]], key: str, limits: list[str]) -> None:  # fmt: skip
    table, _ = drawn
    one = table.tally()
    both = ScoreTally(one.score, np.stack([one.pos, one.neg]), np.stack([one.neg, one.pos]))
    rule = Rule(Objective.read(maximize=key), tuple(map(Constraint.read, limits)))
    found = rule.best(candidate_outcomes(both))
    swapped = ScoreTally(one.score, one.neg, one.pos)
    assert found.tolist() == [int(rule.best(candidate_outcomes(t))) for t in (one, swapped)]


# ---------------------------------------------------------------------------------------- what is chosen


def test_of_equal_values_the_lowest_threshold_wins() -> None:
    tally = rows("-+--+", [0.1, 0.2, 0.4, 0.6, 0.8]).tally()
    assert choose(tally, Rule(Objective.read(maximize="recall"))).threshold == 0.1
    assert choose(tally, Rule(Objective.read(minimize="fpr"))).threshold == 0.8


def test_values_that_differ_by_rounding_are_equal() -> None:
    values = np.array([0.5 - 0.2, 0.6 - 0.3, 0.1 + 0.2])
    assert len(set(values.tolist())) > 1
    assert lowest_best(values, np.ones(3, dtype=bool)) == 0
    assert lowest_best(values, np.ones(3, dtype=bool), -1) == 0


def test_flagging_nothing_is_a_candidate() -> None:
    found = choose(rows("--", [0.3, 0.9]).tally(), Rule(Objective.read(minimize="cost")))
    assert found.threshold == np.nextafter(0.9, inf)
    assert found.value == 0
    assert found.ties is None


def test_an_undefined_value_never_wins() -> None:
    values = np.array([np.nan, 1.0, np.nan])
    assert lowest_best(values, np.ones(3, dtype=bool)) == 1
    assert lowest_best(values, np.array([True, False, True])) == -1


def test_an_infinite_value_wins() -> None:
    found = choose(rows("-+-+", [0.1, 0.2, 0.4, 0.6]).tally(), Rule(Objective.read(maximize="lr_positive")))
    assert (found.threshold, found.value) == (0.6, inf)


def test_scores_without_weight_are_no_candidates() -> None:
    tally = rows("+-+", [0.2, 0.5, 0.9], [0.0, 1.0, 1.0]).tally()
    assert candidates(tally).tolist() == [0.5, 0.9, np.nextafter(0.9, inf)]


def test_candidate_outcomes_are_those_of_the_cuts() -> None:
    table = random_rows(3, 200, levels=20, weighted=True)
    tally = score_tally(replace(table.cases(), amount=np.arange(200.0)))
    fast, slow = candidate_outcomes(tally), tally.outcomes(candidates(tally))

    def same(a: Outcomes | None, b: Outcomes | None) -> None:
        assert a is not None
        assert b is not None
        for name in ("tp", "fp", "fn", "tn", "threshold"):
            assert np.array_equal(getattr(a, name), getattr(b, name))

    same(fast, slow)
    same(fast.squares, slow.squares)
    same(fast.amounts, slow.amounts)


def test_bins_that_hold_one_score_each_give_the_choice_of_the_scores() -> None:
    table = random_rows(5, 3000, levels=100)
    rule = Rule(Objective.read(maximize="f1"), (Constraint.read("precision>=0.6"),))
    exact, binned = (choose(tally_of(table.score, table.positive, exact=e), rule) for e in (True, False))
    assert exact.outcomes is not None
    assert binned.outcomes is not None
    assert exact.outcomes.matrix().tolist() == binned.outcomes.matrix().tolist()
    assert exact.value == binned.value


def test_a_tally_with_leading_axes_is_refused() -> None:
    two = ScoreTally(np.array([0.5]), np.ones((2, 1)), np.ones((2, 1)))
    with pytest.raises(ValueError, match="one tally at a time"):
        choose(two, Rule(Objective.read(maximize="f1")))


def test_a_tally_without_rows_has_no_choice() -> None:
    found = choose(ScoreTally(np.zeros(0), np.zeros(0), np.zeros(0)), Rule(Objective.read(maximize="f1")))
    assert not found.feasible
    assert "undefined" in found.reason


def test_the_value_per_row_is_the_cost_over_the_rows() -> None:
    found = choose(rows("+-+-", [0.1, 0.2, 0.3, 0.4]).tally(), Rule(Objective.read(minimize="cost")))
    assert (found.value, found.value_per_row) == (2.0, 0.5)


# ------------------------------------------------------------------------------------------ nothing feasible

CROSSED = rows("-+-+", [0.1, 0.4, 0.6, 0.9])


def rule_of(*texts: str, maximize: str = "f1") -> Rule:
    return Rule(Objective.read(maximize=maximize), tuple(map(Constraint.read, texts)))


def test_two_constraints_that_exclude_each_other_are_both_named() -> None:
    found = choose(CROSSED.tally(), rule_of("precision>=0.9", "recall>=0.9"))
    assert not found.feasible
    assert isnan(found.value)
    assert [c.text for c in found.blocking] == ["precision>=0.9", "recall>=0.9"]


def test_only_the_constraint_in_the_way_is_named() -> None:
    found = choose(CROSSED.tally(), rule_of("recall>=0.5", "precision>=0.9", "flagged>=2"))
    assert [c.text for c in found.blocking] == ["precision>=0.9", "flagged>=2"]
    assert found.reason.startswith("no threshold keeps to all constraints; where the others hold")


def test_constraints_of_which_several_must_go_are_named_together() -> None:
    found = choose(CROSSED.tally(), rule_of("recall>=0.9", "flagged<=1", "specificity>=0.9"))
    assert {c.text for c in found.blocking} == {"recall>=0.9"}
    found = choose(CROSSED.tally(), rule_of("recall>=0.9", "npv>=0.9", "flagged<=1", "specificity>=0.9"))
    assert len(found.blocking) == 4
    assert "2 of" in found.reason


def test_the_nearest_value_of_a_constraint_is_told() -> None:
    found = choose(CROSSED.tally(), rule_of("precision>=0.9", "recall>=0.9"))
    assert found.nearest is not None
    precision, recall = found.nearest["precision>=0.9"], found.nearest["recall>=0.9"]
    assert (precision.value, precision.threshold, precision.holds) == (1.0, 0.9, True)
    assert (precision.beside_value, precision.beside_threshold) == (pytest.approx(2 / 3), 0.4)
    assert (recall.value, recall.threshold) == (1.0, 0.1)
    assert (recall.beside_value, recall.beside_threshold) == (0.5, 0.9)


def test_of_the_cuts_that_meet_a_constraint_the_one_that_just_meets_it_is_told() -> None:
    found = choose(CROSSED.tally(), rule_of("flagged<=3", "recall>=0.9", "specificity>=0.9"))
    assert found.nearest is not None
    assert (found.nearest["flagged<=3"].value, found.nearest["flagged<=3"].threshold) == (3, 0.4)


def test_a_constraint_that_holds_nowhere_tells_how_near_it_comes() -> None:
    found = choose(rows("+-", [0.2, 0.7]).tally(), rule_of("precision>=0.9"))
    assert found.nearest is not None
    assert found.nearest["precision>=0.9"].value == 0.5
    assert not found.nearest["precision>=0.9"].holds
    assert found.reason == "'precision>=0.9' holds at no threshold: the nearest is 0.5 at 0.2"


def test_an_objective_that_is_undefined_everywhere_is_the_reason() -> None:
    found = choose(rows("--", [0.2, 0.7]).tally(), rule_of("flagged<=1", maximize="recall"))
    assert not found.feasible
    assert found.reason == "Recall is undefined at every threshold: no row is positive"


# ------------------------------------------------------------------------------------------------ ties


def test_the_rows_that_share_the_score_of_the_cut_are_counted() -> None:
    found = choose(rows("--+++-", [0.1, 0.5, 0.5, 0.5, 0.9, 0.2]).tally(), Rule(Objective.read(maximize="f1")))  # fmt: skip
    assert found.ties is not None
    assert (found.ties.score, found.ties.rows, found.ties.positives) == (0.5, 3, 2)


def test_a_capacity_inside_ties_gives_the_precision_of_a_draw_by_lot() -> None:
    # 2 rows fit above 0.5; of the 4 rows at 0.5 one is positive, and 2 of them fit
    table = rows("+-+---", [0.9, 0.8, 0.5, 0.5, 0.5, 0.5])
    found = choose(table.tally(), Rule(Objective.read(maximize="recall"), (Capacity.read("4"),)))
    over = found.overflow
    assert found.threshold == 0.8
    assert over is not None
    assert (over.block.rows, over.block.positives, over.room) == (4, 1, 2)
    assert over.precision == pytest.approx((1 + 2 * 1 / 4) / 4)
    assert over.recall == pytest.approx((1 + 2 * 1 / 4) / 2)


def test_the_expected_precision_is_the_mean_over_every_way_to_break_the_ties() -> None:
    table = rows("+-+--+", [0.9, 0.8, 0.5, 0.5, 0.5, 0.5])
    found = choose(table.tally(), Rule(Objective.read(maximize="recall"), (Capacity.read("4"),)))
    tied = [2, 3, 4, 5]
    shares = [np.mean([table.positive[i] for i in (0, 1, *two)]) for two in combinations(tied, 2)]
    assert found.overflow is not None
    assert found.overflow.precision == pytest.approx(float(np.mean(shares)))


def test_a_capacity_that_ends_between_two_scores_has_no_overflow() -> None:
    found = choose(rows("+-+-", [0.9, 0.8, 0.5, 0.4]).tally(), Rule(Objective.read(maximize="recall"), (Capacity.read("50%"),)))  # fmt: skip
    assert found.threshold == 0.8
    assert found.overflow is None


def test_a_capacity_that_is_not_used_up_has_no_overflow() -> None:
    found = choose(rows("+--", [0.9, 0.8, 0.8]).tally(), Rule(Objective.read(maximize="precision"), (Capacity.read("3"),)))  # fmt: skip
    assert found.threshold == 0.9
    assert found.overflow is None
