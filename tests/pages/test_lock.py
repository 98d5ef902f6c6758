"""Locking a threshold: on every page, in the link, with a log; scoring once on the rows kept back, and what unlocking does."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import metrics_core as mc
from metrics_core.decisions.select import select
from tests.pages.opened import MAIN, launched, opened, written
from tests.pages.test_plan import chosen, cut, find, page, pressed
from tests.planned import ROLES, planned_table


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    return launched(monkeypatch, planned_table(tmp_path), **ROLES)


def locked(data: str) -> AppTest:
    at = find(page(data))
    pressed(at, "lock.on")
    return at


def is_locked(at: AppTest) -> bool:
    return ":material/lock: locked]" in written(at)


def link(at: AppTest) -> dict[str, str]:
    return {name: str(at.query_params[name]) for name in ("data", "t", "lock")}


def has(at: AppTest, key: str) -> bool:
    return any(button.key == key for button in at.button)


def log(at: AppTest) -> list[str]:
    """Return what the log says, without the times; every entry has one."""
    found = re.findall(r"^:material/\w+: (\S+) ([\d:\\]+) UTC · (.*)$", written(at), flags=re.MULTILINE)
    return [said.replace("\\", "") for _, _, said in found]


def test_a_lock_is_on_every_page_and_holds_the_threshold(planned):
    at = locked(planned)
    threshold = cut(at)
    assert is_locked(at)
    assert not has(at, "plan.find")
    assert at.button(key="threshold.best.mcc").disabled
    for name in ("overview", "confusion", "curves", "examples"):
        at.switch_page(f"pages/{name}.py")
        at.run()
        assert is_locked(at), name
        assert cut(at) == threshold
    at.query_params["t"] = "0.9"
    at.run()
    assert cut(at) == threshold


def test_a_lock_stands_in_the_link_for_everybody(planned):
    at = locked(planned)
    colleague = opened("threshold", **link(at))
    assert is_locked(colleague)
    assert cut(colleague) == cut(at)
    assert colleague.table[0].value.equals(at.table[0].value)
    pressed(colleague, "lock.off")
    at.run()
    assert not is_locked(at)
    assert log(at) == [f"locked at {cut(at)}", "unlocked"]


def test_the_plan_comes_back_with_the_lock(planned):
    at = page(planned)
    chosen(at, "plan.aim", "mcc")
    find(at)
    pressed(at, "lock.on")
    colleague = opened("threshold", **link(at))
    pressed(colleague, "lock.off")
    assert colleague.selectbox(key="plan.aim").value == "mcc"
    assert not colleague.exception


def test_rows_kept_back_are_scored_only_under_a_lock(planned, tmp_path):
    at = find(page(planned))
    assert not has(at, "lock.score")
    assert "On test" not in at.table[0].value
    pressed(at, "lock.on")
    assert at.button(key="lock.score").label == "Score once on test"
    pressed(at, "lock.score")
    assert not has(at, "lock.score")
    decision = select(mc.read(tmp_path / planned, **ROLES), maximize="f1", select_on="validation", report_on="test")  # fmt: skip
    shown = at.table[0].value.iloc[0].str.replace("\\", "")
    assert f"{decision.reported['value']:.3f}" in shown["On test"]
    assert f"{decision.apparent['value']:.3f}" in shown["Where chosen"]
    assert "judged on the same rows" not in written(at)
    assert log(at) == [f"locked at {cut(at)}", "scored on 'test'"]


def test_choosing_and_judging_on_the_same_rows_always_warns(planned):
    at = find(page(planned))
    assert "chosen and is judged on the same rows" in written(at)
    pressed(at, "lock.on")
    assert "chosen and is judged on the same rows" in written(at)
    assert "Score it once on ‘test’" in written(at)


def test_once_seen_the_rows_kept_back_prove_less(planned):
    at = locked(planned)
    pressed(at, "lock.score")
    assert "were seen at" not in written(at)
    pressed(at, "lock.off")
    assert "The rows kept back were seen at" in written(at)
    assert log(at)[-1] == "unlocked, after the rows kept back were seen"
    chosen(at, "plan.aim", "mcc")
    find(at)
    pressed(at, "lock.on")
    assert "The rows kept back were seen at" in written(at)
    assert at.button(key="lock.score").label == "Score again on test"
    pressed(at, "lock.score")
    assert "The rows kept back were seen at" in written(at)
    assert log(at)[-1] == "scored on 'test' again"
    again = opened("threshold", **link(at))
    assert "The rows kept back were seen at" in written(again)


def test_locking_the_same_again_after_unlocking_keeps_the_log(planned):
    at = locked(planned)
    first = at.query_params["lock"]
    pressed(at, "lock.off")
    pressed(at, "lock.on")
    assert at.query_params["lock"] == first
    assert [said.split()[0] for said in log(at)] == ["locked", "unlocked", "locked"]


def test_without_rows_kept_back_there_is_nothing_to_score(monkeypatch, tmp_path):
    at = locked(launched(monkeypatch, planned_table(tmp_path), **(ROLES | {"split": None})))
    assert not has(at, "lock.score")
    assert "No rows were kept back" in written(at)


def test_a_server_for_reading_keeps_its_locks(planned, monkeypatch):
    at = locked(planned)
    monkeypatch.setenv("FAULTLINE_READONLY", "1")
    reader = opened("threshold", **link(at))
    assert is_locked(reader)
    assert not has(reader, "lock.off")
    assert "a lock stays on" in written(reader)
    at.button(key="lock.off").click().run()  # a button that was drawn before
    assert is_locked(at)


def test_an_unknown_lock_is_said_once_and_leaves_the_link(planned):
    at = opened("threshold", data=planned, lock="no-such-lock")
    assert "The lock this link names is not known here" in written(at)
    assert "lock" not in at.query_params
    at.run()
    assert "The lock this link names is not known here" not in written(at)


def test_a_lock_belongs_to_its_model(monkeypatch, tmp_path):
    data = launched(monkeypatch, planned_table(tmp_path), **(ROLES | {"y_score": {"one": "p", "two": "q"}}))
    at = locked(data)
    lock = at.query_params["lock"]
    at.selectbox(key="sidebar.model").set_value("two").run()
    assert not is_locked(at)
    assert "lock" not in at.query_params
    at.selectbox(key="sidebar.model").set_value("one").run()
    assert is_locked(at)
    assert at.query_params["lock"] == lock


def test_another_data_set_is_not_locked(planned):
    at = locked(planned)
    at.selectbox(key="sidebar.data").set_value("tumour").run()
    assert not is_locked(at)
    assert "lock" not in at.query_params
    at.selectbox(key="sidebar.data").set_value(planned).run()
    assert is_locked(at)


def test_a_file_that_changed_since_the_lock_is_noticed(planned, tmp_path):
    at = locked(planned)
    frame = pd.read_csv(tmp_path / planned)
    frame.assign(p=(frame["p"] / 2).round(3)).to_csv(tmp_path / planned, index=False)
    at = opened("threshold", **link(at))
    assert is_locked(at)
    assert "have changed since the lock" in written(at)
    pressed(at, "lock.score")
    assert "The rows have changed since the threshold was locked" in at.error[0].value
    assert "On test" not in at.table[0].value


def test_the_lock_of_an_upload_stays_in_its_session(tmp_path):
    at = AppTest.from_file(str(MAIN), default_timeout=60)
    at.run()
    rows = planned_table(tmp_path).read_bytes()
    at.file_uploader[0].set_value(("mine.csv", rows, "text/csv")).run()
    assert at.query_params["data"] == "mine.csv"
    at.switch_page("pages/threshold.py")
    at.run()
    find(at)
    pressed(at, "lock.on")
    assert is_locked(at)
    other = AppTest.from_file(str(MAIN), default_timeout=60)
    other.run()
    other.file_uploader[0].set_value(("mine.csv", rows, "text/csv")).run()
    other.switch_page("pages/threshold.py")
    other.query_params["lock"] = str(at.query_params["lock"])
    other.query_params["data"] = "mine.csv"
    other.run()
    assert not other.exception
    assert not is_locked(other)


def test_alternatives_are_kept_by_name(planned):
    at = find(page(planned))
    at.text_input(key="alternative.name").set_value("*few* alarms").run()
    pressed(at, "alternative.keep")
    assert r"Kept so far: \*few\* alarms" in written(at)
    chosen(at, "plan.aim", "mcc")
    find(at)
    at.text_input(key="alternative.name").set_value("   ").run()
    pressed(at, "alternative.keep")
    assert r"Kept so far: \*few\* alarms." in written(at)
