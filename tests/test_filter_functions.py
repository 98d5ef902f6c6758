"""Functions of a column in a filter: how they are read and written, which rows they keep, on every engine and in SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core.errors import DataError
from metrics_core.filters import FUNCTIONS, any_of, between, equals, has, none_of, parse
from metrics_core.filters.functions import WEEKDAYS, words_of
from metrics_core.filters.grammar import read
from metrics_core.filters.sql import condition
from metrics_core.filters.tree import And, Comparison, Has, Membership, Node, Not, Number, Or, write

NOTES = [
    None,
    "",
    "Refund please",
    "refund2",
    "call 0800",
    "see HTTP://x.org",
    "WWW.a.b",
    "grüße, ÄRGER",
    "a “word”!",
    "x\ny",
]
SEEN = [
    None,
    datetime(2026, 1, 5, 3, 59, 59, 999999),
    datetime(1960, 2, 29, 23, 30),
    datetime(2026, 1, 4),
    datetime(2025, 12, 31, 12),
] * 2
DAYS = [None, *(date(2026, 1, 1) + timedelta(17 * i) for i in range(9))]
TABLE = pa.table(
    {
        "note": pa.array(NOTES, pa.string()),
        "seen": pa.array(SEEN, pa.timestamp("us")),
        "day": pa.array(DAYS, pa.date32()),
        "n": range(10),
    }
)  # fmt: skip
ROWS: list[dict[str, Any]] = TABLE.to_pylist()
FRAMES = {
    "pyarrow": TABLE,
    "polars": pl.from_arrow(TABLE),
    "pandas": TABLE.to_pandas().assign(day=TABLE["day"].to_pandas(types_mapper=pd.ArrowDtype)),
    "pandas with Arrow types": TABLE.to_pandas(types_mapper=pd.ArrowDtype),
}


def kept(text: str, table: Any = TABLE) -> list[int]:
    return np.flatnonzero(parse(text).mask(table)).tolist()


def given_by(of: str, cell: Any) -> Any:
    """What a function gives for a cell, in plain Python."""
    return {
        "length": lambda: len(cell),
        "hour": lambda: cell.hour,
        "weekday": lambda: WEEKDAYS[cell.weekday()],
        "month": lambda: cell.month,
        "year": lambda: cell.year,
    }[of]()


def says(test: Has, cell: str) -> bool:
    """What a function that answers says of a cell, in plain Python."""
    if test.of == "has_digit":
        return any(sign in "0123456789" for sign in cell)
    if test.of == "has_upper":
        return cell.lower() != cell
    if test.of == "has_url":
        return any(piece in cell.lower() for piece in ("http://", "https://", "www."))
    return test.text in words_of(cell)


def oracle(node: Node, row: dict[str, Any]) -> bool:
    match node:
        case And(parts):
            return all(oracle(part, row) for part in parts)
        case Or(parts):
            return any(oracle(part, row) for part in parts)
        case Not(part):
            return not oracle(part, row)
    cell = row[node.column]
    match node:
        case Has():
            return cell is not None and says(node, cell)
        case Membership(_, some, negated, of):
            among = [v.written if isinstance(v, Number) else v for v in some]
            return (cell is not None and str(given_by(of, cell)) in among) != negated
        case Comparison(_, op, Number(written), of):
            if cell is None:
                return op == "!="
            found, value = given_by(of, cell), float(written)
            return bool({"==": found == value, "!=": found != value, "<": found < value, "<=": found <= value,
                         ">": found > value, ">=": found >= value}[op])  # fmt: skip
        case Comparison(_, op, value, of):
            return (cell is not None and given_by(of, cell) == value) == (op == "==")
    raise AssertionError(node)


COLUMN_OF = {"text": ["note"], "day": ["seen", "day"], "clock": ["seen"]}


@st.composite
def leaves(draw: st.DrawFn) -> Node:
    """One test with a function."""
    function = FUNCTIONS[draw(st.sampled_from(sorted(FUNCTIONS)))]
    column = draw(st.sampled_from(COLUMN_OF[function.reads]))
    if function.gives == "answer":
        return Has(column, function.name, draw(st.sampled_from(["refund", "refund2", "please", "word", "ärger", "0800"])) if function.word else "")  # fmt: skip
    if function.gives == "weekday":
        value: st.SearchStrategy[Any] = st.sampled_from(WEEKDAYS)
        ops = ["==", "!="]
    else:
        value = st.sampled_from(["0", "3", "12", "1", "2026", "9", "-1"]).map(Number)
        ops = ["==", "!=", "<", "<=", ">", ">="]
    if draw(st.booleans()):
        some = tuple(draw(st.lists(value, min_size=1, max_size=3)))
        return Membership(column, some, draw(st.booleans()), function.name)
    if function.gives == "number":
        value |= st.sampled_from(["11.5", "1e9", "-2.5"]).map(Number)
    return Comparison(column, draw(st.sampled_from(ops)), draw(value), function.name)


def joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    both = st.lists(parts.filter(lambda part: not isinstance(part, And)), min_size=2, max_size=3)
    either = st.lists(parts.filter(lambda part: not isinstance(part, Or)), min_size=2, max_size=3)
    return st.one_of(parts.map(Not), both.map(tuple).map(And), either.map(tuple).map(Or))


TREES = st.recursive(leaves(), joined, max_leaves=6)


@given(TREES)
def test_every_filter_keeps_the_rows_that_plain_python_keeps(tree: Node) -> None:
    assert parse(write(tree)).mask(TABLE).tolist() == [oracle(tree, row) for row in ROWS]


@given(TREES)
def test_the_canonical_text_reads_back(tree: Node) -> None:
    assert read(write(tree)) == tree
    assert parse(parse(write(tree)).text) == parse(write(tree))


@given(TREES, st.sampled_from(sorted(FRAMES)))
def test_every_engine_keeps_the_same_rows(tree: Node, engine: str) -> None:
    wanted = parse(write(tree)).mask(TABLE).tolist()
    frame = nw.from_native(FRAMES[engine], eager_only=True)
    assert frame.select(keep=parse(write(tree)).expression(frame.schema))["keep"].to_list() == wanted
    assert parse(write(tree)).mask(FRAMES[engine]).tolist() == wanted


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB, where the function of other databases has another name."""
    with duckdb.connect() as connection:
        connection.execute("CREATE MACRO regexp_like(t, p) AS regexp_matches(t, p)")
        yield connection


