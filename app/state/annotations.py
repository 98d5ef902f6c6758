"""What people wrote about the rows of the view's data set, out of the store and into it.

A data set is known by its name in the address, a row by its key (``app.store.row_keys``). The store is asked once a run
whether there is something new; a store that cannot be used is a sentence, and the page goes on without it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

import metrics_core as mc
from app.store import (
    Annotations,
    Batch,
    Event,
    KeyIndex,
    Kind,
    Noted,
    StoreError,
    annotations_of,
    keys_of,
    new_id,
    place_of,
    shown,
)
from metrics_core.cases import BoolArray, IntArray

from .stores import call_reviewer as call_reviewer
from .stores import do, one_line, quoted, store_of
from .stores import reviewer as reviewer
from .stores import said as said
from .stores import say as say
from .view import change, view

if TYPE_CHECKING:
    from app.store import Store

#: Rows that may be annotated at once.
MOST_ROWS = 100_000
_NO_ROWS: IntArray = np.zeros(0, dtype=np.int64)
_LONGEST_NOTE = 4000


@dataclass(frozen=True, eq=False)
class Annotated:
    """What is written about the rows of a table.

    Attributes
    ----------
    every : Annotations
        Of the data set, also of rows that are not in this table.
    at : mapping of int to Noted
        By position in the table, counted from 0; rows of which nothing holds are left out.
    keys : mapping of int to str
        The keys of these rows.
    absent : tuple of str
        Keys of rows that are annotated and not in this table.
    version : str
        Changes whenever something of this may have changed.
    trouble : str
        Why nothing could be read; empty when it could.
    why_not : str
        Why nothing can be written; empty when it can.
    place : str
        Where it is kept, for people.
    """

    every: Annotations
    at: Mapping[int, Noted] = field(default_factory=dict)
    keys: Mapping[int, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    version: str = ""
    trouble: str = ""
    why_not: str = ""
    place: str = ""

    @cached_property
    def positions(self) -> IntArray:
        """The rows of which something holds, ascending."""
        return np.array(sorted(self.at), dtype=np.int64)

    def names(self, position: int) -> list[str]:
        """Return the names of the tags of a row, in the order of the taxonomy."""
        noted = self.at.get(position)
        return [tag.name for tag in self.every.tags.values() if tag.id in noted.tags] if noted else []

    def notes(self, position: int) -> list[str]:
        """Return the notes of a row; with their reviewers when there are several."""
        noted = self.at.get(position)
        notes = noted.notes if noted else {}
        return [f"{who}: {note.text}" if len(notes) > 1 else note.text for who, note in notes.items()]

    def assigned(self, position: int) -> str:
        """Return who is to look at a row; empty for nobody."""
        noted = self.at.get(position)
        return noted.assigned if noted else ""

    def rows_of(self, tag: str) -> IntArray:
        """Return the rows with a tag, by its id."""
        return self._by_tag.get(tag, _NO_ROWS)

    def mask(self, rows: IntArray, marks: str, me: str) -> BoolArray:
        """Tell which rows are chosen by what is written about them, see ``marks``."""
        if not marks:
            return np.ones(rows.size, dtype=bool)
        if marks.startswith("tag:"):
            tag = self.every.named(marks.removeprefix("tag:"))
            return np.isin(rows, self.rows_of(tag.id) if tag else _NO_ROWS)
        if marks == "mine":
            return np.isin(rows, self._by_person.get(me, _NO_ROWS))
        inside = np.isin(rows, self._noted if marks == "noted" else self._tagged)
        return ~inside if marks == "untagged" else inside

    @cached_property
    def _by_tag(self) -> dict[str, IntArray]:
        return _gathered((tag, row) for row, noted in self.at.items() for tag in noted.tags)

    @cached_property
    def _by_person(self) -> dict[str, IntArray]:
        return _gathered((noted.assigned, row) for row, noted in self.at.items() if noted.assigned)

    @cached_property
    def _tagged(self) -> IntArray:
        return _gathered(("", row) for row, noted in self.at.items() if noted.tags).get("", _NO_ROWS)

    @cached_property
    def _noted(self) -> IntArray:
        return _gathered(("", row) for row, noted in self.at.items() if noted.notes).get("", _NO_ROWS)


@dataclass(frozen=True)
class Wanted:
    """What to write about rows.

    Attributes
    ----------
    tags, untag : tuple of str
        Names of tags to give, new ones too, and of tags to take back.
    note : str, optional
        None leaves the note as it is, empty takes it away.
    assign : str, optional
        None leaves it as it is, empty assigns to nobody.
    """

    tags: tuple[str, ...] = ()
    untag: tuple[str, ...] = ()
    note: str | None = None
    assign: str | None = None


def annotated(predictions: mc.Predictions) -> Annotated:
    """Return what is written about the rows of the view's data set; asks the store whether there is something new."""
    place = place_of()
    try:
        store = store_of(place)
        dataset = view().data
        version = store.version(dataset)
        every = _derived(place, dataset, version, store)
        source, id = predictions.source, predictions.roles.row_id
        found = _placed(source.key, id, place, dataset, version, store.why_not, source, every, store.place)
    except StoreError as error:
        return Annotated(annotations_of(()), trouble=str(error), why_not=str(error), place=shown(place))
    return found


