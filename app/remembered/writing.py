"""Writing choices down, and forgetting them: only the lines of one data set change."""

from __future__ import annotations

import os
import stat
import threading
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

from .keys import COLUMNS, KEYS, WORDS
from .reading import FILE, Place, keys_of, parsed, refused, text_of

_HEAD = (
    "# What was confirmed in Faultline, one table for each data set. The app and the command line read it.\n"
)
_writing = threading.Lock()


def remember(place: Place, roles: Mapping[str, Any]) -> None:
    """Write the roles of a data set; the rest of the file stays as it is, comments included.

    Parameters
    ----------
    place : Place
    roles : mapping
        Keyword arguments for ``metrics_core.read``; what is None is left out.

    Raises
    ------
    OSError
        If the file cannot be written; it is then what it was.
    ChoicesError
        If the file is there and damaged: nothing is written over what somebody may want to mend.
    """
    wanted = _writable(roles)
    with _writing:
        text = text_of(place)
        every = {} if text is None else parsed(text, place)
        if every.get(place.table) != wanted:
            _replace(place, _rewritten(_HEAD if text is None else text, place, wanted))


def forget(place: Place) -> bool:
    """Take the table of a data set out of the file; a file that held nothing else is deleted.

    Returns
    -------
    bool
        Whether there was something to forget.

    Raises
    ------
    OSError, ChoicesError
        As in ``remember``.
    """
    with _writing:
        text = text_of(place)
        if text is None or place.table not in parsed(text, place):
            return False
        left = _rewritten(text, place, None)
        if left.strip() in ("", _HEAD.strip()):
            place.path.unlink()
        else:
            _replace(place, left)
    return True


def _writable(roles: Mapping[str, Any]) -> dict[str, Any]:
    """Write roles as TOML holds them: lists for tuples, nothing for None."""
    kept: dict[str, Any] = {}
    for role in KEYS:
        value = roles.get(role)
        if value is None or (role == "choose" and not value):
            continue
        if isinstance(value, Mapping):
            kept[role] = {str(k): _columns(v) for k, v in value.items()}
        else:
            kept[role] = str(value) if role in (*COLUMNS, *WORDS) else value if isinstance(value, str) else list(value)  # fmt: skip
    return kept


def _columns(value: Any) -> Any:
    """Write a column, a pair of columns, or the columns of each level."""
    if isinstance(value, Mapping):
        return {str(k): _columns(v) for k, v in value.items()}
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _rewritten(text: str, place: Place, wanted: Mapping[str, Any] | None) -> str:
    """Set the table of a data set, or take it out; of the ways to do it the one that keeps most comments.

    Raises
    ------
    ChoicesError
        If every way would change something else.
    """
    from tomlkit.exceptions import TOMLKitError

    after = {table: roles for table, roles in parsed(text, place).items() if table != place.table}
    if wanted is not None:
        after[place.table] = wanted
    found = []
    for change in (_line_by_line, _as_a_whole, _as_toml_has_it):
        with suppress(TOMLKitError, tomllib.TOMLDecodeError):
            written = change(text, place.table, wanted)
            if tomllib.loads(written) == after:
                found.append(written)
    if not found:
        raise refused(place, 0, "it cannot be rewritten without changing what else it holds", "Mend it, or")
    return max(found, key=_n_comments)


def _n_comments(text: str) -> int:
    """Count the lines that are comments."""
    return sum(line.lstrip().startswith("#") for line in text.splitlines())


def _line_by_line(text: str, name: str, wanted: Mapping[str, Any] | None) -> str:
    """Change those lines of the table that say something else now."""
    import tomlkit

    document = tomlkit.parse(text)
    if wanted is None or not isinstance(document.get(name), tomlkit.items.Table):
        return _as_a_whole(text, name, wanted)
    _set(document[name], wanted)
    return tomlkit.dumps(document)


def _set(table: Any, wanted: Mapping[str, Any]) -> None:
    """Make a table hold what is wanted; what it holds already is not touched."""
    from tomlkit.items import AbstractTable

    for key in [key for key in table if key not in wanted]:
        del table[key]
    for key, value in wanted.items():
        if isinstance(value, Mapping) and isinstance(table.get(key), AbstractTable):
            _set(table[key], value)
        elif key not in table or table[key].unwrap() != value:
            table[key] = _inline(value)


def _as_a_whole(text: str, name: str, wanted: Mapping[str, Any] | None) -> str:
    """Cut the lines of the table out, without comments that stand before the next one; write it anew at the end."""
    kept: list[str] = []
    cut: list[str] = []
    own = False
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("["):
            if own:
                kept += _comments_at_the_end(cut)
            own, cut = keys_of(line.strip())[:1] == (name,), []
        (cut if own else kept).append(line)
    left = "".join(kept)
    return left if wanted is None else _with(left, name, wanted)


def _comments_at_the_end(lines: Sequence[str]) -> list[str]:
    """Return the comments that stand after everything else, and the empty lines among them."""
    held = [i for i, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
    return list(lines[held[-1] + 1 :]) if held else list(lines)


def _as_toml_has_it(text: str, name: str, wanted: Mapping[str, Any] | None) -> str:
    """Take the table out by its place in the document, wherever that stands in the text; write it anew at the end."""
    import tomlkit

    document = tomlkit.parse(text)
    if name in document:
        del document[name]
    left = tomlkit.dumps(document)
    return left if wanted is None else _with(left, name, wanted)


def _with(text: str, name: str, wanted: Mapping[str, Any]) -> str:
    """Add a table at the end."""
    import tomlkit

    table = tomlkit.table()
    for role, value in wanted.items():
        table[role] = _inline(value)
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{end}\n{tomlkit.dumps({name: table})}"


def _inline(value: Any) -> Any:
    """Write a mapping on one line: a table of its own would stand between the lines of this one."""
    import tomlkit

    if not isinstance(value, Mapping):
        return value
    table = tomlkit.inline_table()
    table.update({key: _inline(one) for key, one in value.items()})
    return table


def _replace(place: Place, text: str) -> None:
    """Put a new file in the place of the old one in one step, with its permissions."""
    new = place.path.with_name(f".{FILE}.{uuid4().hex}")
    try:
        with new.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            os.chmod(new, stat.S_IMODE(place.path.stat().st_mode))
        os.replace(new, place.path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
