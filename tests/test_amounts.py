"""What each row is worth: read from its column, kept with the rows, and added up in the cells of the tallies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metrics_core as mc
from demo_data import demo
from metrics_core.binary_columns import BinaryJudge
from metrics_core.cases import BinaryCases
from metrics_core.checks import Finding
from metrics_core.decisions.costs import Costs
from metrics_core.errors import DataError, NeedsChoice
from metrics_core.predictions import Predictions
from metrics_core.reduce import decided_outcomes, score_tally
from metrics_core.reduce.scores import tally_of, with_cuts
from metrics_core.tally import ScoreTally
from tests.tables import Rows, random_rows, some_rows

AMOUNTS = st.floats(-1e6, 1e6, allow_subnormal=False)


def frame(amount: list[Any]) -> pd.DataFrame:
    n = len(amount)
    return pd.DataFrame({"y": [0, 1] * (n // 2), "p": np.linspace(0.1, 0.9, n), "worth": amount})


def read(amount: list[Any], choose: str | None = None) -> tuple[Predictions, BinaryCases, list[Finding]]:  # fmt: skip
    """Read a column of amounts; with ``choose`` somebody has answered what missing ones count."""
    predictions = mc.read(frame(amount), y_true="y", y_score="p", amount="worth")
    if choose is None:
        cases = predictions.cases[predictions.roles.models[0].name]
        assert isinstance(cases, BinaryCases)
        return predictions, cases, [f for f in predictions.findings if f.id.startswith("amount")]
    judge = BinaryJudge(predictions.source, predictions.roles, pos_label=None, score_kind=None, answers={"amount_missing": choose})  # fmt: skip
    cases = judge.cases(predictions.roles.models[0])
    return predictions, cases, [f for f in judge.findings if f.id.startswith("amount")]


def cases_of(drawn: Rows, amount: np.ndarray, **more: Any) -> BinaryCases:
    return replace(drawn.cases(), amount=amount, **more)


def slow(cases: BinaryCases, score: float) -> tuple[float, float]:
    """Weight times amount of the positives and negatives from a score upwards, row by row."""
    sums = [0.0, 0.0]
    assert cases.score is not None
    assert cases.amount is not None
    for i in range(len(cases)):
        if cases.score[i] >= score:
            weight = 1.0 if cases.weight is None else cases.weight[i]
            sums[0 if cases.positive[i] else 1] += float(weight * cases.amount[i])
    return sums[0], sums[1]


def equal(a: ScoreTally | None, b: ScoreTally | None) -> None:
    assert a is not None
    assert b is not None
    assert np.array_equal(a.score, b.score)
    assert (a.top is None) == (b.top is None)
    np.testing.assert_allclose(a.pos, b.pos, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(a.neg, b.neg, rtol=1e-9, atol=1e-6)


# ------------------------------------------------------------------------------------------------- reading


def test_amounts_are_read_row_by_row() -> None:
    _, cases, findings = read([10.0, 20.5, 0.0, 7.25])
    assert cases.amount is not None
    assert cases.amount.tolist() == [10.0, 20.5, 0.0, 7.25]
    assert findings == []


def test_amounts_written_as_text_are_read_as_numbers() -> None:
    _, cases, _ = read(["1,5", "2,25", "10,125", "4"])
    assert cases.amount is not None
    assert cases.amount.tolist() == [1.5, 2.25, 10.125, 4.0]


def test_without_an_amount_column_there_are_no_amounts() -> None:
    predictions = mc.read(frame([1, 2]).drop(columns="worth"), y_true="y", y_score="p")
    cases = next(iter(predictions.cases.values()))
    assert isinstance(cases, BinaryCases)
    assert cases.amount is None
    assert cases.worth is None
    assert score_tally(cases).amounts is None


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ([1.0, np.nan, 3.0, np.nan], "2 of 4 rows: row 2 is empty, row 4 is empty"),
        ([1.0, 2.0, np.inf, 4.0], "1 of 4 rows: row 3 = inf"),
        ([1.0, 2.0, -1e200, 4.0], "1 of 4 rows: row 3 = -1e+200"),
        (["1", "2", "lots", "4"], "1 of 4 rows: row 3 = 'lots'"),
    ],
)
def test_rows_without_a_usable_amount_are_shown_and_stay(amount: list[Any], shown: str) -> None:
    _, cases, findings = read(amount)
    assert len(cases) == 4
    assert [(f.id, f.severity) for f in findings] == [("amount-missing", "note")]
    assert shown in findings[0].text


def test_missing_amounts_touch_no_metric() -> None:
    with_gaps, plain = (mc.evaluate(read(a)[0], threshold=0.5) for a in ([1.0, np.nan, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]))  # fmt: skip
    assert with_gaps.metrics == plain.metrics
    assert with_gaps.models[0].cases.dropped == plain.models[0].cases.dropped


def test_costs_ask_what_rows_without_an_amount_count() -> None:
    _, cases, _ = read([1.0, np.nan, 3.0, 4.0])
    Costs.read("1", "9").check_amounts(cases, "worth")
    with pytest.raises(NeedsChoice, match="no usable number in 1 of 4 rows") as raised:
        Costs.read(amounts=True).check_amounts(cases, "worth")
    assert raised.value.id == "amount_missing"
    assert [o.value for o in raised.value.options] == ["drop", "zero"]


def test_a_tally_of_rows_without_all_amounts_has_none_and_costs_say_so() -> None:
    _, cases, _ = read([1.0, np.nan, 3.0, 4.0])
    tally = score_tally(cases)
    assert tally.amounts is None
    assert decided_outcomes(cases, 0.5).amounts is None
    with pytest.raises(DataError, match="Name the column with --amount"):
        Costs.read(amounts=True).total(tally.outcomes(0.5))


@pytest.mark.parametrize(("answer", "kept", "said"), [("drop", [1.0, 3.0, 4.0], "left out"), ("zero", [1.0, 0.0, 3.0, 4.0], "counts as 0")])  # fmt: skip
def test_the_answer_decides_what_rows_without_an_amount_count(answer: str, kept: list[float], said: str) -> None:  # fmt: skip
    _, cases, findings = read([1.0, np.nan, 3.0, 4.0], answer)
    assert cases.amount is not None
    assert cases.amount.tolist() == kept
    assert cases.dropped.get("amount missing", 0) == 4 - len(kept)
    assert said in findings[0].text
    assert findings[0].severity == "error"  # a quarter of the rows


def test_a_row_without_weight_needs_no_amount() -> None:
    drawn = replace(random_rows(1, 4), weight=np.array([1.0, 0.0, 2.0, 1.0]))
    cases = cases_of(drawn, np.array([1.0, np.nan, 2.0, 3.0]))
    Costs.read(amounts=True).check_amounts(cases, "worth")
    assert cases.worth is not None
    assert cases.worth.tolist() == [1.0, 0.0, 4.0, 3.0]


def test_negative_amounts_are_allowed_and_noted() -> None:
    _, cases, findings = read([1.0, -2.0, 3.0, -4.5])
    assert cases.amount is not None
    assert cases.amount.tolist() == [1.0, -2.0, 3.0, -4.5]
    assert findings[0].id == "amount-negative"
    assert "2 of 4 rows: row 2 = -2, row 4 = -4.5" in findings[0].text


@pytest.mark.parametrize("amount", [["a", "b", "c", "d"], [True, False, True, True], [np.nan, np.inf, np.nan, np.nan]])  # fmt: skip
def test_a_column_without_numbers_is_no_amount(amount: list[Any]) -> None:
    with pytest.raises(DataError, match=r"used as amount.*Name another one"):
        read(amount)


def test_rows_take_their_amounts_along() -> None:
    _, cases, _ = read([1.0, 2.0, 3.0, 4.0])
    kept = [cases.where(np.array([True, False, True, True])).amount, cases.at(np.array([3, 0])).amount]
    assert [x.tolist() for x in kept if x is not None] == [[1.0, 3.0, 4.0], [4.0, 1.0]]


# ------------------------------------------------------------------------------------------------- tallies


@given(some_rows(), st.data(), st.sampled_from([None, True, False]))
def test_amounts_at_every_cut_are_the_sums_over_the_rows(drawn: Rows, data: st.DataObject, exact: bool | None) -> None:  # fmt: skip
    amount = np.array(data.draw(st.lists(AMOUNTS, min_size=len(drawn), max_size=len(drawn))))
    cases = cases_of(drawn, amount)
    cut = float(data.draw(st.sampled_from(drawn.score.tolist())))
    found = score_tally(cases, exact=exact, cuts=[cut]).outcomes(cut).amounts
    assert found is not None
    tp, fp = slow(cases, cut)
    pos, neg = slow(cases, -1.0)
    size = 1e-9 * float(np.abs(amount).sum() * (1 if drawn.weight is None else drawn.weight.max()))
    cells = [float(x) for x in (found.tp, found.fp, found.fn, found.tn)]
    assert cells == pytest.approx([tp, fp, pos - tp, neg - fp], rel=1e-9, abs=size)


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("frequency", [True, False])
def test_amounts_change_no_count(exact: bool, weighted: bool, frequency: bool) -> None:
    drawn = random_rows(1, 2000, levels=200, weighted=weighted)
    cases = cases_of(drawn, np.arange(2000.0), frequency=frequency)
    found, wanted = (score_tally(c, exact=exact) for c in (cases, replace(cases, amount=None)))
    for a, b in ((found, wanted), (found.squares, wanted.squares)):
        assert (a is None) == (b is None)
        if a is not None and b is not None:
            assert np.array_equal(a.pos, b.pos)
            assert np.array_equal(a.neg, b.neg)
            assert a.pos.dtype == b.pos.dtype
    assert (found.squares is None) == (frequency or not weighted)


@pytest.mark.parametrize("exact", [True, False])
def test_merged_amounts_are_those_of_all_rows(exact: bool) -> None:
    drawn = random_rows(2, 1000, weighted=True)
    cases = cases_of(drawn, np.random.default_rng(2).normal(0, 100, 1000))
    parts = [score_tally(cases.at(np.arange(start, 1000, 3)), exact=exact, cuts=[0.3] if start else []) for start in range(3)]  # fmt: skip
    equal((parts[0] + parts[1] + parts[2]).amounts, score_tally(cases, exact=exact).amounts)


def test_a_sum_has_amounts_when_both_parts_do() -> None:
    drawn = random_rows(3, 50)
    with_amounts, without = score_tally(cases_of(drawn, np.ones(50))), drawn.tally()
    assert (with_amounts + with_amounts).amounts is not None
    assert (with_amounts + without).amounts is None
    assert (without + with_amounts).amounts is None


@pytest.mark.parametrize("weighted", [True, False])
def test_bins_divided_afterwards_divide_the_amounts(weighted: bool) -> None:
    drawn = random_rows(6, 5000, levels=1000, weighted=weighted)
    cases = cases_of(drawn, np.random.default_rng(6).normal(0, 100, 5000))
    before = score_tally(cases, exact=False)
    found = with_cuts(before, drawn.score, drawn.positive, drawn.weight, [0.3, 0.123], worth=cases.worth)
    wanted = score_tally(cases, exact=False, cuts=[0.3, 0.123])
    equal(found.amounts, wanted.amounts)
    equal(found, wanted)
    assert with_cuts(before, drawn.score, drawn.positive, drawn.weight, [0.3]).amounts is None


@pytest.mark.parametrize("threshold", [0.4, None])
def test_a_decision_counts_the_amounts_of_its_outcomes(threshold: float | None) -> None:
    drawn = random_rows(4, weighted=True)
    amount = np.random.default_rng(4).random(len(drawn))
    cases = cases_of(drawn, amount, predicted=drawn.score >= 0.4)
    found = decided_outcomes(cases, threshold).amounts
    assert found is not None
    assert float(found.tp) == pytest.approx(slow(cases, 0.4)[0])
    assert float(found.fp) == pytest.approx(slow(cases, 0.4)[1])
    assert cases.worth is not None
    assert float(found.total) == pytest.approx(cases.worth.sum())


def test_amounts_of_single_precision_scores_are_those_of_the_numbers_they_are() -> None:
    score = np.array([0.1, 0.7, 0.7], dtype=np.float32)
    found = tally_of(score, np.array([True, True, False]), worth=np.array([1.0, 2.0, 4.0]))
    assert found.amounts is not None
    assert found.amounts.score.tolist() == [float(np.float32(0.1)), float(np.float32(0.7))]
    assert found.amounts.pos.tolist() == [1.0, 2.0]
    assert found.amounts.neg.tolist() == [0.0, 4.0]
    assert found.pos.dtype == np.int64


def test_missed_fraud_in_the_demo_costs_its_amounts() -> None:
    fraud = demo("fraud")
    predictions = mc.read(fraud.path, **dict(fraud.roles))
    cases = next(iter(predictions.cases.values()))
    assert isinstance(cases, BinaryCases)
    table = pd.read_parquet(fraud.path)
    missed = table[(table["is_fraud"] == 1) & (table["score"] < 0.5)]
    found = Costs.read(fp="0", amounts=True).total(score_tally(cases).outcomes(0.5))
    assert float(found) == pytest.approx(missed["amount"].sum())
