"""The reliability diagram: what the scores say against what happened, over a histogram of the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app import numbers
from app.charts import layout
from app.charts.curve_traces import baseline
from app.palette import Palette
from metrics_core.calibration import Reliability, score_counts
from metrics_core.tally import ScoreTally
from metrics_core.tally.outcomes import FloatArray

Zoom = Literal["full", "scores"]

#: Height of both panels together, in pixels, and the share of the diagram.
HEIGHT = 560
_DIAGRAM = 0.78
# Each model has the dash it has among the curves, and a symbol.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
_CELLS = 60
_MAX_NAME = 28
# Ticks of an axis of log-odds, and the farthest it reaches.
_TICKS = (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999, 1 - 1e-4, 1 - 1e-5, 1 - 1e-6)  # fmt: skip
_FEWEST_TICKS = 4
_LEAST, _NARROWEST = 1e-6, 0.5


@dataclass(frozen=True, eq=False)
class Diagram:
    """One model in the diagram.

    Attributes
    ----------
    name : str
    order : int
        Place among the models: gives colour, dash and symbol.
    bins : Reliability
    tally : ScoreTally
        For the histogram.
    value : str
        What stands beside the name in the legend, such as ``ECE 0.012``.
    """

    name: str
    order: int
    bins: Reliability
    tally: ScoreTally
    value: str = ""


@dataclass(frozen=True)
class Scale:
    """How scores and shares are spaced: evenly from 0 to 1, or by log-odds where the scores are.

    Attributes
    ----------
    low, high : float
        Ends; what lies beyond is drawn on them.
    log_odds : bool
    """

    low: float = 0.0
    high: float = 1.0
    log_odds: bool = False

    def place(self, values: Any) -> FloatArray:
        """Return where values are drawn."""
        inside = np.clip(np.asarray(values, dtype=np.float64), self.low, self.high)
        return np.log(inside / (1 - inside)) if self.log_odds else inside

    def value(self, places: FloatArray) -> FloatArray:
        """Return what is drawn at places."""
        return np.asarray(1 / (1 + np.exp(-places)) if self.log_odds else places, dtype=np.float64)

    @property
    def range(self) -> tuple[float, float]:
        """Return where the ends are drawn, with room for the marks on them."""
        low, high = map(float, self.place([self.low, self.high]))
        room = 0.015 * (high - low)
        return low - room, high + room

    @property
    def ticks(self) -> list[float]:
        """Choose the values that stand at the axis."""
        if not self.log_odds:
            return [0, 0.2, 0.4, 0.6, 0.8, 1]
        found = [tick for tick in _TICKS if self.low <= tick <= self.high]
        if len(found) < _FEWEST_TICKS:  # a narrow range, nearly even: round numbers inside it
            step = 10.0 ** np.floor(np.log10((self.high - self.low) / 2))
            step = step / 2 if (self.high - self.low) / step < _FEWEST_TICKS else step
            found = (np.arange(np.ceil(self.low / step), np.floor(self.high / step) + 1) * step).tolist()
        return found


def scale_of(shown: Sequence[Diagram], zoom: Zoom) -> Scale:
    """Choose the scale: all of 0 to 1, or log-odds where all but two in a thousand rows are, and every point of the diagram.

    A share of less than a tenth of a row in all cannot be told from 0, so the axis does not reach there.
    """
    if zoom == "full":
        return Scale()
    held = [one.bins.rows > 0 for one in shown]
    rates = np.concatenate([one.bins.rate[kept] for one, kept in zip(shown, held, strict=True)])
    means = [one.bins.mean_score[kept] for one, kept in zip(shown, held, strict=True)]
    ends = [_most(one.tally) for one in shown]
    reached = np.concatenate([*means, *ends, rates[(rates > 0) & (rates < 1)]])
    least = max(0.1 / max(float(one.bins.rows.sum()) for one in shown), _LEAST)
    scale = Scale(max(float(reached.min()), least), min(float(reached.max()), 1 - least), log_odds=True)
    low, high = scale.place([scale.low, scale.high])
    if high - low >= _NARROWEST:
        return scale
    room = (_NARROWEST - (high - low)) / 2
    low, high = scale.value(np.array([low - room, high + room]))
    return Scale(float(low), float(high), log_odds=True)


def beyond(shown: Sequence[Diagram], zoom: Zoom) -> bool:
    """Say whether a share or its interval lies beyond the axes and is drawn on their edge."""
    scale = scale_of(shown, zoom)
    ends = np.concatenate([x[one.bins.rows > 0] for one in shown for x in (one.bins.rate_low, one.bins.rate_high)])  # fmt: skip
    return bool((ends < scale.low).any() or (ends > scale.high).any())


def _most(tally: ScoreTally) -> list[float]:
    """Return the scores between which all but two in a thousand rows lie."""
    upto = np.cumsum(tally.pos + tally.neg)
    at = np.searchsorted(upto, upto[-1] * np.array([0.001, 0.999]))
    return tally.middle[np.minimum(at, upto.size - 1)].tolist()


def reliability_figure(
    shown: Sequence[Diagram],
    current: str,
    palette: Palette,
    *,
    zoom: Zoom = "full",
    log_counts: bool = False,
    x: str = "Score",
    y: str = "Share of positives",
    hits: tuple[str, str] = ("positive", "negative"),
    unit: str = "rows",
) -> go.Figure:
    """Draw the diagram over the histogram.

    Parameters
    ----------
    shown : sequence of Diagram
        One or more.
    current : str
        The model on top. One model alone has the rarer outcome in front of its histogram.
    palette : Palette
    zoom : {"full", "scores"}
        Evenly from 0 to 1, or by log-odds where the scores are.
    log_counts : bool
        Whether rows are counted on a log axis.
    x, y : str
        What the score and the share are called.
    hits : tuple of str
        What the rows of the share are, and the others: positive and negative, or right and wrong.
    unit : str
        What is counted: rows, or a sum of weights.

    Returns
    -------
    plotly Figure
        For each model a trace whose ``customdata`` begin with the number of the bin; below it the trace ``rows`` of each
        and, of one model, ``rarer``. All have the name of the model as ``meta``.
    """
    scale = scale_of(shown, zoom)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.05, row_heights=[_DIAGRAM, 1 - _DIAGRAM])  # fmt: skip
    ordered = sorted(shown, key=lambda one: one.name == current)
    for one in ordered:
        figure.add_trace(_bins(one, one.name == current, scale, palette, y), row=1, col=1)
    ends = scale.place([scale.low, scale.high])
    edges = scale.value(np.linspace(ends[0], ends[1], _CELLS + 1))
    traces, counts = _histogram(ordered, edges, scale, palette, hits, unit, log_counts)
    figure.add_traces(traces, rows=[2] * len(traces), cols=[1] * len(traces))
    if len(shown) == 1:
        figure.add_annotation(_what_is_counted(shown[0], palette, hits))
    layout.apply(figure, palette, height=HEIGHT)
    baseline(figure, ends.tolist(), ends.tolist(), "", palette)
    _sides(figure, palette)
    of_scores = {"range": scale.range, "tickvals": scale.place(scale.ticks).tolist(),
                 "ticktext": [f"{tick:.6g}" for tick in scale.ticks], "showline": True, "tickangle": 0}  # fmt: skip
    figure.update_xaxes(of_scores, showticklabels=False, row=1, col=1)
    x, y = escape(x), escape(y)
    title = f"{x}, log-odds scale" if scale.log_odds else x
    figure.update_xaxes(of_scores, showgrid=False, showticklabels=True, title={"text": title, "standoff": 6}, row=2, col=1)  # fmt: skip
    figure.update_yaxes(range=scale.range, tickvals=scale.place(scale.ticks).tolist(),
                        ticktext=[f"{100 * tick:.6g}%" for tick in scale.ticks], title_text=y, row=1, col=1)  # fmt: skip
    _count_axis(figure, counts, log_counts, unit)
    return figure.update_layout(showlegend=len(shown) > 1, barmode="overlay", bargap=0, clickmode="event+select",
                                hoverdistance=25, margin={"l": 8, "r": 20, "t": 12, "b": 8})  # fmt: skip


def clicked_bin(event: Mapping[str, Any] | None) -> tuple[str, int] | None:
    """Return the model and the number of the clicked bin; None when the click cleared the selection or hit no bin.

    Parameters
    ----------
    event : mapping, optional
        What a chart with ``on_select`` holds.
    """
    points = event["selection"]["points"] if event else []
    data = points[0].get("customdata") if points else None
    if not isinstance(data, list | tuple) or len(data) < 2 or not isinstance(data[0], int):
        return None
    return str(data[1]), data[0]


def _bins(one: Diagram, current: bool, scale: Scale, palette: Palette, y: str) -> go.Scatter:
    """Draw the bins of a model: points with the intervals of their rates, joined by a thin line."""
    b, color = one.bins, palette.sequence[one.order % len(palette.sequence)]
    held = np.flatnonzero(b.rows > 0)
    at, low, high = (scale.place(values[held]) for values in (b.rate, b.rate_low, b.rate_high))
    return go.Scatter(
        name=f"{_short(one.name)}  {one.value}".rstrip(),
        meta=one.name,
        legendgroup=one.name,
        legendrank=one.order,
        x=scale.place(b.mean_score[held]),
        y=at,
        mode="lines+markers",
        line={"color": layout.faded(color, 0.55), "width": 1.5, "dash": _turn(_DASHES, one.order)},
        marker={"color": color, "size": 9 if current else 7, "symbol": _SYMBOLS[one.order % len(_SYMBOLS)],
                "line": {"color": palette.surface, "width": 1}, "opacity": 1},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        error_y={"type": "data", "symmetric": False, "array": high - at, "arrayminus": at - low,
                 "color": layout.faded(color, 0.8 if current else 0.4), "thickness": 1.5, "width": 3},
        cliponaxis=False,
        customdata=[[int(i), one.name] for i in held],
        hovertext=[_said(one, int(i), y) for i in held],
        hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip


def _said(one: Diagram, i: int, y: str) -> str:
    """Write what a bin says."""
    b = one.bins
    low, high = edges_text(b)[i]
    return (
        f"<b>{_short(one.name)}</b><br>score {low} to {high}<br>mean score {b.mean_score[i]:.3g}"
        f"<br>{escape(y[0].lower() + y[1:])} <b>{numbers.share(float(b.rate[i]))}</b>: {numbers.count(_tidy(b.positives[i]))} of {numbers.count(_tidy(b.rows[i]))}"
        f"<br>{100 * b.level:.0f}% interval {numbers.share(float(b.rate_low[i]))} to {numbers.share(float(b.rate_high[i]))}"
    )


def edges_text(bins: Reliability) -> list[tuple[str, str]]:
    """Write the ends of the bins with as few digits as tell them apart, at least three."""
    ends = np.append(bins.low, bins.high[-1:])
    for digits in range(3, 17):
        texts = [f"{end:.{digits}g}" for end in ends]
        if len(set(texts)) == len(np.unique(ends)):
            break
    return list(pairwise(texts))


def _histogram(
    ordered: Sequence[Diagram],
    edges: FloatArray,
    scale: Scale,
    palette: Palette,
    hits: tuple[str, str],
    unit: str,
    log: bool,
) -> tuple[list[go.Bar | go.Scatter], FloatArray]:
    """Draw the scores, of one model as bars with the rarer outcome in front, of several as outlines; return also the counts."""
    places = scale.place(edges)
    counted = {one.name: score_counts(one.tally, edges) for one in ordered}
    rarer = {name: p if p.sum() <= n.sum() / 2 else n - p for name, (n, p) in counted.items()}
    every = np.concatenate(
        [*(n for n, _ in counted.values()), *(rarer.values() if len(ordered) == 1 else ())]
    )
    every = every[every > 0]
    found: list[go.Bar | go.Scatter] = []
    for one in ordered:
        rows, positives = counted[one.name]
        color = palette.sequence[one.order % len(palette.sequence)]
        text = [
            f"score {a:.3g} to {b:.3g}<br><b>{numbers.count(_tidy(n))}</b> {unit}, {numbers.count(_tidy(p))} of them {hits[0]}"
            for (a, b), n, p in zip(pairwise(edges), rows, positives, strict=True)
        ]
        own = {"meta": one.name, "legendgroup": one.name, "showlegend": False, "hovertemplate": "%{hovertext}<extra></extra>"}  # fmt: skip
        if len(ordered) > 1:
            text = [f"<b>{_short(one.name)}</b><br>{t}" for t in text]
            floor = 0.6 * float(every.min()) if log else 0.0
            look = {"color": color, "width": 1.5, "shape": "vh", "dash": _turn(_DASHES, one.order)}
            found.append(
                go.Scatter(name="rows", x=places, y=[floor, *np.maximum(rows, floor)], mode="lines", line=look,
                           hovertext=["", *text], **own)
            )  # fmt: skip
            continue
        for name, counts, ink in (("rows", rows, layout.faded(palette.quiet, 0.45)), ("rarer", rarer[one.name], color)):  # fmt: skip
            at = np.flatnonzero(counts > 0)
            found.append(
                go.Bar(
                    name=name, x=((places[:-1] + places[1:]) / 2)[at], y=counts[at], width=np.diff(places)[at],
                    marker={"color": ink, "line": {"width": 0}}, hovertext=[text[i] for i in at], **own,
                )
            )  # fmt: skip
    return found, every


def _what_is_counted(one: Diagram, palette: Palette, hits: tuple[str, str]) -> go.layout.Annotation:
    """Say which bars are which."""
    color = palette.sequence[one.order % len(palette.sequence)]
    rarer = hits[0] if one.bins.prevalence <= 0.5 else hits[1]
    return go.layout.Annotation(
        text=f"<span style='color:{palette.quiet}'>■</span> all   <span style='color:{color}'>■</span> {rarer}",
        xref="x domain", yref="y2 domain", x=0, y=1, xanchor="left", yanchor="bottom", yshift=2, showarrow=False,
        font={"size": 12, "color": palette.text},
    )  # fmt: skip


def _count_axis(figure: go.Figure, counts: FloatArray, log: bool, unit: str) -> None:
    """Fit the lower axis to its counts."""
    top = float(counts.max())
    axis: dict[str, Any] = {"tickformat": "~s", "title": {"text": f"{unit}, log" if log else unit}}
    if log:
        low, high = np.log10(0.6 * float(counts.min())), np.log10(1.3 * top)
        axis |= {"type": "log", "range": [low, high], "dtick": max(1, int(np.ceil((high - low) / 3)))}
    else:
        axis |= {"range": [0, 1.06 * top], "nticks": 4}
    figure.update_yaxes(axis, row=2, col=1)


def _sides(figure: go.Figure, palette: Palette) -> None:
    """Say what lies on either side of the diagonal."""
    look = {"showarrow": False, "xref": "x domain", "yref": "y domain", "font": {"size": 12, "color": palette.quiet}}  # fmt: skip
    figure.add_annotation(text="scores too low", x=0.01, y=0.99, xanchor="left", yanchor="top", **look)
    figure.add_annotation(text="scores too high", x=0.99, y=0.01, xanchor="right", yanchor="bottom", **look)


def _turn(looks: Sequence[str], order: int) -> str:
    """Choose a dash; where colours come round again, their dashes have moved on."""
    return looks[(order + order // len(looks)) % len(looks)]


def _tidy(value: float) -> float:
    """Drop the dust of summed weights."""
    return round(float(value), 6)


def _short(name: str) -> str:
    """Make a name safe and short enough for a legend; plotly would fill in ``%{x}``."""
    short = name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1] + "…"
    return escape(short).replace("%{", "&#37;{") or "(empty)"
