"""The functions of ``functions.py`` for the cells of a column: what they give is compared like cells of their own."""

from __future__ import annotations

from fractions import Fraction

import narwhals as nw
from narwhals.dtypes import DType

from ..errors import DataError
from .cells import Stepped
from .functions import FUNCTIONS, URL, WEEKDAYS, Function, word_pattern
from .moments import zone_named
from .tree import Has, Number, Value

_TEXTS = (nw.String, nw.Categorical, nw.Enum)
_HOLDS = {"text": "text", "day": "dates or times", "clock": "times of the day"}


def computed(name: str, dtype: DType, of: str) -> Stepped:
    """Compare what a function gives for the cells of a column.

    Raises
    ------
    DataError
        If the function does not read such columns.
    """
    function = FUNCTIONS[of]
    _must_fit(name, dtype, function)
    column = nw.col(name)
    found = {
        "length": lambda: _as_text(name, dtype).str.len_chars(),
        "hour": lambda: column.dt.hour(),
        "weekday": lambda: column.dt.weekday(),
        "month": lambda: column.dt.month(),
        "year": lambda: column.dt.year(),
    }[of]()
    return Stepped(
        found, _day_of_week if function.gives == "weekday" else _number, function.low, function.high
    )


def answered(test: Has, dtype: DType) -> nw.Expr:
    """Say for the cells of a column what a function that gives yes or no says.

    Raises
    ------
    DataError
        If the column does not hold text.
    """
    _must_fit(test.column, dtype, FUNCTIONS[test.of])
    cells = _as_text(test.column, dtype)
    match test.of:
        case "has_digit":
            return cells.str.contains("[0-9]")
        case "has_url":
            return cells.str.contains(URL)
        case "has_upper":
            return cells.str.to_lowercase() != cells
        case _:
            return cells.str.to_lowercase().str.contains(word_pattern(test.text))


def _as_text(name: str, dtype: DType) -> nw.Expr:
    """Return a text column as text."""
    return nw.col(name) if dtype == nw.String else nw.col(name).cast(nw.String)


def _must_fit(name: str, dtype: DType, function: Function) -> None:
    """Refuse a column of the wrong type, with what the function reads and what the column holds."""
    fits = {
        "text": dtype in _TEXTS,
        "day": dtype == nw.Date or isinstance(dtype, nw.Datetime),
        "clock": isinstance(dtype, nw.Datetime),
    }[function.reads]
    if not fits:
        advice = ""
        if function.reads != "text" and dtype in _TEXTS:
            advice = " Dates and times are recognised when every cell is written like 2026-01-05 10:00."
        raise DataError(f"Column {name!r} holds {_held(dtype)}, and {function.name}() reads {_HOLDS[function.reads]}.{advice}")  # fmt: skip
    if isinstance(dtype, nw.Datetime) and dtype.time_zone is not None:
        try:
            zone_named(dtype.time_zone)
        except ValueError:
            raise DataError(f"Column {name!r} holds times in zone {dtype.time_zone!r}, which this machine does not know, so {function.name}() cannot tell what the clock says there.") from None  # fmt: skip


def _held(dtype: DType) -> str:
    """Name what a column holds."""
    if dtype in _TEXTS:
        return "text"
    if dtype == nw.Boolean:
        return "true and false"
    if dtype == nw.Date:
        return "dates without a time"
    if isinstance(dtype, nw.Datetime):
        return "times"
    return "numbers" if dtype.is_numeric() else f"{dtype} values"


def _number(value: Value) -> Fraction:
    """Read a number; the grammar lets no other value pass."""
    assert isinstance(value, Number)
    return Fraction(value.written)


def _day_of_week(value: Value) -> Fraction:
    """Number a day of the week, Monday 1."""
    assert isinstance(value, str)
    return Fraction(1 + WEEKDAYS.index(value))
