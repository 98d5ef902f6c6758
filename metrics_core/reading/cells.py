"""Columns of text given the type that all of their cells have; what is neither number nor ISO date stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ..checks import Finding
from .local_numbers import LOCAL, local_numbers
from .watch import UNWATCHED, Watch

#: Words that mean "no value" in a column whose other values are all numbers. In a text column they are text.
MISSING_WORDS = ("", "na", "n/a", "nan", "null", "none")
#: Digits that are a code, not a number: 007, and integers a double cannot hold.
CODE = "^[+-]?(0[0-9]|[0-9]{16,}$)"
#: What no finite number has, the one word that is a number, and what needs a closer look.
_LETTER, _INFINITE = "[^0-9.eE+-]", "(?i)^[+-]?inf(inity)?$"
_SUSPECT = f"{_LETTER}|^[+-]?0[0-9]|^[+-]?[0-9]{{16}}"
_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
#: A spreadsheet writes whole numbers of twelve digits and more like that, and forgets the rest of the digits.
_SCIENTIFIC, _SPREADSHEET = r"^[0-9](\.[0-9]+)?[eE]\+[0-9]+$", 1e11
_LOOKED_AT = 50


@dataclass(frozen=True)
class Typed:
    """A column with its type.

    Attributes
    ----------
    cells : pyarrow.ChunkedArray
    how : str
        How numbers were written, when not as a program writes them; a key of ``_REPAIRS`` or ``_DOUBTS``.
    example : str
        A cell that shows it.
    """

    cells: pa.ChunkedArray
    how: str = ""
    example: str = ""


_REPAIRS = {
    "decimal-comma": (
        "has numbers with a decimal comma",
        "have numbers with a decimal comma",
        "they were read as numbers",
    ),
    "thousands": (
        "has numbers with grouped digits",
        "have numbers with grouped digits",
        "they were read as numbers",
    ),
}
_DOUBTS = {
    "number-style": ("may be a decimal comma, a group of digits or a list", "stayed text", "Write decimals with a point and without grouping the digits if these are numbers."),
    "scientific-codes": ("is how a spreadsheet writes long whole numbers, with digits lost", "stayed text", "Export the column as text if it is an id."),
}  # fmt: skip


def typed_columns(
    names: Sequence[str],
    texts: list[pa.ChunkedArray | None],
    name: str,
    *,
    lists: bool,
    watch: Watch = UNWATCHED,
) -> tuple[list[pa.ChunkedArray], list[Finding]]:
    """Type columns of text.

    Parameters
    ----------
    names : sequence of str
    texts : list of pyarrow.ChunkedArray
        Emptied on the way, so that text and numbers are not both held.
    name : str
        How to call the table in messages.
    lists : bool
        Whether a comma inside a cell is as likely to part the items of a list: it is in a file cut at commas.
    watch : Watch

    Returns
    -------
    columns : list of pyarrow.ChunkedArray
    findings : list of Finding
        One for each way of writing numbers that was understood, and one for each column that stayed in doubt.
    """
    columns: list[Typed] = []
    for i in range(len(texts)):
        cells, texts[i] = texts[i], None
        assert cells is not None  # each is taken once
        columns.append(typed(cells, lists=lists))
        watch.at((i + 1) / len(texts))
    styles = {c.how for c in columns} & {"decimal-comma", "thousands"}
    if len(styles) == 1:  # the other columns say how this file writes numbers
        style = styles.pop()
        for i, column in enumerate(columns):
            if column.how == "number-style":
                again = local_numbers(column.cells, MISSING_WORDS, style=style)
                if again is not None and again.cells is not None:
                    columns[i] = Typed(again.cells, again.how, column.example)
    return [c.cells for c in columns], _findings(names, columns, name)


def typed(cells: pa.ChunkedArray, *, lists: bool = False) -> Typed:
    """Type one column by what all of its values are."""
    first = [t for t in cells.slice(0, _LOOKED_AT).to_pylist() if t is not None and t.strip()]
    if all(is_number(text) for text in first):
        numbers = _numbers(cells, whole=not any("." in text for text in first))
        if numbers is not None:
            return _unless_spoilt(cells, numbers)
    trimmed = pc.utf8_trim_whitespace(cells)
    blank = pc.equal(trimmed, "")
    cells = pc.if_else(blank, None, cells)
    if cells.null_count == len(cells):
        return Typed(cells)
    if all(looks_like_number(text) or text.strip().lower() in MISSING_WORDS for text in first):
        local = local_numbers(cells, MISSING_WORDS, lists=lists)
        if local is not None:
            return Typed(cells if local.cells is None else local.cells, local.how, local.example)
    if all(re.match(_DATE, text.strip()) for text in first):
        moments = moments_of(pc.if_else(blank, None, trimmed))
        return Typed(cells if moments is None else moments)
    return Typed(cells)


def is_number(text: str) -> bool:
    """Tell whether one cell is a number or a word for "no value"."""
    text = text.strip().lower()
    try:
        return text in MISSING_WORDS or float(text) == float(text)
    except ValueError:
        return False


def looks_like_number(text: str) -> bool:
    """Tell whether one cell is a number, also one with a decimal comma, grouped digits or a percent sign.

    Examples
    --------
    >>> [looks_like_number(t) for t in ("1.5", "1.234,5", "75 %", "", "1a")]
    [True, True, True, False, False]
    """
    text = text.strip()
    if LOCAL.match(text):
        return True
    return text.lower() not in MISSING_WORDS and is_number(text)


def moments_of(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return the column as timestamps without zone (offsets are taken off: all is UTC), or nothing."""
    if not pc.all(pc.match_substring_regex(cells, _DATE)).as_py():
        return None
    for type_ in (pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("us", "UTC")):
        moments = _cast(cells, type_)
        if moments is not None:
            return moments.cast(pa.timestamp(type_.unit))
    return None


