"""Every page on two real files, light and dark: drawn whole, without an error, fit for a narrow window and for a reader."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from docs.pictures import drawn
from tests.chromium import FAULTLINE, PORT, chromium, serve

pytestmark = pytest.mark.browser

PAGES = ("Overview", "Threshold", "Confusion", "Curves", "Calibration", "Slices", "Examples")
FILES = {"adult": "adult_income_binary.csv", "20news": "news20_multiclass.csv"}
NARROW = 900
_MILLISECONDS = 45_000
ROOT = Path(__file__).resolve().parents[2]

# What stands for a figure on the page, in the shadow of components too, and has no name for those who do not see it.
UNNAMED = """() => {
  const figures = "[data-testid=stPlotlyChart], [data-testid=stDataFrame], [data-testid=stMain] img, svg[role=img]";
  const inside = root => [...root.querySelectorAll(figures),
    ...[...root.querySelectorAll("*")].filter(e => e.shadowRoot).flatMap(e => inside(e.shadowRoot))];
  const named = e => [e, ...e.querySelectorAll("[aria-label], [alt]")]
    .some(e => (e.getAttribute("aria-label") || e.getAttribute("alt") || "").trim());
  return inside(document).filter(e => e.checkVisibility() && !named(e)).map(e => e.outerHTML.slice(0, 300));
}"""
# Figures without a single mark: axes alone are no drawing.
EMPTY = """() => [...document.querySelectorAll("[data-testid=stPlotlyChart]")]
  .filter(e => e.checkVisibility() && !e.querySelector(":is(.trace, .heatmaplayer) :is(path, image)"))
  .map(e => e.getAttribute("aria-label"))"""
# By how many pixels the page scrolls sideways, and what reaches out there, hidden things and those of components too.
TOO_WIDE = """() => {
  const main = document.querySelector("[data-testid=stMain]"), edge = main.getBoundingClientRect().x + main.clientWidth;
  const beyond = root => [...root.children].flatMap(e => [
    ...(e.getBoundingClientRect().right > edge + 1 ? [`${e.tagName} ${e.className}: ${e.textContent.slice(0, 60)}`] : []),
    ...(getComputedStyle(e).overflowX === "visible" ? [...beyond(e), ...(e.shadowRoot ? beyond(e.shadowRoot) : [])] : [])]);
  const scrolls = [document.scrollingElement, main].map(e => e.scrollWidth - e.clientWidth);
  return Math.max(...scrolls) > 0 ? [scrolls, ...beyond(main).slice(0, 5)] : [];
}"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("boards")
    for name in FILES.values():
        shutil.copy(shared_data(name), folder / name)
    with serve([FAULTLINE, "open", "--headless", "--port", PORT], cwd=ROOT, env={"FAULTLINE_DATA": str(folder)}, seconds=90) as address:  # fmt: skip
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module", params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=FILES)
def opened(
    url: str, browser: Browser, request: pytest.FixtureRequest, scheme: str
) -> Iterator[tuple[Page, list[str]]]:
    """One window for all pages of a file, narrow from the start, and the errors of its scripts."""
    context = browser.new_context(viewport={"width": NARROW, "height": 1000}, color_scheme=scheme)
    context.set_default_timeout(_MILLISECONDS)
    try:
        page, errors = context.new_page(), list[str]()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{url}/overview?data={FILES[request.param]}")
        yield page, errors
    finally:
        context.close()


@pytest.mark.parametrize("title", PAGES)
def test_a_page_is_drawn_whole_and_nothing_is_wrong_with_it(
    opened: tuple[Page, list[str]], title: str
) -> None:
    page, errors = opened
    link, more = page.get_by_role("link", name=title, exact=True), page.get_by_text(re.compile(r"^\d+ more$"))
    link.or_(more).first.wait_for()
    if not link.is_visible():  # the window is too narrow for all of them
        more.click()
    link.or_(page.get_by_role("menuitem", name=title, exact=True)).click()
    drawn(page, title, quiet=0.3)
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_test_id("stAlertContentError").all_inner_texts() == []
    expect(page.get_by_test_id("stMain")).not_to_contain_text("Traceback")
    assert page.evaluate(EMPTY) == []
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate(TOO_WIDE) == []
    assert errors == []
