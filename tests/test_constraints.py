"""Limits that a threshold has to keep to, and how many flags a day somebody can work on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core.decisions.choice import choose
from metrics_core.decisions.constraints import Capacity, Constraint, read_constraints
from metrics_core.decisions.objectives import Objective
from metrics_core.decisions.periods import Periods, alerts_per_period
from metrics_core.decisions.rule import Rule
from metrics_core.errors import DataError
from metrics_core.metrics import counts
from metrics_core.tally.outcomes import outcomes
from tests.tables import random_rows, rows

SOME = outcomes(tp=[9, 7, 0], fp=[1, 3, 0], fn=[1, 3, 10], tn=[9, 7, 10], threshold=[0.1, 0.5, 0.9])


# ------------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("precision>=0.9", "precision>=0.9"),
        (" Recall  <= 90% ", "recall<=0.9"),
        ("fpr<5%", "fpr<0.05"),
        ("fnr ≤ 33.3 %", "fnr<=0.333"),
        ("f0.5>0.25", "f0_5>0.25"),
        ("f0.25>=.5", "f0.25>=0.5"),
        ("flagged<=200", "flagged<=200"),
        ("flagged_share<5%", "flagged_share<0.05"),
        ("mcc>=-0.5", "mcc>=-0.5"),
        ("lr_positive>=10", "lr_positive>=10"),
        ("net_benefit>=0", "net_benefit>=0"),
    ],
)
def test_constraints_are_read(text: str, canonical: str) -> None:
    constraint = Constraint.read(text)
    assert constraint.text == canonical
    assert Constraint.read(constraint.text) == constraint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("precision", "is no constraint"),
        ("precision=0.9", "is no constraint"),
        ("precision=>0.9", "is no constraint"),
        ("0.9<=precision", "is no constraint"),
        ("precision>=high", "is no number"),
        ("precision>=0,9", "with a decimal point"),
        ("precision>=nan", "is no finite number"),
        ("precision>=90", "Write 90% if that is a percentage"),
        ("precision>=-0.1", "runs from 0 to 1"),
        ("mcc>=2", "runs from -1 to 1"),
        ("presision>=0.9", "Did you mean 'precision'"),
        ("roc_auc>=0.9", "looks at all thresholds at once"),
        ("prevalence>=0.1", "no threshold changes it"),
        ("flagged<=5%", "Say flagged_share"),
        ("lr_positive>=5%", "gives a percentage"),
    ],
)
def test_what_is_no_constraint_is_refused_with_a_way_out(text: str, message: str) -> None:
    with pytest.raises(DataError) as raised:
        Constraint.read(text)
    assert message in str(raised.value)


def test_a_constraint_said_twice_is_refused() -> None:
    with pytest.raises(DataError, match="is there twice"):
        read_constraints(["recall>=0.9", "fpr<=0.1", "recall >= 90%"])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("precision>=0.7", [True, True, False]),
        ("precision>0.7", [True, False, False]),
        ("recall<=0.7", [False, True, True]),
        ("recall<0.7", [False, False, True]),
        ("flagged<=0", [False, False, True]),
        ("flagged_share>=50%", [True, True, False]),
    ],
)
def test_a_value_at_the_limit_counts_where_the_sign_says_so(text: str, wanted: list[bool]) -> None:
    constraint = Constraint.read(text)
    assert constraint.holds(SOME).tolist() == wanted
    assert constraint.met(constraint.slack(SOME)).tolist() == wanted


def test_an_undefined_value_keeps_to_no_limit() -> None:
    for text in ("precision>=0", "precision<=1"):
        constraint = Constraint.read(text)
        assert np.isnan(constraint.slack(SOME)[2])
        assert not constraint.holds(SOME)[2]


def test_sums_of_weights_keep_to_a_limit_up_to_rounding() -> None:
    everything = outcomes(tp=500.0, fp=20.0, fn=2e-13, tn=0.0)  # all weights, and their sum in another order
    assert counts.recall(everything) < 1
    assert Constraint.read("recall>=1").holds(everything)
    assert Constraint.read("fnr<=0").holds(everything)
    assert not Constraint.read("fnr>0").holds(everything)


def test_slack_is_positive_inside_on_either_side() -> None:
    assert Constraint.read("recall>=0.5").slack(SOME).round(9).tolist() == [0.4, 0.2, -0.5]
    assert Constraint.read("recall<=0.5").slack(SOME).round(9).tolist() == [-0.4, -0.2, 0.5]


@pytest.mark.parametrize("percent", ["0.7", "14.5", "33.3", "29", "57.3", "99.9"])
def test_a_percentage_is_the_number_that_the_fraction_is(percent: str) -> None:
    whole, _, part = percent.partition(".")
    fraction = f"0.{whole.zfill(2)}{part}"
    assert Constraint.read(f"recall>={percent}%").limit == float(fraction)


# --------------------------------------------------------------------------------------- capacity of all rows


@pytest.mark.parametrize(("text", "wanted"), [("200", "flagged<=200"), ("5%", "flagged_share<=0.05"), (12, "flagged<=12"), ("12.5", "flagged<=12.5")])  # fmt: skip
def test_a_capacity_is_rows_or_a_share(text: str | float, wanted: str) -> None:
    assert Capacity.read(text).text == wanted


@pytest.mark.parametrize("text", ["-1", "120%", "many", "", "nan"])
def test_what_is_no_capacity_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        Capacity.read(text)


def test_a_capacity_is_per_day_or_week_only() -> None:
    with pytest.raises(DataError, match="per 'day' or 'week'"):
        Capacity.read("5", per="month")  # type: ignore[arg-type]  # what a user may type


def test_a_capacity_limits_the_flagged_rows() -> None:
    assert Capacity.read("10").holds(SOME).tolist() == [True, True, True]
    assert Capacity.read("9").holds(SOME).tolist() == [False, False, True]
    assert Capacity.read("50%").holds(SOME).tolist() == [True, True, True]
    assert Capacity.read("49%").slack(SOME).round(9).tolist() == [-0.01, -0.01, 0.49]


def test_a_capacity_of_nothing_flags_nothing() -> None:
    found = choose(rows("+-", [0.2, 0.7]).tally(), Rule(Objective.read(maximize="recall"), (Capacity.read("0"),)))  # fmt: skip
    assert found.threshold == np.nextafter(0.7, 1)


# -------------------------------------------------------------------------------------------- capacity a day


def slow_flags(score: np.ndarray, day: np.ndarray, weight: np.ndarray | None, cut: float) -> list[float]:
    """Count flags day by day."""
    weight = np.ones(score.size) if weight is None else weight
    return [float(weight[(day == d) & (score >= cut)].sum()) for d in sorted(set(day[day >= 0].tolist()))]


@st.composite
def days(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    n = draw(st.integers(1, 60))

    def of(values: list[float]) -> np.ndarray:
        return np.array(draw(st.lists(st.sampled_from(values), min_size=n, max_size=n)))

    weight = of([0.5, 1.0, 2.0]) if draw(st.booleans()) else None
    day = of([-1, 0, 0, 1, 3, 4, 5]).astype(np.int64)
    day[0] = 0
    return of([0.0, 0.1, 0.2, 0.5, 0.7, 1.0]), day, weight


@given(days(), st.sampled_from(["0", "1", "2", "3.5", "10", "0%", "25%", "50%"]), st.sampled_from([0.5, 0.8, 0.95, 1.0]))  # fmt: skip
def test_a_capacity_a_day_holds_where_enough_days_stay_within(drawn: tuple[np.ndarray, np.ndarray, np.ndarray | None], text: str, within: float) -> None:  # fmt: skip
    score, day, weight = drawn
    capacity = Capacity.read(text, per="day", within=within).bound(score, day, weight)
    cuts = np.array([*sorted(set(score.tolist())), 1.5])
    found = capacity.holds(outcomes(*np.zeros((4, cuts.size)), threshold=cuts))
    rows_of_day = np.array(slow_flags(score, day, weight, -1.0))
    limit = capacity.limit * (rows_of_day if capacity.share else 1)
    for cut, holds in zip(cuts, found, strict=True):
        inside = np.mean(np.array(slow_flags(score, day, weight, cut)) <= limit)
        assert bool(holds) == bool(inside >= within)


@given(days(), st.sampled_from(["1", "3.5", "25%"]))
def test_the_value_of_a_capacity_a_day_is_within_it_where_it_holds(drawn: tuple[np.ndarray, np.ndarray, np.ndarray | None], text: str) -> None:  # fmt: skip
    capacity = Capacity.read(text, per="week").bound(*drawn)
    cuts = outcomes(*np.zeros((4, 6)), threshold=[0.0, 0.1, 0.2, 0.5, 0.7, 1.5])
    assert (capacity.value(cuts) <= capacity.limit).tolist() == capacity.holds(cuts).tolist()


def test_of_twenty_days_one_may_overflow_and_of_nineteen_none() -> None:
    for n, cut in ((20, 0.5), (19, 0.9)):
        day = np.append(np.arange(n), 0)  # the first day has a second row, at 0.5
        score = np.append(np.full(n, 0.9), 0.5)
        capacity = Capacity.read("1", per="day").bound(score, day)
        allowed = capacity.holds(outcomes(*np.zeros((4, 2)), threshold=[0.5, 0.9]))
        assert [0.5, 0.9][int(allowed.argmax())] == cut


def test_a_capacity_a_day_is_bound_before_it_is_used() -> None:
    with pytest.raises(ValueError, match="bound to the times"):
        Capacity.read("1", per="day").holds(SOME)
    with pytest.raises(ValueError, match="needs no periods"):
        Capacity.read("1").bound(np.array([0.5]), np.array([0]))


def test_rows_without_a_time_cannot_be_counted_by_day() -> None:
    with pytest.raises(DataError, match="--time"):
        Capacity.read("1", per="day").bound(np.array([0.5]), np.array([-1]))


def test_a_choice_with_a_capacity_a_day_keeps_to_it() -> None:
    table = random_rows(8, 400)
    day = np.random.default_rng(8).integers(0, 30, 400)
    rule = Rule(Objective.read(maximize="recall"), (Capacity.read("4", per="day").bound(table.score, day),))
    found = choose(table.tally(), rule)
    assert found.threshold is not None
    below = float(np.sort(table.score)[np.searchsorted(np.sort(table.score), found.threshold) - 1])
    shares = [np.mean(np.array(slow_flags(table.score, day, None, cut)) <= 4) for cut in (found.threshold, below)]  # fmt: skip
    assert shares[0] >= 0.95 > shares[1]
    assert found.values["flagged<=4 per day"] <= 4


def test_alerts_are_spread_over_the_days() -> None:
    score, day, weight = np.array([0.9, 0.8, 0.7, 0.2, 0.9, 0.3]), np.array([0, 0, 0, 1, 2, -1]), None
    found = alerts_per_period(score, day, weight, [0.5, 0.85])
    assert found.periods == 3
    assert found.mean.tolist() == [4 / 3, 2 / 3]
    assert found.median.tolist() == [1, 1]
    assert found.within_95.tolist() == found.most.tolist() == [3, 1]


@given(days())
def test_flags_by_day_are_those_of_counting(drawn: tuple[np.ndarray, np.ndarray, np.ndarray | None]) -> None:
    periods = Periods.of(*drawn)
    for cut in (0.0, 0.2, 0.6, 1.5):
        assert periods.flags(cut).tolist() == slow_flags(*drawn, cut)


def test_the_limit_of_a_metric_reads_the_metric() -> None:
    assert Constraint.read("mcc>=0").value(SOME)[0] == counts.mcc(SOME)[0]
