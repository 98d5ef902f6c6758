"""What a threshold is chosen for: metrics by name, F-scores of any beta, and prices of the four outcomes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import fbeta_score

from metrics_core.decisions.choice import choose
from metrics_core.decisions.costs import Costs, Price
from metrics_core.decisions.objectives import Objective, f_beta_relation, threshold_metric
from metrics_core.decisions.rule import Rule
from metrics_core.errors import DataError
from metrics_core.metrics.registry import REGISTRY
from metrics_core.reduce import decided_outcomes
from metrics_core.tally import Outcomes, ScoreTally
from metrics_core.tally.outcomes import outcomes
from tests.tables import random_rows

SOME = outcomes(tp=[3, 2, 0], fp=[4, 1, 0], fn=[1, 2, 4], tn=[2, 5, 6])


def calibrated(cells: int = 20_000) -> ScoreTally:
    """A tally of perfect probabilities: of every score exactly that share is positive. No chance is in it."""
    score = (np.arange(cells) + 0.5) / cells
    rows = 1000 * (1 - score) ** 3
    return ScoreTally(score, rows * score, rows * (1 - score))


# ------------------------------------------------------------------------------------------------ metrics


@pytest.mark.parametrize("key", [s.key for s in REGISTRY.values() if s.task == "binary" and s.of is Outcomes and s.better != "neither" and not s.needs])  # fmt: skip
def test_every_threshold_metric_is_an_objective_in_its_better_direction(key: str) -> None:
    spec = REGISTRY["binary", key]
    verb, other = ("maximize", "minimize") if spec.better == "higher" else ("minimize", "maximize")
    objective = Objective.read(**{verb: key})
    assert objective.direction == (1 if spec.better == "higher" else -1)
    assert np.array_equal(objective.value(SOME), spec.fn(SOME), equal_nan=True)
    with pytest.raises(DataError, match=f"say --{verb} {key}"):
        Objective.read(**{other: key})


@pytest.mark.parametrize("beta", [0.1, 0.25, 3.0, 10.0])
def test_an_f_score_of_any_beta_equals_that_of_scikit_learn(beta: float) -> None:
    drawn = random_rows(2)
    found = Objective.read(maximize=f"f{beta:g}").value(drawn.outcomes())
    assert float(found) == pytest.approx(fbeta_score(drawn.positive, drawn.flagged, beta=beta))


@pytest.mark.parametrize(("written", "key"), [("f1", "f1"), ("F1.0", "f1"), ("f2", "f2"), ("f0.5", "f0_5"), ("f0_5", "f0_5"), ("f0.50", "f0_5")])  # fmt: skip
def test_f_scores_of_the_registry_are_its_rows(written: str, key: str) -> None:
    assert threshold_metric(written) is REGISTRY["binary", key]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("recal", "There is no metric 'recal' at a threshold. Did you mean 'recall'"),
        ("sensitivity", "Did you mean 'recall'"),
        ("hit rate", "Did you mean 'accuracy' or 'recall'"),
        ("roc_auc", "looks at all thresholds at once"),
        ("precision@k", "looks at all thresholds at once"),
        ("prevalence", "no threshold changes it"),
        ("net_benefit", "say what errors cost"),
        ("f0", "must be a positive number"),
        ("cost", "say --minimize cost"),
    ],
)
def test_what_cannot_be_maximized_is_refused_with_a_way_out(key: str, message: str) -> None:
    with pytest.raises(DataError) as raised:
        Objective.read(maximize=key)
    assert message in str(raised.value)


def test_exactly_one_thing_is_aimed_for() -> None:
    with pytest.raises(DataError, match="Name one thing"):
        Objective.read()
    with pytest.raises(DataError, match="Name one thing"):
        Objective.read(maximize="f1", minimize="cost")


def test_costs_without_a_use_are_refused() -> None:
    with pytest.raises(DataError, match="F1 does not use them"):
        Objective.read(maximize="f1", costs=Costs.read(fn="9"))


@pytest.mark.parametrize("objective", [Objective.read(maximize="f0.25"), Objective.read(minimize="fpr"), Objective.read(minimize="cost", costs=Costs.read(fn="0.1*amount"))])  # fmt: skip
def test_an_objective_survives_its_record(objective: Objective) -> None:
    again = Objective.from_dict(objective.to_dict())
    assert (again.key, again.direction, again.costs) == (objective.key, objective.direction, objective.costs)


# -------------------------------------------------------------------------------------------------- prices


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("5", Price(5)),
        ("-2", Price(-2)),
        ("1e3", Price(1000)),
        (".5", Price(0.5)),
        ("amount", Price(0, 1)),
        ("-amount", Price(0, -1)),
        ("0.5*amount", Price(0, 0.5)),
        (" amount * 0.5 ", Price(0, 0.5)),
        ("5 + 0.1*amount", Price(5, 0.1)),
        ("amount-5", Price(-5, 1)),
        (7, Price(7)),
    ],
)
def test_prices_are_read(text: str | float, price: Price) -> None:
    assert Price.read(text) == price


@pytest.mark.parametrize("text", ["", "five", "1,5", "5 6", "amount amount", "5*", "*amount", "nan", "inf", "1e999", "5%", "amounts"])  # fmt: skip
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="is no cost"):
        Price.read(text)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_price_is_read_as_the_same_price(each: float, per_amount: float) -> None:
    price = Price(each + 0.0, per_amount + 0.0)
    assert Price.read(price.text) == price


@pytest.mark.parametrize(("amounts", "fn"), [(False, Price(1)), (True, Price(0, 1))])
def test_unnamed_prices_have_defaults(amounts: bool, fn: Price) -> None:
    assert Costs.read(amounts=amounts) == Costs(Price(1), fn, Price(), Price())


def test_costs_that_are_all_nothing_are_refused() -> None:
    with pytest.raises(DataError, match="every threshold costs the same"):
        Costs.read("0", "0")


def test_costs_survive_their_record() -> None:
    costs = Costs.read("0.1", "2+0.25*amount", "-3", "amount")
    assert Costs.from_dict(costs.to_dict()) == costs


def test_costs_are_the_sum_over_the_rows() -> None:
    drawn = random_rows(4, weighted=True)
    amount = np.random.default_rng(4).normal(50, 100, len(drawn))
    costs = Costs.read("3", "0.5*amount", "-1+0.1*amount", "0.25")
    wanted = 0.0
    assert drawn.weight is not None
    for positive, flagged, weight, worth in zip(
        drawn.positive, drawn.flagged, drawn.weight, amount, strict=True
    ):
        if flagged:
            wanted += weight * (-(-1 + 0.1 * worth) if positive else 3)
        else:
            wanted += weight * (0.5 * worth if positive else -0.25)
    counted = decided_outcomes(replace(drawn.cases(), amount=amount), drawn.threshold)
    assert float(costs.total(counted)) == pytest.approx(wanted)
    assert float(costs.per_row(counted)) == pytest.approx(wanted / drawn.weight.sum())


def test_costs_with_amounts_need_amounts() -> None:
    with pytest.raises(DataError, match="Name the column with --amount"):
        Costs.read(amounts=True).total(SOME)


def test_costs_without_amounts_ignore_that_there_are_none() -> None:
    assert Costs.read("1", "9").total(SOME).tolist() == [13.0, 19.0, 36.0]


# ---------------------------------------------------------------------------------------------- diagnostics


@pytest.mark.parametrize(
    ("prices", "cut"),
    [
        (("1", "9"), 0.1),
        (("1", "1"), 0.5),
        (("2", "6", "1", "1"), 0.3),
        (("-1", "9"), -0.125),
        (("9", "1", "-3"), 9 / 7),
    ],
)
def test_the_cut_of_calibrated_scores_is_elkans(prices: tuple[str, ...], cut: float) -> None:
    found, reason = Costs.read(*prices).calibrated_cut()
    assert found == pytest.approx(cut)
    assert reason == ""


@pytest.mark.parametrize(
    ("prices", "reason"), [(("1", "amount"), "amount of each row"), (("-5", "1"), "wrong decisions pay")]
)
def test_the_cut_of_calibrated_scores_may_not_exist(prices: tuple[str, str], reason: str) -> None:
    found, why = Costs.read(*prices).calibrated_cut()
    assert found is None
    assert reason in why


@pytest.mark.parametrize("prices", [("1", "9"), ("1", "1"), ("5", "1"), ("2", "6", "1", "1")])
def test_calibrated_scores_cost_least_at_elkans_cut(prices: tuple[str, ...]) -> None:
    costs = Costs.read(*prices)
    found = choose(calibrated(), Rule(Objective.read(minimize="cost", costs=costs)))
    cut, _ = costs.calibrated_cut()
    assert found.threshold == pytest.approx(cut, abs=1e-4)


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0, 3.0])
def test_the_best_f_score_of_calibrated_scores_lies_where_lipton_has_it(beta: float) -> None:
    found = choose(calibrated(), Rule(Objective.read(maximize=f"f{beta:g}")))
    assert found.threshold == pytest.approx(f_beta_relation(found.value, beta), abs=1e-4)


def test_squared_scores_are_apart_from_where_calibrated_ones_have_the_best_f_score() -> None:
    tally = calibrated()
    found = choose(replace(tally, score=tally.score**2), Rule(Objective.read(maximize="f1")))
    assert found.threshold is not None
    assert abs(found.threshold - f_beta_relation(found.value, 1.0)) > 0.1


def test_net_benefit_takes_its_odds_from_the_prices() -> None:
    costs = Costs.read(fp=1, fn=4)
    objective = Objective.read(maximize="net_benefit", costs=costs)
    o = outcomes(tp=[30, 20], fp=[40, 8], fn=[10, 20], tn=[20, 52])
    assert objective.value(o) == pytest.approx([(30 - 40 / 4) / 100, (20 - 8 / 4) / 100])
    assert Objective.from_dict(objective.to_dict()) == objective


def test_net_benefit_orders_cuts_as_the_cost_does() -> None:
    costs = Costs.read(fp=1, fn=4)
    o = outcomes(tp=[40, 30, 20, 0], fp=[60, 40, 8, 0], fn=[0, 10, 20, 40], tn=[0, 20, 52, 60])
    benefit = Objective.read(maximize="net_benefit", costs=costs).value(o)
    assert benefit.argsort().tolist() == (-costs.total(o)).argsort().tolist()


def test_net_benefit_without_a_weight_is_refused() -> None:
    with pytest.raises(DataError, match="no weight for false positives"):
        Objective.read(maximize="net_benefit", costs=Costs.read(fp=1, fn=0, gain_tn=1))
