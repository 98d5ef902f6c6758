"""The columns of multiclass predictions: the classes, each row's decision and its probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .cases import BoolArray, ClassCases
from .checks import Finding, Severity, percent, rows_of, severity_of_share
from .columns import MAX_CLASSES, PREDICTION_MISSING, Judge, Sieve
from .errors import DataError, NeedsChoice, Option, example_rows
from .labels import Labels, sorted_labels
from .roles import Model, Roles
from .scores import asked_kind, in_half_precision, read_numbers
from .source import Source
from .tally.outcomes import FloatArray

_MISSING, _OUTSIDE = "probability missing", "probability outside 0 to 1"
_ROUNDING, _HALF_ROUNDING = 1e-6, 1 / 512
#: Rows that tell whether all was computed in half precision.
_LOOKED_AT = 10_000
#: More rows than this share outside 0 to 1 are another scale, not a few slips.
_SLIPS = 0.05
#: Probabilities of a row that add up to 1 within this are rounded, not wrong.
_SUM = 1e-3
_KINDS = ("probability", "percent", "logit")


class ClassJudge(Judge):
    """Reads the columns of one table of multiclass predictions.

    Attributes
    ----------
    labels : tuple of str
        Every class that is true, predicted or has a probability, numbers by value and before words.
    kinds : dict of str
        What the columns of the classes hold, of each model for which somebody said so.
    """

    def __init__(self, source: Source, roles: Roles, *, score_kind: str | None, answers: Mapping[str, str]) -> None:  # fmt: skip
        super().__init__(source, roles, answers)
        self.kinds = {model.name: asked_kind(self.answers, score_kind, model.name) for model in roles.models}
        wrong = [kind for kind in self.kinds.values() if kind not in ("", *_KINDS)]
        if wrong:
            raise DataError(f"Scores of classes are {', '.join(map(repr, _KINDS))}, not {wrong[0]!r}.")
        known = set(self._truth.names)
        self._predicted: dict[str, Labels] = {}
        for model in roles.models:
            if model.y_pred and model.y_pred not in self._predicted:
                self._predicted[model.y_pred] = self._decisions(model.y_pred)
                known |= set(self._predicted[model.y_pred].names)
            known |= {label for label, _ in model.proba}
        if len(known) > MAX_CLASSES:
            raise DataError(f"Column {roles.y_true!r} has {len(known):,} different labels, more than the {MAX_CLASSES:,} classes that can be told apart. Name another column with --y-true.")  # fmt: skip
        self.labels = sorted_labels(known)

    @property
    def kind(self) -> str:
        """What the columns of the classes hold: of the first model about which nobody was asked alone, else of the first."""
        shared = [kind for name, kind in self.kinds.items() if f"score_kind:{name}" not in self.answers]
        return next(iter(shared or self.kinds.values()), "")

    def cases(self, model: Model) -> ClassCases:
        """Judge every row that has what the model needs; count the others by reason."""
        sieve = self._sieve(model)
        probabilities = None
        if model.proba:
            probabilities = self._probabilities(model, sieve)
        decided = None
        if model.y_pred:
            decided = self._predicted[model.y_pred]
            sieve.drop(decided.code < 0, PREDICTION_MISSING)
        shared = self._close(sieve, model)
        used = shared["rows"]
        if probabilities is not None:
            probabilities = np.asfortranarray(probabilities[used]) if used.size < len(probabilities) else probabilities  # fmt: skip
        if decided is None:
            assert probabilities is not None  # a model has one of the two
            predicted = _most_probable(probabilities)
        else:
            predicted = self._codes(decided)[used]
            if probabilities is not None:
                self._report_disagreement(model, predicted, probabilities)
        truth = self._codes(self._truth)[used]
        if decided is not None and used.size > 1 and (predicted == predicted[0]).all():
            self._note_once(Finding("constant-prediction", "warning", f"Column {model.y_pred!r} predicts {self.labels[predicted[0]]!r} in all {used.size:,} rows{self._whose(model)}.", "Check that this is the column of decisions."))  # fmt: skip
        if np.unique(truth).size == 1:
            self._note_once(Finding("one-class", "error", f"All {used.size:,} rows of {self.roles.y_true!r} are {self.labels[truth[0]]!r}. Whatever compares classes is undefined.", "Bring rows of the other classes."))  # fmt: skip
        return ClassCases(
            **shared, labels=self.labels, truth=truth, predicted=predicted, probabilities=probabilities
        )

    def _decisions(self, column: str) -> Labels:
        """Read a column of predicted labels; labels that differ from a true one in letter case only become that one."""
        labels, truth = self._labels(column), self._truth.names
        folded: dict[str, str] = {}
        for name in truth:
            folded[name.lower()] = "" if name.lower() in folded else name
        known = set(truth)
        renamed = {n: folded[n.lower()] for n in labels.names if n not in known and folded.get(n.lower())}
        if not renamed and not known & set(labels.names):
            raise DataError(f"Column {column!r} holds none of the labels of {self.roles.y_true!r} ({', '.join(map(repr, truth[:4]))}) but {', '.join(map(repr, labels.names[:4]))}. Name another column with --y-pred, or map its labels.")  # fmt: skip
        if renamed:
            self._note_once(Finding("labels-case", "note", f"Labels of {column!r} differ from those of {self.roles.y_true!r} in letter case ({', '.join(map(repr, list(renamed)[:3]))}); they were read as the same."))  # fmt: skip
            labels = labels.renamed(renamed)
        strange = [n for n in labels.names if n not in known]
        if strange:
            at = np.flatnonzero(labels.rows_with(set(strange)))
            shown = example_rows(at.tolist(), [labels.names[c] for c in labels.code[at[:3]]])
            self._note_once(Finding("unknown-prediction", "warning", f"Column {column!r} predicts {len(strange):,} label{'s' if len(strange) > 1 else ''} that never occur{'' if len(strange) > 1 else 's'} in {self.roles.y_true!r}, in {rows_of(at.size, labels.code.size)}: {shown}. They count as mistakes.", "Check the spelling of the labels."))  # fmt: skip
        return labels

    def _codes(self, labels: Labels) -> NDArray[np.int32]:
        """Number labels by their place among all classes; -1 where the cell is empty."""
        place = {name: i for i, name in enumerate(self.labels)}
        table = np.array([place[name] for name in labels.names] + [-1], dtype=np.int32)
        return table[labels.code]

    def _probabilities(self, model: Model, sieve: Sieve) -> FloatArray:
        """Read the columns of a model's classes; leave out rows where one is missing or no probability."""
        columns = dict(model.proba)
        without = [name for name in self._truth.names if name not in columns]
        if without:
            raise DataError(f"There is no column of probabilities for the label {without[0]!r} of {self.roles.y_true!r}"
                            f"{f' and {len(without) - 1} others' if len(without) > 1 else ''}. Name it with --proba {without[0]}=COLUMN.")  # fmt: skip
        found = np.zeros((self.source.n_rows, len(self.labels)), order="F")
        for label, column in columns.items():
            advice = f"Name another one with --proba {label}=COLUMN."
            if self.source.kind(column) not in ("number", "text"):
                raise DataError(
                    f"Column {column!r} (probability of {label!r}) does not hold numbers. {advice}"
                )
            read = read_numbers(self.source, column, f"probability of {label!r}", advice)
            whole = self.kinds[model.name] == "percent"  # a percent sign says no more then
            found[:, self.labels.index(label)] = read.values if whole else np.where(read.signed, read.values / 100, read.values)  # fmt: skip
            for finding in read.findings:
                self._note_once(finding)
        missing = np.zeros(len(found), dtype=bool)
        for column_values in found.T:
            missing |= ~np.isfinite(column_values)
        sieve.drop(missing, _MISSING)
        judged = sieve.code == -1
        n_missing = int((sieve.code == len(sieve.reasons) - 1).sum())
        if n_missing:
            self._note_once(Finding("probability-missing", severity_of_share(n_missing, sieve.n), f"{rows_of(n_missing, sieve.n)} lack a probability of a class in model {model.name!r}; they were left out.", "Numbers hold for the rows that have all; find out why these have not."))  # fmt: skip
        own = [self.labels.index(label) for label in columns]
        self._to_probabilities(model, [found[:, i] for i in own], judged)
        used = found[np.flatnonzero(judged)[:_LOOKED_AT]]
        allowed = (
            _HALF_ROUNDING
            if used.size and used.max() > 1 + _ROUNDING and in_half_precision(used)
            else _ROUNDING
        )
        outside = np.zeros(len(found), dtype=bool)
        sums = np.zeros(len(found))
        for column_values in found.T:
            outside |= (column_values < -allowed) | (column_values > 1 + allowed)
            np.clip(column_values, 0.0, 1.0, out=column_values)
            sums += column_values
        outside &= judged
        if outside.any():
            at = np.flatnonzero(outside)
            self._note_once(Finding("probability-outside", severity_of_share(at.size, sieve.n), f"{rows_of(at.size, sieve.n)} of model {model.name!r} have a probability outside 0 to 1 (row {', '.join(f'{p + 1:,}' for p in at[:3])}); they were left out.", "Find out what these numbers are."))  # fmt: skip
        sieve.drop(outside, _OUTSIDE)
        off = np.flatnonzero((np.abs(sums - 1) > _SUM) & (sieve.code == -1))
        if off.size:
            self._note_once(Finding("probability-sum", "warning", f"The probabilities of model {model.name!r} do not add up to 1 in {rows_of(off.size, sieve.n)}: {example_rows(off.tolist(), sums[off[:3]].round(4).tolist())}. They were used as they stand.", "Check that every class has its column and that they belong to one model."))  # fmt: skip
        return found

    def _to_probabilities(self, model: Model, columns: Sequence[FloatArray], judged: BoolArray) -> None:
        """Turn percentages and logits into probabilities in place, when somebody said that they are; else ask.

        The columns are those that the model has: a label without one, which is only predicted, has no probability.
        """
        kind = self.kinds[model.name]
        if not kind:
            bad = np.zeros(judged.size, dtype=bool)
            low, high = 0.0, 1.0
            for column in columns:
                bad |= (column < -_ROUNDING) | (column > 1 + _ROUNDING)
                low = min(low, float(column.min(initial=0.0, where=judged)))
                high = max(high, float(column.max(initial=1.0, where=judged)))
            n_bad = int((bad & judged).sum())
            if n_bad <= _SLIPS * int(judged.sum()) and not _add_up_to_100(columns, judged):
                return
            options = [Option("percent", "numbers from 0 to 100, divided by 100"), Option("logit", "turned into probabilities by softmax")]  # fmt: skip
            if low < 0 or high > 100:
                options = options[1:]
            options.append(Option("probability", f"leave out {rows_of(n_bad, int(judged.sum()))}"))
            alone = sum(bool(m.proba) for m in self.roles.models) == 1
            raise NeedsChoice("score_kind" if alone else f"score_kind:{model.name}", f"The columns of the classes of model {model.name!r} go from {low:.4g} to {high:.4g}, so they are no probabilities. What are they?", options)  # fmt: skip
        if kind == "percent":
            for column in columns:
                column /= 100
        if kind == "logit":
            top = np.full(judged.size, -np.inf)
            for column in columns:
                np.maximum(top, column, out=top)
            total = np.zeros(judged.size)
            with np.errstate(over="ignore", invalid="ignore"):  # rows with an infinite cell are not judged
                for column in columns:
                    np.exp(column - top, out=column)
                    total += column
                for column in columns:
                    column /= total

    def _report_disagreement(self, model: Model, predicted: NDArray[np.int32], p: FloatArray) -> None:
        """Count where the decision is not a most probable class."""
        best = p[:, 0].copy()
        for column in p.T[1:]:
            np.maximum(best, column, out=best)
        n = int((p[np.arange(len(p)), predicted] < best).sum())
        if n:
            severity: Severity = "warning" if 2 * n > len(p) else "note"
            self._note_once(Finding("prediction-disagrees", severity, f"In {rows_of(n, len(p))} ({percent(n, len(p))}) {model.y_pred!r} is not the class of the highest probability. The matrix follows {model.y_pred!r}.", "Check that the probabilities belong to this model."))  # fmt: skip


def _most_probable(p: FloatArray) -> NDArray[np.int32]:
    """Index of the highest probability of each row, of equals the first."""
    best, at = p[:, 0].copy(), np.zeros(len(p), dtype=np.int32)
    for code in range(1, p.shape[1]):
        above = p[:, code] > best
        best[above], at[above] = p[above, code], code
    return at


def _add_up_to_100(columns: Sequence[FloatArray], judged: BoolArray) -> bool:
    """Tell whether the numbers of nearly every row add up to 100: percentages, however small each is."""
    sums = np.zeros(judged.size)
    with np.errstate(over="ignore", invalid="ignore"):  # rows with an infinite cell are not judged
        for column in columns:
            sums += column
    return bool(judged.any() and np.mean(np.abs(sums[judged] - 100) <= 1) > 0.5)
