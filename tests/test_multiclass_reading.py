"""Predictions of many classes read from a table: the task, the labels, and what is asked or turned away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.errors import DataError
from tests.class_frames import (
    DRAWN,
    FRAME,
    LABELS,
    WITHOUT_P,
    P,
    findings,
    judged,
    numbered,
    read,
    with_p,
)
from tests.class_tables import rejected

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
        pd.DataFrame({"y_true": MEASURED[kind], "y_pred": ["a", "b"] * 30}), y_true="y_true", y_pred="y_pred"
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
