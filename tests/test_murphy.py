"""The Murphy diagram of two models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics_core.murphy import elementary_score, murphy
from tests.number_tables import numbers

RNG = np.random.default_rng(1)
Y = RNG.normal(10, 3, 300)
GOOD = numbers(Y, Y + RNG.normal(0, 1, 300))
BAD = numbers(Y, Y + RNG.normal(0, 3, 300))


@given(seed=st.integers(0, 10_000), n=st.integers(1, 40), weighted=st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_curves_are_mean_elementary_scores_also_at_equal_numbers(seed: int, n: int, weighted: bool) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    y, f, g = rng.integers(0, 6, (3, n)).astype(float)
    w = rng.choice([0.5, 1.0, 2.0], n) if weighted else np.ones(n)
    found = murphy(numbers(y, f, w), numbers(y, g, w), thetas=31, replicates=5)
    for theta, a, b in zip(found.theta, found.a, found.b, strict=True):
        assert a == pytest.approx(np.average(elementary_score(y, f, theta), weights=w), abs=1e-12)
        assert b == pytest.approx(np.average(elementary_score(y, g, theta), weights=w), abs=1e-12)


def test_the_elementary_score_is_half_open() -> None:
    y, f = np.array([2.0, 5.0]), np.array([5.0, 2.0])
    assert elementary_score(y, f, 2.0).tolist() == [0.0, 3.0]
    assert elementary_score(y, f, 5.0).tolist() == [0.0, 0.0]


def test_the_area_under_a_curve_is_half_the_squared_error() -> None:
    found = murphy(GOOD, BAD, thetas=4001, replicates=5)
    for curve, cases in ((found.a, GOOD), (found.b, BAD)):
        assert np.trapezoid(curve, found.theta) == pytest.approx((cases.residual**2).mean() / 2, rel=1e-3)


def test_a_model_nearer_to_every_truth_on_the_same_side_is_never_worse() -> None:
    a, b = replace(GOOD, predicted=Y + 1), replace(GOOD, predicted=Y + 2)
    assert murphy(a, b, replicates=5).never_worse == "a"
    assert murphy(b, a, replicates=5).never_worse == "b"
    assert murphy(a, a, replicates=5).never_worse == "both"


def test_models_that_err_at_different_ends_are_each_better_somewhere() -> None:
    low = np.where(Y < 10, Y, Y + 2)
    high = np.where(Y < 10, Y - 2, Y)
    assert murphy(replace(GOOD, predicted=low), replace(GOOD, predicted=high), replicates=5).never_worse == ""


@given(seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_never_worse_agrees_with_looking_at_every_number_and_between(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, f, g = rng.integers(0, 5, (3, 4)).astype(float)
    found = murphy(numbers(y, f), numbers(y, g), replicates=5).never_worse
    at = np.unique(np.concatenate([y, f, g]))
    places = np.concatenate([at, at - 1e-7, at + 1e-7])
    d = np.array([(elementary_score(y, f, t) - elementary_score(y, g, t)).mean() for t in places])
    above, below = (d > 1e-6).any(), (d < -1e-6).any()
    assert found == {(0, 0): "both", (0, 1): "a", (1, 0): "b", (1, 1): ""}[int(above), int(below)]


def test_the_band_holds_the_difference_and_is_narrower_for_paired_rows() -> None:
    found = murphy(GOOD, BAD)
    assert ((found.low <= found.difference) & (found.difference <= found.high)).all()
    assert found.surely_a > 0.3
    assert found.surely_b == 0
    near = murphy(GOOD, replace(GOOD, predicted=GOOD.predicted + 0.1))
    assert (near.high - near.low).max() < 0.4 * (found.high - found.low).max()


def test_the_band_has_the_width_of_the_standard_error() -> None:
    found = murphy(GOOD, BAD, replicates=4000)
    at = int(np.argmin(np.abs(found.theta - 10)))
    d = elementary_score(Y, GOOD.predicted, found.theta[at]) - elementary_score(
        Y, BAD.predicted, found.theta[at]
    )
    assert found.high[at] - found.low[at] == pytest.approx(2 * 1.96 * d.std() / np.sqrt(300), rel=0.1)


def test_equal_models_are_told_apart_as_rarely_as_the_level_says() -> None:
    told = 0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        y = rng.normal(0, 1, 200)
        a, b = (numbers(y, y + rng.normal(0, 0.7, 200)) for _ in range(2))
        found = murphy(a, b, thetas=40, replicates=200)
        told += found.surely_a + found.surely_b > 0
    assert told / 80 < 0.12


def test_rows_that_belong_together_are_drawn_together() -> None:
    five = {name: np.tile(getattr(GOOD, name), 5) for name in ("truth", "predicted")}
    many = numbers(five["truth"], five["predicted"], together=np.tile(np.arange(300), 5))
    other = replace(many, predicted=np.tile(BAD.predicted, 5))
    grouped, once = murphy(many, other), murphy(GOOD, BAD)
    np.testing.assert_allclose(grouped.difference, once.difference, atol=1e-12)
    assert (grouped.high - grouped.low).mean() == pytest.approx((once.high - once.low).mean(), rel=0.1)


def test_many_rows_in_blocks_keep_the_width_of_the_band() -> None:
    y = RNG.normal(0, 1, 9000)
    a, b = numbers(y, y + RNG.normal(0, 1, 9000)), numbers(y, y + RNG.normal(0, 1.2, 9000))
    found = murphy(a, b)
    at = int(np.argmin(np.abs(found.theta)))
    d = elementary_score(y, a.predicted, found.theta[at]) - elementary_score(y, b.predicted, found.theta[at])
    assert found.high[at] - found.low[at] == pytest.approx(2 * 1.96 * d.std() / np.sqrt(9000), rel=0.15)


def test_an_offset_of_the_data_changes_nothing() -> None:
    far = [replace(c, truth=c.truth + 1e9, predicted=c.predicted + 1e9) for c in (GOOD, BAD)]
    found = murphy(*far, replicates=5)
    np.testing.assert_allclose(found.difference, murphy(GOOD, BAD, replicates=5).difference, atol=1e-5)


def test_models_of_different_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="same rows"):
        murphy(GOOD, BAD.at(np.arange(10)))
