from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from demo_data import demo
from tests.pages.opened import launched, opened, written

THRESHOLD = 0.25


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    frame = pd.read_parquet(demo("fraud").path)
    positive, flagged = frame["is_fraud"] == 1, frame["score"] >= THRESHOLD
    frame["loss"] = -np.log(np.where(positive, frame["score"], 1 - frame["score"]))
    frame["outcome"] = np.select([positive & flagged, flagged, positive], ["tp", "fp", "fn"], "tn")
    frame["row"] = np.arange(len(frame)) + 1
    frame["wrong"] = positive != flagged
    frame["sure"] = np.where(flagged, frame["score"], 1 - frame["score"])
    frame["confident"] = np.where(frame["wrong"], frame["sure"], -frame["sure"])
    return frame


def selected(frame: pd.DataFrame, rows: str) -> pd.DataFrame:
    if rows == "errors":
        return frame[frame["outcome"].isin(["fp", "fn"])]
    return frame if rows == "" else frame[frame["outcome"] == rows]


@pytest.mark.parametrize("rows", ["", "errors", "tp", "fp", "fn", "tn"])
def test_the_link_shows_its_rows_with_the_most_confident_mistakes_first(fraud, rows):
    at = opened("examples", t="0.25", rows=rows)
    expected = selected(fraud, rows).sort_values(["wrong", "confident"], ascending=False, kind="stable")
    table = at.dataframe[0].value
    assert table["Row"].tolist() == expected["row"].head(25).tolist()
    assert table["Loss"].tolist() == pytest.approx(expected["loss"].head(25).tolist())
    assert f"of **{len(expected):,}**" in written(at)


def test_only_the_page_is_sent(fraud):
    at = opened("examples", t="0.25", rows="tn")
    assert len(at.dataframe[0].value) == 25
    at.selectbox(key="examples.size").set_value(100).run()
    assert len(at.dataframe[0].value) == 100


@pytest.mark.parametrize(
    ("order", "turned", "column", "ascending"),
    [("score", False, "score", False), ("score", True, "score", True), ("file", False, "row", True), ("file", True, "row", False),
     ("threshold", False, "distance", True), ("threshold", True, "distance", False), ("loss", False, "loss", False),
     ("loss", True, "loss", True), ("sure", False, "sure", False), ("sure", True, "sure", True), ("by:amount", False, "amount", True),
     ("by:amount", True, "amount", False), ("by:country", True, "country", False), ("by:time", False, "time", True)],
)  # fmt: skip
def test_every_order_and_its_reverse(fraud, order, turned, column, ascending):
    at = opened("examples", t="0.25", rows="fp")
    at.selectbox(key="examples.order").set_value(order)
    at.segmented_control(key="examples.turned").set_value(turned).run()
    assert not at.exception
    assert at.query_params["order"] == ("-" if turned else "") + order
    rows = selected(fraud, "fp").assign(distance=lambda f: (f["score"] - THRESHOLD).abs())
    expected = rows.sort_values(column, ascending=ascending, kind="stable")
    assert at.dataframe[0].value["Row"].tolist() == expected["row"].head(25).tolist()


