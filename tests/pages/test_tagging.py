"""Tags, notes and assignments on the Examples page: what is written is kept, shown, counted and taken back."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.store import Batch, Event, annotations_of, open_store, place_of
from tests.pages.opened import launched, opened, written

NAME = "rows.csv"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store of this test's own; returns its URL."""
    monkeypatch.setenv("FAULTLINE_STORE", str(tmp_path / "store.sqlite"))
    return place_of()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Twelve rows with ids, half of them wrong at 0.5."""
    frame = pd.DataFrame(
        {
            "id": [f"R{i}" for i in range(12)],
            "y": [0, 1] * 6,
            "p": [0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.1, 0.9, 0.2, 0.8, 0.3, 0.7],
            "city": ["Rome", "Oslo", "Rome"] * 4,
        }
    )
    frame.to_csv(tmp_path / NAME, index=False)
    return launched(monkeypatch, tmp_path / NAME, y_true="y", y_score="p", id="id")


def holds(place: str, dataset: str = NAME) -> dict[str, dict[str, list[str]]]:
    """Return the reviewers of each tag of each row, as the store has it."""
    found = annotations_of(open_store(place).batches(dataset))
    return {
        key: {found.tags[id].name: sorted(who) for id, who in row.tags.items()}
        for key, row in found.rows.items()
        if row.tags
    }


def examples(data: str, name: str = "ann", **query: str) -> AppTest:
    at = opened("examples", data=data, order="file", **query)
    at.text_input(key="tagging.reviewer").set_value(name).run()
    assert not at.exception
    return at


def tick(at: AppTest, *rows: int) -> None:
    at.toggle(key="examples.ticking").set_value(True).run()
    at.session_state[at.session_state["examples.ticks"]] = {
        "selection": {"rows": list(rows), "columns": [], "cells": []}
    }
    at.run()


def write(at: AppTest, *tags: str) -> None:
    at.session_state["tagging.tags"] = list(tags)
    at.button(key="tagging.apply").click().run()
    assert not at.exception


def toasts(at: AppTest) -> list[str]:
    return [toast.value.replace("\\", "") for toast in at.toast]


def column(at: AppTest, name: str) -> list[object]:
    return [
        list(cell) if hasattr(cell, "__len__") and not isinstance(cell, str) else cell
        for cell in at.dataframe[0].value[name]
    ]


def test_a_new_tag_is_given_to_the_rows_with_a_tick(kept, data):
    at = examples(data)
    tick(at, 1, 3)
    assert at.button(key="tagging.apply").label == "Write on 2 rows"
    write(at, "glare")
    assert holds(kept) == {"id:R1": {"glare": ["ann"]}, "id:R3": {"glare": ["ann"]}}
    assert toasts(at) == ["2 rows tagged “glare”."]
    assert column(at, "Tags")[:4] == [[], ["glare"], [], ["glare"]]
    assert at.button(key="tagging.apply").label == "Write on row 1"  # the ticks are spent


def test_without_a_tick_it_is_the_row_that_is_looked_at(kept, data):
    at = examples(data, row="5")
    assert at.button(key="tagging.apply").label == "Write on row 5"
    write(at, "glare")
    assert list(holds(kept)) == ["id:R4"]


def test_the_row_that_is_looked_at_stays_while_rows_get_ticks(kept, data):
    at = examples(data, row="5")
    for ticking in (True, False, True):
        at.toggle(key="examples.ticking").set_value(ticking).run()
        at.run()
        assert "Row 5" in [element.value for element in at.subheader]
    at.button(key="examples.next").click().run()
    tick(at, 1, 2)
    assert "Row 6" in [element.value for element in at.subheader]
    assert at.button(key="tagging.apply").label == "Write on 2 rows"


def test_every_row_of_the_selection_is_written_on(kept, data):
    at = examples(data, rows="errors")
    at.session_state["tagging.tags"] = ["odd"]
    at.button(key="tagging.all").click().run()
    assert not at.exception
    assert sorted(holds(kept)) == [f"id:R{i}" for i in range(6)]


def test_a_hundred_rows_and_more_are_asked_about_first(kept):
    at = opened("examples", data="fraud", rows="fp", t="0.5")
    at.text_input(key="tagging.reviewer").set_value("ann").run()
    at.session_state["tagging.tags"] = ["odd"]
    at.button(key="tagging.all").click().run()
    assert holds(kept, "fraud") == {}
    assert "All **142** rows of this selection get the tag **odd**" in written(at)
    at.button(key="tagging.sure").click().run()
    assert len(holds(kept, "fraud")) == 142


def test_undo_takes_back_one_action_after_the_other_and_only_ones_own(kept, data):
    at = examples(data)
    write(at, "glare")
    tick(at, 1)
    write(at, "blur")
    open_store(kept).append(NAME, Batch("bob", "something of bob", (Event("note", "id:R7", value="bob's"),)))
    for left in ({"id:R0"}, set()):
        at.button(key="tagging.undo").click().run()
        assert set(holds(kept)) == left
    assert toasts(at) == ["Taken back: 1 row tagged “glare”."]
    assert at.button(key="tagging.undo").disabled
    assert annotations_of(open_store(kept).batches(NAME)).rows["id:R7"].notes["bob"].text == "bob's"


def test_a_note_and_an_assignment_are_kept_and_shown(kept, data):
    at = examples(data)
    tick(at, 0, 2)
    at.text_input(key="tagging.note").set_value("too <b>dark</b>")
    at.selectbox(key="tagging.assign").set_value("ann").run()
    at.button(key="tagging.apply").click().run()
    assert toasts(at) == ["Your note kept for 2 rows, 2 rows assigned to ann."]
    assert column(at, "Notes")[:3] == ["too <b>dark</b>", "", "too <b>dark</b>"]
    assert column(at, "Assigned to")[:3] == ["ann", "", "ann"]
    assert at.text_input(key="tagging.note").value == ""
    at.text_input(key="tagging.own_note.0").set_value("other").run()
    assert annotations_of(open_store(kept).batches(NAME)).rows["id:R0"].notes["ann"].text == "other"


def test_a_row_is_tagged_and_freed_by_its_own_buttons(kept, data):
    at = examples(data)
    write(at, "glare")
    tag = next(iter(annotations_of(open_store(kept).batches(NAME)).tags))
    assert at.button(key=f"tagging.row.{tag}").label == "glare"
    at.button(key=f"tagging.row.{tag}").click().run()
    assert holds(kept) == {}
    at.button(key=f"tagging.row.{tag}").click().run()
    assert holds(kept) == {"id:R0": {"glare": ["ann"]}}


def test_tags_are_taken_off_as_far_as_one_gave_them(kept, data):
    open_store(kept).append(NAME, Batch("bob", "", (Event("new_tag", tag="g", value="glare"), Event("tag", "id:R0", "g"), Event("tag", "id:R1", "g"))))  # fmt: skip
    at = examples(data)
    write(at, "glare")
    tick(at, 0, 1)
    at.session_state["tagging.tags"] = ["glare"]
    at.button(key="tagging.remove").click().run()
    assert toasts(at) == ["1 row no longer tagged “glare” (1 did not have it from you)."]
    assert holds(kept) == {"id:R0": {"glare": ["bob"]}, "id:R1": {"glare": ["bob"]}}


def test_what_holds_already_is_not_written_again(kept, data):
    at = examples(data)
    write(at, "glare")
    tick(at, 0)
    write(at, "glare")
    assert toasts(at) == ["Nothing to change: 0 rows tagged “glare” (1 had it from you already)."]
    assert open_store(kept).version(NAME) == 1


def test_nothing_chosen_writes_nothing_and_says_what_to_do(kept, data):
    at = examples(data)
    at.button(key="tagging.apply").click().run()
    assert toasts(at) == ["Choose a tag, write a note or choose a person first."]
    assert open_store(kept).version(NAME) == 0


def test_somebody_without_a_name_is_asked_for_it(kept, data):
    at = opened("examples", data=data)
    assert at.button(key="tagging.apply").disabled
    assert at.button(key="tagging.apply").help == "Say who you are first"


def test_rows_are_chosen_by_what_is_written_about_them(kept, data):
    at = examples(data, name="bob")
    tick(at, 1, 3)
    write(at, "glare")
    tick(at, 2)
    at.selectbox(key="tagging.assign").set_value("bob").run()
    at.session_state["tagging.tags"] = []
    at.button(key="tagging.apply").click().run()
    choice = at.selectbox(key="tagging.marks")
    assert choice.options == [
        "All rows (12)",
        "Tagged (2)",
        "Not tagged (10)",
        "With a note (0)",
        "Assigned to me (1)",
        "glare (2)",
    ]
    for marks, rows in (
        ("tag:glare", [2, 4]),
        ("untagged", [1, 3, *range(5, 13)]),
        ("mine", [3]),
        ("", list(range(1, 13))),
    ):
        at.selectbox(key="tagging.marks").set_value(marks).run()
        assert not at.exception
        assert column(at, "Row") == rows
    at.selectbox(key="tagging.marks").set_value("noted").run()
    assert "No row here is chosen by what is written about it" in written(at)
    at.button(key="tagging.show_all").click().run()
    assert len(column(at, "Row")) == 12


def test_the_next_untagged_row_comes_up_when_one_was_tagged(kept, data):
    at = examples(data)
    tick(at, 11)
    write(at, "seen")
    at.selectbox(key="tagging.marks").set_value("untagged").run()
    at.toggle(key="examples.ticking").set_value(False).run()
    at.session_state["examples.table"] = {"selection": {"rows": [4], "columns": [], "cells": []}}
    at.run()
    at.button(key="examples.next").click().run()
    assert "Row 6" in [element.value for element in at.subheader]
    write(at, "seen")
    assert 6 not in column(at, "Row")
    assert "Row 7" in [element.value for element in at.subheader]
    assert at.query_params["row"] == "7"


def test_tags_stay_with_their_rows_in_a_new_export_in_another_order(kept, data, tmp_path, monkeypatch):
    at = examples(data)
    tick(at, 1, 4)
    write(at, "glare")
    frame = pd.read_csv(tmp_path / NAME)
    again = (
        frame.iloc[::-1]
        .drop(index=4)
        .assign(p=lambda f: f["p"] / 2, extra=1)[["extra", "p", "city", "y", "id"]]
    )
    again.to_csv(tmp_path / NAME, index=False)
    at = examples(launched(monkeypatch, tmp_path / NAME, y_true="y", y_score="p", id="id"))
    tags = dict(zip(at.dataframe[0].value["id"], column(at, "Tags"), strict=True))
    assert [id for id, names in tags.items() if names] == ["R1"]
    assert "1 row that is written about is not in this file" in written(at)


def test_without_ids_rows_are_known_by_their_content_and_the_page_says_so(kept, tmp_path, monkeypatch):
    frame = pd.DataFrame(
        {"y": [0, 1, 0, 1, 0], "p": [0.9, 0.1, 0.2, 0.8, 0.9], "t": ["a", "b", "c", "d", "a"]}
    )
    frame.to_csv(tmp_path / NAME, index=False)
    data = launched(monkeypatch, tmp_path / NAME, y_true="y", y_score="p")
    at = examples(data)
    assert "Rows are known by their content" in written(at)
    tick(at, 0, 1)
    write(at, "glare")
    assert column(at, "Tags") == [["glare"], ["glare"], [], [], ["glare"]]
    frame.iloc[::-1].to_csv(tmp_path / NAME, index=False)
    assert column(examples(launched(monkeypatch, tmp_path / NAME, y_true="y", y_score="p")), "Tags") == [
        ["glare"],
        [],
        [],
        ["glare"],
        ["glare"],
    ]


def test_an_id_that_two_rows_have_is_said(kept, tmp_path, monkeypatch):
    pd.DataFrame({"id": ["a", "b", "a"], "y": [0, 1, 0], "p": [0.9, 0.1, 0.2]}).to_csv(
        tmp_path / NAME, index=False
    )
    at = examples(launched(monkeypatch, tmp_path / NAME, y_true="y", y_score="p", id="id"))
    assert "2 rows share their id with another one, and what is written." in written(at)


def test_a_server_to_read_only_shows_tags_and_writes_none(kept, data, monkeypatch):
    open_store(kept).append(
        NAME, Batch("bob", "", (Event("new_tag", tag="g", value="glare"), Event("tag", "id:R0", "g")))
    )
    monkeypatch.setenv("FAULTLINE_READONLY", "1")
    at = examples(data)
    assert column(at, "Tags")[0] == ["glare"]
    for key in (
        "tagging.apply",
        "tagging.all",
        "tagging.remove",
        "tagging.undo",
        "tagging.row.g",
        "taxonomy.delete",
    ):
        assert at.button(key=key).disabled, key
    assert "Nothing can be written: this server is read-only (FAULTLINE_READONLY=1)" in written(at).replace(
        "\\", ""
    )


def test_a_damaged_store_is_a_sentence_and_the_page_goes_on(kept, data, tmp_path):
    (tmp_path / "store.sqlite").write_bytes(b"this is no database " * 500)
    at = opened("examples", data=data)
    assert "is damaged" in written(at)
    assert len(column(at, "Row")) == 12
    assert "tagging.apply" not in [button.key for button in at.button]


def test_a_write_that_fails_says_why_and_keeps_what_was_typed(kept, data, monkeypatch):
    at = examples(data)
    monkeypatch.setattr("app.store.database.Store.append", _full)
    write(at, "glare")
    assert "no room left on its disk" in written(at)
    assert at.session_state["tagging.tags"] == ["glare"]
    assert at.dataframe[0].value.shape[0] == 12


def _full(self: object, dataset: str, batch: Batch) -> None:
    from app.store import StoreError

    raise StoreError("The store cannot be written: there is no room left on its disk.")


def test_tags_are_renamed_described_merged_and_deleted(kept, data):
    at = examples(data)
    write(at, "glare")
    tick(at, 1)
    write(at, "blur")
    at.text_input(key="taxonomy.name").set_value("bright").run()
    at.text_input(key="taxonomy.about").set_value("too much light").run()
    at.text_input(key="taxonomy.name").set_value("BLUR").run()
    assert "There is a tag 'blur' already" in written(at).replace("\\", "")
    found = annotations_of(open_store(kept).batches(NAME))
    assert [(t.name, t.about) for t in found.tags.values()] == [("bright", "too much light"), ("blur", "")]
    second = list(found.tags)[1]
    at.selectbox(key="taxonomy.into").set_value(second).run()
    at.button(key="taxonomy.merge").click().run()
    assert holds(kept) == {"id:R0": {"blur": ["ann"]}, "id:R1": {"blur": ["ann"]}}
    at.button(key="taxonomy.delete").click().run()
    assert holds(kept) == {}
    at.button(key="tagging.undo").click().run()
    assert sorted(holds(kept)) == ["id:R0", "id:R1"]


def test_the_pareto_counts_the_rows_shown_and_leads_to_them(kept, data):
    at = examples(data)
    tick(at, 0, 1, 6)
    write(at, "glare")
    tick(at, 1)
    write(at, "blur")
    assert "3 rows of the 12 shown have a tag; glare is on 100.0% of them" in written(at).replace("\\", "")
    at.segmented_control(key="examples.rows").set_value("errors").run()
    assert "2 rows of the 6 shown have a tag" in written(at)
    at.selectbox(key="pareto.column").set_value("city").run()
    assert not at.exception


def test_two_reviewers_are_compared_on_the_rows_both_have_tagged(kept, data):
    made = tuple(Event("new_tag", tag=t, value=n) for t, n in (("g", "glare"), ("b", "blur")))
    store = open_store(kept)
    store.append(
        NAME, Batch("ann", "", (*made, *(Event("tag", f"id:R{i}", t) for i, t in enumerate("ggbb"))))
    )
    store.append(NAME, Batch("bob", "", tuple(Event("tag", f"id:R{i}", t) for i, t in enumerate("ggbg"))))
    at = examples(data)
    at.segmented_control(key="tags.part").set_value("reviewers").run()
    assert not at.exception
    assert [(m.label, m.value) for m in at.metric] == [("Same tags", "75.0%"), ("Cohen's kappa", "0.500")]
    tables = [frame.value for frame in at.dataframe]
    per_tag = next(t for t in tables if "Only ann" in t.columns).set_index("Tag")
    assert per_tag.loc["glare", ["Both", "Only ann", "Only bob", "Neither"]].tolist() == [2, 0, 1, 1]
    differ = next(t for t in tables if list(t.columns) == ["Row", "ann", "bob"])
    assert differ.to_numpy().tolist() == [[4, "blur", "glare"]]


def test_the_download_of_the_rows_has_their_tags(kept, data):
    import pyarrow as pa

    from app.views import export
    from app.views.example_columns import ExampleColumn, tags_as_text

    columns = (ExampleColumn("Row", "row"), ExampleColumn("Tags", "tags"))
    table = pa.table({"Row": [1, 2], "Tags": pa.array([["a", "b"], []], pa.list_(pa.string()))})
    read = pd.read_csv(io.BytesIO(export.csv(tags_as_text(table, columns))), keep_default_na=False)
    assert read["Tags"].tolist() == ["a; b", ""]
