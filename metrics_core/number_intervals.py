"""Intervals of the metrics of predicted numbers, by the method that their table row names.

``normal`` is the delta method: what a little more weight on a row does to the metric is the row's influence, and the spread
of the influences is that of the metric. So every metric of a ``NumberTally`` has its interval without a line of its own.
Where rows belong together, the groups of rows are drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import isinf, isnan, log
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .forecast_cases import ForecastCases
from .metrics.registry import metrics_of
from .metrics.residuals import d2_absolute_error
from .metrics.spec import MetricSpec, Tallies
from .number_cases import NumberCases
from .number_units import blocks
from .rate_interval import wilson
from .reduce.numbers import terms
from .resampling import GroupResampler, chunks
from .series_intervals import SeriesReplicates
from .tally.numbers import NumberTally, Ordered, OrderTally
from .tally.outcomes import FloatArray
from .tally.series import SeriesTally
from .values import Interval, Metrics, key_of

#: Weight, as a share of all rows, that tells the influence of a row.
_LITTLE = 1e-7
#: Values that the sizes of the errors are merged to before groups of rows are drawn again.
_CELLS = 512
#: Spread of a metric, against its size, below which rows differ by rounding only.
_ROUNDING = 1e-9
#: Squares of larger numbers, and sums of these, leave the range of a double.
_GREATEST_SQUARED = 1e145


@dataclass(frozen=True, eq=False)
class NumberDraw:
    """The rows, what was counted of them, and how to draw them again."""

    cases: NumberCases
    tallies: Tallies
    level: float
    seed: int
    replicates: int

    @cached_property
    def numbers(self) -> NumberTally:
        """Means and spreads."""
        found = self.tallies[NumberTally]
        assert isinstance(found, NumberTally)
        return found

    @cached_property
    def order(self) -> OrderTally:
        """Values in order."""
        found = self.tallies[OrderTally]
        assert isinstance(found, OrderTally)
        return found

    @cached_property
    def terms(self) -> dict[str, FloatArray]:
        """The numbers of each row."""
        return terms(self.cases)

    @cached_property
    def n(self) -> float:
        """Independent units: effective rows, or groups of rows that belong together."""
        c = self.cases
        if c.together is None:
            return c.effective_n
        used = c.together if c.weight is None else c.together[c.weight > 0]
        return float(np.unique(used).size)

    @cached_property
    def t(self) -> float:
        """Quantile of Student's t that belongs to the level and the units."""
        from scipy.special import stdtrit

        return float(-stdtrit(max(self.n - 1, 1.0), (1 - self.level) / 2))

    @cached_property
    def drawn(self) -> NumberTally:
        """The tally of every replicate when the groups of rows are drawn again, ``(B,)``."""
        c, t = self.cases, self.numbers
        assert c.together is not None
        w = np.ones(len(c)) if c.weight is None else c.weight
        names = list(t.mean)
        unit, n_units = blocks(c)

        def of_units(weights: FloatArray) -> FloatArray:
            return np.bincount(unit, weights=weights, minlength=n_units).astype(np.float64)

        values = [of_units(w)]
        beyond: set[str] = set()  # terms whose squares no double holds, so that their spread is not known
        for name in names:
            away = self.terms[name] - t.mean[name]
            if np.abs(away).max(initial=0.0) > _GREATEST_SQUARED:
                beyond.add(name)
            values += [of_units(w * away), np.zeros(n_units) if name in beyond else of_units(w * away**2)]
        resampler = GroupResampler.of_sums(np.stack(values, axis=1))
        sums = np.concatenate([part for _, part in chunks(resampler, self.seed, self.replicates)])
        total = sums[:, 0]
        safe = np.where(total > 0, total, 1.0)
        mean, spread = {}, {}
        for i, name in enumerate(names):
            moved = sums[:, 2 * i + 1] / safe
            # a mean lies within its terms; rounding alone could take that of squares below 0
            term = self.terms[name]
            mean[name] = np.clip(t.mean[name] + moved, term.min(initial=np.inf), term.max(initial=-np.inf))
            if name in beyond:
                spread[name] = np.full(total.shape, np.nan)
            else:
                spread[name] = np.maximum(sums[:, 2 * i + 2] - total * moved**2, 0.0)
        return NumberTally(total, mean, spread, t.least, t.greatest, t.levels)

    @cached_property
    def drawn_order(self) -> OrderTally:
        """The sizes of the errors and the truths of every replicate, each merged to a few hundred values, ``(B, C)``."""
        return OrderTally(self._drawn_of(self.cases.truth), self._drawn_of(np.abs(self.cases.residual)))

    @cached_property
    def drawn_series(self) -> dict[str, FloatArray]:
        """Every metric of series in every replicate, ``(B,)`` each by key."""
        assert isinstance(self.cases, ForecastCases)
        specs = {spec.key: spec for spec in metrics_of("forecasting") if spec.of is SeriesTally}
        return SeriesReplicates.of(self.cases, self.seed, self.replicates).values(specs)

    def _drawn_of(self, values: FloatArray) -> Ordered:
        """Draw the groups of rows again and weigh the values of their rows."""
        c = self.cases
        assert c.together is not None
        edges = np.unique(np.quantile(values, np.linspace(0, 1, _CELLS + 1)))
        cell = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, edges.size - 1)
        n = np.bincount(cell, minlength=edges.size)
        middle = np.bincount(cell, weights=values, minlength=edges.size) / np.maximum(n, 1)
        middle = np.where(n > 0, middle, edges)
        resampler = GroupResampler.of(c.together, cell, c.weight, edges.size)
        weight = np.concatenate([part for _, part in chunks(resampler, self.seed, self.replicates)])
        return Ordered(middle, weight)


