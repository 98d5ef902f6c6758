"""The calibration of one model as cards, each error beside what chance alone would give."""

from __future__ import annotations

import math

from app import numbers, state
from app.components.metric_cards import Card
from app.views.calibration_models import Binning, Judged, bins_of, brier_of, direction
from app.views.class_baselines import class_baseline
from app.views.gate import Shown
from metrics_core.calibration import Chance, Reliability
from metrics_core.intervals import Interval
from metrics_core.metrics.registry import REGISTRY
from metrics_core.metrics.spec import MetricSpec

_METRICS = {
    "binary": ("ece", "smooth_ece", "brier", "brier_skill"),
    "multiclass": ("ece", "classwise_ece", "brier"),
}
_LABELS = {"ece": "Calibration error (ECE)", "smooth_ece": "Smooth ECE", "classwise_ece": "Classwise ECE"}  # fmt: skip
_GAP = {
    "binary": "Mean score minus share of positives, in percentage points. Over-confident: the scores promise more positives than there are; under-confident: fewer; neither while the interval holds 0. Too timid: low scores are too high and high ones too low; too bold: the other way round.",
    "multiclass": "Mean probability of the predicted class minus share of right decisions, in percentage points. Over-confident: the model is right less often than it thinks; under-confident: more often; neither while the interval holds 0.",
}  # fmt: skip


def calibration_cards(shown: Shown, one: Judged) -> list[Card]:
    """Build the cards of a model with probabilities.

    Parameters
    ----------
    shown : Shown
    one : Judged
        The current model.

    Returns
    -------
    list of Card
    """
    spans = state.intervals(shown.predictions, one.name)
    bins, chance = bins_of(shown, one, Binning())
    task = shown.of_model.task
    cards = [_large(bins, task)]
    for key in _METRICS[task]:
        cards.append(_metric(REGISTRY[task, key], shown, one, spans.get(key), chance))
    return cards


def fine(value: float | None) -> str:
    """Write an error: three digits, however small; the calibration of rare positives lies far behind the point.

    Examples
    --------
    >>> fine(0.00205), fine(0.0000731), fine(0.009996), fine(0.1464), fine(None)
    ('0.00205', '0.0000731', '0.0100', '0.146', 'n/a')
    """
    if value is None or math.isnan(value):
        return numbers.NOT_AVAILABLE
    if value == 0:
        return "0"
    if abs(value) >= 0.1:
        return numbers.number(value)
    short = float(f"{value:.3g}")  # 0.009996 is 0.0100
    return f"{short:.{min(9, 2 - math.floor(math.log10(abs(short))))}f}"


def points(*values: float) -> list[str]:
    """Write differences of two shares in percentage points: of several with the digits that their spread deserves.

    Examples
    --------
    >>> points(-0.00168), points(-0.0023, 0.00099)
    (['−0.17'], ['−0.23', '+0.10'])
    """
    known = [100 * value for value in values if not math.isnan(value)]
    decimals = _decimals(max(known) - min(known) if len(known) > 1 else sum(known))
    return [
        numbers.NOT_AVAILABLE if math.isnan(value) else f"{100 * value:+.{decimals}f}".replace("-", "−")
        for value in values
    ]


def apart(one: float, other: float) -> tuple[str, str]:
    """Write two shares in percent with so many decimals that their difference can be seen.

    Examples
    --------
    >>> apart(0.01371, 0.01539), apart(0.2, 0.2)
    (('1.37%', '1.54%'), ('20.0%', '20.0%'))
    """
    decimals = min(4, _decimals(100 * (one - other)))
    return f"{100 * one:.{decimals}f}%", f"{100 * other:.{decimals}f}%"


def _decimals(value: float) -> int:
    """Return how many decimals show two digits, one at least."""
    return 1 if value == 0 or abs(value) >= 1 else min(6, 1 - math.floor(math.log10(abs(value))))


