"""What each column of a table is used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: The reason of a role that was not guessed.
NAMED = "named by you"


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model's columns: a score, a decision, or both; with many classes a probability of each.

    Attributes
    ----------
    name : str
    y_score, y_pred : str, optional
    proba : tuple of (label, column)
        Empty without probabilities of the classes.
    value : str, optional
        What stands in the model column in the rows of this model; None when it owns all rows.
    """

    name: str
    y_score: str | None = None
    y_pred: str | None = None
    proba: tuple[tuple[str, str], ...] = ()
    value: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the model."""
        return tuple(c for c in (self.y_score, self.y_pred, *(column for _, column in self.proba)) if c)


@dataclass(frozen=True, kw_only=True)
class Roles:
    """What each column of the table is used for.

    Attributes
    ----------
    y_true : str
    models : tuple of Model
    pos_label : str, optional
        Known once the labels were read.
    score_kind : str
        ``probability``, ``percent``, ``logit``, ``margin`` or ``score`` (any number: only its order counts).
    weight_kind : str
        ``sampling`` or ``frequency`` (the row stands for that many).
    model_column : str, optional
        Says which model each row belongs to, in a table of several models one below the other.
    id, weight, group, split, fold, time, amount : str, optional
    slices : tuple of str
        Columns offered to break the numbers down by.
    """

    y_true: str
    models: tuple[Model, ...]
    task: str = "binary"
    pos_label: str | None = None
    score_kind: str = "probability"
    model_column: str | None = None
    id: str | None = None
    weight: str | None = None
    weight_kind: str = "sampling"
    group: str | None = None
    split: str | None = None
    fold: str | None = None
    time: str | None = None
    amount: str | None = None
    slices: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the roles that are filled, as they stand in the JSON contract."""
        out: dict[str, Any] = {"y_true": self.y_true}
        for role in ("y_score", "y_pred"):
            columns = {m.name: getattr(m, role) for m in self.models if getattr(m, role)}
            if columns:
                out[role] = next(iter(columns.values())) if len(set(columns.values())) == 1 else columns
        proba = {m.name: dict(m.proba) for m in self.models if m.proba}
        if proba:
            first, *others = proba.values()
            out["proba"] = first if all(other == first for other in others) else proba
        for role in ("model_column", "id", "weight", "group", "split", "fold", "time", "amount"):
            if getattr(self, role):
                out[role] = getattr(self, role)
        if self.weight:
            out["weight_kind"] = self.weight_kind
        return out | {"score_kind": self.score_kind, "slices": list(self.slices)}


@dataclass(frozen=True, kw_only=True)
class Named:
    """The roles somebody named; the rest is guessed.

    ``y_score`` and ``y_pred`` map a model's name to its column, ``proba_prefix`` to the prefix of its probabilities;
    ``proba`` maps each class to its column, for a single model.
    """

    task: str | None = None
    y_true: str | None = None
    y_score: Mapping[str, str] = field(default_factory=dict)
    y_pred: Mapping[str, str] = field(default_factory=dict)
    proba: Mapping[str, str] = field(default_factory=dict)
    proba_prefix: Mapping[str, str] = field(default_factory=dict)
    model_column: str | None = None
    others: Mapping[str, str] = field(default_factory=dict)
    slices: tuple[str, ...] = ()
