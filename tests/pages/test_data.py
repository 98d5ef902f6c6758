from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.runtime.caching import clear_session_resource_cache
from streamlit.testing.v1 import AppTest

from app import datasets
from app.state import reading
from demo_data import demo
from metrics_core.source import Cancelled
from tests.pages.opened import MAIN, launched, opened, written


def started(**query: str) -> AppTest:
    at = AppTest.from_file(str(MAIN), default_timeout=60)
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def asking(monkeypatch: pytest.MonkeyPatch, folder: Path) -> str:
    path = folder / "pets.csv"
    path.write_text("label,score\n" + "".join(f"{'cat' if i % 3 else 'dog'},{i / 40}\n" for i in range(40)))
    return launched(monkeypatch, path)


def three_classes(folder: Path) -> Path:
    path = folder / "three.csv"
    truth = np.resize(list("abc"), 30)
    p = pd.DataFrame({label: np.where(truth == label, 0.5, 0.25) for label in "abc"}).add_prefix("p_")
    p.assign(y_true=truth, y_pred=truth, note=[f"note {i}" for i in range(30)]).to_csv(path, index=False)
    return path


def select(at: AppTest, label: str) -> Any:
    return next(box for box in at.main.selectbox if box.label == label)


def press(at: AppTest, label: str) -> None:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception


def test_without_data_it_offers_an_upload_and_the_demo(monkeypatch):
    monkeypatch.delenv("FAULTLINE_LAUNCH", raising=False)
    at = started()
    assert len(at.get("file_uploader")) == 1
    assert not at.error
    assert not at.dataframe
    at.button(key="data.demo.fraud").click().run()
    assert not at.exception
    assert "fraud" in at.query_params["data"]
    assert "**score**: 100,000 of 100,000 rows can be judged" in written(at)
    assert len(at.dataframe[0].value) == 8


@pytest.mark.parametrize("name", ["nope", "<b>nope</b>", "../../etc/passwd"])
def test_a_link_to_no_data_set_is_one_sentence(name):
    at = started(data=name)
    (error,) = at.error
    assert error.value.startswith("There is no data set ")
    assert "<b>" not in error.value.replace("\\<", "")
    assert at.button(key="data.demo.fraud")


def test_a_question_waits_for_its_answer(monkeypatch, tmp_path):
    at = started(data=asking(monkeypatch, tmp_path))
    answer = at.radio(key="question.answer.pos_label")
    assert answer.options == ["cat", "dog"]
    assert answer.value is None
    send = next(button for button in at.button if button.label == "Use this answer")
    send.click().run()
    assert "Choose one of the answers first." in written(at)
    at.radio(key="question.answer.pos_label").set_value("dog")
    next(button for button in at.button if button.label == "Use this answer").click().run()
    assert not at.exception
    assert "**score**: 40 of 40 rows can be judged; 14 are dog" in written(at)


def test_other_pages_lead_to_the_question(monkeypatch, tmp_path):
    at = opened("overview", data=asking(monkeypatch, tmp_path))
    assert "is the positive class?" in at.warning[0].value
    assert at.button(key="gate.trouble").label == "Answer on the Data page"


def test_a_file_that_broke_after_the_start_is_one_sentence(monkeypatch, tmp_path):
    path = tmp_path / "gone.csv"
    at = started(data=launched(monkeypatch, path))
    assert len(at.error) == 1
    assert "Traceback" not in written(at)


# Many classes


def test_a_file_of_many_classes_shows_its_roles_classes_and_pictures():
    at = started(data="digits")
    assert "**predicted**: 1,797 of 1,797 rows can be judged; 10 classes, 81 predicted wrong" in written(at)
    prefix = next(m for m in at.multiselect if m.label.startswith("Class probabilities"))
    assert prefix.value == ["proba_"]
    columns, classes, preview = (frame.value for frame in at.dataframe)
    assert columns["proba_…"].tolist() == [f"proba_{i}" for i in range(10)]
    frame = pd.read_parquet(demo("digits").path)
    assert classes.set_index("Class")["Rows"].to_dict() == frame["digit"].value_counts().to_dict()
    assert preview["image"].tolist() == frame["image"].head(8).tolist()
    assert '"image"' in at.dataframe[2].proto.columns


def test_the_reason_of_each_guess_is_told(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, three_classes(tmp_path)))
    text = written(at).replace("\\", "")
    for sentence in (
        "True label: named 'y_true', 3 different values",
        "Task: 'y_true' has 3 different labels",
        "Predicted label: named 'y_pred', 3 different values",
        "Probabilities: a column 'p_' + label for each of the 3 labels",
    ):
        assert sentence in text


