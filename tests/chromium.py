"""A served page and a real Chromium for the tests that need a browser::

with serve([FAULTLINE, "demo", "--headless", "--port", PORT]) as url, chromium() as browser:
    with visit(browser, url) as visited:
        visited.page.get_by_text("Overview").click()
        assert not visited.outside
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright

FAULTLINE = str(Path(sys.executable).with_name("faultline"))
"""The installed command, also where the environment is not on the path."""

PORT = "{port}"
"""Stands for the free port in a command given to `serve`."""

PATIENCE = 60_000
"""Milliseconds that a test waits for what it expects: a busy machine draws late."""

STREAMLIT_OPTIONS = (
    "--server.headless=true",
    "--server.showEmailPrompt=false",
    "--server.fileWatcherType=none",
    "--browser.gatherUsageStats=false",
    f"--server.port={PORT}",
)

# Without a sandbox (containers run as root) and without Chromium's own calls to the outside.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def serve(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    seconds: float = 120,
) -> Iterator[str]:
    """Run a command that serves the app on a free port, wait until it is healthy, yield its address.

    Raises
    ------
    RuntimeError
        If the command ends early or does not answer in time; with the end of its output.
    """
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [part.replace(PORT, str(port)) for part in command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            if not _becomes_healthy(address, process, seconds):
                output.seek(0)
                raise RuntimeError(f"{' '.join(command)} does not serve {address}:\n{output.read()[-2000:]}")
            yield address
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium that the variable CHROMIUM names.

    Raises
    ------
    RuntimeError
        If CHROMIUM is not set: a browser test that did not run must not look like one that passed.
    """
    path = os.environ.get("CHROMIUM")
    if not path:
        raise RuntimeError("set CHROMIUM to the path of a Chromium or Chrome; `make test` finds one")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """An open page and what it did: requests to other hosts, messages sent to the server, errors."""

    page: Page
    outside: list[str] = field(default_factory=list)
    sent: list[bytes | str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@contextmanager
def visit(
    browser: Browser, url: str, *, width: int = 1440, height: int = 900, dark: bool = False
) -> Iterator[Visit]:
    """Open an address in a fresh session of the given size and theme; wait for the first run."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE)
    try:
        seen = Visit(context.new_page())
        host = urlsplit(url).netloc

        def note(requested: str) -> None:
            parts = urlsplit(requested)
            if parts.scheme not in {"data", "blob"} and parts.netloc != host:
                seen.outside.append(requested)

        seen.page.on("request", lambda request: note(request.url))
        seen.page.on("websocket", lambda socket: note(socket.url))
        seen.page.on(
            "websocket", lambda socket: socket.on("framesent", lambda frame: seen.sent.append(frame))
        )
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.goto(url)
        settled(seen.page)
        yield seen
    finally:
        context.close()


def settled(page: Page) -> None:
    """Wait until the app has started and no script runs."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _becomes_healthy(address: str, process: subprocess.Popen[bytes], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False
