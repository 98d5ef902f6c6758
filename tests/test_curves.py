"""Curves, histogram and threshold table as data: exact points, thinned to what a screen can show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

import metrics_core as mc
from metrics_core.errors import DataError
from metrics_core.metrics.registry import metrics_of
from metrics_core.tally import Outcomes, ScoreTally
from metrics_core.thresholds import default_threshold, score_grid, threshold_table
from tests.tables import Rows, random_rows, rows, some_rows

FloatArray = NDArray[np.float64]
PIXEL = 1 / 1000
MANY = {
    "ordinary": random_rows(1, 60_000),
    "one positive in a thousand": random_rows(2, 60_000, share=0.001),
    "hardly any negatives": random_rows(3, 60_000, share=0.999),
    "nearly perfect": Rows(random_rows(4, 60_000).positive, np.clip(random_rows(4, 60_000).positive + random_rows(5, 60_000).score / 2, 0, 1.5) / 1.5),
    "heavy ties": random_rows(10, 60_000, levels=2500),
    "one positive in a thousand, tied": random_rows(11, 60_000, share=0.001, levels=3000),
    "no better than chance": Rows(random_rows(6, 60_000).positive, random_rows(7, 60_000).score),
}  # fmt: skip
FEW = random_rows(8, 200, levels=40)
WEIGHTED = random_rows(9, 200, levels=40, weighted=True)


def furthest(points: list[FloatArray], line: list[FloatArray]) -> float:
    """Greatest distance of points to the segments of a line around them; (x, y, threshold) with falling thresholds."""
    (x, y, cut), (line_x, line_y, line_cut) = points, line
    segment = np.searchsorted(-line_cut, -cut, side="right") - 1
    nearest = np.full(x.size, np.inf)
    for shift in range(-5, 6):
        at = np.clip(segment + shift, 0, line_x.size - 2)
        ax, ay = line_x[at], line_y[at]
        dx, dy = line_x[at + 1] - ax, line_y[at + 1] - ay
        length = dx * dx + dy * dy
        along = np.clip(((x - ax) * dx + (y - ay) * dy) / np.where(length > 0, length, 1), 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - ax - along * dx, y - ay - along * dy))
    return float(nearest.max())


# ------------------------------------------------------------------------------------------------ ROC and PR


@pytest.mark.parametrize("table", [FEW, WEIGHTED], ids=["plain", "weighted"])
def test_roc_points_equal_scikit_learn(table: Rows) -> None:
    found = mc.curves.roc(table.tally())
    fpr, tpr, threshold = roc_curve(
        table.positive, table.score, sample_weight=table.weight, drop_intermediate=False
    )
    np.testing.assert_allclose(found.fpr, fpr, atol=1e-12)
    np.testing.assert_allclose(found.tpr, tpr, atol=1e-12)
    np.testing.assert_array_equal(found.threshold, threshold)


@pytest.mark.parametrize("table", [FEW, WEIGHTED], ids=["plain", "weighted"])
def test_pr_points_equal_scikit_learn(table: Rows) -> None:
    found = mc.curves.pr(table.tally())
    precision, recall, threshold = precision_recall_curve(
        table.positive, table.score, sample_weight=table.weight
    )
    np.testing.assert_allclose(found.recall, recall[::-1], atol=1e-12)
    np.testing.assert_allclose(found.precision, precision[::-1], atol=1e-12)
    np.testing.assert_array_equal(found.threshold, [np.inf, *threshold[::-1]])


@pytest.mark.parametrize("table", MANY)
def test_thinned_roc_is_less_than_a_pixel_off(table: str) -> None:
    tally = MANY[table].tally()
    thinned = mc.curves.roc(tally)
    assert thinned.fpr.size <= 5000
    every = [tally.fp / tally.n_neg, tally.tp / tally.n_pos, tally.score]
    assert furthest(every, [thinned.fpr, thinned.tpr, thinned.threshold]) < PIXEL


@pytest.mark.parametrize("table", MANY)
def test_thinned_pr_is_less_than_a_pixel_off(table: str) -> None:
    tally = MANY[table].tally()
    thinned = mc.curves.pr(tally)
    assert thinned.recall.size <= 5000
    every = [tally.tp / tally.n_pos, tally.tp / (tally.tp + tally.fp), tally.score]
    assert furthest(every, [thinned.recall, thinned.precision, thinned.threshold]) < PIXEL


@pytest.mark.parametrize("table", MANY)
def test_thinned_points_are_points_of_the_curve(table: str) -> None:
    tally = MANY[table].tally()
    found = mc.curves.roc(tally)
    counted = tally.outcomes(found.threshold)
    np.testing.assert_array_equal(found.tpr, counted.tp / tally.n_pos)
    np.testing.assert_array_equal(found.fpr, counted.fp / tally.n_neg)
    assert (found.fpr[0], found.tpr[0], found.fpr[-1], found.tpr[-1]) == (0, 0, 1, 1)


@pytest.mark.parametrize("table", MANY)
def test_thinned_points_equal_scikit_learn_at_their_thresholds(table: str) -> None:
    drawn = MANY[table]
    fpr, tpr, threshold = roc_curve(drawn.positive, drawn.score, drop_intermediate=False)
    found = mc.curves.roc(drawn.tally())
    at = np.searchsorted(-threshold, -found.threshold)
    np.testing.assert_array_equal(threshold[at], found.threshold)
    np.testing.assert_allclose(np.array([found.fpr, found.tpr]), np.array([fpr[at], tpr[at]]), atol=1e-12)
    precision, recall, threshold = precision_recall_curve(drawn.positive, drawn.score)
    thinned = mc.curves.pr(drawn.tally())
    at = np.searchsorted(threshold, thinned.threshold[1:])
    np.testing.assert_array_equal(threshold[at], thinned.threshold[1:])
    np.testing.assert_allclose(thinned.recall[1:], recall[at], atol=1e-12)
    np.testing.assert_allclose(thinned.precision[1:], precision[at], atol=1e-12)


def test_every_point_of_a_binned_tally_is_counted_exactly_at_its_threshold() -> None:
    exact = FEW.tally()
    start = np.searchsorted(exact.score, [0.0, 0.2, 0.25, 0.5, 0.75])
    top = exact.score[np.append(start[1:], exact.score.size) - 1]
    pos, neg = (np.add.reduceat(side, start) for side in (exact.pos, exact.neg))
    found = mc.curves.roc(ScoreTally(exact.score[start], pos, neg, top=top))
    counted = exact.outcomes(found.threshold)
    np.testing.assert_array_equal(found.tpr, counted.tp / exact.n_pos)
    np.testing.assert_array_equal(found.fpr, counted.fp / exact.n_neg)
    assert found.threshold.tolist() == [np.inf, *exact.score[start][::-1]]


@given(drawn=some_rows(min_size=2))
def test_roc_never_falls(drawn: Rows) -> None:
    if drawn.positive.all() or not drawn.positive.any():
        return
    found = mc.curves.roc(drawn.tally())
    assert (np.diff(found.fpr) >= 0).all()
    assert (np.diff(found.tpr) >= 0).all()
    assert (np.diff(found.threshold) < 0).all()


def test_curve_of_all_equal_scores_is_two_points() -> None:
    found = mc.curves.roc(rows("+-+-", [0.3] * 4).tally())
    assert (found.fpr.tolist(), found.tpr.tolist(), found.threshold.tolist()) == (
        [0, 1],
        [0, 1],
        [np.inf, 0.3],
    )


def test_curves_come_as_a_frame_with_their_columns() -> None:
    predictions = mc.read(FEW.frame())
    assert list(mc.curves.roc(predictions).frame()) == ["fpr", "tpr", "threshold"]
    assert list(mc.curves.pr(predictions).frame()) == ["recall", "precision", "threshold"]
    assert list(mc.curves.histogram(predictions).frame()) == ["low", "high", "pos", "neg"]


def test_curve_of_the_named_model_is_drawn() -> None:
    both = mc.read(FEW.frame(b=1 - FEW.score), y_score={"one": "y_score", "other": "b"})
    np.testing.assert_array_equal(mc.curves.roc(both).fpr, mc.curves.roc(both, model="one").fpr)
    assert mc.curves.roc(both, model="other").tpr.tolist() != mc.curves.roc(both).tpr.tolist()


def test_one_class_has_no_roc_curve() -> None:
    with pytest.raises(DataError, match=r"^Only one class is present, so there is no ROC curve\.$"):
        mc.curves.roc(rows("++", [0.1, 0.2]).tally())


def test_no_positive_row_has_no_pr_curve() -> None:
    with pytest.raises(DataError, match=r"^No row is positive, so there is no precision-recall curve\.$"):
        mc.curves.pr(rows("--", [0.1, 0.2]).tally())


def test_decisions_without_a_score_have_no_curves() -> None:
    predictions = mc.read(FEW.frame().drop(columns="y_score").assign(y_pred=FEW.flagged))
    with pytest.raises(
        DataError, match=r"^There is no score column, so there are no curves\. Name one with --y-score\.$"
    ):
        mc.curves.histogram(predictions)


# ------------------------------------------------------------------------------------------------ histogram


@pytest.mark.parametrize("table", [FEW, WEIGHTED, MANY["ordinary"]], ids=["plain", "weighted", "many rows"])
@pytest.mark.parametrize("bins", [1, 10, 50])
def test_histogram_equals_numpy(table: Rows, bins: int) -> None:
    found = mc.curves.histogram(table.tally(), bins=bins)
    edges = np.arange(bins + 1) / bins
    for counted, side in ((found.pos, table.positive), (found.neg, ~table.positive)):
        weight = None if table.weight is None else table.weight[side]
        np.testing.assert_allclose(
            counted, np.histogram(table.score[side], edges, weights=weight)[0], atol=1e-9
        )
    np.testing.assert_array_equal([*found.low, 1.0], [0.0, *found.high])


def test_score_on_an_edge_falls_into_the_bin_above_it_and_1_into_the_last() -> None:
    found = mc.curves.histogram(rows("+" * 4, [0.0, 0.3, 0.7, 1.0]).tally(), bins=10)
    assert np.flatnonzero(found.pos).tolist() == [0, 3, 7, 9]


@given(drawn=some_rows(weighted=False), threshold=st.floats(0, 1))
def test_no_bin_lies_on_both_sides_of_the_threshold(drawn: Rows, threshold: float) -> None:
    found = mc.curves.histogram(drawn.tally(), bins=7, split_at=threshold)
    above = found.low >= threshold
    assert (above | (found.high <= threshold)).all()
    assert (
        found.pos[above].sum() + found.neg[above].sum() == (drawn.score >= threshold).sum() or threshold == 1
    )
    assert found.pos.sum() + found.neg.sum() == len(drawn)


def test_histogram_of_margins_spans_their_range() -> None:
    found = mc.curves.histogram(FEW.as_margins().tally(margin=True), bins=5)
    assert (found.low[0], found.high[-1]) == (FEW.as_margins().score.min(), FEW.as_margins().score.max())
    assert found.pos.sum() + found.neg.sum() == len(FEW)


def test_histogram_of_equal_margins_has_a_width() -> None:
    found = mc.curves.histogram(rows("+-", [2.0, 2.0]).tally(margin=True), bins=4)
    assert (found.low[0], found.high[-1], found.pos.sum()) == (1.5, 2.5, 1)


# ------------------------------------------------------------------------------------------------ threshold table


@pytest.mark.parametrize(
    "table", [FEW, WEIGHTED, MANY["one positive in a thousand"]], ids=["few", "weighted", "many"]
)
def test_threshold_table_rows_equal_counts_on_the_rows(table: Rows) -> None:
    found = threshold_table(table.tally())
    weight = np.ones(len(table)) if table.weight is None else table.weight
    for i in [*range(0, found.threshold.size, 97), found.threshold.size - 1]:
        flagged = table.score >= found.threshold[i]
        direct = [
            weight[flagged & table.positive],
            weight[flagged & ~table.positive],
            weight[~flagged & table.positive],
        ]
        counted = [found.outcomes.tp[i], found.outcomes.fp[i], found.outcomes.fn[i]]
        np.testing.assert_allclose(counted, [part.sum() for part in direct], atol=1e-6)
        assert found.flagged_share[i] == pytest.approx(weight[flagged].sum() / weight.sum(), abs=1e-12)


def test_threshold_table_metrics_equal_the_metrics_at_each_threshold() -> None:
    tally = FEW.tally()
    found = threshold_table(tally)
    specs = {spec.key: spec for spec in metrics_of("binary") if spec.of is Outcomes}
    assert found.metrics.keys() == specs.keys()
    for i in range(0, found.threshold.size, 101):
        alone = tally.outcomes(found.threshold[i])
        for key, spec in specs.items():
            np.testing.assert_allclose(found.metrics[key][i], spec.fn(alone), atol=1e-12, err_msg=key)


@pytest.mark.parametrize("typed", [0.1, 0.3, 0.7, 1 / 3, 0.123456789, 1.0, 2.0, -1.0])
def test_typed_threshold_stands_in_the_table_as_it_is(typed: float) -> None:
    tenths = rows("+-" * 11, [i / 10 for i in range(11) for _ in range(2)])
    found = threshold_table(tenths.tally(), typed=[typed])
    at = int(np.flatnonzero(found.threshold == typed)[0])
    assert int(found.outcomes.flagged[at]) == (tenths.score >= typed).sum()


def test_grid_of_thousandths_holds_the_doubles_that_the_decimals_are() -> None:
    grid = score_grid(FEW.tally())
    assert grid.tolist() == [float(f"{i / 1000:.3f}") for i in range(1001)]


def test_slider_by_score_moves_in_even_steps() -> None:
    found = threshold_table(FEW.tally(), typed=[0.12345])
    np.testing.assert_array_equal(found.threshold[found.by_score], np.arange(1001) / 1000)


@pytest.mark.parametrize("table", MANY)
def test_slider_by_share_moves_in_small_steps_where_few_rows_are_flagged(table: str) -> None:
    found = threshold_table(MANY[table].tally())
    share = found.flagged_share[found.by_share]
    assert (np.diff(share) > 0).all()
    assert share[0] <= 1e-4
    assert share[-1] == 1.0
    assert np.diff(share).max() < 0.003
    assert np.diff(share[share < 0.01]).max() < 0.0005


def test_thresholds_are_distinct_and_ascend() -> None:
    found = threshold_table(FEW.tally(), typed=[0.5, 0.5])
    assert (np.diff(found.threshold) > 0).all()


def test_threshold_table_comes_as_a_frame() -> None:
    frame = threshold_table(FEW.tally()).frame()
    assert list(frame)[:6] == ["threshold", "tp", "fp", "fn", "tn", "flagged_share"]
    assert {"precision", "recall", "net_benefit"} <= set(frame)


def test_threshold_table_of_margins_spans_their_range_in_round_steps() -> None:
    margins = FEW.as_margins()
    found = threshold_table(margins.tally(margin=True))
    assert found.threshold[0] <= margins.score.min()
    assert found.threshold[-1] >= margins.score.max()
    assert 0.0 in found.threshold[found.by_score]


def test_threshold_table_of_equal_scores_has_a_row_that_flags_all() -> None:
    found = threshold_table(rows("+-", [3.0, 3.0]).tally(margin=True))
    assert found.flagged_share.tolist() == [1.0]


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1.0, 1e9, 1e300])
def test_score_grid_of_any_scale_has_about_a_thousand_steps(scale: float) -> None:
    grid = score_grid(rows("+-+", [-scale, 0.3 * scale, scale]).tally(margin=True))
    assert 500 <= grid.size <= 1600
    assert grid[0] <= -scale
    assert grid[-1] >= scale


def test_default_threshold_is_one_half_for_probabilities_and_zero_for_margins() -> None:
    assert default_threshold(FEW.tally()) == 0.5
    assert default_threshold(FEW.as_margins().tally(margin=True)) == 0.0


def test_default_threshold_of_plain_scores_flags_as_many_rows_as_are_positive() -> None:
    tally = mc.read(FEW.frame().assign(y_score=1000 * FEW.score), score_kind="score").tally()
    flagged = int(tally.outcomes(default_threshold(tally)).flagged)
    block = int((tally.pos + tally.neg).max())
    assert int(tally.n_pos) - block <= flagged <= int(tally.n_pos)
