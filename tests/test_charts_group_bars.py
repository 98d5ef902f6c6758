from __future__ import annotations

from math import isnan

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from app.charts.group_bars import VERDICTS, clicked, group_bars, verdict
from app.palette import DARK, LIGHT
from metrics_core.grouping import grouping
from metrics_core.groups_compared import Comparison, GroupTable, corrected

WRONG = {
    "bad": (90, 200),
    "good": (10, 300),
    "<b>usual</b>": (45, 250),
    "few": (3, 8),
    "no positives": (20, 100),
}


def table(metric: str = "error_rate") -> GroupTable:
    parts = [
        pd.DataFrame({"c": name, "wrong": [True] * k + [False] * (n - k)}) for name, (k, n) in WRONG.items()
    ]
    frame = pd.concat(parts, ignore_index=True)
    truth = np.where(frame["c"] == "no positives", 0, np.arange(len(frame)) % 2)
    frame = frame.assign(y=truth, said=truth ^ frame["wrong"])
    predictions = mc.read(frame, y_true="y", y_pred="said", pos_label="1")
    (found,) = corrected(
        [Comparison.of(predictions.judged(), metric).table(grouping(predictions.source, "c"))]
    )
    return found


def place(of: GroupTable, label: str) -> int:
    return next(i for i, g in enumerate(of.groups) if g.label == label)


def test_every_group_is_a_dot_at_its_value_with_its_interval():
    found = table()
    shown = list(range(len(found.groups)))
    figure = group_bars(found, shown, LIGHT)
    drawn = {}
    for trace in figure.data[1:]:
        for x, y, data, up, down in zip(
            trace.x, trace.y, trace.customdata, trace.error_x.array, trace.error_x.arrayminus, strict=True
        ):
            drawn[data] = (x, y, x - down, x + up, trace.name)
    assert sorted(drawn) == shown
    for i, g in enumerate(found.groups):
        assert drawn[i] == (g.value, i, pytest.approx(g.low), pytest.approx(g.high), verdict(found, g))


def test_a_tick_stands_where_the_other_rows_are_and_a_line_at_all_rows():
    found = table()
    figure = group_bars(found, [2, 0], LIGHT)
    assert list(figure.data[0].x) == [found.groups[2].rest, found.groups[0].rest]
    assert list(figure.data[0].y) == [0, 1]
    assert figure.layout.shapes[0].x0 == found.value


def test_verdicts_differ_by_colour_and_by_symbol():
    found = table()
    figure = group_bars(found, range(len(found.groups)), LIGHT)
    names = {trace.name: trace for trace in figure.data[1:]}
    assert list(names) == list(VERDICTS)
    assert found.groups[names["clearly worse"].customdata[0]].label == "bad"
    looks = {(trace.marker.symbol, trace.marker.color) for trace in names.values()}
    assert len(looks) == len(VERDICTS)
    assert group_bars(found, range(5), DARK).data[1].marker.color == DARK.fn


def test_false_alarms_keep_their_colour():
    assert group_bars(table("fpr"), range(5), LIGHT).data[1].marker.color == LIGHT.fp


def test_an_undefined_group_is_said_with_its_reason():
    found = table("fnr")
    at = place(found, "no positives")
    figure = group_bars(found, range(5), LIGHT)
    assert isnan(found.groups[at].value)
    assert all(at not in trace.customdata for trace in figure.data[1:])
    (note,) = (a for a in figure.layout.annotations if "n/a" in a.text)
    assert (note.text, note.y) == ("n/a: no row is positive", at)


def test_names_of_the_file_are_text():
    spec = group_bars(table(), range(5), LIGHT).to_json()
    assert "<b>usual" not in spec
    assert "&lt;b&gt;usual" in spec


def test_axes_are_named_and_small_groups_do_not_stretch_them():
    found = table()
    figure = group_bars(found, range(5), LIGHT)
    few = found.groups[place(found, "few")]
    assert figure.layout.xaxis.title.text == "Error rate"
    assert figure.layout.xaxis.range[1] < few.high
    assert figure.layout.xaxis.range[1] > max(few.value, max(g.high for g in found.groups if not g.small))
    assert group_bars(found, range(5), LIGHT, legend=False).layout.showlegend is False


def test_the_clicked_dot_is_its_group():
    found = table()
    for data in (1, [1]):
        assert clicked({"selection": {"points": [{"customdata": data}]}}, found) is found.groups[1]
    for event in (
        None,
        {"selection": {"points": []}},
        {"selection": {"points": [{}]}},
        {"selection": {"points": [{"customdata": 99}]}},
    ):
        assert clicked(event, found) is None
