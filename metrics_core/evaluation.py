"""One call from predictions to every metric, whole and by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .advice import Facts, advise
from .cases import BinaryCases, Cases, ClassCases
from .checks import Finding, rows_of
from .classes import ClassEvaluation, classes_of
from .errors import DataError
from .filters import Filter, parse
from .intervals import LEVEL, REPLICATES, SEED, Interval, intervals_of
from .metrics.spec import Tallies
from .predictions import Predictions
from .reduce import decided_outcomes, score_tally, tallies_of
from .results import Draws, Evaluation, Group, ModelEvaluation
from .roles import Model
from .slices import Level, levels
from .tally import ScoreTally
from .thresholds import default_threshold
from .values import Metrics, compute, tallied

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

#: Fewer groups of rows that belong together than this, and the intervals come with a warning.
MIN_GROUPS = 20


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
    exact: bool = False,
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
    exact : bool
        Count every distinct score however many there are; else large data are counted in narrow bins, with
        certified bounds (see ``docs/large_data.md``).

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
    if threshold is not None and predictions.roles.of_numbers:
        raise DataError("Predicted numbers have no threshold. Leave it out.")
    if threshold is not None and predictions.roles.task != "binary":
        raise DataError("A threshold belongs to one class against the rest: name the class with --pos-label and --task binary.")  # fmt: skip
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
        asked = _Asked(predictions, model, threshold, grouped, k, draws, exact or None)
        models.append(asked.evaluate(cases, whole=mask is None))
    return Evaluation(predictions, tuple(models), condition, draws)


def used_threshold(cases: BinaryCases, tally: ScoreTally | None, threshold: float | None) -> float | None:
    """Decide which threshold rules: the given one, none where the rows carry a decision, else the default."""
    if cases.score is None:
        return None
    if threshold is not None or cases.predicted is not None:
        return threshold
    assert tally is not None  # rows with a score have a tally
    return default_threshold(tally)


@dataclass(frozen=True, eq=False)
class _Asked:
    """One model and everything that was asked about it."""

    predictions: Predictions
    model: Model
    threshold: float | None
    grouped: Sequence[tuple[str, np.ndarray, list[Level]]]
    k: Sequence[int]
    draws: Draws | None
    exact: bool | None

    def evaluate(self, cases: Cases, *, whole: bool) -> ModelEvaluation:
        """Evaluate the model on its rows, whole and by group."""
        task = self.predictions.roles.task
        tallies, cut = self._count(cases, whole=whole)
        judged = _Judged(task, cases, tallies, compute(task, tallies, self.k))
        groups = tuple(self._groups(cases, cut))
        classes: tuple[ClassEvaluation, ...] = ()
        if isinstance(cases, ClassCases):
            classes = classes_of(cases, tallies, self.draws)
        facts = Facts(self.predictions, self.model, cases, tallies, judged.metrics, groups, classes)
        findings = (
            *self.predictions.findings, *advise(facts), *_left_out(self.grouped),
            *_few_together(cases, self.draws),
        )  # fmt: skip
        return ModelEvaluation(
            task, self.model.name, cut, cases, tallies, judged.metrics, groups, findings, classes, judged.intervals(self.draws)
        )  # fmt: skip

    def _count(self, cases: Cases, *, whole: bool) -> tuple[Tallies, float | None]:
        """Count the rows once; with a score that has no decision the counts decide the threshold."""
        if not isinstance(cases, BinaryCases):
            return tallies_of(cases, exact=self.exact), None
        tally = None
        if self.model.y_score is not None:
            kept = whole and not self.exact
            tally = self.predictions.tally(self.model.name) if kept else score_tally(cases, exact=self.exact)
        cut = used_threshold(cases, tally, self.threshold)
        return tallied(decided_outcomes(cases, cut), tally), cut

    def _groups(self, cases: Cases, cut: float | None) -> Iterator[Group]:
        """Evaluate the rows of each group of each breakdown."""
        task = self.predictions.roles.task
        for _, code, found in self.grouped:
            of_case = code[cases.rows].astype(np.int16)  # there are few levels, and short integers sort fast
            order = np.argsort(of_case, kind="stable")
            ends = np.searchsorted(of_case[order], np.arange(len(found) + 1))
            for i, level in enumerate(found):
                part = cases.at(order[ends[i] : ends[i + 1]])
                if len(part):
                    tallies = tallies_of(part, cut, exact=self.exact)
                    judged = _Judged(task, part, tallies, compute(task, tallies, self.k))
                    yield Group(level, len(part), judged.metrics, tallies, judged.intervals(self.draws))


@dataclass(frozen=True, eq=False)
class _Judged:
    """Some rows and what was counted of them."""

    task: str
    cases: Cases
    tallies: Tallies
    metrics: Metrics

    def intervals(self, draws: Draws | None) -> dict[str, Interval] | None:
        """Compute the intervals when they are asked for."""
        if draws is None:
            return None
        return intervals_of(self, level=draws.level, seed=draws.seed, replicates=draws.replicates)


def _few_together(cases: Cases, draws: Draws | None) -> list[Finding]:
    """Warn when so few groups of rows belong together that drawing them again says little."""
    if draws is None or cases.together is None:
        return []
    n = int(np.unique(cases.together).size)
    if n >= MIN_GROUPS:
        return []
    return [Finding("few-groups", "warning", f"The rows belong together in {n:,} groups by {cases.together_by}; intervals that draw fewer than {MIN_GROUPS} groups again are too narrow.",
                    "Bring more groups, or name another column if these rows do not belong together.")]  # fmt: skip


def _left_out(grouped: Sequence[tuple[str, np.ndarray, list[Level]]]) -> list[Finding]:
    """Say which breakdowns do not show all of their column's values."""
    cut = [(column, found, int((code < 0).sum()), code.size) for column, code, found in grouped]
    return [Finding("by-cut", "note", f"Column {column!r} has more than {len(found):,} different values; the breakdown shows the most frequent ones, {rows_of(n, n_rows)} are in none of its groups.",
                    "Break down by a column with fewer values.") for column, found, n, n_rows in cut if n]  # fmt: skip
