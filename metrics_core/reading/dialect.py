"""How a delimited file is written: its delimiter, what stands above the header, the header itself."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..checks import Finding
from ..errors import DataError, NeedsChoice, Option
from .cells import MISSING_WORDS, is_number, looks_like_number
from .records import OpenQuote, Record, line_ends, records

DELIMITERS = (",", ";", "\t", "|")
#: How many records the decision looks at, and how far it reads for them.
_LOOKED_AT, _HEAD, _LONGEST_HEAD = 100, 1 << 20, 64 << 20
_BOM = b"\xef\xbb\xbf"
_SEP = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_WORDS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written.

    Attributes
    ----------
    delimiter : str
    names : tuple of str
        Column names; empty for the columns that have none.
    start : int
        Byte at which the rows begin.
    line : int
        Line at which the rows begin, counted from 1.
    findings : tuple of Finding
    """

    delimiter: str
    names: tuple[str, ...]
    start: int
    line: int
    findings: tuple[Finding, ...] = ()


def dialect_of(path: Path, name: str, delimiter: str | None, answers: Mapping[str, str]) -> Dialect:
    """Decide how a UTF-8 file is written.

    Parameters
    ----------
    path : Path
    name : str
        How to call the file in messages.
    delimiter : str, optional
        What its ending promises; not believed when the first line does not hold it.
    answers : mapping of str to str
        ``header`` says whether the first line names the columns: ``yes`` or ``no``.

    Returns
    -------
    Dialect

    Raises
    ------
    DataError
        If there is nothing, or column names cannot be told apart.
    NeedsChoice
        ``header``, when the first line looks like a row.
    """
    text, whole, skipped = _head(path, name)
    findings: list[Finding] = []
    sep = _SEP.match(text)
    if sep:
        delimiter = sep[1]
        text = text[sep.end() :]
        findings.append(Finding("delimiter-line", "note", f"The first line of '{name}' says that cells are separated by {_WORDS.get(delimiter, repr(delimiter))}; it was skipped.", "Nothing to do."))  # fmt: skip
    lines_above = 1 if sep else 0
    if delimiter is None or delimiter not in _first_line(
        text
    ):  # a .tsv file may be separated by commas all the same
        delimiter = _delimiter(text, whole)
    found = _records(text, delimiter, whole)
    if not found:
        raise _broken_header(text, name, delimiter, whole)
    top, width = _top(found, headed=answers.get("header") != "no")
    if top:
        shown = ", ".join(repr(_brief(delimiter.join(r.cells))) for r in found[:top][:2])
        findings.append(Finding("preamble-skipped", "note", f"{top} line{'' if top == 1 else 's'} above the header of '{name}' {'was' if top == 1 else 'were'} skipped: {shown}{', ...' if top > 2 else ''}.", "Check the column names if that is not right."))  # fmt: skip
    found = found[top:]
    first, below = found[0], found[1:]
    headed = _is_header(name, first.cells, [r.cells for r in below], answers)
    if headed:
        names, more = _names(name, first.cells, [r.cells for r in below], width)
        findings += more
        begin = first.end
    else:
        names = tuple(f"column_{i + 1}" for i in range(len(first.cells)))
        begin = _end_before(text, delimiter, first) if first.line > 1 else 0
    _check_names(name, names)
    above = text[:begin]
    start = skipped + len(sep[0].encode() if sep else b"") + len(above.encode())
    return Dialect(delimiter, names, start, 1 + line_ends(above) + lines_above, tuple(findings))


def _head(path: Path, name: str) -> tuple[str, bool, int]:
    """Read the beginning: at least two records of it, whether it is the whole file, and how long its mark is."""
    with path.open("rb") as file:
        mark = len(_BOM) if file.read(3) == _BOM else 0
        size = _HEAD
        while True:
            file.seek(mark)
            data = file.read(size)
            whole = len(data) < size
            if whole or size >= _LONGEST_HEAD or data.count(b"\n") > 1 or data.count(b"\r") > 1:
                break
            size *= 8
    text = data.decode("utf-8", errors="ignore" if not whole else "strict")
    if whole and not text.strip():
        raise DataError(f"'{name}' holds nothing but blank space. Export the predictions again.")
    return text, whole, mark


