"""One series over time: what was known, what came, and what was forecast around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app import numbers
from app.charts import layout
from app.palette import Palette
from metrics_core.forecast_cases import Timeline
from metrics_core.forecast_series import OneSeries, moment_of
from metrics_core.forecasts.grid import Step
from metrics_core.tally.outcomes import FloatArray

#: Points of the whole figure, and of the line of known values.
MOST_POINTS, MOST_KNOWN = 20_000, 8_000
#: Forecasts up to which each is marked, and origins up to which each has a line.
_MARKED, _LINES = 60, 15
_DASHES = ("dash", "dot", "dashdot", "longdash")
_ROOM = 0.06

Array = NDArray[Any]


@dataclass(frozen=True)
class Beside:
    """Another forecast of the same rows.

    Attributes
    ----------
    name : str
    values : (n,) float64
        NaN where there is none.
    naive : bool
        Whether it only repeats what was known.
    """

    name: str
    values: FloatArray
    naive: bool = False


def points_needed(rows: int, bands: int, beside: int) -> int:
    """Count the points of so many forecasts."""
    return rows * (2 + 2 * bands + beside)


def series_figure(
    series: OneSeries,
    rows: NDArray[np.int64],
    palette: Palette,
    *,
    name: str,
    target: str,
    bands: Sequence[tuple[float, FloatArray, FloatArray]] = (),
    beside: Sequence[Beside] = (),
    known_from: int | None = None,
    gaps: bool = True,
    height: int = layout.TALL,
) -> go.Figure:
    """Draw a series with its forecasts.

    Parameters
    ----------
    series : OneSeries
    rows : (m,) int64
        Which of its forecasts are drawn, by origin and then moment.
    palette : Palette
    name : str
        Of the model.
    target : str
        Of the true value.
    bands : sequence of (float, (n,) float64, (n,) float64)
        Level, lower and upper ends of predicted intervals, of all forecasts of the series.
    beside : sequence of Beside
    known_from : int, optional
        The place at which the figure begins; earlier values are there when somebody zooms out.
    gaps : bool
        Whether a missing step interrupts the line of known values; not where these were thinned.
    height : int

    Returns
    -------
    plotly Figure
        The traces: an interval for each level, ``actual``, the model's name, and one for each forecast beside it.
    """
    figure, cases, timeline = go.Figure(), series.cases, series.cases.timeline
    breaks = np.flatnonzero(np.diff(series.origin[rows])) + 1
    x = when(cases.moment[rows], timeline)
    for level, low, high in sorted(bands, key=lambda band: -band[0]):
        around_x, around_y = _outline(x, low[rows], high[rows], breaks)
        figure.add_scatter(name=f"{100 * level:g}% interval", x=around_x, y=around_y, mode="lines", fill="toself", hoverinfo="skip",
                           fillcolor=layout.faded(palette.sequence[0], max(0.4 / len(bands), 0.08)), line={"width": 0})  # fmt: skip
    end = int(cases.place[rows].max())
    shown = series.place <= end
    place, value = series.place[shown], series.value[shown]
    known = when(moment_of(timeline, place), timeline)
    holes = np.flatnonzero(np.diff(place) > 1) + 1 if gaps else np.zeros(0, dtype=np.int64)
    actual_x, actual_y = _broken(known, value, holes)
    figure.add_scatter(name=f"actual {escape(target)}", x=actual_x, y=actual_y, mode="lines+markers" if place.size <= _MARKED else "lines",
                       line={"color": palette.text, "width": 1.5}, marker={"size": 4}, hovertemplate="%{fullData.name} %{y:,.6~g}<extra></extra>")  # fmt: skip
    alone = bool(breaks.size) and bool((np.diff(np.concatenate([[0], breaks, [rows.size]])) == 1).any())
    mode = "lines+markers" if rows.size <= _MARKED or alone else "lines"
    naive = [line for line in beside if line.naive]
    for line in beside:
        colour = palette.quiet if line.naive else palette.sequence[1 + [b.name for b in beside if not b.naive].index(line.name) % 4]  # fmt: skip
        dash = _DASHES[1 + naive.index(line)] if line.naive else "dash"
        line_x, line_y = _broken(x, line.values[rows], breaks)
        figure.add_scatter(name=escape(line.name), x=line_x, y=line_y, mode=mode, line={"color": colour, "width": 1.75, "dash": dash},
                           marker={"size": 4}, hovertemplate="%{fullData.name} %{y:,.6~g}<extra></extra>")  # fmt: skip
    said = _said(series, rows, bands)
    model_x, model_y = _broken(x, cases.predicted[rows], breaks)
    figure.add_scatter(name=escape(name), x=model_x, y=model_y, mode=mode, line={"color": palette.sequence[0], "width": 2.5}, marker={"size": 5},
                       hovertext=_broken_texts(said, breaks), hoverinfo="text")  # fmt: skip
    _origins(figure, series, rows, palette)
    layout.apply(figure, palette, height=height, x=_axis(timeline), y=escape(target))
    figure.update_layout(hovermode="x unified", dragmode="zoom", margin={"r": 16})
    _ranges(figure, series, rows, x, bands, beside, known_from)
    return figure


def when(moment: Array, timeline: Timeline) -> Array:
    """Return moments as an axis takes them: times, or step numbers."""
    return moment.view("datetime64[ns]") if timeline.kind == "time" else moment


def said_when(moment: int, timeline: Timeline) -> str:
    """Write a moment: the day, with the time of day where steps are shorter."""
    if timeline.kind == "number":
        return f"{moment:,}"
    text = str(np.datetime64(moment, "ns").astype("datetime64[s]"))
    day, _, clock = text.partition("T")
    return day if _whole_days(timeline.step) or (clock == "00:00:00" and timeline.step is None) else f"{day} {clock[:5]}"  # fmt: skip


def _whole_days(step: Step | None) -> bool:
    """Tell whether moments are days or longer."""
    return step is not None and (step.unit == "month" or (step.unit == "nanosecond" and step.size % 86_400_000_000_000 == 0))  # fmt: skip


def _axis(timeline: Timeline) -> str:
    """Name the axis of time."""
    return "Time" if timeline.kind == "time" else "Step"


def _broken(x: Array, y: FloatArray, breaks: NDArray[np.int64]) -> tuple[Array, FloatArray]:
    """Interrupt a line before some of its points."""
    return np.insert(x, breaks, x[breaks]) if breaks.size else x, np.insert(y, breaks, np.nan)


def _broken_texts(said: list[str], breaks: NDArray[np.int64]) -> list[str]:
    """Put empty texts where a line is interrupted."""
    out = list(said)
    for at in breaks[::-1].tolist():
        out.insert(at, "")
    return out


def _outline(x: Array, low: FloatArray, high: FloatArray, breaks: NDArray[np.int64]) -> tuple[Array, FloatArray]:  # fmt: skip
    """Run around each band: forward along its upper ends and back along the lower ones, one after the other."""
    xs, ys = [], []
    for start, stop in zip([0, *breaks.tolist()], [*breaks.tolist(), x.size], strict=True):
        part = slice(start, stop)
        xs += [x[part], x[part][::-1], x[start : start + 1]]
        ys += [high[part], low[part][::-1], np.array([np.nan])]
    return np.concatenate(xs), np.concatenate(ys)


def _said(series: OneSeries, rows: NDArray[np.int64], bands: Sequence[tuple[float, FloatArray, FloatArray]]) -> list[str]:  # fmt: skip
    """Write what the mouse reads at each forecast."""
    cases = series.cases
    ahead = cases.horizon
    out = []
    for i in rows.tolist():
        parts = [f"forecast {numbers.number(float(cases.predicted[i]))}, off by {float(cases.residual[i]):+.4g}".replace("-", "−")]  # fmt: skip
        parts += [f"{100 * level:g}%: {numbers.number(float(low[i]))} to {numbers.number(float(high[i]))}" for level, low, high in bands[-2:]]  # fmt: skip
        parts += [f"{int(ahead[i]):,} step{'s' if ahead[i] != 1 else ''} ahead"] if ahead is not None else []
        out.append("<br>".join(parts))
    return out


def _origins(figure: go.Figure, series: OneSeries, rows: NDArray[np.int64], palette: Palette) -> None:
    """Mark up to where each forecast knew the series."""
    at = np.unique(series.origin[rows])
    if at.size > _LINES or not bool((series.place <= series.origins[at[0]]).any()):
        return
    timeline, one = series.cases.timeline, at.size == 1
    for moment in moment_of(timeline, series.origins[at]).tolist():
        x = str(np.datetime64(moment, "ns").astype("datetime64[ms]")) if timeline.kind == "time" else moment
        figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", layer="below",
                         line={"color": palette.accent if one else layout.faded(palette.accent, 0.35), "width": 1.5 if one else 1, "dash": "dash" if one else "dot"})  # fmt: skip
        if one:
            figure.add_annotation(x=x, y=1, yref="paper", yanchor="top", xanchor="right", xshift=-4, text="origin", showarrow=False,
                                  font={"size": 12, "color": palette.accent})  # fmt: skip


def _ranges(
    figure: go.Figure, series: OneSeries, rows: NDArray[np.int64], x: Array, bands: Sequence[tuple[float, FloatArray, FloatArray]],
    beside: Sequence[Beside], known_from: int | None,
) -> None:  # fmt: skip
    """Begin with the forecasts and some of what was known; a drag zooms in, a double click shows everything."""
    cases, timeline = series.cases, series.cases.timeline
    first, last = int(cases.place[rows].min()), int(cases.place[rows].max())
    start = min(first, first if known_from is None else known_from)
    start = max(start, int(series.place[0]))
    inside = (series.place >= start) & (series.place <= last)
    values = [series.value[inside], cases.predicted[rows], *(b.values[rows] for b in beside)]
    values += [end[rows] for _, low, high in bands for end in (low, high)]
    every = np.concatenate(values)
    every = every[np.isfinite(every)]
    low, high = float(every.min()), float(every.max())
    pad = _ROOM * ((high - low) or abs(high) or 1.0)
    left = when(moment_of(timeline, np.array([start])), timeline)[0]
    right = x.max()
    room = (right - left) * 2 // 100 if timeline.kind == "time" else max((right - left) * 0.02, 0.5)
    if right == left and timeline.kind == "time":
        room = np.timedelta64(12, "h")
    figure.update_xaxes(range=[left - room, right + room], fixedrange=False, showgrid=False)
    figure.update_yaxes(range=[low - pad, high + pad], fixedrange=False)


def table_columns(series: OneSeries, rows: NDArray[np.int64], beside: Sequence[Beside], bands: Sequence[tuple[float, FloatArray, FloatArray]]) -> Mapping[str, Array]:  # fmt: skip
    """Return the forecasts that are drawn as columns: row of the file, origin, moment, and every number."""
    cases, timeline = series.cases, series.cases.timeline
    found: dict[str, Array] = {"row": cases.rows[rows] + 1, "origin": when(moment_of(timeline, cases.until[rows]), timeline),
                               "time": when(cases.moment[rows], timeline)}  # fmt: skip
    if cases.horizon is not None:
        found["horizon"] = cases.horizon[rows]
    found |= {"actual": cases.truth[rows], "forecast": cases.predicted[rows]}
    found |= {line.name: line.values[rows] for line in beside}
    for level, low, high in bands:
        found |= {f"low_{100 * level:g}": low[rows], f"high_{100 * level:g}": high[rows]}
    return found
