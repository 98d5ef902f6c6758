"""Lines that lie behind a curve: equal F1 behind precision and recall, equal cost behind the ROC curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.palette import Palette
from metrics_core.iso_cost import Cheapest, IsoCost

#: The F1 of each line.
F1_LEVELS = (0.2, 0.4, 0.6, 0.8)
_POINTS = 60
# A line of a smaller slope is flat: curves lie above its right end.
_FLAT = 0.3


def add_iso_f1(figure: go.Figure, palette: Palette) -> go.Figure:
    """Draw lines of equal F1 behind precision-recall curves.

    Parameters
    ----------
    figure : plotly Figure
        Recall across, precision up, both as shares.
    palette : Palette

    Returns
    -------
    plotly Figure
        The same figure, with one shape ``iso`` a level.
    """
    for level in F1_LEVELS:
        recall = np.linspace(level / (2 - level), 1.0, _POINTS)  # precision is 1 where the line starts
        precision = level * recall / (2 * recall - level)
        path = "M" + "L".join(f"{x:.4f},{y:.4f}" for x, y in zip(recall, precision, strict=True))
        figure.add_shape(name="iso", type="path", path=path, layer="below", line=_line(palette, "dash"))
        figure.add_annotation(name="iso", text=f"F1 {level:g}", x=level, y=level, showarrow=False, bgcolor=layout.faded(palette.surface, 0.8),
                              font={"size": 11, "color": palette.quiet})  # fmt: skip  # precision = recall = F1
    return figure


def add_iso_cost(
    figure: go.Figure,
    palette: Palette,
    costs: IsoCost,
    best: Cheapest,
    decision: tuple[float, float] | None,
) -> go.Figure:
    """Draw the line of the cheapest point and that of the decision behind ROC curves, and mark the cheapest point.

    Parameters
    ----------
    figure : plotly Figure
        False positive rate across, recall up, both as shares.
    palette : Palette
    costs : IsoCost
    best : Cheapest
        Of the current curve.
    decision : (float, float), optional
        Where the decision in force lies on it.

    Returns
    -------
    plotly Figure
        The same figure, with the shapes ``iso`` and the marker ``cheapest``.
    """
    levels = [(best.cost, "cheapest", "dash")]
    if decision is not None and costs.at(*decision) > best.cost * (1 + 1e-9):
        levels.append((costs.at(*decision), "decision", "dot"))
    for cost, name, dash in levels:
        ends = costs.ends(min(max(cost, 0.0), costs.per_fpr + costs.per_miss))
        if ends is not None:
            (x0, y0), (x1, y1) = ends
            figure.add_shape(name="iso", type="line", x0=x0, y0=y0, x1=x1, y1=y1, layer="below", line=_line(palette, dash))  # fmt: skip
            figure.add_annotation(_cost_label(name, cost, ends, palette))
    figure.add_trace(
        go.Scatter(
            name="cheapest", x=[best.fpr], y=[best.recall], mode="markers", showlegend=False, cliponaxis=False,
            marker={"size": 14, "symbol": "diamond-open", "color": palette.text, "line": {"width": 2}},
            hoverinfo="skip",
        )
    )  # fmt: skip
    return figure.update_layout(margin={"t": 30})


def per_thousand(cost: float) -> str:
    """Write a cost per row as one per 1,000 rows.

    Examples
    --------
    >>> per_thousand(0.0123)
    '12.3 per 1,000 rows'
    """
    return f"{numbers.count(round(1000 * cost, 1))} per 1,000 rows"


def _cost_label(
    name: str, cost: float, ends: tuple[tuple[float, float], tuple[float, float]], palette: Palette
) -> go.layout.Annotation:
    """Write at a line what its points cost: of the cheapest one above the plot, of flat ones under them on the right."""
    (x0, y0), (x1, y1) = ends
    look: dict[str, Any] = {
        "name": "iso", "text": f"{name}: {per_thousand(cost)}", "showarrow": False, "bgcolor": layout.faded(palette.surface, 0.8),
        "font": {"size": 11, "color": palette.quiet},
    }  # fmt: skip
    if y1 - y0 < _FLAT * (x1 - x0):
        x = x0 + (1.0 if name == "cheapest" else 0.6) * (x1 - x0)
        y = y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        return go.layout.Annotation(x=x, y=y, xanchor="right", yanchor="top", **look)
    if name == "cheapest":
        side = "left" if x1 < 0.7 else "right"
        return go.layout.Annotation(x=x1, y=y1, xanchor=side, yanchor="bottom", **look)
    x, y = x0 + 0.24 * (x1 - x0), y0 + 0.24 * (y1 - y0)
    return go.layout.Annotation(x=x, y=y, xanchor="left", xshift=6, yanchor="top", **look)


def _line(palette: Palette, dash: str) -> dict[str, object]:
    """Return the look of a line behind a curve."""
    return {"color": layout.faded(palette.quiet, 0.7), "width": 1, "dash": dash}
