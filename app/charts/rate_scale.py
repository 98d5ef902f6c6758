"""One hue from little to much of what goes wrong: how strongly a rate is painted, and the scale that says so."""

from __future__ import annotations

from typing import Any

from app.charts import layout
from app.palette import Palette

#: Strength of the hue along the scale: even steps look even on light and on dark ground.
_STEPS = ((0.0, 0.14), (0.25, 0.34), (0.5, 0.54), (0.75, 0.77), (1.0, 1.0))


def rate_scale(palette: Palette) -> list[list[Any]]:
    """Return the scale as plotly takes it: places from 0 to 1 and colours, that of a missed row for much."""
    return [[at, layout.blended(palette.fn, palette.surface, strength)] for at, strength in _STEPS]


def fill(value: float, low: float, high: float, palette: Palette) -> str:
    """Return the colour of a value between the ends of the scale.

    Parameters
    ----------
    value, low, high : float
    palette : Palette

    Examples
    --------
    >>> from app.palette import LIGHT
    >>> fill(1.0, 0.0, 1.0, LIGHT) == LIGHT.fn, fill(0.5, 0.5, 0.5, LIGHT) == fill(0.0, 0.0, 1.0, LIGHT)
    (True, True)
    """
    place = min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.0
    at = max(i for i in range(len(_STEPS) - 1) if _STEPS[i][0] <= place)
    (start, weak), (end, strong) = _STEPS[at], _STEPS[at + 1]
    return layout.blended(
        palette.fn, palette.surface, weak + (strong - weak) * (place - start) / (end - start)
    )


def color_bar(title: str, *, share: bool, top: float, palette: Palette, length: float = 0.4) -> dict[str, Any]:  # fmt: skip
    """Return the look of a scale that lies below a figure, at its right.

    Parameters
    ----------
    title : str
    share : bool
        Whether its numbers are percentages.
    top : float
        Its upper end.
    palette : Palette
    length : float
        Part of the figure's width.
    """
    return {
        "orientation": "h", "len": length, "lenmode": "fraction", "thickness": 8, "outlinewidth": 0, "ypad": 6, "xpad": 0,
        "x": 1.0, "xanchor": "right", "y": 0, "yanchor": "top", "nticks": 4,
        "tickformat": (".0%" if top > 0.05 else ".1%") if share else ".3~g",
        "tickfont": {"size": 11, "color": palette.quiet},
        "title": {"text": title, "side": "top", "font": {"size": 12, "color": palette.quiet}},
    }  # fmt: skip
