"""Roles as a form: what was guessed and why, to be confirmed or changed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.datasets import Dataset
from app.flags import flag_of
from app.views.around_form import Around, around_form, as_roles
from app.views.class_columns import chosen_one_by_one, prefixes_of, shown_by_prefix
from app.views.forecast_form import Forecast, forecast_form, remember
from app.views.roles_in_force import AROUND, OF_MODELS, around_of, by_model, in_force, start_from
from metrics_core.labels import distinct_count, read_labels
from metrics_core.roles import NAMED, OF_NUMBERS, Model, Roles
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
_CONTENTS = (("text", "Texts"), ("image", "Pictures"), ("link", "Links"))
#: Roles without a field of their own; they stay what they are.
_WITHOUT_FIELD = ("fold", "weight_kind")
_KINDS = {
    "probability": "probability, 0 to 1",
    "percent": "percent, 0 to 100",
    "logit": "log-odds",
    "margin": "margin, cut at 0",
    "score": "any number, only the order counts",
}
_CLASS_KINDS = KINDS[:3]
_TASKS = {
    "binary": "two classes, or one against the rest",
    "multiclass": "many classes",
    "regression": "a number",
    "forecasting": "a forecast of series",
}
#: What a reason is written beside.
_REASONS = {
    "y_true": "True label",
    "task": "Task",
    "pos_label": "Positive class",
    "y_score": "Score",
    "y_pred": "Predicted label",
    "proba_prefix": "Probabilities",
    "model_column": "Model",
    "interval": "Intervals",
    "quantile": "Quantiles",
    "y_std": "Standard deviation",
    "series": "Series",
    "horizon": "Steps ahead",
    "origin": "Origin",
    "text": "Texts",
    "image": "Pictures",
    "link": "Links",
}
#: What two of these are called when numbers are predicted.
_OF_A_NUMBER = {"y_true": "True number", "y_pred": "Predicted number"}
#: The fields that stand for flags of the command line.
_FIELDS = {
    **_REASONS,
    **dict(_PLAIN),
    "model_column": "Model of each row",
    "proba_prefix": "Class probabilities",
    "proba": "A column for each class",
    "score_kind": "What the scores are",
    "season": "Season, in steps",
    "train": "History before the forecasts",
    "train_value": "Column of its true values",
}
_MOST_LABELS = 1000


@dataclass(frozen=True)
class _Form:
    """What the fields of a form start from, and how they are called."""

    source: Source
    now: Mapping[str, Any]
    reasons: Mapping[str, str]
    models: tuple[Model, ...]
    key: str
    roles: Roles | None

    def column(self, role: str, label: str, *, fixed: bool = False) -> str | None:
        """Choose a column or none."""
        key, now = f"{self.key}.{role}", self.now.get(role)
        start_from(key, now if now in self.source.names else None)
        return st.selectbox(
            label,
            self.source.names,
            index=None,
            key=key,
            placeholder="none",
            help=self.why(role),
            disabled=fixed,
        )

    def columns(self, role: str, label: str) -> list[str]:
        """Choose columns."""
        return st.multiselect(
            label,
            self.source.names,
            default=[c for c in self.now[role] if c in self.source.names],
            key=f"{self.key}.{role}",
            placeholder="none",
            help=self.why(role),
        )

    def why(self, role: str) -> str | None:
        """Say why a column was taken, when nobody named it."""
        reason = self.reasons.get(role)
        return f"Guessed: {numbers.plain(reason)}" if reason and reason != NAMED else None


def role_form(dataset: Dataset, source: Source, predictions: mc.Predictions | None) -> None:
    """Show each role with its column and the reason for it.

    Parameters
    ----------
    dataset : Dataset
    source : Source
    predictions : Predictions, optional
        Absent while the roles do not add up yet; the form then starts from what was named.
    """
    reasons = predictions.reasons if predictions else {}
    models = predictions.roles.models if predictions else ()
    key = f"roles.{dataset.name}.{source.key}.{state.chosen(_round(dataset), 0)}"
    roles = predictions.roles if predictions else None
    form = _Form(source, in_force(dataset, predictions), reasons, models, key, roles)
    with st.container(border=True):
        st.subheader("What each column is", anchor=False)
        asked, labels = _truth_and_task(form)
        numeric = asked["task"] in OF_NUMBERS
        many = not numeric and (asked["task"] == "multiclass" or len(labels) > 2)
        prefixes = _prefixes(form, labels) if many else []
        with st.form(key, enter_to_submit=False, border=False):
            if asked["task"] == "binary":
                asked["pos_label"] = _positive(form, asked["y_true"], labels)
            if many and not prefixes and labels:
                with st.expander("A column for each class", expanded=bool(form.now["proba"])):
                    now = form.now["proba"]
                    asked["proba"] = chosen_one_by_one(source, labels, now, f"{key}.proba.{asked['y_true']}")
            of_models = {**_scores_and_decisions(form, many, numeric), "proba_prefix": prefixes}
            around, forecast = _of_numbers(dataset, form, asked["task"]) if numeric else (None, None)
            with st.container(horizontal=True):
                kind, kinds = (None, {}) if numeric else _score_kinds(form, many)
                asked["model_column"] = form.column("model_column", "Model of each row", fixed=bool(dataset.models))  # fmt: skip
            for row in (_PLAIN[:3], _PLAIN[3:]):
                for place, (role, label) in zip(st.columns(3), row, strict=True):
                    with place:
                        asked[role] = form.column(role, label)
            for place, (role, label) in zip(st.columns(3), _CONTENTS, strict=True):
                with place:
                    asked[role] = form.columns(role, label)
            asked["slices"] = form.columns("slices", "Columns to break numbers down by")
            with st.container(horizontal=True):
                sent = st.form_submit_button("Apply", type="primary", icon=":material/check:")
                reset = st.form_submit_button("Guess again", icon=":material/restart_alt:")
        _say_why(reasons, numeric)
    if reset:
        state.forget_roles(dataset)
        start_again(dataset)
    lacking = around.missing if sent and around is not None else []
    if sent and many and asked["task"] == "binary" and asked["pos_label"] is None:
        lacking = ["Choose the positive class: the one to take against the rest."]
    for sentence in lacking:
        st.error(sentence, icon=":material/error:")
    if sent and not lacking:
        scored = of_models["y_score"] or prefixes or asked.get("proba")
        asked["score_kind"] = kind if scored else None
        asked |= {role: form.now[role] for role in _WITHOUT_FIELD if role != "weight_kind" or asked["weight"]}
        asked |= by_model(of_models, models, in_rows=asked["model_column"] is not None)
        if forecast is not None:
            asked |= forecast.roles
            remember(dataset, forecast)
        if around is not None and roles is not None:
            asked |= as_roles(around, roles, state.roles_of(dataset), of_models["y_pred"])
        elif numeric:  # there were no fields yet: what was named stays with the models that are still there
            asked |= around_of(state.roles_of(dataset), asked["y_pred"])
        _confirm(dataset, form, asked, kinds if scored else {})
        start_again(dataset)


def _of_numbers(dataset: Dataset, form: _Form, task: str) -> tuple[Around | None, Forecast | None]:
    """Show what is asked of predicted numbers alone, as far as the models are known."""
    around = None
    if form.roles is not None and form.roles.of_numbers:
        around = around_form(form.source, form.roles, f"{form.key}.around")
    if task != "forecasting":
        return around, None
    return around, forecast_form(dataset, form.source, form.now, form.roles, form.key, form.why)


def _truth_and_task(form: _Form) -> tuple[dict[str, Any], list[str]]:
    """Choose the true labels and the task; both change what is asked below, so they stand before the form."""
    with st.container(horizontal=True):
        numeric = form.now["task"] in OF_NUMBERS
        y_true = form.column("y_true", _OF_A_NUMBER["y_true"] if numeric else "True label")
        labels = _labels_of(form.source, y_true)
        usual = "multiclass" if len(labels) > 2 else "binary" if labels or y_true is None else "regression"
        now = form.now["task"] if y_true == form.now["y_true"] else None
        task = st.selectbox(
            "Task",
            _TASKS,
            index=_place(list(_TASKS), now or usual),
            key=f"{form.key}.task.{y_true}",
            format_func=_TASKS.__getitem__,
            help=form.why("task"),
        )
    return {"y_true": y_true, "task": task, "pos_label": None}, labels


def _prefixes(form: _Form, labels: Sequence[str]) -> list[str]:
    """Choose what the columns of class probabilities start with, and show which these are."""
    now = form.now["proba_prefix"]
    prefixes = st.multiselect(
        "Class probabilities: what the names of their columns start with",
        list(dict.fromkeys([*now, *prefixes_of(form.source, labels)])),
        default=now,
        key=f"{form.key}.proba_prefix",
        accept_new_options=True,
        format_func=str,
        placeholder="none: choose a column for each class",
        help=form.why("proba_prefix"),
    )
    if prefixes:
        shown_by_prefix(form.source, labels, prefixes)
    return prefixes


def _positive(form: _Form, y_true: str | None, labels: Sequence[str]) -> str | None:
    """Choose the positive class."""
    key, now = f"{form.key}.pos_label.{y_true}", form.now["pos_label"]
    start_from(key, str(now) if now is not None and str(now) in labels else None)
    return st.selectbox(
        "Positive class", labels, index=None, key=key, placeholder="ask me", help=form.why("pos_label")
    )


def _scores_and_decisions(form: _Form, many: bool, numeric: bool) -> dict[str, list[str]]:
    """Choose the columns of the models; of many classes a single score is kept where there is one, numbers have none."""
    if numeric:
        return {"y_score": [], "y_pred": form.columns("y_pred", "Predicted number (one for each model)")}
    with st.container(horizontal=True):
        scored = not many or form.now["y_score"]
        scores = form.columns("y_score", "Score (one for each model)") if scored else []
        return {"y_score": scores, "y_pred": form.columns("y_pred", "Predicted label (one for each model)")}


def _score_kinds(form: _Form, many: bool) -> tuple[str | None, dict[str, str]]:
    """Choose what the scores are: of all models together, or of each where they differ."""
    kinds = list(_CLASS_KINDS if many else KINDS)
    what = "probabilities" if many else "scores"
    now = {model.name: model.score_kind for model in form.models if model.score_kind}
    together = len(set(now.values())) < 2

    def choose(label: str, kind: str | None, key: str) -> str:
        return st.selectbox(
            label,
            kinds,
            index=_place(kinds, kind) or 0,
            key=f"{form.key}.{key}.{many}",
            format_func=_KINDS.__getitem__,
        )

    if together:
        return choose(f"What the {what} are", form.now["score_kind"], "score_kind"), {}
    return None, {
        name: choose(f"What the {what} of {numbers.plain(name)} are", kind, f"score_kind.{name}")
        for name, kind in now.items()
    }


def start_again(dataset: Dataset) -> NoReturn:
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


def _confirm(dataset: Dataset, form: _Form, asked: Mapping[str, Any], kinds: Mapping[str, str]) -> None:
    """Keep what the form says; an answer that the form repeats is the form's now."""
    named = state.roles_of(dataset)
    kept = {role: value for role, value in asked.items() if value not in (None, [], (), {})}
    for role, _ in _CONTENTS:
        if not asked[role] and (form.now[role] or role in named):
            kept[role] = []  # taken away: not to be guessed again
    kept |= {role: asked[role] for role in AROUND if asked.get(role) == {}}  # so are these
    models = {name for role in OF_MODELS for name in _names_of(asked.get(role))}
    answers = {
        id: answer
        for id, answer in (named.get("choose") or {}).items()
        if id not in asked and (asked["model_column"] or _is_of(id, models))
    }
    answers |= {
        f"score_kind:{name}": kind for name, kind in kinds.items() if asked["model_column"] or name in models
    }
    # what it came with and is not in the form any more was taken away
    came_with = {role: None for role in dataset.roles if role not in kept}
    state.confirm_roles(dataset, came_with | kept | ({"choose": answers} if answers else {}))


