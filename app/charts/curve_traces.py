"""What ROC and precision-recall figures share: a line a model, the decision in force as a point, axes from 0 to 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.palette import Palette
from metrics_core.tally.outcomes import FloatArray

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_MAX_NAME = 28
# Names of the traces a reader may not mistake for a model's.
_CLICKABLE, _DECISION = "points", "decision"


@dataclass(frozen=True, eq=False)
class Drawn:
    """One model's curve, ready to be drawn.

    Attributes
    ----------
    model : str
    order : int
        Place among the models: gives colour and dash.
    x, y, threshold : (m,) float64
    decision : (float, float), optional
        Where the decision in force lies; None where that is undefined.
    legend : str
        What stands beside the name, such as ``AUC 0.943``.
    """

    model: str
    order: int
    x: FloatArray
    y: FloatArray
    threshold: FloatArray
    decision: tuple[float, float] | None
    legend: str


def draw(
    curves: list[Drawn],
    current: str,
    palette: Palette,
    *,
    axes: tuple[str, str],
    short: tuple[str, str],
    shape: Literal["linear", "vh"],
    decided: str,
    label_below: bool,
) -> go.Figure:
    """Draw the curves of several models, the current one on top and clickable.

    Parameters
    ----------
    curves : list of Drawn
    current : str
        The model whose points can be clicked and whose decision is labelled.
    palette : Palette
    axes, short : (str, str)
        Titles of both axes, and what the hover calls them.
    shape : {"linear", "vh"}
        How points are joined.
    decided : str
        Label of the decision, such as ``score ≥ 0.500``.
    label_below : bool
        Whether the free side of the curve is below it.

    Returns
    -------
    plotly Figure
        A trace named after each model, then ``decision``, then ``points``, which carries ``[threshold]`` as
        ``customdata``.
    """
    figure = go.Figure()
    for curve in sorted(curves, key=lambda drawn: drawn.model == current):
        figure.add_trace(_line(curve, curve.model == current, palette, short, shape))
    for curve in curves:
        if curve.decision is not None:
            figure.add_trace(_point(curve, curve.model == current, palette, short, decided))
            if curve.model == current:
                figure.add_annotation(_label(curve.decision, decided, short, palette, label_below))
    figure.add_traces([_clickable(curve, palette) for curve in curves if curve.model == current])
    layout.apply(figure, palette, x=axes[0], y=axes[1])
    figure.update_xaxes(range=[0, 1], tickformat=".0%", dtick=0.2, showline=True)
    figure.update_yaxes(range=[0, 1], tickformat=".0%", dtick=0.2)
    return figure.update_layout(
        showlegend=len(curves) > 1, hoverdistance=30, clickmode="event+select", margin={"l": 8, "r": 14, "t": 12, "b": 8}
    )


def clicked(event: Mapping[str, Any] | None) -> float | None:
    """Return the threshold of the clicked point; None when the click cleared the selection or flags nothing.

    Parameters
    ----------
    event : mapping, optional
        What a chart with ``on_select`` holds.
    """
    points = event["selection"]["points"] if event else []
    found = points[0].get("customdata") if points else None
    value = found[0] if found else None
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else None


def baseline(figure: go.Figure, x: tuple[float, float], y: tuple[float, float], text: str, palette: Palette, **place: Any) -> None:
    """Draw what a model without knowledge gets, under everything else, and say so on the line."""
    figure.add_shape(type="line", x0=x[0], x1=x[1], y0=y[0], y1=y[1], layer="below",
                     line={"color": palette.quiet, "width": 1.25, "dash": "dot"})  # fmt: skip
    figure.add_annotation(text=text, showarrow=False, font={"size": 12, "color": palette.quiet}, **place)


def color(order: int, palette: Palette) -> str:
    """Return the colour of the model at a place."""
    return palette.sequence[order % len(palette.sequence)]


def _line(curve: Drawn, current: bool, palette: Palette, short: tuple[str, str], shape: str) -> go.Scatter:
    name = curve.model if len(curve.model) <= _MAX_NAME else curve.model[: _MAX_NAME - 1] + "…"
    return go.Scatter(
        name=f"{escape(name)}  {curve.legend}",
        meta=curve.model,
        x=curve.x,
        y=curve.y,
        mode="lines",
        line={
            "color": color(curve.order, palette),
            "width": 2.5 if current else 1.75,
            "dash": _DASHES[curve.order % len(_DASHES)],
            "shape": shape,
        },
        cliponaxis=False,
        customdata=_cuts(curve.threshold),
        hovertemplate=_hover(short, "%{customdata}") + ("<extra></extra>" if current else ""),
        hoverinfo="skip" if current else None,
    )


def _point(curve: Drawn, current: bool, palette: Palette, short: tuple[str, str], decided: str) -> go.Scatter:
    """Mark the decision in force."""
    assert curve.decision is not None  # the caller asked
    return go.Scatter(
        name=_DECISION,
        meta=curve.model,
        x=[curve.decision[0]],
        y=[curve.decision[1]],
        mode="markers",
        showlegend=False,
        cliponaxis=False,
        marker={
            "size": 13 if current else 9,
            "color": palette.accent if current else palette.surface,
            "line": {"color": palette.surface if current else color(curve.order, palette), "width": 2},
        },
        unselected={"marker": {"opacity": 1}},
        customdata=[decided],
        hovertemplate=_hover(short, "%{customdata}") + "<extra></extra>",
    )


def _clickable(curve: Drawn, palette: Palette) -> go.Scatter:
    """Lay invisible points over the current curve: lines answer no click."""
    unseen = {"marker": {"opacity": 0}}
    return go.Scatter(
        name=_CLICKABLE,
        meta=curve.model,
        x=curve.x,
        y=curve.y,
        mode="markers",
        showlegend=False,
        cliponaxis=False,
        marker={"size": 10, "opacity": 0, "color": color(curve.order, palette)},
        selected=unseen,
        unselected=unseen,
        customdata=[[cut if np.isfinite(cut) else None, text] for cut, text in zip(curve.threshold.tolist(), _cuts(curve.threshold), strict=True)],
        hovertemplate=_hover(short_of(curve), "%{customdata[1]}"),
    )
