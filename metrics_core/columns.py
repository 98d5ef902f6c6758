"""Label, weight and group columns read into arrays, with every row that cannot be used counted by reason."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .cases import BoolArray, Cases
from .checks import Finding, answered, percent, rows_of, severity_of_share
from .errors import DataError, Option, example_rows
from .labels import Labels, distinct_count, read_labels, settle
from .roles import Model, Roles
from .scores import read_numbers
from .source import Source
from .spelling import INVISIBLE, UNICODE, WHOLE, look_alikes
from .tally.outcomes import FloatArray

#: Why a row whose label stands beside the two classes is not used.
LABEL_LEFT_OUT = "label left out"
LABEL_MISSING, SCORE_MISSING, PREDICTION_MISSING, WEIGHT_MISSING = (
    "label missing",
    "score missing",
    "prediction missing",
    "weight missing",
)
#: Why a row of forecasts without a prediction is nothing to judge.
HISTORY = "history before the forecasts"
#: Marks of rows in ``Sieve.code``: still used, or another model's.
_USED, _OTHERS = -1, -2
#: More different labels than this are names of rows.
MAX_CLASSES = 10_000
#: Beyond these the squares of weights leave the range of a double.
_LEAST_WEIGHT, _GREATEST_WEIGHT = 1e-100, 1e100
_REPAIRED = {
    INVISIBLE: "carried characters that nobody sees; they were taken off",
    UNICODE: "wrote a letter or a blank in an unusual way; they were written in the usual one",
    WHOLE: "wrote a whole number with decimals or a plus sign; they were read as whole numbers",
}


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
    def own(self) -> BoolArray:
        """Which rows are the model's, used or not, ``(n_rows,)``."""
        return np.asarray(self.code != _OTHERS)

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


