"""Lines of equal cost in the plane of the ROC curve, and the point of the curve on the cheapest of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import DataError
from .metrics.counts import ratio
from .tally import ScoreTally


@dataclass(frozen=True)
class IsoCost:
    """What a false alarm and a miss cost, and how common positives are.

    Attributes
    ----------
    cost_fp, cost_fn : float
        Cost of one false alarm and of one missed positive, in one unit.
    prevalence : float
        Share of the positives.

    Raises
    ------
    DataError
        If a cost is negative or not finite, or both are 0.
    """

    cost_fp: float
    cost_fn: float
    prevalence: float

    def __post_init__(self) -> None:
        for name, cost in (("a false alarm", self.cost_fp), ("a missed positive", self.cost_fn)):
            if not (np.isfinite(cost) and cost >= 0):
                raise DataError(f"The cost of {name} is {cost:g}; it must be a number of 0 or more.")
        if self.cost_fp == 0 and self.cost_fn == 0:
            raise DataError("Both costs are 0, so every threshold costs the same. Make one of them larger.")

    @property
    def per_fpr(self) -> float:
        """What a false positive rate of 1 costs, per row."""
        return self.cost_fp * (1 - self.prevalence)

    @property
    def per_miss(self) -> float:
        """What a recall of 0 costs, per row."""
        return self.cost_fn * self.prevalence

    @property
    def slope(self) -> float:
        """Recall that a line of equal cost gains for each unit of false positive rate; infinite where misses cost nothing.

        Examples
        --------
        >>> round(IsoCost(1, 10, 0.1).slope, 6)
        0.9
        """
        return float("inf") if self.per_miss == 0 else self.per_fpr / self.per_miss

    def at(self, fpr: float, recall: float) -> float:
        """Return the cost per row of a point.

        Examples
        --------
        >>> round(IsoCost(1, 10, 0.1).at(0.2, 0.7), 6)
        0.48
        """
        return self.per_fpr * fpr + self.per_miss * (1 - recall)

    def ends(self, cost: float) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """Return where the line of a cost enters and leaves the unit square, by ascending recall; None when it misses it.

        Examples
        --------
        >>> IsoCost(1, 1, 0.5).ends(0.25)
        ((0.0, 0.5), (0.5, 1.0))
        """
        if self.per_miss == 0:
            x = cost / self.per_fpr
            return ((x, 0.0), (x, 1.0)) if 0 <= x <= 1 else None
        low, high = (1 - (cost - self.per_fpr * x) / self.per_miss for x in (0.0, 1.0))
        if low > 1 or high < 0:
            return None
        if self.slope == 0:
            return (0.0, low), (1.0, low)
        start = (0.0, low) if low >= 0 else (-low / self.slope, 0.0)
        end = (1.0, high) if high <= 1 else ((1 - low) / self.slope, 1.0)
        return start, end


@dataclass(frozen=True)
class Cheapest:
    """The point of a ROC curve that costs least; of equals the one that flags fewest.

    Attributes
    ----------
    threshold : float
        Infinite when it is cheapest to flag no row.
    fpr, recall : float
    cost : float
        Per row.
    """

    threshold: float
    fpr: float
    recall: float
    cost: float


def cheapest(tally: ScoreTally, costs: IsoCost) -> Cheapest:
    """Find the cheapest threshold among all scores.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes.
    costs : IsoCost

    Raises
    ------
    DataError
        If one class is absent.

    References
    ----------
    Provost and Fawcett (2001), doi:10.1023/A:1007601015854

    Examples
    --------
    >>> tally = ScoreTally(np.array([0.1, 0.4, 0.8]), np.array([0, 1, 3]), np.array([5, 3, 0]))
    >>> cheapest(tally, IsoCost(1, 1, 1 / 3)).threshold
    0.8
    """
    if not (tally.n_pos > 0 and tally.n_neg > 0):
        raise DataError("Only one class is present, so there is no ROC curve to lay costs on.")
    fpr, recall = (
        np.concatenate([[0.0], ratio(part, whole)[::-1]])
        for part, whole in ((tally.fp, tally.n_neg), (tally.tp, tally.n_pos))
    )
    cost = costs.per_fpr * fpr + costs.per_miss * (1 - recall)
    at = int(np.flatnonzero(cost <= cost.min() * (1 + 1e-12))[0])
    threshold = float("inf") if at == 0 else float(tally.score[tally.score.size - at])
    return Cheapest(threshold, float(fpr[at]), float(recall[at]), float(cost[at]))
