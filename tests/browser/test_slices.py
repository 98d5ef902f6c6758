"""From a dot, from a row of the table and from the overview to the rows of a group, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from demo_data import demo
from tests.chromium import Visit, settled, visit

pytestmark = pytest.mark.browser

SECONDS = 45_000

# Where the dot of a group lies in the window, read right before the click: pages move while they load.
PLACE = """([key, label]) => {
  const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`), {xaxis, yaxis} = plot._fullLayout;
  const row = yaxis.ticktext.indexOf(label), box = plot.getBoundingClientRect();
  for (const trace of plot.data) {
    const at = Array.from(trace.y).indexOf(row);
    if (trace.customdata && at >= 0)
      return [box.x + xaxis._offset + xaxis.l2p(trace.x[at]), box.y + yaxis._offset + yaxis.l2p(row)];
  }
}"""


@pytest.fixture(scope="module")
def seen(url: str, browser: Browser) -> Iterator[Visit]:
    with visit(browser, url + "/?data=fraud", height=1800) as opened:
        yield opened


@pytest.fixture(scope="module")
def errors() -> pd.DataFrame:
    frame = pd.read_parquet(demo("fraud").path)
    return frame[(frame["is_fraud"] == 1) != (frame["score"] >= 0.25)]


def show(page: Page, name: str, shown: str) -> None:
    base = re.match(r"https?://[^/]+", page.url)
    assert base is not None
    page.goto(f"{base[0]}/{name}?data=fraud&t=0.25")
    settled(page)
    expect(page.locator(f".st-key-{shown}").first).to_be_visible(timeout=SECONDS)


def expect_rows(page: Page, n: int, condition: str) -> None:
    expect(page.get_by_role("heading", name="Examples")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text(re.compile(rf"of {n:,} errors")).first).to_be_visible(timeout=SECONDS)
    expect(page.get_by_role("button", name=condition).first).to_be_visible(timeout=SECONDS)


def test_a_dot_chooses_its_group_and_one_more_click_shows_its_errors(seen, errors):
    page = seen.page
    show(page, "slices", "slices-merchant_type-chart .scatterlayer")
    page.locator(".st-key-slices-merchant_type-chart").scroll_into_view_if_needed()
    settled(page)
    page.mouse.click(*page.evaluate(PLACE, ["slices-merchant_type-chart", "travel"]))
    n = int((errors["merchant_type"] == "travel").sum())
    button = page.locator(".st-key-slices-merchant_type-show").get_by_role(
        "button", name=f"Show {n:,} errors"
    )
    expect(button).to_be_enabled(timeout=SECONDS)
    button.click()
    expect_rows(page, n, "merchant_type == 'travel'")


def test_a_row_of_the_table_chooses_its_group(seen, errors):
    page = seen.page
    show(page, "slices", "slices-merchant_type-table canvas")
    table = page.locator(".st-key-slices-merchant_type-table [data-testid=stDataFrameResizable]")
    table.scroll_into_view_if_needed()
    settled(page)
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 16, box["y"] + 50)  # the mark of the first row, the worst merchant type
    n = int((errors["merchant_type"] == "electronics").sum())
    button = page.locator(".st-key-slices-merchant_type-show").get_by_role(
        "button", name=f"Show {n:,} errors"
    )
    expect(button).to_be_enabled(timeout=SECONDS)
    page.locator(".st-key-slices-merchant_type-keep").get_by_role("button", name="Keep only its rows").click()
    rows = int(
        (
            pd.read_parquet(demo("fraud").path, columns=["merchant_type"])["merchant_type"] == "electronics"
        ).sum()
    )
    expect(page.get_by_role("button", name="merchant_type == 'electronics'")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_test_id("stMain").get_by_text(f"{rows:,} rows").first).to_be_visible(timeout=SECONDS)
    expect(page.get_by_role("heading", name="Slices")).to_be_visible()


def test_a_worst_group_of_the_overview_leads_to_its_errors(seen, errors):
    page = seen.page
    show(page, "overview", "overview-worst-metric")
    n = int((errors["merchant_type"] == "electronics").sum())
    button = page.get_by_role("button", name=f"Show {n:,} errors")
    expect(button).to_be_visible(timeout=SECONDS)
    button.click()
    expect_rows(page, n, "merchant_type == 'electronics'")


def test_the_download_holds_every_group(seen):
    page = seen.page
    show(page, "slices", "slices-csv")
    with page.expect_download() as found:
        page.get_by_role("button", name="All groups as CSV").click()
    read = pd.read_csv(found.value.path())
    assert found.value.suggested_filename == "fraud-groups-by-error_rate-at-0.250.csv"
    assert {"merchant_type", "device", "country", "new_account", "amount"} <= set(read["column"])
    frame = pd.read_parquet(demo("fraud").path)
    assert read.groupby("column")["rows"].sum().eq(len(frame)).all()
    assert not seen.errors
    assert not seen.outside
