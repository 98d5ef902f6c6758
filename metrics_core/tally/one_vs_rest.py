"""Scores of many classes: each class against all others, and each against each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .outcomes import FloatArray
from .score import ScoreTally


@dataclass(frozen=True, eq=False)
class OneVsRest:
    """One score tally a class: its rows are the positives, all other rows the negatives.

    Attributes
    ----------
    classes : tuple of K ScoreTally
    """

    classes: tuple[ScoreTally, ...]

    @property
    def exact(self) -> bool:
        """Whether every distinct score of every class was counted."""
        return all(t.exact for t in self.classes)

    @property
    def support(self) -> FloatArray:
        """Rows of each class, ``(K,)``."""
        return np.array([float(t.n_pos) for t in self.classes])

    def __add__(self, other: OneVsRest) -> OneVsRest:
        """Merge two tallies of disjoint rows."""
        return OneVsRest(tuple(a + b for a, b in zip(self.classes, other.classes, strict=True)))


@dataclass(frozen=True, eq=False)
class OneVsOne:
    """How well the probability of one class tells its rows from those of one other class.

    Not a sum over rows: it compares rows with each other.

    Attributes
    ----------
    auc : (K, K) float64
        Chance that a row of class a has a higher probability of a than a row of class b; NaN where either has no
        row, and on the diagonal.
    """

    auc: FloatArray
