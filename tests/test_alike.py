"""The rows most like one, against a distance computed row by row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import rankdata

from metrics_core import alike
from metrics_core.alike import Alike
from metrics_core.errors import DataError
from metrics_core.source import open_source


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 400
    city = rng.choice(["a", "b", "c"], n)
    age = np.where(rng.random(n) < 0.1, np.nan, rng.integers(18, 60, n))
    score = rng.random(n)
    source = open_source(pa.table({"city": city, "age": pa.array(age, from_pandas=True)}))
    return source, city, age, score


def slow_distances(city, age, score, at):
    """Compute every distance from its definition."""
    known = ~np.isnan(age)
    rank = np.full(age.size, np.nan)
    rank[known] = (rankdata(age[known]) - 1) / (known.sum() - 1)
    scores = (rankdata(score) - 1) / (score.size - 1)
    out = []
    for i in range(age.size):
        by_age = abs(rank[i] - rank[at]) if known[i] and known[at] else float(known[i] != known[at])
        out.append((float(city[i] != city[at]) + by_age + abs(scores[i] - scores[at])) / 3)
    return np.array(out)


@pytest.mark.parametrize("at", [0, 17, 399])
def test_the_nearest_rows_are_those_of_the_definition(table, at):
    source, city, age, score = table
    found = Alike.of(source, np.arange(400), ["city", "age"], {"score": score}).nearest(at, 8)
    expected = slow_distances(city, age, score, at)
    expected[at] = np.inf
    assert found.distance == pytest.approx(np.sort(expected)[:8], abs=2e-5)
    assert found.distance == pytest.approx(expected[found.at], abs=2e-5)
    assert at not in found.at
    assert found.differs.mean(1) == pytest.approx(found.distance)


def test_a_row_with_a_missing_cell_is_near_others_without_one(table):
    source, _, age, _ = table
    at = int(np.flatnonzero(np.isnan(age))[0])
    found = Alike.of(source, np.arange(400), ["city", "age"]).nearest(at, 3)
    assert np.isnan(age[found.at]).all()


def test_pieces_of_the_rows_give_the_same_as_all_at_once(table, monkeypatch):
    source, _, _, score = table
    whole = Alike.of(source, np.arange(400), ["city", "age"], {"score": score}).nearest(5, 6)
    monkeypatch.setattr(alike, "_CHUNK", 7)
    parts = Alike.of(source, np.arange(400), ["city", "age"], {"score": score}).nearest(5, 6)
    assert parts.at.tolist() == whole.at.tolist()


def test_only_chosen_rows_are_found(table):
    source, _, _, score = table
    among = np.arange(400) >= 390
    found = Alike.of(source, np.arange(400), ["city"], {"score": score}).nearest(3, 20, among=among)
    assert sorted(found.at.tolist()) == list(range(390, 400))


def test_equal_rows_stand_in_file_order():
    source = open_source(pa.table({"c": ["x"] * 50 + ["y"]}))
    assert Alike.of(source, np.arange(51), ["c"]).nearest(20, 3).at.tolist() == [0, 1, 2]


def test_of_very_many_rows_some_are_looked_at(table, monkeypatch):
    source, _, _, score = table
    monkeypatch.setattr(alike, "MAX_ROWS", 50)
    ready = Alike.of(source, np.arange(400), ["city"], {"score": score})
    assert ready.pool is not None
    assert np.isin(ready.nearest(0, 10).at, ready.pool).all()


def test_nothing_to_compare_by_is_refused(table):
    with pytest.raises(DataError, match="no column to compare"):
        Alike.of(table[0], np.arange(400), [])
