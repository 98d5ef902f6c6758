"""Each class against all the others: the numbers of one row of the class table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .bounds import bounds_of
from .cases import ClassCases
from .intervals import Interval, intervals_of
from .metrics.registry import metrics_of
from .metrics.spec import Tallies
from .tally import ConfusionTally, OneVsRest, Outcomes, ScoreTally
from .values import Metrics, finite, tallied, value_of

if TYPE_CHECKING:
    from .results import Draws

#: Left out: what makes no sense against the rest (a threshold, margins) or takes long for many classes.
_KEPT = tuple(
    spec for spec in metrics_of("binary")
    if not spec.slow and not spec.takes_k and spec.needs in ("", "probability")
)  # fmt: skip
#: Classes up to which the intervals that need a bootstrap are computed for each.
MAX_DRAWN = 20


@dataclass(frozen=True, eq=False)
class ClassEvaluation:
    """One class as the positive one, decided by the file's own prediction.

    Attributes
    ----------
    label : str
    support : int or float
        Its rows, or the sum of their weights.
    metrics : Metrics
        By key of the binary metrics.
    tallies : mapping of type to tally
        Of the class against the rest.
    intervals : dict of Interval, optional
    """

    label: str
    support: float
    metrics: Metrics
    tallies: Tallies
    intervals: dict[str, Interval] | None = None

    @property
    def outcomes(self) -> Outcomes:
        """The four counts of the class against the rest."""
        found = self.tallies[Outcomes]
        assert isinstance(found, Outcomes)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the class as it stands in the JSON contract."""
        o = self.outcomes
        return {
            "label": self.label,
            "support": self.support,
            "outcomes": {"tp": o.tp.item(), "fn": o.fn.item(), "fp": o.fp.item(), "tn": o.tn.item()},
            "metrics": self.metrics.values,
            "undefined": self.metrics.undefined,
        }


def classes_of(cases: ClassCases, tallies: Tallies, draws: Draws | None = None) -> tuple[ClassEvaluation, ...]:  # fmt: skip
    """Evaluate every class against the rest from the tallies of all classes."""
    decided, scored = tallies[ConfusionTally], tallies.get(OneVsRest)
    assert isinstance(decided, ConfusionTally)
    every = decided.one_vs_rest()
    at_once = {spec.key: np.asarray(spec.fn(every)) for spec in _KEPT if spec.of is Outcomes}
    found = []
    for i, label in enumerate(cases.labels):
        scores = scored.classes[i] if isinstance(scored, OneVsRest) else None
        one = tallied(_one(every, i), scores)
        values: dict[str, float | None] = {}
        undefined: dict[str, str] = {}
        for spec in _KEPT:
            of_all = at_once.get(spec.key)
            values[spec.key], why = value_of(spec, one) if of_all is None else finite(spec, float(of_all[i]))
            if why:
                undefined[spec.key] = why
        metrics = Metrics(values, undefined)
        spans = None if draws is None else _intervals(cases, label, one, metrics, draws)
        found.append(ClassEvaluation(label, decided.support[i].item(), metrics, one, spans))
    return tuple(found)


def bounds_of_classes(tallies: Tallies) -> dict[str, tuple[float, float]]:
    """Between which values the metrics of all classes lie that were counted in bins of scores."""
    found: dict[str, tuple[float, float]] = {}
    confidence, scored = tallies.get(ScoreTally), tallies.get(OneVsRest)
    if isinstance(confidence, ScoreTally) and not confidence.exact:
        found |= bounds_of(confidence, ["ece"])
    if isinstance(scored, OneVsRest) and not scored.exact:
        each = [bounds_of(t, ["roc_auc", "ece"]) for t in scored.classes]
        for key, of_class in (("roc_auc_ovr_macro", "roc_auc"), ("classwise_ece", "ece")):
            ends = [one[of_class] for one in each if of_class in one]
            if ends:
                low, high = np.mean(ends, axis=0).tolist()
                found[key] = (low, high)
    return found


def _one(o: Outcomes, i: int) -> Outcomes:
    """Take one class out of the outcomes of all."""
    tp, fp, fn, tn = (np.asarray(cell[i]) for cell in (o.tp, o.fp, o.fn, o.tn))
    return Outcomes(tp, fp, fn, tn, squares=None if o.squares is None else _one(o.squares, i))


@dataclass(frozen=True, eq=False)
class _Judged:
    """One class against the rest, as intervals take it."""

    cases: Any
    tallies: Tallies
    metrics: Metrics
    task: str = "binary"


def _intervals(cases: ClassCases, label: str, tallies: Tallies, metrics: Metrics, draws: Draws) -> dict[str, Interval]:  # fmt: skip
    """Compute the intervals of one class; those that need a bootstrap only when the classes are few."""
    few = len(cases.labels) <= MAX_DRAWN
    keys = {s.key for s in _KEPT if few or s.interval in ("wilson", "delong")}
    judged = _Judged(cases.against_rest(label), tallies, metrics)
    return intervals_of(judged, keys=keys, level=draws.level, seed=draws.seed, replicates=draws.replicates)
