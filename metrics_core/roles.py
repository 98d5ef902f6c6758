"""What each column of a table is used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: The reason of a role that was not guessed.
NAMED = "named by you"
#: What other columns may hold for a reader: free text, pictures, addresses on the web.
CONTENTS = ("text", "image", "link")
#: The tasks whose truth is a number.
OF_NUMBERS = ("regression", "forecasting")


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model's columns: a score, a decision, or both; with many classes a probability of each.

    A predicted number stands in ``y_pred``, and what was predicted around it in ``interval``, ``quantile``, ``y_std``.

    Attributes
    ----------
    name : str
    y_score, y_pred : str, optional
    proba : tuple of (label, column)
        Empty without probabilities of the classes.
    y_std : str, optional
        Column of the predicted standard deviation.
    interval : tuple of (level, column of the lower end, column of the upper end)
        Predicted intervals, by ascending level.
    quantile : tuple of (share, column)
        Predicted quantiles, by ascending share.
    value : str, optional
        What stands in the model column in the rows of this model; None when it owns all rows.
    score_kind : str
        What its scores are, as in ``Roles``; empty before they were read, and without scores.
    """

    name: str
    y_score: str | None = None
    y_pred: str | None = None
    proba: tuple[tuple[str, str], ...] = ()
    value: str | None = None
    score_kind: str = ""
    y_std: str | None = None
    interval: tuple[tuple[float, str, str], ...] = ()
    quantile: tuple[tuple[float, str], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the model."""
        around = (
            self.y_std,
            *(c for _, *ends in self.interval for c in ends),
            *(c for _, c in self.quantile),
        )
        known = (self.y_score, self.y_pred, *(column for _, column in self.proba), *around)
        return tuple(dict.fromkeys(c for c in known if c))


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
        ``probability``, ``percent``, ``logit``, ``margin`` or ``score`` (any number: only its order counts). Where
        models differ, that of the first about which nobody was asked alone; ``Model.score_kind`` has each.
    weight_kind : str
        ``sampling`` or ``frequency`` (the row stands for that many).
    model_column : str, optional
        Says which model each row belongs to, in a table of several models one below the other.
    id, weight, group, split, fold, time, amount : str, optional
    slices : tuple of str
        Columns offered to break the numbers down by.
    text, image, link : tuple of str
        Columns of free text, of pictures (in the cells, or paths to them) and of addresses on the web.
    quantile_level : str, optional
        Column of the table as it came that said which quantile a row was.
    series : tuple of str
        Columns that together name the series of a forecast; empty when all rows are one series.
    horizon, origin : str, optional
        How many steps ahead a forecast looks; the moment it was made at.
    season : int, optional
        Steps after which a series is expected to repeat itself; known once the moments were read.
    train : str, optional
        What the history before the forecasts was read from, when it is not the table itself.
    train_value : str, optional
        Column of the true values in it.
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
    text: tuple[str, ...] = ()
    image: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    quantile_level: str | None = None
    series: tuple[str, ...] = ()
    horizon: str | None = None
    origin: str | None = None
    season: int | None = None
    train: str | None = None
    train_value: str | None = None

    @property
    def of_numbers(self) -> bool:
        """Whether the truth is a number."""
        return self.task in OF_NUMBERS

    @property
    def row_id(self) -> tuple[str, ...]:
        """The columns that together name a row: the id, or of forecasts series, moment and origin; empty when there are none."""
        if self.id is not None or self.task != "forecasting" or self.time is None:
            return () if self.id is None else (self.id,)
        return (*self.series, self.time, *((self.origin,) if self.origin else ()))

    def to_dict(self) -> dict[str, Any]:
        """Return the roles that are filled, as they stand in the JSON contract."""
        out: dict[str, Any] = {"y_true": self.y_true}
        for role in ("y_score", "y_pred", "y_std"):
            columns = {m.name: getattr(m, role) for m in self.models if getattr(m, role)}
            if columns:
                out[role] = next(iter(columns.values())) if len(set(columns.values())) == 1 else columns
        proba = {m.name: dict(m.proba) for m in self.models if m.proba}
        if proba:
            first, *others = proba.values()
            out["proba"] = first if all(other == first for other in others) else proba
        for role in ("interval", "quantile"):
            around = {m.name: _around(getattr(m, role)) for m in self.models if getattr(m, role)}
            if around:
                first, *others = around.values()
                out[role] = first if all(other == first for other in others) else around
        if self.series:
            out["series"] = list(self.series)
        for role in ("quantile_level", "horizon", "origin", "season", "train", "train_value", "model_column", "id", "weight", "group", "split", "fold", "time", "amount"):  # fmt: skip
            if getattr(self, role):
                out[role] = getattr(self, role)
        if self.weight:
            out["weight_kind"] = self.weight_kind
        out |= {role: list(getattr(self, role)) for role in CONTENTS if getattr(self, role)}
        kinds = {} if self.of_numbers else {"score_kind": self._kinds()}
        return out | kinds | {"slices": list(self.slices)}

    def _kinds(self) -> str | dict[str, str]:
        """Return what the scores are, by model where models differ."""
        kinds = {m.name: m.score_kind for m in self.models if m.score_kind}
        return self.score_kind if len(set(kinds.values())) < 2 else kinds


def _around(columns: tuple[tuple[Any, ...], ...]) -> dict[str, Any]:
    """Write predicted intervals or quantiles: the level, and one column or the two ends."""
    return {f"{level:g}": ends[0] if len(ends) == 1 else list(ends) for level, *ends in columns}


@dataclass(frozen=True, kw_only=True)
class Named:
    """The roles somebody named; the rest is guessed.

    ``y_score`` and ``y_pred`` map a model's name to its column, ``proba_prefix`` to the prefix of its probabilities;
    ``proba`` maps each class to its column, for a single model. ``contents`` holds what was named of ``CONTENTS``,
    also when that is no column. ``y_std``, ``interval`` and ``quantile`` map a model's name, empty for every model, to
    what was predicted around the number. ``others`` holds the plain roles, ``horizon`` and ``origin`` among them. ``train`` are the columns of
    a history apart, if there is one.
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
    contents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    y_std: Mapping[str, str] = field(default_factory=dict)
    interval: Mapping[str, tuple[tuple[float, str, str], ...]] = field(default_factory=dict)
    quantile: Mapping[str, tuple[tuple[float, str], ...]] = field(default_factory=dict)
    series: tuple[str, ...] = ()
    season: int | None = None
    train: tuple[str, ...] | None = None

    @property
    def around(self) -> tuple[str, ...]:
        """Every column of what was predicted around the number."""
        intervals = (c for of in self.interval.values() for _, *ends in of for c in ends)
        return (*self.y_std.values(), *intervals, *(c for of in self.quantile.values() for _, c in of))
