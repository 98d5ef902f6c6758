"""Small tables of predicted numbers that several tests build."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics_core.number_cases import NumberCases
from metrics_core.reduce import tallies_of
from metrics_core.values import Metrics, compute

NOTHING = np.zeros(0, dtype=np.int64)


def numbers(truth: Any, predicted: Any, weight: Any = None, **more: Any) -> NumberCases:
    """Judge rows given as lists or arrays."""
    y = np.asarray(truth, dtype=np.float64)
    return NumberCases(
        rows=np.arange(y.size),
        weight=None if weight is None else np.asarray(weight, dtype=np.float64),
        dropped_rows=NOTHING,
        dropped_code=NOTHING,
        reasons=(),
        truth=y,
        predicted=np.asarray(predicted, dtype=np.float64),
        **more,
    )


def random_numbers(seed: int, n: int = 120, *, weighted: bool = False, around: bool = False) -> NumberCases:
    """Draw rows whose predictions mean something; with ``around`` also intervals, quantiles and deviations."""
    rng = np.random.default_rng(seed)
    y = rng.normal(50, 20, n)
    f = 10 + 0.8 * y + rng.normal(0, 8, n)
    more: dict[str, Any] = {}
    if around:
        wide = rng.uniform(5, 20, n)
        more = {
            "lower": np.stack([f - wide, f - 2 * wide], axis=1),
            "upper": np.stack([f + wide, f + 2 * wide], axis=1),
            "levels": (0.5, 0.9),
            "quantiles": np.stack([f - wide, f, f + wide], axis=1),
            "shares": (0.1, 0.5, 0.9),
            "deviation": wide,
        }
    return numbers(y, f, rng.choice([0.5, 1.0, 1.75, 3.0], n) if weighted else None, **more)


def metrics(cases: NumberCases) -> Metrics:
    """Compute every metric."""
    return compute("regression", tallies_of(cases))


def values(cases: NumberCases) -> dict[str, float]:
    """Compute every metric, NaN where it is undefined."""
    found = metrics(cases)
    return {key: found.number(key) for key in found.values}


def frame_of(cases: NumberCases, **more: Any) -> pd.DataFrame:
    """Write rows as a table with the columns ``y`` and ``f``, and ``w`` with weights."""
    columns: dict[str, NDArray[Any]] = {"y": cases.truth, "f": cases.predicted}
    if cases.weight is not None:
        columns["w"] = cases.weight
    return pd.DataFrame({**columns, **more})
