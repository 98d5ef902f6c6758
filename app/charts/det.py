"""The DET curve: both kinds of error against each other, spaced so that good models are told apart.

On axes of normal deviates two normal distributions of scores give a straight line (Martin et al. 1997).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from app.charts import layout
from app.charts.curve_axes import Axis, Plane
from app.charts.curve_traces import Drawn, baseline, decision_at, draw
from app.palette import Palette
from metrics_core.curves import DET_RATES, DetCurve
from metrics_core.metrics import counts
from metrics_core.tally import Outcomes

_TICKS = (1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)


def of_model(model: str, order: int, curve: DetCurve, outcomes: Outcomes, value: str = "") -> Drawn:
    """Take a curve, and where the decision lies on it."""
    at = decision_at(counts.fpr(outcomes), counts.fnr(outcomes))
    return Drawn(
        model, order, curve.fpr, curve.fnr, curve.threshold, at, value, curve.fnr_low, curve.fnr_high
    )


def det_figure(
    curves: Sequence[Drawn], current: str, palette: Palette, *, decided: str, height: int = layout.TALL
) -> go.Figure:
    """Draw DET curves over the line of chance.

    Parameters are those of ``curve_traces.draw``, which returns the figure; the curves are made by ``of_model``. A rate of 0 or 1 has no
    place on these axes.
    """
    x, y = (_rates(title, [getattr(curve, side) for curve in curves]) for title, side in
            (("False positive rate", "x"), ("False negative rate", "y")))  # fmt: skip
    figure = draw(curves, current, Plane(x, y, falls=True), palette, decided=decided, height=height)
    ends = max(x.low, 1 - y.high), min(x.high, 1 - y.low)
    at = [
        float(axis.place(rate))
        for axis, rate in ((x, ends[0]), (x, ends[1]), (y, 1 - ends[0]), (y, 1 - ends[1]))
    ]
    if not any(((c.x > 0) & (c.x < 1) & (c.y > 0) & (c.y < 1)).any() for c in curves):
        look = {
            "showarrow": False,
            "xref": "paper",
            "yref": "paper",
            "font": {"size": 13, "color": palette.quiet},
        }
        figure.add_annotation(text="At no threshold are both rates above 0: there is nothing to trade.", x=0.5, y=0.4, **look)  # fmt: skip
    place = {"x": 0.0, "y": 0.0, "xanchor": "left", "yanchor": "bottom"}  # both rates one half
    return baseline(figure, at[:2], at[2:], "chance", palette, **place)


def _rates(title: str, found: list[np.ndarray]) -> Axis:
    """Choose an axis that starts at the last tick below every rate that is not 0."""
    least = min((float(rates[rates > 0].min()) for rates in found if (rates > 0).any()), default=DET_RATES[0])
    low = max((tick for tick in _TICKS if tick <= min(least, 0.05)), default=DET_RATES[0])
    return Axis(title, title, low, DET_RATES[1], tuple(t for t in _TICKS if t >= low), "deviate")
