"""The columns of the examples: what was computed for a row first, then what its role says, then the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from app.palette import OUTCOME_NAMES
from metrics_core.cases import OUTCOMES, BinaryCases, IntArray
from metrics_core.predictions import Predictions
from metrics_core.roles import Model

Content = Literal["row", "outcome", "truth", "predicted", "score", "loss", "role", "other"]

#: One row's outcome in words, by code.
OUTCOME_OF_A_ROW = tuple(OUTCOME_NAMES[code].removesuffix("s") for code in OUTCOMES)


@dataclass(frozen=True)
class ExampleColumn:
    """One column of the examples.

    Attributes
    ----------
    name : str
        Its heading, used once.
    content : str
        What it holds: something computed, a role, or any other column of the file.
    source : str, optional
        The column of the file it is read from; None when it is computed.
    """

    name: str
    content: Content
    source: str | None = None


def example_columns(predictions: Predictions, model: Model) -> tuple[ExampleColumn, ...]:
    """Return every column that can be shown, in order.

    A file's column keeps its name; a computed one gives way when the file has a column of its name.
    """
    roles, source = predictions.roles, predictions.source

    def computed(name: str, content: Content) -> ExampleColumn:
        return ExampleColumn(name if name not in source.names else f"{name} (computed)", content)

    columns = [computed("Row", "row"), computed("Outcome", "outcome"), ExampleColumn(roles.y_true, "truth", roles.y_true),
               computed("Predicted", "predicted")]  # fmt: skip
    if model.y_score:
        columns.append(_score(predictions, model.y_score))
    columns.append(computed("Loss", "loss"))
    taken = {column.source for column in columns}
    named = [*(m for m in (model.y_pred, roles.id, roles.time, roles.amount) if m), *roles.slices]
    columns += [ExampleColumn(n, "role", n) for n in dict.fromkeys(named) if n not in taken]
    taken = {column.source for column in columns}
    return (*columns, *(ExampleColumn(n, "other", n) for n in source.names if n not in taken))


def _score(predictions: Predictions, name: str) -> ExampleColumn:
    """Show the score as the file has it, or as the probability that is compared with the threshold."""
    raw = (
        predictions.roles.score_kind not in ("percent", "logit") and predictions.source.kind(name) == "number"
    )
    return ExampleColumn(name, "score", name) if raw else ExampleColumn(f"{name} as probability", "score")


def example_table(
    predictions: Predictions,
    cases: BinaryCases,
    threshold: float | None,
    chosen: IntArray,
    columns: tuple[ExampleColumn, ...],
) -> pa.Table:
    """Read the chosen cases: only their rows and only these columns.

    Parameters
    ----------
    predictions : Predictions
    cases : BinaryCases
    threshold : float, optional
    chosen : (m,) int64
        Indices into the cases, in the order wanted.
    columns : tuple of ExampleColumn

    Returns
    -------
    pyarrow.Table
    """
    names = [column.source for column in columns if column.source is not None]
    read = predictions.source.rows(cases.rows[chosen], names) if names else None
    arrays = [
        _computed(column.content, predictions, cases, threshold, chosen)
        if column.source is None or read is None
        else read.column(column.source)
        for column in columns
    ]
    return pa.Table.from_arrays(arrays, names=[column.name for column in columns])


def _computed(
    content: Content, predictions: Predictions, cases: BinaryCases, threshold: float | None, chosen: IntArray
) -> Any:
    """Compute one column for the chosen cases."""
    if content == "row":
        return pa.array(cases.rows[chosen] + 1)
    if content == "score" and cases.score is not None:
        return pa.array(cases.score[chosen])
    if content == "loss":
        return pa.array(cases.wrongness(threshold)[chosen])
    code = cases.outcome(threshold)[chosen]
    if content == "outcome":
        return pa.array(np.asarray(OUTCOME_OF_A_ROW)[code])
    negative, positive = predictions.labels
    return pa.array(np.where(code <= 1, positive, negative))
