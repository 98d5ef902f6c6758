"""Columns of probabilities whose names write a class a little otherwise than the label does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.errors import DataError
from metrics_core.probability_columns import class_key, whole_prefixes
from metrics_core.source import open_source

N = 90
RNG = np.random.default_rng(5)
CODE = RNG.integers(0, 3, N)
P = np.round(0.6 * np.eye(3)[CODE] + 0.4 * RNG.dirichlet(np.ones(3), N), 6)
PETS = np.array(["cat", "dog", "eel"])


def frame(names: list[str], y: Any = PETS[CODE], p: Any = P) -> pd.DataFrame:
    return pd.DataFrame({"y": y, **dict(zip(names, p.T, strict=True))})


SPELLED: dict[str, tuple[list[str], Any, list[str], str]] = {
    "numbers as floats": (["p_0.0", "p_1.0", "p_2.0"], CODE, ["0", "1", "2"], "a column 'p_' + label for each of the 3 labels, written otherwise: 'p_0.0' for '0', ..."),
    "labels as floats too": (["p_0.0", "p_1.0", "p_2.0"], CODE.astype(float), ["0", "1", "2"], "a column 'p_' + label for each of the 3 labels, written otherwise: 'p_0.0' for '0', ..."),
    "letter case": (["p_Cat", "p_dog", "p_eel"], PETS[CODE], ["cat", "dog", "eel"], "a column 'p_' + label for each of the 3 labels, written otherwise: 'p_Cat' for 'cat'"),
    "called like the labels": (["CAT", "DOG", "EEL"], PETS[CODE], ["cat", "dog", "eel"], "a column called like each of the 3 labels, fractions, written otherwise: 'CAT' for 'cat', ..."),
    "called like numbers": (["0.0", "1.0", "2.0"], CODE, ["0", "1", "2"], "a column called like each of the 3 labels, fractions, written otherwise: '0.0' for '0', ..."),
    "as they are": (["p_cat", "p_dog", "p_eel"], PETS[CODE], ["cat", "dog", "eel"], "a column 'p_' + label for each of the 3 labels"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPELLED)
def test_probabilities_are_found_and_the_spelling_is_told(name: str) -> None:
    names, y, labels, reason = SPELLED[name]
    predictions = mc.read(frame(names, y))
    assert predictions.model().proba == tuple(zip(labels, names, strict=True))
    assert predictions.labels == tuple(labels)
    assert predictions.reasons["proba_prefix"] == reason
    np.testing.assert_array_equal(predictions.judged().probabilities, P)  # type: ignore[attr-defined]  # many classes


def test_a_named_prefix_leads_to_the_same_columns() -> None:
    predictions = mc.read(frame(["p_Cat", "p_dog", "p_eel"]), y_true="y", proba_prefix="p_")
    assert dict(predictions.model().proba)["cat"] == "p_Cat"
    assert predictions.reasons["proba_prefix"] == "named by you, written otherwise: 'p_Cat' for 'cat'"
    assert (
        "proba_prefix"
        not in mc.read(frame(["p_cat", "p_dog", "p_eel"]), y_true="y", proba_prefix="p_").reasons
    )


def test_one_class_against_the_rest_finds_its_column() -> None:
    found = mc.read(frame(["p_Cat", "p_Dog", "p_Eel"]), y_true="y", proba_prefix="p_", pos_label="dog")
    assert found.model().y_score == "p_Dog"


def test_the_score_of_two_classes_is_found_by_a_number_written_as_a_float() -> None:
    two = pd.DataFrame({"y": (CODE > 0).astype(int), "p_0.0": P[:, 0], "p_1.0": 1 - P[:, 0]})
    predictions = mc.read(two)
    assert predictions.model().y_score == "p_1.0"
    assert "the probability of '1'" in predictions.reasons["y_score"]


def test_labels_that_differ_in_letter_case_only_keep_their_own_columns() -> None:
    y = np.array(["A", "a", "b"])[CODE]
    predictions = mc.read(frame(["p_A", "p_a", "p_b"], y), choose={"label_case": "apart"})
    assert predictions.model().proba == (("A", "p_A"), ("a", "p_a"), ("b", "p_b"))


def test_two_columns_for_one_label_are_not_told_apart_by_guessing() -> None:
    both = frame(["p_Cat", "p_dog", "p_eel"]).assign(p_CAT=0.1, d=PETS[CODE])
    with pytest.raises(DataError, match="no column looks like a predicted label or like probabilities"):
        mc.read(both.drop(columns="d"))
    found = mc.read(both.assign(p_cat=P[:, 0]), y_true="y", proba_prefix="p_")  # one is written as the label
    assert dict(found.model().proba)["cat"] == "p_cat"


def test_numbers_that_are_no_fractions_are_not_taken_for_probabilities_by_a_loose_name() -> None:
    y = np.array(["a", "b", "c"])[CODE]
    features = frame(["featureA", "featureB", "featureC"], y, 7 * P).assign(pred=y)
    assert mc.read(features).model().proba == ()


def test_a_prefix_with_a_column_for_each_label_as_it_is_goes_first() -> None:
    names = ["p_cat", "p_dog", "p_eel"]
    both = frame(names).assign(**{f"q_{n.title()}": 0.5 for n in PETS})
    assert whole_prefixes(open_source(both), list(PETS), list(both.columns)) == ["p_"]


@pytest.mark.parametrize(("text", "key"), [("Cat", "cat"), ("1.0", "1"), ("-1.0", "-1"), ("1.50", "1.50"), ("v1.0", "v1.0"), ("", "")])  # fmt: skip
def test_a_key_folds_case_and_whole_floats_only(text: str, key: str) -> None:
    assert class_key(text) == key


def test_a_letter_that_folds_to_two_is_left_alone() -> None:
    y = np.array(["groß", "klein", "mittel"])[CODE]
    found = mc.read(frame(["p_groß", "p_klein", "p_mittel"], y)).model().proba
    assert [column for _, column in found] == ["p_groß", "p_klein", "p_mittel"]
