"""What the scores of each model are, and how the roles say it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from tests.class_tables import random_classes

N = 60
FRAME = pd.DataFrame(
    {"y": np.arange(N) % 2, "a": np.arange(1, N + 1) / 100, "b": np.arange(N) / 5 - 6, "d": np.arange(N) % 2}
)
BOTH: dict[str, Any] = {"y_true": "y", "y_score": ["a", "b"], "choose": {"score_kind:b": "margin"}}


def test_each_model_says_what_its_scores_are() -> None:
    roles = mc.read(FRAME, **BOTH).roles
    assert {m.name: m.score_kind for m in roles.models} == {"a": "probability", "b": "margin"}
    assert roles.score_kind == "probability"
    assert roles.to_dict()["score_kind"] == {"a": "probability", "b": "margin"}


def test_one_kind_for_all_stays_one_word() -> None:
    roles = mc.read(FRAME, y_true="y", y_score=["a", "b"], score_kind="score").roles
    assert roles.to_dict()["score_kind"] == "score"
    alone = mc.read(FRAME, y_true="y", y_score={"one": "a"}, y_pred={"two": "d"}).roles
    assert alone.to_dict()["score_kind"] == "probability"
    assert [m.score_kind for m in alone.models] == ["probability", ""]


def test_the_json_of_every_model_has_the_kinds() -> None:
    models = mc.evaluate(mc.read(FRAME, **BOTH)).to_dict()["models"]
    assert [m["roles"]["score_kind"]["b"] for m in models] == ["margin", "margin"]


def test_models_in_rows_may_differ_too() -> None:
    rows = pd.concat([FRAME[["y"]].assign(m="one", s=FRAME["a"]), FRAME[["y"]].assign(m="two", s=FRAME["b"])])
    roles = mc.read(rows, y_true="y", y_score="s", model_column="m", choose={"score_kind:two": "logit"}).roles
    assert roles.to_dict()["score_kind"] == {"one": "probability", "two": "logit"}


def test_many_classes_say_it_for_models_with_probabilities() -> None:
    drawn = random_classes(1, 60, 4)
    frame = drawn.frame()
    q = pd.DataFrame(100 * drawn.p, columns=[f"q_{label}" for label in drawn.labels])
    options: dict[str, Any] = {"y_true": "y_true", "proba_prefix": {"one": "p_", "two": "q_"}}
    roles = mc.read(pd.concat([frame, q], axis=1), choose={"score_kind:two": "percent"}, **options).roles
    assert roles.to_dict()["score_kind"] == {"one": "probability", "two": "percent"}
    decided = mc.read(frame, y_true="y_true", y_pred="y_pred").roles
    assert (decided.models[0].score_kind, decided.to_dict()["score_kind"]) == ("", "probability")


@pytest.mark.parametrize("label", ["c0000", "c0003"])
def test_one_class_against_the_rest_has_probabilities(label: str) -> None:
    roles = mc.read(random_classes(1, 60, 4).frame(), y_true="y_true").against_rest(label).roles
    assert (roles.score_kind, roles.models[0].score_kind) == ("probability", "probability")