class Judge(ABC):
    """Reads the columns of one table; remembers what it found on the way. Each task has its own.

    Attributes
    ----------
    findings : list of Finding
    """

    def __init__(self, source: Source, roles: Roles, answers: Mapping[str, str]) -> None:
        self.source, self.roles, self.answers = source, roles, dict(answers)
        self.findings: list[Finding] = []
        #: Labels that the columns of probabilities bear out.
        self._known = {label for model in roles.models for label, _ in model.proba}
        self._left_out: BoolArray | None = None
        self._read: dict[str, Labels] = {}
        self._read_truth()
        self._weight = self._weights()
        self._together = None if roles.group is None else self._groups(roles.group)

    @abstractmethod
    def cases(self, model: Model) -> Cases:
        """Judge every row of a model."""

    def _read_truth(self) -> None:
        """Read the column of the truth."""
        self._truth = self._labels(self.roles.y_true)

    def _drop_without_truth(self, sieve: Sieve) -> None:
        """Leave out the rows whose truth is not known."""
        if self._left_out is not None:
            sieve.drop(self._left_out, LABEL_LEFT_OUT)
        sieve.drop(self._truth.code < 0, LABEL_MISSING)

    def _sieve(self, model: Model) -> Sieve:
        """Start with all rows of a model that carry a truth."""
        own = None
        if model.value is not None and self.roles.model_column is not None:
            labels = read_labels(self.source.column(self.roles.model_column))
            own = labels.code == labels.names.index(model.value)
        sieve = Sieve(self.source.n_rows, own)
        self._drop_without_truth(sieve)
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
        if self._weight is not None:
            self._report_weight(self._weight[used], used)
        left = sieve.left
        return {
            "rows": used,
            "weight": None if self._weight is None else self._weight[used],
            "dropped_rows": left,
            "dropped_code": sieve.code[left],
            "reasons": tuple(sieve.reasons),
            "frequency": self.roles.weight_kind == "frequency",
            "together": None if self._together is None else self._together[used],
            "together_by": "" if self.roles.group is None else repr(self.roles.group),
        }

    def _labels(self, column: str) -> Labels:
        """Read a label column once; mention what was tidied, and ask what may be no label or the same one."""
        if column in self._read:
            return self._read[column]
        if self.source.kind(column) == "other":
            raise DataError(f"Column {column!r} holds nested or binary values and cannot be a label.")
        is_truth = column == self.roles.y_true
        cells = self.source.column(column)
        n_different = distinct_count(cells)
        if n_different > 2 * MAX_CLASSES:  # before anything is done with each of them
            raise DataError(f"Column {column!r} has {n_different:,} different values, more than the {MAX_CLASSES:,} classes that can be told apart. Name another column with {'--y-true' if is_truth else '--y-pred'}.")  # fmt: skip
        labels = read_labels(cells)
        if is_truth:
            labels, findings = settle(labels, column, self.answers, self._known)
        else:  # a word that is no true label is no prediction either
            known = {*self._known, *self._truth.names}
            labels, findings = settle(
                labels, column, {"missing_label": "missing", "label_case": "apart"}, known
            )
        if not labels.names:
            raise DataError(
                f"Column {column!r} is empty in all {self.source.n_rows:,} rows. Name another one."
            )
        self._report_repairs(column, labels)
        self.findings += findings
        self._read[column] = labels
        return labels

    def _report_repairs(self, column: str, labels: Labels) -> None:
        """Mention what was tidied in labels, and labels that look the same and are not."""
        n = self.source.n_rows
        if labels.n_trimmed:
            self.findings.append(Finding("labels-trimmed", "note", f"{rows_of(labels.n_trimmed, n)} of {column!r} had blanks around the label; they were taken off."))  # fmt: skip
        for repair in labels.repairs:
            if repair.id in _REPAIRED:
                self.findings.append(Finding(repair.id, "note", f"{rows_of(repair.n, n)} of {column!r} {_REPAIRED[repair.id]}: {example_rows(repair.rows, [ascii(c)[1:-1] for c in repair.cells])}."))  # fmt: skip
        alike = look_alikes(labels.names)
        if alike:
            shown = "; ".join(
                f"{a!r} ({labels.counts[a]:,} rows) and {b!r} ({labels.counts[b]:,}): {how}"
                for a, b, how in alike[:3]
            )
            self.findings.append(Finding("labels-alike", "warning", f"Labels of {column!r} look the same and are not: {shown}. They count as different labels.", "Write them in one way if they mean the same."))  # fmt: skip

    def _weights(self) -> FloatArray | None:
        """Read the weight column; negative weights mean nothing here."""
        column = self.roles.weight
        if column is None:
            return None
        if self.roles.weight_kind not in ("sampling", "frequency"):
            raise DataError(
                f"There is no weight kind {self.roles.weight_kind!r}. There are: 'sampling', 'frequency'."
            )
        if self.source.kind(column) == "boolean":
            raise DataError(f"Column {column!r} (used as weight) does not hold numbers. Name another one.")
        found = read_numbers(self.source, column, "used as weight", "Name another one.")
        values = np.where(found.signed, found.values / 100, found.values)
        self.findings += found.findings
        values[~np.isfinite(values)] = np.nan
        if np.isnan(values).all():
            raise DataError(f"Column {column!r} (used as weight) has no number in any of its {values.size:,} rows. Name another one.")  # fmt: skip
        bad = np.flatnonzero(values < 0)
        if bad.size:
            raise DataError(f"Column {column!r} (used as weight) is negative in {rows_of(bad.size, values.size)}: {example_rows(bad.tolist(), values[bad[:3]].tolist())}. Weights are 0 or more.")  # fmt: skip
        if not np.nansum(np.fmin(values, 1.0)) > 0:
            raise DataError(f"Column {column!r} (used as weight) is 0 in every row. Name another one.")
        if not _LEAST_WEIGHT <= np.nanmax(values) <= _GREATEST_WEIGHT:
            raise DataError(f"The greatest weight in column {column!r} is {np.nanmax(values):.3g}, too {'small' if np.nanmax(values) < 1 else 'large'} to be summed. Scale the weights.")  # fmt: skip
        return self._filled(values, bool(found.garbled.any()))

    def _filled(self, values: FloatArray, garbled: bool) -> FloatArray:
        """Ask what rows without a weight count; leave NaN where they are to be left out."""
        column, missing = self.roles.weight, np.isnan(values)
        at = np.flatnonzero(missing)
        if at.size:
            what = "empty, infinite or no number" if garbled else "empty or infinite"
            said = f"Column {column!r} (used as weight) is {what} in {rows_of(at.size, values.size)}"
            mean = float(values[~missing].mean())
            options = [Option("drop", "leave these rows out"), Option("one", f"count each of them once; the others count {mean:.4g} on average")]  # fmt: skip
            if answered(self.answers, "weight_missing", f"{said}.", options) == "one":
                first = ", ".join(f"{p + 1:,}" for p in at[:3])
                self.findings.append(Finding("weight-missing", severity_of_share(at.size, values.size), f"{said} (row {first}{', ...' if at.size > 3 else ''}); they count once."))  # fmt: skip
                values = np.where(missing, 1.0, values)
        if self.roles.weight_kind == "frequency":
            part = np.flatnonzero(values != np.round(values))
            part = part[~np.isnan(values[part])]
            if part.size:
                self.findings.append(Finding("weight-not-whole", "warning", f"Column {column!r} says how many rows a row stands for, but is no whole number in {rows_of(part.size, values.size)}: {example_rows(part.tolist(), values[part[:3]].tolist())}.", "Say --weight-kind sampling if these are sampling weights."))  # fmt: skip
        return values

    def _report_weight(self, weight: FloatArray, rows: NDArray[np.int64]) -> None:
        """Say when one row outweighs all others; as a frequency that is nothing unusual."""
        total = float(weight.sum())
        if not total > 0:
            raise DataError(f"Column {self.roles.weight!r} (used as weight) is 0 in each of the {weight.size:,} rows that can be used. Name another one.")  # fmt: skip
        heaviest = int(weight.argmax())
        if self.roles.weight_kind == "sampling" and weight.size > 1 and weight[heaviest] > total / 2:
            effective = total**2 / float((weight**2).sum())
            self._note_once(Finding("weight-extreme", "warning", f"Row {rows[heaviest] + 1:,} carries {percent(float(weight[heaviest]), total)} of the weight of all {weight.size:,} rows ({weight[heaviest]:.6g} of {total:.6g} in {self.roles.weight!r}): they count like {effective:.1f} rows.", "Check this weight, or trim it."))  # fmt: skip

    def _groups(self, column: str) -> NDArray[np.int64]:
        """Read the column that says which rows belong together."""
        if self.source.kind(column) == "other":
            raise DataError(
                f"Column {column!r} holds nested or binary values and cannot say which rows belong together. Name another one."
            )
        cells = self.source.column(column)
        code = rows_together(cells)
        self._report_groups(column, code)
        return code

    def _report_groups(self, column: str, code: NDArray[np.int64]) -> None:
        """Say when groups change nothing, or leave nothing to draw from."""
        n, n_groups = code.size, int(np.count_nonzero(np.bincount(code)))
        missing = np.flatnonzero(_is_empty(self.source.column(column)))
        if missing.size:
            first = ", ".join(f"{p + 1:,}" for p in missing[:3])
            self.findings.append(Finding("group-missing", severity_of_share(missing.size, n), f"Column {column!r} (used as group) is empty in {rows_of(missing.size, n)} (row {first}{', ...' if missing.size > 3 else ''}); each of them is a group of its own.", "Fill the column if these rows belong to others."))  # fmt: skip
        if n_groups == n > 1:
            self.findings.append(Finding("group-each-row", "note", f"Every one of the {n:,} rows is a group of its own in {column!r}, so grouping changes nothing.", "Name the column that rows share, or none."))  # fmt: skip
        if n_groups == 1 < n:
            self.findings.append(Finding("group-one", "warning", f"All {n:,} rows belong to one group in {column!r}, so there is nothing that intervals could draw again.", "Name another column, or none."))  # fmt: skip

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
                self._note_once(Finding(reason.replace(" ", "-"), severity_of_share(at.size, sieve.n),
                                        f"Column {columns[reason]!r} is empty in {rows_of(at.size, sieve.n)}{self._whose(model)} (row {first}{', ...' if at.size > 3 else ''}); they were left out.",
                                        "Numbers hold for the rows that have a value; find out why these have none."))  # fmt: skip

    @staticmethod
    def _whose(model: Model) -> str:
        """Name the model where several share the columns."""
        return f" of model {model.name!r}" if model.value is not None else ""

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
    column = pc.if_else(_is_empty(column), pa.scalar(None, column.type), column)
    encoded = pa.chunked_array([column.combine_chunks()]).dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    missing = encoded.indices.is_null().to_numpy(zero_copy_only=False)
    code = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    code[missing] = len(encoded.dictionary) + np.arange(int(missing.sum()))
    return np.asarray(code)


def _is_empty(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Tell which cells are empty, blank or not a number."""
    nothing = pc.is_null(column, nan_is_null=pa.types.is_floating(column.type))
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        nothing = pc.or_kleene(nothing, pc.equal(pc.utf8_trim_whitespace(column), ""))
    return np.asarray(nothing.to_numpy(), dtype=bool)


def numbers(column: pa.ChunkedArray) -> FloatArray:
    """Return a number column as float64 with NaN where it is empty."""
    return np.array(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=np.float64)
