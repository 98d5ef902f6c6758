"""ROC and precision-recall curve with the threshold in force, the one a plan chose, and the hull."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

import metrics_core as mc
from app import numbers
from app.charts import curve_set
from app.charts.curve_set import KINDS, Kind, Scored
from app.charts.roc_hull import with_chosen, with_hull
from app.views.figure_card import about_clicks, draw, head, moves_threshold, numbers_behind, table_of
from app.views.pictured import Pictured
from metrics_core.decisions.envelope import RocHull, roc_hull
from metrics_core.metrics import counts

_NARROWEST = 380
_AT = {"roc": (counts.fpr, counts.recall), "pr": (counts.recall, counts.precision)}


def curves_picture(p: Pictured) -> None:
    """Draw both curves."""
    parts = st.grid(2, min_column_width=_NARROWEST, gap="medium")
    for name in _AT:
        with parts.cell():
            _curve(p, KINDS[name])
    st.caption(f"{about_clicks(p)} Bands and other models are on the Curves page.")


def _curve(p: Pictured, kind: Kind) -> None:
    """Draw one curve."""
    head(kind.label, kind.question)
    name = p.shown.model.name
    value = f"{kind.short} {numbers.number(p.shown.of_model.metrics.number(kind.area))}"
    scored = [Scored(name, p.tally, p.at(p.live), 0, value)]
    try:
        found = p.kept(kind.key, lambda: curve_set.computed(kind, scored, name, bands=(), replicates=0))
    except mc.DataError as error:
        st.info(numbers.plain(error), icon=":material/info:")
        return
    drawn = curve_set.drawn(kind, scored, found)
    hull: RocHull | None = p.kept("hull", lambda: roc_hull(p.tally)) if kind.key == "roc" else None

    def made() -> go.Figure:
        figure = curve_set.curve_figure(kind, drawn, name, p.colours, decided=p.decided)
        if hull is not None:
            with_hull(figure, hull, p.colours)
        choice = None if p.selection is None else p.selection.choice
        if choice is not None and choice.threshold is not None and choice.threshold != p.live:
            x, y = (float(rate(p.at(choice.threshold))) for rate in _AT[kind.key])
            with_chosen(
                figure, x, y, f"<b>chosen by the plan</b><br>score ≥ {choice.threshold:.6g}", p.colours
            )
        return figure

    key = f"pictures.{kind.key}"
    draw(p.figure(kind.key, made), key, f"{kind.label} curve with the threshold in force and the one the plan chose; the table behind it holds the numbers",
         moves_threshold(p, key))  # fmt: skip
    if hull is not None:
        st.caption(f"The hull has {hull.threshold.size} corners: whatever errors cost, the cheapest threshold is one of them. Used at its corners alone, the model reaches an area of {numbers.number(hull.area)}.")  # fmt: skip
    else:
        st.caption("The dotted line is the precision of rows flagged at random.")
    numbers_behind(p.shown, lambda: table_of({kind.columns[0]: drawn[0].x, kind.columns[1]: drawn[0].y, "threshold": drawn[0].threshold}),
                   kind.label.lower(), "Each point is counted exactly. Above every score the threshold is infinite.", key=key)  # fmt: skip
