"""Tags as CSV, out of the store and into it again: for a colleague without the app, for a spreadsheet, for another server."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.state.annotations import Annotated, reviewer
from app.store import Annotations, Event, Noted, key_texts, new_id, read_key, write_key
from app.views import export
from app.views.gate import Shown
from metrics_core.errors import DataError

#: The columns of the file, in order.
COLUMNS = ("id", "row", "tag", "note", "assigned_to", "reviewer", "time")
_UPLOAD, _OVERWRITE, _DONE = "tag_files.upload", "tag_files.overwrite", "tag_files.done"
#: What a spreadsheet would run, after any apostrophes: those are what a defused text begins with.
_DEFUSED = re.compile(r"'+[=+\-@\t\r\n]")
_MOST_LINES = 500_000


@dataclass(frozen=True)
class TagLine:
    """One line of a file of tags: what one reviewer says about one row, or one of the tags they gave it."""

    key: str
    tag: str
    note: str
    assigned: str
    reviewer: str
    time: str


@dataclass(frozen=True)
class Import:
    """What a file of tags would change.

    Attributes
    ----------
    events : tuple of Event
        What is to be written.
    lines, matched : int
        Lines of the file, and rows of the table they are about.
    unknown : tuple of str
        Keys that no row of the table has.
    new_tags : tuple of str
        Names of tags that are made.
    known : int
        Lines that say nothing new.
    conflicts : tuple of str
        Where file and store say different things, in words; the store's side stays unless the file's was chosen.
    """

    events: tuple[Event, ...]
    lines: int
    matched: int
    unknown: tuple[str, ...]
    new_tags: tuple[str, ...]
    known: int
    conflicts: tuple[str, ...]


def tag_files(shown: Shown, annotated: Annotated) -> None:
    """Offer what is written about the data set as CSV, and take such a file in."""
    n = len(annotated.every.rows)
    if n:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            name = export.file_name(state.view().data, "tags", ending="csv")
            st.download_button("Tags as CSV", lambda: tags_csv(annotated), name, "text/csv", key="tag_files.csv", on_click="ignore",
                               icon=":material/download:")  # fmt: skip
            st.caption(f"{numbers.rows(n)}, whatever is shown above, also those that are not in this file: a line for each tag of each reviewer.",
                       width="content")  # fmt: skip
    if annotated.why_not or not reviewer():
        st.caption(f"Nothing can be taken in: {numbers.plain(annotated.why_not or 'say who you are first')}.")
        return
    _take_in(shown, annotated)


def tags_csv(annotated: Annotated) -> bytes:
    """Write everything that holds as CSV, one line for each tag a reviewer gave a row; without formulas.

    A text that begins with apostrophes and then like a formula gets one more, so that reading takes one away and no text
    is harmed.
    """
    at = {key: position for position, key in sorted(annotated.keys.items(), reverse=True)}
    lines = []
    for key, noted in annotated.every.rows.items():
        for line in _lines(annotated.every, key, noted):
            row = at.get(key)
            lines.append((write_key(key), None if row is None else row + 1, line.tag, line.note, line.assigned, line.reviewer, line.time))  # fmt: skip
    columns = list(zip(*lines, strict=True)) if lines else [()] * len(COLUMNS)
    arrays = [
        pa.array(column, pa.int64())
        if name == "row"
        else pa.array([_guarded(text or "") for text in column], pa.string())
        for name, column in zip(COLUMNS, columns, strict=True)
    ]
    return export.csv(pa.table(arrays, names=list(COLUMNS)))


def read_tags(content: bytes) -> list[TagLine]:
    """Read a file of tags: comma, semicolon or tab; UTF-8 or what Windows writes.

    Raises
    ------
    DataError
        If it is no such file.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        names = {str(name).strip().strip("'").casefold(): name for name in reader.fieldnames or ()}
        missing = [name for name in ("id", "tag") if name not in names]
        if missing:
            raise DataError(
                f"A file of tags has the columns {', '.join(COLUMNS)}; this one has no column {missing[0]!r}."
            )
        found = []
        for i, cells in enumerate(reader):
            if i >= _MOST_LINES:
                raise DataError(f"The file has more than {_MOST_LINES:,} lines. Split it.")
            cell = {
                name: _unguarded(cells.get(names[name]) or "") if name in names else "" for name in COLUMNS
            }
            if cell["id"]:
                found.append(TagLine(read_key(cell["id"]), " ".join(cell["tag"].split()), cell["note"], cell["assigned_to"],
                                     cell["reviewer"], cell["time"]))  # fmt: skip
    except csv.Error as error:
        raise DataError(f"The file cannot be read as CSV: {error}. Save it as CSV again.") from None
    return found


