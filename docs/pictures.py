"""Writes the pictures in docs/images from the bundled demos again: ``make pictures``.

``make pictures ARGS="slices-light --into /tmp"`` takes one of them and puts it elsewhere.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, Page, TimeoutError

from tests.chromium import FAULTLINE, PORT, chromium, serve

ROOT = Path(__file__).resolve().parents[1]
IMAGES = Path(__file__).with_name("images")
WIDTH = 1440
# Taller than every picture: the window itself then never scrolls, and figures below the fold are drawn too.
_HEIGHT = 2800
# Less than the gap between two cards.
_MARGIN = 12
_SECONDS = 90

# Says for how many milliseconds the page has been as it is now: its heading there, its run over, all drawn.
_QUIET = """([heading, quiet]) => {
  const all = name => [...document.querySelectorAll(`[data-testid=${name}]`)];
  const drawn = chart => chart.querySelector(".js-plotly-plot")?._fullLayout && chart.querySelector(".main-svg");
  const still = all("stApp").some(app => app.dataset.testScriptState === "notRunning")
    && !["stStatusWidget", "stSkeleton", "stSpinner", "stProgress"].some(name => all(name).length)
    && !document.querySelector("[data-stale=true]") && document.fonts.status === "loaded"
    && [...document.querySelectorAll("h1, h2, h3")].some(title => title.textContent.trim() === heading)
    && all("stPlotlyChart").every(drawn);
  const height = all("stMain")[0]?.scrollHeight, now = performance.now();
  const before = window.faultlineQuiet;
  if (!still) window.faultlineQuiet = undefined;
  else if (before?.height !== height || before.heading !== heading) window.faultlineQuiet = {height, heading, since: now};
  const lasted = still ? now - window.faultlineQuiet.since : -1;
  return lasted >= quiet ? {lasted} : false;
}"""


def drawn(page: Page, heading: str, *, needs: str = "", quiet: float = 0.5, seconds: float = _SECONDS) -> float:  # fmt: skip
    """Wait until a page of the app is drawn and nothing on it changes any more.

    Parameters
    ----------
    page : Page
    heading : str
        The title of the page; that of the page before does not count.
    needs : str
        Selector of something that must be there as well, such as what a component draws.
    quiet : float
        Seconds for which nothing may happen.
    seconds : float
        How long to wait.

    Returns
    -------
    float
        Seconds since when it has been drawn, `quiet` or a little more.

    Raises
    ------
    RuntimeError
        If it is not drawn in time; with what it says instead.
    """
    try:
        if needs:
            page.locator(needs).first.wait_for(timeout=1000 * seconds)
        page.evaluate("() => { window.faultlineQuiet = undefined }")
        found = page.wait_for_function(_QUIET, arg=[heading, 1000 * quiet], timeout=1000 * seconds)
    except TimeoutError as error:
        says = page.locator("body").inner_text()[:1000]
        raise RuntimeError(f"{page.url} is not drawn after {seconds:g} s. It says:\n{says}") from error
    lasted: float = found.evaluate("found => found.lasted")
    return lasted / 1000


def _nothing(_page: Page) -> None:
    """Take the page as it opens."""


def _find_the_threshold(page: Page) -> None:
    """Ask for a precision of at least the one there is now, and let the page choose; its answer is a card of its own."""
    page.get_by_role("button", name="Limit").first.click()
    page.get_by_label("Limit", exact=True).wait_for()
    page.get_by_role("button", name="Find the threshold").click()
    page.locator(_ANSWER).wait_for(timeout=1000 * _SECONDS)
    page.mouse.move(0, 0)  # off the button, which would be drawn as hovered


def _card(title: str) -> str:
    """Select the card with a heading."""
    return f'[data-testid=stVerticalBlock]:has(h3:has-text("{title}"))'


_ANSWER = ".st-key-answer-card"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One file in docs/images.

    Attributes
    ----------
    name : str
    heading : str
        The title of the page.
    address : str
        Path and query.
    ends : str
        Selector of the last thing in the picture; of several that contain each other the innermost.
    begins : str
        Selector of the first thing, without what stands beside it; by default everything from the top.
    dark : bool
    steps : callable taking the page
        What to do before it is taken.
    """

    name: str
    heading: str
    address: str
    ends: str
    begins: str = ""
    dark: bool = False
    steps: Callable[[Page], None] = _nothing


