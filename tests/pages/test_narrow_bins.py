"""Large data counted in narrow bins: what is said, the full count, and thresholds inside a bin."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from metrics_core.reduce import scores
from tests.pages.opened import launched, opened, written

INSIDE = 0.33371  # no edge of a bin


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    positive = rng.random(4000) < 0.2
    return pd.DataFrame(
        {"label": positive.astype(int), "score": rng.beta(2 + 3 * positive, 6 - 3 * positive)}
    )


@pytest.fixture
def large(table, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A table that counts as large: the limits are lowered, nothing else."""
    monkeypatch.setattr(scores, "EXACT_ROWS", 100)
    monkeypatch.setattr(scores, "EXACT_SCORES", 50)
    path = tmp_path / "large.parquet"
    table.to_parquet(path)
    return launched(monkeypatch, path, y_true="label", y_score="score", pos_label="1")


def test_the_head_says_between_which_values_the_auc_surely_lies(large, table):
    said = re.search(r"Scores in narrow bins: ROC AUC between ([\d.]+) and ([\d.]+) for certain", written(opened("overview", data=large)))  # fmt: skip
    assert said
    auc, half = roc_auc_score(table["label"], table["score"]), 0.5 * 10 ** -(len(said[1]) - 2)
    assert float(said[1]) - half <= auc <= float(said[2]) + half


def test_the_full_count_is_one_click_and_in_the_link(large):
    at = opened("overview", data=large)
    at.button(key="gate.exact").click().run()
    assert at.query_params["exact"] == "1"
    assert "narrow bins" not in written(at)
    assert at.button(key="gate.exact").label == "every score counted"
    at.button(key="gate.exact").click().run()
    assert "exact" not in at.query_params
    assert "narrow bins" in written(at)


def test_small_data_say_nothing_of_bins():
    at = opened("overview")
    assert "narrow bins" not in written(at)
    assert "gate.exact" not in {button.key for button in at.button}


@pytest.mark.parametrize("query", [{}, {"exact": "1"}])
def test_a_threshold_inside_a_bin_is_counted_exactly(large, table, query):
    at = opened("threshold", data=large, t=str(INSIDE), **query)
    positive, flagged = table["label"] == 1, table["score"] >= INSIDE
    for code, cell in (("fn", positive & ~flagged), ("fp", ~positive & flagged), ("tp", positive & flagged)):
        assert at.button(key=f"threshold.rows.{code}").label.startswith(f"{int(cell.sum()):,} ")
    value = at.dataframe[0].value.set_index("Key")["Value"]["precision"]
    assert value == f"{(positive & flagged).sum() / flagged.sum():.1%}"


def test_the_histogram_is_split_at_the_threshold_and_not_at_the_edge_of_a_bin(large, table):
    at = opened("overview", data=large, t=str(INSIDE))
    figure = next(c.proto.spec for c in at.get("plotly_chart") if "overview.scores" in c.proto.id)
    missed = int(((table["label"] == 1) & (table["score"] < INSIDE)).sum())
    assert f"{missed} false negatives" in figure.replace("\\u003c", "<")
