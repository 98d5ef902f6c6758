"""Big files of a session, read beside its runs: how far each is, and giving it up.

A run asks for the table with ``opened`` and gets it, or ``NotReadYet`` while a thread is still at it. Only runs touch
Streamlit; the thread knows nothing but the data set and its ``Reading``.
"""

from __future__ import annotations

import threading

import streamlit as st

import metrics_core as mc
from app.datasets import Dataset
from metrics_core.source import Source

Opened = tuple[Source, str | None]

#: Files that are larger together are read in a thread.
BIG_BYTES = 20_000_000
#: A run waits so long for a thread it has started: what is read by then needs no bar.
_PATIENCE_SECONDS = 0.5


class Reading:
    """One read of a data set's files in a thread of its own.

    Parameters
    ----------
    dataset : Dataset
    header : str
        What was answered to whether the first line is a header; empty when it was not asked.

    Attributes
    ----------
    title : str
        What pages call the data set.
    n_bytes : int
        Size of its files.
    share : float
        How much is read, from 0 to 1.
    """

    def __init__(self, dataset: Dataset, header: str) -> None:
        self.title = dataset.title
        self.n_bytes = size_of(dataset)
        self.share = 0.0
        self._dataset, self._header = dataset, header
        self._given_up = threading.Event()
        self._ended = threading.Event()
        self._cancelled = self._taken = False
        self._result: Opened | None = None
        self._error: Exception | None = None

    def start(self) -> None:
        """Start to read; the thread does not keep the program alive."""
        threading.Thread(target=self._read, daemon=True, name=f"reading {self.title}").start()

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

    def result(self) -> Opened:
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
            answers = {"header": self._header} if self._header else {}
            found = self._dataset.open(answers, progress=self._at, cancelled=self._given_up.is_set)
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
    if size_of(dataset) <= BIG_BYTES:
        return dataset.open({"header": header} if header else {})
    every = _readings().every
    key = (stamp, header)
    reading = every.get(key)
    if reading is None:
        reading = every[key] = Reading(dataset, header)
        reading.start()
        reading.wait(_PATIENCE_SECONDS)
    if reading.failed:
        del every[key]
    found = reading.result()
    del every[key]  # the caller keeps the table; a fault that was told stays, it would come again
    return found


def forget(reading: Reading) -> None:
    """Give a read up; the next run that wants the data set starts another one."""
    reading.give_up()
    every = _readings().every
    for key in [key for key, one in every.items() if one is reading]:
        del every[key]


def not_needed(stamp: str, header: str) -> None:
    """Give a read up because its table is there: another session was quicker with the same file."""
    reading = _readings().every.pop((stamp, header), None)
    if reading is not None:
        reading.give_up()


class _Readings:
    """The reads of one session."""

    def __init__(self) -> None:
        self.every: dict[tuple[str, str], Reading] = {}

    def give_up(self) -> None:
        """Give all of them up."""
        for reading in list(self.every.values()):
            reading.give_up()


@st.cache_resource(show_spinner=False, scope="session", on_release=_Readings.give_up)
def _readings() -> _Readings:
    """Keep them until the session's browser is gone: then Streamlit drops this, and every thread ends."""
    return _Readings()
