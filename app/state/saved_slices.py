"""The slices people saved: filters with a name, out of the store and into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.store import StoreError, place_of

from .stores import do, one_line, quoted, reviewer, store_of
from .view import view

if TYPE_CHECKING:
    from app.store import SavedSlice, Store


def saved_slices() -> tuple[tuple[SavedSlice, ...], str, str]:
    """Return the saved slices of the view's data set, why none could be read, and why none can be written."""
    try:
        store = store_of(place_of())
        return store.slices(view().data), "", store.why_not
    except StoreError as error:
        return (), str(error), str(error)


def save_slice(name: str, where: str) -> bool:
    """Keep a filter under a name, and say so; one of the same name is replaced. For callbacks. Tells whether it worked."""

    def write(store: Store) -> str:
        called = one_line(name)
        if not called or not where:
            raise StoreError("A saved slice needs a name and a filter.")
        replaced = store.save_slice(view().data, called, where, reviewer())
        return f"Saved as {quoted(called)}{', in the place of another filter' if replaced else ''}."

    return do(write)


def rename_slice(name: str, to: str) -> bool:
    """Give a saved slice another name, and say so. For callbacks."""

    def write(store: Store) -> str:
        called = one_line(to)
        if not called:
            raise StoreError("A saved slice needs a name.")
        store.rename_slice(view().data, name, called)
        return f"{quoted(name)} is called {quoted(called)} now."

    return do(write)


def delete_slice(name: str) -> bool:
    """Delete a saved slice, and say so. For callbacks."""

    def write(store: Store) -> str:
        store.delete_slice(view().data, name)
        return f"{quoted(name)} is deleted."

    return do(write)
