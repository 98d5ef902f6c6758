"""Which row is looked at: links open it, steps and clicks write it to the address, another selection lets it go."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from demo_data import demo
from tests.pages.opened import launched, opened, written


@pytest.fixture(scope="module")
def missed() -> list[int]:
    """Return the missed frauds at 0.25, the most confident mistakes first."""
    frame = pd.read_parquet(demo("fraud").path)
    found = frame[(frame["is_fraud"] == 1) & (frame["score"] < 0.25)].sort_values("score", kind="stable")
    return (found.index + 1).tolist()


def heading(at: AppTest) -> str:
    assert not at.exception
    return next(str(h.value) for h in at.subheader if str(h.value).startswith("Row "))


def test_a_link_opens_its_row_where_it_stands(missed):
    at = opened("examples", t="0.25", rows="fn", row=str(missed[60]))
    assert heading(at) == f"Row {missed[60]:,}"
    assert "Showing **51–75**" in written(at)
    assert f"61 of {len(missed):,}" in written(at)
    assert at.query_params["row"] == str(missed[60])


def test_steps_are_written_to_the_address_and_turn_the_page(missed):
    at = opened("examples", t="0.25", rows="fn", row=str(missed[24]))
    at.button(key="examples.next").click().run()
    assert (heading(at), at.query_params["row"]) == (f"Row {missed[25]:,}", str(missed[25]))
    assert "Showing **26–50**" in written(at)
    at.button(key="examples.previous").click().run()
    assert (heading(at), at.query_params["row"]) == (f"Row {missed[24]:,}", str(missed[24]))


def test_both_ends_have_no_step_beyond(missed):
    at = opened("examples", t="0.25", rows="fn", row=str(missed[-1]))
    assert at.button(key="examples.next").disabled
    assert not at.button(key="examples.previous").disabled
    at = opened("examples", t="0.25", rows="fn")
    assert at.button(key="examples.previous").disabled
    assert "row" not in at.query_params


def test_another_number_of_rows_a_page_keeps_the_row(missed):
    at = opened("examples", t="0.25", rows="fn", row=str(missed[60]))
    at.selectbox(key="examples.size").set_value(50).run()
    assert heading(at) == f"Row {missed[60]:,}"
    assert "Showing **51–100**" in written(at)


@pytest.mark.parametrize("change", ["outcome", "order"])
def test_another_selection_begins_with_its_first_row(missed, change):
    at = opened("examples", t="0.25", rows="fn", row=str(missed[60]))
    if change == "outcome":
        at.segmented_control(key="examples.rows").set_value("errors").run()
    else:
        at.selectbox(key="examples.order").set_value("by:amount").run()
    assert "row" not in at.query_params
    assert "Showing **1–25**" in written(at)


def test_the_row_is_still_looked_at_after_a_visit_to_another_page(missed):
    at = opened("examples", t="0.25", rows="fn")
    at.button(key="examples.next").click().run()
    at.switch_page("pages/confusion.py").run()
    at.switch_page("pages/examples.py").run()
    assert heading(at) == f"Row {missed[1]:,}"


def test_a_row_that_is_not_selected_can_be_shown(missed):
    at = opened("examples", t="0.25", rows="fp", filter="country == 'DE'", row=str(missed[60]))
    assert f"Row {missed[60]:,} is not among these rows." in written(at)
    at.button(key="examples.show_row").click().run()
    assert heading(at) == f"Row {missed[60]:,}"
    assert not {"filter", "rows"} & set(at.query_params)
    assert "is not among these rows" not in written(at)


def test_a_row_that_cannot_be_shown_says_why(tmp_path, monkeypatch):
    path = tmp_path / "gaps.csv"
    pd.DataFrame({"y": [1, 0, 1, 0], "p": [0.9, None, 0.2, 0.4]}).to_csv(path, index=False)
    name = launched(monkeypatch, path, y_true="y", y_score="p")
    for row, said in (
        (9, "There is no row 9: the file has 4 rows."),
        (2, "Row 2 cannot be judged (score missing)."),
    ):
        at = opened("examples", data=name, row=str(row))
        assert said in written(at).replace("\\", "")
        assert "examples.show_row" not in {button.key for button in at.button}


@pytest.mark.parametrize("row", ["0", "-1", "x", "1.5", "²", "9" * 30])
def test_a_row_that_is_no_number_is_no_row(row):
    at = opened("examples", t="0.25", rows="fn", row=row)
    assert "row" not in at.query_params
    assert "is not among" not in written(at)


@pytest.mark.parametrize(
    ("order", "said"),
    [("-by:amuont", "There is no column 'amuont' to order by, so the rows stand in the usual order. Did you mean 'amount'?"),
     ("lost", "These rows have no order 'lost', so they stand in the usual one. Did you mean 'loss'?")],
)  # fmt: skip
def test_an_order_in_the_address_that_is_not_there_says_so(missed, order, said):
    at = opened("examples", t="0.25", rows="fn", order=order)
    assert said in written(at).replace("\\", "")
    assert at.selectbox(key="examples.order").value == "confident"
    assert at.dataframe[0].value["Row"].tolist() == missed[:25]


def test_an_order_in_the_address_is_kept_and_the_usual_one_is_not_written(missed):
    at = opened("examples", t="0.25", rows="fn", order="-score")
    assert at.dataframe[0].value["Row"].tolist() == missed[:25]
    assert at.query_params["order"] == "-score"
    at.selectbox(key="examples.order").set_value("confident").run()
    assert "order" not in at.query_params


def test_another_order_begins_with_its_usual_end():
    at = opened("examples", t="0.25", rows="fn", order="-score")
    at.selectbox(key="examples.order").set_value("loss").run()
    assert at.query_params["order"] == "loss"
    assert at.segmented_control(key="examples.turned").value is False


def test_the_order_says_what_it_means():
    at = opened("examples", t="0.25", rows="fn", order="threshold")
    assert (
        at.selectbox(key="examples.order").help
        == "How far the score lies above or below the threshold 0\\.250\\."
    )


def test_the_files_own_decision_is_not_shown_twice_while_it_counts(tmp_path, monkeypatch):
    path = tmp_path / "both.csv"
    pd.DataFrame({"y": [1, 0, 1], "p": [0.9, 0.8, 0.2], "d": [1, 1, 0]}).to_csv(path, index=False)
    at = opened("examples", data=launched(monkeypatch, path, y_true="y", y_score="p", y_pred="d"))
    assert at.dataframe[0].value.columns.tolist() == ["Row", "Outcome", "y", "Predicted", "p", "Loss"]
    assert "d" in at.multiselect(key="examples.columns.both.csv.p").options


def row_of(monkeypatch: pytest.MonkeyPatch, frame: pd.DataFrame, path: Any) -> AppTest:
    frame.to_parquet(path)
    return opened("examples", data=launched(monkeypatch, path, y_true="y", y_score="p"), order="file")


def test_texts_and_links_of_a_row_are_shown_as_they_stand(tmp_path, monkeypatch):
    n = 40
    words = "this battery was **great**, <b>really</b> $x^2$ and :material/home: it lasted two days"
    frame = pd.DataFrame({"y": [0, 1] * (n // 2), "p": np.linspace(0, 1, n)})
    frame["review"] = [f"{words} in test {i}\n\nsecond line" for i in range(n)]
    frame["page"] = [f"https://example.org/{i}?a=b&c" for i in range(n)]
    frame.loc[1, "page"] = "javascript:alert(1)"
    frame.loc[2, "review"] = None
    at = row_of(monkeypatch, frame, tmp_path / "reviews.parquet")
    assert [text.value for text in at.text] == [frame["review"][0]]
    links = at.get("link_button")
    assert [link.proto.url for link in links] == ["https://example.org/0?a=b&c"]
    at.button(key="examples.next").click().run()
    assert not at.get("link_button")
    assert "javascript:alert(1)" in [code.value for code in at.code]
    at.button(key="examples.next").click().run()
    assert not at.text
    assert "review: missing" in written(at)


def test_the_column_that_orders_the_rows_says_so_and_stays_in_sight():
    config = json.loads(
        opened("examples", t="0.25", rows="fn", order="-by:amount").dataframe[0].proto.columns
    )
    assert (config["amount"]["label"], config["amount"]["pinned"]) == ("amount ↓", True)
    config = json.loads(opened("examples", t="0.25", rows="fn", order="score").dataframe[0].proto.columns)
    assert config["score"]["label"] == "score ↓"
    assert not config["amount"].get("pinned")


def test_missing_cells_and_formulas_of_a_row_are_told_apart_from_text(tmp_path, monkeypatch):
    frame = pd.DataFrame({"y": [0, 1], "p": [0.2, 0.9], "note": ["=1+1", None], "empty": ["", "x"], "when": [pd.NaT, pd.Timestamp(2026, 1, 2)]})  # fmt: skip
    at = row_of(monkeypatch, frame, tmp_path / "gaps.parquet")
    cells = at.dataframe[1].value.set_index("Column")["Value"]
    assert (cells["note"], cells["empty"]) == ("=1+1", "")
    assert pd.isna(cells["when"])
    table = at.dataframe[0]
    assert table.value["note"].tolist()[0] == "=1+1"
    assert pd.isna(table.value["note"].iloc[1])
    assert table.proto.placeholder == "missing"


def test_a_file_with_a_thousand_columns_shows_a_few_and_finds_every_one(tmp_path, monkeypatch):
    wide = pd.DataFrame(
        np.random.default_rng(0).random((30, 1_200)), columns=[f"f_{i}" for i in range(1_200)]
    )
    frame = pd.concat([pd.DataFrame({"y": [0, 1] * 15, "p": np.linspace(0, 1, 30)}), wide], axis=1)
    at = row_of(monkeypatch, frame, tmp_path / "wide.parquet")
    assert len(at.dataframe[0].value.columns) == 18
    assert "18 of 1,206; the row beside the table shows all." in written(at)
    assert len(at.dataframe[1].value) == 1_202
    at.multiselect(key="examples.columns.wide.parquet.p").set_value(["Row", "f_7"]).run()
    at.selectbox(key="examples.order").set_value("by:f_1199").run()
    assert at.dataframe[0].value.columns.tolist() == ["Row", "f_7", "f_1199"]
    assert at.dataframe[0].value["f_1199"].tolist() == wide["f_1199"].sort_values().head(25).tolist()
