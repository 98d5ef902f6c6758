"""The two cumulative distributions of the scores, and the largest gap between them at its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, get_args

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.palette import Palette
from metrics_core.curve_points import RARE, lift_start
from metrics_core.separation import KsCurve

#: What runs across: the score, or the share of rows that is flagged.
Unit = Literal["score", "share"]
UNITS: tuple[Unit, ...] = get_args(Unit)

_MAX_NAME = 28


@dataclass(frozen=True, eq=False)
class KsLines:
    """One model's two lines.

    Attributes
    ----------
    model : str
    order : int
        Place among the models: gives the colour.
    curve : KsCurve
    decision : float, optional
        The threshold in force; None where the file's own decision counts.
    """

    model: str
    order: int
    curve: KsCurve
    decision: float | None = None


def ks_figure(
    models: Sequence[KsLines],
    current: str,
    palette: Palette,
    *,
    unit: Unit = "score",
    score: str = "Score",
    height: int = layout.TALL,
) -> go.Figure:
    """Draw the share of each class at or above every score: positives solid, negatives dotted, the gap between them.

    Parameters
    ----------
    models : sequence of KsLines
    current : str
        The model that is on top, clickable, and whose gap is written.
    palette : Palette
    unit : {"score", "share"}
        What runs across. Rare positives make the axis of shares go by decades.
    score : str
        Title of the axis of scores.
    height : int

    Returns
    -------
    plotly Figure
        For each model two lines with its name as ``meta``, a marker pair ``gap`` and, where the axis shows it, the
        shape ``decision``; ``points`` of the current one carry ``[threshold]`` as ``customdata``.
    """
    figure = go.Figure()
    prevalence = min(m.curve.n_positives / (m.curve.n_positives + m.curve.n_negatives) for m in models)
    log = unit == "share" and prevalence < RARE
    ordered = sorted(models, key=lambda m: m.model == current)
    for m in ordered:
        figure.add_traces(_lines(m, m.model == current, palette, unit, log, alone=len(models) == 1))
    top = ordered[-1]
    figure.add_trace(_points(top, unit, log))
    figure.add_annotation(_gap_label(top, palette, unit, log))
    layout.apply(
        figure, palette, height=height,
        x=score if unit == "score" else "Share of rows flagged" + (", log scale" if log else ""),
        y="Share of the class at or above the score",
    )  # fmt: skip
    axis: dict[str, Any] = {"showline": True}
    if unit == "score":
        low, high = (f([f(across(m.curve, unit)[1:]) for m in models]) for f in (np.min, np.max))
        pad = 0.01 * (high - low) or 0.5
        axis["range"] = [float(low - pad), float(high + pad)]
    if unit == "share":
        axis |= {"tickformat": ".3~%"}
        if log:
            low = np.log10(lift_start(prevalence))
            axis |= {"type": "log", "range": [low, 0], "tickformat": "", "tickvals": [10.0**p for p in range(int(low), 1)],
                     "ticktext": [f"{100 * 10.0**p:.3g}%" for p in range(int(low), 1)]}  # fmt: skip
        else:
            axis |= {"range": [0, 1]}
    figure.update_xaxes(axis)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    if top.decision is not None:
        _mark_decision(figure, top, palette, unit)
    return figure.update_layout(showlegend=True, hoverdistance=30, clickmode="event+select", margin={"l": 8, "r": 24, "t": 12, "b": 8})  # fmt: skip


def across(curve: KsCurve, unit: Unit) -> Any:
    """Return where the points lie across, ``(m,)``; NaN where no row is flagged and scores run across."""
    if unit == "share":
        return curve.flagged
    return np.where(np.isfinite(curve.threshold), curve.threshold, np.nan)


def _shown(m: KsLines, unit: Unit, log: bool) -> tuple[Any, Any]:
    """Return which points have a place, and where they lie across."""
    x = across(m.curve, unit)
    return np.isfinite(x) & ((x > 0) | (not log)), x


def _lines(
    m: KsLines, current: bool, palette: Palette, unit: Unit, log: bool, *, alone: bool
) -> list[go.Scatter]:
    """Draw both lines and the gap of a model; one that is alone needs no name in the legend."""
    color = palette.sequence[m.order % len(palette.sequence)]
    kept, x = _shown(m, unit, log)
    name, width = _short(m.model), 2.5 if current else 1.5
    traces = [
        go.Scatter(
            name=what.capitalize() if alone else f"{name}: {what}", meta=m.model, x=x[kept], y=y[kept], mode="lines", hoverinfo="skip",
            # a share holds from its score down to the next lower one
            line={"color": color, "width": width, "dash": dash, "shape": "vh" if unit == "score" else "linear"},
            legendgroup=None if alone else m.model,
        )
        for what, y, dash in (("positives", m.curve.positives, "solid"), ("negatives", m.curve.negatives, "dot"))
    ]  # fmt: skip
    at = m.curve.at
    traces.append(
        go.Scatter(
            name="gap", meta=m.model, x=[x[at], x[at]], y=[m.curve.positives[at], m.curve.negatives[at]],
            mode="lines+markers", line={"color": palette.text if current else color, "width": 2 if current else 1},
            marker={"size": 7 if current else 5, "symbol": "line-ew", "line": {"width": 2, "color": palette.text if current else color}},
            showlegend=False, hoverinfo="skip", legendgroup=m.model, cliponaxis=False,
        )
    )  # fmt: skip
    return traces


def _points(m: KsLines, unit: Unit, log: bool) -> go.Scatter:
    """Lay unseen points over the line of the positives: lines answer no click."""
    kept, x = _shown(m, unit, log)
    unseen = {"marker": {"opacity": 0}}
    columns = (m.curve.threshold, m.curve.positives, m.curve.negatives, m.curve.gap, m.curve.flagged)
    data = [
        [None if not np.isfinite(cut) else cut, f"score ≥ {cut:.6g}" if np.isfinite(cut) else "no row flagged", *rest]
        for cut, *rest in zip(*(column[kept].tolist() for column in columns), strict=True)
    ]  # fmt: skip
    return go.Scatter(
        name="points", meta=m.model, x=x[kept], y=m.curve.positives[kept], mode="markers", showlegend=False,
        marker={"size": 5, "opacity": 0}, selected=unseen, unselected=unseen, customdata=data, legendgroup=m.model,
        hovertemplate="<b>%{customdata[1]}</b><br>Positives %{customdata[2]:.1%}<br>Negatives %{customdata[3]:.1%}"
        "<br>Gap %{customdata[4]:.3f}<br>Rows flagged %{customdata[5]:.2%}<extra></extra>",
    )  # fmt: skip


def _gap_label(m: KsLines, palette: Palette, unit: Unit, log: bool) -> go.layout.Annotation:
    """Write the gap beside its middle, on the side with more room."""
    c, at = m.curve, m.curve.at
    kept, x = _shown(m, unit, log)
    place = np.log10(x[at]) if log else x[at]
    seen = np.log10(x[kept]) if log else x[kept]
    right = place < (seen.min() + seen.max()) / 2
    words = f"<b>KS {numbers.number(c.statistic)}</b><br>score ≥ {numbers.threshold(float(f'{c.threshold[at]:.4g}'))}<br>{numbers.share(float(c.flagged[at]))} of rows"  # fmt: skip
    return go.layout.Annotation(
        x=place, y=(c.positives[at] + c.negatives[at]) / 2, text=words, showarrow=False, align="left" if right else "right",
        xanchor="left" if right else "right", xshift=9 if right else -9, yanchor="middle",
        font={"size": 12, "color": palette.text}, bgcolor=layout.faded(palette.surface, 0.8),
    )  # fmt: skip


def _mark_decision(figure: go.Figure, m: KsLines, palette: Palette, unit: Unit) -> None:
    """Draw the threshold in force as an upright line, by its flagged share where shares run across."""
    assert m.decision is not None
    x = m.decision
    if unit == "share":
        below = np.flatnonzero(m.curve.threshold >= m.decision)  # the last point still flagged
        x = float(m.curve.flagged[below[-1]])
        if x <= 0:
            return
    figure.add_shape(name="decision", type="line", x0=x, x1=x, y0=0, y1=1, layer="below", line={"color": palette.accent, "width": 1.5, "dash": "dash"})  # fmt: skip
    log = figure.layout.xaxis.type == "log"
    figure.add_annotation(text=f"score ≥ {numbers.threshold(m.decision)}", x=np.log10(x) if log else x, y=1.02, yanchor="bottom", showarrow=False,
                          font={"size": 11, "color": palette.accent}, name="decision")  # fmt: skip
    figure.update_layout(legend={"y": 1.09})  # above the words at the line


def _short(name: str) -> str:
    """Make a name safe and short enough for a legend."""
    return escape(name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1] + "…").replace("%{", "&#37;{")
