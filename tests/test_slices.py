"""Breakdowns: the groups of a column part the rows, and the filter of each group finds exactly its rows."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metrics_core as mc
from metrics_core.slices import MAX_LEVELS, Level, levels
from tests.tables import random_rows

N = 150
RNG = np.random.default_rng(7)
SHARE = RNG.random(N)
DAYS = [int(5 * v) for v in SHARE]
MISSING = SHARE < 0.1


def cut(cells: Any) -> tuple[mc.Predictions, np.ndarray, list[Level]]:
    """Break a column ``c`` down."""
    n = len(cells)
    drawn = random_rows(1, n)
    array = cells if isinstance(cells, pa.ChunkedArray) else pa.array(cells)
    table = pa.table({"y_true": drawn.positive.astype(int), "y_score": drawn.score, "c": array})
    predictions = mc.read(table, y_true="y_true", y_score="y_score")
    return predictions, *levels(predictions.source, "c")


def labels(cells: Any) -> list[str]:
    return [level.label for level in cut(cells)[2]]


def check(cells: Any) -> None:
    """Every row is in the one group whose filter finds it, and all of it is strict JSON."""
    predictions, code, groups = cut(cells)
    for i, level in enumerate(groups):
        np.testing.assert_array_equal(predictions.mask(level.where), code == i, err_msg=level.where.text)
    if len(groups) < MAX_LEVELS:
        assert (code >= 0).all()
    assert len({level.label for level in groups}) == len(groups)
    json.dumps([level.to_dict() for level in groups], allow_nan=False)


COLUMNS: dict[str, Any] = {
    "doubles": SHARE,
    "doubles, NaN": np.where(MISSING, np.nan, SHARE),
    "doubles, null and NaN": pa.array([None if v < 0.1 else float("nan") if v < 0.2 else v for v in SHARE]),
    "few doubles, null and NaN": pa.array([None if v < 0.1 else float("nan") if v < 0.2 else round(v, 1) for v in SHARE]),
    "few doubles, NaN": pa.array([float("nan") if v < 0.2 else 0.5 for v in SHARE], from_pandas=False),
    "floats": SHARE.astype("float32"),
    "few floats": (np.round(SHARE, 1) / 3).astype("float32"),
    "half floats": SHARE.astype("float16"),
    "infinite ends": np.where(SHARE < 0.3, np.inf, np.where(SHARE > 0.7, -np.inf, SHARE)),
    "mostly infinite": np.where(SHARE < 0.9, np.inf, SHARE),
    "one and infinite": np.where(SHARE < 0.3, np.inf, 1.0),
    "zeros of both signs": np.where(SHARE < 0.5, -0.0, 0.0),
    "tiny": SHARE * 1e-310,
    "huge": SHARE * 1e308,
    "hardly apart": 1 + SHARE * 1e-9,
    "integers": (100 * SHARE).astype(int),
    "few integers": DAYS,
    "integers, null": pa.array([None if m else int(100 * v) for m, v in zip(MISSING, SHARE, strict=True)]),
    "large integers": RNG.integers(2**60, 2**62, N),
    "large integers, hardly apart": 2**60 + RNG.integers(0, 30, N),
    "unsigned integers": RNG.integers(2**62, 2**63 - 1, N).astype("uint64") * 2,
    "small integers": (100 * SHARE).astype("int8"),
    "decimals": pa.array([Decimal(f"{v:.3f}") for v in SHARE]),
    "mostly zero": np.where(SHARE < 0.7, 0, (1000 * SHARE).astype(int)),
    "mostly the greatest": np.where(SHARE < 0.7, 5000, (1000 * SHARE).astype(int)),
    "constant": np.ones(N),
    "booleans": SHARE < 0.5,
    "booleans, null": pa.array([None if m else v < 0.5 for m, v in zip(MISSING, SHARE, strict=True)]),
    "text": ["a" if v < 0.5 else "b" for v in SHARE],
    "text, null and empty": pa.array([None if v < 0.1 else "" if v < 0.2 else "a" if v < 0.5 else " a" for v in SHARE]),
    "text of two cases": ["A" if v < 0.5 else "a" for v in SHARE],
    "text with quotes": ["it's" if v < 0.5 else 'x"y`\n\\' for v in SHARE],
    "text of numbers": ["1" if v < 0.5 else "01" if v < 0.7 else "1.0" for v in SHARE],
    "dictionary": pa.array(["x" if v < 0.5 else "y" for v in SHARE]).dictionary_encode(),
    "dictionary of integers": pa.array(DAYS).dictionary_encode(),
    "large text": pa.array(["x" if v < 0.5 else "y" for v in SHARE], pa.large_string()),
    "text in chunks": pa.chunked_array([["a", "b"] * 40, ["c", "a"] * 35]),
    "dates": [date(2026, 1, 1) + timedelta(d) for d in DAYS],
    "moments": [datetime(2026, 1, 1) + timedelta(hours=d) for d in DAYS],
    "moments with a zone": [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=d) for d in DAYS],
    "moments in nanoseconds": np.array(["2026-01-01T00:00:00.000000001", "2026-01-02"], dtype="datetime64[ns]")[(SHARE < 0.5).astype(int)],
    "nothing": pa.nulls(N),
    "more values than groups": [f"v{i}" for i in range(N + 100)],
}  # fmt: skip


@pytest.mark.parametrize("kind", COLUMNS)
def test_groups_part_the_rows_and_their_filters_find_them(kind: str) -> None:
    check(COLUMNS[kind])


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=12, max_size=60))
def test_groups_part_any_doubles(cells: list[float]) -> None:
    check(pa.array(cells, pa.float64(), from_pandas=False))


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.none(), min_size=12, max_size=60))
def test_groups_part_any_integers(cells: list[int | None]) -> None:
    check(pa.array(cells, pa.int64()))


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=3) | st.none(),
        min_size=1,
        max_size=30,
    )
)
def test_groups_part_any_text(cells: list[str | None]) -> None:
    predictions, code, groups = cut(pa.array(cells, pa.string()))
    for i, level in enumerate(groups):
        np.testing.assert_array_equal(predictions.mask(level.where), code == i)


def test_numbers_are_cut_into_five_groups_of_about_equal_size() -> None:
    _, code, groups = cut(np.random.default_rng(1).random(1000))
    assert len(groups) == 5
    assert np.bincount(code).tolist() == pytest.approx([200] * 5, abs=2)
    assert [g.closed for g in groups] == ["left"] * 4 + ["both"]


def test_neighbouring_ranges_touch() -> None:
    groups = cut(SHARE)[2]
    assert [g.high for g in groups[:-1]] == [g.low for g in groups[1:]]
    assert (groups[0].low, groups[-1].high) == (SHARE.min(), SHARE.max())


def test_value_that_most_rows_share_is_a_group_of_its_own() -> None:
    _, code, groups = cut(COLUMNS["mostly zero"])
    first = int(np.flatnonzero(code == 0).size)
    assert first == (COLUMNS["mostly zero"] == 0).sum()
    assert len(groups) >= 2
    _, code, groups = cut(COLUMNS["mostly the greatest"])
    assert (groups[-1].low, groups[-1].high) == (5000, 5000)


def test_ten_numbers_are_groups_and_eleven_are_ranges() -> None:
    assert labels([i % 10 for i in range(50)]) == [str(i) for i in range(10)]
    assert labels([i % 11 for i in range(55)]) == ["0–1", "2–3", "4–5", "6–7", "8–10"]
    assert labels([i % 11 / 2 for i in range(55)])[0].startswith("[0, ")


def test_groups_stand_in_the_order_of_their_values() -> None:
    assert labels([10, 9, 100, 9]) == ["9", "10", "100"]
    assert labels(["b", "a", None, ""]) == ["(empty)", "a", "b", "(missing)"]
    assert labels([True, False, None]) == ["false", "true", "(missing)"]


def test_whole_ranges_are_written_without_exponent() -> None:
    assert labels([1_000_000 + 7 * i for i in range(50)])[0] == "1000000–1000062"


def test_whole_ranges_are_called_by_the_numbers_in_them() -> None:
    assert labels([0] * 40 + list(range(1, 20)))[0] == "0"
    assert labels(COLUMNS["mostly the greatest"])[-1] == "5000"
    assert labels([i - 30 for i in range(50)])[0] == "-30 to -22"
    group = cut([i % 11 for i in range(55)])[2][0]
    assert (group.low, group.high, group.closed, group.where.text) == (0, 2, "left", "c >= 0 and c < 2")


def test_ranges_that_hardly_differ_are_written_with_enough_digits() -> None:
    assert labels(1 + np.arange(50) * 1e-9)[0] == "[1, 1.00000001)"


def test_frequent_values_are_kept_when_there_are_too_many() -> None:
    cells = [f"v{i}" for i in range(300)] + ["often"] * 5
    _, code, groups = cut(cells)
    assert len(groups) == MAX_LEVELS
    assert "often" in {g.label for g in groups}
    assert (code == -1).sum() == 301 - MAX_LEVELS


def test_group_of_a_value_is_written_with_the_value_and_a_range_with_its_ends() -> None:
    assert cut(["b", "a"])[2][0].to_dict() == {"column": "c", "value": "a"}
    assert cut([True, False])[2][0].to_dict() == {"column": "c", "value": False}
    assert cut(["a", None])[2][1].to_dict() == {"column": "c", "value": None}
    assert cut(list(range(20)))[2][-1].to_dict() == {"column": "c", "low": 15, "high": 19, "closed": "both"}
    assert cut([date(2026, 1, 5)])[2][0].to_dict() == {"column": "c", "value": "2026-01-05"}


@pytest.mark.parametrize(
    "cells",
    [[[1]] * 9, [{"a": 1}] * 9, [b"a"] * 9, [timedelta(1)] * 9, [time(1)] * 9],
    ids=["list", "struct", "bytes", "duration", "clock"],
)
def test_rows_cannot_be_grouped_by_nested_or_binary_cells(cells: list[Any]) -> None:
    with pytest.raises(mc.DataError) as caught:
        cut(cells)
    assert (
        str(caught.value)
        == "Column 'c' holds nested, binary or clock values; rows cannot be grouped by them."
    )


def test_unknown_column_names_the_near_miss() -> None:
    source = mc.read(pd.DataFrame({"y_true": [0, 1], "y_score": [0.1, 0.2], "country": ["a", "b"]})).source
    with pytest.raises(mc.DataError, match=r"^'frame' has no column 'county'\. Did you mean 'country'\?$"):
        levels(source, "county")
