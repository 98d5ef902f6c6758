"""Writes the table of metrics in the README from the registry: ``python docs/metric_table.py``.

``tests/test_readme.py`` fails when the table in the README is not the one this writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isinf
from pathlib import Path

from metrics_core import REGISTRY
from metrics_core.metrics.spec import MetricSpec

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- metrics:begin -->", "<!-- metrics:end -->"
HEAD = ("metric", "key", "what it says", "best", "range", "interval")
BEST = {"higher": "high", "lower": "low", "neither": "–"}


def metric_tables(registry: Mapping[tuple[str, str], MetricSpec] = REGISTRY) -> str:
    """Return one Markdown table for each task, in the order of the registry; headline metrics are bold."""
    blocks = []
    for task in dict.fromkeys(task for task, _ in registry):
        specs = [spec for spec in registry.values() if spec.task == task]
        lines = [_line(HEAD), _line(["---"] * len(HEAD)), *(_line(_cells(spec)) for spec in specs)]
        blocks.append("\n".join([f"### {task.capitalize()}: {len(specs)} metrics", "", *lines]))
    return "\n\n".join(blocks) + "\n"


def rewritten(text: str, tables: str) -> str:
    """Return a page with the tables between its two markers.

    Raises
    ------
    ValueError
        If the page does not hold each marker once, the beginning first.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after or END in before + after:
        raise ValueError(f"The page must hold {BEGIN} and then {END}, each of them once.")
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"


def _cells(spec: MetricSpec) -> list[str]:
    name = f"**{spec.label}**" if spec.primary else spec.label
    span = f"{_end(spec.low)} to {_end(spec.high)}"
    return [name, f"`{spec.key}`", spec.about, BEST[spec.better], span, spec.interval]


def _end(value: float) -> str:
    sign = "−" if value < 0 else ""
    return f"{sign}∞" if isinf(value) else f"{sign}{abs(value):g}"


def _line(cells: list[str] | tuple[str, ...]) -> str:
    """Write cells as a line of a Markdown table; a bar inside a cell would end it."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main() -> None:
    """Bring the README up to date and say whether that changed it."""
    text = README.read_text(encoding="utf-8")
    new = rewritten(text, metric_tables())
    if new != text:
        README.write_text(new, encoding="utf-8")
    print(f"{README.name}: {'table of metrics is current' if new == text else 'table of metrics rewritten'}")


if __name__ == "__main__":
    main()
