"""All slices side by side, in a real browser: a row and a bar answer clicks, and a slice of one's own leads to its rows."""

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
ROWS = "[class*='st-key-slices-table-rows']"
# The middle of the highest bar in the window, read right before the click.
BAR = """() => {
  const plot = document.querySelector('.st-key-slices-table-spread .js-plotly-plot'), {xaxis, yaxis} = plot._fullLayout;
  const bar = plot.calcdata[0].reduce((a, b) => b.s > a.s ? b : a), box = plot.getBoundingClientRect();
  return [box.x + xaxis._offset + xaxis.l2p(bar.p), box.y + yaxis._offset + yaxis.l2p(bar.s / 2), bar.s];
}"""


@pytest.fixture(scope="module")
def seen(url: str, browser: Browser) -> Iterator[Visit]:
    with visit(browser, url + "/?data=fraud", height=1800) as opened:
        yield opened


@pytest.fixture
def page(seen: Visit) -> Page:
    base = re.match(r"https?://[^/]+", seen.page.url)
    assert base is not None
    seen.page.goto(f"{base[0]}/slices?data=fraud&t=0.25&part=table")
    settled(seen.page)
    expect(seen.page.locator(f"{ROWS} canvas").first).to_be_visible(timeout=SECONDS)
    return seen.page


def choose_row(page: Page, place: int) -> None:
    """Click the mark of a row, counted from 0."""
    table = page.locator(f"{ROWS} [data-testid=stDataFrameResizable]")
    table.scroll_into_view_if_needed()
    settled(page)
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 16, box["y"] + 50 + 35 * place)


def test_a_row_chooses_its_slice_and_one_more_click_shows_its_errors(page: Page) -> None:
    choose_row(page, 0)
    expect(page.locator(".st-key-slices-table-show button")).to_be_enabled(timeout=SECONDS)
    said = page.locator(".st-key-slices-table-show").inner_text()
    n = int(re.sub(r"\D", "", said))
    assert n > 0
    page.locator(".st-key-slices-table-show button").click()
    expect(page.get_by_role("heading", name="Examples")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text(re.compile(rf"of {n:,} errors")).first).to_be_visible(timeout=SECONDS)


def test_a_bar_lists_its_slices_and_forgets_the_row_that_was_chosen(page: Page) -> None:
    choose_row(page, 0)
    expect(page.locator(".st-key-slices-table-show button")).to_be_enabled(timeout=SECONDS)
    expect(page.locator(".st-key-slices-table-spread .barlayer path").first).to_be_visible(timeout=SECONDS)
    page.locator(".st-key-slices-table-spread").scroll_into_view_if_needed()
    settled(page)
    x, y, n = page.evaluate(BAR)
    page.mouse.click(x, y)
    expect(page.get_by_text(re.compile(rf"^{n} of \d+ slices,")).first).to_be_visible(timeout=SECONDS)
    settled(page)
    page.locator(".st-key-slices-table-spread-clear button").first.click()
    expect(page.get_by_text(re.compile(r"^\d+ slices,")).first).to_be_visible(timeout=SECONDS)


def test_a_slice_of_ones_own_joins_the_table_and_leads_to_its_rows(page: Page, seen: Visit) -> None:
    frame = pd.read_parquet(demo("fraud").path)
    n = int(((frame["amount"] > 500) & (frame["device"] == "tablet")).sum())
    settled(page)
    page.locator(".st-key-slices-own button").first.click()
    page.locator(".st-key-slices-new-text input").fill("amount>500 AND device='tablet'")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{n} rows of 100,000.")).to_be_visible(timeout=SECONDS)
    page.locator(".st-key-slices-new-name input").fill("Dear tablets")
    page.keyboard.press("Enter")
    settled(page)
    page.locator(".st-key-slices-new-add button").click()
    expect(page.get_by_role("button", name="Own slices · 1").first).to_be_visible(timeout=SECONDS)
    page.keyboard.press("Escape")
    page.locator(".st-key-slices-table-slice input").fill("Dear tab")
    page.keyboard.press("Enter")
    settled(page)
    keep = page.locator(
        ".st-key-slices-table-keep button"
    ).first  # what is left of the run before stands behind it
    expect(keep).to_be_enabled(timeout=SECONDS)
    keep.click()
    expect(page.get_by_text(f"{n} of 100,000 rows pass")).to_be_visible(timeout=SECONDS)
    assert not seen.errors
    assert not seen.outside
