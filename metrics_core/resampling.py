"""Rows drawn again, without the rows: new counts for the cells of a tally.

A cell is a place where rows are counted: one of the four outcomes, or a score of one class. Drawing n rows with
replacement and counting them is the same as drawing the counts from a multinomial distribution. Where rows belong
together the groups of rows are drawn instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .cases import BinaryCases
from .rate_interval import z_of
from .tally import Outcomes, ScoreTally
from .tally.bins import ECE_BINS
from .tally.outcomes import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: Cells of each class that a tally is merged to before it is drawn again.
CELLS = 512
#: Lowest scores of positives and highest of negatives that stay cells of their own: their losses are the largest.
_TAIL = 32
#: Cells around the k-th row that the @k metrics get instead.
_RANKS = 128
#: Groups of rows, or blocks of such groups, that are drawn again.
MAX_GROUPS = 2000
#: Where at least so many cells expect so many rows each, their counts are drawn from the normal distribution.
_MANY_CELLS, _MANY_ROWS = 64, 100
#: Numbers drawn at a time: the arrays stay in the processor's cache.
_CHUNK = 1 << 17


class Resampler(Protocol):
    """Something that draws new weights for C cells."""

    def draw(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Draw n replicates, ``(n, C)``."""

    @property
    def width(self) -> int:
        """Numbers that one replicate takes."""


