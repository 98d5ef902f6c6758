"""What a filter can ask of a column besides its value: ``length(note) > 100``, ``hour(seen) == 3``, ``has_digit(note)``.

One row of the table is one function: what it reads, what it gives, and how far that reaches. ``computed.py`` says how it
is computed, ``sql.py`` how it is written for a database.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

#: The days of the week as ``weekday`` gives them, Monday first.
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Function:
    """A function of one column.

    Attributes
    ----------
    name : str
    reads : {"text", "day", "clock"}
        Texts, days (dates and times), or times alone.
    gives : {"number", "weekday", "answer"}
        A whole number or a day of the week, to be compared; or yes and no, which is a test by itself.
    about : str
        What it gives, in words that follow "gives".
    low, high : int
        Ends of its numbers.
    word : bool
        Whether it takes a text beside the column.
    """

    name: str
    reads: Literal["text", "day", "clock"]
    gives: Literal["number", "weekday", "answer"]
    about: str
    low: int = 0
    high: int = 0
    word: bool = False


FUNCTIONS = {
    function.name: function
    for function in (
        Function("length", "text", "number", "the number of characters of a text", 0, 2**31 - 1),
        Function("hour", "clock", "number", "the hour of a time, 0 to 23", 0, 23),
        Function("weekday", "day", "weekday", "the day of the week, 'Mon' to 'Sun'", 1, 7),
        Function("month", "day", "number", "the month, 1 to 12", 1, 12),
        Function("year", "day", "number", "the year", -32_768, 32_767),
        Function("has_digit", "text", "answer", "whether a digit from 0 to 9 is in it"),
        Function("has_url", "text", "answer", "whether http://, https:// or www. is in it"),
        Function("has_upper", "text", "answer", "whether a capital letter is in it"),
        Function("word", "text", "answer", "whether the word is in it, in upper or lower case", word=True),
    )
}

#: Pieces of addresses, in lower case: what ``has_url`` looks for.
ADDRESSES = ("http://", "https://", "www.")
# Spelled out for both cases: without regard to case a long s would count as an s.
URL = r"[Hh][Tt][Tt][Pp][Ss]?://|[Ww][Ww][Ww]\."
# What no word is made of: all of ASCII but letters, digits and _, then the punctuation, blanks and symbols of other blocks.
# Spelled out, because \w means something else to every engine.
_APART = (
    "\\x01-/:-@\\[-\\^`{-\\x7f\u0080-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7"
    "\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
_WORD = re.compile(f"[^{_APART}]+")
_SPECIAL = re.compile(r"[\\.^$|?*+()\[\]{}]")


def weekday_named(text: str) -> str | None:
    """Return the short name of a day of the week written short or long, in any letter case; None for other text.

    Examples
    --------
    >>> weekday_named("Saturday"), weekday_named("sat"), weekday_named("Samstag")
    ('Sat', 'Sat', None)
    """
    folded = text.strip().lower()
    for short, long in zip(WEEKDAYS, _LONG, strict=True):
        if folded in (short.lower(), long):
            return short
    return None


def word_pattern(word: str) -> str:
    """Return the pattern that finds a word in a text of lower case, for any engine of regular expressions.

    Examples
    --------
    >>> bool(re.search(word_pattern("Refund"), "no refund, sir")), bool(re.search(word_pattern("fun"), "no refund"))
    (True, False)
    """
    escaped = _SPECIAL.sub(r"\\\g<0>", word.lower())
    return f"(?:^|[{_APART}]){escaped}(?:$|[{_APART}])"


def words_of(text: str) -> set[str]:
    """Return the words of a text in lower case: those that ``word(column, '…')`` finds in it.

    Examples
    --------
    >>> sorted(words_of("“Refund” me: it's café_2!"))
    ['café_2', 'it', 'me', 'refund', 's']
    """
    return set(_WORD.findall(text.lower()))
