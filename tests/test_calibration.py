"""Calibration: bins of scores against what happened, and what chance alone would give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from metrics_core import calibration, calibration_bins
from metrics_core.calibration import brier_by_chance, brier_parts, ece_by_chance, reliability, score_counts
from metrics_core.cases import BinaryCases
from metrics_core.errors import DataError
from metrics_core.metrics.probabilities import brier, ece
from metrics_core.rate_interval import wilson
from metrics_core.reduce.scores import tally_of, with_cuts
from metrics_core.tally import ScoreTally
from tests.class_tables import random_classes
from tests.tables import Rows, random_rows, rows, some_rows

STRATEGIES = ("width", "mass", "odds")


def truthful(seed: int, n: int, *, rare: bool = False) -> Rows:
    """Rows whose scores are their chances of being positive."""
    rng = np.random.default_rng(seed)
    score = rng.beta(0.4, 20, n) if rare else rng.beta(1.2, 1.6, n)
    return Rows(rng.random(n) < score, score)


def together(of: Rows, group: NDArray[np.int64]) -> BinaryCases:
    """The same rows, some of which belong together."""
    return replace(of.cases(), together=group)


def bin_of(score: NDArray[np.float64], found: calibration.Reliability) -> NDArray[np.int64]:
    """The bin of each row by the ends that are printed: above the lower one, up to the higher one."""
    inside = (score[:, None] > found.low) & (score[:, None] <= found.high)
    inside[:, 0] |= score <= found.high[0]
    assert (inside.sum(1) == 1).all()
    return inside.argmax(1)


# ------------------------------------------------------------------------------------------------ bins


@given(some_rows(max_size=60), st.booleans())
def test_fifteen_equal_widths_give_the_registered_calibration_error(table, exact):
    tally = tally_of(table.score, table.positive, table.weight, exact=exact)
    assert reliability(tally).ece == pytest.approx(float(ece(tally)), abs=1e-12)


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(table=some_rows(max_size=60), bins=st.integers(1, 40), exact=st.booleans())
def test_every_row_is_counted_in_the_bin_whose_ends_hold_it(strategy, table, bins, exact):
    tally = tally_of(table.score, table.positive, table.weight, exact=exact)
    found = reliability(tally, bins=bins, strategy=strategy)
    assert 1 <= found.rows.size <= bins
    weight = np.ones(len(table)) if table.weight is None else table.weight
    at = bin_of(table.score, found)
    np.testing.assert_allclose(found.rows, np.bincount(at, weight, found.rows.size), rtol=1e-9)
    np.testing.assert_allclose(
        found.positives, np.bincount(at, weight * table.positive, found.rows.size), rtol=1e-9, atol=1e-12
    )
    held = found.rows > 0
    assert np.isnan(found.rate[~held]).all()
    assert ((found.rate_low <= found.rate + 1e-12) & (found.rate <= found.rate_high + 1e-12))[held].all()


def test_a_bin_holds_its_upper_end_and_not_its_lower_one():
    table = rows("+-+-+", [0.0, 0.1, 1 / 3, np.nextafter(1 / 3, 1), 1.0])
    found = reliability(table.tally(), bins=3)
    assert found.rows.tolist() == [3, 1, 1]
    assert found.positives.tolist() == [2, 0, 1]


def test_means_and_rates_are_those_of_the_rows():
    table = rows("+--+++", [0.1, 0.3, 0.2, 0.9, 0.6, 0.8])
    found = reliability(table.tally(), bins=2)
    np.testing.assert_allclose(found.mean_score, [0.2, 0.7666666666666667])
    np.testing.assert_allclose(found.rate, [1 / 3, 1])
    assert found.ece == pytest.approx((abs(0.6 - 1) + abs(2.3 - 3)) / 6)
    assert (found.mean, found.prevalence) == (pytest.approx(2.9 / 6), pytest.approx(4 / 6))
    assert found.gap == pytest.approx(-1.1 / 6)


def test_bins_of_equal_rows_hold_as_many_rows_each():
    found = reliability(random_rows(1, 3000).tally(), bins=15, strategy="mass")
    assert set(found.rows) == {200.0}


def test_bins_of_equal_rows_divide_no_tie_and_share_the_rest_evenly():
    tied = rows("-" * 113 + "+" * 60, [0.0] * 113 + list(np.linspace(0.5, 0.9, 60)))
    found = reliability(tied.tally(), bins=5, strategy="mass")
    assert found.rows.tolist() == [113, 15, 15, 15, 15]
    same = reliability(rows("+-+", [0.4, 0.4, 0.4]).tally(), bins=5, strategy="mass")
    assert same.rows.tolist() == [3]


def test_bins_of_log_odds_show_rare_and_frequent_outcomes_alike():
    found = reliability(truthful(3, 50_000, rare=True).tally(), bins=10, strategy="odds")
    odds = np.log(found.high[:-1] / (1 - found.high[:-1]))
    np.testing.assert_allclose(np.diff(odds), np.diff(odds).mean(), rtol=0.02)
    assert (found.rows > 0).all()
    assert found.high[0] < 1e-4
    assert found.low[-1] > 0.05


def test_narrow_bins_are_divided_only_where_they_end_and_exactly_after_a_cut():
    table = random_rows(5, 4000)
    binned = tally_of(table.score, table.positive, exact=False)
    moved = reliability(binned, bins=10)
    np.testing.assert_allclose(moved.high, np.arange(1, 11) / 10, atol=2**-12)
    cuts = np.nextafter(np.arange(1, 10) / 10, 1)
    cut = reliability(with_cuts(binned, table.score, table.positive, cuts=cuts.tolist()), bins=10)
    assert cut.high.tolist() == (np.arange(1, 11) / 10).tolist()
    assert cut.rows.tolist() == reliability(table.tally(), bins=10).rows.tolist()


def test_the_frame_has_one_row_a_bin():
    frame = reliability(random_rows(2).tally(), bins=7).frame()
    assert list(frame.columns) == [
        "low", "high", "rows", "positives", "effective_rows", "mean_score", "rate", "rate_low", "rate_high",
    ]  # fmt: skip
    assert len(frame) == 7


def test_the_histogram_counts_what_lies_beyond_its_ends_too():
    table = random_rows(4, 500)
    n, positives = score_counts(table.tally(), np.array([0.3, 0.5, 0.7]))
    above = table.score >= 0.5
    assert n.tolist() == [(~above).sum(), above.sum()]
    assert positives.tolist() == [table.positive[~above].sum(), table.positive[above].sum()]


# ------------------------------------------------------------------------------------------------ how sure it is


def test_each_bin_has_wilsons_interval_of_its_rows():
    found = reliability(random_rows(6, 900).tally(), level=0.9)
    low, high = wilson(found.positives, found.rows, 0.9)
    np.testing.assert_allclose(found.rate_low, low)
    np.testing.assert_allclose(found.rate_high, high)


def test_weighted_rows_count_as_their_effective_number():
    weight = [1.0, 3.0, 2.0]
    found = reliability(rows("+-+", [0.5, 0.6, 0.7], weight).tally(), bins=1)
    assert found.rows.tolist() == [6]
    assert found.rate.tolist() == [0.5]
    assert found.effective_rows == pytest.approx(36 / 14)
    assert found.rate_low == pytest.approx(float(wilson(18 / 14, 36 / 14)[0]))


def test_a_frequency_of_three_is_the_row_three_times():
    table = random_rows(8, 120, levels=30)
    counted = tally_of(table.score, table.positive, np.full(len(table), 3.0), frequency=True)
    thrice = tally_of(np.tile(table.score, 3), np.tile(table.positive, 3))
    for strategy in STRATEGIES:
        one, other = (reliability(t, strategy=strategy) for t in (counted, thrice))
        np.testing.assert_allclose(one.frame(), other.frame())
        assert (one.gap_low, one.gap_high) == pytest.approx((other.gap_low, other.gap_high))
    assert ece_by_chance(counted).mean == pytest.approx(ece_by_chance(thrice).mean)


def test_rows_that_are_copies_of_each_other_count_once():
    table, copies = random_rows(9, 400), np.repeat(np.arange(400), 5)
    five = table.at(copies)
    once = reliability(table.tally(), bins=4)
    found = reliability(five.tally(), bins=4, cases=together(five, copies))
    np.testing.assert_allclose(found.effective_rows, once.effective_rows, rtol=0.05)
    alone = reliability(five.tally(), bins=4)
    np.testing.assert_allclose(alone.effective_rows, 5 * once.effective_rows)
    assert found.gap_high - found.gap_low > 1.7 * (alone.gap_high - alone.gap_low)


def test_groups_of_single_rows_are_no_groups():
    table = random_rows(10, 600)
    found = reliability(table.tally(), bins=5, cases=together(table, np.arange(600)))
    np.testing.assert_allclose(found.effective_rows, reliability(table.tally(), bins=5).rows, rtol=0.02)


def test_where_all_rows_of_a_bin_are_alike_each_group_counts_once():
    table = rows("+" * 12, [0.8] * 12)
    found = reliability(table.tally(), bins=1, cases=together(table, np.arange(12) // 4))
    assert found.effective_rows.tolist() == [3]


def test_one_group_of_rows_has_no_interval_on_the_whole():
    table = random_rows(11, 50)
    found = reliability(table.tally(), cases=together(table, np.zeros(50, dtype=np.int64)))
    assert np.isnan([found.gap_low, found.gap_high]).all()
    assert found.direction == "none"


def test_the_direction_is_said_only_when_the_interval_leaves_out_zero():
    table = truthful(12, 4000)
    assert reliability(table.tally()).direction == "none"
    for shift, said in ((0.1, "over-confident"), (-0.1, "under-confident")):
        moved = replace(table, score=np.clip(table.score + shift, 0, 1))
        assert reliability(moved.tally()).direction == said


@pytest.mark.parametrize(("rare", "n"), [(True, 1500), (False, 150)])
def test_the_interval_on_the_whole_holds_the_truth_about_as_often_as_it_says(rare, n):
    held = []
    for seed in range(250):
        found = reliability(truthful(seed, n, rare=rare).tally(), bins=1)
        held.append(found.gap_low <= 0 <= found.gap_high)
    assert 0.92 <= np.mean(held) <= 0.99


def test_decisions_that_are_all_right_leave_no_direction():
    found = reliability(rows("+-+", [1.0, 0.0, 1.0]).tally())
    assert (found.gap, found.ece, found.direction) == (0, 0, "none")
    assert np.isnan(found.gap_low)


# ------------------------------------------------------------------------------------------------ chance


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_chance_gives_what_drawing_row_by_row_gives(weighted, strategy):
    table = random_rows(13, 150, levels=40, weighted=weighted)
    bins = reliability(table.tally(), strategy=strategy)
    weight = np.ones(150) if table.weight is None else table.weight
    hit = np.random.default_rng(1).random((3000, 150)) < table.score
    of_bin = np.eye(bins.rows.size)[bin_of(table.score, bins)]
    slow = np.abs((weight * (hit - table.score)) @ of_bin).sum(1) / weight.sum()
    found = ece_by_chance(table.tally(), strategy=strategy, draws=3000)
    assert found.mean == pytest.approx(slow.mean(), rel=0.03)
    assert found.high == pytest.approx(np.quantile(slow, 0.95), rel=0.05)
    assert found.value == pytest.approx(bins.ece)


def test_right_scores_reach_what_they_show_and_wrong_ones_do_not():
    shares = [ece_by_chance(truthful(seed, 500).tally(), draws=100).share for seed in range(40)]
    assert 0.35 < np.mean(shares) < 0.65
    wrong = truthful(1, 3000)
    found = ece_by_chance(replace(wrong, score=wrong.score**2).tally())
    assert found.share == 0
    assert found.value > found.high > found.mean > 0


def test_the_same_seed_draws_the_same_outcomes():
    tally = random_rows(14).tally()
    assert ece_by_chance(tally, seed=3) == ece_by_chance(tally, seed=3)
    assert ece_by_chance(tally, seed=3) != ece_by_chance(tally, seed=4)


def test_scores_of_0_and_1_leave_nothing_to_chance():
    found = ece_by_chance(rows("+-+", [1.0, 0.0, 1.0]).tally())
    assert (found.value, found.mean, found.high, found.share) == (0, 0, 0, 1)


def test_merging_neighbours_changes_what_chance_gives_by_little(monkeypatch):
    tally = truthful(15, 12_000, rare=True).tally()
    whole = ece_by_chance(tally, draws=200), brier_by_chance(tally, draws=100)
    monkeypatch.setattr(calibration_bins, "CELLS", 100)
    merged = ece_by_chance(tally, draws=200), brier_by_chance(tally, draws=100)
    for one, other in zip(whole, merged, strict=True):
        assert other.value == pytest.approx(one.value, rel=1e-9)
        assert other.mean == pytest.approx(one.mean, rel=0.06)


def test_a_billion_rows_are_drawn_as_easily_as_a_thousand():
    n = np.array([400_000_000, 600_000_000])
    tally = ScoreTally(np.array([0.25, 0.5]), n // 4, n - n // 4)
    found = ece_by_chance(tally)
    assert found.value == pytest.approx(0.15)
    assert 0 < found.mean < 1e-4


# ------------------------------------------------------------------------------------------------ the Brier score


def fitted(rate: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest non-decreasing rates: of all stretches that begin before an entry the largest smallest mean."""
    upto, sums = np.append(0, np.cumsum(n)), np.append(0, np.cumsum(n * rate))
    means = [
        [(sums[b] - sums[a]) / (upto[b] - upto[a]) for b in range(a + 1, upto.size)] for a in range(rate.size)
    ]
    return np.array([max(min(means[a][i - a :]) for a in range(i + 1)) for i in range(rate.size)])


