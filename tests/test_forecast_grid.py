"""The step of a series, and the place of every moment on a grid of such steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core.forecasts.grid import Step, find_step, gaps, place_before, places, usual_season

HOUR = 3600 * 10**9
DAY = 24 * HOUR


def stamps(*text: str) -> Any:
    """Nanoseconds since 1970 of dates and times."""
    return np.array(text, dtype="datetime64[ns]").astype(np.int64)


def ranged(start: str, n: int, freq: str) -> Any:
    """Nanoseconds of a calendar range."""
    return pd.date_range(start, periods=n, freq=freq).as_unit("ns").asi8


def one(n: int) -> Any:
    """Return codes of a single series."""
    return np.zeros(n, dtype=np.int32)


CALENDARS = [
    ("h", "hour", 24), ("15min", "15 minutes", 96), ("7min", "7 minutes", 1), ("D", "day", 1), ("2D", "2 days", 1),
    ("W-SAT", "week", 1), ("28D", "4 weeks", 1), ("30D", "30 days", 1), ("MS", "month", 12), ("ME", "month", 12),
    ("BME", "month", 12), ("2MS", "2 months", 6), ("QS", "quarter", 4), ("QE", "quarter", 4), ("QS-FEB", "quarter", 4),
    ("6MS", "6 months", 2), ("YS", "year", 1), ("YE-JUN", "year", 1), ("2YS", "2 years", 1), ("s", "second", 1),
    ("30s", "30 seconds", 1), ("10ms", "10 milliseconds", 1), ("us", "microsecond", 1), ("7ns", "7 nanoseconds", 1),
]  # fmt: skip


@pytest.mark.parametrize(("freq", "name", "season"), CALENDARS)
def test_step_is_named_and_has_its_usual_season(freq: str, name: str, season: int) -> None:
    step = find_step(ranged("2019-01-31", 40, freq), one(40), "time")
    assert step is not None
    assert (step.name, usual_season(step)) == (name, season)


@pytest.mark.parametrize(("freq", "name", "season"), CALENDARS)
@pytest.mark.parametrize("start", ["2019-01-31", "1931-06-15 05:00"])
def test_neighbours_are_one_place_apart_and_on_the_grid(
    freq: str, name: str, season: int, start: str
) -> None:
    moment = ranged(start, 40, freq)
    step = find_step(moment, one(40), "time")
    assert step is not None
    place, off = places(moment, step)
    assert np.diff(place).tolist() == [1] * 39
    assert not off.any()


def test_two_moments_of_the_same_day_of_the_month_are_a_month_apart() -> None:
    for pair in (("2022-01-15", "2022-02-15"), ("2022-01-31", "2022-02-28"), ("2022-02-28", "2022-03-31")):
        assert find_step(stamps(*pair), one(2), "time") == Step("month", 1, "month")
    assert find_step(stamps("2022-01-10", "2022-02-09"), one(2), "time") == Step(
        "nanosecond", 30 * DAY, "30 days"
    )


def test_step_counts_neighbours_within_a_series_only() -> None:
    moment = np.array([0, 10, 20, 3, 13, 23]) * HOUR
    step = find_step(moment, np.array([0, 0, 0, 1, 1, 1]), "time")
    assert step == Step("nanosecond", 10 * HOUR, "10 hours")


def test_order_of_the_rows_and_repeated_moments_do_not_change_the_step() -> None:
    moment = np.repeat(ranged("2020-01-01", 30, "MS"), 3)
    shuffled = np.random.default_rng(0).permutation(moment)
    assert find_step(shuffled, one(90), "time") == Step("month", 1, "month")


def test_most_frequent_distance_wins_over_gaps() -> None:
    moment = np.delete(ranged("2020-01-01", 60, "MS"), [3, 4, 11, 20, 21, 22, 40])
    assert find_step(moment, one(53), "time") == Step("month", 1, "month")


@pytest.mark.parametrize("n", [0, 1])
def test_no_step_without_two_moments_in_a_series(n: int) -> None:
    assert find_step(np.arange(n), one(n), "time") is None
    assert find_step(np.array([5, 5, 8]), np.array([0, 0, 1]), "number") is None


def test_plain_numbers_have_a_step_without_a_unit() -> None:
    step = find_step(np.array([100, 200, 300, 500]), one(4), "number")
    assert step == Step("number", 100, "step")
    assert usual_season(step) == 1
    place, off = places(np.array([100, 200, 300, 500, 510, 590]), step)
    assert (place - place[0]).tolist() == [0, 1, 2, 4, 4, 5]
    assert off.tolist() == [False] * 4 + [True] * 2


def test_numbers_before_zero_lie_on_the_same_grid() -> None:
    place, off = places(np.arange(-9, 10, 3), Step("number", 3, "step"))
    assert np.diff(place).tolist() == [1] * 6
    assert not off.any()


def test_moments_beside_the_grid_are_marked_and_take_the_nearest_place() -> None:
    moment = stamps(
        "2024-05-01 00:00", "2024-05-01 01:00", "2024-05-01 02:00", "2024-05-01 02:50", "2024-05-01 04:05"
    )
    place, off = places(moment, Step("nanosecond", HOUR, "hour"))
    assert (place - place[0]).tolist() == [0, 1, 2, 3, 4]
    assert off.tolist() == [False, False, False, True, True]


def test_first_moment_does_not_lay_the_grid() -> None:
    place, off = places(np.array([3, 11, 21, 31]), Step("number", 10, "step"))
    assert np.diff(place).tolist() == [1, 1, 1]
    assert off.tolist() == [True, False, False, False]


@pytest.mark.parametrize("phase", [0, 2, 5, 8])
@pytest.mark.parametrize(("size", "near"), [(10, [-4, -1, 3, 5]), (3, [-1, 0, 1, 1])])
def test_moment_in_the_middle_of_two_places_takes_the_earlier_one(
    size: int, near: list[int], phase: int
) -> None:
    grid = phase + size * np.arange(6)
    step = Step("number", size, "step")
    expected, _ = places(grid, step)
    for shift in near:
        assert places(grid + shift, step, like=grid)[0].tolist() == expected.tolist()


def test_midnights_written_in_universal_time_follow_each_other_over_a_change_of_the_clock() -> None:
    local = pd.date_range("2024-01-01", "2024-12-31", freq="D", tz="Europe/Berlin").as_unit("ns")
    place, off = places(local.asi8, Step("nanosecond", DAY, "day"))
    assert np.diff(place).tolist() == [1] * 365
    assert 0 < np.count_nonzero(off) < 366


def test_hours_of_a_local_clock_miss_one_in_spring_and_repeat_one_in_autumn() -> None:
    local = (
        pd.date_range("2024-01-01", "2024-12-31", freq="h", tz="Europe/Berlin")
        .tz_localize(None)
        .as_unit("ns")
    )
    place, off = places(local.asi8, Step("nanosecond", HOUR, "hour"))
    steps, times = np.unique(np.diff(place), return_counts=True)
    assert dict(zip(steps.tolist(), times.tolist(), strict=True)) == {0: 1, 1: 8758, 2: 1}
    assert not off.any()
    assert gaps(place, one(place.size)) == 1


def test_other_day_of_the_month_is_off_a_monthly_grid() -> None:
    month = Step("month", 1, "month")
    _, off = places(stamps("2024-01-01", "2024-02-01", "2024-03-15", "2024-04-01"), month)
    assert off.tolist() == [False, False, True, False]
    _, off = places(stamps("2023-12-31", "2024-01-31", "2024-02-20", "2024-02-29"), month)
    assert off.tolist() == [False, False, True, False]
    _, off = places(stamps("2023-11-30", "2023-12-30", "2024-01-30", "2024-02-29"), month)
    assert off.tolist() == [False] * 4


def test_parts_that_are_numbered_apart_lie_on_one_grid() -> None:
    moment = stamps("2024-05-01 06:00", "2024-05-02 06:00", "2024-05-03 06:00", "2024-05-04 20:00")
    day = Step("nanosecond", DAY, "day")
    whole, off = places(moment, day)
    apart = [places(moment[part], day, like=moment) for part in (slice(0, 3), slice(3, 4))]
    assert np.concatenate([p for p, _ in apart]).tolist() == whole.tolist()
    assert np.concatenate([o for _, o in apart]).tolist() == off.tolist() == [False, False, False, True]
    quarter = Step("month", 3, "quarter")
    moment = stamps("2024-02-01", "2024-05-01", "2024-08-01", "2024-09-01", "2024-10-01")
    assert places(moment[3:], quarter, like=moment)[0].tolist() == places(moment, quarter)[0][3:].tolist()


def test_place_reached_at_a_moment_is_that_of_the_latest_value() -> None:
    for freq, name in (("D", "day"), ("W-SAT", "week"), ("ME", "month"), ("BME", "month")):
        seen = ranged("2024-01-01 12:00", 20, freq)
        step = find_step(seen, one(20), "time")
        assert step is not None
        assert step.name == name
        place, _ = places(seen, step)
        for shift, back in ((0, 0), (HOUR, 0), (-1, 1), (-6 * HOUR, 1)):
            assert place_before(seen + shift, seen[::-1], place[::-1]).tolist() == (place - back).tolist()


def test_nothing_is_reached_before_the_first_value_and_places_never_step_back() -> None:
    reached = place_before(np.array([0, 5, 7, 99]), seen=np.array([5, 7, 9]), place=np.array([2, 4, 3]))
    assert reached.tolist() == [1, 2, 4, 4]


def test_horizons_of_the_covid_forecasts_are_steps_from_their_origin(
    shared_data: Callable[[str], Path],
) -> None:
    """Forecasts are made on Mondays, for weeks that end on Saturdays."""
    rows = pd.read_csv(
        shared_data("covid_forecasts_point.csv"), parse_dates=["forecast_date", "target_end_date"]
    )
    target, origin = (
        rows[c].astype("datetime64[ns]").astype("int64").to_numpy()
        for c in ("target_end_date", "forecast_date")
    )
    step = find_step(target, pd.factorize(rows.location + rows.target_type)[0], "time")
    assert step is not None
    assert step.name == "week"
    place, off = places(target, step)
    assert not off.any()
    assert (place - place_before(origin, target, place))[origin >= target.min()].tolist() == rows.horizon[
        origin >= target.min()
    ].tolist()


def test_month_of_another_quarter_phase_is_off_the_grid() -> None:
    _, off = places(
        stamps("2024-02-01", "2024-05-01", "2024-08-01", "2024-09-01"), Step("month", 3, "quarter")
    )
    assert off.tolist() == [False, False, False, True]


def test_no_moments_have_no_places() -> None:
    for step in (Step("month", 1, "month"), Step("number", 1, "step")):
        place, off = places(np.zeros(0, dtype=np.int64), step)
        assert place.size == off.size == 0


def test_largest_integers_do_not_overflow() -> None:
    top = np.iinfo(np.int64).max
    place, _ = places(np.array([top - 8, top - 4, top]), Step("number", 4, "step"))
    assert np.diff(place).tolist() == [1, 1]


@given(
    st.integers(1, 10**6), st.integers(-(10**12), 10**12), st.lists(st.integers(-1000, 1000), min_size=1, max_size=20)
)  # fmt: skip
def test_places_differ_by_the_steps_between_the_moments(size: int, start: int, steps: list[int]) -> None:
    moment = start + size * np.array(steps, dtype=np.int64)
    place, off = places(moment, Step("number", size, "step"))
    assert (place - place[0]).tolist() == [s - steps[0] for s in steps]
    assert not off.any()


def test_gaps_are_missing_places_inside_a_series() -> None:
    place, series = np.array([9, 1, 4, 4, 100, 102]), np.array([0, 0, 0, 0, 1, 1])
    assert gaps(place, series) == 7
    assert gaps(np.zeros(0, dtype=np.int64), one(0)) == 0
