"""Opening data on the Data page: the ways there are, questions, and what cannot be opened."""

from __future__ import annotations

import pandas as pd
import pytest
import streamlit as st

from app import datasets
from tests.pages.intake import asking, press, started
from tests.pages.opened import launched, opened, written


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


def test_the_page_tells_how_big_an_upload_may_be(monkeypatch):
    monkeypatch.delenv("FAULTLINE_LAUNCH", raising=False)
    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: 37 if key == "server.maxUploadSize" else real(key))
    assert "At most 37 MB a file: put bigger ones into the data folder." in written(started())


def test_all_of_several_columns_is_an_answer_in_words(monkeypatch, tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("y,score_lr,score_rf\n" + "".join(f"{i % 2},{i / 40},{1 - i / 50}\n" for i in range(40)))
    at = started(data=launched(monkeypatch, path))
    question = at.radio(key="question.answer.y_score")
    assert question.options == ["score\\_lr", "score\\_rf", "Every one of these columns"]
    question.set_value("*")
    press(at, "Use this answer")
    assert "**lr**: 40 of 40 rows" in written(at)
    assert "**rf**: 40 of 40 rows" in written(at)


def test_folders_of_parquet_are_offered_as_one_file_is(monkeypatch, tmp_path):
    (tmp_path / "sales").mkdir()
    for i in range(2):
        frame = pd.DataFrame({"label": [0, 1, 1], "score": [0.2, 0.7, 0.6]})
        frame.to_parquet(tmp_path / "sales" / f"part-{i}.parquet")
    monkeypatch.delenv("FAULTLINE_LAUNCH", raising=False)
    monkeypatch.setenv("FAULTLINE_DATA", str(tmp_path))
    at = started()
    box = at.selectbox(key="data.folder")
    assert box.options == ["sales/ (2 Parquet files)"]
    box.set_value("sales/").run()
    at.button(key="data.folder.open").click().run()
    assert not at.exception
    assert at.query_params["data"] == "sales/"
    assert "**score**: 6 of 6 rows can be judged" in written(at)


def test_the_data_folder_is_looked_through_once_a_run(monkeypatch, tmp_path):
    monkeypatch.setenv("FAULTLINE_DATA", str(tmp_path))
    look, looked = datasets._folder, []
    monkeypatch.setattr(datasets, "_folder", lambda: looked.append(tmp_path) or look())
    at = opened("overview")
    looked.clear()
    at.run()
    assert not at.exception
    assert len(looked) == 1
