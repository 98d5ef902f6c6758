"""Locked thresholds: kept in the memory of this server under a random id that stands in the URL, with what happened to them.

A ledger is begun by the first lock and stays when the lock is taken off, because it also knows who has looked at the rows
that were kept back. Ledgers of uploads belong to their session, like the uploads.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import streamlit as st

import metrics_core as mc
from app.datasets import read_only
from metrics_core.decisions.record import Decision

from .data import datasets
from .decisions import Answer, desk, now, rows_key, selection
from .view import change, view

What = Literal["locked", "unlocked", "scored", "opened"]

_OWN, _UPLOADED, _LOST = "decisions.own", "decisions.uploaded", "decisions.lost"
#: Ledgers a server, or a session, remembers; the oldest are forgotten.
_MOST = 2000


@dataclass(frozen=True)
class Event:
    """What happened to a threshold, and when in UTC."""

    at: str
    what: What
    said: str


@dataclass(frozen=True)
class Ledger:
    """A threshold that was locked, and what happened to it.

    Attributes
    ----------
    id : str
        As it stands in the URL.
    data, model, label : str
        The data set by name, the model, and the class that is taken against the rest.
    rows : str
        What the rows and roles were, see ``rows_key``.
    answer : Answer
        What was locked last.
    locked : bool
    scored : Decision, optional
        The same decision reported on the rows that were kept back; None before.
    events : tuple of Event
        The first one first.
    """

    id: str
    data: str
    model: str
    label: str
    rows: str
    answer: Answer
    locked: bool = True
    scored: Decision | None = None
    events: tuple[Event, ...] = ()

    @property
    def decision(self) -> Decision:
        """What was locked, with what was reported of it."""
        return self.scored or self.answer.decision

    @property
    def threshold(self) -> float | None:
        """The threshold that was locked."""
        return self.answer.decision.threshold

    @property
    def seen(self) -> Event | None:
        """When the rows that were kept back were looked at for the first time."""
        return next((event for event in self.events if event.what in ("scored", "opened")), None)

    def noted(self, what: What, said: str) -> Ledger:
        """Return the ledger with one more event, now."""
        return replace(self, events=(*self.events, Event(now(), what, said)))


def ledger(predictions: mc.Predictions, model: str) -> Ledger | None:
    """Return what happened to the threshold of a model of the view; None when it was never locked.

    The id in the URL comes first. One that this server does not know is taken out of the URL, see ``lost``.
    """
    own: dict[tuple[str, str, str], str] = st.session_state.setdefault(_OWN, {})
    key = (view().data, model, view().label)
    asked = view().lock
    found = _store().get(asked) if asked else None
    if found is not None and (found.data, found.model, found.label) == key:
        if own.get(key) != found.id:
            own[key] = found.id
            desk(predictions, model).take(found.answer)
        return found
    if asked and found is None:
        st.session_state[_LOST] = asked
    found = _store().get(own.get(key, ""))
    if asked != (found.id if found else ""):
        change(lock=found.id if found else "")
    return found


def in_force(predictions: mc.Predictions, model: str) -> Ledger | None:
    """Return the ledger of a lock that is on, after the view went back to its threshold."""
    found = ledger(predictions, model)
    if found is None or not found.locked:
        return None
    if view().threshold != found.threshold:
        change(threshold=found.threshold)
    return found


def lost() -> bool:
    """Tell once that the lock a link named is not known here."""
    return st.session_state.pop(_LOST, None) is not None


def lock(predictions: mc.Predictions, model: str, answer: Answer) -> None:
    """Lock an answer that has a threshold; its plan becomes the plan in force."""
    before = ledger(predictions, model)
    begun = before or Ledger(secrets.token_urlsafe(12), view().data, model, view().label, rows_key(predictions, model), answer)  # fmt: skip
    scored = answer.decision if answer.decision.reported is not None else None
    made = replace(begun, rows=rows_key(predictions, model), answer=answer, locked=True, scored=scored)
    _begin(made.noted("locked", f"locked at {answer.decision.threshold!r}"))
    desk(predictions, model).take(answer)
    change(threshold=answer.decision.threshold)


def remember_seen(predictions: mc.Predictions, model: str, answer: Answer) -> None:
    """Remember that rows were looked at which a record keeps back, when it had been reported on them before it was opened."""
    before = ledger(predictions, model)
    if answer.decision.reported is None or (before is not None and before.seen):
        return
    begun = before or Ledger(secrets.token_urlsafe(12), view().data, model, view().label, rows_key(predictions, model), answer, locked=False)  # fmt: skip
    _begin(begun.noted("opened", f"{answer.opened} was opened, which had been scored on {answer.plan.report_on!r}"))  # fmt: skip


def _begin(made: Ledger) -> None:
    """Put a ledger where this session and its URL find it."""
    _store().put(made)
    st.session_state.setdefault(_OWN, {})[made.data, made.model, made.label] = made.id
    change(lock=made.id)


def unlock(found: Ledger) -> None:
    """Take a lock off, unless this server is for reading only; the ledger stays."""
    if read_only():
        return
    seen = ", after the rows kept back were seen" if found.seen else ""
    _store().update(found.id, lambda one: replace(one, locked=False).noted("unlocked", f"unlocked{seen}"))


def score_once(predictions: mc.Predictions, found: Ledger) -> Ledger:
    """Report a locked decision on the rows that were kept back.

    Raises
    ------
    DataError
        If these rows cannot be judged, or the plan does not lead to the locked threshold any more.
    """
    answer, plan = found.answer, found.answer.plan
    scored = selection(predictions, found.model, plan, answer.where, answer.exact, report=True).decision
    if scored.threshold != found.threshold:
        raise mc.DataError("The rows have changed since the threshold was locked: the same plan leads to another one now. Unlock it and choose again.")  # fmt: skip
    again = " again" if found.seen else ""

    def noted(one: Ledger) -> Ledger:
        return replace(one, scored=scored).noted("scored", f"scored on {plan.report_on!r}{again}")

    return _store().update(found.id, noted)


def changed_since(predictions: mc.Predictions, found: Ledger) -> bool:
    """Whether the rows or their roles are others than those of the lock."""
    return rows_key(predictions, found.model) != found.rows


class _Ledgers:
    """Ledgers by id; sessions share them, so every change is one step."""

    def __init__(self) -> None:
        self._every: OrderedDict[str, Ledger] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, id: str) -> Ledger | None:
        return self._every.get(id)

    def put(self, made: Ledger) -> None:
        with self._guard:
            self._every[made.id] = made
            self._every.move_to_end(made.id)
            while len(self._every) > _MOST:
                self._every.popitem(last=False)

    def update(self, id: str, changed: Callable[[Ledger], Ledger]) -> Ledger:
        with self._guard:
            self._every[id] = changed(self._every[id])
            return self._every[id]


def _store() -> _Ledgers:
    """Return where the ledgers of the view's data set are kept."""
    dataset = datasets().get(view().data)
    if dataset is not None and dataset.origin != "upload":
        return _of_server()
    own: _Ledgers = st.session_state.setdefault(_UPLOADED, _Ledgers())
    return own


@st.cache_resource(show_spinner=False)
def _of_server() -> _Ledgers:
    return _Ledgers()
