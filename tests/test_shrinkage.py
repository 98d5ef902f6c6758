"""Rates pulled together: known data, what the pull does, and its edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core.shrinkage import shrunk_rates

#: Hits of 18 players in their first 45 times at bat of 1970, and their averages in the rest of the season (Efron and Morris 1975).
HITS = [18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]
LATER = [0.346, 0.298, 0.276, 0.222, 0.273, 0.270, 0.263, 0.210, 0.269, 0.230, 0.264, 0.256, 0.303, 0.264, 0.226, 0.286, 0.316, 0.200]  # fmt: skip
COUNTS = st.lists(
    st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=20
)


def test_the_rest_of_the_season_is_foretold_better_than_by_the_rates_themselves() -> None:
    rate = np.array(HITS) / 45
    found = shrunk_rates(HITS, [45] * 18)
    assert ((rate - LATER) ** 2).sum() == pytest.approx(0.0755, abs=5e-5)
    assert ((found.value - LATER) ** 2).sum() == pytest.approx(0.0219, abs=5e-5)
    assert found.pooled == pytest.approx(sum(HITS) / 18 / 45)


def test_a_tiny_group_is_pulled_further_than_a_large_one() -> None:
    found = shrunk_rates([3, 300, 100, 600], [3, 1000, 1000, 3000])
    assert abs(found.value[0] - found.pooled) < 0.5 * (1 - found.pooled)
    assert found.value[1] == pytest.approx(0.3, abs=0.01)
    assert np.argmax(found.low) == 1  # the tiny one does not lead, though its rate is 100 %


def test_groups_that_differ_by_chance_alone_become_one() -> None:
    rng = np.random.default_rng(0)
    k = rng.binomial(200, 0.2, 50)
    found = shrunk_rates(k, [200] * 50)
    assert np.ptp(found.value) < 0.3 * np.ptp(k / 200)


@given(COUNTS)
def test_a_pulled_rate_lies_between_the_rate_and_that_of_all(counts: list[tuple[int, int]]) -> None:
    k, n = (np.array(x, dtype=float) for x in zip(*counts, strict=True))
    found = shrunk_rates(k, n)
    there = n > 0
    assert (np.isnan(found.value) == ~there).all()
    if there.any():
        rate = k[there] / n[there]
        low, high = np.minimum(rate, found.pooled), np.maximum(rate, found.pooled)
        assert ((found.value[there] >= low - 1e-12) & (found.value[there] <= high + 1e-12)).all()
        assert (
            (found.low[there] <= found.value[there] + 1e-9) & (found.value[there] <= found.high[there] + 1e-9)
        ).all()
        assert ((found.above[there] >= 0) & (found.above[there] <= 1)).all()


def test_the_interval_holds_the_rates_it_was_made_for() -> None:
    rng = np.random.default_rng(1)
    rates = rng.beta(8, 32, 400)
    n = rng.integers(20, 300, 400)
    found = shrunk_rates(rng.binomial(n, rates), n)
    held = ((found.low <= rates) & (rates <= found.high)).mean()
    assert 0.92 < held < 0.98
    assert found.strength == pytest.approx(40, rel=0.4)


def test_rates_that_are_all_none_or_all_whole_stay_as_they_are() -> None:
    for k in (0, 10):
        found = shrunk_rates([k, 0], [10, 0])
        assert (found.value[0], found.low[0], found.high[0]) == (k / 10,) * 3
        assert np.isnan([found.value[1], found.low[1], found.above[1]]).all()


def test_a_single_group_is_its_own_rate() -> None:
    assert shrunk_rates([3], [10]).value.tolist() == pytest.approx([0.3])


def test_more_counted_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="between none and all"):
        shrunk_rates([3], [2])
