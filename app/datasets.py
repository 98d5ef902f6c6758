"""The data sets a session may open: what the command line named, the bundled demos, the mounted folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from demo_data import DEMOS
from metrics_core.source import Source

Origin = Literal["launch", "launched demo", "demo", "folder", "upload"]
_ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".pq")
_MOST_FILES = 500


@dataclass(frozen=True)
class Dataset:
    """A table that can be opened by name.

    Attributes
    ----------
    name : str
        How the URL calls it.
    title : str
        How pages call it.
    origin : str
        Where it comes from.
    path : Path, optional
    source : Source, optional
        An upload, already read.
    about : str
        A sentence about it.
    roles : mapping
        Keyword arguments for ``metrics_core.read`` it came with.
    """

    name: str
    title: str
    origin: Origin
    path: Path | None = None
    source: Source | None = None
    about: str = ""
    roles: Mapping[str, Any] = field(default_factory=dict)


def offered() -> tuple[Dataset, ...]:
    """Return what every session of this server may open, launched files first."""
    launch = json.loads(os.environ.get("FAULTLINE_LAUNCH") or "{}")
    demo_first = launch.get("demo")
    files = [
        Dataset(
            name=f["name"],
            title=f["name"],
            origin="launch",
            path=Path(f["path"]),
            roles=f.get("roles") or launch.get("roles") or {},
        )
        for f in launch.get("files") or ()
    ]
    demos = [
        Dataset(name=d.name, title=d.title, origin="launched demo" if d.name == demo_first else "demo", path=d.path,
                about=d.about, roles=dict(d.roles))
        for d in DEMOS.values()
    ]  # fmt: skip
    taken = {d.name for d in (*files, *demos)}
    return (*files, *demos, *(d for d in _folder() if d.name not in taken))


def launch_filter() -> str:
    """Return the filter the command line asked for."""
    return str(json.loads(os.environ.get("FAULTLINE_LAUNCH") or "{}").get("filter") or "")


def data_folder() -> Path | None:
    """Return the folder of ``FAULTLINE_DATA``, when it is set and exists."""
    text = os.environ.get("FAULTLINE_DATA", "")
    return Path(text) if text and Path(text).is_dir() else None


def _folder() -> list[Dataset]:
    """List the tables below the mounted folder; links that lead out of it are left out."""
    root = data_folder()
    if root is None:
        return []
    found = []
    inside = root.resolve()
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in _ENDINGS and path.is_file() and path.resolve().is_relative_to(inside):
            name = path.relative_to(root).as_posix()
            found.append(Dataset(name=name, title=name, origin="folder", path=path))
        if len(found) == _MOST_FILES:
            break
    return found
