"""Series down, steps ahead or hours across: a coloured cell for each pair, one hue for how much, two for which way.

A heatmap answers no click, so invisible squares lie on it; ``hoverdistance=-1`` picks the nearest one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.charts import layout
from app.charts.column_pairs import short
from app.charts.rate_scale import rate_scale
from app.palette import Palette
from metrics_core.tally.outcomes import FloatArray

_ROW, _AROUND, _LOWEST = 21, 128, 190
_PALE = 0.4
#: What marks a cell of few rows, and one whose sign is clear.
FEW_MARK, CLEAR_MARK = "∘", "●"
# From the middle outwards: how strong the hue is; and how many colours a scale of two hues is made of.
_AWAY, _STRENGTHS = (0.25, 0.6, 1.0), (0.3, 0.62, 1.0)
_STOPS = 41


@dataclass(frozen=True)
class Colours:
    """How values become colours.

    Attributes
    ----------
    title : str
        Of the scale.
    low, high : float
        Its ends; what lies beyond has the colour of the end.
    middle : float, optional
        Where two hues part; None for one hue from ``low`` to ``high``.
    share : bool
        Whether the values are shares.
    """

    title: str
    low: float
    high: float
    middle: float | None = None
    share: bool = False


def colours_of(value: FloatArray, title: str, *, few: NDArray[np.bool_], middle: float | None = None, share: bool = False) -> Colours:  # fmt: skip
    """Choose the ends of a scale: the outermost fiftieth of the cells does not take the colour from the others.

    Parameters
    ----------
    value : (S, H) float64
    title : str
    few : (S, H) bool
        Cells of few rows, which do not stretch the scale unless all are such.
    middle : float, optional
    share : bool
    """
    known = ~np.isnan(value)
    counted = value[known & ~few] if (known & ~few).any() else value[known]
    away = np.abs(counted - middle) if middle is not None else counted
    top = float(np.quantile(away, 0.98)) if away.size else 0.0
    top = top if top > 0 else float(away.max(initial=0.0)) or 1.0
    if middle is None:
        return Colours(title, 0.0, top, share=share)
    high = min(middle + top, 1.0) if share else middle + top
    return Colours(title, middle - top, high, middle, share)


def cells_figure(
    value: FloatArray,
    names: Sequence[str],
    columns: Sequence[str],
    palette: Palette,
    *,
    colours: Colours,
    titles: tuple[str, str],
    hover: Callable[[int, int], str],
    pale: NDArray[np.bool_] | None = None,
    marks: NDArray[np.str_] | None = None,
) -> go.Figure:
    """Draw a table of cells; one without a value stays blank.

    Parameters
    ----------
    value : (S, H) float64
        NaN where there is none.
    names, columns : sequence of str
        Of the rows and the columns.
    palette : Palette
    colours : Colours
    titles : (str, str)
        Of the axis across and the axis down.
    hover : callable
        What the mouse reads at a row and a column; markup.
    pale : (S, H) bool, optional
        Cells in weak colours.
    marks : (S, H) str, optional
        A sign written into each cell; empty for none.

    Returns
    -------
    plotly Figure
        The trace ``values`` holds the values, ``pale`` those in weak colours, ``marks`` the signs; ``cells`` carries
        ``["cell", row, column]`` as ``customdata``.
    """
    weak = np.zeros(value.shape, dtype=bool) if pale is None else pale
    figure = go.Figure()
    for name, part, strength in (("values", ~weak, 1.0), ("pale", weak, _PALE)):
        part = part & ~np.isnan(value)
        if name == "values" or part.any():
            figure.add_heatmap(name=name, z=np.where(part, value, np.nan), x=list(range(len(columns))), y=list(range(len(names))), zmin=colours.low, zmax=colours.high,
                               colorscale=_scale(colours, palette, strength), xgap=1.5, ygap=1.5, hoverinfo="skip",
                               showscale=(name == "values") == bool((~weak & ~np.isnan(value)).any()), colorbar=_bar(colours, palette))  # fmt: skip
    if marks is not None and (marks != "").any():
        figure.add_trace(_written(value, marks, weak, colours, palette))
    figure.add_trace(_targets(value, hover, palette))
    layout.apply(figure, palette, height=max(_LOWEST, _ROW * len(names) + _AROUND))
    axis: dict[str, Any] = {"tickmode": "array", "showgrid": False, "showline": False, "tickfont": {"size": 12, "color": palette.text}}  # fmt: skip
    figure.update_xaxes(axis | {"side": "top", "tickvals": list(range(len(columns))), "ticktext": list(columns), "range": [-0.5, len(columns) - 0.5],
                                "title_text": titles[0], "title_standoff": 6, "autotickangles": [0, 45, 90]})  # fmt: skip
    figure.update_yaxes(axis | {"tickvals": list(range(len(names))), "ticktext": [short(name) for name in names], "range": [len(names) - 0.5, -0.5],
                                "title_text": titles[1]})  # fmt: skip
    return figure.update_layout(plot_bgcolor=layout.faded(palette.quiet, 0.05), hoverdistance=-1, clickmode="event+select", showlegend=False,
                                margin={"l": 4, "r": 8, "t": 8, "b": 62})  # fmt: skip


def cell_clicked(event: Mapping[str, Any] | None, shape: tuple[int, int]) -> tuple[int, int] | None:
    """Return row and column of the clicked cell; None when the click cleared the selection.

    Parameters
    ----------
    event : mapping, optional
        What the widget of the chart holds.
    shape : (int, int)
        Rows and columns that were drawn.
    """
    points = event["selection"]["points"] if event else []
    match points[0].get("customdata") if points else None:
        case ["cell", int() as i, int() as j] if 0 <= i < shape[0] and 0 <= j < shape[1]:
            return i, j
    return None


def _scale(colours: Colours, palette: Palette, strength: float) -> list[list[Any]]:
    """Return places from 0 to 1 and their colours."""
    if colours.middle is None:
        if strength == 1:
            return rate_scale(palette)
        return [[at, layout.blended(str(c), palette.surface, strength)] for at, c in rate_scale(palette)]
    away = max(colours.middle - colours.low, colours.high - colours.middle)
    places = np.linspace(0.0, 1.0, _STOPS)
    from_middle = (colours.low + places * (colours.high - colours.low) - colours.middle) / away
    return [[float(at), _two_hues(float(d), palette, strength)] for at, d in zip(places, from_middle, strict=True)]  # fmt: skip


def _two_hues(away: float, palette: Palette, strength: float) -> str:
    """Return the colour of a place between -1 and 1: one hue below 0, another one above, equally strong as far out."""
    hue = palette.sequence[0] if away > 0 else palette.sequence[1]
    middle = layout.blended(palette.quiet, palette.surface, 0.1)
    nearest = layout.blended(hue, palette.surface, strength * _STRENGTHS[0])
    if abs(away) < _AWAY[0]:
        return layout.blended(nearest, middle, abs(away) / _AWAY[0])
    return layout.blended(hue, palette.surface, strength * float(np.interp(abs(away), _AWAY, _STRENGTHS)))


def _bar(colours: Colours, palette: Palette) -> dict[str, Any]:
    """Return the look of the scale, which lies below the figure at its right."""
    form = {"tickformat": ".0%" if colours.high - colours.low > 0.05 else ".1%"} if colours.share else {"tickformat": ".3~g"}  # fmt: skip
    places: dict[str, Any] = {"nticks": 4}
    if colours.middle is not None:
        places = {"tickmode": "array", "tickvals": [colours.low, colours.middle, colours.high]}
    return {
        "orientation": "h", "len": 0.4 if colours.middle is None else 0.55, "lenmode": "fraction", "thickness": 8, "outlinewidth": 0, "ypad": 6, "xpad": 0,
        "x": 0.97, "xanchor": "right", "y": 0, "yanchor": "top", "tickfont": {"size": 11, "color": palette.quiet},
        "title": {"text": colours.title, "side": "top", "font": {"size": 12, "color": palette.quiet}},
    } | form | places  # fmt: skip


def _written(value: FloatArray, marks: NDArray[np.str_], weak: NDArray[np.bool_], colours: Colours, palette: Palette) -> go.Scatter:  # fmt: skip
    """Write the signs, dark on light or light on dark."""
    i, j = np.nonzero((marks != "") & ~np.isnan(value))
    grounds = [_ground(float(v), bool(p), colours, palette) for v, p in zip(value[i, j], weak[i, j], strict=True)]  # fmt: skip
    inks = [layout.readable(ground, palette.text, palette.surface) for ground in grounds]
    return go.Scatter(name="marks", x=j, y=i, mode="text", text=marks[i, j].tolist(), hoverinfo="skip", showlegend=False,
                      textfont={"size": 10, "color": inks}, selected={"textfont": {"color": palette.text}})  # fmt: skip


def _ground(value: float, weak: bool, colours: Colours, palette: Palette) -> str:
    """Return the colour of a cell: that of the nearest place of its scale."""
    place = (value - colours.low) / (colours.high - colours.low)
    scale = _scale(colours, palette, _PALE if weak else 1.0)
    return str(min(scale, key=lambda stop: abs(float(stop[0]) - min(max(place, 0.0), 1.0)))[1])


def _targets(value: FloatArray, hover: Callable[[int, int], str], palette: Palette) -> go.Scatter:
    """Lay an invisible square over each cell for hover and click."""
    at = [(i, j) for i in range(value.shape[0]) for j in range(value.shape[1])]
    return go.Scatter(
        name="cells",
        x=[j for _, j in at],
        y=[i for i, _ in at],
        mode="markers",
        marker={"symbol": "square", "size": 18, "color": "rgba(0,0,0,0)"},
        customdata=[["cell", i, j] for i, j in at],
        hovertext=[hover(i, j) for i, j in at],
        hoverinfo="text",
        showlegend=False,
        selected={"marker": {"color": layout.faded(palette.accent, 0.35)}},
        unselected={"marker": {"color": "rgba(0,0,0,0)"}},
    )
