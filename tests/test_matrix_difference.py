"""One confusion matrix minus another, against sums over single rows, published intervals and simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.cases import BinaryCases
from metrics_core.differences import newcombe
from metrics_core.matrix_difference import WHOLES, Placed, matrix_difference, placed
from metrics_core.rate_interval import wilson


@pytest.fixture
def cases() -> BinaryCases:
    frame = pd.DataFrame({"label": [1, 0, 1, 0], "p": [0.9, 0.8, 0.2, 0.1]})
    predictions = mc.read(frame, y_true="label", y_score="p")
    return next(iter(predictions.cases.values()))


def made(rows, true, predicted, k=2, weight=None, unit=None, frequency=False) -> Placed:
    rows = np.asarray(rows)
    weight = np.ones(rows.size) if weight is None else np.asarray(weight, dtype=float)
    return Placed(rows, np.asarray(true), np.asarray(predicted), k, weight, rows if unit is None else np.asarray(unit), frequency)  # fmt: skip


def two_models(n: int = 400, k: int = 3, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    first = np.where(rng.random(n) < 0.7, truth, rng.integers(0, k, n))
    second = np.where(rng.random(n) < 0.5, first, rng.integers(0, k, n))
    return truth, first, second


def rate_and_influence(truth, predicted, weight, cell, of):
    """The rate of a cell, and how much each row moves it."""
    i, j = cell
    whole = {"true": truth == i, "predicted": predicted == j, "all": np.ones(truth.size, bool)}[of]
    inside = (truth == i) & (predicted == j)
    p = weight[inside].sum() / weight[whole].sum()
    return p, weight * (inside - p) * whole / weight[whole].sum()


@pytest.mark.parametrize("of", WHOLES)
def test_an_interval_joins_wilson_intervals_by_the_correlation_of_the_rows(of):
    truth, first, second = two_models()
    rows, ones = np.arange(truth.size), np.ones(truth.size)
    found = matrix_difference(made(rows, truth, first, 3), made(rows, truth, second, 3), of=of)
    for i in range(3):
        for j in range(3):
            p, u = rate_and_influence(truth, first, ones, (i, j), of)
            q, v = rate_and_influence(truth, second, ones, (i, j), of)
            n, m = (r * (1 - r) / (w @ w) for r, w in ((p, u), (q, v)))
            (p_low, p_high), (q_low, q_high) = wilson(p * n, n), wilson(q * m, m)
            r = (u @ v) / np.sqrt((u @ u) * (v @ v))
            down = np.sqrt((p - p_low) ** 2 - 2 * r * (p - p_low) * (q_high - q) + (q_high - q) ** 2)
            up = np.sqrt((p_high - p) ** 2 - 2 * r * (p_high - p) * (q - q_low) + (q - q_low) ** 2)
            assert found.difference[i, j] == pytest.approx(p - q)
            assert found.low[i, j] == pytest.approx(p - q - down)
            assert found.high[i, j] == pytest.approx(p - q + up)


@pytest.mark.parametrize("of", WHOLES)
def test_rows_that_belong_together_vary_together(of):
    truth, first, second = two_models()
    rows, unit, weight = np.arange(truth.size), np.arange(truth.size) // 8, np.linspace(0.5, 2, truth.size)
    found = matrix_difference(
        made(rows, truth, first, 3, weight, unit), made(rows, truth, second, 3, weight, unit), of=of
    )
    p, u = rate_and_influence(truth, first, weight, (0, 1), of)
    q, v = rate_and_influence(truth, second, weight, (0, 1), of)
    u, v = np.bincount(unit, u), np.bincount(unit, v)
    n, m = (r * (1 - r) / (w @ w) for r, w in ((p, u), (q, v)))
    (p_low, _), (_, q_high) = wilson(p * n, n), wilson(q * m, m)
    r = (u @ v) / np.sqrt((u @ u) * (v @ v))
    down = np.sqrt((p - p_low) ** 2 - 2 * r * (p - p_low) * (q_high - q) + (q_high - q) ** 2)
    assert found.low[0, 1] == pytest.approx(p - q - down)


def test_models_of_different_rows_have_newcombes_interval():
    truth, first, second = two_models()
    a = made(np.arange(400), truth, first, 3)
    b = made(np.arange(400, 800), truth, second, 3)
    found = matrix_difference(a, b)
    low, high = newcombe(found.counts, found.counts.sum(1, keepdims=True).repeat(3, 1),
                         found.other_counts, found.other_counts.sum(1, keepdims=True).repeat(3, 1))  # fmt: skip
    np.testing.assert_allclose(found.low, low)
    np.testing.assert_allclose(found.high, high)
    assert (found.both_judged, found.same_rows) == (0, False)
    assert not found.only.any()


def test_a_row_that_stands_for_three_counts_as_three_rows():
    truth, first, second = two_models(60, 2)
    times = np.arange(60) % 3 + 1
    many = np.repeat(np.arange(60), times)
    once = [made(np.arange(60), truth, p, 2, times, frequency=True) for p in (first, second)]
    each = [made(np.arange(many.size), truth[many], p[many], 2) for p in (first, second)]
    for of in WHOLES:
        a, b = matrix_difference(*once, of=of), matrix_difference(*each, of=of)
        np.testing.assert_allclose(a.low, b.low)
        np.testing.assert_allclose(a.high, b.high)


def test_rows_that_moved_are_those_one_model_alone_puts_into_a_cell():
    truth, first, second = two_models()
    rows = np.arange(truth.size)
    kept = rows[50:]  # the other model does not judge the first fifty
    found = matrix_difference(made(rows, truth, first, 3), made(kept, truth[50:], second[50:], 3))
    for i in range(3):
        for j in range(3):
            here = (truth[50:] == i) & (first[50:] == j)
            there = (truth[50:] == i) & (second[50:] == j)
            assert found.only[i, j] == (here & ~there).sum()
            assert found.other_only[i, j] == (there & ~here).sum()
    assert (found.both_judged, found.judged, found.same_rows) == (350, 400, False)


def test_some_classes_have_the_same_cells_as_all():
    truth, first, second = two_models(k=4)
    rows = np.arange(truth.size)
    a, b = made(rows, truth, first, 4), made(rows, truth, second, 4)
    for of in WHOLES:
        every, some = matrix_difference(a, b, of=of), matrix_difference(a, b, of=of, codes=[3, 1])
        for name in ("counts", "rates", "difference", "low", "high", "only", "other_only"):
            np.testing.assert_allclose(getattr(some, name), getattr(every, name)[np.ix_([3, 1], [3, 1])])


def test_a_class_nobody_predicts_has_no_rate_and_no_interval():
    a = made(range(4), [0, 0, 1, 1], [0, 0, 0, 0])
    found = matrix_difference(a, a, of="predicted")
    assert np.isnan(found.difference[:, 1]).all()
    assert np.isnan(found.low[:, 1]).all()
    assert not found.certain.any()


def test_where_all_rows_belong_together_there_is_no_interval():
    truth, first, second = two_models()
    rows, unit = np.arange(truth.size), np.zeros(truth.size, dtype=int)
    found = matrix_difference(made(rows, truth, first, 3, unit=unit), made(rows, truth, second, 3, unit=unit))
    assert np.isfinite(found.difference).all()
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()


def test_matrices_of_different_classes_are_refused():
    with pytest.raises(ValueError, match="2 and 3 classes"):
        matrix_difference(made([0], [0], [0], 2), made([0], [0], [0], 3))


def test_the_positive_class_comes_first_and_the_threshold_decides(cases):
    rows = placed(cases, 0.5)
    assert rows.true.tolist() == [0, 1, 0, 1]
    assert rows.predicted.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("of", "n", "most"), [("true", 40, 0.99), ("predicted", 40, 1.0), ("true", 200, 0.99), ("all", 200, 0.99)]
)
def test_the_interval_holds_the_true_difference_about_as_often_as_it_says(of, n, most):
    rng = np.random.default_rng(3)

    def draw(size):
        truth = (rng.random(size) < 0.5).astype(int)
        first = np.where(rng.random(size) < 0.85, truth, 1 - truth)
        second = np.where(rng.random(size) < 0.7, first, np.where(rng.random(size) < 0.7, truth, 1 - truth))
        return truth, first, second

    truth, first, second = draw(400_000)
    rows = np.arange(truth.size)
    exact = matrix_difference(made(rows, truth, first), made(rows, truth, second), of=of).difference[0, 0]
    held = []
    for _ in range(600):
        truth, first, second = draw(n)
        rows = np.arange(n)
        found = matrix_difference(made(rows, truth, first), made(rows, truth, second), of=of)
        held.append(found.low[0, 0] <= exact <= found.high[0, 0])
    assert 0.93 <= np.mean(held) <= most
