"""A click on a curve sets the threshold, in a real browser: nothing but a browser sends the click of a chart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from demo_data import demo
from tests.chromium import Visit, settled, visit

pytestmark = pytest.mark.browser

CHART = ".st-key-curves-{} .js-plotly-plot"
DRAWN = """chart => document.querySelector(chart)?._fullData?.some(trace => trace.name === "points")"""
# Where the point at a place of the clickable trace lies in the window, and the threshold it carries.
PLACE = """([chart, share]) => {
  const plot = document.querySelector(chart), points = plot._fullData.find(trace => trace.name === "points");
  const i = Math.round(share * (points.x.length - 1)), box = plot.getBoundingClientRect(), {xaxis, yaxis} = plot._fullLayout;
  return [box.x + xaxis._offset + xaxis.l2p(points.x[i]), box.y + yaxis._offset + yaxis.l2p(points.y[i])];
}"""


@pytest.fixture(scope="module")
def seen(url: str, browser: Browser) -> Iterator[Visit]:
    with visit(browser, url + "/curves?data=fraud") as opened:
        yield opened


def place(page: Page, name: str, share: float) -> tuple[float, float]:
    """Read where a point lies right before the click: pages move while they load."""
    chart = CHART.format(name)
    page.wait_for_function(DRAWN, arg=chart)
    x, y = page.evaluate(PLACE, [chart, share])
    return x, y


def threshold(page: Page) -> float | None:
    found = parse_qs(urlsplit(page.url).query).get("t")
    return float(found[0]) if found else None


NAMES = {"roc": "ROC", "pr": "Precision-recall", "gains": "Gains", "lift": "Lift", "det": "DET"}


def choose(page: Page, name: str) -> None:
    """Choose a curve, which stays chosen when the page is left."""
    page.get_by_test_id("stMain").get_by_role("radio", name=NAMES[name], exact=True).click()
    page.wait_for_function(DRAWN, arg=CHART.format(name))
    settled(page)


@pytest.mark.parametrize("name", NAMES)
def test_the_point_that_was_hovered_becomes_the_threshold_of_every_page(seen: Visit, name: str) -> None:
    page = seen.page
    choose(page, name)
    for share in (0.3, 0.6):
        before = threshold(page)
        page.mouse.move(*place(page, name, share))
        hover = page.locator(f"{CHART.format(name)} .hoverlayer text").first
        expect(hover).to_contain_text("score ≥")
        shown = re.search(
            r"score ≥ ([\d.e-]+?)(?=Recall|Precision|Positives|Lift|False)", hover.text_content() or ""
        )
        assert shown is not None
        page.mouse.click(*place(page, name, share))
        expect(page).not_to_have_url(re.compile(rf"t={re.escape(repr(before))}$"))
        page.wait_for_url(re.compile("[?&]t="))
        settled(page)
        cut = threshold(page)
        assert cut == pytest.approx(float(shown[1]), rel=1e-5)
    frame = pd.read_parquet(demo("fraud").path, columns=["is_fraud", "score"])
    recall = (frame["score"][frame["is_fraud"] == 1] >= cut).mean()
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_label(f"Recall {recall:.1%}", exact=True)).to_be_visible()
    page.get_by_role("link", name="Curves").click()
    settled(page)
    assert threshold(page) == cut, "coming back to the page applies no old click"
    assert seen.errors == []
