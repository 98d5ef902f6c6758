"""Starts the app: Streamlit inside this process, so that one signal ends everything."""

from __future__ import annotations

import errno
import importlib
import json
import os
import socket
import sys
import threading
import time
import urllib.request
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from .arguments import Refusal

#: Holds what the command line asked the app to show, as JSON; read by ``app/datasets.py``.
LAUNCH = "FAULTLINE_LAUNCH"
MAIN = Path(__file__).with_name("main.py")
DEFAULT_PORT = 8501
_PORTS_TRIED = 50
#: What the first page imports and the server does not: a second of work while the browser still loads the app.
_FIRST_PAGE = (
    "metrics_core", "pandas", "plotly.graph_objects", "scipy.special", "scipy.fft", "app.state", "app.views.sidebar",
    "app.views.gate", "app.views.headline", "app.views.worst_groups", "app.views.number_overview",
    "app.views.class_table", "app.views.findings", "app.charts.histogram", "app.charts.confusion",
)  # fmt: skip
#: A first start on a slow disk takes long; after this the server is left running without the message.
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where the app listens and what it accepts.

    Attributes
    ----------
    address : str
    port : int
    upload_mb : int
        Largest upload.
    browser : bool
        Whether to open one.
    note : str
        What the user should know about the choice of the port.
    """

    address: str
    port: int
    upload_mb: int = 200
    browser: bool = False
    note: str = ""

    @property
    def url(self) -> str:
        """Return the address to type on this machine."""
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.address, self.address)
        return f"http://[{here}]:{self.port}" if ":" in here else f"http://{here}:{self.port}"

    def options(self) -> list[str]:
        """Return Streamlit's flags. Its guards against cross-site requests are left on, as they are by default."""
        return [
            # Streamlit would open the bare address; the browser is opened here, on the data set asked for.
            "--server.headless=true",
            f"--server.address={self.address}",
            f"--server.port={self.port}",
            f"--server.maxUploadSize={self.upload_mb}",
            "--server.showEmailPrompt=false",
            "--server.fileWatcherType=none",
            "--browser.gatherUsageStats=false",
            "--client.showErrorDetails=none",
            "--client.toolbarMode=minimal",
            # No page writes by naming a value, so none needs to be searched for such lines.
            "--runner.magicEnabled=false",
            # Its greeting asks an outside service for the address of this machine.
            "--logger.hideWelcomeMessage=true",
            "--logger.level=warning",
            "--logger.enableRich=false",
        ]


def server_of(options: Namespace, environment: Mapping[str, str] = os.environ) -> Server:
    """Choose where to listen: flags before environment before defaults.

    Raises
    ------
    Refusal
        If a setting makes no sense, or the port asked for is taken.
    """
    address = options.address or environment.get("FAULTLINE_ADDRESS") or "127.0.0.1"
    wanted = options.port or _whole(environment, "PORT", 1, 65535)
    port = _free_port(address, wanted)
    return Server(
        address=address,
        port=port,
        upload_mb=_whole(environment, "FAULTLINE_MAX_UPLOAD_MB", 1, 1_000_000) or 200,
        browser=not options.headless and _has_display(environment),
        note="" if wanted or port == DEFAULT_PORT else f"Port {DEFAULT_PORT} is taken, so this is {port}.",
    )


def address_of(name: str = "", condition: str = "") -> str:
    """Return the part of the URL that opens a data set.

    Examples
    --------
    >>> address_of("my file.csv", "age >= 30")
    '/?data=my%20file.csv&filter=age%20%3E%3D%2030'
    """
    pairs = {"data": name, "filter": condition}
    query = urlencode({k: v for k, v in pairs.items() if v}, quote_via=quote)
    return f"/?{query}" if query else "/"


