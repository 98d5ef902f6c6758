"""What leaves the house: exactly the rows shown, and nothing a spreadsheet would run."""

from __future__ import annotations

import io
from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import metrics_core as mc
from app.views import export
from app.views.example_columns import example_columns, example_table
from app.views.selected_rows import counts, selected


@pytest.mark.parametrize(
    "text", ["=1+1", "+x", "-1+1", "@SUM(A1)", "\tx", "\rx", "\nx", "=", "-", "=cmd|' /C calc'!A0", "-5x"]
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    cell = pd.read_csv(
        io.BytesIO(export.csv(pa.table({"a": [text], "b": [1]}))), keep_default_na=False, lineterminator="\n"
    )
    assert cell["a"][0].replace("\r\n", "\n").startswith("'" + text[0])


@pytest.mark.parametrize(
    "text", ["plain", "a=b", "", " =1", "-5", "+3.25", "-1e-5", "1-2", "é", '"quoted"', "two\nlines"]
)
def test_other_text_is_left_alone(text):
    out = export.csv(pa.table({"a": [text], "b": [1]}))
    assert pd.read_csv(io.BytesIO(out), dtype=str, keep_default_na=False)["a"][0] == text


def test_numbers_stay_numbers_and_headings_are_safe_too():
    table = pa.table({"=evil()": [-1.5, 2.0, None], "n": [-3, 4, None]})
    read = pd.read_csv(io.BytesIO(export.csv(table)))
    assert read.columns.tolist() == ["'=evil()", "n"]
    assert read["'=evil()"].tolist()[:2] == [-1.5, 2.0]
    assert read["n"].tolist()[:2] == [-3, 4]


def test_every_kind_of_cell_can_be_written():
    table = pa.table(
        {
            "list": pa.array([[1, 2], None]),
            "struct": pa.array([{"a": "=1"}, None]),
            "binary": pa.array([b"\x00=", None]),
            "when": pa.array([datetime(2026, 1, 2, 3, 4, 5), None]),
            "day": pa.array([date(2026, 1, 2), None]),
            "zone": pa.array([datetime(2026, 1, 2), None], type=pa.timestamp("us", tz="UTC")),
            "span": pa.array([5, None], type=pa.duration("s")),
            "flag": pa.array([True, None]),
            "null": pa.nulls(2),
            "large": pa.array(["=x", None], type=pa.large_string()),
        }
    )
    read = pd.read_csv(io.BytesIO(export.csv(table)))
    assert read.shape == (2, 10)
    assert read["large"][0] == "'=x"
    assert pq.read_table(io.BytesIO(export.parquet(table))).equals(table)


def test_file_names_hold_nothing_a_system_refuses():
    assert (
        export.file_name("../a b/c:d.csv", "all rows", "", "at 0.25", ending="csv")
        == "a-b-c-d-all-rows-at-0.25.csv"
    )
    assert export.file_name("ok", ending="parquet") == "ok.parquet"


def test_the_export_is_the_selection_in_order_with_the_chosen_columns():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "y": rng.integers(0, 2, 500),
            "p": rng.random(500).round(2),
            "note": ["=x" if i % 7 else "ok" for i in range(500)],
        }
    )
    predictions = mc.read(frame, y_true="y", y_score="p")
    cases, columns = predictions.judged(), example_columns(predictions, predictions.model())
    shown = tuple(c for c in columns if c.name in ("note", "p", "Row", "Outcome"))
    chosen = selected(cases, 0.4, "fn", "score")
    read = pd.read_csv(io.BytesIO(export.csv(example_table(predictions, cases, 0.4, chosen, shown))))
    expected = frame[(frame["y"] == 1) & (frame["p"] < 0.4)].sort_values("p", ascending=False, kind="stable")
    assert read.columns.tolist() == ["Row", "Outcome", "p", "note"]
    assert read["Row"].tolist() == (expected.index + 1).tolist()
    assert read["p"].tolist() == expected["p"].tolist()
    assert set(read["Outcome"]) == {"False negative"}
    assert read["note"].tolist() == ["'=x" if n == "=x" else n for n in expected["note"]]


def test_rows_left_out_are_never_counted_and_positions_are_the_files():
    frame = pd.DataFrame({"y": [1, 0, None, 1, 0], "p": [0.9, None, 0.5, 0.1, 0.7]})
    predictions = mc.read(frame, y_true="y", y_score="p")
    cases = predictions.judged()
    assert counts(cases, 0.5) == {"": 3, "errors": 2, "tp": 1, "fp": 1, "fn": 1, "tn": 0}
    assert (cases.rows[selected(cases, 0.5, "errors", "file")] + 1).tolist() == [4, 5]
