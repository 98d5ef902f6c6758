"""A file or frame taken in: its columns get their roles, its rows are judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .assignment import assign, known_labels, left_aside
from .binary_columns import BinaryJudge
from .cases import Cases
from .class_columns import ClassJudge
from .errors import DataError, NeedsChoice, did_you_mean
from .forecast_columns import ForecastJudge
from .labels import settled_names
from .long_quantiles import Widened, level_column, widened
from .number_columns import NumberJudge
from .number_guesses import read_intervals, read_quantiles
from .predictions import Predictions
from .roles import CONTENTS, NAMED, OF_NUMBERS, Model, Named, Roles
from .source import Source
from .stacking import open_sources

#: The ids of every question a table can raise.
QUESTIONS = (
    "header",
    "task",
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
    "amount_missing",
    "date_order",
    "time_numbers",
)
_TASKS = ("binary", "multiclass", *OF_NUMBERS)
_PLAIN_ROLES = ("id", "weight", "weight_kind", "group", "split", "fold", "time", "amount", "horizon", "origin")  # fmt: skip


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
    text: str | Iterable[str] | None = None,
    image: str | Iterable[str] | None = None,
    link: str | Iterable[str] | None = None,
    interval: Mapping[str, Any] | None = None,
    quantile: Mapping[str, Any] | None = None,
    quantile_level: str | None = None,
    y_std: str | Mapping[str, str] | None = None,
    series: str | Iterable[str] | None = None,
    season: int | str | None = None,
    train: Any = None,
    train_value: str | None = None,
    task: str | None = None,
    name: str | None = None,
    **others: str | None,
) -> Predictions:
    """Read a table of predictions and give its columns their roles.

    Only what is named here counts: a ``faultline.toml`` beside the file, which the app and the command line look
    into, is not read.

    Parameters
    ----------
    data : path or frame, or several of them
        CSV, TSV, Parquet, Feather, JSON or JSON lines file, packed ones too; pandas, polars or pyarrow frame;
        DuckDB relation. A sequence of them is one table in parts; a mapping of model name to file or frame holds
        the predictions of one model each.
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
        The positive label; with task "binary" and more than two labels that class against the rest. Needed unless
        the labels are 0/1, -1/1, false/true, no/yes or negative/positive.
    score_kind : {"probability", "percent", "logit", "margin", "score"}, optional
        Of many classes: probability, percent or logit.
    choose : mapping of str to str, optional
        Answers to questions (see ``NeedsChoice``) by id.
    slices : iterable of str
        Columns to break numbers down by.
    text, image, link : str or iterable of str, optional
        Columns of free text, of pictures and of addresses on the web. Guessed when not named; empty for none.
    interval : mapping of level to columns, optional
        Predicted intervals of a number: ``{"0.9": ("low", "high")}``, or ``"low,high"``; of several models
        ``{"ridge": {"0.9": ("low", "high")}}``.
    quantile : mapping of share to column, optional
        Predicted quantiles of a number: ``{"0.1": "q10"}``; of several models by their names, as for intervals.
    quantile_level : str, optional
        Column that says which quantile a row predicts, in a table with a row for each of them; found by its name.
    y_std : str or mapping of model name to str, optional
        Column of the predicted standard deviation of a number.
    series : str or iterable of str, optional
        Columns that together name the series of a forecast; guessed when not named, empty for a single series.
    season : int, optional
        Steps after which a series is expected to repeat itself; by default the usual one of the step (hours 24,
        months 12, quarters 4, else 1), which a finding says.
    train : path or frame, optional
        The history before the forecasts, with the same columns of series and time. Without it the true values of the
        table before each origin are the history.
    train_value : str, optional
        Column of the true values in the history; by default it is called as in the table.
    task : {"binary", "multiclass", "regression", "forecasting"}, optional
        By default what the columns say: two labels are binary, measured numbers with predicted ones regression, and
        those with a series, horizon or origin forecasting.
    name : str, optional
        How to call the table.
    **others : str
        ``id``, ``weight``, ``weight_kind``, ``group``, ``split``, ``fold``, ``time``, ``amount``; of forecasts ``horizon``
        (steps ahead) and ``origin`` (when it was made).

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
    answers = dict(choose or {})
    task = task or answers.get("task")
    _check_words(others, task, answers)
    source, by_file = open_sources(data, name=name, answers=answers)
    if by_file and model_column:
        raise DataError(
            "Each file holds one model, so no column can tell the models apart. Leave one of the two out."
        )
    wide = _widened(source, quantile_level, y_pred, quantile, task)
    if wide is not None:
        source, y_pred, quantile = wide.source, wide.y_pred, wide.quantile
        interval = interval if interval is not None else wide.interval
    past = None if train is None else _history(train, answers)
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
        contents=_named_contents(text, image, link),
        interval=read_intervals(interval),
        quantile=read_quantiles(quantile),
        y_std={"": y_std} if isinstance(y_std, str) else dict(y_std or {}),
        series=(series,) if isinstance(series, str) else tuple(dict.fromkeys(series or ())),
        season=_read_season(season),
        train=None if past is None else past.names,
    )
    if label is not None and (named.task in OF_NUMBERS or named.around):
        raise DataError(f"Predicted numbers have no positive label. Leave --pos-label out, or --task {named.task or 'regression'}.")  # fmt: skip
    if named.task not in (None, "forecasting") and (named.series or season or named.train or named.others.keys() & {"horizon", "origin"}):  # fmt: skip
        raise DataError(f"A series, horizon, origin, season or history belongs to forecasts, not to task {named.task!r}. Leave it out, or say --task forecasting.")  # fmt: skip
    named, one_score = _as_it_is_read(source, named, label, answers)
    roles, reasons = assign(source, named, answers if label is None else {**answers, "pos_label": label})
    if by_file:
        reasons.pop("model_column")  # it is no column of the files
    if others.get("weight_kind"):
        roles = replace(roles, weight_kind=str(others["weight_kind"]))
    if wide is not None:
        roles, reasons["quantile_level"] = replace(roles, quantile_level=wide.level), wide.reason
        reasons = {role: why for role, why in reasons.items() if role not in ("quantile", "interval")}
    roles = replace(roles, season=named.season, train_value=train_value)
    asked = _Asked(label, score_kind, answers, one_score, past)
    judged = {"binary": _of_two, "multiclass": _of_many, "regression": _of_numbers, "forecasting": _of_forecasts}[roles.task]  # fmt: skip
    return judged(source, roles, reasons, asked)


