"""The filter language: how it is read and written, its mistakes, the filters built from values, its page."""

from __future__ import annotations

import doctest
import math
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from metrics_core.errors import DataError
from metrics_core.filters import FUNCTIONS, all_of, between, equals, parse

DOCS = Path(__file__).resolve().parents[1] / "docs" / "filters.md"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a=1", "a == 1"),
        ("((a == 1))", "a == 1"),
        ("a == 1 AND (b == 2 And c == 3)", "a == 1 and b == 2 and c == 3"),
        ("(a == 1 and b == 2) or c == 3", "a == 1 and b == 2 or c == 3"),
        ("a == 1 and (b == 2 or c == 3)", "a == 1 and (b == 2 or c == 3)"),
        ("NOT(a == 1)", "not a == 1"),
        ("not (a == 1 and b == 2)", "not (a == 1 and b == 2)"),
        ("`a b` IN(1,-2.50 , 'x')", "`a b` in (1, -2.50, 'x')"),
        ("`age` Is Not Missing", "age is not missing"),
        ("`In`==TRUE", "`In` == true"),
        ('a contains "it\'s ""so"""', "a contains 'it''s \"so\"'"),
        ("größe\n>=\t007", "größe >= 007"),
        ("नाम == 'x'", "नाम == 'x'"),
        ("```` == 1 and `` == 2", "```` == 1 and `` == 2"),
        ("a>-1 and a<+2", "a > -1 and a < +2"),
    ],
)
def test_a_filter_has_one_canonical_text(text: str, canonical: str) -> None:
    assert parse(text).text == str(parse(text)) == canonical
    assert parse(canonical).text == canonical


@pytest.mark.parametrize(
    ("text", "position", "sentence"),
    [
        ("sex == Female", 8, "expected a value, found Female. Text goes in quotes: 'Female'."),
        ("sex ==", 7, "expected a value, but the filter ends here."),
        ("hours-per-week > 3", 6, "expected a test (==, !=, <, <=, >, >=, in, not in, is missing, contains), found -. "
         "A column name with spaces or other signs goes in backquotes: `hours-per-week`."),
        ("x in [1]", 6, "expected a list in parentheses, found [. A list goes in parentheses: in (1, 2)."),
        ("x in (1 2)", 9, "expected ',' or ')', found 2."),
        ("x in ()", 7, "expected a value, found ). Values are numbers, quoted text, true and false."),
        ("a == 1 & b == 2", 8, "expected 'and', 'or' or the end of the filter, found &. Both is written 'and'."),
        ("(a == 1", 8, "expected 'and', 'or' or ')', but the filter ends here."),
        ("a == 1)", 7, "expected 'and', 'or' or the end of the filter, found )."),
        ("a == 'O'Neil'", 9, "expected 'and', 'or' or the end of the filter, found Neil. "
         "A quote inside quoted text is doubled: 'O''Neil'."),
        ("a == 'b", 6, "this ' is not closed by another one."),
        ("a == \u2018b\u2019", 6, "expected a value, found \u2018. Use the straight quotes ' or \"."),
        ("30 <= age", 1, "expected a column name, 'not' or '(', found 30. The column stands first: age >= 30."),
        ("'a' == 1", 1, "expected a column name, 'not' or '(', found 'a'. "
         "A column name is not quoted, or stands in backquotes: a."),
        ("in == 1", 1, "expected a column name, 'not' or '(', found in. A column of that name goes in backquotes: `in`."),
        ("a == NULL", 6, "expected a value, found NULL. For empty cells write: is missing."),
        ("a is null", 6, "expected 'missing' or 'not missing', found null. For empty cells write: is missing."),
        ("a is not 3", 10, "expected 'missing', found 3."),
        ("a not contains 'b'", 7, "expected 'in', found contains. "
         "The opposite of a test is written before it: not name contains 'x'."),
        ("a contains 3", 12, "expected quoted text, found 3."),
        ("a <> 3", 4, "expected a value, found >. The comparisons are ==, !=, <, <=, > and >=."),
        ("a > 1e999", 5, "the number 1e999 is beyond the range from 5e-324 to 1.8e308."),
        ("a > 0e-99999", 5, "the number 0e-99999 is beyond the range from 5e-324 to 1.8e308."),
        ("a > 1e-400", 5, "the number 1e-400 is beyond the range from 5e-324 to 1.8e308."),
        ("a > " + "9" * 101, 5, "this number has 101 characters; at most 100 are read."),
        ("a == 1 \n b", 10, "expected 'and', 'or' or the end of the filter, found b."),
        ("(" * 10_000, 51, "more than 50 levels of ( and not."),
        ("not " * 100 + "a == 1", 201, "more than 50 levels of ( and not."),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_where_it_is(text: str, position: int, sentence: str) -> None:
    with pytest.raises(DataError) as raised:
        parse(text)
    message, shown, caret = str(raised.value).split("\n")
    assert message == f"Filter, position {position}: {sentence}"
    under = caret.index("^")
    assert (
        shown[under : under + 5].rstrip("…")
        == text[position - 1 : position + 4].rstrip()[: len(shown) - under]
    )
    assert len(shown) < 90


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The filter is empty."),
        (" \n", "The filter is empty."),
        ("(" * 100_000, "The filter has 100,000 characters; at most 20,000 are read."),
        ("a = '" + "b" * 19_994 + "'", "The filter has 20,001 characters; at most 20,000 are read."),
        ("a == '\ud800'", "Filter, position 7: half a character"),
    ],
)
def test_a_text_that_is_no_filter_at_all_is_rejected(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=re.escape(sentence)):
        parse(text)


