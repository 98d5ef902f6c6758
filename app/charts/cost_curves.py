"""What thresholds cost at today's prices, and which are cheapest at any prices: the cost curve of Drummond and Holte."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import cut_axis, layout
from app.charts.curve_traces import baseline
from app.charts.cut_axis import CutAxis, Mark
from app.palette import Palette
from metrics_core.decisions.curves import CostByThreshold
from metrics_core.decisions.envelope import CostCurve
from metrics_core.metrics import counts
from metrics_core.tally import Outcomes

#: Costs are written for so many rows.
PER = 1000
_COST = "Cost per 1,000 rows"


@dataclass(frozen=True)
class Theory:
    """The threshold that costs least if the scores are calibrated probabilities, as Elkan has it.

    Attributes
    ----------
    threshold : float
    share : float
        Of the rows it flags.
    """

    threshold: float
    share: float


def money(value: float) -> str:
    """Write a cost.

    Examples
    --------
    >>> money(1234.5), money(float("nan"))
    ('1,234.50', 'n/a')
    """
    return numbers.NOT_AVAILABLE if np.isnan(value) else f"{value:,.2f}"


def cost_figure(
    curve: CostByThreshold,
    axis: CutAxis,
    live: Mark,
    palette: Palette,
    *,
    theory: Theory | None = None,
    height: int = layout.TALL,
) -> go.Figure:
    """Draw the cost of every threshold.

    Parameters
    ----------
    curve : CostByThreshold
    axis : CutAxis
    live : Mark
        The threshold in force with its cost of a row.
    palette : Palette
    theory : Theory, optional
    height : int

    Returns
    -------
    plotly Figure
        The trace ``Cost per 1,000 rows``, ``points`` on it, whose ``customdata`` begin with the threshold, ``cheapest on
        these rows`` and ``now``; dotted what flagging every row or none costs, where that is in sight.
    """
    per = PER * curve.per_row
    figure = go.Figure()
    x, y = axis.whole(curve.threshold, curve.flagged_share, per)
    look = {"color": palette.sequence[0], "width": 2.5, "shape": "vh"}
    figure.add_scatter(name=_COST, x=x, y=y, mode="lines", line=look, hoverinfo="skip")
    places = axis.place(curve.threshold, curve.flagged_share)
    figure.add_trace(cut_axis.clickable(places, per, curve.threshold, _said(curve)))
    i = curve.cheapest
    best = Mark(float(curve.threshold[i]), float(curve.flagged_share[i]), float(per[i]))
    figure.add_scatter(
        name="cheapest on these rows", x=[axis.at(best)], y=[best.value], mode="markers", cliponaxis=False,
        hovertext=[f"<b>cheapest on these rows</b><br>{_cut(best.threshold, best.share)}<br>{_COST} {money(best.value)}"],
        hovertemplate="%{hovertext}<extra></extra>", unselected={"marker": {"opacity": 1}},
        marker={"symbol": "diamond", "size": 14, "color": palette.text, "line": {"color": palette.surface, "width": 2}},
    )  # fmt: skip
    figure.add_scatter(name="now", x=[axis.at(live)], y=[PER * live.value], mode="markers", showlegend=False, hoverinfo="skip", cliponaxis=True,
                       unselected={"marker": {"opacity": 1}},
                       marker=cut_axis.ring(palette))  # fmt: skip
    low, high = cut_axis.cost_span(per, [best.value, PER * live.value, float(per[-1])])
    if theory is not None:
        _draw_theory(figure, axis, theory, palette)
    layout.apply(figure, palette, height=height, x=axis.title, y=_COST)
    for value, words, at in ((float(per[-1]), "flag no row", 1.0), (float(per[0]), "flag every row", 0.35)):
        if low <= value <= high:
            _level(figure, value, words, at, palette)
    cut_axis.live(figure, axis, live, palette)
    figure.update_xaxes(axis.settings())
    figure.update_yaxes(range=[low, high])
    return cut_axis.dressed(figure, height)


def envelope_figure(curve: CostCurve, now: Outcomes, decided: str, palette: Palette, *, here: float | None = None, height: int = layout.TALL) -> go.Figure:  # fmt: skip
    """Draw the least cost for every mix of prevalence and prices, and the threshold in force as the straight line it is.

    Parameters
    ----------
    curve : CostCurve
    now : Outcomes
        Of the threshold in force, without leading axes.
    decided : str
        Its label, such as ``score ≥ 0.500``.
    palette : Palette
    here : float, optional
        Where on the axis today's prevalence and prices are; None where they are nowhere on it.
    height : int

    Returns
    -------
    plotly Figure
        The traces ``best threshold each`` (the envelope), and one named like the threshold in force; dotted what
        flagging every row or none costs; with ``here`` the traces ``best here`` and ``now``.
    """
    fpr, fnr = float(counts.fpr(now)), float(counts.fnr(now))
    figure = go.Figure()
    figure.add_scatter(
        name=decided, x=[0, 1], y=[fpr, fnr], mode="lines", hoverinfo="skip",
        line={"color": palette.accent, "width": 1.75, "dash": "dash"},
    )  # fmt: skip
    figure.add_scatter(
        name="best threshold each", x=curve.x, y=curve.cost, mode="lines+markers", marker={"size": 5, "color": palette.sequence[0]},
        line={"color": palette.sequence[0], "width": 2.5}, hovertext=_corners(curve), hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip
    top = float(curve.cost.max())
    if here is not None:
        cut, least = curve.at(here)
        mine = fnr * here + fpr * (1 - here)
        top = max(top, mine)
        figure.add_shape(type="line", x0=here, x1=here, y0=0, y1=1, yref="paper", name="here", layer="below",
                         line={"color": palette.quiet, "width": 1.25, "dash": "dot"})  # fmt: skip
        figure.add_annotation(x=here, y=1, yref="paper", yanchor="bottom", showarrow=False, text="your prices and prevalence", name="here",
                              xanchor="left" if here < 0.2 else "right" if here > 0.8 else "center", font={"size": 12, "color": palette.quiet})  # fmt: skip
        figure.add_scatter(
            name="best here", x=[here], y=[least], mode="markers", cliponaxis=False, showlegend=True,
            hovertext=[f"<b>best here</b><br>score ≥ {cut:.6g}<br>expected cost {least:.4g}"], hovertemplate="%{hovertext}<extra></extra>",
            marker={"symbol": "diamond", "size": 13, "color": palette.text, "line": {"color": palette.surface, "width": 2}},
        )  # fmt: skip
        figure.add_scatter(
            name="now", x=[here], y=[mine], mode="markers", cliponaxis=False, showlegend=False,
            hoverinfo="skip",
            marker=cut_axis.ring(palette),
        )  # fmt: skip
    top = min(1.0, 1.35 * top or 0.1)
    layout.apply(figure, palette, height=height, x="Weight of the positives (share of the cost if every decision were wrong)",
                 y="Expected cost (1 = every decision wrong)")  # fmt: skip
    look = {"bgcolor": layout.faded(palette.surface, 0.85), "borderpad": 1}
    if top <= 0.5:  # they leave the plot before they meet
        baseline(figure, (0, top), (0, top), "flag no row", palette, x=0.86 * top, y=0.86 * top, xanchor="left", yanchor="top", **look)  # fmt: skip
        baseline(figure, (1 - top, 1), (top, 0), "flag every row", palette, x=1 - 0.86 * top, y=0.86 * top, xanchor="right", yanchor="top", **look)  # fmt: skip
    else:
        baseline(figure, (0, top), (0, top), "flag no row", palette, x=0.3, y=0.3, xanchor="right", yanchor="bottom", **look)  # fmt: skip
        baseline(figure, (1 - top, 1), (top, 0), "flag every row", palette, x=0.7, y=0.3, xanchor="left", yanchor="bottom", **look)  # fmt: skip
    figure.update_xaxes(range=[-0.005, 1.005], showline=True, tickangle=0, tickformat=".0%")
    figure.update_yaxes(range=[0, top])
    return cut_axis.dressed(figure, height)


def _draw_theory(figure: go.Figure, axis: CutAxis, theory: Theory, palette: Palette) -> None:
    """Draw Elkan's cut as a dashed line with its name at the foot."""
    mark = Mark(theory.threshold, theory.share)
    along = axis.along(mark)
    if not 0 <= along <= 1:
        return
    figure.add_shape(type="line", x0=axis.at(mark), x1=axis.at(mark), y0=0, y1=1, yref="paper", name="theory",
                     line={"color": palette.sequence[1], "width": 1.75, "dash": "dash"})  # fmt: skip
    figure.add_annotation(
        text=f"if calibrated {numbers.threshold(float(f'{theory.threshold:.6g}'))}", x=axis.at(mark), y=1, yref="paper", yanchor="top", showarrow=False,
        xanchor="left" if along < 0.7 else "right", xshift=4 if along < 0.7 else -4, name="theory", font={"size": 12, "color": palette.sequence[1]},
        bgcolor=layout.faded(palette.surface, 0.8),
    )  # fmt: skip


