"""The columns of binary predictions: which label is positive, and what each row's score and decision are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .cases import BinaryCases, BoolArray
from .checks import Finding, percent, rows_of, severity_of_share
from .columns import PREDICTION_MISSING, SCORE_MISSING, Judge
from .errors import DataError, NeedsChoice, Option, did_you_mean, example_rows
from .labels import Labels, positive_of, silent_pair
from .roles import NAMED, Model, Roles
from .scores import read_scores
from .source import Source
from .tally.outcomes import FloatArray

_UNKNOWN = "prediction unknown"


class BinaryJudge(Judge):
    """Reads the columns of one table of binary predictions.

    Attributes
    ----------
    positive, negative : str
        The two labels.
    why_positive : str
    kind : str
        What the scores are, once read.
    """

    def __init__(self, source: Source, roles: Roles, *, pos_label: str | None, score_kind: str | None, answers: Mapping[str, str]) -> None:  # fmt: skip
        super().__init__(source, roles, answers)
        self._asked_kind = score_kind or self.answers.get("score_kind") or ""
        self.kind = self._asked_kind
        predicted = [self._labels(m.y_pred) for m in roles.models if m.y_pred]
        self.positive, self.negative, self.why_positive = self._classes(
            predicted, pos_label or self.answers.get("pos_label")
        )

    def cases(self, model: Model) -> BinaryCases:
        """Judge every row that has what the model needs; count the others by reason."""
        sieve = self._sieve(model)
        score = predicted = None
        if model.y_score:
            read = read_scores(self.source, model.y_score, self._asked_kind, self._note_once)
            self.kind, score = read.kind, read.values
            sieve.drop(read.missing, SCORE_MISSING)
            for reason, bad in read.invalid.items():
                sieve.drop(bad, reason)
        if model.y_pred:
            predicted, missing, unknown = self._predicted(model.y_pred)
            sieve.drop(missing, PREDICTION_MISSING)
            if unknown.any():
                sieve.drop(unknown, _UNKNOWN)
        shared = self._close(sieve, model)
        used = shared["rows"]
        positive = self._truth.code[used] == self._code_of(self._truth, self.positive)
        self._report_one_class(positive)
        if score is not None and predicted is not None:
            self._report_disagreement(model, score[used], predicted[used])
        return BinaryCases(
            **shared,
            positive=positive,
            score=None if score is None else score[used],
            predicted=None if predicted is None else predicted[used],
            probability=self.kind in ("", "probability", "percent", "logit"),
            margin=self.kind == "margin",
        )

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
