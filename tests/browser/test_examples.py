"""The examples in a real browser: the worst mistakes first, rows by click and key, a link that keeps the row, chips."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from demo_data import demo
from tests.chromium import settled, visit

pytestmark = pytest.mark.browser

FILTER = "country == 'DE' and device == 'tablet'"
SECONDS = 45_000
_HEADING_HEIGHT, _ROW_HEIGHT = 35, 35


@pytest.fixture(scope="module")
def mistakes() -> pd.DataFrame:
    """The mistakes at 0.5, the most confident first, with their rows counted from 1."""
    frame = pd.read_parquet(demo("fraud").path)
    frame.insert(0, "row", np.arange(len(frame)) + 1)
    frame["sure"] = np.where(frame["score"] >= 0.5, frame["score"], 1 - frame["score"])
    wrong = frame[(frame["score"] >= 0.5) != (frame["is_fraud"] == 1)]
    return wrong.sort_values("sure", ascending=False, kind="stable")


def table(page: Page) -> Locator:
    """Return the table of examples once it is drawn."""
    found = page.locator(".st-key-examples-table").get_by_test_id("stDataFrame")
    found.locator("[role=gridcell]").first.wait_for(state="attached", timeout=SECONDS)
    settled(page)
    return found


def click(page: Page, row: int, x: int = 250) -> None:
    """Click into a row of the table, counted from 0; -1 is its heading."""
    box = table(page).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x, box["y"] + _HEADING_HEIGHT + _ROW_HEIGHT * (row + 0.5))


def looks_at(page: Page, row: int, place: str) -> None:
    """Expect a row beside the table and in the address, and its place among the others."""
    expect(page.get_by_role("heading", name=f"Row {row:,}", exact=True)).to_be_visible()
    expect(page.get_by_text(place, exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(rf"[?&]row={row}(&|$)"))
    settled(page)


def shows(page: Page, rows: list[int]) -> None:
    """Expect the numbers of the first rows of the table."""
    cells = table(page).locator("[role=row]:has([role=gridcell]) [role=gridcell]:first-child")
    for i, row in enumerate(rows):
        expect(cells.nth(i)).to_have_text(re.compile(f"^{row:,}$|^{row}$"))


def test_from_the_worst_mistakes_to_the_next_one_and_back_by_link(url, browser, mistakes):
    of_filter = mistakes.query(FILTER)
    rows, every = of_filter["row"].tolist(), mistakes.query("device == 'tablet'")["row"].tolist()
    with visit(browser, f"{url}/examples?data=fraud&rows=errors&filter={FILTER}&order=loss&t=0.5") as seen:
        page = seen.page
        page.get_by_role("combobox", name="Order by").click()
        page.get_by_role("option", name="Mistakes by confidence").click()
        expect(page).not_to_have_url(re.compile("order="))
        expect(page.get_by_role("heading", name=f"Row {rows[0]:,}", exact=True)).to_be_visible()

        click(page, 2)
        looks_at(page, rows[2], f"3 of {len(rows)}")
        page.keyboard.press("ArrowDown")  # in the table
        looks_at(page, rows[3], f"4 of {len(rows)}")
        page.get_by_role("heading", name="Examples").click()
        page.keyboard.press("ArrowRight")  # anywhere else
        looks_at(page, rows[4], f"5 of {len(rows)}")
        page.keyboard.press("ArrowLeft")
        looks_at(page, rows[3], f"4 of {len(rows)}")

        link = page.url
        page.reload()
        looks_at(page, rows[3], f"4 of {len(rows)}")
        assert page.url == link
        with visit(browser, link) as other:
            looks_at(other.page, rows[3], f"4 of {len(rows)}")

        page.get_by_test_id("stMain").get_by_role("button", name="country == 'DE'").click()
        expect(page.get_by_text(f"Showing 1–25 of {len(every)} errors")).to_be_visible()
        expect(page.get_by_role("heading", name=f"Row {every[0]:,}", exact=True)).to_be_visible()
        expect(page).not_to_have_url(re.compile("country|row="))
        page.locator(".st-key-filter-undo").get_by_role("button").click()
        expect(page.get_by_text(f"of {len(rows)} errors")).to_be_visible()
        expect(page).to_have_url(re.compile("country"))
        assert (seen.outside, seen.errors) == ([], [])


def test_a_click_on_a_heading_orders_every_row_and_a_second_one_turns_them(url, browser, mistakes):
    by_row = sorted(mistakes["row"])
    with visit(browser, f"{url}/examples?data=fraud&rows=errors&t=0.5") as seen:
        page = seen.page
        for expected, order in ((by_row, "file"), (by_row[::-1], "-file"), (by_row, "file")):
            click(page, -1, x=60)
            expect(page).to_have_url(re.compile(f"order={order}(&|$)"))
            expect(page.get_by_role("heading", name=f"Row {expected[0]:,}", exact=True)).to_be_visible()
            shows(page, expected[:4])
        click(page, 3, x=15)  # the mark of a row, after a heading
        looks_at(page, by_row[3], f"4 of {len(by_row):,}")
        assert (seen.outside, seen.errors) == ([], [])


def test_a_condition_is_chosen_and_a_wrong_text_says_why(url, browser):
    frame = pd.read_parquet(demo("fraud").path)
    n = int(frame["country"].isin(["AT", "DE"]).sum())
    with visit(browser, f"{url}/examples?data=fraud") as seen:
        page = seen.page
        table(page)
        page.get_by_role("button", name="Condition").click()
        page.get_by_role("combobox", name="Column", exact=True).fill("country")
        page.keyboard.press("Enter")
        values = page.get_by_role("combobox", name="Values")
        for value in ("AT", "DE"):
            values.fill(value)
            page.keyboard.press("Enter")
        expect(page.get_by_text(f"Leaves {n:,} of 100,000 rows.")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_text(f"{n:,} of 100,000 rows pass")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="As text").click()
        text = page.locator(".st-key-filter-text textarea")
        expect(text).to_have_value("country in ('AT', 'DE')")
        text.fill("contry == 'DE'")
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_text("Did you mean 'country'?")).to_be_visible()
        expect(page.get_by_text(f"{n:,} of 100,000 rows pass")).to_be_visible()
        assert (seen.outside, seen.errors) == ([], [])


def test_links_open_apart_and_nothing_of_a_row_is_fetched(url, browser):
    n = 40
    frame = pd.DataFrame({"y_true": [0, 1] * (n // 2), "y_score": np.linspace(0, 1, n).round(3)})
    frame["page"] = [f"https://example.org/{i}" for i in range(n)]
    frame["photo"] = [f"https://example.org/{i}.png" for i in range(n)]
    frame["comment"] = [f"<img src='https://example.org/{i}.gif'> ![x](https://example.org/{i}.gif) a comment of a reader" for i in range(n)]  # fmt: skip
    file = {"name": "reviews.csv", "mimeType": "text/csv", "buffer": frame.to_csv(index=False).encode()}
    with visit(browser, url) as seen:
        page = seen.page
        page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(file)
        expect(page.get_by_text("40 of 40 rows can be judged")).to_be_visible()
        settled(page)
        page.get_by_role("link", name="Examples", exact=True).click()
        table(page)
        page.get_by_role("heading", name=re.compile("^Row ")).wait_for()
        i = int(page.get_by_role("heading", name=re.compile("^Row ")).inner_text().removeprefix("Row ")) - 1
        link = page.get_by_role("link", name=f"https://example.org/{i}", exact=True)
        assert link.get_attribute("target") == "_blank"
        assert set(str(link.get_attribute("rel")).split()) & {
            "noopener",
            "noreferrer",
        }  # either keeps the page apart
        expect(
            page.get_by_test_id("stText").get_by_text(f"![x](https://example.org/{i}.gif)")
        ).to_be_visible()
        assert (seen.outside, seen.errors) == ([], [])
