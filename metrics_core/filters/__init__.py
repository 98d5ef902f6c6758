"""Filters: ``age >= 30 and sex == 'Female'`` as data, as text for a URL, and as a mask over rows.

The language is described in ``docs/filters.md``. Our own parser builds a narwhals expression; nothing of
the text is ever executed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import narwhals as nw
import numpy as np
import pyarrow as pa
from narwhals.dtypes import DType
from numpy.typing import NDArray

from ..errors import DataError
from .expressions import build, check_columns, plain_columns
from .functions import FUNCTIONS
from .grammar import MAX_LENGTH, read
from .tree import And, Has, Node, Or, tests, write, write_name, write_subject, write_value

__all__ = ["FUNCTIONS", "Filter", "all_of", "any_of", "between", "equals", "has", "none_of", "parse"]


@dataclass(frozen=True)
class Filter:
    """A question every row answers with yes or no; made by ``parse``, ``equals``, ``between`` and ``all_of``.

    Attributes
    ----------
    text : str
        The canonical text: ``parse(f.text) == f``.
    columns : tuple of str
        The columns it reads, in the order of their first use.

    Examples
    --------
    >>> parse("(age>=30) AND `sex` = 'Female'")
    Filter(text="age >= 30 and sex == 'Female'", columns=('age', 'sex'))
    """

    text: str
    columns: tuple[str, ...]
    _tree: Node = field(repr=False, compare=False)

    def __str__(self) -> str:
        """Return the canonical text."""
        return self.text

    def expression(self, schema: Mapping[str, DType]) -> nw.Expr:
        """Build the narwhals expression for a frame with these columns: true or false in every row.

        Parameters
        ----------
        schema : mapping of column name to narwhals type, such as ``frame.schema``

        Raises
        ------
        DataError
            If a column is not in the schema, or its type does not fit what it is compared with.

        Examples
        --------
        >>> frame = nw.from_native(pa.table({"age": [25, 30, None]}))
        >>> frame.filter(parse("age < 30").expression(frame.schema))["age"].to_list()
        [25]
        """
        check_columns(self._tree, schema.keys())
        return build(self._tree, schema)

    def mask(self, table: Any) -> NDArray[np.bool_]:
        """Answer for every row of a table.

        Parameters
        ----------
        table : pyarrow.Table, or any eager frame narwhals knows (pandas, polars, …)

        Returns
        -------
        bool array of shape (n_rows,), in the order of the rows

        Raises
        ------
        DataError
            If a column is not in the table, or its type does not fit what it is compared with.

        Examples
        --------
        >>> parse("age < 30 or age is missing").mask(pa.table({"age": [25, 30, None]}))
        array([ True, False,  True])
        """
        frame = nw.from_native(table, eager_only=True)
        check_columns(self._tree, frame.columns)
        try:
            arrow = frame.select(*self.columns).to_arrow()
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:  # an object column of pandas
            named = ", ".join(map(repr, self.columns))
            raise DataError(f"One of the columns {named} mixes values of several types: {error}") from error
        plain = nw.from_native(plain_columns(arrow), eager_only=True)
        empty = {column.name for column in arrow.schema if pa.types.is_null(column.type)}
        kept = plain.select(kept=build(self._tree, plain.schema, empty))["kept"]
        return np.asarray(kept.to_numpy(), dtype=np.bool_)

    def terms(self) -> tuple[Filter, ...]:
        """Return the parts that ``and`` joins at the top, each a filter that can be removed on its own.

        Examples
        --------
        >>> [term.text for term in parse("a == 1 and (b == 2 or c == 3)").terms()]
        ['a == 1', 'b == 2 or c == 3']
        """
        return tuple(map(_filter, self._tree.parts)) if isinstance(self._tree, And) else (self,)


def parse(text: str) -> Filter:
    """Read a filter.

    Parameters
    ----------
    text : str
        At most 20 000 characters of the language in ``docs/filters.md``.

    Raises
    ------
    DataError
        If the text is no filter: the message names the position and what was expected there.

    Examples
    --------
    >>> parse("age >= 30").mask(pa.table({"age": [29, 30]}))
    array([False,  True])
    >>> parse("age >")
    Traceback (most recent call last):
    metrics_core.errors.DataError: Filter, position 6: expected a value, but the filter ends here.
      age >
           ^
    """
    return _filter(read(text))


def all_of(filters: Iterable[Filter]) -> Filter | None:
    """Join filters with ``and``; None when there are none.

    Raises
    ------
    DataError
        If the joined text is too long to be read back.

    Examples
    --------
    >>> all_of([parse("a == 1"), parse("b == 2 or c == 3")]).text
    'a == 1 and (b == 2 or c == 3)'
    """
    trees = [f._tree for f in filters]
    if len(trees) < 2:
        return _filter(trees[0]) if trees else None
    return parse(" and ".join(f"({write(tree)})" if isinstance(tree, Or) else write(tree) for tree in trees))


def any_of(filters: Iterable[Filter]) -> Filter | None:
    """Join filters with ``or``; None when there are none.

    Raises
    ------
    DataError
        If the joined text is too long to be read back.

    Examples
    --------
    >>> any_of([parse("a == 1 and b == 2"), parse("c == 3")]).text
    'a == 1 and b == 2 or c == 3'
    """
    trees = [f._tree for f in filters]
    return parse(" or ".join(map(write, trees))) if trees else None


def none_of(filters: Iterable[Filter]) -> Filter | None:
    """Keep the rows that no filter keeps; None when there are no filters.

    Raises
    ------
    DataError
        If the joined text is too long to be read back.

    Examples
    --------
    >>> none_of([parse("a == 1"), parse("b == 2")]).text, none_of([parse("a == 1")]).text
    ('not (a == 1 or b == 2)', 'not a == 1')
    """
    either = any_of(filters)
    return None if either is None else parse(f"not ({either.text})")


def has(of: str, column: str, text: str = "") -> Filter:
    """Build the filter of a function that answers yes or no.

    Parameters
    ----------
    of : str
        One of ``FUNCTIONS`` that gives an answer.
    column : str
    text : str
        What ``word`` looks for.

    Raises
    ------
    DataError
        If there is no such function.

    Examples
    --------
    >>> has("has_digit", "the note").text, has("word", "note", "Refund").text
    ('has_digit(`the note`)', "word(note, 'refund')")
    """
    return parse(write(Has(column, of, text)))


def equals(column: str, value: object, *, of: str = "") -> Filter:
    """Build ``column == value`` for a value out of a table, and ``column is missing`` for None, NaN and NaT.

    Parameters
    ----------
    column : str
    value : None, bool, number, str, date or datetime (also the numpy and pandas ones)
    of : str
        Which function of the column has the value; empty for the column itself.

    Raises
    ------
    DataError
        If the value is of a type that a filter cannot write, or that the function cannot have.

    Examples
    --------
    >>> equals("hours per week", 40).text, equals("name", "O'Neil").text, equals("age", None).text
    ('`hours per week` == 40', "name == 'O''Neil'", 'age is missing')
    >>> equals("seen", "Mon", of="weekday").text
    "weekday(seen) == 'Mon'"
    """
    if _is_missing(value):
        return parse(f"{write_name(column)} is missing")
    return parse(f"{write_subject(column, of)} == {_written(value)}")


def between(
    column: str,
    low: object,
    high: object,
    closed: Literal["left", "right", "both"] = "left",
    *,
    of: str = "",
) -> Filter:
    """Build the filter of a bin.

    Parameters
    ----------
    column : str
    low, high : numbers, dates or texts; None or an infinite number for a side that is open
    closed : {"left", "right", "both"}
        Which of the two edges belong to the bin.
    of : str
        Which function of the column lies in the bin; empty for the column itself.

    Examples
    --------
    >>> between("note", 10, 20, of="length").text
    'length(note) >= 10 and length(note) < 20'
    >>> between("age", 30, 40).text, between("age", None, 40, closed="right").text
    ('age >= 30 and age < 40', 'age <= 40')
    """
    above, below = {"left": (">=", "<"), "right": (">", "<="), "both": (">=", "<=")}[closed]
    edges = [(op, edge) for op, edge in ((above, low), (below, high)) if not _is_open(edge)]
    name = write_subject(column, of)
    text = " and ".join(f"{name} {op} {_written(edge)}" for op, edge in edges)
    return parse(text or f"{write_name(column)} is not missing")


def _filter(tree: Node) -> Filter:
    """Build the filter of a tree."""
    text = write(tree)
    if len(text) > MAX_LENGTH:
        raise DataError(f"The filter has {len(text):,} characters; at most {MAX_LENGTH:,} are read.")
    return Filter(text, tuple(dict.fromkeys(test.column for test in tests(tree))), tree)


def _is_missing(value: object) -> bool:
    """Whether a cell's value is None, NaN, NaT or pandas.NA."""
    pandas = nw.dependencies.get_pandas()
    return value is None or (pandas is not None and value is pandas.NA) or bool(value != value)


def _is_open(edge: object) -> bool:
    """Whether an edge of a bin bounds nothing."""
    return edge is None or (isinstance(edge, float | np.floating) and math.isinf(edge))


def _written(value: object) -> str:
    """Write a value out of a table in the language."""
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64):
        value = value.item()
    if isinstance(value, str | bool):
        return write_value(value)
    if isinstance(value, int | float | Decimal):
        if math.isinf(value):
            return "'inf'" if value > 0 else "'-inf'"
        return str(value)
    if isinstance(value, date | np.datetime64):  # a datetime is a date too
        return write_value(str(value))
    raise DataError(f"A filter compares with text, numbers, dates, true and false, not with {value!r}.")
