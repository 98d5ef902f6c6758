"""Calibration: do as many rows turn out positive as their scores say, bin by bin and over all.

Everything is computed from the tally of scores. How far scores are off is always shown beside what chance alone would
give if every score were right: a calibration error is never negative, so it is above 0 for perfect scores too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .cases import BinaryCases, ClassCases
from .errors import DataError, did_you_mean
from .intervals import LEVEL, REPLICATES, SEED
from .metrics.counts import ratio
from .rate_interval import wilson, z_of
from .resampling import GroupResampler, chunks
from .tally import ScoreTally
from .tally.bins import COARSE, ECE_BINS
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

#: Bins of equal width, ``(a, b]``, of equally many rows, or of equal width in log-odds.
Strategy = Literal["width", "mass", "odds"]
Direction = Literal["over-confident", "under-confident", "none"]

#: Draws of the outcomes under perfect calibration.
DRAWS = 400
MAX_BINS = 1000
#: Different scores up to which outcomes are drawn for each; of more, neighbours are merged first.
_CELLS = 6000
# Draws at a time: the arrays stay small.
_AT_A_TIME = 50
# Log-odds are divided between the scores beyond which one row in a thousand lies, no farther out than a tenth of a row
# in all is expected, and never farther than this.
_BEYOND, _LEAST = 0.001, 1e-6


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


@dataclass(frozen=True)
class Chance:
    """What a calibration error is when every score is right and only chance is left.

    Attributes
    ----------
    value : float
        The error that was observed.
    mean, high : float
        Mean of the draws, and the value that 95 % of them do not exceed.
    share : float
        Share of the draws at or above the observed value.
    draws : int
    """

    value: float
    mean: float
    high: float
    share: float
    draws: int


@dataclass(frozen=True)
class BrierParts:
    """The Brier score in three parts: ``brier = mcb - dsc + unc``.

    Attributes
    ----------
    brier : float
    mcb : float
        Miscalibration: what the best non-decreasing change of the scores would save. Chance alone makes it positive.
    dsc : float
        Discrimination: what the changed scores save over always saying the share of the positives.
    unc : float
        Uncertainty: the Brier score of always saying that share.
    """

    brier: float
    mcb: float
    dsc: float
    unc: float


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
    t = _Entries.of(tally)
    starts, ends = _binned(t, bins, strategy)
    rows, positives = _sums(t.rows, starts), _sums(t.pos, starts)
    mean_score, rate = ratio(_sums(t.rows * t.middle, starts), rows), ratio(positives, rows)
    n = rows * ratio(rows, _sums(t.squares, starts))
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
        ece=float(np.abs(_sums(t.pos - t.rows * t.middle, starts)).sum() / total),
        mean=float((t.rows * t.middle).sum() / total), prevalence=float(t.pos.sum() / total),
        gap=gap, gap_low=gap_low, gap_high=gap_high,
    )  # fmt: skip


def ece_by_chance(
    tally: ScoreTally,
    *,
    bins: int = ECE_BINS,
    strategy: Strategy = "width",
    draws: int = DRAWS,
    seed: int = SEED,
) -> Chance:
    """Say what the calibration error of these bins would be if every score were right.

    The outcome of each row is drawn again with its score as its chance; the scores stay. Rows are drawn one by one.

    Parameters
    ----------
    tally : ScoreTally
        Of probabilities, without leading axes.
    bins, strategy
        See ``reliability``.
    draws : int
        100 or more.
    seed : int
        The same seed gives the same answer.

    Returns
    -------
    Chance

    Raises
    ------
    DataError
        As ``reliability`` does, and if there are fewer than 100 draws.

    References
    ----------
    Vaicenavicius et al. (2019), Evaluating model calibration in classification, AISTATS
    """
    t = _Entries.of(tally)
    starts, _ = _binned(t, bins, strategy)
    value = float(np.abs(_sums(t.pos - t.rows * t.middle, starts)).sum() / t.rows.sum())
    cells, of_bin = t.merged(starts)
    found = [np.abs(_sums(off, of_bin)).sum(-1) for off in _drawn(cells, draws, seed)]
    return _chance(value, np.concatenate(found) / cells.rows.sum())


def brier_parts(tally: ScoreTally) -> BrierParts:
    """Split the Brier score into miscalibration, discrimination and uncertainty.

    The scores are compared with their best non-decreasing change (isotonic regression), so there are no bins to choose.

    Parameters
    ----------
    tally : ScoreTally
        Of probabilities, without leading axes.

    Returns
    -------
    BrierParts

    Raises
    ------
    DataError
        If the scores are no probabilities or there is no row.

    References
    ----------
    Dimitriadis, Gneiting and Jordan (2021), doi:10.1073/pnas.2016191118

    Examples
    --------
    >>> score, hits = np.array([0.2, 0.6]), np.array([4, 6])
    >>> parts = brier_parts(ScoreTally(score, hits, 10 - hits))
    >>> round(parts.mcb, 3), round(parts.dsc, 3), parts.unc, round(parts.brier, 3)
    (0.02, 0.01, 0.25, 0.26)
    """
    t = _Entries.of(tally)
    total = float(t.rows.sum())
    prevalence = float(t.pos.sum()) / total
    mcb, unc = _miscalibration(t, t.pos / t.rows), prevalence * (1 - prevalence)
    brier = float((t.pos * (1 - t.middle) ** 2 + (t.rows - t.pos) * t.middle**2).sum()) / total
    return BrierParts(brier, mcb, max(mcb + unc - brier, 0.0), unc)  # rounding may take a zero below 0


def brier_by_chance(tally: ScoreTally, *, draws: int = DRAWS, seed: int = SEED) -> Chance:
    """Say what the miscalibration part of the Brier score would be if every score were right; see ``ece_by_chance``."""
    t = _Entries.of(tally)
    cells, _ = t.merged(np.zeros(1, dtype=np.int64))
    found = [
        _miscalibration(cells, cells.middle + one / cells.rows)
        for off in _drawn(cells, draws, seed)
        for one in off
    ]
    value = _miscalibration(t, t.pos / t.rows)
    shift = value - _miscalibration(
        cells, cells.pos / cells.rows
    )  # what merging takes away, also from each draw
    return _chance(value, np.array(found) + shift)


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
    pos = _sums(np.asarray(tally.pos, dtype=np.float64), starts)
    return pos + _sums(np.asarray(tally.neg, dtype=np.float64), starts), pos


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


# ------------------------------------------------------------------------------------------------ what is counted


@dataclass(frozen=True, eq=False)
class _Entries:
    """The scores, or narrow bins of scores, that hold rows: all of them as floats, ``(D,)``."""

    score: FloatArray
    top: FloatArray
    middle: FloatArray
    rows: FloatArray
    pos: FloatArray
    squares: FloatArray

    @classmethod
    def of(cls, tally: ScoreTally) -> _Entries:
        """Take a tally apart; refuse one that says nothing about calibration."""
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

    def merged(self, starts: NDArray[np.int64]) -> tuple[_Entries, NDArray[np.int64]]:
        """Merge neighbours when there are very many, never across a start; return also where the bins start then.

        Scores that differ by less than a hundredth of themselves, or of their distance to 1, are drawn as one: the
        variance of their outcomes changes by less than a ten-thousandth.
        """
        if self.score.size <= _CELLS:
            return self, starts
        edges = np.searchsorted(self.score, COARSE.edges)
        first = np.unique(np.concatenate([edges, starts]))
        first = first[first < self.score.size]
        last = np.append(first[1:], self.score.size) - 1
        rows, pos, squares, expected = (
            np.add.reduceat(x, first) for x in (self.rows, self.pos, self.squares, self.rows * self.middle)
        )
        cells = _Entries(self.score[first], self.top[last], np.clip(expected / rows, 0, 1), rows, pos, squares)  # fmt: skip
        return cells, np.searchsorted(first, starts)


def _binned(t: _Entries, bins: int, strategy: str) -> tuple[NDArray[np.int64], FloatArray]:
    """Choose the bins: the first entry of each, ``(b,)``, and their ends, ``(b + 1,)``."""
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


def _even_odds(t: _Entries, bins: int) -> FloatArray:
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


def _sums(values: FloatArray, starts: NDArray[np.int64]) -> FloatArray:
    """Sum the last axis from each start to the next; the first start is 0."""
    out = np.zeros((*values.shape[:-1], starts.size))
    filled = np.flatnonzero(np.diff(starts, append=values.shape[-1]) > 0)
    out[..., filled] = np.add.reduceat(values, starts[filled], axis=-1)
    return out


# ------------------------------------------------------------------------------------------------ how sure it is


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


# ------------------------------------------------------------------------------------------------ perfect calibration


def _drawn(t: _Entries, draws: int, seed: int) -> Iterator[FloatArray]:
    """Draw the outcomes with the scores as their chances: positives minus expected ones of each entry, ``(m, D)``.

    Weighted rows are drawn as their effective number (Kish), each of the same weight; a part of a row is drawn as a
    whole one as often as it is large, which keeps mean and variance.
    """
    if draws < 100:
        raise DataError(f"{draws:,} draws are too few to say what chance gives: take 100 or more, best {DRAWS}.")  # fmt: skip
    rng = np.random.default_rng(seed)
    weight = t.squares / t.rows
    n = t.rows / weight
    whole = np.floor(n + 1e-9)
    part = np.maximum(n - whole, 0.0)
    for start in range(0, draws, _AT_A_TIME):
        size = (min(_AT_A_TIME, draws - start), n.size)
        of = np.broadcast_to(whole, size) if not part.any() else whole + (rng.random(size) < part)
        trials = of.astype(np.int64)
        yield weight * (rng.binomial(trials, t.middle, size=size) - trials * t.middle)


def _chance(value: float, drawn: FloatArray) -> Chance:
    """Sum the draws up beside the observed value."""
    beyond = drawn >= value - 1e-12 * max(1.0, value)  # the same sum in another order
    high = np.quantile(drawn, 0.95, method="higher")
    return Chance(value, float(drawn.mean()), float(high), float(beyond.mean()), drawn.size)


def _miscalibration(t: _Entries, rate: FloatArray) -> float:
    """Say how much of the Brier score the nearest non-decreasing rates would save (pool adjacent violators)."""
    from scipy.optimize import isotonic_regression

    changed = isotonic_regression(rate, weights=t.rows).x
    saved = t.rows * ((rate - t.middle) ** 2 - (rate - changed) ** 2)
    return max(float(saved.sum() / t.rows.sum()), 0.0)  # rounding may take a zero below 0
