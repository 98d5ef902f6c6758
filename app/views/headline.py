"""The headline metrics of a model as cards, each beside what it has to beat."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from app import numbers, state
from app.components.metric_cards import Card
from app.views.class_baselines import class_baseline
from app.views.gate import Shown
from metrics_core.cases import ClassCases
from metrics_core.intervals import Interval
from metrics_core.metrics.registry import metrics_of
from metrics_core.metrics.spec import MetricSpec
from metrics_core.results import left_out
from metrics_core.tally import Outcomes, ScoreTally

#: Which primary metrics come first, and how many of these are shown; others a task calls primary follow them.
_ORDER = {
    "binary": ("roc_auc", "average_precision", "precision", "recall", "f1", "accuracy", "balanced_accuracy", "mcc"),
    "regression": ("mae", "rmse", "r2", "d2_absolute_error", "bias"),
    "forecasting": ("mase", "skill_naive", "smape", "mae", "rmse", "bias"),
    "multiclass": ("accuracy", "balanced_accuracy", "f1_macro", "mcc", "roc_auc_ovr_macro", "log_loss"),
}  # fmt: skip
_MOST = 6
_LONGEST_LABEL = 18


def headline(shown: Shown) -> list[Card]:
    """Build the cards of the model a page shows.

    Parameters
    ----------
    shown : Shown

    Returns
    -------
    list of Card
        Those over all thresholds first, or accuracy first of many classes; a metric that needs a score or
        probabilities is left out when there is none.
    """
    spans = state.intervals(shown.predictions, shown.model.name)
    return [_card(spec, shown, spans.get(spec.key)) for spec in chosen(shown)]


def chosen(shown: Shown) -> list[MetricSpec]:
    """Choose the headline metrics among those the registry calls primary."""
    computed, counted = shown.of_model.metrics.values, shown.of_model.tallies
    primary = {
        spec.key: spec
        for spec in _by_level(metrics_of(shown.predictions.roles.task), computed)
        if spec.primary and spec.key in computed and spec.of in counted
    }
    order = _ORDER.get(shown.predictions.roles.task, ())
    known = [primary.pop(key) for key in order if key in primary]
    return [*known[:_MOST], *primary.values()]


def _by_level(specs: Iterable[MetricSpec], computed: Iterable[str]) -> Iterator[MetricSpec]:
    """Give a metric of predicted intervals a row for each level."""
    for spec in specs:
        if not spec.takes_level:
            yield spec
            continue
        stem = spec.key.removesuffix("level")
        for key in computed:
            if key.startswith(stem):
                label = f"{spec.label.removesuffix('at level')}of {100 * float(key.removeprefix(stem)):g}%"
                yield replace(spec, key=key, label=label)


def _card(spec: MetricSpec, shown: Shown, span: Interval | None) -> Card:
    """Write one metric as a card."""
    metrics = shown.of_model.metrics
    value, reason = metrics.values[spec.key], _why(spec, shown)
    bounded = math.isfinite(spec.low) and math.isfinite(spec.high) and value is not None
    baseline, name = _baseline(spec, shown)

    def place(number: float | None) -> float | None:
        if number is None or not bounded or math.isnan(number):
            return None
        return min(1.0, max(0.0, (number - spec.low) / (spec.high - spec.low)))

    low, high = (None, None) if span is None else (span.low, span.high)
    return Card(
        key=spec.key,
        label=spec.label,
        value=numbers.by_unit(value, spec.unit),
        detail=_counted_on(spec, shown),
        about=spec.about,
        reason=reason,
        position=place(value),
        low=place(low),
        high=place(high),
        baseline=place(baseline),
        baseline_label=f"{name} {numbers.by_unit(baseline, spec.unit)}" if name else "",
        interval="" if low is None or high is None else f"95% CI {numbers.interval(low, high, spec.unit)}",
        ends=(_end(spec.low, spec.unit), _end(spec.high, spec.unit)) if bounded else ("", ""),
    )


def _end(value: float, unit: str) -> str:
    """Write an end of an axis: ``0%``, ``1``."""
    text = f"{100 * value:g}%" if unit == "share" else f"{value:g}"
    return text.replace("-", "−")


# ------------------------------------------------------------------------------------------- what it is counted on


_FRACTIONS: dict[str, Callable[[Outcomes], tuple[Any, Any]]] = {
    "accuracy": lambda o: (o.tp + o.tn, o.total),
    "precision": lambda o: (o.tp, o.flagged),
    "recall": lambda o: (o.tp, o.positives),
}


def _why(spec: MetricSpec, shown: Shown) -> str:
    """Say why a metric has no value; nothing when it has one."""
    reason, cases = shown.of_model.metrics.undefined.get(spec.key, ""), shown.of_model.cases
    if reason == "infinite" and spec.key == "log_loss" and isinstance(cases, ClassCases):
        n = int((cases.of_truth() == 0).sum())
        return f"infinite: the true class has probability 0 in {numbers.rows(n)}"
    return reason


def _counted_on(spec: MetricSpec, shown: Shown) -> str:
    """Say what a metric is counted on: ``42 of 50``, the classes or the series whose mean it is, or the rows."""
    if spec.mean_of:
        k, without = len(shown.of_model.classes), len(left_out(shown.of_model).get(spec.key, ()))
        return f"mean of {k - without} of {k} classes" if without else f"mean of {k} classes"
    if spec.per_series is not None:
        k = int((shown.of_model.series.weight > 0).sum())
        without = len(left_out(shown.of_model).get(spec.key, ()))
        return f"mean of {k - without} of {k} series" if without else f"mean of {numbers.count(k)} series"
    if shown.many and spec.key == "accuracy":
        tally = shown.of_model.confusion
        return f"{numbers.count(float(tally.correct.sum()))} of {numbers.count(float(tally.total))}"
    if not shown.many and spec.key in _FRACTIONS:
        part, whole = _FRACTIONS[spec.key](shown.of_model.outcomes)
        return f"{numbers.count(float(part))} of {numbers.count(float(whole))}"
    return f"of {numbers.rows(len(shown.of_model.cases))}"


# ------------------------------------------------------------------------------------------- what it has to beat


def _baseline(spec: MetricSpec, shown: Shown) -> tuple[float | None, str]:
    """Return what a decision that knows nothing of the row would get, and what to call it."""
    if shown.many:
        found, what = class_baseline(shown, spec.key)
        return (None, "") if math.isnan(found) else (found, what)
    if shown.predictions.roles.of_numbers:
        return _constant(spec, shown)
    o = shown.of_model.outcomes
    always = shown.predictions.labels[int(o.positives > o.negatives)]
    ignorant: dict[str, tuple[Outcomes | ScoreTally, str]] = {
        "roc_auc": (_one_score(o), "chance"),
        "average_precision": (_one_score(o), "prevalence"),
        "precision": (_at_random(o), "prevalence"),
        "recall": (_at_random(o), "at random"),
        "f1": (_flag(o, 1.0), "flag every row"),
        "accuracy": (_flag(o, float(o.positives > o.negatives)), f"always '{_short(always)}'"),
        "balanced_accuracy": (_at_random(o), "chance"),
        "mcc": (_at_random(o), "chance"),
    }
    if spec.key not in ignorant:
        return None, ""
    tally, name = ignorant[spec.key]
    value = (
        round(float(spec.fn(tally)), 12) + 0.0
    )  # shares of rows leave dust such as -2e-17 where chance is 0
    return (None, "") if math.isnan(value) else (value, name)


def _constant(spec: MetricSpec, shown: Shown) -> tuple[float | None, str]:
    """Return what always the mean, the median or the last known value would get, or the level that an interval promises."""
    if "@" in spec.key:
        return float(spec.key.partition("@")[2]), "promised"
    if shown.of_model.task == "forecasting":
        naive = shown.of_model.baselines.get("naive")
        value = None if naive is None else naive.values.get(spec.key)
        return (None, "") if value is None else (value, "naive")
    kind = {"mae": "median", "d2_absolute_error": "median", "rmse": "mean", "r2": "mean"}.get(spec.key)
    value = None if kind is None else shown.of_model.baselines[kind].values[spec.key]
    return (None, "") if value is None else (value, f"always the {kind}")


def _flag(o: Outcomes, share: float) -> Outcomes:
    """Flag a share of the rows without looking at them: what is expected."""
    return Outcomes(
        o.positives * share, o.negatives * share, o.positives * (1 - share), o.negatives * (1 - share)
    )


def _at_random(o: Outcomes) -> Outcomes:
    """Flag as many rows as the model does, any of them."""
    return _flag(o, float(o.flagged / o.total))


def _one_score(o: Outcomes) -> ScoreTally:
    """Give every row the same score."""
    return ScoreTally(np.zeros(1), o.positives.reshape(1), o.negatives.reshape(1))


def _short(label: str) -> str:
    """Cut a long class name."""
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"
