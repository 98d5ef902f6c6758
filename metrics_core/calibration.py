"""Calibration: do as many rows turn out positive as their scores say, bin by bin and over all.

Everything is computed from the tally of scores. How far scores are off is always shown beside what chance alone would
give if every score were right: a calibration error is never negative, so it is above 0 for perfect scores too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

import numpy as np

from .calibration_bins import MAX_BINS, Entries, Strategy, binned, sums
from .calibration_chance import DRAWS, BrierParts, Chance, brier_by_chance, brier_parts, ece_by_chance
from .cases import BinaryCases, ClassCases
from .errors import DataError
from .intervals import LEVEL, REPLICATES, SEED
from .metrics.counts import ratio
from .rate_interval import wilson, z_of
from .resampling import GroupResampler, chunks
from .tally import ScoreTally
from .tally.bins import ECE_BINS
from .tally.outcomes import FloatArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DRAWS",
    "MAX_BINS",
    "BrierParts",
    "Chance",
    "Direction",
    "Reliability",
    "Strategy",
    "brier_by_chance",
    "brier_parts",
    "ece_by_chance",
    "reliability",
    "right_or_wrong",
    "score_counts",
]

Direction = Literal["over-confident", "under-confident", "none"]


@dataclass(frozen=True, eq=False)
class Reliability:
    """Scores against what happened, bin by bin. A bin without rows has NaN for its means.

    Attributes
    ----------
    low, high : (b,) float64
        Ends of each bin, which holds ``low < score <= high``; the first one its lower end too.
    rows, positives : (b,) float64
        Rows, or sums of weights.
    effective_rows : (b,) float64
        Independent rows of equal weight that tell as much (Kish; fewer where rows belong together).
    mean_score : (b,) float64
    rate : (b,) float64
        Share of the positives.
    rate_low, rate_high : (b,) float64
        Wilson's interval of the rate on the effective rows.
    strategy : {"width", "mass", "odds"}
    level : float
        Of the intervals, 0.95 for 95 %.
    ece : float
        Distance between mean score and rate, averaged over these bins by rows.
    mean, prevalence : float
        Mean score and share of the positives over all rows.
    gap, gap_low, gap_high : float
        Mean score minus share of the positives ("calibration in the large") and its interval; NaN ends where all rows
        belong together or no row could have turned out otherwise.
    """

    low: FloatArray
    high: FloatArray
    rows: FloatArray
    positives: FloatArray
    effective_rows: FloatArray
    mean_score: FloatArray
    rate: FloatArray
    rate_low: FloatArray
    rate_high: FloatArray
    strategy: Strategy
    level: float
    ece: float
    mean: float
    prevalence: float
    gap: float
    gap_low: float
    gap_high: float

    @property
    def direction(self) -> Direction:
        """Whether the scores are too high or too low on the whole; none while the interval holds 0."""
        if self.gap_low > 0:
            return "over-confident"
        return "under-confident" if self.gap_high < 0 else "none"

    def frame(self) -> pd.DataFrame:
        """Return the bins as a frame, one row a bin."""
        import pandas as pd

        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        return pd.DataFrame({name: x for name, x in columns.items() if isinstance(x, np.ndarray)})


def reliability(
    tally: ScoreTally,
    *,
    bins: int = ECE_BINS,
    strategy: Strategy = "width",
    level: float = LEVEL,
    cases: BinaryCases | None = None,
) -> Reliability:
    """Compare mean score and share of positives in bins of the score.

    Bins of equally many rows never divide rows with the same score, so there may be fewer of them than asked for, and
    bins of log-odds so narrow that three digits do not tell them apart are one. A tally of narrow
    bins is divided between these only; an end that lies inside one moves to its top, and ``high`` says where it is.
    The ends of 15 equal widths are exact in any tally; others are after ``reduce.with_cuts``.

    Parameters
    ----------
    tally : ScoreTally
        Of probabilities, without leading axes.
    bins : int
        From 1 to 1000.
    strategy : {"width", "mass", "odds"}
        Bins of equal width, as in the metric ``ece``; of equally many rows; or of equal width in log-odds, between the
        scores that all but two in a thousand rows have, which shows rare and frequent outcomes alike.
    level : float
        Between 0 and 1.
    cases : BinaryCases, optional
        The rows of the tally: where some belong together the intervals allow for it.

    Returns
    -------
    Reliability

    Raises
    ------
    DataError
        If the scores are no probabilities, there is no row, or bins, strategy or level make no sense.

    References
    ----------
    Bröcker and Smith (2007), doi:10.1175/WAF993.1

    Examples
    --------
    >>> score, hits = np.array([0.1, 0.2, 0.7, 0.9]), np.array([1, 2, 6, 9])
    >>> found = reliability(ScoreTally(score, hits, 10 - hits), bins=2)
    >>> found.high.tolist(), found.mean_score.round(3).tolist(), found.rate.tolist()
    ([0.5, 1.0], [0.15, 0.8], [0.15, 0.75])
    """
    if not 0 < level < 1:
        raise DataError(f"The level of the intervals is a fraction between 0 and 1, such as 0.95, not {level:g}.")  # fmt: skip
    t = Entries.of(tally)
    starts, ends = binned(t, bins, strategy)
    rows, positives = sums(t.rows, starts), sums(t.pos, starts)
    mean_score, rate = ratio(sums(t.rows * t.middle, starts), rows), ratio(positives, rows)
    n = rows * ratio(rows, sums(t.squares, starts))
    grouped = cases if cases is not None and cases.together is not None else None
    if grouped is not None:
        n = _together(grouped, ends, rate, n)
    n = np.nan_to_num(n)
    low, high = wilson(rate * n, n, level)
    total = float(t.rows.sum())
    gap = float((t.rows * t.middle - t.pos).sum() / total)
    gap_low, gap_high = _of_rows(tally, gap, level) if grouped is None else _of_groups(grouped, level)
    return Reliability(
        ends[:-1], ends[1:], rows, positives, n, mean_score, rate, low, high, strategy, level,
        ece=float(np.abs(sums(t.pos - t.rows * t.middle, starts)).sum() / total),
        mean=float((t.rows * t.middle).sum() / total), prevalence=float(t.pos.sum() / total),
        gap=gap, gap_low=gap_low, gap_high=gap_high,
    )  # fmt: skip


def score_counts(tally: ScoreTally, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Count rows and positives by score between any edges, for the histogram under a diagram.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes.
    edges : (b + 1,) float64
        Ascending; an interval holds its lower end. What lies beyond the ends is counted in the outermost intervals,
        and a narrow bin where its middle lies.

    Returns
    -------
    rows, positives : (b,) float64

    Examples
    --------
    >>> tally = ScoreTally(np.array([0.1, 0.5, 0.9]), np.array([0, 1, 3]), np.array([4, 1, 0]))
    >>> [counts.tolist() for counts in score_counts(tally, np.array([0.0, 0.5, 0.8]))]
    [[4.0, 5.0], [0.0, 4.0]]
    """
    starts = np.append(0, np.searchsorted(tally.middle, edges[1:-1]))
    pos = sums(np.asarray(tally.pos, dtype=np.float64), starts)
    return pos + sums(np.asarray(tally.neg, dtype=np.float64), starts), pos


