"""``faultline slices``: the slices where a model fails."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING, Any

from app.arguments import (
    Once,
    Parser,
    add_files,
    add_format,
    add_roles,
    examples,
    filled,
    number,
    one_of,
    whole_number,
)
from app.commands.answers import write, write_json
from app.commands.tables import need_files, opened, user_errors

if TYPE_CHECKING:
    from metrics_core import Predictions
    from metrics_core.discovery import Discovery


def describe(parser: Parser) -> None:
    """Fill the parser."""
    from metrics_core.discovery import CORRECTIONS, LOSSES, SCORES

    parser.usage = "faultline slices FILE ... | --model NAME=FILE ... [roles] [options]"
    parser.description = (
        "Find the slices where a model fails more than elsewhere: every combination of groups of several columns with enough "
        "rows against all other rows, with everything that was tested corrected for."
    )
    add_files(parser)
    for action in parser._actions:
        if action.dest == "models":
            action.type, action.metavar = _name_or_file, "NAME[=FILE]"
            action.help = "a file with the predictions of one model; or, without a file, the model to search"
    group = parser.add_argument_group("search")
    group.add_argument("--depth", metavar="N", type=whole_number, action=Once, help="conditions a slice may join, 1 to 3 (default: 2)")  # fmt: skip
    group.add_argument("--min-support", metavar="S", type=number, action=Once,
                       help="share of the rows a slice must have, or from 1 on a number of rows (default: 0.01, at least 30 rows)")  # fmt: skip
    group.add_argument("--loss", metavar="LOSS", type=one_of(list(LOSSES)), action=Once,
                       help=f"what goes wrong: {', '.join(LOSSES)} (default: error, of predicted numbers abs_error)")  # fmt: skip
    group.add_argument("--threshold", metavar="T", type=number, action=Once, help="score >= T is positive")
    group.add_argument("--bins", metavar="N", type=whole_number, action=Once, help="ranges that numbers are cut into (default: 5)")  # fmt: skip
    group.add_argument("--score", metavar="|".join(SCORES), type=one_of(list(SCORES)), action=Once, help="what slices are ordered by (default: z)")  # fmt: skip
    group.add_argument("--correction", metavar="|".join(CORRECTIONS), type=one_of(list(CORRECTIONS)), action=Once,
                       help="how p-values are corrected (default: bh)")  # fmt: skip
    group.add_argument("--confirm", metavar="half|split", type=filled, action=Once,
                       help="keep a random half back, or the test rows of the split column (split=NAME for others), and judge on them what was found")  # fmt: skip
    group.add_argument("--limit", metavar="N", type=whole_number, action=Once, help="slices to list (default: 10)")  # fmt: skip
    group.add_argument("--all", dest="unclear", action="store_true", help="fill the list up with slices that chance explains, marked")  # fmt: skip
    add_format(group)
    add_roles(parser)
    parser.epilog = examples(
        "faultline slices predictions.csv",
        "faultline slices predictions.csv --loss fnr --threshold 0.3 --depth 3",
        "faultline slices predictions.csv --slice device --slice country --slice 'hour(time)'",
        "faultline slices predictions.csv --confirm half --format json",
    )


def run(options: Namespace) -> int:
    """Search and print."""
    only = [name for name, path in options.models if not path]
    options.models = [(name, path) for name, path in options.models if path]
    need_files(options, "slices")
    columns = list(dict.fromkeys(options.slices or ()))
    options.slices = [
        name for name in columns if not _is_derived(name)
    ]  # a role belongs to a column of the file
    with user_errors():
        from app import printing
        from app.commands.slices_text import discovery_text
        from metrics_core import read
        from metrics_core.discovery import discover
        from metrics_core.row_losses import losses_of

        table = opened(options)
        predictions = read(table.data, **table.roles)
        models = [predictions.model(name).name for name in only] or [m.name for m in predictions.roles.models]
        asked = {name: value for name in ("depth", "min_support", "loss", "threshold", "bins", "score", "correction", "confirm", "limit")
                 if (value := getattr(options, name)) is not None}  # fmt: skip
        asked.setdefault("loss", losses_of(predictions.judged(models[0]))[0])
        found = [
            discover(
                predictions,
                columns=columns or None,
                model=name,
                where=options.filter,
                unclear=options.unclear,
                **asked,
            )
            for name in dict.fromkeys(models)
        ]
        sys.stderr.write(printing.guesses_text(predictions, table.roles))
        sys.stderr.write(_notes(found))
        if options.format == "json":
            write_json(_answer(predictions, found, options))
        else:
            write("\n".join(discovery_text(predictions.name, one) for one in found))
    return 0


def _name_or_file(text: str) -> tuple[str, str]:
    """Read ``NAME`` or ``NAME=FILE``."""
    name, sign, path = text.partition("=")
    if not name or (sign and not path):
        raise ArgumentTypeError(f"{text!r} is not of the form NAME=FILE or NAME")
    return name, path


def _is_derived(name: str) -> bool:
    """Tell the name of a derived column: a function of one, or whether it is missing."""
    return name.endswith(")") or name.endswith(" is missing")


def _notes(found: list[Discovery]) -> str:
    """Say which columns were not searched, and what else a reader should know."""
    from app.printing import plain

    first = found[0]
    by_reason: dict[str, list[str]] = {}
    for column, reason in first.left_out:
        by_reason.setdefault(reason, []).append(plain(column))
    lines = [f"  {', '.join(columns)}: {reason}" for reason, columns in by_reason.items()]
    head = ["Columns that were not searched:"] if lines else []
    return "".join(f"{line}\n" for line in [*head, *lines, *first.notes])


def _answer(predictions: Predictions, found: list[Discovery], options: Namespace) -> dict[str, Any]:
    """Put the slices beside the metrics of the same rows."""
    from metrics_core import evaluate
    from metrics_core.results import SCHEMA

    whole = evaluate(predictions, threshold=options.threshold, where=options.filter).to_dict()
    of_model = {one["model"]: one for one in whole.get("models", [whole])}
    objects = [of_model[one.model] | one.to_dict() for one in found]
    return (
        objects[0]
        if len(objects) == 1
        else {"faultline": objects[0]["faultline"], "schema": SCHEMA, "models": objects}
    )
