"""From a cell of the matrix to its rows, in a real browser: nothing but a browser sends the click of a chart."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from demo_data import demo
from tests.chromium import Visit, settled, visit

pytestmark = pytest.mark.browser

THRESHOLD = 0.25

# Where a point of the matrix lies in the window, read right before the click: pages move while they load.
PLACE = """([x, y]) => {
  const plot = document.querySelector(".st-key-confusion-matrix .js-plotly-plot");
  const box = plot.getBoundingClientRect(), {xaxis, yaxis} = plot._fullLayout;
  return [box.x + xaxis._offset + xaxis.l2p(x), box.y + yaxis._offset + yaxis.l2p(y)];
}"""
CELLS = {"tp": (0, 0), "fn": (1, 0), "fp": (0, 1), "tn": (1, 1)}
NAMES = {"tp": "true positives", "fn": "false negatives", "fp": "false positives", "tn": "true negatives"}


@pytest.fixture(scope="module")
def seen(url: str, browser: Browser) -> Iterator[Visit]:
    with visit(browser, url + "/?data=fraud") as opened:
        yield opened


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    frame = pd.read_parquet(demo("fraud").path)
    positive, flagged = frame["is_fraud"] == 1, frame["score"] >= THRESHOLD
    frame["outcome"] = np.select([positive & flagged, flagged, positive], ["tp", "fp", "fn"], "tn")
    frame["loss"] = -np.log(np.where(positive, frame["score"], 1 - frame["score"]))
    return frame


def matrix(page: Page, scheme: str = "light") -> None:
    base = re.match(r"https?://[^/]+", page.url)
    assert base is not None
    page.goto(f"{base[0]}/confusion?data=fraud&t={THRESHOLD}")
    settled(page)
    expect(page.locator(".st-key-confusion-matrix .js-plotly-plot .scatterlayer")).to_be_visible()


def click(page: Page, x: float, y: float) -> None:
    page.mouse.click(*page.evaluate(PLACE, [x, y]))


@pytest.mark.parametrize(
    ("dx", "dy"), [(0, 0), (0.44, -0.44), (-0.44, 0.44)], ids=["middle", "top right", "bottom left"]
)
@pytest.mark.parametrize("code", CELLS)
def test_every_part_of_a_cell_leads_to_its_rows(seen, fraud, code, dx, dy):
    matrix(seen.page)
    click(seen.page, CELLS[code][0] + dx, CELLS[code][1] + dy)
    expect(seen.page.get_by_role("heading", name="Examples")).to_be_visible()
    n = int((fraud["outcome"] == code).sum())
    expect(seen.page.get_by_text(f"Showing 1–25 of {n:,} {NAMES[code]}")).to_be_visible()
    assert f"rows={code}" in seen.page.url


def test_the_false_negatives_are_downloaded_row_by_row_and_the_link_restores_them(seen, fraud):
    page = seen.page
    matrix(page)
    click(page, *CELLS["fn"])
    expected = fraud[fraud["outcome"] == "fn"].sort_values("loss", ascending=False, kind="stable")
    line = page.get_by_text(f"Showing 1–25 of {len(expected):,} false negatives")
    expect(line).to_be_visible()

    with page.expect_download() as found:
        page.get_by_role("button", name="CSV", exact=True).click()
    assert found.value.suggested_filename == "fraud-false-negatives-at-0.250.csv"
    read = pd.read_csv(found.value.path())
    assert read["Row"].tolist() == (expected.index + 1).tolist()
    assert read["transaction_id"].tolist() == expected["transaction_id"].tolist()
    np.testing.assert_array_equal(read["score"], expected["score"])
    np.testing.assert_array_equal(read["amount"], expected["amount"])
    np.testing.assert_allclose(read["Loss"], expected["loss"])
    assert set(read["Outcome"]) == {"False negative"}

    page.reload()
    settled(page)
    expect(line).to_be_visible()


def test_a_click_beside_the_cells_and_the_way_back_jump_nowhere(seen):
    page = seen.page
    matrix(page)
    click(page, 1.7, 0)  # the totals
    click(page, *CELLS["fp"])
    expect(page.get_by_role("heading", name="Examples")).to_be_visible()
    page.get_by_role("link", name="Confusion").click()
    expect(page.get_by_role("heading", name="What it implies")).to_be_visible()
    settled(page)
    expect(page.get_by_role("heading", name="The matrix")).to_be_visible()
    click(page, *CELLS["fp"])  # the same cell again is a new click
    expect(page.get_by_role("heading", name="Examples")).to_be_visible()


def test_a_row_is_looked_at_by_click_and_by_step(seen, fraud):
    page = seen.page
    matrix(page)
    click(page, *CELLS["fn"])
    expected = (
        fraud[fraud["outcome"] == "fn"].sort_values("loss", ascending=False, kind="stable").index + 1
    ).tolist()
    expect(page.get_by_role("heading", name=f"Row {expected[0]:,}")).to_be_visible()
    box = page.locator(".st-key-examples-table [data-testid=stDataFrameResizable]").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 16, box["y"] + 35 * 3 + 18)  # the mark of the third row
    expect(page.get_by_role("heading", name=f"Row {expected[2]:,}")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name=f"Row {expected[3]:,}")).to_be_visible()


def test_parquet_is_the_same_table_and_nothing_leaves_the_house(seen, fraud):
    page = seen.page
    matrix(page)
    click(page, *CELLS["fp"])
    with page.expect_download() as found:
        page.get_by_role("button", name="Parquet", exact=True).click()
    read = pd.read_parquet(io.BytesIO(Path(found.value.path()).read_bytes()))
    assert len(read) == int((fraud["outcome"] == "fp").sum())
    assert not seen.outside
    assert not seen.errors
