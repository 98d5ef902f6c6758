"""The part "models" of the Forecasts page: two models on the same forecasts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast, get_args

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts.forecast_difference import difference_figure
from app.palette import palette
from app.views import export
from app.views.figure_card import draw, head
from app.views.figure_files import figure_files
from app.views.forecast_rows import draw_series
from app.views.gate import Shown
from app.views.number_kept import of_view, probability
from metrics_core.forecast_cases import ForecastCases, ForecastLoss
from metrics_core.forecast_pairs import LossTest, loss_test, metric_differences, same_forecasts
from metrics_core.forecasts.diebold_mariano import FEW
from metrics_core.number_pairs import PairedDifference
from metrics_core.tally.series import SeriesTally
from metrics_core.values import spec_of

_KEY = "forecasts.models"
_LOSSES: dict[ForecastLoss, str] = {"abs_error": "Size of the error", "squared_error": "Squared error", "scaled_error": "Scaled error"}  # fmt: skip
_SURE = 0.05
#: Series that are named on either side.
_NAMED = 5


@dataclass(frozen=True, eq=False)
class Both:
    """Two models on the forecasts that both made.

    Attributes
    ----------
    names : (str, str)
        The model of the view first.
    a, b : ForecastCases
        The same forecasts in the same order.
    other_truth : int
        Forecasts left out because their rows say different truths.
    counted : (SeriesTally, SeriesTally), optional
        The sums of the evaluation, where both models made no other forecasts.
    """

    names: tuple[str, str]
    a: ForecastCases
    b: ForecastCases
    other_truth: int
    counted: tuple[SeriesTally, SeriesTally] | None


def has_two(shown: Shown) -> bool:
    """Tell whether there is another model to compare with."""
    return len(shown.evaluation.models) > 1


def models_part(shown: Shown) -> None:
    """Draw the part.

    Parameters
    ----------
    shown : Shown
    """
    others = [m.model for m in shown.evaluation.models if m.model != shown.model.name]
    chosen = state.view().against if state.view().against in others else others[0]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if len(others) > 1:
            state.preset(f"{_KEY}.against", chosen)
            chosen = str(st.selectbox(f"{numbers.plain(shown.model.name)} against", others, key=f"{_KEY}.against", width=280, format_func=str,
                                      on_change=lambda: state.change(against=state.chosen(f"{_KEY}.against"))))  # fmt: skip
        both = of_view(shown, f"both {chosen}", lambda: _both(shown, chosen))
        if not len(both.a):
            st.info("No forecast was made by both models, so there is nothing to compare.", icon=":material/info:")  # fmt: skip
            return
        kind = _loss(both.a)
    found = of_view(shown, f"loss {chosen} {kind}", lambda: loss_test(both.a, both.b, kind))
    metrics = of_view(shown, f"metrics {chosen}", lambda: metric_differences(both.a, both.b, both.counted))
    with st.container(border=True, gap="small"):
        _better(shown, both, found, metrics)
    with st.container(border=True, gap="small"):
        _along(shown, both, found)
    if found.series.size > 1:
        with st.container(border=True, gap="small"):
            _series_won(shown, both, found)


def _both(shown: Shown, other: str) -> Both:
    """Bring the forecasts of both models together."""
    of = {m.model: m for m in shown.evaluation.models}
    names = shown.model.name, other
    whole = [cast("ForecastCases", of[name].cases) for name in names]
    a, b, other_truth = same_forecasts(whole[0], whole[1])
    sums = [of[name].tallies.get(SeriesTally) for name in names]
    match sums:
        case [SeriesTally() as mine, SeriesTally() as theirs] if len(a) == len(whole[0]) and len(b) == len(whole[1]):  # fmt: skip
            return Both(names, a, b, other_truth, (mine, theirs))
    return Both(names, a, b, other_truth, None)


def _loss(cases: ForecastCases) -> ForecastLoss:
    """Let the user choose by which loss the models are tested."""
    offered = [kind for kind in get_args(ForecastLoss) if kind != "scaled_error" or bool((cases.scale > 0).any())]  # fmt: skip
    if state.chosen(f"{_KEY}.loss") not in offered:
        state.preset(f"{_KEY}.loss", "scaled_error" if "scaled_error" in offered else "abs_error")
    chosen = st.segmented_control("Loss", offered, key=f"{_KEY}.loss", required=True, persist_state="session", format_func=_LOSSES.__getitem__,
                                  help="The scaled error, the size of the error over the scale of its series, lets series of any size count alike; the squared one is ruled by the largest errors")  # fmt: skip
    return cast("ForecastLoss", chosen)


# ------------------------------------------------------------------------------------------------ the metrics


def _better(shown: Shown, both: Both, found: LossTest, metrics: tuple[PairedDifference, ...]) -> None:
    """Say which model is better, and show the metrics of both beside their difference."""
    ours, theirs = both.names
    head("Which model is better, and how sure is that?", f"The same {numbers.count(len(both.a))} forecasts of {numbers.count(np.unique(both.a.series).size)} series, both models.")  # fmt: skip
    st.markdown(in_words(found, both.names))
    for warning in _warnings(both, found):
        st.warning(warning, icon=":material/warning:")
    st.dataframe(pd.DataFrame([_row(d, both) for d in metrics]), hide_index=True, key=f"{_KEY}.table", height="content",
                 alt=f"Metrics of {ours} and {theirs} with their difference",
                 column_config={"Metric": st.column_config.TextColumn(pinned=True),
                                "95 %": st.column_config.TextColumn(help="Interval of the difference: over the series, each counting once, for metrics that are means over series; for the others over the rows that belong together"),
                                "p": st.column_config.TextColumn(help="Two-sided, of no difference; one metric alone, not corrected for the number of metrics"),
                                "Rests on": st.column_config.TextColumn(help="What varies independently")})  # fmt: skip
    if said := without_interval(metrics):
        st.caption(said)
    table = pa.Table.from_pylist([
        {"metric": d.key, "a": d.a, "b": d.b, "difference": d.difference, "low": d.interval.low, "high": d.interval.high, "p": d.p, "n": d.n}
        for d in metrics
    ])  # fmt: skip
    st.download_button("Data as CSV", export.csv(table), export.named(shown, "forecasts of two models", "csv"), "text/csv", key=f"{_KEY}.csv",
                       on_click="ignore", type="tertiary", icon=":material/download:")  # fmt: skip


def without_interval(metrics: tuple[PairedDifference, ...]) -> str:
    """Say which metrics have no interval, by reason (Markdown); empty where all have one."""
    of_reason: dict[str, list[str]] = {}
    for d in metrics:
        if d.interval.reason:
            of_reason.setdefault(d.interval.reason, []).append(_label(d.key))
    parts = [f"{', '.join(labels)} ({reason})" for reason, labels in of_reason.items()]
    return f"Without an interval: {numbers.plain('; '.join(parts))}." if parts else ""


def in_words(found: LossTest, names: tuple[str, str]) -> str:
    """Say which model has the lower loss, whether chance explains it, and in how many series it wins (Markdown)."""
    ours, theirs = (numbers.plain(name) for name in names)
    d, loss = found.overall, _LOSSES[found.kind].lower()
    if math.isnan(d.mean):
        return f"No series has a {loss}: there is no scale to divide by."
    if d.mean == 0:
        return f"**{ours}** and **{theirs}** have the same mean {loss}."
    first, second = (ours, theirs) if d.mean < 0 else (theirs, ours)
    said = f"**{first}** has the lower mean {loss}, by **{numbers.plain(numbers.number(abs(d.mean)))}** ({numbers.share(abs(d.mean) / max(found.loss))} of that of {second})"  # fmt: skip
    n = found.series.size
    if n == 1:
        return f"{said}. {_of_one(found, ours, theirs)}"
    each = f"every one of {numbers.count(n)} series counting once"
    if math.isnan(d.p):
        said += f", {each}; {numbers.plain(d.reason)}."
    else:
        said += (
            f", {each}; p {probability(d.p)}: {'more than chance' if d.p < _SURE else 'chance explains it'}."
        )
    lost = 1 - found.won - found.tied
    tied = f", in {numbers.share(found.tied)} both are the same" if found.tied else ""
    return (
        f"{said} {ours} wins {numbers.share(found.won)} of the series, {theirs} {numbers.share(lost)}{tied}."
    )


def _of_one(found: LossTest, ours: str, theirs: str) -> str:
    """Say at how many numbers of steps ahead either model is surely better for one series."""
    tested = int((~np.isnan(found.p)).sum())
    if not tested:
        reasons = sorted({t.reason for t in found.tests if t.reason})
        return f"There is one series, and no test by steps ahead: {numbers.plain(reasons[0])}." if reasons else "There is one series, and nobody says how far ahead."  # fmt: skip
    a, b = int(((found.p < _SURE) & (found.mean < 0)).sum()), int(((found.p < _SURE) & (found.mean > 0)).sum())  # fmt: skip
    return f"There is one series, so Diebold and Mariano's test runs over its origins: of {tested} numbers of steps ahead {ours} is better beyond chance at {a}, {theirs} at {b} (p below {_SURE:g} each, not corrected for their number)."  # fmt: skip


def _warnings(both: Both, found: LossTest) -> list[str]:
    """Say what makes the comparison shaky or partial (Markdown)."""
    said = []
    if found.few:
        what = f"{int(found.n.min())} origins" if found.tests else f"{found.series.size} series"
        said.append(f"The comparison rests on {what}. Below {FEW} the spread of a mean is hardly known: intervals and p-values are rough.")  # fmt: skip
    if found.left_out:
        said.append(f"{numbers.count(found.left_out)} forecasts have no {_LOSSES[found.kind].lower()}, because their series has no scale, and are left out of the test.")  # fmt: skip
    if both.other_truth:
        said.append(f"{numbers.count(both.other_truth)} forecasts are left out: the rows of both models say different truths for the same series and moment.")  # fmt: skip
    if found.tests and both.a.weight is not None:
        said.append("Diebold and Mariano's test knows no weights: every origin counts once in it.")
    return said


def _label(key: str) -> str:
    """Name a metric, with the level of its interval."""
    spec, size = spec_of("forecasting", key)
    return spec.label.removesuffix("level") + f"{100 * size:g}%" if size is not None else spec.label


def _row(d: PairedDifference, both: Both) -> dict[str, str]:
    """Write one metric."""
    ours, theirs = both.names
    spec, _ = spec_of("forecasting", d.key)
    points = spec.unit == "share"
    ends = numbers.NOT_AVAILABLE
    if d.interval.low is not None and d.interval.high is not None:
        ends = f"{_difference(d.interval.low, points=points)} to {_difference(d.interval.high, points=points)}"  # fmt: skip
    return {
        "Metric": _label(d.key),
        ours: numbers.by_unit(d.a, spec.unit),
        theirs: numbers.by_unit(d.b, spec.unit),
        "Difference": _difference(d.difference, points=points),
        "95 %": ends,
        "p": numbers.NOT_AVAILABLE if math.isnan(d.p) else probability(d.p).removeprefix("= "),
        "Rests on": f"{numbers.count(d.n)} {_units(d, both.a)}",
    }


def _units(d: PairedDifference, cases: ForecastCases) -> str:
    """Name what varies independently."""
    if d.interval.method == "t over series" or cases.together_by == "series":
        return "series"
    return "origins" if cases.together_by == "origin" else f"groups by {cases.together_by}"


def _difference(value: float, *, points: bool) -> str:
    """Write a difference with its sign, of shares in percentage points."""
    if math.isnan(value):
        return numbers.NOT_AVAILABLE
    text = f"{100 * value:+.1f} points" if points else f"{value:+,.0f}" if abs(value) >= 1000 else f"{value:+.4g}"  # fmt: skip
    return text.replace("-", "−")


# ------------------------------------------------------------------------------------------------ along the steps


def _along(shown: Shown, both: Both, found: LossTest) -> None:
    """Draw the difference of the losses along the steps ahead."""
    head("How far ahead is which model better?", f"Difference of the mean {_LOSSES[found.kind].lower()}: below 0 {numbers.plain(both.names[0])} is better; a filled dot has an interval without 0.")  # fmt: skip
    if found.across is None:
        st.caption("Nobody says how many steps ahead these forecasts look.")
        return
    if np.isnan(found.mean).all():
        st.caption("No forecast of both models has this loss.")
        return
    figure = difference_figure(found, both.names, palette(state.scheme()), title=f"Difference, {_LOSSES[found.kind].lower()}")  # fmt: skip
    draw(figure, f"{_KEY}.chart", f"Difference of the mean {_LOSSES[found.kind].lower()} of {both.names[0]} and {both.names[1]} at each number of steps ahead, with its 95% interval")  # fmt: skip
    if found.tests:
        methods = sorted({t.method for t in found.tests if t.method})
        st.caption(f"Diebold and Mariano's test of one series at each number of steps, made smaller for few origins; variance from {'; '.join(methods)}." if methods else "No test at any number of steps.")  # fmt: skip
    else:
        st.caption("Differences are averaged within each series first; the band is Student's t over the series, pointwise.")  # fmt: skip
    values = {name: pa.array(getattr(found, name), from_pandas=True) for name in ("mean", "low", "high", "p", "n")}  # fmt: skip
    table = pa.table({"steps_from": found.across.low, "steps_to": found.across.high, **values})
    figure_files(shown, f"{_KEY}.chart", "Difference of the losses by steps ahead", table, key=f"{_KEY}.chart.csv")  # fmt: skip


# ------------------------------------------------------------------------------------------------ the series


def _series_won(shown: Shown, both: Both, found: LossTest) -> None:
    """List the series in which either model is furthest ahead, with the way to them."""
    head("In which series is which model better?", f"The largest differences of the mean {_LOSSES[found.kind].lower()} on either side.")  # fmt: skip
    names = both.a.timeline.names
    order = np.argsort(found.difference, kind="stable")
    ours = [i for i in order[:_NAMED].tolist() if found.difference[i] < 0]
    theirs = [i for i in order[::-1][:_NAMED].tolist() if found.difference[i] > 0]
    for side, (name, won) in zip(st.columns(2), zip(both.names, (ours, theirs), strict=True), strict=True):
        with side:
            st.markdown(f"**{numbers.plain(name)}** better")
            if not won:
                st.caption("In no series.")
            for i in won:
                series = names[found.series[i]]
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.button(numbers.plain(series), key=f"{_KEY}.series.{found.series[i]}", type="tertiary", icon=":material/timeline:",
                              help="Draw this series", on_click=draw_series, args=(series,))  # fmt: skip
                    st.caption(f"by {numbers.plain(numbers.number(abs(float(found.difference[i]))))}")
    table = pa.table({"series": [names[i] for i in found.series[order]], "difference": found.difference[order]})  # fmt: skip
    st.download_button("All series as CSV", export.csv(table), export.named(shown, "difference by series", "csv"), "text/csv", key=f"{_KEY}.series.csv",
                       on_click="ignore", type="tertiary", icon=":material/download:")  # fmt: skip
