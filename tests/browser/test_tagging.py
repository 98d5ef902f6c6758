"""Tags in a real browser: ten rows, an undo, the Pareto, a file, another process, and two people on one row."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.store import annotations_of, open_store, place_of
from tests.chromium import FAULTLINE, PORT, serve, settled, visit

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [FAULTLINE, "demo", "--headless", "--port", PORT]
PAGE = "/examples?data=fraud&rows=fn&t=0.5"
_HEADING, _ROW, _TICK = 35, 35, 15


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


def drawn(page: Page) -> None:
    page.locator(".st-key-examples-table [role=gridcell]").first.wait_for(state="attached")
    settled(page)


def tick(page: Page, *rows: int) -> None:
    """Tick rows of the table, counted from 0, one after the other."""
    ticking = page.locator(".st-key-examples-ticking")
    if not ticking.locator("input").is_checked():
        ticking.locator("label").first.click()
        expect(ticking.locator("input")).to_be_checked()
        settled(page)
    button = page.get_by_role("button", name=re.compile("^Write on ")).first
    for n, row in enumerate(rows, start=1):
        grid = page.locator("[class*=st-key-examples-ticks]").get_by_test_id("stDataFrame")
        grid.locator("[role=gridcell]").first.wait_for(state="attached")
        box = grid.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + _TICK, box["y"] + _HEADING + _ROW * (row + 0.5))
        expect(button).to_have_text(re.compile(f"Write on {n} rows?$"))
        settled(page)


def call(page: Page, name: str) -> None:
    box = page.locator(".st-key-tagging-reviewer input")
    box.fill(name)
    box.press("Enter")
    settled(page)


def choose(page: Page, tag: str) -> None:
    box = page.get_by_role("combobox", name="Tags")
    box.fill(tag)
    box.press("Enter")
    settled(page)
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-tagging-tags").get_by_text(tag, exact=False).first).to_be_visible()
    settled(page)


def write(page: Page, said: str) -> None:
    """Press the button, and expect what the page says of it."""
    page.get_by_role("button", name=re.compile(r"^Write on .*rows?( [\d,]+)?$")).first.click()
    expect(page.get_by_test_id("stToast").get_by_text(said)).to_be_visible()
    settled(page)


def tags_of(store: Path) -> dict[str, dict[str, list[str]]]:
    """Return the reviewers of each tag of each row, as the store has it."""
    found = annotations_of(open_store(place_of({"FAULTLINE_STORE": str(store)})).batches("fraud"))
    return {
        key: {found.tags[id].name: sorted(who) for id, who in row.tags.items()}
        for key, row in found.rows.items()
    }


def test_ten_rows_are_tagged_one_undone_drawn_exported_and_there_after_a_restart(browser, store, tmp_path):
    env = {"FAULTLINE_STORE": str(store)}
    with serve(COMMAND, cwd=ROOT, env=env) as url, visit(browser, url + PAGE, height=1300) as seen:
        page = seen.page
        drawn(page)
        call(page, "ann")
        tick(page, *range(9))
        choose(page, "new device")
        write(page, "9 rows tagged “new device”.")
        tick(page, 11)
        write(page, "1 row tagged “new device”.")
        assert len(tags_of(store)) == 10
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("Taken back: 1 row tagged “new device”.")).to_be_visible()
        assert len(tags_of(store)) == 9
        expect(
            page.get_by_text("9 rows of the 998 shown have a tag; new device is on 100.0% of them.")
        ).to_be_visible()
        expect(
            page.locator(".st-key-pareto-chart .js-plotly-plot").get_by_text("Rows with the tag")
        ).to_be_visible()
        page.get_by_test_id("stMain").get_by_role("radio", name="Import and export").click()
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Tags as CSV").click()
        waiting.value.save_as(tmp_path / "tags.csv")
        assert (seen.outside, seen.errors) == ([], [])
    lines = list(csv.DictReader((tmp_path / "tags.csv").read_text(encoding="utf-8").splitlines()))
    assert sorted("id:" + line["id"] for line in lines) == sorted(tags_of(store))
    assert {(line["tag"], line["reviewer"]) for line in lines} == {("new device", "ann")}

    with serve(COMMAND, cwd=ROOT, env=env) as url, visit(browser, url + PAGE, height=1300) as seen:
        drawn(seen.page)
        expect(seen.page.get_by_text("9 rows of the 998 shown have a tag")).to_be_visible()
        expect(
            seen.page.locator(".st-key-tagging-row").get_by_role("button", name="new device")
        ).to_be_visible()
        assert (seen.outside, seen.errors) == ([], [])


def test_two_people_who_tag_the_same_row_lose_nothing(browser, store):
    with (
        serve(COMMAND, cwd=ROOT, env={"FAULTLINE_STORE": str(store)}) as url,
        visit(browser, url + PAGE, height=1300) as first,
        visit(browser, url + PAGE, height=1300) as second,
    ):
        for seen, name in ((first, "ann"), (second, "bob")):
            drawn(seen.page)
            call(seen.page, name)
            tick(seen.page, 2)
            choose(seen.page, f"seen by {name}")
        buttons = [seen.page.get_by_role("button", name="Write on 1 row").first for seen in (first, second)]
        for button in buttons:  # nobody waits for the other's answer
            button.click()
        for seen, name in ((first, "ann"), (second, "bob")):
            expect(
                seen.page.get_by_test_id("stToast").get_by_text(f"1 row tagged “seen by {name}”.")
            ).to_be_visible()
        (row,) = tags_of(store).values()
        assert row == {"seen by ann": ["ann"], "seen by bob": ["bob"]}
        page = first.page
        page.reload()
        drawn(page)
        mine = page.locator(".st-key-tagging-row").get_by_role("button")
        expect(mine).to_have_count(2)


def test_a_key_tags_the_row_that_is_looked_at_and_the_arrow_goes_on(browser, store):
    with (
        serve(COMMAND, cwd=ROOT, env={"FAULTLINE_STORE": str(store)}) as url,
        visit(browser, url + PAGE, height=1300) as seen,
    ):
        page = seen.page
        drawn(page)
        call(page, "ann")
        choose(page, "night")
        write(page, "1 row tagged “night”.")
        for _ in range(2):
            before = page.url
            page.get_by_role("heading", name="Examples", exact=True).click()
            page.keyboard.press("ArrowRight")
            expect(page).not_to_have_url(before)
            settled(page)
            page.keyboard.press("1")
            expect(
                page.locator(".st-key-tagging-row").locator("[data-testid=stBaseButton-primary]").first
            ).to_be_visible()
            settled(page)
        assert [list(row) for row in tags_of(store).values()] == [["night"]] * 3
        assert (seen.outside, seen.errors) == ([], [])
