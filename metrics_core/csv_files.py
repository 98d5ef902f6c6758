"""CSV text into typed Arrow columns, with nothing guessed behind the user's back.

DuckDB does the parsing, but everything is read as text first: its own sniffing turns yes/no into booleans,
reads 01/02/2026 as a day first, renames repeated columns and skips a preamble without saying so.
"""

from __future__ import annotations

import codecs
import csv
import io
import shutil
import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa

from .checks import Finding
from .errors import DataError

#: Words that mean "no value" in a column whose other values are all numbers. In a text column they are text.
MISSING_WORDS = ("", "na", "n/a", "nan", "null", "none")
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
        Decided from the header line when not given: the one of comma, semicolon, tab and bar it holds most of.

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
        return _typed(connection, names)
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
    delimiter = delimiter or max(",;\t|", key=line.count)
    names = [cell.strip() for cell in next(csv.reader(io.StringIO(text), delimiter=delimiter))]
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


def _typed(connection: duckdb.DuckDBPyConnection, names: list[str]) -> pa.Table:
    """Type each text column by what all of its values are."""
    missing = ", ".join(f"'{word}'" for word in MISSING_WORDS)
    selected = []
    for name in names:
        column = _quoted(name)
        selected += [
            f"count(*) FILTER (lower(trim({column})) NOT IN ({missing}))",
            f"count(TRY_CAST({column} AS DOUBLE)) FILTER (lower(trim({column})) NOT IN ({missing}))",
            f"count(TRY_CAST({column} AS BIGINT)) FILTER (regexp_full_match(trim({column}), '[+-]?[0-9]+'))",
            # codes (007), integers a double cannot hold, digits with separators, and words such as 'inf' stay text
            f"count(*) FILTER (regexp_matches(trim({column}), '^[+-]?0[0-9]') "
            f"OR regexp_full_match(trim({column}), '[+-]?[0-9]{{16,}}') OR contains({column}, '_'))",
            f"count(*) FILTER (trim({column}) <> '')",
            f"count(TRY_CAST({column} AS TIMESTAMP)) FILTER (regexp_matches({column}, '^\\s*[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}'))",
        ]
    counts = connection.execute(f"SELECT {', '.join(selected)} FROM raw").fetchall()[0]
    casts = []
    for i, name in enumerate(names):
        filled, doubles, integers, codes, cells, times = counts[6 * i : 6 * i + 6]
        column = _quoted(name)
        if filled and doubles == filled and not codes:
            type_ = "BIGINT" if integers == filled else "DOUBLE"
            word = f"CASE WHEN lower(trim({column})) IN ({missing}) THEN NULL ELSE {column} END"
            casts.append(f"CAST({word} AS {type_}) AS {column}")
        elif cells and times == cells:
            casts.append(f"CAST(nullif(trim({column}), '') AS TIMESTAMP) AS {column}")
        else:
            casts.append(f"CASE WHEN trim({column}) = '' THEN NULL ELSE {column} END AS {column}")
    return connection.sql(f"SELECT {', '.join(casts)} FROM raw").to_arrow_table()


def _quoted(name: str) -> str:
    """Quote a column name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def _parse_failure(name: str, n_columns: int, message: str) -> str:
    """Turn the parser's report into one sentence with the line it stumbled over."""
    words = message.split()
    line = next(
        (w.strip(":.,") for before, w in zip(words, words[1:], strict=False) if before.lower() == "line:"), ""
    )
    where = f" at line {int(line):,}" if line.isdigit() else ""
    lower = message.lower()
    if "unterminated" in lower or "quote" in lower.split("possible")[0]:
        what = "a quotation mark is opened and not closed"
    else:
        what = f"a row does not have the {n_columns} fields the header names"
    return f"'{name}' is not a well-formed table: {what}{where}. Mend that line or export the file again."
