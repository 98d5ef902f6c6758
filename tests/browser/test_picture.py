"""A figure saved as a picture, in a real browser: nothing but a browser draws it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.chromium import Visit, settled, visit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def seen(url: str, browser: Browser) -> Iterator[Visit]:
    with visit(browser, url + "/?data=tumour") as opened:
        opened.page.goto(f"{url}/confusion?data=tumour")
        settled(opened.page)
        expect(opened.page.locator(".st-key-confusion-matrix .js-plotly-plot .scatterlayer")).to_be_visible()
        yield opened


def saved(page: Page, form: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Save the picture as {form}").click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_a_png_is_twice_the_figure_and_holds_its_colours(seen):
    name, content = saved(seen.page, "PNG")
    assert name == "tumour-confusion-at-0.500.png"
    box = seen.page.locator(".st-key-confusion-matrix .js-plotly-plot").bounding_box()
    assert box is not None
    picture = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    assert picture.shape[1] == 2 * (round(box["width"]) + 24)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50


def test_an_svg_is_one_file_with_a_title_and_every_number_of_the_matrix(seen):
    name, content = saved(seen.page, "SVG")
    assert name.endswith(".svg")
    root = ElementTree.fromstring(content)
    texts = " ".join("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "Confusion · tumour.csv" in texts
    assert "True positives" in texts
    assert "http" not in "".join(root.attrib.values()).replace("http://www.w3.org", "")
