"""Every run of an ``AppTest`` starts at ``app/main.py``, as it does for the user, and does only the work of the app."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import local_script_runner


@pytest.fixture(scope="session", autouse=True)
def as_one_server() -> Iterator[None]:
    """Do once what a server does once, and `AppTest` for every session or run.

    It would look through all installed packages for components and compile the script and its page again, which is more
    than half of the time of a short page. Expressions are not written to the page, as `faultline` has it too.
    """
    compiled = ScriptCache()
    magic = config.get_option("runner.magicEnabled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests)
        )
        patch.setattr(local_script_runner, "ScriptCache", lambda: compiled)
        config.set_option("runner.magicEnabled", False)
        yield
        config.set_option("runner.magicEnabled", magic)


@pytest.fixture(autouse=True)
def main_runs_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep AppTest from running a page alone because a folder called ``pages`` lies beside ``main.py``.

    It forgets before each run that the app has an ``st.navigation`` of its own, and then falls back to
    Streamlit's older rule; view and sidebar, which ``main.py`` sets up, would be missing.
    """
    start = PagesManager.__init__

    def as_served(manager: PagesManager, *args: Any, **kwargs: Any) -> None:
        start(manager, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", as_served)
