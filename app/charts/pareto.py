"""Tags by how many rows have them, the most frequent first, and how much of all tagged rows the first ones cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.palette import Palette

_ROW, _AROUND, _LEGEND = 34, 92, 52
_LONGEST = 26


@dataclass(frozen=True)
class ParetoBar:
    """One tag.

    Attributes
    ----------
    name : str
    rows : int
        Rows that have it.
    parts : tuple of int
        The same by group, in the order of the groups.
    covered : float
        Share of the tagged rows that have this tag or one before it.
    """

    name: str
    rows: int
    parts: tuple[int, ...]
    covered: float


def pareto(bars: Sequence[ParetoBar], groups: Sequence[str], palette: Palette) -> go.Figure:
    """Draw a bar for each tag from top to bottom, cut into groups, and the line of what the first tags cover.

    Parameters
    ----------
    bars : sequence of ParetoBar
        The most frequent first.
    groups : sequence of str
        What the parts of each bar are; one without a name for no groups.
    palette : Palette

    Returns
    -------
    plotly Figure
        A trace for each group, and ``covered``; all carry the place of the tag as ``customdata``.
    """
    at = list(range(len(bars)))
    figure = go.Figure()
    for g, group in enumerate(groups):
        color = _color(palette, g, len(groups))
        figure.add_bar(
            name=escape(_short(group)) or "rows", x=[bar.parts[g] for bar in bars], y=at, orientation="h", customdata=at, marker_color=color,
            marker_line={"width": 1, "color": palette.surface}, hoverinfo="text",
            hovertext=[f"<b>{escape(_short(bar.name))}</b>{': ' + escape(_short(group)) if group else ''}<br>{numbers.rows(bar.parts[g])}"
                       f"{f' of {numbers.rows(bar.rows)} with the tag' if group else ''}<br>Click to see them" for bar in bars],
        )  # fmt: skip
    figure.add_scatter(
        name="covered", x=[bar.covered for bar in bars], y=at, xaxis="x2", mode="lines+markers", customdata=at, hoverinfo="text",
        line={"color": palette.text, "width": 1.6, "dash": "dot"}, marker={"size": 8, "symbol": "diamond", "color": palette.text},
        hovertext=[f"<b>{escape(_short(bar.name))}</b> and all above<br>{numbers.share(bar.covered)} of the tagged rows" for bar in bars],
    )  # fmt: skip
    legend = len(groups) > 1
    layout.apply(figure, palette, height=_ROW * len(bars) + _AROUND + _LEGEND * legend, x="Rows with the tag")
    figure.update_xaxes(rangemode="tozero", nticks=6, tickformat=",d")
    figure.update_yaxes(tickmode="array", tickvals=at, ticktext=[escape(_short(bar.name)) for bar in bars], showgrid=False,
                        range=[len(bars) - 0.4, -0.6], tickfont={"size": 12.5, "color": palette.text})  # fmt: skip
    top = {"overlaying": "x", "side": "top", "range": [0, 1.04], "tickformat": ".0%", "dtick": 0.25, "showgrid": False, "fixedrange": True,
           "title": {"text": "Covered: tagged rows with this tag or one above", "font": {"size": 13, "color": palette.quiet}, "standoff": 6}}  # fmt: skip
    return figure.update_layout(
        xaxis2=top, barmode="stack", bargap=0.35, clickmode="event+select", showlegend=legend, hoverdistance=14,
        margin={"l": 4, "r": 12, "t": 8, "b": 4 + _LEGEND * legend},
        legend={"itemclick": False, "itemdoubleclick": False, "traceorder": "normal", "yref": "container", "y": 0, "yanchor": "bottom"},
    )  # fmt: skip


def clicked(event: Mapping[str, Any] | None, bars: Sequence[ParetoBar]) -> ParetoBar | None:
    """Return the tag whose bar or point was clicked; None when the click cleared the selection.

    Parameters
    ----------
    event : mapping, optional
        What the widget of the chart holds.
    bars : sequence of ParetoBar
        As they were drawn.
    """
    points = event["selection"]["points"] if event else []
    place = points[0].get("customdata") if points else None
    place = place[0] if isinstance(place, list | tuple) and len(place) == 1 else place
    return bars[place] if isinstance(place, int) and 0 <= place < len(bars) else None


def _color(palette: Palette, place: int, n: int) -> str:
    """One colour for a single group; the last of several may be all others, in quiet ink."""
    if n == 1:
        return palette.accent
    return palette.sequence[place] if place < len(palette.sequence) else layout.blended(palette.quiet, palette.surface, 0.5)  # fmt: skip


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
