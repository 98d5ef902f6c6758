from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from demo_data import demo
from tests.pages.opened import launched, opened, written

#: What x and y are called.
CURVES = {
    "roc": ("false_positive_rate", "recall"),
    "pr": ("recall", "precision"),
    "gains": ("share_of_rows_flagged", "share_of_positives_found"),
    "lift": ("share_of_rows_flagged", "lift"),
    "det": ("false_positive_rate", "false_negative_rate"),
}


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


def show(at, name: str):
    """Choose a curve and run the page."""
    at.segmented_control(key="curves.shown").set_value(name).run()
    assert not at.exception
    return at


def points(at) -> pd.DataFrame:
    """The table behind the figure: the last one of the page."""
    return at.dataframe[-1].value


def test_the_areas_are_those_of_the_filtered_rows(fraud):
    at = opened("curves", filter="country == 'DE'")
    kept = fraud[fraud["country"] == "DE"]
    assert f"ROC AUC **{roc_auc_score(kept['is_fraud'], kept['score']):.3f}**" in written(at)
    assert written(at).count("95% CI ") == 1
    area = average_precision_score(kept["is_fraud"], kept["score"])
    assert f"Average precision **{area:.3f}**" in written(show(at, "pr"))
    assert written(at).count("95% CI ") == 1


@pytest.mark.parametrize("name", CURVES)
def test_the_threshold_of_the_view_is_marked_on_every_curve(name):
    at = show(opened("curves", t="0.25"), name)
    notes = [note["text"] for note in figure(at, name)["layout"]["annotations"]]
    assert any(note.startswith("<b>score ≥ 0.250</b>") for note in notes)


@pytest.mark.parametrize("name", CURVES)
def test_each_curve_has_a_band_its_table_and_a_sentence_on_it(name):
    at = show(opened("curves"), name)
    x, y = CURVES[name]
    found = points(at)
    assert list(found.columns) == ["model", "threshold", x, y, f"{y}_low", f"{y}_high"]
    assert 2 < len(found) <= 5000
    known = found[y].notna()
    assert (found[f"{y}_low"][known] <= found[y][known]).all()
    assert (found[y][known] <= found[f"{y}_high"][known]).all()
    assert "the 95% band, from 1,000 bootstrap replicates of the rows. It is pointwise" in written(at)
    assert len([t for t in figure(at, name)["data"] if t["name"] == "band"]) == 2


def test_the_histogram_is_one_of_the_choices_with_its_own_table(fraud):
    found = points(show(opened("curves", t="0.25"), "scores"))
    assert found["positives"].sum() == fraud["is_fraud"].sum()
    assert 0.25 in set(found["score_from"])


def test_all_models_with_a_score_are_drawn_and_compared_at_the_decision(monkeypatch, tmp_path, table):
    name = launched(monkeypatch, saved(tmp_path, table), pos_label="<b>churned</b>",
                    y_score={"forest": "forest", "logit": "logit"}, y_pred={"rule": "rule"})  # fmt: skip
    at = opened("curves", data=name, model="logit", t="0.6")
    lines = [t["meta"] for t in figure(at, "roc")["data"] if t.get("mode") == "lines" and t["name"] != "band"]
    assert lines == ["forest", "logit"]
    compared, behind = at.dataframe[0].value, points(at)
    assert set(behind["model"]) == set(compared["Model"]) == {"forest", "logit"}
    flagged, churned = table["forest"] >= 0.6, table["label"] == "<b>churned</b>"
    assert compared["Recall"][0] == f"{flagged[churned].mean():.1%}"
    assert compared["False positive rate"][0] == f"{flagged[~churned].mean():.1%}"
    assert "No score, so no curve: rule." in written(at)


def test_rows_that_belong_together_are_drawn_together(monkeypatch, tmp_path, table):
    frame = table.assign(shop=np.arange(len(table)) // 8)[["label", "forest", "shop"]]
    name = launched(
        monkeypatch, saved(tmp_path, frame), pos_label="<b>churned</b>", y_score="forest", group="shop"
    )
    said = written(opened("curves", data=name))
    assert "1,000 bootstrap replicates of the groups of rows with the same shop" in said


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
    for name, sentence in (
        ("roc", "Only one class is present"),
        ("det", "Only one class is present"),
        ("pr", "No row is positive"),
        ("gains", "No row is positive"),
        ("lift", "No row is positive"),
    ):
        assert [box.value.startswith(sentence) for box in show(at, name).info] == [True]


def test_a_decision_of_the_file_is_marked_when_no_threshold_rules(monkeypatch, tmp_path, table):
    frame = table.rename(columns={"forest": "score", "rule": "pred"})[["label", "score", "pred"]]
    name = launched(
        monkeypatch, saved(tmp_path, frame), pos_label="<b>churned</b>", y_score="score", y_pred="pred"
    )
    at = opened("curves", data=name)
    notes = [note["text"] for note in figure(at, "roc")["layout"]["annotations"]]
    assert any(note.startswith("<b>decided by pred</b>") for note in notes)
