"""Filters as SQL: DuckDB keeps the rows that the mask keeps, and no condition is ever NULL."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core.filters import between, equals, parse
from metrics_core.filters.sql import condition, quoted
from metrics_core.filters.tree import write_name, write_value

#: A column of each kind that the language and SQL both compare: name, type, cells, and how its values are written.
COLUMNS: dict[str, tuple[pa.DataType, list[Any], list[str]]] = {
    "n": (pa.int64(), [None, -3, 0, 7, 29, 30, 2**53 + 1], ["-3", "0", "29.5", "30", "3e1", "9007199254740993", "+7", ".5", "7."]),
    'the "odd" `x`': (pa.float64(), [None, -1.5, 0.0, 0.1, 0.1 + 0.2, 1e-300, 44.174018612868934], ["0.1", "0.30000000000000004", "44.174018612868934", "-1.5", "1e-300", "0"]),
    "select": (pa.string(), [None, "", "a", "Z", "it's", 'q"q', "é", "a%b", "\\", "007"], ["''", "'a'", "'it''s'", "'q\"q'", "'é'", "'%'", "'\\'", "'007'", "'Z'"]),
    "new": (pa.bool_(), [None, True, False], ["true", "false"]),
    "day": (pa.date32(), [None, date(2026, 1, 5), date(2026, 1, 6)], ["'2026-01-05'", "'2026-01-06'", "'1999-12-31'"]),
    "seen": (pa.timestamp("us"), [None, datetime(2026, 1, 5), datetime(2026, 1, 5, 10)], ["'2026-01-05'", "'2026-01-05 10:00'", "'2026-01-05T10:00:00.25'"]),
}  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    n = draw(st.integers(1, 12))
    cells = {
        name: draw(st.lists(st.sampled_from(of), min_size=n, max_size=n))
        for name, (_, of, _) in COLUMNS.items()
    }
    return pa.table({name: pa.array(cells[name], type_) for name, (type_, *_) in COLUMNS.items()})


@st.composite
def single_tests(draw: st.DrawFn) -> str:
    column = draw(st.sampled_from(list(COLUMNS)))
    name, value = write_name(column), st.sampled_from(COLUMNS[column][2])
    kind = draw(st.sampled_from(["compare", "in", "missing"] + ["contains"] * (column == "select")))
    if kind == "missing":
        return f"{name} is {draw(st.sampled_from(['', 'not ']))}missing"
    if kind == "contains":
        return f"{name} contains {draw(value)}"
    if kind == "in":
        listed = ", ".join(draw(st.lists(value, min_size=1, max_size=3)))
        return f"{name} {draw(st.sampled_from(['', 'not ']))}in ({listed})"
    signs = ["==", "!="] if column == "new" else ["==", "!=", "<", "<=", ">", ">="]
    return f"{name} {draw(st.sampled_from(signs))} {draw(value)}"


FILTERS = st.recursive(
    single_tests(),
    lambda inner: (
        st.builds("not ({})".format, inner)
        | st.builds("({}) and ({})".format, inner, inner)
        | st.builds("({}) or ({})".format, inner, inner)
    ),
    max_leaves=6,
)


@cache
def database() -> duckdb.DuckDBPyConnection:
    """One for the whole file: opening it takes longer than a question."""
    return duckdb.connect()


def kept(where: str, table: pa.Table) -> list[bool | None]:
    """Ask DuckDB the question of every row, in their order."""
    database().register("rows", table)
    return [row[0] for row in database().execute(f"SELECT {where} FROM rows").fetchall()]


@given(FILTERS, tables())
def test_sql_keeps_the_rows_that_the_filter_keeps(text: str, table: pa.Table) -> None:
    found = parse(text)
    assert kept(condition(found), table) == found.mask(table).tolist()


@given(st.sampled_from(list(COLUMNS)), tables())
def test_a_cell_is_found_by_the_filter_made_of_it(column: str, table: pa.Table) -> None:
    cells = table.column(column).to_pylist()
    assert kept(condition(equals(column, cells[0])), table) == [cell == cells[0] for cell in cells]


@pytest.mark.parametrize("closed", ["left", "right", "both"])
def test_a_range_of_floats_has_the_same_edges(closed: Any) -> None:
    table = pa.table({"x": [0.1, 0.2, 0.1 + 0.2, 0.3, 0.7, None]})
    found = between("x", 0.1, 0.1 + 0.2, closed)
    assert kept(condition(found), table) == found.mask(table).tolist()


def test_conditions_are_never_null() -> None:
    empty = pa.table({"a": pa.nulls(2, pa.int64()), "t": pa.nulls(2, pa.string())})
    for text in (
        "a == 1",
        "a != 1",
        "a in (1)",
        "a not in (1)",
        "not a < 1",
        "t contains 'x'",
        "a is missing",
    ):
        found = parse(text)
        assert kept(condition(found), empty) == found.mask(empty).tolist()
        assert kept(f"({condition(found)}) IS NULL", empty) == [False, False]


def test_a_negation_of_a_negation_is_parenthesised() -> None:
    assert condition(parse("not not a == 1")) == 'NOT (NOT COALESCE("a" = 1, FALSE))'


def test_names_and_texts_cannot_leave_their_quotes() -> None:
    name, text = 'a"; DROP TABLE rows; --', "'; DROP TABLE rows; --"
    table = pa.table({name: [text, "b", None]})
    assert quoted(name) == '"a""; DROP TABLE rows; --"'
    found = parse(f"{write_name(name)} == {write_value(text)}")
    assert kept(condition(found), table) == [True, False, False]
