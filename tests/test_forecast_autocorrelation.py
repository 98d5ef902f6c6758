"""Correlation of errors in time, series by series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from metrics_core.differences import benjamini_hochberg
from metrics_core.forecasts.autocorrelation import REJECT, autocorrelations, ljung_box

RNG = np.random.default_rng(0)


def one(n: int) -> Any:
    """Codes of a single series."""
    return np.zeros(n, dtype=np.int32)


def plain(values: dict[int, float], lag: int) -> tuple[float, int]:
    """Correlate the values of one series pair by pair."""
    mean = sum(values.values()) / len(values)
    total = sum((v - mean) ** 2 for v in values.values())
    pairs = [(v - mean) * (values[p - lag] - mean) for p, v in values.items() if p - lag in values]
    return (sum(pairs) / total if pairs and total > 0 else np.nan), len(pairs)


@given(
    st.dictionaries(st.tuples(st.integers(0, 2), st.integers(-15, 15)), st.integers(-9, 9), min_size=1), st.integers(1, 6)
)  # fmt: skip
def test_correlations_are_those_of_the_plain_sums(rows: dict[tuple[int, int], int], lags: int) -> None:
    series, place = (np.array(x) for x in zip(*rows, strict=True))
    found = autocorrelations(np.array(list(rows.values()), float), series, place, lags)
    assert found.shape == (series.max() + 1, lags)
    for code in range(series.max() + 1):
        values = {p: float(v) for (s, p), v in rows.items() if s == code}
        expected = [plain(values, k + 1)[0] if values else np.nan for k in range(lags)]
        assert found[code] == pytest.approx(np.array(expected), nan_ok=True, abs=1e-12)


def test_values_around_a_gap_are_no_neighbours() -> None:
    e = np.array([1.0, 1, -1, -1])
    assert autocorrelations(e, one(4), np.array([0, 1, 3, 4]), 2).tolist() == [[0.5, -0.25]]


def test_order_of_the_rows_does_not_matter() -> None:
    e, place = RNG.normal(size=50), np.arange(50)
    shuffled = RNG.permutation(50)
    ordered = autocorrelations(e, one(50), place, 5)
    assert autocorrelations(e[shuffled], one(50), place[shuffled], 5).tobytes() == ordered.tobytes()


def test_constant_and_absent_series_have_no_correlation() -> None:
    series, place = np.repeat([0, 2], 10), np.tile(np.arange(10), 2)
    e = np.concatenate([np.full(10, 0.1), RNG.normal(size=10)])
    found = autocorrelations(e, series, place, 3)
    assert np.isnan(found[:2]).all()
    assert np.isfinite(found[2]).all()


def test_level_and_unit_do_not_matter() -> None:
    e, place = np.cumsum(RNG.integers(-4, 5, size=60)), np.arange(60)
    base = autocorrelations(e.astype(float), one(60), place, 8)
    for other in (e * 1e-300, e * 1e200):
        assert autocorrelations(other, one(60), place, 8) == pytest.approx(base)
    assert autocorrelations(1e9 + 1e-3 * e, one(60), place, 8) == pytest.approx(base, abs=1e-3)


def test_two_values_at_one_place_and_no_distance_are_refused() -> None:
    with pytest.raises(ValueError, match="two values at one place"):
        autocorrelations(np.ones(2), one(2), np.array([3, 3]), 1)
    with pytest.raises(ValueError, match="the largest is at least 1"):
        autocorrelations(np.ones(2), one(2), np.array([3, 4]), 0)


def test_no_rows_have_no_correlation_and_no_test() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert autocorrelations(np.zeros(0), none, none, 4).shape == (0, 4)
    found = ljung_box(np.zeros(0), none, none, 4)
    assert found.tested == 0
    assert np.isnan(found.share)
    assert found.reason


def test_ljung_box_is_the_known_formula() -> None:
    e, lags = np.convolve(RNG.normal(size=82), [1, 0.4, 0.2], "valid"), 6
    values = dict(enumerate(e.tolist()))
    q = 80 * 82 * sum(plain(values, k)[0] ** 2 / (80 - k) for k in range(1, lags + 1))
    found = ljung_box(e, one(80), np.arange(80), lags)
    assert found.statistic[0] == pytest.approx(q)
    assert found.p[0] == pytest.approx(stats.chi2.sf(q, lags))
    assert (found.freedom[0], found.tested) == (lags, 1)


def test_distances_without_a_pair_are_no_degree_of_freedom() -> None:
    e = RNG.normal(size=30)
    found = ljung_box(e, one(30), 2 * np.arange(30), 4)
    apart = ljung_box(e, one(30), np.arange(30), 2)
    assert found.freedom.tolist() == [2]
    assert found.statistic == pytest.approx(apart.statistic)


def test_series_are_adjusted_together_and_the_share_is_that_of_the_tested_ones() -> None:
    steps = [RNG.normal(size=60), np.cumsum(RNG.normal(size=60)), np.full(60, 3.0), RNG.normal(size=3)]
    series = np.repeat(np.arange(4), [len(e) for e in steps])
    place = np.concatenate([np.arange(len(e)) for e in steps])
    found = ljung_box(np.concatenate(steps), series, place, 5)
    assert np.isnan(found.p).tolist() == [False, False, True, True]
    assert np.array_equal(found.adjusted, benjamini_hochberg(found.p), equal_nan=True)
    assert found.adjusted[1] < REJECT < found.adjusted[0]
    assert (found.tested, found.rejected, found.share) == (2, 1, 0.5)
    assert found.reason == ""


@pytest.mark.parametrize(("n", "lags", "kept"), [(60, 5, 1.0), (200, 10, 1.0), (200, 10, 0.6)])
def test_independent_errors_are_rejected_as_often_as_the_level_says(n: int, lags: int, kept: float) -> None:
    rng, many = np.random.default_rng(5), 4000
    series, place = np.repeat(np.arange(many), n), np.tile(np.arange(n), many)
    there = rng.random(series.size) < kept
    found = ljung_box(rng.normal(size=int(there.sum())), series[there], place[there], lags)
    assert np.mean(found.p < 0.05) == pytest.approx(0.055, abs=0.015)
    assert found.share < 0.005


def test_correlated_errors_with_gaps_are_found() -> None:
    rng = np.random.default_rng(6)
    e = np.cumsum(rng.normal(size=300))
    there = rng.random(300) < 0.5
    found = ljung_box(e[there], one(int(there.sum())), np.flatnonzero(there), 5)
    assert found.p[0] < 1e-6
