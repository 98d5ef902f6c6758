"""Where the store is."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

#: The variable that names the store, and the file it is by default.
VARIABLE, FILE = "FAULTLINE_STORE", "store.sqlite"
_PASSWORD = re.compile(r"(://[^/:@]*):[^/]*@")


def place_of(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """Return the URL of the store.

    ``FAULTLINE_STORE`` is a database URL or the path of an SQLite file. Without it the store is a file where programs of
    this system keep their state.

    Examples
    --------
    >>> place_of({"FAULTLINE_STORE": "postgresql+psycopg://db/faultline"})
    'postgresql+psycopg://db/faultline'
    >>> place_of({"FAULTLINE_STORE": "/srv/tags.sqlite"}), place_of({"XDG_STATE_HOME": "/var/state"}, "linux")
    ('sqlite:////srv/tags.sqlite', 'sqlite:////var/state/faultline/store.sqlite')
    """
    named = environment.get(VARIABLE, "").strip()
    if "://" in named:
        return named
    path = Path(named).expanduser() if named else _state_folder(environment, platform) / FILE
    return f"sqlite:///{path.absolute()}"


def _state_folder(environment: Mapping[str, str], platform: str) -> Path:
    """Return the folder for what a program keeps, as each system has it."""
    if platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Faultline"
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Faultline"
    return Path(environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "faultline"


def shown(place: str) -> str:
    """Write a store for people: the path of a file, else the URL without its password.

    Examples
    --------
    >>> shown("sqlite:////srv/tags.sqlite"), shown("postgresql://me:secret@db/faultline")
    ('/srv/tags.sqlite', 'postgresql://me:***@db/faultline')
    """
    path = sqlite_path(place)
    return str(path) if path else _PASSWORD.sub(r"\1:***@", place)


def sqlite_path(place: str) -> Path | None:
    """Return the file of an SQLite URL; None for another database.

    Examples
    --------
    >>> sqlite_path("sqlite:////srv/tags.sqlite").as_posix(), sqlite_path("postgresql://db/faultline")
    ('/srv/tags.sqlite', None)
    """
    kind, _, rest = place.partition(":///")
    return Path(rest.partition("?")[0]) if kind.split("+")[0] == "sqlite" and rest else None
