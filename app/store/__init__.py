"""What people write about rows, and the slices they name, kept beyond a session in a database.

This package is the only one that knows a database. Importing it is cheap: SQLAlchemy is loaded when a store is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .annotations import Annotations, Note, Noted, Tag, annotations_of
from .errors import StoreError
from .events import Batch, Event, Kind, new_id, utc_now
from .place import place_of, shown
from .row_keys import KeyIndex, duplicates, is_content, key_texts, keys_of, positions_of, read_key, write_key

if TYPE_CHECKING:
    from .database import SavedSlice as SavedSlice
    from .database import Store as Store

__all__ = [
    "Annotations",
    "Batch",
    "Event",
    "KeyIndex",
    "Kind",
    "Note",
    "Noted",
    "StoreError",
    "Tag",
    "annotations_of",
    "duplicates",
    "is_content",
    "key_texts",
    "keys_of",
    "new_id",
    "open_store",
    "place_of",
    "positions_of",
    "read_key",
    "shown",
    "utc_now",
    "write_key",
]


def open_store(place: str, *, read_only: bool = False) -> Store:
    """Open a store and bring its tables to the newest schema; a file that is not there yet is made.

    Parameters
    ----------
    place : str
        A database URL, see ``place_of``.
    read_only : bool
        Nothing is written, made or migrated.

    Returns
    -------
    Store

    Raises
    ------
    StoreError
        If it cannot be opened: no driver, no permission, damaged, or written by a newer version.
    """
    from .database import Store

    return Store(place, read_only=read_only)
