"""How far a curve may be from the truth: a band from rows drawn again, point by point.

At every place on the x axis the band is an interval of the curve's height there (vertical averaging: Fawcett 2006,
doi:10.1016/j.patrec.2005.10.010; Macskassy and Provost 2004). It is pointwise: 95 % holds at each x alone, not for the
whole curve at once.

The ends are percentiles over replicates of the score tally, drawn by rows or by the groups that belong together. A
replicate holds no score beyond the highest and lowest that were seen, so at the ends of a curve, which few rows carry,
percentiles alone are too narrow or have no width at all. Of n rows of a class, whatever their distribution, the next
one falls beyond each end with probability 1/(n + 1), and the share of all further rows beyond an end is about a standard
exponential over n. So each replicate gets one more row of either class of that random size, above or below all others
by the toss of a coin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cases import BinaryCases
from .errors import DataError
from .metrics.counts import ratio
from .resampling import Sample, merged, score_cells
from .tally import ScoreTally
from .tally.outcomes import FloatArray

#: Places on the x axis where a band is computed; straight lines between them.
_PLACES = 400
_MIN_REPLICATES = 100


@dataclass(frozen=True, eq=False)
class Path:
    """What is flagged as the threshold falls, from no row to all.

    Attributes
    ----------
    tp, fp : (B, m) float64
        Positives and negatives flagged, from 0 to all of them.
    """

    tp: FloatArray
    fp: FloatArray


#: The height of every path's curve at places on its x axis: (B, m) and (g,) to (B, g).
Height = Callable[[Path, FloatArray], FloatArray]


def recall_at_fpr(path: Path, fpr: FloatArray) -> FloatArray:
    """Share of the positives found at a false positive rate; where the curve rises straight up, its top."""
    return _along(fpr, ratio(path.fp, path.fp[:, -1:]), ratio(path.tp, path.tp[:, -1:]))


def recall_at_share(path: Path, share: FloatArray) -> FloatArray:
    """Share of the positives found when a share of all rows is flagged."""
    flagged = path.tp + path.fp
    return _along(share, ratio(flagged, flagged[:, -1:]), ratio(path.tp, path.tp[:, -1:]))


def precision_at_recall(path: Path, recall: FloatArray) -> FloatArray:
    """Precision where a share of the positives is found first; NaN at recall 0.

    Between two points the false positives grow evenly, the precision does not (Davis and Goadrich 2006,
    doi:10.1145/1143844.1143874).
    """
    found = ratio(path.tp, path.tp[:, -1:])
    # Turned around, so that among points of equal recall the one with the fewest false positives answers.
    fp = _along(-recall, -found[:, ::-1], path.fp[:, ::-1])
    tp = recall * path.tp[:, -1:]
    return ratio(tp, tp + fp)


def band_of(
    height: Height,
    x: FloatArray,
    y: FloatArray,
    tally: ScoreTally,
    *,
    cases: BinaryCases | None,
    level: float,
    seed: int,
    replicates: int,
) -> tuple[FloatArray, FloatArray]:
    """Compute the pointwise band of a curve whose heights are shares.

    Parameters
    ----------
    height : callable
        ``recall_at_fpr``, ``recall_at_share`` or ``precision_at_recall``.
    x, y : (m,) float64
        Points of the curve, with ascending x in [0, 1].
    tally : ScoreTally
        Without leading axes.
    cases : BinaryCases, optional
        The rows of the tally; needed when rows belong together.
    level, seed, replicates
        See ``curves.roc``.

    Returns
    -------
    low, high : (m,) float64
        They hold the curve. NaN when all rows belong together, because nothing can then be drawn again.

    Raises
    ------
    DataError
        If the level is no fraction between 0 and 1 or the replicates are too few.
    """
    if not 0 < level < 1:
        raise DataError(f"The level of a band is a fraction between 0 and 1, such as 0.95, not {level:g}.")
    if replicates < _MIN_REPLICATES:
        raise DataError(f"{replicates} replicates are too few for a band: take {_MIN_REPLICATES} or more.")
    sample = Sample(tally.outcomes(-np.inf), tally, cases, level, seed, replicates)
    if cases is not None and cases.together is not None and np.unique(cases.together).size < 2:
        return np.full(x.size, np.nan), np.full(x.size, np.nan)
    starts = score_cells(tally)
    coarse = merged(tally, starts)
    at = _places(x)
    drawn = height(_drawn(sample, coarse, starts), at)
    drawn += height(path_of(tally), at) - height(path_of(coarse), at)  # what merging the scores changed
    low, high = _percentiles(drawn, sample.tail())
    unknown = np.isnan(low)  # nothing is flagged there: any share is possible
    low, high = np.where(unknown, 0.0, low.clip(0, 1)), np.where(unknown, 1.0, high.clip(0, 1))
    return np.minimum(np.interp(x, at, low), y), np.maximum(np.interp(x, at, high), y)


def path_of(tally: ScoreTally) -> Path:
    """Return the path of a tally without leading axes, as one replicate."""
    tp, fp = (
        np.concatenate([[0.0], side[::-1].astype(np.float64)])[np.newaxis] for side in (tally.tp, tally.fp)
    )
    return Path(tp, fp)


def _drawn(sample: Sample, coarse: ScoreTally, starts: NDArray[np.int64]) -> Path:
    """Draw the replicates, each with a further row of either class beyond the scores that were seen."""
    shape = (sample.replicates, coarse.score.size)
    pos, neg = np.empty(shape), np.empty(shape)
    for part, replicate in sample.draw_scores(coarse, starts):
        pos[part], neg[part] = replicate.pos, replicate.neg
    rng = np.random.default_rng([sample.seed, 1])
    sizes = [_size_of_a_row(sample, *side) for side in ((0, coarse.pos, pos), (1, coarse.neg, neg))]
    # A class that is absent may still turn up, in rows like those of the other.
    sizes = [size if size > 0 else max(sizes) for size in sizes]
    return Path(*(_with_another(drawn, size, rng) for drawn, size in zip((pos, neg), sizes, strict=True)))


def _size_of_a_row(sample: Sample, side: int, counts: NDArray[np.float64], drawn: FloatArray) -> float:
    """Weight of one independent row of a class.

    Where rows belong together this lies between a row and a group: ten groups of a hundred rows tell as much as ten
    rows when the rows of a group are alike, and as a thousand when they are not. The spread of the replicates knows.
    """
    total, units = float(counts.sum()), sample.classes[side]
    if not total > 0:
        return 0.0
    if sample.grouped:
        share = np.cumsum(counts) / total
        all_drawn = drawn.sum(axis=1, keepdims=True)
        spread = float(np.nanvar(ratio(np.cumsum(drawn, axis=1), all_drawn), axis=0).sum())
        units = float((share * (1 - share)).sum()) / spread if spread > 1e-12 else units
    return total / max(units, 1.0)


def _with_another(drawn: FloatArray, size: float, rng: np.random.Generator) -> FloatArray:
    """Sum a class from the top, with one more row of random size above or below the others."""
    n = drawn.shape[0]
    extra = size * rng.standard_exponential(n)
    above = rng.random(n) < 0.5
    parts = [
        np.zeros((n, 1)),
        np.where(above, extra, 0)[:, np.newaxis],
        drawn[:, ::-1],
        np.where(above, 0, extra)[:, np.newaxis],
    ]
    return np.cumsum(np.concatenate(parts, axis=1), axis=1)


def _along(x: FloatArray, known_x: FloatArray, known_y: FloatArray) -> FloatArray:
    """Read each row's line at x; of several heights at one place the last."""
    return np.array([np.interp(x, *line) for line in zip(known_x, known_y, strict=True)])


def _places(x: FloatArray) -> FloatArray:
    """Choose where to compute the band: some of the points' own places, the ends included."""
    distinct = np.unique(x)
    return distinct[np.unique(np.linspace(0, distinct.size - 1, _PLACES).round().astype(np.int64))]


def _percentiles(drawn: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """Order statistics at each place with the same share of replicates beyond both; NaN where one has no height."""
    n = drawn.shape[0]
    beyond = min(max(int(tail * (n + 1)), 1), (n + 1) // 2)
    ends = np.partition(drawn, (beyond - 1, n - beyond), axis=0)[[beyond - 1, n - beyond]]
    ends[:, np.isnan(drawn).any(axis=0)] = np.nan
    return ends[0], ends[1]
