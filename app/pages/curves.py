"""Curves: how well the scores rank, whatever the threshold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts import curve_set, layout
from app.charts.curve_set import KINDS, Kind, Scored
from app.charts.curve_traces import Drawn, clicked
from app.charts.histogram import histogram_figure
from app.palette import palette
from app.views import export, gate
from metrics_core import curves
from metrics_core.cases import BinaryCases
from metrics_core.intervals import REPLICATES
from metrics_core.metrics.registry import REGISTRY
from metrics_core.tally import ScoreTally

_HISTOGRAM = "scores"
_SHOWN = {key: kind.label for key, kind in KINDS.items()} | {_HISTOGRAM: "Score histogram"}


def no_score() -> None:
    with st.container(border=True):
        st.subheader("This model has no score", anchor=False)
        st.caption(
            "A curve shows every threshold of a score. Give a column the role of score on the Data page."
        )
        if st.button(
            "Choose a score column", type="primary", key="curves.roles", icon=":material/table_view:"
        ):
            st.switch_page("pages/data.py", query_params=state.link())


def scored_models(shown: gate.Shown, kind: Kind) -> list[Scored]:
    """Take every model that has a score."""
    found = []
    for order, m in enumerate(shown.evaluation.models):
        if m.tally is not None:
            value = f"{kind.short} {numbers.number(m.metrics.number(kind.area))}" if kind.area else ""
            cases = m.cases if isinstance(m.cases, BinaryCases) else None
            found.append(Scored(m.model, m.tally, m.outcomes, order, value, cases))
    return found


def decided(shown: gate.Shown) -> str:
    return (
        f"score ≥ {numbers.threshold(shown.threshold)}"
        if shown.threshold is not None
        else f"decided by {shown.model.y_pred}"
    )


def head(title: str, question: str, area: str = "", shown: gate.Shown | None = None) -> None:
    """Title, question, and the area under the curve with its interval."""
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", gap="small"
    ):
        with st.container(width="content", gap=None):
            st.subheader(title, anchor=False)
            st.caption(question)
        if area and shown is not None:
            spec, value = REGISTRY["binary", area], shown.of_model.metrics.number(area)
            span = state.intervals(shown.predictions, shown.model.name).get(area)
            text = f"{spec.label} **{numbers.number(value)}**"
            if span is not None and span.low is not None and span.high is not None:
                text += f"  \n:small[95% CI {numbers.interval(span.low, span.high, spec.unit)}]"
            st.markdown(text, width="content", help=spec.about, text_alignment="right")


def set_threshold(key: str) -> Callable[[], None]:
    """Make the answer to a click on a curve: its threshold becomes the view's."""

    def answer() -> None:
        threshold = clicked(state.chosen(key))
        if threshold is not None:
            state.change(threshold=threshold)

    return answer


def curve_card(shown: gate.Shown, kind: Kind) -> None:
    current = shown.model.name
    head(kind.label, kind.question, kind.area, shown)
    scored = scored_models(shown, kind)
    bands = curve_set.banded([one.name for one in scored], current)
    key = f"curves.{kind.key}|{state.identity(shown.predictions)}|{state.view().where}|{current}"
    try:
        found = state.kept(
            key, lambda: curve_set.computed(kind, scored, current, bands=bands, replicates=REPLICATES)
        )
    except mc.DataError as error:
        st.info(numbers.plain(error), icon=":material/info:")
        return
    drawn = curve_set.drawn(kind, scored, found)
    figure = curve_set.curve_figure(kind, drawn, current, palette(state.scheme()), decided=decided(shown))
    widget = f"curves.{kind.key}"
    st.plotly_chart(figure, theme=None, key=widget, on_select=set_threshold(widget), selection_mode="points",
                    config=dict(layout.CONFIG), alt=f"{kind.label} curve: {said(kind.columns[1])} by {said(kind.columns[0])}")  # fmt: skip
    st.caption(about_the_band(shown, kind, drawn))
    if len(drawn) > 1:
        at_the_decision(shown, kind, drawn)
    table_and_download(shown, kind, drawn)


