"""How far errors follow those before them."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from app.charts import layout
from app.palette import Palette
from metrics_core.residual_memory import Memory


def memory_figure(found: Memory, palette: Palette, *, height: int = layout.SHORT) -> go.Figure:
    """Draw the correlation at each lag; bars that leave the band are more than chance.

    Parameters
    ----------
    found : Memory
        With lags.
    palette : Palette
    height : int
    """
    figure = go.Figure()
    at = np.concatenate([[0.5], found.lag, [found.lag[-1] + 0.5]])
    reach = np.concatenate([found.reach[:1], found.reach, found.reach[-1:]])
    figure.add_scatter(name="no memory, 95%", x=np.concatenate([at, at[::-1]]), y=np.concatenate([reach, -reach[::-1]]), mode="lines", fill="toself",
                       fillcolor=layout.faded(palette.quiet, 0.22), line={"width": 0}, hoverinfo="skip")  # fmt: skip
    beyond = np.abs(found.correlation) > found.reach
    for name, part, colour in (
        ("within the band", ~beyond, palette.quiet),
        ("beyond it", beyond, palette.sequence[0]),
    ):
        if part.any():
            figure.add_bar(name=name, x=found.lag[part], y=found.correlation[part], width=0.6, marker={"color": colour},
                           hovertemplate="%{x} moments before<br>correlation %{y:.3f}<extra></extra>")  # fmt: skip
    layout.apply(figure, palette, height=height, x="Moments before", y="Correlation of the errors")
    figure.update_layout(barmode="overlay", showlegend=True)
    return figure.update_xaxes(dtick=1 if found.lag.size <= 12 else 4, range=[0.4, float(found.lag[-1]) + 0.6])  # fmt: skip
