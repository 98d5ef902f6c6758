"""Many classes when mistakes differ in cost: the class expected to cost least, what that saves, and which rows change."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts import class_matrix, layout
from app.charts.class_order import arranged
from app.components.metric_cards import Card, metric_cards
from app.palette import palette
from app.views import export
from app.views.class_cost_form import class_cost_form
from app.views.figure_files import figure_files
from app.views.gate import Shown, sentence
from metrics_core.cases import ClassCases
from metrics_core.decisions.class_costs import ClassCostDecision, ClassCosts, cheapest_classes
from metrics_core.tally import ConfusionTally

# Changes that are listed; the decisions as CSV have all.
_MOST = 10
_NARROWEST = 420
_RULE = "lowest expected cost"


def class_costs(shown: Shown) -> None:
    """Draw the card: costs to fill in, and below them what the class that costs least comes to.

    Parameters
    ----------
    shown : Shown
        All classes together.
    """
    cases = shown.of_model.cases
    assert isinstance(cases, ClassCases)  # many classes
    with st.container(border=True, gap="small", key="costs.card"):
        with st.container(gap=None):
            st.subheader("Which class to answer when mistakes differ in cost", anchor=False)
            st.caption("Say what it costs to take one class for another, in any unit. Each row of the file then gets the class that its probabilities expect to cost least.")  # fmt: skip
        if cases.probabilities is None:
            st.markdown("The class that costs least follows from probabilities, and this model has none: name their columns on the Data page.")  # fmt: skip
            return
        try:
            costs = class_cost_form(shown)
            found = _found(shown, cases, costs)
        except mc.DataError as error:
            sentence(error)
            return
        _result(shown, cases, found)


def _found(shown: Shown, cases: ClassCases, costs: ClassCosts) -> ClassCostDecision:
    """Decide every row; once for these rows and costs."""
    v = state.view()
    of = hashlib.sha256(np.ascontiguousarray(costs.cost).tobytes()).hexdigest()
    key = f"costs|{state.identity(shown.predictions)}|{shown.model.name}|{v.where}|{of}"
    return state.kept(key, lambda: cheapest_classes(cases, costs))


def _result(shown: Shown, cases: ClassCases, found: ClassCostDecision) -> None:
    """Draw what the decision comes to."""
    if (found.costs.cost == ClassCosts.equal(found.costs.labels).cost).all():
        st.caption("Now every mistake costs the same, so the class that costs least is the most probable one. Change a cost to see what follows.")  # fmt: skip
    metric_cards(_cards(shown, cases, found), key=f"costs.cards.{shown.predictions.name}")
    parts = st.grid(2, min_column_width=_NARROWEST, gap=("small", "medium"))
    with parts.cell():
        _decisions(shown, found)
        _changes(shown, cases, found)
    with parts.cell():
        _matrix(shown, found)


def _cards(shown: Shown, cases: ClassCases, found: ClassCostDecision) -> list[Card]:
    """Write the costs before and after, what is saved, and how many decisions change."""
    per_row, saving = found.per_row(), found.saving
    saved = per_row["decided"] - per_row["cheapest"]
    changed = int((found.predicted != cases.predicted).sum())
    span = (
        f"95% CI {_span(saving.low, saving.high)}"
        if saving.low is not None
        else f"No interval: {saving.reason}."
    )
    weighted = ", by weight" if cases.weight is not None else ""
    return [
        Card("before", "Cost of a row now", numbers.number(per_row["decided"]), shown.decided_by, "Mean cost of a row by the decisions so far."),
        Card("after", "Cost of a row at least cost", numbers.number(per_row["cheapest"]), f"the probabilities expect {numbers.number(found.promised)}",
             "Mean cost of a row when each gets the class expected to cost least. Where the probabilities expect something else, they are not calibrated: the Calibration page shows how."),
        Card("saved", "Saved a row", numbers.number(saved), f"{_part(saved, per_row['decided'])}", "What the decisions so far cost more. Nothing was fitted to these rows, so the interval holds for new ones like them.", interval=span),
        Card("changed", "Decisions that change", numbers.share(found.changed), f"{numbers.count(changed)} of {numbers.rows(len(cases))}{weighted}",
             "Rows whose class that costs least is another one than the decision so far."),
    ]  # fmt: skip


def _span(low: float | None, high: float | None) -> str:
    """Write an interval whose ends may be negative: ``−0.01 to 0.02``."""
    return f"{numbers.number(low)} to {numbers.number(high)}".replace("-", "−")


def _part(saved: float, before: float) -> str:
    """Write a saving as a share of what it was."""
    return f"{numbers.share(saved / before)} of the cost now" if before > 0 else "the cost now is not above 0"


def decision_frame(shown: Shown, found: ClassCostDecision) -> pd.DataFrame:
    """Return one row a way to decide: what it costs and how often it is right, 0 to 1."""
    names = {"decided": "Now", "most_probable": "Most probable class", "cheapest": "Lowest expected cost"}
    if not shown.model.y_pred:
        del names["decided"]  # it is the most probable class
    rows = []
    for key, name in names.items():
        tally: ConfusionTally = getattr(found, key)
        total = float(tally.total)
        right = float(tally.correct.sum()) / total if total > 0 else np.nan
        rows.append({"Decision": name, "Cost of a row": float(found.costs.per_row(tally)), "Cost of all": float(found.costs.total(tally)), "Right": right})  # fmt: skip
    return pd.DataFrame(rows)


def _decisions(shown: Shown, found: ClassCostDecision) -> None:
    """Compare the ways to decide: a cheaper one may well be right less often."""
    frame, columns = decision_frame(shown, found), st.column_config
    st.dataframe(
        frame.assign(Right=100 * frame["Right"]), hide_index=True, key="costs.decisions", height="content", alt="Ways to decide and what they cost",
        placeholder=numbers.NOT_AVAILABLE,
        column_config={"Decision": columns.TextColumn(width=160), "Cost of a row": columns.NumberColumn(format="%.4g", width=90),
                       "Cost of all": columns.NumberColumn(format="localized", width=90),
                       "Right": columns.NumberColumn(format="%.1f%%", width=65, help="Accuracy: cheaper is not the same as right more often")},
    )  # fmt: skip


def change_frame(cases: ClassCases, found: ClassCostDecision) -> pd.DataFrame:
    """Return the decisions that change, by pair, the most frequent first.

    Returns
    -------
    pandas.DataFrame
        Columns ``Before``, ``After``, ``Rows``, ``Right before``, ``Right after`` (rows, or sums of weights) and
        ``Saved``: the cost of these rows before less that after.
    """
    labels, k = cases.labels, len(cases.labels)
    moved = np.flatnonzero(found.predicted != cases.predicted)
    before, after, truth = (
        x[moved].astype(np.int64) for x in (cases.predicted, found.predicted, cases.truth)
    )
    weight = np.ones(moved.size) if cases.weight is None else cases.weight[moved]
    saved = weight * (found.costs.cost[truth, before] - found.costs.cost[truth, after])
    pair, of = np.unique(before * k + after, return_inverse=True)
    sums = [np.bincount(of, weights=x, minlength=pair.size) for x in (weight, weight * (truth == before), weight * (truth == after), saved)]  # fmt: skip
    order = np.argsort(-sums[0], kind="stable")
    named = {"Before": [labels[code] for code in (pair[order] // k).tolist()], "After": [labels[code] for code in (pair[order] % k).tolist()]}  # fmt: skip
    parts = dict(zip(("Rows", "Right before", "Right after", "Saved"), (x[order] for x in sums), strict=True))
    return pd.DataFrame(named | parts)


def _changes(shown: Shown, cases: ClassCases, found: ClassCostDecision) -> None:
    """List the most frequent changes, and offer every row's class before and after."""
    frame = change_frame(cases, found)
    if frame.empty:
        st.caption("No decision changes.")
    else:
        listed, columns = frame.head(_MOST), st.column_config
        n = "%,.1f" if cases.weight is not None else "%,d"
        st.markdown("**Decisions that change**")
        st.dataframe(
            listed, hide_index=True, key="costs.changes", height="content", alt="Decisions that change, most frequent first",
            column_config={"Before": columns.TextColumn(), "After": columns.TextColumn(),
                           "Rows": columns.NumberColumn("Weight" if cases.weight is not None else "Rows", format=n, width=60),
                           "Right before": columns.NumberColumn(format=n, width=80), "Right after": columns.NumberColumn(format=n, width=80),
                           "Saved": columns.NumberColumn(format="%.4g", width=70, help="Cost of these rows before less that after; negative where it costs more")},
        )  # fmt: skip
        if len(frame) > _MOST:
            left = frame.iloc[_MOST:]
            st.caption(f"And {len(left):,} more pair{'' if len(left) == 1 else 's'} with {numbers.rows(float(left['Rows'].sum()))} together.")  # fmt: skip
    st.download_button("Decisions as CSV", lambda: export.csv(decisions(shown, cases, found)), export.named(_decided(shown), "decisions", "csv"), "text/csv",
                       key="costs.decisions.csv", on_click="ignore", type="tertiary", icon=":material/download:",
                       help="Every row of the filter: its place in the file, its id, its class before and after")  # fmt: skip