def number_interval(spec: MetricSpec, size: Any, metrics: Metrics, draw: NumberDraw) -> Interval:
    """Compute the interval of one metric.

    Parameters
    ----------
    spec : MetricSpec
        Of predicted numbers.
    size : float, optional
        The level of a metric of predicted intervals.
    metrics : Metrics
        The values.
    draw : NumberDraw

    Returns
    -------
    Interval
    """
    key = key_of(spec, size)
    value, grouped = metrics.values[key], draw.cases.together is not None
    method = "group_bootstrap" if grouped and spec.interval != "none" else spec.interval
    nothing = Interval(None, None, draw.level, method)
    if value is None:
        return replace(nothing, reason=metrics.undefined.get(key, spec.undefined_when))
    if spec.interval == "none":
        return replace(nothing, reason="the largest of all errors has no such interval")
    if draw.n < 2:
        return replace(nothing, reason="all rows belong together" if grouped else "one row has no spread")
    if grouped:
        return _of_groups(spec, size, value, draw)
    if spec.interval == "wilson":
        low, high = wilson(value * draw.n, draw.n, draw.level)
        return Interval(float(low), float(high), draw.level, method)
    if spec.interval == "order":
        return _of_median(draw)
    return _of_influences(spec, size, value, draw)


def influences(spec: MetricSpec, size: Any, draw: NumberDraw) -> FloatArray:
    """Change of a metric with the share of the weight that each row has, ``(n,)``; their weighted mean is 0."""
    if spec.fn is d2_absolute_error:
        centre = float(draw.order.truth.quantile(0.5))
        base = float(draw.order.truth.away_from(np.asarray(centre)))
        ours = float(draw.order.absolute.away_from(np.asarray(0.0)))
        away = np.abs(draw.cases.truth - centre)
        return np.asarray(-(draw.terms["absolute"] - ours) / base + ours * (away - base) / base**2)
    t = draw.numbers
    weight = _LITTLE * float(t.total)
    at = () if size is None else (size,)
    moved = np.asarray(spec.fn(t.with_row(draw.terms, weight), *at))
    return np.asarray((moved - float(spec.fn(t, *at))) / _LITTLE)


