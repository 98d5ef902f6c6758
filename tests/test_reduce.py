"""Rows into tallies: the fast ways of counting agree with the slow one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from metrics_core.intervals import intervals_of
from metrics_core.reduce import scores as reduction
from metrics_core.reduce.binned import CHUNK, BinCounter
from metrics_core.reduce.distinct import has_more_distinct_than
from metrics_core.reduce.scores import bin_counts, bin_sums, score_tally, tally_of, with_cuts
from metrics_core.tally import ScoreTally
from metrics_core.tally.bins import COARSE, FINE, Bins
from metrics_core.values import compute, tallied
from tests.judged import Judged, judged
from tests.tables import Rows, random_rows, some_rows

SETS = {
    "fine": FINE,
    "coarse": COARSE,
    "with cuts": Bins((0.3, 0.30001, 0.5, 1e-300, 1.0)),
    "plain": Bins(()),
}


def shapes(bins: Bins, kind: type[Any]) -> NDArray[Any]:
    """Ordinary, rare, saturated and tied scores, and every edge with its neighbours."""
    rng = np.random.default_rng(3)
    powers = 10.0 ** -rng.uniform(0, 40, 4000)
    numbers = [
        rng.random(4000), powers, 1 - powers, rng.integers(0, 1001, 4000) / 1000, rng.integers(0, 16, 400) / 15,
        bins.edges, bins.tops, np.nextafter(bins.edges[:-1], 1), [0.0, 1.0, 0.5, 5e-324, 1e-310, 1 - 2**-53, -0.0],
    ]  # fmt: skip
    return np.concatenate(numbers).astype(kind)


def searched(score: NDArray[Any], positive: NDArray[np.bool_], weight: NDArray[Any] | None, bins: Bins) -> NDArray[Any]:  # fmt: skip
    """Counts by negative and positive, each row's bin found by search."""
    at = np.searchsorted(bins.edges, score.astype(np.float64), side="right") - 1
    return np.bincount(at + positive * bins.size, weight, 2 * bins.size).reshape(2, -1)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("name", SETS)
def test_counting_by_steps_equals_searching_every_bin(name: str, kind: type[Any]) -> None:
    bins = SETS[name]
    score = shapes(bins, kind)
    positive = np.random.default_rng(4).random(score.size) < 0.3
    counter = BinCounter(bins)
    counter.add(score, positive)
    assert np.array_equal(counter.counts()[0], searched(score, positive, None, bins))
    assert np.array_equal(bin_counts(score, bins), searched(score, positive, None, bins).sum(0))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("name", SETS)
def test_weights_and_their_squares_add_up_in_the_same_bins(name: str, kind: type[Any]) -> None:
    bins = SETS[name]
    score = shapes(bins, kind)
    rng = np.random.default_rng(4)
    positive, weight = rng.random(score.size) < 0.3, rng.choice([0.5, 1.0, 3.0], score.size)
    counter = BinCounter(bins, weighted=True, squares=True)
    counter.add(score, positive, weight)
    sums, squares = counter.counts()
    assert np.array_equal(sums, searched(score, positive, weight, bins))  # quarters add up without rounding
    assert np.array_equal(squares, searched(score, positive, weight**2, bins))
    assert np.array_equal(bin_sums(score, weight, bins), searched(score, positive, weight, bins).sum(0))


def test_rows_that_come_in_parts_count_as_those_that_come_at_once() -> None:
    drawn = random_rows(8, 3 * CHUNK + 5)
    once, parts = BinCounter(FINE), BinCounter(FINE)
    once.add(drawn.score, drawn.positive)
    for part in (slice(0, 7), slice(7, CHUNK + 9), slice(CHUNK + 9, None)):
        parts.add(drawn.score[part].astype(np.float32).astype(np.float64) if part.start == 0 else drawn.score[part], drawn.positive[part])  # fmt: skip
    assert (once.counts()[0] - parts.counts()[0]).sum() == 0
    assert np.abs(once.counts()[0] - parts.counts()[0]).sum() <= 2 * 7


def test_column_of_a_matrix_counts_like_a_copy_of_it() -> None:
    matrix = np.random.default_rng(2).random((2000, 5))
    assert np.array_equal(bin_counts(matrix[:, 2], COARSE), bin_counts(matrix[:, 2].copy(), COARSE))


