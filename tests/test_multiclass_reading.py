"""Predictions of many classes read from a table: task, classes, probabilities, models, and what is asked or turned away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.cases import BinaryCases, ClassCases
from metrics_core.errors import DataError, NeedsChoice
from tests.class_tables import ClassRows, random_classes

DRAWN = random_classes(1, 60, 4)
FRAME = DRAWN.frame()
LABELS = DRAWN.labels
P = [f"p_{label}" for label in LABELS]
WITHOUT_P = FRAME[["y_true", "y_pred"]]


def read(data: Any = FRAME, **options: Any) -> mc.Predictions:
    return mc.read(data, **options)


def judged(data: Any = FRAME, **options: Any) -> ClassCases:
    cases = mc.read(data, **options).judged()
    assert isinstance(cases, ClassCases)
    return cases


def probabilities(data: Any = FRAME, **options: Any) -> Any:
    found = judged(data, **options).probabilities
    assert found is not None
    return found


def rejected(data: Any, **options: Any) -> str:
    """The sentence a table is turned away with: one line that ends as a sentence does."""
    with pytest.raises(DataError) as caught:
        mc.read(data, **options)
    assert not isinstance(caught.value, NeedsChoice), caught.value
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


def asked(data: Any, **options: Any) -> tuple[str, str, list[str]]:
    """The question's id, its sentence and its options."""
    with pytest.raises(NeedsChoice) as caught:
        mc.read(data, **options)
    return caught.value.id, caught.value.question, [o.value for o in caught.value.options]


def findings(predictions: mc.Predictions) -> dict[str, tuple[str, str]]:
    return {f.id: (f.severity, f.text) for f in predictions.findings}


def numbered(first: int = 0) -> pd.DataFrame:
    """Labels that are whole numbers."""
    return pd.DataFrame({"y_true": DRAWN.truth + first, "y_pred": DRAWN.decided + first})


