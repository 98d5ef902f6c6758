"""Dynamic time warping, for one pair of courses and for many."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core.forecasts import dtw as module
from metrics_core.forecasts.dtw import LONGEST, dtw, trajectories
from tests.forecast_oracles import oracle_dtw

RNG = np.random.default_rng(0)
NUMBERS = st.integers(-5, 5)


def plain(y: list[float], f: list[float]) -> float:
    """Try every path, one step after the other."""

    def least(i: int, j: int) -> float:
        cost = (y[i] - f[j]) ** 2
        before = [least(i - a, j - b) for a, b in ((1, 0), (0, 1), (1, 1)) if i >= a and j >= b]
        return cost + min(before, default=0.0)

    return float(least(len(y) - 1, len(f) - 1) ** 0.5)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5))
def test_distance_is_the_least_over_all_paths(pairs: list[tuple[int, int]]) -> None:
    y, f = (list(map(float, x)) for x in zip(*pairs, strict=True))
    assert dtw([y], [f])[0] == pytest.approx(plain(y, f))


@pytest.mark.parametrize("length", [1, 2, 3, 10, 48, 131])
def test_distances_are_those_of_dtaidistance(length: int) -> None:
    y, f = RNG.normal(size=(2, 7, length))
    assert dtw(y, f) == pytest.approx([oracle_dtw.distance(a, b) for a, b in zip(y, f, strict=True)])


def test_course_that_runs_ahead_is_no_distance_away() -> None:
    y = np.array([[0.0, 0, 1, 5, 2, 0, 0]])
    assert dtw(y, np.roll(y, -1)).tolist() == [0]


def test_constant_shift_costs_its_size_at_every_step() -> None:
    """Both courses are flat, so the shortest path is the straight one: 4 pairs of 3 apart."""
    assert dtw([[0.0] * 4], [[3.0] * 4]).tolist() == [6.0]


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=12))
def test_distance_is_symmetric_and_never_above_the_straight_path(pairs: list[tuple[int, int]]) -> None:
    y, f = np.array(pairs, dtype=float).T
    there, back = dtw([y], [f])[0], dtw([f], [y])[0]
    assert there == pytest.approx(back)
    assert 0 <= there <= np.sqrt(((y - f) ** 2).sum()) + 1e-12


def test_pieces_of_a_long_list_are_as_good_as_single_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    y, f = RNG.normal(size=(2, 11, 9))
    whole = dtw(y, f)
    monkeypatch.setattr(module, "_CHUNK", 30)
    assert dtw(y, f).tobytes() == whole.tobytes()


def test_missing_values_are_nan_and_stay_in_their_pair() -> None:
    y, f = RNG.normal(size=(2, 3, 6))
    expected = dtw(y, f)
    y[1, 3] = np.nan
    found = dtw(y, f)
    assert np.isnan(found[1])
    assert found[[0, 2]].tolist() == expected[[0, 2]].tolist()


def test_high_level_costs_no_digits() -> None:
    y, f = 1e-3 * RNG.integers(0, 9, size=(2, 4, 20))
    high = dtw(y + 1e9, f + 1e9)
    assert high == pytest.approx(dtw(y, f), rel=1e-3)


def test_differences_too_large_to_square_are_infinite() -> None:
    assert np.isinf(dtw([[1e200, 0.0]], [[-1e200, 0.0]])).all()


def test_nothing_to_compare_is_undefined() -> None:
    assert dtw(np.zeros((0, 5)), np.zeros((0, 5))).shape == (0,)
    assert np.isnan(dtw(np.zeros((2, 0)), np.zeros((2, 0)))).all()


@pytest.mark.parametrize(("y", "f"), [([1.0], [1.0]), ([[1.0, 2.0]], [[1.0]])])
def test_other_shapes_are_refused(y: Any, f: Any) -> None:
    with pytest.raises(ValueError, match="two tables of one shape"):
        dtw(y, f)


def test_inputs_stay_as_they_were() -> None:
    y, f = RNG.normal(size=(2, 3, 6))
    copies = y.copy(), f.copy()
    dtw(y, f)
    assert (y == copies[0]).all()
    assert (f == copies[1]).all()


def test_each_trajectory_is_ordered_by_place_and_compared_alone() -> None:
    lengths = [5, 0, 3, 5, 1]
    unit = np.repeat(np.arange(5), lengths)
    place = np.concatenate([10 + np.arange(n) for n in lengths])
    y, f = RNG.normal(size=(2, unit.size))
    ends = np.cumsum([0, *lengths])
    parts = [slice(a, b) for a, b in pairwise(ends)]
    expected = [oracle_dtw.distance(y[p], f[p]) if p.start < p.stop else np.nan for p in parts]
    shuffled = RNG.permutation(unit.size)
    found = trajectories(unit[shuffled], place[shuffled], y[shuffled], f[shuffled])
    assert found == pytest.approx(np.array(expected), nan_ok=True)


def test_two_rows_of_one_place_leave_the_unit_undefined() -> None:
    unit, place = np.array([0, 0, 1, 1]), np.array([4, 4, 4, 5])
    y = np.array([1.0, 2, 3, 4])
    assert np.array_equal(trajectories(unit, place, y, y), [np.nan, 0], equal_nan=True)


def test_longest_trajectory_is_compared_and_a_longer_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LONGEST == 5000
    monkeypatch.setattr(module, "LONGEST", 6)
    unit, place = np.repeat([0, 1], [6, 7]), np.concatenate([np.arange(6), np.arange(7)])
    y = np.zeros(13)
    assert np.array_equal(trajectories(unit, place, y, y + 1), [np.sqrt(6), np.nan], equal_nan=True)


def test_no_rows_are_no_trajectories() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert trajectories(none, none, np.zeros(0), np.zeros(0)).shape == (0,)
