"""How far a number may be from the truth: one interval for every metric, by the method its table row names.

``docs/intervals.md`` tells which method that is, why, and how often it holds what it promises.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from .auc_interval import auc_interval
from .bootstrap import Asked, never_seen, of_outcomes, of_scores
from .cases import BinaryCases, Cases, ClassCases
from .class_intervals import Draw, class_interval
from .metrics.probabilities import roc_auc
from .metrics.spec import MetricSpec, Tallies
from .number_cases import NumberCases
from .number_intervals import NumberDraw, number_interval
from .rate_interval import rate_cells, wilson
from .resampling import Sample, vector
from .tally import Outcomes, ScoreTally
from .values import Interval, Metrics, key_of, spec_of, tallied, value_of

__all__ = ["LEVEL", "REPLICATES", "SEED", "Interval", "Judged", "interval_of", "intervals_of"]

LEVEL, SEED, REPLICATES = 0.95, 0, 1000


class Judged(Protocol):
    """What intervals are computed of: a model's or a group's part of an evaluation."""

    @property
    def task(self) -> str:
        """Task of the metrics."""

    @property
    def cases(self) -> Cases | None:
        """The judged rows; None when there are only counts of them."""

    @property
    def tallies(self) -> Tallies:
        """What was counted of them, without leading axes."""

    @property
    def metrics(self) -> Metrics:
        """The values."""


def intervals_of(
    judged: Judged,
    *,
    keys: Collection[str] | None = None,
    level: float = LEVEL,
    seed: int = SEED,
    replicates: int = REPLICATES,
) -> dict[str, Interval]:
    """Compute the intervals of many metrics from one bootstrap and one draw of the four outcomes.

    Parameters
    ----------
    judged : ModelEvaluation, Group or another ``Judged``
    keys : collection of str, optional
        Which metrics, such as ``roc_auc`` or ``precision@100``; all that were computed by default.
    level, seed, replicates
        See ``interval_of``.

    Returns
    -------
    dict of Interval
        By key, in the order of the metrics.

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> frame = pd.DataFrame({"label": [1, 0] * 20, "p": [0.9, 0.2, 0.3, 0.1] * 10})
    >>> evaluation = mc.evaluate(mc.read(frame, y_true="label", y_score="p"))
    >>> found = intervals_of(evaluation.models[0], keys=["recall"])["recall"]
    >>> round(found.low, 4), round(found.high, 4), found.method
    (0.2993, 0.7007, 'wilson')
    """
    wanted = {key: spec_of(judged.task, key) for key in judged.metrics.values if keys is None or key in keys}
    cases = judged.cases
    if isinstance(cases, ClassCases):
        drawn = Draw(cases, judged.tallies, level, seed, replicates)
        return {key: class_interval(*wanted[key], judged.metrics, drawn) for key in wanted}
    if isinstance(cases, NumberCases):
        of_numbers = NumberDraw(cases, judged.tallies, level, seed, replicates)
        return {key: number_interval(*wanted[key], judged.metrics, of_numbers) for key in wanted}
    outcomes, tally = judged.tallies[Outcomes], judged.tallies.get(ScoreTally)
    assert cases is None or isinstance(cases, BinaryCases)
    assert isinstance(outcomes, Outcomes)
    assert tally is None or isinstance(tally, ScoreTally)
    sample = Sample(outcomes, tally, cases, level, seed, replicates)
    return _all(wanted, judged.metrics.values, judged.metrics.undefined, sample)


def interval_of(
    spec: MetricSpec,
    outcomes: Outcomes,
    tally: ScoreTally | None,
    effective_n: float | None = None,
    *,
    k: int | None = None,
    level: float = LEVEL,
    seed: int = SEED,
    replicates: int = REPLICATES,
) -> Interval:
    """Compute the interval of one metric from tallies alone; rows count as independent.

    Parameters
    ----------
    spec : MetricSpec
    outcomes : Outcomes
        Without leading axes.
    tally : ScoreTally, optional
        Without leading axes; needed by the metrics over all thresholds.
    effective_n : float, optional
        Rows the interval may count on, for weighted tallies that do not carry squared weights: every cell then
        counts as its share of so many rows.
    k : int, optional
        Number of rows of an ``@k`` metric.
    level : float
        Between 0 and 1.
    seed : int
        The same seed gives the same interval.
    replicates : int
        Number of draws.

    Returns
    -------
    Interval
    """
    key = key_of(spec, k)
    value, reason = value_of(spec, tallied(outcomes, tally), k)
    sample = Sample(*_counting_on(outcomes, tally, effective_n), None, level, seed, replicates)
    return _all({key: (spec, k)}, {key: value}, {key: reason}, sample)[key]


def _counting_on(
    o: Outcomes, tally: ScoreTally | None, effective_n: float | None
) -> tuple[Outcomes, ScoreTally | None]:
    """Give tallies without squared weights those of equal weights that make up the effective number of rows."""
    if effective_n is None or not effective_n > 0 or effective_n == float(o.total):
        return o, tally
    weight = float(o.total) / effective_n
    if o.squares is None:
        tp, fp, fn, tn = (np.asarray(cell * weight) for cell in (o.tp, o.fp, o.fn, o.tn))
        o = replace(o, squares=Outcomes(tp, fp, fn, tn))
    if tally is not None and tally.squares is None:
        tally = replace(tally, squares=ScoreTally(tally.score, tally.pos * weight, tally.neg * weight))
    return o, tally


def _all(
    wanted: Mapping[str, tuple[MetricSpec, int | None]],
    values: Mapping[str, float | None],
    undefined: Mapping[str, str],
    sample: Sample,
) -> dict[str, Interval]:
    """Compute the intervals of metrics whose values are known."""
    found: dict[str, Interval] = {}
    cases = sample.cases
    outcomes: dict[str, Asked] = {}
    scores: dict[int | None, dict[str, Asked]] = {}
    one_group = cases is not None and cases.together is not None and np.unique(cases.together).size < 2
    for key, (spec, k) in wanted.items():
        value = values[key]
        method = "group_bootstrap" if sample.grouped else spec.interval
        if value is None:
            found[key] = Interval(None, None, sample.level, method, undefined.get(key, spec.undefined_when))
        elif one_group:
            found[key] = Interval(None, None, sample.level, method, "all rows belong together")
        elif method == "wilson":
            found[key] = _wilson(spec, value, sample)
        elif method == "delong":
            found[key] = _delong(spec, value, sample)
        elif spec.interval not in ("wilson", "multinomial", "delong", "bootstrap"):
            found[key] = Interval(None, None, sample.level, "none", "no interval is defined for it")
        elif spec.of is Outcomes:
            outcomes[key] = Asked(spec, k, value, method)
        else:
            scores.setdefault(k, {})[key] = Asked(spec, k, value, method)
    if outcomes:
        found |= of_outcomes(outcomes, sample)
    for k, asked in scores.items():
        found |= of_scores(asked, sample, k=k)
    return {key: found[key] for key in wanted}


def _wilson(spec: MetricSpec, value: float, sample: Sample) -> Interval:
    """Interval of a rate on the effective number of the rows it is counted on."""
    part, whole = rate_cells(spec.fn)
    cells, squares = vector(sample.outcomes), vector(sample.outcomes.squares or sample.outcomes)
    weight = float(cells[whole].sum())
    n = weight * (weight / float(squares[whole].sum()))
    ends = [*map(float, wilson(n * float(cells[part].sum() / weight), n, sample.level)), value]
    if sample.outcomes.squares is not None:  # a kind of row that was never seen may weigh much
        ends += np.asarray(spec.fn(never_seen(sample))).tolist()
    return Interval(float(np.nanmin(ends)), float(np.nanmax(ends)), sample.level, "wilson")


def _delong(spec: MetricSpec, value: float, sample: Sample) -> Interval:
    """Interval of the AUC, stretched to the range of a metric that is the AUC on another scale."""
    assert sample.tally is not None  # the metric has a value
    ends = auc_interval(sample.tally, *sample.classes, sample.z)

    def on_scale(auc: float) -> float:
        return spec.low + (spec.high - spec.low) * auc

    if abs(on_scale(float(roc_auc(sample.tally))) - value) > 1e-9:
        raise ValueError(
            f"{spec.key} is not the ROC AUC on another scale, so DeLong's interval is not its own"
        )
    return Interval(on_scale(ends.low), on_scale(ends.high), sample.level, ends.method)
