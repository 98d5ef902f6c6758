"""The Pareto of tags as data."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from app.charts.pareto import ParetoBar, clicked, pareto
from app.palette import DARK, LIGHT
from app.state.annotations import Annotated
from app.store import Batch, Event, annotations_of
from app.views.tag_pareto import pareto_of
from metrics_core.grouping import grouping
from metrics_core.source import open_source

BARS = [
    ParetoBar("<b>glare", 5, (4, 1), 0.5),
    ParetoBar("blur", 3, (0, 3), 0.8),
    ParetoBar("odd", 2, (2, 0), 1.0),
]


def tags(**rows: list[int]) -> Annotated:
    made = [Event("new_tag", tag=name, value=name) for name in rows]
    given = [Event("tag", f"id:{row}", name) for name, at in rows.items() for row in at]
    every = annotations_of([Batch("ann", "", (*made, *given))])
    keys = {row: f"id:{row}" for at in rows.values() for row in at}
    return Annotated(every, {row: every.rows[key] for row, key in keys.items()}, keys)


def test_bars_and_the_line_are_the_numbers():
    figure = pareto(BARS, ["Rome", "Oslo"], LIGHT)
    *groups, line = figure.data
    assert [list(trace.x) for trace in groups] == [[4, 0, 2], [1, 3, 0]]
    assert [trace.name for trace in groups] == ["Rome", "Oslo"]
    assert list(line.x) == [0.5, 0.8, 1.0]
    assert all(list(trace.y) == [0, 1, 2] for trace in figure.data)
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # the first one on top


def test_axes_are_named_and_names_are_text():
    figure = pareto(BARS, [""], DARK)
    assert figure.layout.xaxis.title.text == "Rows with the tag"
    assert figure.layout.xaxis2.title.text.startswith("Covered")
    assert figure.layout.showlegend is False
    assert "<b>glare" not in figure.to_json()


def test_a_click_on_a_bar_or_on_the_line_names_its_tag():
    for data in (1, [1]):
        assert clicked({"selection": {"points": [{"customdata": data}]}}, BARS) is BARS[1]
    for event in (
        None,
        {"selection": {"points": []}},
        {"selection": {"points": [{}]}},
        {"selection": {"points": [{"customdata": 9}]}},
    ):
        assert clicked(event, BARS) is None


def test_only_the_rows_shown_count_and_a_row_with_two_tags_counts_for_both():
    annotated = tags(a=[0, 1], b=[1, 2, 3, 9], c=[8], d=[1])
    bars, groups = pareto_of(np.arange(5), annotated, None)
    assert [(bar.name, bar.rows, bar.covered) for bar in bars] == [
        ("b", 3, 0.75),
        ("a", 2, 1.0),
        ("d", 1, 1.0),
    ]
    assert groups == [""]
    assert all(sum(bar.parts) == bar.rows for bar in bars)


def test_bars_are_cut_by_the_groups_of_a_column_and_small_groups_are_one():
    cities = ["A"] * 6 + ["B"] * 5 + ["C"] * 4 + ["D"] * 4 + ["E"] * 4 + ["F"] * 3 + ["G"] * 2 + ["H"]
    source = open_source(pa.table({"city": cities}))
    annotated = tags(x=list(range(len(cities))), y=[0, 28])
    bars, groups = pareto_of(np.arange(len(cities)), annotated, grouping(source, "city"))
    assert groups == ["A", "B", "C", "D", "E", "F", "all others"]
    assert [bar.parts for bar in bars] == [(6, 5, 4, 4, 4, 3, 3), (1, 0, 0, 0, 0, 0, 1)]


def test_without_a_tag_there_is_no_bar():
    assert pareto_of(np.arange(3), tags(), None) == ([], [""])
