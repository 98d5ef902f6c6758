"""The store of this server: opened once, its troubles told, and who writes in this session."""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.datasets import read_only
from app.store import StoreError, open_store, place_of

if TYPE_CHECKING:
    from app.store import Store

_REVIEWER, _SAID = "annotations.reviewer", "annotations.said"
#: The longest name of a person, a tag or a slice.
LONGEST_NAME = 80
#: A store that could not be opened is tried again after so long.
_AGAIN_SECONDS = 10.0
_HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Said:
    """What became of an action, to be told once."""

    text: str
    failed: bool = False


def reviewer() -> str:
    """Return who writes in this session; on a machine of one's own that is whoever is logged in, until it is changed."""
    if _REVIEWER not in st.session_state:
        st.session_state[_REVIEWER] = _logged_in() if st.get_option("server.address") in _HERE else ""
    return str(st.session_state[_REVIEWER])


def call_reviewer(name: str) -> None:
    """Say who writes in this session."""
    st.session_state[_REVIEWER] = one_line(name)


def said() -> Said | None:
    """Return once what became of the last action."""
    found: Said | None = st.session_state.pop(_SAID, None)
    return found


def say(text: str) -> None:
    """Have something told with the next drawing of the page."""
    st.session_state[_SAID] = Said(text)


def one_line(text: str) -> str:
    """Write a name without line breaks and spaces too many, and not too long."""
    return " ".join(text.split())[:LONGEST_NAME]


def quoted(name: str) -> str:
    """Write a name in quotation marks."""
    return f"“{name}”"


def do(write: Callable[[Store], str]) -> bool:
    """Write to the store, keep what became of it for the page, and tell whether it worked."""
    try:
        told = Said(write(store_of(place_of())))
    except StoreError as error:
        told = Said(str(error), failed=True)
    st.session_state[_SAID] = told
    return not told.failed


@dataclass
class _Opened:
    """A store, or why it could not be opened and when that was."""

    store: Any = None
    error: StoreError | None = None
    at: float = 0.0


def store_of(place: str) -> Store:
    """Open a store once for this server; one that could not be opened is tried again a little later."""
    opened = _opened(place, read_only())
    if opened.store is None and (opened.error is None or time.monotonic() - opened.at > _AGAIN_SECONDS):
        try:
            opened.store, opened.error = open_store(place, read_only=read_only()), None
        except StoreError as error:
            opened.error, opened.at = error, time.monotonic()
    if opened.error is not None:
        raise opened.error
    store: Store = opened.store
    return store


@st.cache_resource(show_spinner=False, max_entries=8)
def _opened(place: str, read_only: bool) -> _Opened:
    return _Opened()


def _logged_in() -> str:
    """Return who is logged in on this machine; empty where nobody is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
