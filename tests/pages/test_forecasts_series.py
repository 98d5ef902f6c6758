"""The parts "series" and "origins" of the Forecasts page, on the demo and on forecasts that lack something."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import numbers
from demo_data import demo
from tests.forecasted import AROUND, ROLES, tables
from tests.pages.opened import launched, opened, written

WORST, OTHER = "Station · bread", "Harbour · milk"


@cache
def frame() -> pd.DataFrame:
    table = pd.read_parquet(demo("demand").path)
    return table.assign(series=table["store"] + " · " + table["product"], off=(table["boosted"] - table["demand"]).abs())  # fmt: skip


def shown(part: str, **query: str) -> AppTest:
    return opened("forecasts", data="demand", part=part, **query)


def brought(monkeypatch, tmp_path, part: str, ahead: pd.DataFrame, whole: pd.DataFrame | None = None, **roles: object) -> AppTest:  # fmt: skip
    """Open forecasts of one's own."""
    path = tmp_path / "own.csv"
    ahead.to_csv(path, index=False)
    named = {"task": "forecasting", **ROLES, "interval": AROUND} | roles
    if whole is not None:
        whole.to_csv(tmp_path / "known.csv", index=False)
        named["train"] = str(tmp_path / "known.csv")
    return opened("forecasts", data=launched(monkeypatch, path, **{k: v for k, v in named.items() if v is not None}), part=part)  # fmt: skip


def the_table(at: AppTest) -> pd.DataFrame:
    """Return the numbers of the series."""
    return next(d.value for d in at.dataframe if "This series" in d.value.columns).set_index("")


# ------------------------------------------------------------------------------------------------ one series


def test_without_a_choice_it_is_the_series_that_carries_most_and_says_so() -> None:
    at = shown("series")
    off = frame().groupby("series")["off"].sum().sort_values(ascending=False)
    text = written(at)
    assert "This is the series that carries most of the error." in text
    assert f"It carries **{numbers.share(off.iloc[0] / off.sum())}** of the absolute error, the most of 40 series." in text  # fmt: skip
    assert at.selectbox(key="forecasts.series.choice").value == 0


def test_a_link_opens_a_series_with_its_numbers_beside_those_of_all() -> None:
    at = shown("series", series=OTHER)
    own = frame()[frame()["series"] == OTHER]
    assert "This is the series that carries most" not in written(at)
    table = the_table(at)
    assert table.loc["Mean absolute error", "This series"] == numbers.number(own["off"].mean())
    assert table.loc["Mean absolute error", "All series"] == numbers.number(frame()["off"].mean())
    assert table.loc["Bias", "This series"] == numbers.number((own["boosted"] - own["demand"]).mean())
    held = ((own["demand"] >= own["boosted_low_80"]) & (own["demand"] <= own["boosted_high_80"])).mean()
    assert table.loc["Coverage of 80%", "This series"].startswith(f"{numbers.share(held)} (")


def test_buttons_step_through_the_series_by_what_they_carry() -> None:
    order = frame().groupby("series")["off"].sum().sort_values(ascending=False).index
    at = shown("series")
    assert at.button(key="forecasts.series.previous").disabled
    at.button(key="forecasts.series.next").click().run()
    assert not at.exception
    assert at.query_params["series"] == order[1]
    assert any(numbers.plain(order[1]) == h.value for h in at.subheader)
    at.selectbox(key="forecasts.series.choice").set_value(39).run()
    assert at.query_params["series"] == order[39]
    assert at.button(key="forecasts.series.next").disabled


def test_origins_are_stepped_through_from_all_of_them() -> None:
    at = shown("series")
    box = at.selectbox(key="forecasts.series.origin")
    assert (box.options[0], box.options[1], len(box.options)) == ("all 14 origins", "2026-09-07 00:00", 15)
    at.button(key="forecasts.series.later").click().run()
    assert not at.exception
    assert at.selectbox(key="forecasts.series.origin").index == 1
    at.button(key="forecasts.series.earlier").click().run()
    assert at.selectbox(key="forecasts.series.origin").index == 0


