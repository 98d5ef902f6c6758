"""What can go wrong in a predicted number, as one number a row, and as what slices are searched for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.discovery.losses import loss_of
from metrics_core.errors import DataError
from metrics_core.row_losses import losses_of, row_loss

FRAME = pd.DataFrame({"y": [1.0, 2.0, 3.0, 4.0], "f": [2.5, 2.0, 1.0, 4.5], "low": [1.0, 1.0, 0.0, 4.0]})


def judged(**roles: object) -> mc.Predictions:
    return mc.read(FRAME, task="regression", y_true="y", y_pred="f", interval={}, **{"quantile": {}, **roles})


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("abs_error", [1.5, 0.0, 2.0, 0.5]),
        ("squared_error", [2.25, 0.0, 4.0, 0.25]),
        ("too_high", [1.5, 0.0, 0.0, 0.5]),
        ("too_low", [0.0, 0.0, 2.0, 0.0]),
    ],
)
def test_each_loss_of_a_number(kind, expected):
    assert row_loss(judged().judged(), kind).loss.tolist() == expected


def test_overshoot_minus_undershoot_is_the_bias():
    cases = judged().judged()
    bias = row_loss(cases, "too_high").mean - row_loss(cases, "too_low").mean
    assert bias == pytest.approx(mc.evaluate(judged()).metrics["bias"])


def test_the_pinball_loss_is_there_with_quantiles_only():
    cases = judged(quantile={"0.1": "low"}).judged()
    above = FRAME["y"] - FRAME["low"]
    assert row_loss(cases, "pinball").loss == pytest.approx(np.maximum(0.1 * above, -0.9 * above))
    assert "pinball" not in losses_of(judged().judged())
    with pytest.raises(DataError, match="Name them with --quantile"):
        loss_of(judged().judged(), "pinball", None)


def test_classes_have_no_overshoot():
    classes = mc.read(pd.DataFrame({"y": [0, 1, 0, 1], "p": [0.1, 0.7, 0.6, 0.9]}), y_true="y", y_score="p")
    with pytest.raises(DataError, match="'too_high' is for numbers that were predicted"):
        loss_of(classes.judged(), "too_high", 0.5)


def test_a_group_that_is_predicted_too_low_is_found():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"y": rng.normal(50, 5, 3000), "shop": rng.choice(list("abcdef"), 3000), "day": rng.choice(["mon", "tue"], 3000)})  # fmt: skip
    frame["f"] = frame["y"] + rng.normal(0, 3, 3000) - 4 * (frame["shop"] == "c")
    predictions = mc.read(frame, task="regression", y_true="y", y_pred="f")
    low = mc.slices.discover(predictions, loss="too_low")
    high = mc.slices.discover(predictions, loss="too_high")
    assert [one.where.text for one in low.slices if one.clear][:1] == ["shop == 'c'"]
    assert not [one for one in high.slices if one.clear and one.where.text == "shop == 'c'"]
