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
        If a part shares no column with the first.
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
    kinds: dict[str, set[str]] = {}
    for part in parts:
        for column in part.names:
            kinds.setdefault(column, set()).add(part.kind(column))
    tables = [_as_text_where_mixed(part, kinds) for part in parts]
    for i, values in enumerate(added):
        for column, value in values.items():
            cells = pa.array([value], pa.string()).take(pa.array([0] * tables[i].num_rows, pa.int64()))
            tables[i] = tables[i].append_column(column, cells)
    return pa.concat_tables(tables, promote_options="permissive"), tuple(findings)


def _as_text_where_mixed(part: Part, kinds: dict[str, set[str]]) -> pa.Table:
    """Read a part whole; a column that is of another kind elsewhere becomes text here."""
    table = part.table(part.names)
    for i, column in enumerate(part.names):
        cells = table.column(i)
        if len(kinds[column]) > 1 and not pa.types.is_null(cells.type):
            try:
                table = table.set_column(i, column, cells.cast(pa.string()))
            except pa.ArrowException:
                raise DataError(f"Column {column!r} holds nested or binary values in '{part.name}' but others in another file, so they are not parts of one table.") from None  # fmt: skip
    return table
