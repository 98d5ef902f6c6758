"""A filter as a tree of small tests, and the one way each tree is written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

KEYWORDS = frozenset({"and", "or", "not", "in", "is", "missing", "contains", "true", "false"})


@dataclass(frozen=True)
class Number:
    """A number as it was written, so that 007 can still be compared with text and nothing is rounded."""

    written: str


Value: TypeAlias = str | bool | Number


@dataclass(frozen=True)
class Comparison:
    """``column op value`` with op one of ``== != < <= > >=``; ``of`` is the function of the column that is compared."""

    column: str
    op: str
    value: Value
    of: str = ""


@dataclass(frozen=True)
class Membership:
    """``column in (…)`` or ``column not in (…)``; ``of`` is the function of the column that is looked up."""

    column: str
    values: tuple[Value, ...]
    negated: bool
    of: str = ""


@dataclass(frozen=True)
class Missing:
    """``column is missing`` or ``column is not missing``."""

    column: str
    negated: bool


@dataclass(frozen=True)
class Contains:
    """``column contains 'text'``."""

    column: str
    text: str


@dataclass(frozen=True)
class Has:
    """``has_digit(column)``, ``word(column, 'text')``: a function that answers yes or no."""

    column: str
    of: str
    text: str = ""


@dataclass(frozen=True)
class Not:
    """The rows that ``part`` leaves out."""

    part: Node


@dataclass(frozen=True)
class And:
    """The rows that every part keeps; no part is itself an And."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """The rows that at least one part keeps; no part is itself an Or."""

    parts: tuple[Node, ...]


Test: TypeAlias = Comparison | Membership | Missing | Contains | Has
Node: TypeAlias = Test | Not | And | Or


def tests(node: Node) -> Iterator[Test]:
    """Yield the tests of a tree from left to right."""
    if isinstance(node, Not):
        yield from tests(node.part)
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from tests(part)
    else:
        yield node


def write(node: Node) -> str:
    """Write a tree in its canonical form, with parentheses only where they change the meaning."""
    match node:
        case Or(parts):
            return " or ".join(map(write, parts))
        case And(parts):
            return " and ".join(_inside(part, Or) for part in parts)
        case Not(part):
            return f"not {_inside(part, And, Or)}"
        case Comparison(column, op, value, of):
            return f"{write_subject(column, of)} {op} {write_value(value)}"
        case Membership(column, values, negated, of):
            listed = ", ".join(map(write_value, values))
            return f"{write_subject(column, of)} {'not in' if negated else 'in'} ({listed})"
        case Missing(column, negated):
            return f"{write_name(column)} {'is not missing' if negated else 'is missing'}"
        case Contains(column, text):
            return f"{write_name(column)} contains {write_value(text)}"
        case Has(column, of, text):
            return f"{of}({write_name(column)}{', ' + write_value(text) if text else ''})"


def write_subject(column: str, of: str = "") -> str:
    """Write a column, or a function of it.

    Examples
    --------
    >>> write_subject("hours per week"), write_subject("note", "length")
    ('`hours per week`', 'length(note)')
    """
    return f"{of}({write_name(column)})" if of else write_name(column)


def write_name(name: str) -> str:
    """Write a column name bare where that reads back, else in backquotes."""
    if name.isidentifier() and name.lower() not in KEYWORDS:
        return name
    return "`" + name.replace("`", "``") + "`"


def write_value(value: Value) -> str:
    """Write a number as it was given, text in single quotes, truth values in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return value.written
    return "'" + value.replace("'", "''") + "'"


def _inside(part: Node, *loose: type[Node]) -> str:
    """Write a part of a tighter binding whole."""
    return f"({write(part)})" if isinstance(part, loose) else write(part)
