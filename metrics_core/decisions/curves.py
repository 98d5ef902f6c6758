"""Objective, cost and net benefit over all cuts as data, thinned to what a screen can show."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log10
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from ..metrics.counts import net_benefit, ratio
from ..tally import ScoreTally
from ..tally.outcomes import FloatArray
from ..thinning import extremes_by_column
from .costs import Costs
from .envelope import CostCurve, RocHull, all_cuts, cost_curve, one_tally, probability_cost, roc_hull
from .objectives import Objective
from .rule import BoolArray, IntArray, Rule

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CostByThreshold",
    "CostCurve",
    "NetBenefitCurve",
    "ObjectiveCurve",
    "RocHull",
    "cost_by_threshold",
    "cost_curve",
    "net_benefit_curve",
    "objective_curve",
    "probability_cost",
    "roc_hull",
]

#: Pixel columns of a curve, on the axis of the threshold and on that of the flagged share.
COLUMNS = 300
#: Thresholds of a net benefit curve: steps of 0.001 from 0.01 to 0.5.
NET_BENEFIT_POINTS = 491
#: A benefit has to be larger than another by this much: differences of rounding are none.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class ObjectiveCurve:
    """An objective at every cut, thinned to what a screen can show.

    Attributes
    ----------
    threshold : (m,) float64
        Ascending; the last cut flags nothing.
    flagged_share : (m,) float64
        Share of the rows at or above each threshold.
    value : (m,) float64
        NaN where undefined.
    feasible : (m,) bool
        Where every constraint holds.
    chosen : int, optional
        Position of the best feasible cut, which is never thinned away; None where there is none.
    label : str
        What the values are.
    """

    threshold: FloatArray
    flagged_share: FloatArray
    value: FloatArray
    feasible: BoolArray
    chosen: int | None
    label: str

    def frame(self) -> pd.DataFrame:
        """Return the points as a frame, one row a cut."""
        import pandas as pd

        names = ("threshold", "flagged_share", "value", "feasible")
        return pd.DataFrame({name: getattr(self, name) for name in names})


@dataclass(frozen=True, eq=False)
class CostByThreshold:
    """What every cut costs, thinned to what a screen can show.

    Attributes
    ----------
    threshold, flagged_share : (m,) float64
        See ``ObjectiveCurve``.
    cost : (m,) float64
        Costs less gains of all rows, in the unit of the prices.
    per_row : (m,) float64
        The same for each row.
    cheapest : int
        Position of the cheapest cut; of equals the lowest.
    everything, nothing : float
        Cost of flagging every row, and none.
    """

    threshold: FloatArray
    flagged_share: FloatArray
    cost: FloatArray
    per_row: FloatArray
    cheapest: int
    everything: float
    nothing: float

    def frame(self) -> pd.DataFrame:
        """Return the points as a frame, one row a cut."""
        import pandas as pd

        names = ("threshold", "flagged_share", "cost", "per_row")
        return pd.DataFrame({name: getattr(self, name) for name in names})


@dataclass(frozen=True, eq=False)
class NetBenefitCurve:
    """Decision curve: what acting on the scores is worth when the threshold is also the odds of harm to benefit.

    Attributes
    ----------
    threshold : (m,) float64
        Probability from which one would act.
    net_benefit : (m,) float64
        True positives per row less false positives per row at the odds of the threshold.
    treat_all : (m,) float64
        The same when every row is flagged; flagging none has net benefit 0.
    avoided_per_100 : (m,) float64
        Rows in 100 that flagging all would flag needlessly and the scores do not, at no loss of positives; negative
        where the scores do worse. NaN at threshold 0.
    standardised : (m,) float64
        Net benefit over the largest possible, the prevalence; NaN without positives.
    prevalence : float
    """

    threshold: FloatArray
    net_benefit: FloatArray
    treat_all: FloatArray
    avoided_per_100: FloatArray
    standardised: FloatArray
    prevalence: float

    @property
    def useful(self) -> BoolArray:
        """Whether the scores are worth more than flagging all and than flagging none, ``(m,)``."""
        return np.asarray(self.net_benefit > np.maximum(self.treat_all, 0.0) + _ROUNDING)

    def useful_between(self) -> list[tuple[float, float]]:
        """List the stretches of thresholds at which the scores are useful, both ends included."""
        edges = np.diff(np.concatenate([[False], self.useful, [False]]).astype(np.int8))
        starts, ends = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0) - 1
        return [
            (float(self.threshold[a]), float(self.threshold[b])) for a, b in zip(starts, ends, strict=True)
        ]

    def frame(self) -> pd.DataFrame:
        """Return the points as a frame, one row a threshold."""
        import pandas as pd

        names = ("threshold", "net_benefit", "treat_all", "avoided_per_100", "standardised", "useful")
        return pd.DataFrame({name: getattr(self, name) for name in names})


def objective_curve(tally: ScoreTally, rule: Rule) -> ObjectiveCurve:
    """Compute an objective at every cut, and where the constraints hold.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes.
    rule : Rule

    Returns
    -------
    ObjectiveCurve
        Of each pixel column the first, last, lowest and highest value is kept, of feasible and other cuts each, and
        the chosen cut always.

    Raises
    ------
    DataError
        If there are no rows, or costs need amounts that the rows do not have.
    """
    cuts, o = all_cuts(tally)
    value, feasible, best = rule.values(o), rule.feasible(o), int(rule.best(o))
    share = ratio(o.flagged, o.total)
    kept = _thinned(cuts, share, value, feasible, best)
    chosen = None if best < 0 else int(np.searchsorted(kept, best))
    return ObjectiveCurve(cuts[kept], share[kept], value[kept], feasible[kept], chosen, rule.objective.label)


def cost_by_threshold(tally: ScoreTally, costs: Costs) -> CostByThreshold:
    """Compute the cost of every cut.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes.
    costs : Costs

    Returns
    -------
    CostByThreshold
        Thinned as ``objective_curve``.

    Raises
    ------
    DataError
        If there are no rows, or costs need amounts that the rows do not have.
    """
    cuts, o = all_cuts(tally)
    cost, per_row = costs.total(o), costs.per_row(o)
    best = int(Rule(Objective.read(minimize="cost", costs=costs)).best(o))
    share = ratio(o.flagged, o.total)
    kept = _thinned(cuts, share, cost, np.ones(cuts.size, dtype=bool), best)
    cheapest = int(np.searchsorted(kept, best))
    return CostByThreshold(cuts[kept], share[kept], cost[kept], per_row[kept], cheapest, float(cost[0]), float(cost[-1]))  # fmt: skip


def net_benefit_curve(
    tally: ScoreTally, *, low: float = 0.01, high: float = 0.5, points: int = NET_BENEFIT_POINTS
) -> NetBenefitCurve:
    """Compute the net benefit of acting on the scores over a range of thresholds.

    Parameters
    ----------
    tally : ScoreTally
        Of probabilities, without leading axes.
    low, high : float
        The thresholds that are plausible: 0 or more, and below 1.
    points : int
        Number of thresholds, evenly spaced, 2 or more. Of bins the nearest edges are taken, so that every point is
        counted exactly.

    Returns
    -------
    NetBenefitCurve

    Raises
    ------
    DataError
        If the scores are no probabilities, there are no rows, or the range makes no sense.

    References
    ----------
    Vickers and Elkin (2006), doi:10.1177/0272989X06295361; standardised: Kerr and others (2016),
    doi:10.1200/JCO.2015.65.5654

    Examples
    --------
    >>> import numpy as np
    >>> tally = ScoreTally(np.array([0.1, 0.4, 0.8]), np.array([0, 1, 1]), np.array([6, 1, 1]))
    >>> found = net_benefit_curve(tally, low=0.2, high=0.5, points=2)
    >>> found.net_benefit.round(3).tolist(), found.treat_all.round(3).tolist(), found.avoided_per_100.round(1).tolist()
    ([0.15, 0.0], [0.0, -0.6], [60.0, 60.0])
    """
    one_tally(tally)
    if not tally.probability:
        raise DataError("Net benefit reads the threshold as the odds at which one would act, so it needs probabilities, and these scores are none. Use a score column between 0 and 1, or say --score-kind probability if these are.")  # fmt: skip
    if not (0 <= low < high < 1 and points >= 2):
        raise DataError(f"Net benefit is drawn over two or more thresholds from 0 to below 1, not {points:,} from {low:g} to {high:g}.")  # fmt: skip
    t = _even(low, high, points)
    if not tally.exact:
        t = np.unique(tally.score[_nearest(tally.score, t)])
        t = t[t < 1]
    o = tally.outcomes(t)
    benefit, prevalence, odds = (
        net_benefit(o),
        float(ratio(tally.n_pos, tally.n_pos + tally.n_neg)),
        t / (1 - t),
    )
    treat_all = prevalence - (1 - prevalence) * odds
    avoided = ratio(100 * (benefit - treat_all), np.where(odds > 0, odds, np.nan))
    standardised = benefit / (prevalence or np.nan)
    return NetBenefitCurve(t, benefit, treat_all, avoided, standardised, prevalence)


def _thinned(
    cuts: FloatArray, share: FloatArray, value: FloatArray, feasible: BoolArray, best: int
) -> IntArray:
    """Keep what a screen can show on the axis of the threshold or of the flagged share, and the best cut."""
    kept = [np.array([0, cuts.size - 1] + ([best] if best >= 0 else []))]
    for part in (np.flatnonzero(feasible), np.flatnonzero(~feasible)):
        kept += [part[extremes_by_column(x[part], value[part], COLUMNS)] for x in (cuts, -share) if part.size]
    return np.unique(np.concatenate(kept))


def _even(low: float, high: float, points: int) -> FloatArray:
    """Space thresholds evenly: as the doubles that their decimal texts are, or a score of 0.3 would miss its cut."""
    digits = min(max(ceil(-log10((high - low) / (points - 1))) + 6, 0), 22)
    inner = low + (high - low) * np.arange(1, points - 1) / (points - 1)
    return np.concatenate([[low], np.rint(inner * 10.0**digits) / 10.0**digits, [high]])


def _nearest(edges: FloatArray, values: FloatArray) -> IntArray:
    """Find the position of the nearest edge of each value."""
    after = np.searchsorted(edges, values).clip(1, edges.size - 1)
    return np.asarray(after - (values - edges[after - 1] <= edges[after] - values))
