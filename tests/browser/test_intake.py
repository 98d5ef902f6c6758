"""Intake in a real browser: questions of a file answered one by one, a long read given up, an upload kept private."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journey import upload
from tests.chromium import FAULTLINE, PORT, serve, settled, visit

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
_MILLISECONDS = 45_000
#: Each row a quote inside a cell, or a line end: they are put right one by one, about a second for each megabyte.
ODD = b'1,0.25,said "yes" and went\n0,0.75,"two\nlines, "" one cell"\n'
LONG_BYTES = 60_000_000


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("data")
    rows = "".join(f"{'cat' if i % 3 else 'dog'},{i / 40}\n" for i in range(40))
    (folder / "bare.csv").write_text(rows)
    with (folder / "long.csv").open("wb") as file:
        file.write(b"label,score,note\n")
        for _ in range(LONG_BYTES // (len(ODD) * 10_000)):
            file.write(ODD * 10_000)
    command = [FAULTLINE, "demo", "--headless", "--port", PORT]
    environment = {"FAULTLINE_DATA": str(folder), "FAULTLINE_MAX_UPLOAD_MB": "37"}
    with serve(command, cwd=ROOT, env=environment, seconds=90) as address:
        yield address


def pick(page: Page, label: str, option: str) -> None:
    """Choose in a select box of the page."""
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()
    page.keyboard.press("Tab")  # closes the list; Escape would empty the box
    settled(page)


def answer(page: Page, question: str, choice: str) -> None:
    expect(page.get_by_text(question).first).to_be_visible()
    settled(page)
    page.get_by_test_id("stMain").get_by_role("radiogroup").get_by_text(choice, exact=True).click()
    page.get_by_role("button", name="Use this answer").click()


def overview_of_the_pets(page: Page) -> None:
    """Of 40 rows 14 are dogs, every third from the first; of the 20 scores from 0.5 up, 7 are."""
    expect(page.get_by_role("heading", name="Overview", exact=True)).to_be_visible()
    expect(page.locator("[data-card=precision]")).to_contain_text("7 of 20")
    expect(page.locator("[data-card=recall]")).to_contain_text("7 of 14")


def test_a_file_with_two_questions_is_understood_and_remembered(url, browser):
    with visit(browser, url + "/?data=bare.csv") as seen:
        page = seen.page
        page.set_default_timeout(_MILLISECONDS)
        answer(page, "Does it name the columns?", "no")
        expect(page.get_by_role("heading", name="What each column is")).to_be_visible()
        settled(page)
        pick(page, "True label", "column_1")
        pick(page, "Score (one for each model)", "column_2")
        page.get_by_role("button", name="Apply").click()
        answer(page, "Which label of column 'column_1' is the positive class?", "dog")
        page.get_by_role("button", name="Looks right: show me the overview").click()
        overview_of_the_pets(page)
        page.reload()
        overview_of_the_pets(page)
        assert (seen.outside, seen.errors) == ([], [])


def test_a_long_read_shows_how_far_it_is_and_can_be_cancelled(url, browser):
    with visit(browser, url + "/overview?data=long.csv") as seen:
        page = seen.page
        page.set_default_timeout(_MILLISECONDS)
        expect(page.get_by_role("heading", name="Reading long.csv")).to_be_visible()
        expect(page.get_by_test_id("stProgress")).to_contain_text(re.compile(r"\d+% of 60 MB"))
        first = page.get_by_test_id("stProgress").inner_text()
        expect(page.get_by_test_id("stProgress")).not_to_have_text(first)  # it moves by itself
        expect(page.locator("[data-card]")).to_have_count(0)
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("heading", name="Reading was cancelled")).to_be_visible()
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
        page.get_by_role("button", name="Choose data").click()
        expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
        expect(page.get_by_test_id("stFileUploader")).to_be_visible()
        expect(page).not_to_have_url(re.compile("data=long"))
        with visit(browser, url + "/overview?data=long.csv") as again:  # nothing of it was kept
            expect(again.page.get_by_role("heading", name="Reading long.csv")).to_be_visible()
        assert (seen.outside, seen.errors) == ([], [])


def test_an_upload_is_invisible_in_another_browser(url, browser):
    with visit(browser, url) as seen:
        page = seen.page
        page.set_default_timeout(_MILLISECONDS)
        page.locator("summary", has_text="Open another file").click()
        expect(
            page.get_by_text("At most 37 MB a file: put bigger ones into the data folder.")
        ).to_be_visible()
        upload(page, "private.csv", b"label,score\n" + b"1,0.75\n0,0.25\n1,0.5\n" * 7)
        expect(page.get_by_text("score: 21 of 21 rows can be judged")).to_be_visible()
        for address in (page.url, url + "/examples?data=private.csv"):
            with visit(browser, address) as other:
                expect(
                    other.page.get_by_text("There is no data set 'private.csv' here.").first
                ).to_be_visible()
                expect(other.page.get_by_test_id("stDataFrame")).to_have_count(0)
                expect(other.page.get_by_text("21 of 21")).to_have_count(0)
        assert (seen.outside, seen.errors) == ([], [])


def test_a_big_upload_is_read_beside_the_page_which_then_comes_by_itself(url, browser):
    pair = b'{"label":0,"score":0.25,"note":"some words"}\n{"label":1,"score":0.75,"note":"other words"}\n'
    times = 22_000_000 // len(pair)
    with visit(browser, url) as seen:
        page = seen.page
        page.set_default_timeout(_MILLISECONDS)
        upload(page, "big.jsonl", pair * times)
        expect(page.get_by_role("heading", name="Reading big.jsonl")).to_be_visible()
        expect(page.get_by_text(f"score: {2 * times:,} of {2 * times:,} rows can be judged")).to_be_visible()
        expect(page.get_by_test_id("stProgress")).to_have_count(0)
        assert (seen.outside, seen.errors) == ([], [])
