"""Delimited text: however it was written, the same cells; numbers and dates typed, codes left alone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.source import open_source
from tests.tables import random_rows, write

CSV_WRITINGS = {
    "plain": "y_true,y_score\n1,0.5\n0,0.25\n",
    "no newline at the end": "y_true,y_score\n1,0.5\n0,0.25",
    "semicolons": "y_true;y_score\n1;0.5\n0;0.25\n",
    "bars": "y_true|y_score\n1|0.5\n0|0.25\n",
    "a byte order mark": "\ufeffy_true,y_score\n1,0.5\n0,0.25\n",
    "Windows line ends": "y_true,y_score\r\n1,0.5\r\n0,0.25\r\n",
    "old Macintosh line ends": "y_true,y_score\r1,0.5\r0,0.25\r",
    "quoted cells": '"y_true","y_score"\n"1","0.5"\n"0","0.25"\n',
    "blanks": "y_true , y_score\n 1, 0.5\n 0, 0.25\n",
    "an empty line": "y_true,y_score\n1,0.5\n\n0,0.25\n",
    "labels as decimals": "y_true,y_score\n1.0,0.5\n0.0,0.25\n",
    "UTF-16": "y_true,y_score\n1,0.5\n0,0.25\n".encode("utf-16"),
    "exponents": "y_true,y_score\n1,5e-1\n0,2.5E-01\n",
}


@pytest.mark.parametrize("writing", CSV_WRITINGS)
def test_csv_reads_the_same_however_it_was_written(writing: str, tmp_path: Path) -> None:
    cases = mc.read(write(tmp_path, CSV_WRITINGS[writing])).judged()
    assert cases.positive.tolist() == [True, False]
    assert cases.score is not None
    assert cases.score.tolist() == [0.5, 0.25]


def test_comma_file_with_the_ending_tsv_is_read(tmp_path: Path) -> None:
    assert len(mc.read(write(tmp_path, "y_true,y_score\n1,0.5\n0,0.25\n", "t.tsv")).judged()) == 2


def test_bytes_that_are_not_utf8_are_read_with_a_finding(tmp_path: Path) -> None:
    path = write(tmp_path, "y_true,y_score,name\n1,0.5,José\n0,0.25,€\n".encode("cp1252"))
    predictions = mc.read(path)
    assert predictions.source.column("name").to_pylist() == ["José", "€"]
    assert [f.text for f in predictions.findings] == [
        "'predictions.csv' is not UTF-8 text; it was read as Windows-1252."
    ]


@pytest.mark.parametrize(
    "cells",
    [
        ["007", "010"],
        ["12345678901234567890", "12345678901234567891"],
        ["1_000", "2_000"],
        ["NA", "none of these"],
    ],
    ids=["leading zeros", "longer than a double", "underscores", "words that can mean missing"],
)
def test_codes_in_a_csv_stay_text(cells: list[str], tmp_path: Path) -> None:
    path = write(tmp_path, f"code,y_true,y_score\n{cells[0]},1,0.5\n{cells[1]},0,0.25\n")
    source = mc.read(path).source
    assert source.kind("code") == "text"
    assert source.column("code").to_pylist() == cells


def test_column_names_of_any_kind_can_be_scores(tmp_path: Path) -> None:
    drawn = random_rows(1, 50)
    for name in ("select", 'a"b', "it's", "two\nlines", "`tick`", "from where", "µ", "; drop table raw"):
        path = tmp_path / "t.csv"
        drawn.frame().rename(columns={"y_score": name}).to_csv(path, index=False)
        predictions = mc.read(path, y_true="y_true", y_score=name)
        np.testing.assert_array_equal(predictions.judged().score, drawn.score)
        level = mc.slices.levels(predictions.source, name)[1][0]
        assert predictions.mask(level.where).any()


def test_hundreds_of_columns_are_read_in_seconds(tmp_path: Path) -> None:
    wide = pd.DataFrame(np.random.default_rng(0).random((300, 298)).round(4)).add_prefix("f")
    wide.insert(150, "y_true", random_rows(3, 300).positive.astype(int))
    wide.insert(200, "y_score", random_rows(3, 300).score)
    wide.to_csv(tmp_path / "wide.csv", index=False)
    start = perf_counter()
    predictions = mc.read(tmp_path / "wide.csv")
    assert perf_counter() - start < 20
    assert (predictions.roles.y_true, predictions.model().y_score) == ("y_true", "y_score")
    assert len(predictions.source.names) == 300


TYPED: dict[str, tuple[list[str], str, list[Any]]] = {
    "integers": (["1", "-2", "0"], "number", [1, -2, 0]),
    "decimals": (["1.5", "-2", ".5"], "number", [1.5, -2.0, 0.5]),
    "exponents": (["1e3", "2E-2", "-1.5e+1"], "number", [1000.0, 0.02, -15.0]),
    "seventeen digits": (["0.10000000000000001", "0.30000000000000004", "1"], "number", [0.1, 0.30000000000000004, 1.0]),
    "sixteen digits": (["1234567890123456", "1", "2"], "text", ["1234567890123456", "1", "2"]),
    "plus signs": (["+1.5", "+2", "-1"], "number", [1.5, 2.0, -1.0]),
    "codes after a plus sign": (["+01", "+2", "1"], "text", ["+01", "+2", "1"]),
    "decimals padded with zeros": (["00.5", "0.25", "1"], "text", ["00.5", "0.25", "1"]),
    "sixteen digits before a point": (["1234567890123456.5", "1", "2"], "number", [1234567890123456.5, 1.0, 2.0]),
    "numbers a double cannot hold": (["1e400", "0.5", ""], "number", [float("inf"), 0.5, None]),
    "sure decimal commas": (["0,5", "2,25", "3"], "number", [0.5, 2.25, 3.0]),
    "grouped digits": (["1,234.5", "-1,234,567", "3"], "number", [1234.5, -1234567.0, 3.0]),
    "digits grouped by points": (["1.234,5", "1.234.567", "0,5"], "number", [1234.5, 1234567.0, 0.5]),
    "digits grouped by no-break spaces": (["1\u00a0234,5", "1\u202f234", ""], "number", [1234.5, 1234.0, None]),
    "lists of numbers": (["1,2", "3,4,5", "6"], "text", ["1,2", "3,4,5", "6"]),
    "points and commas for the same": (["0.5", "0,5", "1"], "text", ["0.5", "0,5", "1"]),
    "percentages": (["75 %", "5%", ""], "text", ["75 %", "5%", None]),
    "percentages and fractions": (["75 %", "0.5", "1"], "text", ["75 %", "0.5", "1"]),
    "dates with points": (["01.02.2026", "02.02.2026", ""], "text", ["01.02.2026", "02.02.2026", None]),
    "versions": (["1.2.3", "1.10.0", ""], "text", ["1.2.3", "1.10.0", None]),
    "large measurements": (["1e15", "2.5", "3"], "number", [1e15, 2.5, 3.0]),
    "ids spoilt by a spreadsheet": (["1.2E+15", "1.3E+15", ""], "text", ["1.2E+15", "1.3E+15", None]),
    "infinities": (["inf", "-Infinity", "1"], "number", [float("inf"), float("-inf"), 1.0]),
    "words for no value": (["1", "NA", "null"], "number", [1, None, None]),
    "NaN": (["0.5", "NaN", "nan"], "number", [0.5, None, None]),
    "empty cells": (["1", "", " "], "number", [1, None, None]),
    "no cell filled": (["", "", ""], "text", [None, None, None]),
    "only words for no value": (["NA", "NA", ""], "text", ["NA", "NA", None]),
    "a late word": (["1", "2", "three"], "text", ["1", "2", "three"]),
    "a lone dash": (["1", "2", "-"], "text", ["1", "2", "-"]),
    "hexadecimal": (["0x1A", "1", "2"], "text", ["0x1A", "1", "2"]),
    "decimal commas": (["1,5", "2,5", "3"], "text", ["1,5", "2,5", "3"]),
    "leading zeros": (["01", "1", "2"], "text", ["01", "1", "2"]),
    "a leading zero with a sign": (["-01", "1", "2"], "text", ["-01", "1", "2"]),
    "blanks inside": ([" a ", "b", ""], "text", [" a ", "b", None]),
    "truth values": (["true", "False", ""], "text", ["true", "False", None]),
    "days": (["2026-01-05", "2026-02-28", ""], "time", [datetime(2026, 1, 5), datetime(2026, 2, 28), None]),
    "moments": (["2026-01-05 10:30", "2026-01-05T10:30:01", ""], "time", [datetime(2026, 1, 5, 10, 30), datetime(2026, 1, 5, 10, 30, 1), None]),
    "moments with an offset": (["2026-01-05T10:00:00+02:00", "2026-01-05T10:00:00Z", ""], "time", [datetime(2026, 1, 5, 8), datetime(2026, 1, 5, 10), None]),
    "no such day": (["2026-02-30", "2026-01-05", ""], "text", ["2026-02-30", "2026-01-05", None]),
    "days of another order": (["05/01/2026", "06/01/2026", ""], "text", ["05/01/2026", "06/01/2026", None]),
}  # fmt: skip


@pytest.mark.parametrize("kind", TYPED)
@pytest.mark.parametrize("before", [0, 500], ids=["at the top", "after many empty cells"])
def test_column_is_typed_by_all_of_its_cells(kind: str, before: int, tmp_path: Path) -> None:
    cells, typed, values = TYPED[kind]
    text = (
        "c,n\n"
        + ",0\n" * before
        + "".join(f'"{cell}",1\n' if "," in cell else f"{cell},1\n" for cell in cells)
    )
    source = open_source(write(tmp_path, text))
    assert source.kind("c") == typed
    assert source.column("c").to_pylist() == [None] * before + values


def test_quoted_cells_may_hold_anything(tmp_path: Path) -> None:
    cells = ["a,b", "two\nlines", 'say ""no""', "", "ü"]
    source = open_source(write(tmp_path, "c,n\n" + "".join(f'"{cell}",1\n' for cell in cells)))
    assert source.column("c").to_pylist() == ["a,b", "two\nlines", 'say "no"', None, "ü"]


STYLES = {
    "says decimal comma": ("c;n\n0,5;1,234\n1,5;2,345\n", [1.234, 2.345]),
    "says grouped digits": ("c;n\n1,234.5;1,234\n2;2,345\n", [1234, 2345]),
    "says nothing": ("c;n\na;1,234\nb;2,345\n", ["1,234", "2,345"]),
    "says both": ("c;d;n\n0,5;1,234.5;1,234\n1;1;2,345\n", ["1,234", "2,345"]),
}


@pytest.mark.parametrize("file", STYLES)
def test_number_that_can_be_read_in_two_ways_is_read_as_the_other_columns_say(
    file: str, tmp_path: Path
) -> None:
    text, cells = STYLES[file]
    assert open_source(write(tmp_path, text)).column("n").to_pylist() == cells


DELIMITERS = {
    "commas in a column of text": ("y;t\n1;a, b\n0;c, d, e\n", ("y", "t")),
    "semicolons in a column of text": ("y,t\n1,a;b\n0,c\n", ("y", "t")),
    "decimal commas without a header's help": ("a;b;c\n0,5;0,25;0,125\n", ("a", "b", "c")),
    "one column": ("y\n1\n0\n", ("y",)),
    "a tab in a file of commas": ("y,t\n1,a\tb\n", ("y", "t")),
    "bars in quotes": ('"a|b"|c\n1|2\n', ("a|b", "c")),
}


@pytest.mark.parametrize("file", DELIMITERS)
def test_delimiter_is_the_one_that_cuts_every_line_alike(file: str, tmp_path: Path) -> None:
    text, names = DELIMITERS[file]
    assert open_source(write(tmp_path, text)).names == names


@pytest.mark.parametrize("above", ["", "Report\n\n", "\n\n", "# a\n# b\n"])
def test_rows_are_counted_from_the_first_row_of_data(above: str, tmp_path: Path) -> None:
    text = above + "y_true,y_score\n1,0.5\n\n0,0.25\n\n1,\n0,0.1\n"
    findings = {f.id: f.text for f in mc.read(write(tmp_path, text)).findings}
    assert (
        findings["score-missing"] == "Column 'y_score' is empty in 1 of 4 rows (row 3); they were left out."
    )
    broken = write(tmp_path, text + "1\n", "broken.csv")
    with pytest.raises(mc.DataError, match=rf"at line {text.count(chr(10)) + 1}\."):
        open_source(broken)


def test_nameless_column_gets_a_name(tmp_path: Path) -> None:
    assert open_source(write(tmp_path, "a,,b\n1,2,3\n")).names == ("a", "column_2", "b")
