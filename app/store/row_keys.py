"""What names a row from one export to the next: its id, or its content where there is no id.

A key is text: ``id:`` and the id as text, or ``content:`` and a hash of the names and cells of all columns. An id stays when
scores, columns or the order of the rows change. A content stays when only the order of rows or columns changes; rows that
are the same in every cell share theirs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from metrics_core.source import Source

_ID, _CONTENT = "id:", "content:"
_MISSING = "\x00"
#: Between the parts of an id of several columns.
_BETWEEN = " · "


def keys_of(source: Source, id: Sequence[str], positions: Sequence[int] | NDArray[np.integer]) -> list[str]:
    """Return the key of each row.

    Parameters
    ----------
    source : Source
    id : sequence of str
        The columns that together are the id; rows without one, and all rows without columns, are known by their content.
    positions : sequence of int
        Rows counted from 0.
    """
    at = np.asarray(positions, dtype=np.int64)
    if not id:
        return [_CONTENT + text for text in _contents(source.rows(at))]
    cells = _ids(source.rows(at, list(id)), id).to_pylist()
    keys = [None if cell is None else _ID + cell for cell in cells]
    without = [i for i, key in enumerate(keys) if key is None]
    if without:
        for i, text in zip(without, _contents(source.rows(at[without])), strict=True):
            keys[i] = _CONTENT + text
    return [key for key in keys if key is not None]


def positions_of(source: Source, id: Sequence[str], keys: Collection[str]) -> dict[str, list[int]]:
    """Find rows by their keys once, see ``KeyIndex``."""
    return KeyIndex(source, id).positions(keys)


class KeyIndex:
    """Finds the rows of a table by their keys, again and again; ids and contents are read when they are first needed.

    Parameters
    ----------
    source : Source
    id : sequence of str
        The columns that together are the id.
    """

    def __init__(self, source: Source, id: Sequence[str]) -> None:
        self._source, self._id = source, id

    def positions(self, keys: Collection[str]) -> dict[str, list[int]]:
        """Return the rows of each key, counted from 0, in order; keys that no row has are left out."""
        ids = [key.removeprefix(_ID) for key in keys if key.startswith(_ID)]
        contents = [key.removeprefix(_CONTENT) for key in keys if is_content(key)]
        found: dict[str, list[int]] = {}
        if ids and self._id:
            found |= _found(_ID, self._ids, ids)
        if contents:
            found |= _found(_CONTENT, self._contents, contents)
        return found

    @cached_property
    def _ids(self) -> pa.Array:
        return _ids(self._source.table(self._id), self._id)

    @cached_property
    def _contents(self) -> pa.Array:
        texts = (pa.array(_contents(batch), pa.large_string()) for batch in self._source.batches())
        return pa.concat_arrays(list(texts))


def _found(prefix: str, cells: pa.Array, wanted: list[str]) -> dict[str, list[int]]:
    """Find the positions of texts."""
    found: dict[str, list[int]] = {}
    is_one = pc.is_in(cells, value_set=pa.array(wanted, pa.large_string())).to_numpy(zero_copy_only=False)
    for at in np.flatnonzero(is_one).tolist():
        found.setdefault(prefix + cells[at].as_py(), []).append(at)
    return found


def duplicates(source: Source, id: Sequence[str], positions: NDArray[np.integer]) -> int:
    """Count the rows, among some, whose id another one of them has too."""
    cells = _ids(source.rows(positions, list(id)), id)
    counts = pc.value_counts(cells.drop_null()).field("counts").to_numpy(zero_copy_only=False)
    return int(counts[counts > 1].sum())


def is_content(key: str) -> bool:
    """Tell a key made of the row's content."""
    return key.startswith(_CONTENT)


def write_key(key: str) -> str:
    """Write a key for a file: ids as they are.

    Examples
    --------
    >>> write_key("id:T7"), write_key("content:ab"), write_key("id:id:1")
    ('T7', 'content:ab', 'id:id:1')
    """
    plain = key.removeprefix(_ID)
    return key if is_content(key) or plain.startswith((_ID, _CONTENT)) else plain


def read_key(text: str) -> str:
    """Read what ``write_key`` wrote.

    Examples
    --------
    >>> read_key("T7"), read_key("content:ab"), read_key("id:id:1")
    ('id:T7', 'content:ab', 'id:id:1')
    """
    return text if text.startswith((_ID, _CONTENT)) else _ID + text


def key_texts(keys: Sequence[str]) -> list[str]:
    """Write keys as people know them: the id, or the beginning of the hash."""
    return [key[: len(_CONTENT) + 12] if is_content(key) else key.removeprefix(_ID) for key in keys]


def _contents(rows: pa.Table) -> list[str]:
    """Hash the names and cells of each row, whatever the order of the columns."""
    parts = []
    for name in sorted(rows.column_names):
        cells = pc.fill_null(_texts(rows.column(name)), _MISSING)
        parts.append(pc.binary_join_element_wise(_large(f"{name}\x1e"), cells, _large("")))
    joined = pc.binary_join_element_wise(*parts, _large("\x1f")) if len(parts) > 1 else parts[0]
    return [hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in joined.to_pylist()]


def _ids(rows: pa.Table, id: Sequence[str]) -> pa.Array:
    """Write the id of each row; missing where a part of it is."""
    parts = [_texts(rows.column(name)) for name in id]
    return parts[0] if len(parts) == 1 else _one(pc.binary_join_element_wise(*parts, _large(_BETWEEN)))


def _texts(cells: pa.ChunkedArray) -> pa.Array:
    """Write cells as text, the same for an integer however it is stored; NaN is missing."""
    kind = cells.type
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        cells = cells.cast(kind.value_type)
        kind = cells.type
    if pa.types.is_floating(kind):
        known = pc.if_else(pc.is_nan(cells), pa.scalar(None, kind), cells)
        return _one(
            pc.add(known, pa.scalar(0.0, kind)).cast(pa.large_string())
        )  # writes 1.0 as 1, and -0 as 0
    if not (
        pa.types.is_integer(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string(kind)
        or pa.types.is_string_view(kind)
    ):
        return pa.array([None if x is None else str(x) for x in cells.to_pylist()], pa.large_string())
    return _one(cells.cast(pa.large_string()))


def _one(cells: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Make one array of the parts of a column."""
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def _large(text: str) -> pa.Scalar:
    """Make a text that Arrow joins with long columns."""
    return pa.scalar(text, pa.large_string())
