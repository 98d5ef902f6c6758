"""Big files on the Data page: how far the read is, what is being done, and giving it up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.runtime.caching import clear_session_resource_cache
from streamlit.testing.v1 import AppTest

from app import datasets
from app.state import reading
from metrics_core.source import Cancelled
from tests.pages.intake import asking, press, started
from tests.pages.opened import launched, opened, written


class Held:
    """A reader that says it is at 42 % and goes on when it is let go or given up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go, self.times, self._real = threading.Event(), 0, datasets.open_sources
        monkeypatch.setattr(datasets, "open_sources", self._open)
        monkeypatch.setattr(reading, "BIG_BYTES", 10)
        monkeypatch.setattr(reading, "_PATIENCE_SECONDS", 0.0)

    def _open(self, data: Any, **how: Any) -> Any:
        self.times += 1
        how["progress"](0.42)
        while not self.go.wait(0.01):
            if how["cancelled"]():
                raise Cancelled
        return self._real(data, **how)

    def threads(self, name: str) -> list[threading.Thread]:
        doing = {f"reading {name}", f"judging {name}"}
        return [thread for thread in threading.enumerate() if thread.name in doing]

    def ends(self, name: str) -> None:
        for thread in self.threads(name):
            thread.join(30)
        assert not self.threads(name)


def run_to_the_end(at: AppTest, held: Held, name: str) -> None:
    """Run until nothing is read any more: a run that takes the table may start to judge its rows beside it."""
    held.ends(name)
    at.run()
    held.ends(name)
    at.run()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    reader = Held(monkeypatch)
    yield reader
    reader.go.set()


def bar(at: AppTest) -> tuple[int, str]:
    (progress,) = at.get("progress")
    return progress.proto.value, progress.proto.text


def test_a_big_file_shows_how_much_is_read_then_the_page(monkeypatch, tmp_path, held):
    name = asking(monkeypatch, tmp_path)
    at = started(data=name)
    assert bar(at) == (42, "42% of 0 MB")
    assert f"Reading {name}" in written(at).replace("\\", "")
    assert not at.get("file_uploader")
    at.switch_page("pages/overview.py").run()
    assert bar(at)[0] == 42
    assert at.header[0].value == "Overview"
    held.go.set()
    run_to_the_end(at, held, name)
    assert not at.get("progress")
    assert "is the positive class?" in at.warning[0].value
    assert held.times == 1


def test_a_cancelled_read_leaves_nothing_behind_and_leads_back(monkeypatch, tmp_path, held):
    name = asking(monkeypatch, tmp_path)
    at = opened("overview", data=name)
    at.button(key="gate.cancel").click().run()
    held.ends(name)
    at.run()
    assert "Reading was cancelled" in written(at)
    assert not at.error
    assert held.times == 1
    at.button(key="gate.choose").click().run()
    assert not at.exception
    assert "data" not in at.query_params
    assert at.header[0].value == "Data"
    at.sidebar.selectbox(key="sidebar.data").set_value(name).run()
    assert bar(at)[0] == 42
    assert held.times == 2


def test_a_cancelled_read_can_be_started_again(monkeypatch, tmp_path, held):
    at = started(data=asking(monkeypatch, tmp_path))
    at.button(key="gate.cancel").click().run()
    at.button(key="gate.again").click().run()
    assert bar(at)[0] == 42


def test_a_big_file_that_cannot_be_read_is_told_once_read_once(monkeypatch, tmp_path, held):
    path = tmp_path / "twice.csv"
    path.write_text("label,score,score\n1,0.5,0.3\n0,0.2,0.1\n")
    held.go.set()
    at = started(data=launched(monkeypatch, path))
    run_to_the_end(at, held, path.name)
    (error,) = at.error
    assert "1 column name(s) more than once" in error.value.replace("\\", "")
    assert held.times == 1


def test_a_big_file_of_which_the_header_is_asked_is_read_with_the_answer(monkeypatch, tmp_path, held):
    path = tmp_path / "bare.csv"
    path.write_text("1,0.25\n0,0.75\n" * 20)
    held.go.set()
    at = started(data=launched(monkeypatch, path))
    run_to_the_end(at, held, path.name)
    at.radio(key="question.answer.header").set_value("no")
    press(at, "Use this answer")
    run_to_the_end(at, held, path.name)
    assert not at.radio
    assert held.times == 2


def test_a_read_ends_when_its_session_is_gone(monkeypatch, tmp_path, held):
    name = asking(monkeypatch, tmp_path)
    started(data=name)
    (thread,) = held.threads(name)
    clear_session_resource_cache("test session id")
    thread.join(30)
    assert not thread.is_alive()


def test_a_small_file_needs_no_thread(monkeypatch, tmp_path, held):
    monkeypatch.setattr(reading, "BIG_BYTES", 1000)
    monkeypatch.setattr(reading, "Reading", None)
    monkeypatch.setattr(datasets, "open_sources", held._real)
    at = started(data=asking(monkeypatch, tmp_path))
    assert at.radio(key="question.answer.pos_label")


class HeldRows:
    """Judges rows when it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go, self.times, self._real = threading.Event(), 0, reading.mc.read
        monkeypatch.setattr(reading.mc, "read", self._read)
        monkeypatch.setattr(reading, "BIG_ROWS", 10)
        monkeypatch.setattr(reading, "_PATIENCE_SECONDS", 0.0)

    def _read(self, data: Any, **roles: Any) -> Any:
        self.times += 1
        assert self.go.wait(60)
        return self._real(data, **roles)

    def ends(self, name: str) -> None:
        self.go.set()
        for thread in threading.enumerate():
            if thread.name == f"judging {name}":
                thread.join(30)


@pytest.fixture
def held_rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldRows]:
    reader = HeldRows(monkeypatch)
    yield reader
    reader.go.set()


def test_many_rows_are_judged_beside_the_page_which_says_so(monkeypatch, tmp_path, held_rows):
    name = asking(monkeypatch, tmp_path)
    at = started(data=name)
    (status,) = at.status
    assert status.label.startswith("Finding out what each column is, and judging 40 rows: ")
    assert status.state == "running"
    assert not at.get("file_uploader")
    at.switch_page("pages/overview.py").run()
    assert len(at.status) == 1
    held_rows.ends(name)
    at.run()
    assert not at.status
    assert "is the positive class?" in at.warning[0].value
    assert held_rows.times == 1


def test_other_roles_of_many_rows_are_judged_beside_the_page_too(monkeypatch, tmp_path, held_rows):
    name = asking(monkeypatch, tmp_path)
    held_rows.go.set()
    at = started(data=name)
    held_rows.ends(name)
    at.run()
    held_rows.go.clear()
    at.radio(key="question.answer.pos_label").set_value("dog")
    press(at, "Use this answer")
    assert len(at.status) == 1
    held_rows.ends(name)
    at.run()
    assert "**score**: 40 of 40 rows can be judged; 14 are dog" in written(at)
    assert held_rows.times == 2


def test_judging_can_be_cancelled(monkeypatch, tmp_path, held_rows):
    name = asking(monkeypatch, tmp_path)
    at = started(data=name)
    at.button(key="gate.cancel").click().run()
    assert "Reading was cancelled" in written(at)
    held_rows.ends(name)
    at.run()
    assert "Reading was cancelled" in written(at)
    at.button(key="gate.again").click().run()
    held_rows.ends(name)
    at.run()
    assert at.radio(key="question.answer.pos_label")