def right_or_wrong(cases: ClassCases) -> BinaryCases:
    """Judge each decision among many classes by its own probability: right rows are positive.

    Parameters
    ----------
    cases : ClassCases
        With probabilities.

    Returns
    -------
    BinaryCases
        Of the same rows; the score is the probability of the predicted class.
    """
    return BinaryCases(
        rows=cases.rows, weight=cases.weight, dropped_rows=cases.dropped_rows, dropped_code=cases.dropped_code,
        reasons=cases.reasons, frequency=cases.frequency, together=cases.together, positive=~cases.wrong,
        score=cases.of_decision(), predicted=None,
    )  # fmt: skip


def _together(cases: BinaryCases, ends: FloatArray, rate: FloatArray, n: FloatArray) -> FloatArray:
    """Count the independent rows of each bin where rows belong together: as many as vary like the groups.

    Never more than there are; where every row of a bin is alike, one for each group.
    """
    assert cases.score is not None
    assert cases.together is not None
    bin_of = np.searchsorted(ends[1:-1], cases.score, side="left")
    weight = np.ones(len(cases)) if cases.weight is None else cases.weight
    names, code = np.unique(cases.together, return_inverse=True)
    pair, place = np.unique(bin_of * names.size + code, return_inverse=True)
    off = np.bincount(place, weight * (cases.positive - rate[bin_of]))
    groups = np.bincount(pair // names.size, minlength=rate.size).astype(np.float64)
    few = np.divide(groups, groups - 1, out=np.zeros(groups.size), where=groups > 1)
    spread = np.bincount(pair // names.size, off**2, minlength=rate.size) * few
    total = np.bincount(bin_of, weight, minlength=rate.size)
    found = np.divide(rate * (1 - rate) * total**2, spread, out=groups.copy(), where=spread > 0)
    return np.minimum(found, n)


def _of_rows(tally: ScoreTally, gap: float, level: float) -> tuple[float, float]:
    """Interval of the mean score minus the rate from the standard error of the rows' differences."""
    squares = tally if tally.squares is None else tally.squares
    p, total = tally.middle, float(tally.n_pos + tally.n_neg)
    seen = squares.pos * (p - 1 - gap) ** 2 + squares.neg * (p - gap) ** 2
    # few positives that all or none were seen show too little; right scores would vary by this much
    least = (squares.pos + squares.neg) * p * (1 - p)
    error = max(float(seen.sum()), float(least.sum())) ** 0.5 / total
    return (gap - z_of(level) * error, gap + z_of(level) * error) if error > 0 else (np.nan, np.nan)


def _of_groups(cases: BinaryCases, level: float) -> tuple[float, float]:
    """Interval of the mean score minus the rate from groups of rows drawn again."""
    assert cases.score is not None
    assert cases.together is not None
    if np.unique(cases.together).size < 2:
        return np.nan, np.nan
    weight = np.ones(len(cases)) if cases.weight is None else cases.weight
    away = weight * (cases.score - cases.positive)
    resampler = GroupResampler.of(np.tile(cases.together, 2), np.repeat([0, 1], len(cases)), np.concatenate([away, weight]), 2)  # fmt: skip
    drawn = np.concatenate([part for _, part in chunks(resampler, SEED, REPLICATES)])
    low, high = np.nanquantile(ratio(drawn[:, 0], drawn[:, 1]), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
