"""Columns of moments: dates as people, programs and spreadsheets write them, periods, and numbers that count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics_core.errors import DataError, NeedsChoice
from metrics_core.forecasts.moments import Moments, read_moments
from metrics_core.source import open_source

DAY = 86_400_000_000_000


def moments(values: list[object], **answers: str) -> Moments:
    return read_moments(open_source(pd.DataFrame({"t": values, "row": range(len(values))})), "t", "used as time", answers)  # fmt: skip


def at(*times: str) -> list[int]:
    return [int(np.datetime64(t, "ns").astype(np.int64)) for t in times]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["2025-01-31", "2025-02-01"], ["2025-01-31", "2025-02-01"]),
        (["2025/1/31", "2025/02/01"], ["2025-01-31", "2025-02-01"]),
        (["2025/01/31 08:30", "2025/02/01 17:00:05"], ["2025-01-31T08:30", "2025-02-01T17:00:05"]),
        (["31.01.2025", "1.2.2025"], ["2025-01-31", "2025-02-01"]),
        (["01/31/2025 12:05 AM", "02/01/2025 12:05 PM"], ["2025-01-31T00:05", "2025-02-01T12:05"]),
        (["01/31/2025 8:05 a.m.", "02/01/2025 8:05:10 pm"], ["2025-01-31T08:05", "2025-02-01T20:05:10"]),
        (["31-Jan-2025", "01-Feb-2025"], ["2025-01-31", "2025-02-01"]),
        (["31 January 2025", "1 February 2025 08:00"], ["2025-01-31", "2025-02-01T08:00"]),
        (["January 31, 2025", "Feb 1, 2025"], ["2025-01-31", "2025-02-01"]),
        (["31. März 2025", "1. Dezember 2025"], ["2025-03-31", "2025-12-01"]),
        (["1 juil. 2025", "1 août 2025"], ["2025-07-01", "2025-08-01"]),
        (["Jan 2025", "Sept 2025"], ["2025-01-01", "2025-09-01"]),
        (["2025 Mai", "2025-Okt"], ["2025-05-01", "2025-10-01"]),
        (["2025-01", "2025-12"], ["2025-01-01", "2025-12-01"]),
        (["2025M1", "2025M12"], ["2025-01-01", "2025-12-01"]),
        (["01/2025", "12/2025"], ["2025-01-01", "2025-12-01"]),
        (["2025Q1", "2025Q4"], ["2025-01-01", "2025-10-01"]),
        (["2025-Q1", "2025 q2"], ["2025-01-01", "2025-04-01"]),
        (["Q1 2025", "Q3/2025"], ["2025-01-01", "2025-07-01"]),
        (["2025-W01", "2026-W01"], ["2024-12-30", "2025-12-29"]),
    ],
)
def test_texts_that_say_a_moment_are_read(written: list[object], meant: list[str]) -> None:
    found = moments(written)
    assert found.value.tolist() == at(*meant)
    assert (found.kind, found.zoned) == ("time", False)


def test_a_number_behind_the_same_word_counts_steps() -> None:
    found = moments(["d_1913", "d_1914", "d_1920"])
    assert (found.kind, found.value.tolist()) == ("number", [1913, 1914, 1920])


def test_words_in_front_that_differ_count_nothing() -> None:
    with pytest.raises(
        DataError, match="holds text that is no time in 2 of 2 rows: row 1 = 'a1', row 2 = 'b2'"
    ):
        moments(["a1", "b2"])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["08:00", "09:00"], "A time of day needs its date"),
        (["20.01.25", "21.01.25"], "A year has four digits"),
        (["2025-13", "2025-01"], "row 1 = '2025-13'"),
        (["31-Jui-2025", "30-Jun-2025"], "row 1 = '31-Jui-2025'"),
        (["30 February 2025", "1 March 2025"], "row 1 = '30 February 2025'"),
        (["01/31/2025 13:00 PM", "01/31/2025 1:00 PM"], "row 1 = '01/31/2025 13:00 PM'"),
        (["2025-01-01", "tomorrow"], "in 1 of 2 rows: row 2 = 'tomorrow'"),
        (["2025-01-01T08:00Z", "2025-01-01T08:00"], "with a zone .* and without one"),
    ],
)
def test_texts_that_say_no_moment_are_refused(written: list[object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        moments(written)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_numbers_since_1970_are_asked_for_and_read_without_rounding(unit: str) -> None:
    times = pd.Series(pd.to_datetime(["2025-03-30 01:30:05", "2025-03-31 23:59:59"]).astype(f"datetime64[{unit}]"))  # fmt: skip
    counted = times.astype("int64").tolist()
    steps = ["steps"] if unit != "ns" else []  # no double counts so many steps one by one
    with pytest.raises(NeedsChoice) as asked:
        moments(counted)
    assert (asked.value.id, [o.value for o in asked.value.options]) == ("time_numbers", [f"unix_{unit}", *steps])  # fmt: skip
    assert moments(counted, time_numbers=f"unix_{unit}").value.tolist() == at("2025-03-30T01:30:05", "2025-03-31T23:59:59")  # fmt: skip


def test_numbers_since_1970_may_be_steps_all_the_same() -> None:
    found = moments([1_735_689_600, 1_735_689_601], time_numbers="steps")
    assert (found.kind, found.value.tolist()) == ("number", [1_735_689_600, 1_735_689_601])


def test_numbers_since_1970_may_be_missing_and_have_fractions() -> None:
    found = moments([1_735_689_600.25, None, 1_735_689_601.5], time_numbers="unix_s")
    assert found.missing.tolist() == [False, True, False]
    assert found.value.tolist() == [1_735_689_600_250_000_000, 0, 1_735_689_601_500_000_000]


@pytest.mark.parametrize(
    ("numbers", "option", "meant"),
    [
        ([45658, 45659], "excel", ["2025-01-01", "2025-01-02"]),
        ([45658.25, 45659.75], "excel", ["2025-01-01T06:00", "2025-01-02T18:00"]),
        ([20250131, 20240229], "yyyymmdd", ["2025-01-31", "2024-02-29"]),
        ([202501, 202412], "yyyymm", ["2025-01-01", "2024-12-01"]),
        ([202501, 202653], "yyyyww", ["2024-12-30", "2026-12-28"]),
    ],
)
def test_numbers_that_may_be_dates_are_asked_for(numbers: list[object], option: str, meant: list[str]) -> None:  # fmt: skip
    with pytest.raises(NeedsChoice, match=option):
        moments(numbers)
    assert moments(numbers, time_numbers=option).value.tolist() == at(*meant)


def test_mondays_of_calendar_weeks_are_those_of_pandas() -> None:
    days = pd.date_range("1999-01-04", "2035-12-31", freq="7D")
    weeks = days.strftime("%G%V").astype(int).tolist()
    assert moments(weeks, time_numbers="yyyyww").value.tolist() == days.astype("datetime64[ns]").astype("int64").tolist()  # fmt: skip


@pytest.mark.parametrize("numbers", [[1, 2, 3], [0, 24_000], [1990, 2025], [20250230, 20250301], [202500, 202501], [-5, 5], [2**45, 2**45 + 1]])  # fmt: skip
def test_numbers_that_are_no_dates_count_steps_unasked(numbers: list[object]) -> None:
    found = moments(numbers)
    assert (found.kind, found.value.tolist()) == ("number", numbers)


def test_an_answer_that_does_not_fit_the_numbers_is_refused() -> None:
    with pytest.raises(DataError, match="'unix_s' is no answer to 'time_numbers'"):
        moments([45658, 45659], time_numbers="unix_s")


def test_midnights_with_a_zone_are_days_as_text_as_well_as_typed() -> None:
    days = pd.date_range("2025-03-28", periods=4, freq="D", tz="Europe/Berlin")
    typed, written = moments(list(days)), moments([d.isoformat() for d in days])
    assert typed.value.tolist() == written.value.tolist() == at(*(str(d)[:10] for d in days))
    assert not typed.zoned
    assert not written.zoned


def test_times_with_a_zone_say_so() -> None:
    hours = pd.date_range("2025-03-28 01:00", periods=4, freq="h", tz="Europe/Berlin")
    typed, written = moments(list(hours)), moments([h.isoformat() for h in hours])
    assert typed.zoned
    assert written.zoned
    assert typed.value.tolist() == written.value.tolist() == at(*(str(h)[:19] for h in hours.tz_convert("UTC")))  # fmt: skip