def test_other_forecasts_are_drawn_on_demand() -> None:
    at = shown("series")
    pills = at.pills(key="forecasts.series.beside")
    assert pills.options == ["intervals", "ridge", "naive", "seasonal naive"]
    pills.set_value(["ridge", "naive"]).run()
    assert not at.exception


def test_memory_leads_with_the_effect() -> None:
    text = written(shown("series"))
    assert "Errors correlate most with those one step before: **0\\.71** over 336 moments. Ljung–Box over 48 lags" in text  # fmt: skip


def test_its_rows_are_one_click_away() -> None:
    at = shown("series", series=OTHER)
    at.button(key="forecasts.series.rows").click().run()
    assert not at.exception
    assert at.query_params["filter"] == "store == 'Harbour' and product == 'milk'"


def test_rows_of_an_origin_are_one_click_away() -> None:
    at = shown("series", series=OTHER)
    at.selectbox(key="forecasts.series.origin").select_index(2).run()
    at.button(key="forecasts.series.rows").click().run()
    assert not at.exception
    assert "origin ==" in at.query_params["filter"]
    assert "24 rows" in written(at) or "of 24" in written(at)


def test_a_series_that_a_filter_takes_away_is_said() -> None:
    at = shown("series", series=OTHER, filter="store == 'Station'")
    assert f"{numbers.plain(OTHER)} has no row here. This is the series that carries most of the error." in written(at)  # fmt: skip


def test_overlapping_forecasts_have_their_intervals_one_origin_at_a_time(monkeypatch, tmp_path) -> None:
    ahead, whole = tables(n_series=2, n_origins=8)
    later = ahead.assign(origin=ahead["origin"] - pd.Timedelta(days=1), horizon=ahead["horizon"] + 1)
    at = brought(monkeypatch, tmp_path, "series", pd.concat([ahead, later]), whole)
    assert "Intervals of several forecasts for one moment would hide each other" in written(at)
    at.selectbox(key="forecasts.series.origin").select_index(4).run()
    assert not at.exception
    assert "would hide each other" not in written(at)


def test_very_many_forecasts_are_cut_to_the_latest_origins_and_it_says_so(monkeypatch, tmp_path) -> None:
    ahead, whole = tables(n_series=1, n_origins=1500, n_ahead=3)
    at = brought(monkeypatch, tmp_path, "series", ahead, whole)
    assert "Only the last 1,000 origins are drawn; 1,500 rows before them are not." in written(at)


def test_a_long_history_is_thinned_and_it_says_so(monkeypatch, tmp_path) -> None:
    ahead, whole = tables(n_series=1, n_origins=3, n_known=9000)
    at = brought(monkeypatch, tmp_path, "series", ahead, whole)
    assert "Of 9,009 known values the highest and lowest of each stretch are drawn." in written(at)


def test_one_forecast_of_one_series_without_a_history_is_drawn(monkeypatch, tmp_path) -> None:
    ahead, _ = tables(n_series=1, n_origins=1, n_ahead=2)
    at = brought(monkeypatch, tmp_path, "series", ahead.head(1).assign(sold=3.0), interval=None)
    text = written(at)
    assert numbers.plain("It cannot be said: fewer than 20 different times.") in text
    assert numbers.plain("Without a value: ") in text
    assert "Nothing is known of the time before these forecasts" in text
    assert "carries most of the error" not in text


# ------------------------------------------------------------------------------------------------ over time


def test_over_time_says_what_lies_outside_and_which_series_moves() -> None:
    text = written(shown("origins"))
    assert "All 14 origins lie within the limits." in text
    assert f"1 series has a bias that moves from the first to the last origin, beyond chance and by over half of its mean absolute error: **{numbers.plain(WORST)}**" in text  # fmt: skip
    assert "In **29 of 40 series** (72.5%) the errors go together in time beyond chance" in text
    assert "The 95% intervals hold too few in 22 of 24 horizons, beyond chance" in text


