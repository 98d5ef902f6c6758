"""How much of what goes wrong the first slices hold together."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.palette import Palette

# Share of all errors from which on one sees what a slice adds.
_SEEN = 0.0005


def covering(shares: Sequence[float], failures: str, palette: Palette) -> go.Figure:
    """Draw the share of all errors in the first slice, in the first two together, and so on.

    Parameters
    ----------
    shares : sequence of float
        Cumulative, as ``Discovery.covering``.
    failures : str
        What is counted, such as ``errors``.
    palette : Palette

    Returns
    -------
    plotly Figure
        One trace of bars: what each slice adds to those before it is their last part.
    """
    before = [0.0, *shares[:-1]]
    figure = go.Figure()
    figure.add_bar(name="in the slices before", x=list(range(1, len(shares) + 1)), y=before, hoverinfo="skip",
                   marker={"color": layout.blended(palette.fn, palette.surface, 0.25)})  # fmt: skip
    figure.add_bar(
        name="added by this one", x=list(range(1, len(shares) + 1)), y=[b - a for a, b in zip(before, shares, strict=True)],
        marker={"color": palette.fn}, hoverinfo="text",
        hovertext=[f"The first {i} hold {numbers.share(share)} of all {failures}" if i > 1 else f"The first holds {numbers.share(share)} of all {failures}"
                   for i, share in enumerate(shares, 1)],
        # a slice that adds nothing needs no number: it is that of the bar before
        text=[numbers.share(b) if b - a >= _SEEN else "" for a, b in zip(before, shares, strict=True)], textposition="outside", textfont={"size": 11, "color": palette.quiet}, cliponaxis=False,
    )  # fmt: skip
    layout.apply(
        figure, palette, height=layout.SHORT, x="Slices, in the order of the list", y=f"Of all {failures}"
    )
    figure.update_layout(barmode="stack", showlegend=len(shares) > 1, bargap=0.3)
    figure.update_xaxes(tickmode="linear", dtick=1, showgrid=False)
    return figure.update_yaxes(tickformat=".0%", range=[0, min(1.12 * max(shares, default=1.0) + 0.01, 1.12)])
