"""Parquet files left on disk: the footer is read at once, a column when somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..errors import DataError
from .arrow_tables import first_line, plain


@dataclass(frozen=True, eq=False)
class ParquetFiles:
    """One Parquet file, or several of the same columns that follow each other.

    Attributes
    ----------
    paths : tuple of Path
    sizes : tuple of int
        Rows of each.
    schema : pyarrow.Schema
    name : str
        How to call them in messages.
    """

    paths: tuple[Path, ...]
    sizes: tuple[int, ...]
    schema: pa.Schema
    name: str
    _kept: object = field(default=None, repr=False)  # a temporary file lives as long as this

    @property
    def n_rows(self) -> int:
        """Rows of all files."""
        return sum(self.sizes)

    def read(self, names: Sequence[str]) -> pa.Table:
        """Read whole columns.

        Raises
        ------
        DataError
            If a file is damaged, or is not the one whose footer was read.
        """
        tables = [self._whole(path, size, names) for path, size in zip(self.paths, self.sizes, strict=True)]
        return pa.concat_tables(tables)

    def batches(self, names: Sequence[str], size: int) -> Iterator[pa.Table]:
        """Decode columns in file order, some rows at a time.

        Raises
        ------
        DataError
            If a file is damaged, or is not the one whose footer was read.
        """
        for path, n_rows in zip(self.paths, self.sizes, strict=True):
            seen = 0
            try:
                with pq.ParquetFile(path) as file:
                    for batch in file.iter_batches(size, columns=list(names)):
                        seen += batch.num_rows
                        yield plain(pa.Table.from_batches([batch]).select(list(names)))
            except (pa.ArrowException, OSError, KeyError) as error:
                raise _damaged(path, self.name, error) from None
            if seen != n_rows:
                raise DataError(f"'{self.name}' has {seen:,} rows but its footer says {n_rows:,}. Write it again.")  # fmt: skip

    def take(self, at: NDArray[np.int64], names: Sequence[str]) -> pa.Table:
        """Read single rows by position, in the order asked for; only the row groups that hold them are decoded."""
        if at.size == 0:
            return self._empty(names)
        starts = np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.int64)
        file_of = np.searchsorted(starts, at, side="right") - 1
        found, place = [], np.empty(at.size, dtype=np.int64)
        done = 0
        for i in np.unique(file_of):
            mine = np.flatnonzero(file_of == i)
            found.append(self._rows(self.paths[i], at[mine] - starts[i], names))
            place[mine] = done + np.arange(mine.size)
            done += mine.size
        return pa.concat_tables(found).take(pa.array(place))

    def _whole(self, path: Path, size: int, names: Sequence[str]) -> pa.Table:
        """Decode columns of one file."""
        if not names:
            return pa.table({})
        try:
            with pq.ParquetFile(path) as file:
                table = file.read(columns=list(names)).select(list(names))
        except (pa.ArrowException, OSError, KeyError) as error:
            raise _damaged(path, self.name, error) from None
        if table.num_rows != size:
            raise DataError(f"'{self.name}' has {table.num_rows:,} rows but its footer says {size:,}. Write it again.")  # fmt: skip
        return plain(table)

    def _rows(self, path: Path, at: NDArray[np.int64], names: Sequence[str]) -> pa.Table:
        """Decode the row groups of one file that hold the wanted rows."""
        try:
            with pq.ParquetFile(path) as file:
                sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
                starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
                group_of = np.searchsorted(starts, at, side="right") - 1
                needed = np.unique(group_of)
                offset = np.zeros(len(sizes), dtype=np.int64)
                offset[needed] = np.concatenate([[0], np.cumsum(np.asarray(sizes)[needed])[:-1]])
                groups = file.read_row_groups(needed.tolist(), columns=list(names)).select(list(names))
                rows = groups.take(pa.array(offset[group_of] + at - starts[group_of]))
        except (pa.ArrowException, OSError, KeyError) as error:
            raise _damaged(path, self.name, error) from None
        return plain(rows)

    def _empty(self, names: Sequence[str]) -> pa.Table:
        """Return the columns without a row."""
        fields = [self.schema.field(name) for name in names]
        return plain(pa.schema([field.remove_metadata() for field in fields]).empty_table())


def parquet_file(path: Path, name: str, kept: object = None) -> ParquetFiles:
    """Read the footer of a Parquet file.

    Parameters
    ----------
    path : Path
    name : str
        How to call it in messages.
    kept : object
        Held as long as the file is needed: the owner of a temporary file.

    Returns
    -------
    ParquetFiles

    Raises
    ------
    DataError
        If the file is cut off, damaged or encrypted.
    """
    try:
        with pq.ParquetFile(path) as file:
            metadata, schema = file.metadata, file.schema_arrow
            sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
            n_rows = metadata.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _damaged(path, name, error) from None
    if sum(sizes) != n_rows or min(sizes, default=0) < 0:
        raise DataError(f"'{name}' is not a complete Parquet file (the footer says {n_rows:,} rows, its parts {sum(sizes):,}). Write it again.")  # fmt: skip
    return ParquetFiles((path,), (n_rows,), schema, name, kept)


def joined(files: Sequence[ParquetFiles], name: str) -> ParquetFiles | None:
    """Put files below each other when they have the same columns of the same types, else return nothing."""
    first = files[0].schema
    if any(not file.schema.equals(first) for file in files[1:]):
        return None
    paths = tuple(path for file in files for path in file.paths)
    sizes = tuple(size for file in files for size in file.sizes)
    return ParquetFiles(paths, sizes, first, name, tuple(file._kept for file in files))


def _damaged(path: Path, name: str, error: Exception) -> DataError:
    """Say what is wrong with a file that cannot be decoded."""
    if not path.exists():
        return DataError(f"'{name}' is gone: '{path}' was there when it was opened. Open it again.")
    text = first_line(error)
    if "encrypt" in text.lower() or "decrypt" in text.lower():
        return DataError(f"'{name}' is an encrypted Parquet file ({text}). Write it without encryption.")
    return DataError(f"'{name}' is not a complete Parquet file ({text}). Write it again.")
