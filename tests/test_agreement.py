"""Agreement of two people: known examples, scikit-learn, and how often the interval holds."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from metrics_core.agreement import agreement


def test_a_table_worked_out_by_hand():
    """50 proposals, both yes 20, only the first 5, only the second 10, both no 15: 0.7 of 50, 0.5 by chance."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found = agreement(*zip(*pairs, strict=True))
    assert (found.n_rows, found.n_same, found.share) == (50, 35, 0.7)
    assert found.kappa == pytest.approx(0.4)
    assert found.counts.tolist() == [[20, 5], [10, 15]]
    assert found.kappa_low == pytest.approx((found.low - 0.5) / 0.5)
    assert found.kappa_high == pytest.approx((found.high - 0.5) / 0.5)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=2))
def test_kappa_is_that_of_scikit_learn(pairs):
    first, second = zip(*pairs, strict=True)
    found = agreement(first, second)
    if len({*first, *second}) == 1:
        assert isnan(found.kappa)
    else:
        assert found.kappa == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
        assert -1 <= found.kappa_low <= found.kappa <= found.kappa_high <= 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"))))
def test_it_does_not_matter_who_is_first_or_in_which_order_the_rows_stand(pairs):
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    one, other, turned = (
        agreement(first, second),
        agreement(second, first),
        agreement(first[::-1], second[::-1]),
    )
    for found in (other, turned):
        assert [found.kappa, found.kappa_low, found.share] == pytest.approx([one.kappa, one.kappa_low, one.share], nan_ok=True)  # fmt: skip


def test_without_rows_nothing_is_known():
    found = agreement([], [])
    assert isnan(found.share)
    assert isnan(found.kappa)
    assert found.reason == "there are no rows that both judged"


def test_one_answer_to_every_row_says_nothing_beyond_chance():
    found = agreement(["a"] * 9, ["a"] * 9)
    assert found.share == 1
    assert isnan(found.kappa_low)
    assert "one and the same answer" in found.reason


def test_full_agreement_has_an_interval_with_a_width():
    found = agreement(["a", "b"] * 10, ["a", "b"] * 10)
    assert found.kappa == found.kappa_high == 1
    assert 0.5 < found.kappa_low < 0.8


def test_answers_may_be_sets():
    found = agreement([frozenset("ab"), frozenset("a")], [frozenset("ba"), frozenset()])
    assert found.n_same == 1
    assert len(found.answers) == 3


def test_another_number_of_answers_is_refused():
    with pytest.raises(ValueError, match="2 answers cannot be compared with 1"):
        agreement(["a", "b"], ["a"])


@pytest.mark.parametrize(
    ("same", "positive", "n"), [(0.6, 0.5, 40), (0.9, 0.5, 40), (0.9, 0.2, 100), (0.97, 0.3, 60)]
)
def test_the_interval_holds_the_truth_about_as_often_as_it_says(same, positive, n):
    """Of an answer given by one the other gives the same with probability ``same``, else draws anew."""
    rng = np.random.default_rng(7)
    cells = np.outer([positive, 1 - positive], [positive, 1 - positive]) * (1 - same) + same * np.diag([positive, 1 - positive])  # fmt: skip
    draws, held = 1500, 0
    for counts in rng.multinomial(n, cells.ravel(), size=draws):
        first = [0] * (counts[0] + counts[1]) + [1] * (counts[2] + counts[3])
        second = [0] * counts[0] + [1] * counts[1] + [0] * counts[2] + [1] * counts[3]
        found = agreement(first, second)
        held += isnan(found.kappa) or found.kappa_low <= same <= found.kappa_high
    assert 0.92 <= held / draws <= 0.99
