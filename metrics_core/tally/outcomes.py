"""The four counts of a binary decision, for any number of leading axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """True and false positives and negatives.

    Attributes
    ----------
    tp, fp, fn, tn : (...) int64 or float64
        Row counts, or sums of weights.
    threshold : (...) float64, optional
        The cut that gave the counts; absent when the file's own decision did.
    squares : Outcomes, optional
        Sums of squared sampling weights in the same cells; absent when every row counts once. Intervals need them.
    amounts : Outcomes, optional
        Sums of weight times amount in the same cells, in the unit of the amounts; absent when the rows have none.
        Costs that depend on the amount of a row need them.
    """

    tp: Array
    fp: Array
    fn: Array
    tn: Array
    threshold: FloatArray | None = None
    squares: Outcomes | None = None
    amounts: Outcomes | None = None

    @property
    def positives(self) -> Array:
        """Rows that are positive."""
        return self.tp + self.fn

    @property
    def negatives(self) -> Array:
        """Rows that are negative."""
        return self.fp + self.tn

    @property
    def flagged(self) -> Array:
        """Rows that were predicted positive."""
        return self.tp + self.fp

    @property
    def total(self) -> Array:
        """All rows."""
        return self.tp + self.fp + self.fn + self.tn

    def matrix(self) -> Array:
        """Return the confusion matrix ``(..., 2, 2)``: rows true, columns predicted, negative first."""
        return np.stack([np.stack([self.tn, self.fp], -1), np.stack([self.fn, self.tp], -1)], -2)


def outcomes(tp: Any, fp: Any, fn: Any, tn: Any, threshold: Any = None) -> Outcomes:
    """Build ``Outcomes`` from plain numbers or lists.

    Examples
    --------
    >>> int(outcomes(3, 2, 1, 1).total)
    7
    """
    cut = None if threshold is None else np.asarray(threshold, dtype=np.float64)
    return Outcomes(np.asarray(tp), np.asarray(fp), np.asarray(fn), np.asarray(tn), cut)
