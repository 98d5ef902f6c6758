"""The Slices page where there is little to show: parts that are not there, few rows, columns that hold nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.pages.opened import launched, opened, written

PARTS = ("columns", "find", "table", "pair", "tree", "matter")


def plain(at) -> str:
    return written(at).replace("\\", "")


def file(tmp_path, monkeypatch, columns: dict[str, object], n: int = 600) -> str:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 2, n)
    said = truth ^ (rng.random(n) < 0.2)
    path = tmp_path / "made.parquet"
    pd.DataFrame({"truth": truth, "said": said, **columns}).to_parquet(path)
    return launched(monkeypatch, path, y_true="truth", y_pred="said", pos_label="1")


@pytest.mark.parametrize(("data", "part", "why"), [
    ("diabetes", "rates", "Rates by group are those of two classes"),
    ("digits", "rates", "choose one against the rest"),
    ("fraud", "words", "no column has that role"),
])  # fmt: skip
def test_a_link_to_a_part_that_is_not_there_says_why(data, part, why):
    at = opened("slices", data=data, part=part)
    assert why in plain(at)
    assert at.segmented_control(key="slices.part").value == "columns"


def test_a_link_to_no_part_at_all_opens_the_first_one_without_a_word():
    at = opened("slices", part="nothing of the kind")
    assert not any(element.value.startswith(":material/info:") for element in at.caption)


def test_two_columns_can_be_begun_with_one_click():
    at = opened("slices", part="pair")
    at.button(key="slices.pair.start").click().run()
    assert not at.exception
    assert at.get("plotly_chart")
    assert "merchant_type × device" in plain(at)


def test_one_column_alone_makes_no_pair(tmp_path, monkeypatch):
    at = opened("slices", data=file(tmp_path, monkeypatch, {"shop": ["a", "b"] * 300}), part="pair")
    assert "so there are no two to compare" in plain(at)


def test_missed_positives_are_not_looked_for_where_there_is_no_positive():
    at = opened("slices", part="find", filter="is_fraud == 0")
    assert at.segmented_control(key="find.loss").value == "error"
    assert not at.error


def test_slices_without_a_row_are_left_out_of_the_table():
    at = opened("slices", part="table", filter="device == 'desktop' and country == 'GB' and amount > 300")
    (table,) = [element.value for element in at.dataframe if "Slice" in element.value]
    assert (table["Rows"] > 0).all()
    assert "without a row here are left out" in plain(at)


@pytest.mark.parametrize("part", [*PARTS, "rates"])
def test_one_row_is_shown_without_a_verdict(part):
    at = opened("slices", part=part, filter="transaction_id == 'T0000017'")
    assert not at.exception
    for verdict in (
        "Clearly worse at",
        "are clearly worse",
        "is clearly worse",
        "Clearest",
        "differ clearly",
    ):
        assert verdict not in plain(at).replace("none is clearly worse", "")


@pytest.mark.parametrize("part", PARTS)
def test_columns_that_hold_nothing_break_no_part(tmp_path, monkeypatch, part):
    n = 600
    odd = {
        "gone": np.full(n, np.nan), "one": "x", "infinite": [np.inf, -np.inf, 0.0] * (n // 3), "row": np.arange(n),
        "name": [f"u{i}" for i in range(n)], "pairs": [f"u{i // 2}" for i in range(n)],
    }  # fmt: skip
    at = opened("slices", data=file(tmp_path, monkeypatch, odd), part=part)
    assert not at.exception
    for box in at.multiselect:
        if set(box.options) & set(odd):
            box.set_value([c for c in odd if c in box.options])
    at.run()
    assert not at.exception


def test_every_column_of_a_wide_file_can_be_chosen(tmp_path, monkeypatch):
    rng = np.random.default_rng(8)
    columns = {f"n{j}": rng.normal(size=600) for j in range(60)}
    name = file(tmp_path, monkeypatch, columns)
    for part in ("columns", "find", "table", "tree", "matter"):
        at = opened("slices", data=name, part=part)
        assert any(set(columns) <= set(box.options) for box in at.multiselect), part
