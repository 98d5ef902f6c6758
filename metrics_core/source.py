"""Files and frames as one table of columns with true row numbers.

``reading`` knows about formats; the rest of the core asks a ``Source`` for columns (as Arrow, in file order) or for a
few rows by position.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .checks import Finding
from .csv_files import read_csv
from .errors import DataError, did_you_mean
from .reading import decoded
from .reading.arrow_tables import frame_to_arrow, plain, read_feather
from .reading.formats import HEAD, READABLE, format_of, is_known, unexpected
from .reading.json_rows import read_json
from .reading.parquet_files import ParquetFiles, joined, parquet_file
from .reading.parts import stacked
from .reading.paths import Found, find
from .reading.unpacking import unpack
from .reading.watch import Cancelled, Watch

__all__ = ["Cancelled", "Column", "Kind", "Source", "open_source"]

Kind = Literal["number", "text", "boolean", "time", "other"]

_DELIMITERS = {".tsv": "\t", ".tab": "\t", ".psv": "|"}
_numbers = itertools.count()
#: Bytes hashed at a time.
_HASHED = 1 << 22
#: Rows that ``batches`` hands out at a time.
BATCH = 1 << 17
# A cell, roughly, of numbers and short texts alike.
_CELL_BYTES = 12
# Sources somebody has opened for whoever opens the same file next, by key.
_HANDED: dict[str, Source] = {}


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
    paths : tuple of Path
        The files as they lie on disk; empty for a table handed over in memory.
    """

    name: str
    key: str
    columns: tuple[Column, ...]
    n_rows: int
    findings: tuple[Finding, ...] = ()
    paths: tuple[Path, ...] = ()
    _table: pa.Table | None = field(default=None, repr=False)
    _files: ParquetFiles | None = field(default=None, repr=False)
    _decoded: decoded.Decoded = field(default_factory=decoded.Decoded, repr=False)

    @property
    def on_disk(self) -> bool:
        """Whether columns are read from files when somebody asks for them."""
        return self._files is not None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Column names in file order."""
        return tuple(c.name for c in self.columns)

    @cached_property
    def _kinds(self) -> Mapping[str, Kind]:
        """Kind by name: a table may have ten thousand columns."""
        return {c.name: c.kind for c in self.columns}

    def kind(self, name: str) -> Kind:
        """Tell what the values of a column are.

        Raises
        ------
        DataError
            If there is no such column; names the near misses.
        """
        kind = self._kinds.get(name)
        if kind is None:
            raise DataError(f"'{self.name}' has no column {name!r}. {did_you_mean(name, self.names)}")
        return kind

    def table(self, names: Iterable[str]) -> pa.Table:
        """Read whole columns, rows in file order.

        Raises
        ------
        DataError
            If a column does not exist, or its part of the file is damaged.
        """
        wanted = list(dict.fromkeys(names))
        for name in wanted:
            self.kind(name)
        if self._files is not None:
            return self._from_disk(self._files, wanted)
        assert self._table is not None  # a source has either files or a table
        return self._table.select(wanted)

    def _from_disk(self, files: ParquetFiles, wanted: list[str]) -> pa.Table:
        """Decode the columns that are not kept."""
        found = self._decoded.find(wanted)
        missing = [name for name in wanted if name not in found]
        if missing or not wanted:
            table = files.read(missing)
            self._decoded.keep(table)
            if not found:
                return table
            found |= {f.name: (f, column) for f, column in zip(table.schema, table.columns, strict=True)}
        return pa.table(
            [found[name][1] for name in wanted], schema=pa.schema([found[name][0] for name in wanted])
        )

    def column(self, name: str) -> pa.ChunkedArray:
        """Read one column, in file order."""
        return self.table([name]).column(0)

    def sha256(self) -> str:
        """Hash the content: the bytes of the files one after the other, or the columns of a table in memory.

        The hash of one file is what ``sha256sum`` prints for it.

        Raises
        ------
        DataError
            If a file is gone.
        """
        digest = hashlib.sha256()
        for path in self.paths:
            try:
                with path.open("rb") as file:
                    while block := file.read(_HASHED):
                        digest.update(block)
            except OSError as error:
                raise DataError(f"'{self.name}' cannot be read again: {error.strerror or error}. Open it again.") from None  # fmt: skip
        if not self.paths:
            stream = pa.BufferOutputStream()
            table = self.table(self.names).combine_chunks()
            with pa.ipc.new_stream(stream, table.schema.remove_metadata()) as writer:
                writer.write_table(table.replace_schema_metadata(None))
            digest.update(stream.getvalue())
        return digest.hexdigest()

    def batches(self, names: Iterable[str] | None = None, size: int = BATCH) -> Iterator[pa.Table]:
        """Read the rows in file order, some at a time; memory does not grow with a file of Parquet."""
        wanted = list(names) if names is not None else list(self.names)
        if self._files is None:
            table = self.table(wanted)
            yield from (table.slice(start, size) for start in range(0, table.num_rows, size))
        else:
            yield from self._files.batches(wanted, size)

    def rows(
        self, positions: Sequence[int] | NDArray[np.integer], names: Iterable[str] | None = None
    ) -> pa.Table:
        """Read single rows by their position counted from 0, in the order asked for."""
        wanted = list(names) if names is not None else list(self.names)
        at = np.asarray(positions, dtype=np.int64)
        if self._files is None or self._fits(self._files, wanted):
            return self.table(wanted).take(pa.array(at))
        return self._files.take(at, wanted)

    def _fits(self, files: ParquetFiles, wanted: list[str]) -> bool:
        """Tell whether columns are kept, or so small that they may as well be: a row is decoded with all around it."""
        missing = len(wanted) - len(self._decoded.find(wanted))
        if not missing:
            return bool(wanted)
        if _CELL_BYTES * self.n_rows * missing > decoded.KEPT_BYTES:
            return False
        try:
            return sum(path.stat().st_size for path in files.paths) <= decoded.KEPT_BYTES // 2
        except OSError:
            return False  # whoever decodes it will say so


def open_source(
    data: Any,
    *,
    name: str | None = None,
    answers: Mapping[str, str] | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Source:
    """Open a file or a frame.

    Parameters
    ----------
    data : str, path or frame
        A CSV, TSV, Parquet, Feather, JSON or JSON lines file, also packed with gzip or zstd; a folder of Parquet
        files; a pattern such as ``part-*.csv``; a pandas, polars or pyarrow frame or a DuckDB relation.
    name : str, optional
        How to call the table in messages; the file's name by default.
    answers : mapping of str to str, optional
        Answers to questions by id. ``header`` is asked here: whether the first line names the columns, ``yes`` or
        ``no``. Other ids are left to others.
    progress : callable, optional
        Called with the share that is read, from 0 to 1, in the thread of the caller.
    cancelled : callable, optional
        Asked now and then; true ends the read.

    Returns
    -------
    Source

    Raises
    ------
    DataError
        If the file is missing, empty, damaged, of another type, has a header only, or repeats a column name.
    NeedsChoice
        If the first line may be a header or a row.
    Cancelled
        If ``cancelled`` said so.
    """
    if isinstance(data, Source):
        return data
    if not isinstance(data, (str, os.PathLike)):
        return _in_memory(frame_to_arrow(data), name or "frame", key=f"frame-{next(_numbers)}")
    watch = Watch(progress, cancelled)
    watch.at(0.0)
    path = Path(data)
    found = find(path, name)
    said = {"header": answers["header"]} if answers and "header" in answers else {}
    if len(found.paths) == 1 and not found.folder:
        source = _open_file(found.paths[0], name or found.names[0], said, watch)
    else:
        source = _open_several(found, name or path.name, said, watch)
    watch.at(1.0)
    return source


def hand_over(source: Source) -> None:
    """Keep a table for whoever opens its file next, once: it is not read, and its columns are not decoded, again.

    Parameters
    ----------
    source : Source
        Of one file; any other is left alone. If the file changes in the meantime, it is read again.
    """
    if len(source.paths) == 1:
        _HANDED[source.key] = source


def _open_several(found: Found, name: str, answers: Mapping[str, str], watch: Watch) -> Source:
    """Open the files of a pattern or of a folder as one table; those of one schema stay on disk."""
    n = len(found.paths)
    parts = [
        _open_file(path, own, answers, watch.part(i / n, (i + 1) / n))
        for i, (path, own) in enumerate(zip(found.paths, found.names, strict=True))
    ]
    key = "|".join(part.key for part in parts)
    hive = [found.hive(i) if found.folder else {} for i in range(n)]
    on_disk = [part._files for part in parts if part._files is not None]
    if len(on_disk) == n and not any(hive):
        files = joined(on_disk, name)
        if files is not None:
            return replace(_on_disk(files, key), findings=tuple(f for part in parts for f in part.findings), paths=found.paths)  # fmt: skip
    for i, part in enumerate(parts):
        hive[i] = {column: value for column, value in hive[i].items() if column not in part.names}
    table, findings = stacked(parts, hive)
    return replace(_in_memory(table, name, key=key, findings=findings), paths=found.paths)


def _open_file(path: Path, name: str, answers: Mapping[str, str], watch: Watch) -> Source:
    """Look at the first bytes before believing the file's ending."""
    try:
        head = _head(path, name)
        status, given = path.stat(), path
        key = f"{path.resolve()}:{status.st_size}:{status.st_mtime_ns}{':' + answers['header'] if answers else ''}"
        handed = _HANDED.pop(key, None)
        if handed is not None and handed.name == name:
            return handed
        ending, owner = path.suffix.lower(), None
        format = format_of(head, name, ending)
        if format == "gzip" or format == "zstd":
            owner = unpack(path, name, format, watch=watch.part(0.0, 0.3))
            path, ending, watch = owner.path, Path(path.stem).suffix.lower(), watch.part(0.3, 1.0)
            head = _head(path, name)
            format = format_of(head, name, ending)
            if format == "gzip" or format == "zstd":
                raise DataError(f"'{name}' is packed twice. Unpack it once.")
        if format == "parquet":
            source = _on_disk(parquet_file(path, name, owner), key)
        else:
            source = _read_whole(path, name, ending, format, key, answers, watch)
    except OSError as error:
        raise DataError(f"'{name}' cannot be read: {error.strerror or error}.") from None
    if unexpected(format, name, ending):
        what = {"parquet": "Parquet", "json": "JSON", "text": "delimited text"}.get(format, "Feather")
        finding = Finding("ending", "note", f"'{name}' is {what} in spite of its ending {ending}; it was read as that.", "Rename it.")  # fmt: skip
        source = replace(source, findings=(finding, *source.findings))
    return replace(source, paths=(given,))