def known_keys(predictions: mc.Predictions, keys: Collection[str]) -> frozenset[str]:
    """Return those keys that a row of the table has."""
    index = _index(predictions.source.key, predictions.roles.row_id, predictions.source)
    return frozenset(index.positions(keys))


def marks() -> str:
    """Return which rows are chosen by what is written about them.

    Empty for all; ``tagged``, ``untagged``, ``noted``, ``mine`` (assigned to the reviewer), or ``tag:`` and a name.
    """
    return view().marks


def choose_marks(text: str) -> None:
    """Choose rows by what is written about them; the first of them is looked at."""
    change(marks=text)


def annotate(predictions: mc.Predictions, rows: Sequence[int] | IntArray, wanted: Wanted) -> bool:
    """Write something about rows, and say what became of it; what holds already is not written again. For callbacks.

    Parameters
    ----------
    predictions : Predictions
    rows : sequence of int
        Positions in the table, counted from 0.
    wanted : Wanted

    Returns
    -------
    bool
        Whether it worked.
    """
    at = np.asarray(rows, dtype=np.int64)

    def write(store: Store) -> str:
        if at.size > MOST_ROWS:
            raise StoreError(f"{at.size:,} rows are too many at once; {MOST_ROWS:,} are the most. Narrow the selection first.")  # fmt: skip
        every = _fresh(store)
        keys = list(dict.fromkeys(keys_of(predictions.source, predictions.roles.row_id, at)))
        events, told = _events(every, keys, wanted, reviewer())
        if not events:
            return f"Nothing to change: {told}."
        store.append(view().data, Batch(reviewer(), told, tuple(events)))
        return f"{told[:1].upper()}{told[1:]}."

    return do(write)


def undo() -> None:
    """Take back the last thing this reviewer did to the data set, and say what that was. For callbacks."""

    def write(store: Store) -> str:
        last = _fresh(store).last_of(reviewer())
        if last is None:
            return "There is nothing of yours to take back."
        store.append(view().data, Batch(reviewer(), f"taken back: {last.what}", undoes=last.id))
        return f"Taken back: {last.what}."

    do(write)


def change_tag(kind: Kind, tag: str, value: str = "") -> None:
    """Rename, describe, delete a tag, or merge it into another one. For callbacks.

    Parameters
    ----------
    kind : {"new_tag", "rename_tag", "describe_tag", "merge_tag", "delete_tag"}
    tag : str
        Its id; of a new one anything.
    value : str
        The new name, the description, or the id of the tag to merge it into.
    """

    def write(store: Store) -> str:
        every = _fresh(store)
        text = one_line(value) if kind in ("new_tag", "rename_tag") else value[:_LONGEST_NOTE]
        name = every.tag_name(tag)
        if kind in ("new_tag", "rename_tag"):
            if not text:
                raise StoreError("A tag needs a name.")
            taken = every.named(text)
            if taken is not None and taken.id != tag:
                raise StoreError(
                    f"There is a tag {taken.name!r} already. Merge the two, or choose another name."
                )
        done = {
            "new_tag": f"tag {quoted(text)} made",
            "rename_tag": f"tag {quoted(name)} renamed to {quoted(text)}",
            "describe_tag": f"tag {quoted(name)} described",
            "merge_tag": f"tag {quoted(name)} merged into {quoted(every.tag_name(text))}",
            "delete_tag": f"tag {quoted(name)} deleted",
        }[kind]
        id = new_id() if kind == "new_tag" else tag
        store.append(view().data, Batch(reviewer(), done, (Event(kind, tag=id, value=text),)))
        return f"{done[:1].upper()}{done[1:]}."

    do(write)


