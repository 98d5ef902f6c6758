"""Judged rows of predicted numbers: the truth, the prediction, and what was predicted around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np

from .cases import Cases
from .tally.outcomes import FloatArray

NumberLoss = Literal["abs_error", "squared_error"]


@dataclass(frozen=True, eq=False, kw_only=True)
class NumberCases(Cases):
    """Rows whose truth and prediction are numbers.

    Attributes
    ----------
    truth, predicted : (n,) float64
        In the unit of the target.
    lower, upper : (n, L) float64, optional
        Ends of the predicted intervals.
    levels : tuple of L float
        Share of the truths that each interval should hold, ascending.
    quantiles : (n, Q) float64, optional
    shares : tuple of Q float
        Share of the truths that should lie below each quantile, ascending.
    deviation : (n,) float64, optional
        Predicted standard deviation, above 0.
    """

    _A_ROW: ClassVar[tuple[str, ...]] = (*Cases._A_ROW, "truth", "predicted", "lower", "upper", "quantiles", "deviation")  # fmt: skip

    truth: FloatArray
    predicted: FloatArray
    lower: FloatArray | None = None
    upper: FloatArray | None = None
    levels: tuple[float, ...] = ()
    quantiles: FloatArray | None = None
    shares: tuple[float, ...] = ()
    deviation: FloatArray | None = None

    @cached_property
    def residual(self) -> FloatArray:
        """Prediction minus truth, ``(n,)``: above 0 the prediction was too high."""
        return np.asarray(self.predicted - self.truth)

    def loss(self, kind: NumberLoss = "abs_error") -> FloatArray:
        """Say how wrong each row is: the size of its error, or its square, ``(n,)``."""
        if kind == "squared_error":
            with np.errstate(over="ignore"):
                return np.asarray(self.residual**2)
        if kind != "abs_error":
            raise ValueError(f"predicted numbers have no loss {kind!r}, only abs_error and squared_error")
        return np.abs(self.residual)
