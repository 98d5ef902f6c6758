"""Several processes on one store, and one that is killed in the middle of a write."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.store import annotations_of, open_store, place_of

ROOT = Path(__file__).resolve().parents[1]

_WRITER = """
import sys
from app.store import Batch, Event, open_store
place, who, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
opened = open_store(place)
print("ready", flush=True)
sys.stdin.readline()
for i in range(n):
    opened.append("data", Batch(who, "", (Event("tag", "id:same", "glare"), Event("note", "id:same", value=f"{who} {i}"))))
"""

# Commits small batches for ever and says which; each has as many events as it says.
_ENDLESS = """
import sys
from app.store import Batch, Event, open_store
opened = open_store(sys.argv[1])
i = 0
while True:
    opened.append("data", Batch("ann", str(i), tuple(Event("note", f"id:{j}", value="x" * 200) for j in range(400))))
    print(i, flush=True)
    i += 1
"""

# Opens a transaction, writes much more than SQLite keeps in memory, and waits to be killed.
_STOPPED = """
import sys, time
import sqlalchemy as sa
from app.store import Batch, Event, open_store
from app.store import schema
opened = open_store(sys.argv[1])
opened.append("data", Batch("ann", "before", (Event("note", "id:1", value="kept"),)))
with opened._writing() as connection:
    connection.execute(sa.text("PRAGMA cache_size=10"))
    seq = connection.execute(sa.insert(schema.batches).values(id="half", dataset="data", actor="ann", at="", what="half", undoes="")).inserted_primary_key[0]
    rows = [{"batch": seq, "kind": "note", "row_key": f"id:{i}", "tag": "", "value": "y" * 500, "who": "", "at": ""} for i in range(20000)]
    connection.execute(sa.insert(schema.events), rows)
    print("in the middle", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def place(tmp_path: Path) -> str:
    return place_of({"FAULTLINE_STORE": str(tmp_path / "s.sqlite")})


def started(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=ROOT, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip


def test_two_processes_that_make_the_store_and_write_on_the_same_row_lose_nothing(place):
    n = 40
    writers = [started(_WRITER, place, who, str(n)) for who in ("ann", "bob")]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:  # both wait for this line
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        _, said = writer.communicate(timeout=120)
        assert (writer.returncode, said) == (0, "")
    batches = open_store(place).batches("data")
    for who in ("ann", "bob"):
        assert [b.events[1].value for b in batches if b.actor == who] == [f"{who} {i}" for i in range(n)]
    row = annotations_of(batches).rows["id:same"]
    assert {who: note.text for who, note in row.notes.items()} == {
        "ann": f"ann {n - 1}",
        "bob": f"bob {n - 1}",
    }


def test_a_process_killed_while_it_writes_loses_nothing_that_was_committed(place):
    writer = started(_ENDLESS, place)
    assert writer.stdout is not None
    said = [writer.stdout.readline() for _ in range(5)]
    time.sleep(0.05)  # somewhere within one of the next batches
    writer.send_signal(signal.SIGKILL)
    rest, _ = writer.communicate(timeout=60)
    committed = [int(line) for line in [*said, *rest.splitlines(keepends=True)] if line.endswith("\n")]
    batches = open_store(place).batches("data")
    assert [int(b.what) for b in batches][: len(committed)] == committed
    assert len(batches) <= len(committed) + 1  # committed and not yet said
    assert {len(b.events) for b in batches} == {400}


def test_half_a_write_is_not_there_after_a_kill_and_the_next_one_is_kept(place):
    writer = started(_STOPPED, place)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "in the middle\n"
    beside = open_store(place)
    assert [b.what for b in beside.batches("data")] == ["before"]  # readers go on
    writer.send_signal(signal.SIGKILL)
    writer.communicate(timeout=60)
    after = open_store(place)
    assert [b.what for b in after.batches("data")] == ["before"]
    after.save_slice("data", "a", "x == 1")
    assert [s.name for s in beside.slices("data")] == ["a"]
