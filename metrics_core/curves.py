"""Curves over all thresholds and the score histogram as data: exact points, thinned to what a screen can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .bands import Height, band_of, precision_at_recall, recall_at_fpr, recall_at_share
from .cases import BinaryCases
from .curve_points import DetCurve, GainsCurve, LiftCurve, PrCurve, RocCurve, ScoreHistogram, lift_start
from .errors import DataError
from .intervals import LEVEL, REPLICATES, SEED
from .metrics.counts import ratio
from .tally import ScoreTally
from .tally.outcomes import FloatArray
from .thinning import even_in_arc_length, extremes_by_column

if TYPE_CHECKING:
    from .predictions import Predictions

__all__ = [
    "DET_RATES",
    "DetCurve",
    "GainsCurve",
    "LiftCurve",
    "PrCurve",
    "RocCurve",
    "ScoreHistogram",
    "det",
    "gains",
    "histogram",
    "lift",
    "lift_start",
    "normal_deviate",
    "pr",
    "roc",
]

#: Points kept of a curve: less than a pixel off at 1000 pixels width (even in arc length; extremes per column).
EVEN_POINTS = 1000
PR_COLUMNS = 1000
#: Columns of a lift curve on the axis that a figure draws, and besides on an even one when that goes by decades.
LIFT_COLUMNS = (1000, 240)
#: Rates that a DET figure shows; further out a normal deviate runs away.
DET_RATES = (1e-4, 0.99)


def roc(
    data: Predictions | ScoreTally,
    *,
    model: str | None = None,
    band: bool = False,
    cases: BinaryCases | None = None,
    level: float = LEVEL,
    seed: int = SEED,
    replicates: int = REPLICATES,
) -> RocCurve:
    """Receiver operating characteristic: true positive rate against false positive rate.

    Parameters
    ----------
    data : Predictions or ScoreTally
        A tally without leading axes.
    model : str, optional
        Which model of the predictions; the first by default.
    band : bool
        Whether to add the pointwise bootstrap band of the height at each x. At each point alone it holds the truth
        with the level, not along the whole curve at once. It always holds the curve.
    cases : BinaryCases, optional
        The rows of a given tally, so that those that belong together are drawn together; predictions bring their own.
    level : float
        Level of the band, 0.95 for 95 %.
    seed : int
        The same seed gives the same band.
    replicates : int
        Draws of the bootstrap, 100 or more.

    Returns
    -------
    RocCurve

    Raises
    ------
    DataError
        If one class is absent, there is no score, or a setting of the band makes no sense.

    References
    ----------
    Fawcett (2006), doi:10.1016/j.patrec.2005.10.010
    """
    t = _tally(data, model)
    _need_both_classes(t, "ROC curve")
    fpr, tpr = _from_none(t.fp, t.n_neg), _from_none(t.tp, t.n_pos)
    kept = even_in_arc_length(fpr, tpr, EVEN_POINTS)
    x, y = fpr[kept], tpr[kept]
    drawn = _Band(band, t, _cases(data, model, cases), level, seed, replicates)
    return RocCurve(x, y, _cuts(t)[kept], *drawn.ends(recall_at_fpr, x, y))


def pr(
    data: Predictions | ScoreTally,
    *,
    model: str | None = None,
    band: bool = False,
    cases: BinaryCases | None = None,
    level: float = LEVEL,
    seed: int = SEED,
    replicates: int = REPLICATES,
) -> PrCurve:
    """Precision against recall.

    Parameters
    ----------
    data : Predictions or ScoreTally
    model, band, cases, level, seed, replicates
        See ``roc``.

    Returns
    -------
    PrCurve

    Raises
    ------
    DataError
        If no row is positive, there is no score, or a setting of the band makes no sense.

    References
    ----------
    Davis and Goadrich (2006), doi:10.1145/1143844.1143874
    """
    t = _tally(data, model)
    _need_positives(t, "precision-recall curve")
    recall = _from_none(t.tp, t.n_pos)
    precision = np.concatenate([[1.0], ratio(t.tp, t.tp + t.fp)[::-1]])
    kept = extremes_by_column(recall, precision, PR_COLUMNS)
    x, y = recall[kept], precision[kept]
    drawn = _Band(band, t, _cases(data, model, cases), level, seed, replicates)
    return PrCurve(x, y, _cuts(t)[kept], *drawn.ends(precision_at_recall, x, y))


def gains(
    data: Predictions | ScoreTally,
    *,
    model: str | None = None,
    band: bool = False,
    cases: BinaryCases | None = None,
    level: float = LEVEL,
    seed: int = SEED,
    replicates: int = REPLICATES,
) -> GainsCurve:
    """Cumulative gains: share of the positives found against share of the rows flagged.

    Parameters
    ----------
    data : Predictions or ScoreTally
    model, band, cases, level, seed, replicates
        See ``roc``.

    Returns
    -------
    GainsCurve

    Raises
    ------
    DataError
        If no row is positive, there is no score, or a setting of the band makes no sense.

    References
    ----------
    Berry and Linoff (2011), Data Mining Techniques, 3rd edition, ISBN 978-0-470-65093-6
    """
    t = _tally(data, model)
    _need_positives(t, "gains curve")
    flagged, found = _from_none(t.tp + t.fp, t.n_pos + t.n_neg), _from_none(t.tp, t.n_pos)
    kept = even_in_arc_length(flagged, found, EVEN_POINTS)
    x, y = flagged[kept], found[kept]
    drawn = _Band(band, t, _cases(data, model, cases), level, seed, replicates)
    return GainsCurve(x, y, _cuts(t)[kept], _prevalence(t), *drawn.ends(recall_at_share, x, y))


def lift(
    data: Predictions | ScoreTally,
    *,
    model: str | None = None,
    band: bool = False,
    cases: BinaryCases | None = None,
    level: float = LEVEL,
    seed: int = SEED,
    replicates: int = REPLICATES,
) -> LiftCurve:
    """Lift: precision over prevalence against the share of the rows flagged.

    Parameters
    ----------
    data : Predictions or ScoreTally
    model, band, cases, level, seed, replicates
        See ``roc``.

    Returns
    -------
    LiftCurve
        Thinned for the axis that begins at its ``start``.

    Raises
    ------
    DataError
        If no row is positive, there is no score, or a setting of the band makes no sense.

    References
    ----------
    Berry and Linoff (2011), Data Mining Techniques, 3rd edition, ISBN 978-0-470-65093-6
    """
    t = _tally(data, model)
    _need_positives(t, "lift curve")
    flagged, found = _from_none(t.tp + t.fp, t.n_pos + t.n_neg), _from_none(t.tp, t.n_pos)
    height = ratio(found, flagged)  # NaN where no row is flagged
    prevalence = _prevalence(t)
    kept = _lift_points(flagged, height, lift_start(prevalence))
    x, y = flagged[kept], height[kept]
    drawn = _Band(band, t, _cases(data, model, cases), level, seed, replicates)
    # lift is the share found over the share flagged
    ends = (np.where(x > 0, ratio(end, x), np.nan) for end in drawn.ends(recall_at_share, x, found[kept]))
    return LiftCurve(x, y, _cuts(t)[kept], prevalence, *ends)


def det(
    data: Predictions | ScoreTally,
    *,
    model: str | None = None,
    band: bool = False,
    cases: BinaryCases | None = None,
    level: float = LEVEL,
    seed: int = SEED,
    replicates: int = REPLICATES,
) -> DetCurve:
    """Detection error trade-off: false negative rate against false positive rate.

    Parameters
    ----------
    data : Predictions or ScoreTally
    model, band, cases, level, seed, replicates
        See ``roc``.

    Returns
    -------
    DetCurve
        Thinned for axes of normal deviates between the rates ``DET_RATES``.

    Raises
    ------
    DataError
        If one class is absent, there is no score, or a setting of the band makes no sense.

    References
    ----------
    Martin et al. (1997), The DET curve in assessment of detection task performance, Eurospeech, 1895-1898
    """
    t = _tally(data, model)
    _need_both_classes(t, "DET curve")
    fpr, tpr = _from_none(t.fp, t.n_neg), _from_none(t.tp, t.n_pos)
    fnr = ratio(t.n_pos - np.concatenate([[0], t.tp[::-1]]), t.n_pos).clip(0)
    deviates = [normal_deviate(np.clip(rate, *DET_RATES)) for rate in (fpr, fnr)]
    kept = even_in_arc_length(deviates[0], deviates[1], 2 * EVEN_POINTS)
    x, y = fpr[kept], fnr[kept]
    drawn = _Band(band, t, _cases(data, model, cases), level, seed, replicates)
    found = drawn.ends(recall_at_fpr, x, tpr[kept])
    ends = (np.minimum(1 - found[1], y), np.maximum(1 - found[0], y)) if found else ()
    return DetCurve(x, y, _cuts(t)[kept], *ends)


def normal_deviate(rate: FloatArray) -> FloatArray:
    """Quantile of the normal distribution for each rate: minus infinity at 0, infinity at 1.

    Examples
    --------
    >>> normal_deviate(np.array([0.0, 0.025, 0.5])).round(2).tolist()
    [-inf, -1.96, 0.0]
    """
    from scipy.special import ndtri

    return np.asarray(ndtri(rate), dtype=np.float64)


def histogram(
    data: Predictions | ScoreTally, *, model: str | None = None, bins: int = 50, split_at: float | None = None
) -> ScoreHistogram:
    """Count the rows of both classes by score.

    Parameters
    ----------
    data : Predictions or ScoreTally
    model : str, optional
    bins : int
        Equal-width bins over 0 to 1 for probabilities, over the range of scores otherwise.
    split_at : float, optional
        A threshold that becomes an edge, so that no bin lies on both of its sides.

    Returns
    -------
    ScoreHistogram
    """
    t = _tally(data, model)
    low, high = (0.0, 1.0) if t.probability else (float(t.score[0]), float(t.score[-1]))
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = low + (high - low) * (np.arange(bins + 1) / bins)
    edges[-1] = high  # rounding may miss it
    if split_at is not None and low < split_at < high:
        edges = np.union1d(edges, [split_at])
    at = np.searchsorted(t.score, edges, side="left")
    at[-1] = t.score.size  # the last bin holds its upper end
    pos, neg = (np.concatenate([[0], np.cumsum(side)]) for side in (t.pos, t.neg))
    return ScoreHistogram(edges[:-1], edges[1:], np.diff(pos[at]), np.diff(neg[at]))


@dataclass(frozen=True, eq=False)
class _Band:
    """Whether and how a band is drawn."""

    wanted: bool
    tally: ScoreTally
    cases: BinaryCases | None
    level: float
    seed: int
    replicates: int

    def ends(self, height: Height, x: FloatArray, y: FloatArray) -> tuple[FloatArray, ...]:
        """Compute the lower and upper end of the band at the points of a curve; none when no band is wanted."""
        if not self.wanted:
            return ()
        return band_of(height, x, y, self.tally, cases=self.cases, level=self.level, seed=self.seed,
                       replicates=self.replicates)  # fmt: skip


def _from_none(at_or_above: NDArray[Any], total: NDArray[Any]) -> FloatArray:
    """Share of a class at or above each score, from the highest score down, and 0 before it."""
    return np.concatenate(
        [[0.0], ratio(at_or_above, total)[::-1].clip(max=1)]
    )  # summed weights may round above 1


def _lift_points(flagged: FloatArray, lift: FloatArray, start: float) -> NDArray[np.int64]:
    """Thin a lift curve for the axis that starts there; the first point flags nothing and stays."""
    wide, narrow = LIFT_COLUMNS
    if not start > 0:
        return np.append(0, 1 + extremes_by_column(flagged[1:], lift[1:], wide))
    even = 1 + extremes_by_column(flagged[1:], lift[1:], narrow)
    first = int(np.searchsorted(flagged, start))
    by_decades = first + extremes_by_column(np.log10(flagged[first:]), lift[first:], wide)
    return np.unique(np.concatenate([[0], even, by_decades]))


def _cuts(t: ScoreTally) -> FloatArray:
    """Threshold of each point, from the one that flags no row down."""
    return np.concatenate([[np.inf], t.score[::-1]])


def _prevalence(t: ScoreTally) -> float:
    """Share of the positives."""
    return float(ratio(t.n_pos, t.n_pos + t.n_neg))


def _cases(
    data: Predictions | ScoreTally, model: str | None, cases: BinaryCases | None
) -> BinaryCases | None:
    """Take the rows behind the tally, where they are known."""
    if isinstance(data, ScoreTally):
        return cases
    judged = data.cases[data.model(model).name]
    return judged if isinstance(judged, BinaryCases) else None


def _tally(data: Predictions | ScoreTally, model: str | None) -> ScoreTally:
    """Take the tally of a model, or the tally that was given."""
    if isinstance(data, ScoreTally):
        tally = data
    elif data.model(model).y_score is None:
        raise DataError("There is no score column, so there are no curves. Name one with --y-score.")
    else:
        tally = data.tally(model)
    if tally.score.size == 0:
        raise DataError("No row is left, so there are no curves.")
    return tally


def _need_both_classes(t: ScoreTally, what: str) -> None:
    """Refuse a curve that one class alone cannot have."""
    if not (t.n_pos > 0 and t.n_neg > 0):
        raise DataError(f"Only one class is present, so there is no {what}.")


def _need_positives(t: ScoreTally, what: str) -> None:
    """Refuse a curve that says nothing without positives."""
    if not t.n_pos > 0:
        raise DataError(f"No row is positive, so there is no {what}.")
