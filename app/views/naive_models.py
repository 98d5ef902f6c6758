"""The models of a table of forecasts beside the naive ones."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import numbers
from app.views.figure_card import head
from app.views.gate import Shown
from metrics_core.metrics.registry import REGISTRY

_KEYS = ("mase", "smape", "owa", "mae", "rmse", "bias")
_NAMES = {
    "naive": "naive: the last known value",
    "seasonal_naive": "seasonal naive: the value one season before",
    "naive2": "Naive2: naive without the season, which is put back",
}


def against_naive(shown: Shown, key: str) -> None:
    """Show each model beside the forecasts that only repeat what was known.

    Parameters
    ----------
    shown : Shown
    key : str
        Of the table.
    """
    head("Against naive forecasts, and each other", "What repeating what was known would give.")
    base = shown.of_model.baselines
    every = {m.model: m.metrics for m in shown.evaluation.models}
    every |= {_NAMES[name]: found for name, found in base.items() if name != "seasonal_naive" or shown.predictions.roles.season != 1}  # fmt: skip
    specs = [REGISTRY["forecasting", k] for k in _KEYS]
    rows = [{"": name, **{spec.label: found.number(spec.key) for spec in specs}} for name, found in every.items()]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True, key=key, placeholder=numbers.NOT_AVAILABLE, alt="Models beside naive forecasts",
                 column_config={spec.label: st.column_config.NumberColumn(format="%.4g", help=spec.about) for spec in specs})  # fmt: skip
    if not base:
        st.caption(
            "There is no history before these forecasts, so nothing to repeat. Bring one with --train."
        )
