"""Every metric by task and key."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..errors import DataError, did_you_mean
from . import binary, forecasting, multiclass, regression
from .spec import MetricSpec

REGISTRY: Mapping[tuple[str, str], MetricSpec] = MappingProxyType(
    {
        (spec.task, spec.key): spec
        for family in (binary, multiclass, regression, forecasting)
        for spec in family.METRICS
    }
)


def metrics_of(task: str) -> tuple[MetricSpec, ...]:
    """Return the metrics of a task in the order of their table.

    Raises
    ------
    DataError
        If there is no such task.
    """
    found = tuple(spec for spec in REGISTRY.values() if spec.task == task)
    if not found:
        raise DataError(f"There is no task {task!r}. {did_you_mean(task, tasks())}")
    return found


def tasks() -> tuple[str, ...]:
    """Return the tasks that have metrics."""
    return tuple(dict.fromkeys(task for task, _ in REGISTRY))
