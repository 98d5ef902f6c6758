"""``faultline open``: the app on files of predictions."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.arguments import Parser, Refusal, add_files, add_roles, add_server, examples, read_arguments
from app.commands.tables import opened, user_errors

if TYPE_CHECKING:
    from metrics_core import Predictions

#: Of larger tables the Overview asks before it compares the groups of all columns.
_MOST_CELLS = 30_000_000


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
    server, meanwhile = server_of(options), None
    if data is not None:
        data["roles"], predictions = _checked(options)
        meanwhile = _cut_later([predictions]) if predictions else None
        del predictions  # what is handed over is held until the first page takes it
    page = address_of(data["name"] if data else "", options.filter or "")
    return serve(server, {"data": data, "filter": options.filter}, page, meanwhile)


def _cut_later(waiting: list[Predictions]) -> Callable[[], None]:
    """Return what cuts the columns that the Overview compares into groups, which are remembered with the table."""

    def cut() -> None:
        from metrics_core.errors import DataError
        from metrics_core.grouping import columns_to_compare, grouping

        predictions = waiting.pop()
        with suppress(DataError):  # the page meets the same one, and says so
            columns = columns_to_compare(predictions)
            if len(columns) * predictions.source.n_rows <= _MOST_CELLS:
                for column in columns:
                    grouping(predictions.source, column)

    return cut


def _checked(options: Namespace) -> tuple[dict[str, Any], Predictions | None]:
    """Return the roles for the app, and the predictions of the table that it will open; none of several files.

    Raises
    ------
    Refusal
        If the files cannot be read that way. A question is no reason: the page asks it.
    """
    with user_errors():
        from app import datasets
        from metrics_core import NeedsChoice, read
        from metrics_core.filters import parse
        from metrics_core.source import hand_over

        table = opened(options)
        condition = None if options.filter is None else parse(options.filter)
        try:
            predictions = read(table.data, **table.roles)
        except NeedsChoice:
            return table.named, None
        if condition is not None:
            predictions.mask(condition)
        sources = list(table.data.values() if options.models else table.data)
        for source in sources:
            hand_over(source)  # the app opens the same files in this process
    alone = predictions if predictions.source in sources else None
    if alone is not None:
        datasets.hand_over(alone, table.roles)
    return table.named, alone  # the app looks up what is remembered, so that it can forget it
