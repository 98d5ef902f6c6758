"""One score on its scale, with the threshold it is compared with."""

from __future__ import annotations

import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.palette import OUTCOME_NAMES, Palette


def number_line(
    score: float, threshold: float | None, span: tuple[float, float], outcome: str, palette: Palette
) -> go.Figure:
    """Draw a score as a point on a line; what lies at or above the threshold is flagged.

    Parameters
    ----------
    score : float
    threshold : float, optional
        None when the file's own decision counts.
    span : tuple of float
        Both ends of the scale.
    outcome : {"tp", "fp", "fn", "tn"}
        Gives the point its colour.
    palette : Palette

    Returns
    -------
    plotly Figure
        The traces ``scale``, ``flagged`` and ``score``.
    """
    low, high = min(span[0], score), max(span[1], score)
    if threshold is not None:
        low, high = min(low, threshold), max(high, threshold)
    pad = 0.03 * ((high - low) or 1.0)
    figure = go.Figure(_line("scale", low, high, palette.grid))
    if threshold is not None:
        figure.add_trace(_line("flagged", threshold, high, layout.faded(palette.accent, 0.45)))
        figure.add_shape(
            type="line",
            x0=threshold,
            x1=threshold,
            y0=-0.32,
            y1=0.32,
            line={"color": palette.accent, "width": 2},
        )
        figure.add_annotation(x=threshold, y=0.4, yanchor="bottom", text=f"threshold {numbers.threshold(threshold)}", showarrow=False,
                              font={"size": 12, "color": palette.accent},
                              xanchor=_anchor(threshold, low, high))  # fmt: skip
    figure.add_scatter(
        name="score",
        x=[score],
        y=[0],
        mode="markers",
        marker={
            "size": 15,
            "color": palette.outcome(outcome),
            "line": {"color": palette.surface, "width": 2},
        },
        hovertemplate=f"{OUTCOME_NAMES[outcome].removesuffix('s')}<br>score %{{x}}<extra></extra>",
    )
    layout.apply(figure, palette, height=layout.STRIP)
    figure.update_xaxes(range=[low - pad, high + pad], showgrid=False, nticks=6)
    figure.update_yaxes(range=[-0.6, 1.1], visible=False)
    return figure.update_layout(showlegend=False, margin={"l": 4, "r": 4, "t": 0, "b": 20})


def _line(name: str, low: float, high: float, color: str) -> go.Scatter:
    """Draw a thick stretch of the scale."""
    return go.Scatter(name=name, x=[low, high], y=[0, 0], mode="lines", line={"color": color, "width": 6}, hoverinfo="skip")  # fmt: skip


def _anchor(value: float, low: float, high: float) -> str:
    """Keep a label inside the figure."""
    at = (value - low) / ((high - low) or 1.0)
    return "left" if at < 0.2 else "right" if at > 0.8 else "center"
