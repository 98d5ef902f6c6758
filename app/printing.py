"""What the command line prints: aligned text, from the same objects as the JSON."""

from __future__ import annotations

import shutil
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from math import isfinite
from typing import TYPE_CHECKING, Any

from .flags import around_of_models, flag_of, role_flags
from .numbers import NOT_AVAILABLE, by_unit, count, interval, threshold

if TYPE_CHECKING:
    from demo_data import Demo
    from metrics_core import Evaluation, NeedsChoice, Predictions
    from metrics_core.metrics.spec import MetricSpec

#: A breakdown shows the headline metrics only; the JSON has all of them.
_WIDEST = 110
_NARROWEST = 60
#: A matrix of more classes does not fit a terminal; the JSON has it.
_WIDEST_MATRIX = 12
#: What the table of classes shows; the JSON has all of it.
_OF_CLASS = ("precision", "recall", "f1", "roc_auc")
#: What is guessed around a predicted number, of each model.
_AROUND = ("interval", "quantile", "y_std")


def plain(text: object) -> str:
    r"""Write text from a file on one line; what could steer a terminal is spelled out.

    Examples
    --------
    >>> print(plain("a\tb\x1b[31m"))
    a\tb\x1b[31m
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def aligned(rows: Sequence[Sequence[str]], *, right: Iterable[int] = (), gap: int = 2) -> list[str]:
    """Write cells in columns.

    Parameters
    ----------
    rows : sequence of sequences of str, all of the same length
    right : iterable of int
        Columns set flush right.
    gap : int
        Blanks between columns.
    """
    rights = set(right)
    widths = [max(map(_width, column), default=0) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            " " * (w - _width(c)) + c if i in rights else c + " " * (w - _width(c))
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append((" " * gap).join(cells).rstrip())
    return lines


def _width(text: str) -> int:
    """Count the terminal columns of a text: East Asian signs take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def _page_width() -> int:
    """Fit the terminal within reason; without one, as the documentation shows it."""
    return min(max(shutil.get_terminal_size((_WIDEST, 24)).columns, _NARROWEST), _WIDEST)


def paragraph(text: str, first: int = 4) -> list[str]:
    """Break a text into lines of the page, indented by four; the first one may stand out."""
    return textwrap.wrap(
        text, _page_width(), initial_indent=" " * first, subsequent_indent=" " * 4, break_on_hyphens=False
    )


# ------------------------------------------------------------------------------------------------ evaluation


def evaluation_text(evaluation: Evaluation, specs: Sequence[MetricSpec]) -> str:
    """Write everything about each model: headline, metrics, confusion matrix, breakdowns, findings."""
    whole = evaluation.to_dict()
    objects: list[dict[str, Any]] = whole.get("models") or [whole]
    blocks: list[list[str]] = []
    for model, shown in zip(evaluation.models, objects, strict=True):
        blocks.append(_headline(evaluation.predictions.name, shown))
        blocks.append(_metric_table(shown, specs))
        if "classes" in shown:
            blocks.append(_classes(shown))
        if shown.get("baselines"):
            blocks.append(_baselines(shown, specs))
        elif "confusion" in shown and len(shown["confusion"]["labels"]) <= _WIDEST_MATRIX:
            blocks.append(_confusion(shown["confusion"]))
        labels = [group.level.label for group in model.groups]
        blocks += _breakdowns(shown["by"], labels, [spec for spec in specs if spec.primary])
        if shown["findings"]:
            blocks.append(findings_lines(shown["findings"]))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _headline(name: str, shown: Mapping[str, Any]) -> list[str]:
    """Say what was measured."""
    used, read = shown["rows_used"], shown["rows_read"]
    dropped = [f"{reason} {count(n)}" for reason, n in shown["dropped"].items() if n]
    cut = shown["threshold"]
    roles = shown["roles"]
    said = {
        "File": plain(name),
        "Rows": f"{count(used)} used of {count(read)} read" + (f" ({', '.join(dropped)})" if dropped else ""),
        "Model": plain(shown["model"]),
        "Positive": f"{plain(shown['pos_label'])} in {plain(roles['y_true'])}",
        "Classes": f"{count(len(shown.get('confusion', {}).get('labels', ())))} in {plain(roles['y_true'])}",
        "Truth": f"{plain(roles['y_true'])}; an error is prediction minus truth",
        "Series": _series(roles),
        "Threshold": "none: the predicted labels of the file count" if cut is None else f"{threshold(cut)} (score >= threshold is positive)",
    }  # fmt: skip
    kept = {"multiclass": ("Classes",), "regression": ("Truth",), "forecasting": ("Truth", "Series")}.get(
        shown["task"], ("Positive", "Threshold")
    )
    for line in {"Positive", "Threshold", "Classes", "Truth", "Series"}.difference(kept):
        del said[line]
    if not shown["exact"]:
        said["Scores"] = (
            "counted in narrow bins; --exact counts every one, --format json has the certified bounds"
        )
    if shown["filter"]:
        said["Filter"] = plain(shown["filter"])
    if "weight" in roles:
        said["Weight"] = (
            f"{plain(roles['weight'])} ({roles['weight_kind']}), effective rows {count(round(shown['effective_n'], 1))}"
        )
    return aligned([[k, v] for k, v in said.items()])


