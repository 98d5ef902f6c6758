"""Predicted numbers in words: a model's overview, and one row."""

from __future__ import annotations

import math

import numpy as np

from app import numbers, state
from app.views.gate import Shown
from metrics_core.forecast_cases import ForecastCases
from metrics_core.residual_shape import worst_share


def in_words(shown: Shown) -> str:
    """Write what the predictions are worth, in plain sentences (Markdown)."""
    cases = shown.of_model.number_cases
    first = _against_naive(shown, cases) if isinstance(cases, ForecastCases) else _against_the_median(shown)
    return " ".join([*first, *_direction(shown), *_around(shown)])


def _off_by(shown: Shown, what: str) -> str:
    """Say how far the predictions are off."""
    m = shown.of_model
    return (
        f"Over {numbers.rows(len(m.number_cases))} the {what} of **{numbers.plain(shown.predictions.roles.y_true)}** are off by "
        f"**{numbers.plain(numbers.number(m.metrics.number('mae')))}** on average; half of them by less than "
        f"{numbers.plain(numbers.number(m.metrics.number('median_absolute_error')))}."
    )


def _against_naive(shown: Shown, cases: ForecastCases) -> list[str]:
    """Say what forecasts are worth beside repeating what was known."""
    value, timeline = shown.of_model.metrics.number, cases.timeline
    said = [_off_by(shown, "forecasts")]
    n, season = int(np.unique(cases.series).size), timeline.season
    names = {"skill_naive": "repeating the last known value", "skill_seasonal": f"repeating the value {season} {timeline.step.name if timeline.step else 'step'}s before"}  # fmt: skip
    for key, what in names.items():
        better = value(key)
        if not math.isnan(better) and not (key == "skill_seasonal" and season == 1):
            than = "less" if better >= 0 else "more"
            said.append(f"That is **{numbers.share(abs(better))} {than}** than {what}.")
    mase = value("mase")
    if not math.isnan(mase):
        of = f"over {numbers.count(n)} series" if n > 1 else "of its one series"
        said.append(f"The mean absolute scaled error {of} is **{numbers.plain(numbers.number(mase))}**.")
    else:
        said.append(f"No series has a scale: {shown.of_model.metrics.undefined.get('mase', '')}.")
    return said


def _against_the_median(shown: Shown) -> list[str]:
    """Say what predictions are worth beside a constant."""
    m = shown.of_model
    value = m.metrics.number
    mae, base = value("mae"), m.baselines["median"].number("mae")
    said = [_off_by(shown, "predictions")]
    if base > 0:
        better = 1 - mae / base
        than = "less" if better >= 0 else "more"
        said.append(
            f"That is **{numbers.share(abs(better))} {than}** than always predicting the median ({numbers.plain(numbers.number(base))})."
        )
    r2 = value("r2")
    if not math.isnan(r2):
        said.append(f"They explain {numbers.share(r2)} of the variance." if r2 >= 0 else "They spread further from the truth than its own mean does (R² is below 0).")  # fmt: skip
    return said


def _direction(shown: Shown) -> list[str]:
    """Say whether they are too high or too low, as far as the rows tell."""
    value, said = shown.of_model.metrics.number, []
    span = state.intervals(shown.predictions, shown.model.name).get("bias")
    bias = value("bias")
    where = "high" if bias > 0 else "low"
    known = span is not None and span.low is not None and span.high is not None
    if known and span is not None and (span.low or 0.0) <= 0 <= (span.high or 0.0):
        said.append("Neither too high nor too low on average, as far as these rows tell.")
    elif bias != 0:
        said.append(f"On average they are too {where} by {numbers.plain(numbers.number(abs(bias)))}.")
    return said


def _around(shown: Shown) -> list[str]:
    """Say what the worst rows carry, and what predicted intervals hold."""
    cases, value, said = shown.of_model.number_cases, shown.of_model.metrics.number, []
    share, n = worst_share(cases)
    if not math.isnan(share) and len(cases) >= 100:
        said.append(f"The worst 1% of the rows ({numbers.count(n)}) carry {numbers.share(share)} of the squared error.")  # fmt: skip
    for level in cases.levels:
        said.append(f"The {100 * level:g}% intervals hold {numbers.share(value(f'coverage@{level:g}'))} of the true values.")  # fmt: skip
    return said


def verdict_of_number(shown: Shown, case: int) -> str:
    """Say on which side of the truth a prediction lies."""
    error = float(shown.of_model.number_cases.residual[case])
    if error == 0:
        return ":material/check: Exact"
    return ":material/arrow_upward: Too high" if error > 0 else ":material/arrow_downward: Too low"


def why_of_number(shown: Shown, case: int) -> str:
    """Say in one sentence what was predicted, what is true, and how far apart the two are.

    Parameters
    ----------
    shown : Shown
    case : int
        Index into the cases.
    """
    cases = shown.of_model.number_cases
    truth, predicted, error = (numbers.plain(numbers.number(float(x[case]))) for x in (cases.truth, cases.predicted, np.abs(cases.residual)))  # fmt: skip
    worse = float((np.abs(cases.residual) > abs(float(cases.residual[case]))).mean())
    side = "too high" if cases.residual[case] > 0 else "too low"
    said = [f"Predicted **{predicted}**, true is **{truth}**"]
    rank = "the largest error of these rows" if worse == 0 else f"a larger error than {numbers.share(1 - worse)} of these rows have"  # fmt: skip
    said.append(f": {error} {side}, {rank}." if cases.residual[case] else ": exact.")
    if cases.lower is not None and cases.upper is not None:
        for level, low, high in zip(cases.levels, cases.lower[case], cases.upper[case], strict=True):
            inside = "inside" if low <= cases.truth[case] <= high else "**outside**"
            said.append(f" The truth lies {inside} the {100 * level:g}% interval, {numbers.plain(numbers.number(float(low)))} to {numbers.plain(numbers.number(float(high)))}.")  # fmt: skip
    return "".join(said)
