"""The axis that runs over thresholds, by score or by flagged share, and the marks every chart over it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.palette import Palette
from metrics_core.decisions.rule import BoolArray
from metrics_core.tally.outcomes import FloatArray

#: Room above the plot, in pixels, for the label of the threshold in force.
HEAD = 26
#: Scores that span less than this of 0 to 1 get an axis of their own.
_NARROW = 0.5
# Pixels of a figure that are not plot: legend, label and axis title.
_AROUND = 110
_SHARES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Mark:
    """A threshold and what is drawn at it.

    Attributes
    ----------
    threshold, share : float
        The cut, and the share of the rows it flags.
    value : float
        Height of the mark; NaN for none.
    """

    threshold: float
    share: float
    value: float = float("nan")


@dataclass(frozen=True)
class CutAxis:
    """Where thresholds are drawn.

    Attributes
    ----------
    scale : {"score", "share"}
        As the slider of the live view: evenly by score, or by flagged share, wider where few rows are flagged.
    low, high : float
        Ends of the axis of scores.
    """

    scale: Literal["score", "share"]
    low: float = 0.0
    high: float = 1.0

    @classmethod
    def over(cls, scale: Literal["score", "share"], threshold: FloatArray, *, probability: bool, also: Sequence[float] = ()) -> CutAxis:  # fmt: skip
        """Choose the ends: 0 to 1 for probabilities that fill it, else where the thresholds are.

        Parameters
        ----------
        scale : {"score", "share"}
        threshold : (m,) float64
            What is drawn, ascending.
        probability : bool
        also : sequence of float
            Thresholds that have to fit too.
        """
        ends = [float(threshold[0]), float(threshold[-1]), *(cut for cut in also if np.isfinite(cut))]
        low, high = min(ends), max(ends)
        if probability and low >= 0 and high <= np.nextafter(1.0, 2.0) and high - low > _NARROW:
            low, high = 0.0, max(1.0, high)
        if not high > low:
            low, high = low - 0.5, high + 0.5
        return cls(scale, low, high)

    @property
    def title(self) -> str:
        """What stands below the axis."""
        if self.scale == "share":
            return "Flagged share of the rows (stretched where few are flagged)"
        return "Threshold (score ≥ threshold is flagged)"

    def place(self, threshold: Any, share: Any) -> FloatArray:
        """Return where cuts are drawn."""
        if self.scale == "share":
            return np.asarray(np.sqrt(np.asarray(share, dtype=np.float64)))
        return np.asarray(threshold, dtype=np.float64)

    def at(self, mark: Mark) -> float:
        """Return where a mark is drawn."""
        return float(self.place(mark.threshold, mark.share))

    def along(self, mark: Mark) -> float:
        """Return how far along the axis a mark lies, 0 to 1."""
        low, high = self._ends()
        return (self.at(mark) - low) / (high - low)

    def settings(self) -> dict[str, Any]:
        """Return the axis as plotly takes it."""
        low, high = self._ends()
        room = 0.008 * (high - low)
        settings: dict[str, Any] = {"range": [low - room, high + room], "showline": True, "tickangle": 0}
        if self.scale == "share":
            return settings | {"tickvals": [s**0.5 for s in _SHARES], "ticktext": [f"{100 * s:g}%" for s in _SHARES]}  # fmt: skip
        return settings | {"nticks": 11}

    def whole(self, threshold: FloatArray, share: FloatArray, *columns: Any) -> tuple[Any, ...]:
        """Return places and columns that reach both ends of the axis: beyond the scores nothing changes."""
        x = self.place(threshold, share)
        given = tuple(np.asarray(column) for column in columns)
        if self.scale == "share":
            return x, *given
        first, last = ([0] if self.low < x[0] else []), ([-1] if self.high > x[-1] else [])
        at = np.array([*first, *range(x.size), *last], dtype=np.int64)
        wide = np.concatenate([[self.low] * len(first), x, [self.high] * len(last)])
        return wide, *(column[at] for column in given)

    def _ends(self) -> tuple[float, float]:
        """Return where the ends are drawn."""
        return (0.0, 1.0) if self.scale == "share" else (self.low, self.high)


def runs(held: BoolArray) -> list[tuple[int, int]]:
    """List the first and last position of each run of true entries.

    Examples
    --------
    >>> runs(np.array([True, True, False, True]))
    [(0, 1), (3, 3)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]]).astype(np.int8)))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def spans(x: FloatArray, held: BoolArray) -> list[tuple[float, float]]:
    """List the stretches of the axis that runs of cuts rule: a cut rules from the one before it up to itself.

    Examples
    --------
    >>> spans(np.array([0.0, 0.2, 0.7, 1.0]), np.array([False, True, True, False]))
    [(0.0, 0.7)]
    """
    return [(float(x[max(a - 1, 0)]), float(x[b])) for a, b in runs(held)]


def blocks(stretches: Sequence[tuple[float, float]], low: float, high: float, **look: Any) -> go.Scatter:
    """Draw stretches of an axis as rectangles of one trace."""
    x = [v for a, b in stretches for v in (a, b, b, a, a, None)]
    y = [v for _ in stretches for v in (low, low, high, high, low, None)]
    return go.Scatter(
        x=x, y=y, mode="lines", fill="toself", hoverinfo="skip", **({"line": {"width": 0}} | look)
    )


