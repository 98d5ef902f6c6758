"""How every command opens its files, and what it says when they are at fault."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app.arguments import ROLE_FLAGS, Refusal

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


def opened(options: Namespace) -> tuple[Any, set[str]]:
    """Open the files; return what ``metrics_core.read`` takes, and every column there is."""
    from metrics_core.stacking import open_sources

    paths = (*options.files, *(path for _, path in options.models))
    answers = dict(options.choose or ())
    sources = {path: open_sources(path, answers=answers)[0] for path in paths}
    columns = {column for source in sources.values() for column in source.names}
    by_model = {name: sources[path] for name, path in options.models}
    return by_model or [sources[path] for path in options.files], columns


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