def _large(bins: Reliability, task: str) -> Card:
    """Write mean score against share of positives as a card."""
    known = not math.isnan(bins.gap_low)
    widest = _round_up(max(abs(bins.gap), abs(bins.gap_low), abs(bins.gap_high)) if known else abs(bins.gap))

    def place(value: float) -> float:
        return min(1.0, max(0.0, 0.5 + value / (2 * widest)))

    mean, rate = apart(bins.mean, bins.prevalence)
    names = ("mean score", "share of positives") if task == "binary" else ("mean probability", "accuracy")
    words = direction(bins) or "no clear direction"
    low, value, high = points(bins.gap_low, bins.gap, bins.gap_high)
    (end,) = points(widest)
    return Card(
        key="gap",
        label="Score against share" if task == "binary" else "Confidence against accuracy",
        value=f"{value} pp",
        detail=words if known else "",
        about=_GAP[task],
        position=place(bins.gap),
        low=place(bins.gap_low) if known else None,
        high=place(bins.gap_high) if known else None,
        baseline=0.5,
        baseline_label=f"{names[0]} {mean}, {names[1]} {rate}",
        interval=f"95% CI {low} to {high}\u00a0pp" if known else "",
        ends=(end.replace("+", "−"), end),
    )


def _metric(spec: MetricSpec, shown: Shown, one: Judged, span: Interval | None, chance: Chance) -> Card:
    """Write a metric as a card."""
    metrics = shown.of_model.metrics
    value, reason = metrics.values.get(spec.key), metrics.undefined.get(spec.key, "")
    baseline, words, detail = _beside(spec, shown, one, chance)
    low, high = (None, None) if span is None else (span.low, span.high)
    known = [v for v in (value, low, high, baseline) if v is not None and not math.isnan(v)]
    if spec.better == "higher":
        first, last = min(0.0, *(_round_down(v) for v in known)) if known else 0.0, spec.high
    else:
        first, last = 0.0, _round_up(max(known, default=1.0))

    def place(number: float | None) -> float | None:
        return None if number is None or math.isnan(number) or value is None else min(1.0, max(0.0, (number - first) / (last - first)))  # fmt: skip

    return Card(
        key=spec.key,
        label=_LABELS.get(spec.key, spec.label),
        value=numbers.share(value) if spec.key == "brier_skill" else fine(value),
        detail=detail,
        about=spec.about,
        reason=reason,
        position=place(value),
        low=place(low),
        high=place(high),
        baseline=place(baseline),
        baseline_label=words,
        interval="" if low is None or high is None else f"95% CI {_span(spec, low, high)}",
        ends=(_end(first, spec), _end(last, spec)),
    )


def _beside(spec: MetricSpec, shown: Shown, one: Judged, chance: Chance) -> tuple[float | None, str, str]:
    """Return what a metric is compared with, what to call that, and what it means for the value."""
    if spec.key == "ece":
        verdict = "more than chance" if chance.value > chance.high else "no more than chance"
        return chance.mean, f"perfectly calibrated you would see {fine(chance.mean)}, up to {fine(chance.high)}", verdict  # fmt: skip
    if spec.key == "brier" and spec.task == "multiclass":
        value, name = class_baseline(shown, spec.key)
        return value, f"{name} {fine(value)}", ""
    if spec.key in ("brier", "brier_skill"):
        parts, _ = brier_of(shown, one)
        always = f"always saying {numbers.share(shown.of_model.metrics.number('prevalence'))}"
        return (parts.unc, f"{always}: {fine(parts.unc)}", "") if spec.key == "brier" else (0.0, f"{always}: 0%", "")  # fmt: skip
    return None, "", ""


def _span(spec: MetricSpec, low: float, high: float) -> str:
    """Write an interval in the unit of its card."""
    if spec.key == "brier_skill":
        return numbers.interval(low, high, "share")
    return f"{fine(low)}\u2060–\u2060{fine(high)}"  # kept on one line


def _end(value: float, spec: MetricSpec) -> str:
    """Write an end of a bar."""
    return (f"{100 * value:g}%" if spec.key == "brier_skill" else f"{value:g}").replace("-", "−")


def _round_up(value: float) -> float:
    """Return the next of 1, 2 and 5 times a power of ten, 1 at most."""
    if not value > 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return float(f"{min(1.0, next(m * unit for m in (1, 2, 5, 10) if m * unit >= value * (1 - 1e-12))):.6g}")


def _round_down(value: float) -> float:
    """Return a number at or below it that is short to write."""
    return math.floor(10 * value) / 10
