"""How the scores of both classes spread, in the colours of the outcomes.

Each class has its own panel and its own count axis: a class of one row in a hundred is as readable as the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from app import numbers
from app.charts import layout
from app.palette import OUTCOME_NAMES, Palette
from metrics_core.curves import ScoreHistogram

# Outcomes of each panel: below the threshold, at or above it.
_PANELS = (("fn", "tp"), ("tn", "fp"))
# A class whose fullest bin holds this many times its median bin is counted on a log axis.
_UNEVEN = 25
_MAX_LABEL = 22
# Pixels between the panels, where the lower one's heading stands, and around both.
_GAP, _AROUND = 34, 90


def confidence_figure(
    curve: ScoreHistogram, palette: Palette, *, height: int = layout.SHORT, log: bool | None = None
) -> go.Figure:
    """Draw the probabilities of the predicted classes: those of right answers above those of wrong ones.

    Parameters
    ----------
    curve : ScoreHistogram
        Right answers as positives.
    palette : Palette
    height, log
        See ``histogram_figure``.

    Returns
    -------
    plotly Figure
        The traces ``pos`` (right) and ``neg`` (wrong).
    """
    # both panels are needed to tell sure mistakes from unsure ones, so each has its own axis
    names, colors = ("<b>Wrong</b>", "<b>Right</b>"), {"pos": palette.tp, "neg": palette.fn}
    return _two_panels(curve, None, names, colors, palette, "Probability of the predicted class", height, log)


def histogram_figure(
    curve: ScoreHistogram,
    threshold: float | None,
    labels: tuple[str, str],
    palette: Palette,
    *,
    height: int = layout.SHORT,
    log: bool | None = None,
) -> go.Figure:
    """Draw the scores of the positives above those of the negatives, split at the threshold.

    Parameters
    ----------
    curve : ScoreHistogram
        Made with ``split_at=threshold``, so that no bin lies on both of its sides.
    threshold : float, optional
        None when the file's own decision counts: the score then decides nothing, and the bars have no outcome.
    labels : tuple of str
        The negative and the positive label.
    palette : Palette
    height : int
    log : bool, optional
        Count on log axes; by default where few bins hold nearly all rows.

    Returns
    -------
    plotly Figure
        One trace an outcome, named by its code, or ``pos`` and ``neg`` without a threshold.
    """
    names = tuple(f"Actual <b>{_short(label)}</b>" for label in labels)
    return _two_panels(curve, threshold, names, {}, palette, "Score", height, log)


def _two_panels(
    curve: ScoreHistogram,
    threshold: float | None,
    names: tuple[str, ...],
    colors: Mapping[str, str],
    palette: Palette,
    axis: str,
    height: int,
    log: bool | None,
) -> go.Figure:
    """Draw positives above negatives; names are those of the negative and the positive panel."""
    counted = {"pos": curve.pos, "neg": curve.neg}
    log = any(map(uneven, counted.values())) if log is None else log
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=_GAP / (height - _AROUND))
    for row, (side, counts) in enumerate(counted.items(), start=1):
        parts = _parts(curve, side, threshold, row)
        for code, kept in parts.items():
            color = colors.get(code, _color(code, palette))
            figure.add_trace(_bars(curve, counts, kept, code, color, palette), row=row, col=1)
        figure.add_annotation(_head(side, names[side == "pos"], counts, parts, palette), row=row, col=1)
        figure.add_annotation(_unit(counts, log, palette), row=row, col=1)
        _count_axis(figure, counts, log, row)
    layout.apply(figure, palette, height=height)
    figure.update_xaxes(range=[float(curve.low[0]), float(curve.high[-1])], showgrid=False, showline=True)
    figure.update_xaxes(title={"text": axis, "standoff": 4}, row=2, col=1)
    if threshold is not None:
        _mark(figure, curve, threshold, palette)
    return figure.update_layout(
        bargap=0,
        barmode="overlay",
        hovermode="x",
        showlegend=False,
        margin={"l": 8, "r": 12, "t": 42, "b": 4},
    )


def uneven(counts: NDArray[np.float64]) -> bool:
    """Say whether a linear axis would show little but the fullest bins.

    Examples
    --------
    >>> uneven(np.array([900.0, 4, 3, 2, 1])), uneven(np.array([9.0, 4, 3, 2, 0]))
    (True, False)
    """
    filled = counts[counts > 0]
    return filled.size > 2 and bool(filled.max() > _UNEVEN * np.median(filled))


def _parts(
    curve: ScoreHistogram, side: str, threshold: float | None, row: int
) -> dict[str, NDArray[np.bool_]]:
    """Say which bins belong to which trace of a panel."""
    if threshold is None:
        return {side: np.ones(curve.low.size, dtype=bool)}
    flagged = curve.low >= threshold
    below, above = _PANELS[row - 1]
    return {below: ~flagged, above: flagged}


def _bars(
    curve: ScoreHistogram,
    counts: NDArray[Any],
    kept: NDArray[np.bool_],
    code: str,
    color: str,
    palette: Palette,
) -> go.Bar:
    """Draw the bins of one outcome that hold a row."""
    at = kept & (counts > 0)
    low, high = curve.low[at], curve.high[at]
    text = [
        f"score {_edge(a)} to {_edge(b)}<br><b>{numbers.count(float(n))}</b> {_name(code, float(n))}"
        for a, b, n in zip(low, high, counts[at], strict=True)
    ]
    return go.Bar(
        name=code,
        x=(low + high) / 2,
        y=counts[at],
        width=high - low,
        marker={"color": color, "line": {"color": palette.surface, "width": 1}},
        hovertext=text,
        hoverinfo="text",
        customdata=np.stack([low, high], axis=-1),
    )


def _head(
    side: str,
    title: str,
    counts: NDArray[Any],
    parts: dict[str, NDArray[np.bool_]],
    palette: Palette,
) -> go.layout.Annotation:
    """Name a panel and count its outcomes."""
    if not counts.sum():
        words = ["no row"]
    elif side in parts:
        words = [numbers.rows(float(counts.sum()))]
    else:
        words = [
            f"<span style='color:{_color(code, palette)}'>■</span> {numbers.count(float(counts[kept].sum()))} "
            f"{_name(code, float(counts[kept].sum()))}"
            for code, kept in parts.items()
        ]
    return go.layout.Annotation(
        text="   ".join([title, *words]), xref="x domain", yref="y domain", x=0, y=1, xanchor="left", yanchor="bottom",
        yshift=3, showarrow=False, font={"size": 12.5, "color": palette.text},
    )  # fmt: skip


def _unit(counts: NDArray[Any], log: bool, palette: Palette) -> go.layout.Annotation:
    """Say what the count axis of a panel counts."""
    text = "rows" if (counts == np.round(counts)).all() else "sum of weights"
    return go.layout.Annotation(
        text=f"{text}, log scale" if log else text, xref="x domain", yref="y domain", x=1, y=1, xanchor="right",
        yanchor="bottom", yshift=3, showarrow=False, font={"size": 12, "color": palette.quiet},
    )  # fmt: skip


def _count_axis(figure: go.Figure, counts: NDArray[Any], log: bool, row: int) -> None:
    """Fit the axis of a panel to its counts."""
    top = float(counts.max(initial=0))
    axis: dict[str, Any] = {"tickformat": "~s"}
    if not top:
        axis = {"range": [0, 1], "showticklabels": False, "showgrid": False}
    elif log:
        # The floor lies under the smallest bin, so that a single row is a bar too.
        floor, ceiling = math.log10(0.6 * float(counts[counts > 0].min())), math.log10(1.3 * top)
        axis |= {"type": "log", "range": [floor, ceiling], "dtick": max(1, math.ceil((ceiling - floor) / 4))}
    else:
        axis |= {"range": [0, 1.06 * top], "nticks": 4}
    figure.update_yaxes(axis, row=row, col=1)


def _mark(figure: go.Figure, curve: ScoreHistogram, threshold: float, palette: Palette) -> None:
    """Draw the threshold through both panels, when it lies among the scores."""
    low, high = float(curve.low[0]), float(curve.high[-1])
    at = (threshold - low) / (high - low)
    if 0 <= at <= 1:
        line = {"color": palette.accent, "width": 2}
        figure.add_vline(threshold, line=line)
    text = f"threshold {numbers.threshold(threshold)}"
    figure.add_annotation(
        text=text if 0 <= at <= 1 else f"{text}, {'below' if at < 0 else 'above'} every score shown",
        xref="paper", yref="paper", x=min(1.0, max(0.0, at)), y=1, yshift=22, yanchor="bottom", showarrow=False,
        xanchor="left" if at < 0.12 else "right" if at > 0.88 else "center",
        font={"size": 12, "color": palette.accent},
    )  # fmt: skip


def _name(code: str, n: float) -> str:
    """Name an outcome in the number of its rows."""
    words = OUTCOME_NAMES[code].lower() if code in OUTCOME_NAMES else "rows"
    return words.removesuffix("s") if n == 1 else words


def _color(code: str, palette: Palette) -> str:
    """Return the colour of an outcome; quiet where the score decides nothing."""
    return palette.outcome(code) if code in OUTCOME_NAMES else palette.quiet


def _edge(value: float) -> str:
    """Write the end of a bin."""
    return f"{value:.4g}"


def _short(label: str) -> str:
    """Make a label of the file safe and short enough for a heading."""
    return escape(label if len(label) <= _MAX_LABEL else label[: _MAX_LABEL - 1] + "…")
