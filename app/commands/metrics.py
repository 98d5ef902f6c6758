"""``faultline metrics``: every metric of a file."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from app.arguments import (
    Once,
    Parser,
    Refusal,
    add_files,
    add_format,
    add_roles,
    examples,
    level,
    number,
    whole_number,
    wrapped,
)
from app.commands.answers import write, write_json
from app.commands.tables import need_files, opened, user_errors


def describe(parser: Parser) -> None:
    """Fill the parser."""
    from metrics_core.metrics import registry

    keys = list(dict.fromkeys(spec.key for spec in registry.REGISTRY.values()))
    parser.usage = "faultline metrics FILE ... | --model NAME=FILE ... [roles] [options]"
    parser.description = (
        "Print every metric of a file of predictions (CSV, TSV, Parquet, Feather, JSON; packed ones too)."
    )
    add_files(parser)
    group = parser.add_argument_group("numbers")
    group.add_argument("--threshold", metavar="T", type=number, action=Once,
                       help="score >= T is positive; without one the predicted labels count, else 0.5 for probabilities")  # fmt: skip
    group.add_argument(
        "--by",
        metavar="COLUMN",
        action="append",
        default=[],
        help="also for each group of a column; may repeat",
    )
    group.add_argument("--ci", action="store_true", help="with confidence intervals")
    group.add_argument("--level", type=level, action=Once, help="their level (default: 0.95)")
    group.add_argument(
        "--exact", action="store_true", help="count every distinct score, also of very many rows"
    )
    group.add_argument("--k", metavar="K", type=whole_number, action="append", default=[],
                       help=f"rows looked at by {' and '.join(k for k in keys if k.endswith('@k'))}; may repeat")  # fmt: skip
    add_format(group)
    add_roles(parser)
    parser.epilog = examples(
        "faultline metrics predictions.csv",
        "faultline metrics predictions.csv --y-true label --y-score p --threshold 0.3",
        "faultline metrics predictions.csv --by country --by device --ci",
        "faultline metrics predictions.csv --filter \"age >= 30 and sex == 'Female'\"",
        "faultline metrics predictions.csv --k 100 --format json",
        "faultline metrics topics.csv --y-true topic --proba-prefix p_      # many classes",
        "faultline metrics --model forest=forest.csv --model boosted=boosted.csv",
    ) + wrapped("metrics (faultline list metrics explains them):", keys)


def run(options: Namespace) -> int:
    """Print the metrics."""
    need_files(options, "metrics")
    if options.level is not None and not options.ci:
        raise Refusal("--level is the level of the intervals: add --ci.")
    with user_errors():
        from app import printing
        from metrics_core import evaluate, read
        from metrics_core.metrics.registry import metrics_of

        table = opened(options)
        predictions = read(table.data, **table.roles)
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
    sys.stderr.write(printing.guesses_text(predictions, table.roles))
    if options.format == "json":
        write_json(evaluation.to_dict())
    else:
        write(printing.evaluation_text(evaluation, metrics_of(predictions.roles.task)))
    return 0
