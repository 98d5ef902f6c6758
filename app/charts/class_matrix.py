"""The confusion matrix of many classes: what is right on one colour scale, mistakes on another, every cell clickable.

On one scale the diagonal would drown the mistakes. A heatmap answers no click, so invisible squares lie on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app import numbers
from app.charts import layout
from app.charts.class_order import OTHER_CODE, ClassMatrix, Share
from app.palette import Palette

#: Up to so many classes cells hold their number: in full, and shortened.
IN_FULL, SHORTENED = 12, 30
# Pixels of a cell, of the classes' names and of the colour scales.
_CELLS = ((12, 42), (15, 32), (30, 24), (np.inf, 15))
_AROUND = 130
_MAX_LABEL = 24
# The least tint of a cell that holds a mistake; an empty one has none.
_FAINT = 0.1
_OF = {"true": "% of actual", "predicted": "% of predicted", "all": "% of all"}


def class_matrix(
    matrix: ClassMatrix,
    palette: Palette,
    *,
    share: Share = "counts",
    diagonal: bool = True,
    height: int | None = None,
    unit: str = "rows",
) -> go.Figure:
    """Draw the matrix, rows true and columns predicted.

    Parameters
    ----------
    matrix : ClassMatrix
    palette : Palette
    share : {"counts", "true", "predicted", "all"}
        What cells hold; with few classes a share stands over its count, and a count over its share of the actual class.
    diagonal : bool
        Whether right predictions are coloured and written.
    height : int, optional
        By default as much as the classes need; with a given one only cells of few classes hold their number.
    unit : str
        What the counts count: ``rows`` or ``weight``.

    Returns
    -------
    plotly Figure
        The traces ``right`` and ``wrong`` hold the values; ``cells`` carries ``[true, predicted]`` as
        ``customdata``, places in ``matrix.labels``.
    """
    k, values = len(matrix.codes), matrix.values(share)
    on = np.eye(k, dtype=bool)
    if matrix.named < k:
        values[-1, -1] = np.nan  # right and wrong rows of many classes in one cell: no colour says that
    right = np.where(on, values, np.nan)
    wrong = np.where(~on & (values > 0), values, np.nan)
    figure = go.Figure()
    figure.add_trace(_heat("right", right, palette, share, unit, shown=diagonal))
    figure.add_trace(_heat("wrong", wrong, palette, share, unit))
    if k <= (SHORTENED if height is None else IN_FULL):
        below = _below(matrix, share) if k <= IN_FULL and height is None else None
        figure.add_trace(_written(values, on, palette, share, diagonal=diagonal, below=below))
    figure.add_trace(_targets(matrix, palette, unit))
    layout.apply(figure, palette, height=height or tall_enough(k))
    names = [short(label) for label in matrix.shown]
    axis: dict[str, Any] = {
        "tickmode": "array", "tickvals": list(range(k)), "ticktext": names, "showgrid": False, "showline": False,
        "tickfont": {"size": font_size(k, height), "color": palette.text}, "title": {"standoff": 10},
    }  # fmt: skip
    figure.update_xaxes(axis | {"side": "top", "range": [-0.5, k - 0.5], "title_text": "Predicted", "autotickangles": [0, 45, 90], "tickangle": None if k <= SHORTENED else 90})  # fmt: skip
    figure.update_yaxes(axis | {"range": [k - 0.5, -0.5], "title_text": "Actual"})
    if height is None and k > IN_FULL:  # small cells: drag a part to see it larger
        figure.update_layout(dragmode="zoom", uirevision=str(matrix.shown))
        figure.update_xaxes(fixedrange=False)
        figure.update_yaxes(fixedrange=False)
    return figure.update_layout(
        plot_bgcolor=layout.faded(palette.quiet, 0.07),
        hoverdistance=-1,
        clickmode="event+select",
        showlegend=False,
        margin={"l": 4, "r": 12, "t": 8, "b": 4},
    )


def clicked(event: Mapping[str, Any] | None, labels: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the true and the predicted class of the clicked cell; None when the click cleared the selection.

    Parameters
    ----------
    event : mapping, optional
        What ``st.plotly_chart(..., on_select="rerun", selection_mode="points")`` returned.
    labels : tuple of str
        Of all classes, in file order.
    """
    points = event["selection"]["points"] if event else []
    found = points[0].get("customdata") if points else None
    if not isinstance(found, list | tuple) or len(found) != 2:
        return None
    if not all(isinstance(code, int) and 0 <= code < len(labels) for code in found):
        return None
    return labels[found[0]], labels[found[1]]


