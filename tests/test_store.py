"""The store: what is done is kept as it was done, what holds follows from it, and troubles are sentences."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import store
from app.store import Batch, Event, Noted, StoreError, annotations_of, open_store, place_of
from app.store import schema as of_store

GLARE = Event("new_tag", tag="g", value="glare")


@pytest.fixture
def place(tmp_path: Path) -> str:
    return place_of({"FAULTLINE_STORE": str(tmp_path / "kept" / "s.sqlite")})


def file_of(place: str) -> Path:
    return Path(place.removeprefix("sqlite:///"))


def tagged(actor: str, *rows: str, tag: str = "g") -> Batch:
    return Batch(actor, f"tagged {len(rows)}", tuple(Event("tag", row, tag) for row in rows))


# What holds


def test_each_reviewer_has_a_word_on_a_tag_and_takes_back_only_their_own():
    done = [Batch("ann", "", (GLARE,)), tagged("ann", "r"), tagged("bob", "r"), Batch("ann", "", (Event("untag", "r", "g"),))]  # fmt: skip
    row = annotations_of(done).rows["r"]
    assert (list(row.tags["g"]), row.of("ann"), row.of("bob")) == (["bob"], frozenset(), {"g"})


def test_the_last_note_of_each_reviewer_and_the_last_assignment_of_anybody_count():
    done = [
        Batch("ann", "", (Event("note", "r", value="first"), Event("assign", "r", value="cy"))),
        Batch("bob", "", (Event("note", "r", value="other"), Event("assign", "r", value="di"))),
        Batch("ann", "", (Event("note", "r", value="second"),)),
    ]
    row = annotations_of(done).rows["r"]
    assert {who: note.text for who, note in row.notes.items()} == {"ann": "second", "bob": "other"}
    assert row.assigned == "di"


def test_an_undo_takes_one_batch_back_and_leaves_what_others_did_after_it():
    first = Batch("ann", "", (GLARE, Event("tag", "r", "g"), Event("assign", "r", value="ann")))
    done = [first, tagged("bob", "r"), Batch("bob", "", (Event("assign", "r", value="bob"),)), Batch("ann", "undo", undoes=first.id)]  # fmt: skip
    found = annotations_of(done)
    assert list(found.rows["r"].tags["g"]) == ["bob"]
    assert found.rows["r"].assigned == "bob"
    assert found.tags["g"].name == "glare"  # somebody else uses it
    assert found.last_of("ann") is None
    assert found.last_of("bob") is done[2]


def test_an_undo_that_was_itself_taken_back_counts_no_more():
    first = tagged("ann", "r")
    undo = Batch("ann", "", undoes=first.id)
    done = [Batch("x", "", (GLARE,)), first, undo, Batch("ann", "", undoes=undo.id)]
    assert annotations_of(done).rows["r"].of("ann") == {"g"}


def test_a_renamed_tag_keeps_its_rows_and_a_merged_one_gives_them_away_before_and_after():
    done = [
        Batch("ann", "", (GLARE, Event("new_tag", tag="b", value="blur"), Event("tag", "1", "g"), Event("tag", "2", "b"))),
        Batch("ann", "", (Event("rename_tag", tag="g", value="bright"), Event("describe_tag", tag="g", value="too much light"))),
        Batch("bob", "", (Event("merge_tag", tag="b", value="g"),)),
        tagged("ann", "3", tag="b"),
    ]  # fmt: skip
    found = annotations_of(done)
    assert [(t.name, t.about) for t in found.tags.values()] == [("bright", "too much light")]
    assert {key: list(row.tags) for key, row in found.rows.items()} == {"1": ["g"], "2": ["g"], "3": ["g"]}
    apart = annotations_of([*done, Batch("bob", "", undoes=done[2].id)])
    assert {key: list(row.tags) for key, row in apart.rows.items()} == {"1": ["g"], "2": ["b"], "3": ["b"]}


def test_two_tags_made_at_once_under_one_name_are_one():
    done = [Batch("ann", "", (GLARE, Event("tag", "1", "g"))), Batch("bob", "", (Event("new_tag", tag="h", value=" Glare "), Event("tag", "2", "h")))]  # fmt: skip
    found = annotations_of(done)
    assert [tag.name for tag in found.tags.values()] == ["glare"]
    assert [list(found.rows[key].tags) for key in "12"] == [["g"], ["g"]]
    assert found.named("GLARE") == found.tags["g"]


def test_merging_in_a_circle_ends():
    made = Batch("x", "", (GLARE, Event("new_tag", tag="b", value="blur"), Event("tag", "1", "g")))
    circle = [Batch(a, "", (Event("merge_tag", tag=t, value=into),)) for a, t, into in (("ann", "g", "b"), ("bob", "b", "g"))]  # fmt: skip
    assert list(annotations_of([made, *circle]).rows["1"].tags) == ["b"]


def test_a_deleted_tag_leaves_its_rows_and_comes_back_with_an_undo():
    done = [
        Batch("ann", "", (GLARE, Event("tag", "1", "g"))),
        Batch("ann", "", (Event("delete_tag", tag="g"),)),
    ]
    assert (annotations_of(done).tags, annotations_of(done).rows) == ({}, {})
    back = annotations_of([*done, Batch("ann", "", undoes=done[1].id)])
    assert back.rows["1"].of("ann") == {"g"}


def test_everybody_who_wrote_something_is_a_reviewer():
    done = [Batch("bob", "", (GLARE, Event("tag", "1", "g"))), Batch("Ann", "", (Event("assign", "1", value="cy"), Event("note", "1", value="x", who="di")))]  # fmt: skip
    assert annotations_of(done).reviewers == ("bob", "cy", "di")


def test_the_history_of_a_row_has_what_was_taken_back():
    first = Batch("ann", "", (GLARE, Event("note", "1", value="hm"), Event("note", "2", value="other row")))
    found = annotations_of([first, Batch("ann", "", undoes=first.id)])
    assert [(b.actor, e.value, undone) for b, e, undone in found.history("1")] == [("ann", "hm", True)]
    assert "1" not in found.rows


# The database


def test_what_was_kept_is_there_for_whoever_opens_the_store_next(place):
    first = open_store(place)
    batch = Batch("ann", "tagged", (GLARE, Event("tag", "id:1", "g", who="bob", at="2026-01-01T00:00:00Z")))
    first.append("data", batch)
    first.append("other", tagged("ann", "id:1"))
    assert first.version("data") == 1
    assert open_store(place).batches("data") == (batch,)


def test_text_comes_back_letter_by_letter(place):
    odd = "=1+1 'quoted' \"x\" \n ünï \U0001f600 \\ ; -- DROP TABLE"
    opened = open_store(place)
    opened.append(odd, Batch(odd, odd, (Event("note", odd, value=odd),)))
    (found,) = opened.batches(odd)
    assert (found.actor, found.what, found.events[0].row, found.events[0].value) == (odd,) * 4


def test_a_batch_is_kept_whole_or_not_at_all(place):
    opened = open_store(place)
    broken = Batch("ann", "", (GLARE, Event("note", "r", value=None)))  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="cannot be used"):
        opened.append("data", broken)
    assert opened.batches("data") == ()


def test_slices_are_saved_overwritten_renamed_and_deleted(place):
    opened = open_store(place)
    assert opened.save_slice("data", "old phones", "age > 3", "ann") is False
    assert opened.save_slice("data", "old phones", "age > 4", "bob") is True
    opened.save_slice("data", "b", "x == 1")
    opened.save_slice("other", "old phones", "y == 1")
    assert [(s.name, s.where, s.who) for s in opened.slices("data")] == [("b", "x == 1", ""), ("old phones", "age > 4", "bob")]  # fmt: skip
    with pytest.raises(StoreError, match="'b' already"):
        opened.rename_slice("data", "old phones", "b")
    opened.rename_slice("data", "old phones", "a")
    opened.delete_slice("data", "b")
    assert [s.name for s in open_store(place).slices("data")] == ["a"]
    assert [s.where for s in opened.slices("other")] == ["y == 1"]
    with pytest.raises(StoreError, match="no saved slice 'b' any more"):
        opened.rename_slice("data", "b", "c")


def test_an_old_store_is_brought_to_the_newest_schema_and_keeps_what_it_has(place, monkeypatch):
    before = open_store(place)
    before.append("data", tagged("ann", "r"))

    def second(connection: sa.Connection) -> None:
        connection.execute(sa.text("ALTER TABLE faultline_slices ADD COLUMN color TEXT"))

    monkeypatch.setattr(of_store, "SCHEMA", 2)
    monkeypatch.setattr(of_store, "MIGRATIONS", {**of_store.MIGRATIONS, 1: second})
    assert len(open_store(place).batches("data")) == 1
    with sqlite3.connect(file_of(place)) as raw:
        assert "color" in [column[1] for column in raw.execute("PRAGMA table_info(faultline_slices)")]
        assert raw.execute("SELECT version FROM faultline_schema").fetchall() == [(2,)]
    raw.close()


def test_a_migration_that_fails_leaves_the_store_as_it_was(place, monkeypatch):
    open_store(place)

    def broken(connection: sa.Connection) -> None:
        connection.execute(sa.text("ALTER TABLE faultline_slices ADD COLUMN color TEXT"))
        connection.execute(sa.text("ALTER TABLE absent ADD COLUMN color TEXT"))

    with monkeypatch.context() as patched:
        patched.setattr(of_store, "SCHEMA", 2)
        patched.setattr(of_store, "MIGRATIONS", {**of_store.MIGRATIONS, 1: broken})
        with pytest.raises(StoreError, match="no such table: absent"):
            open_store(place)
    open_store(place).save_slice("data", "a", "x == 1")
    raw = sqlite3.connect(file_of(place))
    assert "color" not in [column[1] for column in raw.execute("PRAGMA table_info(faultline_slices)")]
    raw.close()


# Troubles


def test_a_store_of_a_newer_version_is_refused(place):
    open_store(place)
    raw = sqlite3.connect(file_of(place))
    raw.execute("UPDATE faultline_schema SET version = 7")
    raw.commit()
    raw.close()
    for read_only in (False, True):
        with pytest.raises(StoreError, match="newer Faultline \\(schema 7; this one knows 1\\)"):
            open_store(place, read_only=read_only)


@pytest.mark.parametrize("content", [b"hello, this is no database at all, but it is long enough" * 40, b"SQLite format 3\x00" + b"\xff" * 8000])  # fmt: skip
def test_a_damaged_file_is_told_and_left_as_it_is(place, content):
    path = file_of(place)
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged"):
        open_store(place)
    assert path.read_bytes() == content


def test_a_page_of_the_file_that_is_damaged_later_is_told_too(place):
    opened = open_store(place)
    opened.append(
        "data", Batch("ann", "", tuple(Event("note", f"r{i}", value="x" * 50) for i in range(2000)))
    )
    opened.close()
    raw = sqlite3.connect(file_of(place))
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    content = bytearray(file_of(place).read_bytes())
    content[8192:] = b"\xaa" * (len(content) - 8192)
    file_of(place).write_bytes(content)
    with pytest.raises(StoreError, match="is damaged"):
        opened.batches("data")


def test_a_full_disk_keeps_nothing_and_says_so(place):
    opened = open_store(place)
    opened.append("data", tagged("ann", "r"))

    @sa.event.listens_for(opened._engine, "connect")
    def no_room(connection: sqlite3.Connection, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    with pytest.raises(StoreError, match="no room left"):
        opened.append("data", tagged("ann", *(f"row {i}" * 20 for i in range(5000))))
    assert len(open_store(place).batches("data")) == 1


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be made: [\w ]+\. Name another place with FAULTLINE_STORE"):
        open_store(place_of({"FAULTLINE_STORE": str(tmp_path / "file" / "s.sqlite")}))


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path):
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("url", ["nonsense://x", "mysql+nodriver://x/y"])
def test_an_unknown_database_is_told(url):
    with pytest.raises(StoreError, match=r"no database URL|not installed"):
        open_store(url)


def test_a_driver_that_is_not_installed_is_named_and_the_password_is_not():
    with pytest.raises(StoreError, match="needs the Python package 'psycopg2'") as told:
        open_store("postgresql+psycopg2://me:secret@localhost/x")
    assert "secret" not in str(told.value)


def test_reading_only_reads_and_makes_no_file(place):
    assert open_store(place, read_only=True).batches("data") == ()
    assert not file_of(place).parent.exists()
    open_store(place).append("data", tagged("ann", "r"))
    opened = open_store(place, read_only=True)
    assert len(opened.batches("data")) == 1
    assert opened.slices("data") == ()
    for write in (
        lambda: opened.append("data", tagged("ann", "r")),
        lambda: opened.save_slice("data", "a", "x"),
    ):
        with pytest.raises(StoreError, match="FAULTLINE_READONLY=1"):
            write()


def test_a_reader_finds_the_store_that_was_made_after_it_began(place):
    reader = open_store(place, read_only=True)
    open_store(place).append("data", tagged("ann", "r"))
    assert reader.version("data") == 1


def test_a_reader_does_not_bring_an_old_store_to_a_newer_schema(place, monkeypatch):
    open_store(place)
    monkeypatch.setattr(of_store, "SCHEMA", 2)
    with pytest.raises(StoreError, match="Open it once where it may be written"):
        open_store(place, read_only=True)


def test_a_store_whose_file_cannot_be_written_is_read_and_says_why(place, monkeypatch):
    open_store(place).append("data", tagged("ann", "r"))

    def refuse(self: object) -> None:
        raise StoreError("The store cannot be written: the file or its folder is read-only.")

    monkeypatch.setattr(store.database.Store, "_to_write", refuse)
    opened = open_store(place)
    assert len(opened.batches("data")) == 1
    assert "read-only" in opened.why_not


def test_a_file_that_is_taken_away_begins_anew(place):
    opened = open_store(place)
    opened.append("data", tagged("ann", "r"))
    for path in file_of(place).parent.iterdir():
        path.unlink()
    opened.append("data", tagged("ann", "s"))
    assert [b.events[0].row for b in opened.batches("data")] == ["s"]


def test_the_default_place_is_where_programs_keep_their_state(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert place_of({}, "linux") == f"sqlite:///{tmp_path}/.local/state/faultline/store.sqlite"
    assert place_of({}, "darwin").endswith("Library/Application Support/Faultline/store.sqlite")
    assert place_of({"LOCALAPPDATA": str(tmp_path)}, "win32").endswith("Faultline/store.sqlite")


def test_nothing_holds_of_a_row_nobody_wrote_about():
    assert Noted().of("ann") == frozenset()
    assert annotations_of([]).rows == {}
