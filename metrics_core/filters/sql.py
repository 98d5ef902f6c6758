"""Filters as conditions of standard SQL.

They keep the rows that ``Filter.mask`` keeps where numbers are compared with columns of numbers, quoted text with columns
of text, ``true`` and ``false`` with columns of these, and quoted dates and times with columns of those. What the types of
SQL cannot say is left to the database: a number compared with a column of text (to a filter it is text as it is written,
007 is not 7), a quoted number for a column of numbers (also ``'inf'``), NaN (to a filter a missing cell), columns of 32-bit
floats (to a filter numbers of 64 bits), the order and the equality of text under a collation (a filter goes by code
point), which letters are capitals, and time zones.

Two functions are not in the standard. ``weekday`` is written ``EXTRACT(ISODOW FROM …)``, as PostgreSQL and DuckDB have
it (Monday is 1); ``word`` is written ``REGEXP_LIKE(…)``, as PostgreSQL 15, MySQL 8 and Spark
have it; in DuckDB it is called ``REGEXP_MATCHES``.
"""

from __future__ import annotations

from . import Filter
from .functions import ADDRESSES, WEEKDAYS, word_pattern
from .tree import And, Comparison, Contains, Has, Membership, Missing, Node, Not, Number, Or, Value

_FIELDS = {"hour": "HOUR", "weekday": "ISODOW", "month": "MONTH", "year": "YEAR"}
_OPERATORS = {"==": "=", "!=": "<>"}


def condition(where: Filter) -> str:
    """Write a filter as a SQL condition that is never NULL.

    Parameters
    ----------
    where : Filter

    Returns
    -------
    str
        Column names stand in double quotes. A missing cell is NULL; NaN is up to the database.

    Examples
    --------
    >>> from metrics_core.filters import parse
    >>> print(condition(parse("age >= 30 and not (sex == 'it''s' or age is missing)")))
    (COALESCE("age" >= 30, FALSE) AND NOT (COALESCE("sex" = 'it''s', FALSE) OR "age" IS NULL))
    """
    return _written(where._tree)


def quoted(name: str) -> str:
    """Write the name of a column.

    Examples
    --------
    >>> print(quoted('the "real" one'))
    "the ""real"" one"
    """
    return '"' + name.replace('"', '""') + '"'


def _written(node: Node) -> str:
    """Write a tree; every part is TRUE or FALSE, as in a filter."""
    match node:
        case Or(parts):
            return "(" + " OR ".join(map(_written, parts)) + ")"
        case And(parts):
            return "(" + " AND ".join(map(_written, parts)) + ")"
        case Not(Not() as part):  # the standard has no NOT NOT
            return f"NOT ({_written(part)})"
        case Not(part):
            return f"NOT {_written(part)}"
        case Comparison(column, op, value, of):
            test = f"{_subject(column, of)} {_OPERATORS.get(op, op)} {_literal(value, of)}"
            return f"COALESCE({test}, {'TRUE' if op == '!=' else 'FALSE'})"
        case Membership(column, values, negated, of):
            listed = ", ".join(_literal(value, of) for value in values)
            test = f"{_subject(column, of)} {'NOT IN' if negated else 'IN'} ({listed})"
            return f"COALESCE({test}, {'TRUE' if negated else 'FALSE'})"
        case Missing(column, negated):
            return f"{quoted(column)} IS {'NOT ' if negated else ''}NULL"
        case Contains(column, text):
            return f"COALESCE(POSITION({_literal(text)} IN {quoted(column)}) > 0, FALSE)"
        case Has(column, of, text):
            return f"COALESCE({_answer(quoted(column), of, text)}, FALSE)"


def _subject(column: str, of: str) -> str:
    """Write a column, or a function of it."""
    name = quoted(column)
    if of == "length":
        return f"CHAR_LENGTH({name})"
    return f"EXTRACT({_FIELDS[of]} FROM {name})" if of else name


def _answer(name: str, of: str, text: str) -> str:
    """Write a function that gives yes or no."""
    if of == "has_digit":
        return f"{name} <> TRANSLATE({name}, '0123456789', '##########')"
    if of == "has_upper":
        return f"{name} <> LOWER({name})"
    if of == "has_url":
        return "(" + " OR ".join(f"LOWER({name}) LIKE '%{piece}%'" for piece in ADDRESSES) + ")"
    return f"REGEXP_LIKE(LOWER({name}), {_literal(word_pattern(text))})"


def _literal(value: Value, of: str = "") -> str:
    """Write a value; a day of the week as its number."""
    if of == "weekday":
        return str(1 + WEEKDAYS.index(str(value)))
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Number):
        return value.written
    return "'" + value.replace("'", "''") + "'"
