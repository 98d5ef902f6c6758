"""What is different between two texts, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

#: Words and blanks of a text that are compared; the time grows with the product of both.
MAX_PIECES = 2_000
_PIECES = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Change:
    """A stretch of two texts.

    Attributes
    ----------
    kind : {"same", "only first", "only second", "other"}
    first, second : str
        The stretch in either text.
    """

    kind: Literal["same", "only first", "only second", "other"]
    first: str
    second: str


def text_changes(first: str, second: str) -> tuple[Change, ...]:
    """Compare two texts word by word; put together, the stretches give each text again.

    Parameters
    ----------
    first, second : str
        What lies beyond the first 2 000 words and blanks of either is compared as one piece.

    Returns
    -------
    tuple of Change

    Examples
    --------
    >>> [(c.kind, c.first, c.second) for c in text_changes("a red car", "a blue car")]
    [('same', 'a ', 'a '), ('other', 'red', 'blue'), ('same', ' car', ' car')]
    """
    from difflib import SequenceMatcher

    a, b = _pieces(first), _pieces(second)
    kinds: dict[str, Literal["same", "only first", "only second", "other"]] = {
        "equal": "same",
        "delete": "only first",
        "insert": "only second",
        "replace": "other",
    }
    found = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return tuple(Change(kinds[op], "".join(a[i:j]), "".join(b[k:m])) for op, i, j, k, m in found)


def _pieces(text: str) -> list[str]:
    """Cut a text into words, blanks and signs; what is too much stays in one piece."""
    found: list[str] = []
    for match in _PIECES.finditer(text):
        if len(found) == MAX_PIECES:
            found.append(text[match.start() :])
            break
        found.append(match[0])
    return found
