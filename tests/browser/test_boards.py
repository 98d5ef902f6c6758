"""Every page of every kind of file, in both schemes, on a narrow and a wide window: drawn whole, nothing reaches out."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from docs.pictures import drawn
from tests.chromium import FAULTLINE, PORT, Visit, serve, visit

pytestmark = pytest.mark.browser

PAGES = ("Overview", "Threshold", "Confusion", "Curves", "Calibration", "Slices", "Examples")
DEMOS = ("fraud", "tumour", "digits")
SHARED = ("adult_income_binary.csv", "news20_multiclass.csv")
SIGHTS = ((900, "light"), (1440, "dark"))
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
# Whether the page is as dark or as light as its scheme says, figures too: the text of their axes stands out from it.
SCHEME = """() => {
  const light = colour => { const [r, g, b] = colour.match(/[\\d.]+/g).map(Number); return 0.3 * r + 0.6 * g + 0.1 * b > 127; };
  const page = light(getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor);
  const inks = [...document.querySelectorAll("[data-testid=stPlotlyChart] .xtitle")].filter(e => e.checkVisibility())
    .map(e => light(getComputedStyle(e).fill));
  return inks.every(ink => ink !== page) ? (page ? "light" : "dark") : "figures of the other scheme";
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("boards")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    command = [FAULTLINE, "open", "--headless", "--port", PORT]
    with serve(command, cwd=ROOT, env={"FAULTLINE_DATA": str(folder)}) as address:
        yield address


@pytest.fixture(scope="module", params=[*DEMOS, *SHARED])
def opened(
    url: str,
    browser: Browser,
    folder: Path,
    shared_data: Callable[[str], Path],
    request: pytest.FixtureRequest,
) -> Iterator[Visit]:
    """One window for all pages of a file."""
    if request.param in SHARED:
        shutil.copy(shared_data(request.param), folder / request.param)
    width, scheme = SIGHTS[0]
    address = f"{url}/overview?data={request.param}"
    with visit(browser, address, width=width, height=1000, dark=scheme == "dark") as seen:
        drawn(
            seen.page, "Overview"
        )  # before that the navigation does not know yet how many links it has room for
        yield seen


def width_of(page: Page) -> int:
    assert page.viewport_size is not None
    return page.viewport_size["width"]


@pytest.mark.parametrize("title", PAGES)
def test_a_page_is_drawn_whole_at_every_sight(opened: Visit, title: str) -> None:
    page = opened.page
    link, more = page.get_by_role("link", name=title, exact=True), page.get_by_text(re.compile(r"^\d+ more$"))
    link.or_(more).first.wait_for()
    if not link.is_visible():  # the window is too narrow for all of them
        more.click()
    link.or_(page.get_by_role("menuitem", name=title, exact=True)).click()
    # From the sight that the page before was left at, which it then need not be drawn again for.
    for width, scheme in sorted(SIGHTS, key=lambda sight: sight[0] != width_of(page)):
        page.set_viewport_size({"width": width, "height": 1000})
        page.emulate_media(color_scheme=scheme)
        drawn(page, title, quiet=0.1)
        seen = f"{title}, {scheme}, {width} pixels"
        page.wait_for_function(f"() => ({SCHEME})() === '{scheme}'")
        drawn(page, title, quiet=0.25)
        assert page.get_by_test_id("stException").count() == 0, seen
        assert page.get_by_test_id("stAlertContentError").all_inner_texts() == [], seen
        expect(page.get_by_test_id("stMain")).not_to_contain_text("Traceback")
        assert page.evaluate(EMPTY) == [], seen
        assert page.evaluate(UNNAMED) == [], seen
        assert page.evaluate(TOO_WIDE) == [], seen
        assert opened.errors == [], seen
