"""Roles as a form: what was guessed and why, to be confirmed or changed; and questions that need an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.datasets import Dataset
from app.views.class_columns import chosen_one_by_one, prefix_of, prefixes_of, shown_by_prefix
from metrics_core.labels import distinct_count, read_labels
from metrics_core.roles import NAMED, Model
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
_CLASS_KINDS = KINDS[:3]
_TASKS = {"binary": "two classes, or one against the rest", "multiclass": "many classes"}
#: What a reason is written beside.
_REASONS = {
    "y_true": "True label",
    "task": "Task",
    "pos_label": "Positive class",
    "y_score": "Score",
    "y_pred": "Predicted label",
    "proba_prefix": "Probabilities",
    "model_column": "Model",
}
_MOST_LABELS = 1000


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
            _start_again(dataset)


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
    prefix = f"roles.{dataset.name}.{source.key}.{state.chosen(_round(dataset), 0)}"
    with st.container(border=True):
        st.subheader("What each column is", anchor=False)
        with st.container(horizontal=True):
            y_true = _column("True label", names, now["y_true"], f"{prefix}.y_true", reasons.get("y_true"))
            labels = _labels_of(source, y_true)
            usual = "multiclass" if len(labels) > 2 else "binary"
            task = st.selectbox("Task", _TASKS, index=_place(list(_TASKS), now["task"] if y_true == now["y_true"] and now["task"] else usual),
                                key=f"{prefix}.task.{y_true}", format_func=_TASKS.__getitem__, help=_why(reasons.get("task")))  # fmt: skip
        many = task == "multiclass" or len(labels) > 2
        prefixes: list[str] = []
        if many:
            found = list(dict.fromkeys([*now["proba_prefix"], *prefixes_of(source, labels)]))
            prefixes = st.multiselect("Class probabilities: what the names of their columns start with", found, default=now["proba_prefix"],
                                      key=f"{prefix}.proba_prefix", accept_new_options=True, format_func=str, placeholder="none: choose a column for each class",
                                      help=_why(reasons.get("proba_prefix")))  # fmt: skip
            if prefixes:
                shown_by_prefix(source, labels, prefixes)
        with st.form(prefix, enter_to_submit=False, border=False):
            asked: dict[str, Any] = {"y_true": y_true, "task": task, "pos_label": None}
            if task == "binary":
                asked["pos_label"] = st.selectbox("Positive class", labels, index=_place(labels, now["pos_label"]), key=f"{prefix}.pos_label.{y_true}",
                                                  placeholder="ask me", help=_why(reasons.get("pos_label")))  # fmt: skip
            if many and not prefixes and labels:
                with st.expander("A column for each class", expanded=bool(now["proba"])):
                    asked["proba"] = chosen_one_by_one(
                        source, labels, now["proba"], f"{prefix}.proba.{y_true}"
                    )
            scores: list[str] = []
            with st.container(horizontal=True):
                if not many:
                    scores = st.multiselect("Score (one for each model)", names, default=[c for c in now["y_score"] if c in names],
                                            key=f"{prefix}.y_score", help=_why(reasons.get("y_score")))  # fmt: skip
                decisions = st.multiselect("Predicted label (one for each model)", names, default=[c for c in now["y_pred"] if c in names],
                                           key=f"{prefix}.y_pred", help=_why(reasons.get("y_pred")))  # fmt: skip
            kinds = list(_CLASS_KINDS if many else KINDS)
            with st.container(horizontal=True):
                kind = st.selectbox("What the probabilities are" if many else "What the scores are", kinds, index=_place(kinds, now["score_kind"]) or 0,
                                    key=f"{prefix}.score_kind.{many}", format_func=_KINDS.__getitem__)  # fmt: skip
                model_column = _column("Model of each row", names, now["model_column"], f"{prefix}.model_column", reasons.get("model_column"), fixed=bool(dataset.models))  # fmt: skip
            for row in (_PLAIN[:3], _PLAIN[3:]):
                for place, (role, label) in zip(st.columns(3), row, strict=True):
                    with place:
                        asked[role] = _column(
                            label, names, now.get(role), f"{prefix}.{role}", reasons.get(role)
                        )
            asked["slices"] = tuple(
                st.multiselect(
                    "Columns to break numbers down by",
                    names,
                    default=[c for c in now["slices"] if c in names],
                    key=f"{prefix}.slices",
                )
            )
            with st.container(horizontal=True):
                sent = st.form_submit_button("Apply", type="primary", icon=":material/check:")
                reset = st.form_submit_button("Guess again", icon=":material/restart_alt:")
        _say_why(reasons)
    if reset:
        state.forget_roles(dataset)
        _start_again(dataset)
    if sent and many and task == "binary" and asked["pos_label"] is None:
        st.error("Choose the positive class: the one to take against the rest.", icon=":material/error:")
    elif sent:
        named = {"y_score": scores, "y_pred": decisions, "proba_prefix": prefixes}
        scored = scores or prefixes or asked.get("proba")
        asked |= {"score_kind": kind if scored else None, "model_column": model_column}
        asked |= by_model(named, predictions.roles.models if predictions else (), in_rows=model_column is not None)  # fmt: skip
        _confirm(dataset, asked)
        _start_again(dataset)


def _start_again(dataset: Dataset) -> NoReturn:
    """Draw the form anew, from the roles now in force; what was applied is among them even when they do not add up."""
    for key in state.keys_of(f"roles.{dataset.name}."):
        state.drop(key)
    state.preset(
        _round(dataset), state.chosen(_round(dataset), 0) + 1
    )  # the browser would keep a widget it knows
    st.rerun()


def _round(dataset: Dataset) -> str:
    """Where it is kept how often the form was drawn anew."""
    return f"round of roles.{dataset.name}"


def by_model(
    chosen: Mapping[str, Sequence[str]], models: Sequence[Model], *, in_rows: bool
) -> dict[str, Any]:
    """Give the columns of each role to the models they had, or to new ones called like the column.

    Parameters
    ----------
    chosen : mapping of role to columns
        ``y_score``, ``y_pred`` and ``proba_prefix``.
    models : sequence of Model
        The models so far; a column they know keeps its model.
    in_rows : bool
        A column tells the models apart, so none is named here.

    Returns
    -------
    dict
        For each role a column, a mapping of model name to column, or None.

    Examples
    --------
    >>> forest = Model(name="forest", y_score="p")
    >>> by_model({"y_score": ["p", "q"], "y_pred": []}, [forest], in_rows=False)
    {'y_score': {'forest': 'p', 'q': 'q'}, 'y_pred': None}
    """
    alone = all(len(columns) <= 1 for columns in chosen.values())
    named: dict[str, Any] = {}
    for role, columns in chosen.items():
        known = {_column_of(model, role): model.name for model in models if model.name not in model.columns or not alone}  # fmt: skip
        # a new column goes with the decision in the same place when each decision has one
        beside = chosen["y_pred"] if len(chosen["y_pred"]) == len(columns) else columns
        names = [known.get(column) or (name if not alone else None) for column, name in zip(columns, beside, strict=True)]  # fmt: skip
        pairs = {name: column for name, column in zip(names, columns, strict=True) if name}
        if not columns:
            named[role] = None
        elif in_rows or not pairs:
            named[role] = columns[0] if len(columns) == 1 else {column: column for column in columns}
        else:
            named[role] = pairs
    return named


def _column_of(model: Model, role: str) -> str | None:
    """Return the model's column of a role, or the prefix of its probabilities."""
    if role == "proba_prefix":
        return prefix_of(model.proba) or None
    column: str | None = getattr(model, role)
    return column


