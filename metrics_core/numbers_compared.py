"""Each group of a column against all other rows, for predicted numbers: Welch's comparison of two means.

A metric that is a mean over rows, or its root, is compared; the rest is the whole minus the group.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import DataError, did_you_mean
from .forecast_cases import ForecastCases
from .grouping import Grouping
from .metrics.counts import ratio
from .metrics.registry import REGISTRY
from .metrics.spec import MetricSpec
from .number_cases import NumberCases
from .rate_interval import wilson
from .reduce.numbers import grouped_tally, number_tally, terms
from .renumbered import renumbered
from .tally.numbers import NumberTally
from .tally.outcomes import FloatArray
from .tally.series import SeriesTally
from .values import spec_of

if TYPE_CHECKING:
    from .groups_compared import GroupTable

#: What each metric is the mean of; the root of it for the last.
_MEANS = {
    "mae": "absolute",
    "bias": "error",
    "mse": "squared",
    "smape": "symmetric",
    "mape": "percentage",
    "pinball": "pinball",
    "interval_score": "interval_score",
    "rmse": "squared",
    "scaled_error": "scaled",
}
#: Those offered for every table of a task.
COMPARED = {
    "regression": ("mae", "rmse", "bias", "mse", "smape"),
    "forecasting": ("mae", "rmse", "bias", "mse", "scaled_error"),
}
_ROOT = "rmse"
_LEVEL = 0.95
#: Units times groups that are summed up at once.
_CELLS = 4_000_000
#: Fourth powers of squared errors must stay in the range of a double.
_LARGEST = 2.0**100
#: How often the unit of the target goes into the number of a row; into all others not at all.
_POWERS = {"absolute": 1, "error": 1, "pinball": 1, "interval_score": 1, "width": 1, "squared": 2}


@dataclass(frozen=True, eq=False)
class _Side:
    """A mean of some rows, on the scale of the metric; each ``(G,)``."""

    value: FloatArray
    error: FloatArray
    n: FloatArray


@dataclass(frozen=True, eq=False)
class NumberComparison:
    """One metric of one model on some judged rows, ready to be broken down by one column after the other.

    Attributes
    ----------
    cases : NumberCases
    metric : MetricSpec
    term : str
        The number of each row whose mean, or the root of it, the metric is.

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> from metrics_core.grouping import grouping
    >>> frame = pd.DataFrame({"y": [1.5, 2.0, 2.5, 3.0] * 20, "f": [1.5, 2.0, 3.5, 4.0] * 20, "sex": ["f", "f", "m", "m"] * 20})
    >>> predictions = mc.read(frame, task="regression", y_true="y", y_pred="f")
    >>> table = NumberComparison.of(predictions.judged(), "mae").table(grouping(predictions.source, "sex"))
    >>> [(g.label, g.rows, g.value, g.rest) for g in table.groups]
    [('f', 40, 0.0, 1.0), ('m', 40, 1.0, 0.0)]
    """

    cases: NumberCases
    metric: MetricSpec
    term: str

    @classmethod
    def of(cls, cases: NumberCases, metric: str) -> NumberComparison:
        """Prepare the comparison of a metric.

        Parameters
        ----------
        cases : NumberCases
        metric : str
            Its key: that of a mean over the rows, ``rmse``, or ``coverage@LEVEL`` of a level there is.

        Raises
        ------
        DataError
            If groups cannot be compared by this metric.
        """
        of_level = [f"{name}@{level:g}" for level in cases.levels for name in ("coverage", "width")]
        task = "forecasting" if isinstance(cases, ForecastCases) else "regression"
        known = [key for key in _MEANS if (task, key) in REGISTRY and REGISTRY[task, key].of in (NumberTally, SeriesTally) and REGISTRY[task, key].per_series is None and (key != "interval_score" or cases.levels)]  # fmt: skip
        if metric in of_level:
            name, _, level = metric.partition("@")
            spec = spec_of(task, metric)[0]
            spec = replace(
                spec, key=metric, label=f"{spec.label.removesuffix('level')}{100 * float(level):g}%"
            )
            return cls(cases, spec, f"{'covered' if name == 'coverage' else name}@{level}")
        if metric not in known:
            raise DataError(f"Groups cannot be compared by {metric!r}. {did_you_mean(metric, [*known, *of_level])}")  # fmt: skip
        if isinstance(cases, ForecastCases) and metric == "scaled_error":
            cases = cases.at(~np.isnan(cases.scaled))
        return cls(cases, REGISTRY[task, metric], _MEANS[metric])

    @cached_property
    def _unit(self) -> float:
        """A power of two in which no number of the rows is far from 1; 1 where none is anyway."""
        # a deviation plays no part in any mean that is compared
        own = (
            self.cases.truth,
            self.cases.predicted,
            self.cases.lower,
            self.cases.upper,
            self.cases.quantiles,
        )
        largest = max((float(np.abs(x).max(initial=0.0)) for x in own if x is not None), default=0.0)
        if largest == 0 or 1 / _LARGEST <= largest <= _LARGEST:
            return 1.0
        return float(2.0 ** np.floor(np.log2(largest)))

    @cached_property
    def _even(self) -> NumberCases:
        """The rows in that unit."""
        if self._unit == 1.0:
            return self.cases
        own = ["truth", "predicted", "lower", "upper", "quantiles"]
        own += ["scale"] if isinstance(self.cases, ForecastCases) else []
        held = {name: getattr(self.cases, name) for name in own}
        scaled: Any = {name: x / self._unit for name, x in held.items() if x is not None}
        return replace(self.cases, **scaled)

    def _in_unit(self, values: FloatArray, power: int) -> FloatArray:
        """Bring numbers back to the unit of the target; infinite where that is beyond a double."""
        with np.errstate(over="ignore"):
            for _ in range(power):
                values = np.asarray(values * self._unit)
        return values

    @cached_property
    def _numbers(self) -> FloatArray:
        """The number of each row."""
        return terms(self._even, (self.term,))[self.term]

    @cached_property
    def _failing(self) -> tuple[str, int, FloatArray]:
        """What counts against the model: how it is called, the power of the unit in it, and how much each row has."""
        if self.term.startswith("covered@"):
            return "misses", 0, 1 - self._numbers
        if self.term == "squared":
            return "squared error", 2, self._numbers
        return "absolute error", 1, np.abs(self._even.residual)

    def table(self, grouping: Grouping) -> GroupTable:
        """Compare each group of a column with all other rows."""
        from .groups_compared import OTHER, SMALL, ComparedGroup, GroupTable

        cases, n_groups = self.cases, grouping.n_groups
        code = grouping.code[cases.rows].astype(np.int64)
        w = np.ones(len(cases)) if cases.weight is None else cases.weight
        rows = np.bincount(code, minlength=n_groups)
        whole = number_tally(self._even, (self.term,))
        inside = grouped_tally(self._even, code, n_groups, (self.term,))
        outside = whole.without(inside)
        ours, rest, apart, df = self._sides(inside, outside, code, w)
        low, high = self._ends(inside, ours, code, w)
        difference = ours.value - rest.value
        t = _quantile(df)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(apart > 0, difference / apart, np.where(difference == 0, 0.0, np.nan))
        p = np.where(rest.n < SMALL, np.nan, _p_value(z, df))
        of_metric = 1 if self.metric.key == _ROOT else _POWERS.get(self.term.partition("@")[0], 0)
        value, rest_value, reach = ours.value, rest.value, t * apart
        spans = (value, rest_value, low, high, difference, difference - reach, difference + reach)
        value, rest_value, low, high, difference, from_, to = (self._in_unit(x, of_metric) for x in spans)
        name, power, failing = self._failing
        failures = np.asarray(np.bincount(code, weights=w * failing, minlength=n_groups), dtype=np.float64)
        in_all = self._in_unit(failures, power)
        counted = self.metric.interval == "wilson"
        part, of = inside.total * ours.value, inside.total
        groups = []
        for g in np.flatnonzero(rows).tolist():
            level = grouping.levels[g] if g < len(grouping.levels) else None
            alone = rows[g] == len(cases)
            reason = "there are no other rows" if alone else (
                f"fewer than {SMALL} other rows count" if rest.n[g] < SMALL else "" if apart[g] > 0 or difference[g] == 0 else "every row is the same"
            )  # fmt: skip
            groups.append(ComparedGroup(
                column=grouping.column, label=level.label if level else OTHER, level=level, rows=int(rows[g]),
                share=float(ratio(inside.total[g], whole.total)), value=float(value[g]), low=float(low[g]), high=float(high[g]),
                part=float(part[g]) if counted else float("nan"), of=float(of[g]) if counted else float("nan"),
                rest=float("nan") if alone else float(rest_value[g]), difference=float("nan") if alone else float(difference[g]),
                difference_low=float(from_[g]), difference_high=float(to[g]),
                z=float(z[g]), p=float(p[g]), failures=float(in_all[g]), share_of_failures=float(ratio(failures[g], failures.sum())),
                prevalence=float("nan"), rest_prevalence=float("nan"), small=bool(ours.n[g] < SMALL), reason=reason, n=float(ours.n[g]),
            ))  # fmt: skip
        mean = self._in_unit(self._scaled(np.asarray(whole.mean[self.term])), of_metric)
        every = float(mean) if float(whole.total) > 0 else float("nan")
        return GroupTable(column=grouping.column, metric=self.metric, failures=name, value=every, rows=len(cases), groups=tuple(groups))  # fmt: skip

    def _scaled(self, mean: FloatArray) -> FloatArray:
        """Bring a mean to the scale of the metric."""
        return np.sqrt(mean) if self.metric.key == _ROOT else mean

    def _sides(
        self, inside: NumberTally, outside: NumberTally, code: NDArray[np.int64], w: FloatArray
    ) -> tuple[_Side, _Side, FloatArray, FloatArray]:
        """Both sides of every comparison, the standard error of the difference, and its degrees of freedom."""
        if self.cases.together is not None:
            return self._sides_together(inside, outside, code, w, self.cases.together)
        ours, rest = self._side(inside), self._side(outside)
        a, b = ours.error**2, rest.error**2
        with np.errstate(divide="ignore", invalid="ignore"):
            df = (a + b) ** 2 / (a**2 / np.maximum(ours.n - 1, 1) + b**2 / np.maximum(rest.n - 1, 1))
        return ours, rest, np.sqrt(a + b), np.where(np.isfinite(df), np.maximum(df, 1.0), 1.0)

    def _side(self, t: NumberTally) -> _Side:
        """A mean with its standard error over independent rows."""
        mean = np.where(t.total > 0, t.mean[self.term], np.nan)
        value = self._scaled(mean)
        return _Side(value, t.error(self.term) * self._slope(value), t.effective_n)

    def _slope(self, value: FloatArray) -> FloatArray:
        """How much the metric moves with the mean: of a root the half of its inverse."""
        if self.metric.key != _ROOT:
            return np.ones_like(value)
        return np.divide(0.5, value, out=np.zeros_like(value), where=value > 0)

    def _sides_together(
        self, inside: NumberTally, outside: NumberTally, code: NDArray[np.int64], w: FloatArray, together: NDArray[np.int64]
    ) -> tuple[_Side, _Side, FloatArray, FloatArray]:  # fmt: skip
        """Let the groups of rows that belong together vary, also those that lie on both sides."""
        _, unit = renumbered(together)
        size, n_units = inside.total.size, int(unit.max(initial=-1)) + 1
        values = [self._scaled(np.where(t.total > 0, t.mean[self.term], np.nan)) for t in (inside, outside)]
        slopes = [self._slope(v) for v in values]
        centre = float(self._numbers.mean())
        x = np.where(w > 0, w * (self._numbers - centre), 0.0)
        errors, n = np.full((3, size), np.nan), np.zeros((2, size))
        width = max(1, _CELLS // n_units)
        for start in range(0, size, width):  # so many groups at a time that their cells fit the memory
            part = slice(start, min(start + width, size))
            cells = [
                _by_unit(unit, code, part, n_units, numbers) for numbers in (x, w, (w > 0).astype(np.float64))
            ]
            moved = []
            for side, t in enumerate((inside, outside)):
                sx, sw, rows = cells if side == 0 else [np.bincount(unit, weights=y, minlength=n_units)[:, np.newaxis] - c for y, c in zip((x, w, w > 0), cells, strict=True)]  # fmt: skip
                n[side, part] = (rows > 0.5).sum(0)
                total, mean = t.total[part], t.mean[self.term][part] - centre
                over = np.divide(slopes[side][part], total, out=np.zeros(total.size), where=total > 0)
                moved.append((sx - mean * sw) * over)
            units = (n[0, part], n[1, part], np.minimum(n[0, part], n[1, part]))
            for i, (moves, k) in enumerate(zip((*moved, moved[0] - moved[1]), units, strict=True)):
                with np.errstate(divide="ignore", invalid="ignore"):
                    errors[i, part] = np.where(k > 1, np.sqrt((moves**2).sum(0) * k / (k - 1)), np.nan)
        ours, rest = _Side(values[0], errors[0], n[0]), _Side(values[1], errors[1], n[1])
        return ours, rest, errors[2], np.maximum(np.minimum(n[0], n[1]) - 1, 1.0)

    def _ends(self, inside: NumberTally, ours: _Side, code: NDArray[np.int64], w: FloatArray) -> tuple[FloatArray, FloatArray]:  # fmt: skip
        """Ends of the interval of each group: Wilson's of a share, else Student's."""
        if self.metric.interval == "wilson" and self.cases.together is None:
            return wilson(ours.value * ours.n, ours.n, _LEVEL)
        reach = _quantile(np.maximum(ours.n - 1, 1.0)) * ours.error
        return np.maximum(ours.value - reach, self.metric.low), np.minimum(
            ours.value + reach, self.metric.high
        )


def _by_unit(unit: NDArray[np.int64], code: NDArray[np.int64], part: slice, n_units: int, numbers: FloatArray) -> FloatArray:  # fmt: skip
    """Sum numbers of the rows up by unit and group, for some groups: ``(units, groups)``."""
    width = part.stop - part.start
    inside = (code >= part.start) & (code < part.stop)
    cell = unit[inside] * width + code[inside] - part.start
    summed = np.bincount(cell, weights=numbers[inside], minlength=n_units * width)
    return np.asarray(summed.reshape(n_units, width), dtype=np.float64)


def _quantile(df: FloatArray) -> FloatArray:
    """Quantile of Student's t for an interval of 95 %."""
    from scipy.special import stdtrit

    return np.asarray(-stdtrit(df, (1 - _LEVEL) / 2))


def _p_value(z: FloatArray, df: FloatArray) -> FloatArray:
    """Chance of so large a difference in standard errors if there were none."""
    from scipy.special import stdtr

    return np.asarray(2 * stdtr(df, -np.abs(z)))
