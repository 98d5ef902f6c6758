"""A decision on its way out: the record, the same rule in SQL and scikit-learn, and the commands that make, run and test it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.views import export
from app.views.command_line import threshold_command
from metrics_core.decisions.record import Decision
from metrics_core.decisions.snippets import scikit_learn, sql


def hand_over(predictions: mc.Predictions, model: str, answer: state.Answer, ledger: state.Ledger | None) -> None:  # fmt: skip
    """Draw the ways out of a decision that has a threshold.

    Parameters
    ----------
    predictions : Predictions
        All rows.
    model : str
    answer : Answer
    ledger : Ledger, optional
        A lock that is on: its decision, with what was reported, goes out.
    """
    decision = answer.decision if ledger is None else ledger.decision
    at = answer.made if ledger is None or not ledger.events else ledger.events[-1].at
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Hand it over**", width="content")
        st.download_button("decision.json", record(decision, at), file_name=export.file_name(predictions.name, "decision", ending="json"),
                           mime="application/json", key="hand.record", icon=":material/download:", on_click="ignore",
                           help="The decision with everything needed to run it, to check it and to doubt it")  # fmt: skip
        _code("SQL", "database", "hand.sql", lambda: sql(decision), "sql", "1, 0, or NULL where there is no score.")  # fmt: skip
        _code("scikit-learn", "data_object", "hand.sklearn", lambda: scikit_learn(decision), "python", "Around your own fitted classifier.")  # fmt: skip
        _code("Command line", "terminal", "hand.command", lambda: _commands(predictions, model, answer), "bash",
              "The first makes this decision again, where the file lies; the others run it and test it on new rows.")  # fmt: skip


def record(decision: Decision, at: str) -> bytes:
    """Write a decision as the file that every command reads.

    Parameters
    ----------
    decision : Decision
    at : str
        When it was made, unless the record says so.
    """
    dated = decision if decision.created else replace(decision, created=at)
    return (json.dumps(dated.to_dict(), allow_nan=False, indent=2, ensure_ascii=False) + "\n").encode()


def _code(label: str, icon: str, key: str, written: Callable[[], str], language: str, about: str) -> None:
    """Show code to copy behind a button; where there is none, why."""
    with st.popover(label, icon=f":material/{icon}:", key=key):
        try:
            st.code(written(), language=language, width=620)
            st.caption(about)
        except mc.DataError as error:
            st.caption(numbers.plain(error))


def _commands(predictions: mc.Predictions, model: str, answer: state.Answer) -> str:
    """Write the commands that make, run and test the decision.

    Raises
    ------
    DataError
        If no command makes it.
    """
    dataset = state.datasets()[state.view().data]
    answers = {str(k): str(v) for k, v in (state.roles_of(dataset).get("choose") or {}).items()}
    made = threshold_command(dataset, predictions, model, answer, answers)
    if made is None:
        raise mc.DataError(f"The command line takes the first model of a table that holds several, and this is {model!r}. Use the record.")  # fmt: skip
    return f"{made}\n\nfaultline apply decision.json new_rows.csv -o flagged.csv\nfaultline check decision.json labelled_rows.csv"  # fmt: skip
