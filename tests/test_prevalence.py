"""The same scores where positives are rarer or more frequent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core.decisions.choice import choose
from metrics_core.decisions.constraints import Constraint
from metrics_core.decisions.costs import Costs
from metrics_core.decisions.objectives import Objective
from metrics_core.decisions.prevalence import (
    black_box,
    class_factors,
    prevalence_of,
    reweighted,
    saerens,
    transported,
)
from metrics_core.decisions.rule import Rule
from metrics_core.errors import DataError
from metrics_core.metrics import counts
from metrics_core.reduce.scores import score_tally, tally_of
from metrics_core.tally import ScoreTally
from tests.tables import random_rows, rows


def shifted(share: float, n: int = 200_000) -> tuple[np.ndarray, np.ndarray]:
    """Draw scores that are calibrated at one half, of rows of which another share is positive."""
    rng = np.random.default_rng(0)
    positive = rng.random(n) < share
    return 1 / (1 + np.exp(-2 * rng.normal(np.where(positive, 1.0, -1.0), 1))), positive


# ------------------------------------------------------------------------------------------------ weighting


def test_weighting_keeps_recall_and_false_positive_rate() -> None:
    tally = random_rows(1, levels=30, weighted=True).tally()
    before, after = (t.outcomes([0.2, 0.5, 0.8]) for t in (tally, reweighted(tally, 0.03)))
    assert counts.recall(after) == pytest.approx(counts.recall(before))
    assert counts.fpr(after) == pytest.approx(counts.fpr(before))
    assert float(prevalence_of(reweighted(tally, 0.03))) == pytest.approx(0.03)
    assert after.total == pytest.approx(before.total)


def test_precision_at_another_prevalence_is_that_of_bayes() -> None:
    tally = random_rows(1, levels=30).tally()
    recall, fpr = (float(f(tally.outcomes(0.5))) for f in (counts.recall, counts.fpr))
    found = counts.precision(reweighted(tally, 0.03).outcomes(0.5))
    assert float(found) == pytest.approx(recall * 0.03 / (recall * 0.03 + fpr * 0.97))


@pytest.mark.parametrize("frequency", [False, True])
def test_weighting_equals_giving_every_row_its_weight(frequency: bool) -> None:
    drawn = random_rows(2, levels=20, weighted=True)
    amount = np.random.default_rng(2).normal(10, 30, len(drawn))
    cases = replace(drawn.cases(), amount=amount, frequency=frequency)
    tally = score_tally(cases)
    up, down = class_factors(tally, 0.05)
    assert drawn.weight is not None
    factor = np.where(drawn.positive, up, down)
    found = reweighted(tally, 0.05)
    wanted = score_tally(replace(cases, weight=drawn.weight * factor))
    for a, b in ((found, wanted), (found.amounts, wanted.amounts)):
        assert a is not None
        assert b is not None
        assert a.pos == pytest.approx(b.pos)
        assert a.neg == pytest.approx(b.neg)
    squares = tally_of(drawn.score, drawn.positive, (drawn.weight if frequency else drawn.weight**2) * factor**2, frequency=True)  # fmt: skip
    assert found.squares is not None
    assert found.squares.pos == pytest.approx(squares.pos)
    assert found.squares.neg == pytest.approx(squares.neg)


def test_rows_that_counted_once_get_squares() -> None:
    found = reweighted(rows("+--", [0.9, 0.2, 0.2]).tally(), 0.1)
    assert found.squares is not None
    assert found.squares.pos.round(9).tolist() == [0, 0.09]
    assert found.squares.neg.round(9).tolist() == [3.645, 0]


def test_bins_stay_bins() -> None:
    drawn = random_rows(1)
    assert not reweighted(tally_of(drawn.score, drawn.positive, exact=False), 0.1).exact


def test_each_of_several_tallies_gets_its_own_weights() -> None:
    tally = ScoreTally(np.array([0.2, 0.8]), np.array([[1, 1], [0, 3], [0, 0]]), np.array([[2, 0], [1, 0], [1, 1]]))  # fmt: skip
    assert prevalence_of(reweighted(tally, 0.25)).round(9)[:2].tolist() == [0.25, 0.25]
    assert np.isnan(prevalence_of(reweighted(tally, 0.25))[2])


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 2.0, float("nan")])
def test_a_share_leaves_both_classes(share: float) -> None:
    tally = rows("+-", [0.9, 0.1]).tally()
    with pytest.raises(DataError, match="more than 0 and less than 1"):
        reweighted(tally, share)
    with pytest.raises(DataError, match="more than 0 and less than 1"):
        transported(0.5, 0.5, share)


def test_one_class_cannot_become_another_share() -> None:
    with pytest.raises(DataError, match="Bring rows of both classes"):
        reweighted(rows("++", [0.9, 0.1]).tally(), 0.1)


def test_a_choice_at_another_prevalence_is_that_of_the_weighted_tally() -> None:
    tally = random_rows(3, levels=50).tally()
    rule = Rule(Objective.read(maximize="recall"), (Constraint.read("precision>=0.5"),))
    here, there = choose(tally, rule), choose(tally, rule, prevalence=0.05)
    assert here.threshold is not None
    assert there.threshold is not None
    assert there.threshold > here.threshold
    assert there.prevalence == 0.05
    assert there.threshold == choose(reweighted(tally, 0.05), rule).threshold


# ------------------------------------------------------------------------------------------------ transport


def test_a_posterior_of_one_half_at_a_tenth_is_an_old_score_of_nine_tenths() -> None:
    assert float(transported(0.5, prior=0.5, new_prior=0.1)) == pytest.approx(0.9)


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_transport_goes_back_the_way_it_came(score: float, prior: float, new: float) -> None:
    there = transported(score, prior, new)
    assert float(transported(there, new, prior)) == pytest.approx(score, abs=1e-9)
    odds = float(there / (1 - there))
    assert odds == pytest.approx(score / (1 - score) * (prior / (1 - prior)) / (new / (1 - new)), rel=1e-6)


def test_certain_scores_stay_certain() -> None:
    assert transported([0.0, 1.0], 0.5, 0.01).tolist() == [0.0, 1.0]


def test_only_probabilities_are_carried_over() -> None:
    with pytest.raises(DataError, match="Only probabilities"):
        transported(1.5, 0.5, 0.1)


def test_the_carried_cut_costs_least_among_the_weighted_rows() -> None:
    score = (np.arange(5000) + 0.5) / 5000
    tally = ScoreTally(score, score, 1 - score)  # calibrated, half of it positive
    rule = Rule(Objective.read(minimize="cost", costs=Costs.read("1", "3")))
    wanted = transported(0.25, prior=0.5, new_prior=0.1)
    assert choose(tally, rule, prevalence=0.1).threshold == pytest.approx(float(wanted), abs=3e-4)


# ------------------------------------------------------------------------------------- estimates without labels


def test_the_iteration_finds_the_share_of_shifted_rows() -> None:
    score, positive = shifted(0.1)
    found = saerens(tally_of(score, np.zeros(score.size, dtype=bool)), prior=0.5)
    assert found.converged
    assert found.prevalence == pytest.approx(positive.mean(), abs=0.003)
    assert np.mean(score >= 0.5) > 0.2  # what counting flags would say


def test_the_iteration_stays_where_it_is_when_nothing_has_shifted() -> None:
    score = (np.arange(1000) + 0.5) / 1000
    found = saerens(ScoreTally(score, score, 1 - score), prior=0.5)
    assert found.prevalence == pytest.approx(0.5, abs=1e-6)


def test_labels_are_not_looked_at() -> None:
    score, positive = shifted(0.2, 2000)
    with_labels, without = (saerens(tally_of(score, p), 0.5) for p in (positive, np.zeros_like(positive)))
    assert with_labels.prevalence == pytest.approx(without.prevalence, abs=1e-12)


def test_scores_of_nothing_and_everything_end_the_iteration() -> None:
    found = saerens(ScoreTally(np.array([0.0, 1.0]), np.array([3, 1]), np.array([0, 0])), 0.5)
    assert found.prevalence == pytest.approx(0.25)
    assert saerens(ScoreTally(np.array([0.0]), np.array([3]), np.array([0])), 0.5).prevalence == 0


def test_the_iteration_needs_rows_and_probabilities() -> None:
    with pytest.raises(DataError, match="no rows"):
        saerens(ScoreTally(np.zeros(0), np.zeros(0), np.zeros(0)), 0.5)
    with pytest.raises(DataError, match="outside 0 to 1"):
        saerens(ScoreTally(np.array([1.5]), np.ones(1), np.ones(1)), 0.5)


def test_flags_tell_the_share_of_shifted_rows() -> None:
    score, positive = shifted(0.1)
    old_score, old_positive = shifted(0.5)
    o = tally_of(old_score, old_positive).outcomes(0.5)
    found = black_box(float((score >= 0.5).mean()), float(counts.recall(o)), float(counts.fpr(o)))
    assert found.prevalence == pytest.approx(positive.mean(), abs=0.005)


@pytest.mark.parametrize(("recall", "fpr"), [(0.55, 0.5), (0.2, 0.8), (float("nan"), 0.1)])
def test_a_rule_that_hardly_tells_the_classes_apart_gives_no_estimate(recall: float, fpr: float) -> None:
    with pytest.raises(DataError, match="or more above the false positive rate"):
        black_box(0.3, recall, fpr)


@pytest.mark.parametrize(("flagged", "wanted"), [(0.01, 0.0), (0.99, 1.0)])
def test_noise_beyond_the_ends_is_cut_off(flagged: float, wanted: float) -> None:
    assert black_box(flagged, recall=0.9, fpr=0.1).prevalence == wanted