@pytest.mark.parametrize("strange", [np.nan, -1e-9, 1.0000001, np.inf])
def test_score_that_no_bin_holds_is_refused(strange: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        bin_counts(np.array([0.5, strange]), FINE)


def test_float32_scores_are_compared_as_the_numbers_that_they_are() -> None:
    score = np.array([0.7, 0.3], dtype=np.float32)  # the one is below 0.7, the other above 0.3
    tally = tally_of(score, np.array([True, True]), exact=False, cuts=[0.7, 0.3])
    assert int(tally.outcomes(0.7).tp) == int((score.astype(np.float64) >= 0.7).sum()) == 0
    assert int(tally.outcomes(0.3).tp) == int((score.astype(np.float64) >= 0.3).sum()) == 2


def slow(score: NDArray[Any], positive: NDArray[np.bool_], weight: NDArray[Any] | None = None) -> ScoreTally:
    """Every distinct score, one after the other."""
    one = np.ones(score.size) if weight is None else weight
    distinct = np.unique(score.astype(np.float64))
    pos, neg = (
        np.array([one[(score == s) & side].sum() for s in distinct]) for side in (positive, ~positive)
    )
    return ScoreTally(distinct, pos, neg)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@given(drawn=some_rows(weighted=False))
def test_exact_tally_counts_every_distinct_score(drawn: Rows, kind: type[Any]) -> None:
    for score in (drawn.score.astype(kind), (6 * drawn.score - 3).astype(kind), (-drawn.score).astype(kind)):
        found, wanted = tally_of(score, drawn.positive, probability=False), slow(score, drawn.positive)
        assert np.array_equal(found.score, wanted.score)
        assert np.array_equal(found.pos, wanted.pos)
        assert np.array_equal(found.neg, wanted.neg)
        assert found.pos.dtype == np.int64


@given(drawn=some_rows(weighted=True))
def test_exact_tally_adds_weights_at_every_distinct_score(drawn: Rows) -> None:
    assert drawn.weight is not None
    found = tally_of(drawn.score, drawn.positive, drawn.weight)
    wanted = slow(drawn.score, drawn.positive, drawn.weight)
    assert np.array_equal(found.score, wanted.score)
    assert np.allclose(found.pos, wanted.pos, rtol=1e-12)
    assert np.allclose(found.neg, wanted.neg, rtol=1e-12)
    assert found.squares is not None
    assert np.allclose(found.squares.pos, slow(drawn.score, drawn.positive, drawn.weight**2).pos, rtol=1e-12)


def test_minus_zero_is_zero() -> None:
    for weight in (None, np.ones(3)):
        found = tally_of(np.array([-0.0, 0.0, 0.5]), np.array([True, False, True]), weight)
        assert found.score.tolist() == [0.0, 0.5]
        assert not np.signbit(found.score).any()
        assert found.pos.tolist() == [1, 1]


def test_scores_beyond_the_range_of_float32_stay_apart() -> None:
    found = tally_of(np.array([1e300, -1e300, 1e301]), np.array([True, False, True]), probability=False)
    assert found.score.tolist() == [-1e300, 1e300, 1e301]


def test_no_row_gives_an_empty_tally() -> None:
    nothing = np.zeros(0)
    for weight in (None, nothing):
        assert tally_of(nothing, nothing > 0, weight).score.size == 0
        assert tally_of(nothing, nothing > 0, weight, exact=False).n_pos == 0


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make small tables large ones."""
    monkeypatch.setattr(reduction, "EXACT_ROWS", 100)
    monkeypatch.setattr(reduction, "EXACT_SCORES", 50)
    monkeypatch.setattr(reduction, "_SORTED", 64)


@pytest.mark.usefixtures("few")
def test_many_rows_of_many_scores_are_binned() -> None:
    drawn = random_rows(1, 2000)
    assert not score_tally(drawn.cases()).exact
    assert score_tally(drawn.cases(), exact=True).exact


@pytest.mark.usefixtures("few")
def test_few_rows_stay_exact() -> None:
    assert score_tally(random_rows(1, 100).cases()).exact


@pytest.mark.usefixtures("few")
def test_few_distinct_scores_stay_exact_and_are_counted_in_parts() -> None:
    drawn = random_rows(1, 2000, levels=20)
    found, wanted = score_tally(drawn.cases()), slow(drawn.score, drawn.positive)
    assert found.exact
    assert np.array_equal(found.score, wanted.score)
    assert np.array_equal(found.pos, wanted.pos)
    assert np.array_equal(found.neg, wanted.neg)


@pytest.mark.usefixtures("few")
def test_scores_that_are_no_probabilities_stay_exact() -> None:
    drawn = random_rows(1, 2000)
    assert score_tally(drawn.as_margins().cases(margin=True)).exact
    assert tally_of(drawn.score + 0.5, drawn.positive).exact


@pytest.mark.usefixtures("few")
def test_asking_for_bins_of_scores_outside_0_to_1_is_refused() -> None:
    drawn = random_rows(1, 2000)
    with pytest.raises(ValueError, match="between 0 and 1"):
        tally_of(drawn.score + 0.5, drawn.positive, exact=False)


@pytest.mark.parametrize(
    ("distinct", "limit", "more"), [(1000, 1000, False), (5000, 1000, True), (1, 0, True)]
)
def test_distinct_scores_are_noticed_when_there_are_too_many(distinct: int, limit: int, more: bool) -> None:
    score = np.resize(np.random.default_rng(0).random(distinct), 200_000)
    assert has_more_distinct_than(score, limit) == more


def test_frequency_weights_have_no_squares() -> None:
    drawn = random_rows(1, weighted=True)
    for exact in (True, False):
        assert (
            tally_of(drawn.score, drawn.positive, drawn.weight, frequency=True, exact=exact).squares is None
        )


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [True, False])
def test_dividing_bins_afterwards_equals_counting_with_the_cuts(weighted: bool, kind: type[Any]) -> None:
    drawn = random_rows(6, 5000, levels=1000, weighted=weighted)
    score, cuts = drawn.score.astype(kind), [0.3, 0.30001, 0.7, 0.123]
    before = tally_of(score, drawn.positive, drawn.weight, exact=False, cuts=[0.123])
    found = with_cuts(before, score, drawn.positive, drawn.weight, [*cuts, 0.5, -1, 7])
    wanted = tally_of(score, drawn.positive, drawn.weight, exact=False, cuts=cuts)
    for a, b in ((found, wanted), (found.squares or found, wanted.squares or wanted)):
        assert np.array_equal(a.score, b.score)
        assert a.top is not None
        assert b.top is not None
        assert np.array_equal(a.top, b.top)
        assert np.array_equal(a.pos, b.pos)
        assert np.array_equal(a.neg, b.neg)
    assert (found.squares is None) == (wanted.squares is None)


def test_dividing_with_nothing_to_divide_returns_the_same_tally() -> None:
    drawn = random_rows(6)
    exact, binned = (tally_of(drawn.score, drawn.positive, exact=e) for e in (True, False))
    assert with_cuts(exact, drawn.score, drawn.positive, cuts=[0.3]) is exact
    assert with_cuts(binned, drawn.score, drawn.positive, cuts=[0.5, 3.0]) is binned


def test_dividing_needs_the_rows_of_the_tally() -> None:
    drawn = random_rows(6, 5000)
    tally = tally_of(drawn.score, drawn.positive, exact=False)
    with pytest.raises(ValueError, match="not the rows of the tally"):
        with_cuts(tally, drawn.score[:9], drawn.positive[:9], cuts=[0.3])


@pytest.mark.parametrize("grouped", [False, True])
def test_intervals_of_bins_are_close_to_those_of_the_rows(grouped: bool) -> None:
    drawn = random_rows(9, 4000)
    exact = judged(drawn, together=np.arange(4000) // 4 if grouped else None)
    tally = tally_of(drawn.score, drawn.positive, exact=False)
    tallies = tallied(exact.outcomes, tally)
    binned = Judged(exact.cases, tallies, compute("binary", tallies, (3,)))
    keys = ["roc_auc", "average_precision", "ks", "log_loss", "brier", "ece", "precision@3"]
    spans = [intervals_of(j, keys=keys, replicates=200) for j in (exact, binned)]
    for key in keys:
        (low, high), (near_low, near_high) = ((span[key].low, span[key].high) for span in spans)
        assert low is not None
        assert high is not None
        assert near_low == pytest.approx(low, abs=0.25 * (high - low)), key
        assert near_high == pytest.approx(high, abs=0.25 * (high - low)), key


def test_classes_that_do_not_overlap_have_a_finite_interval_of_the_log_loss_in_bins() -> None:
    """Rows never seen are moved to the ends of the scores that occur, not to exactly 0 and 1."""
    drawn = Rows(np.arange(400) >= 200, np.where(np.arange(400) >= 200, 0.9, 0.1))
    tally = tally_of(drawn.score, drawn.positive, exact=False)
    found = judged(drawn)
    tallies = tallied(found.outcomes, tally)
    span = intervals_of(
        Judged(found.cases, tallies, compute("binary", tallies)), keys=["log_loss"], replicates=100
    )
    assert span["log_loss"].high is not None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.floats(0, 1))
def test_any_cut_of_any_scores_is_counted_exactly(values: list[float], cut: float) -> None:
    score = np.array(values)
    for kind in (score, score.astype(np.float32)):
        tally = tally_of(kind, np.ones(score.size, dtype=bool), exact=False, cuts=[cut])
        assert int(tally.outcomes(cut).tp) == int((kind.astype(np.float64) >= cut).sum())