@given(tree=TREES)
def test_sql_keeps_the_rows_that_the_filter_keeps(database: duckdb.DuckDBPyConnection, tree: Node) -> None:
    found = parse(write(tree))
    database.register("rows", TABLE)
    answers = [row[0] for row in database.execute(f"SELECT {condition(found)} FROM rows").fetchall()]
    assert answers == found.mask(TABLE).tolist()


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("LENGTH( note )>100", "length(note) > 100"),
        ("Weekday(seen) = 'saturday'", "weekday(seen) == 'Sat'"),
        ("weekday(seen) not in ('SUN', \"Sat\")", "weekday(seen) not in ('Sun', 'Sat')"),
        ("word(`the note`, ' Refund ')", "word(`the note`, 'refund')"),
        ("NOT Has_Digit(note)", "not has_digit(note)"),
        ("length > 3 and word in ('a') and hour is missing", "length > 3 and word in ('a') and hour is missing"),
        ("length(length) > 3", "length(length) > 3"),
    ],
)  # fmt: skip
def test_a_filter_has_one_canonical_text(text: str, canonical: str) -> None:
    assert parse(text).text == canonical == parse(canonical).text


@pytest.mark.parametrize(
    ("text", "position", "sentence"),
    [
        ("lenght(note) > 3", 1, "there is no function lenght(). Did you mean 'length'? A test follows a column without parentheses."),
        ("age(30)", 1, "there is no function age(). There are: 'length', 'hour', "),
        ("length(note)", 13, "expected a comparison (==, !=, <, <=, >, >=, in, not in), but the filter ends here."),
        ("length(note) contains 'a'", 14, "expected a comparison (==, !=, <, <=, >, >=, in, not in), found contains. What a function gives is compared"),
        ("length(note) is missing", 14, "length() is missing where the column is. Write: note is missing."),
        ("length('note') > 3", 8, "expected a column name, found 'note'. A column name is not quoted, or stands in backquotes: note."),
        ("length(note > 3", 13, "expected ')', found >."),
        ("hour(seen) == '3'", 15, "hour() gives the hour of a time, 0 to 23. Compare it with a number, unquoted."),
        ("weekday(seen) == 'Montag'", 18, "weekday() gives the day of the week, 'Mon' to 'Sun'."),
        ("weekday(seen) == 1", 18, "weekday() gives the day of the week, 'Mon' to 'Sun'. Write it in quotes: 'Mon'."),
        ("weekday(seen) > 'Mon'", 15, "days of the week go round, so they have no order. List them: in ('Sat', 'Sun')."),
        ("has_digit(note) == true", 17, "has_digit() is a test by itself; its opposite is written: not has_digit(note)."),
        ("word(note)", 10, "expected ',' and a word in quotes, found )."),
        ("word(note, refund)", 12, "expected a word in quotes, found refund."),
        ("word(note, ' ')", 12, "this text is empty. Write the word to look for."),
        ("word(note, 'a') == 'b'", 17, "word() is a test by itself"),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_where_it_is(text: str, position: int, sentence: str) -> None:
    with pytest.raises(DataError) as raised:
        parse(text)
    message, _, caret = str(raised.value).split("\n")
    assert message.startswith(f"Filter, position {position}: {sentence}")
    assert caret.index("^") == position + 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("length(n) > 3", "Column 'n' holds numbers, and length() reads text."),
        ("hour(note) == 3", "Column 'note' holds text, and hour() reads times of the day. Dates and times are recognised when"),
        ("hour(day) == 3", "Column 'day' holds dates without a time, and hour() reads times of the day."),
        ("month(n) == 3", "Column 'n' holds numbers, and month() reads dates or times."),
        ("has_url(seen)", "Column 'seen' holds times, and has_url() reads text."),
        ("word(nope, 'a')", "The filter names a column 'nope' that is not in the table. Did you mean 'note'?"),
    ],
)  # fmt: skip
def test_a_column_of_the_wrong_type_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=re.escape(sentence)):
        parse(text).mask(TABLE)


