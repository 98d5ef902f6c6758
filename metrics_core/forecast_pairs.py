"""Two models of forecasts on the same forecasts: how far their metrics and their losses lie apart, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import nan, sqrt

import numpy as np

from .cases import IntArray
from .forecast_boards import Across, counted_by, divided, steps_ahead, varying
from .forecast_cases import ForecastCases, ForecastLoss
from .forecast_horizons import MOST_STEPS
from .forecasts.diebold_mariano import FEW, AcrossSeries, DieboldMariano, across_series, diebold_mariano
from .metrics.registry import REGISTRY
from .number_cases import NumberCases
from .number_pairs import PairedDifference, paired_differences
from .number_units import weights
from .tally.outcomes import FloatArray
from .tally.series import SeriesTally
from .values import Interval

#: Metrics that are a mean over series, and those of rows.
_OF_SERIES, _OF_ROWS = ("mase", "rmsse", "smape", "wape"), ("mae", "rmse", "bias")
_LEVEL = 0.95
#: Against the size of differences, a standard error that is rounding only.
_DUST = 1e-14


def same_forecasts(a: ForecastCases, b: ForecastCases) -> tuple[ForecastCases, ForecastCases, int]:
    """Keep what both models forecast: the same row, or where models stand in rows of their own the same forecast.

    Parameters
    ----------
    a, b : ForecastCases
        Of one table.

    Returns
    -------
    a, b : ForecastCases
        In the same order, those of a single series belonging together by origin. Of several forecasts of one model for the same series, moment and origin the first counts.
    other_truth : int
        Forecasts left out because their two rows say different truths.
    """
    if np.array_equal(a.rows, b.rows):
        return varying(a), varying(b), 0
    if np.intersect1d(a.rows, b.rows, assume_unique=True).size:
        _, i, j = np.intersect1d(a.rows, b.rows, assume_unique=True, return_indices=True)
        return varying(a.at(i)), varying(b.at(j)), 0
    keys = [np.stack([c.series.astype(np.int64), c.path, c.place], axis=1) for c in (a, b)]
    _, code = np.unique(np.concatenate(keys), axis=0, return_inverse=True)
    of_a, of_b = np.split(code.reshape(-1), [len(a)])
    (first_a, at_a), (first_b, at_b) = (np.unique(of, return_index=True) for of in (of_a, of_b))
    _, i, j = np.intersect1d(first_a, first_b, assume_unique=True, return_indices=True)
    mine, theirs = a.at(at_a[i]), b.at(at_b[j])
    same = mine.truth == theirs.truth
    return varying(mine.at(same)), varying(theirs.at(same)), int((~same).sum())


@dataclass(frozen=True, eq=False)
class LossTest:
    """The difference of the losses of two models, loss a minus loss b: below 0 model a is better.

    Attributes
    ----------
    kind : {"abs_error", "squared_error", "scaled_error"}
    series : IntArray
        Index into the names of the timeline, of the series that have such a loss, ``(S,)``.
    difference : FloatArray
        Mean difference of each of them, ``(S,)``.
    loss : (float, float)
        Mean loss of either model, every series counting once.
    overall : AcrossSeries
        The mean of ``difference``; of one series without an interval.
    won, tied : float
        Share of the series in which a, and neither, has the lower mean loss.
    across : Across, optional
        Steps ahead; None where nobody says them.
    mean, low, high, p : FloatArray
        By steps ahead, ``(H,)``; NaN without a test.
    n : IntArray
        What each of these rests on, ``(H,)``: series, or of one series origins.
    tests : tuple of DieboldMariano
        Of one series, by steps ahead; empty for several.
    left_out : int
        Forecasts without such a loss.
    """

    kind: ForecastLoss
    series: IntArray
    difference: FloatArray
    loss: tuple[float, float]
    overall: AcrossSeries
    won: float
    tied: float
    across: Across | None
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    n: IntArray
    tests: tuple[DieboldMariano, ...]
    left_out: int

    @property
    def few(self) -> bool:
        """Whether something rests on so few values that its spread is hardly known."""
        used = self.n[~np.isnan(self.p)]
        return bool((used < FEW).any()) if self.tests else self.series.size < FEW


def loss_test(a: ForecastCases, b: ForecastCases, kind: ForecastLoss = "abs_error") -> LossTest:
    """Test whether two models have the same expected loss: over series, or of one series over its origins.

    Of several series the differences are first averaged within each, because they go together there, and Student's t is
    over the series. Of one series Diebold and Mariano's test runs at each number of steps ahead over its origins; it knows
    no weights.

    Parameters
    ----------
    a, b : ForecastCases
        The same forecasts in the same order, see ``same_forecasts``.
    kind : {"abs_error", "squared_error", "scaled_error"}
        Forecasts of series without a scale have no scaled error.

    Returns
    -------
    LossTest

    Raises
    ------
    ValueError
        If the forecasts are not the same.
    """
    _check_same(a, b)
    losses = [c.loss(kind) for c in (a, b)]
    kept = np.flatnonzero(~np.isnan(losses[0]) & ~np.isnan(losses[1]) & (weights(a) > 0))
    left_out = int((weights(a) > 0).sum()) - kept.size
    own, (of_a, of_b) = a.at(kept), (loss[kept] for loss in losses)
    series, code = np.unique(own.series, return_inverse=True)
    w = weights(own)
    total = np.bincount(code, weights=w, minlength=series.size)
    means = [np.bincount(code, weights=w * loss, minlength=series.size) / total for loss in (of_a, of_b)]
    difference = np.asarray(means[0] - means[1])
    across = steps_ahead(own, MOST_STEPS)
    size = 0 if across is None else len(across.labels)
    by_step = _Steps.none(size)
    tests: tuple[DieboldMariano, ...] = ()
    if across is not None and series.size > 1:
        by_step = _over_series(across, code.astype(np.int64), series.size, w, of_a - of_b)
    elif across is not None:
        by_step, tests = _over_origins(own, across, of_a, of_b)
    groups = _groups(own)
    share = [float(x.mean()) if series.size else nan for x in (difference < 0, difference == 0)]
    mean_loss = [float(m.mean()) if series.size else nan for m in means]
    return LossTest(
        kind, series.astype(np.int64), difference, (mean_loss[0], mean_loss[1]), _over_groups(difference, None if groups is None else groups[series]),
        share[0], share[1], across, by_step.mean, by_step.low, by_step.high, by_step.p, by_step.n, tests, left_out,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Steps:
    """Mean differences by steps ahead."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    n: IntArray

    @classmethod
    def none(cls, size: int) -> _Steps:
        """Return as many undefined ones."""
        mean, low, high, p = np.full((4, size), nan)
        return cls(mean, low, high, p, np.zeros(size, dtype=np.int64))


