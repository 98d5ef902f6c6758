"""What the adviser looks at: one model's numbers, its rows and the table they come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .cases import Cases
from .checks import Severity
from .metrics.spec import Tallies
from .roles import Model
from .tally import ConfusionTally, Outcomes, ScoreTally
from .values import Metrics

if TYPE_CHECKING:
    from .classes import ClassEvaluation
    from .predictions import Predictions
    from .results import Group


@dataclass(frozen=True, eq=False)
class Facts:
    """What the rules look at.

    Attributes
    ----------
    predictions : Predictions
    model : Model
    cases : Cases
    tallies : mapping of type to tally
        Without leading axes.
    values : Metrics
    groups : sequence of Group
    classes : sequence of ClassEvaluation
        Empty for two classes.
    """

    predictions: Predictions
    model: Model
    cases: Cases
    tallies: Tallies
    values: Metrics
    groups: Sequence[Group] = ()
    classes: Sequence[ClassEvaluation] = ()

    @property
    def task(self) -> str:
        """Task of the predictions."""
        return self.predictions.roles.task

    @property
    def against_rest(self) -> bool:
        """Whether one of many classes is looked at against all others."""
        roles = self.predictions.roles
        return roles.task == "binary" and self.predictions.labels[0] == f"not {roles.pos_label}"

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Values by key, NaN where undefined."""
        return {key: self.values.number(key) for key in self.values.values}

    @property
    def n(self) -> float:
        """Effective number of rows."""
        return self.cases.effective_n

    @property
    def sampled(self) -> bool:
        """Whether sampling weights make the effective number of rows another one than that of the rows."""
        return self.cases.weight is not None and not self.cases.frequency

    @property
    def tally(self) -> ScoreTally | None:
        """Counts at every score; of many classes by the probability of the predicted class."""
        found = self.tallies.get(ScoreTally)
        return found if isinstance(found, ScoreTally) else None

    @cached_property
    def support(self) -> dict[str, float]:
        """Rows of each class by label, or the sum of their weights."""
        return self._by_label(self._decided)

    @cached_property
    def rows(self) -> dict[str, float]:
        """Effective number of rows of each class by label: what its rates can count on."""
        if self._decided.squares is None:
            return self.support
        of_squares = self._by_label(self._decided.squares)
        return {label: w * w / of_squares[label] if w else 0.0 for label, w in self.support.items()}

    @property
    def _decided(self) -> Outcomes | ConfusionTally:
        """Counts of true and decided class."""
        found = self.tallies[Outcomes if self.task == "binary" else ConfusionTally]
        assert isinstance(found, Outcomes | ConfusionTally)
        return found

    def _by_label(self, counted: Outcomes | ConfusionTally) -> dict[str, float]:
        """Add up counts, or their squares, by the true class."""
        if isinstance(counted, Outcomes):
            each = [float(counted.negatives), float(counted.positives)]
        else:
            each = counted.support.tolist()
        return dict(zip(self.predictions.labels, each, strict=True))

    @property
    def largest(self) -> str:
        """Label of the largest class."""
        return max(self.support, key=lambda label: self.support[label])

    @property
    def majority(self) -> float:
        """Share of the largest class."""
        total = sum(self.support.values())
        return self.support[self.largest] / total if total else float("nan")


@dataclass(frozen=True)
class Rule:
    """One warning: ``says`` returns its text with the numbers filled in, or None.

    ``about`` is the trigger in words, ``tasks`` are those it is about.
    """

    id: str
    severity: Severity
    about: str
    says: Callable[[Facts], str | None]
    action: str
    tasks: tuple[str, ...] = ("binary",)
