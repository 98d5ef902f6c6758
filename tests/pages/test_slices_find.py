"""The search for slices on the Slices page: what is asked, what is listed, and the way to the rows."""

from __future__ import annotations

import json
import shlex
import threading

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from app.cli import main
from app.views import slices_find
from demo_data import demo
from metrics_core.source import Cancelled
from tests.pages.opened import launched, opened, written

PLANTED = "merchant_type = gaming and device = mobile web"


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    frame = pd.read_parquet(demo("fraud").path)
    return frame.assign(fn=(frame["is_fraud"] == 1) & (frame["score"] < 0.25))


def plain(at) -> str:
    return written(at).replace("\\", "")


def noise(tmp_path, monkeypatch, n: int = 2000, **columns) -> str:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, n)
    said = truth ^ (rng.random(n) < 0.2)
    more = columns or {"a": rng.choice(["x", "y"], n), "b": rng.choice(["p", "q", "r"], n)}
    path = tmp_path / "noise.csv"
    pd.DataFrame({"truth": truth, "said": said, **more}).to_csv(path, index=False)
    return launched(monkeypatch, path, y_true="truth", y_pred="said", pos_label="1")


def test_the_planted_slice_comes_first_and_leads_to_its_rows(fraud):
    at = opened("slices", part="find", t="0.25")
    assert f"1. **{PLANTED}**" in plain(at)
    assert at.segmented_control(key="find.loss").value == "fnr"  # one payment in thirty is a fraud
    inside = (fraud["merchant_type"] == "gaming") & (fraud["device"] == "mobile web")
    missed = int((fraud["fn"] & inside).sum())
    button = at.button(key="find.rows.0")
    assert button.label == f"Show {missed} false negatives"
    button.click().run()
    assert not at.exception
    assert f"of **{missed}** false negatives" in written(at)


def test_how_many_slices_were_tested_stands_above_the_list():
    found = mc.slices.discover(
        mc.read(demo("fraud").path, **demo("fraud").roles), loss="fnr", threshold=0.25, limit=50
    )
    at = opened("slices", part="find", t="0.25")
    assert found.summary in plain(at)
    assert "Listed are those with q ≤ 0.05 after Benjamini–Hochberg" in plain(at)


def test_the_rates_of_the_list_are_counts_of_rows(fraud):
    at = opened("slices", part="find", t="0.25")
    positive = fraud[fraud["is_fraud"] == 1]
    inside = (positive["merchant_type"] == "gaming") & (positive["device"] == "mobile web")
    rate, rest = 100 * positive.loc[inside, "fn"].mean(), 100 * positive.loc[~inside, "fn"].mean()
    assert f"**{PLANTED}** · false negative rate {rate:.1f}%, elsewhere {rest:.1f}%" in plain(at)
    (table,) = [element.value for element in at.dataframe]
    assert table.loc[0, "Rows"] == inside.sum()
    assert table.loc[0, "Rate"] == pytest.approx(rate)
    assert table.loc[0, "Elsewhere"] == pytest.approx(rest)


def test_only_the_rows_of_a_slice_are_kept_on_every_page():
    at = opened("slices", part="find", t="0.25")
    at.button(key="find.keep.0").click().run()
    assert not at.exception
    assert "merchant_type == 'gaming'" in str(at.query_params["filter"])
    assert "device == 'mobile web'" in str(at.query_params["filter"])


def test_noise_is_no_slice(tmp_path, monkeypatch):
    at = opened("slices", data=noise(tmp_path, monkeypatch), part="find")
    assert "none is worse than the rest beyond chance" in plain(at)
    assert "No slice stands out." in plain(at)
    assert not at.dataframe
    assert not at.get("plotly_chart")


def test_a_table_without_columns_says_so(tmp_path, monkeypatch):
    name = noise(tmp_path, monkeypatch, a=["one"] * 2000)
    at = opened("slices", data=name, part="find")
    assert "There is no column to group the rows by" in plain(at)
    assert at.button(key="slices.data")


def test_derived_columns_are_searched_too(tmp_path, monkeypatch):
    n = 4000
    rng = np.random.default_rng(7)
    hour = rng.integers(0, 24, n)
    truth = rng.integers(0, 2, n)
    said = truth ^ (rng.random(n) < np.where(hour == 3, 0.6, 0.1))
    seen = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 60, n) * 24 + hour, unit="h")
    path = tmp_path / "timed.csv"
    pd.DataFrame({"truth": truth, "said": said, "shop": rng.choice(["a", "b"], n), "seen": seen}).to_csv(
        path, index=False
    )
    name = launched(monkeypatch, path, y_true="truth", y_pred="said", pos_label="1")
    at = opened("slices", data=name, part="find")
    assert "03:00" not in plain(at)
    (columns,) = [one for one in at.multiselect if one.key.startswith("find.columns.")]
    assert {"hour(seen)", "weekday(seen)", "length(shop)"} <= set(columns.options)
    columns.set_value(["hour(seen)"]).run()
    assert not at.exception
    assert "1. **hour(seen) = 03:00**" in plain(at)
    assert at.query_params["find"] == "error:2,hour(seen)"


