"""In which order the rows are looked at: what is offered, what comes first, and what ties and missing cells do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import metrics_core as mc
from app.views.row_orders import by_cells, column_orders, orders, read_order, write_order
from app.views.selected_rows import selected
from metrics_core.cases import BinaryCases

N = 300


def binary(**roles: Any) -> mc.Predictions:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"y": rng.integers(0, 2, N), "p": rng.random(N).round(2), "d": rng.integers(0, 2, N)}
    )
    frame["x"] = np.where(rng.random(N) < 0.2, np.nan, rng.integers(0, 9, N))
    return mc.read(frame, y_true="y", **roles)


def keys(predictions: mc.Predictions, threshold: float | None) -> list[str]:
    return [order.key for order in orders(predictions.judged(), threshold)]


def in_order(predictions: mc.Predictions, threshold: float | None, key: str, *, turned: bool = False) -> Any:
    cases = predictions.judged()
    return cases, selected(cases, threshold, "", key, turned=turned, source=predictions.source)


def test_each_order_is_offered_where_it_means_something():
    assert keys(binary(y_score="p"), 0.3) == ["confident", "loss", "threshold", "sure", "score", "file"]
    assert keys(binary(y_score="p", y_pred="d"), None) == ["confident", "loss", "sure", "score", "file"]
    assert keys(binary(y_score="p", score_kind="margin"), 0.3) == ["confident", "threshold", "score", "file"]
    assert keys(binary(y_score="p", y_pred="d", score_kind="margin"), None) == ["wrong", "score", "file"]
    assert keys(binary(y_pred="d"), None) == ["wrong", "file"]


def test_many_classes_have_the_probability_and_the_lead_in_their_place():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.dirichlet(np.ones(3), N), columns=["p_a", "p_b", "p_c"])
    frame["y"] = rng.choice(list("abc"), N)
    predictions = mc.read(frame, y_true="y", proba_prefix="p_")
    assert keys(predictions, None) == ["confident", "loss", "sure", "margin", "file"]
    cases, found = in_order(predictions, None, "sure", turned=True)
    assert (np.diff(cases.of_decision()[found]) >= 0).all()


@pytest.mark.parametrize("threshold", [0.05, 0.5, 0.9])
def test_confident_mistakes_come_first_and_confident_hits_last(threshold):
    cases, found = in_order(binary(y_score="p"), threshold, "confident")
    assert isinstance(cases, BinaryCases)
    assert cases.score is not None
    wrong = cases.flagged(threshold) != cases.positive
    given = np.where(cases.flagged(threshold), cases.score, 1 - cases.score)[found]
    n_wrong = int(wrong.sum())
    assert wrong[found].tolist() == [True] * n_wrong + [False] * (N - n_wrong)
    assert (np.diff(given[:n_wrong]) <= 0).all()
    assert (np.diff(given[n_wrong:]) >= 0).all()


def test_confidence_of_a_score_that_is_no_probability_is_its_distance_to_the_threshold():
    cases, found = in_order(binary(y_score="p", score_kind="margin"), 0.3, "confident")
    wrong = cases.flagged(0.3) != cases.positive
    far = np.abs(cases.score - 0.3)[found]
    n_wrong = int(wrong.sum())
    assert wrong[found][:n_wrong].all()
    assert (np.diff(far[:n_wrong]) <= 0).all()
    assert (np.diff(far[n_wrong:]) >= 0).all()


def test_tiny_scores_are_told_apart():
    p = [1e-20, 1e-18, 1e-22]
    predictions = mc.read(pd.DataFrame({"y": [0, 0, 0, 1], "p": [*p, 0.9]}), y_true="y", y_score="p")
    for turned in (False, True):
        found = selected(predictions.judged(), 0.5, "tn", "confident", turned=turned)
        assert found.tolist() == ([2, 0, 1] if turned else [1, 0, 2])


def test_the_loss_counts_whatever_was_decided():
    cases, found = in_order(binary(y_score="p"), 0.05, "loss")
    loss = cases.loss("log_loss")[found].tolist()
    assert loss == sorted(loss, reverse=True)


def test_near_the_threshold_means_both_sides_of_it():
    cases, found = in_order(binary(y_score="p"), 0.505, "threshold")
    assert set(cases.score[found[:6]]) == {0.50, 0.51}
    assert np.abs(cases.score[found] - 0.505)[-1] == np.abs(cases.score - 0.505).max()


@pytest.mark.parametrize("key", ["confident", "loss", "threshold", "sure", "score", "by:x", "by:y"])
@pytest.mark.parametrize("turned", [False, True])
def test_equals_stay_in_file_order_at_either_end(key, turned):
    predictions = binary(y_score="p")
    cases, found = in_order(predictions, 0.5, key, turned=turned)
    assert sorted(found.tolist()) == list(range(N))
    column = predictions.source.column(key[3:]).to_pylist() if key.startswith("by:") else list(zip(cases.score, cases.positive, strict=True))  # fmt: skip
    cells = [None if column[i] != column[i] else column[i] for i in found]
    for (a, i), (b, j) in zip(zip(cells, found, strict=True), zip(cells[1:], found[1:], strict=True), strict=False):  # fmt: skip
        assert a != b or i < j


@pytest.mark.parametrize("turned", [False, True])
def test_missing_cells_of_a_column_come_last_either_way(turned):
    predictions = binary(y_score="p")
    _, found = in_order(predictions, 0.5, "by:x", turned=turned)
    x = predictions.source.column("x").to_numpy()[found]
    filled = x[~np.isnan(x)]
    assert np.isnan(x[filled.size :]).all()
    assert filled.size < N
    assert ((np.diff(filled) <= 0) if turned else (np.diff(filled) >= 0)).all()


@pytest.mark.parametrize(
    "cells",
    [
        pa.chunked_array([["b", "a"], [None, "c"]]),
        pa.chunked_array([["b", "a", None, "c"]]).dictionary_encode(),
        pa.chunked_array([["b", "a", None, "c"]], type=pa.string_view()),
        pa.chunked_array([pa.array([2, 1, None, 3], pa.timestamp("us", "UTC"))]),
        pa.chunked_array([pa.array([2, 1, None, 3], pa.decimal128(9, 0))]),
        pa.chunked_array([pa.array([2.0, 1.0, float("nan"), 3.0])]),
        pa.chunked_array([pa.array([2**62 + 1, 2**62, None, 2**62 + 2])]),
    ],
    ids=str,
)
def test_every_kind_of_cell_has_an_order(cells):
    assert by_cells(cells, turned=False).tolist() == [1, 0, 3, 2]
    assert by_cells(cells, turned=True).tolist() == [3, 0, 1, 2]


def test_nested_columns_have_no_order():
    table = pa.table(
        {"y": [0, 1], "p": [0.1, 0.9], "list": [[1], [2]], "bytes": [b"a", b"b"], "ok": [True, False]}
    )
    predictions = mc.read(table, y_true="y", y_score="p")
    assert [order.column for order in column_orders(predictions.source)] == ["y", "p", "ok"]


@pytest.mark.parametrize(("text", "key", "turned"), [("", "", False), ("loss", "loss", False), ("-loss", "loss", True), ("by:-a", "by:-a", False), ("-by:-a", "by:-a", True)])  # fmt: skip
def test_an_order_is_written_as_it_is_read(text, key, turned):
    assert read_order(text) == (key, turned)
    assert write_order(key, turned, usual="") == text


def test_every_order_says_what_it_means():
    for order in (*orders(binary(y_score="p").judged(), 0.25), *column_orders(binary(y_score="p").source)):
        assert order.about.endswith(".")
        assert order.first != order.last
    assert "0.250" in next(
        o.about for o in orders(binary(y_score="p").judged(), 0.25) if o.key == "threshold"
    )
