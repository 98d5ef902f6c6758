"""The probability of the predicted class, right and wrong answers apart, as data."""

from __future__ import annotations

import numpy as np

from app.charts.histogram import confidence_figure
from app.palette import LIGHT
from metrics_core import curves
from metrics_core.reduce.scores import tally_of

SURE = np.array([0.31, 0.9, 0.95, 0.99, 0.4, 0.97])
RIGHT = np.array([False, True, True, True, True, False])


def figure():
    return confidence_figure(curves.histogram(tally_of(SURE, RIGHT)), LIGHT)


def test_right_answers_are_above_and_wrong_ones_below_with_their_rows():
    right, wrong = figure().data
    assert (right.name, wrong.name) == ("pos", "neg")
    assert (sum(right.y), sum(wrong.y)) == (4, 2)
    heads = [note.text for note in figure().layout.annotations]
    assert "<b>Right</b>   4 rows" in heads
    assert "<b>Wrong</b>   2 rows" in heads


def test_each_has_its_colour_and_the_axis_is_a_probability():
    right, wrong = figure().data
    assert (right.marker.color, wrong.marker.color) == (LIGHT.tp, LIGHT.fn)
    assert figure().layout.xaxis2.title.text == "Probability of the predicted class"
    assert figure().layout.xaxis.range == (0, 1)


def test_a_sure_mistake_stands_where_it_was_sure():
    wrong = figure().data[1]
    assert [tuple(ends) for ends in wrong.customdata.tolist()] == [(0.3, 0.32), (0.96, 0.98)]
