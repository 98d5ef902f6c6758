"""The part of the Slices page that goes column by column: what a link restores, and what it says of a single group."""

from __future__ import annotations

import pandas as pd

from app.state import View
from tests.pages.opened import launched, opened, written


def test_smallest_group_and_order_stand_in_the_link():
    at = opened("slices")
    at.select_slider(key="slices.least").set_value(0.02).run()
    at.segmented_control(key="slices.order").set_value("file").run()
    assert not at.exception
    assert [at.query_params[name] for name in ("least", "arranged")] == ["0.02", "file"]


def test_a_link_restores_smallest_group_and_order():
    at = opened("slices", least="0.02", arranged="file")
    assert at.select_slider(key="slices.least").value == 0.02
    assert at.segmented_control(key="slices.order").value == "file"


def test_what_a_link_says_wrongly_is_left_at_its_default():
    for least in ("2", "-1", "nan", "much"):
        assert View.from_query({"least": least, "arranged": "up"}) == View()


def test_the_usual_order_of_the_columns_is_not_written():
    assert View().to_query() == {}
    assert View(least=0.05).to_query() == {"least": "0.05"}


def test_a_single_row_is_told_in_the_singular(monkeypatch, tmp_path):
    path = tmp_path / "rows.csv"
    n = range(40)
    pd.DataFrame({"id": n, "y": [i % 2 for i in n], "score": [i / 40 for i in n], "city": ["a", "b"] * 20}).to_csv(path, index=False)  # fmt: skip
    at = opened("slices", data=launched(monkeypatch, path), filter="id == 3", columns="city")
    assert "The only row shown is in one group" in written(at)
