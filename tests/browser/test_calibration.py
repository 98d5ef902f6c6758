"""A point of the reliability diagram leads to its rows, in a real browser: nothing but a browser sends the click."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from demo_data import demo
from tests.chromium import Visit, settled, visit

pytestmark = pytest.mark.browser

CHART = ".st-key-calibration-diagram .js-plotly-plot"
DRAWN = "chart => document.querySelector(chart)?._fullData?.some(trace => trace.customdata)"
# Where the point of a bin lies in the window, read right before the click: pages move while they load.
PLACE = """([chart, model, bin]) => {
  const plot = document.querySelector(chart);
  const trace = plot._fullData.find(trace => trace.customdata && trace.customdata[0][1] === model);
  const i = trace.customdata.findIndex(data => data[0] === bin), box = plot.getBoundingClientRect();
  const {xaxis, yaxis} = plot._fullLayout;
  return [box.x + xaxis._offset + xaxis.l2p(trace.x[i]), box.y + yaxis._offset + yaxis.l2p(trace.y[i])];
}"""
# What the choice of a bin shows.
FIRST = """text => {
  const box = document.querySelector(".st-key-calibration-bin");
  return box.textContent.includes(text) || [...box.querySelectorAll("input")].some(input => input.value === text);
}"""


@pytest.fixture(scope="module")
def seen(url: str, browser: Browser) -> Iterator[Visit]:
    with visit(browser, url + "/calibration?data=fraud", height=1300) as opened:
        yield opened


def place(page: Page, model: str, number: int) -> tuple[float, float]:
    settled(page)
    page.wait_for_function(DRAWN, arg=CHART)
    x, y = page.evaluate(PLACE, [CHART, model, number])
    return x, y


def leave_filter(page: Page) -> None:
    """Come back from the rows to the page with all its rows."""
    page.get_by_role("link", name="Calibration").click()
    expect(page.get_by_role("heading", name="Reliability diagram")).to_be_visible()
    settled(page)
    expect(
        page.get_by_role("heading", name="Reliability diagram")
    ).to_be_visible()  # an old click jumps nowhere
    page.get_by_role("button", name="All scores again").click()
    expect(page.get_by_role("button", name="All scores again")).to_have_count(0)
    settled(page)


def test_a_point_says_what_it_holds_and_a_click_shows_these_rows(seen: Visit) -> None:
    page, frame = seen.page, pd.read_parquet(demo("fraud").path, columns=["is_fraud", "score"])
    for number in (2, 11):
        page.mouse.move(*place(page, "score", number))
        hover = page.locator(f"{CHART} .hoverlayer text").first
        expect(hover).to_contain_text("mean score")
        said = hover.text_content() or ""
        low, high = said.split("score ")[1].split("mean")[0].split(" to ")
        inside = frame[(frame["score"] > float(low)) & (frame["score"] <= float(high))]
        assert f"{inside['is_fraud'].sum():,} of {len(inside):,}" in said
        page.mouse.click(*place(page, "score", number))
        expect(page.get_by_role("heading", name="Examples")).to_be_visible()
        expect(page.get_by_text(f"of {len(inside):,} rows", exact=False).first).to_be_visible()
        leave_filter(page)
    assert seen.errors == []
    assert seen.outside == []


def test_the_same_point_on_axes_from_0_to_1_leads_to_its_rows_too(seen: Visit) -> None:
    page, frame = seen.page, pd.read_parquet(demo("fraud").path, columns=["score"])
    page.get_by_role("radio", name="Equal width").click()
    page.get_by_role("radio", name="0 to 1").click()
    page.wait_for_function("chart => !document.querySelector(chart)._fullLayout.xaxis2.title.text.includes('odds')", arg=CHART)  # fmt: skip
    page.wait_for_function(
        FIRST, arg="0 to 0.0667 · 96,504 rows · 0.5% positive"
    )  # not one of the bins before
    page.mouse.click(*place(page, "score", 7))
    expect(page.get_by_role("heading", name="Examples")).to_be_visible()
    n = int(((frame["score"] > 7 / 15) & (frame["score"] <= 8 / 15)).sum())
    expect(page.get_by_text(f"of {n:,} rows", exact=False).first).to_be_visible()
    leave_filter(page)
    assert page.get_by_role("radio", name="0 to 1").get_attribute("aria-checked") == "true"


def test_a_point_of_the_model_beside_leads_to_the_rows_of_that_model(seen: Visit) -> None:
    page = seen.page
    page.goto(page.url.split("/calibration")[0] + "/calibration?data=tumour")
    frame = pd.read_csv(demo("tumour").path)
    page.mouse.click(*place(page, "forest", 1))
    expect(page.get_by_role("heading", name="Examples")).to_be_visible()
    n = int(((frame["forest"] > 1 / 15) & (frame["forest"] <= 2 / 15)).sum())
    expect(page.get_by_text(f"of {n:,} rows", exact=False).first).to_be_visible()
    page.wait_for_url("**model=forest**")


def test_a_row_of_the_table_of_classes_looks_at_that_class(seen: Visit) -> None:
    page = seen.page
    page.goto(page.url.split("/examples")[0] + "/calibration?data=digits")
    page.wait_for_function(DRAWN, arg=CHART)
    settled(page)
    table = page.locator(".st-key-calibration-classes [data-testid=stDataFrameResizable]")
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 16, box["y"] + 35 + 18)  # the mark of the first row
    expect(page.get_by_role("button", name="class 8 against the rest")).to_be_visible()
    page.wait_for_function("chart => document.querySelector(chart)?._fullLayout?.yaxis.title.text === 'Share of class 8'", arg=CHART)  # fmt: skip
    assert seen.errors == []