def serve(
    server: Server, launch: Mapping[str, Any], page: str, meanwhile: Callable[[], None] | None = None
) -> int:
    """Run the app until a signal ends it.

    Parameters
    ----------
    server : Server
    launch : mapping
        What to show; must be writable as JSON.
    page : str
        Path and query to open in the browser.
    meanwhile : callable, optional
        What to do, in a thread, while the browser still loads the app.

    Returns
    -------
    int
        Exit code.
    """
    from streamlit import delta_generator
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.web import cli

    # a folder called pages beside the script makes Streamlit treat the first link to a page in its older way,
    # which runs the page without main; main's own navigation is the only one
    PagesManager.uses_pages_directory = False
    # a quarter of a second goes into finding out whether the first page is drawn at a prompt; it is not
    delta_generator._use_warning_has_been_displayed = True
    os.environ[LAUNCH] = json.dumps(launch, allow_nan=False)
    threading.Thread(target=_greet, args=(server, page, meanwhile), daemon=True, name="greeting").start()
    try:
        cli.main(["run", str(MAIN), *server.options()], prog_name="streamlit", standalone_mode=False)
    except SystemExit as stop:  # it has said why
        if stop.code:
            raise Refusal("The app did not start.") from None
    return 0


def _greet(server: Server, page: str, meanwhile: Callable[[], None] | None = None) -> None:
    """Say where the app is once it answers, open it, and use the time until the browser asks for its first page."""
    if not _wait_until_healthy(f"{server.url}/_stcore/health"):
        return
    if server.note:
        print(server.note)
    print(f"Faultline is running at {server.url} (Ctrl-C stops it)", flush=True)
    if server.browser:
        import webbrowser

        webbrowser.open(server.url + page)
    for name in _FIRST_PAGE:
        importlib.import_module(name)
    if meanwhile is not None:
        meanwhile()


def _wait_until_healthy(url: str) -> bool:
    """Ask every tenth of a second; a proxy set for the outside world is not asked for this machine."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            with direct.open(url, timeout=2):
                return True
        except OSError:
            time.sleep(0.1)
    return False


def _free_port(address: str, wanted: int | None) -> int:
    """Return the port asked for, else the first free one from 8501 on."""
    for port in [wanted] if wanted else range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED):
        if _is_free(address, port):
            return port
    taken = (
        f"Port {wanted} is" if wanted else f"Ports {DEFAULT_PORT} to {DEFAULT_PORT + _PORTS_TRIED - 1} are"
    )
    raise Refusal(f"{taken} taken at {address}. Stop what listens there or name another one with --port.")


def _is_free(address: str, port: int) -> bool:
    """Try to listen, as Streamlit will."""
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as trial:
            if os.name != "nt":  # there it would allow a second listener
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((address, port))
            return True
    except socket.gaierror:
        raise Refusal(
            f"{address!r} is no address of this machine. The default, 127.0.0.1, is for this machine only."
        ) from None
    except PermissionError:
        raise Refusal(
            f"Port {port} is not for everybody; ports from 1024 on are. Name another one with --port."
        ) from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise Refusal(f"The app cannot listen at {address}, port {port}: {error.strerror}.") from None


def _whole(environment: Mapping[str, str], name: str, low: int, high: int) -> int | None:
    """Read a setting; None when it is not set."""
    text = environment.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise Refusal(
            f"The environment variable {name} is {text!r}; it must be a whole number from {low:,} to {high:,}."
        )
    return int(text)


def _has_display(environment: Mapping[str, str]) -> bool:
    """Tell whether a browser would find a screen; only on Linux may there be none."""
    if not sys.platform.startswith("linux"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def named_data(files: Sequence[str], models: Sequence[tuple[str, str]]) -> dict[str, Any] | None:
    """Describe files for the app as one data set: its name in the URL, absolute paths, what the models are called.

    Parameters
    ----------
    files : sequence of str
        Parts of one table.
    models : sequence of (name, file)
        Files with the predictions of one model each.

    Returns
    -------
    dict, or None without a file.

    Raises
    ------
    Refusal
        If both are given, or a part or a model is named twice.
    """
    if files and models:
        raise Refusal(
            "Files are parts of one table or hold one model each: give FILE or --model NAME=FILE, not both."
        )
    paths = [Path(file).absolute() for file in files or [file for _, file in models]]
    names = [name for name, _ in models]
    _refuse_twice("The model", names)
    if files:
        _refuse_twice("The file", [str(path) for path in paths])
    if not paths:
        return None
    called = names if len(names) > 1 else [path.name for path in paths]
    name = " + ".join(called[:3]) + (" …" if len(called) > 3 else "")
    return {"name": name, "paths": [str(path) for path in paths], "models": names}


def _refuse_twice(what: str, names: Sequence[str]) -> None:
    """Refuse a name that is given twice."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refusal(f"{what} {twice[0]!r} is named twice. Name it once.")
