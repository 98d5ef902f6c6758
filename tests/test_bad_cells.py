"""Every line of the catalogue of bad cells gets its verdict, and the numbers of the rows that remain are right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

import metrics_core as mc
from metrics_core.errors import DataError, NeedsChoice
from tests.corpus_cells import CORPUS, FRAME, SCORE, TRUE, Line
from tests.tables import random_rows


def read(line: Line, **more: object) -> mc.Predictions:
    named = {k: v for k, v in line.read.items() if v is not None}
    return mc.read(line.data, y_true="y_true", **named, **more)


@pytest.mark.parametrize("name", [name for name, line in CORPUS.items() if line.verdict == "accept"])
def test_cells_that_need_no_repair_are_accepted_without_a_remark(name: str) -> None:
    assert read(CORPUS[name]).findings == ()


@pytest.mark.parametrize("name", [name for name, line in CORPUS.items() if line.verdict == "finding"])
def test_cells_that_are_repaired_or_left_out_are_remarked_on(name: str) -> None:
    line = CORPUS[name]
    said = {f.id: f.text for f in read(line).findings}
    assert line.id in said
    assert line.says in said[line.id]


@pytest.mark.parametrize("name", [name for name, line in CORPUS.items() if line.verdict == "ask"])
def test_cells_that_can_be_read_in_several_ways_are_asked_about(name: str) -> None:
    line = CORPUS[name]
    with pytest.raises(NeedsChoice) as caught:
        read(line)
    assert caught.value.id == line.id
    assert line.says in caught.value.question
    assert tuple(o.value for o in caught.value.options) == line.options


@pytest.mark.parametrize("name", [name for name, line in CORPUS.items() if line.verdict == "reject"])
def test_cells_that_mean_nothing_are_rejected_in_words(name: str) -> None:
    line = CORPUS[name]
    with pytest.raises(DataError) as caught:
        read(line)
    assert not isinstance(caught.value, NeedsChoice)
    assert line.says in str(caught.value)


@pytest.mark.parametrize("name", [name for name, line in CORPUS.items() if line.verdict != "reject"])
def test_numbers_hold_for_the_rows_that_remain(name: str) -> None:
    line = CORPUS[name]
    evaluation = mc.evaluate(read(line, choose=line.choose)).models[0]
    kept = line.kept
    weight = None if line.weight is None else np.asarray(line.weight, dtype=float)[kept]
    assert len(evaluation.cases) == kept.sum()
    truth = np.asarray(line.truth)[kept]
    if line.predicted is not None:
        predicted = np.asarray(line.predicted)[kept]
        right = accuracy_score(truth, predicted, sample_weight=weight)
        assert evaluation.metrics.number("accuracy") == pytest.approx(right, abs=1e-12)
    if line.score is not None and np.unique(truth).size == 2:
        area = roc_auc_score(truth, np.asarray(line.score, dtype=float)[kept], sample_weight=weight)
        assert evaluation.metrics.number("roc_auc") == pytest.approx(area, abs=1e-12)
    if line.score is not None:
        np.testing.assert_allclose(evaluation.cases.score, np.asarray(line.score, dtype=float)[kept], rtol=1e-12)  # fmt: skip


# ------------------------------------------------------------------------------------------------ one kind a model

TWO = FRAME.assign(a=100 * SCORE, b=8 * SCORE - 4).drop(columns="y_score")
BOTH = {"y_true": "y_true", "y_score": ["a", "b"]}
KINDS = {"score_kind:a": "percent", "score_kind:b": "margin"}


def test_each_of_two_models_is_asked_what_its_scores_are() -> None:
    with pytest.raises(NeedsChoice, match="Column 'a'") as caught:
        mc.read(TWO, **BOTH)
    assert caught.value.id == "score_kind:a"
    with pytest.raises(NeedsChoice, match="Column 'b'") as caught:
        mc.read(TWO, **BOTH, choose={"score_kind:a": "percent"})
    assert caught.value.id == "score_kind:b"


def test_two_models_may_hold_scores_of_two_kinds() -> None:
    predictions = mc.read(TWO, **BOTH, choose=KINDS)
    np.testing.assert_allclose(predictions.cases["a"].score, SCORE)
    np.testing.assert_allclose(predictions.cases["b"].score, 8 * SCORE - 4)
    assert (predictions.cases["a"].probability, predictions.cases["b"].margin) == (True, True)


def test_score_kind_without_a_model_means_all_and_an_answer_for_one_model_goes_first() -> None:
    predictions = mc.read(TWO, **BOTH, score_kind="score")
    assert not any(cases.probability or cases.margin for cases in predictions.cases.values())
    predictions = mc.read(TWO, **BOTH, score_kind="score", choose={"score_kind:a": "percent"})
    assert predictions.cases["a"].probability
    assert not predictions.cases["b"].probability
    assert predictions.roles.score_kind == "score"


def test_score_kind_of_a_model_that_does_not_exist_is_rejected() -> None:
    with pytest.raises(DataError, match="There is no model 'c' whose score kind could be chosen"):
        mc.read(TWO, **BOTH, choose={"score_kind:c": "percent"})


def test_models_in_rows_are_asked_one_by_one() -> None:
    stacked = pd.concat([FRAME.assign(model="one"), FRAME.assign(model="other", y_score=100 * SCORE)])
    with pytest.raises(NeedsChoice) as caught:
        mc.read(stacked, y_true="y_true", y_score="y_score", model_column="model")
    assert caught.value.id == "score_kind:other"
    predictions = mc.read(stacked, y_true="y_true", y_score="y_score", model_column="model", choose={"score_kind:other": "percent"})  # fmt: skip
    np.testing.assert_allclose(predictions.cases["one"].score, SCORE)
    np.testing.assert_allclose(predictions.cases["other"].score, SCORE)


def test_models_of_many_classes_may_hold_columns_of_two_kinds() -> None:
    frame = CORPUS["classes: as they stand"].data.drop(columns="y_pred")
    frame = frame.assign(**{f"q_{k}": 100 * frame[f"p_{k}"] for k in ("cat", "dog", "fox")})
    named = {"y_true": "y_true", "proba_prefix": {"p": "p_", "q": "q_"}}
    with pytest.raises(NeedsChoice) as caught:
        mc.read(frame, **named)
    assert caught.value.id == "score_kind:q"
    predictions = mc.read(frame, **named, choose={"score_kind:q": "percent"})
    np.testing.assert_allclose(predictions.cases["p"].probabilities, predictions.cases["q"].probabilities)


# ------------------------------------------------------------------------------------------------ answers and details


def test_answer_that_is_no_option_names_the_options() -> None:
    line = CORPUS["weight: missing, once"]
    with pytest.raises(
        DataError, match=r"'skip' is no answer to 'weight_missing'. There are: 'drop', 'one'."
    ):
        read(line, choose={"weight_missing": "skip"})


def test_third_label_taken_for_a_class_leaves_two_classes_no_way() -> None:
    with pytest.raises(DataError, match="has 3 different labels"):
        read(CORPUS["label: third value"], choose={"third_label": "class"})


def test_third_label_that_is_left_out_is_counted() -> None:
    predictions = read(CORPUS["label: third value"], choose={"third_label": "drop"})
    assert predictions.judged().dropped["label left out"] == 3
    assert "3 of 200 rows" in next(f.text for f in predictions.findings if f.id == "label-left-out")


def test_letter_case_that_tells_classes_apart_stays() -> None:
    line = CORPUS["classes: case"]
    predictions = mc.read(line.data, y_true="y_true", y_pred="y_pred", choose={"label_case": "apart"})
    assert predictions.labels == ("Cat", "cat", "dog", "fox")


def test_decisions_that_mostly_contradict_the_score_are_a_warning() -> None:
    frame = FRAME.assign(y_pred=(SCORE < 0.5).astype(int))
    found = {f.id: f.severity for f in mc.read(frame, y_true="y_true", y_score="y_score", y_pred="y_pred").findings}  # fmt: skip
    assert found["prediction-disagrees"] == "warning"


def test_million_different_labels_are_refused_before_anything_is_done_with_them() -> None:
    n = 1_000_000
    drawn = random_rows(1, n)
    frame = pd.DataFrame({"y_true": np.arange(n), "y_pred": np.arange(n), "y_score": drawn.score})
    for options in ({"task": "multiclass", "y_pred": "y_pred"}, {"task": "binary", "y_score": "y_score"}):
        with pytest.raises(DataError, match="has 1,000,000 different values, more than the 10,000 classes"):
            mc.read(frame, y_true="y_true", **options)


def test_weights_of_zero_in_all_rows_that_remain_are_rejected() -> None:
    frame = FRAME.assign(w=np.where(TRUE, 1.0, 0.0), y_score=np.where(TRUE, np.nan, SCORE))
    with pytest.raises(DataError, match=r"is 0 in each of the \d+ rows that can be used"):
        mc.read(frame, y_true="y_true", y_score="y_score", weight="w")
