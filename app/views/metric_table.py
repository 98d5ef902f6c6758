"""Metrics with value, interval, direction and definition as one table, straight from the registry."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import numbers, state
from app.views.gate import Shown
from metrics_core.metrics.registry import metrics_of
from metrics_core.metrics.spec import Tally
from metrics_core.results import left_out

_ARROWS = {"higher": "↑ higher", "lower": "↓ lower", "neither": "–"}


def metric_table(shown: Shown, of: type[Tally] | None = None) -> None:
    """Draw the table of all metrics, or of those that read one kind of tally.

    Parameters
    ----------
    shown : Shown
    of : type, optional
        ``Outcomes`` for metrics at the threshold, ``ScoreTally`` for those over all thresholds.
    """
    frame = metric_frame(shown, of)
    st.dataframe(
        frame,
        hide_index=True,
        height=min(35 * (len(frame) + 1) + 2, 560),
        column_config={
            "Metric": st.column_config.TextColumn(width=190),
            "Value": st.column_config.TextColumn(width=80),
            "95 % interval": st.column_config.TextColumn(width=120),
            "Better": st.column_config.TextColumn(width=80),
            "Definition": st.column_config.TextColumn(width="large"),
        },
        alt="Metrics with value, interval and definition",
    )


def metric_frame(shown: Shown, of: type[Tally] | None = None) -> pd.DataFrame:
    """Return the table as a frame of texts, one row a metric; means say which classes they leave out."""
    without = left_out(shown.of_model)
    metrics, spans = shown.of_model.metrics, state.intervals(shown.predictions, shown.model.name)
    rows = []
    for spec in metrics_of(shown.predictions.roles.task):
        if of not in (None, spec.of) or spec.key not in metrics.values:
            continue
        value, span = metrics.values[spec.key], spans.get(spec.key)
        reason = metrics.undefined.get(spec.key, "")
        about = spec.about
        if spec.key in without:
            about += f" Left out here: {', '.join(without[spec.key])}."
        interval = (
            numbers.interval(span.low, span.high, spec.unit) if span is not None else numbers.NOT_AVAILABLE
        )
        rows.append((spec.label, numbers.by_unit(value, spec.unit), interval, _ARROWS[spec.better],
                     f"{numbers.NOT_AVAILABLE} because {reason}. {about}" if reason else about, spec.key, spec.source))  # fmt: skip
    return pd.DataFrame(
        rows, columns=["Metric", "Value", "95 % interval", "Better", "Definition", "Key", "Source"]
    )
