"""What the comparison of groups says, in words and in the order it is told."""

from __future__ import annotations

import re
from math import isnan

from app import numbers
from app.charts.group_bars import verdict
from metrics_core.groups_compared import ComparedGroup, GroupTable
from metrics_core.metrics.spec import MetricSpec
from metrics_core.rate_interval import rate_cells
from metrics_core.slices import Level

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def phrase(group: ComparedGroup) -> str:
    """Write a group as a condition: ``sex = Male``, ``age [41, 51)``, ``city missing``."""
    return f"{group.column}: {group.label}" if group.level is None else condition(group.level)


def condition(level: Level) -> str:
    """Write a level of a column in the same way."""
    if level.closed:
        return f"{level.column} {level.label}"
    return f"{level.column} missing" if level.value is None else f"{level.column} = {level.label}"


def against_rest(table: GroupTable, group: ComparedGroup) -> str:
    """Write a group's number beside that of all other rows: ``18.6% (17.9–19.4%), elsewhere 7.1%``."""
    unit = table.metric.unit
    span = "" if isnan(group.low) else f" ({numbers.interval(group.low, group.high, unit)})"
    return f"{numbers.by_unit(group.value, unit)}{span}, elsewhere {numbers.by_unit(group.rest, unit)}"


def difference(value: float, unit: str) -> str:
    """Write a difference with its sign, shares in percentage points: ``+5.3``, ``−0.041``."""
    if isnan(value):
        return numbers.NOT_AVAILABLE
    written = f"{100 * value:+.1f}" if unit == "share" else f"{value:+.3f}"
    return written.replace("-", "−")


def summary(table: GroupTable) -> str:
    """Say in a sentence what the groups of a column show (Markdown)."""
    label = table.metric.label
    clear = sorted((g for g in table.groups if g.clear and g.level), key=lambda g: -abs(g.z))
    if table.metric.better == "neither":
        high = [g for g in clear if g.difference > 0]
        return f"Highest for certain at **{numbers.plain(high[0].label)}**: {against_rest(table, high[0])}." if high else f"{label} differs clearly in no group."  # fmt: skip
    worse = [g for g in clear if table.worse(g)]
    if worse:
        return f"Clearly worse at **{numbers.plain(worse[0].label)}**: {label} {against_rest(table, worse[0])}." + (
            f" {len(worse) - 1} more {'is' if len(worse) == 2 else 'are'} clearly worse." if len(worse) > 1 else "")  # fmt: skip
    return f"No group is clearly worse than the rest{'; some are better' if clear else ''}."


def is_of_some_rows(spec: MetricSpec) -> bool:
    """Tell a rate that is counted on part of the rows, such as the positives: then their number matters most."""
    return spec.task == "binary" and spec.interval == "wilson" and not rate_cells(spec.fn)[1].all()


def span_of_difference(group: ComparedGroup, unit: str) -> str:
    """Write the interval of a difference: ``−2.6 to 4.1``."""
    if isnan(group.difference_low):
        return numbers.NOT_AVAILABLE
    ends = (group.difference_low, group.difference_high)
    return " to ".join(difference(end, unit).removeprefix("+") for end in ends)


def found(table: GroupTable, group: ComparedGroup) -> str:
    """Say what the test of a group found, or why there is none: ``worse, q 0.012``."""
    if group.reason:
        return f"{numbers.NOT_AVAILABLE}: {group.reason}"
    if isnan(group.q):
        return "(other)" if group.level is None else verdict(table, group)
    said = verdict(table, group).removeprefix("clearly ") if group.clear else "not clear"
    return f"{said}, q {'< 0.001' if group.q < 0.001 else f'{group.q:.2g}'}"


def in_order(table: GroupTable) -> list[int]:
    """Order the groups: ranges and numbers as they follow each other, names from the worst; what is missing last."""
    groups, spec, ordered = table.groups, table.metric, _steps(table)

    def place(i: int) -> tuple[bool, bool, float, int]:
        g = groups[i]
        last = g.level is None or is_missing(g)
        if ordered is not None:
            return last, False, ordered.get(i, 0.0), i
        worth = 0.0 if isnan(g.value) else g.value if spec.better == "higher" else -g.value
        return last, g.small or isnan(g.value), worth, i

    return sorted(range(len(groups)), key=place)


def _steps(table: GroupTable) -> dict[int, float] | None:
    """Return a number to order the groups by when they are steps of a scale, such as ``<25``, ``25-34``, ``35+``."""
    named = {i: g for i, g in enumerate(table.groups) if g.level is not None and not is_missing(g)}
    if any(g.level is not None and g.level.closed for g in named.values()):
        return {i: float(i) for i in named}
    firsts = {i: _NUMBER.search(g.label) for i, g in named.items()}
    if not firsts or any(first is None for first in firsts.values()):
        return None
    return {i: float(first[0]) - 0.5 * (named[i].label[0] in "<≤") for i, first in firsts.items() if first}


def is_missing(group: ComparedGroup) -> bool:
    """Tell the group of the empty cells."""
    return group.level is not None and group.level.value is None and not group.level.closed
