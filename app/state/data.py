"""Data sets of a session, the roles confirmed for them, and the predictions they make."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

import streamlit as st

import metrics_core as mc
from app.datasets import Dataset, handed_over, offered, stamp_of
from app.remembered import GONE, ChoicesError
from metrics_core.source import Source

from .kept_roles import drop_roles, named_roles, still_there
from .reading import NotReadYet, Reading, judged, not_needed, opened
from .view import OFFERED, view

_UPLOADS, _FOLDERS, _HISTORIES = "uploads", "folders", "histories"


@dataclass(frozen=True)
class Trouble:
    """Why there are no predictions to show: an error, or a question with its options."""

    error: mc.DataError

    @property
    def question(self) -> mc.NeedsChoice | None:
        """The question, when an answer would help."""
        return self.error if isinstance(self.error, mc.NeedsChoice) else None

    @property
    def in_choices(self) -> bool:
        """Whether the file with the choices is at fault, and not the table."""
        return isinstance(self.error, ChoicesError)


def datasets() -> dict[str, Dataset]:
    """Return every data set this session may open, by name."""
    found = st.session_state.get(OFFERED) or offered()
    return {d.name: d for d in (*found, *st.session_state.get(_UPLOADS, {}).values())}


class _Folder:
    """A folder that is gone when nobody, no session, holds it any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="faultline-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def add_uploads(files: Sequence[tuple[str, bytes]], models: Sequence[str] = ()) -> str:
    """Read uploaded files once as one data set and keep it for this session only.

    Parameters
    ----------
    files : sequence of (name, content)
        Several are parts of one table.
    models : sequence of str
        One for each file when each holds the predictions of one model.

    Returns
    -------
    str
        The name of the data set.

    Raises
    ------
    DataError
        If a file cannot be read as a table, or they share no column.
    """
    name = " + ".join([file for file, _ in files[:3]]) + (" …" if len(files) > 3 else "")
    folder = _Folder()
    paths = []
    for i, (file, content) in enumerate(files):
        path = folder.path / str(i) / (PurePath(file).name or "upload")
        path.parent.mkdir()
        path.write_bytes(content)
        paths.append(path)
    dataset = Dataset(name=name, title=name, origin="upload", paths=tuple(paths), models=tuple(models))
    with suppress(mc.NeedsChoice, NotReadYet):  # the page asks it, or waits
        _opened(dataset, "")
    st.session_state.setdefault(_UPLOADS, {})[name] = dataset
    st.session_state.setdefault(_FOLDERS, {})[name] = folder
    drop_history(dataset)
    drop_roles(dataset)
    return name


@dataclass(frozen=True)
class History:
    """The file of a session that holds what was known before the forecasts of a data set.

    Attributes
    ----------
    path : Path
    value : str, optional
        Column of its true values; None when it is called as in the data set.
    folder : object
        Holds the file as long as the session does.
    """

    path: Path
    value: str | None
    folder: _Folder


def add_history(dataset: Dataset, file: str, content: bytes, value: str | None = None) -> None:
    """Let an uploaded file be the history before the forecasts of a data set, for this session only.

    Parameters
    ----------
    dataset : Dataset
    file : str
        Its name.
    content : bytes
    value : str, optional
        Column of its true values.
    """
    folder = _Folder()
    path = folder.path / (PurePath(file).name or "history")
    path.write_bytes(content)
    st.session_state.setdefault(_HISTORIES, {})[dataset.name] = History(path, value, folder)


def keep_history(dataset: Dataset, value: str | None) -> None:
    """Let the uploaded history stay, with another column of its true values."""
    kept = history_of(dataset)
    if kept is not None:
        st.session_state[_HISTORIES][dataset.name] = replace(kept, value=value)


def drop_history(dataset: Dataset) -> None:
    """Forget the uploaded history of a data set."""
    st.session_state.get(_HISTORIES, {}).pop(dataset.name, None)


def history_of(dataset: Dataset) -> History | None:
    """Return the history that was uploaded for a data set in this session; it goes before one that was named."""
    kept: History | None = st.session_state.get(_HISTORIES, {}).get(dataset.name)
    return kept


def roles_of(dataset: Dataset) -> dict[str, Any]:
    """Return the roles in force: what was named, and what is remembered of columns that are still there.

    Raises
    ------
    DataError
        If the file that remembers roles is damaged.
    """
    return _in_force(dataset)[0]


def gone(dataset: Dataset) -> tuple[mc.Finding, ...]:
    """Say which remembered columns the table of a data set does not have any more.

    Raises
    ------
    DataError
        If the file that remembers roles is damaged.
    """
    return _in_force(dataset)[1]


def _in_force(dataset: Dataset) -> tuple[dict[str, Any], tuple[mc.Finding, ...]]:
    """Return the roles in force, and what is remembered of columns that are gone."""
    roles, from_another_time = named_roles(dataset)
    if not from_another_time:
        return roles, ()
    try:
        source, _ = _opened(dataset, _header(roles))
    except (mc.DataError, NotReadYet):
        return roles, ()
    return still_there(dataset, roles, source)


