"""Which columns matter: a bar a column, or columns that say the same, for how much worse errors can be told without it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from app.charts import layout
from app.palette import Palette
from metrics_core.column_importance import ColumnImportance, Importance
from metrics_core.column_links import ColumnLink

#: Bars of one figure.
MOST = 15
_ROW, _AROUND, _LONGEST = 32, 64, 34


def importance_figure(found: ColumnImportance, palette: Palette) -> go.Figure:
    """Draw the drops, the largest on top.

    Parameters
    ----------
    found : ColumnImportance
        With a ranking.
    palette : Palette

    Returns
    -------
    plotly Figure
        One trace of bars with whiskers of two standard deviations.
    """
    shown = found.importances[:MOST]
    figure = go.Figure(
        go.Bar(
            name="drop", x=[one.drop for one in shown], y=list(range(len(shown))), orientation="h", width=0.62,
            marker={"color": [palette.fn if one.matters else layout.faded(palette.quiet, 0.45) for one in shown], "line": {"width": 0}},
            error_x={"type": "data", "array": [2 * one.sd for one in shown], "thickness": 1.5, "width": 3, "color": palette.quiet},
            hovertext=[_hover(found, one) for one in shown], hoverinfo="text",
        )
    )  # fmt: skip
    _dressed(
        figure,
        [" + ".join(one.columns) for one in shown],
        f"{found.measure} lost when it is shuffled",
        palette,
    )
    return figure.update_xaxes(zeroline=True, zerolinecolor=palette.quiet)


def links_figure(links: Sequence[ColumnLink], palette: Palette) -> go.Figure:
    """Draw how strongly each column alone goes with the loss, the strongest on top.

    Parameters
    ----------
    links : sequence of ColumnLink
    palette : Palette

    Returns
    -------
    plotly Figure
        One trace of bars.
    """
    shown = links[:MOST]
    colors = [palette.sequence[0] if link.q <= 0.05 else layout.faded(palette.quiet, 0.45) for link in shown]
    figure = go.Figure(
        go.Bar(
            name="strength", x=[link.strength for link in shown], y=list(range(len(shown))), orientation="h", width=0.62,
            marker={"color": colors, "line": {"width": 0}}, hoverinfo="text",
            hovertext=[f"<b>{escape(link.column)}</b>, {link.groups} groups<br>strength {link.strength:.3f}<br>{_q(link.q)}" for link in shown],
        )
    )  # fmt: skip
    _dressed(figure, [link.column for link in shown], "Strength, 0 to 1", palette)
    return figure.update_xaxes(range=[0, max([link.strength for link in shown], default=0.1) * 1.08 or 0.1])


def _dressed(figure: go.Figure, names: Sequence[str], title: str, palette: Palette) -> None:
    """Add names and axes."""
    layout.apply(figure, palette, height=max(160, _ROW * len(names) + _AROUND), x=title)
    texts = [escape(name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…") for name in names]
    figure.update_yaxes(tickmode="array", tickvals=list(range(len(names))), ticktext=texts, showgrid=False, range=[len(names) - 0.4, -0.6], ticklabelstandoff=6,
                        tickfont={"size": 12.5, "color": palette.text})  # fmt: skip
    figure.update_xaxes(nticks=6)
    figure.update_layout(showlegend=False, margin={"l": 4, "r": 12, "t": 4, "b": 4})


def _hover(found: ColumnImportance, one: Importance) -> str:
    """Write what the mouse reads."""
    names = " and ".join(f"<b>{escape(column)}</b>" for column in one.columns)
    shuffled = "shuffled together, because they say nearly the same<br>" if len(one.columns) > 1 else ""
    return f"{names}<br>{shuffled}{found.measure} falls by {one.drop:.3f}, ± {2 * one.sd:.3f} over {found.repeats} shuffles"


def _q(q: float) -> str:
    """Write a q-value."""
    return "not tested" if q != q else f"q {'< 0.001' if q < 0.001 else f'{q:.2g}'}"
