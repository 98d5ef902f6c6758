"""Tables on their way into text files: cells that a spreadsheet would run are written so that it does not."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# A spreadsheet takes a cell that begins like this for a formula ...
_FORMULA = r"^[=+\-@\t\r\n]"
# ... except when it is nothing but a number.
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def defused(table: pa.Table) -> pa.Table:
    """Make every column writable as CSV; text that a spreadsheet would run as a formula gets a leading apostrophe.

    Examples
    --------
    >>> defused(pa.table({"name": ["=1+1", "-5", "plain"]})).column("name").to_pylist()
    ["'=1+1", '-5', 'plain']
    """
    columns = [_safe(column) for column in table.columns]
    names = [_safe(pa.chunked_array([[name]]))[0].as_py() for name in table.column_names]
    return pa.Table.from_arrays(columns, names=names)


def _safe(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write what CSV has no type for as text, and put an apostrophe before formulas in text."""
    if not _is_plain(column.type):
        texts = [None if v is None else str(v) for v in column.to_pylist()]
        column = pa.chunked_array([texts], type=pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    text = pc.cast(column, pa.string())
    runs = pc.and_(pc.match_substring_regex(text, _FORMULA), pc.invert(pc.match_substring_regex(text, _NUMBER)))  # fmt: skip
    return pc.if_else(runs, pc.binary_join_element_wise("'", text, ""), text)


def _is_plain(kind: pa.DataType) -> bool:
    """Whether Arrow's CSV writer takes the type."""
    if pa.types.is_duration(kind):
        return False
    return bool(pa.types.is_primitive(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind))
