"""Rates of the groups of a sensitive column against direct counts."""

from __future__ import annotations

from math import isnan

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.differences import benjamini_hochberg, newcombe, same_rate_p
from metrics_core.errors import DataError
from metrics_core.group_rates import RATES, group_rates, implied_fpr
from metrics_core.grouping import grouping
from metrics_core.rate_interval import wilson

THRESHOLD = 0.4


@pytest.fixture(scope="module")
def adult(shared_data):
    path = shared_data("adult_income_binary.csv")
    return mc.read(str(path), y_true="y_true", y_score="y_score"), pd.read_csv(path)


def counted(frame, key):
    """Which rows count for a rate, and among which."""
    positive, flagged = frame["y_true"] == 1, frame["y_score"] >= THRESHOLD
    every = pd.Series(True, index=frame.index)
    return {
        "recall": (flagged, positive), "fpr": (flagged, ~positive), "precision": (positive, flagged), "npv": (~positive, ~flagged),
        "error_rate": (flagged != positive, every), "selection_rate": (flagged, every), "prevalence": (positive, every),
    }[key]  # fmt: skip


def test_rates_and_gaps_are_direct_counts(adult):
    predictions, frame = adult
    found = group_rates(predictions.judged(), grouping(predictions.source, "race"), threshold=THRESHOLD)
    p = []
    for key in RATES:
        event, among = counted(frame, key)
        for one in found.of(key):
            ours = among & (frame["race"] == one.level.label)
            others = among & (frame["race"] != one.level.label)
            k, n, j, m = event[ours].sum(), ours.sum(), event[others].sum(), others.sum()
            assert one.rows == n
            assert one.value == pytest.approx(k / n)
            assert (one.low, one.high) == pytest.approx([float(x) for x in wilson(k, n)])
            assert (one.gap_low, one.gap_high) == pytest.approx([float(x) for x in newcombe(k, n, j, m)])
            p.append(float(same_rate_p(k, n, j, m)) if min(n, m) >= 30 else np.nan)
    assert [one.p for one in found.rates] == pytest.approx(p, nan_ok=True)
    assert [one.q for one in found.rates] == pytest.approx(benjamini_hochberg(p).tolist(), nan_ok=True)


def test_a_gap_to_a_group_looks_at_these_two_alone(adult):
    predictions, frame = adult
    found = group_rates(
        predictions.judged(), grouping(predictions.source, "sex"), threshold=THRESHOLD, reference="Male"
    )
    event, among = counted(frame, "recall")
    counts = {sex: (event[among & (frame["sex"] == sex)].sum(), (among & (frame["sex"] == sex)).sum()) for sex in ("Female", "Male")}  # fmt: skip
    women, men = found.of("recall")
    assert women.gap == pytest.approx(
        counts["Female"][0] / counts["Female"][1] - counts["Male"][0] / counts["Male"][1]
    )
    assert (women.gap_low, women.gap_high) == pytest.approx(
        [float(x) for x in newcombe(*counts["Female"], *counts["Male"])]
    )
    assert men.gap == 0
    assert isnan(men.q)


def test_three_groups_are_compared_with_the_reference_one_by_one():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"y": 1, "said": rng.integers(0, 2, 900), "g": np.resize(list("abc"), 900), "y0": 0})
    frame.loc[::10, "y"] = 0
    p = mc.read(frame, y_true="y", y_pred="said", pos_label="1", slices=["g"])
    found = group_rates(p.judged(), grouping(p.source, "g"), reference="a")
    positive = frame[frame["y"] == 1]
    rate = positive.groupby("g")["said"].agg(["sum", "size"])
    third = found.of("recall")[2]
    assert third.p == pytest.approx(float(same_rate_p(*rate.loc["c"], *rate.loc["a"])))


def test_rows_that_belong_together_make_gaps_less_sure():
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(120), 15)
    said = rng.random(1800) < rng.beta(0.5, 0.5, 120)[unit]
    frame = pd.DataFrame(
        {"y": [1, 0, 1] * 600, "said": said.astype(int), "g": np.where(unit < 60, "a", "b"), "who": unit}
    )
    alone = mc.read(frame, y_true="y", y_pred="said", pos_label="1", slices=["g"])
    grouped = mc.read(frame, y_true="y", y_pred="said", pos_label="1", slices=["g"], group="who")
    narrow, wide = (
        group_rates(p.judged(), grouping(p.source, "g")).of("recall")[0] for p in (alone, grouped)
    )
    assert wide.value == narrow.value
    assert wide.gap_high - wide.gap_low > 2 * (narrow.gap_high - narrow.gap_low)


def test_of_many_classes_the_error_rate_is_compared():
    frame = pd.DataFrame({"y": list("abc") * 40, "said": list("abb") * 40, "g": ["u"] * 60 + ["v"] * 60})
    p = mc.read(frame, task="multiclass", y_true="y", y_pred="said", slices=["g"])
    found = group_rates(p.judged(), grouping(p.source, "g"))
    assert {one.rate for one in found.rates} == {"error_rate"}
    assert [one.value for one in found.rates] == pytest.approx([1 / 3, 1 / 3])


def test_a_group_that_is_not_there_is_no_reference(adult):
    predictions, _ = adult
    with pytest.raises(DataError, match=r"no group 'male'.*Did you mean.*'Male'"):
        group_rates(
            predictions.judged(), grouping(predictions.source, "sex"), threshold=0.5, reference="male"
        )


def test_a_rate_that_nothing_counts_for_is_undefined():
    frame = pd.DataFrame({"y": [1, 0] * 40, "said": [0] * 80, "g": ["a", "a", "b", "b"] * 20})
    p = mc.read(frame, y_true="y", y_pred="said", pos_label="1", slices=["g"])
    found = group_rates(p.judged(), grouping(p.source, "g"))
    assert all(isnan(one.value) for one in found.of("precision"))
    assert found.widest("precision") is None


def test_the_false_positive_rate_follows_from_prevalence_precision_and_recall(adult):
    _, frame = adult
    positive, flagged = frame["y_true"] == 1, frame["y_score"] >= THRESHOLD
    found = implied_fpr(positive.mean(), positive[flagged].mean(), flagged[positive].mean())
    assert found == pytest.approx(flagged[~positive].mean())
    assert isnan(implied_fpr(0.2, 0.0, 0.5))
