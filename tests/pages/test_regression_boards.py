"""The boards of the Residuals page: means, models, intervals in a row and by group, and the way to the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import numbers
from demo_data import demo
from metrics_core.filters import parse
from tests.number_tables import random_numbers
from tests.pages.opened import launched, opened, written

FRAME = pd.read_csv(demo("diabetes").path)


def shown(**query: str) -> AppTest:
    return opened("residuals", data="diabetes", model="boosted", **query)


def where(at: AppTest) -> str:
    """Return the filter in the address."""
    value = at.query_params["filter"]
    return value[0] if isinstance(value, list) else value


def asked(at: AppTest, key: str, option: int) -> AppTest:
    """Choose what a figure offers to the keyboard, and go to its rows."""
    box = at.selectbox(key=f"{key}.choice")
    box.set_value(box.options[option]).run()
    at.button(key=f"{key}.show").click().run()
    assert not at.exception
    return at


def test_the_mean_card_says_slope_parts_and_chance() -> None:
    text = written(shown())
    slope = np.polyfit(FRAME["boosted"], FRAME["progression"], 1)[0]
    assert f"**{slope:.2f}** on average" in text
    assert f"variance of the truths {numbers.plain(numbers.number(FRAME['progression'].var(ddof=0)))}" in text
    assert "chance explains it" in text
    assert "Do errors follow each other?" not in text  # no column says when


def test_a_tenth_along_a_column_leads_to_its_rows() -> None:
    at = shown()
    at.selectbox(key="residuals.residual_along.along").set_value("bmi").run()
    at = asked(at, "residuals.residual_along", 0)
    bmi = FRAME["bmi"]
    n = int((bmi < float(where(at).removeprefix("bmi < "))).sum())
    assert abs(n - 44) < 10
    assert f"{n} rows" in written(at)


def test_a_tenth_of_the_truth_leads_to_its_rows() -> None:
    at = asked(shown(part="size"), "residuals.tenths", 19)
    assert where(at).startswith("progression >= ")
    held = FRAME["progression"] >= float(where(at).removeprefix("progression >= "))
    assert abs(int(held.sum()) - 44) < 5


def test_rows_chosen_by_their_truth_are_said_to_be_one_sided_and_left_again() -> None:
    at = shown(filter="progression >= 250 and sex == 'one'")
    assert "regression to the mean" in written(at)
    at.button(key="residuals.unfilter").click().run()
    assert not at.exception
    assert where(at) == "sex == 'one'"
    assert "chooses rows by their true value" not in written(at)


def test_a_bar_of_the_errors_leads_to_its_outermost_row() -> None:
    at = asked(shown(part="size"), "residuals.distribution", 0)
    worst = int((FRAME["boosted"] - FRAME["progression"]).argmin())
    assert f"Row {worst + 1}" in written(at)


def test_a_block_of_the_plane_leads_to_its_rows() -> None:
    at = shown()
    key = "residuals.predicted_against_actual"
    for name, option in (("Predicted", 2), ("Actual", 4)):
        box = at.selectbox(key=f"{key}.{name}")
        box.set_value(box.options[option]).run()
    button = at.button(key=f"{key}.show")
    n = int(button.label.removeprefix("Show ").split(" ")[0])
    button.click().run()
    assert not at.exception
    assert set(parse(where(at)).columns) == {"boosted", "progression"}
    assert len(FRAME.query(where(at))) == n > 0


def test_the_largest_value_belongs_to_the_last_block() -> None:
    at = shown()
    key = "residuals.predicted_against_actual"
    box = at.selectbox(key=f"{key}.Actual")
    box.set_value(box.options[-1]).run()
    at.button(key=f"{key}.show").click().run()
    assert FRAME.query(where(at))["progression"].max() == FRAME["progression"].max()


def test_two_models_are_compared_on_the_same_rows() -> None:
    text = written(shown(part="models"))
    mae = {m: (FRAME[m] - FRAME["progression"]).abs().mean() for m in ("ridge", "boosted")}
    assert f"**ridge** is off by **{numbers.plain(numbers.number(mae['boosted'] - mae['ridge']))}**" in text
    assert "Does the winner depend on the loss?" in text


def test_one_model_has_no_part_for_models(monkeypatch, tmp_path) -> None:
    cases = random_numbers(0, 100)
    path = tmp_path / "one.csv"
    pd.DataFrame({"y_true": cases.truth, "y_pred": cases.predicted}).to_csv(path, index=False)
    at = opened("residuals", data=launched(monkeypatch, path, task="regression"), part="models")
    assert "models" not in at.segmented_control(key="residuals.part").options
    assert "Error along the prediction or a column" in written(at)


def test_corrections_by_group_are_shown_for_the_chosen_column() -> None:
    at = shown(part="around")
    at.selectbox(key="residuals.around.column").set_value("sex").run()
    assert not at.exception
    assert "One correction for all moves every end by **\\+12\\.5**" in written(at)
    frame = next(d.value for d in at.dataframe if "Corrected for itself" in d.value.columns)
    assert frame["Group"].tolist() == ["one", "two"]


def test_rows_with_a_time_show_memory_and_misses_in_a_row(monkeypatch, tmp_path) -> None:
    rng, e = np.random.default_rng(0), [0.0]
    for noise in rng.normal(0, 1, 199):
        e.append(0.8 * e[-1] + noise)
    y = rng.normal(50, 10, 200)
    f = y + np.array(e)
    path = tmp_path / "timed.csv"
    pd.DataFrame({"when": pd.date_range("2025-01-01", periods=200), "y": y, "f": f, "lo": f - 1, "hi": f + 1}).to_csv(path, index=False)  # fmt: skip
    name = launched(monkeypatch, path, task="regression", y_true="y", y_pred="f", time="when", interval={"0.8": ["lo", "hi"]})  # fmt: skip
    text = written(opened("residuals", data=name))
    assert "Do errors follow each other?" in text
    assert "the last errors would improve the next prediction" in text
    text = written(opened("residuals", data=name, part="around"))
    assert "they come together" in text


def test_times_that_cannot_be_read_are_said_and_the_page_stands(monkeypatch, tmp_path) -> None:
    cases = random_numbers(0, 60)
    path = tmp_path / "untimed.csv"
    pd.DataFrame({"when": [f"soon {'x' * i}" for i in range(60)], "y": cases.truth, "f": cases.predicted}).to_csv(path, index=False)  # fmt: skip
    name = launched(monkeypatch, path, task="regression", y_true="y", y_pred="f", time="when")
    assert "no time in 60 of 60 rows" in written(opened("residuals", data=name)).replace("\\", "")


@pytest.mark.parametrize(
    ("y", "f"),
    [([1.5, 2.5], [1.0, 3.0]), (np.arange(30) * 1e60, np.arange(30) * 1.1e60 + 1e59), (1e9 + np.arange(40) * 1e-3, 1e9 + np.arange(40) * 1.1e-3)],
    ids=["two rows", "huge", "far from 0"],
)  # fmt: skip
def test_extreme_numbers_are_shown_on_every_part_without_a_fault(monkeypatch, tmp_path, y, f) -> None:
    y, f = np.asarray(y), np.asarray(f)
    path = tmp_path / "extreme.csv"
    wide = np.abs(f - y).max()
    columns = {"y": y, "f": f, "g": y + 0.5 * (f - y), "lo": f - wide, "hi": f + wide, "site": ["a", "b"] * (y.size // 2)}  # fmt: skip
    pd.DataFrame(columns).to_csv(path, index=False)
    name = launched(monkeypatch, path, task="regression", y_true="y", y_pred={"f": "f", "g": "g"}, interval={"f": {"0.9": "lo,hi"}})  # fmt: skip
    at = opened("residuals", data=name)
    for part in ("size", "around", "models", "shape"):
        at.segmented_control(key="residuals.part").set_value(part).run()
        assert not at.exception, part
    assert "Is the mean right where it predicts high?" in written(at)
