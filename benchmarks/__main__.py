"""Print the table: ``python -m benchmarks [--quick]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from . import binary, deciding, discovery, many, page, planted, predicted
from .timing import Result


def main() -> int:
    """Measure and print one Markdown table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Ratios against other libraries."
    )
    parser.add_argument("--quick", action="store_true", help="fewer rows; the ratios grow with the rows")
    quick = parser.parse_args().quick
    print(
        "| what | ours | theirs | ratio | goal | | beside |\n| --- | ---: | ---: | ---: | ---: | --- | --- |",
        flush=True,
    )
    missed = 0
    for result in _all(quick=quick):
        missed += not result.reached
        print(_line(result), flush=True)
    print(
        f"\n{missed} of the goals were missed in this run."
        if missed
        else "\nEvery goal was reached in this run."
    )
    return 0


def _all(*, quick: bool) -> Iterator[Result]:
    """Every measurement, in order."""
    yield from binary.results(quick=quick)
    yield from deciding.results(quick=quick)
    yield from many.results(quick=quick)
    yield from predicted.results(quick=quick)
    yield from discovery.results(quick=quick)
    yield from planted.results(quick=quick)
    yield from page.results(quick=quick)


def _line(r: Result) -> str:
    """Write one line of the table."""
    beside = f"{r.peer}; {r.note}" if r.note else r.peer
    return f"| {r.name} | {_time(r.ours)} | {_time(r.theirs)} | {r.ratio} | {r.goal} | {'reached' if r.reached else 'missed'} | {beside} |"


def _time(seconds: float) -> str:
    """Write seconds with two digits."""
    if seconds == 0:
        return ""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


if __name__ == "__main__":
    sys.exit(main())
