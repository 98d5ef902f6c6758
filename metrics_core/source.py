"""Files and frames as one table of columns with true row numbers.

Everything that knows about file formats lives here; the rest of the core asks a ``Source`` for columns
(as Arrow, in file order) or for a few rows by position.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from .checks import Finding
from .csv_files import read_csv
from .errors import DataError, did_you_mean

Kind = Literal["number", "text", "boolean", "time", "other"]

_MAGIC = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; export the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; export the sheet as CSV",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive; unpack it first",
    b"\x28\xb5\x2f\xfd": "a zstd archive; unpack it first",
    b"\x80\x04\x95": "a Python pickle, which is never opened because it can run code; save the table as Parquet",
    b"\x80\x05\x95": "a Python pickle, which is never opened because it can run code; save the table as Parquet",
    b"\x93NUMPY": "a NumPy array file; save the table as CSV or Parquet",
    b"SQLite format": "a SQLite database; export the table as CSV",
    b"ARROW1": "a Feather file; save the table as Parquet",
}
_CSV_ENDINGS = {".csv": None, ".tsv": "\t", ".tab": "\t", ".txt": None}
_PARQUET_ENDINGS = {".parquet", ".pq"}
_numbers = itertools.count()


@dataclass(frozen=True)
class Column:
    """A column's name and what its values are."""

    name: str
    kind: Kind


@dataclass(frozen=True, eq=False)
class Source:
    """A table that can be read by column or by row position.

    Attributes
    ----------
    name : str
        The file's name, or ``frame`` for a table handed over in memory.
    key : str
        Cheap identity for caches: changes when the file does.
    columns : tuple of Column
    n_rows : int
    findings : tuple of Finding
        Repairs made while reading (an encoding, for example).
    """

    name: str
    key: str
    columns: tuple[Column, ...]
    n_rows: int
    findings: tuple[Finding, ...] = ()
    _table: pa.Table | None = field(default=None, repr=False)
    _path: Path | None = field(default=None, repr=False)

    @property
    def on_disk(self) -> bool:
        """Whether columns are read from a file when somebody asks for them."""
        return self._path is not None

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in file order."""
        return tuple(c.name for c in self.columns)

    def kind(self, name: str) -> Kind:
        """Tell what the values of a column are.

        Raises
        ------
        DataError
            If there is no such column; names the near misses.
        """
        for column in self.columns:
            if column.name == name:
                return column.kind
        raise DataError(f"'{self.name}' has no column {name!r}. {did_you_mean(name, self.names)}")

    def table(self, names: Iterable[str]) -> pa.Table:
        """Read whole columns, rows in file order.

        Raises
        ------
        DataError
            If a column does not exist.
        """
        wanted = list(dict.fromkeys(names))
        for name in wanted:
            self.kind(name)
        if self._table is not None:
            return self._table.select(wanted)
        return _plain(pq.read_table(self._path, columns=wanted).select(wanted))

    def column(self, name: str) -> pa.ChunkedArray:
        """Read one column, in file order."""
        return self.table([name]).column(0)

    def rows(
        self, positions: Sequence[int] | NDArray[np.integer], names: Iterable[str] | None = None
    ) -> pa.Table:
        """Read single rows by their position counted from 0, in the order asked for."""
        wanted = list(names) if names is not None else list(self.names)
        at = np.asarray(positions, dtype=np.int64)
        if self._path is None:
            return self.table(wanted).take(pa.array(at))
        return self._rows_from_groups(at, wanted)

    def _rows_from_groups(self, at: NDArray[np.int64], wanted: list[str]) -> pa.Table:
        """Decode only the row groups of the Parquet file that hold the wanted rows."""
        file = pq.ParquetFile(self._path)
        sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        group_of = np.searchsorted(starts, at, side="right") - 1
        needed = np.unique(group_of)
        if needed.size == 0:
            return self.table(wanted).slice(0, 0)
        offset = np.zeros(len(sizes), dtype=np.int64)
        offset[needed] = np.concatenate([[0], np.cumsum(np.asarray(sizes)[needed])[:-1]])
        groups = file.read_row_groups(needed.tolist(), columns=wanted).select(wanted)
        return _plain(groups.take(pa.array(offset[group_of] + at - starts[group_of])))


def open_source(data: Any, *, name: str | None = None) -> Source:
    """Open a file or a frame.

    Parameters
    ----------
    data : str, path or frame
        A ``.csv``, ``.tsv``, ``.txt`` or ``.parquet`` file, or a pandas, polars or pyarrow frame or a DuckDB relation.
    name : str, optional
        How to call the table in messages; the file's name by default.

    Returns
    -------
    Source

    Raises
    ------
    DataError
        If the file is missing, empty, of another type, has a header only, or repeats a column name.
    """
    if isinstance(data, Source):
        return data
    if isinstance(data, (str, os.PathLike)):
        return _open_file(Path(data), name)
    return _in_memory(_frame_to_arrow(data), name or "frame", key=f"frame-{next(_numbers)}")


def _open_file(path: Path, name: str | None) -> Source:
    """Look at the first bytes before believing the file's ending."""
    name = name or path.name
    if path.is_dir():
        raise DataError(f"'{name}' is a folder. Name the file of predictions inside it.")
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob("*") if p.is_file()) if path.parent.is_dir() else []
        raise DataError(
            f"There is no file '{path}'. {did_you_mean(path.name, near) if near else ''}".strip()
        ) from None
    except OSError as error:
        raise DataError(f"'{name}' cannot be read: {error.strerror}.") from None
    if not head:
        raise DataError(f"'{name}' is empty (0 bytes). Export the predictions again.")
    status = path.stat()
    key = f"{path.resolve()}:{status.st_size}:{status.st_mtime_ns}"
    ending = path.suffix.lower()
    if head[:4] == b"PAR1":
        return _open_parquet(path, name, key)
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise DataError(f"'{name}' is {what}. Faultline reads CSV, TSV and Parquet.")
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise DataError(
            f"'{name}' holds a web page, not a table: perhaps a log-in page was saved. Download it again."
        )
    if ending in _PARQUET_ENDINGS:
        raise DataError(
            f"'{name}' ends in {ending} but does not start as a Parquet file does. Write it again."
        )
    if ending not in _CSV_ENDINGS:
        raise DataError(
            f"'{name}' has an ending Faultline does not read ({ending or 'none'}). Use .csv, .tsv or .parquet."
        )
    table, findings = read_csv(path, name=name, delimiter=_CSV_ENDINGS[ending])
    return _in_memory(table, name, key=key, findings=findings)