def _names_of(columns: object) -> list[str]:
    """Name the models of a role: the names given, or that of the only column."""
    return list(columns) if isinstance(columns, Mapping) else [columns] if isinstance(columns, str) else []


def _is_of(id: str, models: Collection[str]) -> bool:
    """Tell whether a question is about one of the models, or about none in particular."""
    name = id.removeprefix("score_kind:")
    return name == id or name in models


def _say_why(reasons: Mapping[str, str], numeric: bool) -> None:
    """Say why a column was taken, for what nobody named."""
    told = [(_OF_A_NUMBER.get(role, name) if numeric else name, reasons[role]) for role, name in _REASONS.items() if reasons.get(role, NAMED) != NAMED]  # fmt: skip
    if told:
        st.caption("Guessed, each for its reason:  \n" + "  \n".join(f"{name}: {numbers.plain(reason)}" for name, reason in told))  # fmt: skip


def in_fields(text: str) -> str:
    """Write an error with the names of the form's fields where it has flags of the command line.

    Examples
    --------
    >>> in_fields("Name it with --y-true, or say --task multiclass if these are classes; see --pos-labels.")
    "Choose it in the field 'True label', or say 'many classes' in the field 'Task' if these are classes; see --pos-labels."
    """
    text = re.sub(
        rf"--task ({'|'.join(_TASKS)})\b", lambda found: f"{_TASKS[found[1]]!r} in the field 'Task'", text
    )
    flags = {flag_of(role): name for role, name in _FIELDS.items()}
    text = re.sub(r"\bName (it|them|the columns?) with (?=--)", r"Choose \1 in ", text)
    return re.sub(
        rf"({'|'.join(map(re.escape, flags))})(?![\w-])", lambda found: f"the field {flags[found[1]]!r}", text
    )


def _place(options: Sequence[str], value: object) -> int | None:
    """Find an option; None when there is no such one."""
    return options.index(str(value)) if value is not None and str(value) in options else None


def _labels_of(source: Source, y_true: str | None) -> list[str]:
    """List the labels of a column, when it can be one."""
    if (
        y_true is None
        or source.kind(y_true) == "other"
        or distinct_count(source.column(y_true)) > _MOST_LABELS
    ):
        return []
    return list(read_labels(source.column(y_true)).names)
