"""Conditions as people choose them, and what is said when a value is a slip of the pen."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest

import metrics_core as mc
from app.views.filter_terms import CHOICES, added, alternative, condition, doubts, frequent, grouped, without
from metrics_core.filters import parse
from metrics_core.source import open_source

TABLE = pa.table(
    {
        "hours per week": [40, 20, None, 60],
        "sex": ["Female", "Male", "O'Neil", None],
        "new": [True, False, None, True],
        "seen": pa.array([datetime(2026, 1, 5), datetime(2026, 1, 6), None, datetime(2026, 2, 1)], pa.timestamp("us")),
        "tags": [["a"], [], None, ["b"]],
        "empty": pa.nulls(4),
    }
)  # fmt: skip
CONDITIONS = [
    ("hours per week", ">=", ["40"], [1, 4]),
    ("hours per week", ">", ["40"], [4]),
    ("hours per week", "<=", [" 40 "], [1, 2]),
    ("hours per week", "<", ["40"], [2]),
    ("hours per week", "from", ["20", "40"], [1, 2]),
    ("hours per week", "==", ["2e1"], [2]),
    ("hours per week", "!=", ["20"], [1, 3, 4]),
    ("hours per week", "in", ["20", "60"], [2, 4]),
    ("hours per week", "not in", ["20", "60"], [1, 3]),
    ("hours per week", "missing", [], [3]),
    ("sex", "in", ["O'Neil", "Male"], [2, 3]),
    ("sex", "in", ["Female"], [1]),
    ("sex", "not in", ["Female"], [2, 3, 4]),
    ("sex", "contains", ["ale"], [1, 2]),
    ("sex", "lacks", ["'"], [1, 2, 4]),
    ("sex", "present", [], [1, 2, 3]),
    ("new", "true", [], [1, 4]),
    ("new", "false", [], [2]),
    ("seen", ">=", ["2026-01-06"], [2, 4]),
    ("seen", "<", ["2026-01-06"], [1]),
    ("seen", "from", ["2026-01-05", "2026-01-06"], [1]),
    ("tags", "missing", [], [3]),
    ("empty", "missing", [], [1, 2, 3, 4]),
    ("sex", "word", ["neil"], [3]),
    ("sex", "length>=", ["6"], [1, 3]),
    ("sex", "length<=", ["4"], [2]),
    ("sex", "has_digit", [], []),
    ("sex", "has_url", [], []),
    ("sex", "has_upper", [], [1, 2, 3]),
    ("seen", "hour", ["0", "5"], [1, 2, 4]),
    ("seen", "hour", ["22", "5"], [1, 2, 4]),
    ("seen", "weekday", ["Mon"], [1]),
    ("seen", "weekday", ["Tue", "Sun"], [2, 4]),
    ("seen", "month", ["1"], [1, 2]),
    ("seen", "month", ["1", "2"], [1, 2, 4]),
    ("seen", "year", ["2026"], [1, 2, 4]),
]


@pytest.mark.parametrize(("column", "key", "values", "rows"), CONDITIONS)
def test_a_choice_keeps_the_rows_it_says(column, key, values, rows):
    source = open_source(TABLE)
    chosen = condition(column, source.kind(column), key, values)
    assert (chosen.mask(TABLE).nonzero()[0] + 1).tolist() == rows
    assert parse(chosen.text) == chosen


def test_every_choice_that_is_offered_is_tested():
    kinds = {name: open_source(TABLE).kind(name) for name in TABLE.column_names}
    tested = {(kinds[column], key) for column, key, _, _ in CONDITIONS}
    offered = {(kind, choice.key) for kind, choices in CHOICES.items() for choice in choices}
    # the two that every kind shares are tested once each
    assert {pair for pair in offered - tested if pair[1] not in ("missing", "present")} == set()


@pytest.mark.parametrize(
    ("value", "said"),
    [("1,5", "'1,5' is no number. Write 30, -1.5 or 1e-3. The decimal sign is a point."),
     ("3 or sex is missing", "'3 or sex is missing' is no number."), ("", "A value is missing.")],
)  # fmt: skip
def test_what_is_typed_for_a_number_is_a_number_and_nothing_else(value, said):
    with pytest.raises(mc.DataError, match=said[:20].replace("(", "")) as error:
        condition("hours per week", "number", ">=", [value])
    assert str(error.value).startswith(said)


def test_an_empty_text_can_be_asked_for():
    assert condition("sex", "text", "in", [""]).text == "sex == ''"
    with pytest.raises(mc.DataError, match="A value is missing"):
        condition("sex", "text", "contains", [""])


def test_conditions_join_with_and_or_as_an_alternative_to_one_chip():
    now = parse("a == 1 and (b == 2 or c == 3)")
    assert added(None, parse("d == 4")).text == "d == 4"
    assert added(now, parse("d == 4")).text == "a == 1 and (b == 2 or c == 3) and d == 4"
    assert (
        added(now, parse("d >= 4 and d < 5"), to=0).text
        == "(a == 1 or d >= 4 and d < 5) and (b == 2 or c == 3)"
    )
    assert [term.text for term in added(now, parse("d == 4"), to=1).terms()] == [
        "a == 1",
        "b == 2 or c == 3 or d == 4",
    ]
    assert added(now, parse("a == 1")).text == now.text


def test_hours_past_midnight_are_one_range():
    assert condition("seen", "time", "hour", ["22", "5"]).text == "hour(seen) >= 22 or hour(seen) <= 5"
    assert condition("seen", "time", "hour", ["5", "22"]).text == "hour(seen) >= 5 and hour(seen) <= 22"


@pytest.mark.parametrize(
    ("kind", "key", "values", "said"),
    [
        ("time", "hour", ["five", "6"], "'five' is no number"),
        ("time", "weekday", [], "A value is missing."),
        ("text", "word", [" "], "A value is missing."),
        ("text", "length>=", ["many"], "'many' is no number"),
    ],
)
def test_what_is_typed_for_a_function_must_fit_it(kind, key, values, said):
    with pytest.raises(mc.DataError, match=said):
        condition("c", kind, key, values)


def test_conditions_join_to_a_group_of_which_all_any_or_none_hold():
    parts = [parse("a == 1"), parse("b == 2 or c == 3")]
    assert grouped(parts, "all").text == "a == 1 and (b == 2 or c == 3)"
    assert grouped(parts, "any").text == "a == 1 or b == 2 or c == 3"
    assert grouped(parts, "none").text == "not (a == 1 or b == 2 or c == 3)"
    assert alternative(parse("a == 1 and b == 2"), parse("c == 3")).text == "a == 1 and b == 2 or c == 3"


def test_what_functions_give_is_no_value_of_the_column():
    now = parse("length(sex) == 99 and weekday(seen) == 'Sun' and word(sex, 'x')")
    assert doubts(now, open_source(TABLE), none_pass=True) == []


def test_a_term_is_taken_off_whole():
    now = parse("a == 1 and (b == 2 or c == 3)")
    assert without(now, 1) == "a == 1"
    assert without(now, 0) == "b == 2 or c == 3"
    assert without(parse("a == 1"), 0) == ""


def test_values_are_offered_by_how_often_they_occur():
    source = open_source(pa.table({"x": ["b", "a", "b", None, "c", "b", "a"], "none": pa.nulls(7)}))
    assert list(frequent(source, "x").items()) == [("b", 3), ("a", 2), ("c", 1)]
    assert list(frequent(source, "x", most=1)) == ["b"]
    assert frequent(source, "none") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sex == 'Femal'", ["No row has sex 'Femal'. Did you mean 'Female'?"]),
        ("sex in ('Female', 'male')", ["No row has sex 'male'. Did you mean 'Female' or 'Male'?"]),
        (
            "not (sex != 'X' and new == true)",
            ["No row has sex 'X'. There are: 'Female', 'Male', \"O'Neil\"."],
        ),
        ("sex in ('Female', 'Male') or `hours per week` > 99", []),
        ("empty == 'a'", ["Column 'empty' is empty in every row."]),
    ],
)
def test_values_that_no_row_has_are_named(text, said):
    assert doubts(parse(text), open_source(TABLE)) == said


def test_when_no_row_passes_the_range_of_the_numbers_is_told():
    source = open_source(TABLE)
    now = parse("`hours per week` > 99 and seen < '2020-01-01'")
    assert doubts(now, source) == []
    assert doubts(now, source, none_pass=True) == [
        "Column 'hours per week' runs from 20 to 60.",
        "Column 'seen' runs from 2026-01-05 00:00:00 to 2026-02-01 00:00:00.",
    ]
