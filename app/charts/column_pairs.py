"""Two columns against each other: a cell for every pair of groups, coloured by the rate, with its rows as the number.

A heatmap answers no click, so invisible squares lie on it; ``hoverdistance=-1`` picks the nearest one.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from math import isnan
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.charts.rate_scale import color_bar, fill, rate_scale
from app.palette import Palette
from metrics_core.column_pairs import ColumnPair
from metrics_core.group_means import SMALL

_ROW, _AROUND = 36, 150
_LONGEST = 22
#: Columns up to which a cell holds its number in full.
IN_FULL = 12


def pair_figure(pair: ColumnPair, palette: Palette) -> go.Figure:
    """Draw the table; a pair without rows stays blank.

    Parameters
    ----------
    pair : ColumnPair
    palette : Palette

    Returns
    -------
    plotly Figure
        The trace ``rates`` holds the values, ``rows`` the numbers in the cells, those of fewer than 30 rows in
        parentheses; ``cells`` carries ``[row, column]`` as ``customdata``.
    """
    n_rows, n_columns = pair.rows.shape
    top = scale_top(pair)
    held = pair.rows > 0
    figure = go.Figure()
    figure.add_heatmap(
        name="rates", z=np.where(held, pair.value, np.nan), x=list(range(n_columns)), y=list(range(n_rows)), zmin=0.0, zmax=top,
        colorscale=rate_scale(palette), xgap=2, ygap=2, hoverinfo="skip",
        colorbar=color_bar(f"Colour: {pair.label.lower()}", share=pair.unit == "share", top=top, palette=palette, length=0.35),
    )  # fmt: skip
    figure.add_trace(_written(pair, top, palette))
    figure.add_trace(_targets(pair, palette))
    layout.apply(figure, palette, height=max(layout.SHORT, _ROW * n_rows + _AROUND))
    first, second = pair.names()
    axis: dict[str, Any] = {
        "tickmode": "array",
        "showgrid": False,
        "showline": False,
        "tickfont": {"size": 12.5, "color": palette.text},
    }
    figure.update_xaxes(axis | {"side": "top", "tickvals": list(range(n_columns)), "ticktext": [short(x) for x in second], "range": [-0.5, n_columns - 0.5],
                                "title_text": short(pair.second), "autotickangles": [0, 45, 90]})  # fmt: skip
    figure.update_yaxes(axis | {"tickvals": list(range(n_rows)), "ticktext": [short(x) for x in first], "range": [n_rows - 0.5, -0.5],
                                "title_text": short(pair.first)})  # fmt: skip
    return figure.update_layout(plot_bgcolor=layout.faded(palette.quiet, 0.05), hoverdistance=-1, clickmode="event+select", showlegend=False,
                                margin={"l": 4, "r": 8, "t": 8, "b": 62})  # fmt: skip


def clicked(event: Mapping[str, Any] | None, pair: ColumnPair) -> tuple[int, int] | None:
    """Return row and column of the clicked cell; None when the click cleared the selection.

    Parameters
    ----------
    event : mapping, optional
        What the widget of the chart holds.
    pair : ColumnPair
        The table that was drawn.
    """
    points = event["selection"]["points"] if event else []
    found = points[0].get("customdata") if points else None
    if not isinstance(found, list | tuple) or len(found) != 2:
        return None
    i, j = found
    return (i, j) if 0 <= i < pair.rows.shape[0] and 0 <= j < pair.rows.shape[1] else None


def scale_top(pair: ColumnPair) -> float:
    """Return the upper end of the scale: the highest rate of a cell that is not small, or of any when all are."""
    large = pair.value[pair.rows >= SMALL]
    known = large[~np.isnan(large)] if large.size else pair.value[~np.isnan(pair.value)]
    return float(known.max(initial=0.0)) or 1.0


def _written(pair: ColumnPair, top: float, palette: Palette) -> go.Scatter:
    """Write the rows of every cell, dark on light or light on dark."""
    i, j = np.nonzero(pair.rows)
    n, value = pair.rows[i, j].tolist(), pair.value[i, j].tolist()
    crowded = pair.rows.shape[1] > IN_FULL
    texts = [_number(x, crowded) if x >= SMALL else f"({x})" for x in n]
    inks = [layout.readable(fill(v, 0.0, top, palette), palette.text, palette.surface) for v in value]
    return go.Scatter(
        name="rows", x=j, y=i, mode="text", text=texts, hoverinfo="skip", showlegend=False,
        textfont={"size": 11 if crowded else 12.5, "color": inks}, selected={"textfont": {"color": palette.text}},
    )  # fmt: skip


def _number(n: int, crowded: bool) -> str:
    """Write how many rows, shortened where cells are narrow."""
    return f"{n / 1000:.3g}k" if crowded and n >= 1000 else numbers.count(n)


def _targets(pair: ColumnPair, palette: Palette) -> go.Scatter:
    """Lay an invisible square over each cell for hover and click."""
    at = [(i, j) for i in range(pair.rows.shape[0]) for j in range(pair.rows.shape[1])]
    return go.Scatter(
        name="cells",
        x=[j for _, j in at],
        y=[i for i, _ in at],
        mode="markers",
        marker={"symbol": "square", "size": 30, "color": "rgba(0,0,0,0)"},
        customdata=[[i, j] for i, j in at],
        hovertext=[_hover(pair, i, j) for i, j in at],
        hoverinfo="text",
        showlegend=False,
        selected={"marker": {"color": layout.faded(palette.accent, 0.3)}},
        unselected={"marker": {"color": "rgba(0,0,0,0)"}},
    )


def _hover(pair: ColumnPair, i: int, j: int) -> str:
    """Write what the mouse reads."""
    first, second = pair.names()
    head = f"<b>{escape(pair.first)}: {short(first[i])}<br>{escape(pair.second)}: {short(second[j])}</b>"
    if not pair.rows[i, j]:
        return f"{head}<br>no rows"
    value, low, high, rest, q = (float(x[i, j]) for x in (pair.value, pair.low, pair.high, pair.rest, pair.q))
    tested = "too few rows to be tested" if isnan(q) else f"q {'< 0.001' if q < 0.001 else f'{q:.2g}'}"
    lines = [
        head,
        f"{pair.label} {numbers.by_unit(value, pair.unit)}",
        "" if isnan(low) else f"95% interval {numbers.interval(low, high, pair.unit)}",
        "" if isnan(rest) else f"all other rows {numbers.by_unit(rest, pair.unit)}, {tested}",
        f"{numbers.rows(int(pair.rows[i, j]))}, {numbers.share(float(pair.share_of_total[i, j]))} of all {pair.failures}",
        "Click to choose" if pair.where(i, j) is not None else "",
    ]
    return "<br>".join(line for line in lines if line)


def short(label: str) -> str:
    """Cut a long name and make it safe."""
    return escape(label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…")
