"""Numbers of the rows summed up around their means: what metrics of predicted numbers are computed from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from .outcomes import FloatArray


@dataclass(frozen=True, eq=False)
class NumberTally:
    """Weighted mean and spread of several numbers that each row has.

    Sums are kept around the mean, so an offset of the data costs no digits. Leading axes are free.

    Attributes
    ----------
    total : (...) float64
        Sum of the weights.
    mean : dict of (...) float64
        By name of the number; 0 where ``total`` is.
    spread : dict of (...) float64
        Sum of weight times squared distance from the mean.
    least : (...) float64
        Size of the true value nearest to 0 in a row that counts; infinite without rows.
    greatest : (...) float64
        Greatest distance of a prediction from the truth in a row that counts; minus infinite without rows.
    levels : tuple of float
        Levels of the predicted intervals, each with its numbers ``covered@LEVEL`` and ``width@LEVEL``.
    squares : NumberTally, optional
        The same numbers weighted by the squares of sampling weights; absent when every row counts once.
    """

    total: FloatArray
    mean: Mapping[str, FloatArray]
    spread: Mapping[str, FloatArray]
    least: FloatArray
    greatest: FloatArray
    levels: tuple[float, ...] = ()
    squares: NumberTally | None = None

    @property
    def effective_n(self) -> FloatArray:
        """Rows of equal weight that tell as much (Kish), ``(...)``."""
        squares = self.total if self.squares is None else self.squares.total
        return self.total * np.divide(self.total, squares, out=np.zeros_like(self.total), where=squares > 0)

    def error(self, name: str) -> FloatArray:
        """Standard error of a mean over independent rows, ``(...)``.

        Linearised for sampling weights (Särndal, Swensson and Wretman 1992, section 5.6), with the factor n / (n - 1)
        on the effective number of rows. NaN of one row or none.
        """
        n, q = self.effective_n, self.squares
        around = self.spread[name]
        if q is not None:
            around = q.spread[name] + q.total * (q.mean[name] - self.mean[name]) ** 2
        with np.errstate(invalid="ignore", divide="ignore"):
            found = np.sqrt(around * n / (n - 1)) / self.total
        return np.where(n > 1, found, np.nan)

    def __add__(self, other: NumberTally) -> NumberTally:
        """Merge two tallies of disjoint rows (Chan, Golub and LeVeque 1983)."""
        total = np.asarray(self.total + other.total)
        share = np.divide(other.total, total, out=np.zeros_like(total), where=total > 0)
        apart = {name: other.mean[name] - self.mean[name] for name in self.mean}
        squares = None
        if self.squares is not None or other.squares is not None:
            squares = (self.squares or self) + (other.squares or other)
        return NumberTally(
            total,
            {name: np.where(self.total > 0, self.mean[name] + share * apart[name], other.mean[name]) for name in self.mean},
            {name: np.asarray(self.spread[name] + other.spread[name] + self.total * share * apart[name] ** 2) for name in self.mean},
            np.minimum(self.least, other.least),
            np.maximum(self.greatest, other.greatest),
            self.levels,
            squares,
        )  # fmt: skip

    def without(self, part: NumberTally) -> NumberTally:
        """Take rows that are among these away again; the ends stay those of all rows."""
        total = np.where(self.total - part.total > 1e-12 * self.total, self.total - part.total, 0.0)
        share = np.divide(part.total, total, out=np.zeros_like(total), where=total > 0)
        mean, spread = {}, {}
        for name in self.mean:
            apart = self.mean[name] - part.mean[name]
            mean[name] = np.where(total > 0, self.mean[name] + share * apart, 0.0)
            between = part.total * (1 + share) * apart**2
            spread[name] = np.where(total > 0, np.maximum(self.spread[name] - part.spread[name] - between, 0.0), 0.0)  # fmt: skip
        squares = None if self.squares is None else self.squares.without(part.squares or part)
        return NumberTally(total, mean, spread, self.least, self.greatest, self.levels, squares)

    def with_row(self, numbers: Mapping[str, FloatArray], weight: float) -> NumberTally:
        """Give one more row at a time a small weight: ``(n,)`` tallies from this one without leading axes.

        Parameters
        ----------
        numbers : mapping of str to (n,) float64
        weight : float
        """
        total = np.asarray(self.total + weight)

        def mean(name: str) -> FloatArray:
            return np.asarray(self.mean[name] + weight / total * (numbers[name] - self.mean[name]))

        def spread(name: str) -> FloatArray:
            with np.errstate(over="ignore", invalid="ignore"):  # fourth powers of large errors
                apart = numbers[name] - self.mean[name]
                return np.asarray(self.spread[name] + self.total * weight / total * apart * apart)

        names = tuple(self.mean)
        return NumberTally(total, _WhenAsked(names, mean), _WhenAsked(names, spread), self.least, self.greatest, self.levels)  # fmt: skip


class _WhenAsked(Mapping[str, FloatArray]):
    """Numbers by name that are computed when somebody reads them: a metric reads one or two."""

    def __init__(self, names: tuple[str, ...], make: Callable[[str], FloatArray]) -> None:
        self._names, self._make = names, make

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self._names:
            raise KeyError(name)
        return self._make(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True, eq=False)
class Ordered:
    """Different values in order, and what the rows that have them weigh.

    Attributes
    ----------
    value : (D,) float64
        Ascending, all different.
    weight : (..., D) float64
    """

    value: FloatArray
    weight: FloatArray

    @property
    def total(self) -> FloatArray:
        """Sum of the weights."""
        return np.asarray(self.weight.sum(-1))

    def quantile(self, share: float) -> FloatArray:
        """Value below which a share of the weight lies; where two values may be meant their mean. NaN without weight."""
        if not self.value.size:
            return np.full(self.weight.shape[:-1], np.nan)
        summed = np.cumsum(self.weight, axis=-1)
        goal = share * summed[..., -1:]
        slack = 1e-12 * summed[..., -1:]  # what adding up in another order may change
        first = np.argmax(summed >= goal - slack, axis=-1)
        after = np.argmax(summed > goal + slack, axis=-1)
        after = np.where((summed > goal + slack).any(-1), after, first)
        middle = self.value[first] + (self.value[after] - self.value[first]) / 2
        return np.where(summed[..., -1] > 0, middle, np.nan)

    def away_from(self, centre: FloatArray) -> FloatArray:
        """Mean distance of the values from a number, ``(...)``; NaN without weight."""
        away = (self.weight * np.abs(self.value - np.asarray(centre)[..., np.newaxis])).sum(-1)
        return np.asarray(
            np.divide(away, self.total, out=np.full(self.total.shape, np.nan), where=self.total > 0)
        )

    def __add__(self, other: Ordered) -> Ordered:
        """Merge two tallies of disjoint rows."""
        value = np.union1d(self.value, other.value)
        lead = np.broadcast_shapes(self.weight.shape[:-1], other.weight.shape[:-1])
        weight = np.zeros((*lead, value.size))
        for part in (self, other):
            weight[..., np.searchsorted(value, part.value)] += part.weight
        return Ordered(value, weight)


@dataclass(frozen=True, eq=False)
class OrderTally:
    """The true values and the sizes of the errors in order: what medians are computed from.

    Attributes
    ----------
    truth, absolute : Ordered
        ``absolute`` holds the distances of the predictions from the truth.
    """

    truth: Ordered
    absolute: Ordered

    def __add__(self, other: OrderTally) -> OrderTally:
        """Merge two tallies of disjoint rows."""
        return OrderTally(self.truth + other.truth, self.absolute + other.absolute)
