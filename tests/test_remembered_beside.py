"""What is remembered, put beside what is named now, and beside a table that has changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from app.remembered import GONE, beside, recall, still_there

KEPT: dict[str, Any] = {
    "y_true": "label",
    "task": "binary",
    "pos_label": "fraud",
    "y_score": {"lr": "p", "rf": "q"},
    "y_pred": {"lr": "d"},
    "weight": "w",
    "weight_kind": "frequency",
    "id": "nr",
    "slices": ["country"],
    "choose": {"header": "yes", "score_kind:rf": "margin", "third_label": "drop", "weight_missing": "one"},
}


def taken(**named: Any) -> set[str]:
    """Name what is taken over of the remembered roles and answers."""
    roles, found = beside(named, KEPT)
    assert {role: roles[role] for role in found if role != "choose"} == {r: v for r, v in found.items() if r != "choose"}  # fmt: skip
    return {*(set(found) - {"choose"}), *found.get("choose", {})}


EVERYTHING = {*(set(KEPT) - {"choose"}), *KEPT["choose"]}
MODELS = {"y_score", "y_pred", "score_kind:rf"}

NAMED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "nothing": ({}, set()),
    "the same truth": ({"y_true": "label"}, {"y_true"}),
    "another truth": ({"y_true": "other"}, {"y_true", "task", "pos_label", "third_label"}),
    "another truth by an answer": ({"choose": {"y_true": "other"}}, {"y_true", "task", "pos_label", "third_label"}),
    "another positive label": ({"pos_label": "honest"}, {"pos_label"}),
    "another score": ({"y_score": "p"}, MODELS),
    "a prediction": ({"y_pred": "d"}, MODELS),
    "probabilities": ({"proba_prefix": "p_"}, MODELS),
    "the column of models": ({"model_column": "m"}, MODELS),
    "another task": ({"task": "multiclass"}, {"task", "pos_label", *MODELS}),
    "the kind of all scores": ({"score_kind": "logit"}, {"score_kind:rf"}),
    "the kind of one": ({"choose": {"score_kind:rf": "logit"}}, {"score_kind:rf"}),
    "another weight": ({"weight": "v"}, {"weight", "weight_kind", "weight_missing"}),
    "a role taken away": ({"id": None}, {"id"}),
    "columns in a tuple": ({"slices": ("country",)}, {"slices"}),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_what_is_named_goes_first_with_what_hangs_on_it(name: str) -> None:
    named, left_out = NAMED[name]
    assert EVERYTHING - taken(**named) == left_out
    roles, _ = beside(named, KEPT)
    assert {role: roles[role] for role in named if role != "choose"} == {r: v for r, v in named.items() if r != "choose"}  # fmt: skip
    assert roles["choose"].items() >= named.get("choose", {}).items()


def test_nothing_remembered_leaves_what_is_named() -> None:
    assert beside({"y_true": "a"}, {}) == ({"y_true": "a"}, {})


# ------------------------------------------------------------------------------------------------ columns that are gone


def gone(kept: dict[str, Any], *columns: str) -> tuple[dict[str, Any], list[str]]:
    left, findings = still_there(kept, set(columns), "x.csv")
    assert all(f.id == GONE and f.severity == "warning" for f in findings)
    return left, [f.text for f in findings]


ALL = ("label", "p", "q", "d", "w", "nr", "country")


def test_nothing_is_said_of_a_table_that_has_every_column() -> None:
    assert gone(KEPT, *ALL) == (KEPT, [])


def test_a_truth_that_is_gone_takes_its_labels_along() -> None:
    left, said = gone(KEPT, *(c for c in ALL if c != "label"))
    assert set(KEPT) - set(left) == {"y_true", "task", "pos_label"}
    assert "third_label" not in left["choose"]
    assert said == ["'x.csv' has no column 'label' any more, which faultline.toml remembers as y_true; the role was guessed again."]  # fmt: skip


def test_one_model_of_several_is_left_out() -> None:
    left, said = gone(KEPT, *(c for c in ALL if c != "q"))
    assert left["y_score"] == {"lr": "p"}
    assert left["y_pred"] == {"lr": "d"}
    assert "score_kind:rf" not in left["choose"]
    assert said == ["'x.csv' has no column 'q' any more, which faultline.toml remembers as y_score; it was left out."]  # fmt: skip


def test_models_are_guessed_again_when_a_role_of_theirs_has_no_column_left() -> None:
    left, said = gone(KEPT, "label", "p", "q", "w", "nr", "country")
    assert not {"y_score", "y_pred"} & set(left)
    assert len(said) == 1
    assert "'d'" in said[0]
    assert gone({"y_score": "s", "score_kind": "logit"}, "label")[0] == {}
    assert gone({"y_score": ["s", "t"]}, "t")[0] == {"y_score": ["t"]}


def test_probabilities_are_whole_or_gone() -> None:
    proba = {"a": "p_a", "b": "p_b"}
    assert gone({"proba": proba}, "p_a", "p_b") == ({"proba": proba}, [])
    assert gone({"proba": proba}, "p_a")[0] == {}
    assert gone({"proba_prefix": "p_"}, "p_a") == ({"proba_prefix": "p_"}, [])
    left, said = gone({"proba_prefix": {"one": "p_", "two": "q_"}}, "p_a")
    assert left == {"proba_prefix": {"one": "p_"}}
    assert said[0].startswith("No column of 'x.csv' starts with 'q_' any more")


def test_columns_for_the_reader_are_left_out_one_by_one() -> None:
    left, said = gone({"slices": ["a", "b"], "text": ["c"], "image": []}, "b")
    assert left == {"slices": ["b"], "image": []}
    assert [text.partition(";")[2] for text in said] == [" it was left out.", " it was left out."]


def test_answers_that_name_columns_go_with_them() -> None:
    kept = {"choose": {"y_score": "*", "y_true": "t", "header": "no", "pos_label": "x"}}
    left, said = gone(kept, "p")
    assert left == {"choose": {"y_score": "*", "header": "no"}}
    assert len(said) == 1


def test_a_role_that_was_taken_away_is_not_missed() -> None:
    assert gone({"id": None, "slices": None}, "p") == ({"id": None, "slices": None}, [])


def test_a_column_that_is_gone_is_not_missed_where_another_is_named() -> None:
    kept = {"y_true": "lost", "pos_label": "x", "id": "gone", "slices": ["a"]}
    roles, taken, findings = recall({"y_true": "label"}, kept, {"label", "a"}, "x.csv")
    assert (roles, taken) == ({"slices": ["a"], "y_true": "label"}, {"slices": ["a"]})
    assert [f.text[:25] for f in findings] == ["'x.csv' has no column 'go"]


def test_what_is_left_can_be_read() -> None:
    n = 40
    frame = pd.DataFrame(
        {"label": np.where(np.arange(n) % 3, "honest", "fraud"), "p": np.arange(n) / n, "nr": np.arange(n)}
    )
    left, said = still_there(KEPT, set(frame.columns), "x.csv")
    predictions = mc.read(frame, **left)
    assert (predictions.roles.pos_label, predictions.model().y_score) == ("fraud", "p")
    assert len(said) == 4
