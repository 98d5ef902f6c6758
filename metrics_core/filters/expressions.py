"""From the tree of a filter to a narwhals expression for the columns of a given table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import and_, or_

import narwhals as nw
import pyarrow as pa
from narwhals.dtypes import DType

from ..errors import DataError, did_you_mean
from .cells import cells, missing, text_cells
from .computed import answered, computed
from .tree import And, Comparison, Contains, Has, Membership, Missing, Node, Not, Or, Test, tests


def build(node: Node, schema: Mapping[str, DType], empty: Collection[str] = ()) -> nw.Expr:
    """Build the expression; it is never null, and ``not`` is its exact opposite.

    Parameters
    ----------
    node : Node
    schema : mapping of column name to narwhals type
    empty : column names whose type is null: they have no cell to compare, so every value fits them
    """
    match node:
        case And(parts):
            return _joined(and_, [build(part, schema, empty) for part in parts])
        case Or(parts):
            return _joined(or_, [build(part, schema, empty) for part in parts])
        case Not(part):
            return ~build(part, schema, empty)
        case _:
            return _test(node, schema[node.column], node.column in empty)


def _joined(join: Callable[[nw.Expr, nw.Expr], nw.Expr], parts: Sequence[nw.Expr]) -> nw.Expr:
    """Join many expressions into a tree of logarithmic depth: engines recurse over it."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return join(_joined(join, parts[:middle]), _joined(join, parts[middle:]))


def _test(test: Test, dtype: DType, empty: bool) -> nw.Expr:
    """Build one test: a missing cell never holds, then != and not in turn the answer around."""
    absent = missing(test.column, dtype)
    if isinstance(test, Missing):
        return ~absent if test.negated else absent
    holds = ~absent & (nw.lit(False) if empty else _holds(test, dtype))
    match test:
        case Membership(negated=True) | Comparison(op="!="):
            return ~holds
        case _:
            return holds


def _holds(test: Comparison | Membership | Contains | Has, dtype: DType) -> nw.Expr:
    """Build what a present cell has to satisfy, without the negation in != and not in."""
    if isinstance(test, Has):
        return answered(test, dtype)
    if isinstance(test, Contains):
        return text_cells(test.column, dtype).str.contains(test.text, literal=True)
    compared = computed(test.column, dtype, test.of) if test.of else cells(test.column, dtype)
    if isinstance(test, Membership):
        return compared.among(test.values)
    match test.op:
        case "<" | "<=":
            return compared.below(test.value, or_equal=test.op == "<=")
        case ">" | ">=":
            return ~compared.below(test.value, or_equal=test.op == ">")
        case _:
            return compared.equal(test.value)


def check_columns(node: Node, known: Collection[str]) -> None:
    """Raise a ``DataError`` for the first column the table does not have."""
    for test in tests(node):
        if test.column not in known:
            near = did_you_mean(test.column, list(known))
            raise DataError(f"The filter names a column {test.column!r} that is not in the table. {near}")


def plain_columns(table: pa.Table) -> pa.Table:
    """Cast the Arrow types that narwhals does not name to ones with the same values.

    Dictionaries become their values, views become strings; a decimal too wide for 128 bits stays.
    """
    for at, column in enumerate(table.schema):
        if (plain := _plain(column.type)) != column.type:
            table = table.set_column(at, column.name, table.column(at).cast(plain))
    return table


def _plain(arrow: pa.DataType) -> pa.DataType:
    """Name the type with the same values that compares everywhere."""
    if pa.types.is_dictionary(arrow):
        return _plain(arrow.value_type)
    if pa.types.is_string_view(arrow):
        return pa.large_string()
    if pa.types.is_date64(arrow):
        return pa.date32()
    if pa.types.is_decimal(arrow) and arrow.precision <= 38:
        return pa.decimal128(arrow.precision, arrow.scale)
    return arrow
