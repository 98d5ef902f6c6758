"""What goes wrong in each row as one number, whatever the task: what trees, pairs of columns and rankings are built on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from .cases import BinaryCases, BoolArray, Cases, ClassCases, IntArray
from .errors import DataError, did_you_mean
from .forecast_cases import ForecastCases
from .number_cases import NumberCases
from .reduce.numbers import terms
from .tally.outcomes import FloatArray

LossKind = Literal["error", "fnr", "fpr", "log_loss", "abs_error", "squared_error", "too_high", "too_low", "pinball", "scaled_error"]  # fmt: skip
#: What can be lost in a row.
LOSSES: tuple[LossKind, ...] = get_args(LossKind)
_LABELS = {
    "error": "Error rate",
    "fnr": "False negative rate",
    "fpr": "False positive rate",
    "log_loss": "Log loss",
    "abs_error": "Mean absolute error",
    "squared_error": "Mean squared error",
    "too_high": "Mean overshoot",
    "too_low": "Mean undershoot",
    "pinball": "Mean pinball loss",
    "scaled_error": "Mean scaled error",
}
_FAILURES = {"error": "errors", "fnr": "false negatives", "fpr": "false positives", "log_loss": "log loss", "abs_error": "absolute error",
             "squared_error": "squared error", "too_high": "overshoot", "too_low": "undershoot", "pinball": "pinball loss", "scaled_error": "scaled error"}  # fmt: skip
#: A probability of 0 for what happened counts as this much: one such row must not be infinitely wrong.
_LEAST = 1e-15


@dataclass(frozen=True, eq=False, kw_only=True)
class RowLoss:
    """The loss of every row on which it is counted.

    Attributes
    ----------
    loss : (n,) float64
        0 or 1 for a rate, else any finite number; larger is worse.
    rows : (n,) int64
        Positions of the rows in the source, ascending.
    weight : (n,) float64, optional
    frequency : bool
        Whether a weight says how many rows a row stands for; else it is a sampling weight.
    together : (n,) int64, optional
        Rows of the same number belong together.
    is_rate : bool
        Whether the loss is 0 or 1.
    label, failures : str
        What the mean of the loss is called, and what it counts.
    left_out : int
        Rows that count but have no such loss: those of series without a scale.
    """

    loss: FloatArray
    rows: IntArray
    weight: FloatArray | None = None
    frequency: bool = False
    together: IntArray | None = None
    is_rate: bool = True
    label: str = "Error rate"
    failures: str = "errors"
    left_out: int = 0

    def __len__(self) -> int:
        return int(self.loss.size)

    @property
    def mean(self) -> float:
        """Weighted mean of the loss; NaN without rows."""
        weight = self.weights
        return float((weight * self.loss).sum() / weight.sum()) if weight.sum() > 0 else float("nan")

    @property
    def weights(self) -> FloatArray:
        """The weight of each row, 1 where there are none, ``(n,)``."""
        return np.ones(len(self)) if self.weight is None else self.weight

    @property
    def unit(self) -> str:
        """How the mean is written: ``share`` or ``number``."""
        return "share" if self.is_rate else "number"

    def at(self, chosen: BoolArray | IntArray) -> RowLoss:
        """Keep some of the rows, by mask or position."""
        return replace(
            self,
            loss=self.loss[chosen],
            rows=self.rows[chosen],
            weight=None if self.weight is None else self.weight[chosen],
            together=None if self.together is None else self.together[chosen],
        )


def losses_of(cases: Cases) -> tuple[LossKind, ...]:
    """Return the losses these cases have, the usual one first."""
    if isinstance(cases, NumberCases):
        own: tuple[LossKind, ...] = ("abs_error", "squared_error", "too_high", "too_low")
        quantiles: tuple[LossKind, ...] = () if cases.quantiles is None else ("pinball",)
        has_scale = isinstance(cases, ForecastCases) and not np.isnan(cases.scaled).all()
        return (*own, *quantiles, "scaled_error") if has_scale else (*own, *quantiles)
    if isinstance(cases, BinaryCases):
        known = cases.score is not None and cases.probability
        return ("error", "fnr", "fpr", "log_loss") if known else ("error", "fnr", "fpr")
    known = isinstance(cases, ClassCases) and cases.probabilities is not None
    return ("error", "log_loss") if known else ("error",)


def row_loss(cases: Cases, kind: LossKind = "error", threshold: float | None = None) -> RowLoss:
    """Say what goes wrong in each row.

    Parameters
    ----------
    cases : BinaryCases, ClassCases or NumberCases
    kind : {"error", "fnr", "fpr", "log_loss", "abs_error", "squared_error", "too_high", "too_low", "pinball", "scaled_error"}
        ``fnr`` is counted on the positive rows only, ``fpr`` on the negative ones. The log loss of a row is in nats, at
        most 34.5, the absolute error in the unit of the target. ``too_high`` is by how much a prediction lies above the
        truth, 0 below it; ``too_low`` the other way round. ``scaled_error`` is the absolute error over the scale of its series,
        counted on the forecasts whose series has one.
    threshold : float, optional
        Decides binary cases; without one their own decision does.

    Returns
    -------
    RowLoss
        Without the rows whose weight is 0.

    Raises
    ------
    DataError
        If these cases have no such loss, or no row is left to count it on.

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> frame = pd.DataFrame({"y": [1, 0, 1, 0], "p": [0.9, 0.6, 0.4, 0.1]})
    >>> found = row_loss(mc.read(frame, y_true="y", y_score="p").judged(), "fnr", 0.5)
    >>> found.loss.tolist(), found.rows.tolist()
    ([0.0, 1.0], [0, 2])
    """
    possible = losses_of(cases)
    if kind not in possible:
        raise DataError(f"These rows have no loss {kind!r}. {did_you_mean(kind, possible)}")
    counted, left_out = np.ones(len(cases), dtype=bool) if cases.weight is None else cases.weight > 0, 0
    if isinstance(cases, BinaryCases):
        if kind in ("fnr", "fpr"):
            counted &= cases.positive if kind == "fnr" else ~cases.positive
        loss = _log_loss(cases.loss("log_loss")) if kind == "log_loss" else cases.loss("error", threshold)
    elif isinstance(cases, ForecastCases) and kind == "scaled_error":
        loss, left_out = cases.scaled, without_scale(cases)
        counted &= ~np.isnan(loss)
    elif isinstance(cases, NumberCases):
        loss = _of_numbers(cases, kind)
    else:
        assert isinstance(cases, ClassCases)  # there are these three
        with np.errstate(divide="ignore"):
            loss = _log_loss(-np.log(cases.of_truth())) if kind == "log_loss" else cases.wrong.astype(float)
    if not counted.any():
        which = {"fnr": "positive ", "fpr": "negative "}.get(kind, "")
        raise DataError(f"{_LABELS[kind]}: there is no {which}row to count it on.")
    whole = RowLoss(
        loss=loss, rows=cases.rows, weight=cases.weight, frequency=cases.frequency, together=cases.together,
        is_rate=kind in ("error", "fnr", "fpr"), label=_LABELS[kind], failures=_FAILURES[kind], left_out=left_out,
    )  # fmt: skip
    return whole if counted.all() else whole.at(counted)


def _of_numbers(cases: NumberCases, kind: LossKind) -> FloatArray:
    """Say how far each prediction is off."""
    if kind == "pinball":
        return terms(cases, ("pinball",))["pinball"]
    if kind in ("too_high", "too_low"):
        return np.maximum(cases.residual if kind == "too_high" else -cases.residual, 0.0)
    return cases.loss("squared_error" if kind == "squared_error" else "abs_error")


def without_scale(cases: Cases) -> int:
    """Count the forecasts that weigh something and whose series has no scale to divide their errors by."""
    if not isinstance(cases, ForecastCases):
        return 0
    none = np.isnan(cases.scaled)
    return int(np.count_nonzero(none if cases.weight is None else none & (cases.weight > 0)))


def _log_loss(loss: FloatArray) -> FloatArray:
    """Bound a log loss, as ``log_loss_clipped`` does."""
    return np.asarray(np.minimum(loss, -np.log(_LEAST)))