def test_a_missing_cell_passes_no_function_and_every_opposite() -> None:
    for text in ("length(note) >= 0", "has_digit(note)", "word(note, 'a')", "weekday(seen) == 'Mon'", "hour(seen) in (3)"):  # fmt: skip
        assert 0 not in kept(text)
        assert 0 in kept(f"not {text}")
    assert 0 in kept("length(note) != 3")
    assert 0 in kept("hour(seen) not in (3)")


def test_a_column_without_any_value_accepts_every_function() -> None:
    empty = pa.table({"c": pa.nulls(2)})
    for text in ("length(c) > 1", "hour(c) == 3", "has_url(c)", "word(c, 'a')"):
        assert kept(text, empty) == []


def test_hours_and_days_are_those_of_the_columns_own_zone() -> None:
    night = datetime(2026, 1, 4, 23, 30, tzinfo=UTC)  # half past midnight in Paris, a Monday there
    for unit in ("s", "ms", "us", "ns"):
        table = pa.table({"c": pa.array([night, None], pa.timestamp(unit, "Europe/Paris"))})
        assert kept("hour(c) == 0", table) == kept("weekday(c) == 'Mon'", table) == [0]
        assert kept("hour(c) == 23", table) == []
    assert kept("hour(c) == 23", pa.table({"c": pa.array([night], pa.timestamp("us", "UTC"))})) == [0]
    assert kept("hour(c) == 1", pa.table({"c": pa.array([night], pa.timestamp("us", "+02:00"))})) == [0]