@dataclass(frozen=True, eq=False)
class RowResampler:
    """Draws rows independently.

    Attributes
    ----------
    weight : (C,) float64
        Sum of the weights in each cell.
    squares : (C,) float64
        Sum of the squared weights; equal to ``weight`` when every row counts once. A cell is drawn as the effective
        number of its rows (Kish), each of the same weight, so mean and variance are those of the weighted rows.
    """

    weight: FloatArray
    squares: FloatArray

    @property
    def width(self) -> int:
        """Numbers that one replicate takes."""
        return int(self.weight.size)

    def draw(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Draw n replicates, ``(n, C)``."""
        used = np.flatnonzero(self.squares > 0)
        weight, squares = self.weight[used], self.squares[used]
        rows = weight * (weight / squares)
        drawn = _multinomial(rng, max(1, round(float(rows.sum()))), rows / rows.sum(), n)
        out = np.zeros((n, self.weight.size))
        out[:, used] = drawn * (squares / weight)
        return out


def _multinomial(rng: np.random.Generator, rows: int, share: FloatArray, n: int) -> NDArray[Any]:
    """Draw n times the counts of cells with these shares of some rows, ``(n, C)``.

    How many of the rows fall into the cells that expect many, all of these together, is drawn exactly, and so are the
    other cells. Among those of many rows the counts then have the mean and the covariance of the multinomial
    distribution, and the shape of the normal one, which takes a tenth of the time.
    """
    many = rows * share >= _MANY_ROWS
    if np.count_nonzero(many) < _MANY_CELLS:
        return rng.multinomial(rows, share, size=n)
    together = float(share[many].sum())
    few = rng.multinomial(rows, np.append(share[~many], together), size=n)
    inside, of_all = share[many] / together, few[:, -1:].astype(np.float64)
    moved = rng.standard_normal((n, inside.size))
    moved *= np.sqrt(inside)
    moved -= inside * moved.sum(axis=1, keepdims=True)  # what one cell has more the others have less
    moved *= np.sqrt(of_all)
    moved += of_all * inside
    out = np.empty((n, share.size))
    out[:, ~many], out[:, many] = few[:, :-1], moved
    return out


@dataclass(frozen=True, eq=False)
class GroupResampler:
    """Draws groups of rows that belong together.

    Attributes
    ----------
    sums : sparse matrix (G, C)
        Sum of the weights of each group in each cell.
    """

    sums: csr_matrix

    @classmethod
    def of(cls, group: NDArray[np.int64], cell: NDArray[np.int64], weight: FloatArray | None, n_cells: int) -> GroupResampler:  # fmt: skip
        """Add up the rows: the group, cell and weight of each.

        Very many groups are first thrown together at random into blocks of equally many, which are as independent
        as the groups and vary as much.
        """
        from scipy.sparse import csr_matrix

        names, code = np.unique(group, return_inverse=True)
        if names.size > MAX_GROUPS:
            code = np.random.default_rng(0).permutation(names.size)[code] % MAX_GROUPS
        data = np.ones(code.size) if weight is None else weight
        return cls(csr_matrix((data, (code, cell)), shape=(min(names.size, MAX_GROUPS), n_cells)))

    @classmethod
    def of_sums(cls, sums: FloatArray) -> GroupResampler:
        """Take sums that were added up before: of each group in each cell, ``(G, C)``."""
        from scipy.sparse import csr_matrix

        return cls(csr_matrix(sums))

    @property
    def width(self) -> int:
        """Numbers that one replicate takes."""
        return int(max(self.sums.shape))

    def draw(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Draw n replicates, ``(n, C)``."""
        n_groups = self.sums.shape[0]
        chosen = rng.integers(0, n_groups, size=(n, n_groups)) + np.arange(n)[:, np.newaxis] * n_groups
        times = np.bincount(chosen.ravel(), minlength=n * n_groups).reshape(n, n_groups)
        return np.ascontiguousarray((self.sums.T @ times.T.astype(np.float64)).T)


def chunks(resampler: Resampler, seed: int, replicates: int) -> Iterator[tuple[slice, FloatArray]]:
    """Draw the replicates a few at a time; the numbers do not depend on how many at a time."""
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // max(1, resampler.width))
    for start in range(0, replicates, step):
        part = slice(start, min(start + step, replicates))
        yield part, resampler.draw(rng, part.stop - part.start)


def merged(t: ScoreTally, starts: NDArray[np.int64]) -> ScoreTally:
    """Merge neighbouring scores or bins: each start opens a cell, whose score is the mean over its rows."""
    if starts.size == t.score.size and t.exact:
        return t
    rows = np.asarray(t.pos + t.neg, dtype=np.float64)
    ends = np.append(starts[1:], t.score.size) - 1
    n = np.add.reduceat(rows, starts)
    mean = np.divide(np.add.reduceat(rows * t.middle, starts), n, out=t.middle[starts].copy(), where=n > 0)
    score = np.clip(mean, t.middle[starts], t.middle[ends])  # a rounded mean stays inside its cell

    def of(x: ScoreTally) -> dict[str, Any]:
        return {"pos": np.add.reduceat(x.pos, starts), "neg": np.add.reduceat(x.neg, starts)}

    squares = None if t.squares is None else ScoreTally(score, **of(t.squares))
    return ScoreTally(score, **of(t), probability=t.probability, margin=t.margin, squares=squares)


def score_cells(t: ScoreTally, n: int = CELLS) -> NDArray[np.int64]:
    """Choose where about n cells start: half of the edges by the positives, half by the negatives.

    Edges by all rows alone would leave rare positives in a few cells. The edges of the calibration bins are always
    among them, and the rows with the largest losses stay alone.
    """
    if t.score.size <= n:
        return np.arange(t.score.size)
    edges = [np.zeros(1, dtype=np.int64)]
    if t.probability:
        edges.append(np.searchsorted(t.score, np.arange(1, ECE_BINS) / ECE_BINS, side="right"))
    for tail in (np.flatnonzero(t.pos > 0)[:_TAIL], np.flatnonzero(t.neg > 0)[-_TAIL:]):
        edges += [tail, tail + 1]
    shares = np.arange(1, (n - 4 * _TAIL - ECE_BINS) // 2)
    for counts in (t.pos, t.neg):
        total = np.cumsum(counts)
        if total[-1] > 0:
            edges.append(np.searchsorted(total, shares / (shares.size + 1) * total[-1], side="left") + 1)
    starts = np.unique(np.concatenate(edges))
    return starts[starts < t.score.size]


def rank_cells(t: ScoreTally, k: int) -> NDArray[np.int64]:
    """Choose cells for the k highest rows: fine around the k-th, where draws differ, coarse elsewhere."""
    flagged = np.asarray(t.tp + t.fp, dtype=np.float64)[::-1]
    squares = t if t.squares is None else t.squares
    one_row = float((squares.pos + squares.neg).sum() / flagged[-1])
    margin = 6 * (k * one_row) ** 0.5 + 6 * one_row
    ranks = np.linspace(max(0.0, k - margin), k + margin, _RANKS)
    from_the_top = np.searchsorted(flagged, ranks, side="left")
    starts = t.score.size - 1 - from_the_top
    return np.unique(np.append(starts[(starts >= 0) & (starts < t.score.size)], 0))


@dataclass(frozen=True, eq=False)
class Sample:
    """What was observed, and how to draw it again."""

    outcomes: Outcomes
    tally: ScoreTally | None
    cases: BinaryCases | None
    level: float
    seed: int
    replicates: int

    @cached_property
    def z(self) -> float:
        """Quantile of the normal distribution that belongs to the level."""
        return z_of(self.level)

    @cached_property
    def grouped(self) -> bool:
        """Whether rows belong together."""
        return self.cases is not None and self.cases.together is not None

    @cached_property
    def classes(self) -> tuple[float, float]:
        """Independent units of either class: groups, or effective rows."""
        if self.cases is not None and self.cases.together is not None:
            together, positive = self.cases.together, self.cases.positive
            return float(np.unique(together[positive]).size), float(np.unique(together[~positive]).size)
        o, q = self.outcomes, self.outcomes.squares or self.outcomes
        return _kish(float(o.positives), float(q.positives)), _kish(float(o.negatives), float(q.negatives))

    def tail(self, at_most: float = np.inf) -> float:
        """Share of the replicates beyond each end.

        Percentiles of few rows are too narrow by about the factor of a t-quantile over a normal one; the tail is
        made smaller by as much (Hesterberg 2015, doi:10.1080/00031305.2015.1089789).
        """
        n = min([at_most, *(size for size in self.classes if size > 0)])
        if n < 2:
            return 0.0
        from scipy.special import stdtrit

        t = float(stdtrit(n - 1, (1 - self.level) / 2))
        return NormalDist().cdf(t * (n / (n - 1)) ** 0.5)

    def draw_outcomes(self) -> Outcomes:
        """Draw the four outcomes of every replicate in one go."""
        o = self.outcomes
        resampler: Resampler
        if self.cases is not None and self.cases.together is not None:
            cell = self.cases.outcome(None if o.threshold is None else float(o.threshold)).astype(np.int64)
            resampler = GroupResampler.of(self.cases.together, cell, self.cases.weight, 4)
        else:
            resampler = RowResampler(vector(o), vector(o.squares or o))
        drawn = np.concatenate([part for _, part in chunks(resampler, self.seed, self.replicates)])
        tp, fp, fn, tn = drawn.T
        return Outcomes(tp, fp, fn, tn, o.threshold)

    def draw_scores(
        self, coarse: ScoreTally, starts: NDArray[np.int64]
    ) -> Iterator[tuple[slice, ScoreTally]]:
        """Draw the counts at merged scores, some replicates at a time."""
        size = coarse.score.size
        resampler: Resampler
        if self.cases is not None and self.cases.together is not None and self.tally is not None:
            assert self.cases.score is not None  # there is a tally of them
            cell = np.searchsorted(self.tally.score[starts], self.cases.score, side="right") - 1
            cell = np.where(self.cases.positive, cell, cell + size)
            resampler = GroupResampler.of(self.cases.together, cell, self.cases.weight, 2 * size)
        else:
            q = coarse.squares or coarse
            weight, squares = (np.concatenate([t.pos, t.neg]).astype(np.float64) for t in (coarse, q))
            resampler = RowResampler(weight, squares)
        for part, drawn in chunks(resampler, self.seed, self.replicates):
            pos, neg = drawn[:, :size], drawn[:, size:]
            yield part, ScoreTally(coarse.score, pos, neg, coarse.probability, coarse.margin)


def _kish(weight: float, squares: float) -> float:
    """Rows of equal weight that tell as much as the weighted ones; the number of rows when each counts once."""
    return weight * (weight / squares) if squares > 0 else 0.0


def vector(o: Outcomes) -> FloatArray:
    """Return tp, fp, fn, tn as one array."""
    return np.array([o.tp, o.fp, o.fn, o.tn], dtype=np.float64)
