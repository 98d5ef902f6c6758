"""The examples of many classes: which rows, in which order, with which columns and pictures."""

from __future__ import annotations

import base64

import numpy as np
import pandas as pd
import pytest

from app.views.example_cells import NO_PICTURE
from demo_data import demo
from tests.pages.opened import launched, opened, written

PICTURE = "data:image/png;base64," + base64.b64encode(b"\x89PNG not really").decode()


@pytest.fixture(scope="module")
def digits() -> pd.DataFrame:
    frame = pd.read_parquet(demo("digits").path)
    p = frame[[f"proba_{i}" for i in range(10)]].to_numpy()
    each = np.arange(len(frame))
    top = np.sort(p, axis=1)
    frame["row"] = each + 1
    frame["wrong"] = frame["digit"] != frame["predicted"]
    frame["of_decision"] = p[each, frame["predicted"].astype(int)]
    frame["of_truth"] = p[each, frame["digit"].astype(int)]
    frame["lead"] = top[:, -1] - top[:, -2]
    frame["confidence"] = np.where(frame["wrong"], frame["of_decision"], -1 - frame["of_decision"])
    return frame


SELECTIONS = {
    "all": ({}, lambda f: f["row"] > 0),
    "mistakes": ({"rows": "errors"}, lambda f: f["wrong"]),
    "right": ({"rows": "right"}, lambda f: ~f["wrong"]),
    "true 8": ({"true": "8"}, lambda f: f["digit"] == "8"),
    "predicted 1": ({"pred": "1"}, lambda f: f["predicted"] == "1"),
    "8 taken for 1": ({"true": "8", "pred": "1"}, lambda f: (f["digit"] == "8") & (f["predicted"] == "1")),
    "mistakes of 8": ({"true": "8", "rows": "errors"}, lambda f: (f["digit"] == "8") & f["wrong"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SELECTIONS)
def test_the_link_shows_its_rows_with_the_most_confident_mistakes_first(digits, name):
    query, chosen = SELECTIONS[name]
    at = opened("examples", data="digits", **query)
    expected = digits[chosen(digits)].sort_values("confidence", ascending=False, kind="stable")
    table = at.dataframe[0].value
    assert table["Row"].tolist() == expected["row"].head(25).tolist()
    assert table["P(predicted)"].tolist() == expected["of_decision"].head(25).tolist()
    assert table["P(true)"].tolist() == expected["of_truth"].head(25).tolist()
    assert f"of **{len(expected):,}**" in written(at)


@pytest.mark.parametrize(
    ("order", "column", "ascending"),
    [("loss", "of_truth", True), ("margin", "lead", True), ("file", "row", True), ("confident", "confidence", False),
     ("sure", "of_decision", False), ("by:ink", "ink", True)],
)  # fmt: skip
@pytest.mark.parametrize("turned", [False, True])
def test_every_order_and_its_reverse(digits, order, column, ascending, turned):
    at = opened("examples", data="digits")
    at.selectbox(key="examples.order").set_value(order)
    at.segmented_control(key="examples.turned").set_value(turned).run()
    expected = digits.sort_values(column, ascending=ascending is not turned, kind="stable")["row"]
    assert at.dataframe[0].value["Row"].tolist() == expected.head(25).tolist()


def test_choices_count_their_rows_within_the_classes(digits):
    at = opened("examples", data="digits", true="8")
    eights = digits[digits["digit"] == "8"]
    counts = [len(eights), int(eights["wrong"].sum()), int((~eights["wrong"]).sum())]
    options = at.segmented_control(key="examples.rows").options
    assert [option.split("**")[1] for option in options] == [f"{n:,}" for n in counts]


def test_classes_are_chosen_and_taken_off_as_chips(digits):
    at = opened("examples", data="digits")
    at.selectbox(key="examples.true").set_value("8").run()
    at.selectbox(key="examples.predicted").set_value("1").run()
    assert (at.query_params["true"], at.query_params["pred"]) == ("8", "1")
    assert "rows of class 8 taken for 1" in written(at)
    at.button(key="chip.true").click().run()
    assert "true" not in at.query_params
    assert at.dataframe[0].value["predicted"].unique().tolist() == ["1"]
    assert at.selectbox(key="examples.true").value is None
    at.button(key="chip.predicted").click().run()
    assert "of **1,797** rows" in written(at)


@pytest.mark.parametrize(("query", "sentence"), [({"true": "8", "pred": "0"}, "No rows of class 8 taken for 0"), ({"true": "x"}, "There is no class x here")])  # fmt: skip
def test_a_cell_without_rows_says_so_and_offers_one_way(query, sentence):
    at = opened("examples", data="digits", **query)
    assert sentence in written(at)
    at.button(key="examples.others").click().run()
    assert not {"true", "pred"} & set(at.query_params)
    assert at.dataframe[0].value["digit"].size == 25


def test_rows_of_two_classes_in_the_address_are_all_rows_here():
    at = opened("examples", data="digits", rows="fn")
    assert "of **1,797** rows" in written(at)


def test_columns_start_with_the_judgement_and_leave_the_probabilities_out():
    at = opened("examples", data="digits")
    assert at.dataframe[0].value.columns.tolist() == [
        "Row", "digit", "predicted", "P(predicted)", "P(true)", "image", "image_id", "ink", "slant", "fold",
    ]  # fmt: skip
    columns = at.multiselect(key="examples.columns.digits.parquet.predicted.classes")
    assert columns.options[-10:] == [f"proba_{i}" for i in range(10)]


def test_the_row_looked_at_says_what_the_model_thought(digits):
    at = opened("examples", data="digits", true="8", pred="1")
    row = digits[(digits["digit"] == "8") & (digits["predicted"] == "1")].sort_values("of_decision").iloc[-1]
    rank = 1 + int((row[[f"proba_{i}" for i in range(10)]] > row["of_truth"]).sum())
    text = written(at).replace("\\", "")
    assert f"Row {row['row']:,}" in text
    assert f"says **1**, with probability {row['of_decision']:.3f}; the label says **8**, which has {row['of_truth']:.3f}, rank {rank} of 10." in text  # fmt: skip
    cells = at.dataframe[1].value.set_index("Column")["Value"]
    assert cells["image"] == "(picture)"
    assert float(cells["proba_1"]) == row["proba_1"]
    assert set(cells.index) == set(pd.read_parquet(demo("digits").path).columns)


def test_a_class_against_the_rest_has_its_own_columns_and_the_pictures():
    at = opened("examples", data="digits", **{"class": "8"}, rows="fn")
    columns = at.dataframe[0].value.columns.tolist()
    assert columns[:7] == ["Row", "Outcome", "digit", "Predicted", "proba_8", "Loss", "image"]


def test_probabilities_alone_are_decided_by_the_highest(tmp_path, monkeypatch):
    path = tmp_path / "p.csv"
    pd.DataFrame({"y": ["a", "b", "c"], "p_a": [0.7, 0.5, 0.2], "p_b": [0.2, 0.3, 0.5], "p_c": [0.1, 0.2, 0.3]}).to_csv(path, index=False)  # fmt: skip
    at = opened("examples", data=launched(monkeypatch, path, y_true="y"))
    table = at.dataframe[0].value.set_index("Row")
    assert table["Predicted"].to_dict() == {1: "a", 2: "a", 3: "b"}
    assert "The highest probability is that of **a**" in written(at)


def test_decisions_alone_can_be_looked_at(tmp_path, monkeypatch):
    path = tmp_path / "d.csv"
    pd.DataFrame({"y": ["a", "b", "c", "a"], "d": ["a", "c", "c", "b"]}).to_csv(path, index=False)
    at = opened("examples", data=launched(monkeypatch, path, y_true="y", y_pred="d"))
    assert at.selectbox(key="examples.order").options[:2] == ["Mistakes", "File order"]
    assert at.dataframe[0].value["Row"].tolist() == [2, 4, 1, 3]
    assert at.dataframe[0].value.columns.tolist() == ["Row", "y", "d"]
    assert "Column d says **c**; the label says **b**." in written(at)


def test_only_pictures_that_stand_in_the_cell_are_drawn(tmp_path, monkeypatch):
    path = tmp_path / "pictures.csv"
    outside = "https://example.org/a.png"
    cells = [PICTURE] * 210 + [outside, "data:image/svg+xml;base64,PHN2Zz4=", PICTURE + '" onload="x']
    frame = pd.DataFrame({"y": np.resize(["a", "b", "c"], 213), "d": "a", "face": cells, "link": outside})
    frame.to_csv(path, index=False)
    at = opened("examples", data=launched(monkeypatch, path, y_true="y", y_pred="d"))
    at.selectbox(key="examples.order").set_value("file")
    at.segmented_control(key="examples.turned").set_value(True).run()
    table = at.dataframe[0].value
    assert table["face"].iloc[:3].tolist() == [NO_PICTURE] * 3
    assert table["face"].iloc[3:].tolist() == [PICTURE] * 22
    assert table["link"].unique().tolist() == [outside]
    assert at.dataframe[0].proto.columns.count('"image"') == 1
