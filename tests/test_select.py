"""Choosing a threshold for a table of predictions: every number is counted again, row by row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from math import inf, isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, f1_score, matthews_corrcoef

import metrics_core as mc
from metrics_core.decisions.record import Decision
from metrics_core.decisions.select import select, selection_of
from metrics_core.decisions.times import period_codes
from metrics_core.source import open_source
from tests.tables import random_rows, rows, write

FRAUD = Path(__file__).resolve().parents[1] / "demo_data" / "fraud.parquet"
Array = NDArray[Any]


def table(seed: int = 0, n: int = 300, levels: int | None = 40, **more: Any) -> pd.DataFrame:
    """Rows with ties and the columns ``y`` and ``p``."""
    drawn = random_rows(seed, n, levels=levels)
    return pd.DataFrame({"y": drawn.positive.astype(int), "p": drawn.score} | more)


def chosen(frame: pd.DataFrame, *, roles: dict[str, Any] | None = None, **asked: Any) -> Decision:
    """Choose with few replicates; the intervals are tested elsewhere."""
    predictions = mc.read(frame, **{"y_true": "y", "y_score": "p"} | (roles or {}))
    return select(predictions, **{"replicates": 100} | asked)


def every_cut(score: Array) -> list[float]:
    """Every distinct score, ascending, and the cut that flags nothing."""
    return [*np.unique(score).tolist(), float(np.nextafter(score.max(), inf))]


def lowest_best(score: Array, value: Callable[[Array], float], allowed: Callable[[Array], bool] = lambda _: True) -> float:  # fmt: skip
    """Try every cut, from the lowest; only a clearly better one replaces the best."""
    best, most = nan, -inf
    for cut in every_cut(score):
        flags = score >= cut
        if not allowed(flags):
            continue
        found = value(flags)
        if not isnan(found) and found > most + 1e-12:
            best, most = cut, found
    return best


def confusion(positive: Array, flags: Array, weight: Array | None = None) -> dict[str, float]:
    w = np.ones(positive.size) if weight is None else weight
    pairs = {"tp": (True, True), "fp": (False, True), "fn": (True, False), "tn": (False, False)}
    return {name: float(w[(positive == truth) & (flags == flag)].sum()) for name, (truth, flag) in pairs.items()}  # fmt: skip


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


def halves(seed: int = 14, n: int = 600) -> pd.DataFrame:
    return table(seed, n, split=np.where(np.arange(n) < n // 2, "validation", "test"))


SPLITS: dict[str, Any] = {"maximize": "f1", "select_on": "validation", "report_on": "test"}


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


# ------------------------------------------------------------------------------------------------- refusals

ASKED: list[tuple[dict[str, Any], str]] = [
    ({}, "Name one thing to aim for: either a metric to maximize, or a metric or the cost to minimize."),
    ({"maximize": "f1", "minimize": "cost"}, "Name one thing to aim for"),
    ({"maximize": "f1x"}, "There is no metric 'f1x' at a threshold. Did you mean 'f1'?"),
    ({"maximize": "roc_auc"}, "ROC AUC looks at all thresholds at once, so none can be chosen by it."),
    ({"maximize": "cost"}, "A cost is to be minimized: say --minimize cost."),
    ({"maximize": "f1", "cost_fp": 2}, "Costs are given, but F1 does not use them."),
    ({"minimize": "cost", "cost_fp": "2€"}, "'2€' is no cost."),
    ({"minimize": "cost", "cost_fn": "amount"}, "The costs depend on the amount of a row"),
    ({"maximize": "f1", "subject_to": ["precison>=0.9"]}, "There is no metric 'precison' at a threshold. Did you mean 'precision'?"),
    ({"maximize": "f1", "subject_to": ["precision=0.9"]}, "'precision=0.9' is no constraint."),
    ({"maximize": "f1", "capacity": "many"}, "'many' in 'many' is no number."),
    ({"maximize": "f1", "capacity": "200%"}, "'200%' is no capacity. Give a number of rows such as 200, or a share such as 5%."),
    ({"maximize": "f1", "capacity": "20/month"}, "'20/month' is no capacity. Write 200, 5%, 200/day or 5%/week."),
    ({"maximize": "f1", "capacity": "20/day"}, "A capacity per day needs the time of each row. Name its column with --time."),
    ({"maximize": "f1", "prevalence": 0.0}, "A share of positives is more than 0 and less than 1, such as 0.02, not 0."),
    ({"maximize": "f1", "prevalence": 1.0}, "not 1."),
    ({"maximize": "f1", "prevalence": nan}, "not nan."),
    ({"maximize": "f1", "certify": ["mcc>=0.5"]}, "Nothing exact can be promised of 'mcc'."),
    ({"maximize": "f1", "certify": ["recall>=0.5"], "confidence": 2}, "A confidence of 2 cannot be given."),
    ({"maximize": "f1", "keep_promises": True}, "There is no promise to keep: --keep-promises needs a --certify."),
    ({"maximize": "f1", "per": "sitte"}, "'frame' has no column 'sitte'. Did you mean 'site' or 'split'?"),
    ({"maximize": "f1", "per": "site", "certify": ["recall>=0.5"]}, "Groups with thresholds of their own cannot be given another prevalence or a promise."),
    ({"maximize": "f1", "per": "site", "prevalence": 0.1}, "Groups with thresholds of their own cannot be given"),
    ({"maximize": "f1", "per": "site", "capacity": 20}, "'flagged<=20' limits all rows together"),
    ({"maximize": "f1", "select_on": "valdation"}, "Column 'split' (used as split) has no rows called 'valdation'. Did you mean 'validation'?"),
    ({"maximize": "f1", "select_on": "validation", "report_on": "tset"}, "has no rows called 'tset'. Did you mean 'test'?"),
    ({"maximize": "f1", "report_on": "test"}, "Say which rows to choose on: --report-on needs --select-on."),
    ({"maximize": "f1", "select_on": "test", "report_on": "test"}, "Choosing and reporting on the same rows ('test') proves nothing. Name two splits."),
    ({"maximize": "f1", "model": "q"}, "There is no model 'q'. There are: 'p'."),
    ({"maximize": "f1", "where": "p > 3"}, "No row that can be judged passes the filter p > 3. Widen it."),
    ({"maximize": "f1", "level": 95}, "The level of an interval is a fraction between 0 and 1"),
    ({"maximize": "f1", "replicates": 10}, "10 replicates are too few for an interval"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "sentence"), ASKED, ids=[str(asked) for asked, _ in ASKED])
def test_what_makes_no_sense_is_refused_in_a_sentence(asked: dict[str, Any], sentence: str) -> None:
    frame = halves(n=60).assign(site="a")
    with pytest.raises(mc.DataError) as refusal:
        chosen(frame, roles={"split": "split"}, **asked)
    assert sentence in str(refusal.value)


def test_a_capacity_per_day_is_not_judged_at_another_prevalence() -> None:
    frame = table(20, time=pd.date_range("2026-01-01", periods=300, freq="h"))
    with pytest.raises(mc.DataError, match="A capacity per day counts the days of these rows"):
        chosen(frame, roles={"time": "time"}, maximize="f1", capacity="5/day", prevalence=0.1)


def test_splits_need_a_column() -> None:
    with pytest.raises(mc.DataError, match="There is no split column, so no rows are called 'test'"):  # fmt: skip
        chosen(table(), maximize="f1", select_on="test")


def test_a_model_needs_a_score() -> None:
    predictions = mc.read(table().assign(guess=1), y_true="y", y_pred="guess")
    with pytest.raises(mc.DataError, match="has no score, so there is no threshold to choose"):  # fmt: skip
        select(predictions, maximize="f1")


def test_many_classes_need_one_to_decide_on() -> None:
    shares = np.random.default_rng(21).dirichlet([1, 1, 1], 60)
    frame = pd.DataFrame({"y": np.array(list("abc"))[shares.argmax(1)]}).join(pd.DataFrame(shares, columns=["p_a", "p_b", "p_c"]))  # fmt: skip
    predictions = mc.read(frame, y_true="y", proba_prefix="p_")
    with pytest.raises(mc.DataError, match="A threshold belongs to one class against the rest"):
        select(predictions, maximize="f1")
    decision = select(predictions.against_rest("b"), maximize="f1", replicates=100)
    assert (decision.pos_label, decision.y_score) == ("b", "p_b")


def test_rows_without_an_amount_are_asked_about_where_costs_depend_on_it() -> None:
    frame = table(22, amount=np.where(np.arange(300) == 4, np.nan, 2.0))
    with pytest.raises(mc.NeedsChoice) as question:
        chosen(frame, roles={"amount": "amount"}, minimize="cost")
    assert question.value.id == "amount_missing"
    left_out = chosen(
        frame, roles={"amount": "amount", "choose": {"amount_missing": "drop"}}, minimize="cost"
    )
    assert left_out.apparent is not None
    assert left_out.apparent["rows"] == 299


# --------------------------------------------------------------------------------------------------- days


def codes(times: list[Any], per: Any = "day") -> list[int]:
    return period_codes(open_source(pd.DataFrame({"at": times})), "at", per).tolist()


def test_days_are_those_of_the_clock_that_the_column_is_written_in() -> None:
    assert codes(["2026-01-31T23:30-05:00", "2026-02-01 00:10:11.5 +0100", "2026-02-01T00:00Z", None, "2026-02-03", " "]) == [0, 1, 1, -1, 3, -1]  # fmt: skip
    berlin = pd.to_datetime(["2026-01-31 23:30", "2026-02-01 00:00"]).tz_localize("Europe/Berlin")
    assert codes(list(berlin)) == [0, 1]
    assert codes([pd.Timestamp("1969-12-31 23:59:59"), pd.Timestamp("1970-01-01")]) == [0, 1]


def test_weeks_begin_on_monday() -> None:
    assert codes([pd.Timestamp("2026-11-22"), pd.Timestamp("2026-11-23"), pd.Timestamp("2026-11-29")], "week") == [0, 1, 1]  # fmt: skip


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        (["2026-01-31", "soon"], "holds text that is no time in 1 of 2 rows: row 2 = 'soon'."),
        ([None, None], "Column 'at' (used as time) is empty."),
        ([1, 2], "holds no dates or times."),
    ],
)
def test_what_is_no_time_is_refused(times: list[Any], sentence: str) -> None:
    with pytest.raises(mc.DataError) as refusal:
        codes(times)
    assert sentence in str(refusal.value)
