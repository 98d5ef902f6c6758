"""The ``faultline`` command. Exit code 0 is fine; 2 is a refusal, told in one message on stderr.

Each command imports what it needs when it runs: ``--help`` and ``list`` start at once, and only ``demo`` and
``open`` import Streamlit.
"""

from __future__ import annotations

import difflib
import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .arguments import COMMANDS, ROLE_FLAGS, Refusal, command_parser, read_arguments, top_parser

#: Version of the JSON that ``list`` writes; ``metrics`` writes the core's own.
SCHEMA = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        What stands behind ``faultline``; this process's own arguments by default.

    Returns
    -------
    int
        0 when all is well, 2 when the user has to change something.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if argv is None:
        _accept_any_text()
    name = f"faultline {words[0]}" if words and words[0] in COMMANDS else "faultline"
    try:
        return _run(words)
    except Refusal as refusal:
        print(f"{name}: {refusal}", file=sys.stderr)
        return 2
    except SystemExit as stop:  # --help has printed itself
        return stop.code if isinstance(stop.code, int) else 0
    except BrokenPipeError:  # the reader (head, less) has seen enough
        _let_go_of_stdout()
        return 0
    except KeyboardInterrupt:
        return 130


def _run(words: Sequence[str]) -> int:
    """Find the command and run it."""
    if words and words[0] in COMMANDS:
        options = command_parser(words[0]).read(words[1:])
        return _COMMANDS[words[0]](options)
    options = top_parser().read(words)
    if options.version:
        from importlib.metadata import version

        _write(f"faultline {version('faultline')}\n")
        return 0
    if options.command is None:
        raise Refusal(f"Name a command: {', '.join(COMMANDS)}. See faultline --help.")
    near = difflib.get_close_matches(options.command, COMMANDS, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"The commands are: {', '.join(COMMANDS)}."
    raise Refusal(f"There is no command {options.command!r}. {hint} See faultline --help.")


# ------------------------------------------------------------------------------------------------ commands


def _demo(options: Namespace) -> int:
    """Open the app on a demo."""
    from demo_data import UnknownDemo, demo

    from .launch import address_of, serve, server_of

    try:
        chosen = demo(options.name or "fraud")
    except UnknownDemo as error:
        raise Refusal(str(error)) from None
    return serve(server_of(options), {"demo": chosen.name}, address_of(chosen.name))


def _open(options: Namespace) -> int:
    """Open the app on files, once they and their roles have been looked at."""
    from .launch import address_of, named_data, serve, server_of

    data = named_data(options.files, options.models)
    if data is None and (read_arguments(options, ()) or options.filter is not None):
        raise Refusal("Roles and filters belong to a file: name one. See faultline open --help.")
    server = server_of(options)
    if data is not None:
        data["roles"] = _checked_roles(options)
    page = address_of(data["name"] if data else "", options.filter or "")
    return serve(server, {"data": data, "filter": options.filter}, page)


def _checked_roles(options: Namespace) -> dict[str, Any]:
    """Return the roles for the app.

    Raises
    ------
    Refusal
        If the files cannot be read that way. A question is no reason: the page asks it.
    """
    with _user_errors():
        from metrics_core import NeedsChoice, read
        from metrics_core.filters import parse

        data, columns = _opened(options)
        roles = read_arguments(options, columns)
        condition = None if options.filter is None else parse(options.filter)
        try:
            predictions = read(data, **roles)
        except NeedsChoice:
            return roles
        if condition is not None:
            predictions.mask(condition)
    return roles


def _opened(options: Namespace) -> tuple[Any, set[str]]:
    """Open the files; return what ``metrics_core.read`` takes, and every column there is."""
    from metrics_core.stacking import open_sources

    paths = (*options.files, *(path for _, path in options.models))
    answers = dict(options.choose or ())
    opened = {path: open_sources(path, answers=answers)[0] for path in paths}
    columns = {column for source in opened.values() for column in source.names}
    return {name: opened[path] for name, path in options.models} or [
        opened[p] for p in options.files
    ], columns


def _metrics(options: Namespace) -> int:
    """Print every metric of a file."""
    if bool(options.files) == bool(options.models):
        given = "both are given" if options.files else "none is given"
        raise Refusal(f"This takes FILE or --model NAME=FILE; {given}. See faultline metrics --help.")
    names = [name for name, _ in options.models]
    if len(set(names)) < len(names):
        raise Refusal("--model gives the same name to two files.")
    if options.level is not None and not options.ci:
        raise Refusal("--level is the level of the intervals: add --ci.")
    with _user_errors():
        from metrics_core import evaluate, read
        from metrics_core.metrics.registry import metrics_of

        from . import printing

        data, columns = _opened(options)
        roles = read_arguments(options, columns)
        predictions = read(data, **roles)
        uncertainty: dict[str, Any] = (
            {"intervals": True, "level": options.level or 0.95} if options.ci else {}
        )
        evaluation = evaluate(
            predictions,
            threshold=options.threshold,
            by=list(dict.fromkeys(options.by)),
            where=options.filter,
            k=list(dict.fromkeys(options.k)),
            exact=options.exact,
            **uncertainty,
        )
    sys.stderr.write(printing.guesses_text(predictions, roles))
    if options.format == "json":
        _write_json(evaluation.to_dict())
    else:
        _write(printing.evaluation_text(evaluation, metrics_of(predictions.roles.task)))
    return 0


def _list(options: Namespace) -> int:
    """Print what there is, narrowed to a word."""
    if options.what not in _LISTS:
        given = "" if options.what is None else f" There is no list of {options.what!r}."
        raise Refusal(f"Say what to list: {', '.join(_LISTS)}.{given} See faultline list --help.")
    entries, text = _LISTS[options.what]()
    word = " ".join(options.words)
    found = [entry for entry in entries if word.casefold() in _searched(entry)]
    if not found:
        known = [str(entry.get("key") or entry.get("name") or entry["task"]) for entry in entries]
        near = difflib.get_close_matches(word, known, n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise Refusal(
            f"None of the {options.what} is called {word!r}.{hint} See faultline list {options.what}."
        )
    if options.format == "json":
        from importlib.metadata import version

        _write_json({"faultline": version("faultline"), "schema": SCHEMA, options.what: found})
    else:
        _write(text(found))
    return 0


def _listed_metrics() -> Any:
    from metrics_core.metrics import registry

    from . import printing

    return [printing.metric_entry(spec) for spec in registry.REGISTRY.values()], printing.metrics_text


def _listed_demos() -> Any:
    from demo_data import DEMOS

    from . import printing

    return [printing.demo_entry(demo) for demo in DEMOS.values()], printing.demos_text


def _listed_tasks() -> Any:
    from demo_data import DEMOS
    from metrics_core.metrics import registry

    from . import printing

    entries = [
        {
            "task": task,
            "metrics": [key for of, key in registry.REGISTRY if of == task],
            "demos": [demo.name for demo in DEMOS.values() if demo.task == task],
        }
        for task in registry.tasks()
    ]
    return entries, printing.tasks_text


def _searched(entry: Mapping[str, Any]) -> str:
    """Return the names an entry is found by."""
    names = [entry.get(field, "") for field in ("key", "label", "name", "title", "task")]
    return "\n".join([*names, *entry.get("synonyms", ())]).casefold()


_COMMANDS = {"demo": _demo, "open": _open, "metrics": _metrics, "list": _list}
_LISTS = {"tasks": _listed_tasks, "metrics": _listed_metrics, "demos": _listed_demos}


# ------------------------------------------------------------------------------------------------ in and out


@contextmanager
def _user_errors() -> Iterator[None]:
    """Turn what is wrong with the user's table into a refusal; any other exception is our bug and stays one."""
    from metrics_core.errors import DataError, NeedsChoice

    try:
        yield
    except NeedsChoice as question:
        from .printing import question_text

        raise Refusal(question_text(question, ROLE_FLAGS)) from None
    except DataError as error:
        raise Refusal(str(error)) from None


def _write_json(value: Mapping[str, Any]) -> None:
    """Write one strict JSON object and nothing else."""
    _write(json.dumps(value, allow_nan=False, indent=2) + "\n")


def _write(text: str) -> None:
    """Write a whole answer to stdout.

    Raises
    ------
    Refusal
        If there is no room for it.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _let_go_of_stdout()
        raise Refusal(f"The answer cannot be written: {error.strerror}.") from None


def _let_go_of_stdout() -> None:
    """Send what is still in the buffer nowhere, or Python would complain about it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _accept_any_text() -> None:
    """Let a terminal that lacks a letter show its code instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
