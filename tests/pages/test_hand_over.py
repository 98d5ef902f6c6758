"""A decision on its way out and back in: the record, code to copy, and opening a record here, elsewhere and when it is none."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import metrics_core as mc
from app.state import Limit, Plan
from app.views.hand_over import record
from metrics_core.decisions.record import Decision
from tests.pages.opened import launched, opened, written
from tests.pages.test_lock import is_locked
from tests.pages.test_plan import chosen, cut, find, page, pressed
from tests.planned import ROLES, planned_table, selected

PLAN = Plan(aim="cost", cost_fp="4", cost_fn="amount", limits=(Limit("precision", ">=", "30%"),), promises=(Limit("recall", ">=", "50%"),),
            select_on="validation", report_on="test")  # fmt: skip


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    return launched(monkeypatch, planned_table(tmp_path), **ROLES)


@pytest.fixture
def core(planned: str, tmp_path: Path) -> mc.Predictions:
    return mc.read(tmp_path / planned, **ROLES)


def offer(at: AppTest, content: bytes, name: str = "decision.json") -> AppTest:
    at.file_uploader[0].set_value((name, content, "application/json")).run()
    assert not at.exception
    return at


def shown(at: AppTest, column: str) -> list[str]:
    return [str(cell).replace("\\", "") for cell in at.table[0].value[column]]


def test_a_record_brings_plan_threshold_and_results_back(planned, core):
    decision = selected(core, PLAN, where="region == 'north'").decision
    at = offer(page(planned), record(decision, "2026-01-02T03:04:05+00:00"))
    assert not at.error
    assert cut(at) == decision.threshold
    assert at.query_params["filter"] == "region == 'north'"
    assert at.selectbox(key="plan.aim").value == "cost"
    assert at.text_input(key="plan.cost_fp").value == "4"
    assert at.selectbox(key="plan.select_on").value == "validation"
    assert "From decision\\.json, made 2026-01-02 03:04:05 UTC" in written(at)
    assert "was made on" not in written(at)
    cost = 1000 * decision.apparent["value"] / sum(decision.apparent["confusion"].values())
    assert f"{cost:,.2f}" in shown(at, "Where chosen")[0]
    pressed(at, "plan.undo")
    assert at.selectbox(key="plan.aim").value == "f1"


def test_a_record_that_was_scored_shows_it_and_warns_from_then_on(planned, core):
    decision = selected(core, PLAN, report=True).decision
    at = offer(page(planned), record(decision, ""))
    assert len(shown(at, "On test")) == len(at.table[0].value)
    assert "The rows kept back" not in written(at)
    chosen(at, "plan.aim", "mcc")
    find(at)
    assert "The rows kept back had been seen when a record was opened" in written(at)
    pressed(at, "lock.on")
    assert at.button(key="lock.score").label == "Score again on test"


def test_a_record_can_be_locked_and_scored_like_an_answer_found_here(planned, core):
    at = offer(page(planned), record(selected(core, PLAN).decision, ""))
    at.selectbox(key="plan.report_on").set_value("test").run()
    find(at)
    pressed(at, "lock.on")
    pressed(at, "lock.score")
    reported = selected(core, PLAN, report=True).decision.reported
    assert f"{1000 * reported['value'] / sum(reported['confusion'].values()):,.2f}" in shown(at, "On test")[0]


def test_a_record_of_other_data_names_both_and_is_judged_here(planned, core, tmp_path, monkeypatch):
    decision = selected(core, PLAN).decision
    frame = pd.read_csv(tmp_path / planned)
    frame.iloc[::2].to_csv(tmp_path / "half.csv", index=False)
    other = launched(monkeypatch, tmp_path / "half.csv", **ROLES)
    at = offer(page(other), record(decision, ""))
    (warning,) = (w.value.replace("\\", "") for w in at.warning)
    ours = mc.read(tmp_path / other, **ROLES).source.sha256()
    assert f"‘planned.csv’ (sha256 {decision.data['sha256'][:12]}…)" in warning
    assert f"‘half.csv’ (sha256 {ours[:12]}…)" in warning
    assert cut(at) == decision.threshold
    assert "On these rows the decision **" in written(at)
    assert at.button(key="lock.on").disabled
    find(at)
    assert not at.warning
    assert not at.button(key="lock.on").disabled


def changed(decision: Decision, **fields: Any) -> bytes:
    return json.dumps(decision.to_dict() | fields).encode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"schema": 99}, "has schema 99"),
     ({"threshold": "high"}, "'threshold' must be a number or null"),
     ({"roles": {"y_true": "label", "y_score": "other"}}, "decides by column 'other', which is no score of 'planned.csv'"),
     ({"roles": {"y_true": "truth", "y_score": "p"}}, "was judged by the labels in 'truth'"),
     ({"pos_label": "yes"}, "flags 'yes', and here '1' is the positive class"),
     ({"selected_on": "2019"}, "names rows called '2019'"),
     ({"filter": "region == 'west'"}, "no row of 'planned.csv' passes that"),
     ({"filter": "nowhere > 1"}, "nowhere"),
     ({"filter": "(("}, "filter"),
     ({"task": "multiclass"}, "decides a task of kind 'multiclass'"),
     ({"apparent": {"value": 1}}, "'apparent' lacks"),
     ({"certificates": [{"promise": "luck>=0.9", "confidence": 0.95, "holds": False, "reason": "none"}]}, "Nothing exact can be promised of 'luck'"),
     ({"constraints": ["precision>=lots"]}, "is no number"),
     ({"objective": {"maximize": "charm"}}, "no metric 'charm'")],
)  # fmt: skip
def test_a_record_that_does_not_fit_is_one_sentence_and_changes_nothing(planned, core, fields, said):
    at = offer(page(planned, t="0.4"), changed(selected(core, PLAN).decision, **fields))
    (error,) = at.error
    assert said in error.value.replace("\\", "")
    assert cut(at) == 0.4
    assert at.selectbox(key="plan.aim").value == "f1"
    assert not at.table
    at.run()
    assert not at.error


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"not json", "is not JSON"), (b"[1, 2]", "holds a list"), (b"", "is not JSON"), (b"\xff\xfe\x00", "is not JSON"), (b"[" * 100_000, "is not JSON"), (b"{}", "has schema None")],
)  # fmt: skip
def test_a_file_that_is_no_record_is_one_sentence(planned, content, said):
    at = offer(page(planned), content, "notes.json")
    (error,) = at.error
    assert said in error.value.replace("\\", "")
    assert "notes\\.json" in error.value


def test_an_infeasible_record_says_what_is_in_the_way(planned, core):
    plan = Plan(aim="recall", limits=(Limit("precision", ">=", "99%"), Limit("recall", ">=", "99%")), select_on="validation")  # fmt: skip
    at = offer(page(planned), record(selected(core, plan).decision, ""))
    assert "No threshold keeps to all of this" in written(at)


def test_no_record_is_opened_over_a_lock(planned):
    at = find(page(planned))
    pressed(at, "lock.on")
    assert is_locked(at)
    (opener,) = (p for p in at.get("popover") if p.proto.popover.label == "Open a decision")
    assert opener.proto.popover.disabled


def test_code_to_copy_decides_as_the_page_does(planned, tmp_path):
    at = find(page(planned))
    pressed(at, "lock.on")
    pressed(at, "lock.score")
    code = {block.language: block.value for block in at.code}
    assert {"sql", "python", "bash"} <= set(code)
    assert "--report-on test" in code["bash"].replace("\\\n", " ")
    frame = pd.read_csv(tmp_path / planned)
    with sqlite3.connect(":memory:") as database:
        frame.to_sql("rows", database, index=False)
        flags = [row[0] for row in database.execute(f"SELECT {code['sql']} FROM rows")]
    assert flags == (frame["p"] >= cut(at)).astype(int).tolist()
    assert f"threshold={cut(at)!r}" in code["python"]


def test_a_saved_record_is_dated_and_read_again(core, tmp_path):
    decision = selected(core, PLAN, report=True).decision
    (tmp_path / "d.json").write_bytes(record(decision, "2026-01-02T03:04:05+00:00"))
    read = Decision.load(tmp_path / "d.json")
    assert read.created == "2026-01-02T03:04:05+00:00"
    assert read.to_dict() | {"created": ""} == json.loads(json.dumps(decision.to_dict() | {"created": ""}))
    assert record(read, "later") == (tmp_path / "d.json").read_bytes()


def test_a_record_of_another_model_goes_to_that_model(monkeypatch, tmp_path):
    data = launched(monkeypatch, planned_table(tmp_path), **(ROLES | {"y_score": {"one": "p", "two": "q"}}))
    predictions = mc.read(tmp_path / data, **(ROLES | {"y_score": {"one": "p", "two": "q"}}))
    at = offer(page(data), record(selected(predictions, PLAN, model="two").decision, ""))
    assert at.query_params["model"] == "two"
    assert at.selectbox(key="plan.aim").value == "cost"
    assert opened("threshold", data=data).selectbox(key="plan.aim").value == "f1"
