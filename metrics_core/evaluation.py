"""One call from predictions to every metric, whole and by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .advice import Facts, advise
from .cases import Cases
from .checks import Finding, rows_of
from .errors import DataError
from .filters import Filter, parse
from .intervals import LEVEL, REPLICATES, SEED, Interval, intervals_of
from .predictions import Predictions
from .reduce import decided_outcomes, score_tally
from .roles import Model
from .slices import Level, levels
from .tally import Outcomes, ScoreTally
from .thresholds import default_threshold
from .values import Metrics, compute

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Draws",
    "Evaluation",
    "Group",
    "Metrics",
    "ModelEvaluation",
    "compute",
    "evaluate",
    "used_threshold",
]

SCHEMA = 1
#: Fewer groups of rows that belong together than this, and the intervals come with a warning.
MIN_GROUPS = 20


@dataclass(frozen=True, eq=False)
class Group:
    """One group of a breakdown."""

    level: Level
    rows: int
    metrics: Metrics
    outcomes: Outcomes
    intervals: dict[str, Interval] | None = None


@dataclass(frozen=True, eq=False)
class ModelEvaluation:
    """Everything about one model on one selection of rows."""

    task: str
    model: str
    threshold: float | None
    cases: Cases
    outcomes: Outcomes
    tally: ScoreTally | None
    metrics: Metrics
    groups: tuple[Group, ...]
    findings: tuple[Finding, ...]
    intervals: dict[str, Interval] | None = None


@dataclass(frozen=True)
class Draws:
    """How intervals are computed.

    Attributes
    ----------
    level : float
        0.95 for 95 %.
    seed : int
        The same seed gives the same intervals.
    replicates : int
        Draws of a bootstrap.
    """

    level: float = LEVEL
    seed: int = SEED
    replicates: int = REPLICATES


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What ``evaluate`` returns: one entry per model.

    Attributes
    ----------
    predictions : Predictions
    models : tuple of ModelEvaluation
    where : Filter, optional
    draws : Draws, optional
        How the intervals were computed, when they were asked for.
    """

    predictions: Predictions
    models: tuple[ModelEvaluation, ...]
    where: Filter | None = field(default=None)
    draws: Draws | None = None

    @property
    def metrics(self) -> dict[str, float | None]:
        """Values of the first model by key; None where undefined."""
        return self.models[0].metrics.values

    @property
    def undefined(self) -> dict[str, str]:
        """Reasons of the first model's undefined values by key."""
        return self.models[0].metrics.undefined

    @property
    def intervals(self) -> dict[str, Interval]:
        """Intervals of the first model by key; empty when they were not asked for."""
        return self.models[0].intervals or {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings about the table and the first model."""
        return self.models[0].findings

    def frame(self) -> pd.DataFrame:
        """Return one row per model, group and metric; with intervals also their ends and method."""
        import pandas as pd

        rows = []
        for m in self.models:
            parts = [("", "", m.metrics, m.intervals)]
            parts += [(g.level.column, g.level.label, g.metrics, g.intervals) for g in m.groups]
            for column, group, found, spans in parts:
                for key in found.values:
                    row: dict[str, Any] = {"model": m.model, "column": column, "group": group, "key": key}
                    row |= {"value": found.number(key), "undefined": found.undefined.get(key, "")}
                    if spans is not None:
                        row |= {"low": spans[key].low, "high": spans[key].high, "method": spans[key].method}
                    rows.append(row)
        frame = pd.DataFrame(rows)
        ends = ["low", "high"] if self.draws else []
        return frame.astype(dict.fromkeys(["value", *ends], float))

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
        drawn = {"seed": self.draws.seed, "replicates": self.draws.replicates} if self.draws else {}
        return {
            "faultline": _version(),
            "schema": SCHEMA,
            "task": roles.task,
            "model": m.model,
            "rows_read": m.cases.rows_read,
            "rows_used": len(m.cases),
            "dropped": m.cases.dropped,
            "effective_n": m.cases.effective_n if weighted else len(m.cases),
            **drawn,
            "roles": roles.to_dict(),
            "pos_label": roles.pos_label,
            "filter": self.where.text if self.where else None,
            "threshold": m.threshold,
            "exact": True,
            "metrics": m.metrics.values,
            "undefined": m.metrics.undefined,
            **_written(m.intervals),
            "confusion": {"labels": [negative, positive], "matrix": m.outcomes.matrix().tolist()},
            "by": [
                g.level.to_dict()
                | {"rows": g.rows, "metrics": g.metrics.values, "undefined": g.metrics.undefined}
                | _written(g.intervals)
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
    intervals: bool = False,
    level: float = LEVEL,
    seed: int = SEED,
    replicates: int = REPLICATES,
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
    intervals : bool
        Whether to compute the interval of every metric, whole and by group (see ``docs/intervals.md``).
    level : float
        Level of the intervals, 0.95 for 95 %.
    seed : int
        The same seed gives the same intervals.
    replicates : int
        Draws of a bootstrap, 100 or more.

    Returns
    -------
    Evaluation

    Raises
    ------
    DataError
        If no row is left, a threshold is given without a score, or k or a setting of the intervals makes no sense.
    """
    condition = parse(where) if isinstance(where, str) else where
    mask = None if condition is None else predictions.mask(condition)
    grouped = [(column, *levels(predictions.source, column)) for column in by]
    given = predictions.roles.models
    if threshold is not None and all(model.y_score is None for model in given):
        raise DataError(
            f"A threshold needs a score, and model {given[0].name!r} has none. Name one with --y-score."
        )
    if threshold is not None and not np.isfinite(threshold):
        raise DataError("The threshold must be a finite number.")
    if any(size < 1 for size in k):
        raise DataError("k counts rows: it must be 1 or more.")
    if not 0 < level < 1:
        raise DataError(
            f"The level of the intervals is a fraction between 0 and 1, such as 0.95, not {level:g}."
        )
    if replicates < 100:
        raise DataError(f"{replicates} replicates are too few for an interval: take 100 or more, best 1000.")
    draws = Draws(level, seed, replicates) if intervals else None
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
        models.append(_evaluate_model(predictions, model, cases, whole, threshold, grouped, k, draws))
    return Evaluation(predictions, tuple(models), condition, draws)


def used_threshold(model: Model, tally: ScoreTally | None, threshold: float | None) -> float | None:
    """Decide which threshold rules: the given one, none with a column of decisions, else the default."""
    if model.y_score is None:
        return None
    if threshold is not None or model.y_pred is not None:
        return threshold
    assert tally is not None  # a model with a score has a tally
    return default_threshold(tally)


def _evaluate_model(
    predictions: Predictions,
    model: Model,
    cases: Cases,
    tally: ScoreTally | None,
    threshold: float | None,
    grouped: Sequence[tuple[str, np.ndarray, list[Level]]],
    k: Sequence[int],
    draws: Draws | None,
) -> ModelEvaluation:
    """Evaluate one model, whole and by group."""
    task = predictions.roles.task
    tally = tally if tally is not None or model.y_score is None else score_tally(cases)
    cut = used_threshold(model, tally, threshold)
    outcomes = decided_outcomes(cases, cut)
    metrics = compute(task, outcomes, tally, k)
    groups = []
    for _, code, found in grouped:
        of_case = code[cases.rows].astype(np.int16)  # there are few levels, and short integers sort fast
        order = np.argsort(of_case, kind="stable")
        ends = np.searchsorted(of_case[order], np.arange(len(found) + 1))
        for i, level in enumerate(found):
            part = cases.at(order[ends[i] : ends[i + 1]])
            if len(part):
                counted = decided_outcomes(part, cut)
                part_tally = None if model.y_score is None else score_tally(part)
                judged = _Judged(task, part, counted, part_tally, compute(task, counted, part_tally, k))
                groups.append(Group(level, len(part), judged.metrics, counted, judged.intervals(draws)))
    advice = advise(
        Facts(outcomes, tally, {key: metrics.number(key) for key in metrics.values}, cases.effective_n)
    )
    spans = _Judged(task, cases, outcomes, tally, metrics).intervals(draws)
    return ModelEvaluation(
        task, model.name, cut, cases, outcomes, tally, metrics, tuple(groups),
        (*predictions.findings, *advice, *_left_out(grouped), *_few_together(predictions, cases, draws)), spans,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Judged:
    """Some rows and what was counted of them."""

    task: str
    cases: Cases
    outcomes: Outcomes
    tally: ScoreTally | None
    metrics: Metrics

    def intervals(self, draws: Draws | None) -> dict[str, Interval] | None:
        """Compute the intervals when they are asked for."""
        if draws is None:
            return None
        return intervals_of(self, level=draws.level, seed=draws.seed, replicates=draws.replicates)


def _few_together(predictions: Predictions, cases: Cases, draws: Draws | None) -> list[Finding]:
    """Warn when so few groups of rows belong together that drawing them again says little."""
    if draws is None or cases.together is None:
        return []
    n = int(np.unique(cases.together).size)
    if n >= MIN_GROUPS:
        return []
    return [Finding("few-groups", "warning", f"The rows belong together in {n:,} groups by {predictions.roles.group!r}; intervals that draw fewer than {MIN_GROUPS} groups again are too narrow.",
                    "Bring more groups, or name another column if these rows do not belong together.")]  # fmt: skip


def _left_out(grouped: Sequence[tuple[str, np.ndarray, list[Level]]]) -> list[Finding]:
    """Say which breakdowns do not show all of their column's values."""
    cut = [(column, found, int((code < 0).sum()), code.size) for column, code, found in grouped]
    return [Finding("by-cut", "note", f"Column {column!r} has more than {len(found):,} different values; the breakdown shows the most frequent ones, {rows_of(n, n_rows)} are in none of its groups.",
                    "Break down by a column with fewer values.") for column, found, n, n_rows in cut if n]  # fmt: skip


def _written(spans: dict[str, Interval] | None) -> dict[str, Any]:
    """Write intervals as they stand in the JSON contract; nothing when they were not asked for."""
    return {} if spans is None else {"intervals": {key: span.to_dict() for key, span in spans.items()}}


def _version() -> str:
    """Return the installed version."""
    from . import __version__

    return __version__
