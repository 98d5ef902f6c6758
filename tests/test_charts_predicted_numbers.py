"""Figures of predicted numbers, as data."""

from __future__ import annotations

import numpy as np
import pytest

from app.charts import predicted_numbers as charts
from app.palette import LIGHT
from app.views.number_boards import error_edges
from metrics_core.number_bands import reached
from metrics_core.residual_shape import density, errors_along, quantiles_of
from tests.number_tables import random_numbers

CASES = random_numbers(1, 200, around=True)
ALONG = errors_along(CASES, CASES.predicted)


def test_few_rows_are_points_and_many_are_a_density() -> None:
    few = density(CASES.predicted, CASES.truth, None, square=True)
    figure = charts.plane(CASES.predicted, CASES.truth, few, LIGHT, titles=("Predicted", "Actual"))
    assert figure.data[0].type == "scatter"
    assert len(figure.data[0].x) == 200
    many = random_numbers(2, charts.MOST_POINTS + 1)
    cells = density(many.predicted, many.truth, None, square=True)
    figure = charts.plane(many.predicted, many.truth, cells, LIGHT, titles=("Predicted", "Actual"))
    assert figure.data[0].type == "heatmap"
    assert np.nansum(figure.data[0].customdata) == cells.weight.sum()
    assert np.isnan(figure.data[0].z).sum() == (cells.weight == 0).sum()
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Predicted", "Actual")


def test_the_line_of_exact_predictions_is_the_diagonal() -> None:
    cells = density(CASES.predicted, CASES.truth, None, square=True)
    figure = charts.plane(CASES.predicted, CASES.truth, cells, LIGHT, titles=("Predicted", "Actual"))
    line = charts.with_diagonal(figure, cells, LIGHT).data[1]
    assert list(line.x) == list(line.y)


def test_mean_errors_stand_where_their_groups_are_with_their_band() -> None:
    cells = density(CASES.predicted, CASES.residual, None)
    figure = charts.with_means(charts.plane(CASES.predicted, CASES.residual, cells, LIGHT, titles=("a", "b")), ALONG, LIGHT)  # fmt: skip
    band, line = figure.data[1:]
    np.testing.assert_array_equal(line.y, ALONG.bias)
    np.testing.assert_array_equal(band.y[: ALONG.bias.size], ALONG.bias_high)


def test_bins_of_errors_have_an_edge_at_zero_and_hold_every_row() -> None:
    edges = error_edges(CASES.residual)
    assert 0.0 in edges
    assert np.histogram(CASES.residual, edges)[0].sum() == 200
    figure = charts.error_histogram(edges, np.histogram(CASES.residual, edges)[0].astype(float), LIGHT)
    assert [trace.name for trace in figure.data] == ["too low", "too high"]
    assert max(figure.data[0].x) < 0 < min(figure.data[1].x)


def test_errors_that_are_all_the_same_still_have_bins() -> None:
    assert np.histogram(np.zeros(5), error_edges(np.zeros(5)))[0].sum() == 5


def test_other_figures_have_titles_and_what_they_say() -> None:
    found = reached(CASES)
    figures = [
        charts.quantile_plot(quantiles_of(CASES), LIGHT),
        charts.spread_line(ALONG, LIGHT, x="Predicted"),
        charts.deciles(ALONG, errors_along(CASES, CASES.truth), LIGHT),
        charts.gaps(found.low, found.high, found.rows, (found.band_low, found.band_high), LIGHT),
    ]
    for figure in figures:
        assert figure.layout.xaxis.title.text
        assert figure.layout.yaxis.title.text
    np.testing.assert_array_equal(figures[1].data[0].y, ALONG.deviation)
    np.testing.assert_array_equal(figures[2].data[0].y, ALONG.bias)
    assert (np.asarray(figures[3].data[0].y) * (found.high - found.low)).sum() == pytest.approx(1)