def hatched(palette: Palette) -> dict[str, Any]:
    """Return the look of what is ruled out: grey with lines across, so that it is no matter of colour alone."""
    return {"shape": "/", "size": 7, "solidity": 0.18, "fgcolor": layout.faded(palette.quiet, 0.75),
            "bgcolor": layout.faded(palette.quiet, 0.10), "fillmode": "overlay"}  # fmt: skip


def interval(axis: CutAxis, low: Mark, high: Mark, y: tuple[float, float], level: float, palette: Palette) -> go.Scatter:  # fmt: skip
    """Draw the interval of a threshold as a band over a whole panel."""
    ends = sorted((axis.at(low), axis.at(high)))
    look: dict[str, Any] = {
        "fillcolor": layout.faded(palette.text, 0.13),
        "line": {"width": 1, "color": layout.faded(palette.text, 0.35)},
        "name": f"{100 * level:g}% of redraws",
    }
    return blocks([(ends[0], ends[1])], *y, **look)


def live(figure: go.Figure, axis: CutAxis, mark: Mark, palette: Palette) -> go.Figure:
    """Draw the threshold in force as a line through all panels, with its number above; say so when it is out of sight."""
    along = axis.along(mark)
    inside = -1e-9 <= along <= 1 + 1e-9
    text = f"now {numbers.threshold(mark.threshold)}"
    if inside:
        figure.add_shape(type="line", x0=axis.at(mark), x1=axis.at(mark), y0=0, y1=1, yref="paper", name="now",
                         line={"color": palette.accent, "width": 2})  # fmt: skip
    else:
        text += f", {'below' if along < 0 else 'above'} every score"
    along = min(max(along, 0.0), 1.0)
    return figure.add_annotation(
        text=text, x=along, xref="x domain", y=1, yref="paper", yanchor="bottom", showarrow=False, name="now",
        xanchor="left" if along < 0.08 else "right" if along > 0.92 else "center",
        font={"size": 12, "color": palette.accent},
    )  # fmt: skip


def ring(palette: Palette) -> dict[str, Any]:
    """Return the look of the mark of the threshold in force: a ring that another mark may stand in."""
    return {"symbol": "circle-open", "size": 18, "color": palette.accent, "line": {"color": palette.accent, "width": 2.5}}  # fmt: skip


def chosen(axis: CutAxis, mark: Mark, text: str, palette: Palette) -> go.Scatter:
    """Draw the threshold a plan leads to as a diamond on its curve."""
    return go.Scatter(
        name="chosen by the plan", x=[axis.at(mark)], y=[mark.value], mode="markers", hovertext=[text], cliponaxis=False,
        hovertemplate="%{hovertext}<extra></extra>",
        marker={"symbol": "diamond", "size": 14, "color": palette.text, "line": {"color": palette.surface, "width": 2}},
        unselected={"marker": {"opacity": 1}},
    )  # fmt: skip


def chosen_line(figure: go.Figure, axis: CutAxis, mark: Mark, palette: Palette) -> None:
    """Draw the threshold a plan leads to as a dashed line with its number, where several curves share a panel."""
    along = axis.along(mark)
    if not 0 <= along <= 1:
        return
    figure.add_shape(type="line", x0=axis.at(mark), x1=axis.at(mark), y0=0, y1=1, yref="paper", name="chosen",
                     line={"color": palette.text, "width": 1.25, "dash": "dash"})  # fmt: skip
    left = along < 0.75
    figure.add_annotation(
        x=axis.at(mark), y=0.12, yref="paper", yanchor="bottom", xanchor="left" if left else "right", xshift=4 if left else -4, showarrow=False,
        name="chosen", text=f"chosen {numbers.threshold(mark.threshold)}", font={"size": 12, "color": palette.text},
        bgcolor=layout.faded(palette.surface, 0.8),
    )  # fmt: skip


def clickable(x: FloatArray, y: FloatArray, threshold: FloatArray, said: Sequence[str]) -> go.Scatter:
    """Lay unseen points over a curve; each carries its threshold for clicks and its words for the mouse."""
    kept = np.flatnonzero(np.isfinite(y))
    unseen = {"marker": {"opacity": 0}}
    return go.Scatter(
        name="points", x=x[kept], y=y[kept], mode="markers", showlegend=False, marker={"size": 6, "opacity": 0},
        selected=unseen, unselected=unseen, customdata=[[float(threshold[i])] for i in kept],
        hovertext=[said[int(i)] for i in kept], hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip


def tidy_span(low: float, high: float, *, room: float = 0.06) -> tuple[float, float]:
    """Return the ends of an axis around numbers, 0 kept as an end where it is one."""
    pad = room * ((high - low) or abs(high) or 1.0)
    return (low if low == 0 else low - pad), high + pad


def cost_span(values: FloatArray, near: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis of costs: the numbers to be compared fit, a cost many times theirs is cut off.

    Parameters
    ----------
    values : (m,) float64
        All costs.
    near : sequence of float
        Costs that have to be seen; NaN for none.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    wanted = max([v for v in near if np.isfinite(v)] + [low])
    if high - low > 4 * (wanted - low) > 0:
        high = low + 2 * (wanted - low)
    return tidy_span(low, high)


def dressed(figure: go.Figure, height: int, *, head: int = HEAD) -> go.Figure:
    """Make room above the plot for the label of the threshold in force, and for the legend above that."""
    legend = {"y": 1 + head / (height - _AROUND), "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False}  # fmt: skip
    margin = {"l": 8, "r": 16, "t": 0, "b": 8}
    return figure.update_layout(showlegend=True, legend=legend, clickmode="event+select", hoverdistance=30, margin=margin)  # fmt: skip
