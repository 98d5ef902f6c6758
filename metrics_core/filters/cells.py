"""What a value of a filter means for the cells of a column, by the column's type.

Integers, decimals and times lie on whole *steps*: a bound between two steps moves to the next one, so
``age < 29.5`` is ``age < 30`` in integers and nothing is ever rounded. Floats compare as float64, text by
code point.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, NoReturn, Protocol

import narwhals as nw
import numpy as np
from narwhals.dtypes import DType

from ..errors import DataError
from .grammar import is_number
from .moments import moment, zone_named
from .tree import Number, Value, write_value

_INT64_MAX = 2**63 - 1
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_TICK = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}  # in nanoseconds
_DAY = 86_400 * 10**9


class Cells(Protocol):
    """The cells of one column, compared; what a missing cell gives is left to the caller."""

    def equal(self, value: Value) -> nw.Expr:
        """Cells equal to the value."""

    def below(self, value: Value, *, or_equal: bool) -> nw.Expr:
        """Cells below the value."""

    def among(self, values: Sequence[Value]) -> nw.Expr:
        """Cells equal to one of the values."""


@dataclass(frozen=True)
class Stepped:
    """Cells on whole steps from ``low`` to ``high``; ``position`` places a value among the steps."""

    column: nw.Expr
    position: Callable[[Value], Fraction]
    low: int
    high: int
    literal: Callable[[int], Any] = int
    dtype: DType | None = None

    def equal(self, value: Value) -> nw.Expr:
        """Cells at the value's step; none when it lies between two."""
        return self.among([value])

    def below(self, value: Value, *, or_equal: bool) -> nw.Expr:
        """Cells below the next step from the value on."""
        at = self.position(value)
        first_not_below = math.floor(at) + 1 if or_equal else math.ceil(at)
        if first_not_below <= self.low:
            return nw.lit(False)
        if first_not_below > self.high:
            return nw.lit(True)
        return self.column < nw.lit(self.literal(first_not_below), dtype=self.dtype)

    def among(self, values: Sequence[Value]) -> nw.Expr:
        """Cells at one of the values' steps."""
        places = [self.position(value) for value in values]
        steps = [at.numerator for at in places if at.denominator == 1 and self.low <= at <= self.high]
        return self.column.is_in([self.literal(step) for step in steps]) if steps else nw.lit(False)


@dataclass(frozen=True)
class Plain:
    """Cells that every engine compares alike: float64, text, true and false."""

    column: nw.Expr
    alike: Callable[[Value], float | str | bool]
    ordered: Callable[[Value], float | str]

    def equal(self, value: Value) -> nw.Expr:
        """Cells equal to the value."""
        return self.column == self.alike(value)

    def below(self, value: Value, *, or_equal: bool) -> nw.Expr:
        """Cells below the value."""
        bound = self.ordered(value)
        return self.column <= bound if or_equal else self.column < bound

    def among(self, values: Sequence[Value]) -> nw.Expr:
        """Cells equal to one of the values."""
        return self.column.is_in([self.alike(value) for value in values])


def cells(name: str, dtype: DType) -> Cells:
    """Choose how the cells of a column are compared; a ``DataError`` for lists, bytes and the like."""
    column = nw.col(name)
    if dtype.is_integer():
        bits = int(str(dtype).lstrip("UInt"))
        low = -(2 ** (bits - 1)) if dtype.is_signed_integer() else 0
        # Arrow takes a Python integer for int64, whatever its size
        literal = np.uint64 if dtype == nw.UInt64 else int
        return Stepped(column, partial(_number, name), low, low + 2**bits - 1, literal, dtype)
    if isinstance(dtype, nw.Decimal):
        scale, most = dtype.scale, 10**dtype.precision - 1
        unit = Fraction(10) ** scale
        return Stepped(column, lambda v: _number(name, v) * unit, -most, most, partial(_decimal, scale))
    if dtype.is_float():
        column = column.cast(nw.Float64)
        return Plain(column, partial(_float, name), partial(_float, name))
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        column = column if dtype == nw.String else column.cast(nw.String)
        return Plain(column, partial(_text, name), partial(_ordered_text, name))
    if dtype == nw.Boolean:
        return Plain(column, partial(_truth, name), partial(_no_order, name))
    if isinstance(dtype, nw.Datetime):
        # the cast gives whole ticks; dt.timestamp goes through float64 in pandas where a NaT stands
        ticks = partial(_steps, name, _TICK[dtype.time_unit], dtype.time_zone)
        return Stepped(column.cast(nw.Int64), ticks, -(2**63), _INT64_MAX, dtype=nw.Int64())
    if dtype == nw.Date:
        first, last = date.min.toordinal() - _EPOCH_DAY, date.max.toordinal() - _EPOCH_DAY
        return Stepped(column, partial(_steps, name, _DAY, None), first, last, _date)
    raise DataError(
        f"Column {name!r} holds {dtype} values, which a filter cannot compare. It can only ask: is missing."
    )


