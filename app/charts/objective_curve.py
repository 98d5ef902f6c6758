"""What a plan aims for at every threshold: the point it chose, how far that may move, and what its limits rule out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import cut_axis, layout
from app.charts.cost_curves import money
from app.charts.cut_axis import CutAxis, Mark
from app.palette import Palette
from metrics_core.decisions.curves import ObjectiveCurve
from metrics_core.decisions.rule import BoolArray
from metrics_core.metrics.spec import Unit
from metrics_core.tally.outcomes import FloatArray

#: Pixels of the track of one limit.
TRACK = 26
_AROUND = 84
_LONGEST = 34


@dataclass(frozen=True)
class Measure:
    """How the objective is written.

    Attributes
    ----------
    label : str
    unit : {"share", "number"}
    factor : float
        What its values are multiplied with: costs are written for 1,000 rows.
    bounded : bool
        Whether it has a least and a greatest value; a cost has none.
    """

    label: str
    unit: Unit = "number"
    factor: float = 1.0
    bounded: bool = True

    def text(self, value: float) -> str:
        """Write a value, which already has the factor."""
        return numbers.by_unit(value, self.unit) if self.bounded else money(value)


@dataclass(frozen=True, eq=False)
class Marked:
    """What is marked on the curve.

    Attributes
    ----------
    live : Mark
        The threshold in force.
    chosen : Mark, optional
        What the plan chose; None when no threshold keeps its limits.
    ends : (Mark, Mark), optional
        The interval of the chosen threshold.
    level : float
        Of the interval.
    """

    live: Mark
    chosen: Mark | None = None
    ends: tuple[Mark, Mark] | None = None
    level: float = 0.95


def objective_figure(
    curve: ObjectiveCurve,
    axis: CutAxis,
    measure: Measure,
    marked: Marked,
    broken: Mapping[str, BoolArray],
    palette: Palette,
    *,
    height: int = layout.TALL,
) -> go.Figure:
    """Draw the objective over the thresholds, and below it where each limit is broken.

    Parameters
    ----------
    curve : ObjectiveCurve
    axis : CutAxis
    measure : Measure
    marked : Marked
    broken : mapping of str to (m,) bool
        By limit in words, where on the curve it does not hold.
    palette : Palette
    height : int
        Of the curve; each limit adds a track.

    Returns
    -------
    plotly Figure
        Traces ``limits broken`` (hatched) and the interval, where there are such; ``every threshold`` and on it
        ``keeps every limit``; ``points``, whose ``customdata`` begin with the threshold; ``chosen by the plan``; and for
        each limit a trace named like it on the axis below.
    """
    value = measure.factor * curve.value
    ruled = axis.whole(curve.threshold, curve.flagged_share, value, curve.feasible, *broken.values())
    x, y, feasible, tracks = ruled[0], ruled[1], ruled[2].astype(bool), [b.astype(bool) for b in ruled[3:]]
    low, high = _span(value, measure, marked)
    figure = go.Figure()
    if not feasible.all():
        figure.add_trace(cut_axis.blocks(cut_axis.spans(x, ~feasible), low, high, name="a limit is broken", fillpattern=cut_axis.hatched(palette)))  # fmt: skip
    if marked.ends is not None:
        figure.add_trace(cut_axis.interval(axis, *marked.ends, (low, high), marked.level, palette))
    color = palette.sequence[0]
    look = {"mode": "lines", "hoverinfo": "skip"}
    dotted = {
        "color": layout.blended(color, palette.surface, 0.75),
        "width": 1.5,
        "dash": "dot",
        "shape": "vh",
    }
    if not feasible.all():
        figure.add_scatter(name="ruled out", x=x, y=y, line=dotted, showlegend=False, **look)
    kept = _kept(x, y, feasible)
    figure.add_scatter(name=measure.label, x=kept[0], y=kept[1], line={"color": color, "width": 2.5, "shape": "vh"}, **look)  # fmt: skip
    at = axis.place(curve.threshold, curve.flagged_share)
    figure.add_trace(cut_axis.clickable(at, value, curve.threshold, _said(curve, measure, broken)))
    if np.isfinite(marked.live.value) and 0 <= axis.along(marked.live) <= 1:
        figure.add_scatter(name="now", x=[axis.at(marked.live)], y=[measure.factor * marked.live.value], mode="markers", showlegend=False,
                           hoverinfo="skip", unselected={"marker": {"opacity": 1}}, cliponaxis=False,
                           marker=cut_axis.ring(palette))  # fmt: skip
    if marked.chosen is not None:
        there = Mark(marked.chosen.threshold, marked.chosen.share, measure.factor * marked.chosen.value)
        text = f"<b>chosen by the plan</b><br>{_at(there.threshold, there.share)}<br>{escape(measure.label)} {measure.text(there.value)}"  # fmt: skip
        figure.add_trace(cut_axis.chosen(axis, there, text, palette))
    for i, (name, lost) in enumerate(zip(broken, tracks, strict=True)):
        figure.add_traces(_track(x, lost, i, name, palette))
    return _dressed(figure, axis, measure, (low, high), list(broken), marked, palette, height)


def _span(value: FloatArray, measure: Measure, marked: Marked) -> tuple[float, float]:
    """Choose the ends of the axis of values."""
    marks = [m.value * measure.factor for m in (marked.live, marked.chosen) if m is not None]
    if not measure.bounded:
        return cut_axis.cost_span(value, [*marks, float(value[-1])])
    known = np.concatenate([value[np.isfinite(value)], [0.0], [m for m in marks if np.isfinite(m)]])
    return cut_axis.tidy_span(float(known.min()), float(known.max()))


def _kept(x: FloatArray, y: FloatArray, feasible: BoolArray) -> tuple[list[float | None], list[float | None]]:
    """Take the stretches that keep every limit: a step begins at the cut before it."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for a, b in cut_axis.runs(feasible):
        xs += [float(x[max(a - 1, 0)]), *x[a : b + 1].tolist(), None]
        ys += [_known(y[a]), *map(_known, y[a : b + 1]), None]
    return xs, ys


