"""A table with roles: read, checked, and turned into judged rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cases import Cases
from .checks import Finding
from .columns import Judge
from .errors import DataError, did_you_mean
from .filters import Filter, parse
from .reduce import score_tally
from .roles import Model, Named, Roles, assign
from .source import Source, open_source
from .tally import ScoreTally

#: The ids of every question a table can raise.
_QUESTIONS = (
    "y_true",
    "y_score",
    "y_pred",
    "pos_label",
    "score_kind",
    "unknown_prediction",
    "weight_missing",
)
_PLAIN_ROLES = ("id", "weight", "weight_kind", "group", "split", "fold", "time", "amount")


@dataclass(frozen=True, eq=False)
class Predictions:
    """A validated table of predictions.

    Attributes
    ----------
    source : Source
    roles : Roles
    reasons : mapping of str
        Why each column was given its role.
    findings : tuple of Finding
        What was noticed and repaired while reading.
    cases : mapping of str to Cases
        The judged rows of each model.
    labels : tuple of str
        The negative and the positive label.
    """

    source: Source
    roles: Roles
    reasons: Mapping[str, str]
    findings: tuple[Finding, ...]
    cases: Mapping[str, Cases]
    labels: tuple[str, str]
    _tallies: dict[str, ScoreTally] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.source.name

    def model(self, name: str | None = None) -> Model:
        """Return a model by name; the first one by default.

        Raises
        ------
        DataError
            If there is no such model.
        """
        for model in self.roles.models:
            if name is None or model.name == name:
                return model
        raise DataError(
            f"There is no model {name!r}. {did_you_mean(str(name), [m.name for m in self.roles.models])}"
        )

    def judged(self, model: str | None = None, where: Filter | str | None = None) -> Cases:
        """Return the judged rows of a model, narrowed by a filter."""
        cases = self.cases[self.model(model).name]
        return cases if where is None else cases.where(self.mask(where))

    def mask(self, where: Filter | str) -> NDArray[np.bool_]:
        """Tell for each row of the table whether it passes a filter."""
        condition = parse(where) if isinstance(where, str) else where
        return condition.mask(self.source.table(condition.columns))

    def tally(self, model: str | None = None) -> ScoreTally:
        """Return the score tally of a model over all judged rows; made once."""
        name = self.model(model).name
        if name not in self._tallies:
            self._tallies[name] = score_tally(self.cases[name])
        return self._tallies[name]


def read(
    data: Any,
    *,
    y_true: str | None = None,
    y_score: str | Mapping[str, str] | Sequence[str] | None = None,
    y_pred: str | Mapping[str, str] | Sequence[str] | None = None,
    pos_label: object = None,
    score_kind: str | None = None,
    choose: Mapping[str, str] | None = None,
    slices: Iterable[str] = (),
    task: str | None = None,
    name: str | None = None,
    **others: str | None,
) -> Predictions:
    """Read a table of predictions and give its columns their roles.

    Parameters
    ----------
    data : path or frame
        CSV, TSV or Parquet file; pandas, polars or pyarrow frame; DuckDB relation.
    y_true : str, optional
        Column of true labels; guessed when not named.
    y_score, y_pred : str, sequence of str or mapping of model name to str, optional
        Columns of scores and of predicted labels. Naming either fixes the models: the other is then not guessed.
    pos_label : optional
        The positive label. Needed unless the labels are 0/1, -1/1, false/true, no/yes or negative/positive.
    score_kind : {"probability", "percent", "logit", "margin", "score"}, optional
    choose : mapping of str to str, optional
        Answers to questions (see ``NeedsChoice``) by id.
    slices : iterable of str
        Columns to break numbers down by.
    task : {"binary"}, optional
    name : str, optional
        How to call the table.
    **others : str
        ``id``, ``weight``, ``weight_kind``, ``group``, ``split``, ``fold``, ``time``, ``amount``.

    Returns
    -------
    Predictions

    Raises
    ------
    DataError
        If the table cannot be used; the text says what, where, how many rows and what to do.
    NeedsChoice
        If a number would depend on a guess.
    """
    unknown = sorted(set(others) - set(_PLAIN_ROLES))
    if unknown:
        raise DataError(f"There is no role {unknown[0]!r}. {did_you_mean(unknown[0], _PLAIN_ROLES)}")
    if task not in (None, "binary"):
        raise DataError(
            f"There is no task {task!r} in this version; it evaluates binary predictions (--task binary)."
        )
    source = open_source(data, name=name)
    answers = dict(choose or {})
    strange = sorted(set(answers) - set(_QUESTIONS))
    if strange:
        raise DataError(
            f"There is no question {strange[0]!r} to choose for. {did_you_mean(strange[0], _QUESTIONS)}"
        )
    named = Named(
        y_true=y_true or answers.get("y_true"),
        y_score=_by_model(y_score if y_score is not None else answers.get("y_score")),
        y_pred=_by_model(y_pred if y_pred is not None else answers.get("y_pred")),
        others={k: v for k, v in others.items() if v is not None and k != "weight_kind"},
        slices=tuple(slices),
    )
    roles, reasons = assign(source, named)
    if others.get("weight_kind"):
        roles = replace(roles, weight_kind=str(others["weight_kind"]))
    judge = Judge(
        source,
        roles,
        pos_label=None if pos_label is None else str(pos_label),
        score_kind=score_kind,
        answers=answers,
    )
    cases = {model.name: judge.cases(model) for model in roles.models}
    reasons["pos_label"] = judge.why_positive
    roles = replace(roles, pos_label=judge.positive, score_kind=judge.kind)
    return Predictions(
        source, roles, reasons, (*source.findings, *judge.findings), cases, (judge.negative, judge.positive)
    )


def _by_model(columns: str | Mapping[str, str] | Sequence[str] | None) -> dict[str, str]:
    """Name each column's model: the name given, else the column's own."""
    if columns is None:
        return {}
    if isinstance(columns, str):
        return {columns: columns}
    if isinstance(columns, Mapping):
        return dict(columns)
    return {c: c for c in columns}
