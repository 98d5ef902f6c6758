"""Delimited text record by record: slow, exact about quotation marks, and with true line numbers.

The fast parser reads the rows; this one looks at the first of them, names what is wrong, and rewrites files whose
quotation marks stand where the fast one would misread them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TextIO

import numpy as np

from ..errors import DataError
from .watch import UNWATCHED, Watch

_CHUNK = 1 << 20
#: A quoted cell longer than this is taken for one that is never closed.
_LONGEST = 64 << 20
_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class Record:
    """One record of a delimited file.

    Attributes
    ----------
    line : int
        On which line of the file it begins, counted from 1.
    cells : list of str
    end : int
        Where the next one begins, in characters.
    """

    line: int
    cells: list[str]
    end: int

    @property
    def blank(self) -> bool:
        """Whether the line holds nothing but blanks."""
        return len(self.cells) == 1 and not self.cells[0].strip()


class OpenQuote(DataError):
    """A quotation mark is not closed, or closed in the middle of a cell."""

    def __init__(self, line: int, what: str) -> None:
        self.line, self.what = line, what
        super().__init__(f"{what} at line {line:,}")


@cache
def _patterns(delimiter: str) -> tuple[re.Pattern[str], ...]:
    """Patterns of a quoted cell, of a plain one, of what stands behind a cell, and of a mark that opens one."""
    d = re.escape(delimiter)
    blank = "[ ]*" if delimiter == "\t" else "[ \t]*"
    return (
        re.compile(rf'{blank}"([^"]*+(?:""[^"]*+)*+)"{blank}'),
        re.compile(rf"[^{d}\r\n]*+"),
        re.compile(rf"{d}|\r\n|\r|\n"),
        re.compile(rf'(?:^|{d}){blank}"'),
    )


def records(file: TextIO, delimiter: str, *, complete: bool = True) -> Iterator[Record]:
    r"""Read records until the end of a file.

    Parameters
    ----------
    file : text file opened with ``newline=""``
    delimiter : str
        One character.
    complete : bool
        Whether the end of ``file`` is the end of the table; else the last record, which may be cut, is left out.

    Yields
    ------
    Record
        Empty lines among them, as records of one empty cell.

    Raises
    ------
    OpenQuote
        If a quotation mark is not closed, or something else than the end of the cell follows it.

    Examples
    --------
    >>> import io
    >>> [r.cells for r in records(io.StringIO('a,b\n"1,2",3\n'), ",")]
    [['a', 'b'], ['1,2', '3']]
    """
    buffer, passed, line, ended = "", 0, 1, False
    at = 0
    while True:
        found = _record(buffer, at, delimiter, ended, line)
        if found is None:
            if ended:
                return
            if len(buffer) - at > _LONGEST:
                raise OpenQuote(line, "a quotation mark is opened and not closed, or a row is very long,")
            more = file.read(max(_CHUNK, len(buffer) - at))
            ended = not more
            if ended and not complete:
                return
            passed, buffer, at = passed + at, buffer[at:] + more, 0
            continue
        cells, end, lines = found
        yield Record(line, cells, passed + end)
        line, at = line + lines, end


def _record(
    buffer: str, at: int, delimiter: str, ended: bool, line: int
) -> tuple[list[str], int, int] | None:
    """Read one record: its cells, its end and how many lines it takes; None when the buffer does not hold all of it."""
    if at >= len(buffer):
        return None
    stop = _LINE_END.search(buffer, at)
    if stop is not None and (stop.end() < len(buffer) or ended or stop[0] != "\r"):
        text = buffer[at : stop.start()]
        if '"' not in text or not _patterns(delimiter)[3].search(text):  # the quick way for most
            return text.split(delimiter), stop.end(), 1
    quoted, plain, behind, _ = _patterns(delimiter)
    cells, begin, size = [], at, len(buffer)
    while True:
        match = quoted.match(buffer, at)
        if match is not None and (match.end() < size or ended):
            cells.append(match[1].replace('""', '"'))
        else:
            opened = _opens(buffer, at, delimiter)
            if (match is not None or opened) and not ended:
                return None
            if opened:
                raise OpenQuote(
                    line + line_ends(buffer[begin:at]), "a quotation mark is opened and not closed"
                )
            match = plain.match(buffer, at)
            assert match is not None  # it matches nothing, too
            cells.append(match[0])
        at = match.end()
        if at >= size:
            return (cells, at, line_ends(buffer[begin:at])) if ended else None
        stop = behind.match(buffer, at)
        if stop is None:
            raise OpenQuote(
                line + line_ends(buffer[begin:at]), "a quotation mark is closed in the middle of a cell"
            )
        if stop[0] == "\r" and at + 1 >= size and not ended:
            return None  # a line feed may follow
        at = stop.end()
        if stop[0] != delimiter:
            return cells, at, line_ends(buffer[begin:at])
        if at >= size:
            if not ended:
                return None
            return [*cells, ""], at, line_ends(buffer[begin:at])


def _opens(buffer: str, at: int, delimiter: str) -> bool:
    """Tell whether the cell begins with a quotation mark, blanks apart."""
    while at < len(buffer) and buffer[at] in " \t" and buffer[at] != delimiter:
        at += 1
    return at < len(buffer) and buffer[at] == '"'


def line_ends(text: str) -> int:
    """Count line ends of any kind."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def quotes_in_order(path: Path, start: int, delimiter: str, *, watch: Watch = UNWATCHED) -> bool:
    """Tell whether every quotation mark opens a cell, closes one, or is doubled inside one.

    Parameters
    ----------
    path : Path
        UTF-8 text.
    start : int
        The byte to begin at, outside of any cell.
    delimiter : str
    watch : Watch
    """
    outside = np.zeros(256, dtype=bool)
    outside[[10, 13, 34, ord(delimiter)]] = True
    inside, before, size = False, ord("\n"), max(path.stat().st_size, 1)
    with path.open("rb") as file:
        file.seek(start)
        block = file.read(8 << 20)
        while block:
            after = file.read(8 << 20)
            marks = np.frombuffer(block, dtype=np.uint8)
            at = np.flatnonzero(marks == 34)
            if at.size:
                opens = (np.arange(at.size) % 2 == 0) ^ inside
                previous = np.concatenate([[before], marks[:-1]])[at]
                following = np.concatenate([marks[1:], [after[0] if after else 10]])[at]
                if not (outside[previous[opens]].all() and outside[following[~opens]].all()):
                    return False
                inside ^= bool(at.size % 2)
            before = block[-1]
            block = after
            watch.at(file.tell() / size)
    return not inside


@contextmanager
def opened_at(path: Path, start: int) -> Iterator[TextIO]:
    """Open UTF-8 text at a byte, line ends as they are."""
    with path.open("rb") as raw:
        raw.seek(start)
        with io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
            yield text


def rewrite(
    path: Path, start: int, delimiter: str, target: Path, *, line: int, watch: Watch = UNWATCHED
) -> None:
    """Write the records again with quotation marks where the fast parser expects them.

    Raises
    ------
    OpenQuote
        If a quotation mark is not closed, or something else than the end of the cell follows it.
    """
    size = max(path.stat().st_size - start, 1)
    with opened_at(path, start) as text, target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
        try:
            for i, record in enumerate(records(text, delimiter)):
                if i % 4096 == 0:
                    watch.at(record.end / size)
                if not record.blank:
                    writer.writerow(record.cells)
        except OpenQuote as error:
            raise OpenQuote(error.line + line - 1, error.what) from None
