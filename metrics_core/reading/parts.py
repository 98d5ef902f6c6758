"""Tables put below each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import pyarrow as pa

from ..checks import Finding
from ..errors import DataError


class Part(Protocol):
    """What is needed of one of the tables."""

    @property
    def name(self) -> str:
        """How to call it in messages."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns."""

    @property
    def n_rows(self) -> int:
        """Its rows."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed while it was read."""

    def kind(self, name: str) -> str:
        """What the values of a column are."""

    def table(self, names: Iterable[str]) -> pa.Table:
        """Its columns."""


def stacked(
    parts: Sequence[Part], added: Sequence[dict[str, str]] = ()
) -> tuple[pa.Table, tuple[Finding, ...]]:
    """Put tables below each other; a column that one of them lacks is empty in its rows.

    Parameters
    ----------
    parts : sequence of tables
    added : sequence of dict of str to str
        For each part the columns to add and their one value.

    Returns
    -------
    table : pyarrow.Table
    findings : tuple of Finding
        Those of the parts, and one for each that lacks columns.

    Raises
    ------
    DataError
        If a part shares no column with the first, or two hold values in one column that cannot stand together.
    """
    every = list(dict.fromkeys(column for part in parts for column in part.names))
    findings = [f for part in parts for f in part.findings]
    for part in parts:
        has = set(part.names)
        without = [c for c in every if c not in has]
        if not has & set(parts[0].names):
            raise DataError(f"'{part.name}' shares no column with '{parts[0].name}', so they are not parts of one table.")  # fmt: skip
        if without:
            findings.append(Finding("part-lacks-columns", "warning", f"'{part.name}' has no column {', '.join(map(repr, without[:3]))}{' and others' if len(without) > 3 else ''} that other files have; it is empty in its {part.n_rows:,} rows.", "Export the files with the same columns."))  # fmt: skip
    tables = [part.table(part.names) for part in parts]
    kinds: dict[str, set[str]] = {}
    timed: set[str] = set()
    for part, table in zip(parts, tables, strict=True):
        for field in table.schema:
            if not pa.types.is_null(field.type):  # an empty column is of any kind
                kinds.setdefault(field.name, set()).add(part.kind(field.name))
            if pa.types.is_timestamp(field.type):
                timed.add(field.name)
    tables = [_dates_as_times(table, timed) for table in tables]
    tables = [_as_text_where_mixed(part, table, kinds) for part, table in zip(parts, tables, strict=True)]
    for i, values in enumerate(added):
        for column, value in values.items():
            cells = pa.array([value], pa.string()).take(pa.array([0] * tables[i].num_rows, pa.int64()))
            tables[i] = tables[i].append_column(column, cells)
    return _joined(parts, tables), tuple(findings)


def _joined(parts: Sequence[Part], tables: Sequence[pa.Table]) -> pa.Table:
    """Join tables; say which column does not fit when one does not."""
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException:
        for column in dict.fromkeys(c for table in tables for c in table.column_names):
            has = [(p.name, t.schema.field(column).type) for p, t in zip(parts, tables, strict=True) if column in t.column_names]  # fmt: skip
            for name, type_ in has[1:]:
                try:
                    pa.unify_schemas(
                        [pa.schema([(column, t)]) for t in (has[0][1], type_)], promote_options="permissive"
                    )
                except pa.ArrowException:
                    raise DataError(f"Column {column!r} is {has[0][1]} in '{has[0][0]}' and {type_} in '{name}', which cannot stand in one column. Export both alike.") from None  # fmt: skip
        raise


def _dates_as_times(table: pa.Table, timed: set[str]) -> pa.Table:
    """Turn dates into times where another table holds times."""
    for i, field in enumerate(table.schema):
        if field.name in timed and pa.types.is_date(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(pa.timestamp("us")))
    return table


def _as_text_where_mixed(part: Part, table: pa.Table, kinds: dict[str, set[str]]) -> pa.Table:
    """Turn a column into text that is of another kind elsewhere."""
    for i, column in enumerate(part.names):
        cells = table.column(i)
        if len(kinds.get(column, ())) > 1 and not pa.types.is_null(cells.type):
            try:
                table = table.set_column(i, column, cells.cast(pa.string()))
            except pa.ArrowException:
                raise DataError(f"Column {column!r} holds nested or binary values in '{part.name}' but others in another file, so they are not parts of one table.") from None  # fmt: skip
    return table