def _first_line(text: str) -> str:
    """Return the first line that is not blank."""
    return next((line for line in io.StringIO(text[:_HEAD], newline=None) if line.strip()), "")


def _records(text: str, delimiter: str, whole: bool) -> list[Record]:
    """Read the first records that are not blank; what comes behind a broken one is left to the parser."""
    found: list[Record] = []
    try:
        for record in records(io.StringIO(text, newline=""), delimiter, complete=whole):
            if not record.blank:
                found.append(record)
            if len(found) == _LOOKED_AT:
                break
    except OpenQuote:
        pass
    return found


def _delimiter(text: str, whole: bool) -> str:
    """Choose the delimiter that cuts the most records into equally many cells, numbers if there is a choice."""
    best, chosen = (0.0, 0.0, 0.0, 0), ","
    line = _first_line(text)
    for delimiter in DELIMITERS:
        if delimiter not in text:
            continue
        rows = [r.cells for r in _records(text, delimiter, whole)]
        if not rows:
            continue
        width, same = _usual(rows)
        if width < 2:
            continue
        cells = [cell for row in rows[1:] or rows for cell in row if cell.strip()]
        numbers = sum(map(looks_like_number, cells)) / max(len(cells), 1)
        mark = (
            round(same / len(rows), 1),
            float(len(rows[0]) == width),
            round(numbers, 2),
            line.count(delimiter),
        )
        if mark > best:
            best, chosen = mark, delimiter
    return chosen