def test_pages_turn_to_every_end(fraud):
    at = opened("examples", t="0.25", rows="fn")
    expected = selected(fraud, "fn").sort_values("loss", ascending=False, kind="stable")["row"].tolist()
    last = -(-len(expected) // 25)

    def shown() -> list[int]:
        assert not at.exception
        return at.dataframe[0].value["Row"].tolist()

    at.button(key="examples.forward").click().run()
    assert shown() == expected[25:50]
    at.button(key="examples.last").click().run()
    assert shown() == expected[(last - 1) * 25 :]
    assert f"Showing **{(last - 1) * 25 + 1}–{len(expected)}** of" in written(at)
    assert at.button(key="examples.forward").disabled
    at.number_input(key="examples.page").set_value(3).run()
    assert shown() == expected[50:75]
    at.button(key="examples.first").click().run()
    assert shown() == expected[:25]


def test_another_selection_starts_at_its_first_page():
    at = opened("examples", t="0.25", rows="fn")
    at.button(key="examples.last").click().run()
    at.segmented_control(key="examples.rows").set_value("fp").run()
    assert at.query_params["rows"] == "fp"
    assert "Showing **1–25**" in written(at)


def test_every_choice_says_how_many_rows_it_has(fraud):
    options = opened("examples", t="0.25").segmented_control(key="examples.rows").options
    for option, rows in zip(options, ("", "errors", "tp", "fp", "fn", "tn"), strict=True):
        assert f"**{len(selected(fraud, rows)):,}**" in option


def test_the_row_looked_at_explains_itself(fraud):
    at = opened("examples", t="0.25", rows="fn")
    expected = selected(fraud, "fn").sort_values("loss", ascending=False, kind="stable")
    at.session_state["examples.table"] = {"selection": {"rows": [3], "columns": [], "cells": []}}
    at.run()
    row = expected.iloc[3]
    assert f"Row {row['row']:,}" in written(at)
    assert "is below the threshold 0\\.250, so it was not flagged; the label says **1**" in written(at)
    cells = at.dataframe[1].value.set_index("Column")["Value"]
    assert cells["transaction_id"] == row["transaction_id"]
    assert float(cells["score"]) == row["score"]
    assert set(cells.index) == set(pd.read_parquet(demo("fraud").path).columns)


def test_stepping_past_the_page_turns_it(fraud):
    at = opened("examples", t="0.25", rows="fn")
    expected = selected(fraud, "fn").sort_values("loss", ascending=False, kind="stable")["row"].tolist()
    assert at.button(key="examples.previous").disabled
    at.session_state["examples.table"] = {"selection": {"rows": [24], "columns": [], "cells": []}}
    at.run()
    at.button(key="examples.next").click().run()
    assert at.dataframe[0].value["Row"].tolist() == expected[25:50]
    assert f"Row {expected[25]:,}" in written(at)
    at.button(key="examples.previous").click().run()
    assert f"Row {expected[24]:,}" in written(at)


def test_chips_take_threshold_and_conditions_off(fraud):
    at = opened("examples", t="0.25", rows="fn", filter="country == 'DE' and device == 'tablet'")
    german = fraud[(fraud["country"] == "DE") & (fraud["device"] == "tablet")]
    assert f"of **{len(selected(german, 'fn'))}** false negatives" in written(at)
    at.button(key="chip.country == 'DE'").click().run()
    assert at.query_params["filter"] == "device == 'tablet'"
    tablets = fraud[fraud["device"] == "tablet"]
    assert f"of **{len(selected(tablets, 'fn'))}** false negatives" in written(at)
    at.button(key="chip.threshold").click().run()
    assert "t" not in at.query_params


def test_nothing_to_show_says_so_and_offers_one_way():
    at = opened("examples", t="0.99999", rows="fp")
    assert "No false positives at this threshold" in written(at)
    assert not at.dataframe
    at.button(key="examples.others").click().run()
    assert at.query_params["rows"] == "errors"
    assert len(at.dataframe[0].value) == 25


def test_columns_are_chosen_and_ordered():
    at = opened("examples", t="0.25", rows="fn")
    assert at.dataframe[0].value.columns.tolist() == [
        "Row", "Outcome", "is_fraud", "Predicted", "score", "Loss", "transaction_id", "time", "amount", "merchant_type", "device",
        "country", "new_account", "account_age_days", "attempts_last_hour", "split",
    ]  # fmt: skip
    at.multiselect(key="examples.columns.fraud.parquet.score").set_value(["amount", "Row"]).run()
    assert at.dataframe[0].value.columns.tolist() == ["amount", "Row"]


def test_without_columns_the_row_number_is_left():
    at = opened("examples", t="0.25", rows="fn")
    at.multiselect(key="examples.columns.fraud.parquet.score").set_value([]).run()
    assert at.dataframe[0].value.columns.tolist() == ["Row"]


def test_each_model_of_a_file_has_its_own_rows_and_columns(tmp_path, monkeypatch):
    path = tmp_path / "two.csv"
    pd.DataFrame({"y": [1, 0, 1, 0], "a": [0.9, 0.1, 0.2, 0.3], "b": [0.1, 0.8, 0.9, 0.2]}).to_csv(
        path, index=False
    )
    name = launched(monkeypatch, path, y_true="y", y_score={"first": "a", "second": "b"})
    at = opened("examples", data=name, rows="errors")
    assert at.dataframe[0].value["Row"].tolist() == [3]
    at.sidebar.selectbox(key="sidebar.model").set_value("second").run()
    assert at.dataframe[0].value["Row"].tolist() == [1, 2]
    assert at.dataframe[0].value.columns.tolist()[:6] == ["Row", "Outcome", "y", "Predicted", "b", "Loss"]


def test_labels_without_scores_can_be_looked_at(tmp_path, monkeypatch):
    path = tmp_path / "labels.csv"
    pd.DataFrame({"truth": ["yes", "no", "yes", "no"], "guess": ["yes", "yes", "no", "no"]}).to_csv(
        path, index=False
    )
    at = opened("examples", data=launched(monkeypatch, path, y_true="truth", y_pred="guess"), rows="errors")
    assert at.dataframe[0].value["Row"].tolist() == [2, 3]
    assert at.selectbox(key="examples.order").options == [
        "Mistakes",
        "File order",
        "truth (column)",
        "guess (column)",
    ]
    assert at.dataframe[0].value.columns.tolist() == ["Row", "Outcome", "truth", "Predicted"]
    assert "Column guess predicts **yes**; the label says **no**." in written(at)


def test_an_order_that_another_data_set_does_not_have_is_forgotten(tmp_path, monkeypatch):
    path = tmp_path / "labels.csv"
    pd.DataFrame({"truth": ["yes", "no"], "guess": ["no", "yes"]}).to_csv(path, index=False)
    name = launched(monkeypatch, path, y_true="truth", y_pred="guess")
    at = opened("examples", t="0.25", rows="fp")
    at.selectbox(key="examples.order").set_value("threshold").run()
    at.sidebar.selectbox(key="sidebar.data").set_value(name).run()
    assert not at.exception
    assert at.selectbox(key="examples.order").value == "wrong"
    assert "order" not in at.query_params
    assert at.dataframe[0].value["Row"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("kind", "scores", "expected"),
    [
        ("margin", [-2.0, 3.0, 1.0, -1.5], [2, 3]),
        ("percent", [5.0, 90.0, 60.0, 20.0], [2, 4]),
        ("logit", [-2.0, 3.0, 1.0, -1.5], [2, 3]),
    ],
)
def test_scores_of_every_kind_are_compared_with_the_threshold_in_force(
    tmp_path, monkeypatch, kind, scores, expected
):
    path = tmp_path / "scores.csv"
    pd.DataFrame({"truth": [1, 0, 0, 1] if kind == "percent" else [0, 0, 0, 0], "s": scores}).to_csv(
        path, index=False
    )
    name = launched(monkeypatch, path, y_true="truth", y_score="s", score_kind=kind, pos_label="1")
    at = opened("examples", data=name, rows="errors", **({"t": "0.7"} if kind == "percent" else {}))
    assert set(expected) <= set(at.dataframe[0].value["Row"])


def test_columns_called_like_ours_and_cells_like_markup_stay_data(tmp_path, monkeypatch):
    path = tmp_path / "odd.csv"
    pd.DataFrame(
        {
            "label": [0, 1, 0, 1],
            "p": [0.9, 0.1, 0.2, 0.8],
            "Row": ["=1+1", "<b>x</b>", "**y**", None],
            "Loss": [1, 2, 3, 4],
        }
    ).to_csv(path, index=False)
    at = opened("examples", data=launched(monkeypatch, path, y_true="label", y_score="p"), rows="fp")
    table = at.dataframe[0].value
    assert table["Row (computed)"].tolist() == [1]
    assert table["Row"].tolist() == ["=1+1"]
    assert "Loss (computed)" in table


def test_a_score_that_rules_the_truth_out_has_an_infinite_loss(tmp_path, monkeypatch):
    path = tmp_path / "sure.csv"
    pd.DataFrame({"label": [1, 0, 1, 0], "p": [0.0, 0.6, 0.4, 0.1]}).to_csv(path, index=False)
    at = opened("examples", data=launched(monkeypatch, path, y_true="label", y_score="p"), rows="errors")
    table = at.dataframe[0].value
    assert table["Row"].tolist() == [1, 2, 3]
    assert table["Loss"].tolist() == ["infinite", "0.916", "0.916"]
