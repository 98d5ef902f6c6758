"""Intervals from replicates: what the metric might have been, had other rows been drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .metrics.spec import MetricSpec, Tally
from .resampling import CELLS, Sample, merged, rank_cells, score_cells, vector
from .tally import Outcomes, ScoreTally
from .tally.outcomes import FloatArray
from .values import Interval

#: More replicates than this share without a value: no interval.
MAX_UNDEFINED = 0.05
#: Merged scores may change a metric by this many of its standard errors; then the cells are made finer.
MAX_SHIFT = 1.0
#: How much finer, the first of these that is enough. Each draw takes as much longer.
_FINER = (2, 4, 8)
#: Replicates of a slow metric for each one that it computes.
_EVERY = 4


@dataclass(frozen=True)
class Asked:
    """A metric whose interval comes from replicates."""

    spec: MetricSpec
    k: int | None
    value: float
    method: str

    def of(self, tally: Tally) -> FloatArray:
        """Compute the metric for every leading axis."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.spec.fn(tally) if self.k is None else self.spec.fn(tally, self.k), dtype=np.float64)  # fmt: skip


def of_outcomes(asked: Mapping[str, Asked], sample: Sample) -> dict[str, Interval]:
    """Intervals from draws of the four outcomes."""
    drawn, rare, tail = sample.draw_outcomes(), never_seen(sample), sample.tail()
    return {key: between(a, a.of(drawn), tail, sample, rare=a.of(rare)) for key, a in asked.items()}


def never_seen(sample: Sample) -> Outcomes:
    """Give each outcome without a row as many as Wilson's limit for none of n allows, one outcome at a time.

    An empty cell stays empty in every draw, so without this a recall of 20 in 20 would be certain.
    """
    cells, z2 = vector(sample.outcomes), sample.z**2
    tables = [cells]
    for empty, source, n in ((0, 2, 0), (2, 0, 0), (1, 3, 1), (3, 1, 1)):
        if cells[empty] == 0 and cells[source] > 0:
            table = cells.copy()
            table[empty] = cells[source] * z2 / (sample.classes[n] + z2)
            table[source] -= table[empty]
            tables.append(table)
    tp, fp, fn, tn = np.array(tables).T
    return Outcomes(tp, fp, fn, tn, sample.outcomes.threshold)


def of_scores(
    asked: Mapping[str, Asked], sample: Sample, *, k: int | None = None, cells: int = CELLS
) -> dict[str, Interval]:
    """Intervals from draws of the score tally, its scores merged to some cells.

    Parameters
    ----------
    asked : mapping of Asked
    sample : Sample
        With a tally.
    k : int, optional
        Size that the metrics take; the cells are then fine around the k-th row.
    cells : int
        How many otherwise.
    """
    tally = sample.tally
    assert tally is not None  # the metrics have values
    starts = score_cells(tally, cells) if k is None else rank_cells(tally, k)
    coarse = merged(tally, starts)
    drawn, noise = _draw(asked, sample, coarse, starts)
    tail = sample.tail(np.inf if k is None else k)
    found: dict[str, Interval] = {}
    again: dict[str, Asked] = {}
    for key, a in asked.items():
        shift = a.value - float(a.of(coarse))
        if abs(shift) > MAX_SHIFT * _spread(drawn[key]) + 1e-9 * abs(a.value):
            again[key] = a
        else:
            found[key] = between(a, drawn[key] + shift, tail, sample, noise=noise.get(key))
    finer = [CELLS * times for times in _FINER if CELLS * times > cells]
    if again and k is None and finer:
        spread = {key: _spread(drawn[key]) for key in again}
        return found | of_scores(again, sample, cells=_enough(again, spread, tally, finer))
    reason = "it depends on more digits of the scores than a bootstrap can follow"
    return found | {key: Interval(None, None, sample.level, a.method, reason) for key, a in again.items()}


def _enough(
    asked: Mapping[str, Asked], spread: Mapping[str, float], tally: ScoreTally, finer: list[int]
) -> int:
    """Choose the fewest cells that change no metric by half of what they may: the spread is known to a few percent."""
    for cells in finer[:-1]:
        coarse = merged(tally, score_cells(tally, cells))
        if all(abs(a.value - float(a.of(coarse))) <= MAX_SHIFT / 2 * spread[key] for key, a in asked.items()):
            return cells
    return finer[-1]


