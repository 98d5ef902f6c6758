"""The way to the rows of a cell that one model puts there, and to those that it alone puts there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import streamlit as st

from app import state
from app.views.gate import Shown
from metrics_core.errors import DataError
from metrics_core.evaluation import ModelEvaluation
from metrics_core.filters import Filter, all_of, parse
from metrics_core.filters.tree import write_name, write_value
from metrics_core.matrix_difference import MatrixDifference, placed

# Outcome of each cell of two classes, positive first.
_CODES = (("tp", "fn"), ("fp", "tn"))


def to_rows_of(
    shown: Shown,
    model: ModelEvaluation,
    i: int,
    j: int,
    found: MatrixDifference,
    condition: Filter | None = None,
) -> None:
    """Go to the rows that a model puts into a cell, narrowed by a condition.

    Parameters
    ----------
    shown : Shown
    model : ModelEvaluation
    i, j : int
        Row and column of the cell.
    found : MatrixDifference
    condition : Filter, optional
    """
    fields: dict[str, object] = {"model": model.model, "true": "", "predicted": "", "rows": ""}
    if shown.many:
        labels = shown.predictions.labels
        fields |= {"true": labels[found.codes[i]], "predicted": labels[found.codes[j]]}
    else:
        fields["rows"] = _CODES[i][j]
    if condition is not None:
        narrowed = all_of([*(shown.where.terms() if shown.where else ()), condition])
        assert narrowed is not None  # there is at least one
        fields["where"] = narrowed.text
        if model.threshold is not None:
            fields["threshold"] = model.threshold  # a default would follow the rows of the filter
    state.change(**fields)
    st.switch_page("pages/examples.py", query_params=state.link())


def differing(
    shown: Shown, model: ModelEvaluation, without: ModelEvaluation, i: int, j: int, found: MatrixDifference
) -> Filter | None:
    """Return the filter that leaves of a cell only the rows that the other model does not put there.

    None where no column says what the other model decides. Whatever the filter says is tried on the rows: it counts
    only if it leaves exactly those.

    Parameters
    ----------
    shown : Shown
    model, without : ModelEvaluation
        The one whose cell it is, and the one that puts the rows elsewhere.
    i, j : int
        Row and column of the cell.
    found : MatrixDifference
    """

    def make() -> Filter | None:
        a, b = placed(model.cases, model.threshold), placed(without.cases, without.threshold)
        here = (a.true == found.codes[i]) & (a.predicted == found.codes[j])
        elsewhere = b.rows[b.predicted != found.codes[j]]
        wanted = np.intersect1d(a.rows[here], elsewhere, assume_unique=True)
        for text in _conditions(shown, without, int(found.codes[j])):
            try:
                condition = parse(text)
                mask = shown.predictions.mask(condition)
            except DataError:
                continue  # the column is of another type
            if np.array_equal(a.rows[here][mask[a.rows[here]]], wanted):
                return condition
        return None

    key = f"differing|{state.identity(shown.predictions)}|{state.view().where}|{model.model}|{model.threshold}|{without.model}|{without.threshold}|{found.codes[i]}|{found.codes[j]}"
    return state.kept(key, make)


def _conditions(shown: Shown, without: ModelEvaluation, predicted: int) -> Iterator[str]:
    """Write what may say that a model decides otherwise."""
    columns = shown.predictions.model(without.model)
    if without.threshold is not None and columns.y_score:
        yield f"{write_name(columns.y_score)} {'<' if predicted == 0 else '>='} {float(without.threshold)!r}"
    if without.threshold is None and columns.y_pred:
        labels = shown.predictions.labels
        label = labels[predicted] if shown.many else shown.two_labels[1 - predicted]
        name = write_name(columns.y_pred)
        yield f"{name} != {write_value(label)} and {name} is not missing"
        yield f"{name} != {label} and {name} is not missing"
