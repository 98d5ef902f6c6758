"""``faultline list``: the tasks, the metrics or the bundled demos."""

from __future__ import annotations

import difflib
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from app.arguments import Parser, Refusal, add_format, examples
from app.commands.answers import write, write_json

#: Version of the JSON that ``list`` writes; ``metrics`` writes the core's own.
SCHEMA = 1
LISTS = ("tasks", "metrics", "demos")


def describe(parser: Parser) -> None:
    """Fill the parser."""
    parser.usage = f"faultline list {'|'.join(LISTS)} [WORD ...] [options]"
    parser.description = "List the tasks, the metrics or the bundled demos."
    parser.add_argument("what", metavar="|".join(LISTS), nargs="?", help="what to list")
    parser.add_argument("words", metavar="WORD", nargs="*", help="only what carries this name or synonym")
    add_format(parser)
    parser.epilog = examples(
        "faultline list metrics",
        "faultline list metrics sensitivity      # finds recall",
        "faultline list demos --format json",
    )


def run(options: Namespace) -> int:
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

        write_json({"faultline": version("faultline"), "schema": SCHEMA, options.what: found})
    else:
        write(text(found))
    return 0


def _listed_metrics() -> Any:
    from app import printing
    from metrics_core.metrics import registry

    return [printing.metric_entry(spec) for spec in registry.REGISTRY.values()], printing.metrics_text


def _listed_demos() -> Any:
    from app import printing
    from demo_data import DEMOS

    return [printing.demo_entry(demo) for demo in DEMOS.values()], printing.demos_text


def _listed_tasks() -> Any:
    from app import printing
    from demo_data import DEMOS
    from metrics_core.metrics import registry

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


_LISTS = {"tasks": _listed_tasks, "metrics": _listed_metrics, "demos": _listed_demos}
