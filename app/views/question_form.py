"""A question that needs an answer before any number is shown, as a form."""

from __future__ import annotations

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.datasets import Dataset
from app.views.role_form import start_again
from metrics_core.guesses import ALL

#: What "all of them" is called where the answers are columns or prefixes.
_ALL_IN_WORDS = {
    "y_score": "Every one of these columns",
    "y_pred": "Every one of these columns",
    "proba_prefix": "Every one of these prefixes",
}


def question_form(dataset: Dataset, question: mc.NeedsChoice) -> None:
    """Ask what cannot be guessed; the answer is kept with the roles."""
    in_words = {ALL: _ALL_IN_WORDS[question.id]} if question.id in _ALL_IN_WORDS else {}
    with st.form(f"question.{dataset.name}.{question.id}"):
        st.subheader("One question before any number is shown", anchor=False)
        st.markdown(numbers.plain(question.question))
        notes = {o.value: o.note for o in question.options}
        answer = st.radio(
            "Answer",
            list(notes),
            index=None,
            key=f"question.answer.{question.id}",
            label_visibility="collapsed",
            format_func=lambda option: in_words.get(option) or numbers.plain(option),
            captions=[numbers.plain(note) for note in notes.values()],
        )
        if st.form_submit_button("Use this answer", type="primary"):
            if answer is None:
                st.caption("Choose one of the answers first.")
                return
            roles = state.roles_of(dataset)
            choose = {**(roles.get("choose") or {}), question.id: answer}
            state.confirm_roles(dataset, {**roles, "choose": choose})
            start_again(dataset)