def _of_influences(spec: MetricSpec, size: Any, value: float, draw: NumberDraw) -> Interval:
    """Interval from the spread of the influences, on the log scale of what is left to 1 where 1 is the best value."""
    c = draw.cases
    w = np.ones(len(c)) if c.weight is None else c.weight
    used = w > 0
    psi, w = influences(spec, size, draw)[used], w[used]
    of_log = isinf(spec.low) and spec.high == 1 and value < 1
    if of_log:
        psi = -psi / (1 - value)
    total = float(w.sum())
    second, third = (w, w) if c.frequency else (w * w, w * w * w)
    squares = psi * psi  # a power of 3 is slow, a product is not
    around = float((second * squares).sum())
    error = (around * draw.n / (draw.n - 1)) ** 0.5 / total
    if isnan(error):
        return Interval(None, None, draw.level, spec.interval, "its spread is not finite")
    if not error > _ROUNDING * (1.0 if of_log else abs(value)):
        return Interval(None, None, draw.level, spec.interval, "every row gives the same")
    skewness = float((third * squares * psi).sum() / around**1.5)
    moves = [error * _unskewed(end, skewness) for end in (draw.t, -draw.t)]
    if of_log:
        ends = sorted(1 - float(np.exp(log(1 - value) + sign)) for sign in (-moves[0], -moves[1]))
    else:
        ends = [value - moves[0], value - moves[1]]
    return Interval(max(ends[0], spec.low), min(ends[1], spec.high), draw.level, spec.interval)


def _unskewed(z: float, skewness: float) -> float:
    """Quantile of a mean over its standard error whose distribution is skewed (Hall 1992, doi:10.2307/2291289)."""
    if abs(skewness) < 1e-6:
        return z
    return 3 / skewness * (float(np.cbrt(1 + skewness * (z - skewness / 6))) - 1)


def _of_median(draw: NumberDraw) -> Interval:
    """Ends are the quantiles at Wilson's interval of one half (Woodruff 1952, doi:10.1080/01621459.1952.10483443)."""
    low, high = wilson(0.5 * draw.n, draw.n, draw.level)
    ordered = draw.order.absolute
    return Interval(float(ordered.quantile(float(low))), float(ordered.quantile(float(high))), draw.level, "order")  # fmt: skip


def _of_groups(spec: MetricSpec, size: Any, value: float, draw: NumberDraw) -> Interval:
    """Percentiles of the metric when the groups of rows are drawn again; wider for few groups, as a t-quantile is."""
    found = _replicates(spec, size, draw)
    known = np.sort(found[~np.isnan(found)])
    nothing = Interval(None, None, draw.level, "group_bootstrap", undefined=found.size - known.size)
    if known.size < 0.95 * found.size:
        return replace(nothing, reason=f"too many of the resamples have no value ({spec.undefined_when})")
    if known[0] == known[-1]:
        return replace(nothing, reason="every resample gives the same value")
    tail = NormalDist().cdf(-draw.t * (draw.n / (draw.n - 1)) ** 0.5)
    beyond = min(max(int(tail * (known.size + 1)), 1), (known.size + 1) // 2)
    low, high = float(known[beyond - 1]), float(known[-beyond])
    return Interval(min(low, value), max(high, value), draw.level, "group_bootstrap", undefined=nothing.undefined)  # fmt: skip


def _replicates(spec: MetricSpec, size: Any, draw: NumberDraw) -> NDArray[np.float64]:
    """Compute a metric of every replicate."""
    if spec.of is SeriesTally:
        return draw.drawn_series[spec.key]
    tally: Any = draw.drawn if spec.of is NumberTally else draw.drawn_order
    # a replicate beyond the range of a double is infinite or has no value, and is counted so
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(spec.fn(tally) if size is None else spec.fn(tally, size))
