"""Tables of costs as people hand them in: a file, a frame, a mapping or nested lists to one matrix."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, did_you_mean
from ..reading.texts import as_utf8
from ..tally.outcomes import FloatArray

_DELIMITERS = (",", ";", "\t", "|")
#: A table: what a cell costs by true and by predicted class, as it was written.
Cells = dict[str, dict[str, Any]]


def matrix_of(data: Any, labels: Sequence[str]) -> FloatArray:
    """Read a table of costs in the order of the labels.

    Parameters
    ----------
    data : path, frame, mapping or nested list
    labels : sequence of K str

    Returns
    -------
    (K, K) float64
        NaN where a cell is empty.

    Raises
    ------
    DataError
        If the table cannot be read, a class is missing, unknown or there twice, or a cell is no number.
    """
    if isinstance(data, str | Path):
        return _in_order(_of_file(Path(data), labels), labels)
    if isinstance(data, Mapping):
        return _in_order(_of_mapping(data), labels)
    if isinstance(data, np.ndarray) or (isinstance(data, Sequence) and not isinstance(data, bytes)):
        return _of_numbers(data, labels)
    return _in_order(_of_frame(data), labels)


def checked_matrix(matrix: FloatArray, labels: Sequence[str]) -> FloatArray:
    """Make sure that every cost is a finite number and that they tell decisions apart.

    Parameters
    ----------
    matrix : (K, K) float64
    labels : sequence of K str

    Raises
    ------
    DataError
        If one is not, or whatever is predicted costs the same.
    """
    bad = np.argwhere(~np.isfinite(matrix))
    if bad.size:
        shown = ", ".join(f"true {labels[i]!r} predicted {labels[j]!r}" for i, j in bad[:3].tolist())
        raise DataError(f"{len(bad):,} of {matrix.size:,} costs are missing or infinite: {shown}. Give each a number; 0 where nothing is lost.")  # fmt: skip
    if (matrix == matrix[:, :1]).all():
        raise DataError("Whatever is predicted costs the same, so no decision is better than another. Give mistakes a cost.")  # fmt: skip
    return matrix


def _of_numbers(data: Any, labels: Sequence[str]) -> FloatArray:
    """Read K rows of K numbers."""
    k = len(labels)
    try:
        matrix = np.array(data, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"The costs are no table of {k} x {k} numbers: rows differ in length, or a cell is no number.") from None  # fmt: skip
    if matrix.shape != (k, k):
        shape = " x ".join(map(str, matrix.shape))
        raise DataError(f"The costs are {shape} numbers, and {k} classes need {k} x {k}: one row a true class and one column a predicted one, in the order {_listed(labels)}.")  # fmt: skip
    return matrix


def _of_mapping(data: Mapping[Any, Any]) -> Cells:
    """Read costs by true and then by predicted class; a right decision that is not named costs nothing."""
    cells: Cells = {}
    for true, row in data.items():
        if not isinstance(row, Mapping):
            raise DataError(f"The costs of true class {_name(true)!r} are {row!r}. Give them by predicted class: {{true: {{predicted: cost}}}}.")  # fmt: skip
        named = [(_name(predicted), cost) for predicted, cost in row.items()]
        cells[_new(_name(true), cells)] = _row([label for label, _ in named], [cost for _, cost in named])
    return {true: {true: 0.0} | row for true, row in cells.items()}


def _of_frame(data: Any) -> Cells:
    """Read a frame: the true class in its first column or its index."""
    import narwhals as nw

    try:
        frame = nw.from_native(data, eager_only=True)
    except TypeError:
        raise DataError(f"Costs are a CSV file, a pandas, polars or pyarrow table, a mapping or nested lists, not {type(data).__name__}.") from None  # fmt: skip
    names = [_name(column) for column in frame.columns]
    index = nw.maybe_get_index(frame)
    rows = frame.rows()
    if index is not None and len(names) == len(rows):
        return _table(names, ((true, row) for true, row in zip(index, rows, strict=True)))
    return _table(names[1:], ((row[0], row[1:]) for row in rows))


def _of_file(path: Path, labels: Sequence[str]) -> Cells:
    """Read a delimited file whose first line names the predicted classes."""
    if not path.is_file():
        raise DataError(f"There is no file '{path}' with costs.")
    with as_utf8(path, path.name) as (text, _):
        lines = text.read_text(encoding="utf-8-sig").splitlines()
    lines = [line for line in lines if line.strip()]
    if not lines:
        raise DataError(f"'{path.name}' is empty. Its first line names the predicted classes, each further line is a true class with its costs.")  # fmt: skip
    wide = {mark: len(next(csv.reader(lines[:1], delimiter=mark))) for mark in _DELIMITERS}
    mark = max(_DELIMITERS, key=lambda m: (wide[m] == len(labels) + 1, wide[m]))
    header, *rows = csv.reader(lines, delimiter=mark)
    for i, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise DataError(f"Line {i} of '{path.name}' has {len(row)} cells, and the first line has {len(header)}.")  # fmt: skip
    comma = mark != ","  # then 0,5 is a number
    return _table(header[1:], ((row[0], [c.replace(",", ".") if comma else c for c in row[1:]]) for row in rows))  # fmt: skip


def _table(predicted: Sequence[Any], rows: Iterable[tuple[Any, Sequence[Any]]]) -> Cells:
    """Name the cells of a table."""
    names = [_name(label) for label in predicted]
    cells: Cells = {}
    for true, row in rows:
        cells[_new(_name(true), cells)] = _row(names, row)
    return cells


def _row(predicted: Sequence[str], costs: Sequence[Any]) -> dict[str, Any]:
    """Name the cells of one row."""
    row: dict[str, Any] = {}
    for label, cost in zip(predicted, costs, strict=True):
        row[_new(label, row)] = cost
    return row


def _new(label: str, known: Mapping[str, Any]) -> str:
    """Refuse a class that is there twice."""
    if label in known:
        raise DataError(f"Class {label!r} is there twice in the table of costs. Keep one.")
    return label


def _in_order(cells: Cells, labels: Sequence[str]) -> FloatArray:
    """Put the cells in the order of the labels."""
    predicted = {label for row in cells.values() for label in row}
    for side, known in (("true", set(cells)), ("predicted", predicted)):
        missing, strange = [x for x in labels if x not in known], sorted(known - set(labels))
        if strange:
            hint = did_you_mean(strange[0], missing or labels)
            raise DataError(f"The table of costs has the {side} class {strange[0]!r}, which the predictions do not have. {hint}")  # fmt: skip
        if missing:
            raise DataError(f"The table of costs lacks {len(missing)} of {len(labels)} {side} classes: {_listed(missing)}. Add them.")  # fmt: skip
    return np.array([[_number(cells[t].get(p), t, p) for p in labels] for t in labels]).reshape(len(labels), -1)  # fmt: skip


def _number(cell: Any, true: str, predicted: str) -> float:
    """Read one cost; NaN for an empty cell."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return float("nan")
    try:
        return float(cell)
    except (TypeError, ValueError):
        raise DataError(f"The cost of true {true!r} predicted {predicted!r} is {cell!r}, which is no number.") from None  # fmt: skip


def _name(label: Any) -> str:
    """Write a class as predictions have it: whole numbers without a point."""
    if isinstance(label, float | np.floating) and float(label).is_integer():
        return str(int(label))
    return str(label).strip()


def _listed(labels: Sequence[str]) -> str:
    """Name a few classes."""
    more = f" and {len(labels) - 6:,} more" if len(labels) > 6 else ""
    return ", ".join(map(repr, labels[:6])) + more