def test_a_series_that_moves_is_drawn_with_one_click() -> None:
    at = shown("origins")
    (key,) = [b.key for b in at.button if b.key and b.key.startswith("forecasts.origins.draw.")]
    at.button(key=key).click().run()
    assert not at.exception
    assert (at.query_params["series"], at.query_params["part"]) == (WORST, "series")


@pytest.mark.parametrize("number", ["scaled", "absolute", "bias"])
def test_every_number_can_be_shown_over_time(number: str) -> None:
    at = shown("origins")
    at.segmented_control(key="forecasts.origins.number").set_value(number).run()
    assert not at.exception
    assert "of 14 origins lie" in written(at) or "All 14 origins lie" in written(at) or "of 14 origins lies" in written(at)  # fmt: skip


@pytest.mark.parametrize("along", ["horizon", "time", "level"])
def test_coverage_is_shown_along_horizons_origins_and_levels(along: str) -> None:
    at = shown("origins")
    at.segmented_control(key="forecasts.origins.coverage.along").set_value(along).run()
    assert not at.exception
    if along == "level":
        held = ((frame()["demand"] >= frame()["boosted_low_95"]) & (frame()["demand"] <= frame()["boosted_high_95"])).mean()  # fmt: skip
        assert f"95% hold **{numbers.share(held)}**" in written(at)


def test_rows_of_an_origin_are_chosen_without_a_mouse() -> None:
    at = shown("origins")
    box = at.selectbox(key="forecasts.origins.time.choice")
    assert box.options[2] == "3. 2026-09-10 00:00, 960 rows"
    box.set_value(box.options[2]).run()
    at.button(key="forecasts.origins.time.show").click().run()
    assert not at.exception
    assert "of 960 rows" in written(at) or "960 rows" in written(at)


def test_rows_of_a_horizon_and_an_origin_are_chosen_without_a_mouse() -> None:
    at = shown("origins")
    assert at.button(key="forecasts.origins.cells.show").disabled
    at.selectbox(key="forecasts.origins.cells.line").select_index(2).run()
    at.selectbox(key="forecasts.origins.cells.column").select_index(4).run()
    at.button(key="forecasts.origins.cells.show").click().run()
    assert not at.exception
    assert "40 rows" in written(at)
    assert "horizon == 3" in at.query_params["filter"]


def test_forecasts_from_one_origin_without_intervals_say_what_there_is_not(monkeypatch, tmp_path) -> None:
    ahead, whole = tables(n_series=3, n_origins=1, n_ahead=1)
    text = written(brought(monkeypatch, tmp_path, "origins", ahead, whole, interval=None))
    assert "There is one stretch of time, so nothing to compare it with." in text
    assert "No intervals were predicted." in text
    assert "Every forecast looks 1 step ahead, so there is no horizon to compare." in text


def test_forecasts_without_an_origin_are_shown_along_time(monkeypatch, tmp_path) -> None:
    ahead, whole = tables(n_series=5, n_origins=1, n_ahead=30)
    at = brought(monkeypatch, tmp_path, "origins", ahead, whole, origin=None, horizon=None)
    text = written(at)
    assert "No series has forecasts from two origins, so this is the time that was forecast." in text
    assert "30 stretches of time lie within the limits." in text or "stretches of time lie outside" in text


def test_without_a_scale_the_errors_are_in_the_unit_of_the_target(monkeypatch, tmp_path) -> None:
    ahead, whole = tables(n_series=3, n_origins=9)
    at = brought(monkeypatch, tmp_path, "origins", ahead, whole.assign(sold=np.float64(7.0)))
    assert at.segmented_control(key="forecasts.origins.number").options == ["Mean absolute error", "Bias"]
