"""The data sets a session may open: what the command line named, the bundled demos, the mounted folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from demo_data import DEMOS
from metrics_core.source import Source
from metrics_core.stacking import open_sources

if TYPE_CHECKING:
    from metrics_core import Predictions

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
_PARQUET = (".parquet", ".pq", ".parq")
#: Beside Parquet files these say nothing about what a folder holds: logs and checksums of whoever wrote them.
_BESIDE_PARQUET = (".crc", ".md", ".txt", ".toml")
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
        return "|".join([self.name, *map(str, self.paths), *self.models, *map(stamp_of, self.paths)])

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


#: What the command line judged before it opened the app: the roles it named, and the predictions; at most one.
_JUDGED: list[tuple[Mapping[str, Any], Predictions]] = []


def hand_over(predictions: Predictions, roles: Mapping[str, Any]) -> None:
    """Keep judged rows for the first page that wants them, once: the command line has checked them already.

    Parameters
    ----------
    predictions : Predictions
    roles : mapping
        The keyword arguments of ``metrics_core.read`` they were read with.
    """
    _JUDGED[:] = [(dict(roles), predictions)]


def handed_over(source: Source, roles: Mapping[str, Any]) -> Predictions | None:
    """Return the judged rows that wait, when they are of this table with these roles; either way none wait any more."""
    waiting, _JUDGED[:] = list(_JUDGED), []
    return next((p for of, p in waiting if p.source is source and of == dict(roles)), None)


def _launch() -> dict[str, Any]:
    """Return what the command line asked for."""
    asked: dict[str, Any] = json.loads(os.environ.get("FAULTLINE_LAUNCH") or "{}")
    return asked


def read_only() -> bool:
    """Tell whether nothing may be written for good (``FAULTLINE_READONLY=1``)."""
    return os.environ.get("FAULTLINE_READONLY", "") == "1"


def stamp_of(path: Path) -> str:
    """Write size and time of a file, of a folder those of all files in it; empty when there is none."""
    if not path.is_dir():
        status = _status(path)
        return f"{status.st_size}:{status.st_mtime_ns}" if status else ""
    files = (Path(root) / name for root, _, names in os.walk(path) for name in names)
    found = [status for status in map(_status, files) if status]
    return f"{len(found)}:{sum(s.st_size for s in found)}:{max((s.st_mtime_ns for s in found), default=0)}"


def _status(path: Path) -> os.stat_result | None:
    """Look at a file; None when it is not there, or a link to nothing."""
    try:
        return path.stat()
    except OSError:
        return None


def _folder() -> list[Dataset]:
    """List the tables below the mounted folder; links that lead out of it are left out.

    A folder of Parquet files is one table. Its files are not offered besides when they are parts of it by their names
    or by that of the folder, as Spark and others write them.
    """
    root = data_folder()
    if root is None:
        return []
    files = _files_below(root)
    whole = _parquet_folders(root, files)
    parted = {folder for folder, inside in whole.items() if _are_parts(folder, inside)}
    found = [_of_folder(root, folder, len(inside)) for folder, inside in whole.items()]
    found += [_of_folder(root, p) for p in files if _is_table(p) and parted.isdisjoint(p.parents)]
    return sorted(found, key=lambda dataset: dataset.name)[:_MOST_FILES]


def _of_folder(root: Path, path: Path, n_files: int = 0) -> Dataset:
    """Offer a file, or a folder of so many files."""
    name = path.relative_to(root).as_posix() + ("/" if n_files else "")
    title = f"{name} ({n_files:,} Parquet file{'' if n_files == 1 else 's'})" if n_files else name
    return Dataset(name=name, title=title, origin="folder", paths=(path,))


def _files_below(root: Path) -> list[Path]:
    """List the files below a folder, in order."""
    inside = root.resolve()
    found = [Path(folder) / file for folder, _, files in os.walk(root) for file in files]
    return sorted(path for path in found if path.is_file() and path.resolve().is_relative_to(inside))


def _is_table(path: Path) -> bool:
    """Tell a file that can be read by its ending."""
    return (path.with_suffix("") if path.suffix.lower() in _PACKED else path).suffix.lower() in _ENDINGS


def _parquet_folders(root: Path, files: Sequence[Path]) -> dict[Path, list[Path]]:
    """Find the folders that hold one table: parts, or two Parquet files and more, and no other data; none in another."""
    below: dict[Path, list[Path]] = {}
    for path in files:
        inside = path.relative_to(root)
        if path.suffix.lower() not in _BESIDE_PARQUET and not _is_hidden(inside):
            for folder in inside.parents[:-1]:
                below.setdefault(root / folder, []).append(path)
    whole = {
        folder: paths
        for folder, paths in below.items()
        if all(path.suffix.lower() in _PARQUET for path in paths)
        and (_are_parts(folder, paths) or (len(paths) > 1 and all(path.parent == folder for path in paths)))
    }
    return {folder: paths for folder, paths in whole.items() if whole.keys().isdisjoint(folder.parents)}


def _is_hidden(path: Path) -> bool:
    """Tell what engines write for themselves; the log of a Delta table says that not every file counts."""
    return any(part.startswith((".", "_")) and part != "_delta_log" for part in path.parts)


def _are_parts(folder: Path, files: Sequence[Path]) -> bool:
    """Tell whether files are parts of a table: by their names, or by those of their folders (``year=2026``)."""
    folders = [path.relative_to(folder).parts[:-1] for path in files]
    if not all("=" in part for parts in folders for part in parts):
        return False
    is_table = folder.suffix.lower() in _PARQUET
    return is_table or all(
        parts or p.name.startswith("part") for p, parts in zip(files, folders, strict=True)
    )