def _over_series(across: Across, code: IntArray, n_series: int, w: FloatArray, d: FloatArray) -> _Steps:
    """Average within each series and column, then take Student's t over the series."""
    from scipy.special import stdtr, stdtrit

    size = len(across.labels)
    cell, cells = code * size + across.code, n_series * size
    of_series = divided(
        np.bincount(cell, weights=w * d, minlength=cells).astype(np.float64),
        np.bincount(cell, weights=w, minlength=cells).astype(np.float64),
    ).reshape(n_series, size)
    has = ~np.isnan(of_series)
    n = has.sum(axis=0)
    mean = divided(np.where(has, of_series, 0.0).sum(axis=0), n.astype(np.float64))
    squares = np.where(has, (of_series - mean) ** 2, 0.0).sum(axis=0)
    out = _Steps.none(size)
    at = np.flatnonzero((n > 1) & (squares > 0))
    error = np.sqrt(squares[at] / (n[at] - 1) / n[at])
    reach = -stdtrit(n[at] - 1.0, (1 - _LEVEL) / 2) * error
    out.low[at], out.high[at] = mean[at] - reach, mean[at] + reach
    out.p[at] = 2 * stdtr(n[at] - 1.0, -np.abs(mean[at]) / error)
    return replace(out, mean=mean, n=n.astype(np.int64))


