"""The boards of the Residuals page: each draws up to four figures of predicted numbers."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st
from numpy.typing import NDArray

from app import numbers, state
from app.charts import predicted_numbers
from app.palette import palette
from app.views.figure_card import draw, head
from app.views.figure_files import figure_files
from app.views.gate import Shown
from app.views.number_kept import of_view, target_of
from app.views.number_rows import chooser, distinct, draw_clickable, to_the_row, to_the_rows
from metrics_core.columns import numbers as number_cells
from metrics_core.metrics.registry import REGISTRY
from metrics_core.residual_shape import (
    Along,
    Density,
    density,
    errors_along,
    groups_along,
    quantiles_of,
    spread_along,
    worst_share,
)
from metrics_core.tally.outcomes import FloatArray

_PREDICTION, _TRUTH = "prediction", "truth"
_BINS = 50
#: Parts of either axis that are offered to the keyboard.
_BLOCKS = 8
#: Below this p-value chance does not explain a difference; a ratio nearer to 1 than this is of little effect.
_SURE, _SLIGHT = 0.05, 1.25


def along_table(along: Along) -> pa.Table:
    """Return groups along a number with their errors."""
    return pa.table({name: getattr(along, name) for name in Along.__dataclass_fields__})


def predicted_against_actual(shown: Shown, key: str) -> None:
    """Draw predictions against truths as points, or as a density when there are many; a click leads to the rows.

    Parameters
    ----------
    shown : Shown
    key : str
        Of the chart.
    """
    cases, colours = shown.of_model.number_cases, palette(state.scheme())
    cells = of_view(shown, "plane", lambda: density(cases.predicted, cases.truth, cases.weight, square=True))
    head("Predicted against actual", "On the dashed line the prediction is exact; below it the prediction was too high.")  # fmt: skip
    figure = predicted_numbers.plane(cases.predicted, cases.truth, cells, colours, titles=("Predicted", f"Actual {target_of(shown)}"),
                                     rows=(cases.rows + 1).tolist() if len(cases) <= predicted_numbers.MOST_POINTS else None, to_the_rows=True)  # fmt: skip
    predicted_numbers.with_diagonal(figure, cells, colours)
    match draw_clickable(figure, key, f"Predicted against actual {target_of(shown)}"):
        case ["row", int() as row]:
            to_the_row(shown, row)
        case ["cell", int() as i, int() as j]:
            _to_the_block(shown, (cells.x[j], cells.x[j + 1]), (cells.y[i], cells.y[i + 1]), cells)
    _blocks(shown, cells, key)
    _far_away(cells.outside)
    figure_files(shown, key, "Predicted against actual", lambda: pa.table({"row": cases.rows + 1, "actual": cases.truth, "predicted": cases.predicted}), key=f"{key}.csv")  # fmt: skip


def _blocks(shown: Shown, cells: Density, key: str) -> None:
    """Offer blocks of the plane to those who do not click into it."""
    names = ("Predicted", "Actual")
    edges = [np.linspace(axis[0], axis[-1], _BLOCKS + 1) for axis in (cells.x, cells.y)]
    any_ = "any"
    chosen: list[tuple[float, float] | None] = []
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for name, axis in zip(names, edges, strict=True):
            ranges = [f"{numbers.number(a)} to {numbers.number(b)}" for a, b in pairwise(axis.tolist())]
            texts = [any_, *distinct(ranges)]
            if state.chosen(f"{key}.{name}") not in texts:
                state.preset(f"{key}.{name}", any_)
            place = texts.index(str(st.selectbox(name, texts, key=f"{key}.{name}", width=155)))
            chosen.append(None if place == 0 else (float(axis[place - 1]), float(axis[place])))
        x, y = chosen
        n = int(_in_block(shown, x, y, cells).sum())
        if st.button(f"Show {numbers.rows(n)}" if n else "No rows", key=f"{key}.show", icon=":material/arrow_forward:", icon_position="right",
                     disabled=n == 0 or (x is None and y is None)):  # fmt: skip
            _to_the_block(shown, x, y, cells)


Side = tuple[float, float] | None


def _within(values: FloatArray, side: Side, last: float) -> NDArray[np.bool_]:
    """Tell which numbers lie on a side of a block; its upper end belongs to it at the edge of the plane only."""
    if side is None:
        return np.ones(values.size, dtype=bool)
    low, high = side
    return np.asarray((values >= low) & ((values < high) | ((values == high) & (high >= last))))


def _in_block(shown: Shown, x: Side, y: Side, cells: Density) -> NDArray[np.bool_]:
    """Tell which rows lie in a block of the plane."""
    cases = shown.of_model.number_cases
    return _within(cases.predicted, x, cells.x[-1]) & _within(cases.truth, y, cells.y[-1])


def _to_the_block(shown: Shown, x: Side, y: Side, cells: Density) -> None:
    """Show the rows of a block of the plane."""
    cases = shown.of_model.number_cases
    to_the_rows(shown, [
        (str(shown.model.y_pred), cases.predicted, _within(cases.predicted, x, cells.x[-1])),
        (shown.predictions.roles.y_true, cases.truth, _within(cases.truth, y, cells.y[-1])),
    ])  # fmt: skip


def _far_away(outside: float) -> None:
    """Say how much lies beyond the edges of a plane."""
    if outside > 0:
        st.caption(f"{numbers.share(outside)} of the rows lie beyond the edges: far values that would leave all others in one place.")  # fmt: skip


def _number_columns(shown: Shown) -> list[str]:
    """List the columns of numbers that errors can be drawn along."""
    source, used = shown.predictions.source, {target_of(shown), *(c for m in shown.predictions.roles.models for c in m.columns)}  # fmt: skip
    return [c.name for c in source.columns if c.kind == "number" and c.name not in used][:100]


def residual_along(shown: Shown, key: str) -> None:
    """Draw the errors along the prediction or a column, with the mean of each tenth and its interval."""
    cases, colours = shown.of_model.number_cases, palette(state.scheme())
    head("Error along the prediction or a column", "Where the band leaves the dashed line the model is off on average.")  # fmt: skip
    names = {f"={_PREDICTION}": "the prediction", **{c: c for c in _number_columns(shown)}}
    if state.chosen(f"{key}.along") not in names:
        state.preset(f"{key}.along", f"={_PREDICTION}")
    chosen = str(st.selectbox("Along", list(names), key=f"{key}.along", format_func=names.__getitem__, persist_state="session",
                              width=240, help="The error against the truth is not offered: it rises by itself wherever a model is not perfect (regression to the mean)."))  # fmt: skip
    x = cases.predicted if chosen == f"={_PREDICTION}" else number_cells(shown.predictions.source.column(chosen))[cases.rows]  # fmt: skip
    known = np.isfinite(x)
    if not known.any() or np.ptp(x[known]) == 0:
        st.caption("This column has the same number in every row, or none.")
        return
    y = cases.residual[known]
    weight = None if cases.weight is None else cases.weight[known]
    cells, along = of_view(
        shown, f"along {chosen}", lambda: (density(x[known], y, weight), errors_along(cases, x))
    )
    title = "Predicted" if chosen == f"={_PREDICTION}" else names[chosen]
    figure = predicted_numbers.plane(x[known], y, cells, colours, titles=(title, "Prediction minus truth"),
                                     rows=(cases.rows[known] + 1).tolist() if y.size <= predicted_numbers.MOST_POINTS else None)  # fmt: skip
    figure = predicted_numbers.with_means(figure, along, colours)
    column = str(shown.model.y_pred) if chosen == f"={_PREDICTION}" else chosen

    def show(group: int) -> None:
        code, _ = groups_along(x[known], np.ones(y.size) if weight is None else weight)
        held = np.zeros(x.size, dtype=bool)
        held[known] = code == group
        to_the_rows(shown, [(column, x, held)])

    match draw_clickable(figure, key, f"Error against {title}, with the mean of each tenth"):
        case ["row", int() as row]:
            to_the_row(shown, row)
        case ["group", int() as group]:
            show(group)
    if (asked := chooser(key, "A tenth", said_of_groups(along))) is not None:
        show(asked)
    _far_away(cells.outside)
    if not known.all():
        st.caption(f"{numbers.rows(int((~known).sum()))} without a number here are left out.")
    figure_files(shown, key, f"Error along {title}", along_table(along), key=f"{key}.csv")


def said_of_groups(along: Along, what: str = "") -> list[str]:
    """Name the groups along a number."""
    each = zip(along.low.tolist(), along.high.tolist(), along.rows.tolist(), strict=True)
    return [f"{i}. {what}{numbers.number(low)} to {numbers.number(high)}, {numbers.rows(n)}" for i, (low, high, n) in enumerate(each, 1)]  # fmt: skip


def distribution(shown: Shown, key: str) -> None:
    """Draw how the errors are distributed."""
    cases, colours = shown.of_model.number_cases, palette(state.scheme())
    head("How large are the errors", "Prediction minus truth: too high on the right.")
    edges = error_edges(cases.residual)
    weight, _ = np.histogram(cases.residual, bins=edges, weights=cases.weight)
    clicked = draw_clickable(predicted_numbers.error_histogram(edges, weight.astype(np.float64), colours), key, "Histogram of prediction minus truth")  # fmt: skip
    counts, _ = np.histogram(cases.residual, bins=edges)
    held = np.flatnonzero(counts)
    texts = [f"{numbers.number(float(edges[i]))} to {numbers.number(float(edges[i + 1]))}, {numbers.rows(int(counts[i]))}" for i in held]  # fmt: skip
    asked = chooser(key, "A bar", distinct(texts))
    match clicked:
        case ["bin", int() as i]:
            _to_the_bar(shown, edges, i)
    if asked is not None:
        _to_the_bar(shown, edges, int(held[asked]))
    share, n = worst_share(cases)
    if not math.isnan(share):
        st.caption(f"The worst 1% ({numbers.rows(n)}) carry **{numbers.share(share)}** of the squared error; {numbers.share(0.01)} is the share of rows.")  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        figure_files(shown, key, "Errors", pa.table({"from": edges[:-1], "to": edges[1:], "rows": weight}), key=f"{key}.csv")  # fmt: skip
        if st.button("Show the largest errors", key=f"{key}.rows", icon=":material/arrow_forward:", icon_position="right"):  # fmt: skip
            state.change(order="", rows="")
            st.switch_page("pages/examples.py", query_params=state.link())


def _to_the_bar(shown: Shown, edges: FloatArray, i: int) -> None:
    """Show the rows in the order of their errors, from the outermost row of a bar on.

    An error stands in no column, so there is no filter of a range of errors.
    """
    cases = shown.of_model.number_cases
    e, last = cases.residual, i == edges.size - 2
    inside = np.flatnonzero((e >= edges[i]) & ((e < edges[i + 1]) | (last & (e == edges[i + 1]))))
    if not inside.size:
        return
    high = bool(edges[i] >= 0)
    outermost = inside[np.argmax(e[inside]) if high else np.argmin(e[inside])]
    to_the_row(shown, int(cases.rows[outermost]) + 1, order="signed" if high else "-signed")


def error_edges(error: FloatArray) -> FloatArray:
    """Cut the errors into about fifty bins of equal width, with an edge at 0; the outermost hold what lies far away."""
    low, high = (float(q) for q in np.quantile(error, [0.002, 0.998]))
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = -0.5, 0.5
    wide = (high - low) / _BINS
    left, right = math.ceil(-low / wide), math.ceil(high / wide)
    edges = wide * np.arange(-left, right + 1)
    edges[0], edges[-1] = min(edges[0], float(error.min())), max(edges[-1], float(error.max()))
    return np.asarray(edges, dtype=np.float64)


def normality(shown: Shown, key: str) -> None:
    """Draw the errors against a normal distribution."""
    found = of_view(shown, "quantiles", lambda: quantiles_of(shown.of_model.number_cases))
    head("Tails", "Points beyond the dashed line at the ends: large errors are more frequent than a normal distribution has them.")  # fmt: skip
    draw(predicted_numbers.quantile_plot(found, palette(state.scheme())), key, "Errors against a normal distribution")  # fmt: skip
    figure_files(shown, key, "Errors against a normal distribution", pa.table({"normal": found.normal, "error": found.error}), key=f"{key}.csv")  # fmt: skip


def scale_location(shown: Shown, key: str) -> None:
    """Draw the spread of the errors along the prediction, and test whether it changes."""
    cases = shown.of_model.number_cases
    along, found = of_view(
        shown, "spread", lambda: (errors_along(cases, cases.predicted), spread_along(cases))
    )
    head("Spread of the errors", "Do the errors grow with the prediction?")
    st.markdown(spread_in_words(found.ratio, found.low, found.high, found.lm, found.p))
    draw(predicted_numbers.spread_line(along, palette(state.scheme()), x="Predicted"), key, "Standard deviation and mean size of the errors in tenths of the prediction")  # fmt: skip
    figure_files(shown, key, "Spread of the errors", along_table(along), key=f"{key}.csv")


def spread_in_words(ratio: float, low: float, high: float, lm: float, p: float) -> str:
    """Say first how much the spread changes, then how sure that is."""
    if math.isnan(ratio):
        return "The spread cannot be compared: there are too few rows, or the prediction is always the same."
    effect = f"In the tenth of the highest predictions the errors spread **{ratio:.2f} times** as much as in the lowest ({numbers.plain(numbers.number(high))} against {numbers.plain(numbers.number(low))})."  # fmt: skip
    if math.isnan(p):
        return effect
    test = f"Koenker's Breusch–Pagan statistic is {lm:,.1f}, p {'< 0.001' if p < 0.001 else f'= {p:.2g}'}"
    slight = 1 / _SLIGHT < ratio < _SLIGHT
    said = "chance explains it" if p > _SURE else "more than chance, yet of little effect" if slight else "more than chance"  # fmt: skip
    return f"{effect} {test}: {said}."


def tenths(shown: Shown, key: str) -> None:
    """Draw the mean error in tenths of the prediction and of the truth."""
    cases = shown.of_model.number_cases
    by_prediction, by_truth = of_view(
        shown, "tenths", lambda: (errors_along(cases, cases.predicted), errors_along(cases, cases.truth))
    )
    head("Error by tenth", "In the tenths of the prediction every bar should be near 0.")
    clicked = draw_clickable(predicted_numbers.deciles(by_prediction, by_truth, palette(state.scheme())), key, "Mean error in tenths of the prediction and of the truth")  # fmt: skip
    of = ((str(shown.model.y_pred), cases.predicted), (shown.predictions.roles.y_true, cases.truth))

    def show(which: int, group: int) -> None:
        column, x = of[which]
        code, _ = groups_along(x, np.ones(len(cases)) if cases.weight is None else cases.weight)
        to_the_rows(shown, [(column, x, code == group)])

    named = [said_of_groups(along, f"{what}, ") for along, what in ((by_prediction, "predicted"), (by_truth, "actual"))]  # fmt: skip
    asked = chooser(key, "A tenth", [*named[0], *named[1]])
    match clicked:
        case ["tenth", int() as which, int() as group]:
            show(which, group)
    if asked is not None:
        show(int(asked >= len(named[0])), asked if asked < len(named[0]) else asked - len(named[0]))
    st.caption("In the tenths of the truth the lowest are predicted too high and the highest too low by every model that is not perfect: that is regression to the mean, not a bias.")  # fmt: skip
    both = pa.concat_tables([along_table(along).append_column("of", pa.array([of] * along.rows.size)) for of, along in ((_PREDICTION, by_prediction), (_TRUTH, by_truth))])  # fmt: skip
    figure_files(shown, key, "Error by tenth", both, key=f"{key}.csv")


def against_constants(shown: Shown, key: str) -> None:
    """Show each model beside always predicting the mean and the median."""
    keys = ("mae", "rmse", "r2", "median_absolute_error", "bias")
    head("Against a constant, and each other", "What predicting the same number for every row would give.")
    rows = [{"": m.model, **{REGISTRY["regression", k].label: m.metrics.number(k) for k in keys}} for m in shown.evaluation.models]  # fmt: skip
    base = shown.of_model.baselines
    rows += [{"": f"always the {name}", **{REGISTRY["regression", k].label: found.number(k) for k in keys}} for name, found in base.items()]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True, key=key, placeholder=numbers.NOT_AVAILABLE, alt="Models beside constant predictions",
                 column_config={REGISTRY["regression", k].label: st.column_config.NumberColumn(format="%.4g", help=REGISTRY["regression", k].about) for k in keys})  # fmt: skip