def _usual(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """How many cells most rows have, and how many rows that are; the greater number when there is a choice."""
    counts = Counter(map(len, rows))
    width = max(counts, key=lambda n: (counts[n], n))
    return width, counts[width]


def _top(found: list[Record], *, headed: bool) -> tuple[int, int]:
    """How many records stand above the header (or above the first row), and how many cells the rows have."""
    rows = [r.cells for r in found]
    width, _ = _usual(rows)
    top = 0
    while top < len(rows) - 1 and _is_note(rows[top], width):
        top += 1
    if len(rows[top]) == width and (not headed or _names_only(rows[top], rows[top + 1 :])):
        return top, width
    return 0, width


def _is_note(row: Sequence[str], width: int) -> bool:
    """Tell whether a line above the header is a title or a comment: cells are missing, or all but one are empty."""
    filled = sum(1 for cell in row if cell.strip())
    return len(row) < width or row[0].lstrip().startswith("#") or (width > 2 and filled <= 1)


def _names_only(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Tell whether a row reads as column names: words, no two alike, and one above a column of numbers."""
    filled = [cell.strip() for cell in row if cell.strip()]
    if not filled or len(set(filled)) < len(filled) or any(map(looks_like_number, filled)):
        return False
    return not below or any(_numeric(below, i) for i in range(len(row)))


def _numeric(rows: Sequence[Sequence[str]], i: int) -> bool:
    """Tell whether a column holds numbers and nothing else, and at least one."""
    cells = [row[i] for row in rows if i < len(row) and row[i].strip().lower() not in MISSING_WORDS]
    return bool(cells) and all(map(looks_like_number, cells))


def _is_header(
    name: str, first: Sequence[str], below: Sequence[Sequence[str]], answers: Mapping[str, str]
) -> bool:
    """Tell whether the first line names the columns; ask when it looks like a row."""
    answer = answers.get("header")
    if answer is not None:
        if answer not in ("yes", "no"):
            raise DataError(f"{answer!r} is no answer to 'header'. There are: 'yes', 'no'.")
        return answer == "yes"
    why = _why_a_row(first, below)
    if not why:
        return True
    shown = ", ".join(repr(_brief(cell)) for cell in first[:3])
    raise NeedsChoice("header", f"The first line of '{name}' {why} ({shown}{', ...' if len(first) > 3 else ''}). Does it name the columns?",
                      [Option("yes", "it names them"), Option("no", "it is the first row; the columns are called column_1, column_2 and so on")])  # fmt: skip


def _why_a_row(first: Sequence[str], below: Sequence[Sequence[str]]) -> str:
    """Say why the first line may be a row; empty when it reads as a header."""
    words = [
        i for i, c in enumerate(first) if c.strip().lower() not in MISSING_WORDS and not looks_like_number(c)
    ]
    filled = [cell.strip() for cell in first if cell.strip()]
    if filled and all(map(looks_like_number, filled)):
        return "holds no names but numbers"
    if not words and filled:
        return "holds no names but numbers and empty cells"
    if any(_numeric(below, i) and re.search(r"[^\W\d_]", first[i]) for i in words):
        return ""  # a word above numbers
    fractions = [i for i, c in enumerate(first) if is_number(c) and not _whole(c) and _numeric(below, i)]
    again = [i for i in words if any(i < len(row) and row[i].strip() == first[i].strip() for row in below if list(row) != list(first))]  # fmt: skip
    if fractions or again:
        return "looks like the lines below it"
    return ""


def _whole(text: str) -> bool:
    """Tell whether a cell is a whole number or empty: columns are named 0, 1, 2 after classes."""
    return re.fullmatch(r"\s*[+-]?\d*\s*", text) is not None or text.strip().lower() in MISSING_WORDS


def _names(name: str, first: Sequence[str], below: Sequence[Sequence[str]], width: int) -> tuple[tuple[str, ...], list[Finding]]:  # fmt: skip
    """Return the column names; a header that is one short lacks the name of the row index or ends without a delimiter."""
    names = [cell.strip() for cell in first]
    findings = []
    if len(names) == width - 1 and all(len(row) == width for row in below):
        if all(not row[-1].strip() for row in below):
            names.append("")
        elif (
            len(names) > 1
            and len(below) > 1
            and len({row[0] for row in below}) == len(below)
            and "index" not in names
        ):
            findings.append(Finding("index-named", "warning", f"The header of '{name}' names {len(names)} columns but its rows have {width} cells; the first, different in every row, was taken for the row names that R writes and called 'index'.", "Name every column in the file if that is not right."))  # fmt: skip
            return ("index", *names), findings
    if names and not names[0] and len(names) > 1 and "index" not in {n.casefold() for n in names}:
        names[0] = "index"
        findings.append(Finding("index-named", "note", f"The first column of '{name}' has no name; it is called 'index'.", "Name it in the file if it is something else than a row number."))  # fmt: skip
    return tuple(names), findings


def _check_names(name: str, names: Sequence[str]) -> None:
    """Turn away names that are there twice, exactly or but for letter case."""
    counts = Counter(n for n in names if n)
    twice = sorted(n for n, times in counts.items() if times > 1)
    if twice:
        raise DataError(f"'{name}' has {len(twice)} column name(s) more than once: {', '.join(map(repr, twice[:3]))}. "
                        "Rename the columns so that each name is used once.")  # fmt: skip
    folded = Counter(n.casefold() for n in counts)
    clash = sorted(n for n in counts if folded[n.casefold()] > 1)
    if clash:
        raise DataError(f"'{name}' has column names that differ in letter case only: {', '.join(map(repr, clash[:4]))}. "
                        "Rename them so that they cannot be mixed up.")  # fmt: skip


def _end_before(text: str, delimiter: str, record: Record) -> int:
    """Find where the record before one ends, in characters."""
    end = 0
    for one in records(io.StringIO(text, newline=""), delimiter, complete=True):
        if one.line >= record.line:
            break
        end = one.end
    return end


def _broken_header(text: str, name: str, delimiter: str, whole: bool) -> DataError:
    """Say what keeps even the first line from being read."""
    try:
        for _ in records(io.StringIO(text, newline=""), delimiter, complete=True):
            break
    except OpenQuote as error:
        return DataError(
            f"'{name}' is not a well-formed table: {error}. Mend that line or export the file again."
        )
    longest = _LONGEST_HEAD >> 20
    return DataError(f"The first line of '{name}' is longer than {longest} MiB, so it is no header. Export it again." if not whole else f"'{name}' holds no rows. Export it again.")  # fmt: skip


def _brief(text: str) -> str:
    """At most thirty characters of a line."""
    text = text.strip()
    return text if len(text) <= 30 else text[:27] + "..."
