"""What the adviser says, word for word, and where it stays silent."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metrics_core as mc
from demo_data import DEMOS
from metrics_core.advice import RULES
from metrics_core.leaks import leaks_of
from metrics_core.repeats import repeats_of
from tests.tables import some_rows

ROOT = Path(__file__).resolve().parents[1]
Frame = pd.DataFrame


def said(
    frame: Frame, id: str, *, how: dict[str, Any] | None = None, **options: Any
) -> list[tuple[str, str]]:
    """Severity and text of every finding of an id."""
    found = mc.evaluate(mc.read(frame, **({"pos_label": 1} | (how or {}))), **options).findings
    return [(f.severity, f.text) for f in found if f.id == id]


def of_classes(frame: Frame, id: str, **options: Any) -> list[tuple[str, str]]:
    return said(frame, id, how={"task": "multiclass", "pos_label": None}, **options)


def decided(tp: int, fn: int, fp: int, tn: int) -> Frame:
    """Decisions without a score."""
    return pd.DataFrame({"y_true": [1] * (tp + fn) + [0] * (fp + tn), "y_pred": [1] * tp + [0] * fn + [1] * fp + [0] * tn})  # fmt: skip


def classified(**rows: dict[str, int]) -> Frame:
    """Rows of true classes by predicted class: ``a={"a": 90, "b": 10}``."""
    pairs = [(true, label) for true, of in rows.items() for label, n in of.items() for _ in range(n)]
    return pd.DataFrame(pairs, columns=["y_true", "y_pred"])


def scored(n: int = 400, *, seed: int = 5, share: float = 0.4, by: float = 0.3) -> Frame:
    """Rows whose scores, all different, mean something."""
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < share
    return pd.DataFrame(
        {"y_true": positive.astype(int), "y_score": by * positive + (1 - by) * rng.beta(2, 3, n)}
    )


# ------------------------------------------------------------------------------------------------ W1, W2, W3, W15


def test_w1_says_that_answering_the_larger_class_is_as_good() -> None:
    assert said(decided(5, 45, 20, 130), "W1") == [("warning", "Accuracy 67.5% is no better than always answering the larger class (75.0% of the rows): accuracy misleads here.")]  # fmt: skip
    assert said(decided(40, 10, 10, 140), "W1") == []


def test_w1_names_the_largest_of_many_classes() -> None:
    useless = classified(a={"a": 60, "b": 40}, b={"b": 10, "a": 40}, c={"c": 10, "a": 40})
    assert of_classes(useless, "W1") == [("warning", "Accuracy 40.0% is no better than always answering the largest class, 'a' (50.0% of the rows): accuracy misleads here.")]  # fmt: skip
    assert (
        of_classes(classified(a={"a": 80, "b": 20}, b={"b": 40, "a": 10}, c={"c": 40, "a": 10}), "W1") == []
    )


def test_w2_says_what_change_of_a_hit_rate_can_be_seen() -> None:
    assert said(decided(10, 10, 40, 160), "W2") == [("error", "Only 20 rows are positive: a change of its hit rate smaller than 44.3% cannot be seen in so few.")]  # fmt: skip
    assert said(decided(160, 40, 25, 25), "W2") == [("note", "Only 50 rows are negative: a change of its hit rate smaller than 28.0% cannot be seen in so few.")]  # fmt: skip
    assert said(decided(80, 20, 40, 160), "W2") == []


def test_w2_counts_what_weighted_rows_are_worth() -> None:
    frame = decided(60, 60, 60, 60)
    heavy = frame.assign(w=np.where(np.arange(240) < 4, 1000.0, 1.0))
    (finding,) = said(heavy, "W2", how={"weight": "w"})
    assert finding[0] == "error"
    assert finding[1].startswith("Only 4 effective rows are positive: ")
    assert said(frame.assign(w=0.01), "W2", how={"weight": "w"}) == []
    assert said(frame.assign(w=2), "W2", how={"weight": "w", "weight_kind": "frequency"}) == []


def test_w2_names_the_classes_with_few_rows() -> None:
    counts = {"a": 200, "b": 100, "c": 99, "d": 30, "e": 29, "f": 1, "g": 8, "h": 3, "i": 2}
    frame = classified(**{label: {label: n} for label, n in counts.items()})
    assert of_classes(frame, "W2") == [
        ("error", "5 of 9 classes have fewer than 30 rows, so the hit rates are hardly known: 'f' (1 row), 'i' (2 rows), 'h' (3 rows) and 2 others."),
        ("note", "2 of 9 classes have fewer than 100 rows, so the hit rates are known only roughly: 'd' (30 rows), 'c' (99 rows)."),
    ]  # fmt: skip
    assert of_classes(classified(a={"a": 200}, b={"b": 100}, c={"a": 100}), "W2") == []


def test_w3_says_what_accuracy_hides_under_imbalance() -> None:
    assert said(decided(10, 30, 10, 190), "W3") == [("warning", "The smaller class is 16.7% of the rows, so accuracy (83.3%) misleads: it says little about that class. Balanced accuracy is 60.0%, Matthews correlation 0.270.")]  # fmt: skip
    assert said(decided(10, 30, 10, 150), "W3") == []


def test_w3_leaves_out_what_is_undefined() -> None:
    assert said(decided(0, 30, 0, 170), "W3") == [("warning", "The smaller class is 15.0% of the rows, so accuracy (85.0%) misleads: it says little about that class. Balanced accuracy is 50.0%.")]  # fmt: skip


def test_w3_is_about_the_largest_of_many_classes() -> None:
    frame = classified(a={"a": 850}, b={"b": 50, "a": 30}, c={"c": 50, "a": 20})
    assert of_classes(frame, "W3") == [("warning", "Class 'a' is 85.0% of the rows, so accuracy (95.0%) is almost only about that class. Balanced accuracy is 78.0%, macro F1 0.858, Matthews correlation 0.800.")]  # fmt: skip
    assert of_classes(classified(a={"a": 800}, b={"b": 50, "a": 50}, c={"c": 50, "a": 50}), "W3") == []


def test_w15_names_the_class_that_drives_the_averages_apart() -> None:
    rare = classified(a={"a": 480, "b": 20}, b={"b": 450, "a": 50}, c={"c": 5, "a": 15})
    assert of_classes(rare, "W15") == [("warning", "F1 is 0.749 as the mean over classes (macro) and 0.917 over all rows (micro). Class 'c' moves it most: F1 0.400 in 20 rows.")]  # fmt: skip
    big = classified(a={"a": 10, "b": 290, "c": 200, "d": 10}, b={"b": 90}, c={"c": 90}, d={"d": 90})
    (finding,) = of_classes(big, "W15")
    assert "Class 'd' moves it most: F1 0.947 in 90 rows." in finding[1]
    assert (
        of_classes(classified(a={"a": 480, "b": 20}, b={"b": 450, "a": 50}, c={"c": 15, "a": 5}), "W15") == []
    )


def test_w15_names_classes_too_small_for_a_mean_over_classes() -> None:
    frame = classified(a={"a": 90, "b": 10}, b={"b": 90, "a": 10}, c={"c": 8, "a": 1})
    assert of_classes(frame, "W15") == [("warning", "A class of fewer than 10 rows counts as much as any other in macro averages: 'c' (9 rows).")]  # fmt: skip
    assert of_classes(classified(a={"a": 90, "b": 10}, b={"b": 90, "a": 10}, c={"c": 9, "a": 1}), "W15") == []


# ------------------------------------------------------------------------------------------------ W5, W20, W23


def test_w5_names_groups_in_which_hardly_an_error_is_to_be_expected() -> None:
    frame = decided(80, 20, 20, 80).assign(
        site=["big", "small"] * 50 + ["big"] * 73 + ["small"] * 2 + ["tiny"] * 25
    )
    assert said(frame, "W5", by=["site"]) == [("note", "1 of 3 groups has fewer than 30 rows, or fewer than 5 errors to expect at an error rate of 20.0%: site = tiny (25 rows, 5.0 errors).")]  # fmt: skip
    good = decided(95, 5, 5, 95).assign(site=["a", "b", "b", "b"] * 50)
    assert said(good, "W5", by=["site"]) == [("note", "1 of 2 groups has fewer than 30 rows, or fewer than 5 errors to expect at an error rate of 5.0%: site = a (50 rows, 2.5 errors).")]  # fmt: skip
    assert said(good.assign(site=["a", "b"] * 100), "W5", by=["site"]) == []
    assert said(good, "W5") == []


def test_w5_counts_rows_only_when_there_is_no_error() -> None:
    frame = decided(100, 0, 0, 100).assign(site=["a"] * 29 + ["b"] * 171)
    assert said(frame, "W5", by=["site"]) == [("note", "1 of 2 groups has fewer than 30 rows: site = a (29 rows).")]  # fmt: skip


def test_w20_says_for_which_rows_the_numbers_hold() -> None:
    frame = scored(200)
    frame.loc[:9, "y_score"] = np.nan
    assert said(frame, "W20") == [("warning", "190 of 200 rows (95.0 %) have an answer that can be judged (score missing in 10). The numbers hold for these only.")]  # fmt: skip
    assert said(frame.iloc[10:], "W20") == []


def test_w20_does_not_count_rows_without_a_label() -> None:
    frame = scored(200).astype({"y_true": "Int64"})
    frame.loc[:9, "y_true"] = pd.NA
    assert said(frame, "W20") == []


def test_w20_counts_rows_of_many_classes_without_a_prediction() -> None:
    frame = classified(a={"a": 100}, b={"b": 50, "a": 50}, c={"c": 99})
    frame.loc[5:9, "y_pred"] = None
    assert of_classes(frame, "W20") == [("warning", "294 of 299 rows (98.3 %) have an answer that can be judged (prediction missing in 5). The numbers hold for these only.")]  # fmt: skip


def test_w23_warns_of_scores_that_point_the_other_way() -> None:
    frame = scored(200)
    turned = frame.assign(y_score=1 - frame["y_score"])
    (finding,) = said(turned, "W23")
    assert finding == ("warning", f"ROC AUC is {1 - mc.evaluate(mc.read(frame)).metrics['roc_auc']:.3f}, below one half: positives score lower than negatives, so the positive class may be the other one.")  # fmt: skip
    assert said(frame, "W23") == []


def test_w23_does_not_take_chance_for_a_wrong_class() -> None:
    frame = pd.DataFrame(
        {"y_true": [1, 0] * 5, "y_score": [0.1, 0.2, 0.5, 0.4, 0.3, 0.6, 0.7, 0.8, 0.75, 0.9]}
    )
    assert mc.evaluate(mc.read(frame)).metrics["roc_auc"] < 0.45
    assert said(frame, "W23") == []


def test_w23_asks_when_the_positive_class_is_the_common_one() -> None:
    assert said(decided(120, 20, 10, 50), "W23") == [("note", "The positive class '1' is 70.0% of the rows. Precision, recall and F1 are about it, not about the rarer class.")]  # fmt: skip
    assert said(decided(110, 20, 10, 60), "W23") == []


# ------------------------------------------------------------------------------------------------ W6, W7


def test_w6_counts_rows_that_share_a_score() -> None:
    frame = scored(200)
    frame.loc[:10, "y_score"] = 0.25
    assert said(frame, "W6") == [("note", "The scores take 190 different values and 5.5% of the rows share the score 0.25: moving the threshold makes jumps.")]  # fmt: skip
    frame.loc[:1, "y_score"] = [0.251, 0.252]
    assert said(frame, "W6") == []


def test_w6_counts_different_scores() -> None:
    frame = scored(200)
    frame["y_score"] = (np.arange(200) % 49) / 49
    assert said(frame, "W6")[0][1].startswith("The scores take 49 different values and ")
    frame["y_score"] = (np.arange(200) % 51) / 51
    assert said(frame, "W6") == []


def test_w6_is_silent_about_a_small_table_of_different_scores() -> None:
    assert said(scored(15), "W6") == []


@pytest.fixture
def in_bins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count scores in bins although there are few."""
    monkeypatch.setattr("metrics_core.reduce.scores.EXACT_ROWS", 10)
    monkeypatch.setattr("metrics_core.reduce.scores.EXACT_SCORES", 10)


