"""Find slices, in a real browser: from the page of the slices to the rows of the one that was planted."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from playwright.sync_api import Browser, expect

from demo_data import demo
from tests.chromium import Visit, settled, visit

pytestmark = pytest.mark.browser

PARTS = ".st-key-slices-part"


@pytest.fixture(params=[1440, 900])
def seen(url: str, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    with visit(browser, url + "/slices?data=fraud&t=0.25", width=request.param) as opened:
        yield opened


def test_the_planted_slice_is_found_first_and_its_rows_are_one_click_away(seen: Visit) -> None:
    page = seen.page
    page.locator(PARTS).get_by_text("Find slices").click()
    first = page.get_by_text(re.compile(r"^1\. merchant_type = gaming and device = mobile web"))
    expect(first).to_be_visible()
    expect(page).to_have_url(re.compile("part=find"))

    # every part can be reached, however narrow the page is
    inside = page.evaluate(f"""() => {{
      const box = document.querySelector('{PARTS}').getBoundingClientRect();
      return [...document.querySelectorAll('{PARTS} button')].every(b => b.getBoundingClientRect().right <= box.right + 1);
    }}""")
    assert inside

    frame = pd.read_parquet(demo("fraud").path)
    planted = (frame["merchant_type"] == "gaming") & (frame["device"] == "mobile web")
    missed = int((planted & (frame["is_fraud"] == 1) & (frame["score"] < 0.25)).sum())
    settled(page)
    page.locator(".st-key-find-rows-0").get_by_role("button", name=f"Show {missed} false negatives").click()
    expect(page.get_by_role("heading", name="Examples")).to_be_visible()
    expect(page.get_by_text(re.compile(rf"of {missed} false negatives")).first).to_be_visible()
    expect(page).to_have_url(re.compile("gaming.*mobile"))
    assert not seen.errors
    assert not seen.outside
