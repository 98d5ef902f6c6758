"""How every command opens its files, and what it says when they are at fault."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.arguments import ROLE_FLAGS, Refusal, read_arguments

if TYPE_CHECKING:
    from metrics_core.source import Source


def need_files(options: Namespace, command: str) -> None:
    """Refuse files and models given together, or neither.

    Raises
    ------
    Refusal
    """
    if bool(options.files) == bool(options.models):
        given = "both are given" if options.files else "none is given"
        raise Refusal(f"This takes FILE or --model NAME=FILE; {given}. See faultline {command} --help.")
    names = [name for name, _ in options.models]
    if len(set(names)) < len(names):
        raise Refusal("--model gives the same name to two files.")


@dataclass(frozen=True)
class Opened:
    """The files of a command, and what their columns are.

    Attributes
    ----------
    data : object
        What ``metrics_core.read`` takes.
    named : dict
        The roles named on the command line.
    roles : dict
        With those remembered beside the files; what is named counts.
    """

    data: Any
    named: dict[str, Any]
    roles: dict[str, Any]


def opened(options: Namespace) -> Opened:
    """Open the files, and say on stderr which roles were remembered for them."""
    from app.remembered import recall, remembered_roles
    from metrics_core.stacking import open_sources

    paths, models = (
        [*options.files, *(path for _, path in options.models)],
        [name for name, _ in options.models],
    )
    kept = remembered_roles(paths, models)
    answers = {**kept.get("choose", {}), **dict(options.choose or ())}  # the header is asked for on opening
    sources = {path: open_sources(path, answers=answers)[0] for path in paths}
    columns = {column for source in sources.values() for column in source.names}
    by_model = {name: sources[path] for name, path in options.models}
    named = read_arguments(options, columns)
    roles, taken, gone = recall(named, kept, columns, next(iter(sources.values())).name)
    sys.stderr.write(
        _remembered_text(taken, paths, models) + "".join(f"{finding.text}\n" for finding in gone)
    )
    return Opened(by_model or [sources[path] for path in options.files], named, roles)


def _remembered_text(taken: dict[str, Any], paths: Sequence[str], models: Sequence[str]) -> str:
    """Say which roles were remembered, each as the flags that would name it."""
    from app.flags import role_flags
    from app.printing import plain
    from app.remembered import place_of

    place = place_of(paths, models)
    if not taken or place is None:
        return ""
    lines = [f"  {flag} {plain(value)}" for flag, value in role_flags(taken)]
    return "\n".join([f"Remembered in {plain(place.path)}:", *lines]) + "\n"


def split_off_first(options: Namespace, command: str) -> str:
    """Take the record of a decision off the front of the files.

    Raises
    ------
    Refusal
        If no file follows it.
    """
    if len(options.files) < 2:
        raise Refusal(f"This takes the record of a decision and a file: faultline {command} decision.json predictions.csv. See faultline {command} --help.")  # fmt: skip
    record, *options.files = options.files
    return str(record)


def opened_table(options: Namespace) -> tuple[Source, set[str]]:
    """Open the files as one table; return it and its columns."""
    from metrics_core.stacking import open_sources

    source, _ = open_sources(list(options.files), answers=dict(options.choose or ()))
    return source, set(source.names)


@contextmanager
def user_errors() -> Iterator[None]:
    """Turn what is wrong with the user's table into a refusal; any other exception is our bug and stays one."""
    from metrics_core.errors import DataError, NeedsChoice

    try:
        yield
    except NeedsChoice as question:
        from app.printing import question_text

        raise Refusal(question_text(question, ROLE_FLAGS)) from None
    except DataError as error:
        raise Refusal(str(error)) from None
