"""How far the losses of two models lie apart, along the steps ahead."""

from __future__ import annotations

from html import escape

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.charts.forecast_steps import add_band, steps_axis
from app.palette import Palette
from metrics_core.forecast_pairs import LossTest

_DOTS = 60


def difference_figure(found: LossTest, models: tuple[str, str], palette: Palette, *, title: str) -> go.Figure:
    """Draw the mean difference of the losses at each number of steps ahead with its interval; below 0 the first model is better.

    Parameters
    ----------
    found : LossTest
        With steps ahead.
    models : (str, str)
        The first model, and the one whose loss is subtracted.
    palette : Palette
    title : str
        Of the upright axis.

    Returns
    -------
    plotly Figure
        The traces ``band`` (where an interval is known) and ``difference``, whose dots are filled where the interval leaves
        0 out.
    """
    assert found.across is not None  # the caller says that there is nothing to draw
    at = np.asarray((found.across.low + found.across.high) / 2)
    sure = (found.low > 0) | (found.high < 0)
    figure = go.Figure()
    add_band(figure, at, found.low, found.high, palette.sequence[2])
    figure.add_scatter(
        name="difference", x=at, y=found.mean, mode="lines+markers", showlegend=False, line={"color": palette.sequence[2], "width": 2.5},
        marker={"size": 8 if at.size <= _DOTS else 4, "color": [palette.sequence[2] if s else palette.surface for s in sure], "line": {"color": palette.sequence[2], "width": 2}},
        hovertext=[_hover(found, j, models) for j in range(at.size)], hoverinfo="text",
    )  # fmt: skip
    figure.add_hline(y=0, line={"color": palette.text, "width": 1.2, "dash": "dash"})
    for y, anchor, text in ((1, "top", f"{models[1]} better ▲"), (0, "bottom", f"{models[0]} better ▼")):
        figure.add_annotation(x=1, xref="paper", xanchor="right", y=y, yref="paper", yanchor=anchor, showarrow=False,
                              text=_safe(text), font={"size": 12, "color": palette.quiet})  # fmt: skip
    low, high = _reach(found)
    layout.apply(figure, palette, height=340, x=found.across.title, y=title)
    figure.update_yaxes(range=[low, high])
    steps_axis(figure, found.across)
    return figure


def _safe(text: str) -> str:
    """Make a name of the user's safe inside a figure."""
    return escape(text if len(text) <= 40 else f"{text[:38]}…")


def _reach(found: LossTest) -> tuple[float, float]:
    """Let the axis hold 0 and what is drawn, with room for the words at either end."""
    ends = np.concatenate([found.mean, found.low, found.high, [0.0]])
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    room = 0.16 * ((high - low) or 1.0)
    return low - room, high + room


def _hover(found: LossTest, j: int, models: tuple[str, str]) -> str:
    """Write what the mouse reads."""
    assert found.across is not None
    steps, d = found.across.labels[j], float(found.mean[j])
    better = _safe(models[0] if d < 0 else models[1])
    p = float(found.p[j])
    what = "origins" if found.tests else "series"
    lines = [
        f"<b>{steps} {'step' if steps == '1' else 'steps'} ahead</b>",
        "no difference" if d == 0 else "no forecast of both" if np.isnan(d) else f"{better} loses {numbers.number(abs(d))} less",
        "" if np.isnan(found.low[j]) else f"95% interval {numbers.number(float(found.low[j]))} to {numbers.number(float(found.high[j]))}",
        "" if np.isnan(p) else f"p {'< 0.001' if p < 0.001 else f'= {p:.2g}'}",
        f"{found.n[j]:,} {what}",
        found.tests[j].reason if found.tests else "",
    ]  # fmt: skip
    return "<br>".join(line for line in lines if line)
