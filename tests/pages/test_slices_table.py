"""All slices side by side: their numbers, their order and colours, slices of one's own, other ranges, the way to the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.charts.slice_histogram import bins_of
from app.views import slices_by_column, slices_table
from demo_data import demo
from tests.pages.opened import launched, written
from tests.pages.opened import opened as opened_page

T = 0.25


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    frame = pd.read_parquet(demo("fraud").path)
    positive, flagged = frame["is_fraud"] == 1, frame["score"] >= T
    return frame.assign(wrong=positive != flagged, fn=positive & ~flagged)


def opened(**query: str) -> AppTest:
    """Open this part of the page."""
    return opened_page("slices", part="table", **query)


def table(at: AppTest) -> pd.DataFrame:
    assert not at.exception
    (found,) = at.dataframe
    return found.value.set_index("Slice")


def with_columns(at: AppTest, *columns: str) -> AppTest:
    at.multiselect(key="slices.table.columns.fraud.parquet").set_value(list(columns)).run()
    return at


def plain(at: AppTest) -> str:
    assert not at.exception
    return written(at).replace("\\", "")


def test_each_slice_is_a_direct_count_of_its_rows(fraud):
    found = table(with_columns(opened(t=str(T)), "device"))
    for device, rows in fraud.groupby("device"):
        others = fraud[fraud["device"] != device]
        one = found.loc[f"device = {device}"]
        assert one["Rows"] == one["n"] == len(rows)
        assert one["Error rate"] == pytest.approx(100 * rows["wrong"].mean())
        assert one["Difference"] == pytest.approx(100 * (rows["wrong"].mean() - others["wrong"].mean()))
        assert one["Share of errors"] == pytest.approx(100 * rows["wrong"].sum() / fraud["wrong"].sum())
        assert one["False negative rate"] == pytest.approx(
            100 * rows["fn"].sum() / (rows["is_fraud"] == 1).sum()
        )


def test_another_metric_can_stand_in_detail(fraud):
    at = with_columns(opened(t=str(T)), "device")
    at.selectbox(key="slices.table.detail").set_value(("score", "fnr")).run()
    found = table(at)
    assert list(found.columns)[:2] == ["Rows", "False negative rate"]
    tablet = fraud[fraud["device"] == "tablet"]
    assert found.loc["device = tablet", "n"] == (tablet["is_fraud"] == 1).sum()
    assert found.loc["device = tablet", "Share of false negatives"] == pytest.approx(
        100 * tablet["fn"].sum() / fraud["fn"].sum()
    )


def test_the_table_is_ordered_by_whatever_is_asked_for():
    at = with_columns(opened(t=str(T)), "device", "country")
    for by, column in (("rows", "Rows"), ("share", "Share of errors"), ("pulled", "Shrunken"), ("difference", "Difference"), ("value:score:fpr", "False positive rate")):  # fmt: skip
        at.selectbox(key="slices.table.order").set_value(by).run()
        values = table(at)[column].dropna()
        assert values.is_monotonic_decreasing
    at.toggle(key="slices.table.turned").set_value(True).run()
    assert table(at)["False positive rate"].dropna().is_monotonic_increasing
    at.selectbox(key="slices.table.order").set_value("name").run()
    assert list(table(at).index) == sorted(table(at).index, key=str.lower, reverse=True)


def test_small_slices_can_be_hidden_and_are_then_no_test():
    at = with_columns(opened(t=str(T)), "country")
    before, said = len(table(at)), plain(at)
    at.select_slider(key="slices.table.least").set_value(0.02).run()
    assert len(table(at)) < before
    assert (table(at)["Rows"] >= 2000).all()
    tested = [int(text.split(" differences tested")[0].rsplit(" ", 1)[-1]) for text in (said, plain(at))]
    assert tested[1] < tested[0]


def test_derived_columns_and_the_score_are_columns_like_others(fraud):
    at = with_columns(opened(t=str(T)), "length(merchant_type)", "true and predicted class, score")
    found = table(at)
    lengths = fraud["merchant_type"].str.len()
    shown = found[found.index.str.startswith("length(merchant_type)")]
    assert shown["Rows"].sum() == len(fraud)
    assert found.loc[f"length(merchant_type) = {lengths.max()}", "Rows"] == (lengths == lengths.max()).sum()
    assert found.loc["score below 0.1", "Rows"] == (fraud["score"] < 0.1).sum()
    assert {"is_fraud = 0", "is_fraud = 1"} <= set(found.index)


def test_a_slice_of_ones_own_is_put_together_and_taken_off(fraud):
    at = with_columns(opened(t=str(T)), "device")
    at.text_input(key="slices.new.text").set_value("amount > 500 and device == 'tablet'").run()
    inside = (fraud["amount"] > 500) & (fraud["device"] == "tablet")
    assert f"{inside.sum()} rows of 100,000." in plain(at)
    at.text_input(key="slices.new.name").set_value("Dear *tablets*").run()
    at.button(key="slices.new.add").click().run()
    one = table(at).loc["Dear *tablets*"]
    assert one["Rows"] == inside.sum()
    assert one["Error rate"] == pytest.approx(100 * fraud["wrong"][inside].mean())
    assert np.isnan(one["Shrunken"])
    assert at.text_input(key="slices.new.text").value == ""
    at.button(key="slices.own.0").click().run()
    assert "Dear *tablets*" not in table(at).index


def test_a_slice_of_ones_own_can_be_chosen_condition_by_condition(fraud):
    at = with_columns(opened(t=str(T)), "device")
    at.selectbox(key="slices.new.column").set_value("amount").run()
    at.text_input(key="slices.new.value.amount.>=").set_value("500").run()
    at.button(key="slices.new.more").click().run()
    at.selectbox(key="slices.new.column").set_value("country").run()
    at.multiselect(key="slices.new.value.country.in").set_value(["DE"]).run()
    at.button(key="slices.new.add").click().run()
    assert (
        table(at).loc["amount >= 500 and country == 'DE'", "Rows"]
        == ((fraud["amount"] >= 500) & (fraud["country"] == "DE")).sum()
    )
    assert "filter" not in at.query_params


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("amuont > 5", "Did you mean 'amount'?"),
        ("amount >", "expected a value"),
        ("hour(amount) == 3", "reads times of the day"),
    ],
)
def test_a_slice_that_cannot_be_is_a_sentence_and_cannot_be_added(text, said):
    at = with_columns(opened(), "device")
    at.text_input(key="slices.new.text").set_value(text).run()
    assert said in plain(at)
    assert at.button(key="slices.new.add").disabled


def test_numbers_are_cut_where_somebody_says(fraud):
    at = with_columns(opened(t=str(T)), "amount")
    at.selectbox(key="slices.ranges.column").set_value("amount").run()
    at.text_input(key="slices.ranges.edges").set_value("10, 100").run()
    at.button(key="slices.ranges.cut").click().run()
    found = table(at)
    assert set(found.index) == {"amount below 10", "amount [10, 100)", "amount 100 and above"}
    assert found.loc["amount 100 and above", "Rows"] == (fraud["amount"] >= 100).sum()
    at.text_input(key="slices.ranges.edges").set_value("").run()
    at.slider(key="slices.ranges.count").set_value(3).run()
    at.button(key="slices.ranges.cut").click().run()
    assert len(table(at)) == 3
    at.button(key="slices.ranges.usual").click().run()
    assert len(table(at)) == 5


@pytest.mark.parametrize(("text", "said"), [("ten", "are no edges"), ("5, 3", "must be numbers that rise")])
def test_edges_that_are_none_are_a_sentence(text, said):
    at = with_columns(opened(), "amount")
    at.selectbox(key="slices.ranges.column").set_value("amount").run()
    at.text_input(key="slices.ranges.edges").set_value(text).run()
    assert said in plain(at)
    assert "slices.ranges.cut" not in {b.key for b in at.button}


def test_the_keyboard_leads_to_the_errors_of_a_slice(fraud):
    at = with_columns(opened(t=str(T)), "device")
    assert at.button(key="slices.table.show").disabled
    at.selectbox(key="slices.table.slice").set_value("device == 'tablet'").run()
    n = int((fraud["wrong"] & (fraud["device"] == "tablet")).sum())
    assert at.button(key="slices.table.show").label == f"Show {n} errors"
    at.button(key="slices.table.show").click().run()
    assert not at.exception
    assert at.query_params["filter"] in ("device == 'tablet'", ["device == 'tablet'"])
    assert at.query_params["rows"] in ("errors", ["errors"])


def test_a_slice_becomes_the_filter_of_every_page():
    at = with_columns(opened(t=str(T)), "device")
    at.selectbox(key="slices.table.slice").set_value("device == 'tablet'").run()
    at.button(key="slices.table.keep").click().run()
    assert at.query_params["filter"] in ("device == 'tablet'", ["device == 'tablet'"])
    assert table(at).loc["device = tablet", "Found"].startswith("n/a: there are no other rows")


def test_many_slices_are_a_histogram_too_and_few_are_not():
    at = opened(t=str(T))
    assert len(table(at)) > slices_table.MANY
    assert len(at.get("plotly_chart")) == 1
    assert not with_columns(at, "device").get("plotly_chart")


def test_a_bar_of_the_histogram_lists_the_slices_in_it():
    at = opened(t=str(T))
    every = table(at)
    of = at.session_state
    edges = bins_of((every["Error rate"] / 100).tolist())
    of["slices.table.spread.bar"] = ((("score", "error_rate"), edges.tolist()), 0)
    at.run()
    left = table(at)
    assert 0 < len(left) < len(every)
    assert (left["Error rate"] < 100 * edges[1]).all()
    at.button(key="slices.table.spread.clear").click().run()
    assert len(table(at)) == len(every)


def test_models_stand_side_by_side():
    at = opened(data="tumour", model="logistic")
    names = at.multiselect(
        key=next(w.key for w in at.multiselect if str(w.key).startswith("slices.table.models"))
    ).options
    at.multiselect(
        key=next(w.key for w in at.multiselect if str(w.key).startswith("slices.table.models"))
    ).set_value(list(names)[:2]).run()
    found = table(at)
    assert {f"Error rate · {name}" for name in list(names)[:2]} <= set(found.columns)


def test_many_classes_and_predicted_numbers_are_compared_too():
    assert "Error rate" in table(opened(data="digits"))
    found = table(opened(data="diabetes"))
    assert "Mean absolute error" in found.columns
    assert "Shrunken" not in found.columns  # no mean of errors has one
    assert (found["Rows"] > 0).all()


def test_saved_slices_that_do_not_fit_the_file_are_told(monkeypatch):
    saved = [("Tablets", "device == 'tablet'"), ("Old", "age > 60")]
    # in the place of the first part, which gets nothing but what is shown
    monkeypatch.setattr(slices_by_column, "by_column", lambda shown: slices_table.slices_table(shown, saved))
    at = with_columns(opened_page("slices"), "country")
    assert "Tablets" in table(at).index
    assert "Slice 'Old' does not fit this file. 'fraud.parquet' has no column 'age'." in plain(at)


def test_a_table_of_labels_and_scores_alone_says_what_to_do(tmp_path, monkeypatch):
    path = tmp_path / "bare.csv"
    pd.DataFrame({"label": [1, 0] * 20, "score": np.linspace(0, 1, 40)}).to_csv(path, index=False)
    at = opened(data=launched(monkeypatch, path, y_true="label", y_score="score"))
    assert "There is no slice to compare yet" in plain(at)


def test_names_of_the_file_stay_text(tmp_path, monkeypatch):
    n = 120
    frame = pd.DataFrame(
        {
            "truth": [0, 1] * 60,
            "said": [0, 1, 1] * 40,
            "c": ["<img src=x>", "**b** [x](http://x)", "=1+1"] * 40,
        }
    )
    frame.to_csv(tmp_path / "made.csv", index=False)
    at = opened(
        data=launched(
            monkeypatch, tmp_path / "made.csv", y_true="truth", y_pred="said", pos_label="1", slices=["c"]
        ),
    )
    assert table(at)["Rows"].sum() == n
    at.text_input(key="slices.new.text").set_value("c == '=1+1'").run()
    at.text_input(key="slices.new.name").set_value("# <b>x</b>").run()
    at.button(key="slices.new.add").click().run()
    assert not at.exception
    assert "# <b>x</b>" in at.button(key="slices.own.0").label.replace("\\", "")


def test_long_work_shows_progress(monkeypatch):
    said = []

    class Bar:
        def progress(self, share, text):
            said.append((share, text))

        def empty(self):
            said.append("done")

    monkeypatch.setattr(slices_table, "_SLOW", -1)
    monkeypatch.setattr(slices_table.st, "progress", lambda *args, **kwargs: Bar())
    opened(t="0.123")
    assert said[-1] == "done"
    assert (1.0, "Counting the slices …") in said
