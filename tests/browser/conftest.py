"""What browser tests share: a browser for each module, and one served demo for all of them.

Every visit is a session of its own. A test that leaves something behind on the server, such as a locked threshold,
serves its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.chromium import FAULTLINE, PORT, chromium, serve

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The address of the demos, served until the last test; what one module has read is there for the next."""
    with serve([FAULTLINE, "demo", "--headless", "--port", PORT], cwd=ROOT) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module: Playwright holds the thread while it runs, so it cannot outlive the browser tests."""
    with chromium() as started:
        yield started