@pytest.mark.usefixtures("in_bins")
def test_w6_does_not_take_rows_of_one_bin_for_ties() -> None:
    close = 0.25 + np.arange(100) * 1e-9
    frame = pd.DataFrame({"y_true": [0, 1] * 200, "y_score": [*close, *np.linspace(0.3, 0.9, 300)]})
    model = mc.evaluate(mc.read(frame)).models[0]
    assert model.tally is not None
    assert not model.exact
    assert (model.tally.pos + model.tally.neg).max() > 0.05 * 400
    assert said(frame, "W6") == []


@pytest.mark.usefixtures("in_bins")
@pytest.mark.parametrize("weighted", [False, True])
def test_w6_finds_the_ties_within_a_bin(weighted: bool) -> None:
    close = [0.25] * 60 + [0.25 + 1e-9] * 40
    frame = pd.DataFrame({"y_true": [0, 1] * 200, "y_score": [*close, *np.linspace(0.3, 0.9, 300)]})
    how = {"weight": "w"} if weighted else {}
    found = said(frame.assign(w=1.5), "W6", how=how)
    assert found == [("note", "15.0% of the rows share the score 0.25: moving the threshold makes jumps.")]


def test_w7_takes_zeros_and_ones_for_decisions() -> None:
    frame = scored(200)
    frame["y_score"] = [0.5] * 19 + [float(y) for y in frame["y_true"][19:-20]] + [1.0] * 20
    assert said(frame, "W7") == [("warning", "90.5% of the scores are exactly 0 or 1: these are decisions, not probabilities, and calibration says nothing.")]  # fmt: skip
    assert said(frame, "W6") == []
    frame.loc[19, "y_score"] = 0.5
    assert said(frame, "W7") == []


