"""Each class against the rest as one row of a table: how many rows, and how well it is told from the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from app import numbers, state
from app.views.gate import Shown
from metrics_core.cases import Cases, ClassCases
from metrics_core.classes import ClassEvaluation
from metrics_core.intervals import Interval, intervals_of
from metrics_core.metrics.registry import REGISTRY
from metrics_core.metrics.spec import Tallies
from metrics_core.results import left_out
from metrics_core.values import Metrics

#: What the table shows of each class; the ROC AUC only where there are probabilities.
KEYS = ("f1", "precision", "recall", "roc_auc")
# Classes up to which the table does not scroll.
_AT_ONCE = 13
# Rows times classes up to which intervals are computed.
_MOST = 60_000_000


@dataclass(frozen=True, eq=False)
class _AgainstRest:
    """One class against the rest, as intervals take it."""

    cases: Cases
    tallies: Tallies
    metrics: Metrics
    task: str = "binary"


def worst_first(shown: Shown) -> list[ClassEvaluation]:
    """Return the classes by F1 from the lowest; of equals the larger one first, those without an F1 last."""

    def place(one: ClassEvaluation) -> tuple[bool, float, float]:
        f1 = one.metrics.values["f1"]
        return f1 is None, 0.0 if f1 is None else f1, -one.support

    return sorted(shown.of_model.classes, key=place)


def keys_of(shown: Shown) -> tuple[str, ...]:
    """Return the metrics the table shows."""
    scored = isinstance(shown.of_model.cases, ClassCases) and shown.of_model.cases.probabilities is not None
    return KEYS if scored else KEYS[:-1]


def class_intervals(shown: Shown) -> Mapping[str, Mapping[str, Interval]]:
    """Return the 95 % intervals of each class by label and metric; empty when rows and classes are too many."""
    cases = shown.of_model.cases
    if not isinstance(cases, ClassCases) or len(cases) * len(cases.labels) > _MOST:
        return {}
    keys = keys_of(shown)

    def make() -> dict[str, dict[str, Interval]]:
        return {
            one.label: intervals_of(
                _AgainstRest(cases.against_rest(one.label), one.tallies, one.metrics), keys=keys
            )
            for one in shown.of_model.classes
        }

    v = state.view()
    key = f"classes|{state.identity(shown.predictions)}|{shown.model.name}|{v.where}|{v.exact}"
    with st.spinner("Intervals of each class …"):
        return state.kept(key, make)


def class_frame(shown: Shown) -> pd.DataFrame:
    """Return the table, worst class first by F1: values as numbers, NaN where undefined, intervals as text."""
    spans, keys = class_intervals(shown), keys_of(shown)
    rows = []
    for one in worst_first(shown):
        row: dict[str, object] = {"Class": one.label, "Rows": one.support}
        for key in keys:
            spec = REGISTRY["binary", key]
            row[spec.label] = one.metrics.number(key)
            if spans:
                row[_interval_name(spec.label)] = _written(spans[one.label].get(key), spec.unit)
        rows.append(row)
    return pd.DataFrame(rows)


def class_table(shown: Shown, *, key: str, height: int = 440) -> None:
    """Draw the table; a click on a row looks at that class against the rest.

    Parameters
    ----------
    shown : Shown
        All classes together.
    key : str
        Of the widget.
    height : int
        In pixels, of a table that scrolls because it has many classes.
    """
    frame = class_frame(shown)
    labels = frame["Class"].tolist()

    def chosen() -> None:
        rows = state.chosen(key, {}).get("selection", {}).get("rows", [])
        if rows and rows[0] < len(labels):
            state.change(label=labels[rows[0]])

    weighted = shown.predictions.roles.weight is not None
    columns = st.column_config
    config: dict[str, Any] = {
        "Class": columns.TextColumn(width=150),
        "Rows": columns.NumberColumn("Weight" if weighted else "Rows", format="%,.1f" if weighted else "%,d", width=65,
                                     help="Rows whose true class it is"),
    }  # fmt: skip
    shares = []
    for metric in keys_of(shown):
        spec = REGISTRY["binary", metric]
        about = f"{spec.about} Undefined where {spec.undefined_when}."
        if spec.unit == "share":
            shares.append(spec.label)
        written = "%.1f%%" if spec.unit == "share" else "%.3f"
        if metric == "f1":
            config[spec.label] = columns.ProgressColumn(format=written, width=110, help=about, min_value=0, max_value=1)  # fmt: skip
        else:
            config[spec.label] = columns.NumberColumn(format=written, width=80, help=about)
        config[_interval_name(spec.label)] = columns.TextColumn("95 %", width=100, help=f"95 % interval of {spec.label}")  # fmt: skip
    st.dataframe(
        frame.assign(**{name: 100 * frame[name] for name in shares}),
        key=key,
        hide_index=True,
        on_select=chosen,
        selection_mode="single-row",
        placeholder=numbers.NOT_AVAILABLE,
        height="content" if len(frame) <= _AT_ONCE else height,
        column_config=config,
        alt="Each class against the rest, worst first",
    )
    st.caption(" ".join(["Click a row to look at that class against the rest; click a heading to sort.", *_missing(shown)]))  # fmt: skip


def _missing(shown: Shown) -> list[str]:
    """Say what the table and the means over classes leave out."""
    said = []
    without: dict[tuple[str, ...], list[str]] = {}
    for key, labels in left_out(shown.of_model).items():
        without.setdefault(tuple(labels), []).append(REGISTRY["multiclass", key].label)
    for absent, names in without.items():
        said.append(f"{_listed(absent)} left out of {', '.join(names)}: undefined there.")
    if not class_intervals(shown):
        said.append("Intervals of each class are left out for so many rows and classes; look at one class to see them.")  # fmt: skip
    return said


def _listed(labels: tuple[str, ...], most: int = 3) -> str:
    """Name a few classes: ``‘a’, ‘b’ and 4 more are``."""
    named = ", ".join(f"‘{numbers.plain(label)}’" for label in labels[:most])
    if len(labels) > most:
        return f"{named} and {len(labels) - most} more are"
    return f"{named} {'is' if len(labels) == 1 else 'are'}"


def _interval_name(label: str) -> str:
    """Name the column of a metric's interval."""
    return f"{label} 95 %"


def _written(span: Interval | None, unit: str) -> str:
    """Write an interval as the house does."""
    return numbers.NOT_AVAILABLE if span is None else numbers.interval(span.low, span.high, unit)
