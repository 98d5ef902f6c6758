"""What the command line prints about a decision: made, checked and run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isinf, isnan
from typing import TYPE_CHECKING, Any

from app.numbers import NOT_AVAILABLE, by_unit, count, interval, share, threshold
from app.printing import aligned, findings_lines, paragraph, plain

if TYPE_CHECKING:
    from metrics_core.decisions.apply import Applied
    from metrics_core.decisions.check import Check
    from metrics_core.decisions.record import Decision


def decision_text(decision: Decision) -> str:
    """Write what was decided, what it is worth and what it promises."""
    blocks = [_head(decision)]
    if decision.apparent is not None:
        blocks += [_worth(decision), _counts(decision)]
    elif decision.infeasible is not None:
        blocks.append(_in_the_way(decision.infeasible))
    if decision.thresholds:
        rows = [[plain(one.where), threshold(one.threshold)] for one in decision.thresholds]
        blocks.append(
            ["Groups with a threshold of their own", *(f"  {line}" for line in aligned(rows, right=[1]))]
        )
    if decision.certificates:
        blocks.append(_promises(decision.certificates))
    if decision.findings:
        blocks.append(findings_lines([f.to_dict() for f in decision.findings]))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def check_text(check: Check) -> str:
    """Write whether a decision holds on other rows."""
    d = check.decision
    said = {
        "Decision": f"{'holds' if check.holds else 'does not hold'} on these rows",
        "Threshold": NOT_AVAILABLE if d.threshold is None else threshold(d.threshold),
        "Rows": f"{count(check.rows)}{'' if check.labelled else ' without labels'}",
        "Flagged": f"{count(check.flagged)} ({share(check.flagged / check.rows)})",
    }
    if check.value is not None:
        said["Objective"] = f"{_aim(d.objective)} = {_value(check.value, d.objective)}"
    blocks = [aligned([[k, v] for k, v in said.items()])]
    if check.judgements:
        lines = [line for j in check.judgements for line in paragraph(f"{j.verdict:<7}  {plain(j.about)}", first=2)]  # fmt: skip
        blocks.append(["Judged one by one", *lines])
    if check.findings:
        blocks.append(findings_lines([f.to_dict() for f in check.findings]))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def applied_text(applied: Applied, out: str) -> str:
    """Write what was flagged."""
    of = "" if applied.flagged_share != applied.flagged_share else f" ({share(applied.flagged_share)})"
    blocks = [
        [f"{count(applied.flagged)} of {count(applied.rows)} rows flagged{of}; written to {plain(out)}."]
    ]
    if applied.findings:
        blocks.append(findings_lines([f.to_dict() for f in applied.findings]))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(decision: Decision) -> list[str]:
    """Say what was asked and what came out."""
    d, spread = decision, decision.interval
    cut = "none is feasible" if d.threshold is None else f"{threshold(d.threshold)} (score >= threshold is {plain(d.pos_label)})"  # fmt: skip
    kept = ["keeping what is promised"] if d.keep_promises else []
    said = {
        "Model": plain(d.model),
        "Threshold": cut,
        "To": ", ".join([_aim(d.objective), *map(plain, d.constraints), *kept]),
        "Chosen on": f"{plain(d.selected_on or 'all rows')}{f' where {plain(d.filter)}' if d.filter else ''}",
    }
    if spread is not None and spread["low"] is not None:
        said["May lie"] = f"{threshold(spread['low'])} to {threshold(spread['high'])} ({spread['level']:.0%} of {count(spread['replicates'])} draws)"  # fmt: skip
    if d.prevalence is not None:
        said["Prevalence"] = f"{share(d.prevalence)} where it will run"
    return aligned([[k, v] for k, v in said.items()])


def _worth(decision: Decision) -> list[str]:
    """Give the objective and the constraints on the rows chosen on, corrected, and on the rows reported on."""
    d = decision
    columns: list[tuple[str, Mapping[str, Any] | None]] = [("Where chosen", d.apparent)]
    if d.honest is not None:
        columns.append(("Honest", d.honest))
    if d.reported is not None:
        columns.append((f"On {plain(d.reported_on)}", d.reported))
    rows = [["", *(name for name, _ in columns)]]
    rows.append([_aim(d.objective), *(_value((of or {}).get("value"), d.objective) for _, of in columns)])
    for text in d.constraints:
        rows.append(
            [plain(text), *(_number(((of or {}).get("constraints") or {}).get(text)) for _, of in columns)]
        )
    return aligned(rows, right=range(1, len(rows[0])))


def _counts(decision: Decision) -> list[str]:
    """Give counts and rates at the threshold, with their intervals."""
    where, shown = ("chosen", decision.apparent) if decision.reported is None else (decision.reported_on, decision.reported)  # fmt: skip
    assert shown is not None  # a decision with a threshold is described
    c = shown["confusion"]
    rows = [["True positives", count(c["tp"]), ""], ["False positives", count(c["fp"]), ""],
            ["False negatives", count(c["fn"]), ""], ["True negatives", count(c["tn"]), ""]]  # fmt: skip
    for key, label in (("precision", "Precision"), ("recall", "Recall"), ("fpr", "False positive rate"), ("f1", "F1")):  # fmt: skip
        span = shown["intervals"].get(key)
        known = span is not None and span["low"] is not None
        if "metrics_at_prevalence" in shown:
            label += f" (at {share(decision.prevalence)} prevalence {by_unit(shown['metrics_at_prevalence'][key], 'share')})"
        rows.append([label, by_unit(shown["metrics"][key], "share"), interval(span["low"], span["high"], "share") if known else ""])  # fmt: skip
    of = "the rows it was chosen on" if where == "chosen" else plain(str(where))
    at = "these thresholds" if decision.thresholds else "this threshold"
    return [f"At {at}, on {of}", *(f"  {line}" for line in aligned(rows, right=[1, 2]))]


def _in_the_way(infeasible: Mapping[str, Any]) -> list[str]:
    """Say which constraints block and how close each comes."""
    rows = [["Constraint", "Nearest", "At", "In the way"]]
    for text, near in infeasible["nearest"].items():
        at = NOT_AVAILABLE if near["threshold"] is None or isnan(near["threshold"]) else threshold(near["threshold"])  # fmt: skip
        rows.append([plain(text), _number(near["value"]), at, "yes" if text in infeasible["blocking"] else ""])  # fmt: skip
    return ["No threshold is feasible", *aligned(rows, right=[1, 2])]


def _promises(certificates: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line a promise."""
    lines = ["Promises"]
    for c in certificates:
        text = plain(c["promise"])
        if c["holds"]:
            line = f"{text} at {threshold(c['threshold'])}, confidence {c['confidence']:.0%} ({c['method']}, {count(c['n'])} rows); {c['sentence']}."  # fmt: skip
        else:
            line = f"{text}: {plain(c['reason'])}."
        lines += paragraph(line, first=2)
    return lines


def _aim(objective: Mapping[str, Any]) -> str:
    """Say what was aimed for: ``maximize f1``."""
    verb = "maximize" if "maximize" in objective else "minimize"
    costs = objective.get("costs")
    if not costs:
        return f"{verb} {objective[verb]}"
    told = [f"{name} {price}" for name, price in costs.items() if price != "0"]
    return f"{verb} {objective[verb]} ({', '.join(told)})"


def _value(value: float | None, objective: Mapping[str, Any]) -> str:
    """Write the objective: money with thousands separators, a metric as a number."""
    if value is None or isnan(value):
        return NOT_AVAILABLE
    if isinf(value):
        return "infinite"
    return f"{value:,.2f}" if objective.get("minimize") == "cost" else f"{value:.4f}"


def _number(value: float | None) -> str:
    """Write the value of a constraint."""
    if value is None or isnan(value):
        return NOT_AVAILABLE
    return "infinite" if isinf(value) else f"{value:,.4g}"
