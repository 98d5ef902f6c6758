"""Review bands: how errors fall as less is decided automatically, and where on the scores a band lies."""

from __future__ import annotations

from html import escape

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import cut_axis, layout
from app.palette import Palette
from metrics_core.decisions.reject import RejectBand, RejectCurve

_BAR = 124
# A single threshold with this many times the errors of every band is said, not drawn.
_FAR = 2.5


def reject_figure(curve: RejectCurve, band: RejectBand, single_error: float, decided: str, palette: Palette, *, height: int = layout.TALL) -> go.Figure:  # fmt: skip
    """Draw the errors among the automatic decisions over the share of rows that are decided automatically.

    Parameters
    ----------
    curve : RejectCurve
    band : RejectBand
        The one in force.
    single_error : float
        Share of errors of the single threshold, which decides every row.
    decided : str
        Label of the single threshold.
    palette : Palette
    height : int

    Returns
    -------
    plotly Figure
        The traces ``best bands``, ``points``, whose ``customdata`` are the share decided automatically, ``this band`` and
        ``one threshold``; one that makes many times the errors lies beyond the axis, and a label says so.
    """
    x, y = curve.automation[::-1], curve.error_rate[::-1]
    top = float(max(y.max(initial=0), band.error_rate if np.isfinite(band.error_rate) else 0.0)) or 0.01
    far = single_error > _FAR * top
    figure = go.Figure()
    figure.add_scatter(name="best bands", x=x, y=y, mode="lines", hoverinfo="skip",
                       line={"color": palette.sequence[0], "width": 2.5, "shape": "vh"})  # fmt: skip
    unseen = {"marker": {"opacity": 0}}
    figure.add_scatter(
        name="points", x=x, y=y, mode="markers", showlegend=False, marker={"size": 6, "opacity": 0}, selected=unseen, unselected=unseen,
        customdata=[[float(share)] for share in x], hovertext=_said(curve)[::-1], hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        name=f"one threshold, {escape(decided)}", x=[1.0], y=[single_error], mode="markers", cliponaxis=far,
        hovertext=[f"<b>{escape(decided)}</b> for every row<br>errors {numbers.share(single_error)}"], hovertemplate="%{hovertext}<extra></extra>",
        marker=cut_axis.ring(palette),
    )  # fmt: skip
    if np.isfinite(band.error_rate):
        figure.add_scatter(
            name="this band", x=[band.automation], y=[band.error_rate], mode="markers", cliponaxis=False,
            hovertext=[f"<b>this band</b><br>{_words(band.low, band.high, band.automation, band.error_rate, band.review_load)}"],
            hovertemplate="%{hovertext}<extra></extra>",
            marker={"symbol": "diamond", "size": 14, "color": palette.text, "line": {"color": palette.surface, "width": 2}},
        )  # fmt: skip
    layout.apply(figure, palette, height=height, x="Decided automatically (share of the rows)", y="Errors among the automatic decisions")  # fmt: skip
    if not far:
        top = max(top, single_error)
    else:  # on one axis with it the curve would lie flat
        figure.add_annotation(text=f"one threshold is far above: {numbers.share(single_error)}", x=1, xref="paper", xanchor="right", y=1, yref="paper", yanchor="top",
                              showarrow=False, name="far", font={"size": 12, "color": palette.accent})  # fmt: skip
    figure.update_xaxes(range=[-0.005, 1.01], tickformat=".0%", showline=True, tickangle=0)
    figure.update_yaxes(
        range=[-0.015 * top, 1.12 * top], tickformat=".0%" if top > 0.05 else ".1%" if top > 0.004 else ".2%"
    )
    return cut_axis.dressed(figure, height, head=6)


def zones_figure(band: RejectBand, ends: tuple[float, float], counts: tuple[float, float, float], palette: Palette) -> go.Figure:  # fmt: skip
    """Draw the scale of the scores in three parts: decided as negative, looked at, decided as positive.

    Parameters
    ----------
    band : RejectBand
    ends : (float, float)
        Of the scale.
    counts : (float, float, float)
        Rows of each part, from the lowest scores up.
    palette : Palette

    Returns
    -------
    plotly Figure
        One trace a part that has any width.
    """
    low, high = (min(max(cut, ends[0]), ends[1]) for cut in (band.low, band.high))
    parts = ((ends[0], low, "not flagged", palette.tn), (low, high, "to review", ""), (high, ends[1], "flagged", palette.tp))  # fmt: skip
    figure = go.Figure()
    for (start, end, name, color), n in zip(parts, counts, strict=True):
        look = {"fillcolor": layout.blended(color, palette.surface, 0.55)} if color else {"fillpattern": cut_axis.hatched(palette)}  # fmt: skip
        if end > start:
            figure.add_trace(cut_axis.blocks([(start, end)], 0, 1, name=f"{name}: {numbers.rows(n)}", **look))
    layout.apply(figure, palette, height=_BAR, x="Score")
    for cut, along in ((low, "left"), (high, "right")):
        figure.add_shape(type="line", x0=cut, x1=cut, y0=0, y1=1, line={"color": palette.text, "width": 2})
        if high > low or along == "right":
            figure.add_annotation(x=cut, y=0.5, yanchor="middle", xanchor=_anchor(cut, ends, along), showarrow=False, text=numbers.threshold(float(f"{cut:.6g}")),
                                  xshift=5 if _anchor(cut, ends, along) == "left" else -5, font={"size": 12, "color": palette.text},
                                  bgcolor=layout.faded(palette.surface, 0.75))  # fmt: skip
    figure.update_xaxes(range=list(ends), showgrid=False, nticks=11, tickangle=0, title_standoff=2)
    figure.update_yaxes(range=[0, 1], visible=False)
    legend = {"y": 1.05, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False}
    return figure.update_layout(showlegend=True, margin={"l": 8, "r": 8, "t": 4, "b": 2}, legend=legend)


def _anchor(cut: float, ends: tuple[float, float], wanted: str) -> str:
    """Keep a label inside the figure; both stand inside the band."""
    along = (cut - ends[0]) / ((ends[1] - ends[0]) or 1.0)
    return "left" if along < 0.08 else "right" if along > 0.92 else wanted


def _said(curve: RejectCurve) -> list[str]:
    """Write what the mouse reads at every band."""
    columns = (curve.low, curve.high, curve.automation, curve.error_rate, curve.review_load)
    return [_words(*one) for one in zip(*(column.tolist() for column in columns), strict=True)]


def _words(low: float, high: float, automation: float, error: float, review: float) -> str:
    """Describe a band."""
    where = f"review {low:.6g} ≤ score &lt; {high:.6g}" if high > low else "review none"
    return f"{where}: {numbers.rows(review)}<br>automatic {numbers.share(automation)}, errors among them <b>{numbers.share(error)}</b>"  # fmt: skip
