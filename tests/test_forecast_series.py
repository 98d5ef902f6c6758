"""One series of forecasts: what is drawn of it, its coverage, its memory, and the figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.charts.forecast_series import Beside, said_when, series_figure, table_columns
from app.palette import DARK, LIGHT
from metrics_core.forecast_cases import Timeline
from metrics_core.forecast_series import (
    coverage_of_series,
    intervals_around,
    lags_for,
    latest,
    memory_of_series,
    moment_of,
    one_series,
)
from metrics_core.forecasts.grid import Step
from metrics_core.interval_tests import clopper_pearson
from tests.forecasted import cases_of, tables

DAY = 86_400_000_000_000


def moments(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[ns]").view(np.int64)


# ------------------------------------------------------------------------------------------------ what is drawn


def test_a_series_holds_its_rows_by_origin_and_every_value_that_is_known() -> None:
    ahead, whole = tables(n_series=3, n_origins=4)
    cases = cases_of(ahead.sample(frac=1, random_state=1).reset_index(drop=True), whole)
    series = one_series(cases, cases.timeline.names.index("s1"))
    own, known = ahead[ahead["shop"] == "s1"], whole[whole["shop"] == "s1"]
    assert series.name == "s1"
    assert series.cases.predicted.tolist() == own["forecast"].tolist()
    assert series.origin.tolist() == own["place"].tolist()
    assert series.value.tolist() == known["sold"].tolist()
    assert np.diff(series.place).tolist() == [1] * (len(known) - 1)
    assert not series.overlaps


def test_the_truth_of_a_forecast_goes_before_another_value_in_the_history() -> None:
    ahead, whole = tables(n_series=1, n_origins=2)
    cases = cases_of(ahead, whole.assign(sold=whole["sold"] + 0.5))
    series = one_series(cases, 0)
    assert series.value[-6:].tolist() == ahead["sold"].tolist()
    assert series.value[:20].tolist() == (whole["sold"][:20] + 0.5).tolist()


def test_a_series_without_rows_is_refused() -> None:
    cases = cases_of(*tables(n_series=2, n_origins=2))
    with pytest.raises(ValueError, match="no row is of series 1"):
        one_series(cases.at(cases.series == 0), 1)


def test_moments_between_and_beyond_those_of_the_file_are_whole_steps_away() -> None:
    cases = cases_of(*tables(n_series=1, n_origins=2))
    timeline = cases.timeline
    first = int(timeline.places[0])
    found = moment_of(timeline, np.array([first - 2, first, first + 3, int(timeline.places[-1]) + 1]))
    start, end = timeline.moments[0], timeline.moments[-1]
    assert found.tolist() == [start - 2 * DAY, start, start + 3 * DAY, end + DAY]


def test_months_beyond_those_of_the_file_keep_their_day() -> None:
    cases = cases_of(*tables(n_series=1, n_origins=2))
    known = moments("2026-01-15", "2026-03-15")
    timeline = replace(cases.timeline, step=Step("month", 1, "month"), moments=known, places=np.array([0, 2]))
    assert moment_of(timeline, np.array([-1, 0, 1, 2, 12])).tolist() == moments("2025-12-15", "2026-01-15", "2026-02-15", "2026-03-15", "2027-01-15").tolist()  # fmt: skip


def test_a_moment_is_written_with_its_clock_only_where_steps_are_shorter_than_a_day() -> None:
    timeline: Timeline = cases_of(*tables(n_series=1, n_origins=2)).timeline
    (noon,) = moments("2026-01-15T12:00").tolist()
    assert said_when(noon, timeline) == "2026-01-15"
    assert said_when(noon, replace(timeline, step=Step("nanosecond", DAY // 24, "hour"))) == "2026-01-15 12:00"  # fmt: skip
    assert said_when(1234, replace(timeline, kind="number")) == "1,234"


# ------------------------------------------------------------------------------------------------ intervals


def test_pairs_of_quantiles_are_intervals_unless_an_interval_has_their_level() -> None:
    ahead, whole = tables(n_series=1, n_origins=3)
    ahead = ahead.assign(q10=ahead["forecast"] - 3, q25=ahead["forecast"] - 1, q60=ahead["forecast"] + 1, q75=ahead["forecast"] + 2, q90=ahead["forecast"] + 4)  # fmt: skip
    cases = cases_of(ahead, whole, quantile={"0.1": "q10", "0.25": "q25", "0.6": "q60", "0.75": "q75", "0.9": "q90"})  # fmt: skip
    levels = {level: (low, high) for level, low, high in intervals_around(cases)}
    assert list(levels) == [0.5, 0.8]
    assert levels[0.5][0].tolist() == ahead["q25"].tolist()
    assert levels[0.5][1].tolist() == ahead["q75"].tolist()
    assert levels[0.8][0].tolist() == ahead["low"].tolist()


def test_coverage_of_a_series_counts_the_rows_of_an_origin_as_belonging_together() -> None:
    """All rows of an origin hit or miss alike, so the origins are the independent rows."""
    ahead, whole = tables(n_series=1, n_origins=10, n_ahead=4, off=lambda t, _: np.where(t["place"] < 7, 0.1, 9.0))  # fmt: skip
    (found,) = coverage_of_series(cases_of(ahead, whole))
    assert found.share == pytest.approx(0.7)
    assert found.told_by == pytest.approx(9.0)  # with the factor n / (n - 1) of ten origins
    low, high = clopper_pearson(0.7 * 9, 9)
    assert (found.low, found.high) == (pytest.approx(float(low)), pytest.approx(float(high)))


def test_coverage_of_a_single_origin_rests_on_stretches_of_time() -> None:
    ahead, whole = tables(n_series=1, n_origins=1, n_ahead=16, off=lambda t, _: np.where(t["horizon"] <= 8, 0.1, 9.0))  # fmt: skip
    (found,) = coverage_of_series(cases_of(ahead, whole))
    assert found.share == 0.5
    assert found.told_by == pytest.approx(3.0)  # four seasons of four days, each of one kind


# ------------------------------------------------------------------------------------------------ memory


def test_of_several_forecasts_for_a_moment_the_latest_counts() -> None:
    ahead, whole = tables(n_series=2, n_origins=4)
    early = ahead.assign(origin=ahead["origin"] - pd.Timedelta(days=1), horizon=ahead["horizon"] + 1, forecast=0.0, low=-1.0, high=1.0)  # fmt: skip
    cases = cases_of(pd.concat([ahead, early], ignore_index=True), whole)
    assert cases.rows[latest(cases)].tolist() == list(range(len(ahead)))


def test_rows_without_weight_are_not_the_latest() -> None:
    ahead, whole = tables(n_series=1, n_origins=4)
    cases = cases_of(ahead.assign(w=[0.0, *[1.0] * (len(ahead) - 1)]), whole, weight="w")
    assert latest(cases).tolist() == list(range(1, len(ahead)))


def test_memory_of_a_series_is_the_correlation_with_earlier_errors() -> None:
    wave = np.sin(np.arange(60))
    ahead, whole = tables(n_series=1, n_origins=20, off=lambda *_: wave)
    found = memory_of_series(cases_of(ahead, whole))
    away = wave - wave.mean()
    expected = [(away[k:] @ away[:-k]) / (away @ away) for k in range(1, lags_for(4, 60) + 1)]
    assert found.correlation.tolist() == pytest.approx(expected)
    assert found.reach.tolist() == pytest.approx([1.96 * ((60 - k) / (60 * 62)) ** 0.5 for k in found.lag])
    box = 60 * 62 * sum(r * r / (60 - k) for k, r in enumerate(expected, 1))
    assert found.ljung_box == pytest.approx(box)
    assert found.p < 1e-6
    assert found.durbin_watson == pytest.approx((np.diff(wave) ** 2).mean() / (wave**2).mean())


def test_a_gap_is_no_neighbour() -> None:
    ahead, whole = tables(n_series=1, n_origins=20)
    kept = ahead[ahead.index != 30].reset_index(drop=True)
    found = memory_of_series(cases_of(kept, whole))
    assert found.moments == 59
    assert found.reach[0] == pytest.approx(1.96 * (57 / (59 * 61)) ** 0.5)  # two of 59 pairs are gone


@pytest.mark.parametrize(("n_origins", "off", "why"), [(4, None, "fewer than 20 different times"), (20, lambda t, _: np.full(len(t), 2.0), "the error is the same at every time")])  # fmt: skip
def test_memory_says_why_there_is_none(n_origins, off, why) -> None:
    ahead, whole = tables(n_series=1, n_origins=n_origins, off=off)
    ahead["sold"] = whole["sold"] = whole["sold"].round()
    ahead = ahead.assign(sold=whole["sold"].to_numpy()[20:])
    ahead["forecast"] = ahead["sold"] + (0 if off is None else 2)
    found = memory_of_series(cases_of(ahead, whole))
    assert not found.lag.size
    assert found.reason == why


# ------------------------------------------------------------------------------------------------ the figure


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_figure_has_a_band_the_truth_and_each_forecast(palette) -> None:
    series = one_series(cases_of(*tables(n_series=1, n_origins=4)), 0)
    rows = np.arange(len(series.cases))
    beside = [Beside("other", series.cases.predicted + 1), Beside("naive", series.cases.naive, naive=True)]
    figure = series_figure(series, rows, palette, name="model", target="sold", bands=intervals_around(series.cases), beside=beside)  # fmt: skip
    assert [trace.name for trace in figure.data] == ["80% interval", "actual sold", "other", "naive", "model"]
    assert figure.layout.xaxis.title.text == "Time"
    assert figure.layout.yaxis.title.text == "sold"


def test_a_line_is_interrupted_between_origins() -> None:
    series = one_series(cases_of(*tables(n_series=1, n_origins=3)), 0)
    figure = series_figure(series, np.arange(9), LIGHT, name="model", target="sold")
    y = np.array(figure.data[-1].y)
    assert np.flatnonzero(np.isnan(y)).tolist() == [3, 7]
    assert y[~np.isnan(y)].tolist() == series.cases.predicted.tolist()
    assert len(figure.data[-1].hovertext) == y.size


def test_one_origin_ends_where_its_forecasts_end_and_has_a_line() -> None:
    series = one_series(cases_of(*tables(n_series=1, n_origins=3)), 0)
    figure = series_figure(series, np.flatnonzero(series.origin == 1), LIGHT, name="model", target="sold")
    actual = figure.data[0]
    assert np.datetime64(actual.x[-1]) == np.datetime64("2025-01-26")
    (line,) = figure.layout.shapes
    assert line.x0.startswith("2025-01-23")
    assert figure.layout.annotations[0].text == "origin"


def test_a_band_runs_along_the_upper_ends_and_back_along_the_lower_ones() -> None:
    series = one_series(cases_of(*tables(n_series=1, n_origins=2)), 0)
    ((_, low, high),) = intervals_around(series.cases)
    band = np.array(series_figure(series, np.arange(6), LIGHT, name="m", target="y", bands=intervals_around(series.cases)).data[0].y)  # fmt: skip
    assert band[:6].tolist() == [*high[:3], *low[:3][::-1]]
    assert np.isnan(band[6])
    assert band[7:13].tolist() == [*high[3:], *low[3:][::-1]]


def test_names_out_of_a_file_are_no_markup() -> None:
    series = one_series(cases_of(*tables(n_series=1, n_origins=2)), 0)
    figure = series_figure(series, np.arange(6), LIGHT, name="<b>m</b>", target="<i>y</i>", beside=[Beside("<u>", series.cases.naive)])  # fmt: skip
    written = [figure.layout.yaxis.title.text, *(trace.name for trace in figure.data)]
    assert not any("<" in text for text in written)


def test_a_series_of_one_forecast_is_drawn() -> None:
    ahead, _ = tables(n_series=1, n_origins=1, n_ahead=1)
    series = one_series(cases_of(ahead), 0)
    figure = series_figure(series, np.arange(1), LIGHT, name="m", target="y", bands=intervals_around(series.cases))  # fmt: skip
    assert figure.data[-1].mode == "lines+markers"
    left, right = (np.datetime64(end) for end in figure.layout.xaxis.range)
    assert left < np.datetime64("2025-01-21") < right


def test_the_table_behind_the_figure_has_every_number_that_is_drawn() -> None:
    series = one_series(cases_of(*tables(n_series=1, n_origins=2)), 0)
    rows = np.flatnonzero(series.origin == 1)
    found = table_columns(series, rows, [Beside("naive", series.cases.naive, naive=True)], intervals_around(series.cases))  # fmt: skip
    assert list(found) == ["row", "origin", "time", "horizon", "actual", "forecast", "naive", "low_80", "high_80"]  # fmt: skip
    assert found["row"].tolist() == [4, 5, 6]
    assert found["actual"].tolist() == series.cases.truth[rows].tolist()
