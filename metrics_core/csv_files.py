"""CSV text into typed Arrow columns, with nothing guessed behind the user's back.

DuckDB does the parsing, but everything is read as text first: its own sniffing turns yes/no into booleans,
reads 01/02/2026 as a day first, renames repeated columns and skips a preamble without saying so.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import shutil
import tempfile
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from .checks import Finding
from .errors import DataError

#: Words that mean "no value" in a column whose other values are all numbers. In a text column they are text.
MISSING_WORDS = ("", "na", "n/a", "nan", "null", "none")
#: Digits that are a code, not a number: 007, and integers a double cannot hold.
_CODE = "^[+-]?(0[0-9]|[0-9]{16,}$)"
#: What no finite number has, the one word that is a number, and what needs a closer look.
_LETTER, _INFINITE = "[^0-9.eE+-]", "(?i)^[+-]?inf(inity)?$"
_SUSPECT = f"{_LETTER}|^[+-]?0[0-9]|^[+-]?[0-9]{{16}}"
_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LOOKED_AT = 200
_HEADER_BYTES = 1 << 20
_MAX_CELL = 1 << 24


def read_csv(path: Path, *, name: str, delimiter: str | None = None) -> tuple[pa.Table, tuple[Finding, ...]]:
    """Read a delimited text file.

    Parameters
    ----------
    path : Path
    name : str
        How to call the file in messages.
    delimiter : str, optional
        Decided from the header line when not given or not in it: the one of comma, semicolon, tab and bar it
        holds most of.

    Returns
    -------
    table : pyarrow.Table
        Columns that are numbers or ISO dates throughout are typed; all others are text. Codes such as ``007``
        and integers too long for a double stay text.
    findings : tuple of Finding

    Raises
    ------
    DataError
        If the header repeats a name, a row has another number of fields, or the bytes are not text.
    """
    encoding, findings = _encoding(path, name)
    if encoding == "utf-8" and not _old_line_ends(path):
        return _read_utf8(path, name, delimiter), findings
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8") as copy:
        with path.open(encoding=encoding) as text:  # universal newlines: CR alone becomes LF
            shutil.copyfileobj(text, copy)
        copy.flush()
        return _read_utf8(Path(copy.name), name, delimiter), findings


def _encoding(path: Path, name: str) -> tuple[str, tuple[Finding, ...]]:
    """Find out how the bytes are to be read; anything but UTF-8 is a finding."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        first = file.read(4)
        if first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16", (_encoding_finding(name, "UTF-16"),)
        file.seek(0)
        try:
            for block in iter(lambda: file.read(1 << 20), b""):
                if b"\x00" in block:
                    raise DataError(
                        f"'{name}' holds NUL bytes, so it is not text. Export it again as CSV or Parquet."
                    )
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252", (_encoding_finding(name, "Windows-1252"),)
    return "utf-8", ()


def _old_line_ends(path: Path) -> bool:
    """Tell whether lines end in a lone carriage return, which the parser does not know."""
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
    return b"\r" in head and b"\n" not in head


def _encoding_finding(name: str, encoding: str) -> Finding:
    """Say that the text was not UTF-8."""
    return Finding("encoding", "note", f"'{name}' is not UTF-8 text; it was read as {encoding}.",
                   "Check names with accents; save the file as UTF-8 if they look wrong.")  # fmt: skip


def _read_utf8(path: Path, name: str, delimiter: str | None) -> pa.Table:
    """Parse with an explicit dialect, then give each column its type."""
    names, delimiter = _header(path, name, delimiter)
    connection = duckdb.connect()
    try:
        connection.execute(
            "CREATE TABLE raw AS SELECT * FROM read_csv($path, delim=$delim, quote='\"', escape='\"', header=true, "
            "auto_detect=false, columns=$columns, strict_mode=true, null_padding=false, max_line_size=$cell)",
            {
                "path": str(path),
                "delim": delimiter,
                "columns": dict.fromkeys(names, "VARCHAR"),
                "cell": _MAX_CELL,
            },
        )
        texts = connection.sql("FROM raw").to_arrow_table()
        # typed by Arrow: a query over hundreds of columns takes DuckDB minutes to plan
        return pa.table({name: _typed(texts[i].cast(pa.string())) for i, name in enumerate(names)})
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise DataError(_parse_failure(name, len(names), str(error))) from None
    finally:
        connection.close()


