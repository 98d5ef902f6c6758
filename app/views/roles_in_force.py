"""The roles in force as something to fill a form with, and a filled form as arguments of ``metrics_core.read``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import metrics_core as mc
from app import state
from app.datasets import Dataset
from app.flags import around_of_models
from app.views.class_columns import prefix_of
from metrics_core.roles import CONTENTS, Model, Roles

#: Roles of one column each.
PLAIN = ("id", "time", "amount", "split", "group", "weight", "fold", "horizon", "origin")
#: Roles with a column, or a prefix, for each model.
OF_MODELS = ("y_score", "y_pred", "proba_prefix")
#: What is predicted around a number.
AROUND = ("interval", "quantile", "y_std")
#: Of forecasts: what is named and never guessed, or is another thing once the table was read.
_OF_FORECASTS = ("season", "train", "train_value")
_SINGLE = ("y_true", "task", "pos_label", "score_kind", "model_column", "weight_kind")


def in_force(dataset: Dataset, predictions: mc.Predictions | None) -> dict[str, Any]:
    """Return the roles in force, or what was named so far.

    Parameters
    ----------
    dataset : Dataset
    predictions : Predictions, optional
        Absent while the roles do not add up yet.

    Returns
    -------
    dict
        Every role: a column or None, a list of columns, or under ``proba`` a mapping of class to column.
    """
    named = state.roles_of(dataset)
    named = {**named, **{k: v for k, v in (named.get("choose") or {}).items() if named.get(k) is None}}
    wanted: dict[str, Any] = {
        **{role: named.get(role) for role in (*_SINGLE, *PLAIN, *_OF_FORECASTS)},
        **{role: listed(named.get(role)) for role in (*OF_MODELS, *CONTENTS, "series")},
        "proba": dict(named.get("proba") or {}),
        "slices": list(named.get("slices") or ()),
    }
    return wanted if predictions is None else {**wanted, **_found(predictions.roles, wanted)}


def _found(roles: Roles, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was named or guessed."""
    every = {role: [column_of(model, role) for model in roles.models] for role in OF_MODELS}
    found = {role: list(dict.fromkeys(c for c in columns if c)) for role, columns in every.items()}
    if not found["proba_prefix"] and roles.pos_label is not None:  # one class against the rest
        found["proba_prefix"] = wanted["proba_prefix"]
    single = dict(roles.models[0].proba) if len({m.proba for m in roles.models}) == 1 else {}
    return {
        **found,
        "proba": {} if found["proba_prefix"] else single or wanted["proba"],
        "slices": list(roles.slices),
        **{role: list(getattr(roles, role)) for role in (*CONTENTS, "series")},
        **{role: getattr(roles, role) for role in (*_SINGLE, *PLAIN)},
    }


def start_from(key: str, value: Any) -> None:
    """Fill a field that can be emptied before it is drawn first; one drawn with a value of its own cannot be emptied."""
    if key not in state.keys_of(key):
        state.preset(key, value)


def confirmed(dataset: Dataset, predictions: mc.Predictions) -> dict[str, Any]:
    """Return everything that was named and guessed, as ``metrics_core.read`` takes it.

    What the scores are is left to be seen again unless somebody said it: the next file of the name may hold others.
    """
    named = {role: value for role, value in state.roles_of(dataset).items() if value is not None}
    now = in_force(dataset, predictions)
    in_rows = now["model_column"] is not None
    models = {role: now[role] for role in OF_MODELS if not (role == "proba_prefix" and named.get("proba"))}
    guessed = {
        **{role: now[role] for role in (*PLAIN, "y_true", "task", "pos_label", "model_column", "proba")},
        **{role: now[role] for role in (*CONTENTS, "slices", "series")},
        **by_model(models, predictions.roles.models, in_rows=in_rows),
        "weight_kind": now["weight_kind"] if now["weight"] else None,
    }
    around = {role: around_of_models(predictions.roles, role) for role in AROUND}
    roles = {**{role: value for role, value in guessed.items() if value}, **named, **{role: of for role, of in around.items() if of}}  # fmt: skip
    answers = {id: answer for id, answer in (named.get("choose") or {}).items() if not roles.get(id)}
    return {**{role: value for role, value in roles.items() if role != "choose"}, **({"choose": answers} if answers else {})}  # fmt: skip


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
        known = {column_of(model, role): model.name for model in models if model.name not in model.columns or not alone}  # fmt: skip
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


def column_of(model: Model, role: str) -> str | None:
    """Return the model's column of a role, or the prefix of its probabilities.

    The score that is the probability of one class against the rest follows from the probabilities and is none here.
    """
    if role == "proba_prefix":
        return prefix_of(model.proba) or None
    column: str | None = getattr(model, role)
    return None if role == "y_score" and column in dict(model.proba).values() else column


def around_of(named: Mapping[str, Any], y_pred: Any) -> dict[str, Any]:
    """Return the intervals, quantiles and deviations that were named, of the models that are still there.

    Parameters
    ----------
    named : mapping
        Keyword arguments for ``metrics_core.read``.
    y_pred : str or mapping of model name to column
        The models now.

    Examples
    --------
    >>> around_of({"interval": {"a": {"0.9": "l,u"}, "b": {"0.9": "m,v"}}}, {"a": "p"})
    {'interval': {'a': {'0.9': 'l,u'}}}
    """
    models = set(y_pred) if isinstance(y_pred, Mapping) else {y_pred}
    found: dict[str, Any] = {}
    for role in AROUND:
        value = named.get(role)
        if isinstance(value, Mapping):  # a model's own, or a level for every model
            value = {k: v for k, v in value.items() if k in models or not (isinstance(v, Mapping) or role == "y_std")}  # fmt: skip
        if value:
            found[role] = value
    return found


def listed(columns: Any) -> list[str]:
    """Give named columns as a list."""
    if columns is None:
        return []
    if isinstance(columns, str):
        return [columns]
    return list(columns.values()) if isinstance(columns, Mapping) else list(columns)