def write_events(what: str, events: Sequence[Event]) -> None:
    """Write events that were made elsewhere, as an import does. For callbacks."""

    def write(store: Store) -> str:
        store.append(view().data, Batch(reviewer(), what, tuple(events)))
        return f"{what[:1].upper()}{what[1:]}."

    do(write)


def _events(every: Annotations, keys: Sequence[str], wanted: Wanted, me: str) -> tuple[list[Event], str]:
    """Return what is to be written, without what holds already, and say it in words."""
    events: list[Event] = []
    parts: list[str] = []
    n = f"{len(keys):,} row{'' if len(keys) == 1 else 's'}"
    for name in dict.fromkeys(one_line(text) for text in wanted.tags):
        tag = every.named(name)
        id = tag.id if tag else new_id()
        lacking = [key for key in keys if id not in _noted(every, key).of(me)]
        if not tag:
            events.append(Event("new_tag", tag=id, value=name))
        events += [Event("tag", key, id) for key in lacking]
        parts.append(
            _counted("tagged", tag.name if tag else name, len(lacking), len(keys), "had it from you already")
        )
    for name in wanted.untag:
        tag = every.named(name)
        having = [key for key in keys if tag and tag.id in _noted(every, key).of(me)]
        events += [Event("untag", key, tag.id) for key in having if tag]
        parts.append(_counted("no longer tagged", name, len(having), len(keys), "did not have it from you"))
    if wanted.note is not None:
        text = wanted.note.strip()[:_LONGEST_NOTE]
        events += [Event("note", key, value=text) for key in keys if _note_of(every, key, me) != text]
        parts.append(f"your note {'kept' if text else 'taken'} {'for' if text else 'from'} {n}")
    if wanted.assign is not None:
        whom = one_line(wanted.assign)
        events += [Event("assign", key, value=whom) for key in keys if _noted(every, key).assigned != whom]
        parts.append(f"{n} assigned to {whom}" if whom else f"{n} assigned to nobody")
    return events, ", ".join(parts)


def _counted(verb: str, name: str, done: int, of: int, rest: str) -> str:
    """Say of how many rows something became true, and of how many it was."""
    rows = f"{done:,} row{'' if done == 1 else 's'} {verb} {quoted(name)}"
    return rows if done == of else f"{rows} ({of - done:,} {rest})"


def _note_of(every: Annotations, key: str, who: str) -> str:
    """Return the note of one reviewer about a row."""
    note = _noted(every, key).notes.get(who)
    return note.text if note else ""


def _noted(every: Annotations, key: str) -> Noted:
    """Return what holds of a row."""
    return every.rows.get(key, Noted())


def _fresh(store: Store) -> Annotations:
    """Return what holds now, also what others wrote since the page was drawn."""
    dataset = view().data
    return _derived(place_of(), dataset, store.version(dataset), store)


@st.cache_resource(show_spinner=False, max_entries=8)
def _derived(place: str, dataset: str, version: int, _store: Any) -> Annotations:
    return annotations_of(_store.batches(dataset))


@st.cache_resource(show_spinner=False, max_entries=16)
def _placed(
    key: str,
    id: tuple[str, ...],
    place: str,
    dataset: str,
    version: int,
    why_not: str,
    _source: Any,
    _every: Annotations,
    _shown: str,
) -> Annotated:
    """Find the rows of the table that something holds of, their keys, and the keys that are not there."""
    found = _index(key, id, _source).positions(_every.rows.keys())
    keys = {position: row for row, positions in found.items() for position in positions}
    at = {position: _every.rows[row] for position, row in keys.items()}
    absent = tuple(row for row in _every.rows if row not in found)
    return Annotated(_every, at, keys, absent, f"{place}|{dataset}|{version}", "", why_not, _shown)


def _gathered(pairs: Iterable[tuple[str, int]]) -> dict[str, IntArray]:
    """Collect rows by a name, ascending."""
    found: dict[str, list[int]] = {}
    for name, row in pairs:
        found.setdefault(name, []).append(row)
    return {name: np.array(sorted(rows), dtype=np.int64) for name, rows in found.items()}


@st.cache_resource(show_spinner=False, max_entries=4)
def _index(key: str, id: tuple[str, ...], _source: Any) -> KeyIndex:
    return KeyIndex(_source, id)
