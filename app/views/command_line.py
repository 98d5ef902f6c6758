"""The command that makes the same decision: files, roles and plan as flags; and how every command is written."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import metrics_core as mc
from app import state
from app.datasets import Dataset
from app.flags import words_of

_OF_ONE_COLUMN = ("id", "group", "split", "fold", "time", "amount")


def threshold_command(dataset: Dataset, predictions: mc.Predictions, model: str, answer: state.Answer, answers: dict[str, str]) -> str | None:  # fmt: skip
    """Write the command that leads to an answer; files by name, to be run where they lie.

    Parameters
    ----------
    dataset : Dataset
    predictions : Predictions
        All rows.
    model : str
    answer : Answer
    answers : dict of str to str
        Questions about the table that were answered, by id.

    Returns
    -------
    str or None
        None when the command line would take another model: it takes the first one of a table that holds several.
    """
    roles = predictions.roles
    if roles.model_column is not None and model != roles.models[0].name:
        return None
    parts = [["faultline", "threshold", *files_of(dataset)]]
    parts += [words_of(flag, value) for flag, value in (*_roles(predictions, model), *_plan(answer))]
    parts += [["--choose", f"{question}={option}"] for question, option in answers.items() if question != "pos_label"]  # fmt: skip
    parts += [words_of("--filter", answer.where)] if answer.where else []
    parts += [["--keep-promises"]] if answer.plan.keep_promises else []
    parts += [["--exact"]] if answer.exact else []
    parts += [["-o", "decision.json"]]
    return written(parts)


def written(parts: Iterable[list[str]]) -> str:
    """Write a command with one flag a line."""
    return " \\\n  ".join(shlex.join(part) for part in parts)


def files_of(dataset: Dataset) -> list[str]:
    """Name the files, to be run where they lie: a file of the mounted folder, or one of several folders, by its place.

    Examples
    --------
    >>> from pathlib import Path
    >>> two = (Path("/runs/a/rows.csv"), Path("/runs/b/rows.csv"))
    >>> files_of(Dataset(name="a + b", title="a + b", origin="launch", paths=two, models=("a", "b")))
    ['--model', 'a=a/rows.csv', '--model', 'b=b/rows.csv']
    """
    if dataset.origin == "folder":
        names = [dataset.name]
    elif dataset.origin == "upload" or len({path.parent for path in dataset.paths}) == 1:
        names = [path.name for path in dataset.paths]
    else:
        shared = Path(os.path.commonpath([path.parent for path in dataset.paths]))
        names = [path.relative_to(shared).as_posix() for path in dataset.paths]
    if not dataset.models:
        return names
    return [word for model, name in zip(dataset.models, names, strict=True) for word in ("--model", f"{model}={name}")]  # fmt: skip


def _roles(predictions: mc.Predictions, name: str) -> list[tuple[str, str]]:
    """Write the roles that a decision depends on."""
    roles, model = predictions.roles, predictions.model(name)
    score = str(model.y_score)
    in_rows = roles.model_column is not None
    flags = [
        ("--task", "binary"),
        ("--y-true", roles.y_true),
        ("--y-score", score if in_rows or name == score else f"{name}={score}"),
        ("--score-kind", model.score_kind or roles.score_kind),
        ("--pos-label", str(roles.pos_label)),
    ]
    if in_rows and roles.model_column in predictions.source.names:
        flags.append(("--model-column", str(roles.model_column)))
    if roles.weight is not None:
        flags += [("--weight", roles.weight), ("--weight-kind", roles.weight_kind)]
    named = ((role, getattr(roles, role)) for role in _OF_ONE_COLUMN)
    return flags + [(f"--{role}", column) for role, column in named if column is not None]


def _plan(answer: state.Answer) -> list[tuple[str, str]]:
    """Write the plan as flags."""
    settings = answer.plan.settings(report=answer.plan.report_on is not None)
    flags: list[tuple[str, str]] = []
    for name in ("maximize", "minimize", *state.PRICES):
        if settings.get(name) is not None:
            flags.append((_flag(name), str(settings[name])))
    flags += [("--subject-to", text) for text in settings["subject_to"]]
    flags += _given(settings, "capacity", "prevalence", "select_on", "report_on")
    flags += [("--certify", text) for text in settings["certify"]]
    return flags + (_given(settings, "confidence") if settings["certify"] else [])


def _given(settings: dict[str, Any], *names: str) -> list[tuple[str, str]]:
    """Write the settings that are not left open."""
    return [(_flag(name), str(settings[name])) for name in names if settings[name] is not None]


def _flag(name: str) -> str:
    """Write a setting as a flag."""
    return f"--{name.replace('_', '-')}"
