"""Rows to measure with: scores that mean something, nearly all of them distinct."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from metrics_core.cases import BinaryCases, ClassCases

_NOTHING = np.zeros(0, dtype=np.int64)


@cache
def scored(n: int, kind: str = "float32") -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    """Draw n logit-normal scores, 26 % of them of positives."""
    rng = np.random.default_rng(7)
    positive = rng.random(n) < 0.26
    logit = rng.standard_normal(n, dtype=np.float32) + 1.2 * positive - 1
    return (1 / (1 + np.exp(-logit))).astype(kind), positive


def cases(n: int) -> BinaryCases:
    """The same rows as cases."""
    score, positive = scored(n, "float64")
    return BinaryCases(rows=np.arange(n), weight=None, dropped_rows=_NOTHING, dropped_code=_NOTHING, reasons=(),
                       positive=positive, score=score, predicted=None)  # fmt: skip


@cache
def classes(n: int, k: int, *, probabilities: bool) -> ClassCases:
    """Draw n rows of k classes, predicted right about two times in three."""
    rng = np.random.default_rng(11)
    truth = rng.integers(0, k, n).astype(np.int32)
    predicted = np.where(rng.random(n) < 0.66, truth, rng.integers(0, k, n)).astype(np.int32)
    p = None
    if probabilities:
        p = np.empty((n, k), order="F")
        total = np.zeros(n)
        for code in range(k):
            np.exp(1.5 * rng.standard_normal(n) + 3 * (truth == code), out=p[:, code])
            total += p[:, code]
        for code in range(k):
            p[:, code] /= total
    return ClassCases(rows=np.arange(n), weight=None, dropped_rows=_NOTHING, dropped_code=_NOTHING, reasons=(),
                      labels=tuple(map(str, range(k))), truth=truth, predicted=predicted, probabilities=p)  # fmt: skip
