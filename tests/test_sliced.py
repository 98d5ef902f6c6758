"""Many groups counted together are the groups counted one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core import slices
from metrics_core.bounds import bounds_of
from metrics_core.metrics.probabilities import ece, roc_auc
from metrics_core.reduce.sliced import EDGES, sliced_tally
from metrics_core.tally import ScoreTally
from metrics_core.tally.bins import COARSE
from tests.tables import random_rows


def test_groups_of_few_scores_are_counted_exactly() -> None:
    drawn = random_rows(1, 400, levels=20, weighted=True)
    frame = drawn.frame(sex=np.where(np.arange(400) % 3, "f", "m"), age=np.arange(400) % 4)
    predictions = mc.read(frame, y_true="y_true", y_score="y_score", weight="w")
    groups, tally = slices.tallies(predictions, ["sex", "age"])
    whole = mc.evaluate(predictions, threshold=0.5, by=["sex", "age"]).models[0]
    assert (
        [g.label for g in groups] == [g.level.label for g in whole.groups] == ["f", "m", "0", "1", "2", "3"]
    )
    assert tally.exact
    np.testing.assert_allclose(
        roc_auc(tally), [g.metrics.number("roc_auc") for g in whole.groups], rtol=1e-12
    )
    np.testing.assert_allclose(
        tally.outcomes(0.5).fn, [float(g.outcomes.fn) for g in whole.groups], rtol=1e-12
    )
    assert tally.squares is not None
    squares = whole.groups[1].outcomes.squares
    assert squares is not None
    assert float(tally.squares.outcomes(0.5).tp[1]) == pytest.approx(float(squares.tp))


def test_groups_of_many_scores_lie_within_the_bounds_of_their_bins() -> None:
    drawn = random_rows(2, 6000)
    code = np.random.default_rng(3).integers(0, 3, 6000)
    tally = sliced_tally(drawn.cases(), [code], [3])
    assert not tally.exact
    for i in range(3):
        own = drawn.at(code == i).tally()
        one = ScoreTally(tally.score, tally.pos[i], tally.neg[i], top=tally.top)
        bounds = bounds_of(one, ["roc_auc", "ece"])
        for key, fn in (("roc_auc", roc_auc), ("ece", ece)):
            low, high = bounds[key]
            assert low <= float(fn(own)) <= high
            assert low <= float(fn(tally)[i]) <= high
        cut = EDGES[700]
        assert int(tally.outcomes(cut).tp[i]) == int(own.outcomes(cut).tp)


def test_rows_of_no_group_count_in_none() -> None:
    drawn = random_rows(4, 50, levels=5)
    code = np.where(np.arange(50) < 10, -1, 0)
    assert int(sliced_tally(drawn.cases(), [code], [1]).pos.sum()) == int(drawn.positive[10:].sum())


def test_the_edges_nest_in_those_of_finer_tallies() -> None:
    assert set(EDGES.tolist()) <= set(COARSE.edges.tolist())
    assert EDGES.size < COARSE.size / 3


def test_groups_need_a_score_and_two_classes() -> None:
    decided = mc.read(pd.DataFrame({"y": [0, 1], "pred": [0, 1], "g": ["a", "b"]}), y_true="y", y_pred="pred")
    with pytest.raises(mc.DataError, match="There is no score column"):
        slices.tallies(decided, ["g"])
    many = mc.read(
        pd.DataFrame({"y": list("abc"), "pred": list("abc"), "g": list("xyz")}), y_true="y", y_pred="pred"
    )
    with pytest.raises(mc.DataError, match="choose a class"):
        slices.tallies(many, ["g"])
