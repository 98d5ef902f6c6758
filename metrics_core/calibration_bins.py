"""Scores put into bins of calibration: which entries of a tally belong together, and where each bin ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .errors import DataError, did_you_mean
from .tally import ScoreTally
from .tally.bins import COARSE
from .tally.outcomes import FloatArray

#: Bins of equal width, ``(a, b]``, of equally many rows, or of equal width in log-odds.
Strategy = Literal["width", "mass", "odds"]

MAX_BINS = 1000
#: Different scores up to which outcomes are drawn for each; of more, neighbours are merged first.
CELLS = 6000
# Log-odds are divided between the scores beyond which one row in a thousand lies, no farther out than a tenth of a row
# in all is expected, and never farther than this.
_BEYOND, _LEAST = 0.001, 1e-6


@dataclass(frozen=True, eq=False)
class Entries:
    """The scores, or narrow bins of scores, that hold rows: all of them as floats.

    Attributes
    ----------
    score, top : (D,) float64
        The least and the greatest score of each entry.
    middle : (D,) float64
        Score that stands for its rows.
    rows, pos, squares : (D,) float64
        Sums of the weights of all rows and of the positives, and of all squared weights.
    """

    score: FloatArray
    top: FloatArray
    middle: FloatArray
    rows: FloatArray
    pos: FloatArray
    squares: FloatArray

    @classmethod
    def of(cls, tally: ScoreTally) -> Entries:
        """Take a tally apart.

        Raises
        ------
        DataError
            If the scores are no probabilities or there is no row.
        ValueError
            If the tally has leading axes.
        """
        if tally.pos.ndim != 1:
            raise ValueError("calibration is computed of one tally at a time")
        if not tally.probability:
            raise DataError("The scores are not probabilities, so there is no calibration to measure. If they are percentages or log-odds, say so with --score-kind percent or logit; otherwise turn them into probabilities first.")  # fmt: skip
        kept = np.flatnonzero(tally.pos + tally.neg > 0)
        if kept.size == 0:
            raise DataError("No row is left, so there is no calibration to measure.")
        of_weights = tally if tally.squares is None else tally.squares
        top = tally.score if tally.top is None else tally.top
        rows, squares = ((x.pos + x.neg)[kept].astype(np.float64) for x in (tally, of_weights))
        return cls(tally.score[kept], top[kept], tally.middle[kept], rows, tally.pos[kept].astype(np.float64), squares)  # fmt: skip

    def merged(self, starts: NDArray[np.int64]) -> tuple[Entries, NDArray[np.int64]]:
        """Merge neighbours when there are very many, never across a start; return also where the bins start then.

        Scores that differ by less than a hundredth of themselves, or of their distance to 1, are drawn as one: the
        variance of their outcomes changes by less than a ten-thousandth.
        """
        if self.score.size <= CELLS:
            return self, starts
        edges = np.searchsorted(self.score, COARSE.edges)
        first = np.unique(np.concatenate([edges, starts]))
        first = first[first < self.score.size]
        last = np.append(first[1:], self.score.size) - 1
        rows, pos, squares, expected = (
            np.add.reduceat(x, first) for x in (self.rows, self.pos, self.squares, self.rows * self.middle)
        )
        cells = Entries(self.score[first], self.top[last], np.clip(expected / rows, 0, 1), rows, pos, squares)  # fmt: skip
        return cells, np.searchsorted(first, starts)


def binned(t: Entries, bins: int, strategy: str) -> tuple[NDArray[np.int64], FloatArray]:
    """Choose the bins: the first entry of each, ``(b,)``, and their ends, ``(b + 1,)``.

    Raises
    ------
    DataError
        If the number of bins or the strategy makes no sense.
    """
    if strategy not in get_args(Strategy):
        raise DataError(f"There is no way to bin called {strategy!r}. {did_you_mean(strategy, get_args(Strategy))}")  # fmt: skip
    if not 1 <= bins <= MAX_BINS:
        raise DataError(f"The number of bins is from 1 to {MAX_BINS:,}, not {bins:,}.")
    if strategy != "mass":
        inner = np.arange(1, bins) / bins if strategy == "width" else _even_odds(t, bins)
        starts = np.searchsorted(t.score, inner, side="right")
        held = np.append(0.0, t.top)[starts]  # the greatest score that may lie below each end
        return np.append(0, starts), np.concatenate([[0.0], np.maximum(inner, held), [1.0]])
    starts = np.array(_even_starts(np.cumsum(t.rows), bins), dtype=np.int64)
    ends = [_short(float(t.top[i - 1]), float(t.score[i])) for i in starts[1:]]
    return starts, np.array([0.0, *ends, 1.0])


def _even_odds(t: Entries, bins: int) -> FloatArray:
    """Choose inner ends that are equally far apart in log-odds, written with three digits; equal ones are one."""
    upto = np.cumsum(t.rows)
    at = np.searchsorted(upto, upto[-1] * np.array([_BEYOND, 1 - _BEYOND]))
    least = min(max(0.1 / float(upto[-1]), _LEAST), 0.1)
    low, high = np.clip(t.middle[np.minimum(at, upto.size - 1)], least, 1 - least)
    places = np.linspace(np.log(low / (1 - low)), np.log(high / (1 - high)), bins + 1)[1:-1]
    ends = 1 / (1 + np.exp(-places))
    return np.unique([float(f"{end:.3g}") if end < 0.5 else 1 - float(f"{1 - end:.3g}") for end in ends])


def _even_starts(upto: FloatArray, bins: int) -> list[int]:
    """Choose where bins of about equally many rows start: each takes its part of what is left, so ties leave no scraps."""
    starts = [0]
    for left in range(bins, 1, -1):
        before = upto[starts[-1] - 1] if starts[-1] else 0.0
        wanted = before + (upto[-1] - before) / left
        after = int(np.searchsorted(upto, wanted)) + 1  # the first place at which there are enough rows
        if after - 1 > starts[-1] and wanted - upto[after - 2] < upto[after - 1] - wanted:
            after -= 1
        if after >= upto.size:
            break
        starts.append(after)
    return starts


def _short(low: float, high: float) -> float:
    """Find a number with few digits that is at least ``low`` and below ``high``."""
    middle = low + (high - low) / 2
    for digits in range(1, 17):
        found = float(f"{middle:.{digits}g}")
        if low <= found < high:
            return found
    return low


def sums(values: FloatArray, starts: NDArray[np.int64]) -> FloatArray:
    """Sum the last axis from each start to the next; the first start is 0."""
    out = np.zeros((*values.shape[:-1], starts.size))
    filled = np.flatnonzero(np.diff(starts, append=values.shape[-1]) > 0)
    out[..., filled] = np.add.reduceat(values, starts[filled], axis=-1)
    return out
