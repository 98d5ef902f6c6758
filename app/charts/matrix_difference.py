"""One confusion matrix minus another: colours part at 0, numbers carry their sign, every cell is clickable.

Blue where the first model puts more into a cell, orange where the other does: a pair that people with any colour
vision tell apart. Which of the two is better depends on the cell, so the colours do not say it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app import numbers
from app.charts import layout
from app.charts.class_matrix import IN_FULL, SHORTENED, fill_of, font_size, short, tall_enough
from app.palette import Palette
from metrics_core.matrix_difference import MatrixDifference

#: What the cells hold: the difference of a rate, in percentage points, or of the counts.
Share = Literal["true", "predicted", "all", "counts"]
SHARES: tuple[Share, ...] = get_args(Share)

_OF = {"true": "of actual", "predicted": "of predicted", "all": "of all"}
# Pixels of a cell of two classes.
_OF_TWO = 130
# How strong colours are where chance explains the difference.
_PALE = 0.35


def difference_figure(
    found: MatrixDifference,
    names: Sequence[str],
    models: tuple[str, str],
    palette: Palette,
    *,
    share: Share = "true",
    unit: str = "rows",
) -> go.Figure:
    """Draw one matrix minus another, rows true and columns predicted.

    Parameters
    ----------
    found : MatrixDifference
    names : sequence of str
        Of rows and columns, in order.
    models : tuple of str
        The first model, and the one that is subtracted.
    palette : Palette
    share : {"true", "predicted", "all", "counts"}
        What the cells hold; the rates are those of ``found``.
    unit : str
        What the counts count: ``rows`` or ``weight``.

    Returns
    -------
    plotly Figure
        The trace ``difference`` holds the values (rates in percentage points), ``by chance`` in paler colours those whose
        interval holds 0; ``cells`` carries ``[row, column]`` as ``customdata``, places in ``names``.
    """
    k, values = len(names), cell_values(found, share)
    most = float(np.nanmax(np.abs(values), initial=0)) or 1.0
    loud = np.ones(values.shape, dtype=bool) if share == "counts" else found.certain
    loud &= ~np.isnan(values)
    at, unit_of = list(range(k)), 1 if share == "counts" else 100
    figure = go.Figure(
        [
            go.Heatmap(
                name=name, x=at, y=at, z=np.where(part, unit_of * values, np.nan), zmin=-unit_of * most, zmax=unit_of * most,
                colorscale=_scale(palette, strength), hoverinfo="skip", xgap=2 if k <= SHORTENED else 0.5, ygap=2 if k <= SHORTENED else 0.5,
                colorbar=_bar(models, share, unit, palette), showscale=(name == "difference") == bool(loud.any()),
            )
            for name, part, strength in (("difference", loud, 1.0), ("by chance", ~loud, _PALE))
        ]
    )  # fmt: skip
    if k <= SHORTENED:
        figure.add_trace(_written(found, values, share, most, loud, palette))
    figure.add_trace(_targets(found, values, names, models, share, unit, palette))
    layout.apply(figure, palette, height=max(layout.TALL, k * _OF_TWO + 150) if k == 2 else tall_enough(k))
    ticks = [short(name) for name in names]
    axis: dict[str, Any] = {
        "tickmode": "array", "tickvals": at, "ticktext": ticks, "showgrid": False, "showline": False,
        "tickfont": {"size": font_size(k, None), "color": palette.text}, "title": {"standoff": 10},
    }  # fmt: skip
    figure.update_xaxes(axis | {"side": "top", "range": [-0.5, k - 0.5], "title_text": "Predicted",
                                "autotickangles": [0, 45, 90], "tickangle": None if k <= SHORTENED else 90})  # fmt: skip
    figure.update_yaxes(axis | {"range": [k - 0.5, -0.5], "title_text": "Actual"})
    return figure.update_layout(
        plot_bgcolor=layout.faded(palette.quiet, 0.07), hoverdistance=-1, clickmode="event+select", showlegend=False,
        margin={"l": 4, "r": 12, "t": 8, "b": 4},
    )  # fmt: skip


def clicked(event: Mapping[str, Any] | None, k: int) -> tuple[int, int] | None:
    """Return row and column of the clicked cell; None when the click cleared the selection.

    Parameters
    ----------
    event : mapping, optional
        What a chart with ``on_select`` holds.
    k : int
        Number of rows and columns.
    """
    points = event["selection"]["points"] if event else []
    data = points[0].get("customdata") if points else None
    if not isinstance(data, list | tuple) or len(data) != 2:
        return None
    row, column = data
    return (row, column) if all(isinstance(at, int) and 0 <= at < k for at in data) else None


def cell_values(found: MatrixDifference, share: Share) -> NDArray[np.float64]:
    """Return what the cells hold, ``(k, k)``: differences of rates or of counts."""
    if share == "counts":
        return np.asarray(found.counts - found.other_counts, dtype=np.float64)
    return found.difference


def signed(value: float, share: Share) -> str:
    """Write a difference with its sign: percentage points of rates, or a count.

    Examples
    --------
    >>> signed(0.0123, "true"), signed(-4, "counts"), signed(0.0, "all"), signed(float("nan"), "true")
    ('+1.2 pp', '−4', '0.0 pp', 'n/a')
    """
    if np.isnan(value):
        return numbers.NOT_AVAILABLE
    text = numbers.count(abs(value)) if share == "counts" else _points(abs(value))
    nothing = float(text.replace(",", "").removesuffix(" pp")) == 0
    return ("" if nothing else "+" if value > 0 else "−") + text


def interval(low: float, high: float) -> str:
    """Write the interval of a difference of rates, in percentage points.

    Examples
    --------
    >>> interval(-0.012, 0.034)
    '−1.2 to +3.4 pp'
    """
    if np.isnan(low) or np.isnan(high):
        return numbers.NOT_AVAILABLE
    return f"{signed(low, 'true').removesuffix(' pp')} to {signed(high, 'true')}"


def _points(value: float) -> str:
    """Write percentage points: one decimal, small ones with two digits."""
    return f"{100 * value:.2g} pp" if value != 0 and value < 0.0005 else f"{100 * value:.1f} pp"


def _scale(palette: Palette, full: float) -> list[list[Any]]:
    """Return the two hues that part at the colour of an empty cell, at most as strong as asked."""
    other, first = palette.sequence[1], palette.sequence[0]
    ends = ((1.0, 1.0), (0.6, 0.62), (0.25, 0.3))
    middle = layout.blended(palette.quiet, palette.surface, 0.07)
    down = [[0.5 - at / 2, layout.blended(other, palette.surface, full * strength)] for at, strength in ends]
    up = [
        [0.5 + at / 2, layout.blended(first, palette.surface, full * strength)]
        for at, strength in reversed(ends)
    ]
    return [*down, [0.5, middle], *up]


def _bar(models: tuple[str, str], share: Share, unit: str, palette: Palette) -> dict[str, Any]:
    """Lay the scale under the matrix, with the model that has more at each end."""
    first, other = (short(name) for name in models)
    form = "+,~f" if share == "counts" else "+.2~f"
    return {
        "orientation": "h", "len": 0.8, "lenmode": "fraction", "thickness": 8, "outlinewidth": 0, "ypad": 6,
        "x": 0.5, "xanchor": "center", "y": 0, "yanchor": "top", "nticks": 5, "tickformat": form,
        "tickfont": {"size": 11, "color": palette.quiet},
        "title": {"text": f"◀ more in {other} · {unit if share == 'counts' else f'percentage points {_OF[share]}'} · more in {first} ▶",
                  "side": "top", "font": {"size": 12, "color": palette.quiet}},
    }  # fmt: skip


def _written(
    found: MatrixDifference,
    values: NDArray[np.float64],
    share: Share,
    most: float,
    loud: NDArray[np.bool_],
    palette: Palette,
) -> go.Scatter:
    """Write the differences; bold where the interval leaves 0 out, and of two classes with both rates and the interval."""
    k, scales = len(values), (_scale(palette, _PALE), _scale(palette, 1.0))
    rows, columns = np.nonzero(~np.isnan(values) & ((values != 0) | (k == 2)))
    texts, inks = [], []
    for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
        text = signed(values[i, j], share)
        if k > IN_FULL:
            text = text.removesuffix(" pp")
        if share != "counts" and found.certain[i, j]:
            text = f"<b>{text}</b>"
        texts.append(f"<span style='font-size:20px'>{text}</span><br>{_below(found, i, j, share)}" if k == 2 else text)  # fmt: skip
        ground = fill_of(scales[int(loud[i, j])], (values[i, j] / most + 1) / 2)
        inks.append(layout.readable(ground, palette.text, palette.surface))
    return go.Scatter(
        name="numbers", x=columns, y=rows, mode="text", text=texts, hoverinfo="skip", showlegend=False,
        textfont={"size": 13 if k == 2 else font_size(k, None), "color": inks},
        selected={"textfont": {"color": palette.text}},  # with a look of its own no number fades when a cell is chosen
    )  # fmt: skip


def _below(found: MatrixDifference, i: int, j: int, share: Share) -> str:
    """Write under a difference of two classes what it is the difference of, and its interval."""
    if share == "counts":
        return f"{numbers.count(float(found.counts[i, j]))} against {numbers.count(float(found.other_counts[i, j]))}"  # fmt: skip
    rates = (
        f"{numbers.share(float(found.rates[i, j]))} against {numbers.share(float(found.other_rates[i, j]))}"
    )
    return f"{rates}<br>95% {interval(float(found.low[i, j]), float(found.high[i, j]))}"


def _targets(
    found: MatrixDifference,
    values: NDArray[np.float64],
    names: Sequence[str],
    models: tuple[str, str],
    share: Share,
    unit: str,
    palette: Palette,
) -> go.Scatter:
    """Lay an invisible square over each cell for hover and click."""
    k = len(names)
    (first, other), ticks = (short(name) for name in models), [short(name) for name in names]
    hover, data = [], []
    for i in range(k):
        for j in range(k):
            lines = [f"<b>actual {ticks[i]}, predicted {ticks[j]}</b>"]
            sides = zip((first, other), (found.counts, found.other_counts), (found.rates, found.other_rates), strict=True)  # fmt: skip
            for name, counts, rates in sides:
                of = "" if share == "counts" else f" · {numbers.share(float(rates[i, j]))} {_OF[share]}"
                lines.append(f"{name}: {numbers.count(float(counts[i, j]))} {unit}{of}")
            lines.append(f"Difference {signed(float(values[i, j]), share)}")
            if share != "counts":
                lines[-1] += f" (95% {interval(float(found.low[i, j]), float(found.high[i, j]))})"
            if found.both_judged:
                lines.append(
                    f"{found.only[i, j]:,} rows only {first} puts here, {found.other_only[i, j]:,} only {other}"
                )
            hover.append("<br>".join([*lines, "Click for the way to the rows"]))
            data.append([i, j])
    return go.Scatter(
        name="cells", x=np.tile(np.arange(k), k), y=np.repeat(np.arange(k), k), mode="markers", customdata=data,
        marker={"symbol": "square", "size": 60 if k == 2 else 26 if k <= IN_FULL else 12, "color": "rgba(0,0,0,0)"},
        hovertext=hover, hoverinfo="text", showlegend=False,
        selected={"marker": {"color": layout.faded(palette.accent, 0.2)}},
        unselected={"marker": {"color": "rgba(0,0,0,0)"}},
    )  # fmt: skip
