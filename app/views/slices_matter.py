"""Which columns matter for where the model fails: first whether errors can be told at all, then what that rests on."""

from __future__ import annotations

from math import isnan

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts import layout
from app.charts.column_importance import MOST, importance_figure, links_figure
from app.palette import palette
from app.views.figure_card import head, table_of
from app.views.figure_files import figure_files
from app.views.gate import Shown, sentence
from app.views.slice_losses import columns_chooser, loss_chooser, loss_of, made, no_columns, with_bar
from metrics_core.column_importance import LEAST_AUC, LEAST_R2, ColumnImportance, column_importance
from metrics_core.grouping import columns_to_compare
from metrics_core.row_losses import LossKind

_KEY = "slices.matter"


def matter_part(shown: Shown) -> None:
    """Draw the part of the Slices page.

    Parameters
    ----------
    shown : Shown
    """
    if not columns_to_compare(shown.predictions):
        no_columns()
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = loss_chooser(shown)
        columns = columns_chooser(shown, f"{_KEY}.columns")
    try:
        found = _found(shown, kind, columns)
    except mc.DataError as error:
        sentence(error)
        return
    with st.container(border=True, gap="small"):
        head("Which columns matter", "Without which column could errors no longer be told from the rest?")
        _quality(found)
        if found.importances:
            _ranking(shown, found)
    with st.container(border=True, gap="small"):
        head("Each column alone", "How much do its groups differ?")
        _alone(shown, found)


def _found(shown: Shown, kind: LossKind, columns: list[str]) -> ColumnImportance:
    """Learn the loss once for a view."""

    def learn() -> ColumnImportance:
        loss, source = loss_of(shown, kind), shown.predictions.source
        return with_bar("A second model learns where this one fails …",
                        lambda tell: column_importance(source, loss, columns, progress=tell))  # fmt: skip

    return made(shown, "importance", kind, tuple(columns), make=learn)


def _quality(found: ColumnImportance) -> None:
    """Say first how well errors can be predicted: what the ranking is worth."""
    if isnan(found.quality):
        st.markdown(f"**There is no ranking.** {found.why}")
        return
    least = LEAST_AUC if found.measure == "ROC AUC" else LEAST_R2
    span = f"{found.measure} {_signed(found.quality)} ({_span(found)})"
    if found.why:
        st.markdown(f"**{found.why}** A second model that tries reaches {span} on rows it has not seen; a ranking is shown above {least:g} and beyond chance.")  # fmt: skip
    else:
        st.markdown(f"From these columns a second model tells rows where this one fails with **{span}** on rows it has not seen. The ranking is worth as much as that.")  # fmt: skip
    taken = "" if found.rows == found.n_rows else f" of {numbers.count(found.n_rows)}, drawn at random, wrong and right ones apart" if found.measure == "ROC AUC" else f" of {numbers.count(found.n_rows)}, drawn at random"  # fmt: skip
    shuffles = "" if found.why else f", {found.repeats} shuffles of each column"
    st.caption(
        f"Gradient boosting on {numbers.rows(found.rows)}{taken}; {found.folds} folds{shuffles}, seed {found.seed}."
    )


def _span(found: ColumnImportance) -> str:
    """Write the interval of the quality within what the measure can be; one below 0 without a dash between the ends."""
    low, high = max(found.low, 0.0) if found.measure == "ROC AUC" else found.low, min(found.high, 1.0)
    return numbers.interval(low, high, "number") if low >= 0 else f"{_signed(low)} to {_signed(high)}"


def _signed(value: float) -> str:
    """Write a number with a minus sign, not a hyphen."""
    return numbers.number(value).replace("-", "−")


def _ranking(shown: Shown, found: ColumnImportance) -> None:
    """Draw the ranking."""
    drops = "; ".join(f"{' and '.join(one.columns)} {one.drop:.3f}" for one in found.importances[:MOST])
    st.plotly_chart(importance_figure(found, palette(state.scheme())), theme=None, key=f"{_KEY}.chart", config=dict(layout.CONFIG),
                    alt=f"{found.measure} lost when a column is shuffled: {drops}")  # fmt: skip
    notes = [
        "Whiskers: two standard deviations over the shuffles. A bar of another colour is not told from 0."
    ]
    if any(len(one.columns) > 1 for one in found.importances):
        notes.append(
            "Columns joined by + say nearly the same (correlation above 0.8) and are shuffled together."
        )
    if len(found.importances) > MOST:
        notes.append(f"The {MOST} largest of {len(found.importances)}; the download has all.")
    st.caption(" ".join(notes))
    figure_files(shown, f"{_KEY}.chart", "Which columns matter", table_of(found.frame()), key=f"{_KEY}.csv")


def _alone(shown: Shown, found: ColumnImportance) -> None:
    """Draw how strongly each column alone goes with the loss."""
    clear = sum(link.q <= 0.05 for link in found.links)
    tested = sum(not isnan(link.q) for link in found.links)
    differ = (
        f"the groups of {'all' if clear == tested > 1 else clear} differ"
        if clear
        else "the groups of none differ"
    )
    st.markdown(f"Tested {tested} column{'s' if tested != 1 else ''}: {differ} by more than chance explains.")
    if not any(link.strength > 0 for link in found.links):
        return
    strengths = "; ".join(f"{link.column} {link.strength:.3f}" for link in found.links[:MOST])
    st.plotly_chart(links_figure(found.links, palette(state.scheme())), theme=None, key=f"{_KEY}.links", config=dict(layout.CONFIG),
                    alt=f"How strongly each column goes with what goes wrong: {strengths}")  # fmt: skip
    what = "Cramér's V without what chance adds" if found.measure == "ROC AUC" else "Correlation ratio without what chance adds"  # fmt: skip
    st.caption(f"{what}; numbers are cut at their quintiles. Coloured: q ≤ 0.05, corrected for all columns. A column that matters only together with another can be weak here.")  # fmt: skip
    figure_files(
        shown, f"{_KEY}.links", "Each column alone", table_of(found.frame()), key=f"{_KEY}.links.csv"
    )
