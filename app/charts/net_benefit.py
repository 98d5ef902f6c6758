"""The decision curve: what acting on the scores is worth beside acting on every row and on none."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import cut_axis, layout
from app.charts.cut_axis import CutAxis, Mark
from app.palette import Palette
from metrics_core.decisions.curves import NetBenefitCurve

# What lies below is cut off: flagging every row falls without end.
_BELOW = 0.12


def net_benefit_figure(
    curve: NetBenefitCurve,
    live: Mark,
    palette: Palette,
    *,
    chosen: float | None = None,
    height: int = layout.TALL,
) -> go.Figure:
    """Draw the net benefit over the thresholds at which one would act.

    Parameters
    ----------
    curve : NetBenefitCurve
    live : Mark
        The threshold in force with its net benefit.
    palette : Palette
    chosen : float, optional
        The threshold a plan leads to.
    height : int

    Returns
    -------
    plotly Figure
        Traces ``useful`` (a band along the foot, where there is one), ``flag every row``, ``flag no row``, ``the model``,
        and ``points``, whose ``customdata`` begin with the threshold.
    """
    axis = CutAxis("score", float(curve.threshold[0]), float(curve.threshold[-1]))
    low, high = _span(curve, live)
    figure = go.Figure()
    stretches = curve.useful_between()
    if stretches:
        figure.add_trace(cut_axis.blocks(stretches, low, low + 0.022 * (high - low), name="useful: worth more than both", fillcolor=layout.blended(palette.precision, palette.surface, 0.6)))  # fmt: skip
    figure.add_scatter(name="flag every row", x=curve.threshold, y=curve.treat_all, mode="lines", hoverinfo="skip",
                       line={"color": palette.sequence[1], "width": 1.75, "dash": "dash"})  # fmt: skip
    figure.add_scatter(name="flag no row", x=curve.threshold[[0, -1]], y=[0, 0], mode="lines", hoverinfo="skip",
                       line={"color": palette.quiet, "width": 1.75, "dash": "dot"})  # fmt: skip
    figure.add_scatter(name="the model", x=curve.threshold, y=curve.net_benefit, mode="lines", hoverinfo="skip",
                       line={"color": palette.sequence[0], "width": 2.5})  # fmt: skip
    figure.add_trace(cut_axis.clickable(curve.threshold, curve.net_benefit, curve.threshold, _said(curve)))
    if np.isfinite(live.value):
        figure.add_scatter(name="now", x=[live.threshold], y=[live.value], mode="markers", showlegend=False, hoverinfo="skip",
                           unselected={"marker": {"opacity": 1}},
                           marker=cut_axis.ring(palette))  # fmt: skip
    layout.apply(figure, palette, height=height, x="Threshold: the probability from which one would act", y="Net benefit")  # fmt: skip
    if chosen is not None and chosen != live.threshold:
        cut_axis.chosen_line(figure, axis, Mark(chosen, 0.0), palette)
    cut_axis.live(figure, axis, live, palette)
    room = 0.008 * (axis.high - axis.low)
    figure.update_xaxes(range=[axis.low - room, axis.high + room], tickformat=".0%" if axis.high - axis.low > 0.05 else ".1%", showline=True, tickangle=0)  # fmt: skip
    figure.update_yaxes(range=[low, high], zeroline=False)
    return cut_axis.dressed(figure, height)


def _span(curve: NetBenefitCurve, live: Mark) -> tuple[float, float]:
    """Choose the ends of the axis: the model and the best of the two rules fit, what is far below 0 is cut off."""
    known = [curve.net_benefit.max(), curve.treat_all.max(), 0.0]
    inside = np.isfinite(live.value) and curve.threshold[0] <= live.threshold <= curve.threshold[-1]
    high = float(max([*known, live.value] if inside else known)) or 0.01
    least = float(min(curve.net_benefit.min(), live.value if inside else 0.0, 0.0))
    return max(least, -3 * high) - _BELOW * high, 1.06 * high


def _said(curve: NetBenefitCurve) -> list[str]:
    """Write what the mouse reads at every threshold."""
    each = zip(curve.threshold.tolist(), curve.net_benefit.tolist(), curve.treat_all.tolist(), curve.avoided_per_100.tolist(), strict=True)  # fmt: skip
    said = []
    for cut, benefit, everything, avoided in each:
        lines = [
            f"score ≥ {cut:.6g}",
            f"net benefit <b>{benefit:.4g}</b>",
            f"flag every row {everything:.4g}",
        ]
        if np.isfinite(avoided):
            lines.append(f"needless flags avoided {numbers.number(avoided)} of 100 rows")
        said.append("<br>".join(lines))
    return said
