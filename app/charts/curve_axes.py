"""The two axes a curve is drawn in: shares or multiples, spaced evenly, by decades or by normal deviates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from app import numbers
from metrics_core.curves import normal_deviate
from metrics_core.tally.outcomes import FloatArray


@dataclass(frozen=True)
class Axis:
    """One axis of a curve.

    Attributes
    ----------
    title : str
    name : str
        The same in hovers and labels.
    low, high : float
        Ends, in the values' own unit.
    ticks : tuple of float
        Empty for plotly's own choice.
    scale : {"linear", "log", "deviate"}
        How values are spaced: evenly, by decades, or by the quantiles of the normal distribution.
    times : bool
        Whether values are multiples; else they are shares, written in percent.
    """

    title: str
    name: str
    low: float = 0.0
    high: float = 1.0
    ticks: tuple[float, ...] = (0, 0.2, 0.4, 0.6, 0.8, 1)
    scale: Literal["linear", "log", "deviate"] = "linear"
    times: bool = False

    @property
    def open(self) -> bool:
        """Whether values may lie beyond the ends."""
        return self.scale != "linear"

    def place(self, values: Any) -> FloatArray:
        """Return where values are drawn; infinite where they have no place."""
        given = np.asarray(values, dtype=np.float64)
        if self.scale == "linear":
            return given
        with np.errstate(divide="ignore"):
            return np.log10(given) if self.scale == "log" else normal_deviate(given)

    def range(self) -> tuple[float, float]:
        """Return where the ends are drawn."""
        low, high = self.place([self.low, self.high])
        return float(low), float(high)

    def along(self, value: float) -> float:
        """Return how far along the axis a value lies: 0 at its low end, 1 at its high end."""
        low, high = self.range()
        return (float(self.place(value)) - low) / (high - low)

    def at(self, part: float) -> float:
        """Return what is drawn at a part of the axis."""
        low, high = self.range()
        return low + part * (high - low)

    def text(self, value: float) -> str:
        """Write a value."""
        return f"{value:.3g}×" if self.times else numbers.share(value)

    def settings(self) -> dict[str, Any]:
        """Return the axis as plotly takes it."""
        settings: dict[str, Any] = {"range": self.range()}
        if self.ticks:
            percent = [f"{100 * tick:.3g}%" for tick in self.ticks]
            return settings | {"tickvals": self.place(self.ticks).tolist(), "ticktext": percent}
        return settings | ({"ticksuffix": "×", "nticks": 7} if self.times else {"tickformat": ".0%"})


@dataclass(frozen=True)
class Plane:
    """The two numbers a curve is drawn in.

    Attributes
    ----------
    x, y : Axis
    shape : {"linear", "vh"}
        How neighbouring points are joined.
    falls : bool
        Whether curves fall from the top left, so that the free side is above them on the right.
    """

    x: Axis
    y: Axis
    shape: Literal["linear", "vh"] = "linear"
    falls: bool = False

    def shows(self, x: float, y: float) -> bool:
        """Tell whether a point lies inside the axes."""
        return all(-1e-9 <= axis.along(value) <= 1 + 1e-9 for axis, value in ((self.x, x), (self.y, y)))
