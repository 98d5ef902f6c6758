"""The card of the KS curve: both cumulative distributions of the scores, and the largest gap of each model."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pyarrow as pa
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts import layout
from app.charts.ks import UNITS, KsLines, ks_figure
from app.palette import palette
from app.views.curve_parts import head, numbers_behind, set_threshold
from app.views.gate import Shown
from metrics_core.separation import ks

_ASKED = "How far apart do the scores of both classes lie, and where are they furthest apart?"
_UNITS = {"score": "By score", "share": "By share of rows"}


def ks_card(shown: Shown) -> None:
    """Draw both cumulative distributions of every model's scores, with the gap at its place.

    Parameters
    ----------
    shown : Shown
        Two classes; the current model has a score.
    """
    models = []
    for order, m in enumerate(shown.evaluation.models):
        if m.tally is not None:
            try:
                tally = m.tally
                key = f"curves.ks|{state.identity(shown.predictions)}|{state.view().where}|{state.view().exact}|{m.model}"
                models.append(KsLines(m.model, order, state.kept(key, partial(ks, tally)), m.threshold))
            except mc.DataError as error:
                if m.model == shown.model.name:
                    head("Kolmogorov–Smirnov (KS)", _ASKED)
                    st.info(numbers.plain(error), icon=":material/info:")
                    return
    own = next(m for m in models if m.model == shown.model.name)
    head("Kolmogorov–Smirnov (KS)", _ASKED)
    unit = st.segmented_control("Across", UNITS, default="score", key="curves.ks_unit", required=True, persist_state="session",
                                format_func=_UNITS.__getitem__, label_visibility="collapsed")  # fmt: skip
    figure = ks_figure(
        models,
        own.model,
        palette(state.scheme()),
        unit=unit,
        score=shown.model.y_score if len(models) == 1 and shown.model.y_score else "Score",
    )
    c = own.curve
    st.plotly_chart(figure, theme=None, key="curves.ks", on_select=set_threshold("curves.ks"), selection_mode="points", config=dict(layout.CONFIG),
                    alt=f"Share of positives and of negatives at or above each score; largest gap {numbers.number(c.statistic)}")  # fmt: skip
    whole = "weight" if shown.predictions.roles.weight else "rows"
    st.caption(
        f"Upright: the largest gap between the two lines, {numbers.number(c.statistic)} (Kolmogorov and Smirnov), of {numbers.count(c.n_positives)} positives "
        f"and {numbers.count(c.n_negatives)} negatives ({whole}). It is where recall minus false positive rate is largest, whatever mistakes cost. "
        "It is the largest of many gaps on the same rows, so it is a little larger than on others. Click the line of the positives to put the threshold there."
    )
    if len(models) > 1:
        st.dataframe(
            pd.DataFrame(
                {
                    "Model": [m.model for m in models],
                    "KS": [numbers.number(m.curve.statistic) for m in models],
                    "At score ≥": [numbers.number(float(m.curve.threshold[m.curve.at])) for m in models],
                    "Rows flagged": [numbers.share(float(m.curve.flagged[m.curve.at])) for m in models],
                    "Positives": [numbers.share(float(m.curve.positives[m.curve.at])) for m in models],
                    "Negatives": [numbers.share(float(m.curve.negatives[m.curve.at])) for m in models],
                }
            ),
            hide_index=True, height="content", alt="The largest gap of each model",
        )  # fmt: skip
    table = pa.concat_tables(
        pa.table({"model": pa.array([m.model] * m.curve.gap.size)} | {name: m.curve.frame()[name].to_numpy() for name in
                 ("threshold", "flagged", "positives", "negatives", "gap")})
        for m in models
    )  # fmt: skip
    note = (
        f"{numbers.count(table.num_rows)} points, each counted exactly. Shares of all rows, of the positives and of the negatives "
        "at or above the threshold; above every score it is infinite."
    )
    numbers_behind(shown, table, "KS", note, chart="curves.ks", hide_model=len(models) == 1)
