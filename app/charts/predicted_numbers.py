"""Predicted numbers and their errors: a plane of rows, lines along a number, and the shape of the errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.palette import Palette
from metrics_core.residual_shape import Along, Density, Quantiles
from metrics_core.tally.outcomes import FloatArray

#: Rows up to which each is a point; more are counted in cells.
MOST_POINTS = 1500
_ROOM = 0.03


def plane(
    x: FloatArray,
    y: FloatArray,
    cells: Density,
    palette: Palette,
    *,
    titles: tuple[str, str],
    rows: Sequence[int] | None = None,
    to_the_rows: bool = False,
    height: int = layout.TALL,
) -> go.Figure:
    """Draw rows on a plane: few as points, many as a density with a logarithmic colour scale.

    Parameters
    ----------
    x, y : (n,) float64
    cells : Density
        The same rows counted.
    palette : Palette
    titles : (str, str)
        Of the two axes, with their units.
    rows : sequence of int, optional
        Row numbers for the hover text.
    to_the_rows : bool
        Whether a cell of the density answers clicks; a point always does.
    height : int

    Returns
    -------
    plotly Figure
        The trace ``rows``: a scatter, whose ``customdata`` are ``["row", number]``, or a heatmap. On that, where clicks
        lead to the rows, invisible squares ``cells`` with ``["cell", place along y, place along x]``.
    """
    figure = go.Figure()
    if x.size <= MOST_POINTS:
        named = [f"row {row:,}<br>" for row in rows] if rows is not None else [""] * x.size
        said = [f"{row}{titles[0]} {numbers.number(a)}<br>{titles[1]} {numbers.number(b)}" for row, a, b in zip(named, x.tolist(), y.tolist(), strict=True)]  # fmt: skip
        figure.add_scatter(name="rows", x=x, y=y, mode="markers", hovertext=said, hoverinfo="text", showlegend=False,
                           customdata=[["row", int(row)] for row in rows] if rows is not None else None, marker={"size": 6, "color": layout.faded(palette.sequence[0], 0.45)})  # fmt: skip
    else:
        figure.add_trace(_heat(cells, palette, titles))
        if to_the_rows:
            figure.add_trace(_squares(cells, titles)).update_layout(hoverdistance=-1)
    figure.update_layout(clickmode="event+select", hovermode="closest")
    layout.apply(figure, palette, height=height, x=titles[0], y=titles[1])
    room = _ROOM if x.size <= MOST_POINTS else 0.0  # a point on the edge would be cut
    for edges, update in ((cells.x, figure.update_xaxes), (cells.y, figure.update_yaxes)):
        pad = room * float(edges[-1] - edges[0])
        update(range=[float(edges[0]) - pad, float(edges[-1]) + pad])
    return figure


def _heat(cells: Density, palette: Palette, titles: tuple[str, str]) -> go.Heatmap:
    """Draw cells by the logarithm of what lies in them; empty ones are not drawn."""
    weight = cells.weight
    shown = np.where(weight > 0, np.log10(np.where(weight > 0, weight, 1.0)), np.nan)
    steps = [[i / (len(palette.ramp) - 2), colour] for i, colour in enumerate(palette.ramp[1:])]
    middle = [(edges[:-1] + edges[1:]) / 2 for edges in (cells.x, cells.y)]
    return go.Heatmap(
        name="rows", x=middle[0], y=middle[1], z=shown, customdata=weight, colorscale=steps, showscale=False, hoverongaps=False,
        hovertemplate=f"{titles[0]} near %{{x:.4g}}<br>{titles[1]} near %{{y:.4g}}<br>%{{customdata:,.6~g}} rows<extra></extra>",
    )  # fmt: skip


def _squares(cells: Density, titles: tuple[str, str]) -> go.Scatter:
    """Put an invisible mark on every cell with rows: a heatmap answers no click."""
    i, j = np.nonzero(cells.weight > 0)
    x, y = ((edges[:-1] + edges[1:]) / 2 for edges in (cells.x, cells.y))
    said = [f"{titles[0]} near {numbers.number(float(a))}<br>{titles[1]} near {numbers.number(float(b))}<br>{numbers.rows(float(w))}" for a, b, w in zip(x[j], y[i], cells.weight[i, j], strict=True)]  # fmt: skip
    return go.Scatter(name="cells", x=x[j], y=y[i], mode="markers", hovertext=said, hoverinfo="text", showlegend=False,
                      customdata=[["cell", int(a), int(b)] for a, b in zip(i, j, strict=True)],
                      marker={"symbol": "square", "size": 8, "opacity": 0}, unselected={"marker": {"opacity": 0}}, selected={"marker": {"opacity": 0}})  # fmt: skip


def with_diagonal(figure: go.Figure, cells: Density, palette: Palette) -> go.Figure:
    """Add the line on which a prediction is exact."""
    ends = [max(cells.x[0], cells.y[0]), min(cells.x[-1], cells.y[-1])]
    figure.add_scatter(name="exact", x=ends, y=ends, mode="lines", hoverinfo="skip", line={"color": palette.text, "width": 1.5, "dash": "dash"})  # fmt: skip
    return figure.update_layout(showlegend=True)


def with_means(figure: go.Figure, along: Along, palette: Palette) -> go.Figure:
    """Add the mean error of each group with the band of its 95 % interval, and the line of no error."""
    known = ~np.isnan(along.bias_low)
    x = along.middle[known]
    figure.add_hline(y=0, line={"color": palette.text, "width": 1, "dash": "dash"})
    figure.add_scatter(name="95% interval", x=np.concatenate([x, x[::-1]]), y=np.concatenate([along.bias_high[known], along.bias_low[known][::-1]]),
                       mode="lines", fill="toself", fillcolor=layout.faded(palette.sequence[1], 0.25), line={"width": 0}, hoverinfo="skip")  # fmt: skip
    figure.add_scatter(name="mean error", x=along.middle, y=along.bias, mode="lines+markers", line={"color": palette.sequence[1], "width": 2.5}, marker={"size": 9},
                       customdata=[["group", i] for i in range(along.bias.size)], unselected={"marker": {"opacity": 1}}, hovertext=said_along(along), hoverinfo="text")  # fmt: skip
    return figure.update_layout(showlegend=True)


def said_along(along: Along) -> list[str]:
    """Write what the mouse reads at each group."""
    each = zip(along.low, along.high, along.rows, along.bias, along.absolute, along.deviation, strict=True)
    return [
        f"{numbers.number(float(a))} to {numbers.number(float(b))}, {numbers.rows(int(n))}<br>mean error {numbers.number(float(bias))}"
        f"<br>mean absolute error {numbers.number(float(size))}<br>standard deviation {numbers.number(float(spread))}"
        for a, b, n, bias, size, spread in each
    ]


def error_histogram(edges: FloatArray, weight: FloatArray, palette: Palette, *, height: int = layout.SHORT) -> go.Figure:  # fmt: skip
    """Draw how the errors are distributed, those too high apart from those too low.

    Parameters
    ----------
    edges : (B + 1,) float64
        Of bins of prediction minus truth; 0 is one of them, or lies outside.
    weight : (B,) float64
    palette : Palette
    height : int
    """
    figure = go.Figure()
    middle, wide = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
    for name, part, colour in (("too low", middle < 0, palette.sequence[0]), ("too high", middle >= 0, palette.sequence[1])):  # fmt: skip
        figure.add_bar(name=name, x=middle[part], y=weight[part], width=wide[part], marker={"color": colour, "line": {"width": 0}},
                       customdata=[["bin", int(i)] for i in np.flatnonzero(part)], unselected={"marker": {"opacity": 1}},
                       hovertemplate="error near %{x:.4g}<br>%{y:,.6~g} rows<extra></extra>")  # fmt: skip
    layout.apply(figure, palette, height=height, x="Prediction minus truth", y="Rows")
    return figure.update_layout(bargap=0, barmode="overlay", clickmode="event+select", hovermode="closest")


def quantile_plot(found: Quantiles, palette: Palette, *, height: int = layout.SHORT) -> go.Figure:
    """Draw the errors in order against a normal distribution: far from the line at the ends are heavy tails."""
    figure = go.Figure()
    ends = [float(found.normal.min()), float(found.normal.max())] if found.normal.size else [0.0, 1.0]
    figure.add_scatter(name="normal distribution", x=ends, y=ends, mode="lines", hoverinfo="skip", line={"color": palette.text, "width": 1.5, "dash": "dash"})  # fmt: skip
    figure.add_scatter(name="errors", x=found.normal, y=found.error, mode="markers", marker={"size": 5, "color": palette.sequence[0]},
                       hovertemplate="normal %{x:.4g}<br>error %{y:.4g}<extra></extra>")  # fmt: skip
    return layout.apply(figure, palette, height=height, x="Expected of a normal distribution", y="Prediction minus truth")  # fmt: skip


def spread_line(along: Along, palette: Palette, *, x: str, height: int = layout.SHORT) -> go.Figure:
    """Draw the standard deviation of the errors, and their mean size, in groups along a number."""
    figure = go.Figure()
    for name, y, colour, dash in (
        ("standard deviation", along.deviation, palette.sequence[0], "solid"),
        ("mean absolute error", along.absolute, palette.sequence[1], "dot"),
    ):
        figure.add_scatter(name=name, x=along.middle, y=y, mode="lines+markers", line={"color": colour, "width": 2.5, "dash": dash},
                           hovertext=said_along(along), hoverinfo="text")  # fmt: skip
    layout.apply(figure, palette, height=height, x=x, y="Error, in the unit of the target")
    return figure.update_yaxes(rangemode="tozero")


def deciles(
    by_prediction: Along, by_truth: Along, palette: Palette, *, height: int = layout.SHORT
) -> go.Figure:
    """Draw the mean error in tenths of the predictions and in tenths of the true values."""
    figure = go.Figure()
    for which, (name, along, colour) in enumerate((("tenths of the prediction", by_prediction, palette.sequence[0]), ("tenths of the truth", by_truth, palette.quiet))):  # fmt: skip
        place = list(range(1, along.bias.size + 1))
        reach = np.where(np.isnan(along.bias_high), 0.0, along.bias_high - along.bias)
        figure.add_bar(name=name, x=place, y=along.bias, marker={"color": colour}, hovertext=said_along(along), hoverinfo="text",
                       customdata=[["tenth", which, i] for i in range(along.bias.size)], unselected={"marker": {"opacity": 1}}, error_y={"type": "data", "array": reach, "color": palette.text, "thickness": 1, "width": 0})  # fmt: skip
    layout.apply(figure, palette, height=height, x="Tenth, from the lowest to the highest", y="Mean of prediction minus truth")  # fmt: skip
    figure.update_xaxes(dtick=1)
    return figure.update_layout(barmode="group", bargap=0.25, clickmode="event+select", hovermode="closest")


def gaps(low: FloatArray, high: FloatArray, rows: FloatArray, band: tuple[FloatArray, FloatArray], palette: Palette, *, height: int = layout.SHORT) -> go.Figure:  # fmt: skip
    """Draw how many truths lie between the predicted quantiles, against what perfect quantiles would give."""
    figure = go.Figure()
    wide, total = high - low, rows.sum() or 1.0
    middle = (low + high) / 2
    figure.add_bar(name="truths", x=middle, y=rows / total / wide, width=wide, marker={"color": layout.faded(palette.sequence[0], 0.7), "line": {"width": 1, "color": palette.surface}},
                   customdata=rows, hovertemplate="%{customdata:,.6~g} rows<extra></extra>")  # fmt: skip
    half = [(end / total / wide) for end in band]
    figure.add_scatter(name="perfect quantiles, 95%", x=middle, y=np.ones(middle.size), mode="markers", marker={"symbol": "line-ew", "size": 9, "line": {"width": 2, "color": palette.text}},
                       error_y={"type": "data", "symmetric": False, "array": half[1] - 1, "arrayminus": 1 - half[0], "color": palette.text, "thickness": 1.5, "width": 4}, hoverinfo="skip")  # fmt: skip
    layout.apply(figure, palette, height=height, x="Share below, as predicted", y="Density of the truths")
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    return figure.update_yaxes(rangemode="tozero")