def test_a_link_says_what_is_looked_for_how_deep_and_where():
    at = opened("slices", part="find", t="0.25", find="fpr:1,device,no such column")
    assert at.segmented_control(key="find.loss").value == "fpr"
    assert at.segmented_control(key="find.depth").value == 1
    (columns,) = [one for one in at.multiselect if one.key.startswith("find.columns.")]
    assert columns.value == ["device"]
    at.segmented_control(key="find.depth").set_value(3).run()
    assert at.query_params["find"] == "fpr:3,device"


def test_the_usual_search_leaves_the_address_as_it_is():
    at = opened("slices", part="find", t="0.25")
    at.segmented_control(key="find.depth").set_value(1).run()
    assert at.query_params["find"] == "fnr:1"
    at.segmented_control(key="find.depth").set_value(2).run()
    assert "find" not in at.query_params


def test_a_link_that_makes_no_sense_searches_as_usual():
    at = opened("slices", part="find", t="0.25", find="nonsense:9")
    assert at.segmented_control(key="find.loss").value == "fnr"
    assert at.segmented_control(key="find.depth").value == 2


def test_the_smallest_slice_is_a_share_of_the_rows_that_the_loss_is_about(fraud):
    at = opened("slices", part="find", t="0.25", find="fpr:1")
    negatives = int((fraud["is_fraud"] == 0).sum())
    (slider,) = [one for one in at.select_slider if one.key == "find.support"]
    assert f"1% ({round(negatives / 100):,})" in slider.options


def test_a_slice_that_needs_more_rows_than_asked_for_says_why():
    at = opened("slices", data="digits", part="find")
    assert "a slice has at least 111 rows, so that 5 errors are expected in it" in plain(at)


def test_where_no_slice_is_large_enough_nothing_is_called_even(tmp_path, monkeypatch):
    n = 40
    at = opened("slices", data=noise(tmp_path, monkeypatch, n=n, a=["x", "y"] * (n // 2)), part="find")
    assert "could be tested: each needs at least" in plain(at)
    assert "**Nothing was tested.**" in plain(at)
    assert "No slice stands out" not in plain(at)


def test_columns_left_out_for_one_reason_stand_together():
    at = opened("slices", data="diabetes", part="find")
    assert "ridge, ridge_low, ridge_high, boosted and 2 more (each is an answer of a model)" in plain(at)


def test_a_deeper_search_asks_for_more_conditions():
    at = opened("slices", part="find", t="0.25")
    shallow = plain(at)
    at.segmented_control(key="find.depth").set_value(1).run()
    assert not at.exception
    assert plain(at) != shallow
    assert PLANTED not in plain(at)


def test_what_cannot_be_confirmed_is_told_in_a_sentence(tmp_path, monkeypatch):
    n = 2000
    name = noise(
        tmp_path, monkeypatch, a=["x", "y"] * (n // 2), b=list("pqrst") * (n // 5), split=["test"] * n
    )
    at = opened("slices", data=name, part="find")
    at.radio(key="find.confirm").set_value("split").run()
    assert not at.exception
    assert at.error


def test_a_big_table_is_searched_when_somebody_asks(monkeypatch):
    monkeypatch.setattr(slices_find, "_ASK", 10)
    at = opened("slices", part="find", t="0.25")
    assert PLANTED not in plain(at)
    at.button(key="find.go").click().run()
    assert not at.exception
    assert PLANTED in plain(at)
    at.segmented_control(key="find.depth").set_value(3).run()
    assert at.button(key="find.go")


def test_a_search_can_be_cancelled_and_started_again(tmp_path, monkeypatch):
    held, entered = threading.Event(), threading.Event()
    real = mc.slices.discover

    def waiting(*args, cancelled, **kwargs):
        entered.set()
        while not held.wait(0.01):
            if cancelled():
                raise Cancelled
        return real(*args, cancelled=cancelled, **kwargs)

    monkeypatch.setattr("metrics_core.slices.discover", waiting, raising=False)
    at = opened("slices", data=noise(tmp_path, monkeypatch), part="find")
    assert entered.wait(30)
    assert "Searching" in plain(at)
    at.button(key="find.cancel").click().run()
    assert "The search was cancelled" in plain(at)
    held.set()
    at.button(key="find.again").click().run()
    for thread in threading.enumerate():
        if thread.name == "reading slices":
            thread.join(30)
    at.run()
    assert not at.exception
    assert "No slice stands out." in plain(at)


def test_the_command_finds_the_same_slices(monkeypatch, capsys):
    at = opened("slices", part="find", t="0.25")
    (code,) = [element.value for element in at.code if "faultline slices" in element.value]
    monkeypatch.chdir(demo("fraud").path.parent)
    assert main([*shlex.split(code.replace("\\\n", " "))[1:], "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    (table,) = [element.value for element in at.dataframe]
    assert [one["rows"] for one in answer["slices"]] == table["Rows"].tolist()
    assert [one["z"] for one in answer["slices"]] == pytest.approx(table["z"].tolist())
    assert str(answer["tested"]) in plain(at)
