"""Slices planted in simulated rows: how often the search names exactly the planted one first, and what it finds in nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics_core.discovery import Asked, Discovery, find
from metrics_core.filters import equals
from metrics_core.grouping import Grouping
from metrics_core.row_losses import RowLoss
from metrics_core.slices import Level

from .timing import Result

ROWS, COLUMNS, LEVELS = 5_000, 8, 4
#: Share of the cells that repeat what all columns of a row have in common.
IN_COMMON = 0.3
DEPTH, SUPPORT = 3, 0.01


@dataclass(frozen=True)
class Planted:
    """One line of the simulation.

    Attributes
    ----------
    base : float
        Error rate of all other rows.
    more : float
        What the slice adds to it.
    support : float
        Share of the rows that the slice has, nearly.
    depth : int
        Conditions of the slice.
    goal : float
        Share of the runs that have to name exactly this slice first.
    """

    base: float
    more: float
    support: float
    depth: int
    goal: float


SETTINGS = (
    Planted(0.10, 0.15, 0.04, 2, 0.85),
    Planted(0.10, 0.15, 0.10, 2, 0.95),
    Planted(0.30, 0.20, 0.04, 2, 0.88),
    Planted(0.10, 0.25, 0.02, 3, 1.00),
)


def columns(rng: np.random.Generator, n: int = ROWS) -> list[NDArray[np.int8]]:
    """Draw columns of four uneven levels that go together a little."""
    shared = rng.random(n)
    out = []
    for _ in range(COLUMNS):
        uniform = np.where(rng.random(n) < IN_COMMON, shared, rng.random(n))
        shares = np.sort(rng.dirichlet(np.full(LEVELS, 6.0)))[::-1]
        out.append(np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right").astype(np.int8))
    return out


def rows_of(codes: Sequence[NDArray[np.int8]], slice_: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """Tell which rows have all levels of a slice."""
    found = np.ones(codes[0].size, dtype=bool)
    for column, level in slice_:
        found &= codes[column] == level
    return found


def plant(rng: np.random.Generator, codes: Sequence[NDArray[np.int8]], planted: Planted) -> tuple[tuple[tuple[int, int], ...], NDArray[np.bool_]]:  # fmt: skip
    """Choose the slice whose support is nearest to what was asked for among some drawn ones, and draw the errors."""
    drawn = []
    for _ in range(300):
        chosen = np.sort(rng.choice(len(codes), planted.depth, replace=False))
        drawn.append(tuple((int(c), int(rng.integers(LEVELS))) for c in chosen))
    slice_ = min(drawn, key=lambda s: abs(rows_of(codes, s).mean() - planted.support))
    rate = planted.base + planted.more * rows_of(codes, slice_)
    return slice_, rng.random(codes[0].size) < rate


def search(codes: Sequence[NDArray[np.int8]], wrong: NDArray[np.bool_], score: str = "z") -> Discovery:
    """Search as ``discover`` does, and list the best even when chance explains it."""
    groups = [
        Grouping(
            f"c{j}", tuple(Level(f"c{j}", str(v), equals(f"c{j}", v), value=v) for v in range(LEVELS)), code
        )
        for j, code in enumerate(codes)
    ]
    loss = RowLoss(loss=wrong.astype(np.float64), rows=np.arange(wrong.size))
    return find(groups, loss, Asked(depth=DEPTH, min_support=SUPPORT, score=score, limit=1, unclear=True))


def first_of(found: Discovery) -> tuple[tuple[int, int], ...]:
    """Write the slice at rank one as pairs of column and level."""
    return tuple((int(level.column[1:]), int(level.label)) for level in found.slices[0].levels)


def recovered(planted: Planted, runs: int, score: str = "z") -> float:
    """Share of the runs whose first slice is exactly the planted one."""
    hits = 0
    for run in range(runs):
        rng = np.random.default_rng([7, run])
        codes = columns(rng)
        slice_, wrong = plant(rng, codes, planted)
        hits += first_of(search(codes, wrong, score)) == slice_
    return hits / runs


def silent(base: float, runs: int) -> float:
    """Share of the runs without anything planted in which nothing is reported."""
    quiet = 0
    for run in range(runs):
        rng = np.random.default_rng([11, run])
        quiet += search(columns(rng), rng.random(ROWS) < base).n_clear == 0
    return quiet / runs


def results(*, quick: bool) -> Iterator[Result]:
    """Measure everything of this file."""
    runs = 10 if quick else 40
    for p in SETTINGS:
        share = recovered(p, runs)
        name = f"planted slice named first: base rate {p.base:.2f}, +{p.more:.2f}, {p.support:.0%} of {ROWS:,} rows, {p.depth} conditions"
        yield Result(name, 0.0, 0.0, f"{runs} runs", f"≥ {p.goal:.2f}", share >= p.goal, f"{share:.2f}")
    runs = 20 if quick else 100
    share = silent(0.1, runs)
    yield Result("nothing planted: nothing reported", 0.0, 0.0, f"{runs} runs", "≥ 0.95", share >= 0.95, f"{share:.2f}")  # fmt: skip