def test_a_zone_this_machine_does_not_know_has_no_clock() -> None:
    table = pa.table({"c": pa.array([0, 3600], pa.timestamp("s", "Mars/Olympus"))})
    with pytest.raises(
        DataError, match=r"zone 'Mars/Olympus', which this machine does not know, so hour\(\)"
    ):
        kept("hour(c) == 1", table)


@pytest.mark.parametrize(
    "native",
    [
        pa.table({"c": pa.array(["Ab1", None, "c"]).dictionary_encode()}),
        pa.table({"c": pa.array(["Ab1", None, "c"], pa.string_view())}),
        pd.DataFrame({"c": pd.Categorical(["Ab1", None, "c"])}),
        pl.DataFrame({"c": ["Ab1", None, "c"]}, schema={"c": pl.Categorical}),
    ],
    ids=["dictionary", "view", "pandas", "polars"],
)
def test_every_type_of_text_is_text(native: Any) -> None:
    for text in ("length(c) == 3", "has_digit(c)", "has_upper(c)", "word(c, 'AB1')"):
        assert kept(text, native) == [0]


def test_characters_are_counted_and_not_bytes() -> None:
    assert kept(
        "length(c) == 4", pa.table({"c": ["grün", "gr\u00fc\u00df", "four", "\U0001f600" * 4, "fünf5"]})
    ) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("word", "cell", "there"),
    [
        ("refund", "Refund!", True),
        ("refund", "refunds", False),
        ("refund", "(refund)", True),
        ("refund", "pre-refund", True),
        ("refund", "refund_1", False),
        ("refund", "«refund»", True),
        ("ärger", "ÄRGER.", True),
        ("don't", "I don't", True),
        ("c++", "in C++ and C", True),
        ("a.c", "abc", False),
        ("new york", "New York, NY", True),
        ("refund", "réfund", False),
    ],
)
def test_a_word_stands_between_what_makes_no_word(word: str, cell: str, there: bool) -> None:
    assert has("word", "c", word).mask(pa.table({"c": [cell]})).tolist() == [there]


@given(st.text(max_size=30), st.data())
def test_every_word_of_a_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    # of letters whose lower case every engine writes alike
    plain = "".join(
        sign for sign in text if len(sign.lower()) == 1 and sign.lower().upper().lower() == sign.lower()
    )
    words = sorted(words_of(plain.lower()))
    if words:
        word = data.draw(st.sampled_from(words))
        assert has("word", "c", word).mask(pa.table({"c": [plain.lower()]})).tolist() == [True]


def test_filters_of_functions_are_built_from_values() -> None:
    assert equals("seen", 3, of="hour").text == "hour(seen) == 3"
    assert equals("seen", None, of="hour").text == "seen is missing"
    assert between("a note", 3, None, of="length").text == "length(`a note`) >= 3"
    assert between("note", None, None, of="length").text == "note is not missing"
    with pytest.raises(DataError, match=r"there is no function has_digits\(\)\. Did you mean 'has_digit'"):
        has("has_digits", "note")


def test_several_filters_become_one_of_any_or_of_none() -> None:
    some = [parse("a == 1 or b == 2"), parse("c == 3 and d == 4")]
    assert any_of(some) == parse("a == 1 or b == 2 or c == 3 and d == 4")
    assert none_of(some) == parse("not (a == 1 or b == 2 or c == 3 and d == 4)")
    assert any_of([]) is None
    assert none_of([]) is None
    assert none_of(some[:1] * 2) == parse("not (a == 1 or b == 2 or a == 1 or b == 2)")
