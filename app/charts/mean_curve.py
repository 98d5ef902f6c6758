"""The mean of the truths along the prediction."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.palette import Palette
from metrics_core.number_calibration import MeanCurve, MeanLine

#: Steps that are drawn at most.
_MOST_STEPS = 1000


def mean_curve_figure(found: MeanCurve, line: MeanLine, palette: Palette, *, target: str, height: int = layout.TALL) -> go.Figure:  # fmt: skip
    """Draw the rising curve of the means, the straight line through all rows, and where chance puts the curve.

    Parameters
    ----------
    found : MeanCurve
    line : MeanLine
    palette : Palette
    target : str
        Name of the true value.
    height : int

    Returns
    -------
    plotly Figure
        The traces ``chance``, ``exact``, ``straight line`` (where there is one) and ``mean``.
    """
    figure = go.Figure()
    at = np.concatenate([found.band_at, found.band_at[::-1]])
    figure.add_scatter(name="right on average, 90% by chance", x=at, y=np.concatenate([found.band_high, found.band_low[::-1]]), mode="lines",
                       fill="toself", fillcolor=layout.faded(palette.quiet, 0.22), line={"width": 0}, hoverinfo="skip")  # fmt: skip
    ends = np.array([float(found.low[0]), float(found.high[-1])])
    figure.add_scatter(name="right on average", x=ends, y=ends, mode="lines", hoverinfo="skip", line={"color": palette.text, "width": 1.5, "dash": "dash"})  # fmt: skip
    if not line.reason:
        figure.add_scatter(name="straight line", x=ends, y=line.intercept + line.slope * ends, mode="lines", hoverinfo="skip",
                           line={"color": palette.sequence[1], "width": 1.5, "dash": "dot"})  # fmt: skip
    kept = np.unique(np.linspace(0, found.value.size - 1, _MOST_STEPS).round().astype(np.int64))
    low, high, value, rows = (x[kept] for x in (found.low, found.high, found.value, found.rows))
    said = [f"predicted {numbers.number(float(a))} to {numbers.number(float(b))}<br>{numbers.rows(int(n))}<br>mean of the truths {numbers.number(float(v))}"
            for a, b, v, n in zip(low, high, value, rows, strict=True)]  # fmt: skip
    figure.add_scatter(name="mean of the truths", x=np.stack([low, high], 1).ravel(), y=np.repeat(value, 2), mode="lines",
                       line={"color": palette.sequence[0], "width": 2.5}, hovertext=[text for text in said for _ in range(2)], hoverinfo="text")  # fmt: skip
    return layout.apply(figure, palette, height=height, x="Predicted", y=f"Mean of actual {target}")
