"""How strongly a column goes with the loss, one column at a time, and which columns say the same as each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .differences import benjamini_hochberg
from .grouping import Grouping
from .metrics.counts import ratio
from .row_losses import RowLoss
from .tally.outcomes import FloatArray

#: Shuffles from which the chance of a link is computed, and how many where they cost next to nothing.
SHUFFLES, CHEAP_SHUFFLES = 200, 5_000
#: Rows that are shuffled at most where a shuffle costs as much as the rows.
MAX_SHUFFLED = 50_000
#: Two columns that go together more than this are shuffled together.
ALIKE = 0.8


@dataclass(frozen=True)
class ColumnLink:
    """How much the groups of one column differ in loss.

    Attributes
    ----------
    column : str
    groups : int
        With rows.
    strength : float
        0 to 1: Cramér's V of a rate, the correlation ratio of any other loss, both without what chance adds.
    p, q : float
        Chance of groups as different if the column had nothing to do with the loss; corrected for all columns.
    """

    column: str
    groups: int
    strength: float
    p: float
    q: float = float("nan")


def column_links(groupings: Sequence[Grouping], loss: RowLoss, *, seed: int = 0) -> tuple[ColumnLink, ...]:
    """Tell of each column alone how strongly it goes with the loss, the strongest first.

    The chance comes from shuffled losses. Where rows are weighted or belong together they cannot be exchanged for each
    other; there the sign of what each row, or each group of rows, adds to a group's excess is drawn instead.

    Parameters
    ----------
    groupings : sequence of Grouping
        Of the whole source.
    loss : RowLoss
    seed : int

    Returns
    -------
    tuple of ColumnLink

    References
    ----------
    Bergsma (2013), doi:10.1016/j.jkss.2012.10.002
    """
    rng = np.random.default_rng(seed)
    part = loss
    if len(loss) > MAX_SHUFFLED and not (loss.is_rate and loss.weight is None and loss.together is None):
        part = loss.at(np.sort(rng.choice(len(loss), MAX_SHUFFLED, replace=False)))
    found = [_link(g, loss, part, rng) for g in groupings]
    q = benjamini_hochberg([link.p for link in found]).tolist()
    found = [replace(link, q=x) for link, x in zip(found, q, strict=True)]
    return tuple(sorted(found, key=lambda link: -link.strength))


def _link(grouping: Grouping, loss: RowLoss, part: RowLoss, rng: np.random.Generator) -> ColumnLink:
    """Measure one column on all rows, and its chance on part of them."""
    code = grouping.code[loss.rows].astype(np.int64)
    explained, used = _explained(code, loss, grouping.n_groups)
    if used < 2:
        return ColumnLink(grouping.column, used, 0.0, float("nan"))
    n = len(loss) if loss.weight is None or loss.frequency else float(loss.weights.sum() ** 2 / (loss.weights**2).sum())  # fmt: skip
    strength = _unbiased(explained, used, n, loss.is_rate)
    code = code if part is loss else grouping.code[part.rows].astype(np.int64)
    return ColumnLink(grouping.column, used, strength, _chance(code, part, grouping.n_groups, rng))


def _explained(code: NDArray[np.int64], loss: RowLoss, n_groups: int) -> tuple[float, int]:
    """Share of the loss' variance that lies between the groups, and how many groups there are."""
    w = loss.weights
    centred = w * (loss.loss - loss.mean)
    weight, excess = np.bincount(code, w, n_groups), np.bincount(code, centred, n_groups)
    total = float((centred * (loss.loss - loss.mean)).sum())
    between = float(np.nansum(ratio(excess**2, weight)))
    return (between / total if total > 0 else 0.0), int(
        np.count_nonzero(np.bincount(code, minlength=n_groups))
    )


def _unbiased(explained: float, groups: int, n: float, is_rate: bool) -> float:
    """Take off what chance adds: Bergsma's V for a rate, the root of epsilon squared for other losses."""
    if n <= groups:
        return 0.0
    if not is_rate:
        return sqrt(max(0.0, 1 - (1 - explained) * (n - 1) / (n - groups)))
    phi = max(0.0, explained - (groups - 1) / (n - 1))
    least = min(groups - (groups - 1) ** 2 / (n - 1), 2 - 1 / (n - 1)) - 1
    return sqrt(min(1.0, phi / least))


