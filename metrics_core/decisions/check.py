"""Whether a recorded decision still holds on other rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..bootstrap import Asked, of_outcomes
from ..cases import BinaryCases
from ..checks import Finding, percent
from ..errors import DataError
from ..intervals import LEVEL, REPLICATES, SEED, Interval, interval_of
from ..predictions import Predictions
from ..reduce import decided_outcomes
from ..resampling import Sample
from ..source import Source
from ..tally import Outcomes
from ..values import Metrics, tallied, value_of
from .constraints import Constraint
from .drift import Drift, drift_of
from .judgements import Judgement, of_count, of_drift, of_metric, of_promise
from .objectives import Objective, threshold_metric
from .record import Decision
from .scored import Scored, row_thresholds, score_rows
from .summary import at_the_cut


@dataclass(frozen=True, eq=False)
class Check:
    """A decision looked at on other rows.

    Attributes
    ----------
    decision : Decision
    labelled : bool
        Whether the rows carry labels; without them only flags and scores can be compared.
    rows, flagged : int
        Rows with a usable score (and label), and those that the decision flags.
    judgements : tuple of Judgement
    drift : Drift
    metrics : Metrics, optional
        At the decision's thresholds.
    outcomes : Outcomes, optional
    value : float, optional
        Of the objective; None where it is undefined, or the rows have no amounts for the costs.
    intervals : dict of Interval
    findings : tuple of Finding
    """

    decision: Decision
    labelled: bool
    rows: int
    flagged: int
    judgements: tuple[Judgement, ...]
    drift: Drift
    metrics: Metrics | None
    outcomes: Outcomes | None
    value: float | None
    intervals: dict[str, Interval]
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is broken."""
        return all(j.verdict != "broken" for j in self.judgements)

    def to_dict(self) -> dict[str, Any]:
        """Return the check as one JSON object."""
        from .. import __version__

        d = self.decision
        share = self.flagged / self.rows if self.rows else None
        numbers: dict[str, Any] = {}
        if self.metrics is not None and self.outcomes is not None:
            numbers = {
                "metrics": self.metrics.values,
                "undefined": self.metrics.undefined,
                "intervals": {key: span.to_dict() for key, span in self.intervals.items()},
                "confusion": {
                    "labels": [f"not {d.pos_label}", d.pos_label],
                    "matrix": self.outcomes.matrix().tolist(),
                },
            }
        return {
            "faultline": __version__, "schema": 1, "task": d.task, "model": d.model, "threshold": d.threshold,
            "labelled": self.labelled, "holds": self.holds, "rows_used": self.rows, "flagged": self.flagged,
            "flagged_share": share, **numbers, "judgements": [j.to_dict() for j in self.judgements],
            "drift": self.drift.to_dict(), "findings": [f.to_dict() for f in self.findings],
        }  # fmt: skip


def check(
    decision: Decision,
    data: Predictions | Source,
    *,
    y_score: str | None = None,
    level: float = LEVEL,
    seed: int = SEED,
    replicates: int = REPLICATES,
) -> Check:
    """Judge every constraint and promise of a decision on other rows.

    Parameters
    ----------
    decision : Decision
        With a threshold.
    data : Predictions or Source
        Predictions carry labels; of a source without labels only the flagged share and the scores are compared.
    y_score : str, optional
        The score column when it is called otherwise here.
    level : float
        Of the intervals.
    seed, replicates : int
        Of the intervals that are drawn.

    Returns
    -------
    Check

    Raises
    ------
    DataError
        If there is no such score column, another label is positive, or no row can be judged.
    """
    if isinstance(data, Source):
        return _unlabelled(decision, score_rows(decision, data, y_score=y_score), level)
    return _labelled(decision, data, y_score, _Drawn(level, seed, replicates))


@dataclass(frozen=True)
class _Drawn:
    """How intervals are computed."""

    level: float
    seed: int
    replicates: int

    def of(self, key: str, outcomes: Outcomes, decided: BinaryCases) -> Interval:
        """Compute the interval of a metric at the decision's thresholds; rows that belong together are drawn together."""
        spec = threshold_metric(key)
        if decided.together is None:
            return interval_of(spec, outcomes, None, decided.effective_n, level=self.level, seed=self.seed,
                               replicates=self.replicates)  # fmt: skip
        value, reason = value_of(spec, tallied(outcomes, None))
        if value is None or np.unique(decided.together).size < 2:
            return Interval(None, None, self.level, "group_bootstrap", reason or "all rows belong together")
        sample = Sample(outcomes, None, decided, self.level, self.seed, self.replicates)
        return of_outcomes({key: Asked(spec, None, value, "group_bootstrap")}, sample)[key]


