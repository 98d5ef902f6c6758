"""A metric along the steps ahead: the model with its band, beside the naive forecasts."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app import numbers
from app.charts import layout
from app.palette import Palette
from metrics_core.forecast_boards import Across
from metrics_core.forecast_horizons import ByStep
from metrics_core.tally.outcomes import FloatArray

#: Points up to which each has a dot.
_DOTS = 60
#: Steps up to which each has a tick.
_TICKS = 30
_NAMES = {"naive": "naive", "seasonal": "seasonal naive"}


def steps_figure(found: ByStep, palette: Palette, *, model: str, title: str, unit: str, season: int) -> go.Figure:  # fmt: skip
    """Draw a metric along the steps ahead.

    Parameters
    ----------
    found : ByStep
    palette : Palette
    model : str
        Its name.
    title : str
        Of the upright axis.
    unit : {"share", "number"}
        Of the metric.
    season : int
        With one of 1 both naive forecasts are the same, and one is drawn.

    Returns
    -------
    plotly Figure
        The traces ``band`` (where there is one), ``naive`` and ``seasonal`` (where known) and ``model``, whose dots carry
        ``["step", column]`` as ``customdata``.
    """
    at = middles(found)
    figure = go.Figure()
    add_band(figure, at, found.low, found.high, palette.sequence[0])
    for name, dash, colour in (("naive", "dash", palette.quiet), ("seasonal", "dot", palette.sequence[1])):
        values: FloatArray = getattr(found, name)
        if np.isnan(values).all() or (name == "seasonal" and season == 1):
            continue
        figure.add_scatter(name=_NAMES[name], x=at, y=values, mode="lines", hoverinfo="skip", line={"color": colour, "width": 2, "dash": dash})  # fmt: skip
    figure.add_scatter(
        name=model, x=at, y=found.value, mode="lines+markers", line={"color": palette.sequence[0], "width": 2.5},
        marker={"size": 7 if at.size <= _DOTS else 3}, customdata=[["step", j] for j in range(at.size)],
        hovertext=[_hover(found, j, unit, season) for j in range(at.size)], hoverinfo="text",
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
    )  # fmt: skip
    straight = found.level if found.metric == "coverage" else 0.0 if found.metric == "bias" else None
    if straight is not None:
        figure.add_hline(y=straight, line={"color": palette.text, "width": 1.2, "dash": "dash"})
        if found.metric == "coverage":
            figure.add_annotation(x=1, xref="paper", xanchor="right", y=straight, yanchor="bottom", showarrow=False,
                                  text=f"promised {numbers.share(straight)}", font={"size": 12, "color": palette.quiet})  # fmt: skip
    layout.apply(figure, palette, height=320, x=found.across.title, y=title)
    figure.update_yaxes(tickformat=".0%" if unit == "share" else None, rangemode="normal" if straight is not None else "tozero")  # fmt: skip
    steps_axis(figure, found.across)
    return figure.update_layout(clickmode="event+select")


def add_band(figure: go.Figure, at: FloatArray, low: FloatArray, high: FloatArray, colour: str) -> None:
    """Lay a band under a line where its ends are known; nothing where no end is.

    Parameters
    ----------
    figure : plotly Figure
    at, low, high : (H,) float64
    colour : str
    """
    held: NDArray[np.bool_] = ~np.isnan(low) & ~np.isnan(high)
    if held.any():
        figure.add_scatter(name="95% interval", x=np.concatenate([at[held], at[held][::-1]]), y=np.concatenate([high[held], low[held][::-1]]), mode="lines",
                           fill="toself", fillcolor=layout.faded(colour, 0.18), line={"width": 0}, hoverinfo="skip")  # fmt: skip


def steps_axis(figure: go.Figure, across: Across) -> None:
    """Give an axis of steps ahead a tick at each of them where there is room, and at whole ones where not."""
    few = across.low.size <= _TICKS
    ticks = {"tickmode": "array", "tickvals": (across.low + across.high) / 2, "ticktext": across.labels} if few else {}  # fmt: skip
    figure.update_xaxes(showgrid=False, **ticks)


def middles(found: ByStep) -> FloatArray:
    """Return where each column lies on the axis."""
    return np.asarray((found.across.low + found.across.high) / 2)


def _hover(found: ByStep, j: int, unit: str, season: int) -> str:
    """Write what the mouse reads."""
    steps = found.across.labels[j]
    lines = [
        f"<b>{steps} {'step' if steps == '1' else 'steps'} ahead: {numbers.by_unit(float(found.value[j]), unit)}</b>",
        "" if np.isnan(found.low[j]) else f"95% interval {numbers.interval(float(found.low[j]), float(found.high[j]), unit)}",
    ]  # fmt: skip
    for name, skill in (("naive", found.skill_naive[j]), ("seasonal", found.skill_seasonal[j])):
        if not np.isnan(skill) and not (name == "seasonal" and season == 1):
            value = float(getattr(found, name)[j])
            own = "" if np.isnan(value) else f" {numbers.by_unit(value, unit)},"
            lines.append(f"{_NAMES[name]}:{own} {numbers.share(abs(float(skill)))} {'less' if skill >= 0 else 'more'} absolute error than it")  # fmt: skip
    return "<br>".join(line for line in [*lines, numbers.rows(int(found.rows[j]))] if line)
