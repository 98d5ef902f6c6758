"""Real forecasts on every page: a table of points, and one with a row for each quantile."""

from __future__ import annotations

import pytest

from tests.pages.opened import launched, opened, written

PAGES = ("data", "overview", "residuals", "forecasts", "slices", "examples")


@pytest.mark.parametrize("file", ["covid_forecasts_point.csv", "covid_forecasts_quantile.csv"])
def test_real_forecasts_open_on_every_page(monkeypatch, shared_data, file):
    history = str(shared_data("covid_observed.csv"))
    data = launched(monkeypatch, shared_data(file), train=history, train_value="observed", season=1)
    for page in PAGES:
        at = opened(page, data=data)
        assert not at.exception, page
        assert not at.error, page
    at = opened("data", data=data)
    assert "8 series, a value each week, 1 to" in written(at).replace("\\", "")


@pytest.mark.parametrize("part", ["where", "series", "origins", "models"])
def test_every_part_of_the_forecasts_page_draws_real_forecasts(monkeypatch, shared_data, part):
    history = str(shared_data("covid_observed.csv"))
    data = launched(monkeypatch, shared_data("covid_forecasts_quantile.csv"), train=history, season=1)
    at = opened("forecasts", data=data, part=part, model="EuroCOVIDhub-ensemble")
    assert not at.exception
    assert not at.error
