"""The file with the choices: where it lies, and what of it can be used."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from metrics_core.errors import DataError, did_you_mean
from metrics_core.intake import QUESTIONS

from .keys import COLUMNS, KEYS, LISTS, OF_LEVELS, OF_MODELS, WORDS

FILE = "faultline.toml"
_MOST_BYTES = 1_000_000


class ChoicesError(DataError):
    """The file with the choices cannot be used; the text says what, on which line, and what to do."""


@dataclass(frozen=True)
class Place:
    """Where the choices of a data set are remembered.

    Attributes
    ----------
    path : Path
        The file, whether it exists or not.
    table : str
        The name of the table in it: that of the data file; of several files all of them.
    """

    path: Path
    table: str


def place_of(paths: Sequence[str | os.PathLike[str]], models: Sequence[str] = ()) -> Place | None:
    """Say where the choices of a data set are remembered.

    Parameters
    ----------
    paths : sequence of path
        The files of the data set; a folder of Parquet files counts as one.
    models : sequence of str
        What the models are called when each file holds one.

    Returns
    -------
    Place or None
        None when the files lie in several folders: none of them is beside all.

    Examples
    --------
    >>> place_of(["data/b.csv", "data/a.csv"]).table
    'a.csv + b.csv'
    >>> place_of(["data/b.csv"], models=["forest"]).table
    'forest=b.csv'
    """
    files = [Path(os.path.abspath(path)) for path in paths]
    if len({file.parent for file in files}) != 1:
        return None
    names = [file.name for file in files]
    if models:
        names = [f"{model}={name}" for model, name in zip(models, names, strict=True)]
    return Place(Path(paths[0]).parent / FILE, " + ".join(sorted(names)))


def remembered_roles(paths: Sequence[str | os.PathLike[str]], models: Sequence[str] = ()) -> dict[str, Any]:
    """Return the roles and answers remembered for a data set.

    Parameters
    ----------
    paths, models : sequence
        As in ``place_of``.

    Returns
    -------
    dict
        Keyword arguments for ``metrics_core.read``, answers under ``choose``; empty when nothing is remembered.

    Raises
    ------
    ChoicesError
        If the file is damaged or holds something else than roles; names the line.
    """
    place = place_of(paths, models)
    if place is None:
        return {}
    text = text_of(place)
    every = {} if text is None else parsed(text, place)
    if place.table not in every:
        return {}
    return _roles(every[place.table], text or "", place)


def text_of(place: Place) -> str | None:
    """Read the file; None when there is none."""
    try:
        status = place.path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise refused(place, 0, f"it cannot be read ({error.strerror})", "Make it readable, or") from None
    if not stat.S_ISREG(status.st_mode):
        return None
    if status.st_size > _MOST_BYTES:
        raise refused(place, 0, f"it has {status.st_size / 1e6:,.1f} MB, too much for a few choices", "Mend it, or")  # fmt: skip
    return _read_text(place, (status.st_ino, status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=64)
def _read_text(place: Place, identity: tuple[int, int, int]) -> str:
    """Read the text once for each state of the file."""
    try:
        data = place.path.read_bytes()
    except OSError as error:
        raise refused(place, 0, f"it cannot be read ({error.strerror})", "Make it readable, or") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise refused(place, line, "it is not UTF-8 text", "Save it as UTF-8, or") from None


def parsed(text: str, place: Place) -> dict[str, Any]:
    """Read the text as TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, at = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", at)
        number = int(line[1]) if line else text.count("\n") + 1
        raise refused(place, number, f"it is no TOML there ({what})", "Mend that line, or") from None


def _roles(found: object, text: str, place: Place) -> dict[str, Any]:
    """Check the table of a data set.

    Raises
    ------
    ChoicesError
        If it holds something that is no role, or a value that is none.
    """
    if not isinstance(found, dict):
        raise _wrong(place, text, (), "it must be a table of roles")
    roles: dict[str, Any] = {}
    for key, value in found.items():
        if key not in KEYS:
            raise _wrong(place, text, (key,), f"there is no role {key!r}. {did_you_mean(key, KEYS)}")
        roles[key] = _value(key, value, text, place)
    for id in roles.get("choose", {}):
        if id not in QUESTIONS and not id.startswith("score_kind:"):
            known = did_you_mean(id, QUESTIONS)
            raise _wrong(place, text, ("choose", id), f"there is no question {id!r}. {known}")
    return roles


def _value(key: str, value: object, text: str, place: Place) -> Any:
    """Check one value and return it as ``metrics_core.read`` takes it."""
    if key in ("pos_label", "season", "choose"):  # a label that is a number may be written as one
        value = {k: _label(v) for k, v in value.items()} if isinstance(value, dict) else _label(value)
    is_text = isinstance(value, str)
    is_list = isinstance(value, list) and all(isinstance(v, str) for v in value)
    is_table = isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
    if key in OF_LEVELS and isinstance(value, dict):  # a table of a model's levels, too
        is_table = all(isinstance(v, str) or (isinstance(v, dict) and all(isinstance(c, str) for c in v.values())) for v in value.values())  # fmt: skip
    if key in (*COLUMNS, *WORDS):
        allowed, what = is_text, "a text in quotes"
    elif key in LISTS:
        allowed, what = is_text or is_list, "a list of columns in quotes"
    elif key in OF_MODELS:
        allowed, what = (
            is_text or is_list or is_table,
            "a column, a list of columns, or a table of model to column",
        )
    else:
        allowed, what = is_table, "a table of texts"
    if not allowed:
        raise _wrong(place, text, (key,), f"{key!r} must be {what}")
    return [value] if key in LISTS and is_text else value


def _label(value: object) -> object:
    """Write a number or a truth value as text; leave anything else."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value


def _wrong(place: Place, text: str, key: tuple[str, ...], what: str) -> ChoicesError:
    """Make the refusal of a key or a value, with its line."""
    what = f"what it says about '{place.table}' cannot be used: {what}"
    return refused(place, line_of(text, (place.table, *key)), what, "Mend that line, or")


def refused(place: Place, line: int, what: str, do: str) -> ChoicesError:
    """Make the sentence about a file that cannot be used."""
    where = f", line {line}" if line else ""
    return ChoicesError(
        f"'{FILE}' beside '{place.table}'{where}: {what.rstrip('.')}. {do} delete the file to start from guesses."
    )


def line_of(text: str, path: tuple[str, ...]) -> int:
    r"""Find the line on which a key of a TOML text stands, else that of the table around it.

    Examples
    --------
    >>> line_of('["a.csv"]\ny_true = "x"\nid = "i"', ("a.csv", "id"))
    3
    """
    deepest, at = 0, 1
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        head = line.strip()
        if head.startswith("["):
            table = here = keys_of(head)
        else:
            here = (*table, *keys_of(f"{head.partition('=')[0]} = 0"))
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(here, path, strict=False)))
        if shared > deepest:
            deepest, at = shared, number
    return at


def keys_of(line: str) -> tuple[str, ...]:
    """Return the keys a single line of TOML leads through; none when it cannot be read alone."""
    try:
        found: object = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    keys: list[str] = []
    while isinstance(found, dict) and found:
        key, found = next(iter(found.items()))
        keys.append(key)
    return tuple(keys)
