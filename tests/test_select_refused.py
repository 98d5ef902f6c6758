"""What choosing a threshold refuses, in a sentence; and which day a row belongs to."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.decisions.select import select
from metrics_core.decisions.times import period_codes
from metrics_core.source import open_source
from tests.chosen import chosen, halves, table

# ------------------------------------------------------------------------------------------------- refusals

ASKED: list[tuple[dict[str, Any], str]] = [
    ({}, "Name one thing to aim for: either a metric to maximize, or a metric or the cost to minimize."),
    ({"maximize": "f1", "minimize": "cost"}, "Name one thing to aim for"),
    ({"maximize": "f1x"}, "There is no metric 'f1x' at a threshold. Did you mean 'f1'?"),
    ({"maximize": "roc_auc"}, "ROC AUC looks at all thresholds at once, so none can be chosen by it."),
    ({"maximize": "cost"}, "A cost is to be minimized: say --minimize cost."),
    ({"maximize": "f1", "cost_fp": 2}, "Costs are given, but F1 does not use them."),
    ({"minimize": "cost", "cost_fp": "2€"}, "'2€' is no cost."),
    ({"minimize": "cost", "cost_fn": "amount"}, "The costs depend on the amount of a row"),
    ({"maximize": "f1", "subject_to": ["precison>=0.9"]}, "There is no metric 'precison' at a threshold. Did you mean 'precision'?"),
    ({"maximize": "f1", "subject_to": ["precision=0.9"]}, "'precision=0.9' is no constraint."),
    ({"maximize": "f1", "capacity": "many"}, "'many' in 'many' is no number."),
    ({"maximize": "f1", "capacity": "200%"}, "'200%' is no capacity. Give a number of rows such as 200, or a share such as 5%."),
    ({"maximize": "f1", "capacity": "20/month"}, "'20/month' is no capacity. Write 200, 5%, 200/day or 5%/week."),
    ({"maximize": "f1", "capacity": "20/day"}, "A capacity per day needs the time of each row. Name its column with --time."),
    ({"maximize": "f1", "prevalence": 0.0}, "A share of positives is more than 0 and less than 1, such as 0.02, not 0."),
    ({"maximize": "f1", "prevalence": 1.0}, "not 1."),
    ({"maximize": "f1", "prevalence": nan}, "not nan."),
    ({"maximize": "f1", "certify": ["mcc>=0.5"]}, "Nothing exact can be promised of 'mcc'."),
    ({"maximize": "f1", "certify": ["recall>=0.5"], "confidence": 2}, "A confidence of 2 cannot be given."),
    ({"maximize": "f1", "keep_promises": True}, "There is no promise to keep: --keep-promises needs a --certify."),
    ({"maximize": "f1", "per": "sitte"}, "'frame' has no column 'sitte'. Did you mean 'site' or 'split'?"),
    ({"maximize": "f1", "per": "site", "certify": ["recall>=0.5"]}, "Groups with thresholds of their own cannot be given another prevalence or a promise."),
    ({"maximize": "f1", "per": "site", "prevalence": 0.1}, "Groups with thresholds of their own cannot be given"),
    ({"maximize": "f1", "per": "site", "capacity": 20}, "'flagged<=20' limits all rows together"),
    ({"maximize": "f1", "select_on": "valdation"}, "Column 'split' (used as split) has no rows called 'valdation'. Did you mean 'validation'?"),
    ({"maximize": "f1", "select_on": "validation", "report_on": "tset"}, "has no rows called 'tset'. Did you mean 'test'?"),
    ({"maximize": "f1", "report_on": "test"}, "Say which rows to choose on: --report-on needs --select-on."),
    ({"maximize": "f1", "select_on": "test", "report_on": "test"}, "Choosing and reporting on the same rows ('test') proves nothing. Name two splits."),
    ({"maximize": "f1", "model": "q"}, "There is no model 'q'. There are: 'p'."),
    ({"maximize": "f1", "where": "p > 3"}, "No row that can be judged passes the filter p > 3. Widen it."),
    ({"maximize": "f1", "level": 95}, "The level of an interval is a fraction between 0 and 1"),
    ({"maximize": "f1", "replicates": 10}, "10 replicates are too few for an interval"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "sentence"), ASKED, ids=[str(asked) for asked, _ in ASKED])
def test_what_makes_no_sense_is_refused_in_a_sentence(asked: dict[str, Any], sentence: str) -> None:
    frame = halves(n=60).assign(site="a")
    with pytest.raises(mc.DataError) as refusal:
        chosen(frame, roles={"split": "split"}, **asked)
    assert sentence in str(refusal.value)


def test_a_capacity_per_day_is_not_judged_at_another_prevalence() -> None:
    frame = table(20, time=pd.date_range("2026-01-01", periods=300, freq="h"))
    with pytest.raises(mc.DataError, match="A capacity per day counts the days of these rows"):
        chosen(frame, roles={"time": "time"}, maximize="f1", capacity="5/day", prevalence=0.1)


def test_splits_need_a_column() -> None:
    with pytest.raises(mc.DataError, match="There is no split column, so no rows are called 'test'"):  # fmt: skip
        chosen(table(), maximize="f1", select_on="test")


def test_a_model_needs_a_score() -> None:
    predictions = mc.read(table().assign(guess=1), y_true="y", y_pred="guess")
    with pytest.raises(mc.DataError, match="has no score, so there is no threshold to choose"):  # fmt: skip
        select(predictions, maximize="f1")


def test_many_classes_need_one_to_decide_on() -> None:
    shares = np.random.default_rng(21).dirichlet([1, 1, 1], 60)
    frame = pd.DataFrame({"y": np.array(list("abc"))[shares.argmax(1)]}).join(pd.DataFrame(shares, columns=["p_a", "p_b", "p_c"]))  # fmt: skip
    predictions = mc.read(frame, y_true="y", proba_prefix="p_")
    with pytest.raises(mc.DataError, match="A threshold belongs to one class against the rest"):
        select(predictions, maximize="f1")
    decision = select(predictions.against_rest("b"), maximize="f1", replicates=100)
    assert (decision.pos_label, decision.y_score) == ("b", "p_b")


def test_rows_without_an_amount_are_asked_about_where_costs_depend_on_it() -> None:
    frame = table(22, amount=np.where(np.arange(300) == 4, np.nan, 2.0))
    with pytest.raises(mc.NeedsChoice) as question:
        chosen(frame, roles={"amount": "amount"}, minimize="cost")
    assert question.value.id == "amount_missing"
    left_out = chosen(
        frame, roles={"amount": "amount", "choose": {"amount_missing": "drop"}}, minimize="cost"
    )
    assert left_out.apparent is not None
    assert left_out.apparent["rows"] == 299


# --------------------------------------------------------------------------------------------------- days


def codes(times: list[Any], per: Any = "day") -> list[int]:
    return period_codes(open_source(pd.DataFrame({"at": times})), "at", per).tolist()


def test_days_are_those_of_the_clock_that_the_column_is_written_in() -> None:
    assert codes(["2026-01-31T23:30-05:00", "2026-02-01 00:10:11.5 +0100", "2026-02-01T00:00Z", None, "2026-02-03", " "]) == [0, 1, 1, -1, 3, -1]  # fmt: skip
    berlin = pd.to_datetime(["2026-01-31 23:30", "2026-02-01 00:00"]).tz_localize("Europe/Berlin")
    assert codes(list(berlin)) == [0, 1]
    assert codes([pd.Timestamp("1969-12-31 23:59:59"), pd.Timestamp("1970-01-01")]) == [0, 1]


def test_weeks_begin_on_monday() -> None:
    assert codes([pd.Timestamp("2026-11-22"), pd.Timestamp("2026-11-23"), pd.Timestamp("2026-11-29")], "week") == [0, 1, 1]  # fmt: skip


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        (["2026-01-31", "soon"], "holds text that is no time in 1 of 2 rows: row 2 = 'soon'."),
        ([None, None], "Column 'at' (used as time) is empty."),
        ([1, 2], "holds no dates or times."),
    ],
)
def test_what_is_no_time_is_refused(times: list[Any], sentence: str) -> None:
    with pytest.raises(mc.DataError) as refusal:
        codes(times)
    assert sentence in str(refusal.value)
