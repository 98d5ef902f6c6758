"""What the curve figures share: a line and a band a curve, the decision in force as a point, two scaled axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.charts import layout
from app.charts.curve_axes import Axis, Plane
from app.palette import Palette
from metrics_core.tally.outcomes import FloatArray

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_MAX_NAME = 28
# Clickable points of a curve that is only context.
_POINTS_BEHIND = 150


@dataclass(frozen=True, eq=False)
class Drawn:
    """One curve: of a model, or of a class against the rest.

    Attributes
    ----------
    model : str
        Its name.
    order : int
        Place among the curves: gives colour and dash.
    x, y, threshold : (m,) float64
    decision : (float, float), optional
        Where the decision in force lies; None where that is undefined.
    value : str
        What stands beside the name in the legend, such as ``AUC 0.943``.
    low, high : (m,) float64, optional
        Ends of the band of ``y``.
    prevalence : float
        Share of the positives; NaN when no figure needs it.
    behind : bool
        Whether it is context only: thin and grey, without legend, mark and band.
    """

    model: str
    order: int
    x: FloatArray
    y: FloatArray
    threshold: FloatArray
    decision: tuple[float, float] | None
    value: str = ""
    low: FloatArray | None = None
    high: FloatArray | None = None
    prevalence: float = float("nan")
    behind: bool = False


def decision_at(x: Any, y: Any) -> tuple[float, float] | None:
    """Return a point, or None where one of its numbers is undefined."""
    point = float(x), float(y)
    return None if np.isnan(point).any() else point


def draw(
    curves: Sequence[Drawn], current: str, plane: Plane, palette: Palette, *, decided: str, height: int
) -> go.Figure:
    """Draw some curves, the current one on top and clickable; without a current one they are alike and all clickable.

    Parameters
    ----------
    curves : sequence of Drawn
    current : str
        The one whose points answer a click; empty when those of every curve do.
    plane : Plane
    palette : Palette
    decided : str
        Label of the decision, such as ``score ≥ 0.500``.
    height : int

    Returns
    -------
    plotly Figure
        For each curve a line and, where they are defined, two traces ``band`` and a marker ``decision``, with the
        name as ``meta``; over each clickable line the trace ``points``, whose ``customdata`` begin with the threshold.
    """
    figure = go.Figure()
    ordered = sorted(curves, key=lambda curve: (not curve.behind, curve.model == current))
    in_front = [curve for curve in ordered if not curve.behind]
    for curve in in_front:
        figure.add_traces(_band(curve, curve.model == current, plane, palette))
    figure.add_traces([_line(curve, current, plane, palette) for curve in ordered])
    figure.add_traces(
        [
            _points(curve, current, plane, palette)
            for curve in ordered
            if not current or curve.model == current
        ]
    )
    for curve in in_front:
        if curve.decision is not None and plane.shows(*curve.decision):
            figure.add_trace(_decision(curve, curve.decision, curve.model == current, plane, palette))
    if len(curves) > 1:  # a label beside one point would cover the points of other curves
        if in_front:
            figure.add_annotation(_key(decided, ordered, plane, palette))
    elif in_front and in_front[0].decision is not None:
        figure.add_annotation(_label(*in_front[0].decision, decided, plane, palette))
    layout.apply(figure, palette, height=height, x=plane.x.title, y=plane.y.title)
    figure.update_xaxes(plane.x.settings(), tickangle=0, showline=True)
    figure.update_yaxes(plane.y.settings())
    return figure.update_layout(showlegend=len(in_front) > 1 or not current, hoverdistance=30, clickmode="event+select",
                                margin={"l": 8, "r": 24, "t": 12, "b": 8})  # fmt: skip


def lead(curves: Sequence[Drawn], current: str) -> Drawn | None:
    """Return the curve whose prevalence a figure shows: the current or the only one; None where each has its own."""
    return next((curve for curve in curves if curve.model == current or len(curves) == 1), None)


def baseline(
    figure: go.Figure, xs: Sequence[float], ys: Sequence[float], text: str, palette: Palette, **place: Any
) -> go.Figure:
    """Draw what an order that knows nothing, or everything, gets as a dotted line under the curves, and name it."""
    line = {"color": palette.quiet, "width": 1.25, "dash": "dot"}
    for start, end in zip(range(len(xs) - 1), range(1, len(xs)), strict=True):
        figure.add_shape(
            type="line", x0=xs[start], x1=xs[end], y0=ys[start], y1=ys[end], layer="below", line=line
        )
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


def _placed(curve: Drawn, plane: Plane) -> tuple[Any, FloatArray, FloatArray]:
    """Place the points of a curve, and say which of them have a place."""
    x, y = plane.x.place(curve.x), plane.y.place(curve.y)
    kept = np.isfinite(x) & np.isfinite(y)
    return kept, x[kept], y[kept]


def _band(curve: Drawn, current: bool, plane: Plane, palette: Palette) -> list[go.Scatter]:
    """Shade the band: its lower end, and its upper end filled down to it."""
    if curve.low is None or curve.high is None or np.isnan(curve.low).all():
        return []
    kept, x, _ = _placed(curve, plane)
    ends = [plane.y.place(np.clip(end[kept], plane.y.low, plane.y.high)) for end in (curve.low, curve.high)]
    shade = layout.faded(_color(curve, palette), 0.18 if current else 0.10)
    return [
        go.Scatter(
            name="band",
            meta=curve.model,
            legendgroup=curve.model,
            x=x.astype(np.float32),
            y=end.astype(np.float32),
            mode="lines",
            line={"width": 0, "shape": plane.shape},
            fill=fill,
            fillcolor=shade,
            showlegend=False,
            hoverinfo="skip",
        )
        for end, fill in zip(ends, ("none", "tonexty"), strict=True)
    ]


def _line(curve: Drawn, current: str, plane: Plane, palette: Palette) -> go.Scatter:
    """Draw a curve."""
    width = 1 if curve.behind else 2.5 if curve.model == current else 1.75 if current else 2
    _, x, y = _placed(curve, plane)
    return go.Scatter(
        name=f"{_short(curve.model)}  {curve.value}".rstrip(),
        meta=curve.model,
        legendgroup=curve.model,
        legendrank=curve.order,
        x=x,
        y=y,
        mode="lines",
        line={"color": _color(curve, palette), "width": width, "dash": _dash(curve), "shape": plane.shape},
        showlegend=not curve.behind,
        cliponaxis=plane.x.open,
        # the points that lie on a clickable curve answer for it
        **(
            {"hoverinfo": "skip"}
            if not current or curve.model == current
            else {"customdata": _said(curve, plane), "hovertemplate": _hover(curve, plane)}
        ),
    )


def _points(curve: Drawn, current: str, plane: Plane, palette: Palette) -> go.Scatter:
    """Lay unseen points over a curve: lines answer no click."""
    unseen = {"marker": {"opacity": 0}}
    _, x, y = _placed(curve, plane)
    step = max(1, -(-x.size // _POINTS_BEHIND)) if curve.behind else 1
    named = "" if current else f"<b>{_short(curve.model)}</b>  {curve.value}<br>"
    return go.Scatter(
        name="points",
        meta=curve.model,
        legendgroup=curve.model,
        x=x[::step],
        y=y[::step],
        mode="markers",
        showlegend=False,
        marker={"size": 5, "opacity": 0, "color": _color(curve, palette)},
        selected=unseen,
        unselected=unseen,
        cliponaxis=plane.x.open,
        customdata=_said(curve, plane, step),
        hovertemplate=named + _hover(curve, plane) + "<extra></extra>",
    )


def _decision(
    curve: Drawn, at: tuple[float, float], current: bool, plane: Plane, palette: Palette
) -> go.Scatter:
    """Mark where the decision in force lies."""
    own = _color(curve, palette)
    return go.Scatter(
        name="decision",
        meta=curve.model,
        legendgroup=curve.model,
        x=[float(plane.x.place(at[0]))],
        y=[float(plane.y.place(at[1]))],
        mode="markers",
        showlegend=False,
        marker={"size": 13 if current else 10, "color": own, "line": {"color": palette.surface, "width": 2}},
        unselected={"marker": {"opacity": 1}},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _label(x: float, y: float, decided: str, plane: Plane, palette: Palette) -> go.layout.Annotation:
    """Write the decision beside its point, on the side where no curve is; in a corner when the axes do not show it."""
    words = (
        f"<b>{escape(decided)}</b><br>{plane.y.name} {plane.y.text(y)}<br>{plane.x.name} {plane.x.text(x)}"
    )
    look = {"showarrow": False, "font": {"size": 12, "color": palette.text}, "borderpad": 2,
            "bgcolor": layout.faded(palette.surface, 0.8)}  # fmt: skip
    if not plane.shows(x, y):
        return go.layout.Annotation(text=words + "<br>beyond these axes", xref="paper", yref="paper", x=1, y=1,
                                    xanchor="right", yanchor="top", align="right", **look)  # fmt: skip
    across, up_to = plane.x.along(x), plane.y.along(y)
    right = across <= 0.6 and not (plane.falls and up_to > 0.87)
    up = up_to < 0.18 or (plane.falls and right)
    at = across if right else max(across, 0.3)  # a text that ends further left would leave the plot
    return go.layout.Annotation(
        x=plane.x.at(at), y=float(plane.y.place(y)), align="left" if right else "right",
        xanchor="left" if right else "right", xshift=11 if right else -11 if at == across else 0,
        yanchor="bottom" if up else "top", yshift=5 if up else -5 if at == across else -18, text=words, **look,
    )  # fmt: skip


def _key(decided: str, curves: Sequence[Drawn], plane: Plane, palette: Palette) -> go.layout.Annotation:
    """Say what the points on several curves are: in the free corner, or on the left where curves run through it."""
    # a line of the prevalence has its words at the left end too
    left_at = 0.55 if any(0.3 < curve.prevalence < 0.5 for curve in curves) else 0.4
    right = not plane.falls or _crowd(curves, plane, 1, 1) <= _crowd(curves, plane, 0, left_at)
    top = plane.falls and right
    return go.layout.Annotation(text=f"● {escape(decided)}", xref="paper", yref="paper", x=0.995 if right else 0.01,
                                y=1 if top else 0 if right else left_at, xanchor="right" if right else "left",
                                yanchor="top" if top else "bottom", yshift=-4 if top else 4, showarrow=False,
                                font={"size": 12, "color": palette.text})  # fmt: skip


def _crowd(curves: Sequence[Drawn], plane: Plane, across: float, up_to: float) -> int:
    """Count the points of curves where a text would stand."""
    found = 0
    for curve in curves:
        _, x, y = _placed(curve, plane)
        found += int(
            ((np.abs(_part(x, plane.x) - across) < 0.3) & (np.abs(_part(y, plane.y) - up_to) < 0.1)).sum()
        )
    return found


def _part(placed: FloatArray, axis: Axis) -> FloatArray:
    """Return how far along the axis places lie."""
    low, high = axis.range()
    return (placed - low) / (high - low)


def _hover(curve: Drawn, plane: Plane) -> str:
    """Write what a point of a curve says."""
    form, unit = (":.3~g", "×") if plane.y.times else (":.1%", "")
    y = f"%{{customdata[3]{form}}}{unit}"
    ends = (
        f"<br>Band %{{customdata[4]{form}}}–%{{customdata[5]{form}}}{unit}" if curve.low is not None else ""
    )
    return f"<b>%{{customdata[1]}}</b><br>{plane.y.name} {y}{ends}<br>{plane.x.name} %{{customdata[2]:.2%}}"


def _said(curve: Drawn, plane: Plane, step: int = 1) -> list[list[Any]]:
    """Return for each point its threshold, as a number for clicks and as text for hovers, then x, y and the band."""
    kept = np.flatnonzero(_placed(curve, plane)[0])[::step]
    ends = [] if curve.low is None or curve.high is None else [curve.low, curve.high]
    rounded = [[float(f"{v:.5g}") for v in column[kept].tolist()] for column in (curve.x, curve.y, *ends)]
    cuts = [
        (cut, f"score ≥ {cut:.6g}") if np.isfinite(cut) else (None, "no row flagged")
        for cut in curve.threshold[kept].tolist()
    ]
    return [[*cut, *(_known(v) for v in values)] for cut, *values in zip(cuts, *rounded, strict=True)]


def _known(value: float) -> float | None:
    """Write NaN as null: it is no JSON."""
    return value if np.isfinite(value) else None


def _color(curve: Drawn, palette: Palette) -> str:
    """Return the colour of a curve."""
    return (
        layout.faded(palette.quiet, 0.4)
        if curve.behind
        else palette.sequence[curve.order % len(palette.sequence)]
    )


def _dash(curve: Drawn) -> str:
    """Return the dash of a curve; where colours come round again, their dashes have moved on."""
    return "solid" if curve.behind else _DASHES[(curve.order + curve.order // len(_DASHES)) % len(_DASHES)]


def _short(name: str) -> str:
    """Make a name safe and short enough for a legend; plotly would fill in ``%{x}``."""
    short = name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1] + "…"
    return escape(short).replace("%{", "&#37;{") or "(empty)"
