"""The lift curve: how many times more positives the flagged rows hold than as many rows drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

import numpy as np
import plotly.graph_objects as go

from app.charts import layout
from app.charts.curve_axes import Axis, Plane
from app.charts.curve_traces import Drawn, baseline, decision_at, draw, lead
from app.palette import Palette
from metrics_core.curves import LiftCurve, lift_start
from metrics_core.metrics import counts
from metrics_core.tally import Outcomes


def of_model(model: str, order: int, curve: LiftCurve, outcomes: Outcomes, value: str = "") -> Drawn:
    """Take a curve, and where the decision lies on it."""
    lift = counts.ratio(counts.precision(outcomes), counts.prevalence(outcomes))
    at = decision_at(counts.ratio(outcomes.flagged, outcomes.total), lift)
    return Drawn(model, order, curve.flagged, curve.lift, curve.threshold, at, value, curve.lift_low,
                 curve.lift_high, curve.prevalence)  # fmt: skip


def lift_figure(
    curves: Sequence[Drawn], current: str, palette: Palette, *, decided: str, height: int = layout.TALL
) -> go.Figure:
    """Draw lift curves over the 1 of a random order.

    Parameters are those of ``curve_traces.draw``, which returns the figure; the curves are made by ``of_model``. With positives rarer than
    one in ten the shares are drawn by decades, see ``LiftCurve.start``; of curves that are alike the rarest positives decide.
    """
    shown = lead(curves, current)
    alike = curves if shown is None else [shown]
    prevalence = min(curve.prevalence for curve in alike)
    x = _shares(prevalence)
    heights = [(c.x, c.y) for c in curves] + [(c.x, c.high) for c in alike if c.high is not None]
    seen = [float(np.nanmax(height[at >= x.low], initial=1.0)) for at, height in heights]
    top = min(1.08 * max(seen), 1.08 / prevalence)
    plane = Plane(x, Axis("Lift (precision over prevalence)", "Lift", 0, top, (), times=True), falls=True)
    figure = draw(curves, current, plane, palette, decided=decided, height=height)
    left, right = x.range()
    return baseline(figure, (left, right), (1, 1), "random order", palette, x=x.at(0.01), y=1, xanchor="left",
                    yanchor="bottom")  # fmt: skip


def _shares(prevalence: float) -> Axis:
    """Choose the axis of the flagged shares."""
    title, name, start = "Share of rows flagged", "Rows flagged", lift_start(prevalence)
    if not start > 0:
        return Axis(title, name)
    ticks = [step * 10.0**decade for decade in range(round(log10(start)), 1) for step in (1, 2, 5)]
    return Axis(title + ", log scale", name, start, 1.0, tuple(t for t in ticks if t <= 1), "log")
