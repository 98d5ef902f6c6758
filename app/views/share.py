"""The view as a link, and as the command that gives the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

import metrics_core as mc
from app import numbers, remembered, state
from app.datasets import Dataset
from app.flags import role_flags, words_of
from app.views.command_line import files_of, written

# What a class against the rest says by itself.
_OF_CLASSES = ("task", "pos_label")
# Roles no number depends on.
_NO_NUMBER = ("id", "slices", "text", "image", "link")


def share(predictions: mc.Predictions) -> None:
    """Offer the link of the page, and the command line that computes its numbers.

    Parameters
    ----------
    predictions : Predictions
        Those shown: all rows, of all classes or of one against the rest.
    """
    view = state.view()
    dataset = state.datasets()[view.data]
    roles = named_roles(state.roles_of(dataset), dataset, view)
    with st.popover("Share", icon=":material/share:", type="tertiary", key="share"):
        if dataset.origin == "upload":
            st.caption("An uploaded file is private to your session: a link to it opens for nobody else.")
        else:
            st.caption("The link shows this page to everybody who reaches this server:")
            st.code(_address(), language=None, width=520, wrap_lines=True)
        st.caption(f"Its metrics on the command line, run {_where(dataset)}:")
        st.code(metrics_command(dataset, roles, view, predictions.roles.task), language="bash", width=520)
        also = _remembered_besides(dataset, roles, predictions)
        if also:
            st.caption(f"{remembered.FILE} beside the file remembers more, which the command would take too and this page does not: {also}.")  # fmt: skip


def metrics_command(dataset: Dataset, roles: Mapping[str, Any], view: state.View, task: str) -> str:
    """Write the ``faultline metrics`` command of a view.

    Parameters
    ----------
    dataset : Dataset
    roles : mapping
        From ``named_roles``.
    view : View
    task : str
        Of what is shown; many classes together have no threshold.
    """
    parts = [["faultline", "metrics", *files_of(dataset)]]
    parts += [words_of(flag, value) for flag, value in role_flags(roles)]
    if task == "binary" and view.threshold is not None:
        parts.append(words_of("--threshold", repr(view.threshold)))
    if view.where:
        parts.append(words_of("--filter", view.where))
    if view.exact:
        parts.append(["--exact"])
    return written([*parts, ["--ci"]])


def slices_command(asked: Mapping[str, Any], threshold: float | None, model: str) -> str:
    """Write the ``faultline slices`` command of the search that the view shows.

    Parameters
    ----------
    asked : mapping
        Arguments of ``metrics_core.slices.discover``.
    threshold : float, optional
        In force.
    model : str
        Empty where there is only one.
    """
    view = state.view()
    dataset = state.datasets()[view.data]
    roles = named_roles(state.roles_of(dataset), dataset, view)
    columns = asked.get("columns")
    parts = [["faultline", "slices", *files_of(dataset)]]
    parts += [
        words_of(flag, value) for flag, value in role_flags({**roles, **({"slices": ()} if columns else {})})
    ]
    parts += [words_of("--slice", column) for column in columns or ()]
    parts += [words_of(f"--{name.replace('_', '-')}", str(asked[name])) for name in ("loss", "depth", "min_support", "limit", "score", "correction", "confirm")
              if asked.get(name)]  # fmt: skip
    if model:
        parts.append(words_of("--model", model))
    if threshold is not None:
        parts.append(words_of("--threshold", repr(threshold)))
    if view.where:
        parts.append(words_of("--filter", view.where))
    return written(parts)


def named_roles(in_force: Mapping[str, Any], dataset: Dataset, view: state.View) -> dict[str, Any]:
    """Return the roles a command has to name; what is guessed here is guessed there.

    Parameters
    ----------
    in_force : mapping
        Keyword arguments for ``metrics_core.read``; None takes away what the data set came with.
    dataset : Dataset
        With a file for each model the column of models is made on reading.
    view : View
        With a class the file is read as that class against the rest.

    Examples
    --------
    >>> one = Dataset(name="a.csv", title="a.csv", origin="upload")
    >>> named_roles({"task": "multiclass", "y_true": "y"}, one, state.View(label="cat"))
    {'y_true': 'y', 'task': 'binary', 'pos_label': 'cat'}
    """
    roles = {role: value for role, value in in_force.items() if value is not None}
    if dataset.models:
        roles.pop("model_column", None)
    if not view.label:
        return roles
    of_one = {role: value for role, value in roles.items() if role not in _OF_CLASSES}
    answers = {id: answer for id, answer in (of_one.pop("choose", None) or {}).items() if id not in _OF_CLASSES}  # fmt: skip
    return {**of_one, "task": "binary", "pos_label": view.label, **({"choose": answers} if answers else {})}


def _where(dataset: Dataset) -> str:
    """Say in which folder a command finds the files."""
    if dataset.origin == "folder":
        return "in the mounted folder"
    if dataset.origin in ("demo", "launched demo"):
        return "in the folder demo_data of Faultline, where the file lies"
    return "where the file lies" if len(dataset.paths) == 1 else "where the files lie"


def _remembered_besides(dataset: Dataset, roles: Mapping[str, Any], predictions: mc.Predictions) -> str:
    """List what the command would remember and this page does not: the choices were set aside here, or not written."""
    if dataset.origin not in ("launch", "folder"):
        return ""
    kept = remembered.remembered_roles(dataset.paths, dataset.models)
    taken = remembered.recall(roles, kept, set(predictions.source.names), dataset.title)[1]
    deciding = {role: value for role, value in taken.items() if role not in _NO_NUMBER}
    return numbers.plain(", ".join(f"{flag} {value}" for flag, value in role_flags(deciding)))


def _address() -> str:
    """Write the address of this page with its view."""
    bare = (st.context.url or "").partition("?")[0]
    return f"{bare}?{urlencode(state.link())}"
