"""What a link holds of a page, and which of two addresses counts when the browser and the session disagree."""

from __future__ import annotations

import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.state import View
from tests.pages.intake import started
from tests.pages.opened import opened, written

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), min_size=1, max_size=8)
COSTS = st.floats(0, 1e9).map(lambda cost: float(f"{cost:.12g}"))


@given(
    st.lists(NAMES, unique=True, max_size=4),
    st.none() | st.tuples(COSTS, COSTS),
    st.sampled_from(["", "fnr"]),
)
def test_a_view_comes_back_from_its_link(columns, costs, metric):
    view = View(data="fraud", columns=tuple(columns), costs=costs, metric=metric, against="two, or more")
    assert View.from_query(view.to_query()) == view


@pytest.mark.parametrize("costs", ["", "1", "1:2:3", "-1:2", "nan:1", "inf:1", "one:two"])
def test_what_is_no_pair_of_costs_is_left_out(costs):
    assert View.from_query({"costs": costs}).costs is None


def test_a_link_names_the_model_that_is_compared():
    at = opened("confusion", data="tumour", t="0.5", against="forest")
    assert "logistic minus forest" in [element.value for element in at.subheader]
    at.selectbox(key="confusion.against").set_value(None).run()
    assert not at.exception
    assert "against" not in at.query_params
    assert [element.value for element in at.subheader] == ["The matrix", "What it implies"]


def test_a_link_names_the_costs_behind_the_roc_curve():
    at = opened("curves", costs="1:50")
    assert [at.number_input(key=f"curves.cost_{code}").value for code in ("fp", "fn")] == [1.0, 50.0]
    at.number_input(key="curves.cost_fp").set_value(2.5).run()
    assert at.query_params["costs"] in ("2.5:50", ["2.5:50"])
    at.toggle(key="curves.iso_cost").set_value(False).run()
    assert "costs" not in at.query_params
    at.toggle(key="curves.iso_cost").set_value(True).run()
    assert not at.exception
    assert at.query_params["costs"] in ("2.5:50", ["2.5:50"])


def test_a_link_names_the_metric_and_the_columns_of_the_slices():
    at = opened("slices", t="0.25", metric="fnr", columns="device,country")
    assert at.selectbox(key="slices.metric").value == "fnr"
    assert {"device", "country"} <= {element.value for element in at.subheader}
    assert len(at.dataframe) == 2
    at.multiselect(key="slices.columns").set_value(["device"]).run()
    assert not at.exception
    assert at.query_params["columns"] in ("device", ["device"])
    assert len(at.dataframe) == 1


def test_names_a_link_got_wrong_are_passed_over():
    at = opened("slices", t="0.25", metric="no_such_metric", columns='device,no such column,"unfinished')
    assert at.selectbox(key="slices.metric").value == "error_rate"
    assert at.multiselect(key="slices.columns").value == ["device"]


def data_of(at) -> str:
    return at.session_state["view"].data


@pytest.mark.parametrize(("went_back", "shown"), [(False, "tumour"), (True, "fraud")])
def test_a_click_that_still_carries_the_address_before_does_not_undo_the_choice(
    monkeypatch, went_back, shown
):
    at = opened("overview")
    before = dict(at.query_params)
    at.selectbox(key="sidebar.data").set_value("tumour").run()
    assert data_of(at) == "tumour"
    # the module, not the function of this name that the package offers
    monkeypatch.setattr(importlib.import_module("app.state.view"), "_went_back", lambda: went_back)
    at.query_params.clear()
    for name, value in before.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    assert data_of(at) == shown
    assert at.query_params["data"] in (shown, [shown])


def test_an_upload_followed_at_once_by_another_page_shows_what_was_uploaded():
    at = started(data="fraud")
    rows = "label,score\n" + "1,0.75\n0,0.25\n1,0.5\n0,0.125\n" * 7
    at.get("file_uploader")[0].set_value([("mine.csv", rows.encode(), "text/csv")])
    at.switch_page("pages/confusion.py")
    at.run()
    assert not at.exception
    assert data_of(at) == "mine.csv"
    assert "Show 14 true positives" in " ".join(button.label for button in at.button), written(at)


def test_a_link_holds_which_rows_are_chosen_by_what_is_written_about_them(tmp_path, monkeypatch):
    monkeypatch.setenv("FAULTLINE_STORE", f"sqlite:///{tmp_path / 'store.sqlite'}")
    at = opened("examples", data="diabetes", marks="untagged")
    assert at.query_params["marks"] == "untagged"
    gone = opened("examples", data="diabetes", marks="tag:glare")
    assert "No tag is called glare here" in written(gone).replace("\\", "")
    assert "marks" not in gone.query_params
