"""The commonest bad input, each with its verdict: accept, go on with a finding, ask, or reject, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import metrics_core as mc
from metrics_core.errors import DataError, NeedsChoice
from tests.tables import random_rows, write

ROWS = random_rows(1, 100)
FRAME = ROWS.frame()
FEW = np.arange(100) < 3
SEVERAL = np.arange(100) < 6


def read(frame: Any = FRAME, **options: Any) -> mc.Predictions:
    return mc.read(frame, y_true="y_true", y_score="y_score", **options)


def rejected(data: Any, **options: Any) -> str:
    """The sentence a table is turned away with."""
    with pytest.raises(DataError) as caught:
        mc.read(data, **options)
    assert not isinstance(caught.value, NeedsChoice)
    return str(caught.value)


def asked(data: Any, **options: Any) -> tuple[str, str, list[str]]:
    """The question's id, its sentence and its options."""
    with pytest.raises(NeedsChoice) as caught:
        mc.read(data, **options)
    assert f"Answer with --choose {caught.value.id}=OPTION." in str(caught.value)
    return caught.value.id, caught.value.question, [o.value for o in caught.value.options]


def found(predictions: mc.Predictions) -> dict[str, tuple[str, str]]:
    return {f.id: (f.severity, f.text) for f in predictions.findings}


# ------------------------------------------------------------------------------------------------ no such column


def test_missing_column_names_the_near_miss() -> None:
    assert rejected(FRAME, y_true="y_tru") == "'frame' has no column 'y_tru'. Did you mean 'y_true'?"


def test_missing_column_without_a_near_miss_lists_the_columns() -> None:
    assert (
        rejected(FRAME, weight="importance")
        == "'frame' has no column 'importance'. There are: 'y_true', 'y_score'."
    )


def test_table_without_a_score_or_decision_says_how_to_name_one() -> None:
    assert rejected(FRAME.rename(columns={"y_score": "a"}).assign(a="x")) == (
        "No column of 'frame' looks like a score or a predicted label. Name it with --y-score or --y-pred; "
        "the columns are: 'y_true', 'a'."
    )


def test_two_equally_good_scores_are_a_question() -> None:
    both = FRAME.assign(score=0.5 * ROWS.score)
    assert asked(both) == ("y_score", "Which column holds the scores in 'frame'?", ["y_score", "score"])
    assert mc.read(both, choose={"y_score": "score"}).model().y_score == "score"


def test_one_column_cannot_be_truth_and_prediction() -> None:
    assert rejected(FRAME, y_true="y_true", y_pred="y_true") == (
        "Column 'y_true' is named both as the truth and as the prediction. Name another one."
    )


def test_unknown_role_names_the_near_miss() -> None:
    assert rejected(FRAME, wieght="w") == "There is no role 'wieght'. Did you mean 'weight'?"


# ------------------------------------------------------------------------------------------------ empty, header only