def test_w7_of_many_classes_looks_at_the_class_that_was_chosen() -> None:
    hard = classified(a={"a": 50}, b={"b": 40, "a": 10}, c={"c": 50})
    for label in "abc":
        hard[f"p_{label}"] = (hard["y_pred"] == label).astype(float)
    how = {"task": "multiclass", "pos_label": None, "proba_prefix": "p_", "y_pred": "y_pred"}
    assert said(hard, "W7", how=how) == [("warning", "100.0% of the rows give their class a probability of exactly 0 or 1: these are decisions, not probabilities, and calibration says nothing.")]  # fmt: skip
    soft = hard.assign(p_a=hard["p_a"] * 0.9 + 0.1 / 3, p_b=hard["p_b"] * 0.9 + 0.1 / 3, p_c=hard["p_c"] * 0.9 + 0.1 / 3)  # fmt: skip
    assert said(soft, "W7", how=how) == []


def test_w7_says_what_scores_are_that_are_no_probabilities() -> None:
    frame = scored(200)
    frame["y_score"] = np.linspace(-20, 20, 200)
    assert said(frame, "W7", how={"score_kind": "score"}) == [("note", "The scores run from -20 to 20 and 97.5% of them are not between 0 and 1: only their order counts.")]  # fmt: skip
    assert said(frame, "W7", how={"score_kind": "margin"}) == []
    assert said(scored(200), "W7", how={"score_kind": "score"}) == []


