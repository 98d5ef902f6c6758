"""One call from predictions to every metric, whole and by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .advice import Facts, advise
from .cases import Cases
from .checks import Finding
from .errors import DataError
from .filters import Filter, parse
from .metrics.registry import metrics_of
from .metrics.spec import MetricSpec
from .predictions import Predictions
from .reduce import decided_outcomes, score_tally
from .roles import Model
from .slices import Level, levels
from .tally import Outcomes, ScoreTally
from .thresholds import default_threshold

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Metrics:
    """Metric values by key; undefined and infinite ones are None with a reason."""

    values: dict[str, float | None]
    undefined: dict[str, str]

    def number(self, key: str) -> float:
        """Return a value as a float, NaN when there is none."""
        value = self.values.get(key)
        return float("nan") if value is None else value


@dataclass(frozen=True, eq=False)
class Group:
    """One group of a breakdown."""

    level: Level
    rows: int
    metrics: Metrics
    outcomes: Outcomes


@dataclass(frozen=True, eq=False)
class ModelEvaluation:
    """Everything about one model on one selection of rows."""

    model: str
    threshold: float | None
    cases: Cases
    outcomes: Outcomes
    tally: ScoreTally | None
    metrics: Metrics
    groups: tuple[Group, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What ``evaluate`` returns: one entry per model.

    Attributes
    ----------
    predictions : Predictions
    models : tuple of ModelEvaluation
    where : Filter, optional
    """

    predictions: Predictions
    models: tuple[ModelEvaluation, ...]
    where: Filter | None = field(default=None)

    @property
    def metrics(self) -> dict[str, float | None]:
        """Values of the first model by key; None where undefined."""
        return self.models[0].metrics.values

    @property
    def undefined(self) -> dict[str, str]:
        """Reasons of the first model's undefined values by key."""
        return self.models[0].metrics.undefined

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings about the table and the first model."""
        return self.models[0].findings

    def frame(self) -> pd.DataFrame:
        """Return one row per model, group and metric: model, column, value, key, metric."""
        import pandas as pd

        rows = []
        for m in self.models:
            parts: list[tuple[str, str, Metrics]] = [("", "", m.metrics)]
            parts += [(g.level.column, g.level.label, g.metrics) for g in m.groups]
            rows += [
                (m.model, c, v, k, x.number(k), x.undefined.get(k, "")) for c, v, x in parts for k in x.values
            ]
        return pd.DataFrame(rows, columns=["model", "column", "group", "key", "value", "undefined"])

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON contract: one object, or ``models`` when there are several."""
        objects = [self._object(m) for m in self.models]
        return (
            objects[0]
            if len(objects) == 1
            else {"faultline": _version(), "schema": SCHEMA, "models": objects}
        )

    def _object(self, m: ModelEvaluation) -> dict[str, Any]:
        """Write one model."""
        roles = self.predictions.roles
        negative, positive = self.predictions.labels
        weighted = m.cases.weight is not None
        return {
            "faultline": _version(),
            "schema": SCHEMA,
            "task": roles.task,
            "model": m.model,
            "rows_read": m.cases.rows_read,
            "rows_used": len(m.cases),
            "dropped": m.cases.dropped,
            "effective_n": m.cases.effective_n if weighted else len(m.cases),
            "roles": roles.to_dict(),
            "pos_label": roles.pos_label,
            "filter": self.where.text if self.where else None,
            "threshold": m.threshold,
            "exact": True,
            "metrics": m.metrics.values,
            "undefined": m.metrics.undefined,
            "confusion": {"labels": [negative, positive], "matrix": m.outcomes.matrix().tolist()},
            "by": [
                g.level.to_dict()
                | {"rows": g.rows, "metrics": g.metrics.values, "undefined": g.metrics.undefined}
                for g in m.groups
            ],
            "findings": [f.to_dict() for f in m.findings],
        }


