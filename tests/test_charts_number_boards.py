"""Figures of the boards of predicted numbers as data, and what leads from them to the rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.charts import predicted_numbers as charts
from app.charts.mean_curve import mean_curve_figure
from app.charts.murphy import murphy_curves, murphy_difference
from app.charts.residual_memory import memory_figure
from app.palette import LIGHT
from app.views.number_boards import error_edges
from app.views.number_intervals import groups_in_words, in_a_row_in_words, pit_in_words
from app.views.number_means import line_in_words, memory_in_words, parts_in_words
from app.views.number_models import Pair, in_words, losses_in_words
from app.views.number_rows import clicked, ends_of
from metrics_core.conformal import widening_by_group
from metrics_core.interval_tests import christoffersen
from metrics_core.murphy import murphy
from metrics_core.number_bands import pit_verdict, reached
from metrics_core.number_calibration import mean_curve, mean_line
from metrics_core.number_pairs import nearer, paired_differences
from metrics_core.residual_memory import memory
from metrics_core.residual_shape import density, errors_along
from tests.number_tables import numbers, random_numbers

CASES = random_numbers(1, 200, around=True)
OTHER = replace(CASES, predicted=CASES.predicted + np.random.default_rng(0).normal(0, 9, 200))
LINE, CURVE = mean_line(CASES), mean_curve(CASES)


def pair(a=CASES, b=OTHER) -> Pair:
    return Pair(("a_b", "c"), paired_differences(a, b), nearer(a, b), murphy(a, b, replicates=200))


def test_every_cell_with_rows_answers_a_click_with_its_place() -> None:
    many = random_numbers(2, charts.MOST_POINTS + 1)
    cells = density(many.predicted, many.truth, None, square=True)
    figure = charts.plane(many.predicted, many.truth, cells, LIGHT, titles=("a", "b"), to_the_rows=True)
    squares = figure.data[1]
    assert len(squares.x) == (cells.weight > 0).sum()
    for (what, i, j), x, y in zip(squares.customdata, squares.x, squares.y, strict=True):
        assert what == "cell"
        assert cells.weight[i, j] > 0
        assert cells.x[j] < x < cells.x[j + 1]
        assert cells.y[i] < y < cells.y[i + 1]


def test_points_tenths_and_bars_say_what_they_are() -> None:
    few = density(CASES.predicted, CASES.truth, None)
    figure = charts.plane(CASES.predicted, CASES.truth, few, LIGHT, titles=("a", "b"), rows=range(1, 201))
    assert list(figure.data[0].customdata[4]) == ["row", 5]
    along = errors_along(CASES, CASES.predicted)
    means = charts.with_means(figure, along, LIGHT).data[-1]
    assert [list(data) for data in means.customdata] == [["group", i] for i in range(10)]
    tenths = charts.deciles(along, along, LIGHT)
    assert list(tenths.data[1].customdata[3]) == ["tenth", 1, 3]
    edges = error_edges(CASES.residual)
    bars = charts.error_histogram(edges, np.histogram(CASES.residual, edges)[0].astype(float), LIGHT).data
    middle = (edges[:-1] + edges[1:]) / 2
    for bar in bars:
        assert [middle[i] for _, i in bar.customdata] == list(bar.x)


def test_a_click_on_nothing_leads_nowhere() -> None:
    assert clicked(None) is None
    assert clicked({"selection": {"points": []}}) is None
    assert clicked({"selection": {"points": [{"customdata": 5.0}]}}) is None
    assert clicked({"selection": {"points": [{"customdata": ["bin", 3]}]}}) == ["bin", 3]


@pytest.mark.parametrize("seed", range(20))
def test_short_ends_hold_exactly_the_rows_of_a_range(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(1000, 10.0 ** rng.integers(-6, 4), 50)
    first, last = sorted(rng.choice(50, 2, replace=False))
    held = np.isin(np.argsort(np.argsort(values)), np.arange(first, last + 1))
    low, high = ends_of(values, held)
    found = (values >= (-np.inf if low is None else low)) & (values < (np.inf if high is None else high))
    np.testing.assert_array_equal(found, held)
    assert (low is None) == (first == 0)
    assert (high is None) == (last == 49)


def test_the_curve_of_the_means_is_drawn_as_steps_over_its_band() -> None:
    figure = mean_curve_figure(CURVE, LINE, LIGHT, target="y")
    assert [t.name for t in figure.data] == ["right on average, 90% by chance", "right on average", "straight line", "mean of the truths"]  # fmt: skip
    np.testing.assert_array_equal(figure.data[3].y, np.repeat(CURVE.value, 2))
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == (
        "Predicted",
        "Mean of actual y",
    )
    constant = numbers(CASES.truth, np.full(200, 50.0))
    assert len(mean_curve_figure(mean_curve(constant), mean_line(constant), LIGHT, target="y").data) == 3


def test_the_murphy_diagram_has_both_models_and_their_difference() -> None:
    m = pair().murphy
    both, apart = (draw(m, ("a", "b"), LIGHT, target="y") for draw in (murphy_curves, murphy_difference))
    np.testing.assert_array_equal(both.data[1].y, m.b)
    np.testing.assert_array_equal(apart.data[1].y, m.a - m.b)
    for figure in (both, apart):
        assert "unit of y" in figure.layout.xaxis.title.text


def test_bars_of_the_memory_beyond_the_band_stand_out() -> None:
    found = memory(numbers(np.zeros(100), np.tile([1.0, 1, 1, -1, -1, -1], 17)[:100]), np.arange(100))
    figure = memory_figure(found, LIGHT)
    bars = {t.name: t for t in figure.data[1:]}
    assert 1 in bars["beyond it"].x
    assert sum(len(t.x) for t in bars.values()) == found.lag.size


# ------------------------------------------------------------------------------------------------ words


def test_the_line_says_which_way_predictions_are_off() -> None:
    y = CASES.truth
    assert "too far apart" in line_in_words(mean_line(numbers(y, 3 * CASES.predicted)))
    assert "too close together" in line_in_words(mean_line(numbers(y, 0.3 * CASES.predicted)))
    right = np.random.default_rng(1).uniform(0, 9, 200)
    said = line_in_words(mean_line(numbers(right + np.random.default_rng(2).normal(0, 1, 200), right)))
    assert "as right as low ones" in said
    assert "no line through these rows: fewer than 10 rows count" in line_in_words(mean_line(numbers([1.0], [2.0])))  # fmt: skip


def test_the_parts_of_the_squared_error_stand_beside_chance() -> None:
    assert "more than chance" in parts_in_words(mean_curve(numbers(CASES.truth, 3 * CASES.predicted)))
    assert "Mean squared error **0\\.000**" in parts_in_words(mean_curve(numbers(CASES.truth, CASES.truth)))


def test_memory_leads_with_the_correlation() -> None:
    e = np.tile([1.0, 1, 1, 1, 1, -1, -1, -1, -1, -1], 20)
    said = memory_in_words(memory(numbers(np.zeros(200), e), np.arange(200)))
    assert said.index("correlate by") < said.index("Ljung")
    assert "more than chance" in said
    alone = np.random.default_rng(5).normal(0, 1, 200)
    assert "chance explains it" in memory_in_words(memory(numbers(np.zeros(200), alone), np.arange(200)))


def test_a_comparison_names_the_better_model_and_escapes_names() -> None:
    said = in_words(pair())
    assert said.startswith("**a\\_b** is off by")
    assert "less than c" in said
    assert in_words(pair(CASES, CASES)).startswith("**a\\_b** and **c** are off by the same")


def test_losses_say_whether_the_winner_depends_on_them() -> None:
    y = np.random.default_rng(3).normal(10, 3, 400)
    base = numbers(y, y)
    one, two = replace(base, predicted=y + 1), replace(base, predicted=y + 2)
    assert "never worse than c" in losses_in_words(pair(one, two))
    low, high = replace(base, predicted=np.where(y < 10, y, y + 2)), replace(base, predicted=np.where(y < 10, y - 2, y))  # fmt: skip
    assert losses_in_words(pair(low, high)).startswith("**It does**")
    noise = np.random.default_rng(4).normal(0, 1, (2, 400))
    alike = [replace(base, predicted=y + e) for e in noise]
    assert losses_in_words(pair(*alike)).startswith("**At no single theta** is either model better")
    worse = replace(base, predicted=y + 1.4 * noise[1])
    assert "As far as these rows tell **a\\_b** is better" in losses_in_words(pair(alike[0], worse))
    assert losses_in_words(pair(one, one)) == "Both models lose the same under every such loss."


def test_misses_in_a_row_are_said_to_come_together() -> None:
    missed = np.tile([True] * 5 + [False] * 20, 10)
    assert "they come together" in in_a_row_in_words(0.9, christoffersen(missed))
    assert "they avoid each other" in in_a_row_in_words(
        0.9, christoffersen(np.tile([True, False, False], 40))
    )
    assert "cannot be tested" in in_a_row_in_words(0.9, christoffersen(missed[:5]))


def test_groups_that_are_too_small_for_a_correction_are_named() -> None:
    code = np.where(np.arange(200) < 5, 0, 1)
    said = groups_in_words(widening_by_group(CASES, 1, code, 2), ["few *", "many"], np.array([0, 1]))
    assert "Too small for its own, with about 12 rows needed: few \\*\\." in said.replace("\\*.", "\\*\\.")


def test_quantiles_are_described_by_spread_and_side() -> None:
    narrow = replace(CASES, quantiles=CASES.truth.mean() + np.tile([-5.0, 0.0, 5.0], (200, 1)))
    assert "too close together (under-dispersed)" in pit_in_words(pit_verdict(narrow, reached(narrow)))
    right = numbers(*[np.random.default_rng(8).random(300)] * 2, quantiles=np.tile((0.1, 0.9), (300, 1)), shares=(0.1, 0.9))  # fmt: skip
    said = pit_in_words(pit_verdict(right, reached(right)))
    assert "their spread is right" in said
    assert "neither too low nor too high" in said
