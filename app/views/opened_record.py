"""Opening the record of a decision: it is read, compared with the table at hand, and its plan and threshold are put in force."""

from __future__ import annotations

import json

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.state import Plan
from app.views import plan_words
from app.views.answer_cards import cards_of
from app.views.plan_answer import how_close, obstacle, promise_lines, relaxation
from app.views.worth import check_parts, worth_cells
from metrics_core.decisions.check import Check, check
from metrics_core.decisions.record import Decision
from metrics_core.roles import Model

_ROUND, _ERROR = "record.round", "record.error"
_ICONS = {"holds": ":blue[:material/check:]", "broken": ":red[:material/close:]"}


def open_record(predictions: mc.Predictions, *, locked: bool) -> None:
    """Offer to open a record.

    Parameters
    ----------
    predictions : Predictions
        All rows.
    locked : bool
        Whether a threshold is locked, which another one may not replace.
    """
    again = state.chosen(_ROUND, 0)  # another key closes the popover
    with st.popover("Open a decision", icon=":material/file_open:", key=f"record.open.{again}", disabled=locked, type="tertiary",
                    help="Unlock the threshold first" if locked else "A decision.json that was saved here or by faultline threshold"):  # fmt: skip
        file = st.file_uploader(
            "Record of a decision", type=["json"], key=f"record.file.{again}", max_upload_size=20
        )
    if file is None:
        return
    state.preset(_ROUND, again + 1)  # the same file can be chosen again
    state.drop(_ERROR)
    try:
        with st.spinner("Opening the decision …"):
            _put_in_force(predictions, read_record(file.getvalue(), file.name), file.name)
    except mc.DataError as error:
        state.preset(_ERROR, str(error))
    st.rerun()


def record_error() -> None:
    """Say what was wrong with the record that was chosen last; once."""
    told = state.chosen(_ERROR)
    if told:
        state.drop(_ERROR)
        st.error(numbers.plain(told), icon=":material/error:")


def made_elsewhere(predictions: mc.Predictions, answer: state.Answer) -> None:
    """Warn that a record was made on other data, naming both, and judge it on the rows at hand."""
    d = answer.decision
    theirs = f"‘{numbers.plain(d.data.get('name', 'another table'))}’ (sha256 {numbers.plain(str(d.data.get('sha256'))[:12])}…)"
    ours = f"‘{numbers.plain(predictions.name)}’ (sha256 {answer.elsewhere[:12]}…)"
    st.warning(f"{numbers.plain(answer.opened)} was made on {theirs}, and this is {ours}. The numbers below are those of the record, not of the rows above.", icon=":material/warning:")  # fmt: skip
    try:
        key = f"check|{state.identity(predictions)}|{answer.elsewhere}|{json.dumps(d.to_dict(), sort_keys=True)}"
        found: Check = state.kept(key, lambda: check(d, predictions))
    except mc.DataError as error:
        st.caption(f"It cannot be judged on these rows: {numbers.plain(error)}")
        return
    st.markdown(f"On these rows the decision **{'holds' if found.holds else 'does not hold'}**: it flags {numbers.share(found.flagged / found.rows)} of {numbers.rows(found.rows)}.")  # fmt: skip
    for judged in found.judgements:
        st.caption(f"{_ICONS.get(judged.verdict, ':gray[:material/help:]')} {numbers.plain(judged.about)}")  # fmt: skip


def read_record(content: bytes, name: str) -> Decision:
    """Read a record.

    Raises
    ------
    DataError
        If it is none.
    """
    try:
        record = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise mc.DataError(f"'{name}' is no decision record: it is not JSON ({error}). Write one with faultline threshold -o, or save one here.") from None  # fmt: skip
    decision = Decision.from_dict(record, f"'{name}'")
    check_parts(decision, f"'{name}'")
    try:
        _rehearse(decision)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise mc.DataError(f"What '{name}' says of its threshold cannot be read ({type(error).__name__}: {error}). Write one with faultline threshold -o.") from None  # fmt: skip
    return decision


def _rehearse(decision: Decision) -> None:
    """Write once what the page will show of a record, so that one that was changed by hand fails here and not there."""
    promise_lines(decision)
    if decision.feasible:
        worth_cells(decision)
        cards_of(decision, 0.0, 1.0)
        return
    stuck = decision.infeasible or {}
    obstacle(decision)
    for text in stuck.get("blocking") or ():
        near = stuck["nearest"].get(text) or {}
        how_close(text, near)
        relaxation(Plan.of(decision), text, near)


def model_of(decision: Decision, predictions: mc.Predictions, name: str) -> Model:
    """Find the model that a record decides by, in a table that has everything the record names.

    Raises
    ------
    DataError
        If it is about another score, label, split or column.
    """
    roles = predictions.roles
    if decision.task != "binary":
        raise mc.DataError(f"'{name}' decides a task of kind {decision.task!r}, and here one class is told from the rest.")  # fmt: skip
    column = decision.roles["y_score"]
    column = column.get(decision.model) if isinstance(column, dict) else column
    model = next((m for m in roles.models if m.y_score is not None and m.y_score == column), None)
    if model is None:
        scores = ", ".join(repr(m.y_score) for m in roles.models if m.y_score is not None)
        raise mc.DataError(f"'{name}' decides by column {column!r}, which is no score of '{predictions.name}'; its scores are {scores}. Give the column that role on the Data page, or open the table it was made on.")  # fmt: skip
    if decision.roles.get("y_true") != roles.y_true:
        raise mc.DataError(f"'{name}' was judged by the labels in {decision.roles.get('y_true')!r}, and here column {roles.y_true!r} holds the true labels.")  # fmt: skip
    if decision.pos_label != roles.pos_label:
        raise mc.DataError(f"'{name}' flags {decision.pos_label!r}, and here {roles.pos_label!r} is the positive class.")  # fmt: skip
    found = state.splits(predictions, model.name)
    for split in (decision.selected_on, decision.reported_on):
        if split is not None and split not in found:
            raise mc.DataError(f"'{name}' names rows called {split!r} of a split column, and '{predictions.name}' has none of these.")  # fmt: skip
    if decision.filter is not None and not predictions.mask(decision.filter).any():
        raise mc.DataError(f"'{name}' was made where {decision.filter}, and no row of '{predictions.name}' passes that.")  # fmt: skip
    return model


def _put_in_force(predictions: mc.Predictions, decision: Decision, name: str) -> None:
    """Restore plan, threshold and results."""
    model = model_of(decision, predictions, name)
    answer = state.open_decision(predictions, model.name, decision, name)
    first = predictions.roles.models[0].name
    state.change(
        model="" if model.name == first else model.name, where=answer.where, threshold=decision.threshold
    )
    state.desk(predictions, model.name).take(answer)
    state.remember_seen(predictions, model.name, answer)


def where_from(answer: state.Answer) -> str:
    """Say where an answer was opened from; empty when it was found here."""
    if not answer.opened:
        return ""
    at = f", made {plan_words.moment(answer.made)}" if answer.made else ""
    return f"From {numbers.plain(answer.opened)}{at}."
