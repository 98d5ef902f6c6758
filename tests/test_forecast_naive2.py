"""The benchmark Naive2: when a season shows, and the forecast that repeats it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core.forecasts.history import History
from metrics_core.forecasts.naive2 import seasonal, seasonal_indices


def plain_shows(y: list[float], season: int) -> bool:
    """Test for a season, one sum after the other."""
    n, mean = len(y), sum(y) / len(y)
    e = [v - mean for v in y]
    total = sum(x * x for x in e)
    r = [sum(e[t] * e[t - k] for t in range(k, n)) / total for k in range(season + 1)]
    limit = 1.645 / n**0.5 * (1 + 2 * sum(x * x for x in r[1:season])) ** 0.5
    return abs(r[season]) > limit


def plain_indices(y: list[float], season: int) -> list[float]:
    """Decompose a series classically, one position after the other."""
    n, half = len(y), season // 2
    ratios: dict[int, list[float]] = {k: [] for k in range(season)}
    for t in range(half, n - half):
        window = y[t - half : t + half + 1]
        if season % 2 == 0:
            window = [window[0] / 2, *window[1:-1], window[-1] / 2]
        ratios[t % season].append(y[t] / (sum(window) / season))
    means = [sum(ratios[k]) / len(ratios[k]) for k in range(season)]
    return [m / (sum(means) / season) for m in means]


def whole(y: Any, start: int = 0) -> History:
    """One series without a gap."""
    return History.of(np.zeros(len(y), int), start + np.arange(len(y)), np.asarray(y, float))[0]


def forecast(h: History, until: int, places: Any, season: int, series: int = 0) -> tuple[Any, list[int]]:
    """Ask for several places after one origin."""
    place = np.atleast_1d(places)
    found, refused = h.naive2(np.full(place.size, series), np.full(place.size, until), place, season)
    return found, refused.tolist()


def wave(n: int, season: int, seed: int = 0, noise: float = 0.05) -> Any:
    """Positive values with a season, a trend and noise."""
    t, rng = np.arange(n), np.random.default_rng(seed)
    shape = 1 + 0.4 * np.sin(2 * np.pi * (t + 0.4) / season)
    return (100 + 0.3 * t) * shape * np.exp(noise * rng.normal(size=n))


@pytest.mark.parametrize("season", [2, 3, 4, 7, 12, 24])
@pytest.mark.parametrize("more", [0, 1, 5])
def test_forecast_is_the_last_value_moved_from_its_index_to_that_of_the_target(
    season: int, more: int
) -> None:
    y = wave(4 * season + more + 6, season)
    n, ahead = y.size, np.arange(1, 2 * season + 3)
    assert plain_shows(y.tolist(), season)
    index = plain_indices(y.tolist(), season)
    expected = [y[-1] / index[(n - 1) % season] * index[(n - 1 + k) % season] for k in ahead]
    found, refused = forecast(whole(y, start=-17), n - 18, n - 18 + ahead, season)
    assert found == pytest.approx(expected)
    assert refused == []


def test_quarters_worked_out_by_hand() -> None:
    """Three equal years: the trend is 10 everywhere, so the indices are the values over 10."""
    y = [4.0, 8, 12, 16] * 3
    found, _ = forecast(whole(y), 11, [12, 13, 14, 15, 16], 4)
    assert found == pytest.approx([4, 8, 12, 16, 4])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("season", [2, 4, 12])
def test_season_shows_where_the_plain_sums_say_so(season: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.normal(50, 3, (40, 60)) + rng.uniform(0, 3, (40, 1)) * np.sin(2 * np.pi * np.arange(60) / season)
    expected = [plain_shows(row.tolist(), season) for row in y]
    assert seasonal(y, season).tolist() == expected
    assert 0 < sum(expected) < 40


def test_noise_has_a_season_as_often_as_the_test_may_err() -> None:
    y = np.random.default_rng(1).normal(100, 5, (4000, 120))
    assert seasonal(y, 12).mean() == pytest.approx(0.08, abs=0.025)


def test_season_shows_on_a_high_level_with_small_steps() -> None:
    y = 1e9 + 1e-3 * np.sin(2 * np.pi * np.arange(60) / 12)
    assert seasonal(np.vstack([y, y * 1e298, np.full(60, 1e9)]), 12).tolist() == [True, True, False]


def test_constant_series_is_repeated() -> None:
    found, refused = forecast(whole([7.0] * 30), 29, [30, 35], 4)
    assert (found.tolist(), refused) == ([7.0, 7.0], [])


def test_less_than_three_seasons_give_the_last_value() -> None:
    h = whole([4.0, 8, 12, 16] * 3)
    assert forecast(h, 10, [11, 13], 4)[0].tolist() == [12, 12]
    assert forecast(h, 11, [12, 13], 4)[0] == pytest.approx([4, 8])


def test_gap_gives_the_last_value() -> None:
    y = wave(60, 12)
    h, _ = History.of(np.zeros(59, int), np.delete(np.arange(60), 20), np.delete(y, 20))
    assert forecast(h, 59, [60, 65], 12)[0].tolist() == [y[59], y[59]]


def test_season_of_1_is_the_naive_forecast() -> None:
    y = wave(60, 12)
    assert forecast(whole(y), 59, [60, 65], 1)[0].tolist() == [y[59], y[59]]


@pytest.mark.parametrize("low", [0.0, -3.0])
def test_seasonal_series_with_a_value_that_is_not_positive_is_named_and_not_adjusted(low: float) -> None:
    y = wave(60, 12)
    y[30] = low
    noise = np.random.default_rng(0).normal(0, 1, 60)
    assert not plain_shows(noise.tolist(), 12)
    h, _ = History.of(
        np.repeat([0, 1, 2], 60), np.tile(np.arange(60), 3), np.concatenate([noise, wave(60, 12), y])
    )
    place, until = np.full(3, 66), np.full(3, 59)
    found, refused = h.naive2(np.arange(3), until, place, 12)
    assert refused.tolist() == [2]
    assert found[[0, 2]].tolist() == [noise[-1], y[-1]]
    assert found[1] == pytest.approx(wave(60, 12)[-1] * np.divide(*(np.array(plain_indices(wave(60, 12).tolist(), 12))[[6, 11]])))  # fmt: skip


def test_bad_value_after_the_origin_does_not_stop_the_adjustment() -> None:
    y = wave(60, 12)
    y[55] = -1
    found, refused = forecast(whole(y), 47, 53, 12)
    assert refused == []
    assert found[0] == pytest.approx(forecast(whole(wave(60, 12)), 47, 53, 12)[0][0])


@pytest.mark.parametrize("season", [3, 12])
def test_values_after_the_origin_change_no_bit_of_the_forecast(season: int) -> None:
    y = wave(90, season)
    other = np.concatenate([y[:60], 1e12 * wave(30, 7, seed=3)])
    assert forecast(whole(y), 59, [60, 64], season)[0][0] != y[59]
    for places in ([60], [60, 64, 71]):
        found, changed = (forecast(whole(v), 59, places, season)[0] for v in (y, other))
        assert found.tobytes() == changed.tobytes()


def test_unit_of_the_target_passes_through() -> None:
    y = wave(60, 12)
    base = forecast(whole(y), 59, [61, 66], 12)[0]
    for factor in (1e-200, 1e200):
        assert forecast(whole(y * factor), 59, [61, 66], 12)[0] == pytest.approx(base * factor)


def test_values_beyond_what_a_ratio_can_hold_leave_the_last_value() -> None:
    y = wave(60, 12)
    y[::12] = 5e-324
    assert (seasonal_indices(y[None], 12)[0] == 1).all()


def test_indices_have_mean_1() -> None:
    y = np.vstack([wave(70, 7, seed) for seed in range(5)])
    index, refused = seasonal_indices(y, 7)
    assert index.mean(axis=1) == pytest.approx(np.ones(5))
    assert not refused.any()


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(20, 59)), min_size=1, max_size=30), st.integers(2, 6)
)
def test_many_questions_at_once_are_answered_as_one_by_one(asked: list[tuple[int, int]], season: int) -> None:
    h, _ = History.of(
        np.repeat([0, 1, 2], 60), np.tile(np.arange(60), 3), np.concatenate([wave(60, 2 + k, k, 0.5) for k in range(3)])
    )  # fmt: skip
    series, until = (np.array(x) for x in zip(*asked, strict=True))
    together, _ = h.naive2(series, until, until + 3, season)
    for s, stop, value in zip(series, until, together, strict=True):
        assert forecast(h, stop, stop + 3, season, s)[0][0] == pytest.approx(value)
