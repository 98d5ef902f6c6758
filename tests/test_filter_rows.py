"""Which rows a filter keeps: on every engine, for every type, with missing cells, against plain Python."""

from __future__ import annotations

import math
import operator
import pickle
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metrics_core.errors import DataError
from metrics_core.filters import equals, parse
from metrics_core.filters.grammar import read
from metrics_core.filters.tree import (
    And,
    Comparison,
    Contains,
    Membership,
    Missing,
    Node,
    Not,
    Number,
    Or,
    Value,
    write,
)

BIG = 2**53
TYPES = {
    "n": pa.int64(),
    "x": pa.float64(),
    "s": pa.string(),
    "b": pa.bool_(),
    "t": pa.timestamp("ns"),
    "d": pa.date32(),
    "m": pa.decimal128(20, 2),
}
COLUMNS: dict[str, list[Any]] = {
    "n": [0, BIG, BIG + 1, None, -7, 7],
    "x": [0.1, -1.5, math.nan, None, math.inf, 7.0],
    "s": ["a", "B", "7", None, "", "it's a\nb"],
    "b": [True, False, None, True, False, None],
    "t": [datetime(2026, 1, 5), datetime(2026, 1, 5, 10), None, datetime(1960, 2, 29, 23, 59, 59, 999999)]
    + [None] * 2,
    "d": [date(2026, 1, 5), date(1960, 2, 29), None, None, date(2026, 1, 6), date(9999, 12, 31)],
    "m": [Decimal("0.10"), Decimal(-2), None, None, Decimal("99999999999999.99"), Decimal(7)],
}
ROWS: list[dict[str, Any]] = [
    dict(zip(COLUMNS, cells, strict=True)) for cells in zip(*COLUMNS.values(), strict=True)
]
TABLE = pa.table({name: pa.array(COLUMNS[name], kind) for name, kind in TYPES.items()})
FRAMES = {
    "pyarrow": TABLE,
    "polars": pl.from_arrow(TABLE),
    "pandas with Arrow types": TABLE.to_pandas(types_mapper=pd.ArrowDtype),
}


def kept(text: str, table: Any = TABLE) -> list[int]:
    """Positions of the rows a filter keeps."""
    return np.flatnonzero(parse(text).mask(table)).tolist()


def column(values: list[Any], kind: pa.DataType | None = None) -> pa.Table:
    """Build a table with the one column ``c``."""
    return pa.table({"c": pa.array(values, kind)})


# Trees for hypothesis, each test of a kind that fits its column.

numbers = st.one_of(
    st.sampled_from(["0", "7", "-7.0", "+.5", "0.1", "1e-3", str(BIG), str(BIG + 1), "1e30", "-2.", "6.99"]),
    st.integers().map(str).filter(lambda text: len(text) < 100),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
).map(Number)
texts = st.one_of(st.sampled_from(["a", "B", "", "it's", "7"]), st.text(max_size=5))
moments = st.one_of(
    st.sampled_from(
        ["2026-01-05", "2026-01-05 10:00", "1960-02-29T23:59:59.999999", "9999-12-31", "0001-01-01"]
    ),
    st.datetimes().map(lambda moment: moment.isoformat(sep=" ")),
)
values: dict[str, st.SearchStrategy[Value]] = {
    "n": numbers,
    "x": numbers,
    "m": numbers,
    "s": texts,
    "b": st.booleans(),
    "t": moments,
    "d": moments,
}


def leaves(name: str) -> st.SearchStrategy[Node]:
    """Tests of one column of TABLE."""
    ops = ("==", "!=") if name == "b" else ("==", "!=", "<", "<=", ">", ">=")
    some = st.lists(values[name], min_size=1, max_size=4).map(tuple)
    return st.one_of(
        st.builds(Comparison, st.just(name), st.sampled_from(ops), values[name]),
        st.builds(Membership, st.just(name), some, st.booleans()),
        st.builds(Missing, st.just(name), st.booleans()),
        *([st.builds(Contains, st.just(name), texts)] if name == "s" else []),
    )


def joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Negate, or join with and / or without nesting the same word."""
    both = st.lists(parts.filter(lambda part: not isinstance(part, And)), min_size=2, max_size=3)
    either = st.lists(parts.filter(lambda part: not isinstance(part, Or)), min_size=2, max_size=3)
    return st.one_of(parts.map(Not), both.map(tuple).map(And), either.map(tuple).map(Or))


trees = st.recursive(st.sampled_from(sorted(TYPES)).flatmap(leaves), joined, max_leaves=8)
COMPARE = {"==": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def oracle(node: Node, row: dict[str, Any]) -> bool:
    """Answer for one row in plain Python."""
    match node:
        case And(parts):
            return all(oracle(part, row) for part in parts)
        case Or(parts):
            return any(oracle(part, row) for part in parts)
        case Not(part):
            return not oracle(part, row)
    cell = row[node.column]
    missing = cell is None or cell != cell
    match node:
        case Missing(_, negated):
            return missing != negated
        case Contains(_, text):
            return not missing and text in cell
        case Membership(_, some, negated):
            return (not missing and any(_compare("==", cell, value) for value in some)) != negated
        case Comparison(_, "!=", value):
            return missing or not _compare("==", cell, value)
        case Comparison(_, op, value):
            return not missing and _compare(op, cell, value)
    raise AssertionError(node)


def _compare(op: str, cell: Any, value: Value) -> bool:
    """Compare a present cell with a value."""
    if isinstance(value, Number):
        read = float if isinstance(cell, float) else Fraction
        return bool(COMPARE[op](read(cell), read(value.written)))
    if isinstance(cell, date):
        if not isinstance(cell, datetime):
            cell = datetime(cell.year, cell.month, cell.day)
        value = datetime.fromisoformat(str(value))  # type: ignore[assignment]  # compared with a datetime below
    return bool(COMPARE[op](cell, value))


@given(trees)
@example(Comparison("t", "<", "9999-12-31"))
def test_every_filter_keeps_the_rows_that_plain_python_keeps(tree: Node) -> None:
    assert parse(write(tree)).mask(TABLE).tolist() == [oracle(tree, row) for row in ROWS]


@given(trees)
def test_a_filter_and_its_opposite_split_the_rows(tree: Node) -> None:
    text = write(tree)
    assert (parse(text).mask(TABLE) ^ parse(f"not ({text})").mask(TABLE)).all()


@given(trees, st.sampled_from(sorted(FRAMES)))
def test_the_expression_keeps_the_same_rows_on_every_engine(tree: Node, engine: str) -> None:
    frame = nw.from_native(FRAMES[engine], eager_only=True)
    chosen = frame.select(keep=parse(write(tree)).expression(frame.schema))["keep"]
    assert chosen.to_list() == parse(write(tree)).mask(TABLE).tolist()
    assert parse(write(tree)).mask(FRAMES[engine]).tolist() == parse(write(tree)).mask(TABLE).tolist()


@given(trees)
def test_the_canonical_text_reads_back(tree: Node) -> None:
    assert read(write(tree)) == tree
    one = parse(write(tree))
    assert parse(one.text) == one
    assert pickle.loads(pickle.dumps(one)) == one


@given(
    st.text(max_size=20),
    st.one_of(st.text(max_size=20), st.integers(-(2**63), 2**63 - 1), st.floats(), st.booleans(), st.none()),
)
@example("`a` or 1 == 1 --", "' or 1 == 1 --")
@example("", "")
@example("NOT", "\\'")
def test_any_name_and_value_are_data_and_nothing_else(name: str, value: Any) -> None:
    chosen = equals(name, value)
    assert chosen.columns == (name,)
    assert chosen.terms() == (chosen,)
    table = pa.table(
        {name: pa.array([value, None], pa.string() if value is None else None, from_pandas=True)}
    )
    gone = value is None or value != value
    assert chosen.mask(table).tolist() == [True, gone]


def test_pandas_frames_with_their_own_types_are_read_too() -> None:
    frame = pd.DataFrame(
        {
            "x": [1.5, None, 3.0],
            "s": ["a", None, "b"],
            "b": pd.Series([True, None, False], dtype=object),
            "c": pd.Categorical(["u", None, "v"]),
            "t": [pd.Timestamp("2026-01-05 00:00:00.000000001"), pd.NaT, pd.Timestamp("2026-01-06")],
            "mixed": pd.Series([1, "a", None], dtype=object),
        }
    )
    for text in (
        "x < 2",
        "s == 'a'",
        "b == true",
        "c < 'v'",
        "t < '2026-01-06'",
        "t == '2026-01-05 00:00:00.000000001'",
    ):
        assert kept(text, frame) == [0]
    with pytest.raises(DataError, match="'mixed' mixes values of several types"):
        kept("mixed == 1", frame)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("X == 1", "The filter names a column 'X' that is not in the table. Did you mean 'x'?"),
        ("zz == 1", "that is not in the table. There are: 'n', 'x', 's', 'b', 't', 'd', 'm'."),
        ("n == 'seven'", "Column 'n' holds numbers, and the filter compares it with 'seven'. Write a number"),
        ("x < 'nan'", "Column 'x' holds numbers, and the filter compares it with 'nan'."),
        ("m in (1, true)", "Column 'm' holds numbers, and the filter compares it with true."),
        ("n > 'inf'", "Column 'n' holds numbers, and the filter compares it with 'inf'."),
        ("s < 7", "Column 's' holds text, and the filter compares it with 7. Quote it to order by spelling"),
        (
            "s == true",
            "Column 's' holds text, and the filter compares it with true. If that is the text, quote it",
        ),
        ("b == 'yes'", "Column 'b' holds true and false, and the filter compares it with 'yes'."),
        ("b == 1", "Column 'b' holds true and false, and the filter compares it with 1."),
        ("b < true", "Column 'b' holds true and false, which have no order."),
        ("t == 2026", "Column 't' holds times, and the filter compares it with 2026. Write a quoted date"),
        ("d == '2026-02-30'", "Column 'd' holds times, and the filter compares it with '2026-02-30'."),
        ("t == '2026-01-05 10:00+99:00'", "Column 't' holds times, and the filter compares it with"),
        ("t == '2026-01-05 10:00Z'", "Column 't' holds times without a time zone"),
        ("n contains '1'", "Column 'n' does not hold text, so 'contains' has nothing to look into."),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=re.escape(sentence)):
        parse(text).mask(TABLE)
    with pytest.raises(DataError, match=re.escape(sentence)):
        parse(text).expression(nw.from_native(TABLE).schema)


@pytest.mark.parametrize("kind", [pa.list_(pa.int64()), pa.binary(), pa.duration("s"), pa.decimal256(60, 2)])
def test_other_columns_can_only_be_missing(kind: pa.DataType) -> None:
    table = column([None, None], kind)
    assert kept("c is missing", table) == [0, 1]
    with pytest.raises(DataError, match=r"a filter cannot compare\. It can only ask: is missing"):
        kept("c == 1", table)


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
    ids=str,
)
def test_every_type_of_text_is_text(kind: pa.DataType) -> None:
    table = pa.table({"c": pa.array(["0", "007", None, "x"]).cast(kind)})
    assert kept("c == 0", table) == [0]
    assert kept("c in (007, 'x')", table) == [1, 3]
    assert kept("c == 7", table) == []
    assert kept("c contains '0'", table) == [0, 1]
    assert kept("c < '1'", table) == [0, 1]


@pytest.mark.parametrize(
    "native",
    [
        pd.DataFrame({"c": pd.Categorical(["u", None, "v"])}),
        pl.DataFrame({"c": ["u", None, "v"]}, schema={"c": pl.Categorical}),
        pl.DataFrame({"c": ["u", None, "v"]}, schema={"c": pl.Enum(["v", "u"])}),
    ],
    ids=["pandas", "polars categorical", "polars enum"],
)
def test_categories_compare_as_text_whatever_their_order(native: Any) -> None:
    frame = nw.from_native(native, eager_only=True)
    for text in ("c == 'u'", "c < 'v'", "c contains 'u'", "c in ('u', 'w')"):
        assert frame.filter(parse(text).expression(frame.schema))["c"].to_list() == ["u"]
        assert kept(text, native) == [0]


@pytest.mark.parametrize(
    "kind",
    [
        pa.int8(),
        pa.uint64(),
        pa.float16(),
        pa.float32(),
        pa.decimal32(5, 2),
        pa.dictionary(pa.int8(), pa.int64()),
    ],
    ids=str,
)
def test_every_type_of_number_is_a_number(kind: pa.DataType) -> None:
    values = [Decimal(1), Decimal(2), None] if pa.types.is_decimal(kind) else [1, 2, None]
    table = pa.table({"c": pa.array(values, kind)})
    assert kept("c == 1", table) == [0]
    assert kept("c > 1.5", table) == [1]
    assert kept("c in (2, 300, -1, 1e30)", table) == [1]
    assert kept("c < 1e30", table) == kept("c > -1e30", table) == kept("c is not missing", table) == [0, 1]
    assert kept("c <= -1e30", table) == []


def test_integers_beyond_float64_compare_exactly() -> None:
    top = 2**64 - 1
    table = column([top, top - 1, 5], pa.uint64())
    assert kept(f"c == {top}", table) == [0]
    assert kept(f"c in ({top - 1}, 5, {top + 1})", table) == [1, 2]
    assert kept(f"c > {top - 1}.5", table) == [0]
    for native in (pl.from_arrow(table), table.to_pandas(), table.to_pandas(types_mapper=pd.ArrowDtype)):
        frame = nw.from_native(native, eager_only=True)
        for text in (f"c == {top}", f"c > {top - 1}", f"c in ({top}, 1)"):
            assert frame.filter(parse(text).expression(frame.schema)).shape == (1, 1)
    wide = Decimal("12345678901234567890123456789012345.678")
    assert kept(f"c in ({wide}, 1)", column([wide, wide + Decimal("0.001")], pa.decimal128(38, 3))) == [0]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_with_a_zone_are_instants(unit: str) -> None:
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    table = column([noon, noon + timedelta(hours=1), None], pa.timestamp(unit, "Europe/Paris"))
    assert kept("c == '2026-01-05 13:00'", table) == [0]
    assert kept("c == '2026-01-05T12:00:00Z'", table) == [0]
    assert kept("c > '2026-01-05 12:00+00:00'", table) == [1]
    assert kept("c in ('2026-01-05T13:00', '2026-01-05 14:00', '2026-01-05 14:00:00.000000001')", table) == [
        0,
        1,
    ]
    assert equals("c", noon.astimezone(timezone(timedelta(hours=5)))).mask(table).tolist() == [
        True,
        False,
        False,
    ]


def test_a_zone_this_machine_does_not_know_needs_an_offset() -> None:
    table = column([0, 3600], pa.timestamp("s", "Mars/Olympus"))
    with pytest.raises(DataError, match="Write the offset too"):
        parse("c > '1970-01-01'").mask(table)
    assert kept("c > '1970-01-01 02:00+02:00'", table) == [1]


def test_a_column_without_any_value_accepts_every_comparison() -> None:
    table = column([None, None])
    for text in ("c == 1", "c < 'a'", "c in (true)", "c contains 'a'"):
        assert kept(text, table) == []
    assert kept("c is missing and c != 1", table) == [0, 1]


def test_no_rows_give_an_empty_mask() -> None:
    mask = parse("n == 1 or s contains 'a'").mask(TABLE.slice(0, 0))
    assert (mask.shape, mask.dtype) == ((0,), np.bool_)


def test_a_list_of_a_thousand_values_works() -> None:
    table = pa.table({"n": range(3000), "s": [f"customer-{i:06}" for i in range(3000)]})
    assert kept(f"n in ({', '.join(map(str, range(0, 2000, 2)))})", table) == list(range(0, 2000, 2))
    assert kept("s in (" + ",".join(f"'customer-{i:06}'" for i in range(1000)) + ")", table) == list(
        range(1000)
    )


def test_a_long_chain_of_tests_works() -> None:
    text = " or ".join(f"n == {i}" for i in range(1200))
    assert kept(text, pa.table({"n": range(2000)})) == list(range(1200))
