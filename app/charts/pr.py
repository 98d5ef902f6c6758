"""The precision-recall curve: how clean the flagged rows stay as more of the positives are caught."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.charts.curve_traces import Drawn, Plane, baseline, draw
from app.palette import Palette
from metrics_core.curves import PrCurve
from metrics_core.metrics import counts
from metrics_core.tally import Outcomes

# In steps: the area under them is the average precision.
_PLANE = Plane("Recall", "Precision", "Recall", "Precision", "vh", True)


def of_model(model: str, order: int, curve: PrCurve, outcomes: Outcomes, value: str = "") -> Drawn:
    """Take a model's curve, and where its decision lies on it."""
    x, y = float(counts.recall(outcomes)), float(counts.precision(outcomes))
    return Drawn(
        model,
        order,
        curve.recall,
        curve.precision,
        curve.threshold,
        (x, y) if x == x and y == y else None,
        value,
    )


def pr_figure(
    curves: Sequence[Drawn],
    current: str,
    palette: Palette,
    *,
    prevalence: float,
    decided: str,
    height: int = layout.TALL,
) -> go.Figure:
    """Draw the precision-recall curves of several models over the prevalence.

    Parameters
    ----------
    curves : sequence of Drawn
        Made by ``of_model``.
    current : str
        The model that is on top, clickable and labelled.
    palette : Palette
    prevalence : float
        What a random order of the rows gets.
    decided : str
        Label of the decision in force, such as ``score ≥ 0.500``.
    height : int

    Returns
    -------
    plotly Figure
        See ``curve_traces.draw``.
    """
    figure = draw(curves, current, _PLANE, palette, decided=decided, height=height)
    text = f"prevalence {numbers.share(prevalence)}"
    above = prevalence < 0.9
    return baseline(figure, (prevalence, prevalence), text, palette, x=0.01, y=prevalence, xanchor="left",
                    yanchor="bottom" if above else "top")  # fmt: skip
