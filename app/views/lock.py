"""What is done with an answer: use it, lock it, prove it once on the rows kept back, keep it beside others."""

from __future__ import annotations

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.datasets import read_only
from app.views import plan_words

_WORDS = {"locked": ":material/lock:", "unlocked": ":material/lock_open:", "scored": ":material/fact_check:", "opened": ":material/file_open:"}  # fmt: skip


def deciding(predictions: mc.Predictions, model: str, answer: state.Answer, ledger: state.Ledger | None) -> None:  # fmt: skip
    """Draw what can be done with a threshold.

    Parameters
    ----------
    predictions : Predictions
        All rows.
    model : str
    answer : Answer
        With a threshold.
    ledger : Ledger, optional
        What happened to the threshold so far.
    """
    cut, on = answer.decision.threshold, state.view().threshold
    locked = ledger is not None and ledger.locked
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if ledger is not None and locked:
            _prove(predictions, ledger)
            if read_only():
                st.caption("This server is for reading: a lock stays on.", width="content")
            else:
                st.button("Unlock", key="lock.off", icon=":material/lock_open:", on_click=state.unlock, args=(ledger,),
                          help="Change the plan again; the log remembers it")  # fmt: skip
        else:
            st.button("Lock", key="lock.on", type="primary", icon=":material/lock:", on_click=state.lock, args=(predictions, model, answer),
                      disabled=bool(answer.elsewhere),
                      help="A record of other data cannot be locked here: find the threshold again" if answer.elsewhere else "Freeze plan and threshold, on every page and for everybody with the link")  # fmt: skip
            st.button("Use it", key="answer.use", icon=":material/check:", on_click=state.change, kwargs={"threshold": cut},
                      disabled=on == cut, help="Move the threshold of all pages to this one")  # fmt: skip
        _keep(predictions, model, answer)
        if ledger is not None:
            _log(ledger)
    told = state.chosen("lock.error")
    if told and locked:
        st.error(numbers.plain(told), icon=":material/error:")


def _prove(predictions: mc.Predictions, ledger: state.Ledger) -> None:
    """Offer to score the locked decision on the rows kept back."""
    kept = ledger.answer.plan.report_on
    if ledger.scored is not None:
        return
    if kept is None:
        st.caption("No rows were kept back, so nothing can be proven on them.", width="content")
        return
    again = ledger.seen is not None
    label = f"Score {'again' if again else 'once'} on {numbers.plain(kept)}"
    if st.button(label, key="lock.score", type="primary", icon=":material/fact_check:",
                 help="These rows were seen before: this proves less than it did the first time" if again else "Look at the rows kept back for the first and only time"):  # fmt: skip
        state.drop("lock.error")
        with st.spinner(f"Counting the rows of {numbers.plain(kept)} …"):
            try:
                state.score_once(predictions, ledger)
            except mc.DataError as error:
                state.preset("lock.error", str(error))
        st.rerun()


def _keep(predictions: mc.Predictions, model: str, answer: state.Answer) -> None:
    """Keep the answer under a name, to stand beside others."""
    desk = state.desk(predictions, model)

    def kept() -> None:
        name = str(state.chosen("alternative.name", "")).strip()
        if name:
            desk.keep(name, answer)
            state.drop("alternative.name")

    with st.popover("Keep as an alternative", icon=":material/bookmark_add:", key="alternative.add"):
        st.text_input("Name", key="alternative.name", placeholder="such as: fewer alarms", max_chars=60)
        st.button("Keep", key="alternative.keep", type="primary", on_click=kept)
        if desk.named:
            st.caption(f"Kept so far: {numbers.plain(', '.join(desk.named))}.")


def _log(ledger: state.Ledger) -> None:
    """Show what happened, the first thing first."""
    with st.popover(f"Log · {len(ledger.events)}", icon=":material/history:", key="lock.log"):
        for event in ledger.events:
            st.markdown(f"{_WORDS[event.what]} {numbers.plain(plan_words.moment(event.at))} · {numbers.plain(event.said)}")  # fmt: skip
