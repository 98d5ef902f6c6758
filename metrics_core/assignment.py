"""Every role gets its column: the one somebody named, else the one guessed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .checks import Finding, rows_of, severity_of_share
from .contents import guess_contents
from .errors import DataError
from .evidence import Evidence
from .forecast_guesses import guess_forecast, looks_forecast
from .guesses import (
    ALL,
    COLUMNS_LOOKED_AT,
    MAX_MODELS,
    Guess,
    guess_model_column,
    guess_other,
    guess_slices,
    guess_task,
    guess_truth,
    model_columns,
)
from .labels import distinct_count, read_labels, settled_names
from .model_guesses import (
    Positive,
    ask_by_values,
    decided_models,
    decision_candidates,
    guess_decision,
    guess_models,
    is_confidence,
    predicted_labels,
    probable_models,
)
from .number_guesses import guess_numbers, named_after, number_models
from .probability_columns import Proba, columns_of_prefix, guess_probabilities, written_otherwise
from .role_names import OTHER_NAMES, WEIGHT_NAMES, joined, score_points
from .roles import CONTENTS, NAMED, OF_NUMBERS, Model, Named, Roles
from .source import Source

#: With more labels than this no columns of probabilities are looked for.
_FEW_LABELS = 10_000


def assign(source: Source, named: Named, answers: Mapping[str, str]) -> tuple[Roles, dict[str, str]]:
    """Give every role its column.

    Parameters
    ----------
    source : Source
    named : Named
    answers : mapping of str to str
        To questions about the labels; ``pos_label`` also when it was named.

    Returns
    -------
    roles : Roles
    reasons : dict of str
        For each role, why its column was taken.

    Raises
    ------
    DataError
        If a named column does not exist or no column can be the label or the prediction.
    NeedsChoice
        If several columns are equally good, or if it hangs on the labels which one is.
    """
    looked_at = [c.name for c in source.columns[:COLUMNS_LOOKED_AT]]
    named, all_of = _without_all(source, named)
    predicted = {*named.y_score.values(), *named.y_pred.values(), *named.proba.values(), *named.around}
    contents = [column for columns in named.contents.values() for column in columns]
    _check_columns(source, named, predicted, contents)
    guess = Guess(source, Evidence(source, looked_at))
    given = {named.y_true, named.model_column, *predicted, *contents}
    y_true = named.y_true or named_after(guess, named, looked_at) or guess_truth(guess, [c for c in looked_at if c not in given])  # fmt: skip
    free = [c for c in source.names if c not in {*given, y_true}]
    near = [c for c in looked_at if c not in {*given, y_true}]
    task = named.task or _guessed_task(guess, y_true, named, all_of, answers, near)
    if task == "multiclass":
        models = _class_models(guess, y_true, named, free, all_of, answers)
    elif task in OF_NUMBERS:
        models = number_models(guess, y_true, named, near, all_of)
    elif named.y_score or named.y_pred:
        models = _named_models(named)
    else:
        positive = Positive(source, y_true, answers)
        models = guess_models(guess, y_true, near, positive, all_of)
    taken = {y_true, *contents, *(c for m in models for c in m.columns)}
    model_column = named.model_column
    if model_column is None and len(models) == 1:
        model_column = guess_model_column(guess, y_true, [c for c in near if c not in taken], of_numbers=task in OF_NUMBERS)  # fmt: skip
    if model_column is not None:
        models = _in_rows(source, model_column, models)
        taken.add(model_column)
    beside = [c for c in looked_at if c not in taken]
    forecast = guess_forecast(guess, named, beside, model_column) if task == "forecasting" else {}
    found = _beside(guess, named, [c for c in beside if c not in forecast.values()], forecast)
    told = {
        "y_true": named.y_true,
        "task": named.task,
        "model_column": named.model_column,
        "series": named.series,
    }
    guess.reasons.update({r: NAMED for r, c in {**told, **named.others, **named.contents}.items() if c})
    roles = Roles(y_true=y_true, models=models, task=task, model_column=model_column)
    return replace(roles, **found), guess.reasons


def _check_columns(source: Source, named: Named, predicted: Collection[str], contents: Sequence[str]) -> None:
    """Refuse a column that is not there, and one that is named for two things it cannot both be."""
    columns = (
        named.y_true,
        *predicted,
        named.model_column,
        *named.others.values(),
        *named.slices,
        *named.series,
        *contents,
    )
    for column in columns:
        if column is not None:
            source.kind(column)
    if named.around and named.task not in (None, *OF_NUMBERS):
        raise DataError(f"Intervals, quantiles and standard deviations are those of a predicted number, not of task {named.task!r}. Leave them out, or say --task regression.")  # fmt: skip
    if named.y_true in predicted:
        raise DataError(
            f"Column {named.y_true!r} is named both as the truth and as the prediction. Name another one."
        )
    for column in contents:
        of = [role for role in CONTENTS if column in named.contents.get(role, ())]
        if len(of) > 1:
            raise DataError(f"Column {column!r} is named both as {of[0]} and as {of[1]}. Leave one out.")


def _guessed_task(
    guess: Guess,
    y_true: str,
    named: Named,
    all_of: frozenset[str],
    answers: Mapping[str, str],
    free: Sequence[str],
) -> str:
    """Tell the task by what was named, else by the labels."""
    if named.proba or named.proba_prefix or "proba_prefix" in all_of:
        guess.reasons["task"] = "columns of class probabilities were named"
        return "multiclass"
    reason = guess_numbers(guess, y_true, named, free)
    if reason:
        of_forecasts = looks_forecast(guess, named, [c for c in free if c not in named.y_pred.values()])
        guess.reasons["task"] = of_forecasts or reason
        return "forecasting" if of_forecasts else "regression"
    known = known_labels(guess.source, y_true, named) | predicted_labels(guess, y_true, free)
    task, guess.reasons["task"] = guess_task(guess.source, y_true, answers, known)
    return task


def _beside(guess: Guess, named: Named, free: Sequence[str], forecast: Mapping[str, Any]) -> dict[str, Any]:
    """Find the plain roles, then texts, pictures and links, then columns to break the numbers down by."""
    others = {**named.others, **forecast}
    for role in OTHER_NAMES:
        if role not in others:
            # the name of a series stands in many rows, so it is no id of one
            taken = forecast.get("series", ()) if role == "id" else ()
            guess_other(guess, role, [c for c in free if c not in taken], others)
    free = [c for c in free if c not in others.values()]
    guessed = guess_contents(guess, [c for c in free if c not in forecast.get("series", ())])
    for role in named.contents:
        guess.reasons.pop(role, None)
    contents = {**guessed, **named.contents}
    read_by_people = {column for columns in contents.values() for column in columns}
    slices = named.slices or guess_slices(guess, [c for c in free if c not in read_by_people])
    return {**others, **contents, "slices": slices}


def left_aside(source: Source, roles: Roles) -> tuple[Finding, ...]:
    """Mention columns that look like a role but were not taken, because every number would change.

    Parameters
    ----------
    source : Source
    roles : Roles

    Returns
    -------
    tuple of Finding
        ``model-missing``, ``weight-not-used``, ``models-not-told-apart``, ``confidence-not-used`` or ``lists-not-used``.
    """
    looked_at = [c.name for c in source.columns[:COLUMNS_LOOKED_AT]]
    seen = Evidence(source, looked_at)
    used = {roles.y_true, roles.weight, roles.model_column, roles.id, roles.group, roles.split, roles.fold, roles.time, roles.amount, roles.horizon, roles.origin}  # fmt: skip
    used |= set(roles.series)
    used |= {c for m in roles.models for c in m.columns}
    free = [c for c in looked_at if c not in used]
    found = []
    if roles.model_column is not None:
        nobody = int((read_labels(source.column(roles.model_column)).code < 0).sum())
        if nobody:
            found.append(Finding("model-missing", severity_of_share(nobody, source.n_rows), f"Column {roles.model_column!r} names no model in {rows_of(nobody, source.n_rows)}; they count for none.", "Find out which model they belong to."))  # fmt: skip
    if roles.weight is None:
        for c in free:
            if joined(c) in WEIGHT_NAMES and source.kind(c) == "number" and seen.varies(c) and seen.span(c)[0] >= 0:  # fmt: skip
                found.append(Finding("weight-not-used", "note", f"Column {c!r} looks like a weight; every row counts once.", f"Name it with --weight {c} if it says how much a row counts."))  # fmt: skip
    if roles.model_column is None and len(roles.models) == 1:
        for c in model_columns(source, seen, free):
            found.append(Finding("models-not-told-apart", "note", f"Column {c!r} may name a model in each row, but its {seen.distinct(c):,} values do not stand for the same rows; all rows count as one model's.", f"Name it with --model-column {c} if it does."))  # fmt: skip
    if roles.task == "binary" and not any(m.y_score for m in roles.models):
        decided = [*free, *(m.y_pred for m in roles.models if m.y_pred)]
        for c in free:
            if score_points(c) and is_confidence(seen, c, decided, roles.y_true):
                found.append(Finding("confidence-not-used", "note", f"Column {c!r} is never below 0.5, whatever was decided: it looks like the confidence in the decision, not like a score of the positive class.", "Add a column of the probability of the positive class, or name this one with --y-score if it is one."))  # fmt: skip
            elif score_points(c) and seen.lists_as_text(c):
                found.append(Finding("lists-not-used", "note", f"Column {c!r} holds a list of numbers in each row, which cannot be read.", "Write one column for each class."))  # fmt: skip
    return tuple(found)


def _without_all(source: Source, named: Named) -> tuple[Named, frozenset[str]]:
    """Take the answer "all of them" out of what was named; return the roles it was given for."""
    given: dict[str, Mapping[str, str]] = {"y_score": named.y_score, "y_pred": named.y_pred, "proba_prefix": named.proba_prefix}  # fmt: skip
    all_of = frozenset(role for role, columns in given.items() if dict(columns) == {ALL: ALL} and ALL not in source.names)  # fmt: skip
    left: dict[str, Mapping[str, str]] = {r: {} if r in all_of else c for r, c in given.items()}
    return replace(named, y_score=left["y_score"], y_pred=left["y_pred"], proba_prefix=left["proba_prefix"]), all_of  # fmt: skip


def _named_models(named: Named) -> tuple[Model, ...]:
    """Pair scores and decisions of the same name; one of each belong together unless both carry names of their own."""
    if len(named.y_score) == len(named.y_pred) == 1:
        (score, y_score), (decision, y_pred) = *named.y_score.items(), *named.y_pred.items()
        if score == y_score or decision == y_pred:  # a column's own name is no name for its model
            return (
                Model(
                    name=score if score != y_score or decision == y_pred else decision,
                    y_score=y_score,
                    y_pred=y_pred,
                ),
            )
    names = dict.fromkeys([*named.y_score, *named.y_pred])
    return tuple(Model(name=n, y_score=named.y_score.get(n), y_pred=named.y_pred.get(n)) for n in names)


def _class_models(
    guess: Guess,
    y_true: str,
    named: Named,
    free: Sequence[str],
    all_of: frozenset[str],
    answers: Mapping[str, str],
) -> tuple[Model, ...]:
    """Find the decisions and the probabilities of one or more models of many classes."""
    source = guess.source
    if named.y_score:
        raise DataError(f"{_labels_of(source, y_true)}; one score cannot tell them apart. Name a column for each class with --proba CLASS=COLUMN or --proba-prefix instead of --y-score; --pos-label then takes one class against the rest.")  # fmt: skip
    if named.proba and named.proba_prefix:
        raise DataError("The probabilities are named twice, by --proba and by --proba-prefix. Leave one out.")
    if named.proba and len(named.y_pred) > 1:
        raise DataError(f"--proba names the probabilities of one model, but {len(named.y_pred)} models are named by --y-pred. Name those of each with --proba-prefix NAME=PREFIX.")  # fmt: skip
    of_prefix = _of_prefixes(guess, y_true, named)
    if named.y_pred or of_prefix or named.proba:
        if len(named.y_pred) <= 1 and (named.proba or len(of_prefix) <= 1):
            decision, y_pred = next(iter(named.y_pred.items()), (None, None))
            of_one, prefix = next(iter(named.proba_prefix.items()), (None, None))
            own = decision if decision != y_pred else of_one if of_one != prefix else None
            proba: Proba = tuple((str(label), c) for label, c in named.proba.items()) or next(
                iter(of_prefix.values()), ()
            )
            # a column's own name is no name for its model; two names given are two models
            if decision == y_pred or of_one in (prefix, decision):
                return (Model(name=own or y_pred or (prefix or "probabilities").rstrip("_-. "), y_pred=y_pred, proba=proba),)  # fmt: skip
        names = dict.fromkeys([*named.y_pred, *of_prefix])
        return tuple(Model(name=n, y_pred=named.y_pred.get(n), proba=of_prefix.get(n, ())) for n in names)
    known = known_labels(source, y_true, named) | predicted_labels(guess, y_true, free)
    labels = settled_names(guess.seen.column(y_true), y_true, answers, known)
    if "proba_prefix" in all_of:
        return probable_models(guess, y_true, labels, free)
    proba = () if "y_pred" in all_of else guess_probabilities(guess, labels, free)
    free = [c for c in free if c not in {column for _, column in proba}]
    decisions = decision_candidates(guess, y_true, free)
    if "y_pred" in all_of and len(decisions) > 1:
        return decided_models(decisions)
    y_pred = guess_decision(guess, y_true, decisions)
    if y_pred is None and not proba:
        ask_by_values(guess, y_true, [c for c in free if c in set(source.names[:COLUMNS_LOOKED_AT])])
        raise DataError(
            f"{_labels_of(source, y_true)}, and no column looks like a predicted label or like probabilities of each. "
            f"Name them with --y-pred or --proba-prefix; the columns are: {', '.join(map(repr, source.names[:12]))}."
        )
    return (Model(name=y_pred or "probabilities", y_pred=y_pred, proba=proba),)


def _of_prefixes(guess: Guess, y_true: str, named: Named) -> dict[str, Proba]:
    """Find the columns of each prefix somebody named, called like the true labels."""
    if not named.proba_prefix or distinct_count(guess.seen.column(y_true)) > _FEW_LABELS:
        labels: tuple[str, ...] = ()
    else:
        labels = read_labels(guess.seen.column(y_true)).names
    found = {m: columns_of_prefix(guess.source, prefix, labels) for m, prefix in named.proba_prefix.items()}
    otherwise = [written_otherwise(proba, named.proba_prefix[m]) for m, proba in found.items()]
    if any(otherwise):
        guess.reasons["proba_prefix"] = f"{NAMED}{next(filter(None, otherwise))}"
    return found


def _in_rows(source: Source, column: str, models: Sequence[Model]) -> tuple[Model, ...]:
    """Make a model of each value of the model column, all with the same columns."""
    if len(models) > 1:
        raise DataError(f"Column {column!r} tells the models apart by row, but {len(models)} models are named by column. Use one of the two.")  # fmt: skip
    labels = read_labels(source.column(column))
    names = labels.names
    if not names:
        raise DataError(f"Column {column!r} (which names the models) is empty. Name another one.")
    if len(names) > MAX_MODELS:
        raise DataError(f"Column {column!r} (which names the models) has {len(names):,} different values, more than the {MAX_MODELS} models that can be shown. Name another one.")  # fmt: skip
    codes, first = np.unique(labels.code[labels.code >= 0], return_index=True)
    by_appearance = [names[code] for code in codes[np.argsort(first)]]
    return tuple(replace(models[0], name=name, value=name) for name in by_appearance)


def known_labels(source: Source, y_true: str, named: Named) -> set[str]:
    """Name the true labels that a named column of predictions or columns named after every label bear out."""
    known = set(named.proba)
    for column in named.y_pred.values():
        known |= set(read_labels(source.column(column)).names)
    column = source.column(y_true)
    if distinct_count(column) > _FEW_LABELS:
        return known
    names = read_labels(column).names
    columns = set(source.names)
    prefixes = [c.removesuffix(names[0]) for c in source.names if names and c.endswith(names[0])]
    if any(prefix and all(prefix + name in columns for name in names) for prefix in prefixes):
        known |= set(names)
    return known


def _labels_of(source: Source, y_true: str) -> str:
    """Say how many labels there are and name the first ones."""
    names = read_labels(source.column(y_true)).names
    return f"Column {y_true!r} has {len(names):,} different labels ({', '.join(map(repr, names[:5]))}{', ...' if len(names) > 5 else ''})"
