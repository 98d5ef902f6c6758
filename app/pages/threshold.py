"""The threshold: everything moves while it is dragged; then it is chosen by a plan, locked, proven once and handed over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.components.threshold_view import ThresholdEvent, threshold_view
from app.views import gate, plan_words
from app.views.class_costs import class_costs
from app.views.class_cuts import class_cuts
from app.views.class_picker import class_picker
from app.views.decision_pictures import made_by, pictures
from app.views.hand_over import hand_over
from app.views.lock import deciding
from app.views.metric_table import metric_table
from app.views.opened_record import made_elsewhere, open_record, record_error, where_from
from app.views.plan_answer import answer_cards, infeasible
from app.views.plan_form import plan_form, question
from app.views.question_form import question_form
from app.views.threshold_columns import colours, threshold_columns
from metrics_core.filters import equals
from metrics_core.metrics.registry import REGISTRY
from metrics_core.tally import Outcomes
from metrics_core.thresholds import ThresholdTable, default_threshold

_BEST = ("f1", "mcc", "youden_j", "balanced_accuracy")
_ROUND = "threshold.round"


def chosen_on(shown: gate.Shown, split: str | None) -> gate.Shown:
    """Narrow what is shown to the rows of a split.

    Raises
    ------
    DataError
        If no row of the split passes the filter.
    """
    if split is None:
        return shown
    predictions = state.only_split(shown.predictions, split)
    evaluation = state.evaluation(predictions)
    of_model = next(m for m in evaluation.models if m.model == shown.model.name)
    return replace(shown, predictions=predictions, evaluation=evaluation, of_model=of_model)


def settled(event: ThresholdEvent, shown_value: float, *, locked: bool) -> None:
    if event.value == shown_value:  # only the scale was switched: a default stays a default
        state.change(scale=event.scale)
    elif locked:
        state.preset(_ROUND, state.chosen(_ROUND, 0) + 1)  # the slider is drawn anew, where the lock is
        st.toast("The threshold is locked. Unlock it below to move it.", icon=":material/lock:")
    else:
        state.change(threshold=event.value, scale=event.scale)


def which_rows(shown: gate.Shown, plan: state.Plan, n_all: int) -> None:
    n = len(shown.of_model.cases)
    if plan.select_on is not None:
        kept = "" if plan.report_on is None else f" The {numbers.plain(plan.report_on)} rows are kept back for one proof."  # fmt: skip
        st.markdown(f":material/filter_center_focus: This page shows the **{numbers.count(n)} {numbers.plain(plan.select_on)} rows** of {numbers.count(n_all)}, on which the threshold is chosen.{kept} :gray[The other pages show all rows of the filter.]")  # fmt: skip
    elif shown.predictions.roles.split is not None:
        st.markdown(f":material/filter_center_focus: The threshold is chosen on **all {numbers.rows(n)}**, whatever their split. :gray[Nothing is kept back for a proof.]")  # fmt: skip


def live(shown: gate.Shown, *, locked: bool) -> ThresholdTable:
    tally = shown.of_model.tally
    assert tally is not None  # the page stops before when there is no score
    value = default_threshold(tally) if shown.threshold is None else shown.threshold
    table = state.table(shown.predictions, shown.model.name, value)
    negative, positive = shown.two_labels
    note = "Rows with score ≥ threshold count as predicted positive. Every threshold is counted on all rows shown."
    if locked:
        note = "Locked: drag to look, it goes back when you let go. " + note
    elif shown.threshold is None:
        note = (
            f"The matrix of the other pages follows column '{shown.model.y_pred}' until you move the threshold. "
            + note
        )
    threshold_view(
        threshold_columns(table, tally),
        key=f"threshold.{shown.predictions.name}.{shown.model.name}.{shown.label}.{state.chosen(_ROUND, 0)}",
        version=state.table_version(shown.predictions, shown.model.name, value),
        value=value,
        on_commit=lambda event: settled(event, value, locked=locked),
        colours=colours(),
        pos_label=positive,
        neg_label=negative,
        scale=state.view().scale,
        note=note,
    )
    return table


def jumps(shown: gate.Shown, table: ThresholdTable, *, locked: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Jump to the best**", width="content", help="Best on these very rows: on new rows expect a little less. The lowest threshold wins a tie.")  # fmt: skip
        for key in _BEST:
            values = table.metrics[key]
            if np.isnan(values).all():
                continue
            at = int(np.nanargmax(values))  # the lowest threshold wins a tie
            cut, spec = float(table.threshold[at]), REGISTRY["binary", key]
            st.button(
                f"{spec.label} · {numbers.threshold(cut)}",
                key=f"threshold.best.{key}",
                help=f"{spec.label} {numbers.by_unit(float(values[at]), spec.unit)} on these rows. {spec.about}",
                on_click=state.change,
                kwargs={"threshold": cut},
                disabled=locked or cut == shown.threshold,
            )
        st.button("Default", key="threshold.default", icon=":material/restart_alt:", help="Back to the file's own decision, or the usual cut",
                  on_click=state.change, kwargs={"threshold": None}, disabled=locked or state.view().threshold is None)  # fmt: skip


def to_the_rows(shown: gate.Shown, split: str | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**See the rows**", width="content")
        for code, name in (("fn", "false negatives"), ("fp", "false positives"), ("tp", "true positives")):
            n = int(
                (
                    shown.of_model.binary_cases.outcome(shown.threshold)
                    == ("tp", "fp", "fn", "tn").index(code)
                ).sum()
            )
            if st.button(
                f"{numbers.count(n)} {name}",
                key=f"threshold.rows.{code}",
                icon=":material/list_alt:",
                disabled=n == 0,
            ):
                if split is not None:  # the other pages show what was counted here
                    state.narrow(equals(str(shown.predictions.roles.split), split))
                state.change(rows=code)
                st.switch_page("pages/examples.py", query_params=state.link())


def the_plan(shown: gate.Shown, predictions: mc.Predictions, ledger: state.Ledger | None) -> None:
    locked = ledger is not None and ledger.locked
    with st.container(border=True, gap="small", key="plan.card"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader("Which threshold to run", anchor=False, width="content")
            open_record(predictions, locked=locked)
        record_error()
        if ledger is not None and locked:
            last = {event.what: plan_words.moment(event.at) for event in ledger.events}
            scored = "" if ledger.scored is None or "scored" not in last else f" Scored on {numbers.plain(ledger.answer.plan.report_on)} at {last['scored']}."  # fmt: skip
            st.markdown(plan_words.sentence(ledger.answer.plan, ledger.answer.where))
            st.caption(f":material/lock: Plan and threshold were locked at {last['locked']}.{scored}")
        else:
            plan_form(shown, predictions)
    asked = question(predictions, shown.model.name)
    if asked is not None:
        question_form(state.datasets()[state.view().data], asked)


def the_answer(shown: gate.Shown, predictions: mc.Predictions, answer: state.Answer, table: ThresholdTable, ledger: state.Ledger | None) -> None:  # fmt: skip
    model = shown.model.name
    locked = ledger if ledger is not None and ledger.locked else None
    decision = answer.decision if locked is None else locked.decision
    with st.container(border=True, gap="small", key="answer.card"):
        if answer.opened:
            st.caption(f":material/file_open: {where_from(answer)}")
        if answer.elsewhere:
            made_elsewhere(predictions, answer)
        elif locked is not None and state.changed_since(predictions, locked):
            st.warning("The file or the roles of its columns have changed since the lock: the numbers below are those of then.", icon=":material/warning:")  # fmt: skip
        if decision.thresholds:
            st.warning(f"{len(decision.thresholds)} groups have thresholds of their own in this record. This page shows the common one, which rules all other rows.", icon=":material/warning:")  # fmt: skip
        if decision.threshold is None:
            infeasible(shown, predictions, answer)
            return
        answer_cards(shown, answer, table, ledger)
        deciding(predictions, model, answer, ledger)
        hand_over(predictions, model, answer, locked)


def no_such_rows(error: mc.DataError, predictions: mc.Predictions, model: str, *, locked: bool) -> None:
    gate.sentence(error)
    if not locked:
        st.button("Choose on all rows of the filter", key="threshold.all_rows", on_click=state.desk(predictions, model).change,
                  kwargs={"select_on": None, "report_on": None})  # fmt: skip
    if state.view().where:
        st.button("Clear the filter", key="threshold.unfilter", icon=":material/filter_alt_off:", on_click=state.change, kwargs={"where": ""})  # fmt: skip


def no_score(shown: gate.Shown) -> None:
    if shown.label:
        missing = f"There are no probabilities of class ‘{numbers.plain(shown.label)}’"
        about, label = "A threshold cuts a probability. Name the columns of the probabilities on the Data page.", "Choose probability columns"  # fmt: skip
    else:
        missing = "This model has no score"
        about, label = "A threshold cuts a score. Give a column the role of score on the Data page.", "Choose a score column"  # fmt: skip
    with st.container(border=True):
        st.subheader(missing, anchor=False)
        st.caption(about)
        if st.button(label, type="primary", key="threshold.roles"):
            st.switch_page("pages/data.py", query_params=state.link())


def all_classes(shown: gate.Shown) -> None:
    about = "Then rows whose probability of the class reaches the threshold count as that class, all others as the rest."
    if not shown.model.proba:
        about = "This model has no probabilities, only decisions: each class has one place to look at, and no threshold that moves."  # fmt: skip
    class_picker(shown, key="threshold", why="A threshold belongs to one class: choose one", about=about)
    class_cuts(shown)
    class_costs(shown)


def page() -> None:
    everything = gate.require("Threshold", "What happens when the decision threshold moves, and which one to run?")  # fmt: skip
    if everything.many:
        all_classes(everything)
        return
    if everything.model.y_score is None:
        no_score(everything)
        return
    predictions, model = everything.predictions, everything.model.name
    ledger = state.ledger(predictions, model)
    desk = state.desk(predictions, model)
    locked = ledger is not None and ledger.locked
    answer = ledger.answer if ledger is not None and locked else desk.answer
    plan = answer.plan if answer is not None and locked else desk.plan
    if state.lost():
        st.warning("The lock this link names is not known here: the server was started again since, or the lock belongs to another session’s upload. A saved decision.json can be opened below.", icon=":material/lock_open:")  # fmt: skip
    try:
        shown = chosen_on(everything, plan.select_on)
    except mc.DataError as error:
        no_such_rows(error, predictions, model, locked=locked)
        return
    which_rows(shown, plan, len(predictions.judged(model)))
    table = live(shown, locked=locked)
    jumps(shown, table, locked=locked)
    to_the_rows(shown, plan.select_on)
    the_plan(shown, predictions, ledger)
    if answer is not None:
        the_answer(shown, predictions, answer, table, ledger)
    pictures(shown, made_by(predictions, model, None if answer is not None and answer.elsewhere else answer))
    st.subheader("Every metric at this threshold", anchor=False)
    metric_table(shown, Outcomes)


page()
