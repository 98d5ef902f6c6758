"""Thresholds chosen for tables of our own, and the best cut found by trying every score."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isnan, nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import metrics_core as mc
from metrics_core.decisions.record import Decision
from metrics_core.decisions.select import select
from tests.tables import random_rows

Array = NDArray[Any]
SPLITS: dict[str, Any] = {"maximize": "f1", "select_on": "validation", "report_on": "test"}


def table(seed: int = 0, n: int = 300, levels: int | None = 40, **more: Any) -> pd.DataFrame:
    """Rows with ties and the columns ``y`` and ``p``."""
    drawn = random_rows(seed, n, levels=levels)
    return pd.DataFrame({"y": drawn.positive.astype(int), "p": drawn.score} | more)


def halves(seed: int = 14, n: int = 600) -> pd.DataFrame:
    """Rows of which the first half is to choose on and the second to report on."""
    return table(seed, n, split=np.where(np.arange(n) < n // 2, "validation", "test"))


def chosen(frame: pd.DataFrame, *, roles: dict[str, Any] | None = None, **asked: Any) -> Decision:
    """Choose with few replicates; the intervals are tested elsewhere."""
    predictions = mc.read(frame, **{"y_true": "y", "y_score": "p"} | (roles or {}))
    return select(predictions, **{"replicates": 100} | asked)


def every_cut(score: Array) -> list[float]:
    """Every distinct score, ascending, and the cut that flags nothing."""
    return [*np.unique(score).tolist(), float(np.nextafter(score.max(), inf))]


def lowest_best(score: Array, value: Callable[[Array], float], allowed: Callable[[Array], bool] = lambda _: True) -> float:  # fmt: skip
    """Try every cut, from the lowest; only a clearly better one replaces the best."""
    best, most = nan, -inf
    for cut in every_cut(score):
        flags = score >= cut
        if not allowed(flags):
            continue
        found = value(flags)
        if not isnan(found) and found > most + 1e-12:
            best, most = cut, found
    return best


def confusion(positive: Array, flags: Array, weight: Array | None = None) -> dict[str, float]:
    """Add up the rows of each outcome."""
    w = np.ones(positive.size) if weight is None else weight
    pairs = {"tp": (True, True), "fp": (False, True), "fn": (True, False), "tn": (False, False)}
    return {name: float(w[(positive == truth) & (flags == flag)].sum()) for name, (truth, flag) in pairs.items()}  # fmt: skip
