"""The metrics of a task computed from its tallies: values, reasons where there is none, and how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .metrics.registry import REGISTRY, metrics_of
from .metrics.spec import MetricSpec, Tallies, Tally
from .tally import NumberTally, Outcomes, ScoreTally


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
        ``wilson``, ``multinomial``, ``delong``, ``delong_logit``, ``hanley_mcneil``, ``normal``,
        ``order``, ``bootstrap`` or ``group_bootstrap``.
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


def tallied(*tallies: Tally | None) -> Tallies:
    """Put tallies of the same rows under their types; what is None is absent."""
    return {type(tally): tally for tally in tallies if tally is not None}


def compute(task: str, tallies: Tallies, k: Sequence[int] = ()) -> Metrics:
    """Compute every metric of a task from tallies without leading axes."""
    values: dict[str, float | None] = {}
    undefined: dict[str, str] = {}
    for spec in metrics_of(task):
        for size in _sizes(spec, tallies, k):
            key = key_of(spec, size)
            values[key], reason = value_of(spec, tallies, size)
            if reason:
                undefined[key] = reason
    return Metrics(values, undefined)


def _sizes(spec: MetricSpec, tallies: Tallies, k: Sequence[int]) -> Sequence[float | None]:
    """Return what a metric is computed for: each number of rows, each level, or once."""
    if spec.takes_level:
        numbers = tallies.get(NumberTally)
        return numbers.levels if isinstance(numbers, NumberTally) else ()
    return k if spec.takes_k else (None,)


def key_of(spec: MetricSpec, k: float | None) -> str:
    """Name a metric with its number of rows or its level: ``precision@100``, ``coverage@0.9``."""
    if k is None:
        return spec.key
    return f"{spec.key.removesuffix('level')}{k:g}" if spec.takes_level else spec.key.replace("@k", f"@{k}")


def spec_of(task: str, key: str) -> tuple[MetricSpec, Any]:
    """Find the table row of a key, and its number of rows or its level.

    Examples
    --------
    >>> spec, k = spec_of("binary", "precision@100")
    >>> spec.key, k
    ('precision@k', 100)
    """
    if (task, key) in REGISTRY:
        return REGISTRY[task, key], None
    name, _, size = key.partition("@")
    if (task, f"{name}@level") in REGISTRY:
        return REGISTRY[task, f"{name}@level"], float(size)
    return REGISTRY[task, f"{name}@k"], int(size)


def value_of(spec: MetricSpec, tallies: Tallies, k: float | None = None) -> tuple[float | None, str]:
    """Compute one metric; say why when there is no finite value."""
    tally = tallies.get(spec.of)
    why = _why_not(spec, tally, tallies.get(ScoreTally))
    if why:
        return None, why
    return finite(spec, float(spec.fn(tally) if k is None else spec.fn(tally, k)))


def finite(spec: MetricSpec, value: float) -> tuple[float | None, str]:
    """Keep a finite value; say why when it is none."""
    if np.isnan(value):
        return None, spec.undefined_when
    if np.isinf(value):
        return None, "infinite"
    return value, ""


def _why_not(spec: MetricSpec, tally: Tally | None, scores: Tally | None) -> str:
    """Say what a metric lacks, if anything."""
    if tally is None:
        return (
            "there is no score column"
            if spec.task == "binary"
            else "there are no probabilities of the classes"
        )
    if isinstance(tally, NumberTally):
        return _not_predicted(spec, tally)
    if isinstance(tally, ScoreTally):
        if spec.needs == "probability" and not tally.probability:
            return "the scores are not probabilities"
        if spec.needs == "margin" and not tally.margin:
            return "the scores are not margins"
    if spec.needs == "threshold" and isinstance(tally, Outcomes):
        if tally.threshold is None:
            return "the file's own decision counts, which has no threshold"
        if isinstance(scores, ScoreTally) and not scores.probability:
            return "the scores are not probabilities"
    return ""


def _not_predicted(spec: MetricSpec, tally: NumberTally) -> str:
    """Say what a metric of predicted numbers lacks beside the prediction, if anything."""
    if spec.needs == "interval" and not tally.levels:
        return "no columns of predicted intervals are named"
    if spec.needs == "quantile" and "crps" not in tally.mean:
        return "no columns of predicted quantiles are named"
    if spec.needs == "deviation" and "gaussian_nll" not in tally.mean:
        return "no column of predicted standard deviations is named"
    return ""
