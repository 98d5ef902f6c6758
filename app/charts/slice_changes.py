"""The groups of a column at one common threshold and, beside that, at thresholds of their own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app import numbers
from app.charts import layout
from app.palette import Palette
from metrics_core.decisions.separate import SeparateThresholds
from metrics_core.decisions.slices import SliceRates

#: The two rates, and what they are called.
RATES = {"recall": "Recall", "fpr": "False positive rate"}
_ROW, _AROUND = 30, 96
_LONGEST = 24


def slice_figure(rates: SliceRates, separate: SeparateThresholds, shown: Sequence[int], palette: Palette) -> go.Figure:  # fmt: skip
    """Draw recall and false positive rate of each group, at the common threshold and at its own.

    Parameters
    ----------
    rates : SliceRates
        At the common threshold, with intervals.
    separate : SeparateThresholds
        Of the same groups.
    shown : sequence of int
        Places of the groups from top to bottom.
    palette : Palette

    Returns
    -------
    plotly Figure
        For each of the two rates the traces ``common threshold``, with intervals, ``own threshold``, of the groups that
        have one, and ``from one to the other``.
    """
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.04, subplot_titles=None)
    after = separate.frame()
    own = [place for place in shown if separate.own[place]]
    at = {place: y for y, place in enumerate(shown)}
    for col, (key, label) in enumerate(RATES.items(), start=1):
        value, (low, high) = rates.value(key), rates.interval(key)
        moved = after[f"{key}_after"].to_numpy(dtype=np.float64)
        lines = [(value[p], moved[p], at[p]) for p in own if np.isfinite(value[p]) and np.isfinite(moved[p])]
        first = {"showlegend": col == 1}
        figure.add_scatter(
            name="from one to the other", x=[v for a, b, _ in lines for v in (a, b, None)], y=[v for *_, y in lines for v in (y, y, None)],
            mode="lines", line={"color": layout.faded(palette.quiet, 0.6), "width": 2}, hoverinfo="skip", showlegend=False, row=1, col=col,
        )  # fmt: skip
        held = [p for p in shown if np.isfinite(value[p])]
        figure.add_scatter(
            name="common threshold", legendgroup="common", x=value[held], y=[at[p] for p in held], mode="markers", **first,
            marker={"symbol": "circle-open", "size": 11, "color": palette.sequence[0], "line": {"width": 2, "color": palette.sequence[0]}},
            error_x={"type": "data", "symmetric": False, "array": high[held] - value[held], "arrayminus": value[held] - low[held],
                     "color": layout.faded(palette.sequence[0], 0.6), "thickness": 1.5, "width": 3},
            hovertext=[f"<b>{_short(rates.labels[p])}</b><br>{label} {numbers.share(float(value[p]))} at {numbers.threshold(rates.threshold)}"
                       f"<br>95% interval {numbers.interval(float(low[p]), float(high[p]), 'share')}" for p in held],
            hovertemplate="%{hovertext}<extra></extra>", row=1, col=col,
        )  # fmt: skip
        figure.add_scatter(
            name="own threshold", legendgroup="own", x=moved[own], y=[at[p] for p in own], mode="markers", **first,
            marker={"symbol": "diamond", "size": 11, "color": palette.sequence[1], "line": {"width": 1, "color": palette.surface}},
            hovertext=[f"<b>{_short(rates.labels[p])}</b><br>{label} {numbers.share(float(moved[p]))} at its own {separate.threshold[p]:.6g}" for p in own],
            hovertemplate="%{hovertext}<extra></extra>", row=1, col=col,
        )  # fmt: skip
    height = _ROW * len(shown) + _AROUND
    layout.apply(figure, palette, height=height)
    for col, (key, label) in enumerate(RATES.items(), start=1):
        top = _top(rates, after[f"{key}_after"].to_numpy(dtype=np.float64), key)
        figure.update_xaxes(title_text=label, range=[-0.02 * top, 1.03 * top], tickformat=".0%" if top > 0.05 else ".1%", nticks=6, tickangle=0, row=1, col=col)  # fmt: skip
    names = [_short(rates.labels[p]) for p in shown]
    figure.update_yaxes(tickmode="array", tickvals=list(range(len(shown))), ticktext=names, showgrid=False, range=[len(shown) - 0.4, -0.6],
                        tickfont={"size": 12.5, "color": palette.text})  # fmt: skip
    legend = {"y": 1, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False}
    return figure.update_layout(showlegend=True, legend=legend, margin={"l": 4, "r": 12, "t": 8, "b": 4}, hoverdistance=20)  # fmt: skip


def _top(rates: SliceRates, moved: np.ndarray, key: str) -> float:
    """Choose the end of an axis: every rate fits, and the intervals that are not wider than all rates."""
    known = np.concatenate([rates.value(key), moved])
    largest = float(np.nanmax(known)) if np.isfinite(known).any() else 1.0
    high = rates.interval(key)[1]
    high = high[np.isfinite(high) & (high <= 2.5 * largest)]
    return min(1.0, max(largest, float(high.max(initial=0.0)))) or 0.01


def _short(label: str) -> str:
    """Cut a long name of a group."""
    return escape(label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…")
