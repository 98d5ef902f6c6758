"""How far two rates are apart where one of them has no rows, or all rows are alike."""

from __future__ import annotations

import numpy as np
import pytest

from metrics_core.differences import newcombe, same_rate_p

NOBODY, NONE_OF_FIVE, ALL_OF_FIVE = (0, 0), (0, 5), (5, 5)


@pytest.mark.parametrize("other", [NOBODY, NONE_OF_FIVE, ALL_OF_FIVE, (2, 5)])
def test_a_side_without_rows_has_no_p_value(other):
    assert np.isnan(same_rate_p(*NOBODY, *other))
    assert np.isnan(same_rate_p(*other, *NOBODY))


@pytest.mark.parametrize("same", [NONE_OF_FIVE, ALL_OF_FIVE])
def test_rows_that_are_all_alike_do_not_differ(same):
    assert same_rate_p(*same, *same) == 1


def test_a_side_without_rows_leaves_the_other_tests_as_they_are():
    together = same_rate_p([0, 56], [0, 70], [5, 48], [5, 80])
    assert np.isnan(together[0])
    assert together[1] == same_rate_p(56, 70, 48, 80)


@pytest.mark.parametrize("other", [NOBODY, NONE_OF_FIVE, ALL_OF_FIVE])
def test_a_side_without_rows_has_no_interval(other):
    assert np.isnan(newcombe(*NOBODY, *other)).all()