def about_the_band(shown: gate.Shown, kind: Kind, drawn: Sequence[Drawn]) -> str:
    """Say what the shading is, and what a click does."""
    click = "Click a point to put the threshold there."
    with_band = [
        one.model for one in drawn if one.low is not None and one.low.size and (one.low == one.low).any()
    ]
    if not with_band:
        return click + " There is no band: all rows belong together, so none can be drawn again."
    x, y = said(kind.columns[0]), said(kind.columns[1])
    whose = "" if len(with_band) == len(drawn) else f" of {numbers.plain(shown.model.name)}"
    group = shown.predictions.roles.group
    drawn_again = f"groups of rows with the same {numbers.plain(group)}" if group else "rows"
    return (
        f"Shaded: the 95% band{whose}, from {numbers.count(REPLICATES)} bootstrap replicates of the {drawn_again}. It is pointwise: "
        f"at each {x} alone it holds the true {y} in 95% of samples, not along the whole curve at once. {click}"
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
    st.markdown(f"**Where {numbers.plain(decided(shown))} lies on each curve**")
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height="content", alt=f"{kind.label}: the decision on each curve"
    )


def table_and_download(shown: gate.Shown, kind: Kind, drawn: Sequence[Drawn]) -> None:
    x, y = kind.columns
    parts = []
    for one in drawn:
        unknown = np.full(one.x.size, np.nan)
        ends = [unknown if end is None else end for end in (one.low, one.high)]
        known = {x: one.x, y: one.y, f"{y}_low": ends[0], f"{y}_high": ends[1]}
        columns = {name: pa.array(values, from_pandas=True) for name, values in known.items()}  # NaN is empty
        columns = {
            "model": pa.array([one.model] * one.x.size),
            "threshold": pa.array(one.threshold),
        } | columns
        parts.append(pa.table(columns))
    points = pa.concat_tables(parts)
    note = (
        f"{numbers.count(points.num_rows)} points, each counted exactly: a screen shows no more. "
        "Above every score the threshold is infinite. Low and high are the ends of the band."
    )
    numbers_behind(shown, points, kind.label, note, hide_model=len(drawn) == 1)


def numbers_behind(
    shown: gate.Shown, table: pa.Table, what: str, note: str, *, hide_model: bool = False
) -> None:
    with st.expander("The numbers behind the figure", icon=":material/table_rows:"):
        config = {
            name: None if name == "model" and hide_model else st.column_config.Column(said(name).capitalize())
            for name in table.column_names
        }
        st.dataframe(
            table, hide_index=True, height=280, column_config=config, alt=f"Numbers behind the figure: {what}"
        )
        st.caption(note)
        name = export.named(shown, what.lower(), "csv")
        st.download_button("Download CSV", export.csv(table), name, "text/csv", key="curves.csv", on_click="ignore",
                           icon=":material/download:", type="tertiary")  # fmt: skip


def histogram_card(shown: gate.Shown, tally: ScoreTally) -> None:
    head("Score histogram", "Where do the scores of both classes lie, and on which side of the threshold?")
    bins = curves.histogram(tally, split_at=shown.threshold)
    figure = histogram_figure(
        bins, shown.threshold, shown.predictions.labels, palette(state.scheme()), height=layout.TALL
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
    table = pa.table(
        {"score_from": bins.low, "score_to": bins.high, "positives": bins.pos, "negatives": bins.neg}
    )
    numbers_behind(shown, table, "score histogram", note)


def said(name: str) -> str:
    """Write a column's name as words."""
    return name.replace("_", " ")


def page() -> None:
    shown = gate.require("Curves", "How well do the scores rank, whatever the threshold?")
    tally = shown.of_model.tally
    if tally is None:
        no_score()
        return
    chosen = st.segmented_control("Curve", list(_SHOWN), default="roc", key="curves.shown", required=True, persist_state="session",
                                  format_func=lambda key: _SHOWN[key], label_visibility="collapsed")  # fmt: skip
    with st.container(border=True):
        if chosen == _HISTOGRAM:
            histogram_card(shown, tally)
        else:
            curve_card(shown, KINDS[chosen])
    without = [numbers.plain(m.model) for m in shown.evaluation.models if m.tally is None]
    if without:
        st.caption(f"No score, so no curve: {', '.join(without)}.")


page()
