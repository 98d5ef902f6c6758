"""From the worst cell of the forecasts to its series and to its rows, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from demo_data import demo
from tests.chromium import Visit, settled, visit

pytestmark = pytest.mark.browser

SECONDS = 60_000

# Where the cell with the highest value lies in the window, read right before the click, and what it is.
WORST = """key => {
  const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`), {xaxis, yaxis} = plot._fullLayout;
  const z = plot._fullData.find(t => t.name === 'values').z, box = plot.getBoundingClientRect();
  let best = [-Infinity, 0, 0];
  z.forEach((row, i) => Array.from(row).forEach((v, j) => { if (v !== null && v > best[0]) best = [v, i, j]; }));
  const [, i, j] = best;
  return {x: box.x + xaxis._offset + xaxis.l2p(j), y: box.y + yaxis._offset + yaxis.l2p(i),
          series: yaxis.ticktext[i], steps: xaxis.ticktext[j]};
}"""


@pytest.fixture(scope="module")
def seen(url: str, browser: Browser) -> Iterator[Visit]:
    with visit(browser, url + "/forecasts?data=demand", height=1800) as opened:
        yield opened


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    frame = pd.read_parquet(demo("demand").path)
    return frame.assign(series=frame["store"] + " · " + frame["product"])


def show(page: Page) -> None:
    base = re.match(r"https?://[^/]+", page.url)
    assert base is not None
    page.goto(f"{base[0]}/forecasts?data=demand")
    settled(page)
    expect(page.locator(".st-key-forecasts-cells-chart .heatmaplayer").first).to_be_visible(timeout=SECONDS)
    expect(page.locator(".st-key-forecasts-signs-chart .heatmaplayer").first).to_be_visible(timeout=SECONDS)
    settled(page)


def expect_rows(page: Page, n: int, *conditions: str) -> None:
    expect(page.get_by_role("heading", name="Examples")).to_be_visible(timeout=SECONDS)
    for condition in conditions:
        expect(page.get_by_role("button", name=condition).first).to_be_visible(timeout=SECONDS)
    expect(page.get_by_test_id("stMain").get_by_text(re.compile(rf"\b{n:,}\b")).first).to_be_visible(timeout=SECONDS)  # fmt: skip


def conditions_of(series: str) -> list[str]:
    store, product = series.split(" · ")
    return [f"store == '{store}'", f"product == '{product}'"]


def test_the_worst_cell_leads_to_its_series_and_that_to_its_rows(seen, table):
    page = seen.page
    show(page)
    page.locator(".st-key-forecasts-cells-chart").scroll_into_view_if_needed()
    settled(page)
    cell = page.evaluate(WORST, "forecasts-cells-chart")
    off = (table["boosted"] - table["demand"]).abs().groupby([table["series"], table["horizon"]]).mean()
    assert (cell["series"], int(cell["steps"])) in off.index
    page.mouse.click(cell["x"], cell["y"])
    page.wait_for_url(re.compile("part=series"), timeout=SECONDS)
    settled(page)
    expect(page.get_by_text(cell["series"]).first).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="See its rows").first.click()
    expect_rows(page, int((table["series"] == cell["series"]).sum()), *conditions_of(cell["series"]))


def test_two_boxes_lead_to_the_rows_of_a_cell_without_a_mouse_on_it(seen, table):
    page = seen.page
    show(page)
    for key, text in (("series", "Station · bread"), ("steps", "3")):
        page.locator(f".st-key-forecasts-cells-{key}").get_by_role("combobox").click()
        page.get_by_role("option", name=text, exact=True).click()
        settled(page)
    n = int(((table["series"] == "Station · bread") & (table["horizon"] == 3)).sum())
    page.locator(".st-key-forecasts-cells-rows").get_by_role("button", name=f"See these {n} rows").click()
    expect_rows(page, n, "horizon == 3", *conditions_of("Station · bread"))


def test_a_dot_of_the_curve_leads_to_the_rows_so_far_ahead(seen, table):
    page = seen.page
    show(page)
    page.locator(".st-key-forecasts-steps-chart").scroll_into_view_if_needed()
    settled(page)
    at = page.evaluate("""key => {
      const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`), {xaxis, yaxis} = plot._fullLayout;
      const line = plot._fullData.find(t => t.customdata), box = plot.getBoundingClientRect();
      return [box.x + xaxis._offset + xaxis.l2p(line.x[4]), box.y + yaxis._offset + yaxis.l2p(line.y[4])];
    }""", "forecasts-steps-chart")  # fmt: skip
    page.mouse.click(*at)
    expect_rows(page, int((table["horizon"] == 5).sum()), "horizon == 5")


def test_nothing_goes_wrong_in_the_browser(seen):
    assert not seen.errors
    assert not seen.outside
