"""Bins of scores: edges that every engine can count at, a coarse set inside the fine one, and their tallies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core.metrics import probabilities
from metrics_core.metrics.probabilities import calibration_gaps
from metrics_core.reduce.scores import tally_of
from metrics_core.tally import ScoreTally
from metrics_core.tally.bins import COARSE, ECE_CUTS, FINE, Bins
from metrics_core.thresholds import score_grid, threshold_table
from tests.tables import random_rows

SETS = {"fine": FINE, "coarse": COARSE}


def binned(seed: int = 1, n: int = 3000, *, cuts: tuple[float, ...] = (), coarse: bool = False) -> ScoreTally:
    drawn = random_rows(seed, n)
    return tally_of(drawn.score, drawn.positive, exact=False, cuts=cuts, coarse=coarse)


@pytest.mark.parametrize("name", SETS)
def test_bins_cover_every_score_once(name: str) -> None:
    bins = SETS[name]
    assert bins.edges[0] == 0.0
    assert bins.tops[-1] == 1.0
    assert (bins.edges <= bins.tops).all()
    assert np.array_equal(np.nextafter(bins.tops[:-1], 2), bins.edges[1:])


@pytest.mark.parametrize("name", SETS)
def test_zero_and_one_are_entries_of_their_own(name: str) -> None:
    bins = SETS[name]
    assert bins.tops[0] == 0.0
    assert bins.edges[-1] == 1.0


@pytest.mark.parametrize("name", SETS)
def test_ends_of_the_calibration_bins_are_edges(name: str) -> None:
    assert np.isin(ECE_CUTS, SETS[name].edges).all()


def test_coarse_edges_are_fine_edges() -> None:
    assert np.isin(COARSE.edges, FINE.edges).all()
    assert COARSE.size <= 4900


@pytest.mark.parametrize("name", SETS)
def test_edges_without_cuts_are_mirrored_at_one_half(name: str) -> None:
    base = SETS[name].base[1:]
    assert np.array_equal(base, 1 - base[::-1])


@pytest.mark.parametrize("score", [0.3, 0.05, 0.0041, 3e-4, 1e-5, 1e-6, 3e-9])
def test_fine_bins_are_narrow_for_their_score(score: float) -> None:
    for near in (score, 1 - score):
        at = FINE.index(np.array([near]))[0]
        assert FINE.tops[at] - FINE.edges[at] <= score / 12
        assert FINE.tops[at] - FINE.edges[at] <= 2.0**-12


def test_the_same_cuts_in_another_order_are_the_same_bins() -> None:
    assert Bins((0.7, 0.3)) == Bins((0.3, 0.7, 0.3))
    assert hash(Bins((0.7, 0.3))) == hash(Bins((0.3, 0.7)))


@pytest.mark.parametrize("outside", [-0.5, 0.0, 1.5, np.inf, np.nan])
def test_cut_that_no_bin_holds_is_left_out(outside: float) -> None:
    assert Bins((0.3,)).with_cuts([outside]) == Bins((0.3,))


def test_cut_on_an_edge_adds_no_bin() -> None:
    assert FINE.with_cuts([0.5, 0.25, 1.0]).size == FINE.size


def test_shared_edges_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        FINE.edges[0] = 3


@given(st.floats(0, 1))
def test_every_score_lies_between_the_ends_of_its_bin(score: float) -> None:
    for bins in (FINE, COARSE):
        at = bins.index(np.array([score]))[0]
        assert bins.edges[at] <= score <= bins.tops[at]


def test_counts_at_an_edge_are_those_of_the_rows() -> None:
    drawn = random_rows(1, 3000)
    tally = tally_of(drawn.score, drawn.positive, exact=False)
    for edge in (0.0, 0.25, 0.5, 5 / 1024, 1.0):
        found, flagged = tally.outcomes(edge), drawn.score >= edge
        assert int(found.tp) == (flagged & drawn.positive).sum()
        assert int(found.fp) == (flagged & ~drawn.positive).sum()


def test_cut_inside_a_bin_is_refused_and_not_moved() -> None:
    with pytest.raises(ValueError, match=r"no edge of a bin is at 0\.3,"):
        binned().outcomes([0.25, 0.3])


@pytest.mark.parametrize(("cut", "flagged"), [(-1.0, 3000), (1.5, 0), (np.inf, 0)])
def test_cut_outside_all_bins_is_counted(cut: float, flagged: int) -> None:
    assert int(binned().outcomes(cut).flagged) == flagged


def test_cut_that_was_asked_for_is_counted_exactly() -> None:
    drawn = random_rows(1, 3000)
    tally = tally_of(drawn.score, drawn.positive, exact=False, cuts=[0.3, 0.30001])
    for cut in (0.3, 0.30001):
        assert int(tally.outcomes(cut).flagged) == (drawn.score >= cut).sum()


def test_score_of_a_bin_is_its_middle_where_size_matters() -> None:
    tally = binned()
    assert np.array_equal(tally.middle, (tally.score + FINE.tops) / 2)
    assert probabilities.brier(tally) == pytest.approx(probabilities.brier(replace(tally, score=tally.middle, top=None)))  # fmt: skip


@pytest.mark.parametrize("key", ["log_loss", "log_loss_clipped", "brier", "ece", "mce", "smooth_ece", "roc_auc", "average_precision", "ks"])  # fmt: skip
def test_metric_of_bins_is_close_to_that_of_the_rows(key: str) -> None:
    drawn = random_rows(5, 20_000)
    fn = getattr(probabilities, key)
    exact, close = (fn(tally_of(drawn.score, drawn.positive, exact=e)) for e in (True, False))
    assert close == pytest.approx(exact, abs=2e-4)


def test_rows_of_each_calibration_bin_are_counted_exactly() -> None:
    drawn = random_rows(5, 20_000, levels=30)
    exact, close = (
        calibration_gaps(tally_of(drawn.score, drawn.positive, exact=e))[0] for e in (True, False)
    )
    assert np.array_equal(exact, close)


def test_infinite_log_loss_is_known_exactly() -> None:
    score, positive = np.array([0.0, 0.4, 1.0]), np.array([True, False, True])
    assert probabilities.log_loss(tally_of(score, positive, exact=False)) == np.inf
    assert probabilities.log_loss(tally_of(np.maximum(score, 1e-12), positive, exact=False)) < np.inf
    assert probabilities.log_loss(tally_of(score, ~positive, exact=False)) == np.inf
    assert (
        probabilities.log_loss(tally_of(np.minimum(score, 1 - 1e-12), ~positive & (score > 0), exact=False))
        < np.inf
    )


def test_two_parts_add_up_to_the_whole() -> None:
    drawn = random_rows(7, 4000, weighted=True)
    assert drawn.weight is not None
    whole, *parts = (
        tally_of(drawn.score[p], drawn.positive[p], drawn.weight[p], exact=False)
        for p in (slice(None), slice(1500), slice(1500, None))
    )
    merged = parts[0] + parts[1]
    assert np.array_equal(merged.score, whole.score)
    assert np.allclose(merged.pos, whole.pos)
    assert merged.squares is not None
    assert whole.squares is not None
    assert np.allclose(merged.squares.neg, whole.squares.neg)


def test_bins_with_different_cuts_merge_to_the_edges_that_both_have() -> None:
    merged = binned(1, cuts=(0.3, 0.7)) + binned(2, cuts=(0.7, 0.9))
    whole = binned(1, cuts=(0.7,)) + binned(2, cuts=(0.7,))
    assert merged.top is not None
    assert whole.top is not None
    for found, wanted in ((merged.score, whole.score), (merged.top, whole.top), (merged.pos, whole.pos), (merged.neg, whole.neg)):  # fmt: skip
        assert np.array_equal(found, wanted)
    with pytest.raises(ValueError, match="no edge of a bin"):
        merged.outcomes(0.3)


def test_fine_and_coarse_bins_merge_to_coarse_ones() -> None:
    merged = binned(1) + binned(2, coarse=True)
    whole = binned(1, coarse=True) + binned(2, coarse=True)
    assert np.array_equal(merged.score, COARSE.edges)
    assert np.array_equal(merged.pos, whole.pos)


def test_bins_and_distinct_scores_do_not_merge() -> None:
    drawn = random_rows(3)
    with pytest.raises(ValueError, match="cannot be merged"):
        binned() + drawn.tally()
    with pytest.raises(ValueError, match="cannot be merged"):
        drawn.tally() + binned()


@pytest.mark.parametrize(("coarse", "steps"), [(False, 1025), (True, 769)])
def test_slider_stops_only_at_edges(coarse: bool, steps: int) -> None:
    tally = binned(coarse=coarse)
    grid = score_grid(tally)
    assert grid.size == steps
    assert np.isin(grid, tally.score).all()
    assert np.isin([0.0, 0.5, 1.0], grid).all()


def test_threshold_table_of_bins_counts_every_threshold_as_the_rows_do() -> None:
    drawn = random_rows(4, 5000)
    table = threshold_table(tally_of(drawn.score, drawn.positive, exact=False, cuts=[0.3]), typed=[0.3])
    assert 0.3 in table.threshold
    ordered = np.sort(drawn.score)
    assert np.array_equal(table.outcomes.flagged, ordered.size - np.searchsorted(ordered, table.threshold))
    assert np.diff(table.flagged_share[table.by_share]).min() >= 0


def test_threshold_table_refuses_a_typed_cut_inside_a_bin() -> None:
    with pytest.raises(ValueError, match=r"no edge of a bin is at 0\.3,"):
        threshold_table(binned(), typed=[0.3])
