"""The plan on the Threshold page: the rows it is chosen on, its controls, what it comes to, and what stands in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import metrics_core as mc
from app.state import decisions
from demo_data import demo
from metrics_core.decisions.select import select
from tests.pages.opened import launched, opened, written
from tests.planned import ROLES, planned_table


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    return launched(monkeypatch, planned_table(tmp_path), **ROLES)


@pytest.fixture
def core(planned: str, tmp_path: Path) -> mc.Predictions:
    return mc.read(tmp_path / planned, **ROLES)


def page(data: str, **query: str) -> AppTest:
    return opened("threshold", data=data, **query)


def find(at: AppTest) -> AppTest:
    at.button(key="plan.find").click().run()
    assert not at.exception
    return at


def typed(at: AppTest, key: str, text: str) -> None:
    at.text_input(key=key).set_value(text).run()
    assert not at.exception


def chosen(at: AppTest, key: str, value: Any) -> None:
    at.selectbox(key=key).set_value(value).run()
    assert not at.exception


def pressed(at: AppTest, key: str) -> None:
    at.button(key=key).click().run()
    assert not at.exception


def cut(at: AppTest) -> float:
    return float(at.query_params["t"])


# ------------------------------------------------------------------------------------------------ rows


def test_the_page_shows_the_validation_rows_and_says_so():
    at = opened("threshold", t="0.25")
    frame = pd.read_parquet(demo("fraud").path, columns=["is_fraud", "score", "split"])
    frame = frame[frame["split"] == "validation"]
    assert "the **62,500 validation rows** of 100,000" in written(at)
    positive, flagged = frame["is_fraud"] == 1, frame["score"] >= 0.25
    for code, cell in (("fn", positive & ~flagged), ("fp", ~positive & flagged), ("tp", positive & flagged)):
        assert at.button(key=f"threshold.rows.{code}").label.startswith(f"{int(cell.sum()):,} ")


def test_all_rows_can_be_chosen_on(planned, tmp_path):
    at = page(planned, t="0.5")
    chosen(at, "plan.select_on", "\0")
    frame = pd.read_csv(tmp_path / planned)
    missed = int(((frame["label"] == 1) & (frame["p"] < 0.5)).sum())
    assert at.button(key="threshold.rows.fn").label == f"{missed} false negatives"
    assert "**all 600 rows**" in written(at)
    assert not [box for box in at.selectbox if box.key == "plan.report_on"]


def test_the_rows_behind_a_number_are_those_it_was_counted_on(planned, tmp_path):
    at = page(planned, t="0.5")
    label = at.button(key="threshold.rows.fp").label
    pressed(at, "threshold.rows.fp")
    assert at.query_params["filter"] == "part == 'validation'"
    frame = pd.read_csv(tmp_path / planned).query("part == 'validation' and label == 0 and p >= 0.5")
    assert label == f"{len(frame)} false positives"
    assert f"1 of {len(frame)}" in written(at)


def test_a_filter_that_leaves_no_row_of_the_split_is_said_and_can_be_left(planned):
    at = page(planned, filter="part == 'test'")
    assert "No row" in at.error[0].value
    pressed(at, "threshold.all_rows")
    assert not at.error
    assert "**all 200 rows**" in written(at)


def test_without_a_split_column_there_is_nothing_to_keep_back(monkeypatch, tmp_path):
    path = planned_table(tmp_path)
    at = page(launched(monkeypatch, path, **(ROLES | {"split": None})))
    find(at)
    assert not [box for box in at.selectbox if box.key == "plan.select_on"]
    assert "Bring rows that were not chosen on" in written(at)


def test_a_split_called_like_markup_stays_text(monkeypatch, tmp_path):
    frame = pd.read_csv(planned_table(tmp_path)).replace({"part": {"validation": "**val** $x$"}})
    frame.to_csv(tmp_path / "odd.csv", index=False)
    at = page(launched(monkeypatch, tmp_path / "odd.csv", **ROLES))
    chosen(at, "plan.select_on", "**val** $x$")
    find(at)
    assert r"\*\*val\*\* \$x\$" in written(at)
    assert "**val**" not in written(at)


# ------------------------------------------------------------------------------------------------ finding


def test_the_threshold_is_the_one_the_core_chooses(planned, core):
    at = find(page(planned))
    decision = select(core, maximize="f1", select_on="validation")
    assert cut(at) == decision.threshold
    first = at.table[0].value.iloc[0].str.replace("\\", "")
    assert f"{decision.apparent['value']:.3f}" in first["Where chosen"]
    assert f"{decision.honest['value']:.3f}" in first["Honest"]


def test_prices_limits_capacity_and_prevalence_reach_the_core(planned, core):
    at = page(planned)
    chosen(at, "plan.aim", "cost")
    typed(at, "plan.cost_fp", "4")
    assert at.text_input(key="plan.cost_fn").value == "amount"
    typed(at, "plan.gain_tp", "1")
    pressed(at, "plan.limit.add")
    chosen(at, "plan.limit.0.key", "recall")
    typed(at, "plan.limit.0.number", "20%")
    pressed(at, "plan.capacity.add")
    typed(at, "plan.capacity", "120")
    find(at)
    wanted = select(core, minimize="cost", cost_fp="4", cost_fn="amount", gain_tp="1", gain_tn="0", subject_to=["recall>=20%"],
                    capacity="120", select_on="validation")  # fmt: skip
    assert cut(at) == wanted.threshold
    pressed(at, "plan.prevalence.add")
    typed(at, "plan.prevalence", "5%")
    find(at)
    again = select(core, minimize="cost", cost_fp="4", cost_fn="amount", gain_tp="1", gain_tn="0", subject_to=["recall>=20%"],
                   capacity="120", prevalence=0.05, select_on="validation")  # fmt: skip
    assert cut(at) == again.threshold != wanted.threshold


def test_a_limit_starts_from_what_is_there_now(planned):
    at = page(planned, t="0.5")
    precision = at.dataframe[0].value.set_index("Key")["Value"]["precision"]
    pressed(at, "plan.limit.add")
    assert at.text_input(key="plan.limit.0.number").value == f"{int(float(precision.rstrip('%')))}%"


def test_promises_are_judged_at_the_threshold(planned, core):
    at = page(planned)
    pressed(at, "plan.promise.add")
    typed(at, "plan.promise.0.number", "60%")
    find(at)
    decision = select(core, maximize="f1", select_on="validation", certify=["recall>=0.6"])
    kept = decision.certificates[0]["covers_threshold"]
    assert ("is promised of this threshold with 95% confidence" in written(at)) == kept
    at.toggle(key="plan.keep").set_value(True).run()
    find(at)
    assert "is promised of this threshold with 95% confidence" in written(at)
    assert cut(at) == select(core, maximize="f1", select_on="validation", certify=["recall>=0.6"], keep_promises=True).threshold  # fmt: skip


def test_an_f_score_of_any_beta(planned, core):
    at = page(planned)
    chosen(at, "plan.aim", "f…")
    typed(at, "plan.beta", "0.25")
    find(at)
    assert cut(at) == select(core, maximize="f0.25", select_on="validation").threshold


def test_what_cannot_be_read_stays_and_is_said(planned):
    at = page(planned)
    pressed(at, "plan.limit.add")
    typed(at, "plan.limit.0.number", "ninety")
    assert "is no number" in written(at)
    assert at.button(key="plan.find").disabled
    assert at.text_input(key="plan.limit.0.number").value == "ninety"
    typed(at, "plan.limit.0.number", "60%")
    assert not at.button(key="plan.find").disabled


def test_undo_goes_back_step_by_step(planned):
    at = page(planned)
    assert at.button(key="plan.undo").disabled
    chosen(at, "plan.aim", "mcc")
    pressed(at, "plan.capacity.add")
    typed(at, "plan.capacity", "oops")
    pressed(at, "plan.undo")
    assert at.text_input(key="plan.capacity").value == "5%"
    pressed(at, "plan.undo")
    pressed(at, "plan.undo")
    assert at.selectbox(key="plan.aim").value == "f1"
    assert at.button(key="plan.undo").disabled


def test_an_answer_of_another_plan_is_marked(planned):
    at = find(page(planned))
    assert "that of another plan" not in written(at)
    chosen(at, "plan.aim", "mcc")
    assert "that of another plan" in written(at)
    pressed(at, "plan.undo")
    assert "that of another plan" not in written(at)


def test_moving_the_slider_chooses_nothing_again(planned, monkeypatch):
    calls = []
    real = decisions.selection_of
    monkeypatch.setattr(decisions, "selection_of", lambda *a, **k: calls.append(k) or real(*a, **k))
    at = find(page(planned))
    assert len(calls) == 1
    for t in ("0.3", "0.4"):
        at.query_params["t"] = t
        at.run()
        assert cut(at) == float(t)
    chosen(at, "plan.aim", "mcc")
    pressed(at, "plan.undo")
    find(at)
    assert len(calls) == 1


def test_each_model_has_a_plan_of_its_own(monkeypatch, tmp_path):
    data = launched(monkeypatch, planned_table(tmp_path), **(ROLES | {"y_score": {"one": "p", "two": "q"}}))
    at = page(data)
    chosen(at, "plan.aim", "mcc")
    at.selectbox(key="sidebar.model").set_value("two").run()
    assert at.selectbox(key="plan.aim").value == "f1"
    at.selectbox(key="sidebar.model").set_value("one").run()
    assert at.selectbox(key="plan.aim").value == "mcc"


def test_one_class_against_the_rest_is_planned_like_any_other():
    at = find(opened("threshold", data="digits", **{"class": "8"}))
    digits = demo("digits")
    wanted = select(mc.read(digits.path, **digits.roles).against_rest("8"), maximize="f1")
    assert cut(at) == wanted.threshold


@pytest.mark.parametrize("roles", [{"weight": "w", "weight_kind": "sampling"}, {"group": "patient"}])
def test_weights_and_groups_reach_the_core(monkeypatch, tmp_path, roles):
    data = launched(monkeypatch, planned_table(tmp_path), **(ROLES | roles))
    at = find(page(data))
    decision = select(mc.read(tmp_path / data, **(ROLES | roles)), maximize="f1", select_on="validation")
    assert cut(at) == decision.threshold


@pytest.mark.parametrize(
    "row", [4, 5]
)  # of the rows chosen on, and of those kept back: later it would be too late to ask
def test_missing_amounts_are_asked_about_and_then_it_goes_on(monkeypatch, tmp_path, row):
    frame = pd.read_csv(planned_table(tmp_path))
    frame.loc[row, "money"] = np.nan
    frame.to_csv(tmp_path / "gaps.csv", index=False)
    at = page(launched(monkeypatch, tmp_path / "gaps.csv", **ROLES))
    chosen(at, "plan.aim", "cost")
    find(at)
    at.radio(key="question.answer.amount_missing").set_value("zero")
    next(button for button in at.button if button.label == "Use this answer").click().run()
    assert not at.exception
    assert not at.radio
    find(at)
    assert at.table[0].value.index[0] == "**Cost per 1,000 rows**"


# ------------------------------------------------------------------------------------------------ in the way


def stuck(at: AppTest) -> AppTest:
    pressed(at, "plan.limit.add")
    typed(at, "plan.limit.0.number", "95%")
    pressed(at, "plan.limit.add")
    chosen(at, "plan.limit.1.key", "recall")
    typed(at, "plan.limit.1.number", "95%")
    return find(at)


def test_what_is_in_the_way_is_named_and_relaxed_by_a_click(planned, core):
    at = stuck(page(planned))
    assert "No threshold keeps to all of this" in written(at)
    assert "t" not in at.query_params
    told = select(
        core, maximize="f1", subject_to=["precision>=0.95", "recall>=0.95"], select_on="validation"
    ).infeasible
    assert len(told["blocking"]) == 2
    pressed(at, "answer.relax.1")
    assert "No threshold keeps" not in written(at)
    number = at.text_input(key="plan.limit.1.number").value
    assert 0 <= told["nearest"]["recall>=0.95"]["beside_value"] - float(number) < 0.001
    assert cut(at) == select(core, maximize="f1", subject_to=["precision>=0.95", f"recall>={number}"], select_on="validation").threshold  # fmt: skip
    pressed(at, "plan.undo")
    assert at.text_input(key="plan.limit.1.number").value == "95%"
    assert "No threshold keeps" in written(at)


def test_a_capacity_in_the_way_is_relaxed(planned):
    at = page(planned)
    pressed(at, "plan.capacity.add")
    typed(at, "plan.capacity", "2")
    chosen(at, "plan.per", "day")
    pressed(at, "plan.limit.add")
    chosen(at, "plan.limit.0.key", "recall")
    typed(at, "plan.limit.0.number", "90%")
    find(at)
    keys = [button.key for button in at.button if str(button.key).startswith("answer.relax")]
    assert len(keys) == 2
    flagged = next(key for key in keys if "flagged" in at.button(key=key).label)
    pressed(at, flagged)
    assert int(at.text_input(key="plan.capacity").value) > 2
    assert "No threshold keeps" not in written(at)


def test_promises_that_cannot_be_kept_are_let_go_by_a_click(planned):
    at = page(planned)
    pressed(at, "plan.promise.add")
    typed(at, "plan.promise.0.number", "99.9%")
    at.toggle(key="plan.keep").set_value(True).run()
    find(at)
    assert "No threshold keeps to all of this" in written(at)
    assert "no cut is certified" in written(at)
    pressed(at, "answer.relax.0")
    assert not at.toggle(key="plan.keep").value
    assert "No threshold keeps" not in written(at)
    assert "cannot be certified" in written(at)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_says_why_there_is_no_threshold(monkeypatch, tmp_path, label):
    frame = pd.DataFrame({"label": [label] * 8, "p": np.arange(8) / 8})
    frame.to_csv(tmp_path / "alone.csv", index=False)
    at = page(launched(monkeypatch, tmp_path / "alone.csv", y_true="label", y_score="p", pos_label="1", task="binary"))  # fmt: skip
    chosen(at, "plan.aim", "balanced_accuracy")
    find(at)
    assert "is undefined at every threshold" in written(at)
    assert not at.table


def test_typing_and_a_click_in_one_go_both_count(planned):
    at = page(planned)
    pressed(at, "plan.limit.add")
    at.text_input(key="plan.limit.0.number").set_value("33%")
    at.button(key="plan.limit.add").click().run()
    assert at.text_input(key="plan.limit.0.number").value == "33%"
    assert len([box for box in at.text_input if str(box.key).startswith("plan.limit.")]) == 2
