"""``faultline threshold``: choose a threshold, and hand it over as a record that runs."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from app.arguments import (
    Once,
    Parser,
    Refusal,
    add_files,
    add_format,
    add_roles,
    examples,
    filled,
    level,
    number,
)
from app.commands.answers import write, write_json
from app.commands.tables import need_files, opened, user_errors

if TYPE_CHECKING:
    from metrics_core import Predictions
    from metrics_core.decisions.record import Decision


def describe(parser: Parser) -> None:
    """Fill the parser."""
    parser.usage = "faultline threshold FILE ... (--maximize METRIC | --minimize cost) [roles] [options]"
    parser.description = (
        "Choose a threshold under constraints, say how sure the choice is and what can be promised of it, report it once on "
        "other rows, and write the decision as a record for faultline check and faultline apply."
    )
    add_files(parser)
    aim = parser.add_argument_group("objective")
    aim.add_argument("--maximize", metavar="METRIC", action=Once, type=filled,
                     help="a metric at a threshold, such as f1, mcc, youden_j, f0.25 (any beta)")  # fmt: skip
    aim.add_argument("--minimize", metavar="METRIC", action=Once, type=filled, help="cost, or a metric such as fnr")  # fmt: skip
    for flag, what in (("--cost-fp", "a false positive costs (default: 1)"), ("--cost-fn", "a false negative costs (default: 1, or its amount with --amount)"),
                       ("--gain-tp", "a true positive gains (default: 0)"), ("--gain-tn", "a true negative gains (default: 0)")):  # fmt: skip
        aim.add_argument(flag, metavar="C", action=Once, type=filled, help=f"what {what}: a number, amount, or 0.5*amount")  # fmt: skip
    limits = parser.add_argument_group("constraints")
    limits.add_argument("--subject-to", metavar="LIMIT", action="append", default=[], type=filled,
                        help='such as "precision>=0.9"; may repeat')  # fmt: skip
    limits.add_argument("--capacity", metavar="N", action=Once, type=filled, help="most rows to flag: 200, 5%%, 200/day or 5%%/week")  # fmt: skip
    limits.add_argument("--prevalence", metavar="P", action=Once, type=number, help="share of positives where it will run")  # fmt: skip
    limits.add_argument("--per", metavar="COLUMN", action=Once, type=filled, help="a threshold of its own for each group of a column")  # fmt: skip
    rows = parser.add_argument_group("rows")
    rows.add_argument("--select-on", metavar="SPLIT", action=Once, type=filled, help="choose on these rows of the split column")  # fmt: skip
    rows.add_argument("--report-on", metavar="SPLIT", action=Once, type=filled, help="report once on these")
    promises = parser.add_argument_group("promises")
    promises.add_argument("--certify", metavar="PROMISE", action="append", default=[], type=filled,
                          help='such as "recall>=0.9", "fpr<=0.05" or "precision>=0.8"; may repeat')  # fmt: skip
    promises.add_argument("--confidence", metavar="P", action=Once, type=level, help="with which all promises hold together (default: 0.95)")  # fmt: skip
    promises.add_argument("--keep-promises", action="store_true", help="choose only among the cuts that are certified")  # fmt: skip
    out = parser.add_argument_group("answer")
    out.add_argument("-o", "--output", metavar="FILE", action=Once, type=filled, help="also write the decision, such as decision.json")  # fmt: skip
    out.add_argument("--exact", action="store_true", help="try every distinct score, also of very many rows")
    add_format(out)
    add_roles(parser)
    parser.epilog = examples(
        "faultline threshold predictions.csv --maximize f1",
        "faultline threshold predictions.csv --minimize cost --cost-fp 1 --cost-fn 9",
        "faultline threshold predictions.csv --minimize cost --amount amount --cost-fp 5",
        'faultline threshold predictions.csv --maximize recall --subject-to "precision>=0.8" --capacity 5%',
        "faultline threshold predictions.csv --maximize f1 --select-on validation --report-on test -o decision.json",
        'faultline threshold predictions.csv --maximize precision --certify "recall>=0.9" --keep-promises',
    )


def run(options: Namespace) -> int:
    """Choose, print, and return 1 when no threshold is feasible."""
    need_files(options, "threshold")
    if (options.maximize is None) == (options.minimize is None):
        raise Refusal("Say what to aim for: --maximize METRIC, or --minimize cost. See faultline threshold --help.")  # fmt: skip
    with user_errors():
        from app import printing
        from app.commands.decision_text import decision_text
        from metrics_core import read
        from metrics_core.decisions.select import select

        table = opened(options)
        predictions = read(table.data, **table.roles)
        decision = select(
            predictions,
            maximize=options.maximize,
            minimize=options.minimize,
            cost_fp=options.cost_fp,
            cost_fn=options.cost_fn,
            gain_tp=options.gain_tp,
            gain_tn=options.gain_tn,
            subject_to=options.subject_to,
            capacity=options.capacity,
            prevalence=options.prevalence,
            per=options.per,
            certify=options.certify,
            confidence=options.confidence or 0.95,
            keep_promises=options.keep_promises,
            select_on=options.select_on,
            report_on=options.report_on,
            where=options.filter,
            exact=options.exact or None,
        )
        sys.stderr.write(printing.guesses_text(predictions, table.roles))
        if options.output is not None:
            decision.save(options.output)
        if options.format == "json":
            write_json(_answer(predictions, decision, exact=options.exact))
        else:
            write(decision_text(decision))
    return 0 if decision.feasible else 1


def _answer(predictions: Predictions, decision: Decision, *, exact: bool) -> dict[str, Any]:
    """Put the decision beside the metrics at its threshold, on the rows it is reported on."""
    from metrics_core import evaluate
    from metrics_core.decisions.asked import looked_at
    from metrics_core.intervals import REPLICATES, SEED

    where = looked_at(decision, decision.reported_on or decision.selected_on, predictions)
    evaluation = evaluate(predictions, threshold=decision.threshold, where=where, exact=exact)
    whole = evaluation.to_dict()
    shown = next(one for one in whole.get("models", [whole]) if one["model"] == decision.model)
    findings = [f.to_dict() for f in decision.findings]
    drawn = {"seed": SEED, "replicates": REPLICATES}
    return shown | drawn | {"findings": [*findings, *shown["findings"]], "decision": decision.to_dict()}
