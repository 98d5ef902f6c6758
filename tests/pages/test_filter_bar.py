"""The filter as chips, form and text: one expression, removable term by term, with undo and a count."""

from __future__ import annotations

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from demo_data import demo
from tests.pages.opened import launched, opened, written


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    return pd.read_parquet(demo("fraud").path)


def plain(at: AppTest) -> str:
    assert not at.exception
    return written(at).replace("\\", "")


def chips(at: AppTest) -> list[str]:
    return [str(b.key).removeprefix("chip.") for b in at.button if str(b.key).startswith("chip.")]


def typed(at: AppTest, text: str) -> AppTest:
    at.text_area(key="filter.text").set_value(text).run()
    return at


def test_chips_say_how_many_rows_pass(fraud):
    at = opened("examples", filter="country == 'DE' and (amount > 500 or device == 'tablet')")
    kept = fraud[(fraud["country"] == "DE") & ((fraud["amount"] > 500) | (fraud["device"] == "tablet"))]
    assert chips(at) == ["country == 'DE'", "amount > 500 or device == 'tablet'"]
    assert f"{len(kept):,} of 100,000 rows pass" in plain(at)
    at.button(key="chip.amount > 500 or device == 'tablet'").click().run()
    assert at.query_params["filter"] == "country == 'DE'"
    at.button(key="filter.clear").click().run()
    assert "filter" not in at.query_params
    assert "100,000 rows" in plain(at)


def test_a_condition_is_added_by_choosing(fraud):
    at = opened("examples")
    at.selectbox(key="filter.column").set_value("country").run()
    options = at.multiselect(key="filter.value.country.in").options
    counts = fraud["country"].value_counts()
    assert options[0] == f"{counts.index[0]} · {counts.iloc[0]:,}"
    at.multiselect(key="filter.value.country.in").set_value(["DE", "FR"]).run()
    assert f"Leaves {fraud['country'].isin(['DE', 'FR']).sum():,} of 100,000 rows." in plain(at)
    at.button(key="filter.add_it").click().run()
    assert at.query_params["filter"] == "country in ('DE', 'FR')"
    assert at.selectbox(key="filter.column").value is None
    at.selectbox(key="filter.column").set_value("amount").run()
    at.selectbox(key="filter.test.number").set_value("from").run()
    at.text_input(key="filter.value.amount.from.From").set_value("10").run()
    assert at.button(key="filter.add_it").disabled
    at.text_input(key="filter.value.amount.from.To").set_value("20.5").run()
    at.button(key="filter.add_it").click().run()
    assert at.query_params["filter"] == "country in ('DE', 'FR') and amount >= 10 and amount <= 20.5"


def test_a_condition_can_be_an_alternative_to_a_chip():
    at = opened("examples", filter="country == 'DE' and device == 'tablet'")
    at.selectbox(key="filter.column").set_value("amount").run()
    at.text_input(key="filter.value.amount.>=").set_value("500").run()
    assert at.selectbox(key="filter.join").options == [
        "and everything before",
        "or: country == 'DE'",
        "or: device == 'tablet'",
        "or everything before",
    ]
    at.selectbox(key="filter.join").set_value(1).run()
    at.button(key="filter.add_it").click().run()
    assert at.query_params["filter"] == "country == 'DE' and (device == 'tablet' or amount >= 500)"


def test_a_condition_can_be_an_alternative_to_everything_before():
    at = opened("examples", filter="country == 'DE' and device == 'tablet'")
    at.selectbox(key="filter.column").set_value("amount").run()
    at.text_input(key="filter.value.amount.>=").set_value("500").run()
    at.selectbox(key="filter.join").set_value(-2).run()
    at.button(key="filter.add_it").click().run()
    assert at.query_params["filter"] == "country == 'DE' and device == 'tablet' or amount >= 500"


def test_conditions_are_put_together_to_a_group_and_added_as_one(fraud):
    at = opened("examples", filter="country == 'DE'")
    at.selectbox(key="filter.column").set_value("amount").run()
    at.text_input(key="filter.value.amount.>=").set_value("500").run()
    at.button(key="filter.more").click().run()
    assert at.selectbox(key="filter.column").value is None
    at.selectbox(key="filter.column").set_value("device").run()
    at.multiselect(key="filter.value.device.in").set_value(["tablet"]).run()
    at.checkbox(key="filter.not").check().run()
    at.segmented_control(key="filter.match").set_value("any").run()
    kept = fraud[(fraud["country"] == "DE") & ((fraud["amount"] >= 500) | (fraud["device"] != "tablet"))]
    assert f"Leaves {len(kept):,} of 100,000 rows." in plain(at)
    at.button(key="filter.add_it").click().run()
    assert at.query_params["filter"] == "country == 'DE' and (amount >= 500 or not device == 'tablet')"
    at.selectbox(key="filter.column").set_value("amount").run()
    assert not [b for b in at.button if str(b.key).startswith("filter.group.")]
    assert not at.checkbox(key="filter.not").value


