"""Rows that stand in a table twice: the same id again, or the same row again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .cases import IntArray
from .columns import numbers, rows_together
from .leaks import answers_of, cells_of, runs_on
from .source import Source

if TYPE_CHECKING:
    from .predictions import Predictions

#: Rows whose ids, and rows and columns whose cells are compared.
MAX_IDS, MAX_ROWS, MAX_COLUMNS = 1_000_000, 200_000, 60
#: Of more rows so many blocks are taken, evenly spaced: a file put twice below itself has equal blocks. From disk
#: fewer, because whole parts of a file are decoded for a row.
_BLOCKS, _BLOCKS_ON_DISK = 12, 2
#: Copies up to this share of the rows, or fewer than this number of rows, are not worth a word.
TOLERATED, MIN_COPIES = 0.01, 10
#: Rows that are equal by chance are many as soon as any one column is left out; copies hardly become more.
_SAME_WITHOUT = 0.9
#: A table with fewer different rows than this share cannot tell its rows apart.
_DIFFERENT = 0.1
#: The finalizer of the SplitMix64 generator (Steele, Lea and Flood 2014): every bit of a value moves every other.
_STEPS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Repeats:
    """How many rows of a model repeat an earlier one.

    Attributes
    ----------
    ids : int
        Rows whose id stands in an earlier row.
    of_ids : int
        Rows whose ids were looked at.
    example : str
        An id that is there more than once.
    times : int
        How often that one is there.
    copies : int
        Rows that are equal to an earlier one in every column that does not name rows; 0 where the columns cannot tell
        copies from rows that are equal by chance.
    of_rows : int
        Rows that were compared.
    """

    ids: int
    of_ids: int
    example: str
    times: int
    copies: int
    of_rows: int


_FOUND: WeakKeyDictionary[Predictions, dict[str, Repeats]] = WeakKeyDictionary()


def repeats_of(predictions: Predictions, model: str) -> Repeats:
    """Count the rows of a model that repeat an earlier one; counted once and then remembered.

    Parameters
    ----------
    predictions : Predictions
    model : str
        Its name.

    Returns
    -------
    Repeats
    """
    found = _FOUND.setdefault(predictions, {})
    if model not in found:
        found[model] = _search(predictions, model)
    return found[model]


def _search(predictions: Predictions, model: str) -> Repeats:
    """Look at the ids, unless somebody said which rows belong together, and at whole rows."""
    source, roles, rows = predictions.source, predictions.roles, predictions.cases[model].rows
    blocks = _BLOCKS_ON_DISK if source.on_disk else _BLOCKS
    ids, of_ids, example, times = 0, 0, "", 0
    if roles.id is not None and roles.group is None and source.kind(roles.id) != "other":
        named = _spread(rows, MAX_IDS, blocks)
        of_ids = int(named.size)
        ids, example, times = _same_id(cells_of(source, roles.id, named))
    compared = _spread(rows, MAX_ROWS, blocks)
    copies = _copies(source, compared, roles.id, answers_of(predictions))
    return Repeats(ids, of_ids, example, times, copies, int(compared.size))


def _spread(rows: IntArray, most: int, blocks: int) -> IntArray:
    """Take up to so many rows in evenly spaced blocks."""
    if rows.size <= most:
        return rows
    starts = [i * rows.size // blocks for i in range(blocks)]
    return np.concatenate([rows[start : start + most // blocks] for start in starts])


def _same_id(cells: pa.ChunkedArray) -> tuple[int, str, int]:
    """Count the ids that were there before; name the first of them and how often it is there."""
    code = rows_together(cells)  # an empty id is like no other
    times = np.bincount(code)
    n = int(code.size - np.count_nonzero(times))
    if n == 0:
        return 0, "", 0
    at = int(np.argmax(times[code] > 1))
    return n, str(cells[at].as_py()), int(times[code[at]])


def _copies(source: Source, rows: IntArray, id_column: str | None, answers: set[str]) -> int:
    """Count rows that are equal to an earlier one, where that is more than chance.

    The answers of the models count as one column: each of them follows from the same row, so they agree together.
    """
    names = [c.name for c in source.columns if c.name != id_column]
    if rows.size < MIN_COPIES or any(source.kind(name) == "other" for name in names):
        return 0  # what is nested cannot be compared, and it may be what tells the rows apart
    names = names[:MAX_COLUMNS]
    units = [[name for name in names if name in answers], *([name] for name in names if name not in answers)]
    units.sort(key=lambda unit: any(source.kind(name) == "text" for name in unit))  # these take the longest
    whole, copies = np.zeros(rows.size, dtype=np.uint64), int(rows.size)
    for unit in units:
        whole += _hashes(source, unit, rows)
        different, pairs = _different(whole)
        copies = int(rows.size - different)
        if copies < max(MIN_COPIES, TOLERATED * rows.size):
            return 0  # one more column makes no two rows more alike
    if different < _DIFFERENT * rows.size:
        return 0
    without = (_different(whole - _hashes(source, unit, rows))[1] for unit in units)
    return copies if all(pairs >= _SAME_WITHOUT * more for more in without) else 0


def _different(hashes: Hashes) -> tuple[int, float]:
    """Count different rows, and pairs of equal ones."""
    ordered = np.sort(hashes)
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), ordered.size - 1)
    times = np.diff(ends, prepend=-1).astype(np.float64)
    return int(times.size), float((times * (times - 1)).sum() / 2)


def _hashes(source: Source, names: list[str], rows: IntArray) -> Hashes:
    """Turn the cells of some columns into one number a row, equal where all of them are; a sum, so it can be taken out."""
    whole = np.zeros(rows.size, dtype=np.uint64)
    for name in names:
        code = _codes(cells_of(source, name, rows), source.kind(name))
        if code is not None:
            place = source.names.index(name) + 1  # the same value counts otherwise in another column
            whole += _mixed(code + np.uint64(place * _STEPS[0] % 2**64))
    return whole


def _mixed(code: Hashes) -> Hashes:
    """Spread numbers that may lie close together over all 64 bits, in place."""
    for shift, step in zip((30, 27), _STEPS[1:], strict=True):
        code ^= code >> np.uint64(shift)
        code *= np.uint64(step)
    code ^= code >> np.uint64(31)
    return code


def _codes(cells: pa.ChunkedArray, kind: str) -> Hashes | None:
    """Number the cells of a column; None when they run through the file or are all different texts."""
    if pa.types.is_null(cells.type):
        return np.zeros(len(cells), dtype=np.uint64)
    if pa.types.is_floating(cells.type):
        values: NDArray[Any] = numbers(cells) + 0.0  # -0.0 equals 0.0
        values[np.isnan(values)] = np.nan
        return values.view(np.uint64)
    if kind in ("number", "time"):
        code = _whole(cells)
        return None if kind == "number" and runs_on(code) else code.view(np.uint64)
    code = rows_together(cells)
    code[cells.is_null().to_numpy()] = -1  # here empty cells are equal
    if kind == "text" and code.max() + 1 == len(cells) - cells.null_count:
        return None
    return code.view(np.uint64)


def _whole(cells: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return whole numbers or times as integers; an empty cell as the least there is."""
    if pa.types.is_date(cells.type):
        cells = pc.cast(cells, pa.timestamp("ms"))
    as_integer = pc.cast(cells, pa.int64(), safe=False)
    return np.ascontiguousarray(as_integer.fill_null(np.iinfo(np.int64).min).to_numpy(), dtype=np.int64)
