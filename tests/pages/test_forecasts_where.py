"""The part "where" of the Forecasts page, on the demo and on forecasts that lack something."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import numbers
from app.views.forecast_table import in_words, series_frame, undefined_said
from demo_data import demo
from metrics_core.forecast_boards import series_board
from metrics_core.forecast_cases import ForecastCases
from tests.pages.opened import launched, opened, written
from tests.test_forecast_boards import judged

WORST = "Station · bread"


@cache
def frame() -> pd.DataFrame:
    table = pd.read_parquet(demo("demand").path)
    return table.assign(series=table["store"] + " · " + table["product"], off=(table["boosted"] - table["demand"]).abs())  # fmt: skip


def shown(**query: str) -> AppTest:
    return opened("forecasts", data="demand", **query)


def test_the_page_names_the_series_that_carries_most_of_the_error() -> None:
    at = shown()
    off = frame().groupby("series")["off"].sum().sort_values(ascending=False)
    assert off.index[0] == WORST
    text = written(at)
    assert f"**{numbers.plain(WORST)}** carries **{numbers.share(off.iloc[0] / off.sum())}**" in text
    table = next(d.value for d in at.dataframe if "Series" in d.value.columns)
    assert table["Series"].tolist() == off.index.tolist()
    assert table["Of error"].tolist() == pytest.approx((100 * off / off.sum()).tolist())


def test_a_choice_of_the_metric_changes_cells_and_curve() -> None:
    at = shown()
    assert "Mean scaled error **" in written(at)
    at.selectbox(key="forecasts.metric").set_value("Mean absolute error").run()
    assert not at.exception
    off = frame().groupby("horizon")["off"].mean()
    near, far = (numbers.plain(numbers.number(off[h])) for h in (1, 24))
    assert f"Mean absolute error **{near}** at 1 step ahead, **{far}** at 24" in written(at)
    assert "Coverage of 95%" in at.selectbox(key="forecasts.metric").options


def test_only_the_series_that_carry_most_are_drawn_and_that_is_said() -> None:
    text = written(shown())
    assert text.count("The 30 of 40 series that carry most of the absolute error") == 2


def test_two_boxes_choose_a_cell_and_lead_to_its_rows() -> None:
    at = shown()
    at.selectbox(key="forecasts.cells.series").set_value(WORST).run()
    at.selectbox(key="forecasts.cells.steps").set_value("7").run()
    n = int(((frame()["series"] == WORST) & (frame()["horizon"] == 7)).sum())
    button = at.button(key="forecasts.cells.rows")
    assert button.label == f"See these {n} rows"
    button.click().run()
    assert not at.exception
    assert at.query_params["filter"] == "store == 'Station' and product == 'bread' and horizon == 7"
    assert f"of {n}" in written(at)


def test_a_chosen_cell_can_be_drawn() -> None:
    at = shown()
    assert at.button(key="forecasts.cells.draw").disabled
    at.selectbox(key="forecasts.cells.series").set_value("Harbour · bread").run()
    at.button(key="forecasts.cells.draw").click().run()
    assert not at.exception
    assert at.query_params["series"] == "Harbour · bread"
    assert at.query_params["part"] == "series"


def test_a_chosen_series_of_the_table_leads_to_its_rows() -> None:
    at = shown()
    at.selectbox(key="forecasts.worst.series").set_value("Dunes · milk").run()
    at.button(key="forecasts.worst.rows").click().run()
    assert not at.exception
    assert at.query_params["filter"] == "store == 'Dunes' and product == 'milk'"


def test_hours_of_the_day_can_stand_in_the_place_of_steps() -> None:
    at = shown()
    assert f"most of them in **{numbers.plain(WORST)}**" in written(at)
    at.segmented_control(key="forecasts.signs.across").set_value("Hour of the day").run()
    assert not at.exception


def small(tmp_path: object, **columns: object) -> pd.DataFrame:
    table = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=6).astype(str), "y": np.arange(6) + 10.0, "f": np.arange(6) + 11.5})  # fmt: skip
    return table.assign(**columns)


def test_without_history_the_page_says_what_to_bring(monkeypatch, tmp_path) -> None:
    path = tmp_path / "bare.csv"
    small(tmp_path, h=[1, 2, 3, 4, 5, 6]).to_csv(path, index=False)
    data = launched(monkeypatch, path, task="forecasting", y_true="y", y_pred="f", time="day", horizon="h")
    at = opened("forecasts", data=data)
    text = written(at) + "".join(str(i.value) for i in at.info)
    assert "Nothing is known of the time before these forecasts" in text
    assert "No scale" not in text
    assert at.selectbox(key="forecasts.metric").options[0] == "Mean absolute error"
    assert "There is one series" in text
    assert "No interval" in text
    assert "No cell can be judged by itself" in text


def test_without_steps_the_page_says_so_and_keeps_the_table(monkeypatch, tmp_path) -> None:
    path = tmp_path / "steps.csv"
    small(tmp_path).to_csv(path, index=False)
    data = launched(monkeypatch, path, task="forecasting", y_true="y", y_pred="f", time="day")
    at = opened("forecasts", data=data)
    said = "".join(str(i.value) for i in at.info)
    assert "Nobody says how many steps ahead these forecasts look" in said
    assert any("Series" in d.value.columns for d in at.dataframe)
    assert not any(s.key == "forecasts.cells.series" for s in at.selectbox)


def test_a_filter_narrows_the_boards() -> None:
    at = shown(filter="region == 'north'")
    north = frame()[frame()["region"] == "north"]
    table = next(d.value for d in at.dataframe if "Series" in d.value.columns)
    assert set(table["Series"]) == set(north["series"])


def board_without_scale() -> tuple[ForecastCases, tuple[str, ...]]:
    from dataclasses import replace

    cases = judged()
    return replace(cases, scale=np.where(cases.series == 1, np.nan, cases.scale)), cases.timeline.names


def test_empty_cells_of_the_table_are_explained() -> None:
    cases, names = board_without_scale()
    board = series_board(cases)
    assert "MASE: 1 series without one, such as s1" in undefined_said(board, names)
    assert np.isnan(series_frame(board, names).set_index("Series")["MASE"]["s1"])
    assert undefined_said(series_board(judged()), names) == ""


def test_words_say_how_few_series_carry_half() -> None:
    board, names = series_board(judged()), judged().timeline.names
    half = int((board.cumulative < 0.5).sum()) + 1
    assert f"{half} series ({numbers.share(half / 6)} of them) carry half of it" in in_words(board, names)


def test_steps_that_share_a_column_lead_to_the_rows_of_all_of_them(monkeypatch, tmp_path) -> None:
    path = tmp_path / "far.csv"
    rng = np.random.default_rng(0)
    y = rng.normal(20, 2, 60)
    pd.DataFrame({"t": np.arange(60), "h": np.arange(60) % 30 + 1, "y": y, "f": y + 1}).to_csv(path, index=False)  # fmt: skip
    data = launched(monkeypatch, path, task="forecasting", y_true="y", y_pred="f", time="t", horizon="h", season=1)  # fmt: skip
    at = opened("forecasts", data=data)
    assert "Neighbouring steps share a column" in written(at)
    name = at.selectbox(key="forecasts.cells.series").options[0]
    at.selectbox(key="forecasts.cells.series").set_value(name).run()
    at.selectbox(key="forecasts.cells.steps").set_value("3–4").run()
    assert at.button(key="forecasts.cells.rows").label == "See these 4 rows"
    at.button(key="forecasts.cells.rows").click().run()
    assert not at.exception
    assert at.query_params["filter"] == "h >= 3 and h <= 4"


def test_without_a_column_of_steps_a_cell_leads_to_its_series(monkeypatch, tmp_path) -> None:
    path = tmp_path / "origins.csv"
    table = frame()[frame()["product"] == "bread"][["store", "origin", "time", "demand", "boosted"]]
    table.to_csv(path, index=False)
    history = pd.read_parquet(demo("demand").path.with_name("demand_history.parquet"))
    history[history["product"] == "bread"].to_csv(tmp_path / "history.csv", index=False)
    data = launched(monkeypatch, path, task="forecasting", y_true="demand", y_pred="boosted", series="store", time="time", origin="origin",
                    train=str(tmp_path / "history.csv"))  # fmt: skip
    at = opened("forecasts", data=data)
    at.selectbox(key="forecasts.cells.series").set_value("Mill").run()
    at.selectbox(key="forecasts.cells.steps").set_value("3").run()
    assert "No column of the file holds the steps ahead as numbers" in written(at)
    at.button(key="forecasts.cells.rows").click().run()
    assert at.query_params["filter"] == "store == 'Mill'"


def test_one_forecast_that_is_right_breaks_nothing(monkeypatch, tmp_path) -> None:
    path = tmp_path / "one.csv"
    pd.DataFrame({"day": ["2026-01-05"], "h": [1], "y": [0.0], "f": [0.0], "g": [0.0]}).to_csv(path, index=False)  # fmt: skip
    data = launched(monkeypatch, path, task="forecasting", y_true="y", y_pred=["f", "g"], time="day", horizon="h")  # fmt: skip
    at = opened("forecasts", data=data)
    text = written(at)
    assert "No forecast is off, so no series carries an error" in text
    assert "WAPE: no series has one (every true value is 0)" in text
    for metric in at.selectbox(key="forecasts.metric").options:
        at.selectbox(key="forecasts.metric").set_value(metric).run()
        assert not at.exception
    at.segmented_control(key="forecasts.part").set_value("models").run()
    assert not at.exception
    assert "**f** and **g** have the same mean size of the error" in written(at)
