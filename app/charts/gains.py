"""The gains curve: how many of the positives are found among the rows that are looked at first."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from app.charts import layout
from app.charts.curve_axes import Axis, Plane
from app.charts.curve_traces import Drawn, baseline, decision_at, draw, lead
from app.palette import Palette
from metrics_core.curves import GainsCurve
from metrics_core.metrics import counts
from metrics_core.tally import Outcomes

_PLANE = Plane(
    Axis("Share of rows flagged", "Rows flagged"), Axis("Share of positives found", "Positives found")
)


def of_model(model: str, order: int, curve: GainsCurve, outcomes: Outcomes, value: str = "") -> Drawn:
    """Take a curve, and where the decision lies on it."""
    at = decision_at(counts.ratio(outcomes.flagged, outcomes.total), counts.recall(outcomes))
    return Drawn(model, order, curve.flagged, curve.found, curve.threshold, at, value, curve.found_low,
                 curve.found_high, curve.prevalence)  # fmt: skip


def gains_figure(
    curves: Sequence[Drawn], current: str, palette: Palette, *, decided: str, height: int = layout.TALL
) -> go.Figure:
    """Draw gains curves between a random order and the perfect one of the current or only curve.

    Parameters are those of ``curve_traces.draw``, which returns the figure; the curves are made by ``of_model``.
    """
    figure = draw(curves, current, _PLANE, palette, decided=decided, height=height)
    shown = lead(curves, current)
    if shown is not None:
        at = shown.prevalence
        baseline(figure, (0, at, 1), (0, 1, 1), "perfect order", palette, x=min(at, 0.85) + 0.01, y=0.995, xanchor="left",
                 yanchor="top")  # fmt: skip
    return baseline(
        figure, (0, 1), (0, 1), "random order", palette, x=0.79, y=0.78, xanchor="left", yanchor="top"
    )