@dataclass(frozen=True)
class _Asked:
    """What was said about labels and scores, beside the columns."""

    label: str | None
    score_kind: str | None
    answers: Mapping[str, str]
    one_score: bool
    train: Source | None = None


def _check_words(others: Mapping[str, str | None], task: str | None, answers: Mapping[str, str]) -> None:
    """Refuse a role, a task or a question that there is not."""
    unknown = sorted(set(others) - set(_PLAIN_ROLES))
    if unknown:
        raise DataError(f"There is no role {unknown[0]!r}. {did_you_mean(unknown[0], _PLAIN_ROLES)}")
    if task not in (None, *_TASKS):
        raise DataError(f"There is no task {task!r} in this version. {did_you_mean(str(task), _TASKS)}")
    strange = sorted(id for id in answers if id not in QUESTIONS and not id.startswith("score_kind:"))
    if strange:
        known = did_you_mean(strange[0], QUESTIONS)
        raise DataError(f"There is no question {strange[0]!r} to choose for. {known}")


def _as_it_is_read(
    source: Source, named: Named, label: str | None, answers: Mapping[str, str]
) -> tuple[Named, bool]:
    """Set the task that the columns are read for, and tell whether one score stands for one class of many.

    One class against the rest is read as many classes first, unless a single score is all there is.
    """
    one_of_many = label is not None and named.task == "binary" and _many_labels(source, named, answers)
    one_score = one_of_many and bool(named.y_score)
    probable = named.task == "binary" and bool(named.proba or named.proba_prefix)
    if probable or (one_of_many and not one_score):
        named = replace(named, task="multiclass")
    return named, one_score


def _many_labels(source: Source, named: Named, answers: Mapping[str, str]) -> bool:
    """Tell whether the named truth has more than two labels."""
    y_true = named.y_true
    if y_true is None:
        return False
    known = known_labels(source, y_true, named)
    return len(settled_names(source.column(y_true), y_true, answers, known)) > 2


def _of_two(source: Source, roles: Roles, reasons: dict[str, str], asked: _Asked) -> Predictions:
    """Judge the rows of two classes."""
    judge = BinaryJudge(
        source,
        roles,
        pos_label=asked.label,
        score_kind=asked.score_kind,
        answers=asked.answers,
        against_rest=asked.one_score,
    )
    cases = {model.name: judge.cases(model) for model in roles.models}
    reasons["pos_label"] = judge.why_positive
    models = tuple(replace(model, score_kind=judge.kinds.get(model.name, "")) for model in roles.models)
    roles = replace(roles, models=models, pos_label=judge.positive, score_kind=judge.kind)
    return _together(source, roles, reasons, judge, cases, (judge.negative, judge.positive))


