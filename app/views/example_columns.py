"""The columns of the examples: what was computed for a row first, then what its role says, then the rest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from app.palette import OUTCOME_NAMES
from app.state.annotations import Annotated
from metrics_core.cases import OUTCOMES, BinaryCases, Cases, ClassCases, IntArray
from metrics_core.number_cases import NumberCases
from metrics_core.predictions import Predictions
from metrics_core.roles import Model

Content = Literal[
    "row", "outcome", "truth", "predicted", "residual", "score", "loss", "of_decision", "of_truth",
    "picture", "text", "link", "role", "other", "proba", "tags", "note", "assigned",
]  # fmt: skip

#: What people wrote about a row, and what its column is called.
WRITTEN: dict[Content, str] = {"tags": "Tags", "note": "Notes", "assigned": "Assigned to"}
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
        What it holds: something computed, a picture, free text, an address on the web, another role, the probability of
        a class, or any other column of the file.
    source : str, optional
        The column of the file it is read from; None when it is computed.
    """

    name: str
    content: Content
    source: str | None = None


def example_columns(
    predictions: Predictions,
    model: Model,
    pictures: frozenset[str] = frozenset(),
    written: Collection[Content] = (),
) -> tuple[ExampleColumn, ...]:
    """Return every column that can be shown, in order; ``pictures`` are columns found to hold pictures.

    What people wrote about rows stands before the truth, as far as it is in ``written``.

    What is known of the row comes first, then pictures and texts, then the other roles, then the rest. A file's column
    keeps its name; a computed one gives way when the file has a column of its name. With many classes the columns of
    their probabilities come last, because the row itself shows the highest of them.
    """
    roles, source = predictions.roles, predictions.source

    def computed(name: str, content: Content) -> ExampleColumn:
        return ExampleColumn(_not_taken(name, source.names), content)

    judged = _of_two if roles.task == "binary" else _of_numbers if roles.of_numbers else _of_many
    columns = judged(predictions, model, computed)
    at = next(i for i, column in enumerate(columns) if column.content == "truth")
    columns[at:at] = [computed(name, content) for content, name in WRITTEN.items() if content in written]
    last = [] if roles.task == "binary" else [column for _, column in model.proba]
    taken = {*(column.source for column in columns), *last}

    def add(content: Content, names: Iterable[str | None]) -> None:
        for name in names:
            if name is not None and name not in taken:
                taken.add(name)
                columns.append(ExampleColumn(name, content, name))

    add("picture", (*roles.image, *(name for name in source.names if name in pictures)))
    add("text", roles.text)
    add("role", (model.y_pred, roles.id, *roles.series, roles.time, roles.origin, roles.horizon, roles.amount, *roles.slices))  # fmt: skip
    add("link", roles.link)
    add("other", source.names)
    return (*columns, *(ExampleColumn(n, "proba", n) for n in last))


def _of_two(
    predictions: Predictions, model: Model, computed: Callable[[str, Content], ExampleColumn]
) -> list[ExampleColumn]:
    """What is known of a row of two classes."""
    y_true = predictions.roles.y_true
    columns = [computed("Row", "row"), computed("Outcome", "outcome"), ExampleColumn(y_true, "truth", y_true),
               computed("Predicted", "predicted")]  # fmt: skip
    if model.y_score:  # without one the loss would only repeat the outcome
        columns.append(_score(predictions, model, model.y_score))
        columns.append(computed("Loss", "loss"))
    return columns


def _of_numbers(
    predictions: Predictions, model: Model, computed: Callable[[str, Content], ExampleColumn]
) -> list[ExampleColumn]:
    """What is known of a row of predicted numbers."""
    y_true, y_pred = predictions.roles.y_true, model.y_pred or ""
    return [computed("Row", "row"), ExampleColumn(y_true, "truth", y_true), ExampleColumn(y_pred, "predicted", y_pred),
            computed("Error", "residual")]  # fmt: skip


def _of_many(
    predictions: Predictions, model: Model, computed: Callable[[str, Content], ExampleColumn]
) -> list[ExampleColumn]:
    """What is known of a row of many classes."""
    y_true = predictions.roles.y_true
    columns = [computed("Row", "row"), ExampleColumn(y_true, "truth", y_true)]
    columns.append(
        ExampleColumn(model.y_pred, "predicted", model.y_pred)
        if model.y_pred
        else computed("Predicted", "predicted")
    )
    if model.proba:
        columns += [computed("P(predicted)", "of_decision"), computed("P(true)", "of_truth")]
    return columns


