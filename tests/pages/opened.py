"""Pages opened as a link opens them: ``app/main.py`` with the view in the URL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

MAIN = Path(__file__).resolve().parents[2] / "app" / "main.py"
_SECONDS = 60


def opened(page: str, **query: str) -> AppTest:
    """Follow a link to a page of the demo, or of ``data=...``; the page has run once."""
    at = AppTest.from_file(str(MAIN), default_timeout=_SECONDS)
    for name, value in {"data": "fraud", **query}.items():
        at.query_params[name] = value
    at.switch_page(f"pages/{page}.py").run()
    assert not at.exception
    return at


def launched(monkeypatch: pytest.MonkeyPatch, path: Path, **roles: Any) -> str:
    """Offer a file as the command line does; return its name for the link."""
    data = {"name": path.name, "paths": [str(path)], "roles": roles}
    monkeypatch.setenv("FAULTLINE_LAUNCH", json.dumps({"data": data}))
    return path.name


def written(at: AppTest) -> str:
    """Return every text of the page."""
    kinds = (at.markdown, at.caption, at.header, at.subheader, at.error, at.warning)
    return "\n".join(str(element.value) for kind in kinds for element in kind)
