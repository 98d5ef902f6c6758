from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

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
