"""``faultline open``: the app on files of predictions."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from app.arguments import Parser, Refusal, add_files, add_roles, add_server, examples, read_arguments
from app.commands.tables import opened, user_errors


def describe(parser: Parser) -> None:
    """Fill the parser."""
    parser.usage = "faultline open [FILE ... | --model NAME=FILE ...] [roles] [options]"
    parser.description = "Open the app on files of predictions (CSV, TSV, Parquet, Feather, JSON), or empty to upload one there."
    add_files(parser)
    add_roles(parser)
    add_server(parser)
    parser.epilog = examples(
        "faultline open predictions.csv",
        "faultline open predictions.parquet --y-true label --y-score p --pos-label fraud",
        "faultline open january.csv february.csv # parts of one set",
        "faultline open --model forest=forest.csv --model boosted=boosted.csv",
        "faultline open --port 8600              # choose or upload a file in the app",
    )


def run(options: Namespace) -> int:
    """Start the app, once the files and their roles have been looked at."""
    from app.launch import address_of, named_data, serve, server_of

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
    with user_errors():
        from metrics_core import NeedsChoice, read
        from metrics_core.filters import parse
        from metrics_core.source import hand_over

        table = opened(options)
        condition = None if options.filter is None else parse(options.filter)
        try:
            predictions = read(table.data, **table.roles)
        except NeedsChoice:
            return table.named
        if condition is not None:
            predictions.mask(condition)
        for source in table.data.values() if options.models else table.data:
            hand_over(source)  # the app opens the same files in this process
    return table.named  # the app looks up what is remembered, so that it can forget it
