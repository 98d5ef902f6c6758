"""A rule judged at another share of positives than the rows have, for tallies that are drawn again and again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..metrics.counts import ratio
from ..tally import Outcomes
from ..tally.outcomes import FloatArray
from .objectives import Objective
from .rule import BoolArray, Limited, Rule


def at_prevalence(rule: Rule, prevalence: float | None) -> Rule:
    """Return the rule that looks at outcomes as they would be with so many positives; the rule itself for None.

    Parameters
    ----------
    rule : Rule
    prevalence : float, optional
        Above 0 and below 1.

    Examples
    --------
    >>> from metrics_core.tally.outcomes import outcomes
    >>> rule = at_prevalence(Rule(Objective.read(maximize="precision")), 0.01)
    >>> float(rule.values(outcomes(tp=90, fp=10, fn=10, tn=90)).round(4))
    0.0833
    """
    if prevalence is None:
        return rule
    objective = _Objective(**vars(rule.objective), prevalence=prevalence)
    return Rule(objective, tuple(_Constraint(c, prevalence) for c in rule.constraints))


def weighted(outcomes: Outcomes, prevalence: float) -> Outcomes:
    """Weight the rows of both classes so that the positives are a wanted share; the sum of all rows stays.

    NaN where only one class is present.
    """
    total = outcomes.total
    of_pos = ratio(prevalence * total, outcomes.positives)
    of_neg = ratio((1 - prevalence) * total, outcomes.negatives)
    amounts = outcomes.amounts
    return replace(
        _times(outcomes, of_pos, of_neg),
        squares=_times(outcomes.squares or outcomes, of_pos**2, of_neg**2, bare=True),
        amounts=None if amounts is None else _times(amounts, of_pos, of_neg, bare=True),
    )


def _times(o: Outcomes, of_pos: FloatArray, of_neg: FloatArray, *, bare: bool = False) -> Outcomes:
    """Multiply the four counts."""
    found = replace(o, tp=o.tp * of_pos, fn=o.fn * of_pos, fp=o.fp * of_neg, tn=o.tn * of_neg)
    return replace(found, squares=None, amounts=None) if bare else found


@dataclass(frozen=True)
class _Objective(Objective):
    """An objective at a prevalence."""

    prevalence: float = 0.5

    def value(self, outcomes: Outcomes) -> FloatArray:
        """Compute it on the weighted outcomes."""
        return super().value(weighted(outcomes, self.prevalence))


@dataclass(frozen=True)
class _Constraint:
    """A constraint at a prevalence."""

    bare: Limited
    prevalence: float

    @property
    def text(self) -> str:
        """The constraint as it was written."""
        return self.bare.text

    def value(self, outcomes: Outcomes) -> FloatArray:
        """Compute the limited number on the weighted outcomes."""
        return np.asarray(self.bare.value(weighted(outcomes, self.prevalence)))

    def slack(self, outcomes: Outcomes) -> FloatArray:
        """Say how far inside the limit the weighted outcomes are."""
        return np.asarray(self.bare.slack(weighted(outcomes, self.prevalence)))

    def holds(self, outcomes: Outcomes) -> BoolArray:
        """Tell the cuts inside the limit."""
        return np.asarray(self.bare.holds(weighted(outcomes, self.prevalence)))