def _confirm(dataset: Dataset, asked: Mapping[str, Any]) -> None:
    """Keep what the form says; an answer that the form repeats is the form's now."""
    kept = {k: v for k, v in asked.items() if v not in (None, [], (), {})}
    answers = {k: v for k, v in (state.roles_of(dataset).get("choose") or {}).items() if k not in asked}
    came_with = {
        k: None for k in dataset.roles if k not in kept
    }  # taken away here, whatever the file came with
    state.confirm_roles(dataset, came_with | kept | ({"choose": answers} if answers else {}))


def _say_why(reasons: Mapping[str, str]) -> None:
    """Say why a column was taken, for what nobody named."""
    for role, name in _REASONS.items():
        if role in reasons and reasons[role] != NAMED:
            st.caption(f"{name}: {numbers.plain(reasons[role])}")


def _now(dataset: Dataset, predictions: mc.Predictions | None) -> dict[str, Any]:
    """Return the roles in force, or what was named so far."""
    named = state.roles_of(dataset)
    named = {**named, **{k: v for k, v in (named.get("choose") or {}).items() if named.get(k) is None}}
    wanted: dict[str, Any] = {
        **{role: named.get(role) for role in ("y_true", "task", "pos_label", "score_kind", "model_column")},
        **{role: named.get(role) for role, _ in _PLAIN},
        **{role: _listed(named.get(role)) for role in ("y_score", "y_pred", "proba_prefix")},
        "proba": dict(named.get("proba") or {}),
        "slices": list(named.get("slices") or ()),
    }
    if predictions is None:
        return wanted
    roles = predictions.roles
    every = {
        role: [_column_of(m, role) for m in roles.models] for role in ("y_score", "y_pred", "proba_prefix")
    }
    found = {role: list(dict.fromkeys(c for c in columns if c)) for role, columns in every.items()}
    if not found["proba_prefix"] and roles.pos_label is not None:  # one class against the rest
        found["proba_prefix"] = wanted["proba_prefix"]
    single = dict(roles.models[0].proba) if len({m.proba for m in roles.models}) == 1 else {}
    return {
        **wanted,
        **found,
        "proba": {} if found["proba_prefix"] else single or wanted["proba"],
        "slices": list(roles.slices),
        **{
            role: getattr(roles, role)
            for role in ("y_true", "task", "pos_label", "score_kind", "model_column")
        },
        **{role: getattr(roles, role) for role, _ in _PLAIN},
    }


def _column(
    label: str, names: list[str], value: str | None, key: str, reason: str | None, *, fixed: bool = False
) -> str | None:
    """Choose a column or none."""
    return st.selectbox(
        label,
        names,
        index=_place(names, value),
        key=key,
        placeholder="none",
        help=_why(reason),
        disabled=fixed,
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
    if isinstance(columns, str):
        return [columns]
    return list(columns.values()) if isinstance(columns, Mapping) else list(columns)


def _labels_of(source: Source, y_true: str | None) -> list[str]:
    """List the labels of a column, when it can be one."""
    if (
        y_true is None
        or source.kind(y_true) == "other"
        or distinct_count(source.column(y_true)) > _MOST_LABELS
    ):
        return []
    return list(read_labels(source.column(y_true)).names)
