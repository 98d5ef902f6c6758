"""``faultline check``: whether a recorded decision still holds on other rows."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from app.arguments import Once, Parser, Refusal, add_format, add_roles, examples, level, read_arguments
from app.commands.answers import write, write_json
from app.commands.tables import opened_table, split_off_first, user_errors

if TYPE_CHECKING:
    from metrics_core.decisions.record import Decision
    from metrics_core.source import Source


def describe(parser: Parser) -> None:
    """Fill the parser."""
    parser.usage = "faultline check DECISION FILE ... [roles] [options]"
    parser.description = (
        "Judge every constraint and promise of a recorded decision on other rows. Without labels only the flagged share and "
        "the scores are compared. The exit code is 1 when the decision does not hold."
    )
    parser.add_argument("files", metavar="DECISION FILE", nargs="*", help="the record, then the file of predictions")  # fmt: skip
    parser.add_argument("--level", type=level, action=Once, help="of the intervals (default: 0.95)")
    parser.set_defaults(models=[])
    add_format(parser)
    add_roles(parser)
    parser.epilog = examples(
        "faultline check decision.json january.csv",
        "faultline check decision.json january.parquet --format json",
        "faultline check decision.json unlabelled.csv",
    )


def run(options: Namespace) -> int:
    """Judge, print, and return 1 when something is broken."""
    record = split_off_first(options, "check")
    if options.filter is not None:
        raise Refusal(
            "A decision is checked on all rows of a file: leave --filter out, or write the rows to a file."
        )
    with user_errors():
        from app.commands.decision_text import check_text
        from metrics_core.decisions.check import check
        from metrics_core.decisions.record import Decision

        decision = Decision.load(record)
        source, columns = opened_table(options)
        roles = read_arguments(options, columns)
        column = roles.get("y_score") or decision.y_score
        if not isinstance(column, str):
            raise Refusal("A decision has one score: name one column with --y-score.")
        data = _labelled(decision, source, roles | {"y_score": column})
        checked = check(decision, data, y_score=column, level=options.level or 0.95)
        if options.format == "json":
            write_json(checked.to_dict())
        else:
            write(check_text(checked))
    return 0 if checked.holds else 1


def _labelled(decision: Decision, source: Source, roles: dict[str, Any]) -> Any:
    """Read the labels; the bare table when it has none."""
    from metrics_core import read

    y_true = roles.get("y_true") or decision.roles["y_true"]
    if y_true not in source.names and "y_true" not in roles:
        print(f"There is no column {y_true!r} of labels, so only the flagged share and the scores are compared.", file=sys.stderr)  # fmt: skip
        return source
    if source.column(y_true).null_count == source.n_rows:
        print(f"Column {y_true!r} is empty, so only the flagged share and the scores are compared.", file=sys.stderr)  # fmt: skip
        return source
    kept = {role: column for role in ("weight", "group", "amount") if (column := decision.roles.get(role)) in source.names}  # fmt: skip
    if "weight" in kept:
        kept["weight_kind"] = decision.roles.get("weight_kind", "sampling")
    settled = {
        "y_true": y_true,
        "pos_label": decision.pos_label,
        "score_kind": decision.score_kind,
        "task": "binary",
    }
    return read(source, **{**kept, **settled, **roles})
