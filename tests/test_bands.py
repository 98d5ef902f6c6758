"""Bands around curves: they hold their curve and the truth, and know weights, groups and corners."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from scipy.stats import norm

import metrics_core as mc
from metrics_core.cases import BinaryCases
from metrics_core.errors import DataError
from metrics_core.reduce import score_tally
from metrics_core.tally import ScoreTally
from tests.tables import Rows, random_rows, rows, some_rows

FloatArray = NDArray[np.float64]
HEIGHTS = {"roc": "tpr", "pr": "precision", "gains": "found", "lift": "lift", "det": "fnr"}
BASES = {"roc": "fpr", "pr": "recall", "gains": "flagged", "lift": "flagged", "det": "fpr"}
ROWS = random_rows(21, 400, share=0.3)
SEPARATE = rows("-" * 20 + "+" * 20, [i / 40 for i in range(40)])


def band(kind: str, data: ScoreTally | mc.Predictions, **settings) -> tuple[FloatArray, ...]:
    """Places, curve, and both ends."""
    found = getattr(mc.curves, kind)(data, band=True, **settings)
    name = HEIGHTS[kind]
    return tuple(getattr(found, part) for part in (BASES[kind], name, f"{name}_low", f"{name}_high"))


def width(kind: str, data: ScoreTally | mc.Predictions, at: float = 0.2, **settings) -> float:
    x, _, low, high = band(kind, data, **settings)
    return float(np.interp(at, x, high - low))


def cases_of(drawn: Rows, together: NDArray[np.int64] | None = None) -> BinaryCases:
    return replace(drawn.cases(), together=together)


# ------------------------------------------------------------------------------------------------ every band


@pytest.mark.parametrize("kind", HEIGHTS)
@given(drawn=some_rows(min_size=2))
@settings(max_examples=15)
def test_a_band_holds_its_own_curve_and_stays_in_its_range(kind: str, drawn: Rows) -> None:
    if drawn.positive.all() or not drawn.positive.any():
        return
    _, y, low, high = band(kind, drawn.tally(), replicates=100)
    known = ~np.isnan(y)
    assert (low[known] <= y[known]).all()
    assert (y[known] <= high[known]).all()
    assert (low[known] >= 0).all()
    assert kind == "lift" or (high <= 1).all()


@pytest.mark.parametrize("kind", HEIGHTS)
def test_a_band_comes_with_the_frame_and_leaves_the_curve_alone(kind: str) -> None:
    tally, name = ROWS.tally(), HEIGHTS[kind]
    plain, banded = (getattr(mc.curves, kind)(tally, band=band).frame() for band in (False, True))
    assert list(banded)[3:] == [f"{name}_low", f"{name}_high"]
    assert banded[list(plain)].equals(plain)


@pytest.mark.parametrize("kind", HEIGHTS)
def test_the_seed_decides_the_band(kind: str) -> None:
    first, again, other = (band(kind, ROWS.tally(), seed=seed)[2] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("kind", HEIGHTS)
def test_a_higher_level_is_wider_and_more_rows_are_narrower(kind: str) -> None:
    few, many = ROWS.tally(), random_rows(21, 6400, share=0.3).tally()
    assert width(kind, few, level=0.8) < width(kind, few) < width(kind, few, level=0.99)
    at = 0.6 if kind == "pr" else 0.2
    assert 0.15 < width(kind, many, at) / width(kind, few, at) < 0.4  # a quarter, by the root of 16


@pytest.mark.parametrize("kind", HEIGHTS)
def test_equal_weights_change_nothing_and_uneven_ones_widen_the_band(kind: str) -> None:
    plain = ROWS.tally()
    even = replace(ROWS, weight=np.full(len(ROWS), 2.5)).tally()
    uneven = replace(ROWS, weight=np.random.default_rng(0).choice([0.2, 1.0, 8.0], len(ROWS))).tally()
    assert width(kind, even) == pytest.approx(width(kind, plain), rel=1e-6)
    assert width(kind, uneven) > 1.1 * width(kind, plain)


def test_lift_has_the_band_of_gains_over_the_flagged_share_and_none_where_nothing_is_flagged() -> None:
    share, _, low, high = band("lift", ROWS.tally())
    gains_share, _, gains_low, gains_high = band("gains", ROWS.tally())
    assert np.isnan([low[0], high[0]]).all()
    for ends, of_gains in ((low, gains_low), (high, gains_high)):
        np.testing.assert_allclose(
            ends[1:] * share[1:], np.interp(share[1:], gains_share, of_gains), atol=1e-12
        )


def test_det_has_the_band_of_roc_upside_down() -> None:
    fpr, _, low, high = band("det", ROWS.tally())
    roc_fpr, _, roc_low, roc_high = band("roc", ROWS.tally())
    distinct = np.flatnonzero(np.diff(fpr, append=2) > 0)  # where the curve rises straight up its top counts
    last = np.searchsorted(roc_fpr, fpr[distinct], side="right") - 1
    np.testing.assert_allclose(low[distinct], 1 - roc_high[last], atol=0.01)
    np.testing.assert_allclose(high[distinct], 1 - roc_low[last], atol=0.01)


def test_predictions_give_the_band_of_their_tally() -> None:
    predictions = mc.read(ROWS.frame())
    np.testing.assert_array_equal(band("roc", predictions), band("roc", ROWS.tally()))


def test_bins_have_a_band_as_wide_as_that_of_their_scores() -> None:
    exact = random_rows(22, 3000, share=0.2).tally()
    start = np.arange(0, exact.score.size, 4)
    top = exact.score[np.append(start[1:], exact.score.size) - 1]
    pos, neg = (np.add.reduceat(side, start) for side in (exact.pos, exact.neg))
    binned = ScoreTally(exact.score[start], pos, neg, top=top)
    for kind in ("roc", "pr", "gains"):
        assert width(kind, binned) == pytest.approx(width(kind, exact), rel=0.1)


# ------------------------------------------------------------------------------------------------ corners


def test_a_perfect_order_is_not_certain() -> None:
    fpr, tpr, low, _ = band("roc", SEPARATE.tally())
    at = (fpr >= 0.2) & (fpr < 1) & (tpr == 1)
    # of 20 positives a further one may lie below all: "the rule of three" allows 3 in 20
    assert (low[at] < 0.93).all()
    assert (low[at & (fpr > 0.3)] > 0.75).all()
    recall, _, low, _ = band("pr", SEPARATE.tally())
    assert 0.6 < np.interp(0.5, recall, low) < 0.97
    assert (band("det", SEPARATE.tally())[3] > 0.07)[fpr_is(SEPARATE, 0.5)]


def fpr_is(drawn: Rows, at: float) -> int:
    """Point of the DET curve at or after a false positive rate."""
    return int(np.searchsorted(mc.curves.det(drawn.tally()).fpr, at))


def test_no_inner_point_of_a_band_has_zero_width() -> None:
    for drawn in (
        ROWS,
        SEPARATE,
        random_rows(23, 3000, share=0.005),
        rows("-" * 30 + "+", [0.1] * 15 + [0.2] * 16),
    ):
        for kind in HEIGHTS:
            x, _, low, high = band(kind, drawn.tally(), replicates=200)
            inner = (x > 0) & (x < 1)
            assert (high - low)[inner].min(initial=1) > 1e-4, (kind, len(drawn))


def test_precision_before_the_first_flagged_row_may_be_anything() -> None:
    recall, _, low, high = band("pr", ROWS.tally())
    assert (recall[0], low[0], high[0]) == (0, 0, 1)


def test_few_negatives_say_little_about_a_rate_finer_than_theirs() -> None:
    few = random_rows(24, 300, share=0.9)
    fpr, _, low, _ = band("roc", few.tally())
    assert np.interp(0.01, fpr, low) < 0.02  # about 30 negatives: none of them can show a rate of 1 %


# ------------------------------------------------------------------------------------------------ groups


@pytest.mark.parametrize("kind", ["roc", "pr", "gains"])
def test_rows_repeated_in_groups_are_as_sure_as_one_row_a_group(kind: str) -> None:
    once = random_rows(25, 300, share=0.4)
    eight = once.at(np.repeat(np.arange(300), 8))
    together = np.repeat(np.arange(300), 8)
    grouped = width(kind, eight.tally(), cases=cases_of(eight, together))
    assert grouped == pytest.approx(width(kind, once.tally()), rel=0.15)
    assert width(kind, eight.tally()) < 0.6 * grouped


@pytest.mark.parametrize("kind", ["roc", "pr", "gains"])
def test_groups_of_unrelated_rows_are_about_as_sure_as_the_rows(kind: str) -> None:
    together = np.random.default_rng(1).permutation(np.repeat(np.arange(200), 20))
    drawn = random_rows(26, 4000, share=0.3)
    grouped = width(kind, drawn.tally(), cases=cases_of(drawn, together))
    assert grouped == pytest.approx(width(kind, drawn.tally()), rel=0.25)


def test_the_groups_of_predictions_are_drawn_together() -> None:
    once = random_rows(25, 300, share=0.4)
    frame = once.at(np.repeat(np.arange(300), 8)).frame(patient=np.repeat(np.arange(300), 8))
    grouped, free = (
        mc.read(frame, y_true="y_true", y_score="y_score", group=name) for name in ("patient", None)
    )
    assert width("roc", grouped) > 1.5 * width("roc", free)


def test_a_single_group_has_no_band() -> None:
    _, y, low, high = band("roc", ROWS.tally(), cases=cases_of(ROWS, np.zeros(len(ROWS), dtype=np.int64)))
    assert np.isnan(low).all()
    assert np.isnan(high).all()
    assert not np.isnan(y).any()


# ------------------------------------------------------------------------------------------------ settings


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_that_is_no_fraction_is_refused(level: float) -> None:
    with pytest.raises(
        DataError, match=rf"^The level of a band is a fraction between 0 and 1, such as 0\.95, not {level}\.$"
    ):
        mc.curves.roc(ROWS.tally(), band=True, level=level)


def test_few_replicates_are_refused() -> None:
    with pytest.raises(DataError, match=r"^99 replicates are too few for a band: take 100 or more\.$"):
        mc.curves.gains(ROWS.tally(), band=True, replicates=99)


# ------------------------------------------------------------------------------------------------ coverage

_SAMPLES, _REPLICATES = 120, 200
PLACES = np.array([0.005, 0.02, 0.1, 0.3, 0.6, 0.9])


@cache
def held(n: int, share: float, apart: float) -> dict[str, FloatArray]:
    """Share of the samples whose band holds the true curve at each place: scores of two normal distributions."""
    cut = np.linspace(12, -12, 100_001)
    tpr, fpr = norm.sf(cut - apart), norm.sf(cut)
    flagged = share * tpr + (1 - share) * fpr
    truth = {
        "roc": np.interp(PLACES, fpr, tpr),
        "gains": np.interp(PLACES, flagged, tpr),
        "pr": np.interp(PLACES, tpr, share * tpr / flagged),
    }
    rng, count = np.random.default_rng(11), {kind: np.zeros(PLACES.size) for kind in truth}
    for sample in range(_SAMPLES):
        positive = rng.random(n) < share
        drawn = replace(ROWS, positive=positive, score=rng.normal(size=n) + apart * positive)
        tally = score_tally(drawn.cases(margin=True))
        for kind, height in truth.items():
            x, _, low, high = band(kind, tally, seed=sample, replicates=_REPLICATES)
            # several points may share a place: the ends there are those of the curve's top or first point
            at = np.searchsorted(x, PLACES, side="left" if kind == "pr" else "right") - (kind != "pr")
            after = np.minimum(at + (-1 if kind == "pr" else 1), x.size - 1)
            count[kind] += (np.minimum(low[at], low[after]) <= height) & (
                height <= np.maximum(high[at], high[after])
            )
    return {kind: n / _SAMPLES for kind, n in count.items()}


@pytest.mark.parametrize("kind", ["roc", "gains", "pr"])
@pytest.mark.parametrize(("n", "share", "apart"), [(200, 0.5, 1.5), (600, 0.05, 2.0)], ids=["even", "rare"])
def test_bands_hold_the_truth_as_often_as_they_say_at_every_place(
    kind: str, n: int, share: float, apart: float
) -> None:
    """95 % is promised; at the ends of a curve percentiles without the further row held it in 0 to 70 %."""
    found = held(n, share, apart)[kind]
    assert found.min() > 0.9
    assert found.mean() > 0.94


def test_with_many_rows_the_band_of_gains_is_as_wide_as_theory_says() -> None:
    """Neither too wide: the variance of the share found at a fixed flagged share, by the influence of each row."""
    n, share, apart = 20_000, 0.3, 1.5
    cut = np.linspace(12, -12, 100_001)
    tpr = norm.sf(cut - apart)
    flagged = share * tpr + (1 - share) * norm.sf(cut)
    rng = np.random.default_rng(3)
    positive = rng.random(n) < share
    drawn = replace(ROWS, positive=positive, score=rng.normal(size=n) + apart * positive)
    x, _, low, high = band("gains", score_tally(drawn.cases(margin=True)), replicates=2000)
    for at in (0.1, 0.3, 0.6):
        found, threshold = np.interp(at, flagged, tpr), np.interp(at, flagged, cut)
        pos, neg = norm.pdf(threshold - apart), norm.pdf(threshold)
        slope = pos / (share * pos + (1 - share) * neg)
        variance = (found * (1 - found) * (1 / share - 2 * slope) + slope**2 * at * (1 - at)) / n
        assert np.interp(at, x, high - low) == pytest.approx(2 * 1.96 * variance**0.5, rel=0.12)
