"""Time two ways of doing the same in turn, so that a busy machine slows down both."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Result:
    """One line of the table.

    Attributes
    ----------
    name : str
    ours, theirs : float
        Seconds; the medians of the pairs.
    peer : str
        What the other way is.
    goal : str
        The ratio that was set as goal.
    reached : bool
    ratio : str
        As it is printed.
    note : str
    """

    name: str
    ours: float
    theirs: float
    peer: str
    goal: str
    reached: bool
    ratio: str
    note: str = ""


def paired(ours: Callable[[], object], theirs: Callable[[], object], *, times: int = 5, slow: int = 3) -> tuple[float, float, float]:  # fmt: skip
    """Run both in turn and return the median seconds of each and the median ratio theirs / ours.

    Parameters
    ----------
    ours, theirs : callable
    times : int
        Pairs.
    slow : int
        Pairs when one of them takes longer than two seconds.
    """
    ours()  # first calls import and warm caches
    pairs: list[tuple[float, float]] = []
    while len(pairs) < (slow if pairs and max(pairs[0]) > 2 else times):
        pairs.append((seconds(ours), seconds(theirs)))
    a, b = zip(*pairs, strict=True)
    return median(a), median(b), median(y / x for x, y in pairs)


def seconds(what: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    what()
    return time.perf_counter() - start


def at_least(name: str, goal: float, ours: Callable[[], object], theirs: Callable[[], object], peer: str, note: str = "", *, scale: float = 1.0, times: int = 5) -> Result:  # fmt: skip
    """Ask that ours be so many times faster; ``scale`` multiplies the time of a peer that did part of the work."""
    a, b, ratio = paired(ours, theirs, times=times)
    ratio *= scale
    return Result(name, a, b * scale, peer, f"≥ {goal:g}×", ratio >= goal, f"{ratio:,.0f}×", note)


def at_most(name: str, goal: float, ours: Callable[[], object], limit: Callable[[], object], peer: str, note: str = "") -> Result:  # fmt: skip
    """Ask that ours take no more than so many times a lower limit."""
    a, b, ratio = paired(ours, limit, times=7)
    return Result(name, a, b, peer, f"≤ {goal:g}×", 1 / ratio <= goal, f"{1 / ratio:.1f}×", note)