BROKEN_FILES = {
    "": "'t.csv' is empty (0 bytes). Export the predictions again.",
    " \n\n": "'t.csv' holds nothing but blank space. Export the predictions again.",
    "y_true,y_score\n": "'t.csv' has a header with 2 column(s) but no rows. Export the predictions again.",
    "y_true,y_score,y_true\n1,0.5,1\n": (
        "'t.csv' has 1 column name(s) more than once: 'y_true'. Rename the columns so that each name is used once."
    ),
    "y_true,p,P\n1,0.5,1\n": (
        "'t.csv' has column names that differ in letter case only: 'P', 'p'. Rename them so that they cannot be mixed up."
    ),
    "y_true,y_score\n1,0.5\n1,0.5,3\n0,0.1\n": (
        "'t.csv' is not a well-formed table: a row does not have the 2 fields the header names at line 3. "
        "Mend that line or export the file again."
    ),
    "y_true,y_score\n1,0.5\n1\n0,0.1\n": (
        "'t.csv' is not a well-formed table: a row does not have the 2 fields the header names at line 3. "
        "Mend that line or export the file again."
    ),
    'y_true,y_score\n1,0.5\n"1,0.5\n0,0.1\n': (
        "'t.csv' is not a well-formed table: a quotation mark is opened and not closed at line 3. "
        "Mend that line or export the file again."
    ),
    "y_true,y_score\n1,0.5\n0,\x000.1\n": "'t.csv' holds NUL bytes, so it is not text. Export it again as CSV or Parquet.",
    "<!DOCTYPE html><title>Log in</title>": (
        "'t.csv' holds a web page, not a table: perhaps a log-in page was saved. Download it again."
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", BROKEN_FILES)
def test_broken_file_is_rejected_with_one_sentence(text: str, tmp_path: Path) -> None:
    assert rejected(write(tmp_path, text, "t.csv")) == BROKEN_FILES[text]


WRONG_TYPES: dict[str, tuple[bytes, str]] = {
    "t.xlsx": (b"PK\x03\x04...", "'t.xlsx' is a zip archive or an Excel workbook; export the sheet as CSV. Faultline reads CSV, TSV, Parquet, Feather, JSON and JSON lines."),
    "t.csv": (b"\x89PNG\r\n", "'t.csv' is a PNG picture. Faultline reads CSV, TSV, Parquet, Feather, JSON and JSON lines."),
    "t.pkl": (b"\x80\x04\x95.", "'t.pkl' is a Python pickle, which is never opened because it can run code; save the table as Parquet. Faultline reads CSV, TSV, Parquet, Feather, JSON and JSON lines."),
    "t.json": (b"[]", "'t.json' is a list without rows. Export the predictions again."),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_TYPES)
def test_file_of_another_type_is_rejected_by_name(name: str, tmp_path: Path) -> None:
    content, sentence = WRONG_TYPES[name]
    assert rejected(write(tmp_path, content, name)) == sentence


def test_header_of_numbers_is_a_question(tmp_path: Path) -> None:
    id, question, options = asked(write(tmp_path, "1,0.5,\n0,0.25,\n", "t.csv"))
    assert (id, options) == ("header", ["yes", "no"])
    assert question.startswith("The first line of 't.csv' holds no names but numbers ('1', '0.5', '').")


def test_torn_parquet_file_is_rejected(tmp_path: Path) -> None:
    text = rejected(write(tmp_path, b"PAR1" + b"x" * 40, "t.parquet"))
    assert text.startswith("'t.parquet' is not a complete Parquet file (")
    assert text.endswith("). Write it again.")


def test_missing_file_names_the_near_miss(tmp_path: Path) -> None:
    write(tmp_path, "a\n1\n", "predictions.csv")
    wanted = tmp_path / "prediction.csv"
    assert rejected(wanted) == f"There is no file '{wanted}'. Did you mean 'predictions.csv'?"


def test_folder_is_rejected(tmp_path: Path) -> None:
    assert rejected(tmp_path, name="it") == "'it' is a folder. Name the file of predictions inside it."


def test_what_is_no_table_is_rejected() -> None:
    assert rejected([1, 2]) == (
        "int is not a table. Hand over a path, or a pandas, polars or pyarrow frame, or a DuckDB relation."
    )


def test_frame_without_rows_or_with_a_name_twice_is_rejected() -> None:
    assert (
        rejected(FRAME.iloc[:0])
        == "'frame' has a header with 2 column(s) but no rows. Export the predictions again."
    )
    twice = pd.DataFrame([[1, 0.5, 1]], columns=["y_true", "y_score", "y_true"])
    assert rejected(twice) == "The frame has a column name more than once. Rename the columns."
    assert "'y_true'" in rejected(pa.table([[1], [0.5], [1]], names=list(twice.columns)))


# ------------------------------------------------------------------------------------------------ labels


@pytest.mark.parametrize(("label", "other"), [(1, 0), (0, 1)])
def test_one_class_goes_on_with_an_error_finding(label: int, other: int) -> None:
    assert found(read(FRAME.assign(y_true=label)))["one-class"] == (
        "error",
        f"All 100 rows of 'y_true' are '{label}'; none is '{other}'. Whatever compares the two classes is undefined.",
    )


def test_one_class_of_unknown_labels_is_a_question() -> None:
    assert asked(FRAME.assign(y_true="fraud")) == (
        "pos_label",
        "Which label of column 'y_true' is the positive class?",
        ["fraud", "not fraud"],
    )
    assert not read(FRAME.assign(y_true="fraud"), choose={"pos_label": "not fraud"}).judged().positive.any()


@pytest.mark.parametrize("labels", [("fraud", "honest"), ("1", "2"), ("good", "yes")])
def test_text_labels_are_a_question(labels: tuple[str, str]) -> None:
    frame = FRAME.assign(y_true=np.where(ROWS.positive, *labels))
    assert asked(frame) == (
        "pos_label",
        "Which label of column 'y_true' is the positive class?",
        sorted(labels),
    )
    np.testing.assert_array_equal(
        read(frame, choose={"pos_label": labels[0]}).judged().positive, ROWS.positive
    )


def test_positive_label_that_never_occurs_is_rejected() -> None:
    frame = FRAME.assign(y_true=np.where(ROWS.positive, "fraud", "honest"))
    assert (
        rejected(frame, pos_label="frad")
        == "Label 'frad' does not occur in column 'y_true'. Did you mean 'fraud'?"
    )


def test_three_labels_with_one_score_are_rejected() -> None:
    assert rejected(FRAME.assign(y_true=np.arange(100) % 3)) == (
        "Column 'y_true' has 3 different labels ('0', '1', '2'), and no column looks like a predicted label or like "
        "probabilities of each. Name them with --y-pred or --proba-prefix; the columns are: 'y_true', 'y_score'."
    )


def test_empty_label_column_is_rejected() -> None:
    for nothing in (None, np.nan, ""):
        assert rejected(FRAME.assign(y_true=nothing)) == (
            "Column 'y_true' is empty in all 100 rows. Name another one."
        )


def test_rows_without_a_label_are_left_out_and_counted() -> None:
    predictions = read(FRAME.assign(y_true=pd.array(ROWS.positive, dtype="boolean")).assign(y_true=lambda f: f["y_true"].mask(FEW)))  # fmt: skip
    assert predictions.judged().dropped == {"label missing": 3, "score missing": 0}
    assert found(predictions)["label-missing"] == (
        "warning",
        "Column 'y_true' is empty in 3 of 100 rows (row 1, 2, 3); they were left out.",
    )


STRANGE = FRAME.assign(y_pred=np.where(FEW, 2, ROWS.flagged))


def test_labels_seen_only_in_predictions_are_a_question() -> None:
    assert asked(STRANGE) == (
        "unknown_prediction",
        "Column 'y_pred' predicts labels that never occur in 'y_true' in 3 of 100 rows: row 1 = '2', row 2 = '2', "
        "row 3 = '2'. What do these rows count as?",
        ["drop", "negative"],
    )


def test_labels_seen_only_in_predictions_can_be_left_out() -> None:
    predictions = mc.read(STRANGE, choose={"unknown_prediction": "drop"})
    assert predictions.judged().dropped["prediction unknown"] == 3
    assert found(predictions)["unknown-prediction"][1].endswith("They were left out.")
    assert "prediction-missing" not in found(predictions)


def test_labels_seen_only_in_predictions_can_count_as_negative() -> None:
    predictions = mc.read(STRANGE, choose={"unknown_prediction": "negative"})
    assert not np.asarray(predictions.judged().predicted)[FEW].any()
    assert found(predictions)["unknown-prediction"][1].endswith("They count as '0'.")


def test_decisions_that_share_no_label_with_the_truth_are_rejected() -> None:
    frame = pd.DataFrame({"y_true": ROWS.positive, "y_pred": np.where(ROWS.flagged, "cat", "dog")})
    assert rejected(frame) == (
        "Column 'y_pred' holds none of the labels of 'y_true' ('false', 'true') but 'cat', 'dog'. "
        "Name another column with --y-pred, or map its labels."
    )


# ------------------------------------------------------------------------------------------------ scores

BAD_SCORES: dict[str, tuple[Any, str, str, str]] = {
    "missing": (np.nan, "score missing", "score-missing", "Column 'y_score' is empty in {n} of 100 rows (row 1, 2, 3{more}); they were left out."),
    "outside": (-999.0, "score outside 0 to 1", "score-outside", "Column 'y_score' (used as y_score) has {n} of 100 rows outside 0 to 1: row 1 = -999, row 2 = -999, row 3 = -999. They were left out."),
    "infinite": (np.inf, "score infinite", "score-infinite", "Column 'y_score' (used as y_score) has {n} of 100 rows that are infinite: row 1 = inf, row 2 = inf, row 3 = inf. They were left out."),
    "words": ("n.a.", "score not a number", "score-not-a-number", "Column 'y_score' (used as y_score) has {n} of 100 rows that are not numbers: row 1 = 'n.a.', row 2 = 'n.a.', row 3 = 'n.a.'. They were left out."),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_SCORES)
@pytest.mark.parametrize("share", ["few", "several"])
def test_bad_scores_are_left_out_with_a_warning_up_to_5_percent_and_an_error_beyond(
    kind: str, share: str
) -> None:
    cell, reason, id, sentence = BAD_SCORES[kind]
    bad = FEW if share == "few" else SEVERAL
    score = np.where(bad, cell, ROWS.score.astype(str) if isinstance(cell, str) else ROWS.score)
    predictions = read(FRAME.assign(y_score=score))
    n = int(bad.sum())
    assert predictions.judged().dropped[reason] == n
    assert len(predictions.judged()) == 100 - n
    text = sentence.format(n=n, more="" if share == "few" else ", ...")
    assert found(predictions)[id] == ("warning" if share == "few" else "error", text)


def test_numbers_that_look_like_percentages_are_a_question() -> None:
    id, question, options = asked(FRAME.assign(y_score=1 + 99 * ROWS.score))
    assert (id, options) == ("score_kind", ["percent", "score", "probability"])
    assert question.startswith("Column 'y_score' (used as y_score) runs from ")
    assert question.endswith("100 of 100 rows outside 0 to 1. What are these numbers?")


def test_numbers_below_zero_are_a_question_about_logits_and_margins() -> None:
    id, question, options = asked(FRAME.assign(y_score=10 * ROWS.score - 5))
    assert (id, options) == ("score_kind", ["logit", "margin", "score", "probability"])
    assert "runs from -" in question


def test_answering_probability_leaves_out_what_lies_outside() -> None:
    frame = FRAME.assign(y_score=np.where(SEVERAL, 2 + ROWS.score, ROWS.score))
    assert asked(frame)[0] == "score_kind"
    assert read(frame, choose={"score_kind": "probability"}).judged().dropped["score outside 0 to 1"] == 6


def test_second_model_is_asked_about_too() -> None:
    frame = FRAME.assign(other=10 * ROWS.score - 5)
    assert asked(frame, y_score=["y_score", "other"])[1].startswith(
        "Column 'other' (used as y_score) runs from"
    )


def test_unknown_score_kind_names_the_near_miss() -> None:
    assert (
        rejected(FRAME, score_kind="percentage")
        == "There is no score kind 'percentage'. Did you mean 'percent'?"
    )


def test_column_of_text_is_no_score() -> None:
    assert rejected(FRAME.assign(y_score="high"), y_score="y_score") == (
        "Column 'y_score' (used as y_score) holds text in 100 of 100 rows: row 1 = 'high', row 2 = 'high', row 3 = 'high'. "
        "A score is a number; name another column with --y-score, or use this one as --y-pred."
    )


def test_score_column_without_any_number_is_rejected() -> None:
    for nothing in (None, np.nan):
        assert rejected(FRAME.assign(y_score=nothing), y_score="y_score") == (
            "Column 'y_score' (used as y_score) has no number in any of its 100 rows. Name another one."
        )


def test_table_without_one_usable_row_is_rejected_with_the_reasons() -> None:
    frame = pd.DataFrame({"y_true": [1, None], "y_score": [None, 0.5]})
    assert (
        rejected(frame) == "No row of 'frame' can be used: label missing in 1; score missing in 1 of 2 rows."
    )


# ------------------------------------------------------------------------------------------------ weights


def test_missing_weights_are_a_question() -> None:
    frame = FRAME.assign(w=np.where(FEW, np.nan, 2.0))
    assert asked(frame, weight="w") == (
        "weight_missing", "Column 'w' (used as weight) is empty or infinite in 3 of 100 rows.", ["drop", "one"],
    )  # fmt: skip
    assert read(frame, weight="w", choose={"weight_missing": "drop"}).judged().dropped["weight missing"] == 3


BAD_WEIGHTS: dict[str, tuple[Any, str]] = {
    "negative": (np.where(FEW, -1.0, 2.0), "Column 'w' (used as weight) is negative in 3 of 100 rows: row 1 = -1, row 2 = -1, row 3 = -1. Weights are 0 or more."),
    "zero": (0.0, "Column 'w' (used as weight) is 0 in every row. Name another one."),
    "text": ("heavy", "Column 'w' (used as weight) holds text in 100 of 100 rows: row 1 = 'heavy', row 2 = 'heavy', row 3 = 'heavy'. Name another one."),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_WEIGHTS)
def test_weights_that_mean_nothing_are_rejected(kind: str) -> None:
    cells, sentence = BAD_WEIGHTS[kind]
    assert rejected(FRAME.assign(w=cells), weight="w") == sentence


def test_unknown_weight_kind_lists_the_kinds() -> None:
    assert rejected(FRAME.assign(w=1.0), weight="w", weight_kind="importance") == (
        "There is no weight kind 'importance'. There are: 'sampling', 'frequency'."
    )
