"""The cuts that can be cheapest: the cost curve, and the convex hull of the ROC curve that it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..metrics.counts import ratio
from ..tally import Outcomes, ScoreTally
from ..tally.outcomes import FloatArray
from .choice import candidate_outcomes
from .costs import Costs
from .rule import BoolArray, IntArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class CostCurve:
    """Least cost for every mix of prevalence and costs, both kinds of error weighed against each other.

    Each cut is a straight line from its false positive rate at 0 to its false negative rate at 1. The lower envelope
    of all of them, flagging none (x) and all (1 - x) included, is what the scores can do.

    Attributes
    ----------
    x : (m,) float64
        Corners of the envelope from 0 to 1, as probability cost: the share that positives have in the cost when
        every decision is wrong.
    cost : (m,) float64
        Height of the envelope there: expected cost over that of all decisions being wrong.
    threshold, fpr, fnr : (m - 1,) float64
        The cut that costs least from one corner to the next, and its rates.
    """

    x: FloatArray
    cost: FloatArray
    threshold: FloatArray
    fpr: FloatArray
    fnr: FloatArray

    @property
    def area(self) -> float:
        """Expected cost when every x is as likely as any other; 0.25 for scores that tell nothing, 0 for perfect ones."""
        return float(((self.cost[1:] + self.cost[:-1]) / 2 * np.diff(self.x)).sum())

    def at(self, x: float) -> tuple[float, float]:
        """Return the best threshold at a probability cost, and its expected cost; at a corner the lower threshold."""
        i = int(np.clip(np.searchsorted(self.x, x, side="right") - 1, 0, self.threshold.size - 1))
        return float(self.threshold[i]), float(self.fnr[i] * x + self.fpr[i] * (1 - x))

    def frame(self) -> pd.DataFrame:
        """Return the stretches as a frame, one row a cut that is best somewhere."""
        import pandas as pd

        ends = {
            "x_from": self.x[:-1],
            "x_to": self.x[1:],
            "cost_from": self.cost[:-1],
            "cost_to": self.cost[1:],
        }
        return pd.DataFrame({"threshold": self.threshold, "fpr": self.fpr, "fnr": self.fnr} | ends)


@dataclass(frozen=True, eq=False)
class RocHull:
    """The convex hull of the ROC curve: whatever errors cost and however rare positives are, the best cut is on it.

    Attributes
    ----------
    on_hull : (D,) bool
        For each distinct score of the tally whether that cut can cost less than every other.
    fpr, tpr, threshold : (h,) float64
        Corners from (0, 0), which flags nothing, to (1, 1).
    """

    on_hull: BoolArray
    fpr: FloatArray
    tpr: FloatArray
    threshold: FloatArray

    @property
    def area(self) -> float:
        """Area under the hull: the AUC that these scores reach when only their best cuts are used."""
        return float(((self.tpr[1:] + self.tpr[:-1]) / 2 * np.diff(self.fpr)).sum())

    def frame(self) -> pd.DataFrame:
        """Return the corners as a frame."""
        import pandas as pd

        return pd.DataFrame({"fpr": self.fpr, "tpr": self.tpr, "threshold": self.threshold})


def cost_curve(tally: ScoreTally) -> CostCurve:
    """Find the least expected cost, and the cut that has it, for every mix of prevalence and costs.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes.

    Returns
    -------
    CostCurve

    Raises
    ------
    DataError
        If only one class is present.

    References
    ----------
    Drummond and Holte (2006), doi:10.1007/s10994-006-8199-5

    Examples
    --------
    >>> import numpy as np
    >>> curve = cost_curve(ScoreTally(np.array([0.2, 0.6, 0.9]), np.array([0, 1, 1]), np.array([2, 1, 0])))
    >>> curve.x.round(3).tolist(), curve.threshold.tolist(), round(curve.area, 4)
    ([0.0, 0.4, 1.0], [0.9, 0.6], 0.1)
    """
    hull = roc_hull(tally)
    fpr, fnr = hull.fpr, 1 - hull.tpr
    right, up = np.diff(fpr), -np.diff(fnr)
    corners = np.concatenate(
        [[0.0], ratio(right, right + up), [1.0]]
    )  # two lines cross where their costs are equal
    used = np.flatnonzero(np.diff(corners) > 0)
    x = np.append(corners[used], 1.0)
    fpr, fnr = fpr[used], fnr[used]
    cost = np.append(fnr * x[:-1] + fpr * (1 - x[:-1]), fnr[-1])
    return CostCurve(x, cost, hull.threshold[used], fpr, fnr)


def probability_cost(costs: Costs, prevalence: float) -> float:
    """Find where on a cost curve some costs and a prevalence lie.

    Parameters
    ----------
    costs : Costs
        Of rows, not of amounts. What a right decision gains is lost by a wrong one.
    prevalence : float
        Share of positives, 0 to 1.

    Returns
    -------
    float, 0 to 1

    Raises
    ------
    DataError
        If the costs depend on amounts, or wrong decisions do not cost.

    Examples
    --------
    >>> probability_cost(Costs.read(fp="1", fn="9"), 0.1)
    0.5
    """
    if costs.uses_amounts:
        raise DataError("A cost curve weighs rows, and these costs depend on the amount of each row. Give costs that are plain numbers.")  # fmt: skip
    on_negative, on_positive = costs.fp.each + costs.tn.each, costs.fn.each + costs.tp.each
    whole = prevalence * on_positive + (1 - prevalence) * on_negative
    if on_negative < 0 or on_positive < 0 or not whole > 0:
        raise DataError("A cost curve needs costs at which a wrong decision costs more than a right one.")
    return float(prevalence * on_positive / whole)


def roc_hull(tally: ScoreTally) -> RocHull:
    """Find the cuts that can be the cheapest.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes.

    Returns
    -------
    RocHull

    Raises
    ------
    DataError
        If only one class is present.

    References
    ----------
    Provost and Fawcett (2001), doi:10.1023/A:1007601015854
    """
    cuts, o = all_cuts(tally)
    if not (tally.n_pos > 0 and tally.n_neg > 0):
        raise DataError("Only one class is present, so there is no trade-off between the two kinds of error.")
    fp, tp = o.fp[::-1], o.tp[::-1]  # from the cut that flags nothing
    corners = _upper_hull(fp, tp)
    thresholds = cuts[::-1][corners]
    rates = ratio(fp[corners], tally.n_neg).clip(max=1), ratio(tp[corners], tally.n_pos).clip(max=1)
    return RocHull(np.isin(tally.score, thresholds), *rates, thresholds)


def _upper_hull(x: NDArray[np.int64] | FloatArray, y: NDArray[np.int64] | FloatArray) -> IntArray:
    """Find the corners of the hull above points, all different, whose x and y ascend."""
    up, right = np.diff(y) > 0, np.diff(x) > 0
    # a corner is reached from below and left to the right
    points = np.flatnonzero(np.concatenate([[True], up[:-1] & right[1:], [True]]))
    # plain integers: products of two counts may be larger than 64 bits
    px, py = x[points].tolist(), y[points].tolist()
    kept: list[int] = []
    for i in range(len(px)):
        while len(kept) > 1:
            a, b = kept[-2], kept[-1]
            if (px[b] - px[a]) * (py[i] - py[a]) < (py[b] - py[a]) * (px[i] - px[a]):
                break
            kept.pop()
        kept.append(i)
    return np.asarray(points[kept], dtype=np.int64)


def all_cuts(tally: ScoreTally) -> tuple[FloatArray, Outcomes]:
    """Count every candidate cut, ascending."""
    one_tally(tally)
    o = candidate_outcomes(tally)
    assert o.threshold is not None  # candidates are cuts
    return o.threshold, o


def one_tally(tally: ScoreTally) -> None:
    """Refuse what has no curve."""
    if tally.pos.ndim != 1:
        raise ValueError("a curve is drawn of one tally at a time")
    if not tally.n_pos + tally.n_neg > 0:
        raise DataError("No row is left, so there are no curves.")
