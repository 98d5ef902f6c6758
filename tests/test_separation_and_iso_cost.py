"""The Kolmogorov-Smirnov gap and lines of equal cost, against scipy and a count of every threshold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from metrics_core.errors import DataError
from metrics_core.iso_cost import IsoCost, cheapest
from metrics_core.separation import ks
from metrics_core.tally import ScoreTally


def rows(n: int = 30_000, rate: float = 0.04) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    positive = rng.random(n) < rate
    return positive, np.where(positive, rng.beta(3, 2, n), rng.beta(1, 8, n))


def tally_of(positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> ScoreTally:
    weight = np.ones(score.size) if weight is None else weight
    distinct, at = np.unique(score, return_inverse=True)
    sums = (np.bincount(at[side], weight[side], distinct.size) for side in (positive, ~positive))
    return ScoreTally(distinct, *sums)


POSITIVE, SCORE = rows()
TALLY = tally_of(POSITIVE, SCORE)


def test_the_gap_is_that_of_scipy_at_the_score_it_names():
    found = ks(TALLY)
    expected = ks_2samp(SCORE[POSITIVE], SCORE[~POSITIVE], alternative="less")
    assert found.statistic == pytest.approx(expected.statistic)
    cut = found.threshold[found.at]
    assert (SCORE[POSITIVE] >= cut).mean() - (SCORE[~POSITIVE] >= cut).mean() == pytest.approx(
        found.statistic
    )


def test_each_point_is_counted_from_the_rows_and_there_are_few():
    found = ks(TALLY)
    assert found.threshold.size <= 8 * 700
    assert (found.positives[0], found.negatives[0], found.flagged[0]) == (0, 0, 0)
    assert (found.positives[-1], found.negatives[-1], found.flagged[-1]) == (1, 1, 1)
    for i in range(1, found.threshold.size, 97):
        flagged = found.threshold[i] <= SCORE
        assert found.positives[i] == pytest.approx(flagged[POSITIVE].mean())
        assert found.negatives[i] == pytest.approx(flagged[~POSITIVE].mean())
        assert found.flagged[i] == pytest.approx(flagged.mean())


def test_a_model_that_ranks_the_wrong_way_has_no_gap_above_0():
    found = ks(tally_of(np.array([True, False]), np.array([0.1, 0.9])))
    assert found.statistic == 0
    assert found.threshold[found.at] == 0.1


def test_one_score_for_all_rows_has_a_gap_of_0():
    found = ks(tally_of(np.array([True, False]), np.array([0.5, 0.5])))
    assert (found.statistic, found.threshold.tolist()) == (0, [np.inf, 0.5])


@pytest.mark.parametrize("positive", [True, False])
def test_one_class_has_no_gap_and_no_costs(positive):
    alone = tally_of(np.full(4, positive), np.arange(4) / 4)
    with pytest.raises(DataError, match="Only one class"):
        ks(alone)
    with pytest.raises(DataError, match="Only one class"):
        cheapest(alone, IsoCost(1, 1, 0.5))


@pytest.mark.parametrize(("fp", "fn"), [(1, 1), (1, 40), (3, 0), (0, 2)])
def test_the_cheapest_point_is_the_least_of_every_threshold(fp, fn):
    costs = IsoCost(fp, fn, POSITIVE.mean())
    found = cheapest(TALLY, costs)
    order = np.argsort(-SCORE)
    hits = np.concatenate([[0], np.cumsum(POSITIVE[order])])
    alarms = np.concatenate([[0], np.cumsum(~POSITIVE[order])])
    each = (fp * alarms + fn * (POSITIVE.sum() - hits)) / SCORE.size
    assert found.cost == pytest.approx(each.min())
    flagged = found.threshold <= SCORE
    spent = fp * (flagged & ~POSITIVE).sum() + fn * (~flagged & POSITIVE).sum()
    assert spent / SCORE.size == pytest.approx(each.min())


def test_where_misses_cost_nothing_it_is_cheapest_to_flag_no_row():
    assert cheapest(TALLY, IsoCost(1, 0, 0.04)).threshold == np.inf


@pytest.mark.parametrize(
    ("fp", "fn", "prevalence"), [(1, 1, 0.5), (1, 1, 0.02), (1, 90, 0.02), (0, 1, 0.3), (2, 0, 0.3)]
)
def test_every_point_of_a_line_costs_the_same_and_lies_in_the_square(fp, fn, prevalence):
    costs = IsoCost(fp, fn, prevalence)
    for x, y in ((0.1, 0.6), (0.5, 0.5), (0.02, 0.99)):
        cost = costs.at(x, y)
        ends = costs.ends(cost)
        assert ends is not None
        for fpr, recall in ends:
            assert -1e-9 <= fpr <= 1 + 1e-9
            assert -1e-9 <= recall <= 1 + 1e-9
            assert costs.at(fpr, recall) == pytest.approx(cost)


def test_a_cost_beyond_the_square_has_no_line():
    assert IsoCost(1, 1, 0.5).ends(1.2) is None
    assert IsoCost(1, 1, 0.5).ends(-0.1) is None
    assert IsoCost(1, 0, 0.5).ends(0.6) is None


@pytest.mark.parametrize(
    ("fp", "fn", "why"),
    [(-1, 1, "false alarm is -1"), (1, float("nan"), "missed positive"), (0, 0, "Both costs are 0")],
)
def test_costs_that_make_no_sense_are_refused(fp, fn, why):
    with pytest.raises(DataError, match=why):
        IsoCost(fp, fn, 0.5)
