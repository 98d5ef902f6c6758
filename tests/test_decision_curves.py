"""Costs and benefits over all cuts: net benefit, cost by threshold, cost curve, hull of the ROC curve."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from metrics_core.decisions.choice import candidates, choose
from metrics_core.decisions.constraints import Constraint
from metrics_core.decisions.costs import Costs
from metrics_core.decisions.curves import (
    cost_by_threshold,
    cost_curve,
    net_benefit_curve,
    objective_curve,
    probability_cost,
    roc_hull,
)
from metrics_core.decisions.objectives import Objective
from metrics_core.decisions.rule import Rule
from metrics_core.errors import DataError
from metrics_core.metrics.probabilities import roc_auc
from metrics_core.reduce.scores import tally_of
from metrics_core.tally import ScoreTally
from tests.tables import Rows, random_rows, rows, some_rows

FEW = random_rows(1, 200, levels=40)
WEIGHTED = random_rows(2, 200, levels=40, weighted=True)
MANY = random_rows(3, 60_000)
RARE = random_rows(4, 60_000, share=0.002)
PERFECT = rows("--++", [0.1, 0.2, 0.8, 0.9])
USELESS = rows("-+-+", [0.3, 0.3, 0.3, 0.3])
both = pytest.mark.parametrize("table", [FEW, WEIGHTED], ids=["plain", "weighted"])


def weights(table: Rows) -> Any:
    return np.ones(len(table)) if table.weight is None else table.weight


def counted(table: Rows, cut: float) -> tuple[float, float, float, float]:
    """TP, FP, FN, TN row by row."""
    w, flagged = weights(table), table.score >= cut
    cells = (table.positive & flagged, ~table.positive & flagged, table.positive & ~flagged, ~table.positive & ~flagged)  # fmt: skip
    tp, fp, fn, tn = (float(w[cell].sum()) for cell in cells)
    return tp, fp, fn, tn


def every_cut(table: Rows) -> list[float]:
    return [*np.unique(table.score).tolist(), float(np.nextafter(table.score.max(), np.inf))]


def rates(table: Rows) -> list[tuple[float, float, float]]:
    """(FPR, FNR, cut) of every cut."""
    found = []
    for cut in every_cut(table):
        tp, fp, fn, tn = counted(table, cut)
        found.append((fp / (fp + tn), fn / (tp + fn), cut))
    return found


# ------------------------------------------------------------------------------------------------ net benefit


@both
def test_net_benefit_is_what_counting_rows_gives(table: Rows) -> None:
    found = net_benefit_curve(table.tally(), low=0.05, high=0.6, points=12)
    n = weights(table).sum()
    for t, benefit in zip(found.threshold, found.net_benefit, strict=True):
        tp, fp, _, _ = counted(table, t)
        assert benefit == pytest.approx(tp / n - fp / n * t / (1 - t))


def test_net_benefit_by_hand() -> None:
    """40 of 200 are positive; at 10 % the scores flag 35 of them and 45 others."""
    tally = ScoreTally(np.array([0.05, 0.4]), np.array([5, 35]), np.array([115, 45]))
    found = net_benefit_curve(tally, low=0.1, high=0.2, points=2)
    assert found.net_benefit[0] == pytest.approx(35 / 200 - 45 / 200 / 9)
    assert found.treat_all.tolist() == pytest.approx([0.2 - 0.8 / 9, 0.0])
    assert found.standardised[0] == pytest.approx((0.175 - 0.025) / 0.2)
    assert found.avoided_per_100[0] == pytest.approx(100 * (0.15 - 0.2 + 0.8 / 9) * 9)


def test_flagging_all_is_worth_nothing_at_the_prevalence() -> None:
    found = net_benefit_curve(FEW.tally(), low=0.1, high=float(FEW.positive.mean()), points=2)
    assert found.treat_all[1] == pytest.approx(0, abs=1e-12)


def test_without_a_miss_the_avoided_rows_are_the_true_negatives() -> None:
    found = net_benefit_curve(PERFECT.tally(), low=0.3, high=0.7, points=3)
    np.testing.assert_allclose(found.avoided_per_100, 50)
    np.testing.assert_allclose(found.standardised, 1)


def test_thresholds_are_the_doubles_their_texts_are() -> None:
    """A score of 0.3 lies on the cut 0.3; a threshold of 0.30000000000000004 would miss it."""
    found = net_benefit_curve(FEW.tally())
    assert found.threshold.size == 491
    np.testing.assert_array_equal(found.threshold, [i / 1000 for i in range(10, 501)])


def test_of_bins_every_point_is_counted_exactly() -> None:
    binned = tally_of(MANY.score, MANY.positive, exact=False)
    found = net_benefit_curve(binned, points=50)
    assert found.threshold.size == 50
    nearest = [np.abs(binned.score - t).min() for t in np.linspace(0.01, 0.5, 50)]
    np.testing.assert_allclose(np.abs(found.threshold - np.linspace(0.01, 0.5, 50)), nearest, atol=1e-12)
    exact = MANY.tally().outcomes(found.threshold)
    odds = found.threshold / (1 - found.threshold)
    np.testing.assert_allclose(found.net_benefit, (exact.tp - exact.fp * odds) / len(MANY))


def test_scores_are_useful_where_they_beat_flagging_all_and_none() -> None:
    found = net_benefit_curve(
        rows("--+-++", [0.2, 0.25, 0.3, 0.35, 0.6, 0.7]).tally(), low=0.1, high=0.9, points=9
    )
    np.testing.assert_array_equal(found.useful, found.net_benefit > np.maximum(found.treat_all, 0) + 1e-9)
    assert found.useful_between() == [(0.3, 0.7)]
    assert net_benefit_curve(USELESS.tally()).useful_between() == []


def test_net_benefit_needs_probabilities() -> None:
    with pytest.raises(DataError, match=r"needs probabilities, and these scores are none\."):
        net_benefit_curve(FEW.as_margins().tally(margin=True))


@pytest.mark.parametrize(
    ("low", "high", "points"), [(0.5, 0.1, 5), (0.1, 1.0, 5), (-0.1, 0.5, 5), (0.1, 0.5, 1)]
)
def test_a_range_of_thresholds_that_makes_no_sense_is_refused(low: float, high: float, points: int) -> None:
    with pytest.raises(DataError, match="two or more thresholds from 0 to below 1"):
        net_benefit_curve(FEW.tally(), low=low, high=high, points=points)


def test_what_is_undefined_is_nan() -> None:
    found = net_benefit_curve(rows("--", [0.2, 0.4]).tally(), low=0.0, high=0.3, points=2)
    assert np.isnan(found.standardised).all()
    assert np.isnan(found.avoided_per_100[0])
    np.testing.assert_allclose(found.net_benefit, [0, -0.5 * 0.3 / 0.7])


# ------------------------------------------------------------------------------------------------ cost by threshold


@both
def test_cost_is_what_counting_rows_gives(table: Rows) -> None:
    found = cost_by_threshold(table.tally(), Costs.read(fp="2", fn="7", gain_tp="1", gain_tn="0.5"))
    assert found.threshold.tolist() == every_cut(table)
    for cut, cost, per_row in zip(found.threshold, found.cost, found.per_row, strict=True):
        tp, fp, fn, tn = counted(table, cut)
        assert cost == pytest.approx(2 * fp + 7 * fn - tp - 0.5 * tn)
        assert per_row == pytest.approx(cost / weights(table).sum())
    assert found.cheapest == int(np.flatnonzero(found.cost <= found.cost.min() + 1e-9)[0])
    assert (found.everything, found.nothing) == (found.cost[0], found.cost[-1])


def test_cost_by_amount_is_what_counting_rows_gives() -> None:
    amount = np.random.default_rng(0).lognormal(3, 1, len(FEW))
    tally = FEW.tally()
    sums = [np.array([amount[(FEW.score == s) & (FEW.positive == side)].sum() for s in tally.score]) for side in (True, False)]  # fmt: skip
    tally = replace(tally, amounts=ScoreTally(tally.score, sums[0], sums[1]))
    found = cost_by_threshold(tally, Costs.read(fp="5", fn="0.5*amount"))
    for cut, cost in zip(found.threshold, found.cost, strict=True):
        missed = FEW.positive & (FEW.score < cut)
        assert cost == pytest.approx(5 * counted(FEW, cut)[1] + 0.5 * amount[missed].sum())


def test_costs_by_amount_need_amounts() -> None:
    with pytest.raises(DataError, match="depend on the amount"):
        cost_by_threshold(FEW.tally(), Costs.read(fp="1", fn="amount"))


@pytest.mark.parametrize("table", [MANY, RARE], ids=["ordinary", "rare"])
def test_a_thinned_cost_curve_keeps_the_cheapest_cut(table: Rows) -> None:
    tally, costs = table.tally(), Costs.read(fp="1", fn="20")
    found = cost_by_threshold(tally, costs)
    every = costs.total(tally.outcomes(candidates(tally)))
    assert found.threshold.size <= 5000
    assert found.cost[found.cheapest] == every.min()
    chosen = choose(tally, Rule(Objective.read(minimize="cost", costs=costs)))
    assert found.threshold[found.cheapest] == chosen.threshold


# ------------------------------------------------------------------------------------------------ objective


@pytest.mark.parametrize("table", [FEW, WEIGHTED, MANY, RARE], ids=["plain", "weighted", "many", "rare"])
@pytest.mark.parametrize("constraint", ["", "precision>=0.6", "flagged_share<=0.01"])
def test_the_curve_of_an_objective_holds_the_chosen_cut(table: Rows, constraint: str) -> None:
    tally = table.tally()
    rule = Rule(Objective.read(maximize="f1"), (Constraint.read(constraint),) if constraint else ())
    found, chosen = objective_curve(tally, rule), choose(tally, rule)
    assert found.chosen is not None
    assert found.threshold[found.chosen] == chosen.threshold
    assert found.value[found.chosen] == chosen.value
    assert found.feasible[found.chosen]
    assert found.label == "F1"


def test_thinned_values_are_values_of_the_curve_with_its_extremes() -> None:
    chance = Rows(MANY.positive, random_rows(7, 60_000).score)
    tally = chance.tally()
    rule = Rule(Objective.read(maximize="mcc"), (Constraint.read(f"precision>={MANY.positive.mean():.4f}"),))
    found = objective_curve(tally, rule)
    assert (np.diff(found.feasible) != 0).sum() > 4  # the constraint holds here and there
    assert found.threshold.size <= 5000
    o = tally.outcomes(found.threshold)
    np.testing.assert_array_equal(found.value, rule.values(o))
    np.testing.assert_array_equal(found.feasible, rule.feasible(o))
    np.testing.assert_allclose(found.flagged_share, o.flagged / len(MANY))
    every = tally.outcomes(candidates(tally))
    value, feasible, cuts = rule.values(every), rule.feasible(every), candidates(tally)
    for kept in (True, False):  # in each of 300 pixel columns, for feasible cuts and for the others
        part, shown = feasible == kept, found.feasible == kept
        low, width = cuts[part][0], np.ptp(cuts[part]) / 300
        column, of_shown = ((x - low) // width for x in (cuts[part], found.threshold[shown]))
        for c in range(300):
            ends = [
                np.nanmax(value[part][column == c], initial=-1),
                np.nanmin(value[part][column == c], initial=1),
            ]
            mine = found.value[shown][of_shown == c]
            assert [np.nanmax(mine, initial=-1), np.nanmin(mine, initial=1)] == ends


def test_without_a_feasible_cut_none_is_chosen() -> None:
    rule = Rule(
        Objective.read(maximize="recall"), (Constraint.read("precision>=0.9"), Constraint.read("recall>=0.9"))
    )
    found = objective_curve(rows("+-+-", [0.1, 0.4, 0.6, 0.9]).tally(), rule)
    assert found.chosen is None
    assert not found.feasible.any()


def test_a_curve_is_of_rows() -> None:
    nobody = rows("", []).tally()
    for curve in (cost_curve, roc_hull, net_benefit_curve):
        with pytest.raises(DataError, match="No row is left"):
            curve(nobody)


# ------------------------------------------------------------------------------------------------ cost curve and hull


@given(some_rows(), st.floats(0, 1))
def test_the_envelope_is_the_least_line_of_all_cuts(table: Rows, x: float) -> None:
    assume(table.positive.any() and not table.positive.all())
    found = cost_curve(table.tally())
    lines = [fnr * x + fpr * (1 - x) for fpr, fnr, _ in rates(table)]
    cut, cost = found.at(x)
    assert cost == pytest.approx(min(lines), abs=1e-9)
    assert np.interp(x, found.x, found.cost) == pytest.approx(min(lines), abs=1e-9)
    tp, fp, fn, tn = counted(table, cut)
    assert fn / (tp + fn) * x + fp / (fp + tn) * (1 - x) == pytest.approx(cost, abs=1e-9)
    assert cost <= min(x, 1 - x) + 1e-9


@both
def test_the_area_is_the_integral_of_the_envelope(table: Rows) -> None:
    found, x = cost_curve(table.tally()), np.linspace(0, 1, 200_001)
    fpr, fnr, _ = np.array(rates(table)).T
    height = (fnr[:, np.newaxis] * x + fpr[:, np.newaxis] * (1 - x)).min(0)
    assert found.area == pytest.approx(np.trapezoid(height, x), abs=1e-9)


def test_perfect_scores_cost_nothing_and_useless_ones_a_quarter() -> None:
    perfect, useless = cost_curve(PERFECT.tally()), cost_curve(USELESS.tally())
    assert (perfect.area, perfect.threshold.tolist(), perfect.x.tolist()) == (0.0, [0.8], [0.0, 1.0])
    assert useless.area == 0.25
    assert useless.x.tolist() == [0.0, 0.5, 1.0]
    assert useless.threshold.tolist() == [np.nextafter(0.3, 1), 0.3]


def test_at_a_corner_of_the_cost_curve_the_lower_threshold_wins() -> None:
    assert cost_curve(USELESS.tally()).at(0.5) == (0.3, 0.5)


@both
def test_the_cost_curve_gives_the_least_cost_of_a_row(table: Rows) -> None:
    """Height times the cost of being always wrong, less the gains of being always right, is the cost of a row."""
    costs, tally = Costs.read(fp="2", fn="7", gain_tp="1", gain_tn="0.5"), table.tally()
    pi = float(tally.n_pos / (tally.n_pos + tally.n_neg))
    _, height = cost_curve(tally).at(probability_cost(costs, pi))
    least = costs.per_row(tally.outcomes(candidates(tally))).min()
    assert height * (pi * 8 + (1 - pi) * 2.5) - (pi * 1 + (1 - pi) * 0.5) == pytest.approx(least)


def test_probability_cost_is_half_where_both_errors_weigh_alike() -> None:
    assert probability_cost(Costs.read(fp="1", fn="99"), 0.01) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("costs", "says"),
    [
        (Costs.read(fp="1", fn="amount"), "depend on the amount of each row"),
        (Costs.read(fp="-1", fn="2"), "a wrong decision costs more than a right one"),
    ],
)
def test_costs_without_a_place_on_the_cost_curve_are_refused(costs: Costs, says: str) -> None:
    with pytest.raises(DataError, match=says):
        probability_cost(costs, 0.2)


@given(some_rows(weighted=False), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_whatever_errors_cost_the_cheapest_cut_is_on_the_hull(table: Rows, fp: float, fn: float) -> None:
    assume(table.positive.any() and not table.positive.all())
    hull, tally = roc_hull(table.tally()), table.tally()
    costs = Costs.read(fp=fp, fn=fn)
    every = costs.total(tally.outcomes(candidates(tally)))
    of_hull = costs.total(tally.outcomes(hull.threshold))
    assert of_hull.min() == pytest.approx(every.min(), rel=1e-12)
    np.testing.assert_array_equal(tally.score[hull.on_hull], np.intersect1d(tally.score, hull.threshold))


def test_the_hull_is_that_of_scipy() -> None:
    tally = MANY.tally()
    hull = roc_hull(tally)
    fpr = np.concatenate([[0.0], (tally.fp / tally.n_neg)[::-1], [1.0]])
    tpr = np.concatenate([[0.0], (tally.tp / tally.n_pos)[::-1], [0.0]])
    corners = np.unique(ConvexHull(np.column_stack([fpr, tpr])).vertices)[:-1]
    assert hull.fpr.size > 20
    assert set(zip(fpr[corners], tpr[corners], strict=True)) == set(zip(hull.fpr, hull.tpr, strict=True))


def test_a_cut_on_a_straight_piece_of_the_hull_is_no_corner() -> None:
    hull = roc_hull(rows("-+-+-+", [0.2, 0.2, 0.4, 0.4, 0.6, 0.6]).tally())
    assert hull.on_hull.tolist() == [True, False, False]
    assert (hull.fpr.tolist(), hull.tpr.tolist()) == ([0.0, 1.0], [0.0, 1.0])


@both
def test_the_hull_lies_above_the_roc_curve(table: Rows) -> None:
    hull, tally = roc_hull(table.tally()), table.tally()
    assert hull.area >= float(roc_auc(tally))
    assert (np.interp(tally.fp / tally.n_neg, hull.fpr, hull.tpr) >= tally.tp / tally.n_pos - 1e-12).all()
    slopes = np.diff(hull.tpr) / np.where(np.diff(hull.fpr) > 0, np.diff(hull.fpr), 1e-12)
    assert (np.diff(slopes) < 0).all()


def test_the_hull_of_bins_is_made_of_their_filled_edges() -> None:
    binned = tally_of(MANY.score, MANY.positive, exact=False)
    hull = roc_hull(binned)
    assert hull.on_hull.shape == binned.score.shape
    assert np.isin(hull.threshold, candidates(binned)).all()
    assert hull.area <= roc_hull(MANY.tally()).area


def test_one_class_has_no_trade_off() -> None:
    for curve in (cost_curve, roc_hull):
        with pytest.raises(DataError, match="Only one class is present"):
            curve(rows("++", [0.1, 0.9]).tally())


def test_curves_are_of_one_tally() -> None:
    several = ScoreTally(np.array([0.5]), np.ones((2, 1)), np.ones((2, 1)))
    with pytest.raises(ValueError, match="one tally at a time"):
        net_benefit_curve(several)


def test_every_curve_is_had_as_a_frame() -> None:
    tally = FEW.tally()
    rule = Rule(Objective.read(maximize="f1"))
    assert list(objective_curve(tally, rule).frame()) == ["threshold", "flagged_share", "value", "feasible"]
    assert list(cost_by_threshold(tally, Costs.read()).frame()) == [
        "threshold",
        "flagged_share",
        "cost",
        "per_row",
    ]
    assert net_benefit_curve(tally).frame().shape == (491, 6)
    assert list(roc_hull(tally).frame()) == ["fpr", "tpr", "threshold"]
    curve = cost_curve(tally)
    frame = curve.frame()
    assert frame["x_to"].iloc[-1] == 1
    np.testing.assert_allclose(
        frame["cost_to"], frame["fnr"] * frame["x_to"] + frame["fpr"] * (1 - frame["x_to"])
    )
