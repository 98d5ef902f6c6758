"""What was understood of a file: how many rows can be judged, and what of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

import metrics_core as mc
from app import numbers
from metrics_core.cases import BinaryCases, Cases, ClassCases
from metrics_core.forecast_cases import ForecastCases
from metrics_core.number_cases import NumberCases
from metrics_core.roles import Model, Roles

_ROW_HEIGHT = 31
_CLASSES_LISTED = 20


def understood(predictions: mc.Predictions) -> None:
    """Draw the card: each model in a sentence, what was left out, and the classes.

    Parameters
    ----------
    predictions : Predictions
        All rows.
    """
    with st.container(border=True):
        st.subheader("Understood", anchor=False)
        for model in predictions.roles.models:
            cases = predictions.cases[model.name]
            st.markdown(f"**{numbers.plain(model.name)}**: {numbers.count(len(cases))} of {numbers.rows(cases.rows_read)} can be judged; "
                        f"{_judged(cases, predictions.labels)}{_around(model)}.")  # fmt: skip
            left_out = [f"{numbers.count(n)} {reason}" for reason, n in cases.dropped.items() if n]
            if left_out:
                st.caption("Left out: " + ", ".join(left_out) + ".")
        first = predictions.cases[predictions.roles.models[0].name]
        if isinstance(first, ForecastCases):
            st.caption(series_in_words(first, predictions.roles))
        if isinstance(first, ClassCases):
            _classes(first, several=len(predictions.roles.models) > 1)


def series_in_words(cases: ForecastCases, roles: Roles) -> str:
    """Say how many series there are, of which step, how far ahead they are forecast, and where their history is.

    Parameters
    ----------
    cases : ForecastCases
    roles : Roles
    """
    line = cases.timeline
    n = int(np.unique(cases.series).size)
    by = f", a value each {numbers.plain(line.step.name)}" if line.step is not None else ""
    ahead = ""
    if cases.horizon is not None and cases.horizon.size:
        low, high = int(cases.horizon.min()), int(cases.horizon.max())
        ahead = f", {low if low == high else f'{low} to {high}'} step{'' if low == high == 1 else 's'} ahead"
    history = f"the history is {numbers.plain(roles.train)}" if roles.train else "the history is the true values of this table"  # fmt: skip
    return f"{numbers.count(n)} series{by}{ahead}; season {numbers.count(line.season)}; {history}."


def _judged(cases: Cases, labels: tuple[str, ...]) -> str:
    """Say what the rows of a model are."""
    if isinstance(cases, NumberCases):
        if not len(cases):
            return "no row is left"
        return f"true values from {_span(cases.truth)}, predicted ones from {_span(cases.predicted)}"
    if isinstance(cases, ClassCases):
        n = int(cases.wrong.sum())
        return f"{numbers.count(len(labels))} classes, {numbers.count(n)} predicted wrong ({numbers.share(n / len(cases))})"
    assert isinstance(cases, BinaryCases)  # there are these tasks
    negative, positive = labels
    n = int(cases.positive.sum())
    return (f"{numbers.count(n)} are {numbers.plain(positive)} ({numbers.share(n / len(cases))}), "
            f"{numbers.count(len(cases) - n)} are {numbers.plain(negative)}")  # fmt: skip


def _span(values: np.ndarray) -> str:
    """Write the least and the greatest of some numbers."""
    return f"{numbers.measured(float(values.min()))} to {numbers.measured(float(values.max()))}"


def _around(model: Model) -> str:
    """Say what lies around the predicted numbers of a model; nothing when there is nothing."""
    parts = [_of([level for level, *_ in model.interval], "interval"), _of([share for share, _ in model.quantile], "quantile")]  # fmt: skip
    found = [part for part in (*parts, "a standard deviation" if model.y_std else "") if part]
    return f", with {_listed(found)}" if found else ""


def _of(shares: Sequence[float], what: str) -> str:
    """Write the levels of intervals or quantiles; nothing for none."""
    written = _listed([f"{100 * share:g}%" for share in shares])
    return f"{'an' if what == 'interval' else 'a'} {what} of {written}" if len(shares) == 1 else f"{what}s of {written}" if shares else ""  # fmt: skip


def _listed(texts: Sequence[str]) -> str:
    """Write texts with commas, and "and" before the last."""
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


def _classes(cases: ClassCases, *, several: bool) -> None:
    """Draw the table of the classes."""
    listed = cases.labels[:_CLASSES_LISTED]
    size = len(cases.labels)
    rows = np.bincount(cases.truth, minlength=size)
    predicted = np.bincount(cases.predicted, minlength=size)
    frame = pd.DataFrame(
        {
            "Class": listed,
            "Rows": rows[: len(listed)],
            "Share": 100 * rows[: len(listed)] / max(len(cases), 1),
            "Predicted": predicted[: len(listed)],
        }
    )
    st.dataframe(frame, hide_index=True, height=_ROW_HEIGHT * (min(len(listed), 10) + 1) + 3, row_height=_ROW_HEIGHT, alt="Classes and their rows",
                 column_config={"Rows": st.column_config.NumberColumn(format="localized", width=80), "Share": st.column_config.NumberColumn(format="%.1f%%", width=80),
                                "Predicted": st.column_config.NumberColumn(format="localized", width=90, help="Rows of which it was predicted")})  # fmt: skip
    more = [f"and {numbers.count(size - len(listed))} more classes"] if size > len(listed) else []
    more += ["rows of the first model"] if several else []
    if more:
        st.caption("; ".join(more) + ".")
