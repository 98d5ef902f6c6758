"""The confusion matrix: each cell in the colour of its outcome, and clickable.

A heatmap answers no click, so invisible squares lie on it; ``hoverdistance=-1`` picks the nearest one, which
on a grid is the cell that was clicked.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import product
from typing import Any, Literal, get_args

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import layout
from app.palette import DARK, OUTCOME_NAMES, Palette
from metrics_core.metrics import counts
from metrics_core.metrics.counts import ratio
from metrics_core.tally import Outcomes

#: What a cell's percentage is a share of; ``counts`` puts the number of rows first.
Share = Literal["true", "predicted", "all", "counts"]
SHARES: tuple[Share, ...] = get_args(Share)

#: Outcome of each cell, rows true, columns predicted, positive first.
CELLS = (("tp", "fn"), ("fp", "tn"))

_WHOLES = {
    "true": ("of actual positives", "of actual negatives"),
    "predicted": ("of predicted positives", "of predicted negatives"),
}
# Opacity of an empty and of a full cell; a full one still lets the number on it be read.
_FAINT, _FULL, _FULL_DARK = 0.12, 0.62, 0.42
_MAX_LABEL = 22


def confusion(
    outcomes: Outcomes,
    labels: tuple[str, str],
    palette: Palette,
    *,
    share: Share = "true",
    height: int = layout.TALL,
    margins: bool = True,
    unit: str = "rows",
) -> go.Figure:
    """Draw the matrix of one decision, positive class first.

    Parameters
    ----------
    outcomes : Outcomes
        Without leading axes.
    labels : tuple of str
        The negative and the positive label.
    palette : Palette
    share : {"true", "predicted", "all", "counts"}
        What the percentages are shares of.
    height : int
    margins : bool
        Whether totals and their rates stand at the edges.
    unit : str
        What the counts count: ``rows`` or ``weight``.

    Returns
    -------
    plotly Figure
        The trace ``cells`` carries ``[outcome]`` as ``customdata``.
    """
    shares = cell_shares(outcomes, share)
    figure = go.Figure([_tint(shares, palette), _targets(outcomes, shares, labels, share, palette)])
    figure.layout.annotations = (
        *(
            line
            for i, j in product(range(2), repeat=2)
            for line in _cell(outcomes, shares, share, i, j, palette)
        ),
        *_heads(labels, palette),
        *(_margins(outcomes, palette, unit) if margins else ()),
    )
    layout.apply(figure, palette, height=height)
    hidden = {"showgrid": False, "showticklabels": False, "showline": False, "automargin": False}
    figure.update_xaxes(range=[-0.5, 1.5], **hidden)
    figure.update_yaxes(range=[1.5, -0.5], **hidden)
    return figure.update_layout(
        margin={"l": 104, "r": 112 if margins else 8, "t": 52, "b": 50 if margins else 8},
        hoverdistance=-1,
        clickmode="event+select",
    )


def clicked(event: Mapping[str, Any] | None) -> str | None:
    """Return the outcome of the clicked cell: ``tp fp fn tn``; None when the click cleared the selection.

    Parameters
    ----------
    event : mapping, optional
        What ``st.plotly_chart(..., on_select="rerun", selection_mode="points")`` returned.
    """
    points = event["selection"]["points"] if event else []
    found = points[0]["customdata"][0] if points else None
    return found if found in OUTCOME_NAMES else None


def cell_shares(outcomes: Outcomes, share: Share) -> np.ndarray:
    """Return the share of each cell, rows true, columns predicted, positive first; NaN where nothing is.

    Examples
    --------
    >>> from metrics_core.tally.outcomes import outcomes
    >>> cell_shares(outcomes(3, 2, 1, 2), "true").tolist()
    [[0.75, 0.25], [0.5, 0.5]]
    """
    return ratio([[getattr(outcomes, code) for code in row] for row in CELLS], cell_wholes(outcomes, share))


def cell_wholes(outcomes: Outcomes, share: Share) -> np.ndarray:
    """Return what each cell is a share of: the total of its row, of its column or of all."""
    o = outcomes
    unflagged = o.total - o.flagged
    wholes = {
        "true": [[o.positives, o.positives], [o.negatives, o.negatives]],
        "predicted": [[o.flagged, unflagged], [o.flagged, unflagged]],
    }
    return np.asarray(wholes.get(share, [[o.total, o.total], [o.total, o.total]]), dtype=np.float64)


def cell_fills(shares: np.ndarray, palette: Palette) -> list[str]:
    """Return the four fills row by row: the outcome's colour, stronger for a larger share."""
    full = _FULL_DARK if palette is DARK else _FULL
    return [
        layout.faded(
            palette.outcome(CELLS[i][j]), _FAINT + (full - _FAINT) * float(np.nan_to_num(shares[i][j]))
        )
        for i, j in product(range(2), repeat=2)
    ]


def _tint(shares: np.ndarray, palette: Palette) -> go.Heatmap:
    """Paint the cells: four codes and a scale of four colours."""
    fills = cell_fills(shares, palette)
    return go.Heatmap(
        name="tint",
        z=[[0, 1], [2, 3]],
        x=[0, 1],
        y=[0, 1],
        zmin=0,
        zmax=3,
        colorscale=[[i / 3, fill] for i, fill in enumerate(fills)],
        showscale=False,
        xgap=4,
        ygap=4,
        hoverinfo="skip",
    )


