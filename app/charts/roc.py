"""The ROC curve: how much of the positives is caught for how many false alarms."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from app.charts import layout
from app.charts.curve_axes import Axis, Plane
from app.charts.curve_traces import Drawn, baseline, decision_at, draw
from app.palette import Palette
from metrics_core.curves import RocCurve
from metrics_core.metrics import counts
from metrics_core.tally import Outcomes

_PLANE = Plane(
    Axis("False positive rate", "False positive rate"), Axis("Recall (true positive rate)", "Recall")
)


def of_model(model: str, order: int, curve: RocCurve, outcomes: Outcomes, value: str = "") -> Drawn:
    """Take a curve, and where the decision lies on it."""
    at = decision_at(counts.fpr(outcomes), counts.recall(outcomes))
    return Drawn(
        model, order, curve.fpr, curve.tpr, curve.threshold, at, value, curve.tpr_low, curve.tpr_high
    )


def roc_figure(
    curves: Sequence[Drawn], current: str, palette: Palette, *, decided: str, height: int = layout.TALL
) -> go.Figure:
    """Draw ROC curves over the diagonal of chance.

    Parameters are those of ``curve_traces.draw``, which returns the figure; the curves are made by ``of_model``.
    """
    figure = draw(curves, current, _PLANE, palette, decided=decided, height=height)
    return baseline(figure, (0, 1), (0, 1), "chance", palette, x=0.88, y=0.88, xanchor="left", yanchor="top")
