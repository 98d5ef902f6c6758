"""What a threshold has to keep to: limits on metrics, and how many flags somebody can work on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from math import inf, isfinite
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..metrics.counts import ratio
from ..tally import Outcomes
from ..tally.outcomes import FloatArray
from .objectives import threshold_metric
from .periods import Periods

BoolArray = NDArray[np.bool_]
Operator = Literal[">=", "<=", ">", "<"]
Period = Literal["day", "week"]

#: Numbers that differ by this share of their size are equal: sums of weights in another order differ by as much.
ROUNDING = 1e-12
#: Share of the days (or weeks) that a capacity per day must be enough for.
WITHIN = 0.95
_FORM = re.compile(r"\s*([A-Za-z]\w*(?:\.\d+)?)\s*(>=|<=|=>|=<|==|=|>|<|≥|≤)\s*(\S.*?)\s*")
_SIGNS: dict[str, Operator] = {">=": ">=", "≥": ">=", "<=": "<=", "≤": "<=", ">": ">", "<": "<"}
_COUNTS = {"flagged": ("Flagged rows", 0.0, inf), "flagged_share": ("Flagged share", 0.0, 1.0)}


@dataclass(frozen=True)
class Constraint:
    """A limit on a metric.

    Attributes
    ----------
    key : str
        Of a metric at a threshold, or ``flagged`` (rows, or their weights) or ``flagged_share``.
    sign : {">=", "<=", ">", "<"}
    limit : float
        In the unit of the metric: 0.9 for 90 %.

    Examples
    --------
    >>> from metrics_core.tally.outcomes import outcomes
    >>> constraint = Constraint.read("precision >= 90%")
    >>> constraint.text, constraint.holds(outcomes(tp=[9, 8, 0], fp=[1, 1, 0], fn=0, tn=0)).tolist()
    ('precision>=0.9', [True, False, False])
    """

    key: str
    sign: Operator
    limit: float

    @classmethod
    def read(cls, text: str) -> Constraint:
        """Read ``precision>=0.9``, ``fpr<5%`` or ``flagged<=200``.

        Raises
        ------
        DataError
            If it has another form, names no metric that a threshold changes, or a limit the metric never reaches.
        """
        form = _FORM.fullmatch(text)
        if form is None or form[2] not in _SIGNS:
            raise DataError(f"{text!r} is no constraint. Write a metric, one of >=, <=, > and <, and a number: 'precision>=0.9'.")  # fmt: skip
        key = form[1].lower()
        if key in _COUNTS:
            label, low, high = _COUNTS[key]
        else:
            spec = threshold_metric(key)
            key, label, low, high = spec.key, spec.label, spec.low, spec.high
        limit, percent = _number(form[3], text)
        if percent and high > 1:
            other = " Say flagged_share for a share of the rows." if key == "flagged" else ""
            raise DataError(f"{text!r} gives a percentage, and {label} is none.{other}")
        if not low <= limit <= high:
            hint = f" Write {form[3]}% if that is a percentage." if high == 1 and 1 < limit <= 100 else ""
            raise DataError(f"{text!r} is never decided by a threshold: {label} runs from {low:g} to {high:g}.{hint}")  # fmt: skip
        return cls(key, _SIGNS[form[2]], limit)

    @property
    def text(self) -> str:
        """The constraint as ``read`` takes it."""
        return f"{self.key}{self.sign}{self.limit:.15g}"

    def value(self, outcomes: Outcomes) -> FloatArray:
        """Compute the metric for every cut, ``(...)`` float64; NaN where undefined."""
        if self.key == "flagged":
            return np.asarray(outcomes.flagged, dtype=np.float64)
        if self.key == "flagged_share":
            return ratio(outcomes.flagged, outcomes.total)
        return np.asarray(threshold_metric(self.key).fn(outcomes), dtype=np.float64)

    def slack(self, outcomes: Outcomes) -> FloatArray:
        """Say how far inside the limit every cut is, in the unit of the metric; negative outside, NaN where undefined."""
        return self.room(self.value(outcomes))

    def holds(self, outcomes: Outcomes) -> BoolArray:
        """Tell the cuts inside the limit. Up to rounding, a value at the limit is equal to it; undefined holds nowhere."""
        return self.met(self.room(self.value(outcomes)))

    def room(self, value: FloatArray) -> FloatArray:
        """Say how far inside the limit values are."""
        return np.asarray(value - self.limit if self.sign[0] == ">" else self.limit - value)

    def met(self, room: FloatArray) -> BoolArray:
        """Tell from the room that is left which cuts are inside the limit."""
        close = ROUNDING * max(1.0, abs(self.limit))
        return np.asarray(room >= -close if len(self.sign) == 2 else room > close)


@dataclass(frozen=True)
class Capacity:
    """How many flags somebody can work on: rows of the data, or rows of a day or week.

    A capacity per day is kept when the flags of at least 95 % of the days stay within it. The mean would let half of the
    days overflow, and the busiest day is one accident that only grows with the length of the record; a team is staffed for
    a day that comes about once a month. Of fewer than 20 days every single one must stay within it. Days are those with
    rows; how many rows fall on a day is data, so the capacity must be ``bound`` to the times of the rows first.

    Attributes
    ----------
    limit : float
        Rows (or sums of weights), or with ``share`` a share of them, 0.05 for 5 %.
    share : bool
    per : {"day", "week"}, optional
    within : float
        Share of the days or weeks that must stay within the limit.
    periods : Periods, optional
        The rows by day or week, once bound.

    Examples
    --------
    >>> Capacity.read("5%").text, Capacity.read("200", per="day").text
    ('flagged_share<=0.05', 'flagged<=200 per day')
    """

    limit: float
    share: bool = False
    per: Period | None = None
    within: float = WITHIN
    periods: Periods | None = None

    @classmethod
    def read(cls, text: str | float, per: Period | None = None, *, within: float = WITHIN) -> Capacity:
        """Read ``200`` or ``5%``.

        Raises
        ------
        DataError
            If it is neither, negative or more than 100 %, or the period is neither a day nor a week.
        """
        if per not in (None, "day", "week"):
            raise DataError(f"A capacity is for all rows, or per 'day' or 'week', not per {per!r}.")
        if not 0 < within <= 1:
            raise DataError(f"The share of {per or 'day'}s that must stay within a capacity is above 0 and at most 1, not {within:g}.")  # fmt: skip
        limit, percent = _number(str(text), str(text))
        if limit < 0 or (percent and limit > 1):
            raise DataError(f"{text!r} is no capacity. Give a number of rows such as 200, or a share such as 5%.")  # fmt: skip
        return cls(limit, percent, per, within)

    @property
    def key(self) -> str:
        """What is limited."""
        return "flagged_share" if self.share else "flagged"

    @property
    def text(self) -> str:
        """The capacity in the form of a constraint."""
        return f"{self.key}<={self.limit:.15g}" + (f" per {self.per}" if self.per else "")

    def bound(self, score: FloatArray, period: NDArray[np.int64], weight: FloatArray | None = None) -> Capacity:  # fmt: skip
        """Tie a capacity per day or week to the rows.

        Parameters
        ----------
        score : (n,) float64
        period : (n,) int64
            Number of the day or week of each row; rows of a negative number have no time and are left out.
        weight : (n,) float64, optional

        Raises
        ------
        DataError
            If no row has a time.
        """
        if self.per is None:
            raise ValueError("a capacity for all rows needs no periods")
        return replace(self, periods=Periods.of(score, period, weight))

    def value(self, outcomes: Outcomes) -> FloatArray:
        """Count flags (or their share) for every cut, ``(...)``; of periods the number that 95 % of them stay within.

        With periods that takes a search in every period for every cut: ask for few cuts.
        """
        if self.per is None:
            return ratio(outcomes.flagged, outcomes.total) if self.share else np.asarray(outcomes.flagged, dtype=np.float64)  # fmt: skip
        periods, cut = self._periods(outcomes)
        return periods.flags_within(cut, self.within, share=self.share)

    def slack(self, outcomes: Outcomes) -> FloatArray:
        """Say how far inside the limit every cut is, in rows or share; of periods in scores above the least cut."""
        if self.per is None:
            return np.asarray(self.limit - self.value(outcomes))
        periods, cut = self._periods(outcomes)
        return np.asarray(cut - periods.beyond(self.limit, self.within, share=self.share))

    def holds(self, outcomes: Outcomes) -> BoolArray:
        """Tell the cuts that keep to it. Of periods the flags only fall as the cut rises, so one number decides."""
        return self.met(self.slack(outcomes))

    def met(self, room: FloatArray) -> BoolArray:
        """Tell from the room that is left which cuts keep to it."""
        return np.asarray(room >= -ROUNDING * self.limit if self.per is None else room > 0)

    def _periods(self, outcomes: Outcomes) -> tuple[Periods, FloatArray]:
        """Return what a capacity per period needs."""
        if self.periods is None or outcomes.threshold is None:
            raise ValueError("a capacity per day or week is bound to the times of the rows before it is used")
        return self.periods, outcomes.threshold


def read_constraints(texts: Sequence[str]) -> tuple[Constraint, ...]:
    """Read several constraints, all of which must hold.

    Raises
    ------
    DataError
        If one is not understood or stands there twice.
    """
    found = tuple(Constraint.read(text) for text in texts)
    for i, constraint in enumerate(found):
        if constraint in found[:i]:
            raise DataError(f"The constraint '{constraint.text}' is there twice. Say it once.")
    return found


def _number(text: str, whole: str) -> tuple[float, bool]:
    """Read a number or a percentage; 33.3 % is the number that 0.333 is."""
    bare = text.strip()
    percent = bare.endswith("%")
    try:
        number = Decimal(bare.removesuffix("%").strip().replace("_", "x"))
    except InvalidOperation:
        raise DataError(f"{text!r} in {whole!r} is no number. Write 0.9 or 90%, with a decimal point.") from None  # fmt: skip
    value = float(number / 100 if percent else number)
    if not isfinite(value):
        raise DataError(f"{text!r} in {whole!r} is no finite number.")
    return value, percent