def test_more_than_twenty_classes_are_counted_not_listed(monkeypatch, tmp_path):
    path = tmp_path / "many.csv"
    labels = [f"c{i:02}" for i in range(33)]
    pd.DataFrame({"y_true": labels * 2, "y_pred": labels + labels[::-1]}).to_csv(path, index=False)
    at = started(data=launched(monkeypatch, path))
    assert next(frame.value for frame in at.dataframe if "Rows" in frame.value).shape[0] == 20
    assert "and 13 more classes" in written(at)


def test_two_prefixes_are_asked_about(monkeypatch, tmp_path):
    path = three_classes(tmp_path)
    frame = pd.read_csv(path)
    for label in "abc":
        frame[f"q_{label}"] = frame[f"p_{label}"].to_numpy()[::-1]
    frame.to_csv(path, index=False)
    at = started(data=launched(monkeypatch, path))
    question = at.radio(key="question.answer.proba_prefix")
    assert question.options == ["p\\_", "q\\_"]
    question.set_value("q_")
    next(button for button in at.button if button.label == "Use this answer").click().run()
    assert not at.radio
    assert next(m for m in at.multiselect if m.label.startswith("Class prob")).value == ["q_"]


def test_whether_the_first_line_is_a_header_is_asked_and_the_answer_stays(monkeypatch, tmp_path):
    path = tmp_path / "bare.csv"
    path.write_text("1,0.25\n0,0.75\n" * 20)
    at = started(data=launched(monkeypatch, path))
    at.radio(key="question.answer.header").set_value("no")
    press(at, "Use this answer")
    select(at, "True label").set_value("column_1").run()
    next(m for m in at.multiselect if m.label.startswith("Score")).set_value(["column_2"])
    press(at, "Apply")
    assert not at.radio
    assert "**column\\_2**: 40 of 40 rows can be judged; 20 are 1" in written(at)


def test_percentages_of_classes_are_asked_about(monkeypatch, tmp_path):
    path = three_classes(tmp_path)
    frame = pd.read_csv(path)
    frame[["p_a", "p_b", "p_c"]] *= 100
    frame.to_csv(path, index=False)
    at = started(data=launched(monkeypatch, path))
    at.radio(key="question.answer.score_kind").set_value("percent")
    next(button for button in at.button if button.label == "Use this answer").click().run()
    assert "**y\\_pred**: 30 of 30 rows can be judged" in written(at)
    assert select(at, "What the probabilities are").value == "percent"


def test_a_prefix_that_leads_nowhere_is_one_sentence_and_stays_to_be_mended(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, three_classes(tmp_path)))
    prefixes = next(m for m in at.multiselect if m.label.startswith("Class prob"))
    at.session_state[prefixes.key] = ["pp_"]
    at.run()
    select(at, "Row id").set_value("note")
    press(at, "Apply")
    assert [error.value.replace("\\", "")[:37] for error in at.error] == [
        "No column of 'three.csv' starts with "
    ]
    assert next(m for m in at.multiselect if m.label.startswith("Class prob")).value == ["pp_"]
    assert select(at, "Row id").value == "note"
    again = next(m for m in at.multiselect if m.label.startswith("Class prob"))
    at.session_state[again.key] = ["p_"]
    at.run()
    press(at, "Apply")
    assert not at.error
    assert "3 classes" in written(at)
    assert select(at, "Row id").value == "note"


def test_one_class_against_the_rest_is_a_task_of_the_form(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, three_classes(tmp_path)))
    select(at, "Task").set_value("binary").run()
    press(at, "Apply")
    assert [error.value for error in at.error] == [
        "Choose the positive class: the one to take against the rest."
    ]
    select(at, "Positive class").set_value("b")
    press(at, "Apply")
    assert not at.error
    assert "10 are b (33.3%), 20 are not b" in written(at)
    press(at, "Apply")
    assert "10 are b (33.3%), 20 are not b" in written(at)


def test_named_models_keep_their_names_when_the_form_is_applied():
    at = started(data="tumour")
    press(at, "Apply")
    assert "**logistic**: 569 of 569 rows" in written(at)
    assert "**forest**: 569 of 569 rows" in written(at)


def test_roles_taken_away_in_the_form_stay_away():
    at = started(data="digits")
    prefixes = next(m for m in at.multiselect if m.label.startswith("Class prob"))
    prefixes.set_value([]).run()
    press(at, "Apply")
    assert not at.error
    assert next(m for m in at.multiselect if m.label.startswith("Class prob")).value == []
    press(at, "Guess again")
    assert next(m for m in at.multiselect if m.label.startswith("Class prob")).value == ["proba_"]


# Several files


def csv_of(p: float) -> bytes:
    return f"label,p\n0,{p}\n1,{1 - p}\n1,0.6\n".encode()


