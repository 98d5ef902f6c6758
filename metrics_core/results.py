"""What an evaluation holds: numbers, their intervals and reasons, as objects, frame and JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .bounds import bounds_of
from .cases import BinaryCases, Cases
from .checks import Finding
from .classes import ClassEvaluation, bounds_of_classes
from .filters import Filter
from .forecast_cases import ForecastCases
from .intervals import LEVEL, REPLICATES, SEED, Interval
from .metrics.registry import metrics_of
from .metrics.spec import Tallies
from .number_baselines import baselines_of
from .number_cases import NumberCases
from .predictions import Predictions
from .slices import Level
from .tally import ConfusionTally, OneVsRest, Outcomes, ScoreTally, SeriesTally
from .values import Metrics

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Group:
    """One group of a breakdown."""

    level: Level
    rows: int
    metrics: Metrics
    tallies: Tallies
    intervals: dict[str, Interval] | None = None

    @property
    def outcomes(self) -> Outcomes:
        """The four counts of a binary decision."""
        return _outcomes(self.tallies)


@dataclass(frozen=True, eq=False)
class ModelEvaluation:
    """Everything about one model on one selection of rows.

    Attributes
    ----------
    task, model : str
    threshold : float, optional
        None where the file's own decision counts, as it always does with more than two classes.
    cases : Cases
    tallies : mapping of type to tally
    metrics : Metrics
    groups : tuple of Group
    classes : tuple of ClassEvaluation
        Each class against the rest; empty for two classes.
    findings : tuple of Finding
    intervals : dict of Interval, optional
    """

    task: str
    model: str
    threshold: float | None
    cases: Cases
    tallies: Tallies
    metrics: Metrics
    groups: tuple[Group, ...]
    findings: tuple[Finding, ...]
    classes: tuple[ClassEvaluation, ...] = ()
    intervals: dict[str, Interval] | None = None

    @cached_property
    def baselines(self) -> dict[str, Metrics]:
        """What always predicting the ``mean`` or the ``median`` of the true numbers gives; empty for classes."""
        return baselines_of(self.cases) if isinstance(self.cases, NumberCases) else {}

    @property
    def outcomes(self) -> Outcomes:
        """The four counts of a binary decision."""
        return _outcomes(self.tallies)

    @property
    def number_cases(self) -> NumberCases:
        """The rows as numbers."""
        if not isinstance(self.cases, NumberCases):
            raise ValueError(f"the rows of a {self.task} evaluation are no predicted numbers")
        return self.cases

    @property
    def series(self) -> SeriesTally:
        """What was summed up of each series of forecasts."""
        found = self.tallies.get(SeriesTally)
        if not isinstance(found, SeriesTally):
            raise ValueError(f"a {self.task} evaluation has no series")
        return found

    @property
    def binary_cases(self) -> BinaryCases:
        """The rows as positive or negative."""
        if not isinstance(self.cases, BinaryCases):
            raise ValueError(f"the rows of a {self.task} evaluation are not positive or negative")
        return self.cases

    @property
    def tally(self) -> ScoreTally | None:
        """Counts at every score of a binary model, if it has a score."""
        found = self.tallies.get(ScoreTally)
        return found if isinstance(found, ScoreTally) else None

    @property
    def confusion(self) -> ConfusionTally:
        """Counts of true and predicted class."""
        found = self.tallies.get(ConfusionTally)
        if not isinstance(found, ConfusionTally):
            raise ValueError(f"a {self.task} evaluation has no confusion of classes")
        return found

    @property
    def exact(self) -> bool:
        """Whether every distinct score was counted, not bins of scores."""
        return all(t.exact for t in self.tallies.values() if isinstance(t, ScoreTally | OneVsRest))

    @property
    def bounds(self) -> dict[str, tuple[float, float]]:
        """Between which values a metric that was counted in bins certainly lies; empty when all are exact."""
        if self.exact:
            return {}
        if self.task != "binary":
            return bounds_of_classes(self.tallies)
        assert self.tally is not None  # else everything would be exact
        return bounds_of(self.tally, [key for key, value in self.metrics.values.items() if value is not None])


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
        weighted = m.cases.weight is not None
        drawn = {"seed": self.draws.seed, "replicates": self.draws.replicates} if self.draws else {}
        classes: dict[str, Any] = {}
        if m.classes:
            classes["classes"] = [c.to_dict() | _written(c.intervals) for c in m.classes]
        if m.classes or isinstance(m.cases, ForecastCases):
            classes["left_out"] = left_out(m)
        bounds = {key: list(ends) for key, ends in m.bounds.items()}
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
            "exact": m.exact,
            "metrics": m.metrics.values,
            "undefined": m.metrics.undefined,
            **_written(m.intervals),
            **({"bounds": bounds} if bounds else {}),
            **self._decisions(m),
            **classes,
            "by": [
                g.level.to_dict()
                | {"rows": g.rows, "metrics": g.metrics.values, "undefined": g.metrics.undefined}
                | _written(g.intervals)
                for g in m.groups
            ],
            "findings": [f.to_dict() for f in m.findings],
        }

    def _decisions(self, m: ModelEvaluation) -> dict[str, Any]:
        """Write the confusion of the classes; of numbers, which have none, what a constant prediction gives."""
        if isinstance(m.cases, NumberCases):
            return {"baselines": {name: found.values for name, found in m.baselines.items()}}
        matrix = m.outcomes.matrix() if m.task == "binary" else m.confusion.matrix()
        return {"confusion": {"labels": list(self.predictions.labels), "matrix": matrix.tolist()}}


def _outcomes(tallies: Tallies) -> Outcomes:
    """Return the four counts."""
    found = tallies.get(Outcomes)
    if not isinstance(found, Outcomes):
        raise ValueError("many classes have no four outcomes; take one class against the rest")
    return found


def _written(spans: dict[str, Interval] | None) -> dict[str, Any]:
    """Write intervals as they stand in the JSON contract; nothing when they were not asked for."""
    return {} if spans is None else {"intervals": {key: span.to_dict() for key, span in spans.items()}}


def _version() -> str:
    """Return the installed version."""
    from . import __version__

    return __version__


def left_out(m: ModelEvaluation) -> dict[str, list[str]]:
    """Name the classes, or the series, that each mean over them leaves out because it is undefined for them."""
    found: dict[str, list[str]] = {}
    if isinstance(m.cases, ForecastCases):
        tally, names = m.series, m.cases.timeline.names
        for spec in metrics_of(m.task):
            if spec.per_series is not None:
                none = np.flatnonzero(np.isnan(spec.per_series(tally)) & (tally.weight > 0))
                if none.size:
                    found[spec.key] = [names[i] for i in none.tolist()]
        return found
    for spec in metrics_of(m.task):
        if spec.mean_of and m.metrics.values.get(spec.key) is not None:
            without = [c.label for c in m.classes if c.metrics.values.get(spec.mean_of) is None]
            if without:
                found[spec.key] = without
    return found