def _level(figure: go.Figure, value: float, words: str, at: float, palette: Palette) -> None:
    """Draw what a rule without scores costs, as a dotted line with its name on it."""
    figure.add_shape(type="line", x0=0, x1=1, xref="paper", y0=value, y1=value, layer="below", name=words,
                     line={"color": palette.quiet, "width": 1.25, "dash": "dot"})  # fmt: skip
    figure.add_annotation(text=words, x=at, xref="paper", xanchor="right" if at == 1 else "left", y=value, yanchor="bottom", showarrow=False, name=words,
                          font={"size": 12, "color": palette.quiet}, bgcolor=layout.faded(palette.surface, 0.8))  # fmt: skip


def _said(curve: CostByThreshold) -> list[str]:
    """Write what the mouse reads at every threshold."""
    each = zip(curve.threshold.tolist(), curve.flagged_share.tolist(), curve.per_row.tolist(), curve.cost.tolist(), strict=True)  # fmt: skip
    return [f"{_cut(cut, share)}<br>{_COST} <b>{money(PER * per)}</b><br>in all {money(cost)}" for cut, share, per, cost in each]  # fmt: skip


def _corners(curve: CostCurve) -> list[str]:
    """Write at each corner what is cheapest from there to the next."""
    at = np.minimum(np.arange(curve.x.size), curve.threshold.size - 1)
    each = zip(curve.x.tolist(), curve.cost.tolist(), curve.threshold[at].tolist(), strict=True)
    return [f"from {numbers.share(x)}: score ≥ {cut:.6g} is cheapest<br>expected cost <b>{cost:.4g}</b>" for x, cost, cut in each]  # fmt: skip


def _cut(cut: float, share: float) -> str:
    """Name a cut."""
    return f"score ≥ {cut:.6g}, flags {numbers.share(share)}"
