"""KS, the lines behind curves, and the files under every figure of Confusion and Curves."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from app.components import picture
from demo_data import demo
from tests.pages.opened import opened, written


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    return pd.read_parquet(demo("fraud").path, columns=["is_fraud", "score"])


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What the browser is asked to save; AppTest does not show a component's data."""
    sent: list[dict] = []
    monkeypatch.setattr(picture, "_mount", lambda **given: sent.append(given))
    return sent


def layout_of(at) -> dict:
    return json.loads(at.get("plotly_chart")[0].proto.spec)["layout"]


def isos(at) -> list:
    return [shape for shape in layout_of(at).get("shapes", []) if shape.get("name") == "iso"]


def test_the_gap_of_the_page_is_that_of_the_rows(fraud):
    at = opened("curves", curve="ks")
    positive = fraud["is_fraud"] == 1
    gap = ks_2samp(fraud["score"][positive], fraud["score"][~positive], alternative="less").statistic
    assert f"the largest gap between the two lines, {gap:.3f}" in written(at)
    at.segmented_control(key="curves.ks_unit").set_value("share").run()
    assert not at.exception
    assert layout_of(at)["xaxis"]["title"]["text"] == "Share of rows flagged, log scale"


def test_several_models_have_a_gap_each():
    at = opened("curves", data="tumour", curve="ks")
    assert len(at.dataframe[0].value) == 2
    assert set(at.dataframe[-1].value["model"]) == set(at.dataframe[0].value["Model"])


def test_one_class_has_a_sentence_instead_of_a_gap():
    at = opened("curves", curve="ks", filter="is_fraud == 0")
    assert [box.value.startswith("Only one class is present") for box in at.info] == [True]


def test_many_classes_together_have_no_gap_and_one_against_the_rest_has():
    at = opened("curves", data="digits", curve="ks")
    assert "ks" not in at.segmented_control(key="curves.shown").options
    assert at.segmented_control(key="curves.shown").value == "roc"
    assert "the largest gap between the two lines" in written(opened("curves", data="digits", **{"class": "8", "curve": "ks"}))  # fmt: skip


def test_lines_of_equal_f1_can_be_hidden():
    at = opened("curves", curve="pr")
    assert len(isos(at)) == 4
    at.toggle(key="curves.iso_f1").set_value(False).run()
    assert not isos(at)


def test_the_cheapest_threshold_of_the_page_is_the_least_of_all(fraud):
    at = opened("curves", t="0.25")
    assert not isos(at)
    at.toggle(key="curves.iso_cost").set_value(True).run()
    at.number_input(key="curves.cost_fn").set_value(50.0).run()
    assert not at.exception
    order = np.argsort(-fraud["score"].to_numpy(), kind="stable")
    hits = np.cumsum(fraud["is_fraud"].to_numpy()[order])
    spent = np.arange(1, len(fraud) + 1) - hits + 50 * (hits[-1] - hits)
    last = np.append(
        np.diff(fraud["score"].to_numpy()[order]) != 0, True
    )  # equal scores are flagged together
    least = min(spent[last].min(), 50 * hits[-1])
    assert f"{round(1000 * least / len(fraud), 1):,.1f} per 1,000 rows".replace(".0 per", " per") in written(
        at
    )
    assert len(isos(at)) == 2
    at.button(key="curves.cheapest").click().run()
    flagged = fraud["score"] >= float(at.query_params["t"][0] if isinstance(at.query_params["t"], list) else at.query_params["t"])  # fmt: skip
    cost = ((fraud["is_fraud"] == 0) & flagged).sum() + 50 * ((fraud["is_fraud"] == 1) & ~flagged).sum()
    assert cost == least
    assert len(isos(at)) == 1


def test_two_costs_of_0_are_refused_in_a_sentence():
    at = opened("curves")
    at.toggle(key="curves.iso_cost").set_value(True).run()
    at.number_input(key="curves.cost_fn").set_value(0.0)
    at.number_input(key="curves.cost_fp").set_value(0.0).run()
    assert [box.value.startswith("Both costs are 0") for box in at.info] == [True]


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("confusion", {}),
        ("confusion", {"data": "digits"}),
        ("curves", {"curve": "lift"}),
        ("curves", {"curve": "ks"}),
        ("curves", {"curve": "scores"}),
        ("curves", {"data": "digits"}),
        ("curves", {"data": "digits", "curve": "scores"}),
    ],
)
def test_under_every_figure_stand_its_numbers_and_its_picture(page, query, pictures):
    at = opened(page, **query)
    charts = [chart.proto.id for chart in at.get("plotly_chart")]
    assert len(charts) == 1
    (asked,) = pictures[-1:]
    key = asked["key"].removesuffix(".picture")
    assert [d for d in at.get("download_button") if key in d.proto.id]
    chart = asked["data"]["chart"].removeprefix("st-key-")
    assert charts[0].replace(".", "-").endswith(chart)
    assert asked["data"]["name"]
    assert "·" in asked["data"]["title"]


def test_the_figures_of_the_threshold_page_are_files_too(pictures):
    opened("threshold")
    (sent,) = (one["data"] for one in pictures if one["data"]["chart"] == "st-key-pictures-rates")
    assert sent["name"].startswith("fraud-rates-by-threshold-at-0.5")
    assert sent["title"].startswith("Rates by threshold · fraud.parquet · score ≥ 0.5")
