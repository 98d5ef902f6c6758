"""The histogram of slices: its bars count every slice once, and a click names one bar."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.charts.slice_histogram import MOST_BARS, bins_of, clicked, place_of, slice_histogram
from app.palette import DARK, LIGHT

VALUES = st.lists(
    st.floats(-1e6, 1e6) | st.floats(0, 1) | st.just(float("nan")), min_size=1, max_size=60
).filter(lambda values: any(v == v for v in values))


@given(VALUES)
def test_every_value_is_counted_in_one_bar(values):
    edges = bins_of(values)
    known = np.array([v for v in values if v == v])
    assert (np.diff(edges) > 0).all()
    assert edges.size - 1 <= 2 * MOST_BARS + 2
    at = place_of(known, edges)
    inside = (known >= edges[at] - 1e-6) & (known <= edges[at + 1] + 1e-6)
    assert inside.all()
    figure = slice_histogram(values, float("nan"), "F1", "number", LIGHT)
    assert sum(figure.data[0].y) == known.size


def test_the_bars_start_at_round_numbers():
    assert bins_of([0.012, 0.31, 0.44]).tolist() == pytest.approx([0.0, 0.2, 0.4, 0.6])
    assert bins_of([0.5]).size > 1


def test_axes_are_named_and_the_metric_of_all_rows_is_marked():
    figure = slice_histogram([0.1, 0.2, 0.4], 0.15, "Error rate", "share", DARK)
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Error rate", "Slices")
    assert figure.layout.shapes[0].x0 == 0.15
    assert "all rows 15.0%" in figure.layout.annotations[0].text


def test_the_chosen_bar_keeps_its_colour_and_the_others_fade():
    colours = (
        slice_histogram([0.1, 0.2, 0.4], 0.15, "Error rate", "share", LIGHT, chosen=1).data[0].marker.color
    )
    assert colours[1] == LIGHT.accent
    assert colours[0] == colours[2] != LIGHT.accent


@pytest.mark.parametrize(
    ("event", "bar"),
    [(None, None), ({"selection": {"points": []}}, None), ({"selection": {"points": [{"customdata": 3}]}}, 3),
     ({"selection": {"points": [{"customdata": [3]}]}}, 3), ({"selection": {"points": [{}]}}, None)],
)  # fmt: skip
def test_a_click_names_a_bar_and_a_second_one_clears(event, bar):
    assert clicked(event) == bar
