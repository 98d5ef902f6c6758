"""Roles as a form: what was guessed and why, to be confirmed or changed; and questions that need an answer."""

from __future__ import annotations

from typing import Any

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.datasets import Dataset
from metrics_core.labels import distinct_count, read_labels
from metrics_core.roles import NAMED
from metrics_core.scores import KINDS
from metrics_core.source import Source

_PLAIN = (
    ("id", "Row id"),
    ("time", "Time"),
    ("amount", "Amount"),
    ("split", "Split"),
    ("group", "Group"),
    ("weight", "Weight"),
)
_KINDS = {
    "probability": "probability, 0 to 1",
    "percent": "percent, 0 to 100",
    "logit": "log-odds",
    "margin": "margin, cut at 0",
    "score": "any number, only the order counts",
}
_MOST_LABELS = 50


def question_form(dataset: Dataset, question: mc.NeedsChoice) -> None:
    """Ask what cannot be guessed; the answer is kept with the roles."""
    with st.form(f"question.{dataset.name}.{question.id}"):
        st.subheader("One question before any number is shown", anchor=False)
        st.markdown(numbers.plain(question.question))
        notes = {o.value: o.note for o in question.options}
        answer = st.radio("Answer", list(notes), index=None, key=f"question.answer.{question.id}", label_visibility="collapsed",
                          format_func=numbers.plain, captions=[numbers.plain(note) for note in notes.values()])  # fmt: skip
        if st.form_submit_button("Use this answer", type="primary"):
            if answer is None:
                st.caption("Choose one of the answers first.")
                return
            roles = state.roles_of(dataset)
            state.confirm_roles(
                dataset, {**roles, "choose": {**(roles.get("choose") or {}), question.id: answer}}
            )
            st.rerun()


def role_form(dataset: Dataset, source: Source, predictions: mc.Predictions | None) -> None:
    """Show each role with its column and the reason for it.

    Parameters
    ----------
    dataset : Dataset
    source : Source
    predictions : Predictions, optional
        Absent while the roles do not add up yet; the form then starts from what was named.
    """
    now = _now(dataset, predictions)
    reasons = predictions.reasons if predictions else {}
    names = list(source.names)
    prefix = f"roles.{dataset.name}.{source.key}"
    with st.form(prefix, enter_to_submit=False):
        st.subheader("What each column is", anchor=False)
        top = st.columns(2)
        with top[0]:
            y_true = _column(
                "True label", names, now.get("y_true"), f"{prefix}.y_true", reasons.get("y_true")
            )
            labels = _labels_of(source, y_true)
            pos_label = st.selectbox("Positive class", labels, index=_place(labels, now.get("pos_label")), key=f"{prefix}.pos_label.{y_true}",
                                     placeholder="ask me", help=_why(reasons.get("pos_label")))  # fmt: skip
        with top[1]:
            y_score = st.multiselect("Score (one for each model)", names, default=[c for c in now["y_score"] if c in names],
                                     key=f"{prefix}.y_score", help=_why(reasons.get("y_score")))  # fmt: skip
            y_pred = st.multiselect("Predicted label (one for each model)", names, default=[c for c in now["y_pred"] if c in names],
                                    key=f"{prefix}.y_pred", help=_why(reasons.get("y_pred")))  # fmt: skip
        kind = st.selectbox("What the scores are", KINDS, index=_place(list(KINDS), now.get("score_kind") or "probability"),
                            key=f"{prefix}.kind", format_func=_KINDS.__getitem__)  # fmt: skip
        others: dict[str, Any] = {}
        for row in (_PLAIN[:3], _PLAIN[3:]):
            for place, (role, label) in zip(st.columns(3), row, strict=True):
                with place:
                    others[role] = _column(label, names, now.get(role), f"{prefix}.{role}", reasons.get(role))
        slices = st.multiselect(
            "Columns to break numbers down by",
            names,
            default=[c for c in now["slices"] if c in names],
            key=f"{prefix}.slices",
        )
        with st.container(horizontal=True):
            sent = st.form_submit_button("Apply", type="primary", icon=":material/check:")
            reset = st.form_submit_button("Guess again", icon=":material/restart_alt:")
    for role, reason in reasons.items():
        if role in ("y_true", "y_score", "y_pred") and reason != NAMED:
            st.caption(f"{numbers.plain(role)}: {numbers.plain(reason)}")
    if reset:
        state.forget_roles(dataset)
        for name in state.keys_of(prefix):
            state.drop(name)
        st.rerun()
    if sent:
        chosen = {"y_true": y_true, "pos_label": pos_label, "slices": tuple(slices), **others}
        asked = {
            **chosen,
            "y_score": list(y_score),
            "y_pred": list(y_pred),
            "score_kind": kind if y_score else None,
        }
        kept = {k: v for k, v in asked.items() if v not in (None, [], ())}
        answers = {k: v for k, v in (state.roles_of(dataset).get("choose") or {}).items() if k not in asked}
        state.confirm_roles(dataset, kept | ({"choose": answers} if answers else {}))
        st.rerun()


def _now(dataset: Dataset, predictions: mc.Predictions | None) -> dict[str, Any]:
    """Return the roles in force, or what was named so far."""
    if predictions is None:
        named = state.roles_of(dataset)
        return {**named, "y_score": _listed(named.get("y_score")), "y_pred": _listed(named.get("y_pred")), "slices": list(named.get("slices") or ())}  # fmt: skip
    roles = predictions.roles
    return {
        "y_true": roles.y_true,
        "y_score": [m.y_score for m in roles.models if m.y_score],
        "y_pred": [m.y_pred for m in roles.models if m.y_pred],
        "pos_label": roles.pos_label,
        "score_kind": roles.score_kind,
        "slices": list(roles.slices),
        **{role: getattr(roles, role) for role, _ in _PLAIN},
    }


def _column(label: str, names: list[str], value: str | None, key: str, reason: str | None) -> str | None:
    """Choose a column or none."""
    return st.selectbox(
        label, names, index=_place(names, value), key=key, placeholder="none", help=_why(reason)
    )


def _place(options: list[str], value: object) -> int | None:
    """Find an option; None when there is no such one."""
    return options.index(str(value)) if value is not None and str(value) in options else None


def _why(reason: str | None) -> str | None:
    """Say why a column was taken."""
    return f"Guessed: {numbers.plain(reason)}" if reason and reason != NAMED else None


def _listed(columns: Any) -> list[str]:
    """Give named columns as a list."""
    if columns is None:
        return []
    return (
        [columns]
        if isinstance(columns, str)
        else list(columns.values())
        if hasattr(columns, "values")
        else list(columns)
    )


def _labels_of(source: Source, y_true: str | None) -> list[str]:
    """List the labels of a column, when it can be one."""
    if (
        y_true is None
        or source.kind(y_true) == "other"
        or distinct_count(source.column(y_true)) > _MOST_LABELS
    ):
        return []
    return list(read_labels(source.column(y_true)).names)
