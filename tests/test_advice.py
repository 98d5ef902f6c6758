"""What the adviser says, word for word, and where it stays silent."""

from __future__ import annotations

import ast
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
from tests.advised import classified, decided, described, of_classes, said, scored
from tests.tables import some_rows

ROOT = Path(__file__).resolve().parents[1]
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
    assert {task for rule in RULES for task in rule.tasks} == {
        "binary",
        "multiclass",
        "regression",
        "forecasting",
    }


# ------------------------------------------------------------------------------------------------ the page

PAGE = ROOT / "docs" / "findings.md"


def cells_of_page() -> list[list[str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_page_has_the_table_of_rules() -> None:
    rules = {r.id for r in RULES}
    shown = [cells for cells in cells_of_page() if cells[0].strip("`") in rules]
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
    shown = {cells[0].strip("`") for cells in cells_of_page()} - {r.id for r in RULES}
    assert len(made) > 15
    assert made - shown == set()
    assert shown - written == set()
