"""Predicted numbers in words: a model's overview, and one row."""

from __future__ import annotations

import math

import numpy as np

from app import numbers, state
from app.views.gate import Shown
from metrics_core.residual_shape import worst_share


def in_words(shown: Shown) -> str:
    """Write what the predictions are worth, in plain sentences (Markdown)."""
    m, cases = shown.of_model, shown.of_model.number_cases
    value = m.metrics.number
    target = numbers.plain(shown.predictions.roles.y_true)
    mae, base = value("mae"), m.baselines["median"].number("mae")
    said = [
        f"Over {numbers.rows(len(cases))} the predictions of **{target}** are off by **{numbers.plain(numbers.number(mae))}** on average; "
        f"half of them by less than {numbers.plain(numbers.number(value('median_absolute_error')))}."
    ]
    if base > 0:
        better = 1 - mae / base
        than = "less" if better >= 0 else "more"
        said.append(
            f"That is **{numbers.share(abs(better))} {than}** than always predicting the median ({numbers.plain(numbers.number(base))})."
        )
    r2 = value("r2")
    if not math.isnan(r2):
        said.append(f"They explain {numbers.share(r2)} of the variance." if r2 >= 0 else "They spread further from the truth than its own mean does (R² is below 0).")  # fmt: skip
    span = state.intervals(shown.predictions, shown.model.name).get("bias")
    bias = value("bias")
    where = "high" if bias > 0 else "low"
    known = span is not None and span.low is not None and span.high is not None
    if known and span is not None and (span.low or 0.0) <= 0 <= (span.high or 0.0):
        said.append("Neither too high nor too low on average, as far as these rows tell.")
    elif bias != 0:
        said.append(f"On average they are too {where} by {numbers.plain(numbers.number(abs(bias)))}.")
    share, n = worst_share(cases)
    if not math.isnan(share) and len(cases) >= 100:
        said.append(f"The worst 1% of the rows ({numbers.count(n)}) carry {numbers.share(share)} of the squared error.")  # fmt: skip
    for level in cases.levels:
        said.append(f"The {100 * level:g}% intervals hold {numbers.share(value(f'coverage@{level:g}'))} of the true values.")  # fmt: skip
    return " ".join(said)


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