def tall_enough(k: int) -> int:
    """Return the height of a figure of k classes, in pixels."""
    pixels = next(cell for most, cell in _CELLS if k <= most)
    return max(layout.TALL, k * pixels + _AROUND)


def _heat(
    name: str, values: NDArray[np.float64], palette: Palette, share: Share, unit: str, *, shown: bool = True
) -> go.Heatmap:
    """Paint one kind of cells on its own scale, with the scale under the matrix."""
    k = len(values)
    top = 1.0 if name == "right" and share != "counts" else float(np.nanmax(values, initial=0))
    what = unit if share == "counts" else _OF[share]
    right = name == "right"
    return go.Heatmap(
        name=name,
        x=list(range(k)),
        y=list(range(k)),
        z=values if shown else np.where(np.isnan(values), np.nan, 0.0),
        zmin=0,
        zmax=top or 1.0,
        colorscale=_scale(name, palette) if shown else [[0, palette.grid], [1, palette.grid]],
        xgap=1.5 if k <= SHORTENED else 0.5,
        ygap=1.5 if k <= SHORTENED else 0.5,
        hoverinfo="skip",
        showscale=shown and top > 0,
        colorbar={
            "orientation": "h", "len": 0.4, "lenmode": "fraction", "thickness": 8, "outlinewidth": 0, "ypad": 6,
            "x": 0.0 if right else 1.0, "xanchor": "left" if right else "right", "y": 0, "yanchor": "top", "xpad": 0,
            "nticks": 4, "tickformat": ".0%" if share != "counts" and top > 0.05 else ".1%" if share != "counts" else ",~f",
            "tickfont": {"size": 11, "color": palette.quiet},
            "title": {"text": f"{'Right' if right else 'Taken for another'}, {what}", "side": "top",
                      "font": {"size": 12, "color": palette.quiet}},
        },
    )  # fmt: skip


def _scale(name: str, palette: Palette) -> list[list[Any]]:
    """Return a scale of one hue: blue for what is right, that of a missed row for mistakes."""
    if name == "right":
        return [[i / (len(palette.ramp) - 1), color] for i, color in enumerate(palette.ramp)]
    ends = ((0.0, _FAINT), (0.25, 0.32), (0.5, 0.55), (0.75, 0.78), (1.0, 1.0))
    return [[at, layout.blended(palette.fn, palette.surface, strength)] for at, strength in ends]


def fill_of(scale: list[list[Any]], place: float) -> str:
    """Return the colour of a scale at a place from 0 to 1."""
    at = max(i for i in range(len(scale) - 1) if scale[i][0] <= place)
    (low, below), (high, above) = scale[at], scale[at + 1]
    return layout.blended(above, below, (place - low) / (high - low))