def text_cells(name: str, dtype: DType) -> nw.Expr:
    """Return a text column to search in."""
    if dtype not in (nw.String, nw.Categorical, nw.Enum):
        raise DataError(f"Column {name!r} does not hold text, so 'contains' has nothing to look into.")
    return nw.col(name) if dtype == nw.String else nw.col(name).cast(nw.String)


def missing(name: str, dtype: DType) -> nw.Expr:
    """Cells that are empty or, in a float column, NaN."""
    column = nw.col(name)
    return column.is_null() | column.cast(nw.Float64).is_nan() if dtype.is_float() else column.is_null()


def _number(name: str, value: Value) -> Fraction:
    """Read a value for a number column, exactly."""
    written = value.written if isinstance(value, Number) else value
    if isinstance(written, bool) or not is_number(written):
        _refuse(name, "numbers", value, "Write a number such as 30 or -1.5, or is missing for empty cells.")
    return Fraction(written)


def _float(name: str, value: Value) -> float:
    """Read a value for a float column; only here is 'inf' a number."""
    if isinstance(value, str) and value.lower() in ("inf", "+inf", "-inf"):
        return float(value)
    _number(name, value)
    return float(value.written if isinstance(value, Number) else value)


def _decimal(scale: int, step: int) -> Decimal:
    """Build ``step / 10 ** scale`` without the rounding of decimal arithmetic."""
    return Decimal((int(step < 0), tuple(map(int, str(abs(step)))), -scale))


def _text(name: str, value: Value) -> str:
    """Read a value for equality with text: a number counts as it is written."""
    if isinstance(value, bool):
        _refuse(name, "text", value, f"If that is the text, quote it: '{write_value(value)}'.")
    return value.written if isinstance(value, Number) else value


def _ordered_text(name: str, value: Value) -> str:
    """Read a value for the order of texts."""
    if not isinstance(value, str):
        _refuse(name, "text", value, "Quote it to order by spelling, which puts 10 before 9.")
    return value


def _truth(name: str, value: Value) -> bool:
    """Read a value for a column of true and false."""
    if not isinstance(value, bool):
        _refuse(name, "true and false", value, "Compare it with true or false, unquoted.")
    return value


def _no_order(name: str, value: Value) -> NoReturn:
    """Refuse to order true and false."""
    raise DataError(f"Column {name!r} holds true and false, which have no order. Compare with == or !=.")


def _date(step: int) -> date:
    """Build the date that many days after 1970-01-01."""
    return date.fromordinal(step + _EPOCH_DAY)


def _steps(name: str, unit: int, zone: str | None, value: Value) -> Fraction:
    """Read a value for a column of dates or times, in units of so many nanoseconds since 1970."""
    return Fraction(_nanoseconds(name, zone, value), unit)


def _nanoseconds(name: str, zone: str | None, value: Value) -> int:
    """Read a date or time; one without an offset is taken as the column's zone has it."""
    read = moment(value) if isinstance(value, str) else None
    if read is None:
        _refuse(name, "times", value, "Write a quoted date such as '2026-01-05' or '2026-01-05 10:00'.")
    if zone is None and read.zone is not None:
        _refuse(name, "times without a time zone", value, "Leave the offset out.")
    if zone is None or read.zone is not None:
        return read.nanoseconds()
    try:
        return read.nanoseconds(zone_named(zone))
    except ValueError:
        unknown = f"times in zone {zone!r}, which this machine does not know"
        _refuse(name, unknown, value, "Write the offset too: '2026-01-05 10:00+01:00'.")


def _refuse(name: str, holds: str, value: Value, advice: str) -> NoReturn:
    """Say which column holds what, and that the value is something else."""
    written = write_value(value)
    shown = written if len(written) <= 40 else written[:37] + "..."
    raise DataError(f"Column {name!r} holds {holds}, and the filter compares it with {shown}. {advice}")
