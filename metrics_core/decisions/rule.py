"""A rule picks one cut among many: the best value of the objective where every constraint holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..tally import Outcomes
from ..tally.outcomes import FloatArray
from .constraints import ROUNDING
from .objectives import Objective

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
#: More constraints than this are not told apart when none of the cuts keeps to all of them.
_MOST = 60


class Limited(Protocol):
    """What a rule asks of a constraint: ``Constraint`` and ``Capacity`` have it, and whatever else limits a cut."""

    @property
    def text(self) -> str:
        """The constraint as it is written, such as ``precision>=0.9``."""

    def value(self, outcomes: Outcomes) -> FloatArray:
        """Compute the limited number for every cut, NaN where undefined."""

    def slack(self, outcomes: Outcomes) -> FloatArray:
        """Say how far inside the limit every cut is; negative outside, NaN where undefined."""

    def holds(self, outcomes: Outcomes) -> BoolArray:
        """Tell the cuts inside the limit; what is undefined is not."""


@dataclass(frozen=True)
class Rule:
    """An objective and the constraints under which it is sought.

    The last axis of the outcomes runs over cuts, ascending. Leading axes, such as slices or bootstrap replicates, are
    decided one by one.

    Attributes
    ----------
    objective : Objective
    constraints : tuple of Limited

    Examples
    --------
    >>> from metrics_core.decisions.constraints import Constraint
    >>> from metrics_core.tally.outcomes import outcomes
    >>> rule = Rule(Objective.read(maximize="recall"), (Constraint.read("precision>=0.7"),))
    >>> cuts = outcomes(tp=[3, 3, 2, 0], fp=[3, 1, 0, 0], fn=[0, 0, 1, 3], tn=[0, 2, 3, 3])
    >>> rule.feasible(cuts).tolist(), int(rule.best(cuts))
    ([False, True, True, False], 1)
    """

    objective: Objective
    constraints: tuple[Limited, ...] = ()

    def __post_init__(self) -> None:
        if len(self.constraints) > _MOST:
            raise DataError(f"{len(self.constraints)} constraints are too many: give {_MOST} at most.")

    def values(self, outcomes: Outcomes) -> FloatArray:
        """Compute the objective for every cut, ``(..., T)``; NaN where undefined."""
        return self.objective.value(outcomes)

    def feasible(self, outcomes: Outcomes) -> BoolArray:
        """Tell the cuts where every constraint holds, ``(..., T)``."""
        held = np.ones(np.shape(outcomes.tp), dtype=bool)
        for constraint in self.constraints:
            held &= constraint.holds(outcomes)
        return held

    def best(self, outcomes: Outcomes) -> IntArray:
        """Find the best cut where every constraint holds.

        Values that differ by rounding only are equal, and of equal values the lowest threshold wins. Undefined values
        never win.

        Returns
        -------
        (...) int64
            Index on the last axis; -1 where there is none.
        """
        return lowest_best(self.values(outcomes), self.feasible(outcomes), self.objective.direction)


def lowest_best(values: FloatArray, allowed: BoolArray, direction: int = 1) -> IntArray:
    """Find the first of the largest (or smallest) values that are allowed, ``(...)``; -1 where there is none.

    Parameters
    ----------
    values : (..., T) float64
    allowed : (..., T) bool
    direction : {1, -1}
    """
    if values.shape[-1] == 0:
        return np.full(values.shape[:-1], -1, dtype=np.int64)
    signed = values if direction > 0 else -values
    allowed = allowed & ~np.isnan(signed)
    masked = np.where(allowed, signed, -np.inf)
    top = masked.max(-1, keepdims=True)
    size = np.abs(np.where(allowed & np.isfinite(signed), signed, 0.0)).max(-1, keepdims=True)
    found = (allowed & (masked >= top - ROUNDING * size)).argmax(-1)
    return np.asarray(np.where(allowed.any(-1), found, -1), dtype=np.int64)
