"""Alternatives that were kept by name, side by side on the rows shown, and the way to put one in force."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import numbers, state
from app.charts.cost_curves import PER, money
from app.views import plan_words
from app.views.export import csv, named
from app.views.figure_card import head, table_of
from app.views.pictured import Pictured
from metrics_core.decisions.rule import Rule
from metrics_core.metrics import counts
from metrics_core.tally import Outcomes

_KEY = "pictures.alternatives"


def alternatives_picture(p: Pictured) -> None:
    """Draw the alternatives of this data set and model."""
    head("Alternatives", "How do the thresholds that were kept compare on the same rows?")
    desk = state.desk(p.shown.predictions, p.shown.model.name)
    if not desk.named:
        st.info("No alternative is kept yet. Find a threshold, then choose ‘Keep as an alternative’ above and give it a name.", icon=":material/bookmark_add:")  # fmt: skip
        return
    cuts = {name: answer.decision.threshold for name, answer in desk.named.items()}
    shown = {"Now": p.live} | {name: cut for name, cut in cuts.items() if cut is not None}
    rule = None if p.selection is None else p.selection.rule
    frame = compared(p, shown, rule)
    config = {name: st.column_config.TextColumn(alignment="right") for name in frame.columns[1:]}
    st.dataframe(frame, hide_index=True, height="content", key=_KEY, column_config=config, alt="Alternatives side by side")  # fmt: skip
    for i, (name, answer) in enumerate(desk.named.items()):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            taken = st.button(f"Use {numbers.plain(name)}", key=f"{_KEY}.use.{i}", icon=":material/check:", disabled=p.locked or cuts[name] is None,
                              help="Put its plan and its threshold in force")  # fmt: skip
            gone = st.button("", key=f"{_KEY}.drop.{i}", icon=":material/delete:", type="tertiary", help=f"Forget {numbers.plain(name)}")  # fmt: skip
            st.caption(plan_words.sentence(answer.plan, answer.where), width="stretch")
        if taken:
            desk.take(answer)
            state.change(threshold=cuts[name])
        if gone:
            desk.drop(name)
        if taken or gone:
            st.rerun()
    st.caption("All are counted on the rows shown here, whatever rows they were chosen on. One that was chosen on these rows is flattered.")  # fmt: skip
    st.download_button("Download CSV", csv(table_of(frame)), named(p.shown, "alternatives", "csv"), "text/csv", key=f"{_KEY}.csv",
                       on_click="ignore", icon=":material/download:", type="tertiary")  # fmt: skip


def compared(p: Pictured, cuts: dict[str, float], rule: Rule | None) -> pd.DataFrame:
    """Return thresholds side by side as texts, one column each, rates with the counts behind them.

    Parameters
    ----------
    p : Pictured
    cuts : dict of str to float
    rule : Rule, optional
        Of the plan, whose objective then stands in the first row.
    """
    columns: dict[str, list[str]] = {}
    for name, cut in cuts.items():
        o = p.at(cut)
        aimed = [] if rule is None else [_objective(p, cut, rule)]
        columns[name] = [numbers.threshold(cut), *aimed, *_rates(o)]
    heads = ["Threshold"] if rule is None else ["Threshold", _aim(rule)]
    return pd.DataFrame(
        {"": [*heads, "Precision", "Recall", "False positive rate", "F1", "Flagged", "Errors"]} | columns
    )


def _aim(rule: Rule) -> str:
    """Name what the plan aims for."""
    return (
        f"{rule.objective.label} (the plan)"
        if rule.objective.costs is None
        else f"Cost per {PER:,} rows (the plan)"
    )


def _objective(p: Pictured, cut: float, rule: Rule) -> str:
    """Write what the plan aims for, at its prevalence."""
    o, objective = p.at(cut, weighted=True), rule.objective
    if objective.costs is not None:
        return money(PER * float(objective.costs.per_row(o)))
    assert objective.spec is not None  # an objective is a metric or a cost
    return numbers.by_unit(float(objective.value(o)), objective.spec.unit)


def _rates(o: Outcomes) -> list[str]:
    """Write the rates of a threshold with the counts behind them."""
    tp, fp, fn = float(o.tp), float(o.fp), float(o.fn)
    flagged, total = float(o.flagged), float(o.total)
    return [
        _of(float(counts.precision(o)), tp, flagged),
        _of(float(counts.recall(o)), tp, float(o.positives)),
        _of(float(counts.fpr(o)), fp, float(o.negatives)),
        numbers.number(float(counts.f1(o))),
        _of(float(counts.ratio(o.flagged, o.total)), flagged, total),
        _of(float(counts.error_rate(o)), fp + fn, total),
    ]


def _of(rate: float, part: float, whole: float) -> str:
    """Write a rate with its counts."""
    return f"{numbers.share(rate)} ({numbers.count(part)} of {numbers.count(whole)})"
