"""What a threshold is worth on some rows: counts, metrics, objective and constraints, with intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..cases import BinaryCases
from ..intervals import intervals_of
from ..metrics.registry import metrics_of
from ..metrics.spec import Tallies
from ..reduce import decided_outcomes
from ..tally import Outcomes
from ..tally.outcomes import FloatArray
from ..values import Metrics, compute, tallied
from .at_prevalence import at_prevalence, weighted
from .rule import Rule


def at_the_cut(outcomes: Outcomes) -> Metrics:
    """Compute the metrics that four counts decide."""
    found = compute("binary", tallied(outcomes, None))
    keys = {spec.key for spec in metrics_of("binary") if spec.of is Outcomes}
    return Metrics({k: v for k, v in found.values.items() if k in keys}, {k: v for k, v in found.undefined.items() if k in keys})  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """How a cut is described on some rows."""

    rule: Rule
    prevalence: float | None
    level: float
    seed: int
    replicates: int

    def of(self, cases: BinaryCases, cut: float | FloatArray) -> dict[str, Any]:
        """Describe a cut: what the objective and the constraints are worth, counts, metrics and intervals.

        Parameters
        ----------
        cases : BinaryCases
            With a score.
        cut : float or (n,) float64
            One for all rows, or one for each.
        """
        assert cases.score is not None  # a threshold cuts a score
        outcomes = decided_outcomes(replace(cases, predicted=np.asarray(cases.score >= cut)), None)
        if np.ndim(cut) == 0:
            outcomes = replace(outcomes, threshold=np.asarray(cut, dtype=np.float64))
        metrics = at_the_cut(outcomes)
        there = None if self.prevalence is None else weighted(outcomes, self.prevalence)
        rule = at_prevalence(self.rule, self.prevalence)
        judged = _Judged("binary", cases, tallied(outcomes, None), metrics)
        spans = intervals_of(judged, level=self.level, seed=self.seed, replicates=self.replicates)
        flagged, total = float(outcomes.flagged), float(outcomes.total)
        return {
            "rows": len(cases),
            "value": float(rule.objective.value(outcomes)),
            "constraints": {c.text: float(c.value(outcomes)) for c in rule.constraints},
            "confusion": {name: getattr(outcomes, name).item() for name in ("tp", "fp", "fn", "tn")},
            "flagged_share": flagged / total,
            "metrics": metrics.values,
            **({} if there is None else {"metrics_at_prevalence": at_the_cut(there).values}),
            "undefined": metrics.undefined,
            "intervals": {key: span.to_dict() for key, span in spans.items()},
        }


@dataclass(frozen=True, eq=False)
class _Judged:
    """Rows at a cut, for the intervals."""

    task: str
    cases: BinaryCases
    tallies: Tallies
    metrics: Metrics
