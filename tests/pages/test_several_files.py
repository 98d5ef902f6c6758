"""Several files as one data set: parts of one table, or one model each."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

from tests.pages.intake import press, select, started
from tests.pages.opened import opened, written


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
