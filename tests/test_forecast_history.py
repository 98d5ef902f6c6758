"""What was known of a series at an origin: values, naive forecasts, and the scales of errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core.forecasts.history import History
from tests.forecast_oracles import oracle_losses

RNG = np.random.default_rng(0)


def history(*values: list[float], start: int = 0) -> History:
    """Whole series, one after the other, each from the same place."""
    series = np.repeat(np.arange(len(values)), [len(v) for v in values])
    place = np.concatenate([start + np.arange(len(v)) for v in values])
    return History.of(series, place, np.concatenate([np.array(v, float) for v in values]))[0]


def asked(*values: int) -> Any:
    """Return integers as an array of queries."""
    return np.array(values, dtype=np.int64)


def test_values_are_sorted_by_series_and_place() -> None:
    found, conflicts = History.of(asked(1, 0, 1, 0), asked(5, 9, 2, 3), np.array([1.0, 2, 3, 4]))
    assert found.series.tolist() == [0, 0, 1, 1]
    assert found.place.tolist() == [3, 9, 2, 5]
    assert found.value.tolist() == [4, 2, 3, 1]
    assert conflicts == 0
    assert (found.series.dtype, found.place.dtype) == (np.int32, np.int64)


def test_value_given_last_is_kept_and_other_ones_are_counted() -> None:
    series, place = asked(0, 0, 0, 0, 1), asked(3, 3, 3, 4, 3)
    found, conflicts = History.of(series, place, np.array([1.0, 2, 2, 7, 9]))
    assert found.value.tolist() == [2, 7, 9]
    assert conflicts == 1


def test_missing_values_are_left_out_before_the_last_one_is_chosen() -> None:
    found, conflicts = History.of(asked(0, 0, 1), asked(3, 3, 3), np.array([1.0, np.nan, np.nan]))
    assert found.value.tolist() == [1]
    assert conflicts == 0


def test_infinite_values_and_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="a known value is infinite"):
        History.of(asked(0), asked(0), np.array([np.inf]))
    with pytest.raises(ValueError, match="must be of one length"):
        History.of(asked(0, 1), asked(0), np.array([1.0]))


def test_inputs_stay_as_they_were() -> None:
    given_ = (asked(1, 0), asked(2, 1), np.array([5.0, 6.0]))
    copies = [x.copy() for x in given_]
    History.of(*given_)
    assert all((x == y).all() for x, y in zip(given_, copies, strict=True))


def test_nothing_known_answers_with_nan_and_0() -> None:
    empty, _ = History.of(asked(), asked(), np.zeros(0))
    for h, series in ((empty, asked(0, 3)), (history([1.0, 2.0]), asked(1, -1))):
        until = asked(5, 5)
        assert h.length(series, until).tolist() == [0, 0]
        absolute, squared, pairs = h.scales(1).at(series, until)
        forecast, refused = h.naive2(series, until, until + 1, 4)
        for x in (
            h.last(series, until),
            h.seasonal(series, until, until + 1, 2),
            absolute,
            squared,
            forecast,
        ):
            assert np.isnan(x).all()
        assert pairs.tolist() == [0, 0]
        assert refused.size == 0


def test_no_queries_have_no_answers() -> None:
    h = history([1.0, 2.0, 3.0])
    none = asked()
    assert h.last(none, none).shape == h.seasonal(none, none, none, 2).shape == h.naive2(none, none, none, 2)[0].shape == (0,)  # fmt: skip
    assert h.scales(1).at(none, none)[0].shape == (0,)


def test_length_and_last_stop_at_the_last_place_that_may_be_known() -> None:
    h = history([1.0, 2, 3], [10.0, 20], start=5)
    series, until = asked(0, 0, 0, 1, 1), asked(4, 6, 99, 5, 7)
    assert h.length(series, until).tolist() == [0, 2, 3, 1, 2]
    assert np.array_equal(h.last(series, until), [np.nan, 2, 3, 10, 20], equal_nan=True)


def test_seasonal_forecast_repeats_the_last_season() -> None:
    h = history([1.0, 2, 3, 4, 5, 6])
    place = np.arange(6, 14)
    found = h.seasonal(np.zeros(8, int), np.full(8, 5), place, 3)
    assert found.tolist() == [4, 5, 6, 4, 5, 6, 4, 5]


def test_seasonal_forecast_does_not_reach_back_for_a_value_that_is_missing() -> None:
    h, _ = History.of(asked(0, 0, 0), asked(0, 1, 3), np.array([1.0, 2, 4]))
    assert np.array_equal(h.seasonal(asked(0, 0), asked(3, 3), asked(4, 5), 2), [np.nan, 4], equal_nan=True)


def test_place_that_is_known_already_is_never_its_own_forecast() -> None:
    h = history([1.0, 2, 3, 4, 5])
    assert h.seasonal(asked(0, 0), asked(4, 4), asked(4, 3), 2).tolist() == [3, 2]


def test_scale_is_the_mean_step_between_values_one_season_apart() -> None:
    h = history([1.0, 4, 2, 9])
    absolute, squared, pairs = h.scales(1).at(asked(0, 0, 0), asked(0, 2, 3))
    assert np.array_equal(absolute, [np.nan, 2.5, 4], equal_nan=True)
    assert np.array_equal(squared, [np.nan, 6.5, 62 / 3], equal_nan=True)
    assert pairs.tolist() == [0, 2, 3]
    absolute, _, pairs = h.scales(2).at(asked(0), asked(3))
    assert (absolute[0], pairs[0]) == (3, 2)


def test_pairs_across_a_gap_do_not_count() -> None:
    h, _ = History.of(np.zeros(4, int), asked(0, 1, 3, 4), np.array([1.0, 2, 100, 103]))
    absolute, _, pairs = h.scales(1).at(asked(0), asked(4))
    assert (absolute[0], pairs[0]) == (2, 2)


def test_scale_of_a_constant_series_is_0() -> None:
    absolute, squared, pairs = history([0.1] * 9).scales(2).at(asked(0), asked(8))
    assert (absolute[0], squared[0], pairs[0]) == (0, 0, 7)


def test_small_series_keep_their_scale_beside_huge_ones_and_on_a_high_level() -> None:
    small = 1e9 + 1e-3 * RNG.normal(size=200)
    h = history((1e15 * RNG.normal(size=200)).tolist(), small.tolist())
    absolute, squared, _ = h.scales(1).at(asked(1), asked(199))
    step = np.abs(np.diff(small))
    assert absolute[0] == pytest.approx(step.mean(), rel=1e-12)
    assert squared[0] == pytest.approx((step**2).mean(), rel=1e-12)


def test_scale_of_values_at_both_ends_of_a_float_is_infinite() -> None:
    absolute, squared, _ = history([1e308, -1e308, 1e308]).scales(1).at(asked(0), asked(2))
    assert np.isinf([absolute[0], squared[0]]).all()


@pytest.mark.parametrize("season", [0, -3])
def test_season_below_1_is_refused(season: int) -> None:
    h, at = history([1.0, 2.0]), asked(0)
    for call in (h.scales, lambda s: h.seasonal(at, at, at, s), lambda s: h.naive2(at, at, at, s)):
        with pytest.raises(ValueError, match="it has at least 1"):
            call(season)


@pytest.mark.parametrize("season", [1, 7])
def test_scales_are_those_of_utilsforecast(season: int) -> None:
    n = [40, 8, 25]
    values = [RNG.gamma(2, 10, size).tolist() for size in n]
    names = ["a", "b", "c"]
    before = np.concatenate([np.arange(k) for k in n])
    train = pd.DataFrame({"unique_id": np.repeat(names, n), "ds": before, "y": np.concatenate(values)})
    ids = np.repeat(names, 5)
    ahead = np.concatenate([k + np.arange(5) for k in n])
    test = pd.DataFrame({"unique_id": ids, "ds": ahead, "y": RNG.gamma(2, 10, 15), "m": RNG.gamma(2, 10, 15)})
    absolute, squared, _ = history(*values).scales(season).at(np.arange(3), np.array(n) - 1)
    error = (test.y - test.m).to_numpy().reshape(3, 5)
    for name, ours in (
        ("mase", np.abs(error).mean(1) / absolute), ("rmsse", np.sqrt((error**2).mean(1) / squared)),
    ):  # fmt: skip
        found = getattr(oracle_losses, name)(test, ["m"], season, train)
        assert ours == pytest.approx(found.sort_values("unique_id")["m"].to_numpy())


def plain_scale(h: History, series: int, until: int, season: int) -> tuple[float, float, int]:
    """Work a scale out of the pairs one by one."""
    known = {
        int(p): v for s, p, v in zip(h.series, h.place, h.value, strict=True) if s == series and p <= until
    }
    steps = [abs(v - known[p - season]) for p, v in known.items() if p - season in known]
    return (np.mean(steps), np.mean(np.square(steps)), len(steps)) if steps else (np.nan, np.nan, 0)


TABLES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-20, 20), st.floats(-100, 100, width=16)), min_size=1, max_size=60
)  # fmt: skip


@given(TABLES, st.integers(1, 6), st.integers(-25, 25))
def test_answers_are_those_of_a_plain_search(
    rows: list[tuple[int, int, float]], season: int, until: int
) -> None:
    h, _ = History.of(*(np.array(x) for x in zip(*rows, strict=True)))
    series = np.arange(5)
    stop = np.full(5, until)
    absolute, squared, pairs = h.scales(season).at(series, stop)
    for s in series:
        known = {p: v for code, p, v in rows if code == s and p <= until}  # later rows replace earlier ones
        assert h.length(series, stop)[s] == len(known)
        assert (absolute[s], squared[s], pairs[s]) == pytest.approx(
            plain_scale(h, s, until, season), nan_ok=True
        )
        last = known[max(known)] if known else np.nan
        assert h.last(series, stop)[s] == pytest.approx(last, nan_ok=True)
        for place in (until + 1, until + season, until + 2 * season + 1):
            back = next(place - k * season for k in range(1, 99) if place - k * season <= until)
            found = h.seasonal(series[s : s + 1], stop[:1], asked(place), season)[0]
            assert found == pytest.approx(known.get(back, np.nan), nan_ok=True)


@given(TABLES, TABLES, st.integers(1, 4), st.integers(-20, 20))
def test_what_happens_later_changes_no_bit_of_any_answer(
    rows: list[tuple[int, int, float]], later: list[tuple[int, int, float]], season: int, until: int
) -> None:
    """The rows after ``until`` are replaced by others; every answer stays."""
    known = [r for r in rows if r[1] <= until]
    future = [(s, until + 1 + abs(p), v * 1e6) for s, p, v in later]
    series = np.repeat(np.arange(4), 5)
    stop, place = np.full(20, until), np.tile(until + np.arange(1, 6), 4)

    def answers(table: list[tuple[int, int, float]]) -> list[Any]:
        codes, at, value = (np.array([r[k] for r in table]) for k in range(3))
        h, _ = History.of(codes.astype(int), at.astype(int), value.astype(float))
        return [
            h.length(series, stop), h.last(series, stop), h.seasonal(series, stop, place, season),
            *h.naive2(series, stop, place, season), *h.scales(season).at(series, stop),
        ]  # fmt: skip

    for with_, without in zip(answers(known + future), answers(known), strict=True):
        assert with_.tobytes() == without.tobytes()
