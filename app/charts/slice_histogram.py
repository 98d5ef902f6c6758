"""How the values of many slices spread: one bar a range of values, beside what the metric is on all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app import numbers
from app.charts import layout
from app.palette import Palette

MOST_BARS = 24


def bins_of(values: Sequence[float]) -> NDArray[np.float64]:
    """Return the edges of the bars: round numbers, about as many as the square root of the slices asks for.

    Parameters
    ----------
    values : sequence of float
        At least one that is not NaN.

    Examples
    --------
    >>> bins_of([0.02, 0.11, 0.31]).tolist()
    [0.0, 0.1, 0.2, 0.3, 0.4]
    """
    known = np.asarray([v for v in values if v == v], dtype=np.float64)
    low, high = float(known.min()), float(known.max())
    wanted = min(MOST_BARS, max(4, round(2 * known.size**0.5)))
    # what differs by less than that is drawn as one
    rough = max((high - low or abs(high) or 1.0) / wanted, 1e-6 * max(abs(low), abs(high)), 1e-9)
    power = 10.0 ** np.floor(np.log10(rough))
    step = float(power * min((m for m in (1, 2, 5, 10) if m * power >= rough * 0.999), default=10))
    first, last = int(np.floor(low / step + 1e-9)), int(np.floor(high / step + 1e-9)) + 1
    return np.round(np.arange(first, last + 1) * step, 12)


def slice_histogram(
    values: Sequence[float],
    whole: float,
    label: str,
    unit: str,
    palette: Palette,
    *,
    chosen: int | None = None,
) -> go.Figure:
    """Draw the figure.

    Parameters
    ----------
    values : sequence of float
        Of the slices; NaN are left out, and at least one is not.
    whole : float
        The metric of all rows.
    label, unit : str
        Of the metric.
    palette : Palette
    chosen : int, optional
        The bar that the table is narrowed to.

    Returns
    -------
    plotly Figure
        One trace of bars with the place of each as ``customdata``.
    """
    edges = bins_of(values)
    known = np.asarray([v for v in values if v == v])
    counts = np.bincount(place_of(known, edges), minlength=edges.size - 1)
    pairs = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    faded = layout.blended(palette.accent, palette.surface, 0.35)
    figure = go.Figure(go.Bar(
        x=(edges[:-1] + edges[1:]) / 2, y=counts, width=np.diff(edges), customdata=list(range(counts.size)),
        marker={"color": [palette.accent if chosen in (None, i) else faded for i in range(counts.size)],
                "line": {"width": 1, "color": palette.surface}},
        hovertext=[f"<b>{n} slice{'s' if n != 1 else ''}</b><br>{label} from {numbers.by_unit(a, unit)} to below {numbers.by_unit(b, unit)}<br>Click to list them"
                   for n, (a, b) in zip(counts.tolist(), pairs, strict=True)],
        hoverinfo="text", unselected={"marker": {"opacity": 1}}, name="slices",
    ))  # fmt: skip
    layout.apply(figure, palette, height=layout.SHORT - 60, x=label, y="Slices")
    if whole == whole:
        figure.add_vline(x=whole, line={"color": palette.quiet, "width": 1.4, "dash": "dot"})
        figure.add_annotation(x=whole, y=1, yref="paper", yanchor="bottom", showarrow=False, text=f"all rows {numbers.by_unit(whole, unit)}",
                              font={"size": 11, "color": palette.quiet})  # fmt: skip
    narrow = edges[1] - edges[0] < 0.01
    figure.update_xaxes(tickformat=(".1%" if narrow else ".0%") if unit == "share" else None, showgrid=False, range=[edges[0], edges[-1]])  # fmt: skip
    figure.update_yaxes(rangemode="tozero", tickformat="d", nticks=4)
    return figure.update_layout(clickmode="event+select", bargap=0, showlegend=False, margin={"t": 20})


def place_of(values: Any, edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Tell in which bar each value is counted; a bar holds its lower edge, the last one both."""
    at = np.searchsorted(edges, np.asarray(values, dtype=np.float64), side="right") - 1
    return np.clip(at, 0, edges.size - 2)


def clicked(event: Mapping[str, Any] | None) -> int | None:
    """Return the bar that was clicked; None when the click cleared the selection."""
    points = event["selection"]["points"] if event else []
    place = points[0].get("customdata") if points else None
    place = place[0] if isinstance(place, list | tuple) and len(place) == 1 else place
    return place if isinstance(place, int) else None
