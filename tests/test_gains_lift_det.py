"""Gains, lift and DET as data: against scikit-learn, counts by hand, and every point of the full curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import det_curve, precision_score

import metrics_core as mc
from metrics_core.curves import DET_RATES, normal_deviate
from metrics_core.errors import DataError
from metrics_core.tally import ScoreTally
from tests.tables import Rows, rows, some_rows
from tests.test_curves import FEW, MANY, PIXEL, WEIGHTED, FloatArray, furthest

#: Of scores that separate the classes no threshold has both errors.
OVERLAPPING = [name for name in MANY if name != "nearly perfect"]
SMALL = rows("++-+----", [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])


def every_gain(tally: ScoreTally) -> tuple[FloatArray, FloatArray]:
    """Flagged and found shares at every distinct score."""
    return (tally.tp + tally.fp) / (tally.n_pos + tally.n_neg), tally.tp / tally.n_pos


# ------------------------------------------------------------------------------------------------ gains


def test_gains_count_what_is_found_among_the_first_rows() -> None:
    found = mc.curves.gains(SMALL.tally())
    assert found.flagged.tolist() == [i / 8 for i in range(9)]
    assert found.found.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 1, 1, 1, 1, 1])
    assert found.threshold.tolist() == [np.inf, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]


@pytest.mark.parametrize("table", [FEW, WEIGHTED], ids=["plain", "weighted"])
def test_gains_are_shares_of_the_weights_at_each_threshold(table: Rows) -> None:
    found = mc.curves.gains(table.tally())
    weight = np.ones(len(table)) if table.weight is None else table.weight
    for share, caught, cut in zip(found.flagged, found.found, found.threshold, strict=True):
        flagged = table.score >= cut
        assert share == pytest.approx(weight[flagged].sum() / weight.sum(), abs=1e-12)
        hits = weight[flagged & table.positive].sum()
        assert caught == pytest.approx(hits / weight[table.positive].sum(), abs=1e-12)


def test_the_perfect_line_is_that_of_scores_without_error() -> None:
    perfect = mc.curves.gains(rows("+++-----", [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]).tally())
    x, y = mc.curves.gains(SMALL.tally()).perfect()
    np.testing.assert_allclose(np.interp(perfect.flagged, x, y), perfect.found, atol=1e-12)


@pytest.mark.parametrize("table", MANY)
def test_thinned_gains_are_less_than_a_pixel_off(table: str) -> None:
    tally = MANY[table].tally()
    thinned = mc.curves.gains(tally)
    assert thinned.flagged.size <= 5000
    line = [thinned.flagged, thinned.found, thinned.threshold]
    assert furthest([*every_gain(tally), tally.score], line) < PIXEL


# ------------------------------------------------------------------------------------------------ lift


def test_lift_is_precision_over_prevalence_and_unknown_where_nothing_is_flagged() -> None:
    found = mc.curves.lift(SMALL.tally())
    assert np.isnan(found.lift[0])
    assert (found.flagged[0], found.threshold[0]) == (0, np.inf)
    for lift, cut in zip(found.lift[1:], found.threshold[1:], strict=True):
        assert lift == pytest.approx(precision_score(SMALL.positive, SMALL.score >= cut) / (3 / 8))
    assert found.lift[-1] == pytest.approx(1.0)
    assert found.prevalence == 3 / 8


@pytest.mark.parametrize("table", MANY)
def test_thinned_lift_is_less_than_a_pixel_off_on_its_axis(table: str) -> None:
    tally = MANY[table].tally()
    thinned = mc.curves.lift(tally)
    assert thinned.flagged.size <= 5000
    flagged, caught = every_gain(tally)
    lift = caught / flagged
    shown = flagged >= thinned.start
    top = lift[shown].max()

    def placed(share: FloatArray) -> FloatArray:
        return 1 - np.log10(share) / np.log10(thinned.start) if thinned.start > 0 else share

    every = [placed(flagged[shown]), lift[shown] / top, tally.score[shown]]
    line = [placed(thinned.flagged[1:]), thinned.lift[1:] / top, thinned.threshold[1:]]
    assert furthest(every, line) < PIXEL


def test_lift_of_rare_positives_starts_at_a_tenth_of_the_prevalence_or_less() -> None:
    assert mc.curves.lift(FEW.tally()).start == 0
    rare = mc.curves.lift(MANY["one positive in a thousand"].tally())
    assert 0.01 * rare.prevalence < rare.start <= 0.1 * rare.prevalence


# ------------------------------------------------------------------------------------------------ DET


@pytest.mark.parametrize(
    "table", [FEW, WEIGHTED, *map(MANY.get, OVERLAPPING)], ids=["plain", "weighted", *OVERLAPPING]
)
def test_det_points_equal_scikit_learn_at_their_thresholds(table: Rows) -> None:
    fpr, fnr, threshold = det_curve(table.positive, table.score, sample_weight=table.weight)
    found = mc.curves.det(table.tally())
    # scikit-learn leaves the ends of the curve away, where one of the rates stays at 0
    inner = np.isin(found.threshold, threshold)
    assert inner.sum() >= min(900, threshold.size)
    at = np.searchsorted(threshold, found.threshold[inner])
    np.testing.assert_allclose(found.fpr[inner], fpr[at], atol=1e-12)
    np.testing.assert_allclose(found.fnr[inner], fnr[at], atol=1e-12)


def test_det_runs_from_all_missed_to_all_flagged() -> None:
    found = mc.curves.det(FEW.tally())
    assert (found.fpr[0], found.fnr[0], found.threshold[0]) == (0, 1, np.inf)
    assert (found.fpr[-1], found.fnr[-1]) == (1, 0)


@pytest.mark.parametrize("table", OVERLAPPING)
def test_thinned_det_is_less_than_a_pixel_off_on_its_axes(table: str) -> None:
    tally = MANY[table].tally()
    thinned = mc.curves.det(tally)
    assert thinned.fpr.size <= 5000
    low, high = normal_deviate(np.array(DET_RATES))

    def placed(rate: FloatArray) -> FloatArray:
        return (normal_deviate(rate.clip(1e-9, 1 - 1e-9)) - low) / (high - low)

    fpr, fnr = tally.fp / tally.n_neg, 1 - tally.tp / tally.n_pos
    shown = (fpr >= DET_RATES[0]) & (fpr <= DET_RATES[1]) & (fnr >= DET_RATES[0]) & (fnr <= DET_RATES[1])
    every = [placed(fpr[shown]), placed(fnr[shown]), tally.score[shown]]
    assert shown.sum() > 1000
    assert furthest(every, [placed(thinned.fpr), placed(thinned.fnr), thinned.threshold]) < PIXEL


# ------------------------------------------------------------------------------------------------ all of them


@given(drawn=some_rows(min_size=2))
def test_curves_of_any_rows_run_one_way(drawn: Rows) -> None:
    if drawn.positive.all() or not drawn.positive.any():
        return
    gains, lift, det = (getattr(mc.curves, kind)(drawn.tally()) for kind in ("gains", "lift", "det"))
    assert (np.diff(gains.flagged) >= 0).all()
    assert (np.diff(gains.found) >= 0).all()
    assert (np.diff(det.fpr) >= 0).all()
    assert (np.diff(det.fnr) <= 0).all()
    assert (lift.lift[1:] >= 0).all()
    for curve in (gains, lift, det):
        assert (np.diff(curve.threshold) < 0).all()


def test_they_come_as_frames_without_a_band_nobody_asked_for() -> None:
    predictions = mc.read(FEW.frame())
    assert list(mc.curves.gains(predictions).frame()) == ["flagged", "found", "threshold"]
    assert list(mc.curves.lift(predictions).frame()) == ["flagged", "lift", "threshold"]
    assert list(mc.curves.det(predictions).frame()) == ["fpr", "fnr", "threshold"]


@pytest.mark.parametrize("kind", ["gains", "lift"])
def test_no_positive_row_has_no_gains_and_no_lift(kind: str) -> None:
    with pytest.raises(DataError, match=rf"^No row is positive, so there is no {kind} curve\.$"):
        getattr(mc.curves, kind)(rows("--", [0.1, 0.2]).tally())


def test_only_positives_have_gains_but_no_det_curve() -> None:
    assert mc.curves.gains(rows("++", [0.1, 0.2]).tally()).found.tolist() == [0, 0.5, 1]
    with pytest.raises(DataError, match=r"^Only one class is present, so there is no DET curve\.$"):
        mc.curves.det(rows("++", [0.1, 0.2]).tally())
