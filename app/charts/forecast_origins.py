"""Errors of forecasts along time: with control limits, and as a table of horizons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app import numbers
from app.charts import layout
from app.charts.rate_scale import rate_scale
from app.palette import Palette
from metrics_core.forecast_cells import OriginGrid, Steps
from metrics_core.forecast_origins import ByPeriod

Array = NDArray[Any]
#: A cell of fewer rows is paler.
FEW = 5
_ROW, _AROUND, _TICKS = 15, 120, 5


def period_figure(
    found: ByPeriod, at: Array, names: Sequence[str], palette: Palette, *, x: str, y: str, height: int = layout.SHORT
) -> go.Figure:  # fmt: skip
    """Draw a mean by period with the limits it should stay within.

    Parameters
    ----------
    found : ByPeriod
    at : (P,)
        Where each period lies on the axis.
    names : sequence of P str
        What the mouse reads of each.
    palette : Palette
    x, y : str
        Axis titles.
    height : int

    Returns
    -------
    plotly Figure
        The traces ``limits`` and ``expected`` (where there are limits), ``mean`` and ``outside the limits``; these two have
        ``["period", place]`` as ``customdata``.
    """
    figure, held = go.Figure(), np.flatnonzero(~np.isnan(found.value))
    limited = np.flatnonzero(~np.isnan(found.low))
    if limited.size:
        edges = np.concatenate([at[limited], at[limited][::-1]])
        figure.add_scatter(name="within chance", x=edges, y=np.concatenate([found.high[limited], found.low[limited][::-1]]), mode="lines",
                           fill="toself", fillcolor=layout.faded(palette.quiet, 0.16), line={"width": 0}, hoverinfo="skip")  # fmt: skip
        figure.add_scatter(name="expected", x=at[limited], y=found.expected[limited], mode="lines", hoverinfo="skip",
                           line={"color": palette.quiet, "width": 1.5, "dash": "dash"})  # fmt: skip
    said = np.array([_said_of(found, i, names[i], y) for i in range(found.value.size)], dtype=object)
    figure.add_scatter(name="mean", x=at[held], y=found.value[held], mode="lines+markers", line={"color": palette.sequence[0], "width": 2}, marker={"size": 7},
                       hovertext=said[held], hoverinfo="text", customdata=[["period", int(i)] for i in held], unselected={"marker": {"opacity": 1}})  # fmt: skip
    beyond = np.flatnonzero(found.outside)
    if beyond.size:
        figure.add_scatter(name="outside the limits", x=at[beyond], y=found.value[beyond], mode="markers", hovertext=said[beyond], hoverinfo="text",
                           marker={"size": 13, "symbol": "diamond", "color": palette.sequence[1], "line": {"width": 1.5, "color": palette.surface}},
                           customdata=[["period", int(i)] for i in beyond], unselected={"marker": {"opacity": 1}})  # fmt: skip
    layout.apply(figure, palette, height=height, x=x, y=y)
    return figure.update_layout(clickmode="event+select", hovermode="closest", showlegend=True)


def _said_of(found: ByPeriod, i: int, name: str, what: str) -> str:
    """Write what the mouse reads at a period."""
    lines = [f"<b>{name}</b>", f"{what.lower()} {numbers.number(float(found.value[i]))}"]
    if not np.isnan(found.low[i]):
        lines.append(f"expected {numbers.number(float(found.expected[i]))}, limits {numbers.number(float(found.low[i]))} to {numbers.number(float(found.high[i]))}")  # fmt: skip
    n = int(found.series[i])
    return "<br>".join([*lines, f"{numbers.rows(float(found.rows[i]))} of {numbers.count(n)} series"])


def grid_figure(
    grid: OriginGrid, steps: Steps, names: Sequence[str], palette: Palette, *, x: str, label: str, signed: bool
) -> go.Figure:  # fmt: skip
    """Draw a mean for every horizon and period.

    Parameters
    ----------
    grid : OriginGrid
    steps : Steps
    names : sequence of C str
        Of the columns.
    palette : Palette
    x : str
        Title of the axis of the columns.
    label : str
        What the colour says.
    signed : bool
        Whether 0 is in the middle of the scale.

    Returns
    -------
    plotly Figure
        The trace ``cells``: a heatmap, blank where there is no row; ``few`` marks cells of fewer than five rows; invisible
        squares ``targets``, for a heatmap answers no click, have ``["cell", line, column]`` as ``customdata``.
    """
    figure, lines = go.Figure(), grid.value.shape[0]
    top = _top(grid.value)
    scale = diverging(palette) if signed else rate_scale(palette)
    said = [[_said_of_cell(grid, steps, i, j, names[j], label) for j in range(grid.value.shape[1])] for i in range(lines)]  # fmt: skip
    places = list(range(grid.value.shape[1]))
    figure.add_heatmap(
        name="cells", x=places, y=list(range(lines)), z=grid.value, zmin=-top if signed else 0.0, zmax=top, colorscale=scale, xgap=1.5, ygap=1.5,
        hoverinfo="skip", hoverongaps=False,
        colorbar={"thickness": 9, "outlinewidth": 0, "len": 1.0, "nticks": 5, "tickformat": "+.3~g" if signed else ".3~g", "tickfont": {"size": 11, "color": palette.quiet},
                  "title": {"text": label, "side": "right", "font": {"size": 12, "color": palette.quiet}}},
    )  # fmt: skip
    few = np.argwhere((grid.rows > 0) & (grid.rows < FEW))
    if few.size:
        figure.add_scatter(name="few", x=few[:, 1], y=few[:, 0], mode="markers", hoverinfo="skip", showlegend=False,
                           marker={"size": 3, "color": palette.quiet})  # fmt: skip
    i, j = np.nonzero(grid.rows > 0)
    figure.add_scatter(name="targets", x=j, y=i, mode="markers", showlegend=False, hovertext=[said[a][b] for a, b in zip(i.tolist(), j.tolist(), strict=True)], hoverinfo="text",
                       customdata=[["cell", a, b] for a, b in zip(i.tolist(), j.tolist(), strict=True)], marker={"symbol": "square", "size": 8, "opacity": 0},
                       selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}})  # fmt: skip
    layout.apply(figure, palette, height=max(layout.TALL, _ROW * lines + _AROUND), x=x, y="Steps ahead")  # fmt: skip
    shown = places[:: -(-len(places) // _TICKS)]
    figure.update_xaxes(tickmode="array", tickvals=shown, ticktext=[_short(names[i]) for i in shown], showgrid=False, range=[-0.5, len(places) - 0.5], tickangle=0)  # fmt: skip
    lines_shown = list(range(lines))[:: max(lines // 12, 1)]
    figure.update_yaxes(tickmode="array", tickvals=lines_shown, ticktext=[steps.names[i] for i in lines_shown], showgrid=False, range=[-0.5, lines - 0.5])  # fmt: skip
    return figure.update_layout(plot_bgcolor=layout.faded(palette.quiet, 0.05), hovermode="closest", hoverdistance=-1, clickmode="event+select")  # fmt: skip


def _short(name: str) -> str:
    """Write a moment for an axis: its beginning, the time of day below the day."""
    return name.partition(" to ")[0].replace(" ", "<br>")


def diverging(palette: Palette) -> list[list[Any]]:
    """Return a scale from too low over nothing to too high, in the colours these have in the other figures."""
    low, high = palette.sequence[0], palette.sequence[1]
    middle = layout.blended(palette.quiet, palette.surface, 0.1)
    return [[0.0, low], [0.25, layout.blended(low, palette.surface, 0.5)], [0.5, middle],
            [0.75, layout.blended(high, palette.surface, 0.5)], [1.0, high]]  # fmt: skip


def _top(value: Array) -> float:
    """End the scale where nearly all cells do: one extreme would leave all others in one colour."""
    known = np.abs(value[~np.isnan(value)])
    return float(np.quantile(known, 0.98)) or float(known.max(initial=0.0)) or 1.0 if known.size else 1.0


def _said_of_cell(grid: OriginGrid, steps: Steps, i: int, j: int, name: str, label: str) -> str:
    """Write what the mouse reads at a cell."""
    value = float(grid.value[i, j])
    said = "no rows" if np.isnan(value) else f"{label.lower()} {numbers.number(value)}<br>{numbers.rows(float(grid.rows[i, j]))}"  # fmt: skip
    return f"<b>{name}</b><br>{steps.names[i]} steps ahead<br>{said}"