def test_a_condition_can_be_taken_out_of_the_group():
    at = opened("examples")
    for value in ("500", "700"):
        at.selectbox(key="filter.column").set_value("amount").run()
        at.text_input(key="filter.value.amount.>=").set_value(value).run()
        at.button(key="filter.more").click().run()
    at.button(key="filter.group.0").click().run()
    at.segmented_control(key="filter.match").set_value("none").run()
    at.button(key="filter.add_it").click().run()
    assert at.query_params["filter"] == "not amount >= 700"


def test_the_hour_and_the_day_of_a_time_can_be_asked_for(tmp_path, monkeypatch):
    seen = pd.date_range("2026-01-01", periods=200, freq="7h")
    frame = pd.DataFrame(
        {"truth": [0, 1] * 100, "said": [0, 1, 1, 0] * 50, "seen": seen, "note": ["Call 0800", "x"] * 100}
    )
    frame.to_csv(tmp_path / "seen.csv", index=False)
    at = opened(
        "examples",
        data=launched(monkeypatch, tmp_path / "seen.csv", y_true="truth", y_pred="said", pos_label="1"),
    )
    at.selectbox(key="filter.column").set_value("seen").run()
    at.selectbox(key="filter.test.time").set_value("weekday").run()
    at.multiselect(key="filter.value.seen.weekday").set_value(["Sat", "Sun"]).run()
    assert f"Leaves {(seen.day_of_week >= 5).sum()} of 200 rows." in plain(at)
    at.button(key="filter.add_it").click().run()
    assert at.query_params["filter"] == "weekday(seen) in ('Sat', 'Sun')"
    at.selectbox(key="filter.column").set_value("note").run()
    at.selectbox(key="filter.test.text").set_value("word").run()
    at.text_input(key="filter.value.note.word").set_value("CALL").run()
    at.button(key="filter.add_it").click().run()
    assert chips(at) == ["weekday(seen) in ('Sat', 'Sun')", "word(note, 'call')"]


@pytest.mark.parametrize(("value", "said"), [("ten", "'ten' is no number. Write 30, -1.5 or 1e-3."), ("1e9", "No row would be left. Column 'amount' runs from")])  # fmt: skip
def test_a_condition_that_cannot_be_is_a_sentence_and_cannot_be_added(value, said):
    at = opened("examples")
    at.selectbox(key="filter.column").set_value("amount").run()
    at.text_input(key="filter.value.amount.>=").set_value(value).run()
    assert said in plain(at)
    assert at.button(key="filter.add_it").disabled


@pytest.mark.parametrize(
    ("text", "said"),
    [("amuont > 10", "Did you mean 'amount'?"), ("country == DE", "Text goes in quotes: 'DE'."),
     ("country == 'Germany'", "No row passes this filter. No row has country 'Germany'."), ("amount == 'x'", "Column 'amount' holds numbers")],
)  # fmt: skip
def test_a_text_that_cannot_be_changes_nothing_and_says_why(text, said):
    at = typed(opened("examples", filter="country == 'DE'"), text)
    assert said in plain(at)
    assert at.query_params["filter"] == "country == 'DE'"
    assert at.text_area(key="filter.text").value == text
    at.button(key="filter.clear").click().run()
    assert said not in plain(at)
    assert at.text_area(key="filter.text").value == ""


def test_a_mistake_in_the_text_is_shown_where_it_is():
    at = typed(opened("examples"), "country == DE")
    assert "  country == DE\n             ^" in [code.value for code in at.code]


def test_the_text_is_the_filter_and_the_chips_are_its_terms():
    at = typed(opened("examples"), "device='tablet' AND (country = 'DE' or amount>500)")
    assert at.query_params["filter"] == "device == 'tablet' and (country == 'DE' or amount > 500)"
    assert at.text_area(key="filter.text").value == at.query_params["filter"]
    assert chips(at) == ["device == 'tablet'", "country == 'DE' or amount > 500"]
    assert "filter" not in typed(at, "  ").query_params


def test_undo_takes_back_every_change_whoever_made_it():
    at = typed(opened("examples"), "device == 'tablet'")
    at.selectbox(key="filter.column").set_value("new_account").run()
    at.multiselect(key="filter.value.new_account.in").set_value(["yes"]).run()
    at.button(key="filter.add_it").click().run()
    at.button(key="chip.device == 'tablet'").click().run()
    assert at.query_params["filter"] == "new_account == 'yes'"
    before = []
    while "filter.undo" in {button.key for button in at.button}:
        at.button(key="filter.undo").click().run()
        before.append(at.query_params.get("filter", ""))
    assert before == ["device == 'tablet' and new_account == 'yes'", "device == 'tablet'", ""]


