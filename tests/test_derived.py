"""Derived columns: their groups part the rows, and the filter of each group finds exactly its rows."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metrics_core as mc
from metrics_core.derived import binned, derivable, derived, derived_columns, grouping_of, of_model, quantiles
from metrics_core.grouping import Grouping, grouping
from metrics_core.groups_compared import Comparison
from metrics_core.source import Source, open_source

RNG = np.random.default_rng(5)
HOURS = [datetime(2025, 11, 30) + timedelta(hours=int(h)) for h in RNG.integers(0, 9000, 120)]
TEXTS = [None if i % 9 == 0 else "Ab 1 http://x.org "[: i % 17] * (i % 4) for i in range(120)]


def opened(cells: Any) -> Source:
    return open_source(pa.table({"c d": cells if isinstance(cells, pa.Array) else pa.array(cells)}))


def check(source: Source, found: Grouping) -> None:
    """Every row is in the one group whose filter finds it."""
    for i, level in enumerate(found.levels):
        np.testing.assert_array_equal(
            level.where.mask(source.table(["c d"])), found.code == i, err_msg=level.where.text
        )
        assert level.column == found.column
    assert (found.code < len(found.levels)).all()
    assert found.code.dtype == np.int8
    assert len({level.label for level in found.levels}) == len(found.levels)
    json.dumps([level.to_dict() for level in found.levels], allow_nan=False)


COLUMNS: dict[str, Any] = {
    "texts": TEXTS,
    "texts in a dictionary": pa.array(TEXTS).dictionary_encode(),
    "few lengths": ["a", "bb", None, "Ab"] * 5,
    "no text": pa.nulls(9),
    "empty texts": ["", "", None],
    "times": HOURS,
    "times and missing ones": [None if i % 7 == 0 else t for i, t in enumerate(HOURS)],
    "times with a zone": pa.array(HOURS, pa.timestamp("ms", "America/New_York")),
    "dates": [date(2026, 1, 1) + timedelta(17 * i) for i in range(60)],
    "numbers": [1.5, float("nan"), None, 3],
    "true and false": [True, None, False],
    "lists": [[1], None],
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_groups_part_the_rows_and_their_filters_find_them(kind: str) -> None:
    source = opened(COLUMNS[kind])
    names = [what.name for what in derivable(source, "c d")]
    assert names[-1] == "`c d` is missing"
    for name in names:
        check(source, derived(source, name))
        assert derived(source, name) is derived(source, name)


@given(st.lists(st.text(max_size=30) | st.none(), min_size=1, max_size=60))
def test_lengths_part_any_texts(cells: list[str | None]) -> None:
    source = opened(pa.array([c and c.encode("utf-8", "ignore").decode() for c in cells], pa.string()))
    for what in derivable(source, "c d"):
        check(source, derived(source, what))


def test_what_can_be_derived_follows_from_what_the_cells_are() -> None:
    def names(cells: Any) -> list[str]:
        return [what.of for what in derivable(opened(cells), "c d")]

    assert names(["a"]) == ["length", "has_digit", "has_url", "has_upper", "missing"]
    assert names([datetime(2026, 1, 1)]) == ["hour", "weekday", "month", "year", "missing"]
    assert names([date(2026, 1, 1)]) == ["weekday", "month", "year", "missing"]
    assert names([1]) == names([True]) == names([[1]]) == ["missing"]


def test_columns_that_put_all_rows_into_one_group_are_left_out() -> None:
    found = derived_columns(opened(["Ab", "cd", "efg"]), "c d")
    assert [g.column for g in found] == ["length(`c d`)", "has_upper(`c d`)"]


def test_days_and_months_stand_in_their_order_and_only_those_that_occur() -> None:
    source = opened([datetime(2026, 3, 7, 23), datetime(2026, 1, 5, 4), None])
    labels = {g.column: [level.label for level in g.levels] for g in derived_columns(source, "c d")}
    assert labels["weekday(`c d`)"] == ["Mon", "Sat", "(missing)"]
    assert labels["month(`c d`)"] == ["Jan", "Mar", "(missing)"]
    assert labels["hour(`c d`)"] == ["04:00", "23:00", "(missing)"]


def test_the_hour_is_that_of_the_columns_own_zone() -> None:
    source = opened(pa.array([datetime(2026, 1, 4, 23, 30, tzinfo=UTC)], pa.timestamp("us", "Europe/Paris")))
    assert derived(source, "hour(`c d`)").levels[0].label == "00:00"
    assert derived(source, "weekday(`c d`)").levels[0].label == "Mon"


def test_a_name_that_is_no_column_says_what_there_is() -> None:
    source = open_source(pa.table({"note": ["a"], "seen": [datetime(2026, 1, 1)]}))
    with pytest.raises(
        mc.DataError,
        match=r"no column 'lenght\(note\)', nor is it derived of one\. Did you mean 'length\(note\)'",
    ):
        derived(source, "lenght(note)")
    with pytest.raises(mc.DataError, match="has no column 'hour'"):
        grouping_of(source, "hour")
    assert grouping_of(source, "note") is grouping(source, "note")
    assert grouping_of(source, "length(note)") is derived(source, "length(note)")


@pytest.mark.parametrize(
    ("cells", "edges", "labels"),
    [
        ([17, 18, 40, 65, None], [18, 65], ["below 18", "18–64", "65 and above", "(missing)"]),
        ([17, 18, 40], [17.5, 30], ["below 17.5", "[17.5, 30)", "30 and above"]),
        ([0.1, 0.25, float("nan")], [0.25], ["below 0.25", "0.25 and above", "(missing)"]),
        ([-5, -1, 3], [-2, 0], ["below -2", "0 and above", "-2 to -1"]),
        ([2**60, 2**60 + 1], [2**60 + 1], [f"below {2**60 + 1}", f"{2**60 + 1} and above"]),
        ([Decimal("0.10"), Decimal("0.30")], [0.3], ["below 0.3", "0.3 and above"]),
        ([5, 6], [1], ["1 and above"]),
    ],
)
def test_numbers_are_cut_where_somebody_says(cells: list[Any], edges: list[float], labels: list[str]) -> None:
    source = opened(cells)
    found = binned(source, "c d", edges)
    check(source, found)
    assert sorted(level.label for level in found.levels) == sorted(labels)


def test_the_ends_of_an_open_range_are_null_in_the_contract() -> None:
    first, *_, last = binned(opened([1, 5, 9]), "c d", [3, 7]).levels
    assert first.to_dict() == {"column": "c d", "low": None, "high": 3, "closed": "left"}
    assert last.to_dict() == {"column": "c d", "low": 7, "high": None, "closed": "left"}


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        ([], "can be cut at 1 to 40 edges, not at 0"),
        (list(range(41)), "not at 41"),
        ([3, 3], "must be numbers that rise: 3, 3 do not"),
        ([3, float("nan")], "must be numbers that rise"),
    ],
)
def test_edges_that_are_none_are_refused(edges: list[float], said: str) -> None:
    with pytest.raises(mc.DataError, match=said):
        binned(opened([1, 2]), "c d", edges)


def test_only_numbers_are_cut_at_edges_or_quantiles() -> None:
    with pytest.raises(mc.DataError, match="does not hold numbers, so it has no ranges to cut at"):
        binned(opened(["a"]), "c d", [1])
    with pytest.raises(mc.DataError, match="does not hold numbers, so it has no quantiles to cut at"):
        quantiles(opened(["a"]), "c d", 4)


@pytest.mark.parametrize("bins", [2, 4, 10])
def test_quantiles_are_as_many_as_asked_for_and_of_about_one_size(bins: int) -> None:
    source = opened([*RNG.random(1000), None, float("nan")])
    found = quantiles(source, "c d", bins)
    check(source, found)
    sizes = np.bincount(found.code)[:bins]
    assert len(found.levels) == bins + 1
    assert sizes.max() - sizes.min() <= 2
    with pytest.raises(mc.DataError, match="into 2 to 40 groups, not into 1"):
        quantiles(source, "c d", 1)


def test_a_column_without_numbers_has_one_group_however_many_are_asked_for() -> None:
    assert [
        level.label for level in quantiles(opened(pa.array([None, None], pa.float64())), "c d", 3).levels
    ] == ["(missing)"]


def test_true_and_predicted_class_and_bands_of_the_score_are_columns_too() -> None:
    frame = pd.DataFrame({"y": [0, 1, 1, 0], "said": [0, 1, 0, 0], "p": [0.05, 0.95, 0.45, 0.3]})
    predictions = mc.read(frame, y_true="y", y_score="p", y_pred="said")
    truth, said, bands = of_model(predictions)
    assert (truth.column, said.column, bands.column) == ("y", "said", "p")
    assert [(level.label, level.where.text) for level in bands.levels] == [
        ("below 0.1", "p < 0.1"),
        ("[0.3, 0.5)", "p >= 0.3 and p < 0.5"),
        ("0.9 and above", "p >= 0.9"),
    ]


def test_a_score_that_is_no_probability_is_cut_at_its_quantiles() -> None:
    frame = pd.DataFrame({"y": [0, 1] * 20, "p": np.linspace(-9, 9, 40)})
    predictions = mc.read(frame, y_true="y", y_score="p", score_kind="margin")
    assert len(of_model(predictions)[-1].levels) == 5


def test_whatever_compares_groups_takes_a_derived_column() -> None:
    frame = pd.DataFrame(
        {"y": [0, 1] * 50, "said": [0, 1, 1, 0] * 25, "note": ["a", "bb", "ccc", "dddd"] * 25}
    )
    predictions = mc.read(frame, y_true="y", y_pred="said", pos_label="1")
    table = Comparison.of(predictions.judged(), "error_rate").table(
        derived(predictions.source, "length(note)")
    )
    assert [(g.label, g.value) for g in table.groups] == [("1", 0.0), ("2", 0.0), ("3", 1.0), ("4", 1.0)]
