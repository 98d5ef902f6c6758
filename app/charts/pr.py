"""The precision-recall curve: how clean the flagged rows stay as more of the positives are caught."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.charts.curve_axes import Axis, Plane
from app.charts.curve_traces import Drawn, baseline, decision_at, draw, lead
from app.palette import Palette
from metrics_core.curves import PrCurve
from metrics_core.metrics import counts
from metrics_core.tally import Outcomes

# In steps: the area under them is the average precision.
_PLANE = Plane(Axis("Recall", "Recall"), Axis("Precision", "Precision"), "vh", falls=True)


def of_model(model: str, order: int, curve: PrCurve, outcomes: Outcomes, value: str = "") -> Drawn:
    """Take a curve, and where the decision lies on it."""
    at = decision_at(counts.recall(outcomes), counts.precision(outcomes))
    return Drawn(model, order, curve.recall, curve.precision, curve.threshold, at, value, curve.precision_low,
                 curve.precision_high, float(counts.prevalence(outcomes)))  # fmt: skip


def pr_figure(
    curves: Sequence[Drawn], current: str, palette: Palette, *, decided: str, height: int = layout.TALL
) -> go.Figure:
    """Draw precision-recall curves over the prevalence of the current or only one, which a random order gets.

    Parameters are those of ``curve_traces.draw``, which returns the figure; the curves are made by ``of_model``.
    """
    figure = draw(curves, current, _PLANE, palette, decided=decided, height=height)
    shown = lead(curves, current)
    if shown is None:
        return figure
    prevalence, text = shown.prevalence, f"prevalence {numbers.share(shown.prevalence)}"
    return baseline(figure, (0, 1), (prevalence, prevalence), text, palette, x=0.01, y=prevalence, xanchor="left",
                    yanchor="bottom" if prevalence < 0.9 else "top")  # fmt: skip
