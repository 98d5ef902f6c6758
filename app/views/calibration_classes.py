"""Each class against the rest by how far its probabilities are off."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import numbers, state
from app.views.calibration_models import direction
from app.views.gate import Shown
from metrics_core import calibration
from metrics_core.cases import ClassCases
from metrics_core.metrics.registry import REGISTRY
from metrics_core.tally import ScoreTally

_AT_ONCE, _HEIGHT = 13, 440
# Classes up to which each is compared with what chance alone gives.
_DRAWN = 20


def class_frame(shown: Shown) -> pd.DataFrame:
    """Return the table, largest calibration error first; numbers as they are, NaN where undefined."""
    cases = shown.of_model.cases

    def make() -> pd.DataFrame:
        rows = []
        for one in shown.of_model.classes:
            tally = one.tallies.get(ScoreTally)
            row: dict[str, object] = {
                "class": one.label,
                "rows": one.support,
                "ece": one.metrics.number("ece"),
            }
            if isinstance(tally, ScoreTally):
                own = cases.against_rest(one.label) if isinstance(cases, ClassCases) and cases.together is not None else None  # fmt: skip
                found = calibration.reliability(tally, cases=own)
                if len(shown.of_model.classes) <= _DRAWN:
                    row["chance"] = calibration.ece_by_chance(tally).high
                row |= {
                    "mean": found.mean,
                    "share": found.prevalence,
                    "gap": found.gap,
                    "direction": direction(found) or "neither",
                }
            rows.append(row)
        return pd.DataFrame(rows).sort_values("ece", ascending=False, kind="stable", ignore_index=True)

    v = state.view()
    key = f"calibration.classes|{state.identity(shown.predictions)}|{shown.model.name}|{v.where}|{v.exact}"
    return state.kept(key, make)


def class_calibration(shown: Shown, *, key: str) -> None:
    """Draw the table; a click on a row looks at that class against the rest.

    Parameters
    ----------
    shown : Shown
        All classes together, with probabilities.
    key : str
        Of the widget.
    """
    frame = class_frame(shown)
    labels = frame["class"].tolist()

    def chosen() -> None:
        rows = state.chosen(key, {}).get("selection", {}).get("rows", [])
        if rows and rows[0] < len(labels):
            state.change(label=labels[rows[0]])

    column, weighted = st.column_config, shown.predictions.roles.weight is not None
    config: dict[str, Any] = {
        "class": column.TextColumn("Class", width=150),
        "rows": column.NumberColumn("Weight" if weighted else "Rows", format="%,.1f" if weighted else "%,d", width=65, help="Rows whose true class it is"),
        "ece": column.NumberColumn("ECE", format="%.4f", width=75, help=REGISTRY["binary", "ece"].about),
        "chance": column.NumberColumn("By chance up to", format="%.4f", width=105, help="What 95 of 100 samples of perfectly calibrated probabilities would not exceed"),
        "mean": column.NumberColumn("Mean probability", format="%.2f%%", width=115, help="Over all rows"),
        "share": column.NumberColumn("Share of rows", format="%.2f%%", width=100, help="Share of all rows whose true class it is"),
        "gap": column.NumberColumn("Difference", format="%+.2f", width=85, help="Mean probability minus share of rows, in percentage points"),
        "direction": column.TextColumn("Direction", width=125, help="Over- or under-confident while the 95 % interval of the difference leaves out 0; else too timid when low probabilities are too high and high ones too low, too bold the other way round"),
    }  # fmt: skip
    st.dataframe(
        frame.assign(
            **{name: 100 * frame[name] for name in ("mean", "share", "gap")},
        ),
        key=key,
        hide_index=True,
        on_select=chosen,
        selection_mode="single-row",
        height="content" if len(frame) <= _AT_ONCE else _HEIGHT,
        column_config=config,
        placeholder=numbers.NOT_AVAILABLE,
        alt="Each class against the rest, largest calibration error first",
    )
