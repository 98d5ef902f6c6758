"""The Murphy diagram: mean elementary losses of two models, and their difference."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from app.charts import layout
from app.palette import Palette
from metrics_core.murphy import Murphy


def murphy_curves(found: Murphy, names: tuple[str, str], palette: Palette, *, target: str, height: int = layout.SHORT) -> go.Figure:  # fmt: skip
    """Draw the mean elementary loss of both models.

    Parameters
    ----------
    found : Murphy
    names : (str, str)
    palette : Palette
    target : str
        Name of the true value, whose numbers theta runs over.
    height : int
    """
    figure = go.Figure()
    for name, y, colour, dash in zip(
        names, (found.a, found.b), palette.sequence, ("solid", "dash"), strict=False
    ):
        figure.add_scatter(name=name, x=found.theta, y=y, mode="lines", line={"color": colour, "width": 2.5, "dash": dash},
                           hovertemplate="theta %{x:.4g}<br>mean loss %{y:.4g}")  # fmt: skip
    layout.apply(figure, palette, height=height, x=f"Theta, in the unit of {target}", y="Mean elementary loss")  # fmt: skip
    return figure.update_yaxes(rangemode="tozero")


def murphy_difference(found: Murphy, names: tuple[str, str], palette: Palette, *, target: str, height: int = layout.SHORT) -> go.Figure:  # fmt: skip
    """Draw the difference of both with its band: below 0 the first model is better.

    Parameters
    ----------
    found, names, palette, target, height
        See ``murphy_curves``.
    """
    figure = go.Figure()
    figure.add_hline(y=0, line={"color": palette.text, "width": 1, "dash": "dash"})
    figure.add_scatter(name="95% band", x=np.concatenate([found.theta, found.theta[::-1]]), y=np.concatenate([found.high, found.low[::-1]]),
                       mode="lines", fill="toself", fillcolor=layout.faded(palette.sequence[0], 0.22), line={"width": 0}, hoverinfo="skip")  # fmt: skip
    figure.add_scatter(name=f"{names[0]} minus {names[1]}", x=found.theta, y=found.difference, mode="lines", line={"color": palette.sequence[0], "width": 2.5},
                       hovertemplate="theta %{x:.4g}<br>difference %{y:.4g}<extra></extra>")  # fmt: skip
    return layout.apply(figure, palette, height=height, x=f"Theta, in the unit of {target}", y="Difference of the losses")  # fmt: skip