def _numbers(cells: pa.ChunkedArray, *, whole: bool) -> pa.ChunkedArray | None:
    """Return the column as integers, else as doubles, else nothing; words for "no value" are missing."""
    quick = _quick_numbers(cells, whole=whole)
    if quick is not None:
        return quick
    if _any(cells, _SUSPECT):
        trimmed = pc.utf8_trim_whitespace(cells)
        cells = pc.if_else(pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(MISSING_WORDS)), None, trimmed)
        words = pc.and_not(
            pc.match_substring_regex(cells, _LETTER), pc.match_substring_regex(cells, _INFINITE)
        )
        if _any(cells, CODE) or pc.any(words).as_py():
            return None
        cells = pc.replace_substring_regex(cells, r"^\+", "")  # Arrow takes none before a whole number
    else:
        cells = pc.if_else(pc.equal(cells, ""), None, cells)
    if cells.null_count == len(cells):
        return None
    integers = None if _any(cells, "[.eEiI]") else _cast(cells, pa.int64())
    return _cast(cells, pa.float64()) if integers is None else integers


def _quick_numbers(cells: pa.ChunkedArray, *, whole: bool) -> pa.ChunkedArray | None:
    """Read a column that holds plain numbers only; return nothing when one of them needs a closer look."""
    cells = pc.if_else(pc.equal(cells, ""), None, cells)
    if cells.null_count == len(cells):
        return None
    numbers = _cast(cells, pa.int64()) if whole else None
    if numbers is None:
        numbers = _cast(cells, pa.float64())
    if numbers is None:
        return None
    low, high = pc.min_max(numbers).values()
    if not (low.as_py() > -1e15 and high.as_py() < 1e15):  # also when one is NaN
        return None
    if pa.types.is_floating(numbers.type) and pc.any(pc.is_nan(numbers)).as_py():
        return None
    whole = pa.types.is_integer(numbers.type)  # 00.5, 01 and, of whole numbers, 0x1A are no plain numbers
    for sign in ("", "-", "+"):
        padded = pc.starts_with(cells, sign + "0")
        if not pc.any(padded).as_py():
            continue
        longer = pc.greater(pc.binary_length(cells), len(sign) + 1)
        large = longer if whole else pc.greater_equal(pc.abs(numbers), 1)
        if pc.any(pc.and_(padded, large)).as_py() or pc.any(pc.starts_with(cells, sign + "00")).as_py():
            return None
    return numbers


def _unless_spoilt(cells: pa.ChunkedArray, numbers: pa.ChunkedArray) -> Typed:
    """Keep long codes as text that a spreadsheet has turned into scientific numbers."""
    if not pa.types.is_floating(numbers.type) or not (pc.min(numbers).as_py() or 0) >= _SPREADSHEET:
        return Typed(numbers)
    trimmed = pc.utf8_trim_whitespace(cells)
    spoilt = pc.match_substring_regex(trimmed, _SCIENTIFIC)
    if not pc.any(spoilt).as_py():
        return Typed(numbers)
    return Typed(pc.if_else(pc.equal(trimmed, ""), None, cells), "scientific-codes", trimmed.filter(spoilt)[0].as_py())  # fmt: skip


def _findings(names: Sequence[str], columns: Sequence[Typed], name: str) -> list[Finding]:
    """Say how numbers were written, one sentence a way of writing."""
    found = []
    for how, (one, many, done) in _REPAIRS.items():
        at = [i for i, c in enumerate(columns) if c.how == how]
        if at:
            which = ", ".join(repr(names[i]) for i in at[:3]) + (" and others" if len(at) > 3 else "")
            found.append(Finding(how, "note", f"{len(at)} column{'' if len(at) == 1 else 's'} of '{name}' {one if len(at) == 1 else many} ({which}; such as {columns[at[0]].example!r}); {done}.", "Check a row or two if that surprises you."))  # fmt: skip
    for how, (what, done, action) in _DOUBTS.items():
        for i, column in enumerate(columns):
            if column.how == how and len(found) < 20:
                found.append(Finding(how, "warning", f"Column {names[i]!r} of '{name}' {done}: {column.example!r} {what}.", action))  # fmt: skip
    return found


def _any(cells: pa.ChunkedArray, pattern: str) -> bool:
    """Tell whether a pattern is found in any cell."""
    return bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())


def _cast(cells: pa.ChunkedArray, type_: pa.DataType) -> pa.ChunkedArray | None:
    """Cast every cell, or return nothing; costly when many cells fail, so look before."""
    try:
        return pc.cast(cells, type_)
    except pa.ArrowInvalid:
        return None
