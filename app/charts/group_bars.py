"""The groups of one column as dots with whiskers: each beside what the metric is on all other rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import isnan
from typing import Any

import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.palette import Palette
from metrics_core.groups_compared import ComparedGroup, GroupTable
from metrics_core.metrics.spec import MetricSpec

#: What a group can be found to be, in the order of the legend.
VERDICTS = ("clearly worse", "clearly better", "no clear difference", "too few rows")
#: The same of a metric of which neither more nor less is better.
HIGHER, LOWER = "clearly higher", "clearly lower"
_SYMBOLS = dict(zip(VERDICTS, ("circle", "diamond", "circle-open", "circle-open"), strict=True))
_ROW, _AROUND, _LEGEND = 28, 64, 44
_LONGEST = 26


def verdict(table: GroupTable, group: ComparedGroup) -> str:
    """Say in words what the test of a group found."""
    if not group.clear:
        return VERDICTS[3] if group.small else VERDICTS[2]
    if table.metric.better == "neither":
        return HIGHER if group.difference > 0 else LOWER
    return VERDICTS[0] if table.worse(group) else VERDICTS[1]


def color_of(table: GroupTable, name: str, palette: Palette) -> str:
    """Return the colour of a verdict: worse as what goes wrong, better as what goes right, the rest quiet, small faded."""
    if name == VERDICTS[0]:
        return palette.fp if table.failures == "false positives" else palette.fn
    if name == VERDICTS[1]:
        return palette.tp
    if name in (HIGHER, LOWER):
        return palette.accent
    return palette.quiet if name == VERDICTS[2] else layout.blended(palette.quiet, palette.surface, 0.45)


def group_bars(
    table: GroupTable, shown: Sequence[int], palette: Palette, *, legend: bool = True
) -> go.Figure:
    """Draw a dot for each group, a whisker for its interval, and a tick where all other rows are.

    Parameters
    ----------
    table : GroupTable
    shown : sequence of int
        Places in ``table.groups`` from top to bottom.
    palette : Palette
    legend : bool
        Whether the figure says what its marks mean.

    Returns
    -------
    plotly Figure
        A trace ``all other rows`` of the ticks, and one for each verdict that occurs; these carry the place in
        ``table.groups`` as ``customdata``.
    """
    figure = go.Figure()
    at = {place: y for y, place in enumerate(shown)}
    with_rest = [p for p in shown if not isnan(table.groups[p].rest)]
    figure.add_scatter(
        name="all other rows", x=[table.groups[p].rest for p in with_rest], y=[at[p] for p in with_rest],
        mode="markers", hoverinfo="skip",
        marker={"symbol": "line-ns", "size": 13, "line": {"width": 2, "color": palette.quiet}},
    )  # fmt: skip
    by_verdict: dict[str, list[int]] = {}
    for place in shown:
        if not isnan(table.groups[place].value):
            by_verdict.setdefault(verdict(table, table.groups[place]), []).append(place)
    for name in (*VERDICTS[:2], HIGHER, LOWER, *VERDICTS[2:]):
        if name in by_verdict:
            figure.add_trace(_dots(table, name, by_verdict[name], at, palette))
    for place in shown:
        if isnan(table.groups[place].value):
            figure.add_annotation(x=0, xref="paper", xanchor="left", y=at[place], showarrow=False, borderpad=0,
                                  text=f"n/a: {escape(table.groups[place].reason)}", font={"size": 12, "color": palette.quiet})  # fmt: skip
    return _dressed(figure, table, shown, palette, legend=legend)


def clicked(event: Mapping[str, Any] | None, table: GroupTable) -> ComparedGroup | None:
    """Return the group whose dot was clicked; None when the click cleared the selection.

    Parameters
    ----------
    event : mapping, optional
        What the widget of the chart holds.
    table : GroupTable
        The table that was drawn.
    """
    points = event["selection"]["points"] if event else []
    place = points[0].get("customdata") if points else None
    place = place[0] if isinstance(place, list | tuple) and len(place) == 1 else place
    return table.groups[place] if isinstance(place, int) and 0 <= place < len(table.groups) else None


def _dots(
    table: GroupTable, name: str, places: list[int], at: Mapping[int, int], palette: Palette
) -> go.Scatter:
    """Draw the groups of one verdict."""
    color, unit = color_of(table, name, palette), table.metric.unit
    groups = [table.groups[p] for p in places]
    return go.Scatter(
        name=name,
        x=[g.value for g in groups],
        y=[at[p] for p in places],
        mode="markers",
        customdata=places,
        hovertext=[_hover(g, name, table.metric, unit) for g in groups],
        hoverinfo="text",
        marker={
            "symbol": _SYMBOLS.get(name, "circle"), "size": 11, "color": color,
            "line": {"width": 2 if name in VERDICTS[2:] else 0, "color": color},
        },
        error_x={
            "type": "data", "symmetric": False, "thickness": 1.6, "width": 0, "color": color,
            "array": [0.0 if isnan(g.high) else g.high - g.value for g in groups],
            "arrayminus": [0.0 if isnan(g.low) else g.value - g.low for g in groups],
        },
        unselected={"marker": {"opacity": 1}},
    )  # fmt: skip


def _hover(group: ComparedGroup, name: str, metric: MetricSpec, unit: str) -> str:
    """Write what the mouse reads."""
    of = "" if isnan(group.of) else f", {numbers.count(group.part)} of {numbers.count(group.of)}"
    lines = [
        f"<b>{escape(_short(group.label))}</b>: {name}",
        f"{metric.label} {numbers.by_unit(group.value, unit)}{of}",
        "" if isnan(group.low) else f"95% interval {numbers.interval(group.low, group.high, unit)}",
        "" if isnan(group.rest) else f"all other rows {numbers.by_unit(group.rest, unit)}",
        numbers.rows(group.rows),
        "Click to choose" if group.level else "",
    ]
    return "<br>".join(line for line in lines if line)


def _dressed(
    figure: go.Figure, table: GroupTable, shown: Sequence[int], palette: Palette, *, legend: bool
) -> go.Figure:
    """Add the line of all rows, names and axes."""
    spec = table.metric
    layout.apply(figure, palette, height=_ROW * len(shown) + _AROUND + _LEGEND * legend, x=spec.label)
    if not isnan(table.value):
        figure.add_shape(type="line", x0=table.value, x1=table.value, y0=0, y1=1, yref="paper", layer="below",
                         line={"color": palette.accent, "width": 1.2, "dash": "dot"})  # fmt: skip
        figure.add_annotation(x=table.value, y=0, yref="paper", yanchor="bottom", xanchor="left", xshift=3, showarrow=False, borderpad=0,
                              text=f"all rows {numbers.by_unit(table.value, spec.unit)}", font={"size": 11, "color": palette.accent})  # fmt: skip
    low, high = _span(table, shown)
    figure.update_xaxes(range=[low, high], tickformat=".0%" if spec.unit == "share" and high - low > 0.04 else ".1%" if spec.unit == "share" else None,
                        nticks=6)  # fmt: skip
    names = [_short(table.groups[p].label) for p in shown]
    figure.update_yaxes(tickmode="array", tickvals=list(range(len(shown))), ticktext=[escape(n) for n in names], showgrid=False,
                        range=[len(shown) - 0.1, -0.6], tickfont={"size": 12.5, "color": palette.text})  # fmt: skip
    return figure.update_layout(clickmode="event+select", hoverdistance=14, showlegend=legend, margin={"l": 4, "r": 12, "t": 4, "b": 4},
                                legend={"itemclick": False, "itemdoubleclick": False})  # fmt: skip


def _span(table: GroupTable, shown: Sequence[int]) -> tuple[float, float]:
    """Return the ends of the axis: every value fits, and the whiskers of all but small groups."""
    groups = [table.groups[p] for p in shown]
    ends = [x for g in groups for x in (g.value, g.rest)] + [table.value]
    ends += [x for g in groups if not g.small for x in (g.low, g.high)]
    known = [x for x in ends if not isnan(x)] or [0.0, 1.0]
    pad = 0.06 * ((max(known) - min(known)) or 0.1)
    return max(min(known) - pad, table.metric.low - pad), min(max(known) + pad, table.metric.high + pad)


def _short(label: str) -> str:
    """Cut a long name of a group."""
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"
