"""What ROC and precision-recall figures share: a line a model, the decision in force as a point, axes from 0 to 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
_TICKS = (0, 0.2, 0.4, 0.6, 0.8, 1)
_MAX_NAME = 28


@dataclass(frozen=True)
class Plane:
    """The two rates a curve is drawn in.

    Attributes
    ----------
    x, y : str
        Titles of the axes.
    x_name, y_name : str
        The same in hovers and labels.
    shape : {"linear", "vh"}
        How neighbouring points are joined.
    falls : bool
        Whether good curves fall from the top left, so that the free side is above them on the right.
    """

    x: str
    y: str
    x_name: str
    y_name: str
    shape: Literal["linear", "vh"]
    falls: bool


@dataclass(frozen=True, eq=False)
class Drawn:
    """One model's curve.

    Attributes
    ----------
    model : str
    order : int
        Place among the models: gives colour and dash.
    x, y, threshold : (m,) float64
    decision : (float, float), optional
        Where the decision in force lies; None where that is undefined.
    value : str
        What stands beside the name in the legend, such as ``AUC 0.943``.
    """

    model: str
    order: int
    x: FloatArray
    y: FloatArray
    threshold: FloatArray
    decision: tuple[float, float] | None
    value: str = ""


def draw(
    curves: Sequence[Drawn], current: str, plane: Plane, palette: Palette, *, decided: str, height: int
) -> go.Figure:
    """Draw the curves of several models, the current one on top and clickable.

    Parameters
    ----------
    curves : sequence of Drawn
    current : str
        The model whose points answer a click and whose decision is labelled.
    plane : Plane
    palette : Palette
    decided : str
        Label of the decision, such as ``score ≥ 0.500``.
    height : int

    Returns
    -------
    plotly Figure
        For each model a line and, where it is defined, a marker ``decision``, with the model as ``meta``; over the
        current line the traces ``points``, whose ``customdata`` begin with the threshold.
    """
    figure = go.Figure()
    ordered = sorted(curves, key=lambda curve: curve.model == current)
    figure.add_traces([_line(curve, curve.model == current, plane, palette) for curve in ordered])
    for curve in ordered:
        if curve.model == current:
            figure.add_trace(_points(curve, plane, palette))
        if curve.decision is not None:
            figure.add_trace(_decision(curve, curve.model == current, palette))
            if curve.model == current:
                figure.add_annotation(_label(*curve.decision, decided, plane, palette))
    layout.apply(figure, palette, height=height, x=plane.x, y=plane.y)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", tickvals=_TICKS, showline=True)
    figure.update_yaxes(range=[0, 1], tickformat=".0%", tickvals=_TICKS)
    return figure.update_layout(showlegend=len(curves) > 1, hoverdistance=30, clickmode="event+select",
                                margin={"l": 8, "r": 24, "t": 12, "b": 8})  # fmt: skip


def baseline(
    figure: go.Figure, ends: tuple[float, float], text: str, palette: Palette, **place: Any
) -> go.Figure:
    """Draw from left to right what a model that knows nothing gets, under everything else, and name it."""
    line = {"color": palette.quiet, "width": 1.25, "dash": "dot"}
    figure.add_shape(type="line", x0=0, x1=1, y0=ends[0], y1=ends[1], layer="below", line=line)
    font = {"size": 12, "color": palette.quiet}
    return figure.add_annotation(text=escape(text), showarrow=False, font=font, **place)


def clicked(event: Mapping[str, Any] | None) -> float | None:
    """Return the threshold of the clicked point; None when the click cleared the selection or flags nothing.

    Parameters
    ----------
    event : mapping, optional
        What a chart with ``on_select`` holds.
    """
    points = event["selection"]["points"] if event else []
    data = points[0].get("customdata") if points else None
    value = data[0] if data else None
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else None


def _line(curve: Drawn, current: bool, plane: Plane, palette: Palette) -> go.Scatter:
    """Draw a model's curve."""
    name = curve.model if len(curve.model) <= _MAX_NAME else curve.model[: _MAX_NAME - 1] + "…"
    width, dash = 2.5 if current else 1.75, _DASHES[curve.order % len(_DASHES)]
    return go.Scatter(
        name=f"{escape(name)}  {curve.value}".rstrip(),
        meta=curve.model,
        legendrank=curve.order,
        x=curve.x,
        y=curve.y,
        mode="lines",
        line={"color": _color(curve, palette), "width": width, "dash": dash, "shape": plane.shape},
        cliponaxis=False,
        # the points that lie on the current curve answer for it
        **(
            {"hoverinfo": "skip"} if current else {"customdata": _cuts(curve), "hovertemplate": _hover(plane)}
        ),
    )


def _points(curve: Drawn, plane: Plane, palette: Palette) -> go.Scatter:
    """Lay unseen points over a curve: lines answer no click."""
    unseen = {"marker": {"opacity": 0}}
    return go.Scatter(
        name="points",
        meta=curve.model,
        x=curve.x,
        y=curve.y,
        mode="markers",
        showlegend=False,
        marker={"size": 5, "opacity": 0, "color": _color(curve, palette)},
        selected=unseen,
        unselected=unseen,
        cliponaxis=False,
        customdata=_cuts(curve),
        hovertemplate=_hover(plane) + "<extra></extra>",
    )


def _decision(curve: Drawn, current: bool, palette: Palette) -> go.Scatter:
    """Mark where the decision in force lies."""
    assert curve.decision is not None  # the caller asked
    own = _color(curve, palette)
    return go.Scatter(
        name="decision",
        meta=curve.model,
        x=[curve.decision[0]],
        y=[curve.decision[1]],
        mode="markers",
        showlegend=False,
        marker={"size": 13 if current else 9, "color": own, "line": {"color": palette.surface, "width": 2}},
        unselected={"marker": {"opacity": 1}},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _label(x: float, y: float, decided: str, plane: Plane, palette: Palette) -> go.layout.Annotation:
    """Write the decision beside its point, on the side where no curve is."""
    right = x <= 0.6 and not (plane.falls and y > 0.87)
    up = y < 0.18 or (plane.falls and right)
    at = x if right else max(x, 0.3)  # a text that ends further left would leave the plot
    return go.layout.Annotation(
        x=at, y=y, showarrow=False, align="left" if right else "right",
        xanchor="left" if right else "right", xshift=11 if right else -11 if at == x else 0,
        yanchor="bottom" if up else "top", yshift=5 if up else -5 if at == x else -18,
        text=f"<b>{escape(decided)}</b><br>{plane.y_name} {numbers.share(y)}<br>{plane.x_name} {numbers.share(x)}",
        font={"size": 12, "color": palette.text}, bgcolor=layout.faded(palette.surface, 0.8), borderpad=2,
    )  # fmt: skip


def _hover(plane: Plane) -> str:
    """Write what a point of a curve says."""
    return f"<b>%{{customdata[1]}}</b><br>{plane.y_name} %{{y:.1%}}<br>{plane.x_name} %{{x:.2%}}"


def _cuts(curve: Drawn) -> list[list[Any]]:
    """Return the threshold of each point as a number for clicks and as text for hovers."""
    return [
        [cut, f"score ≥ {cut:.6g}"] if np.isfinite(cut) else [None, "no row flagged"]
        for cut in curve.threshold.tolist()
    ]


def _color(curve: Drawn, palette: Palette) -> str:
    """Return the colour of a model."""
    return palette.sequence[curve.order % len(palette.sequence)]
