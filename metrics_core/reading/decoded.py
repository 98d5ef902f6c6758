"""Columns of a file on disk that were decoded once, kept while there is room."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import pyarrow as pa

#: Bytes of decoded columns that a table on disk keeps, so that the same column is not decoded for every question.
KEPT_BYTES = 1 << 27


class Decoded:
    """The columns of a table on disk that were decoded last, up to ``KEPT_BYTES`` of them."""

    def __init__(self) -> None:
        self._columns: dict[str, tuple[pa.Field, pa.ChunkedArray]] = {}
        self._lock = threading.Lock()

    def find(self, names: Iterable[str]) -> dict[str, tuple[pa.Field, pa.ChunkedArray]]:
        """Return those of some columns that are kept, and keep them longest."""
        with self._lock:
            found = {name: self._columns.pop(name) for name in names if name in self._columns}
            self._columns |= found
        return found

    def keep(self, table: pa.Table) -> None:
        """Keep columns; of too many the ones nobody asked for the longest go."""
        with self._lock:
            for field_, column in zip(table.schema, table.columns, strict=True):
                if column.nbytes <= KEPT_BYTES // 4:
                    self._columns[field_.name] = field_, column
            held = sum(column.nbytes for _, column in self._columns.values())
            while held > KEPT_BYTES:
                held -= self._columns.pop(next(iter(self._columns)))[1].nbytes
