"""How many truths predicted intervals hold: along horizons or time, and by level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app import numbers
from app.charts import layout
from app.palette import Palette
from metrics_core.forecast_cells import CoverageAlong

#: Levels that have a line each at most.
MOST_LINES = 4
#: Groups up to which each has its number on the axis.
_FEW = 12


def lines_drawn(levels: Sequence[float]) -> list[int]:
    """Choose the levels that are drawn where there are many: spread from the narrowest to the widest.

    Examples
    --------
    >>> lines_drawn([0.5, 0.8, 0.95]), lines_drawn([0.1 * i for i in range(1, 10)])
    ([0, 1, 2], [0, 3, 5, 8])
    """
    if len(levels) <= MOST_LINES:
        return list(range(len(levels)))
    return sorted({round(i * (len(levels) - 1) / (MOST_LINES - 1)) for i in range(MOST_LINES)})


def along_figure(
    found: CoverageAlong, at: NDArray[Any], names: Sequence[str], palette: Palette, *, x: str, height: int = layout.TALL
) -> go.Figure:  # fmt: skip
    """Draw the coverage of each level along horizons or time, beside what the level promises.

    Parameters
    ----------
    found : CoverageAlong
    at : (G,)
        Where each group lies on the axis.
    names : sequence of G str
        What the mouse reads of each.
    palette : Palette
    x : str
        Title of the axis.
    height : int

    Returns
    -------
    plotly Figure
        For each level a band, a line of what is promised and a line ``50% intervals``.
    """
    figure = go.Figure()
    for colour, i in zip((0, 1, 2, 3), lines_drawn(found.levels), strict=False):
        level, ink = found.levels[i], palette.sequence[colour]
        held = np.flatnonzero(~np.isnan(found.low[i]))
        group = f"level {level}"
        figure.add_scatter(name=f"{100 * level:g}%, 95% interval", x=np.concatenate([at[held], at[held][::-1]]), y=np.concatenate([found.high[i][held], found.low[i][held][::-1]]),
                           mode="lines", fill="toself", fillcolor=layout.faded(ink, 0.14), line={"width": 0}, hoverinfo="skip", showlegend=False, legendgroup=group)  # fmt: skip
        figure.add_scatter(name=f"{100 * level:g}% promised", x=[at[0], at[-1]], y=[level, level], mode="lines", hoverinfo="skip", showlegend=False, legendgroup=group,
                           line={"color": ink, "width": 1.5, "dash": "dash"})  # fmt: skip
        said = [f"<b>{names[j]}</b><br>{100 * level:g}% intervals hold {numbers.share(float(found.share[i, j]))}<br>95% interval "
                f"{numbers.interval(float(found.low[i, j]), float(found.high[i, j]), 'share')}<br>{numbers.rows(float(found.rows[j]))}" for j in held.tolist()]  # fmt: skip
        figure.add_scatter(name=f"{100 * level:g}% intervals", x=at[held], y=found.share[i][held], mode="lines+markers", line={"color": ink, "width": 2.5}, marker={"size": 6},
                           hovertext=said, hoverinfo="text", legendgroup=group)  # fmt: skip
    layout.apply(figure, palette, height=height, x=x, y="Truths inside")
    if len(names) <= _FEW and not np.issubdtype(np.asarray(at).dtype, np.datetime64):
        figure.update_xaxes(dtick=1)
    low = float(np.nanmin(found.low[lines_drawn(found.levels)], initial=min(found.levels)))
    figure.update_yaxes(tickformat=".0%", range=[max(low - 0.05, -0.02), 1.02])
    return figure.update_layout(showlegend=True)


def fan_figure(found: CoverageAlong, palette: Palette, *, height: int = layout.TALL) -> go.Figure:
    """Draw coverage against level; below the diagonal intervals are too narrow.

    Parameters
    ----------
    found : CoverageAlong
        Of all rows as one group.
    palette : Palette
    height : int

    Returns
    -------
    plotly Figure
        The traces ``as promised`` and ``coverage``.
    """
    figure = go.Figure()
    figure.add_scatter(name="as promised", x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", line={"color": palette.text, "width": 1.5, "dash": "dash"})  # fmt: skip
    share, low, high = found.share[:, 0], found.low[:, 0], found.high[:, 0]
    said = [f"{100 * level:g}% intervals hold {numbers.share(s)}<br>95% interval {numbers.interval(a, b, 'share')}"
            for level, s, a, b in zip(found.levels, share.tolist(), low.tolist(), high.tolist(), strict=True)]  # fmt: skip
    figure.add_scatter(name="coverage, 95% interval", x=list(found.levels), y=share, mode="lines+markers", line={"color": palette.sequence[0], "width": 2.5}, marker={"size": 8},
                       hovertext=said, hoverinfo="text", error_y={"type": "data", "symmetric": False, "array": high - share, "arrayminus": share - low, "color": palette.sequence[0], "thickness": 1.5, "width": 4})  # fmt: skip
    layout.apply(figure, palette, height=height, x="Level of the intervals", y="Truths inside")
    figure.update_xaxes(tickformat=".0%", range=[-0.02, 1.02])
    figure.update_yaxes(tickformat=".0%", range=[-0.02, 1.02])
    return figure.update_layout(showlegend=True)
