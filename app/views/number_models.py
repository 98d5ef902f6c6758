"""Two models of numbers side by side: how far their metrics lie apart, and whether the winner depends on the loss."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts.murphy import murphy_curves, murphy_difference
from app.palette import palette
from app.views import export
from app.views.figure_card import draw, head
from app.views.figure_files import figure_files
from app.views.gate import Shown
from app.views.number_kept import of_view, probability, target_of
from metrics_core.murphy import Murphy, murphy
from metrics_core.number_cases import NumberCases
from metrics_core.number_pairs import Nearer, PairedDifference, nearer, on_the_same_rows, paired_differences
from metrics_core.values import spec_of

_SURE, _NARROWEST = 0.05, 430


@dataclass(frozen=True)
class Pair:
    """The model of the view and another one on the rows that both judged."""

    names: tuple[str, str]
    differences: tuple[PairedDifference, ...]
    nearer: Nearer
    murphy: Murphy


def has_several(shown: Shown) -> bool:
    """Tell whether several models judged the same rows; stacked below each other they have rows of their own."""
    return len(shown.evaluation.models) > 1 and shown.predictions.roles.model_column is None


def models_compared(shown: Shown, key: str) -> None:
    """Draw the part of the page that compares two models.

    Parameters
    ----------
    shown : Shown
    key : str
        Begins the keys of the widgets.
    """
    others = [m.model for m in shown.evaluation.models if m.model != shown.model.name]
    chosen = state.view().against if state.view().against in others else others[0]
    if len(others) > 1:
        state.preset(f"{key}.against", chosen)
        chosen = str(st.selectbox(f"{shown.model.name} against", others, key=f"{key}.against", width=260, format_func=str,
                                  on_change=lambda: state.change(against=state.chosen(f"{key}.against"))))  # fmt: skip
    cases = {m.model: m.number_cases for m in shown.evaluation.models}
    a, b = on_the_same_rows(cases[shown.model.name], cases[chosen])
    if not len(a):
        st.info("No row was judged by both models, so there is nothing to compare.", icon=":material/info:")
        return
    pair = of_view(shown, f"against {chosen}", lambda: _compared((shown.model.name, chosen), a, b))
    with st.container(border=True, gap="small"):
        _differences(shown, pair, key)
    places = st.grid(2, min_column_width=_NARROWEST, gap=("small", "medium"))
    with places.cell(), st.container(border=True, gap="small"):
        _every_loss(shown, pair, key)
    with places.cell(), st.container(border=True, gap="small"):
        _difference_of_losses(shown, pair, key)


def _compared(names: tuple[str, str], a: NumberCases, b: NumberCases) -> Pair:
    """Compute everything that is shown of two models."""
    return Pair(names, paired_differences(a, b), nearer(a, b), murphy(a, b))


def _differences(shown: Shown, pair: Pair, key: str) -> None:
    """Show the metrics of both beside their difference."""
    ours, theirs = pair.names
    head("Which model is better, and how sure is that?", f"The same {numbers.rows(pair.nearer.n_rows)}, both models; differences row by row.")  # fmt: skip
    st.markdown(in_words(pair))
    rows = [_row(d, ours, theirs) for d in pair.differences]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key=f"{key}.table", placeholder=numbers.NOT_AVAILABLE, height="content",
                 alt=f"Metrics of {ours} and {theirs} with their difference",
                 column_config={"Metric": st.column_config.TextColumn(pinned=True), "p": st.column_config.TextColumn(help="Two-sided, of no difference; one metric alone, not corrected for the number of metrics")})  # fmt: skip
    why = {d.interval.reason for d in pair.differences if d.interval.reason}
    if why:
        st.caption(f"Without an interval: {'; '.join(sorted(why))}.")
    if shown.of_model.cases.together is None:
        st.caption("Rows count as independent; where some belong together (one customer, one day), name their column as group.")  # fmt: skip
    table = pa.Table.from_pylist([
        {"metric": d.key, "a": d.a, "b": d.b, "difference": d.difference, "low": d.interval.low, "high": d.interval.high, "p": d.p}
        for d in pair.differences
    ])  # fmt: skip
    st.download_button("Data as CSV", export.csv(table), export.named(shown, "models compared", "csv"), "text/csv", key=f"{key}.csv",
                       on_click="ignore", type="tertiary", icon=":material/download:")  # fmt: skip


def _row(d: PairedDifference, ours: str, theirs: str) -> dict[str, str]:
    """Write one metric."""
    spec, size = spec_of("regression", d.key)
    label = spec.label.removesuffix("level") + f"{100 * size:g}%" if size is not None else spec.label
    points = spec.unit == "share"
    span = d.interval
    ends = numbers.NOT_AVAILABLE
    if span.low is not None and span.high is not None:
        low = _difference(span.low, points=points).removesuffix(" points")
        ends = f"{low} to {_difference(span.high, points=points)}"
    return {
        "Metric": label,
        ours: numbers.by_unit(d.a, spec.unit),
        theirs: numbers.by_unit(d.b, spec.unit),
        "Difference": _difference(d.difference, points=points),
        "95 %": ends,
        "p": numbers.NOT_AVAILABLE if math.isnan(d.p) else probability(d.p).removeprefix("= "),
    }


def _difference(value: float, *, points: bool) -> str:
    """Write a difference with its sign, of shares in percentage points."""
    if math.isnan(value):
        return numbers.NOT_AVAILABLE
    text = f"{100 * value:+.1f} points" if points else f"{value:+.4g}"
    return text.replace("-", "−")


def in_words(pair: Pair) -> str:
    """Say who is better by the mean absolute error, and on how many rows (Markdown)."""
    ours, theirs = (numbers.plain(name) for name in pair.names)
    d = next(d for d in pair.differences if d.key == "mae")
    if math.isnan(d.difference):
        return f"They cannot be compared: {d.interval.reason}."
    if d.difference == 0:
        said = f"**{ours}** and **{theirs}** are off by the same on average."
    else:
        first, second = (ours, theirs) if d.difference < 0 else (theirs, ours)
        base = max(d.a, d.b)
        said = f"**{first}** is off by **{numbers.plain(numbers.number(abs(d.difference)))}** less than {second} on average ({numbers.share(abs(d.difference) / base)})"  # fmt: skip
        if math.isnan(d.p):
            said += "."
        else:
            said += f", p {probability(d.p)}: {'more than chance' if d.p < _SURE else 'chance explains it'}."
    n = pair.nearer
    tied = f", {numbers.share(n.same)} are equally near" if n.same > 0 else ""
    return f"{said} {ours} is nearer to the truth in {numbers.share(n.a)} of the rows, {theirs} in {numbers.share(n.b)}{tied}."  # fmt: skip


def _every_loss(shown: Shown, pair: Pair, key: str) -> None:
    """Draw the Murphy diagram."""
    head("Does the winner depend on the loss?", "Every loss that asks for the mean is a mixture of elementary ones, one for each theta.")  # fmt: skip
    st.markdown(losses_in_words(pair))
    draw(murphy_curves(pair.murphy, pair.names, palette(state.scheme()), target=target_of(shown)), f"{key}.murphy", f"Mean elementary loss of {pair.names[0]} and {pair.names[1]} at each theta")  # fmt: skip
    m = pair.murphy
    table = pa.table(
        {"theta": m.theta, "a": m.a, "b": m.b, "difference": m.difference, "low": m.low, "high": m.high}
    )
    figure_files(shown, f"{key}.murphy", "Murphy diagram", table, key=f"{key}.murphy.csv")


def losses_in_words(pair: Pair) -> str:
    """Say whether one model wins whatever loss is chosen (Markdown)."""
    ours, theirs = (numbers.plain(name) for name in pair.names)
    m = pair.murphy
    if m.never_worse == "both":
        return "Both models lose the same under every such loss."
    if m.never_worse:
        first, second, sure = (
            (ours, theirs, m.surely_a) if m.never_worse == "a" else (theirs, ours, m.surely_b)
        )
        said = f"**{first}** is never worse than {second} on these rows, whatever such loss is chosen"
        return f"{said}; beyond chance at {numbers.share(sure)} of the thetas, all looked at together."
    a, b = m.surely_a > 0, m.surely_b > 0
    if a and b:
        verdict = "**It does**: each model is clearly better for some losses."
    elif a or b:
        verdict = f"As far as these rows tell **{ours if a else theirs}** is better whatever such loss is chosen, or no worse."
    else:
        return "**At no single theta** is either model better beyond chance, all of them looked at together. A loss that adds many up, such as the squared error, may still tell them apart."
    return f"{verdict} All thetas looked at together, {ours} is better beyond chance at {numbers.share(m.surely_a)} of them and {theirs} at {numbers.share(m.surely_b)}."  # fmt: skip


def _difference_of_losses(shown: Shown, pair: Pair, key: str) -> None:
    """Draw the difference of the elementary losses with its band."""
    head("Where is which model better?", f"Below 0 {numbers.plain(pair.names[0])} loses less: for truths and predictions on either side of theta.")  # fmt: skip
    draw(murphy_difference(pair.murphy, pair.names, palette(state.scheme()), target=target_of(shown)), f"{key}.difference", f"Difference of the mean elementary losses of {pair.names[0]} and {pair.names[1]} with its 95% band")  # fmt: skip
    grouped = shown.of_model.cases.together is not None
    st.caption(f"The band holds for each theta alone, from 1,000 draws of the {'groups of rows' if grouped else 'rows'}, the same for both models.")  # fmt: skip
    m = pair.murphy
    figure_files(shown, f"{key}.difference", "Difference of the losses", pa.table({"theta": m.theta, "difference": m.difference, "low": m.low, "high": m.high}), key=f"{key}.difference.csv")  # fmt: skip
