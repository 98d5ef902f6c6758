"""Several models of many classes, their weights, groups and filters, and one class taken against the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.cases import BinaryCases, ClassCases
from metrics_core.errors import DataError
from tests.class_tables import random_classes, rejected

DRAWN = random_classes(1, 60, 4)
FRAME = DRAWN.frame()
LABELS = DRAWN.labels
P = [f"p_{label}" for label in LABELS]
Q = [f"q_{label}" for label in LABELS]
WITHOUT_P = FRAME[["y_true", "y_pred"]]
#: The probabilities of a second model beside those of the first.
BOTH = pd.concat([FRAME, pd.DataFrame(DRAWN.p, columns=Q)], axis=1)


def read(data: Any = FRAME, **options: Any) -> mc.Predictions:
    return mc.read(data, **options)


def judged(data: Any = FRAME, **options: Any) -> ClassCases:
    cases = mc.read(data, **options).judged()
    assert isinstance(cases, ClassCases)
    return cases


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
    both = BOTH.assign(q_c0000=FRAME["p_c0001"], q_c0001=FRAME["p_c0000"])
    predictions = read(both, proba_prefix={"one": "p_", "other": "q_"})
    assert [m.name for m in predictions.roles.models] == ["one", "other"]
    np.testing.assert_array_equal(predictions.judged("other").probabilities, DRAWN.p[:, [1, 0, 2, 3]])  # type: ignore[attr-defined]  # many classes


def test_decisions_and_prefixes_of_one_name_belong_together() -> None:
    both = BOTH.assign(other="c0001")
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