def test_terms_are_the_chips_and_join_again() -> None:
    whole = parse("n == 1 and (s == 'a' or s is missing) and not (b == true and x < 1)")
    terms = whole.terms()
    assert [t.text for t in terms] == ["n == 1", "s == 'a' or s is missing", "not (b == true and x < 1)"]
    assert [t.columns for t in terms] == [("n",), ("s",), ("b", "x")]
    assert all_of(terms) == whole
    assert all_of(terms[1:2]) == terms[1]
    assert all_of([]) is None
    assert parse("a == 1 or b == 2").terms() == (parse("a == 1 or b == 2"),)
    assert len({whole, parse(whole.text)}) == 1


def test_filters_that_are_too_long_together_are_refused() -> None:
    long = parse("c == '" + "x" * 15_000 + "'")
    with pytest.raises(DataError, match="at most 20,000"):
        all_of([long, long])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.int64(3), "c == 3"),
        (np.float32(0.5), "c == 0.5"),
        (-math.inf, "c == '-inf'"),
        (np.bool_(True), "c == true"),
        (Decimal("1E+3"), "c == 1E+3"),
        (np.nan, "c is missing"),
        (pd.NaT, "c is missing"),
        (pd.NA, "c is missing"),
        (date(2026, 1, 5), "c == '2026-01-05'"),
        (
            pd.Timestamp("2026-01-05 10:00:00.000000001", tz="UTC"),
            "c == '2026-01-05 10:00:00.000000001+00:00'",
        ),
        (np.datetime64("2026-01-05T10:00"), "c == '2026-01-05T10:00'"),
    ],
)
def test_equals_writes_the_value(value: object, text: str) -> None:
    assert equals("c", value) == parse(text)


def test_equals_refuses_what_has_no_text() -> None:
    with pytest.raises(DataError, match=r"not with \[1\]"):
        equals("c", [1])


def test_between_writes_a_bin() -> None:
    assert between("c", 1, 2).text == "c >= 1 and c < 2"
    assert between("c", 1.5, 2, closed="right").text == "c > 1.5 and c <= 2"
    assert (
        between("c", date(2026, 1, 5), date(2026, 1, 6), closed="both").text
        == "c >= '2026-01-05' and c <= '2026-01-06'"
    )
    assert between("c", -math.inf, 2).text == "c < 2"
    assert between("c d", None, math.inf).text == "`c d` is not missing"


# The documentation: every row of its tables that starts with a filter is tried.

SECTIONS = DOCS.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^\| (`+) ?(.+?) ?\1 \| ([0-9 ]+) \|", SECTIONS, flags=re.MULTILINE)


def documented_table() -> pa.Table:
    """Read the little table at the top of the page."""
    lines = [line for line in SECTIONS.split("\n## ")[0].splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in [lines[0], *lines[2:]]]
    types = {
        "age": pa.int64(),
        "sex": pa.string(),
        "hours per week": pa.float64(),
        "new": pa.bool_(),
        "price": pa.decimal128(6, 2),
        "seen": pa.timestamp("us"),
    }
    table = pa.table({name: pa.array([row[i] or None for row in rows[1:]]) for i, name in enumerate(rows[0])})
    return pa.table({name: table[name].cast(kind) for name, kind in types.items()})


def test_the_documentation_has_examples() -> None:
    assert len(EXAMPLES) > 20


@pytest.mark.parametrize(("text", "rows"), [(text, rows) for _, text, rows in EXAMPLES])
def test_every_documented_filter_keeps_the_rows_it_says(text: str, rows: str) -> None:
    assert [int(at) + 1 for at in np.flatnonzero(parse(text).mask(documented_table()))] == [
        int(row) for row in rows.split()
    ]


def test_the_documented_python_says_the_truth() -> None:
    assert doctest.testfile(str(DOCS), module_relative=False) == doctest.TestResults(failed=0, attempted=11)


def test_the_documented_mistake_is_what_the_parser_says() -> None:
    with pytest.raises(DataError) as raised:
        parse("sex == Female")
    assert str(raised.value) in SECTIONS


def test_the_page_about_slices_says_the_truth() -> None:
    page = DOCS.with_name("slices.md")
    found = doctest.testfile(str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert (found.failed, found.attempted) == (0, 11)


def test_the_page_tells_every_function() -> None:
    assert {name for name in FUNCTIONS if f"{name}(" not in SECTIONS} == set()