def _header(path: Path, name: str, delimiter: str | None) -> tuple[list[str], str]:
    """Read the column names; the delimiter is the candidate the header line holds most of."""
    with path.open("rb") as file:
        text = file.read(_HEADER_BYTES).decode("utf-8-sig", errors="ignore")
    if not text.strip():
        raise DataError(f"'{name}' holds nothing but blank space. Export the predictions again.")
    line = text.splitlines()[0]
    if delimiter is None or delimiter not in line:  # a .tsv file may be separated by commas all the same
        delimiter = max(",;\t|", key=line.count)
    names = [cell.strip() for cell in next(csv.reader(io.StringIO(text), delimiter=delimiter))]
    if any(names) and all(_is_number(cell) for cell in names):
        raise DataError(f"The first line of '{name}' holds no names but numbers ({', '.join(names[:3])}): the header seems to be "
                        "missing. Put a line on top that names each column.")  # fmt: skip
    names = [cell or f"column_{i + 1}" for i, cell in enumerate(names)]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise DataError(f"'{name}' has {len(twice)} column name(s) more than once: {', '.join(map(repr, twice[:3]))}. "
                        "Rename the columns so that each name is used once.")  # fmt: skip
    folded = [n.casefold() for n in names]
    if len(set(folded)) < len(folded):
        clash = sorted(n for n in names if folded.count(n.casefold()) > 1)
        raise DataError(f"'{name}' has column names that differ in letter case only: {', '.join(map(repr, clash[:4]))}. "
                        "Rename them so that they cannot be mixed up.")  # fmt: skip
    return names, delimiter


def _typed(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Type a text column by what all of its values are; what is neither number nor ISO date stays text."""
    first = [t for t in cells.slice(0, _LOOKED_AT).to_pylist() if t is not None and t.strip()]
    if all(_is_number(text) for text in first):
        numbers = _numbers(cells)
        if numbers is not None:
            return numbers
    trimmed = pc.utf8_trim_whitespace(cells)
    blank = pc.equal(trimmed, "")
    cells = pc.if_else(blank, None, cells)
    if not all(re.match(_DATE, text.strip()) for text in first) or cells.null_count == len(cells):
        return cells
    moments = _moments(pc.if_else(blank, None, trimmed))
    return cells if moments is None else moments


def _is_number(text: str) -> bool:
    """Tell whether one cell is a number or a word for "no value"."""
    text = text.strip().lower()
    try:
        return text in MISSING_WORDS or float(text) == float(text)
    except ValueError:
        return False


def _numbers(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return the column as integers, else as doubles, else nothing; words for "no value" are missing."""
    if _any(cells, _SUSPECT):
        trimmed = pc.utf8_trim_whitespace(cells)
        cells = pc.if_else(pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(MISSING_WORDS)), None, trimmed)
        words = pc.and_not(
            pc.match_substring_regex(cells, _LETTER), pc.match_substring_regex(cells, _INFINITE)
        )
        if _any(cells, _CODE) or pc.any(words).as_py():
            return None
    if cells.null_count == len(cells):
        return None
    whole = None if _any(cells, "[.eEiI]") else _cast(cells, pa.int64())
    return _cast(cells, pa.float64()) if whole is None else whole


def _moments(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return the column as timestamps without zone (offsets are taken off: all is UTC), or nothing."""
    if not pc.all(pc.match_substring_regex(cells, _DATE)).as_py():
        return None
    for type_ in (pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("us", "UTC")):
        moments = _cast(cells, type_)
        if moments is not None:
            return moments.cast(pa.timestamp(type_.unit))
    return None


def _any(cells: pa.ChunkedArray, pattern: str) -> bool:
    """Tell whether a pattern is found in any cell."""
    return bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())


def _cast(cells: pa.ChunkedArray, type_: pa.DataType) -> pa.ChunkedArray | None:
    """Cast every cell, or return nothing; costly when many cells fail, so look before."""
    try:
        return pc.cast(cells, type_)
    except pa.ArrowInvalid:
        return None


def _parse_failure(name: str, n_columns: int, message: str) -> str:
    """Turn the parser's report into one sentence with the line it stumbled over."""
    words = message.split()
    line = next((w.strip(":.,") for before, w in pairwise(words) if before.lower() == "line:"), "")
    where = f" at line {int(line):,}" if line.isdigit() else ""
    lower = message.lower()
    if "unterminated" in lower or "quote" in lower.split("possible")[0]:
        what = "a quotation mark is opened and not closed"
    else:
        what = f"a row does not have the {n_columns} fields the header names"
    return f"'{name}' is not a well-formed table: {what}{where}. Mend that line or export the file again."
