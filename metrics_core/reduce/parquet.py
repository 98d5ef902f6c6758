"""Parquet files into a tally without a table in memory: a part is decoded while the one before is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import PathLike
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..errors import DataError, did_you_mean
from ..tally.bins import COARSE, FINE
from ..tally.outcomes import FloatArray
from .binned import BinCounter, BoolArray, Scores
from .frames import REASONS, CountedRows
from .scores import counted

#: Rows decoded at a time.
BATCH = 1 << 18

Path = str | PathLike[str]


def parquet_tally(
    paths: Path | Sequence[Path],
    y_true: str,
    y_score: str,
    positive: Any,
    *,
    weight: str | None = None,
    frequency: bool = False,
    cuts: Iterable[float] = (),
    coarse: bool = False,
) -> CountedRows:
    """Count the rows of Parquet files in bins of the score; memory does not grow with the files.

    Parameters
    ----------
    paths : path or sequence of paths
    y_true, y_score, positive, weight, frequency, cuts, coarse
        See ``frame_tally``.

    Returns
    -------
    CountedRows

    Raises
    ------
    DataError
        If a column does not exist, holds no numbers where numbers are needed, cannot hold the positive label, or a weight
        is negative.
    """
    files = [paths] if isinstance(paths, str | PathLike) else list(paths)
    counter = BinCounter((COARSE if coarse else FINE).with_cuts(cuts), weighted=weight is not None, squares=not frequency)  # fmt: skip
    columns = [y_true, y_score, *([] if weight is None else [weight])]
    dropped, rows = np.zeros(len(REASONS), dtype=np.int64), 0
    for batch in _ahead(_batches(files, columns)):
        label, score, *weights = batch.columns
        rows += batch.num_rows
        dropped += _count(
            counter, _equal(label, positive, y_true), score, weights[0] if weights else None, weight
        )
    left_out = {reason: int(m) for reason, m in zip(REASONS, dropped, strict=True) if m}
    return CountedRows(counted(counter), rows, left_out)


def _batches(files: Sequence[Path], columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Decode the columns of all files, some rows at a time, in the order of ``columns``."""
    for path in files:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            for i, column in enumerate(columns):
                if column not in names:
                    raise DataError(
                        f"There is no column {column!r} in {str(path)!r}. {did_you_mean(column, names)}"
                    )
                kind = file.schema_arrow.field(column).type
                if i and not (
                    pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
                ):
                    raise DataError(f"Column {column!r} does not hold numbers but {kind}. Name another one.")
            for batch in file.iter_batches(BATCH, columns=list(dict.fromkeys(columns))):
                yield batch.select(columns)


def _ahead(parts: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Fetch the next part in a thread while the present one is used."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, parts, None)
        while (part := waiting.result()) is not None:
            waiting = pool.submit(next, parts, None)
            yield part


def _equal(label: pa.Array, positive: Any, column: str) -> pa.Array:
    """Compare labels with the positive one; empty stays empty, and so does NaN."""
    if pa.types.is_dictionary(label.type):
        label = label.dictionary_decode()
    try:
        same = pc.equal(label, pa.scalar(positive, label.type))
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        raise DataError(f"Column {column!r} holds {label.type} and can have no label {positive!r}. Give a label of that type.") from None  # fmt: skip
    return pc.if_else(pc.is_nan(label), None, same) if pa.types.is_floating(label.type) else same


def _count(counter: BinCounter, same: pa.Array, scores: pa.Array, weights: pa.Array | None, name: str | None) -> NDArray[np.int64]:  # fmt: skip
    """Count the rows that can be used; return how many were left out for each reason."""
    known = pc.fill_null(same, False) if same.null_count else same
    score, positive = _numbers(scores), np.asarray(known.to_numpy(zero_copy_only=False))
    weight = None if weights is None else np.asarray(_numbers(weights), dtype=np.float64)
    if weight is not None and (weight < 0).any():
        raise DataError(f"Column {name!r} (used as weight) is negative in {int((weight < 0).sum()):,} of the first rows read. Weights are 0 or more.")  # fmt: skip
    dropped = np.zeros(len(REASONS), dtype=np.int64)
    whole = same.null_count == 0 and (weight is None or bool(np.isfinite(weight).all()))
    if score.size == 0 or (whole and score.min() >= 0 and score.max() <= 1):  # a NaN fails both
        counter.add(score, positive, weight, checked=True)
        return dropped
    with np.errstate(invalid="ignore"):
        tests: list[Callable[[], BoolArray]] = [
            lambda: pc.is_null(same).to_numpy(zero_copy_only=False),
            lambda: np.isnan(score),
            lambda: np.isinf(score),
            lambda: (score < 0) | (score > 1),
            lambda: np.zeros(score.size, dtype=bool) if weight is None else ~np.isfinite(weight),
        ]
    used = np.ones(score.size, dtype=bool)
    for i, test in enumerate(tests):
        bad = used & test()
        dropped[i] = np.count_nonzero(bad)
        used &= ~bad
    counter.add(score[used], positive[used], None if weight is None else weight[used], checked=True)
    return dropped


def _numbers(column: pa.Array) -> Scores:
    """Give a column as float32 or float64 numbers, NaN where it is empty."""
    if not (pa.types.is_float32(column.type) or pa.types.is_float64(column.type)):
        column = column.cast(pa.float64(), safe=False)
    values: FloatArray = column.to_numpy(zero_copy_only=False)
    return values
