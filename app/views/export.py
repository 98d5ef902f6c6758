"""Tables on their way out of the house: CSV that no spreadsheet runs, and Parquet as it stands."""

from __future__ import annotations

import io
import re

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from app import numbers
from app.views.gate import Shown
from metrics_core.csv_out import defused


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
    out = io.BytesIO()
    pa_csv.write_csv(defused(table), out)
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