PICTURES = (
    Picture(name="overview-light", heading="Overview", address="/overview?data=fraud", ends=_card("Where it fails")),
    Picture(name="threshold-dark", heading="Threshold", address="/threshold?data=fraud&t=0.25", ends=".st-key-threshold-rows-fn", dark=True),
    Picture(name="decision-light", heading="Threshold", address="/threshold?data=fraud", begins=".st-key-plan-card", ends=_ANSWER, steps=_find_the_threshold),
    Picture(name="confusion-light", heading="Confusion", address="/confusion?data=fraud&t=0.25", ends=_card("The matrix")),
    Picture(name="calibration-light", heading="Calibration", address="/calibration?data=fraud", ends=_card("Reliability diagram")),
    Picture(name="slices-light", heading="Slices", address="/slices?data=fraud", ends=_card("attempts_last_hour")),
    Picture(name="find-light", heading="Slices", address="/slices?data=fraud&part=find&t=0.25", ends=_card("Slices that are worse than the rest")),
    Picture(name="tree-dark", heading="Slices", address="/slices?data=fraud&part=tree&t=0.25", ends="[class*=st-key-slices-tree-csv]", dark=True),
    Picture(name="forecasts-light", heading="Forecasts", address="/forecasts?data=demand", ends='button:has-text("See these rows")'),
    Picture(name="series-dark", heading="Forecasts", address="/forecasts?data=demand&part=series", ends=_card("Do its errors follow each other?"), dark=True),
    Picture(name="residuals-light", heading="Residuals", address="/residuals?data=diabetes", ends='button:has-text("Data as CSV")'),
    Picture(name="examples-light", heading="Examples", address="/examples?data=fraud&t=0.25&rows=fn", ends='button:has-text("Last")'),
    Picture(name="classes-light", heading="Confusion", address="/confusion?data=digits", ends=_card("The matrix")),
)  # fmt: skip


def take(browser: Browser, url: str, picture: Picture) -> bytes:
    """Open a page in a session of its own and return what the picture shows of it, as PNG."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": _HEIGHT}, color_scheme="dark" if picture.dark else "light"
    )
    try:
        page = context.new_page()
        page.goto(url + picture.address)
        drawn(page, picture.heading)
        picture.steps(page)
        drawn(page, picture.heading, needs=picture.begins, quiet=1.5)
        last = _box(page, picture.ends)
        clip: FloatRect = {"x": 0, "y": 0, "width": WIDTH, "height": 0}
        if picture.begins:
            first = _box(page, picture.begins)
            clip = {"x": first["x"] - _MARGIN, "y": first["y"] - _MARGIN, "width": first["width"] + 2 * _MARGIN, "height": 0}  # fmt: skip
        clip["height"] = min(last["y"] + last["height"] + _MARGIN, _HEIGHT) - clip["y"]
        return page.screenshot(clip=clip, animations="disabled", caret="hide")
    finally:
        context.close()


def small(png: bytes) -> bytes:
    """Write a picture with 256 colours: a third of the bytes, and hardly a difference on flat pages."""
    from PIL import Image

    written = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        few = image.convert("RGB").quantize(
            256, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE
        )
        few.save(written, "PNG", optimize=True)
    return min(written.getvalue(), png, key=len)


def main() -> int:
    """Write the pictures."""
    names = [picture.name for picture in PICTURES]
    parser = argparse.ArgumentParser(
        prog="make pictures", description="Write the pictures in docs/images again."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these of {', '.join(names)}")
    parser.add_argument("--into", type=Path, default=IMAGES, help="another folder")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(names)):
        parser.error(f"there is no picture {', '.join(unknown)}; there are {', '.join(names)}")
    options.into.mkdir(parents=True, exist_ok=True)
    command = [FAULTLINE, "demo", "--headless", "--port", PORT]
    with serve(command, cwd=ROOT, seconds=_SECONDS) as url, chromium() as browser:
        for picture in PICTURES:
            if options.names and picture.name not in options.names:
                continue
            content = small(take(browser, url, picture))
            path = options.into / f"{picture.name}.png"
            path.write_bytes(content)
            print(f"{path}: {len(content) / 1000:.0f} kB", flush=True)
    return 0


def _box(page: Page, selector: str) -> FloatRect:
    """Return where the innermost match lies."""
    box = page.locator(selector).last.bounding_box()
    if box is None:
        raise RuntimeError(f"{page.url} shows nothing that matches {selector}")
    return box


if __name__ == "__main__":
    sys.exit(main())
