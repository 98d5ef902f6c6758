"""Choosing a threshold when none is feasible, for other rows than these, with promises, and one for each group."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, matthews_corrcoef

from tests.chosen import SPLITS, Array, chosen, confusion, lowest_best, table

# ------------------------------------------------------------------------------------ no feasible threshold


def test_without_a_feasible_threshold_there_is_none_and_what_blocks_is_named() -> None:
    decision = chosen(table(15), maximize="f1", subject_to=["precision>=0.99", "recall>=0.9", "flagged>=1"])
    assert (decision.threshold, decision.feasible, decision.apparent, decision.interval) == (None, False, None, None)  # fmt: skip
    assert decision.infeasible is not None
    assert decision.infeasible["blocking"] == ["precision>=0.99", "recall>=0.9"]
    assert decision.infeasible["nearest"].keys() == {"precision>=0.99", "recall>=0.9", "flagged>=1"}
    assert [f.id for f in decision.findings] == ["infeasible"]


def test_a_promise_that_cannot_be_kept_is_said_to_be_in_the_way() -> None:
    decision = chosen(table(15), maximize="f1", certify=["recall>=0.999"], keep_promises=True)
    assert not decision.feasible
    assert decision.infeasible is not None
    assert decision.infeasible["blocking"] == ["promise recall>=0.999"]
    assert [f.id for f in decision.findings] == ["infeasible", "not-certified"]


def test_a_threshold_that_flags_nothing_is_blamed_on_prices_only_when_there_are_some() -> None:
    frame = table(16).assign(y=lambda f: 1 - f["y"])
    prices, limits = (
        chosen(frame, minimize="cost", cost_fp=1000),
        chosen(frame, maximize="accuracy", subject_to=["flagged<=0"]),
    )
    found = [next(f for f in d.findings if f.id == "flags-nothing").action for d in (prices, limits)]
    assert "prices" in found[0]
    assert "prices" not in found[1]


# ------------------------------------------------------------------------------------- another prevalence


def test_at_another_prevalence_both_classes_are_weighted_anew() -> None:
    frame = table(17)
    y, p = frame["y"].to_numpy() == 1, frame["p"].to_numpy()
    weight = np.where(y, 0.02 / y.mean(), 0.98 / (1 - y.mean()))
    decision = chosen(frame, maximize="f1", subject_to=["flagged_share<=0.1"], prevalence=0.02)

    def allowed(flags: Array) -> bool:
        return float(weight[flags].sum() / weight.sum()) <= 0.1

    assert decision.threshold == lowest_best(
        p, lambda flags: f1_score(y, flags, sample_weight=weight), allowed
    )
    assert decision.apparent is not None
    flags = p >= decision.threshold
    there = decision.apparent["metrics_at_prevalence"]
    c = confusion(y, flags, weight)
    assert decision.apparent["confusion"] == confusion(y, flags)
    assert there["precision"] == pytest.approx(c["tp"] / (c["tp"] + c["fp"]))
    assert there["recall"] == pytest.approx(decision.apparent["metrics"]["recall"])
    assert there["mcc"] == pytest.approx(matthews_corrcoef(y, flags, sample_weight=weight))
    assert decision.apparent["value"] == pytest.approx(f1_score(y, flags, sample_weight=weight))


def test_a_precision_elsewhere_is_not_promised() -> None:
    decision = chosen(table(17), maximize="f1", certify=["precision>=0.5", "recall>=0.5"], prevalence=0.02)
    precision, recall = decision.certificates
    assert (precision["holds"], precision["threshold"]) == (False, None)
    assert (
        precision["reason"] == "cannot be certified: the rows prove a precision at their own prevalence only"
    )
    assert recall["holds"]


# ------------------------------------------------------------------------------------------------ promises


def test_a_certificate_says_whether_it_covers_the_threshold() -> None:
    low, high = (
        chosen(table(18), maximize=metric, certify=["recall>=0.7"]).certificates[0]
        for metric in ("recall", "precision")
    )
    assert (low["covers_threshold"], high["covers_threshold"]) == (True, False)
    assert low["threshold"] == high["threshold"] == low["high"]


def test_promises_that_are_kept_leave_only_the_cuts_they_cover() -> None:
    frame = table(18)
    y, p = frame["y"].to_numpy() == 1, frame["p"].to_numpy()
    kept = chosen(frame, maximize="precision", certify=["recall>=0.7"], keep_promises=True)
    most = kept.certificates[0]["high"]
    within = np.unique(p)[np.unique(p) <= most]
    precision = [y[p >= cut].mean() for cut in within]
    assert kept.threshold == within[int(np.argmax(precision))]
    assert kept.threshold < chosen(frame, maximize="precision").threshold
    assert kept.certificates[0]["covers_threshold"]
    assert kept.keep_promises


# -------------------------------------------------------------------------------------- a threshold each


def sites(n: int = 900) -> pd.DataFrame:
    """Sites a and b of 400 rows whose scores lie apart, and c of 100."""
    frame = table(19, n, None)
    site = np.repeat(["a", "b", "c"], [400, 400, n - 800])
    return frame.assign(p=np.where(site == "b", frame["p"] ** 2, frame["p"]), site=site)


def test_each_group_with_enough_rows_gets_the_threshold_that_is_best_in_it() -> None:
    frame = sites()
    decision = chosen(frame, maximize="f1", per="site")
    for one, site in zip(decision.thresholds, "ab", strict=True):
        own = frame[frame["site"] == site]
        assert one.level == {"column": "site", "value": site}
        assert one.threshold == chosen(own, maximize="f1").threshold
        assert (one.filter.mask(frame) == (frame["site"] == site)).all()
    assert decision.honest is None
    kept = next(f for f in decision.findings if f.id == "group-keeps-common")
    assert kept.text == "1 of 3 groups of 'site' keep the common threshold: c (100 rows are fewer than 200)."


def test_the_counts_with_separate_thresholds_are_those_of_the_rows() -> None:
    frame = sites().sample(frac=1, random_state=0).reset_index(drop=True)
    frame["split"] = np.where(np.arange(900) % 5 < 3, "validation", "test")
    decision = chosen(frame, roles={"split": "split"}, per="site", **SPLITS)
    cuts = {one.level["value"]: one.threshold for one in decision.thresholds}
    flags = (frame["p"] >= frame["site"].map(cuts).fillna(decision.threshold)).to_numpy()
    assert len(cuts) == 2
    for shown, split in ((decision.apparent, "validation"), (decision.reported, "test")):
        there = (frame["split"] == split).to_numpy()
        assert shown is not None
        assert shown["confusion"] == confusion(frame["y"].to_numpy()[there] == 1, flags[there])


def test_ranges_of_a_number_are_groups_too() -> None:
    frame = table(19, 1200, None).assign(age=np.arange(1200) % 90)
    decision = chosen(frame, maximize="f1", per="age")
    masks = np.array([one.filter.mask(frame) for one in decision.thresholds])
    assert masks.sum(0).tolist() == [1] * 1200
    assert {tuple(one.level) for one in decision.thresholds} == {("column", "low", "high", "closed")}
