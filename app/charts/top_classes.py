"""The most probable classes of one row, and where the true and the predicted one stand among them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.palette import Palette

#: Height of one class: its name, and the bar below it.
_CLASS_HEIGHT = 38
_LONGEST = 34


@dataclass(frozen=True)
class ClassBar:
    """One class of a row.

    Attributes
    ----------
    label : str
    probability : float
    rank : int
        1 for the most probable class.
    true, predicted : bool
    """

    label: str
    probability: float
    rank: int
    true: bool = False
    predicted: bool = False

    @property
    def mark(self) -> str:
        """What the class is to the row: ``true``, ``predicted``, ``true and predicted`` or nothing."""
        return " and ".join(
            name for name, holds in (("true", self.true), ("predicted", self.predicted)) if holds
        )


def top_classes(bars: tuple[ClassBar, ...], palette: Palette) -> go.Figure:
    """Draw the classes as bars below their names, the most probable one on top.

    Parameters
    ----------
    bars : tuple of ClassBar
        By rank; a class that is not among the first says its rank.
    palette : Palette

    Returns
    -------
    plotly Figure
        The traces ``scale`` and ``probability``, and two annotations a class.
    """
    at = list(range(len(bars)))
    hover = [
        f"{_name(bar)}{f' · {bar.mark}' if bar.mark else ''}<br>probability {numbers.number(bar.probability)}, rank {bar.rank}"
        for bar in bars
    ]
    figure = go.Figure(
        [
            go.Bar(name="scale", x=[1] * len(bars), y=at, orientation="h", marker_color=palette.grid, hoverinfo="skip"),
            go.Bar(name="probability", x=[bar.probability for bar in bars], y=at, orientation="h",
                   marker_color=[_color(bar, palette) for bar in bars], hovertext=hover, hoverinfo="text"),
        ]
    )  # fmt: skip
    for i, bar in enumerate(bars):
        rank = f" · rank {bar.rank}" if bar.rank > i + 1 else ""
        mark = f" · <b>{bar.mark}</b>" if bar.mark else ""
        for x, anchor, text in ((0, "left", f"{_name(bar)}{mark}{rank}"), (1, "right", numbers.number(bar.probability))):  # fmt: skip
            figure.add_annotation(x=x, y=i - 0.16, xanchor=anchor, yanchor="bottom", text=text, showarrow=False, borderpad=0,
                                  xshift=-1 if anchor == "left" else 1, font={"size": 12.5, "color": palette.text})  # fmt: skip
    layout.apply(figure, palette, height=_CLASS_HEIGHT * len(bars) + 4)
    figure.update_xaxes(range=[0, 1], visible=False)
    figure.update_yaxes(range=[len(bars) - 0.7, -0.7], visible=False)
    return figure.update_layout(
        barmode="overlay", bargap=0.78, showlegend=False, margin={"l": 2, "r": 2, "t": 0, "b": 0}
    )


def _color(bar: ClassBar, palette: Palette) -> str:
    """The decision in the accent, a truth that was not decided for in ink, the rest quiet."""
    if bar.predicted:
        return palette.accent
    return palette.text if bar.true else layout.blended(palette.quiet, palette.surface, 0.6)


def _name(bar: ClassBar) -> str:
    """Make a user's label safe and short enough for its line."""
    return escape(bar.label if len(bar.label) <= _LONGEST else bar.label[: _LONGEST - 1] + "…")