@given(some_rows(max_size=25))
def test_the_parts_of_the_brier_score_add_up_and_are_those_of_the_fitted_scores(table):
    tally = table.tally()
    parts = brier_parts(tally)
    assert parts.brier == pytest.approx(float(brier(tally)), abs=1e-12)
    assert parts.mcb - parts.dsc + parts.unc == pytest.approx(parts.brier, abs=1e-12)
    assert min(parts.mcb, parts.dsc, parts.unc) >= 0
    n = tally.pos + tally.neg
    rate = fitted(tally.pos / n, n)
    after = (tally.pos * (1 - rate) ** 2 + tally.neg * rate**2).sum() / n.sum()
    assert parts.mcb == pytest.approx(parts.brier - after, abs=1e-9)


def test_scores_that_fit_best_already_are_not_miscalibrated():
    hits = np.array([1, 3, 8])
    parts = brier_parts(ScoreTally(np.array([0.1, 0.3, 0.8]), hits, 10 - hits))
    assert parts.mcb == 0
    assert parts.unc == pytest.approx(0.4 * 0.6)


def test_chance_alone_miscalibrates_as_drawing_row_by_row_does():
    table = random_rows(16, 120, levels=40, weighted=True)
    rng = np.random.default_rng(2)
    drawn = [replace(table, positive=rng.random(120) < table.score) for _ in range(500)]
    slow = [brier_parts(one.tally()).mcb for one in drawn]
    found = brier_by_chance(table.tally(), draws=500)
    assert found.mean == pytest.approx(np.mean(slow), rel=0.06)
    assert found.value == brier_parts(table.tally()).mcb


