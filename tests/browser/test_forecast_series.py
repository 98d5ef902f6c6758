"""From the forecasts over time to the series that drifts, one of its origins and its rows, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chromium import Visit, settled, visit

pytestmark = pytest.mark.browser

PARTS, CHART = ".st-key-forecasts-part", ".st-key-forecasts-series-chart"


@pytest.fixture(params=[1440, 900])
def seen(url: str, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    with visit(browser, url + "/forecasts?data=demand&part=origins", width=request.param) as opened:
        yield opened


def lines(page: Page) -> list[str]:
    """Read the names of the lines of the figure of the series."""
    return page.locator(f"{CHART} .legendtext").all_text_contents()


def test_the_series_that_drifts_is_drawn_by_origin_and_its_rows_are_one_click_away(seen: Visit) -> None:
    page = seen.page
    expect(page.get_by_text(re.compile("1 series has a bias that moves"))).to_be_visible()
    settled(page)
    page.locator("[class*='st-key-forecasts-origins-draw']").get_by_role("button", name="Draw Station · bread").click()  # fmt: skip
    expect(page.get_by_role("heading", name="Station · bread")).to_be_visible()
    expect(page).to_have_url(re.compile("part=series.*series=Station|series=Station.*part=series"))
    expect(page.locator(f"{CHART} .legendtext").last).to_have_text("boosted")

    settled(page)
    page.get_by_role("button", name="ridge").click()
    expect(page.locator(CHART).get_by_text("ridge")).to_be_visible()
    assert lines(page)[-2:] == ["ridge", "boosted"]

    settled(page)
    page.locator(".st-key-forecasts-series-later").get_by_role("button").click()
    expect(page.locator(f"{CHART} .annotation-text").get_by_text("origin")).to_be_visible()

    settled(page)
    page.get_by_role("button", name="See its rows").click()
    expect(page.get_by_role("heading", name="Examples")).to_be_visible()
    expect(page).to_have_url(re.compile("Station.*bread.*origin.*2026-09-07"))
    assert not seen.errors
    assert not seen.outside


def test_arrow_keys_step_through_the_series(seen: Visit) -> None:
    page = seen.page
    settled(page)
    page.locator(PARTS).get_by_text("One series").click()
    expect(page.get_by_role("heading", name="Station · bread")).to_be_visible()
    settled(page)
    page.get_by_role(
        "heading", name="Forecasts"
    ).click()  # the arrows of a choice that has the focus are its own
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Harbour · drinks")).to_be_visible()
    settled(page)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="Station · bread")).to_be_visible()
    assert not seen.errors
