"""What a search can look for, and what it says when the rows have no such loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from ..cases import BinaryCases, Cases
from ..errors import DataError, did_you_mean
from ..forecast_cases import ForecastCases
from ..row_losses import RowLoss, losses_of, row_loss

#: Every loss there is and what its mean says.
LOSSES: Mapping[str, str] = MappingProxyType(
    {
        "error": "share of rows that were decided wrong",
        "fpr": "share of the negatives that were flagged",
        "fnr": "share of the positives that were missed",
        "log_loss": "mean log loss in nats",
        "amount": "share of the amount that was decided wrong",
        "abs_error": "mean distance of the prediction from the true number",
        "squared_error": "mean squared distance",
        "too_high": "by how much predictions lie above the true numbers, on average over all rows",
        "too_low": "by how much they lie below them",
        "pinball": "mean pinball loss of the predicted quantiles",
        "scaled_error": "mean distance of the forecast from the true number, over the scale of its series",
    }
)


_OF_NUMBERS = ("abs_error", "squared_error", "too_high", "too_low", "pinball")


def loss_of(cases: Cases, loss: str, threshold: float | None) -> RowLoss:
    """Say what goes wrong in each row.

    Parameters
    ----------
    cases : Cases
    loss : str
        One of ``LOSSES``.
    threshold : float, optional
        Decides binary cases; without one their own decision does.

    Raises
    ------
    DataError
        If the rows have no such loss: the sentence says what is missing.
    """
    if loss not in LOSSES:
        raise DataError(f"There is no loss {loss!r}. {did_you_mean(loss, list(LOSSES))}")
    if loss == "amount":
        return _amounts(cases, threshold)
    possible = losses_of(cases)
    if loss not in possible:
        raise DataError(_why_not(cases, loss, possible[0]))
    return row_loss(cases, loss, threshold)


def _why_not(cases: Cases, loss: str, usual: str) -> str:
    """Say what these rows lack for a loss."""
    if loss == "scaled_error":
        return _no_scale(cases, usual)
    if loss == "pinball" and usual == "abs_error":
        return "There are no predicted quantiles, so there is no loss 'pinball'. Name them with --quantile, or take 'abs_error'."
    if usual == "abs_error":
        return f"Predicted numbers have no loss {loss!r}. Take 'abs_error'."
    if loss in _OF_NUMBERS:
        return f"The loss {loss!r} is for numbers that were predicted, and these rows have classes. Take 'error'."
    if loss in ("fpr", "fnr"):
        return f"With more than two classes the loss {loss!r} belongs to one class against the rest: name the class with --pos-label and --task binary."
    if not isinstance(cases, BinaryCases):
        lacking = "There are no columns of class probabilities"
    else:
        lacking = "There is no score column" if cases.score is None else "The scores are no probabilities"
    return f"{lacking}, so there is no log loss. Take the loss 'error', or name probabilities."


def _no_scale(cases: Cases, usual: str) -> str:
    """Say what the loss of forecasts lacks."""
    if isinstance(cases, ForecastCases):
        return f"No series has a history that changes from one season to the next, so there is no scale for the loss 'scaled_error'. Bring the values before the forecasts with --train, or take {usual!r}."
    return f"The loss 'scaled_error' is for forecasts of series, and these rows are none. Take {usual!r}."


def _amounts(cases: Cases, threshold: float | None) -> RowLoss:
    """Count errors by what the rows are worth."""
    if not isinstance(cases, BinaryCases) or cases.amount is None:
        raise DataError("The loss 'amount' weighs errors by what the rows are worth. Name the column with --amount.")  # fmt: skip
    if cases.worth is None:
        raise DataError(f"{cases.without_amount.size:,} of {len(cases):,} rows have no amount, so the loss 'amount' is not known. Answer with --choose amount_missing=zero, or leave these rows out with --filter.")  # fmt: skip
    below = int(np.count_nonzero(cases.amount < 0))
    if below:
        raise DataError(f"The amount is negative in {below:,} of {len(cases):,} rows, and a negative weight means nothing. Leave these rows out with --filter.")  # fmt: skip
    errors = row_loss(cases, "error", threshold)
    worth = cases.worth[np.isin(cases.rows, errors.rows, assume_unique=True)]
    if not (worth > 0).any():
        raise DataError("The amount is 0 in every row, so errors have no worth.")
    found = replace(errors, weight=worth, frequency=False, label="Share of the amount decided wrong", failures="amount decided wrong")  # fmt: skip
    return found.at(worth > 0)