def test_another_data_set_has_nothing_to_undo():
    at = typed(opened("examples"), "device == 'tablet'")
    at.sidebar.selectbox(key="sidebar.data").set_value("tumour").run()
    assert "filter.undo" not in {button.key for button in at.button}


def test_a_value_that_no_row_has_is_doubted(tmp_path, monkeypatch):
    path = tmp_path / "towns.csv"
    pd.DataFrame(
        {"y": [0, 1, 0, 1], "p": [0.1, 0.9, 0.6, 0.4], "town": ["Bonn", "Köln", "Bonn", None]}
    ).to_csv(path, index=False)
    name = launched(monkeypatch, path, y_true="y", y_score="p")
    at = opened("examples", data=name, filter="town in ('Bonn', 'Koln')")
    assert "No row has town 'Koln'. Did you mean 'Köln'?" in plain(at)


@pytest.mark.parametrize(
    ("kind", "column", "test", "value", "text"),
    [("text", "town", "contains", "on", "town contains 'on'"), ("boolean", "new", "false", None, "new == false"),
     ("time", "seen", "<", "2026-01-03", "seen < '2026-01-03'"), ("number", "p", "in", "0.1, 0.9", "p in (0.1, 0.9)"),
     ("text", "town", "missing", None, "town is missing"), ("other", "tags", "present", None, "tags is not missing")],
)  # fmt: skip
def test_every_kind_of_column_has_its_tests(tmp_path, monkeypatch, kind, column, test, value, text):
    path = tmp_path / "kinds.parquet"
    pd.DataFrame(
        {"y": [0, 1, 0, 1], "p": [0.1, 0.9, 0.6, 0.4], "town": ["Bonn", "Köln", "Bonn", None], "new": [True, False, True, False],
         "seen": pd.date_range("2026-01-01", periods=4), "tags": [["a"], None, ["b"], []]}
    ).to_parquet(path)  # fmt: skip
    at = opened("examples", data=launched(monkeypatch, path, y_true="y", y_score="p"))
    at.selectbox(key="filter.column").set_value(column).run()
    at.selectbox(key=f"filter.test.{kind}").set_value(test).run()
    if value is not None:
        at.text_input(key=f"filter.value.{column}.{test}").set_value(value).run()
    at.button(key="filter.add_it").click().run()
    assert at.query_params["filter"] == text
    assert not at.exception


@pytest.mark.parametrize("rows", ["fp", "fn", "tp", "tn", "errors"])
def test_each_empty_outcome_says_so_and_has_one_way_on(tmp_path, monkeypatch, rows):
    path = tmp_path / "one.csv"
    label, score = {"fp": (0, 0.1), "fn": (1, 0.9), "tp": (0, 0.1), "tn": (1, 0.9), "errors": (0, 0.1)}[rows]
    pd.DataFrame({"y": [label, label], "p": [score, score]}).to_csv(path, index=False)
    at = opened(
        "examples",
        data=launched(monkeypatch, path, y_true="y", y_score="p", pos_label="1"),
        t="0.5",
        rows=rows,
    )
    named = {
        "fp": "false positives",
        "fn": "false negatives",
        "tp": "true positives",
        "tn": "true negatives",
        "errors": "errors",
    }[rows]
    assert f"No {named} at this threshold" in written(at)
    assert "Every row here is predicted right." in written(at)
    at.button(key="examples.others").click().run()
    assert at.dataframe[0].value["Row"].tolist() == [1, 2]


def test_no_errors_among_the_rows_of_a_filter_leads_to_the_rows_without_it(fraud):
    quiet = fraud[(fraud["is_fraud"] == 1) == (fraud["score"] >= 0.5)]["transaction_id"].iloc[0]
    at = opened("examples", rows="errors", filter=f"transaction_id == '{quiet}'")
    assert "No errors at this threshold among the rows of the filter" in written(at)
    at.button(key="examples.others").click().run()
    assert "filter" not in at.query_params
    assert len(at.dataframe[0].value) == 25


def test_the_same_condition_twice_is_two_chips():
    at = opened("examples", filter="country == 'DE' and country == 'DE'")
    assert chips(at) == ["country == 'DE'", "country == 'DE'.1"]
    at.button(key="chip.country == 'DE'.1").click().run()
    assert at.query_params["filter"] == "country == 'DE'"
