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
from weakref import WeakKeyDictionary

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

# Windows that no visit looks at, and ports that no server listens on any more. A window that has run the scripts of an
# address before runs them again for a third of the work, which is most of the work of a visit.
_WINDOWS: WeakKeyDictionary[Browser, list[Page]] = WeakKeyDictionary()
_PORTS: list[int] = []


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
            _PORTS.append(port)


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
            _WINDOWS.pop(browser, None)
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
    """Open an address in a fresh session of the given size and theme; wait for the first run.

    The window may be one that an earlier visit has left, without what it kept; visits at the same time never share one.
    """
    free = _WINDOWS.setdefault(browser, [])
    page = free.pop() if free else _window(browser)
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if dark else "light")
    seen = Visit(page)
    host = urlsplit(url).netloc

    def note(requested: str) -> None:
        parts = urlsplit(requested)
        if parts.scheme not in {"data", "blob"} and parts.netloc != host:
            seen.outside.append(requested)

    listeners = {
        "request": lambda request: note(request.url),
        "websocket": lambda socket: (
            note(socket.url),
            socket.on("framesent", lambda frame: seen.sent.append(frame)),
        ),
        "pageerror": lambda error: seen.errors.append(str(error)),
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    try:
        page.goto(url)
        settled(page)
        yield seen
    except BaseException:
        page.context.close()  # nobody knows what is left in it
        raise
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    _forget(page)
    free.append(page)


def _window(browser: Browser) -> Page:
    """Open a window that shares nothing with the others."""
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    return context.new_page()


def _forget(page: Page) -> None:
    """End the session in a window and wipe what it has stored, but for the scripts."""
    for other in page.context.pages:
        if other is not page:
            other.close()
    page.evaluate("() => { sessionStorage.clear(); localStorage.clear(); }")
    page.context.clear_cookies()
    page.mouse.move(0, 0)
    page.goto("about:blank")
    page.set_default_timeout(PATIENCE)


def settled(page: Page) -> None:
    """Wait until the app has started and no script runs."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def _free_port() -> int:
    """Return a port that is free; one of a server that has ended if there is one, so that its address is known."""
    while _PORTS:
        port = _PORTS.pop()
        with socket.socket() as probe:
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # connections to it may still be closing
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue  # somebody else has taken it
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
