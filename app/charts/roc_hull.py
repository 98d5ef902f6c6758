"""The hull of a ROC curve laid over its figure: whatever errors cost, the cheapest threshold is one of its corners."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from app.palette import Palette
from metrics_core.decisions.envelope import RocHull


def with_hull(figure: go.Figure, hull: RocHull, palette: Palette) -> go.Figure:
    """Draw the hull over a ROC figure, corners as squares.

    Parameters
    ----------
    figure : plotly Figure
        Of ``roc.roc_figure``.
    hull : RocHull
    palette : Palette

    Returns
    -------
    plotly Figure
        The same one, with the trace ``hull``; corners that flag something carry their threshold as ``customdata``.
    """
    some = np.isfinite(hull.threshold)
    figure.add_scatter(
        name="hull", x=hull.fpr, y=hull.tpr, mode="lines+markers", showlegend=True,
        line={"color": palette.quiet, "width": 1.25, "dash": "dash"},
        marker={"symbol": "square-open", "size": 5, "color": palette.quiet, "line": {"width": 1.25, "color": palette.quiet}},
        customdata=[[float(cut) if known else None] for cut, known in zip(hull.threshold, some, strict=True)],
        hovertext=[f"corner of the hull<br>score ≥ {cut:.6g}" for cut in hull.threshold.tolist()],
        hovertemplate="%{hovertext}<extra></extra>", unselected={"marker": {"opacity": 1}},
    )  # fmt: skip
    return figure.update_layout(showlegend=True)


def with_chosen(figure: go.Figure, x: float, y: float, text: str, palette: Palette) -> go.Figure:
    """Mark the threshold a plan leads to as a diamond; nothing is drawn where it has no place.

    Parameters
    ----------
    figure : plotly Figure
        Of ``roc.roc_figure`` or ``pr.pr_figure``.
    x, y : float
    text : str
        What the mouse reads.
    palette : Palette
    """
    if np.isfinite([x, y]).all():
        figure.add_scatter(
            name="chosen by the plan", x=[x], y=[y], mode="markers", cliponaxis=False, showlegend=True,
            hovertext=[text], hovertemplate="%{hovertext}<extra></extra>", unselected={"marker": {"opacity": 1}},
            marker={"symbol": "diamond", "size": 13, "color": palette.text, "line": {"color": palette.surface, "width": 2}},
        )  # fmt: skip
        figure.update_layout(showlegend=True)
    return figure