def _chance(code: NDArray[np.int64], loss: RowLoss, n_groups: int, rng: np.random.Generator) -> float:
    """Chance of so much variance between the groups: a gamma distribution with mean and variance of the shuffles."""
    from scipy.special import gammaincc

    w, centred = loss.weights, loss.weights * (loss.loss - loss.mean)
    weight = np.bincount(code, w, n_groups)
    held = weight > 0

    def between(excess: FloatArray) -> FloatArray:
        return np.asarray((excess[..., held] ** 2 / weight[held]).sum(-1))

    drawn = between(_shuffled(code, loss, centred, n_groups, rng))
    seen = float(between(np.bincount(code, centred, n_groups).astype(np.float64)))
    mean, variance = float(drawn.mean()), float(drawn.var(ddof=1))
    if not variance > 1e-12 * mean * mean:
        return float("nan")
    return float(gammaincc(mean * mean / variance, seen * mean / variance))


def _shuffled(
    code: NDArray[np.int64], loss: RowLoss, centred: FloatArray, n_groups: int, rng: np.random.Generator
) -> FloatArray:
    """Return the excess loss of each group in every shuffle, ``(shuffles, n_groups)``."""
    if loss.together is not None or loss.weight is not None:
        unit = (
            np.arange(len(loss))
            if loss.together is None
            else np.unique(loss.together, return_inverse=True)[1]
        )
        pairs, pair = np.unique(unit * np.int64(n_groups) + code, return_inverse=True)
        excess, group = np.bincount(pair, centred), pairs % n_groups
        signs = rng.choice(np.array([-1.0, 1.0]), (SHUFFLES, int(unit.max()) + 1))
        return np.stack([np.bincount(group, excess * sign[pairs // n_groups], n_groups) for sign in signs])
    sizes = np.bincount(code, minlength=n_groups)
    if loss.is_rate:  # the errors among the rows of a group, if any rows might be the errors
        errors = int(loss.loss.sum())
        draws = rng.multivariate_hypergeometric(sizes, errors, size=CHEAP_SHUFFLES, method="marginals")
        return np.asarray(draws - sizes * loss.mean)
    return np.stack([np.bincount(code, rng.permutation(centred), n_groups) for _ in range(SHUFFLES)])


# ------------------------------------------------------------------------------------------------ columns that are alike


def families(values: FloatArray, codes: Sequence[NDArray[Any] | None]) -> list[tuple[int, ...]]:
    """Put columns together that say the same: rank correlation, correlation ratio or Cramér's V above 0.8.

    Parameters
    ----------
    values : (n, C) float64
        Numbers, NaN where missing; of other columns anything.
    codes : sequence of C arrays (n,), or None
        The groups of a column that is no number; None of a number.

    Returns
    -------
    list of tuple of int
        Every column in one of them, in the order of their first.
    """
    n_columns = len(codes)
    numeric = [c for c in range(n_columns) if codes[c] is None]
    ranks = {c: _ranks(values[:, c]) for c in numeric}
    leader = list(range(n_columns))

    def find(c: int) -> int:
        while leader[c] != c:
            c = leader[c]
        return c

    for a in range(n_columns):
        for b in range(a + 1, n_columns):
            if find(a) != find(b) and _go_together(codes[a], codes[b], ranks.get(a), ranks.get(b)) > ALIKE:
                leader[max(find(a), find(b))] = min(find(a), find(b))
    return [tuple(c for c in range(n_columns) if find(c) == first) for first in range(n_columns) if leader[first] == first]  # fmt: skip


def _ranks(values: FloatArray) -> FloatArray:
    """Return centred ranks of unit length; a missing cell has the mean rank."""
    known = ~np.isnan(values)
    _, place, times = np.unique(values[known], return_inverse=True, return_counts=True)
    middle = np.cumsum(times) - (times - 1) / 2
    out = np.zeros(values.size)
    if known.any():
        out[known] = middle[place] - middle[place].mean()
    length = float(np.linalg.norm(out))
    return out / length if length > 0 else out


def _go_together(
    a: NDArray[Any] | None, b: NDArray[Any] | None, rank_a: FloatArray | None, rank_b: FloatArray | None
) -> float:
    """Return how much two columns go together, 0 to 1."""
    if rank_a is not None and rank_b is not None:
        return abs(float(rank_a @ rank_b))
    if a is not None and b is not None:
        return _cramer(a, b)
    code, rank = (a, rank_b) if a is not None else (b, rank_a)
    assert code is not None  # one is a number, the other is not
    assert rank is not None
    sums, sizes = np.bincount(code, rank), np.bincount(code)
    return sqrt(float(np.nansum(ratio(sums**2, sizes))))


def _cramer(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Cramér's V of two columns of groups."""
    _, a = np.unique(a, return_inverse=True)
    _, b = np.unique(b, return_inverse=True)
    n_a, n_b = int(a.max()) + 1, int(b.max()) + 1
    if min(n_a, n_b) < 2:
        return 0.0
    table = np.bincount(a * n_b + b, minlength=n_a * n_b).reshape(n_a, n_b)
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / a.size
    return sqrt(float(((table - expected) ** 2 / expected).sum()) / a.size / (min(n_a, n_b) - 1))