# ------------------------------------------------------------------------------------------------ many classes, mistakes


def test_decisions_among_many_classes_are_right_or_wrong_by_their_own_probability():
    cases = random_classes(3, 200).cases()
    found = calibration.right_or_wrong(cases)
    assert found.positive.tolist() == (cases.truth == cases.predicted).tolist()
    assert found.score is not None
    assert found.score.tolist() == cases.of_decision().tolist()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda t: reliability(replace(t, probability=False)), "The scores are not probabilities"),
        (lambda t: brier_parts(replace(t, probability=False)), "--score-kind percent or logit"),
        (lambda t: ece_by_chance(replace(t, pos=0 * t.pos, neg=0 * t.neg)), "No row is left"),
        (lambda t: reliability(t, bins=0), "from 1 to 1,000, not 0"),
        (lambda t: reliability(t, bins=1001), "not 1,001"),
        (lambda t: reliability(t, strategy="masses"), "Did you mean 'mass'"),
        (lambda t: reliability(t, level=95), "such as 0.95, not 95"),
        (lambda t: ece_by_chance(t, draws=10), "10 draws are too few"),
    ],
)
def test_what_cannot_be_computed_has_a_sentence(call, sentence):
    with pytest.raises(DataError, match=sentence.replace("(", "\\(")):
        call(random_rows(17).tally())


def test_several_tallies_at_once_are_an_error_of_the_program():
    tally = random_rows(18).tally()
    with pytest.raises(ValueError, match="one tally at a time"):
        reliability(replace(tally, pos=tally.pos[None], neg=tally.neg[None]))