def _track(x: FloatArray, lost: BoolArray, i: int, name: str, palette: Palette) -> list[go.Scatter]:
    """Draw where one limit holds, as a bar, and where it is broken, hatched."""
    ends = (i - 0.28, i + 0.28)
    held = cut_axis.blocks(cut_axis.spans(x, ~lost), *ends, name=name, showlegend=False, yaxis="y2",
                           fillcolor=layout.blended(palette.sequence[0], palette.surface, 0.55))  # fmt: skip
    gone = cut_axis.blocks(cut_axis.spans(x, lost), *ends, name=f"{name}, broken", showlegend=False, yaxis="y2",
                           fillpattern=cut_axis.hatched(palette))  # fmt: skip
    return [held, gone]


def _said(curve: ObjectiveCurve, measure: Measure, broken: Mapping[str, BoolArray]) -> list[str]:
    """Write what the mouse reads at every cut."""
    said = []
    for i, (cut, share, value) in enumerate(zip(curve.threshold.tolist(), curve.flagged_share.tolist(), (measure.factor * curve.value).tolist(), strict=True)):  # fmt: skip
        lost = [escape(name) for name, where in broken.items() if where[i]]
        limits = "" if not broken else f"<br>breaks {', '.join(lost)}" if lost else "<br>keeps every limit"
        said.append(f"{_at(cut, share)}<br>{escape(measure.label)} <b>{measure.text(value)}</b>{limits}")
    return said


def _at(cut: float, share: float) -> str:
    """Name a cut."""
    return f"score ≥ {cut:.6g}, flags {numbers.share(share)}"


def _dressed(
    figure: go.Figure, axis: CutAxis, measure: Measure, y: tuple[float, float], names: list[str], marked: Marked, palette: Palette, height: int
) -> go.Figure:  # fmt: skip
    """Add axes, the line of the threshold in force, and the names of the limits."""
    tracks = TRACK * len(names)
    whole = height + tracks
    layout.apply(figure, palette, height=whole, x=axis.title)
    cut_axis.live(figure, axis, marked.live, palette)
    figure.update_xaxes(axis.settings())
    bottom = tracks / (whole - _AROUND) if names else 0.0
    figure.update_yaxes(range=y, title_text=escape(measure.label), tickformat=".0%" if measure.unit == "share" else None)  # fmt: skip
    if names:
        short = [name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…" for name in names]
        figure.update_layout(
            yaxis={"domain": [bottom + 0.03, 1]},
            yaxis2={"domain": [0, bottom], "range": [len(names) - 0.4, -0.6], "tickvals": list(range(len(names))), "showgrid": False,
                    "ticktext": [escape(name) for name in short], "tickfont": {"color": palette.text}, "fixedrange": True, "anchor": "x"},
            xaxis={"anchor": "y2"},
        )  # fmt: skip
    return cut_axis.dressed(figure, whole)


def _known(value: float) -> float | None:
    """Write NaN as a gap."""
    return float(value) if np.isfinite(value) else None