# ------------------------------------------------------------------------------------------------ W10


def test_w10_calls_a_perfect_ranking_by_its_name() -> None:
    frame = pd.DataFrame({"y_true": [0] * 30 + [1] * 30, "y_score": np.linspace(0.4, 0.9, 60)})
    assert said(frame, "W10") == [
        ("warning", "ROC AUC is 1: every positive row scores above every negative one.")
    ]
    assert said(frame.iloc[1:], "W10") == []  # 29 negatives are too few for a surprise


def test_w10_calls_perfect_decisions_by_their_name() -> None:
    assert said(decided(40, 0, 0, 60), "W10") == [("warning", "Accuracy is 1: not one of 100 rows is decided wrongly.")]  # fmt: skip
    assert said(decided(35, 0, 0, 365), "W10") == []  # always answering 0 would be almost as good
    every = classified(a={"a": 50}, b={"b": 50}, c={"c": 50})
    assert of_classes(every, "W10") == [("warning", "Accuracy is 1: not one of 150 rows is decided wrongly.")]


def test_w10_notes_numbers_that_are_almost_perfect() -> None:
    frame = pd.DataFrame({"y_true": [0] * 100 + [1] * 100, "y_score": np.linspace(0, 1, 200)})
    frame.loc[[99, 100], "y_true"] = [1, 0]
    assert said(frame, "W10") == [("note", "ROC AUC is 0.9999. So good a model is rare: the answer may have leaked into what it learnt from.")]  # fmt: skip
    frame.loc[[20, 100], "y_true"] = [1, 0]
    assert said(frame, "W10") == []
    assert said(decided(399, 1, 1, 599), "W10") == [("note", "Accuracy is 0.9980 where the largest class has 60.0% of the rows. So good a model is rare: the answer may have leaked into what it learnt from.")]  # fmt: skip
    assert said(decided(395, 5, 1, 599), "W10") == []
    assert said(decided(39, 1, 1, 959), "W10") == []


