"""The counts of (true, predicted) pairs: what a tally says of its classes, dense or sparse, merged or drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from metrics_core.metrics.registry import metrics_of
from metrics_core.reduce import tallies_of
from metrics_core.reduce.classes import confusion_tally
from metrics_core.tally import ConfusionTally
from metrics_core.tally.confusion import confusion
from tests.class_tables import ClassRows, dense, random_classes, some_classes, value

#: More classes than are counted in a dense matrix.
SPARSE = 2050


def spread_out(drawn: ClassRows, k: int) -> tuple[ClassRows, NDArray[np.int64]]:
    """Give the classes of some rows new places, in the same order, among k classes; the others never occur."""
    place = np.sort(np.random.default_rng(0).choice(k, drawn.n_classes, replace=False))
    p = np.zeros((len(drawn), k))
    p[:, place] = drawn.p
    decided = place[drawn.decided].astype(np.int32)
    return ClassRows(place[drawn.truth].astype(np.int32), p, decided, drawn.weight), place


@given(drawn=some_classes(max_classes=6))
def test_pairs_are_those_that_occur_in_ascending_order(drawn: ClassRows) -> None:
    tally = confusion_tally(drawn.cases())
    pairs = list(zip(tally.true.tolist(), tally.predicted.tolist(), strict=True))
    assert pairs == sorted(set(zip(drawn.truth.tolist(), drawn.decided.tolist(), strict=True)))


@given(drawn=some_classes(max_classes=6), frequency=st.booleans())
def test_matrix_and_its_margins_equal_counting_row_by_row(drawn: ClassRows, frequency: bool) -> None:
    tally, k = confusion_tally(drawn.cases(frequency=frequency)), drawn.n_classes
    matrix = dense(drawn.truth, drawn.decided, k, drawn.weight)
    np.testing.assert_allclose(tally.matrix(), matrix, rtol=1e-12)
    np.testing.assert_allclose(tally.support, matrix.sum(1), rtol=1e-12)
    np.testing.assert_allclose(tally.decided, matrix.sum(0), rtol=1e-12)
    np.testing.assert_allclose(tally.correct, np.diag(matrix), rtol=1e-12)
    np.testing.assert_allclose(tally.total, matrix.sum(), rtol=1e-12)
    if drawn.weight is None or frequency:
        assert tally.squares is None
    else:
        assert tally.squares is not None
        squares = dense(drawn.truth, drawn.decided, k, drawn.weight**2)
        np.testing.assert_allclose(tally.squares.matrix(), squares, rtol=1e-12)


@given(drawn=some_classes())
def test_outcomes_of_each_class_equal_those_of_its_binary_cases(drawn: ClassRows) -> None:
    cases = drawn.cases()
    o = confusion_tally(cases).one_vs_rest()
    w = np.ones(len(drawn)) if drawn.weight is None else drawn.weight
    for i, label in enumerate(drawn.labels):
        one = cases.against_rest(label)
        assert one.predicted is not None
        for cell, rows in (
            (o.tp, one.positive & one.predicted),
            (o.fp, ~one.positive & one.predicted),
            (o.fn, one.positive & ~one.predicted),
            (o.tn, ~one.positive & ~one.predicted),
        ):
            np.testing.assert_allclose(cell[i], w[rows].sum(), rtol=1e-9, atol=1e-9)


def test_plain_rows_are_counted_in_whole_numbers() -> None:
    tally = confusion_tally(random_classes(1).cases())
    assert tally.counts.dtype == np.int64
    assert tally.matrix().dtype == np.int64


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_very_many_classes_are_counted_as_few_are(weighted: bool) -> None:
    drawn = random_classes(2, 200, 12, weighted=weighted)
    many, place = spread_out(drawn, SPARSE)
    few, found = confusion_tally(drawn.cases()), confusion_tally(many.cases())
    np.testing.assert_array_equal(found.true, place[few.true])
    np.testing.assert_array_equal(found.predicted, place[few.predicted])
    np.testing.assert_array_equal(found.counts, few.counts)
    np.testing.assert_array_equal(found.support[place], few.support)
    assert (found.squares is None) == (not weighted)
    if found.squares is not None and few.squares is not None:
        np.testing.assert_array_equal(found.squares.counts, few.squares.counts)


def test_metrics_of_very_many_classes_equal_those_of_the_classes_that_occur() -> None:
    drawn = random_classes(3, 60, 4)
    many, _ = spread_out(drawn, SPARSE)
    few, found = tallies_of(drawn.cases(with_p=False)), tallies_of(many.cases(with_p=False))
    for spec in metrics_of("multiclass"):
        if spec.of is ConfusionTally:
            assert float(value(spec, found)) == pytest.approx(float(value(spec, few)), abs=1e-12), spec.key


def test_thousand_classes_stay_small() -> None:
    many, _ = spread_out(random_classes(4, 50, 5), 1000)
    tally = confusion_tally(many.cases())
    assert tally.counts.size <= 25
    assert tally.support.shape == (1000,)


@given(drawn=some_classes(max_classes=4), seed=st.integers(0, 99))
def test_other_counts_for_the_same_pairs_give_the_margins_of_each(drawn: ClassRows, seed: int) -> None:
    tally = confusion_tally(drawn.cases())
    counts = np.random.default_rng(seed).integers(0, 9, (3, 2, tally.counts.size))
    matrix = tally.with_counts(counts).matrix()
    assert matrix.shape == (3, 2, drawn.n_classes, drawn.n_classes)
    several = tally.with_counts(counts)
    np.testing.assert_array_equal(several.support, matrix.sum(-1))
    np.testing.assert_array_equal(several.decided, matrix.sum(-2))
    np.testing.assert_array_equal(several.correct, np.diagonal(matrix, axis1=-2, axis2=-1))
    np.testing.assert_array_equal(several.total, matrix.sum((-1, -2)))


def test_merging_broadcasts_leading_axes() -> None:
    one, two = confusion([[1, 2], [0, 3]]), confusion([[0, 5], [7, 0]])
    several = two.with_counts(np.array([[5, 7], [50, 70]]))
    merged = one + several
    assert merged.matrix().tolist() == [[[1, 7], [7, 3]], [[1, 52], [70, 3]]]
    assert (several + one).matrix().tolist() == merged.matrix().tolist()


@given(matrix=st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=4, max_size=4))
def test_dense_matrix_comes_back(matrix: list[list[int]]) -> None:
    assert confusion(matrix).matrix().tolist() == matrix


def test_no_row_leaves_an_empty_matrix() -> None:
    empty: Any = np.zeros(0, dtype=np.int64)
    tally = ConfusionTally(3, empty, empty, empty)
    assert tally.matrix().tolist() == [[0] * 3] * 3
    assert tally.support.tolist() == tally.decided.tolist() == tally.correct.tolist() == [0] * 3
    assert int(tally.total) == 0
