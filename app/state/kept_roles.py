"""The roles in force for a data set: confirmed in this session, by anybody on this server, or remembered beside the file.

Uploads belong to their session and demos to this server; for other files ``faultline.toml`` is written where it can be.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

import metrics_core as mc
from app import remembered
from app.datasets import Dataset, read_only
from demo_data import DEMOS
from metrics_core.source import Source

_ROLES, _KEPT = "roles", "roles.kept"


@dataclass(frozen=True)
class Kept:
    """Where the choices for a data set are.

    Attributes
    ----------
    where : {"file", "server", "session"}
        In ``faultline.toml``, in the memory of this server, or in this session alone.
    why : str
        Why they are not in the file; empty when they are, or when nobody would expect them there.
    """

    where: Literal["file", "server", "session"]
    why: str = ""


def named_roles(dataset: Dataset) -> tuple[dict[str, Any], bool]:
    """Return the roles in force, named ones first, and whether some of them are remembered from another time.

    Raises
    ------
    ChoicesError
        If the file that remembers them is damaged.
    """
    own = _of_session(dataset)
    if own is not None:
        return {**dataset.roles, **own}, False
    on_server = _on_server().get(_key(dataset))
    if on_server is not None:
        return {**dataset.roles, **on_server}, True
    if not _has_place(dataset):
        return dict(dataset.roles), False
    roles, taken = remembered.beside(
        dataset.roles, remembered.remembered_roles(dataset.paths, dataset.models)
    )
    return roles, bool(taken)


def still_there(
    dataset: Dataset, roles: Mapping[str, Any], source: Source
) -> tuple[dict[str, Any], tuple[mc.Finding, ...]]:
    """Leave out remembered columns that the table does not have any more, and say which; named ones stay."""
    named = {
        role: value for role, value in roles.items() if role in dataset.roles and value == dataset.roles[role]
    }
    rest = {role: value for role, value in roles.items() if role not in named}
    left, findings = remembered.still_there(rest, set(source.names), dataset.title)
    return {**named, **left}, findings


def drop_roles(dataset: Dataset) -> None:
    """Forget what this session confirmed for a file of the same name."""
    st.session_state.get(_ROLES, {}).pop(dataset.name, None)
    st.session_state.get(_KEPT, {}).pop(dataset.name, None)


def confirm_roles(dataset: Dataset, roles: Mapping[str, Any]) -> None:
    """Let roles be in force for this session, and keep them for others unless the file is an upload."""
    st.session_state.setdefault(_ROLES, {})[dataset.name] = dict(roles)
    _keep(dataset, roles)


def found_right(dataset: Dataset, in_force: Mapping[str, Any], confirmed: Mapping[str, Any]) -> None:
    """Keep all roles of a data set that somebody found right; nothing changes in this session, so nothing is read again.

    Parameters
    ----------
    dataset : Dataset
    in_force : mapping
        What is named now.
    confirmed : mapping
        That and what was guessed.
    """
    if not _has_place(dataset):
        return
    st.session_state.setdefault(_ROLES, {})[dataset.name] = dict(in_force)
    _keep(dataset, confirmed)


def forget_roles(dataset: Dataset, *, everywhere: bool = False) -> None:
    """Start again from the roles the data set came with.

    Parameters
    ----------
    dataset : Dataset
    everywhere : bool
        Also for other sessions and in the file; else the file keeps what it remembers until something is confirmed.

    Raises
    ------
    OSError
        If the file cannot be written.
    ChoicesError
        If the file is damaged.
    """
    _on_server().pop(_key(dataset), None)
    place = _place(dataset)
    if everywhere and place is not None and not read_only():
        remembered.forget(place)
    st.session_state.setdefault(_ROLES, {})[dataset.name] = {}
    st.session_state.setdefault(_KEPT, {}).pop(dataset.name, None)


def kept_where(dataset: Dataset) -> Kept | None:
    """Say where the choices for a data set are; None when there are none beyond what it came with."""
    told: Kept | None = st.session_state.get(_KEPT, {}).get(dataset.name)
    if told is not None:
        return told
    if _on_server().get(_key(dataset)):
        return Kept("server")
    if _of_session(dataset) == {}:  # started again
        return None
    if _in_file(dataset):
        return Kept("file")
    return Kept("session") if _of_session(dataset) else None


def is_set_aside(dataset: Dataset) -> bool:
    """Tell whether this session started again from guesses although a file remembers choices."""
    return _of_session(dataset) == {} and _in_file(dataset)


def _keep(dataset: Dataset, roles: Mapping[str, Any]) -> None:
    """Keep roles beyond this session, and note where."""
    if dataset.origin == "upload":
        outcome = Kept("session")
    elif not _has_place(dataset):
        outcome = Kept("server")
    else:
        why = _written(dataset, roles)
        outcome = Kept("server", why) if why else Kept("file")
    if outcome.where == "server" or (outcome.where == "file" and dataset.roles):
        _on_server()[_key(dataset)] = dict(roles)  # what the command line named would go before the file
    else:
        _on_server().pop(_key(dataset), None)
    st.session_state.setdefault(_KEPT, {})[dataset.name] = outcome


def _written(dataset: Dataset, roles: Mapping[str, Any]) -> str:
    """Write roles to the file; say why when that cannot be."""
    place = _place(dataset)
    if read_only():
        return "this server is read-only (FAULTLINE_READONLY=1)"
    if place is None:
        return "the files lie in several folders"
    of_files = {"model_column"} if dataset.models else set()  # made for the files, no column of theirs
    try:
        remembered.remember(place, {role: v for role, v in roles.items() if role not in of_files})
    except remembered.ChoicesError as error:
        return str(error)
    except OSError as error:
        return f"the folder of the file cannot be written ({error.strerror or error})"
    return ""


def _in_file(dataset: Dataset) -> bool:
    """Tell whether the file remembers something of a data set; a damaged one does not."""
    try:
        return _has_place(dataset) and bool(remembered.remembered_roles(dataset.paths, dataset.models))
    except remembered.ChoicesError:
        return False


def _place(dataset: Dataset) -> remembered.Place | None:
    """Say where the choices of a data set are remembered; None when there is no such place."""
    return remembered.place_of(dataset.paths, dataset.models) if _has_place(dataset) else None


def _has_place(dataset: Dataset) -> bool:
    """Tell whether choices may lie beside the file: of files somebody put there, not of demos and uploads."""
    bundled = {demo.path.parent for demo in DEMOS.values()}
    return dataset.origin in ("launch", "folder") and not any(
        path.parent in bundled for path in dataset.paths
    )


def _of_session(dataset: Dataset) -> dict[str, Any] | None:
    """Return what this session confirmed; None when it did not."""
    found: dict[str, Any] | None = st.session_state.get(_ROLES, {}).get(dataset.name)
    return found


@st.cache_resource(show_spinner=False)
def _on_server() -> dict[str, dict[str, Any]]:
    return {}


def _key(dataset: Dataset) -> str:
    return f"{dataset.origin}:{dataset.name}:{[os.fspath(path) for path in dataset.paths]}"