def test_w10_does_not_wonder_at_one_class_that_is_easy_to_tell_from_the_rest() -> None:
    frame = classified(a={"a": 100}, b={"b": 80, "c": 20}, c={"c": 80, "b": 20})
    assert said(frame, "W10", how={"task": "binary", "pos_label": "a", "y_true": "y_true"}) == []


def leaking(seed: int = 0, n: int = 600) -> tuple[Frame, np.random.Generator]:
    """Scores that are not too good, and the means to add a column."""
    frame = scored(n, seed=seed).assign(time=pd.date_range("2026-01-01", periods=n))
    return frame, np.random.default_rng(seed + 100)


def named(frame: Frame, **how: Any) -> list[str]:
    return [leak.column for leak in leaks_of(mc.read(frame, y_score="y_score", y_true="y_true", **how))]


def test_w10_names_a_column_that_gives_the_label_away() -> None:
    frame, _ = leaking()
    frame["refund"] = np.where(frame["y_true"] == 1, 20.0, 0.0)
    assert said(frame, "W10") == [("warning", "One column tells the label without any model (ROC AUC): 'refund' (1).")]  # fmt: skip
    frame["closed"] = np.where(frame["y_true"] == 1, "by staff", "by customer")
    assert said(frame, "W10") == [("warning", "Each of 2 columns tells the label without any model (ROC AUC): 'refund' (1), 'closed' (1).")]  # fmt: skip


COLUMNS: dict[str, tuple[Any, bool]] = {
    "text": (lambda y, rng: np.where(y == 1, rng.choice(["a", "b"], y.size), rng.choice(["c", "d"], y.size)), True),
    "text of little use": (lambda y, rng: np.where(rng.random(y.size) < 0.8, y, 1 - y).astype(str), False),
    "an id": (lambda y, rng: [f"row {i}" for i in rng.permutation(y.size)], False),
    "an index in a sorted file": (lambda y, rng: np.arange(y.size), False),
    "number": (lambda y, rng: 10 * y + rng.normal(size=y.size), True),
    "number that falls": (lambda y, rng: -10 * y + rng.normal(size=y.size), True),
    "number of little use": (lambda y, rng: 2 * y + rng.normal(size=y.size), False),
    "code": (lambda y, rng: np.where(y == 1, 2, rng.choice([1, 3], y.size)), True),
    "boolean": (lambda y, rng: y == 1, True),
    "filled only for positives": (lambda y, rng: np.where(y == 1, rng.normal(size=y.size), np.nan), True),
    "time only for negatives": (lambda y, rng: pd.Series(pd.Timestamp("2026-03-01") + pd.to_timedelta(rng.integers(0, 900, y.size), unit="h")).mask(y == 1), True),
    "empty": (lambda y, rng: [None] * y.size, False),
    "one value": (lambda y, rng: ["same"] * y.size, False),
    "lists": (lambda y, rng: [[int(v)] for v in y], False),
}  # fmt: skip


@pytest.mark.parametrize("what", COLUMNS)
def test_a_column_gives_away_what_it_tells_about_rows_it_was_not_learnt_from(what: str) -> None:
    frame, rng = leaking()
    frame = frame.sort_values("y_true", ignore_index=True)
    make, leaks = COLUMNS[what]
    frame["extra"] = make(frame["y_true"].to_numpy(), rng)
    assert named(frame) == (["extra"] if leaks else [])


@pytest.mark.parametrize("role", ["weight", "split", "fold", "id", "group", "amount"])
def test_a_column_with_a_role_of_its_own_is_not_called_a_leak(role: str) -> None:
    frame, _ = leaking()
    frame["extra"] = frame["y_true"] + 1
    assert named(frame) == ["extra"]
    assert named(frame, **{role: "extra"}) == []


@pytest.mark.parametrize("name", ["other_score", "y_pred_new", "proba_1", "logits", "YPred"])
def test_what_looks_like_an_answer_of_a_model_is_not_called_a_leak(name: str) -> None:
    frame, _ = leaking()
    assert named(frame.assign(**{name: frame["y_true"] * 0.9})) == []


def test_ten_rows_of_a_label_must_judge_a_column() -> None:
    frame = pd.DataFrame({"y_true": [0] * 20 + [1] * 8, "y_score": np.linspace(0, 1, 28)})
    assert named(frame.assign(extra=frame["y_true"])) == []


