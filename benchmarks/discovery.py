"""Searching for slices, against the libraries that search for them, each in a throw-away environment of its own.

Seconds are those of the processor, of both sides: the two searches run minutes apart, on one core each.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics_core.discovery.search import Tested, search_slices
from metrics_core.discovery.sums import Losses
from metrics_core.row_losses import RowLoss

from .timing import Result

_COLUMNS = 20
#: The other library, the ratio that is asked for, depth and support of its best case.
_PEERS = (("divexplorer", 300.0, 99, 0.05), ("sliceline", 120.0, 2, 0.05), ("pysubgroup", 30.0, 3, 0.01))
_LIMIT = 1200  # seconds for one search of another library
_PLANTED = ((0, 1), (1, 0))

Table = tuple[list[NDArray[np.int8]], NDArray[np.bool_]]


@cache
def table(n: int) -> Table:
    """Draw 20 skewed columns of 3 to 12 levels; rows of one pair of levels are wrong more often."""
    rng = np.random.default_rng(0)
    codes = []
    for _ in range(_COLUMNS):
        shares = np.sort(rng.dirichlet(np.ones(int(rng.integers(3, 13)))))[::-1]
        codes.append(rng.choice(shares.size, n, p=shares).astype(np.int8))
    inside = np.all([codes[j] == v for j, v in _PLANTED], axis=0)
    return codes, rng.random(n) < 0.1 + 0.25 * inside


def ours(n: int, depth: int, support: float) -> Tested:
    """Count and test every slice, and correct for all of them."""
    codes, wrong = table(n)
    losses = Losses.of_rows(RowLoss(loss=wrong.astype(np.float64), rows=np.arange(n)))
    return search_slices(
        codes, [int(c.max()) + 1 for c in codes], losses, depth=depth, need=int(np.ceil(support * n))
    )


def results(*, quick: bool) -> Iterator[Result]:
    """Measure everything of this file."""
    n = 20_000 if quick else 10**5
    for peer, goal, depth, support in _PEERS:
        yield _beside(peer, goal, n, depth, support)
    yield _large(10**5 if quick else 10**6)


def _busy(what: Callable[[], object]) -> float:
    """Time one call in seconds of the processor."""
    start = time.process_time()
    what()
    return time.process_time() - start


def _beside(peer: str, goal: float, n: int, depth: int, support: float) -> Result:
    """Do the same search twice, and see that the answers agree."""
    limit = "any depth" if depth > _COLUMNS else f"depth {depth}"
    name = f"slices of {n:,} rows × {_COLUMNS} columns, support {support:.0%}, {limit}"
    codes, wrong = table(n)
    tested = ours(n, min(depth, _COLUMNS), support)
    before = [_busy(lambda: ours(n, min(depth, _COLUMNS), support)) for _ in range(3)]
    with TemporaryDirectory() as folder:
        np.savez(Path(folder) / "table.npz", codes=np.array(codes), wrong=wrong)
        answer, why = _searched(peer, Path(folder), depth, support)
    after = [_busy(lambda: ours(n, min(depth, _COLUMNS), support)) for _ in range(3)]
    a = median(before + after)
    if answer is None:
        return Result(name, a, 0.0, f"{peer}: {why}", f"≥ {goal:g}×", False, "not measured")
    ratio = answer["seconds"] / a
    agreed = _agree(tested, answer["slices"], everything=peer == "divexplorer")
    return Result(name, a, answer["seconds"], peer, f"≥ {goal:g}×", ratio >= goal and not agreed, f"{ratio:,.0f}×",
                  agreed or f"{tested.n_tested:,} slices, tested and corrected; same answers; processor seconds")  # fmt: skip


def _searched(peer: str, folder: Path, depth: int, support: float) -> tuple[dict[str, Any] | None, str]:
    """Make an environment, install the library and let it search."""
    python = folder / "env" / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    try:
        subprocess.run(
            [*uv, "venv", "--quiet", "--python", sys.executable, str(folder / "env")],
            check=True,
            capture_output=True,
        )
        subprocess.run([*uv, "pip", "install", "--quiet", "--python", str(python), peer, "pandas"], check=True, capture_output=True)  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return None, "cannot be installed here"
    script = Path(__file__).with_name("peer_search.py")
    try:
        done = subprocess.run([str(python), "-W", "ignore", str(script), peer, str(folder / "table.npz"), str(depth), str(support)],
                              check=True, capture_output=True, text=True, timeout=_LIMIT)  # fmt: skip
    except subprocess.TimeoutExpired:
        return None, f"took more than {_LIMIT} s"
    except subprocess.CalledProcessError as error:
        return (
            None,
            f"failed: {error.stderr.strip().splitlines()[-1][:80] if error.stderr.strip() else 'no message'}",
        )
    return json.loads(done.stdout.strip().splitlines()[-1]), ""


def _agree(tested: Tested, theirs: list[Any], *, everything: bool) -> str:
    """Compare rows and share of errors of every slice of theirs with ours; nothing when all agree."""
    items = tested.items
    known = {
        tuple((int(items.column[i]), int(items.value[i])) for i in tested.of(at)): at
        for at in range(len(tested.slices))
    }
    for pairs, rows, rate in theirs:
        at = known.get(tuple(map(tuple, pairs)))
        if at is None:
            return f"we lack {pairs}"
        if round(float(tested.sums.rows[at])) != rows or abs(float(tested.evidence.value[at]) - rate) > 1e-6:
            return f"another count of {pairs}"
    if everything and len(theirs) != len(known):
        return f"{len(theirs):,} slices of theirs, {len(known):,} of ours"
    return "" if theirs else "they found nothing"


def _large(n: int) -> Result:
    """Time and memory of a search of many rows."""
    ours(1000, 3, 0.05)
    table(n)
    tracemalloc.start()
    tested = ours(n, 3, 0.01)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    a = min(_busy(lambda: ours(n, 3, 0.01)) for _ in range(2))
    return Result(f"slices of {n:,} rows × {_COLUMNS} columns, support 1%, depth 3: memory beside the table", a, 0.0, "the table itself",
                  "< 300 MiB", peak < 300, f"{peak:.0f} MiB", f"{tested.n_tested:,} slices")  # fmt: skip