def _series(roles: Mapping[str, Any]) -> str:
    """Say what the forecasts are for, and what was known before them."""
    by = f"by {', '.join(map(plain, roles['series']))}" if roles.get("series") else "one"
    known = f"history from {plain(roles['train'])}" if roles.get("train") else "history from the true values before each origin"  # fmt: skip
    return f"{by}; season {roles.get('season', 1)}; {known}"


def _metric_table(shown: Mapping[str, Any], specs: Sequence[MetricSpec]) -> list[str]:
    """One line a metric: label, value, interval, or why there is none."""
    intervals = shown.get("intervals")
    head = ["Metric", "Value"] + ([_level_heading(intervals)] if intervals else [])
    rows = [head]
    reasons = [""]
    for spec, key, label in _named(specs, shown["metrics"]):
        value = shown["metrics"][key]
        entry = intervals.get(key) if intervals and value is not None else None
        row = [label, by_unit(value, spec.unit), _interval(entry, spec)]
        rows.append(row[: len(head)])
        reasons.append(shown["undefined"].get(key, "") if value is None else (entry or {}).get("reason", ""))
    lines = aligned(rows, right=range(1, len(head)))
    return [f"{line}  {reason}".rstrip() for line, reason in zip(lines, reasons, strict=True)]


def _classes(shown: Mapping[str, Any]) -> list[str]:
    """One line a class: its rows and how it fares against the rest."""
    from metrics_core.metrics.registry import REGISTRY

    specs = [REGISTRY["binary", key] for key in _OF_CLASS]
    specs = [spec for spec in specs if any(c["metrics"].get(spec.key) is not None for c in shown["classes"])]
    rows = [["Class", "Rows", *(spec.label for spec in specs)]]
    for c in shown["classes"]:
        rows.append([plain(c["label"]), count(c["support"]), *(by_unit(c["metrics"].get(s.key), s.unit) for s in specs)])  # fmt: skip
        if "intervals" in c:
            rows.append(["", "", *(_interval(c["intervals"].get(s.key), s) for s in specs)])
    return ["Each class against the rest", *aligned(rows, right=range(1, len(specs) + 2))]


def _baselines(shown: Mapping[str, Any], specs: Sequence[MetricSpec]) -> list[str]:
    """Write the model beside always predicting the mean and the median of the true values, or beside naive forecasts."""
    ahead = shown["task"] == "forecasting"
    of = (
        ("mase", "smape", "mae", "rmse", "bias")
        if ahead
        else ("mae", "rmse", "r2", "median_absolute_error", "bias")
    )
    keys = [spec for spec in specs if spec.key in of]
    names = [name.replace("_", " ") if ahead else f"always the {name}" for name in shown["baselines"]]
    rows = [["", "Model", *names]]
    for spec in keys:
        values = [shown["metrics"][spec.key], *(found.get(spec.key) for found in shown["baselines"].values())]
        rows.append([spec.label, *(by_unit(value, spec.unit) for value in values)])
    return [
        "Against naive forecasts" if ahead else "Against a constant",
        *aligned(rows, right=range(1, len(rows[0]))),
    ]


