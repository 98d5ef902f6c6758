"""What browser tests share: one browser and one served demo for all of them that run one after the other.

Every visit is a session of its own. A test that leaves something behind on the server, such as a locked threshold,
serves its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.chromium import FAULTLINE, PORT, chromium, serve

ROOT = Path(__file__).resolve().parents[2]

_opened = ExitStack()
_browsers: list[Browser] = []


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The address of the demos, served until the last test; what one module has read is there for the next."""
    with serve([FAULTLINE, "demo", "--headless", "--port", PORT], cwd=ROOT) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Browser:
    """The browser, which knows the scripts of the app better with every visit."""
    if not _browsers:
        _browsers.append(_opened.enter_context(chromium()))
    return _browsers[0]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Close the browser after the last of these tests: Playwright holds the thread, which others need, while it runs."""
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        _browsers.clear()
        _opened.close()
