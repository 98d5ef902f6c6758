"""The curves of many classes, each against the rest: which of them are drawn, and all of them as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from app import numbers, state
from app.charts.curve_set import Kind, Scored, banded, places
from app.views.class_table import class_intervals
from app.views.gate import Shown
from metrics_core.cases import ClassCases
from metrics_core.classes import ClassEvaluation
from metrics_core.metrics import counts
from metrics_core.metrics.registry import REGISTRY
from metrics_core.tally import Outcomes, ScoreTally

#: Classes up to which all are drawn at first; of more only the weakest few are.
ALL_AT_FIRST, WEAKEST = 6, 5
#: Classes that may be chosen: their colours and dashes stay apart, and the legend leaves room for the figure.
MOST_CHOSEN = 12
#: Classes drawn in grey behind the chosen ones.
MOST_BEHIND = 60
_AREAS = ("roc_auc", "average_precision")
_AT_ONCE, _HEIGHT = 13, 440

_AT: dict[str, Callable[[Outcomes], Any]] = {
    "false_positive_rate": counts.fpr,
    "false_negative_rate": counts.fnr,
    "recall": counts.recall,
    "precision": counts.precision,
    "share_of_rows_flagged": lambda o: counts.ratio(o.flagged, o.total),
    "share_of_positives_found": counts.recall,
    "lift": lambda o: counts.ratio(counts.precision(o), counts.prevalence(o)),
}


@dataclass(frozen=True)
class Choice:
    """Which classes are drawn.

    Attributes
    ----------
    coloured : tuple of str
    behind : tuple of str
        In grey behind them.
    """

    coloured: tuple[str, ...]
    behind: tuple[str, ...]


def weakest_first(shown: Shown) -> list[ClassEvaluation]:
    """Return the classes by ROC AUC from the lowest; of equals the larger one first, those without one last."""

    def place(one: ClassEvaluation) -> tuple[bool, float, float]:
        area = one.metrics.values["roc_auc"]
        return area is None, 0.0 if area is None else area, -one.support

    return sorted(shown.of_model.classes, key=place)


def choose_classes(shown: Shown, *, key: str) -> Choice:
    """Draw the choice of classes and return it.

    Parameters
    ----------
    shown : Shown
        All classes together, with probabilities.
    key : str
        Begins the keys of the widgets.
    """
    labels, ordered = shown.predictions.labels, [one.label for one in weakest_first(shown)]
    k, few = len(labels), len(labels) <= ALL_AT_FIRST
    if not set(state.chosen(f"{key}.chosen") or ()).issubset(labels):
        state.drop(f"{key}.chosen")  # other predictions have other classes
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        coloured = st.multiselect(
            "Classes", labels, default=list(labels) if few else ordered[:WEAKEST], key=f"{key}.chosen", persist_state="session",
            max_selections=MOST_CHOSEN, placeholder="Choose classes", format_func=lambda label: label or "(empty)",
            label_visibility="collapsed", select_all=False, width="stretch", wrap=True,
        )  # fmt: skip
        every = not few and st.toggle(
            f"All classes ({k:,})" if k <= MOST_BEHIND else f"{MOST_BEHIND} weakest of {k:,} classes", key=f"{key}.every",
            persist_state="session", help="In grey behind the chosen ones. Click one to look at it.",
        )  # fmt: skip
    behind = [label for label in ordered if label not in coloured][:MOST_BEHIND] if every else []
    return Choice(tuple(coloured), tuple(behind))


def scored_classes(shown: Shown, kind: Kind, choice: Choice) -> list[Scored]:
    """Take what the curves are drawn from; those that get a band bring their rows."""
    cases = shown.of_model.cases
    of_label = {one.label: one for one in shown.of_model.classes}
    at = places(choice.coloured, state.chosen("curves.places", {}))
    state.preset("curves.places", at)
    bands = banded([label for label in choice.coloured if of_label[label].support > 0], "")
    found = []
    for label in (*choice.behind, *choice.coloured):
        one = of_label[label]
        tally = one.tallies[ScoreTally]
        assert isinstance(tally, ScoreTally)
        assert isinstance(cases, ClassCases)
        value = f"{kind.short} {numbers.number(one.metrics.number(kind.area))}" if kind.area else ""
        rows = cases.against_rest(label) if label in bands else None
        found.append(
            Scored(label, tally, one.outcomes, at.get(label, 0), value, rows, behind=label not in at)
        )
    return found


def without_curve(shown: Shown, labels: Sequence[str]) -> str:
    """Say why chosen classes have no curve; empty when there are none."""
    support = {one.label: one.support for one in shown.of_model.classes}
    said = []
    for part, why in (
        ([label for label in labels if not support[label] > 0], "no row belongs to"),
        ([label for label in labels if support[label] > 0], "every row belongs to"),
    ):
        if part:
            named = ", ".join(f"‘{numbers.plain(label)}’" for label in part)
            said.append(f"No curve of {named}: {why} {'it' if len(part) == 1 else 'them'}.")
    return " ".join(said)


def class_frame(shown: Shown, kind: Kind) -> pd.DataFrame:
    """Return every class with its areas and where its decision lies, lowest ROC AUC first; NaN where undefined."""
    decided = shown.of_model.confusion.one_vs_rest()
    at = {name: dict(zip(shown.predictions.labels, _AT[name](decided).tolist(), strict=True)) for name in kind.columns}  # fmt: skip
    spans = class_intervals(shown)
    rows = []
    for one in weakest_first(shown):
        row: dict[str, object] = {"class": one.label, "rows": one.support}
        row |= {key: one.metrics.number(key) for key in _AREAS}
        if spans:
            span = spans[one.label].get("roc_auc")
            row["interval"] = numbers.NOT_AVAILABLE if span is None else numbers.interval(span.low, span.high, "number")  # fmt: skip
        rows.append(row | {name: at[name][one.label] for name in kind.columns})
    return pd.DataFrame(rows)


def area_table(shown: Shown, kind: Kind, *, key: str) -> None:
    """Draw the table; a click on a row looks at that class against the rest.

    Parameters
    ----------
    shown : Shown
        All classes together, with probabilities.
    kind : Kind
        Whose axes say where the decision lies.
    key : str
        Of the widget.
    """
    frame = class_frame(shown, kind)
    labels = frame["class"].tolist()

    def chosen() -> None:
        rows = state.chosen(key, {}).get("selection", {}).get("rows", [])
        if rows and rows[0] < len(labels):
            state.change(label=labels[rows[0]])

    weighted = shown.predictions.roles.weight is not None
    column = st.column_config
    config: dict[str, Any] = {
        "class": column.TextColumn("Class", width=150),
        "rows": column.NumberColumn("Weight" if weighted else "Rows", format="%,.1f" if weighted else "%,d", width=65,
                                    help="Rows whose true class it is"),
        "interval": column.TextColumn("ROC AUC 95 %", width=105, help="95 % interval of the ROC AUC"),
    }  # fmt: skip
    for area in _AREAS:
        spec = REGISTRY["binary", area]
        about = f"{spec.about} Undefined where {spec.undefined_when}."
        config[area] = column.NumberColumn(spec.label, format="%.3f", width=80, help=about)
    for name in kind.columns:
        title = name.replace("_", " ").capitalize()
        form = "%.3g×" if name == "lift" else "%.1f%%"
        config[name] = column.NumberColumn(title, format=form, width=110, help=f"Where the decision lies on the curve: {shown.decided_by}")  # fmt: skip
    order = [name for name in ("class", "rows", *_AREAS, *kind.columns, "interval") if name in frame]  # fmt: skip
    st.dataframe(
        frame.assign(**{name: 100 * frame[name] for name in kind.columns if name != "lift"}),
        key=key,
        hide_index=True,
        on_select=chosen,
        selection_mode="single-row",
        height="content" if len(frame) <= _AT_ONCE else _HEIGHT,
        column_config=config,
        column_order=order,
        placeholder=numbers.NOT_AVAILABLE,
        alt=f"Each class against the rest, lowest ROC AUC first, with its decision on the {kind.label} curve",
    )
