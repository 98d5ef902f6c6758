"""Big files of a session, read beside its runs: how far each is, and giving it up.

A run asks for the table with ``opened``, then for its rows with ``judged``. It gets them, or ``NotReadYet`` while a
thread is still at it. Only runs touch Streamlit; the thread knows nothing but its work and its ``Reading``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

import metrics_core as mc
from app.datasets import Dataset
from metrics_core.source import Source

Opened = tuple[Source, str | None]
#: What a thread does: it is told whom to tell the share that is done, and whom to ask whether to stop.
Work = Callable[[Callable[[float], None], Callable[[], bool]], Any]

#: Files that are larger together are read in a thread, and the rows of one with so many are judged in a thread.
BIG_BYTES, BIG_ROWS = 20_000_000, 1_000_000
#: A run waits so long for a thread it has started: what is read by then needs no bar.
_PATIENCE_SECONDS = 0.5


class Reading:
    """One piece of reading in a thread of its own.

    Parameters
    ----------
    title : str
    work : callable
        What the thread does; returns what was read.
    n_bytes : int
        Size of the files.
    stage : str
        What is being done, when nobody can tell how much of it is.

    Attributes
    ----------
    title : str
        What pages call the data set.
    n_bytes : int
    stage : str
        Empty while files are read: then ``share`` tells how far that is.
    share : float
        How much is read, from 0 to 1.
    """

    def __init__(self, title: str, work: Work, *, n_bytes: int = 0, stage: str = "") -> None:
        self.title, self.n_bytes, self.stage = title, n_bytes, stage
        self.share = 0.0
        self._work = work
        self._began = time.monotonic()
        self._given_up = threading.Event()
        self._ended = threading.Event()
        self._cancelled = self._taken = False
        self._result: Any = None
        self._error: Exception | None = None

    def start(self) -> None:
        """Start to read; the thread does not keep the program alive."""
        doing = "judging" if self.stage else "reading"
        threading.Thread(target=self._read, daemon=True, name=f"{doing} {self.title}").start()

    @property
    def seconds(self) -> int:
        """Whole seconds since it began."""
        return int(time.monotonic() - self._began)

    @property
    def cancelled(self) -> bool:
        """Whether the user cancelled it; nothing of it is kept."""
        return self._cancelled

    @property
    def over(self) -> bool:
        """Whether there is nothing to wait for any more."""
        return self._ended.is_set() or self._given_up.is_set()

    @property
    def failed(self) -> bool:
        """Whether the runs know of a fault of the program or the machine, which may not come again."""
        return self._taken and self._error is not None and not isinstance(self._error, mc.DataError)

    def cancel(self) -> None:
        """Cancel it for the user; too late when all is read."""
        if not self.over:
            self._cancelled = True
            self.give_up()

    def give_up(self) -> None:
        """Let the thread end soon and drop what it has read."""
        self._given_up.set()
        self._result = None

    def take(self) -> None:
        """Let the runs from now on have what was read; before that, all parts of a run agree that it is not there."""
        self._taken = True

    def wait(self, seconds: float) -> None:
        """Wait for the end, not longer than this."""
        if self._ended.wait(seconds):
            self.take()

    def result(self) -> Any:
        """Return what was read.

        Raises
        ------
        NotReadYet
            If it is still being read, or was cancelled.
        DataError
            If it could not be read; a question is one too.
        """
        if self._error is not None and self._taken and not self._cancelled:
            raise self._error.with_traceback(None)  # it would grow with each run
        if self._result is None or not self._taken or self._cancelled:
            raise NotReadYet(self)
        return self._result

    def _read(self) -> None:
        """Read in the thread; whatever ends it is told to the runs."""
        try:
            found = self._work(self._at, self._given_up.is_set)
            if not self._given_up.is_set():
                self._result = found
        except Exception as error:
            # the frames of the traceback hold what was read so far
            error.__traceback__ = error.__context__ = error.__cause__ = None
            self._error = error
        self._ended.set()
        if self._given_up.is_set():
            self._result = None

    def _at(self, share: float) -> None:
        """Note how much is read."""
        self.share = share


class NotReadYet(Exception):
    """There is no table yet: it is being read, or the user cancelled that."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(f"{reading.title} is not read yet.")
        self.reading = reading


