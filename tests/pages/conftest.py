"""Every run of an ``AppTest`` starts at ``app/main.py``, as it does for the user."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.runtime.pages_manager import PagesManager


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