def _of_many(source: Source, roles: Roles, reasons: dict[str, str], asked: _Asked) -> Predictions:
    """Judge the rows of many classes; with a positive label look at that class against the rest."""
    judge = ClassJudge(source, roles, score_kind=asked.score_kind, answers=asked.answers)
    cases = {model.name: judge.cases(model) for model in roles.models}
    models = tuple(replace(model, score_kind=_kind(model, judge)) for model in roles.models)
    roles = replace(roles, models=models, score_kind=judge.kind or "probability")
    found = _together(source, roles, reasons, judge, cases, judge.labels)
    if asked.label is None:
        return found
    if asked.label not in found.labels:
        known = did_you_mean(asked.label, found.labels)
        raise DataError(f"Label {asked.label!r} does not occur in column {roles.y_true!r}. {known}")
    reasons["pos_label"] = NAMED
    return found.against_rest(asked.label)


def _of_numbers(source: Source, roles: Roles, reasons: dict[str, str], asked: _Asked) -> Predictions:
    """Judge the rows of predicted numbers."""
    judge = NumberJudge(source, roles, answers=asked.answers)
    cases = {model.name: judge.cases(model) for model in roles.models}
    return _together(source, roles, reasons, judge, cases, ())


def _of_forecasts(source: Source, roles: Roles, reasons: dict[str, str], asked: _Asked) -> Predictions:
    """Judge the rows of forecasts, with the history before them."""
    train = asked.train
    roles = replace(roles, train=None if train is None else train.name)
    judge = ForecastJudge(source, roles, answers=asked.answers, train=train)
    cases = {model.name: judge.cases(model) for model in roles.models}
    roles = replace(roles, season=judge.timeline.season)
    found = _together(source, roles, reasons, judge, cases, ())
    return found if train is None else replace(found, findings=(*train.findings, *found.findings))


def _widened(source: Source, level: str | None, y_pred: Any, quantile: Any, task: str | None) -> Widened | None:  # fmt: skip
    """Put quantiles that stand below each other side by side; None when the table has no such column."""
    named, one = level is not None, y_pred is None or isinstance(y_pred, str)
    if not named and quantile is None and task in (None, *OF_NUMBERS) and one:
        level = level_column(source)
    if level is not None and not one:
        raise DataError(f"With a row for each quantile ({level!r}) there is one column of predictions; models stand in a column of their own. Name one with --y-pred, and --model-column.")  # fmt: skip
    return None if level is None else widened(source, level, y_pred, named=named)


def _history(train: Any, answers: Mapping[str, str]) -> Source:
    """Open the history; what is wrong with it is said of it."""
    try:
        return open_sources(train, answers=answers)[0]
    except NeedsChoice:
        raise
    except DataError as error:
        raise DataError(f"The history cannot be read: {error}") from None


def _read_season(season: int | str | None) -> int | None:
    """Read the number of steps of a season."""
    if season is None:
        return None
    try:
        number = int(str(season).strip())
    except ValueError:
        number = 0
    if not 1 <= number <= 1_000_000:
        raise DataError(f"The season is a whole number of steps from 1 up, such as 24 for hours that repeat by the day, not {season!r}.")  # fmt: skip
    return number


def _kind(model: Model, judge: ClassJudge) -> str:
    """Say what the columns of the classes of a model hold; nothing when it has none."""
    return (judge.kinds[model.name] or "probability") if model.proba else ""


def _together(
    source: Source,
    roles: Roles,
    reasons: Mapping[str, str],
    judge: BinaryJudge | ClassJudge | NumberJudge,
    cases: Mapping[str, Cases],
    labels: tuple[str, ...],
) -> Predictions:
    """Put the judged rows together with everything that was noticed on the way."""
    findings = (*source.findings, *left_aside(source, roles), *judge.findings)
    return Predictions(source, roles, reasons, findings, cases, labels)


def _named_contents(
    text: str | Iterable[str] | None, image: str | Iterable[str] | None, link: str | Iterable[str] | None
) -> dict[str, tuple[str, ...]]:
    """List the columns of each content somebody named, none of them included."""
    given = zip(CONTENTS, (text, image, link), strict=True)
    return {
        role: (columns,) if isinstance(columns, str) else tuple(dict.fromkeys(columns))
        for role, columns in given
        if columns is not None
    }


def _by_model(columns: str | Mapping[str, str] | Sequence[str] | None) -> dict[str, str]:
    """Name each column's model: the name given, else the column's own."""
    if columns is None:
        return {}
    if isinstance(columns, str):
        return {columns: columns}
    if isinstance(columns, Mapping):
        return dict(columns)
    return {c: c for c in columns}
