"""Figures of the error tree, two columns, importance and rates by group, as data."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from app.charts import column_pairs, error_tree
from app.charts.column_importance import importance_figure, links_figure
from app.charts.group_rates import CLEAR, UNCLEAR, group_rates_figure
from app.charts.rate_scale import fill, rate_scale
from app.palette import DARK, LIGHT
from metrics_core.column_importance import ColumnImportance, Importance
from metrics_core.column_links import ColumnLink
from metrics_core.column_pairs import column_pair
from metrics_core.error_tree import error_tree as grow
from metrics_core.group_rates import group_rates
from metrics_core.grouping import grouping
from metrics_core.row_losses import RowLoss
from metrics_core.source import open_source
from tests.tables import Rows


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 2000
    city = rng.choice(["<b>Bonn", "Oslo", "Lima"], n)
    age = rng.integers(20, 80, n)
    wrong = (rng.random(n) < np.where((city == "Lima") & (age > 50), 0.6, 0.1)).astype(float)
    return open_source(pa.table({"city": city, "age": age})), RowLoss(loss=wrong, rows=np.arange(n))


@pytest.fixture(scope="module")
def tree(table):
    return grow(*table, ["city", "age"])


@pytest.fixture(scope="module")
def pair(table):
    source, loss = table
    return column_pair(grouping(source, "city"), grouping(source, "age"), loss)


def trace(figure, name):
    return next(t for t in figure.data if t.name == name)


def test_a_node_stands_before_its_children_and_the_worse_child_first(tree):
    lines = error_tree.lines_of(tree)
    assert sorted(lines.values()) == list(range(len(tree.nodes)))
    for node in tree.nodes:
        if node.children:
            first, second = sorted(node.children, key=lines.__getitem__)
            assert lines[node.index] < lines[first]
            assert tree.nodes[first].value >= tree.nodes[second].value


def test_the_dots_of_the_tree_are_its_rates_and_intervals(tree):
    dots = trace(error_tree.error_tree_figure(tree, LIGHT), "rates")
    for place, x, up in zip(dots.customdata, dots.x, dots.error_x.array, strict=True):
        assert x == tree.nodes[place].value
        assert x + up == pytest.approx(tree.nodes[place].high)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_tank_is_filled_by_the_share_of_all_errors_in_the_colour_of_the_rate(tree, palette):
    figure = error_tree.error_tree_figure(tree, palette)
    top = max(node.value for node in tree.nodes)
    fills = [s for s in figure.layout.shapes if s.type == "rect" and s.line.width == 0]
    assert len(fills) == len(tree.nodes)
    for node, shape in zip(tree.nodes, fills, strict=True):
        assert (shape.y1 - shape.y0) / 0.8 == pytest.approx(node.share_of_total)
        assert shape.fillcolor == fill(node.value, 0.0, top, palette)


def test_a_click_on_a_line_is_its_node_and_nothing_else_is(tree):
    assert error_tree.clicked({"selection": {"points": [{"customdata": 1}]}}, tree) is tree.nodes[1]
    for nothing in (None, {"selection": {"points": []}}, {"selection": {"points": [{"customdata": 99}]}}):
        assert error_tree.clicked(nothing, tree) is None


def test_text_of_the_file_is_no_markup(tree, pair):
    figures = (error_tree.error_tree_figure(tree, LIGHT), column_pairs.pair_figure(pair, LIGHT))
    for figure in figures:
        assert "<b>Bonn" not in figure.to_json().replace("\\u003c", "<")
        assert "&lt;b&gt;Bonn" in figure.to_json().replace("\\u0026", "&")


def test_cells_hold_rates_as_colour_and_rows_as_number(pair):
    figure = column_pairs.pair_figure(pair, LIGHT)
    assert np.asarray(trace(figure, "rates").z, dtype=float) == pytest.approx(pair.value)
    numbers = dict(
        zip(
            zip(trace(figure, "rows").y, trace(figure, "rows").x, strict=True),
            trace(figure, "rows").text,
            strict=True,
        )
    )
    assert numbers[0, 0] == str(pair.rows[0, 0])
    assert figure.layout.xaxis.title.text == "age"
    assert figure.layout.yaxis.title.text == "city"


def test_a_pair_without_rows_is_blank_and_a_small_one_in_parentheses():
    source = open_source(pa.table({"a": ["x"] * 50 + ["y"] * 5, "b": ["u"] * 50 + ["v"] * 5}))
    pair = column_pair(
        grouping(source, "a"), grouping(source, "b"), RowLoss(loss=np.ones(55), rows=np.arange(55))
    )
    figure = column_pairs.pair_figure(pair, LIGHT)
    assert np.isnan(np.asarray(trace(figure, "rates").z, dtype=float)).sum() == 2
    assert set(trace(figure, "rows").text) == {"50", "(5)"}


def test_a_click_on_a_cell_is_its_row_and_column(pair):
    assert column_pairs.clicked({"selection": {"points": [{"customdata": [1, 2]}]}}, pair) == (1, 2)
    assert column_pairs.clicked({"selection": {"points": [{"customdata": [9, 0]}]}}, pair) is None
    assert column_pairs.clicked(None, pair) is None


def test_the_scale_is_one_hue_that_grows_stronger():
    assert rate_scale(LIGHT)[-1] == [1.0, LIGHT.fn]
    assert fill(0.0, 0.0, 1.0, LIGHT) == rate_scale(LIGHT)[0][1]
    assert fill(float(2), 0.0, 1.0, LIGHT) == LIGHT.fn


def test_bars_show_the_drop_and_what_is_shuffled_together():
    found = ColumnImportance(
        measure="ROC AUC", quality=0.8, low=0.7, high=0.9, why="", rows=10, n_rows=10, folds=5, repeats=10, seed=0,
        importances=(Importance(("age", "band"), 0.2, 0.01), Importance(("noise",), 0.001, 0.01)),
        links=(ColumnLink("age", 5, 0.4, 0.001, 0.002), ColumnLink("noise", 5, 0.0, 0.7, 0.7)),
    )  # fmt: skip
    figure = importance_figure(found, LIGHT)
    assert list(figure.data[0].x) == [0.2, 0.001]
    assert list(figure.layout.yaxis.ticktext) == ["age + band", "noise"]
    assert figure.data[0].marker.color[0] == LIGHT.fn != figure.data[0].marker.color[1]
    alone = links_figure(found.links, LIGHT)
    assert list(alone.data[0].x) == [0.4, 0.0]
    assert alone.layout.xaxis.title.text == "Strength, 0 to 1"


def test_rates_by_group_have_a_panel_each_and_mark_clear_gaps():
    rng = np.random.default_rng(1)
    n = 2000
    group = np.resize(["a", "b"], n)
    positive = rng.random(n) < 0.5
    score = np.where(positive & (rng.random(n) < np.where(group == "a", 0.9, 0.5)), 0.9, 0.1)
    source = open_source(pa.table({"g": group}))
    found = group_rates(Rows(positive, score).cases(), grouping(source, "g"), threshold=0.5, reference="b")
    figure = group_rates_figure(found, ("recall", "fpr"), LIGHT)
    clear = [t for t in figure.data if t.name == CLEAR]
    assert [list(t.customdata) for t in clear] == [[0]]
    assert clear[0].x[0] == found.of("recall")[0].value
    assert {t.name for t in figure.data} == {CLEAR, UNCLEAR}
    assert (figure.layout.xaxis.title.text, figure.layout.xaxis2.title.text) == (
        "Recall",
        "False positive rate",
    )