def size_of(dataset: Dataset) -> int:
    """Return the bytes of all files of a data set together; a folder counts as none, its files stay on disk."""
    return sum(path.stat().st_size for path in dataset.paths if path.is_file())


def opened(dataset: Dataset, stamp: str, header: str) -> Opened:
    """Open a data set: at once when it is small, else by a thread of this session.

    Parameters
    ----------
    dataset : Dataset
    stamp : str
        What lies in its files; a change starts another read.
    header : str
        What was answered to whether the first line is a header; empty when it was not asked.

    Raises
    ------
    NotReadYet
        If it is still being read, or that was cancelled.
    DataError
        If it cannot be read; a question is one too.
    """
    answers = {"header": header} if header else {}
    if size_of(dataset) <= BIG_BYTES:
        return dataset.open(answers)

    def work(progress: Callable[[float], None], cancelled: Callable[[], bool]) -> Opened:
        return dataset.open(answers, progress=progress, cancelled=cancelled)

    found: Opened = beside(
        ("open", stamp, header), lambda: Reading(dataset.title, work, n_bytes=size_of(dataset))
    )
    return found


def judged(
    dataset: Dataset, source: Source, roles: Mapping[str, Any], stamp: str, frozen: str
) -> mc.Predictions:
    """Give the columns of a table their roles and judge its rows: at once, or by a thread when there are many.

    Parameters
    ----------
    dataset : Dataset
    source : Source
        Its table.
    roles : mapping
        Keyword arguments for ``metrics_core.read``.
    stamp, frozen : str
        What lies in the files, and the roles as a key.

    Raises
    ------
    NotReadYet, DataError
        As in ``opened``.
    """
    if size_of(dataset) <= BIG_BYTES and source.n_rows <= BIG_ROWS:
        return mc.read(source, **roles)
    stage = f"Finding out what each column is, and judging {source.n_rows:,} rows"
    found: mc.Predictions = beside(
        ("judge", stamp, frozen),
        lambda: Reading(dataset.title, lambda progress, cancelled: mc.read(source, **roles), stage=stage),
    )
    return found


def beside(key: tuple[str, str, str], make: Callable[[], Reading]) -> Any:
    """Return what a thread of this session has done, starting it when there is none.

    Parameters
    ----------
    key : tuple of str
        What is done and everything it depends on.
    make : callable
        Makes the piece of work when nobody is at it.

    Raises
    ------
    NotReadYet
        If it is still being done, or was cancelled.
    DataError
        If it cannot be done.
    """
    every = _readings().every
    reading = every.get(key)
    if reading is None:
        reading = every[key] = make()
        reading.start()
        reading.wait(_PATIENCE_SECONDS)
    if reading.failed:
        del every[key]
    found = reading.result()
    del every[key]  # the caller keeps it; a fault that was told stays, it would come again
    return found


def forget(reading: Reading) -> None:
    """Give a read up; the next run that wants the data set starts another one."""
    reading.give_up()
    every = _readings().every
    for key in [key for key, one in every.items() if one is reading]:
        del every[key]


def not_needed(stamp: str, header: str, frozen: str) -> None:
    """Give reads up because their result is there: another session was quicker with the same file."""
    for key in (("open", stamp, header), ("judge", stamp, frozen)):
        reading = _readings().every.pop(key, None)
        if reading is not None:
            reading.give_up()


class _Readings:
    """The reads of one session."""

    def __init__(self) -> None:
        self.every: dict[tuple[str, str, str], Reading] = {}

    def give_up(self) -> None:
        """Give all of them up."""
        for reading in list(self.every.values()):
            reading.give_up()


@st.cache_resource(show_spinner=False, scope="session", on_release=_Readings.give_up)
def _readings() -> _Readings:
    """Keep them until the session's browser is gone: then Streamlit drops this, and every thread ends."""
    return _Readings()
