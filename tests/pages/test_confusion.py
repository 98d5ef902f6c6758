from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from demo_data import demo
from tests.pages.opened import launched, opened, written

THRESHOLD = 0.25


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    return pd.read_parquet(demo("fraud").path, columns=["is_fraud", "score", "country"])


def counted(frame: pd.DataFrame) -> dict[str, int]:
    positive, flagged = frame["is_fraud"].to_numpy() == 1, frame["score"].to_numpy() >= THRESHOLD
    return {
        "tp": int((positive & flagged).sum()),
        "fp": int((~positive & flagged).sum()),
        "fn": int((positive & ~flagged).sum()),
        "tn": int((~positive & ~flagged).sum()),
    }


def test_the_matrix_is_a_direct_count_of_the_rows(fraud):
    at = opened("confusion", t="0.25")
    n = counted(fraud)
    for code, name in (("tp", "true positives"), ("fp", "false positives"), ("fn", "false negatives"), ("tn", "true negatives")):  # fmt: skip
        assert at.button(key=f"confusion.rows.{code}").label.endswith(f"Show {n[code]:,} {name}")
    rates = at.table[0].value
    assert f"**{n['tp'] / (n['tp'] + n['fn']):.1%}**" in rates["Value"].iloc[0]
    assert rates["Rows"].iloc[0].replace("\u00a0", " ") == f"{n['tp']:,} of {n['tp'] + n['fn']:,}"


def test_the_matrix_obeys_the_filter(fraud):
    at = opened("confusion", t="0.25", filter="country == 'DE'")
    n = counted(fraud[fraud["country"] == "DE"])
    assert f"Show {n['fn']:,} false negatives" in at.button(key="confusion.rows.fn").label


def test_every_rate_has_value_interval_counts_and_definition():
    rates = opened("confusion", t="0.25").table[0].value
    assert len(rates) == 8
    for rate, value, rows in zip(rates["Rate"], rates["Value"], rates["Rows"], strict=True):
        assert "Share of the" in rate
        assert "%**" in value
        assert "\u2060–\u2060" in value
        assert " of " in rows.replace("\u00a0", " ")


@pytest.mark.parametrize("share", ["true", "predicted", "all", "counts"])
def test_each_normalisation_draws(share):
    at = opened("confusion", t="0.25")
    at.segmented_control(key="confusion.share").set_value(share).run()
    assert not at.exception


def test_a_clicked_cell_leads_to_exactly_its_rows(fraud):
    at = opened("confusion", t="0.25")
    at.session_state["confusion.matrix"] = {
        "selection": {"points": [{"customdata": ["fn"]}], "point_indices": [1], "box": [], "lasso": []}
    }
    at.run()
    assert not at.exception
    assert at.query_params["rows"] == "fn"
    assert f"of **{counted(fraud)['fn']:,}** false negatives" in written(at)


def test_the_keyboard_leads_to_the_same_rows(fraud):
    at = opened("confusion", t="0.25")
    at.button(key="confusion.rows.fp").click().run()
    assert at.query_params["rows"] == "fp"
    assert f"of **{counted(fraud)['fp']:,}** false positives" in written(at)


def test_coming_back_does_not_jump_again():
    at = opened("confusion", t="0.25")
    at.button(key="confusion.rows.fp").click().run()
    at.switch_page("pages/confusion.py").run()
    assert "What it implies" in written(at)


def test_an_outcome_without_rows_offers_no_way():
    at = opened("confusion", t="0.99999")
    assert at.button(key="confusion.rows.tp").disabled
    assert "n/a" in at.table[0].value["Value"].iloc[4]


def test_weights_are_summed_and_said(tmp_path, monkeypatch):
    path = tmp_path / "weighted.csv"
    pd.DataFrame({"label": [1, 0, 1, 0], "score": [0.9, 0.8, 0.2, 0.1], "w_": [2.5, 1, 1, 1]}).to_csv(
        path, index=False
    )
    at = opened("confusion", data=launched(monkeypatch, path, y_true="label", y_score="score", weight="w_"))
    assert "sums of the weights in w\\_" in written(at)
    assert at.table[0].value["Weight"].iloc[0].replace("\u00a0", " ") == "2.5 of 3.5"
    assert "Show 1 true positive" in at.button(key="confusion.rows.tp").label


def test_labels_of_the_file_stay_text(tmp_path, monkeypatch):
    path = tmp_path / "labels.csv"
    rng = np.random.default_rng(0)
    labels = np.where(rng.random(50) < 0.5, "<img src=x>", "**bold** [x](http://x)")
    pd.DataFrame({"label": labels, "score": rng.random(50)}).to_csv(path, index=False)
    at = opened(
        "confusion",
        data=launched(monkeypatch, path, y_true="label", y_score="score", pos_label="<img src=x>"),
    )
    figure = at.get("plotly_chart")[0].proto.spec
    assert "<img" not in figure
    assert "&lt;img" in figure
