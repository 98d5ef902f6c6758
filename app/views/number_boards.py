"""The boards of the Residuals page: each draws up to four figures of predicted numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts import predicted_numbers
from app.palette import palette
from app.views.figure_card import draw, head
from app.views.figure_files import figure_files
from app.views.gate import Shown
from metrics_core.columns import numbers as number_cells
from metrics_core.metrics.registry import REGISTRY
from metrics_core.residual_shape import (
    Along,
    density,
    errors_along,
    quantiles_of,
    spread_along,
    worst_share,
)
from metrics_core.tally.outcomes import FloatArray

T = TypeVar("T")

_PREDICTION, _TRUTH = "prediction", "truth"
_BINS = 50
#: Below this p-value chance does not explain a difference; a ratio nearer to 1 than this is of little effect.
_SURE, _SLIGHT = 0.05, 1.25


def of_view(shown: Shown, what: str, make: Callable[[], T]) -> T:
    """Make something of the rows of the view once, and keep it for this session.

    Parameters
    ----------
    shown : Shown
    what : str
        Names it among the things made of these rows.
    make : callable
    """
    return state.kept(f"numbers|{state.identity(shown.predictions)}|{shown.model.name}|{state.view().where}|{what}", make)  # fmt: skip


def _target(shown: Shown) -> str:
    """Name the target as a plain text."""
    return shown.predictions.roles.y_true


def along_table(along: Along) -> pa.Table:
    """Return groups along a number with their errors."""
    return pa.table({name: getattr(along, name) for name in Along.__dataclass_fields__})


def predicted_against_actual(shown: Shown, key: str) -> None:
    """Draw predictions against truths as points, or as a density when there are many.

    Parameters
    ----------
    shown : Shown
    key : str
        Of the chart.
    """
    cases, colours = shown.of_model.number_cases, palette(state.scheme())
    cells = of_view(shown, "plane", lambda: density(cases.predicted, cases.truth, cases.weight, square=True))
    head("Predicted against actual", "On the dashed line the prediction is exact; below it the prediction was too high.")  # fmt: skip
    figure = predicted_numbers.plane(cases.predicted, cases.truth, cells, colours, titles=("Predicted", f"Actual {_target(shown)}"),
                                     rows=(cases.rows + 1).tolist() if len(cases) <= predicted_numbers.MOST_POINTS else None)  # fmt: skip
    draw(
        predicted_numbers.with_diagonal(figure, cells, colours),
        key,
        f"Predicted against actual {_target(shown)}",
    )
    _far_away(cells.outside)
    figure_files(shown, key, "Predicted against actual", lambda: pa.table({"row": cases.rows + 1, "actual": cases.truth, "predicted": cases.predicted}), key=f"{key}.csv")  # fmt: skip


def _far_away(outside: float) -> None:
    """Say how much lies beyond the edges of a plane."""
    if outside > 0:
        st.caption(f"{numbers.share(outside)} of the rows lie beyond the edges: far values that would leave all others in one place.")  # fmt: skip


def _number_columns(shown: Shown) -> list[str]:
    """List the columns of numbers that errors can be drawn along."""
    source, used = shown.predictions.source, {_target(shown), *(c for m in shown.predictions.roles.models for c in m.columns)}  # fmt: skip
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
    draw(predicted_numbers.with_means(figure, along, colours), key, f"Error against {title}, with the mean of each tenth")  # fmt: skip
    _far_away(cells.outside)
    if not known.all():
        st.caption(f"{numbers.rows(int((~known).sum()))} without a number here are left out.")
    figure_files(shown, key, f"Error along {title}", along_table(along), key=f"{key}.csv")


def distribution(shown: Shown, key: str) -> None:
    """Draw how the errors are distributed."""
    cases, colours = shown.of_model.number_cases, palette(state.scheme())
    head("How large are the errors", "Prediction minus truth: too high on the right.")
    edges = error_edges(cases.residual)
    weight, _ = np.histogram(cases.residual, bins=edges, weights=cases.weight)
    draw(predicted_numbers.error_histogram(edges, weight.astype(np.float64), colours), key, "Histogram of prediction minus truth")  # fmt: skip
    share, n = worst_share(cases)
    if not math.isnan(share):
        st.caption(f"The worst 1% ({numbers.rows(n)}) carry **{numbers.share(share)}** of the squared error; {numbers.share(0.01)} is the share of rows.")  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        figure_files(shown, key, "Errors", pa.table({"from": edges[:-1], "to": edges[1:], "rows": weight}), key=f"{key}.csv")  # fmt: skip
        if st.button("Show the largest errors", key=f"{key}.rows", icon=":material/arrow_forward:", icon_position="right"):  # fmt: skip
            state.change(order="", rows="")
            st.switch_page("pages/examples.py", query_params=state.link())


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
    draw(predicted_numbers.deciles(by_prediction, by_truth, palette(state.scheme())), key, "Mean error in tenths of the prediction and of the truth")  # fmt: skip
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
