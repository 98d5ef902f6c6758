"""Curves: how well the scores rank, whatever the threshold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts import curve_set, layout
from app.charts.curve_set import KINDS, Kind, Scored
from app.charts.curve_traces import Drawn
from app.charts.histogram import confidence_figure, histogram_figure
from app.charts.iso_lines import add_iso_cost, add_iso_f1, per_thousand
from app.palette import palette
from app.views import gate
from app.views.class_curves import area_table, choose_classes, scored_classes, without_curve
from app.views.curve_parts import costs_of_page, head, numbers_behind, said, set_threshold, wants_costs
from app.views.figure_tables import confidence_table, score_table
from app.views.ks_card import ks_card
from metrics_core import curves
from metrics_core.cases import BinaryCases
from metrics_core.intervals import REPLICATES
from metrics_core.iso_cost import cheapest
from metrics_core.metrics.registry import REGISTRY
from metrics_core.tally import ScoreTally

_FIRST, _HISTOGRAM, _KS = "roc", "scores", "ks"
_SHOWN = {key: kind.label for key, kind in KINDS.items()} | {_KS: "KS", _HISTOGRAM: "Score histogram"}


# The mean over the classes that stands in the head of their curves.
_MEAN_AREA = {"roc_auc": "roc_auc_ovr_macro"}


def no_score(shown: gate.Shown) -> None:
    if shown.many or shown.label:
        of = f" of class ‘{numbers.plain(shown.label)}’" if shown.label else ""
        missing = f"There are no probabilities{of}"
        about, label = "A curve shows every threshold of a probability. Name the columns of the probabilities on the Data page.", "Choose probability columns"  # fmt: skip
    else:
        missing = "This model has no score"
        about, label = "A curve shows every threshold of a score. Give a column the role of score on the Data page.", "Choose a score column"  # fmt: skip
    with st.container(border=True):
        st.subheader(missing, anchor=False)
        st.caption(about)
        if st.button(label, type="primary", key="curves.roles", icon=":material/table_view:"):
            st.switch_page("pages/data.py", query_params=state.link())


def choose_curve(shown: gate.Shown) -> str:
    """Draw the choice of curves; it stands in the URL. The two lines of KS belong to one class against the rest."""
    offered = [key for key in _SHOWN if not (shown.many and key == _KS)]

    def chosen() -> None:
        key = state.chosen("curves.shown")
        state.change(curve="" if key == _FIRST else key)

    now = state.view().curve
    state.preset("curves.shown", now if now in offered else _FIRST)
    found = st.segmented_control("Curve", offered, key="curves.shown", required=True, on_change=chosen,
                                 format_func=lambda key: _SHOWN[key], label_visibility="collapsed")  # fmt: skip
    return found or _FIRST


def scored_models(shown: gate.Shown, kind: Kind) -> list[Scored]:
    """Take every model that has a score."""
    found = []
    for order, m in enumerate(shown.evaluation.models):
        if m.tally is not None:
            value = f"{kind.short} {numbers.number(m.metrics.number(kind.area))}" if kind.area else ""
            cases = m.cases if isinstance(m.cases, BinaryCases) else None
            found.append(Scored(m.model, m.tally, m.outcomes, order, value, cases))
    return found


def curve_card(shown: gate.Shown, kind: Kind) -> None:
    current = shown.model.name
    head(kind.label, kind.question, kind.area, shown)
    scored = scored_models(shown, kind)
    bands = curve_set.banded([one.name for one in scored], current)
    try:
        found = state.kept(
            f"{kept_as(shown, kind)}|{current}",
            lambda: curve_set.computed(kind, scored, current, bands=bands, replicates=REPLICATES),
        )
    except mc.DataError as error:
        st.info(numbers.plain(error), icon=":material/info:")
        return
    drawn = curve_set.drawn(kind, scored, found)
    colors = palette(state.scheme())
    figure = curve_set.curve_figure(kind, drawn, current, colors, decided=shown.decided_by)
    more = behind_the_curve(shown, kind, drawn, figure)
    widget = f"curves.{kind.key}"
    st.plotly_chart(figure, theme=None, key=widget, on_select=set_threshold(widget), selection_mode="points",
                    config=dict(layout.CONFIG), alt=f"{kind.label} curve: {said(kind.columns[1])} by {said(kind.columns[0])}")  # fmt: skip
    st.caption(f"{about_the_band(shown, kind, drawn)} {more}Click a point to put the threshold there.")
    if len(drawn) > 1:
        at_the_decision(shown, kind, drawn)
    table_and_download(shown, kind, drawn, chart=widget)


def behind_the_curve(shown: gate.Shown, kind: Kind, drawn: Sequence[Drawn], figure: go.Figure) -> str:
    """Draw lines of equal F1 or of equal cost behind the curve where they are asked for; say what they are."""
    colors = palette(state.scheme())
    if kind.key == "pr" and st.toggle(
        "Lines of equal F1", key="curves.iso_f1", value=True, persist_state="session"
    ):
        add_iso_f1(figure, colors)
        return "Dashed: all points of a line have the same F1. "
    if kind.key != "roc" or not wants_costs():
        return ""
    tally = shown.of_model.tally
    assert tally is not None  # a page without scores shows no curve
    try:
        costs = costs_of_page(float(tally.n_pos / (tally.n_pos + tally.n_neg)))
        best = cheapest(tally, costs)
    except mc.DataError as error:
        st.info(numbers.plain(error), icon=":material/info:")
        return ""
    own = next(one for one in drawn if one.model == shown.model.name)
    add_iso_cost(figure, colors, costs, best, own.decision)
    where = "flagging no row" if np.isinf(best.threshold) else f"score ≥ {numbers.threshold(float(f'{best.threshold:.4g}'))}"  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        spent = (
            ""
            if own.decision is None
            else f" The decision in force costs {per_thousand(costs.at(*own.decision))}."
        )
        st.markdown(
            f"Cheapest on these rows: **{where}**, {per_thousand(best.cost)}.{spent}", width="content"
        )
        if np.isfinite(best.threshold):
            st.button("Put the threshold there", key="curves.cheapest", icon=":material/tune:", type="tertiary",
                      on_click=state.change, kwargs={"threshold": best.threshold})  # fmt: skip
    slope = "upright" if np.isinf(costs.slope) else f"{costs.slope:.3g}"
    return (
        f"Lines of equal cost of {numbers.plain(shown.model.name)} have the slope {slope}: the price of a false alarm over that of a "
        f"miss, times negatives over positives ({numbers.share(costs.prevalence)} are positive). The diamond is the cheapest point; "
        "chosen on the rows it is judged on, it looks a little cheaper than it will be. "
    )


def kept_as(shown: gate.Shown, kind: Kind) -> str:
    v = state.view()
    return f"curves.{kind.key}|{state.identity(shown.predictions)}|{v.where}|{v.exact}"


def look_at(key: str, figure: go.Figure) -> Callable[[], None]:
    """Make the answer to a click on the curve of a class: that class is looked at against the rest."""

    def answer() -> None:
        label = curve_set.clicked_curve(state.chosen(key), figure)
        if label:
            state.change(label=label)

    return answer


def class_card(shown: gate.Shown, kind: Kind) -> None:
    head(kind.label, f"{kind.question} Each class against the rest.", _MEAN_AREA.get(kind.area, ""), shown)
    choice = choose_classes(shown, key="curves.classes")
    scored = scored_classes(shown, kind, choice)
    bands = {one.name for one in scored if one.cases is not None}
    found = state.kept(
        f"{kept_as(shown, kind)}|{shown.model.name}|{choice}",
        lambda: curve_set.computed(kind, scored, "", bands=bands, replicates=REPLICATES),
    )
    missing = without_curve(shown, [label for label in choice.coloured if label not in found])
    if not found:
        st.info(missing or "Choose a class to see its curve.", icon=":material/info:")
        return
    drawn = curve_set.drawn(kind, scored, found)
    figure = curve_set.curve_figure(kind, drawn, "", palette(state.scheme()), decided=shown.decided_by)
    widget = f"curves.classes.{kind.key}"
    st.plotly_chart(figure, theme=None, key=widget, on_select=look_at(widget, figure), selection_mode="points",
                    config=dict(layout.CONFIG),
                    alt=f"{kind.label} curves of {len(drawn)} classes: {said(kind.columns[1])} by {said(kind.columns[0])}")  # fmt: skip
    coloured = [one for one in drawn if not one.behind]
    about = "Click a curve to look at its class against the rest, where it has a threshold that moves."
    st.caption(" ".join(filter(None, [about, about_the_bands(shown, kind, coloured), missing, of_one_model(shown)])))  # fmt: skip
    table_and_download(shown, kind, drawn, chart=widget, of="class")


def about_the_bands(shown: gate.Shown, kind: Kind, drawn: Sequence[Drawn]) -> str:
    """Say what the shading around the curves of classes is."""
    if len(drawn) > curve_set.MOST_BANDS:
        return f"With {curve_set.MOST_BANDS} classes or fewer each curve has a band."
    return about_the_band(shown, kind, drawn) if drawn else ""


def of_one_model(shown: gate.Shown) -> str:
    """Say whose classes these are, where there are several models."""
    if len(shown.evaluation.models) < 2:
        return ""
    return f"These are the classes of {numbers.plain(shown.model.name)}; choose another model in the sidebar."


def about_the_band(shown: gate.Shown, kind: Kind, drawn: Sequence[Drawn]) -> str:
    """Say what the shading is."""
    with_band = [
        one.model for one in drawn if one.low is not None and one.low.size and (one.low == one.low).any()
    ]
    if not with_band:
        return "There is no band: all rows belong together, so none can be drawn again."
    x, y = said(kind.columns[0]), said(kind.columns[1])
    whose = "" if len(with_band) == len(drawn) else f" of {numbers.plain(shown.model.name)}"
    group = shown.predictions.roles.group
    drawn_again = f"groups of rows with the same {numbers.plain(group)}" if group else "rows"
    return (
        f"Shaded: the 95% band{whose}, from {numbers.count(REPLICATES)} bootstrap replicates of the {drawn_again}. It is pointwise: "
        f"at each {x} alone it holds the true {y} in 95% of samples, not along the whole curve at once."
    )


def at_the_decision(shown: gate.Shown, kind: Kind, drawn: Sequence[Drawn]) -> None:
    """Compare the curves where the decision in force lies."""

    def written(value: float | None, column: str) -> str:
        return f"{value:.3g}×" if column == "lift" and value is not None else numbers.share(value)

    rows = []
    for one in drawn:
        at = one.decision or (None, None)
        row = {"Model": one.model}
        if kind.area:
            row[REGISTRY["binary", kind.area].label] = one.value.removeprefix(kind.short).strip()
        rows.append(
            row
            | {said(name).capitalize(): written(v, name) for name, v in zip(kind.columns, at, strict=True)}
        )
    st.markdown(f"**Where the decision lies on each curve** ({numbers.plain(shown.decided_by)})")
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height="content", alt=f"{kind.label}: the decision on each curve"
    )


def table_and_download(
    shown: gate.Shown,
    kind: Kind,
    drawn: Sequence[Drawn],
    *,
    chart: str,
    of: Literal["model", "class"] = "model",
) -> None:
    x, y = kind.columns
    parts = []
    for one in drawn:
        unknown = np.full(one.x.size, np.nan)
        ends = [unknown if end is None else end for end in (one.low, one.high)]
        known = {x: one.x, y: one.y, f"{y}_low": ends[0], f"{y}_high": ends[1]}
        columns = {name: pa.array(values, from_pandas=True) for name, values in known.items()}  # NaN is empty
        columns = {
            of: pa.array([one.model] * one.x.size),
            "threshold": pa.array(one.threshold),
        } | columns
        parts.append(pa.table(columns))
    points = pa.concat_tables(parts)
    note = (
        f"{numbers.count(points.num_rows)} points, each counted exactly: a screen shows no more. "
        "Above every score the threshold is infinite. Low and high are the ends of the band."
    )
    what = kind.label if of == "model" else f"{kind.label} of classes"
    numbers_behind(shown, points, what, note, chart=chart, hide_model=len(drawn) == 1)


def histogram_card(shown: gate.Shown, tally: ScoreTally) -> None:
    head("Score histogram", "Where do the scores of both classes lie, and on which side of the threshold?")
    bins = curves.histogram(tally, split_at=shown.threshold)
    negative, positive = shown.predictions.labels
    figure = histogram_figure(
        bins, shown.threshold, (negative, positive), palette(state.scheme()), height=layout.TALL
    )
    st.plotly_chart(
        figure,
        theme=None,
        key="curves.histogram",
        config=dict(layout.CONFIG),
        alt="Histogram of the scores of both classes",
    )
    if len(shown.evaluation.models) > 1:
        st.caption(f"The scores of {numbers.plain(shown.model.name)}. Choose another model in the sidebar.")
    note = "A bin holds its lower end and not its upper one; the last bin holds both. The threshold is an end of a bin."
    numbers_behind(shown, score_table(bins), "Score histogram", note, chart="curves.histogram")


def confidence_card(shown: gate.Shown, tally: ScoreTally) -> None:
    head("Score histogram", "How sure is the model where it is right, and how sure where it is wrong?")
    bins = curves.histogram(tally)
    figure = confidence_figure(bins, palette(state.scheme()), height=layout.TALL)
    st.plotly_chart(figure, theme=None, key="curves.confidence", config=dict(layout.CONFIG),
                    alt="Histogram of the probability of the predicted class, right and wrong rows apart")  # fmt: skip
    if of_one_model(shown):
        st.caption(of_one_model(shown))
    note = "The probability is that of the predicted class. A bin holds its lower end and not its upper one; the last bin holds both."
    numbers_behind(shown, confidence_table(bins), "Score histogram", note, chart="curves.confidence")


def all_classes(shown: gate.Shown, tally: ScoreTally, chosen: str) -> None:
    with st.container(border=True):
        if chosen == _HISTOGRAM:
            confidence_card(shown, tally)
            return
        class_card(shown, KINDS[chosen])
    with st.container(border=True, gap="small"):
        st.subheader("Each class against the rest", anchor=False)
        st.caption(
            "Lowest ROC AUC first, with the place of the decision on the curve. Click a row to look at that class. "
            "n/a: undefined, as where a class has no row."
        )
        area_table(shown, KINDS[chosen], key="curves.table")


def page() -> None:
    shown = gate.require("Curves", "How well do the scores rank, whatever the threshold?")
    tally = shown.of_model.tally
    if tally is None:
        no_score(shown)
        return
    chosen = choose_curve(shown)
    if shown.many:
        all_classes(shown, tally, chosen)
        return
    with st.container(border=True):
        if chosen == _HISTOGRAM:
            histogram_card(shown, tally)
        elif chosen == _KS:
            ks_card(shown)
        else:
            curve_card(shown, KINDS[chosen])
    without = [numbers.plain(m.model) for m in shown.evaluation.models if m.tally is None]
    if without:
        st.caption(f"No score, so no curve: {', '.join(without)}.")


page()
