"""Deciding on a threshold in a real browser: plan, obstacle, lock, one proof, the record, and the way back to a missed row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from app import numbers
from demo_data import demo
from tests.browser.test_journey import on_screen
from tests.chromium import FAULTLINE, PORT, serve, settled, visit
from tests.components.test_threshold_view import across

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
FALSE_POSITIVE = 5.0


@pytest.fixture(scope="module")
def url(browser: Browser) -> Iterator[str]:
    """Serve the demo, and let the first visit, which imports everything, take its time."""
    with serve([FAULTLINE, "demo", "--headless", "--port", PORT], cwd=ROOT, seconds=120) as address:
        with visit(browser, address + "/threshold?data=fraud") as seen:
            seen.page.get_by_test_id("threshold-view").wait_for()
        yield address


@pytest.fixture(scope="module")
def rows() -> dict[str, pd.DataFrame]:
    frame = pd.read_parquet(demo("fraud").path)
    return {split: frame[frame["split"] == split] for split in ("validation", "test")}


def cost_of(frame: pd.DataFrame, threshold: float) -> float:
    """Price the rows one by one: 5 for a false alarm, its amount for a missed fraud."""
    flagged, fraud = frame["score"] >= threshold, frame["is_fraud"] == 1
    paid = np.where(flagged & ~fraud, FALSE_POSITIVE, 0) + np.where(~flagged & fraud, frame["amount"], 0)
    return float(1000 * paid.mean())


def opened(page: Page) -> None:
    page.set_default_timeout(60_000)
    page.get_by_test_id("threshold-view").wait_for()
    settled(page)


def choose(page: Page, label: str, option: str, *, which: int = 0) -> None:
    for patience in (5_000, 15_000, 60_000):  # a list closes when a chart below it arrives and moves the page
        page.get_by_role("combobox", name=label).nth(which).click()
        try:
            page.get_by_role("option", name=option, exact=True).click(timeout=patience)
            break
        except TimeoutError:
            page.keyboard.press("Escape")
    settled(page)


def write(page: Page, label: str, text: str, *, which: int = 0) -> None:
    box = page.get_by_role("textbox", name=label, exact=True).nth(which)
    box.fill(text)
    box.press("Enter")
    settled(page)


def press(page: Page, name: str | re.Pattern[str]) -> None:
    exact = isinstance(name, str)
    page.get_by_role("button", name=name, exact=exact).click()
    settled(page)


def in_force(page: Page) -> float:
    found = re.search(r"[?&]t=([^&]+)", page.url)
    assert found is not None
    return float(found[1])


def worth(page: Page, column: str, head: str) -> str:
    """Read a cell of the table of what the decision is worth."""
    table = page.locator(".st-key-answer-card table")
    at = [text.strip() for text in table.locator("thead th").all_inner_texts()].index(column)
    row = table.locator("tbody tr").filter(has_text=re.compile(head)).first
    return str(row.locator("th, td").nth(at).inner_text()).strip()


def test_from_costs_to_a_decision_that_is_proven_once_and_handed_over(url, browser, rows, tmp_path):
    with visit(browser, url + "/threshold?data=fraud") as seen:
        page = seen.page
        opened(page)
        expect(page.get_by_text("This page shows the 62,500 validation rows of 100,000")).to_be_visible()

        choose(page, "What the threshold is for", "minimize the cost")
        write(page, "A false positive costs", "5")
        press(page, re.compile("Limit$"))
        write(page, "Limit", "95%")
        press(page, re.compile("Limit$"))
        choose(page, "What is limited", "Recall", which=1)
        write(page, "Limit", "90%", which=1)
        sentence = page.locator(".st-key-plan-card").get_by_text("Choose the threshold that")
        expect(sentence).to_contain_text(
            "minimizes the cost (a false positive costs 5, a missed positive its amount) subject to precision ≥ 95% and recall ≥ 90%, on the validation rows"
        )
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("No threshold keeps to all of this.")).to_be_visible()
        settled(page)
        assert "t=" not in page.url

        press(page, re.compile(r"Relax to precision ≥"))
        expect(page.locator(".st-key-answer-card table")).to_be_visible()
        settled(page)
        threshold = in_force(page)
        assert on_screen(page, rows["validation"]) == threshold
        flagged = rows["validation"]["score"] >= threshold
        fraud = rows["validation"]["is_fraud"] == 1
        assert (flagged & fraud).sum() / fraud.sum() >= 0.9
        cost = cost_of(rows["validation"], threshold)
        assert worth(page, "Where chosen", "Cost per") == f"{cost:,.2f}"
        cheaper = [cost_of(rows["validation"], cut) for cut in threshold * np.linspace(0.5, 1, 20)]
        assert min(cheaper) >= cost - 1e-9, (
            "a higher threshold would break the recall, a lower one costs more"
        )

        press(page, "Lock")
        expect(page.locator(".stMarkdownBadge").filter(has_text="locked").first).to_be_visible()
        link = page.url
        assert "lock=" in link
        page.get_by_test_id("slider").scroll_into_view_if_needed()
        page.mouse.move(*across(page, "slider", 0.2))
        page.mouse.down()
        page.mouse.move(*across(page, "slider", 0.6), steps=5)
        page.mouse.up()
        expect(page.get_by_text("The threshold is locked.")).to_be_visible()
        opened(page)
        assert on_screen(page, rows["validation"]) == threshold
        assert page.url == link

        press(page, "Score once on test")
        expect(page.locator("[data-card=gap]")).to_contain_text("Optimism gap on test")
        settled(page)
        there = cost_of(rows["test"], threshold)
        assert worth(page, "On test", "Cost per") == f"{there:,.2f}"
        expect(page.locator("[data-card=gap]")).to_contain_text(f"{abs(there - cost):,.2f}")
        with page.expect_download() as saved:
            press(page, "decision.json")
        record = tmp_path / "decision.json"
        saved.value.save_as(record)
        assert json.loads(record.read_bytes())["threshold"] == threshold
        assert json.loads(record.read_bytes())["reported"]["rows"] == len(rows["test"])

        page.reload()
        opened(page)
        expect(page.locator(".stMarkdownBadge").filter(has_text="locked").first).to_be_visible()
        expect(page.get_by_role("button", name="Unlock")).to_be_visible()
        assert page.url == link
        assert worth(page, "On test", "Cost per") == f"{there:,.2f}"
        assert (seen.outside, seen.errors) == ([], [])

    with visit(browser, url + "/threshold?data=fraud") as fresh:
        page = fresh.page
        opened(page)
        press(page, "Open a decision")
        page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(record)
        expect(page.get_by_text(f"From {record.name}")).to_be_visible()
        settled(page)
        assert in_force(page) == threshold
        assert on_screen(page, rows["validation"]) == threshold
        assert worth(page, "On test", "Cost per") == f"{there:,.2f}"
        expect(page.get_by_role("textbox", name="A false positive costs")).to_have_value("5")

        missed = rows["validation"][fraud & ~flagged].sort_values("score", kind="stable")
        press(page, f"{numbers.count(len(missed))} false negatives")
        expect(page.get_by_role("heading", name="Examples")).to_be_visible()
        expect(page.get_by_role("heading", name=f"Row {missed.index[0] + 1:,}", exact=True)).to_be_visible()
        assert (fresh.outside, fresh.errors) == ([], [])


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (900, True)])
def test_every_control_of_the_plan_is_inside_its_card(url, browser, width, dark):
    with visit(browser, url + "/threshold?data=fraud", width=width, dark=dark) as seen:
        page = seen.page
        opened(page)
        choose(page, "What the threshold is for", "minimize the cost")
        boxes = page.locator(".st-key-plan-card").get_by_role("textbox")
        for i, name in enumerate(("Limit", "Capacity", "Prevalence", "Promise")):
            press(page, re.compile(f"{name}$"))
            expect(boxes).to_have_count((5, 6, 7, 9)[i])
            settled(page)
            page.wait_for_timeout(500)  # the buttons behind a new control move
        card = page.locator(".st-key-plan-card").bounding_box()
        assert card is not None
        controls = page.locator(".st-key-plan-card").get_by_role("button")
        assert controls.count() > 8
        for found in (*controls.all(), *boxes.all()):
            box = found.bounding_box()
            if box is not None:
                assert box["x"] + box["width"] <= card["x"] + card["width"], found.get_attribute("aria-label")
        assert seen.errors == []
