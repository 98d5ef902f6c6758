"""Tables on their way out of the house: CSV that no spreadsheet runs, and Parquet as it stands."""

from __future__ import annotations

import io
import re

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from app import numbers
from app.views.gate import Shown

# A spreadsheet takes a cell that begins like this for a formula ...
_FORMULA = r"^[=+\-@\t\r\n]"
# ... except when it is nothing but a number.
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def csv(table: pa.Table) -> bytes:
    """Write a table as CSV; text that a spreadsheet would run as a formula gets a leading apostrophe.

    Examples
    --------
    >>> print(csv(pa.table({"name": ["=1+1", "-5", "plain"], "x": [-1, 2, None]})).decode())
    "name","x"
    "'=1+1",-1
    "-5",2
    "plain",
    """
    columns = [_safe(column) for column in table.columns]
    names = [_safe(pa.chunked_array([[name]]))[0].as_py() for name in table.column_names]
    out = io.BytesIO()
    pa_csv.write_csv(pa.Table.from_arrays(columns, names=names), out)
    return out.getvalue()


def parquet(table: pa.Table) -> bytes:
    """Write a table as Parquet, cells as they are."""
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def file_name(*parts: str, ending: str) -> str:
    """Join words to a file name every system takes.

    Examples
    --------
    >>> file_name("data/fraud.parquet", "false negatives", "at 0.25", ending="csv")
    'data-fraud-false-negatives-at-0.25.csv'
    """
    words = (re.sub(r"\.(csv|tsv|txt|parquet|pq)$", "", part) for part in parts if part)
    return re.sub(r"[^\w.]+", "-", " ".join(words)).strip("-.")[:120] + "." + ending


def named(shown: Shown, what: str, ending: str) -> str:
    """Name a file after the data set, what is in it, how it was decided, and whether rows were filtered."""
    cut = shown.threshold
    decided = (
        f"at {numbers.threshold(cut)}"
        if cut is not None
        else f"by {shown.model.y_pred or 'highest probability'}"
    )
    whose = f"class {shown.label}" if shown.label else ""
    filtered = "filtered" if shown.where else ""
    return file_name(shown.predictions.name, what, whose, decided, filtered, ending=ending)


def _safe(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write what CSV has no type for as text, and put an apostrophe before formulas in text."""
    if not _is_plain(column.type):
        column = pa.chunked_array(
            [[None if v is None else str(v) for v in column.to_pylist()]], type=pa.string()
        )
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    text = pc.cast(column, pa.string())
    runs = pc.and_(
        pc.match_substring_regex(text, _FORMULA), pc.invert(pc.match_substring_regex(text, _NUMBER))
    )
    return pc.if_else(runs, pc.binary_join_element_wise("'", text, ""), text)


def _is_plain(kind: pa.DataType) -> bool:
    """Whether Arrow's CSV writer takes the type."""
    return (
        pa.types.is_primitive(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)
    ) and not pa.types.is_duration(kind)
