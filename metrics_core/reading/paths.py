"""Which files a path stands for: the file, those a pattern matches, or the Parquet files of a folder."""

from __future__ import annotations

import glob
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError, did_you_mean

_PARQUET = (".parquet", ".pq", ".parq")
_MOST = 10_000


@dataclass(frozen=True)
class Found:
    """Files that belong together.

    Attributes
    ----------
    paths : tuple of Path
        Sorted by name.
    names : tuple of str
        How to call each in messages.
    folder : bool
        Whether they are the Parquet files of a folder.
    """

    paths: tuple[Path, ...]
    names: tuple[str, ...]
    folder: bool = False

    def hive(self, i: int) -> dict[str, str]:
        """Return the columns that the folder names of a file hold: ``year=2026/part.parquet``.

        Examples
        --------
        >>> Found((Path("a"),), ("year=2026/month=01/part.parquet",), folder=True).hive(0)
        {'year': '2026', 'month': '01'}
        """
        pairs = (part.partition("=") for part in Path(self.names[i]).parts[:-1] if "=" in part)
        return {key: value for key, _, value in pairs if key}


def find(path: Path, name: str | None = None) -> Found:
    """Find the files that a path stands for.

    Parameters
    ----------
    path : Path
        A file, a folder of Parquet files, or a pattern such as ``part-*.csv``.
    name : str, optional
        How to call it in messages; its own name by default.

    Returns
    -------
    Found

    Raises
    ------
    DataError
        If there is nothing, or nothing that can be read as a file.
    """
    name = name or path.name or str(path)
    try:
        if re.match(r"[a-z][a-z0-9+]+:/", str(path), re.IGNORECASE) and not path.exists():
            raise DataError(f"'{path}' is an address, and Faultline reads files only. Download it first.")
        if path.is_dir():
            return _folder(path, name)
        if not path.exists() and glob.has_magic(str(path)):
            return _pattern(path)
        _check_regular(path, name)
    except (ValueError, OSError) as error:
        if isinstance(error, DataError):
            raise
        what = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"'{name}' cannot be read: {what}.") from None
    return Found((path,), (name,))


def _check_regular(path: Path, name: str) -> None:
    """Turn away what is not there, and what would block or never end: pipes and devices."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob("*") if p.is_file()) if path.parent.is_dir() else []
        raise DataError(
            f"There is no file '{path}'. {did_you_mean(path.name, near) if near else ''}".strip()
        ) from None
    if not stat.S_ISREG(mode):
        raise DataError(f"'{name}' is not a file but a pipe or a device. Save its content to a file first.")


def _pattern(path: Path) -> Found:
    """Expand a pattern; folders that match are left out."""
    matched = glob.iglob(str(path), recursive=True)
    paths = sorted(Path(p) for _, p in zip(range(_MOST + 1), matched, strict=False) if Path(p).is_file())
    if not paths:
        raise DataError(f"No file matches '{path}'. Name the files, or another pattern.")
    return _found(paths, [p.name for p in paths], str(path), folder=False)


def _folder(path: Path, name: str) -> Found:
    """List the Parquet files of a folder and those below it; what Spark adds to them begins with ``_`` or ``.``."""
    inside = path.resolve()
    paths, others = [], set()
    for root, folders, files in os.walk(path):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "_")))
        for file in sorted(files):
            if file.startswith((".", "_")):
                continue
            one = Path(root) / file
            if one.suffix.lower() in _PARQUET:
                if not one.resolve().is_relative_to(inside):
                    raise DataError(f"'{one.relative_to(path)}' in the folder '{name}' is a link that leads out of it. Name that file itself.")  # fmt: skip
                paths.append(one)
            else:
                others.add(one.suffix.lower())
    if not paths:
        tables = sorted(others & {".csv", ".tsv", ".json", ".jsonl", ".feather"})
        hint = f", or a pattern in quotation marks such as '{name}/*{tables[0]}'" if tables else ""
        raise DataError(f"'{name}' is a folder. Name the file of predictions inside it{hint}.")
    paths.sort()
    return _found(paths, [p.relative_to(path).as_posix() for p in paths], name, folder=True)


def _found(paths: list[Path], names: list[str], name: str, *, folder: bool) -> Found:
    """Bound how many files one table may have."""
    if len(paths) > _MOST:
        raise DataError(f"'{name}' stands for more than {_MOST:,} files. Put them together first.")
    return Found(tuple(paths), tuple(names), folder)
