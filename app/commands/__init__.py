"""What stands behind ``faultline``: one module a command, each with ``describe(parser)`` and ``run(options)``."""

from __future__ import annotations

from argparse import SUPPRESS
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from app.arguments import Parser, examples

#: Every command: what it does in a line, and the module that does it, imported when it runs.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("open the app on a bundled demo", "demo"),
    "open": ("open the app on your files", "opening"),
    "metrics": ("print every metric of a file", "metrics"),
    "slices": ("find the slices where a model fails", "slices"),
    "threshold": ("choose a threshold and record the decision", "threshold"),
    "check": ("judge a recorded decision on other rows", "check"),
    "apply": ("flag rows as a recorded decision says", "apply"),
    "list": ("list tasks, metrics or demos", "listing"),
}


def command(name: str) -> Any:
    """Import the module of a command."""
    return import_module(f"app.commands.{COMMANDS[name][1]}")


def command_parser(name: str) -> Parser:
    """Make the parser of one command."""
    parser = Parser(prog=f"faultline {name}")
    command(name).describe(parser)
    return parser


def top_parser() -> Parser:
    """Make the parser for what stands before a command."""
    listed = "\n".join(f"  {name:<11}{about}" for name, (about, _) in COMMANDS.items())
    parser = Parser(
        prog="faultline",
        usage="faultline COMMAND ...",
        description="Error analysis for a file of predictions: where a model fails, and which threshold to run it at.",
        epilog=f"commands:\n{listed}\n\n"
        + examples(
            "faultline demo",
            "faultline open predictions.csv",
            "faultline metrics predictions.csv --by country",
            "faultline metrics --help                # every command explains itself",
        ),
    )
    parser.add_argument("command", nargs="?", help=SUPPRESS)
    parser.add_argument("--version", action="store_true", help="print the version")
    return parser
