"""Every role gets its column: the one somebody named, else the one guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from .errors import DataError
from .guesses import (
    COLUMNS_LOOKED_AT,
    MAX_MODELS,
    OTHER_NAMES,
    columns_of_prefix,
    guess_decision,
    guess_model,
    guess_model_column,
    guess_other,
    guess_prefix,
    guess_slices,
    guess_task,
    guess_truth,
    named_columns,
)  # fmt: skip
from .labels import distinct_count, read_labels, settled_names
from .roles import NAMED, Model, Named, Roles
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
        To questions about the labels.

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
        If several columns are equally good.
    """
    looked_at = [c.name for c in source.columns[:COLUMNS_LOOKED_AT]]
    predicted = {*named.y_score.values(), *named.y_pred.values(), *named.proba.values()}
    for column in (named.y_true, *predicted, named.model_column, *named.others.values(), *named.slices):
        if column is not None:
            source.kind(column)
    if named.y_true in predicted:
        raise DataError(
            f"Column {named.y_true!r} is named both as the truth and as the prediction. Name another one."
        )
    reasons: dict[str, str] = {}
    free = [c for c in looked_at if c not in {named.y_true, named.model_column, *predicted}]
    y_true = named.y_true or guess_truth(source, free, reasons)
    task = named.task
    if task is None:
        if named.proba or named.proba_prefix:
            task, reasons["task"] = "multiclass", "columns of class probabilities were named"
        else:
            task, reasons["task"] = guess_task(source, y_true, answers, known_labels(source, y_true, named))
    free = [c for c in source.names if c not in {y_true, named.model_column, *predicted}]
    if task == "multiclass":
        models = _class_models(source, y_true, named, free, reasons, answers)
    elif named.y_score or named.y_pred:
        models = _named_models(named)
    else:
        models = (guess_model(source, [c for c in free if c in set(looked_at)], reasons),)
    taken = {y_true, *(c for m in models for c in m.columns)}
    model_column = named.model_column
    if model_column is None and len(models) == 1:
        model_column = guess_model_column(source, [c for c in looked_at if c not in taken], reasons)
    if model_column is not None:
        models = _in_rows(source, model_column, models)
        taken.add(model_column)
    others = dict(named.others)
    for role, names in OTHER_NAMES.items():
        if role not in others:
            guess_other(source, role, names, [c for c in looked_at if c not in taken], others, reasons)
    taken |= set(others.values())
    slices = named.slices or guess_slices(source, [c for c in looked_at if c not in taken])
    for role, column in (("y_true", named.y_true), ("task", named.task), ("model_column", named.model_column), *named.others.items()):  # fmt: skip
        if column:
            reasons[role] = NAMED
    return Roles(
        y_true=y_true, models=models, task=task, model_column=model_column, slices=slices, **others
    ), reasons


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
    source: Source,
    y_true: str,
    named: Named,
    free: Sequence[str],
    reasons: dict[str, str],
    answers: Mapping[str, str],
) -> tuple[Model, ...]:
    """Find the decisions and the probabilities of one or more models of many classes."""
    if named.y_score:
        raise DataError(f"{_labels_of(source, y_true)}; one score cannot tell them apart. Name a column for each class with --proba CLASS=COLUMN or --proba-prefix, or the class to take against the rest with --pos-label.")  # fmt: skip
    if named.proba and named.proba_prefix:
        raise DataError("The probabilities are named twice, by --proba and by --proba-prefix. Leave one out.")
    of_prefix = {name: columns_of_prefix(source, prefix) for name, prefix in named.proba_prefix.items()}
    if named.y_pred or of_prefix or named.proba:
        if len(named.y_pred) <= 1 and (named.proba or len(of_prefix) <= 1):
            decision, y_pred = next(iter(named.y_pred.items()), (None, None))
            of_one, prefix = next(iter(named.proba_prefix.items()), (None, None))
            own = decision if decision != y_pred else of_one if of_one != prefix else None
            proba: tuple[tuple[str, str], ...] = named_columns(source, named.proba) or next(
                iter(of_prefix.values()), ()
            )
            return (Model(name=own or y_pred or (prefix or "probabilities").rstrip("_-. "), y_pred=y_pred, proba=proba),)  # fmt: skip
        names = dict.fromkeys([*named.y_pred, *of_prefix])
        return tuple(Model(name=n, y_pred=named.y_pred.get(n), proba=of_prefix.get(n, ())) for n in names)
    labels = settled_names(source.column(y_true), y_true, answers, known_labels(source, y_true, named))
    guessed = guess_prefix(source, labels, free)
    proba = ()
    if guessed:
        prefix, reasons["proba_prefix"] = guessed
        proba = columns_of_prefix(source, prefix)
        free = [c for c in free if c not in {column for _, column in proba}]
    y_pred = guess_decision(source, free, len(labels), reasons)
    if y_pred is None and not proba:
        raise DataError(
            f"{_labels_of(source, y_true)}, and no column looks like a predicted label or like probabilities of each. "
            f"Name them with --y-pred or --proba-prefix; the columns are: {', '.join(map(repr, source.names[:12]))}."
        )
    return (Model(name=y_pred or "probabilities", y_pred=y_pred, proba=proba),)


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