def test_rows_that_belong_together_are_not_learnt_from_each_other() -> None:
    frame, rng = leaking(n=1200)
    patient = np.arange(1200) // 10
    frame["y_true"] = (rng.random(120) < 0.4).astype(int)[patient]
    frame["doctor"] = [f"doctor {p}" for p in patient]
    assert named(frame) == ["doctor"]
    assert named(frame.assign(patient=patient), group="patient") == []


def test_a_column_that_tells_many_classes_is_named() -> None:
    rng = np.random.default_rng(3)
    truth = rng.choice(list("abc"), 900)
    frame = pd.DataFrame({"y_true": truth, "y_pred": np.where(rng.random(900) < 0.8, truth, "a"), "extra": [f"{t}{i % 5}" for i, t in enumerate(truth)]})  # fmt: skip
    assert of_classes(frame, "W10") == [("warning", "One column tells the label without any model (share guessed right): 'extra' (1).")]  # fmt: skip
    numbers = frame.assign(extra=10.0 * frame["y_true"].map({"a": 0, "b": 1, "c": 2}) + rng.normal(size=900))
    (found,) = of_classes(numbers, "W10")
    assert "'extra' (0.99" in found[1] or "'extra' (1)" in found[1]
    for useless in ([f"row {i}" for i in range(900)], rng.normal(size=900), np.arange(900), [None] * 900):
        assert of_classes(frame.assign(extra=useless), "W10") == []


def test_probabilities_of_the_other_classes_are_no_leaks_of_one_of_them() -> None:
    rng = np.random.default_rng(4)
    truth = rng.choice(list("ab"), 600)
    truth[:30] = "c"
    frame = pd.DataFrame(
        {"y_true": truth, "q.a": (truth == "a") * 0.9, "q.b": (truth == "b") * 0.9, "q.c": 0.1}
    )
    one = mc.read(frame, proba_prefix="q.").against_rest("a")
    assert leaks_of(one) == ()


def test_leaks_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, _ = leaking()
    predictions = mc.read(frame.assign(extra=frame["y_true"] * 3), y_score="y_score")
    first = leaks_of(predictions)
    monkeypatch.setattr("metrics_core.leaks._search", None)
    assert leaks_of(predictions) is first


def test_of_very_many_rows_a_part_is_searched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("metrics_core.leaks.MAX_ROWS", 200)
    frame, _ = leaking(n=1000)
    frame["extra"] = frame["y_true"].map({0: "no", 1: "yes"})
    assert named(frame) == ["extra"]
    frame.to_parquet(tmp_path / "many.parquet")
    on_disk = mc.read(tmp_path / "many.parquet", y_score="y_score")
    assert [leak.column for leak in leaks_of(on_disk)] == ["extra"]


# ------------------------------------------------------------------------------------------------ W11