def plan_import(
    lines: Sequence[TagLine], every: Annotations, there: frozenset[str], me: str, *, overwrite: bool = False
) -> Import:
    """Find out what a file of tags would change.

    Tags are added to what is there. A note, or who is to look at a row, is taken over where there is none; where there is
    another one the store keeps its own, unless ``overwrite``.

    Parameters
    ----------
    lines : sequence of TagLine
    every : Annotations
        What holds now.
    there : frozenset of str
        The keys among those of the file that rows of the table have.
    me : str
        Whose word a line without a reviewer is.
    overwrite : bool
        Whether the file's side counts where the two differ.
    """
    events: list[Event] = []
    made: dict[str, str] = {}
    conflicts: list[str] = []
    known = 0
    seen: set[tuple[str, ...]] = set()
    for line in lines:
        if line.key not in there:
            continue
        who, before, noted = line.reviewer or me, len(events), every.rows.get(line.key, Noted())
        told = len(conflicts)
        if line.tag:
            tag = every.named(line.tag)
            id = tag.id if tag else made.get(line.tag.casefold())
            if id is None:
                id = made[line.tag.casefold()] = new_id()
                events.append(Event("new_tag", tag=id, value=line.tag))
            if id not in noted.of(who) and (line.key, who, id) not in seen:
                seen.add((line.key, who, id))
                events.append(Event("tag", line.key, id, who=who, at=line.time))
        has = noted.notes[who].text if who in noted.notes else ""
        for kind, wanted, now, one in (
            ("note", line.note, has, who),
            ("assign", line.assigned, noted.assigned, ""),
        ):
            if not wanted or wanted == now or (line.key, kind, one, wanted) in seen:
                continue
            seen.add((line.key, kind, one, wanted))
            if now:
                what = f"note of {who}" if kind == "note" else "assigned to"
                conflicts.append(f"{key_texts([line.key])[0]}, {what}: here “{now}”, in the file “{wanted}”")
            if not now or overwrite:
                events.append(
                    Event(
                        "note" if kind == "note" else "assign", line.key, value=wanted, who=who, at=line.time
                    )
                )
        known += len(events) == before and len(conflicts) == told
    keys = dict.fromkeys(line.key for line in lines)
    unknown = tuple(key for key in keys if key not in there)
    return Import(tuple(events), len(lines), len(keys) - len(unknown), unknown, tuple(e.value for e in events if e.kind == "new_tag"), known, tuple(conflicts))  # fmt: skip


def _take_in(shown: Shown, annotated: Annotated) -> None:
    """Read a file, say what it would change, and write it when somebody agrees."""
    upload = st.file_uploader(
        "Take in tags",
        type=["csv", "tsv", "txt"],
        key=_UPLOAD,
        width=440,
        help=f"A CSV file with the columns {', '.join(COLUMNS)}",
    )
    if upload is None:
        return
    try:
        lines = read_tags(upload.getvalue())
        there = state.annotations.known_keys(shown.predictions, {line.key for line in lines})
    except DataError as error:
        st.error(numbers.plain(error), icon=":material/error:")
        return
    overwrite = False
    plan = plan_import(lines, annotated.every, there, reviewer())
    if plan.conflicts:
        overwrite = st.checkbox("Where the file says something else, take the file's side", key=_OVERWRITE)
        plan = plan_import(lines, annotated.every, there, reviewer(), overwrite=overwrite)
    for said in report(plan, overwrite=overwrite):
        st.caption(said)
    kinds = Counter(event.kind for event in plan.events)
    what = f"{_n(kinds['tag'], 'tag')}, {_n(kinds['note'], 'note')} and {_n(kinds['assign'], 'assignment')} taken in from {upload.name}"
    st.button("Take in", key="tag_files.take", type="primary", icon=":material/upload:", disabled=not plan.events,
              on_click=state.annotations.write_events, args=(what, plan.events))  # fmt: skip


def report(plan: Import, *, overwrite: bool = False) -> list[str]:
    """Say what a file of tags would change, line by line."""
    kinds = Counter(event.kind for event in plan.events)
    out = [
        f"{numbers.count(plan.lines)} {'line' if plan.lines == 1 else 'lines'} about {numbers.rows(plan.matched)} of this table: "
        f"{_n(kinds['tag'], 'tag')}, {_n(kinds['note'], 'note')} and {_n(kinds['assign'], 'assignment')} are new; "
        f"{numbers.count(plan.known)} {'says' if plan.known == 1 else 'say'} nothing new."
    ]
    if plan.new_tags:
        out.append(f"New tags: {numbers.plain(', '.join(plan.new_tags))}.")
    if plan.unknown:
        n = len(plan.unknown)
        some = ", ".join(key_texts(plan.unknown[:3]))
        out.append(
            f":material/help: {numbers.count(n)} {'id is' if n == 1 else 'ids are'} not in this table and left out: {numbers.plain(some)}{' …' if n > 3 else ''}."
        )
    if plan.conflicts:
        n = len(plan.conflicts)
        some = "; ".join(plan.conflicts[:3])
        side = "the file's side is taken" if overwrite else "the store keeps its own"
        out.append(
            f":material/compare_arrows: {numbers.count(n)} {'place differs' if n == 1 else 'places differ'}, {side}: {numbers.plain(some)}{' …' if n > 3 else ''}."
        )
    return out


def _n(count: int, what: str) -> str:
    """Write how many there are of something."""
    return f"{numbers.count(count)} {what}{'' if count == 1 else 's'}"


def _lines(every: Annotations, key: str, noted: Noted) -> list[TagLine]:
    """Write one row: a line for each tag of each reviewer, notes beside the first one of their reviewer."""
    by = {who: [(tag.name, noted.tags[tag.id][who]) for tag in every.tags.values() if who in noted.tags.get(tag.id, {})]
          for who in dict.fromkeys((*(who for given in noted.tags.values() for who in given), *noted.notes))}  # fmt: skip
    lines = []
    for who, tags in by.items():
        note = noted.notes.get(who)
        for i, (tag, at) in enumerate(tags or [("", note.at if note else "")]):
            lines.append(TagLine(key, tag, note.text if note and i == 0 else "", noted.assigned, who, at))
    return lines or [TagLine(key, "", "", noted.assigned, "", "")]


def _guarded(text: str) -> str:
    """Put an apostrophe before one that would be taken for that of a defused formula."""
    return f"'{text}" if _DEFUSED.match(text) else text


def _unguarded(text: str) -> str:
    """Take off the apostrophe that keeps a spreadsheet from running a text."""
    return text[1:] if _DEFUSED.match(text) else text
