from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score
from streamlit.testing.v1 import AppTest

from app import numbers
from app.components import metric_cards
from demo_data import demo
from tests.pages.opened import launched, opened, written


@pytest.fixture
def cards(monkeypatch) -> dict[str, dict[str, Any]]:
    """What the browser is given to draw, by metric; AppTest does not show a component's data."""
    sent: dict[str, dict[str, Any]] = {}

    def mount(*, key: str, data: dict[str, Any]) -> None:
        sent.clear()
        sent.update({card["key"]: card["texts"] for card in json.loads(json.dumps(data))["cards"]})

    monkeypatch.setattr(metric_cards, "_mount", mount)
    return sent


def test_the_cards_are_a_direct_count_of_the_rows(cards):
    frame = pd.read_parquet(demo("fraud").path)
    positive, flagged = frame["is_fraud"] == 1, frame["score"] >= 0.25
    tp = int((positive & flagged).sum())
    opened("overview", t="0.25")
    assert cards["precision"]["detail"] == f"{tp:,} of {int(flagged.sum()):,}"
    assert cards["precision"]["value"] == numbers.share(tp / flagged.sum())
    assert cards["precision"]["baseline"] == f"prevalence {numbers.share(positive.mean())}"
    assert cards["recall"]["detail"] == f"{tp:,} of {int(positive.sum()):,}"
    assert cards["roc_auc"]["value"] == numbers.number(roc_auc_score(positive, frame["score"]))
    assert cards["average_precision"]["value"] == numbers.number(
        average_precision_score(positive, frame["score"])
    )
    assert all("CI" in card["interval"] for card in cards.values())


def test_accuracy_that_misleads_is_a_finding(monkeypatch, tmp_path, cards):
    path = tmp_path / "rare.csv"
    truth, guess = np.repeat([0, 0, 1, 1], [530, 20, 5, 45]), np.repeat([0, 1, 1, 0], [530, 20, 5, 45])
    pd.DataFrame({"truth": truth, "guess": guess}).to_csv(path, index=False)
    at = opened("overview", data=launched(monkeypatch, path, y_true="truth", y_pred="guess", pos_label="1"))
    assert cards["accuracy"]["value"] == "89.2%"
    assert cards["accuracy"]["baseline"] == "always '0' 91.7%"
    assert cards["recall"]["detail"] == "5 of 50"
    assert "roc_auc" not in cards
    assert "ccuracy" in _findings(at)
    assert "This model has no score column, only decisions." in written(at)


def test_a_bad_link_is_one_sentence_and_a_way_on():
    at = opened("overview", data="nope")
    assert len(at.error) == 1
    assert at.button(key="gate.trouble").label == "Go to the Data page"


def test_a_bad_filter_in_the_link_can_be_removed(cards):
    at = opened("overview", filter="nowhere == 1")
    assert len(at.error) == 1
    at.button(key="gate.unfilter").click().run()
    assert not at.exception
    assert not at.error
    assert cards["accuracy"]["value"] != "n/a"


def _findings(at: AppTest) -> str:
    """Return the findings, which begin with the sign of their severity."""
    return "\n".join(m.value for m in at.markdown if m.value.startswith((":red[", ":orange[", ":blue[")))
