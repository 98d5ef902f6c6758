"""One look for every figure: fonts, margins, axes and heights, in the colours of the scheme.

Pages draw with ``st.plotly_chart(figure, theme=None, config=layout.CONFIG)``: the look is the figure's own, so
a report shows the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go

from app.palette import Palette

#: The two heights of a chart, in pixels: one that is read closely, one that stands beside numbers.
TALL = 420
SHORT = 260
#: Not a chart of its own but a line of marks inside a card.
STRIP = 76

#: What the browser may do with a figure: hover and click, no toolbar (it would eat clicks in the top right corner).
CONFIG: Mapping[str, Any] = MappingProxyType(
    {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}
)

FONT = "'Source Sans', 'Inter', 'Segoe UI', sans-serif"
_CLEAR = "rgba(0,0,0,0)"
_READABLE = 4.5


def apply(figure: go.Figure, palette: Palette, *, height: int = TALL, x: str = "", y: str = "") -> go.Figure:
    """Give a figure the house's look; what the figure set itself stays.

    Parameters
    ----------
    figure : plotly Figure
    palette : Palette
    height : int
        ``TALL`` or ``SHORT``.
    x, y : str
        Axis titles, with the unit; empty for none.

    Returns
    -------
    plotly Figure
        The same figure.
    """
    figure.update_layout(template=_template(palette), height=height)
    if x:
        figure.update_xaxes(title_text=x)
    if y:
        figure.update_yaxes(title_text=y)
    return figure


def faded(color: str, opacity: float) -> str:
    """Write a ``#rrggbb`` colour with an opacity.

    Examples
    --------
    >>> faded("#0072B2", 0.25)
    'rgba(0,114,178,0.25)'
    """
    red, green, blue = _channels(color)
    return f"rgba({red},{green},{blue},{opacity:.3g})"


def blended(color: str, surface: str, share: float) -> str:
    """Mix a ``#rrggbb`` colour into a surface, for places that know no opacity.

    Examples
    --------
    >>> blended("#000000", "#FFFFFF", 0.2)
    '#CCCCCC'
    """
    mixed = (
        round(share * c + (1 - share) * s) for c, s in zip(_channels(color), _channels(surface), strict=True)
    )
    return "#" + "".join(f"{channel:02X}" for channel in mixed)


def readable(ground: str, *inks: str) -> str:
    """Choose the first ink that can be read on a ground, else black or white, one of which always can.

    Read means a contrast ratio of 4.5, as WCAG 2.2 asks of text. All colours are ``#rrggbb``.

    Examples
    --------
    >>> readable("#0F4477", "#1C2430", "#F5F5F5"), readable("#C05500", "#1C2430", "#F5F5F5")
    ('#F5F5F5', '#FFFFFF')
    """
    for ink in inks:
        if contrast(ink, ground) >= _READABLE:
            return ink
    return max(("#000000", "#FFFFFF"), key=lambda ink: contrast(ink, ground))


def contrast(ink: str, ground: str) -> float:
    """Return the contrast ratio of two ``#rrggbb`` colours, 1 to 21.

    Examples
    --------
    >>> contrast("#000000", "#FFFFFF")
    21.0
    """
    dark, light = sorted((_luminance(ink), _luminance(ground)))
    return round((light + 0.05) / (dark + 0.05), 12)


def _luminance(color: str) -> float:
    """Return the relative luminance, 0 to 1."""
    linear = [
        c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4  # 10 of 255 is where the curve starts
        for c in _channels(color)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(color: str) -> tuple[int, ...]:
    """Read red, green and blue of ``#rrggbb``."""
    return tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))


@cache
def _template(palette: Palette) -> go.layout.Template:
    """Build the defaults every figure of a scheme starts from."""
    axis = {
        "gridcolor": palette.grid,
        "linecolor": palette.grid,
        "zerolinecolor": palette.grid,
        "zeroline": False,
        "ticks": "",
        "automargin": True,
        "fixedrange": True,
        "tickfont": {"size": 12, "color": palette.quiet},
        "title": {"font": {"size": 13, "color": palette.quiet}, "standoff": 10},
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": palette.text},
            "colorway": list(palette.sequence),
            "paper_bgcolor": _CLEAR,
            "plot_bgcolor": _CLEAR,
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "hovermode": "closest",
            "dragmode": False,
            "hoverlabel": {
                "bgcolor": palette.surface,
                "bordercolor": palette.grid,
                "font": {"family": FONT, "size": 13, "color": palette.text},
                "align": "left",
            },
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "xanchor": "left",
                "yanchor": "bottom",
                "font": {"size": 12, "color": palette.text},
                "bgcolor": _CLEAR,
            },
        }
    )
