"""The columns of binary predictions: which label is positive, and what each row's score and decision are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .cases import AMOUNT_MISSING, BinaryCases, BoolArray
from .checks import Finding, Severity, answered, percent, rows_of, severity_of_share
from .columns import PREDICTION_MISSING, SCORE_MISSING, Judge
from .errors import DataError, NeedsChoice, Option, did_you_mean, example_rows
from .labels import Labels, positive_of, silent_pair, stray_labels, without_strays
from .roles import NAMED, Model, Roles
from .scores import asked_kind, read_numbers, read_scores
from .source import Source
from .spelling import look_alikes
from .tally.outcomes import FloatArray

_UNKNOWN = "prediction unknown"
#: Larger amounts cannot be summed with certainty.
_GREATEST_AMOUNT = 1e100


class BinaryJudge(Judge):
    """Reads the columns of one table of binary predictions.

    Attributes
    ----------
    positive, negative : str
        The two labels.
    why_positive : str
    kinds : dict of str
        What the scores of each model are, once read.
    """

    def __init__(self, source: Source, roles: Roles, *, pos_label: str | None, score_kind: str | None, answers: Mapping[str, str], against_rest: bool = False) -> None:  # fmt: skip
        self._rest_of = pos_label if against_rest else None
        super().__init__(source, roles, answers)
        self._named_kind = score_kind
        self.kinds: dict[str, str] = {}
        self._check_answers()
        self._amount = self._amounts()
        predicted = [self._labels(m.y_pred) for m in roles.models if m.y_pred]
        self.positive, self.negative, self.why_positive = self._classes(
            predicted, pos_label or self.answers.get("pos_label")
        )

    def _labels(self, column: str) -> Labels:
        """Read a label column; against the rest all labels but one are the same."""
        labels = super()._labels(column)
        if self._rest_of is None:
            return labels
        if column == self.roles.y_true and self._rest_of not in labels.names:
            raise DataError(f"Label {self._rest_of!r} does not occur in column {column!r}. {did_you_mean(self._rest_of, labels.names)}")  # fmt: skip
        return labels.renamed({n: f"not {self._rest_of}" for n in labels.names if n != self._rest_of})

    @property
    def kind(self) -> str:
        """What the scores are: of the first model about which nobody was asked alone, else of the first model."""
        shared = [kind for name, kind in self.kinds.items() if f"score_kind:{name}" not in self.answers]
        return next(iter(shared or self.kinds.values()), asked_kind(self.answers, self._named_kind, ""))

    def cases(self, model: Model) -> BinaryCases:
        """Judge every row that has what the model needs; count the others by reason."""
        sieve = self._sieve(model)
        own = sieve.own
        kind = asked_kind(self.answers, self._named_kind, model.name)
        score = predicted = None
        if model.y_score:
            read = read_scores(self.source, model.y_score, kind, self._note_once, own=own, question=self._question(model))  # fmt: skip
            kind, score = read.kind, read.values
            self.kinds[model.name] = kind
            sieve.drop(read.missing, SCORE_MISSING)
            for reason, bad in read.invalid.items():
                sieve.drop(bad, reason)
        if model.y_pred:
            predicted, missing, unknown = self._predicted(model.y_pred, own)
            sieve.drop(missing, PREDICTION_MISSING)
            if unknown.any():
                sieve.drop(unknown, _UNKNOWN)
        if self._amount is not None and self.answers.get(AMOUNT_MISSING) == "drop":
            sieve.drop(np.isnan(self._amount), "amount missing")
        shared = self._close(sieve, model)
        used = shared["rows"]
        positive = self._truth.code[used] == self._code_of(self._truth, self.positive)
        self._report_one_class(positive)
        if predicted is not None:
            self._report_constant(model, predicted[used])
        if score is not None and predicted is not None and kind not in ("margin", "score"):
            self._report_disagreement(model, score[used], predicted[used])
        return BinaryCases(
            **shared,
            positive=positive,
            score=None if score is None else score[used],
            predicted=None if predicted is None else predicted[used],
            probability=kind in ("", "probability", "percent", "logit"),
            margin=kind == "margin",
            amount=None if self._amount is None else self._amount[used],
        )

    def _question(self, model: Model) -> str:
        """Name the question what the scores of a model are: of the only model, or of this one."""
        alone = sum(m.y_score is not None for m in self.roles.models) == 1
        return "score_kind" if alone else f"score_kind:{model.name}"

    def _amounts(self) -> FloatArray | None:
        """Read the amount column; NaN where it has no usable number, unless somebody has said what that counts."""
        column = self.roles.amount
        if column is None:
            return None
        if self.source.kind(column) == "boolean":
            raise DataError(f"Column {column!r} (used as amount) does not hold numbers. Name another one.")
        found = read_numbers(self.source, column, "used as amount", "Name another one with --amount.")
        self.findings += found.findings
        values = np.where(found.signed, found.values / 100, found.values)
        values[~(np.abs(values) <= _GREATEST_AMOUNT)] = np.nan
        missing = np.flatnonzero(np.isnan(values))
        if missing.size == values.size:
            raise DataError(f"Column {column!r} (used as amount) has no number in any of its {values.size:,} rows. Name another one.")  # fmt: skip
        if missing.size:
            values = self._filled_amounts(column, values, missing)
        below = np.flatnonzero(values < 0)
        if below.size:
            self.findings.append(Finding("amount-negative", "note", f"Column {column!r} (used as amount) is negative in {rows_of(below.size, values.size)}: {example_rows(below.tolist(), values[below[:3]].tolist())}. Costs that depend on it change their sign there.", "Check that this is what the column means."))  # fmt: skip
        return values

    def _filled_amounts(self, column: str, values: FloatArray, missing: NDArray[np.int64]) -> FloatArray:
        """Say which rows have no amount and what they count, if somebody has answered that."""
        cells = self.source.rows(missing[:3], [column]).column(0).to_pylist()
        shown = [f"row {row + 1:,} is empty" if cell is None or cell != cell else example_rows([row], [cell]) for row, cell in zip(missing[:3].tolist(), cells, strict=True)]  # fmt: skip
        said = f"Column {column!r} (used as amount) has no usable number in {rows_of(missing.size, values.size)}: {', '.join(shown)}."
        if AMOUNT_MISSING not in self.answers:
            self.findings.append(Finding("amount-missing", "note", f"{said} Only costs that depend on the amount need it; they ask what these rows count."))  # fmt: skip
            return values
        options = [Option("drop", "leave these rows out"), Option("zero", "their amount is 0")]
        zero = answered(self.answers, AMOUNT_MISSING, said, options) == "zero"
        done = "Their amount counts as 0." if zero else "They were left out."
        self.findings.append(Finding("amount-missing", severity_of_share(missing.size, values.size), f"{said} {done}"))  # fmt: skip
        return np.nan_to_num(values, nan=0.0) if zero else values

    def _check_answers(self) -> None:
        """Reject an answer about the scores of a model there is not; one of a column not used any more is left alone."""
        names = [m.name for m in self.roles.models]
        for id in self.answers:
            name = id.removeprefix("score_kind:")
            if name != id and name not in names and name not in self.source.names:
                raise DataError(f"There is no model {name!r} whose score kind could be chosen. {did_you_mean(name, names)}")  # fmt: skip

    def _classes(self, predicted: list[Labels], asked: str | None) -> tuple[str, str, str]:
        """Decide which label is positive, or ask."""
        column = self.roles.y_true
        names = self._truth.names
        if len(names) > 2:
            strays = stray_labels(self._truth)
            told, findings = without_strays(self._truth, column, self.answers)
            if told is not self._truth:
                self._left_out = self._truth.rows_with(strays)
                self._truth, names = told, told.names
                self.findings += findings
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

    def _predicted(self, column: str, own: BoolArray) -> tuple[BoolArray, BoolArray, BoolArray]:
        """Read a column of decisions: which are positive, empty, and to be left out as neither label."""
        labels = self._in_the_letters_of_the_truth(column, self._labels(column))
        code = np.where(own, labels.code, -1)
        positive, negative = self._both(column, labels)
        unknown = ~np.isin(code, (positive, negative, -1))
        if unknown.any():
            unknown = self._unknown_predictions(column, labels, unknown, int(own.sum()))
        return code == positive, own & (code < 0), unknown

    def _in_the_letters_of_the_truth(self, column: str, labels: Labels) -> Labels:
        """Read labels that differ from the two in letter case only as these, unless the two differ in nothing else."""
        own = {n.lower(): n for n in (self.negative, self.positive)}
        if len(own) < 2:
            return labels
        names = {n: own[n.lower()] for n in labels.names if n.lower() in own and n not in own.values()}
        if names and silent_pair((self.negative, self.positive)) is None:
            self._note_once(Finding("labels-case", "note", f"Labels of {column!r} differ from those of {self.roles.y_true!r} in letter case ({', '.join(map(repr, list(names)[:3]))}); they were read as the same."))  # fmt: skip
        return labels.renamed(names) if names else labels

    def _both(self, column: str, labels: Labels) -> tuple[int, int]:
        """Find the codes of the positive and the negative label among the decisions; -2 for one that never occurs."""
        names = labels.names
        positive, negative = self._code_of(labels, self.positive), self._code_of(labels, self.negative)
        pair, own = silent_pair(names), silent_pair((self.negative, self.positive))
        if positive == -2 and negative == -2 and pair is None:
            raise DataError(f"Column {column!r} holds none of the labels of {self.roles.y_true!r} ({self.negative!r}, {self.positive!r}) but {', '.join(map(repr, names[:4]))}. Name another column with --y-pred, or map its labels.")  # fmt: skip
        strange = len(names) > (positive >= 0) + (negative >= 0)
        if pair is not None and (own is not None or (positive == -2 and negative == -2)) and strange:
            if own and self.positive.lower() == own[0]:  # somebody named the label usually read as negative
                pair = pair[::-1]
            return self._code_of(labels, pair[1]), self._code_of(labels, pair[0])
        if strange and len(names) == 2 and (pair is not None or all(_is_number(n) for n in names)):
            return self._renumbered(column, labels)
        return positive, negative

    def _renumbered(self, column: str, labels: Labels) -> tuple[int, int]:
        """Ask which of two decisions means the positive label when they look like another numbering of the classes."""
        options = [Option(n, f"{n!r} means {self.positive!r}, {other!r} means {self.negative!r}") for n, other in zip(labels.names, labels.names[::-1], strict=True)]  # fmt: skip
        options.append(Option("as written", "the same text is the same label"))
        chosen = answered(self.answers, "pred_label", f"Column {column!r} holds {labels.names[0]!r} and {labels.names[1]!r} where {self.roles.y_true!r} holds {self.negative!r} and {self.positive!r}. Which one predicts {self.positive!r}?", options)  # fmt: skip
        if chosen == "as written":
            return self._code_of(labels, self.positive), self._code_of(labels, self.negative)
        self._note_once(Finding("labels-renumbered", "note", f"{chosen!r} of {column!r} was read as a prediction of {self.positive!r}, the other label as one of {self.negative!r}."))  # fmt: skip
        return labels.names.index(chosen), 1 - labels.names.index(chosen)

    def _unknown_predictions(self, column: str, labels: Labels, strange: BoolArray, n: int) -> BoolArray:
        """Ask what to do with predictions that are neither label; return the rows to leave out."""
        at = np.flatnonzero(strange)
        shown = example_rows(at.tolist(), [labels.names[c] for c in labels.code[at[:3]]])
        text = f"Column {column!r} predicts labels that never occur in {self.roles.y_true!r} in {rows_of(at.size, n)}: {shown}."
        alike = [
            how
            for a, b, how in look_alikes((self.negative, self.positive, *labels.names))
            if b in labels.names
        ]
        text += f" One looks like a true label: {alike[0]}." if alike else ""
        options = [Option("drop", "leave the rows out"), Option("negative", f"count them as predicted {self.negative!r}")]  # fmt: skip
        answer = answered(self.answers, "unknown_prediction", f"{text} What do these rows count as?", options)
        if answer == "drop":
            self._note_once(
                Finding("unknown-prediction", severity_of_share(at.size, n), f"{text} They were left out.")
            )
            return strange
        self._note_once(Finding("unknown-prediction", "warning", f"{text} They count as {self.negative!r}."))
        return np.zeros(strange.size, dtype=bool)

    def _report_one_class(self, positive: BoolArray) -> None:
        """Say that half of the metrics is undefined when a class is absent."""
        if positive.all() or not positive.any():
            only, other = (self.positive, self.negative) if positive.all() else (self.negative, self.positive)
            self._note_once(Finding("one-class", "error", f"All {positive.size:,} rows of {self.roles.y_true!r} are {only!r}; none is {other!r}. Whatever compares the two classes is undefined.", "Bring rows of both classes."))  # fmt: skip

    def _report_constant(self, model: Model, predicted: BoolArray) -> None:
        """Say that a model always decides the same."""
        if predicted.size > 1 and (predicted.all() or not predicted.any()):
            always = self.positive if predicted.all() else self.negative
            self._note_once(Finding("constant-prediction", "warning", f"Column {model.y_pred!r} predicts {always!r} in all {predicted.size:,} rows{self._whose(model)}.", "Check that this is the column of decisions."))  # fmt: skip

    def _report_disagreement(self, model: Model, score: FloatArray, predicted: BoolArray) -> None:
        """Count where the decision is not the score cut at 0.5."""
        n = int((predicted != (score >= 0.5)).sum())
        if n:
            severity: Severity = "warning" if 2 * n > score.size else "note"
            self._note_once(Finding("prediction-disagrees", severity, f"In {rows_of(n, score.size)} ({percent(n, score.size)}) {model.y_pred!r} is not what {model.y_score!r} >= 0.5 would say. Without a threshold the matrix follows {model.y_pred!r}.", "Set a threshold to decide by the score."))  # fmt: skip


def _is_number(text: str) -> bool:
    """Tell whether a label is a number."""
    try:
        return float(text) == float(text)
    except ValueError:
        return False
