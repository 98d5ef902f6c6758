"""From a cell and from a class to what is behind it, in a real browser: nothing but a browser clicks a figure or a table."""

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

# Where a point of a matrix lies in the window, read right before the click: pages move while they load.
PLACE = """([key, x, y]) => {
  const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
  const box = plot.getBoundingClientRect(), {xaxis, yaxis} = plot._fullLayout;
  return [box.x + xaxis._offset + xaxis.l2p(x), box.y + yaxis._offset + yaxis.l2p(y)];
}"""


@pytest.fixture(scope="module")
def seen(url: str, browser: Browser) -> Iterator[Visit]:
    with visit(browser, url + "/?data=digits", height=1800) as opened:
        yield opened


@pytest.fixture(scope="module")
def digits() -> pd.DataFrame:
    return pd.read_parquet(demo("digits").path).astype({"digit": int, "predicted": int})


def show(page: Page, name: str, shown: str) -> None:
    base = re.match(r"https?://[^/]+", page.url)
    assert base is not None
    page.goto(f"{base[0]}/{name}?data=digits")
    settled(page)
    expect(page.locator(f".st-key-{shown}").first).to_be_visible(timeout=SECONDS)


@pytest.mark.parametrize(
    ("page", "key"), [("confusion", "confusion-classes"), ("overview", "overview-matrix")]
)
@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (0.42, -0.42)], ids=["middle", "corner"])
def test_every_part_of_a_cell_leads_to_its_rows(seen, digits, page, key, dx, dy):
    show(seen.page, page, f"{key} .scatterlayer")
    seen.page.mouse.click(*seen.page.evaluate(PLACE, [key, 1 + dx, 8 + dy]))
    expect(seen.page.get_by_role("heading", name="Examples")).to_be_visible(timeout=SECONDS)
    assert "true=8" in seen.page.url
    assert "pred=1" in seen.page.url
    n = int(((digits["digit"] == 8) & (digits["predicted"] == 1)).sum())
    expect(seen.page.get_by_text(re.compile(rf"of {n} ")).first).to_be_visible(timeout=SECONDS)


def test_the_most_frequent_confusion_leads_to_its_rows(seen):
    show(seen.page, "confusion", "confusion-pairs canvas")
    tick(seen.page, "confusion-pairs", 0)
    expect(seen.page.get_by_role("heading", name="Examples")).to_be_visible(timeout=SECONDS)
    assert "true=8" in seen.page.url
    assert "pred=1" in seen.page.url


def test_a_class_is_looked_at_and_left_again(seen):
    page = seen.page
    show(page, "overview", "overview-classes canvas")
    tick(page, "overview-classes", 0)
    chip = page.get_by_role("button", name="class 8 against the rest")
    expect(chip).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("False negatives").first).to_be_visible(timeout=SECONDS)
    chip.click()
    expect(page.get_by_text("Each class against the rest")).to_be_visible(timeout=SECONDS)
    assert not seen.errors
    assert not seen.outside


def tick(page: Page, key: str, row: int) -> None:
    """Click the box before a row of a table."""
    table = page.locator(f".st-key-{key} [data-testid=stDataFrameResizable]")
    table.scroll_into_view_if_needed()
    settled(page)
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 16, box["y"] + 35 * row + 50)
