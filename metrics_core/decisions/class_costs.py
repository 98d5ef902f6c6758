"""Many classes with a cost for every mix-up: the class that is expected to cost least, and what that saves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cases import ClassCases
from ..class_intervals import Draw
from ..errors import DataError
from ..intervals import LEVEL, REPLICATES, SEED
from ..metrics import counts
from ..metrics.counts import ratio
from ..rate_interval import z_of
from ..reduce.classes import confusion_tally
from ..tally import ConfusionTally, OneVsRest, SumTally
from ..tally.outcomes import FloatArray
from ..values import Interval
from .choice import Choice, choose
from .class_cost_table import checked_matrix, matrix_of
from .rule import Rule
from .separate import MIN_OF_CLASS, too_small

if TYPE_CHECKING:
    import pandas as pd

#: Expected costs computed at a time: 8 MB of them.
CELLS_AT_A_TIME = 1 << 20
#: Expected costs that differ by this share of the largest cost are equal.
_ROUNDING = 1e-12

Codes = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class ClassCosts:
    """What it costs to take one class for another.

    Attributes
    ----------
    labels : tuple of K str
    cost : (K, K) float64
        Rows true, columns predicted, in any unit; negative costs are gains. Usually 0 on the diagonal.

    Examples
    --------
    >>> costs = ClassCosts.read({"cat": {"dog": 1}, "dog": {"cat": 5}}, ["cat", "dog"])
    >>> costs.decide([[0.9, 0.1], [0.8, 0.2]]).tolist()
    [0, 1]
    """

    labels: tuple[str, ...]
    cost: FloatArray

    @classmethod
    def read(cls, data: Any, labels: tuple[str, ...] | list[str]) -> ClassCosts:
        """Read a table of costs: rows true, columns predicted.

        Parameters
        ----------
        data : path, frame, mapping or nested list
            A CSV file, or a pandas, polars or pyarrow table, with the true classes in the first column (or the index)
            and the predicted ones as names of the columns; ``{true: {predicted: cost}}``, where an absent diagonal
            costs 0; or ``(K, K)`` numbers in the order of the labels.
        labels : sequence of K str
            Classes of the predictions; the table may have them in any order.

        Raises
        ------
        DataError
            If the table cannot be read, a class is missing, unknown or there twice, the shape is wrong, a cost is no
            finite number, or no decision makes a difference.
        """
        names = tuple(str(label) for label in labels)
        return cls(names, checked_matrix(matrix_of(data, names), names))

    @classmethod
    def equal(cls, labels: tuple[str, ...] | list[str]) -> ClassCosts:
        """Return a cost of 1 for every mistake."""
        return cls(tuple(labels), 1 - np.eye(len(labels)))

    def total(self, tally: ConfusionTally) -> FloatArray:
        """Add up the costs of all rows, ``(...)`` in the unit of the costs."""
        if tally.n_classes != len(self.labels):
            raise ValueError(f"costs of {len(self.labels)} classes do not fit a tally of {tally.n_classes}")
        return np.asarray(tally.counts @ self.cost[tally.true, tally.predicted], dtype=np.float64)

    def per_row(self, tally: ConfusionTally) -> FloatArray:
        """Mean cost of a row, ``(...)``; NaN without rows."""
        return ratio(self.total(tally), tally.total)

    def decide(self, probabilities: Any) -> Codes:
        """Choose for each row the class that is expected to cost least.

        Parameters
        ----------
        probabilities : array-like of shape (n, K)

        Returns
        -------
        (n,) int32
            Index into the labels; of equal costs the first.

        References
        ----------
        Elkan (2001), The foundations of cost-sensitive learning, IJCAI, section 1.
        """
        return self.decide_with_cost(probabilities)[0]

    def decide_with_cost(self, probabilities: Any) -> tuple[Codes, FloatArray]:
        """Choose as ``decide`` does, and say what the choice is expected to cost.

        Returns
        -------
        predicted : (n,) int32
        cost : (n,) float64
            Expected by the probabilities, scaled where they do not add up to 1; NaN where all are 0.
        """
        parts = list(self._expected(probabilities))
        codes = np.concatenate([np.zeros(0, dtype=np.int32), *(part for part, _ in parts)])
        return codes, np.concatenate([np.zeros(0), *(cost for _, cost in parts)])

    def _expected(self, probabilities: Any) -> Iterator[tuple[Codes, FloatArray]]:
        """Decide some rows at a time, so that memory stays bounded."""
        p, k = np.asarray(probabilities, dtype=np.float64), len(self.labels)
        if p.ndim != 2 or p.shape[1] != k:
            raise ValueError(f"probabilities of shape {p.shape} do not fit {k} classes")
        size = max(1, CELLS_AT_A_TIME // k)
        equal = _ROUNDING * float(np.abs(self.cost).max(initial=0.0))
        for start, end in pairwise([*range(0, len(p), size), len(p)]):
            part = p[start:end].T  # one class after the other, as probabilities lie in memory
            expected, whole = self.cost.T @ part, part.sum(0)
            least = expected.min(0)
            first = (expected <= least + equal * whole).argmax(0)
            yield first.astype(np.int32), ratio(least, whole)


@dataclass(frozen=True, eq=False)
class ClassCostDecision:
    """The class that costs least in each row, beside the file's own decision and the most probable class.

    Attributes
    ----------
    costs : ClassCosts
    predicted : (n,) int32
        Index into the labels.
    decided, most_probable, cheapest : ConfusionTally
        Of the file's own decision, of the most probable class, and of the class expected to cost least.
    changed : float
        Share of the rows (by weight) whose class is another one than the file's own decision.
    promised : float
        Mean cost of a row that the probabilities expect; far from what ``cheapest`` costs they are not calibrated.
    saving : Interval
        Of the mean cost of a row that ``cheapest`` saves against ``decided``. Nothing was fitted to these rows.
    """

    costs: ClassCosts
    predicted: Codes
    decided: ConfusionTally
    most_probable: ConfusionTally
    cheapest: ConfusionTally
    changed: float
    promised: float
    saving: Interval

    def per_row(self) -> dict[str, float]:
        """Return the mean cost of a row of each decision: ``decided``, ``most_probable``, ``cheapest``."""
        names = ("decided", "most_probable", "cheapest")
        return {name: float(self.costs.per_row(getattr(self, name))) for name in names}

    def frame(self) -> pd.DataFrame:
        """Return one row a class: its rows, how many rows were predicted as it, and the mean cost of its rows."""
        import pandas as pd

        columns: dict[str, Any] = {"label": self.costs.labels, "rows": self.decided.support}
        for name in ("decided", "most_probable", "cheapest"):
            tally: ConfusionTally = getattr(self, name)
            paid = tally.counts * self.costs.cost[tally.true, tally.predicted]
            of_class = np.bincount(tally.true, weights=paid, minlength=tally.n_classes)
            columns |= {f"predicted_{name}": tally.decided, f"cost_{name}": ratio(of_class, tally.support)}
        return pd.DataFrame(columns)


@dataclass(frozen=True, eq=False)
class ClassThresholds:
    """A threshold for each class against the rest. A row may reach several of them, or none.

    Attributes
    ----------
    labels : tuple of K str
    choices : tuple of K Choice or None
        None for classes that are too small.
    reasons : tuple of K str
        Why a class has no threshold; empty where it has one.
    support : (K,) float64
        Rows of each class, or sums of weights.
    """

    labels: tuple[str, ...]
    choices: tuple[Choice | None, ...]
    reasons: tuple[str, ...]
    support: FloatArray

    @property
    def threshold(self) -> FloatArray:
        """The thresholds, ``(K,)``; NaN where there is none."""
        found = (None if choice is None else choice.threshold for choice in self.choices)
        return np.array([np.nan if cut is None else cut for cut in found], dtype=np.float64)

    def frame(self) -> pd.DataFrame:
        """Return one row a class: threshold, value of the objective, precision, recall and flagged rows there."""
        import pandas as pd

        found = [None if choice is None else choice.outcomes for choice in self.choices]
        measures = {"precision": counts.precision, "recall": counts.recall}
        columns: dict[str, Any] = {"label": self.labels, "rows": self.support, "threshold": self.threshold}
        columns["value"] = [np.nan if choice is None else choice.value for choice in self.choices]
        for name, of in measures.items():
            columns[name] = [np.nan if o is None else float(of(o)) for o in found]
        columns["flagged"] = [np.nan if o is None else float(o.flagged) for o in found]
        return pd.DataFrame(columns | {"reason": self.reasons})


def cheapest_classes(
    cases: ClassCases,
    costs: ClassCosts,
    *,
    level: float = LEVEL,
    seed: int = SEED,
    replicates: int = REPLICATES,
) -> ClassCostDecision:
    """Decide every row for the class that is expected to cost least, and compare that with the decisions so far.

    Parameters
    ----------
    cases : ClassCases
        With probabilities.
    costs : ClassCosts
        Of the same classes.
    level : float
        Of the interval, 0.95 for 95 %.
    seed, replicates : int
        Of its bootstrap, where rows belong together.

    Returns
    -------
    ClassCostDecision

    Raises
    ------
    DataError
        If there are no probabilities or no rows.
    ValueError
        If the costs are of other classes.
    """
    if cases.probabilities is None:
        raise DataError("The class that costs least follows from probabilities, and this model has none. Name their columns with --proba or --proba-prefix.")  # fmt: skip
    if cases.labels != costs.labels:
        raise ValueError("the costs are of other classes than the rows")
    if len(cases) == 0:
        raise DataError("No row is left, so there is nothing to decide.")
    predicted, expected = costs.decide_with_cost(cases.probabilities)
    likely = cases.probabilities.argmax(1).astype(np.int32)
    weight = np.ones(len(cases)) if cases.weight is None else cases.weight
    saved = costs.cost[cases.truth, cases.predicted] - costs.cost[cases.truth, predicted]
    return ClassCostDecision(
        costs,
        predicted,
        confusion_tally(cases),
        confusion_tally(replace(cases, predicted=likely)),
        confusion_tally(replace(cases, predicted=predicted)),
        float(ratio(weight[predicted != cases.predicted].sum(), weight.sum())),
        _mean(expected, weight),
        _interval(cases, saved, level, seed, replicates),
    )


def class_thresholds(scores: OneVsRest, labels: tuple[str, ...] | list[str], rule: Rule, *, min_of_class: float = MIN_OF_CLASS) -> ClassThresholds:  # fmt: skip
    """Choose the best threshold of each class against the rest.

    Parameters
    ----------
    scores : OneVsRest
    labels : sequence of K str
    rule : Rule
        Applied to each class by itself.
    min_of_class : float
        Effective rows of the class, and of the rest, below which it gets no threshold.

    Returns
    -------
    ClassThresholds
    """
    if len(labels) != len(scores.classes):
        raise ValueError(f"{len(labels)} labels do not fit scores of {len(scores.classes)} classes")
    choices: list[Choice | None] = []
    reasons = []
    for tally in scores.classes:
        why = too_small(tally, 0.0, {"positive": min_of_class, "negative": min_of_class})
        choice = None if why else choose(tally, rule)
        choices.append(choice)
        reasons.append(why if choice is None else choice.reason)
    return ClassThresholds(tuple(labels), tuple(choices), tuple(reasons), scores.support)


def _mean(values: FloatArray, weight: FloatArray) -> float:
    """Weighted mean; rows without weight take no part."""
    used = weight > 0
    return float(ratio((values[used] * weight[used]).sum(), weight[used].sum()))


def _interval(cases: ClassCases, saved: FloatArray, level: float, seed: int, replicates: int) -> Interval:
    """Interval of the mean saving: from its standard error, or by drawing again the groups of rows that belong together."""
    if cases.together is not None:
        method = "group_bootstrap"
        if np.unique(cases.together).size < 2:
            return Interval(None, None, level, method, "all rows belong together")
        drawn = Draw(cases, {}, level, seed, replicates).group_means(saved)
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]).tolist()
        return Interval(low, high, level, method)
    summed = SumTally.of({"saving": saved}, cases.weight, frequency=cases.frequency)
    mean, error = float(summed.mean("saving")), summed.standard_error("saving")
    if not error > 0:
        why = "one row has no spread" if np.isnan(error) else "every row saves the same"
        return Interval(None, None, level, "normal", why)
    return Interval(mean - z_of(level) * error, mean + z_of(level) * error, level, "normal")
