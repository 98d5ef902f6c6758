"""The rates of the groups of one column side by side: a panel a rate, a dot with its interval a group."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isnan

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app import numbers
from app.charts import layout
from app.palette import Palette
from metrics_core.group_rates import RATES, GroupRate, GroupRates

_ROW, _AROUND = 30, 92
_LONGEST = 24
#: What a dot says of its gap.
CLEAR, UNCLEAR = "clear gap", "no clear gap, or too few rows"


def group_rates_figure(found: GroupRates, shown: Sequence[str], palette: Palette) -> go.Figure:
    """Draw some of the rates.

    Parameters
    ----------
    found : GroupRates
    shown : sequence of str
        Keys of the rates, a panel each.
    palette : Palette

    Returns
    -------
    plotly Figure
        For each rate the traces ``clear gap`` and ``no clear gap, or too few rows``; these carry the place in
        ``found.levels`` as ``customdata``.
    """
    figure = make_subplots(rows=1, cols=len(shown), shared_yaxes=True, horizontal_spacing=0.04)
    for col, key in enumerate(shown, start=1):
        rates = found.of(key)
        for name in (CLEAR, UNCLEAR):
            at = [i for i, one in enumerate(rates) if not isnan(one.value) and one.clear == (name == CLEAR)]
            if at:
                figure.add_trace(_dots(found, rates, at, name, palette, legend=col == 1), row=1, col=col)
        reference = next((one.value for one in rates if one.level.label == found.reference), None)
        if reference is not None and not isnan(reference):
            figure.add_vline(x=reference, line={"color": palette.accent, "width": 1.2, "dash": "dot"}, layer="below", row=1, col=col)  # fmt: skip
        low, high = _span(rates)
        figure.update_xaxes(title_text=RATES[key].label, range=[low, high], nticks=5, tickangle=0, tickformat=".0%" if high - low > 0.04 else ".1%",
                            row=1, col=col)  # fmt: skip
    layout.apply(figure, palette, height=_ROW * len(found.levels) + _AROUND)
    names = [short(level.label) for level in found.levels]
    figure.update_yaxes(tickmode="array", tickvals=list(range(len(names))), ticktext=names, showgrid=False, range=[len(names) - 0.4, -0.6],
                        tickfont={"size": 12.5, "color": palette.text})  # fmt: skip
    legend = {"y": 1, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False}
    return figure.update_layout(showlegend=True, legend=legend, margin={"l": 4, "r": 12, "t": 8, "b": 4}, hoverdistance=16, clickmode="event+select")  # fmt: skip


def _dots(found: GroupRates, rates: Sequence[GroupRate], at: Sequence[int], name: str, palette: Palette, *, legend: bool) -> go.Scatter:  # fmt: skip
    """Draw the groups whose gap is clear, or those whose is not."""
    color = palette.fn if name == CLEAR else palette.quiet
    ones = [rates[i] for i in at]
    return go.Scatter(
        name=name, legendgroup=name, showlegend=legend, x=[one.value for one in ones], y=list(at), mode="markers", customdata=list(at),
        marker={"symbol": "diamond" if name == CLEAR else "circle-open", "size": 11, "color": color, "line": {"width": 2 if name != CLEAR else 0, "color": color}},
        error_x={"type": "data", "symmetric": False, "thickness": 1.6, "width": 0, "color": color,
                 "array": [0.0 if isnan(one.high) else one.high - one.value for one in ones],
                 "arrayminus": [0.0 if isnan(one.low) else one.value - one.low for one in ones]},
        hovertext=[_hover(found, one) for one in ones], hoverinfo="text", unselected={"marker": {"opacity": 1}},
    )  # fmt: skip


def _hover(found: GroupRates, one: GroupRate) -> str:
    """Write what the mouse reads."""
    rate = RATES[one.rate]
    to = f"to {escape(found.reference)}" if found.reference else "to all other groups"
    q = "too few rows to be tested" if isnan(one.q) else f"q {'< 0.001' if one.q < 0.001 else f'{one.q:.2g}'}"
    lines = [
        f"<b>{short(one.level.label)}</b>",
        f"{rate.label} {numbers.share(one.value)} of {numbers.count(one.rows)} {rate.of}",
        "" if isnan(one.low) else f"95% interval {numbers.interval(one.low, one.high, 'share')}",
        "the group the others are compared with" if one.level.label == found.reference else f"gap {to} {100 * one.gap:+.1f} points, {q}",
    ]  # fmt: skip
    return "<br>".join(line for line in lines if line)


def _span(rates: Sequence[GroupRate]) -> tuple[float, float]:
    """Return the ends of an axis: every rate fits, and the intervals of the groups of 30 rows and more."""
    ends = [x for one in rates for x in (one.value, *((one.low, one.high) if one.rows >= 30 else ()))]
    known = [x for x in ends if not isnan(x)] or [0.0, 1.0]
    pad = 0.06 * ((max(known) - min(known)) or 0.1)
    return max(min(known) - pad, -0.02), min(max(known) + pad, 1.02)


def short(label: str) -> str:
    """Cut a long name of a group and make it safe."""
    return escape(label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…")
