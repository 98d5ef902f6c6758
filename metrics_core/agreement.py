"""How far two people who judged the same rows agree, beyond what chance alone would give."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rate_interval import wilson


@dataclass(frozen=True, eq=False)
class Agreement:
    """Two people's answers about the same rows.

    Attributes
    ----------
    answers : tuple of K hashables
        Every answer that was given, in the order first seen.
    counts : (K, K) int64
        Rows by the answer of the first and of the second person.
    share, low, high : float
        Share of the rows with the same answer, and its Wilson interval; NaN without rows.
    kappa, kappa_low, kappa_high : float
        Cohen's kappa, -1 to 1: 0 is what chance gives, 1 is full agreement. NaN where it is undefined.
    reason : str
        Why kappa is undefined; empty when it is not.
    level : float
        Of the intervals.
    """

    answers: tuple[Hashable, ...]
    counts: NDArray[np.int64]
    share: float
    low: float
    high: float
    kappa: float
    kappa_low: float
    kappa_high: float
    reason: str
    level: float

    @property
    def n_rows(self) -> int:
        """Rows that both judged."""
        return int(self.counts.sum())

    @property
    def n_same(self) -> int:
        """Rows with the same answer of both."""
        return int(np.trace(self.counts))


def agreement(first: Sequence[Hashable], second: Sequence[Hashable], *, level: float = 0.95) -> Agreement:
    """Compare the answers of two people, row by row.

    The interval of kappa is that of the share of equal answers (Wilson), carried over with the agreement by chance taken
    as known. Unlike the usual normal one it has a width when both agree on every row.

    Parameters
    ----------
    first, second : sequence of hashable, one for each row
        Answers are equal or they are not: there is no order among them.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    Agreement

    Raises
    ------
    ValueError
        If there are not as many answers of both.

    References
    ----------
    Cohen (1960), doi:10.1177/001316446002000104

    Examples
    --------
    >>> found = agreement(["a", "a", "b", "b"], ["a", "a", "b", "a"])
    >>> found.share, found.kappa
    (0.75, 0.5)
    >>> agreement(["a", "a"], ["a", "a"]).reason
    'both gave one and the same answer to every row'
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} answers cannot be compared with {len(second)}, row by row")
    answers = tuple(dict.fromkeys((*first, *second)))
    code = {answer: i for i, answer in enumerate(answers)}
    counts = np.zeros((len(answers), len(answers)), dtype=np.int64)
    np.add.at(counts, ([code[a] for a in first], [code[b] for b in second]), 1)
    n = int(counts.sum())
    if n == 0:
        nan = float("nan")
        return Agreement(
            answers, counts, nan, nan, nan, nan, nan, nan, "there are no rows that both judged", level
        )
    share = float(np.trace(counts)) / n
    low, high = (float(end) for end in wilson(np.trace(counts), np.asarray(n), level))
    chance = float(counts.sum(axis=0) @ counts.sum(axis=1)) / n**2
    if chance == 1.0:
        nan, reason = float("nan"), "both gave one and the same answer to every row"
        return Agreement(answers, counts, share, low, high, nan, nan, nan, reason, level)
    kappa, kappa_low, kappa_high = ((x - chance) / (1.0 - chance) for x in (share, low, high))
    return Agreement(answers, counts, share, low, high, kappa, max(kappa_low, -1.0), kappa_high, "", level)