def _head(path: Path, name: str) -> bytes:
    """Read the first bytes."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise DataError(f"'{name}' is empty (0 bytes). Export the predictions again.")
    return head


def _read_whole(
    path: Path, name: str, ending: str, format: str, key: str, answers: Mapping[str, str], watch: Watch
) -> Source:
    """Read what is not left on disk."""
    findings: tuple[Finding, ...] = ()
    if format == "json":
        table, findings = read_json(path, name=name, watch=watch)
    elif format == "text":
        table, findings = read_csv(path, name=name, delimiter=_DELIMITERS.get(ending), answers=answers, watch=watch)  # fmt: skip
        if table.num_columns == 1 and not is_known(ending):
            raise DataError(f"'{name}' has an ending Faultline does not know ({ending}), and its content is no table. {READABLE}.")  # fmt: skip
    else:
        table = read_feather(path, name, stream=format == "stream")
    return _in_memory(table, name, key=key, findings=findings)


def _on_disk(files: ParquetFiles, key: str) -> Source:
    """Leave the columns on disk until somebody asks for them."""
    _check_shape(files.name, files.schema.names, files.n_rows)
    return Source(files.name, key, _columns(files.schema), files.n_rows, _files=files)


def _in_memory(table: pa.Table, name: str, *, key: str, findings: tuple[Finding, ...] = ()) -> Source:
    """Wrap an Arrow table."""
    _check_shape(name, table.column_names, table.num_rows)
    table = plain(table)
    return Source(name, key, _columns(table.schema), table.num_rows, findings, _table=table)


def _check_shape(name: str, names: Sequence[str], n_rows: int) -> None:
    """Reject a table without columns, without rows or with a column name twice."""
    if not names:
        raise DataError(f"'{name}' has no columns.")
    twice = sorted(n for n, times in Counter(names).items() if times > 1)
    if twice:
        raise DataError(f"'{name}' has {len(twice)} column name(s) more than once: {', '.join(map(repr, twice[:3]))}. "
                        "Rename the columns so that each name is used once.")  # fmt: skip
    if n_rows == 0:
        raise DataError(
            f"'{name}' has a header with {len(names)} column(s) but no rows. Export the predictions again."
        )


def _columns(schema: pa.Schema) -> tuple[Column, ...]:
    """Name the kind of each column."""
    return tuple(Column(f.name, _kind(f.type)) for f in schema)


def _kind(type_: pa.DataType) -> Kind:
    """Fold Arrow's types into the five that roles and pages know."""
    if pa.types.is_dictionary(type_) or pa.types.is_run_end_encoded(type_):
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
