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
from app.views import worst_groups
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


def test_the_worst_groups_are_listed_with_the_way_to_their_rows(cards):
    frame = pd.read_parquet(demo("fraud").path)
    wrong = (frame["is_fraud"] == 1) != (frame["score"] >= 0.25)
    at = opened("overview", t="0.25")
    text = written(at)
    assert "Tested 42 groups in 7 columns" in text
    n = int((wrong & (frame["merchant_type"] == "electronics")).sum())
    rows = frame["merchant_type"] == "electronics"
    assert f"error rate {numbers.share(wrong[rows].mean())}" in text.replace("\\", "")
    button = at.button(key="overview.worst.merchant_type.electronics")
    assert button.label == f"Show {n} errors"
    button.click().run()
    assert not at.exception
    assert f"of **{n}** errors" in written(at)


def test_the_worst_groups_can_be_those_with_the_most_missed(cards):
    frame = pd.read_parquet(demo("fraud").path).query("is_fraud == 1")
    at = opened("overview", t="0.25")
    at.segmented_control(key="overview.worst.metric").set_value("fnr").run()
    missed = int((frame["score"] < 0.25)[frame["merchant_type"] == "gaming"].sum())
    assert at.button(key="overview.worst.merchant_type.gaming").label == f"Show {missed} false negatives"
    at.button(key="overview.worst.all").click().run()
    assert not at.exception
    assert at.selectbox(key="slices.metric").value == "fnr"


def test_where_no_group_is_worse_it_says_how_many_were_tested(cards):
    assert "Tested 10 groups in 2 columns: no group is clearly worse than the rest by error rate." in written(
        opened("overview", data="digits")
    )


def test_without_columns_to_group_by_the_card_says_so(monkeypatch, tmp_path, cards):
    path = tmp_path / "bare.csv"
    pd.DataFrame({"label": [1, 0] * 20, "score": np.linspace(0, 1, 40)}).to_csv(path, index=False)
    at = opened("overview", data=launched(monkeypatch, path, y_true="label", y_score="score"))
    assert "There is no column to group the rows by" in written(at)


def test_very_many_rows_are_compared_only_when_asked(monkeypatch, cards):
    monkeypatch.setattr(worst_groups, "work", lambda shown, columns: worst_groups._ASK + 1)
    at = opened("overview")
    assert "Tested" not in written(at)
    at.button(key="overview.worst.go").click().run()
    assert "Tested 42 groups" in written(at)


def _findings(at: AppTest) -> str:
    """Return the findings, which begin with the sign of their severity."""
    return "\n".join(m.value for m in at.markdown if m.value.startswith((":red[", ":orange[", ":blue[")))
