"""Arrow tables from frames and Feather files, with column types that everything behind understands."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import DataError

#: A DuckDB relation has no cursor of its own, so only one of them is read at a time.
_RELATION = threading.Lock()


def frame_to_arrow(data: Any) -> pa.Table:
    """Turn any frame narwhals knows into Arrow; missing pandas values become nulls.

    Raises
    ------
    DataError
        If it is no frame, has a name twice, or mixes types in a column.
    """
    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if hasattr(data, "to_arrow_table"):  # a DuckDB relation; through narwhals it would leave messages at exit
        with _RELATION:
            return data.to_arrow_table()
    if nw.dependencies.is_pandas_dataframe(data):
        data = data.set_axis([str(name) for name in data.columns], axis=1)  # numbers may be names in pandas
        if data.columns.is_unique:  # Arrow would keep the number of a period and lose what it counts
            periods = {name: data[name].dt.to_timestamp() for name, kind in data.dtypes.items() if str(kind).startswith("period[")}  # fmt: skip
            data = data.assign(**periods)
    try:
        frame = nw.from_native(data)
    except TypeError:
        raise DataError(f"{type(data).__name__} is not a table. Hand over a path, or a pandas, polars or pyarrow "
                        "frame, or a DuckDB relation.") from None  # fmt: skip
    except nw.exceptions.DuplicateError:
        raise DataError("The frame has a column name more than once. Rename the columns.") from None
    try:
        return (frame.collect("pyarrow") if isinstance(frame, nw.LazyFrame) else frame).to_arrow()
    except pa.ArrowException as error:
        raise DataError(
            f"A column of the frame mixes types ({first_line(error)}). Make it all text or all numbers."
        ) from None


def read_feather(path: Path, name: str, *, stream: bool) -> pa.Table:
    """Read an Arrow IPC file (Feather version 2) or an Arrow stream whole.

    Raises
    ------
    DataError
        If it is cut off or damaged.
    """
    try:
        with pa.OSFile(str(path)) as file:
            table = (pa.ipc.open_stream(file) if stream else pa.ipc.open_file(file)).read_all()
        table.validate(full=True)  # a damaged file may point outside of itself
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(f"'{name}' is not a complete Feather file ({first_line(error)}). Write it again.") from None  # fmt: skip
    return table


def plain(table: pa.Table) -> pa.Table:
    """Give dictionaries, runs and views back as plain columns, decimals and half floats as doubles."""
    columns = [_plain(column) for column in table.columns]
    return pa.table(columns, names=table.column_names)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give one column a type that everything behind understands."""
    type_ = column.type
    if isinstance(type_, pa.BaseExtensionType):
        type_ = type_.storage_type
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], type_)
    if pa.types.is_run_end_encoded(type_):
        type_ = type_.value_type
        column = pa.chunked_array([pc.run_end_decode(chunk) for chunk in column.chunks], type_)
    if pa.types.is_decimal(type_):  # through text, which is read to the nearest double; a cast is not
        return column.cast(pa.string()).cast(pa.float64())
    if pa.types.is_dictionary(type_):
        return _plain(column.cast(type_.value_type))
    if pa.types.is_float16(type_):
        return column.cast(pa.float64())
    if pa.types.is_string_view(type_):
        return column.cast(pa.string())
    return column


def first_line(error: Exception) -> str:
    """Return the first line of a library's message, bounded."""
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