def _named(specs: Sequence[MetricSpec], values: Mapping[str, Any]) -> Iterable[tuple[MetricSpec, str, str]]:
    """Give each value its row of the table: spec, key and label, those at k once for each k."""
    for spec in specs:
        if spec.takes_level:
            stem = spec.key.removesuffix("level")
            for key in values:
                if key.startswith(stem):
                    yield spec, key, f"{spec.label.removesuffix('level')}{key.removeprefix(stem)}"
            continue
        if not spec.takes_k:
            if spec.key in values:
                yield spec, spec.key, spec.label
            continue
        stem = spec.key.removesuffix("k")
        for key in values:
            if key.startswith(stem):
                yield spec, key, f"{spec.label.removesuffix('k')}{int(key.removeprefix(stem)):,}"


def _level_heading(intervals: Mapping[str, Any]) -> str:
    levels = {entry["level"] for entry in intervals.values()}
    return f"{100 * levels.pop():g}% interval" if len(levels) == 1 else "Interval"


def _interval(entry: Mapping[str, Any] | None, spec: MetricSpec) -> str:
    """Write an interval; nothing when there is none."""
    return "" if entry is None else interval(entry["low"], entry["high"], spec.unit)


def _confusion(confusion: Mapping[str, Any]) -> list[str]:
    """Write the matrix with its labels on both sides."""
    labels = [plain(label) for label in confusion["labels"]]
    rows = [["true", *labels]]
    rows += [
        [name, *(count(n) for n in line)] for name, line in zip(labels, confusion["matrix"], strict=True)
    ]
    lines = aligned(rows, right=range(1, len(labels) + 1), gap=3)
    return ["Confusion matrix (columns: predicted)", *(f"  {line}" for line in lines)]


def _breakdowns(
    groups: Sequence[Mapping[str, Any]], labels: Sequence[str], specs: Sequence[MetricSpec]
) -> list[list[str]]:
    """Write one table for each column asked for, of the headline metrics."""
    tables: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for group, label in zip(groups, labels, strict=True):
        tables.setdefault(group["column"], []).append((label, group))
    return [_breakdown(column, found, specs) for column, found in tables.items()]


def _breakdown(
    column: str, groups: Sequence[tuple[str, Mapping[str, Any]]], specs: Sequence[MetricSpec]
) -> list[str]:
    """Write the groups of one column; an interval stands below its value."""
    specs = [spec for spec in specs if any(spec.key in group["metrics"] for _, group in groups)]
    heads = [[plain(column)], ["Rows"], *(spec.label.split() for spec in specs)]
    rows = [list(line) for line in zip_longest(*heads, fillvalue="")]
    for label, group in groups:
        values = [by_unit(group["metrics"].get(spec.key), spec.unit) for spec in specs]
        rows.append([plain(label), count(group["rows"]), *values])
        intervals = group.get("intervals")
        if intervals:
            rows.append(["", "", *(_interval(intervals.get(spec.key), spec) for spec in specs)])
    lines = aligned(rows, right=range(1, len(specs) + 2))
    missing = any(group["metrics"].get(spec.key) is None for _, group in groups for spec in specs)
    return [f"By {plain(column)}", *lines, *([f"{NOT_AVAILABLE}: --format json says why"] if missing else [])]


def findings_lines(findings: Sequence[Mapping[str, str]]) -> list[str]:
    """Write what the reader of the numbers should know."""
    lines = ["Findings"]
    for finding in findings:
        lines += paragraph(f"{finding['severity']} {finding['id']}: {plain(finding['text'])}", first=2)
        if finding["action"]:
            lines += paragraph(plain(finding["action"]))
    return lines


# ------------------------------------------------------------------------------------------------ guesses and questions


_OF_FORECASTS = ("series", "time", "origin", "horizon")