def source_of(dataset: Dataset) -> Source | Reading:
    """Open a data set's table; a big one may still be read.

    Raises
    ------
    DataError
        If it cannot be read.
    NeedsChoice
        If it is not known whether its first line is a header.
    """
    try:
        return _opened(dataset, _header(named_roles(dataset)[0]))[0]
    except NotReadYet as wait:
        return wait.reading


def load(dataset: Dataset) -> mc.Predictions | Trouble | Reading:
    """Read a data set with its confirmed roles.

    A fault or a question comes back as ``Trouble``, a big file that is still read as its ``Reading``.
    """
    history = history_of(dataset)
    read = _read_own if dataset.origin == "upload" or history is not None else _read
    try:
        roles, findings = _in_force(dataset)
        if history is not None:  # not among the roles that are kept: those others may see
            roles = {**roles, "train": str(history.path), "train_value": history.value}
        predictions = read(
            dataset, dataset.stamp, _frozen(roles), roles, tuple(f.text for f in findings), findings
        )
    except mc.DataError as error:
        return Trouble(error)
    except NotReadYet as wait:
        return wait.reading
    not_needed(dataset.stamp, _header(roles), _frozen(roles))
    return predictions


def current() -> mc.Predictions | Trouble | Reading | None:
    """Return the predictions of the view, of one class against the rest when it names one; None without a data set."""
    found, label = whole(), view().label
    if not isinstance(found, mc.Predictions) or not label:
        return found
    try:
        return _against_rest(found, identity(found), label)
    except mc.DataError as error:
        return Trouble(error)


def whole() -> mc.Predictions | Trouble | Reading | None:
    """Return the predictions of the view with all their classes; None when no data set is chosen."""
    name = view().data
    if not name:
        return None
    dataset = datasets().get(name)
    if dataset is None:
        return Trouble(
            mc.DataError(
                f"There is no data set '{name}' here. It may have been another session's upload; open it again on the Data page."
            )
        )
    return load(dataset)


def task() -> str | None:
    """Return the task of the data of the view; None while there are none, or none that can be read."""
    found = whole()
    return found.roles.task if isinstance(found, mc.Predictions) else None


@st.cache_resource(max_entries=32, show_spinner=False, scope="session")
def _against_rest(_predictions: mc.Predictions, identity: str, label: str) -> mc.Predictions:
    return _predictions.against_rest(label)


def _opened(dataset: Dataset, header: str) -> tuple[Source, str | None]:
    """Open a table once; an upload for its session alone."""
    return (_open_own if dataset.origin == "upload" else _open)(dataset, dataset.stamp, header)


def _open_anew(_dataset: Dataset, stamp: str, header: str) -> tuple[Source, str | None]:
    """Open a table; in a thread when it is big."""
    return opened(_dataset, stamp, header)


def _read_anew(
    _dataset: Dataset,
    stamp: str,
    frozen: str,
    _roles: Mapping[str, Any],
    told: tuple[str, ...],
    _findings: tuple[mc.Finding, ...],
) -> mc.Predictions:
    """Judge the rows of a table, unless the command line has done so with the same roles."""
    source, model_column = _opened(_dataset, _header(_roles))
    named = {**({"model_column": model_column} if model_column else {}), **_roles}
    named = {role: value for role, value in named.items() if value is not None}
    found = handed_over(source, named) or judged(_dataset, source, named, stamp, frozen)
    return replace(found, findings=(*_findings, *found.findings)) if _findings else found


# The same work kept twice: for everybody on this server, and for one session.
_open = st.cache_resource(max_entries=16, show_spinner=False)(_open_anew)
_open_own = st.cache_resource(max_entries=16, show_spinner=False, scope="session")(_open_anew)
_READING = "Reading the predictions …"
_read = st.cache_resource(max_entries=8, show_spinner=_READING)(_read_anew)
_read_own = st.cache_resource(max_entries=8, show_spinner=_READING, scope="session")(_read_anew)


def _header(roles: Mapping[str, Any]) -> str:
    """Return what was answered to whether the first line is a header."""
    return str((roles.get("choose") or {}).get("header", ""))


def _frozen(roles: Mapping[str, Any]) -> str:
    """Write roles as a key; what lies in the file of a history is part of it."""
    written = repr(sorted((k, sorted(v.items()) if isinstance(v, Mapping) else v) for k, v in roles.items()))
    return f"{written}|{stamp_of(Path(str(roles['train'])))}" if roles.get("train") else written


def identity(predictions: mc.Predictions) -> str:
    """Return a key that changes whenever the numbers of these predictions may."""
    told = [finding.text for finding in predictions.findings if finding.id == GONE]
    return f"{predictions.source.key}|{predictions.roles!r}{told or ''}"