def _draw(
    asked: Mapping[str, Asked], sample: Sample, coarse: ScoreTally, starts: NDArray[np.int64]
) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Compute the metrics in every replicate, and for those of calibration what chance alone gives."""
    drawn = {key: np.empty(sample.replicates // (_EVERY if a.spec.slow else 1)) for key, a in asked.items()}
    noise = {key: np.empty(drawn[key].size) for key, a in asked.items() if _measures_calibration(a)}
    for part, replicate in sample.draw_scores(coarse, starts):
        for into, tally in ((drawn, replicate), (noise, _noise(coarse, replicate) if noise else replicate)):
            for key, values in into.items():
                n = min(part.stop, values.size) - part.start
                if n > 0:
                    values[part.start : part.start + n] = asked[key].of(_first(tally, n))
    return drawn, noise


def _first(t: ScoreTally, n: int) -> ScoreTally:
    """Keep the first n replicates; the tally itself when there are no more, with the sums it remembers."""
    if n == t.pos.shape[0]:
        return t
    return ScoreTally(t.score, t.pos[:n], t.neg[:n], t.probability, t.margin)


def _measures_calibration(a: Asked) -> bool:
    """Tell the metrics that would be 0 for perfect probabilities of endless rows."""
    return a.spec.inflated and a.spec.needs == "probability"


def _noise(observed: ScoreTally, drawn: ScoreTally) -> ScoreTally:
    """Take the observed miscalibration out of the draws: what is left is chance."""
    rows = drawn.pos + drawn.neg
    expected = (observed.pos + observed.neg) * observed.score
    pos = drawn.pos - (observed.pos - expected)
    return ScoreTally(observed.score, pos, rows - pos, probability=True)


def between(
    a: Asked,
    drawn: FloatArray,
    tail: float,
    sample: Sample,
    *,
    rare: FloatArray | None = None,
    noise: FloatArray | None = None,
) -> Interval:
    """Turn replicates into an interval that holds the value.

    Parameters
    ----------
    a : Asked
    drawn : (B,) float64
        The metric in every replicate.
    tail : float
        Share of the replicates beyond each end.
    sample : Sample
    rare : (...) float64, optional
        Values that rows never seen would make possible: the interval reaches at least as far.
    noise : (B,) float64, optional
        What chance alone gives: a value that is not larger than that may be 0.
    """
    known = drawn[~np.isnan(drawn)]
    n_undefined = int(drawn.size - known.size)
    if n_undefined > MAX_UNDEFINED * drawn.size:
        share = f"{n_undefined / drawn.size:.0%} of the resamples have no value ({a.spec.undefined_when})"
        return Interval(None, None, sample.level, a.method, share, n_undefined)
    if rare is None and not _spread(known) > 0:
        rare = a.of(_moved(sample))
    low, high = _turned(a, known, tail) if a.spec.inflated else _percentile(known, tail)
    if noise is not None and a.value <= _percentile(noise, 1 - sample.level)[1]:
        low = a.spec.low
    reach = [a.value] if rare is None else [a.value, *rare[~np.isnan(rare)].tolist()]
    low = min(max(min(low, *reach), a.spec.low), a.value)
    high = max(min(max(high, *reach), a.spec.high), a.value)
    if low == high:
        return Interval(None, None, sample.level, a.method, "every resample gives the same value")
    finite = None if np.isinf(low) else low, None if np.isinf(high) else high
    return Interval(*finite, sample.level, a.method, "infinite" if None in finite else "", n_undefined)


def _turned(a: Asked, drawn: FloatArray, tail: float) -> tuple[float, float]:
    """Turn the percentiles around the value: a distance grows with chance, in the sample and again in each draw.

    On the scale -log(1 - x), which keeps the ends inside the range: near 0 the distances stay as they are, near the
    top they shrink in proportion.
    """
    span = a.spec.high - a.spec.low

    def scaled(x: ArrayLike) -> FloatArray:
        return -np.log1p(-np.clip((np.asarray(x) - a.spec.low) / span, 0.0, 1 - 1e-12))

    low, high = _percentile(scaled(drawn), tail)
    value = float(scaled(a.value))
    ends = [a.spec.low - span * float(np.expm1(end - 2 * value)) for end in (high, low)]
    return ends[0], ends[1]


def _percentile(drawn: FloatArray, tail: float) -> tuple[float, float]:
    """Order statistics with the same share of replicates beyond both; infinite ones sort too."""
    ordered = np.sort(drawn)
    beyond = min(max(int(tail * (ordered.size + 1)), 1), (ordered.size + 1) // 2)
    return float(ordered[beyond - 1]), float(ordered[-beyond])


def _spread(drawn: FloatArray) -> float:
    """Standard deviation of the finite replicates; 0 when they differ by rounding only."""
    finite = drawn[np.isfinite(drawn)]
    if finite.size == 0:
        return 0.0
    spread = float(finite.std())
    return spread if spread > 1e-12 * float(np.abs(finite).max()) else 0.0


def _moved(sample: Sample) -> ScoreTally:
    """Move as many rows of a class to either end of the scores as Wilson's limit for none of n allows.

    For tallies whose draws are all alike, such as classes that do not overlap: rows that would change the value were
    never seen, which does not mean that there are none.
    """
    tally, z2 = sample.tally, sample.z**2
    assert tally is not None  # the metric has a value
    pos, neg = (np.tile(np.asarray(c, dtype=np.float64), (4, 1)) for c in (tally.pos, tally.neg))
    first, last = np.flatnonzero(tally.pos + tally.neg > 0)[[0, -1]]  # bins at either end may be empty
    for row, (counts, n, end) in enumerate(
        ((pos, 0, first), (pos, 0, last), (neg, 1, first), (neg, 1, last))
    ):
        share = z2 / (sample.classes[n] + z2)
        moved = counts[row].sum() * share
        counts[row] *= 1 - share
        counts[row, end] += moved
    return replace(tally, pos=pos, neg=neg, squares=None, amounts=None)
