"""The part "models" of the Forecasts page: two models on the same forecasts."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy import stats
from streamlit.testing.v1 import AppTest

from app import numbers
from demo_data import demo
from tests.pages.opened import launched, opened, written


@cache
def by_series(power: int = 1) -> pd.DataFrame:
    """Return the mean losses of both models of the demo by series."""
    table = pd.read_parquet(demo("demand").path)
    losses = {m: (table[m] - table["demand"]).abs() ** power for m in ("boosted", "ridge")}
    return pd.DataFrame(losses).groupby(table["store"] + " · " + table["product"]).mean()


def shown(**query: str) -> AppTest:
    return opened("forecasts", data="demand", part="models", **query)


def test_words_say_which_model_loses_less_and_whether_chance_explains_it() -> None:
    at = shown()
    at.segmented_control(key="forecasts.models.loss").set_value("abs_error").run()
    d = by_series()["boosted"] - by_series()["ridge"]
    test = stats.ttest_1samp(d, 0.0)
    text = written(at)
    assert (
        f"**boosted** has the lower mean size of the error, by **{numbers.plain(numbers.number(abs(d.mean())))}**"
        in text
    )
    assert f"p = {test.pvalue:.2g}: chance explains it" in text
    assert f"boosted wins {numbers.share((d < 0).mean())} of the series" in text


def test_the_loss_can_be_chosen() -> None:
    at = shown()
    at.segmented_control(key="forecasts.models.loss").set_value("squared_error").run()
    d = by_series(2)["boosted"] - by_series(2)["ridge"]
    assert f"lower mean squared error, by **{numbers.plain(numbers.number(abs(d.mean())))}**" in written(at)


def test_the_table_holds_metrics_of_both_and_what_they_rest_on() -> None:
    table = next(d.value for d in shown().dataframe if "Rests on" in d.value.columns).set_index("Metric")
    assert table.loc["Mean absolute error", "boosted"] == numbers.number(by_series()["boosted"].mean())
    assert set(table["Rests on"]) == {"40 series"}
    assert {"MASE", "Coverage at 80%", "Width at 95%"} <= set(table.index)


def test_series_that_a_model_wins_lead_to_their_drawing() -> None:
    at = shown()
    at.segmented_control(key="forecasts.models.loss").set_value("abs_error").run()
    d = (by_series()["boosted"] - by_series()["ridge"]).sort_values()
    button = next(b for b in at.button if b.label == numbers.plain(d.index[0]))
    button.click().run()
    assert not at.exception
    assert at.query_params["series"] == d.index[0]
    assert at.query_params["part"] == "series"


def test_one_model_has_no_such_part(monkeypatch, tmp_path) -> None:
    path = tmp_path / "one.csv"
    pd.DataFrame({"t": np.arange(8), "h": 1, "y": np.arange(8.0), "f": 1.5}).to_csv(path, index=False)
    data = launched(monkeypatch, path, task="forecasting", y_true="y", y_pred="f", time="t", horizon="h")
    at = opened("forecasts", data=data, part="models")
    assert "Models" not in at.segmented_control(key="forecasts.part").options
    assert "Which series carry the error?" in written(at)


def test_one_series_is_tested_over_its_origins_with_a_warning_of_few() -> None:
    text = written(shown(filter="store == 'Station' and product == 'bread'"))
    assert "Diebold and Mariano's test runs over its origins: of 24 numbers of steps ahead" in text
    assert (
        "Without an interval: MASE, RMSSE, sMAPE \\(0 to 200\\), WAPE \\(1 series\\: at least 2 are needed\\)."
        in text
    )
    assert "The comparison rests on 14 origins. Below 30 the spread of a mean is hardly known" in text


def test_models_in_rows_of_their_own_are_compared_on_what_both_forecast(monkeypatch, tmp_path) -> None:
    table = pd.read_parquet(demo("demand").path)
    table = table[table["product"] == "bread"]
    parts = [table[["store", "origin", "time", "horizon", "demand"]].assign(who=m, said=table[m]) for m in ("boosted", "ridge")]  # fmt: skip
    path = tmp_path / "stacked.csv"
    pd.concat([parts[0], parts[1].iloc[24:]]).to_csv(path, index=False)
    data = launched(monkeypatch, path, task="forecasting", y_true="demand", y_pred="said", model_column="who", series="store",
                    time="time", origin="origin", horizon="horizon")  # fmt: skip
    text = written(opened("forecasts", data=data, part="models"))
    assert f"The same {numbers.count(len(table) - 24)} forecasts of 10 series" in text
