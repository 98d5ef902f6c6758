"""A table with roles: read, checked, and turned into judged rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .assignment import assign, known_labels, left_aside
from .binary_columns import BinaryJudge
from .cases import BinaryCases, Cases, ClassCases
from .checks import Finding
from .class_columns import ClassJudge
from .errors import DataError, did_you_mean
from .filters import Filter, parse
from .labels import settled_names
from .reduce import score_tally
from .roles import NAMED, Model, Named, Roles
from .source import Source
from .stacking import open_sources
from .tally import ScoreTally

#: The ids of every question a table can raise.
_QUESTIONS = (
    "header",
    "y_true",
    "y_score",
    "y_pred",
    "proba_prefix",
    "pos_label",
    "score_kind",  # of several models score_kind:MODEL
    "missing_label",
    "label_case",
    "third_label",
    "pred_label",
    "unknown_prediction",
    "weight_missing",
)
_TASKS = ("binary", "multiclass")
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
        The negative and the positive label, or all classes.
    """

    source: Source
    roles: Roles
    reasons: Mapping[str, str]
    findings: tuple[Finding, ...]
    cases: Mapping[str, Cases]
    labels: tuple[str, ...]
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
        """Return the score tally of a binary model over all judged rows; made once.

        Raises
        ------
        DataError
            If there are more than two classes.
        """
        name = self.model(model).name
        if name not in self._tallies:
            cases = self.cases[name]
            if not isinstance(cases, BinaryCases):
                raise DataError("Scores of many classes are counted for one class against the rest: choose a class.")  # fmt: skip
            self._tallies[name] = score_tally(cases)
        return self._tallies[name]

    def against_rest(self, label: str) -> Predictions:
        """Look at one of many classes as the positive one.

        Parameters
        ----------
        label : str

        Returns
        -------
        Predictions
            Binary ones, with the same rows, models and findings.

        Raises
        ------
        DataError
            If there is no such class.
        """
        if label not in self.labels:
            raise DataError(f"There is no class {label!r}. {did_you_mean(label, self.labels)}")
        if self.roles.task == "binary":
            raise DataError("There are only two classes, so there is nothing to take one against.")
        cases: dict[str, Cases] = {}
        models = []
        for model in self.roles.models:
            of_model = self.cases[model.name]
            assert isinstance(of_model, ClassCases)  # the task is not binary
            cases[model.name] = of_model.against_rest(label)
            models.append(replace(model, y_score=dict(model.proba).get(label)))
        roles = replace(self.roles, task="binary", models=tuple(models), pos_label=label, score_kind="probability")  # fmt: skip
        return replace(self, roles=roles, cases=cases, labels=(f"not {label}", label), _tallies={})


