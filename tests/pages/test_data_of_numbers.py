"""The Data page of predicted numbers: what lies around them, forecasts, and their history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.intake import press, select, started
from tests.pages.opened import launched, written

N = 120
RNG = np.random.default_rng(3)
Y = RNG.normal(150, 60, N).round(2)
F = (Y + RNG.normal(0, 30, N)).round(2)


def one_model(folder: Path, **more: Any) -> Path:
    path = folder / "one.csv"
    frame = pd.DataFrame({"y_true": Y, "y_pred": F, "lo_50": F - 20, "hi_50": F + 20, "lo_90": F - 50, "hi_90": F + 50})  # fmt: skip
    frame.assign(y_std=RNG.uniform(25, 35, N).round(3), **more).to_csv(path, index=False)
    return path


def two_models(folder: Path) -> Path:
    path = folder / "two.csv"
    pd.DataFrame({"y_true": Y, "ridge": F, "forest": F + 1, "ridge_q10": F - 40, "ridge_q90": F + 40,
                  "a": F - 60, "b": F + 60}).to_csv(path, index=False)  # fmt: skip
    return path


def field(at: AppTest, kind: str, of: str) -> Any:
    """Find a field of the form by the end of its key."""
    return next(element for element in at.get(kind) if element.key and element.key.endswith(of))


def roles(at: AppTest, name: str) -> dict[str, Any]:
    return at.session_state["roles"][name]


# ------------------------------------------------------------------------------------------------ intervals and the like


def test_what_lies_around_a_number_is_told_and_stands_in_the_form(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, one_model(tmp_path)))
    assert "with intervals of 50% and 90% and a standard deviation" in written(at)
    assert field(at, "number_input", "interval.1.level").value == 90
    assert field(at, "selectbox", "interval.1.low").value == "lo_90"
    assert field(at, "selectbox", "interval.1.high").value == "hi_90"
    assert field(at, "selectbox", "y_std").value == "y_std"
    assert "Intervals: named 'lo_50' and 'hi_50' (50%), 'lo_90' and 'hi_90' (90%)" in written(at).replace("\\", "")  # fmt: skip


def test_an_interval_emptied_in_the_form_is_not_guessed_again(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, one_model(tmp_path)))
    lines = [f"interval.{i}.{part}" for i in (0, 1) for part in ("level", "low", "high")]
    for of in (*lines, "y_std"):
        at.session_state[field(at, "number_input" if of.endswith("level") else "selectbox", of).key] = None
    at.run()
    press(at, "Apply")
    assert roles(at, "one.csv")["interval"] == {}
    assert "predicted ones from" in written(at)
    assert "intervals of" not in written(at)
    assert "intervals of" not in written(started(data="one.csv"))
    press(at, "Guess again")
    assert field(at, "selectbox", "interval.1.low").value == "lo_90"


def test_an_interval_without_a_level_is_offered_and_may_be_left(monkeypatch, tmp_path):
    path = tmp_path / "prophet.csv"
    pd.DataFrame({"y": Y, "yhat": F, "yhat_lower": F - 40, "yhat_upper": F + 40}).to_csv(path, index=False)
    at = started(data=launched(monkeypatch, path))
    assert "look like the ends of an interval" in written(at)
    press(at, "Apply")
    assert not at.error
    assert "interval" not in roles(at, "prophet.csv")
    field(at, "number_input", "interval.0.level").set_value(80.0)
    press(at, "Apply")
    assert roles(at, "prophet.csv")["interval"] == {"0.8": "yhat_lower,yhat_upper"}
    assert "with an interval of 80%" in written(at)


@pytest.mark.parametrize(("given", "sentence"), [
    ({"interval.2.level": 80.0}, "Choose both ends of the 80% interval"),
    ({"interval.2.low": "lo_50", "interval.2.high": "hi_90"}, "Say the level of the interval from 'lo_50' to 'hi_90'"),
    ({"interval.2.level": 90.0, "interval.2.low": "lo_50", "interval.2.high": "hi_50"}, "two intervals of 90%"),
    ({"interval.2.level": 80.0, "interval.2.low": "lo_50", "interval.2.high": "lo_50"}, "Both ends of the 80% interval are 'lo_50'"),
    ({"quantile.0.share": 10.0}, "Choose the column of the 10% quantile"),
    ({"quantile.0.column": "lo_90"}, "Say which quantile 'lo_90' is"),
])  # fmt: skip
def test_a_line_begun_and_not_ended_is_one_sentence(monkeypatch, tmp_path, given, sentence):
    at = started(data=launched(monkeypatch, one_model(tmp_path)))
    for of, value in given.items():
        field(at, "selectbox" if isinstance(value, str) else "number_input", of).set_value(value)
    press(at, "Apply")
    assert [sentence in error.value.replace("\\", "") for error in at.error] == [True]
    assert "one.csv" not in at.session_state["roles"] if "roles" in at.session_state else True


def test_each_model_has_fields_of_its_own(monkeypatch, tmp_path):
    named = {"y_true": "y_true", "y_pred": {"ridge": "ridge", "forest": "forest"}}
    at = started(data=launched(monkeypatch, two_models(tmp_path), **named))
    assert field(at, "selectbox", "ridge.quantile.0.column").value == "ridge_q10"
    field(at, "number_input", "forest.interval.0.level").set_value(95.0)
    field(at, "selectbox", "forest.interval.0.low").set_value("a")
    field(at, "selectbox", "forest.interval.0.high").set_value("b")
    press(at, "Apply")
    assert not at.error
    assert roles(at, "two.csv")["interval"] == {"forest": {"0.95": "a,b"}}
    assert roles(at, "two.csv")["quantile"] == {"ridge": {"0.1": "ridge_q10", "0.9": "ridge_q90"}}
    press(at, "Apply")
    assert roles(at, "two.csv")["interval"] == {"forest": {"0.95": "a,b"}}


def test_what_lies_around_a_model_goes_with_it(monkeypatch, tmp_path):
    named = {"y_true": "y_true", "y_pred": {"ridge": "ridge", "forest": "forest"}}
    at = started(data=launched(monkeypatch, two_models(tmp_path), **named))
    next(m for m in at.multiselect if m.label.startswith("Predicted number")).set_value(["forest"])
    press(at, "Apply")
    assert not at.error
    assert "ridge" not in str(roles(at, "two.csv").get("quantile", ""))


def test_looks_right_keeps_what_was_guessed_around_a_number(monkeypatch, tmp_path):
    path = one_model(tmp_path)
    at = started(data=launched(monkeypatch, path))
    at.button(key="data.go").click().run()
    assert '"0.9" = "lo_90,hi_90"' in (tmp_path / "faultline.toml").read_text()


# ------------------------------------------------------------------------------------------------ forecasts


def forecasts(folder: Path) -> Path:
    path = folder / "forecasts.csv"
    days = pd.date_range("2026-01-01", periods=10)
    rows = [
        (s, d, days[0], i + 1, 10.0 * s + i, 10.0 * s + i + 1) for s in range(4) for i, d in enumerate(days)
    ]
    columns = ["shop", "day", "made", "step", "sold", "prediction"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path


NAMED = {"task": "forecasting", "y_true": "sold", "y_pred": "prediction", "series": ["shop"], "time": "day", "horizon": "step", "origin": "made"}  # fmt: skip


def history() -> bytes:
    days = pd.date_range("2025-12-01", periods=31)
    rows = [(s, d, 10.0 * s + i % 7) for s in range(4) for i, d in enumerate(days)]
    return pd.DataFrame(rows, columns=["shop", "day", "sold"]).to_csv(index=False).encode()


def test_the_fields_of_a_forecast_stand_in_the_form_and_stay(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, forecasts(tmp_path), **NAMED))
    assert select(at, "Task").value == "forecasting"
    assert next(m for m in at.multiselect if m.label.startswith("Series")).value == ["shop"]
    assert [select(at, label).value for label in ("Steps ahead", "Made at (origin)", "Time")] == ["step", "made", "day"]  # fmt: skip
    assert "4 series, a value each day, 1 to 10 steps ahead; season 1" in written(at)
    field(at, "number_input", ".season").set_value(7)
    press(at, "Apply")
    assert not at.error
    assert roles(at, "forecasts.csv")["season"] == 7
    assert roles(at, "forecasts.csv")["series"] == ["shop"]
    assert "season 7" in written(at)
    later = started(data="forecasts.csv")
    assert not later.error
    assert "season 7" in written(later)
    assert field(later, "number_input", ".season").value == 7


def test_a_season_nobody_named_is_not_kept(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, forecasts(tmp_path), **NAMED))
    press(at, "Apply")
    assert "season" not in roles(at, "forecasts.csv")


def test_an_uploaded_history_is_used_and_stays_in_its_session(monkeypatch, tmp_path):
    name = launched(monkeypatch, forecasts(tmp_path), **NAMED)
    at = started(data=name)
    assert "the history is the true values of this table" in written(at)
    field(at, "file_uploader", "train.upload").upload("past.csv", history(), "text/csv")
    press(at, "Apply")
    assert not at.error
    assert "the history is past.csv" in written(at).replace("\\", "")
    assert not {"train", "train_value"} & set(roles(at, name))
    assert "past" not in (tmp_path / "faultline.toml").read_text()
    other = started(data=name)
    assert not other.error
    assert "past.csv" not in written(other).replace("\\", "")


def test_an_uploaded_history_is_taken_away_in_the_form(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, forecasts(tmp_path), **NAMED))
    field(at, "file_uploader", "train.upload").upload("past.csv", history(), "text/csv")
    press(at, "Apply")
    field(at, "selectbox", ".train").set_value("")
    press(at, "Apply")
    assert not at.error
    assert "the history is the true values of this table" in written(at)


def test_a_history_lies_in_the_data_folder(monkeypatch, tmp_path):
    shared = tmp_path / "mounted"
    shared.mkdir()
    (shared / "before.csv").write_bytes(history())
    monkeypatch.setenv("FAULTLINE_DATA", str(shared))
    at = started(data=launched(monkeypatch, forecasts(tmp_path), **NAMED))
    field(at, "selectbox", ".train").set_value(str(shared / "before.csv"))
    press(at, "Apply")
    assert not at.error
    assert "the history is before.csv" in written(at).replace("\\", "")


def test_regression_has_no_fields_of_a_forecast(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, one_model(tmp_path)))
    assert not [box for box in at.main.selectbox if box.label in ("Steps ahead", "Made at (origin)")]