def test_w11_counts_ids_that_come_again() -> None:
    frame = scored(200).assign(case=[f"C{i}" for i in range(197)] + ["C7", "C7", "C9"])
    how = {"id": "case"}
    assert said(frame, "W11", how=how) == [("warning", "3 of 200 rows carry the id of an earlier row: 'C7' is in 3. Intervals that count each row for itself are too narrow.")]  # fmt: skip
    assert said(frame.iloc[:197], "W11", how=how) == []
    assert said(frame, "W11", how={"group": "case"}) == []
    assert said(frame.assign(person=np.arange(200) // 2), "W11", how={"id": "case", "group": "person"}) == []


def test_w11_does_not_count_empty_ids() -> None:
    frame = scored(200).assign(case=[f"C{i}" for i in range(190)] + [None] * 10)
    assert said(frame, "W11", how={"id": "case"}) == []


def test_w11_lets_each_model_have_every_id() -> None:
    one = scored(200).assign(id=[f"C{i}" for i in range(200)])
    both = pd.concat([one.assign(model="a"), one.assign(model="b")], ignore_index=True)
    assert said(both, "W11", how={"model_column": "model"}) == []
    again = pd.concat([both, one.iloc[:5].assign(model="b")], ignore_index=True)
    predictions = mc.read(again, model_column="model")
    assert [repeats_of(predictions, name).ids for name in "ab"] == [0, 5]


def described(n: int, seed: int = 0) -> Frame:
    """Scores with three columns that tell rows apart."""
    rng = np.random.default_rng(seed)
    more = {
        "age": rng.integers(18, 90, n),
        "sum": rng.normal(50, 10, n).round(2),
        "town": rng.choice(list("ABCDEFGH"), n),
    }
    return scored(n, seed=seed).assign(**more)  # fmt: skip


def test_w11_counts_copies_of_rows() -> None:
    frame = described(500)
    copied = pd.concat([frame, frame.iloc[:12]], ignore_index=True)
    assert said(copied, "W11") == [("warning", "12 of 512 rows (2.3 %) equal an earlier row in every column. Intervals that count each row for itself are too narrow.")]  # fmt: skip
    assert said(pd.concat([frame, frame.iloc[:9]], ignore_index=True), "W11") == []
    assert said(pd.concat([described(1500), described(1500).iloc[:14]], ignore_index=True), "W11") == []


def test_w11_finds_copies_under_new_names() -> None:
    frame = described(500)
    twice = pd.concat([frame, frame], ignore_index=True)
    names = {"row": np.arange(1000), "case": [f"C{i}" for i in range(1000)]}
    assert said(twice.assign(**names), "W11", how={"id": "case"})[0][1].startswith(
        "500 of 1,000 rows (50.0 %) equal"
    )
    assert said(twice.assign(**names), "W11")[0][1].startswith("500 of 1,000 rows (50.0 %) equal")


def test_w11_finds_a_text_that_comes_twice() -> None:
    frame = scored(300).assign(review=[f"I liked it {i} times" for i in range(300)])
    assert said(pd.concat([frame, frame.iloc[:20]], ignore_index=True), "W11")[0][1].startswith(
        "20 of 320 rows"
    )


COARSE: dict[str, Frame] = {
    "decisions alone": decided(400, 20, 20, 600),
    "rounded scores": scored(2000).round({"y_score": 3}),
    "rounded scores and coarse columns": scored(5000).round({"y_score": 2}).assign(
        sex=np.tile(["f", "m"], 2500), town=np.random.default_rng(1).choice(list("ABCD"), 5000)),
    "nested cells": pd.concat([described(100)] * 2, ignore_index=True).assign(vector=[[i] for i in range(200)]),
}  # fmt: skip


@pytest.mark.parametrize("what", COARSE)
def test_w11_does_not_take_rows_that_are_equal_by_chance_for_copies(what: str) -> None:
    assert said(COARSE[what], "W11") == []


def test_w11_does_not_take_people_with_the_same_few_features_for_copies() -> None:
    """The score follows from the features, the label does not: equal rows are not copies."""
    rng = np.random.default_rng(8)
    age, visits, sex = rng.integers(20, 60, 3000), rng.integers(0, 9, 3000), rng.integers(0, 2, 3000)
    score = 1 / (1 + np.exp(-(0.05 * (age - 40) + 0.2 * visits - 1 + 0.3 * sex)))
    frame = pd.DataFrame({"y_true": (rng.random(3000) < score).astype(int), "y_score": score, "age": age, "visits": visits, "sex": sex})  # fmt: skip
    assert frame.duplicated().mean() > 0.3
    assert said(frame, "W11") == []


def test_w11_knows_equal_cells_of_every_kind() -> None:
    n = 60
    frame = described(n).assign(
        whole=pd.array([None if i % 7 == 0 else i * 3 % 11 for i in range(n)], dtype="Int64"),
        yes=pd.array([None if i % 5 == 0 else i % 2 == 0 for i in range(n)], dtype="boolean"),
        day=pd.date_range("2026-01-01", periods=n).date,
        moment=pd.date_range("2026-01-01", periods=n, tz="UTC").where(np.arange(n) % 4 > 0),
        text=[None if i % 3 == 0 else f"t{i}" for i in range(n)],
        zero=np.where(np.arange(n) % 2 == 0, 0.0, np.nan),
        nothing=[None] * n,
    )
    again = frame.assign(zero=-frame["zero"])
    found = repeats_of(mc.read(pd.concat([frame, again], ignore_index=True), y_score="y_score"), "y_score")
    assert (found.copies, found.of_rows) == (n, 2 * n)


def test_w11_finds_in_blocks_that_a_long_table_is_there_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # fmt: skip
    monkeypatch.setattr("metrics_core.repeats.MAX_ROWS", 240)
    twice = pd.concat([described(1000)] * 2, ignore_index=True)
    assert said(twice, "W11")[0][1].startswith("120 of 240 rows looked at (50.0 %) equal an earlier row")
    twice.to_parquet(tmp_path / "twice.parquet")
    assert repeats_of(mc.read(tmp_path / "twice.parquet", y_score="y_score"), "y_score").copies == 120


# ------------------------------------------------------------------------------------------------ all of them


def test_a_healthy_table_with_metadata_leaves_the_adviser_silent() -> None:
    assert mc.evaluate(mc.read(described(2000), y_score="y_score"), by=["town", "age"]).findings == ()


#: What is right to say about the demos, by model; they are known.
ABOUT_DEMOS = {
    "fraud": [{"W3"}],
    "tumour": [{"W10"}, {"W6"}],
    "digits": [set()],
}


@pytest.mark.parametrize("name", ABOUT_DEMOS)
def test_the_adviser_says_of_the_demos_what_is_known_of_them(name: str) -> None:
    predictions = mc.read(DEMOS[name].path, **DEMOS[name].roles)
    found = mc.evaluate(predictions).models
    assert [{f.id for f in m.findings} for m in found] == ABOUT_DEMOS[name]


@pytest.mark.parametrize("name", ["adult_income_binary.csv", "news20_multiclass.csv"])
def test_the_adviser_is_silent_about_healthy_real_predictions(name: str, shared_data: Any) -> None:
    how = {"y_score": "y_score"} if name.startswith("adult") else {}
    assert mc.evaluate(mc.read(shared_data(name), **how)).findings == ()


@given(rows=some_rows(), kind=st.sampled_from(["probability", "margin", "score"]), threshold=st.none() | st.floats(0, 1))  # fmt: skip
def test_no_small_binary_table_breaks_the_adviser(rows: Any, kind: str, threshold: float | None) -> None:
    n = len(rows)
    frame = rows.frame(
        text=[["a", None, "b"][i % 3] for i in range(n)], id=np.arange(n) // 2, more=np.arange(n) % 4
    )
    how = {"weight": "w"} if "w" in frame else {}
    predictions = mc.read(frame, y_true="y_true", y_score="y_score", pos_label="1", score_kind=kind, **how)
    for where in (None, "text == 'a'"):
        found = mc.evaluate(predictions, threshold=threshold, by=["text"], where=where).findings
        assert all(f.text and "nan" not in f.text for f in found)


@given(
    codes=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([0.0, 0.5, 2.0])), min_size=1, max_size=30),
    weighted=st.booleans(),
)  # fmt: skip
def test_no_small_table_of_classes_breaks_the_adviser(
    codes: list[tuple[int, int, float]], weighted: bool
) -> None:
    truth, decision, weight = (list(column) for column in zip(*codes, strict=True))
    if not set(truth) & set(decision) or (weighted and not any(weight)):
        return
    frame = pd.DataFrame({"y_true": [f"c{t}" for t in truth], "y_pred": [f"c{p}" for p in decision], "w": weight, "more": range(len(codes))})  # fmt: skip
    how = {"weight": "w"} if weighted else {}
    predictions = mc.read(frame, y_true="y_true", y_pred="y_pred", task="multiclass", **how)
    for where in (None, "more == 0"):
        found = mc.evaluate(predictions, by=["more"], where=where).findings
        assert all(f.text and "nan" not in f.text for f in found)