def guesses_text(predictions: Predictions, named: Iterable[str]) -> str:
    """Say which roles were guessed and why, each as the flag that would name it.

    When some roles were named, only the guesses that decide a number are mentioned.
    """
    known = set(named)
    roles, model = predictions.roles, predictions.roles.models[0]
    deciding = {
        "task",
        "y_true",
        "y_score",
        "y_pred",
        "proba_prefix",
        "model_column",
        "quantile_level",
        *_OF_FORECASTS,
    }
    rows = []
    for role, reason in predictions.reasons.items():
        if role in _AROUND:
            if role not in known:
                flags = [f"  {flag} {plain(one)}" for flag, one in role_flags({role: around_of_models(roles, role)})]  # fmt: skip
                rows += [[flag, plain(reason) if i == 0 else ""] for i, flag in enumerate(flags)]
            continue
        value = (
            model.proba
            if role == "proba_prefix"
            else getattr(model if role in ("y_score", "y_pred") else roles, role)
        )
        if (
            role in known
            or (known and role not in deciding)
            or (role == "time" and known and roles.task != "forecasting")
            or value is None
            or (role, value) == ("task", "binary")
        ):
            continue
        flag = flag_of(role)
        if role == "proba_prefix":
            label, column = model.proba[0]
            value = column.removesuffix(label)
            if value in ("", column):  # the columns carry the names of the classes, or write them otherwise
                flag, value = "--proba", f"{label}={column}"
        for one in value if isinstance(value, tuple) else (value,):
            rows.append([f"  {flag} {plain(one)}", plain(reason)])
    if not rows:
        return ""
    return "\n".join([f"Guessed from names and values in {plain(predictions.name)}:", *aligned(rows)]) + "\n"


def question_text(question: NeedsChoice, flags: Iterable[str]) -> str:
    """Write a question with the ways to answer it, ready to be copied."""
    from shlex import quote

    flag = flag_of(question.id)
    rows = []
    for option in question.options:
        ways = [f"--choose {quote(question.id)}={quote(option.value)}"]
        if flag in set(flags):
            ways.append(f"{flag} {quote(option.value)}")
        rows.append(["  " + "  or  ".join(map(plain, ways)), plain(option.note)])
    return "\n".join([plain(question.question), "Answer with one of:", *aligned(rows)])


# ------------------------------------------------------------------------------------------------ lists


def metric_entry(spec: MetricSpec) -> dict[str, Any]:
    """Return a metric as ``faultline list metrics --format json`` says it; null is no limit."""
    return {
        "key": spec.key,
        "task": spec.task,
        "label": spec.label,
        "better": spec.better,
        "low": spec.low if isfinite(spec.low) else None,
        "high": spec.high if isfinite(spec.high) else None,
        "undefined_when": spec.undefined_when,
        "about": spec.about,
        "interval": spec.interval,
        "source": spec.source,
        "synonyms": list(spec.synonyms),
        "needs": spec.needs or None,
    }


def metrics_text(entries: Sequence[Mapping[str, Any]]) -> str:
    """Write metrics as blocks, the key first; under the name of their task when there are several."""
    blocks = []
    several = len({entry["task"] for entry in entries}) > 1
    task = ""
    for entry in entries:
        if several and entry["task"] != task:
            task = entry["task"]
            blocks.append(f"Task {task}")
        low = "-inf" if entry["low"] is None else f"{entry['low']:g}"
        high = "inf" if entry["high"] is None else f"{entry['high']:g}"
        better = {"higher": "higher is better", "lower": "lower is better"}.get(
            entry["better"], "neither end is better"
        )
        lines = [f"{entry['key']}  {entry['label']}; {better}, {low} to {high}"]
        about = [entry["about"]]
        if entry["synonyms"]:
            about.append(f"Also called {', '.join(entry['synonyms'])}.")
        if entry["needs"]:
            about.append(f"Needs a {entry['needs']}.")
        lines += paragraph(" ".join(about))
        lines += paragraph(
            f"Undefined when {entry['undefined_when']}. Interval: {entry['interval']}. Source: {entry['source']}.",
            4,
        )
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def demo_entry(demo: Demo) -> dict[str, Any]:
    """Return a demo as ``faultline list demos --format json`` says it."""
    roles = {k: list(v) if isinstance(v, tuple) else v for k, v in demo.roles.items()}
    return {"name": demo.name, "task": demo.task, "title": demo.title, "about": demo.about, "roles": roles}


def demos_text(entries: Sequence[Mapping[str, Any]]) -> str:
    """Write demos as blocks, the name first."""
    blocks = [
        "\n".join([f"{e['name']}  {e['title']} ({e['task']})", *paragraph(e["about"])]) for e in entries
    ]
    return "\n\n".join(blocks) + "\n"


def tasks_text(entries: Sequence[Mapping[str, Any]]) -> str:
    """Write tasks with what there is for them."""
    rows = [["Task", "Metrics", "Demos"]]
    rows += [[e["task"], str(len(e["metrics"])), ", ".join(e["demos"])] for e in entries]
    return "\n".join(aligned(rows, right=[1])) + "\n"
