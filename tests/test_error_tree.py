"""The error tree: its splits, its honest numbers, and filters that lead to the very rows of a node."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import metrics_core as mc
from metrics_core.error_tree import error_tree
from metrics_core.errors import DataError
from metrics_core.filters import parse
from metrics_core.group_means import group_means
from metrics_core.row_losses import RowLoss, row_loss
from metrics_core.source import open_source
from metrics_core.split_columns import SplitColumn
from metrics_core.tree_growth import halves

COLUMNS = ["city", "age", "flag", "noise"]


def planted(n=6000, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "city": rng.choice(["Bonn", "Oslo", "Lima", None], n, p=[0.4, 0.3, 0.2, 0.1]),
            "age": np.where(rng.random(n) < 0.05, np.nan, rng.integers(18, 90, n)),
            "flag": rng.random(n) < 0.5,
            "noise": rng.normal(size=n),
        }
    )
    rate = np.where((frame["city"] == "Lima") & (frame["age"] >= 60), 0.6, 0.08)
    return frame, (rng.random(n) < rate).astype(float)


@pytest.fixture(scope="module")
def grown():
    frame, wrong = planted()
    source = open_source(pa.Table.from_pandas(frame, preserve_index=False))
    loss = RowLoss(loss=wrong, rows=np.arange(wrong.size))
    return source, loss, error_tree(source, loss, COLUMNS)


def test_the_planted_conditions_are_found(grown):
    _, _, tree = grown
    worst = max(tree.leaves, key=lambda node: node.value)
    assert "city is Lima" in worst.path
    assert any(step.startswith("age ≥ 60") for step in worst.path)
    assert worst.value == pytest.approx(0.6, abs=0.1)
    assert worst.clear


def test_every_number_is_that_of_the_half_the_tree_has_not_seen(grown):
    source, loss, tree = grown
    grows, judges = halves(loss, tree.seed)
    assert (tree.rows_grown, tree.rows_judged) == (grows.size, judges.size)
    assert np.intersect1d(grows, judges).size == 0
    wrong = loss.loss[judges]
    for node in tree.nodes[1:]:
        inside = node.where.mask(source.table(node.where.columns))[judges]
        assert node.rows == inside.sum()
        assert node.value == pytest.approx(wrong[inside].mean())
        assert node.rest == pytest.approx(wrong[~inside].mean())
        assert node.share_of_total == pytest.approx(wrong[inside].sum() / wrong.sum())
        assert node.lift == pytest.approx(wrong[inside].mean() / wrong.mean())
        means = group_means(loss.at(judges), inside.astype(int), 2)
        assert (node.low, node.high, node.p) == pytest.approx((means.low[1], means.high[1], means.p[1]))


def test_children_part_the_rows_of_their_parent_in_the_whole_file(grown):
    source, loss, tree = grown

    def rows(node):
        return (
            np.ones(len(loss), bool)
            if node.where is None
            else node.where.mask(source.table(node.where.columns))
        )

    for node in tree.nodes:
        if node.children:
            first, second = (rows(tree.nodes[child]) for child in node.children)
            assert not (first & second).any()
            assert ((first | second) == rows(node)).all()
    assert sum(node.rows for node in tree.leaves) == tree.rows_judged


def test_no_split_survives_where_errors_come_by_chance():
    split = 0
    for seed in range(20):
        frame, _ = planted(2000, seed)
        source = open_source(pa.Table.from_pandas(frame, preserve_index=False))
        wrong = (np.random.default_rng([seed, 9]).random(2000) < 0.2).astype(float)
        tree = error_tree(source, RowLoss(loss=wrong, rows=np.arange(2000)), COLUMNS, depth=1, replicates=0)
        split += len(tree.nodes) > 1
    assert split <= 4


def test_the_first_split_of_a_planted_column_is_stable_and_of_noise_is_not(grown):
    _, _, tree = grown
    assert tree.stability >= 0.8
    assert sum(times for _, times in tree.first_splits) == 20
    assert tree.first_splits[0][0] in ("city", "age")


def test_the_best_split_is_that_of_brute_force():
    rng = np.random.default_rng(5)
    n = 400
    x = rng.integers(0, 8, n)
    wrong = (rng.random(n) < 0.1 + 0.08 * x).astype(float)
    source = open_source(pa.table({"x": x}))
    loss = RowLoss(loss=wrong, rows=np.arange(n))
    tree = error_tree(source, loss, ["x"], depth=1)
    grows = halves(loss, 0)[0]

    def left_over(edge):
        sides = (wrong[grows][x[grows] < edge], wrong[grows][x[grows] >= edge])
        return (
            sum(((side - side.mean()) ** 2).sum() for side in sides) if min(map(len, sides)) >= 30 else np.inf
        )

    best = min(range(1, 8), key=left_over)
    assert tree.nodes[1].where.text == f"x < {best}"


def test_rows_that_belong_together_stay_on_one_side():
    together = np.random.default_rng(6).integers(0, 300, 4000)
    loss = RowLoss(loss=np.zeros(4000), rows=np.arange(4000), together=together)
    grows, judges = halves(loss, 0)
    assert not set(together[grows]) & set(together[judges])
    assert grows.size + judges.size == 4000
    assert abs(grows.size - 2000) < 50


def test_a_size_of_error_makes_a_tree_as_well():
    rng = np.random.default_rng(7)
    n = 3000
    group = rng.choice(["a", "b"], n)
    residual = np.abs(rng.normal(0, np.where(group == "a", 3.0, 1.0)))
    source = open_source(pa.table({"group": group}))
    loss = RowLoss(
        loss=residual,
        rows=np.arange(n),
        is_rate=False,
        label="Mean absolute error",
        failures="absolute error",
    )
    tree = error_tree(source, loss, ["group"])
    assert {node.path[0] for node in tree.leaves} == {"group is a", "group is b"}
    assert tree.unit == "number"
    assert max(node.value for node in tree.leaves) == pytest.approx(3.0 * np.sqrt(2 / np.pi), rel=0.1)


def test_weights_decide_what_a_node_weighs():
    frame, wrong = planted(3000)
    source = open_source(pa.Table.from_pandas(frame, preserve_index=False))
    weight = np.random.default_rng(8).uniform(0.5, 3, 3000)
    loss = RowLoss(loss=wrong, rows=np.arange(3000), weight=weight)
    tree = error_tree(source, loss, COLUMNS)
    judges = halves(loss, 0)[1]
    for node in tree.nodes[1:]:
        inside = node.where.mask(source.table(node.where.columns))[judges]
        assert node.value == pytest.approx(np.average(wrong[judges][inside], weights=weight[judges][inside]))


@pytest.mark.parametrize(("columns", "depth"), [([], 3), (["city"], 0), (["city"], 6)])
def test_a_tree_without_columns_or_of_no_depth_is_refused(grown, columns, depth):
    source, loss, _ = grown
    with pytest.raises(DataError, match="error tree"):
        error_tree(source, loss, columns, depth=depth)


def test_too_few_rows_give_the_root_alone():
    source = open_source(pa.table({"x": [1, 2] * 20}))
    tree = error_tree(source, RowLoss(loss=np.array([0.0, 1.0] * 20), rows=np.arange(40)), ["x"])
    assert len(tree.nodes) == 1
    assert np.isnan(tree.stability)


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([1, 2, None, 9007199254740993, 9007199254740992] * 40),
        pa.array([0.1, 0.7, None, float("nan"), float("inf")] * 40),
        pa.array([0.1, 0.7, None, 2.5, 3.0] * 40, pa.float32()),
        pa.array(["a'b", "", None, "c d", "e"] * 40),
        pa.array([True, False, None, True, True] * 40),
        pa.array(pd.to_datetime(["2026-01-01", "2026-01-02", None, "2026-01-04", "2026-01-05"] * 40)),
    ],
)
def test_the_filters_of_every_possible_split_are_the_rows_of_its_sides(cells):
    source = open_source(pa.table({"odd name": cells}))
    rows = np.arange(len(cells))
    cut = SplitColumn.of(source, "odd name", rows)
    codes = cut.codes(source, rows)
    if cut.ordered:
        lefts = [np.append(np.arange(cut.n_codes - 1) < edge, last) for edge in range(1, cut.n_codes - 1) for last in (True, False)]  # fmt: skip
    else:
        lefts = [np.array([bool(pick >> i & 1) for i in range(cut.n_codes)]) for pick in range(1, 2 ** (cut.n_codes - 1) - 1)]  # fmt: skip
    assert lefts
    for left in lefts:
        (first, _), (second, _) = cut.sides(left)
        table = source.table(["odd name"])
        assert (parse(first.text).mask(table) == left[codes]).all()
        assert (parse(second.text).mask(table) == ~left[codes]).all()


def test_values_that_are_no_group_go_to_the_side_that_is_named_by_what_it_is_not():
    names = [f"n{i % 60}" for i in range(3000)] + ["n1"] * 500
    source = open_source(pa.table({"c": names}))
    cut = SplitColumn.of(source, "c", np.arange(3500))
    assert cut.has_others
    left = np.zeros(cut.n_codes, dtype=bool)
    left[[3, cut.n_codes - 1]] = True
    codes = cut.codes(source, np.arange(3500))
    (first, _), (second, _) = cut.sides(left)
    assert (first.mask(source.table(["c"])) == left[codes]).all()
    assert (second.mask(source.table(["c"])) == ~left[codes]).all()


def test_each_loss_of_two_classes_is_counted_on_its_own_rows():
    frame = pd.DataFrame({"y": [1, 0, 1, 0, 1], "p": [0.9, 0.6, 0.4, 0.1, 0.0], "w": [1, 1, 1, 1, 0]})
    cases = mc.read(frame, y_true="y", y_score="p", weight="w").judged()
    assert row_loss(cases, "error", 0.5).loss.tolist() == [0, 1, 1, 0]
    assert row_loss(cases, "fnr", 0.5).rows.tolist() == [0, 2]
    assert row_loss(cases, "fpr", 0.5).loss.tolist() == [1, 0]
    assert row_loss(cases, "log_loss").loss == pytest.approx(-np.log([0.9, 0.4, 0.4, 0.9]))
    with pytest.raises(DataError, match="no loss 'abs_error'"):
        row_loss(cases, "abs_error")


def test_a_rate_without_a_row_to_count_it_on_is_refused():
    frame = pd.DataFrame({"y": [1, 0], "p": [0.9, 0.6], "g": ["a", "b"]})
    cases = mc.read(frame, y_true="y", y_score="p").judged(where="g == 'b'")
    with pytest.raises(DataError, match="no positive row"):
        row_loss(cases, "fnr", 0.5)


def test_the_example_of_the_page_runs():
    page = Path(__file__).resolve().parents[1] / "docs" / "finding_errors.md"
    found = doctest.testfile(str(page), module_relative=False)
    assert found.attempted > 5
    assert found.failed == 0
