"""Label, score and weight columns read into arrays, with every row that cannot be used counted by reason."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .cases import BoolArray, Cases
from .checks import Finding, percent, rows_of, severity_of_share
from .errors import DataError, NeedsChoice, Option, did_you_mean, example_rows
from .labels import Labels, fold_case, positive_of, read_labels, silent_pair
from .roles import NAMED, Model, Roles
from .scores import read_scores
from .source import Source
from .tally.outcomes import FloatArray

_LABEL, _SCORE, _PREDICTION, _WEIGHT = (
    "label missing",
    "score missing",
    "prediction missing",
    "weight missing",
)
_UNKNOWN = "prediction unknown"


class Judge:
    """Reads the columns of one table; remembers what it found on the way.

    Attributes
    ----------
    positive, negative : str
        The two labels.
    why_positive : str
    kind : str
        What the scores are, once read.
    findings : list of Finding
    """

    def __init__(self, source: Source, roles: Roles, *, pos_label: str | None, score_kind: str | None, answers: Mapping[str, str]) -> None:  # fmt: skip
        self.source, self.roles, self.answers = source, roles, dict(answers)
        self.findings: list[Finding] = []
        self._asked_kind = score_kind or self.answers.get("score_kind") or ""
        self.kind = self._asked_kind
        self._truth = self._labels(roles.y_true)
        predicted = [self._labels(m.y_pred) for m in roles.models if m.y_pred]
        self.positive, self.negative, self.why_positive = self._classes(
            predicted, pos_label or self.answers.get("pos_label")
        )
        self._weight = self._weights()
        self._together = None if roles.group is None else self._groups(roles.group)

    def cases(self, model: Model) -> Cases:
        """Judge every row that has what the model needs; count the others by reason."""
        n = self.source.n_rows
        code = np.full(n, -1, dtype=np.int64)
        reasons: list[str] = []

        def drop(bad: BoolArray, reason: str) -> None:
            reasons.append(reason)
            code[bad & (code < 0)] = len(reasons) - 1

        drop(self._truth.code < 0, _LABEL)
        score = predicted = None
        if model.y_score:
            read = read_scores(self.source, model.y_score, self._asked_kind, self._note_once)
            self.kind, score = read.kind, read.values
            drop(read.missing, _SCORE)
            for reason, bad in read.invalid.items():
                drop(bad, reason)
        if model.y_pred:
            predicted, missing, unknown = self._predicted(model.y_pred)
            drop(missing, _PREDICTION)
            if unknown.any():
                drop(unknown, _UNKNOWN)
        if self._weight is not None:
            drop(np.isnan(self._weight), _WEIGHT)
        used = np.flatnonzero(code < 0)
        if used.size == 0:
            raise DataError(f"No row of '{self.source.name}' can be used: " + "; ".join(f"{r} in {int((code == i).sum()):,}" for i, r in enumerate(reasons) if (code == i).any()) + f" of {n:,} rows.")  # fmt: skip
        self._report_missing(reasons, code, model)
        positive = self._truth.code[used] == self._code_of(self._truth, self.positive)
        self._report_one_class(positive)
        if score is not None and predicted is not None:
            self._report_disagreement(model, score[used], predicted[used])
        left = np.flatnonzero(code >= 0)
        return Cases(
            rows=used,
            positive=positive,
            score=None if score is None else score[used],
            predicted=None if predicted is None else predicted[used],
            weight=None if self._weight is None else self._weight[used],
            dropped_rows=left,
            dropped_code=code[left],
            reasons=tuple(reasons),
            probability=self.kind in ("", "probability", "percent", "logit"),
            margin=self.kind == "margin",
            frequency=self.roles.weight_kind == "frequency",
            together=None if self._together is None else self._together[used],
        )

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

    def _classes(self, predicted: list[Labels], asked: str | None) -> tuple[str, str, str]:
        """Decide which label is positive, or ask."""
        column, names = self.roles.y_true, self._truth.names
        if len(names) > 2:
            raise DataError(
                f"Column {column!r} has {len(names):,} different labels ({', '.join(map(repr, names[:5]))}"
                f"{', ...' if len(names) > 5 else ''}); binary predictions have two. Name another column with --y-true, "
                "or leave out the rows of the other labels."
            )
        known = tuple(dict.fromkeys([*names, *(n for p in predicted for n in p.names)]))
        if asked is not None:
            folded = {n.lower(): n for n in known}
            given = asked.removesuffix(".0").strip()
            found = given if given in known else folded.get(given.lower())
            if found is None:
                pair = silent_pair(names)
                if pair and given.lower() in pair:
                    found = given.lower()
                elif len(names) == 1 and given == f"not {names[0]}":
                    return given, names[0], NAMED
                else:
                    raise DataError(
                        f"Label {asked!r} does not occur in column {column!r}. {did_you_mean(asked, known)}"
                    )
            return found, self._other_label(found, known), NAMED
        if len(names) == 1 and len(known) == 2 and silent_pair(known):
            names = known
        positive = positive_of(names)
        if positive is None:
            options = [Option(n) for n in names]
            if len(names) == 1:
                options.append(Option(f"not {names[0]}", "the file holds negative rows only"))
            raise NeedsChoice(
                "pos_label", f"Which label of column {column!r} is the positive class?", options
            )
        return positive, self._other_label(positive, names), "the usual reading of these labels"

    def _other_label(self, positive: str, known: tuple[str, ...]) -> str:
        """Name the negative label, also when no row carries it."""
        others = [n for n in known if n.lower() != positive.lower()]
        others = others or [n for n in self._truth.names if n != positive]  # 'A' and 'a' are two classes
        if others:
            return others[0]
        pair = silent_pair((positive,))
        return (
            next((p for p in pair if p != positive.lower()), f"not {positive}") if pair else f"not {positive}"
        )

    @staticmethod
    def _code_of(labels: Labels, name: str) -> int:
        """Find a label's code whatever its letter case; -2 when no row carries it."""
        if name in labels.names:
            return labels.names.index(name)
        folded = [n.lower() for n in labels.names]
        return folded.index(name.lower()) if name.lower() in folded else -2

    def _predicted(self, column: str) -> tuple[BoolArray, BoolArray, BoolArray]:
        """Read a column of decisions: which are positive, empty, and to be left out as neither label."""
        labels = self._labels(column)
        positive = self._code_of(labels, self.positive)
        negative = self._code_of(labels, self.negative)
        if positive == -2 and negative == -2:
            pair = silent_pair(labels.names)
            if pair is None:
                raise DataError(f"Column {column!r} holds none of the labels of {self.roles.y_true!r} ({self.negative!r}, {self.positive!r}) but {', '.join(map(repr, labels.names[:4]))}. Name another column with --y-pred, or map its labels.")  # fmt: skip
            own = silent_pair((self.negative, self.positive))
            if own and self.positive.lower() == own[0]:  # somebody named the label usually read as negative
                pair = pair[::-1]
            positive, negative = self._code_of(labels, pair[1]), self._code_of(labels, pair[0])
        unknown = ~np.isin(labels.code, (positive, negative, -1))
        if unknown.any():
            unknown = self._unknown_predictions(column, labels, unknown)
        return labels.code == positive, labels.code < 0, unknown

    def _unknown_predictions(self, column: str, labels: Labels, strange: BoolArray) -> BoolArray:
        """Ask what to do with predictions that are neither label; return the rows to leave out."""
        at = np.flatnonzero(strange)
        shown = example_rows(at.tolist(), [labels.names[c] for c in labels.code[at[:3]]])
        text = f"Column {column!r} predicts labels that never occur in {self.roles.y_true!r} in {rows_of(at.size, strange.size)}: {shown}."
        answer = self.answers.get("unknown_prediction")
        if answer == "drop":
            self._note_once(
                Finding(
                    "unknown-prediction",
                    severity_of_share(at.size, strange.size),
                    f"{text} They were left out.",
                )
            )
            return strange
        if answer == "negative":
            self._note_once(
                Finding("unknown-prediction", "warning", f"{text} They count as {self.negative!r}.")
            )
            return np.zeros(strange.size, dtype=bool)
        raise NeedsChoice("unknown_prediction", f"{text} What do these rows count as?",
                          [Option("drop", "leave the rows out"), Option("negative", f"count them as predicted {self.negative!r}")])  # fmt: skip

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

    def _report_missing(self, reasons: list[str], code: NDArray[np.int64], model: Model) -> None:
        """Make a finding of every reason for which rows were left out for want of a value."""
        columns = {
            _LABEL: self.roles.y_true,
            _SCORE: model.y_score,
            _PREDICTION: model.y_pred,
            _WEIGHT: self.roles.weight,
        }
        for i, reason in enumerate(reasons):
            at = np.flatnonzero(code == i)
            if at.size and reason in columns:
                first = ", ".join(f"{p + 1:,}" for p in at[:3])
                self._note_once(Finding(reason.replace(" ", "-"), severity_of_share(at.size, code.size),
                                        f"Column {columns[reason]!r} is empty in {rows_of(at.size, code.size)} (row {first}{', ...' if at.size > 3 else ''}); they were left out.",
                                        "Numbers hold for the rows that have a value; find out why these have none."))  # fmt: skip

    def _report_one_class(self, positive: BoolArray) -> None:
        """Say that half of the metrics is undefined when a class is absent."""
        if positive.all() or not positive.any():
            only, other = (self.positive, self.negative) if positive.all() else (self.negative, self.positive)
            self._note_once(Finding("one-class", "error", f"All {positive.size:,} rows of {self.roles.y_true!r} are {only!r}; none is {other!r}. Whatever compares the two classes is undefined.", "Bring rows of both classes."))  # fmt: skip

    def _report_disagreement(self, model: Model, score: FloatArray, predicted: BoolArray) -> None:
        """Count where the decision is not the score cut at 0.5."""
        if self.kind in ("margin", "score"):
            return
        n = int((predicted != (score >= 0.5)).sum())
        if n:
            self._note_once(Finding("prediction-disagrees", "note", f"In {rows_of(n, score.size)} ({percent(n, score.size)}) {model.y_pred!r} is not what {model.y_score!r} >= 0.5 would say. Without a threshold the matrix follows {model.y_pred!r}.", "Set a threshold to decide by the score."))  # fmt: skip

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
