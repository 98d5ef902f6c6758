"""Several files or frames as one table: parts of one set, or the predictions of one model each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from .checks import Finding
from .errors import DataError
from .source import Source, open_source

_MODEL_NAMES = ("model", "model_file", "model_of_file")


def open_sources(data: Any, *, name: str | None = None) -> tuple[Source, str | None]:
    """Open one table, or put several below each other.

    Parameters
    ----------
    data : path, frame, sequence of them or mapping of model name to them
    name : str, optional

    Returns
    -------
    source : Source
    model_column : str or None
        The column that names each row's model, when the data came by model.

    Raises
    ------
    DataError
        If one of them cannot be read, or they share no column.
    """
    if isinstance(data, Mapping) and not hasattr(data, "columns"):
        if not data:
            raise DataError("There is no file. Name at least one.")
        sources = {str(model): open_source(one) for model, one in data.items()}
        taken = {column for source in sources.values() for column in source.names}
        column = next((c for c in _MODEL_NAMES if c not in taken), None)
        if column is None:
            raise DataError(f"Each file is one model, but the columns {', '.join(map(repr, _MODEL_NAMES))} exist already. Rename one.")  # fmt: skip
        return _stacked(list(sources.values()), name, models=(column, tuple(sources))), column
    if isinstance(data, (list, tuple)):
        if not data:
            raise DataError("There is no file. Name at least one.")
        parts = [open_source(one) for one in data]
        return (parts[0] if len(parts) == 1 else _stacked(parts, name, models=None)), None
    return open_source(data, name=name), None


def _stacked(parts: Sequence[Source], name: str | None, *, models: tuple[str, tuple[str, ...]] | None) -> Source:  # fmt: skip
    """Put tables below each other; a column that one of them lacks is empty in its rows."""
    every = list(dict.fromkeys(column for part in parts for column in part.names))
    findings = [f for part in parts for f in part.findings]
    for part in parts:
        without = [c for c in every if c not in part.names]
        if not set(part.names) & set(parts[0].names):
            raise DataError(f"'{part.name}' shares no column with '{parts[0].name}', so they are not parts of one table.")  # fmt: skip
        if without:
            findings.append(Finding("part-lacks-columns", "warning", f"'{part.name}' has no column {', '.join(map(repr, without[:3]))}{' and others' if len(without) > 3 else ''} that other files have; it is empty in its {part.n_rows:,} rows.", "Export the files with the same columns."))  # fmt: skip
    tables = [_as_text_where_mixed(part, parts) for part in parts]
    if models is not None:
        column, names = models
        tables = [
            table.append_column(column, pa.array([value] * table.num_rows, pa.string()))
            for table, value in zip(tables, names, strict=True)
        ]
    table = pa.concat_tables(tables, promote_options="permissive")
    source = open_source(table, name=name or " + ".join(p.name for p in parts[:3]) + (" …" if len(parts) > 3 else ""))  # fmt: skip
    return replace(source, key="|".join(p.key for p in parts), findings=tuple(findings))


def _as_text_where_mixed(part: Source, parts: Sequence[Source]) -> pa.Table:
    """Read a part whole; a column that is text elsewhere becomes text here."""
    table = part.table(part.names)
    for i, column in enumerate(part.names):
        kinds = {other.kind(column) for other in parts if column in other.names}
        if len(kinds) > 1 and not pa.types.is_null(table.column(i).type):
            table = table.set_column(i, column, table.column(i).cast(pa.string()))
    return table
