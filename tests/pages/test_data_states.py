"""What the Data page puts first: the ways in while nothing is open, then what was understood or what has to be done."""

from __future__ import annotations

import pandas as pd
from streamlit.testing.v1 import AppTest

from tests.pages.intake import asking, press, select, started
from tests.pages.opened import launched, written


def expanders(at: AppTest) -> dict[str, bool]:
    return {block.label.replace("\\", ""): block.proto.expanded for block in at.expander}


def test_the_ways_in_stand_open_while_nothing_is_open(monkeypatch):
    monkeypatch.delenv("FAULTLINE_LAUNCH", raising=False)
    at = started()
    assert not at.expander
    assert at.button(key="data.demo.fraud").label == "Open fraud"


def test_the_ways_in_step_back_once_something_is_open():
    at = started(data="tumour")
    assert expanders(at)["Open another file than Breast tumours, or a demo"] is False
    assert [s.value for s in at.subheader if s.value in ("Understood", "First rows")] == ["Understood", "First rows"]  # fmt: skip


def test_a_link_to_nothing_shows_the_ways_in():
    at = started(data="nope")
    assert not at.expander
    assert at.error


def test_a_question_stands_alone_and_the_form_waits_behind_it(monkeypatch, tmp_path):
    at = started(data=asking(monkeypatch, tmp_path))
    assert expanders(at)["Or say yourself what each column is"] is False
    press(at, "Use this answer")
    assert "Choose one of the answers first." in written(at)


def test_an_error_names_the_fields_of_the_form(monkeypatch, tmp_path):
    path = tmp_path / "bare.csv"
    pd.DataFrame({"age": range(40), "city": ["a", "b"] * 20}).to_csv(path, index=False)
    at = started(data=launched(monkeypatch, path))
    (error,) = (error.value.replace("\\", "") for error in at.error)
    assert "Choose it in the field 'True label'" in error
    assert "--" not in error


def test_a_field_that_starts_filled_can_be_emptied(monkeypatch, tmp_path):
    path = tmp_path / "timed.csv"
    days = pd.date_range("2026-01-01", periods=40)
    pd.DataFrame({"y": [0, 1] * 20, "score": [i / 40 for i in range(40)], "date": days}).to_csv(path, index=False)  # fmt: skip
    at = started(data=launched(monkeypatch, path))
    time = select(at, "Time")
    assert time.value == "date"
    assert not time.proto.HasField(
        "default"
    )  # with a default of its own the browser offers no way to empty it


def test_columns_are_counted_by_what_they_hold(monkeypatch, tmp_path):
    path = tmp_path / "kinds.csv"
    pd.DataFrame({"y": [0, 1] * 20, "score": [i / 40 for i in range(40)], "city": ["a", "b"] * 20}).to_csv(path, index=False)  # fmt: skip
    at = started(data=launched(monkeypatch, path))
    assert "40 rows, 3 columns: 2 of numbers, 1 of text" in written(at)


def test_a_file_that_cannot_be_read_is_not_asked_about_with_the_others():
    at = started()
    good = b"y,score\n" + b"".join(b"%d,0.%02d\n" % (i % 2, i) for i in range(40))
    first = at.get("file_uploader")[0].upload("good.csv", good, "text/csv")
    first.run()
    assert at.query_params["data"] == "good.csv"
    both = at.get("file_uploader")[0]
    both._files = list(first._files)  # the browser keeps what was chosen before, ``AppTest`` does not
    both.upload("bad.csv", b"PK\x03\x04" * 9, "text/csv").run()
    assert "zip archive" in written(at).replace("\\", "")
    assert len(at.session_state["data.upload"]) == 2
    assert not [box for box in at.radio if box.key == "data.together"]