def _written(
    values: NDArray[np.float64],
    on: NDArray[np.bool_],
    palette: Palette,
    share: Share,
    *,
    diagonal: bool,
    below: NDArray[np.float64] | None = None,
) -> go.Scatter:
    """Write the number of every cell that holds rows, dark on light or light on dark; a second one below it."""
    filled = (values > 0) & (diagonal | ~on)
    rows, columns = np.nonzero(filled)
    tops = [float(np.max(values, where=part & filled, initial=0)) or 1.0 for part in (on, ~on)]
    if share != "counts":
        tops[0] = 1.0
    scales = [_scale(name, palette) for name in ("right", "wrong")]
    inks = [
        layout.readable(fill_of(scales[int(i != j)], values[i, j] / tops[int(i != j)]), palette.text, palette.surface)
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
    ]  # fmt: skip
    k = len(values)
    texts = [_number(v, share, k) for v in values[filled].tolist()]
    if below is not None:
        second: Share = "true" if share == "counts" else "counts"
        under = [_number(v, second, k) for v in below[filled].tolist()]
        texts = [f"{text}<br><span style='font-size:10px'>{small}</span>" for text, small in zip(texts, under, strict=True)]  # fmt: skip
    return go.Scatter(
        name="numbers",
        x=columns,
        y=rows,
        mode="text",
        text=texts,
        textfont={"size": font_size(k, None), "color": inks},
        selected={
            "textfont": {"color": palette.text}
        },  # with a look of its own no number fades when a cell is chosen
        hoverinfo="skip",
        showlegend=False,
    )


def _below(matrix: ClassMatrix, share: Share) -> NDArray[np.float64]:
    """Return what stands under the number of a cell: the count of a share, the share of the actual class of a count."""
    return matrix.values("true" if share == "counts" else "counts")


def _number(value: float, share: Share, k: int) -> str:
    """Write a cell, shortened when cells are small."""
    if share == "counts":
        return numbers.count(value) if k <= IN_FULL or value < 1000 else f"{value / 1000:.3g}k"
    return numbers.share(value) if k <= IN_FULL else f"{100 * value:.0f}" if value >= 0.005 else "<1"


def _targets(matrix: ClassMatrix, palette: Palette, unit: str) -> go.Scatter:
    """Lay an invisible square over each cell for hover and click."""
    k = len(matrix.codes)
    names, codes = [short(label) for label in matrix.shown], matrix.codes.tolist()
    true_share, predicted_share = matrix.values("true"), matrix.values("predicted")
    hover, data = [], []
    for i in range(k):
        for j in range(k):
            n = float(matrix.counts[i, j])
            head = f"<b>{names[i]}</b> predicted right" if i == j else f"<b>{names[i]}</b> taken for <b>{names[j]}</b>"  # fmt: skip
            counted = numbers.rows(n) if unit == "rows" else f"{unit} {numbers.count(n)}"
            shares = (
                f"<br>{numbers.share(float(true_share[i, j]))} of actual {names[i]}"
                f"<br>{numbers.share(float(predicted_share[i, j]))} of predicted {names[j]}"
            )
            if OTHER_CODE in (codes[i], codes[j]):
                shares += "<br>(other): the classes not shown, together"
                head = head if i != j else "<b>(other)</b> predicted (other), right or wrong"
            else:
                shares += "<br>Click to see the rows"
            hover.append(f"{head}<br>{counted}{shares}" if n else f"{head}<br>no row")
            data.append([codes[i], codes[j]])
    return go.Scatter(
        name="cells",
        x=np.tile(np.arange(k), k),
        y=np.repeat(np.arange(k), k),
        mode="markers",
        marker={"symbol": "square", "size": 26 if k <= IN_FULL else 12, "color": "rgba(0,0,0,0)"},
        customdata=data,
        hovertext=hover,
        hoverinfo="text",
        showlegend=False,
        selected={"marker": {"color": layout.faded(palette.accent, 0.2)}},
        unselected={"marker": {"color": "rgba(0,0,0,0)"}},
    )


def font_size(k: int, height: int | None) -> float:
    """Return the size of names and numbers that fits the cells."""
    if k <= IN_FULL:
        return 12.5
    if height is not None:
        return max(7.5, min(11.0, 0.62 * (height - _AROUND) / k))
    return 10.5 if k <= SHORTENED else 9


def short(label: str) -> str:
    """Make a class name safe and short enough for the edge of the matrix."""
    return escape(label if len(label) <= _MAX_LABEL else label[: _MAX_LABEL - 1] + "…") or "(empty)"