def test_every_action_and_every_trigger_is_written() -> None:
    assert all(rule.action.endswith(".") and rule.about and not rule.about.endswith(".") for rule in RULES)
    assert {task for rule in RULES for task in rule.tasks} == {"binary", "multiclass"}


# ------------------------------------------------------------------------------------------------ the page

PAGE = ROOT / "docs" / "findings.md"


def cells_of_page() -> list[list[str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_page_has_the_table_of_rules() -> None:
    shown = [cells for cells in cells_of_page() if re.fullmatch(r"`W\d+`", cells[0])]
    assert shown == [[f"`{r.id}`", r.severity, ", ".join(r.tasks), r.about, r.action] for r in RULES]


def test_the_page_names_every_finding_of_reading() -> None:
    """Ids are written at the call that makes the finding; some follow from why rows were left out, some stand elsewhere."""
    made, written = set(), set()
    for path in (ROOT / "metrics_core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                written |= {node.value, node.value.replace(" ", "-")}
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Finding", "_report"):  # fmt: skip
                texts = {a.value for a in node.args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)}  # fmt: skip
                made |= texts - {"note", "warning", "error"}
    shown = {cells[0].strip("`") for cells in cells_of_page() if not re.fullmatch(r"`W\d+`", cells[0])}
    assert len(made) > 15
    assert made - shown == set()
    assert shown - written == set()
