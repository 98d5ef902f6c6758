"""What holds now, derived from everything that was done.

Tags are sets: each reviewer's word counts until that reviewer takes it back. Of notes the last one of each reviewer counts,
of who has to look at a row the last word of anybody. A tag is an id; its name, description and the tag it was merged into
are the last ones given to it, and count for rows that were tagged before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .events import Batch, Event


@dataclass(frozen=True)
class Tag:
    """One tag of the taxonomy.

    Attributes
    ----------
    id, name, about : str
    """

    id: str
    name: str
    about: str = ""


@dataclass(frozen=True)
class Note:
    """What a reviewer wrote about a row, and when in UTC."""

    text: str
    at: str


@dataclass(frozen=True)
class Noted:
    """What holds of one row.

    Attributes
    ----------
    tags : mapping of str to mapping
        The reviewers who gave a tag, by its id, and when each did, in UTC; never without one.
    notes : mapping of str to Note
        By reviewer.
    assigned : str
        Who is to look at it; empty for nobody.
    """

    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: Mapping[str, Note] = field(default_factory=dict)
    assigned: str = ""

    def of(self, reviewer: str) -> frozenset[str]:
        """Return the tags one reviewer gave."""
        return frozenset(tag for tag, who in self.tags.items() if reviewer in who)


@dataclass(frozen=True, eq=False)
class Annotations:
    """What holds of the tags and rows of a data set.

    Attributes
    ----------
    tags : mapping of str to Tag
        By id, in the order they were made.
    rows : mapping of str to Noted
        By key of the row; rows of which nothing holds are left out.
    batches : tuple of Batch
        Everything that was done.
    undone : frozenset of str
        Ids of the batches that were taken back.
    """

    tags: Mapping[str, Tag]
    rows: Mapping[str, Noted]
    batches: tuple[Batch, ...] = ()
    undone: frozenset[str] = frozenset()

    @cached_property
    def reviewers(self) -> tuple[str, ...]:
        """Everybody who tagged or noted something that holds, or has to look at a row, in alphabetical order."""
        found = {noted.assigned for noted in self.rows.values()} - {""}
        for noted in self.rows.values():
            found.update(noted.notes, *noted.tags.values())
        return tuple(sorted(found, key=str.casefold))

    def named(self, name: str) -> Tag | None:
        """Return the tag of a name, in any case of letters; None when there is none."""
        wanted = _folded(name)
        return next((tag for tag in self.tags.values() if _folded(tag.name) == wanted), None)

    def last_of(self, actor: str) -> Batch | None:
        """Return the last batch of somebody that can be taken back; None without one."""
        return next(
            (
                b
                for b in reversed(self.batches)
                if b.actor == actor and not b.undoes and b.id not in self.undone
            ),
            None,
        )

    def history(self, row: str) -> list[tuple[Batch, Event, bool]]:
        """Return what was ever said about a row, in order, and whether it was taken back."""
        return [(b, e, b.id in self.undone) for b in self.batches for e in b.events if e.row == row]

    def tag_name(self, id: str) -> str:
        """Return the name a tag has or had."""
        if id in self.tags:
            return self.tags[id].name
        given = [
            e.value
            for b in self.batches
            for e in b.events
            if e.tag == id and e.kind in ("new_tag", "rename_tag")
        ]
        return given[-1] if given else "a tag"


def annotations_of(batches: Sequence[Batch]) -> Annotations:
    """Derive what holds from everything that was done, in order.

    Parameters
    ----------
    batches : sequence of Batch

    Returns
    -------
    Annotations

    Examples
    --------
    >>> made = Batch("ann", "", (Event("new_tag", tag="t", value="glare"), Event("tag", "id:7", "t")))
    >>> found = annotations_of([made])
    >>> found.tags["t"].name, found.rows["id:7"].of("ann")
    ('glare', frozenset({'t'}))
    >>> annotations_of([made, Batch("ann", "", undoes=made.id)]).rows
    {}
    """
    undone = _undone(batches)
    alive = [batch for batch in batches if batch.id not in undone]
    used = {e.tag for b in alive for e in b.events if e.kind == "tag"}
    given = {e.tag: e.value for b in batches if b.id in undone for e in b.events if e.kind == "new_tag"}
    tags, root = _taxonomy(alive, {id: name for id, name in given.items() if id in used})
    tagged: dict[str, dict[str, dict[str, str]]] = {}
    notes: dict[str, dict[str, Note]] = {}
    assigned: dict[str, str] = {}
    for batch in alive:
        for e in batch.events:
            who, at = e.who or batch.actor, e.at or batch.at
            if e.kind == "tag" and root.get(e.tag) in tags:
                tagged.setdefault(e.row, {}).setdefault(root[e.tag], {}).setdefault(who, at)
            elif e.kind == "untag":
                tagged.get(e.row, {}).get(root.get(e.tag, ""), {}).pop(who, None)
            elif e.kind == "note":
                notes.setdefault(e.row, {})[who] = Note(e.value, at)
            elif e.kind == "assign":
                assigned[e.row] = e.value
    rows = {}
    for key in dict.fromkeys((*tagged, *notes, *assigned)):
        noted = Noted(
            {tag: dict(who) for tag, who in tagged.get(key, {}).items() if who},
            {who: note for who, note in notes.get(key, {}).items() if note.text},
            assigned.get(key, ""),
        )
        if noted.tags or noted.notes or noted.assigned:
            rows[key] = noted
    return Annotations(tags, rows, tuple(batches), undone)


def _undone(batches: Sequence[Batch]) -> frozenset[str]:
    """Return the ids of the batches that were taken back, and not by something that was itself taken back."""
    gone: set[str] = set()
    for batch in reversed(batches):
        if batch.undoes and batch.id not in gone:
            gone.add(batch.undoes)
    return frozenset(gone)


def _taxonomy(batches: Iterable[Batch], revived: Mapping[str, str]) -> tuple[dict[str, Tag], dict[str, str]]:
    """Return the tags that there are, and for each id the tag it counts as.

    ``revived`` are tags whose making was taken back after somebody else had used them: they stay. Two tags of one name
    are one, because two people may have made it at once.
    """
    names, abouts, deleted = dict(revived), dict[str, str](), set[str]()
    parent: dict[str, str] = {}

    def root(id: str) -> str:
        while id in parent:
            id = parent[id]
        return id

    for batch in batches:
        for e in batch.events:
            if e.kind == "new_tag":
                names.setdefault(e.tag, e.value)
            elif e.kind == "rename_tag" and e.tag in names:
                names[e.tag] = e.value
            elif e.kind == "describe_tag":
                abouts[e.tag] = e.value
            elif e.kind == "delete_tag":
                deleted.add(e.tag)
            elif e.kind == "merge_tag" and root(e.tag) != root(e.value):
                parent[root(e.tag)] = root(e.value)
    first: dict[str, str] = {}
    for id, name in names.items():
        if id not in parent and id not in deleted and first.setdefault(_folded(name), id) != id:
            parent[id] = first[_folded(name)]
    tags = {
        id: Tag(id, name, abouts.get(id, ""))
        for id, name in names.items()
        if id not in parent and id not in deleted
    }
    return tags, {id: root(id) for id in names}


def _folded(name: str) -> str:
    """Write a name so that spelling it with other capitals or spaces is the same."""
    return " ".join(name.split()).casefold()
