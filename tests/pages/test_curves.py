from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from demo_data import demo
from tests.pages.opened import launched, opened, written


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    return pd.read_parquet(demo("fraud").path, columns=["is_fraud", "score", "country"])


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Two models with scores and a rule without one; the labels are markup."""
    rng = np.random.default_rng(5)
    churned = rng.random(800) < 0.3
    label = np.where(churned, "<b>churned</b>", "stayed")
    return pd.DataFrame(
        {
            "label": label,
            "forest": np.where(churned, rng.beta(4, 2, 800), rng.beta(2, 4, 800)).round(3),
            "logit": np.where(churned, rng.beta(3, 2, 800), rng.beta(2, 3, 800)).round(3),
            "rule": np.where(rng.random(800) < 0.8, label, "stayed"),
        }
    )


def saved(folder: Path, frame: pd.DataFrame) -> Path:
    path = folder / "table.csv"
    frame.to_csv(path, index=False)
    return path


def figure(at, name: str) -> dict:
    chart = next(
        c
        for c in at.get("plotly_chart")
        if c.proto.id.endswith(f"curves.{name}") or f"curves.{name}" in c.proto.id
    )
    return json.loads(chart.proto.spec)


def test_the_areas_are_those_of_the_filtered_rows(fraud):
    at = opened("curves", filter="country == 'DE'")
    kept = fraud[fraud["country"] == "DE"]
    text = written(at)
    assert f"ROC AUC **{roc_auc_score(kept['is_fraud'], kept['score']):.3f}**" in text
    assert f"Average precision **{average_precision_score(kept['is_fraud'], kept['score']):.3f}**" in text
    assert text.count("95% CI ") == 2


def test_the_threshold_of_the_view_is_marked_on_both_curves(fraud):
    at = opened("curves", t="0.25")
    for name in ("roc", "pr"):
        notes = [note["text"] for note in figure(at, name)["layout"]["annotations"]]
        assert any(note.startswith("<b>score ≥ 0.250</b>") for note in notes)


def test_the_table_behind_each_figure_is_there():
    at = opened("curves")
    names = [list(frame.value.columns) for frame in at.dataframe]
    assert names == [
        ["model", "threshold", "false_positive_rate", "recall"],
        ["model", "threshold", "recall", "precision"],
    ]
    assert all(2 < len(frame.value) <= 5000 for frame in at.dataframe)


def test_all_models_with_a_score_are_drawn(monkeypatch, tmp_path, table):
    name = launched(monkeypatch, saved(tmp_path, table), pos_label="<b>churned</b>",
                    y_score={"forest": "forest", "logit": "logit"}, y_pred={"rule": "rule"})  # fmt: skip
    at = opened("curves", data=name, model="logit")
    lines = [t["meta"] for t in figure(at, "roc")["data"] if t.get("mode") == "lines"]
    assert lines == ["forest", "logit"]
    assert set(at.dataframe[0].value["model"]) == {"forest", "logit"}
    assert "No score, so no curve: rule." in written(at)


def test_a_model_without_a_score_has_one_sentence_and_a_way_on(monkeypatch, tmp_path, table):
    name = launched(
        monkeypatch, saved(tmp_path, table[["label", "rule"]]), pos_label="<b>churned</b>", y_pred="rule"
    )
    at = opened("curves", data=name)
    assert "This model has no score" in written(at)
    assert [b.label for b in at.button if b.key == "curves.roles"] == ["Choose a score column"]
    assert len(at.get("plotly_chart")) == 0


def test_one_class_has_a_sentence_in_the_place_of_its_curve(fraud):
    at = opened("curves", filter="is_fraud == 0")
    said = "\n".join(box.value for box in at.info)
    assert "Only one class is present" in said
    assert "No row is positive" in said
    assert not at.exception


def test_a_decision_of_the_file_is_marked_when_no_threshold_rules(monkeypatch, tmp_path, table):
    frame = table.rename(columns={"forest": "score", "rule": "pred"})[["label", "score", "pred"]]
    name = launched(
        monkeypatch, saved(tmp_path, frame), pos_label="<b>churned</b>", y_score="score", y_pred="pred"
    )
    at = opened("curves", data=name)
    notes = [note["text"] for note in figure(at, "roc")["layout"]["annotations"]]
    assert any(note.startswith("<b>decided by pred</b>") for note in notes)
