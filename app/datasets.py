"""The data sets a session may open: what the command line named, the bundled demos, the mounted folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from demo_data import DEMOS
from metrics_core.source import Source
from metrics_core.stacking import open_sources

Origin = Literal["launch", "launched demo", "demo", "folder", "upload"]
_ENDINGS = (
    ".csv",
    ".tsv",
    ".tab",
    ".psv",
    ".txt",
    ".parquet",
    ".pq",
    ".feather",
    ".arrow",
    ".json",
    ".jsonl",
    ".ndjson",
)
_PACKED = (".gz", ".zst")
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
    paths : tuple of Path
        Its files: one, several parts, or one for each model.
    models : tuple of str
        What the models are called when each file holds one; empty otherwise.
    about : str
        A sentence about it.
    roles : mapping
        Keyword arguments for ``metrics_core.read`` it came with.
    """

    name: str
    title: str
    origin: Origin
    paths: tuple[Path, ...] = ()
    models: tuple[str, ...] = ()
    about: str = ""
    roles: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stamp(self) -> str:
        """A cheap identity of what lies in the files; it changes when one of them does."""
        found = [path.stat() if path.exists() else None for path in self.paths]
        sizes = ["" if s is None else f"{s.st_size}:{s.st_mtime_ns}" for s in found]
        return "|".join([self.name, *map(str, self.paths), *self.models, *sizes])

    def open(
        self,
        answers: Mapping[str, str] | None = None,
        *,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> tuple[Source, str | None]:
        """Open the table, several files as one.

        Parameters
        ----------
        answers : mapping of str to str, optional
            Answers to questions about the files, by id.
        progress : callable, optional
            Called with the share of all files that is read, from 0 to 1, in the thread of the caller.
        cancelled : callable, optional
            Asked now and then; true ends the read.

        Returns
        -------
        source : Source
        model_column : str or None
            Names each row's model when each file holds one.

        Raises
        ------
        DataError
            If a file cannot be read, or they share no column.
        NeedsChoice
            If it is not known whether the first line of a file is a header.
        Cancelled
            If ``cancelled`` said so.
        """
        by_model = dict(zip(self.models, self.paths, strict=True)) if self.models else None
        return open_sources(
            by_model or list(self.paths),
            name=self.name if by_model or len(self.paths) > 1 else None,
            answers=answers,
            progress=progress,
            cancelled=cancelled,
        )


def offered() -> tuple[Dataset, ...]:
    """Return what every session of this server may open, launched files first."""
    launch = _launch()
    asked = launch.get("data") or {}
    files = [
        Dataset(name=asked["name"], title=asked["name"], origin="launch", paths=tuple(map(Path, asked["paths"])),
                models=tuple(asked.get("models") or ()), roles=asked.get("roles") or {})
    ] if asked else []  # fmt: skip
    demos = [
        Dataset(name=d.name, title=d.title, origin="launched demo" if d.name == launch.get("demo") else "demo", paths=(d.path,),
                about=d.about, roles=dict(d.roles))
        for d in DEMOS.values()
    ]  # fmt: skip
    taken = {d.name for d in (*files, *demos)}
    return (*files, *demos, *(d for d in _folder() if d.name not in taken))


def launch_filter() -> str:
    """Return the filter the command line asked for."""
    return str(_launch().get("filter") or "")


def data_folder() -> Path | None:
    """Return the folder of ``FAULTLINE_DATA``, when it is set and exists."""
    text = os.environ.get("FAULTLINE_DATA", "")
    return Path(text) if text and Path(text).is_dir() else None


def _launch() -> dict[str, Any]:
    """Return what the command line asked for."""
    asked: dict[str, Any] = json.loads(os.environ.get("FAULTLINE_LAUNCH") or "{}")
    return asked


def _folder() -> list[Dataset]:
    """List the tables below the mounted folder; links that lead out of it are left out."""
    root = data_folder()
    if root is None:
        return []
    found = []
    inside = root.resolve()
    for path in sorted(root.rglob("*")):
        ending = (path.with_suffix("") if path.suffix.lower() in _PACKED else path).suffix.lower()
        if ending in _ENDINGS and path.is_file() and path.resolve().is_relative_to(inside):
            name = path.relative_to(root).as_posix()
            found.append(Dataset(name=name, title=name, origin="folder", paths=(path,)))
        if len(found) == _MOST_FILES:
            break
    return found
