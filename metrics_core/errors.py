"""What can be wrong with the user's table, said in words the user can act on.

A ``DataError`` is shown as it stands; every other exception is our bug and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class DataError(ValueError):
    """The user's table or choice is at fault; the text says what, where, how many rows and what to do."""


@dataclass(frozen=True)
class Option:
    """One answer to a question: the value to choose and what it means for the numbers."""

    value: str
    note: str = ""


class NeedsChoice(DataError):
    """A number depends on how the table is read, so the user is asked instead of a guess being made.

    Attributes
    ----------
    id : str
        Name of the question, as given to ``--choose ID=OPTION``.
    question : str
    options : tuple of Option
    """

    def __init__(self, id: str, question: str, options: Iterable[Option]) -> None:
        self.id = id
        self.question = question
        self.options = tuple(options)
        listed = "; ".join(f"{o.value!r} ({o.note})" if o.note else repr(o.value) for o in self.options)
        super().__init__(f"{question} Options: {listed}. Answer with --choose {id}=OPTION.")


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """List the near misses of a wrong name, else the names there are (twelve at most)."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6) or [
        k for k in known if k.lower() == name.lower()
    ]
    if near:
        return f"Did you mean {' or '.join(repr(k) for k in near)}?"
    if not known:
        return "There are none."
    more = f" and {len(known) - 12:,} more" if len(known) > 12 else ""
    return f"There are: {', '.join(repr(k) for k in known[:12])}{more}."


def example_rows(positions: Sequence[int], values: Sequence[object]) -> str:
    """Name at most three offending rows, counted from 1: ``row 7 = 1.4, row 19 = -0.2``."""
    return ", ".join(
        f"row {int(p) + 1:,} = {_short(v)}" for p, v in list(zip(positions, values, strict=False))[:3]
    )


def _short(value: object) -> str:
    """One value as text of at most forty characters."""
    text = (
        f"{value:.6g}" if isinstance(value, float) else repr(value) if isinstance(value, str) else str(value)
    )
    return text if len(text) <= 40 else text[:37] + "..."
