"""Tags as CSV: everything is in the file, comes back unharmed, and what a file would change is told first."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.state.annotations import Annotated
from app.store import Batch, Event, annotations_of
from app.views.tag_files import COLUMNS, plan_import, read_tags, report, tags_csv
from metrics_core.errors import DataError

MADE = (Event("new_tag", tag="g", value="glare"), Event("new_tag", tag="b", value="blur"))


def annotated(*batches: Batch, keys: dict[int, str] | None = None) -> Annotated:
    return Annotated(annotations_of(batches), keys=keys or {})


def cells(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


ANN = Batch("ann", "", (*MADE, Event("tag", "id:7", "g"), Event("tag", "id:7", "b"), Event("note", "id:7", value="dark"),
                        Event("assign", "id:7", value="cy")), at="2026-01-02T03:04:05Z")  # fmt: skip
BOB = Batch(
    "bob", "", (Event("tag", "id:7", "g"), Event("note", "id:8", value="fine")), at="2026-01-03T00:00:00Z"
)


def test_there_is_a_line_for_each_tag_of_each_reviewer():
    lines = cells(tags_csv(annotated(ANN, BOB, keys={41: "id:7", 50: "id:7"})))
    assert list(lines[0]) == list(COLUMNS)
    assert [tuple(line.values()) for line in lines] == [
        ("7", "42", "glare", "dark", "cy", "ann", "2026-01-02T03:04:05Z"),
        ("7", "42", "blur", "", "cy", "ann", "2026-01-02T03:04:05Z"),
        ("7", "42", "glare", "", "cy", "bob", "2026-01-03T00:00:00Z"),
        ("8", "", "", "fine", "", "bob", "2026-01-03T00:00:00Z"),
    ]


def taken_in(content: bytes, *before: Batch, me: str = "me", overwrite: bool = False) -> Annotated:
    every = annotations_of(before)
    lines = read_tags(content)
    plan = plan_import(lines, every, frozenset(line.key for line in lines), me, overwrite=overwrite)
    return annotated(*before, Batch(me, "import", plan.events))


def said(of: Annotated) -> object:
    every = of.every
    return {
        key: (
            {every.tags[id].name: dict(who) for id, who in row.tags.items()},
            {who: (note.text) for who, note in row.notes.items()},
            row.assigned,
        )
        for key, row in every.rows.items()
    }


def test_an_empty_store_takes_everything_in():
    before = annotated(ANN, BOB)
    assert said(taken_in(tags_csv(before))) == said(before)


def test_the_same_file_again_says_nothing_new():
    lines = read_tags(tags_csv(annotated(ANN, BOB)))
    plan = plan_import(lines, annotations_of([ANN, BOB]), frozenset({"id:7", "id:8"}), "me")
    assert (plan.events, plan.known, plan.conflicts) == ((), 4, ())


ODD = st.text(st.sampled_from("=+-@'\"a1,;\n\t ü.e"), min_size=1, max_size=6).map(str.strip).filter(bool)


@given(ODD, ODD, ODD, ODD)
def test_texts_like_formulas_come_back_unharmed_and_no_spreadsheet_runs_them(id, name, note, who):
    name, who = " ".join(name.split()), " ".join(who.split())
    before = annotated(Batch(who, "", (Event("new_tag", tag="t", value=name), Event("tag", f"id:{id}", "t"), Event("note", f"id:{id}", value=note)),
                             at="2026-01-01T00:00:00Z"))  # fmt: skip
    content = tags_csv(before)
    assert said(taken_in(content)) == said(before)
    for line in cells(content):
        for cell in (line["id"], line["tag"], line["note"], line["reviewer"]):
            assert cell[:1] not in "=@\t\n" or cell == ""
            if cell[:1] in "+-":
                float(cell)


@pytest.mark.parametrize("key", ["id:content:1", "id:id:1", "content:abcd", "id: 007"])
def test_every_kind_of_key_comes_back(key):
    before = annotated(Batch("ann", "", (*MADE, Event("tag", key, "g")), at="2026-01-01T00:00:00Z"))
    assert said(taken_in(tags_csv(before))) == said(before)


def test_what_a_spreadsheet_saves_is_read():
    text = "ID;Row;Tag;Note;Reviewer\r\n7;1;zu groß;größer;jürg\r\n"
    for encoding in ("utf-8", "utf-8-sig", "cp1252"):
        (line,) = read_tags(text.encode(encoding))
        assert (line.key, line.tag, line.note, line.reviewer) == ("id:7", "zu groß", "größer", "jürg")


@pytest.mark.parametrize(("content", "why"), [(b"", "no column 'id'"), (b"a,b\n1,2\n", "no column 'id'"), (b"id,x\n1,2\n", "no column 'tag'"),
                                              (b'id,tag\n1,"open\n', "cannot be read as CSV"), (b"\x00\x01\x02", "no column|cannot be read")])  # fmt: skip
def test_another_file_is_refused_with_a_sentence(content, why):
    with pytest.raises(DataError, match=why):
        read_tags(content)


def test_ids_that_the_table_does_not_have_are_left_out_and_named():
    lines = read_tags(b"id,tag\n1,glare\n2,glare\n3,\n")
    plan = plan_import(lines, annotations_of([]), frozenset({"id:1"}), "me")
    assert [e.row for e in plan.events if e.kind == "tag"] == ["id:1"]
    assert (plan.matched, plan.unknown) == (1, ("id:2", "id:3"))
    assert any("2 ids are not in this table and left out: 2, 3" in text for text in report(plan))


def test_a_line_without_a_reviewer_is_the_word_of_whoever_takes_it_in():
    found = taken_in(b"id,tag,time\n1,glare,\n", me="dora")
    assert list(next(iter(found.every.rows["id:1"].tags.values()))) == ["dora"]


def test_a_tag_in_other_letters_is_the_same_tag():
    found = taken_in(b"id,tag\n8,GLARE\n9,New\n7,new\n", ANN)
    assert sorted(tag.name for tag in found.every.tags.values()) == ["New", "blur", "glare"]


def test_where_both_say_something_else_the_store_keeps_its_own_unless_told():
    content = b"id,tag,note,assigned_to,reviewer\n7,,bright,di,ann\n"
    plan = plan_import(read_tags(content), annotations_of([ANN]), frozenset({"id:7"}), "me")
    assert plan.events == ()
    assert plan.conflicts == (
        "7, note of ann: here “dark”, in the file “bright”",
        "7, assigned to: here “cy”, in the file “di”",
    )
    assert any("2 places differ, the store keeps its own" in text for text in report(plan))
    kept, taken = (taken_in(content, ANN, overwrite=o).every.rows["id:7"] for o in (False, True))
    assert (kept.notes["ann"].text, kept.assigned) == ("dark", "cy")
    assert (taken.notes["ann"].text, taken.assigned) == ("bright", "di")
    assert len(taken.tags) == 2


def test_an_import_is_taken_back_in_one_step():
    lines = read_tags(b"id,tag,reviewer\n1,a,ann\n2,b,bob\n")
    plan = plan_import(lines, annotations_of([]), frozenset({"id:1", "id:2"}), "me")
    batch = Batch("me", "import", plan.events)
    found = annotations_of([batch])
    assert found.last_of("me") is batch
    assert annotations_of([batch, Batch("me", "", undoes=batch.id)]).rows == {}
