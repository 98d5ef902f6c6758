"""What somebody did, as the store keeps it: nothing is changed or deleted, an undo is one more thing that was done."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

Kind = Literal[
    "tag", "untag", "note", "assign", "new_tag", "rename_tag", "describe_tag", "merge_tag", "delete_tag"
]


def new_id() -> str:
    """Return a random id, the same nowhere else."""
    return secrets.token_urlsafe(12)


def utc_now() -> str:
    """Return the time to the second, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Event:
    """One thing said about one row, or about one tag.

    Attributes
    ----------
    kind : str
        ``tag`` and ``untag`` a row; ``note`` and ``assign`` it, empty to take that back; or what happened to a tag.
    row : str
        Key of the row, see ``row_keys``; empty for what happened to a tag.
    tag : str
        Id of the tag.
    value : str
        The note, who it is assigned to, the tag's name or description, or the id of the tag it was merged into.
    who : str
        Whose word it is; empty for the one who did the batch. Differs when tags were imported.
    at : str
        When, in UTC; empty for the time of the batch.
    """

    kind: Kind
    row: str = ""
    tag: str = ""
    value: str = ""
    who: str = ""
    at: str = ""


@dataclass(frozen=True)
class Batch:
    """What somebody did at once, and takes back at once.

    Attributes
    ----------
    actor : str
        Who did it.
    what : str
        What it was, in words: ``tagged 10 rows "glare"``.
    events : tuple of Event
    undoes : str
        Id of the batch it takes back; empty for none.
    id, at : str
    """

    actor: str
    what: str
    events: tuple[Event, ...] = ()
    undoes: str = ""
    id: str = field(default_factory=new_id)
    at: str = field(default_factory=utc_now)