def _score(predictions: Predictions, model: Model, name: str) -> ExampleColumn:
    """Show the score as the file has it, or as the probability that is compared with the threshold."""
    raw = model.score_kind not in ("percent", "logit") and predictions.source.kind(name) == "number"
    if raw:
        return ExampleColumn(name, "score", name)
    return ExampleColumn(_not_taken(f"{name} as probability", predictions.source.names), "score")


def _not_taken(name: str, taken: Collection[str]) -> str:
    """Call a computed column so that no column of the file has the same name."""
    while name in taken:
        name += " (computed)"
    return name


def example_table(
    predictions: Predictions,
    cases: Cases,
    threshold: float | None,
    chosen: IntArray,
    columns: tuple[ExampleColumn, ...],
    annotated: Annotated | None = None,
) -> pa.Table:
    """Read the chosen cases: only their rows and only these columns.

    Parameters
    ----------
    predictions : Predictions
    cases : Cases
    threshold : float, optional
    chosen : (m,) int64
        Indices into the cases, in the order wanted.
    columns : tuple of ExampleColumn
    annotated : Annotated, optional
        What people wrote about the rows; only their columns need it.

    Returns
    -------
    pyarrow.Table
    """
    names = [column.source for column in columns if column.source is not None]
    read = predictions.source.rows(cases.rows[chosen], names) if names else None
    arrays = [
        _written(column.content, annotated, cases.rows[chosen])
        if column.content in WRITTEN
        else _computed(column.content, predictions, cases, threshold, chosen)
        if column.source is None or read is None
        else read.column(column.source)
        for column in columns
    ]
    return pa.Table.from_arrays(arrays, names=[column.name for column in columns])


def _computed(
    content: Content, predictions: Predictions, cases: Cases, threshold: float | None, chosen: IntArray
) -> Any:
    """Compute one column for the chosen cases."""
    if content == "row":
        return pa.array(cases.rows[chosen] + 1)
    if isinstance(cases, NumberCases):
        return pa.array(cases.residual[chosen])
    if isinstance(cases, ClassCases):
        return _computed_of_many(content, cases, chosen)
    assert isinstance(cases, BinaryCases)  # there are these two tasks
    if content == "score" and cases.score is not None:
        return pa.array(cases.score[chosen])
    if content == "loss":
        return pa.array(cases.wrongness(threshold)[chosen])
    code = cases.outcome(threshold)[chosen]
    if content == "outcome":
        return pa.array(np.asarray(OUTCOME_OF_A_ROW)[code])
    negative, positive = predictions.labels
    return pa.array(np.where(code <= 1, positive, negative))


def _computed_of_many(content: Content, cases: ClassCases, chosen: IntArray) -> Any:
    """Compute one column of cases of many classes."""
    if content == "predicted" or cases.probabilities is None:
        return pa.array(np.asarray(cases.labels, dtype=object)[cases.predicted[chosen]], pa.string())
    code = cases.truth if content == "of_truth" else cases.predicted
    return pa.array(cases.probabilities[chosen, code[chosen]])


def _written(content: Content, annotated: Annotated | None, rows: IntArray) -> Any:
    """Return what people wrote about rows: lists of tags, or texts."""
    if annotated is None:
        raise ValueError("a column of what people wrote needs what they wrote")
    positions = rows.tolist()
    if content == "tags":
        return pa.array([annotated.names(row) for row in positions], pa.list_(pa.string()))
    texts = [
        " · ".join(annotated.notes(row)) if content == "note" else annotated.assigned(row)
        for row in positions
    ]
    return pa.array(texts, pa.string())


def tags_as_text(table: pa.Table, columns: tuple[ExampleColumn, ...]) -> pa.Table:
    """Write the tags of a table of examples as one text a row, for files without lists."""
    for i, column in enumerate(columns):
        if column.content == "tags":
            texts = ["; ".join(names or ()) or None for names in table.column(i).to_pylist()]
            table = table.set_column(i, column.name, pa.array(texts, pa.string()))
    return table
