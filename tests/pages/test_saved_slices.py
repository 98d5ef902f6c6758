"""Saved slices: kept under a name for everybody, put in force, renamed, deleted, and honest about another file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.store import open_store, place_of
from tests.pages.opened import launched, written

NAME = "rows.csv"
PAGE = """
from app import state
from app.views import gate
from app.views.saved_slices import saved_slices

state.begin()
saved_slices(gate.require("Page", "Question?"))
"""


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("FAULTLINE_STORE", str(tmp_path / "store.sqlite"))
    return place_of()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    frame = pd.DataFrame(
        {"y": [0, 1] * 6, "p": [i / 12 for i in range(12)], "city": ["Rome", "Oslo"] * 6, "age": range(12)}
    )
    frame.to_csv(tmp_path / NAME, index=False)
    return launched(monkeypatch, tmp_path / NAME, y_true="y", y_score="p")


def page(**query: str) -> AppTest:
    at = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in {"data": NAME, **query}.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def saved(place: str) -> list[tuple[str, str]]:
    return [(one.name, one.where) for one in open_store(place).slices(NAME)]


def test_the_filter_in_force_is_saved_and_found_by_the_next_session(kept, data):
    at = page(filter="age > 3 and city == 'Rome'")
    at.text_input(key="saved_slices.name").set_value("older Romans").run()
    at.button(key="saved_slices.save").click().run()
    assert not at.exception
    assert saved(kept) == [("older Romans", "age > 3 and city == 'Rome'")]
    other = page()
    assert other.selectbox(key="saved_slices.which").options == ["older Romans"]
    other.button(key="saved_slices.apply").click().run()
    assert other.query_params["filter"] == "age > 3 and city == 'Rome'"


def test_without_a_filter_there_is_nothing_to_save(kept, data):
    at = page()
    assert "No filter is in force" in written(at)
    assert not [button for button in at.button if button.key == "saved_slices.save"]


def test_a_name_that_is_taken_is_said_before_its_filter_is_replaced(kept, data):
    open_store(kept).save_slice(NAME, "old", "age > 9")
    at = page(filter="age > 3")
    at.text_input(key="saved_slices.name").set_value("old").run()
    assert "old is another filter now, age > 9. Saving puts this one in its place." in written(at).replace(
        "\\", ""
    )
    at.button(key="saved_slices.save").click().run()
    assert saved(kept) == [("old", "age > 3")]


def test_a_slice_is_renamed_and_deleted_and_a_taken_name_is_refused(kept, data):
    for name in ("a", "b"):
        open_store(kept).save_slice(NAME, name, "age > 3")
    at = page()
    at.text_input(key="saved_slices.renamed").set_value("b").run()
    assert "There is a saved slice 'b' already" in written(at).replace("\\", "")
    at.text_input(key="saved_slices.renamed").set_value("c").run()
    assert saved(kept) == [("b", "age > 3"), ("c", "age > 3")]
    assert at.selectbox(key="saved_slices.which").value == "c"
    at.button(key="saved_slices.delete").click().run()
    assert saved(kept) == [("b", "age > 3")]


def test_a_slice_on_columns_that_this_file_does_not_have_says_so(kept, data):
    open_store(kept).save_slice(NAME, "gone", "height > 3 and weight < 2 and age > 1")
    at = page()
    assert "This file has no column 'height' and no 'weight', which the slice needs." in written(at).replace(
        "\\", ""
    )
    assert at.button(key="saved_slices.apply").disabled


def test_a_filter_that_cannot_be_read_any_more_says_why(kept, data):
    open_store(kept).save_slice(NAME, "broken", "age >")
    at = page()
    assert at.button(key="saved_slices.apply").disabled


def test_a_server_to_read_only_offers_slices_and_saves_none(kept, data, monkeypatch):
    open_store(kept).save_slice(NAME, "a", "age > 3")
    monkeypatch.setenv("FAULTLINE_READONLY", "1")
    at = page(filter="age > 5")
    assert at.button(key="saved_slices.save").disabled
    assert at.button(key="saved_slices.delete").disabled
    at.button(key="saved_slices.apply").click().run()
    assert at.query_params["filter"] == "age > 3"


def test_a_damaged_store_is_a_sentence(kept, data, tmp_path):
    (tmp_path / "store.sqlite").write_bytes(b"this is no database " * 500)
    assert "is damaged" in written(page())