def evaluate(
    predictions: Predictions,
    *,
    threshold: float | None = None,
    by: Sequence[str] = (),
    where: Filter | str | None = None,
    k: Sequence[int] = (),
) -> Evaluation:
    """Compute every metric of every model.

    Parameters
    ----------
    predictions : Predictions
    threshold : float, optional
        ``score >= threshold`` is positive. Without one the file's own decision counts, else 0.5 (margins: 0;
        plain scores: as many flags as positives).
    by : sequence of str
        Columns to break the metrics down by.
    where : Filter or str, optional
        Only these rows.
    k : sequence of int
        Sizes for the ``@k`` metrics.

    Returns
    -------
    Evaluation

    Raises
    ------
    DataError
        If no row is left, a threshold is given without a score, or k is not positive.
    """
    condition = parse(where) if isinstance(where, str) else where
    mask = None if condition is None else predictions.mask(condition)
    grouped = [(column, *levels(predictions.source, column)) for column in by]
    if threshold is not None and not np.isfinite(threshold):
        raise DataError("The threshold must be a finite number.")
    if any(size < 1 for size in k):
        raise DataError("k counts rows: it must be 1 or more.")
    models = []
    for model in predictions.roles.models:
        cases = predictions.cases[model.name] if mask is None else predictions.cases[model.name].where(mask)
        if len(cases) == 0:
            raise DataError(
                f"No row that can be judged passes the filter {condition}. Widen it."
                if condition
                else "No row can be judged."
            )
        whole = predictions.tally(model.name) if mask is None and model.y_score else None
        models.append(_evaluate_model(predictions, model, cases, whole, threshold, grouped, k))
    return Evaluation(predictions, tuple(models), condition)


def used_threshold(model: Model, tally: ScoreTally | None, threshold: float | None) -> float | None:
    """Decide which threshold rules: the given one, none with a column of decisions, else the default."""
    if model.y_score is None:
        if threshold is not None:
            raise DataError(
                f"A threshold needs a score, and model {model.name!r} has none. Name one with --y-score."
            )
        return None
    if threshold is not None or model.y_pred is not None:
        return threshold
    assert tally is not None  # a model with a score has a tally
    return default_threshold(tally)


def compute(task: str, outcomes: Outcomes, tally: ScoreTally | None, k: Sequence[int] = ()) -> Metrics:
    """Compute every metric of a task from tallies without leading axes."""
    values: dict[str, float | None] = {}
    undefined: dict[str, str] = {}
    for spec in metrics_of(task):
        for size in k if spec.takes_k else (None,):
            if spec.takes_k and size is None:
                continue
            key = spec.key if size is None else spec.key.replace("@k", f"@{size}")
            value, reason = _one(spec, outcomes, tally, size)
            values[key] = value
            if reason:
                undefined[key] = reason
    return Metrics(values, undefined)


def _one(
    spec: MetricSpec, outcomes: Outcomes, tally: ScoreTally | None, k: int | None
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


def _evaluate_model(
    predictions: Predictions,
    model: Model,
    cases: Cases,
    tally: ScoreTally | None,
    threshold: float | None,
    grouped: Sequence[tuple[str, np.ndarray, list[Level]]],
    k: Sequence[int],
) -> ModelEvaluation:
    """Evaluate one model, whole and by group."""
    task = predictions.roles.task
    tally = tally if tally is not None or model.y_score is None else score_tally(cases)
    cut = used_threshold(model, tally, threshold)
    outcomes = decided_outcomes(cases, cut)
    metrics = compute(task, outcomes, tally, k)
    groups = []
    for _, code, found in grouped:
        of_case = code[cases.rows]
        for i, level in enumerate(found):
            part = cases.at(of_case == i)
            if len(part):
                counted = decided_outcomes(part, cut)
                part_tally = None if model.y_score is None else score_tally(part)
                groups.append(Group(level, len(part), compute(task, counted, part_tally, k), counted))
    advice = advise(
        Facts(outcomes, tally, {key: metrics.number(key) for key in metrics.values}, cases.effective_n)
    )
    return ModelEvaluation(
        model.name, cut, cases, outcomes, tally, metrics, tuple(groups), (*predictions.findings, *advice)
    )


def _version() -> str:
    """Return the installed version."""
    from . import __version__

    return __version__
