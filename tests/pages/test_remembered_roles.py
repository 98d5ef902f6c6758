"""Choices on the Data page: written beside the file or kept by the server, found again, forgotten."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.remembered import FILE
from tests.pages.intake import asking, press, select, started
from tests.pages.opened import launched, opened, written

IN_FILE = "Remembered in faultline.toml beside the file, for the app and the command line."


def table(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((folder / FILE).read_text(encoding="utf-8"))[name]
    return found


def answered(at: AppTest, answer: str = "dog") -> AppTest:
    at.radio(key="question.answer.pos_label").set_value(answer)
    press(at, "Use this answer")
    return at


def pets(folder: Path, name: str = "pets.csv", **columns: Any) -> Path:
    n = 40
    frame = pd.DataFrame({"label": np.where(np.arange(n) % 3, "cat", "dog"), "score": np.arange(n) / n, "country": np.resize(["DE", "FR"], n)})  # fmt: skip
    frame.assign(**columns).to_csv(folder / name, index=False)
    return folder / name


# Written


def test_an_answer_is_written_beside_the_file_and_not_asked_again(monkeypatch, tmp_path):
    name = asking(monkeypatch, tmp_path)
    at = started(data=name)
    assert IN_FILE not in written(at)
    answered(at)
    assert table(tmp_path, name) == {"choose": {"pos_label": "dog"}}
    assert IN_FILE in written(at)
    again = started(data=name)
    assert not again.radio
    assert IN_FILE in written(again)
    assert "14 are dog" in written(again)


def test_looks_right_writes_what_was_guessed_too(monkeypatch, tmp_path):
    name = launched(monkeypatch, pets(tmp_path))
    at = answered(started(data=name))
    at.button(key="data.go").click().run()
    assert not at.exception
    assert at.header[0].value == "Overview"
    assert table(tmp_path, name) == {
        "y_true": "label",
        "task": "binary",
        "pos_label": "dog",
        "y_score": "score",
        "slices": ["country"],
    }


def test_what_was_found_right_is_not_read_again_in_this_session(monkeypatch, tmp_path):
    name = launched(monkeypatch, pets(tmp_path))
    at = answered(started(data=name))
    before = at.session_state["roles"][name]
    at.button(key="data.go").click().run()
    assert at.session_state["roles"][name] == before


def test_applied_roles_are_written_and_in_force_in_another_session(monkeypatch, tmp_path):
    name = launched(monkeypatch, pets(tmp_path, other=np.arange(40) / 50))
    at = answered(started(data=name))
    next(m for m in at.multiselect if m.label.startswith("Score")).set_value(["other"])
    select(at, "Row id").set_value("score")
    press(at, "Apply")
    assert (table(tmp_path, name)["y_score"], table(tmp_path, name)["id"]) == ("other", "score")
    again = started(data=name)
    assert next(m for m in again.multiselect if m.label.startswith("Score")).value == ["other"]
    assert select(again, "Row id").value == "score"


def test_files_of_the_data_folder_are_remembered_in_their_own_folder(monkeypatch, tmp_path):
    (tmp_path / "deep").mkdir()
    pets(tmp_path / "deep")
    monkeypatch.delenv("FAULTLINE_LAUNCH", raising=False)
    monkeypatch.setenv("FAULTLINE_DATA", str(tmp_path))
    answered(started(data="deep/pets.csv"))
    assert not (tmp_path / FILE).exists()
    assert table(tmp_path / "deep", "pets.csv")["choose"] == {"pos_label": "dog"}


def test_files_with_a_model_each_do_not_remember_the_column_that_was_made_for_them(monkeypatch, tmp_path):
    paths = [str(pets(tmp_path, name)) for name in ("old.csv", "new.csv")]
    data = {"name": "old + new", "paths": paths, "models": ["old", "new"], "roles": {}}
    monkeypatch.setenv("FAULTLINE_LAUNCH", json.dumps({"data": data}))
    at = answered(started(data="old + new"))
    press(at, "Apply")
    assert not at.error
    assert "model_column" not in table(tmp_path, "new=new.csv + old=old.csv")
    assert "**new**: 40 of 40 rows" in written(started(data="old + new"))


# Kept by the server


def test_a_read_only_server_writes_nothing_and_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("FAULTLINE_READONLY", "1")
    name = asking(monkeypatch, tmp_path)
    at = answered(started(data=name))
    assert not (tmp_path / FILE).exists()
    said = written(at).replace("\\", "")
    assert "Your choices are kept until this server stops. faultline.toml was not written: this server is read-only (FAULTLINE_READONLY=1)." in said  # fmt: skip
    assert "14 are dog" in written(started(data=name))


def test_a_folder_that_cannot_be_written_is_no_error(monkeypatch, tmp_path):
    name = asking(monkeypatch, tmp_path)
    at = started(data=name)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    answered(at)
    said = written(at).replace("\\", "")
    assert (
        "faultline.toml was not written: the folder of the file cannot be written (Permission denied)."
        in said
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["pets.csv"]
    assert "14 are dog" in written(started(data=name))


def test_demos_leave_no_file_behind(monkeypatch):
    monkeypatch.delenv("FAULTLINE_LAUNCH", raising=False)
    at = started(data="tumour")
    press(at, "Apply")
    assert "Your choices are kept until this server stops." in written(at)
    assert not (Path(__file__).parents[2] / "demo_data" / FILE).exists()
    at.button(key="remembered.forget").click().run()
    assert "Your choices are kept" not in written(at)


def test_an_upload_is_remembered_by_its_session_only(monkeypatch, tmp_path):
    monkeypatch.delenv("FAULTLINE_LAUNCH", raising=False)
    at = started()
    at.get("file_uploader")[0].set_value([("up.csv", pets(tmp_path).read_bytes(), "text/csv")]).run()
    answered(at)
    assert "Your choices are kept as long as this browser session." in written(at)


# In force


def test_the_command_line_goes_before_the_file_until_somebody_changes_it(monkeypatch, tmp_path):
    path = pets(tmp_path, other=np.arange(40) / 50)
    (tmp_path / FILE).write_text(
        '["pets.csv"]\ny_true = "label"\npos_label = "cat"\ny_score = "score"\nid = "country"\n'
    )
    name = launched(monkeypatch, path, y_true="label", y_score="other")
    at = started(data=name)
    assert next(m for m in at.multiselect if m.label.startswith("Score")).value == ["other"]
    assert select(at, "Positive class").value == "cat"
    assert "What the command line names goes first." in written(at)
    next(m for m in at.multiselect if m.label.startswith("Score")).set_value(["score"])
    press(at, "Apply")
    again = started(data=name)
    assert next(m for m in again.multiselect if m.label.startswith("Score")).value == ["score"]


def test_a_remembered_column_that_is_gone_is_guessed_again_with_a_finding(monkeypatch, tmp_path):
    (tmp_path / FILE).write_text(
        '["pets.csv"]\npos_label = "dog"\ny_score = "lost"\nslices = ["country", "region"]\n'
    )
    at = started(data=launched(monkeypatch, pets(tmp_path)))
    said = written(at).replace("\\", "")
    assert "'pets.csv' has no column 'lost' any more, which faultline.toml remembers as y_score; the role was guessed again." in said  # fmt: skip
    assert "has no column 'region' any more" in said
    assert "**score**: 40 of 40 rows can be judged; 14 are dog" in said
    assert not at.error


def test_a_question_after_a_column_is_gone_says_why_and_can_be_answered(monkeypatch, tmp_path):
    (tmp_path / FILE).write_text('["pets.csv"]\ny_true = "lost"\npos_label = "x"\n')
    name = launched(monkeypatch, pets(tmp_path))
    at = started(data=name)
    assert "has no column 'lost' any more" in written(at).replace("\\", "")
    answered(at)
    assert "14 are dog" in written(at)
    assert table(tmp_path, name) == {"choose": {"pos_label": "dog"}}


def test_a_label_that_is_gone_is_a_sentence_with_the_way_out(monkeypatch, tmp_path):
    (tmp_path / FILE).write_text('["pets.csv"]\ny_true = "label"\npos_label = "bird"\n')
    at = started(data=launched(monkeypatch, pets(tmp_path)))
    assert "Label 'bird' does not occur" in at.error[0].value.replace("\\", "")
    at.button(key="remembered.forget").click().run()
    assert not at.error
    assert at.radio(key="question.answer.pos_label")
    assert not (tmp_path / FILE).exists()


# Forgotten


def test_forgetting_takes_the_choices_out_of_the_file(monkeypatch, tmp_path):
    (tmp_path / FILE).write_text('# ours\n["other.csv"]\nid = "x"\n')
    name = asking(monkeypatch, tmp_path)
    at = answered(started(data=name))
    at.button(key="remembered.forget").click().run()
    assert not at.exception
    assert at.radio(key="question.answer.pos_label")
    assert IN_FILE not in written(at)
    assert tomllib.loads((tmp_path / FILE).read_text()) == {"other.csv": {"id": "x"}}
    assert started(data=name).radio(key="question.answer.pos_label")


def test_guessing_again_leaves_the_file_until_something_is_confirmed(monkeypatch, tmp_path):
    name = launched(monkeypatch, pets(tmp_path))
    at = answered(started(data=name))
    press(at, "Guess again")
    assert at.radio(key="question.answer.pos_label")
    assert "Guessed anew. faultline.toml beside the file keeps its earlier choices until you confirm others." in written(at)  # fmt: skip
    assert table(tmp_path, name)["choose"] == {"pos_label": "dog"}
    answered(at, "cat")
    assert table(tmp_path, name)["choose"] == {"pos_label": "cat"}
    assert IN_FILE in written(at)


def test_a_read_only_server_forgets_nothing_that_is_in_the_file(monkeypatch, tmp_path):
    name = asking(monkeypatch, tmp_path)
    answered(started(data=name))
    monkeypatch.setenv("FAULTLINE_READONLY", "1")
    at = started(data=name)
    assert IN_FILE in written(at)
    assert "remembered.forget" not in [button.key for button in at.button]


# Damaged


@pytest.mark.parametrize("text", ['["pets.csv"]\nid = = 3\n', '["other.csv"]\n["pets.csv"]\n["pets.csv"]\n'])
def test_a_damaged_file_is_one_sentence_and_can_be_left_aside(monkeypatch, tmp_path, text):
    (tmp_path / FILE).write_text(text)
    name = launched(monkeypatch, pets(tmp_path))
    at = started(data=name)
    (error,) = at.error
    assert error.value.replace("\\", "").startswith("'faultline.toml' beside 'pets.csv', line ")
    at.button(key="remembered.without").click().run()
    assert not at.error
    answered(at)
    assert "faultline.toml was not written: 'faultline.toml' beside 'pets.csv', line " in written(at).replace(
        "\\", ""
    )
    assert (tmp_path / FILE).read_text() == text


def test_a_role_that_is_none_is_one_sentence_and_confirming_others_mends_it(monkeypatch, tmp_path):
    (tmp_path / FILE).write_text('["pets.csv"]\nscore = "p"\n')
    name = launched(monkeypatch, pets(tmp_path))
    at = started(data=name)
    assert "line 2: what it says about 'pets.csv' cannot be used: there is no role 'score'" in at.error[
        0
    ].value.replace("\\", "")
    at.button(key="remembered.without").click().run()
    answered(at)
    assert table(tmp_path, name) == {"choose": {"pos_label": "dog"}}


def test_other_pages_say_that_the_file_is_damaged(monkeypatch, tmp_path):
    (tmp_path / FILE).write_text("x = = 3\n")
    at = opened("overview", data=launched(monkeypatch, pets(tmp_path)))
    assert "line 1: it is no TOML there" in at.error[0].value.replace("\\", "")
    assert at.button(key="gate.trouble").label == "Go to the Data page"
