"""Choosing a threshold for a table of predictions: every number is counted again, row by row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from math import nan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score, matthews_corrcoef

import metrics_core as mc
from metrics_core.decisions.select import select, selection_of
from tests.chosen import SPLITS, Array, chosen, confusion, halves, lowest_best, table
from tests.tables import rows, write

FRAUD = Path(__file__).resolve().parents[1] / "demo_data" / "fraud.parquet"


# ------------------------------------------------------------------------------------------ the best cut

ORACLES: dict[str, Callable[[Array, Array], float]] = {
    "f1": lambda y, flags: f1_score(y, flags, zero_division=0),
    "mcc": lambda y, flags: matthews_corrcoef(y, flags) if 0 < flags.sum() < flags.size else nan,
    "youden_j": lambda y, flags: balanced_accuracy_score(y, flags, adjusted=True),
}


@pytest.mark.parametrize("metric", ORACLES)
def test_the_threshold_is_the_one_that_trying_every_score_finds(metric: str) -> None:
    frame = table()
    y, p = frame["y"].to_numpy() == 1, frame["p"].to_numpy()
    decision = chosen(frame, maximize=metric)
    assert decision.threshold == lowest_best(p, lambda flags: ORACLES[metric](y, flags))
    assert decision.apparent is not None
    assert decision.apparent["value"] == pytest.approx(ORACLES[metric](y, p >= decision.threshold))


def test_the_cheapest_threshold_is_found() -> None:
    frame = table(1)
    y, p = frame["y"].to_numpy() == 1, frame["p"].to_numpy()

    def cost(flags: Array) -> float:
        c = confusion(y, flags)
        return 2 * c["fp"] + 5 * c["fn"] - 1.5 * c["tp"] + 0.25 * c["tn"]

    decision = chosen(frame, minimize="cost", cost_fp=2, cost_fn="5", gain_tp=1.5, gain_tn="-0.25")
    assert decision.threshold == lowest_best(p, lambda flags: -cost(flags))
    assert decision.apparent is not None
    assert decision.apparent["value"] == pytest.approx(cost(p >= decision.threshold))
    prices = {"fp": "2", "fn": "5", "gain_tp": "1.5", "gain_tn": "-0.25"}
    assert decision.objective == {"minimize": "cost", "costs": prices}


def test_with_a_named_amount_a_missed_row_costs_its_amount() -> None:
    amount = np.random.default_rng(2).gamma(1, 40, 300).round(2)
    frame = table(2, amount=amount)
    y, p = frame["y"].to_numpy() == 1, frame["p"].to_numpy()

    def cost(flags: Array) -> float:
        return float(9 * (flags & ~y).sum() + amount[y & ~flags].sum())

    decision = chosen(frame, roles={"amount": "amount"}, minimize="cost", cost_fp=9)
    assert decision.threshold == lowest_best(p, lambda flags: -cost(flags))
    assert decision.apparent is not None
    assert decision.apparent["value"] == pytest.approx(cost(p >= decision.threshold))


def test_an_amount_column_that_was_only_guessed_prices_nothing() -> None:
    frame = table(2, amount=np.arange(300.0))
    assert chosen(frame, minimize="cost").objective["costs"]["fn"] == "1"


def test_two_constraints_are_kept_at_once() -> None:
    frame = table(3)
    y, p = frame["y"].to_numpy() == 1, frame["p"].to_numpy()

    def allowed(flags: Array) -> bool:
        c = confusion(y, flags)
        return c["tp"] / max(c["tp"] + c["fp"], 1) >= 0.7 and c["fp"] / (~y).sum() <= 0.15

    decision = chosen(frame, maximize="f1", subject_to=["precision>=0.7", "fpr<=15%"])
    assert decision.threshold == lowest_best(p, lambda flags: ORACLES["f1"](y, flags), allowed)
    assert decision.constraints == ("precision>=0.7", "fpr<=0.15")


@pytest.mark.parametrize(("capacity", "most"), [(30, 30), ("10%", 30), ("30", 30), ("7%", 21)])
def test_no_more_rows_are_flagged_than_there_is_capacity_for(capacity: str | int, most: int) -> None:
    frame = table(4)
    y, p = frame["y"].to_numpy() == 1, frame["p"].to_numpy()
    decision = chosen(frame, maximize="recall", capacity=capacity)
    assert decision.threshold == lowest_best(p, lambda flags: float(flags[y].mean()), lambda flags: flags.sum() <= most)  # fmt: skip


def test_a_capacity_per_day_is_enough_on_all_but_one_day_in_twenty() -> None:
    frame = pd.read_parquet(FRAUD, columns=["time", "is_fraud", "score"])
    predictions = mc.read(FRAUD, y_true="is_fraud", y_score="score", time="time")
    decision = select(predictions, maximize="recall", capacity="20/day", replicates=100)
    days = frame["time"].dt.date

    def overflowing(cut: float) -> float:
        return float(((frame["score"] >= cut).groupby(days).sum() > 20).mean())

    scores = np.unique(frame["score"])
    below = scores[np.searchsorted(scores, decision.threshold) - 1]
    assert overflowing(decision.threshold) <= 0.05 < overflowing(float(below))
    assert decision.constraints == ("flagged<=20 per day",)


def test_of_equally_good_thresholds_the_lowest_is_taken() -> None:
    drawn = rows("--++", [0.1, 0.2, 0.4, 0.8])
    frame = pd.DataFrame({"y": drawn.positive.astype(int), "p": drawn.score})
    assert chosen(frame, maximize="specificity").threshold == 0.4
    assert chosen(frame, maximize="recall").threshold == 0.1


def test_a_filter_narrows_the_rows_and_is_recorded() -> None:
    frame = table(5, site=np.where(np.arange(300) % 3, "a", "b"))
    decision = chosen(frame, maximize="f1", where="site=='a'")
    assert decision.threshold == chosen(frame[frame["site"] == "a"], maximize="f1").threshold
    assert decision.filter == "site == 'a'"
    assert decision.apparent is not None
    assert decision.apparent["rows"] == 200


def test_the_same_question_gets_the_same_answer() -> None:
    assert chosen(table(6), maximize="mcc") == chosen(table(6), maximize="mcc")


# -------------------------------------------------------------------------------------- counts and worth


def test_the_counts_are_those_of_the_rows() -> None:
    frame = table(7, levels=None)
    decision = chosen(frame, maximize="f1")
    y, flags = frame["y"].to_numpy() == 1, frame["p"].to_numpy() >= decision.threshold
    assert decision.apparent is not None
    counted = confusion(y, flags)
    assert decision.apparent["confusion"] == counted
    assert decision.apparent["flagged_share"] == flags.mean()
    assert decision.apparent["metrics"]["precision"] == counted["tp"] / flags.sum()


def test_the_counts_of_binned_scores_are_those_of_the_rows_too() -> None:
    rng = np.random.default_rng(8)
    y = rng.random(300_000) < 0.1
    p = rng.beta(1 + 2 * y, 6)
    assert np.unique(p).size > 1 << 16
    chosen_on = selection_of(
        mc.read(pd.DataFrame({"y": y.astype(int), "p": p}), y_true="y", y_score="p"), maximize="f1", replicates=100
    )  # fmt: skip
    decision = chosen_on.decision
    assert chosen_on.tally.top is not None
    assert decision.apparent is not None
    assert decision.apparent["confusion"] == confusion(y, p >= decision.threshold)


def test_sampling_weights_decide_and_are_added_up() -> None:
    frame = table(9, w=np.random.default_rng(9).choice([0.5, 1.0, 4.0], 300))
    y, p, w = frame["y"].to_numpy() == 1, frame["p"].to_numpy(), frame["w"].to_numpy()
    decision = chosen(frame, roles={"weight": "w"}, maximize="f1", certify=["recall>=0.5"])
    assert decision.threshold == lowest_best(p, lambda flags: f1_score(y, flags, sample_weight=w))
    assert decision.apparent is not None
    assert decision.apparent["confusion"] == confusion(y, p >= decision.threshold, w)
    assert not decision.certificates[0]["holds"]


def test_frequency_weights_are_rows() -> None:
    frame = table(10, w=np.random.default_rng(10).integers(1, 4, 300))
    whole = frame.loc[frame.index.repeat(frame["w"])].drop(columns="w")
    weighted = chosen(frame, roles={"weight": "w", "weight_kind": "frequency"}, maximize="f1", certify=["recall>=0.8"])  # fmt: skip
    repeated = chosen(whole, maximize="f1", certify=["recall>=0.8"])
    assert weighted.apparent is not None
    assert repeated.apparent is not None
    assert weighted.threshold == repeated.threshold
    assert weighted.apparent["confusion"] == repeated.apparent["confusion"]


def test_rows_that_belong_together_are_drawn_together_and_prove_nothing() -> None:
    frame = table(11, patient=np.arange(300) // 3)
    decision = chosen(frame, roles={"group": "patient"}, maximize="f1", certify=["recall>=0.5"])
    assert decision.interval is not None
    assert decision.honest is not None
    assert decision.interval["method"] == "group_bootstrap"
    assert decision.honest["method"] == "group_cross_validation"
    assert not decision.certificates[0]["holds"]
    assert "promises-of-groups" in [f.id for f in decision.findings]


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, table(12, 60).to_csv(index=False))
    decision = select(mc.read(path, y_true="y", y_score="p"), maximize="f1", replicates=100)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert decision.data == {"name": "predictions.csv", "sha256": digest, "rows": 60}


@pytest.mark.parametrize("kind", ["percent", "logit", "margin", "score"])
def test_scores_of_other_kinds_are_cut_on_the_scale_that_is_recorded(kind: str) -> None:
    frame = table(13, levels=None)
    p = frame["p"].clip(0.01, 0.99)
    raw = {"percent": 100 * p, "logit": np.log(p / (1 - p)), "margin": 4 * p - 2, "score": 70 * p}[kind]
    decision = chosen(frame.assign(p=raw), roles={"score_kind": kind}, maximize="f1")
    plain = chosen(frame.assign(p=p), maximize="f1")
    there = {"margin": lambda t: 4 * t - 2, "score": lambda t: 70 * t}.get(kind, lambda t: t)
    assert decision.roles["score_kind"] == decision.score_kind == kind
    assert decision.threshold == pytest.approx(there(plain.threshold))
    assert decision.apparent is not None
    assert plain.apparent is not None
    assert decision.apparent["confusion"] == plain.apparent["confusion"]


def test_of_two_models_the_kind_of_scores_is_that_of_the_one_decided_on() -> None:
    frame = table(13, levels=None)
    p = frame["p"].clip(0.01, 0.99)
    predictions = mc.read(frame.assign(p=p, raw=np.log(p / (1 - p))), y_true="y", y_score={"a": "p", "b": "raw"},
                          choose={"score_kind:b": "logit"})  # fmt: skip
    decision = select(predictions, maximize="f1", model="b", replicates=100)
    assert (decision.score_kind, decision.y_score) == ("logit", "raw")


# ---------------------------------------------------------------------------------------------- two splits


def test_the_rows_reported_on_do_not_move_the_threshold() -> None:
    frame = halves()
    turned = frame.assign(y=np.where(frame["split"] == "test", 1 - frame["y"], frame["y"]))
    one, other = (chosen(f, roles={"split": "split"}, **SPLITS) for f in (frame, turned))
    assert one.threshold == other.threshold == chosen(frame[:300], maximize="f1").threshold
    assert one.interval == other.interval
    assert one.apparent == other.apparent
    assert one.reported != other.reported


def test_the_report_counts_the_other_rows_and_says_how_far_it_falls_short() -> None:
    frame = halves()
    decision = chosen(frame, roles={"split": "split"}, subject_to=["recall>=0.6"], **SPLITS)
    y, flags = frame["y"].to_numpy()[300:] == 1, frame["p"].to_numpy()[300:] >= decision.threshold
    assert decision.apparent is not None
    assert decision.reported is not None
    assert decision.reported["confusion"] == confusion(y, flags)
    assert decision.reported["value"] == pytest.approx(f1_score(y, flags))
    assert decision.reported["gap"] == decision.reported["value"] - decision.apparent["value"]
    assert decision.reported["constraints"] == {"recall>=0.6": flags[y].mean()}
    assert (decision.selected_on, decision.reported_on) == ("validation", "test")


def test_a_value_on_the_rows_it_was_chosen_on_comes_with_a_warning() -> None:
    frame = halves()
    assert "W9" in [f.id for f in chosen(frame, maximize="f1").findings]
    assert "W9" not in [f.id for f in chosen(frame, roles={"split": "split"}, **SPLITS).findings]


def test_a_column_of_true_and_false_is_a_split() -> None:
    frame = halves().assign(held_out=lambda f: f["split"] == "test").drop(columns="split")
    decision = chosen(frame, roles={"split": "held_out"}, maximize="f1", select_on="False", report_on="True")
    assert decision.threshold == chosen(frame[:300], maximize="f1").threshold
