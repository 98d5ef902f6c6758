"""ROC, precision-recall and score histogram as data: exact points, thinned to what a screen can show."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .errors import DataError
from .metrics.counts import ratio
from .tally import ScoreTally
from .tally.outcomes import FloatArray

if TYPE_CHECKING:
    import pandas as pd

    from .predictions import Predictions

#: Points kept of a curve: less than a pixel off at 1000 pixels width (even in arc length; extremes per column).
ROC_POINTS = 1000
PR_COLUMNS = 1000


class _Columns:
    """A dataclass of equally long arrays that can be had as a frame."""

    def frame(self) -> pd.DataFrame:
        """Return the points as a frame, one row a point."""
        import pandas as pd

        return pd.DataFrame({f.name: getattr(self, f.name) for f in fields(self)})  # type: ignore[arg-type]  # only dataclasses inherit


@dataclass(frozen=True, eq=False)
class RocCurve(_Columns):
    """Points from (0, 0) to (1, 1).

    Attributes
    ----------
    fpr, tpr : (m,) float64
    threshold : (m,) float64
        The rule ``score >= threshold`` gives the point; infinite at (0, 0).
    """

    fpr: FloatArray
    tpr: FloatArray
    threshold: FloatArray


@dataclass(frozen=True, eq=False)
class PrCurve(_Columns):
    """Points by ascending recall, starting at recall 0 with precision 1 by convention.

    Attributes
    ----------
    recall, precision : (m,) float64
    threshold : (m,) float64
        Infinite at recall 0.
    """

    recall: FloatArray
    precision: FloatArray
    threshold: FloatArray


@dataclass(frozen=True, eq=False)
class ScoreHistogram(_Columns):
    """Rows of both classes by score.

    Attributes
    ----------
    low, high : (b,) float64
        Ends of each bin; a bin holds ``low <= score < high``, the last one its upper end too.
    pos, neg : (b,) rows or sums of weights
    """

    low: FloatArray
    high: FloatArray
    pos: NDArray[np.float64]
    neg: NDArray[np.float64]


def roc(data: Predictions | ScoreTally, *, model: str | None = None) -> RocCurve:
    """Receiver operating characteristic.

    Parameters
    ----------
    data : Predictions or ScoreTally
    model : str, optional
        Which model of the predictions; the first by default.

    Returns
    -------
    RocCurve

    Raises
    ------
    DataError
        If one class is absent or there is no score.

    References
    ----------
    Fawcett (2006), doi:10.1016/j.patrec.2005.10.010
    """
    t = _tally(data, model)
    _need_both_classes(t, "ROC curve")
    fpr = np.concatenate([[0.0], ratio(t.fp, t.n_neg)[::-1]])
    tpr = np.concatenate([[0.0], ratio(t.tp, t.n_pos)[::-1]])
    cut = np.concatenate([[np.inf], t.score[::-1]])
    kept = even_in_arc_length(fpr, tpr, ROC_POINTS)
    return RocCurve(fpr[kept], tpr[kept], cut[kept])


def pr(data: Predictions | ScoreTally, *, model: str | None = None) -> PrCurve:
    """Precision against recall.

    Parameters
    ----------
    data : Predictions or ScoreTally
    model : str, optional

    Returns
    -------
    PrCurve

    Raises
    ------
    DataError
        If no row is positive or there is no score.

    References
    ----------
    Davis and Goadrich (2006), doi:10.1145/1143844.1143874
    """
    t = _tally(data, model)
    if not t.n_pos > 0:
        raise DataError("No row is positive, so there is no precision-recall curve.")
    recall = np.concatenate([[0.0], ratio(t.tp, t.n_pos)[::-1]])
    precision = np.concatenate([[1.0], ratio(t.tp, t.tp + t.fp)[::-1]])
    cut = np.concatenate([[np.inf], t.score[::-1]])
    kept = extremes_by_column(recall, precision, PR_COLUMNS)
    return PrCurve(recall[kept], precision[kept], cut[kept])


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


def even_in_arc_length(x: FloatArray, y: FloatArray, n: int) -> NDArray[np.int64]:
    """Pick points of a curve evenly along its length, both ends and the corners of long steps included: at most 2n + 2."""
    if x.size <= n:
        return np.arange(x.size)
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    wanted = np.linspace(0.0, length[-1], n)
    at = np.searchsorted(length, wanted)
    return np.unique(np.concatenate([[0], at - 1, at, [x.size - 1]]).clip(0, x.size - 1))


def extremes_by_column(x: FloatArray, y: FloatArray, columns: int) -> NDArray[np.int64]:
    """Keep the first, last, lowest and highest point of each pixel column of a curve with ascending x."""
    if x.size <= columns:
        return np.arange(x.size)
    column = np.minimum((x - x[0]) / max(x[-1] - x[0], 1e-300) * columns, columns - 1).astype(np.int64)
    start = np.flatnonzero(np.diff(column, prepend=-1))
    end = np.append(start[1:], x.size) - 1
    low, high = np.lexsort((y, column))[start], np.lexsort((-y, column))[start]
    return np.unique(np.concatenate([start, end, low, high]))


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
