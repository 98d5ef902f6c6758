"""How far the scores of both classes lie apart: the two cumulative shares at every score, and where their gap is largest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .curve_points import _Columns
from .errors import DataError
from .metrics.counts import ratio
from .tally import ScoreTally
from .tally.outcomes import FloatArray
from .thinning import even_in_arc_length

#: Points kept for each of the two lines and each way to lay them out.
POINTS = 700


@dataclass(frozen=True, eq=False)
class KsCurve(_Columns):
    """The share of each class at or above every score, from no row to all.

    Attributes
    ----------
    flagged : (m,) float64
        Share of all rows at or above the threshold, ascending from 0.
    positives, negatives : (m,) float64
        Share of the positives and of the negatives among them: recall and false positive rate.
    threshold : (m,) float64
        Infinite where no row is flagged.
    gap : (m,) float64
        ``positives - negatives``.
    at : int
        Which point has the largest gap, the statistic of Kolmogorov and Smirnov; of equals the one that flags fewest.
    n_positives, n_negatives : float
        Rows or sums of weights of each class.
    """

    flagged: FloatArray
    positives: FloatArray
    negatives: FloatArray
    threshold: FloatArray
    gap: FloatArray
    at: int
    n_positives: float
    n_negatives: float

    @property
    def statistic(self) -> float:
        """The largest gap, -1 to 1; below 0 only where every threshold flags more of the negatives."""
        return float(self.gap[self.at])


def ks(tally: ScoreTally) -> KsCurve:
    """Lay the cumulative scores of both classes side by side.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes.

    Returns
    -------
    KsCurve
        Exact at each point; thinned to what a screen shows, the point of the largest gap always among them.

    Raises
    ------
    DataError
        If one class is absent.

    References
    ----------
    Hodges (1958), doi:10.1007/BF02589501

    Examples
    --------
    >>> tally = ScoreTally(np.array([0.1, 0.4, 0.8]), np.array([0, 1, 3]), np.array([5, 3, 0]))
    >>> found = ks(tally)
    >>> found.statistic, found.threshold[found.at]
    (0.75, np.float64(0.8))
    """
    if tally.score.size == 0:
        raise DataError("No row is left, so there are no curves.")
    if not (tally.n_pos > 0 and tally.n_neg > 0):
        raise DataError("Only one class is present, so there is no gap between two.")
    positives, negatives, flagged = (
        np.concatenate([[0.0], ratio(part, whole)[::-1].clip(max=1)])
        for part, whole in (
            (tally.tp, tally.n_pos),
            (tally.fp, tally.n_neg),
            (tally.tp + tally.fp, tally.n_pos + tally.n_neg),
        )
    )
    threshold = np.concatenate([[np.inf], tally.score[::-1]])
    # not the point that flags nothing: its gap of 0 lies at no score
    at = 1 + int(np.argmax((positives - negatives)[1:]))
    kept = _kept(positives, negatives, flagged, threshold, at)
    return KsCurve(
        flagged[kept], positives[kept], negatives[kept], threshold[kept], (positives - negatives)[kept],
        int(np.searchsorted(kept, at)), float(tally.n_pos), float(tally.n_neg),
    )  # fmt: skip


def _kept(
    positives: FloatArray, negatives: FloatArray, flagged: FloatArray, threshold: FloatArray, at: int
) -> NDArray[np.int64]:
    """Thin both lines evenly along their length, by score and by flagged share; keep the largest gap."""
    score = threshold.copy()
    score[0] = score[1]
    span = score[0] - score[-1]
    by_score = (score[0] - score) / span if span > 0 else np.zeros_like(score)
    picked = [even_in_arc_length(x, y, POINTS) for x in (by_score, flagged) for y in (positives, negatives)]
    return np.unique(np.concatenate([*picked, [at]]))
