"""Examples that can be worked out on paper, exactly."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core import REGISTRY
from tests.tables import rows

#: Positives score 0.6, 0.9, 0.4, 0.8; negatives 0.2, 0.55, 0.5.
SEVEN = pd.DataFrame(
    {
        "label": ["+", "-", "-", "+", "+", "+", "-"],
        "score": [0.6, 0.2, 0.55, 0.9, 0.4, 0.8, 0.5],
    }
)
SIX = pd.DataFrame(
    {
        "y_true": ["positive"] * 3 + ["negative"] * 3,
        "y_pred": ["positive", "positive", "negative", "positive", "negative", "negative"],
    }
)

#: Nine balls and what they were taken for.
BALLS = pd.DataFrame(
    {
        "true": ["Red", "Black", "Red", "White", "White", "Red", "Black", "Red", "White"],
        "predicted": ["Red", "White", "Black", "White", "Red", "Red", "Black", "White", "Red"],
    }
)


def seven(threshold: float) -> mc.Evaluation:
    return mc.evaluate(mc.read(SEVEN, pos_label="+"), threshold=threshold)


def imbalanced() -> mc.Evaluation:
    """530 of 550 rows of one class and 5 of 50 of the other predicted right."""
    truth = [0] * 550 + [1] * 50
    decided = [0] * 530 + [1] * 20 + [1] * 5 + [0] * 45
    return mc.evaluate(mc.read(pd.DataFrame({"y_true": truth, "y_pred": decided})))


def counts(evaluation: mc.Evaluation) -> dict[str, int]:
    outcomes = evaluation.models[0].outcomes
    return {name: int(getattr(outcomes, name)) for name in ("tp", "fn", "fp", "tn")}


def test_seven_rows_at_one_half() -> None:
    found = seven(0.5)
    assert counts(found) == {"tp": 3, "fn": 1, "fp": 2, "tn": 1}
    assert found.metrics["accuracy"] == pytest.approx(4 / 7, abs=1e-15)
    assert found.metrics["recall"] == 3 / 4
    assert found.metrics["precision"] == 3 / 5


def test_seven_rows_at_six_tenths_leave_one_error() -> None:
    found = seven(0.6)
    assert counts(found) == {"tp": 3, "fn": 1, "fp": 0, "tn": 3}
    assert found.metrics["precision"] == 1.0


def test_seven_rows_rank_ten_of_twelve_pairs_rightly() -> None:
    """Only 0.4 loses: against 0.55 and 0.5, not against 0.2."""
    assert seven(0.5).metrics["roc_auc"] == pytest.approx(10 / 12, abs=1e-15)


def test_confusion_matrix_has_truth_in_rows_and_the_negative_label_first() -> None:
    assert seven(0.5).to_dict()["confusion"] == {"labels": ["-", "+"], "matrix": [[1, 2], [1, 3]]}


def test_six_words_have_precision_and_recall_of_two_thirds() -> None:
    found = mc.evaluate(mc.read(SIX)).metrics
    assert found["precision"] == 2 / 3
    assert found["recall"] == 2 / 3
    assert found["f1"] == 2 / 3


def test_high_accuracy_of_the_imbalanced_table_is_no_balanced_accuracy() -> None:
    found = imbalanced().metrics
    assert round(found["accuracy"] or 0, 4) == 0.8917
    assert round(found["balanced_accuracy"] or 0, 4) == 0.5318


def test_imbalanced_table_gets_a_finding_that_accuracy_misleads() -> None:
    found = {f.id: f for f in imbalanced().findings}
    assert found["W1"].text == (
        "Accuracy 89.2% is no better than always answering the larger class (91.7% of the rows): accuracy misleads here."
    )
    assert "accuracy (89.2%) misleads" in found["W3"].text
    assert "Balanced accuracy is 53.2%" in found["W3"].text
    assert found["W1"].action == "Read balanced accuracy, Matthews correlation or average precision instead."


def test_balanced_table_gets_no_finding_about_accuracy() -> None:
    assert not {"W1", "W3"} & {f.id for f in mc.evaluate(mc.read(SIX.iloc[[0, 1, 4, 5]])).findings}


def test_two_of_five_scores_reach_seven_tenths() -> None:
    tally = rows("+-+-+", [0.95, 0.71, 0.52, 0.41, 0.08]).tally()
    assert int(tally.outcomes(0.7).flagged) == 2


@pytest.mark.parametrize(("threshold", "flagged"), [(0.1, 10), (0.3, 8), (0.7, 4)])
def test_typed_threshold_counts_exactly_on_a_grid_of_tenths(threshold: float, flagged: int) -> None:
    tenths = [i / 10 for i in range(11)]
    frame = pd.DataFrame({"y_true": [i % 2 for i in range(11)], "y_score": tenths})
    assert int(mc.evaluate(mc.read(frame), threshold=threshold).models[0].outcomes.flagged) == flagged


def test_tenths_written_as_text_and_summed_as_floats_count_as_they_stand() -> None:
    """0.1 + 0.2 is the double above 0.3, and 0.7 - 0.4 the one below: each is compared as it is."""
    frame = pd.DataFrame({"y_true": [1, 0, 1], "y_score": [0.1 + 0.2, 0.3, 0.7 - 0.4]})
    assert int(mc.evaluate(mc.read(frame), threshold=0.3).models[0].outcomes.flagged) == 2


def test_float32_scores_are_compared_as_float64() -> None:
    frame = pd.DataFrame({"y_true": [1, 0], "y_score": np.array([0.7, 0.75], dtype="float32")})
    assert int(mc.evaluate(mc.read(frame), threshold=0.7).models[0].outcomes.flagged) == 1


def test_scikit_learns_four_rows() -> None:
    tally = rows("--++", [0.1, 0.4, 0.35, 0.8]).tally()
    assert float(REGISTRY["binary", "roc_auc"].fn(tally)) == 0.75
    assert float(REGISTRY["binary", "average_precision"].fn(tally)) == pytest.approx(
        0.8333333333333333, abs=1e-15
    )


def test_all_scores_equal_is_a_coin() -> None:
    tally = rows("+-+--", [0.3] * 5).tally()
    assert float(REGISTRY["binary", "roc_auc"].fn(tally)) == 0.5
    assert float(REGISTRY["binary", "average_precision"].fn(tally)) == 2 / 5
    assert float(REGISTRY["binary", "ks"].fn(tally)) == 0.0


def test_brier_score_of_a_forecaster_who_says_seven_tenths() -> None:
    """Rain on 7 of 10 days: 0.7 * 0.3² + 0.3 * 0.7² = 0.21, exactly the uncertainty, so no skill and no error."""
    tally = rows("+" * 7 + "-" * 3, [0.7] * 10).tally()
    assert float(REGISTRY["binary", "brier"].fn(tally)) == pytest.approx(0.21, abs=1e-15)
    assert float(REGISTRY["binary", "brier_skill"].fn(tally)) == pytest.approx(0, abs=1e-15)
    assert float(REGISTRY["binary", "ece"].fn(tally)) == pytest.approx(0, abs=1e-15)


def test_tie_at_the_cut_counts_the_mean_over_all_orders() -> None:
    labels, scores, k = "+-+-+", [0.9, 0.5, 0.5, 0.5, 0.1], 2
    orders = [
        sum(labels[i] == "+" for i in sorted(order, key=lambda i: -scores[i])[:k]) / k
        for order in permutations(range(5))
    ]
    found = float(REGISTRY["binary", "precision@k"].fn(rows(labels, scores).tally(), k))
    assert found == pytest.approx(np.mean(orders), abs=1e-12)


def test_net_benefit_weighs_false_alarms_at_the_odds_of_the_threshold() -> None:
    """At 0.2 a false alarm costs a quarter of a hit: (2 - 1/4) / 10."""
    frame = pd.DataFrame({"y_true": [1, 1, 0] + [0] * 7, "y_score": [0.9, 0.3, 0.2] + [0.1] * 7})
    assert mc.evaluate(mc.read(frame), threshold=0.2).metrics["net_benefit"] == pytest.approx(
        0.175, abs=1e-15
    )


def test_screening_test_has_the_likelihood_ratios_of_the_lectures() -> None:
    """Sensitivity 90 %, specificity 80 %: a positive result multiplies the odds by 4.5, a negative one by 1/8."""
    truth, decided = [1] * 10 + [0] * 10, [1] * 9 + [0] + [1] * 2 + [0] * 8
    found = mc.evaluate(mc.read(pd.DataFrame({"y_true": truth, "y_pred": decided}))).metrics
    assert found["lr_positive"] == pytest.approx(4.5, abs=1e-12)
    assert found["lr_negative"] == pytest.approx(0.125, abs=1e-12)


def test_cohens_kappa_of_the_fifty_proposals() -> None:
    """Two readers, 50 proposals: both yes 20, both no 15, 5 and 10 apart give 0.4."""
    truth, decided = [1] * 25 + [0] * 25, [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    found = mc.evaluate(mc.read(pd.DataFrame({"y_true": truth, "y_pred": decided}))).metrics
    assert found["cohen_kappa"] == pytest.approx(0.4, abs=1e-15)


def test_log_loss_of_a_coin_is_the_logarithm_of_two() -> None:
    assert float(REGISTRY["binary", "log_loss"].fn(rows("+-", [0.5, 0.5]).tally())) == pytest.approx(
        np.log(2), abs=1e-15
    )


@pytest.mark.parametrize(
    ("colour", "tp", "fn", "fp", "tn"), [("White", 1, 2, 2, 4), ("Black", 1, 1, 1, 6), ("Red", 2, 2, 2, 3)]
)
def test_nine_balls_of_three_colours_each_against_the_rest(
    colour: str, tp: int, fn: int, fp: int, tn: int
) -> None:
    found = {c["label"]: c for c in mc.evaluate(mc.read(BALLS)).to_dict()["classes"]}[colour]
    assert found["outcomes"] == {"tp": tp, "fn": fn, "fp": fp, "tn": tn}
    assert found["support"] == tp + fn
    assert found["metrics"]["recall"] == tp / (tp + fn)
    assert found["metrics"]["precision"] == tp / (tp + fp)


def test_nine_balls_in_the_matrix_have_truth_in_rows() -> None:
    """Black: one right, one taken for white; red: one for black, two right, one for white; white: two for red, one right."""
    found = mc.evaluate(mc.read(BALLS)).to_dict()
    assert found["task"] == "multiclass"
    assert found["confusion"] == {
        "labels": ["Black", "Red", "White"],
        "matrix": [[1, 0, 1], [1, 2, 1], [0, 2, 1]],
    }
    assert found["metrics"]["accuracy"] == pytest.approx(4 / 9, abs=1e-15)
    assert found["metrics"]["balanced_accuracy"] == pytest.approx((1 / 2 + 2 / 4 + 1 / 3) / 3, abs=1e-15)
    assert found["metrics"]["f1_macro"] == pytest.approx((1 / 2 + 1 / 2 + 1 / 3) / 3, abs=1e-15)


def test_gorodkins_correlation_of_the_nine_balls() -> None:
    """Supports 2, 4, 3 and predictions 2, 4, 3: (4 · 9 - 29) / (81 - 29)."""
    assert mc.evaluate(mc.read(BALLS)).metrics["mcc"] == pytest.approx(7 / 52, abs=1e-12)


def test_hand_and_tills_measure_of_three_rows() -> None:
    """Only one of the six ordered pairs of classes is in the wrong order: c's probability for b is above c's own."""
    frame = pd.DataFrame(
        {"y_true": ["a", "b", "c"], "p_a": [0.8, 0.1, 0.2], "p_b": [0.1, 0.5, 0.45], "p_c": [0.1, 0.4, 0.35]}
    )
    assert mc.evaluate(mc.read(frame)).metrics["roc_auc_ovo_macro"] == pytest.approx(5 / 6, abs=1e-15)


def test_brier_score_of_three_classes_is_on_the_scale_that_brier_used() -> None:
    """0.7, 0.2, 0.1 for the first of three: 0.3² + 0.2² + 0.1² = 0.14, on the scale from 0 to 2."""
    frame = pd.DataFrame(
        {"y_true": ["a", "b", "c"], "p_a": [0.7, 0.2, 0.1], "p_b": [0.2, 0.7, 0.2], "p_c": [0.1, 0.1, 0.7]}
    )
    assert mc.evaluate(mc.read(frame)).metrics["brier"] == pytest.approx(0.14, abs=1e-15)