def _over_origins(cases: ForecastCases, across: Across, of_a: FloatArray, of_b: FloatArray) -> tuple[_Steps, tuple[DieboldMariano, ...]]:  # fmt: skip
    """Test one series at each number of steps ahead over its origins, in the order of time.

    Errors of forecasts h steps ahead overlap with those of later origins less than h steps away, so the test is told how
    many origins that are.
    """
    from scipy.special import stdtrit

    out, tests = _Steps.none(len(across.labels)), []
    made = np.unique(cases.until)
    apart = int(np.diff(made).min()) if made.size > 1 else 1
    order = np.argsort(cases.place, kind="stable")
    for j in range(len(across.labels)):
        at = order[across.code[order] == j]
        found = diebold_mariano(of_a[at], of_b[at], max(1, -(-int(across.high[j]) // apart)))
        tests.append(found)
        out.mean[j], out.p[j], out.n[j] = found.difference, found.p, found.T
        if not found.reason and found.corrected != 0:
            reach = -float(stdtrit(found.T - 1, (1 - _LEVEL) / 2)) * abs(found.difference / found.corrected)
            out.low[j], out.high[j] = found.difference - reach, found.difference + reach
    return out, tuple(tests)


def _groups(cases: ForecastCases) -> IntArray | None:
    """Return the group of each series of the timeline, where series belong to groups such as regions; else None.

    Groups that cut through series are smaller than these, so the series are what varies.
    """
    if cases.together is None or cases.together_by == "series":
        return None
    _, unit = np.unique(cases.together, return_inverse=True)
    of = np.full(len(cases.timeline.names), -1, dtype=np.int64)
    of[cases.series] = unit.reshape(-1)
    return of if bool((of[cases.series] == unit.reshape(-1)).all()) else None


def _over_groups(d: FloatArray, group: IntArray | None) -> AcrossSeries:
    """Test a mean over series; series that belong to one group vary together."""
    if group is None or d.size < 2:
        return across_series(d, _LEVEL)
    from scipy.special import stdtr, stdtrit

    _, unit = np.unique(group, return_inverse=True)
    of_group = np.bincount(unit, weights=d - d.mean())
    n, mean = of_group.size, float(d.mean())
    if n < 2:
        return AcrossSeries(mean, nan, nan, nan, d.size, "all series belong together")
    error = sqrt(float((of_group**2).sum()) * n / (n - 1)) / d.size
    if not error > _DUST * float(np.abs(d).max()):
        return AcrossSeries(mean, nan, nan, nan, d.size, "the difference is the same in every group of series")  # fmt: skip
    reach = -float(stdtrit(n - 1, (1 - _LEVEL) / 2)) * error
    return AcrossSeries(mean, mean - reach, mean + reach, float(2 * stdtr(n - 1, -abs(mean) / error)), d.size)


def metric_differences(
    a: ForecastCases, b: ForecastCases, counted: tuple[SeriesTally, SeriesTally] | None = None
) -> tuple[PairedDifference, ...]:
    """Compare the metrics of two models: those of series over the series that have them in both, the others row by row.

    Parameters
    ----------
    a, b : ForecastCases
        The same forecasts in the same order, see ``same_forecasts``.
    counted : (SeriesTally, SeriesTally), optional
        Sums of every series of the timeline, where they were counted before.

    Returns
    -------
    tuple of PairedDifference
        Of ``mase rmsse smape wape``, then ``mae rmse bias``, then coverage and width of each level that both have.

    Raises
    ------
    ValueError
        If the forecasts are not the same.
    """
    _check_same(a, b)
    n = len(a.timeline.names)
    tallies = counted or tuple(counted_by(c, c.series.astype(np.int64), n) for c in (a, b))
    groups = _groups(a)
    of_series = [_of_series(key, tallies[0], tallies[1], groups) for key in _OF_SERIES]
    levels = [level for level in a.levels if level in b.levels]
    keys = [*_OF_ROWS, *(f"{name}@{level:g}" for level in levels for name in ("coverage", "width"))]
    # Models in rows of their own have the same forecasts in other rows.
    plain = [NumberCases(**{f.name: getattr(c, f.name) for f in fields(NumberCases)} | {"rows": a.rows}) for c in (a, b)]  # fmt: skip
    return (*of_series, *paired_differences(plain[0], plain[1], keys))


def _of_series(key: str, a: SeriesTally, b: SeriesTally, groups: IntArray | None) -> PairedDifference:
    """Compare a metric that is a mean over series."""
    spec = REGISTRY["forecasting", key]
    assert spec.per_series is not None  # it is one of those
    values = [spec.per_series(tally) for tally in (a, b)]
    held = np.flatnonzero(~np.isnan(values[0]) & ~np.isnan(values[1]))
    means = [float(v[held].mean()) if held.size else nan for v in values]
    found = _over_groups(values[0][held] - values[1][held], None if groups is None else groups[held])
    reason = spec.undefined_when if not held.size else found.reason
    low, high = (None, None) if np.isnan(found.low) else (found.low, found.high)
    return PairedDifference(key, means[0], means[1], means[0] - means[1], Interval(low, high, _LEVEL, "t over series", reason), found.p, float(held.size))  # fmt: skip


def _check_same(a: ForecastCases, b: ForecastCases) -> None:
    """Refuse forecasts of different things."""
    same = len(a) == len(b) and all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("series", "path", "place", "truth"))  # fmt: skip
    if not same:
        raise ValueError("two models are compared on the same forecasts")