def _targets(
    o: Outcomes, shares: np.ndarray, labels: tuple[str, str], share: Share, palette: Palette
) -> go.Scatter:
    """Lay invisible squares over the cells for hover and click."""
    negative, positive = (_short(label) for label in labels)
    name = (positive, negative)
    of = _WHOLES.get(share, ("of all", "of all"))
    whole = [[of[i if share == "true" else j] for j in range(2)] for i in range(2)]
    hover = [
        f"<b>{OUTCOME_NAMES[CELLS[i][j]]}</b><br>actual {name[i]}, predicted {name[j]}<br>"
        f"{numbers.count(float(getattr(o, CELLS[i][j])))} · {numbers.share(float(shares[i][j]))} {whole[i][j]}<br>"
        "Click to see the rows"
        for i, j in product(range(2), repeat=2)
    ]
    return go.Scatter(
        name="cells",
        x=[0, 1, 0, 1],
        y=[0, 0, 1, 1],
        mode="markers",
        showlegend=False,
        marker={"symbol": "square", "size": 60, "color": "rgba(0,0,0,0)"},
        customdata=[[CELLS[i][j]] for i, j in product(range(2), repeat=2)],
        hovertext=hover,
        hoverinfo="text",
        selected={"marker": {"color": layout.faded(palette.accent, 0.2)}},
        unselected={"marker": {"color": "rgba(0,0,0,0)"}},
    )


def _cell(
    o: Outcomes, shares: np.ndarray, share: Share, i: int, j: int, palette: Palette
) -> list[go.layout.Annotation]:
    """Write what a cell holds: the outcome, the number that was asked for, and what it is a share of."""
    n, percent = numbers.count(float(getattr(o, CELLS[i][j]))), numbers.share(float(shares[i][j]))
    whole = numbers.count(float(cell_wholes(o, share)[i][j]))
    first, second = (n, percent) if share == "counts" else (percent, n)
    below = f"{second} of {whole}"
    if len(below) > _MAX_LABEL:
        below = second
    lines = ((OUTCOME_NAMES[CELLS[i][j]], 13, 600, 32), (first, 27, 650, 2), (below, 13, 400, -28))
    return [
        go.layout.Annotation(x=j, y=i, text=text, yshift=shift, showarrow=False,
                             font={"size": size, "weight": weight, "color": palette.text})
        for text, size, weight, shift in lines
    ]  # fmt: skip


def _heads(labels: tuple[str, str], palette: Palette) -> list[go.layout.Annotation]:
    """Write the classes above the columns and before the rows."""
    negative, positive = (_short(label) for label in labels)
    heads = []
    for at, (side, label) in enumerate((("positive", positive), ("negative", negative))):
        heads.append(
            _note(
                _head("Predicted", side, label, palette),
                palette,
                x=at,
                y=1,
                yref="paper",
                yanchor="bottom",
                yshift=8,
            )
        )
        heads.append(_note(_head("Actual", side, label, palette), palette, x=0, y=at, xref="paper", xanchor="right", xshift=-12, align="right"))  # fmt: skip
    return heads


def _head(what: str, side: str, label: str, palette: Palette) -> str:
    """Write a class: what it is here, and its label below."""
    return f"<span style='color:{palette.text}'><b>{what} {side}</b></span><br>{label}"


def _margins(o: Outcomes, palette: Palette, unit: str) -> list[go.layout.Annotation]:
    """Write totals and the rates they are the denominators of."""
    right = [
        _total(unit, o.positives, ("Recall", counts.recall(o)), ("FNR", counts.fnr(o))),
        _total(unit, o.negatives, ("FPR", counts.fpr(o)), ("Specificity", counts.specificity(o))),
    ]
    below = [
        _total(unit, o.flagged, ("Precision", counts.precision(o))),
        _total(unit, o.total - o.flagged, ("NPV", counts.npv(o))),
    ]
    corner = _total(unit, o.total, ("Accuracy", counts.accuracy(o)))
    return [
        *(_note(text, palette, x=1, y=i, xref="paper", xanchor="left", xshift=12, align="left") for i, text in enumerate(right)),
        *(_note(text, palette, x=j, y=0, yref="paper", yanchor="top", yshift=-8) for j, text in enumerate(below)),
        _note(corner, palette, x=1, y=0, xref="paper", yref="paper", xanchor="left", xshift=12, yanchor="top", yshift=-8, align="left"),
    ]  # fmt: skip


def _total(unit: str, n: Any, *rates: tuple[str, Any]) -> str:
    """Write a total and its rates under it."""
    lines = [f"<b>{numbers.count(float(n))}</b> {unit}"]
    return "<br>".join([*lines, *(f"{name} {numbers.share(float(value))}" for name, value in rates)])


def _note(text: str, palette: Palette, **place: Any) -> go.layout.Annotation:
    """Write a line at the edge of the matrix."""
    return go.layout.Annotation(
        text=text,
        showarrow=False,
        font={"size": 12.5, "color": palette.quiet},
        **{"align": "center", **place},
    )


def _short(label: str) -> str:
    """Make a user's label safe and short enough for the edge of the matrix."""
    return escape(label if len(label) <= _MAX_LABEL else label[: _MAX_LABEL - 1] + "…")
