from __future__ import annotations

import dataclasses
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest

from metrics_core import values
from metrics_core.metrics import registry
from tests.pages.opened import launched, opened, written


@pytest.fixture
def seven(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    path = tmp_path / "seven.csv"
    scores, labels = [0.6, 0.2, 0.55, 0.9, 0.4, 0.8, 0.5], [1, 0, 0, 1, 1, 1, 0]
    pd.DataFrame({"label": labels, "score": scores}).to_csv(path, index=False)
    return launched(monkeypatch, path, y_true="label", y_score="score", pos_label="1")


def metrics(at) -> pd.DataFrame:
    return at.dataframe[0].value.set_index("Key")


def test_every_metric_at_the_threshold_of_the_link(seven):
    assert metrics(opened("threshold", data=seven, t="0.5"))["Value"]["accuracy"] == "57.1%"
    assert metrics(opened("threshold", data=seven, t="0.6"))["Value"]["accuracy"] == "85.7%"


def test_the_best_threshold_is_the_best_of_all_and_default_leads_back(seven):
    at = opened("threshold", data=seven)
    at.button(key="threshold.best.f1").click().run()
    assert not at.exception
    assert (
        "0.551" in at.query_params["t"]
    )  # the lowest step that leaves 0.55 out and keeps 0.6: precision 1, recall 3/4
    at.button(key="threshold.default").click().run()
    assert "t" not in at.query_params
    assert metrics(at)["Value"]["accuracy"] == "57.1%"


@pytest.mark.parametrize("t", ["nan", "inf", "high", ""])
def test_a_threshold_that_is_none_is_left_out(seven, t):
    at = opened("threshold", data=seven, t=t)
    assert "t" not in at.query_params
    assert not at.error


@pytest.mark.parametrize("t", ["-1", "7"])
def test_a_threshold_beyond_every_score_still_counts(seven, t):
    at = opened("threshold", data=seven, t=t)
    assert metrics(at)["Value"]["recall"] == ("100.0%" if t == "-1" else "0.0%")


def test_a_model_without_a_score_is_told_so(monkeypatch, tmp_path):
    path = tmp_path / "decided.csv"
    pd.DataFrame({"truth": [0, 1, 1, 0], "guess": [0, 1, 0, 1]}).to_csv(path, index=False)
    at = opened("threshold", data=launched(monkeypatch, path, y_true="truth", y_pred="guess", pos_label="1"))
    assert "This model has no score" in written(at)
    assert at.button(key="threshold.roles").label == "Choose a score column"
    assert not at.dataframe


def test_a_new_metric_is_in_the_table(seven, monkeypatch):
    recall = registry.REGISTRY["binary", "recall"]
    spec = dataclasses.replace(recall, key="hit_share", label="Hit share", about="Made up.")
    extended = MappingProxyType({**registry.REGISTRY, ("binary", "hit_share"): spec})
    for module in (registry, values):  # a metric of the file itself is there before anybody imports the table
        monkeypatch.setattr(module, "REGISTRY", extended)
    row = metrics(opened("threshold", data=seven, t="0.5")).loc["hit_share"]
    assert (row["Metric"], row["Value"], row["Definition"]) == ("Hit share", "75.0%", "Made up.")
