"""From a figure of predicted numbers to the rows behind a mark, in a real browser: nothing but a browser clicks a figure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from demo_data import demo
from tests.chromium import FAULTLINE, PORT, Visit, serve, settled, visit

pytestmark = pytest.mark.browser

SECONDS = 45_000
FRAME = pd.read_csv(demo("diabetes").path)
ERROR = (FRAME["boosted"] - FRAME["progression"]).to_numpy()

# Where a point lies in the window, read right before the click: pages move while they load.
PLACE = """([key, x, y]) => {
  const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
  plot.scrollIntoView({block: "center"});
  const box = plot.getBoundingClientRect(), {xaxis, yaxis} = plot._fullLayout;
  return [box.x + xaxis._offset + xaxis.l2p(x), box.y + yaxis._offset + yaxis.l2p(y)];
}"""
# The points of a trace.
POINTS = """([key, name]) => {
  const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
  const trace = plot._fullData.find(t => t.name === name);
  return [Array.from(trace.x), Array.from(trace.y)];
}"""


@pytest.fixture(scope="module")
def seen(url: str, browser: Browser) -> Iterator[Visit]:
    with visit(browser, url + "/?data=diabetes&model=boosted", height=1800) as opened:
        yield opened


def show(page: Page, key: str, query: str) -> None:
    base = re.match(r"https?://[^/]+", page.url)
    assert base is not None
    page.goto(f"{base[0]}/residuals?{query}")
    settled(page)
    expect(page.locator(f".st-key-{key} .js-plotly-plot").first).to_be_visible(timeout=SECONDS)
    settled(page)


def click(page: Page, key: str, x: float, y: float) -> dict[str, str]:
    """Click where a point lies, and read the address of the examples."""
    page.mouse.click(*page.evaluate(PLACE, [key, x, y]))
    expect(page.get_by_role("heading", name="Examples")).to_be_visible(timeout=SECONDS)
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_the_mean_of_a_tenth_leads_to_its_rows(seen: Visit) -> None:
    key = "residuals-residual_along"
    show(seen.page, key, "data=diabetes&model=boosted")
    xs, ys = seen.page.evaluate(POINTS, [key, "mean error"])
    query = click(seen.page, key, xs[9], ys[9])
    low = float(re.fullmatch(r"boosted >= ([\d.]+)", query["filter"])[1])
    n = int((FRAME["boosted"] >= low).sum())
    assert n in (44, 45)
    expect(seen.page.get_by_text(re.compile(rf"of {n} ")).first).to_be_visible(timeout=SECONDS)


def test_a_point_of_few_rows_leads_to_its_row(seen: Visit) -> None:
    key = "residuals-predicted_against_actual"
    show(seen.page, key, "data=diabetes&model=boosted")
    worst = int(np.argmax(FRAME["boosted"]))  # alone at the edge
    query = click(seen.page, key, FRAME["boosted"][worst], FRAME["progression"][worst])
    assert query["row"] == str(worst + 1)
    expect(seen.page.get_by_text(f"Row {worst + 1}", exact=False).first).to_be_visible(timeout=SECONDS)


def test_a_bar_of_the_errors_leads_to_its_outermost_row_in_the_order_of_the_errors(seen: Visit) -> None:
    key = "residuals-distribution"
    show(seen.page, key, "data=diabetes&model=boosted&part=size")
    xs, ys = seen.page.evaluate(POINTS, [key, "too low"])
    query = click(seen.page, key, xs[0], ys[0] / 2)
    assert query["order"] == "-signed"
    assert query["row"] == str(int(ERROR.argmin()) + 1)


def test_a_cell_of_a_density_leads_to_its_rows(browser: Browser, tmp_path) -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(50, 10, 3000)
    frame = pd.DataFrame({"y": y, "f": y + rng.normal(0, 4, 3000)})
    frame.to_csv(tmp_path / "many.csv", index=False)
    command = [FAULTLINE, "open", str(tmp_path / "many.csv"), "--task", "regression", "--y-true", "y", "--y-pred", "f", "--headless", "--port", PORT]  # fmt: skip
    key = "residuals-predicted_against_actual"
    with serve(command) as address, visit(browser, f"{address}/?data=many.csv", height=1800) as opened:
        show(opened.page, key, "data=many.csv")
        xs, ys = opened.page.evaluate(POINTS, [key, "cells"])
        at = len(xs) // 2
        query = click(opened.page, key, xs[at], ys[at])
        inside = frame.query(query["filter"])
        assert 1 <= len(inside) < 100
        assert (inside["f"] - xs[at]).abs().max() < 2
        assert (inside["y"] - ys[at]).abs().max() < 2
