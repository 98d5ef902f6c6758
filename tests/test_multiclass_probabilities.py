"""The probabilities of many classes: their columns found, their scale, and rows and decisions that do not fit them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from tests.class_frames import (
    DRAWN,
    FRAME,
    LABELS,
    WITHOUT_P,
    P,
    asked,
    findings,
    judged,
    numbered,
    probabilities,
    read,
    with_p,
)
from tests.class_tables import ClassRows, random_classes, rejected


def test_columns_of_probabilities_are_found_by_what_they_start_with() -> None:
    predictions = read()
    assert dict(predictions.model().proba) == dict(zip(LABELS, P, strict=True))
    np.testing.assert_array_equal(probabilities(), DRAWN.p)


@pytest.mark.parametrize("prefix", ["p_", "proba_", "prob.", "P(", "score for ", "logit-"])
def test_prefix_may_be_named(prefix: str) -> None:
    frame = with_p(WITHOUT_P, [prefix + label for label in LABELS])
    np.testing.assert_array_equal(probabilities(frame, y_true="y_true", proba_prefix=prefix), DRAWN.p)


@pytest.mark.parametrize("labels", [("a b", "a.b", "b", "a_b"), ("1", "2", "3", "10"), ("ä", "x y z", "0", "-1"), ("p", "p_p", "pp", "p_")], ids=str)  # fmt: skip
def test_labels_with_blanks_dots_and_numbers_find_their_columns(labels: tuple[str, ...]) -> None:
    names = np.array(labels, dtype=object)
    frame = with_p(
        pd.DataFrame({"y_true": names[DRAWN.truth], "y_pred": names[DRAWN.decided]}),
        [f"proba_{x}" for x in labels],
    )
    for options in ({}, {"proba_prefix": "proba_"}, {"proba": {x: f"proba_{x}" for x in labels}}):
        predictions = read(frame, y_true="y_true", **options)
        assert dict(predictions.model().proba) == {x: f"proba_{x}" for x in labels}
        order = [labels.index(label) for label in predictions.labels]
        np.testing.assert_array_equal(predictions.judged().probabilities, DRAWN.p[:, order])  # type: ignore[attr-defined]  # many classes


@pytest.mark.parametrize("first", [0, 1])
def test_labels_that_are_numbers_find_their_columns(first: int) -> None:
    frame = with_p(numbered(first).astype({"y_true": float}), [f"p_{i + first}" for i in range(4)])
    np.testing.assert_array_equal(probabilities(frame), DRAWN.p)


def test_classes_named_by_numbers_are_the_labels_of_the_table() -> None:
    frame = with_p(numbered(), ["north", "east", "south", "west"])
    columns: Any = dict(enumerate(["north", "east", "south", "west"]))
    np.testing.assert_array_equal(probabilities(frame, y_true="y_true", proba=columns), DRAWN.p)


def test_columns_of_more_than_ten_numbered_classes_are_not_mixed_up() -> None:
    drawn = random_classes(2, 400, 13)
    frame = pd.concat(
        [pd.DataFrame({"y_true": drawn.truth}), pd.DataFrame(drawn.p, columns=[f"p_{i}" for i in range(13)])],
        axis=1,
    )
    np.testing.assert_array_equal(probabilities(frame), drawn.p)


def test_class_that_never_occurs_keeps_its_column() -> None:
    kept = DRAWN.at(DRAWN.truth != 2)
    predictions = read(kept.frame(), y_true="y_true", y_pred={"m": "y_pred"}, proba_prefix={"m": "p_"})
    assert predictions.labels == LABELS
    np.testing.assert_array_equal(predictions.judged().probabilities, kept.p)  # type: ignore[attr-defined]  # many classes


def test_label_without_a_column_of_probabilities_is_named() -> None:
    columns = dict(zip(LABELS[:3], P, strict=False))
    assert rejected(FRAME, y_true="y_true", proba=columns) == (
        "There is no column of probabilities for the label 'c0003' of 'y_true'. Name it with --proba c0003=COLUMN."
    )
    assert rejected(FRAME, y_true="y_true", proba=dict(zip(LABELS[:2], P, strict=False))).startswith(
        "There is no column of probabilities for the label 'c0002' of 'y_true' and 1 others."
    )


def test_column_that_does_not_exist_is_named() -> None:
    assert rejected(FRAME, y_true="y_true", proba=dict.fromkeys(LABELS, "nope")).startswith(
        "'frame' has no column 'nope'."
    )


def test_prefix_of_no_column_is_rejected() -> None:
    assert rejected(FRAME, y_true="y_true", proba_prefix="q_").startswith(
        "No column of 'frame' starts with 'q_'."
    )


def test_probabilities_named_twice_are_rejected() -> None:
    assert rejected(FRAME, y_true="y_true", proba={"c0000": "p_c0000"}, proba_prefix="p_") == (
        "The probabilities are named twice, by --proba and by --proba-prefix. Leave one out."
    )


def test_text_instead_of_a_probability_is_rejected() -> None:
    text = rejected(FRAME.assign(p_c0001="high"), y_true="y_true", proba_prefix="p_")
    assert text.startswith("Column 'p_c0001' (probability of 'c0001') ")
    assert "'high'" in text


def test_several_prefixes_are_a_question() -> None:
    both = with_p(FRAME, [f"q_{label}" for label in LABELS])
    id, _, options = asked(both, y_true="y_true")
    assert id == "proba_prefix"
    assert {"p_", "q_"} <= set(options)
    assert read(both, y_true="y_true", choose={"proba_prefix": "q_"}).model().proba[0][1] == "q_c0000"


@pytest.mark.parametrize("said_by", ["argument", "answer"])
def test_percentages_are_asked_for_and_divided(said_by: str) -> None:
    percent = FRAME.assign(**{c: 100 * FRAME[c] for c in P})
    id, question, options = asked(percent)
    assert (id, options[:2]) == ("score_kind", ["percent", "logit"])
    assert "so they are no probabilities" in question
    said: dict[str, Any] = (
        {"score_kind": "percent"} if said_by == "argument" else {"choose": {"score_kind": "percent"}}
    )
    np.testing.assert_allclose(probabilities(percent, **said), DRAWN.p, atol=1e-15)


@pytest.mark.parametrize("shift", [0.0, 800.0], ids=["small", "too large for an exponential"])
def test_logits_are_asked_for_and_become_probabilities_by_softmax(shift: float) -> None:
    logit = FRAME.assign(**{c: np.log(FRAME[c]) + shift for c in P})
    id, _, options = asked(logit)
    assert id == "score_kind"
    assert "logit" in options
    assert "percent" not in options
    np.testing.assert_allclose(probabilities(logit, score_kind="logit"), DRAWN.p, rtol=1e-12)


def test_label_without_a_column_gets_no_share_of_a_softmax() -> None:
    """Only predicted, never true: it has no logit, which is not a logit of 0."""
    logit = FRAME.assign(**{c: np.log(FRAME[c]) for c in P})
    logit.loc[0, "y_pred"] = "zebra"
    found = probabilities(
        logit, y_true="y_true", y_pred={"m": "y_pred"}, proba_prefix={"m": "p_"}, score_kind="logit"
    )
    np.testing.assert_allclose(found, np.c_[DRAWN.p, np.zeros(60)], rtol=1e-12)


def test_another_kind_of_score_is_rejected() -> None:
    assert (
        rejected(FRAME, score_kind="margin")
        == "Scores of classes are 'probability', 'percent', 'logit', not 'margin'."
    )


def test_rows_without_a_probability_are_left_out_and_counted() -> None:
    holed = FRAME.copy()
    holed.loc[[3, 9], "p_c0001"] = np.nan
    holed.loc[9, "p_c0002"] = np.nan
    predictions = read(holed)
    assert predictions.judged().dropped["probability missing"] == 2
    assert findings(predictions)["probability-missing"] == (
        "warning", "2 of 60 rows lack a probability of a class in model 'y_pred'; they were left out.",
    )  # fmt: skip
    np.testing.assert_array_equal(predictions.judged().rows, np.delete(np.arange(60), [3, 9]))


def test_few_rows_outside_zero_to_one_are_left_out_with_a_finding() -> None:
    off = FRAME.copy()
    off.loc[7, "p_c0001"] = 1.7
    predictions = read(off)
    assert predictions.judged().dropped["probability outside 0 to 1"] == 1
    assert findings(predictions)["probability-outside"][1] == (
        "1 of 60 rows of model 'y_pred' have a probability outside 0 to 1 (row 8); they were left out."
    )


def test_rounding_beyond_zero_and_one_is_clipped() -> None:
    off = FRAME.copy()
    off.loc[0, P] = [1 + 1e-9, -1e-9, 0, 0]
    assert probabilities(off)[0].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_rows_that_do_not_add_up_to_one_are_a_finding() -> None:
    off = FRAME.copy()
    off.loc[[0, 5], "p_c0000"] += 0.01
    text = findings(read(off))["probability-sum"]
    assert text == (
        "warning",
        "The probabilities of model 'y_pred' do not add up to 1 in 2 of 60 rows: row 1 = 1.01, row 6 = 1.01. They were used as they stand.",
    )


def test_probabilities_rounded_to_three_digits_add_up() -> None:
    rounded = FRAME.assign(**{c: FRAME[c].round(4) for c in P})
    assert "probability-sum" not in findings(read(rounded))


def test_decision_beside_the_most_probable_class_is_a_finding_and_rules() -> None:
    other = FRAME.copy()
    other.loc[:3, "y_pred"] = np.array(LABELS, dtype=object)[(DRAWN.decided[:4] + 1) % 4]
    predictions = read(other)
    assert findings(predictions)["prediction-disagrees"] == (
        "note",
        "In 4 of 60 rows (6.7 %) 'y_pred' is not the class of the highest probability. The matrix follows 'y_pred'.",
    )
    assert mc.evaluate(predictions).metrics["accuracy"] == (other["y_true"] == other["y_pred"]).mean()


def test_decision_for_one_of_two_equal_probabilities_agrees() -> None:
    p = np.full((60, 4), 0.25)
    drawn = ClassRows(DRAWN.truth, p, DRAWN.decided)
    assert "prediction-disagrees" not in findings(read(drawn.frame()))


def test_without_a_decision_the_first_of_the_most_probable_classes_is_taken() -> None:
    frame = pd.DataFrame({"y_true": list("abcd"), "p_a": 0.25, "p_b": 0.25, "p_c": 0.25, "p_d": 0.25})
    assert judged(frame).predicted.tolist() == [0, 0, 0, 0]


def test_probabilities_of_one_class_lie_together_in_memory_also_of_some_rows() -> None:
    """Everything reads one class at a time."""
    some = judged().at(np.arange(60) % 2 == 0), judged().where(np.arange(60) < 30)
    assert all(c.probabilities is not None and c.probabilities.flags.f_contiguous for c in (judged(), *some))


def test_a_text_column_under_the_guessed_prefix_is_no_class() -> None:
    frame = pd.DataFrame({"target": list("abc"), "p_a": [0.8, 0.1, 0.1], "p_b": [0.1, 0.8, 0.1], "p_c": [0.1, 0.1, 0.8], "p_source": "x"})  # fmt: skip
    assert mc.read(frame).labels == ("a", "b", "c")
    assert mc.read(frame, pos_label="a").labels == ("not a", "a")