def _open_parquet(path: Path, name: str, key: str) -> Source:
    """Read the footer only; columns are decoded when somebody asks for them."""
    try:
        schema, n_rows = pq.read_schema(path), pq.read_metadata(path).num_rows
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"'{name}' is not a complete Parquet file ({_first_line(error)}). Write it again."
        ) from None
    _check_shape(name, schema.names, n_rows)
    return Source(name, key, _columns(schema), n_rows, _path=path)


def _in_memory(table: pa.Table, name: str, *, key: str, findings: tuple[Finding, ...] = ()) -> Source:
    """Wrap an Arrow table."""
    _check_shape(name, table.column_names, table.num_rows)
    table = _plain(table)
    return Source(name, key, _columns(table.schema), table.num_rows, findings, _table=table)


def _check_shape(name: str, names: Sequence[str], n_rows: int) -> None:
    """Reject a table without columns, without rows or with a column name twice."""
    if not names:
        raise DataError(f"'{name}' has no columns.")
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise DataError(f"'{name}' has {len(twice)} column name(s) more than once: {', '.join(map(repr, twice[:3]))}. "
                        "Rename the columns so that each name is used once.")  # fmt: skip
    if n_rows == 0:
        raise DataError(
            f"'{name}' has a header with {len(names)} column(s) but no rows. Export the predictions again."
        )


def _frame_to_arrow(data: Any) -> pa.Table:
    """Turn any frame narwhals knows into Arrow; missing pandas values become nulls."""
    if isinstance(data, pa.Table):
        return data
    if hasattr(data, "to_arrow_table"):  # a DuckDB relation; through narwhals it would leave messages at exit
        return data.to_arrow_table()
    if nw.dependencies.is_pandas_dataframe(data):
        data = data.set_axis([str(name) for name in data.columns], axis=1)  # numbers may be names in pandas
    try:
        frame = nw.from_native(data)
    except TypeError:
        raise DataError(f"{type(data).__name__} is not a table. Hand over a path, or a pandas, polars or pyarrow "
                        "frame, or a DuckDB relation.") from None  # fmt: skip
    except nw.exceptions.DuplicateError:
        raise DataError("The frame has a column name more than once. Rename the columns.") from None
    try:
        return (frame.collect("pyarrow") if isinstance(frame, nw.LazyFrame) else frame).to_arrow()
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(
            f"A column of the frame mixes types ({_first_line(error)}). Make it all text or all numbers."
        ) from None


def _plain(table: pa.Table) -> pa.Table:
    """Give dictionaries and views back as plain columns, half floats as doubles."""
    for i, kept in enumerate(table.schema):
        target = None
        if pa.types.is_decimal(kept.type):  # through text, which is read to the nearest double; a cast is not
            table = table.set_column(i, kept.name, table.column(i).cast(pa.string()).cast(pa.float64()))
        if pa.types.is_dictionary(kept.type):
            target = kept.type.value_type
        if pa.types.is_float16(kept.type):
            target = pa.float64()
        if pa.types.is_string_view(kept.type):
            target = pa.string()
        if target is not None:
            table = table.set_column(i, kept.name, table.column(i).cast(target))
    return table


def _columns(schema: pa.Schema) -> tuple[Column, ...]:
    """Name the kind of each column."""
    return tuple(Column(f.name, _kind(f.type)) for f in schema)


def _kind(type_: pa.DataType) -> Kind:
    """Fold Arrow's types into the five that roles and pages know."""
    if pa.types.is_dictionary(type_):
        return _kind(type_.value_type)
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        return "number"
    if pa.types.is_timestamp(type_) or pa.types.is_date(type_):
        return "time"
    if (
        pa.types.is_null(type_)
        or pa.types.is_string(type_)
        or pa.types.is_large_string(type_)
        or pa.types.is_string_view(type_)
    ):
        return "text"
    return "other"


def _first_line(error: Exception) -> str:
    """Return the first line of a library's message, bounded."""
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
