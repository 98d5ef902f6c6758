"""The columns of predicted numbers: truth, prediction, and the intervals, quantiles and deviations around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from .cases import BoolArray
from .checks import Finding, percent, rows_of, severity_of_share
from .columns import LABEL_MISSING, PREDICTION_MISSING, Judge, Sieve
from .errors import DataError, example_rows
from .number_cases import NumberCases
from .roles import Model, Roles
from .scores import Numbers, read_numbers
from .source import Source
from .tally.outcomes import FloatArray

#: Beyond these the squares of numbers leave the range of a double.
_LEAST, _GREATEST = 1e-150, 1e150
#: So few different whole numbers may be the names of classes.
_FEW_VALUES = 10
#: Factors of units that are often mixed up, and how near to one the sizes must be.
_FACTORS = (1000.0, 100.0, 60.0, 1e6)
_NEAR = 0.15
#: Rows that tell whether units are mixed up, and how closely both columns must go together.
_FEWEST_ROWS, _TOGETHER = 20, 0.3


class NumberJudge(Judge):
    """Reads the columns of one table of predicted numbers."""

    def __init__(self, source: Source, roles: Roles, *, answers: Mapping[str, str]) -> None:
        self._columns: dict[str, tuple[FloatArray, BoolArray, BoolArray]] = {}
        super().__init__(source, roles, answers)

    def cases(self, model: Model) -> NumberCases:
        """Judge every row that has what the model needs; count the others by reason."""
        sieve = self._sieve(model)
        assert model.y_pred is not None  # a model of numbers has a prediction
        predicted = self._drop_unusable(sieve, model, model.y_pred, "prediction", PREDICTION_MISSING, "used as y_pred")  # fmt: skip
        ends = [
            [self._drop_unusable(sieve, model, c, "interval", "interval missing", f"an end of the {level:g} interval") for c in columns]
            for level, *columns in model.interval
        ]  # fmt: skip
        quantiles = [
            self._drop_unusable(sieve, model, c, "quantile", "quantile missing", f"the {share:g} quantile")
            for share, c in model.quantile
        ]
        deviation = None
        if model.y_std is not None:
            deviation = self._drop_unusable(sieve, model, model.y_std, "deviation", "deviation missing", "used as y_std")  # fmt: skip
            self._drop_flat(sieve, model, deviation)
        shared = self._close(sieve, model)
        used = shared["rows"]
        lower, upper = (np.stack([e[side][used] for e in ends], axis=1) if ends else None for side in (0, 1))
        found = NumberCases(
            **shared,
            truth=self._actual[used],
            predicted=predicted[used],
            lower=lower,
            upper=upper,
            levels=tuple(level for level, *_ in model.interval),
            quantiles=np.stack([q[used] for q in quantiles], axis=1) if quantiles else None,
            shares=tuple(share for share, _ in model.quantile),
            deviation=None if deviation is None else deviation[used],
        )
        self._report_truth(found)
        self._report_prediction(model, found)
        self._report_crossed(model, found)
        return found

    def _read_truth(self) -> None:
        """Read the column of true numbers."""
        column = self.roles.y_true
        self._actual, self._no_truth, self._bad_truth = self._numbers(column, "used as y_true")

    def _drop_without_truth(self, sieve: Sieve) -> None:
        """Leave out the rows whose truth is not known, or no number that can be squared."""
        sieve.drop(self._no_truth, LABEL_MISSING)
        if self._bad_truth.any():
            sieve.drop(self._bad_truth, "label not a number")

    def _numbers(self, column: str, use: str) -> tuple[FloatArray, BoolArray, BoolArray]:
        """Read a column once: the numbers, which cells are empty, and which hold no usable number."""
        if column in self._columns:
            return self._columns[column]
        flag = {"used as y_true": "--y-true", "used as y_pred": "--y-pred"}.get(use)
        advice = f"Name another one with {flag}." if flag else "Name another one."
        if flag:
            advice += " Labels of classes want --task binary or --task multiclass."
        if self.source.kind(column) not in ("number", "text"):
            raise DataError(f"Column {column!r} ({use}) does not hold numbers. {advice}")
        found = read_numbers(self.source, column, use, advice)
        for finding in found.findings:
            self._note_once(finding)
        values = self._without_percent_signs(column, use, found)
        usable = (np.abs(values) <= _GREATEST) & ((np.abs(values) >= _LEAST) | (values == 0))
        if not usable.any():
            raise DataError(f"Column {column!r} ({use}) has no usable number in any of its {values.size:,} rows. {advice}")  # fmt: skip
        bad = ~usable & ~found.missing
        if bad.any():
            at = np.flatnonzero(bad)
            cells = self.source.rows(at[:3], [column]).column(0).to_pylist()
            self._note_once(Finding("number-unusable", severity_of_share(at.size, values.size), f"Column {column!r} ({use}) has {rows_of(at.size, values.size)} that hold no number, an infinite one, or one beyond 1e150: {example_rows(at.tolist(), cells)}. They were left out.", "Mend them or leave them out."))  # fmt: skip
        self._columns[column] = values, found.missing, bad
        return self._columns[column]

    def _without_percent_signs(self, column: str, use: str, found: Numbers) -> FloatArray:
        """Divide what carries a percent sign by 100."""
        if found.signed.any():
            n = int(found.signed.sum())
            self._note_once(Finding("percent-sign", "note" if n == (~found.missing).sum() else "warning", f"Column {column!r} ({use}) has a percent sign in {rows_of(n, found.values.size)}; these numbers were divided by 100.", "" if n == (~found.missing).sum() else "Write all of its numbers in one way."))  # fmt: skip
        return np.where(found.signed, found.values / 100, found.values)

    def _drop_unusable(self, sieve: Sieve, model: Model, column: str, what: str, missing: str, use: str) -> FloatArray:  # fmt: skip
        """Read a column of the model; leave out the rows where it holds no number."""
        values, empty, bad = self._numbers(column, use)
        if missing == PREDICTION_MISSING or empty.any():
            self._drop_again(sieve, empty, missing)
        if bad.any():
            self._drop_again(sieve, bad, f"{what} not a number")
        if missing != PREDICTION_MISSING and (empty & sieve.own).any():
            n = int((empty & sieve.own).sum())
            self._note_once(Finding(missing.replace(" ", "-"), severity_of_share(n, sieve.n), f"Column {column!r} ({use}) is empty in {rows_of(n, sieve.n)}{self._whose(model)}; they were left out.", "Numbers hold for the rows that have a value; find out why these have none."))  # fmt: skip
        return values

    @staticmethod
    def _drop_again(sieve: Sieve, bad: BoolArray, reason: str) -> None:
        """Leave out more rows for a reason that may have been given before."""
        if reason not in sieve.reasons:
            sieve.drop(bad, reason)
        else:
            sieve.code[bad & (sieve.code == -1)] = sieve.reasons.index(reason)

    def _drop_flat(self, sieve: Sieve, model: Model, deviation: FloatArray) -> None:
        """Leave out rows whose standard deviation is not above 0."""
        flat = sieve.own & (deviation <= 0)
        if flat.any():
            at = np.flatnonzero(flat)
            self._note_once(Finding("deviation-not-positive", severity_of_share(at.size, sieve.n), f"Column {model.y_std!r} (used as y_std) is not above 0 in {rows_of(at.size, sieve.n)}: {example_rows(at.tolist(), deviation[at[:3]].tolist())}. They were left out.", "A standard deviation is a number above 0."))  # fmt: skip
            sieve.drop(flat, "deviation not above 0")

    # -------------------------------------------------------------------------------------------- what is noticed

    def _report_truth(self, cases: NumberCases) -> None:
        """Say when the true values are all the same or look like classes."""
        y, column = cases.truth, self.roles.y_true
        n = y.size
        low, high = float(y.min()), float(y.max())
        if low == high:
            self._note_once(Finding("truth-constant", "error" if n > 1 else "warning", f"Every true value of the {n:,} rows is {low:.6g} in {column!r}. R² and whatever compares with the spread of the truth is undefined.", "Check that this is the column of true values."))  # fmt: skip
            return
        if low >= -1e6 and high <= 1e6 and n > 2 * _FEW_VALUES:
            different = np.unique(y)
            if different.size <= _FEW_VALUES and (different == np.round(different)).all():
                self._note_once(Finding("truth-few-values", "warning", f"Column {column!r} holds only {different.size} different whole numbers ({', '.join(f'{v:g}' for v in different[:5])}{', ...' if different.size > 5 else ''}): these may be classes.", "Say --task multiclass or --task binary if they are."))  # fmt: skip

    def _report_prediction(self, model: Model, cases: NumberCases) -> None:
        """Say when the prediction is always the same, equal to the truth, or written in another unit."""
        y, f = cases.truth, cases.predicted
        n = y.size
        if n < 2:
            return
        if (f == f[0]).all():
            self._note_once(Finding("constant-prediction", "warning", f"Column {model.y_pred!r} predicts {f[0]:.6g} in all {n:,} rows{self._whose(model)}.", "Check that this is the column of predictions."))  # fmt: skip
        elif (f == y).all():
            self._note_once(Finding("prediction-equals-truth", "warning", f"Column {model.y_pred!r} equals {self.roles.y_true!r} in all {n:,} rows{self._whose(model)}.", "Check that it holds predictions, and none of the truth is among the model's inputs."))  # fmt: skip
        else:
            self._report_units(model, y, f)

    def _report_units(self, model: Model, y: FloatArray, f: FloatArray) -> None:
        """Say when truth and prediction go together but one is about a known factor larger."""
        if y.size < _FEWEST_ROWS:
            return
        of_truth, of_prediction = float(np.median(np.abs(y))), float(np.median(np.abs(f)))
        if not (of_truth > 0 and of_prediction > 0):
            return
        larger = max(of_truth, of_prediction) / min(of_truth, of_prediction)
        factor = next((k for k in _FACTORS if abs(np.log(larger / k)) <= np.log(1 + _NEAR)), None)
        if factor is None or not _correlation(y, f) > _TOGETHER:
            return
        more, less = (self.roles.y_true, model.y_pred) if of_truth > of_prediction else (model.y_pred, self.roles.y_true)  # fmt: skip
        unit = " (percentages and fractions)" if factor == 100 else ""
        self._note_once(Finding("unit-mix-up", "error", f"The numbers of {more!r} are about {larger:,.0f} times those of {less!r} (medians {max(of_truth, of_prediction):.4g} and {min(of_truth, of_prediction):.4g}): truth and prediction look as if they were written in different units{unit}.", "Write both in one unit."))  # fmt: skip

    def _report_crossed(self, model: Model, cases: NumberCases) -> None:
        """Say when ends of intervals or quantiles stand in the wrong order; refuse intervals whose ends are exchanged."""
        if cases.lower is not None and cases.upper is not None:
            for (level, low, high), below, above in zip(model.interval, cases.lower.T, cases.upper.T, strict=True):  # fmt: skip
                self._crossed(cases, above < below, f"The lower end {low!r} of the {level:g} interval lies above the upper end {high!r}", f"Write --interval {level:g}={high},{low}")  # fmt: skip
        if cases.quantiles is not None:
            for (a, b), (left, right) in zip(pairwise(model.quantile), pairwise(cases.quantiles.T), strict=True):  # fmt: skip
                self._crossed(cases, right < left, f"The {b[0]:g} quantile {b[1]!r} lies below the {a[0]:g} quantile {a[1]!r}", "Check which column is which quantile")  # fmt: skip

    def _crossed(self, cases: NumberCases, wrong: BoolArray, said: str, mend: str) -> None:
        """Refuse what is crossed in most rows; warn of the rest."""
        at = np.flatnonzero(wrong)
        if not at.size:
            return
        n = len(cases)
        if 2 * at.size > n:
            raise DataError(f"{said} in {rows_of(at.size, n)}: they look exchanged. {mend}.")
        first = ", ".join(f"{row + 1:,}" for row in cases.rows[at[:3]])
        self._note_once(Finding("ends-crossed", severity_of_share(at.size, n), f"{said} in {rows_of(at.size, n)} ({percent(at.size, n)}; row {first}{', ...' if at.size > 3 else ''}). Nothing lies inside of such an interval.", "Sort the quantiles of each row before they are written."))  # fmt: skip


def _correlation(a: FloatArray, b: FloatArray) -> float:
    """Correlation of two columns; 0 when one of them does not vary."""
    x, y = a - a.mean(), b - b.mean()
    top, under = float((x / np.abs(x).max(initial=1e-300) * (y / np.abs(y).max(initial=1e-300))).sum()), 1.0
    for z in (x, y):
        size = np.abs(z).max(initial=0.0)
        if size == 0:
            return 0.0
        under *= float(((z / size) ** 2).sum()) ** 0.5
    return top / under if under > 0 else 0.0


def ends_of_interval(text: str | Sequence[str]) -> tuple[str, str]:
    """Read the two columns of a predicted interval: a pair, or ``LOWER,UPPER``.

    Raises
    ------
    DataError
        If these are not two.
    """
    parts = text.split(",") if isinstance(text, str) else list(text)
    if len(parts) != 2 or not all(parts):
        raise DataError(f"An interval has two columns, LOWER,UPPER, not {text!r}.")
    return str(parts[0]).strip(), str(parts[1]).strip()
