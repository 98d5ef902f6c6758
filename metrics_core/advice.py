"""The adviser: one row a warning, each with its trigger, its computed numbers and what to do.

The ids are those of the documentation; a rule returns None when it has nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import TYPE_CHECKING

from .cases import Cases
from .checks import Finding, Severity
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

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Values by key, NaN where undefined."""
        return {key: self.values.number(key) for key in self.values.values}

    @property
    def n(self) -> float:
        """Effective number of rows."""
        return self.cases.effective_n

    @property
    def outcomes(self) -> Outcomes:
        """The four counts of a binary decision."""
        found = self.tallies[Outcomes]
        assert isinstance(found, Outcomes)
        return found

    @property
    def tally(self) -> ScoreTally | None:
        """Counts at every score; of many classes by the probability of the predicted class."""
        found = self.tallies.get(ScoreTally)
        return found if isinstance(found, ScoreTally) else None

    @cached_property
    def support(self) -> dict[str, float]:
        """Rows of each class by label."""
        if self.task == "binary":
            o = self.outcomes
            return dict(zip(self.predictions.labels, (float(o.negatives), float(o.positives)), strict=True))
        decided = self.tallies[ConfusionTally]
        assert isinstance(decided, ConfusionTally)
        return dict(zip(self.predictions.labels, decided.support.tolist(), strict=True))

    @property
    def majority(self) -> float:
        """Share of the largest class."""
        total = sum(self.support.values())
        return max(self.support.values()) / total if total else float("nan")


@dataclass(frozen=True)
class Rule:
    """One warning: ``says`` returns its text with the numbers filled in, or None.

    ``tasks`` are those it is about.
    """

    id: str
    severity: Severity
    about: str
    says: Callable[[Facts], str | None]
    action: str
    tasks: tuple[str, ...] = ("binary",)


def advise(facts: Facts) -> list[Finding]:
    """Apply every rule of the task."""
    said = ((rule, rule.says(facts)) for rule in RULES if facts.task in rule.tasks)
    return [Finding(rule.id, rule.severity, text, rule.action) for rule, text in said if text]


def _no_better_than_majority(f: Facts) -> str | None:
    accuracy, share = f.metrics["accuracy"], f.majority
    if not share < 1 or accuracy == 1 or not accuracy <= share + 1.96 * sqrt(share * (1 - share) / f.n):
        return None
    return (f"Accuracy {accuracy:.1%} is no better than always answering the larger class ({share:.1%} of the rows): "
            "accuracy misleads here.")  # fmt: skip


def _accuracy_under_imbalance(f: Facts) -> str | None:
    share = f.majority
    if not 0.8 < share < 1:
        return None
    return (f"The smaller class is {1 - share:.1%} of the rows, so accuracy ({f.metrics['accuracy']:.1%}) misleads: it says little "
            f"about that class. Balanced accuracy is {f.metrics['balanced_accuracy']:.1%}, "
            f"Matthews correlation {f.metrics['mcc']:.3f}.")  # fmt: skip


def _few_of_a_class(f: Facts) -> str | None:
    return _few(f, below=100, at_least=30)


def _very_few_of_a_class(f: Facts) -> str | None:
    return _few(f, below=30, at_least=1)


def _few(f: Facts, *, below: float, at_least: float) -> str | None:
    """Say how small a change of recall the smaller class can show."""
    sides = {"positive": float(f.outcomes.positives), "negative": float(f.outcomes.negatives)}
    name, n = min(sides.items(), key=lambda side: side[1])
    if not at_least <= n < below:
        return None
    rate = f.metrics["recall" if name == "positive" else "specificity"]
    seen = 2.8 * sqrt(2 * rate * (1 - rate) / n)
    smallest = min(max(seen, 1 / n), 1.0)
    are = "row is" if n == 1 else "rows are"
    return f"Only {n:,.0f} {are} {name}: a change of its hit rate smaller than {smallest:.1%} cannot be seen in so few."


def _ties(f: Facts) -> str | None:
    if f.tally is None or f.tally.score.size == 0:
        return None
    block = f.tally.pos + f.tally.neg
    if not block.sum() > 0:
        return None
    largest, distinct = float(block.max() / block.sum()), f.tally.score.size
    if largest <= 0.05 and distinct >= 50:
        return None
    at = float(f.tally.score[block.argmax()])
    return (f"The scores take {distinct:,} different values and {largest:.1%} of the rows share the score {at:g}: "
            "moving the threshold makes jumps.")  # fmt: skip


def _inverted(f: Facts) -> str | None:
    auc = f.metrics.get("roc_auc", float("nan"))
    if not auc < 0.45:
        return None
    return f"ROC AUC is {auc:.3f}, below one half: positives score lower than negatives, so the positive class may be the other one."


RULES = (
    Rule("W1", "warning", "accuracy at or below the majority share plus its margin of error", _no_better_than_majority,
         "Read balanced accuracy, Matthews correlation or average precision instead."),
    Rule("W3", "warning", "the smaller class is under 20 % of the rows", _accuracy_under_imbalance,
         "Judge by precision and recall, Matthews correlation or average precision."),
    Rule("W2", "error", "fewer than 30 rows of a class", _very_few_of_a_class, "Bring more rows of that class before deciding."),
    Rule("W2", "note", "fewer than 100 rows of a class", _few_of_a_class, "Read its rates with their intervals."),
    Rule("W6", "note", "more than 5 % of the rows tie, or fewer than 50 different scores", _ties,
         "Ask for scores with more digits, or choose among the thresholds there are."),
    Rule("W23", "warning", "ROC AUC under 0.45", _inverted, "Check which label is positive and what a high score means."),
)  # fmt: skip