def _unlabelled(decision: Decision, scored: Scored, level: float) -> Check:
    """Compare flags and scores only."""
    used = scored.usable
    n, flagged = int(used.sum()), int(scored.flagged.sum())
    if n == 0:
        raise DataError(f"No row of '{scored.source.name}' has a usable score.")
    drift = drift_of(decision.scores, scored.score[used])
    findings = [*scored.findings, *_by_period(decision), Finding("unlabelled", "note", f"{scored.source.n_rows:,} rows carry no label: only the flagged share and the scores can be compared. Whether recall, precision or costs hold cannot be said.", "Bring labels for some of the rows and check again.")]  # fmt: skip
    judged = [of_drift(drift), *(of_count(c, flagged, n, level) for c in _counted(decision))]
    before = (decision.apparent or {}).get("flagged_share")
    if before is not None:
        findings.append(Finding("flagged-share", "note", f"{percent(flagged, n)} of the rows are flagged here, {percent(before, 1)} were when the decision was made."))  # fmt: skip
    return Check(decision, False, n, flagged, tuple(judged), drift, None, None, None, {}, tuple(findings))


def _labelled(decision: Decision, predictions: Predictions, y_score: str | None, drawn: _Drawn) -> Check:
    """Count the outcomes of the decision and judge what it asked for."""
    if predictions.roles.pos_label != decision.pos_label:
        raise DataError(f"The decision flags {decision.pos_label!r}, but here {predictions.roles.pos_label!r} is positive. Name it with --pos-label {decision.pos_label}.")  # fmt: skip
    named = [m for m in predictions.roles.models if m.y_score == (y_score or decision.y_score)]
    model = next((m for m in named if m.name == decision.model), named[0] if named else None)
    if model is None:
        raise DataError(f"'{predictions.name}' was read without the score column {y_score or decision.y_score!r} of this decision. Name it with --y-score.")  # fmt: skip
    cases = predictions.judged(model.name)
    assert isinstance(cases, BinaryCases)
    assert cases.score is not None  # the model has a score column
    if len(cases) == 0:
        raise DataError(f"No row of '{predictions.name}' can be judged.")
    if cases.probability is not (decision.score_kind in _PROBABILITIES):
        raise DataError(f"The threshold belongs to scores of kind {decision.score_kind!r}, but here they were read as {model.score_kind!r}. Say what they are with --score-kind.")  # fmt: skip
    flags = np.asarray(cases.score >= row_thresholds(decision, predictions.source)[cases.rows])
    decided = replace(cases, predicted=flags)
    outcomes = decided_outcomes(decided, None)
    if not decision.thresholds:  # a net benefit is that of one cut
        outcomes = replace(outcomes, threshold=np.asarray(decision.threshold, dtype=np.float64))
    metrics = at_the_cut(outcomes)
    drift = drift_of(decision.scores, cases.score)
    n, flagged = len(cases), int(flags.sum())
    rows = float(outcomes.flagged), float(outcomes.total)
    judged = [of_drift(drift)] if drift.verdict == "drifted" else []
    judged += [of_count(c, *rows, drawn.level, cases.effective_n) for c in _counted(decision)]
    judged += [of_metric(c, outcomes, drawn.of(c.key, outcomes, decided)) for c in _limits(decision)]
    judged += [of_promise(c, outcomes) for c in decision.certificates if c.get("holds")]
    objective = Objective.from_dict(dict(decision.objective))
    keys = [key for key in metrics.values if key in _SHOWN or key == objective.key]
    intervals = {key: drawn.of(key, outcomes, decided) for key in keys}
    return Check(decision, True, n, flagged, tuple(judged), drift, metrics, outcomes, _aim(objective, outcomes), intervals, (*predictions.findings, *_by_period(decision)))  # fmt: skip


def _aim(objective: Objective, outcomes: Outcomes) -> float | None:
    """Compute what the decision aimed for; None where it is undefined."""
    if objective.costs is not None and objective.costs.uses_amounts and outcomes.amounts is None:
        return None
    value = float(objective.value(outcomes))
    return value if np.isfinite(value) else None


#: The kinds of scores whose thresholds are probabilities.
_PROBABILITIES = ("probability", "percent", "logit")
#: The metrics that get an interval whatever was asked for.
_SHOWN = ("precision", "recall", "fpr", "f1", "accuracy")


def _limits(decision: Decision) -> list[Constraint]:
    """Return the constraints on metrics."""
    return [c for c in _constraints(decision) if c.key not in ("flagged", "flagged_share")]


def _counted(decision: Decision) -> list[Constraint]:
    """Return the constraints on the number of flags, which need no labels."""
    return [c for c in _constraints(decision) if c.key in ("flagged", "flagged_share")]


def _constraints(decision: Decision) -> list[Constraint]:
    """Read the constraints; capacities per day or week are left out, because they are about other days."""
    return [Constraint.read(text) for text in decision.constraints if " per " not in text]


def _by_period(decision: Decision) -> list[Finding]:
    """Say which capacities were not judged."""
    skipped = [text for text in decision.constraints if " per " in text]
    return [Finding("capacity-not-judged", "note", f"'{text}' was not judged: the check does not count by day or week.") for text in skipped]  # fmt: skip
