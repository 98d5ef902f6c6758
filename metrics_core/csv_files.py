"""Delimited text into typed Arrow columns, with nothing guessed behind the user's back.

Arrow cuts the text, but every cell is read as text first and the dialect is ours: sniffing turns yes/no into
booleans, reads 01/02/2026 as a day first, renames repeated columns and skips a preamble without saying so.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv

from .checks import Finding, rows_of
from .errors import DataError
from .reading.cells import typed_columns
from .reading.clean import cleaned
from .reading.dialect import Dialect, dialect_of
from .reading.records import OpenQuote, opened_at, quotes_in_order, records, rewrite
from .reading.texts import as_utf8
from .reading.watch import UNWATCHED, Watch

#: A row must fit into a block; a file with longer rows is read again with a longer one.
_BLOCKS = (4 << 20, 64 << 20, 512 << 20)


def read_csv(
    path: Path,
    *,
    name: str,
    delimiter: str | None = None,
    answers: Mapping[str, str] | None = None,
    watch: Watch = UNWATCHED,
) -> tuple[pa.Table, tuple[Finding, ...]]:
    """Read a delimited text file.

    Parameters
    ----------
    path : Path
    name : str
        How to call the file in messages.
    delimiter : str, optional
        Decided from the first lines when not given or not in them: comma, semicolon, tab or bar.
    answers : mapping of str to str, optional
        ``header`` says whether the first line names the columns: ``yes`` or ``no``.
    watch : Watch
        Told how far the read is; may end it.

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
    NeedsChoice
        ``header``, when the first line looks like a row.
    """
    with as_utf8(path, name, watch=watch.part(0.0, 0.2)) as (text, findings):
        dialect = dialect_of(text, name, delimiter, answers or {})
        table = _parsed(text, name, dialect, watch.part(0.2, 0.7))
    if table.num_rows == 0:
        raise DataError(f"'{name}' has a header with {len(dialect.names)} column(s) but no rows. Export the predictions again.")  # fmt: skip
    table, repairs = cleaned(table, name)
    names, texts = table.column_names, table.columns
    del table
    columns, styles = typed_columns(
        names, texts, name, lists=dialect.delimiter == ",", watch=watch.part(0.7, 1.0)
    )
    return pa.table(dict(zip(names, columns, strict=True))), (*findings, *dialect.findings, *repairs, *styles)


def _parsed(path: Path, name: str, dialect: Dialect, watch: Watch) -> pa.Table:
    """Cut the rows into cells of text, through a copy where quotation marks stand askew."""
    start = dialect.start
    if quotes_in_order(path, start, dialect.delimiter, watch=watch.part(0.0, 0.1)):
        return _cut(path, start, name, dialect, watch.part(0.1, 1.0))
    with tempfile.NamedTemporaryFile(prefix="faultline-", suffix=".csv") as copy:
        target = Path(copy.name)
        try:
            rewrite(path, start, dialect.delimiter, target, line=dialect.line, watch=watch.part(0.1, 0.5))
        except OpenQuote as error:
            raise DataError(f"'{name}' is not a well-formed table: {error}. Mend that line or export the file again.") from None  # fmt: skip
        return _cut(target, 0, name, dialect, watch.part(0.5, 1.0), original=path)


def _cut(path: Path, start: int, name: str, dialect: Dialect, watch: Watch, original: Path | None = None) -> pa.Table:  # fmt: skip
    """Read the rows with the shortest block that holds each of them."""
    for block in _BLOCKS:
        try:
            table, odd = _blocks(path, start, dialect, block, watch)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                raise DataError(f"'{name}' is not a well-formed table ({str(error).splitlines()[0][:160]}). Export it again.") from None  # fmt: skip
            continue
        if odd:
            raise _ragged(original or path, name, dialect, table.num_rows)
        return table
    raise DataError(f"A row of '{name}' is longer than {_BLOCKS[-1] >> 20} MiB: perhaps a quotation mark is not closed. Export it again.")  # fmt: skip


def _blocks(path: Path, start: int, dialect: Dialect, block: int, watch: Watch) -> tuple[pa.Table, int]:
    """Read block by block; return the rows and how many have another number of cells."""
    odd = 0

    def count(row: Any) -> str:
        nonlocal odd
        odd += 1 if row.text.strip() else 0
        return "skip"

    keys = [str(i) for i in range(len(dialect.names))]  # names may repeat while some are still empty
    size = max(path.stat().st_size - start, 1)
    file = pa.OSFile(str(path))
    try:
        if size <= 1 and path.stat().st_size <= start:
            return _texts([], dialect), 0
        file.seek(start)
        reader = pacsv.open_csv(
            file,
            pacsv.ReadOptions(column_names=keys, block_size=block),
            pacsv.ParseOptions(
                delimiter=dialect.delimiter, newlines_in_values=True, invalid_row_handler=count
            ),
            pacsv.ConvertOptions(
                column_types=dict.fromkeys(keys, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
        batches, done = [], 0
        for batch in reader:
            batches.append(batch)
            done += block
            watch.at(done / size)
    finally:
        file.close()
    return _texts(batches, dialect), odd


def _texts(batches: list[pa.RecordBatch], dialect: Dialect) -> pa.Table:
    """Put the blocks below each other under the names of the columns."""
    schema = pa.schema([(str(i), pa.string()) for i in range(len(dialect.names))])
    return pa.Table.from_batches(batches, schema).rename_columns(list(dialect.names))


def _ragged(path: Path, name: str, dialect: Dialect, n_good: int) -> DataError:
    """Name the rows that have another number of cells than the header."""
    wanted, seen, n = len(dialect.names), 0, 0
    first: list[tuple[int, int, int]] = []
    with opened_at(path, dialect.start) as text:
        for record in records(text, dialect.delimiter):
            if record.blank and wanted > 1:
                continue
            seen += 1
            if len(record.cells) != wanted:
                n += 1
                if len(first) < 3:
                    first.append((seen, record.line + dialect.line - 1, len(record.cells)))
    begin = f"'{name}' is not a well-formed table: "
    if n == 1:
        return DataError(f"{begin}a row does not have the {wanted} fields the header names at line {first[0][1]:,}. Mend that line or export the file again.")  # fmt: skip
    shown = ", ".join(f"row {row:,} (line {line:,}) has {cells}" for row, line, cells in first)
    return DataError(f"{begin}{rows_of(n, seen)} do not have the {wanted} fields the header names: {shown}. Mend these lines or export the file again.")  # fmt: skip
