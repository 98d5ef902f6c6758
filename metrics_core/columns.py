"""Label, weight and group columns read into arrays, with every row that cannot be used counted by reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .cases import BoolArray, Cases
from .checks import Finding, rows_of, severity_of_share
from .errors import DataError, NeedsChoice, Option, example_rows
from .labels import Labels, fold_case, read_labels
from .roles import Model, Roles
from .source import Source
from .tally.outcomes import FloatArray

LABEL_MISSING, SCORE_MISSING, PREDICTION_MISSING, WEIGHT_MISSING = (
    "label missing",
    "score missing",
    "prediction missing",
    "weight missing",
)
#: Marks of rows in ``Sieve.code``: still used, or another model's.
_USED, _OTHERS = -1, -2


class Sieve:
    """Which rows of one model are used, and why others are not.

    Attributes
    ----------
    code : (n_rows,) int64
        Index into ``reasons``; negative for rows that are used or belong to another model.
    reasons : list of str
    n : int
        Rows of the model.
    """

    def __init__(self, n_rows: int, own: BoolArray | None) -> None:
        self.code = np.full(n_rows, _USED, dtype=np.int64)
        self.n = n_rows
        if own is not None:
            self.code[~own] = _OTHERS
            self.n = int(own.sum())
        self.reasons: list[str] = []

    def drop(self, bad: BoolArray, reason: str) -> None:
        """Leave out rows that are still used."""
        self.reasons.append(reason)
        self.code[bad & (self.code == _USED)] = len(self.reasons) - 1

    @property
    def used(self) -> NDArray[np.int64]:
        """Positions of the rows that are used."""
        return np.flatnonzero(self.code == _USED)

    @property
    def left(self) -> NDArray[np.int64]:
        """Positions of the rows of this model that are not."""
        return np.flatnonzero(self.code >= 0)

    def counts(self) -> dict[str, int]:
        """Rows left out by reason."""
        return {reason: int((self.code == i).sum()) for i, reason in enumerate(self.reasons)}


class Judge:
    """Reads the columns of one table; remembers what it found on the way. Each task has its own.

    Attributes
    ----------
    findings : list of Finding
    """

    def __init__(self, source: Source, roles: Roles, answers: Mapping[str, str]) -> None:
        self.source, self.roles, self.answers = source, roles, dict(answers)
        self.findings: list[Finding] = []
        self._truth = self._labels(roles.y_true)
        self._weight = self._weights()
        self._together = None if roles.group is None else self._groups(roles.group)

    def cases(self, model: Model) -> Cases:
        """Judge every row of a model."""
        raise NotImplementedError

    def _sieve(self, model: Model) -> Sieve:
        """Start with all rows of a model that carry a label and a weight."""
        own = None
        if model.value is not None and self.roles.model_column is not None:
            labels = read_labels(self.source.column(self.roles.model_column))
            own = labels.code == labels.names.index(model.value)
        sieve = Sieve(self.source.n_rows, own)
        sieve.drop(self._truth.code < 0, LABEL_MISSING)
        return sieve

    def _close(self, sieve: Sieve, model: Model) -> dict[str, Any]:
        """Leave out rows without a weight, report what was left out, and return the fields that all cases share."""
        if self._weight is not None:
            sieve.drop(np.isnan(self._weight), WEIGHT_MISSING)
        used = sieve.used
        if used.size == 0:
            whose = f" for model {model.name!r}" if model.value is not None else ""
            why = "; ".join(f"{reason} in {n:,}" for reason, n in sieve.counts().items() if n)
            raise DataError(f"No row of '{self.source.name}' can be used{whose}: {why} of {sieve.n:,} rows.")
        self._report_missing(sieve, model)
        left = sieve.left
        return {
            "rows": used,
            "weight": None if self._weight is None else self._weight[used],
            "dropped_rows": left,
            "dropped_code": sieve.code[left],
            "reasons": tuple(sieve.reasons),
            "frequency": self.roles.weight_kind == "frequency",
            "together": None if self._together is None else self._together[used],
        }

    def _labels(self, column: str) -> Labels:
        """Read a label column; mention blanks that were taken off."""
        if self.source.kind(column) == "other":
            raise DataError(f"Column {column!r} holds nested or binary values and cannot be a label.")
        labels = read_labels(self.source.column(column))
        if not labels.names:
            raise DataError(
                f"Column {column!r} is empty in all {self.source.n_rows:,} rows. Name another one."
            )
        if labels.n_trimmed:
            self.findings.append(Finding("labels-trimmed", "note", f"{rows_of(labels.n_trimmed, self.source.n_rows)} of {column!r} had blanks around the label; they were taken off."))  # fmt: skip
        folded = fold_case(labels)
        if folded is not labels:
            self.findings.append(Finding("labels-case", "note", f"The labels {', '.join(map(repr, labels.names))} of {column!r} differ in letter case; they were read as {' and '.join(map(repr, folded.names))}."))  # fmt: skip
        return folded

    def _weights(self) -> FloatArray | None:
        """Read the weight column; negative weights mean nothing here."""
        column = self.roles.weight
        if column is None:
            return None
        if self.roles.weight_kind not in ("sampling", "frequency"):
            raise DataError(
                f"There is no weight kind {self.roles.weight_kind!r}. There are: 'sampling', 'frequency'."
            )
        if self.source.kind(column) != "number":
            raise DataError(f"Column {column!r} (used as weight) does not hold numbers. Name another one.")
        values = numbers(self.source.column(column))
        values[~np.isfinite(values)] = np.nan
        bad = np.flatnonzero(values < 0)
        if bad.size:
            raise DataError(f"Column {column!r} (used as weight) is negative in {rows_of(bad.size, values.size)}: {example_rows(bad.tolist(), values[bad[:3]].tolist())}. Weights are 0 or more.")  # fmt: skip
        if np.isnan(values).any() and self.answers.get("weight_missing") != "drop":
            raise NeedsChoice("weight_missing", f"Column {column!r} (used as weight) is empty or infinite in {rows_of(int(np.isnan(values).sum()), values.size)}.", [Option("drop", "leave these rows out")])  # fmt: skip
        if not np.nansum(values) > 0:
            raise DataError(f"Column {column!r} (used as weight) is 0 in every row. Name another one.")
        return values

    def _groups(self, column: str) -> NDArray[np.int64]:
        """Read the column that says which rows belong together."""
        if self.source.kind(column) == "other":
            raise DataError(
                f"Column {column!r} holds nested or binary values and cannot say which rows belong together. Name another one."
            )
        return rows_together(self.source.column(column))

    def _report_missing(self, sieve: Sieve, model: Model) -> None:
        """Make a finding of every reason for which rows were left out for want of a value."""
        columns = {
            LABEL_MISSING: self.roles.y_true,
            SCORE_MISSING: model.y_score,
            PREDICTION_MISSING: model.y_pred,
            WEIGHT_MISSING: self.roles.weight,
        }
        for i, reason in enumerate(sieve.reasons):
            at = np.flatnonzero(sieve.code == i)
            if at.size and reason in columns:
                first = ", ".join(f"{p + 1:,}" for p in at[:3])
                whose = f" of model {model.name!r}" if model.value is not None else ""
                self._note_once(Finding(reason.replace(" ", "-"), severity_of_share(at.size, sieve.n),
                                        f"Column {columns[reason]!r} is empty in {rows_of(at.size, sieve.n)}{whose} (row {first}{', ...' if at.size > 3 else ''}); they were left out.",
                                        "Numbers hold for the rows that have a value; find out why these have none."))  # fmt: skip

    def _note_once(self, finding: Finding) -> None:
        """Keep a finding unless the same one was made for another model."""
        if finding not in self.findings:
            self.findings.append(finding)


def rows_together(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Number the rows by the value of a column; a row without a value belongs to no other.

    Examples
    --------
    >>> rows_together(pa.chunked_array([["a", None, "b", "a", None]])).tolist()
    [0, 2, 1, 0, 3]
    """
    if pa.types.is_null(column.type):
        return np.arange(len(column))
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    encoded = pa.chunked_array([column.combine_chunks()]).dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    missing = encoded.indices.is_null().to_numpy(zero_copy_only=False)
    code = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    code[missing] = len(encoded.dictionary) + np.arange(int(missing.sum()))
    return np.asarray(code)


def numbers(column: pa.ChunkedArray) -> FloatArray:
    """Return a number column as float64 with NaN where it is empty."""
    return np.array(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=np.float64)
