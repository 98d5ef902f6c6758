"""The error tree as an indented list, a line a node, with its rate and interval beside it.

The tank before a node is filled by its share of all errors, in the colour of its rate. A list fits a narrow page, where the
boxes of a branching tree would not hold their words.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from math import isnan
from typing import Any

import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.charts.rate_scale import color_bar, fill, rate_scale
from app.palette import Palette
from metrics_core.error_tree import ErrorTree, TreeNode

# Pixels of a line and of what lies around them; parts of the figure's width.
_LINE, _AROUND = 60, 118
_TREE, _RATES = 0.62, 0.65
_INDENT, _TANK, _HALF = 0.055, 0.035, 0.4
_LONGEST = 42
# Places along a line, in parts of the tree's width, where a click finds it.
_TARGETS = (0.0, 0.25, 0.5, 0.75, 1.0)


def error_tree_figure(tree: ErrorTree, palette: Palette, *, chosen: int | None = None) -> go.Figure:
    """Draw the tree.

    Parameters
    ----------
    tree : ErrorTree
    palette : Palette
    chosen : int, optional
        The node that is marked.

    Returns
    -------
    plotly Figure
        The traces ``nodes`` (the lines) and ``rates`` (a dot with its interval for each node) carry the place in
        ``tree.nodes`` as ``customdata``.
    """
    at = lines_of(tree)
    top = max((n.value for n in tree.nodes if not isnan(n.value)), default=1.0) or 1.0
    shapes = [_all_rows(tree, palette)]
    for node in tree.nodes:
        shapes += [_branch(tree.nodes[node.parent], node, at, palette)] if node.parent >= 0 else []
        shapes += _line(node, at[node.index], top, palette, marked=node.index == chosen)
    figure = go.Figure([_rates(tree, at, top, palette), _targets(tree, at)])
    figure.update_layout(shapes=shapes, annotations=[a for n in tree.nodes for a in _texts(tree, n, at[n.index], palette)])  # fmt: skip
    layout.apply(figure, palette, height=_LINE * len(tree.nodes) + _AROUND)
    hidden = {"showgrid": False, "showticklabels": False, "showline": False, "automargin": False}
    share = tree.unit == "share"
    low, high = _span(tree)
    figure.update_layout(
        xaxis={**hidden, "domain": [0, _TREE], "range": [-0.01, 1.01]},
        xaxis2={"domain": [_RATES, 1], "anchor": "y", "range": [low, high], "nticks": 5, "title_text": tree.label, "side": "top",
                "tickformat": (".0%" if high > 0.04 else ".1%") if share else None},
    )  # fmt: skip
    figure.update_yaxes(range=[len(tree.nodes) - 0.5, -0.5], **hidden)
    return figure.update_layout(hoverdistance=-1, clickmode="event+select", showlegend=False, margin={"l": 2, "r": 10, "t": 4, "b": 62})  # fmt: skip


def clicked(event: Mapping[str, Any] | None, tree: ErrorTree) -> TreeNode | None:
    """Return the node that was clicked; None when the click cleared the selection.

    Parameters
    ----------
    event : mapping, optional
        What the widget of the chart holds.
    tree : ErrorTree
        The tree that was drawn.
    """
    points = event["selection"]["points"] if event else []
    place = points[0].get("customdata") if points else None
    place = place[0] if isinstance(place, list | tuple) and len(place) == 1 else place
    return tree.nodes[place] if isinstance(place, int) and 0 <= place < len(tree.nodes) else None


def lines_of(tree: ErrorTree) -> dict[int, int]:
    """Return the line of each node, counted from the top: a node before its children, the worse child before the other.

    Parameters
    ----------
    tree : ErrorTree
    """
    lines: dict[int, int] = {}

    def put(index: int) -> None:
        lines[index] = len(lines)
        for child in sorted(tree.nodes[index].children, key=lambda c: -tree.nodes[c].value):
            put(child)

    put(0)
    return lines


def name_of(node: TreeNode) -> str:
    """Write what sets a node apart from its sibling."""
    return node.path[-1] if node.path else "all rows"


def _start(node: TreeNode) -> float:
    """Return where the line of a node begins."""
    return _INDENT * node.depth


def _branch(parent: TreeNode, node: TreeNode, at: Mapping[int, int], palette: Palette) -> dict[str, Any]:
    """Draw the line from a parent to its child."""
    x = _start(parent) + _TANK / 2
    path = f"M {x},{at[parent.index] + _HALF} L {x},{at[node.index]} L {_start(node)},{at[node.index]}"
    return {"type": "path", "path": path, "line": {"color": layout.faded(palette.quiet, 0.5), "width": 1.3}, "layer": "below"}  # fmt: skip


def _all_rows(tree: ErrorTree, palette: Palette) -> dict[str, Any]:
    """Draw the rate of all rows as a line."""
    value = tree.nodes[0].value
    return {"type": "line", "xref": "x2", "yref": "paper", "x0": value, "x1": value, "y0": 0, "y1": 1, "layer": "below",
            "line": {"color": palette.accent, "width": 1.2, "dash": "dot"}}  # fmt: skip


def _line(node: TreeNode, line: int, top: float, palette: Palette, *, marked: bool) -> list[dict[str, Any]]:
    """Draw the tank of a node, and a frame around the one that is chosen."""
    x = _start(node)
    color = palette.grid if isnan(node.value) else fill(node.value, 0.0, top, palette)
    share = 0.0 if isnan(node.share_of_total) else min(max(node.share_of_total, 0.0), 1.0)
    high, low = line - _HALF, line + _HALF
    tank = {"type": "rect", "x0": x, "x1": x + _TANK, "y1": low, "layer": "below"}
    outline = {"color": layout.blended(palette.quiet, palette.surface, 0.6), "width": 1}
    shapes = [
        tank | {"y0": low - share * (low - high), "line": {"width": 0}, "fillcolor": color},
        tank | {"y0": high, "line": outline, "fillcolor": "rgba(0,0,0,0)"},
    ]
    if marked:
        frame = {
            "type": "rect",
            "x0": 0,
            "x1": 1,
            "xref": "paper",
            "y0": line - 0.48,
            "y1": line + 0.48,
            "layer": "below",
        }
        shapes.append(frame | {"line": {"width": 0}, "fillcolor": layout.faded(palette.accent, 0.13)})
    return shapes


def _texts(tree: ErrorTree, node: TreeNode, line: int, palette: Palette) -> list[dict[str, Any]]:
    """Write what a line says: the condition, the rate with its interval, the share of all errors."""
    rate = numbers.by_unit(node.value, tree.unit)
    span = "" if isnan(node.low) else f" ({numbers.interval(node.low, node.high, tree.unit)})"
    part = f"{numbers.share(node.share_of_total)} of {tree.failures} · {numbers.rows(node.rows)}"
    worse = "▲ " if node.clear and node.difference > 0 else "▽ " if node.clear else ""
    lines = (
        (f"<b>{short(name_of(node))}</b>", 12.5, palette.text, 17),
        (f"{worse}<b>{rate}</b>{span}{_found(node)}", 12, palette.text, 0),
        (part, 11.5, palette.quiet, -16),
    )
    return [
        {"x": _start(node) + _TANK, "y": line, "xanchor": "left", "xshift": 7, "yshift": shift, "showarrow": False, "text": text,
         "align": "left", "borderpad": 0, "font": {"size": size, "color": color}}
        for text, size, color, shift in lines
    ]  # fmt: skip


def _found(node: TreeNode) -> str:
    """Write the q-value of a node, small."""
    return "" if isnan(node.q) else f" <span style='font-size:10.5px'>q {'< .001' if node.q < 0.001 else f'{node.q:.2g}'}</span>"  # fmt: skip


def _rates(tree: ErrorTree, at: Mapping[int, int], top: float, palette: Palette) -> go.Scatter:
    """Draw the rate of each node with its interval, and hold the colour scale."""
    nodes = [n for n in tree.nodes if not isnan(n.value)]
    return go.Scatter(
        name="rates", xaxis="x2", x=[n.value for n in nodes], y=[at[n.index] for n in nodes], mode="markers",
        customdata=[n.index for n in nodes], hovertext=[_hover(tree, n) for n in nodes], hoverinfo="text", showlegend=False,
        marker={"symbol": "circle", "size": [11 if n.leaf else 8 for n in nodes], "color": [n.value for n in nodes], "cmin": 0.0, "cmax": top,
                "colorscale": rate_scale(palette), "line": {"width": 1.5, "color": palette.fn}, "showscale": True,
                "colorbar": color_bar(f"Colour: {tree.label.lower()}", share=tree.unit == "share", top=top, palette=palette, length=0.35)},
        error_x={"type": "data", "symmetric": False, "thickness": 1.5, "width": 0, "color": palette.quiet,
                 "array": [0.0 if isnan(n.high) else n.high - n.value for n in nodes],
                 "arrayminus": [0.0 if isnan(n.low) else n.value - n.low for n in nodes]},
        unselected={"marker": {"opacity": 1}},
    )  # fmt: skip


def _span(tree: ErrorTree) -> tuple[float, float]:
    """Return the ends of the axis of rates."""
    high = max((x for n in tree.nodes for x in (n.value, n.high) if not isnan(x)), default=1.0) or 1.0
    low = min((x for n in tree.nodes for x in (0.0, n.value, n.low) if not isnan(x)), default=0.0)
    pad = 0.04 * (high - low)
    return low - pad, high + pad


def _targets(tree: ErrorTree, at: Mapping[int, int]) -> go.Scatter:
    """Lay invisible points over the lines for hover and click."""
    spots = [(node, place) for node in tree.nodes for place in _TARGETS]
    clear = {"marker": {"color": "rgba(0,0,0,0)"}}
    return go.Scatter(
        name="nodes",
        x=[place for _, place in spots],
        y=[at[node.index] for node, _ in spots],
        mode="markers",
        customdata=[node.index for node, _ in spots],
        hovertext=[_hover(tree, node) for node, _ in spots],
        hoverinfo="text",
        showlegend=False,
        marker={"symbol": "square", "size": 40, "color": "rgba(0,0,0,0)"},
        selected=clear,
        unselected=clear,
    )


def _hover(tree: ErrorTree, node: TreeNode) -> str:
    """Write what the mouse reads."""
    unit = tree.unit
    q = "" if isnan(node.q) else f", q {'< 0.001' if node.q < 0.001 else f'{node.q:.2g}'}"
    lines = [
        f"<b>{'<br>and '.join(escape(step) for step in node.path) or 'all rows'}</b>",
        f"{tree.label} {numbers.by_unit(node.value, unit)}",
        "" if isnan(node.low) else f"95% interval {numbers.interval(node.low, node.high, unit)}",
        "" if isnan(node.rest) else f"all other rows {numbers.by_unit(node.rest, unit)}{q}",
        f"{numbers.share(node.share_of_total)} of all {tree.failures}",
        f"{numbers.rows(node.rows)} of the half that was not used to grow the tree",
        "Click to choose" if node.path else "",
    ]
    return "<br>".join(line for line in lines if line)


def short(text: str) -> str:
    """Cut a long condition and make it safe."""
    return escape(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
