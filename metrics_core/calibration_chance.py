"""What calibration errors are by chance alone, and the three parts of the Brier score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .calibration_bins import Entries, Strategy, binned, sums
from .errors import DataError
from .intervals import SEED
from .tally import ScoreTally
from .tally.bins import ECE_BINS
from .tally.outcomes import FloatArray

#: Draws of the outcomes under perfect calibration.
DRAWS = 400
# Draws at a time: the arrays stay small.
_AT_A_TIME = 50


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
    t = Entries.of(tally)
    starts, _ = binned(t, bins, strategy)
    value = float(np.abs(sums(t.pos - t.rows * t.middle, starts)).sum() / t.rows.sum())
    cells, of_bin = t.merged(starts)
    found = [np.abs(sums(off, of_bin)).sum(-1) for off in _drawn(cells, draws, seed)]
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
    t = Entries.of(tally)
    total = float(t.rows.sum())
    prevalence = float(t.pos.sum()) / total
    mcb, unc = _miscalibration(t, t.pos / t.rows), prevalence * (1 - prevalence)
    brier = float((t.pos * (1 - t.middle) ** 2 + (t.rows - t.pos) * t.middle**2).sum()) / total
    return BrierParts(brier, mcb, max(mcb + unc - brier, 0.0), unc)  # rounding may take a zero below 0


def brier_by_chance(tally: ScoreTally, *, draws: int = DRAWS, seed: int = SEED) -> Chance:
    """Say what the miscalibration part of the Brier score would be if every score were right; see ``ece_by_chance``."""
    t = Entries.of(tally)
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


def _drawn(t: Entries, draws: int, seed: int) -> Iterator[FloatArray]:
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


def _miscalibration(t: Entries, rate: FloatArray) -> float:
    """Say how much of the Brier score the nearest non-decreasing rates would save (pool adjacent violators)."""
    from scipy.optimize import isotonic_regression

    changed = isotonic_regression(rate, weights=t.rows).x
    saved = t.rows * ((rate - t.middle) ** 2 - (rate - changed) ** 2)
    return max(float(saved.sum() / t.rows.sum()), 0.0)  # rounding may take a zero below 0