def with_p(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Add the probabilities under some names."""
    return pd.concat([frame, pd.DataFrame(DRAWN.p, columns=names, index=frame.index)], axis=1)


# ------------------------------------------------------------------------------------------------ the task

MANY: dict[str, Any] = {
    "text": FRAME["y_true"],
    "whole numbers": DRAWN.truth,
    "whole numbers from 1": DRAWN.truth + 1,
    "decimals that are whole": DRAWN.truth.astype(float),
    "negative numbers": DRAWN.truth - 2,
    "text of numbers": DRAWN.truth.astype(str),
    "categories": pd.Categorical(FRAME["y_true"], categories=[*LABELS, "never"]),
    "nullable integers": pd.array(DRAWN.truth, dtype="Int64"),
}


@pytest.mark.parametrize("kind", MANY)
def test_more_than_two_labels_are_multiclass(kind: str) -> None:
    predictions = read(pd.DataFrame({"y_true": MANY[kind], "y_pred": MANY[kind]}))
    assert predictions.roles.task == "multiclass"
    assert len(predictions.labels) == 4
    assert mc.evaluate(predictions).metrics["accuracy"] == 1.0
    assert "4 different labels" in predictions.reasons["task"]


def test_two_labels_stay_binary() -> None:
    assert read(pd.DataFrame({"y_true": [0, 1, 0], "y_pred": [0, 1, 1]})).roles.task == "binary"


def test_two_labels_in_two_letter_cases_stay_binary() -> None:
    frame = pd.DataFrame({"y_true": ["Yes", "no", "yes", "No"], "y_pred": ["yes", "no", "yes", "no"]})
    assert read(frame).roles.task == "binary"


def test_two_labels_are_multiclass_when_somebody_says_so() -> None:
    predictions = read(FRAME[FRAME["y_true"].isin(LABELS[:2])], task="multiclass")
    assert predictions.roles.task == "multiclass"
    assert predictions.reasons["task"] == "named by you"


MEASURED: dict[str, Any] = {
    "decimals": np.linspace(0, 1, 60),
    "prices": np.arange(60) * 997 + 13,
    "times": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(60), unit="h"),
}


@pytest.mark.parametrize("kind", MEASURED)
def test_measurements_are_no_labels(kind: str) -> None:
    text = rejected(
        pd.DataFrame({"y_true": MEASURED[kind], "y_pred": MEASURED[kind]}), y_true="y_true", y_pred="y_pred"
    )
    assert "not labels of classes" in text
    assert "60 different values" in text
    assert "--y-true" in text


def test_names_of_rows_are_no_labels_unless_somebody_says_so() -> None:
    names = [f"row {i}" for i in range(1200)]
    frame = pd.DataFrame({"y_true": names, "y_pred": names[::-1]})
    assert "names of rows, not labels of classes" in rejected(frame, y_true="y_true", y_pred="y_pred")
    assert len(read(frame, y_true="y_true", y_pred="y_pred", task="multiclass").labels) == 1200


def test_table_with_nothing_predicted_says_how_to_name_it() -> None:
    text = rejected(FRAME[["y_true"]].assign(a="x"), y_true="y_true")
    assert text.startswith("Column 'y_true' has 4 different labels ('c0000', 'c0001', 'c0002', 'c0003')")
    assert "--y-pred or --proba-prefix" in text


def test_one_score_cannot_tell_many_classes_apart() -> None:
    text = rejected(FRAME, y_true="y_true", y_score="p_c0000")
    assert "one score cannot tell them apart" in text
    assert "--proba-prefix" in text


def test_threshold_belongs_to_one_class() -> None:
    with pytest.raises(
        DataError, match=r"^A threshold belongs to one class against the rest: name the class with .*\.$"
    ):
        mc.evaluate(read(), threshold=0.5)


# ------------------------------------------------------------------------------------------------ labels


def test_classes_are_all_that_are_true_predicted_or_have_a_probability() -> None:
    frame = with_p(WITHOUT_P, P).assign(p_never=0.0)
    frame.loc[0, "y_pred"] = "only predicted"
    assert read(frame, y_true="y_true", y_pred={"m": "y_pred"}, proba_prefix={"m": "p_"}).labels == (
        *LABELS, "never", "only predicted",
    )  # fmt: skip


def test_numbers_are_ordered_by_value_and_before_words() -> None:
    labels = ["10", "9", "b", "a", "2"]
    assert read(pd.DataFrame({"y_true": labels, "y_pred": labels})).labels == ("2", "9", "10", "a", "b")


def test_integers_of_one_column_are_the_decimals_of_the_other() -> None:
    predictions = read(numbered().astype({"y_true": float}))
    assert predictions.labels == ("0", "1", "2", "3")
    assert mc.evaluate(predictions).metrics["accuracy"] == (DRAWN.truth == DRAWN.decided).mean()


def test_predicted_label_that_is_never_true_is_a_mistake_with_a_finding() -> None:
    frame = WITHOUT_P.assign(y_pred=WITHOUT_P["y_pred"].where(np.arange(60) > 4, "zebra"))
    predictions = read(frame)
    assert findings(predictions)["unknown-prediction"] == (
        "warning",
        "Column 'y_pred' predicts 1 label that never occurs in 'y_true', in 5 of 60 rows: "
        "row 1 = 'zebra', row 2 = 'zebra', row 3 = 'zebra'. They count as mistakes.",
    )
    assert mc.evaluate(predictions).metrics["accuracy"] == pytest.approx(
        (frame["y_true"] == frame["y_pred"]).mean()
    )


def test_labels_of_predictions_may_differ_in_letter_case_with_a_finding() -> None:
    predictions = read(WITHOUT_P.assign(y_pred=WITHOUT_P["y_pred"].str.upper()))
    assert predictions.labels == LABELS
    assert findings(predictions)["labels-case"] == (
        "note",
        "Labels of 'y_pred' differ from those of 'y_true' in letter case ('C0000', 'C0001', 'C0002'); they were read as the same.",
    )
    np.testing.assert_array_equal(predictions.judged().predicted, DRAWN.decided)  # type: ignore[attr-defined]  # many classes


def test_predictions_that_share_no_label_with_the_truth_are_rejected() -> None:
    assert rejected(WITHOUT_P.assign(y_pred="none of these"), y_true="y_true", y_pred="y_pred") == (
        "Column 'y_pred' holds none of the labels of 'y_true' ('c0000', 'c0001', 'c0002', 'c0003') but 'none of these'. "
        "Name another column with --y-pred, or map its labels."
    )


def test_rows_with_one_class_only_get_a_finding() -> None:
    one = FRAME[FRAME["y_true"] == "c0002"]
    predictions = read(one, y_true="y_true", y_pred={"m": "y_pred"}, proba_prefix={"m": "p_"})
    assert findings(predictions)["one-class"][0] == "error"
    assert mc.evaluate(predictions).metrics["roc_auc_ovr_macro"] is None


def test_missing_labels_and_predictions_are_left_out_by_reason() -> None:
    holed = WITHOUT_P.copy()
    holed.loc[:2, "y_true"] = None
    holed.loc[2:6, "y_pred"] = ""
    cases = judged(holed)
    assert len(cases) == 53
    assert cases.dropped == {"label missing": 3, "prediction missing": 4}


# ------------------------------------------------------------------------------------------------ probabilities


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


# ------------------------------------------------------------------------------------------------ several models


def test_two_columns_of_decisions_are_two_models() -> None:
    both = WITHOUT_P.assign(other="c0001")
    predictions = read(both, y_pred=["y_pred", "other"])
    assert [(m.name, m.y_pred) for m in predictions.roles.models] == [
        ("y_pred", "y_pred"),
        ("other", "other"),
    ]
    assert (
        mc.evaluate(predictions).models[1].metrics.values["accuracy"] == (FRAME["y_true"] == "c0001").mean()
    )


def test_two_prefixes_are_two_models() -> None:
    both = with_p(FRAME, [f"q_{label}" for label in LABELS]).assign(
        q_c0000=FRAME["p_c0001"], q_c0001=FRAME["p_c0000"]
    )
    predictions = read(both, proba_prefix={"one": "p_", "other": "q_"})
    assert [m.name for m in predictions.roles.models] == ["one", "other"]
    np.testing.assert_array_equal(predictions.judged("other").probabilities, DRAWN.p[:, [1, 0, 2, 3]])  # type: ignore[attr-defined]  # many classes


def test_decisions_and_prefixes_of_one_name_belong_together() -> None:
    both = with_p(FRAME, [f"q_{label}" for label in LABELS]).assign(other="c0001")
    predictions = read(
        both, y_pred={"one": "y_pred", "other": "other"}, proba_prefix={"one": "p_", "other": "q_"}
    )
    found = [(m.name, m.y_pred, m.proba[0][1]) for m in predictions.roles.models]
    assert found == [("one", "y_pred", "p_c0000"), ("other", "other", "q_c0000")]
    assert predictions.roles.to_dict()["proba"]["other"]["c0003"] == "q_c0003"


def test_decisions_and_probabilities_of_two_names_are_two_models() -> None:
    predictions = read(FRAME, y_pred={"rules": "y_pred"}, proba_prefix={"net": "p_"})
    assert [(m.name, m.y_pred, bool(m.proba)) for m in predictions.roles.models] == [
        ("rules", "y_pred", False),
        ("net", None, True),
    ]


def test_columns_of_each_class_are_of_one_model_only() -> None:
    text = rejected(
        FRAME.assign(other="c0001"), y_pred=["y_pred", "other"], proba=dict(zip(LABELS, P, strict=True))
    )
    assert "--proba-prefix" in text


def test_models_below_each_other_are_told_apart_by_a_column() -> None:
    predictions = read(
        pd.concat([FRAME.assign(model="new", y_pred="c0001"), FRAME.assign(model="base")]), y_true="y_true"
    )
    assert [m.name for m in predictions.roles.models] == ["new", "base"]
    found = mc.evaluate(predictions).models
    assert found[0].metrics.values["accuracy"] == (FRAME["y_true"] == "c0001").mean()
    assert found[1].metrics.values == mc.evaluate(read()).metrics


def test_models_below_each_other_may_have_unequal_rows() -> None:
    long = pd.concat([FRAME.assign(who="base"), FRAME.head(20).assign(who="new", y_pred="c0001")])
    predictions = read(long, y_true="y_true", model_column="who")
    assert [len(predictions.cases[name]) for name in ("base", "new")] == [60, 20]
    found = mc.evaluate(predictions).models
    assert found[0].metrics.values == mc.evaluate(read()).metrics
    assert found[1].metrics.values["accuracy"] == (FRAME["y_true"].head(20) == "c0001").mean()


def test_column_of_models_without_a_value_is_rejected() -> None:
    assert rejected(FRAME.assign(who=None), y_true="y_true", model_column="who") == (
        "Column 'who' (which names the models) is empty. Name another one."
    )


def test_column_of_models_with_very_many_values_is_rejected() -> None:
    text = rejected(FRAME.assign(who=[f"m{i}" for i in range(60)]), y_true="y_true", model_column="who")
    assert text == (
        "Column 'who' (which names the models) has 60 different values, more than the 50 models that can be shown. Name another one."
    )


def test_models_by_row_and_by_column_at_once_are_rejected() -> None:
    frame = FRAME.assign(who="m", other=FRAME["y_pred"])
    assert rejected(frame, model_column="who", y_pred=["y_pred", "other"]) == (
        "Column 'who' tells the models apart by row, but 2 models are named by column. Use one of the two."
    )


def test_label_that_one_model_only_predicts_is_left_out_for_the_other() -> None:
    """The other model neither meets nor predicts it, so its means are those without it."""
    both = WITHOUT_P.assign(other=np.where(np.arange(60) < 3, "zebra", WITHOUT_P["y_pred"]))
    first = mc.evaluate(read(both, y_pred=["y_pred", "other"])).models[0]
    alone = mc.evaluate(read(WITHOUT_P)).models[0]
    for key in ("f1_macro", "precision_macro", "balanced_accuracy", "mcc", "cohen_kappa"):
        assert first.metrics.values[key] == pytest.approx(alone.metrics.values[key], abs=1e-15)


# ------------------------------------------------------------------------------------------------ weights, groups, filters


def test_weights_count_in_every_metric() -> None:
    w = np.random.default_rng(3).exponential(size=60)
    found = mc.evaluate(read(FRAME.assign(w=w), weight="w")).metrics
    assert found["accuracy"] == pytest.approx(np.average(DRAWN.truth == DRAWN.decided, weights=w), abs=1e-12)
    assert found["brier"] == pytest.approx(
        np.average(((DRAWN.p - np.eye(4)[DRAWN.truth]) ** 2).sum(1), weights=w), abs=1e-12
    )


def test_frequency_weights_are_rows() -> None:
    times = np.random.default_rng(4).integers(1, 4, 60)
    weighted = mc.evaluate(read(FRAME.assign(w=times), weight="w", weight_kind="frequency")).to_dict()
    repeated = mc.evaluate(read(FRAME.loc[np.repeat(np.arange(60), times)])).to_dict()
    assert weighted["effective_n"] == repeated["effective_n"] == times.sum()
    assert weighted["metrics"] == pytest.approx(repeated["metrics"], abs=1e-12)
    assert weighted["confusion"] == repeated["confusion"]


def test_negative_weight_is_rejected() -> None:
    assert "is negative in 60 of 60 rows" in rejected(FRAME.assign(w=-1), weight="w")


def test_group_says_which_rows_belong_together() -> None:
    cases = judged(FRAME.assign(patient=np.arange(60) // 3), group="patient")
    assert cases.together is not None
    assert np.unique(cases.together).size == 20
    spans = mc.evaluate(
        read(FRAME.assign(patient=np.arange(60) // 3), group="patient"), intervals=True, replicates=100
    ).intervals
    assert {span.method for span in spans.values()} == {"group_bootstrap"}


def test_filter_judges_only_its_rows() -> None:
    frame = FRAME.assign(age=np.arange(60), w=np.linspace(1, 2, 60))
    found = mc.evaluate(read(frame, weight="w"), where="age >= 20 and age < 50").to_dict()
    alone = mc.evaluate(read(frame.iloc[20:50], weight="w")).to_dict()
    assert found["metrics"] == alone["metrics"]
    assert found["rows_used"] == 30


def test_filter_that_leaves_no_row_says_so() -> None:
    with pytest.raises(DataError, match="No row that can be judged passes the filter"):
        mc.evaluate(read(FRAME.assign(age=1)), where="age > 5")


def test_groups_of_a_breakdown_are_judged_as_their_rows_alone() -> None:
    frame = FRAME.assign(sex=np.where(np.arange(60) % 3 == 0, "f", "m"))
    groups = mc.evaluate(read(frame), by=["sex"]).models[0].groups
    assert [(g.level.label, g.rows) for g in groups] == [("f", 20), ("m", 40)]
    for g in groups:
        alone = mc.evaluate(
            read(
                frame[frame["sex"] == g.level.label],
                y_true="y_true",
                y_pred={"m": "y_pred"},
                proba_prefix={"m": "p_"},
            )
        )
        assert g.metrics.values == pytest.approx(alone.metrics, abs=1e-12)


def test_breakdown_of_weighted_rows_by_a_number_names_its_ranges() -> None:
    frame = FRAME.assign(age=np.arange(60.0), w=np.linspace(1, 2, 60))
    found = mc.evaluate(read(frame, weight="w"), by=["age"], intervals=True, replicates=100).to_dict()
    assert sum(g["rows"] for g in found["by"]) == 60
    assert all("accuracy" in g["intervals"] for g in found["by"])


def test_frame_and_json_hold_every_metric_and_class() -> None:
    evaluation = mc.evaluate(read(), intervals=True, replicates=100, k=[2])
    frame, found = evaluation.frame(), evaluation.to_dict()
    assert set(frame["key"]) == set(found["metrics"]) == set(found["intervals"])
    assert "top_k_accuracy@2" in found["metrics"]
    assert [c["label"] for c in found["classes"]] == list(LABELS) == found["confusion"]["labels"]
    assert np.array(found["confusion"]["matrix"]).sum() == 60
    assert found["task"] == "multiclass"
    assert found["threshold"] is None
    assert found["pos_label"] is None


# ------------------------------------------------------------------------------------------------ one class against the rest


def binary_frame(label: str, data: pd.DataFrame = FRAME) -> pd.DataFrame:
    """The same rows as a binary table."""
    return pd.DataFrame(
        {
            "truth": (data["y_true"] == label).astype(int),
            "decided": (data["y_pred"] == label).astype(int),
            "score": data[f"p_{label}"],
        }
    )


@pytest.mark.parametrize("label", LABELS)
def test_class_against_the_rest_is_a_binary_evaluation(label: str) -> None:
    rest = read().against_rest(label)
    alone = mc.read(binary_frame(label), y_true="truth", y_score={"m": "score"}, y_pred={"m": "decided"})
    for options in ({}, {"threshold": 0.3}):
        found, binary = mc.evaluate(rest, **options), mc.evaluate(alone, **options)
        assert found.metrics == binary.metrics
        assert found.to_dict()["confusion"]["matrix"] == binary.to_dict()["confusion"]["matrix"]
    assert rest.labels == (f"not {label}", label)
    assert rest.roles.pos_label == label


def test_class_against_the_rest_keeps_weights_groups_and_dropped_rows() -> None:
    frame = FRAME.assign(w=np.linspace(1, 2, 60), patient=np.arange(60) // 3)
    frame.loc[4, "p_c0000"] = np.nan
    predictions = read(frame, weight="w", group="patient")
    whole, rest = predictions.judged(), predictions.against_rest("c0001").judged()
    assert isinstance(rest, BinaryCases)
    np.testing.assert_array_equal(rest.rows, whole.rows)
    np.testing.assert_array_equal(rest.weight, whole.weight)
    np.testing.assert_array_equal(rest.together, whole.together)
    assert rest.dropped == whole.dropped


def test_every_model_is_taken_against_the_rest() -> None:
    both = WITHOUT_P.assign(other="c0001")
    rest = read(both, y_pred=["y_pred", "other"]).against_rest("c0001")
    assert [mc.evaluate(rest).models[i].metrics.values["recall"] for i in (0, 1)] == [
        pytest.approx((both["y_pred"] == "c0001")[both["y_true"] == "c0001"].mean()),
        1.0,
    ]


@pytest.mark.parametrize("task", [None, "binary"])
def test_positive_label_of_many_is_taken_against_the_rest(task: str | None) -> None:
    named = read(FRAME, y_true="y_true", task=task, pos_label="c0002")
    assert named.roles.task == "binary"
    assert named.reasons["pos_label"] == "named by you"
    assert (
        mc.evaluate(named, threshold=0.4).metrics
        == mc.evaluate(read().against_rest("c0002"), threshold=0.4).metrics
    )


def test_positive_label_that_never_occurs_is_rejected() -> None:
    assert rejected(FRAME, y_true="y_true", pos_label="c9") == (
        "Label 'c9' does not occur in column 'y_true'. There are: 'c0000', 'c0001', 'c0002', 'c0003'."
    )


def test_unknown_class_against_the_rest_is_rejected() -> None:
    with pytest.raises(
        DataError, match=r"^There is no class 'c9'\. There are: 'c0000', 'c0001', 'c0002', 'c0003'\.$"
    ):
        read().against_rest("c9")


def test_two_classes_have_nothing_to_take_one_against() -> None:
    with pytest.raises(DataError, match="There are only two classes"):
        mc.read(binary_frame("c0001"), y_true="truth", y_pred="decided").against_rest("1")