def read(
    data: Any,
    *,
    y_true: str | None = None,
    y_score: str | Mapping[str, str] | Sequence[str] | None = None,
    y_pred: str | Mapping[str, str] | Sequence[str] | None = None,
    proba: Mapping[str, str] | None = None,
    proba_prefix: str | Mapping[str, str] | None = None,
    model_column: str | None = None,
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
    data : path or frame, or several of them
        CSV, TSV, Parquet, Feather, JSON or JSON lines file, packed ones too; pandas, polars or pyarrow frame; DuckDB relation. A sequence of them is one table in
        parts; a mapping of model name to file or frame holds the predictions of one model each.
    y_true : str, optional
        Column of true labels; guessed when not named.
    y_score, y_pred : str, sequence of str or mapping of model name to str, optional
        Columns of scores and of predicted labels. Naming either fixes the models: the other is then not guessed.
    proba : mapping of str to str, optional
        Class to the column of its probability.
    proba_prefix : str or mapping of model name to str, optional
        What the names of these columns start with; the rest of the name is the class.
    model_column : str, optional
        Says which model each row belongs to, when the rows of several models stand below each other.
    pos_label : optional
        The positive label; with task "binary" and more than two labels that class against the rest. Needed unless the labels are 0/1, -1/1, false/true, no/yes or negative/positive.
    score_kind : {"probability", "percent", "logit", "margin", "score"}, optional
        Of many classes: probability, percent or logit.
    choose : mapping of str to str, optional
        Answers to questions (see ``NeedsChoice``) by id.
    slices : iterable of str
        Columns to break numbers down by.
    task : {"binary", "multiclass"}, optional
        By default what the labels say: two are binary.
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
    if task not in (None, *_TASKS):
        raise DataError(f"There is no task {task!r} in this version. {did_you_mean(str(task), _TASKS)}")
    answers = dict(choose or {})
    strange = sorted(id for id in answers if id not in _QUESTIONS and not id.startswith("score_kind:"))
    if strange:
        raise DataError(
            f"There is no question {strange[0]!r} to choose for. {did_you_mean(strange[0], _QUESTIONS)}"
        )
    source, by_file = open_sources(data, name=name, answers=answers)
    if by_file and model_column:
        raise DataError("Each file holds one model, so no column can tell the models apart. Leave one of the two out.")  # fmt: skip
    label = None if pos_label is None else str(pos_label)
    named = Named(
        task="binary" if task is None and label is not None and y_true else task,
        y_true=y_true or answers.get("y_true"),
        y_score=_by_model(y_score if y_score is not None else answers.get("y_score")),
        y_pred=_by_model(y_pred if y_pred is not None else answers.get("y_pred")),
        proba={str(k): v for k, v in (proba or {}).items()},
        proba_prefix=_by_model(proba_prefix if proba_prefix is not None else answers.get("proba_prefix")),
        model_column=by_file or model_column,
        others={k: v for k, v in others.items() if v is not None and k != "weight_kind"},
        slices=tuple(slices),
    )
    one_of_many = label is not None and named.task == "binary" and _many_labels(source, named, answers)
    one_score = one_of_many and bool(named.y_score)
    if (one_of_many and not one_score) or (named.task == "binary" and (named.proba or named.proba_prefix)):
        named = replace(named, task="multiclass")
    roles, reasons = assign(source, named, answers if label is None else {**answers, "pos_label": label})
    if by_file:
        reasons.pop("model_column")  # it is no column of the files
    if others.get("weight_kind"):
        roles = replace(roles, weight_kind=str(others["weight_kind"]))
    if roles.task == "multiclass":
        found = _read_classes(source, roles, reasons, score_kind, answers)
        if label is not None:
            if label not in found.labels:
                raise DataError(f"Label {label!r} does not occur in column {roles.y_true!r}. {did_you_mean(label, found.labels)}")  # fmt: skip
            reasons["pos_label"] = NAMED
            return found.against_rest(label)
        return found
    judge = BinaryJudge(
        source, roles, pos_label=label, score_kind=score_kind, answers=answers, against_rest=one_score
    )
    cases = {model.name: judge.cases(model) for model in roles.models}
    reasons["pos_label"] = judge.why_positive
    roles = replace(roles, pos_label=judge.positive, score_kind=judge.kind)
    return Predictions(
        source,
        roles,
        reasons,
        (*source.findings, *left_aside(source, roles), *judge.findings),
        cases,
        (judge.negative, judge.positive),
    )


def _read_classes(
    source: Source, roles: Roles, reasons: dict[str, str], score_kind: str | None, answers: Mapping[str, str]
) -> Predictions:
    """Judge the rows of many classes."""
    judge = ClassJudge(source, roles, score_kind=score_kind, answers=answers)
    cases = {model.name: judge.cases(model) for model in roles.models}
    roles = replace(roles, score_kind=judge.kind or "probability")
    return Predictions(
        source,
        roles,
        reasons,
        (*source.findings, *left_aside(source, roles), *judge.findings),
        cases,
        judge.labels,
    )


def _many_labels(source: Source, named: Named, answers: Mapping[str, str]) -> bool:
    """Tell whether the named truth has more than two labels."""
    y_true = named.y_true
    if y_true is None:
        return False
    known = known_labels(source, y_true, named)
    return len(settled_names(source.column(y_true), y_true, answers, known)) > 2


def _by_model(columns: str | Mapping[str, str] | Sequence[str] | None) -> dict[str, str]:
    """Name each column's model: the name given, else the column's own."""
    if columns is None:
        return {}
    if isinstance(columns, str):
        return {columns: columns}
    if isinstance(columns, Mapping):
        return dict(columns)
    return {c: c for c in columns}