def uploaded(at: AppTest, *files: tuple[str, bytes]) -> AppTest:
    at.get("file_uploader")[0].set_value([(name, content, "text/csv") for name, content in files]).run()
    assert not at.exception
    return at


def test_several_files_are_not_opened_before_it_is_clear_what_they_are(monkeypatch):
    monkeypatch.delenv("FAULTLINE_LAUNCH", raising=False)
    at = uploaded(started(), ("a.csv", csv_of(0.1)), ("b.csv", csv_of(0.2)))
    assert "data" not in at.query_params
    assert at.radio(key="data.together").value is None
    assert at.button(key="data.together.open").disabled


def test_files_may_be_parts_of_one_set(monkeypatch):
    monkeypatch.delenv("FAULTLINE_LAUNCH", raising=False)
    at = uploaded(started(), ("a.csv", csv_of(0.1)), ("b.csv", csv_of(0.2)))
    at.radio(key="data.together").set_value("parts").run()
    at.button(key="data.together.open").click().run()
    assert at.query_params["data"] == "a.csv + b.csv"
    assert "**p**: 6 of 6 rows can be judged" in written(at)


def test_files_may_hold_one_model_each_and_the_names_can_be_changed(monkeypatch):
    monkeypatch.delenv("FAULTLINE_LAUNCH", raising=False)
    at = uploaded(started(), ("a.csv", csv_of(0.1)), ("b.csv", csv_of(0.2)))
    at.radio(key="data.together").set_value("models").run()
    first, second = (t for t in at.text_input if t.label.startswith("Model in"))
    assert (first.value, second.value) == ("a", "b")
    second.set_value("a").run()
    at.button(key="data.together.open").click().run()
    assert [error.value for error in at.error] == ["Each model needs a name of its own."]
    next(t for t in at.text_input if t.key == second.key).set_value("new").run()
    at.button(key="data.together.open").click().run()
    assert not at.error
    assert "**a**: 3 of 3 rows can be judged" in written(at)
    assert "**new**: 3 of 3 rows can be judged" in written(at)
    assert select(at, "Model of each row").disabled
    press(at, "Apply")
    assert "**new**: 3 of 3 rows can be judged" in written(at)


def test_a_broken_file_among_several_is_one_sentence_and_nothing_typed_is_lost(monkeypatch):
    monkeypatch.delenv("FAULTLINE_LAUNCH", raising=False)
    at = uploaded(started(), ("a.csv", csv_of(0.1)), ("b.csv", b"label,p\n"))
    at.radio(key="data.together").set_value("models").run()
    next(t for t in at.text_input if t.value == "a").set_value("mine").run()
    at.button(key="data.together.open").click().run()
    (error,) = at.error
    assert "has a header with 2 column" in error.value.replace("\\", "")
    assert [t.value for t in at.text_input if t.label.startswith("Model in")] == ["mine", "b"]


def test_files_of_the_command_line_are_one_set_with_a_model_each(monkeypatch, tmp_path):
    paths = []
    for name, p in (("old", 0.1), ("new", 0.7)):
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_bytes(csv_of(p))
    data = {
        "name": "old + new",
        "paths": [str(p) for p in paths],
        "models": ["old", "new"],
        "roles": {"y_true": "label"},
    }
    monkeypatch.setenv("FAULTLINE_LAUNCH", json.dumps({"data": data}))
    at = opened("examples", data="old + new", model="new", rows="errors")
    assert at.dataframe[0].value["Row"].tolist() == [4, 5]
    assert at.sidebar.selectbox(key="sidebar.model").options == ["old", "new"]


# Big files


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
        return [thread for thread in threading.enumerate() if thread.name == f"reading {name}"]

    def ends(self, name: str) -> None:
        for thread in self.threads(name):
            thread.join(30)
        assert not self.threads(name)


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
    held.ends(name)
    at.run()
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
    held.ends(path.name)
    at.run()
    at.run()
    (error,) = at.error
    assert "1 column name(s) more than once" in error.value.replace("\\", "")
    assert held.times == 1


def test_a_big_file_of_which_the_header_is_asked_is_read_with_the_answer(monkeypatch, tmp_path, held):
    path = tmp_path / "bare.csv"
    path.write_text("1,0.25\n0,0.75\n" * 20)
    held.go.set()
    at = started(data=launched(monkeypatch, path))
    held.ends(path.name)
    at.run()
    at.radio(key="question.answer.header").set_value("no")
    press(at, "Use this answer")
    held.ends(path.name)
    at.run()
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


def test_the_page_tells_how_big_an_upload_may_be(monkeypatch):
    monkeypatch.delenv("FAULTLINE_LAUNCH", raising=False)
    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: 37 if key == "server.maxUploadSize" else real(key))
    assert "At most 37 MB a file: put bigger ones into the data folder." in written(started())