def decisions(shown: Shown, cases: ClassCases, found: ClassCostDecision) -> pa.Table:
    """Return each row's class before and after, with its place in the file counted from 1 and its id if there is one."""
    labels = pa.array(list(cases.labels))
    columns: dict[str, pa.Array | pa.ChunkedArray] = {"row": pa.array(cases.rows + 1)}
    id = shown.predictions.roles.id
    if id is not None:
        columns["id"] = shown.predictions.source.rows(cases.rows, [id]).column(0)
    for name, codes in (("before", cases.predicted), ("after", found.predicted)):
        columns[name] = labels.take(pa.array(codes))
    return pa.table(columns)


def _matrix(shown: Shown, found: ClassCostDecision) -> None:
    """Draw the matrix that follows; its rows cannot be reached by a filter, so it answers no click."""
    matrix = arranged(found.cheapest, shown.predictions.labels)
    weighted = shown.predictions.roles.weight is not None
    st.markdown("**Confusion at the lowest expected cost**")
    figure = class_matrix.class_matrix(matrix, palette(state.scheme()), height=layout.TALL, unit="weight" if weighted else "rows")  # fmt: skip
    for trace in figure.select_traces(selector={"name": "cells"}):
        trace.hovertext = [text.replace("<br>Click to see the rows", "") for text in trace.hovertext]
    st.plotly_chart(figure, theme=None, key="costs.matrix", config=dict(layout.CONFIG),
                    alt="Confusion matrix of the class expected to cost least")  # fmt: skip
    if not matrix.complete:
        st.caption(f"The {matrix.named} classes in the most mistakes, of {len(matrix.labels):,}.")
    figure_files(_decided(shown), "costs.matrix", "Confusion", confusion_table(found.cheapest, found.costs), key="costs.matrix.csv")  # fmt: skip


def confusion_table(tally: ConfusionTally, costs: ClassCosts) -> pa.Table:
    """Return the filled cells of a matrix with what their rows cost together."""
    labels = pa.array(list(costs.labels))
    filled = np.flatnonzero(tally.counts > 0)
    true, predicted, rows = tally.true[filled], tally.predicted[filled], tally.counts[filled]
    return pa.table({"true": labels.take(pa.array(true)), "predicted": labels.take(pa.array(predicted)),
                     "rows": pa.array(rows), "cost": pa.array(rows * costs.cost[true, predicted])})  # fmt: skip


def _decided(shown: Shown) -> Shown:
    """Name files by how their rows were decided: not by the file's own column."""
    return replace(shown, model=replace(shown.model, y_pred=_RULE))
