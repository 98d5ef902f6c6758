"""The metrics of a task computed from its tallies: values, reasons where there is none, and how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .metrics.registry import REGISTRY, metrics_of
from .metrics.spec import MetricSpec
from .tally import Outcomes, ScoreTally


@dataclass(frozen=True, eq=False)
class Metrics:
    """Metric values by key; undefined and infinite ones are None with a reason."""

    values: dict[str, float | None]
    undefined: dict[str, str]

    def number(self, key: str) -> float:
        """Return a value as a float, NaN when there is none."""
        value = self.values.get(key)
        return float("nan") if value is None else value


@dataclass(frozen=True)
class Interval:
    """Where the true value of a metric may lie.

    Attributes
    ----------
    low, high : float, optional
        Ends; None when there is no interval, or when that end is infinite.
    level : float
        Share of the samples whose interval holds the true value, 0.95 for 95 %.
    method : str
        ``wilson``, ``multinomial``, ``delong``, ``delong_logit``, ``hanley_mcneil``, ``bootstrap``
        or ``group_bootstrap``.
    reason : str
        Why an end is missing.
    undefined : int
        Replicates that were left out because they have no value.
    """

    low: float | None
    high: float | None
    level: float
    method: str
    reason: str = ""
    undefined: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the interval as it stands in the JSON contract."""
        ends = {"low": self.low, "high": self.high, "level": self.level, "method": self.method}
        return ends | ({"reason": self.reason} if self.reason else {})


def compute(task: str, outcomes: Outcomes, tally: ScoreTally | None, k: Sequence[int] = ()) -> Metrics:
    """Compute every metric of a task from tallies without leading axes."""
    values: dict[str, float | None] = {}
    undefined: dict[str, str] = {}
    for spec in metrics_of(task):
        for size in k if spec.takes_k else (None,):
            key = key_of(spec, size)
            values[key], reason = value_of(spec, outcomes, tally, size)
            if reason:
                undefined[key] = reason
    return Metrics(values, undefined)


def key_of(spec: MetricSpec, k: int | None) -> str:
    """Name a metric with its number of rows: ``precision@100``."""
    return spec.key if k is None else spec.key.replace("@k", f"@{k}")


def spec_of(task: str, key: str) -> tuple[MetricSpec, int | None]:
    """Find the table row and the number of rows of a key.

    Examples
    --------
    >>> spec, k = spec_of("binary", "precision@100")
    >>> spec.key, k
    ('precision@k', 100)
    """
    if (task, key) in REGISTRY:
        return REGISTRY[task, key], None
    name, _, k = key.partition("@")
    return REGISTRY[task, f"{name}@k"], int(k)


def value_of(
    spec: MetricSpec, outcomes: Outcomes, tally: ScoreTally | None, k: int | None = None
) -> tuple[float | None, str]:
    """Compute one metric; say why when there is no finite value."""
    if spec.of is ScoreTally:
        if tally is None:
            return None, "there is no score column"
        if spec.needs == "probability" and not tally.probability:
            return None, "the scores are not probabilities"
        if spec.needs == "margin" and not tally.margin:
            return None, "the scores are not margins"
        value = float(spec.fn(tally) if k is None else spec.fn(tally, k))
    else:
        if spec.needs == "threshold" and outcomes.threshold is None:
            return None, "the file's own decision counts, which has no threshold"
        if spec.needs == "threshold" and tally is not None and not tally.probability:
            return None, "the scores are not probabilities"
        value = float(spec.fn(outcomes))
    if np.isnan(value):
        return None, spec.undefined_when
    if np.isinf(value):
        return None, "infinite"
    return value, ""
