"""``faultline apply``: run a recorded decision, one flag for each row."""

from __future__ import annotations

from argparse import Namespace

from app.arguments import Once, Parser, Refusal, add_format, examples, filled, pair
from app.commands.answers import write, write_json
from app.commands.tables import opened_table, split_off_first, user_errors


def describe(parser: Parser) -> None:
    """Fill the parser."""
    parser.usage = "faultline apply DECISION FILE ... -o FLAGGED [options]"
    parser.description = (
        "Flag every row of a file as a recorded decision says. The columns flagged (1, 0, or empty without a score) and "
        "threshold are added; the rows stay in their order. Labels are not needed."
    )
    parser.add_argument("files", metavar="DECISION FILE", nargs="*", help="the record, then the file of predictions")  # fmt: skip
    parser.add_argument("-o", "--output", metavar="FLAGGED", action=Once, type=filled, help="the file to write: .csv, .tsv or .parquet")  # fmt: skip
    parser.add_argument("--y-score", metavar="COLUMN", action=Once, type=filled, help="the scores, when they are called otherwise here")  # fmt: skip
    parser.add_argument("--choose", metavar="ID=OPTION", action="append", type=pair("ID=OPTION"), help="answer a question about the table; may repeat")  # fmt: skip
    parser.set_defaults(models=[])
    add_format(parser)
    parser.epilog = examples(
        "faultline apply decision.json today.csv -o flagged.csv",
        "faultline apply decision.json today.parquet -o flagged.parquet --format json",
    )


def run(options: Namespace) -> int:
    """Flag the rows and say how many there are."""
    record = split_off_first(options, "apply")
    if options.output is None:
        raise Refusal("Say where to write the flags: -o flagged.csv. See faultline apply --help.")
    with user_errors():
        from app.commands.decision_text import applied_text
        from metrics_core.decisions.apply import apply
        from metrics_core.decisions.record import Decision

        decision = Decision.load(record)
        source, _ = opened_table(options)
        applied = apply(decision, source, options.output, y_score=options.y_score)
        if options.format == "json":
            write_json(applied.to_dict() | {"output": options.output})
        else:
            write(applied_text(applied, options.output))
    return 0
